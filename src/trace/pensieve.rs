//! The traces of Pensieve, and of the many programs derived from it: a time in seconds and a rate
//! in Mbps on each line.
//!
//! ```text
//! 0.0     1.25405085625
//! 2.0699  0.941081545064
//! 3.5200  0.932809730669
//! ```
//!
//! The idea to hold: a rate is that of the span that *ends* at its stamp. Here it is 0.94 Mbps for
//! the first 2.07 s; the rate of the first line is never used. So Pensieve's own simulator has it
//! (Mao, Netravali and Alizadeh, "Neural adaptive video streaming with Pensieve", 2017;
//! `fixed_env.py`), though it also takes 5 % of each rate for headers, which is left to the link.
//! Time is counted from the first stamp. Stamps may repeat, and such a line says nothing.

use std::io;

use super::field::{clip, number, rate, rtt, span};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use super::{Trace, Tread};
use crate::units::Span;

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut stairs = Staircase::default();
    let mut rows = Rows { first: None, before: Span::ZERO, rtts: false };
    while let Some(row) = text.line()? {
        stairs.push(rows.tread(row)?)?;
    }
    Ok(stairs)
}

/// Rows whose rate is that of the span which ends at their stamp.
pub(super) struct Rows {
    /// The stamp that time is counted from, in seconds; unless given, the first row's.
    pub(super) first: Option<f64>,
    /// The stamp before, counted from that.
    pub(super) before: Span,
    /// Whether a third column may have round trips.
    pub(super) rtts: bool,
}

impl Rows {
    /// Counted from zero, so that the first row has a rate that counts.
    pub(super) fn from_zero(rtts: bool) -> Self {
        Self { first: Some(0.0), before: Span::ZERO, rtts }
    }

    /// The tread that ends with a row; it lasts no time if the row is at the first stamp.
    pub(super) fn tread(&mut self, row: &str) -> Result<Tread, Problem> {
        let mut words = row.split_ascii_whitespace();
        let (stamp, mbps, third) = (words.next(), words.next(), words.next());
        let (Some(stamp), Some(mbps), true, None) =
            (stamp, mbps, self.rtts || third.is_none(), words.next())
        else {
            let right = match self.rtts {
                true => "two or three: seconds, Mbps and milliseconds of round trip",
                false => "two: seconds and Mbps",
            };
            return Err(Problem::Columns { found: row.split_ascii_whitespace().count(), right });
        };
        let rate = rate(mbps, Unit::Mbps)?;
        let now = number(stamp, Unit::Seconds)?;
        let first = *self.first.get_or_insert(now);
        // Stamps are rounded, not the spans between them, so that no rounding adds up.
        let since = span(now - first)?;
        if now < first || since < self.before {
            let before = first + self.before.as_secs_f64();
            return Err(Problem::Backwards { found: clip(stamp), before });
        }
        let tread = Tread { span: since - self.before, rate, rtt: third.map(rtt).transpose()? };
        self.before = since;
        Ok(tread)
    }
}

/// Writes a trace so that it reads back equal, its round trips apart, of which the format knows
/// nothing: stamps to the nanosecond, for the first 26 days (2^51 ns), and Mbps to the bit per
/// second. The first line is there for its stamp, and has the rate of the second.
pub fn write(trace: &Trace, mut out: impl io::Write) -> io::Result<()> {
    let mut until = Span::ZERO;
    for Tread { span, rate, .. } in trace.treads() {
        let mbps = rate.in_mbps();
        if until.is_zero() {
            writeln!(out, "0\t{mbps}")?;
        }
        until += span;
        writeln!(out, "{}\t{mbps}", until.in_secs())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::trace::read::Format;
    use crate::trace::read::testing::{one, said as said_of};
    use crate::trace::{End, Trace};
    use crate::units::Bitrate;

    #[test]
    fn a_rate_is_that_of_the_span_which_ends_at_its_stamp() {
        let (format, trace) = one(b"0.0\t9.5\n2 1.5\n2.5 0\n", End::Repeat).unwrap();
        assert_eq!(format, Format::Pensieve);
        let treads: Vec<_> = trace.treads().map(|t| (t.span.as_millis(), t.rate)).collect();
        assert_eq!(treads, [(2_000, Bitrate::kbps(1_500)), (500, Bitrate::ZERO)]);
    }

    #[test]
    fn time_is_counted_from_the_first_stamp() {
        let text = b"1289406399 1\n1289406400 2\n1289406400 8\n1289406402 3\n";
        let (_, trace) = one(text, End::Repeat).unwrap();
        let treads: Vec<_> = trace.treads().map(|t| (t.span.as_millis(), t.rate)).collect();
        assert_eq!(treads, [(1_000, Bitrate::kbps(2_000)), (2_000, Bitrate::kbps(3_000))]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| said_of("pensieve", text);
        assert_eq!(said("0 1\n\n2 abc"), "line 3: \"abc\" is not a number of Mbps");
        assert_eq!(
            said("0 1\n3 1\n2 1"),
            "line 3: \"2\" does not come after 3: time must run forward"
        );
        assert_eq!(said("5 1\n4 1"), "line 2: \"4\" does not come after 5: time must run forward");
        assert_eq!(
            said("0 1 56"),
            "line 1: 3 columns, where there should be two: seconds and Mbps"
        );
        assert_eq!(
            said("0 1\n-1 1"),
            "line 2: \"-1\" is a negative number of seconds; it should be zero or more"
        );
        assert!(said("0 1").contains("the trace is empty"));
        assert!(said("0 1\n1 1e300").contains("is the unit right?"));
        assert!(said("0 1\n1e300 1").contains("is the unit right?"));
    }

    #[test]
    fn what_is_written_reads_back_equal_but_for_round_trips() {
        let text = b"seconds,kbps,rtt_ms\n0,3000.001,60\n41.000000001,0,\n61.5,2400,80\n120,,\n";
        let (_, trace) = one(text, End::Repeat).unwrap();
        let mut written = Vec::new();
        super::write(&trace, &mut written).unwrap();
        assert!(written.starts_with(b"0\t3.000001\n41.000000001\t3.000001\n61.5\t0\n"));
        let (format, again) = one(&written, End::Repeat).unwrap();
        assert_eq!(format, Format::Pensieve);
        let plain = |trace: &Trace| trace.treads().map(|t| (t.span, t.rate)).collect::<Vec<_>>();
        assert_eq!(plain(&again), plain(&trace));
    }
}
