//! Edges, a shield and an origin as one machine.
//!
//! The idea to hold: a cache is a set of promises. A hit is a promise kept, a miss makes one, and
//! who finds one still open waits for it: request collapsing. What happens on the way is an event
//! in one queue, in the order of time, then of their making; a hit makes none.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::fetch::{
    Caller, Fetch, Found, How, NONE, Reply, Source, State, Told, Try, Waiter, Whom,
};
use super::node::{Node, SHIELD};
use super::{Counts, Fault, Key, Plan, Servers, Tally};
use crate::seed::Purpose;
use crate::units::{Bytes, Span, Time};

/// A chain at work.
#[derive(Clone, Debug)]
pub struct Chain {
    pub(super) plan: Arc<Plan>,
    /// The edges, then the shield.
    pub(super) nodes: Vec<Node>,
    servers: Option<Servers>,
    pub(super) fetches: Vec<Fetch>,
    pub(super) tries: Vec<Try>,
    due: BinaryHeap<Reverse<(Time, u64, Due)>>,
    /// How many events there were.
    serial: u64,
    answers: VecDeque<(Caller, Reply)>,
    /// When the last event was.
    now: Time,
    /// Who has just had to go.
    gone: Vec<Key>,
    tally: Tally,
    told: Vec<(Caller, Told)>,
}

/// Something that is due.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Due {
    /// An attempt arrives at what is behind the cache.
    Arrives(u32, u8),
    /// What comes of it is at the cache.
    Comes(u32, u8),
    /// The cache waits for it no longer.
    TimesOut(u32, u8),
    /// The cache tries again.
    Again(u32),
    /// Somebody who waits for what is fetched for others waits no longer: the one of that place.
    Impatient(u32, u32),
}

impl Chain {
    /// A chain that has not been asked for anything.
    pub fn new(plan: Arc<Plan>) -> Self {
        let edges = plan.edges.iter().map(|edge| (edge.hop.clone(), edge.number));
        let shield = plan.shield.iter().map(|hop| (hop.clone(), SHIELD));
        let nodes = edges.chain(shield).map(|(hop, number)| Node::new(hop, number, &plan));
        let nodes = nodes.collect();
        let tally = Tally { direct: plan.direct, ..Tally::default() };
        let servers = plan.queue.map(|q| Servers::new(q.servers as usize, q.room as usize));
        Self {
            plan,
            nodes,
            servers,
            fetches: Vec::new(),
            tries: Vec::new(),
            due: BinaryHeap::new(),
            serial: 0,
            answers: VecDeque::new(),
            now: Time::ZERO,
            gone: Vec::new(),
            tally,
            told: Vec::new(),
        }
    }

    /// What it did so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How each request of a viewer was answered of whom it is told, in the order of answers.
    pub fn told(&self) -> &[(Caller, Told)] {
        &self.told
    }

    /// What there is to ask for, and how it behaves.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A viewer's request arrives at an edge. Answers at once where the edge can.
    #[inline]
    pub fn ask(&mut self, now: Time, edge: usize, key: Key, caller: Caller) -> Option<Reply> {
        self.request(now, edge, key, Whom::Viewer(caller))
    }

    /// When something happens next.
    pub fn deadline(&self) -> Option<Time> {
        match self.answers.is_empty() {
            true => self.due.peek().map(|Reverse((at, ..))| *at),
            false => Some(self.now),
        }
    }

    /// An answer to somebody who was not answered at once, if one is due by `now`. There may be
    /// more.
    pub fn poll(&mut self, now: Time) -> Option<(Caller, Reply)> {
        while self.answers.is_empty() {
            let Reverse((at, _, due)) = *self.due.peek()?;
            if at > now {
                return None;
            }
            self.due.pop();
            self.now = at;
            self.happen(at, due);
        }
        self.answers.pop_front()
    }

    fn happen(&mut self, now: Time, due: Due) {
        match due {
            Due::Arrives(id, attempt) if self.waits_for(id, attempt) => self.arrive(now, id),
            Due::Comes(id, attempt) if self.waits_for(id, attempt) => self.come(now, id),
            Due::TimesOut(id, attempt) if self.waits_for(id, attempt) => {
                self.counts(id).timeouts += 1;
                self.fail(now, id);
            }
            Due::Again(id) => self.leave(now, id),
            Due::Impatient(id, place) => self.part(now, id, place),
            Due::Arrives(..) | Due::Comes(..) | Due::TimesOut(..) => {}
        }
    }

