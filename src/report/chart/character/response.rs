//! What a player asks for by bandwidth, while it rises and while it falls: where the two are apart,
//! it takes more to get to a rung than to stay there.
//!
//! The idea to hold: both axes are logarithms with the rungs for ticks, so a safety factor is the
//! same distance from the diagonal at every rung.

use plotters::style::Color;

use super::{colour, label, mbps};
use crate::characterize::{Character, Pass};
use crate::report::chart::Chart;
use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{
    Canvas, Drawn, FAINT, Frame, INK, LINE, MUTED, PAD, Plot, TEXT, TICKS, TOP, WIDTH, line, text,
    title, write,
};
use crate::report::chart::timeline::key;
use crate::report::format::decimal;

/// How tall the plot is.
const HEIGHT: i32 = 340;

/// How near to each other two ticks may be, in shares of the axis.
const NEAR: f64 = 0.045;

pub(super) fn chart(player: &Character) -> Option<Chart> {
    if player.passes.iter().all(|pass| pass.steps.is_empty()) {
        return None;
    }
    let top = TOP + LINE + 16;
    let caption = format!(
        "The bitrate that {} asks for by bandwidth, while that rises and while it falls. On the \
         thin line all of the bandwidth would be spent.",
        label(player)
    );
    let (name, height) = (super::response_name(player), top + HEIGHT + TICKS + PAD);
    Some(Chart::new(name, caption, height, |canvas| draw(canvas, player, top)))
}

fn draw(canvas: &Canvas<'_>, player: &Character, top: i32) -> Drawn {
    title(canvas, &format!("{}: what it asks for as bandwidth rises and falls", label(player)))?;
    let (up, down) = (colour(0), colour(5));
    let entries = [("rising", up.mix(1.0), 3), ("falling", down.mix(1.0), 3)];
    key(canvas, &entries, (PAD, TOP))?;
    let steps = || player.passes.iter().flat_map(|pass| &pass.steps);
    let rates = || steps().map(|(rate, _)| mbps(*rate));
    let rungs = || player.rungs.iter().map(|rung| mbps(rung.bitrate));
    let low = rates().chain(rungs()).fold(f64::MAX, f64::min);
    let (most, dearest) = (rates().fold(low, f64::max), rungs().fold(low, f64::max));
    let frame = Frame { left: PAD + TICKS, top, right: WIDTH - 2 * PAD, bottom: top + HEIGHT };
    let x = axis(low, most.max(1.01 * low), rungs());
    let y = axis(low, 1.15 * dearest, rungs());
    let plot = Plot::new(canvas, frame, (x, "bandwidth, Mbit/s"), (y, ""))?;
    write(canvas, "asked for, Mbit/s", &text(TEXT, MUTED), (frame.left - TICKS, top - 10))?;
    let at = |x: f64, y: f64| plot.at(libm::log2(x), libm::log2(y));
    let end = most.min(1.15 * dearest);
    line(canvas, vec![at(low, low), at(end, end)], INK.mix(FAINT))?;
    for pass in &player.passes {
        let colour = if pass.rising { up } else { down };
        let corners = plot.stairs(canvas, stairs(pass), libm::log2(most));
        line(canvas, corners, colour.stroke_width(3))?;
    }
    Ok(())
}

/// The steps from left to right, as logarithms.
fn stairs(pass: &Pass) -> Vec<(f64, f64)> {
    let step = |(rate, asked): &(_, _)| (libm::log2(mbps(*rate)), libm::log2(mbps(*asked)));
    let mut steps: Vec<_> = pass.steps.iter().map(step).collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    steps
}

/// A logarithmic axis with ticks at the rungs, as many as there is room for.
fn axis(low: f64, high: f64, rungs: impl Iterator<Item = f64>) -> Axis {
    let (low, high) = (libm::log2(low), libm::log2(high));
    let mut ticks: Vec<(f64, String)> = Vec::new();
    for rung in rungs {
        let place = libm::log2(rung);
        let far = |last: &(f64, String)| place - last.0 >= NEAR * (high - low);
        if (low..=high).contains(&place) && ticks.last().is_none_or(far) {
            ticks.push((place, decimal(rung, if rung < 9.995 { 2 } else { 1 })));
        }
    }
    Axis::with_ticks(low, high, ticks)
}
