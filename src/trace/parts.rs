//! Treads as they are read: of one trace, or of the several that a file may hold.
//!
//! The idea to hold: a file has a limit on its steps and on its traces, and neither reader nor
//! caller has to think of it.

use std::collections::BTreeMap;

use super::problem::Problem;
use super::{MAX_STEPS, Tread};
use crate::units::Span;

/// The most traces of one file.
pub(super) const MAX_PARTS: usize = 100_000;

/// Treads as they are read, no more of them than a trace may have.
#[derive(Default)]
pub(super) struct Staircase(Vec<Tread>);

impl Staircase {
    /// Adds one; one that lasts no time is left out.
    pub(super) fn push(&mut self, tread: Tread) -> Result<(), Problem> {
        if tread.span.is_zero() {
            return Ok(());
        }
        if self.0.len() == MAX_STEPS {
            return Err(Problem::TooManySteps);
        }
        self.0.push(tread);
        Ok(())
    }

    /// How long the last of them lasts.
    pub(super) fn last_span(&self) -> Option<Span> {
        self.0.last().map(|tread| tread.span)
    }

    /// All of them, in order.
    pub(super) fn into_treads(self) -> Vec<Tread> {
        self.0
    }
}

/// The traces of a file by name, in the order in which they begin.
#[derive(Default)]
pub(super) struct Parts {
    parts: Vec<(String, Staircase)>,
    places: BTreeMap<String, usize>,
    steps: usize,
}

impl Parts {
    /// The place of the part of a name; a new one where there is none yet.
    pub(super) fn place(&mut self, name: &str) -> Result<usize, Problem> {
        // Files are mostly sorted, so it is mostly the last one.
        if let Some(place) = self.parts.len().checked_sub(1)
            && self.parts[place].0 == name
        {
            return Ok(place);
        }
        if let Some(&place) = self.places.get(name) {
            return Ok(place);
        }
        if self.parts.len() == MAX_PARTS {
            return Err(Problem::TooManyParts);
        }
        self.places.insert(name.to_owned(), self.parts.len());
        self.parts.push((name.to_owned(), Staircase::default()));
        Ok(self.parts.len() - 1)
    }

    /// Adds a tread to the part at a place.
    pub(super) fn push(&mut self, place: usize, tread: Tread) -> Result<(), Problem> {
        if self.steps == MAX_STEPS {
            return Err(Problem::TooManySteps);
        }
        self.steps += 1;
        self.parts[place].1.push(tread)
    }

    /// How long the last tread of the part at a place lasts.
    pub(super) fn last_span(&self, place: usize) -> Option<Span> {
        self.parts[place].1.last_span()
    }

    /// All of them.
    pub(super) fn into_parts(self) -> Vec<(String, Staircase)> {
        self.parts
    }
}
