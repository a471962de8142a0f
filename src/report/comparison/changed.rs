//! The viewers who differ most between two runs.
//!
//! The idea to hold: a viewer differs by how much longer they stall under the one than under the
//! other, and of those who stall as long, by the picture.

use crate::metrics::Viewed;
use crate::report::{ClassOf, Run};

/// How many are told.
const MOST: usize = 10;

/// A viewer under both.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Their number.
    pub viewer: u64,
    /// What they had in the old run.
    pub old: Viewed,
    /// And in the new.
    pub new: Viewed,
    /// The names of their classes, where there are several.
    pub classes: Vec<String>,
}

impl Changed {
    /// The most different, of the first viewers of two runs that have the same; without those who
    /// do not differ.
    pub(super) fn most(old: &Run, new: &Run) -> Vec<Self> {
        let both = (0..).zip(old.panel.viewers().iter().zip(new.panel.viewers()));
        let apart = |(old, new): (&Viewed, &Viewed)| {
            (old.stalled.abs_diff(new.stalled), old.yin.abs_diff(new.yin))
        };
        let mut all: Vec<(u64, _)> = both.filter(|&(_, both)| apart(both) > (0, 0)).collect();
        all.sort_by_key(|&(viewer, both)| (std::cmp::Reverse(apart(both)), viewer));
        all.truncate(MOST);
        let each = |(viewer, (before, after)): (u64, (&Viewed, &Viewed))| {
            let class = |of, number: u16| {
                old.classes_of(of).nth(number.into()).map(|class| class.name.clone())
            };
            let classes =
                [class(ClassOf::Network, before.network), class(ClassOf::Device, before.device)];
            let classes = classes.into_iter().flatten().collect();
            Self { viewer, old: *before, new: *after, classes }
        };
        all.into_iter().map(each).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::contests::tests::side;
    use super::*;

    #[test]
    fn those_who_stall_longer_come_first_and_then_those_with_another_picture() {
        let [mut a, b] = ['A', 'B'].map(|letter| side(letter, &[("bola", |v| v == 7)]));
        let mut panel = crate::metrics::Panel::default();
        for (viewer, viewed) in (0..).zip(b.results.runs[0].panel.viewers()) {
            let mut viewed = *viewed;
            match viewer {
                3 => viewed.yin -= 12,
                7 => viewed.stalled += 1,
                9 => viewed.yin += 40,
                _ => {}
            }
            panel.push(viewed);
        }
        a.results.runs[0].panel = panel;
        let most = Changed::most(&a.results.runs[0], &b.results.runs[0]);
        let viewers: Vec<_> = most.iter().map(|changed| changed.viewer).collect();
        assert_eq!(viewers, [7, 9, 3]);
        assert_eq!((most[0].old.stalled, most[0].new.stalled), (5_001, 5_000));
    }
}
