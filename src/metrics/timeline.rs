//! One session as curves over time, for looking at: what the link could do, what the player took
//! it for, what it fetched, what it held, and when it stalled.
//!
//! The idea to hold: between events every curve is a straight line, so its corners are enough.
//! Instants are those since the viewer pressed play.

use super::transfer::{Fate, Transfer};
use crate::cdn::Told;
use crate::media::{Object, Presentation, Rung};
use crate::player::{Event, Receipt, Request};
use crate::trace::Bandwidth;
use crate::units::{Bitrate, Pts, Sliver, Span, Speed, Time};

/// The curves of one session.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Timeline {
    /// The scripted bandwidth, from each instant on.
    pub bandwidth: Vec<(Time, Bitrate)>,
    /// What the algorithm took the throughput to be, from each request on; empty if it never said.
    pub estimate: Vec<(Time, Bitrate)>,
    /// The rung displayed, from each instant on.
    pub shown: Vec<(Time, Rung)>,
    /// Media of the main track ahead of the playhead, corner by corner.
    pub buffer: Vec<(Time, Span)>,
    /// When playback stood still after it had started.
    pub stalls: Vec<(Time, Time)>,
    /// When playback began, if it did.
    pub started: Option<Time>,
    /// When the session was over.
    pub end: Time,
    /// What the player asked for, in the order in which it did; of many the first 10,000.
    pub transfers: Vec<Transfer>,
    /// How fast media is played.
    pub speed: Speed,
    /// Of what is live, how far behind it is, from each instant on.
    pub behind: Vec<Behind>,
    /// When the player went to another place of it.
    pub resyncs: Vec<Time>,
    /// When the viewer pressed play.
    began: Option<Time>,
    held: Pts,
    playhead: Pts,
    carried: Sliver,
    playing_since: Option<Time>,
    stalled_since: Option<Time>,
}

/// From an instant on, how far behind live a viewer is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Behind {
    /// The instant.
    pub at: Time,
    /// From capture to display.
    pub latency: Span,
    /// What the player aims at.
    pub target: Span,
    /// How fast it plays, while it plays.
    pub speed: Speed,
}

/// The most steps of bandwidth that are kept: a session may be long, and a trace fine.
const MOST_STEPS: usize = 100_000;

/// The most transfers that are kept.
const MOST_TRANSFERS: usize = 10_000;

impl Timeline {
    /// Of a player that plays at that speed.
    pub fn new(speed: Speed) -> Self {
        Self { speed, ..Self::default() }
    }

    /// The same of a viewer who pressed play then; unless said, when the first thing happened.
    #[must_use]
    pub fn since(self, pressed: Time) -> Self {
        Self { began: Some(pressed), ..self }
    }

    /// Takes in what happened.
    pub fn record(&mut self, content: &Presentation, at: Time, event: &Event) {
        let (now, at) = (at, Time::ZERO + (at - *self.began.get_or_insert(at)));
        self.end = self.end.max(at);
        match *event {
            Event::Requested(request, estimate) => {
                self.ask(at, &request);
                self.estimate.extend(estimate.map(|estimate| (at, estimate)));
            }
            Event::Delivered(request, receipt) => {
                self.close(at, &request, &receipt, Fate::Delivered);
                if let Object::Segment(segment) = request.object
                    && segment.track == content.main()
                {
                    self.hold(at, content.track(segment.track).start(segment.index + 1));
                }
            }
            Event::Shown(segment) if segment.track == content.main() => {
                self.shown.push((at, segment.rung));
            }
            Event::Abandoned(request, receipt) => {
                self.close(at, &request, &receipt, Fate::Abandoned);
            }
            Event::Failed(request, receipt) => self.close(at, &request, &receipt, Fate::Failed),
            Event::Started => {
                self.started = Some(at);
                self.play(at);
            }
            Event::Resumed | Event::Landed | Event::Unpaused => self.play(at),
            Event::Paused => self.pause(at),
            Event::Sought { to, buffered } => self.seek(at, to, buffered),
            Event::Stalled => {
                self.pause(at);
                self.stalled_since = Some(at);
            }
            Event::Ended | Event::GaveUp(_) | Event::Left(_) => {
                self.pause(at);
                self.end_stall(at);
            }
            Event::Discarded(id, from) if id == content.main() => {
                self.corner(at);
                self.held = content.track(id).start(from);
                self.corner(at);
            }
            Event::Arrived(segment, upto, _) if segment.track == content.main() => {
                self.hold(at, upto);
            }
            Event::Behind { latency, target, speed } => {
                self.corner(at);
                if let Some(live) = content.live.as_ref().filter(|_| self.behind.is_empty()) {
                    let age = live.clock(now).since_start().saturating_sub(latency);
                    self.begin(live.place(Pts::ZERO + age));
                }
                self.speed = speed;
                self.behind.push(Behind { at, latency, target, speed });
            }
            Event::Resynced { to, buffered, .. } => {
                self.corner(at);
                (self.playhead, self.carried) = (to, Sliver::default());
                if !buffered {
                    self.held = to;
                }
                self.corner(at);
                self.resyncs.push(at);
            }
            Event::Arrived(..) | Event::Discarded(..) | Event::Reported(_) | Event::Shown(_) => {}
        }
    }

