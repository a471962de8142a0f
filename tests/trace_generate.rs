//! `abrsim trace generate` through its command line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use abrsim::trace::profile::PROFILES;
use abrsim::trace::read::{Format, read};
use abrsim::trace::{End, Trace};
use abrsim::units::{Bitrate, Span};

fn abrsim(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    command.current_dir(folder).args(["trace", "generate"]).args(args).output().unwrap()
}

fn generate(args: &[&str]) -> Output {
    abrsim(Path::new(env!("CARGO_MANIFEST_DIR")), args)
}

/// What a command prints that must succeed.
fn printed(args: &[&str]) -> String {
    let output = generate(args);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{args:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that must fail, with its lines put together again.
fn refused(args: &[&str]) -> String {
    let output = generate(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    let told = String::from_utf8(output.stderr).unwrap().replace('│', " ");
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn trace(text: &str) -> Trace {
    let mut reading = read(text.as_bytes(), None, End::Repeat).unwrap();
    assert_eq!((reading.format, reading.parts.len()), (Format::Csv, 1));
    reading.parts.remove(0).trace
}

#[test]
fn the_traces_that_are_shipped_can_be_made_again() {
    let folder = TempDir::new().unwrap();
    for class in ["commuter-3g", "home-wifi"] {
        let output = abrsim(folder.path(), &[class, "--count", "20", "--out", class]);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("{class}: 20 traces of {class}\n")
        );
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces").join(class);
        let mut count = 0;
        for entry in fs::read_dir(shipped).unwrap() {
            let entry = entry.unwrap();
            let made = fs::read(folder.path().join(class).join(entry.file_name())).unwrap();
            assert!(made == fs::read(entry.path()).unwrap(), "{:?}", entry.path());
            count += 1;
        }
        assert_eq!(count, 20);
    }
}

#[test]
fn a_class_says_what_it_is_and_follows_its_seed() {
    let text = printed(&["leo", "--seed", "7", "--duration", "40s"]);
    let said = "# Generated, not measured: class leo, seed 7, number 0.\nseconds,kbps,rtt_ms\n";
    assert!(text.starts_with(said), "{text}");
    assert_eq!(trace(&text).length(), Span::from_secs(40));
    assert_eq!(text, printed(&["leo", "--seed", "7", "--duration", "40s"]));
    assert_ne!(text, printed(&["leo", "--seed", "8", "--duration", "40s"]));
    assert_eq!(trace(&printed(&["leo"])).length(), Span::from_secs(300));
}

#[test]
fn a_shape_is_drawn_as_asked() {
    let outage = ["outage", "--rate", "5Mbps", "--at", "20s", "--for", "8s", "--rtt", "80ms"];
    assert_eq!(
        printed(&outage),
        "# Drawn, not measured: outage of 5 Mbps at 20s for 8s, 60s long.\n\
         seconds,kbps,rtt_ms\n0,5000,80\n20,0,80\n28,5000,80\n60,,\n"
    );
    let square = ["square", "--high", "5Mbps", "--low", "1Mbps", "--period", "10s"];
    let text = printed(&[&square[..], &["--duty", "30%", "--duration", "20s"]].concat());
    // Three seconds of ten at 5 Mbps and seven at 1 Mbps: 2.2 Mbps.
    assert_eq!(trace(&text).mean(), Bitrate::kbps(2_200));
    for args in [
        &["constant", "--rate", "3Mbps"][..],
        &["steps", "--from", "6Mbps", "--to", "500kbps", "--steps", "12"],
        &["ramp", "--from", "1Mbps", "--to", "5Mbps"],
        &["pyramid", "--from", "1Mbps", "--to", "5Mbps", "--steps", "5"],
        &["spike", "--rate", "2Mbps", "--peak", "9Mbps", "--at", "10s", "--for", "5s"],
        &square,
    ] {
        assert_eq!(trace(&printed(args)).length(), Span::from_secs(60), "{args:?}");
    }
}

#[test]
fn a_profile_is_written_as_published() {
    for profile in PROFILES {
        let text = printed(&[profile.name]);
        assert_eq!(trace(&text), profile.trace());
        assert!(text.contains(&format!("# Source: {}.", profile.source)));
    }
    assert!(printed(&["np1-low-high-low"]).contains("0.12, 0.09, 0.06, 0.08, 0.09"));
}

#[test]
fn the_list_has_all_with_their_sources_and_fits() {
    let list = printed(&["--list"]);
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    for name in ["3g", "mmwave", "geo", "square", "np1-high-low-high", "characterize-smooth"] {
        let named = list.lines().any(|line| line.trim().split(' ').next() == Some(name));
        assert!(named, "{name} in {list}");
    }
    assert!(list.contains("Riiser") && list.contains("assumption") && list.contains("DASH-IF"));
}

#[test]
fn a_folder_is_for_many_and_a_file_for_one() {
    let folder = TempDir::new().unwrap();
    let into = folder.path().to_str().unwrap();
    assert!(refused(&["lte", "--out", into]).contains("with --count N, a folder"));
    let file = folder.path().join("one.csv");
    assert_eq!(printed(&["lte", "--out", file.to_str().unwrap()]), "");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed(&["lte"]));
    assert!(refused(&["lte", "--count", "3"]).contains("--out"));
    let output = generate(&["lte", "--count", "3", "--out", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "a file is where the folder should be");
}

#[test]
fn what_means_nothing_is_told_what_would() {
    for (args, told) in [
        (&["lt3"][..], "there is no class, shape or profile \"lt3\""),
        (&["np1-high-low-hihg"], "did you mean \"np1-high-low-high\"?"),
        (&["np2"], "there is no class, shape or profile"),
        (&["ramp", "--from", "1Mbps"], "ramp lacks --to"),
        (&["ramp", "--from", "1Mbps"], "it takes --from --to and, like all shapes"),
        (&["constant", "--rate", "1Mbps", "--duty", "50%"], "--duty means nothing to constant"),
        (&["lte", "--rate", "1Mbps"], "--rate is for shapes; lte is a class"),
        (&["np1-high-low-high", "--rtt", "1s"], "np1-high-low-high is a profile"),
        (&["np1-high-low-high", "--duration", "1h"], "lasts 240s, as published"),
        (&["ramp", "--seed", "1"], "there is no chance in ramp"),
        (&["np1-high-low-high", "--count", "2", "--out", "x"], "every np1-high-low-high is the"),
        (&["constant", "--rate", "1"], "lacks its unit"),
        (&["constant", "--rate", "0bps"], "the trace never moves"),
        (&["constant", "--rate", "2000Gbps"], "is the unit right?"),
        (&["lte", "--duration", "0s"], "the trace is empty"),
        (&["lte", "--duration", "10000h"], "would have more than 4000000 steps"),
        (&["outage", "--rate", "1Mbps", "--at", "50s", "--for", "20s"], "the whole lasts 60s"),
        (&["steps", "--from", "1Mbps", "--to", "2Mbps", "--steps", "0"], "0 is not in 1.."),
        (&["square", "--duty", "0.5"], "is not a share"),
        (&["lte", "--count", "0", "--out", "x"], "0 is not in 1..=100000"),
        (&[], "<CLASS|SHAPE|PROFILE>"),
    ] {
        let said = refused(args);
        assert!(said.contains(told), "{args:?}: {said}");
    }
}
