//! BOLA-E: BOLA that begins where the throughput says, by pretending to have media it has not.
//!
//! With utilities from 1 up, V and γp are such that a buffer of 10 s calls for the lowest rung and
//! one of `10 s + 2 s` a rung (or the target, if that is more) for the highest. The level that
//! rungs are chosen at is what is buffered and a **placeholder**: as much at first as makes BOLA
//! choose what the throughput sustains, more for every wait with a full buffer, and never so much
//! that the rung just fetched would not have been chosen. The insufficient buffer rule holds it
//! back (Spiteri, Sitaraman, Sparacio, MMSys 2018, §3; BOLA-PL is the same without that rule).

use super::bola::{Above, Score};
use super::{Facts, Fetched, Insufficient, Progress, Rule, Rungs, by_rule};
use crate::abr::Algorithm;

pub(in crate::abr) const ALGORITHM: Algorithm = Algorithm {
    name: "bola-e",
    summary: "BOLA with a placeholder buffer: starts and recovers at what the throughput sustains",
    source: "Spiteri, Sitaraman, Sparacio, From theory to practice, MMSys 2018, section 3; Sabre \
             -a bolae",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let Parameters { ibr, gamma_p, wait } = Parameters::from_settings(settings);
        let above = if wait { Above::Wait } else { Above::OneRung };
        by_rule(|rungs| BolaE::new(rungs, (!ibr).then_some(gamma_p), above), content)
    },
};

parameters! {
    /// whether the insufficient buffer rule applies; without it this is BOLA-PL (Sabre: -noibr)
    ibr: bool = true, false => true;
    /// without that rule, how much a player would give, in units of utility, not to stall
    gamma_p: f64 = 5.0, 0.01 => 1_000.0;
    /// stay on what the throughput sustains, where else one rung above is allowed (Sabre: -ao)
    wait: bool = false, false => true;
}

/// The least buffer that is aimed for, and what each rung adds, in milliseconds.
const LEAST: f64 = 10_000.0;
const LEAST_PER_RUNG: f64 = 2_000.0;

/// The rule.
#[derive(Clone, Debug)]
pub(super) struct BolaE {
    score: Score,
    /// γp, where the insufficient buffer rule does not apply.
    plain: Option<f64>,
    above: Above,
    /// Since the first decision: the insufficient buffer rule.
    steady: Option<Insufficient>,
    placeholder: f64,
    last: usize,
}

impl BolaE {
    /// With the insufficient buffer rule, or else with γp.
    pub(super) fn new(rungs: &Rungs, plain: Option<f64>, above: Above) -> Self {
        let score = Score::of(rungs, 1.0);
        Self { score, plain, above, steady: None, placeholder: 0.0, last: 0 }
    }

    /// Finds V and γp.
    fn fit(&mut self, facts: &Facts<'_>) {
        let most = self.score.most();
        let Facts { rungs, target, .. } = *facts;
        let (v, gamma_p) = match self.plain {
            Some(gamma_p) => ((target - rungs.segment) / (most + (gamma_p - 1.0)), gamma_p - 1.0),
            // Where one rung is as good as another, any V is.
            None if most <= 1.0 => (LEAST, 1.0),
            None => {
                let full = LEAST + LEAST_PER_RUNG * rungs.kbps.len() as f64;
                let gamma_p = (most - 1.0) / (full.max(target) / LEAST - 1.0);
                (LEAST / gamma_p, gamma_p)
            }
        };
        (self.score.v, self.score.gamma_p) = (v, gamma_p);
    }

    /// The least level at which a rung is chosen over every lower one.
    fn emptiest(&self, rungs: &Rungs, rung: usize) -> f64 {
        let (dear, best) = (rungs.kbps[rung], self.score.utility(rung));
        (0..rung).fold(0.0, |level: f64, lower| {
            let (cheap, utility) = (rungs.kbps[lower], self.score.utility(lower));
            if utility >= best {
                return level;
            }
            let even = (dear * utility - cheap * best) / (dear - cheap);
            level.max(self.score.v * (self.score.gamma_p + even))
        })
    }

    /// The placeholder is at most what brings a level up to that at which a rung is chosen.
    fn hold_to(&mut self, rungs: &Rungs, rung: usize, level: f64) {
        let most = (self.emptiest(rungs, rung) - level).max(0.0);
        self.placeholder = self.placeholder.min(most);
    }

    /// Takes from the placeholder what a rung has too much; returns how much that leaves to wait.
    fn drain(&mut self, facts: &Facts<'_>, rung: usize) -> f64 {
        let over = facts.level + self.placeholder - self.score.fullest(rung);
        let wait = if over <= 0.0 {
            0.0
        } else if over <= self.placeholder {
            self.placeholder -= over;
            0.0
        } else {
            over - std::mem::take(&mut self.placeholder)
        };
        if rung == facts.rungs.top() { 0.0 } else { wait }
    }
}

