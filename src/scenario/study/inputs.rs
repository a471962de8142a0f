//! The files that a scenario reads, carried to where its plan is.
//!
//! The idea to hold: they lie there under their digests, and whoever needs them lays them out as
//! the scenario names them, in a folder of its own that is gone once they are read.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::StudyError;
use super::plan::Plan;
use super::store::Store;
use crate::fetch::{hexadecimal, is_url, read_at_most};

/// Files by their names relative to the scenario.
pub(super) struct Inputs(BTreeMap<String, Vec<u8>>);

/// Files of an input's digest lie there.
const INPUTS: &str = "inputs";

/// No input is larger, in bytes.
const MOST: u64 = 1 << 30;

impl Inputs {
    /// Those that a plan names, of this machine; nothing if one is not there as it was.
    pub(super) fn here(plan: &Plan) -> Option<Self> {
        let read = |path: &Path| read_at_most(path, MOST).ok();
        let own = |(name, digest): (&String, &String)| {
            let bytes = read(&plan.beside.join(name)).or_else(|| read(name.as_ref()));
            Some((name.clone(), bytes.filter(|bytes| sha(bytes) == *digest)?))
        };
        files(plan).map(own).collect::<Option<_>>().map(Self)
    }

    /// What they are called.
    pub(super) fn names(plan: &Plan) -> impl Iterator<Item = &String> {
        files(plan).map(|(name, _)| name)
    }

    /// The same, of a store.
    pub(super) fn of(store: &dyn Store, plan: &Plan) -> Result<Self, StudyError> {
        let own = |(name, digest): (&String, &String)| {
            let path = format!("{INPUTS}/{digest}");
            let found = store.get(&path)?.filter(|bytes| sha(bytes) == *digest);
            let gone = || format!("{name} is gone, or not what was planned");
            let bytes = found.ok_or_else(|| StudyError::Damaged(store.path(&path), gone()))?;
            Ok((name.clone(), bytes))
        };
        files(plan).map(own).collect::<Result<_, _>>().map(Self)
    }

    /// Puts them into a store.
    pub(super) fn put(self, store: &mut dyn Store) -> Result<(), StudyError> {
        for bytes in self.0.into_values() {
            store.put_if_absent(&format!("{INPUTS}/{}", sha(&bytes)), bytes)?;
        }
        Ok(())
    }

    /// Lays them out around a folder for the scenario, which is gone with what is returned first.
    pub(super) fn laid_out(&self) -> io::Result<(TempDir, PathBuf)> {
        let above = |name: &String| {
            let up = |part: &Component<'_>| *part == Component::ParentDir;
            Path::new(name).components().filter(up).count()
        };
        let depth = self.0.keys().map(above).max().unwrap_or(0);
        let root = tempfile::tempdir()?;
        let mut beside = root.path().to_owned();
        (0..=depth).for_each(|_| beside.push("scenario"));
        fs::create_dir_all(&beside)?;
        for (name, bytes) in &self.0 {
            let inside =
                |c: Component<'_>| matches!(c, Component::Normal(_) | Component::ParentDir);
            if !Path::new(name).components().all(inside) {
                return Err(io::Error::other(format!("{name} is not named by where it is")));
            }
            let path = beside.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&beside))?;
            fs::write(path, bytes)?;
        }
        Ok((root, beside))
    }
}

/// The files that a plan names, with their digests.
fn files(plan: &Plan) -> impl Iterator<Item = (&String, &String)> {
    plan.inputs.iter().filter(|(name, _)| !is_url(name))
}

fn sha(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
