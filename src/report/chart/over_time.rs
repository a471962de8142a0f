//! What happened when: stalled viewers, and what the origin was asked, from the first moment on. A
//! line per algorithm, and a panel per point of a sweep.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, MUTED, PAD, Plot, TEXT, WIDTH, ending, fit, line, text, title, write,
};
use super::panels::{self, Panels};
use super::{Chart, colour, point, seen};
use crate::report::{Results, Run};
use crate::scenario::STEP;

/// What is drawn of a run, step by step, and how it is named.
struct Measure {
    name: &'static str,
    title: &'static str,
    axes: &'static str,
    axis: &'static str,
    caption: &'static str,
    values: fn(&Run) -> Vec<f64>,
}

/// How many viewers are stalled.
pub(super) fn stalling(results: &Results) -> Option<Chart> {
    let measure = Measure {
        name: "stalled-over-time",
        title: "Stalled viewers, moment by moment",
        axes: "viewers stalled at a time, %, by minutes",
        axis: "viewers stalled, %",
        caption: "The share of all viewers who are stalled at a time, each ten seconds' mean.",
        values: |run| {
            let viewers = run.summary.viewers.max(1) as f64;
            let share = |stalled: &f64| 100.0 * stalled / STEP.as_secs_f64() / viewers;
            run.stalling.steps().iter().map(share).collect()
        },
    };
    chart(results, &measure)
}

/// How often the origin is asked.
pub(super) fn requests(results: &Results) -> Option<Chart> {
    let measure = Measure {
        name: "origin-requests",
        title: "Requests to the origin",
        axes: "requests a second, by minutes",
        axis: "requests a second, /s",
        caption: "What caches ask the origin, each ten seconds' mean.",
        values: |run| {
            let steps = run.chain.iter().flat_map(|(tally, _)| &tally.steps);
            steps.map(|step| step.origin_requests as f64 / STEP.as_secs_f64()).collect()
        },
    };
    chart(results, &measure)
}

/// What it sends.
pub(super) fn egress(results: &Results) -> Option<Chart> {
    let measure = Measure {
        name: "origin-egress",
        title: "What the origin sends",
        axes: "Mbit/s, by minutes",
        axis: "sent by the origin, Mbit/s",
        caption: "What the origin sends to caches, each ten seconds' mean.",
        values: |run| {
            let steps = run.chain.iter().flat_map(|(tally, _)| &tally.steps);
            steps.map(|step| step.origin_bytes.as_bits_f64() / 1e6 / STEP.as_secs_f64()).collect()
        },
    };
    chart(results, &measure)
}

fn chart(results: &Results, measure: &Measure) -> Option<Chart> {
    let runs = seen(results);
    let panels: Vec<_> = runs.chunk_by(|a, b| a.point == b.point).collect();
    let any = runs.iter().any(|run| (measure.values)(run).iter().any(|value| *value > 0.0));
    if !any || runs.iter().all(|run| run.chain.is_none() && !run.has_incidents) {
        return None;
    }
    let (shown, missing) = panels::some(panels, "points of the sweep");
    let caption = format!("{}{missing}", measure.caption);
    let height = Panels::of(shown.len()).height();
    let draw = |canvas: &Canvas<'_>| draw(canvas, results, measure, &shown);
    Some(Chart::new(measure.name, caption, height, draw))
}

fn draw(canvas: &Canvas<'_>, results: &Results, measure: &Measure, shown: &[&[&Run]]) -> Drawn {
    let panels = Panels::of(shown.len());
    title(canvas, measure.title)?;
    write(canvas, measure.axes, &ending(text(TEXT, MUTED)), (WIDTH - PAD, PAD + 8))?;
    let widest = shown.iter().max_by_key(|runs| runs.len()).copied().unwrap_or(&[]);
    let names: Vec<_> = widest.iter().map(|run| (&*run.abr, colour(results, run))).collect();
    panels::key(canvas, &names)?;
    let all = || shown.iter().copied().flatten();
    let most = all().flat_map(|run| (measure.values)(run)).fold(0.0, f64::max);
    let longest = all().map(|run| last(&(measure.values)(run))).max().unwrap_or(1);
    let minutes = |step: usize| step as f64 * STEP.as_secs_f64() / 60.0;
    for (runs, n) in shown.iter().zip(0..) {
        let frame = panels.frame(n);
        let room = frame.right - frame.left;
        let name = fit(canvas, &point(results, runs[0]), &text(TEXT, 1.0), room)?;
        let x = Axis::exactly(0.0, minutes(longest.max(1)));
        let plot = Plot::new(canvas, frame, (x, ""), (Axis::up_to(most), &name))?;
        let plot = plot.named(canvas, &name, "from the first moment, min", measure.axis);
        for run in *runs {
            let values = (measure.values)(run);
            let end = last(&values);
            let steps = values.iter().take(end).enumerate().map(|(n, value)| (minutes(n), *value));
            canvas.series(&run.abr, colour(results, run), || {
                let stairs = plot.stairs(canvas, steps, minutes(end));
                line(canvas, stairs, colour(results, run).stroke_width(2))
            })?;
        }
    }
    Ok(())
}

/// How many steps there are to the last in which there is something.
fn last(values: &[f64]) -> usize {
    values.iter().rposition(|value| *value > 0.0).map_or(0, |place| place + 1)
}
