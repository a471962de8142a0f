//! What a multivariant playlist offers: sets of renditions to switch between, from variants and
//! groups.
//!
//! The idea to hold: HLS states the rate of a whole variant, sound included. Where sound is fetched
//! apart, a picture's rate is its variant's less the sound's, which a variant of that sound alone
//! may tell. `AVERAGE-BANDWIDTH` is taken where it is told, as hls.js does, and else the peak.
//! Variants may be switched between freely, but players keep to one range and one family of codecs,
//! so each has a set of its own; unless all have a `SCORE`, which ranks them on one scale.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use m3u8_rs::{AlternativeMedia, AlternativeMediaType, VariantStream};

use super::multivariant::Main;
use crate::media::codecs::{each, family, family_of_pictures, is_sound, is_text};
use crate::media::manifest::{
    Addressing, Carries, ManifestError, Place, Playlist, Problem, Rendition, Segments, Set, join,
    note,
};
use crate::media::{FrameRate, Resolution};
use crate::units::Bitrate;

/// What sound is taken to need where nothing tells: stereo AAC as Apple's authoring specification
/// recommends it.
pub const ASSUMED_AUDIO: Bitrate = Bitrate::kbps(128);

/// What a media playlist tells.
pub(super) type Answer = (Option<Arc<Playlist>>, Result<Segments, ManifestError>);

/// Why a variant is not fetched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Copied {
    /// It is: none is like it.
    Not,
    /// Its playlist is that of another, which has other sound.
    Again,
    /// Another host has the same.
    Elsewhere,
}

/// A variant and what it is good for.
struct Variant<'a> {
    line: usize,
    url: String,
    told: &'a VariantStream,
    copied: Copied,
}

/// A rendition of sound.
struct Sound<'a> {
    line: usize,
    url: String,
    told: &'a AlternativeMedia,
    /// The variant of it alone.
    alone: Option<&'a VariantStream>,
    codecs: String,
    copy: bool,
    /// Whether it takes the place of sound that is within the pictures.
    instead: bool,
}

/// What is told, sorted out.
struct Offer<'a, 'b> {
    place: Place<'a>,
    ask: &'b mut dyn FnMut(&str) -> Answer,
    notes: Vec<ManifestError>,
    pictures: Vec<Variant<'a>>,
    /// Variants of sound alone that are no renditions.
    alone: Vec<Variant<'a>>,
    sounds: Vec<Sound<'a>>,
    /// Renditions of sound by group.
    groups: BTreeMap<&'a str, Vec<usize>>,
    /// Whether all variants are ranked on one scale.
    ranked: bool,
    /// Whether there are pictures, and the group of sound that the first of them names.
    pictured: bool,
    first: Option<&'a str>,
}

/// The sets that a playlist offers, and what was mended.
pub(super) fn sets(
    main: &Main,
    base: &str,
    ask: &mut dyn FnMut(&str) -> Answer,
) -> (Vec<Set>, Vec<ManifestError>) {
    let mut offer = Offer::new(main, base, ask);
    let mut sets = offer.video();
    sets.extend(offer.alone());
    sets.extend(offer.audio());
    sets.extend(text(main, &offer.place));
    sets.extend(trick(main, &offer.place));
    (sets, offer.notes)
}

