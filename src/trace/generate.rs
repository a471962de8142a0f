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
//! The numbers are **assumptions**, chosen by hand so that one class stresses a ladder of four or
//! five rungs up to 3–5 Mbps, and the other hardly does. They are fitted to no measurement: where
//! figures are to be believed, use measured traces.
//!
//! | class | states, by median | what it asks of a player |
//! |---|---|---|
//! | `commuter-3g` | 2.8 Mbps, 1.5 Mbps, 450 kbps, nothing | to outlast tunnels of 10 s or more |
//! | `home-wifi` | 18 Mbps, 12 Mbps, 4 Mbps, 400 kbps | to keep calm in a dip that will pass |

use super::read::MAX_STEPS;
use super::{End, Flaw, Trace, Tread};
use crate::seed::{Purpose, Seed, Stream};
use crate::units::{Bitrate, Span};

/// How long a generated rate holds.
pub const STEP: Span = Span::from_secs(1);

/// The correlation of the noise from one step to the next: half of it is gone after three seconds
/// (0.8^3 = 0.51). An assumption.
const CORRELATION: f64 = 0.8;

/// A kind of network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub enum Class {
    /// A phone on a train: one or two Mbps, and tunnels.
    Commuter3g = 1,
    /// A television in the next room: plenty, with dips.
    HomeWifi = 2,
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

/// The states of [`Class::Commuter3g`].
const COMMUTER_3G: [State; 4] = [
    State { median: Bitrate::kbps(2_800), sigma: 0.25, stay: 15.0, next: [0, 82, 14, 4] },
    State { median: Bitrate::kbps(1_500), sigma: 0.30, stay: 25.0, next: [45, 0, 47, 8] },
    State { median: Bitrate::kbps(450), sigma: 0.45, stay: 15.0, next: [8, 77, 0, 15] },
    State { median: Bitrate::ZERO, sigma: 0.0, stay: 10.0, next: [5, 40, 55, 0] },
];

/// The states of [`Class::HomeWifi`].
const HOME_WIFI: [State; 4] = [
    State { median: Bitrate::kbps(18_000), sigma: 0.15, stay: 40.0, next: [0, 75, 20, 5] },
    State { median: Bitrate::kbps(12_000), sigma: 0.25, stay: 25.0, next: [75, 0, 20, 5] },
    State { median: Bitrate::kbps(4_000), sigma: 0.35, stay: 10.0, next: [30, 60, 0, 10] },
    State { median: Bitrate::kbps(400), sigma: 0.50, stay: 4.0, next: [20, 30, 50, 0] },
];

impl Class {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::Commuter3g, Self::HomeWifi];

    /// Its name, as a scenario or the command line has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commuter3g => "commuter-3g",
            Self::HomeWifi => "home-wifi",
        }
    }

    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    const fn states(self) -> &'static [State; 4] {
        match self {
            Self::Commuter3g => &COMMUTER_3G,
            Self::HomeWifi => &HOME_WIFI,
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
    let mut walk = Walk::new(class, seed.stream(Purpose::Bandwidth, &[class as u64, index]));
    let mut treads = Vec::new();
    let mut left = length;
    while !left.is_zero() {
        let span = left.min(STEP);
        treads.push(Tread { span, rate: walk.next_rate(), rtt: None });
        left -= span;
    }
    Ok(Trace::new(treads, end)?)
}

/// Where the walk is.
struct Walk {
    states: &'static [State; 4],
    state: usize,
    /// The noise at hand: normal, with mean 0 and deviation 1.
    noise: f64,
    draw: Stream,
}

impl Walk {
    /// Begins in any state but the last, the worst: nobody presses play in a tunnel.
    fn new(class: Class, mut draw: Stream) -> Self {
        let states = class.states();
        let state = draw.below(states.len() as u64 - 1) as usize;
        Self { states, state, noise: draw.normal(), draw }
    }

