//! Traces over time: what a link could carry.
//!
//! The idea to hold: a few traces are lines of their own colours, named above; many are a cloud of
//! faint ones, which shows where they are mostly.

use plotters::style::{Color, ShapeStyle};

use super::axis::Axis;
use super::canvas::{
    Canvas, Drawn, Frame, LINE, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, area, block, fit, line,
    text, title, width, write,
};
use super::{COLOURS, Chart};
use crate::report::format::{bitrate, count, decimal};
use crate::trace::Trace;
use crate::trace::measure::Measures;
use crate::units::Bitrate;

/// So many are drawn at most.
const MOST: usize = 100;

/// How tall the plot is.
const HEIGHT: i32 = 300;

/// The axis of rates ends no further above than where nearly all of the time is below, times so
/// much: a single spike should not flatten the rest.
const NEARLY: f64 = 0.995;
const ABOVE: f64 = 1.5;

/// How strong the lines of many are, and the ground below one alone.
const CLOUD: f64 = 0.22;
const GROUND: f64 = 0.14;

/// A chart of traces, each with its name.
pub fn trace_chart(traces: &[(&str, &Trace)]) -> Chart {
    let shown = &traces[..traces.len().min(MOST)];
    let rows = if shown.len() <= COLOURS.len() { shown.len() as i32 } else { 1 };
    let top = TOP + rows * LINE + 28;
    let bottom = top + HEIGHT;
    let few = match shown.len() == traces.len() {
        true => String::new(),
        false => format!(", of which the first {} are drawn", shown.len()),
    };
    let caption = format!("Bandwidth over time of {}{few}.", heading(traces));
    let draw = |canvas: &Canvas<'_>| draw(canvas, traces, shown, (top, bottom));
    Chart::new("trace", caption, bottom + TICKS + PAD, draw)
}

fn heading(traces: &[(&str, &Trace)]) -> String {
    match traces {
        [(name, _)] => (*name).to_owned(),
        several => format!("{} traces", count(several.len() as u64)),
    }
}

fn draw(
    canvas: &Canvas<'_>,
    traces: &[(&str, &Trace)],
    shown: &[(&str, &Trace)],
    (top, bottom): (i32, i32),
) -> Drawn {
    title(canvas, &heading(traces))?;
    let measures: Vec<_> = shown.iter().map(|(_, trace)| Measures::of(trace)).collect();
    let all = Measures::of_all(measures.iter());
    let fastest = all.quantile(1.0).as_f64().min(ABOVE * all.quantile(NEARLY).as_f64());
    let fastest = Bitrate::from_bps_f64(fastest.max(all.mean().as_f64()));
    let longest = measures.iter().map(|measures| measures.length().as_secs_f64());
    let longest = longest.fold(0.0, f64::max);
    let frame = Frame { left: PAD + TICKS, top, right: WIDTH - 2 * PAD, bottom };
    let rates = (Axis::up_to(mbps(fastest)), "Mbit/s");
    let (scale, unit) = if longest > 600.0 { (60.0, "minutes") } else { (1.0, "seconds") };
    let plot = Plot::new(canvas, frame, (Axis::exactly(0.0, longest / scale), unit), rates)?;
    let many = shown.len() > COLOURS.len();
    for (order, (name, trace)) in shown.iter().enumerate() {
        let colour = COLOURS[if many { 0 } else { order % COLOURS.len() }];
        let mut from = 0.0;
        let corners = trace.treads().map(|tread| {
            let corner = (from / scale, mbps(tread.rate));
            from += tread.span.as_secs_f64();
            corner
        });
        let length = trace.length().as_secs_f64() / scale;
        let through = plot.stairs(canvas, corners, length);
        if shown.len() == 1 {
            let ground = [(plot.across(length), bottom), (plot.across(0.0), bottom)];
            area(canvas, [through.clone(), ground.to_vec()].concat(), colour.mix(GROUND))?;
        }
        let strength = if many { CLOUD } else { 1.0 };
        let style: ShapeStyle = colour.mix(strength).into();
        line(canvas, through, style.stroke_width(if many { 1 } else { 2 }))?;
        if !many {
            let place = TOP + order as i32 * LINE;
            block(canvas, (PAD, place - 2), (PAD + 14, place + 2), colour)?;
            key(canvas, name, &measures[order], place)?;
        }
    }
    match many {
        true => write(canvas, &story(&all), &text(TEXT, MUTED), (PAD, TOP)),
        false => Ok(()),
    }
}

/// A trace's name, and how fast it is.
fn key(canvas: &Canvas<'_>, name: &str, measures: &Measures, place: i32) -> Drawn {
    let (named, told) = (text(TEXT, 1.0), text(TEXT, MUTED));
    let story = story(measures);
    let room = WIDTH - 3 * PAD - 36 - width(canvas, &story, &told)?;
    let name = fit(canvas, name, &named, room)?;
    write(canvas, &name, &named, (PAD + 22, place))?;
    let after = PAD + 22 + width(canvas, &name, &named)? + 14;
    write(canvas, &story, &told, (after, place))
}

fn story(measures: &Measures) -> String {
    let mean = format!("mean {}", bitrate(measures.mean()));
    let quiet = measures.quiet();
    match measures.outages() {
        0 => mean,
        1 => format!("{mean}, one outage of {} s", decimal(quiet.as_secs_f64(), 1)),
        outages => {
            let quiet = decimal(quiet.as_secs_f64(), 1);
            format!("{mean}, {} outages of {quiet} s in all", count(outages))
        }
    }
}

fn mbps(rate: Bitrate) -> f64 {
    rate.as_kbps_f64() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{End, Tread};
    use crate::units::Span;

    fn trace(steps: u64) -> Trace {
        let tread = |n: u64| Tread {
            span: Span::from_millis(500 + n % 3),
            rate: Bitrate::kbps(n * 7_919 % 10_000),
            rtt: None,
        };
        Trace::new((1..=steps).map(tread), End::Repeat).unwrap()
    }

    #[test]
    fn one_a_few_and_many_are_drawn() {
        let trace = trace(200);
        for count in [1, 2, 7, 8, 300] {
            let chart = trace_chart(&vec![("a/trace of <some> name & more", &trace); count]);
            let tree = super::super::png::tree(&chart.svg);
            assert!(tree.root().children().len() > 5 && !chart.svg.contains("NaN"), "{count}");
            assert_eq!(chart.caption.contains("first 100"), count == 300);
        }
    }

    #[test]
    fn a_day_in_tenths_of_a_second_makes_no_large_chart() {
        let chart = trace_chart(&[("day", &trace(864_000))]);
        assert!(chart.svg.len() < 200_000, "{}", chart.svg.len());
    }
}
