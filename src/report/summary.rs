//! The results for other programs: `summary.json`.
//!
//! The idea to hold: keys are only ever added, so what reads one version's file reads the next's.
//! Its JSON Schema, which `abrsim schema --results` prints, is summary.schema.json.
//! Shares are between 0 and 1; absent values (the startup of nobody) are `null`.
//!
//! ```text
//!   scenario, title   the scenario's file name without its ending, and the question it asks
//!   partial           whether it was stopped before every viewer had been simulated
//!   seed, digest      what makes it reproducible: the seed, and SHA-256 of the scenario as run
//!   version           of abrsim
//!   swept             the keys that were swept
//!   runs[]            one per algorithm and point of the sweep
//!     run, abr        its name, and its algorithm's or the label that was given
//!     point           the swept keys, and their values as the scenario writes them
//!     lost            viewers who could not be simulated, since something panicked: a bug; they
//!                     are not among the viewers
//!     viewers, zero_buffer, start_failures, gave_up      counts of viewers
//!     zbr, zbr_low, zbr_high       zero-buffer rate and its 95 % Wilson interval, of viewers /
//!                     design_effect viewers
//!     stall_ratio, stalls_per_hour
//!     stall_s         time stalled: total of all; p50, p95 of the viewers who stalled
//!     startup_s       mean, p50, p95, p99 of those who started
//!     bitrate_kbps    displayed: mean over media time; p5, p50 of the viewers' own means
//!     switches        total, per_minute of play, up, down; kbps_mean, kbps_sum of |Δ bitrate|;
//!                     oscillations
//!     ramp_s          mean, and the number of viewers who reached it
//!     rung_shares[]   kbps, height (or null), share of media time displayed; cheapest first
//!     bytes, wasted_bytes, waste_ratio, requests
//!     qoe             by model: per_segment, and per_viewer
//!     scored          of how many viewers, the first, models of quality of experience were asked
//!     scores          by key of a model: viewers it could score, mean, low and high of its 95 %
//!                     interval; models that could nobody are missing
//!     seeks           how often viewers went to another place once playback had started
//!     seek_s          time waited there: total, mean of all; p95 of the longest of each who sought
//!     paused_s        of all viewers
//!     ends            by way of ending: counts of viewers
//!     hours_watched   by all viewers together
//!     design_effect   so many viewers count as one in the interval of zbr: 1 unless links are
//!                     shared
//!     fairness        Jain's index of shared links: mean, lowest, and their number: links
//!     classes[]       viewers by network, then by device; empty where all are of one
//!       of, name      `network` or `device`, and the scenario's name for the class
//!       viewers … fairness         as of the run, those of: viewers, zero_buffer, zbr, zbr_low,
//!                     zbr_high, start_failures, gave_up, stall_ratio, stalls_per_hour, stall_s,
//!                     startup_s, bitrate_kbps, ends, hours_watched, design_effect, fairness
//!     of_optimum      where the scenario has `optimal`: yin per viewer over that of the optimum
//!     printed         under a preset: what that simulator prints, by its own names; the mean of
//!                     viewers
//!     reported        stalls as the player's own events speak of them: zbr, zero_buffer (viewers),
//!                     stalls, total_s
//!     chain           where there are caches: edge and shield: requests, hit_ratio,
//!                     collapse_ratio, found (counts by how they were answered), faults, bytes
//!                     sent, fetched_bytes, failures and timeouts of attempts; origin: requests,
//!                     faults, shed, bytes, queued_s; ttfb_ms by where first bytes came from:
//!                     requests, p50, p95, p99, p999; steps of length_s from the beginning:
//!                     requests, faults, bytes, origin_requests, origin_bytes
//!     causes          what the time stalled of some viewers is due to: viewers, stalled_s, of that
//!                     by stage (below zero where stalls would be longer without) and rest_s; all
//!                     add up to stalled_s
//!     cost_per_viewer_hour         where the scenario has [costs]
//!     live            of what is live: viewers who saw something; latency_s: mean, p50, p95, p99
//!                     of all their time; viewer_mean_s: p50, p95 of their means; watched_s: that
//!                     time; paced, at another speed than normal: total_s, share, changes (of
//!                     speed), changes_per_viewer; late, more than 0.5 s behind what the player
//!                     meant: total_s, share; resyncs: total, per_viewer, skipped_s (of media),
//!                     skipped_s_per_viewer; budget_s of first frames: segments, parts from the
//!                     lens to the screen, their sum; lol_plus: score per viewer by set of
//!                     constants
//!   pairs[]           at each point of the sweep, over all viewers (network null) and by network:
//!                     the best run against each other: names; viewers compared; only_best and
//!                     only_other of them spared; difference of zbr, low and high of its interval;
//!                     design_effect, so many viewers counting as one; p, and p_adjusted for as
//!                     many tests as there are others; viewers_needed to tell such runs apart
//!   definitions       what the metrics mean; those within `live` begin with it: `live.late`
//!   qoe_formula, qoe_models[]      the formula of the linear models; name, source and constants
//!                     of each
//!   score_models[]    key, name, source, formula, constants, unit, range of each model, and what
//!                     it needs
//! ```

