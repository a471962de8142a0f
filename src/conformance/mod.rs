//! Sessions that other simulators have run, run again: how far are we from their numbers?
//!
//! The idea to hold: a folder holds inputs and, in `expected.jsonl`, a case a line: what was run
//! and what came out. Every case is run here, and the table says of how many the outcome is the
//! same, and what the worst of the rest is.

pub mod pensieve;
pub mod sabre;

use std::path::Path;

use serde_json::{Map, Value};

use crate::fetch;
use crate::media::{Presentation, movie};

/// The largest file of cases, or movie, that is read.
const MOST: u64 = 256 << 20;

/// A case, and the number of its line.
type Case = (usize, Map<String, Value>);

/// The cases of a folder.
fn cases(folder: &Path) -> Result<Vec<Case>, String> {
    let path = folder.join("expected.jsonl");
    let text = text(&path)?;
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let case = |(line, number): (&str, usize)| match serde_json::from_str(line) {
        Ok(Value::Object(case)) => Ok((number, case)),
        Ok(_) => Err(format!("{}, line {number}: an object is expected", path.display())),
        Err(error) => Err(format!("{}, line {number}: {error}", path.display())),
    };
    let cases = lines.map(case).collect::<Result<Vec<_>, _>>()?;
    match cases.is_empty() {
        true => Err(format!("{} holds no case", path.display())),
        false => Ok(cases),
    }
}

fn text(path: &Path) -> Result<String, String> {
    let text = fetch::text_at_most(path, MOST);
    text.map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// A movie as what there is to play.
fn presentation(path: &Path) -> Result<Presentation, String> {
    let track = movie::read(&text(path)?);
    Ok(Presentation::new(vec![track.map_err(|error| format!("{}: {error}", path.display()))?]))
}

/// A member of a case, as what it has to be.
fn member<'a, T>(
    (line, case): &'a Case,
    name: &str,
    as_what: impl Fn(&'a Value) -> Option<T>,
) -> Result<T, String> {
    let found = case.get(name);
    found.and_then(as_what).ok_or_else(|| match found {
        None => format!("expected.jsonl, line {line}: there is no {name:?}"),
        Some(found) => format!("expected.jsonl, line {line}: {name:?} may not be {found}"),
    })
}
