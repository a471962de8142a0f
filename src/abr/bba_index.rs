//! The buffer-based rule that Pensieve is compared with: the map is linear in the number of the
//! rung, whatever their bitrates.
//!
//! `rung = ⌊top · (buffer − reservoir) / cushion⌋`, the cheapest below the reservoir and the
//! dearest from its end on, with 5 s and 10 s (Mao, Netravali, Alizadeh, "Neural adaptive video
//! streaming with Pensieve", SIGCOMM 2017, §5.1; its authors' `test/bb.py`). Nothing keeps it from
//! changing its mind with every segment.

use super::{Abr, Algorithm, Context, Decision, copies_of};
use crate::media::Rung;
use crate::units::Span;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "bba-index",
    summary: "a straight line from buffer to the number of the rung, as Pensieve's baseline BB",
    source: "Mao, Netravali, Alizadeh, Neural adaptive video streaming with Pensieve, SIGCOMM \
             2017, section 5.1, and its authors' test/bb.py",
    parameters: Parameters::LIST,
    new: |settings, _| copies_of(Index { parameters: Parameters::from_settings(settings) }),
};

parameters! {
    /// media below which only the cheapest rung is fetched
    reservoir: Span = Span::from_secs(5), Span::ZERO => Span::from_secs(3_600);
    /// media over which it rises from the cheapest to the dearest rung
    cushion: Span = Span::from_secs(10), Span::from_millis(1) => Span::from_secs(3_600);
}

#[derive(Clone)]
struct Index {
    parameters: Parameters,
}

impl Abr for Index {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let Parameters { reservoir, cushion } = self.parameters;
        let above = cx.buffer.saturating_sub(reservoir);
        let top = cx.track.ladder.top();
        if above >= cushion {
            return Decision::Fetch(top);
        }
        let share = above.as_nanos() as f64 / cushion.as_nanos() as f64;
        Decision::Fetch(Rung((f64::from(top.0) * share) as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;

    #[test]
    fn six_rungs_are_two_seconds_apart() {
        let question = Question::of(&[300, 750, 1_200, 1_850, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        let mut chosen = |millis| {
            let Decision::Fetch(rung) = abr.choose(&question.context_at(Span::from_millis(millis)))
            else {
                panic!("waited")
            };
            rung.0
        };
        // ⌊5 · (buffer − 5) / 10⌋.
        let buffers = [0, 4_999, 6_999, 7_000, 8_999, 9_000, 13_000, 14_999, 15_000, 29_000];
        assert_eq!(buffers.map(&mut chosen), [0, 0, 0, 1, 1, 2, 4, 4, 5, 5]);
    }
}
