//! The tables of figures.
//!
//! The idea to hold: a table of a rung's figures has a row for the rung that is gone up to, and
//! bandwidth is in Mbit/s everywhere.

use super::words::name;
use crate::characterize::{Boundary, Character, Delay, Startup, Threshold};
use crate::media::Rung;
use crate::report::format::decimal;
use crate::report::layout::Column;
use crate::units::{Bitrate, Bytes, Span};

/// Rows of figures, and what is above them.
pub(super) struct Table {
    pub(super) columns: Vec<Column<'static>>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// Without columns of which nothing is known.
    fn new(columns: Vec<Column<'static>>, rows: Vec<Vec<String>>) -> Self {
        let known = |place: &usize| rows.iter().any(|row| row[*place] != UNKNOWN);
        let kept: Vec<usize> = (0..columns.len()).filter(known).collect();
        let of_row = |row: &Vec<String>| kept.iter().map(|&place| row[place].clone()).collect();
        let rows = rows.iter().map(of_row).collect();
        let columns = columns.into_iter().enumerate();
        let columns = columns.filter(|(place, _)| kept.contains(place)).map(|(_, column)| column);
        Self { columns: columns.collect(), rows }
    }
}

/// What stands for what is not known.
const UNKNOWN: &str = "–";

fn numbers(headers: &[&'static str]) -> Vec<Column<'static>> {
    headers.iter().map(|header| Column::numbers(header)).collect()
}

/// A rate in Mbit/s.
pub(super) fn mbps(rate: Bitrate) -> String {
    let mbps = rate.as_kbps_f64() / 1e3;
    decimal(mbps, if mbps < 0.1 { 3 } else { 2 })
}

/// Seconds, with a decimal where there are few and some.
pub(super) fn seconds(span: Span) -> String {
    let secs = span.as_secs_f64();
    decimal(secs, usize::from(secs < 9.95 && !span.is_zero()))
}

fn of(value: Option<String>) -> String {
    value.unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The bitrate of a rung, by which it is called.
pub(super) fn rung(player: &Character, rung: Rung) -> String {
    mbps(player.rungs[usize::from(rung.0)].bitrate)
}

/// Where a player goes up to each rung and back, and how late.
pub(super) fn boundaries(player: &Character) -> Table {
    let mut columns = numbers(&[
        "rung", "up at", "back", "spends", "holds", "gap %", "rise, s", "seen", "drop, s", "seen",
    ]);
    columns[0] = Column::words("rung");
    let row = |boundary: &Boundary| {
        let share = |share: Option<f64>| of(share.map(|share| decimal(share, 2)));
        let asked = |delay: Option<Delay>| of(delay.map(late));
        let seen = |delay: Option<Delay>| of(delay.and_then(|delay| delay.shown).map(seconds));
        vec![
            rung(player, boundary.above),
            threshold(boundary.up, true),
            threshold(boundary.down, false),
            share(boundary.spends(&player.needs)),
            share(boundary.holds(&player.needs)),
            of(boundary.gap().map(|gap| decimal(100.0 * gap, 0))),
            asked(boundary.rise),
            seen(boundary.rise),
            asked(boundary.drop),
            seen(boundary.drop),
        ]
    };
    Table::new(columns, player.boundaries.iter().map(row).collect())
}

/// Seconds until a decision, and in brackets how many segments were asked for in between.
pub(super) fn late(delay: Delay) -> String {
    format!("{} ({})", seconds(delay.after), delay.segments)
}

/// Where it is: in the middle of two steps, or beyond all that there are.
fn threshold(threshold: Threshold, up: bool) -> String {
    match (threshold, up) {
        (Threshold::Unasked, _) => UNKNOWN.to_owned(),
        (Threshold::Between(..), _) => of(threshold.middle().map(mbps)),
        (Threshold::Before(rate), true) | (Threshold::Beyond(rate), false) => {
            format!("≤{}", mbps(rate))
        }
        (Threshold::Before(rate), false) | (Threshold::Beyond(rate), true) => {
            format!("≥{}", mbps(rate))
        }
    }
}

/// A row for each player: of figures by rung, the median.
pub(super) fn side_by_side(players: &[Character]) -> Table {
    let mut columns = numbers(&[
        "player",
        "spends",
        "holds",
        "gap, %",
        "rise, s",
        "drop, s",
        "too far",
        "stall, s",
        "waves/min",
    ]);
    columns[0] = Column::words("player");
    let row = |player: &Character| {
        let of_all = |value: &dyn Fn(&Boundary) -> Option<f64>, decimals: usize| {
            let values = player.boundaries.iter().filter_map(value);
            of(median(values.collect()).map(|value| decimal(value, decimals)))
        };
        let late = |delay: Option<Delay>| delay.map(|delay| delay.after.as_secs_f64());
        let waves = player.waves.iter().map(|wave| wave.per_minute());
        vec![
            name(player),
            of_all(&|boundary| boundary.spends(&player.needs), 2),
            of_all(&|boundary| boundary.holds(&player.needs), 2),
            of_all(&|boundary| boundary.gap().map(|gap| 100.0 * gap), 0),
            of_all(&|boundary| late(boundary.rise), 1),
            of_all(&|boundary| late(boundary.drop), 1),
            of(player.jumps.iter().map(|jump| jump.overshoot).max().map(|most| most.to_string())),
            of(player.outages.first().map(|outage| seconds(outage.stalled))),
            of(median(waves.collect()).map(|waves| decimal(waves, 1))),
        ]
    };
    Table::new(columns, players.iter().map(row).collect())
}

/// The one in the middle; of an even number the lower of the two.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// How sessions began.
pub(super) fn startups(player: &Character) -> Table {
    let columns = numbers(&[
        "link",
        "first rung",
        "first frame, s",
        "settles on",
        "asked after, s",
        "stalled, s",
    ]);
    let row = |startup: &Startup| {
        let reached =
            startup.reached.map(|(after, segments)| Delay { after, segments, shown: None });
        vec![
            mbps(startup.rate),
            rung(player, startup.first),
            of(startup.frame.map(|frame| decimal(frame.as_secs_f64(), 2))),
            of(startup.settled.map(|settled| rung(player, settled))),
            of(reached.map(late)),
            seconds(startup.stalled),
        ]
    };
    Table::new(columns, player.startups.iter().map(row).collect())
}

/// What large steps did.
pub(super) fn jumps(player: &Character) -> Table {
    let columns = numbers(&[
        "from",
        "to",
        "rung before",
        "settles on",
        "first asked, s",
        "settled, s",
        "too far",
        "stalled, s",
    ]);
    let rows = player.jumps.iter().map(|jump| {
        vec![
            mbps(jump.from),
            mbps(jump.to),
            rung(player, jump.before),
            rung(player, jump.settled),
            of(jump.delay.map(late)),
            of(jump.done.map(seconds)),
            jump.overshoot.to_string(),
            seconds(jump.stalled),
        ]
    });
    Table::new(columns, rows.collect())
}

/// What waves did.
pub(super) fn waves(player: &Character) -> Table {
    let columns = numbers(&["low", "high", "each for, s", "switches/min", "stalled, s"]);
    let rows = player.waves.iter().map(|wave| {
        vec![
            mbps(wave.low),
            mbps(wave.high),
            seconds(wave.half),
            decimal(wave.per_minute(), 1),
            seconds(wave.stalled),
        ]
    });
    Table::new(columns, rows.collect())
}

/// What it did on the patterns of others.
pub(super) fn patterns(player: &Character) -> Table {
    let mut columns =
        numbers(&["pattern", "rungs", "switches", "mean", "stalls", "stalled, s", "it is"]);
    columns[0] = Column::words("pattern");
    columns[6] = Column::words("it is");
    let rows = player.patterns.iter().map(|pattern| {
        let sessions = || pattern.sessions.iter();
        let media: Span = sessions().map(|session| session.shown_media).sum();
        let shown = sessions().map(|session| session.shown).sum::<Bytes>();
        vec![
            pattern.name.strip_prefix("characterize-").unwrap_or(pattern.name).to_owned(),
            format!("{}–{}", rung(player, pattern.rungs.0), rung(player, pattern.rungs.1)),
            sessions().map(|session| session.switches()).sum::<u32>().to_string(),
            of((!media.is_zero()).then(|| mbps(shown / media))),
            sessions().map(|session| session.stalls).sum::<u32>().to_string(),
            seconds(sessions().map(|session| session.stalled).sum()),
            pattern.about.to_owned(),
        ]
    });
    Table::new(columns, rows.collect())
}
