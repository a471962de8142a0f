//! PANDA: probes for its share of a link by asking for a little more, and backs off when it does
//! not get it.
//!
//! For each segment, with `T` the time since the one before was asked for and `x̃` what that was
//! fetched at (Li, Zhu, Gahm, Pan, Hu, Begen, Oran, "Probe and adapt: rate adaptation for HTTP
//! video streaming at scale", IEEE JSAC 32(4), 2014, §VI):
//!
//! 1. estimate `x̂ += κ·T·(w − max(0, x̂ − x̃ + w))`,
//! 2. smooth `ŷ −= α·T·(ŷ − x̂)`,
//! 3. quantise: up to the best rung within `ŷ − w − ε·ŷ`, down to that within `ŷ − w`, and in the
//!    dead zone between them no change,
//! 4. schedule: ask for the next after `r·τ / ŷ + β·(B − B_min)`, a rung of `r` for `τ` seconds.
//!
//! After a stall `T` is long, and a step of 1 or 2 would carry the estimate past what was measured;
//! here it goes no further. A wait ends when there is no more than one segment to play.

use super::{Abr, Algorithm, Context, Decision, Outcome, Transfer, copies_of};
use crate::units::{Bitrate, Span, Time};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "panda",
    summary: "PANDA: probes for its fair share, with a dead zone against switching, and spaces \
              its requests",
    source: "Li, Zhu, Gahm, Pan, Hu, Begen, Oran, Probe and adapt: rate adaptation for HTTP video \
             streaming at scale, IEEE JSAC 32(4), 2014, section VI",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        copies_of(Panda { parameters, tracks: vec![State::default(); content.tracks.len()] })
    },
};

parameters! {
    /// how fast the estimate follows, per second (κ)
    kappa: f64 = 0.14, 0.0 => 10.0;
    /// how much more than it gets it asks for (w)
    probe: Bitrate = Bitrate::kbps(300), Bitrate::kbps(0) => Bitrate::kbps(100_000);
    /// how fast the smoothed estimate follows the other, per second (α)
    alpha: f64 = 0.2, 0.0 => 10.0;
    /// share of what is buffered beyond the least that is waited for before the next request (β)
    beta: f64 = 0.2, 0.0 => 1.0;
    /// share of the estimate that has to be to spare to go up (ε)
    epsilon: f64 = 0.15, 0.0 => 1.0;
    /// the least buffer to be content with (B_min)
    least: Span = Span::from_secs(26), Span::ZERO => Span::from_secs(3_600);
}

#[derive(Clone)]
struct Panda {
    parameters: Parameters,
    tracks: Vec<State>,
}

/// What is kept of a track.
#[derive(Clone, Copy, Default)]
struct State {
    /// Bits per second: the estimate, and the same smoothed.
    estimate: Option<(f64, f64)>,
    /// Whether that was measured, not remembered.
    measured: bool,
    /// Bits per second of the latest segment, and when it was asked for.
    sample: Option<(f64, Time)>,
    /// When the next is to be asked for.
    due: Time,
}

impl State {
    /// Takes in the latest segment, once.
    fn update(&mut self, now: Time, parameters: &Parameters) {
        let Some((rate, requested)) = self.sample.take() else { return };
        let before = self.estimate.filter(|_| self.measured);
        self.measured = true;
        let Some((estimate, smooth)) = before else {
            self.estimate = Some((rate, rate));
            return;
        };
        let Parameters { kappa, alpha, .. } = *parameters;
        let passed = (now - requested).as_secs_f64();
        let probe = parameters.probe.as_f64();
        let next = estimate + kappa * passed * (probe - (estimate - rate + probe).max(0.0));
        let next = if estimate > rate { next.max(rate) } else { next.min(rate) };
        let smooth = smooth - (alpha * passed).min(1.0) * (smooth - next);
        self.estimate = Some((next, smooth));
    }
}

impl Abr for Panda {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let parameters = self.parameters;
        let state = &mut self.tracks[cx.id.0 as usize];
        let (speed, lasts) = (cx.speed.as_f64(), cx.duration());
        let spare = cx.buffer.saturating_sub(lasts);
        if cx.now < state.due && !spare.is_zero() {
            let left = Span::from_secs_f64(spare.as_secs_f64() / speed);
            return Decision::Wait((state.due - cx.now).min(left));
        }
        state.update(cx.now, &parameters);
        let last = cx.last.unwrap_or_default();
        let Some((_, smooth)) = state.estimate else { return Decision::Fetch(last) };

