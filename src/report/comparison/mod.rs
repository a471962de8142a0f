//! Runs held against each other: who wins, by how much, on whom, and which viewers changed.
//!
//! The idea to hold: the first side is what the others are compared with, and every difference is
//! the later one's figure less its.
//!
//! ```text
//!   contests.rs  which run is held against which
//!   changed.rs   the viewers who differ most
//!   words.rs     what came of a contest, in a sentence
//!   text.rs      for a terminal
//!   markdown.rs  for a pull request
//!   page.rs      one page, with both timelines of those who differ most
//!   json.rs      for other programs
//! ```

mod changed;
mod contests;
mod json;
mod markdown;
mod page;
mod text;
mod words;

use super::Results;
use super::{ClassOf, Run};
use crate::metrics::{Contrast, Timeline};
pub use changed::Changed;
pub use contests::compare;
pub use json::json;
pub use markdown::markdown;
pub(super) use markdown::{cell, p, table};
pub use page::page;
pub use text::text;

/// One of those that are compared.
#[derive(Debug)]
pub struct Side {
    /// What it is called in the comparison: A, B and so on.
    pub letter: char,
    /// What it was asked for by.
    pub asked: String,
    /// What it came to.
    pub results: Results,
}

/// Runs held against each other.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// Those that are compared, the first being what the others are compared with.
    pub sides: &'a [Side],
    /// Pairs of runs.
    pub contests: Vec<Contest<'a>>,
    /// What has to be known to read it.
    pub notes: Vec<String>,
}

/// A run held against another.
#[derive(Debug)]
pub struct Contest<'a> {
    /// What the others are compared with.
    pub old: Contestant<'a>,
    /// What is compared with it.
    pub new: Contestant<'a>,
    /// Whether their viewers are the same people in the same places.
    pub same: bool,
    /// Over all viewers, then by class.
    pub rows: Vec<Row>,
    /// The viewers who differ most, if they are the same.
    pub changed: Vec<Changed>,
}

/// A run of a side.
#[derive(Clone, Copy, Debug)]
pub struct Contestant<'a> {
    /// Whose.
    pub side: &'a Side,
    /// The run.
    pub run: &'a Run,
}

/// How two runs differ over some viewers.
#[derive(Debug)]
pub struct Row {
    /// The class that is; nothing if it is all of them.
    pub class: Option<(ClassOf, String)>,
    /// How.
    pub contrast: Contrast,
    /// How probable it is to see zero-buffer rates so far apart if they are the same, corrected for
    /// all that were tested (Holm).
    pub p: Option<f64>,
}

/// What two runs' timelines of the same viewer are.
pub type Pair = (Option<Timeline>, Option<Timeline>);

impl Contest<'_> {
    /// Over all viewers.
    pub fn whole(&self) -> &Row {
        &self.rows[0]
    }

    /// What the two are called: the letters of their sides, or the names of the runs of one.
    fn names(&self) -> [String; 2] {
        let name = |one: Contestant<'_>, other: Contestant<'_>| {
            if one.side.letter == other.side.letter {
                super::format::short(one.run)
            } else if one.run.name == other.run.name {
                one.side.letter.to_string()
            } else {
                format!("{} ({})", one.side.letter, super::format::short(one.run))
            }
        };
        [name(self.old, self.new), name(self.new, self.old)]
    }

    /// What it is about: the run's name where both have the same, else both.
    fn title(&self) -> String {
        let [old, new] = self.names();
        match self.old.run.name == self.new.run.name {
            true => format!("{}: {new} against {old}", super::format::short(self.old.run)),
            false => format!("{new} against {old}"),
        }
    }
}

impl Row {
    /// Who it is over, in words.
    fn whom(&self) -> String {
        match &self.class {
            None => "all viewers".to_owned(),
            Some((of, name)) => format!("{} {}", of.name(), super::format::clean(name)),
        }
    }
}
