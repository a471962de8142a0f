//! HTTP Live Streaming (RFC 8216 and its second edition): playlists read, and written from a
//! presentation.
//!
//! The idea to hold: a line is looked at before any parser sees it. Two crates share the work, each
//! given only what it reads well; what is broken is named by its line, and what a player would do
//! without is left out with a note. A media playlist that cannot be had or read never loses the
//! rest.
//!
//! ```text
//!   lines.rs         tags, attribute lists, decimal seconds
//!   define.rs        variables
//!   multivariant.rs  what a multivariant playlist tells, by m3u8-rs
//!   offer.rs         sets of renditions made of that
//!   media.rs         media playlists, by m3u8-rs
//!   low_latency.rs   parts, hints and other younger tags, by quick-m3u8
//!   write.rs         the way back: a multivariant playlist
//!   playlist.rs      media playlists, on demand and live
//! ```

mod define;
mod lines;
mod low_latency;
mod media;
mod multivariant;
mod offer;
mod playlist;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

pub use offer::ASSUMED_AUDIO;
pub use write::{write, write_live};

use super::manifest::{
    Carries, Documents, Format, Live, MAX_CUTS, Manifest, ManifestError, Period, Place, Playlist,
    Rendition, Segments, Set, note,
};
use crate::units::Span;
use define::Variables;
use media::Media;
use multivariant::Main;
use offer::Answer;

/// All that a playlist, and those it names, tell.
pub(super) fn read(
    url: &str,
    text: &str,
    documents: &mut Documents<'_>,
) -> Result<Manifest, ManifestError> {
    let place = Place::of(url);
    let holds =
        |tags: &[&str]| lines::lines(text).any(|(_, line)| tags.contains(&lines::tag(line).0));
    let variants = ["#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-MEDIA"];
    match (holds(&variants), holds(&["#EXTINF"])) {
        (true, true) => {
            let right = "#EXT-X-STREAM-INF and #EXTINF cannot stand in one playlist";
            Err(place.wrong("the playlist", "both multivariant and media", right))
        }
        (true, false) => multivariant(url, text, documents),
        (false, _) => single(url, text),
    }
}

/// A media playlist that was given instead of what names it.
fn single(url: &str, text: &str) -> Result<Manifest, ManifestError> {
    let Media { playlist, segments, notes } = Media::read(url, url, text, None)?;
    let mut seen = Seen::default();
    seen.playlist(&playlist, &segments);
    let carries = if playlist.i_frames { Carries::Trick } else { Carries::Video };
    let (playlist, segments) = (Some(Arc::new(playlist)), Ok(segments));
    let rendition = Rendition { playlist, segments, ..offer::bare(&Place::of(url)) };
    let set = Set { renditions: vec![rendition], ..offer::set(carries) };
    let manifest = Manifest { notes, ..Manifest::new(Format::Hls) };
    Ok(seen.finish(manifest, vec![set]))
}

/// A multivariant playlist, and the media playlists that are needed of it.
fn multivariant(
    url: &str,
    text: &str,
    documents: &mut Documents<'_>,
) -> Result<Manifest, ManifestError> {
    let main = Main::read(url, text)?;
    if main.variants.is_empty() && main.renditions.is_empty() {
        let right = "a multivariant playlist needs at least one variant";
        return Err(Place::of(url).missing("#EXT-X-STREAM-INF", right));
    }
    let mut seen = Seen::default();
    let mut ask = |wanted: &str| seen.ask(wanted, &main.variables, documents);
    let (sets, notes) = offer::sets(&main, url, &mut ask);
    let mut manifest = Manifest::new(Format::Hls);
    manifest.service.steering = main.steering;
    manifest.notes = main.notes;
    manifest.notes.extend(notes);
    manifest.notes.append(&mut seen.notes);
    Ok(seen.finish(manifest, sets))
}

/// What media playlists have in common.
#[derive(Default)]
struct Seen {
    notes: Vec<ManifestError>,
    /// The longest that is complete.
    duration: Option<Span>,
    /// How those change that are not, and whether any is complete.
    live: Option<Live>,
    ended: bool,
    /// How many segments there are of all.
    cuts: usize,
}

impl Seen {
    /// What a media playlist tells, or why it cannot.
    fn ask(&mut self, url: &str, variables: &Variables, documents: &mut Documents<'_>) -> Answer {
        let document = match self.cuts > MAX_CUTS {
            true => Err(Place::of(url).too_many("segments in all", self.cuts, MAX_CUTS)),
            false => documents.text(url),
        };
        let media = document.and_then(|d| Media::read(url, &d.url, &d.text, Some(variables)));
        self.cuts += media.as_ref().map_or(0, |media| media.segments.count());
        match media {
            Ok(Media { playlist, segments, notes }) => {
                self.notes.extend(notes);
                self.playlist(&playlist, &segments);
                (Some(Arc::new(playlist)), Ok(segments))
            }
            Err(problem) => {
                note(&mut self.notes, problem.clone());
                (None, Err(problem))
            }
        }
    }

    fn playlist(&mut self, playlist: &Playlist, segments: &Segments) {
        if playlist.ended {
            let cuts = &segments.timeline.cuts;
            let length = Span::from_nanos(cuts.iter().map(|cut| cut.duration).sum());
            self.duration = self.duration.max(Some(length));
            self.ended = true;
        } else if self.live.is_none() {
            let low_latency = playlist.part_target.is_some() || !playlist.parts.is_empty();
            let low_latency = playlist.part_hold_back.filter(|_| low_latency);
            self.live = Some(Live {
                update: Some(playlist.target),
                delay: low_latency.or(playlist.hold_back),
                ..Live::default()
            });
        }
    }

    fn finish(self, manifest: Manifest, sets: Vec<Set>) -> Manifest {
        let period = Period { id: None, start: None, duration: None, sets };
        let live = self.live.filter(|_| !self.ended);
        Manifest { live, duration: self.duration, periods: vec![period], ..manifest }
    }
}
