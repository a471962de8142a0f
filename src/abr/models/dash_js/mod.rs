//! dash.js 5.1, as shipped, and 4.7 by what differed then: several rules, each of which sees one
//! thing, and the least of what they ask for.
//!
//! The idea to hold: ThroughputRule rules until the buffer has reached `bufferTimeDefault` once,
//! and BolaRule from then on until it is down to half of it (DYNAMIC). Since a segment is asked for
//! only if it fits below that very level, the first rule is in charge until the top quality is
//! reached, for which the level is higher.
//!
//! Modelled: samples from the first byte on, all averages and the widening window; the order and
//! the filters of representations; ThroughputRule, BolaRule with its placeholder,
//! InsufficientBufferRule, SwitchHistoryRule, AbandonRequestsRule, L2ARule, and LoLPRule with the
//! weights of a seed (`lol-plus`); the buffer targets; segments
//! fetched again after a switch up; the timer of 500 ms, jumped over; what it calls an empty
//! buffer; retries; for live, the rules of [`live`], and what low latency mode does otherwise.
//! Source: dash.js 5.1.1, `src/streaming`.
//!
//! Not modelled: dropped frames, limits by element size, CMSD, the average by Network Information,
//! other base URLs, timeouts of requests. Buffer levels are seen when it looks
//! whether to ask for a segment, and as they were before the last one came, not at each event; of a
//! transfer, progress is taken to come every 50 ms at an even rate, so that
//! `minThroughputSamplesThreshold` has no effect up to ten. While segments are being fetched again,
//! no others are on top.
//!
//! Quirks: `quirk.bola-offset`, utilities in the score are less by one, so that BOLA goes up
//! earlier than its own levels say; `quirk.segment-duration-in-target`;
//! `quirk.bola-absolute-index`, with `minBitrate` utilities are looked up in the wrong place.

mod bola;
mod history;
mod l2a;
pub mod live;
mod rules;
#[cfg(test)]
mod tests;
mod throughput;
#[cfg(test)]
pub(super) mod vectors;

use super::Model;
use crate::abr::lol_plus::{Map, Moment};
use crate::abr::pace::{Announced, Pace};
use crate::abr::parameter::with_defaults;
use crate::abr::{
    Abr, Algorithm, Choice, Chunk, Config, Context, Decision, Factory, Growth, Outcome, Parameter,
    Reports, Retry, Settings, Transfer, Unfit, Value, Verdict, copies_of,
};
use crate::media::{Kind, Presentation, Rung, Track, TrackId};
use crate::units::{Bitrate, Skew, Sliver, Span, Speed, Time};

pub use bola::{Bola, Loaded, State};
pub use history::{History, Switches, by_history};
pub use l2a::L2a;
pub use rules::{
    Ladder, Loading, Patience, Ranked, Wish, abandoned, by_buffer, by_throughput, least, ranked,
};
pub use throughput::{MODES, Mode, Rule, Sample, Throughput, Weights, mean};

/// dash.js 5.1.
pub const V5: Model = Model {
    algorithm: Algorithm {
        name: "dash.js",
        summary: "dash.js 5.1: the least of its rules, of which throughput and BOLA take turns",
        source: "dash.js 5.1.1, src/streaming/rules/abr, controllers/AbrController.js, \
                 controllers/ScheduleController.js, models/ThroughputModel.js",
        parameters: Parameters::LIST,
        new: |settings, content| made(Parameters::LIST, settings, content),
    },
    config: |settings| config(&Parameters::from_settings(settings)),
};

/// dash.js 4.7.
pub const V4: Model = Model {
    algorithm: Algorithm {
        name: "dash.js-4.7",
        summary: "dash.js 4.7: as 5.1, with a mean of four samples, 12 s of buffer, BOLA as its \
                  levels say",
        source: "dash.js 4.7.4 by what differs from 5.1.1: Settings.js, ScheduleController.js, \
                 BolaRule.js (before #4536), AbandonRequestsRule.js",
        parameters: OLDER,
        new: |settings, content| made(OLDER, settings, content),
    },
    config: |settings| config(&Parameters::of(OLDER, settings)),
};

/// The modes of catching up.
const CATCH_UP: &[&str] = &["liveCatchupModeDefault", "liveCatchupModeLoLP"];

const AVERAGE: &str = "streaming.abr.throughput.averageCalculationMode";

