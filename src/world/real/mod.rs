//! Real time: players over real HTTP, against whatever answers.
//!
//! The idea to hold: a player is told when things happened, not when somebody came round to telling
//! it, so what it decides does not depend on how busy the machine is; only what it asks for leaves
//! late, and how late is measured.
//!
//! ```text
//!   mod.rs        one viewer, from pressing play to the end
//!   crowd.rs      many of them, on a few threads
//!   transfer.rs   one request over HTTP, in words for the player
//!   door.rs       how players speak HTTP, and where things are
//!   throttle.rs   a link on this side of the network
//!   boxes.rs      where chunks end in what comes
//!   saying.rs     what a player says of itself (CMCD)
//!   trouble.rs    what went wrong, counted
//! ```

mod boxes;
mod crowd;
mod door;
mod saying;
mod throttle;
mod transfer;
mod trouble;

use std::cell::RefCell;
use std::rc::Rc;

use hdrhistogram::Histogram;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::cdn::Fault;
use crate::media::{Object, Presentation, Segment};
use crate::person::Person;
use crate::player::{Event, Input, Output, Player, Reason, Receipt, Request, RequestId};
use crate::units::{Span, Time};
use crate::world::clock::Clock;

pub use crowd::crowd;
pub use door::{
    Addresses, CONNECT, Door, DoorError, DoorPlan, IDLE, REDIRECTS, Version, WHOLE, Ways,
};
pub use saying::Saying;
pub use throttle::Throttle;
pub use trouble::{Trouble, Troubles};

use transfer::{Errand, Progress};

/// Somebody with a player.
pub struct Viewer {
    /// The player.
    pub player: Player,
    /// What they mean to do.
    pub person: Person,
    /// What they watch.
    pub content: std::sync::Arc<Presentation>,
    /// How their player speaks HTTP.
    pub door: Rc<Door>,
    /// A link of their own on this side, if they have one.
    pub throttle: Option<Throttle>,
    /// What their player says of itself with its requests, if it does.
    pub saying: Option<Saying>,
    /// The clock that they go by.
    pub clock: Clock,
    /// When they leave, come what may,
    pub limit: Time,
    /// and whether they have had then what they wanted, if they have seen anything.
    pub content_then: bool,
    /// Whether everybody is to leave now.
    pub stop: watch::Receiver<bool>,
}

/// How late what was due was seen to, in microseconds.
#[derive(Clone, Debug)]
pub struct Delays(Histogram<u64>);

impl Default for Delays {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, 60_000_000, 3);
        Self(histogram.expect("bounds that a histogram can have"))
    }
}

impl Delays {
    fn late(&mut self, by: Span) {
        self.0.saturating_record((by.as_nanos() / 1_000).max(1));
    }

    /// Takes in others.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.0.add(&other.0);
    }

    /// How late it was at a quantile, from 0 to 1.
    pub fn at(&self, quantile: f64) -> Span {
        Span::from_nanos(self.0.value_at_quantile(quantile) * 1_000)
    }

    /// How often something was due.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}

/// Something that has happened to a transfer, and when.
struct News {
    at: Time,
    id: RequestId,
    what: What,
}

enum What {
    /// The first byte has come: from now on there is something to say of it.
    Begun,
    /// So many chunks of it have come.
    Chunk(u32),
    Done,
    Failed(Option<Fault>),
}

/// A transfer under way.
struct Under {
    request: Request,
    progress: Rc<Progress>,
    task: AbortHandle,
    watch: Option<Time>,
}

/// What happens next.
enum Next {
    News(News),
    Watch(RequestId),
    Wake,
    Act(Input),
}

/// What came of watching besides what was told.
#[derive(Debug, Default)]
pub struct Watched {
    /// How late what was due was seen to.
    pub delays: Delays,
    /// What went wrong.
    pub troubles: Troubles,
}

