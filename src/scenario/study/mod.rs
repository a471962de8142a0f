//! A scenario's runs as chunks that are kept: nothing that was done is ever lost.
//!
//! The idea to hold: a chunk is some thousands of viewers of one run. Its rows are written first,
//! then a commit with their digests and all its viewers amount to, which either is there whole or
//! is not. Whoever goes on simulates what has no commit; then all commits are put together in their
//! order. A run that was never interrupted goes the very same way, so its files are the same to the
//! byte.
//!
//! ```text
//!   plan.rs        what is to be simulated, in which chunks
//!   shard.rs       whose part of them is which
//!   inputs.rs      the files it takes, carried along
//!   store/         where things are kept: written whole or not at all
//!   commit.rs      what is kept of a chunk
//!   unfinished.rs  what an earlier run of this machine left
//!   shared.rs      and a place that many machines work on
//!   progress.rs    how far they are
//!   merge.rs       all chunks put together
//!   trouble.rs     what can go wrong
//! ```

mod commit;
mod inputs;
mod merge;
mod plan;
mod progress;
mod shard;
mod shared;
mod store;
#[cfg(test)]
mod tests;
mod trouble;
mod unfinished;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::Scenario;
use super::run::{Blocks, Chunk, Control, OneRun, Take, runs_of, simulate};
use super::tally::Tally;
use commit::Commit;
use plan::Plan;
pub use progress::{Attempt, Done, Progress, Seen};
pub use shard::Shard;
pub use shared::{Planned, Shared, progress, summary};
use store::{Put, Store, Upload};
pub use trouble::StudyError;
pub use unfinished::{UNFINISHED, Unfinished};

/// What a plan is called, and the folders of commits, of their rows, and of the rows of a chunk
/// that was stopped.
const PLAN: &str = "plan.json";
const COMMIT: &str = "commit";
const DATA: &str = "data";
const REST: &str = "rest";

/// Runs that are simulated chunk by chunk.
pub struct Study<'a> {
    scenario: &'a Scenario,
    runs: Vec<OneRun<'a>>,
    plan: Plan,
    /// What names the plan.
    hash: String,
    chunks: Vec<Chunk>,
    store: Box<dyn Store>,
    /// What is kept, and how much of it was not before.
    done: BTreeSet<u64>,
    own: u64,
    /// What there is of a chunk that was under way when it was stopped.
    rest: Option<Commit>,
}

impl<'a> Study<'a> {
    /// Of a scenario, whose plan that is and of which this is done.
    fn of(scenario: &'a Scenario, plan: Plan, store: Box<dyn Store>) -> Result<Self, StudyError> {
        let (runs, hash) = (runs_of(scenario), plan.hash());
        let (chunks, done) = (plan.chunks(&runs), done_by(&*store)?.into_keys().collect());
        Ok(Self { scenario, runs, plan, hash, chunks, store, done, own: 0, rest: None })
    }

    /// Whether requests are written down too.
    pub fn has_requests(&self) -> bool {
        self.runs.iter().any(|run| run.setup.requests)
    }

    /// How many chunks are done, and of how many.
    pub fn done(&self) -> (u64, u64) {
        (self.done.len() as u64, self.plan.count())
    }

    /// How many chunks of a shard are done, and of how many.
    pub fn done_of(&self, shard: Shard) -> (u64, u64) {
        let own = shard.of(self.plan.count());
        (own.intersection(&self.done).count() as u64, own.len() as u64)
    }

    /// How many viewers a shard has.
    pub fn viewers_of(&self, shard: Shard) -> u64 {
        let own = shard.of(self.plan.count());
        let own = self.chunks.iter().filter(|chunk| own.contains(&chunk.id));
        own.map(|chunk| self.runs[chunk.run].viewers_of(chunk.slices.clone())).sum()
    }

    /// Whether what is done would be there if the machine stopped.
    pub fn is_on_disk(&self) -> bool {
        self.store.is_kept()
    }

    /// Those that are not.
    pub fn missing(&self) -> Vec<u64> {
        (0..self.plan.count()).filter(|chunk| !self.done.contains(chunk)).collect()
    }

