//! Everything on one page: the answer, the charts, every number, and what each of them means.
//!
//! The idea to hold: the page is one file that asks nothing of the network, so it can be mailed,
//! kept, and read in ten years. It is whole without its script, which only answers to pointers and
//! keys from numbers that stand beside the drawings.

use std::fmt::Write as _;

use serde_json::Value;

use super::answer::answer;
use super::audience;
use super::chart::Chart;
use super::delivery;
use super::format::{clean, count, decimal, last_part, percent, rung, shorten};
use super::live;
use super::lost;
use super::metric::{METRICS, Metric, QOE_FORMULA};
use super::optimum;
use super::pairs;
use super::printed;
use super::ranking::Ranking;
use super::save::{CHARTS, FILES};
use super::scores;
use super::table::viewers;
use super::viewers as watched;
use super::{Results, Run};
use crate::metrics::QOE_MODELS;

const STYLE: &str = include_str!("page.css");
const SCRIPTS: [&str; 2] = [include_str!("page.js"), include_str!("sessions.js")];

/// What a browser is told that the page may use: nothing from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// No name over a column is longer, in characters.
const LONGEST: usize = 24;

/// The page: HTML, complete in itself.
pub fn page(results: &Results, charts: &[Chart]) -> String {
    let (of_viewers, charts): (Vec<_>, Vec<_>) = charts.iter().partition(watched::shows);
    let (of_parts, charts): (Vec<_>, Vec<_>) = charts.into_iter().partition(audience::shows);
    let (of_chain, charts): (Vec<_>, Vec<_>) = charts.into_iter().partition(delivery::shows);
    let (of_live, charts): (Vec<_>, Vec<_>) = charts.into_iter().partition(live::shows);
    let (mut first, others): (Vec<_>, Vec<_>) = charts.into_iter().partition(is_first);
    // A line for each algorithm is read sooner than a row for each run.
    first.reverse();
    let classes = audience::sections(results, &of_parts);
    let before = [
        Section::new("pairs", "Who wins, viewer by viewer", pairs::html(results)),
        Section::new("charts", "Switching, picture and startup", figures(&others)),
    ];
    let after = [
        Section::new("live", "Live: how far behind, and why", live::html(results, &of_live)),
        Section::new(
            "chain",
            "The way, and where time was lost",
            delivery::html(results, &of_chain),
        ),
        Section::new("viewers", "Viewers, minute by minute", watched::html(results, &of_viewers)),
        Section::new("results", "All results", numbers(results)),
        Section::new("scores", "Quality of experience, by every model", scores::html(results)),
        Section::new("printed", "The same in another simulator's words", printed::html(results)),
        Section::new("definitions", "What the numbers mean", definitions(results)),
        Section::new("provenance", "Where this comes from", provenance(results)),
        Section::new("files", "Files", files()),
    ];
    let sections = before.into_iter().chain(classes).chain(after);
    let sections: Vec<_> = sections.filter(|section| !section.content.is_empty()).collect();
    let body = format!(
        "{}<main>\n{}{}{}</main>\n",
        head(results),
        figures(&first),
        contents(&sections),
        sections.iter().map(Section::html).collect::<String>()
    );
    document(&results.title, &body)
}

/// A page of this title: one file, with how it looks and what it answers to pointers and keys.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{} · abrsim</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\
         <script>\n{}</script>\n</body>\n</html>\n",
        escape(title),
        SCRIPTS.join("\n")
    )
}

/// A part of the page under a heading of its own.
pub(super) struct Section {
    id: String,
    title: String,
    /// Its HTML; of nothing there is no section.
    content: String,
}

impl Section {
    pub(super) fn new(id: &str, title: &str, content: String) -> Self {
        Self { id: id.into(), title: title.into(), content }
    }

    fn html(&self) -> String {
        let Self { id, title, content } = self;
        format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{content}</section>\n")
    }
}

/// What there is further down.
fn contents(sections: &[Section]) -> String {
    let item =
        |Section { id, title, .. }: &Section| format!("<li><a href=\"#{id}\">{title}</a></li>\n");
    let items: String = sections.iter().map(item).collect();
    format!("<nav aria-label=\"Contents\">\n<ul>\n{items}</ul>\n</nav>\n")
}

