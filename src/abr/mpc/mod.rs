//! MPC: plan a few segments ahead, do the first step, repeat.
//!
//! Over the next `horizon` segments choose the rungs that maximise
//! `Σ q(R_k) − λ Σ |q(R_k) − q(R_{k−1})| − μ Σ stall_k`, `q` the bitrate in Mbit/s, with exact
//! sizes, at the harmonic mean of the last `window` samples of throughput (Yin, Jindal, Sekar,
//! Sinopoli, "A control-theoretic approach for dynamic adaptive video streaming over HTTP", SIGCOMM
//! 2015, §4; `λ = 1`, `μ = 3` are its balanced weights, 1 and 3,000 kbit/s).
//!
//! `robust-mpc` and `fast-mpc` are the same [`Planner`] with other [`Habits`]; how the best plan is
//! found is in `search.rs`.

mod search;

pub(super) use search::{Goal, Tie};

use search::Search;

use super::{
    Abr, Algorithm, Context, Decision, Factory, HarmonicMean, Outcome, Parameter, Settings,
    Transfer, Unfit, copies_of,
};
use crate::media::{Presentation, Rung};
use crate::units::Bitrate;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "mpc",
    summary: "MPC: plans ahead for bitrate, smoothness and stalls at the mean throughput",
    source: "Yin, Jindal, Sekar, Sinopoli, A control-theoretic approach for dynamic adaptive \
             video streaming over HTTP, SIGCOMM 2015, section 4",
    parameters: Parameters::LIST,
    new: |settings, content| planner(settings, content, false),
};

/// What can be set of `mpc`, and of `robust-mpc`.
pub(super) const PARAMETERS: &[Parameter] = Parameters::LIST;

/// One that plans at the mean throughput, or cautiously.
pub(super) fn planner(
    settings: &Settings,
    content: &Presentation,
    cautious: bool,
) -> Result<Factory, Unfit> {
    let Parameters { horizon, window, switching, stalling } = Parameters::from_settings(settings);
    let goal = Goal { horizon, switching, stalling, tie: Tie::Last };
    copies_of(Planner::new(Habits { goal, window, cautious, waiting: false }, content))
}

parameters! {
    /// how many segments the plan looks ahead
    horizon: u32 = 5, 1 => 8;
    /// how many of the latest samples the throughput, and its error, are taken over
    window: u32 = 5, 1 => 20;
    /// Mbit/s of bitrate given up to avoid a switch of one Mbit/s (λ)
    switching: f64 = 1.0, 0.0 => 1_000.0;
    /// Mbit/s of bitrate given up to avoid one second of stall (μ)
    stalling: f64 = 3.0, 0.0 => 1_000_000.0;
}

/// In what planners differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    pub(super) goal: Goal,
    /// How many of the latest samples the throughput, and its error, are taken over.
    pub(super) window: u32,
    /// Whether the throughput is discounted by how far off it has been.
    pub(super) cautious: bool,
    /// Whether the wait for the first byte counts as fetching.
    pub(super) waiting: bool,
}

/// Whoever plans.
#[derive(Clone)]
pub(super) struct Planner {
    habits: Habits,
    /// By track.
    predictors: Vec<Predictor>,
    searches: Vec<Search>,
}

impl Planner {
    pub(super) fn new(habits: Habits, content: &Presentation) -> Self {
        let predictor = Predictor::new(habits.window, habits.cautious);
        let search = |track| Search::new(habits.goal, track);
        let searches: Vec<_> = content.tracks.iter().map(search).collect();
        Self { habits, predictors: vec![predictor; searches.len()], searches }
    }
}

impl Abr for Planner {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let track = cx.id.0 as usize;
        let Some(rate) = self.predictors[track].predict() else {
            return Decision::Fetch(Rung(0));
        };
        Decision::Fetch(self.searches[track].first_step(cx, rate))
    }

    fn observe(&mut self, transfer: &Transfer) {
        let sample = match self.habits.waiting {
            true => transfer.overall(),
            false => transfer.throughput(),
        };
        if transfer.outcome == Outcome::Done
            && let Some(sample) = sample
        {
            self.predictors[transfer.track.0 as usize].observe(sample);
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.predictors.iter_mut().for_each(|predictor| predictor.mean.remember(throughput));
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.predictors.first()?.predict().map(Bitrate::from_bps_f64)
    }
}