use serde_json::{Map, Value, json};

use super::metric::{METRICS, QOE_FORMULA};
use super::{Class, Results, Run, delivery, live, optimum, pairs, scores};
use crate::distribution::Distribution;
use crate::media::Representation;
use crate::metrics::{End, QOE_MODELS, Summary};

/// The results as the JSON of `summary.json`; its keys are in this file's head.
pub fn summary(results: &Results) -> Value {
    let definitions = METRICS.iter().map(|m| (m.key.into(), m.definition.into()));
    let live = live::definitions(results);
    let live = live.map(|(key, _, definition)| (format!("live.{key}"), definition.into()));
    let models = QOE_MODELS.iter().map(|model| {
        json!({
            "name": model.name,
            "source": model.source,
            "switching": model.switching,
            "stalling": model.stalling,
            "startup": model.startup,
        })
    });
    json!({
        "scenario": results.name,
        "title": results.title,
        "partial": results.partial,
        "seed": results.seed,
        "digest": results.digest,
        "version": env!("CARGO_PKG_VERSION"),
        "swept": results.swept,
        "pairs": pairs::json(results),
        "runs": results.runs.iter().map(|run| of(run, results)).collect::<Vec<_>>(),
        "definitions": definitions.chain(live).collect::<Map<_, _>>(),
        "qoe_formula": QOE_FORMULA,
        "qoe_models": models.collect::<Vec<_>>(),
        "score_models": scores::models(),
    })
}

fn of(run: &Run, results: &Results) -> Value {
    let summary = &run.summary;
    let point = results.swept.iter().cloned().zip(run.point.iter().cloned().map(Value::from));
    let what = json!({
        "run": run.name,
        "abr": run.abr,
        "point": point.collect::<Map<_, _>>(),
        "lost": run.mishaps.viewers,
    });
    let more = json!({
        "switches": switches(summary),
        "ramp_s": {
            "mean": some(summary.total.ramped, summary.ramp_mean()),
            "viewers": summary.total.ramped,
        },
        "rung_shares": rung_shares(&run.rungs, summary),
        "bytes": summary.total.bytes.get(),
        "wasted_bytes": summary.total.wasted.get(),
        "waste_ratio": summary.waste_ratio(),
        "requests": summary.total.requests,
        "qoe": qoe(summary),
    });
    let reported = json!({ "reported": {
        "zbr": summary.zbr_reported(),
        "zero_buffer": summary.zero_buffer_reported,
        "stalls": summary.total.reported,
        "total_s": summary.total.reported_time.as_secs_f64(),
    }});
    let classes = json!({ "classes": run.classes.iter().map(class).collect::<Vec<_>>() });
    let printed = match &run.printed {
        Some((_, rows)) => {
            let rows = rows.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
            json!({ "printed": rows.collect::<Map<_, _>>() })
        }
        None => json!({}),
    };
    let ceiling = match optimum::share(results, run) {
        Some(share) => json!({ "of_optimum": share }),
        None => json!({}),
    };
    joined([
        what,
        playback(summary),
        more,
        audience(summary),
        classes,
        printed,
        ceiling,
        reported,
        delivery::json(run),
        live::json(run),
        scores::json(run),
    ])
}

fn class(class: &Class) -> Value {
    let what = json!({ "of": class.of.name(), "name": class.name });
    joined([what, playback(&class.summary), audience(&class.summary)])
}

/// One object with the keys of all.
fn joined<const N: usize>(objects: [Value; N]) -> Value {
    let maps = objects.into_iter().filter_map(|object| match object {
        Value::Object(map) => Some(map),
        _ => None,
    });
    Value::Object(maps.flatten().collect())
}