/// Whether a chart is the answer: the zero-buffer rate, and how it goes with what was swept.
fn is_first(chart: &&Chart) -> bool {
    ["zbr", "zbr-sweep"].contains(&chart.name.as_str())
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
        html += "<p class=\"partial\">Stopped early: all this is of the viewers simulated until \
                 then.</p>\n";
    }
    if let Some(lost) = lost::sentence(results) {
        html += &format!("<p class=\"partial\">{}</p>\n", escape(&lost));
    }
    html += &format!("<p class=\"answer\">{}</p>\n", prose(&sentences.next().unwrap_or_default()));
    let rest: Vec<_> = sentences.map(|sentence| prose(&sentence)).collect();
    if !rest.is_empty() {
        html += &format!("<p>{}</p>\n", rest.join(" "));
    }
    let runs = match results.runs.len() {
        1 => String::new(),
        runs => format!(" in each of {runs} runs, the same in all"),
    };
    html + &format!(
        "<p class=\"facts\">{}{runs}. In brackets: 95 % intervals.</p>\n</header>\n",
        viewers(results)
    )
}

/// Charts with their captions, what they show as numbers, and the files that they are as well.
pub(super) fn figures(charts: &[&Chart]) -> String {
    let files = |chart: &Chart| {
        let file = format!("{CHARTS}/{}", chart.name);
        format!(
            " <span class=\"files\"><a href=\"{file}.svg\">SVG</a> \
             <a href=\"{file}.png\">PNG</a></span>"
        )
    };
    charts.iter().map(|chart| figure(chart, &files(chart))).collect()
}

/// The same of charts that are no files.
pub(super) fn drawings(charts: &[&Chart]) -> String {
    charts.iter().map(|chart| figure(chart, "")).collect()
}

fn figure(chart: &Chart, files: &str) -> String {
    let caption = escape(&chart.caption);
    let svg = chart.inline(&format!("role=\"img\" aria-label=\"{caption}\""));
    let numbers = chart.plotted.json().map(|numbers| data("", &numbers)).unwrap_or_default();
    format!(
        "<figure>\n{}{svg}</div>\n<figcaption>{caption}{files}</figcaption>\n{numbers}</figure>\n",
        wide("Chart")
    )
}

/// Numbers for the script, under a name if there is one. Nothing in them ends the element.
pub(super) fn data(id: &str, numbers: &Value) -> String {
    let id = if id.is_empty() { String::new() } else { format!(" id=\"{id}\"") };
    let numbers = numbers.to_string().replace('<', "\\u003c");
    format!("<script type=\"application/json\"{id}>{numbers}</script>\n")
}

/// Opens a place for what may be wider than the page, which those without a mouse can scroll too.
pub(super) fn wide(name: &str) -> String {
    format!("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{name}\">\n")
}

/// Every metric of every run: a row per figure, a column per run.
fn numbers(results: &Results) -> String {
    if results.runs.is_empty() {
        return String::new();
    }
    let columns = results.runs.len();
    let mut html =
        format!("{}<table>\n<thead>\n{}</thead>\n", wide("All results"), header(results));
    for metric in METRICS {
        let rows = rows(results, metric);
        if !rows.is_empty() {
            let name = metric.name;
            let _ = write!(
                html,
                "<tbody>\n<tr class=\"metric\"><th scope=\"rowgroup\">{name}</th>\
                 <td colspan=\"{columns}\"></td></tr>\n{rows}</tbody>\n"
            );
        }
    }
    html + "</table>\n</div>\n"
}

/// The points of the sweep, each over its runs, and the algorithms.
pub(super) fn header(results: &Results) -> String {
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
    let name = |run: &Run| {
        let name = shorten(&run.abr, LONGEST);
        format!("<th scope=\"col\" title=\"{}\">{}</th>", escape(&run.abr), escape(&name))
    };
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
    if metric.key == "stall_ratio" {
        let name = "95 % interval of the ratio (bootstrap over viewers), %";
        html += &row(results, name, |run| match run.panel.stall_ratio() {
            Some(of) => format!("<td>[{}, {}]</td>", percent(of.low, 2), percent(of.high, 2)),
            None => "<td>–</td>".into(),
        });
    }
    if metric.key == "qoe" && optimum::is_known(results) {
        html += &row(results, "Yin, of the optimum, %", |run| match optimum::share(results, run) {
            Some(share) => format!("<td>{}</td>", decimal(100.0 * share, 1)),
            None => "<td>–</td>".into(),
        });
    }
    if metric.key == "ends" {
        html += &audience::ends(results, |run, end| count(run.summary.ended(end)));
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

/// A row of a table: its name, and a cell per run.
pub(super) fn row(results: &Results, name: &str, cell: impl Fn(&Run) -> String) -> String {
    let cells: String = results.runs.iter().map(cell).collect();
    format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name))
}

