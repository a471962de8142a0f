//! Charts, drawn by plotters as SVG; the same as PNG through resvg, with the font that comes with
//! us.
//!
//! The idea to hold: a chart is one file here and one line in [`charts`]. An algorithm has the same
//! colour in all of them, and what a chart is about is written beside it, not in a legend.

mod axis;
mod canvas;
mod cdf;
mod frontier;
mod place;
mod png;
mod rows;
mod rungs;
mod sweep;
mod timeline;
mod zbr;

use plotters::style::RGBColor;

use super::format::{clean, last_part};
use super::{Results, Run};
use canvas::{INK, PAD, PAPER, WIDTH};

/// A chart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chart {
    /// What its files are called, without their ending.
    pub name: String,
    /// What it shows and how to read it, in a sentence or two.
    pub caption: String,
    /// The drawing, dark on white, its text in whatever sans-serif there is.
    pub svg: String,
}

impl Chart {
    /// The drawing in 2 × 2 pixels for each of its own, with the font that comes with us.
    pub fn png(&self) -> Vec<u8> {
        png::png(&self.svg)
    }

    /// The drawing as it goes into a page, with these attributes: in the colours of its text and
    /// of its background (`--paper`), and without what is kept free on both sides.
    pub(super) fn inline(&self, attributes: &str) -> String {
        let hex = |RGBColor(r, g, b)| format!("#{r:02X}{g:02X}{b:02X}");
        let [whole, inner] = [(0, WIDTH), (PAD, WIDTH - 2 * PAD)]
            .map(|(left, width)| format!("viewBox=\"{left} 0 {width} "));
        self.svg
            .replacen(&whole, &inner, 1)
            .replacen("<svg ", &format!("<svg {attributes} "), 1)
            .replace(&hex(INK), "currentColor")
            .replace(&hex(PAPER), "var(--paper)")
    }
}

/// Every chart there is something to show in: none where no viewer was simulated.
pub fn charts(results: &Results) -> Vec<Chart> {
    let charts = [
        zbr::chart(results),
        sweep::chart(results),
        frontier::chart(results),
        cdf::switches(results),
        cdf::startup(results),
        rungs::chart(results),
    ];
    charts.into_iter().flatten().chain(timeline::charts(results)).collect()
}

/// The runs that had a viewer.
fn seen(results: &Results) -> Vec<&Run> {
    results.runs.iter().filter(|run| run.summary.viewers > 0).collect()
}

/// The algorithms, in the order in which they first come.
fn algorithms(results: &Results) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for run in &results.runs {
        if !names.contains(&run.abr.as_str()) {
            names.push(&run.abr);
        }
    }
    names
}

/// The colours that people of any colour vision tell apart (Okabe and Ito, "Color universal
/// design", 2008), without the yellow, which is no colour for a line on white; the ink is its
/// black.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0xD5, 0x5E, 0x00),
    INK,
];

/// The colour of a run's algorithm.
fn colour(results: &Results, run: &Run) -> RGBColor {
    let place = algorithms(results).iter().position(|abr| *abr == run.abr);
    COLOURS[place.unwrap_or(0) % COLOURS.len()]
}

/// A point of the sweep in words: `segment 2s, target 30s`; nothing if nothing was swept.
fn point(results: &Results, run: &Run) -> String {
    let parts = results.swept.iter().zip(&run.point);
    let parts = parts.map(|(key, value)| clean(&format!("{} {value}", last_part(key))));
    parts.collect::<Vec<_>>().join(", ")
}
