//! Shaka Player 5.2, as shipped: an estimate of pieces of responses, a variant for sound and
//! picture together, and never a switch within 8 s of the last.
//!
//! The idea to hold: a variant is a rung of the picture with a rung of the sound, and what the
//! whole of it takes is compared with the estimate; each type then fetches its part of the current
//! one.
//!
//! Modelled: samples of at least 100 ms and 16 kB with the wait for the first byte in the first of
//! them, the cache filter, both averages and the default before 128 kB; `chooseVariant`, the
//! interval between switches, a request dropped for another variant's, which is decided once per
//! switch; the buffering goal by a loop per type that looks every half interval, less than the
//! longest segment ahead of the other type; back-off; for live, the rules of [`live`]. Variants are
//! all pairs of a rung of the picture with one of the sound, as Shaka makes them of DASH. Source:
//! shaka-player 5.2.0, `lib/abr`, `lib/media/streaming_engine.js`, `lib/net/http_fetch_plugin.js`,
//! `lib/player.js`.
//!
//! Not modelled: restrictions, dropped frames, CMSD, prefetching, changes of network, and the
//! disabling of a stream that failed (the player goes down a rung instead, and gives up after as
//! many rounds of attempts). Waits between attempts are not varied at random. With a rebuffering
//! goal Shaka stops the picture when no more than the lesser of half a second and half the goal is
//! left: that is a stall in its reports, while the picture goes on to the end of the buffer. Pieces
//! of responses grow while the rate stays ([`Pieces`] says what that costs), and a switch reaches
//! the request of the other type when that is looked at next.
//!
//! Quirk: `quirk.overlapping-ranges`, the ranges of variants overlap and the last that fits wins,
//! so that `abr.bandwidthUpgradeTarget` never binds.

mod choose;
mod estimate;
pub mod live;
mod pieces;
mod schedule;
#[cfg(test)]
pub(super) mod vectors;

use super::Model;
use crate::abr::pace::{Announced, Pace};
use crate::abr::{
    Abr, Algorithm, Config, Context, Decision, Growth, Outcome, Reports, Retry, Settings, Transfer,
    Verdict, copies_of,
};
use crate::media::{Kind, Presentation, Rung, Track};
use crate::units::{Bitrate, Skew, Span, Speed, Time};

pub use choose::{Switching, Targets, aborts, choose};
pub use estimate::{Estimate, Rule};
pub use pieces::{Cut, Pieces};
pub use schedule::{Goals, Loop, Wait};

/// The player.
pub const MODEL: Model = Model {
    algorithm: Algorithm {
        name: "shaka",
        summary: "Shaka Player 5.2: least of two averages, a variant within 95 % of it, and a \
                  switch every 8 s at most",
        source: "shaka-player 5.2.0, lib/abr/simple_abr_manager.js, \
                 lib/abr/ewma_bandwidth_estimator.js, lib/media/streaming_engine.js",
        parameters: Parameters::LIST,
        new: |settings, content| {
            copies_of(Shaka::new(Parameters::from_settings(settings), content))
        },
    },
    config,
};

