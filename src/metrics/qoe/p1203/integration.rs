//! O.34 and O.35: sound and picture as one, each second, and then over the session (ITU-T
//! P.1203.3).
//!
//! The idea to hold: what comes late counts more, and what is bad counts more; then something is
//! taken off for the worst of it, for quality that swings, and for quality that changes often.

/// Sound and picture as one.
pub(super) fn o34(o21: f64, o22: f64) -> f64 {
    let both = -0.000_690_84 + 0.153_742_83 * o21 + 0.971_538_61 * o22 + 0.024_617_76 * o21 * o22;
    both.clamp(1.0, 5.0)
}

/// The same with the audiovisual part of Amendment 1: sound below 2 takes the picture with it.
pub(super) fn amended(o21: f64, o34: f64) -> f64 {
    if o21 < 2.0 { (1.0 - (2.0 - o21)) * (o34 - 1.0) + 1.0 } else { o34 }
}

/// What O.35 is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Terms {
    /// The weighted mean of O.34.
    pub base: f64,
    /// The highest of O.22 less the lowest.
    pub spread: f64,
    /// By how many seconds, of all, O.22 differs from that before by more than 0.2.
    pub change_rate: f64,
    /// How often O.22, smoothed, turns from rising to falling or back, and begins to.
    pub turns: usize,
    /// The longest it goes without, in seconds.
    pub longest: usize,
}

impl Terms {
    /// Of both series, which are as long and not empty.
    pub(super) fn new(o22: &[f64], o34: &[f64]) -> Self {
        let bounds = o22
            .iter()
            .fold((f64::MAX, f64::MIN), |(low, high), &score| (low.min(score), high.max(score)));
        let changes = o22.windows(2).filter(|pair| (pair[1] - pair[0]).abs() > 0.2).count();
        let (turns, longest) = turns(o22);
        let change_rate = changes as f64 / o22.len() as f64;
        Self { base: base(o34), spread: bounds.1 - bounds.0, change_rate, turns, longest }
    }

    /// O.35, given O.34. `scratch` is for sorting in.
    pub(super) fn o35(&self, o34: &[f64], scratch: &mut Vec<f64>) -> f64 {
        let share = self.longest as f64 / o34.len() as f64;
        let spread = self.spread;
        let swinging = if share < 0.25 && self.longest < 30 {
            let size = (1.0 + libm::log10(spread + 0.001)).max(0.0);
            (size * libm::exp(0.677_560_80 * self.turns as f64 - 8.055_333_03)).clamp(0.0, 1.5)
        } else {
            0.0
        };
        let adapting = if share < 0.25 {
            (0.173_325_53 * spread * self.change_rate - 0.010_356_47).clamp(0.0, 0.5)
        } else {
            0.0
        };
        self.base - worse(o34, self.base, scratch) - swinging - adapting
    }
}

/// The mean of O.34 by how late it is and how bad.
fn base(o34: &[f64]) -> f64 {
    // From second to second an exponential grows by the same factor.
    let growth = libm::exp(1.0 / o34.len() as f64 / 0.156_497_800_436_237);
    let (mut late, mut sum, mut weights) = (4.040_188_402_737_29e-5, 0.0, 0.0);
    for &score in o34 {
        let bad = 0.143_179_744_942_738 - 0.023_864_156_451_887_6 * score;
        let weight = (0.006_666_200_279_438_48 + late) * bad;
        late *= growth;
        sum += weight * score;
        weights += weight;
    }
    sum / weights
}

/// What is taken off for the worst tenth, the more the longer before the end it was.
fn worse(o34: &[f64], base: f64, scratch: &mut Vec<f64>) -> f64 {
    let shrinking = libm::exp2(-1.0 / 7.854_164_81);
    let mut left = 1.0;
    scratch.clear();
    scratch.extend(o34.iter().rev().map(|score| {
        let weight = 1.874_036_25 - 0.874_036_25 * left;
        left *= shrinking;
        (score - base) * weight
    }));
    (-percentile(scratch, 10.0)).max(0.0) * 0.018_538_20
}

/// How many seconds are averaged to smooth a series, and of how many one is looked at.
const SMOOTH: usize = 5;
const STEP: usize = 3;

