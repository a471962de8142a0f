//! `abrsim trace` through its command line, over good files and bad ones.

#[path = "common/reference.rs"]
mod reference;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use abrsim::trace::read::{Format, read};
use abrsim::trace::{End, Trace};
use abrsim::units::Span;

use reference::reference;

fn abrsim(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    command.current_dir(folder).arg("trace").args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What is complained of, in one line.
fn err(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

const CSV: &[u8] = b"seconds,kbps,rtt_ms\n0,3000,60\n41.5,0,\n61.5,2400.125,80\n120,,\n";
const PENSIEVE: &[u8] = b"0 1\n1.5 4.25\n3 0.5\n";

#[test]
fn info_has_a_line_a_trace_and_fits_a_terminal() {
    let folder = folder(&[("a.csv", CSV), ("b.csv.gz", &gzip(CSV)), ("c", PENSIEVE)]);
    let output = abrsim(folder.path(), &["info", "*.csv*", "c"]);
    let text = out(&output);
    assert!(output.status.success(), "{}", err(&output));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("2 traces recognised as csv: seconds and kbps from then on\n"), "{text}");
    assert!(text.contains("1 trace recognised as pensieve: seconds and Mbps until then\n"));
    // 41.5 s at 3,000 and 58.5 s at 2,400.125 of 120 s are 2,207.56 kbps. About that the squares
    // are 0.3458 × 792.44² + 0.4875 × 192.57² + 0.1667 × 2,207.56² = 1,047,470: 1,023.5 / 2,207.56.
    let row = text.lines().find(|line| line.starts_with("a.csv")).unwrap();
    let words: Vec<_> = row.split_whitespace().collect();
    assert_eq!(
        words,
        ["a.csv", "csv", "2m00s", "2.21", "0.00", "2.40", "3.00", "1", "20s", "0.46"]
    );
    assert!(text.lines().any(|line| line.starts_with("all 3 ")), "{text}");
}

#[test]
fn info_as_json_has_all_numbers_and_the_rungs_asked_for() {
    let folder = folder(&[("a.csv", CSV)]);
    let output = abrsim(folder.path(), &["info", ".", "--json", "--ladder", "2Mbps,2.5Mbps"]);
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    let told = &told[0];
    assert_eq!((told["name"].as_str(), told["length_s"].as_f64()), (Some("a.csv"), Some(120.0)));
    assert_eq!((told["outages"].as_u64(), told["outage_s"].as_f64()), (Some(1), Some(20.0)));
    // Above 2 Mbps for 100 s of 120, above 2.5 for 41.5.
    let shares = |rung: usize| told["sustainable"][rung]["share"].as_f64().unwrap();
    assert!((shares(0) - 100.0 / 120.0).abs() < 1e-12 && (shares(1) - 41.5 / 120.0).abs() < 1e-12);
}

#[test]
fn a_given_format_overrules_and_an_unknown_one_is_told_the_nearest() {
    let folder = folder(&[("c", b"1.0 91\n2.0 88\n")]);
    let told = abrsim(folder.path(), &["info", "c"]);
    assert!(out(&told).contains("pensieve") && err(&told).contains("lumos5g or aitrans"));
    let told = abrsim(folder.path(), &["info", "c", "--format", "lumos5g"]);
    assert!(out(&told).contains("recognised as lumos5g") && err(&told).is_empty());
    let told = abrsim(folder.path(), &["info", "c", "--format", "pensive"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(err(&told).contains("did you mean \"pensieve\"?"), "{}", err(&told));
}

/// What each bad file is told, and by which name.
#[test]
fn bad_files_are_told_what_is_wrong_with_them() {
    let bomb = gzip(&vec![0; 64 << 20]);
    let whole = gzip(CSV);
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty", b"", "the file is empty"),
        ("line", b"seconds,kbps\n", "the trace is empty"),
        ("one", b"0 5\n", "the trace is empty"),
        ("back", b"0 1\n5 1\n4 1\n", "line 3: \"4\" does not come after 5"),
        ("nan", b"seconds,kbps\n0,NaN\n", "line 2: \"NaN\" is not a finite number of kbps"),
        ("minus", b"seconds,kbps\n0,-4\n", "line 2: \"-4\" is a negative number of kbps"),
        ("fast", b"seconds,kbps\n0,1000000000000\n", "above the limit of 1000 Gbps; is the unit"),
        ("mixed", b"0 1\n1 2 Mbps\n", "line 2: 3 columns, where there should be two"),
        ("binary", b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe", "line 1: this is not text"),
        ("cut.gz", &whole[..whole.len() - 12], "it ends in the midst of what gzip has packed"),
        ("bomb.gz", &bomb, "a line of more than 4096 bytes"),
        ("rtt", b"seconds,kbps,rtt_ms\n0,5,3600000\n", "a round trip of 3600s is above the limit"),
        ("packed.zip", b"PK\x03\x04\0", "it is packed by zip"),
    ];
    for (name, bytes, right) in cases {
        let folder = folder(&[(name, bytes)]);
        let told = abrsim(folder.path(), &["info", name]);
        assert_eq!(told.status.code(), Some(2), "{name}");
        let told = err(&told);
        assert!(told.contains(right) && told.contains(&format!("{name}:")), "{name}: {told}");
    }
}

#[test]
fn other_editors_files_are_read() {
    let folder = folder(&[
        ("crlf.csv", b"\xef\xbb\xbfseconds,kbps\r\n0,500\r\n2,700\r\n4,\r\n"),
        ("bom", b"\xef\xbb\xbf0 1\r\n2 0.5\r\n"),
    ]);
    let output = abrsim(folder.path(), &["info", "crlf.csv", "bom"]);
    assert!(output.status.success(), "{}", err(&output));
}

#[test]
fn of_a_thousand_files_the_bad_one_is_named_and_the_rest_are_used() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..1_000 {
        let text = if number == 617 { "0 1\nx 2\n" } else { "0 1\n2 2\n" };
        fs::write(folder.path().join(format!("{number:03}")), text).unwrap();
    }
    let told = abrsim(folder.path(), &["info", "."]);
    assert_eq!(told.status.code(), Some(2));
    assert!(err(&told).contains("617: line 2: \"x\" is not a number of seconds"), "{}", err(&told));
    assert!(err(&told).contains("--skip-bad"));
    let told = abrsim(folder.path(), &["info", ".", "--skip-bad"]);
    assert!(told.status.success());
    assert!(err(&told).starts_with("skipped: 617: line 2: "), "{}", err(&told));
    assert!(err(&told).ends_with("skipped: 1 of 1000 files"), "{}", err(&told));
    assert!(out(&told).contains("all 999"), "{}", out(&told));
}

fn trace(bytes: &[u8]) -> (Format, Trace) {
    let mut reading = read(bytes, None, End::Repeat).unwrap();
    (reading.format, reading.parts.remove(0).trace)
}

#[test]
fn conversions_there_and_back_agree() {
    let folder = folder(&[("a.csv", CSV)]);
    let (_, whole) = trace(CSV);
    let convert = |from: &str, to: &str| {
        let output = abrsim(folder.path(), &["convert", from, "--to", to, "--out", "there"]);
        assert!(output.status.success(), "{}", err(&output));
        trace(&fs::read(folder.path().join("there")).unwrap())
    };
    assert_eq!(convert("a.csv", "csv"), (Format::Csv, whole.clone()));
    // Sabre's has a round trip everywhere, Pensieve's nowhere; the rest is exact.
    let rates = |trace: &Trace| trace.treads().map(|t| (t.span, t.rate)).collect::<Vec<_>>();
    let (format, sabre) = convert("a.csv", "sabre");
    assert_eq!((format, rates(&sabre)), (Format::Sabre, rates(&whole)));
    let rtts: Vec<_> = sabre.treads().map(|tread| tread.rtt.unwrap().as_millis()).collect();
    assert_eq!(rtts, [60, 80, 80]);
    let (format, pensieve) = convert("a.csv", "pensieve");
    assert_eq!((format, rates(&pensieve)), (Format::Pensieve, rates(&whole)));
    assert_eq!(rates(&convert("there", "csv").1), rates(&whole));
    // Mahimahi's has the same length and as much data, to two packets of 12,000 bits.
    let (format, packets) = convert("a.csv", "mahimahi");
    assert_eq!((format, packets.length()), (Format::Mahimahi, Span::from_secs(120)));
    let off = packets.mean().as_bps().abs_diff(whole.mean().as_bps());
    assert!(off <= 2 * 12_000 / 120 + 1, "{off}");
}

#[test]
fn what_cannot_be_converted_is_told() {
    let fcc = "unit_id,target,bytes_sec\n1,a,5000\n2,b,7000\n";
    let folder = folder(&[
        ("fcc.csv", fcc.as_bytes()),
        ("fast.csv", b"seconds,kbps\n0,999999999\n999999,\n"),
    ]);
    let told = abrsim(folder.path(), &["convert", "fcc.csv", "--to", "csv"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(err(&told).contains("there are 2 traces") && err(&told).contains("fcc.csv#1/a"));
    let told = abrsim(folder.path(), &["convert", "fcc.csv", "--part", "2/b", "--to", "csv"]);
    assert_eq!(out(&told), "seconds,kbps\n0,56\n5,\n");
    let told = abrsim(folder.path(), &["convert", "fast.csv", "--to", "mahimahi"]);
    assert!(err(&told).contains("lines, more than 200000000"), "{}", err(&told));
}

#[test]
fn plots_are_pictures() {
    let folder = folder(&[("a.csv", CSV), ("c", PENSIEVE)]);
    for (files, name) in [(&["a.csv"][..], "one.png"), (&["a.csv", "c"], "two.svg")] {
        let args = [&["plot"], files, &["--out", name]].concat();
        let output = abrsim(folder.path(), &args);
        assert!(output.status.success(), "{}", err(&output));
        let bytes = fs::read(folder.path().join(name)).unwrap();
        assert!(bytes.starts_with(if name.ends_with("png") { b"\x89PNG" } else { b"<svg" }));
    }
    let told = abrsim(folder.path(), &["plot", "c", "--out", "c.gif"]);
    assert_eq!(told.status.code(), Some(2));
}

/// The published traces, where they are at hand.
#[test]
fn the_published_traces_make_a_table() {
    if reference("pensieve/traces").is_none() {
        return;
    }
    let Some(root) = reference("") else { return };
    let args = ["info", "sabre/traces/*/*.json", "pensieve/traces"];
    let output = abrsim(&root, &args);
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).lines().all(|line| line.chars().count() <= 80));
}
