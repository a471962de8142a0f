//! Who is due first, among a fixed number of machines that each set one alarm at a time.
//!
//! The idea to hold: a knock-out tournament kept in an array. Setting an alarm replays the matches
//! on one path to the final; the winner stands at the top. Nothing is allocated after the start, no
//! stale alarm ever rings, and at equal times the lower index wins, so order is the same each run.

use crate::units::Time;

/// One alarm per machine.
#[derive(Clone, Debug)]
pub struct Alarms {
    /// Node `n` is the winner of `2n` and `2n + 1`, node 1 the final. The second half are the
    /// machines, padded to a power of two.
    nodes: Vec<Alarm>,
}

/// When, and whose; `Time::MAX` is none.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    at: Time,
    machine: u32,
}

impl Alarms {
    /// For so many machines, none with an alarm.
    pub fn new(machines: usize) -> Self {
        let leaves = machines.next_power_of_two();
        let none = |machine| Alarm { at: Time::MAX, machine };
        let mut nodes = vec![none(0); leaves];
        nodes.extend((0..leaves as u32).map(none));
        for node in (1..leaves).rev() {
            nodes[node] = nodes[2 * node];
        }
        Self { nodes }
    }

    /// Sets a machine's alarm, or takes it away.
    #[inline]
    pub fn set(&mut self, machine: usize, at: Option<Time>) {
        let at = at.unwrap_or(Time::MAX);
        let node = self.nodes.len() / 2 + machine;
        if std::mem::replace(&mut self.nodes[node].at, at) != at {
            self.replay(node);
        }
    }

    /// Plays again what a node has to win on its way to the final.
    fn replay(&mut self, mut node: usize) {
        while node > 1 {
            node /= 2;
            let (left, right) = (self.nodes[2 * node], self.nodes[2 * node + 1]);
            self.nodes[node] = if left.at <= right.at { left } else { right };
        }
    }

    /// The first alarm, and whose it is.
    pub fn first(&self) -> Option<(Time, usize)> {
        let Alarm { at, machine } = self.nodes[1];
        (at < Time::MAX).then_some((at, machine as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    #[test]
    fn the_first_alarm_is_the_one_a_search_finds() {
        for machines in 1..40 {
            let mut draw = Seed(machines).stream(Purpose::Bandwidth, &[]);
            let mut alarms = Alarms::new(machines as usize);
            let mut plain = vec![None; machines as usize];
            for _ in 0..300 {
                let who = draw.below(machines) as usize;
                let at = (draw.below(4) > 0).then(|| Time::from_nanos(draw.below(50)));
                alarms.set(who, at);
                plain[who] = at;
                let due = plain.iter().zip(0..).filter_map(|(at, who)| at.map(|at| (at, who)));
                assert_eq!(alarms.first(), due.min());
            }
        }
    }
}
