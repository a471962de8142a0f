//! A scenario's runs as chunks that are kept: nothing that was done is ever lost.
//!
//! The idea to hold: a chunk is some thousands of viewers of one run. Its rows are written first,
//! then a commit with their digests and all its viewers amount to, which either is there whole or
//! is not. Whoever goes on simulates what has no commit; then all commits are put together in their
//! order. A run that was never interrupted goes the very same way, so its files are the same to the
//! byte.
//!
//! ```text
//!   plan.rs     what is to be simulated, in which chunks
//!   store.rs    where things are kept: written whole or not at all
//!   commit.rs   what is kept of a chunk
//!   merge.rs    all chunks put together
//!   trouble.rs  what can go wrong
//! ```

mod commit;
mod merge;
mod plan;
mod store;
#[cfg(test)]
mod tests;
mod trouble;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::Scenario;
use super::run::{Blocks, Chunk, Control, OneRun, Take, runs_of, simulate};
use super::tally::Tally;
use commit::Commit;
use plan::Plan;
use store::{Put, Store, Upload};
pub use trouble::StudyError;

/// Where a run keeps what it has done, in the folder of its report.
pub const UNFINISHED: &str = "unfinished";

/// What a plan is called, and the folders of commits, of their rows, and of the rows of a chunk
/// that was stopped.
const PLAN: &str = "plan.json";
const COMMIT: &str = "commit";
const DATA: &str = "data";
const REST: &str = "rest";

/// What an earlier run left.
#[derive(Debug)]
pub struct Unfinished {
    store: Store,
    plan: Option<Plan>,
    done: BTreeSet<u64>,
}

impl Unfinished {
    /// What there is in the folder of a report.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn within(folder: &Path) -> Result<Self, StudyError> {
        let store = Store::new(folder.join(UNFINISHED));
        let plan = store.get(PLAN)?.and_then(|json| Plan::read(&json));
        let number = |name: String| name.strip_suffix(".json")?.parse().ok();
        let done = store.names(COMMIT)?.into_iter().filter_map(number).collect();
        Ok(Self { store, plan, done })
    }

    /// How many chunks are done, and of how many, if it is known; nothing if none is.
    pub fn done(&self) -> Option<(u64, Option<u64>)> {
        let count = self.plan.as_ref().map(Plan::count);
        (!self.done.is_empty()).then_some((self.done.len() as u64, count))
    }

    /// Lets a scenario that has as many viewers as it takes have as many as it took.
    pub fn settle(&self, scenario: &mut Scenario) {
        let Some(plan) = &self.plan else { return };
        let same = plan.scenario == scenario.text && plan.inputs == scenario.inputs;
        let viewers = plan.runs.first().map(|run| run.viewers);
        for point in scenario.points.iter_mut().filter(|_| same) {
            if let (Some(_), Some(viewers)) = (point.setup.until, viewers) {
                (point.setup.viewers, point.setup.until) = (viewers, None);
            }
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

/// Runs that are simulated chunk by chunk.
pub struct Study<'a> {
    scenario: &'a Scenario,
    runs: Vec<OneRun<'a>>,
    plan: Plan,
    /// What names the plan.
    hash: String,
    chunks: Vec<Chunk>,
    store: Store,
    /// What is kept.
    done: BTreeSet<u64>,
    /// What there is of a chunk that was under way when it was stopped.
    rest: Option<Commit>,
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
        let runs = runs_of(scenario);
        let chunk = chunk.or(before.as_ref().map(|before| before.chunk));
        let plan = Plan::of(scenario, &runs, chunk);
        let hash = plan.hash();
        match before {
            Some(before) if before.hash() != hash => {
                let what = plan.differences(&before);
                return Err(StudyError::Other(store.folder().to_owned(), what));
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
        let chunks = plan.chunks(&runs);
        Ok(Self { scenario, runs, plan, hash, chunks, store, done, rest: None })
    }

    /// Whether requests are written down too.
    pub fn has_requests(&self) -> bool {
        self.runs.iter().any(|run| run.setup.requests)
    }

    /// The folder of the report.
    pub fn beside(&self) -> &Path {
        self.store.folder().parent().unwrap_or(Path::new(""))
    }

    /// How many chunks are done, and of how many.
    pub fn done(&self) -> (u64, u64) {
        (self.done.len() as u64, self.plan.count())
    }

    /// Those that are not.
    pub fn missing(&self) -> Vec<u64> {
        (0..self.plan.count()).filter(|chunk| !self.done.contains(chunk)).collect()
    }

    /// Simulates what is missing on the threads of the current rayon pool; says whether it is all.
    ///
    /// # Errors
    /// Where something cannot be kept. What was kept before is.
    pub fn simulate(&mut self, control: &Control) -> Result<bool, StudyError> {
        let (done, missing): (Vec<_>, Vec<_>) =
            self.chunks.iter().partition(|chunk| self.done.contains(&chunk.id));
        let of = |chunk: &&Chunk| self.runs[chunk.run].viewers_of(chunk.slices.clone());
        control.done.fetch_add(done.iter().map(of).sum(), Ordering::Relaxed);
        let (store, kept, hash) = (&mut self.store, &mut self.done, &self.hash);
        let folder = Store::new(store.folder().to_owned());
        // One chunk waits to be kept while the next is simulated: no more rows are in memory.
        let (whole, wholes) = sync_channel(1);
        let (simulated, rest, written) = std::thread::scope(|scope| {
            let keeping = scope.spawn(move || keep(store, kept, hash, control, &wholes));
            // Whoever keeps ends when this does, even if it ends in a panic.
            let mut rows = Kept { folder, whole, uploads: None, rest: None };
            let simulated = simulate(&self.runs, &missing, control, &mut rows);
            let rest = rows.rest.take();
            drop(rows);
            let written = keeping.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (simulated, rest, written)
        });
        written?;
        let all = simulated?;
        if let Some((chunk, tally, [sessions, requests])) = rest {
            let sessions = self.store.finish(&Commit::sessions(REST, chunk), sessions)?;
            let requests = self.store.finish(&Commit::requests(REST, chunk), requests)?;
            let plan = self.hash.clone();
            self.rest = Some(Commit { plan, chunk, sessions, requests, tally });
        }
        Ok(all)
    }

    /// Leaves what is kept for another time, or nothing if that is nothing.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn leave(&mut self) -> Result<(), StudyError> {
        self.rest = None;
        self.store.clear(REST)?;
        if self.done.is_empty() { self.store.remove() } else { self.store.keep() }
    }

    /// Removes what was kept, which is of no more use.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn close(mut self) -> Result<(), StudyError> {
        self.store.remove()
    }
}

