//! `abrsim run`: a scenario in, a report out.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use super::colour::Colour;
use super::rows::{self, Part, Sessions};
use super::{Failure, print};
use crate::report;
use crate::scenario::{self, Control, Override, Rows, Scenario};

/// Simulate a scenario's viewers and leave a report.
///
/// The report is written to `reports/<scenario>/`: index.html (one page, works offline), charts as
/// SVG and PNG, summary.json, tables.md and tables.tex (the figures for wikis and papers),
/// sessions.csv (a row per viewer), provenance.json, and requests.csv (a row per request) where the
/// scenario says `output.requests = true`; sessions.parquet too (the rows of sessions.csv) of an
/// abrsim that was built with `--features parquet`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario, a TOML file.
    scenario: PathBuf,
    /// Set a key on top of the file: content.segment=6s, abr='["bola"]'. A value that is not TOML
    /// is taken as a string. Paths in it may be relative to the current folder.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// The instant at which viewers can first press play, of a manifest that is live:
    /// 2026-06-11T18:00:00Z. The same as --set live.at=….
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The folder of ITU-T P.1203's regression trees, for its overall score. The same as --set
    /// output.p1203.trees=DIR.
    #[arg(long, value_name = "DIR")]
    p1203_trees: Option<String>,
    #[command(flatten)]
    simulation: Simulation,
    /// Write the report to this folder instead of `reports/<scenario>/`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print no progress, and nothing at the end but errors (and JSON if asked for).
    #[arg(long)]
    quiet: bool,
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    colour: Colour,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A table for people.
    Table,
    /// The summary, as in summary.json.
    Json,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut overrides = args.set.clone();
    overrides.extend(args.at.as_ref().map(|at| Override::new(&["live", "at"], format!("{at:?}"))));
    overrides.extend(args.simulation.sets());
    let trees = args.p1203_trees.as_ref();
    overrides.extend(trees.map(|folder| {
        Override::new(&["output", "p1203", "trees"], toml::Value::from(folder.as_str()))
    }));
    let mut scenario = Scenario::load(&args.scenario, &overrides)?;
    if !args.quiet {
        for note in &scenario.notes {
            eprintln!("note: {note}");
        }
    }
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => Path::new("reports").join(&scenario.name),
    };
    fs::create_dir_all(&folder).map_err(|error| Failure::writing(&folder, &error))?;
    let mut sessions = Sessions::new(&folder)?;
    let asked = scenario.points.iter().any(|point| point.setup.requests);
    let mut requests = match asked {
        true => Some(Part::new(folder.join("requests.csv"))?),
        false => {
            rows::remove(&folder.join("requests.csv"))?;
            None
        }
    };

    let control = Arc::new(Control::default());
    let stopper = control.clone();
    ctrlc::set_handler(move || stopper.stop.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::Output(format!("cannot listen for Ctrl-C: {error}")))?;
    let pool = pool(args.simulation.jobs)?;
    settle(&mut scenario, &control, &pool)?;
    let bar = progress_bar(args.quiet, &scenario);
    let mut nowhere = std::io::sink();
    let rows = Rows {
        sessions: &mut sessions,
        requests: match &mut requests {
            Some(part) => part as &mut (dyn Write + Send),
            None => &mut nowhere,
        },
    };
    let results = simulate(&scenario, &control, &pool, &bar, rows)
        .map_err(|error| Failure::writing(&folder, &error))?;
    sessions.finish()?;
    requests.map_or(Ok(()), Part::finish)?;
    let page =
        report::save(&folder, &results).map_err(|(what, error)| Failure::writing(&what, &error))?;
    match (args.format, args.quiet) {
        (Format::Json, _) => {
            let summary = serde_json::to_string_pretty(&report::summary(&results));
            print(&(summary.map_err(|error| Failure::Output(error.to_string()))? + "\n"))?;
        }
        (Format::Table, false) => {
            let table = args.colour.paint(&report::table(&results));
            print(&format!("{table}\nReport: {}\n", page.display()))?;
        }
        (Format::Table, true) => {}
    }
    if results.partial { Err(Failure::Stopped) } else { Ok(()) }
}

/// Which viewers are simulated, and on what.
#[derive(Debug, clap::Args)]
pub(super) struct Simulation {
    /// Simulate so many viewers per run.
    #[arg(long, value_name = "N")]
    viewers: Option<u64>,
    /// Derive every random draw from this.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Use so many threads; unless said, one per core. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

impl Simulation {
    /// What is set by it on top of a scenario.
    pub(super) fn sets(&self) -> impl Iterator<Item = Override> {
        let viewers = self.viewers.map(|n| Override::new(&["viewers"], n));
        viewers.into_iter().chain(self.seed.map(|s| Override::new(&["seed"], s)))
    }

    /// Runs a scenario, whose rows nobody asks for, to its end.
    pub(super) fn run(
        &self,
        scenario: &mut Scenario,
        quiet: bool,
    ) -> Result<report::Results, Failure> {
        let pool = pool(self.jobs)?;
        settle(scenario, &Control::default(), &pool)?;
        let bar = progress_bar(quiet, scenario);
        let (mut sessions, mut requests) = (std::io::sink(), std::io::sink());
        let rows = Rows { sessions: &mut sessions, requests: &mut requests };
        let results = simulate(scenario, &Control::default(), &pool, &bar, rows);
        results.map_err(|error| Failure::Output(error.to_string()))
    }
}

/// As many viewers as the scenario asks for.
fn settle(
    scenario: &mut Scenario,
    control: &Control,
    pool: &rayon::ThreadPool,
) -> Result<(), Failure> {
    let settled = pool.install(|| scenario.settle(control));
    settled.map_err(|error| Failure::Output(error.to_string()))
}

fn pool(jobs: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build();
    pool.map_err(|error| Failure::Output(format!("cannot start threads: {error}")))
}

/// Runs the scenario on these threads, showing how far it is, until it is done or stopped.
fn simulate(
    scenario: &Scenario,
    control: &Control,
    pool: &rayon::ThreadPool,
    bar: &ProgressBar,
    rows: Rows<impl Write + Send, impl Write + Send>,
) -> std::io::Result<report::Results> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| pool.install(|| scenario::run_into(scenario, control, rows)));
        while !run.is_finished() {
            bar.set_position(control.done.load(Ordering::Relaxed));
            std::thread::sleep(Duration::from_millis(if bar.is_hidden() { 2 } else { 20 }));
        }
        bar.finish_and_clear();
        run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn progress_bar(quiet: bool, scenario: &Scenario) -> ProgressBar {
    let runs = scenario.points.iter().map(|p| p.setup.viewers * p.setup.contenders.len() as u64);
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{wide_bar} {human_pos}/{human_len} viewers  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(runs.sum()).with_style(style)
}
