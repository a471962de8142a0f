//! One viewer over time, under each algorithm: what the link could do and what was displayed above,
//! the buffer below, how far behind live it is below that where it is live, and where playback
//! stood still in all.

use plotters::style::{Color, RGBAColor, RGBColor};

use super::axis::Axis;
use super::behind;
use super::canvas::{
    Canvas, Drawn, FAINT, Frame, GRID, INK, LINE, PAD, Pixel, Plot, STALL, TEXT, TICKS, TOP, WIDTH,
    area, block, line, text, title, width, write,
};
use super::{COLOURS, Chart, colour, seen};
use crate::media::{Representation, Rung};
use crate::metrics::Timeline;
use crate::report::format::{count, decimal, many, short};
use crate::report::{Results, Run};
use crate::units::{Bitrate, Span, Time};

/// The most runs whose timelines are drawn.
const MOST: usize = 8;

/// Where the first two plots are.
const RATES_TOP: i32 = TOP + 2 * LINE + 8;
const RATES: i32 = 220;
const BUFFER_TOP: i32 = RATES_TOP + RATES + 3 * LINE;
const BOTTOM: i32 = BUFFER_TOP + 120;

/// How strong the colour of stalls is.
const SHADE: f64 = 0.3;

/// File names have no more letters of a run's name.
const LETTERS: usize = 80;

/// The axis of rates covers so many times the dearest rung; bandwidth beyond that makes no
/// difference.
const BEYOND: f64 = 2.0;

/// The charts: of the first viewer, under the first runs in which that viewer did anything; of each
/// of the others, under the run in which they stalled longest.
pub(super) fn charts(results: &Results) -> Vec<Chart> {
    let runs = seen(results);
    let of = |place: usize| {
        let own = runs.iter().filter_map(|run| Watched::of(results, run, place));
        own.filter(|one| one.timeline.end > Time::ZERO).collect::<Vec<_>>()
    };
    let mut first = of(0);
    first.truncate(MOST);
    let others = (1..runs.iter().map(|run| run.timelines.len()).max().unwrap_or(0)).map(of);
    // Of equals, the first.
    let worst = others.filter_map(|all| all.into_iter().rev().max_by_key(Watched::stalled));
    let mut charts: Vec<Chart> = Vec::new();
    for (all, of_first) in [(first, true), (worst.collect(), false)] {
        let scale = Scale::of(&all);
        for one in &all {
            let mut chart = chart(one, &scale);
            if !of_first {
                chart.name = format!("{}-viewer-{}", chart.name, one.viewer);
            }
            let taken = |other: &Chart| other.name.eq_ignore_ascii_case(&chart.name);
            if charts.iter().any(taken) {
                chart.name = format!("{}-{}", chart.name, charts.len() + 1);
            }
            charts.push(chart);
        }
    }
    charts
}

/// The charts of one viewer under several runs of any results, each with what it is called there.
pub(in crate::report) fn of_viewer(viewer: u64, under: &[(&Run, &str, &Timeline)]) -> Vec<Chart> {
    let colours = COLOURS.into_iter().cycle();
    let all = under.iter().zip(colours).map(|(&(run, name, timeline), colour)| Watched {
        name: name.to_owned(),
        colour,
        rungs: &run.rungs,
        viewer,
        timeline,
    });
    let all: Vec<_> = all.collect();
    let scale = Scale::of(&all);
    all.iter().map(|one| chart(one, &scale)).collect()
}

/// A viewer's session under a run.
struct Watched<'a> {
    /// What the run is called.
    name: String,
    colour: RGBColor,
    rungs: &'a [Representation],
    viewer: u64,
    timeline: &'a Timeline,
}

impl<'a> Watched<'a> {
    /// A viewer that is shown of a run, by their place among these.
    fn of(results: &Results, run: &'a Run, place: usize) -> Option<Self> {
        let (viewer, timeline) = run.timelines.get(place)?;
        let (name, colour) = (short(run), colour(results, run));
        Some(Self { name, colour, rungs: &run.rungs, viewer: *viewer, timeline })
    }

