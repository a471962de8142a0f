//! Sessions that could not be simulated, since something in them panicked.
//!
//! The idea to hold: a panic is a bug, and one viewer's bug is no reason to lose a million others.
//! So it is caught where nobody else is affected, and told with what brings it about again.

use serde::{Deserialize, Serialize};

/// Viewers of a run who could not be simulated.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mishaps {
    /// How many there are.
    pub viewers: u64,
    /// The first of what happened.
    pub first: Vec<Mishap>,
}

/// What happened to viewers who affect each other.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mishap {
    /// The first of them.
    pub viewer: u64,
    /// How many they are.
    pub together: u64,
    /// The seed of every draw.
    pub seed: u64,
    /// What the panic said, and where.
    pub message: String,
}

impl Mishaps {
    /// Of no more is told what happened.
    const MOST: usize = 20;

    /// Adds one.
    pub(super) fn add(&mut self, mishap: Mishap) {
        self.viewers += mishap.together;
        if self.first.len() < Self::MOST {
            self.first.push(mishap);
        }
    }

    /// Adds those of later viewers.
    pub(super) fn merge(&mut self, later: &Self) {
        self.viewers += later.viewers;
        let room = Self::MOST - self.first.len();
        self.first.extend(later.first.iter().take(room).cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_told_and_all_are_counted() {
        let one = |viewer| Mishap { viewer, together: 2, seed: 5, message: "why".to_owned() };
        let mut mishaps = Mishaps::default();
        (0..15).for_each(|viewer| mishaps.add(one(viewer)));
        mishaps.merge(&mishaps.clone());
        assert_eq!((mishaps.viewers, mishaps.first.len()), (60, Mishaps::MOST));
        assert_eq!(mishaps.first[15].viewer, 0);
    }
}
