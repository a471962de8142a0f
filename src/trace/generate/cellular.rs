//! Phones: 3G, LTE, 5G in the mid-band and at millimetre waves.
//!
//! The idea to hold: each class is held against logs that were published, second by second, and
//! has about their mean, their quantiles and their share of outages; the comments give both. How
//! long a state lasts was chosen so that the rate is about as steady as theirs.

use super::{Model, State};
use crate::units::{Bitrate, Span};

/// HSDPA on buses, trains, trams and ferries about Oslo.
///
/// The logs of Riiser et al. (MMSys 2013), by the second, 51 of the 86 that come with Sabre: mean
/// 1.05 Mbps; a quarter of the seconds below 0.22, half below 0.85, three quarters below 1.53, 95 %
/// below 3.0 Mbps; 14 % below 50 kbps; the logarithms of two rates 15 s apart are correlated by
/// 0.75. A long walk: mean 1.03; 0.21, 0.89, 1.52, 2.8 Mbps; 14 %; 0.53.
pub(super) const THREE_G: Model = Model {
    name: "3g",
    about: "HSDPA on the move: 1 Mbps, and nothing for one second in seven",
    source: "rates and outages: the HSDPA logs of Riiser et al., MMSys 2013; round trip: \
             WebPageTest's \"3G Fast\"",
    // The profile "3G Fast (1.6 Mbps/768 Kbps 150ms RTT)" of WebPageTest, connectivity.ini.
    rtt: Some(Span::from_millis(150)),
    states: [
        State { median: Bitrate::kbps(2_300), sigma: 0.35, stay: 30.0, next: [0, 75, 20, 5] },
        State { median: Bitrate::kbps(1_150), sigma: 0.40, stay: 38.0, next: [38, 0, 47, 15] },
        State { median: Bitrate::kbps(260), sigma: 0.90, stay: 28.0, next: [8, 57, 0, 35] },
        State { median: Bitrate::ZERO, sigma: 0.0, stay: 25.0, next: [4, 31, 65, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: None,
};

/// LTE on foot, bicycles, buses, trams, trains and in cars about Ghent.
///
/// The logs of van der Hooft et al. (IEEE Communications Letters 20(11), 2016), by the second, 19
/// of the 40 that come with Sabre: mean 29.2 Mbps; 5 % of the seconds below 5.2, a quarter below
/// 18.1, half below 28.0, three quarters below 39.4, 95 % below 55.7 Mbps; 0.8 % below 50 kbps;
/// correlation 5 s apart 0.60. A long walk: mean 29.4; 6.4, 19.6, 28.0, 39.2, 54.8 Mbps; 0.7 %;
/// 0.44.
pub(super) const LTE: Model = Model {
    name: "lte",
    about: "LTE on the move: 29 Mbps, and a few seconds of nothing now and then",
    source: "rates and outages: the LTE logs of van der Hooft et al., 2016; round trip: \
             WebPageTest's \"LTE\"",
    // The profile "LTE (12 Mbps, 70ms RTT)" of WebPageTest, connectivity.ini.
    rtt: Some(Span::from_millis(70)),
    states: [
        State { median: Bitrate::kbps(46_000), sigma: 0.20, stay: 20.0, next: [0, 85, 15, 0] },
        State { median: Bitrate::kbps(27_000), sigma: 0.30, stay: 25.0, next: [46, 0, 52, 2] },
        State { median: Bitrate::kbps(10_000), sigma: 0.60, stay: 13.0, next: [12, 78, 0, 10] },
        State { median: Bitrate::ZERO, sigma: 0.0, stay: 4.0, next: [5, 35, 60, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: None,
};

/// 5G in the mid-band.
///
/// The sources disagree: downloads standing still in the logs of Raca et al. (MMSys 2020, one
/// Irish operator) have a mean of 67 Mbps, with 95 % of the seconds below 229; Opensignal (May
/// 2020) names 100–250 Mbps as the mean of operators in that band. A long walk has a mean of 101
/// Mbps, half of its seconds are below 85, 95 % below 247. The third state is LTE, fallen back to:
/// the median of `lte`. The fourth, the edge of a cell, is an assumption; outages there are none.
pub(super) const FIVE_G: Model = Model {
    name: "5g",
    about: "5G in the mid-band: 100 Mbps, falling back to LTE and worse",
    source: "rates between Raca et al., MMSys 2020, and Opensignal, May 2020; fallen back to LTE: \
             van der Hooft et al., 2016; round trip: Raca et al.; the rest is assumption",
    // The median ping of those downloads: 69 ms standing still (80 ms driving).
    rtt: Some(Span::from_millis(69)),
    states: [
        State { median: Bitrate::kbps(210_000), sigma: 0.25, stay: 15.0, next: [0, 75, 20, 5] },
        State { median: Bitrate::kbps(95_000), sigma: 0.40, stay: 20.0, next: [40, 0, 50, 10] },
        State { median: Bitrate::kbps(28_000), sigma: 0.60, stay: 15.0, next: [10, 70, 0, 20] },
        State { median: Bitrate::kbps(2_500), sigma: 1.00, stay: 4.0, next: [5, 35, 60, 0] },
    ],
    begins_in: 3,
    correlation: 0.8,
    slot: None,
};

/// 5G at millimetre waves, walked and driven through Minneapolis.
///
/// The 121 traces of Lumos5G (Narayanan et al., IMC 2020) in the artifact of Narayanan et al.,
/// SIGCOMM 2021: mean 523 Mbps; 5 % of the seconds below 8, a quarter below 109, half below 429,
/// three quarters below 869, 95 % below 1,390 Mbps; correlation 1 s apart 0.77, 5 s 0.36. A long
/// walk: mean 503; 10, 118, 394, 815, 1,317 Mbps; 0.77, 0.30. The third state is LTE, the last a
/// body, a hand or a wall in the way.
pub(super) const MM_WAVE: Model = Model {
    name: "mmwave",
    about: "5G at millimetre waves: 500 Mbps, blocked for seconds every minute",
    source: "rates: Lumos5G, Narayanan et al., IMC 2020; round trip: assumption, above the least \
             measured by Narayanan et al., SIGCOMM 2021",
    // The least pings to the two nearest regions in that artifact are 20 and 25 ms. Their medians,
    // 71 and 112 ms, have a radio that sleeps between one ping and the next.
    rtt: Some(Span::from_millis(30)),
    states: [
        State { median: Bitrate::kbps(1_050_000), sigma: 0.25, stay: 8.0, next: [0, 65, 25, 10] },
        State { median: Bitrate::kbps(450_000), sigma: 0.40, stay: 8.0, next: [45, 0, 43, 12] },
        State { median: Bitrate::kbps(100_000), sigma: 0.50, stay: 9.0, next: [25, 57, 0, 18] },
        State { median: Bitrate::kbps(3_000), sigma: 1.20, stay: 4.0, next: [25, 35, 40, 0] },
    ],
    begins_in: 3,
    correlation: 0.6,
    slot: None,
};
