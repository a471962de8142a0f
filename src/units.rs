//! Quantities: time, media time, bytes and rates as types that only combine in ways that mean
//! something.
//!
//! The idea to hold: everything is a whole number (nanoseconds, bytes, bits per second), so nothing
//! drifts and equal inputs give equal outputs. This is the only file in which bits meet bytes, and
//! seconds meet nanoseconds.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};

/// Nanoseconds in a second.
pub(crate) const NANOS: u64 = 1_000_000_000;
const BITS: u64 = 8;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(u64);

        impl $name {
            /// Nothing of it; for an instant, the beginning.
            pub const ZERO: Self = Self(0);
            /// More than any that occurs.
            pub const MAX: Self = Self(u64::MAX);
        }
    };
}

macro_rules! nanoseconds {
    ($($name:ident),*) => {$(
        impl $name {
            /// From whole nanoseconds.
            pub const fn from_nanos(nanos: u64) -> Self {
                Self(nanos)
            }

            /// As whole nanoseconds.
            pub const fn as_nanos(self) -> u64 {
                self.0
            }

            /// In seconds, for formulae and charts.
            pub fn as_secs_f64(self) -> f64 {
                self.0 as f64 / NANOS as f64
            }
        }
    )*};
}

macro_rules! amount {
    ($($name:ident),*) => {$(
        impl $name {
            /// The difference, or nothing if `other` is the larger.
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// Whether there is none of it.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                debug_assert!(other <= self, "{other:?} taken from {self:?}");
                Self(self.0 - other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }

        impl Mul<u64> for $name {
            type Output = Self;
            fn mul(self, times: u64) -> Self {
                Self(self.0 * times)
            }
        }

        impl Div<u64> for $name {
            type Output = Self;
            fn div(self, parts: u64) -> Self {
                Self(self.0 / parts)
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self::ZERO, Add::add)
            }
        }
    )*};
}

macro_rules! instant {
    ($($name:ident),*) => {$(
        impl Add<Span> for $name {
            type Output = Self;
            fn add(self, span: Span) -> Self {
                Self(self.0 + span.0)
            }
        }

        impl AddAssign<Span> for $name {
            fn add_assign(&mut self, span: Span) {
                *self = *self + span;
            }
        }

        impl Sub<Span> for $name {
            type Output = Self;
            fn sub(self, span: Span) -> Self {
                debug_assert!(span.0 <= self.0, "before the beginning");
                Self(self.0 - span.0)
            }
        }

        impl Sub for $name {
            type Output = Span;
            fn sub(self, earlier: Self) -> Span {
                debug_assert!(earlier <= self, "time ran backwards: {earlier:?} after {self:?}");
                Span(self.0 - earlier.0)
            }
        }
    )*};
}

quantity! {
    /// An instant in the world: nanoseconds since it began, which is when a viewer alone in it
    /// pressed play.
    Time
}

quantity! {
    /// A position in the presentation: nanoseconds of media since it began.
    Pts
}

quantity! {
    /// A length of time, of the world's or of media, in nanoseconds.
    Span
}

quantity! {
    /// A quantity of data.
    Bytes
}

quantity! {
    /// A rate of data, in bits per second.
    Bitrate
}

nanoseconds!(Time, Pts, Span);
instant!(Time, Pts);
amount!(Span, Bytes, Bitrate);

impl Span {
    /// From whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * NANOS)
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * (NANOS / 1_000))
    }

    /// From whole microseconds, or the longest there is if they are more.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(NANOS / 1_000_000))
    }

    /// From seconds with a fraction, to the nearest nanosecond; negative and NaN give zero.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(nearest(secs * NANOS as f64))
    }

    /// From milliseconds with a fraction, to the nearest nanosecond; negative and NaN give zero.
    pub fn from_millis_f64(millis: f64) -> Self {
        Self(nearest(millis * 1e6))
    }

    /// As milliseconds with a fraction, for formulae.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This length times a factor, to the nearest nanosecond; negative and NaN give zero.
    pub fn scaled(self, factor: f64) -> Self {
        Self(nearest(self.0 as f64 * factor))
    }

    /// In ticks of so many a second, to the nearest.
    pub(crate) fn in_ticks(self, scale: u64) -> u128 {
        (u128::from(self.0) * u128::from(scale) + u128::from(NANOS / 2)) / u128::from(NANOS)
    }

    /// In milliseconds, rounded up.
    pub(crate) const fn as_millis_up(self) -> u64 {
        self.0.div_ceil(NANOS / 1_000)
    }

    /// The two together, or the longest there is.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// As milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / (NANOS / 1_000)
    }
}

