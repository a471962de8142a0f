//! Why viewers stalled: the same viewer once more, with parts of their way ideal.
//!
//! The idea to hold: whoever is looked into watches again, with all on their link, in every world
//! in which some stages are ideal and the others as they were; everybody else does what they did.
//! What each stage is to blame for is its Shapley value: the mean, over all orders in which stages
//! could become ideal, of the stalled time that goes with it. So a stage whose being ideal changes
//! nothing has none, and all together have what goes when all are ideal.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::cast::Line;
use super::caught;
use super::run::OneRun;
use super::tally::{Member, Tally};
use crate::cdn::{Chain, Ideal, Past, Replay, Stage};
use crate::metrics::{Causes, Meter};
use crate::network::Supply;

impl OneRun<'_> {
    /// Why the first of those who stalled behind caches did.
    pub(super) fn causes_behind(&self, chain: Chain, lines: &[Line], members: &[Member]) -> Causes {
        let mut left = self.looked_into_of(lines);
        let mut cases = Vec::new();
        let mut place = 0;
        for line in lines {
            let here = place..place + (line.viewers.end - line.viewers.start) as usize;
            let own = line.viewers.clone().zip(&members[here.clone()]);
            let stalled = own.filter(|(_, member)| member.session.stalls > 0);
            let viewers: Vec<_> = stalled.map(|(viewer, _)| viewer).take(left).collect();
            left -= viewers.len();
            place = here.end;
            if !viewers.is_empty() {
                cases.push((line, here, viewers));
            }
        }
        if cases.is_empty() {
            return Causes::default();
        }
        let past = Arc::new(Past::new(chain));
        let each = |(line, here, viewers): &(&Line, Range<usize>, Vec<u64>)| {
            let lanes = self.setup.content.tracks.len();
            let ours = (here.start * lanes) as u32..(here.end * lanes) as u32;
            let replay = Replay::new(past.clone(), ours);
            let supply = |ideal| Supply::Replay(replay.with(ideal));
            caught(|| self.why(line, viewers, supply)).unwrap_or_default()
        };
        Causes::sum(cases.par_iter().map(each).collect())
    }

    /// Why the first of those who stalled did, where that is not known yet.
    pub(super) fn causes_of(&self, tally: &Tally) -> Causes {
        if self.setup.delivery.is_some() {
            return tally.causes.clone();
        }
        let viewers = &tally.stalled[..tally.stalled.len().min(self.looked_into())];
        let line = |viewer: u64| self.setup.line_of(viewer);
        let same = |a: &u64, b: &u64| line(*a) == line(*b);
        let links: Vec<_> = viewers.chunk_by(same).collect();
        let each = |viewers: &&[u64]| {
            let supply = |ideal: Ideal| Supply::Origin(ideal.origin(&self.setup.origin));
            // Where something panics in another world, why they stalled in this one is not told.
            caught(|| self.why(&line(viewers[0]), viewers, supply)).unwrap_or_default()
        };
        Causes::sum(links.par_iter().map(each).collect())
    }

    /// How many of those who stalled behind these links are looked into: each group has its part.
    fn looked_into_of(&self, lines: &[Line]) -> usize {
        let Some((delivery, group)) = self.group(lines) else { return 0 };
        let (most, groups) = (self.looked_into(), delivery.groups());
        most / groups + usize::from(group < most % groups)
    }

    /// How many of those who stalled are looked into.
    fn looked_into(&self) -> usize {
        let live = self.setup.on_air.is_some();
        match self.contender.optimum || self.setup.preset.is_some() || live {
            // What is live cannot be watched again. Other simulators' worlds are not ours, and an
            // oracle's choice is not to blame.
            true => 0,
            false => self.setup.causes,
        }
    }

    /// Why viewers of a link stalled, in worlds that have a supply for whatever is ideal.
    fn why(&self, line: &Line, viewers: &[u64], supply: impl Fn(Ideal) -> Supply) -> Causes {
        let (setup, stages) = (self.setup, self.setup.stages());
        let content = |viewer: u64| &*setup.devices[setup.device_of(viewer)].content;
        let stalled = |bits| {
            let ideal = Ideal::of(&stages, bits);
            let meter = |&viewer: &u64| Meter::new(content(viewer), setup.mean(line));
            let mut meters: Vec<_> = viewers.iter().map(meter).collect();
            let mut cohort = self.cohort(std::slice::from_ref(line), supply(ideal), ideal);
            cohort.run(setup.limit, |who, at, event| {
                let viewer = line.viewers.start + who as u64;
                if let Ok(place) = viewers.binary_search(&viewer) {
                    meters[place].record(content(viewer), at, event);
                }
            });
            let secs = |meter: Meter| meter.finish().0.stalled.as_secs_f64();
            meters.into_iter().map(secs).collect::<Vec<_>>()
        };
        let worlds: Vec<_> = (0..1 << stages.len()).map(stalled).collect();
        let of = |place: usize| {
            let own: Vec<_> = worlds.iter().map(|world| world[place]).collect();
            Causes::of(&stages, &own)
        };
        Causes::sum((0..viewers.len()).map(of).collect())
    }
}

impl super::setup::Setup {
    /// The stages that are not ideal already.
    fn stages(&self) -> Vec<Stage> {
        let without = |stage| Ideal::of(&[stage], 1).origin(&self.origin) != self.origin;
        let there = |stage: &Stage| match (stage, &self.delivery) {
            (Stage::LastMile | Stage::Choice, _) => true,
            (Stage::Origin | Stage::Errors, _) => without(*stage),
            (Stage::Edge | Stage::Shield | Stage::Queue, None) => false,
            (Stage::Edge | Stage::Shield | Stage::Queue, Some(delivery)) => delivery.has(*stage),
        };
        Stage::ALL.into_iter().filter(there).collect()
    }
}
