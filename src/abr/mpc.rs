//! RobustMPC: plan a few segments ahead against a cautious throughput, do the first step, repeat.
//!
//! Over the next `horizon` segments choose the rungs that maximise
//! `Σ q(R_k) − λ Σ |q(R_k) − q(R_{k−1})| − μ Σ stall_k`, `q` the bitrate in Mbit/s, with exact
//! sizes (Yin, Jindal, Sekar, Sinopoli, "A control-theoretic approach for dynamic adaptive video
//! streaming over HTTP", SIGCOMM 2015, §4; `λ = 1`, `μ = 3` are its balanced weights, 1 and 3,000
//! kbit/s). The throughput is the harmonic mean `Ĉ` over `window` samples, divided by one plus the
//! largest relative error it made over as many (§5.2, RobustMPC).
//!
//! The search is exact. It is cut short by a bound: what is left of a plan is worth at most what it
//! would be worth with nothing ever stalling. Of equally good plans it takes the first it meets. On
//! ladders of dozens of rungs even that may take for ever: after a million steps it takes the best
//! plan it has met.

use super::{Abr, Algorithm, Context, Decision, HarmonicMean, Outcome, Transfer, copies_of};
use crate::media::{Presentation, Rung, Track};
use crate::units::{Bitrate, Bytes, Span};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "mpc",
    summary: "RobustMPC: plans ahead for bitrate, smoothness and stalls at a cautious throughput",
    source: "Yin, Jindal, Sekar, Sinopoli, A control-theoretic approach for dynamic adaptive \
             video streaming over HTTP, SIGCOMM 2015, sections 4 and 5.2",
    parameters: Parameters::LIST,
    new: |settings, content| copies_of(Mpc::new(Parameters::from_settings(settings), content)),
};

parameters! {
    /// how many segments the plan looks ahead
    horizon: u32 = 5, 1 => 8;
    /// how many of the latest samples the throughput and its error are taken over
    window: u32 = 5, 1 => 20;
    /// Mbit/s of bitrate given up to avoid a switch of one Mbit/s (λ)
    switching: f64 = 1.0, 0.0 => 1_000.0;
    /// Mbit/s of bitrate given up to avoid one second of stall (μ)
    stalling: f64 = 3.0, 0.0 => 1_000_000.0;
}

#[derive(Clone)]
struct Mpc {
    parameters: Parameters,
    /// By track.
    predictors: Vec<Predictor>,
    plans: Vec<Plan>,
}

impl Mpc {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let predictor = Predictor::new(parameters.window);
        let plans = content.tracks.iter().map(|track| Plan::new(parameters, track)).collect();
        Self { parameters, predictors: vec![predictor; content.tracks.len()], plans }
    }
}

