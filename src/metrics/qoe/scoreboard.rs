//! Scores of many viewers.
//!
//! The idea to hold: sums of fractions depend on their order, so boards are merged in the order of
//! the viewers, and then are the same on any number of threads.

use super::{COUNT, MODELS, Model, Scores};
use crate::metrics::statistics::Interval;

/// What the scores of some viewers add up to, model by model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Scoreboard {
    /// Viewers who were scored, by any model or none.
    pub viewers: u64,
    sums: [Sums; COUNT],
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
struct Sums {
    count: u64,
    sum: f64,
    squares: f64,
}

/// What a model says of some viewers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// How many of them it scored.
    pub viewers: u64,
    /// The mean of their scores.
    pub mean: f64,
    /// Where it is with a probability of 95 %, by the normal distribution; of one there is no
    /// telling.
    pub interval: Option<Interval>,
}

/// Of the normal distribution 95 % lies within so many deviations.
const DEVIATIONS: f64 = 1.959_963_984_540_054;

impl Scoreboard {
    /// Takes in the next viewer's scores.
    pub fn add(&mut self, scores: &Scores) {
        self.viewers += 1;
        for (sums, score) in self.sums.iter_mut().zip(scores.0) {
            if let Some(score) = score {
                sums.count += 1;
                sums.sum += score;
                sums.squares += score * score;
            }
        }
    }

    /// Takes in what came of later viewers.
    pub fn merge(&mut self, later: &Self) {
        self.viewers += later.viewers;
        for (sums, other) in self.sums.iter_mut().zip(&later.sums) {
            sums.count += other.count;
            sums.sum += other.sum;
            sums.squares += other.squares;
        }
    }

    /// What each model says, in the order of [`MODELS`]; nothing of one that scored nobody.
    pub fn means(&self) -> impl Iterator<Item = (&'static Model, Option<Mean>)> {
        MODELS.iter().zip(self.sums.iter().map(Sums::mean))
    }
}

impl Sums {
    fn mean(&self) -> Option<Mean> {
        let count = self.count as f64;
        let mean = (self.count > 0).then(|| self.sum / count)?;
        let interval = (self.count > 1).then(|| {
            let variance = (self.squares - self.sum * mean).max(0.0) / (count - 1.0);
            let reach = DEVIATIONS * libm::sqrt(variance / count);
            Interval { low: mean - reach, high: mean + reach }
        });
        Some(Mean { viewers: self.count, mean, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(scores: &[f64]) -> Scoreboard {
        let mut board = Scoreboard::default();
        for &score in scores {
            let mut all = Scores::default();
            all.0[0] = Some(score);
            board.add(&all);
        }
        board
    }

    #[test]
    fn a_mean_is_told_with_how_sure_it_is() {
        let mut whole = board(&[1.0, 2.0]);
        whole.merge(&board(&[3.0, 6.0]));
        whole.add(&Scores::default());
        let means: Vec<_> = whole.means().map(|(_, mean)| mean).collect();
        // Mean 3, squares 50: variance (50 − 36)/3 = 4.6667, over four: deviation 1.0801.
        let mean = means[0].unwrap();
        assert_eq!((whole.viewers, mean.viewers, mean.mean), (5, 4, 3.0));
        let interval = mean.interval.unwrap();
        assert!((interval.high - 3.0 - 1.959_964 * 1.080_123).abs() < 1e-5, "{interval:?}");
        assert!((interval.low + interval.high - 6.0).abs() < 1e-12);
        assert_eq!(means[1], None, "nobody was scored by it");
    }

    #[test]
    fn of_one_viewer_there_is_no_telling() {
        let means: Vec<_> = board(&[2.5]).means().map(|(_, mean)| mean).collect();
        assert_eq!(means[0], Some(Mean { viewers: 1, mean: 2.5, interval: None }));
    }
}
