//! The zero-buffer rate against the values of a key that was swept: a line per algorithm in the
//! band of its intervals. Of two keys the one with more values is the axis, and each value of the
//! other has a panel.
//!
//! The idea to hold: values that are numbers of one unit are that far apart on the axis; others are
//! evenly spaced, in the order of the scenario.

use plotters::style::Color;

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, LINE, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, area, dot, ending, fit,
    line, text, title, write,
};
use super::panels::{self, Panels};
use super::place::apart;
use super::{Chart, algorithms, colour, seen, zbr};
use crate::report::format::{clean, interval, last_part, percent, short, shorten};
use crate::report::{Results, Run};

/// How tall the plot is.
const HEIGHT: i32 = 320;

/// What the names at the ends of the lines take.
const NAMES: i32 = 190;

/// How near to each other two labels of the axis may be, for each letter of them.
const LETTER: i32 = 9;

/// The chart, if one key was swept over at least two values, or one of two.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let axis = axis(results)?;
    let key = &results.swept[axis];
    let values = values(results, axis);
    if values.len() < 2 {
        return None;
    }
    let caption =
        format!("The zero-buffer rate against {}. The bands are the 95 % intervals.", clean(key));
    Some(match results.swept.as_slice() {
        [_] => {
            let height = TOP + LINE + HEIGHT + TICKS + PAD;
            let draw = |canvas: &Canvas<'_>| draw(canvas, results, key, &values);
            Chart::new("zbr-sweep", caption, height, draw)
        }
        _ => {
            let (shown, missing) = panels::some(others(results, axis), "values of the other key");
            let height = Panels::of(shown.len()).height();
            let draw = |canvas: &Canvas<'_>| together(canvas, results, axis, &values, &shown);
            Chart::new("zbr-sweep", caption + &missing, height, draw)
        }
    })
}

/// Which of the swept keys is the axis: of two the one with more values.
fn axis(results: &Results) -> Option<usize> {
    let count = |place| values(results, place).len();
    match results.swept.len() {
        1 => Some(0),
        2 => Some(if count(1) > count(0) { 1 } else { 0 }),
        _ => None,
    }
}

/// The values of the key that is not the axis, in the order of the scenario.
fn others(results: &Results, axis: usize) -> Vec<&str> {
    let mut values: Vec<&str> = Vec::new();
    for value in seen(results).into_iter().filter_map(|run| run.point.get(1 - axis)) {
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    values
}

/// The values of a key, each once, and where on the axis they are.
fn values(results: &Results, place: usize) -> Vec<(f64, &str)> {
    let mut values: Vec<&str> = Vec::new();
    for value in seen(results).into_iter().filter_map(|run| run.point.get(place)) {
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    match numbers(&values) {
        Some(mut numbers) => {
            numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
            numbers
        }
        None => (0_u32..).map(f64::from).zip(values).collect(),
    }
}

/// What the values are as numbers, if all are numbers of the same unit and no two are equal.
fn numbers<'a>(values: &[&'a str]) -> Option<Vec<(f64, &'a str)>> {
    let mut numbers: Vec<(f64, &str)> = Vec::new();
    let mut unit = None;
    for value in values {
        let end = value.find(|c: char| !matches!(c, '0'..='9' | '.' | '-')).unwrap_or(value.len());
        let (number, its_unit) = value.split_at(end);
        let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite())?;
        let same = *unit.get_or_insert(its_unit.trim()) == its_unit.trim();
        if !same || numbers.iter().any(|(other, _)| *other == number) {
            return None;
        }
        numbers.push((number, value));
    }
    Some(numbers)
}