/// What was otherwise in 4.7.
const OLDER: &[Parameter] = &with_defaults::<{ Parameters::LIST.len() }>(
    Parameters::LIST,
    &[
        (AVERAGE, Value::Choice(Choice::nth(MODES, 2))),
        ("streaming.buffer.bufferTimeDefault", Value::Number(12.0)),
        (
            "streaming.abr.rules.abandonRequestsRule.parameters.minThroughputSamplesThreshold",
            Value::Count(5),
        ),
        ("quirk.bola-offset", Value::Flag(false)),
        ("quirk.segment-duration-in-target", Value::Flag(false)),
    ],
);

parameters! {
    /// media ahead up to which segments are asked for below the top quality
    buffer_default (as "streaming.buffer.bufferTimeDefault", "s"): f64 = 18.0, 1.0 => 3_600.0;
    /// at the top quality
    buffer_top (as "streaming.buffer.bufferTimeAtTopQuality", "s"): f64 = 30.0, 1.0 => 3_600.0;
    /// at the top quality of long content
    buffer_top_long (as "streaming.buffer.bufferTimeAtTopQualityLongForm", "s"): f64
        = 60.0, 1.0 => 3_600.0;
    /// content this long is long
    long_form (as "streaming.buffer.longFormContentDurationThreshold", "s"): f64
        = 600.0, 0.0 => 1e6;
    /// media needed to start; with 0, any
    initial_buffer (as "streaming.buffer.initialBufferLevel", "s"): f64 = 0.0, 0.0 => 3_600.0;
    /// a buffer of no more than this is called empty
    stall_threshold (as "streaming.buffer.stallThreshold", "s"): f64 = 0.3, 0.0 => 60.0;
    /// after a switch up, segments beyond one and a half are fetched again
    fast_switch (as "streaming.buffer.fastSwitchEnabled", ""): bool = true, false => true;
    /// how often it looks whether to ask for more
    timeout (as "streaming.scheduling.defaultTimeout", "ms"): f64 = 500.0, 1.0 => 60_000.0;
    /// share of the average throughput that may be spent
    safety (as "streaming.abr.throughput.bandwidthSafetyFactor", ""): f64 = 0.9, 0.05 => 2.0;
    /// how samples of throughput make an average
    mode (as "streaming.abr.throughput.averageCalculationMode", ""): Choice
        = Choice::first(MODES), Choice::first(MODES) => Choice::last(MODES);
    /// half-life of the average that follows fast, in one and a half times the time of transfers
    fast (as "streaming.abr.throughput.ewma.throughputFastHalfLifeSeconds", "s"): f64
        = 3.0, 0.01 => 3_600.0;
    /// half-life of the one that follows slowly
    slow (as "streaming.abr.throughput.ewma.throughputSlowHalfLifeSeconds", "s"): f64
        = 8.0, 0.01 => 3_600.0;
    /// samples that a mean is over
    window (as "streaming.abr.throughput.sampleSettings.vod", ""): u32 = 4, 1 => 20;
    /// a mean is over more where they differ
    adjusted (as "streaming.abr.throughput.sampleSettings.enableSampleSizeAdjustment", ""): bool
        = true, false => true;
    /// by this factor upwards
    increase (as "streaming.abr.throughput.sampleSettings.increaseScale", ""): f64
        = 1.3, 1.0 => 100.0;
    /// or by this one downwards
    decrease (as "streaming.abr.throughput.sampleSettings.decreaseScale", ""): f64
        = 0.7, 0.01 => 1.0;
    /// pictures that came sooner came from a cache
    cache_video (as "streaming.cacheLoadThresholds.video", "ms"): f64 = 10.0, 0.0 => 60_000.0;
    /// so did sound
    cache_audio (as "streaming.cacheLoadThresholds.audio", "ms"): f64 = 5.0, 0.0 => 60_000.0;
    /// the bitrate to begin with; with -1, 1000 for pictures and 100 for sound
    initial_video (as "streaming.abr.initialBitrate.video", "kbps"): f64 = -1.0, -1.0 => 1e9;
    /// the same of sound
    initial_audio (as "streaming.abr.initialBitrate.audio", "kbps"): f64 = -1.0, -1.0 => 1e9;
    /// the least bitrate of pictures; with -1, any
    min_video (as "streaming.abr.minBitrate.video", "kbps"): f64 = -1.0, -1.0 => 1e9;
    /// the most; with -1, any
    max_video (as "streaming.abr.maxBitrate.video", "kbps"): f64 = -1.0, -1.0 => 1e9;
    /// ThroughputRule
    throughput_rule (as "streaming.abr.rules.throughputRule.active", ""): bool
        = true, false => true;
    /// BolaRule
    bola_rule (as "streaming.abr.rules.bolaRule.active", ""): bool = true, false => true;
    /// L2ARule, for pictures; its users turn the rules above off
    l2a_rule (as "streaming.abr.rules.l2ARule.active", ""): bool = false, false => true;
    /// LoLPRule, for pictures; likewise
    lol_plus_rule (as "streaming.abr.rules.loLPRule.active", ""): bool = false, false => true;
    /// InsufficientBufferRule
    insufficient_rule (as "streaming.abr.rules.insufficientBufferRule.active", ""): bool
        = true, false => true;
    /// segments before InsufficientBufferRule looks
    insufficient_ignored (
        as "streaming.abr.rules.insufficientBufferRule.parameters.segmentIgnoreCount",
        ""
    ):
        u32 = 2, 0 => 100;
    /// SwitchHistoryRule
    history_rule (as "streaming.abr.rules.switchHistoryRule.active", ""): bool
        = true, false => true;
    /// requests that SwitchHistoryRule remembers, and that it needs
    history_enough (as "streaming.abr.rules.switchHistoryRule.parameters.sampleSize", ""): u32
        = 8, 1 => 1_000;
    /// drops over other requests beyond which a representation is left
    history_most (
        as "streaming.abr.rules.switchHistoryRule.parameters.switchPercentageThreshold",
        ""
    ):
        f64 = 0.075, 0.0 => 10.0;
    /// AbandonRequestsRule
    abandon_rule (as "streaming.abr.rules.abandonRequestsRule.active", ""): bool
        = true, false => true;
    /// times the media that a request may take before it is abandoned
    abandon_multiplier (
        as "streaming.abr.rules.abandonRequestsRule.parameters.abandonDurationMultiplier",
        ""
    ):
        f64 = 1.8, 0.1 => 100.0;
    /// the time from the first byte before that
    abandon_grace (
        as "streaming.abr.rules.abandonRequestsRule.parameters.minSegmentDownloadTimeThresholdInMs",
        "ms"
    ):
        f64 = 500.0, 0.0 => 60_000.0;
    /// and the pieces of progress
    abandon_samples (
        as "streaming.abr.rules.abandonRequestsRule.parameters.minThroughputSamplesThreshold",
        ""
    ):
        u32 = 6, 1 => 1_000;
    /// how long nothing goes up, and ThroughputRule keeps quiet, after a request was abandoned
    abandon_timeout (as "streaming.abandonLoadTimeout", "ms"): f64 = 10_000.0, 0.0 => 600_000.0;
    /// attempts at a segment
    attempts (as "streaming.retryAttempts.MediaSegment", ""): u32 = 3, 0 => 100;
    /// the time between them
    interval (as "streaming.retryIntervals.MediaSegment", "ms"): f64 = 1_000.0, 0.0 => 600_000.0;
    /// how far behind live to be; with -1, as the manifest says
    live_delay (as "streaming.delay.liveDelay", "s"): f64 = -1.0, -1.0 => 3_600.0;
    /// the same in segments; with -1, as the manifest says
    live_fragments (as "streaming.delay.liveDelayFragmentCount", ""): f64 = -1.0, -1.0 => 100.0;
    /// behind live by so much more than it means to be it seeks; with 0, never
    max_drift (as "streaming.liveCatchup.maxDrift", "s"): f64 = 12.0, 0.0 => 3_600.0;
    /// how much slower it may play to keep its distance; with 1, as the manifest says
    rate_min (as "streaming.liveCatchup.playbackRate.min", ""): f64 = 1.0, -0.5 => 1.0;
    /// and how much faster; with -1, as the manifest says
    rate_max (as "streaming.liveCatchup.playbackRate.max", ""): f64 = -1.0, -1.0 => 1.0;
    /// how it catches up
    catch_up (as "streaming.liveCatchup.mode", ""): Choice
        = Choice::first(CATCH_UP), Choice::first(CATCH_UP) => Choice::last(CATCH_UP);
    /// in the mode of LoL+, the buffer below which it slows down
    catch_up_buffer (as "streaming.liveCatchup.playbackBufferMin", "s"): f64 = 0.5, 0.0 => 60.0;
    /// in BOLA's score utilities are less by one, as since 5.0
    bola_offset (as "quirk.bola-offset", ""): bool = true, false => true;
    /// a segment has to fit below the buffer target, as since 5.0; else the level alone counts
    segment_in_target (as "quirk.segment-duration-in-target", ""): bool = true, false => true;
    /// with a least bitrate BOLA looks utilities up in the wrong place
    absolute_index (as "quirk.bola-absolute-index", ""): bool = true, false => true;
}

