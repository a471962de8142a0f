//! Everything between players and the origin, in virtual time, as one machine.
//!
//! The idea to hold: a transfer waits for its first byte (the round trip, and the time of an origin
//! or of caches and an origin), then is a flow on its viewer's link, or one of the streams of a
//! connection that is (`pipe.rs`). A lane of a player has at most one transfer, so transfers live
//! in a fixed table by lane, connections in another, and nothing is looked up or allocated.
//!
//! What is behind the last mile may be slower than it: then the last byte comes when that has it,
//! and the bytes before it are taken to have come as the link could bring them; players are told
//! nothing of how far it has come meanwhile.

mod feed;
mod pipe;

use std::ops::Range;
use std::sync::Arc;

use crate::alarms::Alarms;
use crate::cdn::{Ask, Caller, Chain, Fault, Met, Origin, Replay, Reply};
use crate::media::{DocumentId, Live, Object, Presentation};
use crate::net::tcp::Conditions;
use crate::net::{Http, Link, Model, Path, Sharing, Tcp, Ticket};
use crate::player::{Input, Receipt, Request, RequestId};
use crate::seed::{Purpose, Seed};
use crate::units::{Bytes, Span, Time};

use feed::Feed;
use pipe::Pipe;

/// What is behind the last mile.
pub enum Supply {
    /// An origin that knows no load: it answers each request by itself.
    Origin(Origin),
    /// Caches, and an origin behind them.
    Chain(Box<Chain>),
    /// The same once more, for some of those it was asked by.
    Replay(Replay),
}

impl From<Origin> for Supply {
    fn from(origin: Origin) -> Self {
        Self::Origin(origin)
    }
}

/// The chain of one cohort: where bytes come from, and links with the viewers on each.
pub struct Network {
    supply: Supply,
    seed: Seed,
    links: Vec<Way>,
    viewers: Vec<Viewer>,
    /// Lanes per viewer.
    lanes: usize,
    /// By viewer, then lane.
    transfers: Vec<Option<Transfer>>,
    /// What each asks for, how often it failed, and how often it was asked for, where there are
    /// caches to ask.
    asked: Vec<(Object, u32, u32)>,
    /// Connections, by the first of the lanes on each; none where every link is fluid.
    pipes: Vec<Pipe>,
    /// What is sent as it is made, if anything is, and whether part by part.
    made: Option<Made>,
    /// Of the links, then of the transfers, then of the connections, then of the chain: at one
    /// instant last bytes come first.
    alarms: Alarms,
}

/// A viewer, as the network knows one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Viewer {
    /// Which viewer of the whole run it is: what draws are keyed by.
    pub number: u64,
    /// The link it is on.
    pub link: usize,
    /// What its round trip has on top of its link's: how much further it is from the servers than
    /// others on the link.
    pub further: Span,
    /// Which title of the catalogue they watch.
    pub title: u32,
    /// Which class of devices they have.
    pub device: usize,
    /// The edges they ask, in turn: the next one after each failure.
    pub edges: [u16; 2],
}

/// A link, and what else there is on the way.
struct Way {
    link: Link<usize>,
    path: Path,
    /// What stands in the queue in front of the link, and the connection whose it is.
    standing: (Span, usize),
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    who: usize,
    id: RequestId,
    /// What is sent of it, or of the chunk of it that is coming.
    size: Bytes,
    /// The chunks that it comes in, if it does.
    feed: Option<Feed>,
    /// What there is to say of the way there.
    way: Trip,
    /// Whether that is less than all.
    short: bool,
    /// When its last byte can be there, however fast the link.
    until: Time,
    stage: Stage,
}

