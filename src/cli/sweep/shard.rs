//! `abrsim sweep run`: a shard of what is planned.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::super::run::{follow, pool, progress_bar};
use super::super::signals::{Signal, listen};
use super::super::{Failure, note, print};
use super::{Place, clock, now};
use crate::report::format::many;
use crate::scenario::study::{Attempt, Shard, Shared, StudyError};
use crate::scenario::{Control, hush};

/// Simulate a shard of what is planned.
///
/// It is kept chunk by chunk, and what is kept already is skipped, whoever did it. SIGTERM and
/// Ctrl-C end it after the chunk under way; a second one does not wait for that. Nothing is lost by
/// either, nor by SIGKILL.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Which part of how many, the first 0: 3/64. Which chunks those are depends on nothing else.
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    shard: Shard,
    /// Use so many threads; unless said, one per core. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    hush();
    let (Place { out, patience }, shard) = (&args.place, args.shard);
    let control = Arc::new(Control::default());
    let signal = Arc::new(OnceLock::new());
    let (stopper, told) = (control.clone(), signal.clone());
    listen(move |signal| {
        told.get_or_init(|| signal);
        stopper.enough.store(true, Ordering::Relaxed);
    })?;
    let pool = pool(args.jobs)?;
    let mut shared = Shared::at(out, *patience)?;
    let mut attempt = Attempt {
        host: host(),
        process: std::process::id(),
        shard: shard.to_string(),
        clock: now(),
        ended: None,
    };
    let name = format!("{}-{}-{}", attempt.host, attempt.process, attempt.clock);
    // Who works on it is good to know, and no more.
    let attend = |shared: &mut Shared, attempt: &Attempt| match shared.attend(&name, attempt) {
        Err(error) if !args.quiet => note(&error.to_string()),
        Ok(()) | Err(_) => {}
    };
    attend(&mut shared, &attempt);
    let off = shared.ahead(&name).ok().flatten().and_then(clock);
    if let Some(off) = off.filter(|_| !args.quiet) {
        note(&format!("the clock here is {off}; results do not depend on it"));
    }
    let (all, kept) = {
        let mut study = shared.study()?;
        let bar = progress_bar(args.quiet, study.viewers_of(shard));
        let all = follow(&control, &pool, &bar, || study.simulate(shard, &control));
        (all, (study.done_of(shard), study.own()))
    };
    attempt.clock = now();
    attempt.ended = Some(match (&all, signal.get()) {
        (Err(error), _) => error.to_string(),
        (Ok(false), Some(_)) => "stopped".to_owned(),
        (Ok(_), _) => "done".to_owned(),
    });
    // A store that does not answer does not take this either.
    if !matches!(all, Err(StudyError::Away(..))) {
        attend(&mut shared, &attempt);
    }
    let (all, ((kept, of), own)) = (all?, kept);
    if !args.quiet {
        let chunks = many(of, "chunk");
        print(&format!("Shard {shard}: {kept} of {chunks} kept, {own} of them by this run\n"))?;
    }
    match signal.get() {
        Some(&signal) if !all => Err(Failure::Stopped(signal)),
        Some(Signal::Interrupt | Signal::Terminate) | None => Ok(()),
    }
}

/// What this machine is called.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let name: String = name.trim().chars().filter(|&c| plain(c)).collect();
    if name.is_empty() { "somewhere".to_owned() } else { name }
}
