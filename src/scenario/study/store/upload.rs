//! Rows on their way to a store.
//!
//! The idea to hold: they stand under no name until they are whole, and are counted and digested as
//! they come.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::super::commit::Data;
use super::super::trouble::StudyError;
use crate::fetch::hexadecimal;

/// So much is held in memory.
pub(super) const MOST: usize = 1 << 20;

/// What is written under another name ends so.
pub(super) const PART: &str = "part";

/// Rows on their way to a store.
#[derive(Debug)]
pub(in super::super) struct Upload {
    folder: PathBuf,
    /// What is not in the file yet.
    bytes: Vec<u8>,
    /// A file of another name, if there is so much.
    part: Option<Part>,
    hash: Sha256,
    rows: u64,
    length: u64,
}

impl Upload {
    /// On their way; much of them waits in a file of that folder.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, bytes: Vec::new(), part: None, hash: Sha256::new(), rows: 0, length: 0 }
    }

    /// Adds lines.
    pub(in super::super) fn add(&mut self, lines: &[u8]) -> Result<(), StudyError> {
        self.hash.update(lines);
        self.rows += lines.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.length += lines.len() as u64;
        self.bytes.extend_from_slice(lines);
        if self.bytes.len() > MOST { self.spill().map(|_| ()) } else { Ok(()) }
    }

    /// What they are.
    pub(in super::super) fn data(&self) -> Data {
        let sha256 = hexadecimal(&self.hash.clone().finalize());
        Data { rows: self.rows, bytes: self.length, sha256 }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All of them, if they are few enough to be held in memory.
    pub(super) fn held(&mut self) -> Option<Vec<u8>> {
        self.part.is_none().then(|| std::mem::take(&mut self.bytes))
    }

    /// The file they are all in.
    pub(super) fn part(mut self) -> Result<Part, StudyError> {
        self.spill()?;
        Ok(self.part.expect("what was spilt is in a file"))
    }

    /// Writes to the file what is not in it.
    fn spill(&mut self) -> Result<&mut Part, StudyError> {
        let wrong = |error| StudyError::disk(&self.folder, error);
        let part = match self.part.take() {
            Some(there) => there,
            None => Part::new(&self.folder).map_err(wrong)?,
        };
        let part = self.part.insert(part);
        let written = part.file.write_all(&self.bytes);
        self.bytes.clear();
        written.map_err(wrong)?;
        Ok(part)
    }
}

/// A file on its way to a name, which is gone if it comes to none.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    pub(super) file: File,
    named: bool,
}

impl Part {
    /// A new file in a folder, of a name that nobody else has or had in this process.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(folder)?;
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{number}.{PART}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    // Nobody takes it for what one who was killed left, or already has.
                    let _ = file.lock();
                    if path.exists() {
                        return Ok(Self { path, file, named: false });
                    }
                }
            }
        }
    }

    /// Where it is until it has its name.
    #[cfg(feature = "cloud")]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what those left in a folder who were killed: nobody holds it.
    pub(super) fn sweep_up(folder: &Path) {
        let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in names.filter(|path| is_part(path)) {
            let file = OpenOptions::new().write(true).open(&path);
            if file.is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// Gives it a name, whatever has it.
    pub(super) fn rename(&mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path).inspect(|()| self.named = true)
    }

    /// Gives it a name that nothing has.
    pub(super) fn link(&mut self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.path, path) {
            // Where there are no links, who comes second is found out by what is there.
            Err(error) if error.kind() != ErrorKind::AlreadyExists && !path.exists() => {
                self.rename(path)
            }
            linked => linked,
        }
    }
}

/// Whether a file is called as a part is: what others keep there is theirs.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let numbers = name.and_then(|name| name.strip_suffix(PART)?.strip_suffix('.')?.split_once('-'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(process, number)| is_number(process) && is_number(number))
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.named {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_killed_left_is_swept_up_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let held = Part::new(folder.path()).unwrap();
        let others = ["film.part", "1-2.part.mp4", "-7.part", "7-.part", "a-1.part", "rows.csv"];
        for name in others.iter().chain(&["4711-0.part", "4711-12.part"]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        Part::sweep_up(folder.path());
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let left: std::collections::BTreeSet<_> = names.collect();
        let others = others.iter().map(|name| folder.path().join(name));
        assert_eq!(left, others.chain([held.path.clone()]).collect());
    }
}
