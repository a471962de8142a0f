//! Who wins, and by how much: runs compared viewer by viewer, over all and by network.
//!
//! The idea to hold: within a point of the sweep the best run is compared with each other one on
//! the same viewers, so what is said of a lead is said of those who make it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::format::{decimal, last_part, shorten};
use super::layout::WIDTH;
use super::page::{escape, wide};
use super::{ClassOf, Results, Run};
use crate::metrics::{Paired, holm};

/// The runs of one point over one class, or over all: the best, and how far the others are behind.
struct Contest<'a> {
    /// What the class is called; nothing if it is of all.
    class: Option<&'a str>,
    best: &'a Run,
    others: Vec<(&'a Run, Paired)>,
}

/// Every contest there is.
fn contests(results: &Results) -> Vec<Contest<'_>> {
    let mut contests = Vec::new();
    for runs in results.runs.chunk_by(|a, b| a.point == b.point) {
        let networks = results.class_names(ClassOf::Network);
        let classes = networks.into_iter().enumerate().map(|(number, name)| Some((number, name)));
        for class in [None].into_iter().chain(classes) {
            contests.extend(contest(runs, class));
        }
    }
    contests
}

fn contest<'a>(runs: &'a [Run], class: Option<(usize, &'a str)>) -> Option<Contest<'a>> {
    let zbr = |run: &&Run| match class {
        None => run.summary.zbr(),
        Some((_, name)) => run.class(ClassOf::Network, name).map_or(0.0, |summary| summary.zbr()),
    };
    // Of equals, the first of the scenario.
    let best = runs.iter().rev().max_by(|a, b| zbr(a).total_cmp(&zbr(b)))?;
    let same = |run: &&Run| run.people == best.people;
    let others = runs.iter().filter(|run| run.name != best.name).filter(same);
    let pair = |run: &'a Run| {
        let class = class.map(|(number, _)| number);
        Some((run, Paired::of(&best.outcomes, &run.outcomes, class)?))
    };
    let others: Vec<_> = others.filter_map(pair).collect();
    (!others.is_empty()).then(|| Contest { class: class.map(|(_, name)| name), best, others })
}

/// Percentage points with their interval: `+3.1 [2.0, 4.2]`.
fn points(paired: &Paired) -> String {
    let Paired { difference, interval, .. } = *paired;
    let points = |share: f64| decimal(100.0 * share, 1);
    format!("{} [{}, {}]", points(difference), points(interval.low), points(interval.high))
}

