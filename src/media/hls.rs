//! HTTP Live Streaming on demand (RFC 8216): a multivariant playlist and a media playlist per rung,
//! written from a presentation and read back.
//!
//! The idea to hold: HLS states the rate of a whole variant, sound included, and never that of an
//! audio rendition. So every audio rung is written also as a variant of its own, which the standard
//! allows and players without pictures use; a variant's rate less its sound's is the video rung's.
//! `AVERAGE-BANDWIDTH` carries the advertised bitrate, `BANDWIDTH` the peak of segments. Readers
//! take the average where it is told, as hls.js does, and else the peak.
//!
//! Lines are looked at before the parser sees them, because it reads over what it does not
//! understand: a comma in a title makes two segments, a malformed attribute swallows the lines that
//! follow, and durations are kept in 32 bits. So it is given well-formed lines only, durations are
//! taken from their text, and it has to find as many entries as there were.

use std::collections::{BTreeMap, BTreeSet};

use m3u8_rs::{AlternativeMedia, MasterPlaylist, VariantStream};

use super::manifest::{
    Addresses, Documents, MAX_LENGTH, MAX_RUNGS, MAX_SEGMENTS, ManifestError, Package, Place,
    Problem, Room, RungOutline, TrackOutline, Written, is_sound, join, plain, sizes, written,
};
use super::{Kind, Presentation, Representation, Resolution, Rung};
use crate::units::{Bitrate, Span};

/// What sound is taken to need where nothing tells: stereo AAC as Apple's authoring specification
/// recommends it.
pub const ASSUMED_AUDIO: Bitrate = Bitrate::kbps(128);

const NANOS: u64 = 1_000_000_000;

/// The documents and sizes of a presentation's first video and first audio track.
///
/// Every audio rung is a group of one rendition. Each variant names the group at the same height of
/// its own ladder, and `BANDWIDTH` counts both.
pub fn write(presentation: &Presentation) -> Package {
    let tracks: Vec<Written<'_>> = written(presentation).collect();
    let mut main = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    let mut documents = Vec::new();
    let audio = tracks.iter().find(|t| t.track.kind == Kind::Audio);
    for rung in audio.iter().flat_map(|a| a.track.ladder.rungs().map(|r| a.name(r))) {
        main += &format!(
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{rung}\",NAME=\"main\",DEFAULT=YES,\
             AUTOSELECT=YES,URI=\"{rung}/index.m3u8\"\n"
        );
    }
    for written in &tracks {
        let rungs = written.track.ladder.count();
        for rung in written.track.ladder.rungs() {
            let sound = audio.map(|a| {
                let top = usize::from(rung.0) * a.track.ladder.count() / rungs;
                (a, Rung(top as u8))
            });
            main += &match (written.track.kind, sound) {
                (Kind::Video, Some(sound)) => variant((written, rung), Some(sound)),
                (Kind::Video, None) | (Kind::Audio, _) => variant((written, rung), None),
            };
            documents.push((format!("{}/index.m3u8", written.name(rung)), playlist(written)));
        }
    }
    let entry = "main.m3u8".to_owned();
    documents.insert(0, (entry.clone(), main));
    Package { entry, documents, sizes: sizes(presentation) }
}

/// A variant: one rung, and for pictures the sound that goes with it.
fn variant(of: (&Written<'_>, Rung), sound: Option<(&Written<'_>, Rung)>) -> String {
    let parts = || [Some(of), sound].into_iter().flatten();
    let told = |(w, rung): (&Written<'_>, Rung)| w.track.ladder.representation(rung).clone();
    let average: Bitrate = parts().map(|part| told(part).bitrate).sum();
    let peak: Bitrate = parts().map(peak).sum();
    let name = of.0.name(of.1);
    let mut line = format!(
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}",
        peak.max(average).as_bps(),
        average.as_bps()
    );
    // Codecs of sound alone would make it a variant without pictures.
    if plain(&told(of).codecs) {
        let codecs: Vec<String> = parts().map(|part| told(part).codecs).collect();
        let codecs: Vec<&str> = codecs.iter().map(String::as_str).filter(|c| plain(c)).collect();
        line += &format!(",CODECS=\"{}\"", codecs.join(","));
    }
    if let Some(resolution) = told(of).resolution {
        line += &format!(",RESOLUTION={resolution}");
    }
    let group = match (of.0.track.kind, sound) {
        (Kind::Audio, _) => Some(name.clone()),
        (Kind::Video, sound) => sound.map(|(w, rung)| w.name(rung)),
    };
    if let Some(group) = group {
        line += &format!(",AUDIO=\"{group}\"");
    }
    // Without it, variants that differ in nothing else would be copies of one.
    line + &format!(",STABLE-VARIANT-ID=\"{name}\"\n{name}/index.m3u8\n")
}

