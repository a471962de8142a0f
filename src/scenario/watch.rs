//! The viewers of some links, watching.
//!
//! The idea to hold: whoever can affect each other is one cohort: those on a link, or with caches
//! all who ask the same.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cast::Line;
use super::caught;
use super::delivery::{Delivery, STEP};
use super::mishap::Mishap;
use super::preset::Printed;
use super::requests::Requests;
use super::run::{Control, OneRun};
use super::seat::Seat;
use super::tally::{Member, Tally};
use crate::abr::pace::Protocol;
use crate::abr::{Abr, Future, cheapest};
use crate::cdn::{self, Chain, Ideal, Making, Origin, Stage};
use crate::media::Presentation;
use crate::metrics::{Causes, Stalling, Timeline, Watching};
use crate::net::Link;
use crate::network::{Network, Supply, Viewer};
use crate::person::Plan;
use crate::player::{Config, Event, Player};
use crate::seed::Purpose;
use crate::trace::Bandwidth;
use crate::units::{Span, Time};
use crate::world::sim::Cohort;
use crate::world::solo::Solo;

/// Of so many viewers behind caches is kept what they did, for a few of them to be shown: whom to
/// show is known only when all is over, and to see them again all who ask the same caches would
/// have to watch again.
pub(super) const SEEN: u64 = 64;

/// What came of viewers who can affect each other.
pub(super) struct Came {
    members: Vec<Member>,
    /// What there is to see of the first of them, where that was kept.
    timelines: Vec<(u64, Timeline)>,
    printed: Printed,
    stalling: Stalling,
    chain: Option<cdn::Tally>,
    causes: Causes,
    /// Rows of their requests.
    rows: Vec<u8>,
}

