//! From what a manifest tells to what a player plays: one track of each kind, its rungs cut alike.
//!
//! The idea to hold: players are forgiving, and so is this. A set is chosen, periods are laid end
//! to end, and what does not fit is left out with a note rather than refused: rungs cut at other
//! places, segments that are missing or outside their period. Gaps are bridged: the segment before
//! one lasts until the next begins, where a player would jump.

use super::{
    Carries, MAX_LENGTH, MAX_RUNGS, MAX_SEGMENTS, MAX_SIZES, Manifest, ManifestError, Period,
    Place, Problem, Rendition, Resource, Segments, Set, Source, note,
};
use crate::media::{Kind, Ladder, Representation, Rung};
use crate::units::{Bitrate, Bytes, NANOS, Span};

/// What of a presentation is played, sizes apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Every document read, in the order asked; the first is the one that names the rest.
    pub documents: Vec<(Resource, Bytes)>,
    /// The tracks: video, if there is any, then audio.
    pub tracks: Vec<TrackOutline>,
    /// What was left out or mended, and why.
    pub notes: Vec<ManifestError>,
}

/// What of one track is played, sizes apart.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackOutline {
    /// What it carries.
    pub kind: Kind,
    /// The rungs to choose from.
    pub ladder: Ladder,
    /// By rung, the highest rate of any segment, where the manifest tells it apart.
    pub peaks: Vec<Option<Bitrate>>,
    /// How long each segment lasts, on every rung.
    pub durations: Vec<Span>,
    /// Periods, in order.
    pieces: Vec<Piece>,
}

/// The part of a track that lies in one period.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    /// The position in the track of its first segment.
    from: usize,
    /// The positions in the rungs' own segments of those that are played.
    kept: Vec<u32>,
    /// Its segments, by rung.
    rungs: Vec<Segments>,
}

/// What to play where there is a choice.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Choice {
    /// The language of the sound, such as `en`.
    pub language: Option<String>,
}

impl Manifest {
    /// What a player would play of it.
    ///
    /// # Errors
    /// Where there is nothing to play, or it is live.
    pub fn outline(&self, choice: &Choice) -> Result<Outline, ManifestError> {
        let entry = self.documents.first().map_or("", |(resource, _)| resource.url.as_str());
        let place = Place::of(entry);
        if self.live.is_some() {
            let what = "playing what is live, or was cut short, on demand: it tells no end";
            return Err(place.not_yet(what));
        }
        let periods = laid_out(&self.periods, self.duration);
        let mut weaver = Weaver { place, choice, notes: self.notes.clone() };
        let mut tracks = Vec::new();
        for kind in [Kind::Video, Kind::Audio] {
            tracks.extend(weaver.track(kind, &periods)?);
        }
        if tracks.is_empty() {
            // The first reason is the best that can be said, of those that come of trying.
            let notes = &weaver.notes;
            return Err(match notes.get(self.notes.len()).or(notes.first()) {
                Some(note) => note.clone(),
                None => weaver.place.missing("video or audio", "there is nothing to play"),
            });
        }
        // Where all begin late, players begin there.
        let lead = tracks.iter().map(|track: &Woven| track.first).min().unwrap_or(0).max(0);
        let notes = weaver.notes;
        let tracks = tracks.into_iter().map(|track| track.from(lead)).collect();
        Ok(Outline { documents: self.documents.clone(), tracks, notes })
    }
}

/// A period and where it lies, in nanoseconds from where the presentation begins.
struct Laid<'a> {
    period: &'a Period,
    start: i128,
    end: Option<i128>,
}