/// A chunk that is to be kept.
struct Whole {
    chunk: u64,
    tally: Tally,
    /// Of viewers, and of requests.
    rows: [Upload; 2],
}

/// Keeps chunks as they come, until no more do.
fn keep(
    store: &mut Store,
    kept: &mut BTreeSet<u64>,
    plan: &str,
    control: &Control,
    wholes: &Receiver<Whole>,
) -> Result<(), StudyError> {
    let mut lasting = false;
    loop {
        match wholes.recv_timeout(Duration::from_millis(50)) {
            Ok(Whole { chunk, tally, rows: [sessions, requests] }) => {
                let sessions = store.finish(&Commit::sessions(DATA, chunk), sessions)?;
                let requests = store.finish(&Commit::requests(DATA, chunk), requests)?;
                let commit = Commit { plan: plan.to_owned(), chunk, sessions, requests, tally };
                let (name, json) = (Commit::name(chunk), serde_json::to_vec(&commit));
                let json = json.map_err(|error| StudyError::Rows(error.into()))?;
                match store.put_if_absent(&name, json)? {
                    Put::New | Put::Same => kept.insert(chunk),
                    Put::Other => return Err(StudyError::Differs(store.folder().join(name))),
                };
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if !lasting && control.lasting.load(Ordering::Relaxed) {
            lasting = true;
            store.keep()?;
        }
    }
}

/// Takes in what is simulated, for it to be kept.
struct Kept {
    /// Where rows go.
    folder: Store,
    whole: SyncSender<Whole>,
    /// Rows of the chunk under way.
    uploads: Option<[Upload; 2]>,
    /// What there is of it, if it was stopped.
    rest: Option<(u64, Tally, [Upload; 2])>,
}

impl Kept {
    fn uploads(&mut self) -> [Upload; 2] {
        let folder = &self.folder;
        self.uploads.take().unwrap_or_else(|| [folder.upload(), folder.upload()])
    }
}

impl Take for Kept {
    type Error = StudyError;

    fn rows(&mut self, rows: &Blocks) -> Result<(), StudyError> {
        let [mut sessions, mut requests] = self.uploads();
        sessions.add(&rows.sessions)?;
        requests.add(&rows.requests)?;
        self.uploads = Some([sessions, requests]);
        Ok(())
    }

    fn whole(&mut self, chunk: &Chunk, tally: Tally) -> Result<(), StudyError> {
        let whole = Whole { chunk: chunk.id, tally, rows: self.uploads() };
        // Where nobody takes it any more, whoever did says why.
        let gone = |_| std::io::Error::other("nobody keeps what is done").into();
        self.whole.send(whole).map_err(gone)
    }

    fn begun(&mut self, chunk: &Chunk, tally: Tally) -> Result<(), StudyError> {
        self.rest = Some((chunk.id, tally, self.uploads()));
        Ok(())
    }
}
