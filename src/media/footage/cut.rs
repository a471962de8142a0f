//! Samples and filler for a segment, chunk by chunk.
//!
//! The idea to hold: a chunk has as many samples as begin in it, and so many bytes. What samples
//! need at least is taken away, and the rest spread over them evenly as filler. What is too little
//! to be filler, or too much for samples, stands after them in their box, where nothing points.

use std::ops::Range;

use super::boxes::{self, Fragment};
use super::h264::{FILLER_END, FILLER_HEADER, NUMBERS};
use super::letters::Ink;
use super::look::Look;
use super::rope::{Rope, Shared};
use super::{Reel, aac, chunk_count, chunk_range};
use crate::media::{Presentation, Segment};
use crate::units::{NANOS, Span};

/// The most pictures of a segment, however long it is.
const MOST_PICTURES: u64 = 50_000;

/// What a NAL unit takes besides its bytes: how long it is.
const PREFIX: u64 = 4;

/// The least that filler takes: how long it is, its header and its end.
const LEAST_FILLER: u64 = PREFIX + 2;

/// The most filler of a sample. Players hold a whole sample in memory at least.
const MOST_FILLER: u64 = 16 << 20;

/// A part of a segment.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// Where it is in the track.
    media: Range<Span>,
    size: u64,
}

/// The chunks of a segment.
pub(super) fn chunks(content: &Presentation, segment: Segment) -> Vec<Chunk> {
    let track = content.track(segment.track);
    let (start, length) = (track.start(segment.index), track.duration(segment.index));
    let place = |chunks: u32| {
        let media = content.live.as_ref().map_or(length, |live| live.media(length, chunks));
        start.since_start() + if chunks == 0 { Span::ZERO } else { media }
    };
    let each = (0..chunk_count(content, segment)).map(|number| {
        let range = chunk_range(content, segment, number);
        Chunk { media: place(number)..place(number + 1), size: range.end - range.start }
    });
    each.collect()
}

/// Some chunks of a segment of video.
pub(super) fn video(content: &Presentation, segment: Segment, numbers: Range<usize>) -> Reel {
    let track = content.track(segment.track);
    let look = Look::of(track.ladder.representation(segment.rung));
    let (start, end) = (track.start(segment.index), track.start(segment.index + 1));
    let grid = Grid::new(&look, start.since_start()..end.since_start());
    let pictures = Pictures::new(&look, segment, start.since_start());
    let mut reel = Reel { bytes: Rope::default(), playable: true };
    let (mut shown, mut begun) = (0, 0);
    for (number, chunk) in chunks(content, segment).into_iter().enumerate() {
        let first = begun;
        begun = grid.before(look.ticks(chunk.media.end), begun);
        let run = Run { first: shown, times: grid.times(first..begun), lead: number == 0 };
        let kept = run.fitting(&pictures, chunk.size);
        if numbers.contains(&number) {
            reel.add(match (begun - first, kept) {
                (0, _) => between(chunk.size),
                (_, 0) => Reel::opaque(chunk.size),
                _ => run.kept(kept).made(&pictures, chunk.size, sequence(segment, number)),
            });
        }
        shown += kept;
    }
    reel
}

/// Some chunks of a segment of sound.
pub(super) fn audio(content: &Presentation, segment: Segment, numbers: Range<usize>) -> Reel {
    let mut reel = Reel { bytes: Rope::default(), playable: true };
    for (number, chunk) in chunks(content, segment).into_iter().enumerate() {
        if numbers.contains(&number) {
            let frames = frame_from(chunk.media.start)..frame_from(chunk.media.end);
            let at = (number == 0, sequence(segment, number));
            reel.add(if frames.is_empty() {
                between(chunk.size)
            } else {
                sound(frames, chunk.size, at)
            });
        }
    }
    reel
}

impl Reel {
    fn add(&mut self, other: Self) {
        self.playable &= other.playable;
        self.bytes.append(other.bytes);
    }
}

/// A chunk in which no sample begins.
fn between(size: u64) -> Reel {
    match boxes::free(size) {
        Some(bytes) => Reel { bytes, playable: true },
        None => Reel { playable: size == 0, ..Reel::opaque(size) },
    }
}

/// The number of a fragment, which rises from each to the next of up to 4,096 to a segment.
fn sequence(segment: Segment, chunk: usize) -> u32 {
    segment.index.wrapping_mul(1 << 12).wrapping_add(chunk as u32 + 1)
}

/// What of a fragment is neither samples nor filler.
fn overhead(samples: u64, uneven: bool, (lead, starts): (bool, bool), size: u64) -> u64 {
    let lead = if lead { boxes::TYPE } else { 0 };
    lead + boxes::length(samples, uneven, starts) + data_header(size)
}

