//! What the linear models have in common: the mean over the segments displayed of what each is
//! worth, less what switches, stalls and startup cost.
//!
//! The idea to hold: the papers add up; over as many segments for everybody that is the same order,
//! and of viewers who watch for longer or shorter only the mean can be compared.

use super::Seen;
use super::viewing::Watched;

/// What is taken off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    /// For each unit that a segment differs by from that before.
    pub(super) switching: f64,
    /// For each second of stalling.
    pub(super) stalling: f64,
    /// For each second of startup.
    pub(super) startup: f64,
}

impl Seen<'_> {
    /// The mean, with a segment being worth so much; nothing if none was displayed, or what one is
    /// worth is not known.
    pub(super) fn per_segment(
        &self,
        worth: impl Fn(&Watched) -> Option<f64>,
        costs: Costs,
    ) -> Option<f64> {
        let (mut sum, mut switched, mut last) = (0.0, 0.0, None);
        for watched in self.viewing.segments() {
            let worth = worth(watched)?;
            sum += worth;
            switched += (worth - last.unwrap_or(worth)).abs();
            last = Some(worth);
        }
        let taken = costs.switching * switched + self.waiting(costs.stalling, costs.startup);
        self.segments().map(|segments| (sum - taken) / segments)
    }

    /// What waiting costs, by the second.
    pub(super) fn waiting(&self, stalling: f64, startup: f64) -> f64 {
        let first = self.viewing.startup().unwrap_or_default();
        stalling * self.viewing.stalled().as_secs_f64() + startup * first.as_secs_f64()
    }

    /// How many segments were displayed, if any was.
    pub(super) fn segments(&self) -> Option<f64> {
        let count = self.viewing.segments().len();
        (count > 0).then_some(count as f64)
    }
}
