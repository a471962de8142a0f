//! What all charts are drawn with: one ink, one paper, one font, and colours that keep their
//! meaning.
//!
//! The idea to hold: text, axes and grids are all [`INK`], only fainter, so that a page fits every
//! chart to its background by replacing two colours. Places are pixels of the whole chart.

use std::io;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use crate::report::format::{clean, shorten};

/// A chart under way.
pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A place on it.
pub(super) type Pixel = (i32, i32);

/// What drawing gives.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<io::Error>>;

/// What text, axes and grids are drawn with.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x24, 0x28);

/// What they are drawn on.
pub(super) const PAPER: RGBColor = WHITE;

/// Dark and light text on a colour, whatever the ink and the paper.
pub(super) const DARK: RGBColor = RGBColor(0x11, 0x14, 0x17);
pub(super) const LIGHT: RGBColor = RGBColor(0xFC, 0xFC, 0xFC);

/// The colour of trouble.
pub(super) const STALL: RGBColor = RGBColor(0xD0, 0x21, 0x2B);

/// How strong the ink of second thoughts is, of axes, and of grids.
pub(super) const MUTED: f64 = 0.66;
pub(super) const FAINT: f64 = 0.4;
pub(super) const GRID: f64 = 0.12;

/// How wide charts are.
pub(super) const WIDTH: i32 = 840;

/// What is kept free around them.
pub(super) const PAD: i32 = 16;

/// Where what comes below the title begins.
pub(super) const TOP: i32 = 48;

/// What tick labels take beside and below a plot.
pub(super) const TICKS: i32 = 44;

/// The height of text in rows, from one line to the next.
pub(super) const LINE: i32 = 20;

/// The size of ordinary text, and of a title.
pub(super) const TEXT: f64 = 13.0;
const TITLE: f64 = 16.0;

/// The SVG of what is drawn, on paper of this height.
pub(super) fn svg(height: i32, draw: impl FnOnce(&Canvas<'_>) -> Drawn) -> String {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        let regular = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
        let bold = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
        assert!(regular.is_ok() && bold.is_ok(), "the fonts that come with us are fonts");
    });
    let mut svg = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    let canvas = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = canvas.fill(&PAPER).and_then(|()| draw(&canvas)).and_then(|()| canvas.present());
    drawn.expect("a string takes whatever is drawn");
    drop(canvas);
    svg.replacen("<svg ", "<svg stroke-linejoin=\"round\" ", 1)
}

/// Text of this size in ink of this strength, its left end in the middle of its height at the
/// place it is put.
pub(super) fn text(size: f64, strength: f64) -> TextStyle<'static> {
    style(size, FontStyle::Normal, strength)
}

/// The same in bold.
pub(super) fn bold(size: f64) -> TextStyle<'static> {
    style(size, FontStyle::Bold, 1.0)
}

fn style(size: f64, style: FontStyle, strength: f64) -> TextStyle<'static> {
    // The backend takes a font's size to be 1.24 times the height of an em.
    let font = FontDesc::new(FontFamily::SansSerif, 1.24 * size, style);
    font.color(&INK.mix(strength)).pos(Pos::new(HPos::Left, VPos::Center))
}

