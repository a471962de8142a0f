//! Traces from files, in whichever of the formats read.
//!
//! The idea to hold: a format is a function from a text to treads, in a file of its own, and a line
//! of [`FORMATS`]. What holds for all (that it is text, how long its lines may be, which format it
//! is in) is settled here and in `text.rs`, and whatever the bytes, the answer is traces or an
//! error that says what would be right. A file is read as it comes, so it takes no more memory than
//! its steps.

use std::io::{BufRead, Cursor, Read};

pub use super::MAX_STEPS;
use super::field::{cells, clip};
use super::parts::{Parts, Staircase};
pub use super::problem::{Problem, ReadError, Unit};
use super::text::Text;
use super::{
    End, Flaw, Trace, aitrans, cadvise, csv, fcc, hsdpa, lumos5g, mahimahi, oboe, pensieve, puffer,
    sabre, switcher, ucc,
};
use crate::units::{Bitrate, Span};

/// The longest round trip a file may state. More is most likely microseconds read as milliseconds.
pub const MAX_RTT: Span = Span::from_secs(60);

/// How a file says what the bandwidth is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Our own: [`csv`].
    Csv,
    /// Of the simulator Sabre: [`sabre`].
    Sabre,
    /// Of the simulator Pensieve: [`pensieve`].
    Pensieve,
    /// Of the link emulator Mahimahi: [`mahimahi`].
    Mahimahi,
    /// Logs from Norway and Ghent.
    Hsdpa,
    /// Measuring Broadband America.
    Fcc,
    /// University College Cork.
    Ucc,
    /// Lumos5G.
    Lumos5g,
    /// Oboe.
    Oboe,
    /// Puffer.
    Puffer,
    /// CAdViSE.
    Cadvise,
    /// The AITrans competitions.
    Aitrans,
    /// The switcher of video.js.
    Switcher,
}

/// What there is to know of a format.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Which it is.
    pub format: Format,
    /// Its name, as a scenario or the command line has it.
    pub name: &'static str,
    /// What it looks like, in a line.
    pub about: &'static str,
    /// In which units it counts.
    pub units: &'static str,
}

const fn facts(
    format: Format,
    name: &'static str,
    about: &'static str,
    units: &'static str,
) -> Facts {
    Facts { format, name, about, units }
}

/// Every format read, in the order of [`Format`].
pub const FORMATS: [Facts; 13] = [
    facts(
        Format::Csv,
        "csv",
        "a header, \"seconds,kbps\" or \"seconds,kbps,rtt_ms\", and a row a step",
        "seconds and kbps from then on",
    ),
    facts(
        Format::Sabre,
        "sabre",
        "a JSON array of {\"duration_ms\", \"bandwidth_kbps\", \"latency_ms\"}",
        "milliseconds and kbps",
    ),
    facts(
        Format::Pensieve,
        "pensieve",
        "two columns with a space or tab between: seconds and Mbps until then",
        "seconds and Mbps until then",
    ),
    facts(
        Format::Mahimahi,
        "mahimahi",
        "one column: the milliseconds at which 1,500 bytes may leave",
        "milliseconds, 1,500 bytes each",
    ),
    facts(
        Format::Hsdpa,
        "hsdpa",
        "logs from Norway and Ghent, six columns: s, ms, latitude, longitude, bytes, ms",
        "bytes and milliseconds",
    ),
    facts(
        Format::Fcc,
        "fcc",
        "Measuring Broadband America, CSV: unit_id,dtime,target,…,bytes_sec,…",
        "bytes per second for 5 s each",
    ),
    facts(
        Format::Ucc,
        "ucc",
        "4G and 5G from Cork, CSV: Timestamp,…,DL_bitrate,…,State,…",
        "time stamps and kbps from then on",
    ),
    facts(
        Format::Lumos5g,
        "lumos5g",
        "Lumos5G, CSV: run_num,…,Throughput,…; or two columns: seconds and Mbps until then",
        "Mbps for 1 s each, or until seconds",
    ),
    facts(
        Format::Oboe,
        "oboe",
        "pairs of lines, two columns: milliseconds and kbps from the one to the other",
        "milliseconds and kbps",
    ),
    facts(
        Format::Puffer,
        "puffer",
        "Puffer's video_sent, CSV: time (ns GMT),session_id,…,delivery_rate,…",
        "nanoseconds and bytes per second",
    ),
    facts(
        Format::Cadvise,
        "cadvise",
        "a JSON array of {\"duration\", \"serverEgress\", \"clientIngress\", …}",
        "seconds and kbps, 0 for no limit",
    ),
    facts(
        Format::Aitrans,
        "aitrans",
        "three columns, or two: seconds, Mbps until then, and milliseconds of round trip",
        "seconds and Mbps until then",
    ),
    facts(
        Format::Switcher,
        "switcher",
        "a JSON array of pairs: [bytes, milliseconds]",
        "bytes and milliseconds",
    ),
];

