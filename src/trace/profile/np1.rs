//! The first network profile of the DASH Industry Forum, begun at its top or at its bottom.
//!
//! The idea to hold: rate, delay and loss change together every 30 s, round and round.
//!
//! Published in "DASH-AVC/264 Test Cases and Vectors", version 1.0, 2014. The cycle from low to
//! high to low is as a public script of `tc` has it; the other is the same, begun at 5 Mbps.
//! Whether the document means the delay one way or both it does not say here: the script adds it at
//! the one end, so it is a round trip.

use super::{Profile, Step};
use crate::units::{Bitrate, Span};

const SOURCE: &str = "DASH-IF, DASH-AVC/264 Test Cases and Vectors 1.0, 2014: network profile 1";

pub(super) static HIGH_LOW_HIGH: Profile = Profile {
    name: "np1-high-low-high",
    about: "5 Mbps down to 1.5 and up again, with delay and loss, 30 s a step",
    source: SOURCE,
    steps: &[
        step(5_000, 38, 9),
        step(4_000, 50, 8),
        step(3_000, 75, 6),
        step(2_000, 88, 9),
        step(1_500, 100, 12),
        step(2_000, 88, 9),
        step(3_000, 75, 6),
        step(4_000, 50, 8),
    ],
};

pub(super) static LOW_HIGH_LOW: Profile = Profile {
    name: "np1-low-high-low",
    about: "1.5 Mbps up to 5 and down again, with delay and loss, 30 s a step",
    source: SOURCE,
    steps: &[
        step(1_500, 100, 12),
        step(2_000, 88, 9),
        step(3_000, 75, 6),
        step(4_000, 50, 8),
        step(5_000, 38, 9),
        step(4_000, 50, 8),
        step(3_000, 75, 6),
        step(2_000, 88, 9),
    ],
};

/// Half a minute at so many kbps, with a delay in milliseconds and so many of 10,000 packets lost:
/// 9 of them are 0.09 %.
const fn step(kbps: u64, delay: u64, lost: u32) -> Step {
    let (span, rtt) = (Span::from_secs(30), Span::from_millis(delay));
    Step { span, rate: Bitrate::kbps(kbps), rtt: Some(rtt), lost }
}
