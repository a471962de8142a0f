//! Where a viewer's player finds things.
//!
//! The idea to hold: at our own origin names say everything, and a path says who asks; elsewhere
//! the manifest says it, for whoever was sent to wherever.

use std::cell::RefCell;
use std::sync::Arc;

use crate::media::manifest::{Names, Outline, Resource};
use crate::media::{Object, Presentation, Rung, Segment};
use crate::scenario::setup::Setup;
use crate::world::real::Addresses;

/// Where the bytes of a scenario are.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Our own, under this address.
    Own(String),
    /// Wherever the scenario's manifest says. It is asked for at the first address, and that leads
    /// to the second.
    Told(String, String),
}

impl Origin {
    /// What a viewer of a class of devices, who is called so, finds where.
    pub(super) fn addresses(
        &self,
        setup: &Setup,
        content: &Arc<Presentation>,
        called: &str,
    ) -> Box<dyn Addresses> {
        match (self, &setup.outline) {
            (Self::Told(asked, landed), Some(outline)) => {
                let own = content.tracks.iter().zip(&outline.tracks);
                let rungs = own.map(|(own, whole)| own.ladder.among(&whole.ladder)).collect();
                let (outline, resources) = (outline.clone(), outline.resources());
                let landed = folder(landed).to_owned();
                let entry = Resource::whole(asked.clone());
                Box::new(Told { entry, landed, outline, resources, rungs, own: RefCell::default() })
            }
            (Self::Own(base) | Self::Told(base, _), _) => {
                let tracks = content.tracks.iter().zip(&setup.content.tracks);
                let rungs = tracks.map(|(own, whole)| own.ladder.among(&whole.ladder)).collect();
                let names = Names::of(&setup.content);
                Box::new(Own { base: format!("{base}/as/{called}"), names, rungs })
            }
        }
    }
}

/// By the rungs of a device, by track, those of the whole ladder.
type Rungs = Vec<Vec<Rung>>;

fn whole(rungs: &Rungs, segment: Segment) -> Option<Segment> {
    let own = rungs.get(usize::from(segment.track.0))?;
    Some(Segment { rung: *own.get(usize::from(segment.rung.0))?, ..segment })
}

struct Own {
    base: String,
    names: Names,
    rungs: Rungs,
}

impl Addresses for Own {
    fn address(&self, object: Object, _attempt: usize) -> Option<Resource> {
        let object = match object {
            Object::Segment(segment) => Object::Segment(whole(&self.rungs, segment)?),
            Object::Document(_) => object,
        };
        Some(Resource::whole(format!("{}/{}", self.base, self.names.name(object)?)))
    }
}

struct Told {
    entry: Resource,
    /// The folder that the manifest was in when it was read.
    landed: String,
    outline: Arc<Outline>,
    resources: Vec<Resource>,
    rungs: Rungs,
    /// The folder that it was in for this viewer.
    own: RefCell<Option<String>>,
}

impl Addresses for Told {
    fn address(&self, object: Object, _attempt: usize) -> Option<Resource> {
        let told = match object {
            Object::Document(id) if id.0 == 0 => return Some(self.entry.clone()),
            Object::Document(id) => self.resources.get(id.0 as usize)?.clone(),
            Object::Segment(segment) => {
                let Segment { track, index, rung } = whole(&self.rungs, segment)?;
                let outline = self.outline.tracks.get(usize::from(track.0))?;
                outline.resource(index as usize, rung)
            }
        };
        if told.url.is_empty() {
            return None;
        }
        let own = self.own.borrow();
        Some(match (own.as_ref(), told.url.strip_prefix(&self.landed)) {
            (Some(own), Some(rest)) => Resource { url: format!("{own}{rest}"), ..told },
            _ => told,
        })
    }

    fn arrived(&self, url: &str) {
        *self.own.borrow_mut() = Some(folder(url).to_owned());
    }
}

/// What references in a document of that address are relative to.
fn folder(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rfind('/').map_or(path, |slash| &path[..=slash])
}
