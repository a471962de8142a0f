//! What some viewers of a run would have met, had a part of the chain been ideal and everybody else
//! done what they did.
//!
//! The idea to hold: a run leaves every promise that a cache made, with the parts it was made of.
//! Who asks again meets the promise that was open or kept then, and waits for it as long as those of
//! its parts take that are not ideal. A promise made for the very viewers who ask again, or not yet
//! made, is made when they ask. Where nothing is ideal they meet what they met.

use std::ops::Range;
use std::sync::Arc;

use super::fetch::{Fetch, How, NONE, Whom};
use super::{Caller, Chain, Fault, Ideal, Key, Stage};
use crate::units::{Span, Time};

/// A chain whose run is over, asked again by some of its viewers.
#[derive(Clone, Debug)]
pub struct Replay {
    chain: Arc<Chain>,
    ideal: Ideal,
    /// The slots that their requests had.
    ours: Range<u32>,
}

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

impl Replay {
    /// For the viewers whose requests had these slots.
    pub fn new(chain: Arc<Chain>, ideal: Ideal, ours: Range<u32>) -> Self {
        Self { chain, ideal, ours }
    }

    /// The chain that is asked again.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// What comes of a request that arrives at an edge. The slot is counted from the first of ours.
    pub fn ask(&self, now: Time, edge: usize, key: Key, caller: Caller) -> Met {
        let whom = Whom::Viewer(Caller { slot: self.ours.start + caller.slot, ..caller });
        self.request(now, edge, key, whom)
    }

    fn request(&self, now: Time, place: usize, key: Key, whom: Whom) -> Met {
        let node = &self.chain.nodes[place];
        if self.chain.nodes[place].hop.sampled.is_some() {
            return self.own(now, place, key, whom).unwrap_or(at_once(now));
        }
        let known = &node.states[key.0 as usize];
        // Whom it was fetched for then, at this very moment, it is fetched for again.
        let mine = |fetch: &&Fetch| fetch.began == now && self.is(fetch.by, whom);
        if let Some((id, _)) = self.fetches(known.latest).find(|(_, fetch)| mine(fetch)) {
            return self.follow(id, now);
        }
        let (mut kept, mut open, mut fails) = (None, None, None);
        for (id, fetch) in self.fetches(known.latest).filter(|(_, fetch)| fetch.began <= now) {
            let met = self.follow(id, fetch.began);
            // At one instant requests come before answers.
            if now <= met.first {
                open = open.or(Some(met).filter(|_| node.hop.collapse.is_some()));
            } else if self.holds(fetch, &met, now) {
                let last = kept.map_or(met.last, |kept: Met| kept.last.min(met.last));
                kept = Some(Met { last: last.max(now), ..at_once(now) });
            } else if self.is_known_to_fail(fetch, &met, now) {
                fails = Some(Met { fault: met.fault, ..at_once(now) });
            }
        }
        if let Some(met) = kept {
            return met;
        }
        if let Some(met) = self.held_before(now, place, key, node.hop.stale_while_revalidate) {
            return met;
        }
        if let Some(met) = fails {
            return met;
        }
        match (open, node.hop.collapse) {
            (Some(met), Some(patience)) if met.first <= now.saturating_add(patience) => met,
            (Some(_), Some(patience)) => self.alone(now.saturating_add(patience), place, key, whom),
            _ => self.alone(now, place, key, whom),
        }
    }

    /// The fetches of an object by a cache, from the last on.
    fn fetches(&self, latest: u32) -> impl Iterator<Item = (u32, &Fetch)> {
        let fetches = &self.chain.fetches;
        let each = move |id: u32| fetches.get(id as usize).map(|fetch| (id, fetch));
        std::iter::successors(each(latest), move |(_, fetch)| each(fetch.before))
    }

    /// Whether what a fetch brought is held still, and may be given.
    fn holds(&self, fetch: &Fetch, met: &Met, now: Time) -> bool {
        let hop = &self.chain.nodes[usize::from(fetch.node)].hop;
        let (_, object, _) = self.chain.plan.catalogue.object(fetch.key);
        let fresh = met.first.saturating_add(hop.fresh(object));
        let usable = fresh.saturating_add(hop.stale_while_revalidate);
        met.fault.is_none() && fetch.held.0 < Time::MAX && now < fetch.held.1 && now < usable
    }

    /// Whether it is remembered that a fetch failed.
    fn is_known_to_fail(&self, fetch: &Fetch, met: &Met, now: Time) -> bool {
        let negative = self.chain.nodes[usize::from(fetch.node)].hop.negative;
        met.fault == Some(Fault::Nothing) && now < met.first.saturating_add(negative)
    }

    /// What was held before anybody asked, if it is still and may be so long past its time.
    fn held_before(&self, now: Time, place: usize, key: Key, stale: Span) -> Option<Met> {
        let node = &self.chain.nodes[place];
        let gone = *node.gone.get(key.0 as usize)?;
        let (_, object, _) = self.chain.plan.catalogue.object(key);
        let usable = Time::ZERO.saturating_add(node.hop.fresh(object)).saturating_add(stale);
        (now < gone && now < usable).then_some(at_once(now))
    }

    /// What comes of a request that something is fetched for: as it was for them, or for whoever
    /// came first, or as it would have been.
    fn alone(&self, now: Time, place: usize, key: Key, whom: Whom) -> Met {
        if let Some(met) = self.own(now, place, key, whom) {
            return met;
        }
        let latest = self.chain.nodes[place].states[key.0 as usize].latest;
        match self.fetches(latest).filter(|(_, fetch)| fetch.began >= now).last() {
            Some((id, _)) => self.follow(id, now),
            None => self.afresh(now, place, key),
        }
    }

