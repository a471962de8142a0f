//! What the real players' own tests expect, and what their running code answered, asked of the
//! models (`../shared/reference/players/vectors.jsonl`, or where `$ABRSIM_REFERENCE` is).

use serde_json::Value;

use crate::reference::reference;

/// How a model fares with a vector.
pub(super) enum Verdict {
    /// It says what it should.
    Same,
    /// It says something else: this.
    Other(String),
    /// It is about something that the model does not have, for this reason.
    Outside(&'static str),
}

/// Whether a number is what it should be, to a millionth.
pub(super) fn close(found: f64, right: &Value) -> bool {
    let right = right.as_f64().unwrap_or(f64::NAN);
    (found - right).abs() <= 1e-6 * right.abs().max(1e-300)
}

/// The verdict on numbers.
pub(super) fn same(found: &[f64], right: &Value) -> Verdict {
    let alone = [right.clone()];
    let right = right.as_array().map_or(&alone[..], |list| list);
    let all = found.len() == right.len() && found.iter().zip(right).all(|(a, b)| close(*a, b));
    if all { Verdict::Same } else { Verdict::Other(format!("{found:?}")) }
}

/// How many of the vectors at hand have to pass.
const PASSING: usize = 150;

/// What of them is about live, all of which has to, and how many that is.
const LIVE: &[&str] = &[
    "LatencyController",
    "CatchupController",
    "MediaPlayerModel catch-up rates",
    "PlaybackController.computeAndSetLiveDelay",
    "DefaultLivePlaybackSpeedControl",
    "AdaptiveTrackSelection live",
    "computeReloadInterval",
    "FetchLoader MOOF_PARSING throughput",
];
const PASSING_LIVE: usize = 44;

#[test]
fn vectors_of_the_real_players() {
    let Some(path) = reference("players/vectors.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut passed, mut live, mut outside, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let run = match vector["player"].as_str().unwrap() {
            "dash.js" => super::dash_js::vectors::run,
            "hls.js" => super::hls_js::vectors::run,
            "shaka-player" => super::shaka::vectors::run,
            "media3" => super::media3::vectors::run,
            other => panic!("no model of {other}"),
        };
        let (id, algorithm) = (vector["id"].to_string(), vector["algorithm"].as_str().unwrap());
        match run(algorithm, &vector["inputs"], &vector["expected"]) {
            Verdict::Same => {
                passed += 1;
                live += usize::from(LIVE.iter().any(|about| algorithm.starts_with(about)));
            }
            Verdict::Outside(why) => outside.push(format!("{id} {algorithm}: {why}")),
            Verdict::Other(found) => {
                wrong.push(format!("{id} {algorithm}: {found} is not {}", vector["expected"]));
            }
        }
    }
    println!("{passed} of {} vectors pass", passed + outside.len() + wrong.len());
    println!("{live} of {PASSING_LIVE} about live pass");
    println!("outside:\n  {}", outside.join("\n  "));
    assert!(wrong.is_empty(), "otherwise:\n  {}", wrong.join("\n  "));
    assert!(passed >= PASSING, "only {passed} pass");
    assert_eq!(live, PASSING_LIVE);
}