impl Time {
    /// The instant `span` later, or the end of time if there is none.
    pub const fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The span since the world began.
    pub const fn since_start(self) -> Span {
        Span(self.0)
    }
}

impl Pts {
    /// The span since the presentation's first frame.
    pub const fn since_start(self) -> Span {
        Span(self.0)
    }
}

impl Bytes {
    /// From a count of bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// As many as it takes to hold so much.
    pub fn covering(work: Work) -> Self {
        Self(work.over_up(BITS * NANOS))
    }

    /// As a count of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// For formulae.
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// From bits with a fraction, in whole bytes; negative and NaN give zero.
    pub fn from_bits_f64(bits: f64) -> Self {
        Self((bits / BITS as f64) as u64)
    }

    /// In bits, for formulae.
    pub fn as_bits_f64(self) -> f64 {
        (self.0 * BITS) as f64
    }
}

impl Bitrate {
    /// From bits per second.
    pub const fn from_bps(bps: u64) -> Self {
        Self(bps)
    }

    /// From kilobits (1,000 bits) per second.
    pub const fn kbps(kbps: u64) -> Self {
        Self(kbps * 1_000)
    }

    /// From bits per second with a fraction, to the nearest; negative and NaN give zero.
    pub fn from_bps_f64(bps: f64) -> Self {
        Self(nearest(bps))
    }

    /// As bits per second.
    pub const fn as_bps(self) -> u64 {
        self.0
    }

    /// As bits per second, for formulae.
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// As kilobits per second, for formulae and reports.
    pub fn as_kbps_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// This rate times a factor, to the nearest bit per second.
    pub fn scaled(self, factor: f64) -> Self {
        Self::from_bps_f64(self.as_f64() * factor)
    }
}

/// The nearest whole number, a half going up; nothing for negative numbers and NaN.
fn nearest(x: f64) -> u64 {
    let whole = x as u64;
    whole.saturating_add(u64::from(x - whole as f64 >= 0.5))
}

/// How fast media is played: seconds of media in a second of the world's time, in thousandths.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Speed(u16);

/// Less than a nanosecond of media, in thousandths: what is left over when a span of the world's
/// time is turned into media. Whoever carries it along never drifts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Sliver(u16);

impl Speed {
    /// As it was recorded.
    pub const NORMAL: Self = Self(1_000);
    /// The slowest there is: a quarter.
    pub const SLOWEST: Self = Self(250);
    /// The fastest: four times.
    pub const FASTEST: Self = Self(4_000);

    /// From thousandths of the normal speed, 250 to 4,000.
    pub const fn from_per_mille(per_mille: u16) -> Option<Self> {
        match per_mille {
            250..=4_000 => Some(Self(per_mille)),
            _ => None,
        }
    }

    /// As a factor, for formulae; exactly one at the normal speed.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1e3
    }

    /// Media played in a span of the world's time, and what is left over, given what was before.
    #[inline]
    pub fn plays(self, world: Span, carried: Sliver) -> (Span, Sliver) {
        if self == Self::NORMAL {
            return (world, carried);
        }
        // Of less than two months all of it fits into a word.
        let own = world.0.checked_mul(self.0.into());
        if let Some(parts) = own.and_then(|own| own.checked_add(carried.0.into())) {
            return (Span(parts / 1_000), Sliver((parts % 1_000) as u16));
        }
        let parts = u128::from(world.0) * u128::from(self.0) + u128::from(carried.0);
        (Span(fit(parts / 1_000)), Sliver((parts % 1_000) as u16))
    }

    /// The time it takes to play so much media, to the first nanosecond at which it is all played,
    /// given what is already carried.
    #[inline]
    pub fn takes(self, media: Span, carried: Sliver) -> Span {
        if self == Self::NORMAL {
            return media;
        }
        if let Some(parts) = media.0.checked_mul(1_000) {
            return Span(parts.saturating_sub(carried.0.into()).div_ceil(self.0.into()));
        }
        let parts = (u128::from(media.0) * 1_000).saturating_sub(carried.0.into());
        Span(fit(parts.div_ceil(self.0.into())))
    }

    /// How long ago there was so much less of it played, to the first nanosecond at which there was
    /// not even less, given what is carried now.
    #[inline]
    pub fn took(self, media: Span, carried: Sliver) -> Span {
        if self == Self::NORMAL {
            return media;
        }
        let parts = u128::from(media.0) * 1_000 + u128::from(carried.0);
        Span(fit(parts / u128::from(self.0)))
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::NORMAL
    }
}

/// By how much a clock is wrong, in nanoseconds; one above zero is fast.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Skew(i64);

