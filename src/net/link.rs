//! A fluid link: at every instant its capacity is split among its flows, evenly or by weight.
//!
//! The idea to hold: nothing is updated per flow. The link keeps one number, the service every
//! active flow has had for each unit of its weight, and a flow is complete when that number reaches
//! the tag fixed when it began (Demers, Keshav, Shenker, "Analysis and simulation of a fair
//! queueing algorithm", SIGCOMM 1989; with weights, Parekh and Gallager, "A generalized processor
//! sharing approach to flow control", 1993). With no limit per flow an even split is max-min fair.
//!
//! A flow that is cancelled stays in the heap until its tag comes up, beside a note that it is
//! void, so that cancelling one of thousands costs no more than starting one.

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
    /// What every active flow has had since the link was last idle, for each unit of its weight.
    served: Work,
    /// Work done but too little to give every flow a unit of it.
    spare: Work,
    /// The weights of the active flows, added up.
    weight: u64,
    flows: BinaryHeap<Reverse<Ticket<F>>>,
    /// Those of the flows that have been cancelled.
    void: BinaryHeap<Reverse<Ticket<F>>>,
    /// When the first flow will be complete, if it has been asked since anything changed.
    next: Option<Option<Time>>,
}

/// A flow, and the service at which it will be complete.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket<F> {
    complete: Work,
    flow: F,
    weight: u32,
}

impl<F: Copy + Debug + Ord> Link<F> {
    /// An idle link.
    pub fn new(mut bandwidth: Bandwidth) -> Self {
        let done = bandwidth.done_by(Time::ZERO);
        Self {
            bandwidth,
            at: Time::ZERO,
            done,
            served: Work::ZERO,
            spare: Work::ZERO,
            weight: 0,
            flows: BinaryHeap::new(),
            void: BinaryHeap::new(),
            next: Some(None),
        }
    }

    /// The round trip its trace states for an instant, if it states one.
    pub fn rtt(&mut self, now: Time) -> Option<Span> {
        self.bandwidth.rtt(now)
    }

    /// Whether it carries nothing.
    pub fn is_idle(&self) -> bool {
        self.weight == 0
    }

    /// Starts to carry so many bytes, with a share in proportion to a weight of 1 or more.
    pub fn start(&mut self, now: Time, flow: F, size: Bytes, weight: u32) -> Ticket<F> {
        self.advance(now);
        // A flow that lacks a part of a unit lacks one: no byte is early.
        let (each, rest) = Work::from(size).split(u64::from(weight));
        let each = if rest.is_zero() { each } else { each + Work::UNIT };
        let ticket = Ticket { complete: self.served + each, flow, weight };
        self.flows.push(Reverse(ticket));
        self.weight += u64::from(weight);
        self.next = None;
        ticket
    }

    /// Carries no more of a flow; returns the bytes it still lacked.
    pub fn cancel(&mut self, now: Time, ticket: Ticket<F>) -> Bytes {
        let missing = self.missing(now, ticket);
        self.void.push(Reverse(ticket));
        self.leave(ticket);
        missing
    }

    /// The flow whose last byte has arrived by now, if there is one.
    pub fn finish(&mut self, now: Time) -> Option<F> {
        self.deadline().filter(|&at| at <= now)?;
        if self.flows.len() > 1 {
            self.advance(now);
        }
        let Reverse(ticket) = self.flows.pop()?;
        self.leave(ticket);
        Some(ticket.flow)
    }

    /// Bytes a flow still lacks.
    pub fn missing(&mut self, now: Time, ticket: Ticket<F>) -> Bytes {
        self.advance(now);
        let weight = u64::from(ticket.weight);
        let lacking = ticket.complete.saturating_sub(self.served) * weight;
        // The tag was rounded up, and so is this: together they must not lack what was never sent.
        Bytes::covering(lacking.saturating_sub(Work::UNIT * (weight - 1)))
    }

    /// When the next flow is complete, if nothing changes before.
    pub fn deadline(&mut self) -> Option<Time> {
        if let Some(known) = self.next {
            return known;
        }
        let next = self.flows.peek().and_then(|Reverse(first)| {
            let lacking = first.complete.saturating_sub(self.served) * self.weight;
            let reached = self.bandwidth.reaches(self.done + lacking.saturating_sub(self.spare));
            reached.map(|at| at.max(self.at))
        });
        self.next = Some(next);
        next
    }

