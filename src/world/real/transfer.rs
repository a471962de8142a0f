//! One request over HTTP, in words for the player.
//!
//! The idea to hold: bodies are counted and dropped. Whatever goes wrong is news, not an error, and
//! whatever could last for ever has a limit.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use reqwest::Response;
use reqwest::header::{CONTENT_LENGTH, RANGE};
use tokio::sync::mpsc::UnboundedSender;

use super::boxes::Boxes;
use super::door::{Door, IDLE, MOST_OVER, WHOLE};
use super::throttle::Throttle;
use super::trouble::{Trouble, Troubles};
use super::{News, What};
use crate::cdn::Fault;
use crate::cmcd::Cmcd;
use crate::player::{Receipt, Request};
use crate::units::{Bytes, Time};
use crate::world::clock::{Clock, duration};

/// How far a transfer has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    requested: Cell<Time>,
    first_byte: Cell<Option<Time>>,
    received: Cell<u64>,
    chunk: Cell<Option<Time>>,
    made: Cell<Time>,
}

impl Progress {
    pub(super) fn first_byte(&self) -> Option<Time> {
        self.first_byte.get()
    }

    pub(super) fn receipt(&self) -> Receipt {
        Receipt {
            chunk: self.chunk.get(),
            reached: self.requested.get(),
            sent: self.first_byte.get().unwrap_or_default(),
            made: self.made.get(),
            ..Receipt::of(self.first_byte.get(), Bytes::new(self.received.get()))
        }
    }
}

/// A request that is to be made.
pub(super) struct Errand {
    pub(super) request: Request,
    /// Whether it is sent as it is made.
    pub(super) chunked: bool,
    pub(super) cmcd: Option<Cmcd>,
    pub(super) door: Rc<Door>,
    pub(super) throttle: Option<Rc<RefCell<Throttle>>>,
    pub(super) clock: Clock,
    pub(super) progress: Rc<Progress>,
    pub(super) news: UnboundedSender<News>,
    pub(super) troubles: Rc<RefCell<Troubles>>,
}

impl Errand {
    pub(super) async fn run(self) {
        self.progress.requested.set(self.clock.now());
        let came = match tokio::time::timeout(duration(WHOLE), self.come()).await {
            Ok(came) => came,
            Err(_elapsed) => Err(Trouble::Endless),
        };
        let received = Bytes::new(self.progress.received.get());
        let what = match came {
            Ok(()) => What::Done,
            Err(trouble) => {
                let fault = match trouble {
                    Trouble::Status(status) => Fault::Error(status),
                    _ if received.is_zero() => Fault::Reset,
                    _ => Fault::Short(received),
                };
                self.troubles.borrow_mut().count(trouble);
                What::Failed(Some(fault))
            }
        };
        self.tell(what);
    }

    /// Nobody may be there to hear it any more.
    fn tell(&self, what: What) {
        let at = self.clock.now();
        let _ = self.news.send(News { at, id: self.request.id, what });
    }

    async fn come(&self) -> Result<(), Trouble> {
        if let Some(throttle) = &self.throttle {
            let trip = throttle.borrow_mut().trip();
            tokio::time::sleep(duration(trip)).await;
        }
        let response = self.ask().await?;
        let now = self.clock.now();
        self.progress.first_byte.set(Some(now));
        // A document is at least as old as its first byte.
        self.progress.made.set(now);
        self.tell(What::Begun);
        self.count(response).await
    }

    async fn ask(&self) -> Result<Response, Trouble> {
        let attempt = self.request.attempt as usize;
        let Some(resource) = self.door.address(self.request.object, attempt) else {
            return Err(Trouble::NoAddress);
        };
        let mut request = self.door.get(&resource.url, self.cmcd.as_ref());
        if let Some(range) = resource.range {
            request = request.header(RANGE, format!("bytes={range}"));
        }
        let response = tokio::time::timeout(duration(IDLE), request.send()).await;
        let response = response.map_err(|_elapsed| Trouble::Silent)?;
        let response = response.map_err(|error| Trouble::of(&error))?;
        match response.status() {
            status if status.is_success() => {
                self.door.came_from(response.url());
                Ok(response)
            }
            status => Err(Trouble::Status(status.as_u16())),
        }
    }

    /// Counts what comes of a body, and drops it.
    async fn count(&self, mut response: Response) -> Result<(), Trouble> {
        let length = response.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let most = self.request.size.get().saturating_mul(4).saturating_add(MOST_OVER.get());
        let mut gate = self.throttle.as_ref().map(|throttle| Throttle::enter(throttle, length));
        let (mut come, mut boxes) = (0_u64, Boxes::default());
        loop {
            if let Some(gate) = &mut gate {
                gate.wait(come, &|passed| self.progress.received.set(passed)).await;
            }
            let chunk = tokio::time::timeout(duration(IDLE), response.chunk()).await;
            let chunk = chunk.map_err(|_elapsed| Trouble::Silent)?;
            let Some(chunk) = chunk.map_err(|error| Trouble::of(&error))? else { break };
            come += chunk.len() as u64;
            if come > most {
                return Err(Trouble::TooLarge);
            }
            if gate.is_none() {
                self.progress.received.set(come);
            }
            if self.chunked && self.progress.chunk.get().is_none() {
                self.progress.chunk.set(Some(self.clock.now()));
            }
            if self.chunked && boxes.pass(&chunk) && length.is_none_or(|length| come < length) {
                self.tell(What::Chunk(boxes.count()));
                self.progress.chunk.set(None);
            }
        }
        if length.is_some_and(|length| length != come) {
            return Err(Trouble::Length);
        }
        if let Some(gate) = &mut gate {
            gate.wait(u64::MAX, &|_| {}).await;
        }
        self.progress.received.set(come);
        Ok(())
    }
}
