//! The traces of Mahimahi: a whole number of milliseconds on each line, at which one packet of
//! 1,500 bytes may leave.
//!
//! ```text
//! 0
//! 12
//! 12
//! 30
//! ```
//!
//! Two packets may leave at 12 ms. After the last line the file begins again, so the last stamp is
//! also the period (Netravali et al., "Mahimahi: accurate record-and-replay for HTTP", 2015;
//! `mm-link`).
//!
//! The idea to hold: packets are counted in bins of 100 ms, each with its later end, because a
//! stamp is when a packet is through; the period holds exactly the bytes the file does. A bin of
//! 100 ms is short against a segment, and one packet in it is 120 kbps. It blurs what is shorter
//! than itself, and the last bin ends with the period, so it may be shorter.

use std::io;

use super::field::{clip, number, span};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use super::{Trace, Tread};
use crate::units::{Bitrate, Bytes, Span, Work};

/// What one line lets through.
pub const PACKET: Bytes = Bytes::new(1_500);

/// The span over which packets are counted.
pub const BIN: Span = Span::from_millis(100);

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let mut bins = Bins::default();
    let mut last = Span::ZERO;
    while let Some(found) = text.line()? {
        let stamp = stamp(found)?;
        if stamp < last {
            let before = last.as_millis() as f64;
            return Err(Problem::Backwards { found: clip(found), before });
        }
        last = stamp;
        bins.add(stamp)?;
    }
    if last.is_zero() {
        return Err(Problem::NoPeriod);
    }
    bins.close(last)?;
    Ok(bins.done)
}

/// Writes a trace as the packets that have gone through in whole by each millisecond: 12 kbit is
/// the finest that the format can tell, and a millisecond. What is carried after the last whole
/// packet is lost; and since the last line is the period, where none is due then one is added.
pub fn write(trace: &Trace, mut out: impl io::Write) -> io::Result<()> {
    let packet = Work::from(PACKET);
    let (mut stamp, mut now) = (0, Span::ZERO);
    let (mut done, mut sent) = (Work::ZERO, 0_u64);
    for Tread { span, rate, .. } in trace.treads() {
        let (begun, before) = (now, done);
        (now, done) = (now + span, done + rate * span);
        let (packets, _) = done.times(packet);
        while sent < packets {
            sent += 1;
            // The first whole millisecond by which the packet is through.
            let into = (packet * sent).saturating_sub(before) / rate;
            stamp = (begun + into).as_millis_up();
            writeln!(out, "{stamp}")?;
        }
    }
    // The last stamp is the period.
    let period = now.as_millis_up();
    if stamp < period { writeln!(out, "{period}") } else { Ok(()) }
}

/// A whole number of milliseconds.
fn stamp(found: &str) -> Result<Span, Problem> {
    let secs = number(found, Unit::Millis)?;
    if found.bytes().all(|b| b.is_ascii_digit()) {
        span(secs)
    } else {
        Err(Problem::NotWhole(clip(found), Unit::Millis))
    }
}

/// Packets counted in bins.
#[derive(Default)]
struct Bins {
    done: Staircase,
    /// The bin at hand, the packets in it, and how far the treads done reach.
    bin: u64,
    packets: u64,
    until: Span,
}

impl Bins {
    fn add(&mut self, stamp: Span) -> Result<(), Problem> {
        let bin = stamp.as_nanos().saturating_sub(1) / BIN.as_nanos();
        if bin != self.bin {
            self.close(BIN * (self.bin + 1))?;
            self.bin = bin;
        }
        self.packets += 1;
        Ok(())
    }

    /// Ends the bin at hand at `end`, after whatever quiet there was before it.
    fn close(&mut self, end: Span) -> Result<(), Problem> {
        let start = BIN * self.bin;
        let quiet = start.saturating_sub(self.until);
        self.done.push(Tread { span: quiet, rate: Bitrate::ZERO, rtt: None })?;
        for tread in spread(PACKET * self.packets, end - start) {
            self.done.push(tread)?;
        }
        (self.packets, self.until) = (0, end);
        Ok(())
    }
}

