//! How far behind the live edge Shaka plays, and how it keeps there (`dash_parser.js`,
//! `hls_parser.js`; `player.js`: `onTimeUpdate_`, `onBuffering_`). Seconds, unless they say
//! otherwise.

use super::super::Mean;
use crate::abr::Retry;
use crate::abr::pace::{Act, Announced, FRAMES, Look, Moment, Pace, Protocol, Reload, speed};
use crate::units::{Span, Speed};

/// Paces a player.
#[derive(Clone, Debug)]
pub struct Live {
    settings: Settings,
    service: Option<Service>,
    sync: LiveSync,
    updates: MpdUpdates,
    announced: Announced,
    /// How long until the playlist is asked for again, so far.
    again: f64,
    /// Behind the clock: the delay, and the segment or chunk that is not whole yet.
    behind: f64,
}

/// `streaming.updateIntervalSeconds`, and with low latency.
const UPDATE: (Span, Span) = (Span::from_secs(1), Span::from_millis(100));

/// A failing stream is disabled for no longer (`streaming.maxDisabledTime`).
const LONGEST_RETRY: Span = Span::from_secs(30);

impl Live {
    /// Of a presentation, as set.
    pub fn new(announced: &Announced, settings: Settings) -> Self {
        let Announced { segment, chunk, target, rates, window, by, .. } = *announced;
        let delay = DashDelay {
            suggested: target,
            min_buffer: segment,
            window: Some(window).filter(|window| window.is_finite()),
            default: 0.0,
        };
        let rates = rates.map_or((None, None), |(least, most)| (Some(least), Some(most)));
        let asks = announced.is_low_latency() || rates != (None, None);
        let service = Service { target, min: None, max: None, rates };
        Self {
            settings,
            service: asks.then_some(service),
            sync: LiveSync::default(),
            updates: MpdUpdates::default(),
            announced: *announced,
            again: f64::INFINITY,
            behind: match by {
                Protocol::Dash => delay.get() + chunk.unwrap_or(segment),
                Protocol::Hls => {
                    let hold_back = target.filter(|_| chunk.is_none());
                    let part_hold_back = target.filter(|_| chunk.is_some());
                    let delay = HlsDelay { part_hold_back, hold_back, default: 0.0 };
                    delay.get(&[segment; LIVE_SEGMENTS], LIVE_SEGMENTS)
                }
            },
        }
    }
}

impl Pace for Live {
    fn protocol(&self) -> Protocol {
        self.announced.by
    }

    fn target(&self) -> f64 {
        let asked = self.service.and_then(|service| service.target);
        let set = self.settings.enabled.then_some(self.settings.target);
        self.sync.target().or(set).or(asked).unwrap_or(self.behind)
    }

    fn join(&self, _age: f64) -> f64 {
        self.behind
    }

    fn look(&mut self, moment: &Moment) -> Act {
        let Moment { now, latency, calm, .. } = *moment;
        let rate = moment.speed.as_f64();
        let service = self.service.as_ref();
        let rate = self.sync.rate(&self.settings, service, now, latency, rate, calm);
        let wanted = speed(rate);
        if wanted == moment.speed { Act::Keep } else { Act::Play(wanted) }
    }

    fn next_look(&self, moment: &Moment) -> Look {
        let moves = moment.speed != Speed::NORMAL || self.settings.dynamic;
        Look { after: moves.then_some(0.0), minds_buffer: false }
    }

    fn stalled(&mut self) {
        self.sync.stalled(&self.settings);
    }

    fn poll(&self) -> Span {
        if self.announced.is_low_latency() { UPDATE.1 } else { UPDATE.0 }
    }

    fn reload(&mut self, told: &Reload) -> Option<f64> {
        match self.announced.by {
            Protocol::Dash => self.updates.next(told.took, self.announced.refresh),
            Protocol::Hls => {
                let last = if told.last > 0.0 { told.last } else { self.announced.segment };
                self.again = playlist_update(last, self.announced.chunk, self.again);
                Some((self.again - told.took).max(0.0))
            }
        }
    }

