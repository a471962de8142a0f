//! What hls.js takes bandwidth and the wait for the first byte to be
//! (`utils/ewma-bandwidth-estimator.ts`).

use super::super::Mean;

/// The lesser of a fast and a slow average of bandwidth, and an average of the wait.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    slow: Mean,
    fast: Mean,
    ttfb: Mean,
    /// Bits per second before there is a sample.
    default: f64,
    /// And milliseconds.
    default_ttfb: f64,
}

/// The fast average counts once it has seen this many seconds.
const ENOUGH: f64 = 0.001;

impl Estimate {
    /// With half-lives in seconds, and what is assumed before there is a sample.
    pub fn new(slow: f64, fast: f64, default: f64, default_ttfb: f64) -> Self {
        let ttfb = Mean::new(slow);
        Self { slow: Mean::new(slow), fast: Mean::new(fast), ttfb, default, default_ttfb }
    }

    /// Takes in that so many bytes took so many milliseconds. Of a small response the time is taken
    /// to be longer: a millisecond for 100 kB, up to 50.
    pub fn sample(&mut self, millis: f64, bytes: f64) {
        if bytes <= 0.0 {
            return;
        }
        let seconds = millis.max((bytes / 1e5).min(50.0)) / 1e3;
        self.fast.add(seconds, 8.0 * bytes / seconds);
        self.slow.add(seconds, 8.0 * bytes / seconds);
    }

    /// Takes in a wait for a first byte, in milliseconds. Long ones count for next to nothing.
    pub fn sample_ttfb(&mut self, millis: f64) {
        let seconds = millis / 1e3;
        let weight = std::f64::consts::SQRT_2 * libm::exp(-seconds * seconds / 2.0);
        self.ttfb.add(weight, millis.max(5.0));
    }

    /// Other half-lives from now on. As shipped the averages go on from their corrected values and
    /// are corrected once more, so that the estimate jumps.
    pub fn update(&mut self, slow: f64, fast: f64, biased: bool) {
        for (mean, half_life) in [(&mut self.slow, slow), (&mut self.fast, fast)] {
            if mean.half_life() != half_life {
                *mean = mean.with_half_life(half_life, biased);
            }
        }
    }

    /// Forgets all bandwidth there was, and takes it to be this.
    pub fn reset(&mut self, default: f64) {
        let (slow, fast) = (self.slow.half_life(), self.fast.half_life());
        *self =
            Self { default, ttfb: self.ttfb, ..Self::new(slow, fast, default, self.default_ttfb) };
    }

    /// What it is taken to be before there is a sample.
    pub fn assume(&mut self, default: f64) {
        self.default = default;
    }

    /// Whether there is a sample.
    pub fn is_measured(&self) -> bool {
        self.fast.weight() >= ENOUGH
    }

    /// Bits per second.
    pub fn get(&self) -> f64 {
        match (self.fast.get(), self.slow.get()) {
            (Some(fast), Some(slow)) if self.is_measured() => fast.min(slow),
            _ => self.default,
        }
    }

    /// Milliseconds to a first byte.
    pub fn ttfb(&self) -> f64 {
        match self.ttfb.weight() >= ENOUGH {
            true => self.ttfb.get().unwrap_or(self.default_ttfb),
            false => self.default_ttfb,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_at_once_took_a_millisecond_for_100_kb_up_to_50() {
        // 10 kB count as 0.1 ms, which are not enough to be an estimate; 200 kB as 2 ms, which are
        // 800 Mbit/s; 10 MB as 50 ms, which are 1.6 Gbit/s.
        for (bytes, expected) in [(1e4, 5e5), (2e5, 8e8), (1e7, 1.6e9)] {
            let mut estimate = Estimate::new(9.0, 3.0, 5e5, 100.0);
            estimate.sample(0.0, bytes);
            let ratio = estimate.get() / expected;
            assert!((ratio - 1.0).abs() < 1e-9, "{bytes} bytes: {}", estimate.get());
        }
    }

    #[test]
    fn the_estimate_falls_with_the_fast_average_and_rises_with_the_slow_one() {
        // 9 s of one rate, then 3 s of another. Of the fast average 7/8 are the first, then 7/16,
        // and 1/2 the second: over 15/16, that is 7/15 and 8/15. Of the slow one 1/2, then 0.397,
        // and 0.206 the second: over 0.603, that is 0.658 and 0.342.
        let after = |first: f64, second: f64| {
            let mut estimate = Estimate::new(9.0, 3.0, 5e5, 100.0);
            estimate.sample(9_000.0, 9.0 * first / 8.0);
            estimate.sample(3_000.0, 3.0 * second / 8.0);
            estimate.get()
        };
        let (falls, rises) = (after(3e6, 1.5e6), after(1.5e6, 3e6));
        // The fast one: 1.4 + 0.8, where the slow one has 2.49.
        assert!((falls - 2.2e6).abs() < 1e-3, "{falls}");
        // The slow one: 0.987 + 1.026, where the fast one has 2.3.
        assert!((rises - 2.013e6).abs() < 1e3, "{rises}");
    }
}