/// Periods end to end: each begins where it says, or where the one before ends.
fn laid_out(periods: &[Period], whole: Option<Span>) -> Vec<Laid<'_>> {
    let nanos = |span: Span| i128::from(span.as_nanos());
    let first = periods.first().and_then(|p| p.start).map_or(0, nanos);
    let mut laid: Vec<Laid<'_>> = Vec::with_capacity(periods.len());
    for (index, period) in periods.iter().enumerate() {
        let before = laid.last().map_or(0, |laid| laid.end.unwrap_or(laid.start));
        let start = period.start.map_or(before, |start| nanos(start) - first);
        let next = periods.get(index + 1).and_then(|next| next.start).map(|s| nanos(s) - first);
        let last = index + 1 == periods.len();
        let whole = whole.filter(|_| last).map(|whole| nanos(whole) - first);
        let told = period.duration.map(|duration| start + nanos(duration));
        let end = told.or(next).or(whole.filter(|&end| end > start));
        // Without an end of its own, a period lasts as long as what it holds.
        let held = || {
            let renditions = period.sets.iter().flat_map(|set| &set.renditions);
            let ends = renditions.filter_map(|rendition| {
                let segments = rendition.segments.as_ref().ok()?;
                Some(segments.timeline.end(segments.count().checked_sub(1)?))
            });
            ends.max().map(|end| start + end)
        };
        laid.push(Laid { period, start, end: end.or_else(held) });
    }
    laid
}

/// A track while it is put together.
struct Woven {
    kind: Kind,
    ladder: Ladder,
    peaks: Vec<Option<Bitrate>>,
    /// Where segments begin, and where the last ends.
    starts: Vec<i128>,
    first: i128,
    pieces: Vec<Piece>,
}

impl Woven {
    /// The track as it is played from an instant on; whatever is missing there is bridged.
    fn from(self, lead: i128) -> TrackOutline {
        let Self { kind, ladder, peaks, mut starts, pieces, .. } = self;
        starts[0] = lead;
        let nanos = |w: &[i128]| u64::try_from(w[1] - w[0]).unwrap_or(u64::MAX);
        let durations = starts.windows(2).map(|w| Span::from_nanos(nanos(w))).collect();
        TrackOutline { kind, ladder, peaks, durations, pieces }
    }
}

/// Puts tracks together.
struct Weaver<'a> {
    place: Place<'a>,
    choice: &'a Choice,
    notes: Vec<ManifestError>,
}