/// The highest rate of any segment at least half as long as the longest (RFC 8216, 4.3.4.2).
fn peak((written, rung): (&Written<'_>, Rung)) -> Bitrate {
    let track = written.track;
    let longest = written.durations().max().unwrap_or_default();
    let whole = (0..track.count()).filter(|&i| track.duration(i) * 2 >= longest);
    whole.map(|i| track.size(i, rung) / track.duration(i)).max().unwrap_or_default()
}

/// A media playlist. It is the same for all rungs of a track: addresses are relative.
fn playlist(written: &Written<'_>) -> String {
    let longest = written.durations().max().unwrap_or_default().as_nanos();
    let mut list = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-MAP:URI=\"init.mp4\"\n",
        ((longest + NANOS / 2) / NANOS).max(1),
    );
    for (number, duration) in (1..).zip(written.durations()) {
        list += &format!("#EXTINF:{},\n{number}.m4s\n", duration.in_secs());
    }
    list + "#EXT-X-ENDLIST\n"
}

/// The tracks that a playlist, and those it names, tell of.
pub(super) fn read(
    url: &str,
    text: &str,
    documents: &mut Documents<'_>,
) -> Result<Vec<TrackOutline>, ManifestError> {
    let place = Place::of(url);
    let holds = |tag: &str| text.lines().any(|line| line.trim_start().starts_with(tag));
    let (of_variants, of_segments) = (holds("#EXT-X-STREAM-INF:"), holds("#EXTINF:"));
    if of_segments && of_variants {
        let right = "#EXT-X-STREAM-INF and #EXTINF cannot stand in one playlist";
        return Err(place.wrong("the playlist", "both multivariant and media", right));
    }
    if !of_variants {
        let right = "a multivariant playlist (of #EXT-X-STREAM-INF) tells it: give that instead";
        return Err(place.missing("the bitrate of the playlist", right));
    }
    let offer = Offer::new(url, multivariant(text, &place)?, &place)?;
    let mut tracks = Vec::new();
    for (kind, variants) in [(Kind::Video, offer.video), (Kind::Audio, offer.audio)] {
        if variants.len() > MAX_RUNGS {
            return Err(place.too_many("variants", variants.len(), MAX_RUNGS));
        }
        let mut room = Room::new();
        let mut rungs = Vec::with_capacity(variants.len());
        for (url, representation) in variants {
            let text = documents.ask(&url)?;
            rungs.push(Media::read(&url, &text, &mut room)?.rung(url, representation));
        }
        if !rungs.is_empty() {
            tracks.push(TrackOutline::new(kind, rungs, &place)?);
        }
    }
    Ok(tracks)
}

/// A multivariant playlist as the parser has it.
fn multivariant(text: &str, place: &Place<'_>) -> Result<MasterPlaylist, ManifestError> {
    let mut tidy = "#EXTM3U\n".to_owned();
    // The line of a variant whose URL has not come yet.
    let mut open = None;
    let (mut variants, mut renditions) = (0, 0);
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let place = place.line(number);
        if let Some(list) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            let list = attributes(list, &place)?;
            tidy += &format!("#EXT-X-STREAM-INF:{}\n", rejoined(&list));
            if open.replace(number).is_some() {
                return Err(place.missing("a URL", "#EXT-X-STREAM-INF needs one after it"));
            }
            variants += 1;
        } else if let Some(list) = line.strip_prefix("#EXT-X-MEDIA:") {
            let list = attributes(list, &place)?;
            if list.contains(&("TYPE", "AUDIO")) {
                tidy += &format!("#EXT-X-MEDIA:{}\n", rejoined(&list));
                renditions += 1;
            }
        } else if line.starts_with("#EXT-X-DEFINE:") {
            return Err(place.not_yet("variables (#EXT-X-DEFINE)"));
        } else if !line.starts_with('#') && !line.is_empty() {
            if open.take().is_none() {
                let right = "an #EXT-X-STREAM-INF has to stand before a URL";
                return Err(place.wrong("a line", start(line), right));
            }
            tidy += &format!("{line}\n");
        }
    }
    if let Some(line) = open {
        return Err(place.line(line).problem(Problem::Truncated("a variant has its URL".into())));
    }
    let parsed = parsed(m3u8_rs::parse_master_playlist_res(tidy.as_bytes()), place)?;
    if let Some(tag) = parsed.unknown_tags.first() {
        let tag = tag.to_string();
        // Which line it was, so far as empty attributes were not cut from it.
        let line = text.lines().position(|line| line.trim() == tag);
        let place = line.map_or(place.clone(), |line| place.line(line + 1));
        let right = "a variant needs BANDWIDTH, a rendition GROUP-ID and NAME; texts are quoted, \
                     numbers are not";
        return Err(place.wrong("a tag", start(&tag), right));
    }
    let found = (parsed.variants.len(), parsed.alternatives.len());
    match found == (variants, renditions) {
        true => Ok(parsed),
        false => Err(place.problem(Problem::Syntax(format!(
            "{found:?} of {:?} variants and renditions were understood",
            (variants, renditions)
        )))),
    }
}

