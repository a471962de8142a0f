//! Mao, Netravali and Alizadeh, "Neural Adaptive Video Streaming with Pensieve" (SIGCOMM 2017),
//! equation 5 and table 1: what a segment is worth is its bitrate, the logarithm of that, or a
//! number for each rung of their own ladder.
//!
//! ```text
//! Σ q(R_n) − μ Σ T_n − Σ |q(R_{n+1}) − q(R_n)|
//! ```
//!
//! The idea to hold: T_n is what the player stands still for segment n, so for the first it is all
//! of startup, and costs as much. Their tables of results leave out the first segment and its
//! delay; the equation, and this, does not.

use super::per_segment::Costs;
use super::{Model, Seen, Tables};

const FORMULA: &str = "Σ q − μ Σ (stall + startup) − Σ |Δq|, over segments displayed";

/// The ladder that the high-definition form is about, in kbit/s, and what its rungs are worth.
const HD_LADDER: [(f64, f64); 6] =
    [(300.0, 1.0), (750.0, 2.0), (1_200.0, 3.0), (1_850.0, 12.0), (2_850.0, 15.0), (4_300.0, 20.0)];

/// QoE_lin.
pub(super) const LINEAR: Model = Model {
    key: "pensieve_lin",
    name: "Pensieve, linear",
    source: "Mao et al., SIGCOMM 2017, table 1, QoE_lin",
    formula: FORMULA,
    constants: "q bitrate in Mbit/s, μ 4.3/s",
    unit: "Mbit/s per segment",
    range: "up to the highest bitrate",
    needs: "",
    of: |seen| score(seen, 4.3, |tables, rung| Some(tables.kbps[rung] / 1e3)),
};

/// QoE_log.
pub(super) const LOGARITHMIC: Model = Model {
    key: "pensieve_log",
    name: "Pensieve, logarithmic",
    source: "Mao et al., SIGCOMM 2017, table 1, QoE_log",
    constants: "q ln (bitrate / lowest bitrate), μ 2.66/s",
    unit: "ln per segment",
    range: "up to ln (highest / lowest bitrate)",
    of: |seen| score(seen, 2.66, |tables, rung| Some(tables.ln[rung])),
    ..LINEAR
};

/// QoE_HD.
pub(super) const HD: Model = Model {
    key: "pensieve_hd",
    name: "Pensieve, HD",
    source: "Mao et al., SIGCOMM 2017, table 1, QoE_HD",
    constants: "q 1, 2, 3, 12, 15, 20 by rung, μ 8/s",
    unit: "per segment",
    range: "up to 20",
    needs: "its ladder of 300, 750, 1200, 1850, 2850 and 4300 kbit/s",
    of: |seen| score(seen, 8.0, |tables, rung| tables.hd.map(|hd| hd[rung])),
    ..LINEAR
};

/// What rungs are worth in high definition, if the ladder is the one it is about.
pub(super) fn hd(kbps: &[f64]) -> Option<[f64; HD_LADDER.len()]> {
    kbps.iter().copied().eq(HD_LADDER.map(|rung| rung.0)).then(|| HD_LADDER.map(|rung| rung.1))
}

fn score(
    seen: &Seen<'_>,
    waiting: f64,
    worth: impl Fn(&Tables, usize) -> Option<f64>,
) -> Option<f64> {
    let costs = Costs { switching: 1.0, stalling: waiting, startup: waiting };
    seen.per_segment(|watched| worth(seen.tables, watched.rung.0 as usize), costs)
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score};

    #[test]
    fn the_three_forms_give_what_a_pencil_gives() {
        let ladder = [300, 750, 1_200, 1_850, 2_850, 4_300];
        let of = |key| score(key, &ladder, &[0, 3, 3, 5], (500, &[250, 250])).unwrap();
        // 0.3 + 1.85 + 1.85 + 4.3 = 8.3; switches 1.55 + 2.45 = 4; a second of waiting.
        assert!((of("pensieve_lin") - (8.3 - 4.0 - 4.3) / 4.0).abs() < 1e-9);
        // ln 37/6 = 1.8191584 twice, ln 43/3 = 2.6625878: 6.3009046; all the way up 2.6625878.
        assert!((of("pensieve_log") - (6.300_904_6 - 2.662_587_8 - 2.66) / 4.0).abs() < 1e-7);
        // 1 + 12 + 12 + 20 = 45; 11 + 8.
        assert!((of("pensieve_hd") - (45.0 - 19.0 - 8.0) / 4.0).abs() < 1e-9);
    }

    #[test]
    fn high_definition_is_about_one_ladder() {
        assert_eq!(score("pensieve_hd", &LADDER, &[0, 1], (0, &[])), None);
        assert_eq!(score("pensieve_hd", &[300, 750], &[0, 1], (0, &[])), None);
    }
}