impl Rule for BolaE {
    fn choose(&mut self, facts: &Facts<'_>) -> (usize, f64) {
        let Facts { rungs, level, estimate, .. } = *facts;
        self.fit(facts);
        let sustained = rungs.sustained(estimate);
        let Some(mut insufficient) = self.steady else {
            self.steady = Some(Insufficient::new());
            self.placeholder = (self.emptiest(rungs, sustained) - level).max(0.0);
            return (sustained, 0.0);
        };
        let mut rung = self.score.best(rungs, level + self.placeholder);
        if rung > self.last && rung > sustained {
            rung = self.last.max(sustained) + usize::from(self.above == Above::OneRung);
        }
        let mut wait = self.drain(facts, rung);
        if self.plain.is_none() {
            let afforded = insufficient.limit(facts, rung);
            self.steady = Some(insufficient);
            if afforded < rung {
                (rung, wait) = (afforded, 0.0);
                self.hold_to(rungs, rung, level);
            }
        }
        (rung, wait)
    }

    fn waited(&mut self, millis: f64) {
        self.placeholder += millis;
    }

    fn fetched(&mut self, rungs: &Rungs, level: f64, fetched: &Fetched) {
        let Progress { rung, time, .. } = fetched.progress;
        self.last = rung;
        match fetched.abandoned_for {
            Some(_) if fetched.replaces => {}
            Some(0) => self.placeholder = self.placeholder.min((LEAST - level).max(0.0)),
            Some(cheaper) => self.hold_to(rungs, cheaper, level),
            None if fetched.replaces => self.placeholder += rungs.segment,
            None => {
                let before = level + time;
                let most = (self.score.fullest(rung) - before).max(0.0);
                self.placeholder = self.placeholder.min(most);
                if level > 0.0 {
                    let least = self.emptiest(rungs, rung) - before;
                    self.placeholder = self.placeholder.max(least);
                }
            }
        }
    }

    fn abandons(&self) -> bool {
        true
    }

    fn abandon(&mut self, facts: &Facts<'_>, progress: &Progress) -> Option<usize> {
        let Progress { size, received, time, first_bit, .. } = *progress;
        let left = size - received;
        if received <= 0.0 || left <= 0.0 {
            return None;
        }
        // Whatever is fetched instead is as long in coming as this was.
        let level = (facts.level + self.placeholder - first_bit).max(0.0);
        let throughput = received / (time - first_bit);
        let lacks = left - first_bit * throughput;
        if lacks <= 0.0 {
            return None;
        }
        self.score.cheaper(facts.rungs, progress, level, lacks)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bbb, facts, progress};
    use super::*;

    #[test]
    fn thresholds_are_those_sabre_prints() {
        // `sabre.py -v -a bolae -m bbb.json -b 25`: 10 s and 2 s for each of ten rungs are more.
        let levels = [11048, 13284, 15527, 17770, 20007, 22244, 24483, 27150, 29441];
        let rungs = bbb();
        let mut bola = BolaE::new(&rungs, None, Above::OneRung);
        bola.fit(&facts(&rungs, 0.0, 25_000.0, 1.0));
        for (rung, level) in levels.into_iter().enumerate() {
            assert_eq!(bola.emptiest(&rungs, rung + 1) as i32, level);
            let at = |level: i32| bola.score.best(&rungs, level.into());
            assert_eq!((at(level), at(level + 1)), (rung, rung + 1));
        }
    }

    #[test]
    fn it_starts_at_what_the_link_does_and_holds_on_to_it() {
        let rungs = bbb();
        let mut bola = BolaE::new(&rungs, None, Above::OneRung);
        // 2,500 kbit/s sustain rung 6, which BOLA wants at 22,244 ms; 3 s are there.
        let facts = facts(&rungs, 3_000.0, 25_000.0, 2_500.0);
        assert_eq!(bola.choose(&facts), (6, 0.0));
        assert_eq!(bola.placeholder as i32, 19_244);
        // A full buffer waited for 2 s makes it 2 s more.
        bola.waited(2_000.0);
        assert_eq!(bola.placeholder as i32, 21_244);
        // A segment of rung 6 that took 1 s came when 5 s were there, 6 s before it; the level it
        // was chosen at is at most that from which rung 6 is worth nothing.
        let progress = progress(&rungs, 6, 6_168e3, 1_000.0);
        let fetched = Fetched { progress, abandoned_for: None, replaces: false };
        bola.fetched(&rungs, 5_000.0, &fetched);
        assert!(bola.placeholder <= bola.score.fullest(6) - 6_000.0);
        // One given up for the lowest leaves no more than makes 10 s.
        let fetched = Fetched { abandoned_for: Some(0), ..fetched };
        bola.fetched(&rungs, 4_000.0, &fetched);
        assert_eq!(bola.placeholder, 6_000.0);
    }

    #[test]
    fn with_one_rung_or_equal_ones_it_still_chooses() {
        for kbps in [vec![500.0], vec![500.0, 500.0]] {
            let rungs = Rungs { segment: 3_000.0, kbps };
            let mut bola = BolaE::new(&rungs, None, Above::OneRung);
            for level in [0.0, 3_000.0, 30_000.0] {
                let (rung, wait) = bola.choose(&facts(&rungs, level, 25_000.0, 1_000.0));
                assert!(rung <= rungs.top() && wait.is_finite(), "{rung} {wait}");
            }
        }
    }
}
