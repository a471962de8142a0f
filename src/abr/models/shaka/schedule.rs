//! When each type asks for more (`streaming_engine.js`: `update_`).
//!
//! Every type has a loop of its own that looks again some time after it was told to wait. Looks
//! that can change nothing are jumped over, but never the grid that they lie on.

use crate::units::{Span, Time};

/// The goals of all types. Seconds.
#[derive(Clone, Copy, Debug)]
pub struct Goals {
    /// `streaming.bufferingGoal`.
    pub buffering: f64,
    /// `streaming.rebufferingGoal`.
    pub rebuffering: f64,
    /// `streaming.updateIntervalSeconds`.
    pub interval: f64,
    /// The longest segment of all: nobody gets that far ahead of another type.
    pub longest: f64,
}

/// The least buffer that any goals make.
const LEAST: f64 = 1.0;

/// A wait: until the first look that may change something, and between looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// Seconds until that look.
    pub first: f64,
    /// Seconds between looks.
    pub step: f64,
}

impl Goals {
    /// Whether a type with so much media ahead, at a playback rate, has to wait, where `other` is
    /// the least that another type has.
    pub fn wait(&self, ahead: f64, other: Option<f64>, rate: f64) -> Option<Wait> {
        let interval = self.interval / rate.max(1.0);
        let goal = self.buffering.max(self.rebuffering).max(LEAST);
        if ahead >= goal {
            let step = interval / 2.0;
            let first = step * (libm::floor((ahead - goal) / rate / step) + 1.0);
            return Some(Wait { first, step });
        }
        let further = other.is_some_and(|other| ahead - other >= self.longest);
        further.then_some(Wait { first: interval, step: interval })
    }
}

/// The loop of a type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loop {
    due: Option<(Time, Span)>,
    segment: u32,
}

impl Loop {
    /// It is asked about a segment: how long until it looks, if not now. A seek makes it look.
    pub fn asleep(&mut self, now: Time, segment: u32) -> Option<Span> {
        let sought = segment != self.segment && segment != self.segment + 1;
        self.segment = segment;
        let (due, step) = self.due.filter(|_| !sought)?;
        let late = now.since_start().saturating_sub(due.since_start());
        let looks = late.as_nanos().div_ceil(step.as_nanos().max(1));
        let due = due.saturating_add(step * looks);
        self.due = Some((due, step));
        Some(due - now).filter(|left| !left.is_zero())
    }

    /// It has to wait.
    pub fn waits(&mut self, now: Time, wait: Wait) -> Span {
        let (first, step) = (Span::from_secs_f64(wait.first), Span::from_secs_f64(wait.step));
        self.due = Some((now.saturating_add(first), step));
        first
    }

    /// It asks for the segment.
    pub fn asks(&mut self) {
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOALS: Goals = Goals { buffering: 10.0, rebuffering: 0.0, interval: 1.0, longest: 4.0 };

    #[test]
    fn a_full_buffer_is_looked_at_every_half_interval() {
        // 13.2 s are below 10 s after 3.2 s, and looked at after 3.5 s.
        assert_eq!(GOALS.wait(13.2, None, 1.0), Some(Wait { first: 3.5, step: 0.5 }));
        assert_eq!(GOALS.wait(9.9, None, 1.0), None);
        // At twice the speed after 1.6 s, on a grid of 0.25 s: after 1.75 s.
        assert_eq!(GOALS.wait(13.2, None, 2.0), Some(Wait { first: 1.75, step: 0.25 }));
        // At half the speed after 6.4 s; the grid is no wider for it.
        assert_eq!(GOALS.wait(13.2, None, 0.5), Some(Wait { first: 6.5, step: 0.5 }));
    }

    #[test]
    fn nobody_gets_a_whole_segment_ahead_of_another_type() {
        assert_eq!(GOALS.wait(7.9, Some(4.0), 1.0), None);
        assert_eq!(GOALS.wait(8.0, Some(4.0), 1.0), Some(Wait { first: 1.0, step: 1.0 }));
        // A short segment may follow up to the longest of any type.
        let short = Goals { longest: 6.0, ..GOALS };
        assert_eq!(short.wait(8.0, Some(4.0), 1.0), None);
    }

    #[test]
    fn looks_lie_on_a_grid_even_if_asked_in_between() {
        let at = |millis| Time::ZERO + Span::from_millis(millis);
        let mut own = Loop::default();
        assert_eq!(own.asleep(at(300), 0), None);
        assert_eq!(own.waits(at(300), Wait { first: 1.0, step: 1.0 }), Span::from_secs(1));
        assert_eq!(own.asleep(at(900), 0), Some(Span::from_millis(400)));
        // Missed at 1.3 s and 2.3 s: it looks at 3.3 s.
        assert_eq!(own.asleep(at(2_500), 0), Some(Span::from_millis(800)));
        assert_eq!(own.asleep(at(3_300), 0), None);
        own.waits(at(3_300), Wait { first: 1.0, step: 1.0 });
        // A seek.
        assert_eq!(own.asleep(at(3_400), 7), None);
    }
}
