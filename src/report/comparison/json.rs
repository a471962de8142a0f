//! A comparison for other programs.
//!
//! ```text
//!   sides[]       letter, asked (the folder or file), scenario, seed, version of abrsim
//!   notes[]       what has to be known to read it
//!   contests[]    pairs of runs; differences are new less old
//!     old, new    side and run
//!     same_viewers  whether viewers of one number are one person in both
//!     rows[]      over all viewers, then by class
//!       of, class      `network` or `device` and its name; null for all viewers
//!       viewers        of the old run, and of the new
//!       zbr            old, new, difference, low, high (95 %), p, more, same, less: viewers spared
//!                      by the new alone, alike in both, and by the old alone (null if they are not
//!                      the same)
//!       p_holm         p corrected for all rows of all contests
//!       viewers_needed to tell such a difference of zbr at 80 % power, 5 % (null if there is none)
//!       stall_ratio (%), startup_s, bitrate_kbps, switches_per_minute, qoe_yin (per viewer),
//!       latency_s      as zbr; more, same, less are numbers of viewers with more of it, and so on
//!     changed[]   the viewers who differ most: viewer, classes, old and new: stalled_s, played_s,
//!                 startup_s, bitrate_kbps, switches, qoe_yin, latency_s
//! ```

use serde_json::{Map, Value, json};

use super::{Changed, Comparison, Contest, Contestant, Row};
use crate::metrics::{Contrast, Difference, FIGURES, Viewed};

/// The comparison as JSON; its keys are in this file's head.
pub fn json(comparison: &Comparison<'_>) -> Value {
    let sides = comparison.sides.iter().map(|side| {
        json!({
            "letter": side.letter.to_string(),
            "asked": side.asked,
            "scenario": side.results.name,
            "seed": side.results.seed,
        })
    });
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sides": sides.collect::<Vec<_>>(),
        "notes": comparison.notes,
        "contests": comparison.contests.iter().map(contest).collect::<Vec<_>>(),
    })
}

fn contest(contest: &Contest<'_>) -> Value {
    let who =
        |of: Contestant<'_>| json!({ "side": of.side.letter.to_string(), "run": of.run.name });
    json!({
        "old": who(contest.old),
        "new": who(contest.new),
        "same_viewers": contest.same,
        "rows": contest.rows.iter().map(row).collect::<Vec<_>>(),
        "changed": contest.changed.iter().map(changed).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let class = row.class.as_ref();
    let mut fields = Map::new();
    fields.insert("of".into(), class.map(|(of, _)| of.name()).into());
    fields.insert("class".into(), class.map(|(_, name)| name.clone()).into());
    fields.extend(contrast(&row.contrast));
    fields.insert("p_holm".into(), row.p.into());
    Value::Object(fields)
}

/// How two runs differ, figure by figure.
pub(in crate::report) fn contrast(of: &Contrast) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("viewers".into(), json!(of.viewers));
    fields.insert("zbr".into(), difference(&of.zbr));
    fields.insert("viewers_needed".into(), of.needed.into());
    for (figure, of) in FIGURES.iter().zip(&of.figures) {
        fields.insert(figure.key.into(), of.as_ref().map_or(Value::Null, difference));
    }
    fields
}

fn difference(of: &Difference) -> Value {
    let [old, new] = of.values;
    let side = |place: usize| of.sides.map(|sides| sides[place]);
    json!({
        "old": old,
        "new": new,
        "difference": of.difference,
        "low": of.interval.map(|interval| interval.low),
        "high": of.interval.map(|interval| interval.high),
        "p": of.p,
        "more": side(0),
        "same": side(1),
        "less": side(2),
    })
}

fn changed(of: &Changed) -> Value {
    let seconds = |millis: u64| millis as f64 / 1e3;
    let had = |viewed: &Viewed| {
        json!({
            "stalled_s": seconds(viewed.stalled),
            "played_s": seconds(viewed.played),
            "startup_s": viewed.startup.map(seconds),
            "bitrate_kbps": viewed.bitrate,
            "switches": viewed.switches,
            "qoe_yin": viewed.yin as f64 / 1e3,
            "latency_s": viewed.latency.map(seconds),
        })
    };
    json!({
        "viewer": of.viewer,
        "classes": of.classes,
        "old": had(&of.old),
        "new": had(&of.new),
    })
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::contests::tests::side;
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_comparison() {
        let sides = [side('A', &[("bola", |v| v < 40)]), side('B', &[("bola", |v| v < 10)])];
        let json = json(&compare(&sides).unwrap());
        let row = &json["contests"][0]["rows"][0];
        assert_eq!((&row["of"], &row["viewers"]), (&Value::Null, &json!([400, 400])));
        assert_eq!((&row["zbr"]["old"], &row["zbr"]["new"]), (&json!(0.9), &json!(0.975)));
        assert_eq!((&row["zbr"]["more"], &row["zbr"]["less"]), (&json!(30), &json!(0)));
        // 30 of 400 who stalled 5 s no longer do: from 40 · 5 of 400 · 240 + 40 · 5 s.
        let ratio = 100.0 * 200.0 / (400.0 * 240.0 + 200.0);
        assert!((row["stall_ratio"]["old"].as_f64().unwrap() - ratio).abs() < 1e-9);
        assert_eq!(row["stall_ratio"]["less"], 30);
        assert_eq!(row["latency_s"], Value::Null);
        assert_eq!(json["contests"][0]["changed"].as_array().unwrap().len(), 10);
        assert_eq!(json["contests"][0]["changed"][0]["old"]["stalled_s"], 5.0);
    }
}
