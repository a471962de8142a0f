//! Files in a folder.
//!
//! The idea to hold: whatever stands under its own name is whole and on the disk, whenever the
//! machine stops: it is written under another name first. What did not take a moment is not worth
//! waiting for a disk: until [`keep`](Store::keep) all but what is large is held in memory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::super::trouble::StudyError;
use super::super::{COMMIT, PLAN};
use super::upload::{MOST, PART, Part, Upload};
use super::{Put, Store};

/// A folder of what is kept.
#[derive(Debug)]
pub(in super::super) struct Folder {
    folder: PathBuf,
    /// What is not on the disk yet, by name.
    held: BTreeMap<String, Vec<u8>>,
    /// What is there, but perhaps not if the machine stops.
    unsynced: Vec<PathBuf>,
    kept: bool,
}

/// So much is held in memory.
const ALL: usize = 16 * MOST;

impl Folder {
    /// Which need not be there.
    pub(in super::super) fn new(folder: PathBuf) -> Self {
        Self { folder, held: BTreeMap::new(), unsynced: Vec::new(), kept: false }
    }

    /// Where it is.
    pub(in super::super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn keep_if_much(&mut self) -> Result<(), StudyError> {
        let held: usize = self.held.values().map(Vec::len).sum();
        if held > ALL { self.keep() } else { Ok(()) }
    }

    /// Writes a file whole, and lets it be given its name.
    fn write(
        &self,
        path: &Path,
        bytes: &[u8],
        name: impl FnOnce(&mut Part, &Path) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut part = Part::new(&self.folder)?;
        part.file.write_all(bytes).and_then(|()| part.file.sync_all())?;
        fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        name(&mut part, path)?;
        sync_folder(path)
    }

    /// Writes a file whole and gives it its name, unless that is taken.
    fn link(&self, name: &str, bytes: &[u8]) -> Result<Put, StudyError> {
        let path = self.folder.join(name);
        let wrong = |error| StudyError::disk(&path, error);
        let linked = self.write(&path, bytes, Part::link);
        match linked {
            Ok(()) => Ok(Put::New),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let there = fs::read(&path).map_err(wrong)?;
                Ok(if there == bytes { Put::Same } else { Put::Other })
            }
            Err(error) => Err(wrong(error)),
        }
    }
}

impl Store for Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StudyError> {
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

