//! Two runs compared viewer by viewer: the same people in the same places under both.
//!
//! The idea to hold: what both keep free of stalls, or neither does, says nothing of the
//! difference, so a pair of runs is told apart by far fewer viewers than two audiences would be.

use super::clusters::Clusters;
use super::needed::needed_paired;
use super::sign::sign_test;
use super::unpaired::Seen;
use super::wilson::Interval;
use super::{FEWEST, normal};

/// Whether each viewer of a run watched all they meant to without a stall; a byte for each.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Outcomes(Vec<u8>);

const ZERO_BUFFER: u8 = 1 << 7;
const FIRST: u8 = 1 << 6;
const CLASS: u8 = FIRST - 1;

impl Outcomes {
    /// No more viewers are kept: of so many, intervals are narrower than what is printed.
    pub const MOST: usize = 4_000_000;

    /// No more classes are told apart.
    pub const CLASSES: usize = FIRST as usize;

    /// Adds a viewer: whether they were spared, of which class they are, and whether they are the
    /// first of those drawn together.
    pub fn push(&mut self, zero_buffer: bool, class: usize, first: bool) {
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let class = class.min(usize::from(CLASS)) as u8;
        if self.0.len() < Self::MOST {
            self.0.push(flag(zero_buffer, ZERO_BUFFER) | flag(first, FIRST) | class);
        }
    }

    /// How many of a class, or of all, were spared, of how many, and how many count as one.
    pub fn seen(&self, class: Option<usize>) -> Seen {
        let own = self.0.iter().filter(|v| class.is_none_or(|c| usize::from(**v & CLASS) == c));
        let (mut clusters, mut group) = (Clusters::default(), (0_u64, 0_u64));
        let (mut hits, mut of) = (0, 0);
        for viewer in own {
            if viewer & FIRST != 0 && group.0 > 1 {
                clusters.add(group.0, group.1);
            }
            group = if viewer & FIRST != 0 { (0, 0) } else { group };
            let zero_buffer = u64::from(viewer & ZERO_BUFFER != 0);
            group = (group.0 + 1, group.1 + zero_buffer);
            (hits, of) = (hits + zero_buffer, of + 1);
        }
        if group.0 > 1 {
            clusters.add(group.0, group.1);
        }
        let effect = if of > 0 { clusters.design_effect(of, hits) } else { 1.0 };
        Seen { hits, of, effect }
    }

    /// Adds later viewers.
    pub fn append(&mut self, later: &Self) {
        let room = Self::MOST - self.0.len();
        self.0.extend_from_slice(&later.0[..later.0.len().min(room)]);
    }
}

/// How two runs differ for the same viewers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Viewers compared.
    pub viewers: u64,
    /// Of those, spared stalls by the first alone.
    pub only_first: u64,
    /// And by the second alone.
    pub only_second: u64,
    /// By how much the zero-buffer rate of the first is higher.
    pub difference: f64,
    /// The 95 % interval of that.
    pub interval: Interval,
    /// So many viewers count as one, where they were drawn together: a design effect, from 1.
    pub effect: f64,
    /// How probable it is that so many more are spared by one of two runs which are as good.
    pub p: f64,
}

impl Paired {
    /// Compares two runs over all viewers of both, or over those of one class; nothing if there
    /// are none.
    ///
    /// The interval is that of Agresti and Min, "Simple improved confidence intervals for comparing
    /// matched proportions", Statistics in Medicine 24 (2005): the normal one with half a viewer
    /// more in each of the four cells. Where viewers were drawn together its variance is as many
    /// times larger as that of the groups' sums is than viewers of their own would have; of less
    /// than ten groups, too few to see how they differ, as if all of a group fared alike.
    ///
    /// p is that of the exact sign test on the viewers whom the runs do not have in common
    /// ([`sign_test`]), and 1 if there are none; where viewers were drawn together, that of
    /// McNemar's χ² over the same factor (Rao and Scott, 1992).
    pub fn of(first: &Outcomes, second: &Outcomes, class: Option<usize>) -> Option<Self> {
        let both = first.0.iter().zip(&second.0);
        let both = both.filter(|(a, _)| class.is_none_or(|class| usize::from(*a & CLASS) == class));
        let (mut viewers, mut only_first, mut only_second) = (0_u64, 0_u64, 0_u64);
        // Of the groups: how many, and Σ d², Σ d·m, Σ m² of their differences and sizes.
        let (mut group, mut groups) = ((0_i64, 0_i64), 0_u64);
        let mut squares = [0_i64; 3];
        let mut close = |(d, m): (i64, i64)| {
            if m > 0 {
                groups += 1;
                squares = [squares[0] + d * d, squares[1] + d * m, squares[2] + m * m];
            }
        };
        for (a, b) in both {
            if a & FIRST != 0 {
                close(std::mem::take(&mut group));
            }
            let difference = i64::from(a >> 7) - i64::from(b >> 7);
            viewers += 1;
            only_first += u64::from(difference > 0);
            only_second += u64::from(difference < 0);
            group = (group.0 + difference, group.1 + 1);
        }
        close(group);
        let n = viewers as f64;
        let difference = (only_first as f64 - only_second as f64) / n;
        let effect = {
            let [dd, dm, mm] = squares.map(|sum| sum as f64);
            let plain = (only_first + only_second) as f64 - n * difference * difference;
            let grouped = dd - 2.0 * difference * dm + difference * difference * mm;
            let few = groups as f64 / (groups as f64 - 1.0);
            match groups {
                _ if groups == viewers => 1.0,
                _ if groups < FEWEST as u64 => mm / n,
                _ if plain > 0.0 => (few * grouped / plain).max(1.0),
                _ => 1.0,
            }
        };
        (viewers > 0).then(|| Self {
            viewers,
            only_first,
            only_second,
            difference,
            interval: interval(n, only_first, only_second, effect),
            effect,
            p: p(only_first, only_second, effect),
        })
    }

