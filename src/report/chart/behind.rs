//! How far behind live one viewer is over time, below that viewer's timeline: what is aimed at,
//! where the player went to another place, and how fast it plays where that ever changes.
//!
//! The idea to hold: what a session tells are corners. From one to the next latency is level at
//! normal speed, rises by a second a second in a stall, and falls as much as media is played
//! faster.

use plotters::style::{Color, RGBColor};

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, FAINT, Frame, INK, LINE, MUTED, PAD, Plot, TEXT, TICKS, line, text, width,
};
use super::timeline::{key, seconds, shade};
use crate::metrics::Timeline;
use crate::report::format::decimal;
use crate::units::Speed;

/// How tall the plot of latency is, and that of the speed.
const LATENCY: i32 = 150;
const SPEED: i32 = 64;

/// What is between two plots.
const BETWEEN: i32 = 3 * LINE;

/// No axis of latency covers less, in seconds.
const LEAST: f64 = 0.5;

/// The same axes for all, so that they can be compared.
pub(super) struct Scale {
    latency: (f64, f64),
    /// The slowest and the fastest, if it was ever not the normal speed.
    speed: Option<(f64, f64)>,
}

impl Scale {
    /// Of all of these that are of something live, if any is.
    pub(super) fn of(timelines: &[&Timeline]) -> Option<Self> {
        let behind = || timelines.iter().flat_map(|timeline| &timeline.behind);
        let paths = timelines.iter().flat_map(|timeline| path(timeline));
        let paths = paths.map(|(_, latency)| latency);
        let targets = behind().map(|behind| behind.target.as_secs_f64());
        let all: Vec<f64> = paths.chain(targets).collect();
        let (low, high) = ends(all.iter().copied());
        let middle = (low + high) / 2.0;
        let latency = (low.min(middle - LEAST / 2.0).max(0.0), high.max(middle + LEAST / 2.0));
        let normal = Speed::NORMAL.as_f64();
        let speeds = ends(behind().map(|behind| behind.speed.as_f64()).chain([normal]));
        let speed = Some(speeds).filter(|(slowest, fastest)| slowest < fastest);
        (!all.is_empty()).then_some(Self { latency, speed })
    }

    /// How much room the plots take below the last one.
    pub(super) fn height(&self) -> i32 {
        let speed = if self.speed.is_some() { BETWEEN + SPEED } else { 0 };
        BETWEEN + LATENCY + speed
    }
}

/// The lowest and the highest.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let all = (f64::INFINITY, f64::NEG_INFINITY);
    values.fold(all, |(low, high), value| (low.min(value), high.max(value)))
}

/// Draws the plots below this height, over this axis of time.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    (timeline, colour): (&Timeline, RGBColor),
    scale: &Scale,
    x: &Axis,
    (left, above, right): (i32, i32, i32),
) -> Drawn {
    let name = |last: bool| if last { "from pressing play, s" } else { "" };
    let top = above + BETWEEN;
    let frame = Frame { left, top, right, bottom: top + LATENCY };
    let y = (Axis::covering(scale.latency.0, scale.latency.1), "behind live, s");
    let plot = Plot::new(canvas, frame, (x.clone(), name(scale.speed.is_none())), y)?;
    shade(canvas, &plot, timeline)?;
    let end = seconds(timeline.end);
    let targets = timeline.behind.iter();
    let targets = targets.map(|behind| (seconds(behind.at), behind.target.as_secs_f64()));
    line(canvas, plot.stairs(canvas, targets, end), INK.mix(MUTED))?;
    let mut resyncs: Vec<_> = timeline.resyncs.iter().map(|at| plot.across(seconds(*at))).collect();
    resyncs.dedup();
    for at in &resyncs {
        let ends = vec![(*at, plot.frame.top), (*at, plot.frame.bottom)];
        line(canvas, ends, INK.mix(FAINT).stroke_width(3))?;
    }
    let corners = path(timeline).into_iter().map(|(at, latency)| plot.at(at, latency)).collect();
    line(canvas, corners, colour.stroke_width(2))?;
    let mut entries = vec![("latency", colour.mix(1.0), 3), ("target", INK.mix(MUTED), 1)];
    if !resyncs.is_empty() {
        entries.push(("went to another place", INK.mix(FAINT), 12));
    }
    let beside = left - TICKS + width(canvas, "behind live, s", &text(TEXT, MUTED))? + 2 * PAD;
    key(canvas, &entries, (beside, top - 18))?;

    let Some((slowest, fastest)) = scale.speed else { return Ok(()) };
    let top = above + 2 * BETWEEN + LATENCY;
    let frame = Frame { left, top, right, bottom: top + SPEED };
    let y = (speeds(slowest, fastest), "speed of playback");
    let plot = Plot::new(canvas, frame, (x.clone(), name(true)), y)?;
    shade(canvas, &plot, timeline)?;
    let steps = timeline.behind.iter();
    let steps = steps.map(|behind| (seconds(behind.at), behind.speed.as_f64()));
    line(canvas, plot.stairs(canvas, steps, end), colour.stroke_width(2))
}

