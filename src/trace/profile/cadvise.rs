//! The four shapes that come with the testbed CAdViSE.
//!
//! The idea to hold: the client's rate is shaped, and the server delays what it sends by 80 ms,
//! which lengthens each round trip by so much. The testbed's logs of Belgian LTE are measurements,
//! to be read from their files.
//!
//! Taraghi, Hellwagner and Timmerer (LLL-CAdViSE, IEEE Access 11, 2023), `network/*.json`:
//! `clientIngress` in kbps, `serverLatency` in milliseconds.

use super::{Profile, Step};
use crate::units::Span;

const SOURCE: &str = "Taraghi et al., LLL-CAdViSE, IEEE Access 11, 2023: network/*.json";

pub(super) static STABLE: Profile = Profile {
    name: "cadvise-stable",
    about: "3,770 kbps",
    source: SOURCE,
    steps: &[step(130, 3_770)],
};

pub(super) static FLUCTUATION: Profile = Profile {
    name: "cadvise-fluctuation",
    about: "7,170 and 370 kbps by turns of 10 s",
    source: SOURCE,
    steps: &[
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
        step(10, 7_170),
        step(10, 370),
    ],
};

pub(super) static RAMP_UP: Profile = Profile {
    name: "cadvise-ramp-up",
    about: "372 to 7,170 kbps, 618 more every 10 s",
    source: SOURCE,
    steps: &[
        step(10, 372),
        step(10, 990),
        step(10, 1_608),
        step(10, 2_226),
        step(10, 2_844),
        step(10, 3_462),
        step(10, 4_080),
        step(10, 4_698),
        step(10, 5_316),
        step(10, 5_934),
        step(10, 6_552),
        step(20, 7_170),
    ],
};

pub(super) static RAMP_DOWN: Profile = Profile {
    name: "cadvise-ramp-down",
    about: "7,170 to 372 kbps, 618 less every 10 s",
    source: SOURCE,
    steps: &[
        step(10, 7_170),
        step(10, 6_552),
        step(10, 5_934),
        step(10, 5_316),
        step(10, 4_698),
        step(10, 4_080),
        step(10, 3_462),
        step(10, 2_844),
        step(10, 2_226),
        step(10, 1_608),
        step(10, 990),
        step(20, 372),
    ],
};

const fn step(secs: u64, kbps: u64) -> Step {
    Step { rtt: Some(Span::from_millis(80)), ..super::step(secs, kbps) }
}
