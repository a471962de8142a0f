//! Real manifests: what their own projects' tests and an independent reading say of each is what is
//! found in it. Skips, saying so, where the collection is not at hand.

use std::fs;
use std::path::PathBuf;

use abrsim::media::manifest::{
    Addressing, Carries, Fetched, Format, Manifest, Period, Rendition, Resource, Set, Source, read,
};
use abrsim::units::Span;
use serde_json::Value;

/// Files of which something is found that differs from what is said, and why.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The folder of the collection, if there is one.
fn collection() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference");
    let folder = std::env::var("ABRSIM_REFERENCE").unwrap_or_else(|_| beside.into());
    let folder = PathBuf::from(folder).join("manifests");
    match folder.join("INDEX.json").exists() {
        true => Some(folder),
        false => {
            println!("skipped: no collection of real manifests at hand");
            None
        }
    }
}

/// What a manifest of the collection tells, with nothing else at hand than what lies beside it.
fn told(folder: &std::path::Path, file: &str) -> Manifest {
    let fetch = |wanted: &Resource| {
        let bytes = fs::read(&wanted.url).map_err(|error| error.to_string())?;
        Ok(Fetched::from(bytes))
    };
    let path = folder.join(file).display().to_string();
    read(&path, &mut { fetch }).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn every_real_manifest_tells_what_is_said_of_it() {
    let Some(folder) = collection() else { return };
    let index = fs::read_to_string(folder.join("INDEX.json")).unwrap();
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    let mut failures = Vec::new();
    for entry in &index {
        let file = entry["file"].as_str().unwrap();
        let manifest = told(&folder, file);
        let mut check = Check { file, said: &entry["computed"], failures: &mut failures };
        match manifest.format {
            Format::Dash => check.mpd(&manifest),
            Format::Hls if check.said["kind"] == "multivariant" => check.multivariant(&manifest),
            Format::Hls => check.media(&manifest),
        }
    }
    let expected: Vec<_> = EXCEPTIONS.iter().map(|(file, _)| *file).collect();
    failures.retain(|failure| !expected.iter().any(|file| failure.starts_with(file)));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(index.len() >= 40, "the whole collection was walked");
}

/// Compares what is found with what is said of one file.
struct Check<'a> {
    file: &'a str,
    said: &'a Value,
    failures: &'a mut Vec<String>,
}

