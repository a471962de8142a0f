//! Virtual time for a viewer whom nobody else can affect.
//!
//! The idea to hold: who has one track and a fluid link to themselves has one transfer at a time,
//! and when its bytes come is known as it is asked for. So a transfer is one step along the
//! integral of the trace, with no network to tell and no table of alarms. Whatever a [`Cohort`] of
//! one tells, this tells, at the same times and in the same order, several times as fast.

use std::sync::Arc;

use super::sim::Cohort;
use crate::abr::Abr;
use crate::cdn::{Ask, Fault, Origin};
use crate::media::Presentation;
use crate::net::{Link, Model, Path, Sharing};
use crate::network::{self, Network, Viewer};
use crate::person::{Person, Plan};
use crate::player::{Config, Event, Input, Output, Player, Reason, Receipt, Request, RequestId};
use crate::seed::Seed;
use crate::trace::Bandwidth;
use crate::units::{Bytes, Time, Work};

/// A viewer whom nobody else can affect: a link of their own, and an origin that knows no load.
pub struct Solo {
    /// What they watch.
    pub content: Arc<Presentation>,
    /// Who chooses for them.
    pub abr: Box<dyn Abr>,
    /// How their player behaves otherwise.
    pub config: Config,
    /// What their link follows.
    pub bandwidth: Bandwidth,
    /// Where the bytes come from.
    pub origin: Origin,
    /// What else is on the way.
    pub path: Path,
    /// What happens by chance on it is drawn from this.
    pub seed: Seed,
    /// Which viewer of the run they are, and how far away; its link is not asked.
    pub viewer: Viewer,
    /// What they mean to do.
    pub plan: Plan,
    /// When they press play.
    pub arrival: Time,
}

impl Solo {
    /// Runs until their session is over, telling `log` what happened when; at `limit` they leave.
    pub fn run(self, limit: Time, mut log: impl FnMut(Time, &Event)) {
        match self.is_plain() {
            true => Plain::new(self).run(limit, log),
            false => self.cohort().run(limit, |_, at, event| log(at, event)),
        }
    }

    /// Whether every transfer is one step.
    fn is_plain(&self) -> bool {
        let Path { model, sharing, .. } = self.path;
        let Presentation { tracks, live, .. } = &*self.content;
        tracks.len() == 1 && live.is_none() && (model, sharing) == (Model::Fluid, Sharing::MaxMin)
    }

    /// The same as a cohort of one.
    pub fn cohort(self) -> Cohort {
        let Self { bandwidth, path, origin, seed, .. } = self;
        let viewer = Viewer { link: 0, ..self.viewer };
        let (lanes, links) = (self.content.tracks.len(), vec![(Link::new(bandwidth), path)]);
        let network = Network::new(origin, seed, links, vec![viewer], lanes);
        let player = Player::new(self.content, self.abr, self.config, self.arrival);
        Cohort::new(vec![(player, self.plan)], network)
    }
}

/// A viewer of one track, alone on a fluid link.
struct Plain {
    player: Player,
    /// Who watches, if they mean to do anything but watch everything.
    person: Option<Person>,
    line: Line,
}

/// A fluid link, and an origin behind it.
struct Line {
    bandwidth: Bandwidth,
    path: Path,
    origin: Origin,
    seed: Seed,
    viewer: Viewer,
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

impl Plain {
    fn new(solo: Solo) -> Self {
        let Solo { content, abr, config, arrival, plan, .. } = solo;
        let Solo { bandwidth, path, origin, seed, viewer, .. } = solo;
        let player = Player::new(content, abr, config, arrival);
        let person =
            (plan != Plan::default()).then(|| Person::new(plan, player.speed(), player.now()));
        let transfer = None;
        Self { player, person, line: Line { bandwidth, path, origin, seed, viewer, transfer } }
    }

    fn run(mut self, limit: Time, mut log: impl FnMut(Time, &Event)) {
        while let Some((now, input)) = self.next(limit) {
            self.tell(now, input, &mut log);
        }
        if !self.player.has_ended() && self.player.now() <= limit {
            self.tell(limit, Input::Quit(Reason::Limit), &mut log);
        }
    }

    /// What happens next, if anything does by the limit: the network's news before the player's
    /// alarm, and both before the viewer.
    #[inline]
    fn next(&mut self, limit: Time) -> Option<(Time, Input)> {
        loop {
            let alarm = self.player.deadline().unwrap_or(Time::MAX);
            let leaves = self.person.as_ref().and_then(Person::deadline).unwrap_or(Time::MAX);
            let news = self.line.deadline().unwrap_or(Time::MAX);
            let now = news.min(alarm).min(leaves);
            if now > limit || now == Time::MAX {
                return None;
            }
            if now == news {
                return Some((now, self.line.poll(now)?));
            }
            if now == alarm {
                return Some((now, Input::Wake));
            }
            if let Some(input) = self.person.as_mut()?.poll(now) {
                return Some((now, input));
            }
        }
    }

