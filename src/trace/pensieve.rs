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

use super::Tread;
use super::field::{Staircase, clip, lines, number, rate, span};
use super::problem::{Problem, ReadError, Unit};
use crate::units::Bitrate;

/// The treads of a file.
pub(super) fn staircase(text: &str) -> Result<Staircase, ReadError> {
    let mut stairs = Staircase::default();
    let mut stamps = None;
    for (line, row) in lines(text) {
        let tread = tread(row, &mut stamps).map_err(|problem| problem.on(line))?;
        stairs.push(tread).map_err(|problem| problem.on(line))?;
    }
    Ok(stairs)
}

/// The first stamp and the latest, in seconds.
type Stamps = Option<(f64, f64)>;

/// The tread that ends with a line; it lasts no time if the line is the first.
fn tread(row: &str, stamps: &mut Stamps) -> Result<Tread, Problem> {
    let (stamp, rate) = columns(row)?;
    let now = number(stamp, Unit::Seconds)?;
    let (first, before) = stamps.unwrap_or((now, now));
    if now < before {
        return Err(Problem::Backwards { found: clip(stamp), before });
    }
    *stamps = Some((first, now));
    // Stamps are rounded, not the spans between them, so that no rounding adds up.
    Ok(Tread { span: span(now - first)? - span(before - first)?, rate, rtt: None })
}

fn columns(row: &str) -> Result<(&str, Bitrate), Problem> {
    let mut words = row.split_ascii_whitespace();
    match (words.next(), words.next(), words.count()) {
        (Some(stamp), Some(mbps), 0) => Ok((stamp, rate(mbps, Unit::Mbps)?)),
        (first, second, more) => Err(Problem::Columns {
            found: usize::from(first.is_some()) + usize::from(second.is_some()) + more,
            right: "two: seconds and Mbps",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::End;
    use crate::trace::read::{Format, read};

    #[test]
    fn a_rate_is_that_of_the_span_which_ends_at_its_stamp() {
        let (format, trace) = read(b"0.0\t9.5\n2 1.5\n2.5 0\n", None, End::Repeat).unwrap();
        assert_eq!(format, Format::Pensieve);
        let treads: Vec<_> = trace.treads().map(|t| (t.span.as_millis(), t.rate)).collect();
        assert_eq!(treads, [(2_000, Bitrate::kbps(1_500)), (500, Bitrate::ZERO)]);
    }

    #[test]
    fn time_is_counted_from_the_first_stamp() {
        let text = b"1289406399 1\n1289406400 2\n1289406400 8\n1289406402 3\n";
        let (_, trace) = read(text, None, End::Repeat).unwrap();
        let treads: Vec<_> = trace.treads().map(|t| (t.span.as_millis(), t.rate)).collect();
        assert_eq!(treads, [(1_000, Bitrate::kbps(2_000)), (2_000, Bitrate::kbps(3_000))]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| {
            read(text.as_bytes(), Some(Format::Pensieve), End::Repeat).unwrap_err().to_string()
        };
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
}
