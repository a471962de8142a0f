//! MPEG-DASH on demand (ISO/IEC 23009-1): one MPD, written from a presentation and read back.
//!
//! The idea to hold: an MPD does not list segments, it tells how to work them out. Writing picks
//! the shortest way of telling (`@duration` where segments are equal, else a `SegmentTimeline`);
//! reading expands either into a list of slots, a number and a time each, and fills the template
//! in for every slot.
//!
//! Read: one static Period with `SegmentTemplate`, inherited through Period, AdaptationSet and
//! Representation. The first video and the first audio AdaptationSet are played; trick-play, image
//! and text sets are left out.

use std::fmt::Write;
use std::time::Duration;

use dash_mpd::{AdaptationSet, BaseURL, MPD, Period, S, SegmentTemplate};

use super::manifest::{
    Addresses, MAX_LENGTH, MAX_RUNGS, MAX_SEGMENTS, ManifestError, Package, Place, Problem, Room,
    RungOutline, TrackOutline, Written, is_sound, join, plain, sizes, written,
};
use super::{Kind, Presentation, Representation, Resolution, xml};
use crate::units::{Pts, Span};

/// The longest URL of a segment, in bytes.
const MAX_URL: usize = 8_192;

const NANOS: u128 = 1_000_000_000;

/// The documents and sizes of a presentation's first video and first audio track.
///
/// There is one Period and, by track, one AdaptationSet whose segments all rungs share; a rung's
/// bitrate is its `@bandwidth`.
pub fn write(presentation: &Presentation) -> Package {
    let end = presentation.end();
    let longest = written(presentation).flat_map(|w| w.durations().max()).max();
    let mut mpd = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
         profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" \
         mediaPresentationDuration=\"PT{}S\" minBufferTime=\"PT{}S\">\n  \
         <Period id=\"0\" start=\"PT0S\">\n",
        end.since_start().in_secs(),
        longest.unwrap_or_default().in_secs(),
    );
    for (id, written) in written(presentation).enumerate() {
        write_set(&mut mpd, id, &written, end);
    }
    mpd.push_str("  </Period>\n</MPD>\n");
    let entry = "main.mpd".to_owned();
    Package { documents: vec![(entry.clone(), mpd)], entry, sizes: sizes(presentation) }
}

fn write_set(mpd: &mut String, id: usize, written: &Written<'_>, end: Pts) {
    let kind = match written.track.kind {
        Kind::Video => "video",
        Kind::Audio => "audio",
    };
    *mpd += &format!(
        "    <AdaptationSet id=\"{id}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\" \
         segmentAlignment=\"true\" startWithSAP=\"1\">\n"
    );
    write_template(mpd, written, end);
    for (rung, Representation { bitrate, resolution, codecs }) in written.rungs() {
        let (id, bps) = (written.name(rung), bitrate.as_bps());
        *mpd += &format!("      <Representation id=\"{id}\" bandwidth=\"{bps}\"");
        if let Some(Resolution { width, height }) = resolution {
            *mpd += &format!(" width=\"{width}\" height=\"{height}\"");
        }
        if plain(codecs) {
            *mpd += &format!(" codecs=\"{}\"", escaped(codecs));
        }
        *mpd += "/>\n";
    }
    *mpd += "    </AdaptationSet>\n";
}

fn write_template(mpd: &mut String, written: &Written<'_>, end: Pts) {
    let durations: Vec<Span> = written.durations().collect();
    let millis = Span::from_millis(1).as_nanos();
    let (scale, tick) = match durations.iter().all(|d| d.as_nanos().is_multiple_of(millis)) {
        true => (1_000, millis),
        false => (1_000_000_000, 1),
    };
    *mpd += &format!("      <SegmentTemplate timescale=\"{scale}\" startNumber=\"1\"");
    // Without a timeline a reader infers the last segment from where the Period ends.
    let (first, last) = (durations[0], durations[durations.len() - 1]);
    let equal = durations[..durations.len() - 1].iter().all(|&d| d == first) && last <= first;
    let template = " initialization=\"$RepresentationID$/init.mp4\" \
                    media=\"$RepresentationID$/$Number$.m4s\"";
    if equal && written.track.end() == end {
        *mpd += &format!(" duration=\"{}\"{template}/>\n", first.as_nanos() / tick);
        return;
    }
    *mpd += &format!("{template}>\n        <SegmentTimeline>\n");
    for run in durations.chunk_by(|a, b| a == b) {
        *mpd += &format!("          <S d=\"{}\"", run[0].as_nanos() / tick);
        match run.len() - 1 {
            0 => *mpd += "/>\n",
            repeats => *mpd += &format!(" r=\"{repeats}\"/>\n"),
        }
    }
    *mpd += "        </SegmentTimeline>\n      </SegmentTemplate>\n";
}

