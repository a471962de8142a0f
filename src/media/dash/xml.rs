//! An MPD before its parser sees it: whole, of sane numbers, and with nothing in it that is not
//! read.
//!
//! The idea to hold: the parser is strict about what it knows and loses what it does not, and
//! players are the other way round. So a text is passed through once: elements and attributes that
//! nobody here reads (of other namespaces, declared or not, of DRM and events) are left out, so
//! that they cannot trouble anybody; numbers and durations are seen to, where the line is known;
//! and what the parser would lose is kept aside, by the element it belongs to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use quick_xml::escape::{escape, unescape};
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::vocabulary::{DURATIONS, NUMBERS, OPTIONAL, READ, is_duration};
use crate::media::manifest::{MAX_SEGMENTS, ManifestError, Place, Problem, note};

/// How deep elements may nest.
const MAX_DEPTH: usize = 64;

/// How many elements that are read there may be, apart from the small ones that stand for segments.
/// The parser spends up to two kilobytes on an element of a dozen bytes.
const MAX_ELEMENTS: usize = 50_000;

/// The longest URL, list of codecs or other text.
const MAX_TEXT: usize = 4_096;

/// Where an element is: the Period, the AdaptationSet and the Representation it lies in, counted
/// from 0.
pub(super) type Path = (usize, Option<usize>, Option<usize>);

/// What the parser would lose of the segment information of an element, or is slow at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aside {
    /// `@startNumber`.
    pub(super) number: Option<u64>,
    /// `@presentationTimeOffset`, which may be below zero.
    pub(super) offset: Option<i64>,
    /// `SegmentList@availabilityTimeOffset`, in seconds.
    pub(super) early: Option<f64>,
    /// The SegmentTimeline, of which nearly all of a long MPD consists.
    pub(super) line: Vec<S>,
}

/// Nothing aside.
pub(super) static NOTHING: Aside =
    Aside { number: None, offset: None, early: None, line: Vec::new() };

/// An `S` of a SegmentTimeline, as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct S {
    /// Where it begins, if not where the one before ends.
    pub(super) t: Option<u64>,
    /// The number of its first segment, if not the one after the last.
    pub(super) n: Option<u64>,
    /// How long each of its segments lasts.
    pub(super) d: Option<u64>,
    /// How many more there are, of the same length; below zero, as many as fit.
    pub(super) r: Option<i64>,
}

/// An MPD for its parser, and what that would lose.
#[derive(Debug, Default)]
pub(super) struct Tidy {
    /// What is read, and nothing else.
    pub(super) text: String,
    /// By the element that holds the segment information.
    pub(super) aside: BTreeMap<Path, Aside>,
    /// The server that steers between hosts.
    pub(super) steering: Option<String>,
    /// What was left out because it is wrong.
    pub(super) notes: Vec<ManifestError>,
}

/// Passes an MPD through.
pub(super) fn tidy(text: &str, place: &Place<'_>) -> Result<Tidy, ManifestError> {
    if let Some(at) = text.find('\0') {
        let line = 1 + text[..at].matches('\n').count();
        return Err(place.line(line).wrong("text", "\\0", "XML may not hold the character NUL"));
    }
    let mut pass = Pass::new(text, place);
    let mut reader = Reader::from_str(text);
    loop {
        let before = reader.buffer_position() as usize;
        pass.advance(before);
        match reader.read_event() {
            Ok(Event::Eof) => return pass.done(),
            Ok(event) => pass.take(event)?,
            Err(error) => return Err(pass.broken(&error)),
        }
    }
}

/// The text on its way.
struct Pass<'a> {
    text: &'a str,
    place: &'a Place<'a>,
    tidy: Tidy,
    /// The elements that are open, and whether each is read.
    open: Vec<(String, usize, bool)>,
    /// The prefix of the root, where all elements have one: `<m:MPD>`.
    prefix: Option<String>,
    /// Whether the root has been closed.
    closed: bool,
    elements: usize,
    segments: usize,
    /// How many of each there were: Periods, and AdaptationSets and Representations of the last.
    counts: [usize; 3],
    at: usize,
    line: usize,
}

impl<'a> Pass<'a> {
    fn new(text: &'a str, place: &'a Place<'a>) -> Self {
        Self {
            text,
            place,
            tidy: Tidy::default(),
            open: Vec::new(),
            prefix: None,
            closed: false,
            elements: 0,
            segments: 0,
            counts: [0; 3],
            at: 0,
            line: 1,
        }
    }