fn made(
    list: &'static [Parameter],
    settings: &Settings,
    content: &Presentation,
) -> Result<Factory, Unfit> {
    copies_of(DashJs::new(Parameters::of(list, settings), content))
}

fn config(parameters: &Parameters) -> Config {
    let start = Span::from_secs_f64(parameters.initial_buffer);
    let (attempts, interval) = live::retries((parameters.attempts, parameters.interval), None);
    Config {
        startup: start,
        resume: Span::ZERO,
        target: Span::from_secs(86_400),
        retry: Retry {
            first: Span::from_millis_f64(interval),
            longest: Span::from_millis_f64(interval),
            attempts: attempts + 1,
            growth: Growth::Constant,
            same: true,
        },
        speed: Speed::NORMAL,
        clock: Skew::default(),
        reports: Reports {
            below: Span::from_secs_f64(parameters.stall_threshold),
            after: Span::ZERO,
        },
    }
}

/// With low latency it looks at once, which is once in so many seconds.
const LEAST_TICK: f64 = 0.001;

/// Between pieces of progress, in milliseconds: browsers tell of it no more often.
const PROGRESS: f64 = 50.0;

/// Media that is kept before segments are fetched again, in segments.
const KEPT: f64 = 1.5;

/// Seconds that LoLPRule wants left in the buffer.
const LEFT: f64 = 0.3;

