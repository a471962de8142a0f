//! Several small plots with the same axes, and the names of their lines above them all.

use plotters::style::{Color, RGBColor};

use super::canvas::{
    Canvas, Drawn, Frame, LINE, PAD, TEXT, TICKS, TOP, WIDTH, fit, line, text, width, write,
};

/// The most panels there are, and how many are side by side.
const MOST: usize = 6;
const ACROSS: usize = 3;

/// How tall each of several is.
const TALL: i32 = 150;

/// Places for so many plots.
#[derive(Clone, Copy)]
pub(super) struct Panels {
    columns: i32,
    rows: i32,
}

impl Panels {
    /// For so many, at least one.
    pub(super) fn of(count: usize) -> Self {
        let columns = if count == 4 { 2 } else { count.clamp(1, ACROSS) } as i32;
        Self { columns, rows: (count as i32 + columns - 1) / columns }
    }

    /// How tall the chart is.
    pub(super) fn height(self) -> i32 {
        self.frame(self.columns * self.rows - 1).bottom + TICKS + PAD / 2
    }

    /// Where the n-th is, from 0.
    pub(super) fn frame(self, n: i32) -> Frame {
        let tall = if self.rows == 1 { 2 * TALL } else { TALL };
        let pitch = (WIDTH / self.columns, LINE + tall + TICKS);
        let left = PAD + TICKS + pitch.0 * (n % self.columns);
        let top = TOP + 2 * LINE + 8 + pitch.1 * (n / self.columns);
        Frame { left, top, right: left + pitch.0 - TICKS - 3 * PAD, bottom: top + tall }
    }
}

/// As many of all as there are panels for, from the first to the last, and what is said where they
/// are not all.
pub(super) fn some<T: Clone>(all: Vec<T>, what: &str) -> (Vec<T>, String) {
    let last = all.len().saturating_sub(1);
    match all.len() > MOST {
        false => (all, String::new()),
        true => (
            (0..MOST).map(|n| all[n * last / (MOST - 1)].clone()).collect(),
            format!(" {MOST} of the {} {what} are shown.", last + 1),
        ),
    }
}

/// Writes names side by side under the title, each with its colour.
pub(super) fn key(canvas: &Canvas<'_>, entries: &[(&str, RGBColor)]) -> Drawn {
    let style = text(TEXT, 1.0);
    let mut left = PAD;
    for (name, colour) in entries {
        let name = fit(canvas, name, &style, 160)?;
        let right = left + 24 + width(canvas, &name, &style)?;
        if right > WIDTH - PAD {
            break;
        }
        line(canvas, vec![(left, TOP), (left + 16, TOP)], colour.stroke_width(3))?;
        write(canvas, &name, &style, (left + 24, TOP))?;
        left = right + 24;
    }
    Ok(())
}
