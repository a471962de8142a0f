//! What Shaka's own tests expect, and what its running code answered.

use serde_json::Value;

use super::super::vectors::{Verdict, same};
use super::{Estimate, Rule, Switching, Targets, aborts, choose};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

const RULE: Rule = Rule {
    half_lives: [2.0, 5.0],
    min_total_bytes: 128_000.0,
    min_bytes: 16_000.0,
    cache_threshold: 5.0,
};

const TARGETS: Targets = Targets { upgrade: 0.85, downgrade: 0.95, overlap: true };

/// Variants by bandwidth, with their names.
fn variants(inputs: &Value) -> (Vec<f64>, Vec<f64>) {
    let list = inputs["variants"].as_array().unwrap();
    let mut both: Vec<_> =
        list.iter().map(|v| (number(&v["bandwidth_bps"]), number(&v["id"]))).collect();
    both.sort_by(|a, b| a.0.total_cmp(&b.0));
    both.into_iter().unzip()
}

/// A manager that has been put to the test as Shaka's are: samples of a second, 6 % above a rate.
struct Manager {
    estimate: Estimate,
    switching: Switching,
    bandwidths: Vec<f64>,
    names: Vec<f64>,
    default: f64,
    switches: Vec<f64>,
}

impl Manager {
    fn of(inputs: &Value) -> Self {
        let (bandwidths, names) = variants(inputs);
        let default = inputs["default_bandwidth_estimate_bps"].as_f64().unwrap_or(500_000.0);
        let (estimate, switching) = (Estimate::new(RULE), Switching::new(8.0, 0.0));
        Self { estimate, switching, bandwidths, names, default, switches: Vec::new() }
    }

    fn choose(&self) -> f64 {
        let estimate = self.estimate.get(self.default);
        self.names[choose(&self.bandwidths, estimate, 1.0, TARGETS, None)]
    }

    fn sample(&mut self, at: f64, bps: f64, enabled: bool) {
        self.estimate.add(1_000.0, 1.06 * bps / 8.0);
        if enabled && self.switching.may(at, self.estimate.is_good()) {
            self.switching.chosen(at);
            self.switches.push(self.choose());
        }
    }

    fn begin(&mut self, bps: f64, enabled: bool) {
        self.switching.chosen(0.0);
        self.sample(0.0, bps, false);
        self.sample(0.0, bps, false);
        self.sample(0.0, bps, enabled);
    }
}

pub(crate) fn run(algorithm: &str, inputs: &Value, expected: &Value) -> Verdict {
    chosen(algorithm, inputs, expected)
        .or_else(|| others(algorithm, inputs, expected))
        .unwrap_or(Verdict::Outside("nothing of the kind is modelled"))
}

fn chosen(algorithm: &str, inputs: &Value, expected: &Value) -> Option<Verdict> {
    Some(match algorithm {
        "EwmaBandwidthEstimator" => {
            let default = number(&inputs["default_bps"]);
            let mut estimate = Estimate::new(Rule { cache_threshold: 0.0, ..RULE });
            let mut found = vec![estimate.get(default)];
            for sample in inputs["samples_ms_bytes"].as_array().unwrap() {
                estimate.add(number(&sample[0]), number(&sample[1]));
                found.push(estimate.get(default));
            }
            match expected["good"] == Value::Bool(estimate.is_good()) {
                true => same(&found, &expected["estimate_bps_initial_then_after_each"]),
                false => Verdict::Other(format!("good: {}", estimate.is_good())),
            }
        }
        "SimpleAbrManager cacheLoadThreshold" => {
            let cache_threshold = number(&inputs["cache_load_threshold_ms"]);
            let mut estimate = Estimate::new(Rule { cache_threshold, ..RULE });
            estimate.add(number(&inputs["delta_time_ms"]), number(&inputs["bytes"]));
            same(&[estimate.get(number(&inputs["default_bps"]))], &expected["estimate_bps"])
        }
        "SimpleAbrManager.chooseVariant" if inputs["variants"].is_array() => {
            same(&[Manager::of(inputs).choose()], &expected["variant_id"])
        }
        "SimpleAbrManager.chooseVariant" => {
            let targets = Targets {
                upgrade: number(&inputs["upgrade_target"]),
                downgrade: number(&inputs["downgrade_target"]),
                overlap: true,
            };
            let bandwidths = numbers(&inputs["variant_bandwidths_bps"]);
            let estimate = number(&inputs["bandwidth_estimate_bps"]);
            let rate = number(&inputs["playback_rate"]);
            let index = choose(&bandwidths, estimate, rate, targets, None);
            same(&[index as f64], &expected["index"])
        }
        _ => return None,
    })
}

