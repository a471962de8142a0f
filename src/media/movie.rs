//! Content of which every size is known: the movies of simulators, and our own.
//!
//! ```text
//! Sabre     {"segment_duration_ms": 3000, "bitrates_kbps": [230, 331],
//!            "segment_sizes_bits": [[886360, 1180512], [382840, 662120]]}   by segment, then rung
//! ours      {"segment_s": 4, "bitrates_kbps": [300, 750],
//!            "bytes": [[181801, 155580], [450283, 398865]],                 by rung, then segment
//!            "resolutions": ["640x360", "1280x720"],                        if known, like these:
//!            "vmaf": [[61.2, 58.0], [80.1, 77.4]], "ssim": [[0.95, 0.94], [0.98, 0.97]]}
//! Pensieve  a file per rung, `video_size_0` and so on, with the bytes of a segment on each line
//! ```
//!
//! The idea to hold: a movie is a track and nothing else. Sizes are taken as they are, and not made
//! to fit bitrates. In our form `segment_s` may be a list, where segments differ in length;
//! `segments_used` plays only so many; other members are passed over, such as a note on where it is
//! from. Sizes of Sabre are in bits (Spiteri, Sitaraman and Sparacio, 2018; `sabre.py`).

use serde_json::{Map, Value};

use super::manifest::{MAX_BITRATE, MAX_LENGTH, MAX_RUNGS, MAX_SEGMENTS, MAX_SIZE};
use super::sizes::{SizesError, SizesProblem};
use super::{Kind, Ladder, Quality, Representation, Resolution, Score, Track};
use crate::units::{Bitrate, Bytes, Span};

/// The most values a file may hold: sizes of ten rungs for ten weeks, in segments of four seconds.
const MAX_VALUES: u64 = 16_000_000;

/// A movie from its JSON, in Sabre's form or in ours.
///
/// # Errors
/// With the place in it that is wrong.
pub fn read(text: &str) -> Result<Track, SizesError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Before it is parsed, since parsed it takes many times its memory.
    let commas = text.bytes().filter(|&byte| byte == b',').count() as u64;
    if commas > MAX_VALUES {
        let limit = MAX_VALUES;
        let problem = SizesProblem::TooMany { what: "values", found: commas, limit };
        return Err(problem.at("the file"));
    }
    let parsed: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        SizesProblem::Syntax(error.to_string()).at(place)
    })?;
    let Value::Object(members) = parsed else {
        let right = "an object with bitrates_kbps and segment_sizes_bits or bytes is expected";
        return Err(SizesProblem::wrong(&parsed, right).at("the file"));
    };
    let movie = Members(&members);
    match (members.contains_key("segment_sizes_bits"), members.contains_key("bytes")) {
        (true, false) => movie.sabre(),
        (false, true) => movie.ours(),
        (true, true) => {
            let right = "one of segment_sizes_bits, as Sabre has it, and bytes is expected";
            Err(SizesProblem::wrong("both", right).at("the file"))
        }
        (false, false) => {
            let right = "sizes are expected: segment_sizes_bits, as Sabre has it, or bytes";
            Err(SizesProblem::Missing(right.into()).at("the file"))
        }
    }
}

/// A movie from Pensieve's files, as name and text, in any order. The one that holds the least is
/// the cheapest rung of the ladder, and so on: which end is numbered 0 differs.
///
/// # Errors
/// With the file and line that are wrong.
pub fn pensieve(
    files: &[(String, String)],
    ladder: &Ladder,
    segment: Span,
) -> Result<Track, SizesError> {
    if files.len() != ladder.count() {
        let right = format!("as many as the ladder has rungs, {}, are expected", ladder.count());
        let found = format!("{} files", files.len());
        return Err(SizesProblem::wrong(found, &right).at("the folder"));
    }
    let mut columns = Vec::with_capacity(files.len());
    for (name, text) in files {
        columns.push(column(name, text)?);
    }
    let count = columns[0].len();
    if let Some(other) = columns.iter().position(|column| column.len() != count) {
        let found = format!("{} segments", columns[other].len());
        let right = format!("as many as in {}, {count}, are expected", files[0].0);
        return Err(SizesProblem::wrong(found, &right).at(files[other].0.as_str()));
    }
    columns.sort_by_key(|column| column.iter().copied().sum::<Bytes>());
    let sizes = (0..count).flat_map(|index| columns.iter().map(move |column| column[index]));
    track(ladder.clone(), &vec![segment; count], sizes.collect(), Vec::new())
}

