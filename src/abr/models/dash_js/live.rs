//! How far behind the live edge dash.js means to be, and how it catches up
//! (`PlaybackController.js`, `CatchupController.js`, `MediaPlayerModel.js`, `FetchLoader.js`). Pure
//! rules: the live timeline that asks them is not part of on-demand playback. Seconds.

/// What a live delay is made of, where it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delay {
    /// `streaming.delay.liveDelay`.
    pub delay: Option<f64>,
    /// `streaming.delay.liveDelayFragmentCount`.
    pub fragments: Option<f64>,
    /// How long a fragment is.
    pub fragment: Option<f64>,
    /// `Latency@target` of the service description.
    pub described: Option<f64>,
    /// `suggestedPresentationDelay`.
    pub suggested: Option<f64>,
    /// `minBufferTime`.
    pub min_buffer: Option<f64>,
    /// How far the window reaches back.
    pub window: Option<f64>,
}

impl Delay {
    /// The delay; nothing if nothing is known.
    pub fn get(&self) -> Option<f64> {
        let counted = self.fragments.zip(self.fragment).map(|(count, length)| count * length);
        let told = self.delay.or(counted).or(self.described).or(self.suggested);
        let guessed = || self.fragment.or(self.min_buffer).map(|length| 4.0 * length);
        let delay = told.or_else(guessed)?;
        Some(self.window.map_or(delay, |window| delay.min(window)))
    }
}

/// The speeds of catching up: as set; of two, one that is not set is none at all.
pub fn rates(min: Option<f64>, max: Option<f64>) -> (f64, f64) {
    match (min, max) {
        (None, None) => (-0.5, 0.5),
        (min, max) => (min.unwrap_or(0.0).clamp(-0.5, 0.0), max.unwrap_or(0.0).clamp(0.0, 1.0)),
    }
}

/// How to catch up.
#[derive(Clone, Copy, Debug)]
pub struct CatchUp {
    /// By how much to be slower and faster at most.
    pub rates: (f64, f64),
    /// Beyond it, seek.
    pub max_drift: f64,
    /// With LoL+: the buffer below which to slow down instead.
    pub lol_plus: Option<f64>,
    /// A stall is being recovered from.
    recovering: bool,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Nothing.
    Keep,
    /// Play at this rate.
    Rate(f64),
    /// Go to where it should be.
    Seek,
}

/// The least change of rate worth making, at a full range.
const LEAST: f64 = 0.02;

impl CatchUp {
    /// With these rates and drift.
    pub fn new(rates: (f64, f64), max_drift: f64, lol_plus: Option<f64>) -> Self {
        Self { rates, max_drift, lol_plus, recovering: false }
    }

    /// The buffer has run empty.
    pub fn emptied(&mut self) {
        self.recovering = true;
    }

    /// What to do at a latency, for a target, with so much buffered, playing at a rate.
    pub fn act(&mut self, latency: f64, target: f64, buffer: f64, rate: f64) -> Act {
        let drift = latency - target;
        if self.max_drift > 0.0 && drift > self.max_drift {
            return Act::Seek;
        }
        self.recovering &= buffer <= target / 2.0;
        let wanted = match self.lol_plus {
            _ if self.recovering => 1.0,
            Some(least) if buffer < least => sigmoid(self.rates.0.abs(), buffer - least),
            Some(_) if drift.abs() <= 0.02 * target => 1.0,
            _ => sigmoid(if drift < 0.0 { self.rates.0.abs() } else { self.rates.1 }, drift),
        };
        let least = LEAST / (0.5 / self.rates.1.max(f64::MIN_POSITIVE));
        match wanted != rate && ((wanted - rate).abs() >= least || wanted == 1.0) {
            true => Act::Rate(wanted),
            false => Act::Keep,
        }
    }
}

/// From slower to faster by so much, in the middle for nothing.
fn sigmoid(range: f64, by: f64) -> f64 {
    1.0 - range + 2.0 * range / (1.0 + libm::exp(-5.0 * by))
}

/// Bits a millisecond of a segment that came chunk by chunk (`MOOF_PARSING`), of when each chunk
/// began and ended, in milliseconds, and its bytes. The last chunk is left out, and at least two
/// have to be left. Those that took a millisecond or less are taken together with the
/// next, and the gap between.
pub fn chunked(chunks: &[(f64, f64, f64)]) -> Option<f64> {
    let (_, chunks) = chunks.split_last()?;
    if chunks.len() < 2 {
        return None;
    }
    let (mut rates, mut count) = (0.0, 0.0);
    let (mut since, mut held) = (None, 0.0);
    for &(start, end, bytes) in chunks {
        let began = *since.get_or_insert(start);
        held += bytes;
        if end - began > 1.0 {
            (rates, count) = (rates + 8.0 * held / (end - began), count + 1.0);
            (since, held) = (None, 0.0);
        }
    }
    (count > 0.0).then(|| rates / count)
}

/// Attempts at a resource and the milliseconds between them: in low latency mode there are
/// [`MORE`] times as many, at intervals shorter by a factor.
pub fn retries((attempts, interval): (u32, f64), low_latency: Option<f64>) -> (u32, f64) {
    low_latency.map_or((attempts, interval), |factor| (attempts * MORE, interval / factor))
}

/// `streaming.retryAttempts.lowLatencyMultiplyFactor`.
pub const MORE: u32 = 5;

/// Whether segments are fetched again after a switch up.
pub fn fast_switch(enabled: bool, low_latency: bool) -> bool {
    enabled && !low_latency
}
