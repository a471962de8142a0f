//! What Puffer's algorithms aim at (Yan et al., "Learning in situ: a randomized experiment in video
//! streaming", NSDI 2020), with the constants of its code:
//!
//! ```text
//! Σ Q_k − λ Σ |Q_k − Q_{k−1}| − μ Σ stall      Q = −10 log10 (1 − SSIM), from 0 to 60 dB
//! ```
//!
//! The idea to hold: startup is no stall there. Puffer's own evaluation does not add these up: it
//! shows stalls beside the mean and the variation of SSIM.

use super::per_segment::Costs;
use super::viewing::Watched;
use super::{Model, Seen};

/// SSIM in decibels.
pub(super) const SCORE: Model = Model {
    key: "ssim_db",
    name: "SSIM in dB",
    source: "Yan et al., NSDI 2020; constants of Puffer's code",
    formula: "Σ Q − λ Σ |ΔQ| − μ Σ stall, Q = −10 log10 (1 − SSIM), over segments displayed",
    constants: "λ 1, μ 20/s, Q from 0 to 60",
    unit: "dB per segment",
    range: "up to 60",
    needs: "SSIM of the content",
    of: |seen| {
        let costs = Costs { switching: 1.0, stalling: 20.0, startup: 0.0 };
        seen.per_segment(|watched| decibels(seen, watched), costs)
    },
};

fn decibels(seen: &Seen<'_>, watched: &Watched) -> Option<f64> {
    let ssim = seen.quality(watched).ssim?.as_f64();
    // All of it is as much as can be told.
    let lost = (1.0 - ssim).max(1e-6);
    Some((-10.0 * libm::log10(lost)).clamp(0.0, 60.0))
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score, score_of, with_quality};

    #[test]
    fn decibels_are_averaged_less_switches_and_stalls() {
        // SSIM 0.9, 0.99 and 1: 10, 20 and 60 dB, shown 10, 60, 20; a quarter second of stalls.
        let content = with_quality(&LADDER, &[(10.0, 0.9), (50.0, 0.99), (90.0, 1.0)]);
        let ssim = score_of("ssim_db", &content, &[0, 2, 1], (9_000, &[250])).unwrap();
        assert!((ssim - (90.0 - 90.0 - 5.0) / 3.0).abs() < 1e-9, "{ssim}");
        assert_eq!(score("ssim_db", &LADDER, &[0, 2, 1], (0, &[])), None);
    }
}
