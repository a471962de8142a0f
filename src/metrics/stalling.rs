//! When viewers stood still: how long all of them together, step by step.

use crate::cdn::Tally;
use crate::player::Event;
use crate::units::{Span, Time};

/// Time stalled in each step of the run.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Stalling(Vec<f64>);

/// The same while it is being watched, by viewer.
#[derive(Clone, Debug)]
pub struct Watching {
    step: Span,
    since: Vec<Option<Time>>,
    stalling: Stalling,
}

impl Stalling {
    /// The seconds stalled in each step, of all viewers together.
    pub fn steps(&self) -> &[f64] {
        &self.0
    }

    /// Takes in those of other viewers.
    pub fn merge(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0.0);
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }

    fn add(&mut self, from: Time, to: Time, step: Span) {
        let (mut from, each) = (from, step.as_nanos().max(1));
        while from < to {
            let place = (from.as_nanos() / each).min(Tally::MOST_STEPS as u64 - 1);
            let end = match place as usize + 1 {
                Tally::MOST_STEPS => to,
                next => Time::from_nanos(next as u64 * each).min(to),
            };
            if place as usize >= self.0.len() {
                self.0.resize(place as usize + 1, 0.0);
            }
            self.0[place as usize] += (end - from).as_secs_f64();
            from = end;
        }
    }
}

impl Watching {
    /// For so many viewers, in steps of so long.
    pub fn new(viewers: usize, step: Span) -> Self {
        Self { step, since: vec![None; viewers], stalling: Stalling::default() }
    }

    /// Takes in what happened to one of them.
    #[inline]
    pub fn record(&mut self, who: usize, at: Time, event: &Event) {
        match event {
            Event::Stalled => self.since[who] = Some(at),
            Event::Resumed
            | Event::Sought { .. }
            | Event::Ended
            | Event::GaveUp(_)
            | Event::Left(_) => {
                if let Some(since) = self.since[who].take() {
                    self.stalling.add(since, at, self.step);
                }
            }
            Event::Requested(..)
            | Event::Delivered(..)
            | Event::Abandoned(..)
            | Event::Failed(..)
            | Event::Started
            | Event::Shown(_)
            | Event::Arrived(..)
            | Event::Behind { .. }
            | Event::Resynced { .. }
            | Event::Discarded(..)
            | Event::Reported(_)
            | Event::Landed
            | Event::Paused
            | Event::Unpaused => {}
        }
    }

    /// What there was to see.
    pub fn finish(self) -> Stalling {
        self.stalling
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::Reason;

    #[test]
    fn a_stall_is_in_the_steps_it_lasts_through() {
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let mut watching = Watching::new(2, Span::from_secs(10));
        for (who, secs, event) in [
            (0, 7, Event::Stalled),
            (1, 12, Event::Stalled),
            (0, 25, Event::Resumed),
            (1, 14, Event::Left(Reason::Stall)),
        ] {
            watching.record(who, at(secs), &event);
        }
        // 7 to 10, 10 to 20 and 12 to 14, 20 to 25.
        assert_eq!(watching.finish().steps(), [3.0, 12.0, 5.0]);
        // What lasts for ever is no reason to remember every step of it.
        let mut endless = Watching::new(1, Span::from_secs(10));
        endless.record(0, at(0), &Event::Stalled);
        endless.record(0, at(9_000_000_000), &Event::Resumed);
        assert_eq!(endless.finish().steps().iter().sum::<f64>(), 9e9);
    }
}
