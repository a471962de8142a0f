//! The command line: one file per command.

mod abr;
mod characterize;
mod check;
mod colour;
mod compare;
mod conformance;
mod end;
mod expect;
mod failure;
mod manifest;
mod own;
mod play;
mod replay;
mod report;
mod rows;
mod run;
mod schema;
mod serve;
mod signals;
mod swarm;
mod sweep;
mod trace;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Will your viewers buffer? An adaptive bitrate player simulator.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 80, after_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
Exit codes: 0 done; 1 results could not be written, or not all be had; 2 the
command line, the scenario, the plan, the manifest or a trace is wrong; 3
something is not as it was expected to be; 4 some of a sweep is missing; 75
stopped by SIGTERM or a store did not answer, and 130 stopped by Ctrl-C, with
what was done until then kept: the same command, of `run` with --resume, goes
on.";

/// Every command; what each does is said where its arguments are.
#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Compare(compare::Args),
    Sweep(sweep::Args),
    Replay(replay::Args),
    Check(check::Args),
    Report(report::Args),
    /// The adaptive bitrate algorithms there are.
    Abr(abr::Args),
    /// What a DASH or HLS manifest tells, and what its segments weigh.
    Manifest(manifest::Args),
    /// Bandwidth over time: what trace files hold, written in other formats, drawn, or made up.
    Trace(trace::Args),
    Play(play::Args),
    Verify(verify::Args),
    Serve(serve::Args),
    Characterize(characterize::Args),
    /// Run again what other simulators have run, and compare.
    Conformance(conformance::Args),
    Swarm(swarm::Args),
    Schema(schema::Args),
}

/// Does what the command line says.
pub fn main(cli: &Cli) -> ExitCode {
    let done = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Check(args) => check::run(args),
        Command::Report(args) => report::run(args),
        Command::Abr(args) => abr::run(args),
        Command::Manifest(args) => manifest::run(args),
        Command::Trace(args) => trace::run(args),
        Command::Play(args) => play::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Characterize(args) => characterize::run(args),
        Command::Conformance(args) => conformance::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Swarm(args) => swarm::run(args),
        Command::Schema(args) => schema::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.end(),
    }
}

/// Says what went wrong; if nobody can be told, the exit code still says it.
fn complain(error: std::fmt::Arguments<'_>) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{error}");
}

/// Says something on the way; if nobody can be told, it goes on.
fn note(text: &str) {
    complain(format_args!("note: {text}"));
}

/// Prints a text, unless whoever reads it has gone.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Output(format!("cannot print: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
