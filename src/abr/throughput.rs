//! The plainest rule there is: the best rung that a share of the estimated throughput sustains.
//!
//! `rung = max { r : bitrate(r) ≤ safety · Ĉ }`, with `Ĉ` the harmonic mean of the last samples
//! (Jiang, Sekar, Zhang, "FESTIVE", CoNEXT 2012, §4.1), or another estimate if one is asked for:
//! their arithmetic mean, or the lesser of a fast and a slow moving average, as dash.js and Sabre
//! take it. The first segment is fetched on rung 0.
//! At another playback speed a rung costs as many times its bitrate (Shaka and Media3 reckon so).
//! A transfer is abandoned as dash.js does (AbandonRequestsRule): when, `grace` after it was asked
//! for, it looks like taking longer than `abandon` times the media it holds, and a cheaper rung
//! would be smaller than what is missing; but not while more than `comfort` is buffered. What is
//! there already, and what is buffered, rule that out for a while, so a transfer is looked at only
//! after that, and no sooner than after another `grace`.

use super::{
    Abr, Algorithm, ByTrack, Choice, Context, Decision, Estimator, Ewma, FadingMean, HarmonicMean,
    Transfer, Verdict, copies_of,
};
use crate::media::Rung;
use crate::units::{Bitrate, Sliver, Span};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "throughput",
    summary: "best rung within a share of the measured throughput; ignores the buffer",
    source: "Jiang, Sekar, Zhang, FESTIVE, CoNEXT 2012, section 4.1 (harmonic mean); \
             dash.js AbandonRequestsRule (abandonment)",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let estimates = ByTrack::new(estimator(&parameters), content.tracks.len());
        copies_of(Throughput { parameters, estimates })
    },
};

parameters! {
    /// share of the estimate that may be spent
    safety: f64 = 0.9, 0.05 => 2.0;
    /// how samples make an estimate
    estimator: Choice = Choice::first(Estimator::NAMES),
        Choice::first(Estimator::NAMES) => Choice::last(Estimator::NAMES);
    /// how many of the latest samples a mean is over
    window: u32 = 5, 1 => 20;
    /// abandon a transfer that looks like taking this many times the media it holds; 0 is never
    abandon: f64 = 1.8, 0.0 => 100.0;
    /// how long every transfer is left alone before it may be abandoned
    grace: Span = Span::from_millis(500), Span::from_millis(10) => Span::from_secs(60);
    /// while more media than this is buffered, nothing is abandoned (dash.js: bufferTimeDefault)
    comfort: Span = Span::from_secs(18), Span::ZERO => Span::from_secs(3_600);
    /// half-life of the moving average that follows fast, in time spent on transfers
    fast: Span = Span::from_secs(3), Span::from_millis(10) => Span::from_secs(3_600);
    /// half-life of the one that follows slowly
    slow: Span = Span::from_secs(8), Span::from_millis(10) => Span::from_secs(3_600);
}

fn estimator(parameters: &Parameters) -> Estimator {
    let Parameters { estimator, window, fast, slow, .. } = *parameters;
    match estimator.name() {
        "arithmetic" => Estimator::Arithmetic(FadingMean::new(window, 1.0)),
        "ewma" => Estimator::Ewma(Ewma::new(fast, slow)),
        _ => Estimator::Harmonic(HarmonicMean::new(window)),
    }
}

#[derive(Clone)]
struct Throughput {
    parameters: Parameters,
    /// By track, as dash.js keeps them: audio and video share the link and see different shares.
    estimates: ByTrack,
}

impl Throughput {
    fn sustained(&self, cx: &Context<'_>, estimate: f64) -> Rung {
        let spent = self.parameters.safety * estimate / cx.speed.as_f64();
        cx.track.ladder.within(Bitrate::from_bps_f64(spent))
    }

    /// For how long there is too much in the buffer to abandon anything, as playback drains it.
    fn comfortable(&self, cx: &Context<'_>) -> Span {
        let spare = cx.buffer.saturating_sub(self.parameters.comfort);
        cx.speed.takes(spare, Sliver::default())
    }

    /// For how many seconds a transfer will not look late, even if nothing more of it comes; less
    /// than zero if it does. Nothing is known before its first byte.
    ///
    /// With a share `s` there, `t` after the first byte, it looks like taking `t / s` from there
    /// on. That is within a limit `l` until `t = s·l`.
    fn ahead(&self, cx: &Context<'_>, transfer: &Transfer) -> Option<f64> {
        let Transfer { requested, first_byte, now, duration, .. } = *transfer;
        let waited = (first_byte? - requested).as_secs_f64();
        let lasts = duration.as_secs_f64() / cx.speed.as_f64();
        let limit = self.parameters.abandon * lasts - waited;
        let share = transfer.received.as_f64() / transfer.size.as_f64();
        Some(share * limit - (now - first_byte?).as_secs_f64())
    }
}

