//! A comparison for a terminal, 80 columns wide.

use super::words::{class_rows, figure_rows, seconds, verdict};
use super::{Changed, Comparison, Contest, Side};
use crate::report::format::{count, many, shorten};
use crate::report::layout::{Column, WIDTH, grid, paragraph};

/// A name in a table is no longer, in characters.
const NAME: usize = 24;

/// Everything that is to be said, in lines that fit.
pub fn text(comparison: &Comparison<'_>) -> String {
    let mut text: String = comparison.sides.iter().map(head).collect();
    for note in &comparison.notes {
        text += &paragraph("note: ", note);
    }
    let tested = comparison.contests.iter().map(|contest| contest.rows.len()).sum();
    for contest in &comparison.contests {
        text += &format!("\n{}\n", shorten(&contest.title(), WIDTH));
        text += &paragraph("  ", &verdict(contest, tested));
        text += &table(contest);
        text += &classes(contest);
        text += &changed(contest);
    }
    text
}

fn head(side: &Side) -> String {
    let results = &side.results;
    let viewers = results.runs.first().map_or(0, |run| run.summary.viewers);
    let what = format!(
        "{} ({}, {}, seed {})",
        side.asked,
        many(results.runs.len() as u64, "run"),
        many(viewers, "viewer"),
        results.seed
    );
    paragraph(&format!("{}  ", side.letter), &what)
}

/// Every figure over all viewers.
fn table(contest: &Contest<'_>) -> String {
    let [old, new] = contest.names().map(|name| shorten(&name, NAME));
    let apart = format!("{new} − {old} [95 %]");
    let columns = [
        Column::words(""),
        Column::numbers(&old),
        Column::numbers(&new),
        Column::words(&apart),
        Column::numbers("more"),
        Column::numbers("same"),
        Column::numbers("less"),
    ];
    grid(&columns, &figure_rows(contest), 2)
}

/// The zero-buffer rate by class.
fn classes(contest: &Contest<'_>) -> String {
    let [old, new] = contest.names().map(|name| shorten(&name, NAME));
    let apart = format!("{new} − {old} [95 %]");
    let columns = [
        Column::words("zero-buffer, %"),
        Column::numbers("viewers"),
        Column::numbers(&old),
        Column::numbers(&new),
        Column::words(&apart),
        Column::numbers("p"),
    ];
    let mut rows = class_rows(contest);
    rows.iter_mut().for_each(|row| row[0] = shorten(&row[0], NAME));
    if rows.is_empty() { String::new() } else { format!("\n{}", grid(&columns, &rows, 2)) }
}

/// The viewers who differ most.
fn changed(contest: &Contest<'_>) -> String {
    if contest.changed.is_empty() {
        return String::new();
    }
    let columns = [
        Column::numbers("viewer"),
        Column::words("on"),
        Column::numbers("stalled, s"),
        Column::numbers("kbit/s"),
        Column::numbers("switches"),
        Column::numbers("QoE"),
    ];
    let rows: Vec<_> = contest.changed.iter().map(cells).collect();
    let [old, new] = contest.names();
    format!("\n  who differs most, {old} → {new}\n{}", grid(&columns, &rows, 2))
}

/// The viewers who differ most as a table: what is above its columns, and its rows.
pub(super) fn changed_table(contest: &Contest<'_>) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let mut header = vec!["viewer", "on", "stalled, s", "kbit/s", "switches", "QoE (Yin)"];
    let mut rows: Vec<_> = contest.changed.iter().map(cells).collect();
    // Where all are of one class, it has no name.
    if rows.iter().all(|row| row[1].is_empty()) {
        header.remove(1);
        rows.iter_mut().for_each(|row| drop(row.remove(1)));
    }
    (header, rows)
}

/// What a viewer had under both.
fn cells(changed: &Changed) -> Vec<String> {
    let Changed { viewer, old, new, classes } = changed;
    let both = |old: String, new: String| format!("{old} → {new}");
    let bitrate = |bitrate: Option<u64>| bitrate.map_or("–".to_owned(), count);
    let yin = |yin: i64| crate::report::format::decimal(yin as f64 / 1e3, 1);
    vec![
        count(*viewer),
        shorten(&classes.join(", "), NAME),
        both(seconds(old.stalled), seconds(new.stalled)),
        both(bitrate(old.bitrate), bitrate(new.bitrate)),
        both(count(old.switches.into()), count(new.switches.into())),
        both(yin(old.yin), yin(new.yin)),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::contests::tests::side;
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal_and_all_is_there() {
        let long = "an algorithm with a name that no table has room for, nor should have";
        let sides = [
            side('A', &[("bola", |v| v < 40), (long, |v| v < 8)]),
            side('B', &[(long, |v| v < 9), ("bola", |v| v < 10)]),
            side('C', &[("bola", |v| v % 3 == 0)]),
        ];
        let text = text(&compare(&sides).unwrap());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for part in [
            "A  reports/A (2 runs, 400 viewers, seed 7)",
            "bola: B against A",
            "bola: C against A",
            "zero-buffer rate, %",
            "90.0  97.5  +7.5 [",
            "time stalled, %",
            "who differs most, A → B",
            "5.0 → 0.0",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }
}
