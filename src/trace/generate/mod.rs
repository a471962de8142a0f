//! Bandwidth made up, for when there are no measurements at hand: a seeded random walk among the
//! states of a kind of network.
//!
//! The idea to hold: which state a link is in is a Markov chain in steps of a second, and a state
//! is a spread about a median: "good for a while, then a tunnel", with noise on top. So are the
//! synthetic traces of Pensieve made (Mao, Netravali and Alizadeh, 2017; `synthetic_traces.py`),
//! and so does CS2P model measured throughput (Sun et al., 2016, a hidden Markov model). Ours
//! differs in the noise: log-normal, so that no rate is negative, and correlated from second to
//! second.
//!
//! A class is data: `cellular`, `fixed`, `satellite` and `by_hand` hold the numbers, with
//! what they were taken from beside them. What was measured is a mean, some quantiles, a share of
//! outages; the states are **chosen** so that a long walk has those, and how long they last is an
//! **assumption** wherever no source says it. Where figures are to be believed, use measured
//! traces.
//!
//! | class | median | what it asks of a player |
//! |---|---|---|
//! | `3g` | 0.9 Mbps | to outlast outages of half a minute |
//! | `lte` | 28 Mbps | little, but for a second or four of nothing now and then |
//! | `5g` | 80 Mbps | to see that a bad minute at 30 Mbps is not the end of the world |
//! | `mmwave` | 400 Mbps | to mistrust a gigabit: a body in the way takes it for seconds |
//! | `wifi` | 75 Mbps | to keep calm in a dip that will pass |
//! | `cable` | 115 Mbps | nothing |
//! | `dsl` | 9.9 Mbps | not to ask for more than there is |
//! | `leo` | 95 Mbps | to bear a new satellite, and so a new rate, every 15 s |
//! | `geo` | 19 Mbps | to make the most of few, long round trips |
//! | `commuter-3g` | 1.4 Mbps | to outlast tunnels of 10 s or more |
//! | `home-wifi` | 15 Mbps | to keep calm in a dip that will pass |

mod by_hand;
mod cellular;
mod fixed;
mod satellite;
mod walk;

use super::read::MAX_STEPS;
use super::{End, Flaw, Trace, Tread};
use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Span};
use walk::Walk;

/// How long a generated rate holds.
pub const STEP: Span = Span::from_secs(1);

/// A kind of network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub enum Class {
    /// A phone on a train: one or two Mbps, and tunnels. States no round trip.
    Commuter3g = 1,
    /// A television in the next room: plenty, with dips. States no round trip.
    HomeWifi = 2,
    /// HSDPA on the move.
    ThreeG = 3,
    /// LTE on the move.
    Lte = 4,
    /// 5G in the mid-band, about 3.5 GHz.
    FiveG = 5,
    /// 5G at millimetre waves, with what gets in their way.
    MmWave = 6,
    /// Wi-Fi at home, in front of a fast line.
    Wifi = 7,
    /// A cable modem, by wire.
    Cable = 8,
    /// DSL, by wire.
    Dsl = 9,
    /// Satellites in low orbit, which are changed every 15 s.
    Leo = 10,
    /// A satellite in geostationary orbit.
    Geo = 11,
}

/// Why no trace was generated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GenerateError {
    /// More than [`MAX_STEPS`].
    #[error("a trace of {0} would have more than {MAX_STEPS} steps of {STEP}")]
    TooLong(Span),
    /// No time at all, or so little that all of it lies in a tunnel.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

/// What a class is made of.
struct Model {
    name: &'static str,
    about: &'static str,
    /// What the numbers were taken from, and what of them is assumed.
    source: &'static str,
    /// The median round trip to a server nearby, on a link that is not busy.
    rtt: Option<Span>,
    /// From the best to the worst.
    states: [State; 4],
    /// How many of the states a walk may begin in, all as likely.
    begins_in: u64,
    /// The correlation of the noise from one second to the next. Of 0.8 half is gone after three
    /// seconds (0.8^3 = 0.51), of 0.6 after one and a half.
    correlation: f64,
    /// What happens every so often, whatever the state.
    slot: Option<Slot>,
}

/// What a link may be like for a while.
struct State {
    /// The rate that half of its seconds exceed.
    median: Bitrate,
    /// The deviation of the rate's logarithm: at 0.3, two seconds in three are within a factor
    /// of 1.35 (e^0.3) of the median.
    sigma: f64,
    /// How many seconds it lasts in the mean; how many it has lasted makes no difference.
    stay: f64,
    /// How likely each state is to come next, in percent.
    next: [u64; 4],
}

/// Time dealt out in slots: states change, and noise is forgotten, only between two of them.
struct Slot {
    /// How many seconds one lasts.
    seconds: u64,
    /// The share of the rate that is left of its first second, while the link is set up anew.
    left: f64,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 11] = [
        Self::ThreeG,
        Self::Lte,
        Self::FiveG,
        Self::MmWave,
        Self::Wifi,
        Self::Cable,
        Self::Dsl,
        Self::Leo,
        Self::Geo,
        Self::Commuter3g,
        Self::HomeWifi,
    ];

    /// Its name, as a scenario or the command line has it.
    pub const fn name(self) -> &'static str {
        self.model().name
    }

    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// What it is, in a line.
    pub const fn about(self) -> &'static str {
        self.model().about
    }

    /// What its numbers were taken from, and what of them is assumed.
    pub const fn source(self) -> &'static str {
        self.model().source
    }

    /// The round trip that its traces state, if they state one.
    pub const fn rtt(self) -> Option<Span> {
        self.model().rtt
    }

    const fn model(self) -> &'static Model {
        match self {
            Self::Commuter3g => &by_hand::COMMUTER_3G,
            Self::HomeWifi => &by_hand::HOME_WIFI,
            Self::ThreeG => &cellular::THREE_G,
            Self::Lte => &cellular::LTE,
            Self::FiveG => &cellular::FIVE_G,
            Self::MmWave => &cellular::MM_WAVE,
            Self::Wifi => &fixed::WIFI,
            Self::Cable => &fixed::CABLE,
            Self::Dsl => &fixed::DSL,
            Self::Leo => &satellite::LEO,
            Self::Geo => &satellite::GEO,
        }
    }
}

/// The trace of that number in a class. A longer one begins with the shorter.
pub fn generate(
    class: Class,
    seed: Seed,
    index: u64,
    length: Span,
    end: End,
) -> Result<Trace, GenerateError> {
    if length > STEP * MAX_STEPS as u64 {
        return Err(GenerateError::TooLong(length));
    }
    let draw = seed.stream(Purpose::Bandwidth, &[class as u64, index]);
    let mut walk = Walk::new(class.model(), draw);
    let mut treads = Vec::new();
    let mut left = length;
    while !left.is_zero() {
        let span = left.min(STEP);
        treads.push(Tread { span, rate: walk.next_rate(), rtt: class.rtt() });
        left -= span;
    }
    Ok(Trace::new(treads, end)?)
}

#[cfg(test)]
mod tests;