/// A text as it may stand in an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            _ => out.push(c),
        }
    }
    out
}

/// The tracks an MPD tells of.
pub(super) fn read(url: &str, text: &str) -> Result<Vec<TrackOutline>, ManifestError> {
    let place = Place::of(url);
    xml::check(text, "MPD", &place)?;
    let mpd = dash_mpd::parse(text).map_err(|e| place.problem(Problem::Syntax(e.to_string())))?;
    if mpd.mpdtype.as_deref().is_some_and(|t| t != "static") {
        return Err(place.not_yet("an MPD of a @type other than static"));
    }
    let period = match mpd.periods.as_slice() {
        [period] if period.href.is_none() => period,
        [_] => return Err(place.not_yet("a Period of another document (@xlink:href)")),
        [] => return Err(place.missing("a Period", "an MPD needs at least one")),
        many => return Err(place.not_yet(format!("an MPD of {} Periods", many.len()))),
    };
    let place = place.element("Period", 0);
    let length = length(&mpd, period, &place)?;
    let base = rebase(rebase(url.into(), &mpd.base_url), &period.BaseURL);
    let (mut video, mut audio) = (None, None);
    for (index, set) in period.adaptations.iter().enumerate() {
        let place = place.element("AdaptationSet", index);
        let (kind, track) = match carried(set, &place)? {
            Carried::Played(Kind::Video) => (Kind::Video, &mut video),
            Carried::Played(Kind::Audio) => (Kind::Audio, &mut audio),
            Carried::LeftOut => continue,
        };
        if track.is_none() {
            let set = Set { kind, set, period, length, base: rebase(base.clone(), &set.BaseURL) };
            *track = Some(set.read(&place)?);
        }
    }
    match video.into_iter().chain(audio).collect::<Vec<_>>() {
        none if none.is_empty() => {
            Err(place.missing("an AdaptationSet of video or audio", "there is nothing to play"))
        }
        tracks => Ok(tracks),
    }
}

/// How long the only Period lasts, where that is told.
fn length(mpd: &MPD, period: &Period, place: &Place<'_>) -> Result<Option<Span>, ManifestError> {
    let start = period.start.unwrap_or_default();
    let rest = |whole: Duration| whole.saturating_sub(start);
    let Some(length) = period.duration.or(mpd.mediaPresentationDuration.map(rest)) else {
        return Ok(None);
    };
    match u64::try_from(length.as_nanos()).map(Span::from_nanos) {
        Ok(span) if span <= MAX_LENGTH => Ok(Some(span)),
        _ => {
            let right = format!("at most {MAX_LENGTH} is expected");
            Err(place.wrong("its duration", format!("{length:?}"), &right))
        }
    }
}

/// The base URL within an element. Of several, which are alternatives, the first is used.
fn rebase(outer: String, inner: &[BaseURL]) -> String {
    match inner.first() {
        Some(base) => join(&outer, base.base.trim()),
        None => outer,
    }
}

/// What is done with an AdaptationSet.
enum Carried {
    Played(Kind),
    LeftOut,
}

/// What an AdaptationSet carries, from whichever of its attributes says so.
fn carried(set: &AdaptationSet, place: &Place<'_>) -> Result<Carried, ManifestError> {
    let special = ["trickmode", "thumbnail_tile"];
    let of_first = set.representations.first();
    let essential = of_first.map_or([].as_slice(), |r| &r.essential_property);
    let mut schemes = set.essential_property.iter().chain(essential).map(|p| &p.schemeIdUri);
    if schemes.any(|scheme| special.iter().any(|s| scheme.contains(s))) {
        return Ok(Carried::LeftOut);
    }
    let told = [
        &set.contentType,
        &set.mimeType,
        &of_first.and_then(|r| r.contentType.clone()),
        &of_first.and_then(|r| r.mimeType.clone()),
    ];
    let codecs = set.codecs.as_deref().or(of_first.and_then(|r| r.codecs.as_deref()));
    let told = told.into_iter().flatten().next().map(|t| t.split('/').next().unwrap_or(t));
    match (told, codecs) {
        (Some("video"), _) => Ok(Carried::Played(Kind::Video)),
        (Some("audio"), _) => Ok(Carried::Played(Kind::Audio)),
        (Some(_), _) => Ok(Carried::LeftOut),
        (None, Some(codecs)) if is_sound(codecs) => Ok(Carried::Played(Kind::Audio)),
        (None, Some(_)) => Ok(Carried::Played(Kind::Video)),
        (None, None) => {
            Err(place.missing("what it carries", "a @contentType or @mimeType tells it"))
        }
    }
}

/// An AdaptationSet, and what it inherits.
struct Set<'a> {
    kind: Kind,
    set: &'a AdaptationSet,
    period: &'a Period,
    length: Option<Span>,
    base: String,
}