/// An axis of speeds, with ticks at the normal one and at those of the ends that are not beside it.
fn speeds(slowest: f64, fastest: f64) -> Axis {
    let (normal, room) = (Speed::NORMAL.as_f64(), 0.1 * (fastest - slowest));
    let apart = |speed: &f64| (speed - normal).abs() > 3.0 * room;
    let ticks = [slowest, normal, fastest].into_iter();
    let ticks = ticks.filter(|speed| *speed == normal || apart(speed));
    let ticks = ticks.map(|speed| (speed, format!("{}×", decimal(speed, 2)))).collect();
    Axis::with_ticks(slowest - room, fastest + room, ticks)
}

/// The corners of the line of latency, in seconds since pressing play and seconds behind live.
pub(super) fn path(timeline: &Timeline) -> Vec<(f64, f64)> {
    let mut corners = Vec::new();
    let mut stalls = timeline.stalls.iter().peekable();
    let ends = timeline.behind.iter().skip(1).map(|next| next.at).chain([timeline.end]);
    for (behind, end) in timeline.behind.iter().zip(ends) {
        let (mut at, end) = (seconds(behind.at), seconds(end));
        let (mut latency, gain) = (behind.latency.as_secs_f64(), behind.speed.as_f64() - 1.0);
        corners.push((at, latency));
        while let Some((from, to)) = stalls.peek().filter(|(from, _)| seconds(*from) < end) {
            let (from, to) = (seconds(*from).max(at), seconds(*to).clamp(at, end));
            latency -= gain * (from - at);
            corners.push((from, latency));
            latency += to - from;
            corners.push((to, latency));
            at = to;
            if to >= end {
                break;
            }
            stalls.next();
        }
        corners.push((end, latency - gain * (end - at)));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Behind;
    use crate::units::{Span, Time};

    #[test]
    fn latency_is_level_rises_in_stalls_and_falls_where_media_is_played_faster() {
        let at = |secs: u64| Time::ZERO + Span::from_secs(secs);
        let behind = |secs: u64, latency: u64, speed: u16| Behind {
            at: at(secs),
            latency: Span::from_secs(latency),
            target: Span::from_secs(3),
            speed: Speed::from_per_mille(speed).unwrap(),
        };
        let mut timeline = Timeline::default();
        timeline.behind = vec![behind(1, 3, 1_000), behind(14, 7, 1_500)];
        timeline.stalls = vec![(at(6), at(8)), (at(10), at(12))];
        timeline.end = at(20);
        // Two stalls of 2 s make 3 s of latency 7, and 6 s at half as fast again make 4 of it.
        let corners = [(1, 3), (6, 3), (8, 5), (10, 5), (12, 7), (14, 7), (14, 7), (20, 4)];
        let corners = corners.map(|(at, latency)| (f64::from(at), f64::from(latency)));
        assert_eq!(path(&timeline), corners);
        // What is told amid a stall does not end it.
        timeline.stalls = vec![(at(6), at(16))];
        let corners = path(&timeline);
        assert_eq!(corners[1..5], [(6.0, 3.0), (14.0, 11.0), (14.0, 11.0), (14.0, 7.0)]);
        assert_eq!(corners[5..], [(14.0, 7.0), (16.0, 9.0), (20.0, 7.0)]);
    }
}
