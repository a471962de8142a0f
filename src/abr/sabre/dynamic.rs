//! DYNAMIC: the throughput rule while the buffer is low, BOLA once it is not.
//!
//! Both are asked for every segment. From the throughput rule to BOLA when more than 10 s are
//! buffered and BOLA would fetch no less; back when less are and BOLA would fetch less. Transfers
//! are abandoned as the throughput rule does (Spiteri, Sitaraman, Sparacio, MMSys 2018, §5; Sabre's
//! Dynamic).

use super::bola::{Above, Bola};
use super::throughput::Throughput;
use super::{Facts, Fetched, Progress, Rule, Rungs, by_rule};
use crate::abr::Algorithm;

pub(in crate::abr) const ALGORITHM: Algorithm = Algorithm {
    name: "dynamic",
    summary: "the throughput rule while the buffer is low, BOLA-U once 10 s are buffered",
    source: "Spiteri, Sitaraman, Sparacio, From theory to practice, MMSys 2018, section 5; Sabre \
             -a dynamic",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let Parameters { gamma_p, ibr } = Parameters::from_settings(settings);
        by_rule(|rungs| Dynamic::new(rungs, gamma_p, ibr), content)
    },
};

parameters! {
    /// how much BOLA would give, in units of utility, not to stall for one segment
    gamma_p: f64 = 5.0, 0.01 => 1_000.0;
    /// whether the insufficient buffer rule applies to the throughput rule
    ibr: bool = true, false => true;
}

/// The level at which one rule takes over from the other, in milliseconds.
const LOW: f64 = 10_000.0;

/// The rule.
#[derive(Clone, Debug)]
struct Dynamic {
    bola: Bola,
    throughput: Throughput,
    by_buffer: bool,
}

impl Dynamic {
    fn new(rungs: &Rungs, gamma_p: f64, ibr: bool) -> Self {
        let bola = Bola::new(rungs, gamma_p, false, Above::OneRung);
        Self { bola, throughput: Throughput::new(ibr), by_buffer: false }
    }
}

impl Rule for Dynamic {
    fn choose(&mut self, facts: &Facts<'_>) -> (usize, f64) {
        let by_buffer = self.bola.choose(facts);
        let by_throughput = self.throughput.choose(facts);
        if self.by_buffer {
            self.by_buffer = facts.level >= LOW || by_buffer.0 >= by_throughput.0;
        } else {
            self.by_buffer = facts.level > LOW && by_buffer.0 >= by_throughput.0;
        }
        if self.by_buffer { by_buffer } else { by_throughput }
    }

    fn fetched(&mut self, _rungs: &Rungs, _level: f64, fetched: &Fetched) {
        self.by_buffer &= !fetched.replaces;
    }

    fn abandons(&self) -> bool {
        true
    }

    fn abandon(&mut self, facts: &Facts<'_>, progress: &Progress) -> Option<usize> {
        self.throughput.abandon(facts, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bbb, facts};
    use super::*;

    #[test]
    fn bola_takes_over_above_ten_seconds_and_hands_back_below() {
        let rungs = bbb();
        let mut rule = Dynamic::new(&rungs, 5.0, true);
        let mut at = |level: f64, throughput: f64| {
            let (rung, _) = rule.choose(&facts(&rungs, level, 25_000.0, throughput));
            (rung, rule.by_buffer)
        };
        // BOLA wants the top at 20 s; 1,000 kbit/s sustain rung 3 with nine tenths of it, of which
        // BOLA-U goes one above what all of it sustains, 4.
        assert_eq!(at(9_000.0, 1_000.0), (3, false));
        assert_eq!(at(20_000.0, 1_000.0), (5, true));
        // At 9 s BOLA wants rung 0, and 3 is more.
        assert_eq!(at(9_000.0, 1_000.0), (3, false));
    }
}
