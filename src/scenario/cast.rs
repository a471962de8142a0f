//! Who each viewer is: on which link, with whom, and on what device.
//!
//! The idea to hold: everything is drawn by hash, by the viewer's number or by that of the first on
//! their link, so that viewer 17 is the same person in the same place under every algorithm, for
//! any number of threads.
//!
//! Viewers with numbers in a row share a link. So that a class of networks with four on a link has
//! its share of *viewers*, a class is drawn for a block of as many viewers as the fullest link has,
//! and the block is cut into that class's links; the last may be less than full.

use std::ops::Range;
use std::sync::Arc;

use super::setup::Setup;
use super::tally::Member;
use crate::seed::Purpose;
use crate::trace::{Bandwidth, Trace, Tread};
use crate::units::{Bitrate, Span};

/// A terabit a second: a segment in microseconds.
const BOUNDLESS: Bitrate = Bitrate::kbps(1_000_000_000);

/// One link, and the viewers on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line {
    /// Their numbers.
    pub(super) viewers: Range<u64>,
    /// Which class of networks it is of.
    pub(super) network: usize,
    /// Which trace of that class it follows.
    pub(super) trace: usize,
    /// Where in the trace it begins.
    pub(super) offset: Span,
}

impl Setup {
    /// How many viewers make a block.
    pub(super) fn block(&self) -> u64 {
        let players = self.networks.classes().iter().map(|class| class.players);
        players.max().unwrap_or(1).min(self.viewers)
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> u64 {
        self.viewers.div_ceil(self.block())
    }

    /// The links of a block.
    pub(super) fn lines(&self, block: u64) -> impl Iterator<Item = Line> + '_ {
        let viewers = block * self.block()..((block + 1) * self.block()).min(self.viewers);
        let network = match self.networks.classes() {
            [_] => 0,
            _ => self.networks.pick(self.seed.unit(Purpose::Network, &[block])),
        };
        let players = self.networks[network].players;
        viewers.clone().step_by(players as usize).map(move |first| {
            let (trace, offset) = self.link(network, first);
            Line { viewers: first..(first + players).min(viewers.end), network, trace, offset }
        })
    }

    /// Which group of viewers who can affect each other one is in, and which of it they are.
    pub(super) fn place(&self, viewer: u64) -> (u64, usize) {
        let block = viewer / self.block();
        let within = viewer - block * self.block();
        let Some(delivery) = &self.delivery else { return (block, within as usize) };
        let (group, _) = delivery.group_of(delivery.pop_of(self.seed, block));
        let before = self.groups[group].partition_point(|&own| own < block) as u64;
        (group as u64, (before * self.block() + within) as usize)
    }

    /// The links of a group.
    pub(super) fn group(&self, group: u64) -> Vec<Line> {
        match self.groups.get(group as usize).filter(|_| self.delivery.is_some()) {
            Some(blocks) => blocks.iter().flat_map(|&block| self.lines(block)).collect(),
            None => self.lines(group).collect(),
        }
    }

    /// The link of one viewer.
    pub(super) fn line_of(&self, viewer: u64) -> Line {
        let mut lines = self.lines(viewer / self.block());
        lines.find(|line| line.viewers.contains(&viewer)).expect("every viewer is on a link")
    }

    /// Which trace a link follows, and from where, by the number of its first viewer.
    fn link(&self, network: usize, first: u64) -> (usize, Span) {
        let draw = |purpose| self.seed.unit(purpose, &[first]);
        let class = &self.networks[network];
        let trace = (draw(Purpose::Trace) * class.traces.len() as f64) as usize;
        let length = class.traces[trace].trace.length().as_nanos() as f64;
        let drawn = || Span::from_nanos((draw(Purpose::Offset) * length) as u64);
        (trace, class.offset.unwrap_or_else(drawn))
    }

    /// A number that two viewers have in common, with near certainty, only if they are the same
    /// person in the same place, however wide it is there.
    pub(super) fn person(&self, line: &Line, member: &Member) -> u64 {
        let class = &self.networks[line.network];
        let named = |name: &str| name.bytes().map(u64::from).collect::<Vec<_>>();
        let seed = self.seed.derived(Purpose::Trace, &named(&class.traces[line.trace].name));
        let seed = seed.derived(Purpose::Device, &named(&self.devices[member.device].name));
        let seed = seed.derived(Purpose::Network, &named(&class.name));
        seed.derived(Purpose::Offset, &[member.viewer, line.offset.as_nanos()]).0
    }

