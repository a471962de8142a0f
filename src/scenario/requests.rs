//! A request as a row of `requests.csv`: what a player asked for, what came of it, and how caches
//! came to answer.
//!
//! The idea to hold: events tell what players saw and the chain what it did; a request's name, its
//! viewer's slot and serial number, joins them when all is over. Columns are only ever appended.

use crate::cdn::{Caller, Source, Told};
use crate::media::Object;
use crate::metrics::Fate;
use crate::player::{Event, Receipt, Request};
use crate::units::Time;

/// The names of the columns. Rungs are counted from 0, the cheapest that the viewer's device shows.
pub(super) const COLUMNS: &[&str] = &[
    "run",
    "viewer",
    "request",
    "object",
    "track",
    "index",
    "rung",
    "attempt",
    "asked_s",
    "first_byte_s",
    "ended_s",
    "bytes",
    "outcome",
    "found",
    "from",
    "edge_wait_ms",
    "edge_attempts",
];

/// Requests in the order in which they were made.
pub(super) struct Requests {
    lanes: usize,
    all: Vec<Made>,
    /// The one under way, by slot.
    open: Vec<Option<usize>>,
}

/// A request, and what came of it.
struct Made {
    who: usize,
    asked: Time,
    request: Request,
    end: Option<(Time, Receipt, Fate)>,
}

impl Requests {
    /// Of so many viewers, with so many lanes each.
    pub(super) fn new(viewers: usize, lanes: usize) -> Self {
        Self { lanes, all: Vec::new(), open: vec![None; viewers * lanes] }
    }

    /// Takes in what happened to a viewer.
    pub(super) fn record(&mut self, who: usize, at: Time, event: &Event) {
        let slot = |request: &Request| who * self.lanes + usize::from(request.id.lane);
        match event {
            Event::Requested(request, _) => {
                let slot = slot(request);
                self.open[slot] = Some(self.all.len());
                self.all.push(Made { who, asked: at, request: *request, end: None });
            }
            Event::Delivered(request, receipt) => {
                self.end(slot(request), (at, *receipt, Fate::Delivered));
            }
            Event::Abandoned(request, receipt) => {
                self.end(slot(request), (at, *receipt, Fate::Abandoned));
            }
            Event::Failed(request, receipt) => {
                self.end(slot(request), (at, *receipt, Fate::Failed));
            }
            Event::Started
            | Event::Shown(_)
            | Event::Arrived(..)
            | Event::Behind { .. }
            | Event::Resynced { .. }
            | Event::Stalled
            | Event::Resumed
            | Event::Discarded(..)
            | Event::Reported(_)
            | Event::Sought { .. }
            | Event::Landed
            | Event::Paused
            | Event::Unpaused
            | Event::Ended
            | Event::GaveUp(_)
            | Event::Left(_) => {}
        }
    }

    fn end(&mut self, slot: usize, end: (Time, Receipt, Fate)) {
        if let Some(place) = self.open[slot].take() {
            self.all[place].end = Some(end);
        }
    }

    /// All of them as rows, of a run and of viewers of these numbers.
    pub(super) fn rows(
        &self,
        run: &str,
        viewers: &[u64],
        told: &[(Caller, Told)],
        stores: &[String],
    ) -> Vec<u8> {
        let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let name = |(caller, _): &&(Caller, Told)| (caller.slot, caller.serial);
        let mut told: Vec<_> = told.iter().collect();
        told.sort_by_key(name);
        for made in &self.all {
            let Request { id, object, attempt, .. } = made.request;
            let slot = (made.who * self.lanes + usize::from(id.lane)) as u32;
            let found = told.binary_search_by_key(&(slot, id.serial), name);
            let secs = |time: Time| time.since_start().in_secs().to_string();
            let [kind, track, index, rung] = match object {
                Object::Document(document) => {
                    ["document".to_owned(), String::new(), document.0.to_string(), String::new()]
                }
                Object::Segment(s) => [
                    "segment".to_owned(),
                    s.track.0.to_string(),
                    s.index.to_string(),
                    s.rung.0.to_string(),
                ],
            };
            let mut row =
                vec![run.to_owned(), viewers[made.who].to_string(), id.serial.to_string()];
            row.extend([kind, track, index, rung, attempt.to_string(), secs(made.asked)]);
            row.extend(match made.end {
                Some((at, receipt, fate)) => [
                    receipt.first_byte.map(secs).unwrap_or_default(),
                    secs(at),
                    receipt.received.get().to_string(),
                    fate.name().to_owned(),
                ],
                None => [String::new(), String::new(), String::new(), Fate::Open.name().to_owned()],
            });
            row.extend(match found.map(|place| told[place].1) {
                Ok(Told { found, source, wait, attempts }) => [
                    found.name().to_owned(),
                    name_of(source, stores),
                    wait.in_millis().to_string(),
                    attempts.to_string(),
                ],
                Err(_) => [const { String::new() }; 4],
            });
            rows.write_record(row).expect("memory takes any row");
        }
        rows.into_inner().expect("memory takes any row")
    }
}

/// What an answer's place of origin is called.
pub(crate) fn name_of(source: Source, stores: &[String]) -> String {
    match source {
        Source::Edge => "edge".to_owned(),
        Source::Shield => "shield".to_owned(),
        Source::Origin(store) => {
            stores.get(usize::from(store)).cloned().unwrap_or_else(|| "origin".to_owned())
        }
    }
}
