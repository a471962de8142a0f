//! What there is to say of traces in numbers: quantiles, outages, variation.
//!
//! The idea to hold: every number weighs by time, since a player meets seconds and not rows, so it
//! does not matter how finely a file was written.

use super::Trace;
use crate::units::{Bitrate, Span, Work};

/// One trace measured, or several as if they were one after the other.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Rates in rising order, each with how long it holds in all.
    rates: Vec<(Bitrate, Span)>,
    length: Span,
    work: Work,
    outages: u64,
}

impl Measures {
    /// Those of a trace.
    pub fn of(trace: &Trace) -> Self {
        let mut rates: Vec<_> = trace.treads().map(|tread| (tread.rate, tread.span)).collect();
        let still = |rate: &(Bitrate, Span)| rate.0.is_zero();
        // Zeroes next to each other are one outage.
        let outages = rates.chunk_by(|a, b| still(a) == still(b)).filter(|run| still(&run[0]));
        let outages = outages.count() as u64;
        rates.sort_unstable_by_key(|(rate, _)| *rate);
        let mut measures = Self { outages, ..Self::default() };
        measures.put(rates);
        measures
    }

    /// Those of all of these. None make one of no length.
    pub fn of_all<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let outages = all.clone().map(|measures| measures.outages).sum();
        let mut rates: Vec<_> = all.flat_map(|measures| measures.rates.iter().copied()).collect();
        rates.sort_unstable_by_key(|(rate, _)| *rate);
        let mut measures = Self { outages, ..Self::default() };
        measures.put(rates);
        measures
    }

    fn put(&mut self, sorted: Vec<(Bitrate, Span)>) {
        for (rate, span) in sorted {
            self.length += span;
            self.work += rate * span;
            match self.rates.last_mut() {
                Some(last) if last.0 == rate => last.1 += span,
                Some(_) | None => self.rates.push((rate, span)),
            }
        }
    }

    /// How long it lasts.
    pub fn length(&self) -> Span {
        self.length
    }

    /// The mean rate; zero if it has no length.
    pub fn mean(&self) -> Bitrate {
        if self.length.is_zero() { Bitrate::ZERO } else { self.work / self.length }
    }

    /// The lowest rate that is not exceeded for at least this share of the time, from 0 to 1.
    pub fn quantile(&self, share: f64) -> Bitrate {
        let wanted = Span::from_nanos((self.length.as_nanos() as f64 * share) as u64);
        let mut below = Span::ZERO;
        for (rate, span) in &self.rates {
            below += *span;
            if below >= wanted {
                return *rate;
            }
        }
        self.rates.last().map_or(Bitrate::ZERO, |(rate, _)| *rate)
    }

    /// How often the bandwidth goes to zero. An outage at the end of a trace that repeats and one
    /// at its beginning are two.
    pub fn outages(&self) -> u64 {
        self.outages
    }

    /// How long it is zero in all.
    pub fn quiet(&self) -> Span {
        self.rates.first().filter(|(rate, _)| rate.is_zero()).map_or(Span::ZERO, |zero| zero.1)
    }

    /// The coefficient of variation: the deviation of the rate over its mean; 0 is constant.
    pub fn variation(&self) -> f64 {
        let (length, mean) = (self.length.as_secs_f64(), self.mean().as_f64());
        if mean <= 0.0 {
            return 0.0;
        }
        let square = |(rate, span): &(Bitrate, Span)| {
            let off = rate.as_f64() - mean;
            off * off * (span.as_secs_f64() / length)
        };
        libm::sqrt(self.rates.iter().map(square).sum()) / mean
    }

    /// The share of the time that the bandwidth is at least this, from 0 to 1.
    pub fn sustains(&self, bitrate: Bitrate) -> f64 {
        let at_least = self.rates.iter().filter(|(rate, _)| *rate >= bitrate);
        let span: Span = at_least.map(|(_, span)| *span).sum();
        if self.length.is_zero() { 0.0 } else { span.as_secs_f64() / self.length.as_secs_f64() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{End, Tread};

    fn trace(treads: &[(u64, u64)]) -> Trace {
        let tread = |&(secs, kbps): &(u64, u64)| Tread {
            span: Span::from_secs(secs),
            rate: Bitrate::kbps(kbps),
            rtt: None,
        };
        Trace::new(treads.iter().map(tread), End::Repeat).unwrap()
    }

    #[test]
    fn every_number_weighs_by_time() {
        // 60 s at 1,000, 30 at 4,000, 10 at 0 in two outages: a mean of 1,800.
        let measures =
            Measures::of(&trace(&[(20, 1_000), (4, 0), (3, 0), (30, 4_000), (3, 0), (40, 1_000)]));
        assert_eq!(measures.length(), Span::from_secs(100));
        assert_eq!(measures.mean(), Bitrate::kbps(1_800));
        assert_eq!((measures.outages(), measures.quiet()), (2, Span::from_secs(10)));
        // Below 1,000 for 10 % of the time, up to it for 70 %.
        let quantiles = [0.05, 0.1, 0.11, 0.5, 0.7, 0.71, 1.0].map(|q| measures.quantile(q));
        let right = [0, 0, 1_000, 1_000, 1_000, 4_000, 4_000];
        assert_eq!(quantiles, right.map(Bitrate::kbps));
        // 0.6 × 800² + 0.3 × 2,200² + 0.1 × 1,800² = 2,160,000; its root 1,469.69 over 1,800.
        assert!((measures.variation() - 0.816_497).abs() < 1e-6, "{}", measures.variation());
        let shares = [0, 1_000, 1_001, 4_000, 4_001].map(|k| measures.sustains(Bitrate::kbps(k)));
        assert_eq!(shares, [1.0, 0.9, 0.3, 0.3, 0.0]);
    }

    #[test]
    fn several_are_measured_as_if_one_after_the_other() {
        let (one, two) = (trace(&[(10, 1_000), (10, 0)]), trace(&[(10, 0), (20, 3_000)]));
        let all = Measures::of_all([&Measures::of(&one), &Measures::of(&two)].into_iter());
        assert_eq!(all.length(), Span::from_secs(50));
        assert_eq!(all.mean(), Bitrate::kbps(1_400), "(10 × 1,000 + 20 × 3,000) / 50");
        assert_eq!((all.outages(), all.quiet()), (2, Span::from_secs(20)));
        let none = Measures::of_all([].into_iter());
        assert_eq!((none.mean(), none.variation()), (Bitrate::ZERO, 0.0));
    }
}