fn draw(canvas: &Canvas<'_>, results: &Results, key: &str, values: &[(f64, &str)]) -> Drawn {
    title(canvas, &format!("Zero-buffer rate by {}", clean(last_part(key))))?;
    let top = TOP + LINE;
    let frame = Frame { left: PAD + TICKS, top, right: WIDTH - NAMES, bottom: top + HEIGHT };
    let x = across(values, frame.right - frame.left);
    let y_name = "viewers who never stalled, %";
    let summaries = seen(results).into_iter().map(|run| &run.summary);
    let plot = Plot::new(canvas, frame, (x, &clean(key)), (zbr::axis(summaries), y_name))?;
    let curves: Vec<_> = algorithms(results)
        .into_iter()
        .map(|abr| curve(results, abr, (0, values), None))
        .filter(|curve| !curve.is_empty())
        .collect();
    lines(canvas, results, &plot, &curves)?;
    names(canvas, results, &plot, &curves)
}

/// A panel for each value of the other key.
fn together(
    canvas: &Canvas<'_>,
    results: &Results,
    axis: usize,
    values: &[(f64, &str)],
    shown: &[&str],
) -> Drawn {
    let (key, other) = (last_part(&results.swept[axis]), last_part(&results.swept[1 - axis]));
    title(canvas, &format!("Zero-buffer rate by {} and {}", clean(key), clean(other)))?;
    let axes = format!("viewers who never stalled, %, by {}", clean(key));
    write(canvas, &axes, &ending(text(TEXT, MUTED)), (WIDTH - PAD, PAD + 8))?;
    let runs = seen(results);
    let of = |abr: &&str| runs.iter().find(|run| run.abr == *abr).map(|run| colour(results, run));
    let entries: Vec<_> =
        algorithms(results).into_iter().filter_map(|abr| Some((abr, of(&abr)?))).collect();
    panels::key(canvas, &entries)?;
    let panels = Panels::of(shown.len());
    for (value, n) in shown.iter().zip(0..) {
        let frame = panels.frame(n);
        let room = frame.right - frame.left;
        let name = clean(&format!("{other} {value}"));
        let name = fit(canvas, &name, &text(TEXT, 1.0), room)?;
        let y = zbr::axis(runs.iter().map(|run| &run.summary));
        let plot = Plot::new(canvas, frame, (across(values, room), ""), (y, &name))?;
        let plot = plot.named(canvas, &name, &clean(key), "viewers who never stalled, %");
        let curves: Vec<_> = algorithms(results)
            .into_iter()
            .map(|abr| curve(results, abr, (axis, values), Some(value)))
            .filter(|curve| !curve.is_empty())
            .collect();
        lines(canvas, results, &plot, &curves)?;
    }
    Ok(())
}

