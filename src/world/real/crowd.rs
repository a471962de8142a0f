//! Many viewers at once, each a task, on a few threads.
//!
//! The idea to hold: a viewer lives on one thread, so nothing of theirs is locked; threads share
//! nothing but the wish to stop.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::LocalSet;

/// How long whoever is told to leave may take to.
const LEAVING: Duration = Duration::from_secs(5);

/// Lets so many watch on so many threads; `seat` makes the watching of one, on its thread. Returns
/// what came of those who came to an end, by their numbers.
///
/// # Errors
/// Where the machine has no threads or no timers left, in its own words.
pub fn crowd<T, S, F>(
    count: usize,
    threads: usize,
    stop: &watch::Receiver<bool>,
    seat: S,
) -> Result<Vec<(usize, T)>, String>
where
    T: Send + 'static,
    S: Fn(usize) -> F + Sync,
    F: Future<Output = T> + 'static,
{
    let threads = threads.clamp(1, count.max(1));
    let one = |first: usize| -> Result<Vec<(usize, T)>, String> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot start a thread: {error}"))?;
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            let mut under_way = tokio::task::JoinSet::new();
            for number in (first..count).step_by(threads) {
                let watching = seat(number);
                under_way.spawn_local(async move { (number, watching.await) });
            }
            let mut done = Vec::new();
            let mut stop = stop.clone();
            let mut asked = false;
            loop {
                let ended = tokio::select! {
                    ended = under_way.join_next() => ended,
                    _ = stop.wait_for(|stop| *stop), if !asked => {
                        asked = true;
                        continue;
                    }
                    // They leave by themselves; who does not is left.
                    () = tokio::time::sleep(LEAVING), if asked => return Ok(done),
                };
                match ended {
                    Some(Ok(one)) => done.push(one),
                    // A viewer whose code panics is nobody else's trouble.
                    Some(Err(_panicked)) => {}
                    None => return Ok(done),
                }
            }
        })
    };
    let one = &one;
    let mut all = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|first| scope.spawn(move || one(first))).collect();
        let joined = started.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<Vec<_>, _>>()
    })?
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    all.sort_by_key(|(number, _)| *number);
    Ok(all)
}
