//! How far behind the live edge dash.js means to be, and how it catches up
//! (`PlaybackController.js`, `CatchupController.js`, `MediaPlayerModel.js`, `FetchLoader.js`).
//! Seconds.

use crate::abr::Retry;
use crate::abr::pace::{
    Act as Does, Announced, FRAMES, Look, Moment, Pace, Protocol, Reload, playlist_again, speed,
};
use crate::units::Span;

/// The settings heeded. Seconds; what is below zero, or not a rate, is not set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `streaming.delay.liveDelay`.
    pub delay: f64,
    /// `streaming.delay.liveDelayFragmentCount`.
    pub fragments: f64,
    /// `streaming.liveCatchup.maxDrift`.
    pub max_drift: f64,
    /// `streaming.liveCatchup.playbackRate.min` and `.max`, where they are set.
    pub rates: (Option<f64>, Option<f64>),
    /// `streaming.liveCatchup.playbackBufferMin`, in the mode of LoL+.
    pub lol_plus: Option<f64>,
    /// `streaming.buffer.stallThreshold`.
    pub stall_threshold: f64,
    /// `streaming.scheduling.defaultTimeout`, in milliseconds.
    pub timeout: f64,
    /// `streaming.retryAttempts.lowLatencyMultiplyFactor` of intervals.
    pub retry_factor: f64,
    /// Whether it passes over what cannot be had.
    pub passes_over: bool,
}

/// Paces a player.
#[derive(Clone, Debug)]
pub struct Live {
    settings: Settings,
    announced: Announced,
    target: f64,
    /// None where it is off.
    catch_up: Option<CatchUp>,
}

impl Live {
    /// What is set unless anything is.
    pub const USUAL: Settings = Settings {
        delay: -1.0,
        fragments: -1.0,
        max_drift: 12.0,
        rates: (None, None),
        lol_plus: None,
        stall_threshold: 0.3,
        timeout: 500.0,
        retry_factor: 10.0,
        passes_over: true,
    };

    /// Of a presentation, as set.
    pub fn new(announced: &Announced, settings: &Settings) -> Self {
        let low_latency = announced.is_low_latency();
        let set = |value: f64| (value >= 0.0).then_some(value);
        let delay = Delay {
            delay: set(settings.delay),
            fragments: set(settings.fragments),
            fragment: Some(announced.segment),
            described: announced.target.filter(|_| low_latency),
            suggested: announced.target,
            min_buffer: None,
            window: Some(announced.window),
        };
        let described = announced.rates.map(|(least, most)| (least - 1.0, most - 1.0));
        let rates = match (settings.rates, described) {
            ((None, None), Some((least, most))) => rates(Some(least), Some(most)),
            ((least, most), _) => rates(least, most),
        };
        let on = low_latency || announced.rates.is_some() || settings.rates != (None, None);
        let catch_up = CatchUp::new(rates, settings.max_drift, settings.lol_plus);
        Self {
            settings: *settings,
            announced: *announced,
            target: delay.get().unwrap_or(4.0 * announced.segment),
            catch_up: on.then_some(catch_up),
        }
    }

    /// Whether segments are sent as they are made.
    pub fn low_latency(&self) -> bool {
        self.announced.is_low_latency()
    }
}

impl Pace for Live {
    /// dash.js plays DASH; who has its pace and no player of their own, what there is.
    fn protocol(&self) -> Protocol {
        if self.settings.passes_over { self.announced.by } else { Protocol::Dash }
    }

    fn target(&self) -> f64 {
        self.target
    }

    fn look(&mut self, moment: &Moment) -> Does {
        let Some(catch_up) = &mut self.catch_up else { return Does::Keep };
        if moment.buffer <= self.settings.stall_threshold {
            catch_up.emptied();
        }
        let rate = moment.speed.as_f64();
        match catch_up.act(moment.latency, self.target, moment.buffer, rate) {
            Act::Keep => Does::Keep,
            Act::Rate(rate) => Does::Play(speed(rate)),
            Act::Seek => Does::Seek,
        }
    }