impl Set<'_> {
    fn read(&self, place: &Place<'_>) -> Result<TrackOutline, ManifestError> {
        let count = self.set.representations.len();
        if count > MAX_RUNGS {
            return Err(place.too_many("Representations", count, MAX_RUNGS));
        }
        let mut room = Room::new();
        let rungs = self.set.representations.iter().enumerate().map(|(index, representation)| {
            self.rung(representation, &place.element("Representation", index), &mut room)
        });
        TrackOutline::new(self.kind, rungs.collect::<Result<_, _>>()?, place)
    }

    fn rung(
        &self,
        told: &dash_mpd::Representation,
        place: &Place<'_>,
        room: &mut Room,
    ) -> Result<RungOutline, ManifestError> {
        let Some(bandwidth) = told.bandwidth else {
            return Err(place.missing("@bandwidth", "bits per second are expected"));
        };
        let side = |of_rung: Option<u64>, of_set: Option<u64>| {
            let pixels = of_rung.or(of_set).map(u32::try_from).transpose();
            pixels.map_err(|_| place.wrong("@width or @height", "huge", "pixels are expected"))
        };
        let width = side(told.width, self.set.width)?;
        let height = side(told.height, self.set.height)?;
        let codecs = told.codecs.as_ref().or(self.set.codecs.as_ref());
        let representation = Representation {
            bitrate: place.bitrate("@bandwidth", bandwidth)?,
            resolution: width.zip(height).map(|(width, height)| Resolution { width, height }),
            codecs: codecs.cloned().unwrap_or_default(),
        };
        let template = self.template(told, place)?;
        let (slots, durations) = template.slots(self.length, place)?;
        let name = Name { id: told.id.as_deref(), bandwidth };
        let base = rebase(self.base.clone(), &told.BaseURL);
        let init = template.init.as_deref().map(|init| name.fill(init, None));
        let init = init.transpose().map_err(|p| place.problem(p))?;
        let segments = slots.iter().map(|slot| {
            let url = name.fill(&template.media, Some(slot))?;
            room.keep(join(&base, &url))
        });
        let segments: Vec<String> =
            segments.collect::<Result<_, _>>().map_err(|p| place.problem(p))?;
        if segments.len() > 1 && segments[0] == segments[1] {
            let right = "$Number$ or $Time$ has to tell segments apart";
            return Err(place.wrong("@media", &template.media, right));
        }
        let init = init.map(|init| join(&base, &init));
        let addresses = Addresses { playlist: None, init, segments };
        Ok(RungOutline { representation, addresses, durations, tick: template.tick() })
    }

    /// The template of a Representation: what it does not say itself, the levels above say.
    fn template(
        &self,
        told: &dash_mpd::Representation,
        place: &Place<'_>,
    ) -> Result<Template, ManifestError> {
        let (set, period) = (self.set, self.period);
        let list = told.SegmentList.is_some() || set.SegmentList.is_some();
        if list || period.SegmentList.is_some() {
            return Err(place.not_yet("SegmentList"));
        }
        let levels = [&told.SegmentTemplate, &set.SegmentTemplate, &period.SegmentTemplate];
        let levels: Vec<&SegmentTemplate> = levels.into_iter().flatten().collect();
        if levels.is_empty() {
            return Err(place.not_yet(
                "a Representation in one file (SegmentBase, or no SegmentTemplate at all)",
            ));
        }
        Template::merge(&levels, place)
    }
}

/// A SegmentTemplate with all it inherits.
struct Template {
    media: String,
    init: Option<String>,
    /// Ticks per second.
    scale: u64,
    /// What the number of the first segment is.
    number: u64,
    /// What the number of the last segment is, where that is said.
    last: Option<u64>,
    /// Where on the segments' own clock the Period begins.
    offset: u64,
    cut: Cut,
}

/// Where segments are cut, in ticks.
enum Cut {
    Timeline(Vec<S>),
    Every(f64),
}

/// What a template is filled in with: the number of a segment, and its time in ticks.
#[derive(Clone, Copy)]
struct Slot {
    number: u64,
    time: u64,
}

