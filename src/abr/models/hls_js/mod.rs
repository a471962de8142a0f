//! hls.js 1.7, as shipped: bandwidth apart from the wait for the first byte, a level that comes
//! before the buffer is empty, and a check of every fragment ten times a second.
//!
//! The idea to hold: one question is asked everywhere, whether a fragment of a level comes in time
//! ([`find_best`]), with other factors at the start, on the way and in an emergency.
//!
//! Modelled: the estimator with its floors and its wait for the first byte; the first level, the
//! next one, a fragment given up for a lower one; the goal in bytes; ticks of 100 ms, jumped over;
//! `abrSwitchInterval`, `autoLevelCapping`, `minAutoBitrate`; retries; what it calls a stall; for
//! live, the rules of [`live`]. Source: hls.js 1.7, `src/controller/abr-controller.ts`,
//! `base-stream-controller.ts`, `utils/ewma-bandwidth-estimator.ts`, `config.ts`.
//!
//! Not modelled: codec tiers, frame rates and video ranges (levels differ in bitrate alone), the
//! bitrate test of `startLevel = -1`, the loading of a level's playlist in the time a switch takes,
//! gaps and nudges, capping by element size, penalties of levels that failed. The first entry of
//! the playlist is taken to be the cheapest. Sound is fetched to the goal of the picture on its
//! lowest rendition and never sampled, as a chosen rendition is.
//!
//! Quirk: `quirk.ewma-update-bias`, averages corrected twice when half-lives change from live to on
//! demand.

mod abandon;
mod estimate;
mod level;
pub mod live;
#[cfg(test)]
pub(super) mod vectors;

use super::Model;
use crate::abr::pace::{Announced, Pace};
use crate::abr::{
    Abr, Algorithm, Chunk, Config, Context, Decision, Growth, Outcome, Reports, Retry, Settings,
    Transfer, Verdict, copies_of,
};
use crate::media::{Presentation, Rung, TrackId};
use crate::units::{Bitrate, Skew, Span, Speed, Time};

pub use abandon::{Check, Loading, check, grace};
pub use estimate::Estimate;
pub use level::{Facts, Levels, Limits, find_best, first, next, time_to_load};

/// The player.
pub const MODEL: Model = Model {
    algorithm: Algorithm {
        name: "hls.js",
        summary: "hls.js 1.7: a level that a share of the least of two averages carries, and whose \
                  fragment comes before the buffer is empty",
        source: "hls.js 1.7, src/controller/abr-controller.ts (findBestLevel, \
                 _abandonRulesCheck), src/utils/ewma-bandwidth-estimator.ts, src/config.ts",
        parameters: Parameters::LIST,
        new: |settings, content| {
            copies_of(HlsJs::new(Parameters::from_settings(settings), content))
        },
    },
    config,
};

