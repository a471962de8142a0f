//! What is watched, and what is live of it.

use toml::{Table, Value};

use super::Frame;
use super::hand::{Hand, millis};

pub(super) fn content(hand: &mut Hand, frame: &Frame) -> Table {
    let mut content = Table::new();
    let ladders = ["five-rung", "five-rung-600k", "envivio", "apple-hls", "dash-if-bbb"];
    let ladder = match hand.one_in(3) {
        true => hand.pick(&ladders).into(),
        false => rungs(hand),
    };
    content.insert("ladder".into(), ladder);
    if frame.audio {
        let audio = match hand.one_in(2) {
            true => "128kbps".into(),
            false => Value::Array(vec!["64kbps".into(), "192kbps".into()]),
        };
        content.insert("audio".into(), audio);
    }
    content.insert("segment".into(), millis(frame.segment));
    content.insert("duration".into(), millis(frame.duration));
    hand.put(&mut content, "variability", 2, |hand| hand.share(0.6));
    match (frame.manifest, hand.one_in(2)) {
        (false, _) => drop(content.insert("format".into(), "none".into())),
        (true, true) => drop(content.insert("format".into(), "hls".into())),
        (true, false) => {}
    }
    content
}

/// Rungs of which some know more than their bitrates.
fn rungs(hand: &mut Hand) -> Value {
    let count = hand.between(1, 5);
    let mut kbps = hand.between(100, 500);
    let pictures = hand.one_in(2);
    let (codecs, seen) = (hand.one_in(3), hand.one_in(4));
    let mut all = Vec::new();
    for number in 0..count {
        let mut rung = Table::new();
        rung.insert("bitrate".into(), format!("{kbps}kbps").into());
        if pictures {
            let sizes = ["426x240", "640x360", "854x480", "1280x720", "1920x1080"];
            rung.insert("resolution".into(), sizes[number as usize].into());
        }
        if codecs {
            let known = ["avc1.64001f", "hvc1.1.6.L93.B0", "av01.0.04M.08"];
            rung.insert("codecs".into(), hand.pick(&known).into());
            hand.put(&mut rung, "frame_rate", 2, |hand| match hand.one_in(2) {
                true => "30000/1001".into(),
                false => 50.into(),
            });
        }
        if seen {
            rung.insert("vmaf".into(), (20.0 + 15.0 * number as f64).into());
            rung.insert("ssim".into(), (0.9 + 0.02 * number as f64).into());
        }
        all.push(rung.into());
        kbps += hand.between(50, kbps + 50);
    }
    Value::Array(all)
}

pub(super) fn live(hand: &mut Hand, frame: &Frame) -> Table {
    let mut live = Table::new();
    let chunk = hand.one_in(2).then(|| hand.between(frame.segment.min(100), frame.segment));
    if let Some(chunk) = chunk {
        live.insert("chunk".into(), millis(chunk));
    }
    let mut ready = 0;
    for key in ["encode", "package", "margin"] {
        if hand.one_in(2) {
            let time = hand.between(0, 800);
            ready += time;
            live.insert(key.into(), millis(time));
        }
    }
    hand.put(&mut live, "write", 3, super::origin::latency);
    let window = frame.segment * 3 + ready + hand.between(1_200, 40_000);
    live.insert("window".into(), millis(window));
    hand.put(&mut live, "refresh", 3, |hand| hand.time(0, 4_000));
    hand.put(&mut live, "target", 3, |hand| {
        millis(hand.between(chunk.unwrap_or(frame.segment), window - 1))
    });
    hand.put(&mut live, "rates", 4, |hand| {
        let (slow, fast) = (hand.between(50, 100), hand.between(100, 200));
        Value::Array(vec![(slow as f64 / 100.0).into(), (fast as f64 / 100.0).into()])
    });
    hand.put(&mut live, "ttl", 4, |hand| hand.time(0, 3_000));
    hand.put(&mut live, "clock", 4, |hand| hand.time(0, 500));
    let elapsed = hand.between(1_000, 60_000);
    live.insert("elapsed".into(), millis(elapsed));
    hand.put(&mut live, "event", 3, |hand| {
        let count = hand.between(1, 2);
        Value::Array((0..count).map(|_| event(hand, frame)).collect())
    });
    live
}

fn event(hand: &mut Hand, frame: &Frame) -> Value {
    let mut event = Table::new();
    let kinds = if frame.manifest { 4 } else { 3 };
    let kind = ["restart", "late", "missing", "break"][hand.between(0, kinds - 1) as usize];
    event.insert("kind".into(), kind.into());
    // The last segment begins so long before the end at most.
    let last = frame.duration.saturating_sub(frame.segment);
    event.insert("at".into(), millis(hand.between(0, last)));
    if kind == "restart" || hand.one_in(2) {
        event.insert("for".into(), millis(hand.between(100, 6_000)));
    }
    if kind == "late" {
        event.insert("by".into(), hand.time(100, 5_000));
    }
    event.into()
}
