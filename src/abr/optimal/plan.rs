//! The best rungs for a whole track on a link that is known to its end, by dynamic programming.
//!
//! The idea to hold: after each segment there are two things a past can be better in: how early the
//! segment came, and what it is worth. What it is worth is `R − μ·w`, the quality so far less the
//! price of having waited `w` in all; and one that has waited longer may do so at the same price
//! later, so a past is beaten by another that is as early, and as good both in `R` and in `R − μ·w`
//! (less what it costs to switch, where the last rungs differ). Those not beaten are kept, one for
//! each rung and each step of the clock.
//!
//! How far off that is: [`Plan::value`] is reached by its rungs, so the optimum is no less. Run once
//! more with every arrival taken to be as early as the step of the clock it falls in, the same
//! search gives [`bound`], which the optimum does not exceed, as long as playback starts and goes on
//! with one segment.

use crate::abr::Future;
use crate::media::{Rung, Track};
use crate::units::{Pts, Span, Time, Work};

/// What a plan is to be best in, in Mbit/s of one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// λ: for each Mbit/s of a switch.
    pub switching: f64,
    /// For each switch, however small.
    pub switches: f64,
    /// μ: for each second waited, at the start or in a stall.
    pub waiting: f64,
}

impl Objective {
    fn switch(&self, from: Option<f64>, to: f64) -> f64 {
        match from.map(|from| (from - to).abs()) {
            Some(change) if change > 0.0 => self.switching * change + self.switches,
            Some(_) | None => 0.0,
        }
    }
}

/// Where a viewer is when they begin.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// When the first segment may be asked for.
    pub now: Time,
    /// The most media held.
    pub target: Span,
}

/// The rungs to fetch, and what they are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// By segment.
    pub rungs: Vec<Rung>,
    /// Σ bitrate − λ Σ |Δ bitrate| − μ · (waited since the beginning).
    pub value: f64,
}

/// The best plan found with a clock of steps of `step`.
pub fn plan(track: &Track, future: &Future, start: Start, of: Objective, step: Span) -> Plan {
    let mut search = Search::new(track, future, start, of, step, false);
    let best = search.run();
    Plan { rungs: search.trail(best), value: best.worth(&of) }
}

/// What no plan is worth more than.
pub fn bound(track: &Track, future: &Future, start: Start, of: Objective, step: Span) -> f64 {
    let mut search = Search::new(track, future, start, of, step, true);
    search.run().worth(&of)
}

/// A past: one way to have come so far.
#[derive(Clone, Copy, Debug)]
struct Past {
    /// When its last segment came.
    at: Time,
    /// How far has been played by then.
    head: Span,
    playing: bool,
    started: bool,
    /// Seconds waited in all.
    waited: f64,
    /// R.
    quality: f64,
    /// Its last segment's place in the trail.
    trail: u32,
}

impl Past {
    fn worth(&self, of: &Objective) -> f64 {
        self.quality - of.waiting * self.waited
    }
}

/// How many pasts of one rung and one step of the clock are kept: the one worth most, and the one
/// of the highest quality.
const KEPT: usize = 2;

/// The most steps of the clock between the first and the last past of a segment; later ones share
/// the last.
const STEPS: usize = 4_096;

struct Search<'a> {
    track: &'a Track,
    future: Future,
    start: Start,
    of: Objective,
    step: Span,
    /// Whether every past is taken to be as early as its step of the clock.
    early: bool,
    /// By rung, in Mbit/s.
    mbps: Vec<f64>,
    /// Which past each past comes of, and its rung.
    trail: Vec<(u32, Rung)>,
}

/// Nobody's place in the trail.
const NOWHERE: u32 = u32::MAX;

impl<'a> Search<'a> {
    fn new(
        track: &'a Track,
        future: &Future,
        start: Start,
        of: Objective,
        step: Span,
        early: bool,
    ) -> Self {
        let mbps = track.ladder.bitrates().iter().map(|rate| rate.as_kbps_f64() / 1e3).collect();
        let future = future.clone();
        Self { track, future, start, of, step, early, mbps, trail: Vec::new() }
    }

    /// The past of the whole track that is worth most.
    fn run(&mut self) -> Past {
        let begun = Past {
            at: self.start.now,
            head: Span::ZERO,
            playing: false,
            started: false,
            waited: 0.0,
            quality: 0.0,
            trail: NOWHERE,
        };
        let mut pasts = vec![(begun, None)];
        let mut next: Vec<(Past, Rung)> = Vec::new();
        for segment in 0..self.track.count() {
            next.clear();
            for &(past, last) in &pasts {
                self.extend(segment, past, last, &mut next);
            }
            self.keep(&next, &mut pasts);
        }
        let worth = |past: &Past| past.worth(&self.of);
        let pasts = pasts.into_iter().map(|(past, _)| past);
        pasts.max_by(|a, b| worth(a).total_cmp(&worth(b))).unwrap_or(begun)
    }

