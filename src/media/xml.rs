//! A look at XML before a parser is trusted with it: is it whole, and is its root the right one?
//!
//! The idea to hold: nothing is read here, only refused. The parser of MPDs takes any root element
//! for an MPD, stops without a word after the first, and multiplies durations unchecked, so each of
//! these is seen to here, where the line is known too.

use super::manifest::{ManifestError, Place, Problem};

/// How deep elements may nest.
const MAX_DEPTH: usize = 64;

/// How many elements there may be, apart from the small ones that stand for segments. The parser
/// spends up to two kilobytes on an element of a dozen bytes.
const MAX_ELEMENTS: usize = 50_000;

/// Attributes that hold an `xs:duration`, at least on some element.
const DURATIONS: [&str; 12] = [
    "duration",
    "maxSegmentDuration",
    "maxSubsegmentDuration",
    "mediaPresentationDuration",
    "minBufferTime",
    "minimumUpdatePeriod",
    "presentationDuration",
    "skipAfter",
    "start",
    "starttime",
    "suggestedPresentationDelay",
    "timeShiftBufferDepth",
];

/// Sees that a text is one whole element of the name `root`, with durations that can be read.
pub(super) fn check(text: &str, root: &str, place: &Place<'_>) -> Result<(), ManifestError> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut closed = false;
    let (mut at, mut line, mut elements) = (0, 1, 0);
    while let Some(skip) = text[at..].find('<') {
        let before = &text[at..at + skip];
        if open.is_empty() && !before.trim().is_empty() {
            let begins = before.trim().chars().take(20).collect::<String>();
            let right = "nothing may stand outside the root element";
            return Err(place.line(line).wrong("text", begins, right));
        }
        line += before.matches('\n').count();
        at += skip;
        let Some(markup) = Markup::at(&text[at..]) else {
            return Err(place.line(line).problem(Problem::Truncated("a tag is complete".into())));
        };
        match markup.tag {
            Tag::Open(name) if open.is_empty() && (closed || local(name) != root) => {
                let found = text[at..].chars().take(20).collect();
                return Err(place.line(line).problem(Problem::NotAManifest(found)));
            }
            Tag::Open(_) if open.len() == MAX_DEPTH => {
                return Err(place.line(line).too_many("levels", MAX_DEPTH + 1, MAX_DEPTH));
            }
            Tag::Open(_) if elements == MAX_ELEMENTS => {
                return Err(place.line(line).too_many("elements", elements + 1, MAX_ELEMENTS));
            }
            Tag::Open(name) => {
                elements += usize::from(!matches!(local(name), "S" | "SegmentURL"));
                durations(markup.inside, &place.line(line))?;
                match markup.inside.ends_with('/') {
                    true => closed = open.is_empty(),
                    false => open.push((name, line)),
                }
            }
            Tag::Close(name) => match open.pop() {
                Some((opened, _)) if opened == name => closed = open.is_empty(),
                other => {
                    let right = match other {
                        Some((name, from)) => format!("</{name}> is expected, for line {from}"),
                        None => "no element is open".into(),
                    };
                    return Err(place.line(line).wrong("a closing tag", name, &right));
                }
            },
            Tag::Other => (),
        }
        line += text[at..at + markup.length].matches('\n').count();
        at += markup.length;
    }
    match open.last() {
        Some((name, from)) => {
            let what = format!("<{name}>, opened on line {from}, is closed");
            Err(place.line(line).problem(Problem::Truncated(what)))
        }
        None if !closed || !text[at..].trim().is_empty() => {
            Err(place.missing(&format!("<{root}>"), "it has to be the only root element"))
        }
        None => Ok(()),
    }
}

/// A piece of markup.
struct Markup<'a> {
    tag: Tag<'a>,
    /// What stands between the name and the closing bracket.
    inside: &'a str,
    length: usize,
}

