//! Virtual time: a cohort of viewers, with their players, behind one network.
//!
//! The idea to hold: time jumps to whatever is due next, the network before the players' own
//! alarms, so that bytes that just make it, make it, and both before the viewers, so that nobody
//! leaves over what has just come. Cohorts share nothing, so each may have a thread of its own.

use crate::alarms::Alarms;
use crate::network::Network;
use crate::person::{Person, Plan};
use crate::player::{Event, Host, Input, Player, Reason, Request, RequestId};
use crate::units::{Bitrate, Time};

/// Viewers that can affect each other, and what is between them and the origin.
pub struct Cohort {
    players: Vec<Player>,
    /// Who watches, by player; nobody at all if none of them has a plan.
    people: Vec<Person>,
    network: Network,
    /// Of the players, then of the people.
    alarms: Alarms,
}

impl Cohort {
    /// Players and what their viewers mean to do, in the order of the network's viewers. Each
    /// presses play when their player says.
    pub fn new(viewers: Vec<(Player, Plan)>, network: Network) -> Self {
        let planned = viewers.iter().any(|(_, plan)| *plan != Plan::default());
        let person = |(player, plan): &(Player, Plan)| {
            Person::new(plan.clone(), player.speed(), player.now())
        };
        let people: Vec<_> = viewers.iter().filter(|_| planned).map(person).collect();
        let players: Vec<_> = viewers.into_iter().map(|(player, _)| player).collect();
        let mut alarms = Alarms::new(players.len() + people.len());
        for (who, player) in players.iter().enumerate() {
            alarms.set(who, player.deadline());
        }
        for (who, person) in people.iter().enumerate() {
            alarms.set(players.len() + who, person.deadline());
        }
        Self { players, people, network, alarms }
    }

    /// What is between them and the origin.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The same, where all sessions are over.
    pub fn into_network(self) -> Network {
        self.network
    }

    /// Runs until every session is over, telling `log` who did what when. At `limit` whoever is
    /// still there leaves; who would have pressed play after it never does, and of them nothing is
    /// told.
    pub fn run(&mut self, limit: Time, log: impl FnMut(usize, Time, &Event)) {
        self.run_unless(limit, || false, log);
    }

    /// The same, unless it is told to stop on the way; says whether it came to its end.
    pub fn run_unless(
        &mut self,
        limit: Time,
        stop: impl Fn() -> bool,
        mut log: impl FnMut(usize, Time, &Event),
    ) -> bool {
        while let Some((now, who, input)) = self.next(limit) {
            self.tell(now, who, input, &mut log);
            if stop() {
                return false;
            }
        }
        for who in 0..self.players.len() {
            if !self.players[who].has_ended() && self.players[who].now() <= limit {
                self.tell(limit, who, Input::Quit(Reason::Limit), &mut log);
            }
        }
        true
    }

    fn tell(
        &mut self,
        now: Time,
        who: usize,
        input: Input,
        log: &mut impl FnMut(usize, Time, &Event),
    ) {
        let (network, person) = (&mut self.network, self.people.get_mut(who));
        self.players[who].act(now, input, &mut Seat { who, network, person, log });
        self.alarms.set(who, self.players[who].deadline());
        if let Some(person) = self.people.get(who) {
            self.alarms.set(self.players.len() + who, person.deadline());
        }
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
                    let (at, machine) = alarm.filter(|(at, _)| *at <= limit)?;
                    let Some(who) = machine.checked_sub(self.players.len()) else {
                        return Some((at, machine, Input::Wake));
                    };
                    if let Some(input) = self.people[who].poll(at) {
                        return Some((at, who, input));
                    }
                }
            }
        }
    }
}

/// Who is told what a player says.
struct Seat<'a, F> {
    who: usize,
    network: &'a mut Network,
    person: Option<&'a mut Person>,
    log: &'a mut F,
}

impl<F: FnMut(usize, Time, &Event)> Host for Seat<'_, F> {
    fn fetch(&mut self, now: Time, request: Request, estimate: Option<Bitrate>) {
        self.network.fetch(now, self.who, request);
        (self.log)(self.who, now, &Event::Requested(request, estimate));
    }

    fn cancel(&mut self, now: Time, request: Request) {
        let receipt = self.network.cancel(now, self.who, request.id);
        (self.log)(self.who, now, &Event::Abandoned(request, receipt));
    }

    fn watch(&mut self, id: RequestId, at: Time) {
        self.network.watch(self.who, id, at);
    }

    fn tell(&mut self, at: Time, event: &Event) {
        (self.log)(self.who, at, event);
        if let Some(person) = &mut self.person {
            person.observe(at, event);
        }
    }
}
