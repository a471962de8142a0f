//! A link of one's own, with one transfer at a time on it, and an origin behind it.
//!
//! The idea to hold: a transfer that has the link to itself is one step along the integral of the
//! trace, or over a connection of TCP a step for each burst; so as it is asked for it is known how
//! it will go. What the connection was like before is kept: who cancels, or asks on the way how
//! far it is, has the bursts until then gone through again.

use crate::cdn::{Ask, Fault, Origin, Served};
use crate::net::tcp::{Conditions, Connection, Offer};
use crate::net::{Http, Model, Path, Tcp};
use crate::network::{self, Viewer};
use crate::player::{Input, Receipt, Request, RequestId};
use crate::seed::Seed;
use crate::trace::Bandwidth;
use crate::units::{Bytes, Span, Time, Work};

/// A link, and an origin behind it.
pub(super) struct Line {
    bandwidth: Bandwidth,
    path: Path,
    origin: Origin,
    /// How long it thinks, if it does the same with every request.
    steady: Option<Span>,
    seed: Seed,
    viewer: Viewer,
    /// As it is when what is under way is there, and as it was when that was asked for.
    connection: Connection,
    before: Connection,
    transfer: Option<Transfer>,
}

/// A transfer, of which is known how it will go.
#[derive(Clone, Copy)]
struct Transfer {
    id: RequestId,
    /// What is sent of it.
    size: Bytes,
    /// What its receipts say of the way there.
    way: Receipt,
    /// When its first byte comes, or the news that none will.
    first_byte: Time,
    /// When the link has brought all of it, if it ever has.
    brought: Option<Time>,
    /// When its last byte can be there, however fast the link.
    until: Time,
    fault: Option<Fault>,
    /// When to say how far it has come, if that is before the link has brought it.
    watch: Option<Time>,
}

impl Line {
    /// An idle one.
    pub(super) fn new(
        (bandwidth, path): (Bandwidth, Path),
        origin: Origin,
        seed: Seed,
        viewer: Viewer,
    ) -> Self {
        let (steady, transfer) = (origin.steady(), None);
        let (connection, before) = (Connection::default(), Connection::default());
        Self { bandwidth, path, origin, steady, seed, viewer, connection, before, transfer }
    }

    /// Takes a request.
    pub(super) fn fetch(&mut self, now: Time, request: &Request) {
        self.transfer = Some(self.sent(now, request));
    }

    /// The same: when all of it will be there, and the receipt, if it comes whole and by the limit
    /// with nothing to be said before.
    #[inline]
    pub(super) fn send(
        &mut self,
        now: Time,
        request: &Request,
        limit: Time,
    ) -> Option<(Time, Receipt)> {
        let transfer = self.sent(now, request);
        let comes = transfer.comes(limit);
        if comes.is_none() {
            self.transfer = Some(transfer);
        }
        comes
    }

    /// The same of what is under way, which then is not any more.
    pub(super) fn take_over(&mut self, id: RequestId, limit: Time) -> Option<(Time, Receipt)> {
        let comes = self.transfer.as_ref().filter(|transfer| transfer.id == id)?.comes(limit)?;
        self.transfer = None;
        Some(comes)
    }