    fn stalled(&self) -> Span {
        self.timeline.stalls.iter().map(|(from, to)| *to - *from).sum()
    }
}

/// The same axes for all, so that they can be compared.
struct Scale {
    end: f64,
    rate: f64,
    buffer: f64,
    behind: Option<behind::Scale>,
}

impl Scale {
    fn of(all: &[Watched<'_>]) -> Self {
        let behind = behind::Scale::of(&all.iter().map(|one| one.timeline).collect::<Vec<_>>());
        let mut scale = Self { end: 0.0, rate: 0.0, buffer: 0.0, behind };
        for Watched { rungs, timeline, .. } in all {
            let dearest = rungs.last().map_or(0.0, |rung| mbps(rung.bitrate));
            let rates = timeline.bandwidth.iter().chain(&timeline.estimate);
            let fastest = rates.map(|(_, rate)| mbps(*rate)).fold(dearest, f64::max);
            let fullest = timeline.buffer.iter().map(|(_, span)| span.as_secs_f64());
            scale.end = scale.end.max(seconds(timeline.end));
            scale.rate = scale.rate.max(fastest.min(BEYOND * dearest));
            scale.buffer = fullest.fold(scale.buffer, f64::max);
        }
        scale
    }

    /// Where the last plot ends.
    fn bottom(&self) -> i32 {
        BOTTOM + self.behind.as_ref().map_or(0, behind::Scale::height)
    }
}

fn chart(one: &Watched<'_>, scale: &Scale) -> Chart {
    let Watched { name, viewer, timeline, .. } = one;
    let caption = format!("Viewer {} under {name}: {}.", count(*viewer), story(timeline));
    let height = scale.bottom() + TICKS + PAD;
    let file = format!("timeline-{}", file_name(name));
    Chart::new(file, caption, height, |canvas| draw(canvas, one, scale))
}

/// What happened, in words.
pub(super) fn story(timeline: &Timeline) -> String {
    let Some(started) = timeline.started else { return "playback never began".into() };
    let started = decimal(seconds(started), 1);
    let stalled: Span = timeline.stalls.iter().map(|(from, to)| *to - *from).sum();
    let mut story = match timeline.stalls.len() as u64 {
        0 => format!("playing after {started} s, and never stalled"),
        stalls => {
            let stalled = decimal(stalled.as_secs_f64(), 1);
            let stalls = many(stalls, "stall");
            format!("playing after {started} s, {stalls}, {stalled} s stalled in all")
        }
    };
    let path = behind::path(timeline);
    if let (Some((_, first)), Some((_, last))) = (path.first(), path.last()) {
        let (first, last) = (decimal(*first, 1), decimal(*last, 1));
        story += &format!("; {first} s behind live at first, {last} s at the end");
    }
    story
}

/// A name with nothing in it that a file's name may not have.
fn file_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.';
    name.chars().take(LETTERS).map(|c| if allowed(c) { c } else { '-' }).collect()
}

