//! `abrsim compare`: runs held against each other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::run::Simulation;
use super::{Failure, print};
use crate::report::comparison::{self, Comparison, Side, compare};
use crate::report::{is_stored, load};
use crate::scenario::{Override, Scenario, ScenarioError};

/// Compare runs: who wins, by how much, on whom, and which viewers changed.
///
/// Each of what is compared is a folder that `abrsim run` left, or a scenario, which is run. Of
/// one, its runs are compared with its first; of several, those of the same name with those of the
/// first. Where all have the same viewers, each viewer is compared with themselves.
///
///   abrsim compare reports/before reports/after
///   abrsim compare scenarios/first-look.toml
///   abrsim compare my.toml my.toml --set player.buffer=60s
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Folders of reports, and scenarios.
    #[arg(required = true, num_args = 1.., value_name = "DIR|SCENARIO")]
    sides: Vec<PathBuf>,
    /// Set a key on top of every scenario but the first.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// Compare only runs with this in their names.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    #[command(flatten)]
    simulation: Simulation,
    /// Also write index.html, comparison.md and comparison.json into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print no progress, and nothing at the end but what was asked for as Markdown or JSON.
    #[arg(long)]
    quiet: bool,
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Tables for people.
    Table,
    /// Markdown, for a pull request.
    Markdown,
    /// JSON, for other programs.
    Json,
}

/// No more can be told apart by a letter.
const MOST: usize = 26;

/// So many viewers are drawn: more would make no page to mail.
const DRAWN: usize = 40;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.sides.len() > MOST {
        let error = format!("{} are more than the {MOST} that can be compared", args.sides.len());
        return Err(ScenarioError::new(error).into());
    }
    let mut sides = Vec::new();
    let mut scenarios = BTreeMap::new();
    for (letter, (place, path)) in ('A'..).zip(args.sides.iter().enumerate()) {
        let (side, scenario) = side(args, letter, path, place > 0)?;
        sides.push(side);
        scenarios.extend(scenario.map(|scenario| (letter, scenario)));
    }
    let found = compare(&sides).map_err(ScenarioError::new)?;
    if let Some(folder) = &args.out {
        write(folder, &found, &mut scenarios, args.quiet)?;
    }
    let json = || format!("{:#}\n", comparison::json(&found));
    match (args.format, args.quiet) {
        (Format::Json, _) => print(&json())?,
        (Format::Markdown, _) => print(&comparison::markdown(&found))?,
        (Format::Table, true) => {}
        (Format::Table, false) => {
            print(&comparison::text(&found))?;
            if let Some(folder) = &args.out {
                print(&format!("\nComparison: {}\n", folder.join("index.html").display()))?;
            }
        }
    }
    Ok(())
}

/// One of what is compared, and the scenario that it is, if it was run here.
fn side(
    args: &Args,
    letter: char,
    path: &Path,
    later: bool,
) -> Result<(Side, Option<Scenario>), Failure> {
    let mut asked = path.display().to_string();
    let (mut results, scenario) = if is_stored(path) {
        (load(path).map_err(|error| ScenarioError::new(error.to_string()))?, None)
    } else {
        let mut sets = if later { args.set.clone() } else { Vec::new() };
        for set in &sets {
            asked += &format!(" --set {set}");
        }
        sets.extend(args.simulation.sets());
        let mut scenario = Scenario::load(path, &sets)?;
        (args.simulation.run(&mut scenario, args.quiet)?, Some(scenario))
    };
    if let Some(only) = &args.only {
        results.runs.retain(|run| run.name.contains(only));
        if results.runs.is_empty() {
            let error = format!("{asked} has no run with {only:?} in its name");
            return Err(ScenarioError::new(error).into());
        }
    }
    Ok((Side { letter, asked, results }, scenario))
}

fn write(
    folder: &Path,
    found: &Comparison<'_>,
    scenarios: &mut BTreeMap<char, Scenario>,
    quiet: bool,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
    let seen = look(found, scenarios, quiet);
    for (name, text) in [
        ("index.html", comparison::page(found, &seen)),
        ("comparison.md", comparison::markdown(found)),
        ("comparison.json", format!("{:#}\n", comparison::json(found))),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::writing(&path, &error))?;
    }
    Ok(())
}

/// What the viewers who differ most did, by contest and viewer: simulated once more.
fn look(
    found: &Comparison<'_>,
    scenarios: &mut BTreeMap<char, Scenario>,
    quiet: bool,
) -> BTreeMap<(usize, u64), comparison::Pair> {
    for side in found.sides {
        let Entry::Vacant(place) = scenarios.entry(side.letter) else { continue };
        match Scenario::of(&side.results) {
            Ok(scenario) => drop(place.insert(scenario)),
            Err(error) if !quiet => {
                super::note(&format!("the timelines of {} cannot be drawn: {error}", side.asked));
            }
            Err(_) => {}
        }
    }
    let mut seen = BTreeMap::new();
    let mut left = DRAWN;
    for (number, contest) in found.contests.iter().enumerate() {
        let viewers: Vec<_> =
            contest.changed.iter().map(|changed| changed.viewer).take(left).collect();
        left -= viewers.len();
        let of = |side: &comparison::Contestant<'_>| {
            let scenario = scenarios.get(&side.side.letter);
            scenario.map(|scenario| scenario.look(&side.run.name, &viewers)).unwrap_or_default()
        };
        let (mut old, mut new) = (of(&contest.old), of(&contest.new));
        seen.extend(viewers.iter().map(|v| ((number, *v), (old.remove(v), new.remove(v)))));
    }
    seen
}
