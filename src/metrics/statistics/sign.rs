//! The sign test: whether one side wins more often than a fair coin would let it.
//!
//! The idea to hold: ties say nothing and are not counted. Of viewers whom either of two runs
//! spared stalls, and the other did not, this is McNemar's test in its exact form (McNemar, "Note
//! on the sampling error of the difference between correlated proportions or percentages",
//! Psychometrika 12, 1947, p. 153).

use super::normal;

/// Beyond so many the logarithms of factorials lose digits, and the normal distribution none that
/// anybody would miss.
const HUGE: u64 = 1_000_000_000;

/// The two-sided p value: how probable it is that a fair coin, thrown once for each win and each
/// loss, is as far from even as this, or further. Nothing if there was neither.
pub fn sign_test(wins: u64, losses: u64) -> Option<f64> {
    let (few, all) = (wins.min(losses), wins.checked_add(losses)?);
    match all {
        0 => None,
        _ if wins == losses => Some(1.0),
        _ if all > HUGE => Some(roughly(few, all)),
        _ => Some((2.0 * at_most(few, all)).min(1.0)),
    }
}

/// The probability of at most `few` heads in `all` throws, `few` being less than half of them:
/// Σ C(n, k) / 2ⁿ from the largest k down, each from the one before, until they add nothing.
fn at_most(few: u64, all: u64) -> f64 {
    let (n, mut k) = (all as f64, few as f64);
    let choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let largest = libm::exp(choose - n * std::f64::consts::LN_2);
    let (mut term, mut sum) = (1.0, 1.0);
    while k > 0.0 && term > sum * f64::EPSILON {
        term *= k / (n - k + 1.0);
        sum += term;
        k -= 1.0;
    }
    largest * sum
}

/// The same by the normal distribution, with half a throw for what lies between whole numbers.
fn roughly(few: u64, all: u64) -> f64 {
    let (few, half) = (few as f64, 0.5 * all as f64);
    normal::beyond((half - few - 0.5).max(0.0) / libm::sqrt(0.5 * half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_scipy() {
        // SciPy 1.17: scipy.stats.binomtest(wins, wins + losses).pvalue
        for (wins, losses, p) in [
            (12, 5, 0.143_463_134_765_625),
            (5, 12, 0.143_463_134_765_625),
            (0, 8, 0.007_812_5),
            (1, 0, 1.0),
            (7, 7, 1.0),
            (8, 7, 1.0),
            (530, 470, 0.062_023_195_098_363_43),
            (2_000, 1_500, 2.942_363_832_253_349e-17),
            (501_500, 498_500, 0.002_708_655_306_059_374),
            (0, 1_000, 1.866_527_237_006_437_8e-301),
        ] {
            let found = sign_test(wins, losses).unwrap();
            assert!((found / p - 1.0).abs() < 1e-7, "{wins}:{losses}: {found}, not {p}");
        }
    }

    #[test]
    fn five_of_five_are_one_in_sixteen() {
        // Either side may win: 2 · (1/2)⁵.
        assert!((sign_test(5, 0).unwrap() - 0.0625).abs() < 1e-15);
        assert_eq!(sign_test(0, 0), None);
        assert_eq!(sign_test(u64::MAX, 1), None, "nobody can have seen so many");
    }

    #[test]
    fn the_rough_one_is_close_to_the_exact_one_long_before_it_is_needed() {
        for (few, all) in [(499_000, 1_000_000), (498_000, 1_000_000)] {
            let (exact, rough) = (2.0 * at_most(few, all), roughly(few, all));
            assert!((rough / exact - 1.0).abs() < 1e-4, "{rough}, not {exact}");
        }
    }
}
