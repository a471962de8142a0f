//! AdaptationSets and Representations: what there is to choose from.

use std::collections::BTreeMap;

use dash_mpd::{AdaptationSet, Period, Representation, SegmentURL};

use super::xml::{Aside, Path};
use super::{Base, index, segments, timeline};
use crate::media::codecs::{each, is_sound, is_text};
use crate::media::manifest::{
    ByteRange, Carries, Documents, Entries, ManifestError, Place, Problem, Rendition, Set, note,
};
use crate::media::{FrameRate, Resolution};
use crate::units::{Bitrate, Span};

/// What lets players switch between sets (DASH-IF interoperability points, part 4, 4.5).
const SWITCHING: &str = "urn:mpeg:dash:adaptation-set-switching:2016";

/// An MPD while it is read.
pub(super) struct Reading<'a, 'd, 'f> {
    /// What the parser lost.
    pub(super) aside: &'a BTreeMap<Path, Aside>,
    pub(super) documents: &'d mut Documents<'f>,
    /// Timelines, shared by what is cut alike.
    pub(super) timelines: timeline::Timelines<'a>,
    /// Indexes read, by URL and range: Periods may lie in one file.
    pub(super) indexes: BTreeMap<(String, Option<ByteRange>), index::Index>,
    /// Lists read, by where they stand.
    pub(super) lists: Vec<(&'a [SegmentURL], Entries)>,
    pub(super) notes: Vec<ManifestError>,
}

/// The Period that a set lies in.
pub(super) struct Within<'a> {
    pub(super) period: &'a Period,
    pub(super) index: usize,
    pub(super) duration: Option<Span>,
    pub(super) base: Base,
}

impl<'a> Reading<'a, '_, '_> {
    /// The sets of a Period.
    pub(super) fn sets(&mut self, within: &Within<'a>, place: &Place<'_>) -> Vec<Set> {
        let mut sets = Vec::new();
        for (index, set) in within.period.adaptations.iter().enumerate() {
            let place = place.element("AdaptationSet", index);
            if set.href.is_some() && set.representations.is_empty() {
                let what = "an AdaptationSet of another document (@xlink:href)";
                note(&mut self.notes, place.problem(Problem::LeftOut(what.into())));
                continue;
            }
            sets.push(self.set(within, set, index, &place));
        }
        sets
    }

    fn set(
        &mut self,
        within: &Within<'a>,
        set: &'a AdaptationSet,
        index: usize,
        place: &Place<'_>,
    ) -> Set {
        let carries = carries(set);
        if carries == Carries::Other {
            let right = "a @contentType, a @mimeType or @codecs tell it";
            note(&mut self.notes, place.missing("what it carries", right));
        }
        let base = within.base.within(&within.base.url, &set.BaseURL);
        let switching = set.supplemental_property.iter().filter(|p| p.schemeIdUri == SWITCHING);
        let switches = switching.filter_map(|p| p.value.as_deref()).flat_map(|v| v.split(','));
        let components = || set.ContentComponent.iter();
        let mut renditions = Vec::with_capacity(set.representations.len());
        for (at, told) in set.representations.iter().enumerate() {
            let place = place.element("Representation", at);
            let base = base.within(&base.url, &told.BaseURL);
            let levels = segments::Levels {
                within,
                set,
                told,
                base: &base,
                path: (within.index, Some(index), Some(at)),
                carries,
            };
            renditions.push(self.rendition(&levels, &place));
        }
        Set {
            carries,
            id: set.id.clone(),
            language: set.lang.clone().or_else(|| components().find_map(|c| c.lang.clone())),
            role: set.Role.iter().find_map(|role| role.value.clone()),
            priority: set.selectionPriority.unwrap_or(1),
            switches: switches.map(|id| id.trim().to_owned()).collect(),
            renditions,
        }
    }

