//! The uncertainty of whatever is made of sums over viewers: a ratio, a mean, the difference of
//! two. The percentile bootstrap (Efron, "Bootstrap methods: another look at the jackknife", The
//! Annals of Statistics 7, 1979, p. 1; Efron and Tibshirani, "An introduction to the bootstrap",
//! 1993, chapter 13).
//!
//! The idea to hold: viewers are drawn again, with replacement, as many as there were, and the
//! ratio taken of the sums of those; the middle 95 % of a thousand such ratios are the interval.
//! Viewers who were drawn together are drawn again together, so what is drawn are groups, of which
//! only the sums are kept. Nothing is drawn by chance that is not in the seed.
//!
//! It knows of the world only what the viewers saw. Of ratios that few of them decide, as a stall
//! ratio where few stall, it is too narrow: `tests/coverage.rs` has by how much.

use super::FEWEST;
use super::wilson::Interval;
use crate::seed::{Purpose, Seed};

/// How to draw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bootstrap {
    /// How often. Of a thousand, the ends of an interval are known to about a twentieth of its
    /// width.
    pub resamples: usize,
    /// What is drawn follows from this and from the number of groups.
    pub seed: Seed,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 1_000, seed: Seed(0) }
    }
}

impl Bootstrap {
    /// More groups are not drawn from: they are first joined into so many, every 4,096th with one
    /// another. That changes nothing that is expected of an interval, whose width is then itself
    /// uncertain by 1 / √(2 · 4,096), a ninetieth; and bounds the work whatever the viewers.
    pub const MOST: usize = 4_096;

    /// The 95 % interval of what `of` makes of the groups' sums.
    ///
    /// Nothing of less than ten groups, of sums that are not numbers, and where it comes out the
    /// same however it is drawn: of what nobody saw, no viewers' uncertainty tells anything.
    pub fn interval<const N: usize>(
        &self,
        groups: &[[f64; N]],
        of: impl Fn(&[f64; N]) -> f64,
    ) -> Option<Interval> {
        let groups = joined(groups);
        let finite = groups.iter().flatten().all(|sum| sum.is_finite());
        if groups.len() < FEWEST || !finite {
            return None;
        }
        let mut stream = self.seed.stream(Purpose::Resample, &[groups.len() as u64]);
        let mut again = || {
            let mut sums = [0.0; N];
            for _ in 0..groups.len() {
                add(&mut sums, &groups[stream.below(groups.len() as u64) as usize]);
            }
            of(&sums)
        };
        middle((0..self.resamples).map(|_| again()).collect())
    }

    /// Of a ratio Σ part / Σ whole, each group being its part and its whole; as a stall ratio of
    /// time stalled, and played and stalled. The mean of anything is such a ratio, its whole the
    /// number of viewers.
    pub fn ratio(&self, groups: &[[f64; 2]]) -> Option<Interval> {
        self.interval(groups, |[part, whole]| part / whole)
    }

    /// Of the mean of differences between the same viewers in two runs, each group being the sum
    /// of its differences and how many there are.
    pub fn mean_difference(&self, groups: &[[f64; 2]]) -> Option<Interval> {
        self.ratio(groups)
    }

    /// Of how much larger a ratio of the same viewers is in one run than in another, each group
    /// being its part and its whole in the one, then in the other.
    pub fn ratio_difference(&self, groups: &[[f64; 4]]) -> Option<Interval> {
        self.interval(groups, |[part, whole, other_part, other_whole]| {
            part / whole - other_part / other_whole
        })
    }
}

/// The sums of each group of viewers, of whom each tells whether they are the first of those drawn
/// together.
pub fn grouped<const N: usize>(
    viewers: impl IntoIterator<Item = (bool, [f64; N])>,
) -> Vec<[f64; N]> {
    let mut groups: Vec<[f64; N]> = Vec::new();
    for (first, viewer) in viewers {
        match groups.last_mut().filter(|_| !first) {
            Some(group) => add(group, &viewer),
            None => groups.push(viewer),
        }
    }
    groups
}

/// No more groups than are drawn from.
fn joined<const N: usize>(groups: &[[f64; N]]) -> Vec<[f64; N]> {
    let mut joined = vec![[0.0; N]; groups.len().min(Bootstrap::MOST)];
    for (place, group) in groups.iter().enumerate() {
        add(&mut joined[place % Bootstrap::MOST], group);
    }
    joined
}