/// The sizes in a file of Pensieve's.
fn column(name: &str, text: &str) -> Result<Vec<Bytes>, SizesError> {
    let mut sizes = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{name}, line {number}");
        let size = line.trim().parse().ok().and_then(possible);
        sizes.push(size.ok_or_else(|| {
            let right = format!("the bytes of a segment, from 1 to {MAX_SIZE}, are expected");
            SizesProblem::wrong(line, &right).at(place())
        })?);
        enough(sizes.len()).map_err(|problem| problem.at(place()))?;
    }
    match sizes.is_empty() {
        true => {
            let right = "the bytes of a segment are expected on each line";
            Err(SizesProblem::Missing(right.into()).at(name))
        }
        false => Ok(sizes),
    }
}

fn possible(bytes: u64) -> Option<Bytes> {
    (1..=MAX_SIZE.get()).contains(&bytes).then(|| Bytes::new(bytes))
}

fn enough(segments: usize) -> Result<(), SizesProblem> {
    let (found, limit) = (segments as u64, MAX_SEGMENTS as u64);
    match found > limit {
        true => Err(SizesProblem::TooMany { what: "segments", found, limit }),
        false => Ok(()),
    }
}

/// A track of parts that fit each other.
fn track(
    ladder: Ladder,
    durations: &[Span],
    sizes: Vec<Bytes>,
    qualities: Vec<Quality>,
) -> Result<Track, SizesError> {
    let mut whole = Span::ZERO;
    for (index, &duration) in durations.iter().enumerate() {
        whole += duration;
        if whole > MAX_LENGTH {
            let right = format!("a movie lasts up to {MAX_LENGTH}");
            let place = format!("the end of segment {index}");
            return Err(SizesProblem::wrong(whole, &right).at(place));
        }
    }
    let track = Track::new(Kind::Video, ladder, durations, sizes);
    let track = track.map_err(|flaw| SizesProblem::Flaw(flaw).at("the movie"))?;
    Ok(if qualities.is_empty() { track } else { track.with_qualities(qualities) })
}

/// How a table is laid out.
#[derive(Clone, Copy)]
enum Layout {
    SegmentThenRung,
    RungThenSegment,
}