impl Format {
    /// What there is to know of it.
    pub const fn facts(self) -> &'static Facts {
        &FORMATS[self as usize]
    }

    /// Its name, as a scenario or the command line has it.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|facts| facts.name == name).map(|facts| facts.format)
    }

    /// The format of a file that begins with these lines.
    fn of(lines: &[String]) -> Option<Self> {
        let first = lines.first()?.as_str();
        let words: Vec<_> = first.split_ascii_whitespace().collect();
        let numbers = words.iter().all(|word| word.parse::<f64>().is_ok());
        match first.chars().next()? {
            '[' => Self::of_json(&lines.concat()),
            '{' | '<' => None,
            _ if first.contains([',', ';']) || first.starts_with("seconds") => {
                Some(Self::of_header(first))
            }
            _ if !numbers => None,
            _ => match words.len() {
                1 => Some(Self::Mahimahi),
                2 if oboe::is(lines) => Some(Self::Oboe),
                2 => Some(Self::Pensieve),
                3 => Some(Self::Aitrans),
                6 => Some(Self::Hsdpa),
                _ => None,
            },
        }
    }

    fn of_json(text: &str) -> Option<Self> {
        let inside = text.trim_start_matches('[').trim_ascii_start();
        let nested = text.len() - text.trim_start_matches('[').len() > 1;
        let period = inside.split('}').next().unwrap_or_default();
        match inside.chars().next() {
            Some('[') => Some(Self::Switcher),
            Some(_) if nested => Some(Self::Switcher),
            Some('{') if period.contains("\"clientIngress\"") => Some(Self::Cadvise),
            _ => Some(Self::Sabre),
        }
    }

    /// The CSV format of a header; if of no other, it is ours.
    fn of_header(header: &str) -> Self {
        let has = |name: &&str| cells(header).any(|cell| cell.eq_ignore_ascii_case(name));
        if fcc::COLUMNS.iter().all(has) {
            Self::Fcc
        } else if ucc::COLUMNS.iter().all(has) {
            Self::Ucc
        } else if puffer::COLUMNS[..3].iter().all(has) {
            Self::Puffer
        } else if lumos5g::COLUMNS.iter().all(has) {
            Self::Lumos5g
        } else {
            Self::Csv
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The format it is in: the one given, or else the one recognised.
    pub format: Format,
    /// Its traces, never none.
    pub parts: Vec<Part>,
    /// What about it may be otherwise than meant, in a sentence each.
    pub hints: Vec<String>,
}

/// One of the traces of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What names it among those of its file; empty where formats have one trace a file.
    pub name: String,
    /// The trace.
    pub trace: Trace,
}

impl Part {
    /// What follows the name of its file to name it: `#872/a`, or nothing where it has no name.
    pub fn suffix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("#{}", self.name) }
    }
}

/// So many bytes of a file are looked at to recognise its format.
const HEAD: usize = 64 << 10;

/// So many lines of those.
const LINES: usize = 400;

/// The traces in a file, and the format it is in: the one given, or else the one recognised.
///
/// No format says what follows the last step, so `end` does.
///
/// # Errors
/// Whatever is wrong with the first line that is not as the format has it, or with the whole.
pub fn read(
    mut file: impl BufRead,
    format: Option<Format>,
    end: End,
) -> Result<Reading, ReadError> {
    let mut head = Vec::new();
    let unreadable = |error: std::io::Error| Problem::from(error).anywhere();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
    let lines = first_lines(&head)?;
    let first = lines.first().ok_or(Problem::Empty.anywhere())?;
    let format = format
        .or_else(|| Format::of(&lines))
        .ok_or_else(|| Problem::Unknown(clip(first)).anywhere())?;
    let mut whole = Cursor::new(head).chain(file);
    let mut text = Text::new(&mut whole);
    let parts = parts(format, &mut text).map_err(|problem| text.wrong(problem))?;
    finish(format, parts, &lines, end).map_err(Problem::anywhere)
}

