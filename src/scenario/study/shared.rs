//! A study that many machines work on: a plan that is frozen, in a place that all of them see.
//!
//! The idea to hold: the place has everything, the scenario's own files as well, so whoever works
//! on it needs the place's name and the program, and nothing else of the machine that planned it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::run::runs_of;
use super::super::{Scenario, ScenarioError};
use super::inputs::Inputs;
use super::plan::Plan;
use super::progress::{Attempt, Progress};
use super::store::{Folder, Put, Store};
use super::{Commit, PLAN, Study, StudyError, done_by};

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
    /// What the scenario reads that has to be seen by every machine, as it does not lie in the
    /// place.
    pub reads: Vec<PathBuf>,
}

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
        patience: Duration,
    ) -> Result<Planned, StudyError> {
        let mut store = store(place, patience)?;
        let mut plan = Plan::of(scenario, &runs_of(scenario), chunk);
        let whole = |why| StudyError::NotRead(store.path(PLAN), why);
        plan.sound().map_err(whole)?;
        if let Some(before) = store.get(PLAN)? {
            return plan.agrees(&*store, &before);
        }
        if !done_by(&*store)?.is_empty() {
            return Err(StudyError::Foreign(store.path("")));
        }
        store.prepare()?;
        if let Some(inputs) = Inputs::here(&plan).filter(|inputs| plan.needs_no_more(inputs)) {
            inputs.put(&mut *store)?;
            plan.carried = true;
        }
        match store.put_if_absent(PLAN, plan.json())? {
            Put::New | Put::Same => Ok(Planned::of(&plan)),
            // Somebody planned something there in the same moment.
            Put::Other => plan.agrees(&*store, &store.get(PLAN)?.unwrap_or_default()),
        }
    }

    /// What is planned in a place, and everything it takes.
    ///
    /// # Errors
    /// Where nothing is planned, or what is cannot be simulated by this program.
    pub fn at(place: &str, patience: Duration) -> Result<Self, StudyError> {
        let There { store, plan, .. } = planned(place, patience)?;
        let mut scenario = match plan.carried {
            true => {
                let laid_out = Inputs::of(&*store, &plan)?.laid_out();
                let wrong = |error| StudyError::disk(&std::env::temp_dir(), error);
                let (_gone, beside) = laid_out.map_err(wrong)?;
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
        self.store.sweep_up();
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
pub fn summary(place: &str, patience: Duration) -> Result<Planned, StudyError> {
    planned(place, patience).map(|There { plan, .. }| Planned::of(&plan))
}

/// How far a study is that is planned in a place.
///
/// # Errors
/// Where nothing is planned, or it cannot be read.
pub fn progress(place: &str, patience: Duration) -> Result<Progress, StudyError> {
    let There { store, plan, kept } = planned(place, patience)?;
    Progress::of(&*store, &plan, &kept)
}

impl Planned {
    fn of(plan: &Plan) -> Self {
        Self {
            hash: plan.hash(),
            runs: plan.runs.len() as u64,
            viewers: plan.viewers(),
            chunks: plan.count(),
            reads: match plan.carried {
                true => Vec::new(),
                false => Inputs::names(plan).map(|name| plan.folder.join(name)).collect(),
            },
        }
    }
}

impl Plan {
    /// Its scenario, beside whose files these are.
    fn load(&self, beside: &Path) -> Result<Scenario, ScenarioError> {
        let file = format!("{}.toml", self.name);
        Scenario::parse(&self.name, &file, &self.scenario, beside, &self.sets)
    }

    /// Whether its scenario is what it is with these files, and no others.
    fn needs_no_more(&self, inputs: &Inputs) -> bool {
        let Ok((_gone, beside)) = inputs.laid_out() else { return false };
        self.load(&beside).is_ok_and(|scenario| {
            let contents = runs_of(&scenario);
            let contents = contents.iter().map(|run| run.setup.content.fingerprint());
            scenario.text == self.scenario
                && scenario.inputs == self.inputs
                && contents.eq(self.runs.iter().map(|run| run.content))
        })
    }

    /// What is planned there already, unless that is something else.
    fn agrees(&self, store: &dyn Store, before: &[u8]) -> Result<Planned, StudyError> {
        let before = read(store, before)?;
        match before.hash() == self.hash() {
            true => Ok(Planned::of(&before)),
            false => Err(StudyError::Other(store.path(PLAN), self.differences(&before))),
        }
    }
}

/// A place of that name: a folder, or a URL of an object store.
#[cfg_attr(not(feature = "cloud"), expect(unused_variables, reason = "folders do not wait"))]
fn store(place: &str, patience: Duration) -> Result<Box<dyn Store>, StudyError> {
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

/// What there is in a place: its plan, and the chunks that are kept.
struct There {
    store: Box<dyn Store>,
    plan: Plan,
    kept: BTreeMap<u64, Duration>,
}

/// What is planned in a place, if the chunks that are kept there are of it, as one of them is.
fn planned(place: &str, patience: Duration) -> Result<There, StudyError> {
    let store = store(place, patience)?;
    let Some(json) = store.get(PLAN)? else { return Err(StudyError::NoPlan(store.path(PLAN))) };
    let plan = read(&*store, &json)?;
    let kept = done_by(&*store)?;
    if let Some((&chunk, _)) = kept.first_key_value() {
        let json = store.get(&Commit::name(chunk))?;
        // One that is damaged is told where it is needed.
        let other = json.and_then(|json| serde_json::from_slice::<Commit>(&json).ok());
        if other.is_some_and(|commit| commit.plan != plan.hash()) {
            return Err(StudyError::Foreign(store.path("")));
        }
    }
    Ok(There { store, plan, kept })
}

fn read(store: &dyn Store, json: &[u8]) -> Result<Plan, StudyError> {
    Plan::read(json).map_err(|why| StudyError::NotRead(store.path(PLAN), why))
}
