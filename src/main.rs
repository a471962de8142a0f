//! Parse, run, print: the only place with an untyped error.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    abrsim::cli::main(&abrsim::cli::Cli::parse())
}
