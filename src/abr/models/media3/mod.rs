//! AndroidX Media3 (ExoPlayer) 1.11, as shipped: a median of transfers, no step up below 10 s of
//! buffer and none down above 25 s, and chunks that are never given up.
//!
//! The idea to hold: a chunk under way is left alone whatever happens; what can be changed is the
//! next one, and the far end of a queue of 50 s.
//!
//! Modelled: the default meter (a sample of all transfers at the time, without the wait for the
//! first); `AdaptiveTrackSelection` with its gates, the split of bandwidth between picture and
//! sound, and the discarding of queued chunks; load control by seconds and bytes; sound and picture
//! in step; what is needed to start and to go on; retries; for live, the rules of [`live`]. Source:
//! androidx/media 1.11.0, `libraries/exoplayer`.
//!
//! Not modelled: other meters (`ExperimentalBandwidthMeter`), the table of estimates by country and
//! network (it begins with the estimate for the unknown), exclusion of formats that failed, other
//! locations. Where transfers overlap a sample is taken as one of the picture ends, of all that has
//! ended since the last; the real one takes a sample as each ends, of all that has come. Work is
//! done every 10 ms. The queue is looked at when a chunk may be loaded, at most once a second.

pub mod live;
mod load;
mod meter;
mod select;
#[cfg(test)]
pub(super) mod vectors;

use super::Model;
use crate::abr::pace::{Announced, Pace};
use crate::abr::{
    Abr, Algorithm, Config, Context, Decision, Growth, Reports, Retry, Settings, Transfer,
    copies_of,
};
use crate::media::{Kind, Presentation, Rung, Track, TrackId};
use crate::units::{Bitrate, Skew, Span, Speed, Time};

pub use load::{LoadControl, needed};
pub use meter::{Meter, SlidingPercentile};
pub use select::{
    Checkpoints, Chunk, Facts, Gates, allocatable, allocated, checkpoints, ideal, kept, update,
};

/// The player.
pub const MODEL: Model = Model {
    algorithm: Algorithm {
        name: "media3",
        summary: "AndroidX Media3 1.11: 70 % of a median of transfers; up only above 10 s of \
                  buffer, down only below 25 s",
        source: "androidx/media 1.11.0, AdaptiveTrackSelection.java, DefaultBandwidthMeter.java, \
                 DefaultLoadControl.java",
        parameters: Parameters::LIST,
        new: |settings, content| {
            copies_of(Media3::new(Parameters::from_settings(settings), content))
        },
    },
    config,
};

parameters! {
    /// the bandwidth before anything has been measured
    initial (as "initialBitrateEstimate", "bps"): f64 = 1e6, 1.0 => 1e12;
    /// how much weight, in square roots of bytes, the meter's median is over
    max_weight (as "slidingWindowMaxWeight", ""): u32 = 2_000, 1 => 100_000;
    /// share of the estimate that may be spent
    fraction (as "bandwidthFraction", ""): f64 = 0.7, 0.01 => 10.0;
    /// media buffered before a better format is taken
    increase (as "minDurationForQualityIncreaseMs", "ms"): f64 = 10_000.0, 0.0 => 3.6e6;
    /// media buffered with which a worse format is put off
    decrease (as "maxDurationForQualityDecreaseMs", "ms"): f64 = 25_000.0, 0.0 => 3.6e6;
    /// media kept when queued chunks are discarded for better ones
    retain (as "minDurationToRetainAfterDiscardMs", "ms"): f64 = 25_000.0, 0.0 => 3.6e6;
    /// the widest picture that is discarded
    discard_width (as "maxWidthToDiscard", "px"): u32 = 1_279, 0 => 100_000;
    /// the tallest picture that is discarded
    discard_height (as "maxHeightToDiscard", "px"): u32 = 719, 0 => 100_000;
    /// media below which chunks are loaded
    min_buffer (as "minBufferMs", "ms"): f64 = 50_000.0, 0.0 => 3.6e6;
    /// media at which loading stops
    max_buffer (as "maxBufferMs", "ms"): f64 = 50_000.0, 0.0 => 3.6e6;
    /// media needed to start
    start (as "bufferForPlaybackMs", "ms"): f64 = 1_000.0, 0.0 => 3.6e6;
    /// media needed to go on after a stall
    after_rebuffer (as "bufferForPlaybackAfterRebufferMs", "ms"): f64 = 2_000.0, 0.0 => 3.6e6;
    /// bytes of picture buffered at which loading stops
    video_bytes (as "videoBufferSize", "bytes"): f64 = 131_072_000.0, 0.0 => 1e12;
    /// bytes of sound buffered at which loading stops
    audio_bytes (as "audioBufferSize", "bytes"): f64 = 13_107_200.0, 0.0 => 1e12;
    /// retries of a chunk
    min_retries (as "minLoadableRetryCount", ""): u32 = 3, 0 => 100;
}