/// What is known of a track.
#[derive(Clone, Debug)]
struct Stream {
    kind: Kind,
    ladder: Ladder,
    /// The rungs in dash.js's order of places.
    order: Vec<Rung>,
    throughput: Throughput,
    bola: Option<Bola>,
    l2a: L2a,
    lol_plus: Option<Map>,
    by_buffer: bool,
    history: History,
    current: Option<usize>,
    /// The segment expected next, and how many are there since the last seek.
    next: u32,
    appended: u32,
    /// What has been loaded since it was last asked.
    loaded: Option<Loaded>,
    /// Chosen, while what it replaces is found.
    chosen: Option<usize>,
    /// Segments before it replace others.
    replaced: u32,
    /// When a request was abandoned last, and for which segment: no other for it will be.
    abandoned: Option<(Time, u32)>,
    /// The chunks of the segment that is coming: when each began and ended, and its bytes.
    chunks: Vec<(f64, f64, f64)>,
}

#[derive(Clone)]
struct DashJs {
    parameters: Parameters,
    streams: Vec<Stream>,
    length: f64,
    remembered: Option<f64>,
    /// Where segments are sent as they are made.
    low_latency: bool,
}

impl DashJs {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let stream = |track: &Track| Stream::new(&parameters, track);
        Self {
            streams: content.tracks.iter().map(stream).collect(),
            length: content.end().since_start().as_secs_f64(),
            remembered: None,
            low_latency: false,
            parameters,
        }
    }

    /// Media ahead up to which a track asks for segments, and how much of it a segment needs.
    fn target(&self, cx: &Context<'_>) -> (f64, f64) {
        let (stream, parameters) = (&self.streams[cx.id.0 as usize], &self.parameters);
        let segment = cx.duration().as_secs_f64();
        let with_video = self.streams.iter().any(|stream| stream.kind == Kind::Video);
        if stream.kind == Kind::Audio && with_video {
            let video = cx.other.map_or(f64::INFINITY, Span::as_secs_f64);
            return (target_of_sound(video, segment), 0.0);
        }
        let top = stream.current == Some(stream.ladder.top());
        let target = target(
            top.then_some(self.length),
            parameters.buffer_default,
            (parameters.buffer_top, parameters.buffer_top_long, parameters.long_form),
        );
        let counts = parameters.segment_in_target && segment < target && !self.low_latency;
        (target, if counts { segment } else { 0.0 })
    }

    /// How long until a segment may be asked for, if not now.
    fn wait(&self, cx: &Context<'_>) -> Option<Span> {
        let stream = &self.streams[cx.id.0 as usize];
        let (target, needs) = self.target(cx);
        let mut ahead = cx.buffer.as_secs_f64();
        if cx.segment < stream.replaced {
            let end = cx.first_held + cx.held.len() as u32;
            let later = cx.track.start(end.min(cx.track.count())) - cx.track.start(cx.segment);
            ahead -= later.as_secs_f64();
        }
        let spare = ahead + needs - target;
        (spare >= 0.0).then(|| {
            let tick = if self.low_latency { LEAST_TICK } else { self.parameters.timeout / 1e3 };
            // What sound may have ahead moves with the pictures.
            let left = if stream.kind == Kind::Audio && cx.other.is_some() { 0.0 } else { spare };
            Span::from_secs_f64(tick * (libm::floor(left / cx.speed.as_f64() / tick) + 1.0))
        })
    }

    /// What the rules ask for, and how much longer BolaRule would wait.
    fn judge(&mut self, cx: &Context<'_>) -> (usize, f64) {
        let parameters = &self.parameters;
        let stream = &mut self.streams[cx.id.0 as usize];
        let (now, buffer) = (cx.now.since_start().as_secs_f64(), cx.buffer.as_secs_f64());
        let Some(average) = stream.throughput.average() else {
            let (set, otherwise) = match stream.kind {
                Kind::Audio => (parameters.initial_audio, 100.0),
                _ => (parameters.initial_video, 1_000.0),
            };
            let remembered = self.remembered.filter(|_| stream.kind != Kind::Audio);
            let kbps = if set > 0.0 { set } else { remembered.unwrap_or(otherwise) };
            return (stream.ladder.optimal(kbps), 0.0);
        };
        let safe = parameters.safety * average;
        let optimal = stream.ladder.optimal(safe);
        let current = stream.current.unwrap_or(0);
        let stalled = buffer <= parameters.stall_threshold;
        let (mut wishes, mut delay) = ([None; 5], 0.0);
        let first = stream.ladder.allowed()[0];
        match &mut stream.bola {
            Some(bola) if stream.by_buffer => {
                let (place, wait) =
                    bola.decide(now, buffer, current - first.min(current), optimal - first);
                (wishes[0], delay) = (Some(place + first), wait);
            }
            _ if parameters.throughput_rule => {
                let abandoning = stream.abandoning(cx.now, parameters);
                wishes[0] = by_throughput(&stream.ladder, safe, abandoning, stalled, false);
            }
            _ => {}
        }
        if parameters.l2a_rule && stream.kind != Kind::Audio {
            let last = stream.throughput.last().unwrap_or(average);
            let facts = (buffer, cx.duration().as_secs_f64(), cx.speed.as_f64());
            wishes[3] = Some(stream.l2a.decide(&stream.ladder, (safe, last), facts, current));
        }
        if let Some(map) = &mut stream.lol_plus {
            let moment = Moment {
                latency: cx.latency.unwrap_or(cx.buffer).as_secs_f64(),
                throughput: (1e3 * safe).max(1.0),
                length: cx.duration().as_secs_f64(),
                buffer,
                least: LEFT,
            };
            wishes[4] = Some(map.next(&moment, current));
        }
        if parameters.insufficient_rule && !self.low_latency {
            let facts = (buffer, cx.duration().as_secs_f64());
            let appended = (stream.appended, parameters.insufficient_ignored);
            wishes[1] = by_buffer(&stream.ladder, average, facts, stalled, appended);
        }
        if parameters.history_rule {
            let (enough, most) = (parameters.history_enough, parameters.history_most);
            wishes[2] = by_history(stream.history.get(), enough, most);
        }
        let kbps = wishes.iter().flatten().map(|&place| (stream.ladder.kbps[place], 0.5));
        let wish = least(kbps).and_then(|(least, _)| {
            wishes.iter().flatten().copied().find(|&place| stream.ladder.kbps[place] == least)
        });
        (wish.unwrap_or(current), delay)
    }
}

