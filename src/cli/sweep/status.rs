//! `abrsim sweep status` and `missing`: how far it is.

use std::fmt::Write;

use clap::ValueEnum;

use super::super::{Failure, print};
use super::{Place, clock, now, time};
use crate::report::format::{count, many};
use crate::scenario::study::{Attempt, Done, Progress, Seen, StudyError, progress};

/// Tell how far a study is, how fast it goes, when it will be done, and who works on it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// All of it, as JSON.
    Json,
}

/// Print which chunks are missing, a number a line; exit with 4 if any is.
#[derive(Debug, clap::Args)]
pub(super) struct Missing {
    #[command(flatten)]
    place: Place,
    /// Print of which of so many shards they are instead, on one line, as `sbatch --array` has it:
    /// 0,7,12.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    shards: Option<u64>,
}

pub(super) fn missing(args: &Missing) -> Result<(), Failure> {
    let progress = progress(&args.place.out, args.place.patience)?;
    if progress.missing.is_empty() {
        return Ok(());
    }
    match args.shards {
        Some(of) => {
            let shards: Vec<_> = progress.shards(of).map(|shard| shard.to_string()).collect();
            print(&format!("{}\n", shards.join(",")))?;
        }
        None => {
            let lines = progress.missing.iter().map(|chunk| format!("{chunk}\n"));
            print(&lines.collect::<String>())?;
        }
    }
    Err(StudyError::Missing(progress.missing, progress.chunks).into())
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Place { out, patience } = &args.place;
    let progress = progress(out, *patience)?;
    match args.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&progress);
            print(&(json.map_err(|error| Failure::Output(error.to_string()))? + "\n"))
        }
        Format::Text => print(&text(&progress, now())),
    }
}

/// It in words, at a time in seconds since the beginning of 1970.
fn text(progress: &Progress, now: u64) -> String {
    let done = progress.chunks - progress.missing.len() as u64;
    let percent = 100.0 * done as f64 / progress.chunks.max(1) as f64;
    let mut text = format!(
        "plan  {}: {} of {} in {}\n",
        &progress.plan[..12],
        many(progress.viewers, "viewer"),
        many(progress.runs.len() as u64, "run"),
        many(progress.chunks, "chunk"),
    );
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "{key:<5} {value}");
    };
    line(
        "done",
        &format!(
            "{} ({percent:.0} %), about {}",
            many(done, "chunk"),
            many(progress.done, "viewer")
        ),
    );
    let ago = progress.last.map(|last| now.saturating_sub(last));
    match (progress.rate, ago) {
        _ if done == progress.chunks => line("rate", "all is done: abrsim sweep merge"),
        (Some(rate), Some(ago)) => {
            let left = (progress.viewers - progress.done) as f64 / rate;
            let rate = count(rate as u64);
            line("rate", &format!("{rate} viewers/s of late, so {} are left", time(left as u64)));
            line("last", &format!("chunk kept {} ago", time(ago)));
        }
        (None, Some(ago)) => line("last", &format!("chunk kept {} ago", time(ago))),
        (_, None) => line("rate", "nothing is kept yet"),
    }
    let first = |number, key| if number == 0 { key } else { "" };
    for (number, Done { run, chunks, done }) in progress.runs.iter().enumerate() {
        line(first(number, "runs"), &format!("{done:>7} of {chunks:<7} {run}"));
    }
    for (number, Seen { attempt, ahead }) in progress.attempts.iter().enumerate() {
        let how = attempt.ended.as_deref().unwrap_or("at work, or killed");
        let off = clock(*ahead).map_or_else(String::new, |off| format!(" (its clock is {off})"));
        let Attempt { shard, host, process, .. } = attempt;
        line(first(number, "work"), &format!("{shard:>9} {host} process {process}: {how}{off}"));
    }
    text
}
