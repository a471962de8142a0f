//! Charts of a row per run: the runs of each point of a sweep together, under its name; or those
//! of each class of viewers.

use std::ops::Range;

use super::canvas::{
    Canvas, Drawn, MUTED, PAPER, TEXT, block, bold, ending, fit, text, width, write,
};
use super::{point, seen};
use crate::metrics::Summary;
use crate::report::{Results, Run};

/// No chart has more rows of runs.
pub(super) const MOST: usize = 60;

/// The height of a row.
pub(super) const HEIGHT: i32 = 30;

/// Names are no wider.
const NAMES: i32 = 200;

/// One row.
pub(super) enum Row<'a> {
    /// What the rows below it have in common: a point, or a class.
    Heading(String),
    Entry(Entry<'a>),
}

/// A run, or those of its viewers who are of one class.
pub(super) struct Entry<'a> {
    pub(super) name: String,
    pub(super) run: &'a Run,
    pub(super) summary: &'a Summary,
}

/// The rows of all runs, as far as there is room.
pub(super) fn rows<'a>(results: &'a Results) -> Vec<Row<'a>> {
    let runs = seen(results);
    let runs = &runs[..runs.len().min(MOST)];
    let mut rows = Vec::new();
    for same in runs.chunk_by(|a, b| a.point == b.point) {
        if !results.swept.is_empty() {
            rows.push(Row::Heading(point(results, same[0])));
        }
        let entry = |run: &&'a Run| Entry { name: run.abr.clone(), run, summary: &run.summary };
        rows.extend(same.iter().map(entry).map(Row::Entry));
    }
    rows
}

/// Says, if it is so, that not all runs are shown.
pub(super) fn missing(results: &Results) -> String {
    match seen(results).len() {
        all if all > MOST => format!(" The first {MOST} of {all} runs are shown."),
        _ => String::new(),
    }
}

/// How much room the names take.
pub(super) fn names_width(canvas: &Canvas<'_>, rows: &[Row<'_>]) -> Drawn<i32> {
    let mut most = 0;
    for row in rows {
        if let Row::Entry(entry) = row {
            most = most.max(width(canvas, &entry.name, &bold(TEXT))?);
        }
    }
    Ok(most.min(NAMES))
}

/// Writes the names, those of runs ending where the range does, and says where the runs' rows are.
pub(super) fn write_names<'r, 'a>(
    canvas: &Canvas<'_>,
    rows: &'r [Row<'a>],
    across: Range<i32>,
    top: i32,
) -> Drawn<Vec<(&'r Entry<'a>, i32)>> {
    let mut places = Vec::new();
    for (row, place) in rows.iter().zip(0..) {
        let middle = top + HEIGHT * place + HEIGHT / 2;
        match row {
            Row::Heading(name) => {
                let style = text(TEXT, MUTED);
                let name = fit(canvas, name, &style, 2 * NAMES)?;
                // No line of the grid runs through it.
                let right = across.start + width(canvas, &name, &style)?;
                block(canvas, (across.start, middle - 6), (right, middle + 14), PAPER)?;
                write(canvas, &name, &style, (across.start, middle + 4))?;
            }
            Row::Entry(entry) => {
                let style = bold(TEXT);
                let name = fit(canvas, &entry.name, &style, across.end - across.start)?;
                write(canvas, &name, &ending(style), (across.end, middle))?;
                places.push((entry, middle));
            }
        }
    }
    Ok(places)
}
