//! What some viewers of a run would have met, had a part of the chain been ideal and everybody else
//! done what they did.
//!
//! The idea to hold: a run leaves every promise that a cache made, with the parts it was made of.
//! Who asks again meets the promise that was open or kept then, and waits for it as long as those
//! of its parts take that are not ideal. A promise not made until then is made when they ask; one
//! that was made for themselves before it is there for them, as if they had asked then. Where
//! nothing is ideal they meet what they met.

use std::ops::Range;
use std::sync::Arc;

use super::fetch::{Fetch, How, NONE, Whom};
use super::{Ask, Caller, Chain, Fault, Ideal, Key, Origin, Stage};
use crate::seed::Purpose;
use crate::units::{Span, Time};

/// A chain whose run is over, and what it fetched, by object.
#[derive(Debug)]
pub struct Past {
    chain: Chain,
    /// By node.
    all: Vec<Index>,
    /// The same of what was held.
    held: Vec<Index>,
}

/// Fetches of each object, in their order.
#[derive(Debug)]
struct Index {
    /// By key, where its fetches begin.
    starts: Vec<u32>,
    ids: Vec<u32>,
}

/// A past, asked again by some of its viewers.
#[derive(Clone, Debug)]
pub struct Replay {
    past: Arc<Past>,
    ideal: Ideal,
    /// The origin with what of it is.
    origin: Arc<Origin>,
    /// The slots that their requests had.
    ours: Range<u32>,
    /// What was fetched for them, by slot and key, in its order.
    own: Arc<[(u32, Key, u32)]>,
}

/// No more fetches of an object are looked at for one that a request could share. There are more
/// where each request has its own, and then the last is as good as any.
const LOOKED_AT: usize = 64;

/// What comes of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Met {
    /// When its first byte leaves, or the news that there is none.
    pub first: Time,
    /// When its last byte can.
    pub last: Time,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

impl Past {
    /// Of a chain that is asked no more.
    pub fn new(chain: Chain) -> Self {
        let keys = chain.plan.catalogue.count();
        let mut by_node: Vec<Vec<&Fetch>> = vec![Vec::new(); chain.nodes.len()];
        for fetch in &chain.fetches {
            by_node[usize::from(fetch.node)].push(fetch);
        }
        let index = |held: bool| {
            let is = move |fetch: &&Fetch| !held || fetch.held.0 < Time::MAX;
            let of = |own: &Vec<&Fetch>| Index::new(keys, || own.iter().copied().filter(is));
            by_node.iter().map(of).collect()
        };
        let (all, held) = (index(false), index(true));
        Self { chain, all, held }
    }
}

impl Index {
    fn new<'a, I: Iterator<Item = &'a Fetch>>(keys: u32, fetches: impl Fn() -> I) -> Self {
        let mut starts = vec![0_u32; keys as usize + 1];
        fetches().for_each(|fetch| starts[fetch.key.0 as usize + 1] += 1);
        let mut before = 0;
        for start in &mut starts {
            before += *start;
            *start = before;
        }
        let mut next = starts.clone();
        let mut ids = vec![0; before as usize];
        for fetch in fetches() {
            let place = &mut next[fetch.key.0 as usize];
            ids[*place as usize] = fetch.id;
            *place += 1;
        }
        Self { starts, ids }
    }

    fn of(&self, key: Key) -> &[u32] {
        let (from, to) = (self.starts[key.0 as usize], self.starts[key.0 as usize + 1]);
        &self.ids[from as usize..to as usize]
    }
}

impl Replay {
    /// For the viewers whose requests had these slots.
    pub fn new(past: Arc<Past>, ours: Range<u32>) -> Self {
        let mine = |fetch: &Fetch| match fetch.by {
            Whom::Viewer(caller) if ours.contains(&caller.slot) => {
                Some((caller.slot, fetch.key, fetch.id))
            }
            Whom::Viewer(_) | Whom::Nobody | Whom::Fetch(..) => None,
        };
        let mut own: Vec<_> = past.chain.fetches.iter().filter_map(mine).collect();
        own.sort_unstable();
        let origin = Arc::new(past.chain.plan.origin.clone());
        Self { past, ideal: Ideal::default(), origin, ours, own: own.into() }
    }

    /// The same with other stages ideal.
    pub fn with(&self, ideal: Ideal) -> Self {
        let origin = Arc::new(ideal.origin(&self.chain().plan.origin));
        Self { ideal, origin, ..self.clone() }
    }

    /// The chain that is asked again.
    pub fn chain(&self) -> &Chain {
        &self.past.chain
    }

    fn fetch(&self, id: u32) -> &Fetch {
        &self.chain().fetches[id as usize]
    }

