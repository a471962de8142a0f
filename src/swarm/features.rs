//! What is drawn, and what happens: what a swarm's worlds are worth.

use toml::{Table, Value};

use crate::player::{Event, Reason};

/// What is known by the scenario alone.
type Drawn = fn(&Table) -> bool;

/// What is known by what happens.
type Happens = fn(&Event) -> bool;

/// Something that a world has, or not.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// What it is.
    pub name: &'static str,
    is: Is,
}

#[derive(Clone, Copy, Debug)]
enum Is {
    Drawn(Drawn),
    Happens(Happens),
}

// A set of them is as many bits.
const _: () = assert!(FEATURES.len() <= 64);

/// Every feature, in the order of reports.
pub const FEATURES: &[Feature] = &[
    drawn("several algorithms", |t| len(t, "abr") > 1),
    drawn("models of players", |t| names(t).iter().any(|name| is_model(name))),
    drawn("parameters", |t| t.contains_key("algorithm")),
    drawn("several networks", |t| len(t, "network") > 1),
    drawn("shared links", |t| networks(t, |n| number(n, "players") > 1)),
    drawn("tcp", |t| networks(t, |n| text(n, "model") == "tcp")),
    drawn("http/1.1", |t| networks(t, |n| text(n, "http") == "1.1")),
    drawn("http/3", |t| networks(t, |n| text(n, "http") == "3")),
    drawn("loss", |t| networks(t, |n| n.contains_key("loss"))),
    drawn("jitter", |t| networks(t, |n| n.contains_key("jitter"))),
    drawn("queues", |t| networks(t, |n| n.contains_key("queue"))),
    drawn("generated traces", |t| networks(t, |n| n.contains_key("count"))),
    drawn("profiles", |t| networks(t, |n| n.contains_key("generate") && !n.contains_key("count"))),
    drawn("devices", |t| t.contains_key("device")),
    drawn("audio", |t| inner(t, "content", "audio")),
    drawn("variable sizes", |t| inner(t, "content", "variability")),
    drawn("hls", |t| table(t, "content").is_some_and(|c| text(c, "format") == "hls")),
    drawn("presets", |t| inner(t, "player", "preset")),
    drawn("live", |t| t.contains_key("live")),
    drawn("chunks", |t| inner(t, "live", "chunk")),
    drawn("live events", |t| inner(t, "live", "event")),
    drawn("arrivals", |t| inner(t, "audience", "arrivals")),
    drawn("watch time", |t| inner(t, "audience", "watch")),
    drawn("patience", |t| inner(t, "audience", "patience")),
    drawn("speeds", |t| inner(t, "audience", "speed")),
    drawn("memory", |t| inner(t, "audience", "memory")),
    drawn("latency tails", |t| inner(t, "origin", "latency")),
    drawn("tiers", |t| inner(t, "origin", "tier")),
    drawn("incidents", |t| inner(t, "origin", "incident")),
    drawn("scripted faults", |t| inner(t, "origin", "fault")),
    drawn("queues at origins", |t| inner(t, "origin", "servers") || inner(t, "origin", "rate")),
    drawn("caches", |t| t.contains_key("cdn")),
    drawn("shields", |t| inner(t, "cdn", "shield")),
    drawn("two cdns", |t| inner(t, "cdn", "cdns")),
    drawn("catalogues", |t| t.contains_key("catalogue")),
    drawn("sweeps", |t| t.contains_key("sweep")),
    drawn("requests written", |t| inner(t, "output", "requests")),
    happens("stalls", |e| matches!(e, Event::Stalled)),
    happens("abandoned transfers", |e| matches!(e, Event::Abandoned(..))),
    happens("failed transfers", |e| matches!(e, Event::Failed(..))),
    happens("replaced segments", |e| matches!(e, Event::Discarded(..))),
    happens("seeks", |e| matches!(e, Event::Sought { .. })),
    happens("pauses", |e| matches!(e, Event::Paused)),
    happens("resyncs", |e| matches!(e, Event::Resynced { .. })),
    happens("watched to the end", |e| matches!(e, Event::Ended)),
    happens("gave up", |e| matches!(e, Event::GaveUp(_))),
    happens("satisfied", |e| matches!(e, Event::Left(Reason::Satisfied))),
    happens("out of patience at startup", |e| matches!(e, Event::Left(Reason::Startup))),
    happens("out of patience in a stall", |e| matches!(e, Event::Left(Reason::Stall))),
    happens("out of patience after a seek", |e| matches!(e, Event::Left(Reason::Seek))),
    happens("out of time", |e| matches!(e, Event::Left(Reason::Limit))),
];

const fn drawn(name: &'static str, is: Drawn) -> Feature {
    Feature { name, is: Is::Drawn(is) }
}

const fn happens(name: &'static str, is: Happens) -> Feature {
    Feature { name, is: Is::Happens(is) }
}

/// Which features a world has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Features(u64);

impl Features {
    /// Those of a scenario.
    pub(super) fn of(scenario: &Table) -> Self {
        let mut own = Self::default();
        own.mark(|is| matches!(is, Is::Drawn(is) if is(scenario)));
        own
    }

    /// Something has happened.
    pub(super) fn see(&mut self, event: &Event) {
        // Most of what happens is neither of these.
        if !event.is_of_fetching() {
            self.mark(|is| matches!(is, Is::Happens(is) if is(event)));
        }
    }

    /// Whether it has one of [`FEATURES`], by its place there.
    pub fn has(&self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    fn mark(&mut self, is: impl Fn(Is) -> bool) {
        for (place, feature) in FEATURES.iter().enumerate() {
            self.0 |= u64::from(is(feature.is)) << place;
        }
    }
}

fn table<'a>(of: &'a Table, key: &str) -> Option<&'a Table> {
    of.get(key).and_then(Value::as_table)
}

fn inner(of: &Table, key: &str, inner: &str) -> bool {
    table(of, key).is_some_and(|table| table.contains_key(inner))
}

fn len(of: &Table, key: &str) -> usize {
    of.get(key).and_then(Value::as_array).map_or(0, Vec::len)
}

fn text<'a>(of: &'a Table, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(of: &Table, key: &str) -> i64 {
    of.get(key).and_then(Value::as_integer).unwrap_or_default()
}

/// Whether a class of networks is so.
fn networks(of: &Table, is: impl Fn(&Table) -> bool) -> bool {
    match of.get("network") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_table).any(is),
        Some(Value::Table(one)) => is(one),
        _ => false,
    }
}

/// The algorithms that are compared, and those that tables make others of.
fn names(of: &Table) -> Vec<&str> {
    let mut names = match of.get("abr") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let made = table(of, "algorithm").into_iter().flat_map(Table::values);
    names.extend(made.filter_map(Value::as_table).map(|own| text(own, "use")));
    names
}

fn is_model(name: &str) -> bool {
    crate::abr::models::Model::named(name).is_some()
}