    /// What comes of it if it was fetched for them then.
    fn own(&self, now: Time, place: usize, key: Key, whom: Whom) -> Option<Met> {
        let latest = self.chain.nodes[place].states[key.0 as usize].latest;
        let (id, _) = self.fetches(latest).find(|(_, fetch)| self.is(fetch.by, whom))?;
        Some(self.follow(id, now))
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
        let fetch = &self.chain.fetches[id as usize];
        let hop = &self.chain.nodes[usize::from(fetch.node)].hop;
        let (there, back) = self.ways(usize::from(fetch.node));
        let (mut tried, mut asked) = (fetch.tries.0, now);
        for attempt in 0.. {
            let Some(this) = self.chain.tries.get(tried as usize) else { break };
            let met = self.meet(asked.saturating_add(there), &this.how, (id, attempt));
            let first = met.first.saturating_add(back);
            let gives_up = asked.saturating_add(hop.timeout);
            let failed = match met.fault {
                _ if first >= gives_up => gives_up,
                Some(Fault::Nothing) => first,
                fault => return Met { first, last: met.last.saturating_add(back), fault },
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
        let node = &self.chain.nodes[place];
        let stale = node.hop.stale_if_error;
        let (_, object, _) = self.chain.plan.catalogue.object(fetch.key);
        let usable = node.hop.fresh(object).saturating_add(stale);
        let kept = |(_, other): (u32, &Fetch)| {
            let (from, to) = other.held;
            from <= now && now < to.min(from.saturating_add(usable))
        };
        let held = self.fetches(node.states[fetch.key.0 as usize].latest).any(kept)
            || self.held_before(now, place, fetch.key, stale).is_some();
        let fault = (!held).then_some(Fault::Nothing);
        Met { fault, ..at_once(now) }
    }

    /// What an attempt meets behind its cache, where it arrives now.
    fn meet(&self, now: Time, how: &How, by: (u32, u8)) -> Met {
        let errors = self.ideal.has(Stage::Errors);
        let refused = |refused: bool| Met {
            fault: (refused && !errors).then_some(Fault::Nothing),
            ..at_once(now)
        };
        match *how {
            How::Lost => Met { first: Time::MAX, last: Time::MAX, fault: None },
            How::Held(rest) => {
                let rest = if self.ideal.has(Stage::Origin) { Span::ZERO } else { rest };
                Met { last: now.saturating_add(rest), ..at_once(now) }
            }
            How::Refused => refused(true),
            How::Behind(id) => {
                let fetch = &self.chain.fetches[id as usize];
                if fetch.by == Whom::Fetch(by.0, by.1) {
                    return self.follow(id, now);
                }
                let met = self.follow(id, fetch.began.min(now));
                let patience = self.chain.nodes[usize::from(fetch.node)].hop.collapse;
                let leaves = now.saturating_add(patience.unwrap_or(Span::MAX));
                if met.first > leaves {
                    let whom = Whom::Fetch(by.0, by.1);
                    return self.alone(leaves, usize::from(fetch.node), fetch.key, whom);
                }
                Met { first: met.first.max(now), last: met.last.max(now), ..met }
            }
            How::Origin { queue, latency, transfer, fault } => {
                let queue = if self.ideal.has(Stage::Queue) { Some(Span::ZERO) } else { queue };
                let Some(queue) = queue else {
                    return Met { fault: Some(Fault::Nothing), ..at_once(now) };
                };
                let ideal = self.ideal.has(Stage::Origin);
                let part = |span: Span| if ideal { Span::ZERO } else { span };
                let first = now.saturating_add(queue).saturating_add(part(latency));
                let last = first.saturating_add(part(transfer));
                Met { first, last, fault: fault.filter(|_| !errors) }
            }
        }
    }

    /// What comes of a fetch that nobody made: drawn as theirs would have been, without a queue.
    fn afresh(&self, now: Time, place: usize, key: Key) -> Met {
        let (plan, node) = (&self.chain.plan, &self.chain.nodes[place]);
        let (there, back) = self.ways(place);
        let (origin, mut ask) = (self.ideal.origin(&plan.origin), node.ask(plan, key));
        let mut asked = now;
        for attempt in 1..=node.hop.attempts {
            let arrives = asked.saturating_add(there);
            let shield = plan.edges.len();
            let met = match place < shield && shield < self.chain.nodes.len() {
                true => self.request(arrives, shield, key, Whom::Nobody),
                false => {
                    let served = origin.serve(arrives, &ask);
                    let first = arrives.saturating_add(served.latency);
                    let last = first.saturating_add(served.transfer);
                    Met { first, last, fault: served.fault }
                }
            };
            let first = met.first.saturating_add(back);
            let gives_up = asked.saturating_add(node.hop.timeout);
            let failed = match met.fault {
                _ if first >= gives_up => gives_up,
                Some(Fault::Nothing) => first,
                fault => return Met { first, last: met.last.saturating_add(back), fault },
            };
            if attempt == node.hop.attempts {
                return Met { fault: Some(Fault::Nothing), ..at_once(failed) };
            }
            ask.attempt += 1;
            asked = failed.saturating_add(node.hop.backoff);
        }
        Met { fault: Some(Fault::Nothing), ..at_once(asked) }
    }

    /// How long a cache's requests are on their way, and answers to them.
    fn ways(&self, place: usize) -> (Span, Span) {
        let edge = place < self.chain.plan.edges.len();
        let hop = &self.chain.nodes[place].hop;
        match self.ideal.has(if edge { Stage::Edge } else { Stage::Shield }) {
            true => (Span::ZERO, Span::ZERO),
            false => (hop.way_there(), hop.way_back()),
        }
    }
}

/// A body that is there now.
fn at_once(now: Time) -> Met {
    Met { first: now, last: now, fault: None }
}