impl Stream {
    fn new(parameters: &Parameters, track: &Track) -> Self {
        let ranks: Vec<_> = track
            .ladder
            .rungs()
            .map(|rung| {
                let shown = track.ladder.representation(rung);
                let pixels = shown.resolution.map(|r| f64::from(r.width) * f64::from(r.height));
                Ranked { kbps: shown.bitrate.as_kbps_f64(), quality_ranking: None, pixels }
            })
            .collect();
        let order = ranked(&ranks);
        let kbps: Vec<_> = order.iter().map(|&place| ranks[place].kbps.max(0.001)).collect();
        let (min, max) = match track.kind {
            Kind::Audio => (-1.0, -1.0),
            _ => (parameters.min_video, parameters.max_video),
        };
        let ladder = Ladder::new(kbps, min, max);
        let offset = if parameters.bola_offset { -1.0 } else { 0.0 };
        let with_map = parameters.lol_plus_rule && track.kind != Kind::Audio;
        Self {
            kind: track.kind,
            bola: Bola::new(&ladder, parameters.buffer_default, offset, parameters.absolute_index),
            l2a: L2a::new(&ladder.kbps),
            lol_plus: with_map.then(|| Map::new(ladder.kbps.iter().map(|k| 1e3 * k), 0, 0)),
            history: History::new(ladder.kbps.len(), parameters.history_enough),
            ladder,
            order: order.into_iter().map(|place| Rung(place as u8)).collect(),
            throughput: Throughput::new(Rule {
                mode: Mode::named(parameters.mode.name()),
                window: parameters.window as usize,
                increase: parameters.increase,
                decrease: parameters.decrease,
                adjusted: parameters.adjusted,
                half_lives: [parameters.fast, parameters.slow],
            }),
            by_buffer: false,
            current: None,
            next: 0,
            appended: 0,
            loaded: None,
            chosen: None,
            replaced: 0,
            abandoned: None,
            chunks: Vec::new(),
        }
    }

