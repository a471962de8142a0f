//! Where segments are cut, and where to ask for each.
//!
//! The idea to hold: nothing is written out per segment and rung. The cuts of a timeline stand once
//! and are shared by all rungs that follow it; an address is worked out when it is asked for.

use std::sync::Arc;

use super::url::join;
use super::{ByteRange, MAX_SIZE, Resource};
use crate::units::{Bitrate, Bytes, NANOS, Span};

/// The segments of one rendition.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// Where they are cut.
    pub timeline: Arc<Timeline>,
    /// Where they are.
    pub source: Source,
    /// What has to be held first, from the segment that says so on; the first begins at 0.
    pub sections: Arc<[Section]>,
}

/// How a manifest tells where segments are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Addressing {
    /// `SegmentTemplate@duration`.
    Template,
    /// `SegmentTemplate` with a `SegmentTimeline`.
    TemplateTimeline,
    /// `SegmentList@duration`.
    List,
    /// `SegmentList` with a `SegmentTimeline`.
    ListTimeline,
    /// `SegmentBase`: an index within the media.
    Base,
    /// One file, whole.
    File,
    /// An HLS media playlist.
    Playlist,
}

/// Instants and lengths in ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Ticks per second; above zero.
    pub scale: u64,
    /// The tick at which the period begins (`@presentationTimeOffset`).
    pub offset: i64,
    /// The segments, in order; empty where their number is not known yet.
    pub cuts: Vec<Cut>,
    /// Where segments are equal and their number is not told: the ticks each lasts.
    pub every: Option<u64>,
    /// The number of the first segment.
    pub number: u64,
}

/// One segment of a timeline.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// Where it begins, in ticks of its own clock.
    pub time: i64,
    /// How many ticks it lasts.
    pub duration: u64,
    /// Its number, for templates.
    pub number: u64,
}

/// A reference and a range for each segment.
pub type Entries = Arc<[(Box<str>, Option<ByteRange>)]>;

/// Where the segments of one rendition are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Names that a template makes.
    Template {
        /// What they are relative to.
        base: Arc<str>,
        /// The template, compiled.
        template: Arc<crate::media::dash::Template>,
    },
    /// Names that stand one by one.
    Listed {
        /// What they are relative to.
        base: Arc<str>,
        /// A reference and a range for each.
        entries: Entries,
        /// The rate each is said to have (`#EXT-X-BITRATE`), or nothing at all.
        rates: Arc<[Option<Bitrate>]>,
    },
    /// Nothing tells where they are: a `SegmentTemplate` without `@media`.
    Untold,
    /// Ranges of one file.
    Ranges {
        /// The file.
        url: Arc<str>,
        /// A range for each.
        ranges: Arc<[ByteRange]>,
    },
}

/// What has to be held before some segments can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// The first segment it is needed for.
    pub from: u32,
    /// In the order a player asks: playlist, initialisation segment, index.
    pub setup: Vec<Resource>,
}

/// How large things are, where something other than the manifest tells it.
pub type KnownSizes<'a> = &'a dyn Fn(&Resource) -> Option<Bytes>;

/// The highest rate of any one of these segments, and which that is; of those at least half as long
/// as the longest: shorter ones say little (RFC 8216, 4.1, where runs of segments count too).
pub(crate) fn peak(
    durations: impl DoubleEndedIterator<Item = Span> + ExactSizeIterator + Clone,
    size: impl Fn(usize) -> Option<Bytes>,
) -> Option<(usize, Bitrate)> {
    let longest = durations.clone().max()?;
    let long = durations.enumerate().filter(|(_, d)| !d.is_zero() && *d * 2 >= longest);
    let rates = long.filter_map(|(index, duration)| Some((index, size(index)? / duration)));
    // Of equals, the first.
    rates.rev().max_by_key(|&(_, rate)| rate)
}

impl Timeline {
    /// Where a segment begins, in nanoseconds from the beginning of its period; may lie before it.
    pub fn start(&self, index: usize) -> i128 {
        self.nanos(i128::from(self.cuts[index].time) - i128::from(self.offset))
    }

    /// Where a segment ends, likewise.
    pub fn end(&self, index: usize) -> i128 {
        let Cut { time, duration, .. } = self.cuts[index];
        self.nanos(i128::from(time) + i128::from(duration) - i128::from(self.offset))
    }

    /// How long a segment lasts by its own account.
    pub fn duration(&self, index: usize) -> Span {
        self.span(self.cuts[index].duration)
    }

    /// A number of ticks as a length of time.
    pub fn span(&self, ticks: u64) -> Span {
        Span::from_nanos(self.nanos(ticks.into()).try_into().unwrap_or(u64::MAX))
    }

    /// How finely it tells time.
    pub fn tick(&self) -> Span {
        Span::from_nanos(NANOS.div_ceil(self.scale))
    }

    /// To the nearest nanosecond.
    fn nanos(&self, ticks: i128) -> i128 {
        let scale = i128::from(self.scale);
        (ticks * i128::from(NANOS) + scale / 2).div_euclid(scale)
    }
}

impl Segments {
    /// How many there are, as far as that is known.
    pub fn count(&self) -> usize {
        self.timeline.cuts.len()
    }

    /// Where to ask for one; nowhere is an empty URL.
    pub fn resource(&self, index: usize) -> Resource {
        match &self.source {
            Source::Untold => Resource::whole(""),
            Source::Template { base, template } => {
                Resource::whole(join(base, &template.fill(&self.timeline.cuts[index])))
            }
            Source::Listed { base, entries, .. } => {
                let (reference, range) = &entries[index];
                Resource { url: join(base, reference), range: *range }
            }
            Source::Ranges { url, ranges } => {
                Resource { url: url.to_string(), range: Some(ranges[index]) }
            }
        }
    }

    /// The highest rate of any one of its segments, and which that is; nothing where no size is
    /// known for certain.
    pub fn peak(&self, sizes: Option<KnownSizes<'_>>) -> Option<(usize, Bitrate)> {
        // A template tells nothing, and making a million names of it takes a while.
        let named = matches!(self.source, Source::Template { .. } | Source::Untold);
        if sizes.is_none() && named {
            return None;
        }
        let durations = (0..self.count()).map(|index| self.timeline.duration(index));
        peak(durations, |index| {
            let resource = self.resource(index);
            resource.size().or_else(|| sizes?(&resource))
        })
    }

    /// How large one is, so far as the manifest tells: exactly by a range, roughly by a rate.
    pub fn size(&self, index: usize) -> Option<Bytes> {
        match &self.source {
            Source::Untold | Source::Template { .. } => None,
            Source::Listed { entries, rates, .. } => match entries[index].1 {
                Some(range) => Some(Bytes::new(range.length)),
                None => {
                    let rate = rates.get(index).copied().flatten()?;
                    Some(Bytes::from(rate * self.timeline.duration(index)).min(MAX_SIZE))
                }
            },
            Source::Ranges { ranges, .. } => Some(Bytes::new(ranges[index].length)),
        }
    }
}
