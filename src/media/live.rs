//! A live presentation: when each part of it is there to be asked for.
//!
//! The idea to hold: there is one clock, that of the capture, on which an instant and the media
//! captured at it have the same name. What is made of a segment, chunk by chunk, is on that clock
//! too, so latency is a difference of two places, and a budget of it is places in between.
//!
//! ```text
//!   captured ─ encode ─ package ─ write ─▶ there to be asked for        (chunk after chunk)
//!            └─────── announced ──────┘    when whoever goes by a clock expects it
//! ```

use super::{DocumentId, Presentation, Rung, TrackId};
use crate::units::{Bytes, Pts, Span, Time};

/// How a presentation comes to be, while it is watched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Live {
    /// How much of it has been captured when the world begins.
    pub elapsed: Span,
    /// How much media is in a chunk, where segments are sent as they are made: a CMAF chunk of
    /// DASH, a part of HLS.
    pub chunk: Option<Span>,
    /// From the end of a chunk's capture, or a segment's, until it is encoded.
    pub encode: Span,
    /// From then until it is packaged.
    pub package: Span,
    /// How much later than that clocks are told it is there, so that it is even if it is late.
    pub margin: Span,
    /// How far back what was made can be asked for.
    pub window: Span,
    /// How often the manifest says it may be asked for again (`@minimumUpdatePeriod`), where it
    /// lists segments. Else it only numbers them, and players go by their clocks.
    pub refresh: Option<Span>,
    /// How far behind players are asked to be: DASH's `Latency@target` or
    /// `@suggestedPresentationDelay`, HLS's `PART-HOLD-BACK` or `HOLD-BACK`.
    pub target: Option<Span>,
    /// Between which speeds they are asked to stay (`PlaybackRate@min` and `@max`), in thousandths.
    pub rates: Option<(u16, u16)>,
    /// What players ask for again.
    pub manifests: Manifests,
    /// By track, then segment.
    making: Vec<Vec<Making>>,
    /// Places of the main track, and how much longer after the one before them they were captured.
    gaps: Vec<(Pts, Span)>,
}

/// What players ask for again to learn of new segments.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Manifests {
    /// Nothing: they know.
    #[default]
    None,
    /// The MPD.
    Mpd(DocumentId),
    /// The playlist of the rung they watch, the first that a rung needs.
    Playlists,
}

/// What becomes of a segment on the way from the encoder to the origin.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Made {
    /// How long writing it takes.
    pub write: Span,
    /// How much later than usual it is.
    pub late: Span,
    /// How much longer after the segment before it was captured: the encoder stood still.
    pub gap: Span,
    /// Whether it never comes.
    pub missing: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Making {
    made: Made,
    /// All gaps up to it.
    offset: Span,
    /// From when on playlists list all of it.
    listed: Pts,
}

impl Live {
    /// The same, of a presentation whose segments, by track, come to be as told; what is not told
    /// of comes as it should.
    pub fn made(mut self, content: &Presentation, told: &[Vec<Made>]) -> Self {
        let usual = Vec::new();
        let tracks = content.tracks.iter().enumerate();
        let making = tracks.map(|(id, track)| {
            let told = told.get(id).unwrap_or(&usual);
            let (mut offset, mut listed) = (Span::ZERO, Pts::ZERO);
            let each = (0..track.count()).map(|index| {
                let made = told.get(index as usize).copied().unwrap_or_default();
                offset += made.gap;
                let whole = track.start(index + 1) + offset + self.ready() + made.write + made.late;
                // Playlists list in order, and do not wait for what never comes.
                listed = if made.missing { listed } else { listed.max(whole) };
                Making { made, offset, listed }
            });
            each.collect::<Vec<_>>()
        });
        self.making = making.collect();
        let main = content.main();
        let (track, own) = (content.track(main), &self.making[usize::from(main.0)]);
        let of = |(making, index): (&Making, u32)| (track.start(index), making.made.gap);
        self.gaps = own.iter().zip(0..).map(of).filter(|(_, gap)| !gap.is_zero()).collect();
        self
    }

    /// The capture's clock at an instant.
    #[inline]
    pub fn clock(&self, now: Time) -> Pts {
        Pts::ZERO + self.elapsed.saturating_add(now.since_start())
    }

    /// The first instant at which the capture's clock shows that; what was before the world began
    /// was at its beginning.
    #[inline]
    pub fn instant(&self, clock: Pts) -> Time {
        Time::ZERO + clock.since_start().saturating_sub(self.elapsed)
    }

