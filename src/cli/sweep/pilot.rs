//! What viewers of a study take, tried on a few of them.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::Failure;
use super::super::run::pool;
use crate::scenario::{self, Control, Scenario};

/// So long is tried.
const TIME: Duration = Duration::from_secs(2);

/// What a viewer takes on one core here, about: as many are simulated as there is time for.
pub(super) fn pilot(mut scenario: Scenario) -> Result<Duration, Failure> {
    // Few of each run, so that all runs are among them.
    for point in &mut scenario.points {
        point.setup.viewers = point.setup.viewers.min(256);
    }
    let (control, begun) = (Control::default(), Instant::now());
    let pool = pool(Some(1))?;
    let simulate = || scenario::run(&scenario, &control, std::io::sink());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| pool.install(simulate));
        while !run.is_finished() {
            control.stop.fetch_or(begun.elapsed() > TIME, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let done = control.done.load(Ordering::Relaxed).max(1);
    Ok(begun.elapsed() / u32::try_from(done).unwrap_or(u32::MAX))
}
