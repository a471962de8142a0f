//! Tables of measured sizes: what every resource of a manifest weighs, as `abrsim manifest measure`
//! found it.
//!
//! ```text
//! # sizes of https://cdn.example/film/manifest.mpd
//! url,range,bytes
//! video/init.mp4,,823
//! video/1.m4s,,501300
//! audio.mp4,860-66120,65261
//! ```
//!
//! The idea to hold: URLs are relative to the manifest that the first line names. So a table fits
//! the same manifest wherever it is read from: the network, or a file it was saved to. A range has
//! the positions of its first and last byte; where there is none, the resource is whole.

use std::collections::BTreeMap;

use super::Flaw;
use super::manifest::{ByteRange, MAX_SIZE, Resource, Sizes, join, split, without_query};
use crate::units::Bytes;

/// The largest file of sizes, of either kind: 64 MiB.
pub const MAX_FILE: Bytes = Bytes::new(64 << 20);

/// Why a file tells no sizes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct SizesError {
    /// Where in the file: a line, or the path of a value, such as `bytes[2][17]`.
    pub place: String,
    /// What is wrong.
    pub problem: SizesProblem,
}

/// What can be wrong with a file of sizes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SizesProblem {
    /// Its language is broken; the parser's own words.
    #[error("it cannot be read: {0}")]
    Syntax(String),
    /// Something has to be there.
    #[error("nothing is there; {0}")]
    Missing(String),
    /// Something has a value it cannot have.
    #[error("it is `{found}`; {right}")]
    Wrong {
        /// The value.
        found: String,
        /// What would be right.
        right: String,
    },
    /// A resource has two sizes.
    #[error("it was told to hold {0} before")]
    Twice(Bytes),
    /// There is more of something than there may be.
    #[error("{found} {what} are above the limit of {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// What it tells makes no track.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

impl SizesProblem {
    pub(super) fn wrong(found: impl ToString, right: &str) -> Self {
        // What is long would hide what is said of it.
        let found = found.to_string().chars().take(40).collect();
        Self::Wrong { found, right: right.to_owned() }
    }

    pub(super) fn at(self, place: impl Into<String>) -> SizesError {
        SizesError { place: place.into(), problem: self }
    }
}

/// Sizes by resource.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SizeTable {
    /// The manifest that resources are relative to; empty if they are told as they are.
    manifest: String,
    /// Where that manifest was read from this time.
    read_from: String,
    rows: BTreeMap<Resource, Bytes>,
}

/// What the first line says before the manifest's URL.
const OPENING: &str = "# sizes of ";

/// The header.
const HEADER: [&str; 3] = ["url", "range", "bytes"];

impl SizeTable {
    /// An empty table of what a manifest names. Its URL is the one that references in it are
    /// relative to.
    pub fn of(manifest: &str) -> Self {
        let manifest = manifest.to_owned();
        Self { read_from: manifest.clone(), manifest, rows: BTreeMap::new() }
    }

    /// The same table, for the same manifest read from another place.
    pub fn read_from(self, manifest: &str) -> Self {
        Self { read_from: manifest.to_owned(), ..self }
    }

    /// How many resources it knows.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Adds a resource, or replaces its size.
    pub fn insert(&mut self, resource: Resource, size: Bytes) {
        let url = relative(&self.manifest, &resource.url);
        self.rows.insert(Resource { url, ..resource }, size);
    }

    /// The size of a resource, if it is known.
    pub fn get(&self, resource: &Resource) -> Option<Bytes> {
        let seen_from = |manifest: &str| {
            let url = relative(manifest, &resource.url);
            self.rows.get(&Resource { url, range: resource.range }).copied()
        };
        // A saved manifest may still name its first host.
        seen_from(&self.read_from).or_else(|| seen_from(&self.manifest))
    }

    /// The table as text.
    pub fn to_csv(&self) -> String {
        let text = match self.manifest.as_str() {
            "" => String::new(),
            manifest => format!("{OPENING}{manifest}\n"),
        };
        let mut rows = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = rows.write_record(HEADER);
        for (Resource { url, range }, size) in &self.rows {
            let range = range.map(|range| range.to_string()).unwrap_or_default();
            let _ = rows.write_record([url, &range, &size.get().to_string()]);
        }
        let rows = rows.into_inner().unwrap_or_default();
        text + &String::from_utf8_lossy(&rows)
    }