    /// Whether a fetch still waits for what comes of an attempt.
    fn waits_for(&self, id: u32, attempt: u8) -> bool {
        let fetch = &self.fetches[id as usize];
        fetch.state == State::Open && fetch.attempt == attempt
    }

    fn at(&mut self, when: Time, due: Due) {
        self.serial += 1;
        self.due.push(Reverse((when, self.serial, due)));
    }

    /// Somebody asks a cache.
    #[inline]
    fn request(&mut self, now: Time, place: usize, key: Key, whom: Whom) -> Option<Reply> {
        if let Some(share) = self.nodes[place].hop.sampled {
            return self.sample(now, place, key, whom, share);
        }
        let node = &mut self.nodes[place];
        node.shelf.touch(key);
        let known = node.states[key.0 as usize];
        let held = node.shelf.holds(key);
        let found = match held {
            true if now < known.expires => Found::Hit,
            true if now < known.expires.saturating_add(node.hop.stale_while_revalidate) => {
                Found::Stale
            }
            _ if now < known.fails => Found::Negative,
            _ if known.open != NONE => Found::Collapsed,
            _ => Found::Miss,
        };
        match found {
            Found::Hit | Found::Stale | Found::Negative => {
                let fault = (found == Found::Negative).then_some(Fault::GATEWAY);
                let (last, made) = (known.filled.max(now), known.made);
                let reply = Reply { last, fault, made, ..Reply::at_once(now, node.source()) };
                if found == Found::Stale && known.open == NONE {
                    self.fetch(now, place, key, Waiter { whom: Whom::Nobody, since: now, found });
                }
                self.count(now, place, key, Waiter { whom, since: now, found }, reply);
                Some(reply)
            }
            Found::Collapsed => {
                self.join(now, known.open, Waiter { whom, since: now, found });
                None
            }
            Found::Miss => {
                self.fetch(now, place, key, Waiter { whom, since: now, found });
                None
            }
        }
    }

    /// The same of a cache that is not simulated: it has a share of the answers.
    fn sample(
        &mut self,
        now: Time,
        place: usize,
        key: Key,
        whom: Whom,
        share: f64,
    ) -> Option<Reply> {
        let (asker, asked) = match whom {
            Whom::Fetch(id, _) => {
                let node = &self.nodes[usize::from(self.fetches[id as usize].node)];
                (node.number, node.states[key.0 as usize].asked)
            }
            Whom::Viewer(_) | Whom::Nobody => (SHIELD, 0),
        };
        let keys = [asker, key.0.into(), asked.into()];
        let draw = self.plan.origin.seed.unit(Purpose::Sampled, &keys);
        let (_, object, _) = self.plan.catalogue.object(key);
        let has = draw < share && self.plan.origin.has_made(now, object);
        let found = if has { Found::Hit } else { Found::Miss };
        let waiter = Waiter { whom, since: now, found };
        if found == Found::Miss {
            self.begin(now, place, key, waiter, false);
            return None;
        }
        // How old it is is not known: no older than the way from the origin.
        let made = now;
        let reply = Reply { made, ..Reply::at_once(now, self.nodes[place].source()) };
        self.count(now, place, key, waiter, reply);
        Some(reply)
    }

    /// Somebody waits for what is fetched already.
    fn join(&mut self, now: Time, id: u32, waiter: Waiter) {
        let fetch = &mut self.fetches[id as usize];
        fetch.waiters.push(waiter);
        let place = fetch.waiters.len() as u32 - 1;
        let patience = self.nodes[usize::from(fetch.node)].hop.collapse.unwrap_or_default();
        if patience < Span::MAX {
            self.at(now.saturating_add(patience), Due::Impatient(id, place));
        }
    }

    /// Somebody who waits for what is fetched for others has it fetched for them alone.
    fn part(&mut self, now: Time, id: u32, place: u32) {
        let fetch = &mut self.fetches[id as usize];
        if fetch.state == State::Over {
            return;
        }
        let waiter = &mut fetch.waiters[place as usize];
        let own = std::mem::replace(waiter, Waiter { whom: Whom::Nobody, ..*waiter });
        let (node, key) = (usize::from(fetch.node), fetch.key);
        self.begin(now, node, key, Waiter { found: Found::Miss, ..own }, false);
    }

