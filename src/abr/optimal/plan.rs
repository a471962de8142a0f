//! The best rungs for a whole track on a link that is known to its end, by dynamic programming.
//!
//! The idea to hold: after each segment there are three things a past can be better in: how early
//! the segment came, how little was waited in all, and the quality so far, less the price of
//! switching. Who is no worse in all three can do whatever the other does, and ends no worse: what
//! it fetches comes no later, there is room for it no later, and its waits add up to no more. So
//! of all pasts only those are kept that no other beats, a few for each rung and step of the
//! clock.
//!
//! How far off that is: [`Plan::value`] is reached by its rungs, so the optimum is no less. Run
//! once more with every arrival taken to be as early as its step of the clock, and with pasts that
//! are one too many melted into one as good as both, the same search gives [`bound`]: as long as
//! playback starts and goes on with one segment, and every segment comes at last, the optimum is
//! no more.

use crate::abr::Future;
use crate::media::{DocumentId, Object, Presentation, Rung, Section, Track, TrackId};
use crate::units::{Bytes, Sliver, Span, Speed, Time, Work};

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

/// What has to be fetched before a rung can be used: initialisation segments, media playlists.
#[derive(Clone, Debug, Default)]
pub struct Setup(Vec<Needs>);

/// What the rungs of one section of a track need: by rung, which of the section's documents, and
/// their sizes.
#[derive(Clone, Debug)]
struct Needs {
    from: u32,
    rungs: Vec<Vec<(u32, Bytes)>>,
}

impl Setup {
    /// Of a track. Of a section's documents as many count as a word has bits.
    pub fn of(content: &Presentation, track: TrackId) -> Self {
        let needs = |section: &Section| {
            let mut known = Vec::new();
            let mut need = |id: &DocumentId| {
                let place = known.iter().position(|other| other == id).unwrap_or_else(|| {
                    known.push(*id);
                    known.len() - 1
                });
                let size = content.size(Object::Document(*id));
                (place < u64::BITS as usize).then_some((place as u32, size))
            };
            let rungs = section.setup.iter().map(|ids| ids.iter().filter_map(&mut need).collect());
            Needs { from: section.from, rungs: rungs.collect() }
        };
        Self(content.track(track).sections().iter().map(needs).collect())
    }

    /// The section of a segment.
    fn at(&self, segment: u32) -> Option<&Needs> {
        self.0.iter().rfind(|needs| needs.from <= segment)
    }
}

/// Where a viewer is when they begin.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// When the first segment may be asked for.
    pub now: Time,
    /// The most media held.
    pub target: Span,
    /// How fast it is played.
    pub speed: Speed,
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
pub fn plan(
    track: &Track,
    setup: &Setup,
    future: &Future,
    start: Start,
    of: Objective,
    step: Span,
) -> Plan {
    let mut search = Search::<TO_PLAN>::new(track, setup, future, start, of, step, false);
    let best = search.run();
    Plan { rungs: search.trail(best), value: best.worth(&of) }
}

/// What no plan is worth more than.
pub fn bound(track: &Track, future: &Future, start: Start, of: Objective, step: Span) -> f64 {
    let setup = Setup::default();
    let mut search = Search::<TO_BOUND>::new(track, &setup, future, start, of, step, true);
    search.run().worth(&of)
}

/// A past: one way to have come so far.
#[derive(Clone, Copy, Debug)]
struct Past {
    /// When its last segment came.
    at: Time,
    /// How far has been played by then, in the viewer's time.
    head: Span,
    playing: bool,
    started: bool,
    /// Seconds waited in all.
    waited: f64,
    /// R.
    quality: f64,
    /// Its last segment's place in the trail.
    trail: u32,
    /// Which documents of the section it has.
    has: u64,
}

impl Past {
    /// Nothing has been fetched.
    fn begun(at: Time) -> Self {
        Self {
            at,
            head: Span::ZERO,
            playing: false,
            started: false,
            waited: 0.0,
            quality: 0.0,
            trail: NOWHERE,
            has: 0,
        }
    }