    fn kbps_of(&self, rung: Rung) -> f64 {
        self.ladder.kbps[self.place(rung)]
    }

    /// The place of a rung.
    fn place(&self, rung: Rung) -> usize {
        self.order.iter().position(|&own| own == rung).unwrap_or(0)
    }

    /// A rung of this place among those allowed, for BOLA, which knows no others.
    fn among(&self, place: usize) -> usize {
        place - self.ladder.allowed()[0].min(place)
    }

    /// Whether a request was abandoned so lately that nothing goes up (`ABANDON_LOAD`).
    fn abandoning(&self, now: Time, parameters: &Parameters) -> bool {
        let quiet = Span::from_millis_f64(parameters.abandon_timeout);
        self.abandoned.is_some_and(|(at, _)| now - at < quiet)
    }

    /// Sees the buffer as it is, and as it was before the segment that has been loaded; returns
    /// whether it was empty then.
    fn settle(&mut self, cx: &Context<'_>, parameters: &Parameters) -> bool {
        let (buffer, loaded) = (cx.buffer.as_secs_f64(), self.loaded.take());
        let before = loaded.map(|loaded| (buffer - loaded.duration).max(0.0));
        let levels = [before.unwrap_or(buffer), buffer];
        levels.iter().for_each(|&level| self.alternate(level, parameters));
        let stall = parameters.stall_threshold;
        let (Some(loaded), Some(before)) = (loaded, before) else { return false };
        let emptied = self.appended > 1 && before <= stall;
        if let Some(bola) = &mut self.bola {
            if emptied && self.kind != Kind::Audio {
                bola.emptied();
            }
            bola.loaded(&loaded, before);
        }
        emptied
    }

    /// DYNAMIC: whose turn it is at a level of the buffer, asked before the scheduler is, which
    /// asks for nothing at the very levels at which it would turn.
    fn alternate(&mut self, level: f64, parameters: &Parameters) {
        self.by_buffer = match (parameters.throughput_rule, parameters.bola_rule) {
            (true, true) => {
                let half = 0.5 * parameters.buffer_default;
                level >= parameters.buffer_default || (self.by_buffer && level >= half)
            }
            (_, bola) => bola,
        };
    }

    /// The viewer has gone to another place.
    fn sought(&mut self) {
        (self.appended, self.loaded, self.chosen, self.replaced) = (0, None, None, 0);
        self.by_buffer = false;
        self.l2a.sought();
        if let Some(bola) = &mut self.bola {
            bola.sought();
        }
    }

