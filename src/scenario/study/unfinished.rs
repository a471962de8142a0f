//! What an earlier run left beside its report, for the next to go on from.
//!
//! The idea to hold: one machine is shard 0 of 1 of a study, whose place is a folder that is gone
//! once the report is whole.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::Scenario;
use super::super::run::runs_of;
use super::plan::Plan;
use super::store::{Folder, Store};
use super::{PLAN, REST, Study, StudyError, done_by};

/// Where a run keeps what it has done, in the folder of its report.
pub const UNFINISHED: &str = "unfinished";

/// What an earlier run left.
#[derive(Debug)]
pub struct Unfinished {
    store: Folder,
    plan: Option<Plan>,
    done: BTreeSet<u64>,
}

impl Unfinished {
    /// What there is in the folder of a report.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn within(folder: &Path) -> Result<Self, StudyError> {
        let store = Folder::new(folder.join(UNFINISHED));
        let plan = store.get(PLAN)?.and_then(|json| Plan::read(&json).ok());
        let done = done_by(&store)?.into_keys().collect();
        Ok(Self { store, plan, done })
    }

    /// How many chunks are done, and of how many, if it is known; nothing if none is.
    pub fn done(&self) -> Option<(u64, Option<u64>)> {
        let count = self.plan.as_ref().map(Plan::count);
        (!self.done.is_empty()).then_some((self.done.len() as u64, count))
    }

    /// Lets a scenario that has as many viewers as it takes have as many as it took.
    pub fn settle(&self, scenario: &mut Scenario) {
        if let Some(plan) = &self.plan {
            plan.settle(scenario);
        }
    }

    /// Removes it.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn removed(mut self) -> Result<Self, StudyError> {
        self.store.remove()?;
        Ok(Self { store: self.store, plan: None, done: BTreeSet::new() })
    }
}

impl<'a> Study<'a> {
    /// Of a scenario whose viewers are as many as there will be, going on from what there is; in
    /// chunks of so many viewers, or of as many as is right for it.
    ///
    /// # Errors
    /// Where what there is is of another plan, or nothing can be written.
    pub fn new(
        scenario: &'a Scenario,
        unfinished: Unfinished,
        chunk: Option<u64>,
    ) -> Result<Self, StudyError> {
        let Unfinished { mut store, plan: before, done } = unfinished;
        let chunk = chunk.or(before.as_ref().map(|before| before.chunk));
        let plan = Plan::of(scenario, &runs_of(scenario), chunk);
        match before {
            Some(before) if before.hash() != plan.hash() => {
                return Err(StudyError::Other(
                    store.folder().to_owned(),
                    plan.differences(&before),
                ));
            }
            Some(_) => {
                store.clear(REST)?;
                store.keep()?;
            }
            // What was done without it cannot be told to be of this run, and is not thrown away.
            None if !done.is_empty() => {
                return Err(StudyError::Unplanned(store.folder().to_owned(), done.len()));
            }
            None => {
                store.remove()?;
                store.prepare()?;
                store.put_if_absent(PLAN, plan.json())?;
            }
        }
        Self::of(scenario, plan, Box::new(store))
    }
}