parameters! {
    /// half-life of the average that follows fast, on demand
    fast (as "abrEwmaFastVoD", "s"): f64 = 3.0, 0.0 => 3_600.0;
    /// half-life of the one that follows slowly, on demand; also of the wait for the first byte
    slow (as "abrEwmaSlowVoD", "s"): f64 = 9.0, 0.0 => 3_600.0;
    /// half-life of the fast average while it is not known that it is no live stream
    fast_live (as "abrEwmaFastLive", "s"): f64 = 3.0, 0.0 => 3_600.0;
    /// half-life of the slow one, likewise
    slow_live (as "abrEwmaSlowLive", "s"): f64 = 9.0, 0.0 => 3_600.0;
    /// the bandwidth before anything has been measured, unless the first level has more
    default_estimate (as "abrEwmaDefaultEstimate", "bps"): f64 = 500_000.0, 1.0 => 1e12;
    /// the most that the first level raises it to
    default_most (as "abrEwmaDefaultEstimateMax", "bps"): f64 = 5e6, 1.0 => 1e12;
    /// share of the estimate for the level as it is, and lower ones
    factor (as "abrBandWidthFactor", ""): f64 = 0.95, 0.01 => 10.0;
    /// share of the estimate for higher levels
    up_factor (as "abrBandWidthUpFactor", ""): f64 = 0.7, 0.01 => 10.0;
    /// the longest stall put up with for a level
    max_starvation (as "maxStarvationDelay", "s"): f64 = 4.0, 0.0 => 3_600.0;
    /// the least time between changes of level; with 0, none
    switch_interval (as "abrSwitchInterval", "s"): f64 = 0.0, 0.0 => 3_600.0;
    /// no lower level is chosen than the first of at least this bitrate
    min_auto_bitrate (as "minAutoBitrate", "bps"): f64 = 0.0, 0.0 => 1e12;
    /// the number of the highest level that may be chosen; with -1, any
    auto_level_capping (as "autoLevelCapping", ""): f64 = -1.0, -1.0 => 255.0;
    /// the level to begin with; with -1, what the estimate carries
    start_level (as "startLevel", ""): f64 = -1.0, -1.0 => 255.0;
    /// the least media ahead up to which fragments are asked for
    max_buffer_length (as "maxBufferLength", "s"): f64 = 30.0, 1.0 => 36_000.0;
    /// the bytes ahead up to which they are
    max_buffer_size (as "maxBufferSize", "bytes"): f64 = 60e6, 0.0 => 1e12;
    /// the most media ahead, whatever its bytes
    max_max_buffer_length (as "maxMaxBufferLength", "s"): f64 = 600.0, 1.0 => 36_000.0;
    /// retries of a fragment after errors
    max_retries (as "fragLoadPolicy.default.errorRetry.maxNumRetry", ""): u32 = 6, 0 => 100;
    /// the wait before the first of them, doubled each time
    retry_delay (as "fragLoadPolicy.default.errorRetry.retryDelayMs", "ms"): f64
        = 1_000.0, 0.0 => 600_000.0;
    /// the longest such wait
    max_retry_delay (as "fragLoadPolicy.default.errorRetry.maxRetryDelayMs", "ms"): f64
        = 8_000.0, 0.0 => 600_000.0;
    /// how far behind live to be; with -1, as the playlist or `liveSyncDurationCount` says
    sync (as "liveSyncDuration", "s"): f64 = -1.0, -1.0 => 3_600.0;
    /// the same in target durations; with -1, as the playlist says, or 3
    sync_count (as "liveSyncDurationCount", ""): f64 = -1.0, -1.0 => 100.0;
    /// further behind than this it seeks; with -1, as `liveMaxLatencyDurationCount` says
    max_latency (as "liveMaxLatencyDuration", "s"): f64 = -1.0, -1.0 => 3_600.0;
    /// the same in target durations; with -1, never
    max_latency_count (as "liveMaxLatencyDurationCount", ""): f64 = -1.0, -1.0 => 1_000.0;
    /// how much further behind it means to be after each stall, up to a target duration
    on_stall (as "liveSyncOnStallIncrease", "s"): f64 = 1.0, 0.0 => 60.0;
    /// how fast it may play to catch up; with 1, it does not
    max_rate (as "maxLiveSyncPlaybackRate", ""): f64 = 1.0, 1.0 => 2.0;
    /// parts are played where there are any
    low_latency (as "lowLatencyMode", ""): bool = true, false => true;
    /// averages are corrected twice when their half-lives change
    update_bias (as "quirk.ewma-update-bias", ""): bool = true, false => true;
}

/// What a stall has to last before hls.js speaks of it: `detectStallWithCurrentTimeMs`.
const STALL: Span = Span::from_millis(1_250);

/// The wait for a first byte before one was met, in milliseconds: `abrDefaultTTFB`.
const TTFB: f64 = 100.0;