    /// Shares the link among one flow less.
    fn leave(&mut self, ticket: Ticket<F>) {
        self.weight -= u64::from(ticket.weight);
        if self.weight == 0 {
            if !self.void.is_empty() {
                self.flows.clear();
                self.void.clear();
            }
            (self.served, self.spare, self.next) = (Work::ZERO, Work::ZERO, Some(None));
            return;
        }
        while !self.void.is_empty() && self.void.peek() == self.flows.peek() {
            self.void.pop();
            self.flows.pop();
        }
        self.share(Work::ZERO);
        self.next = None;
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
        match self.weight {
            0 => (self.served, self.spare) = (Work::ZERO, Work::ZERO),
            weight => {
                let (each, spare) = work.split(weight);
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
        link.start(at(0), 'a', Bytes::new(1_000_000), 1);
        link.start(at(0), 'b', Bytes::new(500_000), 1);
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
        link.start(at(0), 'a', Bytes::new(1_000_000), 1);
        let b = link.start(at(0), 'b', Bytes::new(1_000_000), 1);
        assert_eq!(link.cancel(at(500), b), Bytes::new(750_000));
        // a has had 250 kB; the rest takes 0.75 s alone.
        assert_eq!(link.deadline(), Some(at(1_250)));
    }

    #[test]
    fn flows_share_by_weight() {
        // a has 1 of 4 parts of 1 MB/s, b the other 3: b's 750 kB take 1 s, in which a has had
        // 250 kB; its other 250 kB then take 0.25 s.
        let mut link = link(8_000);
        let a = link.start(at(0), 'a', Bytes::new(500_000), 1);
        link.start(at(0), 'b', Bytes::new(750_000), 3);
        assert_eq!(link.missing(at(400), a), Bytes::new(400_000));
        assert_eq!(link.deadline(), Some(at(1_000)));
        assert_eq!(link.finish(at(1_000)), Some('b'));
        assert_eq!(link.deadline(), Some(at(1_250)));
        assert_eq!(link.finish(at(1_250)), Some('a'));
        assert!(link.is_idle());
    }

    #[test]
    fn no_weight_makes_a_flow_lack_more_than_it_is() {
        for weight in 1..200 {
            let ticket = link(8_000).start(at(0), 'a', Bytes::new(1_000), weight);
            assert_eq!(link(8_000).missing(at(0), ticket), Bytes::new(1_000));
        }
    }

    #[test]
    fn what_is_cancelled_behind_others_is_gone_when_its_turn_comes() {
        // Three flows of 1, 2 and 3 MB; the second goes at once. 1 MB/s in two halves: a is done
        // at 2 s, and the other 2 MB of c at 4 s.
        let mut link = link(8_000);
        link.start(at(0), 'a', Bytes::new(1_000_000), 1);
        let b = link.start(at(0), 'b', Bytes::new(2_000_000), 1);
        link.start(at(0), 'c', Bytes::new(3_000_000), 1);
        assert_eq!(link.cancel(at(0), b), Bytes::new(2_000_000));
        assert_eq!(link.finish(at(2_000)), Some('a'));
        assert_eq!(link.finish(at(2_000)), None);
        assert_eq!(link.deadline(), Some(at(4_000)));
        assert_eq!(link.finish(at(4_000)), Some('c'));
    }

    #[test]
    fn crumbs_of_work_are_shared_out_when_a_flow_leaves() {
        // In 1 ns this link does 24e9 − 1 units of work, and a byte takes 8e9: three flows have
        // 8e9 − 1 each, and 2 are over. When two flows leave, those complete the third, now.
        let trace = Trace::constant(Bitrate::from_bps(23_999_999_999)).unwrap();
        let mut link = Link::new(Bandwidth::new(Arc::new(trace), Span::ZERO));
        let now = Time::from_nanos(1);
        link.start(at(0), 'a', Bytes::new(1), 1);
        let others = ['b', 'c'].map(|flow| link.start(at(0), flow, Bytes::new(1), 1));
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
        link.start(at(0), 'a', Bytes::new(1_000), 1);
        assert_eq!(link.finish(at(1)), Some('a'));
        link.start(at(60_000), 'b', Bytes::new(1_000_000), 1);
        assert_eq!(link.deadline(), Some(at(61_000)));
    }
}