impl Skew {
    /// Fast by so much, or slow.
    pub fn new(by: Span, fast: bool) -> Self {
        let by = i64::try_from(by.0).unwrap_or(i64::MAX);
        Self(if fast { by } else { -by })
    }

    /// What such a clock shows; none shows what was before the beginning.
    #[inline]
    pub fn shows(self, truth: Span) -> Span {
        Span(truth.0.saturating_add_signed(self.0))
    }

    /// When it shows that.
    #[inline]
    pub fn when(self, shown: Span) -> Span {
        Span(shown.0.saturating_add_signed(self.0.saturating_neg()))
    }

    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// A number of nanoseconds, or the most there is room for.
fn fit(nanos: u128) -> u64 {
    nanos.try_into().unwrap_or(u64::MAX)
}

/// What a link does: bits × nanoseconds per second, so that `rate * span` is exact.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Work(u128);

impl Work {
    /// None.
    pub const ZERO: Self = Self(0);

    /// The least there is: a billionth of a bit.
    pub const UNIT: Self = Self(1);

    /// The difference, or none if `other` is the larger.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// An equal share for each of `n`, and what is left over.
    pub const fn split(self, n: u64) -> (Self, Self) {
        match n {
            1 => (self, Self::ZERO),
            _ => (Self(self.0 / n as u128), Self(self.0 % n as u128)),
        }
    }

    /// How many whole times `part` fits, and what is left over.
    pub const fn times(self, part: Self) -> (u64, Self) {
        ((self.0 / part.0) as u64, Self(self.0 % part.0))
    }

    /// The quotient, rounded down, or the most there is room for.
    fn over(self, divisor: u64) -> u64 {
        // A 64-bit division is several times faster than a 128-bit one, and nearly always enough.
        match u64::try_from(self.0) {
            Ok(work) => work / divisor,
            Err(_) => (self.0 / divisor as u128).try_into().unwrap_or(u64::MAX),
        }
    }

    /// The same, rounded up.
    fn over_up(self, divisor: u64) -> u64 {
        Self(self.0 + (divisor - 1) as u128).over(divisor)
    }
}

impl From<Bytes> for Work {
    fn from(bytes: Bytes) -> Self {
        Self(bytes.0 as u128 * (BITS * NANOS) as u128)
    }
}

impl From<Work> for Bytes {
    /// Whole bytes only: a byte has arrived when its last bit has.
    fn from(work: Work) -> Self {
        Self(work.over(BITS * NANOS))
    }
}

impl Mul<Span> for Bitrate {
    type Output = Work;
    fn mul(self, span: Span) -> Work {
        Work(self.0 as u128 * span.0 as u128)
    }
}

impl Div<Bitrate> for Work {
    type Output = Span;
    /// Rounds up: a transfer is done no earlier than its last bit.
    fn div(self, rate: Bitrate) -> Span {
        Span(self.over_up(rate.0))
    }
}

impl Div<Span> for Bytes {
    type Output = Bitrate;
    fn div(self, span: Span) -> Bitrate {
        Work::from(self) / span
    }
}

impl Div<Span> for Work {
    type Output = Bitrate;
    fn div(self, span: Span) -> Bitrate {
        Bitrate(self.over(span.0))
    }
}

impl Add for Work {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Work {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        debug_assert!(other <= self, "{other:?} taken from {self:?}");
        Self(self.0 - other.0)
    }
}

impl Mul<u64> for Work {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0 * times as u128)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Span(self.0))
    }
}

impl fmt::Display for Span {
    /// Seconds, exactly: `12.5s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", Decimal { whole: self.0 / NANOS, nanos: self.0 % NANOS })
    }
}

impl Span {
    /// Seconds as a decimal number with no digit more than it needs: `12.5`. Exact.
    pub fn in_secs(self) -> impl fmt::Display {
        Decimal { whole: self.0 / NANOS, nanos: self.0 % NANOS }
    }

    /// Milliseconds, in the same way: `0.25`. Exact.
    pub fn in_millis(self) -> impl fmt::Display {
        let milli = NANOS / 1_000;
        Decimal { whole: self.0 / milli, nanos: self.0 % milli * 1_000 }
    }
}

impl Bitrate {
    /// Kilobits per second as a decimal number with no digit more than it needs. Exact.
    pub fn in_kbps(self) -> impl fmt::Display {
        Decimal { whole: self.0 / 1_000, nanos: self.0 % 1_000 * (NANOS / 1_000) }
    }

    /// Megabits per second, in the same way.
    pub fn in_mbps(self) -> impl fmt::Display {
        Decimal { whole: self.0 / 1_000_000, nanos: self.0 % 1_000_000 * (NANOS / 1_000_000) }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B", self.0)
    }
}