impl<'a, 'b> Offer<'a, 'b> {
    fn new(main: &'a Main, base: &'a str, ask: &'b mut dyn FnMut(&str) -> Answer) -> Self {
        let preferred = preferred(main);
        let renditions: Vec<_> = main
            .renditions
            .iter()
            .filter(|(_, r)| r.media_type == AlternativeMediaType::Audio)
            .filter_map(|(line, r)| Some((*line, join(base, r.uri.as_ref()?), r)))
            .collect();
        let known: BTreeSet<&str> = renditions.iter().map(|(_, url, _)| url.as_str()).collect();
        let variants = distinct(main, base, preferred);
        let (sound, pictures): (Vec<_>, Vec<_>) = variants.into_iter().partition(|v| {
            let family = family_of_pictures(codecs_of(v.told));
            let silent = v.told.codecs.as_ref().is_none_or(|codecs| codecs.trim().is_empty());
            let named = known.contains(v.url.as_str());
            v.told.resolution.is_none() && family.is_empty() && (named || !silent)
        });
        let mut rates: BTreeMap<&str, &VariantStream> = BTreeMap::new();
        for variant in &sound {
            rates.entry(&variant.url).or_insert(variant.told);
        }
        let within = within(main);
        let mut sounds: Vec<Sound<'a>> = Vec::with_capacity(renditions.len());
        for (line, url, told) in &renditions {
            let alone = rates.get(url.as_str()).copied();
            let with = || pictures.iter().find(|v| v.told.audio.as_ref() == Some(&told.group_id));
            let codecs = alone.or_else(|| with().map(|v| v.told)).map(sound_of).unwrap_or_default();
            let instead = within.contains(told.group_id.as_str());
            let (line, url) = (*line, url.clone());
            sounds.push(Sound { line, url, told, alone, codecs, copy: false, instead });
        }
        let alone = sound.into_iter().filter(|v| !known.contains(v.url.as_str())).collect();
        mark_copies(&mut sounds, &pictures, preferred);
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, sound) in sounds.iter().enumerate() {
            groups.entry(&sound.told.group_id).or_default().push(index);
        }
        let ranked = main.variants.iter().filter(|(_, v)| !v.is_i_frame);
        let ranked = ranked.map(|(_, v)| other(v, "SCORE")).all(|score| score.is_some());
        let originals = || pictures.iter().filter(|v| v.copied == Copied::Not);
        let first = originals().find_map(|v| v.told.audio.as_deref());
        Self {
            place: Place::of(base),
            ask,
            notes: Vec::new(),
            pictured: !pictures.is_empty(),
            first,
            pictures,
            alone,
            sounds,
            groups,
            ranked,
        }
    }

    /// The sound that is fetched with a variant, if it is fetched apart: the default of its group,
    /// or else the first.
    fn apart(&self, variant: &Variant<'_>) -> Option<&Sound<'a>> {
        let group = self.groups.get(variant.told.audio.as_deref()?)?;
        let sounds = || group.iter().filter_map(|&index| self.sounds.get(index));
        if sounds().any(|sound| sound.instead || sound.url == variant.url) {
            return None;
        }
        sounds().find(|sound| sound.told.default).or_else(|| sounds().next())
    }

    /// Sets of pictures: one for each range and family of codecs.
    fn video(&mut self) -> Vec<Set> {
        let mut sets = Vec::new();
        let mut keys: Vec<(String, String)> = Vec::new();
        for variant in std::mem::take(&mut self.pictures) {
            let range = other(variant.told, "VIDEO-RANGE").unwrap_or("SDR").to_owned();
            let family = family_of_pictures(codecs_of(variant.told));
            let index = place_of(&mut keys, (range.clone(), family), self.ranked);
            let rendition = self.picture(&variant);
            let priority = u64::from(range == "SDR");
            put(&mut sets, index, rendition, || Set { priority, ..set(Carries::Video) });
        }
        sets
    }

    fn picture(&mut self, variant: &Variant<'_>) -> Rendition {
        let place = self.place.line(variant.line);
        let told = variant.told;
        let sound = self.apart(variant);
        let apart = sound.is_some();
        let sound = sound.map(|s| s.alone.map_or(ASSUMED_AUDIO.as_bps(), rate));
        let whole = rate(told);
        let sound = sound.unwrap_or(0);
        let rest = whole.checked_sub(sound).filter(|&rest| rest > 0);
        if rest.is_none() && whole > 0 {
            let right = format!("it should be above the {sound} bit/s of its sound");
            note(&mut self.notes, place.wrong("BANDWIDTH", whole, &right));
        }
        let codecs = |codec: &&str| !apart || !(is_sound(codec) || is_text(codec));
        let codecs = codecs_of(told).filter(codecs).collect::<Vec<_>>().join(",");
        let bitrate = self.bitrate(rest.unwrap_or(whole), &place);
        let rendition = Rendition { codecs, bitrate, ..rendition(told, &place) };
        self.filled(rendition, &variant.url, variant.copied != Copied::Not, &place)
    }

    /// Variants of sound alone. Beside pictures that bring their own sound they are for players
    /// that have no room for pictures.
    fn alone(&mut self) -> Option<Set> {
        let variants = std::mem::take(&mut self.alone);
        let mut renditions = Vec::with_capacity(variants.len());
        for variant in &variants {
            let place = self.place.line(variant.line);
            let bitrate = self.bitrate(rate(variant.told), &place);
            let codecs = codecs_of(variant.told).collect::<Vec<_>>().join(",");
            let rendition = Rendition { codecs, bitrate, ..rendition(variant.told, &place) };
            let copy = variant.copied != Copied::Not;
            renditions.push(match self.pictured {
                false => self.filled(rendition, &variant.url, copy, &place),
                true => {
                    let why = "sound alone, beside variants with pictures and sound";
                    Rendition { copy, segments: Err(left_out(&place, why)), ..rendition }
                }
            });
        }
        let set = Set { renditions, priority: 8, ..set(Carries::Audio) };
        (!set.renditions.is_empty()).then_some(set)
    }

    /// Sets of sound that is fetched apart: one for each language, name and family of codecs.
    fn audio(&mut self) -> Vec<Set> {
        let mut sets = Vec::new();
        let mut keys: Vec<(String, String)> = Vec::new();
        for sound in std::mem::take(&mut self.sounds) {
            let told = sound.told;
            let who = format!("{}\n{}", told.language.as_deref().unwrap_or_default(), told.name);
            let index = place_of(&mut keys, (who, family(&sound.codecs)), self.ranked);
            let priority = u64::from(told.default) * 4
                + u64::from(told.autoselect) * 2
                + u64::from(self.first == Some(told.group_id.as_str()));
            let rendition = self.sound(sound);
            put(&mut sets, index, rendition, || Set {
                id: Some(told.group_id.clone()),
                language: told.language.clone(),
                role: told.characteristics.clone(),
                priority,
                ..set(Carries::Audio)
            });
        }
        sets
    }

    fn sound(&mut self, sound: Sound<'_>) -> Rendition {
        let place = self.place.line(sound.line);
        let told = sound.alone;
        let rate = told.map_or(ASSUMED_AUDIO.as_bps(), rate);
        let other = |name| other_of(sound.told, name).map(str::to_owned);
        let rendition = Rendition {
            id: other("STABLE-RENDITION-ID").or_else(|| Some(sound.told.group_id.clone())),
            bandwidth: told.map(|v| v.bandwidth),
            average: told.and_then(average),
            bitrate: self.bitrate(rate, &place),
            codecs: sound.codecs,
            pathway: other("PATHWAY-ID"),
            ..bare(&place)
        };
        if sound.instead {
            let why = "sound that takes the place of what is within the pictures";
            return Rendition {
                copy: sound.copy,
                segments: Err(left_out(&place, why)),
                ..rendition
            };
        }
        self.filled(rendition, &sound.url, sound.copy, &place)
    }

    /// A rate that a rung can have.
    fn bitrate(&mut self, rate: u64, place: &Place<'_>) -> Option<Bitrate> {
        match place.bitrate("BANDWIDTH", rate) {
            Ok(rate) => Some(rate),
            Err(wrong) => {
                note(&mut self.notes, wrong);
                None
            }
        }
    }

    /// A rendition with what its playlist tells; that of a copy is not asked for.
    fn filled(
        &mut self,
        rendition: Rendition,
        url: &str,
        copy: bool,
        place: &Place<'_>,
    ) -> Rendition {
        if copy {
            let segments = Err(left_out(place, "a copy of another rendition"));
            return Rendition { copy, segments, ..rendition };
        }
        let (playlist, segments) = (self.ask)(url);
        Rendition { playlist, segments, ..rendition }
    }
}