impl Viewer {
    /// Watches until the session is over, telling `log` what happens when. Runs on a
    /// [`tokio::task::LocalSet`].
    pub async fn watch(self, mut log: impl FnMut(Time, &Event)) -> Watched {
        let Self { mut player, mut person, content, door, .. } = self;
        let (throttle, saying, clock) = (self.throttle, self.saying, self.clock);
        let limit = (self.limit, self.content_then);
        let (news, inbox) = unbounded_channel();
        let lanes = content.tracks.len() + 1;
        let mut desk = Desk {
            content,
            door,
            throttle: throttle.map(|throttle| Rc::new(RefCell::new(throttle))),
            saying,
            clock,
            news,
            inbox,
            held: None,
            under: (0..lanes).map(|_| None).collect(),
            stop: self.stop,
            started: false,
            delays: Delays::default(),
            troubles: Rc::default(),
        };
        let (mut now, mut input) = (player.now(), Input::Wake);
        clock.sleep_until(Some(now)).await;
        loop {
            let outputs = player.handle(now, input).to_vec();
            for output in outputs {
                match output {
                    Output::Fetch(request, estimate) => {
                        log(now, &Event::Requested(request, estimate));
                        desk.fetch(request, &player, estimate);
                    }
                    Output::Cancel(request) => {
                        let receipt = desk.cancel(request.id);
                        log(now, &Event::Abandoned(request, receipt));
                    }
                    Output::Watch(id, at) => desk.watch(id, at),
                    Output::Event(at, event) => {
                        if let Some(saying) = &mut desk.saying {
                            saying.observe(&event);
                        }
                        desk.started |= event == Event::Started;
                        log(at, &event);
                        person.observe(at, &event);
                    }
                }
            }
            if player.has_ended() {
                break;
            }
            (now, input) = desk.next(&player, &mut person, limit).await;
        }
        let troubles = desk.troubles.take();
        Watched { delays: std::mem::take(&mut desk.delays), troubles }
    }
}

/// Where a player's requests are seen to.
struct Desk {
    content: std::sync::Arc<Presentation>,
    door: Rc<Door>,
    throttle: Option<Rc<RefCell<Throttle>>>,
    saying: Option<Saying>,
    clock: Clock,
    news: UnboundedSender<News>,
    inbox: UnboundedReceiver<News>,
    /// News that came before its turn.
    held: Option<News>,
    under: Vec<Option<Under>>,
    stop: watch::Receiver<bool>,
    /// Whether there has been a first frame.
    started: bool,
    delays: Delays,
    troubles: Rc<RefCell<Troubles>>,
}

impl Desk {
    fn fetch(
        &mut self,
        request: Request,
        player: &Player,
        estimate: Option<crate::units::Bitrate>,
    ) {
        let progress = Rc::new(Progress::default());
        let cmcd = self
            .saying
            .as_mut()
            .map(|saying| saying.with(&request, &self.content, player, estimate));
        let chunked = match (&self.content.live, request.object) {
            (Some(live), Object::Segment(Segment { track, index, .. })) => {
                live.chunks(self.content.track(track).duration(index)) > 1
            }
            _ => false,
        };
        let errand = Errand {
            request,
            chunked,
            cmcd,
            door: self.door.clone(),
            throttle: self.throttle.clone(),
            clock: self.clock,
            progress: progress.clone(),
            news: self.news.clone(),
            troubles: self.troubles.clone(),
        };
        let task = tokio::task::spawn_local(errand.run()).abort_handle();
        let under = Under { request, progress, task, watch: request.watch };
        if let Some(lane) = self.under.get_mut(usize::from(request.id.lane)) {
            *lane = Some(under);
        }
    }

    fn take(&mut self, id: RequestId) -> Option<Under> {
        let lane = self.under.get_mut(usize::from(id.lane))?;
        lane.take_if(|under| under.request.id == id)
    }

    fn cancel(&mut self, id: RequestId) -> Receipt {
        let Some(under) = self.take(id) else { return Receipt::default() };
        under.task.abort();
        under.progress.receipt()
    }

