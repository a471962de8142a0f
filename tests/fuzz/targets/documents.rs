//! Documents out of bytes: the first is the manifest, and each that is asked for after it the next.

use abrsim::media::manifest::{Choice, Fetched, Resource, read};
use abrsim::units::Bytes;

/// What stands between documents.
const BETWEEN: &[u8] = b"\n#====\n";

/// Reads the documents as far as they can be read, and makes a presentation of them.
pub fn open(entry: &str, data: &[u8]) {
    let mut documents = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        documents.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    documents.push(rest);
    let mut next = 0;
    let mut fetch = |wanted: &Resource| {
        let found = documents.get(next).or(documents.last());
        next += 1;
        let bytes = found.copied().unwrap_or_default();
        let bytes = match wanted.range {
            None => bytes,
            Some(range) => &bytes[..bytes.len().min(range.length as usize)],
        };
        Ok(Fetched::from(bytes.to_owned()))
    };
    let Ok(manifest) = read(entry, &mut fetch) else { return };
    for set in manifest.periods.iter().flat_map(|period| &period.sets) {
        for segments in
            set.renditions.iter().filter_map(|rendition| rendition.segments.as_ref().ok())
        {
            for index in [0, segments.count() / 2, segments.count().saturating_sub(1)] {
                if index < segments.count() {
                    let _ = (segments.resource(index), segments.timeline.duration(index));
                }
            }
        }
    }
    if let Ok(outline) = manifest.outline(&Choice::default()) {
        // What takes long to make of a short text is bounded elsewhere; it would hide the rest.
        if outline.tracks.iter().map(|track| track.durations.len()).sum::<usize>() < 10_000 {
            let _ = outline.resolve(&mut |_: &Resource| Some(Bytes::new(1)));
        }
    }
}
