//! Shaka Player 5.2, as shipped: an estimate of pieces of responses, a variant for sound and
//! picture together, and never a switch within 8 s of the last.
//!
//! The idea to hold: a variant is a rung of the picture with a rung of the sound, and what the
//! whole of it takes is compared with the estimate; each type then fetches its part of the current
//! one.
//!
//! Modelled: samples of at least 100 ms and 16 kB with the wait for the first byte in the first of
//! them, the cache filter, both averages and the default before 128 kB; `chooseVariant`, the
//! interval between switches, a request dropped for another variant's; the buffering goal by a loop
//! per type every half interval, at most a segment ahead of the other type; back-off. Source:
//! shaka-player 5.2.0, `lib/abr`, `lib/media/streaming_engine.js`, `lib/net/http_fetch_plugin.js`.
//!
//! Not modelled: restrictions, dropped frames, CMSD, prefetching, changes of network, and the
//! disabling of a stream that failed (the player goes down a rung instead, and gives up after as
//! many rounds of attempts). Pieces are looked at every 100 ms only while the rate changes: pieces
//! of one rate and so many seconds in all weigh what one of that rate and as many seconds does, so
//! a rate that stays is looked at ever more seldom, up to every second.
//!
//! Quirk: `quirk.overlapping-ranges`, the ranges of variants overlap and the last that fits wins,
//! so that `abr.bandwidthUpgradeTarget` never binds.

mod choose;
mod estimate;
#[cfg(test)]
pub(super) mod vectors;

use super::Model;
use crate::abr::{
    Abr, Algorithm, Config, Context, Decision, Growth, Outcome, Reports, Retry, Settings, Transfer,
    Verdict, copies_of,
};
use crate::media::{Kind, Presentation, Rung};
use crate::units::{Bitrate, Span, Speed, Time};

pub use choose::{Switching, Targets, aborts, choose};
pub use estimate::{Estimate, Rule};

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
    /// how often each type looks whether to ask for more; of a full buffer, twice as often
    update_interval (as "streaming.updateIntervalSeconds", "s"): f64 = 1.0, 0.05 => 60.0;
    /// attempts before a stream counts as failed
    max_attempts (as "streaming.retryParameters.maxAttempts", ""): u32 = 2, 1 => 100;
    /// the wait after the first failure, doubled each time; Shaka varies it by half at random
    base_delay (as "streaming.retryParameters.baseDelay", "ms"): f64 = 1_000.0, 0.0 => 60_000.0;
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
        reports: Reports::default(),
    }
}

/// Between looks at a transfer: while its rate changes, and at most.
const TICK: Span = Span::from_millis(100);
const SELDOM: Span = Span::from_secs(1);

/// Rates this near to each other are the same.
const SAME: f64 = 0.01;

/// A rung of the picture with a rung of the sound.
#[derive(Clone, Copy, Debug)]
struct Variant {
    picture: Rung,
    sound: Rung,
}

/// How far the transfer of a track had come when last looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    requested: Option<Time>,
    at: Time,
    bytes: f64,
    /// Bytes per second of the last sample of it, and how long until the next look.
    rate: f64,
    spacing: Span,
}

#[derive(Clone)]
struct Shaka {
    parameters: Parameters,
    estimate: Estimate,
    switching: Switching,
    variants: Vec<Variant>,
    bandwidths: Vec<f64>,
    sound: Vec<bool>,
    seen: Vec<Seen>,
    current: Option<usize>,
    default: f64,
    remembered: bool,
    /// Of playback, when last asked.
    speed: Speed,
}

impl Shaka {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let sound: Vec<_> = content.tracks.iter().map(|track| track.kind == Kind::Audio).collect();
        let of = |kind: bool| content.tracks.iter().zip(&sound).find(|(_, is)| **is == kind);
        let rungs = |kind: bool| -> Vec<(Rung, f64)> {
            let ladder = of(kind).map(|(track, _)| &track.ladder);
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
            seen: vec![Seen::default(); sound.len()],
            sound,
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
        let rung = if self.sound[cx.id.0 as usize] { variant.sound } else { variant.picture };
        rung.min(cx.track.ladder.top())
    }

