//! How many viewers it takes to tell two runs apart: at 5 % on both sides, with a power of 80 %.
//!
//! The idea to hold: it is reckoned as if what was seen were true. A difference that few viewers
//! showed may be half as large, and then takes four times as many.

use super::normal::{Z_80, Z_95};
use super::unpaired::Seen;

/// How many viewers, each in both runs, tell apart two runs of which, of `viewers`, `only_first`
/// were spared stalls by the first alone and `only_second` by the second alone, and so many count
/// as one. Nothing if as many were.
///
/// Connor, "Sample size for testing differences in proportions for the paired-sample design",
/// Biometrics 43, 1987, p. 207: (z₀.₉₇₅ √ψ + z₀.₈ √(ψ − δ²))² / δ², where ψ is the share of viewers
/// who differ and δ the difference.
pub fn needed_paired(viewers: u64, only_first: u64, only_second: u64, effect: f64) -> Option<u64> {
    if viewers == 0 || only_first == only_second {
        return None;
    }
    let share = |count: u64| count as f64 / viewers as f64;
    let (differ, by) =
        (share(only_first) + share(only_second), share(only_first) - share(only_second));
    let reach = Z_95 * libm::sqrt(differ) + Z_80 * libm::sqrt((differ - by * by).max(0.0));
    whole(effect * reach * reach / (by * by))
}

/// How many viewers each of two runs needs that have different ones, to tell apart shares such as
/// these. Nothing if they are the same, or nobody was seen.
///
/// Fleiss, Levin and Paik, "Statistical methods for rates and proportions", 3rd edition, 2003,
/// equation 4.14, without a correction for continuity; times the larger design effect.
pub fn needed_unpaired(first: Seen, second: Seen) -> Option<u64> {
    let (p, q) = (first.share()?, second.share()?);
    let variance = |share: f64| share * (1.0 - share);
    let common = 2.0 * variance(0.5 * (p + q));
    let reach = Z_95 * libm::sqrt(common) + Z_80 * libm::sqrt(variance(p) + variance(q));
    whole(first.effect.max(second.effect) * reach * reach / ((p - q) * (p - q)))
}

/// No less than this, if that is a number of viewers.
fn whole(viewers: f64) -> Option<u64> {
    (viewers.is_finite() && viewers > 0.0).then(|| libm::ceil(viewers) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_as_many_as_connor_reckons() {
        // Of 100, 12 and 5: ψ = 0.17, δ = 0.07. (1.95996 · 0.412311 + 0.841621 · √0.1651)² / 0.0049
        // = (0.808112 + 0.341970)² / 0.0049 = 269.9.
        assert_eq!(needed_paired(100, 12, 5, 1.0), Some(270));
        assert_eq!(needed_paired(100, 12, 5, 2.0), Some(540));
        // All who differ, differ one way: 0.1.
        // (1.95996 · 0.316228 + 0.841621 · 0.3)² / 0.01 = 76.1.
        assert_eq!(needed_paired(50, 5, 0, 1.0), Some(77));
    }

    #[test]
    fn different_viewers_are_as_many_as_fleiss_reckons() {
        // statsmodels 0.15: statsmodels.stats.proportion.samplesize_proportions_2indep_onetail(
        //     p - q, q, 0.8, ratio=1, alpha=0.05, alternative="two-sided") is 517.6 and 293.2
        let seen = |hits| Seen { hits, of: 1_000, effect: 1.0 };
        for (p, q, needed) in [(971, 934, 518), (800, 700, 294)] {
            assert_eq!(needed_unpaired(seen(p), seen(q)), Some(needed));
            assert_eq!(needed_unpaired(seen(q), seen(p)), Some(needed));
        }
    }

    #[test]
    fn what_was_not_seen_to_differ_needs_nobody_knows_how_many() {
        assert_eq!(needed_paired(100, 5, 5, 1.0), None);
        assert_eq!(needed_paired(0, 0, 0, 1.0), None);
        let seen = |hits, of| Seen { hits, of, effect: 1.0 };
        assert_eq!(needed_unpaired(seen(10, 20), seen(20, 40)), None);
        assert_eq!(needed_unpaired(seen(0, 0), seen(20, 40)), None);
    }
}
