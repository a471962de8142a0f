//! What happened to viewers, a line each, for people to read.

use crate::media::{Object, Segment};
use crate::player::{Event, Receipt, Request};
use crate::units::{Span, Time};

/// What happened to a viewer at that time.
pub fn line(viewer: u64, at: Time, event: &Event) -> String {
    let secs = at.since_start().as_secs_f64();
    format!("{secs:>14.6}  viewer {viewer}  {}\n", what(event))
}

fn what(event: &Event) -> String {
    match *event {
        Event::Requested(ref request, estimate) => {
            let rate = estimate.map(|rate| format!(", taking the throughput to be {rate}"));
            format!("asks for {}{}", asked(request), rate.unwrap_or_default())
        }
        Event::Delivered(ref request, ref receipt) => {
            format!("has {}{}", asked(request), came(receipt))
        }
        Event::Abandoned(ref request, ref receipt) => {
            format!("abandons {}{}", asked(request), came(receipt))
        }
        Event::Failed(ref request, ref receipt) => {
            format!("fails to get {}{}", asked(request), came(receipt))
        }
        Event::Arrived(segment, upto, _) => {
            let upto = upto.since_start();
            format!("can play {} up to {}", object(Object::Segment(segment)), seconds(upto))
        }
        Event::Started => "playback starts".to_owned(),
        Event::Shown(segment) => format!("sees {}", object(Object::Segment(segment))),
        Event::Stalled => "playback stalls".to_owned(),
        Event::Resumed => "playback resumes".to_owned(),
        Event::Discarded(track, from) => {
            format!("drops track {} from segment {from} on", track.0)
        }
        Event::Reported(span) => format!("its player reports a stall of {}", seconds(span)),
        Event::Sought { to, buffered } => {
            let held = if buffered { "buffered" } else { "not buffered" };
            format!("seeks to {}, {held}", seconds(to.since_start()))
        }
        Event::Landed => "playback goes on there".to_owned(),
        Event::Paused => "pauses".to_owned(),
        Event::Unpaused => "plays on".to_owned(),
        Event::Behind { latency, target, speed } => {
            let (latency, target) = (seconds(latency), seconds(target));
            format!("is {latency} behind live, aims at {target}, plays at {speed}")
        }
        Event::Resynced { to, skipped, .. } => {
            let to = seconds(to.since_start());
            format!("goes to {to} of what is live, leaves out {}", seconds(skipped))
        }
        Event::Ended => "has seen everything".to_owned(),
        Event::GaveUp(it) => format!("its player gives up: it cannot have {}", object(it)),
        Event::Left(why) => format!("leaves: {}", format!("{why:?}").to_lowercase()),
    }
}

fn asked(request: &Request) -> String {
    let attempt = match request.attempt {
        0 => String::new(),
        again => format!(", attempt {}", again + 1),
    };
    format!("{} ({}{attempt})", object(request.object), request.size)
}

fn object(object: Object) -> String {
    match object {
        Object::Document(document) => format!("document {}", document.0),
        Object::Segment(Segment { track, index, rung }) => {
            format!("segment {index} of track {} at rung {}", track.0, rung.0)
        }
    }
}

fn came(receipt: &Receipt) -> String {
    let first =
        receipt.first_byte.map(|first| format!(", first byte at {}", seconds(first.since_start())));
    let fault = receipt.fault.map(|fault| format!(", {fault:?}"));
    format!(": {}{}{}", receipt.received, first.unwrap_or_default(), fault.unwrap_or_default())
}

fn seconds(span: Span) -> String {
    format!("{:.6} s", span.as_secs_f64())
}
