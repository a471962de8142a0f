//! A viewer's behaviour: how much they watch, what they do on the way, and when they have waited
//! long enough.
//!
//! The idea to hold: a person is told what their player says and answers with the keys of a remote
//! control. Between two events playback is a straight line, so when they will press one next is
//! arithmetic.

use std::sync::Arc;

use crate::player::{Event, Input, Reason};
use crate::units::{Pts, Sliver, Span, Speed, Time};

/// What a viewer means to do. The default watches everything and waits for ever.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// How much media they mean to watch, wherever in the presentation; all of it if that is none.
    pub watch: Option<Span>,
    /// How long they wait for the first frame.
    pub startup_patience: Option<Span>,
    /// How long they wait in one stall, or for a place they went to.
    pub stall_patience: Option<Span>,
    /// What they do on the way, in order. One that is overdue is done when media plays again.
    pub acts: Arc<[Act]>,
}

/// One thing a viewer does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Act {
    /// When they have watched so much media in all.
    pub after: Span,
    /// What it is.
    pub deed: Deed,
}

/// What a viewer can do besides watching.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deed {
    /// Go to a place in the presentation.
    Seek(Pts),
    /// Pause for so long.
    Pause(Span),
}

/// One viewer, who has a player.
#[derive(Clone, Debug)]
pub struct Person {
    plan: Plan,
    speed: Speed,
    /// How many of their acts are done.
    done: usize,
    /// Media watched before the latest turn, and how much more than that.
    watched: Span,
    carried: Sliver,
    state: State,
}

/// What the viewer is doing, since the latest turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Watching(Time),
    /// They will leave, for that reason, if it goes on too long.
    Waiting(Time, Reason),
    /// Until then, if that was their own idea.
    Pausing(Option<Time>),
    Gone,
}

impl Person {
    /// Somebody with a plan, whose player plays at that speed, and who presses play at `now`.
    pub fn new(plan: Plan, speed: Speed, now: Time) -> Self {
        let (done, watched, carried) = (0, Span::ZERO, Sliver::default());
        Self { plan, speed, done, watched, carried, state: State::Waiting(now, Reason::Startup) }
    }

    /// Something has happened in their session.
    pub fn observe(&mut self, now: Time, event: &Event) {
        let state = match *event {
            Event::Started | Event::Resumed | Event::Landed | Event::Unpaused => {
                State::Watching(now)
            }
            Event::Stalled => State::Waiting(now, Reason::Stall),
            // Before the first frame it is that they wait for, wherever it is.
            Event::Sought { .. } if self.awaits(Reason::Startup) => return,
            Event::Sought { .. } => State::Waiting(now, Reason::Seek),
            Event::Paused => State::Pausing(self.pause().map(|span| now.saturating_add(span))),
            Event::Ended | Event::GaveUp(_) | Event::Left(_) => State::Gone,
            Event::Behind { speed, .. } => return self.paced(now, speed),
            Event::Reported(_)
            | Event::Arrived(..)
            | Event::Resynced { .. }
            | Event::Discarded(..)
            | Event::Requested(..)
            | Event::Delivered(..)
            | Event::Abandoned(..)
            | Event::Failed(..)
            | Event::Shown(_) => return,
        };
        if let State::Watching(since) = std::mem::replace(&mut self.state, state) {
            self.watch(now - since);
        }
    }

    /// Media is played at another speed from now on, if it is played.
    fn paced(&mut self, now: Time, speed: Speed) {
        if let State::Watching(since) = &mut self.state {
            let span = now - std::mem::replace(since, now);
            self.watch(span);
        }
        self.speed = speed;
    }

    fn watch(&mut self, span: Span) {
        let (media, carried) = self.speed.plays(span, self.carried);
        (self.watched, self.carried) = (self.watched + media, carried);
    }

    /// When they will do something if nothing else happens first.
    pub fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Watching(since) => {
                let act = self.plan.acts.get(self.done).map(|act| act.after);
                let next = self.plan.watch.into_iter().chain(act).min()?;
                let left = next.saturating_sub(self.watched);
                Some(since.saturating_add(self.speed.takes(left, self.carried)))
            }
            State::Waiting(since, why) => {
                let patience = match why {
                    Reason::Startup => self.plan.startup_patience,
                    Reason::Stall | Reason::Seek => self.plan.stall_patience,
                    Reason::Satisfied | Reason::Limit => None,
                };
                patience.map(|patience| since.saturating_add(patience))
            }
            State::Pausing(until) => until,
            State::Gone => None,
        }
    }

    /// What they do at their deadline.
    pub fn poll(&mut self, now: Time) -> Option<Input> {
        self.deadline().filter(|&at| at <= now)?;
        match self.state {
            State::Watching(_) => Some(self.act()),
            State::Waiting(_, why) => Some(Input::Quit(why)),
            State::Pausing(_) => Some(Input::Play),
            State::Gone => None,
        }
    }

    /// The next act, unless they have watched enough before it.
    fn act(&mut self) -> Input {
        match self.plan.acts.get(self.done) {
            Some(act) if self.plan.watch.is_none_or(|watch| act.after < watch) => {
                self.done += 1;
                match act.deed {
                    Deed::Seek(to) => Input::Seek(to),
                    Deed::Pause(_) => Input::Pause,
                }
            }
            Some(_) | None => Input::Quit(Reason::Satisfied),
        }
    }

    /// How long the pause they have just made is to be.
    fn pause(&self) -> Option<Span> {
        match self.plan.acts.get(self.done.checked_sub(1)?)?.deed {
            Deed::Pause(span) => Some(span),
            Deed::Seek(_) => None,
        }
    }

    fn awaits(&self, what: Reason) -> bool {
        matches!(self.state, State::Waiting(_, why) if why == what)
    }
}
