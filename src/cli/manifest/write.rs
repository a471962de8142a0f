//! `abrsim manifest write`: what a scenario's viewers watch, as an origin would hold it.
//!
//! The idea to hold: what is written here is what simulated players read, byte for byte, so real
//! ones can be shown the same.

use std::fs;
use std::path::PathBuf;

use crate::cli::{Failure, print};
use crate::media::manifest::{Package, Resource};
use crate::media::sizes::SizeTable;
use crate::media::{dash, hls};
use crate::report::format::many;
use crate::scenario::{Override, Scenario, ScenarioError, parse_span};
use crate::units::{Span, Time};

/// Write the manifests of a scenario's content, in both languages.
///
/// manifest.mpd and master.m3u8 with its media playlists, over the same segments, named as FFmpeg
/// names them; and sizes.csv, which says how large each segment is. Of a sweep, the first point. Of
/// what is live, as they are when the first viewer may press play, or --after that; its event began
/// with 1970.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario: a TOML file.
    scenario: PathBuf,
    /// Write the files into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Set a key on top of the file, as in `--set content.segment=2s`; may be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Override>,
    /// Write what is live as it is so long after the first viewer may press play, such as 30s.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    after: Option<Span>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let scenario = Scenario::load(&args.scenario, &args.set)?;
    let Some(point) = scenario.points.first() else { return Ok(()) };
    let content = &point.setup.content;
    let packages = match &content.live {
        Some(live) => {
            let clock = live.clock(Time::ZERO + args.after.unwrap_or_default());
            [dash::write_live, hls::write_live].map(|write| write(content, clock, Span::ZERO))
        }
        None if args.after.is_some() => {
            let scenario = args.scenario.display();
            let why = format!("{scenario} has no [live]: its manifests do not change");
            return Err(ScenarioError::new(why).into());
        }
        None => [dash::write(content), hls::write(content)],
    };
    fs::create_dir_all(&args.out).map_err(|error| Failure::writing(&args.out, &error))?;
    let put = |name: &str, text: &str| {
        let path = args.out.join(name);
        fs::write(&path, text).map_err(|error| Failure::writing(&path, &error))
    };
    for Package { documents, .. } in &packages {
        for (name, text) in documents {
            put(name, text)?;
        }
    }
    let [dash, hls] = packages;
    let mut table = SizeTable::of(&dash.entry);
    for (name, size) in &dash.sizes {
        table.insert(Resource::whole(name.as_str()), *size);
    }
    put("sizes.csv", &table.to_csv())?;
    let out = args.out.display();
    let files = many(table.count() as u64, "file");
    print(&format!(
        "{out}/{}\n{out}/{}\n{out}/sizes.csv: {files} of media\n",
        dash.entry, hls.entry
    ))
}
