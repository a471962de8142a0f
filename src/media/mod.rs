//! What there is to play: tracks, each a ladder of representations cut into segments.
//!
//! The idea to hold: a [`Presentation`] is immutable and shared. Sizes are one flat table, so a
//! session looks a segment up by two small numbers and never by a name.

pub mod dash;
pub mod hls;
pub mod ladders;
pub mod manifest;
pub mod synth;
mod xml;

use std::fmt;

use crate::units::{Bitrate, Bytes, Pts, Span};

/// A position on a ladder; rung 0 is the cheapest.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Rung(pub u8);

/// A position among the tracks of a presentation.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrackId(pub u8);

/// A position among the documents of a presentation.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocumentId(pub u32);

/// Anything a player asks an origin for. Two requests for the same object ask for the same bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Object {
    /// A manifest, a playlist or an initialisation segment.
    Document(DocumentId),
    /// A media segment.
    Segment(Segment),
}

/// One segment of one rung of one track.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Segment {
    /// The track it belongs to.
    pub track: TrackId,
    /// Its position in the track, from 0.
    pub index: u32,
    /// The rung it is encoded for.
    pub rung: Rung,
}

/// What a track carries.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Pictures: the track whose quality is measured.
    Video,
    /// Sound.
    Audio,
}

/// Width and height of the picture, in pixels.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Resolution {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// One rung as its manifest describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Representation {
    /// The bitrate it is advertised at.
    pub bitrate: Bitrate,
    /// The size of its picture, if it has one and says so.
    pub resolution: Option<Resolution>,
    /// Its codecs as RFC 6381 writes them, e.g. `avc1.640028`; empty if not said.
    pub codecs: String,
}

/// Representations of one track, cheapest first, at least one and at most 256.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ladder {
    rungs: Vec<Representation>,
    /// The bitrates alone, side by side: what every decision reads.
    bitrates: Vec<Bitrate>,
}

impl Ladder {
    /// Sorts the rungs by bitrate; `None` if there are none, or more than 256.
    pub fn new(mut rungs: Vec<Representation>) -> Option<Self> {
        rungs.sort_by_key(|r| r.bitrate);
        let bitrates: Vec<_> = rungs.iter().map(|r| r.bitrate).collect();
        (!rungs.is_empty() && rungs.len() <= 256).then_some(Self { rungs, bitrates })
    }

    /// How many rungs there are.
    pub fn count(&self) -> usize {
        self.rungs.len()
    }

    /// Every rung, cheapest first.
    pub fn rungs(&self) -> impl DoubleEndedIterator<Item = Rung> + ExactSizeIterator + use<> {
        (0..self.rungs.len() as u16).map(|r| Rung(r as u8))
    }

    /// The bitrate a rung is advertised at.
    pub fn bitrate(&self, rung: Rung) -> Bitrate {
        self.bitrates[rung.0 as usize]
    }

    /// All bitrates, cheapest first.
    pub fn bitrates(&self) -> &[Bitrate] {
        &self.bitrates
    }

    /// A rung as its manifest describes it.
    pub fn representation(&self, rung: Rung) -> &Representation {
        &self.rungs[rung.0 as usize]
    }

    /// The dearest rung.
    pub fn top(&self) -> Rung {
        Rung((self.rungs.len() - 1) as u8)
    }

    /// The best rung the rate sustains, or the cheapest if it sustains none.
    pub fn within(&self, rate: Bitrate) -> Rung {
        let sustained = self.bitrates.iter().take_while(|&&b| b <= rate).count();
        Rung(sustained.saturating_sub(1) as u8)
    }
}

/// One track: a ladder, and the segments each rung of it is cut into, at the same places.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Track {
    /// What it carries.
    pub kind: Kind,
    /// The rungs to choose from.
    pub ladder: Ladder,
    /// Where segments begin, and at last where the track ends: one more than there are segments.
    starts: Vec<Pts>,
    /// Sizes by segment, then rung: one flat table.
    sizes: Vec<Bytes>,
    /// What a player has to hold before it can use a rung's segments, in the order it asks.
    setup: Vec<Vec<DocumentId>>,
}

/// Why parts make no track.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Flaw {
    /// There are no segments.
    #[error("a track needs at least one segment")]
    NoSegments,
    /// A segment lasts no time.
    #[error("segment {0} lasts no time")]
    EmptySegment(usize),
    /// The table of sizes is not segments × rungs.
    #[error("{found} sizes for {segments} segments of {rungs} rungs")]
    WrongSizes {
        /// Sizes given.
        found: usize,
        /// Segments given.
        segments: usize,
        /// Rungs given.
        rungs: usize,
    },
}

impl Track {
    /// A track whose segments last `durations`, with `sizes` by segment, then rung.
    pub fn new(
        kind: Kind,
        ladder: Ladder,
        durations: &[Span],
        sizes: Vec<Bytes>,
    ) -> Result<Self, Flaw> {
        let (segments, rungs, found) = (durations.len(), ladder.count(), sizes.len());
        if segments == 0 {
            return Err(Flaw::NoSegments);
        }
        if let Some(empty) = durations.iter().position(|d| d.is_zero()) {
            return Err(Flaw::EmptySegment(empty));
        }
        if found != segments * rungs {
            return Err(Flaw::WrongSizes { found, segments, rungs });
        }
        let mut starts = Vec::with_capacity(segments + 1);
        let mut end = Pts::ZERO;
        starts.push(end);
        for &duration in durations {
            end += duration;
            starts.push(end);
        }
        let setup = vec![Vec::new(); rungs];
        Ok(Self { kind, ladder, starts, sizes, setup })
    }

