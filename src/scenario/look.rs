//! Some viewers of a run once more, to be looked at.
//!
//! The idea to hold: everybody is drawn by their number, so whoever is simulated again, with all
//! who can affect them, does again what they did.

use std::collections::BTreeMap;

use super::run::OneRun;
use super::{Results, Scenario, ScenarioError};
use crate::metrics::Timeline;

/// Behind caches, no larger groups are simulated again for the sake of one viewer.
const MOST: usize = 20_000;

impl Scenario {
    /// The scenario that results came of, made ready again, if it still has the same inputs.
    ///
    /// # Errors
    /// Whatever is wrong with it by now.
    pub fn of(results: &Results) -> Result<Self, ScenarioError> {
        let Results { name, scenario, beside, sets, .. } = results;
        let mut again = Self::parse(name, &format!("{name}.toml"), scenario, beside, sets)?;
        let viewers = results.runs.first().map_or(1, |run| run.summary.viewers);
        for point in again.points.iter_mut().filter(|point| point.setup.until.is_some()) {
            point.setup.viewers = viewers;
        }
        let changed =
            results.inputs.iter().find(|(name, was)| again.inputs.get(*name) != Some(was));
        match changed {
            None => Ok(again),
            Some((input, _)) => Err(ScenarioError::new(format!("{input} has changed since"))),
        }
    }

    /// What is to be seen of these viewers in the run of that name, by their numbers; without those
    /// for whose sake too many others would have to be simulated.
    pub fn look(&self, run: &str, viewers: &[u64]) -> BTreeMap<u64, Timeline> {
        let runs = self.points.iter().flat_map(|point| {
            let contenders = point.setup.contenders.iter();
            contenders.map(move |contender| OneRun::new(self, point, contender))
        });
        match { runs }.find(|one| one.name == run) {
            Some(run) => run.look(viewers),
            None => BTreeMap::new(),
        }
    }
}

impl OneRun<'_> {
    fn look(&self, viewers: &[u64]) -> BTreeMap<u64, Timeline> {
        let there = viewers.iter().copied().filter(|&viewer| viewer < self.setup.viewers);
        if self.setup.delivery.is_none() {
            return there.map(|viewer| (viewer, self.timeline(viewer))).collect();
        }
        let mut groups: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for viewer in there {
            groups.entry(self.setup.place(viewer).0).or_default().push(viewer);
        }
        groups.into_iter().flat_map(|(group, viewers)| self.look_into(group, &viewers)).collect()
    }

    /// Those of a group who are looked for.
    fn look_into(&self, group: u64, wanted: &[u64]) -> BTreeMap<u64, Timeline> {
        let setup = self.setup;
        let lines = setup.group(group);
        let numbers: Vec<_> = lines.iter().flat_map(|line| line.viewers.clone()).collect();
        if numbers.len() > MOST {
            return BTreeMap::new();
        }
        let begin =
            |&viewer: &u64| (viewer, Timeline::new(setup.audience.speed(setup.seed, viewer)));
        let mut seen: BTreeMap<_, _> = wanted.iter().map(begin).collect();
        let (_, chain) = self.follow(
            &lines,
            || false,
            |who, at, event| {
                if let Some(timeline) = seen.get_mut(&numbers[who]) {
                    let device = setup.device_of(numbers[who]);
                    timeline.record(&setup.devices[device].content, at, event);
                }
            },
        );
        for (caller, told) in chain.iter().flat_map(|chain| chain.told()) {
            if let Some(timeline) = seen.get_mut(&caller.viewer) {
                timeline.tell(caller.serial, *told);
            }
        }
        for (&viewer, timeline) in &mut seen {
            timeline.follow(setup.bandwidth(&setup.line_of(viewer)));
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::scenario;
    use super::super::{Control, run};

    #[test]
    fn whoever_is_looked_at_again_does_what_they_did() {
        for chain in ["", "[cdn]\npops = 2\n[cdn.edge]\nsize = \"1GB\"\n"] {
            let made = scenario(&format!("[network]\nbandwidth = \"1Mbps\"\n{chain}")).unwrap();
            let results = run(&made, &Control::default(), std::io::sink()).unwrap();
            let of = &results.runs[0];
            let (viewer, timeline) = &of.timelines[0];
            let seen = made.look(&of.name, &[*viewer, 1 << 40]);
            assert_eq!(seen.keys().collect::<Vec<_>>(), [viewer]);
            assert_eq!(&seen[viewer], timeline);
            assert!(made.look("somebody else", &[0]).is_empty());
        }
    }
}
