//! The traces of Sabre: a JSON array of periods.
//!
//! ```text
//! [{"duration_ms": 1013, "bandwidth_kbps": 1285, "latency_ms": 100},
//!  {"duration_ms": 1002, "bandwidth_kbps": 0,    "latency_ms": 100}]
//! ```
//!
//! The idea to hold: `latency_ms` is the whole wait between a request and its first byte, which is
//! what a trace calls its round trip. Bandwidth is in kbps (1,000 bits per second); numbers may
//! have fractions, and other members are passed over. So Sabre has it (Spiteri, Sitaraman and
//! Sparacio, "From theory to practice", 2018; `sabre.py`). A file is read one period at a time, so
//! that it takes little more memory than the trace it holds.

use std::io;

use super::field::{number, rate, rtt, span};
use super::json::{Period, Periods, member};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use super::{Trace, Tread};
use crate::units::Span;

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut stairs = Staircase::default();
    let mut periods = Periods::of(text);
    while let Some((period, count)) = periods.object()? {
        stairs.push(tread(&period, count)?)?;
    }
    Ok(stairs)
}

fn tread(period: &Period, count: usize) -> Result<Tread, Problem> {
    let told = |name, unit| member((period, count), name, unit);
    let duration = told("duration_ms", Unit::Millis)?;
    let bandwidth = told("bandwidth_kbps", Unit::Kbps)?;
    let latency = told("latency_ms", Unit::Millis)?;
    Ok(Tread {
        span: span(number(&duration, Unit::Millis)?)?,
        rate: rate(&bandwidth, Unit::Kbps)?,
        rtt: Some(rtt(&latency)?),
    })
}

/// Writes a trace so that it reads back equal. A period has to state a latency: where the trace
/// states no round trip it is `otherwise`.
pub fn write(trace: &Trace, otherwise: Span, mut out: impl io::Write) -> io::Result<()> {
    write!(out, "[")?;
    for (count, Tread { span, rate, rtt }) in trace.treads().enumerate() {
        let comma = if count == 0 { "" } else { ",\n " };
        let (span, kbps) = (span.in_millis(), rate.in_kbps());
        let rtt = rtt.unwrap_or(otherwise).in_millis();
        write!(
            out,
            "{comma}{{\"duration_ms\": {span}, \"bandwidth_kbps\": {kbps}, \"latency_ms\": {rtt}}}"
        )?;
    }
    writeln!(out, "]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::End;
    use crate::trace::read::Format;
    use crate::trace::read::testing::{one, said as said_of};
    use crate::units::{Bitrate, Span};

    const TWO: &str = r#" [
        {"duration_ms": 1013, "bandwidth_kbps": 1285, "latency_ms": 100},
        {"duration_ms": 0.5, "bandwidth_kbps": 0, "latency_ms": 99.5, "cell": {"id": [7]}}
    ] "#;

    #[test]
    fn latency_is_the_round_trip() {
        let (format, trace) = one(TWO.as_bytes(), End::Repeat).unwrap();
        assert_eq!(format, Format::Sabre);
        let tread = |micros: u64, kbps, rtt: u64| Tread {
            span: Span::from_nanos(micros * 1_000),
            rate: Bitrate::kbps(kbps),
            rtt: Some(Span::from_nanos(rtt * 1_000)),
        };
        let treads: Vec<_> = trace.treads().collect();
        assert_eq!(treads, [tread(1_013_000, 1_285, 100_000), tread(500, 0, 99_500)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| one(text.as_bytes(), End::Repeat).unwrap_err().to_string();
        let with = |from: &str, to: &str| said(&TWO.replacen(from, to, 1));
        assert_eq!(with("1285", "\"abc\""), "line 2: \"\\\"abc\\\"\" is not a number of kbps");
        assert_eq!(
            with("99.5", "-1"),
            "line 3: \"-1\" is a negative number of milliseconds; it should be zero or more"
        );
        assert_eq!(
            with("\"latency_ms\": 99.5, ", ""),
            "line 3: period 2 has no \"latency_ms\", a number of milliseconds"
        );
        assert!(with("1013", "1e30").starts_with("line 2: the trace lasts "));
        assert!(with("1285", "NaN").starts_with("line 2: not a period: "));
        assert!(with("100},", "100}").starts_with("line 3: "), "a comma is missing");
        assert!(with("100},", "100},,").starts_with("line 2: not a period: "));
        assert!(with("]}}", "]}},").starts_with("line 4: not a period: "));
        assert_eq!(
            said("[]"),
            "the trace is empty: it needs at least one step that lasts longer than zero"
        );
        assert_eq!(
            said("[1]"),
            "line 1: not a period: \"1]\", where an object or a list should be"
        );
        assert_eq!(
            said_of("sabre", "[[1]]"),
            "line 1: not a period: \"[1]\", where an object should be"
        );
        assert!(said("[").starts_with("line 1: the file ends"));
        assert!(said(&format!("{TWO}\n[]")).starts_with("line 5: \"[]\" after the end"));
    }

    #[test]
    fn nothing_but_periods_is_held_in_memory() {
        let said = |text: String| one(text.as_bytes(), End::Repeat).unwrap_err().problem;
        let long = said(format!("[{{\"a\": [{}]}}]", "0,".repeat(1 << 20)));
        assert_eq!(long, Problem::Syntax("a period of more than 4096 bytes".to_owned()));
        assert!(matches!(said("[".repeat(1 << 20)), Problem::Syntax(_)), "nor is the stack");
    }

    #[test]
    fn what_is_written_reads_back_equal() {
        let (_, trace) = one(TWO.as_bytes(), End::Repeat).unwrap();
        let mut written = Vec::new();
        write(&trace, Span::ZERO, &mut written).unwrap();
        assert_eq!(one(&written, End::Repeat), Ok((Format::Sabre, trace)));
    }
}
