//! `abrsim report`: a report made again; and how reports are left where they are wanted.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::colour::Colour;
use super::rows::Sessions;
use super::{Failure, print};
use crate::report::{Results, load, save, table};
use crate::scenario::ScenarioError;

/// Make a report again from its results.
///
/// Rebuilds the page, the charts, summary.json, the tables and everything else that is made from
/// results.json.gz, which `abrsim run` leaves: after an update, say. Rows (sessions.csv,
/// sessions.parquet, requests.csv) stay as they are.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a report, or its results.json.gz.
    results: PathBuf,
    /// Write to this folder instead of where the results are.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print nothing at the end.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    colour: Colour,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let results = load(&args.results).map_err(|error| ScenarioError::new(error.to_string()))?;
    let beside = match args.results.is_dir() {
        true => Some(args.results.as_path()),
        false => args.results.parent(),
    };
    let folder = args.out.as_deref().or(beside).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
    leave(folder, &results, args.quiet, args.colour)
}

/// Writes rows and a report into a folder, and prints the table.
pub(super) fn write_report(
    folder: &Path,
    results: &Results,
    rows: &[u8],
    quiet: bool,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
    let mut sessions = Sessions::new(folder)?;
    sessions.write_all(rows).map_err(|error| Failure::writing(folder, &error))?;
    sessions.finish(folder)?;
    leave(folder, results, quiet, Colour::default())
}

/// Writes all but the rows into a folder that exists, and prints the table.
fn leave(folder: &Path, results: &Results, quiet: bool, colour: Colour) -> Result<(), Failure> {
    let page = save(folder, results).map_err(|(what, error)| Failure::writing(&what, &error))?;
    match quiet {
        true => Ok(()),
        false => {
            let table = colour.paint(&table(results));
            print(&format!("{table}\nReport: {}\n", page.display()))
        }
    }
}
