//! A link as Sabre has it: periods in a ring, gone through in floating point.
//!
//! The idea to hold: time passes only by being spent here, on latency, on bits or on waiting, and
//! what is left of a period is kept as a remainder, not found from a clock. A request costs one
//! latency, of which an instant consumes the more the shorter the latency then is.

use super::super::Change;
use super::Period;

/// The link of one viewer.
#[derive(Debug)]
pub(super) struct Link<'a> {
    periods: &'a [Period],
    kbps: &'a [f64],
    /// Milliseconds of media in a segment.
    segment: f64,
    at: usize,
    /// Milliseconds left of the period.
    left: f64,
    /// Milliseconds gone through.
    pub(super) now: f64,
    /// Beyond so many nothing comes any more.
    limit: f64,
    /// The highest rung that the period sustains.
    pub(super) sustained: usize,
    /// Where that changed, since last asked.
    pub(super) changes: Vec<Change>,
}

/// Bits at least, and milliseconds at least, between two looks at a transfer.
pub(super) const LOOK: (f64, f64) = (12_000.0, 50.0);

impl<'a> Link<'a> {
    /// At the beginning of its first period, under a ladder.
    pub(super) fn new(periods: &'a [Period], kbps: &'a [f64], segment: f64, limit: f64) -> Self {
        let (left, changes) = (periods[0].millis, Vec::new());
        let (at, now, sustained) = (0, 0.0, 0);
        let mut link = Self { periods, kbps, segment, at, left, now, limit, sustained, changes };
        link.sustained = link.sustains();
        link
    }

    /// Whether there is no time left.
    pub(super) fn is_over(&self) -> bool {
        self.now > self.limit
    }

    fn next(&mut self) {
        self.at = (self.at + 1) % self.periods.len();
        self.left = self.periods[self.at].millis;
        let now = self.sustains();
        let before = std::mem::replace(&mut self.sustained, now);
        if self.sustained != before {
            self.changes.push(Change { at: self.now, rung: self.sustained, before });
        }
    }

    fn sustains(&self) -> usize {
        let Period { kbps, latency, .. } = self.periods[self.at];
        let effective = kbps * (1.0 - latency / self.segment);
        self.kbps[1..].iter().take_while(|&&rung| rung <= effective).count()
    }

    /// Spends part of a period.
    fn spend(&mut self, millis: f64) -> f64 {
        self.now += millis;
        self.left -= millis;
        millis
    }

    /// Spends the rest of a period.
    fn spend_rest(&mut self) -> f64 {
        let millis = self.left;
        self.now += millis;
        self.next();
        millis
    }

    /// Waits so many milliseconds.
    pub(super) fn wait(&mut self, mut millis: f64) {
        while millis > self.left {
            millis -= self.spend_rest();
        }
        self.spend(millis);
    }

    /// Waits for the first bit of what was asked for; returns how long.
    pub(super) fn latency(&mut self) -> f64 {
        let (mut share, mut waited) = (1.0, 0.0);
        loop {
            let latency = self.periods[self.at].latency;
            let millis = share * latency;
            // What is left may be an error of rounding below nothing.
            if millis <= self.left.max(0.0) {
                return waited + self.spend(millis);
            }
            let spent = self.spend_rest();
            waited += spent;
            share -= spent / latency;
            if share <= 0.0 || self.is_over() {
                return waited;
            }
        }
    }

    /// Fetches so many bits; returns how long it took.
    pub(super) fn fetch(&mut self, mut bits: f64) -> f64 {
        let mut took = 0.0;
        while bits > 0.0 && !self.is_over() {
            let kbps = self.periods[self.at].kbps;
            if bits <= self.left * kbps {
                return took + self.spend(bits / kbps);
            }
            bits -= self.left * kbps;
            took += self.spend_rest();
        }
        took
    }

    /// Fetches some of so many bits: at least so many of them, for at least so many milliseconds.
    /// Returns how many, and how long it took.
    pub(super) fn fetch_some(&mut self, mut bits: f64, mut least: (f64, f64)) -> (f64, f64) {
        let (mut came, mut took) = (0.0, 0.0);
        while bits > 0.0 && (least.0 > 0.0 || least.1 > 0.0) && !self.is_over() {
            let kbps = self.periods[self.at].kbps;
            let (part, millis) = if kbps > 0.0 {
                let some = f64::max(least.0, least.1 * kbps);
                let there = self.left * kbps;
                if bits <= some && bits <= there {
                    (bits, self.spend(bits / kbps))
                } else if some <= there {
                    least = (0.0, 0.0);
                    (some, self.spend(some / kbps))
                } else {
                    (there, self.spend_rest())
                }
            } else if least.0 > 0.0 || least.1 > self.left {
                (0.0, self.spend_rest())
            } else {
                (0.0, self.spend(least.1))
            };
            came += part;
            took += millis;
            bits -= part;
            least = (least.0 - part, least.1 - millis);
        }
        (came, took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_rounding_does_not_keep_it_waiting() {
        // 3 s of media at 300.006 kbit/s, over a link of as much, take 3 s but for an error of
        // rounding, which may leave less than nothing of the period; a latency of nothing fits.
        let periods = [Period { millis: 1_000.0, kbps: 300.006, latency: 0.0 }];
        let kbps = [300.006];
        let mut link = Link::new(&periods, &kbps, 3_000.0, f64::INFINITY);
        for _ in 0..1_000 {
            assert_eq!(link.latency(), 0.0);
            let took = link.fetch(300.006 * 4_000.0);
            assert!((took - 4_000.0).abs() < 1e-6, "{took}");
        }
    }
}
