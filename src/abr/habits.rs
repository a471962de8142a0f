//! How a player behaves, its choice of rungs apart. Players people use come with theirs.

use crate::units::{Skew, Span, Speed};

/// How a player behaves, its algorithm apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Media needed before playback starts.
    pub startup: Span,
    /// Media needed before it resumes after a stall.
    pub resume: Span,
    /// The most media the player wants to hold: a segment is asked for when it fits.
    pub target: Span,
    /// What to do when a transfer fails.
    pub retry: Retry,
    /// How fast media is played. Thresholds and the target are of media, at any speed.
    pub speed: Speed,
    /// What the player's own events call a stall.
    pub reports: Reports,
    /// How wrong its clock is, where it goes by one.
    pub clock: Skew,
}

/// What a player does when a transfer fails: waits, longer each time, and tries again; a segment on
/// a cheaper rung than the one that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retry {
    /// The wait after the first failure; each further one is longer by `growth`.
    pub first: Span,
    /// The longest wait.
    pub longest: Span,
    /// How many failures in a row make the player give up.
    pub attempts: u32,
    /// How waits grow.
    pub growth: Growth,
    /// Whether a segment that failed is tried again on the same rung.
    pub same: bool,
}

/// How the waits between attempts grow.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Growth {
    /// They do not.
    Constant,
    /// By the first wait each time, which is the second one: the first is none at all.
    Linear,
    /// Each is twice the one before.
    #[default]
    Doubling,
}

impl Retry {
    /// How long to leave an object alone that has failed so often in a row.
    pub fn wait(self, failures: u32) -> Span {
        let before = failures.saturating_sub(1);
        let times = match self.growth {
            Growth::Constant => 1,
            Growth::Linear => u64::from(before),
            Growth::Doubling => 1 << before.min(32),
        };
        Span::from_nanos(self.first.as_nanos().saturating_mul(times)).min(self.longest)
    }
}

/// What a player's own events call a stall, where that is not what its viewer sees.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reports {
    /// A buffer of no more than this while it plays is one already (dash.js: `BUFFER_EMPTY`).
    pub below: Span,
    /// A picture that stands is none before this (hls.js: `BUFFER_STALLED_ERROR`).
    pub after: Span,
}
