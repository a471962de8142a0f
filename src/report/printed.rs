//! What another simulator would print, where viewers had its player: a line per metric, under its
//! own name, a column per run.

use super::Results;
use super::format::{decimal, many, short};
use super::layout::{Column, GAP, WIDTH, grid};
use super::page::{escape, header, wide};

/// No more digits than tell runs apart.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 1_000.0 => decimal(value, 0),
        medium if medium >= 10.0 => decimal(value, 2),
        _ => decimal(value, 4),
    }
}

/// What is above a table, the names of its runs, and its lines.
struct Table {
    title: String,
    runs: Vec<String>,
    lines: Vec<Vec<String>>,
}

/// The table; nothing where there was no preset.
fn table(results: &Results) -> Option<Table> {
    let (title, rows) = results.runs.first()?.printed.as_ref()?;
    let runs = || results.runs.iter().filter_map(|run| Some((run, &run.printed.as_ref()?.1)));
    let names = runs().map(|(run, _)| short(run)).collect();
    let line = |(place, (name, _)): (usize, &(String, f64))| {
        let cells = runs().map(|(_, rows)| match rows.get(place) {
            Some((other, value)) if other == name => number(*value),
            Some(_) | None => String::new(),
        });
        std::iter::once(name.clone()).chain(cells).collect()
    };
    let lines = rows.iter().enumerate().map(line).collect();
    Some(Table { title: title.clone(), runs: names, lines })
}

/// For a terminal, after an empty line: as many runs as fit, and how many do not.
pub(super) fn lines(results: &Results) -> Vec<String> {
    let Some(Table { title, runs, lines }) = table(results) else { return Vec::new() };
    let title = format!("{title}, mean of viewers");
    let width = |place: usize, name: &str| {
        let cells =
            lines.iter().filter_map(|line| line.get(place)).map(|cell| cell.chars().count());
        cells.chain([name.chars().count()]).max().unwrap_or(0) + GAP.len()
    };
    let mut left = WIDTH.saturating_sub(width(0, &title));
    let fits = |(place, name): &(usize, &String)| {
        let taken = width(*place, name);
        left.checked_sub(taken).is_some_and(|rest| {
            left = rest;
            true
        })
    };
    let shown = (1..).zip(&runs).take_while(fits).count();
    let columns = runs[..shown].iter().map(|name| Column::numbers(name));
    let columns: Vec<_> = std::iter::once(Column::words(&title)).chain(columns).collect();
    let text = grid(&columns, &lines, 0);
    let more = (runs.len() - shown) as u64;
    let note = (more > 0).then(|| format!("({} on the page)", many(more, "more run")));
    std::iter::once(String::new()).chain(text.lines().map(str::to_owned)).chain(note).collect()
}

/// For the page.
pub(super) fn html(results: &Results) -> String {
    let Some(Table { title, lines, .. }) = table(results) else { return String::new() };
    let mut html = format!(
        "<p>The mean of viewers, {}.</p>\n{}<table>\n<thead>\n{}</thead>\n<tbody>\n",
        escape(&title),
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