/// What a request met on its way.
#[derive(Clone, Copy, Debug, Default)]
struct Trip {
    reached: Time,
    sent: Time,
    thought: Span,
    shield: Span,
    made: Time,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The request is on its way to an edge, or waits there; an answer needs so long back.
    Asking { back: Span, watch: Option<Time> },
    /// An error is on its way.
    Failing { fault: Fault },
    /// The first byte is still to come; after it, a time to say how far the rest has.
    Waiting { watch: Option<Time> },
    /// Bytes are coming, as a flow.
    Flowing { first_byte: Time, ticket: Ticket<usize> },
    /// Bytes are coming, over a connection; so many are still to come.
    Streaming { first_byte: Time, left: Bytes },
    /// The link has brought what there was, and the last byte is still to come.
    Held { first_byte: Time },
    /// The link has brought a chunk, and the next is still to be made.
    Idle { first_byte: Time },
}

impl Network {
    /// A network of these links and viewers, whose players have at most `lanes` lanes. What happens
    /// by chance on the links is drawn from `seed`.
    pub fn new(
        supply: impl Into<Supply>,
        seed: Seed,
        links: Vec<(Link<usize>, Path)>,
        viewers: Vec<Viewer>,
        lanes: usize,
    ) -> Self {
        assert!(viewers.iter().all(|v| v.link < links.len()), "a viewer without a link");
        let way = |(link, path)| Way { link, path, standing: (Span::ZERO, 0) };
        let links: Vec<_> = links.into_iter().map(way).collect();
        let slots = viewers.len() * lanes;
        let connected = links.iter().any(|way| way.path.model != Model::Fluid);
        let pipes = vec![Pipe::default(); if connected { slots } else { 0 }];
        let alarms = Alarms::new(links.len() + slots + pipes.len() + 1);
        let supply = supply.into();
        let caches = !matches!(supply, Supply::Origin(_));
        let nothing = (Object::Document(DocumentId(0)), 0, 0);
        Self {
            supply,
            asked: vec![nothing; if caches { slots } else { 0 }],
            seed,
            links,
            viewers,
            lanes,
            transfers: vec![None; slots],
            pipes,
            made: None,
            alarms,
        }
    }

    /// The same, of what is sent as it is made: in parts that are asked for one by one, or as it
    /// comes.
    pub fn live(self, content: &Arc<Presentation>, parts: bool) -> Self {
        let live = content.live.as_ref().filter(|live| live.chunk.is_some());
        let made = live.map(|live| (live.clone(), content.clone(), parts));
        Self { made, ..self }
    }

    /// The caches behind the links, if there are any.
    pub fn chain(&self) -> Option<&Chain> {
        match &self.supply {
            Supply::Chain(chain) => Some(chain),
            Supply::Origin(_) | Supply::Replay(_) => None,
        }
    }

    /// Those caches, where nobody asks any more.
    pub fn into_chain(self) -> Option<Box<Chain>> {
        match self.supply {
            Supply::Chain(chain) => Some(chain),
            Supply::Origin(_) | Supply::Replay(_) => None,
        }
    }

    /// Takes a request from a player.
    pub fn fetch(&mut self, now: Time, who: usize, request: Request) {
        let attempt = tried(&request);
        let Request { id, object, size, .. } = request;
        let (slot, viewer) = (self.slot(who, id), self.viewers[who]);
        let (mut transfer, arrives, up) = self.departing(now, who, &request);
        transfer.feed = self.made.as_ref().and_then(|(live, content, parts)| {
            let Object::Segment(segment) = object else { return None };
            Feed::new(live, content.track(segment.track).duration(segment.index), segment, *parts)
        });
        let alarm = match &self.supply {
            Supply::Chain(_) | Supply::Replay(_) => {
                self.asked[slot] = (object, request.attempt, attempt);
                arrives
            }
            Supply::Origin(origin) => {
                let (who, title) = (viewer.number, viewer.title);
                let (place, serial) = (0.0, id.serial);
                let ask = Ask { who, title, object, attempt, size, place, serial };
                let served = origin.serve(arrives, &ask);
                let first = arrives.saturating_add(served.latency);
                let last = first.saturating_add(served.transfer);
                let reply = Answer { first, last, fault: served.fault, ..Answer::default() };
                let reply = Answer { thought: served.latency, made: first, ..reply };
                let back = transfer.answered(self.made.as_ref(), up, &reply);
                first.saturating_add(back)
            }
        };
        self.transfers[slot] = Some(transfer);
        self.alarms.set(self.links.len() + slot, Some(alarm));
    }

