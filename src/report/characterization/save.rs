//! How players choose, as files in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::page::page;
use super::{Characterization, json, markdown};
use crate::report::chart::Chart;
use crate::report::save::clear;

/// Writes all of it into a folder that exists; returns the page's path.
///
/// # Errors
/// With the path that could not be written.
pub fn save(
    folder: &Path,
    of: &Characterization,
    charts: &[Chart],
) -> Result<PathBuf, (PathBuf, io::Error)> {
    let write = |path: PathBuf, bytes: &[u8]| match fs::write(&path, bytes) {
        Ok(()) => Ok(path),
        Err(error) => Err((path, error)),
    };
    write(folder.join("characterization.json"), format!("{:#}\n", json(of)).as_bytes())?;
    write(folder.join("characterization.md"), markdown(of, charts).as_bytes())?;
    let beside = clear(folder).map_err(|error| (folder.join("charts"), error))?;
    for chart in charts {
        write(beside.join(format!("{}.svg", chart.name)), chart.svg.as_bytes())?;
        write(beside.join(format!("{}.png", chart.name)), &chart.png())?;
    }
    write(folder.join("index.html"), page(of, charts).as_bytes())
}
