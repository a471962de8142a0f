//! A study by many: whoever runs which shard, when and how often, the report is that of one run.

#![cfg(unix)]

#[path = "common/reports.rs"]
mod reports;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use reports::{assert_same, err, kept};

/// Two runs, rows of requests, and a trace in a folder above that of the scenario.
const SCENARIO: &str = "\
title = \"cheap\"
abr = [\"bba-0\", \"throughput\"]
content.ladder = \"five-rung\"
content.duration = \"20s\"
network.trace = \"../traces/*.csv\"
output.requests = true
";

const VIEWERS: &str = "4000";

/// A folder with the scenario and its traces.
fn desk() -> TempDir {
    let desk = TempDir::new().unwrap();
    for folder in ["scenarios", "traces"] {
        fs::create_dir(desk.path().join(folder)).unwrap();
    }
    fs::write(desk.path().join("scenarios/cheap.toml"), SCENARIO).unwrap();
    let trace = "seconds,kbps\n0,3000\n7,900\n11,4000\n";
    fs::write(desk.path().join("traces/link.csv"), trace).unwrap();
    desk
}

fn abrsim(desk: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    command.current_dir(desk).args(args);
    command
}

/// Lets it come to its end, and returns what it prints.
fn done(desk: &Path, args: &[&str]) -> String {
    let output = abrsim(desk, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", err(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What it says as it fails with that code.
fn told(desk: &Path, code: i32, args: &[&str]) -> String {
    let output = abrsim(desk, args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", err(&output));
    err(&output)
}

fn plan(desk: &Path, out: &str) -> String {
    let args = ["sweep", "plan", "scenarios/cheap.toml", "--viewers", VIEWERS, "--chunk", "256"];
    done(desk, &[&args[..], &["--out", out]].concat())
}

fn whole(desk: &Path) {
    let args = ["run", "scenarios/cheap.toml", "--viewers", VIEWERS, "--chunk", "256", "--quiet"];
    done(desk, &[&args[..], &["--out", "whole"]].concat());
}

fn shard(desk: &Path, out: &str, shard: &str) -> String {
    done(desk, &["sweep", "run", "--out", out, "--jobs", "1", "--shard", shard])
}

/// Puts it together, and compares.
fn assert_merged(desk: &Path, out: &str) {
    done(desk, &["sweep", "merge", "--out", out, "--report", "merged", "--quiet"]);
    assert_same(&desk.join("whole"), &desk.join("merged"));
}

#[test]
fn shards_make_the_report_of_one_run() {
    let desk = desk();
    let desk = desk.path();
    whole(desk);
    let planned = plan(desk, "study");
    assert!(planned.contains("8,000 viewers of 2 runs in 32 chunks"), "{planned}");
    assert_eq!(planned, plan(desk, "study"), "to plan it again does nothing");
    // Everything it takes is there.
    fs::remove_dir_all(desk.join("traces")).unwrap();
    fs::remove_dir_all(desk.join("scenarios")).unwrap();
    let said = told(desk, 4, &["sweep", "merge", "--out", "study"]);
    assert!(said.contains("32 of 32 chunks are missing: 0, 1, 2"), "{said}");
    for own in [2, 0] {
        shard(desk, "study", &format!("{own}/3"));
    }
    let missing = abrsim(desk, &["sweep", "missing", "--out", "study"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(4));
    assert_eq!(
        String::from_utf8(missing.stdout).unwrap().lines().count(),
        32 - kept(&desk.join("study"))
    );
    let args = ["sweep", "missing", "--out", "study", "--shards", "3"];
    let missing = abrsim(desk, &args).output().unwrap();
    assert_eq!(String::from_utf8(missing.stdout).unwrap(), "1\n");
    let status = done(desk, &["sweep", "status", "--out", "study"]);
    assert!(status.contains("of 16      bba-0") && status.contains("0/3"), "{status}");
    assert_eq!(
        shard(desk, "study", "1/3"),
        "Shard 1/3: 11 of 11 chunks kept, 11 of them by this run\n"
    );
    assert_eq!(
        shard(desk, "study", "1/3"),
        "Shard 1/3: 11 of 11 chunks kept, 0 of them by this run\n"
    );
    assert_eq!(done(desk, &["sweep", "missing", "--out", "study"]), "");
    let status = done(desk, &["sweep", "status", "--out", "study", "--format", "json"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["done"], &status["viewers"]), (&8_000.into(), &8_000.into()));
    assert_merged(desk, "study");
}

#[test]
fn four_copies_of_every_shard_race_and_each_chunk_is_kept_once() {
    let desk = desk();
    let desk = desk.path();
    whole(desk);
    plan(desk, "study");
    let quietly = |own: usize| -> Child {
        let args = ["sweep", "run", "--out", "study", "--jobs", "1", "--shard"];
        let mut command = abrsim(desk, &args);
        command.arg(format!("{own}/3")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut racing: Vec<_> = (0..12).map(|copy| quietly(copy % 3)).collect();
    // One is killed on the way.
    std::thread::sleep(Duration::from_millis(50));
    racing[0].kill().unwrap();
    racing.remove(0).wait().unwrap();
    for child in racing {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(["10 of 10", "11 of 11"].iter().any(|all| said.contains(all)), "{said}");
    }
    assert_eq!(kept(&desk.join("study")), 32);
    assert_merged(desk, "study");
    let names = fs::read_dir(desk.join("study")).unwrap().map(|e| e.unwrap().file_name());
    let left = names.filter(|name| name.to_str().unwrap().ends_with(".part"));
    assert_eq!(left.count(), 0, "of who was killed nothing is left");
}

#[test]
fn killed_and_stopped_shards_go_on_where_they_were() {
    let desk = desk();
    let desk = desk.path();
    whole(desk);
    plan(desk, "study");
    let mut stops = 0;
    for round in 0..10 {
        let mut command = abrsim(desk, &["sweep", "run", "--out", "study", "--jobs", "1"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = kept(&desk.join("study"));
        while kept(&desk.join("study")) == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        match round % 2 {
            0 => child.kill().unwrap(),
            _ => {
                let pid = child.id().to_string();
                Command::new("kill").args(["-TERM", &pid]).status().unwrap();
            }
        }
        stops += usize::from(child.wait().unwrap().code() == Some(75));
    }
    assert!(stops > 0, "none was stopped by SIGTERM");
    shard(desk, "study", "0/1");
    assert_merged(desk, "study");
}

#[test]
fn what_cannot_be_is_told_with_its_name_and_its_code() {
    let desk = desk();
    let desk = desk.path();
    let said = told(desk, 2, &["sweep", "run", "--out", "nowhere"]);
    assert!(said.contains("there is no nowhere/plan.json: nothing is planned there"), "{said}");
    plan(desk, "study");
    let other = ["sweep", "plan", "scenarios/cheap.toml", "--viewers", "5000", "--out", "study"];
    let said = told(desk, 2, &other);
    assert!(said.contains("the number of viewers is 8000 there, and 10000 here"), "{said}");
    let said = told(desk, 2, &["sweep", "run", "--out", "study", "--shard", "3/3"]);
    assert!(said.contains("of 3 shards the last is 2/3"), "{said}");
    let said = told(desk, 2, &["sweep", "run", "--out", "ftp://host/study"]);
    assert!(said.contains("ftp"), "{said}");
    // A plan of another version, and one of another form.
    let path = desk.join("study/plan.json");
    let json = fs::read_to_string(&path).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(&path, json.replacen(&version, "\"version\": \"9.9.9\"", 1)).unwrap();
    let said = told(desk, 2, &["sweep", "run", "--out", "study"]);
    assert!(said.contains("abrsim is 9.9.9 there, and"), "{said}");
    fs::write(&path, json.replacen("\"form\": ", "\"form\": 9", 1)).unwrap();
    let said = told(desk, 2, &["sweep", "merge", "--out", "study"]);
    assert!(said.contains("it is of form 9"), "{said}");
}

#[test]
fn what_is_damaged_is_told_and_simulated_again() {
    let desk = desk();
    let desk = desk.path();
    plan(desk, "study");
    let path = desk.join("study/plan.json");
    let json = fs::read_to_string(&path).unwrap();
    shard(desk, "study", "0/1");
    // A chunk that is not what it was.
    let rows = desk.join("study/data/000003.csv");
    let whole = fs::read_to_string(&rows).unwrap();
    fs::write(&rows, whole.replacen(",1,", ",0,", 1)).unwrap();
    let said = told(desk, 3, &["sweep", "merge", "--out", "study", "--report", "merged"]);
    assert!(said.contains("study/data/000003.csv: its rows are not those written"), "{said}");
    let again = "without study/commit/000003.json, the chunk is simulated again";
    assert!(said.contains(again), "{said}");
    fs::remove_file(&rows).unwrap();
    let said = told(desk, 3, &["sweep", "merge", "--out", "study", "--report", "merged"]);
    assert!(said.contains("study/data/000003.csv: it is gone; without"), "{said}");
    fs::write(&rows, whole).unwrap();
    // A commit of nonsense, which is simulated again once it is removed.
    let nonsense = desk.join("study/commit/000007.json");
    fs::write(&nonsense, "{").unwrap();
    let said = told(desk, 3, &["sweep", "merge", "--out", "study", "--report", "merged"]);
    assert!(said.contains("000007.json: it was cut short or edited"), "{said}");
    fs::remove_file(&nonsense).unwrap();
    assert!(shard(desk, "study", "0/1").contains("32 of 32 chunks kept, 1 of them by this run"));
    let gone = desk.join("study/commit/000005.json");
    fs::remove_file(&gone).unwrap();
    let said = told(desk, 4, &["sweep", "merge", "--out", "study", "--report", "merged"]);
    assert!(said.contains("1 of 32 chunks are missing: 5"), "{said}");
    // An input that was exchanged.
    let input = fs::read_dir(desk.join("study/inputs")).unwrap().next().unwrap().unwrap().path();
    let trace = fs::read(&input).unwrap();
    fs::write(&input, "seconds,kbps\n0,1\n").unwrap();
    let said = told(desk, 3, &["sweep", "run", "--out", "study"]);
    assert!(said.contains("../traces/link.csv is gone, or not what was planned"), "{said}");
    fs::write(&input, trace).unwrap();
    // Who works on it cannot be told, which is no reason not to.
    fs::remove_dir_all(desk.join("study/attempts")).unwrap();
    fs::write(desk.join("study/attempts"), "").unwrap();
    let output = abrsim(desk, &["sweep", "run", "--out", "study"]).output().unwrap();
    assert!(output.status.success() && err(&output).contains("note: "), "{}", err(&output));
    fs::remove_file(desk.join("study/attempts")).unwrap();
    // More chunks than can be, and a plan whose chunks these are not.
    fs::write(&path, json.replacen("\"chunks\": 16", "\"chunks\": 9000000000000", 1)).unwrap();
    let said = told(desk, 2, &["sweep", "missing", "--out", "study"]);
    assert!(said.contains("there can be 10000000 chunks"), "{said}");
    fs::write(&path, json.replacen("\"seed\": 0", "\"seed\": 9", 1)).unwrap();
    for command in ["status", "missing", "run", "merge"] {
        let said = told(desk, 2, &["sweep", command, "--out", "study"]);
        assert!(said.contains("chunks are kept there of another plan"), "{command}: {said}");
    }
    fs::remove_file(&path).unwrap();
    let other = ["sweep", "plan", "scenarios/cheap.toml", "--out", "study"];
    assert!(told(desk, 2, &other).contains("chunks are kept there of another plan"));
}

#[test]
fn a_clock_that_is_an_hour_off_is_told_and_matters_to_nothing() {
    let desk = desk();
    let desk = desk.path();
    plan(desk, "study");
    shard(desk, "study", "0/4");
    let attempts = fs::read_dir(desk.join("study/attempts")).unwrap();
    let attempt = attempts.map(|entry| entry.unwrap().path()).next().unwrap();
    let mut json: Value = serde_json::from_slice(&fs::read(&attempt).unwrap()).unwrap();
    json["clock"] = (json["clock"].as_u64().unwrap() + 3_630).into();
    fs::write(&attempt, json.to_string()).unwrap();
    let status = done(desk, &["sweep", "status", "--out", "study"]);
    assert!(status.contains("0/4") && status.contains("is 1 h 0 min ahead of"), "{status}");
}

/// Of two runs of a billion viewers a chunk is simulated, and taken for all others.
#[test]
#[ignore = "takes a minute of a release build, and says how long it takes to put together"]
fn two_billion_viewers_are_put_together_in_seconds() {
    let desk = desk();
    let desk = desk.path();
    let plan = ["sweep", "plan", "scenarios/cheap.toml", "--viewers", "1000000000"];
    let lean = ["--set", "output.sessions=false", "--set", "output.requests=false"];
    done(desk, &[&plan[..], &lean, &["--out", "study"]].concat());
    shard(desk, "study", "7/1000");
    let commits = desk.join("study/commit");
    let any = fs::read_dir(&commits).unwrap().next().unwrap().unwrap().path();
    let (json, own) = (fs::read_to_string(&any).unwrap(), any.file_stem().unwrap());
    let own = format!("\"chunk\":{},", own.to_str().unwrap().parse::<u64>().unwrap());
    let missing = abrsim(desk, &["sweep", "missing", "--out", "study"]).output().unwrap().stdout;
    for chunk in String::from_utf8(missing).unwrap().lines() {
        let other = json.replacen(&own, &format!("\"chunk\":{chunk},"), 1);
        fs::write(commits.join(format!("{chunk:0>6}.json")), other).unwrap();
    }
    let begun = Instant::now();
    let table = done(desk, &["sweep", "merge", "--out", "study", "--report", "merged"]);
    println!("{table}{} kB of commits, {:?}", json.len() * 2_050 / 1_000, begun.elapsed());
    assert!(table.contains("viewers"));
}

#[test]
fn scripts_for_schedulers_are_printed_from_the_plan() {
    let desk = desk();
    let desk = desk.path();
    plan(desk, "study");
    let emit = |engine: &str, more: &[&str]| {
        done(desk, &[&["sweep", "emit", engine, "--out", "study"], more].concat())
    };
    let out = desk.join("study");
    let out = out.canonicalize().unwrap();
    let slurm = emit("slurm", &["--shards", "8", "--cpus", "2"]);
    assert!(slurm.contains("--array=0-7") && slurm.contains("--cpus-per-task=2"), "{slurm}");
    assert!(slurm.contains(&format!("sweep run --out {}", out.display())), "{slurm}");
    // So little is done by one task.
    assert!(emit("parallel", &[]).contains("seq 0 0"));
    assert!(emit("k8s", &["--claim", "disk"]).contains("claimName: \"disk\""));
    for (engine, more) in [("k8s", &[][..]), ("aws-batch", &[]), ("gcp-batch", &["--shards", "3"])]
    {
        let args = [&["sweep", "emit", engine, "--out", "study"], more].concat();
        assert!(told(desk, 2, &args).contains("a folder that tasks would not see"));
    }
    let said = told(desk, 2, &["sweep", "emit", "slurm", "--out", "study", "--shards", "5000"]);
    assert!(said.contains("from 1 to 1001 tasks"), "{said}");
    for engine in ["slurm", "parallel"] {
        let script = emit(engine, &["--shards", "4"]);
        assert!(!script.contains("{{"), "{script}");
        let path = desk.join("script.sh");
        fs::write(&path, script).unwrap();
        assert!(Command::new("sh").arg("-n").arg(&path).status().unwrap().success());
    }
}
