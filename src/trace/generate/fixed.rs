//! Homes: Wi-Fi, cable and DSL.
//!
//! The idea to hold: public reports give a line's median and how much of it is left in the
//! evening, not what it does from second to second. So the best states are theirs, and how often
//! a line is worse, and for how long, is an **assumption**.

use super::{Model, State};
use crate::units::{Bitrate, Span};

/// Wi-Fi at home, in front of a fast line.
///
/// Where a line is fast the Wi-Fi is the bottleneck more often than not (Sharma et al., "Measuring
/// the Prevalence of WiFi Bottlenecks in Home Access Networks", 2023). No published distribution
/// fits; the rates are an assumption, below the 115 Mbps of an American line (Ookla, 2nd quarter of
/// 2021). A long walk has a median of 77 Mbps, and is below 7.7 Mbps for 1.1 % of the time.
pub(super) const WIFI: Model = Model {
    name: "wifi",
    about: "Wi-Fi at home, before a fast line: 75 Mbps, and short, deep dips",
    source: "rates: assumption; round trip: Ookla, Q2 2021, for the line, and Pei et al., INFOCOM \
             2016, for the air",
    // 14 ms is the median of American lines (Ookla, Q2 2021); 20 ms, the median of the Wi-Fi hop
    // (Pei et al., "WiFi can be the weakest link of round trip network latency in the wild").
    rtt: Some(Span::from_millis(34)),
    states: [
        State { median: Bitrate::kbps(90_000), sigma: 0.15, stay: 40.0, next: [0, 75, 20, 5] },
        State { median: Bitrate::kbps(55_000), sigma: 0.25, stay: 25.0, next: [75, 0, 20, 5] },
        State { median: Bitrate::kbps(15_000), sigma: 0.45, stay: 8.0, next: [25, 60, 0, 15] },
        State { median: Bitrate::kbps(1_500), sigma: 0.80, stay: 3.0, next: [15, 35, 50, 0] },
    ],
    begins_in: 2,
    correlation: 0.8,
    slot: None,
};

/// A cable modem, by wire.
///
/// The median of American lines is 115.22 Mbps (Ookla, 2nd quarter of 2021). In the peak hours a
/// cable loses 7.3 % (FCC, "Measuring Broadband America", 2011): the second state is the first
/// less that. A long walk has a median of 116 Mbps; the last two states, 2 % of the time, are
/// assumptions.
pub(super) const CABLE: Model = Model {
    name: "cable",
    about: "a cable modem, by wire: 115 Mbps, a little less in the evening",
    source: "median: Ookla, Q2 2021, all American lines; loss in peak hours: FCC, 2011; round \
             trip: WebPageTest's \"Cable\"; dips: assumption",
    // The profile "Cable (5/1 Mbps 28ms RTT)" of WebPageTest, connectivity.ini.
    rtt: Some(Span::from_millis(28)),
    states: [
        State { median: Bitrate::kbps(118_000), sigma: 0.03, stay: 120.0, next: [0, 90, 8, 2] },
        State { median: Bitrate::kbps(109_000), sigma: 0.06, stay: 60.0, next: [80, 0, 17, 3] },
        State { median: Bitrate::kbps(75_000), sigma: 0.20, stay: 10.0, next: [30, 60, 0, 10] },
        State { median: Bitrate::kbps(25_000), sigma: 0.40, stay: 3.0, next: [20, 40, 40, 0] },
    ],
    begins_in: 2,
    correlation: 0.8,
    slot: None,
};

/// DSL, by wire.
///
/// Most American providers sold at most 12 Mbps (FCC, "Measuring Broadband America", 5th report,
/// 2015), and DSL delivered 82 % of what was sold in the peak hours (FCC, 2011): 9.8 Mbps. A long
/// walk has a median of 9.9 Mbps; the last two states, 2 % of the time, are assumptions.
pub(super) const DSL: Model = Model {
    name: "dsl",
    about: "DSL, by wire: 10 Mbps, and steady",
    source: "median: what was sold, FCC, 2015, times what was delivered, FCC, 2011; round trip: \
             WebPageTest's \"DSL\"; dips: assumption",
    // The profile "DSL (1.5 Mbps/384 Kbps 50ms RTT)" of WebPageTest, connectivity.ini.
    rtt: Some(Span::from_millis(50)),
    states: [
        State { median: Bitrate::kbps(10_000), sigma: 0.02, stay: 180.0, next: [0, 85, 13, 2] },
        State { median: Bitrate::kbps(9_300), sigma: 0.05, stay: 60.0, next: [75, 0, 22, 3] },
        State { median: Bitrate::kbps(6_000), sigma: 0.20, stay: 10.0, next: [20, 65, 0, 15] },
        State { median: Bitrate::kbps(1_200), sigma: 0.60, stay: 4.0, next: [10, 30, 60, 0] },
    ],
    begins_in: 2,
    correlation: 0.8,
    slot: None,
};