    /// A cache begins to fetch something that others may wait for if it lets them.
    fn fetch(&mut self, now: Time, place: usize, key: Key, waiter: Waiter) {
        let shared = self.nodes[place].hop.collapse.is_some();
        self.begin(now, place, key, waiter, shared);
    }

    fn begin(&mut self, now: Time, place: usize, key: Key, waiter: Waiter, shared: bool) {
        let id = self.fetches.len() as u32;
        let node = &mut self.nodes[place];
        let (_, object, _) = self.plan.catalogue.object(key);
        let same = !node.hop.is_refreshed(object);
        let conditional = node.shelf.holds(key) && node.hop.sampled.is_none() && same;
        let source = node.source();
        let known = &mut node.states[key.0 as usize];
        if shared {
            known.open = id;
        }
        let before = std::mem::replace(&mut known.latest, id);
        self.fetches.push(Fetch {
            id,
            node: place as u16,
            key,
            began: now,
            by: waiter.whom,
            held: (Time::MAX, Time::MAX),
            shared,
            conditional,
            attempt: 0,
            coming: Reply::at_once(now, source),
            waiters: vec![waiter],
            state: State::Open,
            tries: (NONE, NONE),
            before,
        });
        self.leave(now, id);
    }

    /// An attempt at a fetch leaves for what is behind the cache.
    fn leave(&mut self, now: Time, id: u32) {
        let Fetch { node, attempt, .. } = self.fetches[id as usize];
        let hop = &self.nodes[usize::from(node)].hop;
        let (arrives, gives_up) = (now + hop.way_there(), now.saturating_add(hop.timeout));
        self.attempt(id);
        self.at(arrives, Due::Arrives(id, attempt));
        if gives_up < Time::MAX {
            self.at(gives_up, Due::TimesOut(id, attempt));
        }
    }

    /// Notes an attempt of which nothing is known yet.
    fn attempt(&mut self, id: u32) {
        let last = self.tries.len() as u32;
        self.tries.push(Try { how: How::Lost, next: NONE });
        let tries = &mut self.fetches[id as usize].tries;
        match tries.0 {
            NONE => tries.0 = last,
            _ => self.tries[tries.1 as usize].next = last,
        }
        tries.1 = last;
    }

    /// An attempt arrives at the shield, or at the origin.
    fn arrive(&mut self, now: Time, id: u32) {
        let Fetch { node, key, attempt, tries, .. } = self.fetches[id as usize];
        let shield = self.plan.edges.len();
        let behind = usize::from(node) < shield && shield < self.nodes.len();
        if !behind {
            self.ask_origin(now, id);
            self.nodes[usize::from(node)].states[key.0 as usize].asked += 1;
            return;
        }
        let reply = self.request(now, shield, key, Whom::Fetch(id, attempt));
        self.tries[tries.1 as usize].how = match reply {
            Some(Reply { fault: Some(_), .. }) => How::Refused,
            Some(Reply { last, .. }) => How::Held(last - now),
            None => {
                let known = &self.nodes[shield].states[key.0 as usize];
                How::Behind(if known.open == NONE { known.latest } else { known.open })
            }
        };
        self.nodes[usize::from(node)].states[key.0 as usize].asked += 1;
        if let Some(reply) = reply {
            self.answer(now, id, attempt, reply);
        }
    }

