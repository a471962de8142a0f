//! What is so of every viewer, whatever they watch and whoever chooses for them.
//!
//! The idea to hold: time, requests and bytes are kept as an accountant would, from the events
//! alone: a request ends once, what is shown had come, in its order, and a session's time is all
//! accounted for. Of what is live, [`Distance`] follows how far behind it is said to be, and sees
//! at every first frame whether it is.

use std::collections::BTreeMap;

use super::Doing;
use crate::media::{Live, Object, Presentation, Rung, Segment};
use crate::metrics::{End, Session};
use crate::player::{Event, Receipt, Request};
use crate::units::{Span, Speed, Time};

/// One viewer's books.
pub struct Books<'a> {
    content: &'a Presentation,
    began: Time,
    now: Time,
    doing: Doing,
    since: Time,
    /// A place was sought in a pause.
    sought: bool,
    /// The request under way of each lane.
    open: BTreeMap<u8, Request>,
    /// What came, and on which rungs.
    came: BTreeMap<(u8, u32), Vec<Rung>>,
    /// By track: the segment shown last since playback was put elsewhere.
    shown: Vec<Option<u32>>,
    distance: Option<Distance<'a>>,
    waited: Span,
    session: Session,
}

impl<'a> Books<'a> {
    /// Of somebody who presses play then.
    pub fn new(content: &'a Presentation, began: Time) -> Self {
        Self {
            content,
            began,
            now: began,
            doing: Doing::Starting,
            since: began,
            sought: false,
            open: BTreeMap::new(),
            came: BTreeMap::new(),
            shown: vec![None; content.tracks.len()],
            distance: content.live.as_deref().map(|live| Distance::new(content, live)),
            waited: Span::ZERO,
            session: Session::default(),
        }
    }

