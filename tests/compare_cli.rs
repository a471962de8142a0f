//! Runs held against each other, checked and reported again, through the command line.

use std::fs;
use std::path::Path;

use abrsim::report::check::{Baseline, check};
use abrsim::scenario::{Control, Scenario};
use assert_cmd::Command;
use tempfile::TempDir;

/// A minute on a link that most players stall on, for so many viewers.
const SCENARIO: &str = "title = \"Does a deeper buffer help?\"\nviewers = 120\n\
    abr = [\"throughput\", \"bola\"]\n[content]\nladder = \"five-rung\"\nduration = \"1m\"\n\
    segment = \"4s\"\n[[network]]\nname = \"slow\"\nweight = 1\ngenerate = \"3g\"\n\
    [[network]]\nname = \"home\"\nweight = 1\nbandwidth = \"9Mbps\"\n\
    [player]\nstartup = \"4s\"\nresume = \"4s\"\nbuffer = \"20s\"\n";

fn abrsim(folder: &TempDir) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    command.current_dir(folder.path()).env_remove("GITHUB_ACTIONS");
    command
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.toml"), SCENARIO).unwrap();
    folder
}

fn run(folder: &TempDir, out: &str, more: &[&str]) {
    let mut command = abrsim(folder);
    command.args(["run", "s.toml", "--quiet", "--out", out]).args(more).assert().success();
}

/// What it prints, what it complains of, in one line, and how it ends.
fn said(command: &mut Command) -> (String, String, Option<i32>) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let error = text(output.stderr);
    let words: Vec<_> = error.split_whitespace().filter(|word| *word != "│").collect();
    (text(output.stdout), words.join(" "), output.status.code())
}

