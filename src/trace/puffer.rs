//! The data of Puffer: CSV files `video_sent_…` of a day, a chunk a row, with all sessions of that
//! day in it.
//!
//! ```text
//! time (ns GMT),session_id,index,expt_id,channel,video_ts,format,size,ssim_index,cwnd,in_flight,
//!     min_rtt,rtt,delivery_rate,…                                              (in one line)
//! 1546379215123456789,AbC+d=,0,12,cbs,180180,1280x720-22,435612,0.98,20,0,41234,45678,812345,…
//! ```
//!
//! The idea to hold: `delivery_rate` is what the sender's TCP measured of the path in bytes per
//! second as the chunk was sent, and holds until the next chunk of the session (Yan et al.,
//! "Learning in situ", NSDI 2020; puffer.stanford.edu/data-description). A trace is a stream, named
//! `session_id/index`; its last row lasts as long as the one before it.
//!
//! A chunk's size over the time until `video_acked` has it would be a second measure, but it needs
//! both files, and understates a path on which chunks are small against it. So `video_acked`, which
//! has neither sizes nor rates, is refused. `rtt`, in microseconds, is the round trip.

use super::Tread;
use super::field::{at, clip, places, rate};
use super::parts::Parts;
use super::problem::{Problem, Unit};
use super::read::MAX_RTT;
use super::text::Text;
use crate::units::{Bitrate, Span};

/// The columns that are read.
pub(super) const COLUMNS: [&str; 5] =
    ["time (ns GMT)", "session_id", "index", "delivery_rate", "rtt"];

/// How long a row lasts that stands alone: Puffer's chunks have 2.002 s of media.
const ALONE: Span = Span::from_millis(2_002);

/// What a stream was last told to have, since when.
#[derive(Clone, Copy)]
struct Open {
    since: u64,
    rate: Bitrate,
    rtt: Option<Span>,
}

/// The traces of a file.
pub(super) fn parts(text: &mut Text<'_>) -> Result<Parts, Problem> {
    let header = text.line()?.unwrap_or_default();
    let columns = places(header, COLUMNS).map_err(|problem| match problem {
        Problem::NoColumn { name: "delivery_rate", header } => Problem::NoDeliveryRate(header),
        problem => problem,
    })?;
    let mut parts = Parts::default();
    let mut open: Vec<Open> = Vec::new();
    while let Some(line) = text.line()? {
        let [stamp, session, index, bytes, micros] = at(line, columns)?;
        let since = stamp.parse().map_err(|_| Problem::NotANumber(clip(stamp), Unit::Nanos))?;
        let rate = rate(bytes, Unit::BytesPerSecond)?;
        let now = Open { since, rate, rtt: rtt(micros)? };
        let place = parts.place(&format!("{session}/{index}"))?;
        match open.get_mut(place) {
            Some(before) if since < before.since => {
                return Err(Problem::BackwardsTime { found: clip(stamp) });
            }
            Some(before) => {
                parts.push(place, before.until(since))?;
                *before = now;
            }
            None => open.push(now),
        }
    }
    for (place, last) in open.into_iter().enumerate() {
        let span = parts.last_span(place).unwrap_or(ALONE);
        parts.push(place, Tread { span, rate: last.rate, rtt: last.rtt })?;
    }
    Ok(parts)
}

impl Open {
    fn until(self, stamp: u64) -> Tread {
        let Self { since, rate, rtt } = self;
        Tread { span: Span::from_nanos(stamp - since), rate, rtt }
    }
}

/// A round trip in microseconds.
fn rtt(found: &str) -> Result<Option<Span>, Problem> {
    let micros: u64 = found.parse().map_err(|_| Problem::NotANumber(clip(found), Unit::Micros))?;
    let rtt = Span::from_micros(micros);
    match rtt > MAX_RTT {
        true => Err(Problem::SlowRtt(rtt)),
        false => Ok(Some(rtt)),
    }
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{named, parts, said};
    use crate::units::Span;

    const HEADER: &str = "time (ns GMT),session_id,index,expt_id,size,rtt,delivery_rate\n";

    #[test]
    fn a_stream_is_a_trace_and_a_rate_holds_until_the_next_chunk() {
        // Two streams, mixed: 125,000 B/s, 1 Mbit/s, for 2 s, then 2 Mbit/s for as long.
        let text = format!(
            "{HEADER}1546379215000000000,a,0,1,9,50000,125000\n\
             1546379216000000000,b,1,1,9,50000,500000\n\
             1546379217000000000,a,0,1,9,61000,250000\n"
        );
        let right = [
            ("a/0".to_owned(), vec![(2_000, 1_000_000), (2_000, 2_000_000)]),
            ("b/1".to_owned(), vec![(2_002, 4_000_000)]),
        ];
        assert_eq!(named("puffer", &text), right);
        let rtts: Vec<_> = parts("puffer", &text)[0].trace.treads().map(|t| t.rtt).collect();
        assert_eq!(rtts, [50, 61].map(|millis| Some(Span::from_millis(millis))));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let after = |row: &str| {
            said("puffer", &format!("{HEADER}1546379215000000000,a,0,1,9,50000,125000\n{row}"))
        };
        assert!(after("1546379214000000000,a,0,1,9,5,1").starts_with("line 3: \"15463792140000"));
        assert!(after("noon,a,0,1,9,5,1").contains("is not a number of nanoseconds"));
        assert!(after("1546379216000000000,a,0,1,9,5,NaN").contains("is not a finite number"));
        assert!(
            after("1546379216000000000,a,0,1,9,3600000000,1").contains("a round trip of 3600s")
        );
        let acked = "time (ns GMT),session_id,index,expt_id,channel,video_ts\n";
        assert!(said("puffer", acked).contains("only video_sent tells rates"));
    }
}
