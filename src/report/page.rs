//! Everything on one page: the answer, the charts, every number, and what each of them means.
//!
//! The idea to hold: the page is one file that asks nothing of the network and needs no script, so
//! it can be mailed, kept, and read in ten years.

use std::fmt::Write as _;

use super::answer::answer;
use super::chart::Chart;
use super::format::{clean, last_part, percent, rung};
use super::metric::{METRICS, Metric, QOE_FORMULA};
use super::ranking::Ranking;
use super::table::viewers;
use super::{Results, Run};
use crate::metrics::QOE_MODELS;

const STYLE: &str = include_str!("page.css");

/// The page: HTML, complete in itself.
pub fn page(results: &Results, charts: &[Chart]) -> String {
    let title = escape(&results.title);
    let is_timeline = |chart: &&Chart| chart.name.starts_with("timeline-");
    let (timelines, charts): (Vec<_>, Vec<_>) = charts.iter().partition(is_timeline);
    let (first, others) = charts.split_at(charts.len().min(1));
    let sections = [
        head(results),
        figures(first),
        section("results", "All results", &numbers(results)),
        section("charts", "Picture, switching and startup", &figures(others)),
        section("viewer", "One viewer, minute by minute", &timeline_figures(&timelines)),
        section("definitions", "What the numbers mean", &definitions()),
        section("provenance", "Where this comes from", &provenance(results)),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · abrsim</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}</body>\n\
         </html>\n",
        sections.concat()
    )
}

/// The question and its answer.
fn head(results: &Results) -> String {
    let mut sentences = answer(results).into_iter();
    let mut html = format!(
        "<header>\n<p class=\"name\">abrsim · {}</p>\n<h1>{}</h1>\n",
        escape(&results.name),
        escape(&results.title)
    );
    if results.partial {
        html += "<p class=\"partial\">Stopped early: not every viewer has been simulated.</p>\n";
    }
    html += &format!("<p class=\"answer\">{}</p>\n", escape(&sentences.next().unwrap_or_default()));
    let rest: Vec<_> = sentences.map(|sentence| escape(&sentence)).collect();
    if !rest.is_empty() {
        html += &format!("<p>{}</p>\n", rest.join(" "));
    }
    let runs = match results.runs.len() {
        1 => String::new(),
        runs => format!(" in each of {runs} runs"),
    };
    html + &format!(
        "<p class=\"facts\">{}{runs}, the same under every algorithm. In brackets: 95 % \
         intervals.</p>\n</header>\n",
        viewers(results)
    )
}

/// A section, unless there is nothing in it.
fn section(id: &str, title: &str, content: &str) -> String {
    match content {
        "" => String::new(),
        _ => format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{content}</section>\n"),
    }
}

fn figures(charts: &[&Chart]) -> String {
    let figure = |chart: &&Chart| {
        let caption = escape(&chart.caption);
        let svg = chart.inline(&format!("role=\"img\" aria-label=\"{caption}\""));
        format!(
            "<figure>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Chart\">\n{svg}</div>\n\
             <figcaption>{caption}</figcaption>\n</figure>\n"
        )
    };
    charts.iter().map(figure).collect()
}

fn timeline_figures(charts: &[&Chart]) -> String {
    match charts {
        [] => String::new(),
        _ => {
            let about = "<p>The same viewer on the same link under each algorithm. Where the link \
                is faster than the axis is long, its top is cut off; that much bandwidth makes no \
                difference.</p>\n";
            about.to_owned() + &figures(charts)
        }
    }
}

/// Every metric of every run: a row per figure, a column per run.
fn numbers(results: &Results) -> String {
    if results.runs.is_empty() {
        return String::new();
    }
    let columns = results.runs.len() + 1;
    let mut html = String::from(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"All results\">\n<table>\n<thead>\n",
    );
    html += &header(results);
    html += "</thead>\n";
    for metric in METRICS {
        let rows = rows(results, metric);
        if !rows.is_empty() {
            let name = metric.name;
            let _ = write!(
                html,
                "<tbody>\n<tr class=\"metric\"><th scope=\"rowgroup\" colspan=\"{columns}\">{name}</th></tr>\n\
                 {rows}</tbody>\n"
            );
        }
    }
    html + "</table>\n</div>\n"
}