    /// Simulates what is missing of a shard on the threads of the current rayon pool, unless
    /// somebody else has done it by then; says whether all of it is done.
    ///
    /// # Errors
    /// Where something cannot be kept. What was kept before is.
    pub fn simulate(&mut self, shard: Shard, control: &Control) -> Result<bool, StudyError> {
        let whose = shard.of(self.plan.count());
        let own = self.chunks.iter().filter(|chunk| whose.contains(&chunk.id));
        let (done, missing): (Vec<_>, Vec<_>) =
            own.partition(|chunk| self.done.contains(&chunk.id));
        let skip = |chunk: &Chunk| {
            let viewers = self.runs[chunk.run].viewers_of(chunk.slices.clone());
            control.done.fetch_add(viewers, Ordering::Relaxed);
        };
        done.into_iter().for_each(skip);
        let (folder, others) = (self.store.again(), self.store.again());
        let missing = missing.into_iter();
        let missing = missing.take_while(|_| !control.enough.load(Ordering::Relaxed));
        let missing = missing.filter(|chunk| {
            let theirs = others.has(&Commit::name(chunk.id)).unwrap_or(false);
            if theirs {
                skip(chunk);
            }
            !theirs
        });
        let (store, kept, hash) = (&mut self.store, &mut self.done, &self.hash);
        // One chunk waits to be kept while the next is simulated: no more rows are in memory.
        let (whole, wholes) = sync_channel(1);
        let (simulated, rest, written) = std::thread::scope(|scope| {
            let keeping = scope.spawn(move || keep(&mut **store, kept, hash, control, &wholes));
            // Whoever keeps ends when this does, even if it ends in a panic.
            let mut rows = Kept { folder, whole, uploads: None, rest: None };
            let simulated = simulate(&self.runs, missing, control, &mut rows);
            let rest = rows.rest.take();
            drop(rows);
            let written = keeping.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (simulated, rest, written)
        });
        self.own += written?;
        simulated?;
        if let Some(rest) = rest {
            let (commit, rows) = rest.committed(&self.hash);
            finish(&mut *self.store, REST, commit.chunk, rows)?;
            self.rest = Some(commit);
        }
        // What others did meanwhile is done, too.
        self.done.extend(done_by(&*self.store)?.into_keys());
        Ok(whose.is_subset(&self.done))
    }

    /// How many chunks were kept by this and nobody before.
    pub fn own(&self) -> u64 {
        self.own
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

/// The chunks that a store has commits of, and since when, by its own clock.
fn done_by(store: &dyn Store) -> Result<BTreeMap<u64, Duration>, StudyError> {
    let number = |name: &str| name.strip_suffix(".json")?.parse().ok();
    let names = store.names(COMMIT)?.into_iter();
    Ok(names.filter_map(|(name, since)| Some((number(&name)?, since))).collect())
}

/// What was simulated of a chunk: all of it, or as much as there was until it was stopped.
struct Simulated {
    chunk: u64,
    tally: Tally,
    /// Of viewers, and of requests.
    rows: [Upload; 2],
}

impl Simulated {
    /// What is to be kept of it under a plan, and its rows.
    fn committed(self, plan: &str) -> (Commit, [Upload; 2]) {
        let Self { chunk, tally, rows } = self;
        let [sessions, requests] = rows.each_ref().map(Upload::data);
        (Commit { plan: plan.to_owned(), chunk, sessions, requests, tally }, rows)
    }
}

/// Gives the rows of a chunk their names in a folder of a store.
fn finish(
    store: &mut dyn Store,
    folder: &str,
    chunk: u64,
    [sessions, requests]: [Upload; 2],
) -> Result<(), StudyError> {
    store.finish(&Commit::sessions(folder, chunk), sessions)?;
    store.finish(&Commit::requests(folder, chunk), requests)
}

/// Keeps a chunk, unless the same is kept already.
fn put(store: &mut dyn Store, plan: &str, whole: Simulated) -> Result<Put, StudyError> {
    let (commit, rows) = whole.committed(plan);
    let (name, json) = (Commit::name(commit.chunk), serde_json::to_vec(&commit));
    let json = json.map_err(|error| StudyError::Rows(error.into()))?;
    let put = match store.get(&name)? {
        Some(there) if there == json => Put::Same,
        // The rows that belong to it stay.
        Some(_) => Put::Other,
        None => {
            finish(store, DATA, commit.chunk, rows)?;
            store.put_if_absent(&name, json)?
        }
    };
    match put {
        Put::New | Put::Same => Ok(put),
        Put::Other => Err(StudyError::Differs(store.path(&name))),
    }
}

/// Keeps chunks as they come, until no more do; how many were not kept before.
fn keep(
    store: &mut dyn Store,
    kept: &mut BTreeSet<u64>,
    plan: &str,
    control: &Control,
    wholes: &Receiver<Simulated>,
) -> Result<u64, StudyError> {
    let (mut lasting, mut own) = (false, 0);
    loop {
        match wholes.recv_timeout(Duration::from_millis(50)) {
            Ok(whole) => {
                let chunk = whole.chunk;
                own += u64::from(put(store, plan, whole)? == Put::New);
                kept.insert(chunk);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(own),
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
    folder: Box<dyn Store>,
    whole: SyncSender<Simulated>,
    /// Rows of the chunk under way.
    uploads: Option<[Upload; 2]>,
    /// What there is of it, if it was stopped.
    rest: Option<Simulated>,
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
        let whole = Simulated { chunk: chunk.id, tally, rows: self.uploads() };
        // Where nobody takes it any more, whoever did says why.
        let gone = |_| std::io::Error::other("nobody keeps what is done").into();
        self.whole.send(whole).map_err(gone)
    }

    fn begun(&mut self, chunk: &Chunk, tally: Tally) -> Result<(), StudyError> {
        self.rest = Some(Simulated { chunk: chunk.id, tally, rows: self.uploads() });
        Ok(())
    }
}