/// The pathway to begin with, if there are variants on it.
fn preferred(main: &Main) -> Option<&str> {
    let (_, pathway) = main.steering.as_ref()?;
    let pathway = pathway.as_deref()?;
    let mut variants = main.variants.iter();
    variants.any(|(_, v)| other(v, "PATHWAY-ID") == Some(pathway)).then_some(pathway)
}

/// What two variants have in common if they are copies of one.
fn essence(v: &VariantStream) -> impl Ord + use<'_> {
    let size = v.resolution.map(|r| (r.width, r.height));
    let rates = (v.bandwidth, average(v), v.frame_rate.map(f64::to_bits));
    let names = ["VIDEO-RANGE", "STABLE-VARIANT-ID"].map(|name| other(v, name));
    (rates, size, v.codecs.as_deref(), names)
}

/// Variants with their URLs, and which of them are copies. Those on the pathway to begin with are
/// the originals, or else those that stand first.
fn distinct<'a>(main: &'a Main, base: &str, preferred: Option<&str>) -> Vec<Variant<'a>> {
    let stream = |(line, told): &'a (usize, VariantStream)| Variant {
        line: *line,
        url: join(base, &told.uri),
        told,
        copied: Copied::Not,
    };
    let variants = main.variants.iter().filter(|(_, v)| !v.is_i_frame);
    let mut variants: Vec<_> = variants.map(stream).collect();
    // By what they are, where the first of each is.
    let mut known = BTreeMap::new();
    let mut urls = BTreeSet::new();
    for first in [true, false] {
        for variant in &mut variants {
            let here = preferred.is_none() || other(variant.told, "PATHWAY-ID") == preferred;
            if here != first {
                continue;
            }
            let original =
                known.entry(essence(variant.told)).or_insert_with(|| variant.url.clone());
            variant.copied = match (*original == variant.url, urls.insert(variant.url.clone())) {
                (true, true) => Copied::Not,
                (true, false) => Copied::Again,
                (false, _) => Copied::Elsewhere,
            };
        }
    }
    variants
}

