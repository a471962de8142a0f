//! What there is to play: tracks, each a ladder of representations cut into segments.
//!
//! The idea to hold: a [`Presentation`] is immutable and shared. Sizes are one flat table, so a
//! session looks a segment up by two small numbers and never by a name.

mod codecs;
pub mod dash;
pub mod footage;
pub mod hls;
pub mod ladders;
pub mod live;
pub mod manifest;
pub mod movie;
pub mod sizes;
pub mod synth;

use std::fmt;
use std::sync::Arc;

use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Bytes, Pts, Span};

pub use live::Live;

/// A position on a ladder; rung 0 is the cheapest.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Rung(pub u8);

/// A position among the tracks of a presentation.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct TrackId(pub u8);

/// A position among the documents of a presentation.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct DocumentId(pub u32);

/// Anything a player asks an origin for. Two requests for the same object ask for the same bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub enum Object {
    /// A manifest, a playlist or an initialisation segment.
    Document(DocumentId),
    /// A media segment.
    Segment(Segment),
}

/// One segment of one rung of one track.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub enum Kind {
    /// Pictures: the track whose quality is measured.
    Video,
    /// Sound.
    Audio,
}

impl Kind {
    /// In a word, as manifests have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

/// Width and height of the picture, in pixels.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
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

/// Pictures per second, exactly: 30000/1001 for what is called 29.97.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct FrameRate {
    /// So many pictures
    pub frames: u32,
    /// in so many seconds; above zero.
    pub seconds: u32,
}

impl FrameRate {
    /// A whole number, a fraction `30000/1001` or a decimal number `29.97`, if it is one above
    /// zero. Decimals are kept to the thousandth.
    pub fn parse(text: &str) -> Option<Self> {
        let whole = |text: &str| text.trim().parse().ok().filter(|&n: &u32| n > 0);
        if let Some((frames, seconds)) = text.split_once('/') {
            return Some(Self { frames: whole(frames)?, seconds: whole(seconds)? });
        }
        if let Some(frames) = whole(text) {
            return Some(Self { frames, seconds: 1 });
        }
        let rate: f64 = text.trim().parse().ok()?;
        // What is written 29.97 or 23.976 is meant exactly.
        let ntsc = [24, 30, 48, 60, 120].into_iter().find(|&n| {
            (rate * 1.001 - f64::from(n)).abs() < 0.005 && (rate - f64::from(n)).abs() > 0.005
        });
        if let Some(frames) = ntsc {
            return Some(Self { frames: frames * 1_000, seconds: 1_001 });
        }
        let thousandths = libm::round(rate * 1e3);
        if !(1.0..=1e6).contains(&thousandths) {
            return None;
        }
        let (mut frames, mut seconds) = (thousandths as u32, 1_000);
        for factor in [2, 5] {
            while frames.is_multiple_of(factor) && seconds % factor == 0 {
                (frames, seconds) = (frames / factor, seconds / factor);
            }
        }
        Some(Self { frames, seconds })
    }

    /// For formulae.
    pub fn as_f64(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }
}

impl fmt::Display for FrameRate {
    /// As DASH writes it: `25`, or `30000/1001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            1 => write!(f, "{}", self.frames),
            seconds => write!(f, "{}/{seconds}", self.frames),
        }
    }
}

/// How good a picture looks, as a metric has it, to the millionth.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Score(u32);

impl Score {
    /// To the nearest millionth; nothing for what is negative, above 4,000 or no number.
    pub fn new(score: f64) -> Option<Self> {
        (0.0..=4_000.0).contains(&score).then(|| Self(libm::round(score * 1e6) as u32))
    }

    /// For formulae.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

/// What metrics say of a picture, where that is known; no manifest tells it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Quality {
    /// VMAF (Netflix, 2016), from 0 to 100.
    pub vmaf: Option<Score>,
    /// SSIM (Wang et al., 2004), from 0 to 1.
    pub ssim: Option<Score>,
}

/// One rung as its manifest describes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Representation {
    /// The bitrate it is advertised at.
    pub bitrate: Bitrate,
    /// The size of its picture, if it has one and says so.
    pub resolution: Option<Resolution>,
    /// Its codecs as RFC 6381 writes them, e.g. `avc1.640028`; empty if not said.
    pub codecs: String,
    /// Pictures per second, if it says so.
    pub frame_rate: Option<FrameRate>,
    /// How good its pictures look on average.
    pub quality: Quality,
}

