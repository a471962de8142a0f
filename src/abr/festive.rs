//! FESTIVE: a rate-based rule that is fair to others on its link, steady, and efficient.
//!
//! With `w` the harmonic mean of the last 20 samples, the target is the best rung within `p·w`. The
//! reference is one rung towards it: down at once, up from the `k`-th rung only after `k` segments
//! on it. It is moved to if that costs less, by `score(b) = 2^n + α·|b / min(w, b_ref) − 1|`, with
//! `n` the switches of the last 20 s, one more for a move. Requests wait until the buffer is down
//! to a level that is drawn for each segment, so that players on one link do not fall into step
//! (Jiang, Sekar, Zhang, "Improving fairness, efficiency, and stability in HTTP-based adaptive
//! video streaming with FESTIVE", CoNEXT 2012, §4; `p = 0.85`, `α = 12`).
//!
//! The paper draws from 30 s, one segment more or less. Here the highest level is the most the
//! player can hold when it asks, and the lowest one segment, which has to be there to fetch another
//! meanwhile. The paper fetches 20 segments on the cheapest rung before it trusts its mean; this
//! trusts it from the first.

use super::buffer_map::most;
use super::{Abr, Algorithm, Context, Decision, HarmonicMean, Outcome, Transfer, copies_of};
use crate::media::{Ladder, Rung};
use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Span, Time};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "festive",
    summary: "FESTIVE: harmonic mean, one rung at a time, steadiness against efficiency, and a \
              random buffer level to ask at",
    source: "Jiang, Sekar, Zhang, Improving fairness, efficiency, and stability in HTTP-based \
             adaptive video streaming with FESTIVE, CoNEXT 2012, section 4",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let state = State::new(parameters.window);
        let tracks = vec![state; content.tracks.len()];
        copies_of(Festive { parameters, seed: Seed::default(), tracks })
    },
};

parameters! {
    /// share of the estimate that the target may take (p)
    share: f64 = 0.85, 0.05 => 2.0;
    /// how many of the latest samples the harmonic mean is over
    window: u32 = 20, 1 => 20;
    /// what efficiency weighs against steadiness (α)
    alpha: f64 = 12.0, 0.0 => 1_000.0;
    /// how long a switch counts against the next
    memory: Span = Span::from_secs(20), Span::ZERO => Span::from_secs(3_600);
    /// how far the level to ask at may be from its middle, in segments
    spread: f64 = 1.0, 0.0 => 10.0;
}

#[derive(Clone)]
struct Festive {
    parameters: Parameters,
    seed: Seed,
    tracks: Vec<State>,
}

/// What is kept of a track.
#[derive(Clone, Copy)]
struct State {
    mean: HarmonicMean,
    /// The segment last asked about, and the rung before it.
    asked: Option<(u32, Option<Rung>)>,
    /// How many segments in a row have been on that rung.
    held: u32,
    /// When the latest switches were, as a ring.
    switches: [Option<Time>; Self::MOST],
    switched: usize,
}

impl State {
    /// The most switches that count: 2^16 outweighs any efficiency.
    const MOST: usize = 16;

    fn new(window: u32) -> Self {
        let mean = HarmonicMean::new(window);
        Self { mean, asked: None, held: 0, switches: [None; Self::MOST], switched: 0 }
    }

    /// Takes note of the rung before a segment, once.
    fn note(&mut self, cx: &Context<'_>) {
        let before = match self.asked {
            Some((segment, _)) if segment == cx.segment => return,
            Some((_, before)) => before,
            None => None,
        };
        self.asked = Some((cx.segment, cx.last));
        self.held = if before == cx.last { self.held.saturating_add(1) } else { 1 };
        if before.is_some() && before != cx.last {
            self.switches[self.switched % Self::MOST] = Some(cx.now);
            self.switched += 1;
        }
    }

    fn switches_since(&self, moment: Time) -> i32 {
        self.switches.iter().flatten().filter(|&&at| at > moment).count() as i32
    }
}

impl Festive {
    fn rung(&self, cx: &Context<'_>) -> Rung {
        let state = &self.tracks[cx.id.0 as usize];
        let Some(last) = cx.last else { return Rung(0) };
        let Some(estimate) = state.mean.get() else { return last };
        let rate = estimate / cx.speed.as_f64();
        let ladder = &cx.track.ladder;
        let target = ladder.within(Bitrate::from_bps_f64(self.parameters.share * rate));
        let reference = if target < last {
            Rung(last.0 - 1)
        } else if target > last && state.held > u32::from(last.0) {
            Rung(last.0 + 1)
        } else {
            return last;
        };
        let since = cx.now.since_start().saturating_sub(self.parameters.memory);
        let switches = state.switches_since(Time::ZERO + since);
        let costs = |rung, switches| {
            let against = bits(ladder, reference).min(rate);
            let inefficiency = libm::fabs(bits(ladder, rung) / against - 1.0);
            libm::ldexp(1.0, switches) + self.parameters.alpha * inefficiency
        };
        if costs(reference, switches + 1) < costs(last, switches) { reference } else { last }
    }

