//! What can go wrong with a study, told so that one knows what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::super::ScenarioError;

/// Why a study cannot go on.
#[derive(Debug)]
pub enum StudyError {
    /// The disk would not have it.
    Disk(PathBuf, io::Error),
    /// Or would not give it back.
    Unread(PathBuf, io::Error),
    /// Rows could not be passed on.
    Rows(io::Error),
    /// The same chunk came out otherwise than before.
    Differs(PathBuf),
    /// What is kept is not what was written, and in what way.
    Damaged(PathBuf, String),
    /// So many chunks are kept, but what plan they are of is not to be read.
    Unplanned(PathBuf, usize),
    /// Chunks are kept there, but of another plan.
    Foreign(PathBuf),
    /// What is kept is of another plan, and what is other about it.
    Other(PathBuf, Vec<String>),
    /// Nothing is planned there.
    NoPlan(PathBuf),
    /// What is planned there cannot be read, and why.
    NotRead(PathBuf, String),
    /// A place of a kind that this program cannot get to, and the kind.
    Nowhere(String, String),
    /// A store did not answer for as long as it was asked.
    Away(PathBuf, String),
    /// The scenario cannot be made ready.
    Scenario(Box<ScenarioError>),
    /// These chunks are missing, of so many.
    Missing(Vec<u64>, u64),
}

impl StudyError {
    pub(super) fn disk(path: &Path, error: io::Error) -> Self {
        Self::Disk(path.to_owned(), error)
    }
}

impl From<io::Error> for StudyError {
    fn from(error: io::Error) -> Self {
        Self::Rows(error)
    }
}

impl From<ScenarioError> for StudyError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

impl std::error::Error for StudyError {}

impl fmt::Display for StudyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Unread(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Rows(error) => write!(f, "cannot write rows: {error}"),
            Self::Differs(path) => write!(
                f,
                "not deterministic: the same chunk came out otherwise than in {}; this is a bug, \
                 or two versions of abrsim worked on it",
                path.display()
            ),
            Self::Damaged(path, how) => write!(f, "{}: {how}", path.display()),
            Self::Unplanned(folder, done) => write!(
                f,
                "{}: plan.json is damaged, gone or of another version of abrsim, and {done} chunks \
                 are kept beside it: that version can --resume them, and --restart drops them",
                folder.display()
            ),
            Self::Foreign(folder) => write!(
                f,
                "{}: chunks are kept there of another plan than its plan.json: one of them was \
                 removed, put there or edited; plan in a place of its own",
                folder.display()
            ),
            Self::Other(folder, what) => {
                write!(f, "{} is of another run: {}", folder.display(), what.join("; "))
            }
            Self::NoPlan(path) => {
                write!(f, "there is no {}: nothing is planned there", path.display())
            }
            Self::NotRead(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Nowhere(place, scheme) if cfg!(feature = "cloud") => {
                write!(f, "{place}: {scheme}:// is no place for a study")
            }
            Self::Nowhere(place, _) => write!(
                f,
                "{place}: this abrsim knows folders only; object stores are a feature: \
                 cargo build --release --features cloud"
            ),
            Self::Away(path, why) => {
                write!(f, "{} did not answer: {why}; nothing that was kept is lost", path.display())
            }
            Self::Scenario(error) => error.fmt(f),
            Self::Missing(chunks, of) => {
                let first: Vec<_> = chunks.iter().take(20).map(u64::to_string).collect();
                let more = if chunks.len() > first.len() { ", …" } else { "" };
                let (count, first) = (chunks.len(), first.join(", "));
                write!(f, "{count} of {of} chunks are missing: {first}{more}")
            }
        }
    }
}
