//! Better, same or worse.

use std::collections::BTreeMap;

use super::baseline::{Baseline, Recorded, RecordedRun};
use crate::metrics::{Contrast, Difference, FIGURES, Outcomes, Panel, Party, Whom, contrast, holm};
use crate::report::{ClassOf, Results, Run};

/// What came of a check.
#[derive(Debug)]
pub struct Checked {
    /// By scenario, run, class and figure.
    pub verdicts: Vec<Verdict>,
    /// What has to be known to read them.
    pub notes: Vec<String>,
    /// How probable a false alarm was allowed to be.
    pub level: f64,
}

/// What came of one figure of a run, over all viewers or a class.
#[derive(Debug)]
pub struct Verdict {
    /// The scenario's file.
    pub scenario: String,
    /// The run.
    pub run: String,
    /// The class of viewers; nothing if it is all of them.
    pub class: Option<(ClassOf, String)>,
    /// The figure's key: `zbr`, or one of [`FIGURES`].
    pub figure: &'static str,
    /// Before and now, in the units of its tolerance; nothing if there is no such run now, or no
    /// such class.
    pub difference: Option<Difference>,
    /// How many viewers were compared.
    pub viewers: u64,
    /// How probable it is to see them so far apart if they are the same, corrected for all that
    /// was tested.
    pub p: f64,
    /// How much worse is the same.
    pub tolerance: f64,
    /// What it is.
    pub kind: Kind,
}

/// What a figure is, beside what it was.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// There is no such run any more.
    Gone,
    /// Worse for sure, and by more than is tolerated.
    Worse,
    /// Better for sure, and by more than that.
    Better,
    /// Neither.
    Same,
}

impl Kind {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Same => "same",
        }
    }

    /// Whether the gate is to stay shut.
    pub fn fails(self) -> bool {
        matches!(self, Self::Gone | Self::Worse)
    }
}

impl Checked {
    /// How many are so.
    pub fn count(&self, kind: Kind) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.kind == kind).count()
    }

    /// Whether something was compared, and nothing is worse or gone.
    pub fn passes(&self) -> bool {
        let fails = self.verdicts.iter().any(|verdict| verdict.kind.fails());
        !fails && !self.verdicts.is_empty()
    }

    /// What it comes to: `2 worse, 1 better, 21 same`.
    pub fn tally(&self) -> String {
        let kinds = [Kind::Gone, Kind::Worse, Kind::Better, Kind::Same];
        let seen = kinds.into_iter().filter(|kind| self.count(*kind) > 0);
        let parts: Vec<_> =
            seen.map(|kind| format!("{} {}", self.count(kind), kind.name())).collect();
        parts.join(", ")
    }
}

impl Verdict {
    /// Who and what it is about: `bola · network 3g`.
    pub fn whose(&self) -> String {
        match &self.class {
            None => self.run.clone(),
            Some((of, name)) => format!("{} · {} {name}", self.run, of.name()),
        }
    }
}

/// Holds what scenarios come to now, each with what was recorded of it, against that.
pub fn check(baseline: &Baseline, now: &[(&Recorded, Results)]) -> Checked {
    let mut checked = Checked { verdicts: Vec::new(), notes: Vec::new(), level: baseline.level };
    for (recorded, results) in now {
        for run in &recorded.runs {
            let current = results.runs.iter().find(|current| current.name == run.name);
            one(baseline, recorded, run, current.map(|current| (results, current)), &mut checked);
        }
        for current in &results.runs {
            if !recorded.runs.iter().any(|run| run.name == current.name) {
                let path = recorded.path.display();
                let note = format!("{path}: {} is new, and not in the baseline.", current.name);
                checked.notes.push(note);
            }
        }
    }
    // What is gone was not tested.
    let tested = checked.verdicts.iter().filter(|verdict| verdict.difference.is_some());
    let corrected = holm(&tested.map(|verdict| verdict.p).collect::<Vec<_>>());
    let tested = checked.verdicts.iter_mut().filter(|verdict| verdict.difference.is_some());
    for (verdict, p) in tested.zip(corrected) {
        verdict.p = p;
        verdict.kind = kind(verdict, baseline.level);
    }
    checked
}