    /// The media, in seconds, at which the segment is asked for.
    fn level(&self, cx: &Context<'_>) -> f64 {
        let lasts = cx.duration().as_secs_f64();
        let keys = [u64::from(cx.id.0), u64::from(cx.segment)];
        let down = 2.0 * self.seed.unit(Purpose::Choice, &keys);
        (most(cx) - down * self.parameters.spread * lasts).max(lasts)
    }
}

fn bits(ladder: &Ladder, rung: Rung) -> f64 {
    ladder.bitrate(rung).as_f64().max(1.0)
}

impl Abr for Festive {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        self.tracks[cx.id.0 as usize].note(cx);
        let beyond = cx.buffer.as_secs_f64() - self.level(cx);
        if beyond > 0.0 {
            return Decision::Wait(Span::from_secs_f64(beyond / cx.speed.as_f64()));
        }
        Decision::Fetch(self.rung(cx))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done
            && let Some(sample) = transfer.throughput()
        {
            self.tracks[transfer.track.0 as usize].mean.add(sample);
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.tracks.iter_mut().for_each(|state| state.mean.remember(throughput));
    }

    fn seed(&mut self, seed: Seed) {
        self.seed = seed;
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.tracks.first()?.mean.get().map(Bitrate::from_bps_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;

    /// Asks about one segment after the other, from a buffer of 10 s, and goes where it says.
    fn walk(abr: &mut dyn Abr, question: &mut Question, segments: u32) -> Vec<u8> {
        let mut rungs = Vec::new();
        for _ in 0..segments {
            let Decision::Fetch(rung) = abr.choose(&question.context(10)) else { panic!("waited") };
            (question.last, question.segment) = (Some(rung), question.segment + 1);
            rungs.push(rung.0);
        }
        rungs
    }

    #[test]
    fn the_higher_it_is_the_longer_it_stays_before_it_goes_up() {
        let mut question = Question::of(&[1_000, 2_000, 4_000, 8_000]);
        let mut abr = question.ask(&ALGORITHM);
        abr.observe(&fetched(1_250_000, 1_000));
        // 10 Mbit/s, of which 8.5 reach the top. From rung 0: staying costs 1 + 12·|1/2 − 1| = 7,
        // going up 2 + 0. From rung 1 after two segments, with one switch: 2 + 6 against 4. From
        // rung 2 after three, with two: 4 + 6 against 8.
        assert_eq!(walk(&mut *abr, &mut question, 8), [0, 1, 1, 2, 2, 2, 3, 3]);
        // Now 2 Mbit/s, of which 1.7 sustain rung 0. With three switches in mind (all of this is at
        // one moment), down costs 16 + 12·|4 / 2 − 1| = 28, and staying 8 + 12·|8 / 2 − 1| = 44.
        for _ in 0..20 {
            abr.observe(&fetched(250_000, 1_000));
        }
        assert_eq!(walk(&mut *abr, &mut question, 1), [2]);
        // With four in mind, down costs 32, and staying 16 + 12·|4 / 2 − 1| = 28.
        assert_eq!(walk(&mut *abr, &mut question, 1), [2]);
    }

    #[test]
    fn it_asks_at_a_level_of_its_own_for_each_viewer_and_segment() {
        let question = Question::of(&[1_000, 2_000]);
        let mut abr = question.ask(&ALGORITHM);
        let mut level = |seed, segment| {
            abr.seed(Seed(seed));
            let cx = Context { segment, ..question.context(26) };
            match abr.choose(&cx) {
                Decision::Wait(span) => 26.0 - span.as_secs_f64(),
                _ => 26.0,
            }
        };
        // At most 26 s when asked, and two segments of 4 s less.
        let levels: Vec<_> = (0..40).map(|k| level(7, k)).collect();
        assert!(levels.iter().all(|level| (18.0..=26.0).contains(level)), "{levels:?}");
        let mean = levels.iter().sum::<f64>() / 40.0;
        assert!((mean - 22.0).abs() < 1.5, "{mean}");
        assert_eq!(level(7, 3), levels[3]);
        assert_ne!(level(8, 3), levels[3]);
    }
}
