//! When hls.js gives up a fragment under way (`controller/abr-controller.ts`:
//! `_abandonRulesCheck`), every 100 ms of loading.

use super::estimate::Estimate;
use super::level::{Facts, Levels, Limits, find_best, time_to_load};

/// A fragment under way, as far as it has got.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    /// Its level.
    pub level: usize,
    /// Bytes that have come.
    pub loaded: f64,
    /// Milliseconds since it was asked for, and of those until the first byte.
    pub elapsed: f64,
    /// See [`elapsed`](Self::elapsed).
    pub ttfb: f64,
    /// Seconds of media in it.
    pub duration: f64,
    /// Seconds until the buffer is empty, and media seconds that pass in one.
    pub starvation: f64,
    /// See [`starvation`](Self::starvation).
    pub rate: f64,
    /// Whether there is a playlist to load again first, and how long that took last time.
    pub playlist: Option<f64>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    /// It is let be, and there is no need to look again for so many milliseconds.
    Keep(f64),
    /// It is let be for good.
    Never,
    /// This level is loaded instead. The request is dropped at once or so many milliseconds later,
    /// unless loading of the other has ended it before.
    Switch {
        /// The level.
        level: usize,
        /// Whether at once.
        now: bool,
        /// Or when.
        timer: Option<f64>,
    },
}

/// The tick of the check, in milliseconds.
pub(super) const TICK: f64 = 100.0;

/// How long every fragment is left alone, in milliseconds.
pub fn grace(estimate: &Estimate, duration: f64, rate: f64) -> f64 {
    estimate.ttfb().max(1e3 * duration / (2.0 * rate))
}

/// The check of a fragment. If it fails, the estimate takes in what has come so far.
pub fn check(
    loading: &Loading,
    levels: &Levels<'_>,
    estimate: &mut Estimate,
    up_factor: f64,
) -> Check {
    let Loading { level, loaded, elapsed, ttfb, duration, starvation, rate, playlist } = *loading;
    let least = levels.range.0;
    if level <= least {
        return Check::Never;
    }
    let grace = grace(estimate, duration, rate);
    if elapsed <= grace {
        return Check::Keep(grace - elapsed);
    }
    let wait = estimate.ttfb() / 1e3;
    let expected = loaded.max(libm::round(duration * levels.average_bitrates[level] / 8.0));
    let load_rate = if loaded > 0.0 { 1e3 * loaded / (elapsed - ttfb) } else { 0.0 };
    let remain = match load_rate > 0.0 {
        true => (expected - loaded) / load_rate,
        false => 8.0 * expected / estimate.get() + wait,
    };
    if remain <= starvation {
        return Check::Keep(late(loading, expected, starvation - remain));
    }
    let bandwidth = if load_rate > 0.0 { 8.0 * load_rate } else { estimate.get() };
    let in_time = starvation.min(duration + wait);
    let takes =
        |next: usize| time_to_load(wait, bandwidth, duration * levels.max_bitrates[next], playlist);
    let (mut next, mut time) = (level - 1, f64::INFINITY);
    while next > least {
        time = takes(next);
        if time < in_time {
            break;
        }
        next -= 1;
    }
    if time >= remain || time > 10.0 * duration {
        return Check::Keep(TICK);
    }
    match loaded > 0.0 {
        true => estimate.sample(elapsed - estimate.ttfb().min(ttfb), loaded),
        false => estimate.sample_ttfb(elapsed),
    }
    if up_factor * estimate.get() > levels.max_bitrates[next] {
        estimate.reset(levels.max_bitrates[next]);
    }
    let facts = Facts {
        estimate: levels.max_bitrates[next],
        ttfb: wait,
        duration,
        starvation: 0.0,
        live: false,
        loaded: level,
    };
    let limits = Limits { factor: 1.0, up_factor: 1.0, max_starvation: starvation };
    let below = Levels { range: (least, next), ..*levels };
    let now = next > least && remain > 2.0 * time;
    let timer = (next > least && !now).then_some(1e3 * time);
    Check::Switch { level: find_best(&below, &facts, limits).unwrap_or(next), now, timer }
}

/// For how many milliseconds a fragment cannot fall behind, even if nothing more of it comes: what
/// is missing takes longer by as much as passes, and the buffer drains.
fn late(loading: &Loading, expected: f64, spare: f64) -> f64 {
    let slower = match loading.loaded > 0.0 {
        true => (expected - loading.loaded) / loading.loaded,
        false => 0.0,
    };
    1e3 * spare / (slower + loading.rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slightly_late_fragment_is_dropped_only_once_its_successor_would_be_there() {
        let bitrates = [400e3, 800e3, 1_400e3, 2_500e3];
        let levels = Levels { max_bitrates: &bitrates, average_bitrates: &bitrates, range: (0, 3) };
        let mut estimate = Estimate::new(9.0, 3.0, 5e5, 100.0);
        // 400 kB in 2 s are 200 kB/s: the other 850 of 1,250 kB take 4.25 s.
        let loading = Loading {
            level: 3,
            loaded: 400e3,
            elapsed: 2_100.0,
            ttfb: 100.0,
            duration: 4.0,
            starvation: 4.0,
            rate: 1.0,
            playlist: None,
        };
        // Level 2 takes 0.1 + 5.6 / 1.6 = 3.6 s, less than 4 and more than half of 4.25. With no
        // more than its own 1.4 Mbit/s it would take 4.1, and level 1 0.1 + 3.2 / 1.4 = 2.4.
        let expected = Check::Switch { level: 1, now: false, timer: Some(3_600.0) };
        assert_eq!(check(&loading, &levels, &mut estimate, 0.7), expected);
        // What has come is a sample: 400 kB in 2.1 s less the wait, 1.6 Mbit/s. 70 % of it are not
        // more than level 2.
        assert!((estimate.get() - 1.6e6).abs() < 1e-3, "{}", estimate.get());
        // What comes in time is let be: 0.75 s to spare.
        let loading = Loading { starvation: 5.0, ..loading };
        let verdict = check(&loading, &levels, &mut estimate, 0.7);
        assert!(matches!(verdict, Check::Keep(_)), "{verdict:?}");
    }
}
