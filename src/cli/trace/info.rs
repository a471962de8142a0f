//! `abrsim trace info`: what traces are like, a line each.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Found, Input, gather};
use crate::cli::{Failure, print};
use crate::media::{Ladder, ladders};
use crate::report::format::count;
use crate::report::layout::{Column, GAP, WIDTH, grid, middle};
use crate::scenario::{Rate, ScenarioError, known};
use crate::trace::measure::Measures;
use crate::trace::read::Format;
use crate::units::{Bitrate, Span};

/// Show what traces are like, a line each: how long, how fast, how steady.
///
/// Rates are in Mbit/s and weigh by time: the bandwidth is below p5 for 5 % of it. An outage is a
/// time at zero; var is the deviation of the rate over its mean. Below that stands for what share
/// of the time the bandwidth is at least the bitrate of each rung of a ladder.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// The ladder: the name of a known one, or bitrates such as 600kbps,2.5Mbps.
    #[arg(long, value_name = "NAME|RATES", default_value = "five-rung-600k")]
    ladder: String,
    /// Print JSON: all numbers, in seconds and kbit/s.
    #[arg(long)]
    json: bool,
}

/// A trace as it is shown.
struct Row {
    name: String,
    format: Format,
    measures: Measures,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let rungs = rungs(&args.ladder)?;
    let row =
        |Found { name, format, trace, .. }| Row { name, format, measures: Measures::of(&trace) };
    let rows: Vec<_> = gather(&args.input)?.into_iter().map(row).collect();
    if args.json {
        let told: Vec<_> = rows.iter().map(|row| told(row, &rungs)).collect();
        let text = serde_json::to_string_pretty(&told);
        return print(&(text.map_err(|error| Failure::Output(error.to_string()))? + "\n"));
    }
    print(&text(&rows, &args.ladder, &rungs))
}

/// The bitrates of a ladder, or those written out.
fn rungs(ladder: &str) -> Result<Vec<Bitrate>, ScenarioError> {
    let bitrates = |ladder: Ladder| ladder.bitrates().to_vec();
    if let Some(rungs) = ladders::named(ladder) {
        return Ok(bitrates(rungs));
    }
    let rates = ladder.split(',').map(|rate| rate.trim().parse::<Rate>().map(|Rate(rate)| rate));
    let mut rates: Vec<_> = rates.collect::<Result<_, _>>().map_err(|error| {
        let what = format!("--ladder {ladder:?} is no ladder, nor a list of bitrates: {error}");
        ScenarioError::new(what).help(known("ladder", ladder, ladders::names()))
    })?;
    rates.sort_unstable();
    Ok(rates)
}

/// The tables, at most 80 columns wide.
fn text(rows: &[Row], ladder: &str, rungs: &[Bitrate]) -> String {
    let mut counts: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for row in rows {
        let facts = row.format.facts();
        counts.entry(facts.name).or_insert((0, facts.units)).0 += 1;
    }
    let told = |(name, (traces, units)): (&&str, &(u64, &str))| {
        let s = if *traces == 1 { "" } else { "s" };
        format!("{} trace{s} recognised as {name}: {units}\n", count(*traces))
    };
    let mut text: String = counts.iter().map(told).collect();
    let all = Measures::of_all(rows.iter().map(|row| &row.measures));
    let total = (rows.len() > 1).then(|| format!("all {}", count(rows.len() as u64)));
    let labels: Vec<_> = names(rows).into_iter().chain(total).collect();
    let measured: Vec<_> =
        rows.iter().map(|row| (&row.measures, row.format.name())).chain([(&all, "")]).collect();
    text.push('\n');
    let lines = measured.iter().map(|(measures, format)| cells(measures, format)).collect();
    text += &table(&COLUMNS, &labels, lines);
    text += &format!("\nShare of the time, in %, that each rung of {ladder} is sustainable:\n");
    for part in rungs.chunks(RUNGS) {
        let headers: Vec<String> = part.iter().map(|rung| short(*rung)).collect();
        let headers = headers.iter().map(|header| Column::numbers(header.as_str()));
        let columns: Vec<_> = [Column::words("trace")].into_iter().chain(headers).collect();
        let shares = |measures: &Measures| -> Vec<String> {
            part.iter().map(|rung| format!("{:.1}", 100.0 * measures.sustains(*rung))).collect()
        };
        text.push('\n');
        let lines = measured.iter().map(|(measures, _)| shares(measures)).collect();
        text += &table(&columns, &labels, lines);
    }
    text
}

