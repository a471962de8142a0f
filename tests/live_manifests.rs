//! Real manifests that are live: players join them where their own projects' tests say that they
//! do. Skips, saying so, where the collection is not at hand.

#[path = "common/reference.rs"]
mod reference;

use std::path::Path;

use abrsim::metrics::Behind;
use abrsim::scenario::{Control, Scenario, run};
use reference::reference;

/// A session of a manifest of the collection from an instant on.
fn watch(file: &str, at: Option<&str>, abr: &str) -> Result<(f64, Vec<Behind>), String> {
    let manifest = reference("manifests").unwrap().join(file);
    let at = at.map_or(String::new(), |at| format!("at = \"{at}\""));
    let text = format!(
        "title = \"live\"\nviewers = 1\nabr = \"{abr}\"\n[content]\nmanifest = {manifest:?}\n\
         duration = \"1m\"\n[live]\n{at}\n[network]\nbandwidth = \"1Gbps\"\nrtt = \"20ms\"\n\
         [player]\nstartup = \"0s\"\nresume = \"0s\"\n"
    );
    let scenario = Scenario::parse("live", "live.toml", &text, Path::new(""), &[]);
    let scenario = scenario.map_err(|error| format!("{error:?}"))?;
    let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
    let timeline = &results.runs[0].timelines[0].1;
    let started = timeline.started.expect("it starts").since_start().as_secs_f64();
    Ok((started, timeline.behind.clone()))
}

#[test]
fn players_join_where_the_manifest_asks_them_to() {
    if reference("manifests/INDEX.json").is_none() {
        return;
    }
    let hour = Some("2020-01-01T01:00:00Z");
    let odd = Some("2020-01-01T01:00:01.300Z");
    // What ExoPlayer's own tests say of its target, and what follows from the settings of others;
    // `@availabilityStartTime` is midnight, and nothing is before the edge that it tells.
    for (file, at, abr, delay) in [
        ("dash_live_no_delay.mpd", hour, "media3", 30.0),
        ("dash_live_no_delay.mpd", odd, "media3", 30.0),
        // Four segments of two seconds.
        ("dash_live_no_delay.mpd", hour, "dash.js", 8.0),
        ("dash_live_spd_2s.mpd", hour, "media3", 2.0),
        ("dash_live_spd_2s.mpd", odd, "dash.js", 2.0),
        // And the segment that is not whole yet.
        ("dash_live_spd_2s.mpd", hour, "shaka", 4.0),
        ("dash_live_service_description.mpd", hour, "media3", 4.0),
        ("dash_live_offset_inside.mpd", hour, "media3", 3.0),
        // Begun on 2021-10-28 at 07:35:57.755; its last Period 1,028 s later.
        ("dash_live_multiperiod_0.mpd", Some("2021-10-28T07:53:11.755Z"), "dash.js", 2.0),
    ] {
        let (started, behind) = watch(file, at, abr).unwrap();
        // It joins once the manifest is there, and plays once there is something to play.
        let latency = behind[0].latency.as_secs_f64();
        let later = latency - delay;
        assert!(later > 0.0 && later < started, "{file} under {abr}: {latency} s, {started} s");
    }
}

#[test]
fn playlists_are_joined_as_far_back_as_they_hold_players() {
    if reference("manifests/INDEX.json").is_none() {
        return;
    }
    // Target duration, and what is held back; behind the last segment or part, which is up to one
    // old.
    for (file, unit, delay) in [
        ("hls_fmp4_discontinuity_pdt.m3u8", 6.0, 18.0),
        ("hls_bitrate_tag.m3u8", 6.0, 18.0),
        ("hls_ll_parts_blocking.m3u8", 4.0, 3.012),
        ("hls_ll_segments_and_parts.m3u8", 4.0, 12.0),
        ("hls_ll_skipped_update.m3u8", 4.0, 12.0),
        ("hls_ll_block_reload_preload.m3u8", 4.0, 12.0),
    ] {
        let (started, behind) = watch(file, None, "hls.js").unwrap();
        let latency = behind[0].latency.as_secs_f64() - started;
        // No further back than there is anything.
        let room = latency - delay;
        assert!(room > -unit - 1e-6 && room < unit + 0.1, "{file}: {latency} s");
    }
}

#[test]
fn what_is_not_on_air_is_told() {
    if reference("manifests/INDEX.json").is_none() {
        return;
    }
    let said = |file, at| watch(file, at, "bola").unwrap_err();
    let before = said("dash_live_no_delay.mpd", Some("2019-12-31T23:00:00Z"));
    assert!(before.contains("begins at 2020-01-01T00:00:00"), "{before}");
    let over = said("dash_live_known_duration_ended.mpd", Some("2024-01-01T01:00:00Z"));
    assert!(over.contains("it was over at 2024-01-01T00:01:10"), "{over}");
    let never = said("dash_live_no_delay.mpd", Some("noon"));
    assert!(never.contains("is no instant"), "{never}");
    let ended = said("dash_live_update_5_static.mpd", Some("2024-01-01T01:00:00Z"));
    assert!(ended.contains("this manifest is on demand"), "{ended}");
    let nothing = said("dash_multiple_locations.mpd", None);
    assert!(nothing.contains("there is nothing to play of what is live"), "{nothing}");
}
