//! Quality of experience by published models, side by side and never blended.
//!
//! ```text
//!   linear.rs       two of them as exact sums, of one session or of many
//!   viewing.rs      one viewer's events into what they saw
//!   per_segment.rs  what linear models have in common
//!   yin.rs          Yin's, in three weightings
//!   pensieve.rs     Pensieve's: linear, logarithmic, HD
//!   sabre.rs        Sabre's time average
//!   ssim.rs         Puffer's SSIM in decibels
//!   comyco.rs       Comyco's, of VMAF
//!   claeys.rs       Claeys' }  as published
//!   duanmu.rs       Duanmu's }
//!   lol.rs          LoL+'s, of what is live
//!   opinion.rs      P.1203's, computed in p1203/
//!   scoreboard.rs   scores of many viewers
//! ```
//!
//! The idea to hold: a model is a line of [`MODELS`], with its formula, its constants and whom it
//! cannot score, which reports print. There is no score of our own. A viewer who saw nothing has
//! none either. To add a model, write a file and its line in the list.

mod claeys;
mod comyco;
mod duanmu;
mod linear;
mod lol;
mod opinion;
pub mod p1203;
mod pensieve;
mod per_segment;
mod sabre;
mod scoreboard;
mod ssim;
#[cfg(test)]
mod testing;
mod viewing;
mod yin;

use super::glass::{Glass, WEIGHTS};
use super::session::Session;
use crate::media::{Presentation, Quality};
use crate::units::Span;
use p1203::{Outcome, Settings, Sources};

pub use linear::{QOE_MODELS, QoeModel};
pub use p1203::Room;
pub use scoreboard::{Mean, Scoreboard};
pub use viewing::{Stall, Viewing, Watched};

/// A published model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// What columns call it.
    pub key: &'static str,
    /// What reports call it.
    pub name: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// What it adds up.
    pub formula: &'static str,
    /// With which constants.
    pub constants: &'static str,
    /// What a score is counted in.
    pub unit: &'static str,
    /// What it may be; if nothing is said, downwards there is no bound.
    pub range: &'static str,
    /// What it cannot do without; empty if it scores everybody who saw something.
    pub needs: &'static str,
    of: fn(&Seen<'_>) -> Option<f64>,
}

/// All of them, in the order of reports.
pub const MODELS: [Model; 16] = [
    yin::BALANCED,
    yin::STEADY,
    yin::SMOOTH,
    pensieve::LINEAR,
    pensieve::LOGARITHMIC,
    pensieve::HD,
    sabre::SCORE,
    ssim::SCORE,
    comyco::SCORE,
    lol::PAPER,
    lol::CODE,
    claeys::SCORE,
    duanmu::SCORE,
    opinion::O35,
    opinion::O23,
    opinion::O46,
];

/// How many there are.
const COUNT: usize = MODELS.len();

/// What each model says of one viewer, in their order; nothing where it cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores([Option<f64>; COUNT]);

impl Scores {
    /// Of nothing but what one model says.
    #[cfg(test)]
    pub(crate) fn of(key: &str, score: f64) -> Self {
        Self(MODELS.each_ref().map(|model| (model.key == key).then_some(score)))
    }

    /// Model by model.
    pub fn each(&self) -> impl Iterator<Item = (&'static Model, Option<f64>)> {
        MODELS.iter().zip(self.0)
    }
}

/// What models read of a ladder.
#[derive(Clone, Debug)]
struct Tables {
    kbps: Vec<f64>,
    /// ln (bitrate / lowest bitrate).
    ln: Vec<f64>,
    /// What rungs are worth in Pensieve's HD form.
    hd: Option<[f64; 6]>,
}

/// The models, prepared for a presentation.
#[derive(Clone, Debug)]
pub struct Models {
    tables: Tables,
    p1203: Option<Sources>,
}

/// What a model may look at.
struct Seen<'a> {
    content: &'a Presentation,
    tables: &'a Tables,
    viewing: &'a Viewing,
    /// LoL's scores of what is live.
    live: Option<[f64; WEIGHTS.len()]>,
    p1203: Option<&'a Outcome>,
}

