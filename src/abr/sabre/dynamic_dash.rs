//! DYNAMIC as it went into dash.js: the throughput rule below 5 s of buffer, BOLA-E above 10 s.
//!
//! In between whichever was last asked goes on; only that one is asked, and only it may abandon a
//! transfer, while both are told what came (Spiteri, Sitaraman, Sparacio, MMSys 2018, §5; Sabre's
//! DynamicDash).

use super::bola::Above;
use super::bola_e::BolaE;
use super::throughput::Throughput;
use super::{Facts, Fetched, Progress, Rule, Rungs, by_rule};
use crate::abr::Algorithm;

pub(in crate::abr) const ALGORITHM: Algorithm = Algorithm {
    name: "dynamic-dash",
    summary: "the throughput rule below 5 s of buffer, BOLA-E above 10 s, as dash.js had it",
    source: "Spiteri, Sitaraman, Sparacio, From theory to practice, MMSys 2018, section 5; Sabre \
             -a dynamicdash",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let Parameters { gamma_p, ibr } = Parameters::from_settings(settings);
        by_rule(|rungs| DynamicDash::new(rungs, gamma_p, ibr), content)
    },
};

parameters! {
    /// without the insufficient buffer rule, BOLA-E's price of a stall, in units of utility
    gamma_p: f64 = 5.0, 0.01 => 1_000.0;
    /// whether the insufficient buffer rule applies to both
    ibr: bool = true, false => true;
}

/// Where the throughput rule takes over, and where BOLA-E does, in milliseconds.
const LOW: f64 = 5_000.0;
const HIGH: f64 = 10_000.0;

/// The rule.
#[derive(Clone, Debug)]
struct DynamicDash {
    bola: BolaE,
    throughput: Throughput,
    by_buffer: bool,
}

impl DynamicDash {
    fn new(rungs: &Rungs, gamma_p: f64, ibr: bool) -> Self {
        let bola = BolaE::new(rungs, (!ibr).then_some(gamma_p), Above::OneRung);
        Self { bola, throughput: Throughput::new(ibr), by_buffer: false }
    }
}

impl Rule for DynamicDash {
    fn choose(&mut self, facts: &Facts<'_>) -> (usize, f64) {
        self.by_buffer = facts.level > HIGH || (self.by_buffer && facts.level >= LOW);
        match self.by_buffer {
            true => self.bola.choose(facts),
            false => self.throughput.choose(facts),
        }
    }

    fn waited(&mut self, millis: f64) {
        self.bola.waited(millis);
    }

    fn fetched(&mut self, rungs: &Rungs, level: f64, fetched: &Fetched) {
        self.bola.fetched(rungs, level, fetched);
    }

    fn abandons(&self) -> bool {
        true
    }

    fn abandon(&mut self, facts: &Facts<'_>, progress: &Progress) -> Option<usize> {
        match self.by_buffer {
            true => self.bola.abandon(facts, progress),
            false => self.throughput.abandon(facts, progress),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bbb, facts};
    use super::*;

    #[test]
    fn between_five_and_ten_seconds_whichever_it_was_goes_on() {
        let rungs = bbb();
        let mut rule = DynamicDash::new(&rungs, 5.0, true);
        let mut by_buffer = |level: f64| {
            let _ = rule.choose(&facts(&rungs, level, 25_000.0, 1_000.0));
            rule.by_buffer
        };
        let levels = [9_000.0, 10_000.0, 10_001.0, 5_000.0, 4_999.0, 9_000.0];
        assert_eq!(levels.map(&mut by_buffer), [false, false, true, true, false, false]);
    }
}
