//! How evenly the viewers on one link get what it carries.
//!
//! The idea to hold: fairness is of one link, so it is computed there and kept in millionths. What
//! many links amount to is their mean and the worst of them, exact in any order of merging.

use crate::units::Bitrate;

/// Jain's index of fairness, `(Σx)² / (n Σx²)`: 1 if all get the same, 1/n if one gets everything;
/// nothing of what nobody got anything of (Jain, Chiu and Hawe, "A quantitative measure of
/// fairness and discrimination for resource allocation in shared computer systems", DEC-TR-301,
/// 1984).
pub fn jain(values: impl IntoIterator<Item = Bitrate>) -> Option<f64> {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        let x = value.as_kbps_f64();
        n += 1.0;
        sum += x;
        squares += x * x;
    }
    (squares > 0.0).then(|| (sum * sum / (n * squares)).min(1.0))
}

/// Jain's index of many links.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Fairness {
    /// Links that had an index.
    links: u64,
    /// The sum of their indices, in millionths.
    sum: u64,
    /// The smallest of them, in millionths.
    lowest: Option<u32>,
}

/// What an index is kept in parts of.
const PARTS: f64 = 1e6;

impl Fairness {
    /// Takes in the index of a link.
    pub(super) fn add(&mut self, index: f64) {
        let parts = libm::round(index * PARTS) as u32;
        self.merge(&Self { links: 1, sum: parts.into(), lowest: Some(parts) });
    }

    /// Takes in those of others.
    pub(super) fn merge(&mut self, other: &Self) {
        self.links += other.links;
        self.sum += other.sum;
        let lowest = [self.lowest, other.lowest];
        self.lowest = lowest.into_iter().flatten().min();
    }

    /// How many links there are.
    pub fn links(&self) -> u64 {
        self.links
    }

    /// The mean index of a link; nothing of no link.
    pub fn mean(&self) -> Option<f64> {
        (self.links > 0).then(|| self.sum as f64 / self.links as f64 / PARTS)
    }

    /// The index of the least fair of them.
    pub fn lowest(&self) -> Option<f64> {
        self.lowest.map(|parts| f64::from(parts) / PARTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(kbps: &[u64]) -> Option<f64> {
        jain(kbps.iter().map(|&kbps| Bitrate::kbps(kbps)))
    }

    #[test]
    fn jains_index_is_what_a_pencil_gives() {
        assert_eq!(index(&[1, 1]), Some(1.0));
        // (1 + 3)² / (2 (1 + 9)) = 16 / 20.
        assert_eq!(index(&[1, 3]), Some(0.8));
        // One of n takes all: 1 / n.
        assert_eq!(index(&[0, 0, 0, 5_000]), Some(0.25));
        assert_eq!(index(&[7]), Some(1.0));
    }

    #[test]
    fn it_does_not_depend_on_the_unit() {
        assert_eq!(index(&[1_000, 3_000]), index(&[1, 3]));
    }

    #[test]
    fn nothing_shared_is_neither_fair_nor_unfair() {
        assert_eq!(index(&[]), None);
        assert_eq!(index(&[0, 0]), None);
    }

    #[test]
    fn links_merge_in_any_order() {
        let of = |indices: &[f64]| {
            let mut fairness = Fairness::default();
            indices.iter().for_each(|&index| fairness.add(index));
            fairness
        };
        let mut merged = of(&[0.8]);
        merged.merge(&of(&[]));
        merged.merge(&of(&[0.25, 1.0]));
        assert_eq!(merged, of(&[1.0, 0.25, 0.8]));
        // (0.8 + 0.25 + 1) / 3 = 0.68333….
        let mean = merged.mean().unwrap();
        assert!((mean - 2.05 / 3.0).abs() < 1e-12, "{mean}");
        assert_eq!((merged.lowest(), merged.links()), (Some(0.25), 3));
        assert_eq!((of(&[]).mean(), of(&[]).lowest()), (None, None));
    }
}
