//! `abrsim schema`: what editors and checkers want to know of scenario files and of results.

use super::{Failure, print};
use crate::report;
use crate::scenario::file::File;

/// Print the JSON Schema of scenario files, or of what a run leaves.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of summary.json, instead of scenario files.
    #[arg(long)]
    results: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.results {
        return print(report::SCHEMA);
    }
    let schema = schemars::schema_for!(File);
    let text = serde_json::to_string_pretty(&schema);
    print(&(text.map_err(|error| Failure::Output(error.to_string()))? + "\n"))
}
