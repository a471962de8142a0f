//! L2ARule of dash.js (`rules/abr/L2ARule.js`): shares of the representations are learnt online, so
//! that what comes in a segment's time is neither more nor less than is played.
//!
//! Its mix-up of units is load-bearing and kept: the step of the multiplier has bit/s over kbit/s,
//! and the brake on going up compares bit/s with kbit/s, so that it next to never holds.

use super::rules::Ladder;
use crate::abr::l2a_ll::project;

/// Segments looked ahead, the exponent of them, and how quickly a buffer is reacted to.
const HORIZON: f64 = 4.0;
const EXPONENT: f64 = 0.99;
const REACT: f64 = 2.0;

/// The buffer at which learning begins, in seconds.
const BUFFER: f64 = 1.5;

/// The rule, for pictures.
#[derive(Clone, Debug)]
pub struct L2a {
    kbps: Vec<f64>,
    shares: Vec<f64>,
    next: Vec<f64>,
    sorted: Vec<f64>,
    multiplier: f64,
    steady: bool,
}

impl L2a {
    /// Of nothing yet.
    pub fn new(kbps: &[f64]) -> Self {
        let none = vec![0.0; kbps.len()];
        let (next, sorted) = (none.clone(), none.clone());
        Self { kbps: kbps.to_vec(), shares: none, next, sorted, multiplier: 0.0, steady: false }
    }

    /// The place of the next segment. The last, as long as it, came at `last` kbit/s from place
    /// `current`; so much is buffered, at a rate of play; `safe` is what startup may spend.
    pub fn decide(
        &mut self,
        ladder: &Ladder,
        (safe, last): (f64, f64),
        (buffer, segment, rate): (f64, f64, f64),
        current: usize,
    ) -> usize {
        let horizon = libm::pow(HORIZON, EXPONENT);
        if !self.steady {
            let place = ladder.optimal(safe);
            if buffer >= BUFFER {
                self.steady = true;
                self.shares.fill(0.0);
                self.shares[place] = 1.0;
                self.multiplier = horizon;
            }
            return place;
        }
        let last = last.max(1.0);
        let alpha = HORIZON.max(horizon * libm::sqrt(HORIZON));
        let mut sign = 1.0;
        for (place, kbps) in self.kbps.iter().enumerate() {
            if rate * kbps > last {
                sign = -1.0;
            }
            let pull = (self.multiplier + horizon) * (rate * kbps / last);
            self.next[place] = self.shares[place] + sign * segment / (2.0 * alpha) * pull;
        }
        project(&mut self.next, &mut self.sorted);
        let bits = |shares: &[f64]| -> f64 {
            self.kbps.iter().zip(shares).map(|(kbps, share)| 1e3 * kbps * share).sum()
        };
        let (after, before) = (bits(&self.next), bits(&self.shares));
        let drift = segment * rate * ((after + (after - before)) / last);
        self.multiplier = (self.multiplier - segment + drift).max(0.0);
        self.shares.copy_from_slice(&self.next);
        let wanted = after / 1e3;
        let nearer = |a: &usize, b: &usize| {
            (self.kbps[*a] - wanted).abs().total_cmp(&(self.kbps[*b] - wanted).abs())
        };
        let mut place = (0..self.kbps.len()).min_by(nearer).unwrap_or(0);
        if place > current && 1e3 * self.kbps[current + 1] <= last {
            place = current + 1;
        }
        if self.kbps[place] >= last {
            self.multiplier = REACT * horizon.max(self.multiplier);
        }
        place
    }

    /// The viewer has gone to another place.
    pub fn sought(&mut self) {
        self.steady = false;
    }
}
