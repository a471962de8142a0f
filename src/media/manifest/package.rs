//! What an origin holds of a presentation: texts to serve, and sizes of what is served besides.
//!
//! The idea to hold: writing and reading meet only in text. Names are those of FFmpeg's DASH muxer,
//! which writes both languages over the same segments: `init-stream0.m4s`,
//! `chunk-stream0-00001.m4s`, `media_0.m3u8` (`libavformat/dashenc.c`, its defaults). Streams are
//! numbered through: video rungs, cheapest first, then audio rungs.

use std::collections::BTreeMap;

use super::{INIT_SIZE, ManifestError, Resource, names, read};
use crate::media::{Kind, Presentation, Representation, Rung, Track, TrackId};
use crate::units::{Bytes, Span};

/// What an origin holds of a presentation: texts to serve, and sizes of what is served besides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// The URL a player is given.
    pub entry: String,
    /// Manifests and playlists, as URL and text.
    pub documents: Vec<(String, String)>,
    /// Sizes of media and initialisation segments, by URL.
    pub sizes: BTreeMap<String, Bytes>,
}

impl Package {
    /// The text of a document.
    pub fn text(&self, url: &str) -> Option<&str> {
        self.documents.iter().find(|(u, _)| u == url).map(|(_, text)| text.as_str())
    }

    /// The size of anything held.
    pub fn size(&self, url: &str) -> Option<Bytes> {
        let document = || self.text(url).map(|text| Bytes::new(text.len() as u64));
        self.sizes.get(url).copied().or_else(document)
    }

    /// The presentation as a player finds it: documents read, sizes looked up.
    ///
    /// # Errors
    /// Where what was written cannot be read, or names what is not held.
    pub fn open(&self) -> Result<Presentation, ManifestError> {
        let mut fetch = |resource: &Resource| match self.text(&resource.url) {
            Some(text) => Ok(text.as_bytes().to_owned().into()),
            None => Err("the origin does not hold it".to_owned()),
        };
        let outline = read(&self.entry, &mut fetch)?.outline(&Default::default())?;
        outline.resolve(&mut |resource: &Resource| self.size(&resource.url))
    }
}

/// A track as it is written, and the number of the stream that its first rung is.
pub(in crate::media) struct Written<'a> {
    pub(in crate::media) track: &'a Track,
    pub(in crate::media) id: TrackId,
    first: usize,
}

/// What is written of a presentation: its first video track and its first audio track, which is
/// also what is read of a manifest that offers several.
pub(in crate::media) fn written(presentation: &Presentation) -> impl Iterator<Item = Written<'_>> {
    let of = |kind| {
        let mut all = (0..).map(TrackId).zip(&presentation.tracks);
        all.find(move |(_, track)| track.kind == kind)
    };
    let video = of(Kind::Video).map(|(id, track)| Written { track, id, first: 0 });
    let first = video.as_ref().map_or(0, |video| video.track.ladder.count());
    video.into_iter().chain(of(Kind::Audio).map(|(id, track)| Written { track, id, first }))
}

impl Written<'_> {
    /// The number of the stream that a rung is.
    pub(in crate::media) fn stream(&self, rung: Rung) -> usize {
        self.first + usize::from(rung.0)
    }

    /// The rung that a stream of that number is.
    pub(in crate::media) fn rung(&self, stream: usize) -> Rung {
        Rung((stream - self.first) as u8)
    }

    /// Every rung.
    pub(in crate::media) fn rungs(&self) -> impl Iterator<Item = (Rung, &Representation)> {
        self.track.ladder.rungs().map(|r| (r, self.track.ladder.representation(r)))
    }

    /// How long each segment lasts.
    pub(in crate::media) fn durations(&self) -> impl Iterator<Item = Span> + '_ {
        (0..self.track.count()).map(|i| self.track.duration(i))
    }
}

/// Sizes by URL, of segments called `init-stream0.m4s`, `chunk-stream0-00001.m4s` and so on.
pub(in crate::media) fn sizes(presentation: &Presentation) -> BTreeMap<String, Bytes> {
    let mut sizes = BTreeMap::new();
    for written in written(presentation) {
        for rung in written.track.ladder.rungs() {
            let stream = written.stream(rung);
            sizes.insert(names::init(stream), INIT_SIZE);
            for index in 0..written.track.count() {
                sizes.insert(names::segment(stream, index), written.track.size(index, rung));
            }
        }
    }
    sizes
}
