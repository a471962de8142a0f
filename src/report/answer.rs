//! The answer to the scenario's question, in sentences made from the numbers.
//!
//! The idea to hold: no sentence claims more than the intervals do.

use super::format::{bitrate, clean, count, decimal, last_part, list, many, percent};
use super::metric::share;
use super::ranking::Ranking;
use super::{Class, ClassOf, Results, Run};
use crate::metrics::{End, Paired, Summary};

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
        latency(results, &ranking),
        failures(results),
        leavers(results, &ranking),
        reported(results),
    ];
    let classes = ClassOf::ALL.into_iter().map(|of| classes(results, &ranking, of));
    sentences.into_iter().chain(classes).flatten().collect()
}

/// Who keeps how many viewers free of stalls: the best, and the best run of each other algorithm;
/// and by how much the best of these is behind, where that is known viewer by viewer.
fn rates(results: &Results, ranking: &Ranking<'_>) -> String {
    let (runs, best) = (ranking.count(), &ranking.best);
    let keep = if best.len() == 1 { "keeps" } else { "keep" };
    let own = rate(best[0]);
    if best.len() == runs && runs > 1 {
        return format!("All {runs} runs keep {own} of viewers free of stalls.");
    }
    let mut sentence = format!("{} {keep} {own} of viewers free of stalls", names(results, best));
    let mut others: Vec<&Run> = Vec::new();
    for run in ranking.all() {
        if best.iter().chain(&others).all(|known| known.abr != run.abr) {
            others.push(run);
        }
    }
    let lowest = ranking.all().last().filter(|_| others.is_empty() && runs > best.len());
    if let Some(lowest) = lowest {
        let (name, rate) = (name(results, lowest), rate(lowest));
        return sentence + &format!(", the most of {runs} runs; the fewest, {rate}, {name}.");
    }
    let swept = !results.swept.is_empty() && runs > best.len();
    if swept {
        sentence += &format!(", the most of {runs} runs");
    }
    let second = others.first().and_then(|run| Some((*run, lead(ranking, run)?)));
    if let Some((second, lead)) = second {
        let (name, rate) = (name(results, second), percent(second.summary.zbr(), 1));
        sentence += &format!("; {name} {rate} %; the difference is {}", points(&lead));
        others.remove(0);
    }
    if others.is_empty() {
        return sentence + ".";
    }
    sentence += match (second.is_some(), swept) {
        (false, false) => "; ",
        (false, true) => "; the other algorithms at their best: ",
        (true, false) => ". The others: ",
        (true, true) => ". The other algorithms at their best: ",
    };
    let named = others.iter().take(NAMED);
    let named: Vec<_> = named.map(|run| format!("{} {}", name(results, run), rate(run))).collect();
    sentence += &named.join("; ");
    match others.len().saturating_sub(NAMED) {
        0 => sentence + ".",
        more => sentence + &format!("; and {more} more."),
    }
}

/// By how much a run is behind the best, viewer by viewer, if one run is best and both are of the
/// same viewers in the same order, as those of one point of a sweep are.
fn lead(ranking: &Ranking<'_>, run: &Run) -> Option<Paired> {
    let [best] = ranking.best.as_slice() else { return None };
    let same = best.point == run.point && best.people == run.people;
    same.then(|| Paired::of(&best.outcomes, &run.outcomes, None)).flatten()
}

/// A difference in percentage points, with its interval: `3.7 points (3.0–4.4)`.
fn points(paired: &Paired) -> String {
    let Paired { difference, interval, .. } = *paired;
    let points = |share: f64| decimal(100.0 * share, 1);
    let to = if interval.low < 0.0 { " to " } else { "–" };
    let (low, high) = (points(interval.low), points(interval.high));
    format!("{} points ({low}{to}{high})", points(difference))
}

