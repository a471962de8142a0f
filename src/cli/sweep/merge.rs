//! `abrsim sweep merge`: all of it together, as a report.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::end::{End, Left};
use super::super::run::pool;
use super::super::{Failure, replay};
use super::Place;
use crate::scenario::study::Shared;

/// Put all that is planned together, and leave a report.
///
/// It is the report that `abrsim run` would leave, byte for byte. Every chunk is checked, in order:
/// that it is there, is of this plan, and that its rows are those that were written. `abrsim
/// report`, `compare` and `check` take the report as they take any other.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Write the report to this folder instead of `reports/<scenario>/`.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Print nothing at the end but errors (and JSON if asked for).
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    end: End,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Place { out, patience } = &args.place;
    let shared = Shared::at(out, *patience)?;
    let study = shared.study()?;
    // Before there is a folder for the report.
    study.is_whole()?;
    let folder = match &args.report {
        Some(folder) => folder.clone(),
        None => Path::new("reports").join(&shared.scenario().name),
    };
    fs::create_dir_all(&folder).map_err(|error| Failure::writing(&folder, &error))?;
    let _own = End::own(&folder)?;
    let left = args.end.leave(&folder, &study, &pool(None)?, true);
    let (results, page) = left.map_err(|error| match error {
        Left::Written(failure) => failure,
        Left::Study(error) => error.into(),
    })?;
    args.end.tell(&results, &page, args.quiet)?;
    // Of what a panic kept out it is told, as of one machine.
    let file = PathBuf::from(format!("{}.toml", shared.scenario().name));
    match replay::lost(&file, shared.scenario(), &results) {
        Some(lost) => Err(Failure::Output(lost)),
        None => Ok(()),
    }
}