    fn ask_origin(&mut self, now: Time, id: u32) {
        let Fetch { node, key, attempt, tries, .. } = self.fetches[id as usize];
        let Fetch { by, conditional, .. } = self.fetches[id as usize];
        let mut ask = self.nodes[usize::from(node)].ask(&self.plan, key, by);
        if conditional {
            ask.size = Bytes::ZERO;
        }
        let mut served = self.plan.origin.serve(now, &ask);
        if conditional && !is_nothing(served.fault) {
            // What has no body cannot be cut short.
            served.fault = None;
        }
        let service = self.plan.queue.and_then(|queue| queue.service);
        let service = service.unwrap_or(served.latency.saturating_add(served.transfer));
        let begins = match &mut self.servers {
            Some(servers) if !served.down => servers.enter(now, service),
            Some(_) | None => Some(now),
        };
        let queue = begins.map(|begins| begins - now);
        let (latency, transfer, fault) = (served.latency, served.transfer, served.fault);
        self.tries[tries.1 as usize].how = How::Origin { queue, served };
        let tier = self.plan.origin.tier(&ask).unwrap_or(self.plan.origin.tiers.len());
        let source = Source::Origin(tier as u8);
        let (first, reply) = match begins {
            None => (now, Reply { fault: Some(Fault::BUSY), ..Reply::at_once(now, source) }),
            Some(begins) => {
                let first = begins.saturating_add(latency);
                let (last, thought) = (first.saturating_add(transfer), first - now);
                let made = first;
                (first, Reply { last, fault, made, thought, ..Reply::at_once(now, source) })
            }
        };
        let sent = sent(reply.fault, ask.size);
        let origin = &mut self.tally.origin;
        origin.requests += 1;
        origin.faults += u64::from(reply.fault.is_some());
        origin.shed += u64::from(begins.is_none());
        origin.bytes += sent;
        origin.queued = origin.queued.saturating_add(queue.unwrap_or_default());
        let step = self.tally.step(now, self.plan.step);
        step.origin_requests += 1;
        step.origin_bytes += sent;
        self.answer(first, id, attempt, reply);
    }

    /// What is behind the cache answers an attempt, the first byte leaving then.
    fn answer(&mut self, first: Time, id: u32, attempt: u8, reply: Reply) {
        let fetch = &mut self.fetches[id as usize];
        if fetch.state == State::Over || fetch.attempt != attempt {
            return;
        }
        let hop = &self.nodes[usize::from(fetch.node)].hop;
        let back = hop.way_back();
        let is_shield = usize::from(fetch.node) >= self.plan.edges.len();
        let shield = if is_shield { hop.way_there() + back } else { reply.shield };
        fetch.coming = Reply { last: reply.last.saturating_add(back), shield, ..reply };
        self.at(first.saturating_add(back), Due::Comes(id, attempt));
    }

    /// The first byte of an answer is at the cache, or the news that there is none.
    fn come(&mut self, now: Time, id: u32) {
        let Fetch { node: place, key, conditional, mut coming, .. } = self.fetches[id as usize];
        if conditional {
            // The body is here already, however much of it those behind still lack.
            coming.last = now;
        }
        if is_nothing(coming.fault) {
            return self.fail(now, id);
        }
        let size = self.size(key, Whom::Fetch(id, 0));
        self.counts(id).fetched += sent(coming.fault, size);
        let simulated = self.nodes[usize::from(place)].hop.sampled.is_none();
        if coming.fault.is_none() && simulated {
            let mut gone = std::mem::take(&mut self.gone);
            let node = &mut self.nodes[usize::from(place)];
            node.states[key.0 as usize].made = coming.made;
            if node.keep(now, key, coming.last, &self.plan.catalogue, &mut gone) {
                self.fetches[id as usize].held.0 = now;
            }
            for key in gone.drain(..) {
                self.goes(now, usize::from(place), key);
            }
            self.gone = gone;
        }
        self.over(now, id, coming, None);
    }

    /// Something has to go to make room; notes it where its story is.
    fn goes(&mut self, now: Time, place: usize, key: Key) {
        let node = &mut self.nodes[place];
        let mut last = node.states[key.0 as usize].latest;
        while let Some(fetch) = self.fetches.get_mut(last as usize) {
            if fetch.held.1 < Time::MAX {
                return;
            }
            if fetch.held.0 < Time::MAX {
                fetch.held.1 = now;
            }
            last = fetch.before;
        }
        if let Some(gone) = node.gone.get_mut(key.0 as usize) {
            *gone = now.min(*gone);
        }
    }

