//! What the buffer-based algorithms share: a map from the buffer to what may be fetched.
//!
//! A map rises in a straight line from the cheapest rung, at the reservoir, to the dearest. Whoever
//! follows it stays on a rung until the map has passed the next one up or down (Huang, Johari,
//! McKeown, Trunnell, Watson, "A buffer-based approach to rate adaptation", SIGCOMM 2014). BBA-0
//! maps to bitrates; [`ChunkMap`] is that of BBA-1 and BBA-2.

use std::sync::Arc;

use super::Context;
use crate::media::{Ladder, Presentation, Rung, Track};

/// Moves from the last rung only as far as the map has passed the next one, by what rungs take.
pub(super) fn follow(
    ladder: &Ladder,
    last: Option<Rung>,
    map: f64,
    takes: impl Fn(Rung) -> f64,
) -> Rung {
    let last = last.unwrap_or_default();
    let up = Rung(last.0.saturating_add(1)).min(ladder.top());
    let down = Rung(last.0.saturating_sub(1));
    if up != last && map >= takes(up) {
        let below = ladder.rungs().rev().find(|&r| takes(r) < map);
        below.unwrap_or_default().max(last)
    } else if down != last && map <= takes(down) {
        let above = ladder.rungs().find(|&r| takes(r) > map);
        above.unwrap_or(ladder.top()).min(last)
    } else {
        last
    }
}

/// What can be set of a chunk map; shares are of the most a player can hold when it asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    /// The least reservoir, in segments.
    pub(super) least: f64,
    /// The largest, as a share; it prevails.
    pub(super) most: f64,
    /// Where the map reaches the dearest rung, as a share.
    pub(super) full: f64,
    /// How far ahead sizes are looked at, in targets.
    pub(super) ahead: f64,
}

/// A map from the buffer to the size of a chunk, from that of an average one on the cheapest rung
/// to that of an average one on the dearest (§5.2), with a reservoir that covers what is to come:
/// how much faster than it comes media would be played, over the next `ahead`, if it came on the
/// cheapest rung over a link just as fast as that rung's bitrate (§5.1).
#[derive(Clone)]
pub(super) struct ChunkMap {
    shares: Shares,
    /// By track.
    tracks: Arc<[Sizes]>,
}

struct Sizes {
    /// Seconds of buffer that all segments before one cost on the cheapest rung, over a link as
    /// fast as its bitrate: one more than there are segments.
    cost: Vec<f64>,
    /// Bits in an average second of the cheapest and of the dearest rung.
    cheapest: f64,
    dearest: f64,
}

impl Sizes {
    fn of(track: &Track) -> Self {
        let rate = track.ladder.bitrate(Rung(0)).as_f64().max(1.0);
        let mut sum = 0.0;
        let mut cost = vec![sum];
        cost.extend((0..track.count()).map(|k| {
            sum += track.size(k, Rung(0)).as_bits_f64() / rate - track.duration(k).as_secs_f64();
            sum
        }));
        let seconds = track.end().since_start().as_secs_f64();
        let average = |rung| {
            let bits = (0..track.count()).map(|k| track.size(k, rung).as_bits_f64());
            bits.sum::<f64>() / seconds
        };
        let (cheapest, dearest) = (average(Rung(0)), average(track.ladder.top()));
        Self { cost, cheapest, dearest }
    }
}

impl ChunkMap {
    pub(super) fn new(shares: Shares, content: &Presentation) -> Self {
        Self { shares, tracks: content.tracks.iter().map(Sizes::of).collect() }
    }

    /// Seconds of media below which only the cheapest rung is fetched.
    pub(super) fn reservoir(&self, cx: &Context<'_>) -> f64 {
        let until = cx.track.start(cx.segment) + cx.target.scaled(self.shares.ahead);
        let cost = &self.tracks[cx.id.0 as usize].cost;
        let ahead = cost[cx.track.holding(until) as usize] - cost[cx.segment as usize];
        let least = self.shares.least * cx.duration().as_secs_f64();
        ahead.max(least).min(self.shares.most * most(cx))
    }

    /// Seconds of media from which on the dearest rung is fetched.
    pub(super) fn full(&self, cx: &Context<'_>) -> f64 {
        self.shares.full * most(cx)
    }

    /// The rung that the map suggests.
    pub(super) fn suggests(&self, cx: &Context<'_>) -> Rung {
        let (reservoir, full) = (self.reservoir(cx), self.full(cx));
        let (buffer, ladder) = (cx.buffer.as_secs_f64(), &cx.track.ladder);
        if buffer <= reservoir {
            return Rung(0);
        }
        if buffer >= full {
            return ladder.top();
        }
        let Sizes { cheapest, dearest, .. } = self.tracks[cx.id.0 as usize];
        let rate = cheapest + (dearest - cheapest) * (buffer - reservoir) / (full - reservoir);
        let map = rate * cx.duration().as_secs_f64();
        follow(ladder, cx.last, map, |rung| cx.size(rung).as_bits_f64())
    }
}

/// The most media, in seconds, that a player can hold when it asks for a segment: the papers' sizes
/// are of a buffer of 240 s, and are taken as shares of this, so that any player can use them.
pub(super) fn most(cx: &Context<'_>) -> f64 {
    cx.target.saturating_sub(cx.duration()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;
    use crate::media::Kind;
    use crate::units::{Bytes, Span};

    const SHARES: Shares = Shares { least: 2.0, most: 140.0 / 240.0, full: 0.9, ahead: 2.0 };

    #[test]
    fn the_reservoir_is_what_large_segments_to_come_would_cost() {
        // Segments of 4 s at 1 Mbit/s, 500 kB each, but the twelfth and thirteenth, of 1,250 kB,
        // are 6 s too large. Within 60 s from the tenth, fifteen segments, they cost 12 s. The
        // reservoir may be from two segments to 15.167 of the 26 s that fit.
        let mut question = Question::of(&[1_000, 2_000]);
        let track = &question.content.tracks[0];
        let ladder = track.ladder.clone();
        let size = |k: u32| if [11, 12].contains(&k) { 1_250_000 } else { 500_000 };
        let sizes = (0..50).flat_map(|k| [size(k), 1_000_000].map(Bytes::new)).collect();
        let track = Track::new(Kind::Video, ladder, &[Span::from_secs(4); 50], sizes).unwrap();
        question.content = Presentation::new(vec![track]);
        let map = ChunkMap::new(SHARES, &question.content);
        let reservoir = |segment| {
            let cx = question.context(10);
            map.reservoir(&Context { segment, ..cx })
        };
        assert!((reservoir(10) - 12.0).abs() < 1e-9);
        assert!((reservoir(12) - 8.0).abs() < 1e-9, "one costs 6 s");
        assert!((reservoir(40) - 8.0).abs() < 1e-9, "at the end there is no need");
    }
}
