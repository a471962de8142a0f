//! Documents as they are asked for, under limits, and reading a manifest from them.

use super::{
    Format, MAX_DOCUMENT, MAX_DOCUMENTS, Manifest, ManifestError, Place, Problem, Resource,
};
use crate::media::{dash, hls};
use crate::units::Bytes;

/// Reads a presentation from its manifest, and from whatever documents that names.
///
/// `fetch` is asked for each document once; its error is said as it is. URLs may be
/// paths of files: references are resolved in the same way. What cannot be had beyond the manifest
/// itself (media playlists, indexes of media) is told where its segments would be.
///
/// # Errors
/// Where the manifest itself cannot be had, is none, or is broken.
pub fn read(
    entry: &str,
    fetch: &mut dyn FnMut(&Resource) -> Result<Fetched, String>,
) -> Result<Manifest, ManifestError> {
    let mut documents = Documents { fetch, read: Vec::new(), total: Bytes::ZERO };
    let Document { text, url } = documents.text(entry)?;
    let mut manifest = match text.trim_start() {
        xml if xml.starts_with('<') => dash::read(&url, &text, &mut documents)?,
        list if list.starts_with("#EXTM3U") => hls::read(&url, &text, &mut documents)?,
        other => {
            let begins = other.chars().take(20).collect();
            return Err(Place::of(entry).problem(Problem::NotAManifest(begins)));
        }
    };
    manifest.documents = documents.read;
    Ok(manifest)
}

/// What was fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetched {
    /// The bytes asked for.
    pub bytes: Vec<u8>,
    /// Where they came from, if whoever was asked sent on: what is relative is relative to that.
    pub from: Option<String>,
}

impl From<Vec<u8>> for Fetched {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, from: None }
    }
}

/// The most bytes of all documents of one manifest.
const MAX_TOTAL: Bytes = Bytes::new(128 << 20);

/// The text of a document.
pub(in crate::media) struct Document {
    /// Without the byte order mark some editors put before it.
    pub(in crate::media) text: String,
    /// What references in it are relative to.
    pub(in crate::media) url: String,
}

/// Documents as they are asked for.
pub(in crate::media) struct Documents<'a> {
    fetch: &'a mut dyn FnMut(&Resource) -> Result<Fetched, String>,
    read: Vec<(Resource, Bytes)>,
    total: Bytes,
}

impl Documents<'_> {
    /// A document, or a part of one.
    pub(in crate::media) fn fetch(
        &mut self,
        resource: &Resource,
    ) -> Result<Fetched, ManifestError> {
        let place = Place::of(&resource.url);
        if self.read.len() == MAX_DOCUMENTS || self.total > MAX_TOTAL {
            return Err(place.too_many("documents", MAX_DOCUMENTS + 1, MAX_DOCUMENTS));
        }
        if let Some(size) = resource.size().filter(|&size| size > MAX_DOCUMENT) {
            return Err(place.problem(Problem::TooLarge(size)));
        }
        let fetched = (self.fetch)(resource);
        let fetched = fetched.map_err(|why| place.problem(Problem::Unavailable(why)))?;
        let size = Bytes::new(fetched.bytes.len() as u64);
        if size > MAX_DOCUMENT {
            return Err(place.problem(Problem::TooLarge(size)));
        }
        self.total += size;
        if self.total > MAX_TOTAL {
            let (found, limit) = (self.total.get() as usize, MAX_TOTAL.get() as usize);
            return Err(place.too_many("bytes of documents", found, limit));
        }
        self.read.push((resource.clone(), size));
        Ok(fetched)
    }

    /// The text of a document.
    pub(in crate::media) fn text(&mut self, url: &str) -> Result<Document, ManifestError> {
        let Fetched { bytes, from } = self.fetch(&Resource::whole(url))?;
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
            let right = "UTF-8 is expected".to_owned();
            let bytes = error.as_bytes()[good.len()..].iter().take(4);
            let found: Vec<_> = bytes.map(|byte| format!("{byte:02x}")).collect();
            let (what, found) = ("the text".to_owned(), found.join(" "));
            Place::of(url).line(line).problem(Problem::Wrong { what, found, right })
        })?;
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        match text.trim().is_empty() {
            true => Err(Place::of(url).problem(Problem::Empty)),
            false => Ok(Document { text, url: from.unwrap_or_else(|| url.to_owned()) }),
        }
    }
}

impl Manifest {
    /// One of which nothing is known yet.
    pub(in crate::media) fn new(format: Format) -> Self {
        Self {
            format,
            documents: Vec::new(),
            live: None,
            duration: None,
            min_buffer: None,
            service: Default::default(),
            locations: Vec::new(),
            periods: Vec::new(),
            notes: Vec::new(),
        }
    }
}
