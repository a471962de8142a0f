//! The Lumos5G data set: a CSV file of walks and drives past mmWave antennas, a row a second; or
//! what has been made of it for players, two columns.
//!
//! ```text
//! run_num,seq_num,abstractSignalStr,latitude,…,Throughput,mobility_mode,trajectory_direction,…
//! 1,1,2,44.97,…,1093.2,walking,CW,…
//! ```
//!
//! ```text
//! 1.0 91.0
//! 2.0 88.0
//! ```
//!
//! The idea to hold: a row is one second at `Throughput` Mbps, in the order of the file, and each
//! `run_num` is a trace of its own (Narayanan et al., "Lumos5G: mapping and predicting commercial
//! mmWave 5G throughput", IMC 2020). Of two columns, seconds and Mbps, a rate is that of the span
//! that ends at its stamp, as in Pensieve's, and the first one's begins at zero (Narayanan et al.,
//! "A variegated look at 5G in the wild", SIGCOMM 2021, the traces of section 5).
//!
//! Nothing in such a file says that it is not Pensieve's, so it is read as Pensieve's, without its
//! first line, unless this format is asked for.

use super::Tread;
use super::field::{at, cells, places, rate};
use super::parts::Parts;
use super::pensieve::Rows;
use super::problem::{Problem, Unit};
use super::text::Text;
use crate::units::Span;

/// The columns that are read. Where runs have no numbers, there is one.
pub(super) const COLUMNS: [&str; 1] = ["Throughput"];
const RUN: &str = "run_num";

/// How long a row lasts.
const SECOND: Span = Span::from_secs(1);

/// The traces of a file.
pub(super) fn parts(text: &mut Text<'_>) -> Result<Parts, Problem> {
    let mut parts = Parts::default();
    let first = text.line()?.unwrap_or_default().to_owned();
    let cooked = first.split_ascii_whitespace().all(|word| word.parse::<f64>().is_ok());
    if cooked {
        let mut rows = Rows::from_zero(false);
        let place = parts.place("")?;
        parts.push(place, rows.tread(&first)?)?;
        while let Some(row) = text.line()? {
            parts.push(place, rows.tread(row)?)?;
        }
        return Ok(parts);
    }
    let [rates] = places(&first, COLUMNS)?;
    let runs = cells(&first).position(|cell| cell.eq_ignore_ascii_case(RUN));
    while let Some(line) = text.line()? {
        let [mbps, run] = at(line, [rates, runs.unwrap_or(rates)])?;
        let rate = rate(mbps, Unit::Mbps)?;
        let place = match runs {
            Some(_) => parts.place(&format!("run {run}"))?,
            None => parts.place("")?,
        };
        parts.push(place, Tread { span: SECOND, rate, rtt: None })?;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{named, said, treads};

    #[test]
    fn a_row_is_a_second_and_a_run_is_a_trace() {
        let text = "run_num,seq_num,latitude,Throughput,mobility_mode\n\
                    1,1,44.9,1093.25,walking\n1,2,44.9,0,walking\n2,1,44.9,80,driving\n";
        let right = [
            ("run 1", vec![(1_000, 1_093_250_000), (1_000, 0)]),
            ("run 2", vec![(1_000, 80_000_000)]),
        ];
        assert_eq!(named("lumos5g", text), right.map(|(name, treads)| (name.to_owned(), treads)));
        let alone = "Throughput\n7\n";
        assert_eq!(treads("lumos5g", alone), [(1_000, 7_000_000)]);
    }

    #[test]
    fn of_two_columns_the_first_line_counts_too() {
        let right = [(1_000, 91_000_000), (1_000, 88_000_000)];
        assert_eq!(treads("lumos5g", "1.0 91.0\n2.0 88.0\n"), right);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert!(said("lumos5g", "a,b\n1,2\n").contains("has no column \"Throughput\""));
        let text = "run_num,Throughput\n1,5\n1,fast\n";
        assert_eq!(said("lumos5g", text), "line 3: \"fast\" is not a number of Mbps");
    }
}
