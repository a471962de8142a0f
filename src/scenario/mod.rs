//! Scenarios: what to simulate, as a file says it, and the simulating of it.
//!
//! ```text
//!   source.rs    the text, what was set on top of it, and errors that point into it
//!   file/        the keys and their types: what `abrsim schema` prints
//!   quantity.rs  "4s", "2.5Mbps"
//!   sweep.rs     the points that lists of values make
//!   traces.rs    the files it names, found and read
//!   content.rs   what is watched: made to a ladder, read from a manifest, or of known sizes
//!   live.rs      the same as it comes to be, live
//!   networks.rs  the classes of networks, with their traces
//!   delivery.rs  what is behind the last mile: origin, caches, catalogue
//!   faults.rs    what goes wrong with this request or that
//!   devices.rs   the classes of devices, with what each can show
//!   audience.rs  when viewers come, what they do, and when they leave
//!   mix.rs       which share of the viewers has which class
//!   setup.rs     what the keys mean together: players, algorithms made ready
//!   cast.rs      who each viewer is: on which link, with whom, on what device
//!   run.rs       every viewer of every point under every algorithm
//!   until.rs     as many of them as it takes
//!   watch.rs     the viewers of some links, watching
//!   probe.rs     one of them, event by event
//!   attend.rs    and all of them, with what is known of each beforehand
//!   seat.rs      what is measured of one viewer
//!   house.rs     the same viewers, as a real origin knows them
//!   real.rs      and watching in real time
//!   causes.rs    why viewers stalled
//!   scoring.rs   who is scored by models of quality of experience
//!   look.rs      some viewers once more, to be looked at
//!   tally.rs     what slices and chunks of viewers amount to
//!   mishap.rs    who could not be simulated, and why
//!   study/       chunks that are kept, for another time to go on from
//!   results.rs   what it amounts to, for the report
//!   rows.rs      a viewer as a row of sessions.csv
//!   requests.rs  a request as a row of requests.csv
//! ```

mod attend;
mod audience;
mod cast;
mod caught;
mod causes;
mod content;
mod delivery;
mod devices;
mod faults;
pub mod file;
mod house;
mod live;
mod look;
mod mishap;
mod mix;
mod networks;
mod preset;
mod probe;
mod quantity;
pub mod real;
mod requests;
mod results;
mod rows;
mod run;
mod scoring;
mod seat;
mod settings;
mod setup;
mod source;
pub mod study;
mod sweep;
mod tally;
#[cfg(test)]
mod testing;
mod trace_format;
mod traces;
mod until;
mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub(crate) use attend::{Gathering, Guest};
pub use caught::{Panicked, caught, hush};
pub(crate) use content::instant;
pub use delivery::{Delivery, STEP};
pub use devices::Device;
pub use house::{Report, Served};
pub use mishap::{Mishap, Mishaps};
pub use mix::Mix;
pub use networks::NetworkClass;
pub(crate) use quantity::{Duration, Rate, nearest, parse_rate, parse_span};
pub(crate) use requests::name_of;
pub use results::{Class, ClassOf, Results, Run};
pub use run::{Control, Rows, run, run_into};
pub(crate) use setup::known;
pub use setup::{Contender, Setup};
pub use source::{Override, ScenarioError};
pub use traces::NamedTrace;

use crate::fetch::{Fetcher, hexadecimal, text_at_most};
use file::File;
use source::Source;
pub(crate) use trace_format::TraceFormat;
pub(crate) use traces::Library;

/// A scenario made ready to run.
pub struct Scenario {
    /// The name of its file, without the ending.
    pub name: String,
    /// The question it asks.
    pub title: String,
    /// The keys it sweeps.
    pub swept: Vec<String>,
    /// The points of the sweep: one where nothing is swept.
    pub points: Vec<Point>,
    /// Its text, overrides included.
    pub text: String,
    /// SHA-256 of that, in hexadecimal.
    pub digest: String,
    /// SHA-256 of every file it reads and of all it fetches, by name.
    pub inputs: BTreeMap<String, String>,
    /// What of its content was left out or made up, and why; and how else its traces may be read.
    pub notes: Vec<String>,
    /// The folder that names in it are relative to.
    pub beside: PathBuf,
    /// What was set on top of it, in its order.
    pub sets: Vec<Override>,
}

/// One point of a sweep.
pub struct Point {
    /// The values of the swept keys, as the scenario writes them.
    pub values: Vec<String>,
    /// What they amount to.
    pub setup: Setup,
}

/// The largest scenario file.
const MAX_FILE: u64 = 4 << 20;

impl Scenario {
    /// Reads a scenario and makes ready everything it needs.
    ///
    /// # Errors
    /// Whatever is wrong with it, before anything is simulated.
    pub fn load(path: &Path, overrides: &[Override]) -> Result<Self, ScenarioError> {
        let shown = path.display();
        let text = text_at_most(path, MAX_FILE).map_err(|why| {
            ScenarioError::new(format!("cannot read the scenario {shown}: {why}"))
        })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let beside = path.parent().unwrap_or(Path::new(""));
        Self::parse(&name, &shown.to_string(), &text, beside, overrides)
    }

    /// The same of a text that would stand in a file called `file` in the folder `beside`.
    pub fn parse(
        name: &str,
        file: &str,
        text: &str,
        beside: &Path,
        overrides: &[Override],
    ) -> Result<Self, ScenarioError> {
        let library = Library::new(beside);
        Self::read(name, &Source::new(file, text, overrides), library)
    }

    /// The same of a text that nobody wrote into a file, with what is on the network fetched so.
    pub(crate) fn fetched(
        name: &str,
        text: &str,
        fetcher: Fetcher,
        overrides: &[Override],
    ) -> Result<Self, ScenarioError> {
        let library = Library::fetching(Path::new(""), fetcher);
        Self::read(name, &Source::new("the command line", text, overrides), library)
    }

    fn read(name: &str, source: &Source, mut library: Library) -> Result<Self, ScenarioError> {
        let (swept, trees) = sweep::points(source, source.tree()?)?;
        let mut title = String::new();
        let mut points = Vec::with_capacity(trees.len());
        for sweep::Point { tree, values } in trees {
            let file: File = source.read(tree)?;
            points.push(Point { values, setup: Setup::new(source, &mut library, &file)? });
            title = file.title;
        }
        let text = source.for_the_record();
        let (beside, sets) = (library.beside().to_owned(), source.sets());
        let digest = hexadecimal(&Sha256::digest(&text));
        let mut notes: Vec<String> = library.doubts().collect();
        let (name, inputs) = (name.to_owned(), library.digests());
        for note in points.iter().flat_map(|point: &Point| &point.setup.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        Ok(Self { name, title, swept, points, text, digest, inputs, notes, beside, sets })
    }
}
