//! The binary through its command line, as a stranger would use it.

#[path = "common/files.rs"]
mod files;
#[path = "common/reference.rs"]
mod reference;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use abrsim::abr::{ALGORITHMS, Algorithm};
use serde_json::Value;
use tempfile::TempDir;

use files::files;
use reference::reference;

/// The binary, in the root of the project.
fn abrsim(args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs a scenario into a folder, which it must manage.
fn run(folder: &Path, args: &[&str]) -> Output {
    let folder = folder.to_str().unwrap();
    let output = abrsim(&[&["run"], args, &["--out", folder]].concat());
    assert!(output.status.success(), "{args:?}: {}", err(&output));
    output
}

const FIRST_LOOK: &str = "scenarios/first-look.toml";

/// A small scenario of that content and network.
fn small(content: &str, network: &str) -> String {
    let what = "title = \"small\"\nabr = \"bola\"\nviewers = 70";
    format!("{what}\n[content]\n{content}\n[network]\n{network}\n")
}

fn summary(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap()
}

fn rows(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join("sessions.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_run_leaves_every_file_it_promises_and_a_table_that_fits() {
    let dir = TempDir::new().unwrap();
    let output = run(dir.path(), &[FIRST_LOOK, "--viewers", "40"]);
    let text = out(&output);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let page = dir.path().join("index.html");
    assert!(text.trim_end().ends_with(page.to_str().unwrap()), "{text}");
    assert_eq!(err(&output), "", "silent where there is no terminal");
    let found = files(dir.path());
    for name in ["index.html", "summary.json", "sessions.csv", "provenance.json"] {
        assert!(found.contains_key(Path::new(name)), "{name} is missing");
    }
    for chart in ["zbr", "frontier", "switches", "startup", "rungs"] {
        for ending in ["svg", "png"] {
            let name = format!("charts/{chart}.{ending}");
            assert!(found[Path::new(&name)].len() > 1_000, "{name}");
        }
    }
    assert!(found.keys().any(|name| name.to_str().unwrap().contains("timeline")));
    assert_eq!(rows(dir.path()).len(), 4 * 40);
}

#[test]
fn json_on_the_terminal_is_the_summary() {
    let dir = TempDir::new().unwrap();
    let output = run(dir.path(), &[FIRST_LOOK, "--viewers", "20", "--format", "json"]);
    let printed: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(printed, summary(dir.path()));
    let quiet = run(dir.path(), &[FIRST_LOOK, "--viewers", "20", "--quiet"]);
    assert_eq!(out(&quiet), "");
}

#[test]
fn the_rows_add_up_to_the_summary_exactly() {
    let dir = TempDir::new().unwrap();
    run(dir.path(), &[FIRST_LOOK, "--viewers", "150", "--set", "origin.errors=0.02"]);
    let (summary, rows) = (summary(dir.path()), rows(dir.path()));
    for run in summary["runs"].as_array().unwrap() {
        let of: Vec<_> = rows.iter().filter(|row| row["run"] == run["run"]).collect();
        let sum = |column: &str| -> f64 {
            of.iter().map(|row| row[column].parse::<f64>().unwrap_or(0.0)).sum()
        };
        // Seconds as whole nanoseconds, so that adding them up loses nothing.
        let nanos = |column: &str| -> f64 {
            let exact = |row: &&BTreeMap<String, String>| {
                let (whole, part) = row[column].split_once('.').unwrap_or((&row[column], ""));
                format!("{whole}{part:0<9}").parse::<u64>().unwrap()
            };
            of.iter().map(exact).sum::<u64>() as f64 / 1e9
        };
        let figure = |pointer: &str| run.pointer(pointer).unwrap().as_f64().unwrap();
        assert_eq!(figure("/viewers"), of.len() as f64);
        let (hits, n) = (sum("zero_buffer"), of.len() as f64);
        assert_eq!(figure("/zbr"), hits / n);
        // Wilson's interval, written out once more.
        let (p, z) = (hits / n, 1.959_963_984_540_054_f64);
        let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        assert!((figure("/zbr_low") - (middle - half).max(0.0)).abs() < 1e-12);
        assert!((figure("/zbr_high") - (middle + half).min(1.0)).abs() < 1e-12);
        let (stalled, played) = (nanos("stall_s"), nanos("play_s"));
        assert_eq!(figure("/stall_ratio"), stalled / (stalled + played));
        assert_eq!(figure("/switches/total"), sum("switches"));
        assert_eq!(figure("/switches/up"), sum("switches_up"));
        assert_eq!(figure("/switches/per_minute"), sum("switches") / (played / 60.0));
        assert_eq!(figure("/switches/oscillations"), sum("oscillations"));
        assert_eq!(figure("/bytes"), sum("bytes"));
        assert_eq!(figure("/wasted_bytes"), sum("wasted_bytes"));
    }
}

#[test]
fn one_thread_or_two_and_once_or_twice_the_bytes_are_the_same() {
    let dirs = [(); 3].map(|()| TempDir::new().unwrap());
    for (dir, jobs) in dirs.iter().zip(["1", "2", "2"]) {
        let path = "scenarios/segment-length.toml";
        run(dir.path(), &[path, "--viewers", "300", "--seed", "7", "--jobs", jobs]);
    }
    let [one, two, again] = dirs.each_ref().map(|dir| files(dir.path()));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(bytes == &two[name], "{} differs by threads", name.display());
        assert!(bytes == &again[name], "{} differs by run", name.display());
    }
}

#[test]
fn a_viewer_meets_the_same_world_under_every_algorithm() {
    let dir = TempDir::new().unwrap();
    run(dir.path(), &[FIRST_LOOK, "--viewers", "60"]);
    let mut met = BTreeMap::new();
    for row in rows(dir.path()) {
        let world = (row["trace"].clone(), row["offset_s"].clone());
        let before = met.entry(row["viewer"].clone()).or_insert_with(|| world.clone());
        assert_eq!(*before, world, "viewer {}", row["viewer"]);
    }
    let worlds: std::collections::BTreeSet<_> = met.values().collect();
    assert!(worlds.len() > 50, "viewers differ from each other");
}

#[test]
fn another_seed_is_another_world() {
    let dirs = [(); 2].map(|()| TempDir::new().unwrap());
    for (dir, seed) in dirs.iter().zip(["1", "2"]) {
        run(dir.path(), &[FIRST_LOOK, "--viewers", "20", "--seed", seed]);
    }
    let [one, two] = dirs.each_ref().map(|dir| rows(dir.path()));
    assert_ne!(one[0]["offset_s"], two[0]["offset_s"]);
}

#[test]
fn a_sweep_runs_every_point_under_every_algorithm() {
    let dir = TempDir::new().unwrap();
    let sweep = ["--set", "sweep.content.segment=[\"2s\", \"4s\"]"];
    let more = ["--set", "sweep.player.buffer=[\"20s\", \"40s\"]", "--viewers", "5"];
    run(
        dir.path(),
        &[&[FIRST_LOOK, "--set", "abr=[\"bba-0\", \"bola\"]"], &sweep[..], &more].concat(),
    );
    let runs = summary(dir.path())["runs"].as_array().unwrap().clone();
    assert_eq!(runs.len(), 2 * 2 * 2);
    let last = &runs[7];
    assert_eq!(
        (last["abr"].as_str(), last["run"].as_str().unwrap().contains("buffer=40s")),
        (Some("bola"), true)
    );
    assert_eq!(last["point"]["content.segment"], "4s");
}

#[test]
fn what_is_set_is_swept_no_more() {
    let dir = TempDir::new().unwrap();
    let sweep =
        ["--set", "sweep.viewers=[3, 4]", "--set", "sweep.content.segment=[\"2s\", \"4s\"]"];
    let set = ["--viewers", "5", "--set", "abr=bola", "--set", "content.segment=6s"];
    let after = ["--set", "sweep.player.buffer=[\"20s\", \"40s\"]"];
    run(
        dir.path(),
        &[&[FIRST_LOOK, "--set", "player.buffer=9s"], &sweep[..], &set, &after].concat(),
    );
    let runs = summary(dir.path())["runs"].as_array().unwrap().clone();
    // Set before it is swept, the buffer still is.
    let points: Vec<_> = runs.iter().map(|run| run["point"].to_string()).collect();
    let buffer = |value: &str| format!("{{\"player.buffer\":\"{value}\"}}");
    assert_eq!(points, [buffer("20s"), buffer("40s")]);
    assert!(runs.iter().all(|run| run["viewers"] == 5));
}

#[test]
fn rows_are_left_out_when_asked() {
    let dir = TempDir::new().unwrap();
    run(dir.path(), &[FIRST_LOOK, "--viewers", "9", "--set", "output.sessions=false"]);
    assert_eq!(rows(dir.path()).len(), 0);
    assert_eq!(summary(dir.path())["runs"][0]["viewers"], 9);
}

/// Runs that must be refused, in these words, before anything is simulated.
fn refused(args: &[&str], told: &[&str]) {
    let output = abrsim(&[&["run"], args].concat());
    let error = err(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
    // Lines are wrapped: compare without white space.
    let squeezed = |text: &str| text.split(['\n', ' ', '│']).collect::<String>();
    for part in told {
        assert!(squeezed(&error).contains(&squeezed(part)), "{args:?} lacks {part:?}: {error}");
    }
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn whatever_is_wrong_is_told_with_its_place_and_what_would_be_right() {
    let dir = TempDir::new().unwrap();
    let file = |name: &str, text: &str| -> String {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let first = fs::read_to_string(FIRST_LOOK).unwrap();
    let misspelt = file("misspelt.toml", &first.replace("startup =", "startpu ="));
    let empty = format!("network.trace={:?}", file("empty.csv", ""));
    let header = format!("network.trace={:?}", file("header.csv", "seconds,kbps\n"));
    let still = format!("network.trace={:?}", file("still.csv", "seconds,kbps\n0,0\n9,0\n"));
    let bare = format!("network.trace={:?}", TempDir::new_in(&dir).unwrap().keep());
    let latin = dir.path().join("latin.toml").to_str().unwrap().to_owned();
    fs::write(&latin, b"viewers = 1\ntitle = \"caf\xe9\"\n").unwrap();
    file("cut.mpd", "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><Adapt");
    let cut = file("cut.toml", &small("manifest = \"cut.mpd\"", "bandwidth = \"3Mbps\""));
    for (args, told) in [
        (vec![misspelt.as_str()], &["startpu", "misspelt.toml:26:1", "did you mean `startup`"][..]),
        (vec![FIRST_LOOK, "--set", &empty], &["empty.csv", "empty"]),
        (vec![FIRST_LOOK, "--set", &header], &["header.csv", "empty"]),
        (vec![FIRST_LOOK, "--set", &still], &["still.csv", "never moves"]),
        (vec![cut.as_str()], &["cut.mpd", "cut short"]),
        (vec![FIRST_LOOK, "--viewers", "0"], &["0 viewers"]),
        (vec!["scenarios/none.toml"], &["scenarios/none.toml"]),
        (vec!["LICENSE-MIT"], &["LICENSE-MIT:1"]),
        (vec![FIRST_LOOK, "--set", &bare], &["is a folder, of no files"]),
        (vec![cut.as_str(), "--set", "content.segment=2s"], &["a manifest and `segment`"]),
        (vec![latin.as_str()], &["latin.toml", "line 2 is not UTF-8"]),
        (vec!["scenarios"], &["scenarios", "directory"]),
        (
            vec![
                FIRST_LOOK,
                "--set",
                "player.buffer=3s",
                "--set",
                "player.startup=1s",
                "--set",
                "player.resume=1s",
            ],
            &["cannot hold a segment of 4s"],
        ),
    ] {
        refused(&args, told);
    }
    assert!(!Path::new("reports/none").exists(), "nothing is left of what never ran");
}

#[test]
fn whatever_is_set_wrong_is_told_too() {
    let wrong: &[(&str, &[&str])] = &[
        ("network.bandwidth=3 Mbit", &["Mbit", "3Mbps"]),
        ("network.trace=traces/tunel.csv", &["traces/tunnel.csv"]),
        ("abr=[\"bolla\"]", &["bolla", "did you mean \"bola\""]),
        ("abr=[]", &["abr is empty"]),
        ("algorithm.bola.gamma=3", &["gamma_p"]),
        ("algorithm.mpc.horizon=9", &["from 1 to 8"]),
        ("player.startup=50s", &["beyond the buffer of 30s"]),
        ("content.segment=4", &["lacks its unit", "4s"]),
        ("content.duration=99999h", &["unit"]),
        ("sweep.nothing=3", &["not a list"]),
        ("title", &["KEY.PATH=VALUE"]),
        ("sweep=[1]", &["`sweep` is not a table"]),
        ("sweep.player.buffer=[]", &["one or more"]),
        ("sweep.seed=[1, 2, 1]", &["`sweep.seed` has 1 twice"]),
        ("seed=-1", &["expected a whole number from 0"]),
        ("player=1", &["expected a table"]),
        ("network.offset=5", &["lacks its unit", "\"random\""]),
        ("network.trace=", &["an empty name"]),
        ("content.ladder=[{bitrate=\"2000Gbps\"}]", &["to 1000 Gbps"]),
        ("content.audio=[]", &["--set content.audio:1:1"]),
        ("content.segment=0s", &["--set content.segment:1:1"]),
        ("algorithm.bolt.gamma_p=1", &["use = \"bola\""]),
        ("algorithm.bola.use=mpc", &["a name of your own"]),
        ("algorithm.bola.gamma_p=[1]", &["a number, a string"]),
        ("abr=[\"pensieve\"]", &["pensieve has no weights"]),
        ("algorithm.pensieve.weights=none.json", &["no file matches \"none.json\""]),
        ("algorithm.pensieve.weights=3", &["the path of a file"]),
    ];
    for (set, told) in wrong {
        refused(&[FIRST_LOOK, "--set", set], told);
    }
}

#[test]
fn setting_a_swept_key_replaces_its_values() {
    let dir = TempDir::new().unwrap();
    for key in ["sweep.content.segment", "sweep.\"content.segment\""] {
        let set = format!("{key}=[\"3s\"]");
        run(dir.path(), &["scenarios/segment-length.toml", "--viewers", "2", "--set", &set]);
        let summary = summary(dir.path());
        assert_eq!(summary["swept"], serde_json::json!(["content.segment"]));
        assert_eq!(summary["runs"].as_array().unwrap().len(), 3, "one per algorithm");
    }
}

#[test]
fn a_folder_of_traces_may_have_any_name_and_hidden_files() {
    let dir = TempDir::new().unwrap();
    let odd = dir.path().join("we[i]rd *");
    fs::create_dir_all(odd.join("traces")).unwrap();
    fs::write(odd.join("traces/a.csv"), "seconds,kbps\n0,3000\n9,0\n").unwrap();
    fs::write(odd.join("traces/.hidden"), "no trace").unwrap();
    for trace in ["traces", "traces/*", "traces/[a-c].csv"] {
        let path = odd.join("odd.toml");
        fs::write(&path, small("ladder = \"five-rung\"", &format!("trace = {trace:?}"))).unwrap();
        run(dir.path(), &[path.to_str().unwrap()]);
        assert!(rows(dir.path()).iter().all(|row| row["trace"] == "traces/a.csv"), "{trace}");
    }
}

#[test]
fn every_input_is_in_the_provenance() {
    let dir = TempDir::new().unwrap();
    let manifest = "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" \
        mediaPresentationDuration=\"PT60S\"><Period><AdaptationSet contentType=\"video\" \
        mimeType=\"video/mp4\"><SegmentTemplate media=\"$RepresentationID$-$Number$.m4s\" \
        duration=\"4\"/><Representation id=\"v\" bandwidth=\"800000\"/></AdaptationSet>\
        </Period></MPD>";
    fs::write(dir.path().join("one.mpd"), manifest).unwrap();
    fs::write(dir.path().join("one.csv"), "seconds,kbps\n0,3000\n9,0\n").unwrap();
    let path = dir.path().join("one.toml");
    fs::write(&path, small("manifest = \"one.mpd\"", "trace = \"one.csv\"")).unwrap();
    run(dir.path(), &[path.to_str().unwrap()]);
    let text = fs::read_to_string(dir.path().join("provenance.json")).unwrap();
    let provenance: Value = serde_json::from_str(&text).unwrap();
    let inputs = provenance["inputs_sha256"].as_object().unwrap();
    assert_eq!(inputs.keys().collect::<Vec<_>>(), ["one.csv", "one.mpd"]);
}

#[test]
fn viewers_who_wait_for_decades_are_counted() {
    let dir = TempDir::new().unwrap();
    // A kilobit in 28 hours: 70 viewers of 30 years wait longer than the 584 that a span lasts.
    fs::write(dir.path().join("dead.csv"), "seconds,kbps\n0,1\n1,0\n100000,0\n").unwrap();
    let path = dir.path().join("dead.toml");
    fs::write(&path, small("ladder = \"five-rung\"", "trace = \"dead.csv\"")).unwrap();
    run(dir.path(), &[path.to_str().unwrap(), "--set", "time_limit=262800h"]);
    let run = &summary(dir.path())["runs"][0];
    let waited = |pointer: &str| run.pointer(pointer).unwrap().as_f64().unwrap();
    let seconds = waited("/stall_s/total") + 70.0 * waited("/startup_s/mean");
    assert!(seconds > 584.0 * 365.0 * 86_400.0, "{seconds}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_exit_code_says_it_where_nobody_can_be_told() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    let status = command.args(["run", "nothing.toml"]).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn help_fits_a_terminal() {
    for args in [&["--help"][..], &["run", "--help"], &["abr", "--help"]] {
        let text = out(&abrsim(args));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a-file");
    fs::write(&path, "in the way").unwrap();
    let output = abrsim(&["run", FIRST_LOOK, "--viewers", "1", "--out", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("a-file"), "{}", err(&output));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_the_report_before_it_whole() {
    let dir = TempDir::new().unwrap();
    run(dir.path(), &[FIRST_LOOK, "--viewers", "5"]);
    let before = files(dir.path());
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    child.current_dir(env!("CARGO_MANIFEST_DIR"));
    child.args(["run", FIRST_LOOK, "--viewers", "100000000", "--out"]).arg(dir.path());
    let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
    let kept = dir.path().join("unfinished/plan.json");
    while !kept.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let after = files(dir.path());
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_valid_report_of_what_was_done() {
    let dir = TempDir::new().unwrap();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    child.current_dir(env!("CARGO_MANIFEST_DIR"));
    child.args(["run", FIRST_LOOK, "--viewers", "100000000", "--out"]).arg(dir.path());
    let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
    // Rows are there, a megabyte of them: it is well under way, in its first chunk.
    let written = || {
        let entries = fs::read_dir(dir.path().join("unfinished")).into_iter().flatten();
        let sizes = entries.flatten().filter_map(|entry| entry.metadata().ok());
        sizes.map(|meta| meta.len()).max().unwrap_or(0)
    };
    while written() < 1_000_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary = summary(dir.path());
    assert_eq!(summary["partial"], true);
    let viewers: u64 = summary["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["viewers"].as_u64().unwrap())
        .sum();
    assert_eq!(rows(dir.path()).len() as u64, viewers, "every row is whole and counted");
    assert!(viewers > 0);
    assert!(fs::read_to_string(dir.path().join("index.html")).unwrap().contains("artial"));
}

#[test]
fn algorithms_are_listed_and_shown_with_units_and_defaults() {
    let list = out(&abrsim(&["abr", "list"]));
    let shown = out(&abrsim(&["abr", "show", "throughput"]));
    for Algorithm { name, .. } in ALGORITHMS {
        assert!(list.lines().any(|line| line == *name), "{list}");
    }
    assert!(shown.contains("safety = 0.9") && shown.contains("grace = \"0.5s\""), "{shown}");
    let dashed = out(&abrsim(&["abr", "show", "dash.js"]));
    assert!(dashed.contains("streaming.buffer.bufferTimeDefault = 18.0"), "{dashed}");
    for line in [&list, &shown, &dashed].into_iter().flat_map(|text| text.lines()) {
        // A name that is longer stands alone.
        let alone = !line.trim().contains(' ');
        assert!(line.chars().count() <= 80 || alone, "{line}");
    }
    let pensieve = out(&abrsim(&["abr", "show", "pensieve"]));
    assert!(pensieve.contains("weights = \"FILE\"    has to be given"), "{pensieve}");
    let unknown = abrsim(&["abr", "show", "bolla"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(err(&unknown).contains("bola"));
}

#[test]
fn the_schema_knows_every_key_that_the_scenarios_use() {
    let schema: Value = serde_json::from_str(&out(&abrsim(&["schema"]))).unwrap();
    let keys = schema["properties"].as_object().unwrap();
    for entry in fs::read_dir("scenarios").unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|ending| ending == "toml") {
            let text = fs::read_to_string(&entry).unwrap();
            let table: toml::Table = text.parse().unwrap();
            for key in table.keys() {
                assert!(keys.contains_key(key), "{}: {key}", entry.display());
            }
        }
    }
    assert_eq!(schema["additionalProperties"], false);
    let results = out(&abrsim(&["schema", "--results"]));
    assert_eq!(results, fs::read_to_string("src/report/summary.schema.json").unwrap());
}

#[test]
fn real_traces_of_the_field_run() {
    let Some(folder) = reference("") else { return };
    for pattern in ["sabre/traces/3Glogs/*.json", "pensieve/traces/*"] {
        let dir = TempDir::new().unwrap();
        let set = format!("network.trace={:?}", folder.join(pattern));
        run(dir.path(), &[FIRST_LOOK, "--viewers", "20", "--set", &set]);
        assert_eq!(summary(dir.path())["runs"][0]["viewers"], 20);
    }
}

#[test]
fn sessions_of_other_simulators_are_compared_or_what_is_missing_is_said() {
    let missing = abrsim(&["conformance", "sabre", "no-such-folder"]);
    assert_eq!(missing.status.code(), Some(2));
    let error = String::from_utf8_lossy(&missing.stderr);
    assert!(error.contains("no-such-folder/expected.jsonl"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("traces")).unwrap();
    // Two segments of 4 s on two rungs, over 8 Mbit/s: the first is on rung 1, the second, at no
    // buffer above the reservoir, on rung 0. BB is said to have chosen otherwise.
    let sizes = r#"{"bitrates_kbps": [1000, 2000], "segment_s": 4.0,
                    "bytes": [[500000, 500000], [1000000, 1000000]]}"#;
    write("envivio_sizes.json", sizes);
    write("traces/steady", "0 8\n10 8\n");
    let case = |kbps: &str, qoe: f64| {
        format!(
            r#"{{"trace": "steady", "algorithm": "bb", "bitrate_kbps": {kbps},
                "qoe_lin_mean_1_47": {qoe}, "rebuffer_s_1_47": 0.0}}"#
        )
        .replace('\n', " ")
    };
    let path = folder.path().to_str().unwrap();
    // 1 Mbit/s less the switch of 1, with nothing waited for.
    write("expected.jsonl", &case("[2000, 1000]", 0.0));
    assert!(out(&abrsim(&["conformance", "pensieve", path])).contains("bb, bba-index"));
    write("expected.jsonl", &case("[2000, 2000]", 2.0));
    let differs = abrsim(&["conformance", "pensieve", path]);
    assert_eq!(differs.status.code(), Some(3));
}
