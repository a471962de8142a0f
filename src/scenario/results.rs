//! What a scenario amounts to, for the report to draw.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::mishap::Mishaps;
use super::{Override, Scenario};
use crate::cdn::Tally;
use crate::media::{Kind, Representation};
use crate::metrics::qoe::Scoreboard;
use crate::metrics::{Causes, End, Outcomes, Panel, Stalling, Summary, Timeline};

/// The results of a scenario: one run per algorithm and point of its sweep.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Results {
    /// The scenario's file name without its ending, e.g. `first-look`.
    pub name: String,
    /// Its title: the question it asks.
    pub title: String,
    /// Whether it was stopped before every viewer had been simulated.
    pub partial: bool,
    /// The keys that were swept, e.g. `content.segment`; empty if none.
    pub swept: Vec<String>,
    /// In the order of the sweep's points, then of the algorithms.
    pub runs: Vec<Run>,
    /// The seed of every draw.
    pub seed: u64,
    /// The scenario as it was run, its overrides included, as TOML.
    pub scenario: String,
    /// SHA-256 of that text, in hexadecimal.
    pub digest: String,
    /// SHA-256 of every file that was read and of all that was fetched, by name.
    pub inputs: BTreeMap<String, String>,
    /// What of its content was left out or made up, and why; and how else its traces may be read.
    pub notes: Vec<String>,
    /// The folder that the scenario's own names are relative to.
    pub beside: PathBuf,
    /// What was set on top of the scenario, in its order.
    pub sets: Vec<Override>,
}

/// One run: every viewer under one algorithm at one point of the sweep.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Run {
    /// What names it among the runs: `bola`, or `bola content.segment=2s`.
    pub name: String,
    /// The algorithm, or the label it was given.
    pub abr: String,
    /// The values of the swept keys, as the scenario writes them (`2s`), in the order of `swept`.
    pub point: Vec<String>,
    /// The rungs of the main track, cheapest first.
    pub rungs: Vec<Representation>,
    /// What its tracks are, in the order of their numbers.
    pub tracks: Vec<Kind>,
    /// What its viewers amounted to.
    pub summary: Summary,
    /// Whether it is the offline optimum, in QoE: the ceiling of the others.
    pub optimum: bool,
    /// Under a preset, what that simulator prints of a session, the mean of its viewers, and what
    /// it is headed.
    pub printed: Option<(String, Vec<(String, f64)>)>,
    /// What those of each class amounted to: networks in the order of the scenario, then devices.
    /// Of either there are none where all viewers are of one.
    pub classes: Vec<Class>,
    /// What caches and the origin did, where there are caches or a catalogue, and the names of its
    /// stores.
    pub chain: Option<(Tally, Vec<String>)>,
    /// Why some of those who stalled did.
    pub causes: Causes,
    /// When viewers stood still, in steps of [`STEP`](super::STEP).
    pub stalling: Stalling,
    /// Whether there are times at which the origin is not itself.
    pub has_incidents: bool,
    /// What delivering an hour to a viewer costs, if the scenario has prices.
    pub cost: Option<f64>,
    /// Who of its viewers was spared stalls, in their order; told apart by class of networks.
    pub outcomes: Outcomes,
    /// What the first of them had.
    pub panel: Panel,
    /// What models of quality of experience say of the first of them, perhaps not as many.
    pub scores: Scoreboard,
    /// What is the same of two runs, with near certainty, only if their viewers are the same people
    /// in the same places: the networks by their names, and the places in their traces.
    pub people: u64,
    /// And only if what they watch is the same, by its segments' lengths and sizes.
    pub content: u64,
    /// The sessions of a few viewers, by their numbers, the same under every algorithm: of the
    /// first who stalled under any, then of those who stalled longest under any.
    pub timelines: Vec<(u64, Timeline)>,
    /// Who could not be simulated, and is not among them.
    pub mishaps: Mishaps,
}

/// Viewers of one run who have something in common.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Class {
    /// What it is.
    pub of: ClassOf,
    /// What the scenario calls it, e.g. `lte`.
    pub name: String,
    /// What its viewers amounted to.
    pub summary: Summary,
}

/// What viewers are told apart by.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum ClassOf {
    /// The kind of network they are on.
    Network,
    /// The kind of device they watch on.
    Device,
}

impl ClassOf {
    /// Both, in the order of reports.
    pub const ALL: [Self; 2] = [Self::Network, Self::Device];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Device => "device",
        }
    }
}

impl Run {
    /// Its classes of one kind, in the order of the scenario.
    pub fn classes_of(&self, of: ClassOf) -> impl Iterator<Item = &Class> {
        self.classes.iter().filter(move |class| class.of == of)
    }

    /// What those of a class amounted to, if there are any.
    pub(crate) fn class(&self, of: ClassOf, name: &str) -> Option<&Summary> {
        let class = self.classes_of(of).find(|class| class.name == name)?;
        Some(&class.summary).filter(|summary| summary.viewers > 0)
    }
}

impl Results {
    /// What the runs of a scenario came to.
    pub(super) fn new(scenario: &Scenario, partial: bool, runs: Vec<Run>) -> Self {
        Self {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            partial,
            swept: scenario.swept.clone(),
            runs,
            seed: scenario.points.first().map_or(0, |point| point.setup.seed.0),
            scenario: scenario.text.clone(),
            digest: scenario.digest.clone(),
            inputs: scenario.inputs.clone(),
            notes: scenario.notes.clone(),
            beside: scenario.beside.clone(),
            sets: scenario.sets.clone(),
        }
    }

    /// The names of the classes of one kind, each once, in the order of the scenario.
    pub(crate) fn class_names(&self, of: ClassOf) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for class in self.runs.iter().flat_map(|run| run.classes_of(of)) {
            if !names.contains(&class.name.as_str()) {
                names.push(&class.name);
            }
        }
        names
    }

    /// The ways of ending that were seen in any run.
    pub(crate) fn ends(&self) -> impl Iterator<Item = End> {
        let seen = |end: &End| self.runs.iter().any(|run| run.summary.ended(*end) > 0);
        End::ALL.into_iter().filter(seen)
    }

    /// The rungs of the main track, if they are the same in every run.
    pub(crate) fn ladder(&self) -> Option<&[Representation]> {
        let ladder = self.runs.first()?.rungs.as_slice();
        self.runs.iter().all(|run| run.rungs == ladder).then_some(ladder)
    }
}