impl Template {
    fn merge(levels: &[&SegmentTemplate], place: &Place<'_>) -> Result<Self, ManifestError> {
        let told = |field: fn(&SegmentTemplate) -> Option<u64>, name, otherwise, least| {
            let value = levels.iter().find_map(|&t| field(t)).unwrap_or(otherwise);
            match value {
                v if v >= least && v <= u64::from(u32::MAX) => Ok(v),
                v => Err(place.wrong(name, v, &format!("{least} to {} is expected", u32::MAX))),
            }
        };
        let text = |field: fn(&SegmentTemplate) -> &Option<String>| {
            levels.iter().find_map(|&t| field(t).as_ref())
        };
        let init = levels.iter().find_map(|t| t.Initialization.as_ref());
        let init = match (text(|t| &t.initialization), init) {
            (Some(init), _) => Some(init.clone()),
            (None, Some(init)) if init.range.is_some() => {
                return Err(place.not_yet("Initialization@range"));
            }
            (None, init) => init.and_then(|i| i.sourceURL.clone()),
        };
        let Some(media) = text(|t| &t.media).cloned() else {
            return Err(place.missing("@media", "a SegmentTemplate needs it to name segments"));
        };
        let timeline = levels.iter().find_map(|t| t.SegmentTimeline.as_ref());
        let every = levels.iter().find_map(|t| t.duration);
        let cut = match (timeline, every) {
            (Some(timeline), _) => Cut::Timeline(timeline.segments.clone()),
            (None, Some(every)) => Cut::Every(every),
            (None, None) => {
                let right = "a SegmentTemplate needs it, or a SegmentTimeline";
                return Err(place.missing("@duration", right));
            }
        };
        Ok(Self {
            media,
            init,
            scale: told(|t| t.timescale, "@timescale", 1, 1)?,
            number: told(|t| t.startNumber, "@startNumber", 1, 0)?,
            last: levels.iter().find_map(|t| t.endNumber),
            offset: levels.iter().find_map(|t| t.presentationTimeOffset).unwrap_or(0),
            cut,
        })
    }

    /// How finely it tells time.
    fn tick(&self) -> Span {
        Span::from_nanos((NANOS as u64).div_ceil(self.scale))
    }

    fn slots(
        &self,
        length: Option<Span>,
        place: &Place<'_>,
    ) -> Result<(Vec<Slot>, Vec<Span>), ManifestError> {
        match &self.cut {
            Cut::Timeline(line) => self.along(line, length, &place.element("SegmentTimeline", 0)),
            Cut::Every(ticks) => self.every(*ticks, length, place),
        }
    }

    /// Slots of equal duration; the last ends where the Period does.
    fn every(
        &self,
        ticks: f64,
        length: Option<Span>,
        place: &Place<'_>,
    ) -> Result<(Vec<Slot>, Vec<Span>), ManifestError> {
        let secs = ticks / self.scale as f64;
        if !(secs > 0.0 && secs <= MAX_LENGTH.as_secs_f64()) {
            return Err(place.wrong("@duration", ticks, "a number of ticks is expected"));
        }
        let Some(length) = length.map(|l| u128::from(l.as_nanos())) else {
            let right = "without it nothing tells how many segments of @duration there are";
            return Err(place.missing("the duration of the Period", right));
        };
        // The standard wants whole ticks, and is not always obeyed.
        let (ticks, scale) = match libm::trunc(ticks) == ticks {
            true => (ticks as u128, u128::from(self.scale)),
            false => (libm::round(ticks * 1e6) as u128, u128::from(self.scale) * 1_000_000),
        };
        let count = (length * scale).div_ceil(ticks.max(1) * NANOS);
        let count = match self.last {
            Some(last) => count.min(u128::from(last.saturating_sub(self.number)) + 1),
            None => count,
        };
        let count = match usize::try_from(count) {
            Ok(0) => return Err(place.missing("a segment", "its Period lasts no time")),
            Ok(count) if count <= MAX_SEGMENTS => count,
            found => {
                let found = found.unwrap_or(usize::MAX);
                return Err(place.too_many("segments", found, MAX_SEGMENTS));
            }
        };
        let time = |index: u64| match scale == u128::from(self.scale) {
            true => self.offset.saturating_add(index.saturating_mul(ticks as u64)),
            false => index,
        };
        let slots = (0..count as u64)
            .map(|index| Slot { number: self.number.saturating_add(index), time: time(index) });
        let starts = |index: usize| nearest(index as u128 * ticks * NANOS, scale).min(length);
        let durations = (0..count).map(|i| Span::from_nanos((starts(i + 1) - starts(i)) as u64));
        Ok((slots.collect(), durations.collect()))
    }