    /// Fetches a segment on every rung.
    fn extend(
        &mut self,
        segment: u32,
        past: Past,
        last: Option<Rung>,
        into: &mut Vec<(Past, Rung)>,
    ) {
        let ends = place(self.track.start(segment)) + self.track.duration(segment);
        let room = ends.saturating_sub(self.start.target).saturating_sub(past.head);
        let asked = if past.playing { past.at + room } else { past.at };
        let begins = asked + self.future.wait(asked);
        let before = self.future.bandwidth.done_by(begins);
        let rate = |rung: Rung| self.mbps[usize::from(rung.0)];
        let from = last.map(rate);
        for rung in self.track.ladder.rungs() {
            let size = self.track.size(segment, rung);
            let Some(comes) = self.future.bandwidth.reaches(before + Work::from(size)) else {
                continue;
            };
            let mut then = self.play(past, segment, comes.max(begins));
            then.quality += rate(rung) - self.of.switch(from, rate(rung));
            into.push((then, rung));
        }
    }

    /// Plays on until a segment comes.
    fn play(&self, past: Past, segment: u32, comes: Time) -> Past {
        let held = place(self.track.start(segment));
        let ends = held + self.track.duration(segment);
        let elapsed = comes - past.at;
        let played = if past.playing { elapsed.min(held - past.head) } else { Span::ZERO };
        let (mut head, mut at) = (past.head + played, comes);
        let mut waited = past.waited + (elapsed - played).as_secs_f64();
        if self.early {
            let over = Span::from_nanos(comes.as_nanos() % self.step.as_nanos());
            let over = over.min(comes - self.start.now);
            at = comes - over;
            waited -= over.as_secs_f64();
        }
        head = head.min(held);
        let dry = head >= held;
        let enough = if past.started { self.future.resume } else { self.future.startup };
        let last = segment + 1 == self.track.count();
        let playing = (past.playing && !dry) || ends - head >= enough || last;
        Past { at, head, playing, started: past.started || playing, waited, ..past }
    }

    /// Of all pasts, those that are not beaten.
    fn keep(&mut self, all: &[(Past, Rung)], kept: &mut Vec<(Past, Option<Rung>)>) {
        kept.clear();
        let Some(first) = all.iter().map(|(past, _)| past.at).min() else { return };
        let rungs = self.mbps.len();
        let step_of = |past: &Past| {
            let step = (past.at - first).as_nanos() / self.step.as_nanos();
            (step as usize).min(STEPS - 1)
        };
        let steps = all.iter().map(|(past, _)| step_of(past) + 1).max().unwrap_or(1);
        let mut cells: Vec<[Option<(Past, Rung)>; KEPT]> = vec![[None; KEPT]; steps * rungs];
        for &(past, rung) in all {
            let cell = &mut cells[step_of(&past) * rungs + usize::from(rung.0)];
            self.settle(cell, past, rung);
        }
        // The best of those before, by rung: worth and quality.
        let mut lead = vec![(f64::NEG_INFINITY, f64::NEG_INFINITY); rungs];
        for row in cells.chunks(rungs) {
            for (past, rung) in row.iter().flatten().flatten() {
                let (worth, own) = (past.worth(&self.of), self.mbps[usize::from(rung.0)]);
                let beaten = lead.iter().zip(&self.mbps).any(|((best, quality), mbps)| {
                    let switch = self.of.switch(Some(*mbps), own);
                    best - switch >= worth && quality - switch >= past.quality
                });
                if !beaten {
                    let parent = past.trail;
                    let past = Past { trail: self.trail.len() as u32, ..*past };
                    self.trail.push((parent, *rung));
                    kept.push((past, Some(*rung)));
                    let lead = &mut lead[usize::from(rung.0)];
                    if worth > lead.0 {
                        *lead = (worth, past.quality);
                    }
                }
            }
        }
    }

    /// Puts a past among those of its rung and its step of the clock.
    fn settle(&self, cell: &mut [Option<(Past, Rung)>; KEPT], past: Past, rung: Rung) {
        if self.early {
            // One that is as good as the best of both in everything.
            let (mut best, _) = cell[0].unwrap_or((past, rung));
            if past.quality > best.quality {
                (best.quality, best.trail) = (past.quality, past.trail);
            }
            if past.waited < best.waited {
                (best.waited, best.head) = (past.waited, past.head);
            }
            best.playing |= past.playing;
            best.started |= past.started;
            best.at = best.at.min(past.at);
            cell[0] = Some((best, rung));
            return;
        }
        let worth = |past: &Past| (past.worth(&self.of), past.quality, past.head);
        let quality = |past: &Past| (past.quality, past.worth(&self.of), past.head);
        if cell[0].is_none_or(|(best, _)| worth(&past) > worth(&best)) {
            cell[0] = Some((past, rung));
        }
        if cell[1].is_none_or(|(best, _)| quality(&past) > quality(&best)) {
            cell[1] = Some((past, rung));
        }
    }

