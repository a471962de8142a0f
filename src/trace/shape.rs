//! Shapes: bandwidth drawn with a ruler, for when a question is about one change and nothing else.
//!
//! The idea to hold: a shape is exact. Its length is what was asked for, to the nanosecond, and
//! where a rate changes evenly, what the link carries is what the even change would carry. What
//! follows its length is the caller's to say: repeated, a square is a wave and a pyramid a range of
//! them.

use super::read::MAX_STEPS;
use super::{End, Flaw, Trace, Tread};
use crate::units::{Bitrate, Span};

/// A shape, and what is needed to draw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// The same rate throughout.
    Constant {
        /// What the link carries.
        rate: Bitrate,
    },
    /// So many even steps from one rate to another, as long each; both rates are among them.
    Steps {
        /// The first rate.
        from: Bitrate,
        /// The last.
        to: Bitrate,
        /// How many rates: at least one, and one alone is the first.
        count: u64,
    },
    /// From one rate to another without a step that shows: every second has the mean of its own.
    Ramp {
        /// The rate it begins at.
        from: Bitrate,
        /// The rate it comes to.
        to: Bitrate,
    },
    /// Steps there and back. The farthest rate comes once, so there are twice as many less one.
    Pyramid {
        /// The rate it begins and ends with.
        from: Bitrate,
        /// The rate in the middle.
        to: Bitrate,
        /// How many rates there are: at least one.
        count: u64,
    },
    /// One rate, another for a while, and the first again.
    Spike {
        /// The rate before and after.
        rate: Bitrate,
        /// The rate of the spike, above or below it.
        peak: Bitrate,
        /// When it begins.
        at: Span,
        /// How long it lasts.
        lasts: Span,
    },
    /// Two rates by turns, the higher first.
    Square {
        /// The first rate.
        high: Bitrate,
        /// The second.
        low: Bitrate,
        /// How long both last together.
        period: Span,
        /// The share of a period that the first has: from 0 to 1.
        duty: f64,
    },
    /// One rate, nothing for a while, and the first again.
    Outage {
        /// The rate before and after.
        rate: Bitrate,
        /// When it begins.
        at: Span,
        /// How long it lasts.
        lasts: Span,
    },
}

/// Why a shape makes no trace.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ShapeError {
    /// A staircase without a stair.
    #[error("there must be one step at least")]
    NoSteps,
    /// More than [`MAX_STEPS`].
    #[error("the trace would have more than {MAX_STEPS} steps")]
    TooManySteps,
    /// A share of a period that is none.
    #[error("the high rate's share of a period should be from 0 to 1, and is {0}")]
    Duty(f64),
    /// A wave that does not move on.
    #[error("a period must last longer than zero")]
    NoPeriod,
    /// What should happen within the trace would go on beyond it.
    #[error("it would begin at {at} and last {lasts}, and the whole lasts {length}")]
    Outside {
        /// When it would begin.
        at: Span,
        /// How long it would last.
        lasts: Span,
        /// How long the trace is.
        length: Span,
    },
    /// No time at all, a rate that is too high, or no rate above zero.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

/// How long a rate holds on a ramp.
pub const RAMP_STEP: Span = Span::from_secs(1);

impl Shape {
    /// Every shape's name, as a scenario or the command line has it.
    pub const NAMES: [&'static str; 7] =
        ["constant", "steps", "ramp", "pyramid", "spike", "square", "outage"];

    /// Its name, as a scenario or the command line has it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Constant { .. } => "constant",
            Self::Steps { .. } => "steps",
            Self::Ramp { .. } => "ramp",
            Self::Pyramid { .. } => "pyramid",
            Self::Spike { .. } => "spike",
            Self::Square { .. } => "square",
            Self::Outage { .. } => "outage",
        }
    }

    /// The shape drawn over a length of time, with a round trip throughout if one is given.
    pub fn trace(&self, length: Span, rtt: Option<Span>, end: End) -> Result<Trace, ShapeError> {
        let stairs = match *self {
            Self::Constant { rate } => vec![(length, rate)],
            Self::Steps { from, to, count } => steps(from, to, count, count, length)?,
            Self::Ramp { from, to } => ramp(from, to, length)?,
            Self::Pyramid { from, to, count } => {
                let all = count.saturating_mul(2).saturating_sub(1);
                steps(from, to, count, all, length)?
            }
            Self::Spike { rate, peak, at, lasts } => spike(rate, peak, at, lasts, length)?,
            Self::Square { high, low, period, duty } => square(high, low, period, duty, length)?,
            Self::Outage { rate, at, lasts } => spike(rate, Bitrate::ZERO, at, lasts, length)?,
        };
        let treads = stairs.into_iter().map(|(span, rate)| Tread { span, rate, rtt });
        Ok(Trace::new(treads, end)?)
    }
}

