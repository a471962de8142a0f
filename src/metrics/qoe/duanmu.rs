//! Duanmu, Rehman and Wang, "A Quality-of-Experience Database for Adaptive Video Streaming" (IEEE
//! Transactions on Broadcasting, 2018): a straight line through what people thought.
//!
//! ```text
//! 54.0 − 2.3 startup − 56.5 stalled / played + 0.0070 mean bitrate + 0.0007 mean switch
//! ```
//!
//! The idea to hold: seconds and kbit/s. As published startup is what there was, stalls are all of
//! the session's and take off; goDASH's code assumes the one, and of the others knows the last two,
//! with the wrong sign.

use super::{Model, Seen};

/// The score.
pub(super) const SCORE: Model = Model {
    key: "duanmu",
    name: "Duanmu",
    source: "Duanmu et al., IEEE Transactions on Broadcasting 2018; goDASH's Duanmu as published",
    formula: "54.0 − 2.3 startup − 56.5 stalled / played + 0.0070 mean bitrate \
              + 0.0007 mean switch",
    constants: "seconds and kbit/s; mean bitrate of segments displayed, mean |Δ bitrate| of a \
                switch",
    unit: "of 100",
    range: "meant to be 0 to 100",
    needs: "",
    of: score,
};

fn score(seen: &Seen<'_>) -> Option<f64> {
    let (viewing, count) = (seen.viewing, seen.segments()?);
    let played = Some(viewing.played().as_secs_f64()).filter(|&played| played > 0.0)?;
    let (mut sum, mut switched, mut switches, mut last) = (0.0, 0.0, 0.0, None);
    for watched in viewing.segments() {
        let kbps = seen.tables.kbps[watched.rung.0 as usize];
        sum += kbps;
        if let Some(before) = last.replace(kbps).filter(|&before| before != kbps) {
            switched += (kbps - before).abs();
            switches += 1.0;
        }
    }
    let switch = if switches > 0.0 { switched / switches } else { 0.0 };
    let startup = viewing.startup().unwrap_or_default().as_secs_f64();
    let stalled = viewing.stalled().as_secs_f64() / played;
    Some(54.0 - 2.3 * startup - 56.5 * stalled + 0.007 * sum / count + 0.000_7 * switch)
}

#[cfg(test)]
mod tests {
    use crate::metrics::qoe::testing::{LADDER, score};

    #[test]
    fn the_line_gives_what_a_pencil_gives() {
        // 2 s of startup, 3 s of stalls in 12 s played, mean 7/3 Mbit/s, switches of 3 and 2.
        let duanmu = score("duanmu", &LADDER, &[0, 2, 1], (2_000, &[3_000])).unwrap();
        let sum = 54.0 - 4.6 - 56.5 * 0.25 + 0.007 * 7_000.0 / 3.0 + 0.000_7 * 2_500.0;
        assert!((duanmu - sum).abs() < 1e-9, "{duanmu}");
    }
}
