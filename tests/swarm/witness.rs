//! One viewer's session, recomputed from its events alone: buffers, stalls, bytes and waits.
//!
//! The idea to hold: the witness shares no code with the player. It knows what has been delivered
//! and when playback was said to go on and stop, works out what ought to be so, and asserts that
//! it is.

use abrsim::media::{DocumentId, Object, Rung, Segment};
use abrsim::metrics::{End, Session};
use abrsim::player::{Event, Receipt, Request};
use abrsim::trace::Bandwidth;
use abrsim::units::{Bytes, Pts, Span, Time};

use crate::common::World;

pub(crate) struct Witness<'a> {
    world: &'a World,
    bandwidth: Bandwidth,
    now: Time,
    playing: bool,
    over: bool,
    playhead: Pts,
    /// Documents of the opening that are there.
    opened: usize,
    lanes: Vec<Lane>,
    requests: u32,
    shown: Bytes,
    session: Session,
}

/// One track.
#[derive(Default)]
struct Lane {
    under_way: Option<(Time, Request)>,
    /// The rungs of the segments that are there.
    held: Vec<Rung>,
    shown: usize,
    documents: Vec<DocumentId>,
    failures: u32,
    /// After a failure: leave the network alone until then.
    retry: Option<Time>,
    /// After a failure: the dearest rung to try.
    ceiling: Option<Rung>,
    /// The rung is chosen: the next request asks nothing of the buffer.
    chosen: bool,
}

impl<'a> Witness<'a> {
    pub(crate) fn new(world: &'a World, who: usize) -> Self {
        Self {
            world,
            bandwidth: world.bandwidth(if world.shared { 0 } else { who }),
            now: Time::ZERO,
            playing: false,
            over: false,
            playhead: Pts::ZERO,
            opened: 0,
            lanes: world.content.tracks.iter().map(|_| Lane::default()).collect(),
            requests: 0,
            shown: Bytes::ZERO,
            session: Session::default(),
        }
    }

    pub(crate) fn see(&mut self, at: Time, event: &Event) {
        assert!(!self.over, "{event:?} after the end");
        assert!(at >= self.now, "time ran backwards to {at}: {event:?}");
        if at > self.now {
            self.pass(at);
        }
        match *event {
            Event::Requested(request, _) => self.requested(request),
            Event::Delivered(request, receipt) => self.delivered(request, receipt),
            Event::Abandoned(request, receipt) => self.abandoned(request, receipt),
            Event::Failed(request, receipt) => self.failed(request, receipt),
            Event::Started => {
                assert!(self.session.startup.is_none(), "started twice");
                self.play();
                self.session.startup = Some(at.since_start());
            }
            Event::Resumed => {
                assert!(self.session.startup.is_some(), "resumed before it started");
                self.play();
            }
            Event::Stalled => {
                assert!(self.playing && !self.is_complete());
                assert_eq!(self.playhead, self.playable(), "stalled with media at hand");
                self.playing = false;
                self.session.stalls += 1;
            }
            Event::Shown(segment) => self.show(segment),
            Event::Ended => {
                assert!(self.playing);
                assert_eq!(self.playhead, self.world.content.end());
                for (lane, track) in self.lanes.iter().zip(&self.world.content.tracks) {
                    assert_eq!(lane.shown, track.count() as usize, "all of it is shown");
                }
                self.end(End::Finished);
            }
            Event::GaveUp(_) => {
                let tried = self.lanes.iter().map(|lane| lane.failures).max();
                assert_eq!(tried, Some(self.world.config.retry.attempts.max(1)));
                self.end(End::GaveUp);
            }
            Event::Left => {
                assert_eq!(at, Time::ZERO + self.world.limit);
                self.end(End::Left);
            }
        }
    }

    /// What the player's own account says, and what must be so of any.
    pub(crate) fn agrees_with(&self, session: &Session) {
        let Session { end, startup, played, stalled, stalls, bytes, .. } = self.session;
        assert!(self.over, "the session never ended");
        assert_eq!((end, startup, stalls), (session.end, session.startup, session.stalls));
        assert_eq!((played, stalled), (session.played, session.stalled));
        assert_eq!((self.requests, bytes), (session.requests, session.bytes));

        let began = startup.map_or(self.now, |startup| Time::ZERO + startup);
        assert_eq!(played + stalled, self.now - began, "all time is either");
        let size = |id: &DocumentId| self.world.content.documents[id.0 as usize];
        let documents: Bytes = self.lanes.iter().flat_map(|lane| &lane.documents).map(size).sum();
        let opening: Bytes = self.world.content.opening[..self.opened].iter().map(size).sum();
        assert_eq!(bytes, opening + documents + self.shown + session.wasted);
        if end == End::Finished {
            assert_eq!(played, self.world.content.end().since_start());
        }
    }