    /// Takes in what has come since the last look; whether that was a sample worth the name.
    fn sample(&mut self, transfer: &Transfer, ended: bool) -> bool {
        let seen = &mut self.seen[transfer.track.0 as usize];
        if seen.requested != Some(transfer.requested) {
            let requested = Some(transfer.requested);
            *seen = Seen { requested, at: transfer.requested, spacing: TICK, ..Seen::default() };
        }
        let span = transfer.now - seen.at;
        let bytes = transfer.received.as_f64() - seen.bytes;
        if !ended && (span < TICK || bytes < self.parameters.min_bytes) {
            seen.spacing = TICK;
            return false;
        }
        let rate = bytes / span.as_secs_f64().max(1e-9);
        let same = (rate - seen.rate).abs() <= SAME * seen.rate;
        seen.spacing = if same { (seen.spacing * 2).min(SELDOM) } else { TICK };
        (seen.at, seen.bytes, seen.rate) = (transfer.now, transfer.received.as_f64(), rate);
        self.estimate.add(span.as_millis_f64(), bytes);
        true
    }

    /// After a sample: another variant, if it is time for one.
    fn suggest(&mut self, now: Time, speed: Speed) {
        let seconds = now.since_start().as_secs_f64();
        if self.switching.may(seconds, self.estimate.is_good()) {
            self.take(now, speed);
        }
    }

    /// How long until more is to be asked for, if not now.
    fn wait(&self, cx: &Context<'_>) -> Option<Span> {
        let Parameters { buffering_goal, rebuffering_goal, update_interval, .. } = self.parameters;
        let (goal, ahead) =
            (buffering_goal.max(rebuffering_goal).max(1.0), cx.buffer.as_secs_f64());
        if ahead >= goal {
            let (left, step) = ((ahead - goal) / cx.speed.as_f64(), update_interval / 2.0);
            return Some(Span::from_secs_f64(step * (libm::floor(left / step) + 1.0)));
        }
        let further = cx.other.is_some_and(|other| cx.buffer > other + cx.duration());
        further.then(|| Span::from_secs_f64(update_interval))
    }
}

impl Abr for Shaka {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        self.speed = cx.speed;
        match self.wait(cx) {
            Some(span) => Decision::Wait(span),
            None => Decision::Fetch(self.rung(cx)),
        }
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done {
            self.sample(transfer, true);
            self.suggest(transfer.now, self.speed);
        }
    }

    fn patience(&self, _cx: &Context<'_>, _rung: Rung) -> Option<Span> {
        Some(TICK)
    }

    fn watch(&mut self, cx: &Context<'_>, transfer: &Transfer) -> Verdict {
        if self.sample(transfer, false) {
            self.suggest(cx.now, cx.speed);
        }
        let wanted = self.rung(cx);
        let spacing = self.seen[transfer.track.0 as usize].spacing;
        if wanted == transfer.rung {
            return Verdict::Watch(spacing);
        }
        let missing = transfer.size.as_f64() - transfer.received.as_f64();
        let (new, ahead) = (cx.size(wanted).as_f64(), cx.buffer.as_secs_f64());
        let estimate = self.estimate.get(self.default);
        match aborts(new, missing, ahead, self.parameters.rebuffering_goal, estimate) {
            true => Verdict::Abandon(wanted),
            // It is asked once per switch.
            false => Verdict::Finish,
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        (self.default, self.remembered) = (throughput.as_f64(), true);
    }

    fn estimate(&self) -> Option<Bitrate> {
        let known = self.remembered || self.estimate.is_good();
        known.then(|| Bitrate::from_bps_f64(self.estimate.get(self.default)))
    }
}
