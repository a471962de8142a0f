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

/// A part of a bar.
pub(super) struct Piece<'a> {
    /// What it is.
    pub(super) name: &'a str,
    /// How long it is on the axis.
    pub(super) length: f64,
    pub(super) colour: RGBColor,
    /// What is written in it, if there is room.
    pub(super) label: String,
    /// And what that means, after the names of the bar and of the part.
    pub(super) unit: &'a str,
}

/// Draws the bar of this name around this height.
pub(super) fn stack<'a>(
    canvas: &Canvas<'_>,
    plot: &Plot,
    (bar, middle): (&str, i32),
    parts: impl Iterator<Item = Piece<'a>>,
) -> Drawn {
    let (from, to) = (middle - HEIGHT / 2 + 3, middle + HEIGHT / 2 - 3);
    let mut before = 0.0;
    for Piece { name, length, colour, label, unit } in parts {
        let (left, right) = (plot.across(before), plot.across(before + length));
        before += length;
        if right <= left {
            continue;
        }
        canvas.series(name, colour, || {
            canvas.mark((left, from), (right, to), format!("{bar}, {name}: {label} {unit}"));
            block(canvas, (left, from), (right, to), colour)
        })?;
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

/// What can be read on a colour, whatever the paper: of dark and light text what is further from
/// it.
pub(super) fn readable_on(colour: RGBColor) -> RGBColor {
    let [dark, light] = [DARK, LIGHT].map(|text| contrast(text, colour));
    if dark > light { DARK } else { LIGHT }
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio"): text needs 4.5.
fn contrast(one: RGBColor, other: RGBColor) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// How bright a colour is, from 0 to 1 (WCAG 2.2, "relative luminance").
fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
    let linear = |value: u8| match f64::from(value) / 255.0 {
        dim if dim <= 0.04045 => dim / 12.92,
        value => libm::pow((value + 0.055) / 1.055, 2.4),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::rungs;

    #[test]
    fn contrast_is_as_defined() {
        assert_eq!(contrast(RGBColor(0, 0, 0), RGBColor(255, 255, 255)), 21.0);
        // (0.2159 + 0.05) / 0.05.
        let grey = RGBColor(0x80, 0x80, 0x80);
        assert!((contrast(grey, DARK) - 5.317).abs() < 1e-3);
    }

    #[test]
    fn text_can_be_read_on_every_colour_of_a_ramp() {
        for place in 0..64 {
            let colour = rungs::ramp(place, 64);
            let found = contrast(readable_on(colour), colour);
            assert!(found >= 4.5, "{found} on {colour:?}");
        }
        // Not on these alone: nothing is as far from dark as from light text.
        for grey in 0..=255 {
            let grey = RGBColor(grey, grey, grey);
            assert!(contrast(readable_on(grey), grey) >= 4.5, "{grey:?}");
        }
    }
}
