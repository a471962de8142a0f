//! Documents wherever they are: files of this machine, and the network.
//!
//! The idea to hold: a file and an address are read in the same way and under the same limits, so a
//! manifest that was saved is read like one that is served. Of a range that goes on after the end,
//! what there is is given.
//!
//! ```text
//!   http.rs    the network
//!   trace.rs   trace files, which may be packed
//! ```

pub mod http;
pub mod trace;

use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::media::manifest::{Fetched, MAX_DOCUMENT, Resource};
use crate::units::Bytes;
use crate::world::real::DoorPlan;
use http::Http;

/// Reads files, and fetches what is on the network.
pub struct Fetcher {
    plan: DoorPlan,
    http: OnceCell<Result<Http, String>>,
}

impl Default for Fetcher {
    /// One that may have to speak TLS.
    fn default() -> Self {
        Self::speaking(DoorPlan { secure: true, ..DoorPlan::default() })
    }
}

impl Fetcher {
    /// One that speaks so on the network.
    pub fn speaking(plan: DoorPlan) -> Self {
        Self { plan, http: OnceCell::new() }
    }

    /// The network, from the first time it is needed on.
    ///
    /// # Errors
    /// Where the machine has no means for it, in its own words.
    pub fn http(&self) -> Result<&Http, String> {
        self.http.get_or_init(|| Http::new(&self.plan)).as_ref().map_err(Clone::clone)
    }

    /// What a document holds, or the part of it that is wanted.
    ///
    /// # Errors
    /// Why it is not to be had, as one would say it.
    pub fn fetch(&self, resource: &Resource) -> Result<Fetched, String> {
        match is_url(&resource.url) {
            true => self.http()?.fetch(resource),
            false => part_of_file(resource).map(Fetched::from),
        }
    }
}

/// Whether it is on the network, and no path of a file.
pub fn is_url(name: &str) -> bool {
    let scheme = name.split_once("://").map_or("", |(scheme, _)| scheme);
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// What is wanted of a file, unless that is too much.
fn part_of_file(Resource { url, range }: &Resource) -> Result<Vec<u8>, String> {
    let path = Path::new(url);
    let most = MAX_DOCUMENT.get();
    let Some(range) = range else {
        return read_at_most(path, most).map_err(|error| error.to_string());
    };
    if range.length > most {
        return Err(format!("a range of {} B is above the limit of {most}", range.length));
    }
    let read = || {
        let mut file = open(path)?;
        file.seek(SeekFrom::Start(range.first))?;
        let mut bytes = Vec::new();
        file.take(range.length).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error: io::Error| error.to_string())
}

/// A file; what would have a reader wait, such as a pipe, is none.
fn open(path: &Path) -> io::Result<File> {
    let told = fs::metadata(path)?;
    if told.is_file() {
        return File::open(path);
    }
    let what = if told.is_dir() { "it is a directory" } else { "it is not a file" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// How large a file is, or the part of it that is meant.
///
/// # Errors
/// Why it is not to be had, as one would say it.
pub fn size_of_file(resource: &Resource) -> Result<Bytes, String> {
    match resource.size() {
        Some(size) => Ok(size),
        None => match fs::metadata(&resource.url) {
            Ok(file) if file.is_file() => Ok(Bytes::new(file.len())),
            Ok(_) => Err("it is not a file".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// What a file holds, unless that is more than so many bytes; of what has no end, no more is read.
///
/// # Errors
/// The disk's own, and that it is too large.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it holds more than the limit of {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The text of a file, unless that is more than so many bytes.
///
/// # Errors
/// The disk's own, that it is too large, or the line on which it is no text.
pub fn text_at_most(path: &Path, most: u64) -> Result<String, String> {
    let bytes = read_at_most(path, most).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        format!("line {} is not UTF-8", good.split(|&byte| byte == b'\n').count())
    })
}

/// Of a folder, so many names are looked at.
const MOST_NAMES: usize = 100_000;

/// The names beside a path, in order.
pub fn siblings(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.flatten().take(MOST_NAMES).map(|entry| entry.file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A digest as it is written.
pub(crate) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::ByteRange;

    #[test]
    fn files_are_read_whole_or_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("media.mp4");
        fs::write(&path, b"0123456789").unwrap();
        let url = path.to_str().unwrap();
        let part =
            |first, length| Resource { url: url.into(), range: Some(ByteRange { first, length }) };
        assert_eq!(part_of_file(&Resource::whole(url)).unwrap(), b"0123456789");
        assert_eq!(part_of_file(&part(2, 3)).unwrap(), b"234");
        assert_eq!(part_of_file(&part(8, 5)).unwrap(), b"89", "as far as there is any");
        assert!(part_of_file(&part(0, u64::MAX)).unwrap_err().contains("above the limit"));
        assert_eq!(size_of_file(&Resource::whole(url)), Ok(Bytes::new(10)));
        assert_eq!(size_of_file(&part(2, 3)), Ok(Bytes::new(3)));
        assert!(size_of_file(&Resource::whole(folder.path().to_str().unwrap())).is_err());
        let error = read_at_most(folder.path(), 9).unwrap_err();
        assert_eq!(error.to_string(), "it is a directory");
        fs::write(&path, b"a\n\xff").unwrap();
        assert_eq!(text_at_most(&path, 3), Err("line 2 is not UTF-8".to_owned()));
        assert!(text_at_most(&path, 2).unwrap_err().contains("the limit of 2 bytes"));
    }

    #[test]
    fn only_http_is_on_the_network() {
        for (url, remote) in
            [("http://a/x", true), ("HTTPS://a", true), ("ftp://a", false), ("a/b.mpd", false)]
        {
            assert_eq!(is_url(url), remote, "{url}");
        }
    }
}
