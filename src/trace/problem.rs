//! What can be wrong with a trace file, in words.
//!
//! The idea to hold: a reader says only what is wrong ([`Problem`]); where it is wrong is added by
//! whoever knows the line ([`Problem::on`]), and which file it is in by whoever opened it.

use std::fmt;

use super::Flaw;
use super::MAX_STEPS;
use super::parts::MAX_PARTS;
use super::read::{FORMATS, MAX_RTT};
use super::text::MAX_LINE;
use crate::units::Span;

/// Why a file is no trace, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{problem}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct ReadError {
    /// The line, counted from 1, where the trouble is on one.
    pub line: Option<usize>,
    /// What the trouble is.
    pub problem: Problem,
}

/// What is wrong with a file. What was found is quoted, cut short where it is long.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The disk, or what unpacks the file, would not give it.
    #[error("{0}")]
    Unreadable(String),
    /// Nothing, or nothing but white space and comments.
    #[error("the file is empty")]
    Empty,
    /// Not text.
    #[error("this is not text: byte {0:#04x} cannot be in a UTF-8 text file; is it compressed?")]
    Binary(u8),
    /// In no format that is read; carries the first line.
    #[error("{0:?} begins none of the formats read:{formats}", formats = Formats)]
    Unknown(String),
    /// Not a number at all.
    #[error("{0:?} is not a number of {1}")]
    NotANumber(String, Unit),
    /// A number with a fraction, where the format has whole ones.
    #[error("{0:?} is not a whole number of {1}")]
    NotWhole(String, Unit),
    /// NaN, an infinity, or more than a floating-point number holds.
    #[error("{0:?} is not a finite number of {1}")]
    NotFinite(String, Unit),
    /// Below zero.
    #[error("{0:?} is a negative number of {1}; it should be zero or more")]
    Negative(String, Unit),
    /// A row with too few or too many columns.
    #[error("{found} columns, where there should be {right}")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many there should be, and which.
        right: &'static str,
    },
    /// A time stamp that does not come after the one before it.
    #[error("{found:?} does not come after {before}: time must run forward")]
    Backwards {
        /// The stamp.
        found: String,
        /// The stamp before it, in the same unit.
        before: f64,
    },
    /// A date and time before the one above it.
    #[error("{found:?} comes before the stamp above it: time must run forward")]
    BackwardsTime {
        /// The stamp.
        found: String,
    },
    /// A CSV file whose first row is not a header we know.
    #[error("the header is {0:?}, and should be \"seconds,kbps\" or \"seconds,kbps,rtt_ms\"")]
    Header(String),
    /// A CSV file that does not begin at zero.
    #[error("the first row is at {0:?} seconds, and should be at 0")]
    LateStart(String),
    /// Rows after the one that ends a CSV trace.
    #[error("a row after the end: only the last row may have no kbps")]
    AfterEnd,
    /// A round trip no link has; most likely a mistaken unit.
    #[error("a round trip of {0} is above the limit of {MAX_RTT}; is the unit right?")]
    SlowRtt(Span),
    /// A Mahimahi file whose last stamp is zero, so that it would repeat at once, for ever.
    #[error("the last time stamp is 0 ms: the trace would last no time")]
    NoPeriod,
    /// A Sabre period without one of its members.
    #[error("period {period} has no {member:?}, a number of {unit}")]
    NoMember {
        /// Which period, counted from 1.
        period: usize,
        /// The name that is missing.
        member: &'static str,
        /// The unit it would be in.
        unit: Unit,
    },
    /// A line longer than any that a format has.
    #[error("a line of more than {MAX_LINE} bytes")]
    LongLine,
    /// A header without a column that the format needs.
    #[error("the header {header:?} has no column {name:?}")]
    NoColumn {
        /// The column that is missing.
        name: &'static str,
        /// The header.
        header: String,
    },
    /// A date and time that is not one.
    #[error("{0:?} is not a time such as 2018.01.27_13.58.29")]
    NotATime(String),
    /// The second line of a pair in Oboe's format, of another rate than the first.
    #[error("{found:?} kbps, where {right} should be: lines come in pairs of one rate")]
    Pair {
        /// The rate of the second line.
        found: String,
        /// The rate of the first.
        right: String,
    },
    /// The first line of such a pair, with no second.
    #[error("the last line has no second of its pair, which would say when it ends")]
    HalfPair,
    /// A file of Puffer's from which no rates can be had.
    #[error(
        "the header {0:?} has no \"delivery_rate\": of Puffer's files, only video_sent tells rates"
    )]
    NoDeliveryRate(String),
    /// A file that breaks the rules of JSON itself.
    #[error("{0}")]
    Syntax(String),
    /// More steps than [`MAX_STEPS`].
    #[error("the file has more than {MAX_STEPS} steps")]
    TooManySteps,
    /// More traces than a file may hold.
    #[error("the file has more than {MAX_PARTS} traces")]
    TooManyParts,
    /// Well written, but no trace.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

impl Problem {
    /// This problem, on a line counted from 1.
    pub(super) fn on(self, line: usize) -> ReadError {
        ReadError { line: Some(line), problem: self }
    }

    /// This problem, of the file as a whole.
    pub(super) fn anywhere(self) -> ReadError {
        ReadError { line: None, problem: self }
    }
}

/// What a number in a file counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Kilobits (1,000 bits) per second.
    Kbps,
    /// Megabits (1,000,000 bits) per second.
    Mbps,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
}

impl Unit {
    /// How many of the base unit (seconds, bits per second or bytes) it is: a multiplier and a
    /// divisor, one of them 1, so that a conversion rounds once.
    pub(super) const fn ratio(self) -> (f64, f64) {
        match self {
            Self::Seconds | Self::Bytes | Self::BytesPerSecond => (1.0, 1.0),
            Self::Micros => (1.0, 1e6),
            Self::Nanos => (1.0, 1e9),
            Self::Millis => (1.0, 1e3),
            Self::Kbps => (1e3, 1.0),
            Self::Mbps => (1e6, 1.0),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds",
            Self::Millis => "milliseconds",
            Self::Kbps => "kbps",
            Self::Mbps => "Mbps",
            Self::Micros => "microseconds",
            Self::Nanos => "nanoseconds",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes per second",
        })
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The formats read, a line each.
struct Formats;

impl fmt::Display for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FORMATS.iter().try_for_each(|facts| write!(f, "\n  {}: {}", facts.name, facts.about))
    }
}
