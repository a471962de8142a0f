//! The logs of the Norwegian HSDPA measurements, of the LTE ones from Ghent, and those that the
//! switcher of video.js comes with: six columns, one line about a second.
//!
//! ```text
//! 1289406399 549692 59.851754 10.781778 248069 1008
//! 1289406400 550696 59.851694 10.781848 283651 1004
//! ```
//!
//! Unix seconds, milliseconds of a clock that is never set, latitude, longitude, bytes received
//! since the line before, and milliseconds since then (Riiser, Vigmostad, Griwodz and Halvorsen,
//! "Commute path bandwidth traces from 3G networks", MMSys 2013; van der Hooft et al.,
//! "HTTP/2-based adaptive streaming of HEVC video over 4G/LTE networks", 2016).
//!
//! The idea to hold: a line is the bytes of the span that ends with it, in its own milliseconds.
//! The clocks are only looked at to see that they run forward; where they leave a gap, as where
//! the logger was off, nothing is known of it and nothing is made up.

use super::Tread;
use super::field::{clip, number, rate_of, span};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut stairs = Staircase::default();
    let mut before = 0.0;
    while let Some(row) = text.line()? {
        let mut words = row.split_ascii_whitespace();
        let mut word = || words.next().unwrap_or_default();
        let [_, clock, _, _, bytes, millis] = [word(), word(), word(), word(), word(), word()];
        if millis.is_empty() || words.next().is_some() {
            let found = row.split_ascii_whitespace().count();
            let right = "six: seconds, milliseconds, latitude, longitude, bytes, milliseconds";
            return Err(Problem::Columns { found, right });
        }
        let (_, per) = Unit::Millis.ratio();
        let now = number(clock, Unit::Millis)? * per;
        if now < before {
            return Err(Problem::Backwards { found: clip(clock), before });
        }
        before = now;
        let span = span(number(millis, Unit::Millis)?)?;
        stairs.push(Tread { span, rate: rate_of(bytes, span)?, rtt: None })?;
    }
    Ok(stairs)
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{said, treads};

    #[test]
    fn a_line_is_its_bytes_in_its_own_milliseconds() {
        // 248,069 B in 1,008 ms: 1,968,801 bit/s; 125,000 B in 1 s: 1 Mbit/s, after a gap of 5 s.
        let text = "1289406399 549692 59.851754 10.781778 248069 1008\n\
                    1289406405 555700 59.851694 10.781848 125000 1000\n\
                    1289406405 555700 59.851694 10.781848 0 0\n";
        assert_eq!(treads("hsdpa", text), [(1_008, 1_968_801), (1_000, 1_000_000)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let good = "1 100 59.8 10.7 5000 1000\n";
        let after = |row: &str| said("hsdpa", &format!("{good}{row}"));
        assert_eq!(
            after("2 99 59.8 10.7 5000 1000"),
            "line 2: \"99\" does not come after 100: time must run forward"
        );
        assert!(after("2 101 59.8 10.7 5000").starts_with("line 2: 5 columns, where there should"));
        assert!(after("2 101 59.8 10.7 5000 1 2").starts_with("line 2: 7 columns"));
        assert!(after("2 101 59.8 10.7 -5 1").contains("negative number of bytes"));
        assert!(after("2 101 59.8 10.7 5e30 1").contains("is the unit right?"));
    }
}