    /// Slots along a timeline.
    ///
    /// Gaps and overlaps of less than half a segment, which rounding and priming leave, are closed:
    /// a segment lasts until the next begins.
    fn along(
        &self,
        line: &[S],
        length: Option<Span>,
        place: &Place<'_>,
    ) -> Result<(Vec<Slot>, Vec<Span>), ManifestError> {
        let end = length.map(|l| {
            let ticks = nearest(u128::from(l.as_nanos()) * u128::from(self.scale), NANOS);
            self.offset.saturating_add(ticks.try_into().unwrap_or(u64::MAX))
        });
        let mut slots: Vec<Slot> = Vec::new();
        let (mut clock, mut number) = (0, self.number);
        for (index, s) in line.iter().enumerate() {
            let place = place.element("S", index);
            if s.d == 0 {
                return Err(place.wrong("@d", 0, "a segment has to last some time"));
            }
            let time = s.t.unwrap_or(clock);
            let due = if slots.is_empty() { self.offset } else { clock };
            if time.abs_diff(due) > s.d / 2 {
                return Err(place.not_yet(format!(
                    "a gap or an overlap: a segment begins at {time}, and {due} is due"
                )));
            }
            if slots.last().is_some_and(|before| before.time >= time) {
                return Err(place.wrong("@t", time, "it has to come after the segment before"));
            }
            let next = line.get(index + 1).and_then(|s| s.t);
            let count = repeats(s, time, next, end, &place)?;
            let total = slots.len().saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
            if total > MAX_SEGMENTS {
                return Err(place.too_many("segments", total, MAX_SEGMENTS));
            }
            let Some(until) = s.d.checked_mul(count).and_then(|d| time.checked_add(d)) else {
                return Err(place.wrong("@d", s.d, "the timeline does not end"));
            };
            number = s.n.unwrap_or(number);
            let slot = |k| Slot { number: number.saturating_add(k), time: time + k * s.d };
            slots.extend((0..count).map(slot));
            (clock, number) = (until, number.saturating_add(count));
        }
        let Some(first) = slots.first() else {
            return Err(place.missing("S", "a SegmentTimeline needs at least one"));
        };
        self.durations(first.time, slots.iter().map(|s| s.time).chain([clock]), place)
            .map(|durations| (slots, durations))
    }

    /// The spans between instants, none of which drifts for being rounded.
    fn durations(
        &self,
        first: u64,
        instants: impl Iterator<Item = u64>,
        place: &Place<'_>,
    ) -> Result<Vec<Span>, ManifestError> {
        let nanos = |time: u64| nearest(u128::from(time - first) * NANOS, u128::from(self.scale));
        let mut durations = Vec::new();
        let mut before = 0;
        for after in instants.skip(1).map(nanos) {
            match u64::try_from(after) {
                Ok(after) if after <= MAX_LENGTH.as_nanos() => {
                    durations.push(Span::from_nanos(after - before));
                    before = after;
                }
                _ => {
                    let (secs, right) = (after / NANOS, format!("{MAX_LENGTH} is the limit"));
                    return Err(place.wrong("its length", format!("{secs}s"), &right));
                }
            }
        }
        Ok(durations)
    }
}

/// How many segments an `S` stands for: a negative repeat goes on to the next `S` or to the end.
fn repeats(
    s: &S,
    time: u64,
    next: Option<u64>,
    end: Option<u64>,
    place: &Place<'_>,
) -> Result<u64, ManifestError> {
    let count = match (s.r.unwrap_or(0), next, end) {
        (r @ 0.., _, _) => r.unsigned_abs() + 1,
        (_, Some(next), _) => nearest(next.saturating_sub(time).into(), s.d.into()) as u64,
        (_, None, Some(end)) => end.saturating_sub(time).div_ceil(s.d),
        (_, None, None) => {
            let right = "an @r below zero goes on until it";
            return Err(place.missing("the duration of the Period", right));
        }
    };
    Ok(count.max(1))
}

/// A quotient, to the nearest whole number.
fn nearest(dividend: u128, divisor: u128) -> u128 {
    (dividend + divisor / 2) / divisor
}

/// What in a template is the same for all segments of a Representation.
struct Name<'a> {
    id: Option<&'a str>,
    bandwidth: u64,
}

impl Name<'_> {
    /// Fills in a template (ISO/IEC 23009-1, 5.3.9.4.4).
    fn fill(&self, template: &str, slot: Option<&Slot>) -> Result<String, Problem> {
        let wrong = |right: &str| Problem::Wrong {
            what: "the template".into(),
            found: template.chars().take(80).collect(),
            right: right.into(),
        };
        let mut url = String::new();
        // Split at its dollars, every other piece is an identifier.
        let mut pieces = template.split('$');
        url += pieces.next().unwrap_or_default();
        while let Some(identifier) = pieces.next() {
            let Some(literal) = pieces.next() else {
                return Err(wrong("a $ has to be closed by another, or doubled"));
            };
            let (name, format) = match identifier.split_once('%') {
                Some((name, format)) => (name, Some(format)),
                None => (identifier, None),
            };
            let number = match (name, slot) {
                ("", _) => {
                    url.push('$');
                    None
                }
                ("RepresentationID", _) => {
                    let missing = || wrong("$RepresentationID$ needs a Representation@id");
                    url += self.id.ok_or_else(missing)?;
                    None
                }
                ("Bandwidth", _) => Some(self.bandwidth),
                ("Number", Some(slot)) => Some(slot.number),
                ("Time", Some(slot)) => Some(slot.time),
                _ => {
                    return Err(wrong(
                        "known are $RepresentationID$ and $Bandwidth$, and for segments $Number$ \
                         and $Time$",
                    ));
                }
            };
            if let Some(number) = number {
                let width = width(format).ok_or_else(|| wrong("a width is written %05d"))?;
                // Writing to a string does not fail.
                let _ = write!(url, "{number:0width$}");
            }
            url += literal;
            if url.len() > MAX_URL {
                return Err(wrong("a URL of 8192 bytes at most is expected"));
            }
        }
        match url.len() > MAX_URL {
            true => Err(wrong("a URL of 8192 bytes at most is expected")),
            false => Ok(url),
        }
    }
}

