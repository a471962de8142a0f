//! The traces of the AITrans competitions: seconds, Mbps and, in some, milliseconds of round trip
//! on each line.
//!
//! ```text
//! 20.5 1.312 56
//! 21.0 1.250 57
//! ```
//!
//! The idea to hold: as in Pensieve's, from which the competitions' simulators come, a rate is that
//! of the span that ends at its stamp; stamps are half a second apart, and the first span begins at
//! zero (AITrans, live streaming 2019 and short video 2022; `network_trace`).
//!
//! With three columns the format is known by that. Nothing in a file of two says that it is not
//! Pensieve's, so it is read as Pensieve's, without its first line, unless this format is asked
//! for.

use super::parts::Staircase;
use super::pensieve::Rows;
use super::problem::Problem;
use super::text::Text;

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut stairs = Staircase::default();
    let mut rows = Rows::from_zero(true);
    while let Some(row) = text.line()? {
        stairs.push(rows.tread(row)?)?;
    }
    Ok(stairs)
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{parts, said, treads};
    use crate::units::Span;

    #[test]
    fn a_rate_is_that_of_the_span_which_ends_at_its_stamp_and_the_first_begins_at_zero() {
        let text = "0.5 1.312 56\n1.0 1.25 57\n";
        assert_eq!(treads("aitrans", text), [(500, 1_312_000), (500, 1_250_000)]);
        let rtts: Vec<_> = parts("aitrans", text)[0].trace.treads().map(|t| t.rtt).collect();
        assert_eq!(rtts, [56, 57].map(|millis| Some(Span::from_millis(millis))));
        assert_eq!(treads("aitrans", "0.5 1\n1 2\n"), [(500, 1_000_000), (500, 2_000_000)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = "line 2: 4 columns, where there should be two or three: seconds, Mbps and \
                     milliseconds of round trip";
        assert_eq!(said("aitrans", "1 1 1\n2 1 1 1\n"), wrong);
        assert!(said("aitrans", "1 1 1\n0.5 1 1\n").starts_with("line 2: \"0.5\" does not come"));
        assert!(said("aitrans", "1 1 61000\n").contains("a round trip of 61s is above the limit"));
    }
}
