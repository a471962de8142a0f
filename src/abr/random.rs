//! Any rung, drawn anew for each segment: a control that every algorithm should beat.

use super::{Abr, Algorithm, Context, Decision, copies_of};
use crate::media::Rung;
use crate::seed::{Purpose, Seed};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "random",
    summary: "a control: every rung is as likely as any other, for each segment anew",
    source: "none",
    parameters: &[],
    new: |_, _| copies_of(Random(Seed::default())),
};

#[derive(Clone)]
struct Random(Seed);

impl Abr for Random {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let keys = [u64::from(cx.id.0), u64::from(cx.segment)];
        let drawn = self.0.unit(Purpose::Choice, &keys) * cx.track.ladder.count() as f64;
        Decision::Fetch(Rung(drawn as u8).min(cx.track.ladder.top()))
    }

    fn seed(&mut self, seed: Seed) {
        self.0 = seed;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;

    #[test]
    fn every_rung_is_as_likely_and_a_segment_draws_the_same_again() {
        let question = Question::of(&[1_000, 2_000, 4_000, 8_000]);
        let mut abr = question.ask(&ALGORITHM);
        let mut counts = [0; 4];
        for seed in 0..1_000 {
            abr.seed(Seed(seed));
            let chosen = abr.choose(&question.context(0));
            assert_eq!(abr.choose(&question.context(9)), chosen);
            let Decision::Fetch(rung) = chosen else { panic!("waited") };
            counts[rung.0 as usize] += 1;
        }
        // 250 each, with a deviation of √(1000 · ¼ · ¾) = 14.
        assert!(counts.iter().all(|count| (180..320).contains(count)), "{counts:?}");
    }
}