    fn rendition(&mut self, levels: &segments::Levels<'a, '_>, place: &Place<'_>) -> Rendition {
        let segments::Levels { set, told, base, carries, .. } = *levels;
        let codecs = told.codecs.as_ref().or(set.codecs.as_ref());
        let rate = told.frameRate.as_deref().or(set.frameRate.as_deref());
        let (addressing, index, segments) = self.segments(levels, place);
        if let (Err(problem), Carries::Video | Carries::Audio) = (&segments, carries) {
            note(&mut self.notes, problem.clone());
        }
        Rendition {
            id: told.id.clone(),
            bandwidth: told.bandwidth,
            average: None,
            bitrate: told.bandwidth.filter(|&bps| bps > 0).map(Bitrate::from_bps),
            resolution: resolution(set, told),
            frame_rate: rate.and_then(FrameRate::parse),
            codecs: codecs.cloned().unwrap_or_default(),
            range: None,
            pathway: base.location.clone(),
            copy: false,
            early: self.early(levels),
            playlist: None,
            addressing,
            index,
            segments,
        }
    }

    /// How long before a segment is whole it may be asked for: as the segment information says, or
    /// else the base URL.
    fn early(&self, levels: &segments::Levels<'a, '_>) -> Option<Span> {
        let told = levels.early(self.aside).or(levels.base.early)?;
        match told {
            endless if endless == f64::INFINITY => Some(Span::MAX),
            secs => Some(Span::from_secs_f64(secs)),
        }
    }
}

/// The size of the picture, where both sides of it are told.
fn resolution(set: &AdaptationSet, told: &Representation) -> Option<Resolution> {
    let side = |pixels: Option<u64>| pixels.and_then(|pixels| u32::try_from(pixels).ok());
    let width = side(told.width.or(set.width))?;
    let height = side(told.height.or(set.height))?;
    Some(Resolution { width, height })
}

/// What an AdaptationSet carries, from whichever of its attributes says so.
fn carries(set: &AdaptationSet) -> Carries {
    let first = set.representations.first();
    let essential = first.map_or([].as_slice(), |r| &r.essential_property);
    let supplemental = first.map_or([].as_slice(), |r| &r.supplemental_property);
    let essential = || set.essential_property.iter().chain(essential).map(|p| &p.schemeIdUri);
    if essential().any(|scheme| scheme.contains("trickmode")) {
        return Carries::Trick;
    }
    let more = set.supplemental_property.iter().chain(supplemental).map(|p| &p.schemeIdUri);
    if essential().chain(more).any(|scheme| scheme.contains("thumbnail_tile")) {
        return Carries::Image;
    }
    let mime = set.mimeType.as_deref().or(first.and_then(|r| r.mimeType.as_deref()));
    let content = set.contentType.as_deref().or(first.and_then(|r| r.contentType.as_deref()));
    let component = || {
        let mut kinds = set.ContentComponent.iter().filter_map(|c| c.contentType.as_deref());
        let first = kinds.next()?;
        Some(if first == "video" || kinds.any(|kind| kind == "video") { "video" } else { first })
    };
    let codecs = set.codecs.as_deref().or(first.and_then(|r| r.codecs.as_deref()));
    let of_mime = mime.and_then(|mime| mime.split('/').next()).filter(|m| *m != "application");
    match (content.or_else(component).or(of_mime), mime, codecs) {
        (Some("video"), ..) => Carries::Video,
        (Some("audio"), ..) => Carries::Audio,
        (Some("text"), ..) => Carries::Text,
        (Some("image"), ..) => Carries::Image,
        (Some(_), ..) => Carries::Other,
        (None, Some("application/ttml+xml" | "application/x-rawcc"), _) => Carries::Text,
        (None, _, Some(codecs)) if each(codecs).next().is_some_and(is_text) => Carries::Text,
        (None, _, Some(codecs)) if codecs.split(',').all(is_sound) => Carries::Audio,
        (None, _, Some(_)) => Carries::Video,
        (None, _, None) => Carries::Other,
    }
}
