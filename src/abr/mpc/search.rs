//! The search for the best rungs of the next few segments of one track.
//!
//! The idea to hold: the search is exact, and cut short by two bounds on what the rest of a plan
//! can be worth, of which the lower counts.
//! - As if nothing ever stalled. This one is of the ladder alone, and made once.
//! - As if all media there is until the last segment comes were there from the start, and the rest
//!   stalled only for as long as fetching it takes longer than that lasts. No plan stalls less.
//!   With `μ` for every second of fetching, and as much back for every second there is media for,
//!   the best such rest is found from the end, once per question.
//!
//! A plan is asked for its first step alone, so ties are between first steps. On ladders of dozens
//! of rungs even this may take for ever: after a million steps the best plan met is taken.

use super::super::Context;
use crate::media::{Rung, Track};
use crate::units::{Bytes, Span};

/// Which first step is taken where plans are equally good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Tie {
    /// The cheapest, as one finds who tries all plans in order and keeps the first of the best.
    First,
    /// The dearest, as one who keeps the last.
    Last,
}

/// What a plan is worth: bitrates in Mbit/s, less these.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Goal {
    /// How many segments it is of.
    pub(in super::super) horizon: u32,
    /// Mbit/s for a switch of one Mbit/s (λ).
    pub(in super::super) switching: f64,
    /// Mbit/s for a second of stall (μ).
    pub(in super::super) stalling: f64,
    /// Which of equally good plans is the best.
    pub(in super::super) tie: Tie,
}

/// The steps that one search may take, in about a hundredth of a second. Six rungs and a horizon of
/// five take dozens, or a few hundred.
const MOST_STEPS: u32 = 1_000_000;

/// The search, and room for what it works out.
#[derive(Clone)]
pub(super) struct Search {
    goal: Goal,
    /// What each rung is worth: its bitrate in Mbit/s.
    worth: Vec<f64>,
    /// The most that `left` segments after one on a rung can be worth if nothing stalls: by `left`,
    /// then rung.
    smooth: Vec<f64>,
    /// Of the question at hand: the same, less `μ` for every second they take.
    slow: Vec<f64>,
    /// Seconds each segment takes, by step, then rung.
    seconds: Vec<f64>,
    /// Seconds of media in each segment.
    lengths: Vec<f64>,
    /// Seconds it takes to play the media of the segments from a step on, but for the last.
    cushions: Vec<f64>,
    steps: usize,
    target: f64,
    /// Seconds of media played in a second.
    speed: f64,
    /// What the best plan so far is worth, and what another must be worth more than.
    best: f64,
    bar: f64,
    /// Steps that may still be taken.
    steps_left: u32,
}

impl Search {
    pub(super) fn new(goal: Goal, track: &Track) -> Self {
        let worth: Vec<_> = track.ladder.bitrates().iter().map(|b| b.as_f64() / 1e6).collect();
        let (rungs, horizon) = (worth.len(), goal.horizon as usize);
        let mut search = Self {
            goal,
            worth,
            smooth: vec![0.0; rungs * (horizon + 1)],
            slow: vec![0.0; rungs * (horizon + 1)],
            seconds: vec![0.0; rungs * horizon],
            lengths: vec![0.0; horizon],
            cushions: vec![0.0; horizon + 1],
            steps: 0,
            target: 0.0,
            speed: 1.0,
            best: 0.0,
            bar: 0.0,
            steps_left: 0,
        };
        for left in 1..=horizon {
            for from in 0..rungs {
                let most = search.most(&search.smooth, left, from, |_| 0.0);
                search.smooth[left * rungs + from] = most;
            }
        }
        search
    }