parameters! {
    /// the bandwidth before enough has been measured
    default_estimate (as "abr.defaultBandwidthEstimate", "bps"): f64 = 1e6, 1.0 => 1e12;
    /// the least time between switches
    switch_interval (as "abr.switchInterval", "s"): f64 = 8.0, 0.0 => 3_600.0;
    /// the least time before the first switch
    min_time_to_switch (as "abr.minTimeToSwitch", "s"): f64 = 0.0, 0.0 => 3_600.0;
    /// share of the estimate that the next variant may need before it is taken
    upgrade (as "abr.bandwidthUpgradeTarget", ""): f64 = 0.85, 0.05 => 1.0;
    /// share of the estimate that a variant may need to be kept
    downgrade (as "abr.bandwidthDowngradeTarget", ""): f64 = 0.95, 0.05 => 1.0;
    /// a piece that came sooner came from a cache, and is no sample
    cache_threshold (as "abr.cacheLoadThreshold", "ms"): f64 = 5.0, 0.0 => 60_000.0;
    /// bytes of samples before the default estimate is given up
    min_total_bytes (as "abr.advanced.minTotalBytes", "bytes"): f64 = 128_000.0, 0.0 => 1e12;
    /// the least bytes of a sample
    min_bytes (as "abr.advanced.minBytes", "bytes"): f64 = 16_000.0, 0.0 => 1e12;
    /// half-life of the average that follows fast
    fast (as "abr.advanced.fastHalfLife", "s"): f64 = 2.0, 0.01 => 3_600.0;
    /// half-life of the one that follows slowly
    slow (as "abr.advanced.slowHalfLife", "s"): f64 = 5.0, 0.01 => 3_600.0;
    /// media ahead up to which segments are asked for
    buffering_goal (as "streaming.bufferingGoal", "s"): f64 = 10.0, 0.0 => 3_600.0;
    /// media needed to start, and to go on after a stall; with 0, any
    rebuffering_goal (as "streaming.rebufferingGoal", "s"): f64 = 0.0, 0.0 => 3_600.0;
    /// how often each type looks whether to ask for more; of a full buffer, twice as often, and at
    /// higher speeds as much more often
    update_interval (as "streaming.updateIntervalSeconds", "s"): f64 = 1.0, 0.05 => 60.0;
    /// the least time of a piece of a response, which Shaka does not let be set
    progress (as "progress", "ms"): f64 = 100.0, 1.0 => 60_000.0;
    /// attempts before a stream counts as failed
    max_attempts (as "streaming.retryParameters.maxAttempts", ""): u32 = 2, 1 => 100;
    /// the wait after the first failure, doubled each time; Shaka varies it by half at random
    base_delay (as "streaming.retryParameters.baseDelay", "ms"): f64 = 1_000.0, 0.0 => 60_000.0;
    /// the latency is kept by changes of speed, whatever the manifest says
    live_sync (as "streaming.liveSync.enabled", ""): bool = false, false => true;
    /// the latency that it then aims at
    live_target (as "streaming.liveSync.targetLatency", "s"): f64 = 0.5, 0.0 => 3_600.0;
    /// how far it may be from that
    live_tolerance (as "streaming.liveSync.targetLatencyTolerance", "s"): f64
        = 0.5, 0.0 => 3_600.0;
    /// how fast it plays when it is late
    live_max_rate (as "streaming.liveSync.maxPlaybackRate", ""): f64 = 1.1, 1.0 => 4.0;
    /// and when it is early
    live_min_rate (as "streaming.liveSync.minPlaybackRate", ""): f64 = 0.95, 0.25 => 1.0;
    /// stalls make it aim further back
    live_dynamic (as "streaming.liveSync.dynamicTargetLatency.enabled", ""): bool
        = false, false => true;
    /// ranges of variants overlap and the last that fits wins: the upgrade target never binds
    overlapping (as "quirk.overlapping-ranges", ""): bool = true, false => true;
}

/// How often a stream that failed makes room for another before the player gives up.
const ROUNDS: u32 = 3;

fn config(settings: &Settings) -> Config {
    let parameters = Parameters::from_settings(settings);
    let goal = Span::from_secs_f64(parameters.rebuffering_goal);
    Config {
        startup: goal,
        resume: goal,
        target: Span::from_secs(86_400),
        retry: Retry {
            first: Span::from_millis_f64(parameters.base_delay),
            longest: Span::from_secs(3_600),
            attempts: parameters.max_attempts * ROUNDS,
            growth: Growth::Doubling,
            same: false,
        },
        speed: Speed::NORMAL,
        clock: Skew::default(),
        reports: Reports { below: goal.scaled(0.5).min(LOW), ..Reports::default() },
    }
}

