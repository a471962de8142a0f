//! A cache at work: what it holds, and what it knows of every object.

use super::fetch::{NONE, Source, Whom};
use super::{Ask, Catalogue, Hop, Key, Plan, Shelf, Start};
use crate::units::Time;

/// A cache at work.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) hop: Hop,
    /// What draws are keyed by.
    pub(super) number: u64,
    pub(super) shelf: Shelf,
    /// By key.
    pub(super) states: Vec<Known>,
    /// Of what was held before anybody asked, when it had to go.
    pub(super) gone: Vec<Time>,
}

/// What a cache knows of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// When its last byte is there, if it is held.
    pub(super) filled: Time,
    /// As of when it is.
    pub(super) made: Time,
    /// Until when it is fresh.
    pub(super) expires: Time,
    /// Until when it is known to fail.
    pub(super) fails: Time,
    /// The fetch that others may join.
    pub(super) open: u32,
    /// The last one.
    pub(super) latest: u32,
    /// How often it was asked for behind the cache.
    pub(super) asked: u32,
}

/// What draws of the shield are keyed by: no edge has it.
pub(super) const SHIELD: u64 = u64::MAX;

impl Node {
    pub(super) fn new(hop: Hop, number: u64, plan: &Plan) -> Self {
        let (catalogue, objects) = (&plan.catalogue, plan.catalogue.count());
        let mut shelf = Shelf::new(hop.policy, hop.room, objects);
        let fresh = Known {
            filled: Time::ZERO,
            made: Time::ZERO,
            expires: Time::ZERO,
            fails: Time::ZERO,
            open: NONE,
            latest: NONE,
            asked: 0,
        };
        let mut states = vec![fresh; objects as usize];
        let mut gone = Vec::new();
        if hop.start == Start::Warm {
            let size = |key| catalogue.object(key).2;
            let mut free = hop.room;
            let fits = |key: &Key| {
                let own = size(*key);
                let fits = own <= free;
                free = free.saturating_sub(own);
                fits
            };
            let fits: Vec<_> = (0..objects).map(Key).take_while(fits).collect();
            gone = vec![Time::ZERO; fits.len()];
            // The most popular was used last.
            for key in fits.into_iter().rev() {
                let fresh = hop.fresh(catalogue.object(key).1);
                if !fresh.is_zero() {
                    shelf.touch(key);
                    shelf.keep(key, size, |_| {});
                    states[key.0 as usize].expires = Time::ZERO.saturating_add(fresh);
                    gone[key.0 as usize] = Time::MAX;
                }
            }
        }
        Self { hop, number, shelf, states, gone }
    }

    /// Keeps what has come, if it is to be kept, and says what had to go.
    pub(super) fn keep(
        &mut self,
        now: Time,
        key: Key,
        filled: Time,
        catalogue: &Catalogue,
        gone: &mut Vec<Key>,
    ) -> bool {
        let expires = now.saturating_add(self.hop.fresh(catalogue.object(key).1));
        if expires <= now {
            return false;
        }
        let held = self.shelf.holds(key);
        self.shelf.keep(key, |key| catalogue.object(key).2, |key| gone.push(key));
        let known = &mut self.states[key.0 as usize];
        known.filled = if held { known.filled.min(filled) } else { filled };
        (known.expires, known.fails) = (expires, Time::ZERO);
        self.shelf.holds(key)
    }

    /// What it asks the origin, for whoever that is.
    pub(super) fn ask(&self, plan: &Plan, key: Key, by: Whom) -> Ask {
        let (title, object, size) = plan.catalogue.object(key);
        let place = plan.catalogue.place(key);
        let (who, attempt, serial) = match by {
            Whom::Viewer(caller) if plan.direct => (caller.viewer, caller.attempt, caller.serial),
            Whom::Viewer(_) | Whom::Fetch(..) | Whom::Nobody => {
                (self.number, self.states[key.0 as usize].asked, u32::MAX)
            }
        };
        Ask { who, title, object, attempt, size, place, serial }
    }

    pub(super) fn source(&self) -> Source {
        if self.number == SHIELD { Source::Shield } else { Source::Edge }
    }
}
