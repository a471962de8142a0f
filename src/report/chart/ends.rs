//! Who did not watch all they meant to, and why: a bar per run, a part of it per way of ending.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, LINE, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, block, bold, ending,
    fit, text, title, write,
};
use super::rows::{self, HEIGHT, missing, names_width, rows, write_names};
use super::stack::{self, Piece, stack};
use super::{Chart, seen};
use crate::metrics::{End, Summary};
use crate::report::Results;
use crate::report::format::{count, many, percent, short};
use crate::report::metric::share;

/// The colours from the first way of ending to the last: pale sand to deep plum.
const RAMP: [RGBColor; 5] = [
    RGBColor(0xF3, 0xD9, 0x9B),
    RGBColor(0xEC, 0xA4, 0x62),
    RGBColor(0xD6, 0x6A, 0x4C),
    RGBColor(0xA3, 0x3B, 0x50),
    RGBColor(0x5F, 0x26, 0x55),
];

/// What the figures beside the bars take.
const FIGURES: i32 = 180;

/// The chart, if anybody did not watch all they meant to.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let (rows, ways) = (rows(results), ways(results));
    let height = bottom_of_key(&ways) + HEIGHT * rows.len() as i32 + TICKS + PAD;
    let caption = format!(
        "The share of viewers who did not watch all they meant to, by how it ended. The figures in \
         the bars count viewers.{}",
        missing(results)
    );
    (!ways.is_empty())
        .then(|| Chart::new("ends", caption, height, |canvas| draw(canvas, results, &rows, &ways)))
}

/// The ways of ending too early that were seen.
fn ways(results: &Results) -> Vec<End> {
    results.ends().filter(|end| !end.is_complete()).collect()
}

fn bottom_of_key(ways: &[End]) -> i32 {
    TOP + LINE * ways.len() as i32
}

fn draw(canvas: &Canvas<'_>, results: &Results, rows: &[rows::Row<'_>], ways: &[End]) -> Drawn {
    title(canvas, "Viewers who did not watch all they meant to")?;
    for (place, way) in (0..).zip(ways) {
        let middle = TOP + LINE * place;
        block(canvas, (PAD, middle - 6), (PAD + 12, middle + 6), colour(ways, *way))?;
        let style = text(TEXT - 1.0, 1.0);
        let about = format!("{}: {}", way.name(), way.about());
        let about = fit(canvas, &about, &style, WIDTH - 3 * PAD)?;
        write(canvas, &about, &style, (PAD + 18, middle))?;
    }
    let top = bottom_of_key(ways);
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = top + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top, right: WIDTH - FIGURES, bottom };
    let rest = Axis::with_ticks(0.0, 1.0, Vec::new());
    let most = seen(results).into_iter().map(|run| incomplete(&run.summary)).fold(0.0, f64::max);
    let across = (Axis::up_to(100.0 * most), "share of all viewers, %");
    let plot = Plot::new(canvas, frame, across, (rest, ""))?;
    for (entry, middle) in write_names(canvas, rows, names, top)? {
        let summary = entry.summary;
        let part = |way: &End| {
            let ended = summary.ended(*way);
            Piece {
                name: way.name(),
                length: 100.0 * share(ended, summary.viewers),
                colour: colour(ways, *way),
                label: count(ended),
                unit: "viewers",
            }
        };
        stack(canvas, &plot, (&short(entry.run), middle), ways.iter().map(part))?;
        let rate = format!("{} %", percent(incomplete(summary), 1));
        write(canvas, &rate, &ending(bold(TEXT)), (frame.right + 76, middle))?;
        let viewers = many(summary.incomplete(), "viewer");
        write(canvas, &viewers, &text(TEXT - 1.0, MUTED), (frame.right + 84, middle))?;
    }
    Ok(())
}

fn incomplete(summary: &Summary) -> f64 {
    share(summary.incomplete(), summary.viewers)
}

/// The colour of a way of ending among those that were seen.
fn colour(ways: &[End], way: End) -> RGBColor {
    let place = ways.iter().position(|other| *other == way);
    stack::ramp(&RAMP, place.unwrap_or(0) + 1, ways.len() + 2)
}
