//! A sweep: keys to vary, and the points that all their values together make.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::{ScenarioError, Source, put};

/// The most points a sweep may have.
const MOST: usize = 10_000;

/// One key to vary, and its values.
#[derive(Debug)]
struct Axis<'a> {
    path: Vec<String>,
    values: Vec<Spanned<DeValue<'a>>>,
    /// Where the list stands: axes are in the order of the file.
    start: usize,
}

/// One choice of a value for every key.
pub(super) struct Point<'a> {
    /// The scenario with those values.
    pub(super) tree: Spanned<DeTable<'a>>,
    /// The values as the scenario writes them, without quotes.
    pub(super) values: Vec<String>,
}

/// The keys a scenario sweeps, in the order of the file, and its points, the last key fastest.
pub(super) fn points<'a>(
    source: &Source,
    mut tree: Spanned<DeTable<'a>>,
) -> Result<(Vec<String>, Vec<Point<'a>>), ScenarioError> {
    let sweep = tree.get_mut().remove("sweep");
    let mut axes = Vec::new();
    if let Some(sweep) = sweep {
        collect(source, sweep, &mut Vec::new(), &mut axes)?;
    }
    axes.sort_by_key(|axis| axis.start);
    // A key swept by the file as "a.b" and by `--set` as a.b is one key: what comes last counts.
    let mut kept: Vec<Axis<'_>> = Vec::with_capacity(axes.len());
    for axis in axes {
        kept.retain(|before| before.path != axis.path);
        // Nor is one swept that the command line sets.
        if !source.sets_over(&axis.path, axis.start) {
            kept.push(axis);
        }
    }
    let axes = kept;
    let mut points = vec![Point { tree, values: Vec::new() }];
    for Axis { path, values, start } in &axes {
        if points.len() * values.len() > MOST {
            let message = format!("the sweep has more than {MOST} points");
            return Err(source.error(*start..*start + 1, message));
        }
        let mut next = Vec::with_capacity(points.len() * values.len());
        for point in &points {
            for (number, value) in values.iter().enumerate() {
                let mut tree = point.tree.clone();
                put(tree.get_mut(), path, value.clone()).map_err(|key| {
                    source.error(value.span(), format!("`{key}` is not a table: it has no keys"))
                })?;
                let written = written(source, value, number);
                let values = point.values.iter().cloned().chain([written]).collect();
                next.push(Point { tree, values });
            }
        }
        points = next;
    }
    Ok((axes.iter().map(|axis| axis.path.join(".")).collect(), points))
}

/// Finds the lists in a table, under keys written `"a.b"` or `a.b` alike.
fn collect<'a>(
    source: &Source,
    value: Spanned<DeValue<'a>>,
    path: &mut Vec<String>,
    axes: &mut Vec<Axis<'a>>,
) -> Result<(), ScenarioError> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => {
            for (key, value) in table {
                let depth = path.len();
                path.extend(key.get_ref().split('.').map(str::to_owned));
                collect(source, value, path, axes)?;
                path.truncate(depth);
            }
            Ok(())
        }
        DeValue::Array(list) if !path.is_empty() && !list.is_empty() => {
            let values: Vec<_> = list.into_iter().collect();
            distinct(source, path, &values)?;
            axes.push(Axis { path: path.clone(), values, start: span.start });
            Ok(())
        }
        DeValue::Array(_)
        | DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => {
            let keys = ["sweep"].into_iter().chain(path.iter().map(String::as_str));
            let key = keys.collect::<Vec<_>>().join(".");
            let message = match path.is_empty() {
                true => format!("`{key}` is not a table of keys and their values to try"),
                false => format!("`{key}` is not a list of values to try, one or more"),
            };
            Err(source
                .error(span, message)
                .help("write \"content.segment\" = [\"2s\", \"6s\"], say"))
        }
    }
}

/// Refuses a list that has a value twice: two runs of one name could not be told apart.
fn distinct(
    source: &Source,
    path: &[String],
    values: &[Spanned<DeValue<'_>>],
) -> Result<(), ScenarioError> {
    let mut seen = BTreeSet::new();
    for (number, value) in values.iter().enumerate() {
        let written = written(source, value, number);
        let message = format!("`sweep.{}` has {written} twice", path.join("."));
        if !seen.insert(written) {
            return Err(source.error(value.span(), message).help("leave one of them out"));
        }
    }
    Ok(())
}

/// A value as its scenario writes it; one that is long, by its number.
fn written(source: &Source, value: &Spanned<DeValue<'_>>, number: usize) -> String {
    match value.get_ref() {
        DeValue::Table(_) | DeValue::Array(_) => format!("#{}", number + 1),
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            source.at(value.span()).to_owned()
        }
    }
}
