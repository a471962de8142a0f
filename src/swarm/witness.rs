//! One viewer's session, recomputed from its events alone: buffers, stalls, bytes and waits.
//!
//! The idea to hold: the witness shares no code with the player or the person. It knows what has
//! been delivered, when playback was said to go on and stop, and what the viewer means to do, works
//! out what ought to be so, and asserts that it is. Media it counts in thousandths of a nanosecond,
//! whole at any speed.

use super::Doing;
use crate::cdn::Fault;
use crate::media::{DocumentId, Object, Presentation, Rung, Segment};
use crate::metrics::{End, Session};
use crate::person::{Deed, Plan};
use crate::player::{Config, Event, Growth, Reason, Receipt, Request};
use crate::trace::Bandwidth;
use crate::units::{Bytes, Pts, Span, Time};

/// A viewer of something on demand, as they are known before anything happens.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// What they watch.
    pub content: &'a Presentation,
    /// Who chooses for them.
    pub algorithm: &'a str,
    /// How their player behaves otherwise.
    pub config: Config,
    /// What they mean to do.
    pub plan: &'a Plan,
    /// When they press play.
    pub began: Time,
    /// When whoever is still there leaves.
    pub limit: Time,
    /// What their link follows.
    pub bandwidth: Bandwidth,
    /// The round trip, where that states none.
    pub rtt: Span,
    /// What there is on top of the round trip at least before a first byte.
    pub more: Span,
    /// Whether first bytes come then, and no later.
    pub exact: bool,
}

/// Somebody who watches them.
pub struct Witness<'a> {
    of: Subject<'a>,
    now: Time,
    doing: Doing,
    /// When that began.
    since: Time,
    playhead: Parts,
    watched: Parts,
    /// Of the viewer's acts.
    acts: usize,
    /// Where the playhead was put last, and when.
    landed: (Time, Pts),
    /// What was sought is there: playback goes on at once.
    at_once: bool,
    /// Documents of the opening that are there.
    opened: usize,
    lanes: Vec<Lane>,
    requests: u32,
    shown: Bytes,
    session: Session,
}

/// Media, in thousandths of a nanosecond.
type Parts = u128;

fn parts(media: Span) -> Parts {
    Parts::from(media.as_nanos()) * 1_000
}

fn place(at: Pts) -> Parts {
    parts(at.since_start())
}

/// One track.
#[derive(Default)]
struct Lane {
    under_way: Option<(Time, Request)>,
    /// The rungs of the segments that are there, and the first of them.
    held: Vec<Rung>,
    first: u32,
    /// The next segment to be shown.
    shown: u32,
    documents: Vec<DocumentId>,
    failures: u32,
    /// After a failure: leave the network alone until then.
    retry: Option<Time>,
    /// After a failure: the dearest rung to try.
    ceiling: Option<Rung>,
    /// The rung is chosen: the next request asks nothing of the buffer.
    chosen: bool,
}

impl Lane {
    /// The first segment that is not there.
    fn next(&self) -> u32 {
        self.first + self.held.len() as u32
    }

    /// A segment is there: the next one, or another instead of one that is, if it is in time.
    fn hold(&mut self, segment: Segment) {
        if segment.index == self.next() {
            self.held.push(segment.rung);
        } else if segment.index >= self.shown {
            self.held[(segment.index - self.first) as usize] = segment.rung;
        }
    }
}

/// Those who ask whenever they may. Others may have their reasons not to.
const EAGER: &[&str] = &[
    "throughput",
    "bba-0",
    "bba-1",
    "bba-2",
    "bba-index",
    "mpc",
    "fast-mpc",
    "robust-mpc",
    "pensieve",
    "l2a-ll",
    "lol-plus",
    "stallion",
    "elastic",
    "hyb",
    "quetra",
    "arbiter-plus",
    "fixed-rung",
    "random",
    "rate-oracle",
];

/// Those who fetch again what is held.
const REPLACING: &[&str] = &["dash.js", "dash.js-4.7", "media3"];

impl<'a> Witness<'a> {
    /// Of somebody of whom nothing has been heard yet.
    pub fn new(of: Subject<'a>) -> Self {
        let began = of.began;
        Self {
            lanes: of.content.tracks.iter().map(|_| Lane::default()).collect(),
            now: began,
            doing: Doing::Starting,
            since: began,
            playhead: 0,
            watched: 0,
            acts: 0,
            landed: (began, Pts::ZERO),
            at_once: false,
            opened: 0,
            requests: 0,
            shown: Bytes::ZERO,
            session: Session::default(),
            of,
        }
    }

