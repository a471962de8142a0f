//! Why viewers stalled: the same viewer once more, with parts of their way ideal.
//!
//! The idea to hold: whoever is looked into watches again in every world in which some stages are
//! ideal and the others as they were; everybody else does what they did. What each stage is to
//! blame for is its Shapley value: the mean, over all orders in which stages could become ideal, of
//! the stalled time that goes with it. So a stage whose being ideal changes nothing has none, and
//! all together have what goes when all are ideal.

use std::sync::Arc;

use rayon::prelude::*;

use super::cast::Line;
use super::run::OneRun;
use super::tally::{Member, Tally};
use crate::cdn::{Chain, Ideal, Past, Replay, Stage};
use crate::metrics::{Causes, Meter};
use crate::network::Supply;

impl OneRun<'_> {
    /// Why the first of those who stalled behind caches did.
    pub(super) fn causes_behind(&self, chain: Chain, lines: &[Line], members: &[Member]) -> Causes {
        let groups = self.setup.delivery.as_ref().map_or(1, |delivery| delivery.groups());
        let most = self.looked_into().div_ceil(groups);
        let mut cases = Vec::new();
        let mut place = 0;
        for line in lines {
            for (offset, viewer) in line.viewers.clone().enumerate() {
                if members[place + offset].session.stalls > 0 && cases.len() < most {
                    cases.push((line, place, viewer));
                }
            }
            place += (line.viewers.end - line.viewers.start) as usize;
        }
        if cases.is_empty() {
            return Causes::default();
        }
        let past = Arc::new(Past::new(chain));
        let each = |&(line, place, viewer): &(&Line, usize, u64)| {
            let lanes = self.setup.content.tracks.len();
            let last = place + (line.viewers.end - line.viewers.start) as usize;
            let ours = (place * lanes) as u32..(last * lanes) as u32;
            let replay = Replay::new(past.clone(), ours);
            self.why(line, viewer, |ideal| Supply::Replay(replay.with(ideal)))
        };
        Causes::sum(cases.par_iter().map(each).collect())
    }

    /// Why the first of those who stalled did, where that is not known yet.
    pub(super) fn causes_of(&self, tally: &Tally) -> Causes {
        if self.setup.delivery.is_some() {
            return tally.causes.clone();
        }
        let each = |&viewer: &u64| {
            let line = self.setup.line_of(viewer);
            self.why(&line, viewer, |ideal| Supply::Origin(ideal.origin(&self.setup.origin)))
        };
        Causes::sum(tally.stalled.par_iter().take(self.looked_into()).map(each).collect())
    }

    /// How many of those who stalled are looked into.
    fn looked_into(&self) -> usize {
        match self.contender.optimum || self.setup.preset.is_some() {
            // Other simulators' worlds are not ours, and an oracle's choice is not to blame.
            true => 0,
            false => self.setup.causes,
        }
    }

    /// Why a viewer stalled, in a world that has a supply for whatever is ideal.
    fn why(&self, line: &Line, viewer: u64, supply: impl Fn(Ideal) -> Supply) -> Causes {
        let stages = self.setup.stages();
        let stalled = |bits| {
            let ideal = Ideal::of(&stages, bits);
            let setup = self.setup;
            let device = |viewer| &*setup.devices[setup.device_of(viewer)].content;
            let mut meter = Meter::new(device(viewer), setup.mean(line));
            let mut cohort = self.cohort(std::slice::from_ref(line), supply(ideal), ideal);
            cohort.run(setup.limit, |who, at, event| {
                if line.viewers.start + who as u64 == viewer {
                    meter.record(device(viewer), at, event);
                }
            });
            meter.finish().0.stalled.as_secs_f64()
        };
        let worlds: Vec<_> = (0..1 << stages.len()).map(stalled).collect();
        Causes::of(&stages, &worlds)
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
