//! What draws: numbers, and quantities as a scenario writes them.

use toml::{Table, Value};

use crate::seed::Stream;

/// Draws one thing after the other.
pub(super) struct Hand(Stream);

impl Hand {
    pub(super) fn new(stream: Stream) -> Self {
        Self(stream)
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.0
    }

    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.0.below(n) == 0
    }

    /// A number from one to another, both included.
    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.0.below(most - least + 1)
    }

    /// The same, as a scenario writes it.
    pub(super) fn count(&mut self, least: u64, most: u64) -> Value {
        count(self.between(least, most))
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.below(from.len() as u64) as usize]
    }

    /// A number that is round more often than not.
    pub(super) fn round(&mut self, least: u64, most: u64) -> u64 {
        let number = self.between(least, most);
        match self.between(0, 3) {
            0 => number,
            1 => (number / 100 * 100).max(least),
            _ => (number / 500 * 500).max(least),
        }
    }

    /// A length of time in milliseconds, round more often than not, and short more often than long.
    pub(super) fn time(&mut self, least: u64, most: u64) -> Value {
        let most = if self.one_in(2) { most } else { least + (most - least) / 4 };
        millis(self.round(least, most))
    }

    /// A share, with two digits.
    pub(super) fn share(&mut self, most: f64) -> Value {
        let number = most * self.0.unit();
        Value::Float((number * 1e3).round() / 1e3)
    }

    /// A bandwidth in kilobits a second, low more often than high.
    pub(super) fn rate(&mut self, least: u64, most: u64) -> Value {
        let most = if self.one_in(3) { most } else { least + (most - least) / 8 };
        format!("{}kbps", self.round(least, most)).into()
    }

    /// Puts something into a table in one case of so many.
    pub(super) fn put(
        &mut self,
        table: &mut Table,
        key: &str,
        one_in: u64,
        what: impl FnOnce(&mut Self) -> Value,
    ) {
        if self.one_in(one_in) {
            table.insert(key.to_owned(), what(self));
        }
    }
}

/// A length of time as a scenario writes it.
pub(super) fn millis(millis: u64) -> Value {
    match millis % 1_000 {
        0 => format!("{}s", millis / 1_000).into(),
        _ => format!("{millis}ms").into(),
    }
}

/// A whole number as a scenario writes it.
pub(super) fn count(number: u64) -> Value {
    Value::Integer(number as i64)
}