fn kind(verdict: &Verdict, level: f64) -> Kind {
    let Some(difference) = verdict.difference else { return Kind::Gone };
    let more_is_better = FIGURES
        .iter()
        .find(|figure| figure.key == verdict.figure)
        .is_none_or(|figure| figure.more_is_better);
    let gain = if more_is_better { difference.difference } else { -difference.difference };
    match gain {
        _ if verdict.p >= level || gain.abs() <= verdict.tolerance => Kind::Same,
        loss if loss < 0.0 => Kind::Worse,
        _ => Kind::Better,
    }
}

/// All figures of a run, over all viewers and by class of networks.
fn one(
    baseline: &Baseline,
    recorded: &Recorded,
    old: &RecordedRun,
    now: Option<(&Results, &Run)>,
    checked: &mut Checked,
) {
    let path = recorded.path.display().to_string();
    let verdict = |class: Option<String>, key: &str, difference, (viewers, p)| Verdict {
        scenario: path.clone(),
        run: old.name.clone(),
        class: class.map(|name| (ClassOf::Network, name)),
        figure: key_of(key),
        difference,
        viewers,
        p,
        tolerance: baseline.tolerance.get(key).copied().unwrap_or_default(),
        kind: Kind::Gone,
    };
    let Some((results, new)) = now else {
        checked.verdicts.push(verdict(None, "zbr", None, (0, 1.0)));
        return;
    };
    // Points of presence come one after the other, and not always with the same viewers.
    let apart = new.chain.is_none();
    let same = apart && results.seed == recorded.seed && new.people == old.people;
    checked.notes.extend(doubts(&path, old, new, same));
    let outcomes = [outcomes(&old.panel), outcomes(&new.panel)];
    let before = Party { outcomes: &outcomes[0], panel: &old.panel };
    let after = Party { outcomes: &outcomes[1], panel: &new.panel };
    let networks: Vec<_> = new.classes_of(ClassOf::Network).map(|class| &class.name).collect();
    let classes = old.networks.iter().enumerate();
    let classes = classes.filter(|(place, name)| networks.get(*place) == Some(name));
    let whole = std::iter::once((None, Whom::All));
    let all = whole.chain(classes.map(|(place, name)| (Some(name.clone()), Whom::Network(place))));
    for (class, whom) in all {
        let found = contrast(before, after, whom, same);
        let was = contrast(before, before, whom, true);
        for key in baseline.tolerance.keys() {
            let Some((found, difference)) =
                found.as_ref().and_then(|found| Some((found, of(found, key)?)))
            else {
                // What there was and is no more is gone; what never was is not missed.
                if was.as_ref().is_some_and(|was| of(was, key).is_some()) {
                    checked.verdicts.push(verdict(class.clone(), key, None, (0, 1.0)));
                }
                continue;
            };
            let tested = (found.viewers[1], difference.p.unwrap_or(1.0));
            checked.verdicts.push(verdict(class.clone(), key, Some(difference), tested));
        }
    }
}

/// A figure by its key: of the zero-buffer rate in percentage points.
fn of(contrast: &Contrast, key: &str) -> Option<Difference> {
    if key != "zbr" {
        let place = FIGURES.iter().position(|figure| figure.key == key)?;
        return contrast.figures[place];
    }
    let mut zbr = contrast.zbr;
    zbr.values = zbr.values.map(|share| 100.0 * share);
    zbr.difference *= 100.0;
    zbr.interval = zbr.interval.map(|mut interval| {
        (interval.low, interval.high) = (100.0 * interval.low, 100.0 * interval.high);
        interval
    });
    Some(zbr)
}

fn key_of(key: &str) -> &'static str {
    FIGURES.iter().map(|figure| figure.key).find(|known| *known == key).unwrap_or("zbr")
}

