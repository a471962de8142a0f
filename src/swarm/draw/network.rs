//! The last mile.

use toml::{Table, Value};

use super::Frame;
use super::hand::{Hand, millis};
use crate::trace::generate::Class;
use crate::trace::profile::PROFILES;

/// One class of networks, or several.
pub(super) fn draw(hand: &mut Hand, frame: &Frame) -> Value {
    if !hand.one_in(4) {
        return network(hand, frame).into();
    }
    let count = hand.between(2, 3);
    let classes = (0..count).map(|number| {
        let mut class = network(hand, frame);
        class.insert("name".into(), ["lte", "wifi", "dsl"][number as usize].into());
        class.insert("weight".into(), hand.count(1, 60));
        class.into()
    });
    Value::Array(classes.collect())
}

fn network(hand: &mut Hand, frame: &Frame) -> Table {
    let mut network = Table::new();
    bandwidth(hand, &mut network);
    hand.put(&mut network, "end", 4, |_| "hold".into());
    hand.put(&mut network, "offset", 4, |hand| match hand.one_in(4) {
        true => "random".into(),
        false => hand.time(0, 60_000),
    });
    hand.put(&mut network, "rtt", 2, |hand| hand.time(0, 500));
    hand.put(&mut network, "rtt_spread", 4, |hand| hand.time(0, 200));
    hand.put(&mut network, "jitter", 4, |hand| hand.time(0, 80));
    hand.put(&mut network, "queue", 4, |hand| hand.time(0, 500));
    if frame.preset.is_none() {
        hand.put(&mut network, "players", 3, |hand| hand.count(1, 5));
        hand.put(&mut network, "sharing", 4, |hand| hand.pick(&["max-min", "rtt-biased"]).into());
        if hand.one_in(3) {
            tcp(hand, &mut network);
        }
    }
    network
}

fn bandwidth(hand: &mut Hand, network: &mut Table) {
    let made = hand.between(0, 2);
    match made {
        0 => drop(network.insert("bandwidth".into(), hand.rate(100, 20_000))),
        1 => {
            let class = hand.pick(&Class::ALL);
            network.insert("generate".into(), class.name().into());
            network.insert("count".into(), hand.count(1, 3));
            network.insert("length".into(), millis(1_000 * hand.between(40, 120)));
        }
        _ => {
            let profile = hand.between(0, PROFILES.len() as u64 - 1);
            network.insert("generate".into(), PROFILES[profile as usize].name.into());
        }
    }
    if made > 0 {
        hand.put(network, "scale", 2, |hand| {
            let percent = hand.pick(&[1, 3, 10, 30, 70, 150]);
            Value::Float(f64::from(percent) / 100.0)
        });
        hand.put(network, "clip", 5, |hand| {
            let from = hand.between(0, 5_000);
            Value::Array(vec![millis(from), millis(from + hand.between(15_000, 30_000))])
        });
    }
}

fn tcp(hand: &mut Hand, network: &mut Table) {
    network.insert("model".into(), "tcp".into());
    hand.put(network, "loss", 2, |hand| {
        let most = hand.pick(&[0.001, 0.001, 0.02, 0.02, 0.3]);
        hand.share(most)
    });
    hand.put(network, "http", 2, |hand| hand.pick(&["1.1", "2", "3"]).into());
    hand.put(network, "zero_rtt", 4, |_| true.into());
    hand.put(network, "idle_restart", 4, |_| false.into());
    hand.put(network, "initial_window", 4, |hand| hand.count(1, 40));
}
