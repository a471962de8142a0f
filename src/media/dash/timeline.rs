//! Where the segments of a Representation are cut (ISO/IEC 23009-1, 5.3.9.6): a `SegmentTimeline`
//! or a `@duration`, worked out.
//!
//! The idea to hold: Representations that are told the same are given the same timeline, not a copy
//! of it.

use std::sync::Arc;

use super::xml::S;
use crate::media::manifest::{
    Cut, MAX_CUTS, MAX_LENGTH, MAX_SEGMENTS, ManifestError, Place, Timeline,
};
use crate::units::{NANOS, Span};

/// What is no longer, in nanoseconds, is no segment, but what is left by rounding to milliseconds.
const ROUNDING: u64 = 1_000_000;

/// What an MPD tells of where segments are cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told<'a> {
    /// Ticks per second.
    pub(super) scale: u64,
    /// What the number of the first segment is.
    pub(super) number: u64,
    /// What the number of the last segment is, where that is said.
    pub(super) last: Option<u64>,
    /// How many segments are listed, where they are.
    pub(super) listed: Option<usize>,
    /// Where on the segments' own clock the Period begins.
    pub(super) offset: i64,
    /// How long the Period lasts, where that is known.
    pub(super) length: Option<Span>,
    /// A SegmentTimeline.
    pub(super) line: Option<&'a [S]>,
    /// A duration in ticks.
    pub(super) every: Option<f64>,
}

/// Timelines worked out so far, which is what is shared.
#[derive(Default)]
pub(super) struct Timelines<'a> {
    known: Vec<(Told<'a>, Arc<Timeline>)>,
    cuts: usize,
}

impl<'a> Timelines<'a> {
    /// The timeline that is told, the same for what is told the same.
    pub(super) fn of(
        &mut self,
        told: Told<'a>,
        place: &Place<'_>,
    ) -> Result<Arc<Timeline>, ManifestError> {
        // What is told the same is told side by side: in one set, or one after another.
        let near = self.known.iter().rev().take(4).find(|(known, _)| known.same(&told));
        if let Some((_, timeline)) = near {
            return Ok(timeline.clone());
        }
        let timeline = Arc::new(told.work_out(place)?);
        self.count(timeline.cuts.len(), place)?;
        self.known.push((told, timeline.clone()));
        Ok(timeline)
    }

    /// Counts segments that are not shared.
    pub(super) fn count(&mut self, cuts: usize, place: &Place<'_>) -> Result<(), ManifestError> {
        self.cuts += cuts;
        match self.cuts > MAX_CUTS {
            true => Err(place.too_many("segments in all", self.cuts, MAX_CUTS)),
            false => Ok(()),
        }
    }
}