    /// An attempt has failed.
    fn fail(&mut self, now: Time, id: u32) {
        self.counts(id).failures += 1;
        let fetch = &mut self.fetches[id as usize];
        let (place, key) = (usize::from(fetch.node), fetch.key);
        fetch.attempt += 1;
        let node = &mut self.nodes[place];
        if fetch.attempt < node.hop.attempts {
            let again = now.saturating_add(node.hop.backoff);
            return self.at(again, Due::Again(id));
        }
        let known = &mut node.states[key.0 as usize];
        let source = self.fetches[id as usize].coming.source;
        let usable = known.expires.saturating_add(node.hop.stale_if_error);
        if node.shelf.holds(key) && now < usable {
            let (last, made) = (known.filled.max(now), known.made);
            let reply = Reply { last, made, ..Reply::at_once(now, node.source()) };
            return self.over(now, id, reply, Some(Found::Stale));
        }
        known.fails = now.saturating_add(node.hop.negative);
        let reply = Reply { fault: Some(Fault::GATEWAY), ..Reply::at_once(now, source) };
        self.over(now, id, reply, None);
    }

    /// A fetch is over: everybody who waits is answered.
    fn over(&mut self, now: Time, id: u32, reply: Reply, found: Option<Found>) {
        let fetch = &mut self.fetches[id as usize];
        fetch.state = State::Over;
        // What failed was counted already.
        let came = !is_nothing(reply.fault) && found != Some(Found::Stale);
        let attempts = fetch.attempt + u8::from(came);
        let reply = Reply { attempts, ..reply };
        let (place, key) = (usize::from(fetch.node), fetch.key);
        let waiters = std::mem::take(&mut fetch.waiters);
        let open = &mut self.nodes[place].states[key.0 as usize].open;
        if *open == id {
            *open = NONE;
        }
        for waiter in waiters {
            let waiter = Waiter { found: found.unwrap_or(waiter.found), ..waiter };
            self.count(now, place, key, waiter, reply);
            match waiter.whom {
                Whom::Nobody => {}
                Whom::Viewer(caller) => self.answers.push_back((caller, reply)),
                Whom::Fetch(behind, attempt) => self.answer(now, behind, attempt, reply),
            }
        }
    }

    /// Counts an answer.
    #[inline]
    fn count(&mut self, now: Time, place: usize, key: Key, waiter: Waiter, reply: Reply) {
        if waiter.whom == Whom::Nobody {
            return;
        }
        let bytes = sent(reply.fault, self.size(key, waiter.whom));
        let edge = place < self.plan.edges.len();
        let counts = if edge { &mut self.tally.edge } else { &mut self.tally.shield };
        counts.found[waiter.found as usize] += 1;
        counts.faults += u64::from(reply.fault.is_some());
        counts.bytes += bytes;
        if let (true, Whom::Viewer(caller)) = (edge, waiter.whom)
            && caller.viewer < self.plan.tells
        {
            let (found, wait) = (waiter.found, now - waiter.since);
            let Reply { source, attempts, .. } = reply;
            self.told.push((caller, Told { found, source, wait, attempts }));
        }
        if edge {
            if !is_nothing(reply.fault) {
                self.tally.waited(reply.source, now - waiter.since);
            }
            let step = self.tally.step(now, self.plan.step);
            step.requests += 1;
            step.faults += u64::from(reply.fault.is_some());
            step.bytes += bytes;
        }
    }

    /// How large the answer to somebody is: a cache that only asks whether what it holds is still
    /// so gets no body.
    fn size(&self, key: Key, whom: Whom) -> Bytes {
        match whom {
            Whom::Fetch(id, _) if self.fetches[id as usize].conditional => Bytes::ZERO,
            Whom::Fetch(..) | Whom::Viewer(_) | Whom::Nobody => self.plan.catalogue.object(key).2,
        }
    }

    /// What is counted of a cache that fetches.
    fn counts(&mut self, id: u32) -> &mut Counts {
        match usize::from(self.fetches[id as usize].node) < self.plan.edges.len() {
            true => &mut self.tally.edge,
            false => &mut self.tally.shield,
        }
    }
}

/// How much of an object is sent.
fn sent(fault: Option<Fault>, size: Bytes) -> Bytes {
    match fault {
        None => size,
        Some(Fault::Error(_) | Fault::Reset) => Bytes::ZERO,
        Some(Fault::Short(part)) => part,
    }
}

/// Whether no byte comes of it.
fn is_nothing(fault: Option<Fault>) -> bool {
    fault.is_some_and(Fault::is_nothing)
}
