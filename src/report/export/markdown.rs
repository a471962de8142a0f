//! `tables.md`: the tables as GitHub, GitLab and most wikis read them (GitHub Flavored Markdown,
//! "Tables (extension)").
//!
//! The idea to hold: it is for people to read as it stands too, so columns are even.

use std::iter;

use super::sheet::{Sheet, ZBR, notes, sheets};
use crate::report::Results;
use crate::report::format::clean;

/// All of them.
pub(crate) fn markdown(results: &Results) -> String {
    let tables: Vec<_> = sheets(results).iter().map(table).collect();
    format!("{}\n{}\n", tables.join("\n"), escaped(&notes(results)))
}

fn table(sheet: &Sheet) -> String {
    let header = sheet.columns.iter().map(|column| escaped(&column.name)).collect::<Vec<_>>();
    let zbr = sheet.columns.iter().position(|column| column.name == ZBR);
    let rows = sheet.rows.iter().map(|row| {
        let cell = |(place, cell): (usize, &String)| match row.best && Some(place) == zbr {
            true => format!("**{}**", escaped(cell)),
            false => escaped(cell),
        };
        row.cells.iter().enumerate().map(cell).collect::<Vec<_>>()
    });
    let lines: Vec<_> = iter::once(header).chain(rows).collect();
    let width = |place: usize| lines.iter().map(|line| line[place].chars().count()).max();
    let widths: Vec<_> = (0..sheet.columns.len()).map(|p| width(p).unwrap_or(0).max(3)).collect();
    let line = |cells: &Vec<String>| {
        let pad = |((cell, width), column): ((&String, &usize), &super::sheet::Column)| {
            if column.words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        let cells = cells.iter().zip(&widths).zip(&sheet.columns).map(pad);
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().zip(&sheet.columns).map(|(width, column)| match column.words {
        true => format!(":{}", "-".repeat(width - 1)),
        false => format!("{}:", "-".repeat(width - 1)),
    });
    let rule = line(&rule.collect());
    let body = lines.iter().map(line).collect::<Vec<_>>();
    let (header, body) = body.split_at(1);
    format!("{}\n\n{}{rule}{}", escaped(&sheet.caption), header.concat(), body.concat())
}

/// With a backslash before whatever might be taken for markup.
fn escaped(text: &str) -> String {
    let special = |c: char| "\\`*_[]<>|#~&$".contains(c);
    clean(text).chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{classed, live, results, run, sweep};

    #[test]
    fn a_table_has_a_line_per_run_and_the_best_is_bold() {
        let runs = vec![run("throughput", 1_000, 934), run("bola", 1_000, 971)];
        let lines = [
            "Who stalls on the way home? (1,000 viewers)",
            "",
            "| algorithm  | viewers | zero-buffer rate, % |  95 % interval | stalled, % |",
            "| :--------- | ------: | ------------------: | -------------: | ---------: |",
            "| throughput |   1,000 |                93.4 | \\[91.7, 94.8\\] |       0.08 |",
            "| bola       |   1,000 |            **97.1** | \\[95.9, 98.0\\] |       0.04 |",
        ];
        let found = markdown(&results(runs));
        for (found, line) in found.lines().zip(lines) {
            assert!(found.starts_with(line), "{found}\n{line}");
        }
        assert!(found.contains("| QoE (Yin) |\n") && found.contains("seed 7."), "{found}");
    }

    #[test]
    fn what_would_be_markup_is_text() {
        let found = markdown(&results(vec![run("a|b_*c*`<i>", 10, 10)]));
        assert!(found.contains("| a\\|b\\_\\*c\\*\\`\\<i\\> |"), "{found}");
    }

    #[test]
    fn classes_points_and_latency_have_columns_of_their_own() {
        let networks = [("3g", 200, 150), ("wifi", 300, 297)];
        let found = markdown(&results(vec![classed("bola", &networks, &[])]));
        assert!(found.contains("| network | algorithm | viewers |"), "{found}");
        assert!(found.contains("| wifi    | bola      |     300 |"), "{found}");
        let found = markdown(&sweep("content.segment", &["2s", "6s"], &["bola"]));
        assert!(found.contains("| algorithm | segment | viewers |"), "{found}");
        let found = markdown(&results(vec![live(run("bola", 10, 10), 6_000)]));
        assert!(found.contains("| latency p50, s | latency p95, s |"), "{found}");
        assert!(!markdown(&results(vec![])).contains("NaN"));
        assert!(markdown(&results(vec![run("bola", 0, 0)])).contains(" – |"));
    }
}
