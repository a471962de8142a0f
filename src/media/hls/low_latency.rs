//! Tags of media playlists that came after the first edition: parts, hints, gaps, rates, and what a
//! server offers.
//!
//! The idea to hold: `m3u8-rs` knows none of these and loses those after the last segment, so they
//! go to `quick-m3u8`, which has a type for each and reads line by line. To know which segment a
//! tag belongs to, it is given a line for every URL and counts. What it does not understand it
//! hands back as unknown; that is left out, with a note.

use std::collections::BTreeMap;

use quick_m3u8::config::ParsingOptions;
use quick_m3u8::tag::KnownTag;
use quick_m3u8::tag::hls::{Part as PartTag, PreloadHint, ServerControl, Tag};
use quick_m3u8::{HlsLine, Reader};

use super::lines::{span, start};
use crate::media::manifest::{
    ByteRange, MAX_BITRATE, MAX_SEGMENTS, ManifestError, Part, Place, Playlist, Problem, Resource,
    join, note,
};
use crate::units::Bitrate;

/// Lines for the parser, and where they were.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    /// The line of each that is not a URL.
    numbers: Vec<usize>,
}

impl Lines {
    /// A tag of a line.
    pub(super) fn tag(&mut self, line: usize, name: &str, value: &str) {
        let colon = if value.is_empty() { "" } else { ":" };
        self.text += &format!("{name}{colon}{value}\n");
        self.numbers.push(line);
    }

    /// A segment: whatever its URL, it counts.
    pub(super) fn url(&mut self) {
        self.text += "-\n";
    }
}

/// What these tags tell. Segments are counted from 0, as they are written.
#[derive(Default)]
pub(super) struct Extras {
    /// What the playlist tells by them.
    pub(super) told: Playlist,
    /// Rates, and the segment from which on each holds.
    pub(super) rates: Vec<(u32, Bitrate)>,
    /// Where the last range of each file ended.
    ends: BTreeMap<String, u64>,
    segment: u32,
}

impl Extras {
    /// Reads the tags of a playlist.
    pub(super) fn read(
        lines: &Lines,
        base: &str,
        place: &Place<'_>,
        notes: &mut Vec<ManifestError>,
    ) -> Result<Self, ManifestError> {
        let mut extras = Self::default();
        let mut reader = Reader::from_str(&lines.text, ParsingOptions::default());
        let mut numbers = lines.numbers.iter();
        loop {
            let line = match reader.read_line() {
                Ok(None) => return Ok(extras),
                Ok(Some(HlsLine::Uri(_))) => {
                    extras.segment += 1;
                    continue;
                }
                Ok(Some(HlsLine::KnownTag(KnownTag::Hls(tag)))) => Some(tag),
                Ok(Some(_)) | Err(_) => None,
            };
            let place = numbers.next().map_or(place.clone(), |&line| place.line(line));
            let understood = match line {
                Some(tag) => extras.take(tag, base, &place)?,
                None => None,
            };
            if understood.is_none() {
                let what = "a tag that lacks what it has to say, or says it wrong";
                note(notes, place.problem(Problem::LeftOut(what.to_owned())));
            }
        }
    }

    /// Takes in what a tag says; nothing if it cannot be meant.
    fn take(
        &mut self,
        tag: Tag<'_>,
        base: &str,
        place: &Place<'_>,
    ) -> Result<Option<()>, ManifestError> {
        let room = |count: usize, what| match count < MAX_SEGMENTS {
            true => Ok(()),
            false => Err(place.too_many(what, count + 1, MAX_SEGMENTS)),
        };
        Ok(match tag {
            Tag::Part(part) => {
                room(self.told.parts.len(), "parts")?;
                self.part(&part, base, place)?
            }
            Tag::PreloadHint(hint) => {
                room(self.told.hints.len(), "hints")?;
                self.told.hints.push(hinted(&hint, base));
                Some(())
            }
            Tag::RenditionReport(report) => {
                room(self.told.reports.len(), "reports")?;
                self.told.reports.push(join(base, report.uri()));
                Some(())
            }
            Tag::Gap(_) => {
                if self.told.gaps.last() != Some(&self.segment) {
                    self.told.gaps.push(self.segment);
                }
                Some(())
            }
            Tag::Bitrate(rate) => {
                // In thousands of bits per second.
                let rate = rate.bitrate().checked_mul(1_000).map(Bitrate::from_bps);
                let rate = rate.filter(|rate| !rate.is_zero() && *rate <= MAX_BITRATE);
                rate.map(|rate| self.rates.push((self.segment, rate)))
            }
            Tag::PartInf(inf) => {
                self.told.part_target = span(inf.part_target());
                self.told.part_target.map(|_| ())
            }
            Tag::ServerControl(control) => {
                self.control(&control);
                Some(())
            }
            Tag::Skip(skip) => {
                let skipped = skip.skipped_segments();
                let count = usize::try_from(skipped).unwrap_or(usize::MAX);
                if count > MAX_SEGMENTS {
                    return Err(place.too_many("skipped segments", count, MAX_SEGMENTS));
                }
                self.told.skipped = skipped;
                Some(())
            }
            _ => None,
        })
    }