    /// The rungs that lead to a past.
    fn trail(&self, past: Past) -> Vec<Rung> {
        let mut rungs = Vec::with_capacity(self.track.count() as usize);
        let mut at = past.trail;
        while at != NOWHERE {
            let (parent, rung) = self.trail[at as usize];
            rungs.push(rung);
            at = parent;
        }
        rungs.reverse();
        rungs
    }
}

fn place(pts: Pts) -> Span {
    pts.since_start()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::{Kind, Ladder, Representation};
    use crate::seed::{Purpose, Seed, Stream};
    use crate::trace::{Bandwidth, End, Trace, Tread};
    use crate::units::{Bitrate, Bytes};

    const YIN: Objective = Objective { switching: 1.0, switches: 0.0, waiting: 3.0 };

    fn track(draw: &mut Stream, segments: u32) -> Track {
        let kbps = [500, 1_500, 4_000];
        let rung = |kbps| Representation::new(Bitrate::kbps(kbps));
        let ladder = Ladder::new(kbps.map(rung).to_vec()).unwrap();
        let second = Span::from_secs(2);
        let sizes = (0..segments).flat_map(|_| {
            let scale = 0.5 + draw.unit();
            kbps.map(|kbps| Bytes::new((kbps as f64 * 250.0 * scale) as u64))
        });
        let sizes: Vec<_> = sizes.collect();
        Track::new(Kind::Video, ladder, &vec![second; segments as usize], sizes).unwrap()
    }

    fn future(draw: &mut Stream) -> Future {
        let tread = |_| Tread {
            span: Span::from_millis(500 + draw.below(4_000)),
            rate: Bitrate::kbps(draw.below(6_000)),
            rtt: None,
        };
        let mut treads: Vec<_> = (0..20).map(tread).collect();
        treads[0].rate = Bitrate::kbps(1_000);
        let trace = Trace::new(treads, End::Repeat).unwrap();
        Future {
            bandwidth: Bandwidth::new(Arc::new(trace), Span::ZERO),
            rtt: Span::from_millis(50),
            server: Span::ZERO,
            startup: Span::ZERO,
            resume: Span::ZERO,
        }
    }

    /// What a row of rungs is worth, gone through one after the other.
    fn worth(track: &Track, future: &Future, start: Start, of: Objective, rungs: &[Rung]) -> f64 {
        let mut search = Search::new(track, future, start, of, Span::from_millis(1), false);
        let mut all = Vec::new();
        let begun = Past {
            at: start.now,
            head: Span::ZERO,
            playing: false,
            started: false,
            waited: 0.0,
            quality: 0.0,
            trail: NOWHERE,
        };
        let mut past = begun;
        let mut last = None;
        for (segment, &rung) in (0..).zip(rungs) {
            all.clear();
            search.extend(segment, past, last, &mut all);
            past = all.iter().find(|(_, made)| *made == rung).unwrap().0;
            last = Some(rung);
        }
        past.worth(&of)
    }

    #[test]
    fn no_row_of_rungs_is_worth_more_than_the_plan_or_the_bound() {
        let mut draw = Seed(5).stream(Purpose::Bandwidth, &[]);
        let start = Start { now: Time::ZERO, target: Span::from_secs(8) };
        let none_at_all = Objective { switching: 0.0, switches: 0.001, waiting: 1_000.0 };
        for round in 0..30 {
            let (track, future) = (track(&mut draw, 6), future(&mut draw));
            for of in [YIN, none_at_all] {
                let mut best = f64::NEG_INFINITY;
                for number in 0..3_u32.pow(6) {
                    let rungs: Vec<_> =
                        (0..6).map(|place| Rung((number / 3_u32.pow(place) % 3) as u8)).collect();
                    best = best.max(worth(&track, &future, start, of, &rungs));
                }
                let fine = plan(&track, &future, start, of, Span::from_millis(1));
                assert!((fine.value - best).abs() < 1e-9, "{round}: {} {best}", fine.value);
                let reached = worth(&track, &future, start, of, &fine.rungs);
                assert!((fine.value - reached).abs() < 1e-9, "{round}");
                let coarse = plan(&track, &future, start, of, Span::from_millis(200));
                assert!(coarse.value <= best + 1e-9, "{round}");
                for step in [1, 200] {
                    let bound = bound(&track, &future, start, of, Span::from_millis(step));
                    assert!(bound >= best - 1e-9, "{round}: {bound} {best} at {step}");
                }
            }
        }
    }

    #[test]
    fn a_long_plan_is_within_a_hundredth_of_its_bound() {
        let mut draw = Seed(6).stream(Purpose::Bandwidth, &[]);
        let start = Start { now: Time::ZERO, target: Span::from_secs(30) };
        let (track, future) = (track(&mut draw, 100), future(&mut draw));
        let step = Span::from_millis(20);
        let value = plan(&track, &future, start, YIN, step).value;
        let bound = bound(&track, &future, start, YIN, step);
        assert!(value <= bound && bound < value + 0.01 * value.abs() + 0.1, "{value} {bound}");
    }
}