    /// How many viewers it takes to tell these two apart, were they as far apart as they were seen;
    /// as [`needed_paired`].
    pub fn needed(&self) -> Option<u64> {
        needed_paired(self.viewers, self.only_first, self.only_second, self.effect)
    }

    /// Whether the interval leaves no doubt which is better.
    pub fn is_clear(&self) -> bool {
        self.interval.low > 0.0 || self.interval.high < 0.0
    }
}

fn interval(n: f64, only_first: u64, only_second: u64, effect: f64) -> Interval {
    let (n, b, c) = (n + 2.0, only_first as f64 + 0.5, only_second as f64 + 0.5);
    let middle = (b - c) / n;
    let variance = effect * (b + c - n * middle * middle) / (n * n);
    let reach = 1.959_964 * libm::sqrt(variance);
    Interval { low: (middle - reach).max(-1.0), high: (middle + reach).min(1.0) }
}

fn p(only_first: u64, only_second: u64, effect: f64) -> f64 {
    let (b, c) = (only_first as f64, only_second as f64);
    match sign_test(only_first, only_second) {
        Some(_) if effect > 1.0 => normal::beyond((b - c) / libm::sqrt(effect * (b + c))),
        Some(exact) => exact,
        None => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(spared: impl Iterator<Item = bool>, together: usize) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for (viewer, spared) in spared.enumerate() {
            outcomes.push(spared, viewer % 2, viewer % together == 0);
        }
        outcomes
    }

    #[test]
    fn only_those_who_differ_count() {
        // 100 viewers: 12 spared by the first alone, 5 by the second alone.
        let first = outcomes((0..100).map(|v| !(12..40).contains(&v)), 1);
        let second = outcomes((0..100).map(|v| (12..17).contains(&v) || v >= 40), 1);
        let paired = Paired::of(&first, &second, None).unwrap();
        assert_eq!((paired.viewers, paired.only_first, paired.only_second), (100, 12, 5));
        assert!((paired.difference - 0.07).abs() < 1e-12);
        // (12.5 − 5.5) / 102 = 0.0686; √(18 − 102·0.0686²) / 102 = 0.04103; times 1.96, 0.0804.
        assert!((paired.interval.low - (0.068_627 - 0.080_419)).abs() < 1e-4, "{paired:?}");
        assert!(!paired.is_clear());
        // SciPy 1.17: scipy.stats.binomtest(12, 17).pvalue
        assert!((paired.p - 0.143_463_134_765_625).abs() < 1e-12, "{paired:?}");
        assert_eq!((paired.effect, paired.needed()), (1.0, Some(270)));
        // Of the class of even numbers: 0, 2, … 10 against 12, 14, 16.
        let even = Paired::of(&first, &second, Some(0)).unwrap();
        assert_eq!((even.viewers, even.only_first, even.only_second), (50, 6, 3));
        assert_eq!(Paired::of(&first, &second, Some(7)), None);
    }

    #[test]
    fn viewers_drawn_together_count_for_fewer() {
        let apart = |together| {
            let first = outcomes((0..400).map(|v| v / 4 % 5 != 0), together);
            let second = outcomes((0..400).map(|v| v / 4 % 5 != 1), together);
            let Interval { low, high } = Paired::of(&first, &second, None).unwrap().interval;
            high - low
        };
        // All four of a group fare alike: as if there were a quarter as many, twice the width.
        assert!((apart(4) / apart(1) - 2.0).abs() < 0.02, "{}", apart(4) / apart(1));
    }

    #[test]
    fn p_counts_groups_that_fare_alike_as_one() {
        // 48 viewers spared by the first alone and 20 by the second, in groups of four: χ² is
        // 28²/68 = 11.53, over about 4 it is 2.88, which is 1.70 deviations; of 12 and 5 groups.
        let first = outcomes((0..400).map(|v| v < 48), 4);
        let second = outcomes((0..400).map(|v| (48..68).contains(&v)), 4);
        let paired = Paired::of(&first, &second, None).unwrap();
        assert!((paired.effect - 4.0).abs() < 0.05, "{paired:?}");
        // 2 * scipy.stats.norm.sf(28 / (68 * effect) ** 0.5), effect = 100/99 · 4
        assert!((paired.p - 0.091_2).abs() < 0.002, "{paired:?}");
    }

    #[test]
    fn of_few_groups_all_that_sharing_can_do_is_reckoned_with() {
        // Five groups of twenty, all alike in how they differ: nothing is told by that.
        let first = outcomes((0..100).map(|v| v % 20 < 5), 20);
        let second = outcomes((0..100).map(|_| false), 20);
        assert_eq!(Paired::of(&first, &second, None).unwrap().effect, 20.0);
    }

    #[test]
    fn runs_that_never_differ_are_not_known_to_be_the_same() {
        let all = outcomes((0..50).map(|_| true), 1);
        let paired = Paired::of(&all, &all, None).unwrap();
        assert_eq!(paired.difference, 0.0);
        assert!(paired.interval.low < 0.0 && paired.interval.high > 0.0);
        assert_eq!((paired.p, paired.needed()), (1.0, None));
    }
}
