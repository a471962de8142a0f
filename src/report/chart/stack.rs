//! Bars of several parts, end to end, in the colours of a ramp.

use plotters::style::{Color, RGBColor};

use super::canvas::{
    Canvas, DARK, Drawn, LIGHT, PAPER, Plot, TEXT, block, centred, line, text, write,
};
use super::rows::HEIGHT;

/// The label of a part is written if that has room for so much a letter.
const LETTER: i32 = 10;

/// And for so much at all.
const WRITTEN: i32 = 30;

/// Draws a bar around this height: parts as long as they are on the axis, with their colours and
/// what is written in them.
pub(super) fn stack(
    canvas: &Canvas<'_>,
    plot: &Plot,
    middle: i32,
    parts: impl Iterator<Item = (f64, RGBColor, String)>,
) -> Drawn {
    let (from, to) = (middle - HEIGHT / 2 + 3, middle + HEIGHT / 2 - 3);
    let mut before = 0.0;
    for (part, colour, label) in parts {
        let (left, right) = (plot.across(before), plot.across(before + part));
        before += part;
        if right <= left {
            continue;
        }
        block(canvas, (left, from), (right, to), colour)?;
        line(canvas, vec![(right, from), (right, to)], PAPER.stroke_width(1))?;
        if right - left >= WRITTEN.max(LETTER * label.chars().count() as i32) {
            let readable = readable_on(colour);
            let style = centred(text(TEXT - 1.0, 1.0)).color(&readable);
            write(canvas, &label, &style, ((left + right) / 2, middle))?;
        }
    }
    Ok(())
}

/// The colour of a place among so many, between those of a ramp.
pub(super) fn ramp(ramp: &[RGBColor], place: usize, of: usize) -> RGBColor {
    let place = place as f64 / (of.max(2) - 1) as f64 * (ramp.len() - 1) as f64;
    let from = (place as usize).min(ramp.len() - 2);
    let part = place - from as f64;
    let (RGBColor(r, g, b), RGBColor(r2, g2, b2)) = (ramp[from], ramp[from + 1]);
    let mix = |a: u8, b: u8| libm::round(f64::from(a) + part * (f64::from(b) - f64::from(a))) as u8;
    RGBColor(mix(r, r2), mix(g, g2), mix(b, b2))
}

/// What can be read on a colour, whatever the paper.
fn readable_on(RGBColor(r, g, b): RGBColor) -> RGBColor {
    let light = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
    if light > 128_000 { DARK } else { LIGHT }
}
