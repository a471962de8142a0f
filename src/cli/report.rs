//! A report written where it is wanted, and its table printed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{Failure, print};
use crate::report::{Results, save, table};

/// Writes rows and a report into a folder, and prints the table.
pub(super) fn write_report(
    folder: &Path,
    results: &Results,
    rows: &[u8],
    (inputs, notes): (&BTreeMap<String, String>, &[String]),
    quiet: bool,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
    let sessions = folder.join("sessions.csv");
    fs::write(&sessions, rows).map_err(|error| Failure::writing(&sessions, &error))?;
    let page = save(folder, results, inputs, notes)
        .map_err(|(what, error)| Failure::writing(&what, &error))?;
    match quiet {
        true => Ok(()),
        false => print(&format!("{}\nReport: {}\n", table(results), page.display())),
    }
}
