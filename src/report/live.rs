//! Of what is live: how far behind its capture viewers see it, why, and what they see of being
//! nearer.
//!
//! The idea to hold: a figure is one entry of a list, its name beside how it is computed, and what
//! it means is told once, for the page and for `summary.json`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::chart::Chart;
use super::format::{count, decimal, percent};
use super::metric::of;
use super::page::{figures, header, row, wide};
use super::{Results, Run};
use crate::metrics::OnAir;
use crate::metrics::glass::{Part, Seen, WEIGHTS, Weights};
use crate::units::Span;

/// How a figure is written.
type Show = fn(&OnAir) -> String;

/// One measure of something live, in one or several figures.
struct Measure {
    /// Its key in `summary.json`, within `live`.
    key: &'static str,
    /// What reports call it.
    name: &'static str,
    /// What it means, in sentences.
    definition: &'static str,
    /// What is said of it, and how it is written.
    figures: &'static [(&'static str, Show)],
}

/// Every measure, in the order reports give them.
const MEASURES: [Measure; 6] = [
    Measure {
        key: "latency_s",
        name: "Latency",
        definition: "How far what is displayed is behind its capture: the clock at the camera less \
            the place in the programme that the playhead is at. It is taken at all times at which \
            something is displayed, whether it plays or stands still in a stall, of all viewers \
            together; startup, pauses, and what comes after a viewer's own seek until playback \
            goes on are left out. Quantiles are of that time, to 10 ms. The last figure is of the \
            viewers' own means: half of them have less.",
        figures: &[
            ("mean, s", |live| span(live.latency.mean())),
            ("p50, s", |live| span(live.latency.quantile(0.5))),
            ("p95, s", |live| span(live.latency.quantile(0.95))),
            ("p99, s", |live| span(live.latency.quantile(0.99))),
            ("median of viewers' means, s", |live| {
                of(live.means.count(), || decimal(live.means.quantile(0.5) as f64 / 1e3, 2))
            }),
        ],
    },
    Measure {
        key: "paced",
        name: "Catching up",
        definition: "The share of that time in which media played faster or slower than normal, by \
            2 % or more, because the player would be nearer to live or further from it, and how \
            often its speed changed.",
        figures: &[
            ("played 2 % faster or slower, or more, %", |live| {
                of(live.viewers, || percent(paced(live), 2))
            }),
            ("changes of speed per viewer", |live| {
                of(live.viewers, || decimal(per_viewer(live, live.speed_changes as f64), 2))
            }),
        ],
    },
    Measure {
        key: "late",
        name: "Behind what was meant",
        definition: "The share of that time in which what was displayed was further behind than \
            the player meant it to be, by more than half a second.",
        figures: &[("more than 0.5 s behind the target, %", |live| {
            of(live.viewers, || percent(late(live), 2))
        })],
    },
    Measure {
        key: "resyncs",
        name: "Going to another place",
        definition: "How often a player left out media because it was too far behind, or because \
            what came next was not to be had any more, and how much it left out, once playback had \
            started. What is left out is not a stall, though getting there may be one.",
        figures: &[
            ("times per viewer", |live| {
                of(live.viewers, || decimal(per_viewer(live, live.resyncs as f64), 3))
            }),
            ("media left out per viewer, s", |live| {
                of(live.viewers, || decimal(per_viewer(live, live.skipped.as_secs_f64()), 2))
            }),
        ],
    },
    Measure {
        key: "budget_s",
        name: "From the lens to the screen",
        definition: "What latency is made of, taken at the first frame of every segment that is \
            displayed, the mean of all: until the chunk or the segment is captured whole, encoded, \
            packaged and written to the origin; until the player asks for it; the origin's queue \
            and thinking; the way between shield and origin; the way behind the edge, and waiting \
            there; the way to the viewer and the bytes of the first chunk; and what the player \
            holds before it displays it. Each part begins where the one before it ends, so they \
            add up to the latency of first frames, exactly. That is not quite the mean latency \
            above, in which each moment counts alike.",
        // One for each part: reports add them.
        figures: &[],
    },
    Measure {
        key: "lol_plus",
        name: "Scores of LoL+",
        definition: "The score of Lim et al. (MMSys 2020), Σ α R − β E − Σ γ L − σ Σ |1 − P| − \
            μ Σ |Δ R|, over the segments displayed: bitrate R in kbit/s, α s of media each; E s \
            stalled; L s behind live; P the speed of playback; β the highest bitrate of the \
            ladder and σ the lowest. Two sets of γ and μ were published, and they do not agree: \
            that of the paper, and that of the code in dash.js, whose γ grow with the ladder. The \
            mean of viewers who saw anything. Higher is better; scores of different ladders \
            cannot be compared.",
        // One for each set of constants: reports add them.
        figures: &[],
    },
];

/// Whether a chart belongs to this section.
pub(super) fn shows(chart: &&Chart) -> bool {
    ["latency-zbr", "latency", "latency-budget"].contains(&chart.name.as_str())
}

/// Whether anything is live.
pub(super) fn is_live(results: &Results) -> bool {
    results.runs.iter().any(|run| run.summary.live.is_some())
}

/// The section of the page; nothing where nothing is live.
pub(super) fn html(results: &Results, charts: &[&Chart]) -> String {
    if !is_live(results) {
        return String::new();
    }
    let columns = results.runs.len();
    let mut html = figures(charts);
    let _ = write!(
        html,
        "{}<table>\n<thead>\n{}</thead>\n",
        wide("How far behind live"),
        header(results)
    );
    for measure in &MEASURES {
        let _ = write!(
            html,
            "<tbody>\n<tr class=\"metric\"><th scope=\"rowgroup\">{}</th>\
             <td colspan=\"{columns}\"></td></tr>\n{}</tbody>\n",
            measure.name,
            rows(results, measure)
        );
    }
    html + "</table>\n</div>\n"
}

