//! Against Sabre: every metric it prints, of every session.
//!
//! ```text
//! {"trace": "3Glogs/a.json", "movie": "bbb.json", "algorithm": "bolae", "max_buffer_s": 25,
//!  "abandonment": true, "metrics": {"total rebuffer": 133.206403, …}}
//! ```
//!
//! The folder has `movies` and `traces` in Sabre's own form beside its cases. A metric is equal if
//! it is so to a part in 100,000, or to the last digit printed.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::{Case, cases, member, presentation};
use crate::abr::{Algorithm, Settings};
use crate::fetch::trace::traces;
use crate::media::Presentation;
use crate::trace::{End, read::Format};
use crate::units::Span;
use crate::world::stepped::sabre::{Options, Periods, run};

/// What Sabre calls an algorithm, and what we do; and whether every session has to be equal. Those
/// of BOLA-E turn on the last bit of a logarithm.
const ALGORITHMS: [(&str, &str, bool); 5] = [
    ("throughput", "throughput-rule", true),
    ("bola", "bola-u", true),
    ("dynamic", "dynamic", true),
    ("bolae", "bola-e", false),
    ("dynamicdash", "dynamic-dash", false),
];

/// How far off a metric may be to count as equal: in relation, and the last digit printed.
const RELATIVE: f64 = 1e-5;
const DIGIT: f64 = 1e-6;

/// Of those that need not all be equal, so many have to be.
const SHARE: f64 = 0.95;

/// The sessions of one algorithm with one buffer, with or without abandonment.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// As Sabre calls it.
    pub algorithm: String,
    /// The most seconds of media held.
    pub buffer: u64,
    /// Whether transfers may be abandoned.
    pub abandonment: bool,
    /// How many there are.
    pub sessions: usize,
    /// Of how many every metric is equal.
    pub equal: usize,
    /// The worst of the rest: by how much, of which metric, of which trace.
    pub worst: Option<(f64, String, String)>,
}

impl Group {
    /// Whether as many are equal as have to be.
    pub fn holds(&self) -> bool {
        let strict = ALGORITHMS.iter().any(|(theirs, _, all)| *theirs == self.algorithm && *all);
        let share = if strict { 1.0 } else { SHARE };
        self.equal as f64 >= share * self.sessions as f64
    }
}

/// Runs every case of a folder.
///
/// # Errors
/// If the folder is not as described, saying where.
pub fn check(folder: &Path) -> Result<Vec<Group>, String> {
    let cases = cases(folder)?;
    let (mut movies, mut links) = (BTreeMap::new(), BTreeMap::new());
    for case in &cases {
        let movie = member(case, "movie", Value::as_str)?;
        if !movies.contains_key(movie) {
            movies.insert(movie, presentation(&folder.join("movies").join(movie))?);
        }
        let trace = member(case, "trace", Value::as_str)?;
        if !links.contains_key(trace) {
            links.insert(trace, periods(&folder.join("traces").join(trace))?);
        }
    }
    let outcomes = cases.par_iter().map(|case| {
        let content = &movies[member(case, "movie", Value::as_str)?];
        outcome(case, content, &links[member(case, "trace", Value::as_str)?])
    });
    let outcomes = outcomes.collect::<Result<Vec<_>, String>>()?;
    let mut groups: Vec<Group> = Vec::new();
    for ((algorithm, buffer, abandonment), off) in outcomes {
        let same = |g: &Group| {
            (g.algorithm.as_str(), g.buffer, g.abandonment) == (algorithm, buffer, abandonment)
        };
        let place = groups.iter().position(same).unwrap_or_else(|| {
            let algorithm = algorithm.to_owned();
            let (sessions, equal, worst) = (0, 0, None);
            groups.push(Group { algorithm, buffer, abandonment, sessions, equal, worst });
            groups.len() - 1
        });
        let group = &mut groups[place];
        group.sessions += 1;
        match off {
            None => group.equal += 1,
            Some(off) if group.worst.as_ref().is_none_or(|worst| off.0 > worst.0) => {
                group.worst = Some(off);
            }
            Some(_) => {}
        }
    }
    Ok(groups)
}

fn periods(path: &Path) -> Result<Periods, String> {
    let found = traces(path, Some(Format::Sabre), End::Repeat);
    let (reading, _) = found.map_err(|error| format!("{}: {error}", path.display()))?;
    let part = reading.parts.first().ok_or_else(|| format!("{}: no trace", path.display()))?;
    Ok(Periods::of(&part.trace, Span::ZERO))
}

/// What a case belongs to: algorithm, buffer, abandonment.
type Kind<'a> = (&'a str, u64, bool);

/// How far off, of which metric, of which trace.
type Off = (f64, String, String);

/// A case's kind, and the metric that is furthest off, if any is.
fn outcome<'a>(
    case: &'a Case,
    content: &Presentation,
    periods: &Periods,
) -> Result<(Kind<'a>, Option<Off>), String> {
    let theirs = member(case, "algorithm", Value::as_str)?;
    // No buffer is longer than a day.
    let buffer = member(case, "max_buffer_s", |value| value.as_u64().filter(|s| *s <= 86_400))?;
    let abandon = member(case, "abandonment", Value::as_bool)?;
    let known = ALGORITHMS.iter().find(|(name, ..)| *name == theirs);
    let ours = known.and_then(|(_, ours, _)| Algorithm::named(ours)).ok_or_else(|| {
        let names = ALGORITHMS.map(|(name, ..)| name).join(", ");
        format!(
            "expected.jsonl, line {}: the algorithm is {theirs:?}, and should be of {names}",
            case.0
        )
    })?;
    let made = (ours.new)(&Settings::default(), content).map_err(|unfit| unfit.to_string())?;
    let mut abr = made();
    let options = Options { target: Span::from_secs(buffer), abandon, ..Options::default() };
    let metrics = run(content, periods, &options, &mut *abr, |_, _| {});
    let expected = member(case, "metrics", Value::as_object)?;
    let trace = member(case, "trace", Value::as_str)?;
    let mut worst: Option<Off> = None;
    for (name, wanted) in expected {
        let row = metrics.rows().into_iter().find(|(row, _)| row == name);
        let (Some((_, found)), Some(wanted)) = (row, wanted.as_f64()) else {
            return Err(format!(
                "expected.jsonl, line {}: {name:?} is no metric of Sabre's",
                case.0
            ));
        };
        let off = (found - wanted).abs();
        let relative = off / wanted.abs().max(DIGIT);
        let equal = off <= RELATIVE * wanted.abs() || off <= DIGIT;
        if !equal && worst.as_ref().is_none_or(|(worst, ..)| relative > *worst) {
            worst = Some((relative, name.clone(), trace.to_owned()));
        }
    }
    Ok(((theirs, buffer, abandon), worst))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    #[test]
    fn every_session_of_sabre_is_reproduced() {
        let Some(folder) = reference("sabre") else { return };
        let groups = check(&folder).unwrap();
        assert!(groups.len() >= 20, "{}", groups.len());
        for group in groups {
            assert!(group.holds(), "{group:?}");
        }
    }
}
