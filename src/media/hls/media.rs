//! Media playlists: the segments of one rendition.
//!
//! The idea to hold: `m3u8-rs` takes a comma in a title for the end of a segment, keeps durations
//! in 32 bits, reads over numbers that are none, and swallows a comma at the start of a URL. So
//! lines are looked at first and it is given well-formed ones only, some thousands of segments at a
//! time; durations are taken from their text, and it has to find as many segments as there were.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::define::Variables;
use super::lines::{Attributes, address, lines, range, seconds, start, tag, whole};
use super::low_latency::{Extras, Lines};
use crate::media::manifest::{
    ByteRange, Cut, MAX_LENGTH, MAX_SEGMENTS, ManifestError, Part, Place, Playlist, Problem,
    Resource, Section, Segments, Source, Timeline, join, note,
};
use crate::units::{Bitrate, NANOS, Span};

/// How many segments the parser is given at a time: it spends two kilobytes on each.
const CHUNK: usize = 4_096;

/// Tags with attributes that the second parser is given, and which of them.
const LOW_LATENCY: &[(&str, &[&str])] = &[
    ("#EXT-X-PART", &["DURATION", "URI", "BYTERANGE", "INDEPENDENT", "GAP"]),
    ("#EXT-X-PART-INF", &["PART-TARGET"]),
    ("#EXT-X-PRELOAD-HINT", &["TYPE", "URI", "BYTERANGE-START", "BYTERANGE-LENGTH"]),
    ("#EXT-X-RENDITION-REPORT", &["URI", "LAST-MSN"]),
    (
        "#EXT-X-SERVER-CONTROL",
        &["CAN-BLOCK-RELOAD", "CAN-SKIP-UNTIL", "HOLD-BACK", "PART-HOLD-BACK"],
    ),
    ("#EXT-X-SKIP", &["SKIPPED-SEGMENTS"]),
];

/// What a media playlist tells.
pub(super) struct Media {
    pub(super) playlist: Playlist,
    pub(super) segments: Segments,
    pub(super) notes: Vec<ManifestError>,
}

impl Media {
    /// Reads a playlist that was asked for at `asked`, and whose references are relative to `base`.
    /// `main` holds the variables of the multivariant playlist.
    pub(super) fn read(
        asked: &str,
        base: &str,
        text: &str,
        main: Option<&Variables>,
    ) -> Result<Self, ManifestError> {
        let place = Place::of(asked);
        if !text.trim_start().starts_with("#EXTM3U") {
            let begins = start(text.trim_start()).chars().take(20).collect();
            return Err(place.problem(Problem::NotAManifest(begins)));
        }
        // Counted first: reading a million takes seconds.
        let count = lines(text).filter(|(_, line)| tag(line).0 == "#EXTINF").count();
        if count > MAX_SEGMENTS {
            return Err(place.too_many("segments", count, MAX_SEGMENTS));
        }
        let mut walk = Walk::new(base, main, place);
        for (number, line) in lines(text) {
            walk.line(number, line)?;
        }
        walk.finish(asked)
    }
}

/// A playlist while it is read, line by line.
struct Walk<'a> {
    base: &'a str,
    main: Option<&'a Variables>,
    place: Place<'a>,
    variables: Variables,
    notes: Vec<ManifestError>,
    /// Lines for the parser that it was not given yet, and how many segments they make.
    tidy: String,
    pending: usize,
    /// Lines for the other parser.
    extras: Lines,
    /// What stands before the next URL: its duration, and how long its range is and where it
    /// begins.
    open: Option<Span>,
    range: Option<(u64, Option<u64>)>,
    /// Where the last range of each file ended.
    ends: BTreeMap<String, u64>,
    /// In nanoseconds.
    durations: Vec<u64>,
    length: Span,
    target: Option<Span>,
    sequence: u64,
    discontinuities: usize,
    found: Found,
}

/// What the parser found so far. Segments are counted from 0, as they are written.
#[derive(Default)]
struct Found {
    segments: Vec<(Box<str>, Option<ByteRange>)>,
    maps: Vec<(u32, Resource)>,
    dates: Vec<(u32, i64)>,
    ended: bool,
    i_frames: bool,
}

