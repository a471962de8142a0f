//! `abrsim abr`: what algorithms there are, and what can be set of each.

use std::fmt::Write;

use clap::Subcommand;

use super::{Failure, print};
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
        let settings = parameters.iter().map(|p| format!("{} = {}", p.name, p.default));
        let settings = settings.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{name}\n{}{}", wrapped(summary, 4), wrapped(&settings, 4));
    }
    text
}

fn show(algorithm: &Algorithm) -> String {
    let Algorithm { name, summary, source, parameters, .. } = algorithm;
    let mut text = format!("{name}\n{}\n  Source\n{}", wrapped(summary, 2), wrapped(source, 4));
    text.push_str("\n  Parameters, set in a scenario under [algorithm.");
    let _ = writeln!(text, "{name}]");
    for parameter in *parameters {
        let Parameter { name, meaning, default, least, most } = *parameter;
        let range = match default {
            Value::Choice(choice) => format!("one of {}", choice.among().join(", ")),
            Value::File(_) => "has to be given".to_owned(),
            Value::Flag(_) => "true or false".to_owned(),
            Value::Number(_) | Value::Count(_) | Value::Span(_) | Value::Bitrate(_) => {
                format!("from {least} to {most}")
            }
        };
        let _ = write!(text, "    {name} = {default}    {range}\n{}", wrapped(meaning.trim(), 8));
    }
    text
}

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
