//! Sabre's throughput rule: nine tenths of what was measured, and no more than the buffer affords.
//!
//! `rung = max { r : latency + p·bitrate(r) / (0.9·Ĉ) ≤ p }`, limited by the insufficient buffer
//! rule; a transfer is abandoned when, half a second after it was asked for, it looks like taking
//! 1.8 times the media it holds (Spiteri, Sitaraman, Sparacio, MMSys 2018, §4; after dash.js's
//! ThroughputRule, InsufficientBufferRule and AbandonRequestsRule).

use super::{Estimate, Facts, Insufficient, Progress, Rule, by_rule};
use crate::abr::Algorithm;

pub(in crate::abr) const ALGORITHM: Algorithm = Algorithm {
    name: "throughput-rule",
    summary: "Sabre's throughput rule: two moving averages, held back where the buffer is short",
    source: "Spiteri, Sitaraman, Sparacio, From theory to practice, MMSys 2018, section 4; Sabre \
             -a throughput",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let Parameters { ibr } = Parameters::from_settings(settings);
        by_rule(|_| Throughput::new(ibr), content)
    },
};

parameters! {
    /// whether the insufficient buffer rule applies (Sabre: not -noibr)
    ibr: bool = true, false => true;
}

const SAFETY: f64 = 0.9;
const ABANDON: f64 = 1.8;
const GRACE: f64 = 500.0;

/// The rule.
#[derive(Clone, Debug)]
pub(super) struct Throughput {
    insufficient: Option<Insufficient>,
}

impl Throughput {
    /// With the insufficient buffer rule or without.
    pub(super) fn new(ibr: bool) -> Self {
        Self { insufficient: ibr.then(Insufficient::new) }
    }
}

impl Rule for Throughput {
    fn choose(&mut self, facts: &Facts<'_>) -> (usize, f64) {
        let Estimate { throughput, latency } = facts.estimate;
        let spent = Estimate { throughput: throughput * SAFETY, latency };
        let rung = facts.rungs.sustained(spent);
        let limited = self.insufficient.as_mut().map(|rule| rule.limit(facts, rung));
        (limited.unwrap_or(rung), 0.0)
    }

    fn abandons(&self) -> bool {
        true
    }

    fn abandon(&mut self, facts: &Facts<'_>, progress: &Progress) -> Option<usize> {
        let Progress { rung, size, received, time, first_bit } = *progress;
        let span = time - first_bit;
        if time < GRACE || span <= 0.0 {
            return None;
        }
        let (throughput, left) = (received / span, size - received);
        if time + left / throughput <= ABANDON * facts.rungs.segment {
            return None;
        }
        let latency = facts.estimate.latency;
        let spent = Estimate { throughput: throughput * SAFETY, latency };
        let cheaper = facts.rungs.sustained(spent);
        let worth_it = cheaper < rung && facts.rungs.resized(size, rung, cheaper) < left;
        worth_it.then_some(cheaper)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bbb, facts, progress};
    use super::*;

    #[test]
    fn nine_tenths_are_spent_and_the_buffer_may_afford_less() {
        let rungs = bbb();
        // Nine tenths of 1,600 kbit/s, 1,440, sustain 1,427; of 1,500, 1,350, do not.
        let chosen = |ibr, level, throughput| {
            Throughput::new(ibr).choose(&facts(&rungs, level, 25_000.0, throughput)).0
        };
        assert_eq!((chosen(true, 20e3, 1_600.0), chosen(true, 20e3, 1_500.0)), (5, 4));
        // 1 s of buffer affords 0.9 s of 1,600 kbit/s: 1,440 kbit, 3 s of 480.
        assert_eq!((chosen(true, 1e3, 1_600.0), chosen(false, 1e3, 1_600.0)), (2, 5));
    }

    #[test]
    fn a_transfer_that_takes_too_long_is_abandoned_after_half_a_second() {
        let rungs = bbb();
        let mut rule = Throughput::new(true);
        let facts = facts(&rungs, 10_000.0, 25_000.0, 6_000.0);
        // 18,000 kbit at 1,000 kbit/s take 18 s, more than 5.4 s; nine tenths sustain rung 3.
        let slow = |time: f64| progress(&rungs, 9, 1e3 * time, time);
        assert_eq!(rule.abandon(&facts, &slow(499.0)), None);
        assert_eq!(rule.abandon(&facts, &slow(500.0)), Some(3));
        // At 4,000 they take 4.5 s.
        assert_eq!(rule.abandon(&facts, &progress(&rungs, 9, 2e6, 500.0)), None);
    }
}