/// A harmonic mean, discounted or not by how far off it has been.
#[derive(Clone, Copy)]
struct Predictor {
    mean: HarmonicMean,
    cautious: bool,
    /// Relative errors of the latest predictions, as a ring.
    errors: [f64; HarmonicMean::MOST],
    window: usize,
    seen: usize,
}

impl Predictor {
    fn new(window: u32, cautious: bool) -> Self {
        let mean = HarmonicMean::new(window);
        let errors = [0.0; HarmonicMean::MOST];
        Self { mean, cautious, errors, window: window as usize, seen: 0 }
    }

    fn observe(&mut self, sample: Bitrate) {
        let rate = sample.as_f64().max(1.0);
        // What was remembered was no prediction.
        if let Some(predicted) = self.mean.measured() {
            self.errors[self.seen % self.window] = libm::fabs(predicted - rate) / rate;
            self.seen += 1;
        }
        self.mean.add(sample);
    }

    /// Bits per second.
    fn predict(&self) -> Option<f64> {
        let mean = self.mean.get()?;
        if !self.cautious {
            return Some(mean);
        }
        let worst = self.errors[..self.window].iter().fold(0.0, |worst: f64, &e| worst.max(e));
        Some(mean / (1.0 + worst))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::units::Speed;

    #[test]
    fn with_a_deep_buffer_it_climbs_and_with_none_it_does_not() {
        let question = Question { last: Some(Rung(0)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 2 s: 4 Mbit/s. Five segments of rung 2 take 4 s each and never stall from 20 s:
        // 5·4 − 3 = 17; on rung 0, 5.
        abr.observe(&fetched(1_000_000, 2_000));
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(2)));
        // From 1 s: rung 2 first stalls 3 s, −9; rung 1 takes 2 s, stalls 1 s; rung 0 takes 1 s and
        // does not stall. 1,1,4,4,4 cannot stall less: rung 0 first.
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(0)));
    }

    #[test]
    fn it_begins_on_what_it_remembers_and_does_not_hold_it_against_itself() {
        let question = Question::of(&[1_000, 2_000, 4_000]);
        let mut abr = question.ask(&ALGORITHM);
        abr.remember(Bitrate::kbps(4_000));
        // Rung 2 would take 4 s a segment. From 20 s it never stalls: 5·4.
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(2)));
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.estimate(), Some(Bitrate::kbps(2_000)), "with no error to discount");
    }

    #[test]
    fn at_twice_the_speed_it_knows_the_buffer_to_last_half_as_long() {
        let question = Question { last: Some(Rung(2)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        abr.observe(&fetched(1_000_000, 2_000));
        // At 4 Mbit/s five segments of rung 2 take 4 s each. At the normal speed 8 s stay 8 s, and
        // 5·4 is the best there is. At twice the speed each takes 8 s of media and brings 4: the
        // third stalls for 2 s and the rest for 2 s each, 20 − 3·2·3 = 2. With rung 1, 4 s of media
        // each, nothing stalls: 5·2 − 2 = 8.
        assert_eq!(abr.choose(&question.context(8)), Decision::Fetch(Rung(2)));
        let speed = Speed::from_per_mille(2_000).unwrap();
        let cx = Context { speed, ..question.context(4) };
        assert!(matches!(abr.choose(&cx), Decision::Fetch(rung) if rung < Rung(2)));
    }

    #[test]
    fn it_trusts_its_estimate_however_wrong_it_was_and_the_cautious_do_not() {
        let predicted = |cautious| {
            let mut predictor = Predictor::new(5, cautious);
            predictor.observe(Bitrate::kbps(4_000));
            predictor.observe(Bitrate::kbps(2_000));
            predictor.predict().unwrap()
        };
        // 2 / (1/4 + 1/2) = 2,666.7. The prediction, 4,000, was 100 % too high: half of it is left.
        assert!((predicted(false) - 2_666_666.7).abs() < 1.0);
        assert!((predicted(true) - 1_333_333.3).abs() < 1.0);
    }
}
