//! Two classes made by hand, after no measurement: one stresses a ladder of four or five rungs up
//! to 3–5 Mbps, and the other hardly does.
//!
//! The idea to hold: the traces in `scenarios/traces` are generated from these, so their numbers
//! stay as they are. Every one is an **assumption**.

use super::{Model, State};
use crate::units::Bitrate;

const SOURCE: &str = "assumption: chosen by hand, after no measurement";

/// A phone on a train.
pub(super) const COMMUTER_3G: Model = Model {
    name: "commuter-3g",
    about: "a phone on a train: one or two Mbps, and tunnels",
    source: SOURCE,
    rtt: None,
    states: [
        State { median: Bitrate::kbps(2_800), sigma: 0.25, stay: 15.0, next: [0, 82, 14, 4] },
        State { median: Bitrate::kbps(1_500), sigma: 0.30, stay: 25.0, next: [45, 0, 47, 8] },
        State { median: Bitrate::kbps(450), sigma: 0.45, stay: 15.0, next: [8, 77, 0, 15] },
        State { median: Bitrate::ZERO, sigma: 0.0, stay: 10.0, next: [5, 40, 55, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: None,
};

/// A television in the next room.
pub(super) const HOME_WIFI: Model = Model {
    name: "home-wifi",
    about: "a television in the next room: 15 Mbps, and dips",
    source: SOURCE,
    rtt: None,
    states: [
        State { median: Bitrate::kbps(18_000), sigma: 0.15, stay: 40.0, next: [0, 75, 20, 5] },
        State { median: Bitrate::kbps(12_000), sigma: 0.25, stay: 25.0, next: [75, 0, 20, 5] },
        State { median: Bitrate::kbps(4_000), sigma: 0.35, stay: 10.0, next: [30, 60, 0, 10] },
        State { median: Bitrate::kbps(400), sigma: 0.50, stay: 4.0, next: [20, 30, 50, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: None,
};
