//! `abrsim characterize`: how players choose.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::manifest::read;
use super::trace::from_log;
use super::{Failure, print};
use crate::characterize::{Character, Subject, simulated, told};
use crate::fetch::Fetcher;
use crate::report::character_charts;
use crate::report::characterization::{Characterization, json, markdown, save, text};
use crate::report::format::{bitrate, many};
use crate::scenario::{Override, Scenario, ScenarioError, parse_span};
use crate::units::Span;

const AFTER: &str = "\
Players are put on links made for it: stairs of 2.5 % every 5 minutes up through every rung and down
again, one even link for each rung, jumps across each boundary and from the dearest rung down to
each, an outage of 10 s, bandwidth that goes to and fro around each rung every 10 s, and the seven
patterns that `abrsim trace generate --list` has as characterize-*. Segments have a constant size.

A real player: serve scenarios/characterize.toml, which asks the same in six minutes as far as that
can be asked, let it play for as long, and read what the server saw:
  abrsim serve scenarios/characterize.toml --save seen.jsonl
  abrsim characterize --from seen.jsonl --player hls.js
With --player the simulated one stands beside it, on the same six minutes.

Examples:
  abrsim characterize --player hls.js
  abrsim characterize --player dash.js --player ours --set 'algorithm.ours={ use = \"dash.js\", \\
    streaming.buffer.bufferTimeDefault = 12 }'
  abrsim characterize https://cdn.example/film/manifest.mpd --player shaka --rtt 80ms";

/// Find out how players choose: where they go up to each rung and back, how late, how far.
///
/// For every boundary of the ladder the bandwidth at which a player goes up and back, the gap
/// between, its safety factors, how late it is in seconds and segments; on which rung it begins,
/// how far it overshoots, what an outage does to it, and how often it swings. A table, and in
/// `reports/characterize-<player>/` Markdown, JSON, charts and a page.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    /// A DASH or HLS manifest, as a file or at an http:// or https:// address, whose ladder is to
    /// be chosen from; its sound and the length of its segments are taken, too.
    #[arg(value_name = "FILE|URL", conflicts_with_all = ["ladder", "segment", "from"])]
    manifest: Option<String>,
    /// Who chooses: a model of a player or an algorithm (abrsim abr list); may be given again.
    /// Unless said, dash.js, hls.js, shaka and media3.
    #[arg(long, value_name = "NAME")]
    player: Vec<String>,
    /// The ladder to choose from, by name.
    #[arg(long, value_name = "NAME", default_value = "envivio", conflicts_with = "from")]
    ladder: String,
    /// How long a segment lasts.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "4s",
        value_parser = parse_span,
        conflicts_with = "from"
    )]
    segment: Span,
    /// The round trip.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "40ms",
        value_parser = parse_span,
        conflicts_with = "from"
    )]
    rtt: Span,
    /// Set a key of the scenario that players are put in, as in --set network.model=tcp; may be
    /// given again.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// Look at sessions that `serve --save` or `play --save` wrote to this file instead.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The scenario they are of.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "scenarios/characterize.toml",
        requires = "from"
    )]
    scenario: PathBuf,
    /// Write to this folder instead of `reports/characterize-<player>/`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Print nothing at the end but errors, and what --format asks for other than the table.
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Tables and sentences for people.
    Table,
    /// Every fact, as in characterization.json.
    Json,
    /// The document, as in characterization.md.
    Markdown,
}

/// Who is looked at unless said.
const PLAYERS: [&str; 4] = ["dash.js", "hls.js", "shaka", "media3"];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let found = match &args.from {
        Some(log) => of_log(args, log)?,
        None => of_models(args)?,
    };
    let folder = args.out.clone().unwrap_or_else(|| folder(&found.players));
    fs::create_dir_all(&folder).map_err(|error| Failure::writing(&folder, &error))?;
    let charts = character_charts(&found.players);
    let page =
        save(&folder, &found, &charts).map_err(|(what, error)| Failure::writing(&what, &error))?;
    match (args.format, args.quiet) {
        (Format::Json, _) => print(&format!("{:#}\n", json(&found))),
        (Format::Markdown, _) => print(&markdown(&found, &charts)),
        (Format::Table, false) => print(&format!("{}\nReport: {}\n", text(&found), page.display())),
        (Format::Table, true) => Ok(()),
    }
}

/// Players of ours, on links made for it.
fn of_models(args: &Args) -> Result<Characterization, Failure> {
    let subject = match &args.manifest {
        Some(entry) => Subject::of_manifest(&read(&Fetcher::default(), entry)?, args.rtt)?,
        None => Subject::named(&args.ladder, args.segment, args.rtt),
    };
    let players: Vec<_> = match &args.player[..] {
        [] => PLAYERS.map(str::to_owned).to_vec(),
        some => some.to_vec(),
    };
    let scenario = subject.scenario(&players, &args.set)?;
    let notes = scenario.notes.clone();
    let players = simulated(scenario)?;
    let mut met = format!("{}, {}", of_what(&players), round_trip(args.rtt));
    for set in &args.set {
        met += &format!(", {set}");
    }
    Ok(Characterization { players, met, notes })
}

/// Players of whom a log tells.
fn of_log(args: &Args, log: &Path) -> Result<Characterization, Failure> {
    let mut overrides = args.set.clone();
    if !args.player.is_empty() {
        overrides.push(Override::new(&["abr"], format!("{:?}", args.player)));
    }
    let scenario = Scenario::load(&args.scenario, &overrides)?;
    let logs = from_log::read(log)?;
    let wrong = |error: ScenarioError| {
        let error = ScenarioError::new(format!("{}: {error}", log.display()));
        error.help(format!("--scenario names what was played; it is taken for {}", scenario.name))
    };
    let players = told(&scenario, &logs, !args.player.is_empty()).map_err(wrong)?;
    if players.is_empty() {
        return Err(wrong(ScenarioError::new("it tells of no session")).into());
    }
    let (many, name) = (many(logs.len() as u64, "session"), &scenario.name);
    let met = format!("{}, {many} over HTTP of the scenario {name}", of_what(&players));
    Ok(Characterization { players, met, notes: scenario.notes.clone() })
}

/// The ladder, and how it is cut.
fn of_what(players: &[Character]) -> String {
    let Some(Character { rungs, segment, .. }) = players.first() else { return String::new() };
    let ends = [rungs.first(), rungs.last()].map(|rung| rung.map(|rung| bitrate(rung.bitrate)));
    let [low, high] = ends.map(Option::unwrap_or_default);
    format!("{} rungs from {low} to {high}, segments of {} s", rungs.len(), segment.in_secs())
}

fn round_trip(rtt: Span) -> String {
    format!("a round trip of {} ms", rtt.in_millis())
}

/// Where it goes unless said.
fn folder(players: &[Character]) -> PathBuf {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name = match players {
        [one] => format!("characterize-{}", one.name.chars().map(safe).collect::<String>()),
        _ => "characterize".to_owned(),
    };
    Path::new("reports").join(name)
}
