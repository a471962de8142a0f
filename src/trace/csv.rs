//! Our own traces: a CSV file with a header, and a row wherever the rate changes.
//!
//! ```text
//! # The 07:42, from the suburbs through the tunnel.
//! seconds,kbps,rtt_ms
//! 0,3200,60
//! 41.5,0,
//! 61.5,2400,80
//! 120,,
//! ```
//!
//! The idea to hold: a row says "from this second on, this rate", so it lasts until the next, and a
//! last row with no rate says when the trace ends. Without such a row the last lasts as long as the
//! one before it, or a second if it is alone, which is what a file of samples means.
//!
//! The first row is at 0, and times grow. Rates are in kbps (1,000 bits per second), and may have a
//! fraction. The column `rtt_ms`, the round trip in milliseconds, may be left out, or empty where
//! the trace says nothing of it. Lines that begin with `#` are comments.

use std::io;

use super::field::{cells, clip, number, rate, rtt, span};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use super::{Trace, Tread};
use crate::units::{Bitrate, Span};

const PLAIN: [&str; 2] = ["seconds", "kbps"];
const WITH_RTT: [&str; 3] = ["seconds", "kbps", "rtt_ms"];

/// How long a row lasts that stands alone.
const ALONE: Span = Span::from_secs(1);

/// Writes a trace so that it reads back equal: to the bit per second, and to the nanosecond for the
/// first 26 days (2^51 ns), after which the reader's floating-point seconds are coarser than that.
/// Round trips above [`MAX_RTT`](super::read::MAX_RTT) are not read. What follows the last step
/// ([`End`](super::End)) is not part of the file.
pub fn write(trace: &Trace, mut out: impl io::Write) -> io::Result<()> {
    let with_rtt = trace.treads().any(|tread| tread.rtt.is_some());
    let header = if with_rtt { &WITH_RTT[..] } else { &PLAIN[..] };
    writeln!(out, "{}", header.join(","))?;
    let mut from = Span::ZERO;
    for tread in trace.treads() {
        write!(out, "{},{}", from.in_secs(), tread.rate.as_kbps_f64())?;
        match tread.rtt {
            Some(rtt) => writeln!(out, ",{}", rtt.in_millis())?,
            None if with_rtt => writeln!(out, ",")?,
            None => writeln!(out)?,
        }
        from += tread.span;
    }
    writeln!(out, "{},{}", from.in_secs(), if with_rtt { "," } else { "" })
}

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let header = text.line()?.unwrap_or_default();
    let width = if cells(header).eq(PLAIN) {
        PLAIN.len()
    } else if cells(header).eq(WITH_RTT) {
        WITH_RTT.len()
    } else {
        return Err(Problem::Header(clip(header)));
    };
    let mut stairs = Staircase::default();
    let mut open: Option<Row> = None;
    while let Some(line) = text.line()? {
        let (row, stamp) = row(line, width)?;
        match &open {
            None if !row.from.is_zero() => return Err(Problem::LateStart(clip(stamp))),
            None => {}
            Some(before) => stairs.push(before.until(&row, stamp)?)?,
        }
        open = Some(row);
    }
    if let Some(Row { rate: Some(rate), rtt, .. }) = open {
        let span = stairs.last_span().unwrap_or(ALONE);
        stairs.push(Tread { span, rate, rtt })?;
    }
    Ok(stairs)
}

/// A row: what holds from an instant on. Without a rate it is the end.
struct Row {
    from: Span,
    rate: Option<Bitrate>,
    rtt: Option<Span>,
}

/// A row of so many cells, and its first cell.
fn row(line: &str, width: usize) -> Result<(Row, &str), Problem> {
    let mut cells = cells(line);
    let found = std::array::from_fn(|_| cells.next());
    let count = found.iter().flatten().count() + cells.count();
    if count != width {
        let right = if width == PLAIN.len() {
            "two, as in the header: seconds and kbps"
        } else {
            "three, as in the header: seconds, kbps and rtt_ms"
        };
        return Err(Problem::Columns { found: count, right });
    }
    let [stamp, kbps, millis]: [&str; WITH_RTT.len()] = found.map(Option::unwrap_or_default);
    let from = span(number(stamp, Unit::Seconds)?)?;
    let rtt = if millis.is_empty() { None } else { Some(rtt(millis)?) };
    let rate = match (kbps, rtt) {
        ("", None) => None,
        (kbps, _) => Some(rate(kbps, Unit::Kbps)?),
    };
    Ok((Row { from, rate, rtt }, stamp))
}

