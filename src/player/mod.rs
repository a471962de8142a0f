//! A streaming player as a state machine. It has no clock, no socket and no opinion on bitrate.
//!
//! The idea to hold: a world tells it things ([`Player::handle`]), does as it says, and wakes it at
//! its [`deadline`](Player::deadline). Virtual time and real time run this same code.
//!
//! ```text
//!   message.rs   the words between a player and its world
//!   playback.rs  the facts: playhead, buffers, phase
//!   lane.rs      one track's fetching: what is under way, held back, or needed first
//!   remote.rs    the viewer's remote control: seek, pause, play
//!   live.rs      the live edge: what is known of it, and the distance kept from it
//!   mod.rs       the judgement: what to ask for next, and what to make of the answer
//!   express.rs   the same in a few steps, where nothing out of the ordinary happens
//! ```

mod express;
mod lane;
mod live;
mod message;
mod playback;
mod remote;

use std::sync::Arc;

use crate::abr::{Abr, Context, Decision, MOST_ABANDONED, Outcome, Transfer, Verdict};
use crate::media::{Object, Presentation, Rung, Segment, TrackId};
use crate::units::{Bytes, Span, Speed, Time};

pub use crate::abr::{Config, Growth, Reports, Retry};
pub use message::{Event, Host, Input, Output, Reason, Receipt, Request, RequestId};

pub(crate) use express::Road;
use lane::{Lane, UnderWay};
use live::{Edge, Ready};
use playback::{Phase, Playback, Room};

/// The shortest wait an algorithm gets, lest a rounding error ask it the same question for ever.
const PATIENCE: Span = Span::from_millis(1);

/// One player. A new one wants waking at once.
pub struct Player {
    abr: Box<dyn Abr>,
    playback: Playback,
    lanes: Vec<Lane>,
    retry: Retry,
    /// How many of the presentation's opening documents are held.
    opened: usize,
    serial: u32,
    /// A lane has let others go first.
    yielded: bool,
    /// Where the live edge is, if what it plays is live.
    edge: Option<Edge>,
    outbox: Vec<Output>,
}

impl Player {
    /// A player of `content`, whose viewer presses play at `now`.
    ///
    /// # Panics
    /// If a threshold is above the buffer target: playback would never start.
    pub fn new(
        content: Arc<Presentation>,
        mut abr: Box<dyn Abr>,
        mut config: Config,
        now: Time,
    ) -> Self {
        let edge = Edge::new(&content, &mut *abr, config.clock);
        if let Some(edge) = &edge {
            config.retry = edge.pace.retry(config.retry);
            let resume = edge.pace.resume(config.resume.as_secs_f64());
            config.resume = Span::from_secs_f64(resume);
        }
        let Config { startup, resume, target, retry, .. } = config;
        assert!(startup <= target, "startup at {startup} is beyond the target of {target}");
        assert!(resume <= target, "resuming at {resume} is beyond the target of {target}");
        assert!(content.tracks.len() < 256, "{} tracks", content.tracks.len());
        let lanes =
            content.tracks.iter().map(|_| Lane::new(content.documents.len(), now)).collect();
        Self {
            abr,
            playback: Playback::new(content, config, now),
            lanes,
            retry,
            opened: 0,
            serial: 0,
            yielded: false,
            edge,
            outbox: Vec::with_capacity(8),
        }
    }

    /// Brings the player to `now` and applies one input.
    ///
    /// The outputs borrow the player: the next input has to wait until they have been seen.
    #[must_use = "a player acts only through its outputs"]
    pub fn handle(&mut self, now: Time, input: Input) -> &[Output] {
        let mut outbox = std::mem::take(&mut self.outbox);
        outbox.clear();
        self.act(now, input, &mut outbox);
        self.outbox = outbox;
        &self.outbox
    }

