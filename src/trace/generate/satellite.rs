//! Satellites: in low orbit, a new one every 15 s; in geostationary orbit, one that stays.
//!
//! The idea to hold: medians and round trips are measured (Ookla, 2nd quarter of 2021, in the
//! United States), and so is the rhythm of 15 s. The spread about the medians is an
//! **assumption**.

use super::{Model, Slot, State};
use crate::units::{Bitrate, Span};

/// Starlink.
///
/// Its median was 97.23 Mbps and 45 ms (Ookla). All terminals are dealt new links every 15 s, at
/// the same instants, and latency and throughput change with them (Mohan et al., "A Multifaceted
/// Look at Starlink Performance", WWW 2024); about such a change up to half of the packets are
/// lost (Kassem et al., "A browser-side view of Starlink connectivity", IMC 2022). So rates are
/// drawn anew every 15 s, beginning anywhere within those, and the first second has half. A long
/// walk has a median of 95 Mbps; the last state, something in the sky's way, is an assumption.
pub(super) const LEO: Model = Model {
    name: "leo",
    about: "low orbit: 95 Mbps, another rate every 15 s, a hitch between",
    source: "median and round trip: Starlink in Ookla, Q2 2021; 15 s: Mohan et al., WWW 2024; the \
             hitch: Kassem et al., IMC 2022; spread and obstructions: assumption",
    rtt: Some(Span::from_millis(45)),
    states: [
        State { median: Bitrate::kbps(140_000), sigma: 0.12, stay: 30.0, next: [0, 70, 25, 5] },
        State { median: Bitrate::kbps(100_000), sigma: 0.15, stay: 45.0, next: [45, 0, 50, 5] },
        State { median: Bitrate::kbps(55_000), sigma: 0.25, stay: 30.0, next: [15, 75, 0, 10] },
        State { median: Bitrate::kbps(8_000), sigma: 1.00, stay: 15.0, next: [5, 45, 50, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: Some(Slot { seconds: 15, left: 0.5 }),
};

/// A satellite that stays where it is, 35,786 km up.
///
/// HughesNet had a median of 19.73 Mbps and 724 ms, Viasat 18.13 Mbps and 630 ms (Ookla); the
/// round trip is the mean of the two, and light alone takes 477 ms of it. A long walk has a median
/// of 18.8 Mbps. The last state, rain, is an assumption.
pub(super) const GEO: Model = Model {
    name: "geo",
    about: "geostationary orbit: 19 Mbps, round trips of two thirds of a second",
    source: "median and round trip: HughesNet and Viasat in Ookla, Q2 2021; spread and rain: \
             assumption",
    rtt: Some(Span::from_millis(677)),
    states: [
        State { median: Bitrate::kbps(23_000), sigma: 0.12, stay: 60.0, next: [0, 80, 18, 2] },
        State { median: Bitrate::kbps(19_000), sigma: 0.15, stay: 60.0, next: [40, 0, 55, 5] },
        State { median: Bitrate::kbps(11_000), sigma: 0.30, stay: 40.0, next: [10, 75, 0, 15] },
        State { median: Bitrate::kbps(1_000), sigma: 0.80, stay: 10.0, next: [5, 25, 70, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: None,
};