    /// Time passes, during which nothing happened. Should something have?
    fn pass(&mut self, at: Time) {
        let elapsed = at - self.now;
        if !self.playing {
            assert!(!self.may_play(), "at {} nothing kept it from playing", self.now);
        }
        for lane in 0..self.lanes.len() {
            let due = self.due(lane);
            let in_time = due.is_none_or(|due| at <= due);
            assert!(in_time, "lane {lane} idle from {due:?} to {at}");
        }
        self.now = at;
        if self.playing {
            self.playhead += elapsed;
            self.session.played += elapsed;
        } else if self.session.startup.is_some() {
            self.session.stalled += elapsed;
        }
        assert!(self.playhead <= self.playable(), "played what was not there");
        for (lane, track) in self.lanes.iter().zip(&self.world.content.tracks) {
            let late =
                lane.shown < lane.held.len() && track.start(lane.shown as u32) < self.playhead;
            assert!(!late, "segment {} was passed and not shown", lane.shown);
        }
    }

    /// When an idle lane has to ask for something at the latest, if it has.
    fn due(&self, index: usize) -> Option<Time> {
        let lane = &self.lanes[index];
        if self.over || lane.under_way.is_some() {
            return None;
        }
        let retry = lane.retry.unwrap_or(self.now).max(self.now);
        if self.opened < self.world.content.opening.len() {
            return (index == 0).then_some(retry);
        }
        if lane.held.len() == self.world.content.tracks[index].count() as usize {
            return None;
        }
        if lane.chosen {
            return Some(retry);
        }
        // These ask whenever they may. Others may have their reasons not to.
        let eager = ["throughput", "bba", "mpc"].contains(&self.world.algorithm.name);
        let fits = self.fits(index).filter(|_| eager)?;
        Some(fits.max(retry))
    }

    /// When the next segment of a lane fits, if playback goes on as it does now.
    fn fits(&self, index: usize) -> Option<Time> {
        let (lane, track) = (&self.lanes[index], &self.world.content.tracks[index]);
        let next = lane.held.len() as u32;
        let ahead = track.start(next).since_start().saturating_sub(self.playhead.since_start());
        let room = self.world.config.target;
        let excess = (ahead + track.duration(next)).saturating_sub(room);
        match self.playing {
            true => Some(self.now + excess),
            false => (excess.is_zero() || ahead < self.level()).then_some(self.now),
        }
    }

    /// Media it takes to play, when nothing plays.
    fn level(&self) -> Span {
        let config = self.world.config;
        let level = if self.session.startup.is_none() { config.startup } else { config.resume };
        level.max(Span::from_nanos(1))
    }

    fn may_play(&self) -> bool {
        let ahead = self.playable().since_start().saturating_sub(self.playhead.since_start());
        self.is_complete() || ahead >= self.level()
    }

    fn is_complete(&self) -> bool {
        let mut all = self.lanes.iter().zip(&self.world.content.tracks);
        all.all(|(lane, track)| lane.held.len() == track.count() as usize)
    }

    /// How far every track is there.
    fn playable(&self) -> Pts {
        let both = self.lanes.iter().zip(&self.world.content.tracks);
        let lacking = both.filter(|(lane, track)| lane.held.len() < track.count() as usize);
        let least = lacking.map(|(lane, track)| track.start(lane.held.len() as u32)).min();
        least.unwrap_or(self.world.content.end())
    }

    fn play(&mut self) {
        assert!(!self.playing && self.may_play());
        self.playing = true;
    }

    fn show(&mut self, segment: Segment) {
        let lane = &mut self.lanes[segment.track.0 as usize];
        assert!(self.playing);
        assert_eq!(lane.shown, segment.index as usize, "each once, in order");
        assert_eq!(lane.held.get(lane.shown), Some(&segment.rung), "what was delivered is shown");
        let start = self.world.content.track(segment.track).start(segment.index);
        assert_eq!(start, self.playhead, "shown when its time comes");
        lane.shown += 1;
        self.shown += self.world.content.size(Object::Segment(segment));
    }

