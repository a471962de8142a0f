//! The score of LoL and LoL+ for what is live, with both sets of constants that were published.
//!
//! The idea to hold: it needs latency and speed, which are measured
//! [elsewhere](crate::metrics::glass); here it only stands beside the others.

use super::Model;
use crate::metrics::glass::WEIGHTS;

const FORMULA: &str = "Σ α R − β stalled − Σ γ L − σ Σ |1 − P| − μ Σ |ΔR|, α the seconds of a \
                       segment, β highest and σ lowest bitrate, L latency, P speed";

/// As the paper has it.
pub(super) const PAPER: Model = Model {
    key: "lol_paper",
    name: "LoL+, paper",
    source: WEIGHTS[0].source,
    formula: FORMULA,
    constants: "kbit/s and seconds; γ 0.005 up to 1.1 s and 0.01 above, μ 0.02",
    unit: "kbit per session",
    range: "up to highest bitrate × seconds displayed",
    needs: "a live presentation",
    of: |seen| seen.live.map(|scores| scores[0]),
};

/// As the code has it.
pub(super) const CODE: Model = Model {
    key: "lol_code",
    name: "LoL+, code",
    source: WEIGHTS[1].source,
    constants: "kbit/s and seconds; γ 0.05 × lowest bitrate up to 1.1 s and 0.1 × highest above, \
                μ 1",
    of: |seen| seen.live.map(|scores| scores[1]),
    ..PAPER
};
