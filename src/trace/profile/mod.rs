//! Profiles: scripts of bandwidth that others have published, to the bit.
//!
//! The idea to hold: a profile is a table of steps, and its numbers are those of its source. What a
//! source leaves open is decided here once. A **delay** is read as a round trip: the published
//! scripts add it in one direction, by `netem` at one end, so every round trip is longer by it
//! once. A **rate** is what the link carried: where a harness takes a kilobit for 1,024 bits, so do
//! we, and say so.
//!
//! DASH-IF has more network profiles than the first. Their numbers could not be verified, so they
//! are not here.

mod cadvise;
mod characterize;
mod low_latency;
mod np1;

use super::{End, Trace, Tread};
use crate::units::{Bitrate, Span};

/// A published script of bandwidth.
#[derive(Debug)]
pub struct Profile {
    /// Its name, as a scenario or the command line has it.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Where its numbers were published.
    pub source: &'static str,
    steps: &'static [Step],
}

/// A step of a profile.
#[derive(Debug)]
struct Step {
    span: Span,
    rate: Bitrate,
    rtt: Option<Span>,
    /// How many packets of 10,000 are lost.
    lost: u32,
}

/// Every profile.
pub const PROFILES: &[&Profile] = &[
    &np1::HIGH_LOW_HIGH,
    &np1::LOW_HIGH_LOW,
    &low_latency::NORMAL_CASCADE,
    &low_latency::NORMAL_INTRA_CASCADE,
    &low_latency::NORMAL_SPIKE,
    &low_latency::NORMAL_SLOW_JITTERS,
    &low_latency::NORMAL_FAST_JITTERS,
    &low_latency::FAST_CASCADE,
    &low_latency::FAST_INTRA_CASCADE,
    &low_latency::FAST_SPIKE,
    &low_latency::FAST_SLOW_JITTERS,
    &low_latency::FAST_FAST_JITTERS,
    &cadvise::STABLE,
    &cadvise::FLUCTUATION,
    &cadvise::RAMP_UP,
    &cadvise::RAMP_DOWN,
    &characterize::SMOOTH,
    &characterize::STEPS,
    &characterize::TRANSIENT_SHOCK,
    &characterize::STARTUP_CAPS,
    &characterize::DOWNSHIFT_SEVERITY,
    &characterize::HYSTERESIS_GAP,
    &characterize::EMERGENCY_DOWNSHIFT,
];

impl Profile {
    /// The profile of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().copied().find(|profile| profile.name == name)
    }

    /// Its bandwidth and round trips, again and again. DASH-IF's profile is so by definition; the
    /// others were each run once, for as long as a session of theirs.
    pub fn trace(&self) -> Trace {
        let treads =
            self.steps.iter().map(|&Step { span, rate, rtt, .. }| Tread { span, rate, rtt });
        Trace::new(treads, End::Repeat).expect("the profiles named here are traces")
    }

    /// The share of packets lost in each step, and how long the step lasts.
    pub fn losses(&self) -> impl Iterator<Item = (Span, f64)> + '_ {
        self.steps.iter().map(|step| (step.span, f64::from(step.lost) / 1e4))
    }

    /// The mean share of packets lost over its length: none where none is stated.
    pub fn loss(&self) -> f64 {
        let length = self.steps.iter().map(|step| step.span).sum::<Span>().as_secs_f64();
        self.losses().map(|(span, share)| span.as_secs_f64() * share).sum::<f64>() / length
    }
}

/// So many seconds at so many kbps.
const fn step(secs: u64, kbps: u64) -> Step {
    Step { span: Span::from_secs(secs), rate: Bitrate::kbps(kbps), rtt: None, lost: 0 }
}

#[cfg(test)]
mod tests;
