//! BBA-1: BBA-0 for segments that vary in size.
//!
//! The map leads from the buffer to the size of the next segment, and its reservoir covers the
//! large ones to come (Huang, Johari, McKeown, Trunnell, Watson, "A buffer-based approach to rate
//! adaptation", SIGCOMM 2014, §5: reservoir §5.1, chunk map §5.2).
//!
//! The paper's reservoir is from 8 s, two of its segments, to 140 s, and its map ends at 216 s, of
//! a buffer of 240 s; it looks 480 s ahead. Here the least is two segments, the next two are shares
//! of the most a player can hold when it asks, and the last is two of its targets.

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
    /// the least the reservoir may be, in segments
    least: f64 = 2.0, 0.0 => 100.0;
    /// the most the reservoir may be, as a share of the buffer; it prevails
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
    /// reservoir is the least, 8 s, and the map ends at 23.4 s. Rungs 1, 2, 3 and 5 Mbit/s: it
    /// gains 4 Mbit, a segment of 1 Mbit/s, each 15.4 / 4 = 3.85 s.
    fn chosen(last: u8, millis: u64) -> Decision {
        let question =
            Question { last: Some(Rung(last)), ..Question::of(&[1_000, 2_000, 3_000, 5_000]) };
        question.ask(&ALGORITHM).choose(&question.context_at(Span::from_millis(millis)))
    }

    #[test]
    fn it_stays_until_the_map_has_passed_the_next_segment_up_or_down() {
        assert_eq!(chosen(3, 8_000), Decision::Fetch(Rung(0)));
        // The map is at 8 Mbit, rung 1, at 11.85 s, and at 12, rung 2, at 15.7.
        assert_eq!(chosen(0, 11_840), Decision::Fetch(Rung(0)), "not yet at rung 1");
        assert_eq!(chosen(0, 11_860), Decision::Fetch(Rung(1)), "just above it");
        assert_eq!(chosen(2, 11_860), Decision::Fetch(Rung(2)), "not yet down at rung 1");
        assert_eq!(chosen(2, 11_840), Decision::Fetch(Rung(1)), "just below it");
        assert_eq!(chosen(0, 15_710), Decision::Fetch(Rung(2)), "two rungs at once");
        assert_eq!(chosen(0, 23_410), Decision::Fetch(Rung(3)));
    }
}
