//! The results as a table for a terminal: a line per run, the zero-buffer rate first.
//!
//! The idea to hold: a terminal is 80 columns wide. Columns that say least make room first, then
//! names are shortened.

use super::classes;
use super::format::{count, decimal, interval, last_part, list, many, percent, short, shorten};
use super::layout::{GAP, WIDTH};
use super::live;
use super::lost;
use super::metric::{of, yin};
use super::optimum;
use super::pairs;
use super::printed;
use super::ranking::Ranking;
use super::sparkline;
use super::{ClassOf, Results, Run};
use crate::metrics::Summary;

/// So many numbers beside the zero-buffer rate stay, however long the names are; and one more of
/// what is live.
const NUMBERS: usize = 3;

/// So much of a name stays, however many there are.
const NAME: usize = 4;

/// No name is longer.
const LONGEST: usize = 24;

/// Of the runs a note is about, how many are named.
const NAMED: usize = 3;

/// A column: its header in two lines, and what it says of each run.
pub(super) struct Column {
    pub(super) header: [String; 2],
    pub(super) cells: Vec<String>,
    align: Align,
}

/// Where the cells of a column are even.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Right,
}

/// The table, at most 80 characters wide, with a line about the scenario above it, and notes and
/// distributions below, where there is something to say.
pub fn table(results: &Results) -> String {
    let mut lines = vec![headline(results), String::new()];
    if !results.runs.is_empty() {
        lines.extend(rows(&fitting(results), results.runs.len()));
    }
    lines.extend(notes(results));
    lines.extend(sparkline::lines(results));
    for of in ClassOf::ALL {
        lines.extend(classes::lines(results, of));
    }
    lines.extend(pairs::lines(results));
    lines.extend(printed::lines(results));
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Title, viewers and seed.
fn headline(results: &Results) -> String {
    let facts = format!(" · {} · seed {}", viewers(results), results.seed);
    let title = shorten(&results.title, WIDTH.saturating_sub(facts.chars().count()));
    format!("{title}{facts}")
}

/// How many viewers each run had.
pub(super) fn viewers(results: &Results) -> String {
    let counts = || results.runs.iter().map(|run| run.summary.viewers);
    match (counts().min(), counts().max()) {
        (Some(least), Some(most)) if least < most => {
            format!("{} to {} viewers", count(least), count(most))
        }
        (_, most) => many(most.unwrap_or(0), "viewer"),
    }
}

/// The columns, made to fit.
fn fitting(results: &Results) -> Vec<Column> {
    let (mut names, mut numbers) = (names(results), numbers(results));
    let total = |names: &[Column], numbers: &[Column]| {
        let widths = names.iter().chain(numbers).map(Column::width);
        widths.map(|width| width + GAP.len()).sum::<usize>() - GAP.len()
    };
    let kept = 1 + NUMBERS + usize::from(live::is_live(results));
    while total(&names, &numbers) > WIDTH && numbers.len() > kept {
        numbers.pop();
    }
    while total(&names, &numbers) > WIDTH {
        let widest = names.iter_mut().max_by_key(|name| name.width());
        match widest.filter(|name| name.width() > NAME) {
            Some(name) => name.shorten(name.width() - 1),
            None => break,
        }
    }
    names.extend(numbers);
    names
}

/// What a run is called: its algorithm, and the values of the swept keys.
pub(super) fn names(results: &Results) -> Vec<Column> {
    let ranking = Ranking::of(results);
    let abr = |run: &Run| match &ranking {
        Some(ranking) if ranking.leads(run) => format!("* {}", run.abr),
        Some(_) | None => format!("  {}", run.abr),
    };
    let mut columns = vec![Column::new(["", "  algorithm"], Align::Left, results, abr)];
    for (place, key) in results.swept.iter().enumerate() {
        let value = |run: &Run| run.point.get(place).cloned().unwrap_or_default();
        columns.push(Column::new(["", last_part(key)], Align::Right, results, value));
    }
    columns.iter_mut().for_each(|column| column.shorten(LONGEST));
    columns
}

/// What is measured of it, that which says most first.
fn numbers(results: &Results) -> Vec<Column> {
    let number = |header, show: fn(&Summary) -> String| {
        Column::new(header, Align::Right, results, |run| match run.summary.viewers {
            0 => "–".into(),
            _ => show(&run.summary),
        })
    };
    let zbr = |run: &Run| match run.summary.viewers {
        0 => "    –".into(),
        _ => format!(
            "{:>5} % {}",
            percent(run.summary.zbr(), 1),
            interval(run.summary.zbr_interval())
        ),
    };
    let mut columns = vec![
        Column::new(["zero-buffer rate", "[95 % interval]"], Align::Left, results, zbr),
        number(["stall", "%"], |s| of(s.started, || percent(s.stall_ratio(), 2))),
        number(["start", "s"], |s| of(s.started, || decimal(s.startup_mean(), 2))),
        number(["mean", "Mbit/s"], |s| {
            of(s.bitrate.count(), || decimal(s.mean_bitrate().as_kbps_f64() / 1e3, 2))
        }),
        number(["switch", "/min"], |s| of(s.started, || decimal(s.switches_per_minute(), 1))),
        number(["QoE", "yin"], |s| of(s.total.segments, || decimal(yin(s), 2))),
    ];
    if optimum::is_known(results) {
        let share = |run: &Run| match optimum::share(results, run) {
            Some(share) => decimal(100.0 * share, 0),
            None => "–".into(),
        };
        // It says more than how often rungs are switched, which then makes room first.
        columns.swap(4, 5);
        let share = Column::new(["of opt.", "%"], Align::Right, results, share);
        columns.insert(5, share);
    }
    if live::is_live(results) {
        // How soon a viewer sees anything says less than how late it is, and makes room first.
        columns.swap(2, 3);
        columns.splice(2..2, latency(results));
    }
    columns
}

/// How far behind live viewers are half of the time, and nearly all of it.
fn latency(results: &Results) -> [Column; 2] {
    let latency = |run: &Run, q| {
        let latency = run.summary.live.as_ref()?.latency.quantile(q)?;
        Some(latency.as_secs_f64())
    };
    let most = results.runs.iter().filter_map(|run| latency(run, 0.95)).fold(0.0, f64::max);
    let decimals = if most < 9.995 { 2 } else { 1 };
    let column = |header, q: f64| {
        let cell = |run: &Run| latency(run, q).map_or("–".into(), |s| decimal(s, decimals));
        Column::new(header, Align::Right, results, cell)
    };
    [column(["latency", "p50 s"], 0.5), column(["", "p95 s"], 0.95)]
}

/// The header in two lines, and a line per run.
pub(super) fn rows(columns: &[Column], runs: usize) -> Vec<String> {
    let line = |cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<_> = columns.iter().map(|column| column.pad(&cell(column))).collect();
        shorten(&cells.join(GAP), WIDTH)
    };
    let headers = (0..2).map(|part| line(&|column| column.header[part].clone()));
    let bodies = (0..runs).map(|run| line(&|column| column.cells[run].clone()));
    headers.chain(bodies).collect()
}