    /// The same track, with what each rung needs before its segments can be used.
    pub fn with_setup(self, setup: Vec<Vec<DocumentId>>) -> Self {
        assert_eq!(setup.len(), self.ladder.count(), "setup is by rung");
        Self { setup, ..self }
    }

    /// How many segments there are.
    pub fn count(&self) -> u32 {
        (self.starts.len() - 1) as u32
    }

    /// The size of a segment on a rung.
    pub fn size(&self, index: u32, rung: Rung) -> Bytes {
        self.sizes[index as usize * self.ladder.count() + rung.0 as usize]
    }

    /// The sizes of a segment on every rung, cheapest rung first.
    pub fn sizes(&self, index: u32) -> &[Bytes] {
        let rungs = self.ladder.count();
        &self.sizes[index as usize * rungs..][..rungs]
    }

    /// Where a segment begins; for one past the last, where the track ends.
    pub fn start(&self, index: u32) -> Pts {
        self.starts[index as usize]
    }

    /// How long a segment lasts.
    pub fn duration(&self, index: u32) -> Span {
        self.starts[index as usize + 1] - self.starts[index as usize]
    }

    /// How long segments last on average.
    pub fn mean_duration(&self) -> Span {
        self.end().since_start() / u64::from(self.count())
    }

    /// Where the track ends.
    pub fn end(&self) -> Pts {
        self.starts[self.starts.len() - 1]
    }

    /// What a player has to hold before it can use the segments of a rung, in the order it asks.
    pub fn setup(&self, rung: Rung) -> &[DocumentId] {
        &self.setup[rung.0 as usize]
    }
}

/// A whole programme: tracks fetched independently and played together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presentation {
    /// At least one; the first video track is the one whose quality is measured.
    pub tracks: Vec<Track>,
    /// Sizes of the documents, by [`DocumentId`].
    pub documents: Vec<Bytes>,
    /// What a player has to hold before it knows any of this, in the order it asks.
    pub opening: Vec<DocumentId>,
}

impl Presentation {
    /// A programme of these tracks that needs no manifest.
    pub fn new(tracks: Vec<Track>) -> Self {
        assert!(!tracks.is_empty(), "a presentation needs a track");
        Self { tracks, documents: Vec::new(), opening: Vec::new() }
    }

    /// One track.
    pub fn track(&self, id: TrackId) -> &Track {
        &self.tracks[id.0 as usize]
    }

    /// The size of an object.
    pub fn size(&self, object: Object) -> Bytes {
        match object {
            Object::Document(id) => self.documents[id.0 as usize],
            Object::Segment(s) => self.track(s.track).size(s.index, s.rung),
        }
    }

    /// The track whose quality is measured: the first that carries video, or else the first.
    pub fn main(&self) -> TrackId {
        let video = self.tracks.iter().position(|t| t.kind == Kind::Video);
        TrackId(video.unwrap_or(0) as u8)
    }

    /// Where the last of its tracks ends.
    pub fn end(&self) -> Pts {
        self.tracks.iter().map(Track::end).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(kbps: u64) -> Representation {
        Representation { bitrate: Bitrate::kbps(kbps), resolution: None, codecs: String::new() }
    }

    #[test]
    fn a_ladder_is_sorted_and_answers_what_a_rate_sustains() {
        let ladder = Ladder::new(vec![rung(900), rung(300), rung(600)]).unwrap();
        assert_eq!(ladder.bitrates(), [300, 600, 900].map(Bitrate::kbps));
        assert_eq!(ladder.within(Bitrate::kbps(100)), Rung(0));
        assert_eq!(ladder.within(Bitrate::kbps(600)), Rung(1));
        assert_eq!(ladder.within(Bitrate::kbps(9_000)), ladder.top());
        assert_eq!(Ladder::new(vec![]), None);
        assert_eq!(Ladder::new(vec![rung(1); 257]), None);
        assert_eq!(Ladder::new(vec![rung(1); 256]).unwrap().rungs().count(), 256);
    }

    #[test]
    fn segments_may_differ_in_length() {
        let ladder = Ladder::new(vec![rung(8)]).unwrap();
        let durations = [Span::from_secs(4), Span::from_secs(1)];
        let sizes = vec![Bytes::new(4_000), Bytes::new(1_000)];
        let track = Track::new(Kind::Video, ladder.clone(), &durations, sizes).unwrap();
        assert_eq!((track.count(), track.end()), (2, Pts::ZERO + Span::from_secs(5)));
        assert_eq!(track.duration(1), Span::from_secs(1));
        let none = Track::new(Kind::Video, ladder, &[Span::ZERO], vec![Bytes::ZERO]);
        assert_eq!(none, Err(Flaw::EmptySegment(0)));
    }
}