/// What a multivariant playlist offers: by track, URLs of media playlists and what they hold.
struct Offer {
    video: Vec<(String, Representation)>,
    audio: Vec<(String, Representation)>,
}

impl Offer {
    fn new(base: &str, playlist: MasterPlaylist, place: &Place<'_>) -> Result<Self, ManifestError> {
        let variants = distinct(base, playlist.variants);
        let groups = groups(base, &playlist.alternatives);
        // Sound alone: what is also a rendition, or says nothing but of sound.
        let (sound, pictures): (Vec<_>, Vec<_>) = variants.into_iter().partition(|(url, v)| {
            let codecs = || v.codecs.iter().flat_map(|c| c.split(','));
            let only = codecs().count() > 0 && codecs().all(is_sound) && v.resolution.is_none();
            groups.values().any(|u| u == url) || only
        });
        if pictures.is_empty() {
            let alone = |(url, v): (String, VariantStream)| {
                Ok((url, representation(&v, Bitrate::ZERO, |_| true, place)?))
            };
            let audio = sound.into_iter().map(alone).collect::<Result<_, _>>()?;
            return Ok(Self { video: Vec::new(), audio });
        }
        let mut audio = Vec::new();
        for (url, v) in sound {
            if groups.values().any(|u| *u == url) {
                audio.push((url, representation(&v, Bitrate::ZERO, |_| true, place)?));
            }
        }
        let group_of = |v: &VariantStream| v.audio.as_ref().and_then(|group| groups.get(group));
        if let (true, Some((v, url))) =
            (audio.is_empty(), pictures.iter().find_map(|(_, v)| Some((v, group_of(v)?))))
        {
            // No variant tells the rate of any sound: one group is played, at an assumed rate.
            let codecs = v.codecs.iter().flat_map(|c| c.split(',')).filter(|c| is_sound(c));
            let codecs = codecs.map(str::trim).collect::<Vec<_>>().join(",");
            let told = Representation { bitrate: ASSUMED_AUDIO, resolution: None, codecs };
            audio.push((url.clone(), told));
        }
        let sound_of = |v: &VariantStream| {
            let url = group_of(v)?;
            let told = audio.iter().find(|(u, _)| u == url);
            Some(told.map_or(ASSUMED_AUDIO, |(_, told)| told.bitrate))
        };
        let video = pictures.into_iter().map(|(url, v)| {
            let sound = sound_of(&v);
            let apart = sound.is_some();
            let keep = |codec: &str| !(apart && is_sound(codec));
            Ok((url, representation(&v, sound.unwrap_or_default(), keep, place)?))
        });
        Ok(Self { video: video.collect::<Result<_, _>>()?, audio })
    }
}

