//! Who could not be simulated: a bug, which no report passes over.

use serde_json::{Value, json};

use super::format::count;
use super::{Results, Run};
use crate::scenario::Mishap;

/// Who it is, in a sentence, if it is anybody.
pub(super) fn sentence(results: &Results) -> Option<String> {
    let lost = results.runs.iter().filter(|run| run.mishaps.viewers > 0);
    let of: Vec<_> =
        lost.map(|run| format!("{} of {}", count(run.mishaps.viewers), run.name)).collect();
    (!of.is_empty()).then(|| {
        let who = of.join(", ");
        format!("Not simulated, and not counted, since something panicked (a bug): viewers {who}.")
    })
}

/// What happened to the first of each run, for programs.
pub(super) fn json(results: &Results) -> Vec<Value> {
    let of = |run: &Run| {
        let one = |mishap: &Mishap| {
            json!({
                "run": run.name,
                "viewer": mishap.viewer,
                "together": mishap.together,
                "seed": mishap.seed,
                "message": mishap.message,
            })
        };
        run.mishaps.first.iter().map(one).collect::<Vec<_>>()
    };
    results.runs.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{results, run};
    use crate::report::{page, summary, table};
    use crate::scenario::Mishaps;

    #[test]
    fn every_report_says_who_is_not_in_it() {
        let mishap = Mishap { viewer: 17, together: 2, seed: 5, message: "no rung".to_owned() };
        let mishaps = Mishaps { viewers: 1_200, first: vec![mishap] };
        let results = results(vec![run("mpc", 10, 9), Run { mishaps, ..run("bola", 10, 9) }]);
        assert_eq!(summary(&results)["runs"][1]["lost"], 1_200);
        assert_eq!(summary(&results)["runs"][0]["lost"], 0);
        let told = "viewers 1,200 of bola";
        assert!(page(&results, &[]).contains(told));
        assert!(table(&results).contains("Not simulated"), "{}", table(&results));
        assert_eq!(json(&results)[0]["message"], "no rung");
    }
}
