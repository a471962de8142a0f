//! A scenario's viewers in real time, over real HTTP.
//!
//! The idea to hold: whoever watches here is whoever would have watched in virtual time, with the
//! same player, the same plan and the same folds of what happens; only the world is another.

mod addresses;
mod board;
pub mod log;
mod verify;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::cast::Line;
use super::results::Results;
use super::run::OneRun;
use super::seat::Seat;
use super::setup::{Contender, Setup};
use super::tally::Member;
use super::{Point, Scenario};
use crate::cdn::Ideal;
use crate::media::{Object, Segment};
use crate::metrics::Timeline;
use crate::person::Person;
use crate::player::Event;
use crate::units::{Span, Time};
use crate::world::clock::Clock;
use crate::world::real::{Addresses, Delays, DoorPlan, Saying, Throttle, Troubles, Viewer, crowd};

pub use addresses::Origin;
pub use board::{Board, Standing};
pub use log::Log;
pub use verify::Pair;

/// Of so many viewers is kept what they did, for one of them to be shown.
const SEEN: u64 = 32;

/// How a scenario is played.
pub struct Show {
    /// What is watched, and by whom: the first point of its sweep.
    pub scenario: Arc<Scenario>,
    /// Where the bytes are.
    pub origin: Origin,
    /// How players speak.
    pub door: DoorPlan,
    /// Whether links are on this side: each viewer's own, by the scenario.
    pub throttled: bool,
    /// Whether players say what they do (CMCD).
    pub says: bool,
    /// How many press play each second; all at once, if that is none.
    pub ramp: Option<f64>,
    /// When each leaves, if not before, from their pressing play.
    pub duration: Option<Span>,
    /// The threads that players are on.
    pub threads: usize,
    /// The clock of the world, where all are in one.
    pub clock: Option<Clock>,
}

/// What came of it.
pub struct Shown {
    /// As of a simulated run.
    pub results: Results,
    /// Rows of `sessions.csv`, with their header.
    pub rows: Vec<u8>,
    /// How late players were told of what was due.
    pub delays: Delays,
    /// What went wrong with requests.
    pub troubles: Troubles,
    /// What happened to each viewer under each algorithm, if that was to be kept.
    pub logs: Vec<Log>,
}

/// One who watches.
#[derive(Clone, Copy)]
struct Place {
    contender: usize,
    viewer: u64,
}

/// What came of one.
struct Came {
    place: Place,
    member: Member,
    timeline: Option<Timeline>,
    delays: Delays,
    troubles: Troubles,
    events: Vec<(Time, Event)>,
}

impl Show {
    fn point(&self) -> &Point {
        &self.scenario.points[0]
    }

    fn contender(&self, place: Place) -> &Contender {
        &self.point().setup.contenders[place.contender]
    }

