//! What the delivery chain did: hits and misses, what the origin was asked, how long first bytes
//! took, what stalls are due to, and what it costs.
//!
//! The idea to hold: a figure is one entry of a list, its name beside how it is computed, so that
//! the page and `summary.json` say the same.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::chart::Chart;
use super::format::{count, decimal, percent};
use super::page::{escape, figures, header, row, wide};
use super::{Results, Run};
use crate::cdn::{Counts, Found, Source, Stage, Step, Tally};
use crate::distribution::Distribution;
use crate::scenario::{STEP, name_of};

/// How a figure of caches is written.
type OfCaches = fn(&Counts) -> String;

/// Figures of caches of one kind.
const CACHES: [(&str, OfCaches); 9] = [
    ("requests", |c| count(c.requests())),
    ("hits, %", |c| percent(c.share(Found::Hit), 2)),
    ("stale, %", |c| percent(c.share(Found::Stale), 2)),
    ("collapsed, %", |c| percent(c.share(Found::Collapsed), 2)),
    ("misses, %", |c| percent(c.share(Found::Miss), 2)),
    ("errors and cut short", |c| count(c.faults)),
    ("fetched, GB", |c| decimal(c.fetched.as_f64() / 1e9, 2)),
    ("failed attempts", |c| count(c.failures)),
    ("of them timeouts", |c| count(c.timeouts)),
];

/// Whether a chart belongs to this section.
pub(super) fn shows(chart: &&Chart) -> bool {
    let names = ["causes", "stalled-over-time", "origin-requests", "origin-egress", "ttfb"];
    names.contains(&chart.name.as_str())
}

/// The section of the page; nothing where there is no chain and nobody stalled.
pub(super) fn html(results: &Results, charts: &[&Chart]) -> String {
    let chains = || results.runs.iter().filter_map(|run| run.chain.as_ref());
    let mut html = String::new();
    let mut group = |name: &str, rows: String| {
        if !rows.is_empty() {
            let columns = results.runs.len();
            let _ = write!(
                html,
                "<tbody>\n<tr class=\"metric\"><th scope=\"rowgroup\">{name}</th>\
                 <td colspan=\"{columns}\"></td></tr>\n{rows}</tbody>\n"
            );
        }
    };
    if chains().next().is_some() {
        let caches = |of_kind: fn(&Tally) -> &Counts| {
            CACHES.iter().map(|(name, f)| of(results, name, |t| f(of_kind(t)))).collect::<String>()
        };
        if chains().any(|(tally, _)| !tally.direct) {
            group("Edge", caches(|tally| &tally.edge));
        }
        if chains().any(|(tally, _)| tally.shield.requests() > 0) {
            group("Shield", caches(|tally| &tally.shield));
        }
        group("Origin", origin(results));
        group("First bytes, p50 / p99, ms", waits(results));
    }
    group("Time stalled, by what it is due to", causes(results));
    if results.runs.iter().any(|run| run.cost.is_some()) {
        let cost = |run: &Run| run.cost.map_or("–".into(), |cost| decimal(cost, 6));
        group("Cost", row(results, "per viewer hour", |run| format!("<td>{}</td>", cost(run))));
    }
    match html.as_str() {
        "" => html,
        _ => format!(
            "{}{}<table>\n<thead>\n{}</thead>\n{html}</table>\n</div>\n{}<p>{ABOUT_CAUSES}</p>\n",
            figures(charts),
            wide("The delivery chain"),
            header(results),
            if chains().next().is_some() { ABOUT_CACHES } else { "" }
        ),
    }
}

const ABOUT_CACHES: &str = "\
    <p>A request is a hit where the cache holds what is asked for and it is fresh; stale where \
    it is no longer and is given all the same; collapsed where it waits for what is fetched for \
    somebody else; a miss where it is fetched for this request. Viewers who ask the same caches \
    share their luck: intervals are of other such viewers behind this very chain.</p>\n";

const ABOUT_CAUSES: &str = "\
    What stalls are due to is found by letting viewers who stalled, and all on their link, watch \
    again in every world in which some parts of their way are ideal and the others, and \
    everybody else, as they were; a part has its Shapley value, so that all add up. Below zero: \
    stalls would be longer without it. The rest is what is left where every part is ideal: round \
    trips and the player's own rules.";

/// A row of what chains did.
fn of(results: &Results, name: &str, cell: impl Fn(&Tally) -> String) -> String {
    row(results, name, |run| match &run.chain {
        Some((tally, _)) => format!("<td>{}</td>", cell(tally)),
        None => "<td>–</td>".into(),
    })
}

/// What the origin was asked.
fn origin(results: &Results) -> String {
    let busiest = |tally: &Tally| tally.steps.iter().map(|step| step.origin_requests).max();
    let waited = |t: &Tally| t.origin.queued.as_millis_f64() / t.origin.requests.max(1) as f64;
    let mut rows = of(results, "requests", |t| count(t.origin.requests));
    rows += &of(results, "in the busiest 10 s, a second", |tally| {
        decimal(busiest(tally).unwrap_or(0) as f64 / STEP.as_secs_f64(), 1)
    });
    rows += &of(results, "sent, GB", |tally| decimal(tally.origin.bytes.as_f64() / 1e9, 2));
    rows += &of(results, "failed", |tally| count(tally.origin.faults));
    let queues = |run: &Run| {
        run.chain.as_ref().is_some_and(|(t, _)| t.origin.shed > 0 || !t.origin.queued.is_zero())
    };
    if results.runs.iter().any(queues) {
        rows += &of(results, "refused, too many waiting", |tally| count(tally.origin.shed));
        rows += &of(results, "mean wait in the queue, ms", |tally| decimal(waited(tally), 1));
    }
    rows
}

