//! The results as tables of text: one of runs, and one of each kind of classes.
//!
//! The idea to hold: every figure is one that `summary.json` has, written with as many digits as
//! can be compared; what there is nothing to say of is a dash.

use crate::metrics::Summary;
use crate::report::format::{count, decimal, interval, last_part, percent};
use crate::report::metric::{of, yin};
use crate::report::ranking::Ranking;
use crate::report::{ClassOf, Results, Run, live, lost, table};

/// A table.
pub(super) struct Sheet {
    /// What it is of.
    pub(super) caption: String,
    /// What a reference to it may be called: letters, digits and hyphens.
    pub(super) label: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// What stands above a column, and whether it holds words, or numbers, which end at its right.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) words: bool,
}

/// A line of a table.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Whether it is of a run with the highest zero-buffer rate.
    pub(super) best: bool,
}

/// A figure: its name with its unit, and how it is written.
type Figure = (&'static str, fn(&Summary) -> String);

/// What is said of viewers.
const FIGURES: [Figure; 9] = [
    ("viewers", |s| count(s.viewers)),
    (ZBR, |s| of(s.viewers, || percent(s.zbr(), 1))),
    ("95 % interval", |s| of(s.viewers, || interval(s.zbr_interval()))),
    ("stalled, %", |s| of(s.started, || percent(s.stall_ratio(), 2))),
    ("stalls/h", |s| of(s.started, || decimal(s.stalls_per_hour(), 2))),
    ("startup, s", |s| of(s.started, || decimal(s.startup_mean(), 2))),
    ("bitrate, Mbit/s", |s| {
        of(s.bitrate.count(), || decimal(s.mean_bitrate().as_kbps_f64() / 1e3, 2))
    }),
    ("switches/min", |s| of(s.started, || decimal(s.switches_per_minute(), 2))),
    ("QoE (Yin)", |s| of(s.total.segments, || decimal(yin(s), 3))),
];

/// The figure that runs are ranked by.
pub(super) const ZBR: &str = "zero-buffer rate, %";

/// And of what is live.
const LIVE: [Figure; 2] =
    [("latency p50, s", |s| latency(s, 0.5)), ("latency p95, s", |s| latency(s, 0.95))];

fn latency(summary: &Summary, q: f64) -> String {
    let latency = summary.live.as_ref().and_then(|live| live.latency.quantile(q));
    latency.map_or_else(|| "–".into(), |latency| decimal(latency.as_secs_f64(), 2))
}

/// What the figures mean, in sentences.
pub(super) fn notes(results: &Results) -> String {
    let partial =
        if results.partial { " Stopped before all viewers had been simulated." } else { "" };
    let lost = lost::sentence(results).map_or_else(String::new, |lost| format!(" {lost}"));
    format!(
        "Zero-buffer rate: the share of viewers who watched all they meant to without a stall, \
         with its 95 % Wilson interval. Stalled: time stalled over time played and stalled. \
         Startup: the mean to the first frame. Bitrate: the mean displayed. QoE: Yin et al. \
         (2015), per segment. Bold: the highest zero-buffer rate. abrsim {}, scenario {}, seed \
         {}.{partial}{lost}",
        env!("CARGO_PKG_VERSION"),
        results.name,
        results.seed
    )
}

/// The table of runs, then one of each kind of classes that viewers are of.
pub(super) fn sheets(results: &Results) -> Vec<Sheet> {
    let runs = results.runs.iter().map(|run| (run, Vec::new(), &run.summary));
    let viewers = table::viewers(results);
    let whole = sheet(results, &[], format!("{} ({viewers})", results.title), "", runs);
    let classes = ClassOf::ALL.into_iter().filter_map(|of| {
        let names = results.class_names(of);
        let rows = names.iter().flat_map(|name| {
            let of_the_class =
                |run| Some((run, vec![(*name).to_owned()], Run::class(run, of, name)?));
            results.runs.iter().filter_map(of_the_class)
        });
        let caption = format!("{} By {}.", results.title, of.name());
        (!names.is_empty()).then(|| sheet(results, &[of.name()], caption, of.name(), rows))
    });
    [whole].into_iter().chain(classes).collect()
}

fn sheet<'a>(
    results: &Results,
    names: &[&str],
    caption: String,
    label: &str,
    rows: impl Iterator<Item = (&'a Run, Vec<String>, &'a Summary)>,
) -> Sheet {
    let live = if live::is_live(results) { LIVE.as_slice() } else { &[] };
    let figures: Vec<_> = FIGURES.iter().chain(live).collect();
    let words = |name: &str| Column { name: name.to_owned(), words: true };
    let swept = results.swept.iter().map(|key| words(last_part(key)));
    let numbers = figures.iter().map(|(name, _)| Column { name: (*name).to_owned(), words: false });
    let names = names.iter().map(|name| words(name)).chain([words("algorithm")]);
    let columns = names.chain(swept).chain(numbers).collect();
    let ranking = Ranking::of(results);
    let row = |(run, mut cells, summary): (&'a Run, Vec<String>, &Summary)| {
        // A class has a winner of its own, which the lead over all says nothing of.
        let whole = cells.is_empty();
        cells.push(run.abr.clone());
        cells.extend(run.point.iter().cloned());
        cells.extend(figures.iter().map(|(_, show)| show(summary)));
        Row { cells, best: whole && ranking.as_ref().is_some_and(|ranking| ranking.leads(run)) }
    };
    let parts = ["tab", &results.name, label].into_iter().filter(|part| !part.is_empty());
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let parts = parts.map(|part| part.chars().map(plain).collect::<String>());
    let label = parts.collect::<Vec<_>>().join("-");
    Sheet { caption, label, columns, rows: rows.map(row).collect() }
}