/// The figures of one measure.
fn rows(results: &Results, measure: &Measure) -> String {
    let row = |name: &str, show: &dyn Fn(&Run, &OnAir) -> String| {
        row(results, name, |run| match &run.summary.live {
            Some(live) => format!("<td>{}</td>", show(run, live)),
            None => "<td>–</td>".into(),
        })
    };
    let mut html = String::new();
    for (name, show) in measure.figures {
        html += &row(name, &|_, live| show(live));
    }
    if measure.key == "budget_s" {
        for part in parts(results) {
            let mean = |live: &OnAir| decimal(live.budget.mean(part).as_secs_f64(), 3);
            let name = format!("{}, s", part.name());
            html += &row(&name, &|_, live| of(live.budget.segments, || mean(live)));
        }
        html += &row("sum, s", &|_, live| whole(live).map_or("–".into(), |sum| decimal(sum, 3)));
        html += &row("segments", &|_, live| count(live.budget.segments));
    }
    if measure.key == "lol_plus" {
        for weights in &WEIGHTS {
            let name = format!("{}, per viewer", weights.name);
            html += &row(&name, &|run, live| match score(run, live, weights) {
                Some(score) => whole_number(score),
                None => "–".into(),
            });
        }
    }
    html
}

/// The parts of latency that there are in any run.
fn parts(results: &Results) -> Vec<Part> {
    let live = || results.runs.iter().filter_map(|run| run.summary.live.as_ref());
    let any = |part: &Part| live().any(|live| !live.budget.mean(*part).is_zero());
    Part::ALL.into_iter().filter(any).collect()
}

/// What each measure of something live is called, by its key, and what it means; nothing where
/// nothing is.
pub(super) fn definitions(
    results: &Results,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let shown = if is_live(results) { MEASURES.as_slice() } else { &[] };
    shown.iter().map(|measure| (measure.key, measure.name, measure.definition))
}

/// What `summary.json` says of a run: nothing where it is not of something live.
pub(super) fn json(run: &Run) -> Value {
    let Some(live) = &run.summary.live else { return json!({}) };
    let seconds = |latency: Option<Span>| latency.map(Span::as_secs_f64);
    let some = |number: f64| (live.viewers > 0).then_some(number);
    let at = |q| (live.means.count() > 0).then(|| live.means.quantile(q) as f64 / 1e3);
    let part = |part: Part| {
        let mean = (live.budget.segments > 0).then(|| live.budget.mean(part).as_secs_f64());
        (part.name().replace(' ', "_"), mean.into())
    };
    let score = |weights: &Weights| (weights.name.to_owned(), score(run, live, weights).into());
    json!({ "live": {
        "viewers": live.viewers,
        "latency_s": {
            "mean": seconds(live.latency.mean()),
            "p50": seconds(live.latency.quantile(0.5)),
            "p95": seconds(live.latency.quantile(0.95)),
            "p99": seconds(live.latency.quantile(0.99)),
        },
        "viewer_mean_s": { "p50": at(0.5), "p95": at(0.95) },
        "watched_s": live.watched.as_secs_f64(),
        "paced": {
            "total_s": live.paced.as_secs_f64(),
            "share": some(paced(live)),
            "changes": live.speed_changes,
            "changes_per_viewer": some(per_viewer(live, live.speed_changes as f64)),
        },
        "late": { "total_s": live.late.as_secs_f64(), "share": some(late(live)) },
        "resyncs": {
            "total": live.resyncs,
            "per_viewer": some(per_viewer(live, live.resyncs as f64)),
            "skipped_s": live.skipped.as_secs_f64(),
            "skipped_s_per_viewer": some(per_viewer(live, live.skipped.as_secs_f64())),
        },
        "budget_s": {
            "segments": live.budget.segments,
            "parts": Part::ALL.into_iter().map(part).collect::<Map<_, _>>(),
            "sum": whole(live),
        },
        "lol_plus": WEIGHTS.iter().map(score).collect::<Map<_, _>>(),
    }})
}

/// The share of the time in which media played at another speed than the normal one.
fn paced(live: &OnAir) -> f64 {
    share(live.paced.as_secs_f64(), live.watched.as_secs_f64())
}

/// The share of the time in which it was later than meant.
fn late(live: &OnAir) -> f64 {
    share(live.late.as_secs_f64(), live.watched.as_secs_f64())
}

fn per_viewer(live: &OnAir, sum: f64) -> f64 {
    share(sum, live.viewers as f64)
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The mean latency of first frames, in seconds, if there were any.
fn whole(live: &OnAir) -> Option<f64> {
    let segments = live.budget.segments;
    (segments > 0).then(|| live.budget.latency.as_secs_f64() / segments as f64)
}

/// The score of the mean of those who saw anything, by a set of constants.
fn score(run: &Run, live: &OnAir, weights: &Weights) -> Option<f64> {
    let kbps = |rung: &crate::media::Representation| rung.bitrate.as_kbps_f64();
    let range = (run.rungs.first().map(kbps)?, run.rungs.last().map(kbps)?);
    let sum = weights.score(&Seen::from(&run.summary.total), &live.score, range);
    (live.viewers > 0).then(|| sum / live.viewers as f64)
}

/// A score to the next whole number, its thousands apart.
fn whole_number(score: f64) -> String {
    let sign = if score <= -0.5 { "−" } else { "" };
    format!("{sign}{}", count(libm::round(score.abs()) as u64))
}

/// A time in seconds, and a dash of none.
fn span(span: Option<Span>) -> String {
    span.map_or_else(|| "–".into(), |span| decimal(span.as_secs_f64(), 2))
}
