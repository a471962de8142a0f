//! Lines of playlists and what stands in them: tags, attribute lists, decimal seconds, ranges.
//!
//! The idea to hold: the crates that parse playlists read over what they do not understand, so what
//! they are given is taken apart here first, and put together again as the standard has it.

use std::borrow::Cow;

use super::define::Variables;
use crate::media::manifest::{MAX_LENGTH, ManifestError, Place};
use crate::units::Span;

/// Attributes whose values stand without quotes. All others are texts.
const UNQUOTED: &[&str] = &[
    "AUTOSELECT",
    "AVERAGE-BANDWIDTH",
    "BANDWIDTH",
    "BYTERANGE-LENGTH",
    "BYTERANGE-START",
    "CAN-BLOCK-RELOAD",
    "CAN-SKIP-UNTIL",
    "DEFAULT",
    "DURATION",
    "FRAME-RATE",
    "GAP",
    "HOLD-BACK",
    "INDEPENDENT",
    "LAST-MSN",
    "PART-HOLD-BACK",
    "PART-TARGET",
    "RESOLUTION",
    "SCORE",
    "SKIPPED-SEGMENTS",
    "TYPE",
    "VIDEO-RANGE",
];

/// The lines of a playlist that say something, trimmed, with their numbers from 1. A line feed, a
/// carriage return or both end a line.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = (1..).zip(text.split('\n'));
    let halves = |(number, line): (usize, _)| {
        str::split(line, '\r').map(move |line: &str| (number, line.trim()))
    };
    let says =
        |line: &str| !line.is_empty() && (!line.starts_with('#') || line.starts_with("#EXT"));
    numbered.flat_map(halves).filter(move |(_, line)| says(line))
}

/// The name of a tag and what follows its colon.
pub(super) fn tag(line: &str) -> (&str, &str) {
    match line.split_once(':') {
        Some((name, value)) => (name.trim_end(), value.trim()),
        None => (line, ""),
    }
}

/// The start of a line, for a message.
pub(super) fn start(line: &str) -> String {
    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    line.chars().take(80).map(shown).collect()
}

/// A URL as it may stand in a playlist.
pub(super) fn address<'a>(url: &'a str, place: &Place<'_>) -> Result<&'a str, ManifestError> {
    match url.chars().any(|c| c.is_control() && c != '\t') {
        true => Err(place.wrong("a URL", start(url), "control characters cannot stand in it")),
        false => Ok(url),
    }
}

/// Decimal seconds, to the nearest nanosecond; none above a year.
pub(super) fn seconds(text: &str) -> Option<Span> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |n: &str| n.bytes().all(|c| c.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 9 {
        return None;
    }
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos = fraction.bytes().chain([b'0'; 10]).take(10);
    // Ten digits: the last decides which way to round.
    let tenths = nanos.fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
    let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let span = Span::from_secs(whole) + Span::from_nanos((tenths + 5) / 10);
    (span <= MAX_LENGTH).then_some(span)
}

/// What the typed tags of a crate hold as seconds, if it is a length of time.
pub(super) fn span(seconds: f64) -> Option<Span> {
    let most = MAX_LENGTH.as_secs_f64();
    (0.0..=most).contains(&seconds).then(|| Span::from_secs_f64(seconds))
}

/// A range as HLS writes it: how many bytes, and after `@` the position of the first, if told.
pub(super) fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (length, first) = match text.split_once('@') {
        Some((length, first)) => (length, Some(whole(first)?)),
        None => (text, None),
    };
    Some((whole(length)?, first))
}

/// A whole number: digits, and nothing else.
pub(super) fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse().ok())?
}

