//! Claeys, Latré, Famaey, Wu, Van Leekwijck and De Turck, "Design and optimisation of a
//! (FA)Q-learning-based HTTP adaptive streaming client" (Connection Science, 2014), which goDASH
//! calls Clae:
//!
//! ```text
//! max (0, 5.67 mean − 6.72 deviation − 4.95 φ + 0.17)
//! φ = 7/8 max (0, 1 + ln (stalls / segments) / 6) + 1/8 min (mean stall, 15 s) / 15 s
//! ```
//!
//! The idea to hold: mean and standard deviation are of bitrates over the highest there is, as
//! goDASH has it, where the paper numbers its quality levels. As published the logarithm never
//! counts for anybody, the deviation is that of all the segments there are, and stalls are counted;
//! in goDASH's code none of this is so.

use super::{Model, Seen};

/// The estimated opinion.
pub(super) const SCORE: Model = Model {
    key: "clae",
    name: "Claeys",
    source: "Claeys et al., Connection Science 2014; goDASH's Clae as published",
    formula: "max (0, 0.17 + 5.67 mean − 6.72 deviation − 4.95 φ), \
              φ = 7/8 max (0, 1 + ln (stalls / segments) / 6) + 1/8 min (mean stall, 15 s) / 15 s",
    constants: "mean and deviation of bitrates over the highest of the ladder; φ 0 without stalls",
    unit: "opinion",
    range: "0 to 5.84",
    needs: "",
    of: score,
};

fn score(seen: &Seen<'_>) -> Option<f64> {
    let count = seen.segments()?;
    let top = seen.tables.kbps.last().copied().filter(|&top| top > 0.0)?;
    let shares = || {
        let segments = seen.viewing.segments().iter();
        segments.map(|watched| seen.tables.kbps[watched.rung.0 as usize] / top)
    };
    let mean = shares().sum::<f64>() / count;
    let variance = shares().map(|share| (share - mean) * (share - mean)).sum::<f64>() / count;
    let stalls = seen.viewing.stalls().len() as f64;
    let frozen = if stalls > 0.0 {
        let often = (1.0 + libm::log(stalls / count) / 6.0).max(0.0);
        let long = (seen.viewing.stalled().as_secs_f64() / stalls).min(15.0) / 15.0;
        0.875 * often + 0.125 * long
    } else {
        0.0
    };
    Some((0.17 + 5.67 * mean - 6.72 * libm::sqrt(variance) - 4.95 * frozen).max(0.0))
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score};

    #[test]
    fn the_estimate_gives_what_a_pencil_gives() {
        // All of 4 Mbit/s at the top: 0.17 + 5.67.
        assert!((score("clae", &LADDER, &[2, 2], (9_000, &[])).unwrap() - 5.84).abs() < 1e-12);
        // Half and whole: mean 0.75, deviation 0.25.
        let clae = score("clae", &LADDER, &[1, 2], (0, &[])).unwrap();
        assert!((clae - (0.17 + 5.67 * 0.75 - 6.72 * 0.25)).abs() < 1e-12);
        // One stall of 3 s in four segments: 1 + ln 0.25 / 6 = 0.7689509; 3/15.
        let clae = score("clae", &LADDER, &[2; 4], (0, &[3_000])).unwrap();
        let frozen = 0.875 * 0.768_950_94 + 0.125 * 0.2;
        assert!((clae - (5.84 - 4.95 * frozen)).abs() < 1e-6, "{clae}");
        // Nothing is worse than nothing.
        assert_eq!(score("clae", &LADDER, &[0, 2, 0, 2], (0, &[9_000, 9_000])), Some(0.0));
    }

    #[test]
    fn a_stall_in_a_thousand_segments_does_not_make_it_better() {
        // 1 + ln 0.001 / 6 is −0.15: as published it counts 0, and only the length is left.
        let clae = score("clae", &LADDER, &[2; 1_000], (0, &[15_000])).unwrap();
        assert!((clae - (5.84 - 4.95 * 0.125)).abs() < 1e-9, "{clae}");
    }
}