impl<'a> Walk<'a> {
    fn new(base: &'a str, main: Option<&'a Variables>, place: Place<'a>) -> Self {
        Self {
            base,
            main,
            place,
            variables: Variables::default(),
            notes: Vec::new(),
            tidy: "#EXTM3U\n".to_owned(),
            pending: 0,
            extras: Lines::default(),
            open: None,
            range: None,
            ends: BTreeMap::new(),
            durations: Vec::new(),
            length: Span::ZERO,
            target: None,
            sequence: 0,
            discontinuities: 0,
            found: Found::default(),
        }
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), ManifestError> {
        let place = self.place.line(number);
        if !line.starts_with('#') {
            return self.url(line, &place);
        }
        let (name, value) = tag(line);
        match name {
            "#EXTINF" => return self.duration(value, &place),
            "#EXT-X-BYTERANGE" => {
                let told = range(value).filter(|(length, _)| *length > 0);
                let wrong = || place.wrong(name, start(value), "length@first is expected");
                self.range = Some(told.ok_or_else(wrong)?);
            }
            "#EXT-X-MAP" => return self.map(value, &place),
            "#EXT-X-DISCONTINUITY" => {
                self.discontinuities += 1;
                self.tidy += "#EXT-X-DISCONTINUITY\n";
            }
            "#EXT-X-PROGRAM-DATE-TIME" => {
                self.tidy += &format!("#EXT-X-PROGRAM-DATE-TIME:{}\n", mended(value));
            }
            "#EXT-X-TARGETDURATION" => return self.target(value, &place),
            "#EXT-X-MEDIA-SEQUENCE" => {
                let sequence = whole(value).filter(|&number| i64::try_from(number).is_ok());
                let wrong = || place.wrong(name, start(value), "a whole number is expected");
                self.sequence = sequence.ok_or_else(wrong)?;
                self.tidy += &format!("#EXT-X-MEDIA-SEQUENCE:{}\n", self.sequence);
            }
            "#EXT-X-I-FRAMES-ONLY" | "#EXT-X-ENDLIST" => self.tidy += &format!("{name}\n"),
            "#EXT-X-DEFINE" => {
                let note = self.variables.define(value, self.base, self.main, &place)?;
                self.notes.extend(note);
                return Ok(());
            }
            "#EXT-X-GAP" => self.extras.tag(number, name, ""),
            "#EXT-X-BITRATE" => self.extras.tag(number, name, value),
            "#EXT-X-STREAM-INF" => {
                let right = "it cannot stand in a media playlist";
                return Err(place.wrong("a line", start(line), right));
            }
            _ => {
                if let Some((_, wanted)) = LOW_LATENCY.iter().find(|(other, _)| *other == name) {
                    let mut list = Attributes::read(value, &mut self.variables, &place)?;
                    // Players do without it, the parser does not.
                    if name == "#EXT-X-RENDITION-REPORT" && list.get("LAST-MSN").is_none() {
                        list.put("LAST-MSN", Some("0".to_owned()));
                    }
                    self.extras.tag(number, name, &list.tidy(wanted));
                }
            }
        }
        Ok(())
    }

    fn duration(&mut self, value: &str, place: &Place<'_>) -> Result<(), ManifestError> {
        let told = value.split([',', ' ', '\t']).next().unwrap_or_default();
        let Some(duration) = seconds(told) else {
            let right = "seconds are expected, such as 6.006, and no more than a year";
            return Err(place.wrong("#EXTINF", start(told), right));
        };
        // The remark keeps the parser from swallowing a comma at the start of the next line.
        self.tidy += &format!("#EXTINF:{},\n#\n", duration.in_secs());
        self.open = Some(duration);
        Ok(())
    }

    fn target(&mut self, value: &str, place: &Place<'_>) -> Result<(), ManifestError> {
        let name = "#EXT-X-TARGETDURATION";
        let right = "whole seconds are expected";
        let Some(told) = seconds(value) else {
            return Err(place.wrong(name, start(value), right));
        };
        let secs = (told.as_nanos() / NANOS).max(1);
        if whole(value).is_none() {
            note(&mut self.notes, place.wrong(name, start(value), right));
        }
        self.target = Some(Span::from_secs(secs));
        self.tidy += &format!("{name}:{secs}\n");
        Ok(())
    }

    fn map(&mut self, value: &str, place: &Place<'_>) -> Result<(), ManifestError> {
        let list = Attributes::read(value, &mut self.variables, place)?;
        let Some(uri) = list.get("URI") else {
            return Err(place.missing("URI", "#EXT-X-MAP needs it, in quotes"));
        };
        self.tidy += &format!("#EXT-X-MAP:URI=\"{}\"", address(uri, place)?);
        if let Some(text) = list.get("BYTERANGE") {
            let told = range(text).and_then(|(length, at)| ByteRange::new(at.unwrap_or(0), length));
            let wrong = || place.wrong("BYTERANGE", start(text), "length@first is expected");
            let told = told.ok_or_else(wrong)?;
            self.ends.entry(uri.to_owned()).or_insert(told.end());
            self.tidy += &format!(",BYTERANGE=\"{}@{}\"", told.length, told.first);
        }
        self.tidy += "\n";
        Ok(())
    }

