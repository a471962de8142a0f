//! The judgement where nothing but segments comes and goes: a player of one track, no longer in
//! want of documents, whose viewer only watches.
//!
//! The idea to hold: from one decision to the next everything is then arithmetic on a few numbers,
//! which are taken out of the machine (`mod.rs`) and put back when something else is the case: a
//! fault, a transfer that is watched, an algorithm that turns back, the end. Then the machine goes
//! on from there. What is told is the same to the event and the nanosecond (`tests/swarm.rs`).

use std::collections::VecDeque;

use super::playback::Phase;
use super::{Config, Event, Host, PATIENCE, Player, Receipt, Request, RequestId, UnderWay};
use crate::abr::{Context, Decision, Outcome, Transfer};
use crate::media::{Object, Rung, Segment, Track, TrackId};
use crate::units::{Pts, Span, Speed, Time};

/// A way to the origin on which it is known at once how a request fares.
pub(crate) trait Road: Host {
    /// Takes a request: when all of it will be there, and the receipt, if it comes whole and by
    /// the limit, with nothing to be said before. Else it is under way as any other.
    fn send(&mut self, now: Time, request: &Request, limit: Time) -> Option<(Time, Receipt)>;

    /// The same of what is under way.
    fn take_over(&mut self, id: RequestId, limit: Time) -> Option<(Time, Receipt)>;
}

/// What is under way: a request, when it was made, when it ends, and what its receipt will be.
struct Coming {
    request: Request,
    requested: Time,
    done: Time,
    receipt: Receipt,
}

/// The facts of a playback of one track, as far as they change.
pub(super) struct Facts<'a> {
    pub(super) now: Time,
    pub(super) phase: Phase,
    pub(super) playhead: Pts,
    /// Where the playhead was put last.
    pub(super) landed: Pts,
    /// The first segment not held, and the first not shown.
    pub(super) next: u32,
    pub(super) shown: u32,
    /// The rungs of those between, and of the last that is held.
    pub(super) rungs: VecDeque<Rung>,
    pub(super) last: Option<Rung>,
    pub(super) track: &'a Track,
}

impl Facts<'_> {
    fn playable(&self) -> Pts {
        self.track.start(self.next)
    }

    fn buffered(&self) -> Span {
        self.playable().since_start().saturating_sub(self.playhead.since_start())
    }

    /// When the media at hand will have been played.
    #[inline]
    fn runs_dry(&self) -> Option<Time> {
        (self.phase == Phase::Playing).then(|| self.now + self.buffered())
    }

    /// Goes on to `to`, which is not after the media at hand will have been played.
    #[inline]
    fn pass(&mut self, to: Time, road: &mut impl Road) {
        let elapsed = to - std::mem::replace(&mut self.now, to);
        if self.phase == Phase::Playing {
            self.playhead += elapsed;
            self.show(road);
        }
    }

    /// One more segment is held.
    #[inline]
    fn hold(&mut self, rung: Rung) {
        self.rungs.push_back(rung);
        self.last = Some(rung);
        self.next += 1;
    }

    /// The facts as an algorithm sees them.
    #[inline]
    fn context(&self, config: &Config) -> Context<'_> {
        Context {
            now: self.now,
            id: TrackId(0),
            track: self.track,
            segment: self.next,
            last: self.last,
            buffer: self.buffered(),
            target: config.target,
            speed: Speed::NORMAL,
            held: &self.rungs,
            first_held: self.shown,
            other: None,
            latency: None,
        }
    }

    /// Tells of segments whose first frame has been displayed.
    #[inline]
    fn show(&mut self, road: &mut impl Road) {
        while self.shown < self.next {
            let start = self.track.start(self.shown);
            if start > self.playhead || start >= self.playable() {
                return;
            }
            let since = self.playhead - start.max(self.landed);
            let rung = self.rungs.pop_front().expect("a segment due is held");
            let segment = Segment { track: TrackId(0), index: self.shown, rung };
            self.shown += 1;
            road.tell(self.now - since, &Event::Shown(segment));
        }
    }
}

/// What an algorithm's answer comes to.
enum Next {
    Comes(Coming),
    /// Nothing is asked for until then.
    Waits(Time),
    /// It is for the machine to do as the algorithm says.
    Turns(Decision),
    /// It is for the machine to go on.
    Leaves,
}

