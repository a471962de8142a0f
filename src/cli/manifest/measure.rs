//! `abrsim manifest measure`: what every segment weighs, asked of whoever holds it.
//!
//! The idea to hold: nobody is asked twice, nor for what a range tells; and what was learnt is
//! kept, whatever fails after it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use indicatif::{ProgressBar, ProgressStyle};

use super::{choice, read};
use crate::cli::signals::listen;
use crate::cli::{Failure, print};
use crate::fetch::{Fetcher, is_url, size_of_file};
use crate::media::Rung;
use crate::media::manifest::{Outline, Resource, TrackOutline, peak};
use crate::media::sizes::SizeTable;
use crate::report::format::{bitrate, count, many};
use crate::report::layout::{Column, grid};
use crate::scenario::ScenarioError;
use crate::units::{Bitrate, Bytes, Span};

/// Ask an origin how large every segment is, and keep that as a table.
///
/// Of the tracks a player would take, every segment and initialisation segment of every rung is
/// asked for by HEAD, six at a time, or where the origin does not answer that, by a GET of one
/// byte. A scenario names the table as `content.sizes` beside `content.manifest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, or an http:// or https:// address.
    #[arg(value_name = "FILE|URL")]
    manifest: String,
    /// Write the table there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The language of the sound to play, such as `en`.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// Print no progress, and nothing at the end but errors.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let fetcher = Fetcher::default();
    let manifest = read(&fetcher, &args.manifest)?;
    let outline = manifest.outline(&choice(args.language.as_ref())).map_err(ScenarioError::new)?;
    // Before a thousand requests, that there is somewhere to put the answers.
    let cannot = |error| Failure::writing(&args.out, &error);
    let part = part(&args.out);
    fs::write(&part, "").map_err(cannot)?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = stop.clone();
    let how = Arc::new(OnceLock::new());
    let told = how.clone();
    listen(move |signal| {
        told.get_or_init(|| signal);
        stopper.store(true, Ordering::Relaxed);
    })?;

    let wanted = wanted(&outline);
    let bar = progress_bar(args.quiet, wanted.len());
    let found = ask(&fetcher, &wanted, &stop, &bar);
    bar.finish_and_clear();
    let mut table = SizeTable::of(&args.manifest);
    let (mut known, mut failed) = (BTreeMap::new(), Vec::new());
    for (resource, answer) in wanted.into_iter().zip(found) {
        match answer {
            Some(Ok(size)) => {
                table.insert(resource.clone(), size);
                known.insert(resource, size);
            }
            Some(Err(why)) => failed.push((resource, why)),
            None => {}
        }
    }
    // Under another name until it is whole: a table from before stays whole if this is killed.
    fs::write(&part, table.to_csv()).and_then(|()| fs::rename(&part, &args.out)).map_err(cannot)?;
    if !args.quiet {
        let size = |resource: &Resource| resource.size().or_else(|| known.get(resource).copied());
        let told = many(known.len() as u64, "size");
        print(&format!("{}\n{told}: {}\n", summary(&outline, &size), args.out.display()))?;
    }
    if let Some(&signal) = how.get() {
        return Err(Failure::Stopped(signal));
    }
    match failed.first() {
        None => Ok(()),
        Some((first, why)) => {
            let (missing, of) = (count(failed.len() as u64), known.len() + failed.len());
            let of = count(of as u64);
            Err(Failure::Output(format!(
                "{missing} of {of} sizes are not to be had and are not in the table; the first is \
                 that of {first}: {why}"
            )))
        }
    }
}

/// The name a table has until it is whole.
fn part(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    out.with_file_name(name)
}

/// All whose size is worth knowing, each once, in the order of the tracks. Where a range tells it,
/// it is in the table too, so that the table is whole.
fn wanted(outline: &Outline) -> Vec<Resource> {
    let read: BTreeSet<&Resource> = outline.documents.iter().map(|(read, _)| read).collect();
    let mut seen = BTreeSet::new();
    let mut wanted = Vec::new();
    for track in &outline.tracks {
        let setup = track.sections().into_iter().flat_map(|(_, setup)| setup).flatten();
        let segments = track.ladder.rungs().flat_map(|rung| resources(track, rung));
        for resource in setup.chain(segments) {
            // What was read has told its size.
            if !read.contains(&resource) && seen.insert(resource.clone()) {
                wanted.push(resource);
            }
        }
    }
    wanted
}

fn resources(track: &TrackOutline, rung: Rung) -> impl Iterator<Item = Resource> + '_ {
    (0..track.durations.len()).map(move |index| track.resource(index, rung))
}

