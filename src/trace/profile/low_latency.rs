//! The five profiles of the low-latency challenge at MMSys 2020, for both of its ladders.
//!
//! The idea to hold: the challenge's files have kbps, and its harness gave the browser `kbps * 1024
//! / 8` bytes per second, with no latency. So "1200" is 1,228.8 kbps here: what players met, whose
//! results were published. (Its ladders are of 1,000 bits to the kilobit: 200, 600 and 1,000 kbps,
//! and 100 and 300.) A player stood on its top rung for ten seconds before a profile began.

use super::{Profile, Step};
use crate::units::{Bitrate, Span};

const NORMAL: &str = "Twitch, ACM MMSys 2020 grand challenge: normal-network-patterns.js, at \
                      1,024 bits to the kilobit";
const FAST: &str = "Twitch, ACM MMSys 2020 grand challenge: fast-network-patterns.js, at 1,024 \
                    bits to the kilobit";

pub(super) static NORMAL_CASCADE: Profile = Profile {
    name: "mmsys20-normal-cascade",
    about: "smooth changes between the rungs 200, 600 and 1,000 kbps",
    source: NORMAL,
    steps: &[
        step(30_000, 1_200),
        step(30_000, 800),
        step(30_000, 400),
        step(30_000, 800),
        step(30_000, 1_200),
    ],
};

pub(super) static NORMAL_INTRA_CASCADE: Profile = Profile {
    name: "mmsys20-normal-intra-cascade",
    about: "the same in smaller steps, some of them upon a rung",
    source: NORMAL,
    steps: &[
        step(15_000, 1_000),
        step(15_000, 800),
        step(15_000, 600),
        step(15_000, 400),
        step(15_000, 200),
        step(15_000, 400),
        step(15_000, 600),
        step(15_000, 800),
        step(15_000, 1_000),
    ],
};

pub(super) static NORMAL_SPIKE: Profile = Profile {
    name: "mmsys20-normal-spike",
    about: "a sharp fall to 300 kbps for 10 s",
    source: NORMAL,
    steps: &[step(10_000, 1_200), step(10_000, 300), step(10_000, 800)],
};

pub(super) static NORMAL_SLOW_JITTERS: Profile = Profile {
    name: "mmsys20-normal-slow-jitters",
    about: "500 and 1,200 kbps by turns of 5 s, longer than the buffer",
    source: NORMAL,
    steps: &[
        step(5_000, 500),
        step(5_000, 1_200),
        step(5_000, 500),
        step(5_000, 1_200),
        step(5_000, 500),
        step(5_000, 1_200),
    ],
};

pub(super) static NORMAL_FAST_JITTERS: Profile = Profile {
    name: "mmsys20-normal-fast-jitters",
    about: "1,200 kbps with dips to 500 of 0.1 to 0.25 s, shorter than the buffer",
    source: NORMAL,
    steps: &[
        step(250, 500),
        step(5_000, 1_200),
        step(100, 500),
        step(1_000, 1_200),
        step(250, 500),
        step(5_000, 1_200),
    ],
};

pub(super) static FAST_CASCADE: Profile = Profile {
    name: "mmsys20-fast-cascade",
    about: "smooth changes between the rungs 100 and 300 kbps",
    source: FAST,
    steps: &[step(30_000, 500), step(30_000, 200), step(30_000, 500)],
};

pub(super) static FAST_INTRA_CASCADE: Profile = Profile {
    name: "mmsys20-fast-intra-cascade",
    about: "the same in smaller steps, some of them upon a rung",
    source: FAST,
    steps: &[
        step(15_000, 300),
        step(15_000, 200),
        step(15_000, 100),
        step(15_000, 200),
        step(15_000, 300),
    ],
};

pub(super) static FAST_SPIKE: Profile = Profile {
    name: "mmsys20-fast-spike",
    about: "a sharp fall to 200 kbps for 10 s",
    source: FAST,
    steps: &[step(10_000, 500), step(10_000, 200), step(10_000, 400)],
};

pub(super) static FAST_SLOW_JITTERS: Profile = Profile {
    name: "mmsys20-fast-slow-jitters",
    about: "200 and 500 kbps by turns of 5 s, longer than the buffer",
    source: FAST,
    steps: &[
        step(5_000, 200),
        step(5_000, 500),
        step(5_000, 200),
        step(5_000, 500),
        step(5_000, 200),
        step(5_000, 500),
    ],
};

pub(super) static FAST_FAST_JITTERS: Profile = Profile {
    name: "mmsys20-fast-fast-jitters",
    about: "500 kbps with dips to 200 of 0.1 to 0.25 s, shorter than the buffer",
    source: FAST,
    steps: &[
        step(250, 200),
        step(5_000, 500),
        step(100, 200),
        step(1_000, 500),
        step(250, 200),
        step(5_000, 500),
    ],
};

/// So many milliseconds at so many of the challenge's kbps.
const fn step(millis: u64, kbps: u64) -> Step {
    Step {
        span: Span::from_millis(millis),
        rate: Bitrate::from_bps(kbps * 1_024),
        rtt: None,
        lost: 0,
    }
}