impl Told<'_> {
    /// Whether another is told the same; what is inherited need not be looked through for that.
    fn same(&self, other: &Self) -> bool {
        let lines = match (self.line, other.line) {
            (Some(mine), Some(theirs)) => std::ptr::eq(mine, theirs) || mine == theirs,
            (mine, theirs) => mine.is_none() && theirs.is_none(),
        };
        lines && Self { line: None, ..*self } == Self { line: None, ..*other }
    }

    /// How many ticks of a clock of so many a second the Period lasts, rounded up, so that whatever
    /// begins before its end is played; what rounding may have added to it is not counted.
    fn ticks(&self, scale: u64) -> Option<u128> {
        let nanos = u128::from(self.length?.as_nanos().saturating_sub(ROUNDING));
        Some((nanos * u128::from(scale)).div_ceil(NANOS.into()))
    }

    fn work_out(&self, place: &Place<'_>) -> Result<Timeline, ManifestError> {
        if !(1..=u64::from(u32::MAX)).contains(&self.scale) {
            let right = format!("1 to {} is expected", u32::MAX);
            return Err(place.wrong("@timescale", self.scale, &right));
        }
        let mut timeline = match (self.line, self.every) {
            (Some(line), _) => self.along(line, &place.element("SegmentTimeline", 0))?,
            (None, Some(ticks)) => self.every(ticks, place)?,
            (None, None) => self.once(),
        };
        timeline.cuts.truncate(self.listed.unwrap_or(usize::MAX));
        Ok(timeline)
    }

    fn timeline(&self, scale: u64, offset: i64, cuts: Vec<Cut>, every: Option<u64>) -> Timeline {
        Timeline { scale, offset, cuts, every, number: self.number }
    }

    /// One segment for the whole Period, of whatever length that is.
    fn once(&self) -> Timeline {
        let whole = self.length.map(|length| length.in_ticks(self.scale) as u64);
        let cut = |duration| Cut { time: self.offset, duration, number: self.number };
        let cuts = whole.filter(|&ticks| ticks > 0).map(cut);
        self.timeline(self.scale, self.offset, cuts.into_iter().collect(), None)
    }

    /// Segments of equal duration; the last ends where the Period does.
    fn every(&self, ticks: f64, place: &Place<'_>) -> Result<Timeline, ManifestError> {
        let secs = ticks / self.scale as f64;
        if !(secs > 0.0 && secs <= MAX_LENGTH.as_secs_f64()) {
            return Err(place.wrong("@duration", ticks, "a number of ticks is expected"));
        }
        // The standard wants whole ticks, and is not always obeyed: then there are finer ones.
        let finer = if libm::trunc(ticks) == ticks { 1 } else { 1_000_000 };
        let (each, scale) = (libm::round(ticks * finer as f64) as u64, self.scale * finer);
        let offset = self.offset.saturating_mul(finer as i64);
        let each = each.max(1);
        let listed = || u128::from(each) * self.listed.unwrap_or(0) as u128;
        let count = self.ticks(scale).unwrap_or_else(listed).div_ceil(u128::from(each));
        let whole = match self.length {
            Some(length) => length.in_ticks(scale),
            None => listed(),
        };
        let count = match self.last {
            Some(last) => count.min(u128::from(last.saturating_sub(self.number)) + 1),
            None => count,
        };
        let count = match usize::try_from(count) {
            Ok(count) if count <= MAX_SEGMENTS => count as u64,
            found => {
                let found = found.unwrap_or(usize::MAX);
                return Err(place.too_many("segments", found, MAX_SEGMENTS));
            }
        };
        let cut = |index: u64| {
            let start = u128::from(index) * u128::from(each);
            let duration = u128::from(each).min(whole.saturating_sub(start).max(1)) as u64;
            let time = offset.saturating_add_unsigned(start as u64);
            Cut { time, duration, number: self.number.saturating_add(index) }
        };
        Ok(self.timeline(scale, offset, (0..count).map(cut).collect(), Some(each)))
    }

    /// Segments along a timeline, as it tells them.
    fn along(&self, line: &[S], place: &Place<'_>) -> Result<Timeline, ManifestError> {
        let end = self
            .ticks(self.scale)
            .map(|ticks| i128::from(self.offset) + i128::try_from(ticks).unwrap_or(i128::MAX));
        let rounding = i128::from(self.scale) * i128::from(ROUNDING) / i128::from(NANOS);
        let mut cuts: Vec<Cut> = Vec::new();
        let (mut clock, mut number) = (0_i64, self.number);
        for (index, s) in line.iter().enumerate() {
            let place = place.element("S", index);
            let each = s.d.unwrap_or(0);
            if each == 0 {
                return Err(place.wrong("@d", 0, "a segment has to last some time"));
            }
            let late = |found| place.wrong("@t", found, "it is beyond what a clock can tell");
            let time = match s.t {
                Some(t) => i64::try_from(t).map_err(|_| late(t.to_string()))?,
                None => clock,
            };
            let next = line.get(index + 1).and_then(|next| next.t);
            let until = next.map(|next| i128::from(next) - rounding).or(end);
            let count = repeats(s.r.unwrap_or(0), time, each, until);
            let total = cuts.len().saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
            if total > MAX_SEGMENTS {
                return Err(place.too_many("segments", total, MAX_SEGMENTS));
            }
            let ends = each.checked_mul(count).and_then(|d| time.checked_add_unsigned(d));
            let Some(until) = ends else {
                return Err(place.wrong("@d", each, "the timeline does not end"));
            };
            number = s.n.unwrap_or(number);
            cuts.extend((0..count).map(|k| Cut {
                time: time.saturating_add_unsigned(k * each),
                duration: each,
                number: number.saturating_add(k),
            }));
            (clock, number) = (until, number.saturating_add(count));
        }
        if let Some(last) = self.last {
            cuts.retain(|cut| cut.number <= last);
        }
        Ok(self.timeline(self.scale, self.offset, cuts, None))
    }
}

/// How many segments an `S` stands for: a negative repeat goes on to the next `S` or to the end of
/// the Period. Where neither is known, as in what is live, it stands for one at least.
fn repeats(r: i64, time: i64, each: u64, until: Option<i128>) -> u64 {
    let left = match until {
        _ if r >= 0 => return r.unsigned_abs().saturating_add(1),
        Some(until) => (until - i128::from(time)).max(1) as u128,
        None => 1,
    };
    u64::try_from(left.div_ceil(u128::from(each))).unwrap_or(u64::MAX)
}
