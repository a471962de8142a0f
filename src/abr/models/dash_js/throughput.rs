//! What dash.js takes throughput to be (`ThroughputModel.js`, `ThroughputController.js`): in kbit/s
//! and milliseconds, each type by itself.

use super::super::Mean;

/// How many of the latest samples are kept.
const KEPT: usize = 20;

/// A response as a sample.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// kbit/s, rounded.
    pub kbps: f64,
    /// Bytes.
    pub bytes: f64,
    /// Milliseconds from the first byte to the last.
    pub millis: f64,
    /// Milliseconds from the request to the response, at least one.
    pub latency: f64,
}

impl Sample {
    /// So many bytes in so many milliseconds after such a wait. What came within `cached`
    /// milliseconds of being asked for came from a cache, and is none.
    pub fn of(bytes: f64, millis: f64, latency: f64, total: f64, cached: f64) -> Option<Self> {
        let kbps = libm::round(8.0 * bytes / millis.max(1e-9));
        let kept = total >= cached && millis > 0.0;
        kept.then_some(Self { kbps, bytes, millis, latency: latency.max(1.0) })
    }
}

/// How samples make an average, in the order of [`MODES`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// The lesser of a fast and a slow moving average.
    Ewma,
    /// A moving average that looks ahead by as much as it lags behind.
    Zlema,
    /// A mean of the window, arithmetic or harmonic.
    Window(Weights, bool),
}

/// What the samples of a window weigh.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weights {
    /// All the same.
    Even,
    /// The root of their bytes.
    Bytes,
    /// Their place, the latest most.
    Date,
}

/// The modes, by the names that dash.js has for them, and by those of its constants.
pub const MODES: &[&str] = &[
    "throughputCalculationModeEwma",
    "throughputCalculationModeZlema",
    "throughputCalculationModeArithmeticMean",
    "throughputCalculationModeByteSizeWeightedArithmeticMean",
    "throughputCalculationModeDateWeightedArithmeticMean",
    "throughputCalculationModeHarmonicMean",
    "throughputCalculationModeByteSizeWeightedHarmonicMean",
    "throughputCalculationModeDateWeightedHarmonicMean",
];

impl Mode {
    /// The one of that name.
    pub fn named(name: &str) -> Self {
        let harmonic = name.ends_with("HarmonicMean");
        let weights = match () {
            () if name.contains("ByteSize") => Weights::Bytes,
            () if name.contains("Date") => Weights::Date,
            () => Weights::Even,
        };
        match name {
            "throughputCalculationModeEwma" => Self::Ewma,
            "throughputCalculationModeZlema" => Self::Zlema,
            _ => Self::Window(weights, harmonic),
        }
    }
}

/// The settings heeded.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// How samples make an average.
    pub mode: Mode,
    /// How many samples a window has.
    pub window: usize,
    /// A window has one more for each sample that is so many times the one before, or more.
    pub increase: f64,
    /// Or so many times, or less.
    pub decrease: f64,
    /// Whether it has.
    pub adjusted: bool,
    /// Half-lives in seconds of one and a half times the time transfers took: fast and slow.
    pub half_lives: [f64; 2],
}

/// What has been measured of one type.
#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    rule: Rule,
    averages: [Mean; 2],
    /// Oldest first.
    samples: [Sample; KEPT],
    seen: usize,
}

/// What a millisecond of a transfer weighs in a moving average.
const WEIGHT: f64 = 0.0015;

impl Throughput {
    /// Of nothing yet.
    pub fn new(rule: Rule) -> Self {
        let averages = rule.half_lives.map(Mean::new);
        Self { rule, averages, samples: [Sample::default(); KEPT], seen: 0 }
    }

    /// Adds a sample.
    pub fn add(&mut self, sample: Sample) {
        if self.seen == KEPT {
            self.samples.rotate_left(1);
            self.seen -= 1;
        }
        self.samples[self.seen] = sample;
        self.seen += 1;
        for average in &mut self.averages {
            average.add(WEIGHT * sample.millis, sample.kbps);
        }
    }

    /// How much all samples weigh in the moving averages.
    pub fn weight(&self) -> f64 {
        self.averages[0].weight()
    }

    /// The average in kbit/s, rounded; nothing before a sample.
    pub fn average(&self) -> Option<f64> {
        let window = self.window();
        let average = match self.rule.mode {
            Mode::Ewma => {
                let [fast, slow] = self.averages.map(|average| average.get());
                fast?.min(slow?)
            }
            Mode::Zlema => zlema(window),
            Mode::Window(weights, harmonic) => mean(window, weights, harmonic),
        };
        (self.seen > 0).then(|| libm::round(average))
    }

    /// The last sample, in kbit/s.
    pub fn last(&self) -> Option<f64> {
        self.samples[..self.seen].last().map(|sample| sample.kbps)
    }

    /// The samples that count.
    fn window(&self) -> &[Sample] {
        let all = &self.samples[..self.seen];
        let mut width = self.rule.window.min(all.len());
        let mut back = 1;
        while self.rule.adjusted && back < width && width < all.len() {
            let ratio = all[all.len() - back].kbps / all[all.len() - back - 1].kbps;
            width += usize::from(ratio >= self.rule.increase || ratio <= self.rule.decrease);
            back += 1;
        }
        &all[all.len() - width..]
    }
}

/// A mean of samples, of their values or of what is inverse to them.
pub fn mean(samples: &[Sample], weights: Weights, harmonic: bool) -> f64 {
    let weight = |place: usize, sample: &Sample| match weights {
        Weights::Even => 1.0,
        Weights::Bytes => libm::sqrt(sample.bytes),
        Weights::Date => (place + 1) as f64,
    };
    let (mut sum, mut total) = (0.0, 0.0);
    for (place, sample) in samples.iter().enumerate() {
        let weight = weight(place, sample);
        sum += weight * if harmonic { 1.0 / sample.kbps } else { sample.kbps };
        total += weight;
    }
    if harmonic { total / sum } else { sum / total }
}

/// An exponential average of each sample with what has changed over the lag of such an average.
fn zlema(samples: &[Sample]) -> f64 {
    let alpha = 2.0 / (samples.len() as f64 + 1.0);
    let lag = samples.len().saturating_sub(1) / 2;
    let ahead = |place: usize| 2.0 * samples[place].kbps - samples[place.saturating_sub(lag)].kbps;
    let first = samples.first().map_or(0.0, |sample| sample.kbps);
    (1..samples.len()).fold(first, |average, place| average + alpha * (ahead(place) - average))
}
