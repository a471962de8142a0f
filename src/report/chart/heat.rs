//! Two keys swept at once: a heat map of the zero-buffer rate beside one of the bitrate.
//!
//! The idea to hold: what is won in one is often lost in the other, so both stand side by side,
//! each cell with its number, its colour by where it lies between the least and the most there is.

use std::ops::Range;

use super::canvas::{
    Canvas, Drawn, LINE, MUTED, PAD, TEXT, TOP, WIDTH, block, centred, ending, fit, text, title,
    write,
};
use super::rungs::ramp;
use super::stack::readable_on;
use super::{Chart, algorithms, seen};
use crate::report::format::{clean, last_part, percent, short};
use crate::report::{Results, Run};

/// How tall a cell is.
const CELL: i32 = 34;

/// What the values of the first key take beside the cells.
const SIDE: i32 = 76;

/// How many shades there are.
const SHADES: usize = 64;

/// No more values of a key than this are drawn: there is no room to read more.
const MOST: usize = 16;

/// No more algorithms than this have a map.
const MAPS: usize = 8;

/// A map for each algorithm, if exactly two keys were swept over at least two values each.
pub(super) fn charts(results: &Results) -> Vec<Chart> {
    let [_, _] = results.swept.as_slice() else { return Vec::new() };
    let keys = [0, 1].map(|key| values(results, key));
    if keys.iter().any(|values| !(2..=MOST).contains(&values.len())) {
        return Vec::new();
    }
    let maps = algorithms(results).into_iter().take(MAPS).map(|abr| chart(results, abr, &keys));
    maps.collect()
}

fn chart(results: &Results, abr: &str, keys: &[Vec<&str>; 2]) -> Chart {
    let [down, across] = [0, 1].map(|key| clean(last_part(&results.swept[key])));
    let safe: String = abr.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let caption = format!(
        "{}: the zero-buffer rate and the mean bitrate by {down}, from top to bottom, and by \
         {across}, from left to right. Darker is more.",
        clean(abr)
    );
    let height = TOP + 3 * LINE + CELL * keys[0].len() as i32 + PAD;
    let draw = |canvas: &Canvas<'_>| draw(canvas, results, abr, keys);
    Chart::new(format!("heat-{safe}"), caption, height, draw)
}

/// The values of a key, each once, in the order of the scenario.
fn values(results: &Results, key: usize) -> Vec<&str> {
    let mut values: Vec<&str> = Vec::new();
    for value in seen(results).into_iter().filter_map(|run| run.point.get(key)) {
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    values
}

fn draw(canvas: &Canvas<'_>, results: &Results, abr: &str, keys: &[Vec<&str>; 2]) -> Drawn {
    title(canvas, &format!("Zero-buffer rate and bitrate of {abr}"))?;
    let middle = WIDTH / 2;
    let zbr = |run: &Run| (100.0 * run.summary.zbr(), percent(run.summary.zbr(), 1));
    let bitrate = |run: &Run| {
        let mbps = run.summary.mean_bitrate().as_f64() / 1e6;
        (mbps, format!("{mbps:.2}"))
    };
    let (left, right) = (PAD..middle - PAD, middle..WIDTH - PAD);
    map(canvas, results, abr, keys, left, ("never stalled, %", &zbr))?;
    map(canvas, results, abr, keys, right, ("mean bitrate, Mbit/s", &bitrate))
}

/// What is shown of a run: its place among the others, and in words.
type Shown<'a> = &'a dyn Fn(&Run) -> (f64, String);

fn map(
    canvas: &Canvas<'_>,
    results: &Results,
    abr: &str,
    [down, across]: &[Vec<&str>; 2],
    place: Range<i32>,
    (name, shown): (&str, Shown<'_>),
) -> Drawn {
    let runs: Vec<_> = seen(results).into_iter().filter(|run| run.abr == abr).collect();
    let figures = || runs.iter().map(|run| shown(run).0);
    let least = figures().fold(f64::INFINITY, f64::min);
    let range = (figures().fold(f64::NEG_INFINITY, f64::max) - least).max(f64::MIN_POSITIVE);
    let (muted, plain) = (text(TEXT - 1.0, MUTED), text(TEXT, 1.0));
    let [key_down, key_across] = [0, 1].map(|key| clean(last_part(&results.swept[key])));
    write(
        canvas,
        &fit(canvas, name, &plain, place.end - place.start)?,
        &plain,
        (place.start, TOP),
    )?;
    let left = place.start + SIDE;
    let width = (place.end - left) / across.len() as i32;
    let corner =
        fit(canvas, &format!("{key_down} \\ {key_across}"), &muted, place.end - place.start)?;
    write(canvas, &corner, &muted, (place.start, TOP + LINE))?;
    let top = TOP + 3 * LINE;
    for (column, value) in across.iter().enumerate() {
        let at = (left + width * column as i32 + width / 2, top - LINE / 2);
        write(canvas, &fit(canvas, value, &muted, width - 4)?, &centred(muted.clone()), at)?;
    }
    for (row, value) in down.iter().enumerate() {
        let y = top + CELL * row as i32;
        let label = fit(canvas, value, &muted, SIDE - 10)?;
        write(canvas, &label, &ending(muted.clone()), (left - 8, y + CELL / 2))?;
        for (column, across) in across.iter().enumerate() {
            let point = [*value, *across];
            let Some(run) = runs.iter().find(|run| run.point == point) else { continue };
            let (figure, words) = shown(run);
            let shade = (figure - least) / range * (SHADES - 1) as f64;
            let x = left + width * column as i32;
            let (from, to) = ((x, y), (x + width - 2, y + CELL - 2));
            canvas.mark(from, to, format!("{}: {name}: {words}", short(run)));
            let colour = ramp(shade as usize, SHADES);
            block(canvas, from, to, colour)?;
            let readable = readable_on(colour);
            let style = centred(text(TEXT - 1.0, 1.0)).color(&readable);
            let words = fit(canvas, &words, &style, width - 4)?;
            write(canvas, &words, &style, (x + width / 2 - 1, y + CELL / 2))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::sweep;

    #[test]
    fn two_keys_make_a_map_for_each_algorithm_and_one_makes_none() {
        let mut results = sweep("player.buffer", &["15s", "30s"], &["bola", "hls.js"]);
        assert!(charts(&results).is_empty());
        results.swept.push("content.segment".into());
        let mut both = results.runs.clone();
        results.runs.iter_mut().for_each(|run| run.point.push("2s".into()));
        both.iter_mut().for_each(|run| run.point.push("6s".into()));
        results.runs.extend(both);
        let maps = charts(&results);
        let names: Vec<_> = maps.iter().map(|map| map.name.as_str()).collect();
        assert_eq!(names, ["heat-bola", "heat-hls-js"]);
        assert!(maps[0].svg.contains("15s") && maps[0].svg.contains("6s"));
    }
}
