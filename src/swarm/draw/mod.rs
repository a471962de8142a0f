//! A scenario file at random: every feature of one now and then, and small, so that many can be
//! looked at.
//!
//! The idea to hold: a seed is a scenario. Most of what is drawn can be run; what a loader would
//! refuse is drawn only where to avoid it would be to write the loader again. What needs files
//! (traces, manifests, sizes, weights of networks) is not drawn: a scenario stands by itself.

mod abr;
mod audience;
mod content;
mod hand;
mod network;
mod origin;

pub use abr::setting;

use toml::{Table, Value};

use crate::abr::models::Model;
use crate::seed::{Purpose, Seed};
use hand::Hand;

/// What the parts of a scenario have to know of each other.
#[derive(Clone, Copy, Debug)]
struct Frame {
    live: bool,
    /// The simulator that is done as, if any.
    preset: Option<&'static str>,
    /// How long a segment lasts, and all of them, in milliseconds.
    segment: u64,
    duration: u64,
    /// Whether there is sound.
    audio: bool,
    /// Whether there are manifests.
    manifest: bool,
}

/// The scenario of a seed.
pub fn drawn(seed: u64) -> Table {
    let hand = &mut Hand::new(Seed(seed).stream(Purpose::World, &[]));
    let live = hand.one_in(3);
    let preset = (!live && hand.one_in(14)).then(|| hand.pick(&["sabre", "pensieve"]));
    let segment = hand.round(500, 6_000);
    let frame = Frame {
        live,
        preset,
        segment,
        duration: (segment * hand.between(2, 10)).min(40_000).max(segment * 2),
        audio: hand.one_in(3),
        manifest: !hand.one_in(6),
    };
    let mut scenario = Table::new();
    scenario.insert("title".into(), format!("World {seed} of a swarm").into());
    hand.put(&mut scenario, "seed", 2, |hand| hand.count(0, 1 << 40));
    let viewers = if hand.one_in(3) { 1 } else { 5 };
    scenario.insert("viewers".into(), hand.count(1, viewers));
    hand.put(&mut scenario, "time_limit", 4, |hand| hand.time(1_000, 200_000));
    abr::draw(hand, &frame, &mut scenario);
    scenario.insert("content".into(), content::content(hand, &frame).into());
    if live {
        scenario.insert("live".into(), content::live(hand, &frame).into());
    }
    hand.put(&mut scenario, "player", 2, |hand| player(hand, &frame).into());
    scenario.insert("network".into(), network::draw(hand, &frame));
    hand.put(&mut scenario, "device", 5, audience::devices);
    hand.put(&mut scenario, "audience", 2, |hand| audience::draw(hand, &frame).into());
    hand.put(&mut scenario, "origin", 2, |hand| origin::origin(hand, &frame).into());
    if preset.is_none() {
        origin::chain(hand, &frame, &mut scenario);
        hand.put(&mut scenario, "costs", 8, origin::costs);
    }
    scenario.insert("output".into(), output(hand).into());
    if let Some(preset) = preset {
        done_as(hand, preset, &mut scenario);
    }
    let coupled =
        ["live", "origin", "cdn", "catalogue"].iter().any(|key| scenario.contains_key(*key));
    if !coupled && preset.is_none() && hand.one_in(1_000) {
        scenario.insert("viewers".into(), "until zbr ±25%".into());
    }
    hand.put(&mut scenario, "sweep", 14, sweep);
    scenario
}

fn player(hand: &mut Hand, frame: &Frame) -> Table {
    let mut player = Table::new();
    if !hand.one_in(3) {
        let buffer = frame.segment + hand.between(0, 30_000);
        player.insert("buffer".into(), hand::millis(buffer));
        let level = |hand: &mut Hand| hand::millis(hand.between(0, buffer.min(8_000)));
        player.insert("startup".into(), level(hand));
        player.insert("resume".into(), level(hand));
    }
    hand.put(&mut player, "retry", 3, |hand| hand.time(10, 2_000));
    hand.put(&mut player, "retry_longest", 3, |hand| hand.time(100, 8_000));
    hand.put(&mut player, "attempts", 3, |hand| hand.count(1, 8));
    hand.put(&mut player, "max_height", 6, |hand| hand.pick(&[240_i64, 480, 720, 1_080]).into());
    player
}

/// Another simulator.
fn done_as(hand: &mut Hand, preset: &str, scenario: &mut Table) {
    let player = scenario.entry("player").or_insert_with(|| Table::new().into());
    let Value::Table(player) = player else { return };
    player.insert("preset".into(), preset.into());
    if preset == "sabre" {
        let quirks = ["forgets-abandonment", "phantom-events"];
        hand.put(player, "quirks", 2, |hand| match hand.one_in(2) {
            true => Value::Array(Vec::new()),
            false => Value::Array(vec![hand.pick(&quirks).into()]),
        });
        hand.put(player, "replace", 2, |hand| hand.pick(&["none", "left", "right"]).into());
        hand.put(player, "abandon", 2, |hand| hand.one_in(2).into());
    }
}

