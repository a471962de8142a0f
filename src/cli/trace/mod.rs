//! `abrsim trace`: what trace files hold, written in other formats, drawn, or made up.
//!
//! The idea to hold: files are named one by one, by folders and by patterns; each is read as the
//! format it is recognised in, which is said, unless `--format` says otherwise.

mod convert;
pub(super) mod from_log;
mod generate;
mod info;
mod parameters;
mod plot;

use std::path::Path;

use clap::Subcommand;

use super::{Failure, complain};
use crate::fetch::trace::{Doubts, traces};
use crate::scenario::{Library, ScenarioError, TraceFormat};
use crate::trace::read::{FORMATS, Format};
use crate::trace::{End, Trace};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    #[command(after_help = formats())]
    Info(info::Args),
    #[command(after_help = formats())]
    Convert(convert::Args),
    #[command(after_help = formats())]
    Plot(plot::Args),
    #[command(after_help = generate::AFTER)]
    Generate(generate::Args),
    FromLog(from_log::Args),
}

/// Which files, read how.
#[derive(Debug, clap::Args)]
struct Input {
    /// Trace files, folders of them, or patterns (quoted: 'logs/*.csv'); they may be packed by gzip
    /// or zstd.
    #[arg(required = true)]
    files: Vec<String>,
    /// The format of the files; unless said, it is recognised by their contents.
    #[arg(long, value_name = "NAME")]
    format: Option<TraceFormat>,
    /// Name files that cannot be read, and go on with the others.
    #[arg(long)]
    skip_bad: bool,
}

/// A trace of a file.
struct Found {
    /// The file's path, and the trace's name in it.
    name: String,
    /// That name alone; empty where the format has one trace a file.
    part: String,
    format: Format,
    trace: Trace,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Info(args) => info::run(args),
        What::Convert(args) => convert::run(args),
        What::Plot(args) => plot::run(args),
        What::Generate(args) => generate::run(args),
        What::FromLog(args) => from_log::run(args),
    }
}

/// The formats read, for the end of a help text.
fn formats() -> String {
    let line = |facts: &crate::trace::read::Facts| format!("  {:<9} {}\n", facts.name, facts.about);
    let lines: String = FORMATS.iter().map(line).collect();
    format!("Formats read:\n{lines}")
}

/// The traces of all files, in order. What may be meant otherwise, and what is skipped, is said.
fn gather(input: &Input) -> Result<Vec<Found>, Failure> {
    let library = Library::new(Path::new(""));
    let mut found = Vec::new();
    let mut doubts = Doubts::default();
    let (mut files, mut bad) = (0, 0);
    for pattern in &input.files {
        let paths = library.find(pattern);
        let (_, paths) = paths.map_err(|(what, help)| ScenarioError::new(what).help(help))?;
        for path in paths {
            files += 1;
            match read(&path, input.format, &mut doubts) {
                Ok(traces) => found.extend(traces),
                Err(error) if input.skip_bad => {
                    bad += 1;
                    complain(format_args!("skipped: {}: {error}", path.display()));
                }
                Err(error) => {
                    let error = ScenarioError::new(format!("{}: {error}", path.display()));
                    let help = "--format says which format it is in; --skip-bad goes on without it";
                    return Err(error.help(help).into());
                }
            }
        }
    }
    doubts.lines().for_each(|doubt| complain(format_args!("note: {doubt}")));
    if bad > 0 {
        complain(format_args!("skipped: {bad} of {files} files"));
    }
    if found.is_empty() {
        return Err(ScenarioError::new("no file could be read").into());
    }
    Ok(found)
}

fn read(
    path: &Path,
    format: Option<TraceFormat>,
    doubts: &mut Doubts,
) -> Result<Vec<Found>, String> {
    let format = format.map(|TraceFormat(format)| format);
    let (reading, _) = traces(path, format, End::Repeat)?;
    let name = path.display().to_string();
    doubts.add(reading.hints, &name);
    let format = reading.format;
    let named = |part: crate::trace::read::Part| Found {
        name: name.clone() + &part.suffix(),
        part: part.name,
        format,
        trace: part.trace,
    };
    Ok(reading.parts.into_iter().map(named).collect())
}
