//! Responses in pieces, each a sample of the throughput (`http_fetch_plugin.js`).
//!
//! Shaka cuts a piece off whenever 100 ms have passed and 16 kB have come. Pieces of one rate weigh
//! in an average what one as long as all of them does, so while the rate stays they are cut ever
//! longer here, up to a second. What that costs: the rate that a longer piece began with is held
//! against its end only then, and the tail of a response that Shaka would drop for being smaller
//! than 16 kB is part of a longer piece.

use crate::abr::Transfer;
use crate::units::{Span, Time};

/// What a piece is at least, its response's last apart.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// How long.
    pub tick: Span,
    /// How many bytes.
    pub bytes: f64,
}

/// The longest piece while the rate stays.
const LONGEST: Span = Span::from_secs(1);

/// Rates this near to each other are the same.
const SAME: f64 = 0.01;

/// How far the transfer of a track had come when the last piece of it was cut off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pieces {
    requested: Option<Time>,
    at: Time,
    bytes: f64,
    /// Of the last piece, in bytes per second.
    rate: f64,
    /// How long the next is to be.
    length: Span,
    /// How long until it is to be looked at.
    look: Span,
}

impl Pieces {
    /// The next piece of a response, if it can be cut off: milliseconds and bytes. The wait for the
    /// first byte is part of the first, and what is left in the end makes the last.
    pub fn next(&mut self, transfer: &Transfer, cut: Cut, ended: bool) -> Option<(f64, f64)> {
        if self.requested != Some(transfer.requested) {
            let (at, requested) = (transfer.requested, Some(transfer.requested));
            *self = Self { requested, at, length: cut.tick, ..Self::default() };
        }
        let span = transfer.now - self.at;
        let bytes = transfer.received.as_f64() - self.bytes;
        if !ended && (span < cut.tick || bytes < cut.bytes) {
            let flows = self.at.max(transfer.first_byte.unwrap_or(transfer.now));
            let rate = bytes / (transfer.now - flows).as_secs_f64().max(1e-9);
            self.look = if bytes > 0.0 { whole((cut.bytes - bytes) / rate, cut) } else { cut.tick };
            return None;
        }
        let rate = bytes / span.as_secs_f64().max(1e-9);
        let same = (rate - self.rate).abs() <= SAME * self.rate;
        let shortest = whole(cut.bytes / rate.max(1.0), cut);
        self.length = if same { (self.length * 2).min(LONGEST.max(shortest)) } else { shortest };
        self.look = self.length;
        (self.at, self.bytes, self.rate) = (transfer.now, transfer.received.as_f64(), rate);
        Some((span.as_millis_f64(), bytes))
    }

    /// How long until the next look, which is sooner if something else is due by then.
    pub fn look(&self, due: Option<f64>, cut: Cut) -> Span {
        let due = due.filter(|&seconds| seconds > 0.0).map(|seconds| whole(seconds, cut));
        due.map_or(self.look, |due| due.min(self.look))
    }
}

/// So many seconds in whole ticks, from one of them up to the longest piece.
fn whole(seconds: f64, cut: Cut) -> Span {
    let tick = cut.tick.as_secs_f64();
    let ticks = libm::ceil(seconds / tick - 1e-6).max(1.0);
    Span::from_secs_f64((tick * ticks).min(LONGEST.as_secs_f64())).max(cut.tick)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abr::Outcome;
    use crate::abr::testing::fetched;
    use crate::units::Bytes;

    const CUT: Cut = Cut { tick: Span::from_millis(100), bytes: 16_000.0 };

    /// A response that has come so far so many milliseconds after it was asked for.
    fn so_far(bytes: u64, millis: u64) -> Transfer {
        let all = fetched(1_000_000, millis);
        Transfer { received: Bytes::new(bytes), outcome: Outcome::UnderWay, ..all }
    }

    #[test]
    fn pieces_grow_while_the_rate_stays() {
        // 400 kB/s, with 50 ms before the first byte: 20 kB in the first 100 ms, 40 in any other.
        let mut pieces = Pieces::default();
        let mut cut = |bytes, millis| {
            let piece = pieces.next(&so_far(bytes, millis), CUT, false);
            (piece, pieces.look(None, CUT).as_millis())
        };
        assert_eq!(cut(20_000, 100), (Some((100.0, 20_000.0)), 100));
        assert_eq!(cut(60_000, 200), (Some((100.0, 40_000.0)), 100));
        assert_eq!(cut(100_000, 300), (Some((100.0, 40_000.0)), 200));
        assert_eq!(cut(180_000, 500), (Some((200.0, 80_000.0)), 400));
        assert_eq!(cut(340_000, 900), (Some((400.0, 160_000.0)), 800));
        assert_eq!(cut(660_000, 1_700), (Some((800.0, 320_000.0)), 1_000));
    }

    #[test]
    fn a_slow_response_is_looked_at_when_16_kb_are_there() {
        // 50 kB/s: 5 kB after 100 ms, and the missing 11 take 220 ms more, in ticks 300.
        let mut pieces = Pieces::default();
        assert_eq!(pieces.next(&so_far(5_000, 100), CUT, false), None);
        assert_eq!(pieces.look(None, CUT), Span::from_millis(300));
        // A switch that is due in 130 ms has it looked at in 200.
        assert_eq!(pieces.look(Some(0.13), CUT), Span::from_millis(200));
        assert_eq!(pieces.next(&so_far(20_000, 400), CUT, false), Some((400.0, 20_000.0)));
        // 16 kB at that rate take 320 ms.
        assert_eq!(pieces.look(None, CUT), Span::from_millis(400));
        // What is left in the end is a piece of its own, however small.
        assert_eq!(pieces.next(&so_far(20_500, 410), CUT, true), Some((10.0, 500.0)));
    }
}
