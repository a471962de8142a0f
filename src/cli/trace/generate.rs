//! `abrsim trace generate`: bandwidth made up by chance, drawn with a ruler, or as published.
//!
//! The idea to hold: one name says which of the three it is, and what was said on the command line
//! that means nothing to it is an error, not silence.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::parameters::{Parameters, shape};
use crate::cli::abr::wrapped;
use crate::cli::{Failure, print};
use crate::report::format::many;
use crate::scenario::{ScenarioError, known, parse_span};
use crate::seed::Seed;
use crate::trace::generate::{Class, generate};
use crate::trace::profile::{PROFILES, Profile};
use crate::trace::shape::Shape;
use crate::trace::{End, Trace, csv};
use crate::units::Span;

pub(super) const AFTER: &str = "\
Examples:
  abrsim trace generate --list
  abrsim trace generate lte --count 20 --duration 10m --out traces/lte
  abrsim trace generate steps --from 6Mbps --to 500kbps --steps 12 --duration 2m
  abrsim trace generate outage --rate 5Mbps --at 20s --for 8s --out outage.csv
  abrsim trace generate np1-high-low-high --out np1.csv";

/// Write traces of a class of networks, of a shape, or of a published profile.
///
/// A class is drawn from a seed: the same seed and number give the same trace, and a longer one
/// begins with the shorter. A shape is drawn with a ruler. A profile is as published. What is
/// written is CSV: seconds, kbps and, where one is stated, the round trip.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The class, shape or profile; see --list.
    #[arg(value_name = "CLASS|SHAPE|PROFILE", required_unless_present = "list")]
    what: Option<String>,
    /// List all of them, with what they were taken from.
    #[arg(long)]
    list: bool,
    /// How long: 5m unless said for a class, 60s for a shape. A profile has its own length.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    duration: Option<Span>,
    /// Write into this file or, with --count, folder, rather than print.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Draw from this seed. [default: 0]
    #[arg(long, value_name = "S", help_heading = "Of classes")]
    seed: Option<u64>,
    /// So many traces, numbered from 0, into the folder --out.
    #[arg(long, value_name = "N", help_heading = "Of classes", requires = "out",
          value_parser = clap::value_parser!(u64).range(1..=MOST))]
    count: Option<u64>,
    #[command(flatten)]
    parameters: Parameters,
}

/// The most traces written at once.
const MOST: u64 = 100_000;

/// How long a class's trace lasts unless said.
const CLASS_LENGTH: Span = Span::from_secs(300);

/// How long a shape lasts unless said.
const SHAPE_LENGTH: Span = Span::from_secs(60);

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Some(name) = args.what.as_deref().filter(|_| !args.list) else {
        return print(&list());
    };
    if let Some(class) = Class::named(name) {
        return of_class(class, args);
    }
    if let Some(count) = args.count {
        let error = ScenarioError::new(format!("--count {count}: every {name} is the same"));
        return Err(error.help("only classes are drawn by chance; leave it out").into());
    }
    if let Some(seed) = args.seed {
        let error = ScenarioError::new(format!("--seed {seed}: there is no chance in {name}"));
        return Err(error.help("only classes are drawn by chance; leave it out").into());
    }
    if Shape::NAMES.contains(&name) {
        return of_shape(name, args);
    }
    match Profile::named(name) {
        Some(profile) => of_profile(profile, args),
        None => {
            let classes = Class::ALL.iter().map(|class| class.name());
            let profiles = PROFILES.iter().map(|profile| profile.name);
            let names = classes.chain(Shape::NAMES).chain(profiles);
            let what = "there is no class, shape or profile";
            let error = ScenarioError::new(format!("{what} {name:?}"));
            Err(error.help(known("class, shape and profile name", name, names)).into())
        }
    }
}

