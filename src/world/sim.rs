//! Virtual time: a cohort of players behind one network.
//!
//! The idea to hold: time jumps to whatever is due next, the network before the players' own
//! alarms, so that bytes that just make it, make it. Cohorts share nothing, so each may have a
//! thread of its own.

use crate::alarms::Alarms;
use crate::network::Network;
use crate::player::{Event, Input, Output, Player};
use crate::units::Time;

/// Players that can affect each other, and what is between them and the origin.
pub struct Cohort {
    players: Vec<Player>,
    network: Network,
    alarms: Alarms,
}

impl Cohort {
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
            match output {
                Output::Fetch(request) => self.network.fetch(now, who, request),
                Output::Cancel(request) => {
                    let receipt = self.network.cancel(now, who, request.id);
                    log(who, now, &Event::Abandoned(request, receipt));
                }
                Output::Watch(id, at) => self.network.watch(who, id, at),
                Output::Event(at, event) => log(who, at, &event),
            }
        }
        self.alarms.set(who, self.players[who].deadline());
    }

    /// What happens next, if anything does by the limit.
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