    fn run(&self, place: Place) -> OneRun<'_> {
        OneRun::new(&self.scenario, self.point(), self.contender(place))
    }

    /// Everybody, in the order in which they press play.
    fn places(&self) -> Vec<Place> {
        let setup = &self.point().setup;
        let contenders = 0..setup.contenders.len();
        let of = |viewer| contenders.clone().map(move |contender| Place { contender, viewer });
        (0..setup.viewers).flat_map(of).collect()
    }

    /// Lets everybody watch; `keep` says whether what happens to each is kept.
    ///
    /// # Errors
    /// Where the machine has no means for it, or a header is wrong.
    pub fn play(
        self: &Arc<Self>,
        board: &Arc<Board>,
        stop: &watch::Receiver<bool>,
        keep: bool,
    ) -> Result<Shown, String> {
        // What is wrong for one is wrong for all.
        self.door.open(self.addresses(self.places()[0])).map_err(|error| error.to_string())?;
        let places = self.places();
        let seat = |number: usize| {
            let (show, board, stop) = (self.clone(), board.clone(), stop.clone());
            let place = places[number];
            async move { show.seat(place, number, board, stop, keep).await }
        };
        let came = crowd(places.len(), self.threads, stop, seat)?;
        let came: Vec<_> = came.into_iter().filter_map(|(_, came)| came).collect();
        let partial = came.len() < places.len() || *stop.borrow();
        self.fold(came, partial).map_err(|error| error.to_string())
    }

    /// One viewer, from before they press play; nothing, if there are no means for it.
    async fn seat(
        self: Arc<Self>,
        place: Place,
        number: usize,
        board: Arc<Board>,
        stop: watch::Receiver<bool>,
        keep: bool,
    ) -> Option<Came> {
        let setup = &self.point().setup;
        if let Some(ramp) = self.ramp {
            let wait = Duration::try_from_secs_f64(number as f64 / ramp).unwrap_or(Duration::MAX);
            let mut stop = stop.clone();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return None,
            }
        }
        let viewer = place.viewer;
        let line = setup.line_of(viewer);
        let (seat, watching) = self.viewer(place, &line, stop)?;
        let seat = Rc::new(RefCell::new(seat));
        let (own, shared) = (seat.clone(), self.clone());
        let events = Rc::new(RefCell::new(Vec::new()));
        let kept = events.clone();
        let mut standing = Standing::new(&board);
        let watched = watching.watch(move |at, event| {
            let setup = &shared.point().setup;
            standing.record(&setup.content, event);
            own.borrow_mut().record(setup, at, event);
            if keep {
                kept.borrow_mut().push((at, *event));
            }
        });
        let watched = watched.await;
        let seat = Rc::into_inner(seat)?.into_inner();
        let (member, timeline) = seat.finish(&self.run(place), &line);
        let (delays, troubles) = (watched.delays, watched.troubles);
        let events = events.take();
        Some(Came { place, member, timeline, delays, troubles, events })
    }

    fn viewer(
        &self,
        place: Place,
        line: &Line,
        stop: watch::Receiver<bool>,
    ) -> Option<(Seat, Viewer)> {
        let setup = &self.point().setup;
        let run = self.run(place);
        // What takes time before anybody presses play.
        let door = self.door.open(self.addresses(place)).ok()?;
        // In a world of its own a session begins with its viewer; in one that all share, now.
        let arrival = self.clock.map_or_else(|| run.arrival(place.viewer), |clock| clock.now());
        let clock = self.clock.unwrap_or_else(|| Clock::showing(arrival));
        let (player, mut plan) = run.viewer(line, place.viewer, arrival, Ideal::default());
        if let Some(duration) = self.duration {
            plan.watch = Some(plan.watch.map_or(duration, |watch| watch.min(duration)));
        }
        let content = setup.devices[setup.device_of(place.viewer)].content.clone();
        let throttle = self.throttled.then(|| {
            let rtt = setup.networks[line.network].path.rtt + setup.further(line, place.viewer);
            Throttle::new(setup.bandwidth(line), rtt, clock)
        });
        let name = format!("{}.{}", place.viewer, self.contender(place).label);
        let hls = self.contender(place).protocol == Some(crate::abr::pace::Protocol::Hls);
        let saying = self.says.then(|| Saying::new(name, self.scenario.name.clone(), hls));
        let person = Person::new(plan, player.speed(), arrival);
        // Whoever has seen nothing so long after they meant to be through has seen enough.
        let most = self.duration.map(|duration| arrival + duration);
        let limit = most.map_or(setup.limit, |most| most.min(setup.limit));
        let seat = Seat::new(setup, line, place.viewer, place.viewer < SEEN);
        let (door, content_then) = (Rc::new(door), most.is_some_and(|most| most <= limit));
        let viewer = Viewer {
            player,
            person,
            content,
            door,
            throttle,
            saying,
            clock,
            limit,
            content_then,
            stop,
        };
        Some((seat, viewer))
    }

    fn addresses(&self, place: Place) -> Box<dyn Addresses> {
        let setup = &self.point().setup;
        let own = &setup.devices[setup.device_of(place.viewer)].content;
        let company = format!("{}.{}", place.viewer, self.contender(place).label);
        self.origin.addresses(setup, own, &company)
    }

    /// What came of sessions that a log tells.
    ///
    /// # Errors
    /// Where it is of other algorithms or viewers than the scenario's.
    pub fn told(&self, logs: Vec<Log>) -> Result<Shown, String> {
        let setup = &self.point().setup;
        let mut came = Vec::new();
        for log in logs {
            check(setup, &log)?;
            let Log { abr, viewer, events } = log;
            let contender = setup.contenders.iter().position(|own| own.label == abr);
            let contender =
                contender.ok_or_else(|| format!("the log is of {abr:?}, the scenario is not"))?;
            let place = Place { contender, viewer };
            let line = setup.line_of(viewer);
            let mut seat = Seat::new(setup, &line, viewer, viewer < SEEN);
            for (at, event) in &events {
                seat.record(setup, *at, event);
            }
            let (member, timeline) = seat.finish(&self.run(place), &line);
            let (delays, troubles) = (Delays::default(), Troubles::default());
            came.push(Came { place, member, timeline, delays, troubles, events });
        }
        self.fold(came, false).map_err(|error| error.to_string())
    }

    /// What came of all, as of a simulated run.
    fn fold(&self, came: Vec<Came>, partial: bool) -> std::io::Result<Shown> {
        let (mut delays, mut troubles) = (Delays::default(), Troubles::default());
        let contenders = self.point().setup.contenders.iter();
        let mut of: Vec<_> = contenders.map(|contender| (contender, Vec::new())).collect();
        let mut logs = Vec::new();
        for Came { place, member, timeline, delays: late, troubles: own, events } in came {
            delays.merge(&late);
            troubles.merge(&own);
            of[place.contender].1.push((member, timeline));
            let abr = self.contender(place).label.clone();
            logs.push(Log { abr, viewer: place.viewer, events });
        }
        let (results, rows) = super::run::report_of(&self.scenario, &of, partial)?;
        Ok(Shown { results, rows, delays, troubles, logs })
    }
}

/// That a log speaks of viewers and of objects that there are, in order.
pub(crate) fn check(setup: &Setup, log: &Log) -> Result<(), String> {
    let Log { abr, viewer, events } = log;
    if *viewer >= setup.viewers {
        let all = setup.viewers;
        return Err(format!("the log is of viewer {viewer}, and there are {all}"));
    }
    if !events.is_sorted_by_key(|(at, _)| *at) {
        return Err(format!("the log of viewer {viewer} under {abr:?} runs backwards"));
    }
    events.iter().try_for_each(|(_, event)| known(setup, *viewer, event))
}

/// That an event is of an object that there is.
fn known(setup: &Setup, viewer: u64, event: &Event) -> Result<(), String> {
    let content = &setup.devices[setup.device_of(viewer)].content;
    let object = match event {
        Event::Requested(request, _)
        | Event::Delivered(request, _)
        | Event::Abandoned(request, _)
        | Event::Failed(request, _) => request.object,
        Event::Shown(segment) | Event::Arrived(segment, ..) => Object::Segment(*segment),
        _ => return Ok(()),
    };
    let there = match object {
        Object::Document(id) => (id.0 as usize) < content.documents.len(),
        Object::Segment(Segment { track, index, rung }) => {
            let track = content.tracks.get(usize::from(track.0));
            track.is_some_and(|own| index < own.count() && usize::from(rung.0) < own.ladder.count())
        }
    };
    match there {
        true => Ok(()),
        false => Err(format!("the log speaks of {object:?}, which the content does not have")),
    }
}