    /// How far behind they are said to be, of what is live.
    pub fn distance(&self) -> Option<&Distance<'a>> {
        self.distance.as_ref()
    }

    /// Something has happened.
    ///
    /// # Panics
    /// If that cannot be.
    pub fn see(&mut self, at: Time, event: &Event) {
        assert!(self.doing != Doing::Over, "{event:?} after the end");
        // What was displayed may be told of a little later.
        let told_later = matches!(event, Event::Shown(_) | Event::Stalled | Event::Ended);
        assert!(at >= self.now || told_later, "time ran backwards to {at}: {event:?}");
        self.now = self.now.max(at);
        if let Some(distance) = &mut self.distance {
            distance.see(at, event);
        }
        match *event {
            Event::Requested(request, _) => self.requested(request),
            Event::Delivered(request, receipt) => {
                assert_eq!(receipt.received, request.size, "all of it came");
                self.ended(request, receipt);
                match request.object {
                    Object::Segment(segment) => self.comes(segment),
                    Object::Document(_) => {}
                }
            }
            Event::Abandoned(request, receipt) | Event::Failed(request, receipt) => {
                self.ended(request, receipt);
            }
            Event::Arrived(segment, _, receipt) => {
                assert!(receipt.reached <= at && receipt.sent <= at, "it came before it left");
                self.comes(segment);
            }
            Event::Started => {
                self.session.startup = Some(at - self.began);
                self.turn(at, &[Doing::Starting], Doing::Playing);
            }
            Event::Shown(segment) => self.show(segment),
            Event::Stalled => {
                self.session.stalls += 1;
                self.turn(at, &[Doing::Playing], Doing::Stalled);
            }
            Event::Resumed => self.turn(at, &[Doing::Stalled], Doing::Playing),
            Event::Sought { .. } => self.seek(at),
            Event::Landed => self.turn(at, &[Doing::Seeking], Doing::Playing),
            Event::Paused => self.turn(at, &[Doing::Playing], Doing::Paused),
            Event::Unpaused => {
                let sought = std::mem::take(&mut self.sought);
                let to = if sought { Doing::Seeking } else { Doing::Playing };
                self.turn(at, &[Doing::Paused], to);
            }
            Event::Resynced { .. } => self.shown.fill(None),
            Event::Discarded(..) | Event::Reported(_) | Event::Behind { .. } => {}
            Event::Ended => self.over(at, End::Finished),
            Event::GaveUp(_) => self.over(at, End::GaveUp),
            Event::Left(why) => self.over(at, why.into()),
        }
    }

    /// That a session is what the books say.
    ///
    /// # Panics
    /// If it is not.
    pub fn agree_with(&self, session: &Session) {
        let Session { end, startup, played, stalled, stalls, .. } = self.session;
        assert_eq!(self.doing, Doing::Over, "the session never ended");
        assert!(self.open.is_empty(), "a request never ended");
        assert_eq!((end, startup, stalls), (session.end, session.startup, session.stalls));
        assert_eq!((played, stalled), (session.played, session.stalled));
        let Session { paused, seeks, seek_wait, requests, bytes, .. } = self.session;
        assert_eq!((paused, seeks), (session.paused, session.seeks));
        assert_eq!((seek_wait, requests), (session.seek_wait, session.requests));
        assert_eq!(bytes, session.bytes, "the bytes that came");
        assert!(session.wasted <= bytes, "more was wasted than came");
        let elapsed = self.since - self.began;
        let waited = startup.unwrap_or(self.waited);
        assert_eq!(waited + played + stalled + seek_wait + paused, elapsed, "all time is one");
    }

    fn requested(&mut self, request: Request) {
        assert_eq!(request.size, self.content.size(request.object), "as large as it is");
        assert_eq!(request.id.serial, self.session.requests, "requests are numbered");
        self.session.requests += 1;
        let before = self.open.insert(request.id.lane, request);
        assert_eq!(before, None, "a lane asks for one thing at a time");
    }

    fn ended(&mut self, request: Request, receipt: Receipt) {
        let open = self.open.remove(&request.id.lane);
        assert_eq!(open, Some(request), "what ends has begun");
        assert!(receipt.received <= request.size, "more came than there is");
        assert!(receipt.first_byte.is_none_or(|first| first <= self.now), "it is to come");
        self.session.bytes += receipt.received;
    }

    fn comes(&mut self, Segment { track, index, rung }: Segment) {
        let rungs = self.came.entry((track.0, index)).or_default();
        if !rungs.contains(&rung) {
            rungs.push(rung);
        }
    }

    fn show(&mut self, Segment { track, index, rung }: Segment) {
        let came = self.came.get(&(track.0, index));
        assert!(came.is_some_and(|rungs| rungs.contains(&rung)), "shown, and it has not come");
        let last = self.shown[usize::from(track.0)].replace(index);
        assert!(last.is_none_or(|last| last < index), "each once, in order");
    }

    /// The viewer went elsewhere. Before the first frame that is no seek.
    fn seek(&mut self, at: Time) {
        self.shown.fill(None);
        self.session.seeks += u32::from(self.doing != Doing::Starting);
        match self.doing {
            Doing::Starting | Doing::Seeking | Doing::Over => {}
            Doing::Paused => self.sought = true,
            Doing::Playing | Doing::Stalled => self.turn(at, &[self.doing], Doing::Seeking),
        }
    }

    fn turn(&mut self, at: Time, from: &[Doing], to: Doing) {
        assert!(from.contains(&self.doing), "{to:?} after {:?}", self.doing);
        let span = at - std::mem::replace(&mut self.since, at);
        match std::mem::replace(&mut self.doing, to) {
            Doing::Starting => self.waited += span,
            Doing::Playing => self.session.played += span,
            Doing::Stalled => self.session.stalled += span,
            Doing::Seeking => self.session.seek_wait += span,
            Doing::Paused => self.session.paused += span,
            Doing::Over => {}
        }
    }

    fn over(&mut self, at: Time, end: End) {
        assert!(
            end != End::Finished || self.doing == Doing::Playing,
            "ended while {:?}",
            self.doing
        );
        self.session.end = end;
        self.turn(at, &[self.doing], Doing::Over);
    }
}