/// The first lines of a file, those that are whole.
fn first_lines(head: &[u8]) -> Result<Vec<String>, ReadError> {
    let whole = match head.iter().rposition(|&byte| byte == b'\n') {
        Some(last) if head.len() == HEAD => &head[..=last],
        Some(_) | None => head,
    };
    let mut whole = whole;
    let mut text = Text::new(&mut whole);
    let mut lines = Vec::new();
    while lines.len() < LINES {
        match text.line() {
            Ok(Some(line)) => lines.push(line.to_owned()),
            Ok(None) => break,
            // What is wrong further down is found again, if it is read at all.
            Err(Problem::LongLine) if json(head) => return Ok(vec![lossy(head)]),
            Err(problem) if lines.is_empty() => return Err(text.wrong(problem)),
            Err(_) => break,
        }
    }
    Ok(lines)
}

/// Whether a file begins as JSON does, which may all be in one line.
fn json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    text.trim_ascii_start().starts_with(b"[")
}

fn lossy(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(&head[..head.len().min(HEAD / 16)]);
    text.trim_start_matches('\u{feff}').trim_ascii().to_owned()
}

fn parts(format: Format, text: &mut Text<'_>) -> Result<Vec<(String, Staircase)>, Problem> {
    let one = |stairs: Result<Staircase, Problem>| Ok(vec![(String::new(), stairs?)]);
    let many = |parts: Result<Parts, Problem>| Ok(parts?.into_parts());
    match format {
        Format::Csv => one(csv::staircase(text)),
        Format::Sabre => one(sabre::staircase(text)),
        Format::Pensieve => one(pensieve::staircase(text)),
        Format::Mahimahi => one(mahimahi::staircase(text)),
        Format::Hsdpa => one(hsdpa::staircase(text)),
        Format::Fcc => many(fcc::parts(text)),
        Format::Ucc => one(ucc::staircase(text)),
        Format::Lumos5g => many(lumos5g::parts(text)),
        Format::Oboe => one(oboe::staircase(text)),
        Format::Puffer => many(puffer::parts(text)),
        Format::Cadvise => one(cadvise::staircase(text)),
        Format::Aitrans => one(aitrans::staircase(text)),
        Format::Switcher => one(switcher::staircase(text)),
    }
}

/// Makes traces of treads. Of several, those that never move are left out, unless all do.
fn finish(
    format: Format,
    found: Vec<(String, Staircase)>,
    lines: &[String],
    end: End,
) -> Result<Reading, Problem> {
    let count = found.len();
    let mut parts = Vec::new();
    let mut still = 0;
    for (name, stairs) in found {
        match Trace::new(stairs.into_treads(), end) {
            Ok(trace) => parts.push(Part { name, trace }),
            Err(Flaw::NeverMoves | Flaw::Empty) if count > 1 => still += 1,
            Err(flaw) => return Err(flaw.into()),
        }
    }
    if parts.is_empty() {
        return Err(if count == 0 { Flaw::Empty } else { Flaw::NeverMoves }.into());
    }
    let mut hints: Vec<_> = ambiguous(format, lines).into_iter().collect();
    hints.extend(implausible(format, &parts));
    if still > 0 {
        hints.push(format!("{still} of {count} traces never move, and are left out"));
    }
    Ok(Reading { format, parts, hints })
}

/// Two columns whose first stamp ends a span that began at zero may be of another format, in which
/// the first line counts.
fn ambiguous(format: Format, lines: &[String]) -> Option<String> {
    let stamp = |line: &String| line.split_ascii_whitespace().next()?.parse::<f64>().ok();
    let (first, second) = (stamp(lines.first()?)?, stamp(lines.get(1)?)?);
    let close = first > 0.0 && (second - first - first).abs() <= 0.01 * first;
    (format == Format::Pensieve && close).then(|| {
        "two columns are read as pensieve, where the first line only says when time begins; if it \
         is the rate until then, give the format: lumos5g or aitrans"
            .to_owned()
    })
}

/// Means beyond these are most likely those of a mistaken unit.
const FAST: Bitrate = Bitrate::kbps(10_000_000);
const SLOW: Bitrate = Bitrate::kbps(30);

