//! What picture costs: the mean bitrate of each run against its stall ratio, and the frontier that
//! no run is beyond.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, FAINT, Frame, INK, LINE, MUTED, PAD, Pixel, Plot, TEXT, TICKS, TOP, WIDTH, dot,
    line, text, title, width, write,
};
use super::place::Free;
use super::{Chart, colour, seen};
use crate::report::format::{bitrate, clean, percent, short, shorten};
use crate::report::{Results, Run};

/// How tall the plot is.
const HEIGHT: i32 = 340;

/// Labels have no more letters.
const LETTERS: usize = 28;

/// How many steps away from its dot a label with an algorithm's name may be, and how many pixels
/// without a line between them.
const FAR: i32 = 6;
const NEAR: i32 = 24;

/// How much taller than the runs the axis is, as a share of the highest bitrate.
const ROOM: f64 = 0.04;

/// The chart.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let runs = seen(results);
    let lines = match results.swept.len() {
        1 => " Lines join the runs of one algorithm in the order of the sweep.",
        _ => "",
    };
    let frontier = match frontier(&runs).len() {
        0 | 1 => "",
        _ => " Of the runs on the thin grey line, the frontier, none is beaten in both.",
    };
    let caption = format!(
        "The mean bitrate displayed against the share of time stalled, of all viewers together. Up \
         and to the left is better: more picture, fewer stalls.{frontier}{lines}"
    );
    let height = TOP + LINE + HEIGHT + TICKS + PAD;
    (!runs.is_empty())
        .then(|| Chart::new("frontier", caption, height, |canvas| draw(canvas, results, &runs)))
}

fn draw(canvas: &Canvas<'_>, results: &Results, runs: &[&Run]) -> Drawn {
    title(canvas, "Mean bitrate against stall ratio")?;
    let top = TOP + LINE;
    let frame = Frame { left: PAD + TICKS, top, right: WIDTH - 2 * PAD, bottom: top + HEIGHT };
    let most = runs.iter().map(|run| stalled(run)).fold(0.0, f64::max);
    // Room for a label to the right of the last dot.
    let x = (Axis::up_to(1.1 * most), "time stalled, %");
    let plot = Plot::new(canvas, frame, x, (bitrates(runs), "mean bitrate, Mbit/s"))?;
    let dots: Vec<Pixel> = runs.iter().map(|run| plot.at(stalled(run), mbps(run))).collect();
    let lines = match results.swept.len() {
        1 => lines(runs, &dots),
        _ => Vec::new(),
    };
    let frontier: Vec<Pixel> = frontier(runs).into_iter().map(|place| dots[place]).collect();
    line(canvas, frontier.clone(), INK.mix(FAINT))?;
    for (run, from, to) in &lines {
        let colour = colour(results, run);
        canvas.series(&run.abr, colour, || {
            line(canvas, vec![*from, *to], colour.mix(FAINT).stroke_width(2))
        })?;
    }
    for (run, at) in runs.iter().zip(&dots) {
        let rate = bitrate(run.summary.mean_bitrate());
        let stalled = percent(run.summary.stall_ratio(), 2);
        canvas.series(&run.abr, colour(results, run), || {
            canvas.mark_at(
                *at,
                9,
                format!("{}: {rate}, stalled {stalled} % of the time", short(run)),
            );
            dot(canvas, *at, 6, colour(results, run))
        })?;
    }
    let mut free = Free::new(Frame { right: WIDTH - PAD, ..frame }, &dots);
    lines.iter().for_each(|(_, from, to)| free.take_line(*from, *to));
    frontier.windows(2).for_each(|ends| free.take_line(ends[0], ends[1]));
    let last = |place: usize| !runs[place + 1..].iter().any(|later| later.abr == runs[place].abr);
    let label = |place: usize| {
        let values = runs[place].point.join(" ");
        match (last(place), results.swept.is_empty()) {
            (true, false) => (format!("{} {values}", runs[place].abr), true),
            (false, false) => (values, false),
            (named, true) => (runs[place].abr.clone(), named),
        }
    };
    let names: Vec<_> = (0..runs.len()).map(label).collect();
    labels(canvas, &names, &dots, free)?;
    write(canvas, "↖ better", &text(TEXT, MUTED), (frame.left + 10, frame.top + 12))
}

