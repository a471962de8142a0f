//! How viewers fared as small columns of eight heights, for a terminal: by mean bitrate, and by
//! time stalled.
//!
//! The idea to hold: all runs are drawn to one scale, across and upwards, so that shapes can be
//! compared as they stand above each other. Where there is nobody there is a dot, and whoever is
//! alone in a column still has the lowest.

use super::format::{bitrate, many, shorten};
use super::layout::{GAP, WIDTH};
use super::table::{Align, Column, names, rows};
use super::{Results, Run};
use crate::distribution::Distribution;
use crate::units::Bitrate;

/// Eight heights.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Columns of each distribution.
const BINS: usize = 26;

/// No more runs are shown.
const RUNS: usize = 12;

/// Names of runs and values of swept keys are no longer.
const NAME: usize = 16;

/// The distributions, after an empty line; nothing where nobody saw anything.
pub(super) fn lines(results: &Results) -> Vec<String> {
    let rates = |run: &Run| run.summary.bitrate.clone();
    let stalls = |run: &Run| run.summary.stall_time.clone();
    let rate = |kbps: u64| bitrate(Bitrate::kbps(kbps));
    let seconds = |millis: u64| format!("{} s", millis as f64 / 1e3);
    let Some(by_rate) = column(results, "viewers by mean bitrate", rates, rate) else {
        return Vec::new();
    };
    let mut columns = names(results);
    columns.iter_mut().for_each(|column| column.shorten(NAME));
    columns.push(by_rate);
    columns.extend(column(results, "who stalled, by how long", stalls, seconds));
    let taken = |columns: &[Column]| {
        columns.iter().map(|column| column.width() + GAP.len()).sum::<usize>() - GAP.len()
    };
    while taken(&columns) > WIDTH && columns.len() > 2 {
        columns.pop();
    }
    let (runs, shown) = (results.runs.len(), results.runs.len().min(RUNS));
    let mut lines = rows(&columns, runs);
    lines.truncate(2 + shown);
    lines.insert(0, String::new());
    if shown < runs {
        let more = many((runs - shown) as u64, "more run");
        lines.push(shorten(&format!("({more} on the page)"), WIDTH));
    }
    lines
}

/// A distribution of each run, below what it is of and from where to where; nothing if none has
/// any.
fn column(
    results: &Results,
    name: &str,
    of: impl Fn(&Run) -> Distribution,
    shown: impl Fn(u64) -> String,
) -> Option<Column> {
    let all: Vec<_> = results.runs.iter().map(of).collect();
    // A few of the last hundredth would make all others lie in one column.
    let reach = all.iter().filter(|of| of.count() > 0).map(|of| of.quantile(0.99)).max()?;
    let top = round(reach.max(1));
    let counts: Vec<_> = all.iter().map(|of| counted(of, top)).collect();
    let most = counts.iter().flatten().copied().max().unwrap_or(0);
    let scale = format!("0 to {} or more", shown(top));
    let mut drawn = counts
        .iter()
        .map(|counts| counts.iter().map(|&count| height(count, most)).collect::<String>());
    Some(Column::new([name, &scale], Align::Left, results, |_| drawn.next().unwrap_or_default()))
}

/// How many of them are in each column, of which the last is of all that are further.
fn counted(of: &Distribution, top: u64) -> [u64; BINS] {
    let mut counts = [0; BINS];
    for (value, times) in of.cells() {
        let bin = u128::from(value) * BINS as u128 / u128::from(top);
        counts[(bin as usize).min(BINS - 1)] += times;
    }
    counts
}

fn height(count: u64, most: u64) -> char {
    match count {
        0 => '·',
        _ => {
            let eighths = (u128::from(count) * 8).div_ceil(u128::from(most.max(1)));
            HEIGHTS[(eighths as usize).clamp(1, 8) - 1]
        }
    }
}