    #[inline]
    fn tell(&mut self, now: Time, input: Input, log: &mut impl FnMut(Time, &Event)) {
        for output in self.player.handle(now, input) {
            match *output {
                Output::Fetch(request, estimate) => {
                    self.line.fetch(now, &request);
                    log(now, &Event::Requested(request, estimate));
                }
                Output::Cancel(request) => {
                    let receipt = self.line.cancel(now, request.id);
                    log(now, &Event::Abandoned(request, receipt));
                }
                Output::Watch(id, at) => self.line.watch(id, at),
                Output::Event(at, ref event) => {
                    log(at, event);
                    if let Some(person) = &mut self.person {
                        person.observe(at, event);
                    }
                }
            }
        }
    }
}

impl Line {
    /// Takes a request: all that will come of it is known at once.
    #[inline]
    fn fetch(&mut self, now: Time, request: &Request) {
        let Request { id, object, size, watch, .. } = *request;
        let Viewer { number: who, title, further, .. } = self.viewer;
        let rtt = self.bandwidth.rtt(now).unwrap_or(self.path.rtt) + further;
        let trip = rtt + network::jitter(&self.path, self.seed, who, id);
        let arrives = now + trip / 2;
        let (place, attempt) = (0.0, network::tried(request));
        let ask = Ask { who, title, object, attempt, size, place, serial: id.serial };
        let served = self.origin.serve(arrives, &ask);
        let first = arrives.saturating_add(served.latency);
        let last = first.saturating_add(served.transfer);
        let back = trip - trip / 2;
        let first_byte = first.saturating_add(back);
        let sent = match served.fault {
            Some(Fault::Short(part)) => part,
            Some(Fault::Error(_) | Fault::Reset) => Bytes::ZERO,
            None => size,
        };
        let done = self.bandwidth.done_by(first_byte) + Work::from(sent);
        let brought = self.bandwidth.reaches(done).map(|at| at.max(first_byte));
        let (reached, thought, made) = (arrives, served.latency, first);
        self.transfer = Some(Transfer {
            id,
            size: sent,
            way: Receipt { reached, sent: first, thought, made, ..Receipt::default() },
            first_byte,
            brought,
            until: last.saturating_add(back),
            fault: served.fault,
            watch: None,
        });
        if let Some(at) = watch {
            self.watch(id, at);
        }
    }

    /// Will say at that time how far a transfer has come, or as it begins to.
    fn watch(&mut self, id: RequestId, at: Time) {
        if let Some(transfer) = self.transfer.as_mut().filter(|t| t.id == id && !t.is_nothing()) {
            let at = at.max(transfer.first_byte);
            transfer.watch = transfer.brought.is_none_or(|brought| at < brought).then_some(at);
        }
    }

    /// When there will be something to say.
    #[inline]
    fn deadline(&self) -> Option<Time> {
        let transfer = self.transfer.as_ref()?;
        transfer.watch.or_else(|| transfer.over())
    }

    /// What there is to say now that it is time.
    #[inline]
    fn poll(&mut self, now: Time) -> Option<Input> {
        let transfer = self.transfer.as_mut()?;
        let id = transfer.id;
        if transfer.watch.take().is_some() {
            let transfer = *transfer;
            return Some(Input::Progress(id, self.receipt(now, &transfer)));
        }
        let Transfer { size, way, first_byte, fault, .. } = self.transfer.take()?;
        let receipt = Receipt { first_byte: Some(first_byte), received: size, ..way };
        Some(match fault {
            None => Input::Done(id, receipt),
            Some(fault @ Fault::Short(_)) => Input::Failed(id, receipt.failed(fault)),
            Some(fault @ (Fault::Error(_) | Fault::Reset)) => {
                Input::Failed(id, Receipt::of(Some(first_byte), Bytes::ZERO).failed(fault))
            }
        })
    }

    /// Stops a transfer; returns what had come of it.
    fn cancel(&mut self, now: Time, id: RequestId) -> Receipt {
        match self.transfer.take_if(|transfer| transfer.id == id) {
            Some(transfer) if !transfer.is_nothing() && now >= transfer.first_byte => {
                self.receipt(now, &transfer)
            }
            Some(_) | None => Receipt::default(),
        }
    }

    /// What has come of a transfer whose first byte has.
    fn receipt(&mut self, now: Time, transfer: &Transfer) -> Receipt {
        let Transfer { size, way, first_byte, until, .. } = *transfer;
        if transfer.brought.is_some_and(|brought| brought <= now) {
            return network::held(now, first_byte, until, size);
        }
        let served = self.bandwidth.done_by(now) - self.bandwidth.done_by(first_byte);
        let missing = Bytes::covering(Work::from(size).saturating_sub(served));
        Receipt { first_byte: Some(first_byte), received: size - missing, ..way }
    }
}

impl Transfer {
    /// Whether no byte of it comes.
    fn is_nothing(&self) -> bool {
        self.fault.is_some_and(Fault::is_nothing)
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