    /// The same, where a host does what the player says as it says it.
    #[inline]
    pub fn act(&mut self, now: Time, input: Input, host: &mut impl Host) {
        if self.edge.is_some() {
            self.play_out(now, input, host);
        }
        self.playback.advance(now, host);
        match input {
            Input::Wake => self.playback.check(host),
            Input::Done(id, receipt) if self.reloads(id) => {
                self.on_reload((id, receipt), true, host);
            }
            Input::Failed(id, receipt) if self.reloads(id) => {
                self.on_reload((id, receipt), false, host);
            }
            Input::Progress(id, receipt) => self.on_progress(id, receipt, host),
            Input::Chunk(id, receipt, chunks) => self.on_chunk((id, receipt), chunks, host),
            Input::Done(id, receipt) => self.on_done(id, receipt, host),
            Input::Failed(id, receipt) => self.on_failed(id, receipt, host),
            Input::Seek(to) => self.seek(to, host),
            Input::Pause => self.pause(host),
            Input::Play => self.unpause(host),
            Input::Quit(why) => self.stop(Event::Left(why), host),
        }
        if self.edge.is_some() {
            self.join();
        }
        self.playback.settle(host);
        if self.edge.is_some() {
            self.keep_pace(host);
            self.refresh(host);
        }
        self.yielded = false;
        for lane in 0..self.lanes.len() {
            self.fetch(lane, host);
        }
        // Whoever let others go first is asked once more.
        for lane in 0..if self.yielded { self.lanes.len() } else { 0 } {
            self.fetch(lane, host);
        }
    }

    /// When to wake the player if nothing else happens first.
    #[inline]
    pub fn deadline(&self) -> Option<Time> {
        let held = self.lanes.iter().filter_map(|lane| lane.hold);
        let live = self.edge.as_ref().filter(|_| self.playback.phase != Phase::Over);
        let looks = live.and_then(|edge| edge.look_at).filter(|_| self.playback.is_playing());
        let reloads = live.and_then(|edge| edge.reload_at.filter(|_| edge.reload.is_none()));
        held.chain(self.playback.runs_dry()).chain(looks).chain(reloads).min()
    }

    /// Whether a request is for the manifest of what is live, again.
    fn reloads(&self, id: RequestId) -> bool {
        usize::from(id.lane) == self.lanes.len()
    }

    /// How fast it plays.
    pub fn speed(&self) -> Speed {
        self.playback.config.speed
    }

    /// How much media it holds of a track, from the playhead on.
    pub fn buffer(&self, track: TrackId) -> Span {
        self.playback.ahead(usize::from(track.0))
    }

    /// The instant up to which it has been told everything: at first, that of pressing play.
    pub fn now(&self) -> Time {
        self.playback.at
    }

    /// Whether the session is over.
    pub fn has_ended(&self) -> bool {
        self.playback.phase == Phase::Over
    }

    /// Asks for whatever a lane may ask for.
    fn fetch(&mut self, index: usize, host: &mut impl Host) {
        let (now, lane) = (self.playback.at, &mut self.lanes[index]);
        if self.playback.phase == Phase::Over || lane.under_way.is_some() {
            return;
        }
        if lane.hold.is_some_and(|until| now < until) {
            return;
        }
        lane.hold = None;
        if let Some(object) = self.next(index, host) {
            self.request(index, object, host);
        }
    }

    /// What a lane needs next, if it may be asked for now.
    fn next(&mut self, index: usize, host: &mut impl Host) -> Option<Object> {
        if let Some(&document) = self.playback.content.opening.get(self.opened) {
            return (index == 0).then_some(Object::Document(document));
        }
        let wanted = self.lanes[index].wanted.take();
        let rung = wanted.or_else(|| self.choose(index, host))?;
        let (lane, next) = (&mut self.lanes[index], self.playback.tracks[index].wanted());
        Some(match lane.lacks(&self.playback.content.tracks[index], next, rung) {
            Some(document) => {
                lane.wanted = Some(rung);
                Object::Document(document)
            }
            None => {
                let track = TrackId(index as u8);
                Object::Segment(Segment { track, index: next, rung })
            }
        })
    }

    /// The rung of a lane's next segment, if there is one and now is the time.
    fn choose(&mut self, index: usize, host: &mut impl Host) -> Option<Rung> {
        let now = self.playback.at;
        match self.playback.room(index) {
            Room::Now => {}
            Room::At(later) => {
                self.lanes[index].hold = Some(later);
                return None;
            }
            Room::OncePlaying | Room::Never => return None,
        }
        if let Some(edge) = &mut self.edge {
            let wanted = (TrackId(index as u8), self.playback.tracks[index].wanted());
            match edge.ready(&self.playback.content, now, wanted) {
                Ready::Now => {}
                Ready::At(later) => {
                    self.lanes[index].hold = Some(later);
                    return None;
                }
                Ready::Later => return None,
            }
        }
        let decision = self.abr.choose(&self.playback.context(index, self.edge.as_ref()));
        self.heed(index, decision, host)
    }

