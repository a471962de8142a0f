//! Wilcoxon's signed-rank test: whether differences of pairs lean to one side, counting by how
//! much (Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945,
//! p. 80).
//!
//! The idea to hold: differences are ranked by their size, equals sharing the mean of their ranks,
//! and if neither side is better each rank is positive as often as not. Pairs that do not differ
//! are dropped, as Wilcoxon does. Up to 25 that do, all ways of giving signs to their ranks are
//! counted, ties or not (Streitberg and Röhmel, "Exact distributions for permutation and rank
//! tests", Statistical Software Newsletter 12, 1986, p. 10); beyond, the sum is taken as normal,
//! its variance corrected for ties and its distance from the mean by half a rank, as SciPy's
//! `wilcoxon(differences, correction=True, method="asymptotic")` does.

use super::normal;

/// How far a sample of differences leans to one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// Pairs that differ.
    pub pairs: usize,
    /// The sum of the ranks of the differences above zero.
    pub above: f64,
    /// And of those below it.
    pub below: f64,
    /// The two-sided p value.
    pub p: f64,
}

/// No more pairs are counted out.
const EXACT: usize = 25;

/// Tests differences of pairs. Nothing if no pair differs, or if a difference is not a number.
///
/// Differences that should be equal must be so to the last bit to share a rank: whoever subtracts
/// fractions rounds them first.
pub fn signed_rank(differences: &[f64]) -> Option<SignedRank> {
    if differences.iter().any(|difference| !difference.is_finite()) {
        return None;
    }
    let mut sizes: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    sizes.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = sizes.len();
    // Twice the mean rank of equals is a whole number: the first rank of them and the last.
    let (mut ranks, mut above, mut tied) = (Vec::with_capacity(n), 0_u64, 0.0);
    for equals in sizes.chunk_by(|a, b| a.abs() == b.abs()) {
        let (before, t) = (ranks.len() as u64, equals.len() as u64);
        let twice = 2 * before + 1 + t;
        ranks.extend(equals.iter().map(|_| twice));
        above += equals.iter().filter(|&&d| d > 0.0).map(|_| twice).sum::<u64>();
        let t = t as f64;
        tied += t * t * t - t;
    }
    let below = ranks.iter().sum::<u64>() - above;
    let p = match n {
        0 => return None,
        _ if n <= EXACT => counted(&ranks, above.min(below)),
        _ => roughly(n as f64, tied, 0.5 * above.min(below) as f64),
    };
    Some(SignedRank { pairs: n, above: 0.5 * above as f64, below: 0.5 * below as f64, p })
}

/// The share of all ways to give signs to these ranks that leave one side at most `least`, or the
/// other.
fn counted(ranks: &[u64], least: u64) -> f64 {
    let total: u64 = ranks.iter().sum();
    // How many choices of ranks have each sum.
    let mut ways = vec![0_u64; total as usize + 1];
    ways[0] = 1;
    for &rank in ranks {
        for sum in (rank as usize..ways.len()).rev() {
            ways[sum] += ways[sum - rank as usize];
        }
    }
    let tail: u64 = ways[..=least as usize].iter().sum();
    let all = (1_u64 << ranks.len()) as f64;
    (2.0 * tail as f64 / all).min(1.0)
}

/// The normal approximation, where `tied` is Σ t³ − t over ranks shared by t.
fn roughly(n: f64, tied: f64, least: f64) -> f64 {
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - tied / 48.0;
    normal::beyond((mean - least - 0.5).max(0.0) / libm::sqrt(variance))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(differences: &[f64], above: f64, p: f64) {
        let found = signed_rank(differences).unwrap();
        assert_eq!(found.above, above);
        assert!((found.p / p - 1.0).abs() < 1e-12, "{found:?}, not {p}");
    }

    #[test]
    fn few_pairs_are_counted_out() {
        // Darwin's maize, from Wilcoxon's paper. SciPy 1.17: scipy.stats.wilcoxon(d)
        let maize = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];
        near(&maize.map(f64::from), 96.0, 0.041_259_765_625);
        // Three ups of different size: 2 of the 8 ways are as one-sided.
        near(&[1.0, 2.0, 3.0], 6.0, 0.25);
    }

    #[test]
    fn ties_are_counted_out_too_and_zeros_dropped() {
        // d = [1, 1, 1, -1, 2, 2, -2, 3]; SciPy 1.17:
        // scipy.stats.wilcoxon(d, method=scipy.stats.PermutationMethod())
        let d = [1.0, 0.0, 1.0, 1.0, -1.0, 2.0, 2.0, -2.0, 3.0, 0.0];
        near(&d, 27.5, 0.242_187_5);
    }

    #[test]
    fn many_pairs_are_taken_as_normal() {
        // d = [((i * 7919) % 101 - 40) / 4 for i in range(60)]; SciPy 1.17:
        // scipy.stats.wilcoxon(d, correction=True, method="asymptotic")
        let many: Vec<_> = (0..60).map(|i| f64::from((i * 7_919) % 101 - 40) / 4.0).collect();
        near(&many, 1_190.0, 0.021_532_075_658_869_908);
        // The same with ties: d = [(i * 7919) % 13 - 5 for i in range(60)]
        let tied: Vec<_> = (0..60).map(|i| f64::from((i * 7_919) % 13 - 5)).collect();
        near(&tied, 1_015.5, 0.075_818_976_039_583_03);
    }

    #[test]
    fn nothing_is_said_of_pairs_that_do_not_differ() {
        assert_eq!(signed_rank(&[]), None);
        assert_eq!(signed_rank(&[0.0, -0.0]), None);
        assert_eq!(signed_rank(&[1.0, f64::NAN]), None);
    }
}