    /// The most that `left` segments after one on rung `from` can be worth, by what one less can
    /// be, if fetching one on a rung costs so much.
    fn most(&self, later: &[f64], left: usize, from: usize, cost: impl Fn(usize) -> f64) -> f64 {
        let rungs = self.worth.len();
        let later = &later[(left - 1) * rungs..][..rungs];
        let before = self.worth[from];
        let then = |(to, (&worth, &later)): (usize, (&f64, &f64))| {
            worth - self.goal.switching * libm::fabs(worth - before) - cost(to) + later
        };
        self.worth.iter().zip(later).enumerate().map(then).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The first rung of the best plan at `rate` bits per second.
    pub(super) fn first_step(&mut self, cx: &Context<'_>, rate: f64) -> Rung {
        let start = self.ask(cx, rate);
        let rungs = self.worth.len();
        // Plans that never switch are quick to weigh and often near the best: a good first bar.
        (self.best, self.steps_left) = (f64::NEG_INFINITY, MOST_STEPS);
        let mut first = 0;
        for rung in 0..rungs {
            let end = (0..self.steps).fold(start, |state, step| self.step(state, step, rung));
            if end.value > self.best {
                (self.best, first) = (end.value, rung);
            }
        }
        for place in 0..rungs {
            let (rung, preferred) = match self.goal.tie {
                Tie::First => (place, place < first),
                Tie::Last => (rungs - 1 - place, rungs - 1 - place > first),
            };
            let slack = self.slack();
            self.bar = if preferred { self.best - slack } else { self.best + slack };
            if self.improves(self.step(start, 0, rung), rung, 1) {
                first = rung;
            }
        }
        Rung(first as u8)
    }

    /// Takes in a question; returns how a plan begins.
    fn ask(&mut self, cx: &Context<'_>, rate: f64) -> State {
        let rungs = self.worth.len();
        self.steps = self.goal.horizon.min(cx.track.count() - cx.segment) as usize;
        self.target = cx.target.max(Span::from_millis(1)).as_secs_f64();
        self.speed = cx.speed.as_f64();
        let takes = |size: &Bytes| size.as_bits_f64() / rate;
        for step in 0..self.steps {
            let segment = cx.segment + step as u32;
            let seconds = self.seconds[step * rungs..][..rungs].iter_mut();
            seconds.zip(cx.track.sizes(segment)).for_each(|(slot, size)| *slot = takes(size));
            self.lengths[step] = cx.track.duration(segment).as_secs_f64();
        }
        self.cushions[self.steps] = 0.0;
        for step in (0..self.steps).rev() {
            let left = self.steps - step;
            let lasts = if left > 1 { self.lengths[step] / self.speed } else { 0.0 };
            self.cushions[step] = self.cushions[step + 1] + lasts;
            for from in 0..rungs {
                let cost = |to: usize| self.goal.stalling * self.seconds[step * rungs + to];
                let most = self.most(&self.slow, left, from, cost);
                self.slow[left * rungs + from] = most;
            }
        }
        let last = cx.last.map(|rung| self.worth[rung.0 as usize]);
        State { buffer: cx.buffer.as_secs_f64(), value: 0.0, last }
    }

    /// A hair: plans that differ by less, by rounding only, are equally good.
    fn slack(&self) -> f64 {
        1e-9 * libm::fabs(self.best).max(1.0)
    }

    /// Whether some plan that goes on from here, after a segment on `rung`, is above the bar; the
    /// bar is raised to the best of them.
    fn improves(&mut self, state: State, rung: usize, step: usize) -> bool {
        let Some(left) = self.steps_left.checked_sub(1) else { return false };
        self.steps_left = left;
        let rungs = self.worth.len();
        let place = (self.steps - step) * rungs + rung;
        let spare = state.buffer / self.speed + self.cushions[step];
        let slow = self.slow[place] + self.goal.stalling * spare;
        if state.value + self.smooth[place].min(slow) <= self.bar {
            return false;
        }
        if step == self.steps {
            self.best = self.best.max(state.value);
            self.bar = self.best + self.slack();
            return true;
        }
        let mut improved = false;
        for rung in (0..rungs).rev() {
            improved |= self.improves(self.step(state, step, rung), rung, step + 1);
        }
        improved
    }

    /// One segment later, had it been fetched on `rung`.
    fn step(&self, state: State, step: usize, rung: usize) -> State {
        let seconds = self.seconds[step * self.worth.len() + rung];
        let worth = self.worth[rung];
        let change = state.last.map_or(0.0, |last| libm::fabs(worth - last));
        let played = seconds * self.speed;
        let stall = (played - state.buffer).max(0.0) / self.speed;
        let Goal { switching, stalling, .. } = self.goal;
        let value = state.value + worth - switching * change - stalling * stall;
        let buffer = (state.buffer - played).max(0.0) + self.lengths[step];
        State { buffer: buffer.min(self.target), value, last: Some(worth) }
    }
}

/// How a plan stands after some of its steps.
#[derive(Clone, Copy)]
struct State {
    /// Seconds of media.
    buffer: f64,
    value: f64,
    /// What the rung of the last segment is worth.
    last: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Question;
    use super::*;
    use crate::seed::{Purpose, Seed};
    use crate::units::Speed;

