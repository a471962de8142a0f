//! Which level hls.js loads next (`controller/abr-controller.ts`: `findBestLevel`,
//! `firstAutoLevel`, `nextAutoLevel`, `getTimeToLoadFrag`).

/// What is known of the levels, in ascending order of bitrate.
#[derive(Clone, Copy, Debug)]
pub struct Levels<'a> {
    /// The bitrates advertised, in bits per second.
    pub max_bitrates: &'a [f64],
    /// The average ones, where they are told apart.
    pub average_bitrates: &'a [f64],
    /// The lowest and highest that may be chosen.
    pub range: (usize, usize),
}

/// What is known of loading.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Bits per second.
    pub estimate: f64,
    /// Seconds to a first byte.
    pub ttfb: f64,
    /// Seconds of a fragment.
    pub duration: f64,
    /// Seconds until the buffer is empty.
    pub starvation: f64,
    /// Whether there is a playlist to load again first, as for live.
    pub live: bool,
    /// The level of the last fragment.
    pub loaded: usize,
}

/// The shares of the estimate that may be spent, and how long a stall may last.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Share for the level as it is, and lower ones.
    pub factor: f64,
    /// For higher ones.
    pub up_factor: f64,
    /// Seconds of stall put up with.
    pub max_starvation: f64,
}

/// Seconds to load so many bits, and before them, where the level is switched, its playlist, which
/// took so long last time.
pub fn time_to_load(ttfb: f64, bandwidth: f64, bits: f64, playlist: Option<f64>) -> f64 {
    ttfb + bits / bandwidth + playlist.map_or(0.0, |last| ttfb + last)
}

/// The highest level whose bitrate a share of the estimate carries, and whose fragment comes in
/// time.
pub fn find_best(levels: &Levels<'_>, facts: &Facts, limits: Limits) -> Option<usize> {
    let Facts { estimate, ttfb, duration, starvation, live, loaded } = *facts;
    let calm = duration > 0.0 && starvation >= 2.0 * duration && limits.max_starvation == 0.0;
    let bitrates = if calm { levels.average_bitrates } else { levels.max_bitrates };
    let (least, most) = levels.range;
    (least..=most).rev().find(|&level| {
        let factor = if level > loaded { limits.up_factor } else { limits.factor };
        let (adjusted, bitrate) = (factor * estimate, bitrates[level]);
        let fetch = time_to_load(ttfb, adjusted, bitrate * duration, None);
        let in_time = fetch <= ttfb
            || !fetch.is_finite()
            || live
            || fetch < starvation + limits.max_starvation;
        adjusted >= bitrate && in_time
    })
}

/// The level to begin with: what the estimate carries, of fragments whose length is not known yet.
pub fn first(levels: &Levels<'_>, facts: &Facts, max_starvation: f64, otherwise: usize) -> usize {
    let limits = Limits { factor: 1.0, up_factor: 1.0, max_starvation };
    let (least, most) = levels.range;
    find_best(levels, facts, limits).unwrap_or(otherwise.clamp(least, most))
}

/// The level to go on with: one that needs no stall, or else one with a bearable stall, or else the
/// lowest.
pub fn next(levels: &Levels<'_>, facts: &Facts, limits: Limits) -> usize {
    let calm = Limits { max_starvation: 0.0, ..limits };
    let calmly = || find_best(levels, facts, calm);
    let limits = Limits { max_starvation: facts.duration.min(limits.max_starvation), ..limits };
    let lowest = levels.range.0.min(facts.loaded);
    let found = if facts.starvation > 0.0 { calmly() } else { None };
    found.or_else(|| find_best(levels, facts, limits)).unwrap_or(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_comes_before_the_buffer_is_empty_or_else_a_bearable_stall_later() {
        let bitrates = [400e3, 800e3];
        let levels = Levels { max_bitrates: &bitrates, average_bitrates: &bitrates, range: (0, 1) };
        let limits = Limits { factor: 0.95, up_factor: 0.7, max_starvation: 4.0 };
        // At 950 kbit/s the 1.6 Mbit of level 0 take 0.1 + 1.68 s, the 3.2 of level 1 0.1 + 3.37.
        // Where not even level 0 is in time, a stall is met anyway, and of 4 s both would be.
        for (starvation, expected) in [(4.0, 1), (3.0, 0), (2.0, 0), (1.5, 1)] {
            let facts = Facts {
                estimate: 1e6,
                ttfb: 0.1,
                duration: 4.0,
                starvation,
                live: false,
                loaded: 1,
            };
            assert_eq!(next(&levels, &facts, limits), expected, "{starvation} s");
        }
    }
}