    fn worth(&self, of: &Objective) -> f64 {
        self.quality - of.waiting * self.waited
    }

    /// Whether it is as good as one that is no earlier, though it has to pay for a switch.
    fn beats(&self, other: &Self, switch: f64) -> bool {
        self.waited <= other.waited && self.quality - switch >= other.quality
    }

    /// Becomes as good as both.
    fn melt(&mut self, other: &Self) {
        if other.quality > self.quality {
            (self.quality, self.trail) = (other.quality, other.trail);
        }
        if other.waited < self.waited {
            (self.waited, self.head) = (other.waited, other.head);
        }
        self.playing |= other.playing;
        self.started |= other.started;
        self.at = self.at.min(other.at);
    }
}

/// How many pasts of one rung and one step of the clock are kept: few to plan, since what is found
/// is reached; more to bound the optimum, since melting loosens the bound.
const TO_PLAN: usize = 2;
const TO_BOUND: usize = 8;

/// Pasts of one rung and one step of the clock, none of which beats another.
type Cell<const KEPT: usize> = [Option<Past>; KEPT];

/// The most steps of the clock between the first and the last past of a segment. Where there would
/// be more, each is longer.
const STEPS: u64 = 4_096;

struct Search<'a, const KEPT: usize> {
    track: &'a Track,
    setup: &'a Setup,
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
    /// By step of the clock, then rung; kept to be used again.
    cells: Vec<Cell<KEPT>>,
}

/// Nobody's place in the trail.
const NOWHERE: u32 = u32::MAX;