    /// Live is tried again whatever fails (`defaultStreamingFailureCallback_`).
    fn retry(&self, usual: Retry) -> Retry {
        Retry { attempts: u32::MAX, longest: LONGEST_RETRY, ..usual }
    }

    fn resume(&self, usual: f64) -> f64 {
        if self.announced.is_low_latency() { usual.max(FRAMES) } else { usual }
    }
}

/// What a DASH presentation says of its delay, and what the player was told.
#[derive(Clone, Copy, Debug, Default)]
pub struct DashDelay {
    /// `@suggestedPresentationDelay`, if given.
    pub suggested: Option<f64>,
    /// `@minBufferTime`.
    pub min_buffer: f64,
    /// `@timeShiftBufferDepth`, if given.
    pub window: Option<f64>,
    /// `manifest.defaultPresentationDelay`; 0 if not set.
    pub default: f64,
}

impl DashDelay {
    /// Between the live edge and where playback may be at the latest.
    pub fn get(&self) -> f64 {
        let window = self.window.filter(|&window| window > 0.0).unwrap_or(f64::INFINITY);
        match self.suggested {
            Some(suggested) => suggested.min(window),
            None if self.default > 0.0 => self.default,
            None => (1.5 * self.min_buffer).min(window),
        }
    }
}

/// What an HLS media playlist says of its delay, and what the player was told.
#[derive(Clone, Copy, Debug, Default)]
pub struct HlsDelay {
    /// `PART-HOLD-BACK`, where parts are played.
    pub part_hold_back: Option<f64>,
    /// `HOLD-BACK`, if given.
    pub hold_back: Option<f64>,
    /// `manifest.defaultPresentationDelay`; 0 if not set.
    pub default: f64,
}

/// `manifest.hls.liveSegmentsDelay`, unless set.
pub const LIVE_SEGMENTS: usize = 3;

impl HlsDelay {
    /// Of a playlist whose segments last so long: what was set or told, or its last few segments.
    pub fn get(&self, segments: &[f64], count: usize) -> f64 {
        let set = Some(self.default).filter(|&delay| delay > 0.0);
        let told = |delay: Option<f64>| delay.filter(|&delay| delay > 0.0);
        let last = &segments[segments.len().saturating_sub(count)..];
        set.or_else(|| told(self.part_hold_back))
            .or_else(|| told(self.hold_back))
            .unwrap_or_else(|| last.iter().sum())
    }
}

/// When an MPD is fetched again.
#[derive(Clone, Copy, Debug)]
pub struct MpdUpdates {
    /// How long updates take.
    took: Mean,
}

impl Default for MpdUpdates {
    fn default() -> Self {
        Self { took: Mean::new(5.0) }
    }
}

impl MpdUpdates {
    /// An update took so long: how long until the next, where the MPD says that it may be
    /// `@minimumUpdatePeriod` after the last; never, if it does not.
    pub fn next(&mut self, took: f64, period: Option<f64>) -> Option<f64> {
        self.took.add(1.0, took);
        period.map(|period| (period - took).max(self.took.get().unwrap_or(0.0)))
    }
}

/// How long until a media playlist is loaded again: as long as its last segment, or as a part where
/// parts are played, and never longer than so far.
pub fn playlist_update(last_segment: f64, part: Option<f64>, so_far: f64) -> f64 {
    part.unwrap_or(last_segment).min(so_far)
}

