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

use serde_json::{Deserializer, Map, Value};

use super::Tread;
use super::field::{Staircase, clip, line_of, number, rate, rtt, span};
use super::problem::{Problem, ReadError, Unit};

/// The longest period read, in bytes; they have about 70.
const MAX_PERIOD: usize = 4_096;

type Period = Map<String, Value>;

/// The treads of a file.
pub(super) fn staircase(text: &str) -> Result<Staircase, ReadError> {
    let mut stairs = Staircase::default();
    let mut rest = text.trim_ascii_start();
    let read = periods(&mut rest, &mut stairs);
    read.map_err(|problem| problem.on(line_of(text.as_bytes(), text.len() - rest.len())))?;
    Ok(stairs)
}

/// Reads all periods, and leaves in `rest` the one that is wrong if one is.
fn periods(rest: &mut &str, stairs: &mut Staircase) -> Result<(), Problem> {
    punctuation(rest, &['['])?;
    if rest.starts_with(']') {
        return Ok(());
    }
    for count in 1.. {
        let (period, length) = first_period(rest)?;
        stairs.push(tread(&period, count)?)?;
        *rest = rest[length..].trim_ascii_start();
        if punctuation(rest, &[',', ']'])? == ']' {
            break;
        }
    }
    match *rest {
        "" => Ok(()),
        more => Err(Problem::Syntax(format!("{:?} after the end of the array", clip(more)))),
    }
}

/// Takes one of these signs and the white space after it.
fn punctuation(rest: &mut &str, right: &[char]) -> Result<char, Problem> {
    let mut chars = rest.chars();
    match chars.next() {
        Some(sign) if right.contains(&sign) => {
            *rest = chars.as_str().trim_ascii_start();
            Ok(sign)
        }
        Some(_) => {
            Err(Problem::Syntax(format!("{:?}, where one of {right:?} should be", clip(rest))))
        }
        None => Err(Problem::Syntax(format!("the file ends where one of {right:?} should be"))),
    }
}

/// The period that `rest` begins with, and how many bytes it takes.
fn first_period(rest: &str) -> Result<(Period, usize), Problem> {
    let window = &rest[..rest.floor_char_boundary(MAX_PERIOD)];
    let mut values = Deserializer::from_str(window).into_iter::<Period>();
    match values.next() {
        Some(Ok(period)) => Ok((period, values.byte_offset())),
        Some(Err(error)) if error.is_eof() && window.len() < rest.len() => {
            Err(Problem::Syntax(format!("a period of more than {MAX_PERIOD} bytes")))
        }
        Some(Err(error)) => {
            // The position the error ends with is counted from the beginning of the period.
            let said = error.to_string();
            let what = said.split_once(" at line ").map_or(&*said, |(what, _)| what);
            Err(Problem::Syntax(format!("not a period: {what}")))
        }
        None => Err(Problem::Syntax("the file ends where a period should be".to_owned())),
    }
}

fn tread(period: &Period, count: usize) -> Result<Tread, Problem> {
    let member = |member, unit| match period.get(member) {
        Some(value) => Ok(value.to_string()),
        None => Err(Problem::NoMember { period: count, member, unit }),
    };
    let duration = member("duration_ms", Unit::Millis)?;
    let bandwidth = member("bandwidth_kbps", Unit::Kbps)?;
    let latency = member("latency_ms", Unit::Millis)?;
    Ok(Tread {
        span: span(number(&duration, Unit::Millis)?)?,
        rate: rate(&bandwidth, Unit::Kbps)?,
        rtt: Some(rtt(&latency)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::End;
    use crate::trace::read::{Format, read};
    use crate::units::{Bitrate, Span};

    const TWO: &str = r#" [
        {"duration_ms": 1013, "bandwidth_kbps": 1285, "latency_ms": 100},
        {"duration_ms": 0.5, "bandwidth_kbps": 0, "latency_ms": 99.5, "cell": {"id": [7]}}
    ] "#;

    #[test]
    fn latency_is_the_round_trip() {
        let (format, trace) = read(TWO.as_bytes(), None, End::Repeat).unwrap();
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
        let said = |text: &str| read(text.as_bytes(), None, End::Repeat).unwrap_err().to_string();
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
        assert_eq!(said("[1]"), "line 1: not a period: invalid type: integer `1`, expected a map");
        assert!(said("[").starts_with("line 1: the file ends"));
        assert!(said(&format!("{TWO}\n[]")).starts_with("line 5: \"[]\" after the end"));
    }

    #[test]
    fn nothing_but_periods_is_held_in_memory() {
        let said = |text: String| read(text.as_bytes(), None, End::Repeat).unwrap_err().problem;
        let long = said(format!("[{{\"a\": [{}]}}]", "0,".repeat(1 << 20)));
        assert_eq!(long, Problem::Syntax("a period of more than 4096 bytes".to_owned()));
        assert!(matches!(said("[".repeat(1 << 20)), Problem::Syntax(_)), "nor is the stack");
    }
}