    /// Does as an algorithm says: the rung of a lane's next segment, if it is to be asked for now.
    fn heed(&mut self, index: usize, mut decision: Decision, host: &mut impl Host) -> Option<Rung> {
        let now = self.playback.at;
        if let Decision::Discard(from) | Decision::Refetch(from) = decision {
            let kept = matches!(decision, Decision::Refetch(_));
            let from = self.playback.fetch_from(index, from, kept);
            if !kept {
                let event = Event::Discarded(TrackId(index as u8), from);
                host.tell(now, &event);
            }
            self.lanes[index].turn_back();
            decision = self.abr.choose(&self.playback.context(index, self.edge.as_ref()));
        }
        let elsewhere = self.lanes.iter().any(|lane| lane.under_way.is_some());
        let (last, lane) = (self.playback.tracks[index].last, &mut self.lanes[index]);
        let rung = match (decision, self.playback.runs_dry()) {
            (Decision::Fetch(rung), _) => rung,
            (Decision::Discard(_) | Decision::Refetch(_), _) => last.unwrap_or_default(),
            (Decision::Yield, _) if elsewhere => {
                self.yielded = true;
                return None;
            }
            (Decision::Yield, _) => last.unwrap_or_default(),
            (Decision::Wait(span), Some(dry)) => {
                lane.hold = Some(now.saturating_add(span.max(PATIENCE)).min(dry));
                return None;
            }
            // Whoever plays on asks again.
            (Decision::Wait(_), None) if self.playback.is_paused() => return None,
            // So does whatever is under way.
            (Decision::Wait(_), None) if elsewhere => return None,
            (Decision::Wait(_), None) => last.unwrap_or_default(),
        };
        Some(lane.ceiling.map_or(rung, |most| rung.min(most)))
    }

    fn request(&mut self, index: usize, object: Object, host: &mut impl Host) {
        let now = self.playback.at;
        let watch = match object {
            Object::Segment(segment) if self.comes_in_chunks(segment) => None,
            Object::Segment(segment) => {
                let patience = self
                    .abr
                    .patience(&self.playback.context(index, self.edge.as_ref()), segment.rung);
                patience.map(|span| now.saturating_add(span))
            }
            Object::Document(_) => None,
        };
        let id = RequestId { lane: index as u8, serial: self.serial };
        let (size, attempt) = (self.playback.content.size(object), self.lanes[index].failures);
        let request = Request { id, object, size, attempt, again: 0, watch };
        self.serial += 1;
        let lane = &mut self.lanes[index];
        (lane.come, lane.asked) = (Bytes::ZERO, None);
        lane.under_way = Some(UnderWay { request, requested: now });
        host.fetch(now, request, self.abr.estimate());
    }

    fn on_progress(&mut self, id: RequestId, receipt: Receipt, host: &mut impl Host) {
        let now = self.playback.at;
        let index = id.lane as usize;
        let Some(under_way) = self.lanes[index].find(id) else { return };
        let Object::Segment(segment) = under_way.request.object else { return };
        let transfer = self.playback.transfer(segment, under_way, receipt, Outcome::UnderWay);
        match self.abr.watch(&self.playback.context(index, self.edge.as_ref()), &transfer) {
            Verdict::Finish => {}
            Verdict::Abandon(_) if self.lanes[index].abandoned == MOST_ABANDONED => {}
            Verdict::Watch(span) => {
                host.watch(id, now.saturating_add(span.max(PATIENCE)));
            }
            Verdict::Abandon(other) => {
                let other = self.lanes[index].ceiling.map_or(other, |most| other.min(most));
                if other == segment.rung {
                    return;
                }
                self.abr.observe(&Transfer { outcome: Outcome::Abandoned, ..transfer });
                host.cancel(now, under_way.request);
                let lane = &mut self.lanes[index];
                (lane.under_way, lane.wanted) = (None, Some(other));
                lane.abandoned += 1;
            }
        }
    }