/// The members of a movie's object.
#[derive(Clone, Copy)]
struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    fn sabre(self) -> Result<Track, SizesError> {
        let (order, ladder) = self.ladder()?;
        let bytes = |bits: f64| Some(Bytes::covering(Bitrate::from_bps_f64(bits) * SECOND));
        let right = format!("the bits of a segment, from 1 to 8 times {MAX_SIZE}, are expected");
        let size = |bits: f64| bytes(bits).and_then(|size| possible(size.get()));
        let name = "segment_sizes_bits";
        let (count, sizes) =
            self.table(name, Layout::SegmentThenRung, &order, None, size, &right)?;
        let name = "segment_duration_ms";
        let each = self.member(name, "how long a segment lasts")?;
        let duration = span(each, 1e6).map_err(|problem| problem.at(name))?;
        self.finish(order, ladder, &vec![duration; count], sizes)
    }

    fn ours(self) -> Result<Track, SizesError> {
        let (order, ladder) = self.ladder()?;
        let right = format!("the bytes of a segment, from 1 to {MAX_SIZE}, are expected");
        let size = |bytes: f64| possible(Bytes::new(libm::round(bytes) as u64).get());
        let (count, sizes) =
            self.table("bytes", Layout::RungThenSegment, &order, None, size, &right)?;
        let name = "segment_s";
        let durations = match self.member(name, "how long a segment lasts")? {
            Value::Array(all) => {
                same("durations", all.len(), count).map_err(|problem| problem.at(name))?;
                let each = |(index, value)| {
                    span(value, 1e9).map_err(|problem| problem.at(format!("{name}[{index}]")))
                };
                all.iter().enumerate().map(each).collect::<Result<_, _>>()?
            }
            each => vec![span(each, 1e9).map_err(|problem| problem.at(name))?; count],
        };
        self.finish(order, ladder, &durations, sizes)
    }

    /// Adds what is known of pictures, and cuts to what is used.
    fn finish(
        self,
        order: Vec<usize>,
        ladder: Ladder,
        durations: &[Span],
        mut sizes: Vec<Bytes>,
    ) -> Result<Track, SizesError> {
        let (count, rungs) = (durations.len(), order.len());
        let mut qualities = Vec::new();
        for (name, most) in [("vmaf", 100.0), ("ssim", 1.0)] {
            if !self.0.contains_key(name) {
                continue;
            }
            let right = format!("a number from 0 to {most} is expected");
            let score = |score: f64| Score::new(score).filter(|s| s.as_f64() <= most);
            let layout = Layout::RungThenSegment;
            let (_, scores) = self.table(name, layout, &order, Some(count), score, &right)?;
            qualities.resize(count * rungs, Quality::default());
            for (quality, score) in qualities.iter_mut().zip(scores) {
                match name {
                    "vmaf" => quality.vmaf = Some(score),
                    _ => quality.ssim = Some(score),
                }
            }
        }
        let used = match self.0.get("segments_used") {
            None => count,
            Some(used) => used
                .as_u64()
                .and_then(|used| usize::try_from(used).ok())
                .filter(|used| (1..=count).contains(used))
                .ok_or_else(|| {
                    let right = format!("a whole number from 1 to {count} is expected");
                    SizesProblem::wrong(used, &right).at("segments_used")
                })?,
        };
        sizes.truncate(used * rungs);
        qualities.truncate(used * rungs);
        track(ladder, &durations[..used], sizes, qualities)
    }

    fn member(self, name: &str, what: &str) -> Result<&'a Value, SizesError> {
        self.0
            .get(name)
            .ok_or_else(|| SizesProblem::Missing(format!("{what} is expected")).at(name))
    }

    fn list(self, name: &str, what: &str) -> Result<&'a [Value], SizesError> {
        let value = self.member(name, what)?;
        let list = value.as_array().filter(|list| !list.is_empty());
        list.map(Vec::as_slice).ok_or_else(|| {
            SizesProblem::wrong(value, &format!("{what} is expected, as a list")).at(name)
        })
    }

    /// The ladder, and the position in the file of each of its rungs.
    fn ladder(self) -> Result<(Vec<usize>, Ladder), SizesError> {
        let name = "bitrates_kbps";
        let told = self.list(name, "the bitrate of every rung")?;
        if told.len() > MAX_RUNGS {
            let (found, limit) = (told.len() as u64, MAX_RUNGS as u64);
            return Err(SizesProblem::TooMany { what: "rungs", found, limit }.at(name));
        }
        let mut rungs = Vec::with_capacity(told.len());
        for (index, value) in told.iter().enumerate() {
            let rate = value.as_f64().map(|kbps| Bitrate::from_bps_f64(kbps * 1e3));
            let rate = rate.filter(|rate| !rate.is_zero() && *rate <= MAX_BITRATE);
            let rate = rate.ok_or_else(|| {
                let right = format!("kbps, up to {MAX_BITRATE}, are expected");
                SizesProblem::wrong(value, &right).at(format!("{name}[{index}]"))
            })?;
            rungs.push(Representation::new(rate));
        }
        let name = "resolutions";
        if self.0.contains_key(name) {
            let told = self.list(name, "the resolution of every rung")?;
            same("resolutions", told.len(), rungs.len()).map_err(|problem| problem.at(name))?;
            for (index, (value, rung)) in told.iter().zip(&mut rungs).enumerate() {
                let resolution = value.as_str().and_then(resolution);
                rung.resolution = Some(resolution.ok_or_else(|| {
                    let right = "width x height is expected, such as \"1280x720\"";
                    SizesProblem::wrong(value, right).at(format!("{name}[{index}]"))
                })?);
            }
        }
        let mut order: Vec<usize> = (0..rungs.len()).collect();
        order.sort_by_key(|&rung| rungs[rung].bitrate);
        let ladder = Ladder::new(rungs);
        let missing = || SizesProblem::Missing("a rung is expected".into()).at("bitrates_kbps");
        Ok((order, ladder.ok_or_else(missing)?))
    }

    /// How many segments a table is of, and its values by segment, then rung of the ladder.
    fn table<T: Copy>(
        self,
        name: &str,
        layout: Layout,
        order: &[usize],
        segments: Option<usize>,
        value: impl Fn(f64) -> Option<T>,
        right: &str,
    ) -> Result<(usize, Vec<T>), SizesError> {
        let rows = self.list(name, "a list of lists")?;
        let row = |index: usize| {
            rows[index].as_array().ok_or_else(|| {
                SizesProblem::wrong(&rows[index], "a list is expected")
                    .at(format!("{name}[{index}]"))
            })
        };
        let (across, count) = match layout {
            Layout::SegmentThenRung => (order.len(), rows.len()),
            Layout::RungThenSegment => (segments.unwrap_or(row(0)?.len()), row(0)?.len()),
        };
        let down = match layout {
            Layout::SegmentThenRung => segments.unwrap_or(count),
            Layout::RungThenSegment => order.len(),
        };
        enough(count).map_err(|problem| problem.at(name))?;
        same("lists", rows.len(), down).map_err(|problem| problem.at(name))?;
        for index in 0..rows.len() {
            let checked = same("values", row(index)?.len(), across);
            checked.map_err(|problem| problem.at(format!("{name}[{index}]")))?;
        }
        let mut table = Vec::with_capacity(count * order.len());
        for segment in 0..count {
            for &rung in order {
                let (a, b) = match layout {
                    Layout::SegmentThenRung => (segment, rung),
                    Layout::RungThenSegment => (rung, segment),
                };
                let told = &row(a)?[b];
                let known = told.as_f64().filter(|x| *x >= 0.0).and_then(&value);
                table.push(known.ok_or_else(|| {
                    SizesProblem::wrong(told, right).at(format!("{name}[{a}][{b}]"))
                })?);
            }
        }
        Ok((count, table))
    }
}

