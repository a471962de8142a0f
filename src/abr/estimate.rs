//! Estimators of throughput, shared by the algorithms that want one.

use crate::units::Bitrate;

/// The harmonic mean of the last few samples.
///
/// Of rates met one after the other it is the mean that a transfer through all of them would see,
/// and one lucky sample moves it little (Jiang, Sekar, Zhang, "FESTIVE", CoNEXT 2012, §4.1).
#[derive(Clone, Copy, Debug)]
pub struct HarmonicMean {
    /// Seconds per bit of the latest samples, as a ring.
    inverses: [f64; Self::MOST],
    window: usize,
    seen: usize,
    mean: Option<f64>,
}

impl HarmonicMean {
    /// The widest window there is room for.
    pub const MOST: usize = 20;

    /// Over the last `window` samples, from 1 to [`MOST`](Self::MOST).
    pub fn new(window: u32) -> Self {
        let window = (window as usize).clamp(1, Self::MOST);
        Self { inverses: [0.0; Self::MOST], window, seen: 0, mean: None }
    }

    /// Adds a sample; a rate of zero counts as one bit per second.
    pub fn add(&mut self, sample: Bitrate) {
        self.inverses[self.seen % self.window] = 1.0 / sample.as_f64().max(1.0);
        self.seen += 1;
        let count = self.seen.min(self.window);
        let sum: f64 = self.inverses[..count].iter().sum();
        self.mean = Some(count as f64 / sum);
    }

    /// Takes this to be the mean until there is a sample.
    pub fn remember(&mut self, mean: Bitrate) {
        if self.seen == 0 {
            self.mean = Some(mean.as_f64().max(1.0));
        }
    }

    /// The mean in bits per second, once there is a sample or something was remembered.
    pub fn get(&self) -> Option<f64> {
        self.mean
    }

    /// The mean of samples alone.
    pub fn measured(&self) -> Option<f64> {
        self.mean.filter(|_| self.seen > 0)
    }
}

/// The last few samples of anything.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// As a ring.
    samples: [f64; HarmonicMean::MOST],
    width: usize,
    seen: usize,
}

impl Window {
    /// Over the last `width` samples, as many as a harmonic mean may be of.
    pub fn new(width: u32) -> Self {
        let width = (width as usize).clamp(1, HarmonicMean::MOST);
        Self { samples: [0.0; HarmonicMean::MOST], width, seen: 0 }
    }

    /// Adds a sample.
    pub fn add(&mut self, sample: f64) {
        self.samples[self.seen % self.width] = sample;
        self.seen += 1;
    }

    /// Their mean, and their standard deviation, of themselves and not of what they are drawn from.
    pub fn moments(&self) -> Option<(f64, f64)> {
        let samples = &self.samples[..self.seen.min(self.width)];
        let count = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / count;
        let squares: f64 = samples.iter().map(|sample| (sample - mean) * (sample - mean)).sum();
        (!samples.is_empty()).then(|| (mean, libm::sqrt(squares / count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_harmonic_mean_is_what_one_long_transfer_would_see() {
        let mut mean = HarmonicMean::new(2);
        assert_eq!(mean.get(), None);
        mean.add(Bitrate::kbps(9_999));
        mean.add(Bitrate::kbps(1_000));
        mean.add(Bitrate::kbps(4_000));
        // 2 / (1/1000 + 1/4000) = 1600; the first sample has left the window.
        assert!((mean.get().unwrap() - 1_600_000.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_remembered_counts_until_something_is_measured() {
        let mut mean = HarmonicMean::new(5);
        mean.remember(Bitrate::kbps(3_000));
        assert_eq!((mean.get(), mean.measured()), (Some(3e6), None));
        mean.add(Bitrate::kbps(1_000));
        mean.remember(Bitrate::kbps(3_000));
        assert!((mean.get().unwrap() - 1e6).abs() < 1e-6);
        assert_eq!(mean.get(), mean.measured());
    }

    #[test]
    fn a_window_knows_the_mean_and_the_deviation_of_what_it_has_seen_last() {
        let mut window = Window::new(2);
        assert_eq!(window.moments(), None);
        [9.0, 1.0, 3.0].into_iter().for_each(|sample| window.add(sample));
        // 1 and 3: 2, and each is 1 off.
        assert_eq!(window.moments(), Some((2.0, 1.0)));
    }
}
