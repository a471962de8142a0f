//! Mean and variance, without keeping what they are of.
//!
//! The idea to hold: squares are summed about the mean so far, so that nothing is lost where
//! numbers are large and close together (Welford, "Note on a method for calculating corrected sums
//! of squares and products", Technometrics 4, 1962, p. 419).

/// How many numbers there are, their mean, and how far they are from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    /// Σ (x − mean)².
    squares: f64,
}

impl Moments {
    /// Takes in a number, unless it is none.
    pub fn add(&mut self, number: f64) {
        if !number.is_finite() {
            return;
        }
        self.count += 1;
        let away = number - self.mean;
        self.mean += away / self.count as f64;
        self.squares += away * (number - self.mean);
    }

    /// Takes in those of others (Chan, Golub and LeVeque, "Algorithms for computing the sample
    /// variance", The American Statistician 37, 1983, p. 242). The last bits depend on the order.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let away = other.mean - self.mean;
        self.count += other.count;
        self.mean += away * b / (a + b);
        self.squares += other.squares + away * away * a * b / (a + b);
    }

    /// How many numbers there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean, if there are any.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The variance of what they are a sample of, if there are two.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The variance of their mean, if there are two.
    pub fn variance_of_mean(&self) -> Option<f64> {
        Some(self.variance()? / self.count as f64)
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut moments = Self::default();
        numbers.into_iter().for_each(|number| moments.add(number));
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_a_pencil_gives() {
        // 2, 4, 4, 6 and 9: mean 5, squares 9 + 1 + 1 + 1 + 16 = 28, over 4 is 7.
        let moments: Moments = [2.0, 4.0, 4.0, 6.0, 9.0, f64::NAN].into_iter().collect();
        assert_eq!((moments.count(), moments.mean()), (5, Some(5.0)));
        assert!((moments.variance().unwrap() - 7.0).abs() < 1e-12);
        assert!((moments.variance_of_mean().unwrap() - 1.4).abs() < 1e-12);
    }

    #[test]
    fn large_numbers_close_together_keep_their_distance() {
        // 10⁹ + 1, + 2, + 3: variance 1. The sum of their squares has no digit left for that.
        let moments: Moments = [1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0].into_iter().collect();
        assert_eq!(moments.variance(), Some(1.0));
    }

    #[test]
    fn parts_merge_into_the_whole() {
        let numbers = || (0..100).map(|i| f64::from(i * i % 37));
        let (mut a, b): (Moments, Moments) =
            (numbers().take(30).collect(), numbers().skip(30).collect());
        a.merge(&b);
        a.merge(&Moments::default());
        let whole: Moments = numbers().collect();
        assert_eq!(a.count(), whole.count());
        assert!((a.mean().unwrap() - whole.mean().unwrap()).abs() < 1e-12);
        assert!((a.variance().unwrap() - whole.variance().unwrap()).abs() < 1e-9);
    }

    #[test]
    fn one_number_has_no_variance_and_none_has_no_mean() {
        let one: Moments = [7.0].into_iter().collect();
        assert_eq!((one.mean(), one.variance()), (Some(7.0), None));
        assert_eq!(Moments::default().mean(), None);
    }
}
