//! ARBITER+: a rate-based rule for mobile links that looks at the buffer and at sizes to come.
//!
//! The estimate is a mean of the last ten samples in which each weighs 0.6 of the next. Between
//! 0.75 of it, on an empty buffer, and 1.15, on a full one, is the rate to spend; the best rung
//! within it is the target. One rung up is only taken if it leaves a little to spare, `(1.065 −
//! 0.015·m)` times the `m`-th rung's bitrate, and never more than two at once. Last, the target
//! comes down until the next five segments on it are, taken together, within the rate (Zahran,
//! Raca, Sreenan, "ARBITER+: adaptive rate-based intelligent HTTP streaming algorithm for mobile
//! networks", IEEE Transactions on Mobile Computing 17(12), 2018; constants and order as in
//! `arbiterPlus.go` of goDASH, by the same laboratory).
//!
//! That code gives the oldest sample the greatest weight. Here it is the latest, as a mean that is
//! to follow a mobile link is for.

use super::{
    Abr, Algorithm, ByTrack, Context, Decision, Estimator, FadingMean, Transfer, copies_of,
};
use crate::media::Rung;
use crate::units::Bitrate;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "arbiter-plus",
    summary: "ARBITER+: a fading mean, scaled by the buffer, held against sizes to come",
    source: "Zahran, Raca, Sreenan, ARBITER+: adaptive rate-based intelligent HTTP streaming \
             algorithm for mobile networks, IEEE Transactions on Mobile Computing 17(12), 2018, \
             and goDASH's arbiterPlus.go",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let mean = FadingMean::new(parameters.window, 1.0 - parameters.exponent);
        let mean = Estimator::Arithmetic(mean);
        copies_of(ArbiterPlus { parameters, means: ByTrack::new(mean, content.tracks.len()) })
    },
};

parameters! {
    /// how much of its weight a sample loses with each later one
    exponent: f64 = 0.4, 0.0 => 1.0;
    /// how many of the latest samples the mean is over
    window: u32 = 10, 1 => 20;
    /// share of the estimate that is spent on an empty buffer
    least: f64 = 0.75, 0.05 => 2.0;
    /// share of the estimate that is spent on a full one
    most: f64 = 1.15, 0.05 => 2.0;
    /// how many rungs it may go up at once
    leap: u32 = 2, 1 => 255;
    /// how many segments to come have to be within the rate together
    ahead: u32 = 5, 0 => 100;
}

#[derive(Clone)]
struct ArbiterPlus {
    parameters: Parameters,
    /// By track.
    means: ByTrack,
}

impl ArbiterPlus {
    /// What may be spent, in bits per second of media.
    fn rate(&self, cx: &Context<'_>, estimate: f64) -> f64 {
        let Parameters { least, most, .. } = self.parameters;
        let fits = cx.target.as_secs_f64().max(1e-9);
        let fullness = (cx.buffer.as_secs_f64() / fits).min(1.0);
        estimate * (least + (most - least) * fullness) / cx.speed.as_f64()
    }

    /// The target as far as it may be gone to from the last rung.
    fn reach(&self, cx: &Context<'_>, target: Rung, rate: f64) -> Rung {
        let Some(last) = cx.last.filter(|&last| last < target) else { return target };
        let number = f64::from(target.0) + 1.0;
        let enough = (1.065 - 0.015 * number) * cx.track.ladder.bitrate(target).as_f64();
        match target.0 - last.0 {
            1 if rate < enough => last,
            up if u32::from(up) > self.parameters.leap => Rung(last.0 + self.parameters.leap as u8),
            _ => target,
        }
    }

    /// Whether the next segments on a rung can be had at this rate.
    fn affords(&self, cx: &Context<'_>, rung: Rung, rate: f64) -> bool {
        let count = self.parameters.ahead.min(cx.track.count() - cx.segment);
        let segments = cx.segment..cx.segment + count;
        let bits: f64 = segments.clone().map(|k| cx.track.size(k, rung).as_bits_f64()).sum();
        let lasts: f64 = segments.map(|k| cx.track.duration(k).as_secs_f64()).sum();
        bits <= rate * lasts
    }
}

impl Abr for ArbiterPlus {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let Some(estimate) = self.means.of(cx.id) else {
            return Decision::Fetch(cx.last.unwrap_or_default());
        };
        let rate = self.rate(cx, estimate);
        let target = cx.track.ladder.within(Bitrate::from_bps_f64(rate));
        let reach = self.reach(cx, target, rate);
        let mut down = (0..=reach.0).rev().map(Rung);
        let afforded = down.find(|&rung| self.affords(cx, rung, rate));
        Decision::Fetch(afforded.unwrap_or_default())
    }

    fn observe(&mut self, transfer: &Transfer) {
        self.means.observe(transfer);
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.means.remember(throughput);
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.means.first()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::media::{Kind, Presentation, Track};
    use crate::units::{Bytes, Span};

    /// Rungs of 1, 2, 3, 4 and 8 Mbit/s, and a target of 30 s: 0.75 of what is measured is spent
    /// on an empty buffer, 0.95 at 15 s and 1.15 at 30 s.
    fn chosen(last: u8, buffer: u64, kbps: u64) -> Decision {
        let kbps_of = [1_000, 2_000, 3_000, 4_000, 8_000];
        let question = Question { last: Some(Rung(last)), ..Question::of(&kbps_of) };
        let mut abr = question.ask(&ALGORITHM);
        abr.observe(&fetched(kbps * 125, 1_000));
        abr.choose(&question.context(buffer))
    }

    #[test]
    fn a_fuller_buffer_spends_more() {
        assert_eq!(chosen(2, 0, 4_000), Decision::Fetch(Rung(2)), "3,000");
        assert_eq!(chosen(2, 15, 4_300), Decision::Fetch(Rung(3)), "4,085");
        assert_eq!(chosen(4, 0, 1_300), Decision::Fetch(Rung(0)), "975: down at once");
    }

    #[test]
    fn going_up_it_wants_something_to_spare_and_two_rungs_at_most() {
        // The second rung takes 1.065 − 0.03 = 1.035 times its bitrate, 2,070; 0.95 of 2,150 is
        // 2,042, of 2,200 2,090. Whoever is there already stays.
        assert_eq!(chosen(0, 15, 2_150), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(1, 15, 2_150), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(0, 15, 2_200), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(0, 15, 9_000), Decision::Fetch(Rung(2)));
    }

    #[test]
    fn segments_to_come_that_are_too_large_keep_it_down() {
        // Of five segments of 4 s at 2 Mbit/s, 1,000 kB, the last is twice that: 2.4 Mbit/s.
        let mut question = Question { last: Some(Rung(1)), ..Question::of(&[1_000, 2_000]) };
        let ladder = question.content.tracks[0].ladder.clone();
        let size = |k: u32| if k == 14 { 2_000_000 } else { 1_000_000 };
        let sizes = (0..50).flat_map(|k| [500_000, size(k)].map(Bytes::new)).collect();
        let track = Track::new(Kind::Video, ladder, &[Span::from_secs(4); 50], sizes).unwrap();
        question.content = Presentation::new(vec![track]);
        let chosen = |kbps: u64| {
            let mut abr = question.ask(&ALGORITHM);
            abr.observe(&fetched(kbps * 125, 1_000));
            abr.choose(&question.context(15))
        };
        // 0.95 of 2,500 is 2,375, of 2,600 2,470.
        assert_eq!(chosen(2_500), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(2_600), Decision::Fetch(Rung(1)));
    }
}
