//! O.23: what stalls leave of a session (ITU-T P.1203.3).
//!
//! The idea to hold: three factors, of how many there are, how long they last against the media,
//! and how far apart they are. Loading at first is a stall at the beginning; one counts half there
//! and the whole at the end.

use super::fade;
use crate::metrics::qoe::viewing::Stall;
use crate::units::Span;

/// What there is to know of stalls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stalled {
    /// How many there are, loading at first included.
    pub count: usize,
    /// How many seconds they last, by where they are.
    pub weighted: f64,
    /// How many seconds of media there are from one to the next, on average.
    pub interval: f64,
    /// What they leave, as a factor of what is above 1.
    pub impact: f64,
    /// How many are not at the beginning.
    pub later: usize,
    /// How many seconds those last, and
    pub later_time: f64,
    /// how many that at the beginning.
    pub first_time: f64,
    /// Where the last of the later ones is, in seconds of media; 0 if there is none.
    pub last: f64,
}

impl Stalled {
    /// Of these, in so many seconds of media. As in the Recommendation's own software the places
    /// are counted from the first of them, so one who did not wait at first says so by a stall of
    /// no time there; and what is beyond the media is left out.
    pub(super) fn new(stalls: &[Stall], media: Span, seconds: f64) -> Self {
        let origin = stalls.first().map_or(Span::ZERO, |first| first.at);
        let within = stalls.iter().filter_map(|stall| {
            let at = stall.at.saturating_sub(origin);
            (!stall.length.is_zero() && at <= media)
                .then(|| (at.as_secs_f64(), stall.length.as_secs_f64()))
        });
        let (mut found, mut from) = (Self::default(), None);
        for (at, length) in within {
            found.count += 1;
            found.weighted += length * fade(1.0, 0.484_128_79, 10.0, seconds - at);
            let before = *from.get_or_insert(at);
            found.interval = at - before;
            if at > 0.0 {
                found.later += 1;
                found.later_time += length;
                found.last = at;
            } else {
                found.first_time += length;
            }
        }
        found.interval /= found.count.saturating_sub(1).max(1) as f64;
        found.impact = libm::exp(-(found.count as f64) / 9.351_586_84)
            * libm::exp(-(found.weighted / seconds) / 0.918_908_15)
            * libm::exp(-(found.interval / seconds) / 11.056_755_8);
        found
    }

    /// O.23.
    pub(super) fn o23(&self) -> f64 {
        1.0 + 4.0 * self.impact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64, millis: u64) -> Stall {
        Stall { at: Span::from_secs(secs), length: Span::from_millis(millis) }
    }

    fn stalled(stalls: &[Stall]) -> Stalled {
        Stalled::new(stalls, Span::from_secs(60), 60.0)
    }

    #[test]
    fn no_stall_leaves_everything() {
        assert_eq!((stalled(&[]).impact, stalled(&[]).o23()), (1.0, 5.0));
        assert_eq!(stalled(&[at(0, 0), at(70, 1_000)]).o23(), 5.0, "none in the media");
    }

    #[test]
    fn stalls_are_counted_by_where_they_are() {
        let found = stalled(&[at(0, 2_000), at(20, 1_000), at(50, 1_000)]);
        // 0.48412879 + 0.51587121·2^(−distance/10): 2·0.49218928 + 0.51637074 + 0.74206439.
        assert!((found.weighted - 2.242_813_7).abs() < 1e-6, "{}", found.weighted);
        assert_eq!((found.count, found.interval, found.last), (3, 25.0, 50.0));
        assert_eq!((found.later, found.later_time, found.first_time), (2, 2.0, 2.0));
        // e^(−3/9.35158684 − 0.03738023/0.91890815 − 25/60/11.0567558).
        let sum = -3.0 / 9.351_586_84 - 0.040_678_9 - 0.037_684_3;
        assert!((found.impact - libm::exp(sum)).abs() < 1e-6, "{}", found.impact);
    }

    #[test]
    fn places_are_counted_from_the_first() {
        let (later, moved) = (stalled(&[at(10, 500), at(30, 500)]), [at(0, 500), at(20, 500)]);
        assert_eq!(later, stalled(&moved));
        assert_ne!(later, stalled(&[at(0, 0), at(10, 500), at(30, 500)]));
    }
}