/// An attribute list (RFC 8216, 4.2): names, and values without their quotes.
pub(super) struct Attributes<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Attributes<'a> {
    /// Takes a list apart. Variables are put in where they may stand: in quotes and in hexadecimal
    /// numbers. Empty texts, which say nothing, are left out.
    pub(super) fn read(
        list: &'a str,
        variables: &mut Variables,
        place: &Place<'_>,
    ) -> Result<Self, ManifestError> {
        let mut found = Vec::new();
        let mut rest = list.trim();
        let wrong = |rest| place.wrong("an attribute list", start(rest), "NAME=value is expected");
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or_else(|| wrong(rest))?;
            let (name, after) = (name.trim_end(), after.trim_start());
            let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || !name.chars().all(letter) {
                return Err(wrong(rest));
            }
            let (value, after) = match after.strip_prefix('"') {
                Some(text) => {
                    let (value, after) = text.split_once('"').ok_or_else(|| wrong(rest))?;
                    (variables.fill(value, place)?, after)
                }
                None => {
                    let (value, after) = after.split_at(after.find(',').unwrap_or(after.len()));
                    let value = value.trim();
                    if value.is_empty() || value.contains('"') {
                        return Err(wrong(rest));
                    }
                    match value.starts_with("0x") || value.starts_with("0X") {
                        true => (variables.fill(value, place)?, after),
                        false => (Cow::Borrowed(value), after),
                    }
                }
            };
            if !value.is_empty() {
                found.push((name, value));
            }
            rest = match after.trim_start().strip_prefix(',') {
                Some(after) => after.trim_start(),
                None if after.trim().is_empty() => "",
                None => return Err(wrong(after)),
            };
        }
        Ok(Self(found))
    }

    /// The value of an attribute. Of several with one name the last counts, as in browsers.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().rev().find(|(other, _)| *other == name);
        named.map(|(_, value)| value.as_ref())
    }

    /// Gives an attribute another value, or takes it out.
    pub(super) fn put(&mut self, name: &'a str, value: Option<String>) {
        self.0.retain(|(other, _)| *other != name);
        self.0.extend(value.map(|value| (name, Cow::Owned(value))));
    }

    /// Those attributes that are wanted, as a list, each with quotes or without as it should be.
    pub(super) fn tidy(&self, wanted: &[&str]) -> String {
        let mut list = String::new();
        for name in wanted {
            let Some(value) = self.get(name) else { continue };
            let comma = if list.is_empty() { "" } else { "," };
            list += &match UNQUOTED.contains(name) && !value.contains(',') {
                true => format!("{comma}{name}={value}"),
                false => format!("{comma}{name}=\"{value}\""),
            };
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        let nanos = |text| seconds(text).map(Span::as_nanos);
        assert_eq!(nanos("6.006"), Some(6_006_000_000));
        assert_eq!(nanos("5"), Some(5_000_000_000));
        assert_eq!(nanos("5."), Some(5_000_000_000));
        assert_eq!(nanos(".5"), Some(500_000_000), "as hls.js reads it");
        assert_eq!(nanos("0.000000001"), Some(1));
        assert_eq!(nanos("1.99999999951"), Some(2_000_000_000));
        for bad in ["", ".", "1e3", "+1", "-1", "1.2.3", "NaN", "inf", "1 2", "31536001"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
        assert_eq!(span(1.00001), Some(Span::from_nanos(1_000_010_000)));
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn any_line_ending_ends_a_line_and_remarks_are_no_lines() {
        let found: Vec<_> = lines("#EXTM3U\r\n\r\n# remark\n  a \rb\nc").collect();
        assert_eq!(found, [(1, "#EXTM3U"), (4, "a"), (4, "b"), (5, "c")]);
        assert_eq!(tag("#EXT-X-VERSION: 10"), ("#EXT-X-VERSION", "10"));
    }

    #[test]
    fn attribute_lists_are_put_in_order() {
        let place = Place::of("u");
        let read = |list| Attributes::read(list, &mut Variables::default(), &place);
        let list = read(r#"TYPE="AUDIO", NAME=a b ,URI="x,y=z",LANGUAGE="",A=1,A=2"#);
        let list = list.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(list.get("A"), Some("2"));
        assert_eq!(list.get("LANGUAGE"), None, "an empty text says nothing");
        let tidy = list.tidy(&["TYPE", "URI", "NAME", "LANGUAGE"]);
        assert_eq!(tidy, r#"TYPE=AUDIO,URI="x,y=z",NAME="a b""#);
        for bad in ["A", "A=", "=1", "A=\"x", "A=\"x\"y", "A=1,,B=2", "A=x\"y\"", "A B=1"] {
            let said = read(bad).map(|_| ()).expect_err(bad).to_string();
            assert!(said.contains("NAME=value is expected"), "{said}");
        }
    }

    #[test]
    fn ranges_may_not_run_over_the_end_of_numbers() {
        assert_eq!(range("718@0"), Some((718, Some(0))));
        assert_eq!(range("96256"), Some((96_256, None)));
        for bad in ["", "@", "@5", "5@", "-5@0", "5@-1", "99999999999999999999"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
