//! Traces from files, in whichever of the formats read.
//!
//! The idea to hold: a format is a function from text to treads, in a file of its own. What holds
//! for all (that it is text, how large it may be, which format it is in) is settled here, and
//! whatever the bytes, the answer is a trace or an error that says what would be right.

pub use super::MAX_STEPS;
use super::field::{clip, line_of};
pub use super::problem::{Problem, ReadError, Unit};
use super::{End, Trace, csv, mahimahi, pensieve, sabre};
use crate::units::Span;

/// The largest file read, in bytes: 256 MiB. Look at the size before reading one into memory.
pub const MAX_FILE: usize = 256 << 20;

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
}

impl Format {
    /// Every format read.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Sabre, Self::Pensieve, Self::Mahimahi];

    /// Its name, as a scenario or the command line has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Sabre => "sabre",
            Self::Pensieve => "pensieve",
            Self::Mahimahi => "mahimahi",
        }
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What it looks like and in which units, in a line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Csv => "a header, \"seconds,kbps\" or \"seconds,kbps,rtt_ms\", and a row a step",
            Self::Sabre => "a JSON array of {\"duration_ms\", \"bandwidth_kbps\", \"latency_ms\"}",
            Self::Pensieve => {
                "two columns with a space or tab between: seconds and Mbps until then"
            }
            Self::Mahimahi => "one column: the milliseconds at which 1,500 bytes may leave",
        }
    }

    /// The format a text is in, judged by its first line that is neither blank nor a comment.
    pub fn detect(text: &str) -> Option<Self> {
        let first = first_line(text)?;
        let mut words = first.split_ascii_whitespace();
        let number = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
        match first.chars().next()? {
            '[' => Some(Self::Sabre),
            '{' | '<' => None,
            _ if first.contains([',', ';']) || first.starts_with("seconds") => Some(Self::Csv),
            _ if number && words.next().is_some() => Some(Self::Pensieve),
            _ if number => Some(Self::Mahimahi),
            _ => None,
        }
    }
}

/// The trace in a file, and the format it is in: the one given, or else the one detected.
///
/// No format says what follows the last step, so `end` does.
pub fn read(file: &[u8], format: Option<Format>, end: End) -> Result<(Format, Trace), ReadError> {
    let text = text(file)?;
    let first = first_line(text).ok_or(Problem::Empty.anywhere())?;
    let format = format
        .or_else(|| Format::detect(text))
        .ok_or_else(|| Problem::Unknown(clip(first)).anywhere())?;
    let staircase = match format {
        Format::Csv => csv::staircase(text),
        Format::Sabre => sabre::staircase(text),
        Format::Pensieve => pensieve::staircase(text),
        Format::Mahimahi => mahimahi::staircase(text),
    }?;
    let trace = Trace::new(staircase.into_treads(), end);
    Ok((format, trace.map_err(|flaw| Problem::from(flaw).anywhere())?))
}

/// The bytes as text, without the mark that some editors put before it.
fn text(file: &[u8]) -> Result<&str, ReadError> {
    if file.len() > MAX_FILE {
        return Err(Problem::TooBig(file.len()).anywhere());
    }
    let binary = |at| Err(Problem::Binary(file[at]).on(line_of(file, at)));
    match std::str::from_utf8(file) {
        Err(error) => binary(error.valid_up_to()),
        Ok(text) => match text.find('\0') {
            Some(at) => binary(at),
            None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        },
    }
}

/// The first line with something on it.
fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::seed::{Purpose, Seed, Stream};

    /// A valid file of each format.
    const VALID: [(Format, &str); 4] = [
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
    ];

    fn detected(file: &[u8]) -> Result<(Format, Trace), ReadError> {
        read(file, None, End::Repeat)
    }

    #[test]
    fn each_format_is_known_by_its_content() {
        for (format, text) in VALID {
            assert_eq!(detected(text.as_bytes()).unwrap().0, format);
            assert_eq!(Format::named(format.name()), Some(format));
            for other in Format::ALL {
                let read = read(text.as_bytes(), Some(other), End::Repeat);
                assert_eq!(read.is_ok(), other == format, "{format:?} read as {other:?}");
            }
        }
    }

    #[test]
    fn what_is_in_no_format_is_told_which_there_are() {
        let said = |text: &str| detected(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(said(""), "the file is empty");
        assert_eq!(said(" \n\t\n# Nothing.\n"), "the file is empty");
        let unknown = said("\n{\"a\": 1, \"b\": 2}");
        assert!(unknown.starts_with("\"{\\\"a\\\": 1, \\\"b\\\": 2}\" begins none"), "{unknown}");
        assert!(Format::ALL.iter().all(|format| unknown.contains(format.about())));
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
        let file = vec![b' '; MAX_FILE + 1];
        assert_eq!(detected(&file).unwrap_err().problem, Problem::TooBig(MAX_FILE + 1));
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
            for format in Format::ALL.map(Some).into_iter().chain([None]) {
                let Ok((_, trace)) = read(&file, format, End::Hold) else { continue };
                // Longer ones need not read back to the nanosecond.
                if trace.length() < Span::from_nanos(1 << 51) {
                    let mut text = Vec::new();
                    csv::write(&trace, &mut text).unwrap();
                    let again = read(&text, None, End::Hold);
                    assert_eq!(again, Ok((Format::Csv, trace)), "seed {seed}");
                    read_well += 1;
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
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference");
        let root = std::env::var("ABRSIM_REFERENCE").unwrap_or(beside.to_owned());
        for (folder, right) in
            [("sabre/traces", Format::Sabre), ("pensieve/traces", Format::Pensieve)]
        {
            let folder = Path::new(&root).join(folder);
            if !folder.is_dir() {
                println!("skipped: there is no {}", folder.display());
                continue;
            }
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
        assert_eq!(shipped.len(), 3 + 20 + 20);
        for file in shipped {
            let (format, _) = detected(&fs::read(&file).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(format, Format::Csv, "{}", file.display());
        }
    }
}