fn outcomes(panel: &Panel) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for viewed in panel.viewers() {
        outcomes.push(viewed.zero_buffer, usize::from(viewed.network), viewed.first);
    }
    outcomes
}

/// What makes a run hard to compare with what it was.
fn doubts(path: &str, old: &RecordedRun, new: &Run, same: bool) -> Vec<String> {
    let name = &old.name;
    let facts: BTreeMap<&str, bool> = BTreeMap::from([
        (
            "does not have the viewers of the baseline (another seed, number, network or device), \
             or they share caches: two audiences are compared, which takes more of them.",
            !same,
        ),
        (
            "is of other content than the baseline: bitrates and scores cannot be compared.",
            old.content != new.content,
        ),
        (
            "has other classes of networks than the baseline: only those that are the same are \
             told apart.",
            !new.classes_of(ClassOf::Network).map(|class| &class.name).eq(&old.networks),
        ),
    ]);
    let facts = facts.into_iter().filter(|(_, is)| *is);
    facts.map(|(fact, _)| format!("{path}: {name} {fact}")).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::super::baseline::tests::stalling;
    use super::*;

    /// A check of one run of so many viewers, of whom these stalled and these stall now.
    pub(in crate::report::check) fn checked(
        viewers: u64,
        before: impl Fn(u64) -> bool,
        now: impl Fn(u64) -> bool,
        tolerance: f64,
    ) -> Checked {
        let mut baseline = Baseline::new(tolerance);
        baseline.record(Path::new("scenarios/commute.toml"), &stalling(viewers, before));
        check(&baseline, &[(&baseline.scenarios[0], stalling(viewers, now))])
    }

    #[test]
    fn worse_is_what_is_worse_for_sure_and_by_more_than_is_tolerated() {
        // Of 4,000 viewers 20 more stall, none fewer: half a point, p = 2 / 2^20.
        let kind = |tolerance, now: fn(u64) -> bool| {
            checked(4_000, |v| v < 100, now, tolerance).verdicts[0].kind
        };
        assert_eq!(kind(0.0, |v| v < 120), Kind::Worse);
        assert_eq!(kind(0.6, |v| v < 120), Kind::Same);
        assert_eq!(kind(0.0, |v| v < 80), Kind::Better);
        // As many who stall, but others: 20 and 20.
        assert_eq!(kind(0.0, |v| (20..120).contains(&v)), Kind::Same);
        // Six more and none fewer: p = 2 / 2^6, more than one in a hundred.
        assert_eq!(kind(0.0, |v| v < 106), Kind::Same);
        let worse = checked(4_000, |v| v < 100, |v| v < 120, 0.0);
        assert!(!worse.passes() && worse.tally() == "1 worse" && worse.notes.is_empty());
    }

    #[test]
    fn a_run_that_is_gone_fails_and_one_that_is_new_is_told() {
        let mut baseline = Baseline::new(0.0);
        baseline.record(Path::new("a.toml"), &stalling(50, |_| false));
        let mut now = stalling(50, |_| false);
        now.runs[0].name = "mpc".into();
        let found = check(&baseline, &[(&baseline.scenarios[0], now)]);
        assert_eq!((found.passes(), found.verdicts[0].kind), (false, Kind::Gone));
        assert_eq!(found.notes, ["a.toml: mpc is new, and not in the baseline."]);
    }

    #[test]
    fn other_viewers_are_another_audience() {
        let mut baseline = Baseline::new(0.0);
        baseline.record(Path::new("a.toml"), &stalling(4_000, |v| v < 100));
        let mut now = stalling(4_000, |v| v < 120);
        now.seed += 1;
        let found = check(&baseline, &[(&baseline.scenarios[0], now)]);
        // 2.5 % and 3 % of two audiences are not told apart by 4,000 each.
        assert_eq!(found.verdicts[0].kind, Kind::Same);
        assert!(found.notes[0].contains("two audiences"), "{:?}", found.notes);
    }
}