/// How often a series turns, and for how long it does not at most, in seconds: by its moving mean,
/// the ends being held, of which every third is compared with the next.
fn turns(series: &[f64]) -> (usize, usize) {
    let around = |second: usize| {
        // The first mean is of what is held before and the first score.
        let held = |place: usize| place.saturating_sub(SMOOTH - 1).min(series.len() - 1);
        (second..second + SMOOTH).map(|place| series[held(place)]).sum::<f64>() / SMOOTH as f64
    };
    let steps = (series.len() + SMOOTH - 2) / STEP;
    let (mut turns, mut longest, mut since, mut way) = (0, 0, 0, 0);
    let mut last = around(0);
    for step in 0..steps {
        let next = around((step + 1) * STEP);
        let now = match next - last {
            rise if rise > 0.2 => 1,
            fall if fall < -0.2 => -1,
            _ => 0,
        };
        last = next;
        if now != 0 && now != way {
            (longest, since, way) = (longest.max(step - since), step, now);
            turns += 1;
        }
    }
    (turns, STEP * longest.max(steps - since))
}

/// The value that a share of so many hundredths does not exceed, on straight lines between values;
/// there is at least one. Leaves them in another order.
pub(super) fn percentile(values: &mut [f64], hundredths: f64) -> f64 {
    let place = (values.len() - 1) as f64 * hundredths / 100.0;
    let below = place as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    low + (high - low) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_and_picture_are_one_and_bad_sound_takes_the_picture_with_it() {
        // −0.00069084 + 0.15374283·4 + 0.97153861·3 + 0.02461776·12.
        assert!((o34(4.0, 3.0) - 3.824_309_43).abs() < 1e-8);
        assert_eq!((o34(5.0, 5.0), o34(1.0, 0.5)), (5.0, 1.0));
        // Half of what is above 1.
        assert_eq!((amended(1.5, 3.0), amended(2.0, 3.0)), (2.0, 3.0));
    }

    #[test]
    fn what_comes_late_and_what_is_bad_counts_more() {
        assert!((base(&[3.0; 10]) - 3.0).abs() < 1e-12);
        let mut falling = [4.0; 60];
        falling[30..].fill(2.0);
        let rising: Vec<_> = falling.iter().rev().copied().collect();
        assert!(base(&falling) < base(&rising) && base(&rising) < 3.0);
    }

    #[test]
    fn a_percentile_lies_on_the_line_between_two_values() {
        // Of five values the tenth percentile is at 0.4 of the way from the first to the second.
        assert!((percentile(&mut [5.0, 1.0, 4.0, 2.0, 3.0], 10.0) - 1.4).abs() < 1e-12);
        assert_eq!(percentile(&mut [7.0], 10.0), 7.0);
        assert_eq!(percentile(&mut [2.0, 1.0], 100.0), 2.0);
    }

    #[test]
    fn turns_are_told_from_a_smoothed_series() {
        // 60 seconds have 64 means, of which 22 are looked at: 21 steps.
        assert_eq!(turns(&[3.0; 60]), (0, 63));
        // Ten low, then ten high and so on. The mean begins to move with the first second of a
        // change, the 10th, so from the mean at 9 to that at 12: in step 3. The next ones begin at
        // 20, between 18 and 21, and so on, in steps 6, 10, 13 and 16; 12 is the longest of 9, 9,
        // 12, 9, 9 and the rest, 15.
        let series: Vec<_> = (0..60).map(|second| f64::from(second / 10 % 2 * 2)).collect();
        assert_eq!(turns(&series), (5, 15));
    }

    #[test]
    fn something_is_taken_off_for_swinging_and_for_adapting() {
        let terms = Terms { base: 3.0, spread: 1.0, change_rate: 0.2, turns: 10, longest: 6 };
        let steady = Terms { longest: 30, ..terms };
        let (o34, mut scratch) = ([3.0; 60], Vec::new());
        assert_eq!(steady.o35(&o34, &mut scratch), 3.0, "half a minute without a turn is enough");
        // (1 + log10 1.001)·e^(6.775608 − 8.05533303) = 1.0004341·0.2781138; and
        // 0.17332553·0.2 − 0.01035647 = 0.0243086.
        let o35 = terms.o35(&o34, &mut scratch);
        assert!((o35 - (3.0 - 0.278_234_5 - 0.024_308_6)).abs() < 1e-6, "{o35}");
    }
}
