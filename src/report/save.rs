//! A report as files in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::json;

use super::{Results, charts, export, lost, page, stored, summary};

/// Writes everything but the rows into a folder that exists; returns the page's path.
///
/// # Errors
/// With the path that could not be written.
pub fn save(folder: &Path, results: &Results) -> Result<PathBuf, (PathBuf, io::Error)> {
    let write = |path: PathBuf, bytes: &[u8]| match put(&path, bytes) {
        Ok(()) => Ok(path),
        Err(error) => Err((path, error)),
    };
    stored::write(folder, results).map_err(|error| (folder.join(stored::FILE), error))?;
    let json = |value: &serde_json::Value| format!("{value:#}\n").into_bytes();
    write(folder.join("summary.json"), &json(&summary(results)))?;
    write(folder.join("provenance.json"), &json(&provenance(results)))?;
    write(folder.join("tables.md"), export::markdown(results).as_bytes())?;
    write(folder.join("tables.tex"), export::latex(results).as_bytes())?;
    let drawn = charts(results);
    let folder_of_charts = clear(folder).map_err(|error| (folder.join(CHARTS), error))?;
    drawn.par_iter().try_for_each(|chart| {
        write(folder_of_charts.join(format!("{}.svg", chart.name)), chart.svg.as_bytes())?;
        write(folder_of_charts.join(format!("{}.png", chart.name)), &chart.png()).map(|_| ())
    })?;
    write(folder.join("index.html"), page(results, &drawn).as_bytes())
}

/// Writes a file whole, or leaves what was there.
pub(super) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_added_extension("part");
    let put = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    put.inspect_err(|_| drop(fs::remove_file(&part)))
}

/// Where the charts go.
pub(super) const CHARTS: &str = "charts";

/// What lies beside the page whatever the scenario, and what each is for.
pub(super) const FILES: &[(&str, &str)] = &[
    ("summary.json", "every number of this page, for programs"),
    ("tables.md", "the tables of this page, for text in Markdown"),
    ("tables.tex", "the same for papers in LaTeX"),
    ("sessions.csv", "a row for each viewer"),
    ("provenance.json", "what it takes to run the same again"),
    (stored::FILE, "the results, for <code>abrsim report</code>, <code>compare</code> and others"),
];

/// Makes the folder of charts, without those that an earlier run left in it.
pub(super) fn clear(folder: &Path) -> io::Result<PathBuf> {
    let charts = folder.join(CHARTS);
    fs::create_dir_all(&charts)?;
    for entry in fs::read_dir(&charts)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|ending| ["svg", "png", "part"].iter().any(|own| ending == *own))
        {
            fs::remove_file(path)?;
        }
    }
    Ok(charts)
}

/// What the results can be had from again: `abrsim run` of this text with every `--set` named at
/// its end, by this version, over inputs with these digests, gives the same bytes.
fn provenance(results: &Results) -> serde_json::Value {
    json!({
        "abrsim": env!("CARGO_PKG_VERSION"),
        "scenario": results.name,
        "scenario_sha256": results.digest,
        "scenario_text": results.scenario,
        "seed": results.seed,
        "partial": results.partial,
        "inputs_sha256": results.inputs,
        "notes": results.notes,
        "lost": lost::json(results),
    })
}