fn implausible(format: Format, parts: &[Part]) -> Option<String> {
    let means = || parts.iter().map(|part| part.trace.mean());
    let slow = means().filter(|mean| *mean < SLOW).max();
    match format {
        Format::Pensieve | Format::Lumos5g | Format::Aitrans => {
            means().filter(|mean| *mean > FAST).min().map(|mean| {
                format!("a mean of {mean} is implausible: is its column kbps, and not Mbps?")
            })
        }
        Format::Csv | Format::Sabre | Format::Oboe | Format::Cadvise | Format::Ucc => slow
            .map(|mean| format!("a mean of {mean} is implausible: is it in Mbps, and not kbps?")),
        Format::Mahimahi | Format::Hsdpa | Format::Fcc | Format::Puffer | Format::Switcher => None,
    }
}

/// What tests of readers share.
#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// The traces of a text, in the format of that name.
    pub(in crate::trace) fn parts(format: &str, text: &str) -> Vec<Part> {
        let format = Format::named(format);
        let reading = read(text.as_bytes(), format, End::Hold).unwrap();
        assert_eq!(Some(reading.format), format);
        reading.parts
    }

    /// By name, with their treads in milliseconds and bits per second.
    pub(in crate::trace) fn named(format: &str, text: &str) -> Vec<(String, Vec<(u64, u64)>)> {
        let plain = |part: Part| {
            let treads = part.trace.treads();
            (part.name, treads.map(|t| (t.span.as_millis(), t.rate.as_bps())).collect())
        };
        parts(format, text).into_iter().map(plain).collect()
    }

    /// Those of a text that holds one.
    pub(in crate::trace) fn treads(format: &str, text: &str) -> Vec<(u64, u64)> {
        let mut named = named(format, text);
        assert_eq!(named.len(), 1);
        named.remove(0).1
    }

    /// What is wrong with a text.
    pub(in crate::trace) fn said(format: &str, text: &str) -> String {
        read(text.as_bytes(), Format::named(format), End::Hold).unwrap_err().to_string()
    }

    /// The format that is recognised, and the only trace.
    pub(in crate::trace) fn one(file: &[u8], end: End) -> Result<(Format, Trace), ReadError> {
        let mut reading = read(file, None, end)?;
        assert_eq!(reading.parts.len(), 1);
        Ok((reading.format, reading.parts.remove(0).trace))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::seed::{Purpose, Seed, Stream};

    /// A valid file of each format.
    const VALID: [(Format, &str); 13] = [
        (
            Format::Csv,
            "# A comment.\nseconds,kbps,rtt_ms\n0,3200,60\n41.5,0,\n61.5,24.5,80\n90,,\n",
        ),
        (
            Format::Sabre,
            "[{\"duration_ms\": 1013, \"bandwidth_kbps\": 1285, \"latency_ms\": 100},\n \
             {\"duration_ms\": 1002, \"bandwidth_kbps\": 0, \"latency_ms\": 99.5}]\n",
        ),
        (Format::Pensieve, "0.0\t1.25405\n2.06999993324\t0.9410\n3.5199\t1e-3\n"),
        (Format::Mahimahi, "0\n12\n12\n30\n250\n"),
        (Format::Hsdpa, "128 100 59.8 10.7 248069 1008\n129 1100 59.8 10.7 0 1000\n"),
        (
            Format::Fcc,
            "unit_id,dtime,target,address,fetch_time,bytes_total,bytes_sec\n\
             1,2016-01-01 00:04:12,a,1.1.1.1,5,5,125000\n2,,a,,,,7\n1,,b,,,,8\n",
        ),
        (
            Format::Ucc,
            "Timestamp,Speed,DL_bitrate,State\n2018.01.27_13.58.29,0,13577,D\n\
             2018.01.27_13.58.31,0,-,I\n",
        ),
        (Format::Lumos5g, "run_num,seq_num,Throughput,tower\n1,1,700.5,3\n2,1,80,3\n"),
        (Format::Oboe, "15.0 3168.64\n474.0 3168.64\n620 2900\n981 2900\n"),
        (
            Format::Puffer,
            "time (ns GMT),session_id,index,size,rtt,delivery_rate\n\
             1546379215000000000,a,0,9,50000,125000\n1546379216000000000,b,0,9,50000,500000\n",
        ),
        (
            Format::Cadvise,
            "[\n  {\n    \"duration\": 10,\n    \"serverEgress\": 0,\n    \
             \"serverLatency\": 80,\n    \
             \"clientIngress\": 370,\n    \"clientLatency\": 0\n  }\n]\n",
        ),
        (Format::Aitrans, "20.5 1.312 56\n21 0.5 57\n"),
        (Format::Switcher, "[[248069, 1008],\n [283651, 1004]]\n"),
    ];

    fn detected(file: &[u8]) -> Result<(Format, Trace), ReadError> {
        let reading = read(file, None, End::Repeat)?;
        Ok((reading.format, reading.parts[0].trace.clone()))
    }

    #[test]
    fn each_format_is_known_by_its_content() {
        for (format, text) in VALID {
            assert_eq!(detected(text.as_bytes()).unwrap().0, format);
            for other in FORMATS.map(|facts| facts.format) {
                let read = read(text.as_bytes(), Some(other), End::Repeat);
                // Files of two columns mean something in each format that has two.
                let two = [Format::Pensieve, Format::Lumos5g, Format::Aitrans];
                let alike = two.contains(&other) && [two[0], Format::Oboe].contains(&format);
                assert_eq!(read.is_ok(), other == format || alike, "{format:?} as {other:?}");
            }
        }
    }

    #[test]
    fn the_list_of_formats_is_in_order_and_names_are_told_apart() {
        for (place, facts) in FORMATS.iter().enumerate() {
            assert_eq!(facts.format as usize, place);
            assert_eq!(Format::named(facts.name), Some(facts.format));
            assert_eq!(VALID[place].0, facts.format, "each has a valid file here");
            assert!(facts.name.len() + facts.units.len() < 52, "{} in a line", facts.name);
        }
    }

    #[test]
    fn json_is_known_in_one_long_line_and_in_many_short_ones() {
        let sabre = "{\"duration_ms\": 1, \"bandwidth_kbps\": 5, \"latency_ms\": 0}";
        for between in [",", ",\n\n", "\n,\n"] {
            let text = format!("\n [\n{}\n]", [sabre; 1_000].join(between));
            let (format, trace) = detected(text.as_bytes()).unwrap();
            assert_eq!((format, trace.treads().count()), (Format::Sabre, 1_000));
            let text = format!("[{}]", ["[\n5\n,2]"; 1_000].join(between));
            assert_eq!(detected(text.as_bytes()).unwrap().0, Format::Switcher);
        }
    }

    #[test]
    fn what_may_be_meant_otherwise_is_hinted_at() {
        let hints = |text: &str| read(text.as_bytes(), None, End::Hold).unwrap().hints.join(" ");
        assert_eq!(hints("0 5\n1 6\n2 7\n"), "");
        assert!(hints("1.0 91.0\n2.0 88.0\n").contains("lumos5g or aitrans"));
        assert_eq!(hints("1289406399 1\n1289406400 2\n"), "", "no span from zero");
        assert!(hints("0 5\n1 25000\n").contains("a mean of 25 Gbps is implausible: is its"));
        assert!(hints("seconds,kbps\n0,2.5\n").contains("is it in Mbps, and not kbps?"));
        assert_eq!(hints("seconds,kbps\n0,250\n"), "");
        let fcc = "unit_id,target,bytes_sec\n1,a,5\n1,b,0\n2,b,0\n";
        assert_eq!(hints(fcc), "2 of 3 traces never move, and are left out");
        let still = "unit_id,target,bytes_sec\n1,a,0\n1,b,0\n";
        let error = read(still.as_bytes(), None, End::Hold).unwrap_err();
        assert_eq!(error.problem, Problem::Flaw(Flaw::NeverMoves));
    }

    /// A file that is never in memory: a line, again and again.
    struct Again {
        line: &'static [u8],
        at: usize,
        left: u64,
    }

    impl Read for Again {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let rest = &self.line[self.at..];
            let size = rest.len().min(into.len()).min(self.left as usize);
            into[..size].copy_from_slice(&rest[..size]);
            self.at = (self.at + size) % self.line.len();
            self.left -= size as u64;
            Ok(size)
        }
    }

    #[test]
    fn a_file_takes_no_more_memory_than_its_steps() {
        // 5 million packets in one bin, which are one step, or two.
        let file = Again { line: b"99\n", at: 0, left: 15_000_000 };
        let reading = read(std::io::BufReader::new(file), None, End::Repeat).unwrap();
        assert!(reading.parts[0].trace.treads().count() <= 2);
        // What has no end of a line, or only blanks, is refused or read to its end.
        let line = |line| {
            let file = Again { line, at: 0, left: 10_000_000 };
            read(std::io::BufReader::new(file), None, End::Repeat).unwrap_err().problem
        };
        assert_eq!(line(b"7"), Problem::LongLine);
        assert_eq!(line(b"\n"), Problem::Empty);
    }

    #[test]
    fn what_is_in_no_format_is_told_which_there_are() {
        let said = |text: &str| detected(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(said(""), "the file is empty");
        assert_eq!(said(" \n\t\n# Nothing.\n"), "the file is empty");
        let unknown = said("\n{\"a\": 1, \"b\": 2}");
        assert!(unknown.starts_with("\"{\\\"a\\\": 1, \\\"b\\\": 2}\" begins none"), "{unknown}");
        assert!(FORMATS.iter().all(|facts| unknown.contains(facts.about)));
        assert!(said(&"long ".repeat(1_000_000)).len() < 600);
    }

    #[test]
    fn what_is_not_text_is_told_so() {
        let problem = |bytes: &[u8]| detected(bytes).unwrap_err();
        assert_eq!(problem(b"0\n\0"), Problem::Binary(0).on(2));
        assert_eq!(problem(b"\x1f\x8b\x08"), Problem::Binary(0x8b).on(1), "gzip");
        assert_eq!(problem(b"\xff\xfe0\0"), Problem::Binary(0xff).on(1), "UTF-16");
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let mut text = String::from("seconds,kbps\n");
        (0..=MAX_STEPS).for_each(|second| text += &format!("{second},1\n"));
        // The header is line 1, and the row that closes step n is line n + 2; the last row is open.
        assert_eq!(detected(text.as_bytes()).unwrap_err().problem, Problem::TooManySteps);
    }

    /// Signs that mean something, more likely to get through than any byte.
    const SIGNS: &[u8] = b"0123456789.,-+e\n\r\"#[]{} \t";

    fn mutate(file: &mut Vec<u8>, draw: &mut Stream) {
        let place = draw.below(file.len() as u64) as usize;
        let byte = match draw.below(2) {
            0 => draw.below(256) as u8,
            _ => SIGNS[draw.below(SIGNS.len() as u64) as usize],
        };
        match draw.below(8) {
            0 => file.truncate(place + 1),
            1 => file.extend_from_within(place..),
            2..5 => file.insert(place, byte),
            _ => file[place] = byte,
        }
    }

    /// Nor do they hang; and whatever still is a trace can be written, and read again.
    #[test]
    fn broken_files_never_panic() {
        let mut read_well = 0;
        for seed in 0..20_000 {
            let mut draw = Seed(seed).stream(Purpose::Failure, &[]);
            let mut file = VALID[seed as usize % VALID.len()].1.as_bytes().to_vec();
            (0..1 + draw.below(4)).for_each(|_| mutate(&mut file, &mut draw));
            for format in FORMATS.map(|facts| Some(facts.format)).into_iter().chain([None]) {
                let Ok(reading) = read(&file[..], format, End::Hold) else { continue };
                for Part { trace, .. } in reading.parts {
                    // Longer ones need not read back to the nanosecond.
                    if trace.length() < Span::from_nanos(1 << 51) {
                        let mut text = Vec::new();
                        csv::write(&trace, &mut text).unwrap();
                        let again = testing::one(&text, End::Hold);
                        assert_eq!(again, Ok((Format::Csv, trace)), "seed {seed}");
                        read_well += 1;
                    }
                }
            }
        }
        assert!(read_well > 1_000, "only {read_well} were mutated gently enough to be read");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        files.extend(folders.iter().flat_map(|folder| self::files(folder)));
        files
    }

    #[test]
    fn published_traces_are_detected_and_read() {
        for (folder, right) in
            [("sabre/traces", Format::Sabre), ("pensieve/traces", Format::Pensieve)]
        {
            let Some(folder) = crate::reference::reference(folder) else { continue };
            for file in files(&folder) {
                let (format, trace) = detected(&fs::read(&file).unwrap())
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                assert_eq!(format, right, "{}", file.display());
                assert!(trace.length() > Span::from_secs(60), "{}", file.display());
            }
        }
    }

    #[test]
    fn the_traces_that_are_shipped_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces");
        let shipped = files(&folder);
        assert_eq!(shipped.len(), 4 + 20 + 20);
        for file in shipped {
            let (format, _) = detected(&fs::read(&file).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(format, Format::Csv, "{}", file.display());
        }
    }
}
