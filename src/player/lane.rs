//! One track's fetching: what is under way, what is held back, and what is needed first.

use super::{Request, RequestId};
use crate::media::{DocumentId, Rung, Track};
use crate::units::{Bytes, Time};

/// The part of a player that fetches one track. It asks for one thing at a time.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) under_way: Option<UnderWay>,
    /// Leave the network alone until then.
    pub(super) hold: Option<Time>,
    /// The rung chosen for the next segment, while what it needs first is fetched.
    pub(super) wanted: Option<Rung>,
    /// The section of its track that the next segment is in.
    section: usize,
    /// The documents held, by their numbers.
    held: Vec<bool>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The best rung to fetch after a failure.
    pub(super) ceiling: Option<Rung>,
    /// How often the segment has been abandoned.
    pub(super) abandoned: u32,
    /// Of a segment that comes in chunks: how much has come, and when the last one had.
    pub(super) come: Bytes,
    pub(super) asked: Option<Time>,
}

/// A request that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub(super) request: Request,
    pub(super) requested: Time,
}

impl Lane {
    /// For a track of a presentation with so many documents.
    pub(super) fn new(documents: usize, now: Time) -> Self {
        let held = vec![false; documents];
        let (under_way, wanted, ceiling) = (None, None, None);
        let hold = Some(now);
        Self {
            under_way,
            hold,
            wanted,
            section: 0,
            held,
            failures: 0,
            ceiling,
            abandoned: 0,
            come: Bytes::ZERO,
            asked: None,
        }
    }

    /// The first document that a rung needs for a segment and that is not held.
    pub(super) fn lacks(&mut self, track: &Track, segment: u32, rung: Rung) -> Option<DocumentId> {
        let sections = track.sections();
        while sections.get(self.section + 1).is_some_and(|next| next.from <= segment) {
            self.section += 1;
        }
        let needed = &sections[self.section].setup[rung.0 as usize];
        needed.iter().copied().find(|document| !self.held[document.0 as usize])
    }

    /// The place to fetch from has changed: drops what is under way, the rung chosen and whatever
    /// failed before.
    pub(super) fn begin_afresh(&mut self) -> Option<Request> {
        (self.hold, self.wanted, self.failures, self.ceiling) = (None, None, 0, None);
        self.abandoned = 0;
        self.section = 0;
        self.under_way.take().map(|under_way| under_way.request)
    }

    /// An earlier segment is to be fetched again.
    pub(super) fn turn_back(&mut self) {
        self.section = 0;
    }

    /// The buffer has changed: whatever was to wait for it, other than a failure, need not. Drops
    /// nothing.
    pub(super) fn ask_again(&mut self) -> Option<Request> {
        if self.failures == 0 {
            self.hold = None;
        }
        None
    }

    /// The request of that name. A late word about one already cancelled is no error; there is
    /// nobody left to tell.
    pub(super) fn find(&self, id: RequestId) -> Option<&UnderWay> {
        self.under_way.as_ref().filter(|u| u.request.id == id)
    }

    /// The same, and it has ended.
    pub(super) fn take(&mut self, id: RequestId) -> Option<UnderWay> {
        self.under_way.take_if(|u| u.request.id == id)
    }

    /// Whether nothing keeps it from asking for its next segment, or asks for it otherwise.
    pub(super) fn is_ordinary(&self) -> bool {
        let settled = self.wanted.is_none() && self.ceiling.is_none();
        settled && self.failures == 0 && self.abandoned == 0
    }

    /// A document is there.
    pub(super) fn hold_document(&mut self, document: DocumentId) {
        self.held[document.0 as usize] = true;
    }
}