/// Groups whose default sound, having no playlist of its own, is within the pictures.
fn within(main: &Main) -> BTreeSet<&str> {
    let audio = || {
        let audio = |r: &&AlternativeMedia| r.media_type == AlternativeMediaType::Audio;
        main.renditions.iter().map(|(_, r)| r).filter(audio)
    };
    let apart = audio().filter(|r| r.uri.is_some() && r.default);
    let apart: BTreeSet<&str> = apart.map(|r| r.group_id.as_str()).collect();
    let within = audio().filter(|r| r.uri.is_none()).map(|r| r.group_id.as_str());
    within.filter(|group| !apart.contains(group)).collect()
}

/// Finds copies among sounds: what has the same playlist, and what only copies of variants name.
fn mark_copies(sounds: &mut [Sound<'_>], pictures: &[Variant<'_>], preferred: Option<&str>) {
    let mut urls: BTreeSet<&str> = pictures.iter().map(|v| v.url.as_str()).collect();
    // By group, whether all its variants are on another host.
    let mut elsewhere: BTreeMap<&str, bool> = BTreeMap::new();
    for variant in pictures {
        let there = variant.copied == Copied::Elsewhere;
        if let Some(group) = &variant.told.audio {
            let all = elsewhere.entry(group).or_insert(true);
            *all = *all && there;
        }
    }
    let all: Vec<(String, bool)> = sounds
        .iter()
        .map(|sound| {
            let here = preferred.is_none() || other_of(sound.told, "PATHWAY-ID") == preferred;
            (sound.url.clone(), here)
        })
        .collect();
    for first in [true, false] {
        for (sound, (url, here)) in sounds.iter_mut().zip(&all) {
            if *here == first {
                let there = elsewhere.get(sound.told.group_id.as_str()).copied();
                sound.copy = !urls.insert(url) || there.unwrap_or(false);
            }
        }
    }
}

/// Subtitles: one set for each language and name.
fn text(main: &Main, place: &Place<'_>) -> Vec<Set> {
    let mut sets = Vec::new();
    let mut keys: Vec<(String, String)> = Vec::new();
    let subtitles = AlternativeMediaType::Subtitles;
    for (line, told) in main.renditions.iter().filter(|(_, r)| r.media_type == subtitles) {
        let place = place.line(*line);
        let language = told.language.clone().unwrap_or_default();
        let index = place_of(&mut keys, (language, told.name.clone()), false);
        let rendition = Rendition {
            id: Some(told.group_id.clone()),
            pathway: other_of(told, "PATHWAY-ID").map(str::to_owned),
            segments: Err(left_out(&place, "subtitles are not played")),
            ..bare(&place)
        };
        put(&mut sets, index, rendition, || Set {
            id: Some(told.group_id.clone()),
            language: told.language.clone(),
            role: told.characteristics.clone(),
            priority: u64::from(told.default),
            ..set(Carries::Text)
        });
    }
    sets
}

