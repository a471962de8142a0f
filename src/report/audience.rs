//! Sections of the page about parts of the audience: by network, by device, and who left.
//!
//! The idea to hold: a class is a run of its own with fewer viewers, so its figures are the run's,
//! written the same way, and its intervals are wider.

use std::fmt::Write as _;

use super::chart::Chart;
use super::format::{clean, count, percent};
use super::metric::{figure, of, share};
use super::page::{Section, escape, figures, header, row, wide};
use super::{ClassOf, Results, Run};
use crate::metrics::End;

/// Whether a chart belongs to one of these sections.
pub(super) fn shows(chart: &&Chart) -> bool {
    chart.name == ENDS || ClassOf::ALL.iter().any(|of| chart.name == by(*of))
}

/// All of them, each if there is something to say.
pub(super) fn sections(results: &Results, charts: &[&Chart]) -> Vec<Section> {
    let charts = |name: &str| -> Vec<&Chart> {
        charts.iter().copied().filter(|chart| chart.name == name).collect()
    };
    let mut sections = Vec::new();
    for of in ClassOf::ALL {
        if !results.class_names(of).is_empty() {
            let content = figures(&charts(&by(of))) + &classes(results, of);
            let id = format!("by-{}", of.name());
            sections.push(Section::new(&id, &format!("By {}", of.name()), content));
        }
    }
    if results.runs.iter().any(|run| run.summary.incomplete() > 0) {
        let content = figures(&charts(ENDS)) + &leavers(results);
        sections.push(Section::new(ENDS, "Who left, and why", content));
    }
    sections
}

/// The name of the chart of who left, and of the section.
const ENDS: &str = "ends";

/// The name of the chart of a kind of class.
fn by(of: ClassOf) -> String {
    format!("zbr-by-{}", of.name())
}

/// What is said of a class: the metric, its figure, and what stands above it.
const FIGURES: [(&str, &str, &str); 7] = [
    ("viewers", "pressed play", "viewers"),
    ("zbr", "rate, %", "zero-buffer<br>rate, %"),
    ("zbr", "95 % interval", "95 %<br>interval"),
    ("stall_ratio", "ratio, %", "stalled,<br>%"),
    ("startup_s", "median, s", "startup,<br>median, s"),
    ("bitrate_kbps", "mean, kbit/s", "bitrate,<br>mean, kbit/s"),
    ("hours_watched", "hours", "watched,<br>hours"),
];

/// A row for each class of each run.
fn classes(results: &Results, of: ClassOf) -> String {
    let name = format!("By {}", of.name());
    let headers = FIGURES.map(|(_, _, header)| format!("<th scope=\"col\">{header}</th>"));
    let mut html = format!(
        "{}<table class=\"classes\">\n<thead>\n<tr><td></td>{}</tr>\n</thead>\n",
        wide(&name),
        headers.concat()
    );
    let columns = FIGURES.len();
    for run in results.runs.iter().filter(|run| run.classes_of(of).next().is_some()) {
        let _ = write!(
            html,
            "<tbody>\n<tr class=\"metric\"><th scope=\"rowgroup\">{}</th>\
             <td colspan=\"{columns}\"></td></tr>\n",
            escape(&run.name)
        );
        for class in run.classes_of(of) {
            let cell = |(key, name, _): (&str, &str, &str)| match (class.summary.viewers, key) {
                (0, key) if key != "viewers" => "<td>–</td>".into(),
                _ => format!("<td>{}</td>", figure(key, name)(&class.summary)),
            };
            let cells = FIGURES.map(cell).concat();
            let _ =
                writeln!(html, "<tr><th scope=\"row\">{}</th>{cells}</tr>", escape(&class.name));
        }
        html += "</tbody>\n";
    }
    html + "</table>\n</div>\n"
}

/// How many ended each way, as counts and as shares, and how long all watched.
fn leavers(results: &Results) -> String {
    let (columns, hours) = (results.runs.len(), figure("hours_watched", "hours"));
    let ends = ends(results, |run, end| {
        let (ended, viewers) = (run.summary.ended(end), run.summary.viewers);
        of(viewers, || format!("{} ({} %)", count(ended), percent(share(ended, viewers), 1)))
    });
    format!(
        "{}<table>\n<thead>\n{}</thead>\n<tbody>\n\
         <tr class=\"metric\"><th scope=\"rowgroup\">Viewers, and their share</th>\
         <td colspan=\"{columns}\"></td></tr>\n{ends}</tbody>\n<tbody>\n\
         <tr class=\"metric\"><th scope=\"rowgroup\">Time watched</th>\
         <td colspan=\"{columns}\"></td></tr>\n{}</tbody>\n</table>\n</div>\n",
        wide("Who left, and why"),
        header(results),
        row(results, "hours", |run| format!("<td>{}</td>", hours(&run.summary)))
    )
}

/// A row for each way of ending that was seen.
pub(super) fn ends(results: &Results, cell: impl Fn(&Run, End) -> String) -> String {
    let row =
        |end: End| row(results, &clean(end.name()), |run| format!("<td>{}</td>", cell(run, end)));
    results.ends().map(row).collect()
}
