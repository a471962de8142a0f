//! World after world, on as many threads as call.
//!
//! The idea to hold: worlds are numbered from the first seed on, and each thread takes the next; so
//! which worlds were looked at does not depend on how many threads there are, but where one fails.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::check::{Checks, Outcome, Question, World, check};
use super::draw::drawn;
use super::features::FEATURES;
use crate::scenario::Panicked;

/// How whoever lets a swarm out follows it and calls it back.
#[derive(Debug)]
pub struct Control {
    first: u64,
    worlds: u64,
    begun: AtomicU64,
    /// Set to stop after the worlds under way.
    pub stop: AtomicBool,
    tally: Mutex<Tally>,
    /// What each thread looks at: how many worlds were begun before it, and one.
    at: Vec<AtomicU64>,
}

/// What a swarm has seen.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Worlds looked at, those included that were refused.
    pub worlds: u64,
    /// Sessions in them.
    pub sessions: u64,
    /// Worlds whose scenario was refused.
    pub refused: u64,
    /// What was said of the first of them, and its seed.
    pub example: Option<(u64, String)>,
    /// How many worlds had each of [`FEATURES`].
    pub features: Vec<u64>,
    /// The failure of the lowest seed.
    pub failure: Option<Failure>,
}

/// A world in which something does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What it is.
    pub broken: Panicked,
}

impl Control {
    /// Of so many worlds from a seed on, for so many threads.
    pub fn new(first: u64, worlds: u64, threads: usize) -> Self {
        let at = (0..threads).map(|_| AtomicU64::new(0)).collect();
        let (begun, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { first, worlds, begun, stop, tally: Mutex::default(), at }
    }

    /// What has been seen so far.
    pub fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many worlds have been looked at.
    pub fn done(&self) -> u64 {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).worlds
    }

    /// The seed that each thread looks at, if it looks at any.
    pub fn under_way(&self) -> Vec<Option<u64>> {
        let seed = |at: &AtomicU64| {
            let begun = at.load(Ordering::Relaxed).checked_sub(1)?;
            Some(self.first.wrapping_add(begun))
        };
        self.at.iter().map(seed).collect()
    }

    fn next(&self, thread: usize) -> Option<u64> {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed);
        let goes_on = begun < self.worlds && !self.stop.load(Ordering::Relaxed);
        self.at[thread].store(if goes_on { begun + 1 } else { 0 }, Ordering::Relaxed);
        goes_on.then(|| self.first.wrapping_add(begun))
    }

    fn take(&self, seed: u64, outcome: Outcome) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.worlds += 1;
        match outcome {
            Outcome::Holds(sessions, features) => {
                tally.sessions += sessions;
                tally.features.resize(FEATURES.len(), 0);
                for (place, count) in tally.features.iter_mut().enumerate() {
                    *count += u64::from(features.has(place));
                }
            }
            Outcome::Refused(why) => {
                tally.refused += 1;
                tally.example.get_or_insert((seed, why));
            }
            Outcome::Fails(broken) => {
                self.stop.store(true, Ordering::Relaxed);
                let lower = tally.failure.as_ref().is_none_or(|before| seed < before.seed);
                if lower {
                    tally.failure = Some(Failure { seed, broken });
                }
            }
        }
    }
}

impl World {
    /// That of a seed.
    pub fn of(seed: u64) -> Self {
        Self { scenario: drawn(seed), checks: Checks::of(seed) }
    }
}

/// Looks at worlds until there are no more, one fails or it is stopped: what each thread does, on a
/// pool of its own of one thread.
pub fn roam(control: &Control, thread: usize, also: Question<'_>) {
    while let Some(seed) = control.next(thread) {
        control.take(seed, check(&World::of(seed), also));
    }
}
