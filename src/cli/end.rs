//! What comes of a study: left as a report, and told.
//!
//! The idea to hold: whoever simulated it, on one machine or on many, the same files come of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::colour::Colour;
use super::rows::{self, Part, Sessions};
use super::{Failure, print};
use crate::report::{self, Results};
use crate::scenario::study::{Study, StudyError};
use crate::scenario::{Rows, ScenarioError};

/// How it is told.
#[derive(Debug, clap::Args)]
pub(super) struct End {
    /// What to print at the end.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    colour: Colour,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A table for people.
    Table,
    /// The summary, as in summary.json.
    Json,
}

/// Why no report is left.
pub(super) enum Left {
    /// It could not be written.
    Written(Failure),
    /// What it is made of could not be had.
    Study(StudyError),
}

impl From<Failure> for Left {
    fn from(failure: Failure) -> Self {
        Self::Written(failure)
    }
}

impl End {
    /// Keeps others out of a report's folder for as long as what is returned is there; where that
    /// cannot be done they get in.
    pub(super) fn own(folder: &Path) -> Result<Option<File>, Failure> {
        let Ok(own) = File::open(folder) else { return Ok(None) };
        match own.try_lock() {
            Ok(()) => Ok(Some(own)),
            Err(TryLockError::WouldBlock) => {
                let message = format!("another abrsim is at work in {}", folder.display());
                Err(ScenarioError::new(message)
                    .help("let it end, or have the report written elsewhere")
                    .into())
            }
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Leaves rows and report, of all of a study or of what there is; returns where its page is.
    pub(super) fn leave(
        &self,
        folder: &Path,
        study: &Study<'_>,
        pool: &rayon::ThreadPool,
        all: bool,
    ) -> Result<(Results, PathBuf), Left> {
        let mut sessions = Sessions::new(folder)?;
        let mut requests = match study.has_requests() {
            true => Some(Part::new(folder.join("requests.csv"))?),
            false => None,
        };
        let mut nowhere = std::io::sink();
        let mut rows = Rows {
            sessions: &mut sessions,
            requests: match &mut requests {
                Some(part) => part as &mut (dyn Write + Send),
                None => &mut nowhere,
            },
        };
        let merged = pool.install(|| match all {
            true => study.merge(&mut rows),
            false => study.merge_partly(&mut rows),
        });
        let results = merged.map_err(|error| match error {
            StudyError::Rows(error) => Left::Written(Failure::writing(folder, &error)),
            error => Left::Study(error),
        })?;
        sessions.finish(folder)?;
        match requests {
            Some(part) => part.finish()?,
            None => rows::remove(&folder.join("requests.csv"))?,
        }
        let page = report::save(folder, &results);
        let page = page.map_err(|(what, error)| Failure::writing(&what, &error))?;
        Ok((results, page))
    }

    /// Waits until a report is there even if the machine stops.
    pub(super) fn sync(folder: &Path) -> Result<(), Failure> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| Failure::writing(folder, &error))? {
            let path = entry.path();
            if path.is_file() {
                let file = OpenOptions::new().write(true).open(&path);
                let synced = file.and_then(|file| file.sync_all());
                synced.map_err(|error| Failure::writing(&path, &error))?;
            }
        }
        Ok(())
    }

    /// Prints what is to be printed.
    pub(super) fn tell(&self, results: &Results, page: &Path, quiet: bool) -> Result<(), Failure> {
        match (self.format, quiet) {
            (Format::Json, _) => {
                let summary = serde_json::to_string_pretty(&report::summary(results));
                print(&(summary.map_err(|error| Failure::Output(error.to_string()))? + "\n"))?;
            }
            (Format::Table, false) => {
                let table = self.colour.paint(&report::table(results));
                print(&format!("{table}\nReport: {}\n", page.display()))?;
            }
            (Format::Table, true) => {}
        }
        Ok(())
    }
}
