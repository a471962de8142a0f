//! What is live, as it will have been: a manifest at some instant, gone on with.
//!
//! The idea to hold: a live manifest tells a window and a clock. From the window's beginning to as
//! far beyond the clock as one likes, segments are those it lists and then more of the last one's
//! length; what plays that plays what the manifest's next versions would have said, if nothing
//! happens.

use std::sync::Arc;

use super::segments::Cut;
use super::{
    Addressing, Carries, Format, MAX_SEGMENTS, Manifest, ManifestError, Period, Place, Playlist,
    Problem, Rendition, Section, Segments, Set, Source, Timeline, note,
};
use crate::units::{Bitrate, NANOS, Span};

/// A live manifest, gone on with.
#[derive(Clone, Debug)]
pub struct Unrolled {
    /// The same from its window's beginning on, with an end.
    pub manifest: Manifest,
    /// How much of that has been captured at the instant.
    pub elapsed: Span,
    /// How far back one may go.
    pub window: Span,
    /// How far behind players are asked to stay.
    pub delay: Option<Span>,
    /// How much media is in a chunk or a part, where segments are sent as they are made.
    pub chunk: Option<Span>,
    /// Between which speeds players are asked to stay, in thousandths.
    pub rates: Option<(u16, u16)>,
    /// How often the manifest may be asked for again, where it lists segments.
    pub refresh: Option<Span>,
}

/// What a rung is taken to have whose rate nothing tells.
const UNTOLD: Bitrate = Bitrate::kbps(1_000);

/// A window where none is told and nothing is listed.
const WINDOW: Span = Span::from_secs(60);

const MILLI: i128 = 1_000_000;

/// From where to where, and the clock, in nanoseconds of the last period.
#[derive(Clone, Copy)]
struct Stretch {
    from: i128,
    to: i128,
    clock: i128,
}

impl Manifest {
    /// What is live of it from an instant on, in milliseconds since 1970, for so long, or to the
    /// end of the period; nothing if it is not live. Without an instant it is the one at which what
    /// it lists was all there.
    ///
    /// # Errors
    /// Where it lists nothing and there is no clock, and where the instant is before its beginning
    /// or after its end.
    pub fn unrolled(&self, at: Option<i64>, more: Span) -> Result<Option<Unrolled>, ManifestError> {
        let Some(live) = &self.live else { return Ok(None) };
        let entry = self.documents.first().map_or("", |(resource, _)| resource.url.as_str());
        let place = Place::of(entry);
        let period = self.begun(at);
        let nothing = || place.missing("a segment", "there is nothing to play of what is live");
        let period = period.ok_or_else(nothing)?;
        let (main, segments) = main(period).ok_or_else(nothing)?;
        let window = live.window.unwrap_or_else(|| match listed(main, segments) {
            Some((first, end)) => Span::from_nanos((end - first).try_into().unwrap_or(0)),
            None => WINDOW,
        });
        let stretch = self.stretch(&place, period, (main, segments), (at, window, more))?;
        let count = (stretch.to - stretch.from) / i128::from(length(segments).as_nanos().max(1));
        if count > MAX_SEGMENTS as i128 {
            return Err(place.too_many("segments", count as usize, MAX_SEGMENTS));
        }
        let mut notes = self.notes.clone();
        let mut told = |what: &str| {
            note(&mut notes, place.problem(Problem::Untold(what.to_owned())));
        };
        let set = |set: &Set| Set {
            renditions: set.renditions.iter().map(|r| goes_on(r, stretch, &mut told)).collect(),
            ..set.clone()
        };
        let sets = period.sets.iter().map(set).collect();
        let period = Period { start: None, duration: None, sets, ..period.clone() };
        let chunk = match &main.playlist {
            Some(playlist) => playlist.part_target,
            None => main.early.map(|early| length(segments).saturating_sub(early)),
        };
        let chunk = chunk.filter(|chunk| !chunk.is_zero());
        let parts = main.playlist.as_ref().and_then(|playlist| playlist.part_hold_back);
        let per_mille = |rate: f64| libm::round(1e3 * rate.clamp(0.25, 4.0)) as u16;
        let lists = self.format == Format::Dash && listed(main, segments).is_some();
        // The first segment may begin before the window does.
        let (own, _) = cut(&segments.timeline, stretch);
        let first = i128::from(own.offset) - i128::from(segments.timeline.offset);
        let begins = first * i128::from(NANOS) / i128::from(own.scale);
        let elapsed = (stretch.clock - begins).try_into().unwrap_or(0);
        Ok(Some(Unrolled {
            manifest: Self {
                live: None,
                duration: None,
                periods: vec![period],
                notes,
                ..self.clone()
            },
            elapsed: Span::from_nanos(elapsed),
            window,
            delay: self.service.latency.or(parts.filter(|_| chunk.is_some())).or(live.delay),
            chunk,
            rates: self
                .service
                .rates
                .map(|(least, most)| (per_mille(least).min(1_000), per_mille(most).max(1_000))),
            refresh: live.update.filter(|_| lists),
        }))
    }

