//! Classes of something, and which share of the viewers each has.

/// Classes with their weights: never empty, and some weight above zero.
#[derive(Clone, Debug)]
pub struct Mix<T> {
    classes: Vec<T>,
    /// The share of each class and of those before it; the last is 1.
    upto: Vec<f64>,
}

/// Why weights make no mix.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Flaw {
    /// There is no class.
    #[error("there is nothing to choose from")]
    Empty,
    /// Every weight is zero.
    #[error("every weight is 0: nobody has any of them")]
    Weightless,
}

impl<T> Mix<T> {
    /// Of one class, which everybody has.
    pub fn one(class: T) -> Self {
        Self { classes: vec![class], upto: vec![1.0] }
    }

    /// Of classes with weights, which are shares of their sum: zero or more, and finite.
    ///
    /// # Errors
    /// Where nobody could have any of them.
    pub fn new(weighted: Vec<(f64, T)>) -> Result<Self, Flaw> {
        if weighted.is_empty() {
            return Err(Flaw::Empty);
        }
        let total: f64 = weighted.iter().map(|(weight, _)| weight).sum();
        if total <= 0.0 {
            return Err(Flaw::Weightless);
        }
        let mut before = 0.0;
        let (mut classes, mut upto) = (Vec::new(), Vec::new());
        for (weight, class) in weighted {
            before += weight;
            upto.push(before / total);
            classes.push(class);
        }
        Ok(Self { classes, upto })
    }

    /// The number of the class that a draw from `[0, 1)` falls on.
    pub fn pick(&self, unit: f64) -> usize {
        let found = self.upto.partition_point(|&upto| upto <= unit);
        // Rounding may leave the last share that is any a little below 1.
        let some = |&class: &usize| self.upto[class] > self.before(class);
        found.min((0..self.upto.len()).rev().find(some).unwrap_or(0))
    }

    /// The class of that number, and how far through its share a draw is, from 0 to 1.
    pub fn within(&self, unit: f64) -> (usize, f64) {
        let class = self.pick(unit);
        let (from, to) = (self.before(class), self.upto[class]);
        (class, if to > from { ((unit - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 })
    }

    /// The share of the classes before that one.
    fn before(&self, class: usize) -> f64 {
        class.checked_sub(1).map_or(0.0, |before| self.upto[before])
    }

    /// The classes, as they were given.
    pub fn classes(&self) -> &[T] {
        &self.classes
    }
}

impl<T> std::ops::Index<usize> for Mix<T> {
    type Output = T;

    fn index(&self, class: usize) -> &T {
        &self.classes[class]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_shares_of_their_sum() {
        // 40 of 100, none, 60 of 100.
        let mix = Mix::new(vec![(40.0, 'a'), (0.0, 'b'), (60.0, 'c')]).unwrap();
        let class = |unit| mix[mix.pick(unit)];
        assert_eq!([0.0, 0.399, 0.4, 0.999_999].map(class), ['a', 'a', 'c', 'c']);
        assert_eq!(mix.within(0.2), (0, 0.5), "half of the first 0.4");
    }

    #[test]
    fn a_class_of_no_weight_is_nobodys() {
        let mix = Mix::new(vec![(1.0, 'a'), (0.0, 'b')]).unwrap();
        assert_eq!(mix.pick(1.0), 0, "not even at the end");
        assert_eq!(Mix::<char>::new(vec![]).unwrap_err(), Flaw::Empty);
        assert_eq!(Mix::new(vec![(0.0, 'a')]).unwrap_err(), Flaw::Weightless);
    }
}
