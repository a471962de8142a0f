//! Classes of networks and devices, shared links and audiences, through the command line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::prelude::*;
use serde_json::Value;

/// Runs an example with so many viewers and threads; its folder then holds the report.
fn run(scenario: &str, viewers: u64, jobs: u16, sets: &[&str], out: &Path) {
    let mut command = Command::cargo_bin("abrsim").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["run", &format!("scenarios/{scenario}.toml"), "--quiet", "--out"]).arg(out);
    command.args(["--viewers", &viewers.to_string(), "--jobs", &jobs.to_string()]);
    sets.iter().for_each(|set| {
        command.args(["--set", set]);
    });
    command.assert().success();
}

fn summary(out: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap()
}

/// The rows, by the names of their columns.
fn rows(out: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(out.join("sessions.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn an_audience_is_the_same_for_any_number_of_threads() {
    let folder = tempfile::TempDir::new().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    run("mixed-audience", 300, 1, &[], &one);
    run("mixed-audience", 300, 2, &[], &two);
    for file in ["summary.json", "sessions.csv", "index.html"] {
        let same = fs::read(one.join(file)).unwrap() == fs::read(two.join(file)).unwrap();
        assert!(same, "{file} depends on the number of threads");
    }
}

#[test]
fn every_viewer_is_of_one_class_of_each_kind_and_meets_the_same_world_under_each_algorithm() {
    let folder = tempfile::TempDir::new().unwrap();
    run("mixed-audience", 300, 2, &[], folder.path());
    let (summary, rows) = (summary(folder.path()), rows(folder.path()));
    for run in summary["runs"].as_array().unwrap() {
        let own = |row: &&BTreeMap<String, String>| row["run"] == run["run"].as_str().unwrap();
        for of in ["network", "device"] {
            let classes: Vec<_> =
                run["classes"].as_array().unwrap().iter().filter(|c| c["of"] == of).collect();
            assert!(classes.len() > 1);
            for class in &classes {
                let name = class["name"].as_str().unwrap();
                let members = rows.iter().filter(own).filter(|row| row[of] == name);
                let zero = members.clone().filter(|row| row["zero_buffer"] == "1").count();
                assert_eq!(class["viewers"], members.count());
                assert_eq!(class["zero_buffer"], zero);
            }
            let all: u64 = classes.iter().map(|class| class["viewers"].as_u64().unwrap()).sum();
            assert_eq!(all, 300);
        }
        let ends: u64 = run["ends"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(ends, 300, "everybody ends one way");
    }
    let world = |row: &BTreeMap<String, String>| {
        ["viewer", "network", "device", "link", "trace", "offset_s", "arrival_s"]
            .map(|column| row[column].clone())
    };
    let (first, others) = rows.split_at(300);
    for run in others.chunks(300) {
        assert!(first.iter().map(world).eq(run.iter().map(world)));
    }
}

#[test]
fn a_household_shares_its_line() {
    let folder = tempfile::TempDir::new().unwrap();
    let one = |players: &str| {
        let sets = ["abr=bola", "network.bandwidth=12Mbps", "network.rtt_spread=0s"];
        let text = fs::read_to_string("scenarios/household.toml").unwrap();
        let path = folder.path().join("line.toml");
        fs::write(&path, text.replace("generate = \"dsl\"\nplayers = 4", players)).unwrap();
        let mut command = Command::cargo_bin("abrsim").unwrap();
        command.arg("run").arg(&path).args(["--quiet", "--viewers", "40", "--out"]);
        command.arg(folder.path());
        sets.iter().for_each(|set| {
            command.args(["--set", set]);
        });
        command.assert().success();
        summary(folder.path())["runs"][0].clone()
    };
    let (alone, four) = (one("players = 1"), one("players = 4"));
    // Four watch 1,200 s of media over a line of 12 Mbit/s, within 300 s of play and the minute in
    // which they come, and stalls: hardly more than 12 · 360 / 1,200 = 3.6. One alone has the rung
    // of 8.
    let mean = |run: &Value| run["bitrate_kbps"]["mean"].as_f64().unwrap();
    assert!(mean(&four) < 3_700.0 && mean(&alone) > 8_000.0, "{} {}", mean(&four), mean(&alone));
    assert_eq!((&alone["fairness"]["links"], &four["fairness"]["links"]), (&0.into(), &10.into()));
    assert!(four["fairness"]["mean"].as_f64().unwrap() > 0.8);
}

#[test]
fn a_key_is_set_for_every_network_or_for_the_one_that_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let startup = |sets: &[&str], name: &str| {
        run("mixed-audience", 200, 2, &[&["abr=bola"], sets].concat(), folder.path());
        let run = &summary(folder.path())["runs"][0];
        let mut classes = run["classes"].as_array().unwrap().iter();
        classes.find(|class| class["name"] == name).unwrap()["startup_s"]["p50"].as_f64().unwrap()
    };
    let (lte, wifi) = (startup(&[], "lte"), startup(&[], "wifi"));
    let origin = ["network.wifi.jitter=20s"];
    assert_eq!(startup(&origin, "lte"), lte);
    assert!(startup(&origin, "wifi") > wifi + 1.0);
    assert!(startup(&["network.jitter=20s"], "lte") > lte + 1.0);
}