fn config(settings: &Settings) -> Config {
    let parameters = Parameters::from_settings(settings);
    Config {
        startup: Span::ZERO,
        resume: Span::ZERO,
        target: Span::from_secs(86_400),
        retry: Retry {
            first: Span::from_millis_f64(parameters.retry_delay),
            longest: Span::from_millis_f64(parameters.max_retry_delay),
            attempts: parameters.max_retries + 1,
            growth: Growth::Doubling,
            same: true,
        },
        speed: Speed::NORMAL,
        clock: Skew::default(),
        reports: Reports { after: STALL, ..Reports::default() },
    }
}

/// Throttles changes of level.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// Seconds between changes.
    pub interval: f64,
    last: Option<f64>,
}

impl Throttle {
    /// Of nothing yet.
    pub fn new(interval: f64) -> Self {
        Self { interval, last: None }
    }

    /// The level in use once another is asked for at some second.
    pub fn change(&mut self, now: f64, level: Option<usize>, to: usize) -> usize {
        match level {
            Some(level) if level == to => level,
            Some(level) if self.last.is_some_and(|last| now - last < self.interval) => level,
            _ => {
                self.last = Some(now);
                to
            }
        }
    }
}

#[derive(Clone)]
struct HlsJs {
    parameters: Parameters,
    estimate: Estimate,
    throttle: Throttle,
    bitrates: Vec<f64>,
    range: (usize, usize),
    main: u8,
    level: Option<usize>,
    remembered: bool,
    live: bool,
    /// Parts are asked for one by one, and measured so.
    parts: bool,
}

impl HlsJs {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let main = content.main();
        let ladder = &content.track(main).ladder;
        let bitrates: Vec<_> = ladder.bitrates().iter().map(|rate| rate.as_f64()).collect();
        let Parameters { slow_live, fast_live, default_estimate, default_most, .. } = parameters;
        let first = bitrates[0].min(default_most);
        let default = default_estimate.max(first);
        let mut estimate = Estimate::new(slow_live, fast_live, default, TTFB);
        estimate.update(parameters.slow, parameters.fast, parameters.update_bias);
        let range = range(&bitrates, parameters.min_auto_bitrate, parameters.auto_level_capping);
        Self {
            estimate,
            throttle: Throttle::new(parameters.switch_interval),
            range,
            bitrates,
            main: main.0,
            level: None,
            remembered: false,
            live: false,
            parts: false,
            parameters,
        }
    }

    fn levels(&self) -> Levels<'_> {
        Levels { max_bitrates: &self.bitrates, average_bitrates: &self.bitrates, range: self.range }
    }

    /// The level to load next.
    fn decide(&mut self, cx: &Context<'_>) -> usize {
        let Parameters { factor, up_factor, max_starvation, start_level, .. } = self.parameters;
        let mut facts = Facts {
            estimate: self.estimate.get(),
            ttfb: self.estimate.ttfb() / 1e3,
            duration: cx.duration().as_secs_f64(),
            starvation: cx.buffer.as_secs_f64() / cx.speed.as_f64(),
            live: self.live,
            loaded: self.level.unwrap_or(0),
        };
        if self.level.is_none() {
            facts.duration = 0.0;
            let top = self.bitrates.len() - 1;
            return match start_level >= 0.0 {
                true => (start_level as usize).min(top),
                false => first(&self.levels(), &facts, max_starvation, 0),
            };
        }
        next(&self.levels(), &facts, Limits { factor, up_factor, max_starvation })
    }

    /// Seconds of media ahead up to which fragments are asked for.
    fn goal(&self) -> f64 {
        let bitrate = self.bitrates[self.level.unwrap_or(0)];
        let Parameters { max_buffer_length, max_buffer_size, max_max_buffer_length, .. } =
            self.parameters;
        goal(max_buffer_length, max_buffer_size, max_max_buffer_length, bitrate)
    }
}