    fn end(&mut self, end: End) {
        assert!(self.lanes.iter().all(|lane| lane.under_way.is_none()), "a request never ended");
        self.session.end = end;
        self.playing = false;
        self.over = true;
    }

    fn requested(&mut self, request: Request) {
        let (now, index) = (self.now, request.id.lane as usize);
        assert_eq!(request.id.serial, self.requests, "requests are numbered");
        assert_eq!(request.size, self.world.content.size(request.object));
        self.requests += 1;
        let fits = self.fits_now(index);
        let opening = self.world.content.opening.get(self.opened);
        let lane = &mut self.lanes[index];
        assert!(lane.under_way.is_none(), "a lane asks for one thing at a time");
        assert_eq!(request.attempt, lane.failures);
        assert!(lane.retry.is_none_or(|until| now >= until), "asked again too soon");
        match request.object {
            Object::Document(id) => match opening {
                Some(&first) => assert_eq!((index, id), (0, first)),
                None => assert!(lane.chosen || fits),
            },
            Object::Segment(Segment { track, index: at, rung }) => {
                assert_eq!(
                    (opening, track.0 as usize, at as usize),
                    (None, index, lane.held.len())
                );
                assert!(lane.chosen || fits, "asked for what does not fit");
                assert!(lane.ceiling.is_none_or(|most| rung <= most), "dearer than what failed");
                let sections = self.world.content.track(track).sections();
                let section = sections.iter().rev().find(|section| section.from <= at);
                let setup = &section.expect("the first begins at 0").setup[rung.0 as usize];
                assert!(
                    setup.iter().all(|id| lane.documents.contains(id)),
                    "{rung:?} is not set up"
                );
            }
        }
        (lane.retry, lane.chosen, lane.under_way) = (None, false, Some((now, request)));
    }

    fn fits_now(&self, index: usize) -> bool {
        let ended =
            self.lanes[index].held.len() == self.world.content.tracks[index].count() as usize;
        !ended && self.fits(index) == Some(self.now)
    }

    /// A request has ended.
    fn take(&mut self, request: Request, receipt: Receipt) -> &mut Lane {
        let index = request.id.lane as usize;
        let (asked, same) = self.lanes[index].under_way.take().expect("what ends has begun");
        assert_eq!(request, same);
        assert!(receipt.received <= request.size);
        self.session.bytes += receipt.received;
        let rtt = self.bandwidth.rtt(asked).unwrap_or(self.world.rtt);
        let first_byte = asked + rtt + self.world.origin.latency;
        let plain = self.world.is_plain();
        match receipt.first_byte {
            Some(at) if plain => assert_eq!(at, first_byte),
            Some(at) => assert!(first_byte <= at && at <= self.now),
            None => assert!(receipt.received.is_zero() && (self.now <= first_byte || !plain)),
        }
        &mut self.lanes[index]
    }

    fn delivered(&mut self, request: Request, receipt: Receipt) {
        assert_eq!((receipt.received, receipt.first_byte.is_some()), (request.size, true));
        let opening = self.opened < self.world.content.opening.len();
        let lane = self.take(request, receipt);
        lane.failures = 0;
        match request.object {
            Object::Document(_) if opening => self.opened += 1,
            Object::Document(id) => {
                lane.documents.push(id);
                lane.chosen = true;
            }
            Object::Segment(segment) => {
                lane.held.push(segment.rung);
                lane.ceiling = None;
            }
        }
    }

    fn abandoned(&mut self, request: Request, receipt: Receipt) {
        self.take(request, receipt).chosen = true;
    }

    fn failed(&mut self, request: Request, receipt: Receipt) {
        assert!(receipt.received.is_zero(), "this origin fails with the first byte");
        let (now, retry) = (self.now, self.world.config.retry);
        let opening = self.opened < self.world.content.opening.len();
        let lane = self.take(request, receipt);
        lane.failures += 1;
        let doubled = (1..lane.failures).fold(retry.first, |wait, _| wait * 2);
        lane.retry = Some(now + doubled.min(retry.longest));
        match request.object {
            Object::Document(_) => lane.chosen = !opening,
            Object::Segment(segment) => {
                lane.ceiling = Some(Rung(segment.rung.0.saturating_sub(1)));
            }
        }
    }
}
