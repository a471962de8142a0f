//! The share of time on each rung: a bar per run, from the cheapest rung to the dearest.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, LINE, PAD, Plot, TEXT, TICKS, TOP, WIDTH, block, text, title, width,
    write,
};
use super::rows::{self, HEIGHT, missing, names_width, rows, write_names};
use super::stack::{self, Piece, stack};
use super::{Chart, seen};
use crate::media::Representation;
use crate::report::Results;
use crate::report::format::{self, short};

/// The colours from the cheapest rung to the dearest: pale yellow to deep blue.
const RAMP: [RGBColor; 5] = [
    RGBColor(0xF3, 0xE9, 0xA8),
    RGBColor(0xA1, 0xD5, 0xB4),
    RGBColor(0x49, 0xB2, 0xC1),
    RGBColor(0x21, 0x7C, 0xB4),
    RGBColor(0x23, 0x48, 0x8E),
];

/// The most rungs that are named.
const NAMED: usize = 12;

/// The chart.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let rows = rows(results);
    let played = seen(results).iter().any(|run| !run.summary.total.shown_media.is_zero());
    let height = key_bottom(results) + HEIGHT * rows.len() as i32 + TICKS + PAD;
    let caption = format!(
        "The share of all media time that was displayed from each rung, from the cheapest rung on \
         the left to the dearest on the right.{}",
        missing(results)
    );
    played.then(|| Chart::new("rungs", caption, height, |canvas| draw(canvas, results, &rows)))
}

fn draw(canvas: &Canvas<'_>, results: &Results, rows: &[rows::Row<'_>]) -> Drawn {
    title(canvas, "Time on each rung")?;
    key(canvas, results)?;
    let top = key_bottom(results);
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = top + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top, right: WIDTH - 2 * PAD, bottom };
    let rest = Axis::with_ticks(0.0, 1.0, Vec::new());
    let axis = (Axis::percent(), "share of media time displayed, %");
    let plot = Plot::new(canvas, frame, axis, (rest, ""))?;
    for (entry, middle) in write_names(canvas, rows, names, top)? {
        let rungs = &entry.run.rungs;
        let names: Vec<_> = rungs.iter().map(format::rung).collect();
        let shares = entry.run.summary.rung_shares().into_iter().enumerate();
        let parts = shares.map(|(rung, share)| Piece {
            name: names.get(rung).map_or("", |name| name),
            length: 100.0 * share,
            colour: ramp(rung, rungs.len()),
            label: format!("{:.0}", 100.0 * share),
            unit: "% of the time",
        });
        stack(canvas, &plot, (&short(entry.run), middle), parts)?;
    }
    Ok(())
}

/// The ladder, if it is the same in every run and short enough to name each rung.
fn ladder(results: &Results) -> Option<&[Representation]> {
    results.ladder().filter(|ladder| ladder.len() <= NAMED)
}

/// The names of the rungs and how wide each is, in lines.
const COLUMN: i32 = (WIDTH - 2 * PAD) / PER_LINE;
const PER_LINE: i32 = 6;

fn key_bottom(results: &Results) -> i32 {
    let lines = ladder(results).map_or(1, |ladder| ladder.len().div_ceil(PER_LINE as usize));
    TOP + LINE * lines as i32
}

/// Says which colour is which rung.
fn key(canvas: &Canvas<'_>, results: &Results) -> Drawn {
    let style = text(TEXT - 1.0, 1.0);
    let Some(ladder) = ladder(results) else {
        let mut left = PAD;
        let name = "cheapest rung";
        write(canvas, name, &style, (left, TOP))?;
        left += width(canvas, name, &style)? + 8;
        for step in 0..NAMED {
            block(canvas, (left, TOP - 6), (left + 16, TOP + 6), ramp(step, NAMED))?;
            left += 16;
        }
        return write(canvas, "dearest rung", &style, (left + 8, TOP));
    };
    for (rung, representation) in ladder.iter().enumerate() {
        let (column, row) = (rung as i32 % PER_LINE, rung as i32 / PER_LINE);
        let (left, middle) = (PAD + COLUMN * column, TOP + LINE * row);
        block(canvas, (left, middle - 6), (left + 12, middle + 6), ramp(rung, ladder.len()))?;
        write(canvas, &format::rung(representation), &style, (left + 18, middle))?;
    }
    Ok(())
}

/// The colour of a rung among so many.
pub(super) fn ramp(rung: usize, of: usize) -> RGBColor {
    stack::ramp(&RAMP, rung, of)
}