/// What the loops of all types go by.
fn goals(parameters: &Parameters, content: &Presentation) -> Goals {
    let lasts = |track: &Track| (0..track.count()).map(|n| track.duration(n)).max();
    let longest = content.tracks.iter().filter_map(lasts).max().unwrap_or(Span::ZERO);
    Goals {
        buffering: parameters.buffering_goal,
        rebuffering: parameters.rebuffering_goal,
        interval: parameters.update_interval,
        longest: longest.as_secs_f64(),
    }
}

/// With so much left it stalls, if it has a rebuffering goal of twice that.
const LOW: Span = Span::from_millis(500);

/// A rung of the picture with a rung of the sound.
#[derive(Clone, Copy, Debug)]
struct Variant {
    picture: Rung,
    sound: Rung,
}

/// A type: what Shaka keeps of each track.
#[derive(Clone, Copy, Debug, Default)]
struct Type {
    sound: bool,
    own: Loop,
    pieces: Pieces,
    /// The variant for which it has been decided whether to drop what is under way.
    decided: Option<usize>,
}

#[derive(Clone)]
struct Shaka {
    parameters: Parameters,
    estimate: Estimate,
    switching: Switching,
    variants: Vec<Variant>,
    bandwidths: Vec<f64>,
    types: Vec<Type>,
    goals: Goals,
    cut: Cut,
    current: Option<usize>,
    default: f64,
    remembered: bool,
    /// Of playback, when last asked.
    speed: Speed,
}

impl Shaka {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let is_sound = |track: &Track| track.kind == Kind::Audio;
        let of = |kind: bool| content.tracks.iter().find(|&track| is_sound(track) == kind);
        let rungs = |kind: bool| -> Vec<(Rung, f64)> {
            let ladder = of(kind).map(|track| &track.ladder);
            let rate = |ladder: &crate::media::Ladder, rung| ladder.bitrate(rung).as_f64();
            let all = ladder.map(|ladder| ladder.rungs().map(|r| (r, rate(ladder, r))).collect());
            all.unwrap_or_else(|| vec![(Rung(0), 0.0)])
        };
        let (pictures, sounds) = (rungs(false), rungs(true));
        let pair = |&(picture, a): &(Rung, f64)| {
            sounds.iter().map(move |&(sound, b)| (Variant { picture, sound }, a + b))
        };
        let mut variants: Vec<_> = pictures.iter().flat_map(pair).collect();
        variants.sort_by(|a, b| a.1.total_cmp(&b.1));
        let new = |track: &Track| Type { sound: is_sound(track), ..Type::default() };
        let estimate = Estimate::new(Rule {
            half_lives: [parameters.fast, parameters.slow],
            min_total_bytes: parameters.min_total_bytes,
            min_bytes: parameters.min_bytes,
            cache_threshold: parameters.cache_threshold,
        });
        Self {
            estimate,
            switching: Switching::new(parameters.switch_interval, parameters.min_time_to_switch),
            bandwidths: variants.iter().map(|(_, bandwidth)| *bandwidth).collect(),
            variants: variants.into_iter().map(|(variant, _)| variant).collect(),
            types: content.tracks.iter().map(new).collect(),
            goals: goals(&parameters, content),
            cut: Cut {
                tick: Span::from_millis_f64(parameters.progress),
                bytes: parameters.min_bytes,
            },
            current: None,
            default: parameters.default_estimate,
            remembered: false,
            speed: Speed::NORMAL,
            parameters,
        }
    }

    /// Takes the variant for the estimate as it is.
    fn take(&mut self, now: Time, speed: Speed) -> usize {
        let Parameters { upgrade, downgrade, overlapping: overlap, .. } = self.parameters;
        let targets = Targets { upgrade, downgrade, overlap };
        let estimate = self.estimate.get(self.default);
        let chosen = choose(&self.bandwidths, estimate, speed.as_f64(), targets, self.current);
        self.switching.chosen(now.since_start().as_secs_f64());
        self.current = Some(chosen);
        chosen
    }

    /// The rung of a track in the current variant.
    fn rung(&mut self, cx: &Context<'_>) -> Rung {
        let current = self.current.unwrap_or_else(|| self.take(cx.now, cx.speed));
        let variant = self.variants[current];
        let rung = if self.types[cx.id.0 as usize].sound { variant.sound } else { variant.picture };
        rung.min(cx.track.ladder.top())
    }

    /// Takes in the next piece of a response; whether there was one.
    fn sample(&mut self, transfer: &Transfer, ended: bool) -> bool {
        let pieces = &mut self.types[transfer.track.0 as usize].pieces;
        let piece = pieces.next(transfer, self.cut, ended);
        if let Some((millis, bytes)) = piece {
            self.estimate.add(millis, bytes);
        }
        piece.is_some()
    }

    /// After a sample: another variant, if it is time for one.
    fn suggest(&mut self, now: Time, speed: Speed) {
        let seconds = now.since_start().as_secs_f64();
        if self.switching.may(seconds, self.estimate.is_good()) {
            self.take(now, speed);
        }
    }

    /// How long until more is to be asked for, if not now.
    fn wait(&mut self, cx: &Context<'_>) -> Option<Span> {
        let (ahead, other) = (cx.buffer.as_secs_f64(), cx.other.map(Span::as_secs_f64));
        let own = &mut self.types[cx.id.0 as usize].own;
        if let Some(left) = own.asleep(cx.now, cx.segment) {
            return Some(left);
        }
        match self.goals.wait(ahead, other, cx.speed.as_f64()) {
            Some(wait) => Some(own.waits(cx.now, wait)),
            None => {
                own.asks();
                None
            }
        }
    }

    /// Whether what is under way is to be dropped for another rung: decided once per switch.
    fn drops(&mut self, cx: &Context<'_>, transfer: &Transfer, wanted: Rung) -> bool {
        let decided = &mut self.types[cx.id.0 as usize].decided;
        let open = *decided != self.current;
        *decided = self.current;
        let missing = transfer.size.as_f64() - transfer.received.as_f64();
        let (new, ahead) = (cx.size(wanted).as_f64(), cx.buffer.as_secs_f64());
        let estimate = self.estimate.get(self.default);
        open && wanted != transfer.rung
            && aborts(new, missing, ahead, self.goals.rebuffering, estimate)
    }
}

