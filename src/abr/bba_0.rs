//! BBA-0: the buffer alone chooses the rate.
//!
//! A map `f` from buffer to bitrate is flat at the cheapest rung up to the reservoir, rises in a
//! straight line over the cushion, and is flat at the dearest above it. The rate changes only when
//! `f(buffer)` reaches the next rung up or down (Huang, Johari, McKeown, Trunnell, Watson, "A
//! buffer-based approach to rate adaptation", SIGCOMM 2014, Algorithm 1).
//!
//! The paper's 90 s and 126 s are of a 240 s buffer. Here they are shares of the most a player can
//! hold when it asks, its target less one segment, so that any buffer reaches the dearest rung.

use super::buffer_map::{follow, most};
use super::{Abr, Algorithm, Context, Decision, copies_of};
use crate::media::Rung;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "bba-0",
    summary: "BBA-0: a straight line from buffer to bitrate; ignores throughput",
    source: "Huang, Johari, McKeown, Trunnell, Watson, A buffer-based approach to rate \
             adaptation, SIGCOMM 2014, Algorithm 1",
    parameters: Parameters::LIST,
    new: |settings, _| copies_of(Bba { parameters: Parameters::from_settings(settings) }),
};

parameters! {
    /// share of the buffer below which only the cheapest rung is fetched
    reservoir: f64 = 0.375, 0.0 => 1.0;
    /// share of the buffer over which the rate rises from the cheapest to the dearest rung
    cushion: f64 = 0.525, 0.01 => 1.0;
}

#[derive(Clone)]
struct Bba {
    parameters: Parameters,
}

impl Abr for Bba {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let most = most(cx);
        let reservoir = self.parameters.reservoir * most;
        let cushion = self.parameters.cushion * most;
        let ladder = &cx.track.ladder;
        let bitrate = |rung| ladder.bitrate(rung).as_f64();
        let (least, top) = (bitrate(Rung(0)), bitrate(ladder.top()));
        let buffer = cx.buffer.as_secs_f64();
        Decision::Fetch(if buffer <= reservoir {
            Rung(0)
        } else if buffer >= reservoir + cushion {
            ladder.top()
        } else {
            let rate = least + (top - least) * (buffer - reservoir) / cushion;
            follow(ladder, cx.last, rate, bitrate)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;
    use crate::units::Span;

    /// A 30 s target and 4 s segments: at most 26 s when asked. The reservoir is 9.75 s, the
    /// cushion 13.65 s. Rungs 1, 2, 3 and 5 Mbit/s: the map gains 1 Mbit/s each 3.4125 s.
    fn chosen(last: u8, millis: u64) -> Decision {
        let question =
            Question { last: Some(Rung(last)), ..Question::of(&[1_000, 2_000, 3_000, 5_000]) };
        question.ask(&ALGORITHM).choose(&question.context_at(Span::from_millis(millis)))
    }

    #[test]
    fn the_reservoir_is_cheapest_and_beyond_the_cushion_is_dearest() {
        assert_eq!(chosen(3, 9_750), Decision::Fetch(Rung(0)));
        assert_eq!(chosen(0, 23_400), Decision::Fetch(Rung(3)));
    }

    #[test]
    fn the_rate_is_kept_until_the_map_reaches_the_next_rung() {
        // The map is at 2 Mbit/s at 13.1625 s and at 3 Mbit/s at 16.575 s.
        assert_eq!(chosen(0, 13_100), Decision::Fetch(Rung(0)), "not yet at rung 1");
        assert_eq!(chosen(0, 13_200), Decision::Fetch(Rung(1)), "just above it");
        assert_eq!(chosen(2, 13_200), Decision::Fetch(Rung(2)), "not yet down at rung 1");
        assert_eq!(chosen(2, 13_100), Decision::Fetch(Rung(1)), "just below it");
        assert_eq!(chosen(0, 17_000), Decision::Fetch(Rung(2)), "two rungs at once");
    }
}
