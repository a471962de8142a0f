//! Virtual time for a viewer whom nobody else can affect.
//!
//! The idea to hold: who has one track and a link to themselves has one transfer at a time, and
//! when its bytes come is known as it is asked for (`line.rs`), with no network to tell and no
//! table of alarms. Whatever a [`Cohort`] of one tells, this tells, at the same times and in the
//! same order, several times as fast.

mod line;

use std::sync::Arc;

use super::sim::Cohort;
use crate::abr::Abr;
use crate::cdn::Origin;
use crate::media::Presentation;
use crate::net::{Link, Path, Sharing};
use crate::network::{Network, Viewer};
use crate::person::{Person, Plan};
use crate::player::{
    Config, Event, Host, Input, Player, Reason, Receipt, Request, RequestId, Road,
};
use crate::seed::Seed;
use crate::trace::Bandwidth;
use crate::units::{Bitrate, Time};

use line::Line;

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

    /// Whether there is one transfer at a time, which has the link to itself.
    fn is_plain(&self) -> bool {
        let Presentation { tracks, live, .. } = &*self.content;
        tracks.len() == 1 && live.is_none() && self.path.sharing == Sharing::MaxMin
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

/// A viewer of one track, alone on their link.
struct Plain {
    player: Player,
    /// Who watches, if they mean to do anything but watch everything.
    person: Option<Person>,
    line: Line,
}

impl Plain {
    fn new(solo: Solo) -> Self {
        let Solo { content, abr, config, arrival, plan, .. } = solo;
        let Solo { bandwidth, path, origin, seed, viewer, .. } = solo;
        let player = Player::new(content, abr, config, arrival);
        let person =
            (plan != Plan::default()).then(|| Person::new(plan, player.speed(), player.now()));
        Self { player, person, line: Line::new((bandwidth, path), origin, seed, viewer) }
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
        self.line.fetch(now, &request);
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
        self.line.send(now, request, limit)
    }

    fn take_over(&mut self, id: RequestId, limit: Time) -> Option<(Time, Receipt)> {
        self.line.take_over(id, limit)
    }
}