    /// Something has happened in their session.
    ///
    /// # Panics
    /// If that cannot be.
    pub fn see(&mut self, at: Time, event: &Event) {
        assert!(self.doing != Doing::Over, "{event:?} after the end");
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
                self.play(Doing::Starting);
                self.session.startup = Some(at - self.of.began);
            }
            Event::Resumed => self.play(Doing::Stalled),
            Event::Stalled => {
                assert!(!self.is_complete());
                assert!(self.is_at(self.playhead, self.playable()), "stalled with media at hand");
                self.playhead = place(self.playable());
                self.turn(Doing::Playing, Doing::Stalled);
                self.session.stalls += 1;
            }
            Event::Shown(segment) => self.show(segment),
            Event::Sought { to, buffered } => self.sought(to, buffered),
            Event::Landed => self.play(Doing::Seeking),
            Event::Paused => {
                assert!(matches!(self.act(), Deed::Pause(_)));
                self.turn(Doing::Playing, Doing::Paused);
            }
            Event::Unpaused => {
                assert_eq!(Some(at), self.loses_patience(), "as long as they meant to");
                self.turn(Doing::Paused, Doing::Playing);
            }
            Event::Ended => {
                let end = self.of.content.end();
                assert!(self.is_at(self.playhead, end) || self.landed == (at, end));
                for (lane, track) in self.lanes.iter().zip(&self.of.content.tracks) {
                    assert_eq!(lane.shown, track.count(), "all of it is shown");
                }
                assert_eq!(self.doing, Doing::Playing);
                self.end(End::Finished);
            }
            // The player's own words, of which no fact hangs.
            Event::Reported(_)
            | Event::Arrived(..)
            | Event::Behind { .. }
            | Event::Resynced { .. } => {}
            Event::Discarded(track, from) => {
                let lane = &mut self.lanes[track.0 as usize];
                assert!(lane.shown <= from && from <= lane.next(), "dropped what was shown");
                lane.held.truncate((from - lane.first) as usize);
            }
            Event::GaveUp(_) => {
                let tried = self.lanes.iter().map(|lane| lane.failures).max();
                assert_eq!(tried, Some(self.of.config.retry.attempts.max(1)));
                self.end(End::GaveUp);
            }
            Event::Left(why) => self.left(why),
        }
    }

    fn left(&mut self, why: Reason) {
        let (watch, tired) = (self.of.plan.watch, Some(self.now) == self.loses_patience());
        let (right, end) = match why {
            Reason::Satisfied => {
                let enough = watch.is_some_and(|watch| self.watched >= parts(watch));
                (enough && self.doing == Doing::Playing, End::Satisfied)
            }
            Reason::Startup => (tired && self.doing == Doing::Starting, End::LeftStartup),
            Reason::Stall => (tired && self.doing == Doing::Stalled, End::LeftStall),
            Reason::Seek => (tired && self.doing == Doing::Seeking, End::LeftSeek),
            Reason::Limit => (self.now == self.of.limit, End::Left),
        };
        assert!(right, "{why:?} while {:?} at {}", self.doing, self.now);
        self.end(end);
    }

    /// What the player's own account says, and what must be so of any.
    ///
    /// # Panics
    /// If it is not.
    pub fn agrees_with(&self, session: &Session) {
        if self.of.began > self.of.limit {
            assert_eq!(*session, Session::default(), "who never came did nothing");
            return;
        }
        let Session { end, startup, played, stalled, stalls, bytes, .. } = self.session;
        let Session { paused, seeks, seek_wait, .. } = self.session;
        assert_eq!(self.doing, Doing::Over, "the session never ended");
        assert_eq!((end, startup, stalls), (session.end, session.startup, session.stalls));
        assert_eq!((played, stalled), (session.played, session.stalled));
        assert_eq!((paused, seeks), (session.paused, session.seeks));
        assert_eq!(seek_wait, session.seek_wait);
        let most = session.longest_seek * u64::from(seeks);
        assert!(session.longest_seek <= seek_wait && seek_wait <= most);
        assert_eq!((self.requests, bytes), (session.requests, session.bytes));

        let elapsed = self.now - self.of.began;
        let waited = startup.unwrap_or(elapsed);
        assert_eq!(waited + played + stalled + seek_wait + paused, elapsed, "all time is one");
        let size = |id: &DocumentId| self.of.content.documents[id.0 as usize];
        let documents: Bytes = self.lanes.iter().flat_map(|lane| &lane.documents).map(size).sum();
        let opening: Bytes = self.of.content.opening[..self.opened].iter().map(size).sum();
        assert_eq!(bytes, opening + documents + self.shown + session.wasted);
        if end == End::Finished && seeks == 0 {
            // A stall begins in the nanosecond in which the last media was played.
            let end = place(self.of.content.end());
            let most = end + self.speed() * Parts::from(stalls + 1);
            let media = Parts::from(played.as_nanos()) * self.speed();
            assert!((end..most).contains(&media));
        }
        let happy = startup.is_some() && stalls == 0;
        let all = [End::Finished, End::Satisfied].contains(&end);
        assert_eq!(session.is_zero_buffer(), happy && all);
    }

    /// Time passes, during which nothing happened. Should something have?
    fn pass(&mut self, at: Time) {
        let elapsed = at - self.now;
        let waits = [Doing::Starting, Doing::Stalled, Doing::Seeking].contains(&self.doing);
        assert!(!waits || !self.may_play(), "at {} nothing kept it from playing", self.now);
        assert!(self.doing != Doing::Seeking || !self.at_once, "what was sought was there");
        for lane in 0..self.lanes.len() {
            let due = self.due(lane);
            let in_time = due.is_none_or(|due| at <= due);
            assert!(in_time, "lane {lane} idle from {due:?} to {at}");
        }
        assert!(self.loses_patience().is_none_or(|until| at <= until), "still there at {at}");
        self.now = at;
        match self.doing {
            Doing::Playing => {
                let media = Parts::from(elapsed.as_nanos()) * self.speed();
                (self.playhead, self.watched) = (self.playhead + media, self.watched + media);
                self.session.played += elapsed;
            }
            Doing::Stalled => self.session.stalled += elapsed,
            Doing::Seeking => self.session.seek_wait += elapsed,
            Doing::Paused => self.session.paused += elapsed,
            Doing::Starting | Doing::Over => {}
        }
        if self.doing == Doing::Playing {
            let most = place(self.playable()) + self.speed();
            assert!(self.playhead < most, "played what was not there");
            let goal = self.goal().map(parts);
            assert!(goal.is_none_or(|goal| self.watched < goal + self.speed()), "watched on");
            for (lane, track) in self.lanes.iter().zip(&self.of.content.tracks) {
                let late = lane.shown < lane.next()
                    && place(track.start(lane.shown)) + self.speed() <= self.playhead;
                assert!(!late, "segment {} was passed and not shown", lane.shown);
            }
        }
    }

    /// Thousandths of a nanosecond of media that are played in a nanosecond.
    fn speed(&self) -> Parts {
        (self.of.config.speed.as_f64() * 1e3).round() as Parts
    }

    /// Whether a playhead has got to a place in this very nanosecond.
    fn is_at(&self, playhead: Parts, at: Pts) -> bool {
        (place(at)..place(at) + self.speed()).contains(&playhead)
    }

    /// When a viewer has enough of what is going on, be it a pause.
    fn loses_patience(&self) -> Option<Time> {
        let plan = &self.of.plan;
        let patience = match self.doing {
            Doing::Starting => plan.startup_patience,
            Doing::Stalled | Doing::Seeking => plan.stall_patience,
            Doing::Paused => match plan.acts[self.acts - 1].deed {
                Deed::Pause(span) => Some(span),
                Deed::Seek(_) => None,
            },
            Doing::Playing | Doing::Over => None,
        };
        patience.map(|span| self.since + span)
    }

    /// How much a viewer watches before they do the next thing.
    fn goal(&self) -> Option<Span> {
        let act = self.of.plan.acts.get(self.acts).map(|act| act.after);
        self.of.plan.watch.into_iter().chain(act).min()
    }

    /// The viewer does the next thing they meant to.
    fn act(&mut self) -> Deed {
        let act = self.of.plan.acts[self.acts];
        assert!(self.watched >= parts(act.after), "too soon");
        assert!(self.of.plan.watch.is_none_or(|watch| act.after < watch), "they had left");
        self.acts += 1;
        act.deed
    }

    fn sought(&mut self, to: Pts, buffered: bool) {
        let Deed::Seek(place) = self.act() else { panic!("that was to be a pause") };
        assert_eq!(to, place.min(self.of.content.end()));
        let here = Pts::ZERO + Span::from_nanos((self.playhead / 1_000) as u64);
        let there = here <= to && (to < self.playable() || self.is_complete());
        assert_eq!(buffered, there);
        (self.landed, self.at_once) = ((self.now, to), buffered);
        for (lane, track) in self.lanes.iter_mut().zip(&self.of.content.tracks) {
            let first = (0..track.count()).find(|&k| to < track.start(k + 1));
            let first = first.unwrap_or(track.count());
            if buffered {
                lane.shown = lane.shown.max(first.min(lane.next()));
                continue;
            }
            assert!(lane.under_way.is_none(), "what is under way is of no use");
            (lane.first, lane.shown) = (first, first);
            lane.held.clear();
            (lane.failures, lane.retry, lane.ceiling, lane.chosen) = (0, None, None, false);
        }
        self.playhead = self::place(to);
        self.turn(Doing::Playing, Doing::Seeking);
        self.session.seeks += 1;
    }

    /// When an idle lane has to ask for something at the latest, if it has.
    fn due(&self, index: usize) -> Option<Time> {
        let lane = &self.lanes[index];
        if self.doing == Doing::Over || lane.under_way.is_some() {
            return None;
        }
        let retry = lane.retry.unwrap_or(self.now).max(self.now);
        if self.opened < self.of.content.opening.len() {
            return (index == 0).then_some(retry);
        }
        if lane.next() == self.of.content.tracks[index].count() {
            return None;
        }
        if lane.chosen {
            return Some(retry);
        }
        let eager = EAGER.contains(&self.of.algorithm);
        let fits = self.fits(index).filter(|_| eager)?;
        Some(fits.max(retry))
    }

    /// When the next segment of a lane fits, if playback goes on as it does now.
    fn fits(&self, index: usize) -> Option<Time> {
        let (lane, track) = (&self.lanes[index], &self.of.content.tracks[index]);
        let next = lane.next();
        // It fits once the playhead is here.
        let from = place(track.start(next + 1)).saturating_sub(parts(self.of.config.target));
        let left = from.saturating_sub(self.playhead);
        let short = place(track.start(next)) < self.playhead + parts(self.level());
        match self.doing {
            Doing::Playing => {
                let nanos = left.div_ceil(self.speed());
                Some(self.now + Span::from_nanos(nanos as u64))
            }
            Doing::Paused | Doing::Over => (left == 0).then_some(self.now),
            Doing::Starting | Doing::Stalled | Doing::Seeking => {
                (left == 0 || short).then_some(self.now)
            }
        }
    }

    /// Media it takes to play, when nothing plays.
    fn level(&self) -> Span {
        let config = self.of.config;
        let level = if self.session.startup.is_none() { config.startup } else { config.resume };
        level.max(Span::from_nanos(1))
    }

    fn may_play(&self) -> bool {
        self.is_complete() || place(self.playable()) >= self.playhead + parts(self.level())
    }

    fn is_complete(&self) -> bool {
        let mut all = self.lanes.iter().zip(&self.of.content.tracks);
        all.all(|(lane, track)| lane.next() == track.count())
    }

    /// How far every track is there.
    fn playable(&self) -> Pts {
        let both = self.lanes.iter().zip(&self.of.content.tracks);
        let lacking = both.filter(|(lane, track)| lane.next() < track.count());
        let least = lacking.map(|(lane, track)| track.start(lane.next())).min();
        least.unwrap_or(self.of.content.end())
    }

    fn play(&mut self, waited: Doing) {
        assert!(self.may_play() || (self.at_once && waited == Doing::Seeking));
        self.turn(waited, Doing::Playing);
    }

    fn turn(&mut self, from: Doing, to: Doing) {
        assert_eq!(self.doing, from);
        (self.doing, self.since) = (to, self.now);
    }

    fn show(&mut self, segment: Segment) {
        let start = self.of.content.track(segment.track).start(segment.index);
        // What holds the place where playback was put is shown as it goes on there.
        let landing = start <= self.landed.1 && self.since == self.now;
        let on_time = landing || self.is_at(self.playhead, start);
        assert!(on_time, "shown when its time comes");
        let lane = &mut self.lanes[segment.track.0 as usize];
        assert_eq!(self.doing, Doing::Playing);
        assert_eq!(lane.shown, segment.index, "each once, in order");
        let held = lane.held.get((segment.index - lane.first) as usize);
        assert_eq!(held, Some(&segment.rung), "what was delivered is shown");
        lane.shown += 1;
        self.shown += self.of.content.size(Object::Segment(segment));
    }

    fn end(&mut self, end: End) {
        assert!(self.lanes.iter().all(|lane| lane.under_way.is_none()), "a request never ended");
        self.session.end = end;
        self.doing = Doing::Over;
    }

    fn requested(&mut self, request: Request) {
        let (now, index) = (self.now, request.id.lane as usize);
        assert_eq!(request.id.serial, self.requests, "requests are numbered");
        assert_eq!(request.size, self.of.content.size(request.object));
        self.requests += 1;
        let fits = self.fits_now(index);
        let opening = self.of.content.opening.get(self.opened);
        let replaces = REPLACING.contains(&self.of.algorithm);
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
                assert_eq!((opening, track.0 as usize), (None, index));
                let again = (lane.shown..lane.next()).contains(&at);
                assert!(again && replaces || at == lane.next(), "{at} is not the next");
                assert!(lane.chosen || fits || again, "asked for what does not fit");
                assert!(lane.ceiling.is_none_or(|most| rung <= most), "dearer than what failed");
                let sections = self.of.content.track(track).sections();
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
        let ended = self.lanes[index].next() == self.of.content.tracks[index].count();
        !ended && self.fits(index) == Some(self.now)
    }

    /// A request has ended.
    fn take(&mut self, request: Request, receipt: Receipt) -> &mut Lane {
        let index = request.id.lane as usize;
        let (asked, same) = self.lanes[index].under_way.take().expect("what ends has begun");
        assert_eq!(request, same);
        assert!(receipt.received <= request.size);
        self.session.bytes += receipt.received;
        let rtt = self.of.bandwidth.rtt(asked).unwrap_or(self.of.rtt);
        let first_byte = asked + rtt + self.of.more;
        let plain = self.of.exact;
        match receipt.first_byte {
            Some(at) if plain => assert_eq!(at, first_byte),
            Some(at) => assert!(first_byte <= at && at <= self.now),
            None => assert!(receipt.received.is_zero() && (self.now <= first_byte || !plain)),
        }
        &mut self.lanes[index]
    }

    fn delivered(&mut self, request: Request, receipt: Receipt) {
        assert_eq!((receipt.received, receipt.first_byte.is_some()), (request.size, true));
        let opening = self.opened < self.of.content.opening.len();
        let lane = self.take(request, receipt);
        lane.failures = 0;
        match request.object {
            Object::Document(_) if opening => self.opened += 1,
            Object::Document(id) => {
                lane.documents.push(id);
                lane.chosen = true;
            }
            Object::Segment(segment) => {
                lane.hold(segment);
                lane.ceiling = None;
            }
        }
    }

    fn abandoned(&mut self, request: Request, receipt: Receipt) {
        self.take(request, receipt).chosen = true;
    }

    fn failed(&mut self, request: Request, receipt: Receipt) {
        match receipt.fault {
            Some(Fault::Short(part)) => assert_eq!(receipt.received, part, "so much of it came"),
            Some(Fault::Error(_) | Fault::Reset) | None => assert!(receipt.received.is_zero()),
        }
        let (now, retry) = (self.now, self.of.config.retry);
        let opening = self.opened < self.of.content.opening.len();
        let lane = self.take(request, receipt);
        lane.failures += 1;
        let wait = match retry.growth {
            Growth::Constant => retry.first,
            Growth::Linear => retry.first * u64::from(lane.failures - 1),
            Growth::Doubling => {
                (1..lane.failures).fold(retry.first, |wait, _| (wait * 2).min(retry.longest))
            }
        };
        lane.retry = Some(now + wait.min(retry.longest));
        match request.object {
            Object::Document(_) => lane.chosen = !opening,
            Object::Segment(_) if retry.same => lane.chosen = true,
            Object::Segment(segment) => {
                lane.ceiling = Some(Rung(segment.rung.0.saturating_sub(1)));
            }
        }
    }
}
