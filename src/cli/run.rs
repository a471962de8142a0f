//! `abrsim run`: a scenario in, a report out.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::end::{End, Left};
use super::signals::listen;
use super::{Failure, complain, note, replay};
use crate::report;
use crate::scenario::study::{Shard, Study, StudyError, UNFINISHED, Unfinished};
use crate::scenario::{self, Control, Override, Scenario, ScenarioError, hush};

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
    #[command(flatten)]
    end: End,
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
    let _own = End::own(&folder)?;
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
    let bar = progress_bar(args.quiet, viewers(&scenario));
    let simulated = follow(&control, &pool, &bar, || study.simulate(Shard::WHOLE, &control));
    let simulated = simulated.map_err(|error| halted(&mut study, &folder, failure(error)))?;
    let left = args.end.leave(&folder, &study, &pool, simulated);
    let (results, page) = left.map_err(|error| match error {
        Left::Written(error) => halted(&mut study, &folder, error),
        Left::Study(error) => failure(error),
    })?;
    match simulated {
        true => {
            // What was kept is dropped only once what is made of it is there to stay.
            if study.is_on_disk() {
                End::sync(&folder)?;
            }
            study.close().map_err(failure)?;
        }
        false => {
            study.leave().map_err(failure)?;
            if let (done @ 1.., of) = study.done() {
                complain(format_args!("{}", kept(done, of, &folder)));
            }
        }
    }
    // Only now: whoever cannot be told has the report all the same.
    args.end.tell(&results, &page, args.quiet)?;
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
}

/// How much is kept, and how to go on.
fn kept(done: u64, of: u64, folder: &Path) -> String {
    let folder = folder.join(UNFINISHED);
    let folder = folder.display();
    format!("{done} of {of} chunks are kept in {folder}: the same command with --resume goes on")
}

/// Why something could not be written, and what is kept.
fn halted(study: &mut Study<'_>, folder: &Path, failure: Failure) -> Failure {
    // What is not on the disk by now may not have found room there.
    let _ = study.leave();
    let left = Unfinished::within(folder).ok();
    match left.and_then(|left| left.done()) {
        Some((done, _)) => failure.and(&kept(done, study.done().1, folder)),
        None => failure,
    }
}

/// What the command ends with.
fn failure(error: StudyError) -> Failure {
    match error {
        StudyError::Other(..) => {
            let help = "run what it was begun with, or let --restart drop it";
            ScenarioError::new(error).help(help).into()
        }
        StudyError::Damaged(..) => Failure::Output(error.to_string()),
        error => error.into(),
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

    /// How many threads are to be used, if it is said.
    pub(super) fn jobs(&self) -> Option<u16> {
        self.jobs
    }

    /// Runs a scenario, whose rows nobody asks for, to its end.
    pub(super) fn run(
        &self,
        scenario: &mut Scenario,
        quiet: bool,
    ) -> Result<report::Results, Failure> {
        let pool = pool(self.jobs)?;
        settle(scenario, &Control::default(), &pool)?;
        let bar = progress_bar(quiet, viewers(scenario));
        let control = Control::default();
        let run = || scenario::run(scenario, &control, std::io::sink());
        let results = follow(&control, &pool, &bar, run);
        results.map_err(|error| Failure::Output(error.to_string()))
    }
}

/// As many viewers as the scenario asks for.
pub(super) fn settle(
    scenario: &mut Scenario,
    control: &Control,
    pool: &rayon::ThreadPool,
) -> Result<(), Failure> {
    let settled = pool.install(|| scenario.settle(control));
    settled.map_err(|error| Failure::Output(error.to_string()))
}

pub(super) fn pool(jobs: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build();
    pool.map_err(|error| Failure::Output(format!("cannot start threads: {error}")))
}

/// Does something on these threads, showing how far it is, until it is done or stopped.
pub(super) fn follow<T: Send>(
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

/// The viewers of all runs.
fn viewers(scenario: &Scenario) -> u64 {
    scenario.points.iter().map(|p| p.setup.viewers * p.setup.contenders.len() as u64).sum()
}

/// A bar that comes to its end with so many viewers.
pub(super) fn progress_bar(quiet: bool, viewers: u64) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{wide_bar} {human_pos}/{human_len} viewers  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(viewers).with_style(style)
}