impl Models {
    /// For viewers of `content`.
    pub fn new(content: &Presentation, p1203: &Settings) -> Self {
        let bitrates = content.track(content.main()).ladder.bitrates();
        let kbps: Vec<_> = bitrates.iter().map(|rate| rate.as_kbps_f64()).collect();
        // A rung of no bits is worth as little as one of a bit.
        let lowest = kbps[0].max(1e-3);
        let ln = kbps.iter().map(|&kbps| libm::log(kbps.max(1e-3) / lowest)).collect();
        let hd = pensieve::hd(&kbps);
        Self { tables: Tables { kbps, ln, hd }, p1203: Sources::new(content, p1203) }
    }

    /// The scores of a viewing of that content, and of what is live with its session and how far
    /// behind it was.
    pub fn score(
        &self,
        content: &Presentation,
        viewing: &Viewing,
        live: Option<(&Session, &Glass)>,
        room: &mut Room,
    ) -> Scores {
        let p1203 = self.p1203.as_ref().and_then(|of| of.evaluate(content, viewing, room));
        let bounds = (self.tables.kbps[0], self.tables.kbps[self.tables.kbps.len() - 1]);
        let live = live.filter(|_| !viewing.segments().is_empty()).map(|(session, glass)| {
            WEIGHTS.map(|weights| weights.score(&session.into(), &glass.score, bounds))
        });
        let p1203 = p1203.as_ref();
        let seen = Seen { content, tables: &self.tables, viewing, live, p1203 };
        Scores(std::array::from_fn(|place| (MODELS[place].of)(&seen)))
    }
}

impl Seen<'_> {
    /// How long a segment is that was displayed.
    fn whole(&self, watched: &Watched) -> Span {
        self.content.track(self.content.main()).duration(watched.index)
    }

    /// What its pictures look like.
    fn quality(&self, watched: &Watched) -> Quality {
        self.content.track(self.content.main()).quality(watched.index, watched.rung)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{LADDER, content, score, scores, watch};
    use super::*;

    #[test]
    fn models_are_told_apart_and_say_what_they_are() {
        for (place, model) in MODELS.iter().enumerate() {
            let Model { key, name, source, formula, constants, unit, range, .. } = model;
            assert!([name, source, formula, constants, unit, range].iter().all(|s| !s.is_empty()));
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
            let same = |other: &&Model| other.key == model.key || other.name == model.name;
            assert_eq!(MODELS.iter().filter(same).count(), 1, "{key}");
            assert!(place < COUNT);
        }
    }

    #[test]
    fn one_who_saw_nothing_has_no_score() {
        let content = content(&LADDER);
        let viewing = Viewing::new(&content, Default::default());
        let models = Models::new(&content, &Settings::default());
        let scores = models.score(&content, &viewing, None, &mut Room::default());
        assert_eq!(scores, Scores::default());
    }

    #[test]
    fn what_linear_models_say_is_what_their_sums_say_of_the_session() {
        let content = content(&LADDER);
        let (session, _) = watch(&content, &[0, 2, 1, 1], (1_250, &[500, 2_000]));
        for (key, name, of) in [("yin_balanced", "yin", 1e3), ("pensieve_lin", "pensieve", 1.0)] {
            let exact = QOE_MODELS.iter().find(|model| model.name == name).unwrap();
            let score = score(key, &LADDER, &[0, 2, 1, 1], (1_250, &[500, 2_000])).unwrap();
            assert!((score * 4.0 / of - exact.score(&session)).abs() < 1e-9, "{key}");
        }
    }

    #[test]
    fn every_model_scores_somebody() {
        let full = testing::full();
        let scores = scores(&full, &[0, 2, 1, 1], (1_250, &[500, 2_000]));
        let lacking: Vec<_> = scores
            .each()
            .filter(|(_, score)| score.is_none())
            .map(|(model, _)| model.key)
            .collect();
        // Those of what is live, of another ladder, and of trees that nobody brought.
        assert_eq!(lacking, ["pensieve_hd", "lol_paper", "lol_code", "p1203_o46"]);
    }
}