impl Abr for Shaka {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        self.speed = cx.speed;
        let rung = self.rung(cx);
        // Whatever is asked for now, be it that the player did not wait, is for this variant.
        self.types[cx.id.0 as usize].decided = self.current;
        self.wait(cx).map_or(Decision::Fetch(rung), Decision::Wait)
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done {
            self.sample(transfer, true);
            self.suggest(transfer.now, self.speed);
        }
    }

    fn patience(&self, _cx: &Context<'_>, _rung: Rung) -> Option<Span> {
        Some(self.cut.tick)
    }

    fn watch(&mut self, cx: &Context<'_>, transfer: &Transfer) -> Verdict {
        if self.sample(transfer, false) {
            self.suggest(cx.now, cx.speed);
        }
        let wanted = self.rung(cx);
        if self.drops(cx, transfer, wanted) {
            return Verdict::Abandon(wanted);
        }
        let due = self.switching.due().map(|due| due - cx.now.since_start().as_secs_f64());
        Verdict::Watch(self.types[cx.id.0 as usize].pieces.look(due, self.cut))
    }

    fn go_live(&mut self, announced: &Announced) -> Box<dyn Pace> {
        let Parameters { live_sync, live_target, live_tolerance, live_dynamic, .. } =
            self.parameters;
        let pace = live::Live::new(
            announced,
            live::Settings {
                enabled: live_sync,
                target: live_target,
                tolerance: live_tolerance,
                rates: (self.parameters.live_min_rate, self.parameters.live_max_rate),
                dynamic: live_dynamic,
                ..live::Settings::default()
            },
        );
        self.goals.interval = self.goals.interval.min(pace.poll().as_secs_f64());
        Box::new(pace)
    }

    fn remember(&mut self, throughput: Bitrate) {
        (self.default, self.remembered) = (throughput.as_f64(), true);
    }

    fn estimate(&self) -> Option<Bitrate> {
        let known = self.remembered || self.estimate.is_good();
        known.then(|| Bitrate::from_bps_f64(self.estimate.get(self.default)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abr::testing::{Question, fetched};
    use crate::units::Bytes;

    /// A transfer under way that was asked for 1 s before the question.
    fn under_way(question: &Question, rung: u8, received: u64) -> Transfer {
        let cx = question.context(0);
        Transfer {
            rung: Rung(rung),
            size: cx.size(Rung(rung)),
            received: Bytes::new(received),
            requested: Time::ZERO + Span::from_secs(99),
            now: cx.now,
            outcome: Outcome::UnderWay,
            ..fetched(0, 0)
        }
    }

    #[test]
    fn the_first_is_within_95_percent_of_the_default_and_waits_for_the_goal() {
        // 95 % of 1 Mbit/s are 950 kbit/s.
        let question = Question::of(&[400, 940, 960]);
        let mut shaka = question.ask(&MODEL.algorithm);
        assert_eq!(shaka.choose(&question.context(9)), Decision::Fetch(Rung(1)));
        assert_eq!(shaka.choose(&question.context(12)), Decision::Wait(Span::from_millis(2_500)));
    }

    #[test]
    fn what_is_under_way_is_dropped_for_what_comes_within_the_buffer_or_is_smaller() {
        // 500 kB in 1 s are 4 Mbit/s, enough for 3 Mbit/s: 1.5 MB, which take 3 s.
        let question = Question::of(&[400, 900, 3_000]);
        let transfer = under_way(&question, 1, 440_000);
        for (buffer, dropped) in [(4, true), (3, false)] {
            let mut shaka = question.ask(&MODEL.algorithm);
            assert_eq!(shaka.choose(&question.context(0)), Decision::Fetch(Rung(1)));
            shaka.observe(&fetched(500_000, 1_000));
            let verdict = shaka.watch(&question.context(buffer), &transfer);
            let expected = matches!(verdict, Verdict::Abandon(Rung(2)));
            assert_eq!(expected, dropped, "{verdict:?} with {buffer} s");
            // It is decided once per switch.
            let again = shaka.watch(&question.context(9), &transfer);
            assert!(matches!(again, Verdict::Watch(_)), "{again:?}");
        }
    }

    #[test]
    fn sound_is_chosen_with_the_picture_and_feeds_the_same_estimate() {
        let of = |kbps: &[u64], kind| {
            let [mut track] = <[Track; 1]>::try_from(Question::of(kbps).content.tracks).unwrap();
            track.kind = kind;
            track
        };
        let (picture, sound) = (of(&[400, 900], Kind::Video), of(&[64, 128], Kind::Audio));
        let content = Presentation::new(vec![picture, sound]);
        let mut shaka = Shaka::new(Parameters::from_settings(&Settings::default()), &content);
        // 464, 528, 964 and 1,028 kbit/s: 950 allow 528.
        let first = Variant { picture: Rung(0), sound: Rung(1) };
        let chosen = shaka.take(Time::ZERO, Speed::NORMAL);
        let variant = shaka.variants[chosen];
        assert_eq!((variant.picture, variant.sound), (first.picture, first.sound));
        // 128 kB of sound in 1 s are 1,024 kbit/s, of which 973 allow 964.
        shaka.observe(&Transfer { track: crate::media::TrackId(1), ..fetched(128_000, 1_000) });
        let variant = shaka.variants[shaka.current.unwrap()];
        assert_eq!((variant.picture, variant.sound), (Rung(1), Rung(0)));
    }
}