    /// What the clock showed when a place of the main track was captured.
    pub fn captured(&self, place: Pts) -> Pts {
        let gaps = self.gaps.iter().filter(|(from, _)| *from <= place);
        place + gaps.map(|&(_, gap)| gap).sum::<Span>()
    }

    /// The place of the main track captured last when the clock showed that.
    pub fn place(&self, clock: Pts) -> Pts {
        let mut place = clock;
        for &(from, gap) in &self.gaps {
            if place <= from {
                break;
            }
            place = from.max(Pts::ZERO + place.since_start().saturating_sub(gap));
        }
        place
    }

    /// How far behind the capture a place of the main track is at an instant.
    pub fn latency(&self, now: Time, place: Pts) -> Span {
        self.clock(now).since_start().saturating_sub(self.captured(place).since_start())
    }

    /// From a capture until what was captured is packaged.
    pub fn ready(&self) -> Span {
        self.encode + self.package
    }

    /// From a capture until clocks are told that what was captured is there.
    pub fn announced_after(&self) -> Span {
        self.ready() + self.margin
    }

    /// How many chunks a segment is made in; one where they are not.
    #[inline]
    pub fn chunks(&self, length: Span) -> u32 {
        match self.chunk {
            Some(chunk) => length.as_nanos().div_ceil(chunk.as_nanos()).max(1) as u32,
            None => 1,
        }
    }

    /// How much media so many chunks of a segment hold.
    #[inline]
    pub fn media(&self, length: Span, chunks: u32) -> Span {
        match self.chunk {
            Some(chunk) => length.min(chunk * u64::from(chunks)),
            None => length,
        }
    }

    /// How many bytes that is of a segment.
    #[inline]
    pub fn bytes(&self, length: Span, size: Bytes, chunks: u32) -> Bytes {
        let (media, whole) = (self.media(length, chunks).as_nanos(), length.as_nanos());
        if let Some(product) = size.get().checked_mul(media) {
            return Bytes::new(product / whole);
        }
        let bytes = u128::from(size.get()) * u128::from(media) / u128::from(whole);
        Bytes::new(bytes as u64)
    }

    /// What becomes of a segment.
    pub fn making(&self, track: TrackId, index: u32) -> Made {
        self.of(track, index).made
    }

    /// When so many chunks of a segment are there to be asked for, if they ever are.
    #[inline]
    pub fn there(&self, content: &Presentation, at: (TrackId, u32), chunks: u32) -> Option<Pts> {
        let (track, index) = at;
        let Making { made, offset, .. } = *self.of(track, index);
        let own = content.track(track);
        let media = self.media(own.duration(index), chunks);
        let whole = own.start(index) + media + offset;
        (!made.missing).then(|| whole + self.ready() + made.write + made.late)
    }

    /// When whoever goes by the clock may ask for a segment.
    pub fn announced(&self, content: &Presentation, (track, index): (TrackId, u32)) -> Pts {
        let own = content.track(track);
        let first = self.media(own.duration(index), 1);
        own.start(index) + first + self.of(track, index).offset + self.announced_after()
    }

    /// How many segments of a track a manifest lists that was made when the clock showed that.
    pub fn listed(&self, track: TrackId, made: Pts) -> u32 {
        self.making[usize::from(track.0)].partition_point(|making| making.listed <= made) as u32
    }

    /// From when on manifests list all of a segment.
    pub fn listed_at(&self, track: TrackId, index: u32) -> Pts {
        self.of(track, index).listed
    }

    /// Where what a manifest lists of the main track ends that was made then; with parts of the
    /// segment under way where it is made in chunks.
    pub fn listed_to(&self, content: &Presentation, made: Pts) -> Pts {
        let id = content.main();
        let (track, listed) = (content.track(id), self.listed(id, made));
        let end = track.start(listed);
        if self.chunk.is_none() || listed == track.count() {
            return end;
        }
        let length = track.duration(listed);
        let there = |&chunks: &u32| {
            self.there(content, (id, listed), chunks).is_some_and(|there| there <= made)
        };
        let parts = (1..=self.chunks(length)).take_while(there).last().unwrap_or(0);
        end + self.media(length, parts)
    }

    /// What is asked for again by whoever watches a rung of the main track from a segment on.
    pub fn manifest(
        &self,
        content: &Presentation,
        (rung, segment): (Rung, u32),
    ) -> Option<DocumentId> {
        match self.manifests {
            Manifests::None => None,
            Manifests::Mpd(id) => Some(id),
            Manifests::Playlists => {
                let sections = content.track(content.main()).sections();
                let section = sections.iter().rfind(|section| section.from <= segment)?;
                section.setup[usize::from(rung.0)].first().copied()
            }
        }
    }

