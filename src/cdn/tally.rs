//! What caches and an origin did, counted.
//!
//! The idea to hold: whole numbers and histograms of whole numbers, so that tallies of points of
//! presence merge into the same whole in any order.

use super::{Found, Source};
use crate::distribution::Distribution;
use crate::units::{Bytes, Span, Time};

/// What a chain did.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Tally {
    /// Whether there are no caches: edges only pass on what viewers ask the origin.
    pub direct: bool,
    /// What the edges answered.
    pub edge: Counts,
    /// What the shield answered.
    pub shield: Counts,
    /// What the origin was asked.
    pub origin: OriginCounts,
    /// How long viewers' requests waited at the edge for a first byte, in microseconds, by where it
    /// came from.
    pub waits: Vec<(Source, Distribution)>,
    /// The same step by step from the beginning.
    pub steps: Vec<Step>,
}

/// What caches of one kind answered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Counts {
    /// Requests, by how they were answered, in the order of [`Found::ALL`].
    pub found: [u64; Found::ALL.len()],
    /// Of these, by an error or a body cut short.
    pub faults: u64,
    /// What was sent.
    pub bytes: Bytes,
    /// What was fetched.
    pub fetched: Bytes,
    /// Attempts at fetching that failed: errors, resets, timeouts.
    pub failures: u64,
    /// Of these, timeouts.
    pub timeouts: u64,
}

/// What an origin was asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct OriginCounts {
    /// Requests.
    pub requests: u64,
    /// Of these, failed.
    pub faults: u64,
    /// Of these, refused because too many waited.
    pub shed: u64,
    /// What was sent.
    pub bytes: Bytes,
    /// Sum of the waits of who was not refused.
    pub queued: Span,
}

/// What happened in one step of time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// Viewers' requests answered by edges.
    pub requests: u64,
    /// Of these, by an error.
    pub faults: u64,
    /// What edges sent.
    pub bytes: Bytes,
    /// What the origin was asked.
    pub origin_requests: u64,
    /// What it sent.
    pub origin_bytes: Bytes,
}

impl Counts {
    /// All requests.
    pub fn requests(&self) -> u64 {
        self.found.iter().sum()
    }

    /// The share of requests that were answered so.
    pub fn share(&self, found: Found) -> f64 {
        self.found[found as usize] as f64 / self.requests().max(1) as f64
    }

    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.found.iter_mut().zip(other.found) {
            *mine += theirs;
        }
        self.faults += other.faults;
        self.bytes += other.bytes;
        self.fetched += other.fetched;
        self.failures += other.failures;
        self.timeouts += other.timeouts;
    }
}

impl Tally {
    /// No more steps are told apart: what is later is in the last. Of 10 s they are 11 days.
    pub const MOST_STEPS: usize = 100_000;

    /// The step that holds a time.
    pub(super) fn step(&mut self, now: Time, length: Span) -> &mut Step {
        let place = (now.as_nanos() / length.as_nanos().max(1)) as usize;
        let place = place.min(Self::MOST_STEPS - 1);
        if place >= self.steps.len() {
            self.steps.resize(place + 1, Step::default());
        }
        &mut self.steps[place]
    }

    /// A viewer's request waited so long.
    pub(super) fn waited(&mut self, source: Source, wait: Span) {
        let place = self.waits.binary_search_by_key(&source, |(source, _)| *source);
        let place = place.unwrap_or_else(|place| {
            self.waits.insert(place, (source, empty()));
            place
        });
        self.waits[place].1.add(wait.as_nanos() / 1_000);
    }

    /// Takes in what another chain did.
    pub fn merge(&mut self, other: &Self) {
        self.direct |= other.direct;
        self.edge.merge(&other.edge);
        self.shield.merge(&other.shield);
        self.origin.requests += other.origin.requests;
        self.origin.faults += other.origin.faults;
        self.origin.shed += other.origin.shed;
        self.origin.bytes += other.origin.bytes;
        self.origin.queued += other.origin.queued;
        for (source, waits) in &other.waits {
            let place = self.waits.binary_search_by_key(source, |(source, _)| *source);
            let place = place.unwrap_or_else(|place| {
                self.waits.insert(place, (*source, empty()));
                place
            });
            self.waits[place].1.merge(waits);
        }
        self.steps.resize(self.steps.len().max(other.steps.len()), Step::default());
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            mine.requests += theirs.requests;
            mine.faults += theirs.faults;
            mine.bytes += theirs.bytes;
            mine.origin_requests += theirs.origin_requests;
            mine.origin_bytes += theirs.origin_bytes;
        }
    }
}

/// To the hundredth.
fn empty() -> Distribution {
    Distribution::new(2)
}