/// The levels that may be chosen by themselves: the first of at least a bitrate, and the cap.
pub fn range(bitrates: &[f64], least: f64, cap: f64) -> (usize, usize) {
    let top = bitrates.len() - 1;
    let most = if cap < 0.0 { top } else { (cap as usize).min(top) };
    let lowest = bitrates.iter().position(|&bitrate| bitrate >= least).unwrap_or(0);
    (lowest.min(most), most)
}

/// Seconds of media ahead up to which fragments of a bitrate are asked for: so many bytes, but no
/// less than a length and no more than another.
pub fn goal(length: f64, bytes: f64, most: f64, bitrate: f64) -> f64 {
    (8.0 * bytes / bitrate.max(1.0)).max(length).min(most)
}

/// A span, up to the next tick.
fn ticks(seconds: f64) -> Span {
    let tick = abandon::TICK / 1e3;
    Span::from_secs_f64(tick * libm::ceil((seconds / tick).clamp(1.0, 1e9)))
}

fn millis(from: Time, to: Time) -> f64 {
    (to - from).as_millis_f64()
}

impl Abr for HlsJs {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let spare = cx.buffer.as_secs_f64() - self.goal();
        if spare >= 0.0 {
            return Decision::Wait(ticks(spare / cx.speed.as_f64()));
        }
        if cx.id.0 != self.main {
            return Decision::Fetch(Rung(0));
        }
        let wanted = self.decide(cx);
        let now = cx.now.since_start().as_secs_f64();
        let level = self.throttle.change(now, self.level, wanted);
        self.level = Some(level);
        Decision::Fetch(Rung(level as u8))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.track.0 != self.main || transfer.outcome != Outcome::Done {
            return;
        }
        let Some(first) = transfer.first_byte.filter(|_| !self.parts) else { return };
        let ttfb = millis(transfer.requested, first);
        self.estimate.sample_ttfb(ttfb);
        let took = millis(transfer.requested, transfer.now) - ttfb.min(self.estimate.ttfb());
        self.estimate.sample(took, transfer.received.as_f64());
    }

    fn patience(&self, cx: &Context<'_>, rung: Rung) -> Option<Span> {
        let (duration, rate) = (cx.duration().as_secs_f64(), cx.speed.as_f64());
        let may = cx.id.0 == self.main && usize::from(rung.0) > self.range.0;
        may.then(|| ticks(grace(&self.estimate, duration, rate) / 1e3))
    }

    fn watch(&mut self, cx: &Context<'_>, transfer: &Transfer) -> Verdict {
        let loading = Loading {
            level: transfer.rung.0.into(),
            loaded: transfer.received.as_f64(),
            elapsed: millis(transfer.requested, transfer.now),
            ttfb: transfer.first_byte.map_or(0.0, |first| millis(transfer.requested, first)),
            duration: transfer.duration.as_secs_f64(),
            starvation: cx.buffer.as_secs_f64() / cx.speed.as_f64(),
            rate: cx.speed.as_f64(),
            playlist: None,
        };
        let levels = Levels {
            max_bitrates: &self.bitrates,
            average_bitrates: &self.bitrates,
            range: self.range,
        };
        match check(&loading, &levels, &mut self.estimate, self.parameters.up_factor) {
            Check::Never => Verdict::Finish,
            Check::Keep(millis) => Verdict::Watch(ticks(millis / 1e3)),
            // The new load ends the old one, whatever the timer says.
            Check::Switch { level, .. } => {
                self.level = Some(level);
                Verdict::Abandon(Rung(level as u8))
            }
        }
    }

    fn go_live(&mut self, announced: &Announced) -> Box<dyn Pace> {
        let Parameters { sync, sync_count, max_latency, max_latency_count, .. } = self.parameters;
        let Parameters { on_stall, max_rate, low_latency, .. } = self.parameters;
        let set = |value: f64| (value >= 0.0).then_some(value);
        let count = set(sync_count);
        let latency = live::Latency {
            low_latency,
            sync: set(sync),
            sync_count: (count.unwrap_or(3.0), count.is_some()),
            max: set(max_latency),
            max_count: set(max_latency_count).unwrap_or(f64::INFINITY),
            on_stall,
            max_rate,
        };
        (self.live, self.parts) = (true, low_latency && announced.is_low_latency());
        let slow = (self.parameters.slow_live, self.parameters.fast_live);
        self.estimate.update(slow.0, slow.1, self.parameters.update_bias);
        let announced = Announced { chunk: announced.chunk.filter(|_| low_latency), ..*announced };
        Box::new(live::Live::new(&announced, latency))
    }

    fn chunk(&mut self, track: TrackId, chunk: &Chunk) {
        if track.0 != self.main || !self.parts {
            return;
        }
        let ttfb = millis(chunk.asked, chunk.began);
        self.estimate.sample_ttfb(ttfb);
        let took = millis(chunk.asked, chunk.ended) - ttfb.min(self.estimate.ttfb());
        self.estimate.sample(took, chunk.bytes.as_f64());
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.estimate.assume(throughput.as_f64());
        self.remembered = true;
    }

    fn estimate(&self) -> Option<Bitrate> {
        let known = self.remembered || self.estimate.is_measured();
        known.then(|| Bitrate::from_bps_f64(self.estimate.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abr::testing::{Question, fetched};
    use crate::units::Bytes;

    fn player(question: &Question, parameters: Parameters) -> HlsJs {
        HlsJs::new(parameters, &question.content)
    }

    fn shipped() -> Parameters {
        Parameters::from_settings(&Settings::default())
    }

    /// The picture's highest rung, asked for so long before the question, its first byte 100 ms
    /// later.
    fn under_way(question: &Question, millis: u64, received: u64) -> Transfer {
        let cx = question.context(0);
        let (rung, took) = (cx.track.ladder.top(), Span::from_millis(millis));
        let requested = Time::ZERO + (cx.now.since_start() - took);
        Transfer {
            rung,
            size: cx.size(rung),
            received: Bytes::new(received),
            requested,
            first_byte: Some(requested + Span::from_millis(100)),
            now: cx.now,
            outcome: Outcome::UnderWay,
            ..fetched(0, 0)
        }
    }

    #[test]
    fn the_first_level_is_what_all_of_500_kbps_carries() {
        // A share of 95 % would be 475 kbit/s, and of 70 % 350.
        let question = Question::of(&[300, 490, 510]);
        let mut hls = question.ask(&MODEL.algorithm);
        assert_eq!(hls.choose(&question.context(0)), Decision::Fetch(Rung(1)));
        // A lowest level of more raises the default, up to 5 Mbit/s.
        for (lowest, default) in [(300, 5e5), (800, 8e5), (6_000, 5e6)] {
            let hls = player(&Question::of(&[lowest, 9_000]), shipped());
            assert_eq!(hls.estimate.get(), default, "{lowest} kbit/s");
        }
    }

    #[test]
    fn a_wait_for_the_first_byte_is_no_part_of_a_sample() {
        let question = Question::of(&[300, 600]);
        // 125 kB in 1 s after the first byte are 1 Mbit/s. A wait of less than 5 ms counts as 5
        // where waits are averaged, and as itself where it is taken off.
        for (wait, averaged) in [(60, 60.0), (3, 5.0)] {
            let mut hls = player(&question, shipped());
            let transfer = fetched(125_000, 1_000 + wait);
            let first_byte = Some(transfer.requested + Span::from_millis(wait));
            hls.observe(&Transfer { first_byte, ..transfer });
            let (bandwidth, ttfb) = (hls.estimate.get(), hls.estimate.ttfb());
            assert!((bandwidth - 1e6).abs() < 1e-3, "{bandwidth} bit/s");
            assert!((ttfb - averaged).abs() < 1e-9, "{ttfb} ms");
        }
    }

    #[test]
    fn a_higher_level_takes_70_percent_of_the_estimate_and_the_same_or_a_lower_one_95() {
        // 125 kB in 1 s are 1 Mbit/s: up to 700 kbit/s for higher levels, 950 for others.
        let question = Question::of(&[300, 690, 720, 940, 960]);
        for (loaded, chosen) in [(0, 1), (1, 1), (2, 2), (3, 3), (4, 3)] {
            let mut hls = player(&question, shipped());
            hls.observe(&fetched(125_000, 1_000));
            hls.level = Some(loaded);
            let decision = hls.choose(&question.context(20));
            assert_eq!(decision, Decision::Fetch(Rung(chosen)), "after {loaded}");
        }
    }

    #[test]
    fn the_buffer_goal_is_60_mb_but_30_s_at_least_and_600_s_at_most() {
        // 480 Mbit are 1,200 s at 400 kbit/s, 96 s at 5 Mbit/s and 24 s at 20.
        for (kbps, seconds) in [(400.0, 600.0), (5_000.0, 96.0), (20_000.0, 30.0)] {
            assert_eq!(goal(30.0, 60e6, 600.0, 1e3 * kbps), seconds, "{kbps} kbit/s");
        }
        // 10 Mbit/s keep it at 5. The clock ticks every 100 ms.
        let question = Question::of(&[400, 5_000]);
        let mut hls = player(&question, shipped());
        hls.observe(&fetched(1_250_000, 1_000));
        hls.level = Some(1);
        assert_eq!(hls.choose(&question.context(95)), Decision::Fetch(Rung(1)));
        assert_eq!(hls.choose(&question.context(96)), Decision::Wait(Span::from_millis(100)));
        assert_eq!(hls.choose(&question.context(98)), Decision::Wait(Span::from_secs(2)));
    }

    #[test]
    fn no_level_is_chosen_beyond_the_cap_or_below_the_least_bitrate() {
        let question = Question::of(&[100, 200, 300, 400]);
        let parameters =
            Parameters { auto_level_capping: 2.0, min_auto_bitrate: 150e3, ..shipped() };
        let mut hls = player(&question, parameters);
        // 500 kbit/s carry 400.
        assert_eq!(hls.choose(&question.context(0)), Decision::Fetch(Rung(2)));
        // 12.5 kB in 1 s are 100 kbit/s, which carry nothing.
        hls.observe(&fetched(12_500, 1_000));
        assert_eq!(hls.choose(&question.context(20)), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn a_fragment_is_given_up_once_half_its_length_has_passed_if_it_comes_after_the_buffer_ends() {
        let question = Question::of(&[400, 800, 1_400, 2_500]);
        let mut hls = player(&question, shipped());
        assert_eq!(hls.patience(&question.context(6), Rung(0)), None);
        assert_eq!(hls.patience(&question.context(6), Rung(3)), Some(Span::from_secs(2)));
        // 125 kB in 2 s are 62.5 kB/s. The other 1,125 of 1,250 kB take 18 s more.
        let half = under_way(&question, 2_000, 125_000);
        let verdict = hls.watch(&question.context(6), &half);
        assert_eq!(verdict, Verdict::Watch(Span::from_millis(100)));
        let more = under_way(&question, 2_100, 125_000);
        // With 2 s to spare: each second without a byte makes it 9 s more, and the buffer 1 s less.
        let verdict = hls.watch(&question.context(20), &more);
        assert_eq!(verdict, Verdict::Watch(Span::from_millis(200)));
        // At 500 kbit/s the 3.2 Mbit of level 1 take 6.5 s, no less than 6: the lowest it is.
        assert_eq!(hls.watch(&question.context(6), &more), Verdict::Abandon(Rung(0)));
    }

    #[test]
    fn a_fragment_is_tried_again_6_times_after_1_s_doubled_up_to_8() {
        let retry = (MODEL.config)(&Settings::default()).retry;
        let waits = [1, 2, 3, 4, 5, 6].map(|failures| retry.wait(failures).as_secs_f64());
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
        assert_eq!((retry.attempts, retry.same), (7, true));
    }
}
