//! Distribution functions: what share of viewers, or of their time, did no worse than so much.
//!
//! The idea to hold: a line per algorithm, and a panel per point of a sweep, so that what is
//! compared is in one panel. Averages are written beside the lines' names.

use plotters::style::{Color, RGBColor};

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, INK, LINE, MUTED, PAD, Pixel, Plot, TEXT, TICKS, TOP, WIDTH, ending, fit,
    line, text, title, write,
};
use super::panels::{self, Panels};
use super::{Chart, colour, point, seen};
use crate::distribution::Distribution;
use crate::metrics::Summary;
use crate::metrics::glass::Spread;
use crate::report::format::decimal;
use crate::report::{Results, Run};

/// What is drawn: of which values, and how they are named.
struct Measure {
    name: &'static str,
    title: &'static str,
    /// The horizontal axis, in full and for several panels together.
    axis: &'static str,
    axes: &'static str,
    /// What the shares are of.
    of: &'static str,
    unit: &'static str,
    caption: &'static str,
    values: fn(&Summary) -> Values<'_>,
}

/// What there is a distribution of.
#[derive(PartialEq)]
enum Values<'a> {
    /// A value of each viewer, in thousandths of what is on the axis.
    Each(&'a Distribution),
    /// Time, by seconds of latency.
    Time(&'a Spread),
    /// Nothing.
    Nothing,
}

/// How many units of a histogram are one on the axis: all that are drawn count thousandths.
const THOUSANDTHS: f64 = 1e3;

/// Switches per minute.
pub(super) fn switches(results: &Results) -> Option<Chart> {
    chart(
        results,
        &Measure {
            name: "switches",
            title: "Switches per minute",
            axis: "switches per minute of play",
            axes: "viewers, %, by switches per minute of play",
            unit: "/min",
            caption: "The share of viewers whose picture switched no more than so often. Further \
                      left is calmer.",
            of: "viewers, %",
            values: |summary| Values::Each(&summary.switch_rate),
        },
    )
}

/// Startup.
pub(super) fn startup(results: &Results) -> Option<Chart> {
    chart(
        results,
        &Measure {
            name: "startup",
            title: "Startup delay",
            axis: "from pressing play to the first frame, s",
            axes: "viewers, %, by seconds from pressing play",
            unit: "s",
            caption: "The share of viewers, of those who saw a first frame, who saw it within so \
            long. Further left is faster.",
            of: "viewers, %",
            values: |summary| Values::Each(&summary.startup),
        },
    )
}

/// How far behind live viewers are.
pub(super) fn latency(results: &Results) -> Option<Chart> {
    chart(
        results,
        &Measure {
            name: "latency",
            title: "How far behind live",
            axis: "from capture to display, s",
            axes: "time, %, by seconds from capture to display",
            of: "time, %",
            unit: "s",
            caption: "The share of the time in which something was displayed, of all viewers \
                      together, that was no further behind its capture than so much. Further left \
                      is nearer to live.",
            values: |summary| match &summary.live {
                Some(live) => Values::Time(&live.latency),
                None => Values::Nothing,
            },
        },
    )
}

/// The axis ends where no run has more than this share left.
const END: f64 = 0.99;

/// And as much further, so that a line that is upright there is within.
const ROOM: f64 = 1.02;

/// How tall a panel alone is.
const ALONE: i32 = 280;

/// What the names beside the lines of a panel alone take.
const NAMES: i32 = 236;

/// Of the runs whose lines are the same, how many are named.
const NAMED: usize = 6;

fn chart(results: &Results, measure: &Measure) -> Option<Chart> {
    let any = |run: &&Run| (measure.values)(&run.summary).quantile(END).is_some();
    let runs: Vec<_> = seen(results).into_iter().filter(any).collect();
    let panels: Vec<_> = runs.chunk_by(|a, b| a.point == b.point).collect();
    if panels.is_empty() {
        return None;
    }
    let (shown, missing) = panels::some(panels, "points of the sweep");
    let caption = format!("{} The axis ends at the 99th percentile.{missing}", measure.caption);
    Some(match shown.as_slice() {
        [one] => Chart::new(measure.name, caption, TOP + LINE + ALONE + TICKS + PAD, |canvas| {
            alone(canvas, results, measure, one)
        }),
        several => {
            Chart::new(measure.name, caption, Panels::of(several.len()).height(), |canvas| {
                together(canvas, results, measure, several)
            })
        }
    })
}

impl Values<'_> {
    /// What a share `q` does not exceed, if there is anything, as on the axis.
    fn quantile(&self, q: f64) -> Option<f64> {
        match self {
            Self::Each(values) => {
                (values.count() > 0).then(|| values.quantile(q) as f64 / THOUSANDTHS)
            }
            Self::Time(spread) => spread.quantile(q).map(|latency| latency.as_secs_f64()),
            Self::Nothing => None,
        }
    }

    /// The line: stairs where a step is a viewer, slopes where time runs on.
    fn line(&self, canvas: &Canvas<'_>, plot: &Plot, end: f64) -> Vec<Pixel> {
        let first = [(0.0, 0.0)].into_iter();
        match self {
            Self::Each(values) => {
                let steps = values.cdf().into_iter();
                let steps = steps.map(|(value, share)| (value as f64 / THOUSANDTHS, 100.0 * share));
                let steps = first.chain(steps).take_while(|(value, _)| *value <= end);
                plot.stairs(canvas, steps, end)
            }
            Self::Time(spread) => {
                let steps = spread.cdf().into_iter().map(|(value, share)| (value, 100.0 * share));
                let steps = first.chain(steps).take_while(|(value, _)| *value <= end);
                let mut steps: Vec<_> = steps.collect();
                steps.extend(steps.last().map(|last| (end, last.1)));
                plot.through(canvas, &steps)
            }
            Self::Nothing => Vec::new(),
        }
    }
}

