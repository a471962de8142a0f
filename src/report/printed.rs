//! What another simulator would print, where viewers had its player: a line per metric, under its
//! own name, a column per run.

use super::Results;
use super::format::short;
use super::layout::{Column, grid};
use super::page::{escape, header, wide};

/// No more digits than tell runs apart.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 1_000.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// What is above a table, the names of its runs, and its lines.
struct Table {
    title: &'static str,
    runs: Vec<String>,
    lines: Vec<Vec<String>>,
}

/// The table; nothing where there was no preset.
fn table(results: &Results) -> Option<Table> {
    let (title, rows) = results.runs.first()?.printed.as_ref()?;
    let runs = || results.runs.iter().filter_map(|run| Some((run, &run.printed.as_ref()?.1)));
    let names = runs().map(|(run, _)| short(run)).collect();
    let line = |(place, (name, _)): (usize, &(&'static str, f64))| {
        let cells = runs().map(|(_, rows)| rows.get(place).map_or(String::new(), |r| number(r.1)));
        std::iter::once((*name).to_owned()).chain(cells).collect()
    };
    let lines = rows.iter().enumerate().map(line).collect();
    Some(Table { title, runs: names, lines })
}

/// For a terminal, after an empty line.
pub(super) fn lines(results: &Results) -> Vec<String> {
    let Some(Table { title, runs, lines }) = table(results) else { return Vec::new() };
    let title = format!("{title}, mean of viewers");
    let metric = Column::words(&title);
    let runs = runs.iter().map(|name| Column::numbers(name));
    let columns: Vec<_> = std::iter::once(metric).chain(runs).collect();
    let text = grid(&columns, &lines, 0);
    std::iter::once(String::new()).chain(text.lines().map(str::to_owned)).collect()
}

/// For the page.
pub(super) fn html(results: &Results) -> String {
    let Some(Table { title, lines, .. }) = table(results) else { return String::new() };
    let mut html = format!(
        "<p>The mean of viewers, {}.</p>\n{}<table>\n<thead>\n{}</thead>\n<tbody>\n",
        escape(title),
        wide("The same in another simulator's words"),
        header(results)
    );
    for row in lines {
        let mut cells = row.iter().map(|cell| escape(cell));
        let name = cells.next().unwrap_or_default();
        let cells: String = cells.map(|cell| format!("<td>{cell}</td>")).collect();
        html += &format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>\n");
    }
    html + "</tbody>\n</table>\n</div>\n"
}