impl Weaver<'_> {
    /// The track of a kind, if there is one.
    fn track(&mut self, kind: Kind, periods: &[Laid<'_>]) -> Result<Option<Woven>, ManifestError> {
        let mut parts = Vec::new();
        for laid in periods {
            let rungs = self.rungs(kind, laid.period)?;
            if !rungs.is_empty() {
                parts.push((laid, rungs));
            }
        }
        // The ladder is that of the period with the most segments.
        let main = parts.iter().rev().max_by_key(|(_, rungs)| rungs[0].segments.count());
        let Some((_, main)) = main else { return Ok(None) };
        let (bitrates, peaks): (Vec<_>, Vec<_>) = main.iter().map(|r| (r.bitrate, r.peak)).unzip();
        let Some(ladder) = Ladder::new(main.iter().map(|r| r.representation()).collect()) else {
            return Err(self.place.too_many("rungs", main.len(), MAX_RUNGS));
        };
        let mut woven =
            Woven { kind, ladder, peaks, starts: Vec::new(), first: 0, pieces: Vec::new() };
        let mut end = i128::MIN;
        for (laid, rungs) in parts {
            // Where the ladder is another, the best rung that is no dearer.
            let same = rungs.iter().map(|rung| rung.bitrate).eq(bitrates.iter().copied());
            let rung = |(index, &bitrate): (usize, &Bitrate)| match same {
                true => rungs[index].segments.clone(),
                false => nearest(&rungs, bitrate).segments.clone(),
            };
            let piece = Piece {
                from: woven.starts.len(),
                kept: self.kept(laid, &rungs[0], &mut end, &mut woven.starts),
                rungs: bitrates.iter().enumerate().map(rung).collect(),
            };
            if !piece.kept.is_empty() {
                woven.pieces.push(piece);
            }
        }
        let count = woven.starts.len();
        if count > MAX_SEGMENTS {
            return Err(self.place.too_many("segments", count, MAX_SEGMENTS));
        }
        let sizes = count * woven.ladder.count();
        if sizes > MAX_SIZES {
            return Err(self.place.too_many("segments of all rungs", sizes, MAX_SIZES));
        }
        let Some(&first) = woven.starts.first() else { return Ok(None) };
        let length = end - first;
        if length > i128::from(MAX_LENGTH.as_nanos()) {
            let (secs, right) = (length / i128::from(NANOS), format!("{MAX_LENGTH} is the limit"));
            return Err(self.place.wrong("the length of a track", format!("{secs}s"), &right));
        }
        woven.starts.push(end);
        woven.first = first;
        Ok(Some(woven))
    }

    /// The rungs of a kind that a period offers, cut alike, cheapest first.
    fn rungs<'a>(
        &mut self,
        kind: Kind,
        period: &'a Period,
    ) -> Result<Vec<Offered<'a>>, ManifestError> {
        let carries = match kind {
            Kind::Video => Carries::Video,
            Kind::Audio => Carries::Audio,
        };
        let of_kind = || period.sets.iter().filter(|set| set.carries == carries);
        let spoken = |set: &&Set| match (&self.choice.language, &set.language) {
            (Some(wanted), Some(told)) if kind == Kind::Audio => {
                wanted.eq_ignore_ascii_case(told)
                    || told.split('-').next().is_some_and(|t| t.eq_ignore_ascii_case(wanted))
            }
            _ => false,
        };
        let place = &self.place.clone();
        let usable = |set: &&Set| set.renditions.iter().any(|r| Offered::new(r, place).is_ok());
        // Of equals, the first.
        let best = of_kind().rev().max_by_key(|set| (usable(set), spoken(set), set.priority));
        let Some(best) = best else { return Ok(Vec::new()) };
        let joined = of_kind().filter(|set| {
            let named = set.id.as_ref().is_some_and(|id| best.switches.contains(id));
            std::ptr::eq(*set, best) || named
        });
        let mut rungs = Vec::new();
        for rendition in joined.flat_map(|set| &set.renditions).filter(|r| !r.copy) {
            match Offered::new(rendition, place) {
                Ok(rung) => rungs.push(rung),
                Err(problem) => self.note(problem),
            }
        }
        if rungs.len() > MAX_RUNGS {
            return Err(place.too_many("rungs", rungs.len(), MAX_RUNGS));
        }
        rungs.sort_by_key(|rung| rung.bitrate);
        Ok(self.alike(rungs))
    }

    /// Those rungs that are cut where most of them are, the one that tells time most finely to be
    /// asked where. A last segment that some are without is left out.
    fn alike<'a>(&mut self, mut rungs: Vec<Offered<'a>>) -> Vec<Offered<'a>> {
        let count = |rung: &Offered<'_>| rung.segments.count();
        let finest = |rungs: &[Offered<'a>], most: usize| {
            let whole = rungs.iter().filter(|rung| count(rung) == most);
            whole.min_by_key(|rung| rung.segments.timeline.tick()).copied()
        };
        let of = |most: &usize| rungs.iter().filter(|rung| count(rung) == *most).count();
        let usual = rungs.iter().rev().map(count).max_by_key(of);
        let Some(first) = usual.and_then(|usual| finest(&rungs, usual)) else { return rungs };
        let mut notes = Vec::new();
        rungs.retain(|rung| match rung.differs(&first) {
            None => true,
            Some(problem) => {
                notes.push(problem);
                false
            }
        });
        let shortest = rungs.iter().map(count).min().unwrap_or(0);
        if rungs.iter().any(|rung| count(rung) > shortest) {
            let what = format!("what is after segment {}, which not every rung has", shortest - 1);
            notes.push(Problem::LeftOut(what));
        }
        for problem in notes {
            let problem = self.place.problem(problem);
            self.note(problem);
        }
        if let Some(finest) = finest(&rungs, shortest) {
            for rung in &mut rungs {
                rung.timeline = finest.segments;
            }
        }
        rungs
    }

    /// Which segments of a period are played; where they begin goes to `starts`, and where the last
    /// ends to `end`.
    fn kept(
        &mut self,
        laid: &Laid<'_>,
        rung: &Offered<'_>,
        end: &mut i128,
        starts: &mut Vec<i128>,
    ) -> Vec<u32> {
        let timeline = &rung.timeline.timeline;
        let gaps = rung.rendition.playlist.as_ref().map_or([].as_slice(), |p| p.gaps.as_slice());
        let (mut kept, mut outside) = (Vec::new(), 0);
        for index in 0..timeline.cuts.len() {
            let until = laid.end.unwrap_or(i128::MAX);
            let (from, to) = (laid.start + timeline.start(index), laid.start + timeline.end(index));
            let (from, to) = (from.max(laid.start), to.min(until));
            // A segment has to bring something new, within its period.
            if from >= to || starts.last().is_some_and(|&before| from <= before) {
                outside += 1;
                continue;
            }
            if gaps.binary_search(&(index as u32)).is_ok() {
                self.note_gap("is marked as missing", from, to);
                continue;
            }
            // What rounding and priming leave is no gap.
            let due = if starts.is_empty() { laid.start } else { *end };
            if from - due > (to - from) / 2 {
                self.note_gap("is missing", due, from);
            }
            starts.push(from);
            *end = to;
            kept.push(index as u32);
        }
        if outside > 0 {
            let what = format!("{outside} segments outside their period, or before the last");
            let note = self.place.problem(Problem::LeftOut(what));
            self.note(note);
        }
        kept
    }

    fn note_gap(&mut self, what: &str, from: i128, to: i128) {
        let gap = format!("media from {} to {} {what}", secs(from), secs(to));
        let note = self.place.problem(Problem::Bridged(gap));
        self.note(note);
    }

    fn note(&mut self, problem: ManifestError) {
        note(&mut self.notes, problem);
    }
}