/// Variants with their URLs, each media playlist once, without copies on other hosts.
fn distinct(base: &str, variants: Vec<VariantStream>) -> Vec<(String, VariantStream)> {
    let mut kept: Vec<(String, VariantStream)> = Vec::new();
    let stable = |v: &VariantStream| {
        let others = v.other_attributes.as_ref()?;
        others.get("STABLE-VARIANT-ID").map(|id| id.as_str().to_owned())
    };
    let what = |v: &VariantStream| {
        let rates =
            (v.bandwidth, v.average_bandwidth, v.resolution, v.frame_rate.map(f64::to_bits));
        (rates, v.codecs.clone(), stable(v))
    };
    let (mut known, mut urls) = (BTreeSet::new(), BTreeSet::new());
    for variant in variants {
        let url = join(base, &variant.uri);
        if known.insert(what(&variant)) && urls.insert(url.clone()) {
            kept.push((url, variant));
        }
    }
    kept
}

/// Media playlists of audio groups: of each group the default rendition, or else the first. Groups
/// whose sound is within their variants have none.
fn groups(base: &str, renditions: &[AlternativeMedia]) -> BTreeMap<String, String> {
    let mut groups = BTreeMap::new();
    for default in [true, false] {
        for rendition in renditions.iter().filter(|r| r.default == default) {
            if let Some(uri) = &rendition.uri {
                let group = rendition.group_id.clone();
                groups.entry(group).or_insert_with(|| join(base, uri));
            }
        }
    }
    groups
}

/// A variant without its sound, where that is fetched apart.
fn representation(
    variant: &VariantStream,
    sound: Bitrate,
    keep: impl Fn(&str) -> bool,
    place: &Place<'_>,
) -> Result<Representation, ManifestError> {
    let rate = variant.average_bandwidth.unwrap_or(variant.bandwidth);
    let bitrate = place.bitrate("BANDWIDTH", rate)?.saturating_sub(sound);
    if bitrate.is_zero() {
        let right = format!("it has to be above the {sound} of its sound");
        return Err(place.wrong("BANDWIDTH", rate, &right));
    }
    let side = |pixels: u64| u32::try_from(pixels);
    let resolution = match variant.resolution.map(|r| (side(r.width), side(r.height))) {
        None => None,
        Some((Ok(width), Ok(height))) => Some(Resolution { width, height }),
        Some(_) => return Err(place.wrong("RESOLUTION", "huge", "pixels are expected")),
    };
    let codecs = variant.codecs.iter().flat_map(|c| c.split(','));
    let codecs = codecs.map(str::trim).filter(|&c| keep(c)).collect::<Vec<_>>().join(",");
    Ok(Representation { bitrate, resolution, codecs })
}

/// One media playlist.
struct Media {
    init: Option<String>,
    segments: Vec<String>,
    durations: Vec<Span>,
    tick: Span,
}

/// Tags that change what a playlist means, and are not read.
const NOT_YET: [(&str, &str); 6] = [
    ("#EXT-X-BYTERANGE:", "segments that are ranges of a file (#EXT-X-BYTERANGE)"),
    ("#EXT-X-DEFINE:", "variables (#EXT-X-DEFINE)"),
    ("#EXT-X-GAP", "missing segments (#EXT-X-GAP)"),
    ("#EXT-X-I-FRAMES-ONLY", "playlists of I-frames (#EXT-X-I-FRAMES-ONLY)"),
    ("#EXT-X-SKIP:", "updates of live playlists (#EXT-X-SKIP)"),
    ("#EXT-X-STREAM-INF:", "a multivariant playlist within another"),
];

impl Media {
    fn read(url: &str, text: &str, room: &mut Room) -> Result<Self, ManifestError> {
        let place = Place::of(url);
        if !text.trim_start().starts_with("#EXTM3U") {
            let begins = text.trim_start().chars().take(20).collect();
            return Err(place.problem(Problem::NotAManifest(begins)));
        }
        let Lines { tidy, durations, digits } = Lines::read(text, &place)?;
        let parsed = parsed(m3u8_rs::parse_media_playlist_res(tidy.as_bytes()), &place)?;
        let found = parsed.segments.len();
        if found != durations.len() {
            let why = format!("{found} of {} segments were understood", durations.len());
            return Err(place.problem(Problem::Syntax(why)));
        }
        if found == 0 {
            return Err(place.missing("#EXTINF", "a media playlist needs at least one segment"));
        }
        if parsed.target_duration == 0 {
            return Err(place.missing("#EXT-X-TARGETDURATION", "whole seconds are expected"));
        }
        if !parsed.end_list {
            return Err(
                place.not_yet("a playlist without #EXT-X-ENDLIST: it is live, or cut short")
            );
        }
        let mut maps = parsed.segments.iter().filter_map(|s| s.map.as_ref());
        let init = maps.next();
        if maps.any(|m| Some(&m.uri) != init.map(|i| &i.uri)) {
            return Err(place.not_yet("more than one #EXT-X-MAP"));
        }
        if init.is_some_and(|i| i.byte_range.is_some()) {
            return Err(place.not_yet("an #EXT-X-MAP that is a range of a file (BYTERANGE)"));
        }
        let segments = parsed.segments.iter().map(|s| room.keep(join(url, &s.uri)));
        Ok(Self {
            init: init.map(|i| join(url, &i.uri)),
            segments: segments.collect::<Result<_, _>>().map_err(|p| place.problem(p))?,
            durations,
            tick: Span::from_nanos(NANOS / 10_u64.pow(digits.min(9))),
        })
    }

