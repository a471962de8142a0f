//! What dash.js's own tests expect, and what its running code answered.

use serde_json::Value;

use super::super::vectors::{Verdict, same};
use super::live::{Act, CatchUp, Delay, chunked, fast_switch, rates, retries};
use super::{
    Bola, History, L2a, Ladder, Loaded, Loading, Mode, Patience, Ranked, Rule, Sample, State,
    Switches, Throughput, Weights, abandoned, by_buffer, by_history, by_throughput, least, mean,
    ranked, target, target_of_sound,
};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn ladder(inputs: &Value) -> Ladder {
    Ladder::new(numbers(&inputs["ladder_kbps"]), -1.0, -1.0)
}

/// A place, or nothing.
fn place(found: Option<usize>, right: &Value) -> Verdict {
    match (found, right.as_f64()) {
        (None, None) => Verdict::Same,
        (Some(found), Some(right)) if found as f64 == right => Verdict::Same,
        (found, _) => Verdict::Other(format!("{found:?}")),
    }
}

fn all(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().find(|v| !matches!(v, Verdict::Same)).unwrap_or(Verdict::Same)
}

pub(crate) fn run(algorithm: &str, inputs: &Value, expected: &Value) -> Verdict {
    measured(algorithm, inputs, expected)
        .or_else(|| ruled(algorithm, inputs, expected))
        .or_else(|| others(algorithm, inputs, expected))
        .unwrap_or(Verdict::Outside("nothing of the kind is modelled"))
}

fn measured(algorithm: &str, inputs: &Value, expected: &Value) -> Option<Verdict> {
    Some(match algorithm {
        "ThroughputController.getHarmonicMean" => {
            let values = inputs["values"].as_array().unwrap().iter();
            let sample =
                |value: &Value| Sample { kbps: number(&value["value"]), ..Sample::default() };
            let samples: Vec<_> = values.map(sample).collect();
            same(&[mean(&samples, Weights::Even, true)], &expected["mean"])
        }
        "ThroughputController.getAverageThroughput" => average(inputs, expected),
        "ThroughputController.EWMA series" => {
            let mut throughput = Throughput::new(rule(inputs));
            let downloads = inputs["downloads_bytes_ms"].as_array().unwrap().iter();
            let found = downloads.map(|download| {
                let (bytes, millis) = (number(&download[0]), number(&download[1]));
                throughput.add(Sample::of(bytes, millis, 1.0, 1e3 + millis, 10.0).unwrap());
                throughput.average().unwrap()
            });
            same(&found.collect::<Vec<_>>(), &expected["throughput_kbps_after_each"])
        }
        "ThroughputController sample size adjustment" => {
            let mut throughput = Throughput::new(rule(inputs));
            for kbps in numbers(&inputs["per_segment_throughput_kbps"]) {
                throughput.add(Sample { kbps, bytes: 1e5, millis: 1e3, latency: 1.0 });
            }
            same(&[throughput.average().unwrap()], &expected["throughput_kbps"])
        }
        "ThroughputModel" | "ThroughputModel EWMA weight" => model(inputs, expected),
        _ => return None,
    })
}