impl OneRun<'_> {
    /// Simulates the viewers of links that can affect each other, and takes them in; returns rows
    /// of their requests. Nothing came of those who were stopped, or in whose session something
    /// panicked, which is told.
    pub(super) fn watch(
        &self,
        lines: &[Line],
        done: &mut Vec<Member>,
        tally: &mut Tally,
        control: &Control,
    ) -> Option<Vec<u8>> {
        let all: u64 = lines.iter().map(|line| line.viewers.end - line.viewers.start).sum();
        let mut over = 0;
        let stop = || control.stop.load(Ordering::Relaxed);
        let came = caught(|| {
            self.sessions(lines, stop, |_, _, event| {
                if let Event::Ended | Event::GaveUp(_) | Event::Left(_) = event {
                    over += 1;
                    control.done.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        if stop() {
            return None;
        }
        // Whoever would have pressed play after the last moment never did.
        control.done.fetch_add(all.saturating_sub(over), Ordering::Relaxed);
        match came {
            Ok(came) => {
                let came = came?;
                tally.print(came.printed);
                tally.stalling.merge(&came.stalling);
                tally.timelines.extend(came.timelines);
                tally.deliver(came.chain.as_ref());
                tally.causes.merge(&came.causes);
                done.extend(came.members);
                Some(came.rows)
            }
            Err(panicked) => {
                let message = panicked.to_string();
                let viewer = lines.first().map_or(0, |line| line.viewers.start);
                let seed = self.setup.seed.0;
                tally.mishaps.add(Mishap { viewer, together: all, seed, message });
                None
            }
        }
    }

    /// What comes of the viewers of links that can affect each other; nothing if it is stopped.
    pub(super) fn sessions(
        &self,
        lines: &[Line],
        stop: impl Fn() -> bool,
        mut log: impl FnMut(usize, Time, &Event),
    ) -> Option<Came> {
        let setup = self.setup;
        let viewers = || lines.iter().flat_map(|line| line.viewers.clone().map(move |v| (line, v)));
        let seat = |(line, viewer): (&Line, u64)| {
            let shown = setup.delivery.is_some() && viewer < SEEN;
            Seat::new(setup, line, viewer, shown).since(self.arrival(viewer))
        };
        let mut seats: Vec<_> = viewers().map(seat).collect();
        let mut stalling = Watching::new(seats.len(), STEP);
        let mut requests = setup.requests.then(|| Requests::new(seats.len(), setup.lanes()));
        let (printed, chain) = self.follow(lines, &stop, |who, at, event| {
            if let Some(requests) = &mut requests {
                requests.record(who, at, event);
            }
            if !event.is_of_fetching() {
                stalling.record(who, at, event);
            }
            log(who, at, event);
            seats[who].record(setup, at, event);
        });
        if stop() {
            return None;
        }
        let (mut members, mut timelines) = (Vec::with_capacity(seats.len()), Vec::new());
        for ((line, viewer), seat) in viewers().zip(seats) {
            let (member, timeline) = seat.finish(self, line);
            timelines.extend(timeline.map(|timeline| (viewer, timeline)));
            members.push(member);
        }
        let told = chain.as_ref().map_or(&[][..], |chain| chain.told());
        let viewers: Vec<_> = viewers().map(|(_, viewer)| viewer).collect();
        let rows = requests.map_or_else(Vec::new, |requests| {
            requests.rows(&self.name, &viewers, told, &setup.stores())
        });
        for (caller, told) in told {
            let own = timelines.binary_search_by_key(&caller.viewer, |&(viewer, _)| viewer);
            if let Ok(place) = own {
                timelines[place].1.tell(caller.serial, *told);
            }
        }
        let counts = chain.as_ref().map(|chain| chain.tally().clone());
        let causes = chain.map(|chain| self.causes_behind(*chain, lines, &members));
        Some(Came {
            members,
            timelines,
            printed,
            stalling: stalling.finish(),
            chain: counts,
            causes: causes.unwrap_or_default(),
            rows,
        })
    }

    /// What is to be seen of a viewer whom nobody but those on their link affects.
    pub(super) fn timeline(&self, viewer: u64) -> Timeline {
        let setup = self.setup;
        let line = setup.line_of(viewer.min(setup.viewers - 1));
        let own = &*setup.devices[setup.device_of(viewer)].content;
        let timeline = Timeline::new(setup.audience.speed(setup.seed, viewer));
        let mut timeline = timeline.since(self.arrival(viewer));
        self.follow(
            std::slice::from_ref(&line),
            || false,
            |who, at, event| {
                if line.viewers.start + who as u64 == viewer {
                    timeline.record(own, at, event);
                }
            },
        );
        timeline.follow(setup.bandwidth(&line));
        timeline
    }

    /// Lets the viewers of links watch, telling what happens to which of them; returns what a
    /// preset prints of it, and the caches.
    pub(super) fn follow(
        &self,
        lines: &[Line],
        stop: impl Fn() -> bool,
        mut log: impl FnMut(usize, Time, &Event),
    ) -> (Printed, Option<Box<Chain>>) {
        let setup = self.setup;
        let Some(preset) = &setup.preset else {
            if let Some(solo) = self.solo(lines) {
                solo.run(setup.limit, |at, event| log(0, at, event));
                return (Vec::new(), None);
            }
            let mut cohort = self.cohort(lines, self.supply(lines), Ideal::default());
            cohort.run_unless(setup.limit, stop, log);
            return (Vec::new(), cohort.into_network().into_chain());
        };
        let line = &lines[0];
        let viewer = line.viewers.start;
        let abr = self.abr(line, viewer, Ideal::default());
        let (mut abr, arrival) = (abr, self.arrival(viewer));
        let content = &setup.devices[setup.device_of(viewer)].content;
        let printed = preset.play(content, line, arrival, &mut *abr, |at, event| log(0, at, event));
        (printed, None)
    }

    /// The same where every round trip is so much longer.
    pub(super) fn follow_later(
        &self,
        lines: &[Line],
        later: Span,
        log: impl FnMut(usize, Time, &Event),
    ) {
        let mut cohort = self.cohort_later(lines, self.supply(lines), Ideal::default(), later);
        cohort.run(self.setup.limit, log);
    }

    /// How players behave: their own way, or the scenario's.
    pub(super) fn config(&self) -> Config {
        self.contender.config.unwrap_or(self.setup.config)
    }

    /// Who chooses for a viewer.
    fn abr(&self, line: &Line, viewer: u64, ideal: Ideal) -> Box<dyn Abr> {
        let setup = self.setup;
        if ideal.has(Stage::Choice) {
            return cheapest();
        }
        let mut abr = (self.contender.factories[setup.device_of(viewer)])();
        abr.seed(setup.seed.derived(Purpose::Choice, &[viewer]));
        abr.foresee(&Future {
            bandwidth: self.bandwidth(line, ideal),
            rtt: setup.networks[line.network].path.rtt,
            server: self.think() + setup.further(line, viewer),
            startup: self.config().startup,
            resume: self.config().resume,
        });
        if let Some(remembered) = setup.audience.memory(setup.seed, viewer, setup.mean(line)) {
            abr.remember(remembered);
        }
        abr
    }

    /// What a link carries.
    fn bandwidth(&self, line: &Line, ideal: Ideal) -> Bandwidth {
        match ideal.has(Stage::LastMile) {
            true => self.setup.bandwidth_without_bound(line),
            false => self.setup.bandwidth(line),
        }
    }

    /// How long whom viewers ask thinks, as far as it is known: an origin does, a cache has it.
    fn think(&self) -> Span {
        match self.setup.delivery {
            None => self.setup.origin.store.latency.median(),
            Some(_) => Span::ZERO,
        }
    }

    /// The viewer of a link, if nobody else can affect them.
    fn solo(&self, lines: &[Line]) -> Option<Solo> {
        let (setup, ideal) = (self.setup, Ideal::default());
        let [line @ Line { viewers, .. }] = lines else { return None };
        if setup.delivery.is_some() || setup.on_air.is_some() || viewers.end > viewers.start + 1 {
            return None;
        }
        let number = viewers.start;
        let further = setup.further(line, number);
        let (content, abr, config, plan) = self.manner(line, number, ideal);
        Some(Solo {
            content: content.clone(),
            abr,
            config,
            bandwidth: self.bandwidth(line, ideal),
            origin: self.origin(),
            path: setup.networks[line.network].path,
            seed: setup.seed,
            viewer: Viewer { number, further, ..Viewer::default() },
            plan,
            arrival: self.arrival(number),
        })
    }

    /// When a viewer presses play.
    pub(super) fn arrival(&self, viewer: u64) -> Time {
        Time::ZERO + self.setup.audience.arrival(self.setup.seed, viewer)
    }

    /// The viewers of links, before any of them has pressed play, with some of what is in their way
    /// ideal.
    pub(super) fn cohort(&self, lines: &[Line], supply: Supply, ideal: Ideal) -> Cohort {
        self.cohort_later(lines, supply, ideal, Span::ZERO)
    }

    fn cohort_later(&self, lines: &[Line], supply: Supply, ideal: Ideal, later: Span) -> Cohort {
        let viewers = lines.iter().flat_map(|line| line.viewers.clone().map(move |v| (line, v)));
        let players = viewers.map(|(line, viewer)| {
            let arrival = self.arrival(viewer);
            self.viewer(line, viewer, arrival, ideal)
        });
        let players = players.collect();
        let parts = self.contender.protocol == Some(Protocol::Hls);
        let network = self.network(lines, supply, (ideal, later), self.setup.lanes());
        Cohort::new(players, network.live(&self.setup.content, parts))
    }

    /// A viewer before they press play, at `arrival`: their player, and what they mean to do.
    pub(super) fn viewer(
        &self,
        line: &Line,
        number: u64,
        arrival: Time,
        ideal: Ideal,
    ) -> (Player, Plan) {
        let (content, abr, config, plan) = self.manner(line, number, ideal);
        (Player::new(content.clone(), abr, config, arrival), plan)
    }

    /// What a viewer watches, who chooses for them, how their player behaves otherwise, and what
    /// they mean to do.
    fn manner(
        &self,
        line: &Line,
        number: u64,
        ideal: Ideal,
    ) -> (&Arc<Presentation>, Box<dyn Abr>, Config, Plan) {
        let setup = self.setup;
        let content = &setup.devices[setup.device_of(number)].content;
        let speed = setup.audience.speed(setup.seed, number);
        let clock = setup.on_air.as_ref().map(|on_air| on_air.skew(setup.seed, number));
        let clock = clock.unwrap_or_default();
        let config = Config { speed, clock, ..self.config() };
        let plan = setup.audience.plan(setup.seed, number, content.end());
        (content, self.abr(line, number, ideal), config, plan)
    }

    /// What is between the viewers of links and where the bytes come from, for players of so many
    /// lanes; every round trip is so much longer.
    pub(super) fn network(
        &self,
        lines: &[Line],
        supply: Supply,
        (ideal, later): (Ideal, Span),
        lanes: usize,
    ) -> Network {
        let setup = self.setup;
        let path = |line: &Line| setup.networks[line.network].path;
        let link = |line| (Link::new(self.bandwidth(line, ideal)), path(line));
        let links = lines.iter().map(link).collect();
        let viewers = lines.iter().enumerate().flat_map(|(link, line)| {
            line.viewers.clone().map(move |number| {
                let further = setup.further(line, number) + later;
                let device = setup.device_of(number);
                let viewer = Viewer { number, link, further, device, ..Viewer::default() };
                match &setup.delivery {
                    None => viewer,
                    Some(delivery) => {
                        let pop = delivery.pop_of(setup.seed, number / setup.block());
                        let edges = delivery.group_of(pop).1;
                        Viewer { title: delivery.title_of(setup.seed, number), edges, ..viewer }
                    }
                }
            })
        });
        Network::new(supply, setup.seed, links, viewers.collect(), lanes)
    }

    /// Where everything is, or is being made.
    fn origin(&self) -> Origin {
        let content = &self.setup.content;
        let making = content.live.as_ref().map(|live| Making {
            content: content.clone(),
            live: live.clone(),
            waits: live.chunk.is_some() && self.contender.protocol == Some(Protocol::Hls),
        });
        Origin { making, ..self.setup.origin.clone() }
    }

    /// What is behind links whose viewers ask the same caches, if there are any.
    pub(super) fn supply(&self, lines: &[Line]) -> Supply {
        let setup = self.setup;
        match self.group(lines) {
            Some((delivery, group)) => {
                let on_air = setup.on_air.as_ref();
                let tells = if setup.requests { u64::MAX } else { SEEN };
                let plan = delivery.plan(group, tells, self.origin(), on_air);
                Supply::Chain(Box::new(Chain::new(plan)))
            }
            None => Supply::Origin(self.origin()),
        }
    }

    /// What is behind links whose viewers ask the same caches, and which group of viewers that is.
    pub(super) fn group(&self, lines: &[Line]) -> Option<(&Delivery, usize)> {
        let (setup, first) = (self.setup, lines.first()?);
        let delivery = setup.delivery.as_ref()?;
        let pop = delivery.pop_of(setup.seed, first.viewers.start / setup.block());
        Some((delivery, delivery.group_of(pop).0))
    }
}