    fn of(&self, track: TrackId, index: u32) -> &Making {
        &self.making[usize::from(track.0)][index as usize]
    }
}

impl Default for Live {
    /// Made at once, in whole segments, of nothing.
    fn default() -> Self {
        Self {
            elapsed: Span::ZERO,
            chunk: None,
            encode: Span::ZERO,
            package: Span::ZERO,
            margin: Span::ZERO,
            window: Span::MAX,
            refresh: None,
            target: None,
            rates: None,
            manifests: Manifests::None,
            making: Vec::new(),
            gaps: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Kind, Ladder, Representation, Track};
    use crate::units::Bitrate;

    const SECOND: Span = Span::from_secs(1);

    fn at(millis: u64) -> Pts {
        Pts::ZERO + Span::from_millis(millis)
    }

    /// Ten segments of 2 s.
    fn content() -> Presentation {
        let ladder = Ladder::new(vec![Representation::new(Bitrate::kbps(1_000))]).unwrap();
        let sizes = vec![Bytes::new(250_000); 10];
        let track = Track::new(Kind::Video, ladder, &[SECOND * 2; 10], sizes).unwrap();
        Presentation::new(vec![track])
    }

    #[test]
    fn a_chunk_is_there_once_captured_encoded_packaged_and_written() {
        let (content, half) = (content(), Span::from_millis(500));
        let write = Made { write: Span::from_millis(30), ..Made::default() };
        let live = Live {
            chunk: Some(half),
            encode: Span::from_millis(200),
            package: Span::from_millis(50),
            margin: Span::from_millis(100),
            ..Live::default()
        };
        let live = live.made(&content, &[vec![write; 10]]);
        let there = |index, chunks| live.there(&content, (TrackId(0), index), chunks).unwrap();
        // 4 s + 0.5 + 0.2 + 0.05 + 0.03, and the last of it 1.5 s later.
        assert_eq!((there(2, 1), there(2, 4)), (at(4_780), at(6_280)));
        assert_eq!(live.chunks(SECOND * 2), 4);
        // By the clock: 0.1 later than it would be if nothing had to be written.
        assert_eq!(live.announced(&content, (TrackId(0), 2)), at(4_850));
        assert_eq!(live.bytes(SECOND * 2, Bytes::new(250_000), 3), Bytes::new(187_500));
        // Lists: two whole segments at 4.28 s, and a part from 4.78 s on.
        assert_eq!(live.listed(TrackId(0), at(4_279)), 1);
        assert_eq!(live.listed(TrackId(0), at(4_280)), 2);
        assert_eq!(live.listed_to(&content, at(4_779)), at(4_000));
        assert_eq!(live.listed_to(&content, at(4_780)), at(4_500));
    }

    #[test]
    fn what_is_late_holds_up_the_list_and_what_is_missing_does_not() {
        let content = content();
        let late = Made { late: SECOND * 5, ..Made::default() };
        let missing = Made { missing: true, ..Made::default() };
        let told = [Made::default(), late, Made::default(), missing];
        let live = Live::default().made(&content, &[told.to_vec()]);
        // Whole at 2, 9, 6, never, 10 s.
        let listed = [1_999, 2_000, 8_999, 9_000, 10_000].map(|ms| live.listed(TrackId(0), at(ms)));
        assert_eq!(listed, [0, 1, 1, 4, 5]);
        assert_eq!(live.there(&content, (TrackId(0), 3), 1), None);
    }

    #[test]
    fn after_a_gap_everything_was_captured_so_much_later() {
        let content = content();
        let gap = Made { gap: SECOND * 3, ..Made::default() };
        let told = vec![Made::default(), Made::default(), gap];
        let live = Live { elapsed: SECOND, ..Live::default() }.made(&content, &[told]);
        assert_eq!(live.captured(at(3_999)), at(3_999));
        assert_eq!(live.captured(at(4_000)), at(7_000));
        assert_eq!([3_000, 5_000, 7_000, 8_000].map(|ms| live.place(at(ms))), {
            [3_000, 4_000, 4_000, 5_000].map(at)
        });
        // Twelve seconds into it the world is 11 s old; 8 s of media were captured at 11.
        let now = Time::ZERO + SECOND * 11;
        assert_eq!((live.clock(now), live.latency(now, at(8_000))), (at(12_000), SECOND));
        assert_eq!(live.instant(at(500)), Time::ZERO);
    }
}
