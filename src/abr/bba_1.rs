//! BBA-1: BBA-0 for segments that vary in size.
//!
//! The map leads from the buffer to the size of the next segment, and its reservoir covers the
//! large ones to come (Huang, Johari, McKeown, Trunnell, Watson, "A buffer-based approach to rate
//! adaptation", SIGCOMM 2014, §5: reservoir §5.1, chunk map §5.2).
//!
//! The paper's reservoir is from 8 s to 140 s and its map ends at 216 s, of a buffer of 240 s; it
//! looks 480 s ahead. Here these are shares of the most a player can hold when it asks, and of its
//! target.

use super::buffer_map::{ChunkMap, Shares};
use super::{Abr, Algorithm, Context, Decision, copies_of};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "bba-1",
    summary: "BBA-1: a straight line from buffer to size of segment, with a reservoir for the \
              large ones to come; ignores throughput",
    source: "Huang, Johari, McKeown, Trunnell, Watson, A buffer-based approach to rate \
             adaptation, SIGCOMM 2014, section 5",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let Parameters { least, most, full, ahead } = Parameters::from_settings(settings);
        copies_of(Bba { map: ChunkMap::new(Shares { least, most, full, ahead }, content) })
    },
};

parameters! {
    /// the least the reservoir may be, as a share of the buffer
    least: f64 = 8.0 / 240.0, 0.0 => 1.0;
    /// the most the reservoir may be, as a share of the buffer
    most: f64 = 140.0 / 240.0, 0.0 => 1.0;
    /// share of the buffer from which on the dearest rung is fetched
    full: f64 = 0.9, 0.01 => 1.0;
    /// how far ahead sizes are looked at for the reservoir, in buffers
    ahead: f64 = 2.0, 0.0 => 100.0;
}

#[derive(Clone)]
struct Bba {
    map: ChunkMap,
}

impl Abr for Bba {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        Decision::Fetch(self.map.suggests(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;
    use crate::media::Rung;
    use crate::units::Span;

    /// A 30 s target and 4 s segments: at most 26 s when asked. Sizes are constant, so the
    /// reservoir is the least, 0.867 s, and the map ends at 23.4 s. Rungs 1, 2, 3 and 5 Mbit/s: it
    /// gains 4 Mbit, a segment of 1 Mbit/s, each 22.533 / 4 = 5.633 s.
    fn chosen(last: u8, millis: u64) -> Decision {
        let question =
            Question { last: Some(Rung(last)), ..Question::of(&[1_000, 2_000, 3_000, 5_000]) };
        question.ask(&ALGORITHM).choose(&question.context_at(Span::from_millis(millis)))
    }

    #[test]
    fn it_stays_until_the_map_has_passed_the_next_segment_up_or_down() {
        assert_eq!(chosen(3, 866), Decision::Fetch(Rung(0)));
        // The map is at 8 Mbit, rung 1, at 6.5 s, and at 12, rung 2, at 12.133.
        assert_eq!(chosen(0, 6_490), Decision::Fetch(Rung(0)), "not yet at rung 1");
        assert_eq!(chosen(0, 6_510), Decision::Fetch(Rung(1)), "just above it");
        assert_eq!(chosen(2, 6_510), Decision::Fetch(Rung(2)), "not yet down at rung 1");
        assert_eq!(chosen(2, 6_490), Decision::Fetch(Rung(1)), "just below it");
        assert_eq!(chosen(0, 12_140), Decision::Fetch(Rung(2)), "two rungs at once");
        assert_eq!(chosen(0, 23_410), Decision::Fetch(Rung(3)));
    }
}
