//! What the readers of all formats share: lines, numbers with units, and a place for the treads.
//!
//! The idea to hold: whatever is checked of one field (that it is a number, not negative, of a size
//! that a link can have) is checked here, so that a reader only says which column is what.

use super::problem::{Problem, Unit};
use super::read::{MAX_RTT, MAX_STEPS};
use super::{Flaw, MAX_LENGTH, MAX_RATE, Tread};
use crate::units::{Bitrate, Span};

/// A number in seconds or bits per second, as the unit has it: finite, and not negative.
pub(super) fn number(found: &str, unit: Unit) -> Result<f64, Problem> {
    let (times, per) = unit.ratio();
    match found.parse::<f64>() {
        Err(_) => Err(Problem::NotANumber(clip(found), unit)),
        Ok(n) if !n.is_finite() => Err(Problem::NotFinite(clip(found), unit)),
        Ok(n) if n < 0.0 => Err(Problem::Negative(clip(found), unit)),
        Ok(n) => Ok(n * times / per),
    }
}

/// A rate that a trace may have.
pub(super) fn rate(found: &str, unit: Unit) -> Result<Bitrate, Problem> {
    let rate = Bitrate::from_bps_f64(number(found, unit)?);
    if rate > MAX_RATE { Err(Flaw::TooFast(rate).into()) } else { Ok(rate) }
}

/// A length of time that a trace may last.
pub(super) fn span(secs: f64) -> Result<Span, Problem> {
    let span = Span::from_secs_f64(secs);
    if span > MAX_LENGTH { Err(Flaw::TooLong(span).into()) } else { Ok(span) }
}

/// A round trip, in milliseconds.
pub(super) fn rtt(found: &str) -> Result<Span, Problem> {
    let rtt = Span::from_secs_f64(number(found, Unit::Millis)?);
    if rtt > MAX_RTT { Err(Problem::SlowRtt(rtt)) } else { Ok(rtt) }
}

/// The lines that are not blank, with their numbers, counted from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.map(|(i, line)| (i + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

/// The number of the line that a byte is on, counted from 1.
pub(super) fn line_of(text: &[u8], byte: usize) -> usize {
    1 + text.iter().take(byte).filter(|&&b| b == b'\n').count()
}

/// The beginning of what was found, to be quoted.
pub(super) fn clip(found: &str) -> String {
    match found.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_owned(),
    }
}

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
