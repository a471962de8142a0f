//! What viewers watch on, when they come, and what they do.

use toml::{Table, Value};

use super::Frame;
use super::hand::{Hand, millis};

pub(super) fn devices(hand: &mut Hand) -> Value {
    let device = |name: &str, weight: u64, most: Option<i64>| {
        let mut device = Table::new();
        device.insert("name".into(), name.into());
        device.insert("weight".into(), (weight as i64).into());
        if let Some(most) = most {
            device.insert("max_height".into(), most.into());
        }
        Value::Table(device)
    };
    let most = hand.pick(&[240, 360, 480, 720]);
    let tv = device("tv", hand.between(1, 9), None);
    Value::Array(vec![tv, device("phone", hand.between(0, 9), Some(most))])
}

pub(super) fn draw(hand: &mut Hand, frame: &Frame) -> Table {
    let mut audience = Table::new();
    // Of what is live, while there is some to come.
    let late = frame.duration / 2;
    hand.put(&mut audience, "arrivals", 2, |hand| arrivals(hand, late).into());
    hand.put(&mut audience, "watch", 3, |hand| drawn(hand, frame.duration));
    hand.put(&mut audience, "patience", 2, |hand| {
        let mut patience = Table::new();
        hand.put(&mut patience, "startup", 2, |hand| drawn(hand, 12_000));
        hand.put(&mut patience, "stall", 2, |hand| drawn(hand, 8_000));
        patience.into()
    });
    hand.put(&mut audience, "pause", 3, |hand| {
        let mut pause = Table::new();
        pause.insert("every".into(), hand.time(2_000, 40_000));
        pause.insert("for".into(), drawn(hand, 30_000));
        pause.into()
    });
    hand.put(&mut audience, "seek", 3, |hand| seeks(hand, frame).into());
    if !frame.live {
        hand.put(&mut audience, "speed", 4, |hand| {
            let speed = hand.pick(&[0.25, 0.5, 1.25, 1.5, 2.0, 4.0]);
            let one = |speed: f64, weight: i64| Value::Array(vec![speed.into(), weight.into()]);
            Value::Array(vec![one(1.0, 1), one(speed, 2)])
        });
    }
    hand.put(&mut audience, "memory", 4, |hand| {
        let mut memory = Table::new();
        hand.put(&mut memory, "share", 2, |hand| hand.share(1.0));
        hand.put(&mut memory, "sigma", 2, |hand| hand.share(2.0));
        memory.into()
    });
    audience
}

fn arrivals(hand: &mut Hand, late: u64) -> Table {
    let mut arrivals = Table::new();
    if hand.one_in(2) {
        arrivals.insert("over".into(), millis(hand.between(1, late)));
        return arrivals;
    }
    let turn = hand.between(1, late.max(3) - 2);
    let point = |at: u64, weight: u64| Value::Array(vec![millis(at), (weight as i64).into()]);
    let points = [point(0, hand.between(0, 3)), point(turn, hand.between(1, 9)), point(late, 0)];
    arrivals.insert("curve".into(), Value::Array(points.to_vec()));
    arrivals
}

fn seeks(hand: &mut Hand, frame: &Frame) -> Table {
    let mut seeks = Table::new();
    if hand.one_in(2) {
        seeks.insert("every".into(), hand.time(2_000, 40_000));
        return seeks;
    }
    let (mut at, mut steps) = (0, Vec::new());
    for _ in 0..hand.between(1, 3) {
        at += hand.between(u64::from(at > 0), frame.duration / 2);
        let mut step = Table::new();
        step.insert("at".into(), millis(at));
        step.insert("to".into(), millis(hand.between(0, frame.duration - 1)));
        steps.push(step.into());
        at += 1;
    }
    seeks.insert("steps".into(), Value::Array(steps));
    seeks
}

/// A length of time, in one of the ways in which it is written.
fn drawn(hand: &mut Hand, most: u64) -> Value {
    let mut table = Table::new();
    match hand.between(0, 3) {
        0 => return hand.time(0, most),
        1 => drop(table.insert("mean".into(), hand.time(1, most))),
        2 => {
            table.insert("median".into(), hand.time(1, most));
            hand.put(&mut table, "sigma", 2, |hand| hand.share(1.5));
        }
        _ => {
            let half = hand.between(1, most / 2);
            let bin = |to: u64, weight: u64| Value::Array(vec![millis(to), (weight as i64).into()]);
            let bins = vec![bin(half, hand.between(1, 9)), bin(most, hand.between(0, 9))];
            table.insert("histogram".into(), Value::Array(bins));
        }
    }
    table.into()
}
