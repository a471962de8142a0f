//! Many whole numbers, remembered for their quantiles.
//!
//! The idea to hold: up to a thousand of them are kept as they are, so quantiles of small runs are
//! exact; more go into a histogram whose buckets are narrower than a stated share of their values
//! (HDR histograms, Tene). Either way two of them merge into the same third in any order.

use hdrhistogram::Histogram;
use hdrhistogram::iterators::IterationValue;

/// So many values are kept as they are.
pub const EXACT: usize = 1_000;

/// Whole numbers, of which quantiles can be told.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "app", serde(from = "Cells", into = "Cells"))]
pub struct Distribution {
    /// How many decimal digits of a value a bucket keeps.
    digits: u8,
    held: Held,
}

#[derive(Clone, Debug)]
enum Held {
    /// The values, in the order in which they came.
    Few(Vec<u64>),
    /// More than [`EXACT`] of them.
    Many(Histogram<u64>),
}

/// A distribution as it is written down.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
struct Cells {
    digits: u8,
    /// Values, each with how often it was seen, smallest first.
    cells: Vec<(u64, u64)>,
}

impl Default for Distribution {
    fn default() -> Self {
        Self::new(3)
    }
}

impl Distribution {
    /// Of nothing yet. Of more than a thousand values each is remembered to within 10^−`digits` of
    /// itself; there are at least one of them and at most five.
    pub fn new(digits: u8) -> Self {
        Self { digits: digits.clamp(1, 5), held: Held::Few(Vec::new()) }
    }

    /// Takes in a value.
    pub fn add(&mut self, value: u64) {
        self.add_times(value, 1);
    }

    /// Takes in what another has seen.
    pub fn merge(&mut self, other: &Self) {
        match &other.held {
            Held::Few(values) => values.iter().for_each(|&value| self.add(value)),
            Held::Many(more) => self.spill().add(more).expect("a histogram that grows takes any"),
        }
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        match &self.held {
            Held::Few(values) => values.len() as u64,
            Held::Many(histogram) => histogram.len(),
        }
    }

    /// The least value that a share `q` of all do not exceed; zero of none.
    pub fn quantile(&self, q: f64) -> u64 {
        match &self.held {
            Held::Few(values) if values.is_empty() => 0,
            Held::Few(values) => {
                let rank = libm::ceil(q * values.len() as f64) as usize;
                let place = rank.clamp(1, values.len()) - 1;
                *values.clone().select_nth_unstable(place).1
            }
            Held::Many(histogram) => histogram.value_at_quantile(q),
        }
    }

    /// The distribution function: values, and the share of all that do not exceed each.
    pub fn cdf(&self) -> Vec<(u64, f64)> {
        let (mut seen, all) = (0, self.count() as f64);
        let step = |(value, times)| {
            seen += times;
            (value, seen as f64 / all)
        };
        self.cells().into_iter().map(step).collect()
    }

    /// Values, each with how often it was seen, smallest first.
    pub fn cells(&self) -> Vec<(u64, u64)> {
        match &self.held {
            Held::Few(values) => {
                let mut values = values.clone();
                values.sort_unstable();
                values.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect()
            }
            Held::Many(histogram) => {
                let cell = |bucket: IterationValue<u64>| {
                    (bucket.value_iterated_to(), bucket.count_since_last_iteration())
                };
                histogram.iter_recorded().map(cell).collect()
            }
        }
    }

    fn add_times(&mut self, value: u64, times: u64) {
        match &mut self.held {
            Held::Few(values) if times <= (EXACT - values.len()) as u64 => {
                values.extend((0..times).map(|_| value));
            }
            Held::Few(_) | Held::Many(_) => {
                self.spill().record_n(value, times).expect("a histogram that grows takes any");
            }
        }
    }

    /// The histogram that all values are in from now on.
    fn spill(&mut self) -> &mut Histogram<u64> {
        if let Held::Few(values) = &mut self.held {
            let empty = Histogram::new(self.digits).expect("one digit to five are allowed");
            let values = std::mem::take(values);
            self.held = Held::Many(empty);
            values.into_iter().for_each(|value| self.add(value));
        }
        match &mut self.held {
            Held::Many(histogram) => histogram,
            Held::Few(_) => unreachable!("it has just been spilt"),
        }
    }
}

/// What was seen is the same, in whatever order.
impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits && self.cells() == other.cells()
    }
}

impl From<Distribution> for Cells {
    fn from(of: Distribution) -> Self {
        Self { digits: of.digits, cells: of.cells() }
    }
}

impl From<Cells> for Distribution {
    fn from(Cells { digits, cells }: Cells) -> Self {
        let mut own = Self::new(digits);
        cells.into_iter().for_each(|(value, times)| own.add_times(value, times));
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Distribution {
        let mut distribution = Distribution::default();
        values.into_iter().for_each(|value| distribution.add(value));
        distribution
    }

    #[test]
    fn of_few_values_quantiles_are_exact() {
        // 7 · 7,919 and so on: none of them has three digits only.
        let few = of((1..=1_000).map(|n| n * 7_919));
        for (q, rank) in [(0.0, 1), (0.5, 500), (0.95, 950), (0.9501, 951), (1.0, 1_000)] {
            assert_eq!(few.quantile(q), rank * 7_919, "{q}");
        }
        assert_eq!(few.cdf()[1], (2 * 7_919, 0.002));
        assert_eq!((of([]).quantile(0.5), of([]).cdf()), (0, vec![]));
    }

    #[test]
    fn of_many_they_are_within_a_thousandth() {
        let many = of((1..=100_000).map(|n| n * 7_919));
        for q in [0.001, 0.01, 0.5, 0.95, 0.999] {
            let exact = q * 100_000.0 * 7_919.0;
            let found = many.quantile(q) as f64;
            assert!((found / exact - 1.0).abs() <= 1e-3, "{q}: {found} is not {exact}");
        }
    }

    #[test]
    fn distributions_merge_in_any_order() {
        let values: Vec<u64> = (0..3_000).map(|n| n * n * 31 % 1_000_003).collect();
        let whole = of(values.iter().copied());
        for cuts in [vec![0, 3_000], vec![0, 10, 900, 3_000], vec![0, 1_500, 2_990, 3_000]] {
            let parts: Vec<_> =
                cuts.windows(2).map(|cut| of(values[cut[0]..cut[1]].iter().copied())).collect();
            for backwards in [false, true] {
                let mut merged = of([]);
                let mut add = |part: &Distribution| merged.merge(part);
                match backwards {
                    true => parts.iter().rev().for_each(&mut add),
                    false => parts.iter().for_each(&mut add),
                }
                assert_eq!(merged, whole, "{cuts:?}");
            }
        }
        assert_ne!(of([1]), of([2]));
    }

    #[test]
    fn what_is_written_down_is_what_it_was() {
        for count in [0, 1, 1_000, 1_001, 5_000] {
            let before = of((0..count).map(|n| n * n));
            let after = Distribution::from(Cells::from(before.clone()));
            assert_eq!(after, before);
            assert_eq!(after.quantile(0.37), before.quantile(0.37));
        }
    }
}