fn add<const N: usize>(sums: &mut [f64; N], more: &[f64; N]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// The middle 95 % of what was found, with what is no number left out; nothing if it is all the
/// same. Between two of them the ends are as far along as NumPy's `percentile` puts them.
pub(super) fn middle(mut found: Vec<f64>) -> Option<Interval> {
    found.retain(|value| value.is_finite());
    found.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (found.len() - 1) as f64;
        let (from, rest) = (place as usize, place - libm::floor(place));
        let next = found[(from + 1).min(found.len() - 1)];
        found[from] + rest * (next - found[from])
    };
    let varies = found.first()? < found.last()?;
    varies.then(|| Interval { low: at(0.025), high: at(0.975) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a hundred viewers: seconds stalled, few of them at all, and seconds altogether.
    fn viewers() -> Vec<[f64; 2]> {
        let stalled = |i: u32| f64::from(if i.is_multiple_of(7) { i % 13 } else { 0 });
        (0..100).map(|i| [stalled(i), f64::from(60 + i % 50)]).collect()
    }

    #[test]
    fn it_is_where_scipy_has_it() {
        // SciPy 1.17, r = np.random.default_rng(1):
        // stalled = np.array([i % 13 if i % 7 == 0 else 0 for i in range(100)], float)
        // whole = np.array([60 + i % 50 for i in range(100)], float)
        // scipy.stats.bootstrap((stalled, whole), lambda a, b, axis: a.sum(axis) / b.sum(axis),
        //     n_resamples=400_000, paired=True, vectorized=True, method="percentile", batch=1000,
        //     rng=r).confidence_interval
        let (low, high) = (0.004_716, 0.016_250);
        let bootstrap = Bootstrap { resamples: 20_000, ..Bootstrap::default() };
        let found = bootstrap.ratio(&viewers()).unwrap();
        // The 2.5 % quantile of 20,000 normal draws has the standard error
        // √(0.025 · 0.975 / 20,000) / 0.0584 = 0.019 deviations, and an interval is 3.92 of those
        // wide. Four such errors are 2 % of the width.
        let allowed = 0.02 * (high - low);
        assert!((found.low - low).abs() < allowed, "{found:?}");
        assert!((found.high - high).abs() < allowed, "{found:?}");
    }

    #[test]
    fn viewers_drawn_together_are_drawn_again_together() {
        let apart = |together: u64| {
            let viewer = |i: u64| (i.is_multiple_of(together), [(i / 4 % 5) as f64, 1.0]);
            let groups = grouped((0..1_600).map(viewer));
            let Interval { low, high } = Bootstrap::default().mean_difference(&groups).unwrap();
            high - low
        };
        // All four of a group are alike: as if there were a quarter as many, twice the width; that
        // of a thousand is known to 4 %, and the quotient of two to 6.
        assert!((apart(4) / apart(1) - 2.0).abs() < 0.24, "{}", apart(4) / apart(1));
    }

    #[test]
    fn more_groups_than_are_drawn_from_leave_an_interval_as_wide() {
        // 40,960 throws of a coin: 2 · 1.96 · 0.5 / √40,960 = 0.00968, known to 4 %.
        let throw = |i: u64| [(Seed(7).unit(Purpose::Trace, &[i]) < 0.5) as u8 as f64, 1.0];
        let throws: Vec<_> = (0..40_960).map(throw).collect();
        let Interval { low, high } = Bootstrap::default().ratio(&throws).unwrap();
        assert!(((high - low) / 0.009_68 - 1.0).abs() < 0.12, "{low} {high}");
    }

    #[test]
    fn the_same_viewers_in_both_runs_differ_by_what_they_differ_by() {
        // Each viewer stalls a second longer in the first, of 100: exactly a hundredth.
        let both: Vec<_> = viewers().iter().map(|&[s, _]| [s + 1.0, 100.0, s, 100.0]).collect();
        let Interval { low, high } = Bootstrap::default().ratio_difference(&both).unwrap();
        assert!((low - 0.01).abs() < 1e-12 && (high - 0.01).abs() < 1e-12, "{low} {high}");
    }

    #[test]
    fn the_same_viewers_have_the_same_interval() {
        let (one, other) =
            (Bootstrap::default(), Bootstrap { seed: Seed(1), ..Default::default() });
        assert_eq!(one.ratio(&viewers()), one.ratio(&viewers()));
        assert_ne!(one.ratio(&viewers()), other.ratio(&viewers()));
    }

    #[test]
    fn of_nothing_seen_nothing_is_told() {
        let all = Bootstrap::default();
        assert_eq!(all.ratio(&[]), None);
        assert_eq!(all.ratio(&viewers()[..9]), None, "too few");
        assert_eq!(all.ratio(&[[0.0, 60.0]; 50]), None, "nobody stalled");
        assert_eq!(all.ratio(&[[0.0, 0.0]; 50]), None, "nobody played");
        assert_eq!(all.ratio(&[[f64::NAN, 1.0]; 50]), None);
        assert_eq!(Bootstrap { resamples: 0, ..all }.ratio(&viewers()), None);
    }
}