    /// What comes of a request that arrives at an edge. The slot is counted from the first of ours.
    pub fn ask(&self, now: Time, edge: usize, key: Key, caller: Caller) -> Met {
        let whom = Whom::Viewer(Caller { slot: self.ours.start + caller.slot, ..caller });
        self.request(now, edge, key, whom)
    }

    fn request(&self, now: Time, place: usize, key: Key, whom: Whom) -> Met {
        let hop = &self.chain().nodes[place].hop;
        let all = self.past.all[place].of(key);
        let begun = |ids: &[u32]| ids.partition_point(|&id| self.fetch(id).began <= now);
        let all = &all[..begun(all)];
        // Whom it was fetched for then, at this very moment, it is fetched for again.
        let at_this_moment = all.iter().rev().take_while(|&&id| self.fetch(id).began == now);
        if let Some(&id) = at_this_moment.into_iter().find(|&&id| self.is(self.fetch(id).by, whom))
        {
            return self.follow(id, now);
        }
        let held = self.past.held[place].of(key);
        if let Some(met) = self.kept(now, &held[..begun(held)]) {
            return met;
        }
        if let Some(met) = self.held_before(now, place, key, hop.stale_while_revalidate) {
            return met;
        }
        let recent = || all.iter().rev().take(LOOKED_AT);
        let begun = |&id: &u32| (self.fetch(id), self.follow(id, self.fetch(id).began));
        // What is had makes it forgotten.
        let no_success = |(fetch, _): &(&Fetch, Met)| fetch.held.0 > now;
        let fails = |(fetch, met): &(&Fetch, Met)| self.is_known_to_fail(fetch, met, now);
        if hop.negative > Span::ZERO
            && let Some((_, met)) = recent().map(begun).take_while(no_success).find(fails)
        {
            return Met { fault: met.fault, ..at_once(now) };
        }
        let Some(patience) = hop.collapse else { return self.alone(now, place, key, whom) };
        // At one instant requests come before answers.
        let is_open = |(fetch, met): &(&Fetch, Met)| fetch.shared && now <= met.first;
        let open = recent().map(begun).find(is_open);
        match open {
            Some((_, met)) if met.first <= now.saturating_add(patience) => met,
            Some(_) => self.alone(now.saturating_add(patience), place, key, whom),
            None => self.alone(now, place, key, whom),
        }
    }

    /// What is held of an object, if anything is, of these that came to be.
    fn kept(&self, now: Time, held: &[u32]) -> Option<Met> {
        let mut first: Option<Time> = None;
        for &id in held.iter().rev().take(LOOKED_AT) {
            let met = self.follow(id, self.fetch(id).began);
            if met.first < now && self.holds(self.fetch(id), &met, now) {
                let last = first.map_or(met.last, |first| first.min(met.last));
                if last <= now {
                    return Some(at_once(now));
                }
                first = Some(last);
            }
        }
        first.map(|last| Met { last, ..at_once(now) })
    }

    /// Whether what a fetch brought is held still, and may be given.
    fn holds(&self, fetch: &Fetch, met: &Met, now: Time) -> bool {
        let hop = &self.chain().nodes[usize::from(fetch.node)].hop;
        let (_, object, _) = self.chain().plan.catalogue.object(fetch.key);
        let fresh = met.first.saturating_add(hop.fresh(object));
        let usable = fresh.saturating_add(hop.stale_while_revalidate);
        met.fault.is_none() && fetch.held.0 < Time::MAX && now < fetch.held.1 && now < usable
    }

    /// Whether it is remembered that a fetch failed.
    fn is_known_to_fail(&self, fetch: &Fetch, met: &Met, now: Time) -> bool {
        let negative = self.chain().nodes[usize::from(fetch.node)].hop.negative;
        met.fault.is_some_and(Fault::is_nothing)
            && met.first < now
            && now < met.first.saturating_add(negative)
    }

    /// What was held before anybody asked, if it is still and may be so long past its time.
    fn held_before(&self, now: Time, place: usize, key: Key, stale: Span) -> Option<Met> {
        let node = &self.chain().nodes[place];
        let gone = *node.gone.get(key.0 as usize)?;
        let (_, object, _) = self.chain().plan.catalogue.object(key);
        let usable = Time::ZERO.saturating_add(node.hop.fresh(object)).saturating_add(stale);
        (now < gone && now < usable).then_some(at_once(now))
    }

