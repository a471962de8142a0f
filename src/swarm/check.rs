//! One world: all that must be so of it.
//!
//! The idea to hold: a world is simulated as `abrsim run` would, and its viewers once more, event
//! by event, for the witnesses; so whatever is not the same twice is found as well. A scenario that
//! is refused is none to be checked; a panic, a session without an end and a sum that is not one
//! are failures.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::books::Books;
use super::features::Features;
use super::links::{Flow, carry};
use super::sums::{self, Sessions};
use super::witness::{Subject, Witness};
use crate::media::Presentation;
use crate::metrics::{GlassMeter, Meter, Session};
use crate::player::Event;
use crate::report;
use crate::scenario::study::{Shard, Study, StudyError, Unfinished};
use crate::scenario::{
    Control, Gathering, Guest, Panicked, Point, Results, Rows, Scenario, caught, hush, run,
};
use crate::units::{Span, Time};

/// What is looked at besides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Checks {
    /// Whether two threads come to the same.
    pub threads: bool,
    /// Whether results can be kept chunk by chunk, and written and read again.
    pub stored: bool,
    /// Whether the page can be drawn.
    pub page: bool,
}

impl Checks {
    /// Those of a seed: of some worlds more is looked at, as that takes longer.
    pub fn of(seed: u64) -> Self {
        let one_in = |n: u64| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & (n - 1) == 0;
        Self { threads: one_in(16), stored: one_in(32), page: one_in(2_048) }
    }
}

/// A world, as a scenario has it.
#[derive(Clone, Debug)]
pub struct World {
    /// The scenario.
    pub scenario: toml::Table,
    /// What is looked at besides.
    pub checks: Checks,
}

/// What came of one.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything that must be so is, of so many sessions, in which so much happened.
    Holds(u64, Features),
    /// The scenario cannot be run, and that was said.
    Refused(String),
    /// Something does not hold.
    Fails(Panicked),
}

/// What may be asked of a world besides, and panics if it is not so.
pub type Question<'a> = &'a (dyn Fn(&Scenario) + Sync);

/// The most events of a session: nobody has as much to do.
const MOST_EVENTS: u32 = 200_000;

