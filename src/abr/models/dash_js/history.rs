//! SwitchHistoryRule of dash.js and what it remembers (`rules/abr/SwitchHistoryRule.js`,
//! `rules/SwitchRequestHistory.js`): a representation that was left for cheaper ones too often is
//! not gone back to, as long as those requests are among the last.

use std::collections::VecDeque;

/// What is known of a representation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Switches {
    /// Requests to leave it for a cheaper one.
    pub drops: u32,
    /// Others.
    pub no_drops: u32,
    /// By how many places, in all.
    pub drop_size: u32,
}

/// The last requests, each from a place to a place.
#[derive(Clone, Debug)]
pub struct History {
    by_place: Vec<Switches>,
    last: VecDeque<(u8, u8)>,
    depth: usize,
}

impl Switches {
    fn of(from: u8, to: u8) -> Self {
        let size = from.saturating_sub(to).into();
        Self { drops: (size > 0).into(), no_drops: (size == 0).into(), drop_size: size }
    }
}

impl History {
    /// Of so many places, and of so many requests at most.
    pub fn new(places: usize, depth: u32) -> Self {
        let by_place = vec![Switches::default(); places];
        Self { by_place, last: VecDeque::new(), depth: depth as usize }
    }

    /// By place.
    pub fn get(&self) -> &[Switches] {
        &self.by_place
    }

    /// Takes in a request for another place, or for this one, and forgets the oldest of too many.
    pub fn push(&mut self, from: usize, to: usize) {
        let (from, to) = (from as u8, to as u8);
        let (own, new) = (&mut self.by_place[from as usize], Switches::of(from, to));
        own.drops += new.drops;
        own.no_drops += new.no_drops;
        own.drop_size += new.drop_size;
        self.last.push_back((from, to));
        if self.last.len() > self.depth
            && let Some((from, to)) = self.last.pop_front()
        {
            let (own, old) = (&mut self.by_place[from as usize], Switches::of(from, to));
            own.drops -= old.drops;
            own.no_drops -= old.no_drops;
            own.drop_size -= old.drop_size;
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.by_place.fill(Switches::default());
        self.last.clear();
    }
}

/// The first place at which, of enough requests at it and below, too many were drops; one below it
/// if some were its own.
pub fn by_history(history: &[Switches], enough: u32, most: f64) -> Option<usize> {
    let (mut drops, mut no_drops) = (0, 0);
    for (place, own) in history.iter().enumerate() {
        drops += own.drops;
        no_drops += own.no_drops;
        if drops + no_drops >= enough && f64::from(drops) / f64::from(no_drops) > most {
            return Some(if place > 0 && own.drops > 0 { place - 1 } else { place });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_eight_requests_one_that_was_a_drop_counts_until_eight_more_are_made() {
        let mut history = History::new(3, 8);
        history.push(2, 0);
        (0..6).for_each(|_| history.push(1, 1));
        assert_eq!(by_history(history.get(), 8, 0.075), None, "seven are too few");
        history.push(1, 1);
        // Up to place 1 there are 7 without a drop; up to 2 there are 8, 1/7 = 0.143 of them.
        assert_eq!(history.get()[2], Switches { drops: 1, no_drops: 0, drop_size: 2 });
        assert_eq!(by_history(history.get(), 8, 0.075), Some(1));
        history.push(1, 1);
        assert_eq!(history.get()[2], Switches::default(), "the ninth displaces the first");
        assert_eq!(by_history(history.get(), 8, 0.075), None);
        history.push(2, 1);
        history.clear();
        assert_eq!(history.get(), [Switches::default(); 3]);
    }
}
