//! What everything that a package holds is called, and which object of the presentation it is.
//!
//! The idea to hold: players know objects and HTTP knows names; whoever stands between them, on
//! either side, goes by this table.

use std::collections::BTreeMap;

use super::written;
use crate::media::{DocumentId, Object, Presentation, Rung, Segment, TrackId};

/// The names of a presentation's objects, as [`Package`](super::Package)s have them.
#[derive(Clone, Debug)]
pub struct Names {
    /// The number of streams before a track's own, and how many rungs and segments it has.
    streams: Vec<(TrackId, usize, usize, u32)>,
    /// By document.
    documents: Vec<Option<String>>,
    known: BTreeMap<String, DocumentId>,
}

impl Names {
    /// Of a presentation that was read of what is written of it, in one language or the other.
    pub fn of(content: &Presentation) -> Self {
        let mut names = Self {
            streams: Vec::new(),
            documents: vec![None; content.documents.len()],
            known: BTreeMap::new(),
        };
        let mut lists = false;
        for written in written(content) {
            let ladder = &written.track.ladder;
            let first = written.stream(Rung(0));
            names.streams.push((written.id, first, ladder.count(), written.track.count()));
            for section in written.track.sections() {
                for (rung, setup) in ladder.rungs().zip(&section.setup) {
                    let stream = written.stream(rung);
                    let usual = [init(stream), playlist(stream)];
                    for (&id, name) in setup.iter().rev().zip(usual) {
                        names.call(id, name);
                    }
                    lists |= setup.len() > 1;
                }
            }
        }
        if let Some(&entry) = content.opening.first() {
            names.call(entry, if lists { "master.m3u8" } else { "manifest.mpd" }.to_owned());
        }
        names
    }

    fn call(&mut self, id: DocumentId, name: String) {
        if let Some(own) = self.documents.get_mut(id.0 as usize) {
            own.get_or_insert_with(|| name.clone());
            self.known.entry(name).or_insert(id);
        }
    }

    /// What an object is called, if it is written at all.
    pub fn name(&self, object: Object) -> Option<String> {
        match object {
            Object::Document(id) => self.documents.get(id.0 as usize)?.clone(),
            Object::Segment(Segment { track, index, rung }) => {
                let (_, first, ..) = self.streams.iter().find(|(id, ..)| *id == track)?;
                Some(segment(first + usize::from(rung.0), index))
            }
        }
    }

    /// What is called so.
    pub fn object(&self, name: &str) -> Option<Object> {
        if let Some(&id) = self.known.get(name) {
            return Some(Object::Document(id));
        }
        let rest = name.strip_prefix("chunk-stream")?.strip_suffix(".m4s")?;
        let (stream, number) = rest.split_once('-')?;
        let (track, rung, count) = self.stream(stream.parse().ok()?)?;
        let index = number.parse::<u32>().ok()?.checked_sub(1).filter(|&index| index < count)?;
        let object = Object::Segment(Segment { track, index, rung });
        // There is one way to write a number.
        (self.name(object).as_deref() == Some(name)).then_some(object)
    }

    /// The track and rung of which this is the initialisation segment.
    pub fn initialises(&self, name: &str) -> Option<(TrackId, Rung)> {
        let stream = name.strip_prefix("init-stream")?.strip_suffix(".m4s")?.parse().ok()?;
        let (track, rung, _) = self.stream(stream)?;
        (init(stream) == name).then_some((track, rung))
    }

    /// The track of which this is a playlist.
    pub fn lists(&self, name: &str) -> Option<TrackId> {
        let stream = name.strip_prefix("media_")?.strip_suffix(".m3u8")?.parse().ok()?;
        let (track, ..) = self.stream(stream)?;
        (playlist(stream) == name).then_some(track)
    }

    fn stream(&self, stream: usize) -> Option<(TrackId, Rung, u32)> {
        let of = |&&(_, first, rungs, _): &&(TrackId, usize, usize, u32)| {
            (first..first + rungs).contains(&stream)
        };
        let &(track, first, _, count) = self.streams.iter().find(of)?;
        Some((track, Rung((stream - first) as u8), count))
    }
}

pub(in crate::media) fn init(stream: usize) -> String {
    format!("init-stream{stream}.m4s")
}

pub(in crate::media) fn playlist(stream: usize) -> String {
    format!("media_{stream}.m3u8")
}

pub(in crate::media) fn segment(stream: usize, index: u32) -> String {
    format!("chunk-stream{stream}-{:05}.m4s", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Kind, Ladder, Representation, Track, dash, hls};
    use crate::units::{Bitrate, Bytes, Span};

    fn content() -> Presentation {
        let track = |kind, rungs: &[u64], count: usize| {
            let rungs = rungs.iter().map(|&kbps| Representation::new(Bitrate::kbps(kbps)));
            let ladder = Ladder::new(rungs.collect()).unwrap();
            let sizes = vec![Bytes::new(1_000); count * ladder.count()];
            Track::new(kind, ladder, &vec![Span::from_secs(4); count], sizes).unwrap()
        };
        Presentation::new(vec![
            track(Kind::Video, &[300, 600], 3),
            track(Kind::Audio, &[64, 128], 3),
        ])
    }

    #[test]
    fn every_object_has_a_name_that_leads_back_to_it() {
        for package in [dash::write(&content()), hls::write(&content())] {
            let opened = package.open().unwrap();
            let names = Names::of(&opened);
            let documents = (0..opened.documents.len()).map(|id| DocumentId(id as u32));
            for object in documents.map(Object::Document) {
                let name = names.name(object).unwrap();
                assert_eq!(names.object(&name), Some(object), "{name}");
                assert_eq!(package.size(&name), Some(opened.size(object)), "{name}");
            }
            let last = Segment { track: TrackId(1), index: 2, rung: Rung(1) };
            let name = names.name(Object::Segment(last)).unwrap();
            assert_eq!(name, "chunk-stream3-00003.m4s");
            assert_eq!(names.object(&name), Some(Object::Segment(last)));
            assert_eq!(names.initialises("init-stream2.m4s"), Some((TrackId(1), Rung(0))));
        }
    }

    #[test]
    fn what_is_not_there_has_no_name() {
        let names = Names::of(&dash::write(&content()).open().unwrap());
        for wrong in [
            "chunk-stream0-00004.m4s",
            "chunk-stream0-00000.m4s",
            "chunk-stream0-1.m4s",
            "chunk-stream4-00001.m4s",
            "chunk-stream0-99999999999.m4s",
            "../chunk-stream0-00001.m4s",
            "init-stream4.m4s",
            "master.m3u8",
            "",
        ] {
            assert_eq!(names.object(wrong), None, "{wrong}");
            assert_eq!(names.initialises(wrong), None, "{wrong}");
        }
    }
}