fn ruled(algorithm: &str, inputs: &Value, expected: &Value) -> Option<Verdict> {
    Some(match algorithm {
        "SwitchRequestHistory" => {
            let mut history = History::new(64, 8);
            let at = |key: &str| number(&inputs[key]) as usize;
            let from = at("current_absolute_index");
            history.push(from, at("new_absolute_index"));
            let switches = history.get()[from];
            let found = [switches.drops, switches.no_drops, switches.drop_size].map(f64::from);
            let right = ["drops", "no_drops", "drop_size"].map(|key| expected[key].clone());
            same(&found, &Value::from(right.to_vec()))
        }
        "SwitchHistoryRule" => history(inputs, expected),
        "ABRRulesCollection.getMinSwitchRequest" => {
            let requests = inputs["requests"].as_array().unwrap().iter();
            let wish = least(requests.map(|r| (number(&r["bitrate"]), number(&r["priority"]))));
            let (bitrate, priority) = wish.unwrap();
            let right = [expected["bitrate_kbps"].clone(), expected["priority"].clone()];
            same(&[bitrate, priority], &Value::from(right.to_vec()))
        }
        "AbrController.getOptimalRepresentationForBitrate" => optimal(inputs, expected),
        "AbrController min/maxBitrate filter" => {
            let limit = |key: &str| inputs[key].as_f64().unwrap_or(-1.0);
            let kbps = numbers(&inputs["representations_kbps"]);
            let ladder = Ladder::new(kbps, limit("minBitrate"), limit("maxBitrate"));
            let ids: Vec<_> = ladder.allowed().iter().map(|&place| place as f64 + 1.0).collect();
            same(&ids, &expected["ids"])
        }
        "InsufficientBufferRule" => {
            let at = |key: &str| number(&inputs[key]);
            let low_latency = inputs["low_latency"] == Value::Bool(true);
            let stalled = inputs["buffer_state"] == "bufferStalled";
            let appended = (at("fragments_appended") as u32, 2);
            let facts = (at("buffer_s"), at("fragment_s"));
            let wish = by_buffer(&ladder(inputs), at("throughput_kbps"), facts, stalled, appended);
            // In low latency mode the rule is not among the active ones.
            place(wish.filter(|_| !low_latency), &expected["id"])
        }
        "ThroughputRule" => {
            let safe = inputs["safe_throughput_kbps"].as_f64();
            let wish = safe.and_then(|safe| {
                let abandoning = inputs["abandon_state"] == "abandonload";
                let stalled = inputs["buffer_state"] == "bufferStalled";
                let live = inputs["dynamic"] == Value::Bool(true);
                by_throughput(&ladder(inputs), safe, abandoning, stalled, live)
            });
            place(wish, &expected["id"])
        }
        "AbandonRequestsRule" => abandonment(inputs, expected),
        _ => return None,
    })
}

fn others(algorithm: &str, inputs: &Value, expected: &Value) -> Option<Verdict> {
    Some(match algorithm {
        "BolaRule parameters" => parameters(inputs, expected),
        "BolaRule buffer->quality map (steady, placeholder 0)" => levels(inputs, expected),
        "BolaRule abandon deflation" => deflation(inputs, expected),
        "CatchupController" => catch_up(inputs, expected),
        "FetchLoader MOOF_PARSING throughput" => {
            let chunks = inputs["chunks_moofstart_mdatend_bytes"].as_array().unwrap().iter();
            let chunks: Vec<_> =
                chunks.map(|c| (number(&c[0]), number(&c[1]), number(&c[2]))).collect();
            match (chunked(&chunks), &expected["throughput_bits_per_ms"]) {
                (None, Value::Null) => Verdict::Same,
                (found, right) => same(&[found.unwrap_or(f64::NAN)], right),
            }
        }
        "MediaPlayerModel catch-up rates" => {
            let settings = &inputs["settings"];
            let (min, max) = rates(settings["min"].as_f64(), settings["max"].as_f64());
            all([same(&[max], &expected["max"]), same(&[min], &expected["min"])])
        }
        "MediaPlayerModel fast switch" => {
            let found = fast_switch(true, inputs["low_latency"] == Value::Bool(true));
            match expected["fast_switch"] == Value::Bool(found) {
                true => Verdict::Same,
                false => Verdict::Other(found.to_string()),
            }
        }
        "PlaybackController.computeAndSetLiveDelay" => {
            let (at, settings) = (|key: &str| inputs[key].as_f64(), &inputs["settings"]);
            let delay = Delay {
                delay: settings["liveDelay"].as_f64(),
                fragments: settings["liveDelayFragmentCount"].as_f64(),
                fragment: at("fragment_s"),
                described: at("service_description_target_s"),
                suggested: at("suggested_presentation_delay_s"),
                min_buffer: at("min_buffer_time_s"),
                window: at("dvr_window_s"),
            };
            match (delay.get(), &expected["live_delay_s"]) {
                (None, Value::Null) => Verdict::Same,
                (found, right) => same(&[found.unwrap_or(f64::NAN)], right),
            }
        }
        "ScheduleController.getBufferTarget" => buffer_target(inputs, expected),
        "L2ARule trace" => {
            let (ladder, mut current) = (ladder(inputs), 0);
            let mut rule = L2a::new(&ladder.kbps);
            let segment = number(&inputs["segment_s"]);
            let steps = inputs["steps_throughput_kbps_buffer_s"].as_array().unwrap().iter();
            let found = steps.map(|step| {
                let (kbps, buffer) = (number(&step[0]), number(&step[1]));
                let facts = (buffer, segment, 1.0);
                current = rule.decide(&ladder, (0.9 * kbps, kbps), facts, current);
                current as f64
            });
            same(&found.collect::<Vec<_>>(), &expected["chosen_index"])
        }
        "MediaPlayerModel retry" => {
            let factor = number(&inputs["low_latency_reduction_factor"]);
            let low_latency = inputs["low_latency"] == Value::Bool(true);
            let usual = (3, if inputs["type"] == "MPD" { 500.0 } else { 1_000.0 });
            let (_, interval) = retries(usual, low_latency.then_some(factor));
            same(&[interval], &expected["interval_ms"])
        }
        _ => return None,
    })
}

