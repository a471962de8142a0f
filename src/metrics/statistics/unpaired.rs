//! Two shares, or two means, of different viewers: how far they are apart, and how surely.
//!
//! The idea to hold: where both runs have the same viewers, comparing them pair by pair says more
//! ([`Paired`](super::Paired)); this is for those who do not, as today's real viewers and last
//! week's.

use super::moments::Moments;
use super::wilson::{Interval, wilson_of_fewer};
use super::{normal, student};

/// A share as it was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// So many.
    pub hits: u64,
    /// Of so many.
    pub of: u64,
    /// So many count as one, where they shared links: a design effect, from 1.
    pub effect: f64,
}

/// How far two are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unpaired {
    /// By how much the first is larger.
    pub difference: f64,
    /// The 95 % interval of that.
    pub interval: Interval,
    /// How probable it is to see them as far apart, or further, if they are the same.
    pub p: f64,
}

impl Seen {
    /// The share, if anybody was looked at.
    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// How many independent ones it is worth; nothing of what cannot be.
    fn worth(&self) -> Option<f64> {
        (self.hits <= self.of && self.effect >= 1.0).then(|| self.of as f64 / self.effect)
    }
}

/// How much larger a share is than another, of different viewers; nothing if either has none.
///
/// The interval is Newcombe's, from Wilson's of each ("Interval estimation for the difference
/// between independent proportions: comparison of eleven methods", Statistics in Medicine 17, 1998,
/// p. 873, method 10), and p that of the normal test of two shares with a common variance; both of
/// so many viewers as those who share links are worth.
pub fn difference_of_shares(first: Seen, second: Seen) -> Option<Unpaired> {
    let (p, q) = (first.share()?, second.share()?);
    let (m, n) = (first.worth()?, second.worth()?);
    let [a, b] = [first, second].map(|seen| wilson_of_fewer(seen.hits, seen.of, seen.effect));
    let difference = p - q;
    let low = difference - libm::hypot(p - a.low, b.high - q);
    let high = difference + libm::hypot(a.high - p, q - b.low);
    let common = (p * m + q * n) / (m + n);
    let variance = common * (1.0 - common) * (1.0 / m + 1.0 / n);
    // Where all were spared in both, or nobody in either, they do not differ.
    let p = if variance > 0.0 { normal::beyond(difference / libm::sqrt(variance)) } else { 1.0 };
    let interval = Interval { low: low.max(-1.0), high: high.min(1.0) };
    Some(Unpaired { difference, interval, p })
}

/// How much larger a mean is than another, of different viewers, by Welch's test ("The
/// generalization of 'Student's' problem when several different population variances are involved",
/// Biometrika 34, 1947, p. 28). Nothing unless both have two numbers, and any of them vary.
pub fn difference_of_means(first: &Moments, second: &Moments) -> Option<Unpaired> {
    let difference = first.mean()? - second.mean()?;
    let (v, w) = (first.variance_of_mean()?, second.variance_of_mean()?);
    let error = libm::sqrt(v + w);
    let of = |variance: f64, count: u64| variance * variance / (count - 1) as f64;
    let freedom = (v + w) * (v + w) / (of(v, first.count()) + of(w, second.count()));
    let reach = student::reach_95(freedom)? * error;
    let interval = Interval { low: difference - reach, high: difference + reach };
    Some(Unpaired { difference, interval, p: student::beyond(difference / error, freedom)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(hits: u64, of: u64) -> Seen {
        Seen { hits, of, effect: 1.0 }
    }

    fn near(found: Option<Unpaired>, difference: f64, low: f64, high: f64, p: f64) {
        let found = found.unwrap();
        let off = |a: f64, b: f64| (a - b).abs() > 1e-9;
        let Interval { low: l, high: h } = found.interval;
        let wrong = off(found.difference, difference) || off(l, low) || off(h, high);
        assert!(!wrong && !off(found.p, p), "{found:?}");
    }

    #[test]
    fn shares_are_compared_as_statsmodels_does() {
        // statsmodels 0.15, of a of m and b of n:
        // statsmodels.stats.proportion.confint_proportions_2indep(a, m, b, n, method="newcomb")
        // statsmodels.stats.proportion.proportions_ztest([a, b], [m, n])
        let two = |a, m, b, n| difference_of_shares(seen(a, m), seen(b, n));
        near(two(56, 70, 48, 80), 0.2, 0.052_431_472_4, 0.333_872_654_0, 0.008_045_081_4);
        near(two(971, 1_000, 934, 1_000), 0.037, 0.018_497_72, 0.056_209_431_3, 0.000_100_400_4);
        // Where both are zero statsmodels has no p.
        near(two(0, 20, 0, 10), 0.0, -0.277_532_799_9, 0.161_125_158_1, 1.0);
    }

    #[test]
    fn newcombes_own_examples_come_out() {
        // Table II of the paper, method 10, to four digits: 56/70 − 48/80 and 9/10 − 3/10.
        for (a, b, low, high) in [
            (seen(56, 70), seen(48, 80), 0.052_4, 0.333_9),
            (seen(9, 10), seen(3, 10), 0.170_5, 0.809_0),
            (seen(10, 10), seen(0, 20), 0.679_1, 1.0),
        ] {
            let Interval { low: l, high: h } = difference_of_shares(a, b).unwrap().interval;
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{l} {h}");
        }
    }

    #[test]
    fn viewers_who_share_links_count_for_fewer() {
        let four = |hits, of| Seen { hits, of, effect: 4.0 };
        let shared = difference_of_shares(four(388, 400), four(372, 400));
        assert_eq!(shared, difference_of_shares(seen(97, 100), seen(93, 100)));
    }

    #[test]
    fn means_are_compared_as_scipy_does() {
        // SciPy 1.17: t = scipy.stats.ttest_ind(a, b, equal_var=False), t.pvalue,
        // t.confidence_interval() of
        // a = [(i * 37) % 23 / 4 for i in range(40)]; b = [(i * 31) % 19 / 3 for i in range(25)]
        let a: Moments = (0..40).map(|i| f64::from(i * 37 % 23) / 4.0).collect();
        let b: Moments = (0..25).map(|i| f64::from(i * 31 % 19) / 3.0).collect();
        let welch = difference_of_means(&a, &b);
        near(welch, -0.206_666_666_7, -1.139_813_405_4, 0.726_480_072_1, 0.657_936_637_6);
    }

    #[test]
    fn nothing_is_said_of_nobody_or_of_what_cannot_be() {
        assert_eq!(difference_of_shares(seen(0, 0), seen(1, 2)), None);
        assert_eq!(difference_of_shares(seen(3, 2), seen(1, 2)), None);
        let nan = Seen { effect: f64::NAN, ..seen(1, 2) };
        assert_eq!(difference_of_shares(nan, seen(1, 2)), None);
        let (one, same) = ([1.0].into_iter().collect(), [2.0; 5].into_iter().collect());
        assert_eq!(difference_of_means(&one, &same), None);
        assert_eq!(difference_of_means(&same, &same), None, "nothing varies");
    }
}
