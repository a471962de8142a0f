//! One track's fetching: what is under way, what is held back, and what is needed first.

use super::{Request, RequestId};
use crate::media::{Rung, Track};
use crate::units::Time;

/// The part of a player that fetches one track. It asks for one thing at a time.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) under_way: Option<UnderWay>,
    /// Leave the network alone until then.
    pub(super) hold: Option<Time>,
    /// The rung chosen for the next segment, while what it needs first is fetched.
    pub(super) wanted: Option<Rung>,
    /// By rung, how many of the documents it needs are held.
    pub(super) setup: Vec<u8>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The best rung to fetch after a failure.
    pub(super) ceiling: Option<Rung>,
}

/// A request that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub(super) request: Request,
    pub(super) requested: Time,
}

impl Lane {
    pub(super) fn new(track: &Track, now: Time) -> Self {
        let setup = vec![0; track.ladder.count()];
        let (under_way, wanted, ceiling) = (None, None, None);
        Self { under_way, hold: Some(now), wanted, setup, failures: 0, ceiling }
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

    /// One more of the documents that the wanted rung needs is there.
    pub(super) fn hold_document(&mut self) {
        if let Some(rung) = self.wanted {
            self.setup[rung.0 as usize] += 1;
        }
    }
}
