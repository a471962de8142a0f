//! The raw data of Measuring Broadband America: CSV, a download a row, of many units in one file.
//!
//! ```text
//! unit_id,dtime,target,address,fetch_time,bytes_total,bytes_sec,objects,…
//! 872,2016-01-01 00:04:12,http://www.cnn.com,185.31.19.73,1612345,2046731,1269412,60,…
//! ```
//!
//! The idea to hold: what one unit had of one target is a trace, named `872/http://www.cnn.com`,
//! and each of its rows is five seconds of it, in the order of the file. The unit measures once in
//! a while, so this is no clock's time: it is how Pensieve made traces of these files (Mao,
//! Netravali and Alizadeh, 2017, section 5.1; `load_webget_data.py`), and so have papers since.
//!
//! Columns are found by their names; of a file without a header they are those above. Rates are
//! `bytes_sec`, in bytes per second (FCC, Measuring Broadband America, raw data releases:
//! `curr_webget.csv`, `curr_httpgetmt.csv`).

use super::Tread;
use super::field::{at, cells, places, rate};
use super::parts::Parts;
use super::problem::{Problem, Unit};
use super::text::Text;
use crate::units::Span;

/// How long a row lasts.
pub const SAMPLE: Span = Span::from_secs(5);

/// The columns that are read, and where they are in a file without a header.
pub(super) const COLUMNS: [&str; 3] = ["unit_id", "target", "bytes_sec"];
const PLACES: [usize; 3] = [0, 2, 6];

/// The traces of a file.
pub(super) fn parts(text: &mut Text<'_>) -> Result<Parts, Problem> {
    let mut parts = Parts::default();
    let first = text.line()?.unwrap_or_default().to_owned();
    let bare = cells(&first).next().is_some_and(|cell| cell.parse::<u64>().is_ok());
    let columns = if bare { PLACES } else { places(&first, COLUMNS)? };
    if bare {
        row(&first, columns, &mut parts)?;
    }
    while let Some(line) = text.line()? {
        row(line, columns, &mut parts)?;
    }
    Ok(parts)
}

fn row(line: &str, columns: [usize; 3], parts: &mut Parts) -> Result<(), Problem> {
    let [unit, target, bytes] = at(line, columns)?;
    let rate = rate(bytes, Unit::BytesPerSecond)?;
    let place = parts.place(&format!("{unit}/{target}"))?;
    parts.push(place, Tread { span: SAMPLE, rate, rtt: None })
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{named, said};

    const ROWS: &str = "872,2016-01-01 00:04:12,a,185.31.19.73,1612345,2046731,125000,60\n\
                        873,2016-01-01 00:04:12,a,185.31.19.73,1612345,2046731,250000,60\n\
                        872,2016-01-01 01:04:12,a,185.31.19.73,1612345,2046731,0,60\n\
                        872,2016-01-01 01:04:12,b,185.31.19.73,1612345,2046731,500000,60\n";

    #[test]
    fn what_a_unit_had_of_a_target_is_a_trace_of_five_seconds_a_row() {
        // 125,000 B/s are 1 Mbit/s.
        let right = [
            ("872/a", vec![(5_000, 1_000_000), (5_000, 0)]),
            ("873/a", vec![(5_000, 2_000_000)]),
            ("872/b", vec![(5_000, 4_000_000)]),
        ]
        .map(|(name, treads)| (name.to_owned(), treads));
        let header = "unit_id,dtime,target,address,fetch_time,bytes_total,bytes_sec,objects\n";
        assert_eq!(named("fcc", &format!("{header}{ROWS}")), right);
        assert_eq!(named("fcc", ROWS), right, "without a header");
        let quoted = "\"target\",\"BYTES_SEC\",\"unit_id\"\n\"a\",\"125000\",\"872\"\n";
        let found = named("fcc", quoted);
        assert_eq!(found, [("872/a".to_owned(), vec![(5_000, 1_000_000)])]);
    }

    #[test]
    fn a_unit_that_never_had_anything_is_left_out() {
        let text = format!("{ROWS}874,2016-01-01 01:04:12,b,185.31.19.73,1612345,0,0,60\n");
        assert_eq!(named("fcc", &text).len(), 3);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(said("fcc", "1,d,t,a,f,b\n").split(',').next(), Some("line 1: 6 columns"));
        assert!(said("fcc", "unit_id,target,x\n").contains("has no column \"bytes_sec\""));
        let after = |row: &str| said("fcc", &format!("{ROWS}{row}"));
        assert!(
            after("1,d,t,a,f,b,abc").starts_with("line 5: \"abc\" is not a number of bytes per")
        );
        assert!(after("1,d,t,a,f,b,-1").starts_with("line 5: \"-1\" is a negative number"));
    }
}
