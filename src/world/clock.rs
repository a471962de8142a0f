//! The wall clock as the time of a world.
//!
//! The idea to hold: a world of real time has a clock that was started once; all else in it goes by
//! instants of that, as in virtual time.

use std::time::Duration;

use tokio::time::Instant;

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

    /// When it shows that, if not later than one would sleep.
    pub fn instant(&self, at: Time) -> Instant {
        let after = at.since_start().saturating_sub(self.at.since_start());
        self.began + duration(after).min(self.began.elapsed() + NAP)
    }

    /// Sleeps until it shows that, or for an hour.
    pub async fn sleep_until(&self, at: Option<Time>) {
        match at {
            Some(at) => tokio::time::sleep_until(self.instant(at)).await,
            None => tokio::time::sleep(NAP).await,
        }
    }
}

/// As the standard library has it.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}
