//! What every player's estimate is made of: a moving average corrected for having begun at nothing.

/// An exponentially weighted average, `v ← a·v + (1 − a)·sample` with `a = 2^(−weight/half-life)`,
/// divided by `1 − 2^(−total weight/half-life)`: by as much as beginning at 0 makes it too small.
///
/// dash.js `ThroughputModel`, hls.js `ewma.ts` and Shaka `ewma.js` have this in common, and differ
/// in what a sample is and weighs.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    half_life: f64,
    value: f64,
    weight: f64,
}

impl Mean {
    /// With a half-life in the unit of weights. With none, the last sample is the average.
    pub fn new(half_life: f64) -> Self {
        Self { half_life, value: 0.0, weight: 0.0 }
    }

    /// Adds a sample.
    pub fn add(&mut self, weight: f64, sample: f64) {
        let kept = self.kept(weight);
        self.value = kept * self.value + (1.0 - kept) * sample;
        self.weight += weight;
    }

    /// The half-life.
    pub fn half_life(&self) -> f64 {
        self.half_life
    }

    /// The same with another half-life. It goes on from its value, or, if `biased`, from the
    /// average, which is then corrected a second time.
    pub fn with_half_life(self, half_life: f64, biased: bool) -> Self {
        let average = self.get().filter(|_| biased);
        Self { half_life, value: average.unwrap_or(self.value), ..self }
    }

    /// The weight of all samples so far.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The average; nothing before a sample that weighs something.
    pub fn get(&self) -> Option<f64> {
        let counted = 1.0 - self.kept(self.weight);
        (counted > 0.0).then(|| self.value / counted)
    }

    fn kept(&self, weight: f64) -> f64 {
        match self.half_life > 0.0 {
            true => libm::exp2(-weight / self.half_life),
            false => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_as_if_it_had_begun_with_its_first_sample() {
        let mut mean = Mean::new(3.0);
        assert_eq!(mean.get(), None);
        mean.add(3.0, 8.0);
        assert_eq!(mean.get(), Some(8.0));
        // (½ · ½ · 8 + ½ · 2) / ¾ = 4.
        mean.add(3.0, 2.0);
        assert_eq!((mean.get(), mean.weight()), (Some(4.0), 6.0));
    }
}
