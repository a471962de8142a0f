//! What a manifest tells as JSON, for programs that compare.
//!
//! The idea to hold: a key is there where something is told, and never with a guess or a `null`.
//! Keys and their meanings stay; later ones are only added.
//!
//! - `kind`: `dash`, `multivariant`, or `media` for an HLS media playlist on its own.
//! - `documents`: what was read, as `url`, `range` and `bytes`.
//! - DASH, as the MPD has them: `type`, `mpd_duration_s`, `minBufferTime_s`,
//!   `minimumUpdatePeriod_s`, `timeShiftBufferDepth_s`, `suggestedPresentationDelay_s`.
//! - A multivariant playlist: `variants`, `bandwidths`, `audio_renditions`, `subtitle_renditions`,
//!   `iframe_variants`, `duration_s`.
//! - A media playlist: `live`, `target_duration_s`, `media_sequence`, `slots` (which are `skipped`
//!   and `fragments`), `total_duration_s`, `durations_s` (each once), `parts`, `part_target_s`,
//!   `part_hold_back_s`, `hold_back_s`, `can_block_reload`, `can_skip_until_s`, `gaps`,
//!   `discontinuities`, `hints`.
//! - `periods`: `id`, `start_s`, `duration_s` and `adaptation_sets`; of these `content`, `id`,
//!   `language`, `role`, `representations` (how many), `bandwidths` (as told), `renditions`, and
//!   `segments_first_rep`, how those of the first are addressed and cut.
//! - What a service asks of players: `availability_start`, `clocks`, `cmcd`, `steering`,
//!   `locations`, `latency`.
//! - `live_edge`: the `number` of the last whole segment, when it ends (`at`), how long ago that is
//!   by the machine's clock (`behind_s`), how many `parts` come after it, and whether it was
//!   `computed` from that clock.
//! - `plays`: what a player takes, as `content`, `rungs`, `segments`, `duration_s`; or
//!   `unplayable`, why there is nothing.
//! - `advice`: a `code` and a `message` each.
//! - `notes`: what was left out, mended or could not be read.

use serde_json::{Map, Value, json};

use super::Inspection;
use super::edge::{behind, edge, instant};
use super::facts::{Kind, addressing, lengths, playlist_length};
use crate::media::manifest::{
    Addressing, Carries, Manifest, Period, Playlist, Rendition, Segments, Service, Set, Source,
};
use crate::units::{NANOS, Span};

/// Everything that is told, with the advice.
pub fn json(inspection: &Inspection) -> Value {
    let manifest = &inspection.manifest;
    let mut all = Object::default();
    match Kind::of(manifest) {
        Kind::Dash => dash(&mut all, manifest),
        Kind::Multivariant => multivariant(&mut all, manifest),
        Kind::Media(rendition, playlist) => media(&mut all, rendition, playlist),
    }
    let documents = manifest.documents.iter();
    let documents = documents.map(|(resource, size)| match resource.range {
        None => json!({ "url": resource.url, "bytes": size.get() }),
        Some(range) => {
            json!({ "url": resource.url, "range": range.to_string(), "bytes": size.get() })
        }
    });
    all.put("documents", documents.collect::<Vec<_>>());
    all.put("periods", manifest.periods.iter().map(period).collect::<Vec<_>>());
    service(&mut all, manifest);
    if let Some(edge) = edge(manifest, inspection.now) {
        let mut told = Object::default();
        told.put("number", i64::try_from(edge.number).unwrap_or(i64::MAX));
        told.some("at", edge.at.map(instant));
        told.some("behind_s", edge.at.map(|at| behind(inspection.now, at)));
        told.some("parts", Some(edge.parts).filter(|&parts| parts > 0));
        told.put("computed", edge.computed);
        all.put("live_edge", told.0);
    }
    match &inspection.outline {
        Ok(outline) => {
            let tracks = outline.tracks.iter().map(|track| {
                let content = track.kind.name();
                let length: Span = track.durations.iter().copied().sum();
                let (rungs, segments) = (track.ladder.count(), track.durations.len());
                json!({
                    "content": content, "rungs": rungs, "segments": segments,
                    "duration_s": length.as_secs_f64(),
                })
            });
            all.put("plays", tracks.collect::<Vec<_>>());
        }
        Err(error) => all.put("unplayable", error.to_string()),
    }
    let advice = inspection.advice.iter();
    let advice = advice.map(|given| json!({ "code": given.code, "message": given.message }));
    all.put("advice", advice.collect::<Vec<_>>());
    all.put("notes", inspection.notes().iter().map(ToString::to_string).collect::<Vec<_>>());
    Value::Object(all.0)
}

