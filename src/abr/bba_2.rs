//! BBA-2: BBA-1 with a start that does not wait for the buffer.
//!
//! From the cheapest rung it goes one up whenever the last segment, of `V` seconds, brought the
//! buffer more than a share of `V`: 0.875 while there is no buffer, which is to say it came eight
//! times as fast as it is played, falling in a straight line to 0.5 where the chunk map ends. As
//! soon as a segment takes longer than it plays, or the map suggests a dearer rung, it is BBA-1
//! for good (Huang, Johari, McKeown, Trunnell, Watson, "A buffer-based approach to rate
//! adaptation", SIGCOMM 2014, §6).

use super::buffer_map::{ChunkMap, Shares};
use super::{Abr, Algorithm, Context, Decision, Outcome, Transfer, copies_of};
use crate::media::Rung;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "bba-2",
    summary: "BBA-2: as BBA-1, but climbs at the start as fast as segments come",
    source: "Huang, Johari, McKeown, Trunnell, Watson, A buffer-based approach to rate \
             adaptation, SIGCOMM 2014, section 6",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let Parameters { least, most, full, ahead, .. } = parameters;
        let map = ChunkMap::new(Shares { least, most, full, ahead }, content);
        copies_of(Bba { parameters, map, starts: vec![Start::default(); content.tracks.len()] })
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
    /// share of a segment that it has to gain to go up at the start, while nothing is buffered
    first: f64 = 0.875, 0.0 => 1.0;
    /// the same where the chunk map ends
    last: f64 = 0.5, 0.0 => 1.0;
}

#[derive(Clone)]
struct Bba {
    parameters: Parameters,
    map: ChunkMap,
    /// By track.
    starts: Vec<Start>,
}

/// How the start of a track goes.
#[derive(Clone, Copy, Default)]
struct Start {
    over: bool,
    /// Of the latest segment: seconds it lasts, and seconds it took.
    latest: Option<(f64, f64)>,
}

impl Bba {
    /// The rung to go on with while the start lasts; nothing once it is over.
    fn starting(&self, cx: &Context<'_>, suggested: Rung) -> Option<Rung> {
        let start = self.starts[cx.id.0 as usize];
        let last = cx.last.unwrap_or_default();
        let Some((lasts, took)) = start.latest.filter(|_| !start.over) else {
            return (!start.over).then_some(last);
        };
        let gained = lasts - took * cx.speed.as_f64();
        let full = self.map.full(cx).max(1e-9);
        let filled = (cx.buffer.as_secs_f64() / full).min(1.0);
        let Parameters { first, last: least, .. } = self.parameters;
        let enough = (first + (least - first) * filled) * lasts;
        let up = Rung(last.0.saturating_add(u8::from(gained > enough)));
        let next = up.min(cx.track.ladder.top());
        (gained >= 0.0 && suggested <= next).then_some(next)
    }
}

impl Abr for Bba {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let suggested = self.map.suggests(cx);
        let starting = self.starting(cx, suggested);
        self.starts[cx.id.0 as usize].over = starting.is_none();
        Decision::Fetch(starting.unwrap_or(suggested))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done {
            let took = (transfer.now - transfer.requested).as_secs_f64();
            let latest = (transfer.duration.as_secs_f64(), took);
            self.starts[transfer.track.0 as usize].latest = Some(latest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;

    fn question(last: u8) -> Question {
        Question { last: Some(Rung(last)), ..Question::of(&[1_000, 2_000, 3_000, 5_000]) }
    }

    #[test]
    fn it_climbs_by_what_segments_gain_and_asks_less_of_them_as_the_buffer_fills() {
        let mut abr = question(0).ask(&ALGORITHM);
        assert_eq!(abr.choose(&question(0).context(0)), Decision::Fetch(Rung(0)));
        // 4 s in 0.6 s gain 3.4 s. The map ends at 0.9 · 26 = 23.4 s. With 4 s buffered it takes
        // (0.875 − 0.375 · 4 / 23.4) · 4 = 3.24 s to go up.
        abr.observe(&fetched(500_000, 600));
        assert_eq!(abr.choose(&question(0).context(4)), Decision::Fetch(Rung(1)));
        // A gain of 3 s is not enough with 4 s buffered, but with 10 s, when it takes 2.86 s.
        abr.observe(&fetched(500_000, 1_000));
        assert_eq!(abr.choose(&question(1).context(4)), Decision::Fetch(Rung(1)));
        assert_eq!(abr.choose(&question(1).context(10)), Decision::Fetch(Rung(2)));
    }

    #[test]
    fn a_segment_slower_than_it_plays_ends_the_start_for_good() {
        let mut abr = question(2).ask(&ALGORITHM);
        // BBA-1 has a reservoir of 8 s, and its map is at rung 1 at 11.85 s.
        abr.observe(&fetched(500_000, 4_100));
        assert_eq!(abr.choose(&question(2).context(10)), Decision::Fetch(Rung(1)));
        abr.observe(&fetched(500_000, 100));
        assert_eq!(abr.choose(&question(1).context(10)), Decision::Fetch(Rung(1)), "no climbing");
    }

    #[test]
    fn a_map_that_suggests_more_ends_the_start_too() {
        let mut abr = question(0).ask(&ALGORITHM);
        // The map is beyond rung 2 from 15.7 s on, and the start would go to rung 1 at most.
        abr.observe(&fetched(500_000, 600));
        assert_eq!(abr.choose(&question(0).context(16)), Decision::Fetch(Rung(2)));
    }
}
