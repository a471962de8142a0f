//! The normal distribution, with mean 0 and deviation 1.
//!
//! The idea to hold: tails are computed as tails, never as one minus the rest, so that a p value
//! of 10⁻³⁰ has all its digits.

use std::f64::consts::SQRT_2;

/// The 97.5 % quantile: 95 % lie within it on both sides.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// The 80 % quantile, for a power of 80 %.
pub const Z_80: f64 = 0.841_621_233_572_914_3;

/// The share that lies below `z`.
pub fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The share that lies as far out as `z`, or further, on either side: a two-sided p value.
pub fn beyond(z: f64) -> f64 {
    libm::erfc(libm::fabs(z) / SQRT_2)
}

/// What a share of `p` lies below; nothing unless `p` is between 0 and 1.
pub fn quantile(p: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    if p > 0.5 {
        return quantile(1.0 - p).map(|z| -z);
    }
    // The smallest p there is lies below −38.5. Each step halves what is left: after sixty it is
    // narrower than the last digit.
    let (mut low, mut high) = (-38.6, 0.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) < p { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} instead of {expected}");
    }

    #[test]
    fn shares_are_those_of_scipy() {
        // SciPy 1.17: scipy.stats.norm.cdf(z)
        for (z, share) in [
            (-8.0, 6.220_960_574_271_74e-16),
            (-1.0, 0.158_655_253_931_457_05),
            (0.0, 0.5),
            (1.5, 0.933_192_798_731_141_9),
        ] {
            near(below(z), share);
        }
        // 2 * scipy.stats.norm.sf(12)
        near(beyond(12.0), 3.552_964_224_155_306e-33);
        near(beyond(-12.0), 3.552_964_224_155_306e-33);
    }

    #[test]
    fn quantiles_are_those_of_scipy() {
        // SciPy 1.17: scipy.stats.norm.ppf(p)
        for (p, z) in [
            (0.975, Z_95),
            (0.8, Z_80),
            (0.025, -Z_95),
            (1e-300, -37.047_096_299_361_2),
            (0.3, -0.524_400_512_708_040_9),
        ] {
            near(quantile(p).unwrap(), z);
        }
        assert_eq!([0.0, 1.0, -1.0, f64::NAN].map(quantile), [None; 4]);
    }
}