    /// What comes of a request that something is fetched for: as it was for them, or for whoever
    /// came next, or as it would have been.
    fn alone(&self, now: Time, place: usize, key: Key, whom: Whom) -> Met {
        if let Some(id) = self.own(place, key, whom) {
            return self.follow(id, now);
        }
        let all = self.past.all[place].of(key);
        match all.get(all.partition_point(|&id| self.fetch(id).began < now)) {
            Some(&id) => self.follow(id, now),
            None => self.afresh(now, place, key, whom),
        }
    }

    /// What was fetched for them, when they had asked as often.
    fn own(&self, place: usize, key: Key, whom: Whom) -> Option<u32> {
        match whom {
            Whom::Nobody => None,
            Whom::Fetch(..) => {
                let is = |id: &u32| self.is(self.fetch(*id).by, whom);
                self.past.all[place].of(key).iter().copied().rfind(is)
            }
            Whom::Viewer(Caller { slot, attempt, .. }) => {
                let theirs = self.theirs(slot, key);
                let asked = |id: u32| match self.fetch(id).by {
                    Whom::Viewer(caller) => caller.attempt,
                    Whom::Fetch(..) | Whom::Nobody => 0,
                };
                let then = theirs.iter().find(|own| asked(own.2) >= attempt);
                then.or(theirs.last()).map(|own| own.2)
            }
        }
    }

    /// What was fetched of an object for a slot.
    fn theirs(&self, slot: u32, key: Key) -> &[(u32, Key, u32)] {
        let name = |(slot, key, _): &(u32, Key, u32)| (*slot, *key);
        let from = self.own.partition_point(|entry| name(entry) < (slot, key));
        let length = self.own[from..].partition_point(|entry| name(entry) == (slot, key));
        &self.own[from..from + length]
    }

    /// Whether somebody a fetch was for is who asks now: the same lane of a player, as requests are
    /// not the same ones in another world.
    fn is(&self, by: Whom, whom: Whom) -> bool {
        match (by, whom) {
            (Whom::Viewer(by), Whom::Viewer(whom)) => by.slot == whom.slot,
            (Whom::Fetch(by, attempt), Whom::Fetch(whom, other)) => (by, attempt) == (whom, other),
            _ => false,
        }
    }

    /// When a fetch that begins now is answered, and how: as it was, but for what is ideal.
    fn follow(&self, id: u32, now: Time) -> Met {
        let fetch = self.fetch(id);
        let hop = &self.chain().nodes[usize::from(fetch.node)].hop;
        let (there, back) = self.ways(usize::from(fetch.node));
        let (mut tried, mut asked) = (fetch.tries.0, now);
        for attempt in 0.. {
            let Some(this) = self.chain().tries.get(tried as usize) else { break };
            let met = self.meet(asked.saturating_add(there), &this.how, (id, attempt));
            let failed = match came(met, back, asked.saturating_add(hop.timeout)) {
                // The body of what is only asked about is here already.
                Ok(met) if fetch.conditional => return Met { last: met.first, ..met },
                Ok(met) => return met,
                Err(failed) => failed,
            };
            tried = this.next;
            if tried == NONE {
                return self.give_up(failed, fetch);
            }
            asked = failed.saturating_add(hop.backoff);
        }
        self.give_up(asked, fetch)
    }

    /// A cache has tried often enough: what it holds and may still give, or an error.
    fn give_up(&self, now: Time, fetch: &Fetch) -> Met {
        let place = usize::from(fetch.node);
        let node = &self.chain().nodes[place];
        let stale = node.hop.stale_if_error;
        let (_, object, _) = self.chain().plan.catalogue.object(fetch.key);
        let usable = node.hop.fresh(object).saturating_add(stale);
        let kept = |&id: &u32| {
            let (from, to) = self.fetch(id).held;
            from <= now && now < to.min(from.saturating_add(usable))
        };
        let held = self.past.held[place].of(fetch.key).iter().any(kept)
            || self.held_before(now, place, fetch.key, stale).is_some();
        let fault = (!held).then_some(Fault::GATEWAY);
        Met { fault, ..at_once(now) }
    }

