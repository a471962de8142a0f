//! `abrsim sweep`: one study, simulated by many machines.
//!
//! The idea to hold: the scheduler is the user's own; ours is the contract that makes it safe. What
//! a shard is follows from the plan alone, and a chunk that is kept is kept once, so any shard may
//! be run anywhere, at any time, again or twice at once.
//!
//! ```text
//!   plan.rs    freezes what is to be simulated
//!   shard.rs   simulates a part of it
//!   status.rs  how far it is, and what is missing
//!   merge.rs   puts all of it together
//!   emit/      scripts for schedulers
//!   pilot.rs   what a viewer takes
//! ```

mod emit;
mod merge;
mod pilot;
mod plan;
mod shard;
mod status;

use std::time::{Duration, SystemTime};

use clap::Subcommand;

use super::Failure;
use crate::scenario::parse_span;

/// Simulate a scenario on many machines: plan it, run its shards, merge what they keep.
///
/// The report is the one that `abrsim run` leaves, byte for byte. A shard that is killed is run
/// again: what it kept is skipped. `abrsim sweep emit` prints this as scripts for Slurm,
/// Kubernetes, AWS Batch, Google Cloud Batch and GNU parallel.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
Examples:
  abrsim sweep plan scenarios/million.toml --out results/million
  abrsim sweep run --out results/million --shard 0/8
  abrsim sweep run --out results/million --shard 1/8    # to 7/8, anywhere
  abrsim sweep merge --out results/million

Exit codes: 0 done; 1 something could not be written or read; 2 a plan, shard
or scenario that is wrong (do not try again); 3 a chunk is damaged, or came out
otherwise than before; 4 chunks are missing; 75 stopped by SIGTERM, or a store
did not answer (try again).";

#[derive(Debug, Subcommand)]
enum Command {
    Plan(plan::Args),
    Run(shard::Args),
    Missing(status::Missing),
    Merge(merge::Args),
    Status(status::Args),
    Emit(emit::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Plan(args) => plan::run(args),
        Command::Run(args) => shard::run(args),
        Command::Missing(args) => status::missing(args),
        Command::Merge(args) => merge::run(args),
        Command::Status(args) => status::run(args),
        Command::Emit(args) => emit::run(args),
    }
}

/// Where a study is.
#[derive(Debug, clap::Args)]
struct Place {
    /// Where the plan and all that is kept lies: a folder that all machines see, or s3://, gs:// or
    /// az:// of an abrsim that was built with `--features cloud`.
    #[arg(long, value_name = "URL")]
    out: String,
    /// For how long a store is asked again that does not answer.
    #[arg(long, value_name = "TIME", default_value = "3m", value_parser = parse)]
    patience: Duration,
}

fn parse(text: &str) -> Result<Duration, String> {
    parse_span(text).map(|span| Duration::from_nanos(span.as_nanos()))
}

/// Seconds since the beginning of 1970.
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

/// So many seconds.
fn time(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// How wrong a clock is that is so many seconds ahead of the store's, if that is worth a word.
fn clock(ahead: i64) -> Option<String> {
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let off = ahead.unsigned_abs();
    (off > 60).then(|| format!("{} {way} the store's", time(off)))
}
