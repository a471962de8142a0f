//! BOLA: buffer occupancy based Lyapunov adaptation, in its basic form.
//!
//! With utility `υ_m = ln(bitrate_m / bitrate_0)`, fetch the rung with the greatest
//! `(V·(υ_m + γp) − Q) / bitrate_m`; if even that is below nothing, the buffer `Q` is fuller than
//! it need be, so wait until it is not (Spiteri, Urgaonkar, Sitaraman, "BOLA: near-optimal bitrate
//! adaptation for online videos", INFOCOM 2016, §IV-B, eq. 9 and Algorithm 1).
//!
//! `V = (target − segment) / (υ_max + γp)` is the largest that keeps the buffer within its target.
//! Sizes are nominal, as in the paper's S_m, so that a large segment is not shunned for its size.

use std::sync::Arc;

use super::{Abr, Algorithm, Context, Decision, copies_of};
use crate::media::{Presentation, Rung, Track};
use crate::units::Span;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "bola",
    summary: "BOLA-BASIC: Lyapunov-optimal trade of utility against buffer; ignores throughput",
    source: "Spiteri, Urgaonkar, Sitaraman, BOLA: near-optimal bitrate adaptation for online \
             videos, INFOCOM 2016, eq. 9",
    parameters: Parameters::LIST,
    new: |settings, content| copies_of(Bola::new(Parameters::from_settings(settings), content)),
};

parameters! {
    /// how much a player would give, in units of utility, not to stall for one segment
    gamma_p: f64 = 5.0, 0.01 => 1_000.0;
}

#[derive(Clone)]
struct Bola {
    parameters: Parameters,
    /// By track, then rung: utility, and one over the bitrate.
    rungs: Arc<[Vec<(f64, f64)>]>,
}

impl Bola {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let rungs = content.tracks.iter().map(utilities).collect();
        Self { parameters, rungs }
    }
}

fn utilities(track: &Track) -> Vec<(f64, f64)> {
    let floor = libm::log(track.ladder.bitrate(Rung(0)).as_f64().max(1.0));
    let of = |bitrate: f64| (libm::log(bitrate) - floor, 1.0 / bitrate);
    track.ladder.bitrates().iter().map(|b| of(b.as_f64().max(1.0))).collect()
}

impl Abr for Bola {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let gamma_p = self.parameters.gamma_p;
        let rungs = &self.rungs[cx.id.0 as usize];
        let (most, _) = rungs[rungs.len() - 1];
        let room = cx.target.saturating_sub(cx.duration()).as_secs_f64();
        let v = room / (most + gamma_p);
        let buffer = cx.buffer.as_secs_f64();

        let mut best = (f64::NEG_INFINITY, 0.0, 0);
        for (rung, &(utility, inverse)) in rungs.iter().enumerate() {
            let surplus = v * (utility + gamma_p) - buffer;
            let score = surplus * inverse;
            if score > best.0 {
                best = (score, surplus, rung);
            }
        }
        match best {
            (_, surplus, _) if surplus < 0.0 => {
                Decision::Wait(Span::from_secs_f64(-surplus / cx.speed.as_f64()))
            }
            (_, _, rung) => Decision::Fetch(Rung(rung as u8)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;
    use crate::units::Speed;

    /// Rungs of 1, 2 and 4 Mbit/s: utilities 0, ln 2, ln 4. A 30 s target and 4 s segments:
    /// V = 26 / (1.3863 + 5) = 4.0712. Rung 0 gives way to rung 1 where
    /// (5V − Q) = (5.6931V − Q) / 2, at Q = 4.3069 V = 17.534 s; rung 1 to rung 2 where
    /// (5.6931V − Q) / 2 = (6.3863V − Q) / 4, at Q = 5V = 20.356 s.
    fn chosen(millis: u64) -> Decision {
        let question = Question::of(&[1_000, 2_000, 4_000]);
        question.ask(&ALGORITHM).choose(&question.context_at(Span::from_millis(millis)))
    }

    #[test]
    fn the_thresholds_are_where_a_pencil_puts_them() {
        assert_eq!(chosen(0), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(17_530), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(17_540), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(20_350), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(20_360), Decision::Fetch(Rung(2)));
        assert_eq!(chosen(25_999), Decision::Fetch(Rung(2)));
    }

    #[test]
    fn a_buffer_fuller_than_it_need_be_is_waited_out() {
        // Above V (ln 4 + 5) = 26 s every score is negative: 28 s is 2 s too much.
        let Decision::Wait(span) = chosen(28_000) else { panic!("fetched") };
        assert!((span.as_secs_f64() - 2.0).abs() < 1e-6, "{span}");
        // Which at four times the speed are played in half a second.
        let question = Question::of(&[1_000, 2_000, 4_000]);
        let cx = Context { speed: Speed::FASTEST, ..question.context(28) };
        let Decision::Wait(span) = question.ask(&ALGORITHM).choose(&cx) else { panic!("fetched") };
        assert!((span.as_secs_f64() - 0.5).abs() < 1e-6, "{span}");
    }
}
