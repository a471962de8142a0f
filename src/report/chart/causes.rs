//! What stalled time is due to: a bar per run, a part of it per stage of the way.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, LINE, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, block, bold, ending,
    text, title, width, write,
};
use super::rows::{self, HEIGHT, missing, names_width, rows, write_names};
use super::stack::{Piece, stack};
use super::{Chart, seen};
use crate::cdn::Stage;
use crate::report::format::{decimal, percent, short};
use crate::report::{Results, Run};

/// By stage, and of the rest: Okabe and Ito's, as no two of them are alike to anybody.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x8A, 0x7A, 0x5C),
    RGBColor(0xA8, 0xAD, 0xB2),
];

/// What the figures beside the bars take.
const FIGURES: i32 = 208;

/// What is left when every stage is ideal.
const REST: &str = "the rest";

/// The chart, if anybody who stalled was looked into.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let looked = |run: &&Run| run.causes.stalled > 0.0;
    let named = named(results);
    let rows = rows(results);
    let height = TOP + LINE * lines(&named) + HEIGHT * rows.len() as i32 + TICKS + PAD;
    let caption = format!(
        "What the time stalled is due to: by how much it is less where a part of the way is ideal, \
         as Shapley's value shares it between the parts. What makes stalls fewer is left out.{}",
        missing(results)
    );
    let any = seen(results).iter().any(looked);
    any.then(|| Chart::new("causes", caption, height, |canvas| draw(canvas, &rows, &named)))
}

/// What time was lost on in any run, with its place among all.
fn named(results: &Results) -> Vec<(usize, &'static str)> {
    let any = |place: usize| seen(results).iter().any(|run| parts(run)[place] > 0.005);
    names().enumerate().filter(|(place, _)| any(*place)).collect()
}

/// What everything is called that time may be lost on.
fn names() -> impl Iterator<Item = &'static str> {
    Stage::ALL.iter().map(|stage| stage.name()).chain([REST])
}

/// Names are in lines of four.
fn lines(named: &[(usize, &str)]) -> i32 {
    named.len().div_ceil(4) as i32
}

/// The shares of what is due to each stage, and to the rest, of all that makes stalls longer.
fn parts(run: &Run) -> [f64; 8] {
    let mut parts = [0.0; 8];
    for (part, share) in parts.iter_mut().zip(run.causes.shares.iter().chain([&run.causes.rest()]))
    {
        *part = share.max(0.0);
    }
    let whole: f64 = parts.iter().sum();
    parts.map(|part| if whole > 0.0 { part / whole } else { 0.0 })
}

fn draw(canvas: &Canvas<'_>, rows: &[rows::Row<'_>], named: &[(usize, &str)]) -> Drawn {
    title(canvas, "What stalls are due to")?;
    let style = text(TEXT - 1.0, 1.0);
    for (line, names) in (0..).zip(named.chunks(4)) {
        let (mut left, middle) = (PAD, TOP + LINE * line);
        for (place, name) in names {
            block(canvas, (left, middle - 6), (left + 12, middle + 6), COLOURS[*place])?;
            write(canvas, name, &style, (left + 18, middle))?;
            left += 18 + width(canvas, name, &style)? + 24;
        }
    }
    let top = TOP + LINE * lines(named);
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = top + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top, right: WIDTH - FIGURES, bottom };
    let rest = Axis::with_ticks(0.0, 1.0, Vec::new());
    let across = (Axis::percent(), "share of the time stalled, %");
    let plot = Plot::new(canvas, frame, across, (rest, ""))?;
    for (entry, middle) in write_names(canvas, rows, names, top)? {
        if entry.run.causes.stalled > 0.0 {
            let parts = parts(entry.run).into_iter().zip(COLOURS).zip(self::names());
            let parts = parts.map(|((share, colour), name)| Piece {
                name,
                length: 100.0 * share,
                colour,
                label: percent(share, 0),
                unit: "% of the time stalled",
            });
            stack(canvas, &plot, (&short(entry.run), middle), parts)?;
        }
        let minutes = entry.summary.total.stalled.as_secs_f64() / 60.0;
        let stalled = format!("{} min", decimal(minutes, 1));
        write(canvas, &stalled, &ending(bold(TEXT)), (frame.right + 96, middle))?;
        let of = format!("{} looked into", entry.run.causes.viewers);
        write(canvas, &of, &text(TEXT - 1.5, MUTED), (frame.right + 102, middle))?;
    }
    Ok(())
}
