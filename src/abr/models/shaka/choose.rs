//! Which variant Shaka wants, and when it may switch (`simple_abr_manager.js`: `chooseVariant`,
//! `suggestStreams_`).

/// The shares of the estimate that variants are compared with, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    /// Share of the next variant's bandwidth to be reached before it is taken.
    pub upgrade: f64,
    /// Share of the own bandwidth to be kept.
    pub downgrade: f64,
    /// Whether ranges overlap and the last that fits counts, so that `upgrade` never binds.
    pub overlap: bool,
}

/// The variant for an estimate, of bandwidths in ascending order, at a playback rate.
///
/// A variant's range is from its bandwidth over `downgrade` to the next one's over `upgrade`. As
/// shipped, ranges overlap and the last that holds the estimate wins. With them mended, a variant
/// is left for the next above only when its own range ends: `last` stays until then.
pub fn choose(
    bandwidths: &[f64],
    estimate: f64,
    rate: f64,
    targets: Targets,
    last: Option<usize>,
) -> usize {
    let needed = |index: usize| rate * bandwidths[index];
    let least = |index: usize| needed(index) / targets.downgrade;
    // Variants of one bandwidth share a range.
    let next =
        |index: usize| (index..bandwidths.len()).find(|&k| bandwidths[k] > bandwidths[index]);
    let most = |index: usize| next(index).map_or(f64::INFINITY, |k| needed(k) / targets.upgrade);
    let holds = |index: usize| estimate >= least(index) && estimate <= most(index);
    if let Some(last) = last.filter(|&last| !targets.overlap && holds(last)) {
        return last;
    }
    // Of equals in bandwidth the first stays.
    let mut chosen = 0;
    for index in 0..bandwidths.len() {
        if holds(index) && (index == 0 || bandwidths[index] != bandwidths[chosen]) {
            chosen = index;
        }
    }
    chosen
}

/// When a switch may be suggested.
#[derive(Clone, Copy, Debug)]
pub struct Switching {
    /// Seconds between switches.
    pub interval: f64,
    /// Seconds before the first.
    pub first: f64,
    /// When a variant was last chosen, in seconds.
    last: Option<f64>,
    begun: bool,
}

impl Switching {
    /// With these intervals in seconds, nothing chosen yet.
    pub fn new(interval: f64, first: f64) -> Self {
        Self { interval, first, last: None, begun: false }
    }

    /// A variant has been chosen.
    pub fn chosen(&mut self, now: f64) {
        self.last = Some(now);
    }

    /// A sample has come: whether a variant is to be chosen now, the estimate being good or not.
    pub fn may(&mut self, now: f64, good: bool) -> bool {
        let Some(last) = self.last else { return false };
        if !self.begun {
            if !good {
                return false;
            }
            self.begun = true;
            // The first switch need not wait for a whole interval.
            self.last = Some(last - (self.interval - self.first));
        }
        self.last.is_some_and(|last| now - last >= self.interval)
    }
}

/// Whether a request under way is dropped for a segment of another variant: if the new one comes
/// before the buffer is down to the goal, or is smaller than what is missing
/// (`streaming_engine.js`: `shouldAbortCurrentRequest_`). Bytes, seconds, bits per second.
pub fn aborts(new: f64, missing: f64, ahead: f64, goal: f64, estimate: f64) -> bool {
    new * 8.0 / estimate < ahead - goal || missing > new
}
