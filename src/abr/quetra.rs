//! QUETRA: the buffer as a queue, and the rung whose queue would stand as the buffer does.
//!
//! Media arrives at random at `ρ = throughput / bitrate` seconds a second, is played at one, and
//! `K` seconds fit: an M/D/1/K queue. Its slack, what is free of it on average, is
//! `Σ_{n<K} b_n / (1 + ρ·b_{K−1})`, with `b_n` the chance of at most `n` seconds in a queue of any
//! length, up to a factor (Brun, Garcia, "Analytical solution of finite capacity M/D/1 queues",
//! Journal of Applied Probability 37, 2000). The rung is the one whose slack is nearest to the
//! buffer, so that buffers settle around the middle (Yadav, Shafiei, Ooi, "QUETRA: a queuing theory
//! approach to DASH rate adaptation", ACM Multimedia 2017, §3).
//!
//! The rest is as in the authors' `quetra.js`: a table by hundredths of `ρ`, no slack from 1.2 on,
//! nothing but slack below 0.5; the throughput of the last segment; a decision with every fifth
//! segment; and BBA's reservoir, below which the cheapest rung is fetched. They tabulate up to 240
//! seconds. A player that holds more is counted in longer units.

use std::sync::LazyLock;

use super::{
    Abr, Algorithm, ByTrack, Context, Decision, Estimator, HarmonicMean, Transfer, copies_of,
};
use crate::media::Rung;
use crate::units::Bitrate;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "quetra",
    summary: "QUETRA: takes the buffer for a queue, and the rung whose queue would be as full",
    source: "Yadav, Shafiei, Ooi, QUETRA: a queuing theory approach to DASH rate adaptation, ACM \
             Multimedia 2017, section 3, and its authors' quetra.js",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let mean = Estimator::Harmonic(HarmonicMean::new(parameters.window));
        copies_of(Quetra { parameters, means: ByTrack::new(mean, content.tracks.len()) })
    },
};

parameters! {
    /// how many of the latest samples the throughput is the harmonic mean of
    window: u32 = 1, 1 => 20;
    /// a decision is made with every so many segments
    every: u32 = 5, 1 => 100;
    /// share of the player's target below which the cheapest rung is fetched
    reservoir: f64 = 0.375, 0.0 => 1.0;
}

#[derive(Clone)]
struct Quetra {
    parameters: Parameters,
    /// By track.
    means: ByTrack,
}

impl Abr for Quetra {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let last = cx.last.unwrap_or_default();
        let Some(estimate) = self.means.of(cx.id) else {
            return Decision::Fetch(last);
        };
        let (buffer, capacity) = (cx.buffer.as_secs_f64(), cx.target.as_secs_f64());
        if buffer < self.parameters.reservoir * capacity {
            return Decision::Fetch(Rung(0));
        }
        if cx.last.is_some() && !cx.segment.is_multiple_of(self.parameters.every) {
            return Decision::Fetch(last);
        }
        let rate = estimate / cx.speed.as_f64();
        let mut best = (f64::INFINITY, Rung(0));
        let mut some_drains = false;
        for rung in cx.track.ladder.rungs() {
            let load = rate / cx.track.ladder.bitrate(rung).as_f64().max(1.0);
            some_drains |= load >= LEAST_LOAD;
            let off = libm::fabs(buffer - slack(load, capacity));
            if off <= best.0 {
                best = (off, rung);
            }
        }
        // Where none could be sustained they are all alike, and the cheapest is the best of them.
        Decision::Fetch(if some_drains { best.1 } else { Rung(0) })
    }

    fn observe(&mut self, transfer: &Transfer) {
        self.means.observe(transfer);
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.means.remember(throughput);
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.means.first()
    }
}

/// Below this load the table has nothing but slack.
const LEAST_LOAD: f64 = 0.5;
/// From this load on it has none.
const MOST_LOAD: f64 = 1.2;
/// Loads in the table, a hundredth apart.
const LOADS: usize = 70;
/// The longest queue in the table.
const LONGEST: usize = 240;