/// The answers, in order: files from the disk, the rest from the network.
fn ask(
    fetcher: &Fetcher,
    wanted: &[Resource],
    stop: &AtomicBool,
    bar: &ProgressBar,
) -> Vec<Option<Result<Bytes, String>>> {
    let asked = |resource: &Resource| is_url(&resource.url) && resource.size().is_none();
    let remote: Vec<Resource> = wanted.iter().filter(|r| asked(r)).cloned().collect();
    bar.inc((wanted.len() - remote.len()) as u64);
    let answers = match fetcher.http() {
        _ if remote.is_empty() => Vec::new(),
        Ok(http) => http.sizes(&remote, stop, &mut |_, _| bar.inc(1)),
        Err(why) => vec![Some(Err(why)); remote.len()],
    };
    let mut answers = answers.into_iter();
    let answer = |resource: &Resource| match asked(resource) {
        true => answers.next().flatten(),
        false => Some(size_of_file(resource)),
    };
    wanted.iter().map(answer).collect()
}

fn progress_bar(quiet: bool, length: usize) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{wide_bar} {human_pos}/{human_len} sizes  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
}

/// A line per rung: what it weighs, against what it is advertised at.
fn summary(outline: &Outline, size: &dyn Fn(&Resource) -> Option<Bytes>) -> String {
    let columns = [
        Column::words("track"),
        Column::numbers("rung"),
        Column::numbers("segments"),
        Column::numbers("bytes"),
        Column::numbers("advertised"),
        Column::numbers("mean"),
        Column::numbers("peak"),
        Column::numbers("peak/adv."),
    ];
    let row = |track: &TrackOutline, rung: Rung| {
        let kind = track.kind.name();
        let sizes: Vec<_> = resources(track, rung).map(|resource| size(&resource)).collect();
        let told = track.durations.iter().zip(&sizes);
        let known: Vec<(Span, Bytes)> =
            told.filter_map(|(&duration, size)| Some((duration, (*size)?))).collect();
        let advertised = track.ladder.bitrate(rung);
        let bytes: Bytes = known.iter().map(|&(_, size)| size).sum();
        let length: Span = known.iter().map(|&(duration, _)| duration).sum();
        let peak = peak(track.durations.iter().copied(), |index| sizes[index]).map(|(_, p)| p);
        let share = |peak: Bitrate| format!("{:.2}", peak.as_f64() / advertised.as_f64());
        let shown = |rate: Option<Bitrate>| rate.map_or("–".to_owned(), bitrate);
        let segments = match track.durations.len() {
            all if all == known.len() => count(all as u64),
            all => format!("{} of {}", count(known.len() as u64), count(all as u64)),
        };
        vec![
            kind.to_owned(),
            rung.0.to_string(),
            segments,
            count(bytes.get()),
            bitrate(advertised),
            shown((!length.is_zero()).then(|| bytes / length)),
            shown(peak),
            peak.map(share).unwrap_or_default(),
        ]
    };
    let pairs = outline.tracks.iter().flat_map(|t| t.ladder.rungs().map(move |rung| (t, rung)));
    let rows: Vec<_> = pairs.map(|(track, rung)| row(track, rung)).collect();
    grid(&columns, &rows, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::Choice;
    use crate::media::manifest::testing::good;

    fn outline() -> Outline {
        good().outline(&Choice::default()).unwrap()
    }

    #[test]
    fn every_segment_is_wanted_once_and_what_they_share_too() {
        // Four rungs of ten segments, and one initialisation segment between them.
        let wanted = wanted(&outline());
        assert_eq!(wanted.len(), 41);
        assert_eq!(wanted[0].url, "https://cdn.example/film/init.mp4");
        assert_eq!(wanted[1].url, "https://cdn.example/film/500/1.m4s");
    }

    #[test]
    fn the_summary_holds_what_was_measured_against_what_is_advertised() {
        // 200 kB in 4 s are 400 kbit/s, and the peak of 300 kB is 600; of 900 one is not known.
        let size = |resource: &Resource| match resource.url.as_str() {
            "https://cdn.example/film/900/2.m4s" => None,
            "https://cdn.example/film/500/4.m4s" => Some(Bytes::new(300_000)),
            _ => Some(Bytes::new(200_000)),
        };
        let table = summary(&outline(), &size);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 5, "{table}");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = "video 0 10 2,100,000 500 kbit/s 420 kbit/s 600 kbit/s 1.20";
        assert_eq!(words(lines[1]), first);
        assert!(lines[2].contains("9 of 10"), "{table}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{table}");
        assert!(summary(&outline(), &|_| None).contains('–'));
    }
}
