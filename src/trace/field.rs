//! What the readers of all formats share: cells, and numbers with units.
//!
//! The idea to hold: whatever is checked of one field (that it is a number, not negative, of a size
//! that a link can have) is checked here, so that a reader only says which column is what.

use super::problem::{Problem, Unit};
use super::read::MAX_RTT;
use super::{Flaw, MAX_LENGTH, MAX_RATE};
use crate::units::{Bitrate, Bytes, Span};

/// A number as its unit counts, in seconds or bits per second where the unit is of time or of
/// kilobits: finite, and not negative.
pub(super) fn number(found: &str, unit: Unit) -> Result<f64, Problem> {
    let (times, per) = unit.ratio();
    match found.parse::<f64>() {
        Err(_) => Err(Problem::NotANumber(clip(found), unit)),
        Ok(n) if !n.is_finite() => Err(Problem::NotFinite(clip(found), unit)),
        Ok(n) if n < 0.0 => Err(Problem::Negative(clip(found), unit)),
        Ok(n) => Ok(n * times / per),
    }
}

/// A rate that a trace may have.
pub(super) fn rate(found: &str, unit: Unit) -> Result<Bitrate, Problem> {
    let number = number(found, unit)?;
    allowed(match unit {
        Unit::BytesPerSecond => Bytes::new(number as u64) / Span::from_secs(1),
        Unit::Kbps | Unit::Mbps => Bitrate::from_bps_f64(number),
        Unit::Seconds | Unit::Millis | Unit::Micros | Unit::Nanos | Unit::Bytes => {
            unreachable!("{unit} are no unit of a rate")
        }
    })
}

/// The rate at which so many bytes take so long, to a bit per second below; zero if no time.
pub(super) fn rate_of(bytes: &str, span: Span) -> Result<Bitrate, Problem> {
    let bytes = Bytes::new(number(bytes, Unit::Bytes)? as u64);
    if span.is_zero() { Ok(Bitrate::ZERO) } else { allowed(bytes / span) }
}

fn allowed(rate: Bitrate) -> Result<Bitrate, Problem> {
    if rate > MAX_RATE { Err(Flaw::TooFast(rate).into()) } else { Ok(rate) }
}

/// A length of time that a trace may last.
pub(super) fn span(secs: f64) -> Result<Span, Problem> {
    let span = Span::from_secs_f64(secs);
    if span > MAX_LENGTH { Err(Flaw::TooLong(span).into()) } else { Ok(span) }
}

/// A round trip, in milliseconds.
pub(super) fn rtt(found: &str) -> Result<Span, Problem> {
    let rtt = Span::from_secs_f64(number(found, Unit::Millis)?);
    if rtt > MAX_RTT { Err(Problem::SlowRtt(rtt)) } else { Ok(rtt) }
}

/// The cells of a row of CSV, without blanks and quotes around them. A comma between quotes is part
/// of its cell; a quote within a cell, or a cell of several lines, is in none of our formats.
pub(super) fn cells(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    // Both signs are of one byte, which no other sign contains: bytes are looked at, not signs.
    std::iter::from_fn(move || {
        let line = rest?;
        let mut quoted = false;
        let comma = line.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == b',' && !quoted
        });
        rest = comma.map(|comma| &line[comma + 1..]);
        let cell = line[..comma.unwrap_or(line.len())].trim_ascii();
        Some(cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell))
    })
}

/// Where the columns of these names stand in a header.
pub(super) fn places<const N: usize>(
    header: &str,
    names: [&'static str; N],
) -> Result<[usize; N], Problem> {
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        let found = cells(header).position(|cell| cell.eq_ignore_ascii_case(name));
        *place = found.ok_or_else(|| Problem::NoColumn { name, header: clip(header) })?;
    }
    Ok(places)
}

/// The cells of a row at these places.
pub(super) fn at<const N: usize>(row: &str, places: [usize; N]) -> Result<[&str; N], Problem> {
    let (mut found, mut filled, mut count) = ([""; N], 0, 0);
    for (place, cell) in cells(row).enumerate() {
        for (slot, _) in found.iter_mut().zip(places).filter(|(_, wanted)| *wanted == place) {
            *slot = cell;
            filled += 1;
        }
        count += 1;
    }
    match filled == N {
        true => Ok(found),
        false => Err(Problem::Columns { found: count, right: "as many as the header has" }),
    }
}

/// So many signs of what was found are quoted.
pub(super) const CLIP: usize = 60;

/// The beginning of what was found, to be quoted.
pub(super) fn clip(found: &str) -> String {
    match found.char_indices().nth(CLIP) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart_by_commas_outside_of_quotes() {
        let found = |line| cells(line).collect::<Vec<_>>();
        assert_eq!(found("a, b ,\"c\",\" d,e\",,"), ["a", "b", "c", " d,e", "", ""]);
        assert_eq!(found("\"a,b"), ["\"a,b"]);
    }

    #[test]
    fn columns_are_found_by_their_names() {
        assert_eq!(places("x,Y,\"z\"", ["z", "y"]).unwrap(), [2, 1]);
        assert!(matches!(places("x,y", ["w"]), Err(Problem::NoColumn { name: "w", .. })));
        assert_eq!(at("1,2,3", [2, 0]).unwrap(), ["3", "1"]);
        let missing = at("1,2", [2, 0]);
        assert!(matches!(missing, Err(Problem::Columns { found: 2, .. })), "{missing:?}");
    }

    #[test]
    fn bytes_in_a_second_are_eight_times_as_many_bits() {
        // 1,250 kB/s are 10 Mbit/s; 248,069 B in 1,008 ms are 1,968,801.58 bit/s.
        assert_eq!(rate("1250000", Unit::BytesPerSecond), Ok(Bitrate::kbps(10_000)));
        let span = Span::from_millis(1_008);
        assert_eq!(rate_of("248069", span), Ok(Bitrate::from_bps(1_968_801)));
        assert_eq!(rate_of("5", Span::ZERO), Ok(Bitrate::ZERO));
        assert!(rate("1e300", Unit::BytesPerSecond).is_err());
        assert!(rate_of("1e300", Span::from_nanos(1)).is_err());
    }
}
