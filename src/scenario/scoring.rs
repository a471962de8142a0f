//! Who is scored by the models of quality of experience, and with what.
//!
//! The idea to hold: viewers are numbered at random of the audience, so the first of them are a
//! fair sample of all, and the same people in every run.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::devices::Device;
use super::file::{Amendment, Output, P1203};
use super::mix::Mix;
use super::source::{ScenarioError, Source};
use super::traces::{Library, Trouble};
use crate::media::Presentation;
use crate::metrics::qoe::p1203::{Amendments, Device as Held, Options, Settings, Trees};
use crate::metrics::qoe::{Models, Room, Scores, Viewing};
use crate::metrics::{Glass, Session};

/// The models, prepared for what viewers watch.
pub(super) struct Scoring {
    /// Of how many viewers there are scores.
    viewers: u64,
    /// By class of devices.
    devices: Vec<Models>,
    /// Of somebody real, who may ask for everything.
    whole: Models,
    /// Room to work in, taken by one thread at a time.
    rooms: Mutex<Vec<Room>>,
}

impl Scoring {
    /// Makes ready what a scenario asks for.
    pub(super) fn made(
        source: &Source,
        library: &mut Library,
        output: &Output,
        content: &Presentation,
        devices: &Mix<Device>,
    ) -> Result<Self, ScenarioError> {
        let settings = settings(source, library, &output.p1203)?;
        let devices = devices.classes().iter();
        Ok(Self {
            viewers: output.scored.into(),
            devices: devices.map(|device| Models::new(&device.content, &settings)).collect(),
            whole: Models::new(content, &settings),
            rooms: Mutex::default(),
        })
    }

    /// Whether there are scores of this viewer.
    pub(super) fn includes(&self, viewer: u64) -> bool {
        viewer < self.viewers
    }

    /// What the models say of what somebody on a device of that class saw of `content`.
    pub(super) fn score(
        &self,
        device: Option<usize>,
        content: &Presentation,
        viewing: &Viewing,
        live: Option<(&Session, &Glass)>,
    ) -> Scores {
        let models = device.map_or(&self.whole, |device| &self.devices[device]);
        // Whoever panicked with it had taken it away.
        let rooms = || self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = rooms().pop().unwrap_or_default();
        let scores = models.score(content, viewing, live, &mut room);
        rooms().push(room);
        scores
    }
}

fn settings(
    source: &Source,
    library: &mut Library,
    written: &P1203,
) -> Result<Settings, ScenarioError> {
    let chosen = |part| written.amendments.contains(&part);
    let amendments = Amendments {
        audiovisual: chosen(Amendment::Audiovisual),
        stalling: chosen(Amendment::Stalling),
        adaptation: chosen(Amendment::AppendixTwo),
    };
    let trees = written.trees.as_ref().map(|folder| {
        let wrong = |(error, help): Trouble| source.error(folder.span(), error).help(help);
        trees(library, folder.get_ref()).map(Arc::new).map_err(wrong)
    });
    Ok(Settings {
        device: if written.mobile { Held::Mobile } else { Held::Pc },
        screen: written.screen.0,
        options: Options { amendments, trees: trees.transpose()? },
    })
}

/// What would be right.
const RIGHT: &str =
    "the folder holds the Recommendation's 20 regression trees, tree1.csv to tree20.csv";

fn trees(library: &mut Library, folder: &str) -> Result<Trees, Trouble> {
    let wrong = |error: String| (format!("no trees of P.1203: {error}"), RIGHT.to_owned());
    let (beside, files) = library.find(folder)?;
    let files = files.into_iter().filter(|path| Trees::is_tree(path));
    let texts = files.map(|path| {
        let text = library.text(&path);
        text.map(|text| (path.clone(), text))
            .map_err(|error| wrong(format!("{}: {error}", path.display())))
    });
    let texts: Vec<(PathBuf, String)> = texts.collect::<Result<_, _>>()?;
    Trees::of(&beside.join(folder), &texts).map_err(|error| wrong(error.to_string()))
}
