//! `abrsim replay`: one viewer of a run, event by event.

use std::cell::Cell;
use std::io::{BufWriter, ErrorKind, Write, stdout};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Failure;
use crate::report::Results;
use crate::report::events;
use crate::report::format::many;
use crate::scenario::real::log::{self, Log};
use crate::scenario::{Mishap, Override, Run, Scenario, ScenarioError, hush, nearest};

/// Simulate one viewer again, and print all that happens to them.
///
/// Whoever is simulated alone does what they did among a million others: everything is drawn by
/// the seed and their number. Those on the same link are printed too; behind caches, all who ask
/// the same are simulated. Where something panics (a bug) its message comes last, and the exit code
/// is 1.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario, a TOML file.
    scenario: PathBuf,
    /// Their number, as in sessions.csv.
    #[arg(long, value_name = "N")]
    viewer: u64,
    /// Under which algorithm, if there are several: a label of the scenario's.
    #[arg(long, value_name = "NAME")]
    abr: Option<String>,
    /// The seed of the run.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many viewers the run has.
    #[arg(long, value_name = "N")]
    viewers: Option<u64>,
    /// Set a key on top of the file; one value of each that is swept.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// A line for each event, for people; times are in seconds.
    Text,
    /// The same as JSON, as `abrsim play --save` writes it.
    Json,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    hush();
    let mut sets = args.set.clone();
    sets.extend(args.viewers.map(|n| Override::new(&["viewers"], n)));
    sets.extend(args.seed.map(|s| Override::new(&["seed"], s)));
    let scenario = Scenario::load(&args.scenario, &sets)?;
    let runs = scenario.runs();
    let wanted = |label: &str| args.abr.as_ref().is_none_or(|abr| abr == label);
    let found: Vec<_> = (0..runs.len()).filter(|&run| wanted(&runs[run].1)).collect();
    let [run] = found[..] else {
        let names: Vec<_> = runs.iter().map(|(name, _)| name.as_str()).collect();
        let error = ScenarioError::new(format!("which run? there are {}", names.join(", ")));
        let near = args.abr.as_ref().filter(|_| found.is_empty());
        let near = near.and_then(|abr| nearest(abr, runs.iter().map(|(_, label)| label.as_str())));
        let help = match near {
            Some(near) => format!("did you mean --abr {near}?"),
            None => "say --abr NAME, and --set a value of each key swept".to_owned(),
        };
        return Err(error.help(help).into());
    };
    let mut out = BufWriter::new(stdout().lock());
    // Whoever reads it may have seen enough.
    let trouble = Cell::new(None);
    let write = |viewer, at, event: &_| {
        let text = match args.format {
            Format::Text => events::line(viewer, at, event),
            Format::Json => {
                let abr = runs[run].1.clone();
                log::write(&[Log { abr, viewer, events: vec![(at, *event)] }])
            }
        };
        if let Err(error) = out.write_all(text.as_bytes()) {
            trouble.set(Some(error.kind()));
        }
    };
    let stop = || trouble.get().is_some();
    let came = scenario.replay(run, args.viewer, stop, write)?;
    let flushed = out.flush().map_err(|error| error.kind());
    match trouble.get().map_or(flushed, Err) {
        Err(error) if error != ErrorKind::BrokenPipe => {
            Err(Failure::Output(format!("cannot print: {error}")))
        }
        Ok(()) | Err(_) => came.map_err(|why| Failure::Output(format!("panicked: {why}"))),
    }
}

/// Who could not be simulated, and how to see why, if it is anybody.
pub(super) fn lost(path: &Path, scenario: &Scenario, results: &Results) -> Option<String> {
    let of = results.runs.iter().filter(|run| run.mishaps.viewers > 0);
    let told = of.map(|run| {
        let all = many(run.mishaps.viewers, "viewer");
        let mut text = format!("{all} of {} could not be simulated: a bug", run.name);
        for mishap in run.mishaps.first.iter().take(MOST) {
            let Mishap { viewer, together, message, .. } = mishap;
            let others = match together {
                1 => String::new(),
                all => format!(" and {} others", all - 1),
            };
            let command = command(path, scenario, results, (run, mishap));
            text += &format!("\n  viewer {viewer}{others}: {message}\n    {command}");
        }
        text
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

/// So many of a run are told.
const MOST: usize = 3;

/// What shows how a viewer came to grief.
fn command(
    path: &Path,
    scenario: &Scenario,
    results: &Results,
    (run, mishap): (&Run, &Mishap),
) -> String {
    let Mishap { viewer, seed, .. } = mishap;
    let mut words = vec!["abrsim".to_owned(), "replay".to_owned(), path.display().to_string()];
    let mut say = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    say("viewer", viewer.to_string());
    say("seed", seed.to_string());
    // As many as there are, who may be as many as it took; unless that is swept.
    let swept = |key: &str| results.swept.iter().any(|own| own == key);
    if let Some(point) = scenario.points.first().filter(|_| !swept("viewers")) {
        say("viewers", point.setup.viewers.to_string());
    }
    say("abr", run.abr.clone());
    let own = |set: &&Override| !set.is(&["seed"]) && !set.is(&["viewers"]);
    scenario.sets.iter().filter(own).for_each(|set| say("set", set.to_string()));
    let swept = results.swept.iter().zip(&run.point).filter(|(key, _)| *key != "seed");
    swept.for_each(|(key, value)| say("set", format!("{key}={value}")));
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+%".contains(c);
    match word.chars().all(plain) && !word.is_empty() {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Control, Mishaps};

    #[test]
    fn who_is_lost_is_told_with_what_shows_why() {
        let text = "title = \"t\"\nabr = \"bola\"\nviewers = 30\ncontent.ladder = \"five-rung\"\n\
                    content.duration = \"20s\"\nnetwork.bandwidth = \"3Mbps\"\n\
                    sweep.\"player.buffer\" = [\"20s\", \"30s\"]\n";
        let sets = ["seed=5", "viewers=20", "abr=[\"bba-0\"]"].map(|set| set.parse().unwrap());
        let scenario = Scenario::parse("t", "t.toml", text, Path::new(""), &sets).unwrap();
        let run = crate::scenario::run(&scenario, &Control::default(), std::io::sink());
        let mut results = run.unwrap();
        let path = Path::new("my scenarios/t.toml");
        assert_eq!(lost(path, &scenario, &results), None);
        let mishap = Mishap { viewer: 17, together: 1, seed: 5, message: "no rung".to_owned() };
        results.runs[1].mishaps = Mishaps { viewers: 1, first: vec![mishap] };
        assert_eq!(
            lost(path, &scenario, &results).unwrap(),
            "1 viewer of bba-0 buffer=30s could not be simulated: a bug\n  viewer 17: no rung\n    \
             abrsim replay 'my scenarios/t.toml' --viewer 17 --seed 5 --viewers 20 --abr bba-0 \
             --set 'abr=[\"bba-0\"]' --set player.buffer=30s"
        );
    }

    #[test]
    fn words_are_quoted_as_a_shell_reads_them() {
        assert_eq!(quoted("player.buffer=8s"), "player.buffer=8s");
        assert_eq!(quoted("abr=[\"bola\"]"), "'abr=[\"bola\"]'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