/// The width that a format such as `05d` asks for; none is one digit.
fn width(format: Option<&str>) -> Option<usize> {
    let Some(format) = format else { return Some(1) };
    let digits = format.strip_prefix('0')?.strip_suffix(['d', 'u'])?;
    digits.parse().ok().filter(|&width: &usize| width <= 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::tests::reference;
    use crate::media::manifest::{Outline, read as open};
    use crate::units::Bitrate;

    fn read(mpd: &str) -> Result<Outline, ManifestError> {
        open("https://h/a/x.mpd", &mut |_| Ok(mpd.into()))
    }

    fn trouble(mpd: &str) -> String {
        read(mpd).expect_err("it should be refused").to_string()
    }

    /// An MPD of ten seconds with one Representation, `v`, of this template and what it holds.
    fn mpd(template: &str) -> String {
        format!(
            "<MPD type='static' mediaPresentationDuration='PT10S'><Period>\
             <AdaptationSet mimeType='video/mp4'>{template}\
             <Representation id='v' bandwidth='1000'/></AdaptationSet></Period></MPD>"
        )
    }

    fn timeline(attributes: &str, line: &str) -> String {
        mpd(&format!(
            "<SegmentTemplate media='$Time$' {attributes}><SegmentTimeline>{line}\
             </SegmentTimeline></SegmentTemplate>"
        ))
    }

    /// The URLs and durations in milliseconds of the first rung.
    fn told(mpd: &str) -> (Vec<String>, Vec<u64>) {
        let track = read(mpd).unwrap().tracks.remove(0);
        let urls = track.addresses[0].segments.iter();
        let urls = urls.map(|u| u.strip_prefix("https://h/a/").unwrap_or(u).to_owned());
        (urls.collect(), track.durations.iter().map(|d| d.as_millis()).collect())
    }

    #[test]
    fn equal_segments_need_a_duration_and_an_end() {
        let of = "<SegmentTemplate media='$RepresentationID$/$Number%03d$.m4s' duration='4' \
                  startNumber='9' initialization='$RepresentationID$-$Bandwidth$.mp4'/>";
        let (urls, durations) = told(&mpd(of));
        assert_eq!(urls, ["v/009.m4s", "v/010.m4s", "v/011.m4s"]);
        assert_eq!(durations, [4_000, 4_000, 2_000], "the last ends with the Period");
        let init = read(&mpd(of)).unwrap().tracks[0].addresses[0].init.clone();
        assert_eq!(init.as_deref(), Some("https://h/a/v-1000.mp4"));
        let endless = mpd(of).replace("mediaPresentationDuration='PT10S'", "");
        assert!(trouble(&endless).contains("the duration of the Period is missing"));
        let shorter = mpd(&of.replace("startNumber='9'", "startNumber='9' endNumber='10'"));
        assert_eq!(told(&shorter).1, [4_000, 4_000]);
        // NTSC: segments of 60060/30000 = 2.002 s do not drift; 10 s hold four and 1.992 s.
        let ntsc = mpd("<SegmentTemplate media='$Time$' duration='60060' timescale='30000'/>");
        let (urls, durations) = told(&ntsc);
        assert_eq!(urls, ["0", "60060", "120120", "180180", "240240"]);
        assert_eq!(durations, [2_002, 2_002, 2_002, 2_002, 1_992]);
        let halves = mpd("<SegmentTemplate media='$Number$' duration='2.5'/>");
        assert_eq!(told(&halves).1, [2_500; 4], "a fraction of a tick, seen in the wild");
    }

    #[test]
    fn timelines_repeat_until_the_next_or_the_end() {
        let (urls, durations) = told(&timeline("", "<S t='0' d='3' r='1'/><S d='4'/>"));
        assert_eq!(urls, ["0", "3", "6"]);
        assert_eq!(durations, [3_000, 3_000, 4_000]);
        assert_eq!(told(&timeline("", "<S d='2' r='-1'/>")).0, ["0", "2", "4", "6", "8"]);
        let (urls, durations) = told(&timeline("", "<S d='2' r='-1'/><S t='6' d='4'/>"));
        assert_eq!(urls, ["0", "2", "4", "6"]);
        assert_eq!(durations, [2_000, 2_000, 2_000, 4_000]);
        // The segments' clock is at 100 when the Period begins, and at 110 when it ends.
        let (urls, _) =
            told(&timeline("presentationTimeOffset='100'", "<S t='100' d='5' r='-1'/>"));
        assert_eq!(urls, ["100", "105"]);
    }

    #[test]
    fn thirds_of_a_second_do_not_drift() {
        let track = read(&timeline("timescale='3'", "<S d='1' r='29'/>")).unwrap().tracks.remove(0);
        assert_eq!(track.durations.iter().copied().sum::<Span>(), Span::from_secs(10));
        assert!(track.durations.iter().all(|d| d.as_nanos().abs_diff(333_333_333) <= 1));
    }

    #[test]
    fn small_gaps_are_closed_and_large_ones_named() {
        let (_, durations) =
            told(&timeline("timescale='1000'", "<S t='20' d='980'/><S t='1010' d='990'/>"));
        assert_eq!(durations, [990, 990], "to where the next begins");
        assert!(trouble(&timeline("", "<S d='2'/><S t='5' d='2'/>")).contains("5, and 2 is due"));
        assert!(trouble(&timeline("", "<S t='5' d='2'/>")).contains("5, and 0 is due"));
        assert!(trouble(&timeline("", "<S d='1'/><S t='0' d='9'/>")).contains("after the segment"));
    }

    #[test]
    fn attributes_are_inherited_and_bases_joined() {
        let text = "<MPD type='static' mediaPresentationDuration='PT4S'>\
            <BaseURL>b/</BaseURL><Period><BaseURL>https://cdn/p/</BaseURL>\
            <BaseURL>https://spare/</BaseURL>\
            <SegmentTemplate timescale='10' duration='20' media='$Number$.m4s'/>\
            <AdaptationSet contentType='video' width='640' height='360' codecs='avc1.4d401e'>\
            <SegmentTemplate startNumber='7'/>\
            <Representation id='1' bandwidth='2000'><BaseURL>one/</BaseURL></Representation>\
            <Representation id='0' bandwidth='1000' codecs='hvc1'>\
            <SegmentTemplate media='$$$RepresentationID$_$Number$'/></Representation>\
            </AdaptationSet></Period></MPD>";
        let track = read(text).unwrap().tracks.remove(0);
        assert_eq!(track.ladder.bitrates(), [1_000, 2_000].map(Bitrate::from_bps), "sorted");
        let rung = track.ladder.representation(track.ladder.top());
        assert_eq!(rung.resolution, Some(Resolution { width: 640, height: 360 }));
        assert_eq!(rung.codecs, "avc1.4d401e");
        assert_eq!(track.addresses[0].segments, ["https://cdn/p/$0_7", "https://cdn/p/$0_8"]);
        assert_eq!(track.addresses[1].segments[0], "https://cdn/p/one/7.m4s");
    }

    #[test]
    fn sets_of_other_things_are_left_out() {
        let template = "<SegmentTemplate media='$Number$' duration='5'/>";
        let trick = "<AdaptationSet mimeType='video/mp4'><EssentialProperty \
            schemeIdUri='http://dashif.org/guidelines/trickmode' value='1'/></AdaptationSet>";
        let text = "<AdaptationSet mimeType='application/ttml+xml'/>";
        let whole = mpd(template);
        let mixed = whole.replace("<Period>", &format!("<Period>{trick}{text}"));
        assert_eq!(read(&mixed).unwrap().tracks, read(&whole).unwrap().tracks);
        let none = whole.replace("video/mp4", "image/jpeg");
        assert!(trouble(&none).contains("an AdaptationSet of video or audio is missing"));
        let unsaid = whole.replace("mimeType='video/mp4'", "");
        assert!(trouble(&unsaid).contains("Period[0].AdaptationSet[0]: what it carries"));
    }

    #[test]
    fn absurd_numbers_are_refused_where_they_stand() {
        let good = mpd("<SegmentTemplate media='$Number$' duration='4' timescale='1'/>");
        let with = |from: &str, to: &str| trouble(&good.replace(from, to));
        let at = "https://h/a/x.mpd, Period[0].AdaptationSet[0].Representation[0]: ";
        assert!(with("timescale='1'", "timescale='0'").starts_with(&format!("{at}@timescale is")));
        assert!(with("'1000'", "'0'").starts_with(&format!("{at}@bandwidth is `0`")));
        assert!(with("'1000'", "'9000000000000'").contains("@bandwidth is `9000000000000`"));
        assert!(with(" bandwidth='1000'", "").contains("@bandwidth is missing"));
        assert!(with("duration='4'", "duration='0'").contains("@duration is `0`"));
        assert!(with("duration='4'", "duration='-1'").contains("@duration is `-1`"));
        assert!(with("duration='4'", "duration='NaN'").contains("@duration is `NaN`"));
        assert!(with("duration='4'", "duration='1e-300'").contains("segments are above the limit"));
        assert!(
            with("timescale='1'", "timescale='4000000000'").contains("above the limit of 1000000")
        );
        assert!(with("duration='4'", "").contains("@duration is missing"));
        assert!(with("PT10S", "P999999999999999Y").contains("line 1: @mediaPresentationDuration"));
        assert!(with("PT10S", "P999999999Y").contains("its duration is"));
        assert!(with("PT10S", "PT0S").contains("its Period lasts no time"));
        assert!(with("$Number$", "one").contains("has to tell segments apart"));
        assert!(with("$Number$", "$Number").contains("closed by another"));
        assert!(with("$Number$", "$SubNumber$").contains("known are"));
        assert!(with("$Number$", "$Number%d$").contains("written %05d"));
        assert!(with("$Number$", "$Number%099d$").contains("written %05d"));
        assert!(with("$Number$", &"n".repeat(9_000)).contains("8192 bytes"));
        assert!(trouble(&timeline("", "<S d='0'/>")).contains("S[0]: @d is `0`"));
        assert!(trouble(&timeline("", "")).contains("S is missing"));
        assert!(trouble(&timeline("", "<S d='1' r='999999999'/>")).contains("above the limit"));
        let far = format!("<S d='{}' r='9'/>", u64::MAX);
        assert!(trouble(&timeline("", &far)).contains("does not end"));
        assert!(trouble(&timeline("", "<S d='99999999'/>")).contains("its length is"));
        let fine = timeline("timescale='4000000000'", "<S d='1'/>");
        assert!(trouble(&fine).contains("segment 0 lasts no time"));
    }

    #[test]
    fn a_short_template_cannot_ask_for_endless_memory() {
        let name = "n".repeat(8_000);
        let long = mpd(&format!(
            "<SegmentTemplate media='{name}$Number$' timescale='9999' duration='1'/>"
        ));
        // 99,990 segments of 8,005 bytes are 800 MB; the limit is 256 MiB.
        assert!(trouble(&long).contains("take more than the limit of 268435456 bytes"));
    }

    #[test]
    fn what_is_not_supported_yet_is_named() {
        let good = mpd("<SegmentTemplate media='$Number$' duration='4'/>");
        let with = |from: &str, to: &str| trouble(&good.replace(from, to));
        assert!(with("'static'", "'dynamic'").contains("other than static"));
        let two = with("<Period>", "<Period></Period><Period>");
        assert!(two.contains("not supported yet: an MPD of 2 Periods"), "{two}");
        let template = "<SegmentTemplate media='$Number$' duration='4'/>";
        assert!(with(template, "<SegmentList/>").contains("not supported yet: SegmentList"));
        assert!(with(template, "<SegmentBase/>").contains("SegmentBase"));
        assert!(with(template, "").contains("no SegmentTemplate at all"));
        assert!(trouble("<MPD type='static'/>").contains("a Period is missing"));
    }

    #[test]
    fn texts_are_escaped_where_they_are_written() {
        assert_eq!(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&apos;");
    }

    /// Tracks of a real manifest: rungs, segments, and the first track's length in milliseconds.
    fn real(name: &str) -> Option<(Vec<(usize, usize)>, u64)> {
        let tracks = read(&reference(name)?).unwrap().tracks;
        let length: Span = tracks[0].durations.iter().copied().sum();
        let counts = tracks.iter().map(|t| (t.ladder.count(), t.durations.len()));
        Some((counts.collect(), length.as_millis()))
    }

    #[test]
    fn real_manifests_on_demand_are_read() {
        let expected = [
            ("dash_vod_timeline_time.mpd", vec![(5, 226), (1, 283)], 904_000),
            ("dash_cmaf_var_duration.mpd", vec![(1, 12), (1, 12)], 3_000),
            // 634.6 s: 318 segments of 2 s, and 320 of 1.984 s of sound.
            ("dash_cmcd_steering.mpd", vec![(4, 318), (1, 320)], 634_600),
        ];
        for (name, counts, millis) in expected {
            if let Some(found) = real(name) {
                assert_eq!(found, (counts, millis), "{name}");
            }
        }
    }

    #[test]
    fn real_manifests_of_other_kinds_are_refused_in_words() {
        let expected = [
            ("dash_segmentbase_multicodec.mpd", "SegmentBase"),
            ("dash_multiperiod_number_duration.mpd", "an MPD of 2 Periods"),
            ("dash_live_offset_inside.mpd", "other than static"),
            ("dash_empty_timeline.mpd", "S is missing"),
            ("dash_image_tiles.mpd", "video or audio is missing"),
            ("dash_gap_at_start.mpd", "a gap or an overlap"),
        ];
        for (name, said) in expected {
            if let Some(text) = reference(name) {
                let trouble = trouble(&text);
                assert!(trouble.contains(said), "{name}: {trouble}");
            }
        }
    }
}
