//! A report as files in a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Results, summary};

/// Writes everything but the rows into a folder that exists; returns the page's path.
///
/// # Errors
/// With the path that could not be written.
pub fn save(
    folder: &Path,
    results: &Results,
    inputs: &BTreeMap<String, String>,
) -> Result<PathBuf, (PathBuf, io::Error)> {
    let write = |path: PathBuf, bytes: &[u8]| match fs::write(&path, bytes) {
        Ok(()) => Ok(path),
        Err(error) => Err((path, error)),
    };
    let json = |value: &serde_json::Value| format!("{value:#}\n").into_bytes();
    write(folder.join("summary.json"), &json(&summary(results)))?;
    write(folder.join("provenance.json"), &json(&provenance(results, inputs)))
}

/// What the results can be had from again: `abrsim run` of this scenario, seed and version, over
/// inputs with these digests, gives the same bytes.
fn provenance(results: &Results, inputs: &BTreeMap<String, String>) -> serde_json::Value {
    json!({
        "abrsim": env!("CARGO_PKG_VERSION"),
        "scenario": results.name,
        "scenario_sha256": results.digest,
        "scenario_text": results.scenario,
        "seed": results.seed,
        "partial": results.partial,
        "inputs_sha256": inputs,
    })
}