    fn rung(self, url: String, representation: Representation) -> RungOutline {
        let Self { init, segments, durations, tick } = self;
        let addresses = Addresses { playlist: Some(url), init, segments };
        RungOutline { representation, addresses, durations, tick }
    }
}

/// The lines of a media playlist that matter, well-formed, and the durations they tell.
struct Lines {
    tidy: String,
    durations: Vec<Span>,
    /// The most decimals of any duration.
    digits: u32,
}

impl Lines {
    fn read(text: &str, place: &Place<'_>) -> Result<Self, ManifestError> {
        let mut lines = Self { tidy: "#EXTM3U\n".into(), durations: Vec::new(), digits: 0 };
        let mut open = None;
        let mut length = Span::ZERO;
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let at = place.line(number);
            let unread = NOT_YET.iter().find(|(tag, _)| line.starts_with(tag));
            if let Some((_, what)) = unread {
                return Err(at.not_yet(*what));
            }
            if let Some(rest) = line.strip_prefix("#EXTINF:") {
                let told = rest.split(',').next().unwrap_or_default().trim();
                let Some((duration, digits)) = seconds(told).filter(|(d, _)| !d.is_zero()) else {
                    let right = "seconds above zero are expected, such as 6.006";
                    return Err(at.wrong("#EXTINF", start(told), right));
                };
                lines.digits = lines.digits.max(digits);
                lines.tidy += &format!("#EXTINF:{},\n", duration.in_secs());
                open = Some(duration);
            } else if let Some(told) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
                if told.is_empty() || told.len() > 9 || !told.chars().all(|c| c.is_ascii_digit()) {
                    let right = "whole seconds are expected";
                    return Err(at.wrong("#EXT-X-TARGETDURATION", start(told), right));
                }
                lines.tidy += &format!("{line}\n");
            } else if let Some(list) = line.strip_prefix("#EXT-X-MAP:") {
                let list = rejoined(&attributes(list, &at)?);
                lines.tidy += &format!("#EXT-X-MAP:{list}\n");
                if !list.contains("URI=\"") {
                    return Err(at.missing("URI", "#EXT-X-MAP needs it, in quotes"));
                }
            } else if line.starts_with("#EXT-X-ENDLIST") {
                lines.tidy += "#EXT-X-ENDLIST\n";
            } else if !line.starts_with('#') && !line.is_empty() {
                let Some(duration) = open.take() else {
                    let right = "an #EXTINF has to stand before a URL";
                    return Err(at.wrong("a line", start(line), right));
                };
                lines.tidy += &format!("{line}\n");
                lines.durations.push(duration);
                length += duration;
                if lines.durations.len() > MAX_SEGMENTS {
                    return Err(at.too_many("segments", lines.durations.len(), MAX_SEGMENTS));
                }
                if length > MAX_LENGTH {
                    let right = format!("{MAX_LENGTH} is the limit");
                    return Err(at.wrong("the length so far", length, &right));
                }
            }
        }
        match open {
            None => Ok(lines),
            Some(_) => Err(place.problem(Problem::Truncated("a segment has its URL".into()))),
        }
    }
}

/// What the parser found, or its trouble in words.
fn parsed<T, E>(result: Result<T, E>, place: &Place<'_>) -> Result<T, ManifestError> {
    result.map_err(|_| place.problem(Problem::Syntax("it does not parse as a playlist".into())))
}

/// The start of a line, for a message.
fn start(line: &str) -> String {
    line.chars().take(80).collect()
}