impl Check<'_> {
    fn same(&mut self, what: &str, found: Value, said: &Value) {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(1.0);
        let same = match (found.as_f64(), said.as_f64(), found.as_array(), said.as_array()) {
            (Some(a), Some(b), ..) => close(a, b),
            (.., Some(a), Some(b)) if a.iter().chain(b).all(Value::is_number) => {
                let pairs = a.iter().zip(b).map(|(a, b)| (a.as_f64(), b.as_f64()));
                let alike = |(a, b): (Option<f64>, Option<f64>)| close(a.unwrap(), b.unwrap());
                a.len() == b.len() && pairs.into_iter().all(alike)
            }
            _ => found == *said,
        };
        if !same {
            self.failures.push(format!("{}: {what}: found {found}, said {said}", self.file));
        }
    }

    /// Compares one figure, if it is said.
    fn key(&mut self, said: &Value, key: &str, found: impl Into<Value>) {
        if let Some(value) = said.get(key).filter(|value| !value.is_null()) {
            let found = found.into();
            self.same(key, found, &value.clone());
        }
    }

    fn mpd(&mut self, manifest: &Manifest) {
        let said = self.said;
        let live = manifest.live.as_ref();
        self.key(said, "type", if live.is_some() { "dynamic" } else { "static" });
        let secs = |span: Option<Span>| span.map(|span| span.as_secs_f64());
        self.key(said, "mpd_duration_s", secs(manifest.duration));
        self.key(said, "minBufferTime_s", secs(manifest.min_buffer));
        self.key(said, "minimumUpdatePeriod_s", secs(live.and_then(|l| l.update)));
        self.key(said, "timeShiftBufferDepth_s", secs(live.and_then(|l| l.window)));
        self.key(said, "suggestedPresentationDelay_s", secs(live.and_then(|l| l.delay)));
        let periods = said["periods"].as_array().unwrap();
        self.same("periods", manifest.periods.len().into(), &periods.len().into());
        for (period, said) in manifest.periods.iter().zip(periods) {
            self.key(said, "start_s", secs(period.start));
            self.key(said, "duration_s", secs(period.duration));
            self.sets(period, said["adaptation_sets"].as_array().unwrap());
        }
    }

    fn sets(&mut self, period: &Period, said: &[Value]) {
        self.same("sets", period.sets.len().into(), &said.len().into());
        for (set, said) in period.sets.iter().zip(said) {
            let carries = match set.carries {
                Carries::Video => "video",
                Carries::Audio => "audio",
                Carries::Text => "text",
                Carries::Image => "image",
                Carries::Trick => "trick",
                Carries::Other => "",
            };
            self.key(said, "content", carries);
            self.key(said, "representations", set.renditions.len());
            let told: Vec<_> = set.renditions.iter().filter_map(|r| r.bandwidth).collect();
            self.key(said, "bandwidths", told);
            if let (Some(said), Some(first)) =
                (said.get("segments_first_rep"), set.renditions.first())
            {
                self.segments(first, said);
            }
        }
    }

    fn segments(&mut self, rendition: &Rendition, said: &Value) {
        self.key(said, "addressing", rendition.addressing.map(addressing));
        let range = rendition.index.as_ref().and_then(|index| index.range);
        self.key(said, "index_range", range.map(|range| range.to_string()));
        let Ok(segments) = &rendition.segments else {
            // Media that is not at hand: nothing is said of its segments either.
            assert!(said.get("segment_count").is_none() && said.get("start_number").is_none());
            return;
        };
        let timeline = &segments.timeline;
        let count = segments.count();
        self.key(said, "segment_count", count);
        let first = (count > 0).then(|| timeline.start(0) as f64 / 1e9);
        self.key(said, "first_start_s", first);
        let ticks: u64 = timeline.cuts.iter().map(|cut| cut.duration).sum();
        self.key(said, "total_s", ticks as f64 / timeline.scale as f64);
        self.key(said, "start_number", timeline.number);
        if let Source::Template { template, .. } = &segments.source {
            self.key(said, "media_template", template.text());
        }
        let every = timeline.every.map(|ticks| ticks as f64 / timeline.scale as f64);
        self.key(said, "segment_duration_s", every);
        let seconds = |cut: &abrsim::media::manifest::Cut| {
            (cut.duration as f64 / timeline.scale as f64 * 1e6).round() / 1e6
        };
        self.key(said, "distinct_durations_s", distinct(timeline.cuts.iter().map(seconds)));
    }

    fn multivariant(&mut self, manifest: &Manifest) {
        let said = self.said;
        let sets = &manifest.periods[0].sets;
        let of = |carries| sets.iter().filter(move |set: &&Set| set.carries == carries);
        let told = |rendition: &Rendition| rendition.bandwidth;
        let mut bandwidths: Vec<_> =
            of(Carries::Video).flat_map(|set| set.renditions.iter().filter_map(told)).collect();
        let mut expected: Vec<_> =
            said["bandwidths"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        bandwidths.sort_unstable();
        expected.sort_unstable();
        self.same("bandwidths", bandwidths.into(), &expected.into());
        let count = |carries| of(carries).map(|set| set.renditions.len()).sum::<usize>();
        self.key(said, "variants", count(Carries::Video));
        self.key(said, "audio_renditions", count(Carries::Audio));
        self.key(said, "subtitle_renditions", count(Carries::Text));
        self.key(said, "iframe_variants", count(Carries::Trick));
    }

    fn media(&mut self, manifest: &Manifest) {
        let said = self.said;
        let rendition = &manifest.periods[0].sets[0].renditions[0];
        let list = rendition.playlist.as_ref().unwrap();
        let segments = rendition.segments.as_ref().unwrap();
        let count = segments.count();
        self.key(said, "live", manifest.live.is_some());
        self.key(said, "target_duration_s", list.target.as_secs_f64());
        self.key(said, "media_sequence", list.media_sequence);
        self.key(said, "slots", count as u64 + list.skipped);
        self.key(said, "fragments", count);
        self.key(said, "skipped", list.skipped);
        let secs = |cut: &abrsim::media::manifest::Cut| cut.duration as f64 / 1e9;
        let total: f64 = segments.timeline.cuts.iter().map(secs).sum();
        // What an update leaves out is counted at the target duration of the playlist.
        let skipped = list.skipped as f64 * list.target.as_secs_f64();
        // So are the parts of a segment still being made.
        let open = list.parts.iter().filter(|part| part.segment as usize >= count);
        let open: f64 = open.map(|part| part.duration.as_secs_f64()).sum();
        self.key(said, "total_duration_s", total + skipped + open);
        let mut durations = distinct(segments.timeline.cuts.iter().map(secs));
        let mut expected: Vec<f64> =
            said["durations_s"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        durations.sort_by(f64::total_cmp);
        expected.sort_by(f64::total_cmp);
        self.same("durations_s", durations.into(), &expected.into());
        self.key(said, "parts", list.parts.len());
        let secs = |span: Option<Span>| span.map(|span| span.as_secs_f64());
        self.key(said, "part_target_s", secs(list.part_target));
        self.key(said, "part_hold_back_s", secs(list.part_hold_back));
        self.key(said, "can_block_reload", list.can_block_reload);
        self.key(said, "can_skip_until_s", secs(list.can_skip_until));
        self.key(said, "gaps", list.gaps.len());
        self.key(said, "discontinuities", list.discontinuities);
    }
}

/// Each of some numbers once, in order.
fn distinct(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

fn addressing(addressing: Addressing) -> &'static str {
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

/// The first set of the first Period that carries something, and its first rendition.
fn first(manifest: &Manifest, period: usize, set: usize) -> &Rendition {
    &manifest.periods[period].sets[set].renditions[0]
}

#[test]
fn real_mpds_tell_what_their_own_tests_state() {
    let Some(folder) = collection() else { return };
    let secs = |secs: f64| Some(Span::from_secs_f64(secs));
    // androidx/media, DashManifestParserTest: availabilityTimeOffset of nested base URLs. `INF` is
    // longer than any span, and what is not told is no offset.
    let ato = told(&folder, "dash_ato_baseurl.mpd");
    let early = |period, set| first(&ato, period, set).early;
    assert_eq!([early(0, 0), early(0, 1), early(0, 2)], [5.0, 4.321, 9.876_543_21].map(secs));
    assert_eq!([early(0, 3), early(1, 0)], [Some(Span::MAX), None]);
    let pathways = [0, 1, 2].map(|set| first(&ato, 0, set).pathway.clone().unwrap());
    assert_eq!(pathways, ["period0", "adaptationSet1", "representation2"]);
    let locations = told(&folder, "dash_multiple_locations.mpd").locations;
    assert!(locations[0].ends_with("/location1/manifest.mpd"), "{locations:?}");
    assert_eq!(locations.len(), 2);
    // DashMediaSourceTest: target 4000 ms, min 2000, max 6000, speed 0.96 to 1.04.
    let service = told(&folder, "dash_live_service_description.mpd").service;
    assert_eq!((service.latency, service.least_latency), (secs(4.0), secs(2.0)));
    assert_eq!((service.most_latency, service.rates), (secs(6.0), Some((0.96, 1.04))));
    let number = told(&folder, "dash_live_timeline_number_period_level.mpd");
    let url = first(&number, 0, 0).segments.as_ref().unwrap().resource(0).url;
    assert!(url.contains("redirector.googlevideo.com"), "{url}");
    let tiles = told(&folder, "dash_image_tiles.mpd");
    assert_eq!(tiles.periods[0].sets[0].carries, Carries::Image);
    // The last sound of this one begins 130000/44100 s late.
    let late = told(&folder, "dash_audio_positive_ept_delta.mpd");
    let late = first(&late, 0, 1).segments.as_ref().unwrap().timeline.start(0);
    assert_eq!(late, 2_947_845_805);
    let cmcd = told(&folder, "dash_cmcd_steering.mpd").service;
    assert!(!cmcd.cmcd.is_empty() && cmcd.steering.is_some(), "{cmcd:?}");
}
