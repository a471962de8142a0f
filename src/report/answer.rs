//! The answer to the scenario's question, in sentences made from the numbers.
//!
//! The idea to hold: no sentence claims more than the intervals do.

use super::format::{bitrate, clean, count, last_part, list, many, percent};
use super::ranking::Ranking;
use super::{Results, Run};

/// Of the runs a sentence is about, how many are named.
const NAMED: usize = 5;

/// The answer: first what the page is read for, then what must be known to believe it.
pub(super) fn answer(results: &Results) -> Vec<String> {
    let Some(ranking) = Ranking::of(results) else {
        return vec!["No viewer was simulated, so there is nothing to answer with.".into()];
    };
    let sentences = [
        Some(rates(results, &ranking)),
        doubt(results, &ranking),
        Some(price(results, &ranking)),
        failures(results),
    ];
    sentences.into_iter().flatten().collect()
}

/// Who keeps how many viewers free of stalls: the best, and the best run of each other algorithm.
fn rates(results: &Results, ranking: &Ranking<'_>) -> String {
    let (runs, best) = (ranking.count(), &ranking.best);
    let keep = if best.len() == 1 { "keeps" } else { "keep" };
    let rate = rate(best[0]);
    if best.len() == runs && runs > 1 {
        return format!("All {runs} runs keep {rate} of viewers free of stalls.");
    }
    let mut sentence = format!("{} {keep} {rate} of viewers free of stalls", names(results, best));
    let mut others: Vec<&Run> = Vec::new();
    for run in ranking.all() {
        if best.iter().chain(&others).all(|known| known.abr != run.abr) {
            others.push(run);
        }
    }
    let lowest = ranking.all().last().filter(|_| others.is_empty() && runs > best.len());
    if let Some(lowest) = lowest {
        let (name, rate) = (name(results, lowest), self::rate(lowest));
        sentence += &format!(", the most of {runs} runs; the fewest, {rate}, {name}");
    } else if !results.swept.is_empty() && runs > best.len() {
        sentence += &format!(", the most of {runs} runs; the other algorithms at their best");
    }
    let more = others.len().saturating_sub(NAMED);
    let others = others.into_iter().take(NAMED);
    let others: Vec<_> =
        others.map(|run| format!("{} {}", name(results, run), self::rate(run))).collect();
    if !others.is_empty() {
        sentence += if results.swept.is_empty() { "; " } else { ": " };
        sentence += &others.join("; ");
    }
    if more > 0 {
        sentence += &format!("; and {more} more");
    }
    sentence + "."
}

/// Whether the lead is one.
fn doubt(results: &Results, ranking: &Ranking<'_>) -> Option<String> {
    let best = names(results, &ranking.best);
    match (ranking.rivals.as_slice(), ranking.rest.len()) {
        ([], 0) => None,
        ([], _) => Some(format!("No other run's 95 % interval reaches that of {best}.")),
        (rivals, _) => Some(format!(
            "The 95 % intervals of {best} and {} overlap: it would take more viewers to rank them.",
            names(results, rivals),
        )),
    }
}

/// What the best pays in picture.
fn price(results: &Results, ranking: &Ranking<'_>) -> String {
    let best = ranking.best[0];
    let most = |a: &&Run, b: &&Run| a.summary.mean_bitrate().cmp(&b.summary.mean_bitrate());
    let dearest = ranking.all().max_by(most).filter(|run| run.name != best.name);
    let own = bitrate(best.summary.mean_bitrate());
    let of = name(results, best);
    match dearest.filter(|run| run.summary.mean_bitrate() > best.summary.mean_bitrate()) {
        Some(run) => format!(
            "The mean bitrate of {of} is {own}; the highest is {}, of {}, which stalls for {} % \
             of the time.",
            bitrate(run.summary.mean_bitrate()),
            name(results, run),
            percent(run.summary.stall_ratio(), 2),
        ),
        None if ranking.count() > 1 => {
            format!("The mean bitrate of {of} is {own}; no other run's is higher.")
        }
        None => format!("Its mean bitrate is {own}."),
    }
}

/// Who never saw a first frame.
fn failures(results: &Results) -> Option<String> {
    let failed = |run: &&Run| run.summary.started < run.summary.viewers;
    let runs: Vec<_> = results.runs.iter().filter(failed).collect();
    let viewers: u64 = runs.iter().map(|run| run.summary.viewers - run.summary.started).sum();
    let of: u64 = runs.iter().map(|run| run.summary.viewers).sum();
    (viewers > 0).then(|| {
        let of = many(of, "viewer");
        format!("Playback never began for {} of {of} of {}.", count(viewers), names(results, &runs))
    })
}