    fn stretch(
        &self,
        place: &Place<'_>,
        period: &Period,
        (main, segments): (&Rendition, &Segments),
        (at, window, more): (Option<i64>, Span, Span),
    ) -> Result<Stretch, ManifestError> {
        let nanos = |span: Span| i128::from(span.as_nanos());
        let known = listed(main, segments);
        let told = at.or_else(|| self.direct_clock().filter(|_| known.is_none()));
        let began = match &main.playlist {
            Some(playlist) => dated(playlist, segments),
            None => {
                let since = self.live.as_ref().and_then(|live| live.since);
                since.map(|since| {
                    i128::from(since) * MILLI + nanos(period.start.unwrap_or_default())
                })
            }
        };
        let clock = match (told, began, known) {
            (Some(at), Some(began), _) => i128::from(at) * MILLI - began,
            (_, _, Some((_, end))) => end,
            (_, None, None) => {
                return Err(place.missing("@availabilityStartTime", "it numbers segments by it"));
            }
            (None, Some(_), None) => {
                let right = "it numbers segments by the clock: say which instant it is";
                return Err(place.missing("the time", right));
            }
        };
        let instant = |nanos: i128| {
            let at = began.map_or(0, |began| (began + nanos) / MILLI);
            chrono::DateTime::from_timestamp_millis(at as i64).unwrap_or_default().to_rfc3339()
        };
        let first = known.map_or(0, |(first, _)| first);
        if clock <= first {
            let right = format!("what there is of it begins at {}", instant(first));
            return Err(place.wrong("the time", instant(clock), &right));
        }
        let end = period.duration.map(nanos);
        if let Some(end) = end.filter(|&end| clock >= end) {
            let right = format!("it was over at {}", instant(end));
            return Err(place.wrong("the time", instant(clock), &right));
        }
        let last = clock + nanos(more);
        Ok(Stretch {
            from: first.max(clock - nanos(window)),
            to: end.map_or(last, |e| e.min(last)),
            clock,
        })
    }

    /// The last period that has begun at an instant.
    fn begun(&self, at: Option<i64>) -> Option<&Period> {
        let since = self.live.as_ref().and_then(|live| live.since);
        let now = at.or_else(|| self.direct_clock());
        let begun = |period: &&Period| {
            let start = i128::from(period.start.unwrap_or_default().as_nanos()) / MILLI;
            now.zip(since).is_none_or(|(now, since)| i128::from(since) + start <= now.into())
        };
        self.periods.iter().rfind(begun).or(self.periods.last())
    }

    /// What the manifest itself says the time is (`urn:mpeg:dash:utc:direct:2014`).
    fn direct_clock(&self) -> Option<i64> {
        let clocks = &self.live.as_ref()?.clocks;
        let direct = clocks.iter().find(|(scheme, _)| scheme.contains(":utc:direct:"))?;
        chrono::DateTime::parse_from_rfc3339(&direct.1).ok().map(|at| at.timestamp_millis())
    }
}

/// The rendition to go by: pictures, or else sound.
fn main(period: &Period) -> Option<(&Rendition, &Segments)> {
    let of = |carries| period.sets.iter().filter(move |set| set.carries == carries);
    let all = of(Carries::Video).chain(of(Carries::Audio)).flat_map(|set| &set.renditions);
    let mut told = all.filter_map(|rendition| Some((rendition, rendition.segments.as_ref().ok()?)));
    told.find(|(_, segments)| segments.count() > 0 || segments.timeline.every.is_some())
}

/// From where to where segments are listed, if they are.
fn listed(rendition: &Rendition, segments: &Segments) -> Option<(i128, i128)> {
    let count = segments.count().checked_sub(1)?;
    let numbered = rendition.addressing == Some(Addressing::Template);
    (!numbered).then(|| (segments.timeline.start(0), segments.timeline.end(count)))
}

