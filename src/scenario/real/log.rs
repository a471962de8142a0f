//! What happened to real players, an event a line, as JSON: written, and read again.
//!
//! The idea to hold: a log holds all that metrics are made of, to the nanosecond, so that what they
//! said once they say again.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::cdn::Fault;
use crate::media::{DocumentId, Object, Rung, Segment, TrackId};
use crate::player::{Event, Reason, Receipt, Request, RequestId};
use crate::units::{Bitrate, Bytes, Pts, Span, Speed, Time};

/// One session, told.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The algorithm, as the scenario calls it.
    pub abr: String,
    /// The viewer.
    pub viewer: u64,
    /// What happened, and when.
    pub events: Vec<(Time, Event)>,
}

/// Every event of every session.
pub fn write(logs: &[Log]) -> String {
    let mut text = String::new();
    for Log { abr, viewer, events } in logs {
        for (at, event) in events {
            let mut line = json!({ "abr": abr, "viewer": viewer, "at_ns": at.as_nanos() });
            add(&mut line, told(event));
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// The sessions of a log, in the order in which they begin.
///
/// # Errors
/// The number of the first line that is none of a log's, and why.
pub fn read(text: &str) -> Result<Vec<Log>, (usize, String)> {
    let mut logs: Vec<Log> = Vec::new();
    let mut places: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: String| (number + 1, why);
        let line: Value = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let line = Line(&line);
        let abr = line.text("abr").ok_or_else(|| wrong(lacks("abr")))?.to_owned();
        let viewer = line.number("viewer").ok_or_else(|| wrong(lacks("viewer")))?;
        let at = line.number("at_ns").ok_or_else(|| wrong(lacks("at_ns")))?;
        let event = line.event().map_err(|key| wrong(lacks(key)))?;
        let place = *places.entry((abr.clone(), viewer)).or_insert_with(|| {
            logs.push(Log { abr, viewer, events: Vec::new() });
            logs.len() - 1
        });
        logs[place].events.push((Time::from_nanos(at), event));
    }
    Ok(logs)
}

fn lacks(key: &str) -> String {
    format!("its {key:?} is none of a log that --save wrote, or is missing")
}

fn add(line: &mut Value, more: Value) {
    if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
}

/// The words for why a viewer leaves.
const REASONS: [(Reason, &str); 5] = [
    (Reason::Satisfied, "satisfied"),
    (Reason::Startup, "startup"),
    (Reason::Stall, "stall"),
    (Reason::Seek, "seek"),
    (Reason::Limit, "limit"),
];

/// Events that are what they are called.
const PLAIN: [(Event, &str); 7] = [
    (Event::Started, "started"),
    (Event::Stalled, "stalled"),
    (Event::Resumed, "resumed"),
    (Event::Landed, "landed"),
    (Event::Paused, "paused"),
    (Event::Unpaused, "unpaused"),
    (Event::Ended, "ended"),
];

fn told(event: &Event) -> Value {
    if let Some((_, name)) = PLAIN.iter().find(|(plain, _)| plain == event) {
        return json!({ "event": name });
    }
    let nanos = |span: Span| span.as_nanos();
    let place = |to: Pts| to.since_start().as_nanos();
    match *event {
        Event::Requested(ref own, estimate) => {
            let estimate = estimate.map(|rate| rate.as_bps());
            request("requested", own, json!({ "estimate_bps": estimate }))
        }
        Event::Delivered(ref own, ref receipt) => request("delivered", own, come(receipt)),
        Event::Abandoned(ref own, ref receipt) => request("abandoned", own, come(receipt)),
        Event::Failed(ref own, ref receipt) => request("failed", own, come(receipt)),
        Event::Shown(segment) => of(json!({ "event": "shown" }), Object::Segment(segment)),
        Event::Arrived(segment, upto, ref receipt) => {
            let mut line = json!({ "event": "arrived", "to_ns": place(upto) });
            add(&mut line, come(receipt));
            of(line, Object::Segment(segment))
        }
        Event::Left(why) => {
            let why = REASONS.iter().find(|(reason, _)| *reason == why).map(|(_, word)| *word);
            json!({ "event": "left", "why": why })
        }
        Event::GaveUp(object) => of(json!({ "event": "gave-up" }), object),
        Event::Sought { to, buffered } => {
            json!({ "event": "sought", "to_ns": place(to), "buffered": buffered })
        }
        Event::Resynced { to, skipped, buffered } => json!({
            "event": "resynced",
            "to_ns": place(to),
            "skipped_ns": nanos(skipped),
            "buffered": buffered,
        }),
        Event::Behind { latency, target, speed } => json!({
            "event": "behind",
            "latency_ns": nanos(latency),
            "target_ns": nanos(target),
            "speed": speed.as_f64(),
        }),
        Event::Discarded(track, from) => {
            json!({ "event": "discarded", "track": track.0, "segment": from })
        }
        Event::Reported(span) => json!({ "event": "reported", "stall_ns": nanos(span) }),
        Event::Started
        | Event::Stalled
        | Event::Resumed
        | Event::Landed
        | Event::Paused
        | Event::Unpaused
        | Event::Ended => Value::Null,
    }
}

fn request(name: &str, own: &Request, more: Value) -> Value {
    let mut line = json!({
        "event": name,
        "lane": own.id.lane,
        "serial": own.id.serial,
        "size": own.size.get(),
        "attempt": own.attempt,
        "again": own.again,
    });
    add(&mut line, more);
    of(line, own.object)
}

fn of(mut line: Value, object: Object) -> Value {
    match object {
        Object::Document(id) => line["document"] = json!(id.0),
        Object::Segment(Segment { track, index, rung }) => {
            line["track"] = json!(track.0);
            line["segment"] = json!(index);
            line["rung"] = json!(rung.0);
        }
    }
    line
}

/// What there is to say of a transfer; what is nothing is not said.
fn come(receipt: &Receipt) -> Value {
    let mut line = Map::new();
    line.insert("received".to_owned(), json!(receipt.received.get()));
    let times = [
        ("first_byte_ns", receipt.first_byte),
        ("chunk_ns", receipt.chunk),
        ("reached_ns", Some(receipt.reached)),
        ("sent_ns", Some(receipt.sent)),
        ("made_ns", Some(receipt.made)),
    ];
    let times = times.into_iter().filter_map(|(key, at)| Some((key, at?.as_nanos())));
    let spans =
        [("idle_ns", receipt.idle), ("thought_ns", receipt.thought), ("shield_ns", receipt.shield)];
    let spans = spans.into_iter().map(|(key, span)| (key, span.as_nanos()));
    let told = times.chain(spans.filter(|(_, nanos)| *nanos > 0));
    line.extend(told.map(|(key, nanos)| (key.to_owned(), json!(nanos))));
    match receipt.fault {
        None => {}
        Some(Fault::Error(status)) => drop(line.insert("fault".to_owned(), json!(status))),
        Some(Fault::Reset) => drop(line.insert("fault".to_owned(), json!("reset"))),
        Some(Fault::Short(_)) => drop(line.insert("fault".to_owned(), json!("short"))),
    }
    Value::Object(line)
}

/// A line, as it is read.
#[derive(Clone, Copy)]
struct Line<'a>(&'a Value);

impl Line<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    fn small<T: TryFrom<u64>>(&self, key: &'static str) -> Result<T, &'static str> {
        self.number(key).and_then(|number| number.try_into().ok()).ok_or(key)
    }

    fn time(&self, key: &str) -> Option<Time> {
        self.number(key).map(Time::from_nanos)
    }

    fn span(&self, key: &'static str) -> Result<Span, &'static str> {
        self.number(key).map(Span::from_nanos).ok_or(key)
    }

    fn is(&self, key: &'static str) -> Result<bool, &'static str> {
        self.0.get(key).and_then(Value::as_bool).ok_or(key)
    }

    fn segment(&self) -> Result<Segment, &'static str> {
        let (track, rung) = (TrackId(self.small("track")?), Rung(self.small("rung")?));
        Ok(Segment { track, index: self.small("segment")?, rung })
    }

    fn object(&self) -> Result<Object, &'static str> {
        match self.0.get("document") {
            Some(_) => Ok(Object::Document(DocumentId(self.small("document")?))),
            None => self.segment().map(Object::Segment),
        }
    }

    fn request(&self) -> Result<Request, &'static str> {
        let id = RequestId { lane: self.small("lane")?, serial: self.small("serial")? };
        let size = Bytes::new(self.small("size")?);
        let (attempt, again) = (self.small("attempt")?, self.small("again")?);
        Ok(Request { id, object: self.object()?, size, attempt, again, watch: None })
    }

    fn receipt(&self) -> Result<Receipt, &'static str> {
        let received = Bytes::new(self.small("received")?);
        let span = |key| self.span(key).unwrap_or_default();
        let time = |key| self.time(key).unwrap_or_default();
        let fault = match self.0.get("fault") {
            None => None,
            Some(Value::String(word)) if word == "reset" => Some(Fault::Reset),
            Some(Value::String(word)) if word == "short" => Some(Fault::Short(received)),
            Some(_) => Some(Fault::Error(self.small("fault")?)),
        };
        Ok(Receipt {
            first_byte: self.time("first_byte_ns"),
            received,
            idle: span("idle_ns"),
            chunk: self.time("chunk_ns"),
            reached: time("reached_ns"),
            sent: time("sent_ns"),
            thought: span("thought_ns"),
            shield: span("shield_ns"),
            made: time("made_ns"),
            fault,
        })
    }

    /// What it tells, or the key that does not.
    fn event(&self) -> Result<Event, &'static str> {
        let name = self.text("event").ok_or("event")?;
        if let Some((event, _)) = PLAIN.iter().find(|(_, plain)| *plain == name) {
            return Ok(*event);
        }
        let to = || self.span("to_ns").map(|to| Pts::ZERO + to);
        Ok(match name {
            "requested" => {
                let estimate = self.number("estimate_bps").map(Bitrate::from_bps);
                Event::Requested(self.request()?, estimate)
            }
            "delivered" => Event::Delivered(self.request()?, self.receipt()?),
            "abandoned" => Event::Abandoned(self.request()?, self.receipt()?),
            "failed" => Event::Failed(self.request()?, self.receipt()?),
            "shown" => Event::Shown(self.segment()?),
            "arrived" => Event::Arrived(self.segment()?, to()?, self.receipt()?),
            "left" => {
                let why = self.text("why").ok_or("why")?;
                let why = REASONS.iter().find(|(_, word)| *word == why).ok_or("why")?;
                Event::Left(why.0)
            }
            "gave-up" => Event::GaveUp(self.object()?),
            "sought" => Event::Sought { to: to()?, buffered: self.is("buffered")? },
            "resynced" => Event::Resynced {
                to: to()?,
                skipped: self.span("skipped_ns")?,
                buffered: self.is("buffered")?,
            },
            "behind" => Event::Behind {
                latency: self.span("latency_ns")?,
                target: self.span("target_ns")?,
                speed: self.speed()?,
            },
            "discarded" => Event::Discarded(TrackId(self.small("track")?), self.small("segment")?),
            "reported" => Event::Reported(self.span("stall_ns")?),
            _ => return Err("event"),
        })
    }

    fn speed(&self) -> Result<Speed, &'static str> {
        let told = self.0.get("speed").and_then(Value::as_f64).ok_or("speed")?;
        Speed::from_per_mille(libm::round(1e3 * told) as u16).ok_or("speed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        let at = |millis: u64| Time::from_nanos(millis * 1_000_003);
        let segment = Segment { track: TrackId(1), index: 7, rung: Rung(2) };
        let id = RequestId { lane: 1, serial: 9 };
        let (size, object) = (Bytes::new(5_000), Object::Segment(segment));
        let request = Request { id, object, size, attempt: 1, again: 0, watch: None };
        let document = Request { object: Object::Document(DocumentId(3)), ..request };
        let receipt = Receipt { idle: Span::from_millis(3), ..Receipt::of(Some(at(5)), size) };
        let failed = Receipt::of(None, Bytes::ZERO).failed(Fault::Error(404));
        let short = Receipt::of(Some(at(1)), size).failed(Fault::Short(size));
        let (to, buffered) = (Pts::ZERO + Span::from_secs(4), true);
        let speed = Speed::from_per_mille(1_050).unwrap();
        let (latency, target) = (Span::from_secs(3), Span::from_secs(2));
        let mut events: Vec<_> = PLAIN.iter().map(|(event, _)| *event).collect();
        events.extend(REASONS.iter().map(|(why, _)| Event::Left(*why)));
        events.extend([
            Event::Requested(request, Some(Bitrate::kbps(700))),
            Event::Requested(document, None),
            Event::Delivered(request, receipt),
            Event::Abandoned(request, receipt),
            Event::Failed(document, failed),
            Event::Failed(request, short),
            Event::Arrived(segment, to, receipt),
            Event::Shown(segment),
            Event::GaveUp(object),
            Event::Sought { to, buffered },
            Event::Resynced { to, skipped: target, buffered },
            Event::Behind { latency, target, speed },
            Event::Discarded(TrackId(0), 4),
            Event::Reported(latency),
        ]);
        let events = events.into_iter().zip(0..).map(|(event, n)| (at(n), event)).collect();
        Log { abr: "bola".to_owned(), viewer: 17, events }
    }

    #[test]
    fn what_is_written_is_read_again_to_the_nanosecond() {
        let other = Log { viewer: 18, ..log() };
        assert_eq!(read(&write(&[log(), other.clone()])).unwrap(), [log(), other]);
    }

    #[test]
    fn a_line_that_is_none_is_named_and_what_it_lacks() {
        let good = write(&[log()]);
        let lines: Vec<_> = good.lines().collect();
        let spoilt = |line: &str| read(&format!("{}\n\n{line}\n", lines[0])).unwrap_err();
        assert_eq!(spoilt("{}").0, 3);
        assert!(spoilt("{}").1.contains("\"abr\""));
        assert!(spoilt("no").1.contains("line 1"), "{:?}", spoilt("no"));
        let event = r#"{"abr":"a","viewer":1,"at_ns":5,"event":"danced"}"#;
        assert!(spoilt(event).1.contains("\"event\""));
        let far =
            r#"{"abr":"a","viewer":1,"at_ns":5,"event":"shown","track":900,"segment":1,"rung":1}"#;
        assert!(spoilt(far).1.contains("\"track\""));
    }
}
