//! `abrsim sweep run`: a shard of what is planned.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::super::run::{follow, pool, progress_bar};
use super::super::signals::{Signal, listen};
use super::super::{Failure, note, print};
use super::Place;
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

/// A clock that is more seconds off than this is told of.
const OFF: i64 = 60;

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
    shared.attend(&name, &attempt)?;
    match shared.ahead(&name)? {
        Some(ahead) if ahead.abs() > OFF && !args.quiet => note(&clock(ahead)),
        Some(_) | None => {}
    }
    let (kept, result) = {
        let mut study = shared.study()?;
        let (before, _) = study.done_of(shard);
        let bar = progress_bar(args.quiet, study.viewers_of(shard));
        let result = follow(&control, &pool, &bar, || study.simulate(shard, &control));
        let (after, of) = study.done_of(shard);
        ((after - before, after, of), result)
    };
    attempt.clock = now();
    attempt.ended = Some(match (&result, signal.get()) {
        (Err(error), _) => error.to_string(),
        (Ok(_), Some(_)) => "stopped".to_owned(),
        (Ok(_), None) => "done".to_owned(),
    });
    // Where a store does not answer, it does not take this either.
    if !matches!(result, Err(StudyError::Away(..))) {
        shared.attend(&name, &attempt)?;
    }
    let all = result?;
    let (own, kept, of) = kept;
    if !args.quiet {
        let chunks = many(of, "chunk");
        print(&format!("Shard {shard}: {kept} of {chunks} kept, {own} of them by this run\n"))?;
    }
    match signal.get() {
        Some(&signal) if !all => Err(Failure::Stopped(signal)),
        Some(Signal::Interrupt | Signal::Terminate) | None => Ok(()),
    }
}

/// How wrong a clock is, that is so many seconds ahead of the store's.
pub(super) fn clock(ahead: i64) -> String {
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let (hours, minutes) = (ahead.abs() / 3_600, ahead.abs() % 3_600 / 60);
    let span =
        if hours > 0 { format!("{hours} h {minutes} min") } else { format!("{minutes} min") };
    format!(
        "the clock here is {span} {way} the store's; results do not depend on it, but object \
         stores refuse who is more than 15 min off"
    )
}

/// Seconds since the beginning of 1970.
pub(super) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

/// What this machine is called.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let name: String = name.trim().chars().filter(|&c| plain(c)).collect();
    if name.is_empty() { "somewhere".to_owned() } else { name }
}
