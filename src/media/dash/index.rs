//! Segments that an index within the media tells (`sidx`, ISO/IEC 14496-12, 8.16.3).
//!
//! The idea to hold: offsets in an index count from the byte after it, and a reference may lead to
//! a further index instead of to media, which is then followed.

use std::sync::Arc;

use mp4_atom::{Atom, Decode, FourCC, Header, Sidx};

use crate::media::manifest::{
    ByteRange, Cut, Documents, MAX_DOCUMENT, MAX_SEGMENTS, ManifestError, Place, Problem, Resource,
    Timeline,
};

/// How many indexes may lead to one another.
const MAX_DEPTH: usize = 4;

/// How much of a file is read to find its index where nothing tells where it is. dash.js begins
/// with 1,500 bytes and goes on as boxes tell; initialisation is seldom larger than this.
const PROBE: u64 = 64 << 10;

/// What an index tells.
pub(super) struct Index {
    /// Where segments are cut, as it was last asked for.
    pub(super) timeline: Arc<Timeline>,
    /// Where they are.
    pub(super) ranges: Arc<[ByteRange]>,
    /// What stands before the index: the initialisation segment.
    pub(super) before: ByteRange,
    /// The index itself.
    pub(super) own: ByteRange,
}

/// Reads the index of a file: the one that lies in a range, or the first there is.
pub(super) fn read(
    url: &str,
    range: Option<ByteRange>,
    documents: &mut Documents<'_>,
) -> Result<Index, ManifestError> {
    let place = Place::of(url);
    let probe = range.unwrap_or(ByteRange { first: 0, length: PROBE });
    let mut reader = Reading { url, documents, cuts: Vec::new(), ranges: Vec::new(), scale: 0 };
    let (sidx, own) = reader.find(probe, range.is_none())?;
    if sidx.timescale == 0 {
        return Err(place.wrong("the timescale of its index", 0, "ticks per second are expected"));
    }
    reader.scale = sidx.timescale;
    let start = i64::try_from(sidx.earliest_presentation_time).unwrap_or(i64::MAX);
    let end = reader.follow(sidx, own, start, MAX_DEPTH)?;
    if reader.cuts.is_empty() {
        return Err(place.missing("a segment", "its index tells of none"));
    }
    if end == i64::MAX {
        return Err(place.wrong("its index", "endless", "it is beyond what a clock can tell"));
    }
    let Reading { cuts, ranges, scale, .. } = reader;
    let timeline = Timeline { scale: scale.into(), offset: 0, cuts, every: None, number: 1 };
    let (timeline, ranges) = (Arc::new(timeline), ranges.into());
    let before = ByteRange { first: 0, length: own.first };
    Ok(Index { timeline, ranges, before, own })
}

struct Reading<'a, 'b> {
    url: &'a str,
    documents: &'a mut Documents<'b>,
    cuts: Vec<Cut>,
    ranges: Vec<ByteRange>,
    scale: u32,
}

impl Reading<'_, '_> {
    /// The first index in a range of the file, and which bytes it is.
    fn find(&mut self, range: ByteRange, open: bool) -> Result<(Sidx, ByteRange), ManifestError> {
        let place = Place::of(self.url);
        let resource = Resource { url: self.url.to_owned(), range: Some(range) };
        let bytes = self.documents.fetch(&resource)?.bytes;
        if bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
            return Err(place.not_yet("an index of WebM (Cues)"));
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= 8) {
            let mut body = rest;
            let broken = |_| place.problem(Problem::Syntax("its boxes are broken".into()));
            let header = Header::decode(&mut body).map_err(broken)?;
            let head = rest.len() - body.len();
            let size = header.size.unwrap_or(body.len());
            if header.kind == Sidx::KIND {
                let Some(mut inside) = body.get(..size) else {
                    let what = "the index (sidx) is complete".to_owned();
                    return Err(place.problem(Problem::Truncated(what)));
                };
                let sidx = Sidx::decode_body(&mut inside).map_err(broken)?;
                let own = ByteRange {
                    first: range.first.saturating_add(at as u64),
                    length: (head + size) as u64,
                };
                return Ok((sidx, own));
            }
            if open && header.kind == FourCC::new(b"mdat") {
                break;
            }
            at = at.saturating_add(head).saturating_add(size);
            let further = range.first.saturating_add(at as u64);
            // A large moov: its end is where to look on.
            if open && at >= bytes.len() && further < MAX_DOCUMENT.get() {
                let range = ByteRange { first: further, length: PROBE };
                return self.find(range, open);
            }
        }
        let where_ = format!("none in bytes {range}");
        Err(place.wrong("its index (sidx)", where_, "a box of that kind is expected"))
    }

    /// Takes in an index and those it leads to; returns the tick at which it ends.
    fn follow(
        &mut self,
        sidx: Sidx,
        own: ByteRange,
        start: i64,
        depth: usize,
    ) -> Result<i64, ManifestError> {
        let place = Place::of(self.url);
        let mut first = own.end().saturating_add(sidx.first_offset);
        let mut time = start;
        for reference in sidx.references {
            let length = u64::from(reference.referenced_size);
            let (range, duration) =
                (ByteRange { first, length }, u64::from(reference.subsegment_duration));
            let next = time.saturating_add_unsigned(duration);
            match (reference.reference_type, depth.checked_sub(1)) {
                (true, None) => {
                    return Err(place.too_many("levels of indexes", MAX_DEPTH + 1, MAX_DEPTH));
                }
                (true, Some(depth)) => {
                    let (sidx, own) = self.find(range, false)?;
                    self.follow(sidx, own, time, depth)?;
                }
                // What lasts no time is no segment.
                (false, _) if duration == 0 || length == 0 => {}
                (false, _) => {
                    let number = self.cuts.len() as u64 + 1;
                    self.cuts.push(Cut { time, duration, number });
                    self.ranges.push(range);
                }
            }
            if self.cuts.len() > MAX_SEGMENTS {
                return Err(place.too_many("segments", self.cuts.len(), MAX_SEGMENTS));
            }
            first = first.saturating_add(length);
            time = next;
        }
        Ok(time)
    }
}

impl Index {
    /// Lets a Period begin at a tick of a clock of so many a second; whether that is a new place.
    pub(super) fn begin(&mut self, offset: i64, scale: u64) -> bool {
        let mine = i128::from(self.timeline.scale);
        let offset = i128::from(offset) * mine / i128::from(scale.max(1));
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let moved = offset != self.timeline.offset;
        if moved {
            self.timeline = Arc::new(Timeline { offset, ..(*self.timeline).clone() });
        }
        moved
    }
}
