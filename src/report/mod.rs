//! What a run says: tables, charts, one page, and files for other programs.
//!
//! The idea to hold: everything here is drawn from a [`Results`], which knows nothing of how it was
//! come by, so a report can be made again from what was saved.
//!
//! ```text
//!   table.rs     a table for the terminal
//!   chart/       charts, as SVG and as PNG; one file per chart
//!   page.rs      everything on one page, with page.css
//!   answer.rs    the answer to the scenario's question, in sentences
//!   summary.rs   summary.json
//!   metric.rs    the metrics' names, units and definitions
//!   save.rs      all of it as files in a folder
//!   ranking.rs   which run is best, and which cannot be told from it
//!   format.rs    numbers as people read them
//! ```

mod answer;
mod chart;
mod format;
mod metric;
mod page;
mod ranking;
mod save;
mod summary;
mod table;
#[cfg(test)]
mod testing;

use crate::media::Representation;
use crate::metrics::{Summary, Timeline};

pub use chart::{Chart, charts};
pub use page::page;
pub use save::save;
pub use summary::summary;
pub use table::table;

/// The results of a scenario: one run per algorithm and point of its sweep.
#[derive(Clone, Debug)]
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
}

/// One run: every viewer under one algorithm at one point of the sweep.
#[derive(Clone, Debug)]
pub struct Run {
    /// What names it among the runs: `bola`, or `bola content.segment=2s`.
    pub name: String,
    /// The algorithm, or the label it was given.
    pub abr: String,
    /// The values of the swept keys, as the scenario writes them (`2s`), in the order of `swept`.
    pub point: Vec<String>,
    /// The rungs of the main track, cheapest first.
    pub rungs: Vec<Representation>,
    /// What its viewers amounted to.
    pub summary: Summary,
    /// The session of one viewer, the same under every algorithm, and that viewer's number.
    pub timeline: (u64, Timeline),
}

impl Results {
    /// The rungs of the main track, if they are the same in every run.
    fn ladder(&self) -> Option<&[Representation]> {
        let ladder = self.runs.first()?.rungs.as_slice();
        self.runs.iter().all(|run| run.rungs == ladder).then_some(ladder)
    }
}