/// Whether the lead is one: viewer by viewer where that is known, else by the intervals of both.
fn doubt(results: &Results, ranking: &Ranking<'_>) -> Option<String> {
    let best = names(results, &ranking.best);
    let others: Vec<_> = ranking.rivals.iter().chain(&ranking.rest).copied().collect();
    let paired = |run: &&&Run| lead(ranking, run).is_some();
    let level = |place: &usize| match lead(ranking, others[*place]) {
        Some(lead) => !lead.is_clear(),
        None => *place < ranking.rivals.len(),
    };
    let level: Vec<&Run> = (0..others.len()).filter(level).map(|place| others[place]).collect();
    let all = others.iter().filter(paired).count();
    Some(match (level.as_slice(), level.iter().filter(paired).count()) {
        _ if others.is_empty() => return None,
        ([], _) if all == others.len() => format!(
            "Compared viewer by viewer, {best} is ahead of every other run: no 95 % interval of a \
             difference reaches 0."
        ),
        ([], _) if all > 0 => {
            format!("By the 95 % intervals no other run can be taken for as good as {best}.")
        }
        ([], _) => format!("No other run's 95 % interval reaches that of {best}."),
        (level, of_pairs) if of_pairs == level.len() => format!(
            "It would take more viewers to rank {best} and {}: viewer by viewer, the 95 % interval \
             of the difference reaches 0.",
            names(results, level)
        ),
        (level, _) => format!(
            "The 95 % intervals of {best} and {} overlap: it would take more viewers to rank them.",
            names(results, level),
        ),
    })
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

/// How far behind live the best run's viewers are half of the time, of those that tie the nearest,
/// and who is nearer and further.
fn latency(results: &Results, ranking: &Ranking<'_>) -> Option<String> {
    let median = |run: &Run| run.summary.live.as_ref()?.latency.quantile(0.5);
    let behind = |run: &Run| median(run).map(|latency| decimal(latency.as_secs_f64(), 1));
    let seen = ranking.best.iter().copied().filter(|run| median(run).is_some());
    let best = seen.min_by_key(|run| median(run))?;
    let own = behind(best)?;
    let least = ranking.all().filter(|run| median(run).is_some()).min_by_key(|run| median(run))?;
    let most = ranking.all().max_by_key(|run| median(run))?;
    let whose = match ranking.count() {
        1 => "its viewers".to_owned(),
        _ => format!("viewers of {}", name(results, best)),
    };
    let mut sentence = format!("For half of the time {whose} are no more than {own} s behind live");
    if ranking.count() == 1 {
        let nearly = best.summary.live.as_ref()?.latency.quantile(0.95)?;
        let nearly = decimal(nearly.as_secs_f64(), 1);
        return Some(format!("{sentence}, and for 95 % of it no more than {nearly} s."));
    }
    let nearest = behind(least)?;
    sentence += &match nearest == own {
        true => "; no other run's are nearer".to_owned(),
        false => format!(
            "; the nearest are those of {}, {nearest} s, of whom {} are free of stalls",
            name(results, least),
            rate(least)
        ),
    };
    if let Some(furthest) = behind(most).filter(|furthest| *furthest != own) {
        sentence += &format!("; the furthest those of {}, {furthest} s", name(results, most));
    }
    Some(sentence + ".")
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

/// Whose players' own events tell another story than the picture, most of all.
fn reported(results: &Results) -> Option<String> {
    let apart = |run: &&Run| (run.summary.zbr_reported() - run.summary.zbr()).abs();
    let most = results.runs.iter().max_by(|a, b| apart(a).total_cmp(&apart(b)))?;
    let (seen, said) = (percent(most.summary.zbr(), 1), percent(most.summary.zbr_reported(), 1));
    (seen != said).then(|| {
        let name = name(results, most);
        format!(
            "By the stalls that its own events report, {name} would have {said} %, not {seen} %."
        )
    })
}

/// How many of the best run's viewers did not watch all they meant to, by how it ended; and in
/// which run most did.
fn leavers(results: &Results, ranking: &Ranking<'_>) -> Option<String> {
    let share = |run: &Run| share(run.summary.incomplete(), run.summary.viewers);
    let best = ranking.best[0];
    let most = ranking.all().max_by(|a, b| share(a).total_cmp(&share(b)))?;
    let early = best.summary.incomplete();
    let (viewers, of) = (many(best.summary.viewers, "viewer"), name(results, best));
    let mut sentence = match early {
        0 => format!("All {viewers} of {of} watched all they meant to"),
        1 => format!("Of the {viewers} of {of}, 1 did not watch all they meant to: "),
        _ => {
            format!("Of the {viewers} of {of}, {} did not watch all they meant to: ", count(early))
        }
    };
    let ways = End::ALL.into_iter().filter(|end| !end.is_complete());
    let ways = ways.map(|end| (best.summary.ended(end), end)).filter(|(ended, _)| *ended > 0);
    let ways: Vec<_> =
        ways.map(|(ended, end)| format!("{} {}", count(ended), end.about())).collect();
    sentence += &ways.join("; ");
    if share(most) > share(best) {
        let (early, viewers) = (count(most.summary.incomplete()), count(most.summary.viewers));
        let of = name(results, most);
        sentence += &format!(". The most of any run are {early} of {viewers}, of {of}");
    }
    (most.summary.incomplete() > 0).then(|| sentence + ".")
}

/// In which class the viewers of the best run fare worst and in which best, if those differ for
/// sure.
fn classes(results: &Results, ranking: &Ranking<'_>, of: ClassOf) -> Option<String> {
    let run = ranking.best[0];
    let seen = || run.classes_of(of).filter(|class| class.summary.viewers > 0);
    let by_rate = |a: &&Class, b: &&Class| a.summary.zbr().total_cmp(&b.summary.zbr());
    let (worst, best) = (seen().min_by(by_rate)?, seen().max_by(by_rate)?);
    let apart = worst.summary.zbr_interval().high < best.summary.zbr_interval().low;
    apart.then(|| {
        format!(
            "Of the viewers of {} on {}, {} are free of stalls; of those on {}, {}.",
            name(results, run),
            clean(&worst.name),
            rate_of(&worst.summary),
            clean(&best.name),
            rate_of(&best.summary),
        )
    })
}

/// A rate with its interval: `97.1 % (95.9–98.0)`.
fn rate(run: &Run) -> String {
    rate_of(&run.summary)
}

fn rate_of(summary: &Summary) -> String {
    let (rate, range) = (summary.zbr(), summary.zbr_interval());
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
    use crate::report::testing::{classed, leaving, live, results, run, sweep};

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
        let answer = answer(&results(vec![run("bba-0", 200, 190), run("bola", 200, 192)]));
        let doubt = "The 95 % intervals of bola and bba-0 overlap: it would take more viewers to \
                     rank them.";
        assert_eq!(answer[1], doubt);
    }

    /// The run, with who of its 1,000 viewers was spared.
    fn of_whom(mut run: Run, spared: impl Fn(usize) -> bool) -> Run {
        (0..1_000).for_each(|viewer| run.outcomes.push(spared(viewer), 0, true));
        run
    }

    #[test]
    fn where_viewers_are_the_same_the_difference_is_theirs() {
        // Of 1,000, 29 and 66 are not spared, 10 of them under both: 56 against 19.
        let bola = of_whom(run("bola", 1_000, 971), |viewer| viewer >= 29);
        let hls = of_whom(run("hls.js", 1_000, 934), |viewer| !(19..85).contains(&viewer));
        let mpc = of_whom(run("mpc", 1_000, 900), |viewer| viewer >= 100);
        let told = answer(&results(vec![hls.clone(), bola.clone()]));
        // 56.5 − 19.5 of 1,002 are 0.0369; ±1.96 · √(76 − 1,002 · 0.0369²) / 1,002 = 0.0169.
        let rates = "bola keeps 97.1 % (95.9–98.0) of viewers free of stalls; hls.js 93.4 %; the \
                     difference is 3.7 points (2.0–5.4).";
        assert_eq!(told[0], rates);
        let ahead = "Compared viewer by viewer, bola is ahead of every other run: no 95 % interval \
                     of a difference reaches 0.";
        assert_eq!(told[1], ahead);
        let told = answer(&results(vec![hls, bola, mpc]));
        assert_eq!(told[0], format!("{rates} The others: mpc 90.0 % (88.0–91.7)."));
    }

    #[test]
    fn intervals_of_the_same_viewers_may_be_apart_where_those_of_rates_overlap() {
        // All whom bba-0 spares bola spares too, and 12 more.
        let bola = of_whom(run("bola", 1_000, 962), |viewer| viewer >= 38);
        let bba = of_whom(run("bba-0", 1_000, 950), |viewer| viewer >= 50);
        let told = answer(&results(vec![bba.clone(), bola]));
        assert!(told[0].ends_with("the difference is 1.2 points (0.5–1.9)."), "{}", told[0]);
        assert!(told[1].starts_with("Compared viewer by viewer, bola is ahead"), "{}", told[1]);
        // One more than others would be by chance.
        let near = of_whom(run("mpc", 1_000, 951), |viewer| !(10..59).contains(&viewer));
        let told = answer(&results(vec![bba, near]));
        assert!(told[0].contains("the difference is 0.1 points (−0.8 to 1.0)."), "{}", told[0]);
        let level = "It would take more viewers to rank mpc and bba-0: viewer by viewer, the 95 % \
                     interval of the difference reaches 0.";
        assert_eq!(told[1], level);
    }

    #[test]
    fn viewers_of_different_points_of_a_sweep_are_not_compared_one_by_one() {
        let mut swept = sweep("content.segment", &["2s", "10s"], &["throughput", "bola"]);
        for run in &mut swept.runs {
            *run = of_whom(run.clone(), |viewer| viewer % 7 > 0);
        }
        swept.runs[1].outcomes = Default::default();
        (0..1_000).for_each(|viewer| swept.runs[1].outcomes.push(viewer % 5 > 0, 0, true));
        let told = answer(&swept);
        let begins = "throughput at segment 2s keeps 95.0 % (91.0–97.3) of viewers free of stalls, \
                      the most of 4 runs; bola at segment 2s 92.5 %; the difference is ";
        assert!(told[0].starts_with(begins), "{}", told[0]);
        // Were the best run of bola at the other point, nobody would be compared.
        (swept.runs[1].point, swept.runs[3].point) = (vec!["10s".into()], vec!["2s".into()]);
        let told = answer(&swept);
        assert!(told[0].ends_with("bola at segment 10s 92.5 % (88.0–95.4)."), "{}", told[0]);
        assert!(told.iter().all(|told| !told.contains("viewer by viewer")), "{told:?}");
    }

    #[test]
    fn ties_are_called_ties_and_a_single_run_is_compared_with_none() {
        let tied = answer(&results(vec![run("bba-0", 100, 100), run("bola", 100, 100)]));
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
    fn classes_are_told_apart_only_if_their_intervals_are() {
        let networks = [("lte", 400, 380), ("3g", 300, 240), ("wifi", 300, 297)];
        let classed = classed("bola", &networks, &[("tv", 500, 460), ("phone", 500, 457)]);
        let found = answer(&results(vec![classed, run("bba-0", 1_000, 800)]));
        let sentence = "Of the viewers of bola on 3g, 80.0 % (75.1–84.1) are free of stalls; of \
                        those on wifi, 99.0 % (97.1–99.7).";
        assert_eq!(found[3..], [sentence], "and nothing of televisions and phones");
    }

    #[test]
    fn viewers_who_left_are_told_with_why() {
        let told = |runs: Vec<Run>| {
            let answer = answer(&results(runs));
            answer.into_iter().filter(|said| said.contains("meant")).collect::<Vec<_>>()
        };
        let least = leaving(run("bola", 1_000, 971), 1);
        let early = least.summary.incomplete();
        let said = &told(vec![least, leaving(run("bba-0", 1_000, 800), 9)])[0];
        let begins = format!("Of the {} viewers of bola, {early} did not", count(1_000 + early));
        let ends = format!(
            "The most of any run are {} of {}, of bba-0.",
            9 * early,
            count(1_000 + 9 * early)
        );
        assert!(said.starts_with(&begins) && said.ends_with(&ends), "{said}");
        let ways = End::ALL.into_iter().filter(|end| !end.is_complete());
        for (times, end) in (1..).zip(ways) {
            assert!(said.contains(&format!("{times} {}", end.about())), "{said}");
        }
        let stayed = run("bola", 1_000, 971);
        let said = told(vec![stayed.clone(), leaving(run("bba-0", 1_000, 800), 9)]);
        let all = "All 1,000 viewers of bola watched all they meant to. The most of any run are ";
        assert!(said[0].starts_with(all), "{said:?}");
        assert!(told(vec![stayed]).is_empty());
    }

    #[test]
    fn of_what_is_live_it_tells_what_the_best_pays_in_latency() {
        let told = |runs: Vec<Run>| {
            let answer = answer(&results(runs));
            answer.into_iter().find(|said| said.contains("behind live"))
        };
        let (best, near) =
            (live(run("bola", 1_000, 971), 6_000), live(run("mpc", 1_000, 934), 2_000));
        let alone = "For half of the time its viewers are no more than 6.0 s behind live, and for \
                     95 % of it no more than 12.0 s.";
        assert_eq!(told(vec![best.clone()]).as_deref(), Some(alone));
        let price = "For half of the time viewers of bola are no more than 6.0 s behind live; the \
                     nearest are those of mpc, 2.0 s, of whom 93.4 % (91.7–94.8) are free of \
                     stalls; the furthest those of bba-0, 9.0 s.";
        let far = live(run("bba-0", 1_000, 900), 9_000);
        assert_eq!(told(vec![best.clone(), near, far.clone()]).as_deref(), Some(price));
        let both = "For half of the time viewers of bola are no more than 6.0 s behind live; no \
                    other run's are nearer; the furthest those of bba-0, 9.0 s.";
        assert_eq!(told(vec![best, far]).as_deref(), Some(both));
        assert_eq!(told(vec![run("bola", 9, 9)]), None);
    }

    #[test]
    fn without_viewers_there_is_no_answer() {
        let sentence = "No viewer was simulated, so there is nothing to answer with.";
        assert_eq!(answer(&results(vec![])), [sentence]);
        assert_eq!(answer(&results(vec![run("bola", 0, 0)])), [sentence]);
    }
}
