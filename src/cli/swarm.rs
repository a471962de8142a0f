//! `abrsim swarm`: worlds at random, and what must be so of each.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::signals::listen;
use super::{Failure, print};
use crate::report::format::many;
use crate::scenario::parse_span;
use crate::swarm::{self, Control, FEATURES, Tally, World, roam, smallest};
use crate::units::Span;

const AFTER: &str = "\
A world is a scenario that a seed draws: any algorithms with any parameters,
networks, content, live or on demand, caches, faults, viewers. What must be so
of each: time is all accounted for, every request ends once, bytes are
conserved, segments are shown in order and only if they came, links carry no
more than their traces allow, sums are those of the sessions, a second thread
changes nothing, and nothing panics or goes on for ever.

Examples:
  abrsim swarm --for 10m
  abrsim swarm --seed 4711 --worlds 1 --out found.toml";

/// Draw worlds at random and check what must be so of every one.
///
/// Ends at the first in which something is not: with its seed, what it is, and the smallest
/// scenario that shows it. Exit code 3 then. What of the worlds was drawn and what happened in them
/// is told in any case.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    /// Go on for so long; unless said, and without --worlds, a minute.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span)]
    lasting: Option<Span>,
    /// Look at so many worlds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    worlds: Option<u64>,
    /// The seed of the first world; the next ones are those after it.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Use so many threads; unless said, one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Write the smallest scenario that fails to this file, too.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print no progress, and nothing at the end but a failure.
    #[arg(long)]
    quiet: bool,
}

/// A minute, unless something is said.
const USUAL: Span = Span::from_secs(60);

/// No world takes longer; one that does never ends.
const LONGEST: Duration = Duration::from_secs(600);

/// A smaller scenario is looked for no longer than this.
const SHRINKING: Duration = Duration::from_secs(120);

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let threads = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let worlds = args.worlds.unwrap_or(u64::MAX);
    let control = Control::new(args.seed, worlds, threads);
    let stopped = Arc::new(AtomicBool::new(false));
    let how = Arc::new(OnceLock::new());
    let (stopper, teller) = (stopped.clone(), how.clone());
    listen(move |signal| {
        teller.get_or_init(|| signal);
        stopper.store(true, Ordering::Relaxed);
    })?;
    let began = Instant::now();
    follow(args, &control, threads, &stopped)?;
    let tally = control.tally();
    if !args.quiet {
        print(&text(&tally, began.elapsed()))?;
    }
    match &tally.failure {
        Some(failure) => Err(shrunk(args, failure, &stopped)?),
        None => how.get().map_or(Ok(()), |&signal| Err(Failure::Stopped(signal))),
    }
}

/// Lets threads look at worlds until it is time to stop.
fn follow(
    args: &Args,
    control: &Control,
    threads: usize,
    stopped: &AtomicBool,
) -> Result<(), Failure> {
    let bar = progress_bar(args);
    let lasting = args.lasting.or(args.worlds.is_none().then_some(USUAL));
    let lasting = lasting.map(|span| Duration::from_nanos(span.as_nanos()));
    let began = Instant::now();
    let pools = (0..threads).map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build());
    let pools = pools.collect::<Result<Vec<_>, _>>();
    let pools = pools.map_err(|error| Failure::Output(format!("cannot start threads: {error}")))?;
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for (thread, pool) in pools.iter().enumerate() {
            running.push(scope.spawn(move || pool.install(|| roam(control, thread, &|_| ()))));
        }
        let mut looks = vec![(None, Instant::now()); threads];
        while !running.iter().all(|thread| thread.is_finished()) {
            let over = lasting.is_some_and(|lasting| began.elapsed() >= lasting);
            if over || stopped.load(Ordering::Relaxed) {
                control.stop.store(true, Ordering::Relaxed);
            }
            bar.set_position(control.done());
            watch(control, &mut looks);
            std::thread::sleep(Duration::from_millis(if bar.is_hidden() { 2 } else { 50 }));
        }
        bar.finish_and_clear();
        running.into_iter().for_each(|thread| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
        Ok(())
    })
}

/// Ends the program if a thread looks at one world for too long: there is no way to stop it.
fn watch(control: &Control, looks: &mut [(Option<u64>, Instant)]) {
    for (look, at) in looks.iter_mut().zip(control.under_way()) {
        if look.0 != at {
            *look = (at, Instant::now());
        }
        if let (Some(seed), true) = (at, look.1.elapsed() > LONGEST) {
            super::complain(format_args!(
                "the world of seed {seed} goes on for more than {} s: {}\n\n{}",
                LONGEST.as_secs(),
                again(seed),
                toml::to_string(&swarm::drawn(seed)).unwrap_or_default()
            ));
            std::process::exit(3);
        }
    }
}

/// What there is to say of a failure: the smallest scenario, too.
fn shrunk(args: &Args, failure: &swarm::Failure, stopped: &AtomicBool) -> Result<Failure, Failure> {
    let swarm::Failure { seed, broken } = failure;
    if !args.quiet {
        eprintln!("seed {seed} fails: {broken}; looking for the smallest scenario that does");
    }
    let until = Instant::now() + SHRINKING;
    let go_on = || Instant::now() < until && !stopped.load(Ordering::Relaxed);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| Failure::Output(format!("cannot start threads: {error}")))?;
    let found = pool.install(|| smallest(&World::of(*seed), broken, &|_| (), &go_on));
    let text = toml::to_string(&found.scenario);
    let text = text.map_err(|error| Failure::Output(error.to_string()))?;
    if let Some(path) = &args.out {
        std::fs::write(path, &text).map_err(|error| Failure::writing(path, &error))?;
    }
    let again = again(*seed);
    Ok(Failure::Unmet(format!(
        "In the world of seed {seed} something does not hold: {broken}\n\n{text}\nAgain: {again}"
    )))
}

fn again(seed: u64) -> String {
    format!("abrsim swarm --seed {seed} --worlds 1")
}

/// What was seen.
fn text(tally: &Tally, took: Duration) -> String {
    let Tally { worlds, sessions, refused, ref example, ref features, .. } = *tally;
    let seconds = took.as_secs_f64();
    let looked = (worlds - refused).max(1);
    let mut text = format!(
        "{}, {} in {seconds:.1} s ({:.0} worlds a second); {} refused ({:.1} %)\n",
        many(worlds, "world"),
        many(sessions, "session"),
        worlds as f64 / seconds.max(1e-3),
        many(refused, "scenario"),
        100.0 * refused as f64 / worlds.max(1) as f64,
    );
    if let Some((seed, why)) = example {
        text += &format!("the first that was refused, of seed {seed}: {why}\n");
    }
    text += "of the others had, in percent: ";
    let share = |(feature, count): (&swarm::Feature, &u64)| {
        format!("{} {:.1}", feature.name, 100.0 * *count as f64 / looked as f64)
    };
    let shares: Vec<_> = FEATURES.iter().zip(features).map(share).collect();
    text + &shares.join(", ") + "\n"
}

fn progress_bar(args: &Args) -> ProgressBar {
    if args.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = match args.worlds {
        Some(_) => "{wide_bar} {human_pos}/{human_len} worlds  {per_sec}  {eta} left",
        None => "{spinner} {human_pos} worlds  {per_sec}  {elapsed}",
    };
    let style = ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar());
    match args.worlds {
        Some(worlds) => ProgressBar::new(worlds).with_style(style),
        None => ProgressBar::new_spinner().with_style(style),
    }
}
