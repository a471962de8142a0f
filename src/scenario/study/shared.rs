//! A study that many machines work on: a plan that is frozen, in a place that all of them see.
//!
//! The idea to hold: the place has everything, the scenario's own files as well, so whoever works
//! on it needs the place's name and the program, and nothing else of the machine that planned it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::super::run::runs_of;
use super::super::{Scenario, ScenarioError};
use super::plan::Plan;
use super::progress::{Attempt, Progress};
use super::store::{Folder, Put, Store};
use super::{PLAN, Shard, Study, StudyError};
use crate::fetch::{hexadecimal, is_url, read_at_most};

/// For how long a store is asked again that does not answer.
pub type Patience = Duration;

/// A planned study, in its place.
pub struct Shared {
    store: Box<dyn Store>,
    plan: Plan,
    scenario: Scenario,
}

/// What a plan amounts to.
#[derive(Clone, Debug)]
pub struct Planned {
    /// SHA-256 of it, in hexadecimal.
    pub hash: String,
    /// Runs, viewers of all of them, and chunks.
    pub runs: u64,
    /// Viewers of all runs.
    pub viewers: u64,
    /// Chunks of all runs.
    pub chunks: u64,
    /// Where the files must be seen that the scenario reads, if they do not lie in the place.
    pub reads: Option<PathBuf>,
}

/// Files of an input's digest lie there.
const INPUTS: &str = "inputs";

/// No input is larger, in bytes.
const MOST: u64 = 1 << 30;

impl Shared {
    /// Freezes the plan of a scenario, whose viewers are as many as there will be, in chunks of so
    /// many, or of as many as is right for it; what was planned before stays as it is.
    ///
    /// # Errors
    /// Where another plan is there, or nothing can be written.
    pub fn plan(
        scenario: &Scenario,
        place: &str,
        chunk: Option<u64>,
        patience: Patience,
    ) -> Result<(), StudyError> {
        let mut store = store(place, patience)?;
        let mut plan = Plan::of(scenario, &runs_of(scenario), chunk);
        if let Some(before) = store.get(PLAN)? {
            let before = read(&*store, &before)?;
            return match before.hash() == plan.hash() {
                true => Ok(()),
                false => Err(StudyError::Other(store.path(PLAN), plan.differences(&before))),
            };
        }
        store.prepare()?;
        // What is read of its own files is carried if all that it takes is among them.
        let own = |name: &str| read_at_most(&plan.beside.join(name), MOST).ok();
        let own = |name: &str| own(name).or_else(|| read_at_most(Path::new(name), MOST).ok());
        let files = plan.inputs.iter().filter(|(name, _)| !is_url(name));
        let files: Option<BTreeMap<_, _>> = files
            .map(|(name, digest)| Some((name.clone(), (digest.clone(), own(name)?))))
            .filter(|file| file.as_ref().is_none_or(|(_, (digest, bytes))| *digest == sha(bytes)))
            .collect();
        if let Some(files) = files {
            let contents = files.iter().map(|(name, (_, bytes))| (name.as_str(), &bytes[..]));
            let loaded = unpacked(contents).and_then(|(_gone, beside)| plan.load(&beside).ok());
            if loaded.is_some_and(|loaded| plan.is_of(&loaded)) {
                for (digest, bytes) in files.into_values() {
                    store.put_if_absent(&format!("{INPUTS}/{digest}"), bytes)?;
                }
                plan.carried = true;
            }
        }
        match store.put_if_absent(PLAN, plan.json())? {
            Put::New | Put::Same => Ok(()),
            // Somebody planned something there in the same moment.
            Put::Other => Err(StudyError::Other(store.path(PLAN), vec!["it is new".to_owned()])),
        }
    }

    /// What is planned in a place, and everything it takes.
    ///
    /// # Errors
    /// Where nothing is planned, or what is cannot be simulated by this program.
    pub fn at(place: &str, patience: Patience) -> Result<Self, StudyError> {
        let (store, plan) = planned(place, patience)?;
        let mut scenario = match plan.carried {
            true => {
                let mut files = Vec::new();
                for (name, digest) in plan.inputs.iter().filter(|(name, _)| !is_url(name)) {
                    let path = format!("{INPUTS}/{digest}");
                    let found = store.get(&path)?;
                    let found = found.filter(|bytes| sha(bytes) == *digest);
                    let why = || format!("{name} is gone, or not what was planned");
                    let bytes =
                        found.ok_or_else(|| StudyError::Damaged(store.path(&path), why()))?;
                    files.push((name.as_str(), bytes));
                }
                let files = files.iter().map(|(name, bytes)| (*name, &bytes[..]));
                let (_gone, beside) = unpacked(files).ok_or_else(|| {
                    let folder = std::env::temp_dir();
                    StudyError::disk(&folder, std::io::Error::other("no files can be made there"))
                })?;
                plan.load(&beside)?
            }
            false => plan.load(&plan.folder)?,
        };
        plan.settle(&mut scenario);
        scenario.beside.clone_from(&plan.beside);
        let own = Plan::of(&scenario, &runs_of(&scenario), Some(plan.chunk));
        if own.hash() != plan.hash() {
            return Err(StudyError::Other(store.path(PLAN), own.differences(&plan)));
        }
        Ok(Self { store, plan, scenario })
    }