    /// A table from its text.
    ///
    /// # Errors
    /// With the line that is wrong.
    pub fn from_csv(text: &str) -> Result<Self, SizesError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let manifest = text.strip_prefix(OPENING).and_then(|rest| rest.lines().next());
        let mut table = Self::of(manifest.unwrap_or_default().trim());
        let mut reader = csv::ReaderBuilder::new();
        reader.comment(Some(b'#')).has_headers(false).flexible(true).trim(csv::Trim::All);
        let mut header = true;
        for record in reader.from_reader(text.as_bytes()).records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(1, csv::Position::line);
                SizesProblem::Syntax(error.to_string()).at(format!("line {line}"))
            })?;
            let place = || format!("line {}", record.position().map_or(1, csv::Position::line));
            let fields: Vec<_> = record.iter().collect();
            if std::mem::take(&mut header) {
                if fields != HEADER {
                    let right = "the header `url,range,bytes` is expected";
                    return Err(SizesProblem::wrong(fields.join(","), right).at(place()));
                }
                continue;
            }
            let (resource, size) = row(&fields).map_err(|problem| problem.at(place()))?;
            if let Some(before) = table.rows.insert(resource, size) {
                return Err(SizesProblem::Twice(before).at(place()));
            }
        }
        match table.rows.is_empty() {
            true => Err(SizesProblem::Missing(
                "a table has the header `url,range,bytes` and a line per resource".into(),
            )
            .at("the table")),
            false => Ok(table),
        }
    }
}

impl Sizes for SizeTable {
    fn of(&mut self, resource: &Resource) -> Option<Bytes> {
        self.get(resource)
    }
}

/// A line of a table.
fn row(fields: &[&str]) -> Result<(Resource, Bytes), SizesProblem> {
    let &[url, range, bytes] = fields else {
        let right = "three fields are expected: url, range, which may be empty, and bytes";
        return Err(SizesProblem::wrong(fields.join(","), right));
    };
    if url.is_empty() {
        return Err(SizesProblem::Missing("a URL, relative or not, comes first".into()));
    }
    let range = match range {
        "" => None,
        text => Some(ByteRange::parse(text).ok_or_else(|| {
            SizesProblem::wrong(text, "a range is its first and its last byte: 860-1071")
        })?),
    };
    let size = bytes.parse().ok().map(Bytes::new).filter(|&size| size <= MAX_SIZE);
    let size = size.ok_or_else(|| {
        SizesProblem::wrong(bytes, &format!("a size is a whole number up to {MAX_SIZE}"))
    })?;
    // In one way of writing, so that it is found: `./1.m4s` is `1.m4s`.
    Ok((Resource { url: relative("", &join("", url)), range }, size))
}

