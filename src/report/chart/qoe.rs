//! The QoE of each run, as a bar, below the ceiling that the offline optimum is; only where a
//! scenario has the optimum among its algorithms.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, INK, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, block, bold, ending,
    line, text, title, write,
};
use super::rows::{Entry, HEIGHT, Row, missing, names_width, rows, write_names};
use super::{Chart, colour};
use crate::report::Results;
use crate::report::format::{decimal, short};
use crate::report::optimum::{ceiling, is_known, qoe, share};

/// What the figures beside the bars take.
const FIGURES: i32 = 150;

/// Half of the height of a bar.
const BAR: i32 = 8;

pub(super) fn chart(results: &Results) -> Option<Chart> {
    let rows = rows(results);
    let height = TOP + HEIGHT * rows.len() as i32 + TICKS + PAD;
    let caption = format!(
        "Mean QoE of the viewers by the model of Yin et al.; the line is the offline optimum, \
         which knows what every link will carry, and the share is of that.{}",
        missing(results)
    );
    is_known(results)
        .then(|| Chart::new("qoe", caption, height, |canvas| draw(canvas, results, &rows)))
}

fn draw(canvas: &Canvas<'_>, results: &Results, rows: &[Row<'_>]) -> Drawn {
    title(canvas, "Quality of experience, and its ceiling")?;
    let names = PAD..PAD + names_width(canvas, rows)?;
    let bottom = TOP + HEIGHT * rows.len() as i32;
    let frame = Frame { left: names.end + PAD, top: TOP, right: WIDTH - FIGURES, bottom };
    let scores = rows.iter().filter_map(|row| match row {
        Row::Heading(_) => None,
        Row::Entry(entry) => Some(qoe(entry.run)),
    });
    let (low, high) =
        scores.fold((0.0_f64, 1.0_f64), |(low, high), score| (low.min(score), high.max(score)));
    let rest = Axis::with_ticks(0.0, 1.0, Vec::new());
    let plot = Plot::new(canvas, frame, (Axis::covering(low, high), "QoE (Yin)"), (rest, ""))?;
    for (Entry { run, .. }, middle) in write_names(canvas, rows, names, TOP)? {
        let (from, to) = (plot.across(0.0), plot.across(qoe(run).max(low)));
        let (left, right) = (from.min(to), from.max(to));
        let score = decimal(qoe(run), 1);
        canvas.series(&run.abr, colour(results, run), || {
            let (from, to) = ((left, middle - BAR), (right, middle + BAR));
            canvas.mark(from, to, format!("{}: QoE (Yin) of {score}", short(run)));
            block(canvas, from, to, colour(results, run))
        })?;
        if let Some(most) = ceiling(results, run) {
            let most = plot.across(qoe(most));
            let through = vec![(most, middle - HEIGHT / 2), (most, middle + HEIGHT / 2)];
            line(canvas, through, INK.stroke_width(2))?;
        }
        write(canvas, &score, &ending(bold(TEXT)), (frame.right + 62, middle))?;
        if let Some(share) = share(results, run) {
            let share = format!("{} %", decimal(100.0 * share, 0));
            write(canvas, &share, &text(TEXT - 1.0, MUTED), (frame.right + 70, middle))?;
        }
    }
    Ok(())
}
