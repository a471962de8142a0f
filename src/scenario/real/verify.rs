//! The two worlds beside each other: the same viewers, simulated and real.
//!
//! The idea to hold: whatever differs between the two is the real world's: its timers, its kernel,
//! its other processes. So the allowance is small, and the same for everybody.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Board, Log, Show};
use crate::abr::Algorithm;
use crate::media::{Presentation, Rung};
use crate::metrics::Session;
use crate::player::Event;
use crate::scenario::run::OneRun;
use crate::scenario::seat::Seat;
use crate::scenario::setup::Contender;
use crate::units::{Span, Time};

/// One viewer under one algorithm, in both worlds.
pub struct Pair {
    /// The algorithm.
    pub abr: String,
    /// The viewer.
    pub viewer: u64,
    /// The trace of their link.
    pub trace: String,
    /// What it came to, simulated.
    pub simulated: Session,
    /// And in real time.
    pub real: Session,
    /// Of how many segments of the main track the rung is the same, of how many.
    pub same: (u32, u32),
    /// The share of them that has to be.
    pub least: f64,
    /// Where they differ: with how much more round trip the simulation tells what was real.
    pub at: Option<Span>,
}

/// What a busy machine adds to a round trip, in microseconds, tried in turn where the two worlds
/// differ: a decision on a knife's edge falls the other way, and then it is another session.
const LATER: [u64; 8] = [250, 500, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000];

/// Algorithms that go by the buffer alone, and so hardly by what is measured.
const BY_BUFFER: &[&str] = &["bba-0", "bba-1", "bola", "bba-index"];

/// The share of segments whose rung has to be the same,
const SAME: f64 = 0.95;

/// of those that go by the buffer,
const SAME_BY_BUFFER: f64 = 0.99;

/// how much longer or shorter all stalls together may be,
const STALLED: Span = Span::from_millis(150);

/// and by how much of itself the bitrate may differ.
const BITRATE: f64 = 0.02;

impl Pair {
    /// The share of segments whose rung is the same.
    pub fn share(&self) -> f64 {
        f64::from(self.same.0) / f64::from(self.same.1.max(1))
    }

    /// By how much of the simulated bitrate the real one differs.
    pub fn bitrate(&self) -> f64 {
        let of = |session: &Session| session.bitrate().map_or(0.0, |rate| rate.as_f64());
        let (simulated, real) = (of(&self.simulated), of(&self.real));
        if simulated > 0.0 { (real - simulated) / simulated } else { real }
    }

    /// What does not agree.
    pub fn differs(&self) -> Vec<&'static str> {
        let (simulated, real) = (&self.simulated, &self.real);
        let longer = simulated.stalled.saturating_sub(real.stalled);
        let shorter = real.stalled.saturating_sub(simulated.stalled);
        let all = [
            ("rungs", self.share() < self.least),
            ("stalls", simulated.stalls != real.stalls),
            ("stall time", longer.max(shorter) > STALLED),
            ("bitrate", self.bitrate().abs() > BITRATE),
            ("end", simulated.end != real.end),
        ];
        all.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
    }
}

impl Show {
    /// Plays everybody in real time, and simulates them.
    ///
    /// # Errors
    /// As of playing.
    pub fn verify(
        self: &Arc<Self>,
        board: &Arc<Board>,
        stop: &watch::Receiver<bool>,
    ) -> Result<Vec<Pair>, String> {
        let shown = self.play(board, stop, true)?;
        Ok(shown.logs.iter().map(|log| self.pair(log)).collect())
    }

    fn pair(&self, log: &Log) -> Pair {
        let Log { abr, viewer, events } = log;
        let (point, viewer) = (self.point(), *viewer);
        let setup = &point.setup;
        let named = |own: &&Contender| own.label == *abr;
        // Those that were played are the scenario's.
        let contender = setup.contenders.iter().find(named).unwrap_or(&setup.contenders[0]);
        let run = OneRun::new(&self.scenario, point, contender);
        let line = setup.line_of(viewer);
        let (group, who) = setup.place(viewer);
        let group = setup.group(group);
        let simulate = |later| {
            let mut simulated = Vec::new();
            run.follow_later(&group, later, |other, at, event| {
                if other == who {
                    simulated.push((at, *event));
                }
            });
            simulated
        };
        let content = &setup.devices[setup.device_of(viewer)].content;
        let session = |events: &[(Time, Event)]| {
            let mut seat = Seat::new(setup, &line, viewer, false);
            events.iter().for_each(|(at, event)| seat.record(setup, *at, event));
            seat.finish(&run, &line).0.session
        };
        let theirs = rungs(content, events);
        let by_buffer = Algorithm::named(&contender.label)
            .is_some_and(|algorithm| BY_BUFFER.contains(&algorithm.name));
        let pair = |later| {
            let simulated = simulate(later);
            let ours = rungs(content, &simulated);
            // What neither saw is nothing that they agree on.
            let seen = ours.iter().zip(&theirs).filter(|(a, b)| a.is_some() || b.is_some());
            let same = seen.clone().filter(|(ours, theirs)| ours == theirs).count();
            let seen = seen.count();
            Pair {
                abr: contender.label.clone(),
                viewer,
                trace: setup.networks[line.network].traces[line.trace].name.clone(),
                simulated: session(&simulated),
                real: session(events),
                same: (same as u32, seen as u32),
                least: if by_buffer { SAME_BY_BUFFER } else { SAME },
                at: None,
            }
        };
        let mut found = pair(Span::ZERO);
        if !found.differs().is_empty() {
            let mut later = LATER.into_iter().map(|micros| Span::from_nanos(1_000 * micros));
            found.at = later.find(|&later| pair(later).differs().is_empty());
        }
        found
    }
}

/// The rung that each segment of the main track was shown at, if it was.
fn rungs(content: &Presentation, events: &[(Time, Event)]) -> Vec<Option<Rung>> {
    let main = content.main();
    let mut rungs = vec![None; content.track(main).count() as usize];
    for (_, event) in events {
        if let Event::Shown(segment) = event
            && segment.track == main
            && let Some(rung) = rungs.get_mut(segment.index as usize)
        {
            *rung = Some(segment.rung);
        }
    }
    rungs
}
