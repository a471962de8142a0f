//! Scores of quality of experience, from a scenario to its report.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use abrsim::metrics::qoe::MODELS;
use serde_json::Value;
use tempfile::TempDir;

const SCENARIO: &str = r#"
title = "How good was it?"
abr = ["bola", "throughput"]
viewers = 80
[content]
ladder = "five-rung-600k"
audio = "128kbps"
duration = "1m"
variability = 0.2
[network]
bandwidth = "3Mbps"
[output]
scored = 70
causes = 0
"#;

/// A folder with the scenario, and with more beneath it.
fn folder(more: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("s.toml"), SCENARIO.to_owned() + more).unwrap();
    folder
}

/// Runs it there.
fn abrsim(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    let all = [&["run", "s.toml", "--out", "out", "--quiet"], args].concat();
    command.current_dir(folder).args(all).output().unwrap()
}

/// The runs of its summary.
fn runs(folder: &Path, args: &[&str]) -> Vec<Value> {
    let output = abrsim(folder, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(folder.join("out/summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    summary["runs"].as_array().unwrap().clone()
}

fn rows(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join("out/sessions.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Two trees: one asks whether there were ten seconds, the other always says 3.
fn plant(folder: &Path) {
    let trees = folder.join("trees");
    fs::create_dir(&trees).unwrap();
    fs::write(trees.join("tree1.csv"), "0,13,10,1,2\n1,-1,1.0,-1,-1\n2,-1,5.0,-1,-1\n").unwrap();
    fs::write(trees.join("tree2.csv"), "0,-1,3.0,-1,-1\n").unwrap();
}

#[test]
fn the_first_viewers_are_scored_by_every_model_that_can() {
    let folder = folder("");
    let found = runs(folder.path(), &[]);
    let rows = rows(folder.path());
    for run in &found {
        assert_eq!(run["scored"], 70);
        for model in MODELS {
            let column = format!("score_{}", model.key);
            let own = rows.iter().filter(|row| row["run"] == run["run"].as_str().unwrap());
            let scores: Vec<(u64, f64)> = own
                .filter_map(|row| {
                    Some((row["viewer"].parse().unwrap(), row[&column].parse().ok()?))
                })
                .collect();
            let score = &run["scores"][model.key];
            if score.is_null() {
                assert!(scores.is_empty(), "{}", model.key);
                continue;
            }
            assert_eq!(score["viewers"], scores.len());
            assert!(scores.iter().all(|(viewer, _)| *viewer < 70), "{}", model.key);
            let mean = scores.iter().map(|(_, score)| score).sum::<f64>() / scores.len() as f64;
            assert!((mean - score["mean"].as_f64().unwrap()).abs() < 1e-5, "{}", model.key);
        }
        let scored: Vec<_> = run["scores"].as_object().unwrap().keys().collect();
        // Neither SSIM nor VMAF is known, nothing is live, and nobody brought trees.
        let expected = [
            "yin_balanced",
            "yin_instability",
            "yin_rebuffering",
            "pensieve_lin",
            "pensieve_log",
            "sabre",
            "clae",
            "duanmu",
            "p1203_o35",
            "p1203_o23",
        ];
        assert_eq!(scored, expected);
        let o35 = run["scores"]["p1203_o35"]["mean"].as_f64().unwrap();
        assert!((1.0..=5.0).contains(&o35), "{o35}");
    }
    let page = fs::read_to_string(folder.path().join("out/index.html")).unwrap();
    assert!(page.contains("<section id=\"scores\">") && page.contains("P.1203 O.35, audiovisual"));
}

#[test]
fn models_score_what_has_what_they_need() {
    let folder = folder("");
    let scored = |ladder: &str| {
        let runs = runs(folder.path(), &["--set", &format!("content.ladder={ladder}")]);
        ["pensieve_hd", "ssim_db", "comyco", "p1203_o35"]
            .map(|key| runs[0]["scores"][key].is_object())
    };
    // Of this one the bitrates are told, and nothing else.
    assert_eq!(scored("envivio"), [true, false, false, false]);
    let known = "[{ bitrate = \"1Mbps\", resolution = \"640x360\", vmaf = 60, ssim = 0.9 }]";
    assert_eq!(scored(known), [false, true, true, true]);
    let hevc = "[{ bitrate = \"1Mbps\", resolution = \"640x360\", codecs = \"hvc1.1.6.L93\" }]";
    assert_eq!(scored(hevc), [false, false, false, false]);
}

#[test]
fn what_is_live_is_scored_by_lol_as_everywhere_else() {
    let (root, out) = (Path::new(env!("CARGO_MANIFEST_DIR")), TempDir::new().unwrap());
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    let args = ["run", "scenarios/live-challenge-fast.toml", "--viewers", "3", "--quiet", "--out"];
    let command = command.current_dir(root).args(args).arg(out.path().join("out"));
    assert!(command.status().unwrap().success());
    let rows = rows(out.path());
    for (one, other) in [("qoe_lol-paper", "score_lol_paper"), ("qoe_lol-code", "score_lol_code")] {
        assert!(rows.iter().any(|row| !row[one].is_empty()), "{one}");
        assert!(rows.iter().all(|row| row[one] == row[other]), "{one}");
    }
}

#[test]
fn scores_are_the_same_on_any_number_of_threads_and_none_where_none_are_asked_for() {
    let folder = folder("");
    let of = |args: &[&str]| {
        let runs = runs(folder.path(), args);
        (runs, fs::read(folder.path().join("out/sessions.csv")).unwrap())
    };
    assert!(of(&["--jobs", "1"]) == of(&["--jobs", "3"]));
    let (runs, _) = of(&["--set", "output.scored=0"]);
    assert_eq!((&runs[0]["scored"], &runs[0]["scores"]), (&0.into(), &serde_json::json!({})));
    assert!(rows(folder.path()).iter().all(|row| row["score_yin_balanced"].is_empty()));
    let page = fs::read_to_string(folder.path().join("out/index.html")).unwrap();
    assert!(!page.contains("<section id=\"scores\">"));
}

#[test]
fn trees_that_a_user_brings_give_the_whole_score() {
    let folder = folder("[output.p1203]\ntrees = \"trees\"\n");
    plant(folder.path());
    let score = |runs: &[Value], key: &str| runs[0]["scores"][key]["mean"].as_f64().unwrap();
    let written = runs(folder.path(), &[]);
    let o46 = score(&written, "p1203_o46");
    // 0.02833052 + 0.98117059·(0.75·m + 0.25·4), and m between 1 and 5.
    assert!(o46 > 1.7 && o46 < 4.7, "{o46}");
    let digests = fs::read_to_string(folder.path().join("out/provenance.json")).unwrap();
    assert!(digests.contains("trees/tree1.csv"), "{digests}");
    let plain = self::folder("");
    plant(plain.path());
    let set = runs(plain.path(), &["--p1203-trees", "trees"]);
    assert_eq!(score(&set, "p1203_o46"), o46);
}

#[test]
fn what_p1203_is_told_of_how_viewers_watch_matters() {
    let folder = folder("");
    let o35 = |set: &str| {
        let runs = runs(folder.path(), &["--set", set]);
        runs[0]["scores"]["p1203_o35"]["mean"].as_f64().unwrap()
    };
    let plain = o35("seed=0");
    assert!(o35("output.p1203.mobile=true") > plain);
    assert!(o35("output.p1203.screen=3840x2160") < plain);
    assert!(o35("output.p1203.amendments=[\"appendix-2\"]") >= plain);
}

#[test]
fn a_folder_without_trees_or_with_bad_ones_is_named() {
    let folder = folder("");
    let said = |trees: &str| {
        let output = abrsim(folder.path(), &["--p1203-trees", trees]);
        assert_eq!(output.status.code(), Some(2));
        // Paragraphs are broken into lines.
        let said = String::from_utf8(output.stderr).unwrap();
        said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    };
    assert!(said("nowhere").contains("no file matches \"nowhere\""), "{}", said("nowhere"));
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(said("empty").contains("empty is a folder, of no files"), "{}", said("empty"));
    fs::write(folder.path().join("empty/readme.txt"), "none").unwrap();
    assert!(said("empty").contains("empty: no trees (files"), "{}", said("empty"));
    plant(folder.path());
    fs::write(folder.path().join("trees/tree2.csv"), "0,-1,3.0,-1,-1\n1,7,x,2,3\n").unwrap();
    let bad = said("trees");
    assert!(bad.contains("tree2.csv, line 2: \"x\" is no threshold or score"), "{bad}");
    assert!(bad.contains("20 regression trees"), "{bad}");
}

#[test]
fn under_sabres_preset_its_score_is_the_one_sabre_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    let command =
        command.current_dir(root).args(["run", "scenarios/sabre.toml", "--viewers", "12"]);
    let output = command.args(["--quiet", "--out", out.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(out.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    for run in summary["runs"].as_array().unwrap() {
        let printed = run["printed"]["time average score"].as_f64().unwrap();
        let ours = run["scores"]["sabre"]["mean"].as_f64().unwrap();
        assert!((printed - ours).abs() < 1e-6, "{}: {printed} {ours}", run["run"]);
    }
}