/// So that a rate of bits per second is a number of bits.
const SECOND: Span = Span::from_secs(1);

fn same(what: &str, found: usize, expected: usize) -> Result<(), SizesProblem> {
    match found == expected {
        true => Ok(()),
        false => {
            let right = format!("{expected} are expected");
            Err(SizesProblem::wrong(format!("{found} {what}"), &right))
        }
    }
}

/// A length of time that a segment can have, in units of so many nanoseconds.
fn span(value: &Value, unit: f64) -> Result<Span, SizesProblem> {
    let nanos = value.as_f64().map(|number| libm::round(number * unit));
    let nanos = nanos.filter(|nanos| (1.0..=MAX_LENGTH.as_nanos() as f64).contains(nanos));
    nanos.map(|nanos| Span::from_nanos(nanos as u64)).ok_or_else(|| {
        let right = format!("a number above zero is expected, and no more than {MAX_LENGTH}");
        SizesProblem::wrong(value, &right)
    })
}

fn resolution(text: &str) -> Option<Resolution> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|side| (1..=65_536).contains(side));
    Some(Resolution { width: side(width)?, height: side(height)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Rung, ladders};

    /// A file of the reference material, where it is at hand.
    fn reference(name: &str) -> Option<String> {
        Some(std::fs::read_to_string(crate::reference::reference(name)?).unwrap())
    }

    #[test]
    fn sabre_tells_bits_by_segment_then_rung() {
        let movie = r#"{"segment_duration_ms": 3000, "bitrates_kbps": [1, 2],
            "segment_sizes_bits": [[800, 1601], [8, 16], [24, 32]], "note": "passed over"}"#;
        let track = read(movie).unwrap();
        assert_eq!((track.count(), track.duration(2)), (3, Span::from_secs(3)));
        // 1,601 bits fill 201 bytes.
        assert_eq!(track.sizes(0), [Bytes::new(100), Bytes::new(201)]);
        assert_eq!(track.sizes(2), [Bytes::new(3), Bytes::new(4)]);
    }

    #[test]
    fn ours_tells_bytes_by_rung_then_segment_in_any_order_of_rungs() {
        let movie = r#"{"segment_s": [4, 1.5], "bitrates_kbps": [900, 300.5],
            "resolutions": ["1280x720", "640x360"],
            "bytes": [[90, 91], [30, 31]], "vmaf": [[80, 81], [50, 51.5]]}"#;
        let track = read(movie).unwrap();
        assert_eq!(track.ladder.bitrate(Rung(0)), Bitrate::from_bps(300_500));
        assert_eq!(track.sizes(1), [Bytes::new(31), Bytes::new(91)]);
        assert_eq!(track.duration(1), Span::from_millis(1_500));
        assert_eq!(track.ladder.representation(Rung(0)).resolution.unwrap().height, 360);
        let cheap = track.quality(1, Rung(0));
        assert_eq!((cheap.vmaf, cheap.ssim), (Score::new(51.5), None));
        let cut =
            movie.replace("{\"segment_s\": [4, 1.5]", "{\"segments_used\": 1, \"segment_s\": 4");
        assert_eq!(read(&cut).unwrap().count(), 1);
    }

    #[test]
    fn pensieve_has_a_file_per_rung_numbered_from_either_end() {
        let ladder = Ladder::new(
            ladders::named("envivio")
                .unwrap()
                .rungs()
                .take(2)
                .map(|r| ladders::named("envivio").unwrap().representation(r).clone())
                .collect(),
        );
        let ladder = ladder.unwrap();
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let (small, large) = (file("a", "10\n11\n"), file("b", "20\n21\n\n"));
        let segment = Span::from_secs(4);
        let track = pensieve(&[small.clone(), large.clone()], &ladder, segment).unwrap();
        assert_eq!(track.sizes(1), [Bytes::new(11), Bytes::new(21)]);
        assert_eq!(pensieve(&[large.clone(), small.clone()], &ladder, segment), Ok(track));
        let said =
            |files: &[(String, String)]| pensieve(files, &ladder, segment).unwrap_err().to_string();
        assert!(said(&[]).contains("it is `0 files`; as many as the ladder has rungs, 2,"));
        let short = said(&[small.clone(), file("c", "5\n")]);
        assert!(short.starts_with("c: it is `1 segments`; as many as in a, 2,"), "{short}");
        assert!(said(&[small.clone(), file("c", "5\nx\n")]).starts_with("c, line 2: it is `x`"));
        assert!(said(&[small, file("c", "\n")]).starts_with("c: nothing is there"));
    }

    #[test]
    fn what_is_no_movie_is_told_with_its_place() {
        let sabre = |duration: &str, rates: &str, sizes: &str| {
            format!(
                r#"{{"segment_duration_ms": {duration}, "bitrates_kbps": {rates},
                "segment_sizes_bits": {sizes}}}"#
            )
        };
        for (text, told) in [
            (String::new(), "line 1, column 0: it cannot be read: EOF"),
            ("[1]".into(), "the file: it is `[1]`; an object"),
            ("{}".into(), "the file: nothing is there; sizes"),
            ("[".repeat(100_000), "recursion limit"),
            (",".repeat(16_000_001), "16000001 values are above the limit"),
            (sabre("0", "[1]", "[[8]]"), "segment_duration_ms: it is `0`; a number above zero"),
            (sabre("\"3s\"", "[1]", "[[8]]"), "segment_duration_ms: it is `\"3s\"`"),
            (sabre("1e300", "[1]", "[[8]]"), "segment_duration_ms: it is `1e+300`"),
            (sabre("3e13", "[1]", "[[8], [8]]"), "segment_duration_ms: it is `3"),
            (sabre("2e10", "[1]", "[[8], [8]]"), "the end of segment 1: it is `40000000s`"),
            (sabre("3", "[]", "[[]]"), "bitrates_kbps: it is `[]`"),
            (sabre("3", "[-1]", "[[8]]"), "bitrates_kbps[0]: it is `-1`; kbps"),
            (sabre("3", "[1]", "[]"), "segment_sizes_bits: it is `[]`"),
            (sabre("3", "[1]", "[[8], 8]"), "segment_sizes_bits[1]: it is `8`; a list"),
            (sabre("3", "[1]", "[[8], [8, 8]]"), "segment_sizes_bits[1]: it is `2 values`; 1 are"),
            (sabre("3", "[1]", "[[8], [0]]"), "segment_sizes_bits[1][0]: it is `0`; the bits"),
            (sabre("3", "[1]", "[[1e18]]"), "segment_sizes_bits[0][0]: it is `1e+18`"),
            (
                r#"{"segment_s": [4], "bitrates_kbps": [3], "bytes": [[1, 2]]}"#.into(),
                "segment_s: it is `1 durations`; 2 are expected",
            ),
            (
                r#"{"segment_s": 4, "bitrates_kbps": [3], "bytes": [[1, 2], [3, 4]]}"#.into(),
                "bytes: it is `2 lists`; 1 are expected",
            ),
            (
                r#"{"segment_s": 4, "bitrates_kbps": [3], "bytes": [[1]], "ssim": [[1.5]]}"#.into(),
                "ssim[0][0]: it is `1.5`; a number from 0 to 1",
            ),
        ] {
            let said = read(&text).unwrap_err().to_string();
            let text: String = text.chars().take(80).collect();
            assert!(said.contains(told), "{text:?}: {said}");
        }
    }

    #[test]
    fn movies_of_the_field_are_read_whole() {
        for (name, rungs, segments) in [
            ("sabre/movies/bbb.json", 10, 199),
            ("sabre/movies/bbb4k.json", 6, 199),
            ("pensieve/envivio_sizes.json", 6, 48),
        ] {
            let Some(text) = reference(name) else { continue };
            let track = read(&text).unwrap();
            assert_eq!((track.ladder.count(), track.count()), (rungs, segments), "{name}");
            // What a rung is advertised at, its segments have on average, by a fifth.
            for rung in track.ladder.rungs() {
                let whole: Bytes = (0..track.count()).map(|i| track.size(i, rung)).sum();
                let rate = (whole / track.end().since_start()).as_f64();
                let over = rate / track.ladder.bitrate(rung).as_f64();
                assert!((0.8..1.25).contains(&over), "{name} {rung:?}: {over}");
            }
        }
        // The ladders called after them are theirs.
        for (name, file) in [
            ("sabre-bbb", "sabre/movies/bbb.json"),
            ("sabre-bbb4k", "sabre/movies/bbb4k.json"),
            ("envivio", "pensieve/envivio_sizes.json"),
        ] {
            let Some(text) = reference(file) else { continue };
            let ladder = ladders::named(name).unwrap();
            assert_eq!(read(&text).unwrap().ladder.bitrates(), ladder.bitrates(), "{name}");
        }
    }
}