/// Draws the lines, on their bands.
fn lines(
    canvas: &Canvas<'_>,
    results: &Results,
    plot: &Plot,
    curves: &[Vec<(f64, &Run)>],
) -> Drawn {
    for curve in curves {
        let end = |share: fn(&Run) -> f64| move |(x, run): &(f64, &Run)| (*x, 100.0 * share(run));
        let high = curve.iter().map(end(|run| run.summary.zbr_interval().high));
        let low = curve.iter().map(end(|run| run.summary.zbr_interval().low));
        let band = high.chain(low.rev()).map(|(x, y)| plot.at(x, y)).collect();
        let colour = colour(results, curve[0].1);
        canvas.series(&curve[0].1.abr, colour, || area(canvas, band, colour.mix(0.14)))?;
    }
    for curve in curves {
        let colour = colour(results, curve[0].1);
        let places = curve.iter().map(|(x, run)| plot.at(*x, 100.0 * run.summary.zbr()));
        let places: Vec<_> = places.collect();
        canvas.series(&curve[0].1.abr, colour, || {
            line(canvas, places.clone(), colour.stroke_width(2))?;
            for (place, (_, run)) in places.iter().zip(curve) {
                canvas.mark_at(*place, 8, told(run));
                dot(canvas, *place, 4, colour)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// A run with its rate.
fn told(run: &Run) -> String {
    let (rate, range) = (percent(run.summary.zbr(), 1), interval(run.summary.zbr_interval()));
    format!("{}: {rate} % never stalled, {range}", short(run))
}

/// The runs of an algorithm, with this value of the other key if there is one, each with its place
/// on the axis, in the order of the axis.
fn curve<'a>(
    results: &'a Results,
    abr: &str,
    (axis, values): (usize, &[(f64, &str)]),
    other: Option<&str>,
) -> Vec<(f64, &'a Run)> {
    let runs = seen(results);
    let is =
        |run: &Run, place: usize, value: &str| run.point.get(place).is_some_and(|p| p == value);
    let run = |value: &str| {
        let at = |run: &&&Run| {
            run.abr == abr && is(run, axis, value) && other.is_none_or(|o| is(run, 1 - axis, o))
        };
        runs.iter().find(at)
    };
    values.iter().filter_map(|(x, value)| Some((*x, *run(value)?))).collect()
}

/// An axis with the values for ticks, those left out that would not fit.
fn across(values: &[(f64, &str)], pixels: i32) -> Axis {
    let (low, high) = (values[0].0, values[values.len() - 1].0);
    let margin = 0.03 * (high - low);
    let (low, high) = (low - margin, high + margin);
    let mut ticks: Vec<(f64, String)> = Vec::new();
    let mut free = f64::NEG_INFINITY;
    for (x, value) in values {
        let label = shorten(value, 12);
        let half = f64::from(LETTER * label.chars().count() as i32) / 2.0 * (high - low)
            / f64::from(pixels);
        if x - half >= free {
            free = x + half;
            ticks.push((*x, label));
        }
    }
    Axis::with_ticks(low, high, ticks)
}

/// Writes the algorithms at the ends of their lines.
fn names(
    canvas: &Canvas<'_>,
    results: &Results,
    plot: &Plot,
    curves: &[Vec<(f64, &Run)>],
) -> Drawn {
    let Frame { top, right, bottom, .. } = plot.frame;
    let last = |curve: &Vec<(f64, &Run)>| curve.last().map(|(x, run)| (*x, run.summary.zbr()));
    let ends: Vec<_> = curves.iter().filter_map(last).map(|(x, y)| plot.at(x, 100.0 * y)).collect();
    let heights: Vec<_> = ends.iter().map(|end| end.1).collect();
    for ((curve, end), y) in curves.iter().zip(&ends).zip(apart(&heights, LINE, top..bottom)) {
        let Some((_, run)) = curve.last() else { continue };
        let colour = colour(results, run);
        line(canvas, vec![(end.0 + 6, end.1), (right + 10, y), (right + 18, y)], colour.mix(0.6))?;
        let style = text(TEXT, 1.0);
        let rate = percent(run.summary.zbr(), 1);
        let name = fit(canvas, &run.abr, &style, NAMES - 90)?;
        write(canvas, &format!("{name} {rate} %"), &style, (right + 24, y))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::sweep;

    #[test]
    fn numbers_of_one_unit_are_in_proportion_and_other_values_evenly_spaced() {
        let places = |swept: &[&str]| -> Vec<f64> {
            values(&sweep("key", swept, &["bola"]), 0).iter().map(|(x, _)| *x).collect()
        };
        assert_eq!(places(&["10s", "2s", "6s"]), [2.0, 6.0, 10.0]);
        assert_eq!(places(&["0.5 Mbps", "2.5Mbps"]), [0.5, 2.5]);
        assert_eq!(places(&["1s", "500ms"]), [0.0, 1.0]);
        assert_eq!(places(&["lru", "none"]), [0.0, 1.0]);
        assert_eq!(places(&["1", "1.0"]), [0.0, 1.0]);
        assert_eq!(places(&["-1", "3", "-"]), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn labels_that_would_not_fit_on_the_axis_are_left_out() {
        let close: Vec<_> = (0..100).map(|n| (f64::from(n), "100 kbps")).collect();
        let Axis { low, high, .. } = across(&close, 600);
        assert!(low < 0.0 && high > 99.0);
    }
}