/// By load, then length of the queue less one.
static SLACKS: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..LOADS).flat_map(|i| slacks(LEAST_LOAD + i as f64 / 100.0)).collect());

/// Seconds that are free on average in a buffer of `capacity` seconds.
fn slack(load: f64, capacity: f64) -> f64 {
    if load < LEAST_LOAD {
        return capacity;
    }
    if load >= MOST_LOAD {
        return 0.0;
    }
    // A hair more, so that a load that is in the table is found there.
    let row = (((load - LEAST_LOAD) * 100.0 + 1e-9) as usize).min(LOADS - 1);
    let length = (libm::round(capacity) as usize).clamp(1, LONGEST);
    SLACKS[row * LONGEST + length - 1] * capacity / length as f64
}

/// The slack of queues of every length up to the longest, under one load.
///
/// `b_n` is a sum of `p_0 … p_n`, the chances of a queue of any length, up to a factor. Those
/// follow from one another as what goes up past `n` must come down past it: `p_{n+1}·a_0 = p_0·A_n
/// + Σ_{i=1..n} p_i·A_{n−i+1}`, with `a_0` the chance that nothing arrives in a second, and `A_j`
/// that more than `j` seconds do.
fn slacks(load: f64) -> Vec<f64> {
    let none = libm::exp(-load);
    let (mut chance, mut more) = (none, 1.0);
    let mut above = Vec::with_capacity(LONGEST);
    for j in 0..LONGEST {
        more = f64::max(more - chance, 0.0);
        above.push(more);
        chance *= load / (j + 1) as f64;
    }
    let (mut chances, mut at_most, mut sum) = (vec![1.0], 1.0, 0.0);
    let mut slacks = Vec::with_capacity(LONGEST);
    for n in 0..LONGEST {
        sum += at_most;
        slacks.push(sum / (1.0 + load * at_most));
        let longer = (1..=n).map(|i| chances[i] * above[n + 1 - i]).sum::<f64>();
        let next = (above[n] + longer) / none;
        chances.push(next);
        at_most += next;
    }
    slacks
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;

    #[test]
    fn the_slack_is_what_the_authors_tabulate() {
        // From `slack30`, `slack60` and `slack120` of quetra.js.
        let published = [
            (0.50, 30.0, 29.25),
            (0.90, 30.0, 25.1119),
            (1.00, 30.0, 14.9228),
            (1.10, 30.0, 5.06895),
            (0.95, 60.0, 50.1614),
            (1.00, 60.0, 29.92),
            (1.19, 60.0, 2.78854),
            (1.00, 120.0, 59.9193),
        ];
        for (load, capacity, expected) in published {
            let found = slack(load, capacity);
            assert!((found - expected).abs() < 2e-4 * expected, "{load} {capacity}: {found}");
        }
        assert_eq!((slack(0.49, 30.0), slack(1.2, 30.0)), (30.0, 0.0));
        // Where two of a queue fit, ρ = 1: b = 1, then e; 1 + e over 1 + e.
        assert!((slack(1.0, 2.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn it_takes_the_rung_whose_slack_is_nearest_to_the_buffer() {
        let question = Question { last: Some(Rung(2)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        // 2 Mbit/s: ρ is 2, 1 and 0.5, and the slack of 30 s is 0, 14.92 and 29.25 s.
        abr.observe(&fetched(1_000_000, 4_000));
        let mut chosen = |segment, buffer| {
            let question = Question { segment, ..Question::of(&[1_000, 2_000, 4_000]) };
            let cx = Context { last: Some(Rung(2)), ..question.context(buffer) };
            abr.choose(&cx)
        };
        assert_eq!(chosen(10, 11), Decision::Fetch(Rung(0)), "below 0.375 · 30 s");
        assert_eq!(chosen(10, 12), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(10, 22), Decision::Fetch(Rung(1)));
        assert_eq!(chosen(10, 23), Decision::Fetch(Rung(2)));
        assert_eq!(chosen(11, 12), Decision::Fetch(Rung(2)), "not the fifth");
    }
}
