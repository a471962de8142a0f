//! `abrsim trace plot`: traces as a picture.

use std::fs;
use std::path::PathBuf;

use super::{Input, gather};
use crate::cli::Failure;
use crate::report;
use crate::scenario::ScenarioError;
use crate::trace::Trace;

/// Draw traces: bandwidth over time.
///
/// Up to seven are drawn in colours of their own; of more, all are drawn faintly.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// The picture: a file that ends in .png or .svg.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let ending = args.out.extension().map(|ending| ending.to_ascii_lowercase());
    let png = match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("png") => true,
        Some("svg") => false,
        Some(_) | None => {
            let what = format!("{} is neither a .png nor an .svg", args.out.display());
            return Err(ScenarioError::new(what).help("name it trace.png or trace.svg").into());
        }
    };
    let found = gather(&args.input)?;
    let traces: Vec<(&str, &Trace)> =
        found.iter().map(|found| (found.name.as_str(), &found.trace)).collect();
    let chart = report::trace_chart(&traces);
    let drawn = if png { chart.png() } else { chart.svg.into_bytes() };
    fs::write(&args.out, drawn).map_err(|error| Failure::writing(&args.out, &error))
}
