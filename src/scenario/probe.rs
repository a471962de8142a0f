//! One viewer, event by event.
//!
//! The idea to hold: whoever wants to know what a player does, and not what it amounts to, lets it
//! watch here, with the player, the plan and the chain that the scenario gives its viewers.

use std::cell::Cell;
use std::sync::Arc;

use super::cast::Line;
use super::run::{OneRun, runs_of};
use super::{Mix, NamedTrace, NetworkClass, Scenario, ScenarioError};
use super::{Panicked, caught};
use crate::player::Event;
use crate::trace::{Bandwidth, Trace};
use crate::units::{Span, Time};

impl Scenario {
    /// Makes these the traces of the first class of networks, from their beginnings, and that the
    /// only one.
    pub(crate) fn relink(&mut self, traces: Vec<Trace>) {
        let named = traces
            .into_iter()
            .enumerate()
            .map(|(number, trace)| NamedTrace { name: number.to_string(), trace: Arc::new(trace) });
        let traces: Arc<[NamedTrace]> = named.collect();
        for setup in self.points.iter_mut().map(|point| &mut point.setup) {
            let NetworkClass { ref name, path, spread, .. } = setup.networks[0];
            let (name, traces, offset) = (name.clone(), traces.clone(), Some(Span::ZERO));
            let class = NetworkClass { name, traces, offset, path, spread, players: 1 };
            setup.networks = Mix::one(class);
        }
    }

    /// Lets the first viewer watch until an instant, under an algorithm by its number, where their
    /// link follows the n-th trace of the first class of networks.
    pub(crate) fn probe(
        &self,
        contender: usize,
        trace: usize,
        until: Time,
        log: impl FnMut(Time, &Event),
    ) {
        let line = Line { viewers: 0..1, network: 0, trace, offset: Span::ZERO };
        self.watch_alone(contender, &line, until, log);
    }

    /// The same on the link that is theirs.
    pub(crate) fn probe_own(
        &self,
        contender: usize,
        viewer: u64,
        until: Time,
        log: impl FnMut(Time, &Event),
    ) {
        let line = Line { viewers: viewer..viewer + 1, ..self.points[0].setup.line_of(viewer) };
        self.watch_alone(contender, &line, until, log);
    }

    /// The names of its runs, and their algorithms' labels.
    pub fn runs(&self) -> Vec<(String, String)> {
        let of = runs_of(self).into_iter();
        of.map(|run| (run.name.clone(), run.contender.label.clone())).collect()
    }

    /// Simulates a viewer of a run again, by its number, with all who can affect them, telling what
    /// happens to those on their link; nothing more once it is to stop. Where something panics,
    /// says what it said.
    ///
    /// # Errors
    /// Where there is no such viewer.
    pub fn replay(
        &self,
        run: usize,
        viewer: u64,
        stop: impl Fn() -> bool,
        mut log: impl FnMut(u64, Time, &Event),
    ) -> Result<Result<(), Panicked>, ScenarioError> {
        let runs = runs_of(self);
        let setup = runs[run].setup;
        if viewer >= setup.viewers {
            let error = format!("there is no viewer {viewer}: the first of {} is 0", setup.viewers);
            return Err(ScenarioError::new(error));
        }
        let line = setup.line_of(viewer);
        let lines = match setup.delivery {
            None => vec![line.clone()],
            Some(_) => setup.group(setup.place(viewer).0),
        };
        let numbers: Vec<_> = lines.iter().flat_map(|line| line.viewers.clone()).collect();
        let told = |who: usize, at, event: &Event| {
            if line.viewers.contains(&numbers[who]) {
                log(numbers[who], at, event);
            }
        };
        Ok(caught(|| drop(runs[run].sessions(&lines, stop, told))))
    }

    fn watch_alone(
        &self,
        contender: usize,
        line: &Line,
        until: Time,
        mut log: impl FnMut(Time, &Event),
    ) {
        let point = &self.points[0];
        let run = OneRun::new(self, point, &point.setup.contenders[contender]);
        let over = Cell::new(false);
        let stop = || over.get();
        run.follow(std::slice::from_ref(line), stop, |_, at, event| match at <= until {
            true => log(at, event),
            false => over.set(true),
        });
    }

    /// What the link of a viewer of the first point carries.
    pub(crate) fn link(&self, viewer: u64) -> Bandwidth {
        let setup = &self.points[0].setup;
        setup.bandwidth(&setup.line_of(viewer))
    }
}
