//! Charts, drawn by plotters as SVG; the same as PNG through resvg, with the font that comes with
//! us.
//!
//! The idea to hold: a chart is one file here and one line in [`charts`]. An algorithm has the same
//! colour in all of them, and what a chart is about is written beside it, not in a legend.

mod axis;
mod behind;
mod budget;
mod canvas;
mod causes;
mod cdf;
pub(super) mod character;
mod ends;
mod frontier;
mod heat;
mod latency;
mod over_time;
mod panels;
mod place;
mod plotted;
mod png;
mod qoe;
mod rows;
mod rungs;
mod sessions;
mod stack;
mod sweep;
pub(super) mod timeline;
mod trace;
mod ttfb;
mod zbr;

use plotters::style::RGBColor;

use super::format::{clean, last_part};
use super::{ClassOf, Results, Run};
use canvas::{Canvas, Drawn, INK, PAD, PAPER, WIDTH, drawn};
pub use plotted::Plotted;
pub(super) use sessions::sessions;
pub use trace::trace_chart;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What its files are called, without their ending.
    pub name: String,
    /// What it shows and how to read it, in a sentence or two.
    pub caption: String,
    /// The drawing, dark on white, its text in whatever sans-serif there is.
    pub svg: String,
    /// The same as numbers, as far as it is not only a picture.
    pub plotted: Plotted,
}