    /// Writes down how caches came to answer a request, by its serial number.
    pub fn tell(&mut self, serial: u32, told: Told) {
        if let Ok(place) = self.transfers.binary_search_by_key(&serial, |own| own.serial) {
            self.transfers[place].told = Some(told);
        }
    }

    fn ask(&mut self, at: Time, request: &Request) {
        if self.transfers.len() < MOST_TRANSFERS {
            self.transfers.push(Transfer::asked(at, request));
        }
    }

    /// A transfer is over.
    fn close(&mut self, at: Time, request: &Request, receipt: &Receipt, fate: Fate) {
        let began = self.began.unwrap_or_default();
        let own = |own: &&mut Transfer| own.serial == request.id.serial;
        // It is one of the last, if it is there at all.
        let last = self.transfers.last().map_or(0, |last| last.serial);
        if request.id.serial <= last
            && let Some(own) = self.transfers.iter_mut().rev().find(own)
        {
            own.first_byte = receipt.first_byte.map(|at| Time::ZERO + (at.max(began) - began));
            own.end = Some(at);
            own.bytes = receipt.received;
            own.fate = fate;
        }
    }

    /// Writes down the bandwidth from the beginning to the end of the session, or the first
    /// 100,000 steps of it.
    pub fn follow(&mut self, mut bandwidth: Bandwidth) {
        let mut at = self.began.unwrap_or_default();
        let (from, end) = (at, at + self.end.since_start());
        let since = |at| Time::ZERO + (at - from);
        self.bandwidth.push((since(at), bandwidth.rate(at)));
        while self.bandwidth.len() < MOST_STEPS
            && let Some(next) = bandwidth.next_step(at).filter(|&next| next < end)
        {
            at = next;
            self.bandwidth.push((since(at), bandwidth.rate(at)));
        }
    }

    /// Takes playback to have begun at a place, which is known once something is displayed; until
    /// then it was taken to begin at the beginning.
    fn begin(&mut self, place: Pts) {
        let beyond = place.since_start().saturating_sub(self.playhead.since_start());
        for (_, ahead) in &mut self.buffer {
            *ahead = ahead.saturating_sub(beyond);
        }
        self.playhead = self.playhead.max(place);
    }

    /// There is media up to there.
    fn hold(&mut self, at: Time, upto: Pts) {
        self.corner(at);
        self.held = self.held.max(upto);
        self.corner(at);
    }

    fn play(&mut self, at: Time) {
        self.end_stall(at);
        self.corner(at);
        self.playing_since = Some(at);
    }

    fn pause(&mut self, at: Time) {
        self.corner(at);
        self.playing_since = None;
    }

