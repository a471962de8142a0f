//! What is to be simulated, and in which chunks: `plan.json`.
//!
//! The idea to hold: chunks are a function of the plan and of nothing else, neither of threads nor
//! of machines, so a chunk's number says which viewers of which run it is, wherever and whenever it
//! is simulated. The plan's digest names it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::run::{Chunk, OneRun, chunk_of, chunks};
use super::super::{Override, Scenario};
use crate::fetch::hexadecimal;

/// What is to be simulated.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Plan {
    /// What the file is.
    pub(super) kind: String,
    /// The form of this and of commits: to be raised whenever what is written changes.
    pub(super) form: u32,
    /// Of abrsim.
    pub(super) version: String,
    /// The scenario: its name, its text, and what is set on top of it.
    pub(super) name: String,
    pub(super) scenario: String,
    pub(super) sets: Vec<Override>,
    /// SHA-256 of every file it reads and of all it fetches, by name.
    pub(super) inputs: BTreeMap<String, String>,
    pub(super) seed: u64,
    /// Viewers per chunk, about.
    pub(super) chunk: u64,
    pub(super) runs: Vec<Planned>,
    /// The folder that names in the scenario are relative to, as it was said and from the root, and
    /// whether all that it reads lies in the store, too; none of it names another plan.
    pub(super) beside: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) carried: bool,
}

/// A run, and its part of the chunks.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Planned {
    pub(super) run: String,
    pub(super) viewers: u64,
    /// What is watched, by its segments' lengths and sizes.
    pub(super) content: u64,
    pub(super) chunks: u64,
}

/// What every plan has, of whatever form.
#[derive(Deserialize)]
struct Head {
    kind: String,
    form: u32,
    version: String,
}

/// There are no more chunks.
const MOST: u64 = 10_000_000;

const KIND: &str = "abrsim plan";
const FORM: u32 = 2;

impl Plan {
    /// Of a scenario, whose viewers are as many as there will be, in chunks of so many, or of as
    /// many as is right for it.
    pub(super) fn of(scenario: &Scenario, runs: &[OneRun<'_>], chunk: Option<u64>) -> Self {
        let viewers = runs.iter().map(|run| run.setup.viewers);
        let chunk = chunk.unwrap_or_else(|| chunk_of(viewers.max().unwrap_or(0)));
        let planned = |run: &OneRun<'_>| Planned {
            run: run.name.clone(),
            viewers: run.setup.viewers,
            content: run.setup.content.fingerprint(),
            chunks: run.slices().div_ceil(run.slices_of(chunk)),
        };
        Self {
            kind: KIND.to_owned(),
            form: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: scenario.name.clone(),
            scenario: scenario.text.clone(),
            sets: scenario.sets.clone(),
            inputs: scenario.inputs.clone(),
            seed: scenario.points.first().map_or(0, |point| point.setup.seed.0),
            chunk,
            runs: runs.iter().map(planned).collect(),
            beside: scenario.beside.clone(),
            folder: std::path::absolute(Path::new(".").join(&scenario.beside)).unwrap_or_default(),
            carried: false,
        }
    }

    /// As it is written.
    pub(super) fn json(&self) -> Vec<u8> {
        let text = serde_json::to_string_pretty(self).expect("names, numbers and texts");
        (text + "\n").into_bytes()
    }

    /// The same, read; or why it cannot be.
    pub(super) fn read(json: &[u8]) -> Result<Self, String> {
        let told = |error: serde_json::Error| error.to_string();
        let Head { kind, form, version } = serde_json::from_slice(json).map_err(told)?;
        match (kind == KIND, form == FORM) {
            (true, true) => {
                let plan: Self = serde_json::from_slice(json).map_err(told)?;
                plan.sound()?;
                Ok(plan)
            }
            (true, false) => {
                let own = env!("CARGO_PKG_VERSION");
                Err(format!("it is of form {form}, of abrsim {version}; this is {own}, of {FORM}"))
            }
            (false, _) => Err(format!("it is no plan, but {kind:?}")),
        }
    }

    /// Whether its chunks can be counted, and kept in mind.
    pub(super) fn sound(&self) -> Result<(), String> {
        let sum = |of: fn(&Planned) -> u64| {
            self.runs.iter().try_fold(0_u64, |sum, run| sum.checked_add(of(run)))
        };
        match (sum(|run| run.chunks), sum(|run| run.viewers)) {
            (Some(..=MOST), Some(_)) if self.chunk > 0 => Ok(()),
            _ => Err(format!("there can be {MOST} chunks, of more viewers each")),
        }
    }

    /// What names it.
    pub(super) fn hash(&self) -> String {
        let nowhere = PathBuf::new();
        let (beside, folder) = (nowhere.clone(), nowhere);
        let same = Self { beside, folder, carried: false, ..self.clone() };
        hexadecimal(&Sha256::digest(same.json()))
    }

    /// Lets a scenario that has as many viewers as it takes have as many as it took.
    pub(super) fn settle(&self, scenario: &mut Scenario) {
        let same = self.scenario == scenario.text && self.inputs == scenario.inputs;
        let viewers = self.runs.first().map(|run| run.viewers);
        for point in scenario.points.iter_mut().filter(|_| same) {
            if let (Some(_), Some(viewers)) = (point.setup.until, viewers) {
                (point.setup.viewers, point.setup.until) = (viewers, None);
            }
        }
    }

    /// How many chunks there are.
    pub(super) fn count(&self) -> u64 {
        self.runs.iter().map(|run| run.chunks).sum()
    }

    /// How many viewers all runs have.
    pub(super) fn viewers(&self) -> u64 {
        self.runs.iter().map(|run| run.viewers).sum()
    }

    /// All chunks of its runs, in order.
    pub(super) fn chunks(&self, runs: &[OneRun<'_>]) -> Vec<Chunk> {
        chunks(runs, self.chunk).collect()
    }

    /// In what another plan is other than this, in words.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, own: String, theirs: String| {
            if own != theirs {
                found.push(format!("{what} is {theirs} there, and {own} here"));
            }
        };
        differ("abrsim", self.version.clone(), other.version.clone());
        differ("the scenario", self.name.clone(), other.name.clone());
        differ("the seed", self.seed.to_string(), other.seed.to_string());
        differ("a chunk", self.chunk.to_string(), other.chunk.to_string());
        let viewers = |plan: &Self| plan.viewers().to_string();
        differ("the number of viewers", viewers(self), viewers(other));
        let (own, theirs) = (self.scenario.lines(), other.scenario.lines());
        let most = own.clone().count().max(theirs.clone().count());
        let ends = std::iter::repeat("");
        let lines = own.chain(ends.clone()).zip(theirs.chain(ends)).take(most);
        if let Some((number, (own, theirs))) = (1..).zip(lines).find(|(_, line)| line.0 != line.1) {
            found.push(format!("line {number} of it is {theirs:?} there, and {own:?} here"));
        }
        let names: std::collections::BTreeSet<_> =
            self.inputs.keys().chain(other.inputs.keys()).collect();
        let changed = names.into_iter().filter(|&n| self.inputs.get(n) != other.inputs.get(n));
        found.extend(changed.map(|name| format!("{name} has changed since")));
        if found.is_empty() && self.hash() != other.hash() {
            found.push("its runs are others".to_owned());
        }
        found
    }
}
