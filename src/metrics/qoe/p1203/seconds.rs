//! A session second by second: which segment is looked at, and the bitrate of what is like it.
//!
//! The idea to hold: scores are given once a second, to the last frame before it, and what counts
//! of the bitrate is its mean over the frames of the same representation from ten seconds before to
//! ten seconds after, as far as nothing else comes between. Frames are counted and never made: of
//! each second it is enough to know how many came before it.

use std::ops::Range;

use super::VideoSegment;
use crate::media::FrameRate;
use crate::units::Bitrate;

/// How far a second looks before and after it.
const REACH: usize = 10;

/// A frame's share by which a count of frames may fall short of a whole one and be it, as lengths
/// and rates are rounded.
const ROUNDING: f64 = 1e-6;

/// How many frames come before each second, by their times added up one by one: they are the
/// Recommendation's, whose sums fall now short of a whole second and now beyond it.
#[derive(Clone, Debug, Default)]
struct Clock {
    /// Of what has one rate throughout: kept from session to session, as it is the same in all.
    rate: Option<FrameRate>,
    frames: u32,
    at: f64,
    /// Of each second up to the last frame.
    before: Vec<u32>,
}

impl Clock {
    /// Counts the frames of these segments.
    fn count(&mut self, segments: &[VideoSegment], pieces: &[Piece]) {
        let rate = segments.first().map(|segment| segment.rate);
        let rate = rate.filter(|&rate| segments.iter().all(|segment| segment.rate == rate));
        if rate.is_none() || rate != self.rate {
            (self.rate, self.frames, self.at) = (rate, 0, 0.0);
            self.before.clear();
        }
        match rate {
            Some(rate) => self.run(pieces.last().map_or(0, Piece::end), rate),
            None => pieces.iter().for_each(|piece| {
                self.run(piece.end(), segments[piece.segment].rate);
            }),
        }
    }

    /// Goes on to so many frames in all.
    fn run(&mut self, frames: u32, rate: FrameRate) {
        let step = 1.0 / rate.as_f64();
        while self.frames < frames {
            while self.at >= self.before.len() as f64 {
                self.before.push(self.frames);
            }
            self.at += step;
            self.frames += 1;
        }
    }

    /// How many of so many frames come before a second.
    fn before(&self, second: usize, frames: u32) -> u32 {
        self.before.get(second).map_or(frames, |&before| before.min(frames))
    }
}

/// What has frames of a segment.
#[derive(Clone, Copy, Debug)]
struct Piece {
    segment: usize,
    /// Frames before it, and of it.
    first: u32,
    frames: u32,
    kbps: f64,
    /// Σ frames · bitrate of all before it.
    weight: f64,
}

impl Piece {
    fn end(&self) -> u32 {
        self.first + self.frames
    }

    /// Σ frames · bitrate up to a frame of it, or its end.
    fn upto(&self, frame: u32) -> f64 {
        self.weight + f64::from(frame - self.first) * self.kbps
    }
}

/// What cuts sessions into seconds. Kept from session to session, it need not allocate.
#[derive(Clone, Debug, Default)]
pub(super) struct Seconds {
    clock: Clock,
    pieces: Vec<Piece>,
}

impl Seconds {
    /// Tells of each second, in order, which segment it shows and the bitrate that counts, in
    /// kbit/s: of several seconds of one segment at the same bitrate at once.
    pub(super) fn each(
        &mut self,
        segments: &[VideoSegment],
        mut tell: impl FnMut(&VideoSegment, f64, usize),
    ) {
        self.cut(segments);
        self.clock.count(segments, &self.pieces);
        let (pieces, clock) = (&self.pieces, &self.clock);
        let Some(frames) = pieces.last().map(Piece::end) else { return };
        let (mut at, mut run, mut even) = (0, 0..0, false);
        let (mut left, mut right) = (0, 0);
        let mut second = 1;
        let last = whole_seconds(segments, pieces);
        while second <= last {
            let frame = clock.before(second, frames) - 1;
            at += pieces[at..].partition_point(|piece| piece.end() <= frame);
            if !run.contains(&at) {
                run = alike(segments, pieces, at);
                even = pieces[run.clone()].iter().all(|piece| piece.kbps == pieces[at].kbps);
                (left, right) = (run.start, run.start);
            }
            let segment = &segments[pieces[at].segment];
            if even {
                // Nothing changes before the segment does.
                let end = pieces[at].end();
                let same = (second + 1..=last)
                    .take_while(|&next| clock.before(next, frames) <= end)
                    .count();
                tell(segment, pieces[at].kbps, 1 + same);
                second += 1 + same;
                continue;
            }
            let from = match second.checked_sub(REACH) {
                Some(first) => clock.before(first, frames).max(pieces[run.start].first),
                None => pieces[run.start].first,
            };
            let to = clock.before(second + REACH, frames).min(pieces[run.end - 1].end());
            while pieces[left].end() <= from {
                left += 1;
            }
            while pieces[right].end() < to {
                right += 1;
            }
            let sum = pieces[right].upto(to) - pieces[left].upto(from);
            tell(segment, sum / f64::from(to - from), 1);
            second += 1;
        }
    }