    /// The rate for a step, in whole kbps; then moves on.
    fn next_rate(&mut self) -> Bitrate {
        let State { median, sigma, stay, next } = &self.states[self.state];
        let kbps = median.as_kbps_f64() * libm::exp(sigma * self.noise);
        let fresh = libm::sqrt(1.0 - CORRELATION * CORRELATION);
        self.noise = CORRELATION * self.noise + fresh * self.draw.normal();
        if self.draw.unit() * stay < 1.0 {
            let mut percent = self.draw.below(100);
            while percent >= next[self.state] {
                percent -= next[self.state];
                self.state = (self.state + 1) % next.len();
            }
        }
        Bitrate::kbps(libm::round(kbps) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::trace::csv;

    const SHIPPED: u64 = 20;
    const LENGTH: Span = Span::from_secs(300);

    fn shipped(class: Class) -> Vec<Trace> {
        let one = |index| generate(class, Seed(0), index, LENGTH, End::Repeat).unwrap();
        (0..SHIPPED).map(one).collect()
    }

    /// With `ABRSIM_WRITE_TRACES=1` it writes them instead.
    #[test]
    fn the_traces_that_are_shipped_are_those_generated() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces");
        let write = std::env::var("ABRSIM_WRITE_TRACES").is_ok_and(|value| value == "1");
        for class in Class::ALL {
            let folder = root.join(class.name());
            for (index, trace) in shipped(class).iter().enumerate() {
                let mut text = format!(
                    "# Generated, not measured: class {}, seed 0, number {index}.\n",
                    class.name()
                )
                .into_bytes();
                csv::write(trace, &mut text).unwrap();
                let file = folder.join(format!("{index:02}.csv"));
                if write {
                    fs::create_dir_all(&folder).unwrap();
                    fs::write(&file, &text).unwrap();
                }
                let committed = fs::read(&file).unwrap_or_default();
                assert!(committed == text, "{} is not what is generated", file.display());
            }
        }
    }

    #[test]
    fn from_each_state_there_is_a_way_on() {
        for state in Class::ALL.iter().flat_map(|class| class.states()) {
            assert_eq!(state.next.iter().sum::<u64>(), 100);
            assert!(state.stay >= 1.0 && state.sigma >= 0.0);
        }
        for class in Class::ALL {
            let stays = |(i, state): (usize, &State)| state.next[i] == 0;
            assert!(class.states().iter().enumerate().all(stays), "to leave is to go elsewhere");
        }
    }

    #[test]
    fn a_commuter_has_one_or_two_megabits_and_outages() {
        let traces = shipped(Class::Commuter3g);
        let means: Vec<_> = traces.iter().map(|trace| trace.mean().as_kbps_f64()).collect();
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        assert!((1_000.0..2_000.0).contains(&mean), "{mean} of {means:?}");
        let quiet = |trace: &Trace| trace.treads().filter(|tread| tread.rate.is_zero()).count();
        let outages: Vec<_> = traces.iter().map(quiet).collect();
        // Some have no outage, most do; in all, between 2 % and 12 % of the time.
        assert!((120..720).contains(&outages.iter().sum::<usize>()), "{outages:?}");
        assert!(outages.iter().filter(|&&seconds| seconds >= 5).count() >= 10, "{outages:?}");
    }

    #[test]
    fn a_home_has_fifteen_megabits_and_dips() {
        let traces = shipped(Class::HomeWifi);
        let mut kbps: Vec<_> =
            traces.iter().flat_map(Trace::treads).map(|tread| tread.rate.as_kbps_f64()).collect();
        kbps.sort_by(f64::total_cmp);
        let median = kbps[kbps.len() / 2];
        assert!((13_000.0..17_000.0).contains(&median), "{median}");
        let dips = kbps.iter().filter(|&&kbps| kbps < 3_000.0).count();
        assert!((60..600).contains(&dips), "between 1 % and 10 % of the time: {dips}");
    }

    #[test]
    fn a_longer_trace_begins_with_the_shorter() {
        let of = |millis| {
            let length = Span::from_millis(millis);
            generate(Class::HomeWifi, Seed(9), 4, length, End::Hold).unwrap()
        };
        let (short, long) = (of(2_500), of(60_000));
        assert_eq!(short.length(), Span::from_millis(2_500));
        let rates = |trace: &Trace| trace.treads().map(|tread| tread.rate).collect::<Vec<_>>();
        assert_eq!(rates(&short), rates(&long)[..3]);
    }

    #[test]
    fn what_cannot_be_generated_is_said() {
        let of = |length| generate(Class::Commuter3g, Seed(0), 0, length, End::Hold).unwrap_err();
        assert_eq!(of(Span::ZERO), GenerateError::Flaw(Flaw::Empty));
        assert_eq!(of(Span::MAX), GenerateError::TooLong(Span::MAX));
    }
}