/// Looks at a world. Has to be called on a pool of one thread.
pub fn check(world: &World, also: Question<'_>) -> Outcome {
    hush();
    let looked = caught(|| {
        let text = toml::to_string(&world.scenario).expect("a table is written as TOML");
        let mut scenario = match Scenario::parse("swarm", "swarm.toml", &text, Path::new(""), &[]) {
            Ok(scenario) => scenario,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let settled = scenario.settle(&Control::default());
        settled.expect("nothing is written");
        also(&scenario);
        let mut features = Features::of(&world.scenario);
        let sessions = attended(&scenario, &mut features);
        let (results, rows) = simulated(&scenario, sessions.len() as u64);
        sums::agree(&results, &rows, &sessions);
        besides(&scenario, world.checks, &results, &rows);
        Outcome::Holds(sessions.len() as u64, features)
    });
    looked.unwrap_or_else(Outcome::Fails)
}

/// The results of a world, and its rows.
fn simulated(scenario: &Scenario, sessions: u64) -> (Results, Vec<u8>) {
    let (control, mut rows) = (Control::default(), Vec::new());
    let results = run(scenario, &control, &mut rows).expect("memory takes what is written");
    // What panics in a session is caught by whoever simulates it.
    let mut mishaps = results.runs.iter().flat_map(|run| &run.mishaps.first);
    assert_eq!(mishaps.next(), None, "a session panicked");
    assert_eq!(control.done.load(Ordering::Relaxed), sessions, "every session is over once");
    (results, rows)
}

/// What is looked at of some worlds only.
fn besides(scenario: &Scenario, checks: Checks, results: &Results, rows: &[u8]) {
    let written = |results: &Results| serde_json::to_string(results).expect("results are JSON");
    if checks.threads {
        let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
        let mut again = Vec::new();
        let control = Control::default();
        let twice = two.install(|| run(scenario, &control, &mut again)).expect("memory");
        assert!(again == rows, "two threads make other rows than one");
        assert!(written(&twice) == written(results), "two threads make other results than one");
    }
    if checks.stored {
        let folder = tempfile::tempdir().expect("a folder");
        let (kept, own) = kept(scenario, folder.path()).expect("a folder takes what is kept");
        assert!(own == rows, "what is kept chunk by chunk has other rows");
        assert!(written(&kept) == written(results), "what is kept comes to other results");
        let text = written(results);
        let read: Results = serde_json::from_str(&text).expect("what was written is read");
        assert!(written(&read) == text, "results are not the same once they were written");
        assert!(report::summary(&read) == report::summary(results), "nor is their summary");
    }
    if checks.page {
        let charts = report::charts(results);
        assert!(!report::page(results, &charts).is_empty(), "an empty page");
        assert!(!report::table(results).is_empty(), "an empty table");
    }
}

/// What comes of a world that is kept chunk by chunk, as that of a command line is.
fn kept(scenario: &Scenario, folder: &Path) -> Result<(Results, Vec<u8>), StudyError> {
    let mut study = Study::new(scenario, Unfinished::within(folder)?, None)?;
    assert!(study.simulate(Shard::WHOLE, &Control::default())?, "it was not stopped");
    study.leave()?;
    let mut sessions = Vec::new();
    let results = study.merge(&mut Rows { sessions: &mut sessions, requests: std::io::sink() })?;
    Ok((results, sessions))
}

/// Lets all viewers watch before witnesses; returns their sessions.
fn attended(scenario: &Scenario, features: &mut Features) -> Sessions {
    let mut sessions = Sessions::new();
    for point in &scenario.points {
        for contender in 0..point.setup.contenders.len() {
            scenario.attend(point, contender, |gathering| {
                let own = witnessed(point, gathering, features);
                for (viewer, session) in own {
                    sessions.insert((gathering.run().to_owned(), viewer), session);
                }
            });
        }
    }
    sessions
}

/// Those who can affect each other, before witnesses.
fn witnessed(
    point: &Point,
    gathering: &Gathering<'_>,
    features: &mut Features,
) -> Vec<(u64, Session)> {
    let guests = gathering.guests();
    let mut stands: Vec<_> = guests.iter().map(|guest| Stand::new(point, guest)).collect();
    let mut flows: Vec<Vec<Flow>> = guests.iter().map(|_| Vec::new()).collect();
    gathering.follow(|who, at, event| {
        features.see(event);
        stands[who].see(at, event);
        flows[who].extend(flow(at, event));
    });
    let setup = &point.setup;
    if setup.preset.is_none() {
        for (on_it, bandwidth, fluid) in gathering.links() {
            let all = flows[on_it].iter().flatten().copied().collect();
            // What waits for an origin, or is still to be made, does not fill a link.
            let waits = setup.delivery.is_some() || setup.on_air.is_some();
            let full = fluid && !waits && setup.origin.store.bandwidth.is_none();
            carry(all, bandwidth, full);
        }
    }
    let over = stands.into_iter().zip(&guests);
    over.map(|(stand, guest)| (guest.viewer, stand.finish(point, guest))).collect()
}

/// What a link carried for somebody.
fn flow(at: Time, event: &Event) -> Option<Flow> {
    let (Event::Delivered(_, receipt) | Event::Abandoned(_, receipt) | Event::Failed(_, receipt)) =
        event
    else {
        return None;
    };
    let failed = matches!(event, Event::Failed(..));
    let carried = !failed || !receipt.received.is_zero();
    Some((receipt.first_byte.filter(|_| carried)?, at, receipt.received))
}

/// Where somebody's witnesses stand.
struct Stand<'a> {
    books: Books<'a>,
    /// Of what is on demand, and played by a player of ours.
    witness: Option<Witness<'a>>,
    meter: Meter,
    glass: GlassMeter,
    events: u32,
    content: &'a Presentation,
}

impl<'a> Stand<'a> {
    fn new(point: &Point, guest: &'a Guest<'a>) -> Self {
        let (setup, content) = (&point.setup, guest.content);
        let ours = setup.preset.is_none() && setup.on_air.is_none();
        let subject = || Subject {
            content,
            algorithm: guest.algorithm,
            config: guest.config,
            plan: &guest.plan,
            began: guest.arrival,
            limit: setup.limit,
            bandwidth: guest.bandwidth.clone(),
            rtt: guest.rtt,
            more: guest.further,
            exact: false,
        };
        Self {
            books: Books::new(content, guest.arrival),
            witness: ours.then(|| Witness::new(subject())),
            meter: Meter::new(content, guest.mean).since(guest.arrival),
            glass: GlassMeter::default(),
            events: 0,
            content,
        }
    }

    fn see(&mut self, at: Time, event: &Event) {
        self.events += 1;
        assert!(self.events < MOST_EVENTS, "{MOST_EVENTS} events of one session: {event:?}");
        self.books.see(at, event);
        if let Some(witness) = &mut self.witness {
            witness.see(at, event);
        }
        self.meter.record(self.content, at, event);
        if self.content.live.is_some() {
            self.glass.record(self.content, at, event);
        }
    }

    fn finish(self, point: &Point, guest: &Guest<'_>) -> Session {
        let (session, _) = self.meter.finish();
        if let Some(witness) = &self.witness {
            witness.agrees_with(&session);
        }
        match self.events {
            0 => assert!(guest.arrival > point.setup.limit, "somebody never pressed play"),
            _ => self.books.agree_with(&session),
        }
        let budget = self.glass.finish().budget;
        let parts: Span = budget.parts.iter().copied().sum();
        assert_eq!(parts, budget.latency, "the parts of latency are the whole");
        session
    }
}
