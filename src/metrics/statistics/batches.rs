//! Sums over viewers in so many batches: what a bootstrap needs, in memory that does not grow with
//! the viewers.
//!
//! The idea to hold: whoever was drawn together is in one batch, which their number names, not the
//! order in which they come; and sums are whole numbers. So parts of a run merge in any order, and
//! the same batch of two runs has the same viewers.

use std::collections::BTreeMap;

use super::bootstrap::Bootstrap;
use super::wilson::Interval;

/// `N` sums over viewers, by batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batches<const N: usize>(BTreeMap<u16, [i128; N]>);

impl<const N: usize> Default for Batches<N> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<const N: usize> Batches<N> {
    /// Takes in what a viewer of a group adds to each sum. Those who were drawn together, or share
    /// a link, are of one group; whoever is alone is a group of one. Groups are numbered from zero
    /// in their order: every 4,096th is of the same batch.
    pub fn add(&mut self, group: u64, viewer: [i128; N]) {
        let batch = (group % Bootstrap::MOST as u64) as u16;
        let sums = self.0.entry(batch).or_insert([0; N]);
        sums.iter_mut().zip(viewer).for_each(|(sum, more)| *sum += more);
    }

    /// Takes in those of other viewers.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(batch, sums)| self.add(batch, sums));
    }

    /// Each batch that has viewers, by its number, which [`add`](Self::add) takes for a group.
    pub fn iter(&self) -> impl Iterator<Item = (u64, [i128; N])> + '_ {
        self.0.iter().map(|(&batch, &sums)| (batch.into(), sums))
    }

    /// The sums of all.
    pub fn total(&self) -> [f64; N] {
        let mut total = [0; N];
        for sums in self.0.values() {
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        total.map(|sum: i128| sum as f64)
    }

    /// The batches as a [`Bootstrap`] draws from them.
    pub fn groups(&self) -> Vec<[f64; N]> {
        self.0.values().map(|sums| sums.map(|sum| sum as f64)).collect()
    }
}

impl Batches<2> {
    /// The ratio of the first sum and the second, and its 95 % interval; as
    /// [`Bootstrap::ratio`].
    pub fn ratio(&self, bootstrap: &Bootstrap) -> Option<(f64, Interval)> {
        let [part, whole] = self.total();
        Some((part / whole, bootstrap.ratio(&self.groups())?))
    }

    /// How much larger that ratio is than the same viewers' in another run, and its 95 % interval;
    /// as [`Bootstrap::ratio_difference`]. Of batches that either run lacks, neither is counted.
    pub fn ratio_difference(&self, other: &Self, bootstrap: &Bootstrap) -> Option<(f64, Interval)> {
        let both = self.0.iter().filter_map(|(batch, a)| Some((a, other.0.get(batch)?)));
        let both = both.map(|(a, b)| [a[0], a[1], b[0], b[1]].map(|sum| sum as f64));
        let both: Vec<_> = both.collect();
        let sum = |place: usize| both.iter().map(|sums| sums[place]).sum::<f64>();
        let difference = sum(0) / sum(1) - sum(2) / sum(3);
        Some((difference, bootstrap.ratio_difference(&both)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(viewers: impl Iterator<Item = u64>) -> Batches<2> {
        let mut batches = Batches::default();
        viewers.for_each(|viewer| batches.add(viewer / 2, [i128::from(viewer % 7), 100]));
        batches
    }

    #[test]
    fn they_merge_in_any_order() {
        let mut merged = batches(6_000..20_000);
        merged.merge(&batches(0..6_000));
        assert_eq!(merged, batches(0..20_000));
        // 10,000 pairs in 4,096 batches.
        assert_eq!(merged.iter().count(), 4_096);
        let mut again = Batches::default();
        merged.iter().for_each(|(batch, sums)| again.add(batch, sums));
        assert_eq!(again, merged);
    }

    #[test]
    fn few_groups_are_batches_of_their_own() {
        let few = batches(0..100);
        let pairs = (0..50).map(|pair| [(2 * pair % 7 + (2 * pair + 1) % 7) as f64, 200.0]);
        assert_eq!(few.groups(), pairs.collect::<Vec<_>>());
        let (ratio, interval) = few.ratio(&Bootstrap::default()).unwrap();
        // 14 times 0 + … + 6 = 21, then 0 + 1: 295 of 10,000.
        assert_eq!(ratio, 0.029_5);
        assert!(interval.low < ratio && ratio < interval.high, "{interval:?}");
    }

    #[test]
    fn the_same_viewers_are_compared_with_themselves() {
        let bootstrap = Bootstrap::default();
        let (one, mut other) = (batches(0..1_000), batches(0..1_000));
        assert_eq!(one.ratio_difference(&other, &bootstrap), None, "they never differ");
        other.add(3, [70, 0]);
        let (difference, interval) = other.ratio_difference(&one, &bootstrap).unwrap();
        // 70 of 100,000 more, by one batch of 500, which one draw in e does without.
        assert!((difference - 0.000_7).abs() < 1e-12, "{difference}");
        assert!(interval.low.abs() < 1e-12, "{interval:?}");
        // Viewers whom only one run has are not held against the other.
        other.add(4_000, [100, 100]);
        let (again, _) = other.ratio_difference(&one, &bootstrap).unwrap();
        assert!((again - 0.000_7).abs() < 1e-12, "{again}");
    }
}