/// An object whose keys are there where something is told.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    fn some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn secs(&mut self, key: &str, span: Option<Span>) {
        self.some(key, span.map(Span::as_secs_f64));
    }
}

fn dash(all: &mut Object, manifest: &Manifest) {
    all.put("kind", "dash");
    all.put("type", if manifest.live.is_some() { "dynamic" } else { "static" });
    all.secs("mpd_duration_s", manifest.duration);
    all.secs("minBufferTime_s", manifest.min_buffer);
    if let Some(live) = &manifest.live {
        all.secs("minimumUpdatePeriod_s", live.update);
        all.secs("timeShiftBufferDepth_s", live.window);
        all.secs("suggestedPresentationDelay_s", live.delay);
    }
}

fn multivariant(all: &mut Object, manifest: &Manifest) {
    all.put("kind", "multivariant");
    let sets = || manifest.periods.iter().flat_map(|period| &period.sets);
    let of = |carries: Carries| {
        sets().filter(move |set| set.carries == carries).flat_map(|set| &set.renditions)
    };
    // Variants tell a bandwidth; renditions of groups have none to tell.
    let played = sets().filter(|set| set.carries != Carries::Trick);
    let bandwidths: Vec<u64> =
        played.flat_map(|set| &set.renditions).filter_map(|r| r.bandwidth).collect();
    all.put("variants", bandwidths.len());
    all.put("bandwidths", bandwidths);
    let sound = of(Carries::Audio).filter(|rendition| rendition.bandwidth.is_none());
    all.put("audio_renditions", sound.count());
    all.put("subtitle_renditions", of(Carries::Text).count());
    all.put("iframe_variants", of(Carries::Trick).count());
    all.secs("duration_s", manifest.duration);
}

fn media(all: &mut Object, rendition: &Rendition, playlist: &Playlist) {
    all.put("kind", "media");
    all.put("live", !playlist.ended);
    all.put("target_duration_s", playlist.target.as_secs_f64());
    all.put("media_sequence", playlist.media_sequence);
    if let Ok(segments) = &rendition.segments {
        let fragments = segments.count() as u64;
        all.put("slots", fragments + playlist.skipped);
        all.put("fragments", fragments);
        all.put("skipped", playlist.skipped);
        all.put("total_duration_s", playlist_length(playlist, segments).as_secs_f64());
        let distinct = lengths(segments).map_or(Vec::new(), |lengths| lengths.distinct);
        all.put("durations_s", distinct.into_iter().map(Span::as_secs_f64).collect::<Vec<_>>());
    }
    told_by_playlist(all, playlist);
}

/// What a media playlist tells besides its segments, alone or in a rendition.
fn told_by_playlist(all: &mut Object, playlist: &Playlist) {
    all.put("parts", playlist.parts.len());
    all.secs("part_target_s", playlist.part_target);
    all.secs("part_hold_back_s", playlist.part_hold_back);
    all.secs("hold_back_s", playlist.hold_back);
    all.some("can_block_reload", playlist.can_block_reload.then_some(true));
    all.secs("can_skip_until_s", playlist.can_skip_until);
    all.some("gaps", Some(playlist.gaps.len()).filter(|&gaps| gaps > 0));
    all.put("discontinuities", playlist.discontinuities);
    let hints: Vec<_> = playlist.hints.iter().map(ToString::to_string).collect();
    all.some("hints", Some(hints).filter(|hints| !hints.is_empty()));
}

fn period(period: &Period) -> Value {
    let mut told = Object::default();
    told.some("id", period.id.clone());
    told.secs("start_s", period.start);
    told.secs("duration_s", period.duration);
    told.put("adaptation_sets", period.sets.iter().map(set).collect::<Vec<_>>());
    Value::Object(told.0)
}

fn set(set: &Set) -> Value {
    let mut told = Object::default();
    told.put("content", set.carries.name());
    told.some("id", set.id.clone());
    told.some("language", set.language.clone());
    told.some("role", set.role.clone());
    told.put("representations", set.renditions.len());
    let bandwidths: Vec<u64> = set.renditions.iter().filter_map(|r| r.bandwidth).collect();
    told.put("bandwidths", bandwidths);
    told.put("renditions", set.renditions.iter().map(rendition).collect::<Vec<_>>());
    told.some("segments_first_rep", set.renditions.first().map(first_segments));
    Value::Object(told.0)
}

