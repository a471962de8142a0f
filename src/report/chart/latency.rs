//! What being nearer to live costs: the mean latency of each run against its zero-buffer rate.
//!
//! The idea to hold: a line joins runs that differ in one swept key alone, the one with the most
//! values, so that a line is one player that is asked to be nearer and nearer.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, FAINT, Frame, LINE, MUTED, PAD, Pixel, Plot, TEXT, TICKS, TOP, WIDTH, dot, fit,
    line, text, title, write,
};
use super::frontier::labels as write_labels;
use super::place::{Free, apart};
use super::{Chart, colour, seen, zbr};
use crate::report::format::{clean, decimal, interval, last_part, percent, short};
use crate::report::{Results, Run};

/// How tall the plot is.
const HEIGHT: i32 = 400;

/// What the names at the ends of the lines take.
const NAMES: i32 = 180;

/// How much further than the runs the axis goes to both sides, as a share of what they cover, and
/// at least in seconds: there has to be room for labels.
const ROOM: f64 = 0.12;
const LEAST: f64 = 0.25;

/// The chart, if something live was displayed.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let runs: Vec<_> = seen(results).into_iter().filter(|run| latency(run).is_some()).collect();
    let lines = match key(results) {
        Some(key) => format!(
            " Lines join the runs of one algorithm in the order of {}.",
            clean(last_part(&results.swept[key]))
        ),
        None => String::new(),
    };
    let caption = format!(
        "The mean latency of each run against the share of its viewers who never stalled, with its \
         95 % interval. Up and to the left is better: nearer to live, and fewer who stall.{lines}"
    );
    let height = TOP + LINE + HEIGHT + TICKS + PAD;
    (!runs.is_empty())
        .then(|| Chart::new("latency-zbr", caption, height, |canvas| draw(canvas, results, &runs)))
}

/// Which swept key lines run along: the one with the most values, if there are several.
fn key(results: &Results) -> Option<usize> {
    let values = |key: usize| {
        let mut values: Vec<_> = results.runs.iter().filter_map(|run| run.point.get(key)).collect();
        values.sort_unstable();
        values.dedup();
        values.len()
    };
    // Of two with as many, the first.
    (0..results.swept.len()).rev().max_by_key(|key| values(*key)).filter(|key| values(*key) > 1)
}

/// Whether a line joins two runs.
fn joined(a: &Run, b: &Run, key: usize) -> bool {
    let mut others = a.point.iter().zip(&b.point).enumerate().filter(|(place, _)| *place != key);
    a.abr == b.abr && others.all(|(_, (a, b))| a == b)
}

fn draw(canvas: &Canvas<'_>, results: &Results, runs: &[&Run]) -> Drawn {
    title(canvas, "Latency against zero-buffer rate")?;
    let (key, top) = (key(results), TOP + LINE);
    let right = WIDTH - if key.is_some() { NAMES } else { 2 * PAD };
    let frame = Frame { left: PAD + TICKS, top, right, bottom: top + HEIGHT };
    let x = (latencies(runs), "mean time from capture to display, s");
    let y = (zbr::axis(runs.iter().map(|run| &run.summary)), "viewers who never stalled, %");
    let plot = Plot::new(canvas, frame, x, y)?;
    let at = |run: &Run, share: f64| plot.at(latency(run).unwrap_or(0.0), 100.0 * share);
    let dots: Vec<Pixel> = runs.iter().map(|run| at(run, run.summary.zbr())).collect();
    let room = if key.is_some() { frame.right } else { WIDTH - PAD };
    let mut free = Free::new(Frame { right: room, ..frame }, &dots);
    for run in runs {
        let range = run.summary.zbr_interval();
        let (low, high) = (at(run, range.low), at(run, range.high));
        let colour = colour(results, run);
        canvas.series(&run.abr, colour, || {
            line(canvas, vec![low, high], colour.mix(MUTED).stroke_width(1))
        })?;
        free.take_line(low, high);
    }
    let mut ends = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        let joined = |later: &usize| key.is_some_and(|key| joined(run, runs[*later], key));
        match (place + 1..runs.len()).find(joined) {
            Some(later) => {
                let colour = colour(results, run);
                canvas.series(&run.abr, colour, || {
                    let ends = vec![dots[place], dots[later]];
                    line(canvas, ends, colour.mix(FAINT).stroke_width(2))
                })?;
                free.take_line(dots[place], dots[later]);
            }
            None => ends.push((*run, dots[place])),
        }
    }
    if let Some(key) = key {
        names(canvas, results, (&ends, key), frame, &mut free)?;
    }
    for (run, at) in runs.iter().zip(&dots) {
        canvas.series(&run.abr, colour(results, run), || {
            canvas.mark_at(*at, 9, told(run));
            dot(canvas, *at, 6, colour(results, run))
        })?;
    }
    let label = |run: &&Run| match key {
        Some(key) => (run.point.get(key).cloned().unwrap_or_default(), false),
        None => (run.abr.clone(), true),
    };
    let labels: Vec<_> = runs.iter().map(label).collect();
    write_labels(canvas, &labels, &dots, free)?;
    write(canvas, "↖ better", &text(TEXT, MUTED), (frame.left + 10, frame.top + 12))
}

/// A run with its values.
fn told(run: &Run) -> String {
    let (rate, range) = (percent(run.summary.zbr(), 1), interval(run.summary.zbr_interval()));
    let latency = decimal(latency(run).unwrap_or(0.0), 2);
    format!("{}: {latency} s behind live, {rate} % never stalled, {range}", short(run))
}

/// Writes beside the plot what each line is, from its end: its algorithm, and the values of the
/// keys that it does not run along.
fn names(
    canvas: &Canvas<'_>,
    results: &Results,
    (ends, key): (&[(&Run, Pixel)], usize),
    frame: Frame,
    free: &mut Free,
) -> Drawn {
    let ends = &ends[..ends.len().min((HEIGHT / LINE) as usize)];
    let heights: Vec<_> = ends.iter().map(|(_, end)| end.1).collect();
    let middles = apart(&heights, LINE, frame.top + LINE / 2..frame.bottom - LINE / 2);
    for ((run, end), middle) in ends.iter().zip(middles) {
        let (from, to) = ((end.0 + 6, end.1), (frame.right + 10, middle));
        let leader = vec![from, to, (frame.right + 18, middle)];
        line(canvas, leader, colour(results, run).mix(FAINT))?;
        free.take_line(from, to);
        let others = run.point.iter().enumerate().filter(|(place, _)| *place != key);
        let parts = [&run.abr].into_iter().chain(others.map(|(_, value)| value));
        let name = parts.map(|part| clean(part)).collect::<Vec<_>>().join(" ");
        let style = text(TEXT, 1.0);
        let name = fit(canvas, &name, &style, NAMES - 24 - PAD)?;
        write(canvas, &name, &style, (frame.right + 24, middle))?;
    }
    Ok(())
}

/// Covers the latencies of the runs.
fn latencies(runs: &[&Run]) -> Axis {
    let all = || runs.iter().filter_map(|run| latency(run));
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let room = LEAST.max(ROOM * (high - low));
    Axis::covering((low - room).max(0.0), high + room)
}

/// The mean latency of all viewers together, in seconds.
fn latency(run: &Run) -> Option<f64> {
    run.summary.live.as_ref()?.latency.mean().map(|mean| mean.as_secs_f64())
}
