//! Trace files of this machine, as they are or packed by gzip or zstd.
//!
//! The idea to hold: a file is read as it comes, through what counts its digest and what unpacks
//! it, and is never in memory; how it is packed is told by its first bytes, not by its name.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};

use crate::trace::End;
use crate::trace::read::{Format, Reading, read};

/// The most that a packed file may unpack to: 2 GiB. A file that is not packed has no limit but
/// those of its lines and steps.
pub const MAX_UNPACKED: u64 = 2 << 30;

/// What is read from the disk at once.
const BLOCK: usize = 256 << 10;

/// The first bytes of packed files, and of some that are packed otherwise.
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
const OTHERS: [(&[u8], &str); 4] = [
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
];

/// The traces in a file, and SHA-256 of its bytes, in hexadecimal.
///
/// # Errors
/// Why it is not to be had or is no trace, as one would say it; the file is not named.
pub fn traces(path: &Path, format: Option<Format>, end: End) -> Result<(Reading, String), String> {
    let mut file = Counted { file: super::open(path).map_err(plainly)?, digest: Sha256::new() };
    let mut unpacked = unpack(&mut file).map_err(plainly)?;
    let reading = read(&mut unpacked, format, end).map_err(|error| error.to_string())?;
    drop(unpacked);
    // What lies behind the end of what was packed belongs to the file too.
    io::copy(&mut file, &mut io::sink()).map_err(plainly)?;
    Ok((reading, super::hexadecimal(&file.digest.finalize())))
}

/// What traces may mean otherwise than they were read, and the files that may.
#[derive(Default)]
pub(crate) struct Doubts(BTreeMap<String, Vec<String>>);

impl Doubts {
    /// Takes in the hints about a file; it may be read again.
    pub(crate) fn add(&mut self, hints: Vec<String>, file: &str) {
        for hint in hints {
            let files = self.0.entry(hint).or_default();
            if files.last().is_none_or(|last| last != file) {
                files.push(file.to_owned());
            }
        }
    }

    /// A line for each hint.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|(hint, files)| match files.as_slice() {
            [file] => format!("{file}: {hint}"),
            files => format!("{} (and {} more): {hint}", files[0], files.len() - 1),
        })
    }
}

fn plainly(error: io::Error) -> String {
    error.to_string()
}

/// What a file holds, unpacked if it is packed.
fn unpack<'a>(file: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut file = BufReader::with_capacity(BLOCK, file);
    let begins = file.fill_buf()?;
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| begins.starts_with(magic)) {
        let message = format!("it is packed by {name}: unpack it, or pack it by gzip or zstd");
        return Err(io::Error::new(ErrorKind::InvalidData, message));
    }
    if begins.starts_with(GZIP) {
        let unpacked = MultiGzDecoder::new(file);
        return Ok(Box::new(BufReader::with_capacity(BLOCK, Bounded::new(unpacked, "gzip"))));
    }
    if begins.starts_with(ZSTD) {
        let unpacked = Frames { file: Some(file), frame: None };
        return Ok(Box::new(BufReader::with_capacity(BLOCK, Bounded::new(unpacked, "zstd"))));
    }
    Ok(Box::new(file))
}

/// A file whose digest is taken as it is read.
struct Counted<R> {
    file: R,
    digest: Sha256,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.file.read(into)?;
        self.digest.update(&into[..size]);
        Ok(size)
    }
}

/// The frames of a zstd file, one after the other, as one.
struct Frames<R: BufRead> {
    /// The file, between two frames.
    file: Option<R>,
    frame: Option<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut file) = self.file.take() {
                if file.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.frame = Some(StreamingDecoder::new(file).map_err(io::Error::other)?);
            }
            let Some(frame) = &mut self.frame else { return Ok(0) };
            match frame.read(into)? {
                0 if !into.is_empty() => {
                    self.file = self.frame.take().map(StreamingDecoder::into_inner);
                }
                size => return Ok(size),
            }
        }
    }
}

/// What unpacks a file, up to a limit, and says what is wrong in words.
struct Bounded<R> {
    unpacked: R,
    how: &'static str,
    left: u64,
}

impl<R: Read> Bounded<R> {
    fn new(unpacked: R, how: &'static str) -> Self {
        Self { unpacked, how, left: MAX_UNPACKED }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let how = self.how;
        let size = self.unpacked.read(into).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => {
                let message = format!("it ends in the midst of what {how} has packed");
                io::Error::new(ErrorKind::InvalidData, message)
            }
            kind => io::Error::new(kind, format!("{how} cannot unpack it: {error}")),
        })?;
        self.left = self.left.checked_sub(size as u64).ok_or_else(|| {
            let message = format!("it unpacks to more than the limit of {MAX_UNPACKED} bytes");
            io::Error::new(ErrorKind::FileTooLarge, message)
        })?;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    const TEXT: &str = "seconds,kbps\n0,500\n2,800\n4,\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        use ruzstd::encoding::{CompressionLevel, compress_to_vec};
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn read(bytes: &[u8]) -> Result<(Reading, String), String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        traces(file.path(), None, End::Hold)
    }

    #[test]
    fn packed_and_not_a_file_holds_the_same_but_digests_are_of_its_bytes() {
        let (plain, digest) = read(TEXT.as_bytes()).unwrap();
        let hex = |bytes: &[u8]| crate::fetch::hexadecimal(&Sha256::digest(bytes));
        assert_eq!(digest, hex(TEXT.as_bytes()));
        for pack in [gzip, zstd] {
            let packed = pack(TEXT.as_bytes());
            assert_eq!(read(&packed).unwrap(), (plain.clone(), hex(&packed)));
            // Two, one after the other, are one; as `cat` makes them.
            let (first, second) = TEXT.as_bytes().split_at(20);
            let packed = [pack(first), pack(second)].concat();
            assert_eq!(read(&packed).unwrap(), (plain.clone(), hex(&packed)));
        }
    }

    #[test]
    fn what_is_cut_short_or_broken_is_told() {
        let long = format!("seconds,kbps\n0,1\n{}", "# Nothing to say.\n".repeat(10_000));
        for (pack, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
            let packed = pack(long.as_bytes());
            let error = read(&packed[..packed.len() - 9]).unwrap_err();
            assert!(error.contains(name), "{error}");
            for place in 4..packed.len() {
                let mut broken = packed.clone();
                broken[place] ^= 0x5a;
                // It is read or refused, and nothing else happens.
                let _ = read(&broken);
            }
        }
        assert!(read(b"PK\x03\x04...").unwrap_err().contains("packed by zip: unpack it"));
    }

    #[test]
    fn a_file_that_unpacks_to_too_much_is_refused() {
        let mut bounded = Bounded { unpacked: io::repeat(b'\n'), how: "gzip", left: 1 << 20 };
        let error = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("unpacks to more than the limit"), "{error}");
        // A thousandth of it, of nothing: refused by its first line.
        let bomb = gzip(&vec![0; 16 << 20]);
        assert!(read(&bomb).unwrap_err().starts_with("line 1: a line of more than"));
    }
}