fn output(hand: &mut Hand) -> Table {
    let mut output = Table::new();
    output.insert("causes".into(), hand.pick(&[0_i64, 0, 1, 3]).into());
    output.insert("scored".into(), hand.pick(&[0_i64, 0, 0, 2]).into());
    hand.put(&mut output, "sessions", 20, |_| false.into());
    hand.put(&mut output, "requests", 6, |_| true.into());
    hand.put(&mut output, "p1203", 10, |hand| {
        let mut p1203 = Table::new();
        hand.put(&mut p1203, "mobile", 2, |_| true.into());
        hand.put(&mut p1203, "screen", 2, |_| "1280x720".into());
        hand.put(&mut p1203, "amendments", 2, |hand| {
            let known = ["audiovisual", "stalling", "appendix-2"];
            Value::Array(vec![hand.pick(&known).into()])
        });
        p1203.into()
    });
    output
}

/// A key or two, each of two values.
fn sweep(hand: &mut Hand) -> Value {
    let mut sweep = Table::new();
    let mut list = |key: &str, values: [Value; 2]| {
        sweep.insert(key.into(), Value::Array(values.to_vec()));
    };
    if hand.one_in(2) {
        list("seed", [1.into(), 2.into()]);
    }
    match hand.between(0, 2) {
        0 => list("content.variability", [0.0.into(), 0.3.into()]),
        1 => list("origin.errors", [0.0.into(), 0.05.into()]),
        _ => list("player.attempts", [2.into(), 5.into()]),
    }
    sweep.into()
}

/// Whether a player of its own comes with an algorithm.
fn brings_its_own(name: &str) -> bool {
    Model::named(name).is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value as Json;

    use super::*;
    use crate::scenario::file::File;

    /// What needs a file beside the scenario, or goes with one that does; and what only a shield
    /// can have.
    const LEFT_OUT: &[&str] = &[
        "cdn.edge.hits",
        "content.language",
        "content.manifest",
        "content.sizes",
        "live.at",
        "network.cross",
        "network.format",
        "network.trace",
        "output.p1203.trees",
    ];

    /// The keys that a schema has, those of tables in lists as those of tables; the last of a
    /// latency may be a file.
    fn known(schema: &Json, whole: &Json, here: &str, keys: &mut BTreeSet<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.trim_start_matches("#/$defs/");
            return known(&whole["$defs"][name], whole, here, keys);
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            let path = if here.is_empty() { key.clone() } else { format!("{here}.{key}") };
            if !["algorithm", "sweep"].contains(&key.as_str()) && !path.ends_with(".file") {
                known(inner, whole, &path, keys);
            }
            keys.insert(path);
        }
        for of in ["anyOf", "oneOf", "allOf"] {
            for inner in schema[of].as_array().into_iter().flatten() {
                known(inner, whole, here, keys);
            }
        }
        if schema["items"].is_object() {
            known(&schema["items"], whole, here, keys);
        }
    }

    /// The keys that a scenario has.
    fn used(value: &Value, here: &str, keys: &mut BTreeSet<String>) {
        match value {
            Value::Table(table) => {
                for (key, inner) in table {
                    let path = if here.is_empty() { key.clone() } else { format!("{here}.{key}") };
                    if !["algorithm", "sweep"].contains(&key.as_str()) {
                        used(inner, &path, keys);
                    }
                    keys.insert(path);
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| used(inner, here, keys)),
            Value::String(_) | Value::Integer(_) | Value::Float(_) => {}
            Value::Boolean(_) | Value::Datetime(_) => {}
        }
    }

    #[test]
    fn every_key_of_a_scenario_that_needs_no_file_is_drawn() {
        let schema = schemars::schema_for!(File).to_value();
        let (mut all, mut drawn_keys) = (BTreeSet::new(), BTreeSet::new());
        known(&schema, &schema, "", &mut all);
        for seed in 0..3_000 {
            used(&Value::Table(drawn(seed)), "", &mut drawn_keys);
        }
        let left_out = |key: &&String| LEFT_OUT.contains(&key.as_str()) || key.ends_with(".file");
        let lacking: Vec<_> = all.difference(&drawn_keys).filter(|key| !left_out(key)).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
        assert!(all.len() > 100 && LEFT_OUT.iter().all(|key| all.contains(*key)));
    }
}
