//! The network profiles of CAdViSE: a JSON array of periods.
//!
//! ```text
//! [{"duration": 10, "serverIngress": 0, "serverEgress": 0, "serverLatency": 80,
//!   "clientIngress": 7170, "clientEgress": 0, "clientLatency": 0},
//!  {"duration": 10, …, "clientIngress": 370, …}]
//! ```
//!
//! The idea to hold: seconds, kbps and milliseconds, and a rate of 0 is no limit (Taraghi,
//! Zabrovskiy, Timmerer and Hellwagner, "CAdViSE: cloud-based adaptive video streaming evaluation
//! framework for the automated testing of media players", MMSys 2020; `network/*.json`). What comes
//! down to a player passes `serverEgress` and `clientIngress`, so the lower of them is the
//! bandwidth, and both latencies are waited for once a round trip. Where neither is a limit, the
//! bandwidth is [`UNLIMITED`].

use super::Tread;
use super::field::{number, rate, rtt, span};
use super::json::{Period, Periods, member};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use crate::units::Bitrate;

/// What a link without a limit carries: more than any ladder asks for.
pub const UNLIMITED: Bitrate = Bitrate::kbps(10_000_000);

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
    let limit = |name| -> Result<Bitrate, Problem> {
        let limit = rate(&told(name, Unit::Kbps)?, Unit::Kbps)?;
        Ok(if limit.is_zero() { UNLIMITED } else { limit })
    };
    let latency = |name| rtt(&told(name, Unit::Millis)?);
    Ok(Tread {
        span: span(number(&told("duration", Unit::Seconds)?, Unit::Seconds)?)?,
        rate: limit("serverEgress")?.min(limit("clientIngress")?),
        rtt: Some(latency("serverLatency")? + latency("clientLatency")?),
    })
}

#[cfg(test)]
mod tests {
    use super::UNLIMITED;
    use crate::trace::read::testing::{parts, said, treads};
    use crate::units::Span;

    const TWO: &str = r#"[
        {"duration": 10, "serverIngress": 0, "serverEgress": 0, "serverLatency": 80,
         "clientIngress": 7170, "clientEgress": 0, "clientLatency": 5},
        {"duration": 0.5, "serverIngress": 1, "serverEgress": 300, "serverLatency": 80,
         "clientIngress": 370, "clientEgress": 0, "clientLatency": 5},
        {"duration": 1, "serverIngress": 1, "serverEgress": 0, "serverLatency": 80,
         "clientIngress": 0, "clientEgress": 0, "clientLatency": 5}]"#;

    #[test]
    fn the_lower_limit_is_the_bandwidth_and_the_latencies_add_up() {
        let right = [(10_000, 7_170_000), (500, 300_000), (1_000, UNLIMITED.as_bps())];
        assert_eq!(treads("cadvise", TWO), right);
        let rtt = parts("cadvise", TWO)[0].trace.treads().next().unwrap().rtt;
        assert_eq!(rtt, Some(Span::from_millis(85)));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let with = |from: &str, to: &str| said("cadvise", &TWO.replacen(from, to, 1));
        let wrong = "line 4: period 2 has no \"duration\", a number of seconds";
        assert_eq!(with("\"duration\": 0.5,", ""), wrong);
        assert!(with("7170", "-1").starts_with("line 2: \"-1\" is a negative number of kbps"));
    }
}