fn rule(inputs: &Value) -> Rule {
    let name = match inputs["mode"].as_str().unwrap_or("EWMA") {
        "EWMA" => "Ewma".to_owned(),
        "ZLEMA" => "Zlema".to_owned(),
        mode => {
            mode.split('_').map(|word| word[..1].to_owned() + &word[1..].to_lowercase()).collect()
        }
    };
    let live = inputs["is_dynamic"] == Value::Bool(true);
    let at = |key: &str, otherwise: f64| inputs[key].as_f64().unwrap_or(otherwise);
    Rule {
        mode: Mode::named(&format!("throughputCalculationMode{name}")),
        window: at("base_sample_size", if live { 3.0 } else { 4.0 }) as usize,
        increase: at("increase_scale", 1.3),
        decrease: at("decrease_scale", 0.7),
        adjusted: true,
        half_lives: [3.0, 8.0],
    }
}

/// A response as dash.js saw it: by what the browser timed, or by its pieces without the first.
fn sample(request: &Value, timed: bool, latency: f64, total: f64) -> Option<Sample> {
    let pieces = |key: &str| request[key].as_array();
    let pieces = pieces("trace_ms_bytes").or(pieces("trace")).unwrap();
    let sum = |place: usize| pieces[1..].iter().map(|piece| number(&piece[place])).sum::<f64>();
    let timing = &request[if request["rt"].is_object() { "rt" } else { "resource_timing" }];
    let at = |short: &str, long: &str| timing[short].as_f64().or(timing[long].as_f64());
    let (bytes, millis) = match timed {
        true => {
            let start = at("responseStart", "response_start_ms").unwrap();
            let end = at("responseEnd", "response_end_ms").unwrap();
            (at("transferSize", "transfer_size").unwrap(), end - start)
        }
        false => (sum(1), sum(0).max(1.0)),
    };
    // Nothing was transferred: it came from a cache.
    (bytes > 0.0).then(|| Sample::of(bytes, millis, latency, total, 10.0))?
}

fn average(inputs: &Value, expected: &Value) -> Verdict {
    let timed = inputs["use_resource_timing"] == Value::Bool(true);
    let mut throughput = Throughput::new(rule(inputs));
    for request in inputs["requests"].as_array().unwrap() {
        let total = number(&request["t_finish_ms_after_request"]);
        throughput.add(sample(request, timed, 1.0, total).unwrap());
    }
    let average = throughput.average().unwrap();
    let safe = match expected["safe_throughput_kbps"].is_number() {
        true => same(&[0.9 * average], &expected["safe_throughput_kbps"]),
        false => Verdict::Same,
    };
    all([same(&[average], &expected["throughput_kbps"]), safe])
}

fn model(inputs: &Value, expected: &Value) -> Verdict {
    let at = |key: &str| number(&inputs[key]);
    let (latency, total) = (at("tresponse") - at("trequest"), at("tfinish") - at("trequest"));
    let sample = sample(inputs, inputs["rt"].is_object(), latency, total);
    let mut throughput = Throughput::new(rule(inputs));
    sample.into_iter().for_each(|sample| throughput.add(sample));
    if expected["total_weight"].is_number() {
        return same(&[throughput.weight()], &expected["total_weight"]);
    }
    let found = |of: fn(&Sample) -> f64| sample.iter().map(of).collect::<Vec<_>>();
    match expected["latency_ms"].is_array() {
        true => same(&found(|sample| sample.latency), &expected["latency_ms"]),
        false => same(&found(|sample| sample.kbps), &expected["throughput_kbps"]),
    }
}