    /// Takes a request for what is where it is answered, all of it: nobody else is asked, and it
    /// has only the last mile before it. Worlds serve so what the model of the chain does not know.
    pub fn send(&mut self, now: Time, who: usize, request: Request) {
        let slot = self.slot(who, request.id);
        let (mut transfer, arrives, up) = self.departing(now, who, &request);
        let reply = Answer { first: arrives, last: arrives, made: arrives, ..Answer::default() };
        let back = transfer.answered(None, up, &reply);
        self.transfers[slot] = Some(transfer);
        self.alarms.set(self.links.len() + slot, Some(arrives.saturating_add(back)));
    }

    /// A request that leaves now, when it is where it is answered, and how long it takes there.
    #[inline]
    fn departing(&mut self, now: Time, who: usize, request: &Request) -> (Transfer, Time, Span) {
        let Request { id, size, watch, .. } = *request;
        let viewer = self.viewers[who];
        let slot = self.slot(who, id);
        debug_assert!(self.transfers[slot].is_none(), "a lane asks for one thing at a time");
        let way = &mut self.links[viewer.link];
        let trip =
            way.rtt(now, viewer) + way.waits() + jitter(&way.path, self.seed, viewer.number, id);
        let leaves = match way.path.model {
            Model::Fluid => now,
            Model::Tcp(tcp) => self.open(now, slot, tcp),
        };
        let (arrives, back) = (leaves + trip / 2, trip - trip / 2);
        let stage = Stage::Asking { back, watch };
        let way = Trip { reached: arrives, ..Trip::default() };
        let transfer = Transfer { who, id, size, feed: None, way, short: false, until: now, stage };
        (transfer, arrives, trip / 2)
    }

    /// A request arrives at its edge.
    fn ask(&mut self, now: Time, slot: usize) {
        let Some(transfer) = self.transfers[slot] else { return };
        let (object, failed, attempt) = self.asked[slot];
        let viewer = self.viewers[transfer.who];
        let edge = usize::from(viewer.edges[failed as usize % viewer.edges.len()]);
        let key = |chain: &Chain| chain.plan().catalogue.key(viewer.title, viewer.device, object);
        let (serial, viewer_number) = (transfer.id.serial, viewer.number);
        let caller = Caller { slot: slot as u32, serial, viewer: viewer_number, attempt };
        self.alarms.set(self.links.len() + slot, None);
        match &mut self.supply {
            Supply::Origin(_) => {}
            Supply::Chain(chain) => {
                if let Some(reply) = chain.ask(now, edge, key(chain), caller) {
                    self.answer(slot, &Answer::of(now, &reply));
                }
                self.expect(now);
            }
            Supply::Replay(replay) => {
                let Met { first, last, fault } = replay.ask(now, edge, key(replay.chain()), caller);
                self.answer(slot, &Answer { first, last, fault, ..Answer::default() });
            }
        }
    }

    /// The chain has an answer for somebody, unless they wait for it no longer.
    fn relay(&mut self, now: Time) {
        let Supply::Chain(chain) = &mut self.supply else { return };
        if let Some((Caller { slot, serial, .. }, reply)) = chain.poll(now) {
            let slot = slot as usize;
            let waits =
                |t: &Transfer| t.id.serial == serial && matches!(t.stage, Stage::Asking { .. });
            if self.transfers[slot].as_ref().is_some_and(waits) {
                self.answer(slot, &Answer::of(now, &reply));
            }
        }
        self.expect(now);
    }