impl Player {
    /// Plays on for as long as nothing out of the ordinary happens, and not beyond the limit.
    pub(crate) fn express(&mut self, limit: Time, road: &mut impl Road) {
        if !self.is_ordinary() {
            return;
        }
        let lane = &mut self.lanes[0];
        let mut next = match (&lane.under_way, lane.hold) {
            (Some(UnderWay { request, requested }), _) => {
                let (request, requested) = (*request, *requested);
                let Some((done, receipt)) = road.take_over(request.id, limit) else { return };
                Next::Comes(Coming { request, requested, done, receipt })
            }
            (None, Some(until)) => Next::Waits(until),
            (None, None) => return,
        };
        (lane.under_way, lane.hold) = (None, None);
        let content = self.playback.content.clone();
        let mut facts = self.playback.lend(&content.tracks[0]);
        let turns = loop {
            match next {
                Next::Comes(coming) => self.receive(&coming, &mut facts, road),
                Next::Waits(until) => {
                    let dry = facts.runs_dry().filter(|&dry| dry <= until);
                    if dry.is_some() || until > limit {
                        self.lanes[0].hold = Some(dry.unwrap_or(until));
                        break None;
                    }
                    facts.pass(until, road);
                }
                Next::Turns(decision) => break Some(decision),
                Next::Leaves => break None,
            }
            next = self.ask(&facts, limit, road);
        };
        self.playback.take_back(facts);
        if let Some(decision) = turns {
            self.lanes[0].wanted = self.heed(0, decision, road);
        }
        if self.lanes[0].wanted.is_some() {
            self.fetch(0, road);
        }
    }

    /// Whether segments are all there is to see to.
    fn is_ordinary(&self) -> bool {
        let [lane] = &*self.lanes else { return false };
        // What is under way may be to take the place of what has been shown by now.
        let next = self.playback.tracks[0].wanted();
        let goes_on = |under_way: &UnderWay| match under_way.request.object {
            Object::Segment(segment) => segment.index == next,
            Object::Document(_) => false,
        };
        self.edge.is_none()
            && self.opened == self.playback.content.opening.len()
            && self.playback.is_ordinary()
            && lane.is_ordinary()
            && lane.under_way.as_ref().is_none_or(goes_on)
    }

    /// What was under way is there.
    #[inline]
    fn receive(&mut self, coming: &Coming, facts: &mut Facts<'_>, road: &mut impl Road) {
        let Coming { request, requested, done, receipt } = *coming;
        let Object::Segment(segment) = request.object else { return };
        if let Some(dry) = facts.runs_dry().filter(|&dry| dry < done) {
            facts.pass(dry, road);
            facts.phase = Phase::Stalled;
            road.tell(dry, &Event::Stalled);
        }
        facts.pass(done, road);
        road.tell(done, &Event::Delivered(request, receipt));
        self.abr.observe(&Transfer {
            track: segment.track,
            rung: segment.rung,
            duration: facts.track.duration(segment.index),
            size: request.size,
            received: receipt.received,
            requested,
            first_byte: receipt.first_byte,
            idle: Span::ZERO,
            now: done,
            outcome: Outcome::Done,
        });
        facts.hold(segment.rung);
        let config = &self.playback.config;
        let (enough, event) = match facts.phase {
            Phase::Starting => (config.startup, Event::Started),
            Phase::Stalled => (config.resume, Event::Resumed),
            Phase::Opening | Phase::Playing | Phase::Seeking => return facts.show(road),
            Phase::Paused { .. } | Phase::Over => return,
        };
        if facts.buffered() >= enough || facts.next == facts.track.count() {
            facts.phase = Phase::Playing;
            road.tell(done, &event);
            facts.show(road);
        }
    }

    /// Asks the algorithm, and then the origin.
    #[inline]
    fn ask(&mut self, facts: &Facts<'_>, limit: Time, road: &mut impl Road) -> Next {
        let (now, track, index) = (facts.now, facts.track, facts.next);
        if index == track.count() {
            return Next::Leaves;
        }
        let (config, ahead) = (&self.playback.config, facts.buffered());
        let excess = (ahead + track.duration(index)).saturating_sub(config.target);
        if !excess.is_zero() {
            match facts.phase {
                Phase::Playing => return Next::Waits(now + excess),
                phase if ahead < phase.needs(config) => {}
                Phase::Opening | Phase::Starting | Phase::Stalled => return Next::Leaves,
                Phase::Seeking | Phase::Paused { .. } | Phase::Over => return Next::Leaves,
            }
        }
        let cx = facts.context(config);
        let rung = match self.abr.choose(&cx) {
            Decision::Fetch(rung) => rung,
            Decision::Wait(span) if facts.phase == Phase::Playing => {
                return Next::Waits(now.saturating_add(span.max(PATIENCE)));
            }
            decision => return Next::Turns(decision),
        };
        let lane = &mut self.lanes[0];
        if lane.lacks(track, index, rung).is_some() {
            lane.wanted = Some(rung);
            return Next::Leaves;
        }
        let watch = self.abr.patience(&cx, rung).map(|span| now.saturating_add(span));
        let object = Object::Segment(Segment { track: TrackId(0), index, rung });
        let id = RequestId { lane: 0, serial: self.serial };
        let (size, attempt, again) = (track.size(index, rung), 0, 0);
        let request = Request { id, object, size, attempt, again, watch };
        let comes = road.send(now, &request, limit);
        self.serial += 1;
        road.tell(now, &Event::Requested(request, self.abr.estimate()));
        let Some((done, receipt)) = comes else {
            lane.under_way = Some(UnderWay { request, requested: now });
            return Next::Leaves;
        };
        Next::Comes(Coming { request, requested: now, done, receipt })
    }
}