    fn seek(&mut self, at: Time, to: Pts, buffered: bool) {
        self.pause(at);
        self.end_stall(at);
        (self.playhead, self.carried) = (to, Sliver::default());
        if !buffered {
            self.held = to;
        }
        self.corner(at);
    }

    fn end_stall(&mut self, at: Time) {
        self.stalls.extend(self.stalled_since.take().map(|from| (from, at)));
    }

    /// Writes down the buffer as it is.
    fn corner(&mut self, at: Time) {
        if let Some(since) = self.playing_since.as_mut() {
            let (media, carried) = self.speed.plays(at - *since, self.carried);
            (self.playhead, self.carried) = (self.playhead + media, carried);
            *since = at;
        }
        let ahead = self.held.since_start().saturating_sub(self.playhead.since_start());
        self.buffer.push((at, ahead));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::{Found, Source};
    use crate::media::{Kind, Ladder, Representation, Segment, Track, TrackId};
    use crate::player::RequestId;
    use crate::trace::Trace;
    use crate::units::Bytes;
    use std::sync::Arc;

    #[test]
    fn a_session_of_years_does_not_fill_the_memory() {
        // A constant trace repeats every second.
        let trace = Arc::new(Trace::constant(Bitrate::kbps(1)).unwrap());
        let end = Time::ZERO + Span::from_secs(1 << 32);
        let mut timeline = Timeline { end, ..Timeline::default() };
        timeline.follow(Bandwidth::new(trace, Span::ZERO));
        assert_eq!(timeline.bandwidth.len(), MOST_STEPS);
    }

    #[test]
    fn what_was_asked_for_is_kept_with_what_came_of_it() {
        let ladder = Ladder::new(vec![Representation::new(Bitrate::kbps(1))]).unwrap();
        let (cuts, sizes) = ([Span::from_secs(4); 3], vec![Bytes::new(500); 3]);
        let track = Track::new(Kind::Video, ladder, &cuts, sizes).unwrap();
        let content = Presentation::new(vec![track]);
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let request = |serial| Request {
            id: RequestId { lane: 0, serial },
            object: Object::Segment(Segment { track: TrackId(0), index: serial, rung: Rung(0) }),
            size: Bytes::new(500),
            attempt: 0,
            again: 0,
            watch: None,
        };
        let came = Receipt::of(Some(at(12)), Bytes::new(500));
        let mut timeline = Timeline::default();
        // The viewer comes 10 s after everything began.
        for (secs, event) in [
            (10, Event::Requested(request(0), None)),
            (13, Event::Delivered(request(0), came)),
            (13, Event::Requested(request(1), None)),
            (14, Event::Requested(request(2), None)),
            (15, Event::Failed(request(1), Receipt::default())),
        ] {
            timeline.record(&content, at(secs), &event);
        }
        let told = Told { found: Found::Hit, source: Source::Edge, wait: Span::ZERO, attempts: 0 };
        timeline.tell(0, told);
        timeline.tell(9, told);
        let [first, second, third] = timeline.transfers.as_slice() else { panic!("three") };
        assert_eq!((first.asked, first.first_byte, first.end), (at(0), Some(at(2)), Some(at(3))));
        assert_eq!((first.bytes, first.fate), (Bytes::new(500), Fate::Delivered));
        assert_eq!((first.told, second.told), (Some(told), None));
        assert_eq!((second.fate, second.end, second.first_byte), (Fate::Failed, Some(at(5)), None));
        assert_eq!((third.asked, third.fate, third.end), (at(4), Fate::Open, None));
    }

    #[test]
    fn what_was_held_before_a_live_viewer_saw_anything_is_counted_from_where_playback_began() {
        // Somebody who comes at 1:45 of the programme and holds what is until 1:48.
        let (held, place) = (Span::from_secs(108), Span::from_secs(105));
        let mut timeline = Timeline { held: Pts::ZERO + held, ..Timeline::default() };
        timeline.corner(Time::ZERO);
        timeline.begin(Pts::ZERO + place);
        timeline.corner(Time::ZERO);
        assert_eq!(timeline.buffer, [(Time::ZERO, held - place); 2]);
    }
}
