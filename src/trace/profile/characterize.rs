//! Seven patterns that show how a player switches: where, how late, how far and how often.
//!
//! The idea to hold: each holds the bandwidth still for long enough that what the player then does
//! is its answer to the last change.
//!
//! The seven modes of the characterization tests of jonathaneoliver/infinite-streaming
//! (`tests/characterization`, its issue 482), in the form that has numbers of its own. Later forms
//! of some go by the rungs of the ladder at hand, and so are no profiles.

use super::{Profile, Step, step};
use crate::units::{Bitrate, Span};

const SOURCE: &str = "jonathaneoliver/infinite-streaming, tests/characterization";

/// Of which rung is the least bandwidth that still holds it?
pub(super) static SMOOTH: Profile = Profile {
    name: "characterize-smooth",
    about: "6 Mbps down to 0.5 in twelve even steps of 10 s",
    source: SOURCE,
    steps: &[
        step(10, 6_000),
        step(10, 5_500),
        step(10, 5_000),
        step(10, 4_500),
        step(10, 4_000),
        step(10, 3_500),
        step(10, 3_000),
        step(10, 2_500),
        step(10, 2_000),
        step(10, 1_500),
        step(10, 1_000),
        step(10, 500),
    ],
};

/// The same, with time to settle.
pub(super) static STEPS: Profile = Profile {
    name: "characterize-steps",
    about: "6 Mbps down to 0.5 in six even steps of 30 s",
    source: SOURCE,
    steps: &[
        step(30, 6_000),
        step(30, 4_900),
        step(30, 3_800),
        step(30, 2_700),
        step(30, 1_600),
        step(30, 500),
    ],
};

/// Is a short dip ridden out on the buffer?
pub(super) static TRANSIENT_SHOCK: Profile = Profile {
    name: "characterize-transient-shock",
    about: "8 Mbps, 0.5 for 10 s, and 8 again",
    source: SOURCE,
    steps: &[step(30, 8_000), step(10, 500), step(60, 8_000)],
};

/// On which rung does it start? A player is started anew at each step.
pub(super) static STARTUP_CAPS: Profile = Profile {
    name: "characterize-startup-caps",
    about: "6, 3, 1.5, 0.8 and 0.5 Mbps, 45 s each, to start a player at",
    source: SOURCE,
    steps: &[step(45, 6_000), step(45, 3_000), step(45, 1_500), step(45, 800), step(45, 500)],
};

/// How far below what would do does it fall, and does it swing?
pub(super) static DOWNSHIFT_SEVERITY: Profile = Profile {
    name: "characterize-downshift-severity",
    about: "8 Mbps for 60 s, then 1 Mbps for 120 s",
    source: SOURCE,
    steps: &[step(60, 8_000), step(120, 1_000)],
};

/// How much more bandwidth does it take to come to a rung than to stay on it? 11/12 Mbps a step.
pub(super) static HYSTERESIS_GAP: Profile = Profile {
    name: "characterize-hysteresis-gap",
    about: "0.5 Mbps up to 6 in seven even steps of 25 s, and down in seven",
    source: SOURCE,
    steps: &[
        step(25, 500),
        stair(1_416_667),
        stair(2_333_333),
        step(25, 3_250),
        stair(4_166_667),
        stair(5_083_333),
        step(25, 6_000),
        step(25, 6_000),
        stair(5_083_333),
        stair(4_166_667),
        step(25, 3_250),
        stair(2_333_333),
        stair(1_416_667),
        step(25, 500),
    ],
};

/// How long after bandwidth has returned does it play again?
pub(super) static EMERGENCY_DOWNSHIFT: Profile = Profile {
    name: "characterize-emergency-downshift",
    about: "8 Mbps, 50 kbps for 15 s, and 8 Mbps again",
    source: SOURCE,
    steps: &[step(30, 8_000), step(15, 50), step(90, 8_000)],
};

/// 25 s at so many bits per second.
const fn stair(bps: u64) -> Step {
    Step { span: Span::from_secs(25), rate: Bitrate::from_bps(bps), rtt: None, lost: 0 }
}
