//! `abrsim abr`: what algorithms there are, and what can be set of each.

use std::fmt::Write;

use clap::Subcommand;

use super::{Failure, print};
use crate::abr::models::Model;
use crate::abr::{ALGORITHMS, Algorithm, Parameter, Value};
use crate::scenario::ScenarioError;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them, a line each, with what can be set of each.
    List,
    /// All about one: its source, and its parameters with units and defaults.
    Show {
        /// The algorithm's name.
        name: String,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::List => print(&list()),
        What::Show { name } => match Algorithm::named(name) {
            Some(algorithm) => print(&show(algorithm)),
            None => {
                let names = ALGORITHMS.iter().map(|a| a.name);
                let error = ScenarioError::new(format!("there is no algorithm {name:?}"));
                Err(error.help(crate::scenario::known("algorithm", name, names)).into())
            }
        },
    }
}

fn list() -> String {
    let mut text = String::new();
    for Algorithm { name, summary, parameters, .. } in ALGORITHMS {
        let settings = match Model::named(name) {
            Some(_) => format!("{} settings: abrsim abr show {name}", parameters.len()),
            None => {
                let settings = parameters.iter().map(|p| format!("{} = {}", p.name, p.default));
                settings.collect::<Vec<_>>().join(", ")
            }
        };
        let _ = writeln!(text, "{name}\n{}{}", wrapped(summary, 4), wrapped(&settings, 4));
    }
    text
}

fn show(algorithm: &Algorithm) -> String {
    let Algorithm { name, summary, source, parameters, .. } = algorithm;
    let mut text = format!("{name}\n{}\n  Source\n{}", wrapped(summary, 2), wrapped(source, 4));
    let key = if name.contains('.') { format!("{name:?}") } else { (*name).to_owned() };
    let _ = writeln!(text, "\n  Parameters, set in a scenario under [algorithm.{key}]");
    if Model::named(name).is_some() {
        text.push_str(&wrapped(EXPORT, 4));
    }
    for parameter in *parameters {
        let Parameter { name, meaning, unit, default, least, most } = *parameter;
        let range = match default {
            Value::Choice(choice) => format!("one of {}", choice.among().join(", ")),
            Value::File(_) => "has to be given".to_owned(),
            Value::Flag(_) => "true or false".to_owned(),
            Value::Number(_) | Value::Count(_) | Value::Span(_) | Value::Bitrate(_) => {
                format!("from {least} to {most}")
            }
        };
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let meaning = wrapped(meaning.trim(), 8);
        // A name, a value or a range may take lines for itself.
        let value = match name.len() + default.to_string().len() > 70 {
            true => format!("    {name}\n        = {default}"),
            false => format!("    {name} = {default}"),
        };
        let range = format!("{range}{unit}");
        let last = value.lines().last().map_or(0, |line| line.chars().count());
        let range = match last + 4 + range.chars().count() > 80 {
            true => format!("\n{}", wrapped(&range, 8)),
            false => format!("    {range}\n"),
        };
        let _ = write!(text, "{value}{range}{meaning}");
    }
    text
}

/// How to use settings that a player has written down.
const EXPORT: &str = "or all at once, as the real player has them: settings = \"FILE.json\" reads \
    a JSON object of its settings. The last part of a name will do where no other ends so.";

/// A text in lines of at most 80 columns, so far in.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut line = " ".repeat(indent);
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > 80 && line.trim_start().len() > 1 {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = " ".repeat(indent);
        }
        line.push_str(word);
        line.push(' ');
    }
    lines + line.trim_end() + "\n"
}
