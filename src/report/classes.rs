//! The zero-buffer rate by class as a table for a terminal: a line per run, a column per class.
//!
//! The idea to hold: it fits below the table of all viewers and repeats nothing of it. What there
//! is no room for is on the page, and it says so.

use super::format::{count, many, percent, shorten};
use super::layout::{GAP, WIDTH};
use super::table::{Align, Column, names, rows};
use super::{ClassOf, Results};

/// No more runs are shown.
const RUNS: usize = 12;

/// No name of a class is longer.
const NAME: usize = 12;

/// Names of runs and values of swept keys are no longer.
const RUN: usize = 16;

/// The table, after an empty line; nothing where all viewers are of one class.
pub(super) fn lines(results: &Results, of: ClassOf) -> Vec<String> {
    let classes = results.class_names(of);
    if classes.is_empty() {
        return Vec::new();
    }
    let mut columns = names(results);
    columns.iter_mut().for_each(|column| column.shorten(RUN));
    let taken = |columns: &[Column]| {
        columns.iter().map(|column| column.width() + GAP.len()).sum::<usize>() - GAP.len()
    };
    let mut shown = 0;
    for name in &classes {
        columns.push(column(results, of, name));
        if taken(&columns) > WIDTH {
            columns.pop();
            break;
        }
        shown += 1;
    }
    let (runs, kept) = (results.runs.len(), results.runs.len().min(RUNS));
    let mut lines = rows(&columns, runs);
    lines.truncate(2 + kept);
    lines.insert(0, format!("zero-buffer rate by {}, %", of.name()));
    lines.insert(0, String::new());
    let more = format!("more {}", of.name());
    let hidden = [(classes.len() - shown, more.as_str()), (runs - kept, "more run")];
    let hidden = hidden.into_iter().filter(|(hidden, _)| *hidden > 0);
    let hidden: Vec<_> = hidden.map(|(hidden, what)| many(hidden as u64, what)).collect();
    let rest = match hidden.is_empty() {
        true => "intervals are on the page".into(),
        false => format!("{}, and all intervals, are on the page", hidden.join(" and ")),
    };
    lines.push(shorten(&format!("({rest})"), WIDTH));
    lines
}

/// The rates of a class, below its name and how many viewers it has.
fn column(results: &Results, of: ClassOf, name: &str) -> Column {
    let summaries = results.runs.iter().filter_map(|run| run.class(of, name));
    let viewers = summaries.map(|summary| summary.viewers);
    let header = format!("({})", count(viewers.max().unwrap_or(0)));
    Column::new([&shorten(name, NAME), &header], Align::Right, results, |run| {
        run.class(of, name).map_or_else(|| "–".into(), |summary| percent(summary.zbr(), 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table;
    use crate::report::testing::{classed, results, run, sweep};

    #[test]
    fn the_table_gives_the_rate_of_each_class_in_each_run() {
        let devices = [("tv", 300, 270), ("phone", 700, 701 - 40)];
        let runs = vec![
            classed("bola", &[("3g", 1_000, 931)], &devices),
            classed("throughput", &[("3g", 1_000, 900)], &devices[..1]),
        ];
        let lines = [
            "",
            "zero-buffer rate by device, %",
            "                 tv  phone",
            "  algorithm   (300)  (700)",
            "* bola         90.0   94.4",
            "  throughput   90.0      –",
            "(intervals are on the page)",
        ];
        assert_eq!(super::lines(&results(runs), ClassOf::Device), lines);
    }

    #[test]
    fn six_networks_and_six_runs_fit() {
        let networks = ["3g", "lte", "5g mid-band", "wifi", "cable", "satellite"];
        let networks = networks.map(|name| (name, 10_000, 9_000));
        let abrs = ["throughput", "bba-0", "bola", "mpc", "robust-mpc", "dynamic"];
        let runs = abrs.map(|abr| classed(abr, &networks, &[])).to_vec();
        let lines = super::lines(&results(runs), ClassOf::Network);
        assert_eq!(lines.last().unwrap(), "(intervals are on the page)");
        assert_eq!(lines.len(), 2 + 2 + 6 + 1);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let names: Vec<_> = (0..20).map(|n| format!("network number {n}")).collect();
        let networks: Vec<_> = names.iter().map(|name| (name.as_str(), 5, 4)).collect();
        let mut results = sweep("content.segment", &["2s"; 10], &["bola", "mpc"]);
        for run in &mut results.runs {
            run.classes = classed("bola", &networks, &[]).classes;
        }
        let table = table(&results);
        assert!(
            table.ends_with(
                "\n(16 more networks and 8 more runs, and all intervals, are on the page)\n"
            ),
            "{table}"
        );
        assert!(table.lines().all(|line| line.chars().count() <= WIDTH), "{table}");
    }

    #[test]
    fn of_one_class_there_is_no_table() {
        assert!(lines(&results(vec![run("bola", 9, 9)]), ClassOf::Network).is_empty());
    }
}