    fn has(&self, name: &str) -> Result<bool, StudyError> {
        Ok(self.held.contains_key(name) || self.folder.join(name).exists())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>, StudyError> {
        if let Some(bytes) = self.held.get(name) {
            return Ok(Box::new(&bytes[..]));
        }
        let path = self.folder.join(name);
        let file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => StudyError::Damaged(path, "it is gone".to_owned()),
            _ => StudyError::Unread(path, error),
        })?;
        Ok(Box::new(BufReader::with_capacity(1 << 18, file)))
    }

    fn names(&self, under: &str) -> Result<Vec<(String, Duration)>, StudyError> {
        let path = self.folder.join(under);
        let wrong = |error| StudyError::Unread(path.clone(), error);
        let within = format!("{under}/");
        let held = self.held.keys().filter_map(|name| name.strip_prefix(&within));
        let mut names: BTreeMap<_, _> =
            held.map(|name| (name.to_owned(), Duration::ZERO)).collect();
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            entries => Some(entries.map_err(wrong)?),
        };
        for entry in entries.into_iter().flatten() {
            let entry = entry.map_err(wrong)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What is gone by now was there.
            let modified = entry.metadata().and_then(|about| about.modified());
            let since = modified.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            names.insert(name, since.unwrap_or_default());
        }
        names.retain(|name, _| !name.ends_with(PART));
        Ok(names.into_iter().collect())
    }

    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StudyError> {
        let path = self.folder.join(name);
        self.write(&path, &bytes, Part::rename).map_err(|error| StudyError::disk(&path, error))
    }

    fn put_if_absent(&mut self, name: &str, bytes: Vec<u8>) -> Result<Put, StudyError> {
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

    fn upload(&self) -> Upload {
        Upload::new(self.folder.clone())
    }

    fn finish(&mut self, name: &str, mut upload: Upload) -> Result<(), StudyError> {
        if upload.is_empty() {
            return Ok(());
        }
        if !self.kept
            && let Some(bytes) = upload.held()
        {
            self.held.insert(name.to_owned(), bytes);
            self.keep_if_much()?;
            return Ok(());
        }
        let path = self.folder.join(name);
        let wrong = |error| StudyError::disk(&path, error);
        let mut part = upload.part()?;
        if self.kept {
            part.file.sync_all().map_err(wrong)?;
        }
        fs::create_dir_all(path.parent().unwrap_or(&self.folder)).map_err(wrong)?;
        part.rename(&path).map_err(wrong)?;
        match self.kept {
            true => sync_folder(&path).map_err(wrong)?,
            false => self.unsynced.push(path),
        }
        Ok(())
    }

    fn again(&self) -> Box<dyn Store> {
        Box::new(Self { kept: self.kept, ..Self::new(self.folder.clone()) })
    }

    fn sweep_up(&self) {
        Part::sweep_up(&self.folder);
    }

    fn prepare(&self) -> Result<(), StudyError> {
        let made = fs::create_dir_all(&self.folder);
        made.map_err(|error| StudyError::disk(&self.folder, error))
    }

    fn keep(&mut self) -> Result<(), StudyError> {
        self.kept = true;
        for path in std::mem::take(&mut self.unsynced) {
            let file = OpenOptions::new().write(true).open(&path);
            let synced = file.and_then(|file| file.sync_all());
            synced.and_then(|()| sync_folder(&path)).map_err(|e| StudyError::disk(&path, e))?;
        }
        // Nobody finds a commit whose rows are not there, nor one of which no plan speaks.
        let mut held: Vec<_> = std::mem::take(&mut self.held).into_iter().collect();
        held.sort_by_key(|(name, _)| (name.starts_with(COMMIT), name != PLAN));
        for (name, bytes) in held {
            if self.link(&name, &bytes)? == Put::Other {
                return Err(StudyError::Differs(self.folder.join(name)));
            }
        }
        Ok(())
    }

    fn is_kept(&self) -> bool {
        self.kept
    }

    fn clear(&mut self, under: &str) -> Result<(), StudyError> {
        let within = format!("{under}/");
        self.held.retain(|name, _| !name.starts_with(&within));
        let path = self.folder.join(under);
        self.unsynced.retain(|unsynced| !unsynced.starts_with(&path));
        remove(&path)
    }

    fn remove(&mut self) -> Result<(), StudyError> {
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
    use crate::fetch::hexadecimal;
    use sha2::{Digest, Sha256};

    fn store(kept: bool) -> (tempfile::TempDir, Folder) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Folder::new(folder.path().join("store"));
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
            assert_eq!(store.names("commit").unwrap()[0].0, "1");
        }
    }

    #[test]
    fn of_two_processes_one_is_first() {
        let (_folder, mut one) = store(true);
        // The other looked before the first had written.
        let two = Folder::new(one.folder().to_owned());
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
        let data = upload.data();
        store.finish("data/1.csv", upload).unwrap();
        assert_eq!((data.rows, data.bytes), (2, 8));
        store.put_if_absent("commit/1", b"{}".to_vec()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        store.keep().unwrap();
        let again = Folder::new(store.folder().to_owned());
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
            upload.add(&vec![b'\n'; MOST]).unwrap();
        }
        let mut other = store.upload();
        other.add(&vec![b'\n'; 2 * MOST]).unwrap();
        drop(other);
        let data = upload.data();
        store.finish("data/1.csv", upload).unwrap();
        assert_eq!((data.rows, data.bytes), (3 << 20, 3 << 20));
        assert_eq!(fs::metadata(store.folder().join("data/1.csv")).unwrap().len(), 3 << 20);
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 1, "parts are gone");
        let mut read = Vec::new();
        store.open("data/1.csv").unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(hexadecimal(&Sha256::digest(&read)), data.sha256);
    }
}
