//! BOLA as Sabre has it: for videos that end, and never far above what the link was seen to do.
//!
//! The score is that of [`bola`](crate::abr) with `V = (B − p) / (υ_max + γp)`. Two things are new.
//! BOLA-FINITE (Spiteri, Urgaonkar, Sitaraman, INFOCOM 2016, §V): near both ends of the video the
//! buffer to be filled, B, is only half of what has been or is left to be fetched, three segments
//! at least. And where a switch up goes beyond what the throughput sustains, BOLA-U goes one rung
//! above that, BOLA-O stays on it and waits until the buffer is no fuller than it calls for (ibid.
//! §VI). A transfer is abandoned for a rung whose score per bit that is yet to come is better.

use std::sync::Arc;

use super::{Facts, Progress, Rule, Rungs, by_rule};
use crate::abr::{Algorithm, Factory, Settings, Unfit};
use crate::media::Presentation;

const SOURCE: &str = "Spiteri, Urgaonkar, Sitaraman, BOLA: near-optimal bitrate adaptation for \
                      online videos, INFOCOM 2016, eq. 9 and sections V and VI";

/// BOLA-U.
pub(in crate::abr) const BOLA_U: Algorithm = Algorithm {
    name: "bola-u",
    summary: "BOLA for videos that end, which may go one rung above the throughput",
    source: SOURCE,
    parameters: Parameters::LIST,
    new: |settings, content| made(settings, content, Above::OneRung),
};

/// BOLA-O.
pub(in crate::abr) const BOLA_O: Algorithm = Algorithm {
    name: "bola-o",
    summary: "BOLA for videos that end, which waits rather than oscillate above the throughput",
    source: SOURCE,
    parameters: Parameters::LIST,
    new: |settings, content| made(settings, content, Above::Wait),
};

parameters! {
    /// how much a player would give, in units of utility, not to stall for one segment
    gamma_p: f64 = 5.0, 0.01 => 1_000.0;
    /// the buffer is filled from the start as if the video never ended (Sabre: -ab), and nothing
    /// is abandoned
    basic: bool = false, false => true;
}

fn made(settings: &Settings, content: &Presentation, above: Above) -> Result<Factory, Unfit> {
    let Parameters { gamma_p, basic } = Parameters::from_settings(settings);
    by_rule(|rungs| Bola::new(rungs, gamma_p, basic, above), content)
}

/// What to do about a rung above what the throughput sustains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Above {
    /// Go no further than one rung above.
    OneRung,
    /// Stay, and let the buffer drain.
    Wait,
}

/// The rule.
#[derive(Clone, Debug)]
pub(super) struct Bola {
    score: Score,
    basic: bool,
    above: Above,
    last: usize,
}

impl Bola {
    pub(super) fn new(rungs: &Rungs, gamma_p: f64, basic: bool, above: Above) -> Self {
        let score = Score { gamma_p, ..Score::of(rungs, 0.0) };
        Self { score, basic, above, last: 0 }
    }

    /// Milliseconds of buffer to be filled.
    fn room(&self, facts: &Facts<'_>) -> f64 {
        if self.basic {
            return facts.target;
        }
        let ahead = facts.segments.saturating_sub(facts.segment);
        let segments = facts.segment.min(ahead);
        facts.target.min((segments as f64 / 2.0).max(3.0) * facts.rungs.segment)
    }
}

impl Rule for Bola {
    fn choose(&mut self, facts: &Facts<'_>) -> (usize, f64) {
        let room = self.room(facts) - facts.rungs.segment;
        self.score.v = room / (self.score.most() + self.score.gamma_p);
        let rung = self.score.best(facts.rungs, facts.level);
        let sustained = facts.rungs.sustained(facts.estimate);
        let (rung, wait) = match self.above {
            _ if rung <= self.last || rung <= sustained => (rung, 0.0),
            _ if self.last > sustained => (self.last, 0.0),
            Above::OneRung => (sustained + 1, 0.0),
            Above::Wait => (sustained, (facts.level - self.score.fullest(sustained)).max(0.0)),
        };
        self.last = rung;
        (rung, wait)
    }

    fn abandons(&self) -> bool {
        !self.basic
    }

    fn abandon(&mut self, facts: &Facts<'_>, progress: &Progress) -> Option<usize> {
        let left = progress.size - progress.received;
        if progress.received <= 0.0 || left <= 0.0 {
            return None;
        }
        let surplus = self.score.fullest(progress.rung) - facts.level;
        if surplus < 0.0 {
            return None;
        }
        let cheaper = self.score.cheaper(facts.rungs, progress, facts.level, left)?;
        self.last = cheaper;
        Some(cheaper)
    }
}

/// What BOLA ranks rungs by: `(V·(υ + γp) − Q) / bits`.
#[derive(Clone, Debug)]
pub(super) struct Score {
    /// V, in milliseconds.
    pub(super) v: f64,
    pub(super) gamma_p: f64,
    /// By rung.
    utilities: Arc<[f64]>,
}

