//! Where the bytes come from: the origin, caches, the catalogue, and costs.

use toml::{Table, Value};

use super::Frame;
use super::hand::{Hand, count, millis};

pub(super) fn origin(hand: &mut Hand, frame: &Frame) -> Table {
    let mut origin = Table::new();
    store(hand, &mut origin);
    for key in ["errors", "resets", "truncated"] {
        hand.put(&mut origin, key, 4, |hand| {
            let most = hand.pick(&[0.02, 0.2, 0.3]);
            hand.share(most)
        });
    }
    hand.put(&mut origin, "incident", 5, |hand| Value::Array(vec![incident(hand, frame)]));
    hand.put(&mut origin, "fault", 4, |hand| {
        let faults = hand.between(1, 2);
        Value::Array((0..faults).map(|_| fault(hand, frame)).collect())
    });
    origin
}

/// How quick a store is.
fn store(hand: &mut Hand, table: &mut Table) {
    let known = ["memory", "object-store", "disk"];
    hand.put(table, "preset", 4, |hand| hand.pick(&known).into());
    hand.put(table, "latency", 3, latency);
    hand.put(table, "bandwidth", 6, |hand| hand.rate(200, 50_000));
}

pub(super) fn latency(hand: &mut Hand) -> Value {
    let mut table = Table::new();
    match hand.between(0, 3) {
        0 => return hand.time(0, 400),
        1 => {
            let p50 = hand.between(1, 60);
            let p99 = p50 + hand.between(0, 500);
            table.insert("p50".into(), millis(p50));
            table.insert("p99".into(), millis(p99));
            hand.put(&mut table, "p999", 2, |hand| millis(p99 + hand.between(0, 3_000)));
        }
        2 => {
            table.insert("median".into(), hand.time(1, 100));
            table.insert("sigma".into(), hand.share(1.5));
        }
        _ => {
            table.insert("median".into(), hand.time(1, 100));
            table.insert("shape".into(), Value::Float(hand.between(4, 30) as f64 / 10.0));
        }
    }
    table.into()
}

fn incident(hand: &mut Hand, frame: &Frame) -> Value {
    let mut incident = Table::new();
    incident.insert("at".into(), millis(hand.between(0, frame.duration / 2)));
    incident.insert("for".into(), hand.time(100, 15_000));
    match hand.between(0, 2) {
        0 => drop(incident.insert("latency".into(), latency(hand))),
        1 => drop(incident.insert("errors".into(), hand.share(0.8))),
        _ => drop(incident.insert("down".into(), true.into())),
    }
    incident.into()
}

fn fault(hand: &mut Hand, frame: &Frame) -> Value {
    let mut fault = Table::new();
    let what: Value = match hand.between(0, 3) {
        0 => hand.pick(&[404_i64, 503, 500, 410]).into(),
        1 => "reset".into(),
        2 => "truncated".into(),
        _ => "late".into(),
    };
    match what.as_str() {
        Some("truncated") => hand.put(&mut fault, "part", 2, |hand| hand.share(1.0)),
        Some("late") => hand.put(&mut fault, "delay", 2, |hand| hand.time(0, 8_000)),
        _ => {}
    }
    fault.insert("what".into(), what);
    hand.put(&mut fault, "of", 3, |hand| {
        let known = ["documents", "video", "audio"];
        hand.pick(&known[..if frame.audio { 3 } else { 2 }]).into()
    });
    match hand.between(0, 3) {
        0 => drop(fault.insert("segment".into(), hand.count(0, 8))),
        1 => {
            let first = hand.between(0, 5);
            let segments = [first, first + hand.between(0, 4)];
            fault.insert("segments".into(), Value::Array(segments.map(count).to_vec()));
        }
        _ => {}
    }
    hand.put(&mut fault, "rung", 4, |hand| hand.count(0, 4));
    hand.put(&mut fault, "times", 3, |hand| hand.count(1, 4));
    hand.put(&mut fault, "at", 4, |hand| hand.time(0, 20_000));
    hand.put(&mut fault, "for", 4, |hand| hand.time(100, 20_000));
    hand.put(&mut fault, "viewer", 8, |hand| hand.count(0, 3));
    hand.put(&mut fault, "request", 8, |hand| hand.count(0, 12));
    fault.into()
}

