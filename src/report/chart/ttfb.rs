//! How long viewers' requests wait at the edge for a first byte, by where that comes from: a line
//! per place, and a panel per point of a sweep.
//!
//! The idea to hold: waits go from nothing to seconds, so their axis is logarithmic, from a tenth
//! of a millisecond on; what is faster stands at its left end.

use plotters::style::{Color, RGBColor};

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, MUTED, PAD, Plot, TEXT, WIDTH, ending, fit, line, text, title, write,
};
use super::panels::{self, Panels};
use super::{COLOURS, Chart, point, seen};
use crate::cdn::Source;
use crate::report::{Results, Run};
use crate::scenario::name_of;

/// The axis begins at so many microseconds.
const LEAST: f64 = 100.0;

/// So many are one of the axis' unit.
const MILLI: f64 = 1e3;

/// What is written on it, and where in microseconds.
const TICKS: [(f64, &str); 6] =
    [(1e2, "0.1ms"), (1e3, "1ms"), (1e4, "10ms"), (1e5, "0.1s"), (1e6, "1s"), (1e7, "10s")];

/// The chart, if there are caches: of the first algorithm at each point.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let runs = seen(results);
    let first = runs.chunk_by(|a, b| a.point == b.point).map(|same| same[0]);
    let first: Vec<_> = first.filter(|run| run.chain.is_some()).collect();
    let (shown, missing) = panels::some(first, "points of the sweep");
    let abr = &shown.first()?.abr;
    let caption = format!(
        "The share of viewers' requests that have waited no longer at the edge for their first \
         byte, by where it comes from, under {abr}. The round trip of the viewer is not \
         counted.{missing}"
    );
    let height = Panels::of(shown.len()).height();
    Some(Chart::new("ttfb", caption, height, |canvas| draw(canvas, results, &shown)))
}

fn draw(canvas: &Canvas<'_>, results: &Results, shown: &[&Run]) -> Drawn {
    let panels = Panels::of(shown.len());
    title(canvas, "Waiting for the first byte")?;
    let about = "requests, %, by how long they wait at the edge";
    write(canvas, about, &ending(text(TEXT, MUTED)), (WIDTH - PAD, PAD + 8))?;
    let mut sources: Vec<(Source, String)> = Vec::new();
    for (tally, stores) in shown.iter().filter_map(|run| run.chain.as_ref()) {
        for (place, _) in &tally.waits {
            if !sources.iter().any(|(known, _)| known == place) {
                sources.push((*place, name_of(*place, stores)));
            }
        }
    }
    sources.sort();
    let names: Vec<_> = sources.iter().map(|(place, name)| (&**name, colour(*place))).collect();
    panels::key(canvas, &names)?;
    let far = |micros: f64| libm::log10(micros.max(LEAST) / MILLI);
    let ticks: Vec<_> = TICKS.iter().map(|(at, name)| (far(*at), (*name).to_owned())).collect();
    for (run, n) in shown.iter().zip(0..) {
        let frame = panels.frame(n);
        let name = fit(canvas, &point(results, run), &text(TEXT, 1.0), frame.right - frame.left)?;
        let x = Axis::with_ticks(far(LEAST), far(1e7), ticks.clone()).logarithmic();
        let plot = Plot::new(canvas, frame, (x, ""), (Axis::percent(), &name))?;
        let plot = plot.named(canvas, &name, "waited at the edge, ms", "requests, %");
        for (place, waits) in run.chain.iter().flat_map(|(tally, _)| &tally.waits) {
            let steps = waits.cdf().into_iter();
            let steps = steps.map(|(micros, share)| (far(micros as f64), 100.0 * share));
            let name = run.chain.as_ref().map(|(_, stores)| name_of(*place, stores));
            canvas.series(&name.unwrap_or_default(), colour(*place), || {
                let steps = [(far(LEAST), 0.0)].into_iter().chain(steps);
                let stairs = plot.stairs(canvas, steps, far(1e7));
                line(canvas, stairs, colour(*place).stroke_width(2))
            })?;
        }
    }
    Ok(())
}

/// The edge is blue, the shield orange, and what is behind them has the colours after those.
fn colour(place: Source) -> RGBColor {
    let place = match place {
        Source::Edge => 0,
        Source::Shield => 1,
        Source::Origin(store) => 2 + usize::from(store),
    };
    COLOURS[place % COLOURS.len()]
}