/// A table whose first column is of labels, which have what room the others leave.
fn table(columns: &[Column<'_>], labels: &[String], lines: Vec<Vec<String>>) -> String {
    let wide = |text: &str| text.chars().count();
    let width = |(place, column): (usize, &Column<'_>)| {
        let cells = lines.iter().map(|line| wide(&line[place]));
        cells.max().unwrap_or(0).max(wide(column.header)) + GAP.len()
    };
    let others: usize = columns[1..].iter().enumerate().map(width).sum();
    let room = WIDTH.saturating_sub(others).clamp(SHORTEST, LONGEST);
    let label = |label: &String| middle(label, room);
    let rows = labels.iter().map(label).zip(lines);
    let rows: Vec<_> = rows.map(|(label, line)| [vec![label], line].concat()).collect();
    grid(columns, &rows, 0)
}

/// So much of a trace's name stays, and no more of it is shown.
const SHORTEST: usize = 8;
const LONGEST: usize = 36;

/// So many rungs are side by side.
const RUNGS: usize = 7;

const COLUMNS: [Column<'_>; 9] = [
    Column::words("trace"),
    Column::words("format"),
    Column::numbers("length"),
    Column::numbers("mean"),
    Column::numbers("p5"),
    Column::numbers("p50"),
    Column::numbers("p95"),
    Column::numbers("outages"),
    Column::numbers("var"),
];

fn cells(measures: &Measures, format: &str) -> Vec<String> {
    let outages = match measures.outages() {
        0 => "–".to_owned(),
        outages => format!("{} {}", count(outages), length(measures.quiet())),
    };
    vec![
        format.to_owned(),
        length(measures.length()),
        mbps(measures.mean()),
        mbps(measures.quantile(0.05)),
        mbps(measures.quantile(0.5)),
        mbps(measures.quantile(0.95)),
        outages,
        format!("{:.2}", measures.variation()),
    ]
}

/// The names of the traces without the folders that all are in.
fn names(rows: &[Row]) -> Vec<String> {
    let folders = |name: &str| name.rfind('/').map_or(0, |last| last + 1);
    let first = rows.first().map_or("", |row| row.name.split('#').next().unwrap_or_default());
    let mut shared = &first[..folders(first)];
    for row in rows {
        while !row.name.starts_with(shared) {
            shared = &shared[..folders(&shared[..shared.len().saturating_sub(1)])];
        }
    }
    rows.iter().map(|row| row.name[shared.len()..].to_owned()).collect()
}

/// Mbit/s with three digits, and no more than it needs.
fn mbps(rate: Bitrate) -> String {
    let mbps = rate.as_kbps_f64() / 1e3;
    match mbps {
        _ if mbps < 9.995 => format!("{mbps:.2}"),
        _ if mbps < 99.95 => format!("{mbps:.1}"),
        _ => format!("{mbps:.0}"),
    }
}

/// A bitrate as a header has room for it: `600k`, `2.5M`.
fn short(rate: Bitrate) -> String {
    match rate.as_bps() {
        ..1_000_000 => format!("{:.0}k", rate.as_kbps_f64()),
        _ => format!("{}M", (rate.as_kbps_f64() / 10.0).round() / 100.0),
    }
}

/// A length of time: `0.5s`, `48s`, `5m12s`, `2h05m`.
fn length(span: Span) -> String {
    let secs = span.as_secs_f64();
    let whole = secs.round() as u64;
    match whole {
        _ if secs < 9.95 => format!("{secs:.1}s"),
        ..60 => format!("{whole}s"),
        60..3_600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3_600..360_000 => format!("{}h{:02}m", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{}d", whole / 86_400),
    }
}

/// A trace as JSON.
fn told(Row { name, format, measures }: &Row, rungs: &[Bitrate]) -> Value {
    let kbps = |rate: Bitrate| rate.as_kbps_f64();
    let sustained = rungs
        .iter()
        .map(|rung| json!({ "bitrate_kbps": kbps(*rung), "share": measures.sustains(*rung) }));
    json!({
        "name": name,
        "format": format.name(),
        "units": format.facts().units,
        "length_s": measures.length().as_secs_f64(),
        "mean_kbps": kbps(measures.mean()),
        "p5_kbps": kbps(measures.quantile(0.05)),
        "p50_kbps": kbps(measures.quantile(0.5)),
        "p95_kbps": kbps(measures.quantile(0.95)),
        "outages": measures.outages(),
        "outage_s": measures.quiet().as_secs_f64(),
        "variation": measures.variation(),
        "sustainable": sustained.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_rates_are_short() {
        let lengths = [500, 48_000, 312_000, 7_500_000].map(|ms| length(Span::from_millis(ms)));
        assert_eq!(lengths, ["0.5s", "48s", "5m12s", "2h05m"]);
        assert_eq!([600, 2_500, 35_000].map(|k| short(Bitrate::kbps(k))), ["600k", "2.5M", "35M"]);
        assert_eq!(
            [0, 1_234, 12_340, 123_400].map(|k| mbps(Bitrate::kbps(k))),
            ["0.00", "1.23", "12.3", "123"]
        );
    }

    #[test]
    fn rungs_are_those_of_a_ladder_or_written_out() {
        assert_eq!(rungs("envivio").unwrap().len(), 6);
        let right = [Bitrate::kbps(600), Bitrate::kbps(2_500)];
        assert_eq!(rungs("2.5Mbps, 600kbps").unwrap(), right);
        let error = format!("{:?}", rungs("envivo").unwrap_err());
        assert!(error.contains("envivio"), "{error}");
    }
}