fn rendition(rendition: &Rendition) -> Value {
    let mut told = Object::default();
    told.some("id", rendition.id.clone());
    told.some("bandwidth", rendition.bandwidth);
    told.some("average_bandwidth", rendition.average);
    told.some("bitrate_kbps", rendition.bitrate.map(|bitrate| bitrate.as_kbps_f64()));
    told.some("resolution", rendition.resolution.map(|resolution| resolution.to_string()));
    told.some("frame_rate", rendition.frame_rate.map(|rate| rate.to_string()));
    told.some("codecs", Some(rendition.codecs.clone()).filter(|codecs| !codecs.is_empty()));
    told.some("range", rendition.range.clone());
    told.some("pathway", rendition.pathway.clone());
    told.put("copy", rendition.copy);
    match rendition.early {
        Some(Span::MAX) => told.put("early_s", "INF"),
        early => told.secs("early_s", early),
    }
    if let Some(playlist) = &rendition.playlist {
        let mut list = Object::default();
        list.put("url", playlist.url.clone());
        list.put("live", !playlist.ended);
        list.put("target_duration_s", playlist.target.as_secs_f64());
        list.put("media_sequence", playlist.media_sequence);
        told_by_playlist(&mut list, playlist);
        told.put("playlist", list.0);
    }
    if let Err(problem) = &rendition.segments {
        told.put("problem", problem.to_string());
    }
    Value::Object(told.0)
}

fn first_segments(rendition: &Rendition) -> Value {
    let mut told = Object::default();
    told.some("addressing", rendition.addressing.map(addressing));
    match &rendition.segments {
        Ok(segments) => on_segments(&mut told, rendition, segments),
        Err(problem) => told.put("problem", problem.to_string()),
    }
    let range = rendition.index.as_ref().and_then(|index| index.range);
    told.some("index_range", range.map(|range| range.to_string()));
    Value::Object(told.0)
}

fn on_segments(told: &mut Object, rendition: &Rendition, segments: &Segments) {
    let timeline = &segments.timeline;
    let equal = matches!(rendition.addressing, Some(Addressing::Template | Addressing::List));
    let every = timeline.every.or(timeline.cuts.first().map(|cut| cut.duration));
    told.secs("segment_duration_s", every.filter(|_| equal).map(|ticks| timeline.span(ticks)));
    // Where the number is not told, there is none to count.
    if timeline.every.is_none() || segments.count() > 0 {
        told.put("segment_count", segments.count());
        let first = timeline.cuts.first().map(|_| timeline.start(0) as f64 / NANOS as f64);
        told.some("first_start_s", first);
        let lengths = lengths(segments);
        let total = lengths.as_ref().map_or(Span::ZERO, |lengths| lengths.total);
        told.put("total_s", total.as_secs_f64());
        let distinct = lengths.map_or(Vec::new(), |lengths| lengths.distinct);
        let mut distinct: Vec<f64> = distinct.into_iter().map(millionths).collect();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        told.put("distinct_durations_s", distinct);
    }
    told.put("start_number", timeline.number);
    if let Source::Template { template, .. } = &segments.source {
        told.put("media_template", template.text());
    }
    if segments.count() > 0 && segments.source != Source::Untold {
        told.put("first_segment", segments.resource(0).to_string());
    }
    let setup = segments.sections.first().map_or([].as_slice(), |section| &section.setup);
    let names: Vec<_> = setup.iter().map(ToString::to_string).collect();
    told.some("setup", Some(names).filter(|names| !names.is_empty()));
}

/// Seconds to the millionth.
fn millionths(span: Span) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e6
}