/// The same, but ending at its place.
pub(super) fn ending(style: TextStyle<'static>) -> TextStyle<'static> {
    style.pos(Pos::new(HPos::Right, VPos::Center))
}

/// The same, but around its place.
pub(super) fn centred(style: TextStyle<'static>) -> TextStyle<'static> {
    style.pos(Pos::new(HPos::Center, VPos::Center))
}

/// Puts text at a place.
pub(super) fn write(canvas: &Canvas<'_>, text: &str, style: &TextStyle<'_>, at: Pixel) -> Drawn {
    canvas.draw_text(&clean(text), style, at)
}

/// Puts the title where titles are.
pub(super) fn title(canvas: &Canvas<'_>, text: &str) -> Drawn {
    let style = bold(TITLE);
    let text = fit(canvas, text, &style, WIDTH - 2 * PAD)?;
    write(canvas, &text, &style, (PAD, PAD + 8))
}

/// How wide a text is.
pub(super) fn width(canvas: &Canvas<'_>, text: &str, style: &TextStyle<'_>) -> Drawn<i32> {
    Ok(canvas.estimate_text_size(text, style)?.0 as i32)
}

/// As much of a text as is no wider than this.
pub(super) fn fit(
    canvas: &Canvas<'_>,
    text: &str,
    style: &TextStyle<'_>,
    most: i32,
) -> Drawn<String> {
    // No letter is narrower than a pixel, so this many are enough to begin with.
    let mut length = text.chars().count().min(most.max(0) as usize);
    let mut fitted = shorten(text, length);
    while length > 1 && width(canvas, &fitted, style)? > most {
        length -= 1;
        fitted = shorten(text, length);
    }
    Ok(fitted)
}

/// A line through these places.
pub(super) fn line(
    canvas: &Canvas<'_>,
    through: Vec<Pixel>,
    style: impl Into<ShapeStyle>,
) -> Drawn {
    canvas.draw(&PathElement::new(thin(through), style))
}

/// A filled shape with these corners.
pub(super) fn area(
    canvas: &Canvas<'_>,
    corners: Vec<Pixel>,
    style: impl Into<ShapeStyle>,
) -> Drawn {
    canvas.draw(&Polygon::new(thin(corners), style))
}

/// A filled rectangle between these corners.
pub(super) fn block(canvas: &Canvas<'_>, from: Pixel, to: Pixel, colour: impl Color) -> Drawn {
    canvas.draw(&Rectangle::new([from, to], colour.filled()))
}

/// A dot, set apart from what is under it.
pub(super) fn dot(canvas: &Canvas<'_>, at: Pixel, radius: i32, colour: RGBColor) -> Drawn {
    canvas.draw(&Circle::new(at, radius + 1, PAPER.filled()))?;
    canvas.draw(&Circle::new(at, radius, colour.filled()))
}

/// The same line with no more than its first, lowest, highest and last place in each column of
/// pixels: it looks the same (Jugel et al., "M4", VLDB 2014).
fn thin(places: Vec<Pixel>) -> Vec<Pixel> {
    let mut thinned: Vec<Pixel> = Vec::new();
    for column in places.chunk_by(|a, b| a.0 == b.0) {
        let lowest = (0..column.len()).min_by_key(|&i| column[i].1).unwrap_or(0);
        let highest = (0..column.len()).max_by_key(|&i| column[i].1).unwrap_or(0);
        let mut kept = [0, lowest, highest, column.len() - 1];
        kept.sort_unstable();
        thinned.extend(kept.map(|i| column[i]));
    }
    thinned.dedup();
    thinned
}

/// A rectangle that data are drawn in.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

/// A frame with axes.
pub(super) struct Plot {
    pub(super) frame: Frame,
    x: Axis,
    y: Axis,
}

impl Plot {
    /// Draws the axes: the horizontal one's name below it, the other's above its end.
    pub(super) fn new(
        canvas: &Canvas<'_>,
        frame: Frame,
        (x, x_name): (Axis, &str),
        (y, y_name): (Axis, &str),
    ) -> Drawn<Self> {
        let height = canvas.dim_in_pixel().1 as i32;
        let mut chart = ChartBuilder::on(canvas)
            .margin_top(frame.top)
            .margin_right(WIDTH - frame.right)
            .margin_bottom(height - frame.bottom - TICKS)
            .margin_left(frame.left - TICKS)
            .x_label_area_size(TICKS)
            .y_label_area_size(TICKS)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .axis_style(TRANSPARENT)
            .bold_line_style(INK.mix(GRID))
            .light_line_style(TRANSPARENT)
            .label_style(text(TEXT - 1.0, MUTED))
            .draw()?;
        // Plotters draws to the last pixels within, not to the first beyond.
        let frame = Frame { right: frame.right - 1, bottom: frame.bottom - 1, ..frame };
        let ground = vec![(frame.left, frame.bottom), (frame.right, frame.bottom)];
        line(canvas, ground, INK.mix(FAINT))?;
        let middle = (frame.left + frame.right) / 2;
        let style = text(TEXT, MUTED);
        write(canvas, x_name, &centred(style.clone()), (middle, frame.bottom + 36))?;
        write(canvas, y_name, &style, (frame.left - TICKS, frame.top - 18))?;
        Ok(Self { frame, x, y })
    }

    /// Where a value is.
    pub(super) fn at(&self, x: f64, y: f64) -> Pixel {
        let Frame { left, top, right, bottom } = self.frame;
        (self.x.map(&x, (left, right)), self.y.map(&y, (bottom, top)))
    }

    /// Where a horizontal value is.
    pub(super) fn across(&self, x: f64) -> i32 {
        self.at(x, self.y.low).0
    }

    /// The corners of the stairs that stand at each value from its place on until `end`.
    pub(super) fn stairs(
        &self,
        values: impl IntoIterator<Item = (f64, f64)>,
        end: f64,
    ) -> Vec<Pixel> {
        let mut corners: Vec<Pixel> = Vec::new();
        for (x, y) in values {
            let (across, down) = self.at(x, y);
            corners.extend(corners.last().map(|&(_, before)| (across, before)));
            corners.push((across, down));
        }
        corners.extend(corners.last().map(|&(_, down)| (self.across(end), down)));
        corners
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_line_keeps_what_can_be_seen_of_it() {
        let dense = vec![(0, 5), (0, 5), (0, 9), (0, 7), (0, 1), (0, 6), (1, 6), (1, 6)];
        assert_eq!(thin(dense), [(0, 5), (0, 9), (0, 1), (0, 6), (1, 6)]);
        assert_eq!(thin(vec![]), []);
    }
}