/// Exactly these bytes over a span: where no whole number of bits per second has them, one bit per
/// second more in its first part.
fn spread(bytes: Bytes, span: Span) -> [Tread; 2] {
    let unit = Bitrate::from_bps(1);
    let rate = Work::from(bytes) / span;
    let faster = (Work::from(bytes) - rate * span) / unit;
    [
        Tread { span: faster, rate: rate + unit, rtt: None },
        Tread { span: span - faster, rate, rtt: None },
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::seed::{Purpose, Seed};
    use crate::trace::read::Format;
    use crate::trace::read::testing::one;
    use crate::trace::{Bandwidth, End};
    use crate::units::Time;

    #[test]
    fn packets_are_counted_in_the_bin_that_their_stamp_ends() {
        // 0, 100: the first bin, 2 × 12,000 bits in 0.1 s. 101: the second. 350, 350: the fourth,
        // which has only 50 ms: 24,000 bits in 0.05 s.
        let (format, trace) = one(b"0\n100\n101\n350\n350\n", End::Repeat).unwrap();
        assert_eq!(format, Format::Mahimahi);
        let treads: Vec<_> = trace.treads().map(|t| (t.span.as_millis(), t.rate)).collect();
        let right = [(100, 240), (100, 120), (100, 0), (50, 480)];
        assert_eq!(treads, right.map(|(millis, kbps)| (millis, Bitrate::kbps(kbps))));
    }

    #[test]
    fn a_period_holds_exactly_the_bytes_of_the_file() {
        for seed in 0..200 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let mut stamp = 0;
            let mut stamps: Vec<_> = (0..1 + draw.below(2_000))
                .map(|_| {
                    stamp += draw.below(3) * draw.below(2 + 300 * (seed % 2));
                    stamp
                })
                .collect();
            stamps.push(stamp + 1);
            let text: String = stamps.iter().map(|stamp| format!("{stamp}\n")).collect();
            let (_, trace) = one(text.as_bytes(), End::Repeat).unwrap();
            let packets = stamps.len() as u64;
            assert_eq!(trace.length(), Span::from_millis(stamp + 1));
            let end = Time::ZERO + trace.length() * 3;
            let done = Bandwidth::new(Arc::new(trace), Span::ZERO).done_by(end);
            assert_eq!(done, Work::from(PACKET * packets * 3), "seed {seed}");
        }
    }

    #[test]
    fn a_long_silence_is_one_step() {
        // A year of milliseconds.
        let (_, trace) = one(b"5\n31536000000\n", End::Repeat).unwrap();
        assert_eq!(trace.treads().count(), 3);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| one(text.as_bytes(), End::Repeat).unwrap_err().to_string();
        assert_eq!(said("0\n12.5"), "line 2: \"12.5\" is not a whole number of milliseconds");
        assert_eq!(said("0\n7 7"), "line 2: \"7 7\" is not a number of milliseconds");
        assert_eq!(said("9\n3"), "line 2: \"3\" does not come after 9: time must run forward");
        assert_eq!(
            said("0\n0\n"),
            "line 2: the last time stamp is 0 ms: the trace would last no time"
        );
        assert_eq!(
            said("0\n-4"),
            "line 2: \"-4\" is a negative number of milliseconds; it should be zero or more"
        );
        assert!(said("0\n99999999999999999999").contains("is the unit right?"));
    }

    #[test]
    fn what_is_written_reads_back_to_a_packet_at_the_end_of_every_bin() {
        for seed in 0..200 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let treads: Vec<_> = (0..1 + draw.below(20))
                .map(|_| Tread {
                    span: Span::from_millis(1 + draw.below(3_000)),
                    rate: Bitrate::kbps(1 + draw.below(3) * draw.below(20_000)),
                    rtt: None,
                })
                .collect();
            let trace = Trace::new(treads, End::Hold).unwrap();
            let mut text = Vec::new();
            write(&trace, &mut text).unwrap();
            let (_, again) = one(&text, End::Hold).unwrap();
            assert_eq!(again.length(), trace.length(), "seed {seed}");
            let bins = trace.length().as_nanos() / BIN.as_nanos();
            let [mut right, mut found] =
                [trace, again].map(|trace| Bandwidth::new(Arc::new(trace), Span::ZERO));
            for bin in 1..=bins {
                let at = Time::ZERO + BIN * bin;
                let (right, found) = (right.done_by(at), found.done_by(at));
                let off = right.saturating_sub(found) + found.saturating_sub(right);
                assert!(off <= Work::from(PACKET), "seed {seed} at {at}: {right:?} {found:?}");
            }
        }
    }
}