fn others(algorithm: &str, inputs: &Value, expected: &Value) -> Option<Verdict> {
    Some(match algorithm {
        "SimpleAbrManager switch" => {
            let mut manager = Manager::of(inputs);
            manager.begin(number(&inputs["bw_bps"]), true);
            same(&manager.switches, &expected["variant_id"])
        }
        "SimpleAbrManager switchInterval" => {
            let mut manager = Manager::of(inputs);
            manager.switching.interval = number(&inputs["switch_interval_s"]);
            manager.begin(500_000.0, true);
            manager.switches.clear();
            (0..7).for_each(|_| manager.sample(0.0, 2e6, true));
            manager.sample(6.0, 2e6, true);
            let early = !manager.switches.is_empty();
            manager.sample(10.0, 2e6, true);
            let late = manager.switches.len() > usize::from(early);
            let right = expected["switch_at_6s"] == Value::Bool(early)
                && expected["switch_at_10s"] == Value::Bool(late);
            if right { Verdict::Same } else { Verdict::Other(format!("{early}, {late}")) }
        }
        "SimpleAbrManager not enabled" => {
            let mut manager = Manager::of(inputs);
            manager.begin(500_000.0, false);
            same(&[manager.switches.len() as f64], &expected["switches"])
        }
        "StreamingEngine.shouldAbortCurrentRequest_" => {
            let new = number(&inputs["new_segment_bytes"]) + number(&inputs["init_bytes"]);
            let found = aborts(
                new,
                number(&inputs["bytes_remaining"]),
                number(&inputs["buffered_ahead_s"]),
                number(&inputs["rebuffering_goal_s"]),
                number(&inputs["bandwidth_estimate_bps"]),
            );
            match expected["abort"] == Value::Bool(found) {
                true => Verdict::Same,
                false => Verdict::Other(found.to_string()),
            }
        }
        "Backoff" => {
            let settings = retry(inputs);
            let attempts = number(&inputs["max_attempts"]) as u32;
            let waits = (1..attempts).map(|failures| settings.wait(failures).as_millis_f64());
            same(&waits.collect::<Vec<_>>(), &expected["delays_ms"])
        }
        "SimpleAbrManager.checkDroppedFrames_" => {
            Verdict::Outside("no frame is decoded, so none is dropped")
        }
        "BufferingObserver.update" => {
            Verdict::Outside("playback stops when the buffer is empty, whatever the goal")
        }
        _ => return None,
    })
}

/// The waits of the model with these settings.
fn retry(inputs: &Value) -> crate::abr::Retry {
    use crate::abr::{Settings, Value as Set};
    let mut settings = Settings::default();
    let parameters = super::MODEL.algorithm.parameters;
    let named = |name: &str| parameters.iter().find(|p| p.name.ends_with(name)).unwrap();
    let attempts = Set::Count(number(&inputs["max_attempts"]) as u32);
    settings.set(named("maxAttempts"), attempts).unwrap();
    settings.set(named("baseDelay"), Set::Number(number(&inputs["base_delay_ms"]))).unwrap();
    (super::MODEL.config)(&settings).retry
}
