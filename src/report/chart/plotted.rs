//! What a chart shows, as numbers: so that a page can say what is where a pointer is.
//!
//! The idea to hold: it is written down where it is drawn, from the same values, and no finer than
//! can be told apart on paper: of a curve a point for each column of pixels.

use plotters::style::RGBColor;
use serde_json::{Value, json};

use super::axis::Axis;
use super::canvas::{Frame, Pixel};
use super::hex;

/// Everything there is to say of one chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plotted {
    /// What belongs together and can be told from the rest, in the order in which it was drawn.
    series: Vec<(String, RGBColor)>,
    panels: Vec<Panel>,
    marks: Vec<Mark>,
}

/// A plot with its axes.
#[derive(Clone, Debug, PartialEq)]
struct Panel {
    /// What tells it from the other panels, if there are others.
    title: String,
    frame: Frame,
    x: Scale,
    y: Scale,
    curves: Vec<Curve>,
}

/// An axis: what it measures, and from where to where.
#[derive(Clone, Debug, PartialEq)]
struct Scale {
    name: String,
    low: f64,
    high: f64,
    /// Whether its values are decimal logarithms.
    logarithmic: bool,
}

/// A line over an axis.
#[derive(Clone, Debug, PartialEq)]
struct Curve {
    series: usize,
    /// Whether each value holds until the next, or it goes straight from one to the other.
    stairs: bool,
    points: Vec<(f64, f64)>,
}

/// Something with a place and a meaning of its own: a dot, a bar, a cell.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    series: Option<usize>,
    from: Pixel,
    to: Pixel,
    /// What it stands for, with its values and units.
    text: String,
}

/// Values are written down in so many steps of their axis.
const STEPS: f64 = 4_000.0;

impl Plotted {
    /// The place of what has this name.
    pub(super) fn series(&mut self, name: &str, colour: RGBColor) -> usize {
        let known = self.series.iter().position(|(other, _)| other == name);
        known.unwrap_or_else(|| {
            self.series.push((name.to_owned(), colour));
            self.series.len() - 1
        })
    }

    /// Begins a panel; returns its place.
    pub(super) fn panel(&mut self, frame: Frame, x: (&Axis, &str), y: (&Axis, &str)) -> usize {
        let scale = |(axis, name): (&Axis, &str)| {
            let name = name.to_owned();
            Scale { name, low: axis.low, high: axis.high, logarithmic: axis.logarithmic }
        };
        let (x, y) = (scale(x), scale(y));
        self.panels.push(Panel { title: String::new(), frame, x, y, curves: Vec::new() });
        self.panels.len() - 1
    }

    /// Names a panel that shares the names of its axes with others.
    pub(super) fn name(&mut self, panel: usize, title: &str, x: &str, y: &str) {
        let panel = &mut self.panels[panel];
        (panel.title, panel.x.name, panel.y.name) = (title.into(), x.into(), y.into());
    }

    /// Writes down a curve of a series.
    pub(super) fn curve(
        &mut self,
        panel: usize,
        series: usize,
        stairs: bool,
        values: &[(f64, f64)],
    ) {
        let Panel { frame, x, .. } = &self.panels[panel];
        let column = |value: f64| {
            let share = (value - x.low) / (x.high - x.low);
            libm::round(share * f64::from(frame.right - frame.left)) as i64
        };
        let mut points: Vec<(f64, f64)> = Vec::new();
        for &(x, y) in values {
            match points.last_mut().filter(|last| stairs && column(last.0) == column(x)) {
                Some(last) => last.1 = y,
                None => points.push((x, y)),
            }
        }
        self.panels[panel].curves.push(Curve { series, stairs, points });
    }

    /// Writes down something with a place and a meaning of its own.
    pub(super) fn mark(&mut self, series: Option<usize>, from: Pixel, to: Pixel, text: String) {
        self.marks.push(Mark { series, from, to, text });
    }