    fn cut(&mut self, segments: &[VideoSegment]) {
        self.pieces.clear();
        let (mut first, mut weight) = (0, 0.0);
        for (place, segment) in segments.iter().enumerate() {
            let frames = segment.duration.as_secs_f64() * segment.rate.as_f64();
            let frames = libm::floor(frames + ROUNDING) as u32;
            if frames > 0 {
                let kbps = segment.bitrate.as_kbps_f64();
                self.pieces.push(Piece { segment: place, first, frames, kbps, weight });
                weight += f64::from(frames) * kbps;
                first += frames;
            }
        }
    }
}

/// The pieces around one that are of the same representation, with nothing else between.
fn alike(segments: &[VideoSegment], pieces: &[Piece], at: usize) -> Range<usize> {
    let like = |piece: &Piece| segments[piece.segment].likeness();
    let alike = |other: &&Piece| like(other) == like(&pieces[at]);
    let before = pieces[..at].iter().rev().take_while(alike).count();
    at - before..at + pieces[at..].iter().take_while(alike).count()
}

/// How many whole seconds the frames last.
fn whole_seconds(segments: &[VideoSegment], pieces: &[Piece]) -> usize {
    let last = |piece: &Piece| f64::from(piece.frames) / segments[piece.segment].rate.as_f64();
    let all: f64 = pieces.iter().map(last).sum();
    libm::floor(all + ROUNDING) as usize
}

impl VideoSegment {
    /// What is equal of segments that count as one: the representation, or else what is known.
    fn likeness(&self) -> (Option<u32>, Option<(Bitrate, FrameRate)>) {
        let known = (self.bitrate, self.rate);
        (self.representation, self.representation.is_none().then_some(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Resolution;
    use crate::units::Span;

    /// Of frames whose times are exact.
    fn segment(millis: u64, kbps: u64, representation: Option<u32>) -> VideoSegment {
        VideoSegment {
            duration: Span::from_millis(millis),
            bitrate: Bitrate::kbps(kbps),
            resolution: Resolution { width: 1, height: 1 },
            rate: FrameRate { frames: 16, seconds: 1 },
            representation,
        }
    }

    fn seconds(segments: &[VideoSegment]) -> Vec<f64> {
        let mut all = Vec::new();
        let mut seconds = Seconds::default();
        seconds.each(segments, |_, kbps, times| all.extend(std::iter::repeat_n(kbps, times)));
        all
    }

    #[test]
    fn a_bitrate_is_the_mean_over_what_is_alike_within_ten_seconds() {
        // Twelve seconds of 1,000, twelve of 2,000 of the same representation, then another.
        let segments = [
            segment(12_000, 1_000, Some(1)),
            segment(12_000, 2_000, Some(1)),
            segment(4_000, 9_000, Some(2)),
        ];
        let all = seconds(&segments);
        assert_eq!(all.len(), 28);
        // The first looks at 0 to 11 s, the fourth at 0 to 14: (12·1,000 + 2·2,000)/14.
        assert_eq!(all[0], 1_000.0);
        assert!((all[3] - 16_000.0 / 14.0).abs() < 1e-9, "{}", all[3]);
        // The 12th looks at 2 to 22 s, in halves; the 20th at 10 to 24, where another begins.
        assert!((all[11] - 1_500.0).abs() < 1e-9, "{}", all[11]);
        assert!((all[19] - 26_000.0 / 14.0).abs() < 1e-9, "{}", all[19]);
        assert_eq!(all[27], 9_000.0);
    }

    #[test]
    fn without_representations_each_bitrate_is_its_own_and_what_comes_again_is_not_the_same() {
        let kbps = [1_000, 2_000, 1_000].map(|kbps| segment(2_000, kbps, None));
        assert_eq!(seconds(&kbps), [1_000.0, 1_000.0, 2_000.0, 2_000.0, 1_000.0, 1_000.0]);
        let again = [(1_000, 1), (4_000, 2), (3_000, 1)];
        let again = again.map(|(kbps, of)| segment(2_000, kbps, Some(of)));
        assert_eq!(seconds(&again), [1_000.0, 1_000.0, 4_000.0, 4_000.0, 3_000.0, 3_000.0]);
    }

    #[test]
    fn segments_shorter_than_a_second_count_though_no_second_ends_in_them() {
        // They end at 0.375, 0.75 and 1.125 s: the second is over in the third, and looks at all.
        let kbps = [1_000, 2_000, 3_000].map(|kbps| segment(375, kbps, Some(1)));
        assert_eq!(seconds(&kbps), [2_000.0]);
        assert!(seconds(&[segment(400, 1_000, None)]).is_empty());
        assert!(seconds(&[segment(30, 1_000, None)]).is_empty(), "not a frame");
    }
}