    /// All that will come of a request.
    #[inline]
    fn sent(&mut self, now: Time, request: &Request) -> Transfer {
        let Request { id, size, watch, .. } = *request;
        let trip = self.rtt(now) + network::jitter(&self.path, self.seed, self.viewer.number, id);
        let leaves = match self.path.model {
            Model::Fluid => now,
            Model::Tcp(tcp) => {
                let on = self.conditions(now, tcp);
                self.connection.open(now, &on)
            }
        };
        let (reached, back) = (leaves + trip / 2, trip - trip / 2);
        let (thought, transfer, fault) = match self.steady {
            Some(thought) => (thought, Span::ZERO, None),
            None => self.served(reached, request),
        };
        let first = reached.saturating_add(thought);
        let first_byte = first.saturating_add(back);
        let until = first.saturating_add(transfer).saturating_add(back);
        let sent = match fault {
            Some(Fault::Short(part)) => part,
            Some(Fault::Error(_) | Fault::Reset) => Bytes::ZERO,
            None => size,
        };
        let brought = match self.path.model {
            Model::Fluid => self.bandwidth.after(first_byte, Work::from(sent)),
            Model::Tcp(tcp) => {
                self.before = self.connection;
                let comes = !fault.is_some_and(Fault::is_nothing);
                comes.then(|| self.stream(tcp, (first_byte, sent), Time::MAX).ok()).flatten()
            }
        };
        let way = Receipt { reached, sent: first, thought, made: first, ..Receipt::default() };
        let (size, unwatched) = (sent, None);
        let transfer =
            Transfer { id, size, way, first_byte, brought, until, fault, watch: unwatched };
        Transfer { watch: watch.and_then(|at| transfer.watched(at)), ..transfer }
    }

    /// How long the origin thinks of a request, how long it sends, and what goes wrong.
    fn served(&self, now: Time, request: &Request) -> (Span, Span, Option<Fault>) {
        let Viewer { number: who, title, .. } = self.viewer;
        let Request { id, object, size, .. } = *request;
        let (place, attempt) = (0.0, network::tried(request));
        let ask = Ask { who, title, object, attempt, size, place, serial: id.serial };
        let Served { latency, transfer, fault, .. } = self.origin.serve(now, &ask);
        (latency, transfer, fault)
    }

    /// Will say at that time how far a transfer has come, or as it begins to.
    pub(super) fn watch(&mut self, id: RequestId, at: Time) {
        if let Some(transfer) = self.transfer.as_mut().filter(|transfer| transfer.id == id) {
            transfer.watch = transfer.watched(at);
        }
    }

    /// When there will be something to say.
    #[inline]
    pub(super) fn deadline(&self) -> Option<Time> {
        let transfer = self.transfer.as_ref()?;
        transfer.watch.or_else(|| transfer.over())
    }

    /// What there is to say now that it is time.
    #[inline]
    pub(super) fn poll(&mut self, now: Time) -> Option<Input> {
        let transfer = self.transfer.as_mut()?;
        let id = transfer.id;
        if transfer.watch.take().is_some() {
            let transfer = *transfer;
            let receipt = match self.path.model {
                Model::Fluid => self.receipt(now, &transfer),
                Model::Tcp(_) => {
                    let end = std::mem::replace(&mut self.connection, self.before);
                    let receipt = self.receipt(now, &transfer);
                    self.connection = end;
                    receipt
                }
            };
            return Some(Input::Progress(id, receipt));
        }
        let transfer = self.transfer.take()?;
        let (receipt, first_byte) = (transfer.whole(), transfer.first_byte);
        Some(match transfer.fault {
            None => Input::Done(id, receipt),
            Some(fault @ Fault::Short(_)) => Input::Failed(id, receipt.failed(fault)),
            Some(fault @ (Fault::Error(_) | Fault::Reset)) => {
                Input::Failed(id, Receipt::of(Some(first_byte), Bytes::ZERO).failed(fault))
            }
        })
    }

    /// Stops a transfer; returns what had come of it.
    pub(super) fn cancel(&mut self, now: Time, id: RequestId) -> Receipt {
        let Some(transfer) = self.transfer.take_if(|transfer| transfer.id == id) else {
            return Receipt::default();
        };
        let begun = !transfer.is_nothing() && now >= transfer.first_byte;
        let after = transfer.brought.is_some_and(|brought| brought <= now);
        if !after {
            self.connection = self.before;
        }
        let receipt = if begun { self.receipt(now, &transfer) } else { Receipt::default() };
        if let Model::Tcp(Tcp { http: Http::One, .. }) = self.path.model {
            self.connection.close();
        }
        self.connection.rest(now);
        receipt
    }