/// A rate and for how long.
type Stair = (Span, Bitrate);

/// Even steps up to the `count`th of `all`, and back again for the rest of them.
fn steps(
    from: Bitrate,
    to: Bitrate,
    count: u64,
    all: u64,
    length: Span,
) -> Result<Vec<Stair>, ShapeError> {
    if count == 0 {
        return Err(ShapeError::NoSteps);
    }
    if all > MAX_STEPS as u64 {
        return Err(ShapeError::TooManySteps);
    }
    // The bounds are rounded rather than the lengths, so that the last is the end.
    let bound = |i: u64| Span::from_nanos(part(length.as_nanos(), i, all));
    let stair = |i: u64| {
        let place = if i < count { i } else { all - 1 - i };
        let rate = between(from, to, u128::from(place), u128::from((count - 1).max(1)));
        (bound(i + 1) - bound(i), rate)
    };
    Ok((0..all).map(stair).collect())
}

fn ramp(from: Bitrate, to: Bitrate, length: Span) -> Result<Vec<Stair>, ShapeError> {
    if length > RAMP_STEP * MAX_STEPS as u64 {
        return Err(ShapeError::TooManySteps);
    }
    let (mut stairs, mut at) = (Vec::new(), Span::ZERO);
    while at < length {
        let until = (at + RAMP_STEP).min(length);
        // Half way between the two: its mean.
        let middle = u128::from(at.as_nanos()) + u128::from(until.as_nanos());
        let whole = 2 * u128::from(length.as_nanos());
        stairs.push((until - at, between(from, to, middle, whole)));
        at = until;
    }
    Ok(stairs)
}

fn spike(
    rate: Bitrate,
    peak: Bitrate,
    at: Span,
    lasts: Span,
    length: Span,
) -> Result<Vec<Stair>, ShapeError> {
    let rest = length.as_nanos().checked_sub(at.as_nanos());
    let rest = rest.and_then(|rest| rest.checked_sub(lasts.as_nanos()));
    let rest = Span::from_nanos(rest.ok_or(ShapeError::Outside { at, lasts, length })?);
    Ok(vec![(at, rate), (lasts, peak), (rest, rate)])
}

fn square(
    high: Bitrate,
    low: Bitrate,
    period: Span,
    duty: f64,
    length: Span,
) -> Result<Vec<Stair>, ShapeError> {
    if !(0.0..=1.0).contains(&duty) {
        return Err(ShapeError::Duty(duty));
    }
    if period.is_zero() {
        return Err(ShapeError::NoPeriod);
    }
    if length.as_nanos() / period.as_nanos() >= MAX_STEPS as u64 / 2 {
        return Err(ShapeError::TooManySteps);
    }
    let above = Span::from_secs_f64(period.as_secs_f64() * duty).min(period);
    let (mut stairs, mut left) = (Vec::new(), length);
    while !left.is_zero() {
        for (span, rate) in [(above, high), (period - above, low)] {
            let span = span.min(left);
            stairs.push((span, rate));
            left -= span;
        }
    }
    Ok(stairs)
}

/// The rate at a part of the way, to the nearest bit per second.
fn between(from: Bitrate, to: Bitrate, part: u128, whole: u128) -> Bitrate {
    // Ten years in nanoseconds and the fastest link make 2^100: there is room.
    let [from, to] = [from, to].map(|rate| u128::from(rate.min(super::MAX_RATE * 2).as_bps()));
    let bps = (from * (whole - part) + to * part + whole / 2) / whole;
    Bitrate::from_bps(bps as u64)
}