    fn watch(&mut self, id: RequestId, at: Time) {
        let lane = self.under.get_mut(usize::from(id.lane)).and_then(Option::as_mut);
        if let Some(under) = lane.filter(|under| under.request.id == id) {
            under.watch = Some(at);
        }
    }

    /// What a player is told next, and as of when.
    async fn next(
        &mut self,
        player: &Player,
        person: &mut Person,
        limit: (Time, bool),
    ) -> (Time, Input) {
        loop {
            while self.held.is_none()
                && let Ok(news) = self.inbox.try_recv()
            {
                self.held = Some(news);
            }
            let due = self.due(player, person, limit);
            let (now, until) = (self.clock.now(), due.as_ref().map(|(at, _)| *at));
            let next = match due.filter(|(at, _)| *at <= now) {
                // Bytes that just make it, make it.
                Some((at, next)) if self.held.as_ref().is_none_or(|news| at < news.at) => {
                    Some((at, next))
                }
                Some(_) | None => self.held.take().map(|news| (news.at, Next::News(news))),
            };
            let Some((at, next)) = next else {
                tokio::select! {
                    biased;
                    news = self.inbox.recv() => self.held = news,
                    _ = self.stop.wait_for(|stop| *stop) => {
                        let why = if self.started { Reason::Satisfied } else { Reason::Startup };
                        return (self.clock.now().max(player.now()), Input::Quit(why));
                    }
                    () = self.clock.sleep_until(until) => {}
                }
                continue;
            };
            // What came late is told late: a player lives through its time once.
            let at = at.max(player.now());
            self.delays.late(now.since_start().saturating_sub(at.since_start()));
            if let Some(input) = self.input(next, at, person) {
                return (at, input);
            }
        }
    }

    fn input(&mut self, next: Next, at: Time, person: &mut Person) -> Option<Input> {
        match next {
            Next::Wake => Some(Input::Wake),
            Next::Act(Input::Wake) => person.poll(at),
            Next::Act(input) => Some(input),
            Next::Watch(id) => {
                let lane = self.under.get_mut(usize::from(id.lane))?.as_mut()?;
                lane.watch = None;
                Some(Input::Progress(id, lane.progress.receipt()))
            }
            // A time to say how far it has come may have been waiting for that.
            Next::News(News { what: What::Begun, .. }) => None,
            Next::News(News { id, what: What::Chunk(chunks), .. }) => {
                let under = self.under.get(usize::from(id.lane))?.as_ref();
                let receipt = under.filter(|under| under.request.id == id)?.progress.receipt();
                Some(Input::Chunk(id, receipt, chunks))
            }
            Next::News(News { id, what: What::Done, .. }) => {
                let receipt = self.take(id)?.progress.receipt();
                Some(Input::Done(id, receipt))
            }
            Next::News(News { id, what: What::Failed(fault), .. }) => {
                let receipt = self.take(id)?.progress.receipt();
                Some(Input::Failed(id, Receipt { fault, ..receipt }))
            }
        }
    }

    /// What is due first of what is not news.
    fn due(
        &self,
        player: &Player,
        person: &Person,
        (limit, content): (Time, bool),
    ) -> Option<(Time, Next)> {
        let watches = self.under.iter().flatten().filter_map(|under| {
            // Of what has not begun there is nothing to say.
            let first = under.progress.first_byte()?;
            Some((under.watch?.max(first), Next::Watch(under.request.id)))
        });
        let own = player.deadline().map(|at| (at, Next::Wake));
        let act = person.deadline().map(|at| (at, Next::Act(Input::Wake)));
        let why = match (content, self.started) {
            (true, true) => Reason::Satisfied,
            (true, false) => Reason::Startup,
            (false, _) => Reason::Limit,
        };
        let end = Some((limit, Next::Act(Input::Quit(why))));
        let mut all: Vec<_> = watches.chain(own).chain(act).chain(end).collect();
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().next()
    }
}