/// Runs whose lines are the same line.
fn alike<'a>(measure: &Measure, runs: &[&'a Run]) -> Vec<Vec<&'a Run>> {
    let mut groups: Vec<Vec<&Run>> = Vec::new();
    for run in runs {
        let same = |other: &Run| (measure.values)(&other.summary) == (measure.values)(&run.summary);
        match groups.iter_mut().find(|group| same(group[0])) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}

/// The colour of a line: the algorithm's, or ink if it stands for several.
fn line_colour(results: &Results, runs: &[&Run]) -> RGBColor {
    match runs {
        [one] => colour(results, one),
        _ => INK,
    }
}

/// One panel, with the names beside it.
fn alone(canvas: &Canvas<'_>, results: &Results, measure: &Measure, runs: &[&Run]) -> Drawn {
    let top = TOP + LINE;
    title(canvas, measure.title)?;
    let frame = Frame { left: PAD + TICKS, top, right: WIDTH - NAMES, bottom: top + ALONE };
    let axes = (axis(measure, &[runs]), measure.axis);
    let plot = Plot::new(canvas, frame, axes, (Axis::percent(), measure.of))?;
    lines(canvas, results, measure, runs, &plot)?;
    let mut place = (frame.right + 20, frame.top + 8);
    for group in alike(measure, runs) {
        place.1 = names(canvas, results, measure, &group, place)?;
    }
    Ok(())
}

/// Names a line that stands for these runs, and says where the next name goes.
fn names(
    canvas: &Canvas<'_>,
    results: &Results,
    measure: &Measure,
    runs: &[&Run],
    (left, mut middle): Pixel,
) -> Drawn<i32> {
    if middle + 3 * LINE > TOP + LINE + ALONE + TICKS {
        return Ok(middle);
    }
    let colour = line_colour(results, runs).stroke_width(3);
    line(canvas, vec![(left, middle), (left + 16, middle)], colour)?;
    let style = text(TEXT, 1.0);
    for run in runs.iter().take(NAMED) {
        let name = fit(canvas, &run.abr, &style, WIDTH - PAD - left - 24)?;
        write(canvas, &name, &style, (left + 24, middle))?;
        middle += LINE - 3;
    }
    let values = (measure.values)(&runs[0].summary);
    let at = |q| values.quantile(q).map_or("–".into(), |value| decimal(value, 1));
    let note = format!("median {}, p95 {} {}", at(0.5), at(0.95), measure.unit);
    write(canvas, &note, &text(TEXT - 1.5, MUTED), (left + 24, middle))?;
    Ok(middle + LINE + 4)
}

/// Several panels with the same axes, and the names above them all.
fn together(canvas: &Canvas<'_>, results: &Results, measure: &Measure, shown: &[&[&Run]]) -> Drawn {
    let panels = Panels::of(shown.len());
    title(canvas, measure.title)?;
    write(canvas, measure.axes, &ending(text(TEXT, MUTED)), (WIDTH - PAD, PAD + 8))?;
    let widest = shown.iter().max_by_key(|runs| runs.len()).copied().unwrap_or(&[]);
    let mut names: Vec<_> = widest.iter().map(|run| (&*run.abr, colour(results, run))).collect();
    if shown.iter().any(|runs| alike(measure, runs).len() < runs.len()) {
        names.push(("several alike", INK));
    }
    panels::key(canvas, &names)?;
    for (runs, n) in shown.iter().zip(0..) {
        let frame = panels.frame(n);
        let room = frame.right - frame.left;
        let name = fit(canvas, &point(results, runs[0]), &text(TEXT, 1.0), room)?;
        let axes = ((axis(measure, shown), ""), (Axis::percent(), &*name));
        let plot = Plot::new(canvas, frame, axes.0, axes.1)?;
        let plot = plot.named(canvas, &name, measure.axis, measure.of);
        lines(canvas, results, measure, runs, &plot)?;
    }
    Ok(())
}

/// Draws the lines of these runs.
fn lines(
    canvas: &Canvas<'_>,
    results: &Results,
    measure: &Measure,
    runs: &[&Run],
    plot: &Plot,
) -> Drawn {
    for group in alike(measure, runs) {
        let names: Vec<_> = group.iter().map(|run| &*run.abr).collect();
        let colour = line_colour(results, &group);
        canvas.series(&names.join(", "), colour, || {
            let through = (measure.values)(&group[0].summary).line(canvas, plot, plot.end());
            line(canvas, through, colour.stroke_width(2))
        })?;
    }
    Ok(())
}

/// Covers all but the last few viewers of every run.
fn axis(measure: &Measure, panels: &[&[&Run]]) -> Axis {
    let runs = panels.iter().copied().flatten();
    let ends = runs.filter_map(|run| (measure.values)(&run.summary).quantile(END));
    Axis::up_to(ROOM * ends.fold(0.0, f64::max))
}