    /// When something happens in the chain next.
    fn expect(&mut self, now: Time) {
        if let Supply::Chain(chain) = &self.supply {
            let chains = self.links.len() + self.transfers.len() + self.pipes.len();
            self.alarms.set(chains, chain.deadline().map(|at| at.max(now)));
        }
    }

    /// An answer leaves for a viewer.
    fn answer(&mut self, slot: usize, reply: &Answer) {
        let Some(transfer) = &mut self.transfers[slot] else { return };
        let Stage::Asking { back, .. } = transfer.stage else { return };
        transfer.answered(self.made.as_ref(), back, reply);
        self.alarms.set(self.links.len() + slot, Some(reply.first.saturating_add(back)));
    }

    /// Stops a transfer; returns what had come of it.
    pub fn cancel(&mut self, now: Time, who: usize, id: RequestId) -> Receipt {
        let (slot, link) = (self.slot(who, id), self.viewers[who].link);
        let ours = self.transfers[slot].filter(|t| t.id == id);
        let Some(transfer @ Transfer { size, until, stage, .. }) = ours else {
            return Receipt::default();
        };
        self.alarms.set(self.links.len() + slot, None);
        if let Model::Tcp(tcp) = self.links[link].path.model {
            return self.leave(now, slot, tcp);
        }
        self.transfers[slot] = None;
        match stage {
            Stage::Asking { .. }
            | Stage::Failing { .. }
            | Stage::Waiting { .. }
            | Stage::Streaming { .. } => Receipt::default(),
            Stage::Held { first_byte } => held(now, first_byte, until, size),
            Stage::Idle { first_byte } => transfer.receipt(Some(first_byte), Bytes::ZERO),
            Stage::Flowing { first_byte, ticket } => {
                let missing = self.links[link].link.cancel(now, ticket);
                self.alarms.set(link, self.links[link].link.deadline());
                transfer.receipt(Some(first_byte), size - missing)
            }
        }
    }

    /// Will say at that time how far a transfer has come.
    pub fn watch(&mut self, who: usize, id: RequestId, at: Time) {
        let slot = self.slot(who, id);
        let stands = |stage| matches!(stage, Stage::Held { .. } | Stage::Idle { .. });
        let waits = |t: Transfer| t.id == id && !stands(t.stage);
        if self.transfers[slot].is_some_and(waits) {
            self.alarms.set(self.links.len() + slot, Some(at));
        }
    }

    /// When something will have to be said or done.
    pub fn deadline(&self) -> Option<Time> {
        self.alarms.first().map(|(at, _)| at)
    }

    /// The next news that is due by `now`, and for whom; nothing if what was due concerns nobody.
    pub fn poll(&mut self, now: Time) -> Option<(usize, Input)> {
        let (_, machine) = self.alarms.first().filter(|(at, _)| *at <= now)?;
        match machine.checked_sub(self.links.len()) {
            None => self.finish(now, machine),
            Some(slot) if slot < self.transfers.len() => self.report(now, slot),
            Some(machine) => {
                match machine - self.transfers.len() {
                    pipe if pipe < self.pipes.len() => self.pump(now, pipe),
                    _ => self.relay(now),
                }
                None
            }
        }
    }

    /// A link has delivered a last byte.
    #[inline]
    fn finish(&mut self, now: Time, link: usize) -> Option<(usize, Input)> {
        let finished = self.links[link].link.finish(now);
        self.alarms.set(link, self.links[link].link.deadline());
        let flow = finished?;
        match self.links[link].path.model {
            Model::Fluid => self.done(now, flow),
            Model::Tcp(tcp) => self.arrive(now, flow, tcp),
        }
    }

    /// What a connection had on the link is there.
    #[inline(never)]
    fn arrive(&mut self, now: Time, pipe: usize, tcp: Tcp) -> Option<(usize, Input)> {
        let lanes = self.lanes_of(pipe, tcp);
        self.pipes[pipe].complete(now, &mut self.transfers[lanes.clone()]);
        let done = lanes.clone().find(|&slot| self.transfers[slot].is_some_and(is_there));
        let news = done.and_then(|slot| self.done(now, slot));
        self.pump(now, pipe);
        news
    }

