//! How far a study is, and who works on it.
//!
//! The idea to hold: what is done is what has a commit, and when it was done the store's own clock
//! says; clocks of the machines that do it are asked for nothing, but one that is wrong is told,
//! since object stores refuse who is a quarter of an hour off.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::store::Store;
use super::{Shard, StudyError};

/// One machine's work on a shard. Nothing of it is in the results.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Attempt {
    /// Where it is done.
    pub host: String,
    /// By which process.
    pub process: u32,
    /// Of what: `3/64`.
    pub shard: String,
    /// By its own clock, seconds since the beginning of 1970 when this was written.
    pub clock: u64,
    /// How it ended, if it did: `done`, `stopped`, or why it failed.
    pub ended: Option<String>,
}

/// How far a study is.
#[derive(Clone, Debug, Serialize)]
pub struct Progress {
    /// What names the plan: SHA-256 of it, in hexadecimal.
    pub plan: String,
    /// Of all runs.
    pub chunks: u64,
    /// Those without a commit.
    pub missing: Vec<u64>,
    /// Viewers of all runs.
    pub viewers: u64,
    /// Those that are done, about.
    pub done: u64,
    /// How far each run is.
    pub runs: Vec<Done>,
    /// Viewers a second, of late.
    pub rate: Option<f64>,
    /// When the last chunk was kept, in seconds since the beginning of 1970, by the store's clock.
    pub last: Option<u64>,
    /// Who worked on it last, in the order of that.
    pub attempts: Vec<Seen>,
}

/// How far a run is.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// What it is called.
    pub run: String,
    /// Its chunks.
    pub chunks: u64,
    /// Those that are done.
    pub done: u64,
}

/// Who worked on a study.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// Who, on what, and how it ended.
    #[serde(flatten)]
    pub attempt: Attempt,
    /// How many seconds their clock was ahead of the store's.
    pub ahead: i64,
}

/// Of so many attempts is told.
const TOLD: usize = 16;

/// What was done in so long before the last that was done says how fast it is.
const LATE: Duration = Duration::from_secs(600);

/// Where it is said who works on it.
const ATTEMPTS: &str = "attempts";

impl Attempt {
    pub(super) fn put(&self, store: &mut dyn Store, name: &str) -> Result<(), StudyError> {
        let json = serde_json::to_vec(self).map_err(|error| StudyError::Rows(error.into()))?;
        store.put(&format!("{ATTEMPTS}/{name}.json"), json)
    }

    /// How many seconds the clock of the one of that name was ahead of the store's.
    pub(super) fn ahead(store: &dyn Store, name: &str) -> Result<Option<i64>, StudyError> {
        let name = format!("{name}.json");
        let found = store.names(ATTEMPTS)?.into_iter().find(|(own, _)| *own == name);
        let Some((name, since)) = found else { return Ok(None) };
        Ok(Seen::of(store, &name, since)?.map(|seen| seen.ahead))
    }
}

impl Progress {
    /// Of a plan, of which these chunks are kept, and since when.
    pub(super) fn of(
        store: &dyn Store,
        plan: &Plan,
        kept: &BTreeMap<u64, Duration>,
    ) -> Result<Self, StudyError> {
        let chunks = plan.count();
        let missing = (0..chunks).filter(|chunk| !kept.contains_key(chunk)).collect();
        let (mut runs, mut first, mut done) = (Vec::new(), 0, 0);
        // The viewers of a chunk, about, by the first chunk of its run.
        let mut each = BTreeMap::new();
        for run in &plan.runs {
            let own = kept.range(first..first + run.chunks).count() as u64;
            let viewers = run.viewers.checked_div(run.chunks).unwrap_or(0);
            each.insert(first, viewers);
            done += if own == run.chunks { run.viewers } else { own * viewers };
            runs.push(Done { run: run.run.clone(), chunks: run.chunks, done: own });
            first += run.chunks;
        }
        let viewers = |chunk: &u64| each.range(..=chunk).next_back().map_or(0, |(_, &each)| each);
        let mut times: Vec<_> = kept.iter().map(|(chunk, &at)| (at, viewers(chunk))).collect();
        times.sort_unstable();
        let attempts = attempts(store)?;
        Ok(Self {
            plan: plan.hash(),
            chunks,
            missing,
            viewers: plan.viewers(),
            done,
            runs,
            rate: rate(&times),
            last: times.last().map(|&(time, _)| time.as_secs()),
            attempts,
        })
    }

    /// Which of so many shards what is missing is of.
    pub fn shards(&self, of: u64) -> impl Iterator<Item = u64> {
        Shard::all_of(of, &self.missing, self.chunks).into_iter()
    }
}

/// Viewers a second, of chunks by when they were kept and how many viewers they have.
fn rate(times: &[(Duration, u64)]) -> Option<f64> {
    let (last, _) = *times.last()?;
    let late = &times[times.partition_point(|&(time, _)| time + LATE < last)..];
    let (first, rest) = late.split_first()?;
    let seconds = (last - first.0).as_secs_f64();
    let viewers: u64 = rest.iter().map(|&(_, viewers)| viewers).sum();
    (seconds > 0.0).then(|| viewers as f64 / seconds)
}

/// The last of them.
fn attempts(store: &dyn Store) -> Result<Vec<Seen>, StudyError> {
    let mut names = store.names(ATTEMPTS)?;
    names.sort_by_key(|&(_, since)| since);
    names.drain(..names.len().saturating_sub(TOLD));
    let seen = |(name, since): (String, Duration)| Seen::of(store, &name, since);
    let all: Result<Vec<_>, StudyError> = names.into_iter().map(seen).collect();
    Ok(all?.into_iter().flatten().collect())
}

impl Seen {
    /// The attempt of that name, which was given then; nothing if it cannot be read.
    fn of(store: &dyn Store, name: &str, since: Duration) -> Result<Option<Self>, StudyError> {
        let json = store.get(&format!("{ATTEMPTS}/{name}"))?;
        let attempt = json.and_then(|json| serde_json::from_slice::<Attempt>(&json).ok());
        Ok(attempt.map(|attempt| {
            let ahead = attempt.clock.cast_signed() - since.as_secs().cast_signed();
            Self { attempt, ahead }
        }))
    }
}
