//! Student's distribution, of so many degrees of freedom, which need not be whole.
//!
//! The idea to hold: all of it is the regularised incomplete beta function, which is a continued
//! fraction (NIST Digital Library of Mathematical Functions, 8.17.22).

/// The share that lies as far out as `t`, or further, on either side: a two-sided p value.
/// Nothing unless there are degrees of freedom.
pub fn beyond(t: f64, freedom: f64) -> Option<f64> {
    if !(freedom > 0.0 && freedom.is_finite()) || t.is_nan() {
        return None;
    }
    Some(beta(0.5 * freedom, 0.5, freedom / (freedom + t * t)))
}

/// How far out the 5 % lie that lie furthest out on either side: the half width of a 95 % interval
/// in standard errors. Nothing unless there are degrees of freedom.
pub fn reach_95(freedom: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    while beyond(high, freedom)? > 0.05 {
        (low, high) = (high, 2.0 * high);
        if high > 1e12 {
            return None;
        }
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if beyond(middle, freedom)? > 0.05 { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

/// The regularised incomplete beta function I_x(a, b).
fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let log = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(log + a * libm::log(x) + b * libm::log1p(-x));
    // The fraction is quick on this side of the mean, and the other side is its mirror image.
    if x < (a + 1.0) / (a + b + 2.0) {
        front / (a * fraction(a, b, x))
    } else {
        1.0 - front / (b * fraction(b, a, 1.0 - x))
    }
}

/// 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22, by Lentz's method ("Generating Bessel functions in Mie
/// scattering calculations using continued fractions", Applied Optics 15, 1976, p. 668).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if libm::fabs(value) < TINY { TINY } else { value };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for step in 1..10_000_u32 {
        let m = f64::from(step / 2);
        let term = if step.is_multiple_of(2) {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / away(1.0 + term * d);
        c = away(1.0 + term / c);
        value *= c * d;
        if libm::fabs(c * d - 1.0) < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_reaches_are_those_of_scipy() {
        // SciPy 1.17: 2 * scipy.stats.t.sf(t, df)
        for (t, freedom, p) in [
            (2.0, 5.0, 0.101_939_478_829_858_35),
            (0.1, 1.0, 0.936_548_965_138_893),
            (-3.5, 17.3, 0.002_684_788_370_514_295),
            (40.0, 30.0, 1.372_604_519_440_641_7e-27),
            (1.96, 1e6, 0.049_996_067_585_269_85),
        ] {
            let found = beyond(t, freedom).unwrap();
            assert!((found / p - 1.0).abs() < 1e-9, "{t} of {freedom}: {found}, not {p}");
        }
        // scipy.stats.t.ppf(0.975, df)
        for (freedom, reach) in [
            (1.0, 12.706_204_736_174_694),
            (4.7, 2.620_726_075_353_17),
            (98.0, 1.984_467_454_508_481_5),
        ] {
            let found = reach_95(freedom).unwrap();
            assert!((found / reach - 1.0).abs() < 1e-9, "{freedom}: {found}, not {reach}");
        }
    }

    #[test]
    fn without_freedom_there_is_nothing() {
        assert_eq!([0.0, -1.0, f64::NAN].map(reach_95), [None; 3]);
        assert_eq!(beyond(f64::NAN, 3.0), None);
    }
}
