//! What hls.js's own tests expect, and what its running code answered.

use serde_json::Value;

use super::super::vectors::{Verdict, same};
use super::live::{Latency, Playlist, reload_interval};
use super::{
    Check, Estimate, Facts, Levels, Limits, Loading, Throttle, check, first, next, range,
    time_to_load,
};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

pub(crate) fn run(algorithm: &str, inputs: &Value, expected: &Value) -> Verdict {
    match algorithm {
        "EwmaBandWidthEstimator" | "EwmaBandWidthEstimator.TTFB" => estimator(inputs, expected),
        "AbrController.firstAutoLevel" => first_level(inputs, expected),
        "AbrController.nextAutoLevel(steady)" => next_level(inputs, expected),
        "AbrController._abandonRulesCheck" => abandoned(inputs, expected),
        "AbrController.getTimeToLoadFrag" => {
            let last = inputs["is_switch"].as_bool().unwrap();
            let found = time_to_load(
                number(&inputs["time_to_first_byte_s"]),
                number(&inputs["bandwidth_bps"]),
                number(&inputs["frag_size_bits"]),
                last.then(|| number(&inputs["last_level_load_s"])),
            );
            same(&[found], &expected["seconds"])
        }
        "LatencyController" => latency(inputs, expected),
        "LatencyController.catchup" => catch_up(inputs, expected),
        "computeReloadInterval" => {
            let found = reload_interval(
                number(&inputs["target_duration_s"]),
                inputs["playlist_updated"].as_bool().unwrap(),
                inputs["last_segment_duration_s"].as_f64(),
                inputs["distance_to_live_edge_ms"].as_f64(),
            );
            same(&[found], &expected["reload_interval_ms"])
        }
        "LevelController.abrSwitchInterval" => {
            let mut throttle = Throttle::new(number(&inputs["abr_switch_interval_s"]));
            let (mut now, mut level) = (0.0, None);
            for request in inputs["requests"].as_array().unwrap() {
                now += number(&request["after_ms"]) / 1e3;
                let to = number(&request["next_load_level"]) as usize;
                level = Some(throttle.change(now, level, to));
            }
            same(&[level.unwrap() as f64], &expected["level"])
        }
        "getRetryDelay" => retry(inputs, expected),
        "AbrController.firstAutoLevel(audioPreference)" => {
            Verdict::Outside("levels differ in bitrate alone, not in sound groups and codecs")
        }
        "CapLevelController.getMaxLevelByMediaSize" => {
            Verdict::Outside("the size of the element is not known")
        }
        "GapController._tryNudgeBuffer" => Verdict::Outside("media has no gaps to be nudged over"),
        "isFragmentNearlyDownloaded" => {
            Verdict::Outside("asked when a user changes level by hand, which nobody does")
        }
        _ => Verdict::Outside("CMCD is not sent"),
    }
}

fn estimator(inputs: &Value, expected: &Value) -> Verdict {
    let half = |key: &str| number(&inputs[key]);
    let default = inputs["default_bps"].as_f64().unwrap_or(5e5);
    let ttfb = inputs["default_ttfb_ms"].as_f64().unwrap_or(100.0);
    let (slow, fast) = (half("half_life_slow_s"), half("half_life_fast_s"));
    let mut estimate = Estimate::new(slow, fast, default, ttfb);
    let (mut after, mut waits) = (Vec::new(), vec![estimate.ttfb()]);
    for step in inputs["steps"].as_array().unwrap() {
        match step["op"].as_str().unwrap() {
            "sample" => estimate.sample(number(&step["duration_ms"]), number(&step["bytes"])),
            "ttfb" => estimate.sample_ttfb(number(&step["ttfb_ms"])),
            _ => {
                let half = |key: &str| number(&step[key]);
                estimate.update(half("half_life_slow_s"), half("half_life_fast_s"), true);
            }
        }
        after.push(estimate.get());
        waits.push(estimate.ttfb());
    }
    if expected["estimate_bps"].is_number() {
        return same(&[estimate.get()], &expected["estimate_bps"]);
    }
    match expected["estimate_bps_after_each_step"].is_array() {
        true => same(&after, &expected["estimate_bps_after_each_step"]),
        false => same(&waits, &expected["ttfb_estimate_ms_initial_then_after_each"]),
    }
}