/// `streaming.liveSync`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `enabled`.
    pub enabled: bool,
    /// `targetLatency`.
    pub target: f64,
    /// `targetLatencyTolerance`.
    pub tolerance: f64,
    /// `minPlaybackRate` and `maxPlaybackRate`.
    pub rates: (f64, f64),
    /// `panicMode` and `panicThreshold`.
    pub panic: (bool, f64),
    /// `dynamicTargetLatency.enabled`.
    pub dynamic: bool,
    /// `dynamicTargetLatency.stabilityThreshold`.
    pub stable: f64,
    /// `dynamicTargetLatency.rebufferIncrement`.
    pub increment: f64,
    /// `dynamicTargetLatency.maxAttempts`.
    pub attempts: u32,
    /// `dynamicTargetLatency.minLatency` and `maxLatency`.
    pub range: (f64, f64),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: false,
            target: 0.5,
            tolerance: 0.5,
            rates: (0.95, 1.1),
            panic: (false, 60.0),
            dynamic: false,
            stable: 60.0,
            increment: 0.5,
            attempts: 10,
            range: (1.0, 4.0),
        }
    }
}

/// What a presentation's `ServiceDescription` asks for, where `liveSync` is not enabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Service {
    /// `Latency@target`.
    pub target: Option<f64>,
    /// `Latency@min`.
    pub min: Option<f64>,
    /// `Latency@max`.
    pub max: Option<f64>,
    /// `PlaybackRate@min` and `@max`.
    pub rates: (Option<f64>, Option<f64>),
}

/// The latencies between which the rate is left alone, and the rates below and above them.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    target: Option<f64>,
    latency: (Option<f64>, Option<f64>),
    rates: (Option<f64>, Option<f64>),
}

impl Bounds {
    fn of(settings: &Settings, service: Option<&Service>) -> Self {
        let (least, most) = settings.rates;
        let around = |target: f64| {
            let tolerance = settings.tolerance;
            (Some((target - tolerance).max(0.0)), Some(target + tolerance))
        };
        if settings.enabled {
            let latency = around(settings.target);
            return Self {
                target: Some(settings.target),
                latency,
                rates: (Some(least), Some(most)),
            };
        }
        let Some(service) = service else { return Self::default() };
        Self {
            target: service.target,
            latency: service.target.map_or((service.min, service.max), around),
            rates: (service.rates.0.or(Some(least)), service.rates.1.or(Some(most))),
        }
    }
}

/// Keeps the latency by changing the rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct LiveSync {
    /// The latency aimed at where it is dynamic.
    target: Option<f64>,
    /// When the latency came to be right.
    reached: Option<f64>,
    stalls: u32,
}

impl LiveSync {
    /// The latency aimed at where it is dynamic.
    pub fn target(&self) -> Option<f64> {
        self.target
    }

    /// The player ran out of media: each time it aims further back than the last.
    pub fn stalled(&mut self, settings: &Settings) {
        if !settings.dynamic || self.stalls >= settings.attempts {
            return;
        }
        if let Some(target) = self.target.filter(|&target| target > 0.0) {
            self.stalls += 1;
            let further = target + f64::from(self.stalls) * settings.increment;
            self.target = Some(further.min(settings.range.1 - settings.tolerance));
        }
    }

    /// The rate from now on, which was `rate` so far, at a latency. `calm` is how long ago the last
    /// stall was.
    pub fn rate(
        &mut self,
        settings: &Settings,
        service: Option<&Service>,
        now: f64,
        latency: f64,
        rate: f64,
        calm: f64,
    ) -> f64 {
        let mut bounds = Bounds::of(settings, service);
        self.target = self.target.filter(|&target| target != 0.0).or(bounds.target);
        if settings.dynamic {
            self.draw_near(settings, bounds.target, now);
            if let Some(target) = self.target {
                let tolerance = settings.tolerance;
                bounds.latency = (Some(target - tolerance), Some(target + tolerance));
            }
        }
        let (least, most) = bounds.rates;
        let slow = least.or(settings.panic.0.then_some(settings.rates.0));
        if let Some(slow) = slow.filter(|_| settings.panic.0 && calm <= settings.panic.1) {
            return slow;
        }
        let late = bounds.latency.1.is_some_and(|bound| latency > bound);
        if let Some(fast) = most.filter(|_| late) {
            self.reached = None;
            return fast;
        }
        let early = bounds.latency.0.is_some_and(|bound| latency < bound);
        if let Some(slow) = slow.filter(|_| early) {
            self.reached = None;
            return slow;
        }
        if rate != 1.0 {
            self.reached = Some(now);
        }
        1.0
    }

