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

    /// When the next may be, in seconds, once there has been a good estimate.
    pub fn due(&self) -> Option<f64> {
        self.last.filter(|_| self.begun).map(|last| last + self.interval)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mended_ranges_hold_on_to_a_variant_and_the_shipped_ones_do_not() {
        // The upper one needs 1,000 / 0.95 = 1,053 to be kept and 1,000 / 0.85 = 1,176 to be taken.
        let [low, high] = [Some(0), Some(1)];
        let bandwidths = [500.0, 1_000.0];
        let shipped = Targets { upgrade: 0.85, downgrade: 0.95, overlap: true };
        let mended = Targets { overlap: false, ..shipped };
        let choice = |estimate, targets, last| choose(&bandwidths, estimate, 1.0, targets, last);
        assert_eq!(choice(1_100.0, shipped, low), 1);
        assert_eq!(choice(1_100.0, mended, low), 0);
        assert_eq!(choice(1_100.0, mended, high), 1);
        assert_eq!(choice(1_200.0, mended, low), 1);
        assert_eq!(choice(1_000.0, mended, high), 0);
    }

    #[test]
    fn the_first_switch_comes_with_a_good_estimate_and_the_next_8_s_later() {
        let mut switching = Switching::new(8.0, 0.0);
        switching.chosen(0.0);
        assert!(!switching.may(3.0, false));
        assert!(switching.may(3.1, true));
        switching.chosen(3.1);
        assert_eq!(switching.due(), Some(11.1));
        assert!(!switching.may(11.0, true));
        assert!(switching.may(11.1, true));
    }
}