    /// Counts lines up to a position.
    fn advance(&mut self, to: usize) {
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
        self.at = to;
    }

    fn here(&self) -> Place<'a> {
        self.place.line(self.line)
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), ManifestError> {
        match event {
            Event::Start(start) => self.opens(&start, false),
            Event::Empty(start) => self.opens(&start, true),
            Event::End(_) => {
                if let Some((name, _, true)) = self.open.pop() {
                    self.tidy.text += &format!("</{name}>");
                }
                self.closed = self.open.is_empty();
                Ok(())
            }
            Event::Text(text) => self.says(&text),
            Event::CData(text) => self.says(&escape(text.into_inner())),
            Event::GeneralRef(name) => self.says(&format!("&{};", name.into_inner())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {
                Ok(())
            }
        }
    }

    /// Text, which matters in some elements only.
    fn says(&mut self, text: &str) -> Result<(), ManifestError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        match self.open.last() {
            None => {
                let begins: String = text.trim().chars().take(20).collect();
                let right = "nothing may stand outside the root element";
                Err(self.here().wrong("text", begins, right))
            }
            Some((name, _, true)) if matches!(name.as_str(), "BaseURL" | "Location") => {
                self.plain(|| "the text".into(), text)?;
                self.fits("the text", text)?;
                self.tidy.text += text;
                Ok(())
            }
            Some((name, _, true)) if name == "ContentSteering" => {
                let server = self.plain(|| "the text".into(), text)?.trim().to_owned();
                self.tidy.steering.get_or_insert_default().push_str(&server);
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// A text without its entities, of which there are no more than the five that need no document
    /// of their own.
    fn plain<'t>(
        &self,
        what: impl Fn() -> String,
        text: &'t str,
    ) -> Result<Cow<'t, str>, ManifestError> {
        unescape(text).map_err(|_| {
            let found: String = text.chars().take(80).collect();
            let right = "of entities, only &amp; &lt; &gt; &quot; &apos; and numbers are read";
            self.here().wrong(&what(), found, right)
        })
    }

    fn opens(&mut self, start: &BytesStart<'_>, empty: bool) -> Result<(), ManifestError> {
        let name = start.local_name();
        let name = name.as_ref();
        if self.open.is_empty() && (self.closed || name != "MPD") {
            let found = self.text[self.at..].trim_start().chars().take(20).collect();
            return Err(self.here().problem(Problem::NotAManifest(found)));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(self.here().too_many("levels", MAX_DEPTH + 1, MAX_DEPTH));
        }
        let prefix = start.name().prefix().map(|prefix| prefix.into_inner().to_owned());
        if self.open.is_empty() {
            self.prefix.clone_from(&prefix);
        }
        // What lies in something that is not read, or is of another namespace, is not read either.
        let ours = prefix == self.prefix && self.open.last().is_none_or(|(_, _, read)| *read);
        let within = self.open.last().map(|(name, ..)| name.as_str());
        let known = if ours && name == "S" && within == Some("SegmentTimeline") {
            self.counted(name)?;
            let s = self.s(start)?;
            self.aside().line.push(s);
            None
        } else {
            READ.iter().find(|(element, _)| ours && *element == name)
        };
        if let Some((_, attributes)) = known {
            self.counted(name)?;
            self.tidy.text += &format!("<{name}");
            self.attributes(name, start, attributes)?;
            self.tidy.text += if empty { "/>" } else { ">" };
        }
        match empty {
            true => self.closed = self.open.is_empty(),
            false => self.open.push((name.to_owned(), self.line, known.is_some())),
        }
        Ok(())
    }

    /// Counts an element that is read.
    fn counted(&mut self, name: &str) -> Result<(), ManifestError> {
        let level = ["Period", "AdaptationSet", "Representation"].iter().position(|n| *n == name);
        if let Some(level) = level {
            self.counts[level] += 1;
            self.counts[level + 1..].fill(0);
        }
        match name {
            "S" | "SegmentURL" => self.segments += 1,
            _ => self.elements += 1,
        }
        if self.segments > MAX_SEGMENTS {
            return Err(self.here().too_many("segments", self.segments, MAX_SEGMENTS));
        }
        match self.elements > MAX_ELEMENTS {
            true => Err(self.here().too_many("elements", self.elements, MAX_ELEMENTS)),
            false => Ok(()),
        }
    }

    fn attributes(
        &mut self,
        element: &str,
        start: &BytesStart<'_>,
        known: &[&str],
    ) -> Result<(), ManifestError> {
        let mut seen = vec![false; known.len()];
        // The same attribute twice is no XML, and no player minds: the first counts.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.no_attribute(error))?;
            let name = attribute.key.local_name();
            let name = name.as_ref();
            let ours = attribute.key.prefix().is_none_or(|prefix| {
                matches!((prefix.as_ref(), name), ("xlink", "href") | ("dvb", "priority"))
            });
            if !ours || self.sets_aside(element, name, &attribute.value)? {
                continue;
            }
            let Some(known) = known.iter().position(|known| *known == name) else { continue };
            if !std::mem::replace(&mut seen[known], true) {
                self.keeps(element, name, &attribute.value)?;
            }
        }
        Ok(())
    }

    /// Writes an attribute that its parser reads.
    fn keeps(&mut self, element: &str, name: &str, raw: &str) -> Result<(), ManifestError> {
        let value = self.plain(|| format!("@{name}"), raw)?;
        let value = value.trim();
        self.fits(name, value)?;
        let place = self.here();
        let of_segments = element.starts_with("Segment");
        if DURATIONS.contains(&name) && !of_segments && !is_duration(value) {
            let right = "a duration such as PT1H30M12.5S is expected";
            return Err(place.wrong(&format!("@{name}"), value, right));
        }
        if NUMBERS.contains(&name) && value.parse::<u64>().is_err() {
            let problem = self.not_whole(name, value);
            if !OPTIONAL.contains(&name) {
                return Err(problem);
            }
            note(&mut self.tidy.notes, problem);
            return Ok(());
        }
        if element == "SegmentList" && name == "duration" && value.parse::<u64>().is_err() {
            return Err(place.wrong("@duration", value, "a whole number of ticks is expected"));
        }
        // Names as the parser expects them.
        let written = match name {
            "href" => "xlink:href",
            "priority" => "dvb:priority",
            name => name,
        };
        // Writing to a string does not fail.
        let _ = write!(self.tidy.text, " {written}=\"{}\"", escape(value));
        Ok(())
    }

    /// Refuses what is longer than anything in earnest, and would be copied many times.
    fn fits(&self, what: &str, text: &str) -> Result<(), ManifestError> {
        match text.len() > MAX_TEXT {
            true => Err(self.here().wrong(
                what,
                format!("{}…", text.chars().take(40).collect::<String>()),
                "4096 bytes at most are expected",
            )),
            false => Ok(()),
        }
    }

    /// An `S`, whose attributes are numbers, the first of each name.
    fn s(&self, start: &BytesStart<'_>) -> Result<S, ManifestError> {
        let mut s = S::default();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.no_attribute(error))?;
            let name = attribute.key.into_inner();
            let value = self.plain(|| format!("@{name}"), &attribute.value)?;
            let value = value.trim();
            let number = || {
                let wrong = |_| self.not_whole(name, value);
                value.parse::<u64>().map_err(wrong)
            };
            match name {
                "t" => s.t = s.t.or(Some(number()?)),
                "n" => s.n = s.n.or(Some(number()?)),
                "d" => s.d = s.d.or(Some(number()?)),
                "r" => {
                    let right = "a whole number is expected";
                    let wrong = |_| self.here().wrong("@r", value, right);
                    s.r = s.r.or(Some(value.parse().map_err(wrong)?));
                }
                _ => {}
            }
        }
        Ok(s)
    }

    /// What is kept aside of the element that is open.
    fn aside(&mut self) -> &mut Aside {
        let [period, set, rendition] = self.counts;
        let path = (period.saturating_sub(1), set.checked_sub(1), rendition.checked_sub(1));
        self.tidy.aside.entry(path).or_insert_with(|| NOTHING.clone())
    }

    /// Keeps an attribute aside that the parser would lose; whether it is one.
    fn sets_aside(&mut self, element: &str, name: &str, raw: &str) -> Result<bool, ManifestError> {
        let kinds = ["SegmentBase", "SegmentList", "SegmentTemplate"];
        let early = element == "SegmentList" && name == "availabilityTimeOffset";
        let apart = matches!(name, "startNumber" | "presentationTimeOffset");
        if !kinds.contains(&element) || !(early || apart) {
            return Ok(false);
        }
        let value = raw.trim();
        let place = self.here();
        let aside = self.aside();
        let wrong = |right| place.wrong(&format!("@{name}"), value, right);
        let whole = |least: i64| {
            let number = value.parse::<i64>().ok().filter(|&number| number >= least);
            number.ok_or_else(|| wrong("a whole number is expected"))
        };
        match name {
            "startNumber" => aside.number = Some(whole(0)?.unsigned_abs()),
            "presentationTimeOffset" => aside.offset = Some(whole(i64::MIN)?),
            _ => {
                let secs = value.parse::<f64>().map_err(|_| wrong("seconds, or INF, are expected"));
                aside.early = Some(secs?);
            }
        }
        Ok(true)
    }

    fn no_attribute(&self, error: AttrError) -> ManifestError {
        self.here().wrong("an attribute", error, "name=\"value\" is expected")
    }

    fn not_whole(&self, name: &str, found: &str) -> ManifestError {
        let right = format!("a whole number from 0 to {} is expected", u64::MAX);
        self.here().wrong(&format!("@{name}"), found, &right)
    }

    /// What is wrong with the text as XML.
    fn broken(&self, error: &quick_xml::Error) -> ManifestError {
        use quick_xml::errors::{Error, IllFormedError};
        let place = self.here();
        match error {
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let from = self.open.last().map_or(0, |(_, line, _)| *line);
                let right = format!("</{expected}> is expected, for line {from}");
                place.wrong("a closing tag", found, &right)
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
                place.wrong("a closing tag", found, "no element is open")
            }
            Error::IllFormed(IllFormedError::MissingEndTag(name)) => self.unclosed(name),
            Error::Syntax(_) => {
                place.problem(Problem::Truncated("a tag or a comment is complete".into()))
            }
            other => place.problem(Problem::Syntax(other.to_string())),
        }
    }

    fn unclosed(&self, name: &str) -> ManifestError {
        let from = self.open.last().map_or(0, |(_, line, _)| *line);
        let what = format!("<{name}>, opened on line {from}, is closed");
        self.here().problem(Problem::Truncated(what))
    }

    fn done(self) -> Result<Tidy, ManifestError> {
        match self.open.last() {
            Some((name, ..)) => Err(self.unclosed(name)),
            None if !self.closed => {
                Err(self.place.missing("<MPD>", "it has to be the only root element"))
            }
            None => Ok(self.tidy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> String {
        tidy(text, &Place::of("x")).map_or_else(|e| e.to_string(), |_| "ok".into())
    }

    #[test]
    fn one_whole_root_element_passes() {
        assert_eq!(verdict("<?xml version='1.0'?><!-- <a> -->\n<MPD a='>'><B/>t</MPD>\n"), "ok");
        assert_eq!(verdict("<MPD/>"), "ok");
        assert_eq!(verdict("<m:MPD duration='4' start=\"PT1H2M3.5S\"><![CDATA[<]]></m:MPD>"), "ok");
    }

    #[test]
    fn anything_else_is_refused_with_its_line() {
        assert!(verdict("<!DOCTYPE html>\n<html>404</html>").starts_with("x, line 2: it begins"));
        assert!(verdict("<MPD/><MPD/>").contains("begins with `<MPD/>`"));
        assert!(verdict("<MPD>\n<Period>\n").contains("<Period>, opened on line 2"));
        assert!(verdict("<MPD>\n<Per").contains("line 2: it ends before a tag"));
        assert!(verdict("<MPD>\n</Period>").contains("</MPD> is expected, for line 1"));
        assert!(verdict("</MPD>").contains("no element is open"));
        assert!(verdict("<MPD/>tail").contains("nothing may stand outside the root"));
        assert!(verdict("<MPD a=b/>").contains("name=\"value\" is expected"));
        assert!(verdict(&"<MPD>".repeat(100)).contains("limit of 64"));
        let many = |element: &str| verdict(&format!("<MPD>{}</MPD>", element.repeat(50_000)));
        assert!(many("<Period/>").contains("50001 elements are above the limit"));
        assert_eq!(many("<S d='1'/>"), "ok");
    }

    #[test]
    fn durations_that_would_overflow_or_are_none_are_refused() {
        for good in ["PT0S", "P1Y2M3DT4H5M6.7S", "P1W", "PT904S", "PT0H1M30.000S", "P1D"] {
            assert!(is_duration(good), "{good}");
        }
        let bad = ["P", "PT", "PT2Sxyz", "P999999999999999Y", "-PT2S", "PT1S1H", "PT1.5H"];
        for bad in bad.into_iter().chain(["PT.5S", "PT5", "PT1H1H", "PTé1S"]) {
            assert!(!is_duration(bad), "{bad}");
            assert!(verdict(&format!("<MPD minBufferTime='{bad}'/>")).contains("@minBuf"), "{bad}");
        }
    }
}