/// The runs that no other beats in picture without stalling more, from the left.
fn frontier(runs: &[&Run]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    // Of those that stall as much, the one with the best picture first.
    order.sort_by(|a, b| {
        let by_picture = || mbps(runs[*b]).total_cmp(&mbps(runs[*a]));
        stalled(runs[*a]).total_cmp(&stalled(runs[*b])).then_with(by_picture)
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|place| {
        let better = mbps(runs[*place]) > best;
        best = best.max(mbps(runs[*place]));
        better
    });
    order
}

/// From each run's dot to the dot of its algorithm's next.
fn lines<'a>(runs: &[&'a Run], dots: &[Pixel]) -> Vec<(&'a Run, Pixel, Pixel)> {
    let next = |place: usize| {
        let later = (place + 1..runs.len()).find(|later| runs[*later].abr == runs[place].abr)?;
        Some((runs[place], dots[place], dots[later]))
    };
    (0..runs.len()).filter_map(next).collect()
}

/// Writes what the dots are, those first that name an algorithm: where there is no room, the others
/// go without.
pub(super) fn labels(
    canvas: &Canvas<'_>,
    names: &[(String, bool)],
    dots: &[Pixel],
    mut free: Free,
) -> Drawn {
    let style = text(TEXT, 1.0);
    let (first, second): (Vec<_>, Vec<_>) = (0..names.len()).partition(|place| names[*place].1);
    for place in first.into_iter().chain(second) {
        let (label, named) = &names[place];
        let label = shorten(&clean(label), LETTERS);
        let size = (width(canvas, &label, &style)?, LINE - 4);
        let steps = if *named { FAR } else { 1 };
        let Some(at) = free.beside(dots[place], size, steps) else { continue };
        write(canvas, &label, &style, at)?;
        let nearest = (dots[place].0.clamp(at.0 - 3, at.0 + size.0 + 3), at.1);
        let far = (nearest.0 - dots[place].0).abs().max((at.1 - dots[place].1).abs()) > NEAR;
        if far {
            let toward = |from: i32, to: i32| from + (to - from).clamp(-8, 8);
            let edge = (toward(dots[place].0, nearest.0), toward(dots[place].1, nearest.1));
            line(canvas, vec![edge, nearest], INK.mix(FAINT))?;
        }
    }
    Ok(())
}

/// Covers the bitrates of the runs.
fn bitrates(runs: &[&Run]) -> Axis {
    let low = runs.iter().map(|run| mbps(run)).fold(f64::INFINITY, f64::min);
    let high = runs.iter().map(|run| mbps(run)).fold(0.0, f64::max);
    if high <= 0.0 {
        return Axis::up_to(1.0);
    }
    let room = ROOM * high;
    Axis::covering((low - room).max(0.0), high + room)
}

fn stalled(run: &Run) -> f64 {
    100.0 * run.summary.stall_ratio()
}

fn mbps(run: &Run) -> f64 {
    run.summary.mean_bitrate().as_kbps_f64() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::run;
    use crate::units::Span;

    #[test]
    fn on_the_frontier_is_who_is_not_beaten_in_both() {
        // Of 100 viewers, 20, 10 and 5 stall for 3 s each; the picture of the second is worse.
        let mut runs = [run("a", 100, 80), run("b", 100, 90), run("c", 100, 95)];
        let all: Vec<&Run> = runs.iter().collect();
        assert_eq!(frontier(&all), [2], "the same picture with fewest stalls");
        for run in &mut runs[1..] {
            run.summary.total.shown_media += Span::from_secs(24_000);
        }
        let all: Vec<&Run> = runs.iter().collect();
        assert_eq!(frontier(&all), [2, 0], "and the one with more picture");
    }
}
