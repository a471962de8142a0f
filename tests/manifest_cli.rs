//! `abrsim manifest` through its command line, over files and over a server on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

use abrsim::media::manifest::Package;
use abrsim::media::{Kind, Ladder, Presentation, Representation, Resolution, Track, dash, hls};
use abrsim::units::{Bitrate, Bytes, Span};

/// The binary, with no proxy between it and this machine.
fn abrsim(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    for proxy in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(proxy);
    }
    command.current_dir(folder).arg("manifest").args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn told(folder: &Path, manifest: &str) -> Value {
    let output = abrsim(folder, &["inspect", manifest, "--format", "json"]);
    assert!(output.status.success(), "{manifest}: {}", err(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

/// Three rungs and sound: 500 kB a segment of 4 s on the top rung, which is 1,000 kbit/s.
fn film() -> Presentation {
    let rung = |kbps, height| Representation {
        resolution: Some(Resolution { width: height * 16 / 9, height }),
        codecs: "avc1.640028".into(),
        ..Representation::new(Bitrate::kbps(kbps))
    };
    let ladder = Ladder::new(vec![rung(300, 360), rung(600, 480), rung(1_000, 720)]).unwrap();
    let durations = [4_000, 4_000, 4_000, 2_500].map(Span::from_millis);
    let sizes = (0..12).map(|cell| Bytes::new([150_000, 300_000, 500_000][cell % 3] + cell as u64));
    let video = Track::new(Kind::Video, ladder, &durations, sizes.collect()).unwrap();
    let sound =
        Representation { codecs: "mp4a.40.2".into(), ..Representation::new(Bitrate::kbps(96)) };
    let sound = Ladder::new(vec![sound]).unwrap();
    let sizes = vec![Bytes::new(48_000); 4];
    let audio = Track::new(Kind::Audio, sound, &durations, sizes).unwrap();
    Presentation::new(vec![video, audio])
}

/// A server of what a package holds, apart from what is gone; its address, and what it was asked.
fn serve(package: Package, gone: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (log, package) = (asked.clone(), Arc::new(package));
    std::thread::spawn(move || {
        for stream in listener.incoming().take(500).flatten() {
            let (log, package) = (log.clone(), package.clone());
            std::thread::spawn(move || answer(stream, &package, gone, &log));
        }
    });
    (format!("http://{address}"), asked)
}

fn answer(mut stream: TcpStream, package: &Package, gone: &str, log: &Mutex<Vec<String>>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let request: Vec<String> = lines.take(100).collect();
    let line = request.first().map_or("", String::as_str).to_owned();
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or("/"));
    log.lock().unwrap().push(format!("{method} {path}"));
    let name = path.trim_start_matches('/');
    let size = package.size(name).filter(|_| name != gone);
    let head = match size {
        Some(size) => format!("200 OK\r\nContent-Length: {}", size.get()),
        None => "404 Not Found\r\nContent-Length: 0".to_owned(),
    };
    let body = package.text(name).filter(|_| method == "GET").unwrap_or_default();
    let text = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}");
    let _ = stream.write_all(text.as_bytes());
}

/// Writes the documents of a package into a folder.
fn put(package: &Package, folder: &Path) {
    for (name, text) in &package.documents {
        fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn a_page_fits_and_says_what_both_languages_tell() {
    let folder = TempDir::new().unwrap();
    for package in [dash::write(&film()), hls::write(&film())] {
        put(&package, folder.path());
        let output = abrsim(folder.path(), &["inspect", &package.entry]);
        let page = out(&output);
        assert!(output.status.success(), "{}", err(&output));
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        for said in ["on demand", "300 kbit/s", "1 Mbit/s", "1280x720", "avc1", "\nAdvice\n"] {
            assert!(page.contains(said), "{said} in {page}");
        }
    }
}

#[test]
fn json_has_stable_keys() {
    let folder = TempDir::new().unwrap();
    let (mpd, list) = (dash::write(&film()), hls::write(&film()));
    put(&mpd, folder.path());
    put(&list, folder.path());
    let dash = told(folder.path(), &mpd.entry);
    assert_eq!((&dash["kind"], &dash["type"]), (&json!("dash"), &json!("static")));
    assert_eq!(dash["mpd_duration_s"], 14.5);
    let video = &dash["periods"][0]["adaptation_sets"][0];
    assert_eq!(video["bandwidths"], json!([300_000, 600_000, 1_000_000]));
    let first = &video["segments_first_rep"];
    assert_eq!((&first["segment_count"], &first["total_s"]), (&json!(4), &json!(14.5)));
    assert_eq!(first["distinct_durations_s"], json!([2.5, 4.0]));
    let hls = told(folder.path(), &list.entry);
    // The audio rung is a variant of its own, too.
    assert_eq!((&hls["kind"], &hls["variants"]), (&json!("multivariant"), &json!(4)));
    let media = told(folder.path(), "media_0.m3u8");
    assert_eq!((&media["kind"], &media["live"]), (&json!("media"), &json!(false)));
    assert_eq!((&media["fragments"], &media["total_duration_s"]), (&json!(4), &json!(14.5)));
}

#[test]
fn advice_comes_with_its_figures() {
    let folder = TempDir::new().unwrap();
    let text = dash::write(&film()).documents[0].1.clone();
    // 1,000 and 1,150 kbit/s are 1.15× apart.
    let text = text.replace("bandwidth=\"600000\"", "bandwidth=\"1150000\"");
    fs::write(folder.path().join("close.mpd"), text).unwrap();
    let advice = told(folder.path(), "close.mpd")["advice"].clone();
    let close = advice.as_array().unwrap().iter().find(|given| given["code"] == "rungs_close");
    let message = close.unwrap()["message"].as_str().unwrap();
    assert!(message.contains("1.15×"), "{message}");
}

#[test]
fn what_is_measured_is_what_the_origin_holds() {
    for package in [dash::write(&film()), hls::write(&film())] {
        let folder = TempDir::new().unwrap();
        let sizes = package.sizes.clone();
        let (host, asked) = serve(package.clone(), "");
        let url = format!("{host}/{}", package.entry);
        let output = abrsim(folder.path(), &["measure", &url, "--out", "sizes.csv"]);
        assert!(output.status.success(), "{}", err(&output));
        assert!(out(&output).lines().all(|line| line.chars().count() <= 80), "{}", out(&output));
        let table = fs::read_to_string(folder.path().join("sizes.csv")).unwrap();
        let found: BTreeMap<String, Bytes> = table
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("url,"))
            .map(|line| {
                let (rest, size) = line.rsplit_once(',').unwrap();
                let name = rest.split(',').next().unwrap().rsplit('/').next().unwrap();
                (name.to_owned(), Bytes::new(size.parse().unwrap()))
            })
            .collect();
        assert_eq!(found, sizes, "{table}");
        // Nothing was fetched but documents, and no size was asked for twice.
        let asked = asked.lock().unwrap();
        let heads = asked.iter().filter(|request| request.starts_with("HEAD")).count();
        let gets = asked.iter().filter(|request| request.starts_with("GET")).count();
        assert_eq!((heads, gets), (sizes.len(), package.documents.len()), "{asked:?}");
        assert!(!folder.path().join("sizes.csv.part").exists());
    }
}

#[test]
fn sizes_that_are_not_to_be_had_are_counted_and_the_rest_is_kept() {
    let folder = TempDir::new().unwrap();
    let package = dash::write(&film());
    let (host, _) = serve(package.clone(), "chunk-stream1-00002.m4s");
    let url = format!("{host}/{}", package.entry);
    let output = abrsim(folder.path(), &["measure", &url, "--out", "sizes.csv"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let said = err(&output);
    for part in ["1 of 20 sizes", "chunk-stream1-00002.m4s", "404 Not Found"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let table = fs::read_to_string(folder.path().join("sizes.csv")).unwrap();
    assert!(table.contains("chunk-stream1-00003.m4s"), "{table}");
    assert!(!table.contains("chunk-stream1-00002.m4s"), "{table}");
}

#[test]
fn what_is_not_there_is_answered_with_what_is_near() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("film.mpd"), "<MPD/>").unwrap();
    let missing = abrsim(folder.path(), &["inspect", "flim.mpd"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(err(&missing).contains("did you mean \"film.mpd\"?"), "{}", err(&missing));
    fs::write(folder.path().join("page.html"), "Not Found").unwrap();
    let page = abrsim(folder.path(), &["inspect", "page.html"]);
    assert_eq!(page.status.code(), Some(2));
    assert!(err(&page).contains("it begins with `Not Found`"), "{}", err(&page));
    let (host, _) = serve(dash::write(&film()), "");
    let gone = abrsim(folder.path(), &["inspect", &format!("{host}/gone.mpd")]);
    assert_eq!(gone.status.code(), Some(2));
    assert!(err(&gone).contains("404 Not Found"), "{}", err(&gone));
    let ftp = abrsim(folder.path(), &["inspect", "ftp://host/x.mpd"]);
    assert!(err(&ftp).contains("ftp:// cannot be fetched from"), "{}", err(&ftp));
}

#[test]
fn help_states_the_limits() {
    let folder = TempDir::new().unwrap();
    for command in ["inspect", "measure"] {
        let help = out(&abrsim(folder.path(), &[command, "--help"]));
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for limit in ["16 MiB", "1,000 documents", "1,000,000 segments", "256", "a year", "30 s"] {
            assert!(help.contains(limit), "{limit}: {help}");
        }
    }
}

#[test]
fn what_is_live_is_written_as_it_is_at_an_instant() {
    let folder = TempDir::new().unwrap();
    let live = "title = 't'\nviewers = 1\nabr = 'bola'\nnetwork.bandwidth = '5Mbps'\n\
                [content]\nladder = 'five-rung'\nsegment = '2s'\nduration = '1m'\n\
                [live]\nelapsed = '60s'\nwindow = '20s'\nencode = '1s'\n";
    fs::write(folder.path().join("live.toml"), live).unwrap();
    let write = |args: &[&str]| {
        let output = abrsim(folder.path(), &[&["write", "live.toml", "--out", "."], args].concat());
        (output.status.code(), err(&output))
    };
    assert_eq!(write(&["--after", "30s"]), (Some(0), String::new()));
    // A minute and a half after its beginning all to 88 s is whole and packaged, and what ended
    // before 70 s is gone.
    let list = fs::read_to_string(folder.path().join("media_0.m3u8")).unwrap();
    let urls: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!((urls.len(), urls[0], urls[9]), {
        (10, "chunk-stream0-00035.m4s", "chunk-stream0-00044.m4s")
    });
    let told = told(folder.path(), "manifest.mpd");
    assert_eq!(told["timeShiftBufferDepth_s"], 20.0, "{told}");
    assert_eq!(write(&[]), (Some(0), String::new()));
    let list = fs::read_to_string(folder.path().join("media_0.m3u8")).unwrap();
    assert!(list.contains("chunk-stream0-00029.m4s") && !list.contains("stream0-00030"), "{list}");
    // On demand nothing changes.
    fs::write(folder.path().join("live.toml"), &live[..live.find("[live]").unwrap()]).unwrap();
    let (code, said) = write(&["--after", "30s"]);
    assert!(code == Some(2) && said.contains("has no [live]"), "{said}");
}
