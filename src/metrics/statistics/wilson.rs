//! The uncertainty of a share: Wilson's score interval.
//!
//! Unlike the textbook interval it stays within 0 and 1 and is honest at both ends, where a
//! zero-buffer rate lives (Wilson, "Probable inference, the law of succession, and statistical
//! inference", JASA 22, 1927, p. 209).

use super::normal::Z_95;

/// From the least to the most that is believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The 95 % interval of a share of which `hits` of `of` were seen; all of `[0, 1]` where none were
/// looked at.
pub fn wilson(hits: u64, of: u64) -> Interval {
    wilson_of_fewer(hits, of, 1.0)
}

/// The same where each of them says only as much as one in `effect` would alone: a design effect.
pub fn wilson_of_fewer(hits: u64, of: u64, effect: f64) -> Interval {
    if of == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (n, p) = (of as f64 / effect, hits as f64 / of as f64);
    let z2 = Z_95 * Z_95;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * libm::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
    let low = if hits == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if hits == of { 1.0 } else { (middle + half).min(1.0) };
    Interval { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_scipy() {
        // SciPy 1.17: scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
        for (hits, of, low, high) in [
            (81, 100, 0.722_211_546_209_356, 0.874_852_484_902_312),
            (0, 20, 0.0, 0.161_125_158_052_819),
            (10, 10, 0.722_467_200_137_111, 1.0),
            (971, 1000, 0.958_661_641_663_306, 0.979_733_551_843_301),
        ] {
            let found = wilson(hits, of);
            assert!((found.low - low).abs() < 1e-12, "{hits}/{of}: {found:?}");
            assert!((found.high - high).abs() < 1e-12, "{hits}/{of}: {found:?}");
        }
    }
}