enum Tag<'a> {
    Open(&'a str),
    Close(&'a str),
    /// A comment, a declaration, an instruction or raw text.
    Other,
}

impl<'a> Markup<'a> {
    /// The markup a text begins with, if it ends at all.
    fn at(text: &'a str) -> Option<Self> {
        for (start, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")] {
            if let Some(body) = text.strip_prefix(start) {
                let length = start.len() + body.find(end)? + end.len();
                return Some(Self { tag: Tag::Other, inside: "", length });
            }
        }
        let mut quote = None;
        let end = text.char_indices().find_map(|(at, c)| match (quote, c) {
            (None, '>') => Some(at),
            (None, '"' | '\'') => {
                quote = Some(c);
                None
            }
            (Some(q), c) if q == c => {
                quote = None;
                None
            }
            _ => None,
        })?;
        let body = &text[1..end];
        let (closing, body) = body.strip_prefix('/').map_or((false, body), |b| (true, b));
        let name = body.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let tag = if closing { Tag::Close(name) } else { Tag::Open(name) };
        Some(Self { tag, inside: &body[name.len()..], length: end + 1 })
    }
}

/// A name without the prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Sees that durations among attributes can be read.
fn durations(mut attributes: &str, place: &Place<'_>) -> Result<(), ManifestError> {
    while let Some((name, rest)) = attributes.split_once('=') {
        let (name, rest) = (name.trim(), rest.trim_start());
        let Some(quote) = rest.chars().next().filter(|&q| q == '"' || q == '\'') else {
            return Err(place.wrong(&format!("@{name}"), rest, "a value in quotes is expected"));
        };
        // The quotes of a complete tag are in pairs.
        let Some((value, rest)) = rest[1..].split_once(quote) else { return Ok(()) };
        // On other elements the same names hold other things; what does not look like a duration
        // (or hides behind an entity) the parser refuses by itself where it needs one.
        let looks = value.trim_start_matches(['+', '-']).starts_with('P') || value.contains('&');
        if DURATIONS.contains(&local(name)) && looks && !is_duration(value) {
            let right = "a duration such as PT1H30M12.5S is expected";
            return Err(place.wrong(&format!("@{name}"), value, right));
        }
        attributes = rest;
    }
    Ok(())
}

/// Whether it is an `xs:duration` with no number so long that a sum of them could overflow.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(d, t)| (d, Some(t)));
    (!date.is_empty() || time.is_some())
        && are_amounts(date, "YMWD")
        && time.is_none_or(|t| !t.is_empty() && are_amounts(t, "HMS"))
}

/// Whether it is numbers with these units, in this order; only seconds may have a fraction.
fn are_amounts(mut text: &str, mut units: &str) -> bool {
    while !text.is_empty() {
        let Some(end) = text.find(|c: char| c.is_ascii_alphabetic()) else { return false };
        let (number, unit) = (&text[..end], &text[end..=end]);
        let Some(at) = units.find(unit) else { return false };
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some((whole, fraction)) if unit == "S" => (whole, fraction),
            _ => (number, "0"),
        };
        let digits = |n: &str| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 9 {
            return false;
        }
        (text, units) = (&text[end + 1..], &units[at + 1..]);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> String {
        check(text, "MPD", &Place::of("x")).map_or_else(|e| e.to_string(), |()| "ok".into())
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
        assert!(verdict("<MPD>\n<Per").contains("line 2: it ends before a tag is complete"));
        assert!(verdict("<MPD>\n</Period>").contains("</MPD> is expected, for line 1"));
        assert!(verdict("</MPD>").contains("no element is open"));
        assert!(verdict("<MPD/>tail").contains("the only root element"));
        assert!(verdict("<MPD a=b/>").contains("in quotes"));
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
        for bad in bad.into_iter().chain(["PT.5S", "PT5", "PT1H1H", "&#80;T1S", "PTé1S"]) {
            assert!(!is_duration(bad), "{bad}");
            assert!(verdict(&format!("<MPD start='{bad}'/>")).contains("@start"), "{bad}");
        }
    }
}
