//! Several tests at once: Holm's step-down procedure.
//!
//! The idea to hold: of twenty algorithms that are all the same one wins at 5 %. Adjusted so, the
//! probability that any of all the tests says so wrongly is at most that, however they depend on
//! each other (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
//! Journal of Statistics 6, 1979, p. 65).

/// The adjusted p values of these, in their order. What is not a number from 0 to 1 counts as 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let known = |p: f64| if (0.0..=1.0).contains(&p) { p } else { 1.0 };
    let mut order: Vec<_> = p.iter().map(|&p| known(p)).enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 0.0;
    for (rank, (place, p)) in order.into_iter().enumerate() {
        let tests_left = (adjusted.len() - rank) as f64;
        // None is smaller than that of a test which stood out more.
        least = least.max((tests_left * p).min(1.0));
        adjusted[place] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_statsmodels() {
        // statsmodels 0.15: statsmodels.stats.multitest.multipletests(p, method="holm")[1]
        let found = holm(&[0.01, 0.04, 0.03, 0.005, 0.03, 0.9]);
        for (found, expected) in found.iter().zip([0.05, 0.12, 0.12, 0.03, 0.12, 0.9]) {
            assert!((found - expected).abs() < 1e-15, "{found:?}");
        }
    }

    #[test]
    fn one_test_alone_is_as_it_is_and_none_are_none() {
        assert_eq!(holm(&[0.04]), [0.04]);
        assert_eq!(holm(&[]), [0.0; 0]);
        assert_eq!(holm(&[0.02, f64::NAN, 7.0]), [0.06, 1.0, 1.0]);
    }
}