/// The next number up of one digit, or of one and a half: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of
/// ten.
fn round(number: u64) -> u64 {
    let mut power = 1_u64;
    while number > power.saturating_mul(10) {
        power = power.saturating_mul(10);
    }
    let steps = [2, 3, 4, 6, 8, 10, 12, 16, 20].map(|halves: u64| power.saturating_mul(halves) / 2);
    steps.into_iter().find(|&step| step >= number).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{End, Session, Summary};
    use crate::report::testing::{results, run, sweep};
    use crate::units::{Bytes, Span};

    /// A run of viewers of so many kbit/s, each of whom stalls for so many seconds.
    fn of(name: &str, viewers: &[(u64, u64)]) -> Run {
        let mut summary = Summary::new(3);
        for &(kbps, stalled) in viewers {
            let minute = Span::from_secs(60);
            let session = Session {
                end: End::Finished,
                startup: Some(Span::from_secs(1)),
                played: minute,
                stalled: Span::from_secs(stalled),
                stalls: u32::from(stalled > 0),
                shown: Bytes::from(Bitrate::kbps(kbps) * minute),
                shown_media: minute,
                ..Session::default()
            };
            summary.add(&session, &[]);
        }
        Run { summary, ..run(name, 0, 0) }
    }

    #[test]
    fn shapes_stand_above_each_other_at_one_scale() {
        // To 2,600 kbit/s would be a hundred for each column; what is shown is 3,000.
        let low = [(100, 0), (100, 0), (100, 0), (100, 0), (1_600, 4), (2_600, 0)];
        let high = [(2_600, 8), (2_600, 8), (2_600, 0), (100, 0)];
        let found = lines(&results(vec![of("low", &low), of("high", &high)]));
        let heads = [found[1].trim_end(), found[2].trim_end()];
        assert_eq!(heads[0], "             viewers by mean bitrate     who stalled, by how long");
        assert_eq!(heads[1], "  algorithm  0 to 3 Mbit/s or more       0 to 8 s or more");
        // 4 of 4 are as high as it gets, 1 of 4 two eighths; 26 · 100 / 3,000 = 0.9, of 1,600 13.9
        // and of 2,600 22.5. Of those who stalled 2 of 2 are eight eighths and 1 of 2 four;
        // 26 · 4/8 is 13, and 8 s are the end. 5 of 6 who are spared are more than 2 of 4.
        let dots = |count: usize| "·".repeat(count);
        let (a, b, c) = (dots(12), dots(8), dots(3));
        let low = format!("* low        █{a}▂{b}▂{c}  {}▄{}", dots(13), dots(12));
        let high = format!("  high       ▂{}▆{c}  {}█", dots(21), dots(25));
        assert_eq!(found[3..], [low, high]);
    }

    #[test]
    fn nobody_is_a_dot_and_one_of_many_is_not_nobody() {
        assert_eq!([height(0, 900), height(1, 900), height(900, 900)], ['·', '▁', '█']);
        assert_eq!(lines(&results(vec![])), [""; 0]);
        assert_eq!(lines(&results(vec![run("bola", 0, 0)])), [""; 0]);
    }

    #[test]
    fn scales_end_in_a_round_number() {
        let ends = [1, 7, 10, 11, 14, 1_234, 2_600, 87_000].map(round);
        assert_eq!(ends, [1, 8, 10, 15, 15, 1_500, 3_000, 100_000]);
        assert_eq!(round(u64::MAX), u64::MAX);
    }

    #[test]
    fn it_fits_however_much_is_swept() {
        let long = "an-algorithm-with-a-name-as-long-as-a-sentence";
        let mut wide =
            sweep("content.segment", &["2s", "6s", "10s", "12s"], &[long, "a", "b", "c"]);
        wide.swept.extend(["live.target".into(), "player.buffer".into()]);
        wide.runs.iter_mut().for_each(|run| run.point.extend(["20 s".into(), "a minute".into()]));
        let found = lines(&wide);
        assert!(found.iter().all(|line| line.chars().count() <= WIDTH), "{found:#?}");
        assert_eq!(found.last().map(String::as_str), Some("(4 more runs on the page)"));
    }
}
