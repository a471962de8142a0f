//! What happened to real players, an event a line, as JSON.
//!
//! The idea to hold: a log holds all that metrics are made of, so that what it says can be had from
//! it again.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::media::{Object, Segment};
use crate::player::Event;
use crate::scenario::Scenario;
use crate::scenario::real::Log;
use crate::units::Time;

/// Every event of every session.
pub(super) fn written(scenario: &Scenario, logs: &[Log]) -> String {
    let mut text = String::new();
    for Log { contender, viewer, events } in logs {
        let abr = &scenario.points[0].setup.contenders[*contender].label;
        for (at, event) in events {
            let mut line = json!({
                "abr": abr,
                "viewer": viewer,
                "at_s": seconds(*at),
            });
            if let (Some(line), Value::Object(told)) = (line.as_object_mut(), told(event)) {
                line.extend(told);
            }
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

fn seconds(at: Time) -> f64 {
    at.since_start().as_secs_f64()
}

fn told(event: &Event) -> Value {
    let request = |name: &str, request: &crate::player::Request, more: Value| {
        let mut line =
            json!({ "event": name, "size": request.size.get(), "attempt": request.attempt });
        match request.object {
            Object::Document(id) => line["document"] = json!(id.0),
            Object::Segment(segment) => place(&mut line, segment),
        }
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        line
    };
    let come = |receipt: &crate::player::Receipt| {
        json!({
            "received": receipt.received.get(),
            "first_byte_s": receipt.first_byte.map(seconds),
        })
    };
    match event {
        Event::Requested(own, estimate) => {
            let estimate = estimate.map(|rate| rate.as_kbps_f64());
            request("requested", own, json!({ "estimate_kbps": estimate }))
        }
        Event::Delivered(own, receipt) => request("delivered", own, come(receipt)),
        Event::Abandoned(own, receipt) => request("abandoned", own, come(receipt)),
        Event::Failed(own, receipt) => {
            let mut more = come(receipt);
            more["fault"] = json!(receipt.fault.map(|fault| format!("{fault:?}")));
            request("failed", own, more)
        }
        Event::Shown(segment) => {
            let mut line = json!({ "event": "shown" });
            place(&mut line, *segment);
            line
        }
        Event::Started => json!({ "event": "started" }),
        Event::Stalled => json!({ "event": "stalled" }),
        Event::Resumed => json!({ "event": "resumed" }),
        Event::Landed => json!({ "event": "landed" }),
        Event::Paused => json!({ "event": "paused" }),
        Event::Unpaused => json!({ "event": "unpaused" }),
        Event::Ended => json!({ "event": "ended" }),
        Event::Left(why) => json!({ "event": "left", "why": format!("{why:?}") }),
        Event::GaveUp(object) => json!({ "event": "gave-up", "object": format!("{object:?}") }),
        Event::Sought { to, buffered } => {
            json!({ "event": "sought", "to_s": to.as_secs_f64(), "buffered": buffered })
        }
        Event::Resynced { to, skipped, buffered } => json!({
            "event": "resynced",
            "to_s": to.as_secs_f64(),
            "skipped_s": skipped.as_secs_f64(),
            "buffered": buffered,
        }),
        Event::Behind { latency, target, speed } => json!({
            "event": "behind",
            "latency_s": latency.as_secs_f64(),
            "target_s": target.as_secs_f64(),
            "speed": speed.as_f64(),
        }),
        Event::Discarded(track, from) => {
            json!({ "event": "discarded", "track": track.0, "from": from })
        }
        Event::Reported(span) => json!({ "event": "reported", "stall_s": span.as_secs_f64() }),
        Event::Arrived(segment, upto, receipt) => {
            let mut line = json!({
                "event": "arrived",
                "upto_s": upto.as_secs_f64(),
                "received": receipt.received.get(),
            });
            place(&mut line, *segment);
            line
        }
    }
}

fn place(line: &mut Value, Segment { track, index, rung }: Segment) {
    line["track"] = json!(track.0);
    line["segment"] = json!(index);
    line["rung"] = json!(rung.0);
}