/// How well playback went.
fn playback(summary: &Summary) -> Value {
    let interval = summary.zbr_interval();
    json!({
        "viewers": summary.viewers,
        "zero_buffer": summary.zero_buffer,
        "zbr": some(summary.viewers, summary.zbr()),
        "zbr_low": interval.low,
        "zbr_high": interval.high,
        "start_failures": summary.viewers - summary.started,
        "gave_up": summary.gave_up,
        "stall_ratio": summary.stall_ratio(),
        "stalls_per_hour": summary.stalls_per_hour(),
        "stall_s": {
            "total": summary.total.stalled.as_secs_f64(),
            "p50": seconds(&summary.stall_time, 0.5),
            "p95": seconds(&summary.stall_time, 0.95),
        },
        "startup_s": {
            "mean": some(summary.started, summary.startup_mean()),
            "p50": seconds(&summary.startup, 0.5),
            "p95": seconds(&summary.startup, 0.95),
            "p99": seconds(&summary.startup, 0.99),
        },
        "bitrate_kbps": {
            "mean": some(summary.bitrate.count(), summary.mean_bitrate().as_kbps_f64()),
            "p5": quantile(&summary.bitrate, 0.05),
            "p50": quantile(&summary.bitrate, 0.5),
        },
    })
}

/// How viewers ended, how long they watched, and what they shared.
fn audience(summary: &Summary) -> Value {
    let ends = End::ALL.into_iter().map(|end| (end.name().into(), summary.ended(end).into()));
    let Summary { viewers, zero_buffer, clusters, fairness, .. } = summary;
    json!({
        "ends": ends.collect::<Map<_, _>>(),
        "seeks": summary.total.seeks,
        "seek_s": {
            "total": summary.total.seek_wait.as_secs_f64(),
            "mean": some(summary.total.seeks, summary.seek_wait_mean()),
            "p95": seconds(&summary.seek_wait, 0.95),
        },
        "paused_s": summary.total.paused.as_secs_f64(),
        "hours_watched": summary.hours_watched(),
        "design_effect": clusters.design_effect(*viewers, *zero_buffer),
        "fairness": {
            "mean": fairness.mean(),
            "lowest": fairness.lowest(),
            "links": fairness.links(),
        },
    })
}

fn switches(summary: &Summary) -> Value {
    json!({
        "total": summary.switches(),
        "per_minute": summary.switches_per_minute(),
        "up": summary.total.switches_up,
        "down": summary.total.switches_down,
        "kbps_mean": some(summary.switches(), summary.switch_kbps_mean()),
        "kbps_sum": summary.total.switch_sum.as_kbps_f64(),
        "oscillations": summary.total.oscillations,
    })
}

fn rung_shares(rungs: &[Representation], summary: &Summary) -> Value {
    let shares = rungs.iter().zip(summary.rung_shares()).map(|(rung, share)| {
        json!({
            "kbps": rung.bitrate.as_kbps_f64(),
            "height": rung.resolution.map(|resolution| resolution.height),
            "share": share,
        })
    });
    shares.collect()
}

fn qoe(summary: &Summary) -> Value {
    let segments = summary.total.segments;
    let scores = QOE_MODELS.iter().map(|model| {
        let score = some(segments, summary.qoe_per_segment(model));
        let viewer = summary.qoe_per_segment(model) * segments as f64 / summary.viewers as f64;
        let viewer = some(segments, viewer);
        (model.name.into(), json!({ "per_segment": score, "per_viewer": viewer }))
    });
    Value::Object(scores.collect())
}

/// A number that means something only of at least one value.
fn some(values: u64, number: f64) -> Option<f64> {
    (values > 0).then_some(number)
}

fn quantile(values: &Distribution, q: f64) -> Option<u64> {
    (values.count() > 0).then(|| values.quantile(q))
}