/// So many parts of all, rounded down.
fn part(of: u64, parts: u64, all: u64) -> u64 {
    (u128::from(of) * u128::from(parts) / u128::from(all)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    const MBPS: fn(u64) -> Bitrate = |mbps| Bitrate::kbps(mbps * 1_000);
    const SECS: fn(u64) -> Span = Span::from_secs;

    /// Milliseconds and kbps.
    fn drawn(shape: Shape, length: Span) -> Vec<(u64, u64)> {
        let trace = shape.trace(length, None, End::Hold).unwrap();
        assert_eq!(trace.length(), length);
        trace.treads().map(|t| (t.span.as_millis(), t.rate.as_bps() / 1_000)).collect()
    }

    #[test]
    fn a_constant_is_one_step() {
        assert_eq!(drawn(Shape::Constant { rate: MBPS(3) }, SECS(60)), [(60_000, 3_000)]);
    }

    #[test]
    fn steps_are_even_and_have_both_ends() {
        // From 6 to 0.5 Mbps in six: 5.5 / 5 = 1.1 Mbps a step, 180 / 6 = 30 s each.
        let down = Shape::Steps { from: MBPS(6), to: Bitrate::kbps(500), count: 6 };
        let right = [6_000, 4_900, 3_800, 2_700, 1_600, 500].map(|kbps| (30_000, kbps));
        assert_eq!(drawn(down, SECS(180)), right);
        let up = Shape::Steps { from: MBPS(1), to: MBPS(2), count: 2 };
        assert_eq!(drawn(up, SECS(4)), [(2_000, 1_000), (2_000, 2_000)]);
        let one = Shape::Steps { from: MBPS(1), to: MBPS(9), count: 1 };
        assert_eq!(drawn(one, SECS(4)), [(4_000, 1_000)]);
    }

    #[test]
    fn a_ramp_carries_what_a_straight_line_would() {
        // From 1 to 5 Mbps in 4 s: the seconds have 1.5, 2.5, 3.5 and 4.5 Mbps in the mean.
        let ramp = Shape::Ramp { from: MBPS(1), to: MBPS(5) };
        let right = [1_500, 2_500, 3_500, 4_500].map(|kbps| (1_000, kbps));
        assert_eq!(drawn(ramp, SECS(4)), right);
        // In 2.5 s it rises by 1.6 Mbps a second: to 2.6, 4.2 and 5.
        let right = [(1_000, 1_800), (1_000, 3_400), (500, 4_600)];
        assert_eq!(drawn(ramp, Span::from_millis(2_500)), right);
        for millis in [1, 999, 2_500, 60_000] {
            let trace = ramp.trace(Span::from_millis(millis), None, End::Hold).unwrap();
            assert_eq!(trace.mean(), MBPS(3), "half of 1 and 5 Mbps, over {millis} ms");
        }
    }

    #[test]
    fn a_pyramid_has_its_top_once() {
        // Three rates, five steps: 10 / 5 = 2 s each.
        let pyramid = Shape::Pyramid { from: MBPS(1), to: MBPS(3), count: 3 };
        let right = [1_000, 2_000, 3_000, 2_000, 1_000].map(|kbps| (2_000, kbps));
        assert_eq!(drawn(pyramid, SECS(10)), right);
    }

    #[test]
    fn a_spike_and_an_outage_are_where_they_should_be() {
        let (at, lasts) = (SECS(20), SECS(5));
        let spike = Shape::Spike { rate: MBPS(2), peak: MBPS(8), at, lasts };
        let right = [(20_000, 2_000), (5_000, 8_000), (35_000, 2_000)];
        assert_eq!(drawn(spike, SECS(60)), right);
        let outage = Shape::Outage { rate: MBPS(2), at, lasts };
        assert_eq!(drawn(outage, SECS(25)), [(20_000, 2_000), (5_000, 0)], "nothing after it");
        let at_once = Shape::Outage { rate: MBPS(2), at: Span::ZERO, lasts };
        assert_eq!(drawn(at_once, SECS(6)), [(5_000, 0), (1_000, 2_000)]);
    }

    #[test]
    fn a_square_is_cut_where_the_trace_ends() {
        // Of 10 s, 30 % at 5 Mbps; 25 s are two periods and a half.
        let square = Shape::Square { high: MBPS(5), low: MBPS(1), period: SECS(10), duty: 0.3 };
        let right = [(3_000, 5_000), (7_000, 1_000), (3_000, 5_000), (7_000, 1_000)];
        let cut = [(3_000, 5_000), (2_000, 1_000)];
        assert_eq!(drawn(square, SECS(25)), [&right[..], &cut].concat());
        let all = Shape::Square { high: MBPS(5), low: MBPS(1), period: SECS(10), duty: 1.0 };
        assert_eq!(drawn(all, SECS(20)), [(10_000, 5_000), (10_000, 5_000)]);
    }

    #[test]
    fn a_round_trip_holds_throughout() {
        let rtt = Some(Span::from_millis(80));
        let ramp = Shape::Ramp { from: MBPS(1), to: MBPS(5) };
        let trace = ramp.trace(SECS(9), rtt, End::Hold).unwrap();
        assert!(trace.treads().all(|tread| tread.rtt == rtt));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let said = |shape: Shape, length: Span| {
            shape.trace(length, None, End::Hold).unwrap_err().to_string()
        };
        let (from, to) = (MBPS(1), MBPS(2));
        let none = Shape::Pyramid { from, to, count: 0 };
        assert_eq!(said(none, SECS(1)), "there must be one step at least");
        let many = Shape::Pyramid { from, to, count: u64::MAX };
        assert_eq!(said(many, SECS(1)), "the trace would have more than 4000000 steps");
        assert!(said(Shape::Ramp { from, to }, Span::MAX).contains("4000000 steps"));
        let late = Shape::Outage { rate: from, at: SECS(50), lasts: SECS(20) };
        let outside = "it would begin at 50s and last 20s, and the whole lasts 60s";
        assert_eq!(said(late, SECS(60)), outside);
        let square = |period, duty| Shape::Square { high: to, low: from, period, duty };
        assert!(said(square(SECS(1), 1.5), SECS(9)).contains("from 0 to 1, and is 1.5"));
        assert!(said(square(SECS(1), f64::NAN), SECS(9)).contains("and is NaN"));
        assert!(said(square(Span::ZERO, 0.5), SECS(9)).contains("longer than zero"));
        assert!(said(square(Span::from_nanos(1), 0.5), SECS(9)).contains("4000000 steps"));
        let zero = Shape::Constant { rate: Bitrate::ZERO };
        assert!(said(zero, SECS(9)).starts_with("the trace never moves"));
        assert!(said(Shape::Constant { rate: from }, Span::ZERO).starts_with("the trace is empty"));
        assert!(said(Shape::Constant { rate: from }, Span::MAX).contains("above the limit"));
        let fast = Shape::Ramp { from: Bitrate::MAX, to: Bitrate::MAX };
        assert!(said(fast, SECS(9)).contains("above the limit"));
    }

    /// Whatever is asked for, a shape lasts as long as it should, or it is said why not.
    #[test]
    fn random_shapes_last_as_long_as_asked() {
        let mut drawn = 0;
        for seed in 0..3_000 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let mut rate = || Bitrate::kbps(draw.below(3) * draw.below(50_000));
            let (from, to) = (rate(), rate());
            let mut span = || Span::from_nanos(draw.below(3) * draw.below(1 << 35));
            let (length, at, lasts, period) = (span(), span(), span(), span());
            let (count, duty) = (draw.below(40), draw.unit());
            for shape in [
                Shape::Constant { rate: from },
                Shape::Steps { from, to, count },
                Shape::Ramp { from, to },
                Shape::Pyramid { from, to, count },
                Shape::Spike { rate: from, peak: to, at, lasts },
                Shape::Square { high: from, low: to, period, duty },
                Shape::Outage { rate: from, at, lasts },
            ] {
                assert!(Shape::NAMES.contains(&shape.name()));
                let Ok(trace) = shape.trace(length, None, End::Repeat) else { continue };
                assert_eq!(trace.length(), length, "seed {seed}: {shape:?}");
                let outage = matches!(shape, Shape::Outage { .. });
                let least = if outage { Bitrate::ZERO } else { from.min(to) };
                let range = least..=from.max(to);
                assert!(trace.treads().all(|tread| range.contains(&tread.rate)));
                drawn += 1;
            }
        }
        assert!(drawn > 5_000, "only {drawn}");
    }
}