impl Abr for Mpc {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let track = cx.id.0 as usize;
        let Some(rate) = self.predictors[track].predict() else {
            return Decision::Fetch(Rung(0));
        };
        Decision::Fetch(self.plans[track].first_step(cx, self.parameters.horizon, rate))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done
            && let Some(sample) = transfer.throughput()
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

/// A harmonic mean, discounted by how far off it has been.
#[derive(Clone, Copy)]
struct Predictor {
    mean: HarmonicMean,
    /// Relative errors of the latest predictions, as a ring.
    errors: [f64; HarmonicMean::MOST],
    window: usize,
    seen: usize,
}

impl Predictor {
    fn new(window: u32) -> Self {
        let mean = HarmonicMean::new(window);
        Self { mean, errors: [0.0; HarmonicMean::MOST], window: window as usize, seen: 0 }
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
        let worst = self.errors[..self.window].iter().fold(0.0, |worst: f64, &e| worst.max(e));
        Some(self.mean.get()? / (1.0 + worst))
    }
}

/// The steps that one search may take, in about a hundredth of a second. Ten rungs and a horizon of
/// five take thousands.
const MOST_STEPS: u32 = 1_000_000;

/// The search for the best rungs of the next few segments of one track.
#[derive(Clone)]
struct Plan {
    switching: f64,
    stalling: f64,
    /// What each rung is worth: its bitrate in Mbit/s.
    worth: Vec<f64>,
    /// The most that `left` segments after one on a rung can be worth: by `left`, then rung.
    bound: Vec<f64>,
    /// Of the question at hand: seconds each segment takes, by step, then rung.
    seconds: Vec<f64>,
    /// Seconds of media in each segment.
    lengths: Vec<f64>,
    target: f64,
    /// Seconds of media played in a second.
    speed: f64,
    best: f64,
    /// Steps that may still be taken.
    steps_left: u32,
}

impl Plan {
    fn new(parameters: Parameters, track: &Track) -> Self {
        let worth: Vec<_> = track.ladder.bitrates().iter().map(|b| b.as_f64() / 1e6).collect();
        let (rungs, horizon) = (worth.len(), parameters.horizon as usize);
        let mut bound = vec![0.0; rungs];
        for left in 1..=horizon {
            let later = bound[(left - 1) * rungs..].to_vec();
            bound.extend((0..rungs).map(|from| {
                let then = |to: usize| {
                    worth[to] - parameters.switching * libm::fabs(worth[to] - worth[from])
                        + later[to]
                };
                (0..rungs).map(then).fold(f64::NEG_INFINITY, f64::max)
            }));
        }
        let Parameters { switching, stalling, .. } = parameters;
        let (seconds, lengths) = (vec![0.0; rungs * horizon], vec![0.0; horizon]);
        let (target, speed, best, steps_left) = (0.0, 1.0, 0.0, 0);
        Self {
            switching,
            stalling,
            worth,
            bound,
            seconds,
            lengths,
            target,
            speed,
            best,
            steps_left,
        }
    }

    /// The first rung of the best plan at `rate` bits per second.
    fn first_step(&mut self, cx: &Context<'_>, horizon: u32, rate: f64) -> Rung {
        let steps = horizon.min(cx.track.count() - cx.segment) as usize;
        let rungs = self.worth.len();
        for step in 0..steps {
            let segment = cx.segment + step as u32;
            let seconds = &mut self.seconds[step * rungs..][..rungs];
            let takes = |size: &Bytes| size.as_bits_f64() / rate;
            for (slot, size) in seconds.iter_mut().zip(cx.track.sizes(segment)) {
                *slot = takes(size);
            }
            self.lengths[step] = cx.track.duration(segment).as_secs_f64();
        }
        self.target = cx.target.max(Span::from_millis(1)).as_secs_f64();
        self.speed = cx.speed.as_f64();
        let start = State { buffer: cx.buffer.as_secs_f64(), value: 0.0, last: None };
        let start = State { last: cx.last.map(|rung| rung.0 as usize), ..start };

        // Plans that never switch are quick to weigh and often near the best: a good first bound.
        (self.best, self.steps_left) = (f64::NEG_INFINITY, MOST_STEPS);
        let mut first = 0;
        for rung in 0..rungs {
            let end = (0..steps).fold(start, |state, step| self.step(state, step, rung));
            if end.value > self.best {
                (self.best, first) = (end.value, rung);
            }
        }
        for rung in (0..rungs).rev() {
            let state = self.step(start, 0, rung);
            if self.improves(state, 1, steps) {
                first = rung;
            }
        }
        Rung(first as u8)
    }

    /// Whether some plan that goes on from here is better than the best so far, which it becomes.
    fn improves(&mut self, state: State, step: usize, steps: usize) -> bool {
        let (Some(last), Some(left)) = (state.last, self.steps_left.checked_sub(1)) else {
            return false;
        };
        self.steps_left = left;
        let rungs = self.worth.len();
        // A hair of slack: a plan that merely equals the best, but for rounding, is no improvement.
        if state.value + self.bound[(steps - step) * rungs + last] <= self.best + 1e-9 {
            return false;
        }
        if step == steps {
            self.best = state.value;
            return true;
        }
        let mut improved = false;
        for rung in (0..rungs).rev() {
            improved |= self.improves(self.step(state, step, rung), step + 1, steps);
        }
        improved
    }