fn seconds(millis: &Distribution, q: f64) -> Option<f64> {
    quantile(millis, q).map(|millis| millis as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{classed, leaving, live, results, run, sharing, sweep};

    #[test]
    fn the_figures_are_those_of_the_summary() {
        let json = summary(&results(vec![run("bola", 1_000, 971)]));
        let run = &json["runs"][0];
        assert_eq!(
            (&run["run"], &run["viewers"], &run["zbr"]),
            (&json!("bola"), &json!(1_000), &json!(0.971))
        );
        // 29 of 1,000 stall for 3 s; everyone plays 240 s.
        assert_eq!(run["stall_s"]["total"], json!(87.0));
        assert_eq!(run["stall_ratio"], json!(87.0 / 240_087.0));
        // (15 × 1 + 45 × 6) / 60 Mbit/s, and two switches of 5 Mbit/s in 4 minutes.
        assert_eq!(run["bitrate_kbps"]["mean"], json!(4_750.0));
        assert_eq!(run["switches"]["per_minute"], json!(0.5));
        assert_eq!(run["switches"]["kbps_mean"], json!(5_000.0));
        assert_eq!(
            run["rung_shares"][2],
            json!({ "kbps": 6_000.0, "height": 1_080, "share": 0.75 })
        );
        assert_eq!(run["waste_ratio"], json!(0.05));
        // Of one viewer: 285 − 10 − 3·startup, less 3·3 s of stall for 29 in 1,000; startup is
        // 0.8 s and on average 49.5 times 7 ms.
        let score = 285.0 - 10.0 - 3.0 * (0.8 + 0.007 * 49.5) - 3.0 * 3.0 * 0.029;
        let found = run["qoe"]["yin"]["per_viewer"].as_f64().unwrap();
        assert!((found - score).abs() < 1e-9, "{found} is not {score}");
    }

    #[test]
    fn a_point_of_a_sweep_is_told_by_its_keys() {
        let json = summary(&sweep("content.segment", &["2s", "6s"], &["bola"]));
        assert_eq!(json["swept"], json!(["content.segment"]));
        assert_eq!(json["runs"][1]["point"], json!({ "content.segment": "6s" }));
    }

    #[test]
    fn of_what_is_live_it_tells_how_far_behind_and_why() {
        let runs = vec![live(run("bola", 100, 100), 6_000), run("mpc", 9, 9)];
        let json = summary(&results(runs));
        assert!(
            json["runs"][1].get("live").is_none() && json["definitions"].get("live.late").is_some()
        );
        let live = &json["runs"][0]["live"];
        // Nine tenths of the time at 6 s and the rest at 12: quantiles are amid steps of 10 ms.
        let latency = json!({ "mean": 6.6, "p50": 6.005, "p95": 12.005, "p99": 12.005 });
        assert_eq!(live["latency_s"], latency);
        assert_eq!(live["paced"]["share"], 0.2);
        assert_eq!((&live["late"]["share"], &live["watched_s"]), (&json!(0.1), &json!(24_000.0)));
        assert_eq!(live["resyncs"]["skipped_s_per_viewer"], 6.0);
        let budget = &live["budget_s"];
        assert_eq!((&budget["parts"]["last_mile"], &budget["sum"]), (&json!(1.5), &json!(6.0)));
        // Of one viewer: 285 Mbit in 60 segments of 4 s, 10 Mbit/s of switches, 60 · 6 s behind
        // live, and 60 segments a hundredth off the normal speed; kbit/s from 1,000 to 6,000.
        let shown = (60.0 * 1_000.0) + (180.0 * 6_000.0);
        let paper = shown - 0.01 * 360.0 - 1_000.0 * 0.6 - 0.02 * 10_000.0;
        let code = shown - 0.1 * 6_000.0 * 360.0 - 1_000.0 * 0.6 - 10_000.0;
        for (name, score) in [("lol-paper", paper), ("lol-code", code)] {
            let found = live["lol_plus"][name].as_f64().unwrap();
            assert!((found - score).abs() < 1e-3, "{name}: {found} is not {score}");
        }
    }

    #[test]
    fn keys_come_in_the_order_they_are_documented() {
        let json = summary(&results(vec![run("bola", 1, 1)]));
        let keys: Vec<_> = json.as_object().unwrap().keys().take(4).collect();
        assert_eq!(keys, ["scenario", "title", "partial", "seed"]);
    }

    #[test]
    fn every_class_has_its_figures_and_the_run_its_own() {
        let (networks, devices) = ([("3g", 200, 150), ("wifi", 300, 297)], [("tv", 500, 447)]);
        let run = sharing(leaving(classed("bola", &networks, &devices), 10), 40);
        let json = &summary(&results(vec![run]))["runs"][0];
        let classes = json["classes"].as_array().unwrap();
        let told = |key: &str| classes.iter().map(|class| &class[key]).collect::<Vec<_>>();
        assert_eq!(told("of"), ["network", "network", "device"]);
        assert_eq!(told("name"), ["3g", "wifi", "tv"]);
        assert_eq!((&told("zbr")[..2]), [&json!(0.75), &json!(0.99)]);
        assert_eq!(told("hours_watched")[1], 20.0, "300 viewers of 4 minutes");
        let ends = json["ends"].as_object().unwrap();
        let viewers: u64 = ends.values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!((json["viewers"].as_u64(), &ends["finished"]), (Some(viewers), &json!(500)));
        // (1 + 1/2)² / (2 (1 + 1/4)) = 0.9.
        assert_eq!(json["fairness"], json!({ "mean": 0.9, "lowest": 0.9, "links": 40 }));
    }

    #[test]
    fn figures_of_nobody_are_null() {
        let json = summary(&results(vec![run("bola", 0, 0)]));
        let run = &json["runs"][0];
        assert_eq!((&run["zbr"], &run["startup_s"]["p50"]), (&Value::Null, &Value::Null));
        assert_eq!(run["qoe"]["yin"]["per_viewer"], Value::Null);
    }
}
