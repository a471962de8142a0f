//! Huang et al., "Comyco: Quality-Aware Adaptive Video Streaming via Imitation Learning"
//! (MM 2019), QoE_v, with the constants of its code, fitted to what people thought:
//!
//! ```text
//! Σ (α V_n − β T_n + γ [V_n − V_{n−1}]⁺ − δ [V_{n−1} − V_n]⁺ + ε)      V the VMAF
//! ```
//!
//! The idea to hold: to get better is welcome, and to get worse costs more than it. As with
//! Pensieve, on whose environment it is built, T of the first segment is startup.

use super::{Model, Seen};

/// QoE_v.
pub(super) const SCORE: Model = Model {
    key: "comyco",
    name: "Comyco",
    source: "Huang et al., MM 2019, QoE_v; constants of its code",
    formula: "Σ (α V − β (stall + startup) + γ rise of V − δ fall of V + ε), \
              over segments displayed",
    constants: "V VMAF, α 0.8469011, β 28.79591348/s, γ 0.29797156, δ 1.06099887, \
                ε −2.661618558192494",
    unit: "per segment",
    range: "up to 82.03, and more while it gets better",
    needs: "VMAF of the content",
    of: score,
};

fn score(seen: &Seen<'_>) -> Option<f64> {
    let (count, mut sum, mut last) = (seen.segments()?, 0.0, None);
    for watched in seen.viewing.segments() {
        let vmaf = seen.quality(watched).vmaf?.as_f64();
        let rise = vmaf - last.replace(vmaf).unwrap_or(vmaf);
        sum += 0.846_901_1 * vmaf - 2.661_618_558_192_494;
        sum += 0.297_971_56 * rise.max(0.0) - 1.060_998_87 * (-rise).max(0.0);
    }
    let waiting = seen.waiting(28.795_913_48, 28.795_913_48);
    Some((sum - waiting) / count)
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score, score_of, with_quality};

    #[test]
    fn getting_worse_costs_more_than_getting_better_is_welcome() {
        let content = with_quality(&LADDER, &[(20.0, 0.9), (50.0, 0.9), (90.0, 0.9)]);
        let comyco = score_of("comyco", &content, &[0, 2, 1], (500, &[500])).unwrap();
        // 0.8469011·160 = 135.504176; a second of waiting; up by 70: 20.8580092; down by 40:
        // 42.4399548; thrice the constant.
        let sum = 135.504_176 - 28.795_913_48 + 20.858_009_2 - 42.439_954_8 - 7.984_855_674_577;
        assert!((comyco - sum / 3.0).abs() < 1e-9, "{comyco}");
        assert_eq!(score("comyco", &LADDER, &[0], (0, &[])), None);
    }
}
