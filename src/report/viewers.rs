//! The page's section of a few viewers, minute by minute.
//!
//! The idea to hold: with a script a reader goes through all of them and zooms; without one there
//! are pictures of some, and nothing that does not work.

use std::fmt::Write as _;

use super::Results;
use super::chart::{Chart, sessions};
use super::format::many;
use super::page::{data, escape, figures};

/// The pictures in the page take no more bytes than this; of further ones there are only files.
const PICTURES: usize = 500_000;

/// Whether a chart belongs to this section.
pub(super) fn shows(chart: &&Chart) -> bool {
    chart.name.starts_with("timeline-")
}

/// The section of the page; nothing where nobody did anything.
pub(super) fn html(results: &Results, charts: &[&Chart]) -> String {
    let Some(sessions) = sessions(results) else { return String::new() };
    let viewers = sessions["viewers"].as_array().map_or(0, Vec::len);
    let mut html = match viewers {
        1 => "<p>The same viewer on the same link under each algorithm.".to_owned(),
        _ => format!(
            "<p>The first viewer who stalled under any algorithm, then {} who stalled longest \
             under any, on the same link under each.",
            if viewers == 2 { "the one".to_owned() } else { format!("the {}", viewers - 1) }
        ),
    };
    html += " Where the link is faster than the axis is long, its top is cut off: that much \
             bandwidth makes no difference.";
    if let Some(left @ 1..) = sessions["left"].as_u64() {
        let _ = write!(html, " Of the last {} nothing is shown.", many(left, "run"));
    }
    html += "</p>\n<div id=\"explorer\"></div>\n<div id=\"pictures\">\n";
    html += &pictures(charts);
    html + "</div>\n" + &data("sessions", &sessions)
}

/// The first picture, and the others one below the other, to be opened.
fn pictures(charts: &[&Chart]) -> String {
    let mut html = String::new();
    let mut left = PICTURES;
    for (place, chart) in charts.iter().enumerate() {
        let Some(rest) = left.checked_sub(chart.svg.len()) else { break };
        left = rest;
        let figure = figures(&[chart]);
        html += &match place {
            0 => figure,
            _ => {
                let caption = escape(&chart.caption);
                format!("<details>\n<summary>{caption}</summary>\n{figure}</details>\n")
            }
        };
    }
    html
}
