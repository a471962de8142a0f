//! What all charts are drawn with: one ink, one paper, one font, and colours that keep their
//! meaning.
//!
//! The idea to hold: text, axes and grids are all [`INK`], only fainter, so that a page fits every
//! chart to its background by replacing two colours. Places are pixels of the whole chart. What
//! belongs to a series is drawn within [`Canvas::series`], and is a group of the SVG.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::plotted::Plotted;
use crate::report::format::{clean, shorten};

/// A chart under way.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    /// What it shows, as numbers.
    plotted: RefCell<Plotted>,
    /// The series that is being drawn.
    series: Cell<Option<usize>>,
}

/// A place on it.
pub(super) type Pixel = (i32, i32);

/// What drawing gives.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<io::Error>>;

/// What text, axes and grids are drawn with.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x24, 0x28);

/// What they are drawn on.
pub(super) const PAPER: RGBColor = WHITE;

/// Dark and light text on a colour, whatever the ink and the paper, which neither is: as far apart
/// as can be, so that one of them can be read on anything.
pub(super) const DARK: RGBColor = RGBColor(0x00, 0x00, 0x00);
pub(super) const LIGHT: RGBColor = RGBColor(0xFE, 0xFE, 0xFE);

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

/// Begins the text that stands where a group of the SVG begins, followed by its number, or ends. No
/// other text has it.
const GROUP: char = '\u{1}';

/// The SVG of what is drawn, on paper of this height, and the same as numbers.
pub(super) fn drawn(height: i32, draw: impl FnOnce(&Canvas<'_>) -> Drawn) -> (String, Plotted) {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        let regular = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
        let bold = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
        assert!(regular.is_ok() && bold.is_ok(), "the fonts that come with us are fonts");
    });
    let mut svg = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    let canvas = Canvas {
        area: SVGBackend::with_string(&mut svg, size).into_drawing_area(),
        plotted: RefCell::default(),
        series: Cell::new(None),
    };
    let drawn = canvas.area.fill(&PAPER).and_then(|()| draw(&canvas));
    let drawn = drawn.and_then(|()| canvas.area.present());
    drawn.expect("a string takes whatever is drawn");
    let plotted = canvas.plotted.take();
    drop(canvas);
    (grouped(&svg).replacen("<svg ", "<svg stroke-linejoin=\"round\" ", 1), plotted)
}

/// The SVG with groups where texts say that they begin and end.
fn grouped(svg: &str) -> String {
    let (mut done, mut rest) = (String::with_capacity(svg.len()), svg);
    while let Some((before, after)) = rest.split_once(GROUP) {
        let (number, after) = after.split_once("</text>\n").unwrap_or((after, ""));
        done += &before[..before.rfind("<text").unwrap_or(before.len())];
        done += &match number.trim() {
            "" => "</g>\n".to_owned(),
            number => format!("<g class=\"s{number}\">\n"),
        };
        rest = after;
    }
    done + rest
}

impl Canvas<'_> {
    /// What `draw` draws belongs to what has this name and this colour.
    pub(super) fn series(
        &self,
        name: &str,
        colour: RGBColor,
        draw: impl FnOnce() -> Drawn,
    ) -> Drawn {
        let own = self.plotted.borrow_mut().series(&clean(name), colour);
        let outer = self.series.replace(Some(own));
        self.area.draw_text(&format!("{GROUP}{own}"), &text(TEXT, 1.0), (0, 0))?;
        draw()?;
        self.area.draw_text(&GROUP.to_string(), &text(TEXT, 1.0), (0, 0))?;
        self.series.set(outer);
        Ok(())
    }

    /// What is between these corners stands for this, of the series that is being drawn if one is.
    pub(super) fn mark(&self, from: Pixel, to: Pixel, text: impl Into<String>) {
        let text = clean(&text.into());
        self.plotted.borrow_mut().mark(self.series.get(), from, to, text);
    }

    /// What is around this place does.
    pub(super) fn mark_at(&self, (x, y): Pixel, radius: i32, text: impl Into<String>) {
        self.mark((x - radius, y - radius), (x + radius, y + radius), text);
    }
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
    canvas.area.draw_text(&clean(text), style, at)
}

/// Puts the title where titles are.
pub(super) fn title(canvas: &Canvas<'_>, text: &str) -> Drawn {
    let style = bold(TITLE);
    let text = fit(canvas, text, &style, WIDTH - 2 * PAD)?;
    write(canvas, &text, &style, (PAD, PAD + 8))
}

/// How wide a text is.
pub(super) fn width(canvas: &Canvas<'_>, text: &str, style: &TextStyle<'_>) -> Drawn<i32> {
    Ok(canvas.area.estimate_text_size(text, style)?.0 as i32)
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
    canvas.area.draw(&PathElement::new(thin(through), style))
}

