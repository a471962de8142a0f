//! Everything between players and the origin, in virtual time, as one machine.
//!
//! The idea to hold: a transfer waits for its first byte (the round trip and the origin's own
//! time), then is a flow on its viewer's link. A lane of a player has at most one transfer, so
//! transfers live in a fixed table by lane, and nothing is looked up or allocated.

use crate::alarms::Alarms;
use crate::cdn::{Answer, Origin};
use crate::net::{Link, Ticket};
use crate::player::{Input, Receipt, Request, RequestId};
use crate::units::{Bytes, Span, Time};

/// The chain of one cohort: an origin, and links with the viewers on each.
pub struct Network {
    origin: Origin,
    /// The round trip of links whose trace states none.
    rtt: Span,
    links: Vec<Link<usize>>,
    viewers: Vec<Viewer>,
    /// Lanes per viewer.
    lanes: usize,
    /// By viewer, then lane.
    transfers: Vec<Option<Transfer>>,
    /// Of the links, then of the transfers: at one instant last bytes come first.
    alarms: Alarms,
}

/// A viewer, as the network knows one.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// Which viewer of the whole run it is: what the origin's draws are keyed by.
    pub number: u64,
    /// The link it is on.
    pub link: usize,
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    who: usize,
    id: RequestId,
    size: Bytes,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// An error is on its way.
    Failing,
    /// The first byte is still to come; after it, a time to say how far the rest has.
    Waiting { watch: Option<Time> },
    /// Bytes are coming.
    Flowing { first_byte: Time, ticket: Ticket<usize> },
}

impl Network {
    /// A network of these links and viewers, whose players have at most `lanes` lanes.
    pub fn new(
        origin: Origin,
        rtt: Span,
        links: Vec<Link<usize>>,
        viewers: Vec<Viewer>,
        lanes: usize,
    ) -> Self {
        assert!(viewers.iter().all(|v| v.link < links.len()), "a viewer without a link");
        let slots = viewers.len() * lanes;
        let alarms = Alarms::new(links.len() + slots);
        Self { origin, rtt, links, viewers, lanes, transfers: vec![None; slots], alarms }
    }

    /// Takes a request from a player.
    pub fn fetch(&mut self, now: Time, who: usize, request: Request) {
        let Request { id, object, size, attempt, watch } = request;
        let Viewer { number, link } = self.viewers[who];
        let rtt = self.links[link].rtt(now).unwrap_or(self.rtt);
        let (stage, latency) = match self.origin.serve(number, object, attempt) {
            Answer::Body(latency) => (Stage::Waiting { watch }, latency),
            Answer::Error(latency) => (Stage::Failing, latency),
        };
        let slot = self.slot(who, id);
        debug_assert!(self.transfers[slot].is_none(), "a lane asks for one thing at a time");
        self.transfers[slot] = Some(Transfer { who, id, size, stage });
        self.alarms.set(self.links.len() + slot, Some(now + rtt + latency));
    }

    /// Stops a transfer; returns what had come of it.
    pub fn cancel(&mut self, now: Time, who: usize, id: RequestId) -> Receipt {
        let (slot, link) = (self.slot(who, id), self.viewers[who].link);
        let Some(Transfer { size, stage, .. }) = self.transfers[slot].take_if(|t| t.id == id)
        else {
            return Receipt::default();
        };
        self.alarms.set(self.links.len() + slot, None);
        match stage {
            Stage::Failing | Stage::Waiting { .. } => Receipt::default(),
            Stage::Flowing { first_byte, ticket } => {
                let missing = self.links[link].cancel(now, ticket);
                self.alarms.set(link, self.links[link].deadline());
                Receipt { first_byte: Some(first_byte), received: size - missing }
            }
        }
    }

    /// Will say at that time how far a transfer has come.
    pub fn watch(&mut self, who: usize, id: RequestId, at: Time) {
        let slot = self.slot(who, id);
        if self.transfers[slot].is_some_and(|t| t.id == id) {
            self.alarms.set(self.links.len() + slot, Some(at));
        }
    }

    /// When something will have to be said or done.
    pub fn deadline(&self) -> Option<Time> {
        self.alarms.first().map(|(at, _)| at)
    }

    /// The next news that is due by `now`, and for whom; nothing if what was due concerns nobody.
    pub fn poll(&mut self, now: Time) -> Option<(usize, Input)> {
        let (_, machine) = self.alarms.first().filter(|(at, _)| *at <= now)?;
        match machine.checked_sub(self.links.len()) {
            None => self.finish(now, machine),
            Some(slot) => self.report(now, slot),
        }
    }

    /// A link has delivered a last byte.
    fn finish(&mut self, now: Time, link: usize) -> Option<(usize, Input)> {
        let finished = self.links[link].finish(now);
        self.alarms.set(link, self.links[link].deadline());
        let slot = finished?;
        let Transfer { who, id, size, stage } = self.transfers[slot].take()?;
        self.alarms.set(self.links.len() + slot, None);
        let first_byte = match stage {
            Stage::Failing | Stage::Waiting { .. } => None,
            Stage::Flowing { first_byte, .. } => Some(first_byte),
        };
        Some((who, Input::Done(id, Receipt { first_byte, received: size })))
    }

    /// A transfer's own alarm: its first byte, or a time to say how far it has come.
    fn report(&mut self, now: Time, slot: usize) -> Option<(usize, Input)> {
        let alarm = self.links.len() + slot;
        let transfer = self.transfers[slot].as_mut()?;
        let Transfer { who, id, size, stage } = *transfer;
        let link = self.viewers[who].link;
        match stage {
            Stage::Failing => {
                self.transfers[slot] = None;
                self.alarms.set(alarm, None);
                let receipt = Receipt { first_byte: Some(now), received: Bytes::ZERO };
                Some((who, Input::Failed(id, receipt)))
            }
            Stage::Waiting { watch } => {
                let ticket = self.links[link].start(now, slot, size);
                transfer.stage = Stage::Flowing { first_byte: now, ticket };
                self.alarms.set(alarm, watch.map(|at| at.max(now)));
                self.alarms.set(link, self.links[link].deadline());
                None
            }
            Stage::Flowing { first_byte, ticket } => {
                self.alarms.set(alarm, None);
                let received = size - self.links[link].missing(now, ticket);
                let receipt = Receipt { first_byte: Some(first_byte), received };
                Some((who, Input::Progress(id, receipt)))
            }
        }
    }

    fn slot(&self, who: usize, id: RequestId) -> usize {
        who * self.lanes + id.lane as usize
    }
}
