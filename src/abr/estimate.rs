//! Estimators of throughput, shared by the algorithms that want one.

use super::{Outcome, Transfer};
use crate::media::TrackId;
use crate::units::{Bitrate, Span};

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

/// A mean of the last few samples in which each counts for less than the next by the same factor.
#[derive(Clone, Copy, Debug)]
pub struct FadingMean {
    /// Bits per second of the latest samples, as a ring.
    samples: [f64; Self::MOST],
    window: usize,
    seen: usize,
    kept: f64,
    remembered: Option<f64>,
}

impl FadingMean {
    /// The widest window there is room for.
    pub const MOST: usize = 20;

    /// Over the last `window` samples, from 1 to [`MOST`](Self::MOST), each with `kept` times the
    /// weight of the one after it; with 1 it is the arithmetic mean.
    pub fn new(window: u32, kept: f64) -> Self {
        let window = (window as usize).clamp(1, Self::MOST);
        Self { samples: [0.0; Self::MOST], window, seen: 0, kept, remembered: None }
    }

    /// Adds a sample.
    pub fn add(&mut self, sample: Bitrate) {
        self.samples[self.seen % self.window] = sample.as_f64();
        self.seen += 1;
    }

    /// Takes this to be the mean until there is a sample.
    pub fn remember(&mut self, mean: Bitrate) {
        self.remembered = Some(mean.as_f64());
    }

    /// The mean in bits per second, once there is a sample or something was remembered.
    pub fn get(&self) -> Option<f64> {
        if self.seen == 0 {
            return self.remembered;
        }
        let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
        for back in 1..=self.seen.min(self.window) {
            sum += weight * self.samples[(self.seen - back) % self.window];
            weights += weight;
            weight *= self.kept;
        }
        Some(sum / weights)
    }
}

/// The lesser of two exponentially weighted averages, one that follows fast and one slowly.
///
/// A sample weighs as long as its transfer took: `v ← a·v + (1 − a)·sample`, `a = 2^(−took /
/// half-life)`. Beginning at 0 makes `v` too small by a factor that is known, and divided by
/// (dash.js `ThroughputModel`; Spiteri, Sitaraman, Sparacio, "From theory to practice: improving
/// bitrate adaptation in the DASH reference player", MMSys 2018).
#[derive(Clone, Copy, Debug)]
pub struct Ewma {
    /// Seconds: the half-lives, fast and slow.
    half_lives: [f64; 2],
    averages: [f64; 2],
    /// Seconds of transfers so far.
    took: f64,
    remembered: Option<f64>,
}

impl Ewma {
    /// With these half-lives.
    pub fn new(fast: Span, slow: Span) -> Self {
        let half_lives = [fast, slow].map(Span::as_secs_f64);
        Self { half_lives, averages: [0.0; 2], took: 0.0, remembered: None }
    }

    /// Adds what a transfer that took so long was fetched at.
    pub fn add(&mut self, sample: Bitrate, took: Span) {
        let took = took.as_secs_f64();
        for (average, half_life) in self.averages.iter_mut().zip(self.half_lives) {
            let kept = libm::exp2(-took / half_life);
            *average = kept * *average + (1.0 - kept) * sample.as_f64();
        }
        self.took += took;
    }

    /// Takes this to be the average until there is a sample.
    pub fn remember(&mut self, average: Bitrate) {
        self.remembered = Some(average.as_f64());
    }

    /// The lesser average in bits per second, once there is a sample or something was remembered.
    pub fn get(&self) -> Option<f64> {
        let corrected = self.averages.iter().zip(self.half_lives).map(|(average, half_life)| {
            let counted = 1.0 - libm::exp2(-self.took / half_life);
            (counted > 0.0).then(|| average / counted)
        });
        corrected.reduce(|a, b| Some(a?.min(b?)))?.or(self.remembered)
    }
}

/// One of the estimators, by its name.
#[derive(Clone, Copy, Debug)]
pub enum Estimator {
    /// `harmonic`
    Harmonic(HarmonicMean),
    /// `arithmetic`
    Arithmetic(FadingMean),
    /// `ewma`
    Ewma(Ewma),
}