/// What the table does not show: what the star means, who never started, and what is missing.
fn notes(results: &Results) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(ranking) = Ranking::of(results).filter(|r| r.best.len() < r.count()) {
        notes.push(match ranking.rivals.len() {
            0 => "* highest zero-buffer rate; no other's interval reaches it".into(),
            _ => format!("* highest zero-buffer rate; not clear of {}", named(&ranking.rivals)),
        });
    }
    let failed = |run: &&Run| run.summary.started < run.summary.viewers;
    let failures: Vec<_> = results.runs.iter().filter(failed).collect();
    if !failures.is_empty() {
        let missing = failures.iter().map(|run| run.summary.viewers - run.summary.started).sum();
        let text = format!("start failures: {} ({})", count(missing), named(&failures));
        notes.push(text);
    }
    if results.partial {
        notes.push("partial: stopped early".into());
    }
    notes.extend(lost::sentence(results));
    if !notes.is_empty() {
        notes.insert(0, String::new());
    }
    notes.iter().map(|note| shorten(note, WIDTH)).collect()
}

/// The names of the first few runs, and how many more there are.
fn named(runs: &[&Run]) -> String {
    let mut names: Vec<_> = runs.iter().take(NAMED).map(|run| short(run)).collect();
    if runs.len() > NAMED {
        names.push(format!("{} more", runs.len() - NAMED));
    }
    list(&names)
}

impl Column {
    pub(super) fn new(
        header: [&str; 2],
        align: Align,
        results: &Results,
        cell: impl FnMut(&Run) -> String,
    ) -> Self {
        let cells = results.runs.iter().map(cell).collect();
        Self { header: header.map(String::from), cells, align }
    }

