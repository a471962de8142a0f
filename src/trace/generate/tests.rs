//! Generated traces: that those shipped are those generated, and that each class is as it says.

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
    for class in [Class::Commuter3g, Class::HomeWifi] {
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
    for class in Class::ALL {
        let Model { states, begins_in, correlation, slot, .. } = class.model();
        for state in states {
            assert_eq!(state.next.iter().sum::<u64>(), 100);
            assert!(state.stay >= 1.0 && state.sigma >= 0.0);
        }
        let stays = |(i, state): (usize, &State)| state.next[i] == 0;
        assert!(states.iter().enumerate().all(stays), "to leave is to go elsewhere");
        assert!((1..4).contains(begins_in), "nobody presses play in the worst");
        assert!((0.0..1.0).contains(correlation));
        let whole = |slot: &Slot| states.iter().all(|state| state.stay >= slot.seconds as f64);
        assert!(slot.as_ref().is_none_or(whole), "no state is shorter than a slot");
        assert!(states.is_sorted_by(|a, b| a.median > b.median), "from the best to the worst");
    }
}

#[test]
fn a_class_is_found_by_its_name_and_says_what_it_is() {
    for class in Class::ALL {
        assert_eq!(Class::named(class.name()), Some(class));
        assert!(class.about().chars().count() <= 68, "{}", class.name());
        assert!(!class.source().is_empty(), "{}", class.name());
        assert_eq!(Class::ALL.iter().filter(|&&other| other as u64 == class as u64).count(), 1);
    }
    assert_eq!(Class::named("3G"), None);
}

/// What a class is said to have, in the long run: its mean and its quantiles in kbps, and the
/// share of seconds below a rate.
struct Said {
    class: Class,
    mean: [f64; 2],
    /// The quantiles at 5, 25, 50, 75 and 95 %.
    quantiles: [f64; 5],
    /// By how much those may differ, as a factor.
    within: f64,
    below: f64,
    share: [f64; 2],
}

/// Of the classes held against logs, the figures are those of the logs; of the others, those the
/// comments state.
const SAID: [Said; 9] = [
    Said {
        class: Class::ThreeG,
        mean: [0.95e3, 1.15e3],
        quantiles: [0.0, 216.0, 854.0, 1_526.0, 3_003.0],
        within: 1.15,
        below: 50.0,
        share: [0.11, 0.17],
    },
    Said {
        class: Class::Lte,
        mean: [27e3, 31e3],
        quantiles: [5_218.0, 18_112.0, 28_005.0, 39_368.0, 55_726.0],
        within: 1.3,
        below: 50.0,
        share: [0.004, 0.012],
    },
    Said {
        class: Class::FiveG,
        mean: [67e3, 250e3],
        quantiles: [12e3, 41e3, 85e3, 143e3, 229e3],
        within: 1.2,
        below: 1e3,
        share: [0.001, 0.02],
    },
    Said {
        class: Class::MmWave,
        mean: [470e3, 575e3],
        quantiles: [8e3, 109e3, 429e3, 869e3, 1_390e3],
        within: 1.4,
        below: 10e3,
        share: [0.03, 0.07],
    },
    Said {
        class: Class::Wifi,
        mean: [65e3, 80e3],
        quantiles: [20.5e3, 54e3, 77e3, 92e3, 110e3],
        within: 1.1,
        below: 7.7e3,
        share: [0.006, 0.016],
    },
    Said {
        class: Class::Cable,
        mean: [110e3, 118e3],
        quantiles: [101e3, 111e3, 116e3, 119e3, 123e3],
        within: 1.05,
        below: 90e3,
        share: [0.005, 0.03],
    },
    Said {
        class: Class::Dsl,
        mean: [9.5e3, 9.9e3],
        quantiles: [8.75e3, 9.63e3, 9.9e3, 10.1e3, 10.3e3],
        within: 1.05,
        below: 7e3,
        share: [0.005, 0.03],
    },
    Said {
        class: Class::Leo,
        mean: [87e3, 98e3],
        quantiles: [36e3, 65e3, 95e3, 116e3, 151e3],
        within: 1.1,
        below: 9.5e3,
        share: [0.007, 0.025],
    },
    Said {
        class: Class::Geo,
        mean: [17e3, 19e3],
        quantiles: [8e3, 14.8e3, 18.8e3, 21.8e3, 25.8e3],
        within: 1.1,
        below: 1.9e3,
        share: [0.004, 0.02],
    },
];