/// A rendition that can be played.
#[derive(Clone, Copy)]
struct Offered<'a> {
    rendition: &'a Rendition,
    segments: &'a Segments,
    /// The segments that say where all rungs are cut.
    timeline: &'a Segments,
    bitrate: Bitrate,
    peak: Option<Bitrate>,
}

impl<'a> Offered<'a> {
    fn new(rendition: &'a Rendition, of: &Place<'_>) -> Result<Self, ManifestError> {
        let own = rendition.playlist.as_ref().map(|list| Place::of(&list.url));
        let place = own.as_ref().unwrap_or(of);
        let segments = rendition.segments.as_ref().map_err(Clone::clone)?;
        if segments.count() == 0 {
            return Err(place.missing("a segment", "a rung needs at least one"));
        }
        if segments.source == Source::Untold {
            return Err(place.missing("@media", "a SegmentTemplate needs it to name segments"));
        }
        let Some(bitrate) = rendition.bitrate.or_else(|| mean(segments)) else {
            let right = "neither the manifest nor ranges of its segments tell it";
            return Err(place.missing("the bitrate of a rung", right));
        };
        let bitrate = place.bitrate("the bitrate of a rung", bitrate.as_bps())?;
        let peak = match (rendition.average, rendition.bandwidth) {
            (Some(average), Some(peak)) if peak > average => {
                Some(bitrate + Bitrate::from_bps(peak - average))
            }
            _ => None,
        };
        Ok(Self { rendition, segments, timeline: segments, bitrate, peak })
    }

    fn representation(&self) -> Representation {
        let Rendition { resolution, ref codecs, frame_rate, .. } = *self.rendition;
        let quality = Default::default();
        Representation {
            bitrate: self.bitrate,
            resolution,
            codecs: codecs.clone(),
            frame_rate,
            quality,
        }
    }

