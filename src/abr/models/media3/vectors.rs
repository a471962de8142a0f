//! What Media3's own tests expect, and what its running code answered.

use serde_json::Value;

use super::super::vectors::{Verdict, same};
use super::live::SpeedControl;
use super::{
    Chunk, Facts, Gates, LoadControl, Meter, allocatable, allocated, checkpoints, ideal, kept,
    needed, update,
};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn millis(value: &Value) -> Option<f64> {
    value.as_f64().map(|millis| millis / 1e3)
}

fn micros(value: &Value) -> Option<f64> {
    value.as_f64().map(|micros| micros / 1e6)
}

fn gates(inputs: &Value) -> Gates {
    let whole = |key: &str, otherwise: u32| inputs[key].as_u64().map_or(otherwise, |n| n as u32);
    Gates {
        increase: millis(&inputs["min_duration_for_quality_increase_ms"]).unwrap_or(10.0),
        decrease: millis(&inputs["max_duration_for_quality_decrease_ms"]).unwrap_or(25.0),
        retain: millis(&inputs["retain_ms"]).unwrap_or(25.0),
        discard: (whole("max_width_to_discard", 1_279), whole("max_height_to_discard", 719)),
        fraction: inputs["bandwidth_fraction"].as_f64().unwrap_or(1.0) as f32,
        live_fraction: inputs["buffered_fraction_to_live_edge"].as_f64().unwrap_or(0.75),
    }
}

pub(crate) fn run(algorithm: &str, inputs: &Value, expected: &Value) -> Verdict {
    match algorithm {
        "AdaptiveTrackSelection.updateSelectedTrack"
        | "AdaptiveTrackSelection initial"
        | "AdaptiveTrackSelection live" => selection(inputs, expected),
        "AdaptiveTrackSelection.evaluateQueueSize" => queue(inputs, expected),
        "AdaptiveTrackSelection.getAdaptationCheckpoints" => shares(inputs, expected),
        "DefaultBandwidthMeter (SlidingPercentile 2000, median)" => {
            let mut meter = Meter::new(2_000, number(&inputs["initial_estimate_bps"]));
            let transfers = inputs["transfers_bytes_ms"].as_array().unwrap().iter();
            let found = transfers.map(|transfer| {
                meter.add(number(&transfer[1]), number(&transfer[0]));
                meter.get()
            });
            same(&found.collect::<Vec<_>>(), &expected["estimate_bps_after_each"])
        }
        "DefaultLivePlaybackSpeedControl" => speed(inputs, expected),
        "DefaultLoadControl.shouldContinueLoading"
        | "DefaultLoadControl.shouldContinueLoading hysteresis" => {
            let at = |key: &str| millis(&inputs[key]).unwrap();
            let mut control = LoadControl::new(at("min_buffer_ms"), at("max_buffer_ms"));
            let mut go = |buffered: &Value| {
                Value::Bool(control.goes_on(micros(buffered).unwrap(), 1.0, false))
            };
            let (found, right) = match inputs["buffered_us_sequence"].as_array() {
                Some(all) => (all.iter().map(go).collect(), &expected["continue_sequence"]),
                None => (go(&inputs["buffered_us"]), &expected["continue"]),
            };
            if found == *right { Verdict::Same } else { Verdict::Other(found.to_string()) }
        }
        "DefaultLoadControl.shouldStartPlayback" => {
            let least = needed(
                millis(&inputs["buffer_for_playback_ms"]).unwrap(),
                millis(&inputs["after_rebuffer_ms"]).unwrap_or(2.0),
                inputs["rebuffering"].as_bool().unwrap_or(false),
                micros(&inputs["target_live_offset_us"]),
            );
            let found = Value::Bool(micros(&inputs["buffered_us"]).unwrap() >= least);
            if found == expected["start"] {
                Verdict::Same
            } else {
                Verdict::Other(found.to_string())
            }
        }
        "DefaultLoadErrorHandlingPolicy.getFallbackSelectionFor" => {
            Verdict::Outside("there is one location, and failures have no status")
        }
        _ => Verdict::Outside("part of ExperimentalBandwidthMeter, which is not the default"),
    }
}

/// The bitrate selected with each estimate; with updates, the first without any.
fn selection(inputs: &Value, expected: &Value) -> Verdict {
    let bitrates = match inputs["formats"].as_array() {
        Some(formats) => formats.iter().map(|format| number(&format["bitrate_bps"])).collect(),
        None => numbers(&inputs["ladder_bps"]),
    };
    let (gates, chunk) = (gates(inputs), micros(&inputs["chunk_duration_us"]));
    let points = checkpoints(std::slice::from_ref(&bitrates)).swap_remove(0);
    let best = |estimate: f64| {
        let ttfb = micros(&inputs["ttfb_us"]);
        ideal(&bitrates, allocated(&points, allocatable(estimate, &gates, chunk, 1.0, ttfb)))
    };
    if inputs["estimates_bps"].is_array() {
        let found = numbers(&inputs["estimates_bps"]).into_iter().map(|e| bitrates[best(e)]);
        return same(&found.collect::<Vec<_>>(), &expected["selected"]);
    }
    let estimates = numbers(&inputs["estimate_bps"]);
    let mut last = best(estimates[0]);
    let mut found = vec![bitrates[last]];
    for (step, told) in inputs["updates"].as_array().unwrap().iter().enumerate() {
        let facts = Facts {
            last: Some(last),
            buffered: micros(&told["buffered_us"]).unwrap(),
            available: micros(&told["available_us"]).filter(|available| *available < 1e12),
            chunk,
        };
        let estimate = estimates.get(step + 1).or(estimates.last()).unwrap();
        last = update(&bitrates, best(*estimate), &gates, &facts);
        found.push(bitrates[last]);
    }
    let key = "selected_bitrate_after_initial_and_each_update";
    same(&found, if expected[key].is_null() { &expected["selected"] } else { &expected[key] })
}