    /// One segment later, had it been fetched on `rung`.
    fn step(&self, state: State, step: usize, rung: usize) -> State {
        let seconds = self.seconds[step * self.worth.len() + rung];
        let worth = self.worth[rung];
        let change = state.last.map_or(0.0, |last| libm::fabs(worth - self.worth[last]));
        let played = seconds * self.speed;
        let stall = (played - state.buffer).max(0.0) / self.speed;
        let value = state.value + worth - self.switching * change - self.stalling * stall;
        let buffer = (state.buffer - played).max(0.0) + self.lengths[step];
        State { buffer: buffer.min(self.target), value, last: Some(rung) }
    }
}

/// How a plan stands after some of its steps.
#[derive(Clone, Copy)]
struct State {
    /// Seconds of media.
    buffer: f64,
    value: f64,
    last: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::super::{Settings, Value};
    use super::*;
    use crate::seed::{Purpose, Seed};
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
    fn it_trusts_an_estimate_less_for_having_been_wrong() {
        let mut predictor = Predictor::new(5);
        predictor.observe(Bitrate::kbps(4_000));
        predictor.observe(Bitrate::kbps(2_000));
        // The prediction, 4,000, was 100 % too high; the mean is 2,666.7; half of it is left.
        let predicted = predictor.predict().unwrap();
        assert!((predicted - 1_333_333.3).abs() < 1.0, "{predicted}");
    }

    #[test]
    fn a_ladder_of_256_rungs_does_not_take_for_ever() {
        let kbps: Vec<_> = (0..256).map(|rung| 100 + 20 * rung).collect();
        let question = Question { last: Some(Rung(100)), ..Question::of(&kbps) };
        let mut settings = Settings::default();
        settings.set(&ALGORITHM.parameters[0], Value::Count(8)).unwrap();
        settings.set(&ALGORITHM.parameters[2], Value::Number(0.0)).unwrap();
        let mut abr = (ALGORITHM.new)(&settings, &question.content)();
        abr.observe(&fetched(1_000_000, 4_000));
        let Decision::Fetch(rung) = abr.choose(&question.context(6)) else { panic!("waited") };
        // 2 Mbit/s of 5.2: with a buffer and nothing against switching, something between.
        assert!(rung > Rung(0) && rung < Rung(255), "{rung:?}");
    }

    /// The bound must never cost the best plan: compare with looking at all of them.
    #[test]
    fn the_search_finds_what_trying_every_plan_finds() {
        for seed in 0..300 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let mut kbps: Vec<_> =
                (0..1 + draw.below(5)).map(|_| 100 + draw.below(6_000)).collect();
            kbps.sort_unstable();
            let last = Rung(draw.below(kbps.len() as u64) as u8);
            let segment = 44 + draw.below(6) as u32;
            let question = Question { segment, last: Some(last), ..Question::of(&kbps) };
            let cx = question.context(draw.below(27));
            let rate = (100 + draw.below(8_000)) as f64 * 1e3;
            let parameters = Parameters::from_settings(&crate::abr::Settings::default());
            let mut plan = Plan::new(parameters, cx.track);
            plan.first_step(&cx, 5, rate);

            let steps = 5.min(50 - segment as usize);
            let start =
                State { buffer: cx.buffer.as_secs_f64(), value: 0.0, last: Some(last.0 as usize) };
            let every = (0..kbps.len().pow(steps as u32)).map(|mut plan_number| {
                let mut state = start;
                for step in 0..steps {
                    state = plan.step(state, step, plan_number % kbps.len());
                    plan_number /= kbps.len();
                }
                state.value
            });
            let best = every.fold(f64::NEG_INFINITY, f64::max);
            assert!((plan.best - best).abs() < 1e-6, "seed {seed}: {} is not {best}", plan.best);
        }
    }
}