fn config(settings: &Settings) -> Config {
    let Parameters { start, after_rebuffer, min_retries, .. } = Parameters::from_settings(settings);
    let needs = |rebuffering| {
        Span::from_secs_f64(needed(start / 1e3, after_rebuffer / 1e3, rebuffering, None))
    };
    Config {
        startup: needs(false),
        resume: needs(true),
        target: Span::from_secs(86_400),
        retry: Retry {
            first: Span::from_secs(1),
            longest: Span::from_secs(5),
            attempts: min_retries + 1,
            growth: Growth::Linear,
            same: true,
        },
        speed: Speed::NORMAL,
        clock: Skew::default(),
        reports: Reports::default(),
    }
}

/// How often work is done, and how often it looks whether there is room for more bytes.
const TICK: Span = Span::from_millis(10);
const LOOK: Span = Span::from_millis(100);

/// The queue is evaluated no sooner than after this, unless it has grown.
const EVALUATION: Span = Span::from_secs(1);

/// What is known of a track.
#[derive(Clone, Debug)]
struct Stream {
    bitrates: Vec<f64>,
    points: Checkpoints,
    load: LoadControl,
    bytes: f64,
    /// Where the last chunk asked for ends, and whether it is under way.
    position: Span,
    busy: bool,
    /// Whether there is more to ask for.
    more: bool,
    /// When the queue was evaluated, and how far it went.
    evaluated: Option<(Time, u32)>,
}

#[derive(Clone)]
struct Media3 {
    gates: Gates,
    meter: Meter,
    streams: Vec<Stream>,
    /// Of transfers that overlap: when the first began to come, and bytes of those that ended.
    since: Option<Time>,
    pending: f64,
    main: TrackId,
    /// Seconds of media needed to start.
    start: f64,
}

impl Media3 {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let rates = |track: &Track| -> Vec<f64> {
            track.ladder.bitrates().iter().map(|rate| rate.as_f64()).collect()
        };
        let groups: Vec<_> = content.tracks.iter().map(rates).collect();
        let points = checkpoints(&groups);
        let stream = |((track, bitrates), points): ((&Track, Vec<f64>), Checkpoints)| Stream {
            bitrates,
            points,
            load: LoadControl::new(parameters.min_buffer / 1e3, parameters.max_buffer / 1e3),
            bytes: match track.kind {
                Kind::Audio => parameters.audio_bytes,
                _ => parameters.video_bytes,
            },
            position: Span::ZERO,
            busy: false,
            more: true,
            evaluated: None,
        };
        Self {
            gates: Gates {
                increase: parameters.increase / 1e3,
                decrease: parameters.decrease / 1e3,
                retain: parameters.retain / 1e3,
                discard: (parameters.discard_width, parameters.discard_height),
                fraction: parameters.fraction as f32,
                live_fraction: 0.75,
            },
            meter: Meter::new(parameters.max_weight, parameters.initial),
            streams: content.tracks.iter().zip(groups).zip(points).map(stream).collect(),
            since: None,
            pending: 0.0,
            main: content.main(),
            start: parameters.start / 1e3,
        }
    }

    /// The ideal format of a track.
    fn ideal(&self, cx: &Context<'_>) -> usize {
        let stream = &self.streams[cx.id.0 as usize];
        let rate = cx.speed.as_f64();
        let total = allocatable(self.meter.get(), &self.gates, None, rate, None);
        ideal(&stream.bitrates, allocated(&stream.points, total))
    }

    /// The first segment of the queue that is to be loaded again, if it is time to look.
    fn discarded(&mut self, cx: &Context<'_>, ideal: usize) -> Option<u32> {
        let end = cx.first_held + cx.held.len() as u32;
        let stream = &mut self.streams[cx.id.0 as usize];
        let due =
            stream.evaluated.is_none_or(|(at, last)| cx.now - at >= EVALUATION || last != end);
        if !due || cx.segment != end {
            return None;
        }
        stream.evaluated = Some((cx.now, end));
        let (ends, rate) = (cx.track.start(end).since_start(), cx.speed.as_f64());
        let size = |rung: usize| {
            let shown = cx.track.ladder.representation(Rung(rung as u8)).resolution;
            shown.map(|shown| (shown.width, shown.height))
        };
        let chunk = |(place, rung): (usize, &Rung)| {
            let start = cx.track.start(cx.first_held + place as u32).since_start();
            let playout = cx.buffer.as_secs_f64() - (ends - start).as_secs_f64();
            let rung = usize::from(rung.0);
            Chunk { playout: playout / rate, bitrate: stream.bitrates[rung], size: size(rung) }
        };
        let best = Chunk { playout: 0.0, bitrate: stream.bitrates[ideal], size: size(ideal) };
        let queue = cx.held.iter().enumerate().map(chunk);
        let kept = kept(queue, &self.gates, &best);
        (kept < cx.held.len()).then(|| cx.first_held + kept as u32)
    }

    /// Bytes held of a track.
    fn held(cx: &Context<'_>) -> f64 {
        let sizes = (cx.first_held..).zip(cx.held).filter(|(index, _)| *index < cx.track.count());
        sizes.map(|(index, rung)| cx.track.size(index, *rung).as_f64()).sum()
    }

    /// How long until a chunk may be loaded, if not now.
    fn wait(&mut self, cx: &Context<'_>) -> Option<Decision> {
        let (buffered, rate) = (cx.buffer.as_secs_f64(), cx.speed.as_f64());
        let stream = &mut self.streams[cx.id.0 as usize];
        let full = Self::held(cx) >= stream.bytes;
        if !stream.load.goes_on(buffered, rate, full) {
            let low = stream.load.low(rate);
            let spare = Span::from_secs_f64((buffered - low).max(0.0) / rate);
            return Some(Decision::Wait(if full { LOOK } else { spare + TICK }));
        }
        let own = cx.track.start(cx.segment).since_start();
        let others = self.streams.iter().enumerate();
        let mut others = others.filter(|(place, other)| *place != cx.id.0 as usize && other.more);
        others.any(|(_, other)| other.position < own).then_some(Decision::Yield)
    }
}

