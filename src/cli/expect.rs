//! What a run is expected to come to: `zbr>=0.99`.

use std::str::FromStr;

use super::Failure;
use crate::metrics::Summary;
use crate::report::Results;

/// One expectation.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    text: String,
    figure: Figure,
    holds: Compares,
    bound: f64,
}

type Figure = fn(&Summary) -> f64;

/// Whether a value is as a bound says.
type Compares = fn(f64, f64) -> bool;

/// What can be expected of, and in which unit.
const FIGURES: &[(&str, Figure)] = &[
    ("zbr", Summary::zbr),
    ("stall_ratio", Summary::stall_ratio),
    ("startup", Summary::startup_mean),
    ("bitrate", |summary| summary.mean_bitrate().as_kbps_f64()),
];

/// How it compares; of two that begin alike the longer is first.
const SIGNS: &[(&str, Compares)] = &[
    (">=", |value, bound| value >= bound),
    ("<=", |value, bound| value <= bound),
    (">", |value, bound| value > bound),
    ("<", |value, bound| value < bound),
];

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || FIGURES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let split = SIGNS.iter().find_map(|(sign, holds)| {
            let (what, bound) = text.split_once(sign)?;
            Some((what.trim(), *holds, bound.trim()))
        });
        let (what, holds, bound) =
            split.ok_or_else(|| format!("{text:?}: write zbr>=0.99, say; known: {}", names()))?;
        let figure = FIGURES.iter().find(|(name, _)| *name == what);
        let &(_, figure) =
            figure.ok_or_else(|| format!("{what:?} is not known: {} are", names()))?;
        let bound = bound.parse().map_err(|_| format!("{bound:?} is no number"))?;
        Ok(Self { text: text.to_owned(), figure, holds, bound })
    }
}

/// Fails where something is not as it was expected to be.
pub(super) fn failed(expected: &[Expectation], results: &Results) -> Result<(), Failure> {
    let mut unmet = Vec::new();
    for run in &results.runs {
        for Expectation { text, figure, holds, bound } in expected {
            let value = figure(&run.summary);
            if !holds(value, *bound) {
                unmet.push(format!("{}: {text} is not so: {value:.4}", run.name));
            }
        }
    }
    if unmet.is_empty() { Ok(()) } else { Err(Failure::Unmet(unmet.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_compares_a_figure_with_a_bound() {
        let expected: Expectation = "zbr >= 0.99".parse().unwrap();
        assert!((expected.holds)(0.99, expected.bound) && !(expected.holds)(0.98, expected.bound));
        let expected: Expectation = "startup<2".parse().unwrap();
        assert!(!(expected.holds)(2.0, expected.bound));
    }

    #[test]
    fn what_cannot_be_expected_is_said() {
        let wrong = |text: &str| text.parse::<Expectation>().unwrap_err();
        assert!(wrong("zbr=1").contains("zbr>=0.99"));
        assert!(wrong("zbt>=1").contains("zbr, stall_ratio"));
        assert!(wrong("zbr>=a").contains("no number"));
    }
}
