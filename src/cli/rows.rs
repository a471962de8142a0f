//! Rows as files: sessions.csv and requests.csv, and with the feature `parquet` sessions.parquet.
//!
//! The idea to hold: rows stand under another name until they are whole, so an earlier report stays
//! as it is if a run is killed; and one of an earlier run, which this one does not write, is
//! removed, since it would be taken for this one's.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Failure;
#[cfg(feature = "parquet")]
use crate::report::export;

/// Rows under another name.
pub(super) struct Part {
    whole: PathBuf,
    part: PathBuf,
    rows: BufWriter<File>,
    /// Whether it has the name it is to have.
    named: bool,
}

impl Part {
    pub(super) fn new(whole: PathBuf) -> Result<Self, Failure> {
        let part = whole.with_added_extension("part");
        let rows = File::create(&part).map_err(|error| Failure::writing(&part, &error))?;
        Ok(Self { whole, part, rows: BufWriter::with_capacity(1 << 20, rows), named: false })
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.rows.flush().map_err(|error| Failure::writing(&self.part, &error))?;
        let named = fs::rename(&self.part, &self.whole);
        self.named = named.is_ok();
        named.map_err(|error| Failure::writing(&self.whole, &error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.named {
            let _ = fs::remove_file(&self.part);
        }
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rows.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

const PARQUET: &str = "sessions.parquet";

/// Rows of viewers, in every form there is.
pub(super) struct Sessions {
    csv: Part,
    #[cfg(feature = "parquet")]
    parquet: export::Sessions<Part>,
}

impl Sessions {
    /// To be written into a folder.
    pub(super) fn new(folder: &Path) -> Result<Self, Failure> {
        let csv = Part::new(folder.join("sessions.csv"))?;
        #[cfg(feature = "parquet")]
        return Ok(Self { csv, parquet: export::Sessions::new(Part::new(folder.join(PARQUET))?) });
        #[cfg(not(feature = "parquet"))]
        Ok(Self { csv })
    }

    /// Gives them their names in that folder.
    pub(super) fn finish(self, folder: &Path) -> Result<(), Failure> {
        #[cfg(not(feature = "parquet"))]
        remove(&folder.join(PARQUET))?;
        #[cfg(feature = "parquet")]
        {
            let rows = self.parquet.finish();
            rows.map_err(|error| Failure::writing(&folder.join(PARQUET), &error))?.finish()?;
        }
        self.csv.finish()
    }
}

impl Write for Sessions {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.csv.write_all(bytes)?;
        #[cfg(feature = "parquet")]
        self.parquet.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.csv.flush()
    }
}

/// Removes what an earlier run left.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::writing(path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