impl fmt::Display for Bitrate {
    /// In the largest unit that leaves a whole number or few decimals: `2.5 Mbps`, `800 kbps`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            1_000_000_000.. => (1_000_000_000, "Gbps"),
            1_000_000.. => (1_000_000, "Mbps"),
            1_000.. => (1_000, "kbps"),
            _ => (1, "bps"),
        };
        let nanos = self.0 % unit * (NANOS / unit);
        write!(f, "{} {name}", Decimal { whole: self.0 / unit, nanos })
    }
}

impl fmt::Display for Speed {
    /// As a factor, exactly: `1.25x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, thousandths) = (u64::from(self.0 / 1_000), u64::from(self.0 % 1_000));
        write!(f, "{}x", Decimal { whole, nanos: thousandths * (NANOS / 1_000) })
    }
}

/// A number of billionths, written without trailing zeros.
struct Decimal {
    whole: u64,
    nanos: u64,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut fraction, mut digits) = (self.nanos, 9);
        if fraction == 0 {
            return write!(f, "{}", self.whole);
        }
        while fraction.is_multiple_of(10) {
            (fraction, digits) = (fraction / 10, digits - 1);
        }
        write!(f, "{}.{fraction:0digits$}", self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_at_eight_megabits_takes_one_second() {
        let megabyte = Bytes::new(1_000_000);
        assert_eq!(Work::from(megabyte) / Bitrate::kbps(8_000), Span::from_secs(1));
        assert_eq!(megabyte / Span::from_secs(1), Bitrate::kbps(8_000));
    }

    #[test]
    fn quotients_too_large_for_64_bits_agree_with_those_that_fit() {
        // 10 GB at 1 Gbit/s: 80 s. The work is 8e19, more than 64 bits hold.
        let heavy = Bytes::new(10_000_000_000);
        assert_eq!(Work::from(heavy) / Bitrate::kbps(1_000_000), Span::from_secs(80));
        assert_eq!(heavy / Span::from_secs(80), Bitrate::kbps(1_000_000));
    }

    #[test]
    fn a_million_little_steps_at_any_speed_go_as_far_as_one() {
        for per_mille in [250, 333, 999, 1_000, 1_337, 4_000] {
            let speed = Speed::from_per_mille(per_mille).unwrap();
            let (mut media, mut carried) = (Span::ZERO, Sliver::default());
            for _ in 0..1_000_000 {
                let (played, left) = speed.plays(Span::from_nanos(7), carried);
                (media, carried) = (media + played, left);
            }
            // 7 ms of the world, in thousandths of a nanosecond: 7,000 times the speed.
            assert_eq!(media, Span::from_nanos(7_000 * u64::from(per_mille)), "{speed}");
            assert_eq!(carried, Sliver::default());
        }
    }

    #[test]
    fn media_is_played_at_the_first_nanosecond_that_has_played_it_all() {
        // At 1.5x 10 ns of media take 6.67 ns. After 7 there are 10.5, and 10 had been 0.33 ago.
        let speed = Speed::from_per_mille(1_500).unwrap();
        let (ten, none) = (Span::from_nanos(10), Sliver::default());
        assert_eq!(speed.takes(ten, none), Span::from_nanos(7));
        let (played, carried) = speed.plays(Span::from_nanos(7), none);
        assert_eq!((played, carried), (ten, Sliver(500)));
        assert_eq!(speed.took(played - ten, carried), Span::ZERO);
        // The next 10 need only 9.5 more: 6.33 ns.
        assert_eq!(speed.takes(ten, carried), Span::from_nanos(7));
        assert_eq!(speed.takes(Span::from_nanos(5), carried), Span::from_nanos(3), "4.5 / 1.5");
        assert_eq!(Speed::SLOWEST.takes(Span::MAX, none), Span::MAX, "and never too much to hold");
        assert_eq!((Speed::from_per_mille(249), Speed::from_per_mille(4_001)), (None, None));
    }

    #[test]
    fn quantities_print_as_people_write_them() {
        assert_eq!(Span::from_millis(12_500).to_string(), "12.5s");
        assert_eq!(Span::from_nanos(1).in_secs().to_string(), "0.000000001");
        assert_eq!(Span::from_secs(40).in_secs().to_string(), "40");
        assert_eq!(Span::from_nanos(1_250_000).in_millis().to_string(), "1.25");
        assert_eq!(Bitrate::kbps(2_500).to_string(), "2.5 Mbps");
        assert_eq!(Bitrate::kbps(800).to_string(), "800 kbps");
        assert_eq!(Bitrate::from_bps(1_234_567).to_string(), "1.234567 Mbps");
        assert_eq!(Speed::from_per_mille(1_250).unwrap().to_string(), "1.25x");
    }
}
