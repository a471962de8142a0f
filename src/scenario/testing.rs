//! Scenarios to try keys on.

use std::path::Path;

use super::{Scenario, ScenarioError};

/// A scenario of ten viewers, and of these lines.
pub(super) fn scenario(lines: &str) -> Result<Scenario, ScenarioError> {
    let text = format!(
        "title = \"t\"\nabr = \"bola\"\nviewers = 10\ncontent.ladder = \"five-rung\"\n\
         content.duration = \"1m\"\n{lines}"
    );
    Scenario::parse("t", "t.toml", &text, Path::new(""), &[])
}

/// What is said to be wrong with it, and what would be right.
pub(super) fn said(lines: &str) -> String {
    scenario(lines).err().map_or("nothing".to_owned(), |error| told(&error))
}

/// An error and its help, in a line.
pub(super) fn told(error: &ScenarioError) -> String {
    let help = miette::Diagnostic::help(error).map(|help| help.to_string());
    format!("{error} | {}", help.unwrap_or_default())
}