    fn next_look(&self, moment: &Moment) -> Look {
        let Some(catch_up) = &self.catch_up else { return NEVER };
        let low = moment.buffer < NEARLY_EMPTY * self.settings.stall_threshold;
        let minds_buffer = catch_up.recovering || catch_up.lol_plus.is_some() || low;
        let drift = moment.latency - self.target;
        let after = catch_up.keeps(drift, self.target, moment.speed.as_f64());
        Look { after, minds_buffer }
    }

    fn stalled(&mut self) {
        self.catch_up.iter_mut().for_each(CatchUp::emptied);
    }

    /// `_adjustLiveDelayAfterUserInteraction`: what the viewer chose is kept.
    fn moved(&mut self, latency: f64) {
        self.target = latency.min(self.announced.window);
    }

    fn poll(&self) -> Span {
        match self.low_latency() {
            true => Span::ZERO,
            false => Span::from_millis_f64(self.settings.timeout),
        }
    }

    fn reload(&mut self, told: &Reload) -> Option<f64> {
        match self.protocol() {
            Protocol::Hls => Some(playlist_again(&self.announced, told)),
            Protocol::Dash => {
                self.announced.refresh.map(|refresh| (refresh - told.took).max(LEAST_REFRESH))
            }
        }
    }

    fn retry(&self, usual: Retry) -> Retry {
        if !self.low_latency() {
            return usual;
        }
        let interval = usual.first.as_millis_f64();
        let again = (usual.attempts.saturating_sub(1), interval);
        let (attempts, interval) = retries(again, Some(self.settings.retry_factor));
        let first = Span::from_millis_f64(interval);
        Retry { attempts: attempts + 1, first, ..usual }
    }

    fn resume(&self, usual: f64) -> f64 {
        if self.low_latency() { usual.max(FRAMES) } else { usual }
    }

    fn passes_over(&self) -> bool {
        self.settings.passes_over
    }
}

/// Where nothing can make it catch up.
const NEVER: Look = Look { after: None, minds_buffer: false };

/// With so many times the threshold of a buffer that is called empty, it may be at the next look.
const NEARLY_EMPTY: f64 = 3.0;

/// An MPD is asked for again no sooner than after this (`DashManifestModel.js`).
const LEAST_REFRESH: f64 = 1.0;

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
        let least = self.least();
        match wanted != rate && ((wanted - rate).abs() >= least || wanted == 1.0) {
            true => Act::Rate(wanted),
            false => Act::Keep,
        }
    }
}

impl CatchUp {
    /// The least change of rate worth making.
    fn least(&self) -> f64 {
        LEAST / (0.5 / self.rates.1.max(f64::MIN_POSITIVE))
    }

    /// For how many seconds it keeps a rate, at a drift that this rate changes; for ever, if
    /// nothing is said. Then it would be another by the least change worth making.
    fn keeps(&self, drift: f64, target: f64, rate: f64) -> Option<f64> {
        if rate == 1.0 {
            return None;
        }
        let wanted = if rate > 1.0 { rate - self.least() } else { rate + self.least() };
        let range = if wanted < 1.0 { self.rates.0.abs() } else { self.rates.1 };
        let share = 2.0 * range / (wanted - 1.0 + range) - 1.0;
        let reached = (share > 0.0).then(|| -libm::log(share) / STEEP);
        let near = self.lol_plus.map(|_| 0.02 * target * (rate - 1.0).signum());
        let after = |at: f64| (drift - at) / (rate - 1.0);
        reached.into_iter().chain(near).map(after).reduce(f64::min).map(|after| after.max(0.0))
    }
}

/// How steep the rate is about the target.
const STEEP: f64 = 5.0;

/// From slower to faster by so much, in the middle for nothing.
fn sigmoid(range: f64, by: f64) -> f64 {
    1.0 - range + 2.0 * range / (1.0 + libm::exp(-STEEP * by))
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
