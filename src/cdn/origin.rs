//! An origin that thinks for a fixed time, and fails a fixed share of requests.
//!
//! The idea to hold: whether a request fails depends on its viewer, its object and the attempt,
//! never on when or in what order it comes, so every algorithm meets the same failures.

use crate::media::{Object, Segment};
use crate::seed::{Purpose, Seed};
use crate::units::Span;

/// Where every object is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    /// From a request's arrival to its first byte leaving.
    pub latency: Span,
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
        match self.fails(viewer, object, attempt) {
            true => Answer::Error(self.latency),
            false => Answer::Body(self.latency),
        }
    }

    fn fails(&self, viewer: u64, object: Object, attempt: u32) -> bool {
        if self.errors <= 0.0 {
            return false;
        }
        let [kind, a, b, c] = match object {
            Object::Document(id) => [0, id.0.into(), 0, 0],
            Object::Segment(Segment { track, index, rung }) => {
                [1, track.0.into(), index.into(), rung.0.into()]
            }
        };
        let keys = [viewer, kind, a, b, c, attempt.into()];
        self.seed.unit(Purpose::Failure, &keys) < self.errors
    }
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
