//! Where a study's plan, rows and commits lie.
//!
//! The idea to hold: whatever stands under a name is whole, and what is `put_if_absent` is never
//! replaced, so of two who have the same to say the second finds that it has been said, and who
//! says something else is found out. It is no lock: nobody waits for anybody.
//!
//! ```text
//!   folder.rs  files in a folder
//!   bucket.rs  objects of S3, Google Cloud Storage or Azure, with the feature `cloud`
//!   upload.rs  rows on their way to either
//! ```

#[cfg(feature = "cloud")]
mod bucket;
mod folder;
mod upload;

use std::fmt::Debug;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use super::trouble::StudyError;
#[cfg(feature = "cloud")]
pub(super) use bucket::Bucket;
pub(super) use folder::Folder;
pub(super) use upload::Upload;

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

/// A place for what is kept, by names such as `commit/000003.json`.
pub(super) trait Store: Debug + Send + Sync {
    /// What a name stands for, as people call it.
    fn path(&self, name: &str) -> PathBuf;

    /// What stands under a name, if anything does.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StudyError>;

    /// The same of several, in their order.
    fn get_all(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StudyError> {
        names.iter().map(|name| self.get(name)).collect()
    }

    /// Whether anything does.
    fn has(&self, name: &str) -> Result<bool, StudyError>;

    /// What does, a piece at a time.
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>, StudyError>;

    /// The names in a folder of it, in order, and how long after the beginning of 1970 each was
    /// given, by the store's own clock.
    fn names(&self, under: &str) -> Result<Vec<(String, Duration)>, StudyError>;

    /// Puts something under a name, whatever is there.
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StudyError>;

    /// Puts something under a name where nothing is.
    fn put_if_absent(&mut self, name: &str, bytes: Vec<u8>) -> Result<Put, StudyError>;

    /// Rows to be written piece by piece; they stand under no name until they are whole.
    fn upload(&self) -> Upload;

    /// Gives them their name; of none at all there is nothing.
    fn finish(&mut self, name: &str, upload: Upload) -> Result<(), StudyError>;

    /// The same place, for another thread.
    fn again(&self) -> Box<dyn Store>;

    /// Finds out whether anything can be put there.
    fn prepare(&self) -> Result<(), StudyError> {
        Ok(())
    }

    /// From now on everything is to be there even if the machine stops.
    fn keep(&mut self) -> Result<(), StudyError> {
        Ok(())
    }

    /// Removes what those left who were killed.
    fn sweep_up(&self) {}

    /// Whether it is.
    fn is_kept(&self) -> bool {
        true
    }

    /// Removes what is in a folder of it, where what is kept is only for the time being.
    fn clear(&mut self, _under: &str) -> Result<(), StudyError> {
        Ok(())
    }

    /// Removes all of it, at once for whoever looks; under the same condition.
    fn remove(&mut self) -> Result<(), StudyError> {
        Ok(())
    }
}