fn draw(canvas: &Canvas<'_>, one: &Watched<'_>, scale: &Scale) -> Drawn {
    let Watched { name, colour, rungs, viewer, timeline } = one;
    title(canvas, &format!("Viewer {} under {name}", count(*viewer)))?;
    let mut entries =
        vec![("bandwidth", INK.mix(2.0 * GRID), 12), ("bitrate displayed", colour.mix(1.0), 3)];
    if !timeline.estimate.is_empty() {
        entries.push(("throughput estimate", INK.mix(1.0), 1));
    }
    if !timeline.stalls.is_empty() {
        entries.push(("stall", STALL.mix(1.5 * SHADE), 12));
    }
    key(canvas, &entries, (PAD, TOP))?;
    let (left, right) = (PAD + TICKS, WIDTH - 2 * PAD);
    let frame = Frame { left, top: RATES_TOP, right, bottom: RATES_TOP + RATES };
    let x = Axis::exactly(0.0, scale.end);
    let rates = (Axis::up_to(scale.rate), "Mbit/s");
    let plot = Plot::new(canvas, frame, (x.clone(), ""), rates)?;
    shade(canvas, &plot, timeline)?;
    let end = seconds(timeline.end);
    let stairs = |rates: &[(Time, Bitrate)]| {
        plot.stairs(canvas, rates.iter().map(|(at, rate)| (seconds(*at), mbps(*rate))), end)
    };
    let bandwidth = stairs(&timeline.bandwidth);
    fill(canvas, &plot, &bandwidth, INK.mix(GRID))?;
    line(canvas, bandwidth, INK.mix(FAINT))?;
    line(canvas, stairs(&timeline.estimate), INK)?;
    let bitrate = |rung: Rung| rungs.get(rung.0 as usize).map_or(Bitrate::ZERO, |r| r.bitrate);
    let shown: Vec<_> = timeline.shown.iter().map(|(at, rung)| (*at, bitrate(*rung))).collect();
    line(canvas, stairs(&shown), colour.stroke_width(3))?;

    let frame = Frame { left, top: BUFFER_TOP, right, bottom: BOTTOM };
    let buffer = (Axis::up_to(scale.buffer), "media in the buffer, s");
    let last = if scale.behind.is_none() { "from pressing play, s" } else { "" };
    let plot = Plot::new(canvas, frame, (x.clone(), last), buffer)?;
    shade(canvas, &plot, timeline)?;
    let corners =
        timeline.buffer.iter().map(|(at, held)| plot.at(seconds(*at), held.as_secs_f64()));
    let corners: Vec<_> = corners.collect();
    fill(canvas, &plot, &corners, colour.mix(GRID))?;
    line(canvas, corners, colour.stroke_width(2))?;
    match &scale.behind {
        Some(behind) => {
            behind::draw(canvas, (timeline, *colour), behind, &x, (left, BOTTOM, right))
        }
        None => Ok(()),
    }
}

/// Fills what is under a line.
fn fill(canvas: &Canvas<'_>, plot: &Plot, under: &[Pixel], colour: RGBAColor) -> Drawn {
    let (Some(first), Some(last)) = (under.first(), under.last()) else { return Ok(()) };
    let ground = [(last.0, plot.frame.bottom), (first.0, plot.frame.bottom)];
    area(canvas, under.iter().copied().chain(ground).collect(), colour)
}

/// Shades the stalls, each at least two pixels wide; those that meet on paper are one block.
pub(super) fn shade(canvas: &Canvas<'_>, plot: &Plot, timeline: &Timeline) -> Drawn {
    let mut blocks: Vec<(i32, i32)> = Vec::new();
    for (from, to) in &timeline.stalls {
        let (from, to) = (plot.across(seconds(*from)), plot.across(seconds(*to)));
        let to = to.max(from + 2);
        match blocks.last_mut().filter(|before| from <= before.1) {
            Some(before) => before.1 = before.1.max(to),
            None => blocks.push((from, to)),
        }
    }
    for (from, to) in blocks {
        let corner = (to, plot.frame.bottom);
        block(canvas, (from, plot.frame.top), corner, STALL.mix(SHADE))?;
    }
    Ok(())
}

/// Says what is what above a plot, side by side: names, their colours, and how thick their lines
/// are.
pub(super) fn key(
    canvas: &Canvas<'_>,
    entries: &[(&str, RGBAColor, i32)],
    (mut left, middle): Pixel,
) -> Drawn {
    let style = text(TEXT - 1.0, 1.0);
    for (name, colour, thick) in entries {
        let top = middle - thick / 2;
        block(canvas, (left, top), (left + 16, top + thick), colour)?;
        write(canvas, name, &style, (left + 22, middle))?;
        left += 22 + width(canvas, name, &style)? + 24;
    }
    Ok(())
}

pub(super) fn seconds(at: Time) -> f64 {
    at.since_start().as_secs_f64()
}

fn mbps(rate: Bitrate) -> f64 {
    rate.as_kbps_f64() / 1e3
}
