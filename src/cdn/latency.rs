//! How long an origin thinks: a median, and the few requests that take far longer.
//!
//! The idea to hold: a latency is a draw by name, so whose it is decides it, whenever they ask.
//! Between quantiles its logarithm is a straight line over `−ln(1 − u)`, how rare a request is:
//! pieces of Pareto's distribution through the percentiles of a dashboard.

use std::sync::Arc;

use crate::seed::{Purpose, Seed};
use crate::units::Span;

/// From a request's arrival to its first byte leaving.
#[derive(Clone, Debug, PartialEq)]
pub enum Latency {
    /// Always the same.
    Same(Span),
    /// A median and the quantiles above it.
    Quantiles(Span, Tail),
    /// Its logarithm is normal.
    LogNormal {
        /// What half of the requests take longer than.
        median: Span,
        /// The deviation of its natural logarithm.
        sigma: f64,
    },
    /// Weibull's distribution: `scale · (−ln(1 − u))^(1/shape)`.
    Weibull {
        /// What one in e takes longer than.
        scale: Span,
        /// Below one the tail is longer than an exponential one.
        shape: f64,
    },
    /// As they were measured, in ascending order, at least one; a straight line from each to the
    /// next.
    Measured(Arc<[Span]>),
}

impl Default for Latency {
    fn default() -> Self {
        Self::Same(Span::ZERO)
    }
}

impl From<Span> for Latency {
    fn from(latency: Span) -> Self {
        Self::Same(latency)
    }
}

impl Latency {
    /// The one that these keys name.
    pub fn draw(&self, seed: Seed, keys: &[u64]) -> Span {
        let unit = || seed.unit(Purpose::Tail, keys);
        match *self {
            Self::Same(latency) => latency,
            Self::Quantiles(median, ref tail) => tail.at(median, unit()),
            Self::LogNormal { median, sigma } => {
                median.scaled(libm::exp(sigma * seed.stream(Purpose::Tail, keys).normal()))
            }
            Self::Weibull { scale, shape } => {
                scale.scaled(libm::pow(-libm::log(1.0 - unit()), 1.0 / shape))
            }
            Self::Measured(ref all) => {
                let place = unit() * (all.len() - 1) as f64;
                let below = place as usize;
                let (from, to) = (all[below], all[(below + 1).min(all.len() - 1)]);
                from + to.saturating_sub(from).scaled(place - below as f64)
            }
        }
    }

    /// What half of the requests take longer than.
    pub fn median(&self) -> Span {
        match *self {
            Self::Same(latency) => latency,
            Self::Quantiles(median, _) | Self::LogNormal { median, .. } => median,
            Self::Weibull { scale, shape } => {
                scale.scaled(libm::pow(std::f64::consts::LN_2, 1.0 / shape))
            }
            Self::Measured(ref all) => all[all.len() / 2],
        }
    }
}

/// The quantiles above a median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// What one request in a hundred takes longer than; at least the median.
    pub p99: Span,
    /// What one in a thousand takes; at least `p99`. No request takes longer.
    pub p999: Span,
}

impl Tail {
    /// With this quantile and a thousandth that lies on the line through it and the median.
    pub fn through(median: Span, p99: Span) -> Self {
        let steeper = p99.as_secs_f64() / median.as_secs_f64();
        // Of the way from one half to one hundredth, ln 50, a thousandth is ln 10 further.
        let beyond = libm::pow(steeper, libm::log(10.0) / libm::log(50.0));
        Self { p99, p999: p99.scaled(beyond) }
    }

    /// The latency of a request that is slower than a share `u` of all, from 0 to 1. Below the
    /// median it goes evenly from half of it; from the thousandth on it stays.
    pub fn at(&self, median: Span, u: f64) -> Span {
        if u <= 0.5 {
            return median.scaled(0.5 + u);
        }
        let rare = -libm::log(1.0 - u);
        let (half, hundredth, thousandth) = (libm::log(2.0), libm::log(100.0), libm::log(1_000.0));
        let line = |from: Span, to: Span, share: f64| {
            from.scaled(libm::pow(to.as_secs_f64() / from.as_secs_f64(), share))
        };
        match rare {
            _ if rare >= thousandth => self.p999,
            _ if rare >= hundredth => {
                line(self.p99, self.p999, (rare - hundredth) / (thousandth - hundredth))
            }
            _ => line(median, self.p99, (rare - half) / (hundredth - half)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEDIAN: Span = Span::from_millis(20);
    const TAIL: Tail = Tail { p99: Span::from_millis(500), p999: Span::from_secs(2) };

    fn at(u: f64) -> f64 {
        TAIL.at(MEDIAN, u).as_millis_f64()
    }

    #[test]
    fn quantiles_are_those_asked_for_and_what_is_between_lies_on_lines() {
        let near = |found: f64, right: f64| assert!((found / right - 1.0).abs() < 1e-6, "{found}");
        near(at(0.0), 10.0);
        near(at(0.25), 15.0);
        near(at(0.5), 20.0);
        near(at(0.99), 500.0);
        near(at(0.999), 2_000.0);
        near(at(0.999_999), 2_000.0);
        // Half of the way from ln 2 to ln 100 is at 1 − 1/√200: √(20 · 500) = 100 ms. From ln 100
        // to ln 1000 it is at 1 − 1/√100,000: √(500 · 2,000) = 1 s.
        near(at(1.0 - 1.0 / libm::sqrt(200.0)), 100.0);
        near(at(1.0 - 1.0 / libm::sqrt(1e5)), 1_000.0);
    }

    #[test]
    fn a_thousandth_that_is_not_given_lies_on_the_same_line() {
        // 50 times rarer is 10 times slower, so another 50 times would be another 10 times.
        let tail = Tail::through(MEDIAN, Span::from_millis(200));
        let fifty_times_rarer = libm::log(10.0) / libm::log(50.0);
        let right = 200.0 * libm::pow(10.0, fifty_times_rarer);
        assert!((tail.p999.as_millis_f64() / right - 1.0).abs() < 1e-6, "{}", tail.p999);
        let flat = Tail::through(MEDIAN, MEDIAN);
        assert_eq!(flat.p999, MEDIAN);
    }

    #[test]
    fn every_distribution_has_the_median_it_says() {
        let measured = [10, 20, 40, 90, 400].map(Span::from_millis);
        for latency in [
            Latency::Same(MEDIAN),
            Latency::Quantiles(MEDIAN, TAIL),
            Latency::LogNormal { median: MEDIAN, sigma: 1.2 },
            Latency::Weibull { scale: MEDIAN, shape: 0.7 },
            Latency::Measured(measured.into()),
        ] {
            let mut drawn: Vec<_> = (0..20_001).map(|n| latency.draw(Seed(3), &[n])).collect();
            drawn.sort();
            let ratio = drawn[10_000].as_secs_f64() / latency.median().as_secs_f64();
            assert!((ratio - 1.0).abs() < 0.05, "{latency:?}: {ratio}");
        }
    }

    #[test]
    fn who_is_slower_takes_longer() {
        let mut last = 0.0;
        for step in 0..=10_000 {
            let now = at(f64::from(step) / 10_000.0);
            assert!(now >= last, "{step}");
            last = now;
        }
    }
}
