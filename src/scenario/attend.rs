//! All viewers, event by event, for whoever looks on.
//!
//! The idea to hold: a gathering is of those who can affect each other, as a run has them; of each
//! guest is told beforehand what is known before anything happens, so that whoever looks on can
//! work out what ought to.

use std::ops::Range;

use super::cast::Line;
use super::run::OneRun;
use super::{Point, Scenario};
use crate::media::Presentation;
use crate::person::Plan;
use crate::player::{Config, Event};
use crate::trace::Bandwidth;
use crate::units::{Bitrate, Span, Time};

/// Viewers who can affect each other, under one algorithm at one point of a sweep.
pub(crate) struct Gathering<'a> {
    run: &'a OneRun<'a>,
    lines: Vec<Line>,
}

/// One of them, as they are known before anything happens.
pub(crate) struct Guest<'a> {
    /// Which viewer of the run.
    pub(crate) viewer: u64,
    /// What they watch.
    pub(crate) content: &'a Presentation,
    /// Who chooses for them, by the name on the list.
    pub(crate) algorithm: &'static str,
    /// How their player behaves, its speed included.
    pub(crate) config: Config,
    /// What they mean to do.
    pub(crate) plan: Plan,
    /// When they press play.
    pub(crate) arrival: Time,
    /// What their link follows.
    pub(crate) bandwidth: Bandwidth,
    /// The round trip, where that states none.
    pub(crate) rtt: Span,
    /// What the link carries for each on it in the mean.
    pub(crate) mean: Bitrate,
    /// What theirs has on top.
    pub(crate) further: Span,
}

impl Scenario {
    /// Lets all viewers of a point watch under one of its algorithms by number, those who can
    /// affect each other together.
    pub(crate) fn attend(
        &self,
        point: &Point,
        contender: usize,
        mut each: impl FnMut(&Gathering<'_>),
    ) {
        let run = OneRun::new(self, point, &point.setup.contenders[contender]);
        for lines in run.apart() {
            each(&Gathering { run: &run, lines });
        }
    }
}

impl Gathering<'_> {
    /// What run it is of.
    pub(crate) fn run(&self) -> &str {
        &self.run.name
    }

    /// All of them, in the order in which they are followed.
    pub(crate) fn guests(&self) -> Vec<Guest<'_>> {
        let setup = self.run.setup;
        let viewers =
            self.lines.iter().flat_map(|line| line.viewers.clone().map(move |v| (line, v)));
        let guest = |(line, viewer): (&Line, u64)| {
            let content = &*setup.devices[setup.device_of(viewer)].content;
            let speed = setup.audience.speed(setup.seed, viewer);
            Guest {
                viewer,
                content,
                algorithm: self.run.contender.algorithm,
                config: Config { speed, ..self.run.config() },
                plan: setup.audience.plan(setup.seed, viewer, content.end()),
                arrival: self.run.arrival(viewer),
                bandwidth: setup.bandwidth(line),
                rtt: setup.networks[line.network].path.rtt,
                mean: setup.mean(line),
                further: setup.further(line, viewer),
            }
        };
        viewers.map(guest).collect()
    }

    /// Their links: which of them are on each, what it follows, and whether flows alone are on it.
    pub(crate) fn links(&self) -> Vec<(Range<usize>, Bandwidth, bool)> {
        let (setup, mut first) = (self.run.setup, 0);
        let link = |line: &Line| {
            let last = first + (line.viewers.end - line.viewers.start) as usize;
            let fluid = setup.networks[line.network].path.model == crate::net::Model::Fluid;
            (std::mem::replace(&mut first, last)..last, setup.bandwidth(line), fluid)
        };
        self.lines.iter().map(link).collect()
    }

    /// Lets them watch, telling what happens to which of them.
    pub(crate) fn follow(&self, log: impl FnMut(usize, Time, &Event)) {
        self.run.follow(&self.lines, || false, log);
    }
}
