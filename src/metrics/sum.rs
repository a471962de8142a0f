//! Time added up over many viewers.
//!
//! The idea to hold: a [`Span`] ends after 584 years, which thirty million viewers of ten minutes
//! fill. Their sum is as exact and never full.

use std::iter;
use std::ops::{Add, AddAssign};

use crate::units::Span;

/// A sum of spans, whole to the nanosecond however many they are.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct TotalTime(u128);

impl TotalTime {
    /// None.
    pub const ZERO: Self = Self(0);

    /// In seconds, for formulae and reports.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / Span::from_secs(1).as_nanos() as f64
    }

    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// How often it has to be halved to be a span, and that span: what is needed for a quotient,
    /// whose dividend is halved as often.
    pub(super) const fn halved(self) -> (u32, Span) {
        let times = u64::BITS.saturating_sub(self.0.leading_zeros());
        (times, Span::from_nanos((self.0 >> times) as u64))
    }
}

impl From<Span> for TotalTime {
    fn from(span: Span) -> Self {
        Self(span.as_nanos().into())
    }
}

impl Add for TotalTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl<T: Into<Self>> AddAssign<T> for TotalTime {
    fn add_assign(&mut self, other: T) {
        *self = *self + other.into();
    }
}

impl iter::Sum for TotalTime {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_viewers_of_ten_years_are_ten_thousand_years() {
        let decade = Span::from_secs(10 * 365 * 86_400);
        let sum: TotalTime = (0..1_000).map(|_| decade.into()).sum();
        assert_eq!(sum.as_secs_f64(), 10_000.0 * 365.0 * 86_400.0);
        // 3.15e20 ns are between 2^68 and 2^69: five halvings leave 64 bits.
        let (times, span) = sum.halved();
        assert_eq!((times, span.as_nanos() as u128), (5, 315_360_000_000_000_000_000_u128 >> 5));
    }

    #[test]
    fn what_fits_a_span_is_that_span() {
        for span in [Span::ZERO, Span::from_secs(7), Span::MAX] {
            assert_eq!(TotalTime::from(span).halved(), (0, span));
            assert_eq!(TotalTime::from(span).as_secs_f64(), span.as_secs_f64());
        }
    }
}