    /// In characters.
    pub(super) fn width(&self) -> usize {
        self.header.iter().chain(&self.cells).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    /// Makes it no wider than this.
    pub(super) fn shorten(&mut self, most: usize) {
        self.header.iter_mut().chain(&mut self.cells).for_each(|cell| *cell = shorten(cell, most));
    }

    fn pad(&self, cell: &str) -> String {
        let width = self.width();
        match self.align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{live, results, run, sweep};

    fn widest(table: &str) -> usize {
        table.lines().map(|line| line.chars().count()).max().unwrap()
    }

    #[test]
    fn the_table_says_who_is_best_and_how_sure_that_is() {
        let runs = vec![run("throughput", 1_000, 934), run("bola", 1_000, 971)];
        let lines = [
            "Who stalls on the way home? · 1,000 viewers · seed 7",
            "",
            "              zero-buffer rate      stall  start    mean  switch   QoE",
            "  algorithm   [95 % interval]           %      s  Mbit/s    /min   yin",
            "  throughput   93.4 % [91.7, 94.8]   0.08   1.15    4.75     0.5  4.52",
            "* bola         97.1 % [95.9, 98.0]   0.04   1.15    4.75     0.5  4.52",
            "",
            "* highest zero-buffer rate; no other's interval reaches it",
            "",
            "              viewers by mean bitrate     who stalled, by how long",
            "  algorithm   0 to 5 Mbit/s or more       0 to 3 s or more",
            "  throughput  ························█·  ·························█",
            "* bola        ························█·  ·························▄",
            "",
        ];
        assert_eq!(table(&results(runs)), lines.join("\n"));
    }

    #[test]
    fn of_what_is_live_it_says_how_far_behind_too() {
        let runs = vec![live(run("throughput", 1_000, 934), 6_000), run("bola", 1_000, 971)];
        let lines = [
            "              zero-buffer rate      stall  latency           mean  start  switch",
            "  algorithm   [95 % interval]           %    p50 s  p95 s  Mbit/s      s    /min",
            "  throughput   93.4 % [91.7, 94.8]   0.08      6.0   12.0    4.75   1.15     0.5",
            "* bola         97.1 % [95.9, 98.0]   0.04        –      –    4.75   1.15     0.5",
        ];
        let shown = table(&results(runs));
        assert!(shown.contains(&lines.join("\n")), "{shown}");
        let long = "an-algorithm-with-a-name-as-long-as-a-sentence";
        let mut swept = sweep("live.target", &["1s", "2s"], &[long, "bola"]);
        swept.swept.push("live.chunk".into());
        for run in &mut swept.runs {
            run.point.push("200ms".into());
            *run = live(run.clone(), 21_000);
        }
        let shown = table(&swept);
        assert!(widest(&shown) <= WIDTH && shown.contains("42.0    4.75"), "{shown}");
    }

    #[test]
    fn it_says_whose_lead_is_not_clear_who_never_started_and_that_it_is_partial() {
        let mut results = results(vec![run("bba-0", 200, 190), run("bola", 200, 192)]);
        results.partial = true;
        results.runs[0].summary.started = 197;
        let table = table(&results);
        assert!(table.contains("\n* highest zero-buffer rate; not clear of bba-0\n"), "{table}");
        assert!(table.contains("\nstart failures: 3 (bba-0)\n"), "{table}");
        assert!(table.contains("\npartial: stopped early\n"), "{table}");
    }

    #[test]
    fn runs_that_tie_or_are_alone_are_not_marked() {
        let alone = table(&results(vec![run("bola", 10, 10)]));
        let tied = table(&results(vec![run("bola", 10, 10), run("bba-0", 10, 10)]));
        assert!(!alone.contains('*') && !tied.contains('*'), "{alone}{tied}");
    }

    #[test]
    fn swept_values_are_columns() {
        let table = table(&sweep("content.segment", &["2s", "10s"], &["throughput", "bola"]));
        assert!(table.contains("\n  algorithm   segment"), "{table}");
        assert!(table.contains("\n  bola            10s"), "{table}");
        assert!(table.contains("; not clear of bola 2s and throughput 10s\n"), "{table}");
        assert!(widest(&table) <= WIDTH, "{table}");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let long = "an-algorithm-with-a-name-as-long-as-a-sentence";
        let mut wide = sweep("player.buffer.target", &[&"9".repeat(40), long], &[long, "bola"]);
        wide.title = "Why? ".repeat(40);
        wide.partial = true;
        wide.runs[0].summary.started = 1;
        wide.swept.extend(["content.segment".into(), "net.rtt".into(), "net.loss".into()]);
        for run in &mut wide.runs {
            run.point.extend(["20 minutes".into(), "1s".into(), "0.125".into()]);
        }
        for swept in 0..=4 {
            wide.swept.truncate(4 - swept);
            let table = table(&wide);
            assert!(widest(&table) <= WIDTH, "{table}");
            assert!(table.contains(" % ["), "{table}");
        }
    }

    #[test]
    fn where_nobody_started_there_is_nothing_to_be_proud_of() {
        let mut summary = Summary::new(3);
        summary.add(&crate::metrics::Session::default(), &[]);
        let nobody = Run { summary, ..run("bola", 0, 0) };
        let table = table(&results(vec![nobody]));
        assert!(table.contains("0.0 % [0.0, 79.3]      –      –       –       –    –"), "{table}");
    }

    #[test]
    fn no_runs_and_no_viewers_make_a_table_too() {
        assert_eq!(table(&results(vec![])), "Who stalls on the way home? · 0 viewers · seed 7\n\n");
        let table = table(&results(vec![run("bola", 0, 0)]));
        assert!(table.contains("–") && !table.contains("NaN"), "{table}");
    }
}