fn service(all: &mut Object, manifest: &Manifest) {
    if let Some(live) = &manifest.live {
        all.some("availability_start", live.since.map(instant));
        let clocks = live.clocks.iter();
        let clocks: Vec<_> =
            clocks.map(|(scheme, value)| json!({ "scheme": scheme, "value": value })).collect();
        all.some("clocks", Some(clocks).filter(|clocks| !clocks.is_empty()));
    }
    let Service { latency, least_latency, most_latency, rates, steering, cmcd } = &manifest.service;
    let mut told = Object::default();
    told.secs("target_s", *latency);
    told.secs("min_s", *least_latency);
    told.secs("max_s", *most_latency);
    told.some("slowest", rates.map(|(slowest, _)| slowest));
    told.some("fastest", rates.map(|(_, fastest)| fastest));
    all.some("latency", Some(told.0).filter(|told| !told.is_empty()));
    all.some("cmcd", Some(cmcd.clone()).filter(|keys| !keys.is_empty()));
    if let Some((server, first)) = steering {
        let mut told = Object::default();
        told.put("server", server.clone());
        told.some("default", first.clone());
        all.put("steering", told.0);
    }
    let locations = manifest.locations.clone();
    all.some("locations", Some(locations).filter(|locations| !locations.is_empty()));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::manifest::testing::{good, rung, segments, set};
    use crate::media::manifest::{Choice, Format, Live, Part, Resource};

    fn of(manifest: Manifest) -> Value {
        json(&Inspection::new(manifest, &Choice::default(), None, 1_700_000_000_000))
    }

    #[test]
    fn a_dash_manifest_on_demand() {
        let told = of(good());
        assert_eq!((&told["kind"], &told["type"]), (&json!("dash"), &json!("static")));
        assert_eq!(told["mpd_duration_s"], 40.0);
        let period = &told["periods"][0];
        assert_eq!(period["start_s"], 0.0);
        let video = &period["adaptation_sets"][0];
        assert_eq!(video["bandwidths"], json!([500_000, 900_000, 1_700_000]));
        assert_eq!(video["renditions"][2]["resolution"], "1280x720");
        let first = &video["segments_first_rep"];
        assert_eq!(first["distinct_durations_s"], json!([4.0]));
        assert_eq!((&first["segment_count"], &first["total_s"]), (&json!(10), &json!(40.0)));
        assert_eq!(first["first_segment"], "https://cdn.example/film/500/1.m4s");
        let tracks = told["plays"].as_array().unwrap();
        assert_eq!((tracks.len(), &tracks[0]["rungs"]), (2, &json!(3)));
        for absent in ["live_edge", "latency", "minBufferTime_s", "locations"] {
            assert!(told.get(absent).is_none(), "{absent} is not told");
        }
    }

    #[test]
    fn a_live_dash_manifest_and_what_its_service_asks() {
        let mut manifest = good();
        manifest.live = Some(Live {
            since: Some(1_699_999_950_000),
            update: Some(Span::from_secs(2)),
            clocks: vec![("urn:mpeg:dash:utc:http-iso:2014".into(), "https://time".into())],
            ..Live::default()
        });
        manifest.service.latency = Some(Span::from_secs(3));
        manifest.service.rates = Some((0.96, 1.04));
        let told = of(manifest);
        assert_eq!(told["type"], "dynamic");
        assert_eq!(told["minimumUpdatePeriod_s"], 2.0);
        assert_eq!(told["availability_start"], "2023-11-14T22:12:30Z");
        // Ten segments of 4 s end 40 s after it began, 10 s ago.
        let edge = json!({
            "number": 10, "at": "2023-11-14T22:13:10Z", "behind_s": 10.0, "computed": false,
        });
        assert_eq!(told["live_edge"], edge);
        let latency = json!({ "target_s": 3.0, "slowest": 0.96, "fastest": 1.04 });
        assert_eq!(told["latency"], latency);
        assert_eq!(told["clocks"][0]["value"], "https://time");
        assert!(told["unplayable"].as_str().unwrap().contains("live"));
    }

    #[test]
    fn a_multivariant_playlist_counts_its_variants() {
        let mut manifest = good();
        manifest.format = Format::Hls;
        let sound = &mut manifest.periods[0].sets[1].renditions[0];
        (sound.bandwidth, sound.bitrate) = (None, None);
        let trick = set(Carries::Trick, vec![rung(90, 360)]);
        manifest.periods[0].sets.push(trick);
        let told = of(manifest);
        assert_eq!((&told["kind"], &told["variants"]), (&json!("multivariant"), &json!(3)));
        assert_eq!(told["bandwidths"], json!([500_000, 900_000, 1_700_000]));
        assert_eq!((&told["audio_renditions"], &told["iframe_variants"]), (&json!(1), &json!(1)));
    }

    #[test]
    fn a_media_playlist_counts_what_is_skipped_and_parts_to_come() {
        let mut manifest = good();
        manifest.format = Format::Hls;
        manifest.periods[0].sets.truncate(1);
        let mut only = rung(500, 360);
        only.segments = Ok(segments(&[4_000, 3_500, 4_000], |n| n.to_string()));
        only.playlist = Some(Arc::new(Playlist {
            target: Span::from_secs(4),
            media_sequence: 7,
            skipped: 2,
            gaps: vec![1],
            parts: vec![Part {
                segment: 3,
                duration: Span::from_millis(1_500),
                resource: Resource::whole("p"),
                independent: true,
                gap: false,
            }],
            ..Playlist::default()
        }));
        manifest.periods[0].sets[0].renditions = vec![only];
        let told = of(manifest);
        assert_eq!((&told["kind"], &told["live"]), (&json!("media"), &json!(true)));
        assert_eq!((&told["slots"], &told["fragments"]), (&json!(5), &json!(3)));
        // 2 × 4 skipped, 11.5 listed, and a part of 1.5.
        assert_eq!(told["total_duration_s"], 21.0);
        assert_eq!(told["durations_s"], json!([4.0, 3.5]));
        assert_eq!((&told["parts"], &told["gaps"]), (&json!(1), &json!(1)));
    }
}
