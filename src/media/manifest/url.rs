//! Where things are: URLs, paths of files, and ranges of bytes in them.
//!
//! The idea to hold: a [`Resource`] is all that a request needs to say. A range tells a size, and
//! is the only thing in a manifest that does so exactly.

use std::fmt;

use super::MAX_SIZE;
use crate::units::Bytes;

/// Something that can be asked for: a whole object, or some of its bytes.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Resource {
    /// Its URL, as absolute as that of the manifest was; or the path of a file.
    pub url: String,
    /// Which of its bytes; all, if not said.
    pub range: Option<ByteRange>,
}

/// Some of the bytes of an object.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ByteRange {
    /// The position of the first, from 0.
    pub first: u64,
    /// How many there are.
    pub length: u64,
}

impl Resource {
    /// All of an object.
    pub fn whole(url: impl Into<String>) -> Self {
        Self { url: url.into(), range: None }
    }

    /// How large it is, where its range tells it.
    pub fn size(&self) -> Option<Bytes> {
        self.range.map(|range| Bytes::new(range.length))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range {
            None => f.write_str(&self.url),
            Some(range) => write!(f, "{} (bytes {range})", self.url),
        }
    }
}

impl ByteRange {
    /// So many bytes from a position on: one at least, and no more than [`MAX_SIZE`].
    pub fn new(first: u64, length: u64) -> Option<Self> {
        first.checked_add(length)?;
        (1..=MAX_SIZE.get()).contains(&length).then_some(Self { first, length })
    }

    /// A range as DASH and HTTP write it, `first-last`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.trim().split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        Self::new(first, last.checked_sub(first)?.checked_add(1)?)
    }

    /// The position after the last byte.
    pub fn end(self) -> u64 {
        self.first.saturating_add(self.length)
    }
}

impl fmt::Display for ByteRange {
    /// As DASH and HTTP write it: `first-last`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.end().saturating_sub(1))
    }
}

/// A reference as it is meant where it stands (RFC 3986, section 5), for URLs and paths of files
/// alike. The fragment, which is never sent, is cut off.
pub fn join(base: &str, reference: &str) -> String {
    let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
    let base = without_query(base);
    let (host, path) = split(base);
    let scheme = host.find("//").map_or("", |end| &host[..end]);
    let directory = path.rfind('/').map_or("", |slash| &path[..=slash]);
    match reference {
        "" => base.to_owned(),
        absolute if has_scheme(absolute) => absolute.to_owned(),
        _ if reference.starts_with("//") => format!("{scheme}{reference}"),
        _ if reference.starts_with('/') => format!("{host}{}", without_dots(reference)),
        _ if reference.starts_with('?') => format!("{base}{reference}"),
        _ if directory.is_empty() && !host.is_empty() => format!("{host}/{reference}"),
        _ => format!("{host}{}", without_dots(&format!("{directory}{reference}"))),
    }
}

/// A URL without its query and fragment. In a path of a file, `?` and `#` are characters like any
/// other.
pub(in crate::media) fn without_query(url: &str) -> &str {
    let ends: &[char] = if url.contains("://") { &['?', '#'] } else { &[] };
    url.split_once(ends).map_or(url, |(before, _)| before)
}

/// What stands before the path, `https://host` or nothing for a file, and the path.
pub(in crate::media) fn split(url: &str) -> (&str, &str) {
    match url.split_once("://") {
        None => ("", url),
        Some((scheme, rest)) => {
            url.split_at(scheme.len() + 3 + rest.find('/').unwrap_or(rest.len()))
        }
    }
}

/// Whether it begins with a scheme: two letters at least, or it is the drive of a file.
fn has_scheme(reference: &str) -> bool {
    let scheme = reference.split_once(':').map_or("", |(before, _)| before);
    scheme.len() >= 2
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A path without `.` and `..`, as far as they can be taken out; its query is left alone.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    let last = path.rsplit('/').next();
    for part in path.split('/') {
        match (part, kept.last()) {
            (".", _) | ("..", Some(&"")) => (),
            ("..", Some(&before)) if before != ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    // What ends in dots is a directory, and says so.
    if matches!(last, Some("." | "..")) {
        kept.push("");
    }
    kept.join("/") + query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_with_their_last_byte() {
        let range = ByteRange::parse("860-1071").unwrap();
        assert_eq!((range.first, range.length, range.to_string()), (860, 212, "860-1071".into()));
        for bad in ["", "5", "9-8", "-8", "a-b", "0-18446744073709551615"] {
            assert_eq!(ByteRange::parse(bad), None, "{bad}");
        }
        assert_eq!(ByteRange::new(5, 10), Some(ByteRange { first: 5, length: 10 }));
        for (first, length) in [(u64::MAX, 1), (5, 0), (0, MAX_SIZE.get() + 1)] {
            assert_eq!(ByteRange::new(first, length), None, "{length} B from {first} on");
        }
    }

    #[test]
    fn references_resolve_as_rfc_3986_has_it() {
        let base = "http://a/b/c/d;p?q";
        for (reference, target) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s", "http://a/b/c/g"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("https://x/y", "https://x/y"),
        ] {
            assert_eq!(join(base, reference), target, "{reference}");
        }
        assert_eq!(join("https://a", "g"), "https://a/g");
        assert_eq!(join("films/x.mpd", "../v/1.m4s"), "v/1.m4s");
        assert_eq!(join("x.mpd", "../1.m4s"), "../1.m4s");
        assert_eq!(join("/films/x.mpd", "1.m4s"), "/films/1.m4s");
        assert_eq!(join("x.mpd", "1.m4s"), "1.m4s");
    }
}