/// How long the header of samples is, in a fragment of that size.
fn data_header(size: u64) -> u64 {
    boxes::HEADER + if boxes::wide(size) { 8 } else { 0 }
}

/// A fragment up to its samples.
fn opened(fragment: &Fragment, lead: bool, size: u64) -> Rope {
    let mut bytes = if lead { boxes::segment_type() } else { Vec::new() };
    let header = data_header(size);
    bytes.extend(fragment.head(header));
    let content = size - bytes.len() as u64;
    let mut told = boxes::header(b"mdat", content);
    if header > boxes::HEADER && !boxes::wide(content) {
        // Just short of what needs a long header, which was counted on.
        told = [&1_u32.to_be_bytes()[..], b"mdat", &content.to_be_bytes()].concat();
    }
    bytes.extend(told);
    let mut rope = Rope::default();
    rope.push(bytes);
    rope
}

/// When pictures of a segment begin: spread evenly over it, in its timescale.
struct Grid {
    from: u64,
    length: u64,
    count: u64,
}

impl Grid {
    fn new(look: &Look, media: Range<Span>) -> Self {
        let (from, to) = (look.ticks(media.start), look.ticks(media.end));
        let count = look.pictures(media.end - media.start).clamp(1, MOST_PICTURES);
        Self { from, length: to - from, count: count.min(to - from) }
    }

    fn time(&self, picture: u64) -> u64 {
        let product = u128::from(self.length) * u128::from(picture);
        self.from + product.checked_div(u128::from(self.count)).unwrap_or(0) as u64
    }

    /// How many begin before a place, of which so many are known to.
    fn before(&self, place: u64, known: u64) -> u64 {
        (known..self.count).find(|&picture| self.time(picture) >= place).unwrap_or(self.count)
    }

    /// When pictures begin, and at last when the next one does.
    fn times(&self, pictures: Range<u64>) -> Vec<u64> {
        (pictures.start..=pictures.end).map(|picture| self.time(picture)).collect()
    }
}

/// The pictures of a segment.
struct Pictures {
    still: Vec<u8>,
    same: Vec<Vec<u8>>,
}

impl Pictures {
    fn new(look: &Look, segment: Segment, time: Span) -> Self {
        let format = look.format;
        let ink = Ink::new(format.blocks(), format.seen(), time, segment.rung);
        let still = format.still(segment.index % 2, &ink);
        Self { still, same: (0..NUMBERS).map(|number| format.same(number)).collect() }
    }

    /// The picture of a segment of that number.
    fn at(&self, number: u64) -> &[u8] {
        match number {
            0 => &self.still,
            _ => &self.same[(number % u64::from(NUMBERS)) as usize],
        }
    }

    /// What so many take, from one on.
    fn size(&self, first: u64, count: u64) -> u64 {
        (first..first + count).map(|number| PREFIX + self.at(number).len() as u64).sum()
    }
}

/// Pictures of a chunk.
struct Run {
    /// The number of its first in the segment.
    first: u64,
    /// When they begin, and at last when the next one does.
    times: Vec<u64>,
    /// Whether the chunk is the first.
    lead: bool,
}

impl Run {
    fn count(&self) -> u64 {
        self.times.len() as u64 - 1
    }

