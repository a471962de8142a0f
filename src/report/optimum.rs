//! How close runs come to the offline optimum, where a scenario has it among its algorithms.
//!
//! The idea to hold: the ceiling of a run is the run of `optimal` at the same point of the sweep,
//! whose viewers are the same; what is compared is the QoE of all of them together, by the model
//! that the optimum is of.

use super::metric::yin;
use super::{Results, Run};

/// The ceiling of a run, if there is one.
pub(super) fn ceiling<'a>(results: &'a Results, run: &Run) -> Option<&'a Run> {
    let same = |other: &&Run| other.optimum && other.point == run.point;
    results.runs.iter().find(same).filter(|optimum| optimum.summary.viewers > 0)
}

/// The mean QoE of a run's viewers, by the model of Yin et al.
pub(super) fn qoe(run: &Run) -> f64 {
    let summary = &run.summary;
    yin(summary) * summary.total.segments as f64 / summary.viewers.max(1) as f64
}

/// The QoE of a run as a share of its ceiling's, where that is above nothing.
pub(super) fn share(results: &Results, run: &Run) -> Option<f64> {
    let most = qoe(ceiling(results, run)?);
    (most > 0.0 && run.summary.viewers > 0).then(|| qoe(run) / most)
}

/// Whether any run has a ceiling.
pub(super) fn is_known(results: &Results) -> bool {
    results.runs.iter().any(|run| share(results, run).is_some())
}
