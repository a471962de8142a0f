//! Virtual time: a cohort of players behind one network.
//!
//! The idea to hold: time jumps to whatever is due next, the network before the players' own
//! alarms, so that bytes that just make it, make it. Cohorts share nothing, so each may have a
//! thread of its own.

use std::sync::Arc;

use crate::abr::Abr;
use crate::alarms::Alarms;
use crate::cdn::Origin;
use crate::media::Presentation;
use crate::net::{Link, Path};
use crate::network::{Network, Viewer};
use crate::player::{Config, Event, Input, Output, Player};
use crate::seed::Seed;
use crate::trace::Bandwidth;
use crate::units::Time;

/// Players that can affect each other, and what is between them and the origin.
pub struct Cohort {
    players: Vec<Player>,
    network: Network,
    alarms: Alarms,
}

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
    /// Which viewer of the run they are.
    pub viewer: u64,
}

impl Cohort {
    /// A cohort of one, who presses play at time zero.
    pub fn solo(solo: Solo) -> Self {
        let Solo { content, abr, config, bandwidth, origin, path, seed, viewer } = solo;
        let viewer = Viewer { number: viewer, ..Viewer::default() };
        let (lanes, links) = (content.tracks.len(), vec![(Link::new(bandwidth), path)]);
        let network = Network::new(origin, seed, links, vec![viewer], lanes);
        Self::new(vec![Player::new(content, abr, config, Time::ZERO)], network)
    }

    /// Players in the order of the network's viewers.
    pub fn new(players: Vec<Player>, network: Network) -> Self {
        let mut alarms = Alarms::new(players.len());
        for (who, player) in players.iter().enumerate() {
            alarms.set(who, player.deadline());
        }
        Self { players, network, alarms }
    }

    /// Runs until every session is over, telling `log` who did what when. At `limit` whoever is
    /// still there leaves.
    pub fn run(&mut self, limit: Time, mut log: impl FnMut(usize, Time, &Event)) {
        while let Some((now, who, input)) = self.next(limit) {
            self.tell(now, who, input, &mut log);
        }
        for who in 0..self.players.len() {
            if !self.players[who].has_ended() {
                self.tell(limit, who, Input::Quit, &mut log);
            }
        }
    }

    fn tell(
        &mut self,
        now: Time,
        who: usize,
        input: Input,
        log: &mut impl FnMut(usize, Time, &Event),
    ) {
        for output in self.players[who].handle(now, input) {
            match *output {
                Output::Fetch(request, estimate) => {
                    self.network.fetch(now, who, request);
                    log(who, now, &Event::Requested(request, estimate));
                }
                Output::Cancel(request) => {
                    let receipt = self.network.cancel(now, who, request.id);
                    log(who, now, &Event::Abandoned(request, receipt));
                }
                Output::Watch(id, at) => self.network.watch(who, id, at),
                Output::Event(at, ref event) => log(who, at, event),
            }
        }
        self.alarms.set(who, self.players[who].deadline());
    }

    /// What happens next, if anything does by the limit.
    #[inline]
    fn next(&mut self, limit: Time) -> Option<(Time, usize, Input)> {
        loop {
            let alarm = self.alarms.first();
            match self.network.deadline() {
                Some(now) if alarm.is_none_or(|(at, _)| now <= at) => {
                    if now > limit {
                        return None;
                    }
                    if let Some((who, input)) = self.network.poll(now) {
                        return Some((now, who, input));
                    }
                }
                Some(_) | None => {
                    let (at, who) = alarm.filter(|(at, _)| *at <= limit)?;
                    return Some((at, who, Input::Wake));
                }
            }
        }
    }
}
