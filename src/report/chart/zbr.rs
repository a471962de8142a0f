//! The zero-buffer rate of each run: a dot, with its interval as whiskers.

use super::axis::Axis;
use plotters::style::Color;

use super::canvas::{
    Canvas, Drawn, Frame, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, bold, dot, ending, line, svg,
    text, title, write,
};
use super::rows::{self, HEIGHT, missing, names_width, rows, write_names};
use super::{Chart, colour, seen};
use crate::report::Results;
use crate::report::format::{interval, percent};

/// What the figures beside the dots take.
const FIGURES: i32 = 180;

/// No interval is made to look larger than this makes it: the least the axis covers, in per cent.
const LEAST: f64 = 4.0;

/// The chart.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let rows = rows(results);
    let height = TOP + HEIGHT * rows.len() as i32 + TICKS + PAD;
    (!rows.is_empty()).then(|| Chart {
        name: "zbr".into(),
        caption: format!(
            "The share of viewers who never stalled. The whiskers are the 95 % interval: rates \
             whose whiskers overlap may be the same.{}",
            missing(results)
        ),
        svg: svg(height, |canvas| draw(canvas, results, &rows)),
    })
}

fn draw(canvas: &Canvas<'_>, results: &Results, rows: &[rows::Row<'_>]) -> Drawn {
    title(canvas, "Zero-buffer rate")?;
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = TOP + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top: TOP, right: WIDTH - FIGURES, bottom };
    let rest = Axis::with_ticks(0.0, 1.0, Vec::new());
    let name = "viewers who never stalled, %";
    let plot = Plot::new(canvas, frame, (axis(results), name), (rest, ""))?;
    for (run, middle) in write_names(canvas, rows, names, TOP)? {
        let (colour, range) = (colour(results, run), run.summary.zbr_interval());
        let (low, high) = (plot.across(100.0 * range.low), plot.across(100.0 * range.high));
        line(canvas, vec![(low, middle), (high, middle)], colour.stroke_width(2))?;
        for end in [low, high] {
            line(canvas, vec![(end, middle - 5), (end, middle + 5)], colour.stroke_width(2))?;
        }
        dot(canvas, (plot.across(100.0 * run.summary.zbr()), middle), 6, colour)?;
        let rate = format!("{} %", percent(run.summary.zbr(), 1));
        write(canvas, &rate, &ending(bold(TEXT)), (frame.right + 76, middle))?;
        write(canvas, &interval(range), &text(TEXT - 1.0, MUTED), (frame.right + 84, middle))?;
    }
    Ok(())
}

/// Covers the intervals.
pub(super) fn axis(results: &Results) -> Axis {
    let intervals = || seen(results).into_iter().map(|run| run.summary.zbr_interval());
    let low = intervals().map(|range| 100.0 * range.low).fold(100.0, f64::min);
    let high = intervals().map(|range| 100.0 * range.high).fold(0.0, f64::max);
    let low = low.min(high - LEAST).max(0.0);
    Axis::covering(low, high.max(low + LEAST))
}