/// How far behind live somebody is, as the events of their session say it.
pub struct Distance<'a> {
    content: &'a Presentation,
    live: &'a Live,
    /// Since when, how far behind then, and how fast it is played, if it is.
    piece: Option<(Time, Span, Option<Speed>)>,
    pace: Speed,
    stands: bool,
    /// Since it went to another place, nothing has been said of it.
    landing: bool,
    /// First frames at which what was said was what was so.
    seen: u32,
}

impl<'a> Distance<'a> {
    /// Of somebody of whom nothing has been said.
    pub fn new(content: &'a Presentation, live: &'a Live) -> Self {
        let (piece, pace) = (None, Speed::NORMAL);
        Self { content, live, piece, pace, stands: false, landing: false, seen: 0 }
    }

    /// At how many first frames what was said was what was so.
    pub fn seen(&self) -> u32 {
        self.seen
    }

    /// Something has happened.
    ///
    /// # Panics
    /// If it was before it can have been, or what was said of the distance is not so.
    pub fn see(&mut self, at: Time, event: &Event) {
        if let Event::Delivered(_, receipt) = *event {
            let now = self.live.clock(at);
            let (sent, made) = (self.live.clock(receipt.sent), self.live.clock(receipt.made));
            assert!(sent <= now && made <= now, "it came before it was made");
            assert!(receipt.idle <= at - receipt.first_byte.unwrap_or(at), "idle for too long");
        }
        if let Event::Shown(segment) = *event
            && segment.track == self.content.main()
        {
            self.shown(at, segment);
        }
        self.hear(at, event);
    }

    fn shown(&mut self, at: Time, segment: Segment) {
        let begins = self.content.track(segment.track).start(segment.index);
        let (clock, captured) = (self.live.clock(at), self.live.captured(begins));
        let there = self.live.there(self.content, (segment.track, segment.index), 1);
        assert!(there.is_some_and(|there| there <= clock), "shown before it was there");
        // At the first frame of a segment the latency said and the latency that is are one; at a
        // place amid which playback joined it is later, and after a gap nearer.
        let turned = self.piece.is_none_or(|(since, ..)| since >= at) || self.landing;
        if let Some(told) = self.now(at).filter(|_| !turned && captured == begins) {
            let off = told.as_nanos().abs_diff((clock - captured).as_nanos());
            assert!(off <= 3, "said to be {told} behind, and is {}", clock - captured);
            self.seen += 1;
        }
    }

    fn now(&self, at: Time) -> Option<Span> {
        let (since, from, speed) = self.piece?;
        let media = speed.map_or(Span::ZERO, |s| s.plays(at - since, Default::default()).0);
        Some(from + (at - since) - media)
    }

    fn hear(&mut self, at: Time, event: &Event) {
        let turn = |to: Option<Speed>| self.now(at).map(|latency| (at, latency, to));
        match *event {
            Event::Behind { latency, speed, .. } => {
                (self.pace, self.landing) = (speed, false);
                self.piece = Some((at, latency, Some(speed).filter(|_| !self.stands)));
            }
            Event::Started | Event::Resumed | Event::Landed | Event::Unpaused => {
                (self.piece, self.stands) = (turn(Some(self.pace)), false);
            }
            Event::Stalled => (self.piece, self.stands) = (turn(None), true),
            Event::Paused | Event::Sought { .. } => (self.piece, self.landing) = (None, true),
            Event::Resynced { .. } => self.landing = true,
            Event::Requested(..) | Event::Delivered(..) | Event::Abandoned(..) => {}
            Event::Failed(..) | Event::Arrived(..) | Event::Shown(_) | Event::Discarded(..) => {}
            Event::Reported(_) | Event::Ended | Event::GaveUp(_) | Event::Left(_) => {}
        }
    }
}