    /// Where to fetch again after a switch up: behind what is kept, if there is anything and it is
    /// worse there.
    fn again(&self, cx: &Context<'_>, place: usize) -> Option<u32> {
        let kept = KEPT * cx.duration().as_secs_f64();
        if cx.buffer.as_secs_f64() < kept || cx.segment < self.replaced {
            return None;
        }
        let end = cx.track.start(cx.segment.min(cx.track.count())).since_start();
        let playhead = end.saturating_sub(cx.buffer);
        let from = crate::units::Pts::ZERO + playhead + Span::from_secs_f64(kept);
        let from = cx.track.holding(from).max(cx.first_held);
        let held = cx.held.get((from - cx.first_held) as usize);
        let worse = held.is_none_or(|&rung| self.kbps_of(rung) < self.ladder.kbps[place]);
        (from < cx.segment && worse).then_some(from)
    }
}

/// Media ahead up to which segments are asked for, given how long the content is at the top
/// quality.
pub fn target(top: Option<f64>, default: f64, (at_top, long, threshold): (f64, f64, f64)) -> f64 {
    match top {
        Some(length) if length >= threshold => long,
        Some(_) => at_top,
        None => default,
    }
}

/// The same of sound beside pictures, of which so much is ahead.
pub fn target_of_sound(video: f64, segment: f64) -> f64 {
    (video + 1.0).max(segment)
}

