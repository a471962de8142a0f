//! How a player chooses: from where on, how late, how far, how often.
//!
//! The idea to hold: a link's bandwidth is a series of questions, read off its script, and what a
//! player asks for meanwhile is the answer. So a real player on a link that was served is asked
//! the same as a simulated one, and judged by the same code.
//!
//! ```text
//!   subject.rs   the scenario players are put in
//!   plan.rs      the links they are put on, and a short one for real players
//!   script.rs    the questions in what a link carries
//!   observe.rs   what a player asked for and showed meanwhile
//!   judge.rs     the answers
//!   facts.rs     what they are made of
//! ```

mod facts;
mod judge;
mod observe;
mod plan;
mod script;
mod subject;

use std::sync::Arc;

use rayon::prelude::*;

pub use facts::{
    Boundary, Character, Delay, Jump, Outage, Pass, Pattern, Restless, Scene, Startup, Threshold,
    Wave,
};
pub use plan::short;
pub use subject::Subject;

use crate::media::Rung;
use crate::scenario::real::{Log, check};
use crate::scenario::{Scenario, ScenarioError};
use crate::trace::Bandwidth;
use crate::units::{Span, Time};
use judge::judge;
use observe::{Observer, Watched};
use plan::Probe;

/// How each of a scenario's players chooses, on links made for that instead of its own.
///
/// # Errors
/// Where its content leaves nothing to choose, or cannot be had on such links.
pub fn simulated(mut scenario: Scenario) -> Result<Vec<Character>, ScenarioError> {
    let probes = subject::probes(&scenario)?;
    scenario.relink(probes.iter().map(|probe| probe.trace.clone()).collect());
    let setup = &scenario.points[0].setup;
    let contenders = 0..setup.contenders.len();
    let each = contenders
        .clone()
        .flat_map(|contender| (0..probes.len()).map(move |place| (contender, place)));
    let each: Vec<_> = each.collect();
    let watched: Vec<_> = each
        .into_par_iter()
        .map(|(contender, place)| watch(&scenario, contender, (place, &probes[place])))
        .collect();
    let of = |contender: usize| {
        let sessions = &watched[contender * probes.len()..][..probes.len()];
        let (own, others): (Vec<_>, Vec<_>) =
            sessions.iter().cloned().zip(&probes).partition(|(_, probe)| probe.profile.is_none());
        let own: Vec<_> = own.into_iter().map(|(session, _)| session).collect();
        let name = setup.contenders[contender].label.clone();
        judge((name, false), &setup.content, &own, patterns(&others))
    };
    Ok(contenders.map(of).collect())
}

/// One player on one link.
fn watch(scenario: &Scenario, contender: usize, (place, probe): (usize, &Probe)) -> Watched {
    let until = Time::ZERO + probe.trace.length();
    let mut observer = Observer::new(&scenario.points[0].setup.content);
    scenario.probe(contender, place, until, |at, event| observer.record(at, event));
    let trace = Arc::new(probe.trace.clone());
    observer.finish(Some(until), Bandwidth::new(trace, Span::ZERO))
}

/// What came of published patterns, each with the sessions of its parts.
fn patterns(sessions: &[(Watched, &Probe)]) -> Vec<Pattern> {
    let of_one = |a: &(Watched, &Probe), b: &(Watched, &Probe)| {
        let name = |probe: &Probe| probe.profile.map(|profile| profile.name);
        name(a.1) == name(b.1)
    };
    let pattern = |sessions: &[(Watched, &Probe)]| {
        let profile = sessions[0].1.profile?;
        let asks = || sessions.iter().flat_map(|(session, _)| &session.asks);
        let rungs = || asks().map(|ask| ask.rung);
        Some(Pattern {
            name: profile.name,
            about: profile.about,
            sessions: sessions.iter().map(|(session, _)| session.session).collect(),
            rungs: (rungs().min().unwrap_or(Rung(0)), rungs().max().unwrap_or(Rung(0))),
        })
    };
    sessions.chunk_by(of_one).filter_map(pattern).collect()
}

/// How players chose whose sessions a log tells, on the links of the scenario that was served or
/// played; and beside them, if that is wanted, that scenario's own players, simulated for as long
/// on the link of the first.
///
/// # Errors
/// Where the log is of another scenario.
pub fn told(
    scenario: &Scenario,
    logs: &[Log],
    beside: bool,
) -> Result<Vec<Character>, ScenarioError> {
    let setup = &scenario.points[0].setup;
    let mut characters: Vec<Character> = Vec::new();
    for log in logs {
        check(setup, log).map_err(ScenarioError::new)?;
        let mut observer = Observer::new(&setup.content);
        log.events.iter().for_each(|(at, event)| observer.record(*at, event));
        let watched = observer.finish(None, scenario.link(log.viewer));
        let alone = logs.iter().filter(|other| other.abr == log.abr).count() == 1;
        let name = if alone { log.abr.clone() } else { format!("{}.{}", log.viewer, log.abr) };
        characters.push(judge((name, true), &setup.content, &[watched], Vec::new()));
    }
    let first = logs.first().filter(|_| beside);
    let last = first.and_then(|log| Some((log.viewer, log.events.last()?.0)));
    let Some((viewer, until)) = last else { return Ok(characters) };
    for (contender, who) in setup.contenders.iter().enumerate() {
        let mut observer = Observer::new(&setup.content);
        scenario.probe_own(contender, viewer, until, |at, event| observer.record(at, event));
        let watched = observer.finish(Some(until), scenario.link(viewer));
        let name = who.label.clone();
        let place = characters.iter().rposition(|real| real.name == name);
        let simulated = judge((name, false), &setup.content, &[watched], Vec::new());
        characters.insert(place.map_or(characters.len(), |place| place + 1), simulated);
    }
    Ok(characters)
}
