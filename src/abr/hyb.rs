//! HYB: the highest rung that comes in a share of the time the buffer lasts.
//!
//! `rung = max { r : size(r) / Ĉ < β · buffer }`, with Ĉ the harmonic mean of the last five
//! transfers (Akhtar et al., "Oboe: auto-tuning video ABR algorithms to network conditions",
//! SIGCOMM 2018, §2.2, where β is what Oboe tunes). That β is a quarter, sizes exact and five
//! transfers in the mean is what the logs published with Pensieve-PPO (`log_sim_hyb_*`) show: of
//! 2,820 decisions (60 sessions) 98.4 % are told by these, and fewer by any other β, window or mean
//! tried.

use super::{
    Abr, Algorithm, ByTrack, Context, Decision, Estimator, HarmonicMean, Transfer, copies_of,
};
use crate::media::Rung;
use crate::units::Bitrate;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "hyb",
    summary: "HYB: the highest rung that comes in a quarter of the time the buffer lasts",
    source: "Akhtar et al., Oboe: auto-tuning video ABR algorithms to network conditions, SIGCOMM \
             2018, section 2.2",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let mean = Estimator::Harmonic(HarmonicMean::new(parameters.window));
        copies_of(Hyb { parameters, means: ByTrack::new(mean, content.tracks.len()) })
    },
};

parameters! {
    /// share of the time the buffer lasts that a transfer may take
    beta: f64 = 0.25, 0.01 => 1.0;
    /// how many of the latest transfers the harmonic mean is over
    window: u32 = 5, 1 => 20;
}

#[derive(Clone)]
struct Hyb {
    parameters: Parameters,
    /// By track.
    means: ByTrack,
}

impl Abr for Hyb {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let Some(estimate) = self.means.of(cx.id) else {
            return Decision::Fetch(Rung(0));
        };
        let lasts = cx.buffer.as_secs_f64() / cx.speed.as_f64();
        let bits = estimate * self.parameters.beta * lasts;
        let sizes = cx.track.sizes(cx.segment);
        let in_time = sizes.iter().rposition(|size| size.as_bits_f64() < bits);
        Decision::Fetch(Rung(in_time.unwrap_or(0) as u8))
    }

    fn observe(&mut self, transfer: &Transfer) {
        self.means.observe(transfer);
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.means.remember(throughput);
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.means.first()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::units::{Span, Speed};

    #[test]
    fn a_segment_may_take_a_quarter_of_what_is_buffered() {
        let question = Question::of(&[1_000, 2_000, 4_000]);
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 2 s: 4 Mbit/s. Segments of 4, 8 and 16 Mbit take 1, 2 and 4 s, and may take less
        // than a quarter of the buffer.
        abr.observe(&fetched(1_000_000, 2_000));
        let chosen = |millis| question.context_at(Span::from_millis(millis));
        let mut at = |millis| abr.choose(&chosen(millis));
        assert_eq!([at(8_000), at(8_001)], [0, 1].map(|rung| Decision::Fetch(Rung(rung))));
        assert_eq!([at(16_000), at(16_001)], [1, 2].map(|rung| Decision::Fetch(Rung(rung))));
        // At twice the speed the buffer lasts half as long.
        let cx = Context { speed: Speed::from_per_mille(2_000).unwrap(), ..chosen(16_002) };
        assert_eq!(abr.choose(&cx), Decision::Fetch(Rung(1)));
    }
}