    /// After long enough at the right latency it aims nearer to the edge.
    fn draw_near(&mut self, settings: &Settings, target: Option<f64>, now: f64) {
        let (Some(target), Some(own), Some(since)) = (target, self.target, self.reached) else {
            return;
        };
        if self.stalls < settings.attempts && now - since > settings.stable {
            let step = (target - settings.range.0) / 2.0;
            self.target = Some((own - step).max(settings.range.0 + settings.tolerance));
            self.reached = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_what_the_presentation_suggests_within_its_window() {
        let delay = DashDelay { min_buffer: 4.0, ..DashDelay::default() };
        assert_eq!(delay.get(), 6.0);
        assert_eq!(DashDelay { window: Some(5.0), ..delay }.get(), 5.0);
        assert_eq!(DashDelay { default: 20.0, window: Some(5.0), ..delay }.get(), 20.0);
        assert_eq!(DashDelay { suggested: Some(3.0), default: 20.0, ..delay }.get(), 3.0);
        let hls = HlsDelay::default();
        assert_eq!(hls.get(&[6.0, 4.0, 4.0, 2.0], LIVE_SEGMENTS), 10.0);
        assert_eq!(HlsDelay { hold_back: Some(18.0), ..hls }.get(&[6.0], LIVE_SEGMENTS), 18.0);
    }

    #[test]
    fn an_mpd_that_takes_long_is_left_alone_for_as_long() {
        let mut updates = MpdUpdates::default();
        assert_eq!(updates.next(0.5, Some(2.0)), Some(1.5));
        assert_eq!(updates.next(0.5, None), None);
        let next = updates.next(5.0, Some(2.0)).unwrap();
        // An average of 0.5, 0.5 and 5.
        assert!(next > 0.5 && next < 5.0, "{next}");
    }

    #[test]
    fn the_rate_changes_outside_the_tolerance_alone() {
        let settings = Settings { enabled: true, target: 2.0, ..Settings::default() };
        let mut sync = LiveSync::default();
        assert_eq!(sync.rate(&settings, None, 0.0, 2.6, 1.0, 1e9), 1.1);
        assert_eq!(sync.rate(&settings, None, 1.0, 2.5, 1.1, 1e9), 1.0);
        assert_eq!(sync.rate(&settings, None, 2.0, 1.4, 1.0, 1e9), 0.95);
        // In panic it slows down for a minute after a stall, however late it is.
        let panic = Settings { panic: (true, 60.0), ..settings };
        assert_eq!(sync.rate(&panic, None, 3.0, 9.0, 1.0, 60.0), 0.95);
        // Nothing is asked for: nothing is done.
        assert_eq!(sync.rate(&Settings::default(), None, 4.0, 9.0, 1.0, 1e9), 1.0);
    }

    #[test]
    fn stalls_push_the_target_back_and_calm_draws_it_near() {
        let settings =
            Settings { enabled: true, dynamic: true, target: 2.0, ..Settings::default() };
        let mut sync = LiveSync::default();
        assert_eq!(sync.rate(&settings, None, 0.0, 2.0, 1.0, 1e9), 1.0);
        // 2 + 1 · 0.5, then 2.5 + 2 · 0.5, which is all there is: 4 − 0.5.
        sync.stalled(&settings);
        assert_eq!(sync.target(), Some(2.5));
        sync.stalled(&settings);
        sync.stalled(&settings);
        assert_eq!(sync.target(), Some(3.5));
        // Right again at 10 s, and for more than a minute: (2 − 1) / 2 nearer.
        assert_eq!(sync.rate(&settings, None, 10.0, 3.5, 1.1, 1e9), 1.0);
        assert_eq!(sync.rate(&settings, None, 71.0, 3.5, 1.0, 1e9), 1.0);
        assert_eq!(sync.target(), Some(3.0));
    }
}
