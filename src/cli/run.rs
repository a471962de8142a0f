//! `abrsim run`: a scenario in, a report out.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use super::colour::Colour;
use super::rows::{self, Part, Sessions};
use super::signals::listen;
use super::{Failure, complain, note, print, replay};
use crate::report::{self, Results};
use crate::scenario::study::{Study, StudyError, UNFINISHED, Unfinished};
use crate::scenario::{self, Control, Override, Rows, Scenario, ScenarioError, hush};

/// What takes less time is not worth going on with.
const MOMENT: Duration = Duration::from_millis(200);

/// Simulate a scenario's viewers and leave a report.
///
/// The report is written to `reports/<scenario>/`: index.html (one page, works offline), charts as
/// SVG and PNG, summary.json, tables.md and tables.tex (the figures for wikis and papers),
/// sessions.csv (a row per viewer), provenance.json, and requests.csv (a row per request) where the
/// scenario says `output.requests = true`; sessions.parquet too (the rows of sessions.csv) of an
/// abrsim that was built with `--features parquet`.
///
/// What is done is kept in the folder `unfinished` beside it, chunk by chunk, until the report is
/// whole: killed, stopped or out of disk, `--resume` goes on from there, to the same bytes. Ctrl-C
/// and SIGTERM leave a report of what was done as well; a second one does not wait for it.
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
    /// Go on with what an earlier run of the same scenario left unfinished there.
    #[arg(long)]
    resume: bool,
    /// Drop what an earlier run left unfinished there.
    #[arg(long, conflicts_with = "resume")]
    restart: bool,
    /// Keep so many viewers at a time.
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u64).range(1..))]
    chunk: Option<u64>,
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
    hush();
    let mut scenario = Scenario::load(&args.scenario, &args.overrides())?;
    if !args.quiet {
        scenario.notes.iter().for_each(|text| note(text));
    }
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => Path::new("reports").join(&scenario.name),
    };
    fs::create_dir_all(&folder).map_err(|error| Failure::writing(&folder, &error))?;
    let unfinished = args.begin(&folder)?;
    let control = Arc::new(Control::default());
    let signal = Arc::new(OnceLock::new());
    let (stopper, told) = (control.clone(), signal.clone());
    listen(move |signal| {
        told.get_or_init(|| signal);
        stopper.stop.store(true, Ordering::Relaxed);
    })?;
    let pool = pool(args.simulation.jobs)?;
    unfinished.settle(&mut scenario);
    settle(&mut scenario, &control, &pool)?;
    let mut study = Study::new(&scenario, unfinished, args.chunk).map_err(failure)?;
    let bar = progress_bar(args.quiet, &scenario);
    let simulated = follow(&control, &pool, &bar, || study.simulate(&control));
    let simulated = simulated.map_err(|error| halted(&mut study, error))?;
    let (results, page) = args.report(&folder, &mut study, &pool, simulated)?;
    match simulated {
        true => study.close().map_err(failure)?,
        false => {
            study.leave().map_err(failure)?;
            if let (done @ 1.., of) = study.done() {
                complain(format_args!("{}", kept(done, of, &folder)));
            }
        }
    }
    // Only now: whoever cannot be told has the report all the same.
    args.tell(&results, &page)?;
    let lost = replay::lost(&args.scenario, &scenario, &results);
    match (signal.get(), lost) {
        (Some(&signal), lost) if results.partial => {
            lost.inspect(|lost| complain(format_args!("abrsim: {lost}")));
            Err(Failure::Stopped(signal))
        }
        (_, Some(lost)) => Err(Failure::Output(lost)),
        (_, None) => Ok(()),
    }
}

impl Args {
    /// What is set on top of the scenario.
    fn overrides(&self) -> Vec<Override> {
        let mut overrides = self.set.clone();
        let at = self.at.as_ref();
        overrides.extend(at.map(|at| Override::new(&["live", "at"], format!("{at:?}"))));
        overrides.extend(self.simulation.sets());
        let trees = self.p1203_trees.as_ref();
        overrides.extend(trees.map(|folder| {
            Override::new(&["output", "p1203", "trees"], toml::Value::from(folder.as_str()))
        }));
        overrides
    }

    /// What an earlier run left there to go on from: nothing, unless that is wanted.
    fn begin(&self, folder: &Path) -> Result<Unfinished, Failure> {
        let unfinished = Unfinished::within(folder).map_err(failure)?;
        match unfinished.done() {
            _ if self.restart => unfinished.removed().map_err(failure),
            None if self.resume => {
                note(&format!("nothing is unfinished in {}; this begins anew", folder.display()));
                unfinished.removed().map_err(failure)
            }
            None => unfinished.removed().map_err(failure),
            Some(_) if self.resume => Ok(unfinished),
            Some((done, of)) => {
                let of = of.map_or_else(String::new, |of| format!(" of {of}"));
                let error = ScenarioError::new(format!(
                    "{}: {done}{of} chunks are there of a run that did not come to its end",
                    folder.join(UNFINISHED).display()
                ));
                Err(error.help("--resume goes on with it, --restart drops it").into())
            }
        }
    }