/// When the place was captured from which a playlist counts, in nanoseconds since 1970.
fn dated(playlist: &Playlist, segments: &Segments) -> Option<i128> {
    let (position, date) = *playlist.dates.last()?;
    let start = match (position as usize) < segments.count() {
        true => segments.timeline.start(position as usize),
        false => segments.timeline.end(segments.count().checked_sub(1)?),
    };
    Some(i128::from(date) * MILLI - start)
}

/// How long a segment lasts: the last that is listed, or each.
fn length(segments: &Segments) -> Span {
    let last = segments.count().checked_sub(1).map(|last| segments.timeline.duration(last));
    let every = segments.timeline.every.map(|ticks| segments.timeline.span(ticks));
    last.or(every).unwrap_or_default()
}

/// A rendition from one place to another.
fn goes_on(rendition: &Rendition, stretch: Stretch, told: &mut dyn FnMut(&str)) -> Rendition {
    let mut rendition = rendition.clone();
    let Ok(segments) = &mut rendition.segments else { return rendition };
    let numbered = segments.timeline.cuts.is_empty();
    let (timeline, first) = cut(&segments.timeline, stretch);
    let count = timeline.cuts.len();
    let kept = segments.count().saturating_sub(first).min(count);
    match &mut segments.source {
        Source::Template { .. } => {}
        Source::Untold => {
            told("the names of segments");
            let entries = vec![("".into(), None); count];
            let (base, rates) = ("".into(), vec![None; count].into());
            segments.source = Source::Listed { base, entries: entries.into(), rates };
        }
        Source::Listed { entries, rates, .. } => {
            let nowhere = std::iter::repeat_n(("".into(), None), count - kept);
            let own = entries.iter().skip(first).take(kept).cloned();
            *entries = own.chain(nowhere).collect();
            let last = rates.last().copied().flatten();
            let own = rates.iter().skip(first).take(kept).copied();
            let all = own.chain(std::iter::repeat(last)).take(count);
            *rates = if rates.is_empty() { rates.clone() } else { all.collect() };
        }
        Source::Ranges { .. } => return rendition,
    }
    let from = if numbered { 0 } else { first as u32 };
    segments.sections = since(&segments.sections, from);
    segments.timeline = Arc::new(timeline);
    if rendition.bitrate.is_none() {
        told("the rate of a rung, taken to be 1 Mbit/s");
        rendition.bitrate = Some(rendition.bandwidth.map_or(UNTOLD, Bitrate::from_bps));
    }
    if let Some(playlist) = &rendition.playlist {
        let gaps = playlist.gaps.iter().filter_map(|gap| gap.checked_sub(from)).collect();
        rendition.playlist = Some(Arc::new(Playlist { gaps, ..(**playlist).clone() }));
    }
    rendition
}

/// The cuts of a stretch, and which of those there were is the first of them.
fn cut(timeline: &Timeline, Stretch { from, to, .. }: Stretch) -> (Timeline, usize) {
    let all = &timeline.cuts;
    let first = (0..all.len()).find(|&index| timeline.end(index) > from).unwrap_or(all.len());
    let mut cuts: Vec<Cut> = all[first..].to_vec();
    let every = all.last().map(|cut| cut.duration).or(timeline.every).unwrap_or(1).max(1);
    let mut next = match all.last() {
        Some(last) => {
            Cut { time: last.time + last.duration as i64, number: last.number + 1, ..*last }
        }
        None => Cut { time: timeline.offset, duration: every, number: timeline.number },
    };
    next.duration = every;
    let nanos = |ticks: i128| ticks * i128::from(NANOS) / i128::from(timeline.scale);
    let start = |cut: &Cut| nanos(i128::from(cut.time) - i128::from(timeline.offset));
    // What was before the window is passed over at once.
    let length = nanos(every.into()).max(1);
    let passed = ((from - start(&next)).max(0) / length) as u64;
    (next.time, next.number) = (next.time + (passed * every) as i64, next.number + passed);
    while start(&next) < to && cuts.len() <= MAX_SEGMENTS {
        cuts.push(next);
        next = Cut { time: next.time + every as i64, number: next.number + 1, ..next };
    }
    let offset = cuts.first().map_or(timeline.offset, |cut| cut.time);
    (Timeline { cuts, offset, every: None, ..timeline.clone() }, first)
}

/// What has to be held first, from a segment on.
fn since(sections: &[Section], first: u32) -> Arc<[Section]> {
    let before = sections.partition_point(|section| section.from <= first).saturating_sub(1);
    let later = sections.get(before..).unwrap_or_default().iter();
    later.map(|s| Section { from: s.from.saturating_sub(first), setup: s.setup.clone() }).collect()
}