/// A rate with its interval: `97.1 % (95.9–98.0)`.
fn rate(run: &Run) -> String {
    let (rate, range) = (run.summary.zbr(), run.summary.zbr_interval());
    format!("{} % ({}–{})", percent(rate, 1), percent(range.low, 1), percent(range.high, 1))
}

/// A run in words: `bola`, or `bola at segment 2s`.
fn name(results: &Results, run: &Run) -> String {
    let point = results.swept.iter().zip(&run.point);
    let point: Vec<_> = point.map(|(key, value)| format!("{} {value}", last_part(key))).collect();
    match point.is_empty() {
        true => clean(&run.abr),
        false => clean(&format!("{} at {}", run.abr, point.join(", "))),
    }
}

/// The names of the first few runs, and how many more there are.
fn names(results: &Results, runs: &[&Run]) -> String {
    let mut names: Vec<_> = runs.iter().take(NAMED).map(|run| name(results, run)).collect();
    if runs.len() > NAMED {
        names.push(many((runs.len() - NAMED) as u64, "other run"));
    }
    list(&names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{results, run, sweep};

    #[test]
    fn the_answer_gives_the_rates_and_whether_they_differ() {
        let answer = answer(&results(vec![run("throughput", 1_000, 934), run("bola", 1_000, 971)]));
        let sentences = [
            "bola keeps 97.1 % (95.9–98.0) of viewers free of stalls; throughput 93.4 % \
             (91.7–94.8).",
            "No other run's 95 % interval reaches that of bola.",
            "The mean bitrate of bola is 4.75 Mbit/s; no other run's is higher.",
        ];
        assert_eq!(answer, sentences);
    }

    #[test]
    fn intervals_that_overlap_rank_nobody() {
        let answer = answer(&results(vec![run("bba", 200, 190), run("bola", 200, 192)]));
        let doubt = "The 95 % intervals of bola and bba overlap: it would take more viewers to \
                     rank them.";
        assert_eq!(answer[1], doubt);
    }

    #[test]
    fn ties_are_called_ties_and_a_single_run_is_compared_with_none() {
        let tied = answer(&results(vec![run("bba", 100, 100), run("bola", 100, 100)]));
        assert_eq!(tied[0], "All 2 runs keep 100.0 % (96.3–100.0) of viewers free of stalls.");
        assert_eq!(tied.len(), 2);
        let single = answer(&results(vec![run("bola", 100, 100)]));
        assert_eq!(single[0], "bola keeps 100.0 % (96.3–100.0) of viewers free of stalls.");
        assert_eq!(single[1], "Its mean bitrate is 4.75 Mbit/s.");
    }

    #[test]
    fn of_a_sweep_it_names_the_best_point_of_each_algorithm() {
        let answer = answer(&sweep("content.segment", &["2s", "10s"], &["throughput", "bola"]));
        let rates = "throughput at segment 2s keeps 95.0 % (91.0–97.3) of viewers free of stalls, \
                     the most of 4 runs; the other algorithms at their best: bola at segment 2s \
                     92.5 % (88.0–95.4).";
        assert_eq!(answer[0], rates);
        let alone = super::answer(&sweep("content.segment", &["2s", "10s"], &["bola"]));
        let rates = "bola at segment 2s keeps 95.0 % (91.0–97.3) of viewers free of stalls, the \
                     most of 2 runs; the fewest, 87.5 % (82.2–91.4), bola at segment 10s.";
        assert_eq!(alone[0], rates);
    }

    #[test]
    fn viewers_who_never_started_are_told() {
        let mut results = results(vec![run("bola", 1_000, 971)]);
        results.runs[0].summary.started = 997;
        let answer = answer(&results);
        assert_eq!(answer[2], "Playback never began for 3 of 1,000 viewers of bola.");
    }

    #[test]
    fn without_viewers_there_is_no_answer() {
        let sentence = "No viewer was simulated, so there is nothing to answer with.";
        assert_eq!(answer(&results(vec![])), [sentence]);
        assert_eq!(answer(&results(vec![run("bola", 0, 0)])), [sentence]);
    }
}
