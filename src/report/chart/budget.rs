//! What latency is made of: a bar per run, a part of it per stage from the lens to the screen.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, LINE, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, block, bold, ending,
    text, title, width, write,
};
use super::rows::{self, HEIGHT, missing, names_width, rows, write_names};
use super::stack::{Piece, stack};
use super::{Chart, seen};
use crate::metrics::glass::{Budget, Part};
use crate::report::format::{count, decimal, short};
use crate::report::{Results, Run};

/// By part, in four families that no two kinds of eyes confuse (Okabe and Ito's): making it is
/// blue, waiting for the question amber, the way green, and what the player holds purple.
const COLOURS: [RGBColor; Part::ALL.len()] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0x4A, 0x9F, 0xD3),
    RGBColor(0x86, 0xC1, 0xE6),
    RGBColor(0xB9, 0xDC, 0xF2),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x00, 0x7A, 0x59),
    RGBColor(0x2F, 0xA5, 0x83),
    RGBColor(0x71, 0xC7, 0xAC),
    RGBColor(0xA9, 0xDF, 0xCD),
    RGBColor(0xCC, 0x79, 0xA7),
];

/// What the figures beside the bars take.
const FIGURES: i32 = 208;

/// No sum reaches the end of the axis, in shares of the longest bar.
const ROOM: f64 = 1.001;

/// The chart, if something live was displayed.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let named = named(results);
    let rows = rows(results);
    let caption = format!(
        "What the time from the lens to the screen is made of, the mean of the first frames of all \
         segments displayed: making a segment in blue, until the player asks for it in amber, its \
         way in green, and what the player holds in purple. The parts add up to the whole.{}",
        missing(results)
    );
    let height = top(&named) + HEIGHT * rows.len() as i32 + TICKS + PAD;
    let draw = |canvas: &Canvas<'_>| draw(canvas, &rows, &named);
    (!named.is_empty()).then(|| Chart::new("latency-budget", caption, height, draw))
}

/// What a run's latency is made of, if anything of it was displayed.
fn budget(run: &Run) -> Option<&Budget> {
    run.summary.live.as_ref().map(|live| &live.budget).filter(|budget| budget.segments > 0)
}

/// The parts that there are in any run.
fn named(results: &Results) -> Vec<Part> {
    let runs = seen(results);
    let any = |part: &Part| {
        runs.iter().filter_map(|run| budget(run)).any(|budget| !budget.mean(*part).is_zero())
    };
    Part::ALL.into_iter().filter(any).collect()
}

/// Where the bars begin: names are in lines of five.
fn top(named: &[Part]) -> i32 {
    TOP + LINE * named.len().div_ceil(5) as i32
}

/// The mean latency of first frames, in seconds.
fn whole(budget: &Budget) -> f64 {
    budget.latency.as_secs_f64() / budget.segments.max(1) as f64
}

fn draw(canvas: &Canvas<'_>, rows: &[rows::Row<'_>], named: &[Part]) -> Drawn {
    title(canvas, "What latency is made of, from the lens to the screen")?;
    let style = text(TEXT - 1.0, 1.0);
    for (line, parts) in (0..).zip(named.chunks(5)) {
        let (mut left, middle) = (PAD, TOP + LINE * line);
        for part in parts {
            let colour = COLOURS[*part as usize];
            block(canvas, (left, middle - 6), (left + 12, middle + 6), colour)?;
            write(canvas, part.name(), &style, (left + 18, middle))?;
            left += 18 + width(canvas, part.name(), &style)? + 24;
        }
    }
    let top = top(named);
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = top + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top, right: WIDTH - FIGURES, bottom };
    let budgets = rows.iter().filter_map(|row| match row {
        rows::Row::Heading(_) => None,
        rows::Row::Entry(entry) => budget(entry.run),
    });
    let most = budgets.map(whole).fold(0.0, f64::max);
    let across = (Axis::up_to(ROOM * most), "behind live, s");
    let plot = Plot::new(canvas, frame, across, (Axis::with_ticks(0.0, 1.0, Vec::new()), ""))?;
    for (entry, middle) in write_names(canvas, rows, names, top)? {
        let Some(budget) = budget(entry.run) else { continue };
        let part = |part: Part| {
            let mean = budget.mean(part).as_secs_f64();
            Piece {
                name: part.name(),
                length: mean,
                colour: COLOURS[part as usize],
                label: decimal(mean, if mean < 9.95 { 2 } else { 1 }),
                unit: "s",
            }
        };
        stack(canvas, &plot, (&short(entry.run), middle), Part::ALL.into_iter().map(part))?;
        let sum = format!("{} s", decimal(whole(budget), 2));
        write(canvas, &sum, &ending(bold(TEXT)), (frame.right + 76, middle))?;
        let of = format!("{} segments", count(budget.segments));
        write(canvas, &of, &text(TEXT - 1.5, MUTED), (frame.right + 84, middle))?;
    }
    Ok(())
}