/// The points of the sweep, each over its runs, and the algorithms.
fn header(results: &Results) -> String {
    let mut html = String::new();
    if !results.swept.is_empty() {
        html += "<tr><td></td>";
        for runs in results.runs.chunk_by(|a, b| a.point == b.point) {
            let values = results.swept.iter().zip(&runs[0].point);
            let values: Vec<_> =
                values.map(|(key, value)| escape(&format!("{} {value}", last_part(key)))).collect();
            let _ = write!(
                html,
                "<th class=\"point\" scope=\"colgroup\" colspan=\"{}\">{}</th>",
                runs.len(),
                values.join("<br>")
            );
        }
        html += "</tr>\n";
    }
    let name = |run: &Run| format!("<th scope=\"col\">{}</th>", escape(&run.abr));
    let names: String = results.runs.iter().map(name).collect();
    html + &format!("<tr><td></td>{names}</tr>\n")
}

/// The figures of one metric.
fn rows(results: &Results, metric: &Metric) -> String {
    let mut html = String::new();
    let ranking = Ranking::of(results);
    for figure in metric.figures {
        let cell = |run: &Run| {
            let best = metric.key == "zbr" && ranking.as_ref().is_some_and(|r| r.leads(run));
            let shown = match (run.summary.viewers, metric.key) {
                (0, key) if key != "viewers" => "–".into(),
                _ => (figure.show)(&run.summary),
            };
            format!("<td{}>{shown}</td>", if best { " class=\"best\"" } else { "" })
        };
        html += &row(results, figure.name, cell);
    }
    if metric.key == "rung_shares" {
        let rungs = results.runs.iter().map(|run| run.rungs.len()).max().unwrap_or(0);
        for place in 0..rungs {
            let name = match results.ladder() {
                Some(ladder) => format!("{}, %", rung(&ladder[place])),
                None => format!("rung {} from the cheapest, %", place + 1),
            };
            html += &row(results, &name, |run| match run.summary.rung_shares().get(place) {
                Some(share) => format!("<td>{}</td>", percent(*share, 1)),
                None => "<td>–</td>".into(),
            });
        }
    }
    html
}

fn row(results: &Results, name: &str, cell: impl Fn(&Run) -> String) -> String {
    let cells: String = results.runs.iter().map(cell).collect();
    format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name))
}

/// What every metric means, and the constants of the QoE models.
fn definitions() -> String {
    let mut html = String::from("<dl>\n");
    for metric in METRICS {
        let _ = writeln!(
            html,
            "<dt>{}</dt><dd>{}</dd>",
            escape(metric.name),
            escape(metric.definition)
        );
    }
    let _ = write!(
        html,
        "</dl>\n<p>The scores are {QOE_FORMULA}.</p>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"QoE models\">\n\
         <table class=\"constants\">\n<thead><tr><th scope=\"col\">model</th>\
         <th scope=\"col\">λ, switching</th><th scope=\"col\">μ, stalling</th>\
         <th scope=\"col\">μₛ, startup</th><th scope=\"col\">source</th></tr></thead>\n<tbody>\n"
    );
    for model in QOE_MODELS {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(model.name),
            model.switching,
            model.stalling,
            model.startup,
            escape(model.source)
        );
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// What it takes to make the same page again.
fn provenance(results: &Results) -> String {
    let facts = [
        ("scenario", escape(&results.name)),
        ("SHA-256 of it", format!("<code>{}</code>", escape(&results.digest))),
        ("seed", results.seed.to_string()),
        ("made by", concat!("abrsim ", env!("CARGO_PKG_VERSION")).into()),
    ];
    let facts = facts.map(|(name, fact)| format!("<dt>{name}</dt><dd>{fact}</dd>\n"));
    format!(
        "<p>The same scenario, seed and version give the same numbers, to the last bit.</p>\n\
         <dl class=\"facts-list\">\n{}</dl>\n\
         <details>\n<summary>The scenario as it was run</summary>\n\
         <pre tabindex=\"0\"><code>{}</code></pre>\n</details>\n",
        facts.concat(),
        escape_lines(&results.scenario)
    )
}

/// Text as HTML: nothing in it is markup.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            other => html.push(other),
        }
    }
    html
}

/// The same, line by line.
fn escape_lines(text: &str) -> String {
    text.lines().flat_map(|line| [escape(&line.replace('\t', "    ")), "\n".into()]).collect()
}