    /// How long each lasts.
    fn durations(&self) -> impl Iterator<Item = u32> + '_ {
        self.times.windows(2).map(|pair| u32::try_from(pair[1] - pair[0]).unwrap_or(u32::MAX))
    }

    fn uneven(&self) -> bool {
        !self.durations().is_sorted_by(|a, b| a == b)
    }

    fn needs(&self, pictures: &Pictures, count: u64, uneven: bool, size: u64) -> u64 {
        let starts = self.first == 0;
        overhead(count, uneven, (self.lead, starts), size) + pictures.size(self.first, count)
    }

    /// How many of them fit into so many bytes.
    fn fitting(&self, pictures: &Pictures, size: u64) -> u64 {
        let fits = |count, uneven| self.needs(pictures, count, uneven, size) <= size;
        let all = self.count();
        // Only the picture that begins a segment can be shown without the one before it.
        if all == 0 || !fits(1, false) || (self.first == 0 && !self.lead) {
            return 0;
        }
        if fits(all, self.uneven()) {
            return all;
        }
        let (mut some, mut more) = (1, all);
        while some + 1 < more {
            let middle = some.midpoint(more);
            *(if fits(middle, true) { &mut some } else { &mut more }) = middle;
        }
        some
    }

    /// Only so many, over the same time.
    fn kept(self, count: u64) -> Self {
        if count == self.count() {
            return self;
        }
        let (from, to) = (self.times[0], self.times[self.times.len() - 1]);
        let time = |number| from + (to - from) * number / count;
        Self { times: (0..=count).map(time).collect(), ..self }
    }

    /// A chunk of exactly so many bytes, which are enough.
    fn made(&self, pictures: &Pictures, size: u64, sequence: u32) -> Reel {
        let count = self.count();
        let spare = size - self.needs(pictures, count, self.uneven(), size);
        let share = Shares::new(spare, count.min(spare / LEAST_FILLER), MOST_FILLER);
        let numbers = self.first..self.first + count;
        let sizes = numbers.zip(0..).map(|(number, place)| {
            (PREFIX + pictures.at(number).len() as u64 + share.of(place)) as u32
        });
        let fragment = Fragment {
            sequence,
            time: self.times[0],
            starts: self.first == 0,
            samples: self.durations().zip(sizes).collect(),
        };
        let mut bytes = opened(&fragment, self.lead, size);
        let end = Shared::from(vec![FILLER_END]);
        let mut known = vec![None; 3 * NUMBERS as usize];
        for (number, place) in (self.first..).zip(0..count) {
            let filler = share.of(place);
            // Most pictures are as one before them, filler and all: none, each or one more.
            let kind = u64::from(filler > 0) + u64::from(filler > share.each);
            let same = (number % u64::from(NUMBERS) * 3 + kind) as usize;
            let make = || Shared::from(unit(pictures.at(number), filler));
            match number {
                0 => bytes.push(make()),
                _ => bytes.push(known[same].get_or_insert_with(make).clone()),
            }
            if filler > 0 {
                bytes.fill(filler - LEAST_FILLER);
                bytes.push(end.clone());
            }
        }
        bytes.fill(share.left);
        Reel { bytes, playable: true }
    }
}

/// A picture, and how filler of so many bytes begins.
fn unit(picture: &[u8], filler: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(picture.len() + 9);
    bytes.extend((picture.len() as u32).to_be_bytes());
    bytes.extend(picture);
    if filler > 0 {
        bytes.extend(((filler - PREFIX) as u32).to_be_bytes());
        bytes.push(FILLER_HEADER);
    }
    bytes
}

/// Bytes shared out evenly among the first of the samples.
struct Shares {
    among: u64,
    each: u64,
    /// So many have one more.
    more: u64,
    /// What nobody has.
    left: u64,
}

impl Shares {
    fn new(all: u64, among: u64, most: u64) -> Self {
        let each = all.checked_div(among).unwrap_or(0);
        match among {
            0 => Self { among, each, more: 0, left: all },
            _ if each >= most => Self { among, each: most, more: 0, left: all - among * most },
            _ => Self { among, each, more: all % among, left: 0 },
        }
    }

    fn of(&self, sample: u64) -> u64 {
        self.least(sample) + u64::from(sample < self.more)
    }

    fn least(&self, sample: u64) -> u64 {
        if sample < self.among { self.each } else { 0 }
    }
}

/// The first frame of sound that begins at a place or after it.
fn frame_from(place: Span) -> u64 {
    let product = u128::from(place.as_nanos()) * u128::from(aac::RATE);
    product.div_ceil(u128::from(aac::SAMPLES) * u128::from(NANOS)) as u64
}

/// Frames of sound in exactly so many bytes, if they fit.
fn sound(frames: Range<u64>, size: u64, (lead, sequence): (bool, u32)) -> Reel {
    let count = frames.end - frames.start;
    let needs = overhead(count, false, (lead, false), size) + count * aac::LEAST;
    let Some(spare) = size.checked_sub(needs) else {
        return Reel::opaque(size);
    };
    let share = Shares::new(spare, count, aac::MOST - aac::LEAST);
    let sizes = (0..count).map(|place| (aac::SAMPLES, (aac::LEAST + share.of(place)) as u32));
    let fragment = Fragment {
        sequence,
        time: frames.start * u64::from(aac::SAMPLES),
        starts: false,
        samples: sizes.collect(),
    };
    let mut bytes = opened(&fragment, lead, size);
    let mut known = [None, None];
    for place in 0..count {
        let make = || Shared::from(aac::frame(aac::LEAST + share.of(place)));
        let more = (share.of(place) - share.least(place)) as usize;
        bytes.push(known[more].get_or_insert_with(make).clone());
    }
    bytes.fill(share.left);
    Reel { bytes, playable: true }
}