    /// The link has brought all of a transfer that there was.
    #[inline]
    fn done(&mut self, now: Time, slot: usize) -> Option<(usize, Input)> {
        let transfer = self.transfers[slot].as_mut()?;
        let Transfer { who, id, size, short, until, stage, .. } = *transfer;
        let first_byte = match stage {
            Stage::Asking { .. } | Stage::Failing { .. } | Stage::Waiting { .. } => None,
            Stage::Flowing { first_byte, .. }
            | Stage::Streaming { first_byte, .. }
            | Stage::Idle { first_byte }
            | Stage::Held { first_byte } => Some(first_byte),
        };
        if transfer.feed.as_ref().is_some_and(|feed| feed.goes_on(size)) {
            return self.chunk_is_there(now, slot, first_byte.unwrap_or(now));
        }
        if now < until {
            transfer.stage = Stage::Held { first_byte: first_byte.unwrap_or(now) };
            self.alarms.set(self.links.len() + slot, Some(until));
            return None;
        }
        let receipt = transfer.receipt(first_byte, size);
        self.transfers[slot] = None;
        self.alarms.set(self.links.len() + slot, None);
        Some((
            who,
            match short {
                true => Input::Failed(id, receipt.failed(Fault::Short(receipt.received))),
                false => Input::Done(id, receipt),
            },
        ))
    }

    /// A chunk of what is sent as it is made is there, and it was not the last.
    fn chunk_is_there(
        &mut self,
        now: Time,
        slot: usize,
        first_byte: Time,
    ) -> Option<(usize, Input)> {
        let (live, content, _) = self.made.as_ref()?;
        let alarm = self.links.len() + slot;
        let transfer = self.transfers[slot].as_mut()?;
        let receipt = transfer.receipt(Some(first_byte), transfer.size);
        let feed = transfer.feed.as_mut()?;
        let chunks = feed.came(transfer.size);
        let (comes, size) = feed.next((live, content), now);
        (transfer.size, transfer.stage) = (size, Stage::Idle { first_byte });
        let (who, id) = (transfer.who, transfer.id);
        match (comes <= now, self.links[self.viewers[who].link].path.model) {
            (false, _) => self.alarms.set(alarm, Some(comes)),
            (true, Model::Fluid) => self.send_chunk(now, slot),
            (true, Model::Tcp(_)) => {
                // Its connection is told to go on once all that has come has been seen to.
                transfer.feed.iter_mut().for_each(|feed| feed.begins(now));
                transfer.stage = Stage::Streaming { first_byte, left: size };
                self.alarms.set(alarm, None);
            }
        }
        Some((who, Input::Chunk(id, receipt, chunks)))
    }

    /// The next chunk is there to be sent.
    fn send_chunk(&mut self, now: Time, slot: usize) {
        let Some(transfer) = self.transfers[slot].as_mut() else { return };
        let Stage::Idle { first_byte } = transfer.stage else { return };
        transfer.feed.iter_mut().for_each(|feed| feed.begins(now));
        self.alarms.set(self.links.len() + slot, None);
        let viewer = self.viewers[transfer.who];
        let way = &mut self.links[viewer.link];
        match way.path.model {
            Model::Fluid => {
                let weight = way.weight(now, viewer);
                let ticket = way.link.start(now, slot, transfer.size, weight);
                transfer.stage = Stage::Flowing { first_byte, ticket };
                self.alarms.set(viewer.link, way.link.deadline());
            }
            Model::Tcp(tcp) => self.join(now, slot, tcp, first_byte),
        }
    }

