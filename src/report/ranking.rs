//! Which runs keep most viewers free of stalls, and which of the others that cannot be told from.
//!
//! The idea to hold: a higher rate is a better run only as far as the intervals say so.

use super::{Results, Run};
use crate::metrics::Interval;

/// Runs by their zero-buffer rate.
pub(super) struct Ranking<'a> {
    /// Those with the highest rate: more than one if they tie.
    pub(super) best: Vec<&'a Run>,
    /// Of the others, those whose interval overlaps that of the best, best first.
    pub(super) rivals: Vec<&'a Run>,
    /// The rest, best first.
    pub(super) rest: Vec<&'a Run>,
}

impl<'a> Ranking<'a> {
    /// Of the runs that had a viewer; nothing if none had.
    pub(super) fn of(results: &'a Results) -> Option<Self> {
        let mut runs: Vec<_> = results.runs.iter().filter(|run| run.summary.viewers > 0).collect();
        runs.sort_by(|a, b| b.summary.zbr().total_cmp(&a.summary.zbr()));
        let top = runs.first()?.summary.zbr();
        let (best, others): (Vec<_>, Vec<_>) =
            runs.into_iter().partition(|r| r.summary.zbr() >= top);
        let overlaps = |run: &&Run| best.iter().any(|b| overlap(b, run));
        let (rivals, rest) = others.into_iter().partition(overlaps);
        Some(Self { best, rivals, rest })
    }

    /// How many runs there are.
    pub(super) fn count(&self) -> usize {
        self.best.len() + self.rivals.len() + self.rest.len()
    }

    /// All of them, best first.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Run> + '_ {
        [&self.best, &self.rivals, &self.rest].into_iter().flatten().copied()
    }

    /// Whether a run is among the best, and others are not.
    pub(super) fn leads(&self, run: &Run) -> bool {
        self.best.len() < self.count() && self.best.iter().any(|best| best.name == run.name)
    }
}

fn overlap(one: &Run, other: &Run) -> bool {
    let (a, b): (Interval, Interval) = (one.summary.zbr_interval(), other.summary.zbr_interval());
    a.low <= b.high && b.low <= a.high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{results, run};

    #[test]
    fn a_run_is_told_from_the_best_only_if_their_intervals_are_apart() {
        // Wilson at 1,000: 97.1 % [95.9, 98.0], 96.5 % [95.2, 97.5], 90 % [88.0, 91.7].
        let results =
            results(vec![run("a", 1_000, 965), run("b", 1_000, 900), run("c", 1_000, 971)]);
        let ranking = Ranking::of(&results).unwrap();
        let names = |runs: &[&Run]| runs.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&ranking.best), ["c"]);
        assert_eq!(names(&ranking.rivals), ["a"]);
        assert_eq!(names(&ranking.rest), ["b"]);
        assert_eq!(
            results.runs.iter().map(|r| ranking.leads(r)).collect::<Vec<_>>(),
            [false, false, true]
        );
    }

    #[test]
    fn runs_without_viewers_are_not_ranked() {
        assert!(Ranking::of(&results(vec![run("a", 0, 0)])).is_none());
        assert!(Ranking::of(&results(vec![])).is_none());
    }
}
