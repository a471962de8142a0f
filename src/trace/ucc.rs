//! The 4G and 5G data sets of University College Cork: what the app G-NetTrack logged, as CSV, a
//! row a second or so.
//!
//! ```text
//! Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,RSRQ,SNR,CQI,RSSI,
//!     DL_bitrate,UL_bitrate,State,…                                            (in one line)
//! 2018.01.27_13.58.29,-8.502026,51.892657,0,A,2,LTE,-116,-13,3.0,5,-94,13577,210,D,…
//! ```
//!
//! The idea to hold: a row says what is downloaded from its second on, in kbps, so it lasts until
//! the next; of rows of one second the last counts. While nothing is downloaded (`State` is not
//! `D`, or `-` stands for the rate) a row says nothing of the network, and the rate before it goes
//! on; until the first download there is no trace (Raca, Quinlan, Zahran and Sreenan, "Beyond
//! throughput: a 4G LTE dataset with channel and context metrics", MMSys 2018; Raca, Leahy, Sreenan
//! and Quinlan, "Beyond throughput, the next generation: a 5G dataset", MMSys 2020).

use chrono::NaiveDateTime;

use super::Tread;
use super::field::{at, cells, clip, places, rate, span};
use super::parts::Staircase;
use super::problem::{Problem, Unit};
use super::text::Text;
use crate::units::{Bitrate, Span};

/// The columns that are read. Where there is no state, all rows are of downloads.
pub(super) const COLUMNS: [&str; 2] = ["Timestamp", "DL_bitrate"];
const STATE: &str = "State";

/// How long the last row lasts.
const SECOND: Span = Span::from_secs(1);

/// The treads of a file.
pub(super) fn staircase(text: &mut Text<'_>) -> Result<Staircase, Problem> {
    let header = text.line()?.unwrap_or_default();
    let [stamps, rates] = places(header, COLUMNS)?;
    let states = cells(header).position(|cell| cell == STATE);
    let mut stairs = Staircase::default();
    // What has gone on, since when.
    let mut open: Option<(i64, Bitrate)> = None;
    let mut latest = i64::MIN;
    while let Some(line) = text.line()? {
        let [stamp, kbps, state] = at(line, [stamps, rates, states.unwrap_or(stamps)])?;
        let now = seconds(stamp)?;
        if now < latest {
            let found = clip(stamp);
            return Err(Problem::BackwardsTime { found });
        }
        latest = now;
        if kbps == "-" || kbps.is_empty() || (states.is_some() && state != "D") {
            continue;
        }
        let rate = rate(kbps, Unit::Kbps)?;
        if let Some((since, rate)) = open {
            stairs.push(Tread { span: span((now - since) as f64)?, rate, rtt: None })?;
        }
        open = Some((now, rate));
    }
    if let Some((since, rate)) = open {
        let span = span((latest - since) as f64)? + SECOND;
        stairs.push(Tread { span, rate, rtt: None })?;
    }
    Ok(stairs)
}

/// The seconds of a time stamp, counted from 1970.
fn seconds(stamp: &str) -> Result<i64, Problem> {
    let time = NaiveDateTime::parse_from_str(stamp, "%Y.%m.%d_%H.%M.%S");
    time.map(|time| time.and_utc().timestamp()).map_err(|_| Problem::NotATime(clip(stamp)))
}

#[cfg(test)]
mod tests {
    use crate::trace::read::testing::{said, treads};

    const HEADER: &str = "Timestamp,Speed,DL_bitrate,UL_bitrate,State\n";

    #[test]
    fn a_row_lasts_until_the_next_and_idle_ones_say_nothing() {
        // From :59 on, over midnight: 2 s at 500, of which one is idle; of two rows at :01 the
        // second counts, for 3 s, of which one has no rate; then 1 s to the end, and 1 s after it.
        let text = format!(
            "{HEADER}2018.01.27_23.59.58,0,7,1,I\n2018.01.27_23.59.59,0,500,1,D\n\
             2018.01.28_00.00.00,0,3,1,I\n2018.01.28_00.00.01,0,9,1,D\n\
             2018.01.28_00.00.01,0,800,1,D\n2018.01.28_00.00.02,0,-,1,D\n\
             2018.01.28_00.00.04,0,0,1,D\n2018.01.28_00.00.05,0,4,1,I\n"
        );
        let right = [(2_000, 500_000), (3_000, 800_000), (2_000, 0)];
        assert_eq!(treads("ucc", &text), right);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let after = |rows: &str| said("ucc", &format!("{HEADER}{rows}"));
        assert!(after("yesterday,0,1,1,D").starts_with("line 2: \"yesterday\" is not a time such"));
        assert_eq!(
            after("2018.01.27_10.00.00,0,1,1,D\n2018.01.27_09.00.00,0,1,1,D"),
            "line 3: \"2018.01.27_09.00.00\" comes before the stamp above it: time must run forward"
        );
        assert!(after("2018.01.27_10.00.00,0").starts_with("line 2: 2 columns"));
        assert!(after("2018.01.27_10.00.00,0,1,1,I").starts_with("the trace is empty"));
    }
}