impl Abr for DashJs {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let index = cx.id.0 as usize;
        let stream = &mut self.streams[index];
        if let Some(place) = stream.chosen.take() {
            stream.next = cx.segment + 1;
            return Decision::Fetch(stream.order[place]);
        }
        if cx.segment != stream.next && cx.segment >= stream.replaced {
            stream.sought();
            stream.next = cx.segment;
        }
        if stream.settle(cx, &self.parameters) && stream.kind != Kind::Audio {
            let bolas = self.streams.iter_mut().filter_map(|stream| stream.bola.as_mut());
            bolas.for_each(Bola::emptied);
        }
        if let Some(span) = self.wait(cx) {
            return Decision::Wait(span);
        }
        let (place, delay) = self.judge(cx);
        if delay > 0.0 {
            return Decision::Wait(Span::from_secs_f64(delay));
        }
        let stream = &mut self.streams[index];
        let abandoning = stream.abandoning(cx.now, &self.parameters);
        let before = stream.current;
        if let Some(before) = before {
            stream.history.push(before, place);
        }
        let up = before.is_some_and(|before| place > before);
        let place = before.filter(|_| up && abandoning).unwrap_or(place);
        stream.current = Some(place);
        let replaces =
            up && !abandoning && live::fast_switch(self.parameters.fast_switch, self.low_latency);
        if let Some(from) = stream.again(cx, place).filter(|_| replaces) {
            (stream.chosen, stream.replaced) = (Some(place), cx.segment);
            return Decision::Refetch(from);
        }
        stream.next = cx.segment + 1;
        Decision::Fetch(stream.order[place])
    }

    fn observe(&mut self, transfer: &Transfer) {
        let stream = &mut self.streams[transfer.track.0 as usize];
        let (Outcome::Done, Some(first)) = (transfer.outcome, transfer.first_byte) else { return };
        let millis = |from: Time, to: Time| (to - from).as_millis_f64();
        let cached = match stream.kind {
            Kind::Audio => self.parameters.cache_audio,
            _ => self.parameters.cache_video,
        };
        let (took, total) = (millis(first, transfer.now), millis(transfer.requested, transfer.now));
        let latency = millis(transfer.requested, first);
        let whole = || Sample::of(transfer.received.as_f64(), took, latency, total, cached);
        let sample = match stream.chunks.is_empty() {
            true => whole(),
            false => {
                let bits = live::chunked(&stream.chunks);
                bits.and_then(|bits| Sample::of(bits * took / 8.0, took, latency, total, cached))
            }
        };
        stream.chunks.clear();
        sample.into_iter().for_each(|sample| stream.throughput.add(sample));
        let seconds = |at: Time| at.since_start().as_secs_f64();
        stream.appended += 1;
        let place = stream.place(transfer.rung);
        stream.loaded = Some(Loaded {
            place: stream.among(place),
            duration: transfer.duration.as_secs_f64(),
            requested: seconds(transfer.requested),
            finished: seconds(transfer.now),
            replaced: stream.next <= stream.replaced,
        });
    }

    fn patience(&self, cx: &Context<'_>, rung: Rung) -> Option<Span> {
        let stream = &self.streams[cx.id.0 as usize];
        let lowest = stream.ladder.allowed()[0];
        let again = stream.abandoned.is_some_and(|(_, segment)| segment == cx.segment);
        let may = self.parameters.abandon_rule && !again && stream.place(rung) != lowest;
        may.then(|| Span::from_millis_f64(self.parameters.abandon_grace.max(PROGRESS)))
    }

    fn watch(&mut self, cx: &Context<'_>, transfer: &Transfer) -> Verdict {
        let parameters = self.parameters;
        let tick = Span::from_millis_f64(PROGRESS);
        let stream = &mut self.streams[cx.id.0 as usize];
        let Some(first) = transfer.first_byte else { return Verdict::Watch(tick) };
        let spare = cx.buffer.saturating_sub(Span::from_secs_f64(parameters.buffer_default));
        if !spare.is_zero() {
            return Verdict::Watch(cx.speed.takes(spare, Sliver::default()).max(tick));
        }
        let millis = (transfer.now - first).as_millis_f64();
        let patience = Patience {
            samples: parameters.abandon_samples,
            grace: parameters.abandon_grace,
            multiplier: parameters.abandon_multiplier,
        };
        let left = patience.left(millis, millis / PROGRESS);
        if left > 0.0 {
            return Verdict::Watch(Span::from_millis_f64(left).max(tick));
        }
        let loaded = transfer.received.as_f64();
        let place = stream.place(transfer.rung);
        let loading = Loading {
            place,
            duration: transfer.duration.as_secs_f64(),
            total: transfer.size.as_f64(),
            loaded,
            bytes: loaded,
            millis,
        };
        if let Some((other, _)) = abandoned(&stream.ladder, &loading, patience.multiplier) {
            stream.abandoned = Some((cx.now, cx.segment));
            stream.current = Some(other);
            stream.history.clear();
            let among = stream.among(place);
            if let Some(bola) = &mut stream.bola {
                bola.abandoned(among, cx.buffer.as_secs_f64());
            }
            return Verdict::Abandon(stream.order[other]);
        }
        // Even if nothing more came, it would not look too slow before.
        let limit = 1e3 * patience.multiplier * loading.duration * loaded / loading.total;
        Verdict::Watch(Span::from_millis_f64((limit - millis).max(PROGRESS)))
    }

    fn go_live(&mut self, announced: &Announced) -> Box<dyn Pace> {
        let Parameters { live_delay, live_fragments, max_drift, stall_threshold, timeout, .. } =
            self.parameters;
        let Parameters { rate_min, rate_max, catch_up, catch_up_buffer, .. } = self.parameters;
        let lol_plus = (catch_up == Choice::last(CATCH_UP)).then_some(catch_up_buffer);
        let rates = ((rate_min <= 0.0).then_some(rate_min), (rate_max >= 0.0).then_some(rate_max));
        let settings = live::Settings {
            delay: live_delay,
            fragments: live_fragments,
            max_drift,
            rates,
            lol_plus,
            stall_threshold,
            timeout,
            passes_over: false,
            ..live::Live::USUAL
        };
        let pace = live::Live::new(announced, &settings);
        self.low_latency = pace.low_latency();
        // An event has no length that would make it long.
        self.length = f64::INFINITY;
        self.parameters.buffer_default = self.parameters.buffer_default.min(pace.target());
        Box::new(pace)
    }

    fn chunk(&mut self, track: TrackId, chunk: &Chunk) {
        let millis = |at: Time| at.since_start().as_millis_f64();
        let seen = (millis(chunk.began), millis(chunk.ended), chunk.bytes.as_f64());
        self.streams[usize::from(track.0)].chunks.push(seen);
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.remembered = Some(throughput.as_kbps_f64());
    }

    fn estimate(&self) -> Option<Bitrate> {
        let main = self.streams.iter().find(|stream| stream.kind != Kind::Audio)?;
        let kbps = main.throughput.average().or(self.remembered)?;
        Some(Bitrate::from_bps_f64(1e3 * kbps))
    }
}
