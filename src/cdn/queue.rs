//! Servers with one queue in front of them: first come, first served, and no more than fit.
//!
//! The idea to hold: who comes now is served by whoever is free first, so when is known at once,
//! and nothing has to be simulated in between. That is exact for any times of service (G/G/k).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::{Span, Time};

/// What serves requests.
#[derive(Clone, Debug)]
pub struct Servers {
    /// When each is free.
    free: BinaryHeap<Reverse<Time>>,
    /// When those who wait begin to be served.
    waiting: VecDeque<Time>,
    /// How many may wait.
    room: usize,
}

impl Servers {
    /// So many servers, at least one, all free, and room for so many who wait.
    pub fn new(servers: usize, room: usize) -> Self {
        let free = vec![Reverse(Time::ZERO); servers.max(1)].into();
        Self { free, waiting: VecDeque::new(), room }
    }

    /// Somebody comes who takes so long to serve; returns when that begins, or nothing where there
    /// is no room for them to wait. Nobody may come before who came last.
    pub fn enter(&mut self, now: Time, service: Span) -> Option<Time> {
        while self.waiting.front().is_some_and(|&begins| begins <= now) {
            self.waiting.pop_front();
        }
        let mut first = self.free.peek_mut()?;
        let begins = first.0.max(now);
        if begins > now {
            if self.waiting.len() >= self.room {
                return None;
            }
            self.waiting.push_back(begins);
        }
        *first = Reverse(Time::from_nanos(begins.as_nanos().saturating_add(service.as_nanos())));
        Some(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    fn at(secs: u64) -> Time {
        Time::ZERO + Span::from_secs(secs)
    }

    #[test]
    fn two_servers_and_room_for_one() {
        let mut servers = Servers::new(2, 1);
        let mut enter = |secs, service| servers.enter(at(secs), Span::from_secs(service));
        assert_eq!(enter(0, 10), Some(at(0)));
        assert_eq!(enter(1, 3), Some(at(1)));
        // The second server is free at 4; there is no room for another to wait until then.
        assert_eq!(enter(2, 5), Some(at(4)));
        assert_eq!(enter(3, 1), None);
        // Served since 4, until 9; then the first server is free at 10.
        assert_eq!(enter(4, 1), Some(at(9)));
        assert_eq!(enter(9, 1), Some(at(10)));
        assert_eq!(enter(20, 1), Some(at(20)));
    }

    /// L = λ·W (Little, 1961), and of a queue with exponential times the mean wait of Erlang's C.
    #[test]
    fn littles_law_in_the_queue() {
        const SERVERS: usize = 4;
        let mut draw = Seed(7).stream(Purpose::Arrival, &[]);
        let mut exponential = |mean: f64| -mean * libm::log(1.0 - draw.unit());
        let mut servers = Servers::new(SERVERS, usize::MAX);
        let (mut now, mut changes, mut waits) = (0.0, Vec::new(), 0.0);
        let arrivals = 2_000_000;
        for _ in 0..arrivals {
            now += exponential(1.0);
            let service = exponential(3.2);
            let came = Time::ZERO + Span::from_secs_f64(now);
            let begins = servers.enter(came, Span::from_secs_f64(service)).unwrap();
            waits += (begins - came).as_secs_f64();
            changes.extend([(came, 1_i64), (begins, -1)]);
        }
        // The mean number of those who wait, over time.
        changes.sort();
        let (mut waiting, mut area, mut last) = (0, 0.0, Time::ZERO);
        for (when, change) in changes {
            area += waiting as f64 * (when - last).as_secs_f64();
            (waiting, last) = (waiting + change, when);
        }
        let (length, rate, wait) = (area / now, arrivals as f64 / now, waits / arrivals as f64);
        assert!((length / (rate * wait) - 1.0).abs() < 0.01, "{length} of {rate} · {wait}");
        // Erlang's C with four servers offered 3.2: the chance to wait is
        // (3.2⁴/4! · 5) / (Σ 3.2ⁿ/n! for n < 4, + 3.2⁴/4! · 5) = 21.845/36.627 = 0.5964, and the
        // wait 0.5964 · 3.2/(4 − 3.2) = 2.386 s.
        assert!((wait / 2.386 - 1.0).abs() < 0.03, "{wait}");
    }
}