impl Representation {
    /// A rung of which nothing but the bitrate is known.
    pub fn new(bitrate: Bitrate) -> Self {
        Self { bitrate, ..Self::default() }
    }
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

    /// Which rung of a whole ladder each of these is, that were left of it in their order.
    pub fn among(&self, whole: &Self) -> Vec<Rung> {
        let mut all = whole.rungs();
        let same = |rung: Rung| {
            let wanted = self.representation(rung);
            all.find(|&rung| whole.representation(rung) == wanted).unwrap_or(rung)
        };
        self.rungs().map(same).collect()
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
    /// What its pictures look like, by segment, then rung; empty where that is not known.
    qualities: Vec<Quality>,
    /// What a player has to hold before it can use segments. The first section begins at 0.
    sections: Vec<Section>,
}

/// Segments that need the same documents first: a period, or what lies between changes of
/// initialisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// The first segment of it.
    pub from: u32,
    /// By rung, what a player has to hold before it can use the segments, in the order it asks.
    pub setup: Vec<Vec<DocumentId>>,
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
        let sections = vec![Section { from: 0, setup: vec![Vec::new(); rungs] }];
        Ok(Self { kind, ladder, starts, sizes, qualities: Vec::new(), sections })
    }

    /// The same track, with what each rung needs before any of its segments can be used.
    pub fn with_setup(self, setup: Vec<Vec<DocumentId>>) -> Self {
        self.with_sections(vec![Section { from: 0, setup }])
    }

    /// The same track, with what each rung needs before its segments can be used.
    ///
    /// # Panics
    /// If the sections do not begin at 0, or not in order, or one is not by rung.
    pub fn with_sections(self, sections: Vec<Section>) -> Self {
        assert_eq!(sections.first().map(|section| section.from), Some(0), "from the beginning");
        assert!(sections.is_sorted_by(|a, b| a.from < b.from), "in order");
        let rungs = self.ladder.count();
        assert!(sections.iter().all(|section| section.setup.len() == rungs), "setup is by rung");
        Self { sections, ..self }
    }

    /// The same track, with what its pictures look like, by segment, then rung.
    ///
    /// # Panics
    /// If there are not as many as there are sizes.
    pub fn with_qualities(self, qualities: Vec<Quality>) -> Self {
        assert_eq!(qualities.len(), self.sizes.len(), "a quality for each size");
        Self { qualities, ..self }
    }

    /// The same track, with what another of the same rungs and segments knows of its pictures; no
    /// manifest tells that.
    pub fn with_qualities_of(self, other: &Self) -> Self {
        if self.ladder.bitrates() != other.ladder.bitrates() || self.count() != other.count() {
            return self;
        }
        let mut ladder = self.ladder;
        for (rung, known) in ladder.rungs.iter_mut().zip(&other.ladder.rungs) {
            rung.quality = known.quality;
        }
        Self { ladder, qualities: other.qualities.clone(), ..self }
    }

    /// The same track without rungs whose pictures are higher than so many pixels. The lowest
    /// picture stays, and so does what tells no resolution.
    pub fn within_height(self, most: u32) -> Self {
        let height = |rung| self.ladder.representation(rung).resolution.map_or(0, |r| r.height);
        let least = self.ladder.rungs().map(height).min().unwrap_or(0);
        let kept: Vec<Rung> =
            self.ladder.rungs().filter(|&r| height(r) <= most.max(least)).collect();
        if kept.len() == self.ladder.count() {
            return self;
        }
        let (rungs, of) = (self.ladder.count(), |rung: &Rung| rung.0 as usize);
        let rows = |index: usize| kept.iter().map(move |rung| index * rungs + of(rung));
        let cells = || (0..self.count() as usize).flat_map(rows);
        let sizes = cells().map(|cell| self.sizes[cell]).collect();
        let known = !self.qualities.is_empty();
        let qualities = cells().filter(|_| known).map(|cell| self.qualities[cell]).collect();
        let sections = self.sections.iter().map(|Section { from, setup }| Section {
            from: *from,
            setup: kept.iter().map(|rung| setup[of(rung)].clone()).collect(),
        });
        let ladder =
            Ladder::new(kept.iter().map(|&r| self.ladder.representation(r).clone()).collect());
        Self {
            sections: sections.collect(),
            ladder: ladder.unwrap_or_else(|| self.ladder.clone()),
            kind: self.kind,
            starts: self.starts,
            sizes,
            qualities,
        }
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

    /// The segment that holds a place; past the end, one more than there are.
    pub fn holding(&self, place: Pts) -> u32 {
        self.starts[1..].partition_point(|&end| end <= place) as u32
    }

    /// The first segment that begins at a place or after it; if none does, one more than there are.
    pub fn first_from(&self, place: Pts) -> u32 {
        self.starts[..self.starts.len() - 1].partition_point(|&start| start < place) as u32
    }

    /// How long a segment lasts.
    pub fn duration(&self, index: u32) -> Span {
        self.starts[index as usize + 1] - self.starts[index as usize]
    }

    /// Where the track ends.
    pub fn end(&self) -> Pts {
        self.starts[self.starts.len() - 1]
    }

    /// What its pictures look like; nothing is known unless it was given.
    pub fn quality(&self, index: u32, rung: Rung) -> Quality {
        let cell = index as usize * self.ladder.count() + rung.0 as usize;
        self.qualities.get(cell).copied().unwrap_or(self.ladder.representation(rung).quality)
    }

    /// What has to be held before segments can be used, in the order of the segments.
    pub fn sections(&self) -> &[Section] {
        &self.sections
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
    /// How it comes to be while it is watched, if it is live.
    pub live: Option<Arc<Live>>,
}

impl Presentation {
    /// A programme of these tracks that needs no manifest.
    pub fn new(tracks: Vec<Track>) -> Self {
        assert!(!tracks.is_empty(), "a presentation needs a track");
        Self { tracks, documents: Vec::new(), opening: Vec::new(), live: None }
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

    /// A number that two presentations have in common, with near certainty, only if their tracks
    /// have the same rungs and segments of the same lengths. Sizes are not looked at.
    pub fn fingerprint(&self) -> u64 {
        let track = |seed: Seed, track: &Track| {
            let rates = track.ladder.rungs().map(|rung| track.ladder.bitrate(rung).as_bps());
            let starts = track.starts.iter().map(|start| start.since_start().as_nanos());
            let keys: Vec<_> = rates.chain(starts).collect();
            seed.derived(Purpose::Sizes, &keys)
        };
        self.tracks.iter().fold(Seed::default(), track).0
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
        Representation::new(Bitrate::kbps(kbps))
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
    fn pictures_above_a_height_are_left_out_with_all_that_is_theirs() {
        let high = |kbps, height| {
            let resolution = Some(Resolution { width: 1, height });
            Representation { resolution, ..rung(kbps) }
        };
        let ladder = Ladder::new(vec![high(1, 240), high(2, 480), high(3, 720)]).unwrap();
        let sizes = (1..=6).map(Bytes::new).collect();
        let quality = |n| Quality { vmaf: Score::new(f64::from(n)), ssim: None };
        let track = Track::new(Kind::Video, ladder.clone(), &[Span::from_secs(4); 2], sizes);
        let plain = track.unwrap();
        let track = plain.clone().with_qualities((1..=6).map(quality).collect());
        assert_eq!(plain.with_qualities_of(&track), track, "what is known can be put back");
        assert_eq!(track.clone().within_height(720), track);
        let low = track.clone().within_height(719);
        assert_eq!(low.sizes(1), [Bytes::new(4), Bytes::new(5)]);
        assert_eq!(low.quality(1, Rung(1)), quality(5));
        assert_eq!(low.ladder.bitrates(), &ladder.bitrates()[..2]);
        assert_eq!(track.within_height(1).ladder.count(), 1, "the lowest stays");
    }

    #[test]
    fn segments_may_differ_in_length() {
        let ladder = Ladder::new(vec![rung(8)]).unwrap();
        let durations = [Span::from_secs(4), Span::from_secs(1)];
        let sizes = vec![Bytes::new(4_000), Bytes::new(1_000)];
        let track = Track::new(Kind::Video, ladder.clone(), &durations, sizes).unwrap();
        assert_eq!((track.count(), track.end()), (2, Pts::ZERO + Span::from_secs(5)));
        assert_eq!(track.duration(1), Span::from_secs(1));
        let held = |millis| track.holding(Pts::ZERO + Span::from_millis(millis));
        assert_eq!([0, 3_999, 4_000, 4_999, 5_000, 9_000].map(held), [0, 0, 1, 1, 2, 2]);
        let none = Track::new(Kind::Video, ladder, &[Span::ZERO], vec![Bytes::ZERO]);
        assert_eq!(none, Err(Flaw::EmptySegment(0)));
    }
}
