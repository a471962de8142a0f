//! Runs that do not come to their end: killed, stopped, out of disk, with nobody listening. What
//! was done is kept, and what comes of it in the end is the same to the byte.

#![cfg(unix)]

#[path = "common/reports.rs"]
mod reports;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use abrsim::seed::{Purpose, Seed};
use serde_json::Value;
use tempfile::TempDir;

use reports::files::files;
use reports::{assert_same, err};

/// Cheap viewers, each with a row for every request, on a trace that lies beside it.
const SCENARIO: &str = "\
title = \"cheap\"
abr = [\"bba-0\", \"throughput\"]
content.ladder = \"five-rung\"
content.duration = \"20s\"
network.trace = \"link.csv\"
output.requests = true
";

/// A folder with the scenario, and a place for reports.
fn desk() -> TempDir {
    let desk = TempDir::new().unwrap();
    fs::write(desk.path().join("cheap.toml"), SCENARIO).unwrap();
    fs::write(desk.path().join("link.csv"), "seconds,kbps\n0,3000\n7,900\n11,4000\n").unwrap();
    desk
}

/// A run of so many viewers, a few at a time, into a folder of the desk.
fn command(desk: &Path, viewers: u64, out: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    command.current_dir(desk).args(["run", "cheap.toml", "--out", out]);
    command.args(["--viewers", &viewers.to_string(), "--chunk", "256", "--jobs", "2"]);
    command
}

/// Lets it come to its end.
fn whole(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    output
}

/// How many chunks are kept.
fn kept(out: &Path) -> usize {
    reports::kept(&out.join("unfinished"))
}

/// Waits until so many chunks are kept, unless it is over before.
fn wait_for(child: &mut Child, out: &Path, chunks: usize) {
    while kept(out) < chunks && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn quietly(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn killed_at_fifty_moments_it_comes_to_the_same_bytes() {
    let desk = desk();
    let viewers = 40_000;
    whole(&mut command(desk.path(), viewers, "whole"));
    let out = desk.path().join("killed");
    let mut draw = Seed(11).stream(Purpose::Choice, &[]);
    let mut kills = 0;
    // One that is over before it is killed begins anew.
    for _ in 0..50 {
        let mut run = command(desk.path(), viewers, "killed");
        let mut child = quietly(run.arg("--resume"));
        std::thread::sleep(Duration::from_millis(draw.below(600)));
        child.kill().unwrap();
        kills += usize::from(child.wait().unwrap().signal() == Some(9));
    }
    assert!(kills > 0);
    whole(command(desk.path(), viewers, "killed").arg("--resume"));
    assert_same(&desk.path().join("whole"), &out);
}

#[test]
fn two_at_work_in_one_folder_are_kept_apart() {
    let desk = desk();
    let mut child = quietly(&mut command(desk.path(), 10_000_000, "out"));
    wait_for(&mut child, &desk.path().join("out"), 1);
    let other = command(desk.path(), 10, "out").output().unwrap();
    assert_eq!(other.status.code(), Some(2), "{}", err(&other));
    assert!(err(&other).contains("another abrsim is at work in out"), "{}", err(&other));
    child.kill().unwrap();
    child.wait().unwrap();
    whole(command(desk.path(), 10, "out").arg("--restart"));
}

#[test]
fn what_is_unfinished_is_not_dropped_unless_that_is_said() {
    let desk = desk();
    let out = desk.path().join("out");
    let mut child = quietly(&mut command(desk.path(), 10_000_000, "out"));
    wait_for(&mut child, &out, 3);
    child.kill().unwrap();
    child.wait().unwrap();
    let refused = command(desk.path(), 10_000_000, "out").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let told = err(&refused);
    assert!(told.contains("of 39064 chunks are there of a run that did not"), "{told}");
    assert!(told.contains("--resume goes on with it, --restart drops it"), "{told}");
    let other = command(desk.path(), 100, "out").arg("--resume").output().unwrap();
    assert_eq!(other.status.code(), Some(2));
    let told = err(&other);
    assert!(told.contains("viewers is 20000000 there, and 200 here"), "{told}");
    // The trace has changed, and then is gone: what is kept stays.
    let before = kept(&out);
    fs::write(desk.path().join("link.csv"), "seconds,kbps\n0,3000\n9,0\n").unwrap();
    let changed = command(desk.path(), 10_000_000, "out").arg("--resume").output().unwrap();
    assert!(err(&changed).contains("link.csv has changed since"), "{}", err(&changed));
    fs::remove_file(desk.path().join("link.csv")).unwrap();
    let gone = command(desk.path(), 10_000_000, "out").arg("--resume").output().unwrap();
    assert_eq!(gone.status.code(), Some(2));
    assert!(err(&gone).contains("link.csv"), "{}", err(&gone));
    assert_eq!(kept(&out), before);
    fs::write(desk.path().join("link.csv"), "seconds,kbps\n0,3000\n9,0\n").unwrap();
    whole(command(desk.path(), 100, "out").arg("--restart"));
    assert!(!out.join("unfinished").exists());
    let anew = whole(command(desk.path(), 100, "out").arg("--resume"));
    assert!(err(&anew).contains("nothing is unfinished in out; this begins anew"));
}

/// Sends a signal to a run once some chunks are kept; how it ended, and what it said.
fn signalled(desk: &Path, name: &str) -> Output {
    let mut child = command(desk, 10_000_000, "out");
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&mut child, &desk.join("out"), 5);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

#[test]
fn ctrl_c_and_sigterm_leave_a_report_and_every_chunk() {
    for (name, code) in [("-INT", 130), ("-TERM", 75)] {
        let desk = desk();
        let out = desk.path().join("out");
        let stopped = signalled(desk.path(), name);
        assert_eq!(stopped.status.code(), Some(code), "{}", err(&stopped));
        let told = format!("{} of 39064 chunks are kept in out/unfinished: the same", kept(&out));
        assert!(err(&stopped).contains(&told), "{}", err(&stopped));
        let text = fs::read_to_string(out.join("summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(summary["partial"], true);
        let viewers = summary["runs"][0]["viewers"].as_u64().unwrap();
        assert!(viewers >= 5 * 256, "{viewers}");
        let rows = fs::read_to_string(out.join("sessions.csv")).unwrap();
        assert_eq!(rows.lines().count() as u64, viewers + 1);
        assert!(out.join("requests.csv").exists());
        let names = fs::read_dir(out.join("unfinished")).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["commit", "data", "plan.json"], "nothing half done");
    }
}

#[test]
fn stopped_again_and_again_it_comes_to_the_same_bytes() {
    let desk = desk();
    whole(&mut command(desk.path(), 20_000, "whole"));
    loop {
        let mut run = command(desk.path(), 20_000, "out");
        let mut child = quietly(run.arg("--resume"));
        let before = kept(&desk.path().join("out"));
        wait_for(&mut child, &desk.path().join("out"), before + 40);
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        match child.wait().unwrap().code() {
            Some(0) => break,
            code => assert_eq!(code, Some(130)),
        }
    }
    assert_same(&desk.path().join("whole"), &desk.path().join("out"));
}

/// Does something in a mount namespace of its own, with an empty file system of so much mounted on
/// the desk's `disk`; nothing where this machine does not let us.
fn with_disk(desk: &Path, options: &str, script: &str) -> Option<Output> {
    fs::create_dir_all(desk.join("disk")).unwrap();
    let mount = format!("mount -t tmpfs -o {options} none disk || exit 99\n{script}");
    let mut unshare = Command::new("unshare");
    let output = unshare.args(["-r", "-m", "sh", "-c", &mount]).current_dir(desk).output().ok()?;
    let possible = output.status.code() != Some(99) && !err(&output).starts_with("unshare:");
    possible.then_some(output)
}

fn shell(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| format!("'{}'", word.to_str().unwrap())).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_full_disk_is_told_and_with_room_it_goes_on() {
    let desk = desk();
    whole(&mut command(desk.path(), 20_000, "whole"));
    let run = shell(&command(desk.path(), 20_000, "disk/out"));
    let script = format!(
        "{run} --quiet; echo $?; ls disk/out/unfinished/commit | wc -l; ls disk/out\n\
         mount -o remount,size=500m disk && {run} --quiet --resume && cp -r disk/out ."
    );
    let Some(output) = with_disk(desk.path(), "size=8m", &script) else { return };
    let told = err(&output);
    assert!(told.contains("No space left on device"), "{told}");
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let [code, chunks, rest @ ..] = &said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    let chunks: usize = chunks.trim().parse().unwrap();
    assert_eq!((*code, rest), ("1", &["unfinished"][..]), "{told}");
    assert!(chunks > 5, "{chunks}");
    let kept = format!("{chunks} of 158 chunks are kept in disk/out/unfinished");
    assert!(told.contains(&kept), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    assert_same(&desk.path().join("whole"), &desk.path().join("out"));
}

#[test]
fn a_disk_that_is_full_at_the_end_loses_nothing_either() {
    let desk = desk();
    // Room for the rows of 3,000 viewers once, kept or in their place, not for charts beside them.
    whole(&mut command(desk.path(), 3_000, "whole"));
    let size: usize = files(&desk.path().join("whole"))
        .iter()
        .filter(|(name, _)| name.ends_with("sessions.csv") || name.ends_with("requests.csv"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    let options = format!("size={}k", size / 1_024 + 1_000);
    let run = shell(&command(desk.path(), 3_000, "disk/out"));
    let script = format!(
        "{run} --quiet; echo $?\n\
         mount -o remount,size=500m disk && {run} --quiet --resume && cp -r disk/out ."
    );
    let Some(output) = with_disk(desk.path(), &options, &script) else { return };
    let told = err(&output);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "1", "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    assert_same(&desk.path().join("whole"), &desk.path().join("out"));
}

#[test]
fn a_folder_that_is_read_only_is_told_before_anything_is_simulated() {
    let desk = desk();
    let run = shell(&command(desk.path(), 100_000_000, "disk"));
    let Some(output) = with_disk(desk.path(), "ro", &run) else { return };
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let told = err(&output);
    assert!(told.contains("cannot write disk/unfinished: Read-only file system"), "{told}");
}

#[test]
fn who_reads_only_the_beginning_is_no_trouble() {
    let desk = desk();
    for (args, lines) in [
        (&["run", "cheap.toml", "--viewers", "50", "--format", "json", "--out", "out"][..], 1),
        (&["replay", "cheap.toml", "--viewer", "3", "--abr", "bba-0"], 2),
        (&["abr", "list"], 1),
        (&["schema"], 1),
        (&["run", "--help"], 1),
    ] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
        command.current_dir(desk.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut head = BufReader::with_capacity(16, child.stdout.take().unwrap());
        for _ in 0..lines {
            assert!(head.read_line(&mut String::new()).unwrap() > 0, "{args:?}");
        }
        drop(head);
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((child.wait().unwrap().code(), &*told), (Some(0), ""), "{args:?}");
    }
    assert!(desk.path().join("out/index.html").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_printed_is_there_and_who_cannot_be_told_is_no_trouble() {
    let desk = desk();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(desk.path(), 50, "out").stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("cannot print: No space left"), "{}", err(&output));
    assert!(desk.path().join("out/index.html").exists());
    let again = command(desk.path(), 50, "out").arg("--resume").stderr(full()).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "the note on nothing being unfinished is lost");
}

#[test]
fn a_viewer_is_replayed_as_they_were_in_the_run() {
    let desk = desk();
    whole(&mut command(desk.path(), 300, "out"));
    let mut replay = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    replay.current_dir(desk.path()).args(["replay", "cheap.toml", "--viewers", "300"]);
    replay.args(["--viewer", "17"]);
    let unclear = replay.output().unwrap();
    assert_eq!(unclear.status.code(), Some(2));
    assert!(err(&unclear).contains("which run? there are bba-0, throughput"), "{}", err(&unclear));
    let mut misspelt = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    misspelt.current_dir(desk.path()).args(["replay", "cheap.toml", "--viewer", "17"]);
    let misspelt = misspelt.args(["--abr", "thruput"]).output().unwrap();
    assert!(err(&misspelt).contains("did you mean --abr throughput?"), "{}", err(&misspelt));
    let text = whole(replay.args(["--abr", "throughput"]));
    let text = String::from_utf8(text.stdout).unwrap();
    let mut rows = csv::Reader::from_path(desk.path().join("out/sessions.csv")).unwrap();
    let row = rows
        .deserialize()
        .map(Result::unwrap)
        .find(|row: &BTreeMap<String, String>| row["run"] == "throughput" && row["viewer"] == "17");
    let row = row.unwrap();
    let asked = text.lines().filter(|line| line.contains("viewer 17  asks for ")).count();
    assert_eq!(asked.to_string(), row["requests"]);
    let stalls = text.lines().filter(|line| line.contains("playback stalls")).count();
    assert_eq!(stalls.to_string(), row["stalls"]);
    let json = whole(replay.args(["--format", "json"]));
    let json = String::from_utf8(json.stdout).unwrap();
    assert_eq!(json.lines().count(), text.lines().count());
    let first: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!((&first["viewer"], &first["abr"]), (&17.into(), &"throughput".into()));
}
