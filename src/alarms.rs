//! Who is due first, among a fixed number of machines that each set one alarm at a time.
//!
//! The idea to hold: a knock-out tournament kept in an array. Setting an alarm replays the matches
//! on one path to the final; the winner stands at the top. Nothing is allocated after the start, no
//! stale alarm ever rings, and at equal times the lower index wins, so order is the same each run.

use crate::units::Time;

/// One alarm per machine.
#[derive(Clone, Debug)]
pub struct Alarms {
    /// Alarms by machine, padded to a power of two; `Time::MAX` is none.
    set: Vec<Time>,
    /// Winners: node `n` is decided between `2n` and `2n + 1`; node 1 is the final.
    winners: Vec<u32>,
}

impl Alarms {
    /// For so many machines, none with an alarm.
    pub fn new(machines: usize) -> Self {
        let leaves = machines.next_power_of_two();
        let mut winners = vec![0; leaves];
        for node in (1..leaves).rev() {
            winners[node] = match 2 * node {
                children if children >= leaves => (children - leaves) as u32,
                children => winners[children],
            };
        }
        Self { set: vec![Time::MAX; leaves], winners }
    }

    /// Sets a machine's alarm, or takes it away.
    pub fn set(&mut self, machine: usize, at: Option<Time>) {
        let at = at.unwrap_or(Time::MAX);
        if std::mem::replace(&mut self.set[machine], at) == at {
            return;
        }
        let leaves = self.set.len();
        let mut node = (leaves + machine) / 2;
        while node > 0 {
            let (left, right) = (self.winner(2 * node), self.winner(2 * node + 1));
            let left_wins = self.set[left as usize] <= self.set[right as usize];
            self.winners[node] = if left_wins { left } else { right };
            node /= 2;
        }
    }

    /// The first alarm, and whose it is.
    pub fn first(&self) -> Option<(Time, usize)> {
        let machine = self.winner(1) as usize;
        let at = self.set[machine];
        (at < Time::MAX).then_some((at, machine))
    }

    /// Who comes out of a node; below the inner nodes stand the machines themselves.
    fn winner(&self, node: usize) -> u32 {
        match node.checked_sub(self.set.len()) {
            Some(machine) => machine as u32,
            None => self.winners[node],
        }
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