fn of_class(class: Class, args: &Args) -> Result<(), Failure> {
    args.parameters.none_for(class.name(), "a class")?;
    let seed = args.seed.unwrap_or_default();
    let length = args.duration.unwrap_or(CLASS_LENGTH);
    let name = class.name();
    let one = |number: u64| -> Result<Vec<u8>, Failure> {
        let trace = generate(class, Seed(seed), number, length, End::Repeat)
            .map_err(|error| ScenarioError::new(format!("{name}: {error}")))?;
        let said = format!("Generated, not measured: class {name}, seed {seed}, number {number}.");
        text(&[said], &trace)
    };
    let (Some(count), Some(folder)) = (args.count, &args.out) else {
        return put(&one(0)?, args.out.as_deref());
    };
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
    let width = (count - 1).to_string().len().max(2);
    for number in 0..count {
        let file = folder.join(format!("{number:0width$}.csv"));
        fs::write(&file, one(number)?).map_err(|error| Failure::writing(&file, &error))?;
    }
    print(&format!("{}: {} of {name}\n", folder.display(), many(count, "trace")))
}

fn of_shape(name: &str, args: &Args) -> Result<(), Failure> {
    let length = args.duration.unwrap_or(SHAPE_LENGTH);
    let (shape, said) = shape(name, &args.parameters)?;
    let trace = shape
        .trace(length, args.parameters.rtt, End::Repeat)
        .map_err(|error| ScenarioError::new(format!("{name}: {error}")))?;
    put(&text(&[format!("Drawn, not measured: {said}, {length} long.")], &trace)?, args.out())
}

fn of_profile(profile: &Profile, args: &Args) -> Result<(), Failure> {
    let name = profile.name;
    args.parameters.none_for(name, "a profile")?;
    if args.duration.is_some() {
        let length = profile.trace().length();
        let error = ScenarioError::new(format!("{name} lasts {length}, as published"));
        return Err(error.help("leave --duration out").into());
    }
    let mut said = vec![format!("Profile {name}: {}.", profile.about)];
    said.push(format!("Source: {}.", profile.source));
    if profile.loss() > 0.0 {
        let losses = profile.losses().map(|(_, share)| format!("{:.2}", share * 1e2));
        let losses = losses.collect::<Vec<_>>().join(", ");
        said.push(format!(
            "Packets lost, in percent, which this format has no column for: {losses}."
        ));
    }
    put(&text(&said, &profile.trace())?, args.out())
}

impl Args {
    fn out(&self) -> Option<&Path> {
        self.out.as_deref()
    }
}

/// A trace as CSV, below comments that say what it is.
fn text(comments: &[String], trace: &Trace) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    comments
        .iter()
        .try_for_each(|comment| writeln!(text, "# {comment}"))
        .and_then(|()| csv::write(trace, &mut text))
        .map_err(|error| Failure::Output(error.to_string()))?;
    Ok(text)
}

/// Writes a text to a file, or prints it.
fn put(text: &[u8], out: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = out else { return print(&String::from_utf8_lossy(text)) };
    if file.is_dir() {
        let error = ScenarioError::new(format!("{} is a folder", file.display()));
        return Err(error.help("name a file; with --count N, a folder").into());
    }
    fs::write(file, text).map_err(|error| Failure::writing(file, &error))
}

/// Everything there is, at 80 columns.
fn list() -> String {
    let mut text = String::from("Classes, drawn from --seed\n");
    for class in Class::ALL {
        let rtt = class.rtt().map(|rtt| format!("round trip {} ms; ", rtt.in_millis()));
        let source = format!("{}{}", rtt.unwrap_or_default(), class.source());
        text += &entry(class.name(), class.about(), &source);
    }
    text += "\nShapes, drawn with a ruler\n";
    for (name, usage, about) in super::parameters::SHAPES {
        text += &format!("  {name} {usage}\n{}", wrapped(about, 6));
    }
    text += "\nProfiles, as published\n";
    for profile in PROFILES {
        let loss = match profile.loss() {
            loss if loss > 0.0 => format!("; {:.2} % of packets lost in the mean", loss * 1e2),
            _ => String::new(),
        };
        let length = profile.trace().length();
        let about = format!("{} ({length}{loss})", profile.about);
        text += &entry(profile.name, &about, profile.source);
    }
    text
}

fn entry(name: &str, about: &str, source: &str) -> String {
    format!("  {name}\n{}{}", wrapped(about, 6), wrapped(&format!("[{source}]"), 6))
}