impl Score {
    /// Of a ladder, the lowest utility of which is `floor`; V and γp are still to be found.
    pub(super) fn of(rungs: &Rungs, floor: f64) -> Self {
        let offset = floor - libm::log(rungs.kbps[0]);
        let utilities = rungs.kbps.iter().map(|&kbps| libm::log(kbps) + offset).collect();
        Self { v: 0.0, gamma_p: 0.0, utilities }
    }

    /// The utility of the highest rung.
    pub(super) fn most(&self) -> f64 {
        self.utilities.last().copied().unwrap_or_default()
    }

    pub(super) fn utility(&self, rung: usize) -> f64 {
        self.utilities[rung]
    }

    /// The level at which a rung is worth nothing any more.
    pub(super) fn fullest(&self, rung: usize) -> f64 {
        self.v * (self.utilities[rung] + self.gamma_p)
    }

    /// The rung with the highest score at a level; of equals the lowest.
    pub(super) fn best(&self, rungs: &Rungs, level: f64) -> usize {
        let mut best = (f64::NEG_INFINITY, 0);
        for (rung, kbps) in rungs.kbps.iter().enumerate() {
            let score = (self.fullest(rung) - level) / kbps;
            if score > best.0 {
                best = (score, rung);
            }
        }
        best.1
    }

    /// The rung below that of a transfer which is smaller than the bits it still lacks, and whose
    /// score for its bits is better than theirs; the best of those.
    pub(super) fn cheaper(
        &self,
        rungs: &Rungs,
        progress: &Progress,
        level: f64,
        lacks: f64,
    ) -> Option<usize> {
        let mut best = ((self.fullest(progress.rung) - level) / lacks, None);
        for rung in 0..progress.rung {
            let size = rungs.resized(progress.size, progress.rung, rung);
            let score = (self.fullest(rung) - level) / size;
            if size < lacks && score > best.0 {
                best = (score, Some(rung));
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bbb, facts, progress};
    use super::*;

    fn bola(rungs: &Rungs, above: Above) -> Bola {
        Bola::new(rungs, 5.0, false, above)
    }

    #[test]
    fn thresholds_are_those_sabre_prints() {
        // `sabre.py -v -a bola -m bbb.json`, with -b 10 and -b 25, in whole milliseconds.
        let printed = [
            (10e3, [3534, 3843, 4153, 4462, 4771, 5081, 5390, 5759, 6075]),
            (25e3, [11107, 12078, 13052, 14026, 14997, 15969, 16941, 18099, 19094]),
        ];
        let rungs = bbb();
        for (target, levels) in printed {
            for (rung, level) in levels.into_iter().enumerate() {
                let at = |level: i32| {
                    let facts = facts(&rungs, level.into(), target, 1e9);
                    bola(&rungs, Above::OneRung).choose(&facts).0
                };
                assert_eq!((at(level), at(level + 1)), (rung, rung + 1), "{target} {level}");
            }
        }
    }

    #[test]
    fn near_both_ends_of_the_video_a_shorter_buffer_is_filled() {
        let rungs = bbb();
        // 20 segments are played and 60 s of a 25 s buffer could be: 10 segments, 30 s. At the
        // fourth segment it is three, 9 s, so that (9 − 3) s are shared out, as of -b 9.
        let facts = facts(&rungs, 8_000.0, 25_000.0, 1e9);
        let chosen = |segment| bola(&rungs, Above::OneRung).choose(&Facts { segment, ..facts }).0;
        assert_eq!((chosen(4), chosen(195), chosen(100)), (9, 9, 0));
    }

    #[test]
    fn above_what_the_link_does_one_goes_up_a_rung_and_one_waits() {
        let rungs = bbb();
        // 19.2 s call for the top; 1,000 kbit/s sustain rung 4.
        let facts = facts(&rungs, 19_200.0, 25_000.0, 1_000.0);
        assert_eq!(bola(&rungs, Above::OneRung).choose(&facts), (5, 0.0));
        // V = 22 s / (ln (6000/230) + 5) = 2.6631 s; rung 4 is worth nothing from
        // V (ln (991/230) + 5) = 17.205 s on.
        let (rung, wait) = bola(&rungs, Above::Wait).choose(&facts);
        assert_eq!(rung, 4);
        assert!((wait - 1_995.0).abs() < 2.0, "{wait}");
    }

    #[test]
    fn what_is_worth_less_than_something_smaller_is_abandoned() {
        let rungs = bbb();
        let mut bola = bola(&rungs, Above::OneRung);
        let facts = facts(&rungs, 2_000.0, 25_000.0, 1_000.0);
        let _ = bola.choose(&facts);
        // Of 18,000 kbit, 17,000 are still to come, more than any other; and with 2 s the cheapest
        // is worth the most per bit.
        assert_eq!(bola.abandon(&facts, &progress(&rungs, 9, 1e6, 1_000.0)), Some(0));
        // With 100 kbit to come nothing is smaller.
        assert_eq!(bola.abandon(&facts, &progress(&rungs, 9, 17.9e6, 1_000.0)), None);
        let mut basic = Bola::new(&rungs, 5.0, true, Above::OneRung);
        let _ = basic.choose(&facts);
        assert!(!basic.abandons());
    }
}
