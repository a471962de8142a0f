//! What being nearer to live costs: the mean latency of each run against its zero-buffer rate.
//!
//! The idea to hold: a line joins runs that differ in one swept key alone, the one with the most
//! values, so that a line is one player that is asked to be nearer and nearer.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, FAINT, Frame, LINE, MUTED, PAD, Pixel, Plot, TEXT, TICKS, TOP, WIDTH, dot, line,
    svg, text, title, write,
};
use super::frontier::labels;
use super::place::Free;
use super::{Chart, colour, seen, zbr};
use crate::report::format::{clean, last_part};
use crate::report::{Results, Run};

/// How tall the plot is.
const HEIGHT: i32 = 400;

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
    (!runs.is_empty()).then(|| Chart {
        name: "latency-zbr".into(),
        caption: format!(
            "The mean latency of each run against the share of its viewers who never stalled, with \
             its 95 % interval. Up and to the left is better: nearer to live, and fewer who \
             stall.{lines}"
        ),
        svg: svg(TOP + LINE + HEIGHT + TICKS + PAD, |canvas| draw(canvas, results, &runs)),
    })
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
    let top = TOP + LINE;
    let frame = Frame { left: PAD + TICKS, top, right: WIDTH - 2 * PAD, bottom: top + HEIGHT };
    let x = (latencies(runs), "mean time from capture to display, s");
    let y = (zbr::axis(runs.iter().map(|run| &run.summary)), "viewers who never stalled, %");
    let plot = Plot::new(canvas, frame, x, y)?;
    let at = |run: &Run, share: f64| plot.at(latency(run).unwrap_or(0.0), 100.0 * share);
    let dots: Vec<Pixel> = runs.iter().map(|run| at(run, run.summary.zbr())).collect();
    let key = key(results);
    let next = |place: usize| {
        let joined = |later: &usize| key.is_some_and(|key| joined(runs[place], runs[*later], key));
        (place + 1..runs.len()).find(joined)
    };
    let mut free = Free::new(Frame { right: WIDTH - PAD, ..frame }, &dots);
    for run in runs {
        let range = run.summary.zbr_interval();
        let ends = [at(run, range.low), at(run, range.high)];
        line(canvas, ends.to_vec(), colour(results, run).mix(MUTED).stroke_width(1))?;
        free.take_line(ends[0], ends[1]);
    }
    for (place, run) in runs.iter().enumerate() {
        let Some(later) = next(place) else { continue };
        let style = colour(results, run).mix(FAINT).stroke_width(2);
        line(canvas, vec![dots[place], dots[later]], style)?;
        free.take_line(dots[place], dots[later]);
    }
    for (run, at) in runs.iter().zip(&dots) {
        dot(canvas, *at, 6, colour(results, run))?;
    }
    let label = |(place, run): (usize, &&Run)| match (key, next(place)) {
        (Some(key), Some(_)) => (run.point.get(key).cloned().unwrap_or_default(), false),
        _ => ([&[run.abr.clone()], run.point.as_slice()].concat().join(" "), true),
    };
    let names: Vec<_> = runs.iter().enumerate().map(label).collect();
    labels(canvas, &names, &dots, free)?;
    write(canvas, "↖ better", &text(TEXT, MUTED), (frame.left + 10, frame.top + 12))
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