    /// What the best plan is worth, and its first rung, found by trying every plan in order.
    fn by_trying(search: &Search, start: State) -> (f64, usize) {
        let (rungs, steps) = (search.worth.len(), search.steps);
        let plans = 0..rungs.pow(steps as u32);
        let value = |plan: usize| {
            // The first step is the leading digit.
            let digit = |step: usize| plan / rungs.pow((steps - 1 - step) as u32) % rungs;
            (0..steps).fold(start, |state, step| search.step(state, step, digit(step))).value
        };
        let values: Vec<_> = plans.map(value).collect();
        let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ties = |value: &f64| *value >= best - 1e-9 * best.abs().max(1.0);
        let plan = match search.goal.tie {
            Tie::First => values.iter().position(ties),
            Tie::Last => values.iter().rposition(ties),
        };
        (best, plan.unwrap() / rungs.pow(steps as u32 - 1))
    }

    #[test]
    fn the_search_finds_what_trying_every_plan_finds() {
        let (mut ties, mut longest) = ([0; 6], 0);
        for seed in 0..600 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            // Some rungs twice, so that there are ties.
            let mut rung = || 500 + 500 * draw.below(9);
            let mut kbps: Vec<_> = (0..1 + seed % 6).map(|_| rung()).collect();
            kbps.sort_unstable();
            let last = Some(Rung(draw.below(kbps.len() as u64) as u8));
            let last = last.filter(|_| draw.below(8) > 0);
            let segment = 44 + draw.below(6) as u32;
            let question = Question { segment, last, ..Question::of(&kbps) };
            let mut cx = question.context(draw.below(27));
            cx.speed = Speed::from_per_mille(500 + 250 * draw.below(7) as u16).unwrap();
            cx.target = Span::from_secs(4 + draw.below(30));
            let goal = Goal {
                horizon: 1 + draw.below(5) as u32,
                switching: draw.below(4) as f64,
                stalling: [0.0, 0.5, 3.0, 4.3, 100.0][draw.below(5) as usize],
                tie: if draw.below(2) == 0 { Tie::First } else { Tie::Last },
            };
            let rate = (100 + draw.below(8_000)) as f64 * 1e3;
            let mut search = Search::new(goal, cx.track);
            let found = search.first_step(&cx, rate);
            longest = longest.max(MOST_STEPS - search.steps_left);
            let start = search.ask(&cx, rate);
            let (best, first) = by_trying(&search, start);
            let off = (search.best - best).abs() / best.abs().max(1.0);
            assert!(off < 1e-9, "seed {seed}: {} is not {best}", search.best);
            assert_eq!(usize::from(found.0), first, "seed {seed}: {goal:?}");
            ties[first] += 1;
        }
        assert!(ties.iter().all(|&times| times > 3), "{ties:?}");
        assert!(longest < 1_000, "{longest} steps");
    }

    #[test]
    fn of_equally_good_first_steps_the_tie_rule_takes_one() {
        let question = Question { last: Some(Rung(0)), ..Question::of(&[1_000, 2_000]) };
        let goal = Goal { horizon: 1, switching: 1.0, stalling: 0.0, tie: Tie::First };
        let first = |goal: Goal| {
            let cx = question.context(20);
            Search::new(goal, cx.track).first_step(&cx, 2e6)
        };
        // One step: 1 on rung 0, 2 − 1 on rung 1.
        assert_eq!(first(goal), Rung(0));
        assert_eq!(first(Goal { tie: Tie::Last, ..goal }), Rung(1));
    }

    #[test]
    fn a_ladder_of_256_rungs_does_not_take_for_ever() {
        let kbps: Vec<_> = (0..256).map(|rung| 100 + 20 * rung).collect();
        let question = Question { last: Some(Rung(100)), ..Question::of(&kbps) };
        let goal = Goal { horizon: 8, switching: 0.0, stalling: 3.0, tie: Tie::Last };
        let cx = question.context(6);
        let rung = Search::new(goal, cx.track).first_step(&cx, 2e6);
        // 2 Mbit/s of 5.2: with a buffer and nothing against switching, something between.
        assert!(rung > Rung(0) && rung < Rung(255), "{rung:?}");
    }
}