impl Abr for Media3 {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        // Wherever it is, be it that the player did not wait.
        self.streams[cx.id.0 as usize].position = cx.track.start(cx.segment).since_start();
        let ideal = self.ideal(cx);
        if let Some(from) = self.discarded(cx, ideal) {
            return Decision::Discard(from);
        }
        if let Some(decision) = self.wait(cx) {
            return decision;
        }
        let facts = Facts {
            last: cx.last.map(|rung| rung.0.into()),
            buffered: cx.buffer.as_secs_f64(),
            available: cx.latency.map(Span::as_secs_f64),
            chunk: Some(cx.duration().as_secs_f64()),
        };
        let stream = &mut self.streams[cx.id.0 as usize];
        let chosen = update(&stream.bitrates, ideal, &self.gates, &facts);
        stream.position = cx.track.start(cx.segment + 1).since_start();
        (stream.busy, stream.more) = (true, cx.segment + 1 < cx.track.count());
        Decision::Fetch(Rung(chosen as u8))
    }

    fn observe(&mut self, transfer: &Transfer) {
        self.streams[transfer.track.0 as usize].busy = false;
        if !transfer.idle.is_zero() {
            // FLAG_MIGHT_NOT_USE_FULL_NETWORK_SPEED.
            return;
        }
        let began = transfer.first_byte.unwrap_or(transfer.now);
        let since = self.since.map_or(began, |since| since.min(began));
        self.pending += transfer.received.as_f64();
        let busy = self.streams.iter().any(|stream| stream.busy);
        if busy && transfer.track != self.main {
            self.since = Some(since);
            return;
        }
        self.meter.add((transfer.now - since).as_millis_f64(), self.pending);
        (self.since, self.pending) = (busy.then_some(transfer.now), 0.0);
    }

    fn go_live(&mut self, announced: &Announced) -> Box<dyn Pace> {
        Box::new(live::Live::new(announced, self.start))
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.meter.assume(throughput.as_f64());
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.meter.is_measured().then(|| Bitrate::from_bps_f64(self.meter.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abr::testing::{Question, fetched};

    /// What is chosen after the rung with so many milliseconds in the buffer.
    fn chosen(media3: &mut dyn Abr, question: &mut Question, last: u8, millis: u64) -> Decision {
        question.last = Some(Rung(last));
        media3.choose(&question.context_at(Span::from_millis(millis)))
    }

    #[test]
    fn seventy_percent_of_1_mbps_may_be_spent_until_samples_took_2_s() {
        // 0.7 · 1 Mbit/s = 700 kbit/s.
        let mut question = Question::of(&[400, 690, 710, 1_390, 1_410]);
        let mut media3 = question.ask(&MODEL.algorithm);
        assert_eq!(media3.choose(&question.context(0)), Decision::Fetch(Rung(1)));
        // 1,999 ms are less than 2 s and 250 kB less than 512 KiB: not yet.
        media3.observe(&fetched(250_000, 1_999));
        question.segment = 11;
        assert_eq!(media3.choose(&question.context(20)), Decision::Fetch(Rung(1)));
        assert_eq!(media3.estimate(), None);
        // With 1 ms more they are: 250,000 · 8,000 / 1,999 = 1,000,500 bit/s weigh √250,000 = 500,
        // and 250 B in 1 ms, 2 Mbit/s, weigh 15. Half of 515 is reached with the first.
        media3.observe(&fetched(250, 1));
        assert_eq!(media3.estimate(), Some(Bitrate::from_bps(1_000_500)));
        // 2 MB in 8 s are 2 Mbit/s and weigh 1,414: the median, of which 1.4 Mbit/s may be spent.
        media3.observe(&fetched(2_000_000, 8_000));
        assert_eq!(media3.estimate(), Some(Bitrate::from_bps(2_000_000)));
        question.segment = 12;
        assert_eq!(media3.choose(&question.context(20)), Decision::Fetch(Rung(3)));
    }

    #[test]
    fn nothing_better_is_taken_below_10_s_and_nothing_worse_from_25_s_on() {
        // 0.7 · 1 Mbit/s = 700 kbit/s: the one in the middle is ideal.
        let mut question = Question::of(&[300, 600, 900]);
        let mut media3 = question.ask(&MODEL.algorithm);
        let mut chosen = |last, millis| chosen(media3.as_mut(), &mut question, last, millis);
        assert_eq!(chosen(0, 9_999), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(0, 10_000), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(2, 24_999), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(2, 25_000), Decision::Fetch(Rung(2)));
    }

    #[test]
    fn at_50_s_the_next_is_loaded_once_what_is_above_has_been_played() {
        let mut question = Question::of(&[300, 600]);
        let mut media3 = question.ask(&MODEL.algorithm);
        let mut chosen = |millis| chosen(media3.as_mut(), &mut question, 1, millis);
        assert_eq!(chosen(49_999), Decision::Fetch(Rung(1)));
        // A segment of 4 s was added to 49.999 s: 3.999 s too much, and work is done every 10 ms.
        assert_eq!(chosen(53_999), Decision::Wait(Span::from_millis(3_999 + 10)));
        // 50 s are not below 50 s.
        assert_eq!(chosen(50_000), Decision::Wait(Span::from_millis(10)));
        assert_eq!(chosen(49_990), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn sound_waits_for_the_picture_that_ends_before_it() {
        let mut picture = Question::of(&[300, 600]).content.tracks.swap_remove(0);
        let mut sound = picture.clone();
        (picture.kind, sound.kind) = (Kind::Video, Kind::Audio);
        let content = Presentation::new(vec![picture, sound]);
        let mut question = Question { content, segment: 0, last: None };
        let mut media3 = question.ask(&MODEL.algorithm);
        let mut ask = |track: u8, segment| {
            question.segment = segment;
            let (id, cx) = (TrackId(track), question.context(5));
            let track = &question.content.tracks[usize::from(track)];
            matches!(media3.choose(&Context { id, track, ..cx }), Decision::Fetch(_))
        };
        // Both begin at 0 s; then sound is at 4 s and the picture at 0 s, at 4 s and at 8 s.
        assert!(ask(1, 0));
        assert!(!ask(1, 1));
        assert!(ask(0, 0));
        assert!(ask(1, 1));
        assert!(!ask(1, 2));
    }

    #[test]
    fn it_starts_with_1_s_resumes_with_2_s_and_retries_at_once_then_1_s_later_each_time() {
        let config = (MODEL.config)(&Settings::default());
        assert_eq!((config.startup, config.resume), (Span::from_secs(1), Span::from_secs(2)));
        // After the n-th failure (n − 1) s, 5 s at most.
        let waits: Vec<_> = (1..=8).map(|n| config.retry.wait(n)).collect();
        assert_eq!(waits, [0, 1, 2, 3, 4, 5, 5, 5].map(Span::from_secs));
        // Three retries: the fourth failure is one too many.
        assert_eq!((config.retry.attempts, config.retry.same), (4, true));
    }
}
