//! Where a study's plan, rows and commits lie: files in a folder.
//!
//! The idea to hold: whatever stands under its own name is whole and on the disk, whenever the
//! machine stops: it is written under another name first. What is `put_if_absent` is never
//! replaced, so of two who have the same to say the second finds that it has been said. What did
//! not take a moment is not worth waiting for a disk: until [`keep`](Store::keep) all but what is
//! large is held in memory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::commit::Data;
use super::trouble::StudyError;
use crate::fetch::hexadecimal;

/// A folder of what is kept.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    /// What is not on the disk yet, by name.
    held: BTreeMap<String, Vec<u8>>,
    /// What is there, but perhaps not if the machine stops.
    unsynced: Vec<PathBuf>,
    kept: bool,
}

/// What came of putting something where nothing was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Put {
    /// Nothing was there.
    New,
    /// The same was.
    Same,
    /// Something else is there, and stays.
    Other,
}

/// So much is held in memory, of one file and of all.
const FILE: usize = 1 << 20;
const ALL: usize = 16 << 20;

/// What is written under another name ends so.
const PART: &str = "part";

impl Store {
    /// Of a folder, which need not be there.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, held: BTreeMap::new(), unsynced: Vec::new(), kept: false }
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Finds out whether anything can be put there.
    pub(super) fn prepare(&self) -> Result<(), StudyError> {
        let made = fs::create_dir_all(&self.folder);
        made.map_err(|error| StudyError::disk(&self.folder, error))
    }

