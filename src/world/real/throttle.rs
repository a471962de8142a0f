//! A link on this side of the network: what has come is taken to have come as it would have over
//! that.
//!
//! The idea to hold: it is the simulation's own link. A body is read no faster than that carries
//! it, so that what the kernel holds back holds back the sender.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::net::{Link, Ticket};
use crate::trace::Bandwidth;
use crate::units::{Bytes, Span, Time};
use crate::world::clock::Clock;

/// How often a body looks how far it may be read.
const TICK: Span = Span::from_millis(10);

/// What is let through at a time of a body whose length nobody tells.
const PIECE: u64 = 16 << 10;

/// A link of one viewer.
pub struct Throttle {
    link: Link<usize>,
    rtt: Span,
    clock: Clock,
    /// Flows whose last byte has come, and when.
    done: Vec<(usize, Time)>,
    flows: usize,
    changed: Rc<Notify>,
}

/// A body on its way through.
pub(super) struct Gate {
    throttle: Rc<RefCell<Throttle>>,
    way: Way,
}

enum Way {
    /// One flow: all of it, or a piece, after which so much has passed in all.
    Whole { flow: usize, ticket: Ticket<usize>, size: u64, over: bool, after: Option<u64> },
    /// Piece after piece.
    Pieces { passed: u64 },
}

impl Throttle {
    /// A link that follows a trace, with a round trip where the trace states none.
    pub fn new(bandwidth: Bandwidth, rtt: Span, clock: Clock) -> Self {
        let (done, flows, changed) = (Vec::new(), 0, Rc::default());
        Self { link: Link::new(bandwidth), rtt, clock, done, flows, changed }
    }

    /// How long a request and its answer are on their way.
    pub(super) fn trip(&mut self) -> Span {
        let now = self.clock.now();
        self.link.rtt(now).unwrap_or(self.rtt)
    }

    /// A body begins to come, of that length if that is known.
    pub(super) fn enter(throttle: &Rc<RefCell<Self>>, length: Option<u64>) -> Gate {
        let way = match length {
            Some(size) => {
                let (flow, ticket) = throttle.borrow_mut().start(size);
                Way::Whole { flow, ticket, size, over: false, after: None }
            }
            None => Way::Pieces { passed: 0 },
        };
        Gate { throttle: throttle.clone(), way }
    }

    fn start(&mut self, size: u64) -> (usize, Ticket<usize>) {
        let now = self.clock.now();
        self.settle(now);
        let flow = self.flows;
        self.flows += 1;
        let ticket = self.link.start(now, flow, Bytes::new(size), 1);
        self.changed.notify_waiters();
        (flow, ticket)
    }

    /// Takes note of what is complete by now.
    fn settle(&mut self, now: Time) {
        while let Some(at) = self.link.deadline().filter(|at| *at <= now) {
            if let Some(flow) = self.link.finish(at) {
                self.done.push((flow, at));
            }
        }
    }

    /// Whether a flow is complete; it is asked once after that.
    fn is_done(&mut self, now: Time, flow: usize) -> bool {
        self.settle(now);
        let known = self.done.iter().position(|(done, _)| *done == flow);
        known.map(|known| self.done.swap_remove(known)).is_some()
    }
}

impl Gate {
    /// Waits until more may be read than has come, telling how much has passed; of what has all
    /// come, until all has passed.
    pub(super) async fn wait(&mut self, come: u64, passed: &dyn Fn(u64)) {
        let clock = self.throttle.borrow().clock;
        loop {
            let now = clock.now();
            let (at, changed) = {
                let mut throttle = self.throttle.borrow_mut();
                match &mut self.way {
                    Way::Whole { over: true, .. } => return,
                    Way::Whole { flow, ticket, size, over, after } => {
                        if throttle.is_done(now, *flow) {
                            *over = true;
                            passed(after.unwrap_or(come.min(*size)));
                            if let Some(passed) = *after {
                                self.way = Way::Pieces { passed };
                            }
                            return;
                        }
                        // A piece passes as one.
                        if after.is_none() {
                            let missing = throttle.link.missing(now, *ticket).get();
                            let gone = *size - missing.min(*size);
                            passed(gone.min(come));
                            if gone > come {
                                return;
                            }
                        }
                        let soon = throttle.link.deadline().unwrap_or(now + TICK);
                        (soon.min(now + TICK), throttle.changed.clone())
                    }
                    &mut Way::Pieces { passed: before } => {
                        if come == u64::MAX || come < before + PIECE {
                            return;
                        }
                        let size = come - before;
                        let (flow, ticket) = throttle.start(size);
                        let (over, after) = (false, Some(come));
                        self.way = Way::Whole { flow, ticket, size, over, after };
                        continue;
                    }
                }
            };
            tokio::select! {
                () = clock.sleep_until(Some(at)) => {}
                () = changed.notified() => {}
            }
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Way::Whole { flow, ticket, over: false, .. } = self.way {
            let mut throttle = self.throttle.borrow_mut();
            let now = throttle.clock.now();
            // What is complete is on the link no more.
            if !throttle.is_done(now, flow) {
                let _lacking = throttle.link.cancel(now, ticket);
            }
            throttle.changed.notify_waiters();
        }
    }
}
