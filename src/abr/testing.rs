//! Questions to put to an algorithm with a pencil in hand.

use super::{Abr, Algorithm, Context, Outcome, Settings, Transfer};
use crate::media::{Kind, Ladder, Presentation, Representation, Rung, Track, TrackId};
use crate::units::{Bitrate, Bytes, Span, Speed, Time};

/// One video track of fifty segments of 4 s, each as large as its bitrate says, and a player that
/// wants 30 s of it.
pub(super) struct Question {
    pub(super) content: Presentation,
    /// The segment asked about, and the rung before it.
    pub(super) segment: u32,
    pub(super) last: Option<Rung>,
}

impl Question {
    pub(super) fn of(kbps: &[u64]) -> Self {
        let rung = |&k| Representation::new(Bitrate::kbps(k));
        let ladder = Ladder::new(kbps.iter().map(rung).collect()).unwrap();
        let segment = Span::from_secs(4);
        let sizes: Vec<_> = ladder.bitrates().iter().map(|&b| Bytes::from(b * segment)).collect();
        let track = Track::new(Kind::Video, ladder, &[segment; 50], sizes.repeat(50)).unwrap();
        Self { content: Presentation::new(vec![track]), segment: 10, last: None }
    }

    pub(super) fn ask(&self, algorithm: &Algorithm) -> Box<dyn Abr> {
        (algorithm.new)(&Settings::default(), &self.content).unwrap()()
    }

    /// With so many seconds in the buffer.
    pub(super) fn context(&self, buffer: u64) -> Context<'_> {
        self.context_at(Span::from_secs(buffer))
    }

    pub(super) fn context_at(&self, buffer: Span) -> Context<'_> {
        Context {
            latency: None,
            now: Time::ZERO + Span::from_secs(100),
            id: TrackId(0),
            track: &self.content.tracks[0],
            segment: self.segment,
            last: self.last,
            buffer,
            target: Span::from_secs(30),
            speed: Speed::NORMAL,
            held: crate::abr::NONE_HELD,
            first_held: 0,
            other: None,
        }
    }
}

/// A segment of 4 s that took so long from its first byte, which came at once.
pub(super) fn fetched(bytes: u64, millis: u64) -> Transfer {
    let requested = Time::ZERO + Span::from_secs(90);
    Transfer {
        idle: Span::ZERO,
        track: TrackId(0),
        rung: Rung(0),
        duration: Span::from_secs(4),
        size: Bytes::new(bytes),
        received: Bytes::new(bytes),
        requested,
        first_byte: Some(requested),
        now: requested + Span::from_millis(millis),
        outcome: Outcome::Done,
    }
}