fn history(inputs: &Value, expected: &Value) -> Verdict {
    let of = |own: &Value| {
        let at = |key: &str, other: &str| own[key].as_u64().or(own[other].as_u64()).unwrap_or(0);
        Switches {
            drops: at("drops", "") as u32,
            no_drops: at("no_drops", "noDrops") as u32,
            drop_size: 0,
        }
    };
    if let Some(count) = inputs["representation_count"].as_u64() {
        let by_index = &inputs["history_by_absolute_index"];
        let history: Vec<_> = (0..count).map(|index| of(&by_index[index.to_string()])).collect();
        let at = |key: &str| number(&inputs[key]);
        let found = by_history(&history, at("sample_size") as u32, at("threshold"));
        return place(found, &expected["representation"]);
    }
    let ids = inputs["representations"].as_array().unwrap();
    let history: Vec<_> = ids.iter().map(|r| of(&inputs["history"][r["id"].to_string()])).collect();
    let found = by_history(&history, 8, 0.075).map(|place| ids[place]["id"].clone());
    match found.unwrap_or(Value::Null) == expected["representation_id"] {
        true => Verdict::Same,
        false => Verdict::Other("another".into()),
    }
}

fn optimal(inputs: &Value, expected: &Value) -> Verdict {
    let given = inputs["representations"].as_array().unwrap();
    let rank = |one: &Value| Ranked {
        kbps: number(&one["kbps"]),
        quality_ranking: one["qualityRanking"].as_f64(),
        pixels: one["pixelsPerSecond"].as_f64(),
    };
    let ranks: Vec<_> = given.iter().map(rank).collect();
    let order = ranked(&ranks);
    let ladder = Ladder::new(order.iter().map(|&place| ranks[place].kbps).collect(), -1.0, -1.0);
    let found = order[ladder.optimal(number(&inputs["target_kbps"]))];
    same(&[number(&given[found]["id"])], &expected["id"])
}

fn abandonment(inputs: &Value, expected: &Value) -> Verdict {
    let at = |key: &str| number(&inputs[key]);
    let pieces = inputs["traces_ms_bytes"].as_array().unwrap();
    let sum = |place: usize, from: usize| {
        pieces[from..].iter().map(|piece| number(&piece[place])).sum::<f64>()
    };
    let patience = Patience { samples: 6, grace: 500.0, multiplier: 1.8 };
    let elapsed = at("elapsed_since_first_byte_ms");
    let loading = Loading {
        place: at("requested_index") as usize,
        duration: at("duration_s"),
        total: at("bytes_total"),
        loaded: sum(1, 0),
        bytes: sum(1, 1),
        millis: sum(0, 1),
    };
    let looks = at("buffer_s") <= 18.0 && patience.left(elapsed, pieces.len() as f64) <= 0.0;
    let found = looks.then(|| abandoned(&ladder(inputs), &loading, patience.multiplier)).flatten();
    let rate = match found {
        Some((_, kbps)) => same(&[kbps], &expected["throughput_kbps"]),
        None => Verdict::Same,
    };
    all([place(found.map(|(place, _)| place), &expected["abandon_to_index"]), rate])
}

fn bola(inputs: &Value, offset: f64) -> Bola {
    Bola::new(&ladder(inputs), number(&inputs["buffer_time_default_s"]), offset, false).unwrap()
}

fn parameters(inputs: &Value, expected: &Value) -> Verdict {
    let (bola, older) = (bola(inputs, -1.0), bola(inputs, 0.0));
    let top = bola.utilities.len();
    let least: Vec<_> = (1..top).map(|place| bola.least(place)).collect();
    let most: Vec<_> = (0..top).map(|place| bola.most(place)).collect();
    // Where a place is really taken, found by halving.
    let taken = |bola: &Bola, place: usize| {
        let (mut low, mut high) = (0.0, 100.0);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if bola.pick(middle) >= place { high = middle } else { low = middle }
        }
        high
    };
    let really = |bola: &Bola| (1..top).map(|place| taken(bola, place)).collect::<Vec<_>>();
    all([
        same(&[bola.gp], &expected["gp"]),
        same(&[bola.vp], &expected["Vp"]),
        same(&bola.utilities, &expected["utilities"]),
        same(&least, &expected["min_buffer_level_fn_s_levels_1_to_top"]),
        same(&most, &expected["max_buffer_level_fn_s_per_level"]),
        same(&really(&bola), &expected["actual_switch_up_buffer_s_v5_levels_1_to_top"]),
        same(&really(&older), &expected["actual_switch_up_buffer_s_v4_levels_1_to_top"]),
    ])
}

