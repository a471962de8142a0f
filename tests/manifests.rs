//! Real manifests: what their own projects' tests and an independent reading say of each is what is
//! found in it. Skips, saying so, where the collection is not at hand.

#[path = "common/reference.rs"]
mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use abrsim::media::manifest::{Carries, Choice, Fetched, Manifest, Rendition, Resource, read};
use abrsim::report::manifest::{Inspection, json};
use abrsim::units::Span;
use serde_json::Value;

use reference::reference;

/// The folder of the collection, if there is one.
fn collection() -> Option<PathBuf> {
    reference("manifests/INDEX.json")?.parent().map(Path::to_owned)
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

/// Keys of the index that are about something else than what a manifest tells.
const NOT_TOLD: &[&str] = &["undeclared_xml_prefixes"];

#[test]
fn every_real_manifest_tells_what_is_said_of_it() {
    let Some(folder) = collection() else { return };
    let index = fs::read_to_string(folder.join("INDEX.json")).unwrap();
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    let mut failures = Vec::new();
    for entry in &index {
        let file = entry["file"].as_str().unwrap();
        let told = Inspection::new(told(&folder, file), &Choice::default(), None, 0);
        compare(file, &entry["computed"], &json(&told), &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(index.len() >= 40, "the whole collection was walked");
}

/// Finds all that is said in what is told. Lists of numbers are in no particular order, and numbers
/// were rounded to the millionth.
fn compare(place: &str, said: &Value, told: &Value, failures: &mut Vec<String>) {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(1.0);
    let same = match (said, told) {
        (Value::Null, _) => true,
        (Value::Object(said), _) => {
            for (key, said) in said.iter().filter(|(key, _)| !NOT_TOLD.contains(&key.as_str())) {
                compare(&format!("{place}: {key}"), said, &told[key], failures);
            }
            return;
        }
        (Value::Array(said), Value::Array(told)) if said.iter().all(Value::is_number) => {
            let sorted = |all: &[Value]| {
                let mut all: Vec<_> = all.iter().map(|number| number.as_f64().unwrap()).collect();
                all.sort_by(f64::total_cmp);
                all
            };
            let (said, told) = (sorted(said), sorted(told));
            said.len() == told.len() && said.iter().zip(told).all(|(&a, b)| close(a, b))
        }
        (Value::Array(said), Value::Array(told)) if said.len() == told.len() => {
            for (index, (said, told)) in said.iter().zip(told).enumerate() {
                compare(&format!("{place}[{index}]"), said, told, failures);
            }
            return;
        }
        // Of a set that says nothing of itself, nothing is said.
        (Value::String(said), Value::String(told)) => {
            said == told || said.is_empty() && told == "other"
        }
        _ => match (said.as_f64(), told.as_f64()) {
            (Some(said), Some(told)) => close(said, told),
            _ => said == told,
        },
    };
    if !same {
        failures.push(format!("{place}: told {told}, said {said}"));
    }
}

/// The first rendition of a set of a Period.
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