/// A URL or path as a reference from another, so that [`join`] gives it back; as it is, where it
/// lies on another host.
fn relative(base: &str, url: &str) -> String {
    let ((host, base), (other, path)) = (split(without_query(base)), split(url));
    // What is told from the root cannot be reached from what is not.
    if host != other || base.starts_with('/') != path.starts_with('/') {
        return url.to_owned();
    }
    let (path, query) = path.split_at(without_query(url).len() - host.len());
    let base: Vec<&str> = base.split('/').collect();
    let mut parts: Vec<&str> = path.split('/').collect();
    let (base, last) = (&base[..base.len() - 1], parts.pop().unwrap_or_default());
    let shared = base.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    // Nothing is above a folder of which only `..` is known.
    if base[shared..].contains(&"..") {
        return url.to_owned();
    }
    let up = base[shared..].iter().map(|_| "..");
    let down = parts[shared..].iter().copied().chain([last]);
    let told = up.chain(down).collect::<Vec<_>>().join("/");
    // What would be read as a scheme, a root, a comment or nothing at all.
    let mistaken = told.is_empty() || told.starts_with(['/', '#']);
    let mistaken =
        mistaken || told.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
    let (dot, told) = if mistaken { ("./", told) } else { ("", told) };
    format!("{dot}{told}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranged(url: &str, first: u64, length: u64) -> Resource {
        Resource { url: url.into(), range: Some(ByteRange { first, length }) }
    }

    #[test]
    fn what_is_relative_joins_to_what_it_was() {
        let web = "https://a.example/films/one/m.mpd?token=a/b";
        for base in [web, "https://a.example/m.mpd", "/films/one/m.mpd", "films/one/m.mpd", "m.mpd"]
        {
            for url in [
                "https://a.example/films/one/v/1.m4s",
                "https://a.example/films/one/v/1.m4s?x=1/2",
                "https://a.example/audio/1.m4s",
                "https://a.example/films/one/12:30.m4s",
                "https://b.example/films/one/1.m4s",
                "/films/two/1.m4s",
                "films/two/1.m4s",
                "1.m4s",
            ] {
                // A manifest of the web names no files, nor one told from the root any that is not.
                let rooted = base.contains("://") || base.starts_with('/');
                if rooted
                    && !url.contains("://")
                    && !(url.starts_with('/') && base.starts_with('/'))
                {
                    continue;
                }
                assert_eq!(
                    join(base, &relative(base, url)),
                    url,
                    "{base}: {}",
                    relative(base, url)
                );
            }
        }
        assert_eq!(relative(web, "https://a.example/films/one/v/1.m4s"), "v/1.m4s");
        assert_eq!(relative(web, "https://a.example/films/two/1.m4s"), "../two/1.m4s");
        assert_eq!(relative("../x/m.mpd", "1.m4s"), "1.m4s", "as it is");
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let mut table = SizeTable::of("https://a.example/f/m.mpd");
        table.insert(Resource::whole("https://a.example/f/v,\"1\".m4s"), Bytes::new(1));
        table.insert(Resource::whole("https://b.example/2.m4s"), Bytes::new(22));
        table.insert(Resource::whole("https://a.example/f/3.m4s?at=12:30/1"), Bytes::new(3));
        table.insert(ranged("https://a.example/f/a.mp4", 860, 212), Bytes::new(212));
        let text = table.to_csv();
        assert!(text.starts_with("# sizes of https://a.example/f/m.mpd\nurl,range,bytes\n"));
        assert!(text.contains("\na.mp4,860-1071,212\n"), "{text}");
        assert_eq!(SizeTable::from_csv(&text), Ok(table));
    }

    #[test]
    fn sizes_are_found_wherever_the_manifest_is_read_from() {
        let mut table = SizeTable::of("https://a.example/f/m.mpd");
        let segment = Resource::whole("https://a.example/f/v/1.m4s");
        table.insert(segment.clone(), Bytes::new(9));
        assert_eq!(table.get(&segment), Some(Bytes::new(9)));
        let table = table.read_from("saved/m.mpd");
        assert_eq!(table.get(&Resource::whole("saved/v/1.m4s")), Some(Bytes::new(9)));
        assert_eq!(table.get(&segment), Some(Bytes::new(9)), "where it names its host itself");
        assert_eq!(table.get(&Resource::whole("saved/v/2.m4s")), None);
        assert_eq!(table.get(&ranged("saved/v/1.m4s", 0, 9)), None, "a part is another resource");
        // In the name of a folder, these are characters like any other.
        let table = table.read_from("what #1?/m.mpd");
        assert_eq!(table.get(&Resource::whole("what #1?/v/1.m4s")), Some(Bytes::new(9)));
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line() {
        for (text, told) in [
            ("", "the table: nothing is there"),
            ("url,range,bytes\n", "the table: nothing is there"),
            ("url,bytes\na,1\n", "line 1: it is `url,bytes`; the header"),
            ("# sizes of m.mpd\nurl,range,bytes\na,,1\nb,1\n", "line 4: it is `b,1`; three"),
            ("url,range,bytes\na,,-1\n", "line 2: it is `-1`; a size is"),
            ("url,range,bytes\na,,1099511627777\n", "up to 1099511627776 B"),
            ("url,range,bytes\na,5,1\n", "line 2: it is `5`; a range is"),
            ("url,range,bytes\n,,1\n", "line 2: nothing is there; a URL"),
            ("url,range,bytes\na,,1\n./a,,2\n", "line 3: it was told to hold 1 B before"),
        ] {
            let said = SizeTable::from_csv(text).unwrap_err().to_string();
            assert!(said.contains(told), "{text:?}: {said}");
        }
    }
}