/// A filled shape with these corners.
pub(super) fn area(
    canvas: &Canvas<'_>,
    corners: Vec<Pixel>,
    style: impl Into<ShapeStyle>,
) -> Drawn {
    canvas.area.draw(&Polygon::new(thin(corners), style))
}

/// A filled rectangle between these corners.
pub(super) fn block(canvas: &Canvas<'_>, from: Pixel, to: Pixel, colour: impl Color) -> Drawn {
    canvas.area.draw(&Rectangle::new([from, to], colour.filled()))
}

/// A dot, set apart from what is under it.
pub(super) fn dot(canvas: &Canvas<'_>, at: Pixel, radius: i32, colour: RGBColor) -> Drawn {
    canvas.area.draw(&Circle::new(at, radius + 1, PAPER.filled()))?;
    canvas.area.draw(&Circle::new(at, radius, colour.filled()))
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

/// A frame with axes.
pub(super) struct Plot {
    pub(super) frame: Frame,
    /// Which of the chart's it is.
    panel: usize,
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
        let height = canvas.area.dim_in_pixel().1 as i32;
        let mut chart = ChartBuilder::on(&canvas.area)
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
        let panel = canvas.plotted.borrow_mut().panel(frame, (&x, x_name), (&y, y_name));
        Ok(Self { frame, panel, x, y })
    }

    /// Says what the axes are where several plots share their names, and which plot this is.
    pub(super) fn named(self, canvas: &Canvas<'_>, title: &str, x: &str, y: &str) -> Self {
        canvas.plotted.borrow_mut().name(self.panel, &clean(title), x, y);
        self
    }

    /// Where a value is.
    pub(super) fn at(&self, x: f64, y: f64) -> Pixel {
        let Frame { left, top, right, bottom } = self.frame;
        (self.x.map(&x, (left, right)), self.y.map(&y, (bottom, top)))
    }

    /// Where the horizontal axis ends.
    pub(super) fn end(&self) -> f64 {
        self.x.high
    }

    /// Where a horizontal value is.
    pub(super) fn across(&self, x: f64) -> i32 {
        self.at(x, self.y.low).0
    }

    /// The corners of the stairs that stand at each value from its place on until `end`.
    pub(super) fn stairs(
        &self,
        canvas: &Canvas<'_>,
        values: impl IntoIterator<Item = (f64, f64)>,
        end: f64,
    ) -> Vec<Pixel> {
        let mut values: Vec<(f64, f64)> = values.into_iter().collect();
        values.extend(values.last().map(|&(_, last)| (end, last)));
        self.note(canvas, true, &values);
        let mut corners: Vec<Pixel> = Vec::new();
        for (x, y) in values {
            let (across, down) = self.at(x, y);
            corners.extend(corners.last().map(|&(_, before)| (across, before)));
            corners.push((across, down));
        }
        corners
    }

    /// The corners of the line through these values.
    pub(super) fn through(&self, canvas: &Canvas<'_>, values: &[(f64, f64)]) -> Vec<Pixel> {
        self.note(canvas, false, values);
        values.iter().map(|(x, y)| self.at(*x, *y)).collect()
    }

    /// Writes down a curve of the series that is being drawn, if one is.
    fn note(&self, canvas: &Canvas<'_>, stairs: bool, values: &[(f64, f64)]) {
        if let Some(series) = canvas.series.get() {
            canvas.plotted.borrow_mut().curve(self.panel, series, stairs, values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_series_is_a_group() {
        let (svg, _) = drawn(100, |canvas| {
            block(canvas, (1, 2), (3, 4), INK)?;
            canvas.series("bola", INK, || block(canvas, (5, 6), (7, 8), INK))?;
            canvas.series("mpc", STALL, || block(canvas, (9, 8), (7, 6), STALL))
        });
        let places: Vec<_> =
            ["<rect x=\"1\"", "<g class=\"s0\">\n<rect x=\"5\"", "</g>\n<g class=\"s1\">"]
                .iter()
                .map(|text| svg.find(text).unwrap_or_else(|| panic!("{text} in {svg}")))
                .collect();
        assert!(places.is_sorted(), "{svg}");
        assert!(!svg.contains(GROUP) && !svg.contains("<text"), "{svg}");
        assert_eq!((svg.matches("<g ").count(), svg.matches("</g>").count()), (2, 2));
    }

    #[test]
    fn a_thinned_line_keeps_what_can_be_seen_of_it() {
        let dense = vec![(0, 5), (0, 5), (0, 9), (0, 7), (0, 1), (0, 6), (1, 6), (1, 6)];
        assert_eq!(thin(dense), [(0, 5), (0, 9), (0, 1), (0, 6), (1, 6)]);
        assert_eq!(thin(vec![]), []);
    }
}
