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
use super::{StudyError, done};

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
    /// Of all runs.
    pub chunks: u64,
    /// Those without a commit.
    pub missing: Vec<u64>,
    /// Viewers of all runs, and of what is done, about.
    pub viewers: u64,
    /// Viewers that are done, about.
    pub done: u64,
    /// For each run its name, its chunks, and how many are done.
    pub runs: Vec<(String, u64, u64)>,
    /// Viewers a second, of late.
    pub rate: Option<f64>,
    /// When the last chunk was kept, in seconds since the beginning of 1970, by the store's clock.
    pub last: Option<u64>,
    /// Who worked on it, and how many seconds their clock is ahead of the store's.
    pub attempts: Vec<(Attempt, i64)>,
}

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
        let all = store.names(ATTEMPTS)?;
        let since = all.iter().find(|(own, _)| *own == name).map(|(_, since)| since.as_secs());
        let json = store.get(&format!("{ATTEMPTS}/{name}"))?;
        let attempt = json.and_then(|json| serde_json::from_slice::<Self>(&json).ok());
        let both = since.zip(attempt);
        Ok(both.map(|(since, own)| own.clock.cast_signed() - since.cast_signed()))
    }
}

impl Progress {
    pub(super) fn of(store: &dyn Store, plan: &Plan) -> Result<Self, StudyError> {
        let kept = done(store)?;
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
            runs.push((run.run.clone(), run.chunks, own));
            first += run.chunks;
        }
        let viewers = |chunk: &u64| each.range(..=chunk).next_back().map_or(0, |(_, &each)| each);
        let mut times: Vec<_> = kept.iter().map(|(chunk, &at)| (at, viewers(chunk))).collect();
        times.sort_unstable();
        let attempts = attempts(store)?;
        Ok(Self {
            chunks,
            missing,
            viewers: plan.runs.iter().map(|run| run.viewers).sum(),
            done,
            runs,
            rate: rate(&times),
            last: times.last().map(|&(time, _)| time.as_secs()),
            attempts,
        })
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

fn attempts(store: &dyn Store) -> Result<Vec<(Attempt, i64)>, StudyError> {
    let mut attempts = Vec::new();
    for (name, time) in store.names(ATTEMPTS)? {
        let json = store.get(&format!("{ATTEMPTS}/{name}"))?;
        let attempt = json.and_then(|json| serde_json::from_slice::<Attempt>(&json).ok());
        attempts.extend(attempt.map(|attempt| {
            let ahead = attempt.clock.cast_signed() - time.as_secs().cast_signed();
            (attempt, ahead)
        }));
    }
    attempts.sort_by_key(|(attempt, ahead)| attempt.clock.cast_signed() - ahead);
    Ok(attempts)
}
