//! The results themselves as a file, from which all else of a report can be made again.
//!
//! The idea to hold: `results.json.gz` is two lines of JSON, packed: what the second is, with its
//! digest, and the [`Results`]. Whatever is not exactly what was written is refused.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Results;
use super::save::put;
use crate::fetch::hexadecimal;

/// What the file is called, in the folder of its report.
pub const FILE: &str = "results.json.gz";

/// The form that results are written in: to be raised whenever what is written changes.
const FORM: u32 = 4;

/// What the first line says it is.
const KIND: &str = "abrsim results";

/// No results are larger, unpacked.
const MOST: u64 = 2 << 30;

#[derive(Deserialize, Serialize)]
struct Head {
    kind: String,
    form: u32,
    /// Of abrsim.
    version: String,
    /// SHA-256 of the second line, in hexadecimal.
    sha256: String,
}

/// Why a file's results cannot be had.
#[derive(Debug)]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Disk(io::Error),
    NotResults,
    Other { form: u32, version: String },
    Damaged(String),
}

impl std::error::Error for Unreadable {}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.why {
            Why::Disk(error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "there are no results; `abrsim run` leaves some")
            }
            Why::Disk(error) => error.fmt(f),
            Why::NotResults => write!(f, "not results of abrsim"),
            Why::Other { form, version } => write!(
                f,
                "results of abrsim {version}, in form {form} where this version has form {FORM}; \
                 run the scenario again"
            ),
            Why::Damaged(how) => {
                write!(f, "{how}: the file was cut short or edited; run the scenario again")
            }
        }
    }
}

/// The bytes of the file.
///
/// # Errors
/// Of what cannot be written as JSON.
pub(super) fn pack(results: &Results) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(results)?;
    let head = Head {
        kind: KIND.to_owned(),
        form: FORM,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sha256: hexadecimal(&Sha256::digest(&body)),
    };
    let mut packed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    serde_json::to_writer(&mut packed, &head)?;
    io::Write::write_all(&mut packed, b"\n")?;
    io::Write::write_all(&mut packed, &body)?;
    packed.finish()
}

/// The results that a report in a folder was made from, or those of a file.
///
/// # Errors
/// With what is wrong with the file.
pub fn load(of: &Path) -> Result<Results, Unreadable> {
    let path = if of.is_dir() { of.join(FILE) } else { of.to_owned() };
    let read = || -> Result<Results, Why> {
        let file = File::open(&path).map_err(Why::Disk)?;
        let packed = BufReader::new(file);
        unpack(packed)
    };
    read().map_err(|why| Unreadable { path: path.clone(), why })
}

fn unpack(packed: impl BufRead) -> Result<Results, Why> {
    let mut text = BufReader::new(GzDecoder::new(packed).take(MOST));
    let mut first = Vec::new();
    // A head is short: what has no end of line soon is something else.
    text.by_ref().take(4_096).read_until(b'\n', &mut first).map_err(|error| broken(&error))?;
    let head: Head = serde_json::from_slice(&first).map_err(|_| Why::NotResults)?;
    match head {
        Head { kind, .. } if kind != KIND => return Err(Why::NotResults),
        Head { form, version, .. } if form != FORM => return Err(Why::Other { form, version }),
        Head { .. } => {}
    }
    let mut body = Vec::new();
    text.read_to_end(&mut body).map_err(|error| broken(&error))?;
    if hexadecimal(&Sha256::digest(&body)) != head.sha256 {
        return Err(Why::Damaged("its digest is not what it says".to_owned()));
    }
    serde_json::from_slice(&body).map_err(|error| Why::Damaged(error.to_string()))
}

/// What is not packed is something else; what ends too soon or does not add up is damaged.
fn broken(error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::InvalidInput if error.to_string().contains("header") => Why::NotResults,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            Why::Damaged(error.to_string())
        }
        _ => Why::Disk(io::Error::new(error.kind(), error.to_string())),
    }
}

/// Whether a path is that of results: a folder, or a file of its name.
pub fn is_stored(path: &Path) -> bool {
    path.is_dir() || path.file_name().is_some_and(|name| name == FILE)
}

/// Writes them.
pub(super) fn write(folder: &Path, results: &Results) -> io::Result<()> {
    put(&folder.join(FILE), &pack(results)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{classed, live, results, run};
    use crate::report::{charts, page, summary};

    fn error(bytes: &[u8]) -> String {
        let why = unpack(bytes).unwrap_err();
        Unreadable { path: PathBuf::from("r"), why }.to_string()
    }

    #[test]
    fn what_is_read_makes_the_same_report() {
        let runs = vec![
            classed("bola", &[("3g", 60, 40), ("wifi", 90, 89)], &[("tv", 150, 129)]),
            live(run("mpc", 2_000, 1_900), 6_000),
        ];
        let before = results(runs);
        let packed = pack(&before).unwrap();
        let after = unpack(&packed[..]).unwrap_or_else(|_| panic!("{}", error(&packed)));
        assert_eq!(summary(&after), summary(&before));
        assert_eq!(page(&after, &charts(&after)), page(&before, &charts(&before)));
        assert_eq!(pack(&after).unwrap(), packed);
    }

    #[test]
    fn what_was_cut_short_or_edited_is_refused() {
        let packed = pack(&results(vec![run("bola", 100, 90)])).unwrap();
        for length in [12, 100, packed.len() / 2, packed.len() - 1] {
            assert!(error(&packed[..length]).contains("cut short or edited"), "{length}");
        }
        let mut edited = packed.clone();
        edited[packed.len() / 2] ^= 1;
        assert!(error(&edited).contains("cut short or edited"));
        // One who packs it again is found out by the digest.
        let mut text = String::new();
        GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
        let text = text.replace("\"zero_buffer\":90", "\"zero_buffer\":91");
        let mut again = GzBuilder::new().write(Vec::new(), Compression::default());
        io::Write::write_all(&mut again, text.as_bytes()).unwrap();
        assert!(error(&again.finish().unwrap()).contains("digest"));
    }

    #[test]
    fn what_is_something_else_is_told_from_what_another_version_wrote() {
        let pack = |text: &str| {
            let mut packed = GzBuilder::new().write(Vec::new(), Compression::default());
            io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
            packed.finish().unwrap()
        };
        assert!(error(b"not packed at all").contains("not results of abrsim"));
        assert!(error(&pack("{\"some\": \"json\"}\n")).contains("not results of abrsim"));
        assert!(error(&pack(&"x".repeat(1 << 20))).contains("not results of abrsim"));
        let newer =
            "{\"kind\":\"abrsim results\",\"form\":99,\"version\":\"9.1\",\"sha256\":\"\"}\n";
        let told = error(&pack(newer));
        assert!(told.contains("abrsim 9.1, in form 99") && told.contains("run the scenario again"));
    }
}