/// Decimal seconds, to the nearest nanosecond, and how many decimals there were.
fn seconds(text: &str) -> Option<(Span, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |n: &str| n.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos = fraction.bytes().chain([b'0'; 10]).take(10);
    // Ten digits: the last decides which way to round.
    let tenths = nanos.fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
    let span = Span::from_secs(whole.parse().ok()?) + Span::from_nanos((tenths + 5) / 10);
    (span <= MAX_LENGTH).then_some((span, fraction.len() as u32))
}

/// The names and values of an attribute list (RFC 8216, 4.2), quotes included; empty texts, which
/// say nothing and which the parser takes for something else, are left out.
fn attributes<'a>(
    list: &'a str,
    place: &Place<'_>,
) -> Result<Vec<(&'a str, &'a str)>, ManifestError> {
    let mut found = Vec::new();
    let mut rest = list.trim();
    let wrong = |rest| place.wrong("an attribute list", start(rest), "NAME=value is expected");
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(|| wrong(rest))?;
        let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(letter) {
            return Err(wrong(rest));
        }
        let end = match after.strip_prefix('"') {
            Some(text) => 2 + text.find('"').ok_or_else(|| wrong(rest))?,
            None => after.find(',').unwrap_or(after.len()),
        };
        let (value, after) = after.split_at(end);
        if value.is_empty() {
            return Err(wrong(rest));
        }
        if value != "\"\"" {
            found.push((name, value.trim()));
        }
        rest = match after.trim_start().strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.trim().is_empty() => "",
            None => return Err(wrong(after)),
        };
    }
    Ok(found)
}

