//! Against Pensieve's environment and the baselines run in it: every segment's bitrate, and QoE.
//!
//! ```text
//! {"trace": "norway_bus_1", "algorithm": "bb", "chunks": 48, "bitrate_kbps": [750, 300, …],
//!  "qoe_lin_mean_1_47": 1.7223, "rebuffer_s_1_47": 0.0, "first_delay_s": 0.8873}
//! ```
//!
//! The folder has `envivio_sizes.json`, a movie in our form, and `traces` in Pensieve's. Of the
//! baselines only BB is one algorithm everywhere; the others are compared with ours of that name,
//! so how often both decide alike says how far the two differ, not who is right.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::{Case, cases, member, presentation, text};
use crate::abr::{Algorithm, Settings, Value as Setting};
use crate::media::{Object, Presentation};
use crate::player::Event;
use crate::world::stepped::pensieve::{Options, Rows, run};

/// A baseline, and what we have for it.
struct Baseline {
    /// What cases call it.
    theirs: &'static str,
    ours: &'static str,
    /// What has to be set of ours for it to be the same rule.
    set: &'static [(&'static str, f64)],
    /// Whether every session has to be equal.
    all: bool,
}

const BASELINES: [Baseline; 6] = [
    Baseline { theirs: "bb", ours: "bba-index", set: &[], all: true },
    Baseline { theirs: "rb", ours: "throughput", set: &[("safety", 1.0)], all: false },
    Baseline { theirs: "bola", ours: "bola", set: &[], all: false },
    Baseline { theirs: "mpc", ours: "robust-mpc", set: &[("stalling", 4.3)], all: false },
    Baseline { theirs: "quetra", ours: "quetra", set: &[], all: false },
    Baseline { theirs: "hyb", ours: "hyb", set: &[], all: false },
];

/// How far off a mean QoE may be to count as equal.
const QOE: f64 = 1e-6;

/// The sessions of one algorithm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// As the reference calls it, and as we do.
    pub algorithm: (String, String),
    /// How many there are.
    pub sessions: usize,
    /// Of how many every bitrate is equal, and QoE within 1e-6.
    pub equal: usize,
    /// Decisions made, and of those the ones that are the same.
    pub decisions: (usize, usize),
    /// The sum over sessions of mean QoE, theirs and ours.
    pub qoe: (f64, f64),
    /// Sessions that never rebuffer after the first segment, theirs and ours.
    pub smooth: (usize, usize),
}

impl Group {
    /// Whether as many are equal as have to be.
    pub fn holds(&self) -> bool {
        let strict = |known: &Baseline| known.theirs == self.algorithm.0 && known.all;
        !BASELINES.iter().any(strict) || self.equal == self.sessions
    }
}

/// Runs every case of a folder.
///
/// # Errors
/// If the folder is not as described, saying where.
pub fn check(folder: &Path) -> Result<Vec<Group>, String> {
    let cases = cases(folder)?;
    let content = presentation(&folder.join("envivio_sizes.json"))?;
    let mut traces = BTreeMap::new();
    for case in &cases {
        let name = member(case, "trace", Value::as_str)?;
        if !traces.contains_key(name) {
            traces.insert(name, rows(&folder.join("traces").join(name))?);
        }
    }
    let outcome = |case| outcome(case, &content, &traces[member(case, "trace", Value::as_str)?]);
    let outcomes: Vec<_> = cases.par_iter().map(outcome).collect::<Result<_, String>>()?;
    let mut groups: Vec<Group> = Vec::new();
    for one in outcomes {
        match groups.iter_mut().find(|group| group.algorithm == one.algorithm) {
            Some(group) => group.merge(&one),
            None => groups.push(one),
        }
    }
    Ok(groups)
}

impl Group {
    fn merge(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.equal += other.equal;
        self.decisions.0 += other.decisions.0;
        self.decisions.1 += other.decisions.1;
        self.qoe.0 += other.qoe.0;
        self.qoe.1 += other.qoe.1;
        self.smooth.0 += other.smooth.0;
        self.smooth.1 += other.smooth.1;
    }
}

/// Rows as they are written: a trace of ours would round them to whole bits and nanoseconds.
fn rows(path: &Path) -> Result<Rows, String> {
    let text = text(path)?;
    let row = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse::<f64>().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let rows = lines.map(row).collect::<Option<Vec<_>>>().and_then(Rows::new);
    rows.ok_or_else(|| {
        format!("{}: rows of seconds and Mbit/s are expected, in order", path.display())
    })
}

/// One case, as a group of its own.
fn outcome(case: &Case, content: &Presentation, rows: &Rows) -> Result<Group, String> {
    let theirs = member(case, "algorithm", Value::as_str)?;
    let known = BASELINES.iter().find(|known| known.theirs == theirs);
    let known = known.and_then(|known| Some((Algorithm::named(known.ours)?, known.set)));
    let (ours, set) = known.ok_or_else(|| {
        let names = BASELINES.map(|known| known.theirs).join(", ");
        format!(
            "expected.jsonl, line {}: the algorithm is {theirs:?}, and should be of {names}",
            case.0
        )
    })?;
    let mut settings = Settings::default();
    for parameter in ours.parameters {
        if let Some((_, value)) = set.iter().find(|(name, _)| *name == parameter.name) {
            let set = settings.set(parameter, Setting::Number(*value));
            set.map_err(|error| error.to_string())?;
        }
    }
    let made = (ours.new)(&settings, content).map_err(|unfit| unfit.to_string())?;
    let mut abr = made();
    let mut kbps = Vec::new();
    let ladder = &content.track(content.main()).ladder;
    let metrics = run(content, rows, &Options::default(), &mut *abr, |_, event| {
        if let Event::Requested(request, _) = event
            && let Object::Segment(segment) = request.object
        {
            kbps.push(ladder.bitrate(segment.rung).as_kbps_f64());
        }
    });
    let expected = member(case, "bitrate_kbps", Value::as_array)?;
    let same = expected.iter().zip(&kbps).filter(|(wanted, kbps)| wanted.as_f64() == Some(**kbps));
    let same = same.count();
    let qoe = member(case, "qoe_lin_mean_1_47", Value::as_f64)?;
    let found = metrics.qoe_lin / f64::from(metrics.segments.saturating_sub(1).max(1));
    let alike = same == expected.len() && kbps.len() == expected.len();
    let smooth = member(case, "rebuffer_s_1_47", Value::as_f64)? == 0.0;
    Ok(Group {
        algorithm: (theirs.to_owned(), ours.name.to_owned()),
        sessions: 1,
        equal: usize::from(alike && (found - qoe).abs() <= QOE),
        decisions: (expected.len(), same),
        qoe: (qoe, found),
        smooth: (usize::from(smooth), usize::from(metrics.rebuffer == 0.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    #[test]
    fn what_has_to_be_equal_to_pensieves_is() {
        let Some(folder) = reference("pensieve") else { return };
        for group in check(&folder).unwrap() {
            assert!(group.holds(), "{group:?}");
        }
    }
}