/// A table for the page: a row for each point of the sweep and class, a column for each algorithm.
pub(super) fn html(results: &Results) -> String {
    let contests = contests(results);
    if contests.is_empty() {
        return String::new();
    }
    let mut html = String::from(
        "<p>By how many percentage points the best keeps more viewers free of stalls than each \
         other, compared on the same viewers, with the paired 95 % interval (Agresti and Min, \
         2005). Where it reaches below 0 it would take more viewers to rank the two.</p>\n",
    );
    let mut names: Vec<&str> = Vec::new();
    for run in &results.runs {
        if !names.contains(&run.abr.as_str()) {
            names.push(&run.abr);
        }
    }
    let head = names.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name)));
    let _ = write!(
        html,
        "{}<table>\n<thead>\n<tr><td></td>{}</tr>\n</thead>\n<tbody>\n",
        wide("Who wins"),
        head.collect::<String>()
    );
    for Contest { class, best, others } in &contests {
        let cell = |name: &&str| match others.iter().find(|(run, _)| run.abr == *name) {
            Some((_, paired)) => format!("<td>{}</td>", escape(&points(paired))),
            None if best.abr == *name => "<td class=\"best\">best</td>".into(),
            None => "<td>–</td>".into(),
        };
        let cells: String = names.iter().map(cell).collect();
        let point = results.swept.iter().zip(&best.point);
        let point = point.map(|(key, value)| format!("{} {value}", last_part(key)));
        let of: Vec<_> = point.chain(class.map(str::to_owned)).collect();
        let of = if of.is_empty() { "all viewers".to_owned() } else { of.join(", ") };
        let _ = writeln!(html, "<tr><th scope=\"row\">{}</th>{cells}</tr>", escape(&of));
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// For a terminal: a line per class of a scenario without a sweep; none where there is one class.
pub(super) fn lines(results: &Results) -> Vec<String> {
    let contests = contests(results);
    if !results.swept.is_empty() || contests.len() < 2 {
        return Vec::new();
    }
    let mut lines =
        vec![String::new(), "who wins, and the lead in points [paired 95 %]".to_owned()];
    for Contest { class, best, others } in &contests {
        let closest = others.iter().min_by(|a, b| a.1.difference.total_cmp(&b.1.difference));
        let Some((second, paired)) = closest else { continue };
        let verdict = if paired.is_clear() { "over" } else { "level with" };
        let line = format!(
            "  {:<12} {:<12} {verdict} {} {}",
            shorten(class.unwrap_or("all"), 12),
            shorten(&best.abr, 12),
            shorten(&second.abr, 12),
            points(paired)
        );
        lines.push(shorten(&line, WIDTH));
    }
    lines
}

/// For other programs.
pub(super) fn json(results: &Results) -> Value {
    let contests = contests(results);
    let rows = contests.iter().flat_map(|Contest { class, best, others }| {
        let adjusted = holm(&others.iter().map(|(_, paired)| paired.p).collect::<Vec<_>>());
        others.iter().zip(adjusted).map(move |((other, paired), adjusted)| {
            json!({
                "network": class,
                "best": best.name,
                "other": other.name,
                "viewers": paired.viewers,
                "only_best": paired.only_first,
                "only_other": paired.only_second,
                "difference": paired.difference,
                "low": paired.interval.low,
                "high": paired.interval.high,
                "design_effect": paired.effect,
                "p": paired.p,
                "p_adjusted": adjusted,
                "viewers_needed": paired.needed(),
            })
        })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Outcomes;
    use crate::report::testing::{classed, results};

    fn with(mut run: Run, spared: impl Fn(usize) -> bool) -> Run {
        let mut outcomes = Outcomes::default();
        (0..200).for_each(|viewer| outcomes.push(spared(viewer), viewer % 2, true));
        run.outcomes = outcomes;
        run
    }

    #[test]
    fn the_best_is_compared_with_each_other_on_the_same_viewers() {
        let runs = vec![
            with(classed("bola", &[("3g", 100, 80), ("lte", 100, 100)], &[]), |v| {
                v >= 40 || v % 2 == 1
            }),
            with(classed("mpc", &[("3g", 100, 60), ("lte", 100, 100)], &[]), |v| {
                v >= 80 || v % 2 == 1
            }),
        ];
        let results = results(runs);
        let lines = super::lines(&results);
        // Of 200, 20 are spared by bola alone: 10 points; half of the viewers are on 3G.
        assert!(lines[2].contains("all          bola         over mpc 10.0 ["), "{}", lines[2]);
        assert!(lines[3].contains("3g           bola         over mpc 20.0 ["), "{}", lines[3]);
        assert!(
            lines[4].contains("lte          bola         level with mpc 0.0 ["),
            "{}",
            lines[4]
        );
        let json = json(&results);
        assert_eq!(json.as_array().unwrap().len(), 3);
        // Of 100 on 3G, 20 to none: 2 · (1/2)²⁰, and √(0.2) and √(0.16) by Connor: 36.8.
        let p = json[1]["p"].as_f64().unwrap();
        assert!((p * 524_288.0 - 1.0).abs() < 1e-9, "{p}");
        assert_eq!(json[1]["p_adjusted"], json[1]["p"], "there is one test");
        assert_eq!(
            (&json[1]["viewers_needed"], &json[2]["viewers_needed"]),
            (&37.into(), &Value::Null)
        );
        assert_eq!(json[2]["p"], 1.0);
        assert!(html(&results).contains("<td class=\"best\">best</td><td>10.0 ["));
    }
}