fn first_level(inputs: &Value, expected: &Value) -> Verdict {
    let bitrates = numbers(&inputs["level_bitrates_bps"]);
    let least = inputs["min_auto_bitrate_bps"].as_f64().unwrap_or(0.0);
    let cap = inputs["auto_level_cap"].as_f64().unwrap_or(-1.0);
    let range = range(&bitrates, least, cap);
    let levels = Levels { max_bitrates: &bitrates, average_bitrates: &bitrates, range };
    let facts = Facts {
        estimate: number(&inputs["bw_estimate_bps"]),
        ttfb: 0.1,
        duration: 0.0,
        starvation: f64::INFINITY,
        live: false,
        loaded: 0,
    };
    let found = first(&levels, &facts, 4.0, number(&inputs["first_level"]) as usize);
    for (key, found) in [("min_auto_level", range.0), ("max_auto_level", range.1)] {
        if expected[key].is_number() && expected[key] != found {
            return Verdict::Other(format!("{key} {found}"));
        }
    }
    same(&[found as f64], &expected["level"])
}

fn next_level(inputs: &Value, expected: &Value) -> Verdict {
    let bitrates = numbers(&inputs["level_bitrates_bps"]);
    let average = if inputs["avg_bitrates"].is_array() {
        numbers(&inputs["avg_bitrates"])
    } else {
        bitrates.clone()
    };
    let range = (0, bitrates.len() - 1);
    let levels = Levels { max_bitrates: &bitrates, average_bitrates: &average, range };
    let facts = Facts {
        estimate: number(&inputs["bw_estimate_bps"]),
        ttfb: number(&inputs["ttfb_ms"]) / 1e3,
        duration: number(&inputs["frag_dur_s"]),
        starvation: number(&inputs["buffer_s"]),
        live: inputs["live"].as_bool().unwrap(),
        loaded: number(&inputs["current_level"]) as usize,
    };
    let limits = Limits { factor: 0.95, up_factor: 0.7, max_starvation: 4.0 };
    same(&[next(&levels, &facts, limits) as f64], &expected["level"])
}

fn abandoned(inputs: &Value, expected: &Value) -> Verdict {
    let bitrates = numbers(&inputs["level_bitrates_bps"]);
    let levels = Levels {
        max_bitrates: &bitrates,
        average_bitrates: &bitrates,
        range: (0, bitrates.len() - 1),
    };
    let at = |key: &str| number(&inputs[key]);
    let mut estimate = Estimate::new(9.0, 3.0, 5e5, at("ttfb_estimate_ms"));
    estimate.sample(4_000.0, at("bw_estimate_bps") / 2.0);
    let loading = Loading {
        level: at("loading_level") as usize,
        loaded: at("loaded_bytes"),
        elapsed: at("elapsed_ms"),
        ttfb: at("ttfb_ms"),
        duration: at("frag_dur_s"),
        starvation: at("buffer_s") / at("playback_rate"),
        rate: at("playback_rate"),
        playlist: (inputs["vod"] == Value::Bool(false)).then_some(0.0),
    };
    let found = check(&loading, &levels, &mut estimate, 0.7);
    let (level, now, timer) = match found {
        Check::Switch { level, now, timer } => (Some(level), now, timer),
        Check::Keep(_) | Check::Never => (None, false, None),
    };
    let timers = [timer.unwrap_or(-1.0), estimate.get()];
    let right = [
        Value::from(expected["abort_timer_ms"].as_f64().unwrap_or(-1.0)),
        expected["estimate_after_bps"].clone(),
    ];
    let alike = expected["emergency_switch"] == Value::Bool(level.is_some())
        && expected["next_load_level"] == level.map_or(Value::Null, Value::from)
        && expected["aborted_immediately"] == Value::Bool(now);
    match alike {
        true => same(&timers, &Value::from(right.to_vec())),
        false => Verdict::Other(format!("{found:?}")),
    }
}

