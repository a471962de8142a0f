//! What a run says: tables, charts, one page, and files for other programs.
//!
//! The idea to hold: everything here is drawn from a [`Results`], which knows nothing of how it was
//! come by, so a report can be made again from what was saved.
//!
//! ```text
//!   table.rs     a table for the terminal
//!   sparkline.rs below it, how viewers fared as small columns
//!   classes.rs   and those by class
//!   chart/       charts, as SVG and as PNG; one file per chart
//!   page.rs      everything on one page, with page.css and page.js
//!   viewers.rs   its section of a few viewers, minute by minute, with sessions.js
//!   audience.rs  its sections by network, by device, and of who left
//!   optimum.rs   how close runs come to the offline optimum
//!   pairs.rs     who wins, compared viewer by viewer
//!   live.rs      how far behind live viewers are, and why
//!   delivery.rs  what the chain did, and what stalls are due to
//!   scores.rs    what models of quality of experience say, and what they are
//!   lost.rs      who could not be simulated
//!   events.rs    what happened to a viewer, line by line
//!   printed.rs   under a preset, what that simulator prints
//!   answer.rs    the answer to the scenario's question, in sentences
//!   summary.rs   summary.json
//!   check/       the regression gate, for `abrsim check`
//!   comparison/  runs held against each other, for `abrsim compare`
//!   metric.rs    the metrics' names, units and definitions
//!   export/      tables for papers and wikis; rows as Parquet
//!   save.rs      all of it as files in a folder
//!   stored.rs    the results themselves, to make all of it from again
//!   ranking.rs   which run is best, and which cannot be told from it
//!   format.rs    numbers as people read them
//!   layout.rs    columns and paragraphs that fit on a terminal
//!   characterization/  how players choose, for `abrsim characterize`
//!   manifest/    what a manifest tells, for `abrsim manifest inspect`
//! ```

mod answer;
mod audience;
pub mod characterization;
mod chart;
pub mod check;
mod classes;
pub mod comparison;
mod delivery;
pub mod events;
pub mod export;
pub(crate) mod format;
pub(crate) mod layout;
mod live;
mod lost;
pub mod manifest;
mod metric;
mod optimum;
mod page;
mod pairs;
mod printed;
mod ranking;
mod save;
mod scores;
mod sparkline;
mod stored;
mod summary;
mod table;
#[cfg(test)]
mod testing;
mod viewers;

pub use crate::scenario::{Class, ClassOf, Results, Run};
pub(crate) use chart::character::character_charts;
pub use chart::{Chart, Plotted, charts, trace_chart};
pub use page::page;
pub use save::save;
pub use stored::{FILE, Unreadable, is_stored, load};
pub use summary::summary;
pub use table::table;

/// The JSON Schema of summary.json.
pub const SCHEMA: &str = include_str!("summary.schema.json");
