//! The traces of Oboe: the chunks of real sessions, two lines each.
//!
//! ```text
//! 15.0  3168.64
//! 474.0 3168.64
//! 620.0 2900.00
//! 981.0 2900.00
//! ```
//!
//! The idea to hold: a pair of lines is a download, from its first stamp to its second, in
//! milliseconds, with its mean rate in kbps on both. Between one download and the next the rate is
//! interpolated linearly, says the data set's description (Akhtar et al., "Oboe: auto-tuning video
//! ABR algorithms to network conditions", SIGCOMM 2018; README of the traces); a staircase has one
//! step there, at the mean of the two rates, which carries the same bytes. Time is counted from the
//! first stamp.

use super::Tread;
use super::field::{clip, number, rate, span};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use crate::units::{Bitrate, Span};

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut stairs = Staircase::default();
    // When the last download ended, and its rate.
    let mut before: Option<(f64, Bitrate)> = None;
    while let Some(row) = text.line()? {
        let (start, rate, kbps) = columns(row)?;
        let kbps = kbps.to_owned();
        if let Some((ended, last)) = before {
            let rate = (last + rate) / 2;
            stairs.push(Tread { span: between(ended, start, row)?, rate, rtt: None })?;
        }
        let Some(row) = text.line()? else { return Err(Problem::HalfPair) };
        let (end, same, found) = columns(row)?;
        if same != rate {
            return Err(Problem::Pair { found: clip(found), right: clip(&kbps) });
        }
        stairs.push(Tread { span: between(start, end, row)?, rate, rtt: None })?;
        before = Some((end, rate));
    }
    Ok(stairs)
}

/// The time from a stamp to the one that a row begins with, both in seconds.
fn between(before: f64, now: f64, row: &str) -> Result<Span, Problem> {
    if now < before {
        let found = clip(row.split_ascii_whitespace().next().unwrap_or_default());
        let (_, per) = Unit::Millis.ratio();
        return Err(Problem::Backwards { found, before: before * per });
    }
    span(now - before)
}

/// The stamp of a row, in seconds, and its rate, also as it is written.
fn columns(row: &str) -> Result<(f64, Bitrate, &str), Problem> {
    let mut words = row.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(stamp), Some(kbps), None) => {
            Ok((number(stamp, Unit::Millis)?, rate(kbps, Unit::Kbps)?, kbps))
        }
        _ => Err(Problem::Columns {
            found: row.split_ascii_whitespace().count(),
            right: "two: milliseconds and kbps",
        }),
    }
}

/// Whether these lines, the first of a file, are in pairs of one rate that differ from each other.
/// In other formats of two columns that would be chance.
pub(super) fn is(lines: &[String]) -> bool {
    let rate = |line: &String| line.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned();
    let rates: Vec<_> = lines.iter().map(rate).collect();
    let (pairs, _) = rates.as_chunks::<2>();
    pairs.len() > 1
        && pairs.iter().all(|[first, second]| first == second)
        && pairs.windows(2).any(|pairs| pairs[0] != pairs[1])
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{said, treads};

    #[test]
    fn a_pair_is_a_download_and_between_two_the_rate_is_interpolated() {
        // 459 ms; 146 ms at (3,168.64 + 2,900) / 2 = 3,034.32 kbps; 361 ms.
        let text = "15.0 3168.64\n474.0 3168.64\n620.0 2900.00\n981.0 2900.00\n";
        assert_eq!(treads("oboe", text), [(459, 3_168_640), (146, 3_034_320), (361, 2_900_000)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let after = |rows: &str| said("oboe", &format!("15 3000\n474 3000\n{rows}"));
        assert_eq!(
            after("620 100\n"),
            "line 3: the last line has no second of its pair, which would say when it ends"
        );
        assert_eq!(
            after("620 100\n981 101\n"),
            "line 4: \"101\" kbps, where 100 should be: lines come in pairs of one rate"
        );
        assert!(after("470 100\n981 100\n").starts_with("line 3: \"470\" does not come after 474"));
        assert!(after("620 100\n600 100\n").starts_with("line 4: \"600\" does not come after 620"));
        assert!(after("620 100 3\n").starts_with("line 3: 3 columns, where there should be two"));
    }
}
