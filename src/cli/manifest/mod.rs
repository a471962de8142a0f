//! `abrsim manifest`: what a manifest tells, and what its segments weigh.
//!
//! The idea to hold: a file and an address on the network are read in the same way, so a manifest
//! that was saved is looked at like one that is served.

mod inspect;
mod measure;
mod write;

use std::path::Path;

use clap::Subcommand;

use super::Failure;
use crate::fetch::{Fetcher, is_url, siblings};
use crate::media::manifest::{self, Choice, Manifest};
use crate::scenario::{ScenarioError, nearest};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

const LIMITS: &str = "\
Limits: 16 MiB a document, 1,000 documents of 128 MiB in all, 1,000,000 segments
a track and 8,000,000 of all its rungs, 256 rungs a track, a year of media, 30 s
a request.";

#[derive(Debug, Subcommand)]
enum What {
    #[command(after_help = LIMITS)]
    Inspect(inspect::Args),
    #[command(after_help = LIMITS)]
    Measure(measure::Args),
    Write(write::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Inspect(args) => inspect::run(args),
        What::Measure(args) => measure::run(args),
        What::Write(args) => write::run(args),
    }
}

/// A manifest and all it names.
pub(super) fn read(fetcher: &Fetcher, entry: &str) -> Result<Manifest, ScenarioError> {
    if !is_url(entry) {
        check(entry)?;
    }
    manifest::read(entry, &mut |resource| fetcher.fetch(resource)).map_err(|error| {
        let help = "a DASH manifest (.mpd) or an HLS playlist (.m3u8) is expected, as a file or at \
                    an http:// or https:// address";
        ScenarioError::new(error).help(help)
    })
}

/// That there is such a file, or what is near it.
fn check(path: &str) -> Result<(), ScenarioError> {
    let file = Path::new(path);
    if let Some((scheme, _)) = path.split_once("://") {
        let error = ScenarioError::new(format!("{path}: {scheme}:// cannot be fetched from"));
        return Err(error.help("http:// and https:// addresses can be, and files can be read"));
    }
    if file.is_file() {
        return Ok(());
    }
    if file.exists() {
        let what = if file.is_dir() { "a folder" } else { "not a file" };
        return Err(ScenarioError::new(format!("{path} is {what}; a manifest is expected")));
    }
    let error = ScenarioError::new(format!("there is no file {path:?}"));
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names = siblings(file);
    Err(match nearest(&name, names.iter().map(String::as_str)) {
        Some(near) => {
            let near = file.with_file_name(near).display().to_string();
            error.help(format!("did you mean {near:?}?"))
        }
        None => error.help("a path, or an http:// or https:// address, is expected"),
    })
}

fn choice(language: Option<&String>) -> Choice {
    Choice { language: language.cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_told_from_those_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("media.mp4"), b"").unwrap();
        let near = folder.path().join("media.mp5");
        assert!(format!("{:?}", check(near.to_str().unwrap())).contains("media.mp4"));
    }
}