    fn on_done(&mut self, id: RequestId, receipt: Receipt, host: &mut impl Host) {
        let index = id.lane as usize;
        let Some(under_way) = self.lanes[index].take(id) else { return };
        let event = Event::Delivered(under_way.request, receipt);
        host.tell(self.playback.at, &event);
        self.lanes[index].failures = 0;
        match under_way.request.object {
            Object::Segment(segment) => {
                let transfer = self.playback.transfer(segment, &under_way, receipt, Outcome::Done);
                self.measure(segment.track, &under_way, receipt);
                self.abr.observe(&transfer);
                (self.lanes[index].ceiling, self.lanes[index].abandoned) = (None, 0);
                self.playback.append(segment, host);
                if self.edge.is_some() {
                    let upto = self.playback.content.track(segment.track).start(segment.index + 1);
                    let event = Event::Arrived(segment, upto, receipt);
                    host.tell(self.playback.at, &event);
                }
            }
            Object::Document(id) if self.opened < self.playback.content.opening.len() => {
                if self.edge.is_some() {
                    self.told(receipt.made);
                    self.lanes.iter_mut().for_each(|lane| lane.hold_document(id));
                }
                self.open();
            }
            Object::Document(id) => self.lanes[index].hold_document(id),
        }
    }

    /// Counts one more opening document; after the last, every lane may begin.
    fn open(&mut self) {
        self.opened += 1;
        if self.opened == self.playback.content.opening.len() {
            self.playback.phase = Phase::Starting;
        }
    }

    fn on_failed(&mut self, id: RequestId, receipt: Receipt, host: &mut dyn Host) {
        let (now, index) = (self.playback.at, id.lane as usize);
        let Some(under_way) = self.lanes[index].take(id) else { return };
        let request = under_way.request;
        host.tell(now, &Event::Failed(request, receipt));
        let lane = &mut self.lanes[index];
        lane.failures += 1;
        if lane.failures >= self.retry.attempts {
            match (&mut self.edge, request.object) {
                (Some(edge), Object::Segment(segment)) if edge.pace.passes_over() => {
                    lane.begin_afresh();
                    return edge.passes_over(segment.track, segment.index);
                }
                (_, object) => return self.stop(Event::GaveUp(object), host),
            }
        }
        lane.hold = Some(now + self.retry.wait(lane.failures));
        if let Object::Segment(segment) = request.object {
            let transfer = self.playback.transfer(segment, &under_way, receipt, Outcome::Failed);
            self.abr.observe(&transfer);
            self.playback.lacks_rest_of(segment);
            let lane = &mut self.lanes[index];
            match self.retry.same {
                true => lane.wanted = Some(segment.rung),
                false => lane.ceiling = Some(Rung(segment.rung.0.saturating_sub(1))),
            }
        }
    }

    /// Ends the session before its time.
    fn stop(&mut self, why: Event, host: &mut dyn Host) {
        let now = self.playback.at;
        let reload = self.edge.as_mut().and_then(|edge| edge.reload.take());
        reload.into_iter().for_each(|asked| host.cancel(now, asked.request));
        for lane in &mut self.lanes {
            lane.hold = None;
            if let Some(UnderWay { request, .. }) = lane.under_way.take() {
                host.cancel(now, request);
            }
        }
        if self.playback.phase != Phase::Over {
            self.playback.report(host);
            self.playback.phase = Phase::Over;
            host.tell(now, &why);
        }
    }
}

impl Playback {
    /// The facts as an algorithm sees them when asked about a lane.
    fn context(&self, index: usize, edge: Option<&Edge>) -> Context<'_> {
        let track = &self.tracks[index];
        Context {
            now: self.at,
            id: TrackId(index as u8),
            track: &self.content.tracks[index],
            segment: track.wanted(),
            last: track.last,
            buffer: self.ahead(index),
            target: self.config.target,
            speed: self.config.speed,
            held: &track.rungs,
            first_held: track.shown,
            other: self.ahead_of_others(index),
            latency: edge.map(|edge| edge.latency(&self.content, self.at, self.playhead())),
        }
    }

    /// The transfer of a segment, as far as it has got.
    fn transfer(
        &self,
        segment: Segment,
        under_way: &UnderWay,
        receipt: Receipt,
        outcome: Outcome,
    ) -> Transfer {
        Transfer {
            track: segment.track,
            rung: segment.rung,
            duration: self.content.track(segment.track).duration(segment.index),
            size: under_way.request.size,
            received: receipt.received,
            requested: under_way.requested,
            first_byte: receipt.first_byte,
            idle: receipt.idle,
            now: self.at,
            outcome,
        }
    }
}