impl Abr for Throughput {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let estimate = self.estimates.of(cx.id).unwrap_or(0.0);
        Decision::Fetch(self.sustained(cx, estimate))
    }

    fn observe(&mut self, transfer: &Transfer) {
        self.estimates.observe(transfer);
    }

    fn patience(&self, cx: &Context<'_>, rung: Rung) -> Option<Span> {
        let may_abandon = self.parameters.abandon > 0.0 && rung > Rung(0);
        may_abandon.then(|| self.comfortable(cx).max(self.parameters.grace))
    }

    fn watch(&mut self, cx: &Context<'_>, transfer: &Transfer) -> Verdict {
        if transfer.rung == Rung(0) {
            return Verdict::Finish;
        }
        let grace = self.parameters.grace;
        let Some(ahead) = self.ahead(cx, transfer) else { return Verdict::Watch(grace) };
        let comfortable = self.comfortable(cx);
        if ahead >= 0.0 || !comfortable.is_zero() {
            return Verdict::Watch(Span::from_secs_f64(ahead).max(comfortable).max(grace));
        }
        let missing = transfer.size - transfer.received;
        match transfer.throughput().map(|rate| self.sustained(cx, rate.as_f64())) {
            Some(cheaper) if cheaper < transfer.rung && cx.size(cheaper) < missing => {
                Verdict::Abandon(cheaper)
            }
            Some(_) | None => Verdict::Watch(grace),
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.estimates.remember(throughput);
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.estimates.first()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::super::testing::{Question, fetched};
    use super::super::{Settings, Value};
    use super::*;
    use crate::units::{Bytes, Speed};

    #[test]
    fn it_spends_nine_tenths_of_what_it_measured() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 2.5 s is 3,200 kbit/s; nine tenths, 2,880, sustain 2,850.
        abr.observe(&fetched(1_000_000, 2_500));
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(3)));
        // With 1 MB in 4 s, 2,000: 2 / (1/3200 + 1/2000) = 2,461; nine tenths are 2,215.
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(2)));
    }

    #[test]
    fn it_estimates_as_it_was_asked_to() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let estimate = |name| {
            let mut settings = Settings::default();
            let Value::Choice(choice) = ALGORITHM.parameters[1].default else { panic!("a choice") };
            let chosen = Value::Choice(choice.named(name).unwrap());
            settings.set(&ALGORITHM.parameters[1], chosen).unwrap();
            let mut abr = (ALGORITHM.new)(&settings, &question.content).unwrap()();
            abr.observe(&fetched(1_000_000, 2_000));
            abr.observe(&fetched(1_000_000, 4_000));
            abr.estimate().unwrap().as_kbps_f64()
        };
        // 4,000 kbit/s for 2 s and 2,000 for 4 s: 2 / (1/4000 + 1/2000) = 2,667, and 3,000.
        assert!((estimate("harmonic") - 2_666.7).abs() < 0.1);
        assert!((estimate("arithmetic") - 3_000.0).abs() < 0.1);
        // 2^(−2/3) = 0.63 and 2^(−4/3) = 0.3969 of the fast average are kept: (0.3969 · 0.37 ·
        // 4000 + 0.6031 · 2000) / (1 − 0.25) = 2,391.6; the slow one is above it.
        assert!((estimate("ewma") - 2_391.6).abs() < 0.2);
    }

    #[test]
    fn at_twice_the_speed_it_spends_half() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        abr.observe(&fetched(1_000_000, 2_500));
        // Nine tenths of 3,200 kbit/s, 2,880, are 1,440 for each second of media.
        let speed = Speed::from_per_mille(2_000).unwrap();
        let cx = Context { speed, ..question.context(0) };
        assert_eq!(abr.choose(&cx), Decision::Fetch(Rung(2)));
        // And 22 s of buffer, 4 s more than enough, are that for 2 s.
        let cx = Context { speed, ..question.context(22) };
        assert_eq!(abr.patience(&cx, Rung(4)), Some(Span::from_secs(2)));
    }

    #[test]
    fn it_begins_on_what_it_remembers() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        abr.remember(Bitrate::kbps(2_000));
        // Nine tenths of 2,000 kbit/s sustain 1,200; nine tenths of the 800 it then measures, 300.
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(2)));
        assert_eq!(abr.estimate(), Some(Bitrate::kbps(2_000)));
        abr.observe(&fetched(1_000_000, 10_000));
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(0)));
    }

    #[test]
    fn a_transfer_that_would_take_twice_its_media_is_abandoned() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        // 4 s at 4,300 kbit/s are 2,150 kB. At 1,000 kbit/s they take 17.2 s, more than 7.2 s.
        let slow = Transfer {
            rung: Rung(4),
            size: Bytes::new(2_150_000),
            outcome: Outcome::UnderWay,
            ..fetched(62_500, 500)
        };
        assert_eq!(abr.watch(&question.context(8), &slow), Verdict::Abandon(Rung(1)));
        // At 4,000 kbit/s they take 4.3 s: let it be.
        let fast = Transfer { received: Bytes::new(250_000), ..slow };
        assert_eq!(abr.watch(&question.context(8), &fast), Verdict::Watch(Span::from_millis(500)));
        // With half of it there, it has until half of 7.2 s: 3.1 s more.
        let half = Transfer { received: Bytes::new(1_075_000), ..slow };
        let later = Verdict::Watch(Span::from_millis(3_100));
        assert_eq!(abr.watch(&question.context(8), &half), later);
    }

    #[test]
    fn nothing_is_abandoned_while_the_buffer_is_comfortable() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        // 22 s are 4 s more than 18: look when those have been played. 18 s are not: look soon.
        let first_look = |buffer| abr.patience(&question.context(buffer), Rung(4));
        assert_eq!(first_look(22), Some(Span::from_secs(4)));
        assert_eq!(first_look(18), Some(Span::from_millis(500)));
        assert_eq!(abr.patience(&question.context(8), Rung(0)), None, "there is nothing cheaper");
        let slow = Transfer {
            rung: Rung(4),
            size: Bytes::new(2_150_000),
            outcome: Outcome::UnderWay,
            ..fetched(62_500, 500)
        };
        let verdict = abr.watch(&question.context(20), &slow);
        assert_eq!(verdict, Verdict::Watch(Span::from_secs(2)));
    }
}