    /// A transfer's own alarm: its first byte, or a time to say how far it has come.
    #[inline]
    fn report(&mut self, now: Time, slot: usize) -> Option<(usize, Input)> {
        let alarm = self.links.len() + slot;
        let transfer = self.transfers[slot].as_mut()?;
        let Transfer { who, id, size, stage, .. } = *transfer;
        let viewer = self.viewers[who];
        let way = &mut self.links[viewer.link];
        let (first_byte, missing) = match (stage, way.path.model) {
            (Stage::Asking { .. }, _) => {
                self.ask(now, slot);
                return None;
            }
            (Stage::Held { .. }, _) => return self.done(now, slot),
            (Stage::Idle { .. }, _) => {
                self.send_chunk(now, slot);
                return None;
            }
            (Stage::Failing { fault }, _) => {
                self.transfers[slot] = None;
                self.alarms.set(alarm, None);
                let receipt = Receipt::of(Some(now), Bytes::ZERO).failed(fault);
                return Some((who, Input::Failed(id, receipt)));
            }
            (Stage::Waiting { watch }, Model::Fluid) => {
                transfer.feed.iter_mut().for_each(|feed| feed.begins(now));
                let weight = way.weight(now, viewer);
                let ticket = way.link.start(now, slot, size, weight);
                transfer.stage = Stage::Flowing { first_byte: now, ticket };
                self.alarms.set(alarm, watch.map(|at| at.max(now)));
                self.alarms.set(viewer.link, way.link.deadline());
                return None;
            }
            (Stage::Waiting { watch }, Model::Tcp(tcp)) => {
                transfer.feed.iter_mut().for_each(|feed| feed.begins(now));
                self.alarms.set(alarm, watch.map(|at| at.max(now)));
                self.join(now, slot, tcp, now);
                return None;
            }
            (Stage::Flowing { first_byte, ticket }, _) => {
                (first_byte, way.link.missing(now, ticket))
            }
            (Stage::Streaming { first_byte, left }, Model::Fluid) => (first_byte, left),
            (Stage::Streaming { first_byte, left }, Model::Tcp(tcp)) => {
                (first_byte, self.missing(now, slot, left, tcp))
            }
        };
        self.alarms.set(alarm, None);
        let receipt = self.transfers[slot]?.receipt(Some(first_byte), size - missing);
        Some((who, Input::Progress(id, receipt)))
    }

    /// Opens the connection of a lane, if it is not; returns when a request can leave.
    #[inline(never)]
    fn open(&mut self, now: Time, slot: usize, tcp: Tcp) -> Time {
        let pipe = self.pipe_of(slot, tcp);
        let on = self.conditions(now, pipe, tcp);
        self.pipes[pipe].connection.open(now, &on)
    }

    /// What a transfer over a connection still lacks, of what it lacked before the piece under way.
    #[inline(never)]
    fn missing(&mut self, now: Time, slot: usize, left: Bytes, tcp: Tcp) -> Bytes {
        let (pipe, lanes) = (self.pipe_of(slot, tcp), self.lanes_of(slot, tcp));
        let link = &mut self.links[self.viewers[slot / self.lanes].link].link;
        self.pipes[pipe].missing(now, link, &self.transfers[lanes], left)
    }

    /// A transfer's first byte is there: it takes part in its connection.
    #[inline(never)]
    fn join(&mut self, now: Time, slot: usize, tcp: Tcp, first_byte: Time) {
        let pipe = self.interrupt(now, slot, tcp);
        if let Some(transfer) = &mut self.transfers[slot] {
            transfer.stage = Stage::Streaming { first_byte, left: transfer.size };
        }
        self.pump(now, pipe);
    }

    /// A transfer over a connection is cancelled.
    #[inline(never)]
    fn leave(&mut self, now: Time, slot: usize, tcp: Tcp) -> Receipt {
        let pipe = self.interrupt(now, slot, tcp);
        let receipt = match self.transfers[slot].take() {
            Some(ours @ Transfer { size, stage: Stage::Streaming { first_byte, left }, .. }) => {
                ours.receipt(Some(first_byte), size - left)
            }
            Some(ours @ Transfer { stage: Stage::Idle { first_byte }, .. }) => {
                ours.receipt(Some(first_byte), Bytes::ZERO)
            }
            Some(Transfer { size, until, stage: Stage::Held { first_byte }, .. }) => {
                held(now, first_byte, until, size)
            }
            Some(_) | None => Receipt::default(),
        };
        match tcp.http {
            Http::One => self.pipes[pipe].connection.close(),
            Http::Two | Http::Three => {}
        }
        self.pump(now, pipe);
        receipt
    }

