//! Virtual time for a viewer whom nobody else can affect.
//!
//! The idea to hold: who has one track and a fluid link to themselves has one transfer at a time,
//! and when its bytes come is known as it is asked for. So a transfer is one step along the
//! integral of the trace, with no network to tell and no table of alarms. Whatever a [`Cohort`] of
//! one tells, this tells, at the same times and in the same order, several times as fast.

use std::sync::Arc;

use super::sim::Cohort;
use crate::abr::Abr;
use crate::cdn::{Ask, Fault, Origin, Served};
use crate::media::Presentation;
use crate::net::{Link, Model, Path, Sharing};
use crate::network::{self, Network, Viewer};
use crate::person::{Person, Plan};
use crate::player::{
    Config, Event, Host, Input, Player, Reason, Receipt, Request, RequestId, Road,
};
use crate::seed::Seed;
use crate::trace::Bandwidth;
use crate::units::{Bitrate, Bytes, Span, Time, Work};

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
    /// How long it thinks, if it does the same with every request.
    steady: Option<Span>,
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
        let (steady, transfer) = (origin.steady(), None);
        let line = Line { bandwidth, path, origin, steady, seed, viewer, transfer };
        Self { player, person, line }
    }

    fn run(mut self, limit: Time, mut log: impl FnMut(Time, &Event)) {
        loop {
            if self.person.is_none() {
                let (player, mut seat) = self.seat(&mut log);
                player.express(limit, &mut seat);
            }
            let Some((now, input)) = self.next(limit) else { break };
            let (player, mut seat) = self.seat(&mut log);
            player.act(now, input, &mut seat);
        }
        if !self.player.has_ended() && self.player.now() <= limit {
            let (player, mut seat) = self.seat(&mut log);
            player.act(limit, Input::Quit(Reason::Limit), &mut seat);
        }
    }

    /// The player, and who is told what it says.
    fn seat<'a, F>(&'a mut self, log: &'a mut F) -> (&'a mut Player, Seat<'a, F>) {
        let Self { player, person, line } = self;
        (player, Seat { person, line, log })
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
}

/// Who is told what the player says.
struct Seat<'a, F> {
    person: &'a mut Option<Person>,
    line: &'a mut Line,
    log: &'a mut F,
}

impl<F: FnMut(Time, &Event)> Host for Seat<'_, F> {
    fn fetch(&mut self, now: Time, request: Request, estimate: Option<Bitrate>) {
        self.line.transfer = Some(self.line.sent(now, &request));
        (self.log)(now, &Event::Requested(request, estimate));
    }

    fn cancel(&mut self, now: Time, request: Request) {
        let receipt = self.line.cancel(now, request.id);
        (self.log)(now, &Event::Abandoned(request, receipt));
    }

    fn watch(&mut self, id: RequestId, at: Time) {
        self.line.watch(id, at);
    }

    #[inline]
    fn tell(&mut self, at: Time, event: &Event) {
        (self.log)(at, event);
        if let Some(person) = self.person {
            person.observe(at, event);
        }
    }
}

impl<F: FnMut(Time, &Event)> Road for Seat<'_, F> {
    #[inline]
    fn send(&mut self, now: Time, request: &Request, limit: Time) -> Option<(Time, Receipt)> {
        let transfer = self.line.sent(now, request);
        let comes = transfer.comes(limit);
        if comes.is_none() {
            self.line.transfer = Some(transfer);
        }
        comes
    }

    fn take_over(&mut self, id: RequestId, limit: Time) -> Option<(Time, Receipt)> {
        let transfer = self.line.transfer.as_ref().filter(|transfer| transfer.id == id)?;
        let comes = transfer.comes(limit)?;
        self.line.transfer = None;
        Some(comes)
    }
}

impl Line {
    /// All that will come of a request.
    #[inline]
    fn sent(&mut self, now: Time, request: &Request) -> Transfer {
        let Request { id, size, watch, .. } = *request;
        let rtt = self.bandwidth.rtt(now).unwrap_or(self.path.rtt) + self.viewer.further;
        let trip = rtt + network::jitter(&self.path, self.seed, self.viewer.number, id);
        let (reached, back) = (now + trip / 2, trip - trip / 2);
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
        let brought = self.bandwidth.after(first_byte, Work::from(sent));
        let way = Receipt { reached, sent: first, thought, made: first, ..Receipt::default() };
        let transfer =
            Transfer { id, size: sent, way, first_byte, brought, until, fault, watch: None };
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
    fn watch(&mut self, id: RequestId, at: Time) {
        if let Some(transfer) = self.transfer.as_mut().filter(|transfer| transfer.id == id) {
            transfer.watch = transfer.watched(at);
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
