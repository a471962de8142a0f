//! A fluid link: at every instant its capacity is split evenly among its flows.
//!
//! The idea to hold: nothing is updated per flow. The link keeps one number, the service every
//! active flow has had, and a flow is complete when that number reaches the tag fixed when it
//! began (Demers, Keshav, Shenker, "Analysis and simulation of a fair queueing algorithm", SIGCOMM
//! 1989). With no limit per flow an even split is max-min fair.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Debug;

use crate::trace::Bandwidth;
use crate::units::{Bytes, Span, Time, Work};

/// A bottleneck that follows a trace, shared by flows named `F`.
#[derive(Debug)]
pub struct Link<F> {
    bandwidth: Bandwidth,
    /// The instant the rest describes.
    at: Time,
    /// What the trace has done by then.
    done: Work,
    /// What every active flow has had since the link was last idle.
    served: Work,
    /// Work done but too little to give every flow a unit of it.
    spare: Work,
    flows: BinaryHeap<Reverse<Ticket<F>>>,
    /// When the first flow will be complete, if it has been asked since anything changed.
    next: Option<Option<Time>>,
}

/// A flow, and the service at which it will be complete.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket<F> {
    complete: Work,
    flow: F,
}

impl<F: Copy + Debug + Ord> Link<F> {
    /// An idle link.
    pub fn new(mut bandwidth: Bandwidth) -> Self {
        let done = bandwidth.done_by(Time::ZERO);
        let (at, served, spare) = (Time::ZERO, Work::ZERO, Work::ZERO);
        Self { bandwidth, at, done, served, spare, flows: BinaryHeap::new(), next: Some(None) }
    }

    /// The round trip its trace states for an instant, if it states one.
    pub fn rtt(&mut self, now: Time) -> Option<Span> {
        self.bandwidth.rtt(now)
    }

    /// Starts to carry so many bytes.
    pub fn start(&mut self, now: Time, flow: F, size: Bytes) -> Ticket<F> {
        self.advance(now);
        let ticket = Ticket { complete: self.served + size.into(), flow };
        self.flows.push(Reverse(ticket));
        self.next = None;
        ticket
    }

    /// Carries no more of a flow; returns the bytes it still lacked.
    pub fn cancel(&mut self, now: Time, ticket: Ticket<F>) -> Bytes {
        let missing = self.missing(now, ticket);
        self.flows.retain(|Reverse(t)| *t != ticket);
        self.share(Work::ZERO);
        self.next = None;
        missing
    }

    /// The flow whose last byte has arrived by now, if there is one.
    pub fn finish(&mut self, now: Time) -> Option<F> {
        self.deadline().filter(|&at| at <= now)?;
        if self.flows.len() > 1 {
            self.advance(now);
        }
        let Reverse(Ticket { flow, .. }) = self.flows.pop()?;
        self.share(Work::ZERO);
        self.next = None;
        Some(flow)
    }

    /// Bytes a flow still lacks.
    pub fn missing(&mut self, now: Time, ticket: Ticket<F>) -> Bytes {
        self.advance(now);
        Bytes::covering(ticket.complete.saturating_sub(self.served))
    }

    /// When the next flow is complete, if nothing changes before.
    pub fn deadline(&mut self) -> Option<Time> {
        if let Some(known) = self.next {
            return known;
        }
        let next = self.flows.peek().and_then(|Reverse(first)| {
            let lacking = first.complete.saturating_sub(self.served) * self.flows.len() as u64;
            let reached = self.bandwidth.reaches(self.done + lacking.saturating_sub(self.spare));
            reached.map(|at| at.max(self.at))
        });
        self.next = Some(next);
        next
    }

    fn advance(&mut self, now: Time) {
        if now == self.at {
            return;
        }
        let done = self.bandwidth.done_by(now);
        let work = done - self.done;
        (self.at, self.done) = (now, done);
        self.share(work);
    }

    /// Shares work out, and what was spare of the work before. Since less than a unit for each flow
    /// is then left, a flow not complete has a deadline still to come.
    fn share(&mut self, work: Work) {
        let work = self.spare + work;
        match self.flows.len() as u64 {
            0 => (self.served, self.spare) = (Work::ZERO, Work::ZERO),
            flows => {
                let (each, spare) = work.split(flows);
                self.served += each;
                self.spare = spare;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;
    use crate::units::Bitrate;
    use std::sync::Arc;

    fn link(kbps: u64) -> Link<char> {
        let trace = Trace::constant(Bitrate::kbps(kbps)).unwrap();
        Link::new(Bandwidth::new(Arc::new(trace), Span::ZERO))
    }

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    #[test]
    fn two_flows_share_and_the_survivor_speeds_up() {
        // 8 Mbit/s are 1 MB/s. Half each: b's 500 kB take 1 s, in which a has had as much; the
        // other 500 kB of a then take 0.5 s.
        let mut link = link(8_000);
        link.start(at(0), 'a', Bytes::new(1_000_000));
        link.start(at(0), 'b', Bytes::new(500_000));
        assert_eq!(link.deadline(), Some(at(1_000)));
        assert_eq!(link.finish(at(999)), None);
        assert_eq!(link.finish(at(1_000)), Some('b'));
        assert_eq!(link.deadline(), Some(at(1_500)));
        assert_eq!(link.finish(at(1_500)), Some('a'));
        assert_eq!(link.deadline(), None);
    }

    #[test]
    fn a_cancelled_flow_leaves_its_share_to_the_others() {
        let mut link = link(8_000);
        link.start(at(0), 'a', Bytes::new(1_000_000));
        let b = link.start(at(0), 'b', Bytes::new(1_000_000));
        assert_eq!(link.cancel(at(500), b), Bytes::new(750_000));
        // a has had 250 kB; the rest takes 0.75 s alone.
        assert_eq!(link.deadline(), Some(at(1_250)));
    }

    #[test]
    fn crumbs_of_work_are_shared_out_when_a_flow_leaves() {
        // In 1 ns this link does 24e9 − 1 units of work, and a byte takes 8e9: three flows have
        // 8e9 − 1 each, and 2 are over. When two flows leave, those complete the third, now.
        let trace = Trace::constant(Bitrate::from_bps(23_999_999_999)).unwrap();
        let mut link = Link::new(Bandwidth::new(Arc::new(trace), Span::ZERO));
        let now = Time::from_nanos(1);
        link.start(at(0), 'a', Bytes::new(1));
        let others = ['b', 'c'].map(|flow| link.start(at(0), flow, Bytes::new(1)));
        assert_eq!(link.finish(now), None);
        for ticket in others {
            link.cancel(now, ticket);
        }
        assert_eq!(link.deadline(), Some(now));
        assert_eq!(link.finish(now), Some('a'));
    }

    #[test]
    fn an_idle_link_saves_nothing_up() {
        let mut link = link(8_000);
        link.start(at(0), 'a', Bytes::new(1_000));
        assert_eq!(link.finish(at(1)), Some('a'));
        link.start(at(60_000), 'b', Bytes::new(1_000_000));
        assert_eq!(link.deadline(), Some(at(61_000)));
    }
}