/// Every file below a folder but one kind, by its path.
fn files(of: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![of.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.display().to_string(), fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_report_made_again_is_the_same_to_the_byte() {
    let folder = folder();
    run(&folder, "a", &[]);
    let before = files(&folder.path().join("a"));
    for name in ["index.html", "summary.json", "charts/zbr.svg"] {
        fs::remove_file(folder.path().join("a").join(name)).unwrap();
    }
    let (printed, _, code) = said(abrsim(&folder).args(["report", "a"]));
    assert!(printed.contains("bola") && code == Some(0), "{printed}");
    assert_eq!(files(&folder.path().join("a")), before);

    // Elsewhere, without the rows.
    abrsim(&folder).args(["report", "a", "--out", "b", "--quiet"]).assert().success();
    let page = |of: &str| fs::read(folder.path().join(of).join("index.html")).unwrap();
    assert_eq!(page("a"), page("b"));

    // What was cut short is refused, and says what to do.
    let stored = folder.path().join("a/results.json.gz");
    let whole = fs::read(&stored).unwrap();
    fs::write(&stored, &whole[..whole.len() / 2]).unwrap();
    for command in [vec!["report", "a"], vec!["compare", "a", "b"]] {
        let (_, error, code) = said(abrsim(&folder).args(command));
        assert!(error.contains("cut short or edited") && code == Some(2), "{error}");
    }
    let (_, error, code) = said(abrsim(&folder).args(["report", "nowhere"]));
    assert!(error.contains("there are no results") && code == Some(2), "{error}");
}

#[test]
fn two_runs_are_compared_viewer_by_viewer() {
    let folder = folder();
    run(&folder, "a", &[]);
    run(&folder, "b", &["--set", "player.buffer=60s"]);
    let (text, _, code) = said(abrsim(&folder).args(["compare", "a", "b", "--out", "c"]));
    assert_eq!(code, Some(0));
    for part in [
        "A  a (2 runs, 120 viewers, seed 0)",
        "throughput: B against A",
        "bola: B against A",
        "of the same 120 viewers",
        "network slow",
        "who differs most, A → B",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let page = fs::read_to_string(folder.path().join("c/index.html")).unwrap();
    // Two timelines each, of ten viewers in either contest.
    assert!(page.matches("<details>").count() > 10, "{}", page.matches("<details>").count());
    assert_eq!(page.matches("<svg ").count(), 2 * page.matches("<details>").count());
    let json = fs::read_to_string(folder.path().join("c/comparison.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    // As many as the rows of sessions.csv say.
    let spared = |of: &str, run: &str| {
        let rows = csv::Reader::from_path(folder.path().join(of).join("sessions.csv"));
        let rows = rows.unwrap().into_records().map(Result::unwrap).collect::<Vec<_>>();
        let own = rows.iter().filter(|row| &row[0] == run);
        own.filter(|row| &row[5] == "1").count() as f64 / 120.0
    };
    for (contest, run) in [(0, "throughput"), (1, "bola")] {
        let zbr = &json["contests"][contest]["rows"][0]["zbr"];
        for (of, key) in [("a", "old"), ("b", "new")] {
            assert!((zbr[key].as_f64().unwrap() - spared(of, run)).abs() < 1e-12, "{run} {key}");
        }
    }
    // A scenario with itself, changed, says the same.
    let sides = ["compare", "s.toml", "s.toml", "--set", "player.buffer=60s", "--format", "json"];
    let (again, _, _) = said(abrsim(&folder).args(sides));
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["contests"], json["contests"]);
    // The runs of one, with its first.
    let (text, _, _) = said(abrsim(&folder).args(["compare", "a"]));
    assert!(text.contains("bola against throughput"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = folder();
    run(&folder, "a", &["--set", "abr=[\"bola\"]"]);
    run(&folder, "b", &["--set", "abr=[\"bola\"]", "--set", "content.segment=2s"]);
    run(&folder, "c", &["--set", "abr=[\"bola\"]", "--seed", "9"]);
    let (text, _, _) = said(abrsim(&folder).args(["compare", "a", "b"]));
    assert!(text.contains("What is watched is not the same in A and B"), "{text}");
    let (text, _, _) = said(abrsim(&folder).args(["compare", "a", "c"]));
    assert!(text.contains("their seeds differ") && !text.contains("who differs most"), "{text}");
    let (_, error, code) = said(abrsim(&folder).args(["compare", "a"]));
    assert!(error.contains("one run only: bola") && code == Some(2), "{error}");
    let (_, error, code) = said(abrsim(&folder).args(["compare", "a", "b", "--only", "mpc"]));
    assert!(error.contains("no run with \"mpc\"") && code == Some(2), "{error}");
    // Nobody ever sees a frame: there are rates, and nothing else to tell apart.
    let never = ["--set", "origin.errors=1.0", "--set", "abr=[\"bola\"]"];
    run(&folder, "d", &never);
    let (text, _, code) = said(abrsim(&folder).args(["compare", "d", "d"]));
    assert!(text.contains("spare the same viewers stalls: 0.0 %") && code == Some(0), "{text}");
    let page = fs::read_to_string(folder.path().join("d/index.html")).unwrap();
    assert!(page.contains("Playback never began for 120 of 120 viewers"));
}

#[test]
fn the_gate_opens_for_what_is_the_same_and_shuts_for_what_is_worse() {
    let folder = folder();
    let write = ["check", "--write", "baseline.json", "s.toml", "--quiet"];
    abrsim(&folder).args(write).assert().success();
    let (text, _, code) = said(abrsim(&folder).args(["check", "--against", "baseline.json"]));
    assert!(text.contains("Passed: 6 same.") && code == Some(0), "{text}");

    // Playback that begins with less in the buffer stalls more.
    let worse = ["check", "--against", "baseline.json", "--set", "player.buffer=4s"];
    let outputs = ["--junit", "junit.xml", "--markdown", "summary.md", "--github"];
    let (text, error, code) = said(abrsim(&folder).args(worse).args(outputs));
    assert!(text.contains("Failed: ") && error.contains("worse"), "{text}{error}");
    assert_eq!(code, Some(3));
    assert!(text.contains("::error file=s.toml,title="), "{text}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("junit.xml").contains("<failure message=\"worse: "));
    assert!(read("summary.md").contains("## ❌ abrsim check"));
    // Summaries are added to what a workflow has said before.
    abrsim(&folder).args(worse).args(outputs).assert().code(3);
    assert_eq!(read("summary.md").matches("## ❌ abrsim check").count(), 2);

    // Tolerated by the file.
    let loose = read("baseline.json").replace("\"zbr\": 0.0\n", "\"zbr\": 100.0\n");
    fs::write(folder.path().join("loose.json"), loose).unwrap();
    let worse = ["check", "--against", "loose.json", "--set", "player.buffer=4s", "--quiet"];
    abrsim(&folder).args(worse).assert().success();
}

#[test]
fn a_baseline_that_is_none_is_said_to_be_none() {
    let folder = folder();
    let write = ["check", "--write", "baseline.json", "s.toml", "--quiet", "--viewers", "5"];
    abrsim(&folder).args(write).assert().success();
    let whole = fs::read_to_string(folder.path().join("baseline.json")).unwrap();
    for (text, told) in [
        (whole.replace("\"form\": 1", "\"form\": 0"), "write it anew with `abrsim check --write`"),
        (whole[..whole.len() / 2].to_owned(), "cut short"),
        ("{}".to_owned(), "not a baseline"),
        (whole.replace("\"zbr\": 0.0\n", "\"bitrate\": 1.0\n"), "did you mean bitrate_kbps?"),
    ] {
        fs::write(folder.path().join("other.json"), text).unwrap();
        let (_, error, code) = said(abrsim(&folder).args(["check", "--against", "other.json"]));
        assert!(error.contains(told) && code == Some(2), "{told}: {error}");
    }
    let other = ["check", "--against", "baseline.json", "t.toml"];
    let (_, error, code) = said(abrsim(&folder).args(other));
    assert!(error.contains("t.toml is not in it; s.toml") && code == Some(2), "{error}");
    let (_, error, code) = said(abrsim(&folder).args(["check", "--write", "x.json"]));
    assert!(error.contains("name some") && code == Some(2), "{error}");
}

#[test]
fn as_many_viewers_as_it_takes_are_simulated() {
    let folder = folder();
    let until = ["--set", "viewers=until zbr ±3%", "--set", "abr=[\"bola\"]"];
    run(&folder, "a", &until);
    let summary = fs::read_to_string(folder.path().join("a/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let run = &summary["runs"][0];
    let width = run["zbr_high"].as_f64().unwrap() - run["zbr_low"].as_f64().unwrap();
    assert!(width <= 0.06 && run["viewers"].as_u64() >= Some(1_000), "{run}");
    let narrow = ["run", "s.toml", "--set", "viewers=until zbr 3%"];
    let (_, error, code) = said(abrsim(&folder).args(narrow));
    assert!(error.contains("until zbr ±0.5%") && code == Some(2), "{error}");
}

/// A world in which a look-ahead buffer of 19.8 s instead of 20 s costs half a point of the
/// zero-buffer rate. Its traces are the same for every seed: an audience is of its networks.
const GATE: &str = "title = \"gate\"\nviewers = 20_000\nabr = \"bola\"\n\
    network.trace = \"lte\"\n\
    [content]\nladder = \"five-rung\"\nduration = \"1m\"\nsegment = \"4s\"\n\
    [player]\nstartup = \"4s\"\nresume = \"4s\"\nbuffer = \"20s\"\n";

/// What a seed's viewers come to.
fn of(folder: &TempDir, seed: u64, buffer: &str) -> abrsim::report::Results {
    let sets = [format!("seed={seed}"), format!("player.buffer={buffer}")];
    let sets = sets.map(|set| set.parse().unwrap());
    let scenario = Scenario::parse("gate", "gate.toml", GATE, folder.path(), &sets).unwrap();
    abrsim::scenario::run(&scenario, &Control::default(), std::io::sink()).unwrap()
}

/// A hundred baselines, each of other viewers. Checked against a change that costs half a point,
/// on the same viewers; against no change, on the same viewers, which is the same to the last bit;
/// and against no change on other viewers, which is what noise there can be.
///
/// `cargo test --release --test compare_cli -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes: run by hand"]
fn half_a_point_is_caught_and_noise_is_not_on_a_hundred_seeds() {
    let (mut costs, mut caught, mut alarms, mut noise) = (0.0, 0, 0, 0);
    let folder = folder();
    let traces = ["trace", "generate", "lte", "--count", "100", "--out", "lte"];
    abrsim(&folder).args(traces).assert().success();
    let mut before = of(&folder, 0, "20s");
    for seed in 0..100 {
        let mut baseline = Baseline::new(0.0);
        baseline.record(Path::new("gate.toml"), &before);
        let fails = |now| !check(&baseline, &[(&baseline.scenarios[0], now)]).passes();
        let (changed, other) = (of(&folder, seed, "19.8s"), of(&folder, seed + 1, "20s"));
        // A share, a hundred times: points on average.
        costs += before.runs[0].summary.zbr() - changed.runs[0].summary.zbr();
        caught += u32::from(fails(changed));
        alarms += u32::from(fails(before));
        noise += u32::from(fails(other.clone()));
        before = other;
    }
    println!(
        "{costs:.2} points lost on average; caught in {caught} of 100; false alarms: {alarms}"
    );
    println!("of the same viewers, {noise} of other viewers");
    assert!(caught >= 95 && alarms == 0 && noise <= 3, "{caught}, {alarms}, {noise}");
}