    /// What an attempt meets behind its cache, where it arrives now.
    fn meet(&self, now: Time, how: &How, by: (u32, u8)) -> Met {
        let errors = self.ideal.has(Stage::Errors);
        match *how {
            How::Lost => Met { first: Time::MAX, last: Time::MAX, fault: None },
            How::Held(rest) => {
                let rest = if self.ideal.has(Stage::Origin) { Span::ZERO } else { rest };
                Met { last: now.saturating_add(rest), ..at_once(now) }
            }
            How::Refused => Met { fault: Some(Fault::GATEWAY).filter(|_| !errors), ..at_once(now) },
            How::Behind(id) => {
                let fetch = self.fetch(id);
                if fetch.by == Whom::Fetch(by.0, by.1) {
                    return self.follow(id, now);
                }
                let met = self.follow(id, fetch.began.min(now));
                let patience = self.chain().nodes[usize::from(fetch.node)].hop.collapse;
                let leaves = now.saturating_add(patience.unwrap_or(Span::MAX));
                if met.first > leaves {
                    let whom = Whom::Fetch(by.0, by.1);
                    return self.alone(leaves, usize::from(fetch.node), fetch.key, whom);
                }
                Met { first: met.first.max(now), last: met.last.max(now), ..met }
            }
            How::Origin { queue, served } => {
                let queue = if self.ideal.has(Stage::Queue) { Some(Span::ZERO) } else { queue };
                let Some(queue) = queue else {
                    return Met { fault: Some(Fault::BUSY), ..at_once(now) };
                };
                let (latency, transfer) = match served.fault.is_some() && errors {
                    true => served.unharmed,
                    false => (served.latency, served.transfer),
                };
                let ideal = self.ideal.has(Stage::Origin);
                let part = |span: Span| if ideal { Span::ZERO } else { span };
                let first = now.saturating_add(queue).saturating_add(part(latency));
                let last = first.saturating_add(part(transfer));
                Met { first, last, fault: served.fault.filter(|_| !errors) }
            }
        }
    }

    /// What comes of a fetch that nobody made: drawn as theirs would have been, without a queue.
    fn afresh(&self, now: Time, place: usize, key: Key, whom: Whom) -> Met {
        let (plan, node) = (self.chain().plan(), &self.chain().nodes[place]);
        let (there, back) = self.ways(place);
        let mut ask = node.ask(plan, key, whom);
        if let (Whom::Viewer(caller), false) = (whom, plan.direct) {
            ask.attempt += caller.attempt * u32::from(node.hop.attempts);
        }
        let mut asked = now;
        for attempt in 1..=node.hop.attempts {
            let arrives = asked.saturating_add(there);
            let shield = plan.edges.len();
            let met = match place < shield && shield < self.chain().nodes.len() {
                true => self.ask_shield(arrives, shield, key, &ask),
                false => {
                    let served = self.origin.serve(arrives, &ask);
                    let first = arrives.saturating_add(served.latency);
                    let last = first.saturating_add(served.transfer);
                    Met { first, last, fault: served.fault }
                }
            };
            let failed = match came(met, back, asked.saturating_add(node.hop.timeout)) {
                Ok(met) => return met,
                Err(failed) => failed,
            };
            if attempt == node.hop.attempts {
                return Met { fault: Some(Fault::GATEWAY), ..at_once(failed) };
            }
            ask.attempt += 1;
            asked = failed.saturating_add(node.hop.backoff);
        }
        Met { fault: Some(Fault::GATEWAY), ..at_once(asked) }
    }

    /// What comes of it at a shield, which may have the answer or not.
    fn ask_shield(&self, now: Time, shield: usize, key: Key, ask: &Ask) -> Met {
        let Some(share) = self.chain().nodes[shield].hop.sampled else {
            return self.request(now, shield, key, Whom::Nobody);
        };
        let keys = [ask.who, key.0.into(), ask.attempt.into()];
        let draw = self.chain().plan().origin.seed.unit(Purpose::Sampled, &keys);
        let (_, object, _) = self.chain().plan().catalogue.object(key);
        match draw < share && self.chain().plan().origin.has_made(now, object) {
            true => at_once(now),
            false => self.afresh(now, shield, key, Whom::Nobody),
        }
    }

    /// How long a cache's requests are on their way, and answers to them.
    fn ways(&self, place: usize) -> (Span, Span) {
        let edge = place < self.chain().plan.edges.len();
        let hop = &self.chain().nodes[place].hop;
        match self.ideal.has(if edge { Stage::Edge } else { Stage::Shield }) {
            true => (Span::ZERO, Span::ZERO),
            false => (hop.way_there(), hop.way_back()),
        }
    }
}

/// What a cache has of an answer that needs so long back, if it does not give up before; else when
/// it knows that the attempt failed.
fn came(met: Met, back: Span, gives_up: Time) -> Result<Met, Time> {
    let (first, last) = (met.first.saturating_add(back), met.last.saturating_add(back));
    match met.fault {
        _ if first >= gives_up => Err(gives_up),
        Some(Fault::Error(_) | Fault::Reset) => Err(first),
        Some(Fault::Short(_)) | None => Ok(Met { first, last, ..met }),
    }
}

/// A body that is there now.
fn at_once(now: Time) -> Met {
    Met { first: now, last: now, fault: None }
}