    /// What has come of a transfer whose first byte has; of its connection it is known how it is
    /// then.
    fn receipt(&mut self, now: Time, transfer: &Transfer) -> Receipt {
        let Transfer { size, way, first_byte, until, .. } = *transfer;
        if transfer.brought.is_some_and(|brought| brought <= now) {
            return network::held(now, first_byte, until, size);
        }
        let missing = match self.path.model {
            Model::Fluid => self.lacks(size, first_byte, now),
            Model::Tcp(tcp) => self.stream(tcp, (first_byte, size), now).err().unwrap_or_default(),
        };
        Receipt { first_byte: Some(first_byte), received: size - missing, ..way }
    }

    /// What is not there yet of so much that began to come then.
    fn lacks(&mut self, size: Bytes, from: Time, now: Time) -> Bytes {
        let done = self.bandwidth.done_by(now) - self.bandwidth.done_by(from);
        Bytes::covering(Work::from(size).saturating_sub(done))
    }

    /// The round trip of packets that wait behind nobody.
    #[inline]
    fn rtt(&mut self, now: Time) -> Span {
        self.bandwidth.rtt(now).unwrap_or(self.path.rtt) + self.viewer.further
    }

    /// What the connection has to know of the way.
    fn conditions(&mut self, now: Time, tcp: Tcp) -> Conditions {
        let Path { queue, loss, .. } = self.path;
        let (rtt, seed, whose) = (self.rtt(now), self.seed, [self.viewer.number, 0]);
        Conditions { tcp, rtt, queue, loss, seed, whose }
    }

    /// Lets the connection send so much from then on, burst by burst: when all of it is there, or
    /// else, at the end of the time, what is not.
    fn stream(&mut self, tcp: Tcp, (from, size): (Time, Bytes), end: Time) -> Result<Time, Bytes> {
        let (mut now, mut left) = (from, size);
        while !left.is_zero() {
            let on = self.conditions(now, tcp);
            let burst = match self.connection.offer(now, left, &on) {
                Offer::Wait(until) if until > end => return Err(left),
                Offer::Wait(until) => {
                    now = until;
                    continue;
                }
                Offer::Send(burst) => burst,
            };
            match self.bandwidth.after(now, Work::from(burst)) {
                Some(there) if there <= end => {
                    self.connection.carried(burst, there - now);
                    (now, left) = (there, left - burst);
                }
                None if end == Time::MAX => return Err(left),
                Some(_) | None => {
                    let come = burst - self.lacks(burst, now, end);
                    self.connection.carried(come, end - now);
                    return Err(left - come);
                }
            }
        }
        self.connection.rest(now);
        Ok(now)
    }
}

impl Transfer {
    /// Whether no byte of it comes.
    fn is_nothing(&self) -> bool {
        self.fault.is_some_and(Fault::is_nothing)
    }

    /// When it can be said how far it has come, if that is asked for a time before it is over.
    #[inline]
    fn watched(&self, at: Time) -> Option<Time> {
        let at = at.max(self.first_byte);
        let unfinished = !self.is_nothing() && self.brought.is_none_or(|brought| at < brought);
        unfinished.then_some(at)
    }

    /// When it is there, and its receipt, if it comes whole and by the limit, unwatched.
    #[inline]
    fn comes(&self, limit: Time) -> Option<(Time, Receipt)> {
        let smoothly = self.fault.is_none() && self.watch.is_none();
        let done = self.over().filter(|&at| at <= limit && smoothly)?;
        Some((done, self.whole()))
    }

    /// Its receipt once all of it is there.
    #[inline]
    fn whole(&self) -> Receipt {
        Receipt { first_byte: Some(self.first_byte), received: self.size, ..self.way }
    }

    /// When it is over, if it ever is.
    #[inline]
    fn over(&self) -> Option<Time> {
        match self.is_nothing() {
            true => Some(self.first_byte),
            false => self.brought.map(|brought| brought.max(self.until)),
        }
    }
}