    /// Takes off the link what a transfer's connection has on it; returns the connection.
    fn interrupt(&mut self, now: Time, slot: usize, tcp: Tcp) -> usize {
        let (pipe, lanes) = (self.pipe_of(slot, tcp), self.lanes_of(slot, tcp));
        let link = &mut self.links[self.viewers[slot / self.lanes].link].link;
        self.pipes[pipe].interrupt(now, link, &mut self.transfers[lanes]);
        pipe
    }

    /// Lets a connection send what it may.
    #[inline(never)]
    fn pump(&mut self, now: Time, pipe: usize) {
        let viewer = self.viewers[pipe / self.lanes];
        let Model::Tcp(tcp) = self.links[viewer.link].path.model else { return };
        let (on, lanes) = (self.conditions(now, pipe, tcp), self.lanes_of(pipe, tcp));
        let way = &mut self.links[viewer.link];
        let weight = way.weight(now, viewer);
        let road = (&mut way.link, pipe, weight);
        let until = self.pipes[pipe].pump(now, &on, road, &self.transfers[lanes]);
        way.stands(self.pipes[pipe].standing(), pipe);
        self.alarms.set(viewer.link, way.link.deadline());
        self.alarms.set(self.links.len() + self.transfers.len() + pipe, until);
    }

    /// What a connection has to know of the way.
    fn conditions(&mut self, now: Time, pipe: usize, tcp: Tcp) -> Conditions {
        let viewer = self.viewers[pipe / self.lanes];
        let way = &mut self.links[viewer.link];
        let others = if way.standing.1 == pipe { Span::ZERO } else { way.waits() };
        Conditions {
            tcp,
            rtt: way.rtt(now, viewer) + others,
            queue: way.path.queue,
            loss: way.path.loss,
            seed: self.seed,
            whose: [viewer.number, (pipe % self.lanes) as u64],
        }
    }

    /// The connection of a lane, named by its first lane.
    fn pipe_of(&self, slot: usize, tcp: Tcp) -> usize {
        self.lanes_of(slot, tcp).start
    }

    /// The lanes on the connection of a lane.
    fn lanes_of(&self, slot: usize, tcp: Tcp) -> Range<usize> {
        match tcp.http {
            Http::One => slot..slot + 1,
            Http::Two | Http::Three => {
                let first = slot - slot % self.lanes;
                first..first + self.lanes
            }
        }
    }

    fn slot(&self, who: usize, id: RequestId) -> usize {
        who * self.lanes + id.lane as usize
    }
}

impl Transfer {
    /// What was asked for is answered; a part of what is made in parts takes so long to ask for.
    /// Returns how long the answer is on its way.
    #[inline]
    fn answered(&mut self, made: Option<&Made>, up: Span, reply: &Answer) -> Span {
        let Stage::Asking { back, watch } = self.stage else { return Span::ZERO };
        let Answer { first, last, fault, thought, shield, made: as_of } = *reply;
        self.until = last.saturating_add(back);
        self.way = Trip { reached: self.way.reached, sent: first, thought, shield, made: as_of };
        self.stage = match fault {
            Some(fault @ (Fault::Error(_) | Fault::Reset)) => Stage::Failing { fault },
            Some(Fault::Short(_)) | None => Stage::Waiting { watch },
        };
        let whole = self.size;
        if let Some(Fault::Short(part)) = fault {
            (self.size, self.short) = (part, true);
        }
        if let (Some(feed), Some((live, content, _))) = (&mut self.feed, made) {
            let bytes = (whole, self.size);
            let between = (first, last.max(first));
            self.size = feed.answered((live, content), bytes, between, (up, back));
        }
        back
    }