/// What every metric means, and the constants of the QoE models.
fn definitions(results: &Results) -> String {
    let mut html = String::from("<dl>\n");
    let live = live::definitions(results).map(|(_, name, definition)| (name, definition));
    for (name, definition) in METRICS.iter().map(|m| (m.name, m.definition)).chain(live) {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(definition));
    }
    let _ = write!(
        html,
        "</dl>\n<p>The scores are {QOE_FORMULA}.</p>\n\
         {}<table class=\"constants\">\n<thead><tr><th scope=\"col\">model</th>\
         <th scope=\"col\">λ, switching</th><th scope=\"col\">μ, stalling</th>\
         <th scope=\"col\">μₛ, startup</th><th scope=\"col\">source</th></tr></thead>\n<tbody>\n",
        wide("QoE models")
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

/// The files that lie beside the page.
fn files() -> String {
    let file =
        |(name, about): &(&str, &str)| format!("<li><a href=\"{name}\">{name}</a>: {about}</li>\n");
    let files: String = FILES.iter().map(file).collect();
    format!(
        "<p>In the folder that this page was written to; every chart is there as SVG and as PNG, \
         in <code>{CHARTS}</code>.</p>\n<ul>\n{files}</ul>\n"
    )
}

/// Text as HTML: nothing in it is markup.
pub(super) fn escape(text: &str) -> String {
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

/// The same, with no line broken between a number and its sign, or within a range.
fn prose(text: &str) -> String {
    escape(text).replace(" %", "&nbsp;%").replace('–', "&#8288;–&#8288;")
}

/// The same, line by line.
fn escape_lines(text: &str) -> String {
    text.lines().flat_map(|line| [escape(&line.replace('\t', "    ")), "\n".into()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts;
    use crate::report::testing::{classed, leaving, live, results, run, sharing, sweep};

    fn whole(results: &Results) -> String {
        page(results, &charts(results))
    }

    #[test]
    fn the_page_has_the_question_the_answer_every_chart_and_every_metric() {
        let html = whole(&results(vec![run("throughput", 1_000, 934), run("bola", 1_000, 971)]));
        assert!(html.contains("<h1>Who stalls on the way home?</h1>"));
        assert!(html.contains("bola keeps 97.1&nbsp;% (95.9&#8288;–&#8288;98.0) of viewers"));
        assert_eq!(html.matches("<figure>").count(), 7);
        assert_eq!(html.matches("role=\"img\" aria-label=\"").count(), 7);
        assert_eq!(html.matches("<script type=\"application/json\"").count(), 6);
        for metric in METRICS {
            assert!(html.contains(&format!("<dt>{}</dt>", metric.name)), "{}", metric.name);
            let heading = format!("<th scope=\"rowgroup\">{}</th>", metric.name);
            assert!(html.contains(&heading), "{}", metric.name);
        }
        assert!(html.contains("<td>1</td><td>4.3</td><td>4.3</td>"));
        assert!(html.contains(&"0123456789abcdef".repeat(4)));
        assert!(html.contains("title = &quot;Who stalls"));
    }

    #[test]
    fn classes_and_leavers_have_sections_of_their_own() {
        let (networks, devices) = ([("3g", 60, 40), ("wi<fi", 90, 89)], [("tv", 50, 49)]);
        let run = sharing(leaving(classed("bola", &networks, &devices), 3), 5);
        let html = whole(&results(vec![run]));
        for (id, title) in [
            ("by-network", "By network"),
            ("by-device", "By device"),
            ("ends", "Who left, and why"),
        ] {
            let opens = format!("<section id=\"{id}\">\n<h2>{title}</h2>\n<figure>");
            assert_eq!(html.matches(&opens).count(), 1, "{id}");
        }
        assert!(html.contains("<th scope=\"row\">wi&lt;fi</th><td>90</td><td>98.9</td>"), "{html}");
        assert_eq!(html.matches("aria-label=\"The zero-buffer rate of the viewers of").count(), 2);
    }

    #[test]
    fn of_one_class_and_nobody_who_left_there_are_no_sections() {
        let html = whole(&results(vec![run("bola", 100, 90)]));
        assert!(!html.contains("By network") && !html.contains("Who left"));
    }

    #[test]
    fn what_is_live_has_a_section_before_all_results() {
        let plain = whole(&results(vec![run("bola", 100, 90)]));
        assert!(!plain.contains("id=\"live\"") && !plain.contains("LoL+"));
        let html = whole(&results(vec![live(run("bola", 100, 90), 6_000), run("mpc", 9, 9)]));
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is missing"));
        let section = at("<section id=\"live\">\n<h2>Live: how far behind, and why</h2>\n<figure>");
        assert!(section < at("id=\"results\"") && at("<figure>") < section);
        assert!(html.contains("<th scope=\"row\">p50, s</th><td>6.00</td><td>–</td>"), "{html}");
        assert!(html.contains("<th scope=\"row\">last mile, s</th><td>1.500</td><td>–</td>"));
        assert!(html.contains("<dt>From the lens to the screen</dt>"));
    }

    #[test]
    fn nothing_is_loaded() {
        let html = whole(&sweep("content.segment", &["2s", "4s"], &["throughput", "bola"]));
        let html = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for foreign in ["http:", "https:", "src=", "url(", "@import", "<link", "fetch(", "Http"] {
            assert!(!html.contains(foreign), "{foreign}");
        }
        assert!(html.contains(POLICY) && SCRIPTS.iter().all(|script| !script.contains("</")));
        // What is linked to is in the page or beside it.
        for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let beside = FILES.iter().any(|(name, _)| *name == link);
            let chart = link.starts_with("charts/");
            let within = link.strip_prefix('#').map(|id| html.contains(&format!("id=\"{id}\"")));
            assert!(beside || chart || within == Some(true), "{link}");
        }
    }

    #[test]
    fn numbers_for_the_script_are_no_markup() {
        let html = data("x", &serde_json::json!({ "name": "</script><b>" }));
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert!(html.contains("\\u003c/script>"));
    }

    #[test]
    fn whatever_a_scenario_is_called_it_stays_text() {
        let evil = "<script>alert('x')</script>&\"\u{0}";
        let mut results = sweep(evil, &[evil, "2s"], &[evil]);
        for text in [&mut results.name, &mut results.title, &mut results.scenario] {
            *text = evil.into();
        }
        let html = whole(&results);
        assert!(!html.contains("<script>alert") && !html.contains('\0'));
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
    }

    #[test]
    fn every_element_that_is_opened_is_closed() {
        let mut partial = sweep("content.segment", &["2s", "4s"], &["throughput", "bola"]);
        partial.partial = true;
        let classed = leaving(classed("bola", &[("3g", 9, 5), ("wifi", 9, 9)], &[]), 3);
        let classed = results(vec![classed, run("bba-0", 0, 0)]);
        let live = results(vec![live(run("bola", 9, 5), 6_000), live(run("mpc", 0, 0), 1)]);
        let nobody = results(vec![run("bola", 0, 0)]);
        for results in [partial, classed, live, results(vec![]), nobody] {
            let html = whole(&results).replace(&SCRIPTS.join("\n"), "");
            let mut open = Vec::new();
            for tag in html.split('<').skip(1).filter(|tag| !tag.starts_with('!')) {
                let (tag, _) = tag.split_once('>').unwrap();
                let name = tag.split_ascii_whitespace().next().unwrap();
                match name.strip_prefix('/') {
                    Some(name) => assert_eq!(open.pop(), Some(name)),
                    None if tag.ends_with('/') || matches!(name, "meta" | "br") => {}
                    None => open.push(name),
                }
            }
            assert!(open.is_empty(), "{open:?}");
        }
    }

    #[test]
    fn charts_take_the_colours_of_the_page() {
        let html = whole(&results(vec![run("bola", 100, 90)]));
        assert!(html.contains("fill=\"currentColor\"") && html.contains("fill=\"var(--paper)\""));
        assert!(!html.contains("fill=\"#FFFFFF\" stroke=\"none\""));
    }

    #[test]
    fn eight_runs_take_less_than_a_megabyte() {
        let abrs = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let html = whole(&results(abrs.map(|abr| run(abr, 2_000, 1_900)).to_vec()));
        assert!(html.len() < 1_000_000, "{}", html.len());
    }

    #[test]
    fn without_viewers_the_page_says_so() {
        let html = whole(&results(vec![run("bola", 0, 0)]));
        assert!(html.contains("No viewer was simulated") && !html.contains("NaN"));
        assert!(!html.contains("<figure>"));
    }
}
