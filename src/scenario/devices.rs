//! The classes of devices of a scenario, with what each can show.

use std::sync::Arc;

use super::file;
use super::mix::Mix;
use super::source::{ScenarioError, Source};
use crate::media::{Kind, Presentation, Track};
use crate::units::Span;

/// A class of devices.
pub struct Device {
    /// What reports call it.
    pub name: String,
    /// The content, without the pictures it cannot show.
    pub content: Arc<Presentation>,
    /// Of the rungs left of the main track, which each is of the whole ladder.
    rungs: Vec<usize>,
}

impl Device {
    fn new(name: String, content: Arc<Presentation>, whole: &Presentation) -> Self {
        let ladder = |of: &Presentation| of.track(of.main()).ladder.clone();
        let rungs = ladder(&content).among(&ladder(whole));
        let rungs = rungs.into_iter().map(|rung| usize::from(rung.0)).collect();
        Self { name, content, rungs }
    }

    /// The time on each of its rungs, by the rungs of the whole ladder.
    pub(super) fn spread(&self, on_rung: &[Span], whole: &mut [Span]) {
        whole.fill(Span::ZERO);
        for (&rung, &span) in self.rungs.iter().zip(on_rung) {
            whole[rung] = span;
        }
    }
}

/// Makes ready the devices of a scenario; where it names none, one that shows everything.
pub(super) fn made(
    source: &Source,
    written: &[file::Device],
    content: &Arc<Presentation>,
) -> Result<Mix<Device>, ScenarioError> {
    if written.is_empty() {
        return Ok(Mix::one(Device::new("any".to_owned(), content.clone(), content)));
    }
    let mut devices: Vec<(f64, Device)> = Vec::with_capacity(written.len());
    for file::Device { name, weight, max_height } in written {
        if devices.iter().any(|(_, known)| known.name == *name.get_ref()) {
            let message = format!("there are two devices named {:?}", name.get_ref());
            return Err(source.error(name.span(), message).help("give each a name of its own"));
        }
        let own = match max_height {
            Some(most) => Arc::new(within(content, *most)),
            None => content.clone(),
        };
        let device = Device::new(name.get_ref().clone(), own, content);
        devices.push((weight.get_ref().0, device));
    }
    let blamed = written.first().map_or(0..0, |device| device.weight.span());
    Mix::new(devices).map_err(|flaw| source.error(blamed, format!("device: {flaw}")))
}

/// Content without pictures higher than that.
pub(super) fn within(content: &Presentation, most: u32) -> Presentation {
    let mut content = content.clone();
    let fits = |track: Track| match track.kind {
        Kind::Video => track.within_height(most),
        Kind::Audio => track,
    };
    content.tracks = content.tracks.into_iter().map(fits).collect();
    content
}
