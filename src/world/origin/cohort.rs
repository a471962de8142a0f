//! The network of some viewers, in real time.
//!
//! The idea to hold: it is the simulation's own [`Network`], asked at the instants that it names by
//! whoever owns the clock. What it says has come by then is what may leave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::flow::Flow;
use crate::cdn::Fault;
use crate::network::Network;
use crate::player::{Input, Request, RequestId};
use crate::units::{Span, Time};
use crate::world::clock::Clock;

/// How often a transfer says how far it has come, where there are few.
const TICK: Span = Span::from_millis(5);

/// So many more transfers make that rarer by one more [`TICK`],
const FEW: usize = 100;

/// but it is never longer than this.
const LONGEST_TICK: Span = Span::from_millis(100);

/// Viewers who can affect each other, with what is between them and the origin.
#[derive(Clone, Debug)]
pub(super) struct Cohort {
    orders: UnboundedSender<Order>,
    pub(super) clock: Clock,
}

#[derive(Debug)]
enum Order {
    Fetch { who: usize, request: Request, whole: bool, flow: Arc<Flow> },
    Leave { who: usize, id: RequestId },
}

/// A transfer that is cancelled when it is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    orders: UnboundedSender<Order>,
    who: usize,
    id: RequestId,
    pub(super) flow: Arc<Flow>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Of one that is over this is no news, and of one whose world has ended nobody's.
        let _ = self.orders.send(Order::Leave { who: self.who, id: self.id });
    }
}

impl Cohort {
    /// Those of a network whose world shows that time now. `busy` counts transfers of all.
    pub(super) fn new(network: Network, clock: Clock, busy: Arc<AtomicUsize>) -> Self {
        let (orders, inbox) = unbounded_channel();
        tokio::spawn(run(Desk { network, clock, flows: BTreeMap::new(), busy }, inbox));
        Self { orders, clock }
    }

    /// Asks for something: of the chain, or else only over the last mile.
    pub(super) fn fetch(&self, who: usize, request: Request, whole: bool) -> Ticket {
        let (flow, id) = (Arc::new(Flow::default()), request.id);
        let order = Order::Fetch { who, request, whole, flow: flow.clone() };
        // It runs for as long as there is somebody to ask it.
        let _ = self.orders.send(order);
        Ticket { orders: self.orders.clone(), who, id, flow }
    }
}

/// The network, and who waits for what comes over it.
struct Desk {
    network: Network,
    clock: Clock,
    flows: BTreeMap<(usize, RequestId), Arc<Flow>>,
    busy: Arc<AtomicUsize>,
}

async fn run(mut desk: Desk, mut inbox: UnboundedReceiver<Order>) {
    loop {
        desk.catch_up();
        tokio::select! {
            biased;
            order = inbox.recv() => match order {
                Some(order) => {
                    // What was due before it comes before it.
                    let now = desk.catch_up();
                    desk.heed(now, order);
                }
                None => return,
            },
            () = desk.clock.sleep_until(desk.network.deadline()) => {}
        }
    }
}

impl Desk {
    /// Tells of everything that is due; returns what time it is.
    fn catch_up(&mut self) -> Time {
        let now = self.clock.now();
        while let Some(at) = self.network.deadline().filter(|at| *at <= now) {
            if let Some((who, input)) = self.network.poll(at) {
                self.tell((at, now), who, input);
            }
        }
        now
    }

    fn heed(&mut self, now: Time, order: Order) {
        match order {
            Order::Fetch { who, request, whole, flow } => {
                self.busy.fetch_add(1, Ordering::Relaxed);
                self.flows.insert((who, request.id), flow);
                // Said at the first byte.
                let request = Request { watch: Some(now), ..request };
                match whole {
                    true => self.network.fetch(now, who, request),
                    false => self.network.send(now, who, request),
                }
            }
            Order::Leave { who, id } => {
                if self.flows.remove(&(who, id)).is_some() {
                    self.busy.fetch_sub(1, Ordering::Relaxed);
                    let _come = self.network.cancel(now, who, id);
                }
            }
        }
    }

    /// What the network says goes to the transfer it is about.
    fn tell(&mut self, (at, now): (Time, Time), who: usize, input: Input) {
        let (id, receipt, over) = match input {
            Input::Progress(id, receipt) | Input::Chunk(id, receipt, _) => (id, receipt, None),
            Input::Done(id, receipt) => (id, receipt, Some(Ok(()))),
            Input::Failed(id, receipt) => {
                (id, receipt, Some(Err(receipt.fault.unwrap_or(Fault::Reset))))
            }
            Input::Wake | Input::Seek(_) | Input::Pause | Input::Play | Input::Quit(_) => return,
        };
        let Some(over) = over else {
            if let Some(flow) = self.flows.get(&(who, id)) {
                flow.release(receipt.received.get());
                let next = at.max(now) + tick(self.busy.load(Ordering::Relaxed));
                self.network.watch(who, id, next);
            }
            return;
        };
        if let Some(flow) = self.flows.remove(&(who, id)) {
            self.busy.fetch_sub(1, Ordering::Relaxed);
            if !receipt.received.is_zero() {
                flow.release(receipt.received.get());
            }
            flow.end(over);
        }
    }
}

fn tick(busy: usize) -> Span {
    (TICK * (1 + busy / FEW) as u64).min(LONGEST_TICK)
}