fn playlist(inputs: &Value) -> Playlist {
    let at = |key: &str| inputs[key].as_f64();
    Playlist {
        target_duration: at("target_duration_s").unwrap_or(5.0),
        hold_back: at("hold_back_s"),
        part_hold_back: at("part_hold_back_s"),
        part_target: at("part_target_s"),
        age: at("age_s").unwrap_or(0.0),
        edge: at("edge_s").unwrap_or(0.0),
        total: 1e9,
    }
}

fn latency(inputs: &Value, expected: &Value) -> Verdict {
    let mut latency = Latency { low_latency: false, ..Latency::default() };
    if let Some(mode) = inputs["low_latency_mode"].as_bool() {
        latency.low_latency = mode;
    }
    for config in [&inputs["config"], &inputs["user_config"]] {
        if let Some(count) = config["liveSyncDurationCount"].as_f64() {
            latency.sync_count = (count, config == &inputs["user_config"]);
        }
        latency.sync = config["liveSyncDuration"].as_f64().or(latency.sync);
        latency.max = config["liveMaxLatencyDuration"].as_f64().or(latency.max);
        let count = config["liveMaxLatencyDurationCount"].as_f64();
        latency.max_count = count.unwrap_or(latency.max_count);
        let increase = config["liveSyncOnStallIncrease"].as_f64();
        latency.on_stall = increase.unwrap_or(latency.on_stall);
    }
    let (playlist, stalls) = (playlist(inputs), inputs["stall_count"].as_u64().unwrap_or(0) as u32);
    let found = [
        ("max_latency_s", latency.max_latency(&playlist)),
        ("target_latency_s", latency.target(&playlist, stalls)),
        ("live_sync_position_s", latency.sync_position(&playlist, stalls)),
        ("edge_stalled_s", latency.edge_stalled(&playlist)),
    ];
    let (key, found) = found.into_iter().find(|(key, _)| expected[*key].is_number()).unwrap();
    same(&[found], &expected[key])
}

fn catch_up(inputs: &Value, expected: &Value) -> Verdict {
    let max_rate = number(&inputs["max_rate"]);
    let latency = Latency { max_rate, ..Latency::default() };
    let playlist = playlist(inputs);
    let rates = numbers(&inputs["current_times_s"]).into_iter().map(|at| {
        let behind = playlist.edge - at;
        latency.rate(&playlist, 0, behind, behind)
    });
    same(&rates.collect::<Vec<_>>(), &expected["playback_rates"])
}

/// The waits of the model with a policy.
fn retry(inputs: &Value, expected: &Value) -> Verdict {
    use crate::abr::{Growth, Settings, Value as Set};
    let policy = &inputs["policy"];
    let mut settings = Settings::default();
    let parameters = super::MODEL.algorithm.parameters;
    for (name, key) in [(".retryDelayMs", "retryDelayMs"), (".maxRetryDelayMs", "maxRetryDelayMs")]
    {
        let parameter = parameters.iter().find(|p| p.name.ends_with(name)).unwrap();
        settings.set(parameter, Set::Number(number(&policy[key]))).unwrap();
    }
    let mut retry = (super::MODEL.config)(&settings).retry;
    if policy["backoff"] == "linear" {
        retry.growth = Growth::Constant;
    }
    let counts = numbers(&inputs["retry_counts"]);
    let waits = counts.iter().map(|count| retry.wait(*count as u32 + 1).as_millis_f64());
    same(&waits.collect::<Vec<_>>(), &expected["delays_ms"])
}