    /// What has come, with so much of what is coming.
    fn receipt(&self, first_byte: Option<Time>, part: Bytes) -> Receipt {
        let Trip { reached, sent, thought, shield, made } = self.way;
        let (come, idle, chunk) = self.feed.as_ref().map_or_else(Default::default, Feed::facts);
        let received = come + part;
        let fault = None;
        Receipt { first_byte, received, idle, chunk, reached, sent, thought, shield, made, fault }
    }
}

/// What is sent as it is made: how it comes to be, what it is of, and whether part by part.
type Made = (Arc<Live>, Arc<Presentation>, bool);

/// An answer on its way.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    /// When its first byte leaves, and when its last can.
    first: Time,
    last: Time,
    fault: Option<Fault>,
    /// How long an origin took.
    thought: Span,
    /// And how long the way from there to a shield.
    shield: Span,
    /// As of when it is.
    made: Time,
}

impl Answer {
    /// One of a chain, that leaves now.
    fn of(now: Time, reply: &Reply) -> Self {
        let Reply { last, fault, thought, shield, made, .. } = *reply;
        Self { first: now, last, fault, thought, shield, made }
    }
}

impl Way {
    /// The round trip of packets that wait behind nobody.
    #[inline]
    fn rtt(&mut self, now: Time, viewer: Viewer) -> Span {
        self.link.rtt(now).unwrap_or(self.path.rtt) + viewer.further
    }

    /// How long a packet waits behind what stands in the queue now. A fluid flow fills its link
    /// and the queue in front of it.
    #[inline]
    fn waits(&self) -> Span {
        match (self.link.is_idle(), self.path.model) {
            (true, _) => Span::ZERO,
            (false, Model::Fluid) => self.path.queue,
            (false, Model::Tcp(_)) => self.standing.0,
        }
    }

    /// A connection says what it has in the queue.
    fn stands(&mut self, wait: Span, pipe: usize) {
        if !wait.is_zero() || self.standing.1 == pipe {
            self.standing = (wait, pipe);
        }
    }

    #[inline]
    fn weight(&mut self, now: Time, viewer: Viewer) -> u32 {
        match self.path.sharing {
            Sharing::MaxMin => 1,
            Sharing::RttBiased => self.path.sharing.weight(self.rtt(now, viewer)),
        }
    }
}

/// What the round trip of a viewer's request has on top.
#[inline]
pub(crate) fn jitter(path: &Path, seed: Seed, viewer: u64, id: RequestId) -> Span {
    let jitter = path.jitter;
    if jitter.is_zero() {
        return jitter;
    }
    let keys = [viewer, id.lane.into(), id.serial.into()];
    Span::from_secs_f64(jitter.as_secs_f64() * seed.unit(Purpose::Jitter, &keys))
}

/// The most attempts at one object that are told apart from those at the same made anew.
const MOST_ATTEMPTS: u32 = 1 << 12;

/// What draws about a request are keyed by: how often its object was asked for before, in a row or
/// anew.
pub(crate) fn tried(request: &Request) -> u32 {
    request.attempt.wrapping_add(request.again.wrapping_mul(MOST_ATTEMPTS))
}

/// What has come of a transfer that the link waits for, at the even pace at which it comes.
pub(crate) fn held(now: Time, first_byte: Time, until: Time, size: Bytes) -> Receipt {
    let (took, takes) = (now - first_byte, until - first_byte);
    let part = took.as_secs_f64() / takes.as_secs_f64().max(f64::MIN_POSITIVE);
    let received = Bytes::new((size.as_f64() * part.min(1.0)) as u64);
    Receipt::of(Some(first_byte), received)
}

/// Whether all of a transfer is there.
fn is_there(transfer: Transfer) -> bool {
    matches!(transfer.stage, Stage::Streaming { left: Bytes::ZERO, .. })
}