    /// What stands under a name, if anything does.
    pub(super) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StudyError> {
        if let Some(bytes) = self.held.get(name) {
            return Ok(Some(bytes.clone()));
        }
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StudyError::Unread(path, error)),
        }
    }

    /// The same, a piece at a time.
    pub(super) fn open(&self, name: &str) -> Result<Box<dyn Read + '_>, StudyError> {
        if let Some(bytes) = self.held.get(name) {
            return Ok(Box::new(&bytes[..]));
        }
        let path = self.folder.join(name);
        let file = File::open(&path).map_err(|error| StudyError::Unread(path, error))?;
        Ok(Box::new(BufReader::with_capacity(1 << 18, file)))
    }

    /// The names in a folder of it, in order.
    pub(super) fn names(&self, under: &str) -> Result<Vec<String>, StudyError> {
        let path = self.folder.join(under);
        let wrong = |error| StudyError::Unread(path.clone(), error);
        let within = format!("{under}/");
        let held = self.held.keys().filter_map(|name| name.strip_prefix(&within));
        let mut names: Vec<_> = held.map(str::to_owned).collect();
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            entries => Some(entries.map_err(wrong)?),
        };
        for entry in entries.into_iter().flatten() {
            names.push(entry.map_err(wrong)?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| !name.ends_with(PART));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Puts something under a name where nothing is.
    pub(super) fn put_if_absent(&mut self, name: &str, bytes: Vec<u8>) -> Result<Put, StudyError> {
        if let Some(there) = self.get(name)? {
            return Ok(if there == bytes { Put::Same } else { Put::Other });
        }
        if self.kept {
            return self.link(name, &bytes);
        }
        self.held.insert(name.to_owned(), bytes);
        self.keep_if_much()?;
        Ok(Put::New)
    }

    /// Rows to be written piece by piece; they stand under no name until they are whole.
    pub(super) fn upload(&self) -> Upload {
        let (hash, rows, length) = (Sha256::new(), 0, 0);
        Upload { folder: self.folder.clone(), bytes: Vec::new(), part: None, hash, rows, length }
    }

    /// Gives them their name; of none at all there is no file.
    pub(super) fn finish(&mut self, name: &str, mut upload: Upload) -> Result<Data, StudyError> {
        let sha256 = hexadecimal(&upload.hash.finalize_reset());
        let data = Data { rows: upload.rows, bytes: upload.length, sha256 };
        if upload.length == 0 {
            return Ok(data);
        }
        if upload.part.is_none() && !self.kept {
            self.held.insert(name.to_owned(), std::mem::take(&mut upload.bytes));
            self.keep_if_much()?;
            return Ok(data);
        }
        upload.spill()?;
        let path = self.folder.join(name);
        let wrong = |error| StudyError::disk(&path, error);
        if let Some((part, file)) = &upload.part {
            if self.kept {
                file.sync_all().map_err(wrong)?;
            }
            fs::create_dir_all(path.parent().unwrap_or(&self.folder)).map_err(wrong)?;
            fs::rename(part, &path).map_err(wrong)?;
        }
        upload.part = None;
        match self.kept {
            true => sync_folder(&path).map_err(wrong)?,
            false => self.unsynced.push(path),
        }
        Ok(data)
    }

    /// From now on everything is on the disk.
    pub(super) fn keep(&mut self) -> Result<(), StudyError> {
        self.kept = true;
        for path in std::mem::take(&mut self.unsynced) {
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.and_then(|()| sync_folder(&path)).map_err(|e| StudyError::disk(&path, e))?;
        }
        // Nobody finds a commit whose rows are not there, nor one of which no plan speaks.
        let mut held: Vec<_> = std::mem::take(&mut self.held).into_iter().collect();
        held.sort_by_key(|(name, _)| (name.starts_with(super::COMMIT), name != super::PLAN));
        for (name, bytes) in held {
            if self.link(&name, &bytes)? == Put::Other {
                return Err(StudyError::Differs(self.folder.join(name)));
            }
        }
        Ok(())
    }

    /// Removes what is in a folder of it.
    pub(super) fn clear(&mut self, under: &str) -> Result<(), StudyError> {
        let within = format!("{under}/");
        self.held.retain(|name, _| !name.starts_with(&within));
        let path = self.folder.join(under);
        self.unsynced.retain(|unsynced| !unsynced.starts_with(&path));
        remove(&path)
    }

    /// Removes all of it, at once for whoever looks.
    pub(super) fn remove(&mut self) -> Result<(), StudyError> {
        self.held.clear();
        self.unsynced.clear();
        let gone = self.folder.with_added_extension("removed");
        remove(&gone)?;
        match fs::rename(&self.folder, &gone) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StudyError::disk(&self.folder, error)),
            Ok(()) => remove(&gone),
        }
    }

    fn keep_if_much(&mut self) -> Result<(), StudyError> {
        let held: usize = self.held.values().map(Vec::len).sum();
        if held > ALL { self.keep() } else { Ok(()) }
    }

    /// Writes a file whole and gives it its name, unless that is taken.
    fn link(&self, name: &str, bytes: &[u8]) -> Result<Put, StudyError> {
        let path = self.folder.join(name);
        let wrong = |error| StudyError::disk(&path, error);
        let (part, mut file) = part(&self.folder).map_err(wrong)?;
        let _gone = Removed(&part);
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)?;
        fs::create_dir_all(path.parent().unwrap_or(&self.folder)).map_err(wrong)?;
        let linked = match fs::hard_link(&part, &path) {
            // Where there are no links, who comes second is found out by what is there.
            Err(error) if error.kind() != ErrorKind::AlreadyExists && !path.exists() => {
                fs::rename(&part, &path)
            }
            linked => linked,
        };
        match linked {
            Ok(()) => sync_folder(&path).map(|()| Put::New).map_err(wrong),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let there = fs::read(&path).map_err(wrong)?;
                Ok(if there == bytes { Put::Same } else { Put::Other })
            }
            Err(error) => Err(wrong(error)),
        }
    }
}

/// Rows on their way to a store.
#[derive(Debug)]
pub(super) struct Upload {
    folder: PathBuf,
    /// What is not in the file yet.
    bytes: Vec<u8>,
    /// A file of another name, if there is so much.
    part: Option<(PathBuf, File)>,
    hash: Sha256,
    rows: u64,
    length: u64,
}

