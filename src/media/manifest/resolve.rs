//! From what is played to a presentation: every size there is.
//!
//! The idea to hold: a range says a size exactly; else whoever measured it is asked; then the
//! manifest, which may know it roughly; and at last a model.

use std::collections::{BTreeMap, BTreeSet};

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
        let unknown = |r: &Resource| place.problem(Problem::UnknownUrl(r.to_string()));
        let resources = self.resources();
        let mut documents: Vec<Bytes> = self.documents.iter().map(|(_, size)| *size).collect();
        for resource in &resources[documents.len()..] {
            let size = resource.size().or_else(|| sizes.document(resource));
            documents.push(size.ok_or_else(|| unknown(resource))?);
        }
        // Of two that are the same the later counts.
        let ids: BTreeMap<_, _> = resources.iter().zip((0..).map(DocumentId)).collect();
        let mut tracks = Vec::with_capacity(self.tracks.len());
        for (key, outline) in self.tracks.iter().enumerate() {
            let table = outline.sizes(key, sizes).map_err(|r| unknown(&r))?;
            let number = |resource: &Resource| ids.get(resource).copied();
            let of_rung = |rung: &Vec<Resource>| rung.iter().filter_map(number).collect();
            let sections = outline.sections().into_iter();
            let sections = sections
                .map(|(from, setup)| Section { from, setup: setup.iter().map(of_rung).collect() })
                .collect();
            let track = Track::new(outline.kind, outline.ladder.clone(), &outline.durations, table);
            let track = track.map_err(|flaw| place.problem(flaw.into()))?;
            tracks.push(track.with_sections(sections));
        }
        Ok(Presentation { tracks, documents, opening: vec![DocumentId(0)], live: None })
    }

    /// Where its documents are, by their numbers: those that were read, then what segments need
    /// first, each once.
    pub fn resources(&self) -> Vec<Resource> {
        let mut resources: Vec<_> = self.documents.iter().map(|(read, _)| read.clone()).collect();
        let mut known: BTreeSet<_> = resources.iter().cloned().collect();
        let sections = self.tracks.iter().flat_map(TrackOutline::sections);
        for resource in sections.flat_map(|(_, setup)| setup).flatten() {
            if known.insert(resource.clone()) {
                resources.push(resource);
            }
        }
        resources
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