    /// What a link's bandwidth is.
    pub(super) fn bandwidth(&self, line: &Line) -> Bandwidth {
        let named = &self.networks[line.network].traces[line.trace];
        Bandwidth::new(named.trace.clone(), line.offset)
    }

    /// The same without bound; what the trace says of round trips stays.
    pub(super) fn bandwidth_without_bound(&self, line: &Line) -> Bandwidth {
        let own = &self.networks[line.network].traces[line.trace].trace;
        if own.treads().all(|tread| tread.rtt.is_none()) {
            let wide = Trace::constant(BOUNDLESS).expect("it moves");
            return Bandwidth::new(Arc::new(wide), Span::ZERO);
        }
        let wide = own.treads().map(|tread| Tread { rate: BOUNDLESS, ..tread });
        let wide = Trace::new(wide, own.end()).expect("a trace as long, and it moves");
        Bandwidth::new(Arc::new(wide), line.offset)
    }

    /// The mean bandwidth that a link has for each of its viewers.
    pub(super) fn mean(&self, line: &Line) -> Bitrate {
        let whole = self.networks[line.network].traces[line.trace].trace.mean();
        whole / (line.viewers.end - line.viewers.start)
    }

    /// What a viewer's own round trip has on top of that of their link.
    pub(super) fn further(&self, line: &Line, viewer: u64) -> Span {
        match self.networks[line.network].spread {
            Span::ZERO => Span::ZERO,
            most => most.scaled(self.seed.unit(Purpose::Distance, &[viewer])),
        }
    }

    /// The class of devices of a viewer.
    pub(super) fn device_of(&self, viewer: u64) -> usize {
        match self.devices.classes() {
            [_] => 0,
            _ => self.devices.pick(self.seed.unit(Purpose::Device, &[viewer])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::scenario;
    use super::super::{Point, Scenario};

    fn mixed(viewers: u64) -> Scenario {
        let network = |name: &str, rest: &str| {
            format!("[[network]]\nname = \"{name}\"\nbandwidth = \"5Mbps\"\n{rest}\n")
        };
        let made = scenario(
            &(network("lte", "weight = 40")
                + &network("home", "weight = 60\nplayers = 4")
                + "[[device]]\nname = \"tv\"\nweight = 1\n\
                   [[device]]\nname = \"phone\"\nweight = 3\nmax_height = 360\n"),
        );
        let mut made = made.unwrap();
        made.points.iter_mut().for_each(|point: &mut Point| point.setup.viewers = viewers);
        made
    }

    #[test]
    fn classes_have_their_shares_of_viewers() {
        let viewers = 40_000;
        let scenario = mixed(viewers);
        let setup = &scenario.points[0].setup;
        let lines: Vec<_> = (0..setup.blocks()).flat_map(|block| setup.lines(block)).collect();
        let on = |network| {
            let of = lines.iter().filter(|line| line.network == network);
            of.map(|line| line.viewers.end - line.viewers.start).sum::<u64>()
        };
        // Of 10,000 blocks of four the deviation is 4·√(10,000·0.4·0.6) = 196 viewers; four of
        // those are allowed.
        assert!(on(0).abs_diff(16_000) < 784, "{}", on(0));
        assert_eq!(on(0) + on(1), viewers);
        // √(40,000·0.25·0.75) = 87.
        let phones = (0..viewers).filter(|&viewer| setup.device_of(viewer) == 1).count();
        assert!(phones.abs_diff(30_000) < 348, "{phones}");
    }

    #[test]
    fn links_hold_as_many_as_they_may_and_everybody_is_on_one() {
        let scenario = mixed(1_003);
        let setup = &scenario.points[0].setup;
        let mut next = 0;
        for line in (0..setup.blocks()).flat_map(|block| setup.lines(block)) {
            assert_eq!(line.viewers.start, next);
            next = line.viewers.end;
            let most = setup.networks[line.network].players;
            let full = line.viewers.end - line.viewers.start == most;
            assert!(full || (next == 1_003 && line.viewers.end - line.viewers.start < most));
            for viewer in line.viewers.clone() {
                assert_eq!(setup.line_of(viewer), line);
            }
        }
        assert_eq!(next, 1_003);
    }
}