impl Chart {
    /// Draws a chart of this height.
    fn new(
        name: impl Into<String>,
        caption: impl Into<String>,
        height: i32,
        draw: impl FnOnce(&Canvas<'_>) -> Drawn,
    ) -> Self {
        let (svg, plotted) = drawn(height, draw);
        Self { name: name.into(), caption: caption.into(), svg, plotted }
    }

    /// The drawing in 2 × 2 pixels for each of its own, with the font that comes with us.
    ///
    /// # Panics
    /// If `svg` has been made something that is not SVG.
    pub fn png(&self) -> Vec<u8> {
        png::png(&self.svg)
    }

    /// The drawing as it goes into a page, with these attributes: in the colours of its text and
    /// of its background (`--paper`), and without what is kept free on both sides.
    pub(super) fn inline(&self, attributes: &str) -> String {
        let inner = WIDTH - 2 * PAD;
        self.svg
            .replacen(&format!(" width=\"{WIDTH}\""), &format!(" width=\"{inner}\""), 1)
            .replacen(&format!("\"0 0 {WIDTH} "), &format!("\"{PAD} 0 {inner} "), 1)
            .replacen("<svg ", &format!("<svg {attributes} "), 1)
            .replace(&hex(INK), "currentColor")
            .replace(&hex(PAPER), "var(--paper)")
    }
}

/// Every chart there is something to show in: none where no viewer was simulated.
pub fn charts(results: &Results) -> Vec<Chart> {
    let charts = [
        zbr::chart(results),
        zbr::by_class(results, ClassOf::Network),
        zbr::by_class(results, ClassOf::Device),
        sweep::chart(results),
        latency::chart(results),
        cdf::latency(results),
        budget::chart(results),
        causes::chart(results),
        cdf::switches(results),
        frontier::chart(results),
        qoe::chart(results),
        rungs::chart(results),
        cdf::startup(results),
        ends::chart(results),
        over_time::stalling(results),
        over_time::requests(results),
        over_time::egress(results),
        ttfb::chart(results),
    ];
    let maps = heat::charts(results);
    charts.into_iter().flatten().chain(maps).chain(timeline::charts(results)).collect()
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

/// A colour as SVG writes it.
fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// A point of the sweep in words: `segment 2s, target 30s`; nothing if nothing was swept.
fn point(results: &Results, run: &Run) -> String {
    let parts = results.swept.iter().zip(&run.point);
    let parts = parts.map(|(key, value)| clean(&format!("{} {value}", last_part(key))));
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::testing::{classed, leaving, live, results, run, sweep};
    use crate::units::{Bitrate, Span, Time};

    /// The names of the charts, each of which has to be SVG with something in it.
    fn names(results: &Results) -> Vec<String> {
        let charts = charts(results);
        for chart in &charts {
            let tree = png::tree(&chart.svg);
            assert_eq!(tree.size().width(), WIDTH as f32, "{}", chart.name);
            assert!(tree.root().children().len() > 5, "{} is empty", chart.name);
            assert!(!chart.svg.contains("NaN") && !chart.caption.is_empty(), "{}", chart.name);
        }
        charts.into_iter().map(|chart| chart.name).collect()
    }

    const PLAIN: [&str; 6] = ["zbr", "switches", "frontier", "rungs", "startup", "timeline-bola"];

    #[test]
    fn one_run_has_every_chart_but_the_sweep() {
        assert_eq!(names(&results(vec![run("bola", 100, 90)])), PLAIN);
    }

    #[test]
    fn with_the_optimum_there_is_a_ceiling() {
        let mut most = run("optimal", 100, 95);
        most.optimum = true;
        let names = names(&results(vec![run("bola", 100, 90), most]));
        assert_eq!(names[..4], ["zbr", "switches", "frontier", "qoe"]);
    }

    #[test]
    fn what_is_live_has_its_charts_and_a_longer_timeline() {
        let recorded = run("bola", 100, 90);
        let on_air = live(recorded.clone(), 6_000);
        let (plain, found) = (charts(&results(vec![recorded])), results(vec![on_air.clone()]));
        assert_eq!(names(&found)[..4], ["zbr", "latency-zbr", "latency", "latency-budget"]);
        let height = |charts: &[Chart]| png::tree(&charts.last().unwrap().svg).size().height();
        let found = charts(&found);
        assert!(height(&found) > height(&plain) + 200.0);
        let caption = &found.last().unwrap().caption;
        // 4 s at 1.05 times the speed make 0.2 s of the 7.2.
        let ends = "; 6.0 s behind live at first, 7.0 s at the end.";
        assert!(caption.ends_with(ends), "{caption}");
        assert!(found[3].svg.contains("player buffer") && !found[3].svg.contains("shield"));
        let mut several = sweep("live.target", &["1s", "2s", "3s"], &["bola", "mpc"]);
        several.runs = several.runs.into_iter().map(|run| live(run, 2_000)).collect();
        several.swept.push("live.chunk".into());
        several.runs.iter_mut().for_each(|run| run.point.push("200ms".into()));
        several.runs.push(live(run("bola", 0, 0), 1_000));
        assert!(names(&several).contains(&"latency-zbr".to_owned()));
        let nobody = names(&results(vec![live(run("bola", 0, 0), 1_000), on_air]));
        assert!(nobody.contains(&"latency".to_owned()), "{nobody:?}");
    }

    #[test]
    fn nothing_to_see_is_no_reason_to_fail() {
        assert_eq!(names(&results(vec![])), [""; 0]);
        assert_eq!(names(&results(vec![run("bola", 0, 0)])), [""; 0]);
        assert_eq!(names(&results(vec![run("bola", 100, 100)])), PLAIN);
        assert_eq!(names(&results(vec![run("bola", 0, 0), run("bola", 1, 0)])), PLAIN);
    }

    #[test]
    fn viewers_who_never_saw_a_frame_have_only_a_rate_a_place_and_an_end() {
        let mut nobody = run("bola", 0, 0);
        nobody.summary.add(&Default::default(), &[Span::ZERO; 3]);
        nobody.timelines = vec![(0, Default::default())];
        assert_eq!(names(&results(vec![nobody])), ["zbr", "frontier", "ends"]);
    }

    #[test]
    fn classes_and_leavers_have_their_charts() {
        let (networks, devices) = ([("3g", 60, 40), ("wifi", 90, 89)], [("tv", 50, 49)]);
        let mut runs = vec![classed("bola", &networks, &devices), classed("bba-0", &networks, &[])];
        assert_eq!(names(&results(runs.clone()))[1..3], ["zbr-by-network", "zbr-by-device"]);
        runs[1] = leaving(run("bba-0", 20, 20), 3);
        assert!(names(&results(runs)).contains(&"ends".to_owned()));
    }

    #[test]
    fn more_classes_and_runs_than_there_is_room_for_are_told_and_left_out() {
        let classes: Vec<_> = (0..100).map(|n| format!("network {n}")).collect();
        let classes: Vec<_> = classes.iter().map(|name| (name.as_str(), 2, 1)).collect();
        let few = (0..9).map(|n| classed(&format!("abr {n}"), &classes[..10], &[])).collect();
        let chart = zbr::by_class(&results(few), ClassOf::Network).unwrap();
        assert!(chart.caption.ends_with("The first 6 of 9 runs are shown."), "{}", chart.caption);
        let many = zbr::by_class(&results(vec![classed("bola", &classes, &[])]), ClassOf::Network);
        let caption = many.unwrap().caption;
        assert!(caption.ends_with("The first 60 of 100 networks are shown."), "{caption}");
    }

    #[test]
    fn a_sweep_of_one_key_or_two_has_its_chart_and_at_most_eight_timelines() {
        let one =
            sweep("content.segment", &["2s", "4s", "6s"], &["throughput", "bba-0", "bola", "mpc"]);
        let found = names(&one);
        assert_eq!(found[..2], ["zbr", "zbr-sweep"]);
        assert_eq!(found.iter().filter(|name| name.starts_with("timeline-")).count(), 8);
        let mut two = one;
        two.swept.push("player.target".into());
        two.runs.iter_mut().for_each(|run| run.point.push("30s".into()));
        assert!(names(&two).contains(&"zbr-sweep".to_owned()), "the other key has one value");
        let mut three = two;
        three.swept.push("player.startup".into());
        three.runs.iter_mut().for_each(|run| run.point.push("2s".into()));
        assert!(!names(&three).contains(&"zbr-sweep".to_owned()));
    }

    #[test]
    fn names_of_files_are_all_different_and_safe() {
        let runs = ["a/b", "a b", "../a", "ä", "ö", "\u{1}"].map(|abr| run(abr, 10, 9)).to_vec();
        let names = names(&results(runs));
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        assert!(names.iter().all(|name| name.chars().all(safe)), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn many_runs_long_names_and_ladders_that_differ_fit() {
        let long = "an algorithm with a name that no chart has room for, nor should have";
        let many = (0..70).map(|n| run(&format!("{long} {n}"), 10, n % 11)).collect();
        let mut many = results(many);
        many.title = long.repeat(9);
        many.runs[3].rungs.pop();
        assert_eq!(names(&many).len(), 5 + 8);
    }

    #[test]
    fn an_algorithm_keeps_its_colour() {
        let results = sweep("content.segment", &["2s", "4s"], &["throughput", "bola"]);
        let colours: Vec<_> = results.runs.iter().map(|run| colour(&results, run)).collect();
        assert_eq!(colours, [COLOURS[0], COLOURS[1], COLOURS[0], COLOURS[1]]);
    }

    #[test]
    fn the_same_results_give_the_same_bytes() {
        let results = sweep("content.segment", &["2s", "4s"], &["throughput", "bola"]);
        assert_eq!(charts(&results), charts(&results));
    }

    #[test]
    fn a_png_has_two_pixels_for_one_each_way() {
        let charts = charts(&results(vec![run("bola", 100, 90)]));
        let png = charts[0].png();
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        let size = png::tree(&charts[0].svg).size();
        assert_eq!((number(16), number(20)), (1_680, 2 * size.height() as u32));
    }

    #[test]
    fn hours_of_a_restless_link_make_no_large_chart() {
        let mut run = run("bola", 1, 1);
        let timeline = &mut run.timelines[0].1;
        let at = |n: u64| Time::ZERO + Span::from_millis(100 * n);
        timeline.bandwidth =
            (0..100_000).map(|n| (at(n), Bitrate::kbps(n * 7_919 % 10_000))).collect();
        timeline.stalls = (0..50_000).map(|n| (at(2 * n), at(2 * n + 1))).collect();
        timeline.end = at(100_000);
        let charts = charts(&results(vec![run]));
        let size = charts.iter().map(|chart| chart.svg.len()).max();
        assert!(size < Some(100_000), "{size:?}");
    }
}