        let ladder = &cx.track.ladder;
        let within = |rate: f64| ladder.within(Bitrate::from_bps_f64(rate.max(0.0) / speed));
        let probe = parameters.probe.as_f64();
        let up = within(smooth - probe - parameters.epsilon * smooth);
        let down = within(smooth - probe);
        let rung = last.clamp(up, down);

        let takes = ladder.bitrate(rung).as_f64() * lasts.as_secs_f64() / smooth.max(1.0);
        let beyond = cx.buffer.as_secs_f64() - parameters.least.as_secs_f64();
        let apart = takes + parameters.beta * beyond / speed;
        state.due = cx.now.saturating_add(Span::from_secs_f64(apart.max(0.0)));
        Decision::Fetch(rung)
    }

    fn observe(&mut self, transfer: &Transfer) {
        let span = transfer.now - transfer.requested;
        let whole = transfer.outcome == Outcome::Done && !transfer.received.is_zero();
        if whole && !span.is_zero() {
            let rate = (transfer.received / span).as_f64();
            self.tracks[transfer.track.0 as usize].sample = Some((rate, transfer.requested));
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        let rate = throughput.as_f64();
        for state in self.tracks.iter_mut().filter(|state| !state.measured) {
            state.estimate = Some((rate, rate));
        }
    }

    fn estimate(&self) -> Option<Bitrate> {
        let (_, smooth) = self.tracks.first()?.estimate?;
        Some(Bitrate::from_bps_f64(smooth))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::media::Rung;

    #[test]
    fn the_estimate_probes_upwards_and_backs_off() {
        let parameters = Parameters::from_settings(&crate::abr::Settings::default());
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let mut state = State { sample: Some((2e6, at(0))), ..State::default() };
        state.update(at(2), &parameters);
        assert_eq!(state.estimate, Some((2e6, 2e6)), "the first is taken as it is");
        // Well above: 2 s · 0.14 · 0.3 = 0.084 Mbit/s more; smoothed, 2 s · 0.2 = 0.4 of that.
        state.sample = Some((4e6, at(2)));
        state.update(at(4), &parameters);
        let (estimate, smooth) = state.estimate.unwrap();
        assert!((estimate - 2.084e6).abs() < 1.0 && (smooth - 2.0336e6).abs() < 1.0);
        // 1 Mbit/s short: 2 s · 0.14 · 1 = 0.28 less.
        state.sample = Some((1.084e6, at(4)));
        state.update(at(6), &parameters);
        assert!((state.estimate.unwrap().0 - 1.804e6).abs() < 1.0);
        // After 20 s the step would be 2.8 times the difference.
        state.sample = Some((1e6, at(6)));
        state.update(at(26), &parameters);
        let (estimate, smooth) = state.estimate.unwrap();
        assert!((estimate - 1e6).abs() < 1.0 && (smooth - 1e6).abs() < 1.0);
    }

    #[test]
    fn in_the_dead_zone_it_stays_where_it_is() {
        let chosen = |last, kbps| {
            let question =
                Question { last: Some(Rung(last)), ..Question::of(&[1_000, 2_000, 4_000]) };
            let mut abr = question.ask(&ALGORITHM);
            abr.remember(Bitrate::kbps(kbps));
            abr.choose(&question.context(10))
        };
        // Up to 2 Mbit/s where 0.85 ŷ − 0.3 ≥ 2, from 2.706; down from it where ŷ − 0.3 < 2.
        assert_eq!(chosen(0, 2_700), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(0, 2_710), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(1, 2_301), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(1, 2_290), Decision::Fetch(Rung(0)));
    }

    #[test]
    fn requests_are_as_far_apart_as_the_buffer_allows() {
        let question = Question { last: Some(Rung(0)), ..Question::of(&[1_000]) };
        let mut abr = question.ask(&ALGORITHM);
        abr.observe(&fetched(500_000, 2_000));
        assert_eq!(abr.choose(&question.context(26)), Decision::Fetch(Rung(0)));
        // 4 s of 1 Mbit/s over 2 take 2 s, and there is no buffer beyond 26 s.
        assert_eq!(abr.choose(&question.context(26)), Decision::Wait(Span::from_secs(2)));
        assert_eq!(abr.choose(&question.context(5)), Decision::Wait(Span::from_secs(1)), "left");
        assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(0)));
    }
}
