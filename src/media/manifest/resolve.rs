//! From what is played to a presentation: every size there is.
//!
//! The idea to hold: a range says a size exactly; else whoever measured it is asked; then the
//! manifest, which may know it roughly; and at last a model.

use std::collections::BTreeMap;

use super::{ManifestError, Outline, Place, Problem, Resource, TrackOutline};
use crate::media::{DocumentId, Presentation, Section, Track};
use crate::units::Bytes;

/// Where sizes come from that no range tells.
pub trait Sizes {
    /// How large it is, if that is known.
    fn of(&mut self, resource: &Resource) -> Option<Bytes>;

    /// How large a document is: an initialisation segment, or a playlist that was not read.
    fn document(&mut self, resource: &Resource) -> Option<Bytes> {
        self.of(resource)
    }

    /// What is to be taken for the segments of a track, by segment, then rung, where nothing is
    /// known. Asked once a track at the most.
    fn modelled(&mut self, _key: usize, _track: &TrackOutline) -> Option<Vec<Bytes>> {
        None
    }
}

impl<F: FnMut(&Resource) -> Option<Bytes>> Sizes for F {
    fn of(&mut self, resource: &Resource) -> Option<Bytes> {
        self(resource)
    }
}

impl Outline {
    /// Adds sizes, and so makes a presentation to play. A range says a size exactly; else `sizes`
    /// are asked; then the manifest, which may know it roughly; and at last a model.
    ///
    /// # Errors
    /// Where a size is not to be had.
    pub fn resolve(&self, sizes: &mut dyn Sizes) -> Result<Presentation, ManifestError> {
        let entry = self.documents.first().map_or("", |(resource, _)| resource.url.as_str());
        let place = Place::of(entry);
        let mut shelf = Shelf::default();
        for (resource, size) in &self.documents {
            shelf.put(resource, *size);
        }
        let mut tracks = Vec::with_capacity(self.tracks.len());
        for (key, outline) in self.tracks.iter().enumerate() {
            let unknown = |r: &Resource| place.problem(Problem::UnknownUrl(r.to_string()));
            let table = outline.sizes(key, sizes).map_err(|r| unknown(&r))?;
            let mut sections = Vec::new();
            for (from, setup) in outline.sections() {
                let mut number = |resource| shelf.number(resource, sizes).map_err(|r| unknown(&r));
                let of_rung = |rung: Vec<Resource>| rung.into_iter().map(&mut number).collect();
                let setup = setup.into_iter().map(of_rung).collect::<Result<_, _>>()?;
                sections.push(Section { from, setup });
            }
            let track = Track::new(outline.kind, outline.ladder.clone(), &outline.durations, table);
            let track = track.map_err(|flaw| place.problem(flaw.into()))?;
            tracks.push(track.with_sections(sections));
        }
        Ok(Presentation {
            tracks,
            documents: shelf.sizes,
            opening: vec![DocumentId(0)],
            live: None,
        })
    }
}

impl TrackOutline {
    /// Sizes by segment, then rung, or the first thing of which none is known.
    fn sizes(&self, key: usize, sizes: &mut dyn Sizes) -> Result<Vec<Bytes>, Resource> {
        let mut table = Vec::with_capacity(self.durations.len() * self.ladder.count());
        let mut modelled = None;
        for index in 0..self.durations.len() {
            for rung in self.ladder.rungs() {
                let resource = self.resource(index, rung);
                let known = resource.size().or_else(|| sizes.of(&resource));
                let known = known.or_else(|| self.size(index, rung));
                let model = || {
                    let model = modelled.get_or_insert_with(|| sizes.modelled(key, self));
                    model.as_ref().map(|model| model[table.len()])
                };
                let size = known.or_else(model).ok_or(resource)?;
                table.push(size);
            }
        }
        Ok(table)
    }
}

/// Documents as they get their numbers: what two rungs share has one.
#[derive(Default)]
struct Shelf {
    ids: BTreeMap<Resource, DocumentId>,
    sizes: Vec<Bytes>,
}

impl Shelf {
    /// The number of a document, or itself if its size is not known.
    fn number(
        &mut self,
        resource: Resource,
        sizes: &mut dyn Sizes,
    ) -> Result<DocumentId, Resource> {
        if let Some(&id) = self.ids.get(&resource) {
            return Ok(id);
        }
        match resource.size().or_else(|| sizes.document(&resource)) {
            Some(size) => Ok(self.put(&resource, size)),
            None => Err(resource),
        }
    }

    fn put(&mut self, resource: &Resource, size: Bytes) -> DocumentId {
        let id = DocumentId(self.sizes.len() as u32);
        self.sizes.push(size);
        self.ids.insert(resource.clone(), id);
        id
    }
}