impl Upload {
    /// Adds lines.
    pub(super) fn add(&mut self, lines: &[u8]) -> Result<(), StudyError> {
        self.hash.update(lines);
        self.rows += lines.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.length += lines.len() as u64;
        self.bytes.extend_from_slice(lines);
        if self.bytes.len() > FILE { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), StudyError> {
        let folder = &self.folder;
        let (path, mut file) = match self.part.take() {
            Some(there) => there,
            None => part(folder).map_err(|error| StudyError::disk(folder, error))?,
        };
        let written = file.write_all(&self.bytes);
        self.bytes.clear();
        let wrong = |error| StudyError::disk(&path, error);
        let written = written.map_err(wrong);
        self.part = Some((path, file));
        written
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.part {
            let _ = fs::remove_file(path);
        }
    }
}

/// A file that is removed when it is of no more use.
struct Removed<'a>(&'a Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

/// A new file of a name that nobody else has.
fn part(folder: &Path) -> io::Result<(PathBuf, File)> {
    fs::create_dir_all(folder)?;
    let mut number = 0_u32;
    loop {
        let path = folder.join(format!("{}-{number}.{PART}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|file| (path, file)),
        }
    }
}

/// Lets the folder that a file is in know of it even if the machine stops.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn remove(folder: &Path) -> Result<(), StudyError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StudyError::disk(folder, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(kept: bool) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path().join("store"));
        if kept {
            store.keep().unwrap();
        }
        (folder, store)
    }

    #[test]
    fn what_is_there_stays_and_who_says_the_same_is_told_so() {
        for kept in [false, true] {
            let (_folder, mut store) = store(kept);
            let mut put = |bytes: &[u8]| store.put_if_absent("commit/1", bytes.to_vec()).unwrap();
            let puts = [put(b"one"), put(b"one"), put(b"other")];
            assert_eq!(puts, [Put::New, Put::Same, Put::Other]);
            assert_eq!(store.get("commit/1").unwrap().unwrap(), b"one");
            assert_eq!(store.get("commit/2").unwrap(), None);
            assert_eq!(store.names("commit").unwrap(), ["1"]);
        }
    }

    #[test]
    fn of_two_processes_one_is_first() {
        let (_folder, mut one) = store(true);
        // The other looked before the first had written.
        let two = Store::new(one.folder().to_owned());
        assert_eq!(one.put_if_absent("commit/1", b"one".to_vec()).unwrap(), Put::New);
        assert_eq!(two.link("commit/1", b"one").unwrap(), Put::Same);
        assert_eq!(two.link("commit/1", b"two").unwrap(), Put::Other);
        assert_eq!(one.get("commit/1").unwrap().unwrap(), b"one");
        assert_eq!(fs::read_dir(one.folder()).unwrap().count(), 1, "only the folder of commits");
    }

    #[test]
    fn what_is_held_is_nowhere_until_it_is_kept() {
        let (folder, mut store) = store(false);
        let mut upload = store.upload();
        upload.add(b"a,b\n1,2\n").unwrap();
        let data = store.finish("data/1.csv", upload).unwrap();
        assert_eq!((data.rows, data.bytes), (2, 8));
        store.put_if_absent("commit/1", b"{}".to_vec()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        store.keep().unwrap();
        let again = Store::new(store.folder().to_owned());
        assert_eq!(again.get("data/1.csv").unwrap().unwrap(), b"a,b\n1,2\n");
        assert_eq!(again.get("commit/1").unwrap().unwrap(), b"{}");
        store.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn much_goes_to_the_disk_and_what_is_given_up_leaves_nothing() {
        let (_folder, mut store) = store(false);
        let mut upload = store.upload();
        for _ in 0..3 {
            upload.add(&vec![b'\n'; FILE]).unwrap();
        }
        let mut other = store.upload();
        other.add(&vec![b'\n'; 2 * FILE]).unwrap();
        drop(other);
        let data = store.finish("data/1.csv", upload).unwrap();
        assert_eq!((data.rows, data.bytes), (3 << 20, 3 << 20));
        assert_eq!(fs::metadata(store.folder().join("data/1.csv")).unwrap().len(), 3 << 20);
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 1, "parts are gone");
        let mut read = Vec::new();
        store.open("data/1.csv").unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(hexadecimal(&Sha256::digest(&read)), data.sha256);
    }
}