fn queue(inputs: &Value, expected: &Value) -> Verdict {
    let formats = inputs["formats"].as_array().unwrap();
    let format = |bitrate: f64, playout: f64| {
        let format = formats.iter().find(|format| number(&format["bitrate_bps"]) == bitrate);
        let size = |key: &str| number(&format.unwrap()[key]) as u32;
        Chunk { playout, bitrate, size: Some((size("w"), size("h"))) }
    };
    let bitrates: Vec<_> = formats.iter().map(|format| number(&format["bitrate_bps"])).collect();
    let (gates, chunk) = (gates(inputs), number(&inputs["chunk_s"]));
    let position = micros(&inputs["playback_position_us"]).unwrap();
    let queued = numbers(&inputs["queue_bitrates"]);
    let size = |estimate: f64| {
        let all = queued.iter().enumerate();
        let all = all.map(|(place, &bitrate)| format(bitrate, chunk * place as f64 - position));
        let best = ideal(&bitrates, allocatable(estimate, &gates, None, 1.0, None));
        kept(all, &gates, &format(bitrates[best], 0.0)) as f64
    };
    let estimates = numbers(&inputs["estimate_bps"]);
    let first = size(estimates[0]);
    // Within a second of the first evaluation the queue is not looked at again.
    let soon = inputs["elapsed_ms"].as_f64().is_some_and(|elapsed| elapsed < 1_000.0);
    let second = if soon { queued.len() as f64 } else { size(estimates[1]) };
    same(&[first, second], &expected["queue_size_first_then_second"])
}

fn shares(inputs: &Value, expected: &Value) -> Verdict {
    let (groups, adaptive): (Vec<Vec<f64>>, Vec<usize>) = match inputs["groups_bitrates"].as_array()
    {
        Some(groups) => {
            let groups: Vec<_> = groups.iter().map(numbers).collect();
            let adaptive = (0..groups.len()).filter(|&group| groups[group].len() > 1).collect();
            (groups, adaptive)
        }
        None => {
            let fixed = numbers(&inputs["groups"]["fixed"]);
            let mut groups: Vec<_> = fixed.into_iter().map(|bitrate| vec![bitrate]).collect();
            groups.push(numbers(&inputs["groups"]["adaptive"]));
            let last = groups.len() - 1;
            (groups, vec![last])
        }
    };
    let found = checkpoints(&groups);
    let flat = |points: &Value| -> Vec<f64> {
        points.as_array().unwrap().iter().flat_map(numbers).collect()
    };
    let own = |group: usize| found[group].iter().flat_map(|(a, b)| [*a, *b]).collect::<Vec<_>>();
    let right = match expected["checkpoints"].is_array() {
        true => vec![flat(&expected["checkpoints"])],
        false => expected["checkpoints_per_adaptive_group"]
            .as_array()
            .unwrap()
            .iter()
            .map(flat)
            .collect(),
    };
    let found: Vec<_> = adaptive.into_iter().map(own).collect();
    if found == right { Verdict::Same } else { Verdict::Other(format!("{found:?}")) }
}

fn speed(inputs: &Value, expected: &Value) -> Verdict {
    let at = |key: &str, otherwise: f64| millis(&inputs[key]).unwrap_or(otherwise);
    let range = (at("min_ms", 0.0), at("max_ms", f64::INFINITY));
    let mut control = SpeedControl::new(at("target_ms", 0.0), range);
    let speeds = (inputs["min_speed"].as_f64(), inputs["max_speed"].as_f64());
    control.speeds = (speeds.0.unwrap_or(0.97), speeds.1.unwrap_or(1.03));
    control.factor = inputs["proportional_factor"].as_f64().unwrap_or(0.1);
    control.on_rebuffer = at("rebuffer_increment_ms", 0.5);
    (0..inputs["rebuffers"].as_u64().unwrap_or(0)).for_each(|_| control.rebuffered());
    if expected["speed"].is_number() {
        let offset = micros(&inputs["live_offset_us"]).unwrap();
        return same(&[control.speed(offset)], &expected["speed"]);
    }
    match (control.target(), &expected["target_offset_us"]) {
        (None, Value::Null) => Verdict::Same,
        (None, _) => Verdict::Other("none".into()),
        (Some(target), right) => same(&[1e6 * target], right),
    }
}
