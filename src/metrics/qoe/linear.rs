//! Two of the published linear formulae as sums: exact of one session, and of many together.
//!
//! The idea to hold: each is linear in sums of whole numbers, so the mean over viewers is the
//! formula of the summed sums, exact in any order. What is scored of one viewer by every model is
//! beside it, in [`MODELS`](super::MODELS).

use crate::metrics::session::Session;
use crate::metrics::sum::TotalTime;
use crate::units::Bitrate;

/// `Σ q(R_k) − λ Σ |q(R_{k+1}) − q(R_k)| − μ Σ stall − μ_s startup`, with `q` in Mbit/s, over the
/// segments displayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QoeModel {
    /// What reports call it.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// λ, per Mbit/s switched.
    pub switching: f64,
    /// μ, per second stalled.
    pub stalling: f64,
    /// μ_s, per second of startup.
    pub startup: f64,
}

/// The linear models.
pub const QOE_MODELS: &[QoeModel] = &[
    QoeModel {
        name: "yin",
        source: "Yin et al., SIGCOMM 2015, balanced weights (1, 3000, 3000 in kbit/s)",
        switching: 1.0,
        stalling: 3.0,
        startup: 3.0,
    },
    QoeModel {
        name: "pensieve",
        source: "Mao et al., SIGCOMM 2017, QoE_lin; its first chunk's delay is our startup",
        switching: 1.0,
        stalling: 4.3,
        startup: 4.3,
    },
];

impl QoeModel {
    /// The score of one session.
    pub fn score(&self, session: &Session) -> f64 {
        let startup = session.startup.unwrap_or_default();
        self.of(session.bitrate_sum, session.switch_sum, session.stalled.into(), startup.into())
    }

    /// The score of sums over one session or many.
    pub fn of(
        &self,
        bitrates: Bitrate,
        switched: Bitrate,
        stalled: TotalTime,
        startup: TotalTime,
    ) -> f64 {
        let mbps = |rate: Bitrate| rate.as_kbps_f64() / 1e3;
        mbps(bitrates)
            - self.switching * mbps(switched)
            - self.stalling * stalled.as_secs_f64()
            - self.startup * startup.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn the_formulae_give_what_a_pencil_gives() {
        let session = Session {
            bitrate_sum: Bitrate::kbps(10_000),
            switch_sum: Bitrate::kbps(3_000),
            stalled: Span::from_millis(500),
            startup: Some(Span::from_secs(1)),
            ..Session::default()
        };
        let score = |name: &str| {
            QOE_MODELS.iter().find(|m| m.name == name).map(|m| m.score(&session)).unwrap()
        };
        // 10 − 3 − 3·0.5 − 3·1, and 10 − 3 − 4.3·0.5 − 4.3·1.
        assert!((score("yin") - 2.5).abs() < 1e-12);
        assert!((score("pensieve") - 0.55).abs() < 1e-12);
    }
}
