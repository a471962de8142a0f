//! What a link carried, and what it could.
//!
//! The idea to hold: in every busy spell a link carries what its trace allows, and where transfers
//! are flows that have all they could have, no less.

use crate::trace::Bandwidth;
use crate::units::{Bytes, Span, Time, Work};

/// A transfer: when its first byte came, when its last did, and how much that was.
pub type Flow = (Time, Time, Bytes);

/// That a link carried these.
///
/// # Panics
/// If it cannot have, or could have carried more where `full` says that it did what it could.
pub fn carry(mut flows: Vec<Flow>, mut bandwidth: Bandwidth, full: bool) {
    flows.sort_unstable();
    for spell in spells(&flows) {
        let from = spell.iter().map(|(from, ..)| *from).min().unwrap_or_default();
        let until = spell.iter().map(|(_, until, _)| *until).max().unwrap_or_default();
        let carried: Bytes = spell.iter().map(|(.., bytes)| *bytes).sum();
        let could = bandwidth.done_by(until) - bandwidth.done_by(from);
        assert!(Work::from(carried) <= could, "a link carries too much from {from} to {until}");
        if !full {
            continue;
        }
        // What an abandoned flow had of a byte is lost, and the last nanosecond is not all used.
        let most = Bytes::new(spell.len() as u64 + 1);
        let last = bandwidth.rate(until) * Span::from_nanos(1) + Work::from(most);
        assert!(could <= last + carried.into(), "a link rests from {from} to {until}");
    }
}

/// Flows in order of their beginning, cut where there are none.
fn spells(mut flows: &[Flow]) -> Vec<&[Flow]> {
    let mut spells = Vec::new();
    while let Some(&(_, mut until, _)) = flows.first() {
        let mut length = 0;
        while let Some(&(_, end, _)) = flows.get(length).filter(|(from, ..)| *from <= until) {
            (until, length) = (until.max(end), length + 1);
        }
        let (spell, rest) = flows.split_at(length);
        spells.push(spell);
        flows = rest;
    }
    spells
}
