//! What the bandwidth of a link asks of a player.
//!
//! The idea to hold: questions are read off the script, and so are the same for a simulated link
//! and for one that was served. Steps that are small and go on in one direction are stairs, between
//! the same two rates and back a wave, nothing at all an outage, and a step that is large a jump.

use std::ops::Range;

use crate::units::{Bitrate, Time};

/// A rate, and from when until when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Step {
    /// From that instant on
    pub(super) from: Time,
    /// until that one
    pub(super) to: Time,
    /// the link carries so much.
    pub(super) rate: Bitrate,
}

/// What steps of a script ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Question {
    /// From where on is each rung chosen, and left?
    Stairs {
        /// Whether bandwidth rises.
        rising: bool,
        /// The steps, with the one that it begins at.
        steps: Range<usize>,
    },
    /// How soon does it change its rung at this step, and how far?
    Jump(usize),
    /// How often does it change it?
    Wave(Range<usize>),
    /// What becomes of it in this step, in which nothing comes?
    Outage(usize),
}

/// A step by no more than this is one of stairs.
const SMALL: f64 = 1.25;

/// Stairs have so many steps at least, beside the one that they begin at;
const STAIRS: usize = 3;

/// and a wave has so many changes.
const WAVE: usize = 4;

/// A link that carries less than this share of the cheapest rung carries nothing.
const NOTHING: f64 = 0.1;

/// Steps of rates that are each another than the one before.
pub(super) fn steps(rates: &[(Time, Bitrate)], end: Time) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (place, &(from, rate)) in rates.iter().enumerate() {
        let to = rates.get(place + 1).map_or(end, |next| next.0).min(end);
        match steps.last_mut() {
            Some(last) if last.rate == rate => last.to = to,
            Some(_) | None if from < to => steps.push(Step { from, to, rate }),
            Some(_) | None => {}
        }
    }
    steps
}

/// The questions of a script, in the order in which they are asked, where the cheapest rung takes
/// that much.
pub(super) fn questions(steps: &[Step], least: Bitrate) -> Vec<Question> {
    let none = |place: usize| steps[place].rate < least.scaled(NOTHING);
    let mut asked = Vec::new();
    // From the step `place` to the next.
    let mut place = 0;
    while place + 1 < steps.len() {
        if none(place + 1) {
            asked.push(Question::Outage(place + 1));
            place += 2;
            continue;
        }
        let rest = &steps[place..];
        let (wave, stairs) = (wave(rest), stairs(rest, least));
        if wave >= WAVE {
            asked.push(Question::Wave(place..place + wave + 1));
            place += wave;
        } else if stairs >= STAIRS {
            let rising = steps[place + 1].rate > steps[place].rate;
            asked.push(Question::Stairs { rising, steps: place..place + stairs + 1 });
            place += stairs;
        } else {
            if !is_small(steps[place].rate, steps[place + 1].rate) && !none(place) {
                asked.push(Question::Jump(place + 1));
            }
            place += 1;
        }
    }
    asked
}

/// How many changes from the first step on go to and fro between two rates.
fn wave(steps: &[Step]) -> usize {
    steps.windows(3).take_while(|three| three[0].rate == three[2].rate).count() + 1
}

/// How many changes from the first step on are small and in one direction.
fn stairs(steps: &[Step], least: Bitrate) -> usize {
    let rising = steps[1].rate > steps[0].rate;
    let goes_on = |two: &&[Step]| {
        let (from, to) = (two[0].rate, two[1].rate);
        (to > from) == rising && is_small(from, to) && to >= least.scaled(NOTHING)
    };
    steps.windows(2).take_while(goes_on).count()
}

fn is_small(from: Bitrate, to: Bitrate) -> bool {
    from.max(to).as_f64() <= SMALL * from.min(to).as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    /// Steps of 10 s at so many kbit/s.
    fn script(kbps: &[u64]) -> Vec<Step> {
        let at = |n: usize| Time::ZERO + Span::from_secs(10 * n as u64);
        let rates = kbps.iter().enumerate().map(|(n, &kbps)| (at(n), Bitrate::kbps(kbps)));
        steps(&rates.collect::<Vec<_>>(), at(kbps.len()))
    }

    fn asks(kbps: &[u64]) -> Vec<Question> {
        questions(&script(kbps), Bitrate::kbps(300))
    }

    #[test]
    fn small_steps_in_one_direction_are_stairs_and_their_top_is_the_next_ones_beginning() {
        let asked = asks(&[1_000, 1_200, 1_440, 1_700, 1_440, 1_200, 1_000]);
        let up = Question::Stairs { rising: true, steps: 0..4 };
        let down = Question::Stairs { rising: false, steps: 3..7 };
        assert_eq!(asked, [up, down]);
    }

    #[test]
    fn large_steps_are_jumps_and_two_small_ones_are_nothing() {
        assert_eq!(asks(&[1_000, 4_000, 1_000]), [Question::Jump(1), Question::Jump(2)]);
        assert_eq!(asks(&[1_000, 1_200, 1_440]), []);
        assert_eq!(asks(&[1_000]), []);
    }

    #[test]
    fn to_and_fro_is_a_wave_and_what_comes_before_is_told_apart() {
        let asked = asks(&[5_000, 900, 1_500, 900, 1_500, 900, 9_000]);
        assert_eq!(asked, [Question::Jump(1), Question::Wave(1..6), Question::Jump(6)]);
        // Small steps, too.
        assert_eq!(asks(&[900, 1_000, 900, 1_000, 900]), [Question::Wave(0..5)]);
    }

    #[test]
    fn nearly_nothing_is_an_outage_and_coming_back_is_no_jump() {
        // 29 kbit/s is less than a tenth of 300.
        assert_eq!(asks(&[4_000, 29, 4_000]), [Question::Outage(1)]);
        assert_eq!(asks(&[4_000, 0, 4_000, 1_000]), [Question::Outage(1), Question::Jump(3)]);
        assert_eq!(asks(&[4_000, 400, 4_000]), [Question::Jump(1), Question::Jump(2)]);
    }

    #[test]
    fn steps_of_the_same_rate_are_one() {
        let steps = script(&[1_000, 1_000, 2_000]);
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0].to - steps[0].from, Span::from_secs(20));
    }
}