impl Row {
    /// The tread from this row to the next, which begins at `stamp`.
    fn until(&self, next: &Self, stamp: &str) -> Result<Tread, Problem> {
        let rate = self.rate.ok_or(Problem::AfterEnd)?;
        if next.from <= self.from {
            let before = self.from.as_secs_f64();
            return Err(Problem::Backwards { found: clip(stamp), before });
        }
        Ok(Tread { span: next.from - self.from, rate, rtt: self.rtt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};
    use crate::trace::End;
    use crate::trace::read::Format;
    use crate::trace::read::testing::one;

    fn treads(text: &str) -> Vec<(u64, u64, Option<u64>)> {
        let (format, trace) = one(text.as_bytes(), End::Repeat).unwrap();
        assert_eq!(format, Format::Csv);
        let plain = |t: Tread| (t.span.as_millis(), t.rate.as_bps(), t.rtt.map(Span::as_millis));
        trace.treads().map(plain).collect()
    }

    #[test]
    fn a_row_lasts_until_the_next_and_a_row_without_a_rate_is_the_end() {
        let text = "# A comment.\nseconds,kbps,rtt_ms\n0,3200,60\n# Another.\n\n41.5,0.5,\n60,,\n";
        assert_eq!(treads(text), [(41_500, 3_200_000, Some(60)), (18_500, 500, None)]);
    }

    #[test]
    fn without_an_end_the_last_row_lasts_as_long_as_the_one_before_it() {
        assert_eq!(treads("seconds,kbps\n0,1\n2,3"), [(2_000, 1_000, None), (2_000, 3_000, None)]);
        assert_eq!(treads("seconds,kbps\n0,1\n"), [(1_000, 1_000, None)]);
    }

    #[test]
    fn files_of_other_editors_are_read() {
        let windows = "\u{feff}\"seconds\",\"kbps\"\r\n0, 1\r\n2, 3\r\n";
        assert_eq!(treads(windows), [(2_000, 1_000, None), (2_000, 3_000, None)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |rows: &str| {
            let text = format!("# A comment.\nseconds,kbps\r\n\r\n{rows}");
            one(text.as_bytes(), End::Repeat).unwrap_err().to_string()
        };
        assert_eq!(said("0,1\n1,abc\n"), "line 5: \"abc\" is not a number of kbps");
        assert_eq!(said("0,1\n#\n#\n1,abc"), "line 7: \"abc\" is not a number of kbps");
        assert_eq!(said("0,1\r\n1,NaN\r\n"), "line 5: \"NaN\" is not a finite number of kbps");
        assert_eq!(said("0,inf"), "line 4: \"inf\" is not a finite number of kbps");
        assert_eq!(
            said("0,-1"),
            "line 4: \"-1\" is a negative number of kbps; it should be zero or more"
        );
        assert_eq!(said("5,1"), "line 4: the first row is at \"5\" seconds, and should be at 0");
        assert_eq!(said("0,1\n0,1"), "line 5: \"0\" does not come after 0: time must run forward");
        assert_eq!(
            said("0,1\n1,\n2,1"),
            "line 6: a row after the end: only the last row may have no kbps"
        );
        assert_eq!(
            said("0,1,2"),
            "line 4: 3 columns, where there should be two, as in the header: seconds and kbps"
        );
        assert_eq!(
            said("0,1e13"),
            "line 4: a bandwidth of 10000000 Gbps is above the limit of 1000 Gbps; \
             is the unit right?"
        );
        assert!(said("0,0").starts_with("the trace never moves"), "no line is to blame");
        assert!(said("").starts_with("the trace is empty"));
        assert!(said("0,").starts_with("the trace is empty"));
    }

    #[test]
    fn a_header_is_required() {
        let said = one(b"0,500\n1,300\n", End::Repeat).unwrap_err().to_string();
        assert_eq!(
            said,
            "line 1: the header is \"0,500\", and should be \"seconds,kbps\" or \
             \"seconds,kbps,rtt_ms\""
        );
    }

    #[test]
    fn a_line_of_nothing_but_commas_is_not_taken_apart() {
        let text = format!("seconds,kbps\n{}\n", ",".repeat(1 << 20));
        let said = one(text.as_bytes(), End::Repeat).unwrap_err().to_string();
        assert_eq!(said, "line 2: a line of more than 4096 bytes");
    }

    #[test]
    fn a_round_trip_in_microseconds_is_noticed() {
        // 100,000 read as ms would be 100 s.
        let said = one(b"seconds,kbps,rtt_ms\n0,5,100000\n", End::Repeat).unwrap_err();
        assert_eq!(said.problem, Problem::SlowRtt(Span::from_secs(100)));
    }

    #[test]
    fn what_is_written_reads_back_equal() {
        for seed in 0..300 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let mut up_to = |bits: u64| {
                let largest = 1 << (1 + draw.below(bits));
                1 + draw.below(largest)
            };
            let treads: Vec<_> = (0..up_to(5))
                .map(|_| Tread {
                    span: Span::from_nanos(up_to(45)),
                    rate: Bitrate::from_bps(up_to(38)),
                    rtt: (up_to(1) + seed % 3 > 2).then(|| Span::from_nanos(up_to(35))),
                })
                .collect();
            let trace = Trace::new(treads, End::Hold).unwrap();
            let mut text = Vec::new();
            write(&trace, &mut text).unwrap();
            assert_eq!(one(&text, End::Hold), Ok((Format::Csv, trace)), "seed {seed}");
        }
    }
}
