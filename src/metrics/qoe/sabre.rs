//! The score of Sabre (Spiteri, Sitaraman and Sparacio, "From Theory to Practice: Improving Bitrate
//! Adaptation in the DASH Reference Player", MMSys 2018), which is the objective of BOLA:
//!
//! ```text
//! (Σ ln (R_k / R_min) − γ stalled / p) / (time / p)      p the length of a segment, γ 5
//! ```
//!
//! The idea to hold: it is a mean over time, so who waits loses by the wait itself too. Startup is
//! time, and no stall.

use super::{Model, Seen};

/// The time average of utility less stalls.
pub(super) const SCORE: Model = Model {
    key: "sabre",
    name: "Sabre",
    source: "Spiteri et al., MMSys 2018; Sabre's time average score",
    formula: "(Σ ln (R / lowest) − γ stalled / p) / (time / p), over segments displayed",
    constants: "γ 5, p the mean length of a segment, time from pressing play without pauses and \
                waits after seeks",
    unit: "ln per segment's time",
    range: "up to ln (highest / lowest bitrate)",
    needs: "",
    of: score,
};

const GAMMA: f64 = 5.0;

fn score(seen: &Seen<'_>) -> Option<f64> {
    let (viewing, count) = (seen.viewing, seen.segments()?);
    let utilities = viewing.segments().iter().map(|watched| {
        (seen.tables.ln[watched.rung.0 as usize], seen.whole(watched).as_secs_f64())
    });
    let (utility, media) = utilities.fold((0.0, 0.0), |sums, of| (sums.0 + of.0, sums.1 + of.1));
    let segment = media / count;
    let stalled = viewing.stalled().as_secs_f64();
    let startup = viewing.startup().unwrap_or_default().as_secs_f64();
    let time = startup + viewing.played().as_secs_f64() + stalled;
    (time > 0.0).then(|| (utility - GAMMA * stalled / segment) * segment / time)
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score};

    #[test]
    fn utility_and_stalls_are_averaged_over_time() {
        // Segments of 4 s at 1, 4 and 2 Mbit/s: ln 4 + ln 2 = 2.0794415. 12 s of media, 2 s of
        // startup and 2 s of stalls make 4 segments' time; the stalls are half a segment.
        let sabre = score("sabre", &LADDER, &[0, 2, 1], (2_000, &[500, 1_500])).unwrap();
        assert!((sabre - (2.079_441_5 - 5.0 * 0.5) / 4.0).abs() < 1e-7, "{sabre}");
    }
}
