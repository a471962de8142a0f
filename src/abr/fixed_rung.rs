//! One rung whatever happens: a control, to see what adapting is worth.

use super::{Abr, Algorithm, Context, Decision, copies_of};
use crate::media::Rung;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "fixed-rung",
    summary: "a control: one rung whatever happens",
    source: "none",
    parameters: Parameters::LIST,
    new: |settings, _| {
        let Parameters { rung } = Parameters::from_settings(settings);
        copies_of(FixedRung(Rung(u8::try_from(rung).unwrap_or(u8::MAX))))
    },
};

parameters! {
    /// the rung, counted from 0, the cheapest; where there are fewer, the dearest
    rung: u32 = 0, 0 => 255;
}

#[derive(Clone)]
struct FixedRung(Rung);

/// What takes the cheapest rung of everything.
#[cfg(feature = "app")]
pub(crate) fn cheapest() -> Box<dyn Abr> {
    Box::new(FixedRung(Rung(0)))
}

impl Abr for FixedRung {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        Decision::Fetch(self.0.min(cx.track.ladder.top()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::super::{Settings, Value};
    use super::*;

    #[test]
    fn it_is_the_rung_that_was_set_as_far_as_there_is_one() {
        let question = Question::of(&[1_000, 2_000, 4_000]);
        let chosen = |rung| {
            let mut settings = Settings::default();
            settings.set(&ALGORITHM.parameters[0], Value::Count(rung)).unwrap();
            (ALGORITHM.new)(&settings, &question.content).unwrap()().choose(&question.context(0))
        };
        assert_eq!([0, 1, 9].map(chosen), [0, 1, 2].map(|r| Decision::Fetch(Rung(r))));
    }
}
