//! Yin, Jindal, Sekar and Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive Video
//! Streaming over HTTP" (SIGCOMM 2015), equation 5, in the three weightings of its evaluation:
//!
//! ```text
//! Σ q(R_k) − λ Σ |q(R_{k+1}) − q(R_k)| − μ Σ stall − μ_s T_s      q the bitrate in kbit/s
//! ```
//!
//! The idea to hold: T_s is startup, which costs as much as a stall of that length.

use super::per_segment::Costs;
use super::{Model, Seen};

const SOURCE: &str = "Yin et al., SIGCOMM 2015, eq. 5";
const FORMULA: &str = "Σ q − λ Σ |Δq| − μ Σ stall − μs startup, over segments displayed";
const UNIT: &str = "kbit/s per segment";
const RANGE: &str = "up to the highest bitrate";

/// Neither stalls nor switches count most.
pub(super) const BALANCED: Model = Model {
    key: "yin_balanced",
    name: "Yin, balanced",
    source: SOURCE,
    formula: FORMULA,
    constants: "q bitrate in kbit/s, λ 1, μ 3000/s, μs 3000/s",
    unit: UNIT,
    range: RANGE,
    needs: "",
    of: |seen| score(seen, 1.0, 3_000.0),
};

/// Switches count most.
pub(super) const STEADY: Model = Model {
    key: "yin_instability",
    name: "Yin, avoiding instability",
    constants: "q bitrate in kbit/s, λ 3, μ 3000/s, μs 3000/s",
    of: |seen| score(seen, 3.0, 3_000.0),
    ..BALANCED
};

/// Stalls count most.
pub(super) const SMOOTH: Model = Model {
    key: "yin_rebuffering",
    name: "Yin, avoiding rebuffering",
    constants: "q bitrate in kbit/s, λ 1, μ 6000/s, μs 6000/s",
    of: |seen| score(seen, 1.0, 6_000.0),
    ..BALANCED
};

fn score(seen: &Seen<'_>, switching: f64, waiting: f64) -> Option<f64> {
    let costs = Costs { switching, stalling: waiting, startup: waiting };
    seen.per_segment(|watched| Some(seen.tables.kbps[watched.rung.0 as usize]), costs)
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score};

    #[test]
    fn the_three_weightings_give_what_a_pencil_gives() {
        // 1,000 + 4,000 + 2,000 = 7,000; switches 3,000 + 2,000; 1 s of startup, 0.5 s of stalls.
        let of = |key| score(key, &LADDER, &[0, 2, 1], (1_000, &[500])).unwrap();
        assert!((of("yin_balanced") - (7_000.0 - 5_000.0 - 4_500.0) / 3.0).abs() < 1e-9);
        assert!((of("yin_instability") - (7_000.0 - 15_000.0 - 4_500.0) / 3.0).abs() < 1e-9);
        assert!((of("yin_rebuffering") - (7_000.0 - 5_000.0 - 9_000.0) / 3.0).abs() < 1e-9);
    }
}