    /// A segment is complete.
    fn url(&mut self, line: &str, place: &Place<'_>) -> Result<(), ManifestError> {
        let Some(duration) = self.open.take() else {
            let right = "an #EXTINF has to stand before a URL";
            return Err(place.wrong("a line", start(line), right));
        };
        let url = self.variables.fill(line, place)?;
        address(&url, place)?;
        if let Some((length, first)) = self.range.take() {
            let first = first.or_else(|| self.ends.get(url.as_ref()).copied()).unwrap_or(0);
            let Some(range) = ByteRange::new(first, length) else {
                let (found, right) = (format!("{length}@{first}"), "its end is beyond any file's");
                return Err(place.wrong("#EXT-X-BYTERANGE", found, right));
            };
            self.ends.insert(url.clone().into_owned(), range.end());
            self.tidy += &format!("#EXT-X-BYTERANGE:{length}@{first}\n");
        }
        self.tidy += &format!("{url}\n");
        self.extras.url();
        self.durations.push(duration.as_nanos());
        self.length += duration;
        if self.length > MAX_LENGTH {
            let right = format!("{MAX_LENGTH} is the limit");
            return Err(place.wrong("the length so far", self.length, &right));
        }
        self.pending += 1;
        match self.pending == CHUNK {
            true => self.parse(),
            false => Ok(()),
        }
    }

    /// Gives the parser what is pending.
    fn parse(&mut self) -> Result<(), ManifestError> {
        let tidy = std::mem::replace(&mut self.tidy, "#EXTM3U\n".to_owned());
        let pending = std::mem::take(&mut self.pending);
        let parsed = parsed(m3u8_rs::parse_media_playlist_res(tidy.as_bytes()), &self.place)?;
        let count = parsed.segments.len();
        if count != pending {
            let why = format!("{count} of {pending} segments were understood");
            return Err(self.place.problem(Problem::Syntax(why)));
        }
        let bytes = |range: m3u8_rs::ByteRange| ByteRange {
            first: range.offset.unwrap_or(0),
            length: range.length,
        };
        for segment in parsed.segments {
            let index = self.found.segments.len() as u32;
            if let Some(map) = segment.map {
                let url = join(self.base, &map.uri);
                let resource = Resource { url, range: map.byte_range.map(bytes) };
                self.found.maps.push((index, resource));
            }
            if let Some(date) = segment.program_date_time {
                self.found.dates.push((index, date.timestamp_millis()));
            }
            if let Some(unread) = segment.unknown_tags.first() {
                let right = "a date such as 2021-11-10T03:25:49.015Z is expected";
                let found = start(unread.rest.as_deref().unwrap_or_default());
                let unread = self.place.wrong("#EXT-X-PROGRAM-DATE-TIME", found, right);
                note(&mut self.notes, unread);
            }
            self.found.segments.push((segment.uri.into(), segment.byte_range.map(bytes)));
        }
        self.found.ended |= parsed.end_list;
        self.found.i_frames |= parsed.i_frames_only;
        Ok(())
    }

    /// All there is, once the last line is read.
    fn finish(mut self, asked: &str) -> Result<Media, ManifestError> {
        if self.open.is_some() {
            let what = "a segment has its URL".to_owned();
            return Err(self.place.problem(Problem::Truncated(what)));
        }
        self.parse()?;
        let extras = Extras::read(&self.extras, self.base, &self.place, &mut self.notes)?;
        if self.durations.is_empty() && extras.told.parts.is_empty() && extras.told.skipped == 0 {
            let right = "a media playlist needs at least one segment";
            let missing = self.place.missing("#EXTINF", right);
            // One that is live may hold none yet.
            if self.target.is_none() {
                return Err(missing);
            }
            note(&mut self.notes, missing);
        }
        let target = self.target.unwrap_or_else(|| {
            let missing = "whole seconds are expected; the longest segment's are taken";
            let missing = self.place.missing("#EXT-X-TARGETDURATION", missing);
            note(&mut self.notes, missing);
            let longest = self.durations.iter().copied().max().unwrap_or(0);
            Span::from_secs(longest.div_ceil(NANOS).max(1))
        });
        let empty = self.durations.iter().filter(|&&duration| duration == 0).count();
        if empty > 0 {
            let what = format!("{empty} segments that last no time");
            note(&mut self.notes, self.place.problem(Problem::LeftOut(what)));
        }
        let places = Places::new(&self.durations);
        let segments = Segments {
            timeline: Arc::new(self.timeline(&extras, target)),
            sections: sections(&self.found.maps, &places, asked),
            source: self.source(&extras),
        };
        let Self { found, sequence, discontinuities, notes, .. } = self;
        let mut dates: Vec<(u32, i64)> = Vec::with_capacity(found.dates.len());
        for (index, date) in found.dates {
            let place = places.of(index);
            dates.pop_if(|(before, _)| *before == place);
            dates.push((place, date));
        }
        let part = |part: Part| Part { segment: places.of(part.segment), ..part };
        let mut told = extras.told;
        let playlist = Playlist {
            url: asked.to_owned(),
            target,
            media_sequence: sequence,
            ended: found.ended,
            discontinuities,
            gaps: told.gaps.iter().filter_map(|&index| places.kept(index)).collect(),
            dates,
            parts: std::mem::take(&mut told.parts).into_iter().map(part).collect(),
            i_frames: found.i_frames,
            ..told
        };
        Ok(Media { playlist, segments, notes })
    }