    /// Leaves rows and report; returns where its page is.
    fn report(
        &self,
        folder: &Path,
        study: &mut Study<'_>,
        pool: &rayon::ThreadPool,
        all: bool,
    ) -> Result<(Results, PathBuf), Failure> {
        let mut sessions = Sessions::new(folder)?;
        let mut requests = match study.has_requests() {
            true => Some(Part::new(folder.join("requests.csv"))?),
            false => {
                rows::remove(&folder.join("requests.csv"))?;
                None
            }
        };
        let mut nowhere = std::io::sink();
        let mut rows = Rows {
            sessions: &mut sessions,
            requests: match &mut requests {
                Some(part) => part as &mut (dyn Write + Send),
                None => &mut nowhere,
            },
        };
        let merged = pool.install(|| match all {
            true => study.merge(&mut rows),
            false => study.merge_partly(&mut rows),
        });
        let wanting = |failure: Failure| failure.and(&kept_of(study, folder));
        let results = merged.map_err(|error| match error {
            StudyError::Rows(error) => wanting(Failure::writing(folder, &error)),
            error => failure(error),
        })?;
        sessions.finish().map_err(wanting)?;
        requests.map_or(Ok(()), Part::finish).map_err(wanting)?;
        let page = report::save(folder, &results);
        let page = page.map_err(|(what, error)| wanting(Failure::writing(&what, &error)))?;
        Ok((results, page))
    }

    /// Prints what is to be printed.
    fn tell(&self, results: &Results, page: &Path) -> Result<(), Failure> {
        match (self.format, self.quiet) {
            (Format::Json, _) => {
                let summary = serde_json::to_string_pretty(&report::summary(results));
                print(&(summary.map_err(|error| Failure::Output(error.to_string()))? + "\n"))?;
            }
            (Format::Table, false) => {
                let table = self.colour.paint(&report::table(results));
                print(&format!("{table}\nReport: {}\n", page.display()))?;
            }
            (Format::Table, true) => {}
        }
        Ok(())
    }
}

/// How much is kept, and how to go on.
fn kept(done: u64, of: u64, folder: &Path) -> String {
    let folder = folder.join(UNFINISHED);
    let folder = folder.display();
    format!("{done} of {of} chunks are kept in {folder}: the same command with --resume goes on")
}

fn kept_of(study: &Study<'_>, folder: &Path) -> String {
    let (done, of) = study.done();
    kept(done, of, folder)
}

/// Why something could not be kept, and what is.
fn halted(study: &mut Study<'_>, error: StudyError) -> Failure {
    // What is not on the disk by now may not have found room there.
    let _ = study.leave();
    let left = Unfinished::within(study.beside()).ok();
    match left.and_then(|left| left.done()) {
        Some((done, _)) => failure(error).and(&kept(done, study.done().1, study.beside())),
        None => failure(error),
    }
}

/// What the command ends with.
fn failure(error: StudyError) -> Failure {
    match error {
        StudyError::Differs(_) => Failure::Unmet(format!("abrsim: {error}")),
        StudyError::Other(..) => {
            let help = "run what it was begun with, or let --restart drop it";
            ScenarioError::new(error).help(help).into()
        }
        StudyError::Unplanned(..) => ScenarioError::new(error).into(),
        StudyError::Damaged(..) => {
            Failure::Output(error.to_string()).and("without it, --resume simulates it again")
        }
        StudyError::Disk(..)
        | StudyError::Unread(..)
        | StudyError::Rows(_)
        | StudyError::Missing(..) => Failure::Output(error.to_string()),
    }
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
        let control = Control::default();
        let run = || scenario::run(scenario, &control, std::io::sink());
        let results = follow(&control, &pool, &bar, run);
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

/// Does something on these threads, showing how far it is, until it is done or stopped.
fn follow<T: Send>(
    control: &Control,
    pool: &rayon::ThreadPool,
    bar: &ProgressBar,
    work: impl FnOnce() -> T + Send,
) -> T {
    std::thread::scope(|scope| {
        let begun = Instant::now();
        let run = scope.spawn(|| pool.install(work));
        while !run.is_finished() {
            bar.set_position(control.done.load(Ordering::Relaxed));
            control.lasting.fetch_or(begun.elapsed() > MOMENT, Ordering::Relaxed);
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
