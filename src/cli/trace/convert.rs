//! `abrsim trace convert`: a trace written in another format.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use super::{Found, Input, gather};
use crate::cli::Failure;
use crate::scenario::{Duration, ScenarioError, known};
use crate::trace::{Trace, csv, mahimahi, pensieve, sabre};
use crate::units::Work;

/// Write a trace in another format.
///
/// csv keeps everything; sabre has to have a round trip in every period; pensieve knows no round
/// trips; and mahimahi knows only packets of 1,500 bytes at whole milliseconds.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// The format to write.
    #[arg(long, value_enum)]
    to: To,
    /// Where to; unless said, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Which trace, of a file that holds several: its name as `abrsim trace info` shows it, after
    /// the #.
    #[arg(long, value_name = "NAME")]
    part: Option<String>,
    /// For sabre: the round trip where the trace states none.
    #[arg(long, value_name = "TIME", default_value = "80ms")]
    rtt: Duration,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum To {
    /// Ours: seconds, kbps and round trips.
    Csv,
    /// Sabre's JSON.
    Sabre,
    /// Pensieve's two columns.
    Pensieve,
    /// Mahimahi's packets.
    Mahimahi,
}

/// A file of Mahimahi's has no more lines.
const MAX_PACKETS: u64 = 200_000_000;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let found = one(gather(&args.input)?, args.part.as_deref())?;
    if args.to == To::Mahimahi {
        bounded(&found.trace)?;
    }
    match &args.out {
        Some(path) => {
            let write = || {
                let mut out = BufWriter::new(File::create(path)?);
                write(args, &found.trace, &mut out)?;
                out.flush()
            };
            write().map_err(|error| Failure::writing(path, &error))
        }
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            match write(args, &found.trace, &mut out).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                done => done.map_err(|error| Failure::Output(format!("cannot print: {error}"))),
            }
        }
    }
}

fn write(args: &Args, trace: &Trace, out: &mut impl Write) -> io::Result<()> {
    match args.to {
        To::Csv => csv::write(trace, out),
        To::Sabre => sabre::write(trace, args.rtt.0, out),
        To::Pensieve => pensieve::write(trace, out),
        To::Mahimahi => mahimahi::write(trace, out),
    }
}

/// The trace that is meant.
fn one(mut found: Vec<Found>, part: Option<&str>) -> Result<Found, ScenarioError> {
    if let Some(part) = part {
        return match found.iter().position(|found| found.part == part) {
            Some(place) => Ok(found.swap_remove(place)),
            None => {
                let names = found.iter().take(20).map(|found| found.part.as_str());
                let error = ScenarioError::new(format!("there is no trace {part:?} in the file"));
                Err(error.help(known("trace", part, names)))
            }
        };
    }
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        all => {
            let error = ScenarioError::new(format!("there are {all} traces: one is converted"));
            let shown: Vec<_> = found.iter().take(5).map(|found| found.name.as_str()).collect();
            let help = format!("name one file, and of several in it one with --part: {}, …", {
                shown.join(", ")
            });
            Err(error.help(help))
        }
    }
}

/// That a file of packets would not fill the disk.
fn bounded(trace: &Trace) -> Result<(), ScenarioError> {
    let (packets, _) = (trace.mean() * trace.length()).times(Work::from(mahimahi::PACKET));
    if packets <= MAX_PACKETS {
        return Ok(());
    }
    let what = format!("as mahimahi it would have {packets} lines, more than {MAX_PACKETS}");
    Err(ScenarioError::new(what).help("convert it to csv, which has a line a step"))
}
