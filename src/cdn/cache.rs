//! What a cache holds: objects by number, the one used longest ago making room first.
//!
//! The idea to hold: the order of use is a list threaded through the table of objects, so nothing
//! is searched or moved, and what TinyLFU needs to know of an object is one small count beside it.

use super::Key;
use crate::units::Bytes;

/// Who has to go when there is no room.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Policy {
    /// Who was used longest ago.
    #[default]
    Lru,
    /// The same, but nobody has to go for somebody asked for no more often: admission after TinyLFU
    /// (Einziger, Friedman and Manes, 2017), with a count per object for its sketch.
    TinyLfu,
}

/// So many bytes of objects.
#[derive(Clone, Debug)]
pub struct Shelf {
    policy: Policy,
    room: Bytes,
    used: Bytes,
    /// By key.
    entries: Vec<Entry>,
    /// Used last, and longest ago.
    ends: [u32; 2],
    /// How often somebody asked since counts were halved last.
    asked: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Its neighbours in the order of use: the one used after it, and the one before.
    beside: [u32; 2],
    count: u16,
    held: bool,
}

const NOBODY: u32 = u32::MAX;

/// Counts are halved when there were so many asks for each object there is: TinyLFU's reset, with
/// the catalogue for its sample.
const SAMPLE: u32 = 10;

impl Shelf {
    /// An empty one for so many objects.
    pub fn new(policy: Policy, room: Bytes, objects: u32) -> Self {
        let entry = Entry { beside: [NOBODY; 2], count: 0, held: false };
        let entries = vec![entry; objects as usize];
        Self { policy, room, used: Bytes::ZERO, entries, ends: [NOBODY; 2], asked: 0 }
    }

    /// Whether it holds an object.
    #[inline]
    pub fn holds(&self, key: Key) -> bool {
        self.entries[key.0 as usize].held
    }

    /// How many bytes it holds.
    pub fn used(&self) -> Bytes {
        self.used
    }

    /// Somebody asks for an object, held or not.
    #[inline]
    pub fn touch(&mut self, key: Key) {
        if self.policy == Policy::TinyLfu {
            self.count(key);
        }
        if self.holds(key) && self.ends[0] != key.0 {
            self.unlink(key.0);
            self.link(key.0);
        }
    }

    /// Takes an object in, if it fits; tells `gone` of who has to go for it.
    pub fn keep(&mut self, key: Key, size: impl Fn(Key) -> Bytes, mut gone: impl FnMut(Key)) {
        let own = size(key);
        if self.holds(key) || own > self.room {
            return;
        }
        if self.policy == Policy::TinyLfu && !self.is_worth(key, &size) {
            return;
        }
        while self.used + own > self.room {
            let last = Key(self.ends[1]);
            self.drop(last, size(last));
            gone(last);
        }
        self.used += own;
        self.entries[key.0 as usize].held = true;
        self.link(key.0);
    }

    /// Lets an object go, if it is held.
    pub fn drop(&mut self, key: Key, size: Bytes) {
        if std::mem::take(&mut self.entries[key.0 as usize].held) {
            self.used -= size;
            self.unlink(key.0);
        }
    }

    /// Whether an object is asked for more often than each that would have to go for it.
    fn is_worth(&self, key: Key, size: &impl Fn(Key) -> Bytes) -> bool {
        let entry = |key: u32| &self.entries[key as usize];
        let (mut last, mut free) = (self.ends[1], self.room - self.used);
        while free < size(key) {
            if entry(key.0).count <= entry(last).count {
                return false;
            }
            free += size(Key(last));
            last = entry(last).beside[0];
        }
        true
    }

    fn count(&mut self, key: Key) {
        let entry = &mut self.entries[key.0 as usize];
        entry.count = entry.count.saturating_add(1);
        self.asked += 1;
        if self.asked / SAMPLE >= self.entries.len() as u32 {
            self.entries.iter_mut().for_each(|entry| entry.count /= 2);
            self.asked = 0;
        }
    }

    fn link(&mut self, key: u32) {
        let first = std::mem::replace(&mut self.ends[0], key);
        self.entries[key as usize].beside = [NOBODY, first];
        match self.entries.get_mut(first as usize) {
            Some(entry) => entry.beside[0] = key,
            None => self.ends[1] = key,
        }
    }

