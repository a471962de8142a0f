//! The zero-buffer rate of each run, in all or by class: a dot, with its interval as whiskers.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, bold, dot, ending, line, text,
    title, write,
};
use super::rows::{Entry, HEIGHT, MOST, Row, missing, names_width, rows, write_names};
use super::{Chart, colour, seen};
use crate::metrics::Summary;
use crate::report::format::{clean, interval, many, percent, short};
use crate::report::{ClassOf, Results, Run};

/// What the figures beside the dots take.
const FIGURES: i32 = 180;

/// No interval is made to look larger than this makes it: the least the axis covers, in per cent.
const LEAST: f64 = 4.0;

/// The chart of all viewers.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let rows = rows(results);
    let caption = "The share of viewers who never stalled. The whiskers are the 95 % interval: \
                   rates whose whiskers overlap may be the same.";
    let missing = missing(results);
    drawn(results, &rows, "zbr", "Zero-buffer rate", format!("{caption}{missing}"))
}

/// The chart by class, if viewers are of several.
pub(super) fn by_class(results: &Results, of: ClassOf) -> Option<Chart> {
    let (of_name, names) = (of.name(), results.class_names(of));
    let per_class = (MOST / names.len().max(1)).max(1);
    let mut rows = Vec::new();
    for name in names.iter().take(MOST) {
        let entries = class(results, of, name);
        let viewers = entries.iter().map(|entry| entry.summary.viewers).max().unwrap_or(0);
        if viewers > 0 {
            rows.push(Row::Heading(format!("{}, {}", clean(name), many(viewers, "viewer"))));
            rows.extend(entries.into_iter().take(per_class).map(Row::Entry));
        }
    }
    let mut missing = String::new();
    for (all, most, what) in [
        (names.len(), MOST, format!("{of_name}s")),
        (seen(results).len(), per_class, "runs".into()),
    ] {
        if all > most {
            missing += &format!(" The first {most} of {all} {what} are shown.");
        }
    }
    let caption = format!(
        "The zero-buffer rate of the viewers of each {of_name}, with its 95 % interval. The fewer \
         they are, the wider it is.{missing}"
    );
    let title = format!("Zero-buffer rate by {of_name}");
    drawn(results, &rows, &format!("zbr-by-{of_name}"), &title, caption)
}

/// What the viewers of one class amount to in each run.
fn class<'a>(results: &'a Results, of: ClassOf, name: &str) -> Vec<Entry<'a>> {
    let entry = |run: &'a Run| Some(Entry { name: short(run), run, summary: run.class(of, name)? });
    results.runs.iter().filter_map(entry).collect()
}

fn drawn(
    results: &Results,
    rows: &[Row<'_>],
    name: &str,
    title: &str,
    caption: String,
) -> Option<Chart> {
    let height = TOP + HEIGHT * rows.len() as i32 + TICKS + PAD;
    (!rows.is_empty())
        .then(|| Chart::new(name, caption, height, |canvas| draw(canvas, results, rows, title)))
}

fn draw(canvas: &Canvas<'_>, results: &Results, rows: &[Row<'_>], heading: &str) -> Drawn {
    title(canvas, heading)?;
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = TOP + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top: TOP, right: WIDTH - FIGURES, bottom };
    let rest = Axis::with_ticks(0.0, 1.0, Vec::new());
    let summaries = rows.iter().filter_map(|row| match row {
        Row::Heading(_) => None,
        Row::Entry(entry) => Some(entry.summary),
    });
    let across = (axis(summaries), "viewers who never stalled, %");
    let plot = Plot::new(canvas, frame, across, (rest, ""))?;
    for (Entry { run, summary, .. }, middle) in write_names(canvas, rows, names, TOP)? {
        let (colour, range) = (colour(results, run), summary.zbr_interval());
        let (low, high) = (plot.across(100.0 * range.low), plot.across(100.0 * range.high));
        let rate = format!("{} %", percent(summary.zbr(), 1));
        canvas.series(&run.abr, colour, || {
            line(canvas, vec![(low, middle), (high, middle)], colour.stroke_width(2))?;
            for end in [low, high] {
                line(canvas, vec![(end, middle - 5), (end, middle + 5)], colour.stroke_width(2))?;
            }
            let viewers = many(summary.viewers, "viewer");
            let (name, range) = (short(run), interval(range));
            let told = format!("{name}: {rate} of {viewers} never stalled, {range}");
            canvas.mark((low - 8, middle - 12), (high + 8, middle + 12), told);
            dot(canvas, (plot.across(100.0 * summary.zbr()), middle), 6, colour)
        })?;
        write(canvas, &rate, &ending(bold(TEXT)), (frame.right + 76, middle))?;
        write(canvas, &interval(range), &text(TEXT - 1.0, MUTED), (frame.right + 84, middle))?;
    }
    Ok(())
}

/// Covers the intervals.
pub(super) fn axis<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Axis {
    let (mut low, mut high) = (100.0_f64, 0.0_f64);
    for range in summaries.map(Summary::zbr_interval) {
        low = low.min(100.0 * range.low);
        high = high.max(100.0 * range.high);
    }
    let low = low.min(high - LEAST).max(0.0);
    Axis::covering(low, high.max(low + LEAST))
}