    /// Whether there is nothing to say.
    fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.panels.iter().all(|panel| panel.curves.is_empty())
    }

    /// The same for a script, if there is anything to say.
    pub(in crate::report) fn json(&self) -> Option<Value> {
        let series = self.series.iter().map(|(name, colour)| json!([name, hex(*colour)]));
        let marks = self.marks.iter().map(|Mark { series, from, to, text }| {
            json!([series, from.0, from.1, to.0, to.1, text])
        });
        (!self.is_empty()).then(|| {
            json!({
                "series": series.collect::<Vec<_>>(),
                "panels": self.panels.iter().map(Panel::json).collect::<Vec<_>>(),
                "marks": marks.collect::<Vec<_>>(),
            })
        })
    }
}

impl Panel {
    fn json(&self) -> Value {
        let Frame { left, top, right, bottom } = self.frame;
        let (across, up) = (self.x.grain(), self.y.grain());
        let curve = |curve: &Curve| {
            let points = curve.points.iter().flat_map(|(x, y)| [across.of(*x), up.of(*y)]);
            json!([curve.series, u8::from(curve.stairs), points.collect::<Vec<_>>()])
        };
        json!({
            "title": self.title,
            "frame": [left, top, right, bottom],
            "x": self.x.json(),
            "y": self.y.json(),
            "curves": self.curves.iter().map(curve).collect::<Vec<_>>(),
        })
    }
}

impl Scale {
    fn json(&self) -> Value {
        json!([self.name, self.low, self.high, u8::from(self.logarithmic)])
    }

    /// As fine as values on it are written down.
    fn grain(&self) -> Grain {
        let mut grain = Grain { unit: 1.0, is_whole: true };
        while grain.unit * STEPS > self.high - self.low && grain.unit > 1e-9 {
            grain = Grain { unit: grain.unit / 10.0, is_whole: false };
        }
        grain
    }
}

/// What numbers are whole multiples of.
#[derive(Clone, Copy)]
struct Grain {
    unit: f64,
    is_whole: bool,
}

impl Grain {
    /// A number as short as it is fine.
    fn of(self, value: f64) -> Value {
        let parts = libm::round(1.0 / self.unit);
        let rounded = libm::round(value * parts) / parts;
        match self.is_whole || rounded == libm::trunc(rounded) {
            true => json!(rounded as i64),
            false => json!(rounded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(low: f64, high: f64, values: &[(f64, f64)], stairs: bool) -> Value {
        let mut plotted = Plotted::default();
        let frame = Frame { left: 10, top: 0, right: 110, bottom: 50 };
        let (x, y) = (Axis::exactly(low, high), Axis::percent());
        let panel = plotted.panel(frame, (&x, "waited, s"), (&y, "viewers, %"));
        let series = plotted.series("bola", RGBColor(0, 0x9E, 0x73));
        plotted.curve(panel, series, stairs, values);
        plotted.json().unwrap()
    }

    #[test]
    fn a_curve_is_written_down_as_finely_as_it_can_be_seen() {
        // 100 pixels over 10 s are 0.1 s each; numbers are written to a thousandth.
        let stairs = [(0.0, 0.0), (0.01, 12.34567), (2.0 / 3.0, 50.0), (9.0, 100.0)];
        let json = over(0.0, 10.0, &stairs, true);
        assert_eq!(json["panels"][0]["curves"][0], json!([0, 1, [0, 12.35, 0.667, 50, 9, 100]]));
        assert_eq!(json["panels"][0]["x"], json!(["waited, s", 0.0, 10.0, 0]));
        assert_eq!(json["series"], json!([["bola", "#009E73"]]));
        // Of a slope both ends count.
        let slope = over(0.0, 1e6, &[(0.0, 0.0), (10.4, 50.0)], false);
        assert_eq!(slope["panels"][0]["curves"][0], json!([0, 0, [0, 0, 10, 50]]));
    }

    #[test]
    fn a_name_is_one_series_however_often_it_is_drawn() {
        let mut plotted = Plotted::default();
        let colour = RGBColor(0, 0, 0);
        let drawn = ["a", "b", "a"].map(|name| plotted.series(name, colour));
        assert_eq!(drawn, [0, 1, 0]);
        assert_eq!(plotted.json(), None);
        plotted.mark(Some(1), (1, 2), (3, 4), "b: 5 %".into());
        assert_eq!(plotted.json().unwrap()["marks"], json!([[1, 1, 2, 3, 4, "b: 5 %"]]));
    }
}