    fn unlink(&mut self, key: u32) {
        let [after, before] = self.entries[key as usize].beside;
        match self.entries.get_mut(after as usize) {
            Some(entry) => entry.beside[1] = before,
            None => self.ends[0] = before,
        }
        match self.entries.get_mut(before as usize) {
            Some(entry) => entry.beside[0] = after,
            None => self.ends[1] = after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    /// Asks for objects of one byte; returns how many of the asks after the first `skipped` hit.
    fn hits(store: &mut Shelf, keys: impl Iterator<Item = u32>, skipped: usize) -> u64 {
        let mut hits = 0;
        for (n, key) in keys.enumerate() {
            let key = Key(key);
            store.touch(key);
            hits += u64::from(n >= skipped && store.holds(key));
            store.keep(key, |_| Bytes::new(1), |_| {});
        }
        hits
    }

    #[test]
    fn lru_contents_after_a_scripted_sequence() {
        let mut store = Shelf::new(Policy::Lru, Bytes::new(10), 6);
        let size = |key: Key| Bytes::new([4, 4, 2, 3, 9, 11][key.0 as usize]);
        let mut ask = |key| {
            let mut gone = Vec::new();
            store.touch(Key(key));
            store.keep(Key(key), size, |key| gone.push(key.0));
            let held: Vec<_> = (0..6).filter(|&key| store.holds(Key(key))).collect();
            let used: u64 = held.iter().map(|&key| size(Key(key)).get()).sum();
            assert_eq!(store.used(), Bytes::new(used));
            (held, gone)
        };
        assert_eq!(ask(0), (vec![0], vec![]));
        assert_eq!(ask(1), (vec![0, 1], vec![]));
        assert_eq!(ask(2), (vec![0, 1, 2], vec![]));
        // 10 of 10 are used; 0 is used again, so 1 goes for 3.
        assert_eq!(ask(0), (vec![0, 1, 2], vec![]));
        assert_eq!(ask(3), (vec![0, 2, 3], vec![1]));
        // 9 bytes need all the room there is but one: 2 was used longest ago, then 0, then 3.
        assert_eq!(ask(4), (vec![4], vec![2, 0, 3]));
        // 11 bytes never fit.
        assert_eq!(ask(5), (vec![4], vec![]));
    }

    #[test]
    fn tiny_lfu_keeps_what_is_asked_for_more_often() {
        let mut store = Shelf::new(Policy::TinyLfu, Bytes::new(1), 3);
        assert_eq!(hits(&mut store, [0, 0, 1].into_iter(), 0), 1);
        assert!(store.holds(Key(0)) && !store.holds(Key(1)));
        // A third ask for 1 is one more than there were for 0.
        hits(&mut store, [1, 1].into_iter(), 0);
        assert!(store.holds(Key(1)) && !store.holds(Key(0)));
        // What needs the room of two goes for neither if one of them is asked for as often.
        let mut store = Shelf::new(Policy::TinyLfu, Bytes::new(2), 9);
        hits(&mut store, [0, 1, 1, 1].into_iter(), 0);
        let size = |key: Key| Bytes::new(if key == Key(2) { 2 } else { 1 });
        for held in [false, false, false, true] {
            store.touch(Key(2));
            store.keep(Key(2), size, |_| {});
            assert_eq!(store.holds(Key(2)), held);
            assert_eq!(store.holds(Key(0)), !held);
        }
    }

    /// The hit ratio of a stream of independent draws by Zipf's law against the approximation of
    /// Che, Tung and Wang (2002): an object of rate q is held with chance 1 − e^(−q·T), where T is
    /// such that these chances add up to the room.
    #[test]
    fn zipf_hits_are_those_of_ches_approximation() {
        for (objects, room, exponent) in [(1_000, 100, 0.8), (5_000, 250, 1.0), (2_000, 20, 0.6)] {
            let weights: Vec<_> =
                (1..=objects).map(|n| libm::pow(f64::from(n), -exponent)).collect();
            let total: f64 = weights.iter().sum();
            let held = |time: f64| weights.iter().map(move |w| 1.0 - libm::exp(-w / total * time));
            let (mut low, mut high) = (0.0, 1e9);
            for _ in 0..100 {
                let middle = (low + high) / 2.0;
                let fits = held(middle).sum::<f64>() < room as f64;
                (low, high) = if fits { (middle, high) } else { (low, middle) };
            }
            let chances = held(low).zip(&weights).map(|(held, w)| held * w / total);
            let right: f64 = chances.sum();
            let mut up_to: Vec<_> = Vec::new();
            weights.iter().fold(0.0, |sum, w| {
                up_to.push((sum + w) / total);
                sum + w
            });
            let mut draw = Seed(1).stream(Purpose::Sizes, &[]);
            let (asks, skipped) = (1_000_000, 200_000);
            let keys = (0..asks).map(|_| {
                let unit = draw.unit();
                up_to.partition_point(|&up_to| up_to <= unit).min(objects as usize - 1) as u32
            });
            let mut store = Shelf::new(Policy::Lru, Bytes::new(room), objects as u32);
            let found = hits(&mut store, keys, skipped) as f64 / (asks - skipped) as f64;
            assert!((found - right).abs() < 0.01, "{exponent}: {found} {right}");
        }
    }
}
