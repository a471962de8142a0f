//! What stalled time is due to, by stage of the way.
//!
//! The idea to hold: shares are Shapley's (1953): of a stage, the mean over all orders of what goes
//! with it when it becomes ideal after those before it. They add up to what goes in all, exactly.

use crate::cdn::Stage;

/// What the stalled time of some viewers is due to.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Causes {
    /// How many viewers were looked into.
    pub viewers: u64,
    /// How long they stalled, in seconds.
    pub stalled: f64,
    /// How much of that each stage is to blame for, in seconds, in the order of [`Stage::ALL`].
    /// Below zero where things would have been worse without it.
    pub shares: [f64; Stage::ALL.len()],
}

impl Causes {
    /// Of one viewer who stalled for so long in each world: the one of place `n` has those of the
    /// stages ideal that are set in `n`, bit by bit.
    pub fn of(stages: &[Stage], worlds: &[f64]) -> Self {
        let mut causes = Self { viewers: 1, stalled: worlds[0], ..Self::default() };
        for (bit, &stage) in stages.iter().enumerate() {
            let mut share = 0.0;
            for (before, stalled) in worlds.iter().enumerate().filter(|(n, _)| n >> bit & 1 == 0) {
                let weight = weight(before.count_ones(), stages.len() as u32);
                share += weight * (stalled - worlds[before | 1 << bit]);
            }
            causes.shares[stage as usize] = share;
        }
        causes
    }

    /// Of several, in their order.
    pub fn sum(all: Vec<Self>) -> Self {
        let mut whole = Self::default();
        all.iter().for_each(|causes| whole.merge(causes));
        whole
    }

    /// Takes in those of other viewers.
    pub fn merge(&mut self, other: &Self) {
        self.viewers += other.viewers;
        self.stalled += other.stalled;
        for (mine, theirs) in self.shares.iter_mut().zip(other.shares) {
            *mine += theirs;
        }
    }

    /// What is left where all are ideal: round trips, and the player's own rules.
    pub fn rest(&self) -> f64 {
        self.stalled - self.shares.iter().sum::<f64>()
    }
}

/// In how many of all orders of so many stages exactly these come before one: `b!(n − b − 1)!/n!`.
fn weight(before: u32, stages: u32) -> f64 {
    let mut ways = f64::from(stages);
    for n in 0..before {
        ways *= f64::from(stages - 1 - n) / f64::from(n + 1);
    }
    1.0 / ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stages_that_each_suffice_share_what_goes() {
        let stages = [Stage::LastMile, Stage::Origin];
        // 10 s of stalls; without either 2 s, without both none.
        let causes = Causes::of(&stages, &[10.0, 2.0, 2.0, 0.0]);
        assert_eq!(causes.shares, [5.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0]);
        // One alone takes 8 s away, the other nothing, both 9 s: (8 + 9)/2 and (0 + 1)/2.
        let causes = Causes::of(&stages, &[10.0, 2.0, 10.0, 1.0]);
        assert_eq!(causes.shares, [8.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0]);
        assert_eq!(causes.rest(), 1.0);
    }

    #[test]
    fn shares_add_up_and_a_stage_that_changes_nothing_has_none() {
        use crate::seed::{Purpose, Seed};
        let mut draw = Seed(5).stream(Purpose::Choice, &[]);
        for _ in 0..100 {
            let mut worlds: Vec<_> = (0..128).map(|_| draw.unit() * 100.0).collect();
            let idle = draw.below(7) as usize;
            for n in 0..128 {
                worlds[n | 1 << idle] = worlds[n & !(1 << idle)];
            }
            let causes = Causes::of(&Stage::ALL, &worlds);
            let sum = causes.shares.iter().sum::<f64>();
            assert!((sum - (worlds[0] - worlds[127])).abs() < 1e-9);
            assert_eq!(causes.shares[idle], 0.0);
        }
    }
}
