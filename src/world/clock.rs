//! The wall clock as the time of a world.
//!
//! The idea to hold: a world of real time has a clock that was started once; all else in it goes by
//! instants of that, as in virtual time.

use std::time::{Duration, Instant};

use futures_timer::Delay;

use crate::units::{Span, Time};

/// A clock that runs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    at: Time,
}

/// The longest that anybody sleeps without looking at the clock.
const NAP: Duration = Duration::from_secs(3_600);

impl Clock {
    /// One that shows that now.
    pub fn showing(at: Time) -> Self {
        Self { began: Instant::now(), at }
    }

    /// What it shows.
    pub fn now(&self) -> Time {
        self.at.saturating_add(Span::from_nanos(self.began.elapsed().as_nanos() as u64))
    }

    /// Sleeps until it shows that, or for an hour.
    ///
    /// A request is timed by several such sleeps, one after the other, so each is as exact as the
    /// system's own timers are.
    pub async fn sleep_until(&self, at: Option<Time>) {
        let nap = at.map(|at| at.since_start().saturating_sub(self.now().since_start()));
        match nap.map(duration) {
            Some(Duration::ZERO) => {}
            Some(nap) => Delay::new(nap.min(NAP)).await,
            None => Delay::new(NAP).await,
        }
    }
}

/// As the standard library has it.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}
