//! The traces of the switcher, the tool that video.js tries its algorithms with: a JSON array of
//! pairs, of bytes and milliseconds.
//!
//! ```text
//! [[248069, 1008], [283651, 1004]]
//! ```
//!
//! The idea to hold: so many bytes came in so long, one pair after the other
//! (videojs/http-streaming, `utils/switcher`, where a trace is such a list in memory). The logs
//! that lie beside the tool are those of the Norwegian measurements, [`super::hsdpa`], from which
//! it makes the pairs.

use super::Tread;
use super::field::{number, rate_of, span};
use super::json::Periods;
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut stairs = Staircase::default();
    let mut periods = Periods::of(text);
    while let Some(pair) = periods.list()? {
        let [bytes, millis] = pair.as_slice() else {
            return Err(Problem::Columns { found: pair.len(), right: "two: bytes, milliseconds" });
        };
        let span = span(number(&millis.to_string(), Unit::Millis)?)?;
        stairs.push(Tread { span, rate: rate_of(&bytes.to_string(), span)?, rtt: None })?;
    }
    Ok(stairs)
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{said, treads};

    #[test]
    fn a_pair_is_so_many_bytes_in_so_long() {
        // 125,000 B in 0.5 s are 2 Mbit/s.
        let text = "[[125000, 1000], [125000, 500],\n [0, 250]]";
        assert_eq!(treads("switcher", text), [(1_000, 1_000_000), (500, 2_000_000), (250, 0)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = "line 2: 3 columns, where there should be two: bytes, milliseconds";
        assert_eq!(said("switcher", "[[1, 2],\n[1, 2, 3]]"), wrong);
        let wrong = "line 1: \"\\\"a\\\"\" is not a number of bytes";
        assert_eq!(said("switcher", "[[\"a\", 2]]"), wrong);
        assert!(said("switcher", "[[1, 2], {}]").contains("where a list should be"));
    }
}