    /// Where segments are cut. What an update leaves out is taken to last its target duration.
    fn timeline(&self, extras: &Extras, target: Span) -> Timeline {
        let first = self.sequence + extras.told.skipped;
        let before = target.as_nanos().saturating_mul(extras.told.skipped);
        let mut time = before.min(MAX_LENGTH.as_nanos()) as i64;
        let mut cuts = Vec::with_capacity(self.durations.len());
        for (number, &duration) in (first..).zip(&self.durations) {
            if duration > 0 {
                cuts.push(Cut { time, duration, number });
                time += duration as i64;
            }
        }
        let number = cuts.first().map_or(first, |cut| cut.number);
        Timeline { scale: NANOS, offset: 0, cuts, every: None, number }
    }

    /// Where segments are, and at what rate each is said to be.
    fn source(&mut self, extras: &Extras) -> Source {
        let all = std::mem::take(&mut self.found.segments);
        let mut rates: Vec<Option<Bitrate>> = Vec::new();
        let mut entries = Vec::with_capacity(all.len());
        let mut told = extras.rates.iter().peekable();
        let mut rate = None;
        for ((index, entry), duration) in (0..).zip(all).zip(&self.durations) {
            while let Some((_, next)) = told.next_if(|(from, _)| *from <= index) {
                rate = Some(*next);
            }
            if *duration > 0 {
                if !extras.rates.is_empty() {
                    // A range tells it better.
                    rates.push(rate.filter(|_| entry.1.is_none()));
                }
                entries.push(entry);
            }
        }
        Source::Listed { base: self.base.into(), entries: entries.into(), rates: rates.into() }
    }
}

/// Which place a segment has once those that last no time are left out.
struct Places {
    /// By segment as written, and one more: how many are kept before it.
    before: Vec<u32>,
}

impl Places {
    fn new(durations: &[u64]) -> Self {
        let mut before = Vec::with_capacity(durations.len() + 1);
        let mut count = 0;
        before.push(count);
        for &duration in durations {
            count += u32::from(duration > 0);
            before.push(count);
        }
        Self { before }
    }

    /// The place of a segment, or of the next that is kept.
    fn of(&self, index: u32) -> u32 {
        let last = self.before.last().copied().unwrap_or(0);
        self.before.get(index as usize).copied().unwrap_or(last)
    }

    /// The place of a segment that is kept.
    fn kept(&self, index: u32) -> Option<u32> {
        let place = self.of(index);
        (self.before.get(index as usize + 1) == Some(&(place + 1))).then_some(place)
    }
}

/// What has to be held for the segments from one on: the playlist, and an initialisation segment.
fn sections(maps: &[(u32, Resource)], places: &Places, asked: &str) -> Arc<[Section]> {
    let playlist = || Resource::whole(asked);
    let mut sections = vec![Section { from: 0, setup: vec![playlist()] }];
    for (index, map) in maps {
        let section = Section { from: places.of(*index), setup: vec![playlist(), map.clone()] };
        sections.pop_if(|before| before.from == section.from);
        if sections.last().is_none_or(|before| before.setup != section.setup) {
            sections.push(section);
        }
    }
    sections.into()
}

/// A date as the parser wants it (RFC 3339): a colon in its zone, and UTC where no zone is told.
fn mended(date: &str) -> String {
    let date = date.trim_matches('"').replacen(' ', "T", 1);
    let Some((day, time)) = date.split_once('T') else { return date };
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let clock = match clock.matches(':').count() {
        1 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    match (zone.len(), zone.get(..3), zone.get(3..)) {
        (3, Some(hours), _) => format!("{day}T{clock}{hours}:00"),
        (5, Some(hours), Some(minutes)) => format!("{day}T{clock}{hours}:{minutes}"),
        _ => format!("{day}T{clock}{zone}"),
    }
}

/// What the parser found, or its trouble in words.
pub(super) fn parsed<T, E>(result: Result<T, E>, place: &Place<'_>) -> Result<T, ManifestError> {
    result.map_err(|_| place.problem(Problem::Syntax("it does not parse as a playlist".into())))
}
