//! ELASTIC: holds the buffer at a level by the choice of the rung alone, and never idles.
//!
//! `rate = b / (1 − k_p·q − k_i·q_I)`, with `b` the harmonic mean of the last five samples, `q`
//! seconds of buffer, and `q_I` what it was above the level, added up over the time that segments
//! took; the best rung within that (De Cicco, Caldaralo, Palmisano, Mascolo, "ELASTIC: a
//! client-side controller for dynamic adaptive streaming over HTTP", Packet Video Workshop 2013,
//! §III; `k_p = 1/100` and `k_i = 1/1000`). Where the divisor has come down to nothing, any rate
//! will do.
//!
//! The paper has 0 for the 1 while playback is stopped, which an algorithm is not told here. The
//! level is half the player's target.

use super::{Abr, Algorithm, Context, Decision, HarmonicMean, Outcome, Transfer, copies_of};
use crate::units::Bitrate;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "elastic",
    summary: "ELASTIC: a controller that holds the buffer at a level by the rung it fetches",
    source: "De Cicco, Caldaralo, Palmisano, Mascolo, ELASTIC: a client-side controller for \
             dynamic adaptive streaming over HTTP, Packet Video Workshop 2013, section III",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let state = State { mean: HarmonicMean::new(parameters.window), sum: 0.0, took: 0.0 };
        copies_of(Elastic { parameters, tracks: vec![state; content.tracks.len()] })
    },
};

parameters! {
    /// how strongly the buffer itself counts, per second (k_p)
    proportional: f64 = 0.01, 0.0 => 1.0;
    /// how strongly what it has been above its level counts, per second squared (k_i)
    integral: f64 = 0.001, 0.0 => 1.0;
    /// the level to hold, as a share of the player's target
    level: f64 = 0.5, 0.0 => 1.0;
    /// how many of the latest samples the harmonic mean is over
    window: u32 = 5, 1 => 20;
}

#[derive(Clone)]
struct Elastic {
    parameters: Parameters,
    tracks: Vec<State>,
}

/// What is kept of a track.
#[derive(Clone, Copy)]
struct State {
    mean: HarmonicMean,
    /// The integral of the buffer's distance from its level.
    sum: f64,
    /// Seconds the latest segment took, until they are added to it.
    took: f64,
}

impl Abr for Elastic {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let Parameters { proportional, integral, level, .. } = self.parameters;
        let state = &mut self.tracks[cx.id.0 as usize];
        let buffer = cx.buffer.as_secs_f64();
        state.sum += state.took * (buffer - level * cx.target.as_secs_f64());
        state.took = 0.0;
        let Some(estimate) = state.mean.get() else {
            return Decision::Fetch(cx.last.unwrap_or_default());
        };
        let divisor = 1.0 - proportional * buffer - integral * state.sum;
        Decision::Fetch(if divisor > 0.0 {
            cx.track.ladder.within(Bitrate::from_bps_f64(estimate / divisor / cx.speed.as_f64()))
        } else {
            cx.track.ladder.top()
        })
    }

    fn observe(&mut self, transfer: &Transfer) {
        let state = &mut self.tracks[transfer.track.0 as usize];
        if transfer.outcome == Outcome::Done
            && let Some(sample) = transfer.throughput()
        {
            state.mean.add(sample);
            state.took += (transfer.now - transfer.requested).as_secs_f64();
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.tracks.iter_mut().for_each(|state| state.mean.remember(throughput));
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.tracks.first()?.mean.get().map(Bitrate::from_bps_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::media::Rung;

    #[test]
    fn a_full_buffer_is_spent_and_an_empty_one_saved_for() {
        let question = Question::of(&[1_000, 1_500, 2_000, 2_500, 3_000]);
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(0)), "nothing known");
        // 2 Mbit/s, in 4 s. With 25 s, 10 above the level: q_I = 40, and 2 / (1 − 0.25 − 0.04) =
        // 2.817.
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(25)), Decision::Fetch(Rung(3)));
        // Asked again nothing is added: 2 / (1 − 0.3 − 0.04) = 3.03.
        assert_eq!(abr.choose(&question.context(30)), Decision::Fetch(Rung(4)));
        // Then with nothing, 15 s below: q_I = 40 − 60 = −20, and 2 / (1 + 0.02) = 1.96.
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn when_there_is_more_buffer_than_the_formula_can_say_it_takes_the_dearest() {
        let question = Question::of(&[1_000, 90_000]);
        let mut abr = question.ask(&ALGORITHM);
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(100)), Decision::Fetch(Rung(1)));
    }
}
