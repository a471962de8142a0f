//! What models of quality of experience say, side by side, with their constants.
//!
//! The idea to hold: each stands for itself. What a model cannot tell of a run is a dash, and what
//! it would have needed is said beside its formula.

use serde_json::{Map, Value, json};

use super::format::{count, decimal};
use super::page::{escape, header, row, wide};
use super::{Results, Run};
use crate::metrics::qoe::{MODELS, Mean, Model};

/// Whether anybody was scored.
fn is_known(results: &Results) -> bool {
    results.runs.iter().any(|run| run.scores.viewers > 0)
}

/// For `summary.json`: how many viewers models were asked of, and what each says of those whom it
/// could score; nothing of models that could nobody.
pub(super) fn json(run: &Run) -> Value {
    let scores = run.scores.means().filter_map(|(model, mean)| {
        let Mean { viewers, mean, interval } = mean?;
        let (low, high) = interval.map(|interval| (interval.low, interval.high)).unzip();
        let score = json!({ "viewers": viewers, "mean": mean, "low": low, "high": high });
        Some((model.key.to_owned(), score))
    });
    json!({ "scored": run.scores.viewers, "scores": scores.collect::<Map<_, _>>() })
}

/// For `summary.json`: what the models are.
pub(super) fn models() -> Value {
    let model = |model: &Model| {
        let Model { key, name, source, formula, constants, unit, range, needs, .. } = *model;
        json!({
            "key": key,
            "name": name,
            "source": source,
            "formula": formula,
            "constants": constants,
            "unit": unit,
            "range": range,
            "needs": needs,
        })
    };
    MODELS.iter().map(model).collect()
}

/// For the page: a row per model that scored anybody, a column per run, then all formulae.
pub(super) fn html(results: &Results) -> String {
    if !is_known(results) {
        return String::new();
    }
    let most = results.runs.iter().map(|run| run.scores.viewers).max().unwrap_or(0);
    let mut html = format!(
        "<p>Published models, side by side and never blended: the mean of the first {} viewers of \
         each run, who are numbered at random, as far as a model can score them, ± its 95 % \
         interval. Whoever saw nothing has no score. A higher score is better; scores of different \
         models, ladders or lengths cannot be compared.</p>\n{}<table>\n<thead>\n{}</thead>\n\
         <tbody>\n",
        count(most),
        wide("Scores by model"),
        header(results)
    );
    for (place, model) in MODELS.iter().enumerate() {
        let mean = |run: &Run| run.scores.means().nth(place).and_then(|(_, mean)| mean);
        if results.runs.iter().any(|run| mean(run).is_some()) {
            let name = format!("{}, {}", model.name, model.unit);
            html += &row(results, &name, |run| match mean(run) {
                Some(mean) => format!("<td>{}</td>", cell(&mean)),
                None => "<td>–</td>".into(),
            });
        }
    }
    html + "</tbody>\n</table>\n</div>\n" + &formulae()
}

fn cell(of: &Mean) -> String {
    let digits = match of.mean.abs() {
        large if large >= 1_000.0 => 0,
        medium if medium >= 10.0 => 2,
        _ => 3,
    };
    let mean = decimal(of.mean, digits);
    match of.interval {
        Some(interval) => {
            format!("{mean} ± {}", decimal((interval.high - interval.low) / 2.0, digits))
        }
        None => mean,
    }
}

fn formulae() -> String {
    let mut html =
        String::from("<details>\n<summary>Their formulae, constants and sources</summary>\n<dl>\n");
    for Model { key, name, source, formula, constants, unit, range, needs, .. } in MODELS {
        let said = format!("{formula}; {constants}. In {unit}: {range}.");
        let needs = if needs.is_empty() { String::new() } else { format!(" Needs {needs}.") };
        html += &format!(
            "<dt>{}, <code>score_{key}</code></dt><dd>{}{} From {}.</dd>\n",
            escape(name),
            escape(&said),
            escape(&needs),
            escape(source)
        );
    }
    html + "</dl>\n</details>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::qoe::Scores;
    use crate::report::testing::{results, run};

    /// A run whose viewers have these scores by the first model.
    fn scored(scores: &[f64]) -> Run {
        let mut run = run("bola", 100, 90);
        scores.iter().for_each(|&score| run.scores.add(&Scores::of(MODELS[0].key, score)));
        run
    }

    #[test]
    fn a_model_that_scored_nobody_is_left_out_and_its_formula_is_not() {
        let run = scored(&[1_000.0, 2_000.0]);
        let json = json(&run);
        assert_eq!(json["scored"], 2);
        assert_eq!(json["scores"].as_object().map(Map::len), Some(1));
        let score = &json["scores"]["yin_balanced"];
        assert_eq!((&score["viewers"], &score["mean"]), (&json!(2), &json!(1_500.0)));
        // The deviation is 707.1; √2 of it is 500: 1.96 · 500.
        assert!((score["high"].as_f64().unwrap() - 2_479.982).abs() < 1e-3, "{score}");
        let html = html(&results(vec![run]));
        assert!(html.contains("<td>1500 ± 980</td>"), "{html}");
        assert_eq!(html.matches("<th scope=\"row\">").count(), 1);
        assert_eq!(html.matches("<dt>").count(), MODELS.len());
        assert!(html.contains("q bitrate in kbit/s, λ 1, μ 3000/s"));
    }

    #[test]
    fn of_one_there_is_no_interval_and_of_nobody_no_section() {
        assert_eq!(json(&scored(&[2.5]))["scores"]["yin_balanced"]["low"], Value::Null);
        assert!(html(&results(vec![scored(&[2.5])])).contains("<td>2.500</td>"));
        assert_eq!(html(&results(vec![run("bola", 100, 90)])), "");
    }

    #[test]
    fn every_model_is_told_with_what_it_is_made_of() {
        let models = models();
        assert_eq!(models.as_array().map(Vec::len), Some(MODELS.len()));
        assert_eq!(models[5]["needs"], MODELS[5].needs);
    }
}
