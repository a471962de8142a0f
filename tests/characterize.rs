//! `abrsim characterize` as a stranger would try it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn abrsim(folder: &Path, arguments: &[&str]) -> Output {
    let mut binary = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    binary.current_dir(folder).args(arguments).output().unwrap()
}

/// What it prints as JSON.
fn told(folder: &Path, arguments: &[&str]) -> Value {
    let output = abrsim(folder, &[&["characterize", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A figure of each boundary of the first player.
fn each(told: &Value, figure: &str) -> Vec<f64> {
    let boundaries = told["players"][0]["boundaries"].as_array().unwrap();
    boundaries.iter().map(|boundary| number(&boundary[figure])).collect()
}

#[test]
fn a_throughput_rule_spends_what_it_is_told_to_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    // Without a round trip what is measured is what the link carries. Steps of 2.5 % are right to
    // 1.3 %.
    for safety in [0.9, 0.7] {
        let set = format!("algorithm.throughput.safety={safety}");
        let arguments = ["--player", "throughput", "--rtt", "0ms", "--set", &set];
        let told = told(folder.path(), &arguments);
        for found in [each(&told, "spends"), each(&told, "holds")].concat() {
            assert!((found / safety - 1.0).abs() < 0.013, "{found} is not {safety}");
        }
        assert!(each(&told, "gap").iter().all(|gap| gap.abs() < 0.026));
        assert_eq!(told["players"][0]["swinging"]["of_them_swinging"], 0);
    }
}

#[test]
fn a_buffer_rule_goes_up_wherever_the_buffer_grows_and_swings() {
    let folder = tempfile::tempdir().unwrap();
    let told = told(folder.path(), &["--player", "bba-0", "--rtt", "0ms"]);
    // On the cheapest rung, of 300 kbit/s, the buffer grows from the first step of 2.5 % on, and
    // within two of them it has grown enough.
    let up = number(&told["players"][0]["boundaries"][0]["up"]["at_kbps"]);
    assert!((305.0..=320.0).contains(&up), "{up}");
    // It comes back as it drains, so that every gap is below zero.
    assert!(each(&told, "gap").iter().all(|gap| *gap < 0.0));
    let swinging = &told["players"][0]["swinging"];
    assert!(number(&swinging["of_them_swinging"]) > 0.3 * number(&swinging["steps"]));
}

#[test]
fn players_stand_side_by_side_and_every_line_fits_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let output = abrsim(
        folder.path(),
        &["characterize", "--player", "hls.js", "--player", "media3", "--ladder", "apple-hls"],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("Side by side\n") && text.contains("\nhls.js\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let report = folder.path().join("reports/characterize");
    assert!(text.ends_with("Report: reports/characterize/index.html\n"), "{text}");
    let names = ["characterization.json", "characterization.md", "index.html"];
    let charts = ["thresholds", "at-once", "response-hls.js", "response-media3"];
    for name in names {
        assert!(report.join(name).is_file(), "{name}");
    }
    for name in charts {
        assert!(report.join(format!("charts/{name}.svg")).is_file(), "{name}");
        assert!(report.join(format!("charts/{name}.png")).is_file(), "{name}");
    }
    let document = fs::read_to_string(report.join("characterization.md")).unwrap();
    for (place, line) in document.lines().enumerate().filter(|(_, line)| line.starts_with('|')) {
        let bars = |line: &str| line.matches('|').count();
        let next = document.lines().nth(place + 1).filter(|next| next.starts_with('|'));
        assert!(next.is_none_or(|next| bars(next) == bars(line)), "{line}");
    }
    assert!(document.contains("](charts/response-media3.svg)"), "{document}");
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for out in ["one", "two"] {
        let output =
            abrsim(folder.path(), &["characterize", "--player", "shaka", "--out", out, "--quiet"]);
        assert!(output.status.success() && output.stdout.is_empty());
    }
    for name in ["characterization.json", "index.html", "charts/at-once.svg"] {
        let of = |out: &str| fs::read(folder.path().join(out).join(name)).unwrap();
        assert_eq!(of("one"), of("two"), "{name}");
    }
}

#[test]
fn a_manifest_lends_its_ladder_its_sound_and_its_segments() {
    let folder = tempfile::tempdir().unwrap();
    let master = "#EXTM3U\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",DEFAULT=YES,URI=\"sound.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360,AUDIO=\"a\"\nlow.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720,AUDIO=\"a\"\nhigh.m3u8\n";
    let list = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:6\n\
        #EXTINF:6,\n1.m4s\n#EXTINF:6,\n2.m4s\n#EXTINF:2,\n3.m4s\n#EXT-X-ENDLIST\n";
    fs::write(folder.path().join("master.m3u8"), master).unwrap();
    for name in ["low.m3u8", "high.m3u8", "sound.m3u8"] {
        fs::write(folder.path().join(name), list).unwrap();
    }
    let told = told(folder.path(), &["master.m3u8", "--player", "throughput"]);
    let player = &told["players"][0];
    assert_eq!(player["segment_s"], 6.0);
    assert_eq!(player["rungs"].as_array().unwrap().len(), 2);
    assert_eq!(player["rungs"][1]["height"], 720);
    let sound = number(&player["rungs"][0]["needs_kbps"]) - number(&player["rungs"][0]["kbps"]);
    assert!(sound > 0.0, "{player}");
}

#[test]
fn what_cannot_be_characterized_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = abrsim(folder.path(), &[&["characterize"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&["--player", "hlsjs"]).contains("hls.js"));
    assert!(said(&["--ladder", "five"]).contains("five-rung"));
    let one = "content.ladder=[{ bitrate = \"1Mbps\" }]";
    assert!(said(&["--set", one]).contains("one rung"));
    assert!(said(&["--set", "player.preset=sabre", "--player", "bola"]).contains("presets"));
    assert!(said(&["--scenario", "x.toml"]).contains("--from"));
    assert!(said(&["--from", "none.jsonl", "--ladder", "envivio"]).contains("--ladder"));
}

/// Up by 20 % every 1.5 s from 400 kbit/s to 1.72 Mbit/s, and down again: 26 s.
fn quick(folder: &Path) {
    let up: Vec<u64> = (0..9).map(|n| 400 * 12_u64.pow(n) / 10_u64.pow(n)).collect();
    let rates = up.iter().chain(up.iter().rev().skip(1));
    let rows = rates.enumerate().map(|(n, kbps)| format!("{},{kbps}\n", 1.5 * n as f64));
    let trace = format!("seconds,kbps\n{}", rows.collect::<String>());
    fs::write(folder.join("quick.csv"), trace).unwrap();
    let scenario = "title = \"t\"\nviewers = 1\nabr = \"throughput\"\n\
        [content]\nladder = [{ bitrate = \"400kbps\" }, { bitrate = \"900kbps\" }]\n\
        segment = \"500ms\"\nduration = \"2m\"\n\
        [network]\ntrace = \"quick.csv\"\noffset = \"0s\"\nend = \"hold\"\nrtt = \"20ms\"\n\
        [audience]\nwatch = \"26s\"\n";
    fs::write(folder.join("quick.toml"), scenario).unwrap();
}

/// A server of ours; killed when this is dropped.
struct Serving(std::process::Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[cfg(unix)]
fn who_plays_over_http_is_told_as_who_is_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    quick(folder);
    let serve = ["serve", "quick.toml", "--listen", "127.0.0.1:0", "--save", "seen.jsonl"];
    let mut binary = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    let child = binary.current_dir(folder).args(serve).args(["--out", "served", "--quiet"]);
    let mut serving = Serving(child.stdout(Stdio::piped()).spawn().unwrap());
    let mut first = String::new();
    BufReader::new(serving.0.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let base = first.trim().strip_suffix("/manifest.mpd").unwrap().to_owned();
    let url = format!("{base}/as/0.throughput/manifest.mpd");
    let of_url =
        ["play", &url, "--abr", "throughput", "--duration", "26s", "--quiet", "--out", "of-url"];
    let own = ["play", "quick.toml", "--save", "played.jsonl", "--quiet", "--out", "played"];
    std::thread::scope(|scope| {
        for arguments in [&of_url[..], &own] {
            scope.spawn(move || {
                let output = abrsim(folder, arguments);
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            });
        }
    });
    let stopped = Command::new("kill").args(["-TERM", &serving.0.id().to_string()]).status();
    assert!(stopped.unwrap().success() && serving.0.wait().unwrap().success());
    for log in ["seen.jsonl", "played.jsonl"] {
        let from = ["--from", log, "--scenario", "quick.toml", "--player", "throughput"];
        let told = told(folder, &from);
        let [real, simulated] = &told["players"].as_array().unwrap()[..] else { panic!("{told}") };
        assert_eq!((&real["real"], &simulated["real"]), (&Value::Bool(true), &Value::Bool(false)));
        for way in ["up", "down"] {
            let at = |player: &Value| number(&player["boundaries"][0][way]["middle_kbps"]);
            // A step of 20 % either way is what a timer may do.
            let (real, simulated) = (at(real), at(simulated));
            assert!((real / simulated).max(simulated / real) < 1.21, "{way} {real} {simulated}");
        }
    }
}