/// Whether a decision is the one expected.
fn decision(bola: &Bola, (index, delay): (usize, f64), state: State, right: &Value) -> Verdict {
    let name = match state {
        State::Startup => "BOLA_STATE_STARTUP",
        State::Steady => "BOLA_STATE_STEADY",
    };
    if right["state"] != name {
        return Verdict::Other(format!("{state:?}"));
    }
    let placeholder = match right["placeholder_s"].is_number() {
        true => {
            same(&[bola.placeholder + 1.0], &Value::from(number(&right["placeholder_s"]) + 1.0))
        }
        false => Verdict::Same,
    };
    let delay = same(&[1e3 * delay + 1.0], &Value::from(number(&right["delay_ms"]) + 1.0));
    all([place(Some(index), &right["index"]), delay, placeholder])
}

fn levels(inputs: &Value, expected: &Value) -> Verdict {
    let ladder = ladder(inputs);
    let optimal = ladder.optimal(number(&inputs["safe_throughput_kbps"]));
    let buffers = numbers(&inputs["buffers_s"]).into_iter();
    let decisions = expected["decisions"].as_array().unwrap().iter();
    all(buffers.zip(decisions).map(|(buffer, right)| {
        let mut bola = bola(inputs, -1.0);
        bola.state = State::Steady;
        let found = bola.decide(0.0, buffer, ladder.top(), optimal);
        decision(&bola, found, State::Steady, right)
    }))
}

fn deflation(inputs: &Value, expected: &Value) -> Verdict {
    let (mut bola, ladder) = (bola(inputs, -1.0), ladder(inputs));
    let (mut current, mut found) = (0, Vec::new());
    let mut right = expected["decisions"].as_array().unwrap().iter();
    for event in inputs["events"].as_array().unwrap() {
        let at = |key: &str| number(&event[key]);
        match event["type"].as_str().unwrap() {
            "decide" => {
                let optimal = ladder.optimal(at("safe_throughput_kbps"));
                let state = bola.state;
                let made = bola.decide(at("at_ms") / 1e3, at("buffer_s"), current, optimal);
                current = made.0;
                found.push(decision(&bola, made, state, right.next().unwrap()));
            }
            "segment_loaded" => {
                current = at("index") as usize;
                let loaded = Loaded {
                    place: current,
                    duration: at("duration_s"),
                    requested: at("request_ms") / 1e3,
                    finished: at("finish_ms") / 1e3,
                    replaced: false,
                };
                bola.loaded(&loaded, 0.0);
            }
            "abandoned" => bola.abandoned(current, at("buffer_s")),
            other => return Verdict::Other(other.to_owned()),
        }
    }
    all(found)
}

fn catch_up(inputs: &Value, expected: &Value) -> Verdict {
    let at = |key: &str| number(&inputs[key]);
    let lol_plus = (inputs["mode"] == "liveCatchupModeLoLP").then(|| at("playback_buffer_min"));
    let mut control = CatchUp::new((at("min"), at("max")), at("max_drift"), lol_plus);
    if inputs["stalled"] == Value::Bool(true) {
        control.emptied();
    }
    let act = control.act(at("latency_s"), at("target_s"), at("buffer_s"), at("current_rate"));
    let seeks = expected["seek_to_live"] == Value::Bool(act == Act::Seek);
    match (act, &expected["playback_rate"]) {
        (Act::Rate(rate), right) if seeks && right.is_number() => same(&[rate], right),
        (Act::Keep | Act::Seek, Value::Null) if seeks => Verdict::Same,
        _ => Verdict::Other(format!("{act:?}")),
    }
}

fn buffer_target(inputs: &Value, expected: &Value) -> Verdict {
    let found = match inputs["type"].as_str().unwrap() {
        "text" => return Verdict::Outside("text is not fetched"),
        "audio" if inputs["video_present"] == Value::Bool(true) => target_of_sound(
            number(&inputs["video_buffer_s"]),
            inputs["fragment_s"].as_f64().unwrap_or(0.0),
        ),
        _ => {
            let top = inputs["top_quality"] == Value::Bool(true);
            let length = inputs["presentation_s"].as_f64().unwrap_or(f64::INFINITY);
            let default = inputs["buffer_time_default_s"].as_f64().unwrap_or(18.0);
            target(top.then_some(length), default, (30.0, 60.0, 600.0))
        }
    };
    same(&[found], &expected["buffer_target_s"])
}