/// An attribute list written out again.
fn rejoined(list: &[(&str, &str)]) -> String {
    let list: Vec<_> = list.iter().map(|(name, value)| format!("{name}={value}")).collect();
    list.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::tests::reference;
    use crate::media::manifest::{MAX_RUNGS, Outline, read};

    const MAIN: &str = "#EXTM3U\n\
        #EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000,RESOLUTION=640x360\nlow.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS=\"avc1.64001f,mp4a.40.2\"\nhigh.m3u8\n";
    const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"i.mp4\"\n\
        #EXTINF:4.0,\n1.mp4\n#EXTINF:2.5,\n2.mp4\n#EXT-X-ENDLIST\n";

    /// What is read where every playlist named is the same.
    fn both(main: &str, media: &str) -> Result<Outline, ManifestError> {
        read("https://h/a/main.m3u8", &mut |url| match url.ends_with("main.m3u8") {
            true => Ok(main.into()),
            false => Ok(media.into()),
        })
    }

    fn trouble(main: &str, media: &str) -> String {
        both(main, media).expect_err("it should be refused").to_string()
    }

    #[test]
    fn a_rung_has_its_average_rate_or_else_its_peak() {
        let outline = both(MAIN, MEDIA).unwrap();
        let [video] = outline.tracks.as_slice() else { panic!("one track") };
        assert_eq!(video.ladder.bitrates(), [800, 2_000].map(Bitrate::kbps));
        assert_eq!(video.durations, [4_000, 2_500].map(Span::from_millis));
        assert_eq!(video.addresses[0].segments[1], "https://h/a/2.mp4");
        assert_eq!(video.addresses[1].init.as_deref(), Some("https://h/a/i.mp4"));
        let urls: Vec<_> = outline.documents.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(
            urls,
            ["https://h/a/main.m3u8", "https://h/a/low.m3u8", "https://h/a/high.m3u8"]
        );
        // Sound is within the variants: their codecs are told whole.
        assert_eq!(video.ladder.representation(Rung(1)).codecs, "avc1.64001f,mp4a.40.2");
    }

    #[test]
    fn a_video_rung_is_its_variant_less_its_sound() {
        let group = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",URI=\"s.m3u8\"\n";
        let picture = "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"g\",\
                       CODECS=\"avc1.64001f,mp4a.40.2\"\nv.m3u8\n";
        let main = format!("#EXTM3U\n{group}{picture}");
        let [video, audio] = &both(&main, MEDIA).unwrap().tracks[..] else { panic!("two") };
        assert_eq!(audio.ladder.bitrates(), [ASSUMED_AUDIO]);
        assert_eq!(audio.ladder.representation(Rung(0)).codecs, "mp4a.40.2");
        assert_eq!(video.ladder.bitrates(), [Bitrate::kbps(872)], "1000 - 128");
        assert_eq!(video.ladder.representation(Rung(0)).codecs, "avc1.64001f");
        let sound = "#EXT-X-STREAM-INF:BANDWIDTH=96000,AUDIO=\"g\"\ns.m3u8\n";
        let [video, audio] = &both(&(main + sound), MEDIA).unwrap().tracks[..] else {
            panic!("two")
        };
        assert_eq!(audio.ladder.bitrates(), [Bitrate::kbps(96)], "told, not assumed");
        assert_eq!(video.ladder.bitrates(), [Bitrate::kbps(904)], "1000 - 96");
    }

    #[test]
    fn titles_with_commas_and_long_sums_do_no_harm() {
        let mut media = "#EXTM3U\r\n#EXT-X-TARGETDURATION:5\r\n".to_owned();
        for n in 0..20_000 {
            media += &format!("# a remark\r\n#EXTINF:4.00008,one, two, three\r\n{n}.ts\r\n");
        }
        // The last line has no line feed, and a byte order mark comes first.
        let media = format!("\u{feff}{media}#EXT-X-ENDLIST");
        let outline = both(MAIN, &media).unwrap();
        let track = &outline.tracks[0];
        // 20,000 × 4.00008 s = 80,001.6 s; sums of 32-bit floats give 80,001.602.
        let total: Span = track.durations.iter().copied().sum();
        assert_eq!((track.durations.len(), total), (20_000, Span::from_millis(80_001_600)));
        assert_eq!(track.addresses[0].segments[19_999], "https://h/a/19999.ts");
        assert_eq!(track.addresses[0].init, None);
    }

    #[test]
    fn malformed_lines_are_refused_by_their_number() {
        let media = |from: &str, to: &str| trouble(MAIN, &MEDIA.replace(from, to));
        assert!(media("4.0,", "abc,").contains("line 4: #EXTINF is `abc`; seconds above zero"));
        assert!(media("4.0,", "-1,").contains("line 4: #EXTINF"));
        assert!(media("4.0,", "0,").contains("line 4: #EXTINF"));
        assert!(media("4.0,", "9999999999,").contains("line 4: #EXTINF"));
        assert!(media("4.0,", "99999999,").contains("line 4: #EXTINF"), "three years");
        assert!(media("#EXTINF:2.5,\n", "").contains("line 6: a line is `2.mp4`; an #EXTINF"));
        assert!(media("2.mp4\n", "").contains("ends before a segment has its URL"));
        assert!(media("ION:4", "ION:4.5").contains("whole seconds"));
        assert!(media("#EXT-X-TARGETDURATION:4\n", "").contains("TARGETDURATION is missing"));
        assert!(media("URI=\"i.mp4\"", "URI").contains("NAME=value is expected"));
        assert!(media("URI=\"i.mp4\"", "URI=i").contains("URI is missing"));
        assert!(media(MEDIA, "<html>").contains("begins with `<html>`"));
        assert!(media(MEDIA, "").contains("low.m3u8: it is empty"));
        let main = |from: &str, to: &str| trouble(&MAIN.replace(from, to), MEDIA);
        assert!(main("BANDWIDTH=2000000,", "").contains("line 4: a tag is"));
        assert!(main("BANDWIDTH=2000000", "BANDWIDTH=x").contains("line 4: a tag is"));
        assert!(main("BANDWIDTH=2000000", "BANDWIDTH=0").contains("BANDWIDTH is `0`"));
        assert!(main("640x360", "big").contains("line 2: a tag is"));
        assert!(main("RESOLUTION=640x360", "RESOLUTION").contains("line 2: an attribute list"));
        assert!(main("high.m3u8\n", "").contains("line 4: it ends before a variant has its URL"));
        assert!(main("low.m3u8\n", "").contains("a URL is missing"));
        assert!(main("#EXTM3U\n", "#EXTM3U\nstray\n").contains("line 2: a line is `stray`"));
    }

    #[test]
    fn an_empty_text_attribute_is_as_good_as_none() {
        let main = MAIN.replace("\"avc1.64001f,mp4a.40.2\"", "\"\"");
        assert_eq!(both(&main, MEDIA).unwrap().tracks[0].ladder.count(), 2);
    }

    #[test]
    fn what_is_not_supported_yet_is_named() {
        let media = |from: &str, to: &str| trouble(MAIN, &MEDIA.replace(from, to));
        assert!(media("#EXT-X-ENDLIST\n", "").contains("it is live, or cut short"));
        assert!(media("1.mp4", "#EXT-X-BYTERANGE:9@0\n1.mp4").contains("#EXT-X-BYTERANGE"));
        let map = "#EXT-X-MAP:URI=\"j.mp4\"\n2.mp4";
        assert!(media("2.mp4", map).contains("more than one #EXT-X-MAP"));
        assert!(media("\"i.mp4\"", "\"i.mp4\",BYTERANGE=\"9@0\"").contains("BYTERANGE"));
        assert!(trouble(MEDIA, MEDIA).contains("a multivariant playlist"));
        assert!(trouble(&format!("{MAIN}{MEDIA}"), MEDIA).contains("cannot stand in one playlist"));
    }

    #[test]
    fn copies_of_a_variant_on_other_hosts_are_one_rung() {
        let copy = "#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000,\
                    RESOLUTION=640x360\nhttps://other/low.m3u8\n";
        let outline = both(&format!("{MAIN}{copy}"), MEDIA).unwrap();
        assert_eq!(outline.tracks[0].ladder.count(), 2);
        let many: String = (0..=MAX_RUNGS)
            .map(|n| format!("#EXT-X-STREAM-INF:BANDWIDTH={}\n{n}.m3u8\n", n + 1))
            .collect();
        assert!(trouble(&format!("#EXTM3U\n{many}"), MEDIA).contains("257 variants are above"));
    }

    #[test]
    fn rungs_cut_at_other_places_are_named() {
        let read = |media: &str| {
            read("main.m3u8", &mut |url| match url {
                "main.m3u8" => Ok(MAIN.into()),
                "low.m3u8" => Ok(MEDIA.into()),
                _ => Ok(media.into()),
            })
            .map_err(|e| e.to_string())
        };
        let fewer = MEDIA.replace("#EXTINF:2.5,\n2.mp4\n", "");
        assert!(read(&fewer).unwrap_err().contains("has 1 segments"));
        let other = MEDIA.replace("2.5", "2.7");
        let said = read(&other).unwrap_err();
        assert!(said.contains("segment 1 lasts"), "{said}");
        // One playlist rounds to tenths, the other does not: the finer is believed.
        let finer = MEDIA.replace("2.5", "2.53333");
        assert_eq!(read(&finer).unwrap().tracks[0].durations[1], Span::from_nanos(2_533_330_000));
    }

    #[test]
    fn decimals_are_read_exactly() {
        let nanos = |text| seconds(text).map(|(span, digits)| (span.as_nanos(), digits));
        assert_eq!(nanos("6.006"), Some((6_006_000_000, 3)));
        assert_eq!(nanos("5"), Some((5_000_000_000, 0)));
        assert_eq!(nanos("0.000000001"), Some((1, 9)));
        assert_eq!(nanos("1.99999999951"), Some((2_000_000_000, 11)));
        for bad in ["", ".5", "1e3", "+1", "-1", "1.2.3", "NaN", "1 2"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }

    #[test]
    fn real_multivariant_playlists_are_read() {
        let told = |name: &str| {
            let main = reference(name)?;
            Some(both(&main, MEDIA).unwrap().tracks)
        };
        let Some(tracks) = told("hls_cmaf_mvp.m3u8") else { return };
        let [video, audio] = tracks.as_slice() else { panic!("two tracks") };
        // AVERAGE-BANDWIDTH 1,160,822 less the 128,000 assumed for sound.
        assert_eq!(video.ladder.bitrates(), [Bitrate::from_bps(1_032_822)]);
        assert_eq!(audio.addresses[0].playlist.as_deref(), Some("https://h/a/stream_0.m3u8"));
        let Some(tracks) = told("hls_mvp_10_levels_redundant.m3u8") else { return };
        assert_eq!((tracks.len(), tracks[0].ladder.count()), (1, 5), "ten, of which five copies");
        let Some(tracks) = told("hls_mvp_content_steering_pathways.m3u8") else { return };
        assert_eq!(
            (tracks.len(), tracks[0].ladder.count()),
            (2, 5),
            "thirty: three hosts, two kinds of sound"
        );
        let Some(media) = reference("hls_discontinuity.m3u8") else { return };
        assert_eq!(both(MAIN, &media).map(|_| ()), Ok(()));
    }
}
