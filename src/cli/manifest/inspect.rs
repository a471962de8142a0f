//! `abrsim manifest inspect`: what a manifest tells, and what could be better.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::ValueEnum;

use super::{choice, read};
use crate::cli::{Failure, print};
use crate::fetch::{Fetcher, text_at_most};
use crate::media::manifest::Resource;
use crate::media::sizes::{MAX_FILE, SizeTable};
use crate::report::manifest::{Inspection, json, text};
use crate::scenario::{ScenarioError, instant};

/// Show what a DASH or HLS manifest tells, and what could be better.
///
/// Periods, sets, ladders and segments; for live, where its edge is; advice with its reasons and
/// figures; and what could not be read. Playlists and indexes that the manifest names are read too.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, or an http:// or https:// address.
    #[arg(value_name = "FILE|URL")]
    manifest: String,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of the sound to play, such as `en`.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// The instant to take for now, of what is live: 2026-06-11T18:00:00Z; unless said, the
    /// clock's.
    #[arg(long, value_name = "TIME", value_parser = at)]
    at: Option<i64>,
    /// Sizes of segments, as `abrsim manifest measure` writes them: with them, bandwidth is checked
    /// against the peak.
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A page for people.
    Text,
    /// Every fact under a stable key.
    Json,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let manifest = read(&Fetcher::default(), &args.manifest)?;
    let table = args.sizes.as_deref().map(|path| table(path, &args.manifest)).transpose()?;
    let of = |resource: &Resource| table.as_ref().and_then(|table| table.get(resource));
    let sizes = table.as_ref().map(|_| &of as _);
    let now = args.at.unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    });
    let inspection = Inspection::new(manifest, &choice(args.language.as_ref()), sizes, now);
    match args.format {
        Format::Text => print(&text(&inspection)),
        Format::Json => print(&format!("{:#}\n", json(&inspection))),
    }
}

fn at(text: &str) -> Result<i64, String> {
    instant(text).ok_or_else(|| "write 2026-06-11T18:00:00Z, say".to_owned())
}

fn table(path: &Path, entry: &str) -> Result<SizeTable, ScenarioError> {
    let told = text_at_most(path, MAX_FILE.get())
        .and_then(|text| SizeTable::from_csv(&text).map_err(|error| error.to_string()));
    let cannot =
        |why| ScenarioError::new(format!("cannot read the sizes {}: {why}", path.display()));
    Ok(told.map_err(cannot)?.read_from(entry))
}