/// Twenty walks of 10,000 s, which forget where they began.
#[test]
fn in_the_long_run_a_class_is_as_it_says() {
    for Said { class, mean, quantiles, within, below, share } in SAID {
        let long = Span::from_secs(10_000);
        let one = |index| generate(class, Seed(1), index, long, End::Hold).unwrap();
        let traces: Vec<_> = (0..20).map(one).collect();
        let rates = traces.iter().flat_map(Trace::treads).map(|tread| tread.rate.as_kbps_f64());
        let mut kbps: Vec<_> = rates.collect();
        kbps.sort_by(f64::total_cmp);
        let name = class.name();
        let of_all = kbps.iter().sum::<f64>() / kbps.len() as f64;
        assert!((mean[0]..mean[1]).contains(&of_all), "{name}: a mean of {of_all}");
        for (right, percent) in quantiles.into_iter().zip([5, 25, 50, 75, 95]) {
            let found = kbps[kbps.len() * percent / 100];
            // To a kbps, so that nothing is like nothing.
            let times = (found + 1.0) / (right + 1.0);
            assert!((1.0 / within..within).contains(&times), "{name}: {found} at {percent} %");
        }
        let low = kbps.iter().filter(|&&rate| rate < below).count() as f64 / kbps.len() as f64;
        assert!((share[0]..share[1]).contains(&low), "{name}: {low} below {below}");
    }
}

#[test]
fn a_body_in_the_way_takes_a_gigabit_for_seconds() {
    let hour = Span::from_secs(3_600);
    let trace = generate(Class::MmWave, Seed(2), 0, hour, End::Hold).unwrap();
    let low: Vec<_> = trace.treads().map(|tread| tread.rate < Bitrate::kbps(30_000)).collect();
    let dips = low.chunk_by(|a, b| a == b).filter(|run| run[0]).map(<[bool]>::len);
    let dips: Vec<_> = dips.collect();
    // One in a minute or so, and among them some of 5 s and more.
    assert!((30..180).contains(&dips.len()), "{dips:?}");
    assert!(dips.iter().filter(|&&seconds| seconds >= 5).count() >= 10, "{dips:?}");
}

#[test]
fn a_satellite_in_low_orbit_is_changed_every_fifteen_seconds() {
    for index in 0..5 {
        let hour = Span::from_secs(3_600);
        let trace = generate(Class::Leo, Seed(2), index, hour, End::Hold).unwrap();
        let kbps: Vec<_> = trace.treads().map(|tread| tread.rate.as_kbps_f64()).collect();
        let halved = |phase: usize| {
            let seconds = (phase..kbps.len() - 1).step_by(15).filter(|&second| second > 0);
            let halves = seconds.map(|s| (kbps[s] < 0.7 * kbps[s + 1], 1));
            let (halved, all) =
                halves.fold((0, 0), |(a, n), (half, one)| (a + half as u32, n + one));
            f64::from(halved) / f64::from(all)
        };
        let phases = (0..15).filter(|&phase| halved(phase) > 0.8).count();
        assert_eq!(phases, 1, "walk {index}: the same second of every fifteen has half");
    }
}

/// Known answers: what was once generated must not change, for scenarios name it by its seed.
#[test]
fn walks_are_frozen() {
    let first = |class| {
        let trace = generate(class, Seed(7), 3, Span::from_secs(3), End::Hold).unwrap();
        trace.treads().map(|tread| tread.rate.as_bps() / 1_000).collect::<Vec<_>>()
    };
    for (class, kbps) in Class::ALL.into_iter().zip(FROZEN) {
        assert_eq!(first(class), kbps, "{}", class.name());
    }
}

const FROZEN: [[u64; 3]; 11] = [
    [227, 82, 260],
    [56_419, 42_471, 39_455],
    [15_162, 22_757, 29_740],
    [35_084, 38_472, 47_575],
    [61_572, 47_929, 58_590],
    [109_428, 102_613, 100_278],
    [9_751, 9_871, 9_770],
    [71_055, 128_251, 135_104],
    [21_919, 21_371, 22_636],
    [393, 1_314, 1_345],
    [9_691, 11_048, 15_505],
];

#[test]
fn a_class_states_its_round_trip_throughout() {
    for class in Class::ALL {
        let trace = generate(class, Seed(0), 0, Span::from_secs(20), End::Hold).unwrap();
        assert!(trace.treads().all(|tread| tread.rtt == class.rtt()));
    }
    // Light to a geostationary satellite and back, twice: 4 * 35,786 km / 299,792 km/s = 477 ms.
    assert!(Class::Geo.rtt() > Some(Span::from_millis(477)));
    assert_eq!(Class::HomeWifi.rtt(), None, "the traces that are shipped state none");
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
    for class in Class::ALL {
        let of = |millis| {
            let length = Span::from_millis(millis);
            generate(class, Seed(9), 4, length, End::Hold).unwrap()
        };
        let (short, long) = (of(32_500), of(60_000));
        assert_eq!(short.length(), Span::from_millis(32_500));
        let rates = |trace: &Trace| trace.treads().map(|tread| tread.rate).collect::<Vec<_>>();
        assert_eq!(rates(&short), rates(&long)[..33], "{}", class.name());
    }
}

#[test]
fn what_cannot_be_generated_is_said() {
    let of = |length| generate(Class::Commuter3g, Seed(0), 0, length, End::Hold).unwrap_err();
    assert_eq!(of(Span::ZERO), GenerateError::Flaw(Flaw::Empty));
    assert_eq!(of(Span::MAX), GenerateError::TooLong(Span::MAX));
}
