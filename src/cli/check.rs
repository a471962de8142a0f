//! `abrsim check`: the regression gate.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, ValueEnum};

use super::run::Simulation;
use super::{Failure, print};
use crate::fetch::text_at_most;
use crate::report::Results;
use crate::report::check::{self, Baseline, Checked, Recorded};
use crate::scenario::{Override, Scenario, ScenarioError};

/// Check that players do no worse than when a baseline was written.
///
/// Write a baseline once and keep it with your code; check against it after every change. The same
/// viewers meet the same world, so only what the change did differs. A figure is worse if it is so
/// for sure (corrected for all that is tested, at the level in the file) and by more than the
/// file's tolerance: then the exit code is 3. Of runs with more than 20,000 viewers the first
/// 20,000 are compared.
///
///   abrsim check --write baseline.json scenarios/*.toml
///   abrsim check --against baseline.json
///   abrsim check --against baseline.json --set hls.js.maxBufferLength=10
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group = ArgGroup::new("what").required(true))]
pub(super) struct Args {
    /// Scenarios: those to write down, or of those in the baseline the ones to check.
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Run the scenarios and write what they come to into this file.
    #[arg(long, value_name = "FILE", group = "what")]
    write: Option<PathBuf>,
    /// Run the scenarios of this baseline and compare.
    #[arg(long, value_name = "FILE", group = "what")]
    against: Option<PathBuf>,
    /// How many percentage points of the zero-buffer rate may be lost, for a baseline to be
    /// written. Tolerances of other figures can be added in the file.
    #[arg(long, value_name = "POINTS", default_value_t = 0.0, requires = "write")]
    tolerance: f64,
    /// Set a key on top of every scenario: what is written is written down with it, what is
    /// checked is checked with it on top.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    #[command(flatten)]
    simulation: Simulation,
    /// Also append a summary as Markdown to this file: $GITHUB_STEP_SUMMARY, say.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Also write JUnit XML into this file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also print annotations of a GitHub workflow.
    #[arg(long)]
    github: bool,
    /// Print no progress, and nothing at the end but what was asked for.
    #[arg(long)]
    quiet: bool,
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A table for people.
    Table,
    /// The summary as Markdown.
    Markdown,
}

/// The largest baseline.
const MOST: u64 = 256 << 20;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match (&args.write, &args.against) {
        (Some(file), _) => write(args, file),
        (None, Some(file)) => against(args, file),
        (None, None) => Ok(()),
    }
}

fn write(args: &Args, file: &Path) -> Result<(), Failure> {
    let error = |text: String| Err(ScenarioError::new(text).into());
    if args.scenarios.is_empty() {
        return error("a baseline is of scenarios: name some".to_owned());
    }
    if !(args.tolerance >= 0.0 && args.tolerance.is_finite()) {
        return error(format!("a tolerance of {} points is none", args.tolerance));
    }
    let mut baseline = Baseline::new(args.tolerance);
    for path in &args.scenarios {
        let results = simulate(args, path, &[])?;
        if results.runs.iter().all(|run| run.summary.viewers == 0) {
            return error(format!(
                "{}: nobody watched, so there is nothing to keep",
                path.display()
            ));
        }
        baseline.record(path, &results);
    }
    let text = baseline.write().map_err(|error| Failure::Output(error.to_string()))?;
    fs::write(file, text).map_err(|error| Failure::writing(file, &error))?;
    match args.quiet {
        true => Ok(()),
        false => print(&format!("Baseline: {}\n", file.display())),
    }
}

fn against(args: &Args, file: &Path) -> Result<(), Failure> {
    let wrong = |why: String| ScenarioError::new(format!("{}: {why}", file.display()));
    let text = text_at_most(file, MOST).map_err(|why| wrong(why.to_string()))?;
    let baseline = Baseline::read(&text).map_err(|why| wrong(why.to_string()))?;
    let known = |path: &PathBuf| baseline.scenarios.iter().any(|own| own.path == *path);
    if let Some(other) = args.scenarios.iter().find(|path| !known(path)) {
        let all: Vec<_> =
            baseline.scenarios.iter().map(|own| own.path.display().to_string()).collect();
        let why = format!("{} is not in it; {} are", other.display(), all.join(", "));
        return Err(wrong(why).into());
    }
    let asked = |own: &&Recorded| args.scenarios.is_empty() || args.scenarios.contains(&own.path);
    let mut now = Vec::new();
    for recorded in baseline.scenarios.iter().filter(asked) {
        now.push((recorded, simulate(args, &recorded.path, &recorded.sets)?));
    }
    let checked = check::check(&baseline, &now);
    leave(args, &checked)?;
    match checked.passes() {
        true => Ok(()),
        false if checked.verdicts.is_empty() => {
            Err(Failure::Unmet("abrsim check: nothing was compared".to_owned()))
        }
        false => Err(Failure::Unmet(format!("abrsim check: {}", checked.tally()))),
    }
}

/// What a scenario comes to, with what was set when it was written down and what is set now.
fn simulate(args: &Args, path: &Path, sets: &[Override]) -> Result<Results, Failure> {
    let mut sets = sets.to_vec();
    sets.extend(args.set.iter().cloned());
    sets.extend(args.simulation.sets());
    let mut scenario = Scenario::load(path, &sets)?;
    args.simulation.run(&mut scenario, args.quiet)
}

/// Says what came of it, everywhere it was asked for.
fn leave(args: &Args, checked: &Checked) -> Result<(), Failure> {
    if let Some(file) = &args.markdown {
        use std::io::Write;
        let summary = fs::OpenOptions::new().create(true).append(true).open(file);
        let written = summary.and_then(|mut file| {
            file.write_all(check::markdown(checked).as_bytes())?;
            file.write_all(b"\n")
        });
        written.map_err(|error| Failure::writing(file, &error))?;
    }
    if let Some(file) = &args.junit {
        fs::write(file, check::junit(checked)).map_err(|error| Failure::writing(file, &error))?;
    }
    if args.github {
        print(&check::github(checked))?;
    }
    match (args.format, args.quiet) {
        (Format::Markdown, _) => print(&check::markdown(checked)),
        (Format::Table, false) => print(&check::text(checked)),
        (Format::Table, true) => Ok(()),
    }
}