/// How long first bytes took, by where they came from.
fn waits(results: &Results) -> String {
    let mut names: Vec<(Source, String)> = Vec::new();
    for (tally, stores) in results.runs.iter().filter_map(|run| run.chain.as_ref()) {
        for (place, _) in &tally.waits {
            let name = name_of(*place, stores);
            if !names.iter().any(|(_, known)| *known == name) {
                names.push((*place, name));
            }
        }
    }
    names.sort();
    let cell = |run: &Run, wanted: &str| {
        let waits = run.chain.iter().flat_map(|(tally, stores)| {
            tally.waits.iter().map(move |(place, waits)| (name_of(*place, stores), waits))
        });
        let found = waits.into_iter().find(|(name, _)| name == wanted);
        let at = |waits: &Distribution, q| decimal(waits.quantile(q) as f64 / 1e3, 1);
        found.map_or("–".to_owned(), |(_, w)| format!("{} / {}", at(w, 0.5), at(w, 0.99)))
    };
    let each = |(_, name): &(Source, String)| {
        row(results, name, |run| format!("<td>{}</td>", escape(&cell(run, name))))
    };
    names.iter().map(each).collect()
}

/// What stalls are due to, in minutes of all time stalled.
fn causes(results: &Results) -> String {
    if results.runs.iter().all(|run| run.causes.stalled <= 0.0) {
        return String::new();
    }
    let minutes = |run: &Run, share: f64| match run.causes.stalled > 0.0 {
        true => {
            let whole = run.summary.total.stalled.as_secs_f64() / 60.0;
            format!("<td>{}</td>", decimal(whole * share / run.causes.stalled, 2))
        }
        false => "<td>–</td>".into(),
    };
    let mut rows = String::new();
    for stage in Stage::ALL {
        if results.runs.iter().any(|run| run.causes.shares[stage as usize] != 0.0) {
            let name = format!("{}, min", stage.name());
            rows += &row(results, &name, |run| minutes(run, run.causes.shares[stage as usize]));
        }
    }
    rows += &row(results, "the rest, min", |run| minutes(run, run.causes.rest()));
    rows + &row(results, "viewers looked into", |run| format!("<td>{}</td>", run.causes.viewers))
}

/// What `summary.json` says of a run's chain, causes and costs.
pub(super) fn json(run: &Run) -> Value {
    let mut all = Map::new();
    if let Some((tally, stores)) = &run.chain {
        all.insert("chain".to_owned(), chain(tally, stores));
    }
    let shares = Stage::ALL.iter().map(|stage| {
        let key = format!("{}_s", stage.name().replace(' ', "_"));
        (key, Value::from(run.causes.shares[*stage as usize]))
    });
    let mut causes: Map<String, Value> = shares.collect();
    causes.insert("rest_s".to_owned(), run.causes.rest().into());
    causes.insert("stalled_s".to_owned(), run.causes.stalled.into());
    causes.insert("viewers".to_owned(), run.causes.viewers.into());
    all.insert("causes".to_owned(), causes.into());
    if let Some(cost) = run.cost {
        all.insert("cost_per_viewer_hour".to_owned(), cost.into());
    }
    all.into()
}

fn chain(tally: &Tally, stores: &[String]) -> Value {
    let origin = &tally.origin;
    let waits = tally.waits.iter().map(|(place, waits)| {
        let at = |q| waits.quantile(q) as f64 / 1e3;
        json!({
            "from": name_of(*place, stores),
            "requests": waits.count(),
            "p50": at(0.5),
            "p95": at(0.95),
            "p99": at(0.99),
            "p999": at(0.999),
        })
    });
    let steps = |of: fn(&Step) -> u64| tally.steps.iter().map(of).collect::<Vec<_>>();
    json!({
        "edge": (!tally.direct).then(|| caches(&tally.edge)),
        "shield": (tally.shield.requests() > 0).then(|| caches(&tally.shield)),
        "origin": {
            "requests": origin.requests,
            "faults": origin.faults,
            "shed": origin.shed,
            "bytes": origin.bytes.get(),
            "queued_s": origin.queued.as_secs_f64(),
        },
        "ttfb_ms": waits.collect::<Vec<_>>(),
        "steps": {
            "length_s": STEP.as_secs_f64(),
            "requests": steps(|step| step.requests),
            "faults": steps(|step| step.faults),
            "bytes": steps(|step| step.bytes.get()),
            "origin_requests": steps(|step| step.origin_requests),
            "origin_bytes": steps(|step| step.origin_bytes.get()),
        },
    })
}

fn caches(counts: &Counts) -> Value {
    let found = Found::ALL
        .iter()
        .map(|found| (found.name().to_owned(), Value::from(counts.found[*found as usize])));
    json!({
        "requests": counts.requests(),
        "hit_ratio": counts.share(Found::Hit),
        "collapse_ratio": counts.share(Found::Collapsed),
        "found": found.collect::<Map<_, _>>(),
        "faults": counts.faults,
        "bytes": counts.bytes.get(),
        "fetched_bytes": counts.fetched.get(),
        "failures": counts.failures,
        "timeouts": counts.timeouts,
    })
}
