//! An origin that thinks for a time, now and then for far longer, and fails a share of requests.
//!
//! The idea to hold: whether a request fails, and how long it takes, depends on its viewer, its
//! object and the attempt, never on when or in what order it comes, so every algorithm meets the
//! same failures and the same tail.

use super::Tail;
use crate::media::{Object, Segment};
use crate::seed::{Purpose, Seed};
use crate::units::Span;

/// Where every object is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    /// From a request's arrival to its first byte leaving: of every request, or where there is a
    /// tail of the one in the middle.
    pub latency: Span,
    /// How much longer the slowest take.
    pub tail: Option<Tail>,
    /// The share of requests that fail, from 0 to 1.
    pub errors: f64,
    /// What the failures are drawn from.
    pub seed: Seed,
}

/// What an origin does with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Sends it, after so long.
    Body(Span),
    /// Sends an error, after so long.
    Error(Span),
}

impl Origin {
    /// What becomes of a viewer's request for an object, on its `attempt`-th repetition.
    pub fn serve(&self, viewer: u64, object: Object, attempt: u32) -> Answer {
        let latency = match self.tail {
            None => self.latency,
            Some(tail) => {
                let draw = self.seed.unit(Purpose::Tail, &keys(viewer, object, attempt));
                tail.at(self.latency, draw)
            }
        };
        match self.fails(viewer, object, attempt) {
            true => Answer::Error(latency),
            false => Answer::Body(latency),
        }
    }

    fn fails(&self, viewer: u64, object: Object, attempt: u32) -> bool {
        let draw = || self.seed.unit(Purpose::Failure, &keys(viewer, object, attempt));
        self.errors > 0.0 && draw() < self.errors
    }
}

/// What names a request, whoever is asked.
fn keys(viewer: u64, object: Object, attempt: u32) -> [u64; 6] {
    let [kind, a, b, c] = match object {
        Object::Document(id) => [0, id.0.into(), 0, 0],
        Object::Segment(Segment { track, index, rung }) => {
            [1, track.0.into(), index.into(), rung.0.into()]
        }
    };
    [viewer, kind, a, b, c, attempt.into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::DocumentId;

    #[test]
    fn the_share_of_failures_is_the_one_asked_for() {
        let origin = Origin { errors: 0.1, ..Origin::default() };
        let failed =
            (0..10_000).filter(|&v| origin.fails(v, Object::Document(DocumentId(0)), 0)).count();
        // The deviation of a tenth of 10,000 is 30; four of those are allowed.
        assert!(failed.abs_diff(1_000) < 120, "{failed}");
    }
}
