//! Axes whose ends and ticks are round numbers.
//!
//! The idea to hold: steps are 1, 2 or 5 of a decimal unit and ticks are whole multiples of them,
//! found without logarithms, so the same data give the same axis on every machine.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::report::format::decimal;

/// An axis: what it covers, and what is written where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether values are decimal logarithms of what is meant.
    pub(super) logarithmic: bool,
    ticks: Vec<(f64, String)>,
}

/// An axis has at most so many steps.
const STEPS: f64 = 6.0;

impl Axis {
    /// From zero to a round number no less than `most`; to 1 if that is zero.
    pub(super) fn up_to(most: f64) -> Self {
        Self::covering(0.0, if most > 0.0 { most } else { 1.0 })
    }

    /// From a round number to a round number, with `low < high` between them.
    pub(super) fn covering(low: f64, high: f64) -> Self {
        debug_assert!(low < high, "an axis from {low} to {high}");
        let (step, decimals) = step(high - low);
        // Less than a millionth of a step beyond a tick is rounding.
        let first = libm::floor(low / step + 1e-6) as i64;
        let last = libm::ceil(high / step - 1e-6) as i64;
        let tick = |n: i64| (n as f64 * step, decimal(n as f64 * step, decimals));
        let ticks: Vec<_> = (first..=last).map(tick).collect();
        let (low, high) = (first as f64 * step, last as f64 * step);
        Self { low, high, logarithmic: false, ticks }
    }

    /// From exactly here to there, with ticks where a round axis would have them.
    pub(super) fn exactly(low: f64, high: f64) -> Self {
        let mut ticks = Self::covering(low, high).ticks;
        ticks.retain(|(at, _)| (low..=high).contains(at));
        Self::with_ticks(low, high, ticks)
    }

    /// Per cent, from 0 to 100.
    pub(super) fn percent() -> Self {
        Self::covering(0.0, 100.0)
    }

    /// From here to there, with these ticks and no others.
    pub(super) fn with_ticks(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { low, high, logarithmic: false, ticks }
    }

    /// The same, where values are decimal logarithms of what is meant.
    pub(super) fn logarithmic(self) -> Self {
        Self { logarithmic: true, ..self }
    }
}

/// The smallest round step that needs few enough of it, and how many decimals it has.
fn step(span: f64) -> (f64, usize) {
    let (mut unit, mut decimals) = (1.0, 0_usize);
    while span / unit > 10.0 * STEPS {
        unit *= 10.0;
    }
    while span / unit < STEPS && decimals < 9 {
        decimals += 1;
        unit /= 10.0;
    }
    let fits = |&(step, _): &(f64, usize)| span / step <= STEPS + 1e-6;
    let coarser = [(1.0, 0), (2.0, 0), (5.0, 0), (10.0, 1), (20.0, 1), (50.0, 1)];
    let steps = coarser.map(|(times, fewer)| (times * unit, decimals.saturating_sub(fewer)));
    steps.into_iter().find(fits).unwrap_or((span, decimals))
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    /// To the nearest pixel; what is beyond an end is drawn there.
    fn map(&self, value: &f64, pixels: (i32, i32)) -> i32 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        pixels.0 + libm::round(share * f64::from(pixels.1 - pixels.0)) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(at, _)| at == value);
        tick.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(labels(&Axis::up_to(5.3)), ["0", "1", "2", "3", "4", "5", "6"]);
        assert_eq!(labels(&Axis::up_to(0.013)), ["0.000", "0.005", "0.010", "0.015"]);
        assert_eq!(labels(&Axis::percent()), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&Axis::covering(93.2, 99.9)), ["92", "94", "96", "98", "100"]);
        assert_eq!(labels(&Axis::up_to(1_234.0)), ["0", "500", "1000", "1500"]);
        assert_eq!(labels(&Axis::exactly(0.0, 5.3)), ["0", "1", "2", "3", "4", "5"]);
    }

    #[test]
    fn no_span_is_too_small_or_too_large() {
        for span in [1e-12, 1e-6, 0.3, 0.999, 1.0, 60.0, 61.0, 1e9, 1e15] {
            let axis = Axis::up_to(span);
            assert!(axis.high >= span && axis.ticks.len() <= 8, "{span}: {axis:?}");
            assert!(axis.high > axis.low);
        }
    }

    #[test]
    fn what_is_beyond_an_end_is_drawn_there() {
        let axis = Axis::up_to(10.0);
        assert_eq!(
            [-1.0, 0.0, 2.5, 10.0, 11.0].map(|v| axis.map(&v, (0, 100))),
            [0, 0, 25, 100, 100]
        );
    }
}