    /// What is to be done and what is done by now.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn study(&self) -> Result<Study<'_>, StudyError> {
        Study::of(&self.scenario, self.plan.clone(), self.store.again())
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The scenario, to do something else with.
    pub fn into_scenario(self) -> Scenario {
        self.scenario
    }

    /// How many seconds the clock of whoever said so under that name is ahead of the store's.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn ahead(&self, name: &str) -> Result<Option<i64>, StudyError> {
        Attempt::ahead(&*self.store, name)
    }

    /// Says who works on it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn attend(&mut self, name: &str, attempt: &Attempt) -> Result<(), StudyError> {
        attempt.put(&mut *self.store, name)
    }
}

/// What is planned in a place, in figures.
///
/// # Errors
/// Where nothing is planned, or nothing that this program can read.
pub fn summary(place: &str, patience: Patience) -> Result<Planned, StudyError> {
    let (_, plan) = planned(place, patience)?;
    Ok(Planned {
        hash: plan.hash(),
        runs: plan.runs.len() as u64,
        viewers: plan.viewers(),
        chunks: plan.count(),
        reads: (!plan.carried).then(|| plan.folder.clone()),
    })
}

/// How far a study is that is planned in a place.
///
/// # Errors
/// Where nothing is planned, or it cannot be read.
pub fn progress(place: &str, patience: Patience) -> Result<Progress, StudyError> {
    let (store, plan) = planned(place, patience)?;
    Progress::of(&*store, &plan)
}

impl Progress {
    /// Which of so many shards what is missing is of.
    pub fn shards(&self, of: u64) -> impl Iterator<Item = u64> {
        Shard::all_of(of, &self.missing, self.chunks).into_iter()
    }
}

impl Plan {
    /// Its scenario, beside whose files these are.
    fn load(&self, beside: &Path) -> Result<Scenario, ScenarioError> {
        let file = format!("{}.toml", self.name);
        Scenario::parse(&self.name, &file, &self.scenario, beside, &self.sets)
    }

    /// Whether that is what it plans.
    fn is_of(&self, scenario: &Scenario) -> bool {
        scenario.text == self.scenario && scenario.inputs == self.inputs && {
            let contents = runs_of(scenario).into_iter().map(|run| run.setup.content.fingerprint());
            contents.eq(self.runs.iter().map(|run| run.content))
        }
    }

    fn viewers(&self) -> u64 {
        self.runs.iter().map(|run| run.viewers).sum()
    }
}

/// A place of that name: a folder, or a URL of an object store.
#[cfg_attr(not(feature = "cloud"), expect(unused_variables, reason = "folders do not wait"))]
fn store(place: &str, patience: Patience) -> Result<Box<dyn Store>, StudyError> {
    match place.split_once("://") {
        None => {
            let mut folder = Folder::new(PathBuf::from(place));
            folder.keep()?;
            Ok(Box::new(folder))
        }
        #[cfg(feature = "cloud")]
        Some(("s3" | "gs" | "az", _)) => Ok(Box::new(super::store::Bucket::at(place, patience)?)),
        Some((scheme, _)) => Err(StudyError::Nowhere(place.to_owned(), scheme.to_owned())),
    }
}

fn planned(place: &str, patience: Patience) -> Result<(Box<dyn Store>, Plan), StudyError> {
    let store = store(place, patience)?;
    match store.get(PLAN)? {
        None => Err(StudyError::NoPlan(store.path(PLAN))),
        Some(json) => read(&*store, &json).map(|plan| (store, plan)),
    }
}

fn read(store: &dyn Store, json: &[u8]) -> Result<Plan, StudyError> {
    Plan::read(json).map_err(|why| StudyError::NotRead(store.path(PLAN), why))
}

fn sha(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Files by their names relative to a scenario, laid out so that it finds them; nothing if they
/// cannot be. They are gone with the first of what is returned; the second is the scenario's
/// folder.
fn unpacked<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<(TempDir, PathBuf)> {
    let files: Vec<_> = files.collect();
    let up =
        |name: &str| Path::new(name).components().filter(|c| *c == Component::ParentDir).count();
    let depth = files.iter().map(|(name, _)| up(name)).max().unwrap_or(0);
    let root = TempDir::new().ok()?;
    let mut beside = root.path().to_owned();
    (0..=depth).for_each(|_| beside.push("scenario"));
    fs::create_dir_all(&beside).ok()?;
    for (name, bytes) in files {
        let plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::ParentDir);
        if !Path::new(name).components().all(plain) {
            return None;
        }
        let path = beside.join(name);
        fs::create_dir_all(path.parent()?).ok()?;
        fs::write(path, bytes).ok()?;
    }
    Some((root, beside))
}