/// Variants of key frames.
fn trick(main: &Main, place: &Place<'_>) -> Option<Set> {
    let key_frames = main.variants.iter().filter(|(_, v)| v.is_i_frame);
    let renditions = key_frames.map(|(line, told)| {
        let place = place.line(*line);
        let bitrate = place.bitrate("BANDWIDTH", rate(told)).ok();
        let codecs = codecs_of(told).collect::<Vec<_>>().join(",");
        let segments = Err(left_out(&place, "key frames for fast forward are not played"));
        Rendition { bitrate, codecs, segments, ..rendition(told, &place) }
    });
    let set = Set { renditions: renditions.collect(), ..set(Carries::Trick) };
    (!set.renditions.is_empty()).then_some(set)
}

/// The place of a set among others with keys of their own. What tells no family of codecs goes
/// with any, and so do all where families are ranked on one scale.
fn place_of(keys: &mut Vec<(String, String)>, key: (String, String), ranked: bool) -> usize {
    let fits = |(who, family): &(String, String)| {
        let related = ranked || family.is_empty() || key.1.is_empty() || *family == key.1;
        *who == key.0 && related
    };
    match keys.iter().position(fits) {
        Some(index) => {
            if let Some((_, family)) = keys.get_mut(index).filter(|(_, f)| f.is_empty()) {
                *family = key.1;
            }
            index
        }
        None => {
            keys.push(key);
            keys.len() - 1
        }
    }
}

/// Adds a rendition to the set at a place, which is new if it is one past the last.
fn put(sets: &mut Vec<Set>, index: usize, rendition: Rendition, new: impl FnOnce() -> Set) {
    if index == sets.len() {
        sets.push(new());
    }
    if let Some(set) = sets.get_mut(index) {
        set.renditions.push(rendition);
    }
}

/// A set of which nothing else is known.
pub(super) fn set(carries: Carries) -> Set {
    Set {
        carries,
        id: None,
        language: None,
        role: None,
        priority: 0,
        switches: Vec::new(),
        renditions: Vec::new(),
    }
}

/// A rendition of which nothing is known yet.
pub(super) fn bare(place: &Place<'_>) -> Rendition {
    Rendition {
        id: None,
        bandwidth: None,
        average: None,
        bitrate: None,
        resolution: None,
        frame_rate: None,
        codecs: String::new(),
        range: None,
        pathway: None,
        copy: false,
        early: None,
        playlist: None,
        addressing: Some(Addressing::Playlist),
        index: None,
        segments: Err(left_out(place, "its playlist is not asked for")),
    }
}

/// What a variant tells of itself, apart from what depends on others.
fn rendition(told: &VariantStream, place: &Place<'_>) -> Rendition {
    let side = |pixels: u64| u32::try_from(pixels).ok();
    let resolution = told
        .resolution
        .and_then(|size| Some(Resolution { width: side(size.width)?, height: side(size.height)? }));
    let own = |name| other(told, name).map(str::to_owned);
    Rendition {
        id: own("STABLE-VARIANT-ID").or_else(|| own("NAME")),
        bandwidth: Some(told.bandwidth),
        average: average(told),
        resolution,
        frame_rate: told.frame_rate.and_then(|rate| FrameRate::parse(&rate.to_string())),
        range: own("VIDEO-RANGE"),
        pathway: own("PATHWAY-ID"),
        ..bare(place)
    }
}

fn left_out(place: &Place<'_>, why: &str) -> ManifestError {
    place.problem(Problem::LeftOut(why.to_owned()))
}

/// An attribute that the parser has no field for.
fn other<'a>(variant: &'a VariantStream, name: &str) -> Option<&'a str> {
    Some(variant.other_attributes.as_ref()?.get(name)?.as_str())
}

fn other_of<'a>(rendition: &'a AlternativeMedia, name: &str) -> Option<&'a str> {
    Some(rendition.other_attributes.as_ref()?.get(name)?.as_str())
}

/// `AVERAGE-BANDWIDTH`; some packagers write 0 for not knowing it.
fn average(variant: &VariantStream) -> Option<u64> {
    variant.average_bandwidth.filter(|&rate| rate > 0)
}

fn rate(variant: &VariantStream) -> u64 {
    average(variant).unwrap_or(variant.bandwidth)
}

fn codecs_of(variant: &VariantStream) -> impl Iterator<Item = &str> {
    variant.codecs.iter().flat_map(|codecs| each(codecs))
}

/// The codecs of a variant's sound.
fn sound_of(variant: &VariantStream) -> String {
    codecs_of(variant).filter(|codec| is_sound(codec)).collect::<Vec<_>>().join(",")
}