impl Estimator {
    /// What they are called.
    pub const NAMES: &[&str] = &["harmonic", "arithmetic", "ewma"];

    /// Adds what a transfer was fetched at, if that can be told.
    pub fn add(&mut self, transfer: &Transfer) {
        let (Some(sample), Some(first)) = (transfer.throughput(), transfer.first_byte) else {
            return;
        };
        match self {
            Self::Harmonic(mean) => mean.add(sample),
            Self::Arithmetic(mean) => mean.add(sample),
            Self::Ewma(average) => average.add(sample, transfer.now - first),
        }
    }

    /// Takes this to be the estimate until there is a sample.
    pub fn remember(&mut self, throughput: Bitrate) {
        match self {
            Self::Harmonic(mean) => mean.remember(throughput),
            Self::Arithmetic(mean) => mean.remember(throughput),
            Self::Ewma(average) => average.remember(throughput),
        }
    }

    /// The estimate in bits per second, once there is a sample or something was remembered.
    pub fn get(&self) -> Option<f64> {
        match self {
            Self::Harmonic(mean) => mean.get(),
            Self::Arithmetic(mean) => mean.get(),
            Self::Ewma(average) => average.get(),
        }
    }
}

/// An estimator for each track: sound and picture share the link and see different shares of it.
#[derive(Clone, Debug)]
pub struct ByTrack(Vec<Estimator>);

impl ByTrack {
    /// So many, all alike.
    pub fn new(one: Estimator, tracks: usize) -> Self {
        Self(vec![one; tracks])
    }

    /// Adds what a transfer was fetched at, if all of it came.
    pub fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done {
            self.0[usize::from(transfer.track.0)].add(transfer);
        }
    }

    /// Takes this to be every estimate until there is a sample.
    pub fn remember(&mut self, throughput: Bitrate) {
        self.0.iter_mut().for_each(|one| one.remember(throughput));
    }

    /// The estimate for a track in bits per second, once there is one.
    pub fn of(&self, track: TrackId) -> Option<f64> {
        self.0[usize::from(track.0)].get()
    }

    /// That of the first track.
    pub fn first(&self) -> Option<Bitrate> {
        self.0.first()?.get().map(Bitrate::from_bps_f64)
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

    #[test]
    fn a_fading_mean_forgets_by_a_factor_and_altogether() {
        let of = |kept| {
            let mut mean = FadingMean::new(2, kept);
            for mbps in [9, 1, 4] {
                mean.add(Bitrate::kbps(1_000 * mbps));
            }
            mean.get().unwrap()
        };
        // (1 + 4) / 2, and (0.5 · 1 + 4) / 1.5; the first sample has left the window.
        assert!((of(1.0) - 2.5e6).abs() < 1e-6);
        assert!((of(0.5) - 3e6).abs() < 1e-6);
        let mut mean = FadingMean::new(2, 1.0);
        mean.remember(Bitrate::kbps(7));
        assert_eq!(mean.get(), Some(7e3));
    }

    #[test]
    fn the_lesser_average_is_the_fast_one_on_the_way_down_and_the_slow_one_on_the_way_up() {
        let secs = Span::from_secs;
        let after = |first, then| {
            let mut ewma = Ewma::new(secs(3), secs(6));
            ewma.add(Bitrate::kbps(first), secs(6));
            assert!((ewma.get().unwrap() - first as f64 * 1e3).abs() < 1e-6, "corrected for 0");
            ewma.add(Bitrate::kbps(then), secs(6));
            ewma.get().unwrap()
        };
        // Two half-lives of the fast: (¼ · ¾ · 8 + ¾ · 4) / (1 − 1/16) = 4.8. One of the slow:
        // (½ · ½ · 8 + ½ · 4) / (1 − ¼) = 5.333. The other way round (1.5 · ½ + 6) / 0.9375 = 7.2
        // and (1 + 4) / 0.75 = 6.667.
        assert!((after(8_000, 4_000) - 4.8e6).abs() < 1e-3);
        assert!((after(4_000, 8_000) - 20e6 / 3.0).abs() < 1e-3);
    }
}