    fn part(
        &mut self,
        told: &PartTag<'_>,
        base: &str,
        place: &Place<'_>,
    ) -> Result<Option<()>, ManifestError> {
        let Some(duration) = span(told.duration()) else { return Ok(None) };
        let url = join(base, told.uri());
        let range = match told.byterange() {
            None => None,
            Some(range) => {
                let first = range.offset.or_else(|| self.ends.get(&url).copied()).unwrap_or(0);
                let Some(range) = ByteRange::new(first, range.length) else {
                    let found = start(&format!("{}@{first}", range.length));
                    return Err(place.wrong("BYTERANGE", found, "length@first is expected"));
                };
                self.ends.insert(url.clone(), range.end());
                Some(range)
            }
        };
        self.told.parts.push(Part {
            segment: self.segment,
            duration,
            resource: Resource { url, range },
            independent: told.independent(),
            gap: told.gap(),
        });
        Ok(Some(()))
    }

    fn control(&mut self, told: &ServerControl<'_>) {
        self.told.can_block_reload = told.can_block_reload();
        self.told.can_skip_until = told.can_skip_until().and_then(span);
        self.told.hold_back = told.hold_back().and_then(span);
        self.told.part_hold_back = told.part_hold_back().and_then(span);
    }
}

/// What is hinted at. A range without an end is asked for whole: nothing tells how long it will be.
fn hinted(hint: &PreloadHint<'_>, base: &str) -> Resource {
    let length = hint.byterange_length();
    let range = length.and_then(|length| ByteRange::new(hint.byterange_start(), length));
    Resource { url: join(base, hint.uri()), range }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::ByteRange;
    use crate::units::Span;

    fn read(tags: &[(&str, &str)]) -> (Result<Extras, ManifestError>, Vec<String>) {
        let mut lines = Lines::default();
        for (number, (name, value)) in (1..).zip(tags) {
            match *name {
                "" => lines.url(),
                name => lines.tag(number, name, value),
            }
        }
        let mut notes = Vec::new();
        let extras = Extras::read(&lines, "https://h/a/l.m3u8", &Place::of("u"), &mut notes);
        (extras, notes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn parts_know_their_segment_even_after_the_last() {
        let (extras, notes) = read(&[
            ("#EXT-X-PART-INF", "PART-TARGET=1.004"),
            ("", ""),
            ("#EXT-X-PART", "DURATION=1.00001,URI=\"p\",BYTERANGE=\"10@5\",INDEPENDENT=YES"),
            ("#EXT-X-PART", "DURATION=1,URI=\"p\",BYTERANGE=\"20\",GAP=YES"),
            ("", ""),
            ("#EXT-X-PART", "DURATION=0.5,URI=\"q\""),
            ("#EXT-X-PRELOAD-HINT", "TYPE=PART,URI=\"r\",BYTERANGE-START=7,BYTERANGE-LENGTH=2"),
            ("#EXT-X-RENDITION-REPORT", "URI=\"../b.m3u8\",LAST-MSN=4"),
        ]);
        let Ok(extras) = extras else { panic!("it is well-formed") };
        assert_eq!(notes, [""; 0]);
        assert_eq!(extras.told.part_target, Some(Span::from_millis(1_004)));
        let [a, b, c] = extras.told.parts.as_slice() else { panic!("three parts") };
        assert_eq!((a.segment, a.duration.as_nanos()), (1, 1_000_010_000));
        assert_eq!(a.resource.range, Some(ByteRange { first: 5, length: 10 }));
        // It goes on where the one before ended: 5 + 10.
        assert_eq!(b.resource.range, Some(ByteRange { first: 15, length: 20 }));
        assert_eq!((a.independent, a.gap, b.independent, b.gap), (true, false, false, true));
        assert_eq!((c.segment, c.resource.url.as_str()), (2, "https://h/a/q"));
        assert_eq!(extras.told.hints[0].range, Some(ByteRange { first: 7, length: 2 }));
        assert_eq!(extras.told.reports, ["https://h/b.m3u8"]);
    }

    #[test]
    fn tags_that_the_parser_hands_back_are_left_out_and_noted() {
        let (extras, notes) = read(&[
            ("#EXT-X-PART", "URI=\"p\""),
            ("#EXT-X-PART", "DURATION=-1,URI=\"p\""),
            ("#EXT-X-BITRATE", "fast"),
            ("#EXT-X-BITRATE", "18446744073709551615"),
            ("#EXT-X-SKIP", "SKIPPED-SEGMENTS=many"),
            ("#EXT-X-GAP", ""),
        ]);
        assert_eq!(extras.map(|extras| extras.told.gaps).unwrap_or_default(), [0]);
        assert_eq!(notes.len(), 5);
        assert!(notes[2].starts_with("u, line 3: left out: a tag"), "{}", notes[2]);
    }

    #[test]
    fn what_no_memory_should_be_spent_on_is_named() {
        let (extras, _) = read(&[("#EXT-X-SKIP", "SKIPPED-SEGMENTS=1000001")]);
        let said = extras.map(|_| ()).expect_err("too many").to_string();
        assert!(said.contains("line 1: 1000001 skipped segments are above"), "{said}");
        let (extras, _) =
            read(&[("#EXT-X-PART", "DURATION=1,URI=\"p\",BYTERANGE=\"9@18446744073709551615\"")]);
        let said = extras.map(|_| ()).expect_err("no such range").to_string();
        assert!(said.contains("line 1: BYTERANGE is `9@1844"), "{said}");
    }
}