    /// How its cuts differ from another's, as far as half a segment.
    fn differs(&self, other: &Self) -> Option<Problem> {
        let (one, two) = (self.bitrate, other.bitrate);
        let (a, b) = (self.segments.count(), other.segments.count());
        let (mine, theirs) = (&self.segments.timeline, &other.segments.timeline);
        let (short, long, both) = if a < b { (mine, theirs, a) } else { (theirs, mine, b) };
        // One more at the end is what a sound or a picture that is a little longer comes to.
        let follows = || {
            let half = i128::from(long.duration(both).as_nanos()) / 2;
            (long.start(both) - short.end(both - 1)).abs() <= half
        };
        if a != b && (a.abs_diff(b) > 1 || both == 0 || !follows()) {
            return Some(Problem::UnevenCount { one, two, a, b });
        }
        if std::sync::Arc::ptr_eq(mine, theirs) {
            return None;
        }
        let index = (0..both).find(|&index| {
            let half = i128::from(theirs.duration(index).as_nanos()) / 2;
            (mine.start(index) - theirs.start(index)).abs() > half
        })?;
        let (a, b) = (mine.start(index), theirs.start(index));
        Some(Problem::Uneven { one, two, index, a: secs(a), b: secs(b) })
    }
}

/// An instant in nanoseconds, in seconds to the thousandth.
fn secs(nanos: i128) -> String {
    format!("{:.3}s", nanos as f64 / NANOS as f64)
}

/// The mean rate of segments whose sizes are all told.
fn mean(segments: &Segments) -> Option<Bitrate> {
    let mut sizes = (0..segments.count()).map(|index| segments.size(index));
    let bytes = sizes.try_fold(0_u64, |sum, size| sum.checked_add(size?.get()))?;
    let last = segments.count() - 1;
    let length = segments.timeline.end(last) - segments.timeline.start(0);
    let span = Span::from_nanos(u64::try_from(length).ok().filter(|&nanos| nanos > 0)?);
    Some(Bytes::new(bytes) / span)
}

/// The best rung that is no dearer than so much, or else the cheapest.
fn nearest<'a, 'b>(rungs: &'b [Offered<'a>], bitrate: Bitrate) -> &'b Offered<'a> {
    rungs.iter().rev().find(|rung| rung.bitrate <= bitrate).unwrap_or(&rungs[0])
}

impl TrackOutline {
    /// The piece that a segment lies in, and its position among the rungs' own.
    fn locate(&self, index: usize) -> (&Piece, usize) {
        let piece = self.pieces.partition_point(|piece| piece.from <= index) - 1;
        let piece = &self.pieces[piece];
        (piece, piece.kept[index - piece.from] as usize)
    }

    /// Where to ask for a segment.
    pub fn resource(&self, index: usize, rung: Rung) -> Resource {
        let (piece, own) = self.locate(index);
        piece.rungs[rung.0 as usize].resource(own)
    }

    /// How large a segment is, so far as its manifest tells.
    pub fn size(&self, index: usize, rung: Rung) -> Option<Bytes> {
        let (piece, own) = self.locate(index);
        piece.rungs[rung.0 as usize].size(own)
    }

    /// What has to be held before segments can be used: the first of them, and what, by rung.
    pub fn sections(&self) -> Vec<(u32, Vec<Vec<Resource>>)> {
        let mut sections: Vec<(u32, Vec<Vec<Resource>>)> = Vec::new();
        for piece in &self.pieces {
            let changes = piece.rungs.iter().flat_map(|rung| rung.sections.iter().map(|s| s.from));
            let place = |own: u32| piece.kept.partition_point(|&kept| kept < own);
            let mut firsts: Vec<usize> = changes.map(place).collect();
            firsts.push(0);
            firsts.sort_unstable();
            firsts.dedup();
            for first in firsts.into_iter().filter(|&first| first < piece.kept.len()) {
                let setup = |rung: &Segments| {
                    let own = piece.kept[first];
                    let at = rung.sections.partition_point(|section| section.from <= own);
                    let last = at.checked_sub(1).map(|at| rung.sections[at].setup.clone());
                    last.unwrap_or_default()
                };
                let setup: Vec<_> = piece.rungs.iter().map(setup).collect();
                if sections.last().is_none_or(|(_, before)| *before != setup) {
                    sections.push(((piece.from + first) as u32, setup));
                }
            }
        }
        sections
    }
}