impl<'a, const KEPT: usize> Search<'a, KEPT> {
    fn new(
        track: &'a Track,
        setup: &'a Setup,
        future: &Future,
        start: Start,
        of: Objective,
        step: Span,
        early: bool,
    ) -> Self {
        let mbps = track.ladder.bitrates().iter().map(|rate| rate.as_kbps_f64() / 1e3).collect();
        let future = future.clone();
        Self {
            track,
            setup,
            future,
            start,
            of,
            step,
            early,
            mbps,
            trail: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// The past of the whole track that is worth most.
    fn run(&mut self) -> Past {
        let begun = Past::begun(self.start.now);
        let mut pasts = vec![(begun, None)];
        let mut next: Vec<(Past, Rung)> = Vec::new();
        for segment in 0..self.track.count() {
            next.clear();
            for &(past, last) in &pasts {
                self.extend(segment, past, last, &mut next);
            }
            // What never comes ends every plan.
            if next.is_empty() {
                break;
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
        let ends = self.lasts(self.track.start(segment + 1).since_start());
        let room = ends.saturating_sub(self.lasts(self.start.target)).saturating_sub(past.head);
        let asked = if past.playing { past.at + room } else { past.at };
        let rate = |rung: Rung| self.mbps[usize::from(rung.0)];
        let from = last.map(rate);
        let needs = self.setup.at(segment);
        let has = if needs.is_some_and(|needs| needs.from == segment) { 0 } else { past.has };
        for rung in self.track.ladder.rungs() {
            let (mut asked, mut has) = (Some(asked), has);
            for &(document, size) in needs.iter().flat_map(|n| &n.rungs[usize::from(rung.0)]) {
                if has & (1 << document) == 0 {
                    has |= 1 << document;
                    asked = asked.and_then(|asked| comes(&mut self.future, asked, size));
                }
            }
            let size = self.track.size(segment, rung);
            let Some(at) = asked.and_then(|asked| comes(&mut self.future, asked, size)) else {
                continue;
            };
            let mut then = self.play(past, segment, at);
            then.quality += rate(rung) - self.of.switch(from, rate(rung));
            then.has = has;
            into.push((then, rung));
        }
    }

    /// How long so much media takes to play.
    fn lasts(&self, media: Span) -> Span {
        self.start.speed.takes(media, Sliver::default())
    }

    /// Plays on until a segment comes.
    fn play(&self, past: Past, segment: u32, comes: Time) -> Past {
        let held = self.lasts(self.track.start(segment).since_start());
        let ends = self.lasts(self.track.start(segment + 1).since_start());
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
        let playing = (past.playing && !dry) || ends - head >= self.lasts(enough) || last;
        Past { at, head, playing, started: past.started || playing, waited, ..past }
    }

    /// Of all pasts, those that are not beaten.
    fn keep(&mut self, all: &[(Past, Rung)], kept: &mut Vec<(Past, Option<Rung>)>) {
        kept.clear();
        let Some(first) = all.iter().map(|(past, _)| past.at).min() else { return };
        let rungs = self.mbps.len();
        let last = all.iter().map(|(past, _)| past.at).max().unwrap_or(first);
        let step = self.step.as_nanos().max((last - first).as_nanos() / STEPS + 1);
        let step_of = |past: &Past| ((past.at - first).as_nanos() / step) as usize;
        let steps = ((last - first).as_nanos() / step) as usize + 1;
        let mut cells = std::mem::take(&mut self.cells);
        cells.clear();
        cells.resize(steps * rungs, [None; KEPT]);
        for (past, rung) in all {
            self.settle(&mut cells[step_of(past) * rungs + usize::from(rung.0)], *past);
        }
        // Of the steps before, by rung, some that beat most.
        let mut leads: Vec<Cell<KEPT>> = vec![[None; KEPT]; rungs];
        for (place, cell) in cells.iter().enumerate() {
            let rung = place % rungs;
            for past in cell.iter().flatten() {
                let beaten = leads.iter().zip(&self.mbps).any(|(lead, mbps)| {
                    let switch = self.of.switch(Some(*mbps), self.mbps[rung]);
                    lead.iter().flatten().any(|lead| lead.beats(past, switch))
                });
                if !beaten {
                    let trail = self.trail.len() as u32;
                    self.trail.push((past.trail, Rung(rung as u8)));
                    kept.push((Past { trail, ..*past }, Some(Rung(rung as u8))));
                    self.lead(&mut leads[rung], *past);
                }
            }
        }
        self.cells = cells;
    }

    /// Puts a past among those of its rung and its step of the clock.
    fn settle(&self, cell: &mut Cell<KEPT>, past: Past) {
        let beats = |one: &Past, other: &Past| one.at <= other.at && one.beats(other, 0.0);
        if cell.iter().flatten().any(|other| beats(other, &past)) {
            return;
        }
        for other in cell.iter_mut() {
            other.take_if(|other| beats(&past, other));
        }
        if let Some(free) = cell.iter_mut().find(|other| other.is_none()) {
            *free = Some(past);
            return;
        }
        let worth = |past: &Past| past.worth(&self.of);
        let least = cell.iter_mut().flatten().min_by(|a, b| worth(a).total_cmp(&worth(b)));
        match least {
            Some(least) if self.early => least.melt(&past),
            Some(least) if worth(&past) > worth(least) => *least = past,
            Some(_) | None => {}
        }
    }

    /// Takes a past among those that later ones are compared with.
    fn lead(&self, lead: &mut Cell<KEPT>, past: Past) {
        let worth =
            |past: &Option<Past>| past.map_or(f64::NEG_INFINITY, |past| past.worth(&self.of));
        let own = worth(&Some(past));
        for other in lead.iter_mut() {
            other.take_if(|other| past.beats(other, 0.0));
        }
        let least = lead.iter_mut().min_by(|a, b| worth(a).total_cmp(&worth(b)));
        if let Some(least) = least.filter(|least| worth(least) < own) {
            *least = Some(past);
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

/// When all of something comes that is asked for at an instant, if ever.
fn comes(future: &mut Future, asked: Time, size: Bytes) -> Option<Time> {
    let begins = asked.saturating_add(future.wait(asked));
    let before = future.bandwidth.done_by(begins);
    Some(future.bandwidth.reaches(before + Work::from(size))?.max(begins))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::{Kind, Ladder, Representation};
    use crate::seed::{Purpose, Seed, Stream};
    use crate::trace::{Bandwidth, End, Trace, Tread};
    use crate::units::Bitrate;

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
        let setup = Setup::default();
        let mut search =
            Search::<TO_PLAN>::new(track, &setup, future, start, of, Span::from_millis(1), false);
        let mut all = Vec::new();
        let begun = Past::begun(start.now);
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
        let start = Start { now: Time::ZERO, target: Span::from_secs(8), speed: Speed::NORMAL };
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
                let fine =
                    plan(&track, &Setup::default(), &future, start, of, Span::from_millis(1));
                // Where a stall sets pasts far apart, one that switches more may stand for another.
                let slack = 6.0 * of.switches + 1e-9;
                assert!((fine.value - best).abs() < slack, "{round}: {} {best}", fine.value);
                let reached = worth(&track, &future, start, of, &fine.rungs);
                assert!((fine.value - reached).abs() < 1e-9, "{round}");
                let coarse =
                    plan(&track, &Setup::default(), &future, start, of, Span::from_millis(200));
                assert!(coarse.value <= best + 1e-9, "{round}");
                for step in [1, 200] {
                    let bound = bound(&track, &future, start, of, Span::from_millis(step));
                    assert!(bound >= best - 1e-9, "{round}: {bound} {best} at {step}");
                }
            }
        }
    }

    #[test]
    fn a_link_that_dies_is_planned_for_as_long_as_it_lives() {
        // 5 segments of 2 s at 4 Mbit/s come before the link dies after 8 s at 6 Mbit/s.
        let mut draw = Seed(7).stream(Purpose::Bandwidth, &[]);
        let track = track(&mut draw, 20);
        let tread = |secs, kbps| Tread {
            span: Span::from_secs(secs),
            rate: Bitrate::kbps(kbps),
            rtt: None,
        };
        let dies = Trace::new([tread(8, 6_000), tread(1, 0)], End::Hold).unwrap();
        let bandwidth = Bandwidth::new(Arc::new(dies), Span::ZERO);
        let future = Future { bandwidth, ..future(&mut draw) };
        let start = Start { now: Time::ZERO, target: Span::from_secs(30), speed: Speed::NORMAL };
        let plan = plan(&track, &Setup::default(), &future, start, YIN, Span::from_millis(100));
        assert!(!plan.rungs.is_empty() && plan.rungs.iter().any(|rung| *rung > Rung(0)));
        assert!(plan.rungs.len() < 20, "{}", plan.rungs.len());
    }

    #[test]
    fn at_twice_the_speed_a_steady_link_carries_half_the_bitrate() {
        // 5 Mbit/s carry 4, and at twice the speed 1.5 but not 4.
        let mut draw = Seed(8).stream(Purpose::Bandwidth, &[]);
        let track = track(&mut draw, 30);
        let trace = Trace::constant(Bitrate::kbps(5_000)).unwrap();
        let bandwidth = Bandwidth::new(Arc::new(trace), Span::ZERO);
        let future = Future { bandwidth, ..future(&mut draw) };
        let best = |per_mille| {
            let speed = Speed::from_per_mille(per_mille).unwrap();
            let start = Start { now: Time::ZERO, target: Span::from_secs(20), speed };
            let clock = Span::from_millis(100);
            plan(&track, &Setup::default(), &future, start, YIN, clock).value / 30.0
        };
        // Nothing waited for but the first segment: 4 a segment, less its wait and a switch. At
        // twice the speed 2.5 Mbit/s are carried for each second of media.
        let (once, twice) = (best(1_000), best(2_000));
        assert!((3.5..4.0).contains(&once), "{once}");
        assert!((1.2..2.5).contains(&twice), "{twice}");
    }

    #[test]
    fn a_long_plan_is_within_a_hundredth_of_its_bound() {
        let mut draw = Seed(6).stream(Purpose::Bandwidth, &[]);
        let start = Start { now: Time::ZERO, target: Span::from_secs(30), speed: Speed::NORMAL };
        let (track, future) = (track(&mut draw, 100), future(&mut draw));
        let of = |step| Span::from_millis(step);
        let value = plan(&track, &Setup::default(), &future, start, YIN, of(100)).value;
        let bound = bound(&track, &future, start, YIN, of(1));
        assert!(value <= bound && bound < 1.01 * value, "{value} {bound}");
    }
}
