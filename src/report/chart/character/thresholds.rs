//! Where players go up to each rung and back: a row per player, in multiples of what the rung
//! needs, so that all rungs share an axis.

use plotters::style::Color;

use super::{Character, THRESHOLDS, colour, label};
use crate::characterize::{Boundary, Threshold};
use crate::report::chart::Chart;
use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{
    Canvas, Drawn, FAINT, Frame, INK, LINE, MUTED, PAD, PAPER, Pixel, Plot, TEXT, TICKS, TOP,
    WIDTH, dot, ending, line, text, title, write,
};
use crate::report::chart::panels;
use crate::report::format::bitrate;

/// How tall a player's row is, and what is between rungs.
const ROW: i32 = 16;
const APART: i32 = 12;

/// What the names of rungs take.
const NAMES: i32 = 100;

/// The axis covers at least this much.
const LEAST: f64 = 1.6;

pub(super) fn chart(players: &[Character]) -> Option<Chart> {
    let known = |boundary: &Boundary| boundary.up.middle().or(boundary.down.middle()).is_some();
    let first = players.first()?;
    if !players.iter().flat_map(|player| &player.boundaries).any(known) {
        return None;
    }
    let group = ROW * players.len() as i32 + APART;
    let top = TOP + 2 * LINE;
    let bottom = top + group * first.boundaries.len() as i32;
    let caption = "Where players go up to each rung (filled) and back (hollow) as bandwidth \
                   changes slowly, in multiples of what the rung needs. The longer the line, the \
                   more they resist; where the hollow end is right, they swing in between.";
    let draw = |canvas: &Canvas<'_>| draw(canvas, players, (top, bottom, group));
    Some(Chart::new(THRESHOLDS, caption, bottom + TICKS + PAD, draw))
}

fn draw(
    canvas: &Canvas<'_>,
    players: &[Character],
    (top, bottom, group): (i32, i32, i32),
) -> Drawn {
    title(canvas, "Where players go up to each rung, and back")?;
    let names: Vec<_> = players.iter().map(label).collect();
    let names = names.iter().enumerate().map(|(place, name)| (&**name, colour(place)));
    panels::key(canvas, &names.collect::<Vec<_>>())?;
    let places = |player: &Character| -> Vec<f64> {
        let both = |boundary: &Boundary| [boundary.up, boundary.down];
        let place = |boundary: &Boundary, threshold| times(player, boundary, threshold);
        let all = player.boundaries.iter();
        all.flat_map(|one| both(one).into_iter().filter_map(|it| place(one, it))).collect()
    };
    let most = players.iter().flat_map(places).fold(LEAST, f64::max);
    let frame = Frame { left: PAD + NAMES, top, right: WIDTH - 2 * PAD, bottom };
    let name = "bandwidth, in multiples of what the rung needs";
    let rows = Axis::with_ticks(0.0, f64::from(bottom - top), Vec::new());
    let plot = Plot::new(canvas, frame, (Axis::up_to(most), name), (rows, ""))?;
    let one = plot.across(1.0);
    line(canvas, vec![(one, top), (one, bottom)], INK.mix(FAINT))?;
    for (number, boundary) in players[0].boundaries.iter().enumerate() {
        let from = top + group * number as i32;
        let rung = &players[0].rungs[usize::from(boundary.above.0)];
        let middle = from + (group - APART) / 2;
        let style = ending(text(TEXT, MUTED));
        write(canvas, &bitrate(rung.bitrate), &style, (frame.left - 10, middle))?;
        for (place, player) in players.iter().enumerate() {
            let row = from + ROW * place as i32 + ROW / 2;
            let Some(boundary) = player.boundaries.get(number) else { continue };
            let at = |threshold| -> Option<Pixel> {
                times(player, boundary, threshold).map(|times| (plot.across(times), row))
            };
            let (up, down) = (at(boundary.up), at(boundary.down));
            if let (Some(up), Some(down)) = (up, down) {
                line(canvas, vec![down, up], colour(place).mix(0.6).stroke_width(2))?;
            }
            if let Some(up) = up {
                dot(canvas, up, 5, colour(place))?;
            }
            if let Some(down) = down {
                dot(canvas, down, 5, colour(place))?;
                dot(canvas, down, 2, PAPER)?;
            }
        }
    }
    Ok(())
}

/// Where a threshold is, in multiples of what the rung needs.
fn times(player: &Character, boundary: &Boundary, threshold: Threshold) -> Option<f64> {
    let needs = player.needs[usize::from(boundary.above.0)].as_f64();
    threshold.middle().map(|middle| middle.as_f64() / needs)
}