/// Queues, tiers, caches and the catalogue.
pub(super) fn chain(hand: &mut Hand, frame: &Frame, scenario: &mut Table) {
    let sampled = hand.one_in(8);
    if let Some(Value::Table(origin)) = scenario.get_mut("origin") {
        if !sampled && hand.one_in(4) {
            match hand.one_in(2) {
                true => drop(origin.insert("servers".into(), hand.count(1, 6))),
                false => drop(origin.insert("rate".into(), hand.count(1, 60))),
            }
            hand.put(origin, "queue", 2, |hand| hand.count(1, 8));
        }
        hand.put(origin, "tier", 5, |hand| Value::Array(tiers(hand)));
    }
    hand.put(scenario, "catalogue", 5, |hand| {
        let mut catalogue = Table::new();
        catalogue.insert("titles".into(), hand.count(1, 20));
        hand.put(&mut catalogue, "zipf", 2, |hand| hand.share(2.0));
        catalogue.into()
    });
    hand.put(scenario, "cdn", 3, |hand| cdn(hand, frame, sampled).into());
    let caches = scenario.contains_key("cdn");
    let faults = scenario.get_mut("origin").and_then(|origin| origin.get_mut("fault"));
    if let Some(Value::Array(faults)) = faults.filter(|_| caches) {
        // Behind caches nobody knows whose a request is.
        for fault in faults.iter_mut().filter_map(Value::as_table_mut) {
            fault.remove("viewer");
            fault.remove("request");
        }
    }
}

fn tiers(hand: &mut Hand) -> Vec<Value> {
    let all = hand.between(1, 2);
    let tier = |number: u64| {
        let mut tier = Table::new();
        tier.insert("name".into(), ["hot", "warm"][number as usize].into());
        match hand.between(0, 2) {
            0 => drop(tier.insert("popular".into(), hand.share(1.0))),
            1 => drop(tier.insert("capacity".into(), format!("{}MB", hand.between(1, 50)).into())),
            _ => drop(tier.insert("documents".into(), true.into())),
        }
        store(hand, &mut tier);
        tier.into()
    };
    (0..all).map(tier).collect()
}

fn cdn(hand: &mut Hand, frame: &Frame, sampled: bool) -> Table {
    let mut cdn = Table::new();
    match hand.between(0, 3) {
        0 => drop(cdn.insert("pops".into(), hand.count(1, 3))),
        1 => {
            let pop = |name: &str, hand: &mut Hand| {
                let mut pop = Table::new();
                pop.insert("name".into(), name.into());
                pop.insert("weight".into(), hand.count(1, 9));
                hand.put(&mut pop, "rtt", 2, |hand| hand.time(0, 100));
                Value::Table(pop)
            };
            let pops = vec![pop("here", hand), pop("there", hand)];
            cdn.insert("pop".into(), Value::Array(pops));
        }
        _ => {}
    }
    hand.put(&mut cdn, "cdns", 4, |hand| hand.count(1, 2));
    hand.put(&mut cdn, "edge", 2, |hand| cache(hand, frame).into());
    if sampled {
        let mut shield = cache(hand, frame);
        shield.insert("hits".into(), hand.share(1.0));
        cdn.insert("shield".into(), shield.into());
        cdn.insert("coupling".into(), "sampled".into());
    } else {
        hand.put(&mut cdn, "shield", 3, |hand| cache(hand, frame).into());
        hand.put(&mut cdn, "coupling", 8, |_| "exact".into());
    }
    cdn
}

fn cache(hand: &mut Hand, frame: &Frame) -> Table {
    let mut cache = Table::new();
    hand.put(&mut cache, "size", 3, |hand| format!("{}MB", hand.between(60, 400)).into());
    hand.put(&mut cache, "policy", 3, |hand| hand.pick(&["lru", "tinylfu"]).into());
    if !frame.live {
        hand.put(&mut cache, "start", 3, |hand| hand.pick(&["cold", "warm", "filled"]).into());
    }
    hand.put(&mut cache, "collapse", 3, |hand| hand.one_in(2).into());
    for key in ["ttl", "ttl_documents", "stale_while_revalidate", "stale_if_error"] {
        hand.put(&mut cache, key, 4, |hand| hand.time(0, 20_000));
    }
    hand.put(&mut cache, "collapse_timeout", 4, |hand| hand.time(0, 2_000));
    hand.put(&mut cache, "negative", 4, |hand| hand.time(0, 5_000));
    hand.put(&mut cache, "rtt", 2, |hand| hand.time(0, 150));
    hand.put(&mut cache, "reuse", 4, |hand| hand.one_in(2).into());
    hand.put(&mut cache, "timeout", 4, |hand| hand.time(1, 3_000));
    hand.put(&mut cache, "attempts", 4, |hand| hand.count(1, 4));
    hand.put(&mut cache, "backoff", 4, |hand| hand.time(0, 1_000));
    cache
}

pub(super) fn costs(hand: &mut Hand) -> Value {
    let mut costs = Table::new();
    let keys = ["edge_gb", "edge_requests", "shield_gb", "shield_requests", "origin_gb"];
    for key in keys.into_iter().chain(["origin_requests"]) {
        hand.put(&mut costs, key, 2, |hand| hand.share(1.0));
    }
    costs.into()
}
