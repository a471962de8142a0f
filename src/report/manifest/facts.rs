//! What the page and the JSON both say of a manifest.

use crate::media::manifest::{Addressing, Format, Manifest, Playlist, Rendition, Segments};
use crate::units::Span;

/// What a document is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    Dash,
    Multivariant,
    /// A media playlist on its own.
    Media(&'a Rendition, &'a Playlist),
}

impl<'a> Kind<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        let mut all = renditions(manifest);
        let lone = match (manifest.documents.len(), all.next(), all.next()) {
            (0 | 1, Some(only), None) => only.playlist.as_ref().map(|list| (only, list)),
            _ => None,
        };
        match (manifest.format, lone) {
            (Format::Dash, _) => Self::Dash,
            (Format::Hls, Some((only, list))) => Self::Media(only, list),
            (Format::Hls, None) => Self::Multivariant,
        }
    }
}

/// Everything a manifest offers.
pub(super) fn renditions(manifest: &Manifest) -> impl Iterator<Item = &Rendition> {
    manifest.periods.iter().flat_map(|period| &period.sets).flat_map(|set| &set.renditions)
}

/// How segments are told, in the words of the standards.
pub(super) fn addressing(addressing: Addressing) -> &'static str {
    match addressing {
        Addressing::Template => "SegmentTemplate",
        Addressing::TemplateTimeline => "SegmentTemplate+SegmentTimeline",
        Addressing::List => "SegmentList",
        Addressing::ListTimeline => "SegmentList+SegmentTimeline",
        Addressing::Base => "SegmentBase",
        Addressing::File => "file",
        Addressing::Playlist => "media playlist",
    }
}

/// How long segments last.
pub(super) struct Lengths {
    /// All of them together.
    pub(super) total: Span,
    pub(super) least: Span,
    pub(super) most: Span,
    /// Each length once, in the order in which they first occur.
    pub(super) distinct: Vec<Span>,
}

/// How long segments last, unless there are none.
pub(super) fn lengths(segments: &Segments) -> Option<Lengths> {
    let timeline = &segments.timeline;
    let ticks = || timeline.cuts.iter().map(|cut| cut.duration);
    let mut seen = std::collections::BTreeSet::new();
    let distinct = ticks().filter(|&ticks| seen.insert(ticks)).map(|ticks| timeline.span(ticks));
    Some(Lengths {
        total: timeline.span(ticks().fold(0, u64::saturating_add)),
        least: timeline.span(ticks().min()?),
        most: timeline.span(ticks().max()?),
        distinct: distinct.collect(),
    })
}

/// How long a media playlist lasts: what an update skips is taken to be of the target duration, and
/// the parts of a segment still being made count.
pub(super) fn playlist_length(playlist: &Playlist, segments: &Segments) -> Span {
    let listed = lengths(segments).map_or(Span::ZERO, |lengths| lengths.total);
    let skipped = playlist.target.as_secs_f64() * playlist.skipped as f64;
    let parts: Span = super::edge::trailing(playlist, segments).into_iter().sum();
    listed + Span::from_secs_f64(skipped) + parts
}
