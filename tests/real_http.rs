//! `abrsim serve` and `abrsim play` as a stranger would use them: over sockets.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Eight seconds of pictures and sound over a link that carries anything.
const SCENARIO: &str = r#"
title = "Does it play?"
viewers = 3
abr = ["bola"]
[content]
duration = "8s"
segment = "1s"
audio = "64kbps"
ladder = [
  { bitrate = "200kbps", resolution = "426x240" },
  { bitrate = "800kbps", resolution = "854x480" },
]
[player]
startup = "1s"
resume = "1s"
buffer = "6s"
retry = "100ms"
[network]
bandwidth = "8Mbps"
rtt = "20ms"
"#;

fn scenario(folder: &Path, more: &str) -> String {
    let path = folder.join("small.toml");
    fs::write(&path, format!("{SCENARIO}{more}")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn abrsim(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_abrsim")).args(args).output().unwrap()
}

fn told(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

/// A server that ends with the test.
struct Served {
    child: Child,
    /// `http://127.0.0.1:PORT/small`
    base: String,
    address: String,
}

impl Served {
    fn new(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_abrsim"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let base = first.trim().rsplit_once('/').unwrap().0.to_owned();
        let address = base.split("://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { child, base, address }
    }

    /// Status, head and body of what is answered over HTTP/1.1.
    fn ask(&self, method: &str, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let ask =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(ask.as_bytes()).unwrap();
        let mut all = Vec::new();
        // A connection that is reset has said all it will.
        let _ = stream.read_to_end(&mut all);
        let end =
            all.windows(4).position(|four| four == b"\r\n\r\n").map_or(all.len(), |at| at + 4);
        let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        (status, head, all[end..].to_vec())
    }

    fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        self.ask("GET", path, "")
    }

    /// Ends it as a service manager would.
    #[cfg(unix)]
    fn terminate(&mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(20), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_served_is_served_as_http_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(&[&scenario(folder.path(), "")]);
    let (status, head, _) = served.get("/small/manifest.mpd");
    assert_eq!(status, 302);
    let to = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    assert_eq!(to, "/small/as/0/manifest.mpd");
    let (status, head, mpd) = served.get(&to);
    assert!(status == 200 && String::from_utf8_lossy(&mpd).contains("<MPD"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");

    // 200 kbps for a second are 25 kB.
    let path = "/small/as/1/chunk-stream0-00001.m4s";
    let (status, head, whole) = served.get(path);
    assert_eq!((status, whole.len()), (200, 25_000), "{head}");
    assert!(head.contains("content-length: 25000"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let range = |range: &str| served.ask("GET", path, &format!("Range: bytes={range}\r\n"));
    let (status, head, part) = range("100-299");
    assert_eq!((status, part), (206, whole[100..300].to_vec()));
    assert!(head.contains("content-range: bytes 100-299/25000"), "{head}");
    assert_eq!(range("24990-").2, whole[24_990..]);
    assert_eq!(range("-10").2, whole[24_990..]);
    assert_eq!(range("25000-").0, 416);
    assert_eq!(range("5-2").0, 200, "it means nothing, and is not heeded");
    let (status, head, body) = served.ask("HEAD", path, "");
    assert!((status, body.len()) == (200, 0) && head.contains("content-length: 25000"), "{head}");
    let same = served.ask("GET", path, &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((same.0, same.2.len()), (304, 0));
    assert_eq!(served.ask("OPTIONS", path, "").0, 204);
    assert_eq!(served.ask("DELETE", path, "").0, 405);
    for nothing in ["/small/as/1/chunk-stream0-00009.m4s", "/other/manifest.mpd", "/small"] {
        assert_eq!(served.get(nothing).0, 404, "{nothing}");
    }
    assert_eq!(served.get("/health").0, 200);
    let metrics = String::from_utf8(served.get("/metrics").2).unwrap();
    assert!(metrics.contains("abrsim_requests_total"), "{metrics}");
    let sessions = String::from_utf8(served.get("/sessions").2).unwrap();
    assert!(sessions.contains("\"session\": \"1\""), "{sessions}");
    let large = format!("X: {}\r\n", "x".repeat(100_000));
    assert_ne!(served.ask("GET", path, &large).0, 200, "a head of 100 kB is none");
}

#[test]
fn nothing_but_the_folder_is_served_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let media = folder.path().join("media");
    fs::create_dir(&media).unwrap();
    fs::write(folder.path().join("secret"), "s").unwrap();
    fs::write(media.join("a film.mp4"), vec![7; 3_000]).unwrap();
    fs::write(media.join("manifest.mpd"), "<MPD/>").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("secret"), media.join("link")).unwrap();
    let path = scenario(folder.path(), "");
    let served = Served::new(&[&path, "--media", media.to_str().unwrap()]);
    assert!(served.base.ends_with("/small"), "{}", served.base);
    let (status, _, film) = served.get("/small/as/0/a%20film.mp4");
    assert_eq!((status, film), (200, vec![7; 3_000]));
    for wrong in ["../secret", "..%2fsecret", "%2e%2e/secret", "link", "/etc/passwd", "nothing"] {
        assert_eq!(served.get(&format!("/small/as/0/{wrong}")).0, 404, "{wrong}");
    }
}

#[test]
fn a_link_is_as_slow_as_it_is_scripted_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "");
    let slow = ["--set", "network.bandwidth=400kbps", "--set", "network.rtt=200ms"];
    let served = Served::new(&[&[&*path], &slow[..]].concat());
    let began = Instant::now();
    let (status, _, body) = served.get("/small/as/0/chunk-stream0-00001.m4s");
    // 25 kB over 400 kbps are half a second, after 0.2 s; more if the machine is busy.
    assert_eq!((status, body.len()), (200, 25_000));
    assert!(began.elapsed() > Duration::from_millis(690), "{:?}", began.elapsed());
}

#[test]
fn what_is_scripted_to_fail_fails_once_and_always_in_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let faults = "[[origin.fault]]\nwhat = 404\nof = \"video\"\nsegment = 1\n\
                  [[origin.fault]]\nwhat = \"reset\"\nof = \"video\"\nsegment = 2\n\
                  [[origin.fault]]\nwhat = \"truncated\"\npart = 0.5\n\
                  of = \"video\"\nsegment = 3\n";
    let served = Served::new(&[&scenario(folder.path(), faults)]);
    for viewer in 0..2 {
        let get =
            |number| served.get(&format!("/small/as/{viewer}/chunk-stream0-0000{number}.m4s"));
        assert_eq!(get(2).0, 404);
        assert_eq!(get(2).0, 200);
        assert_eq!(get(3).0, 0, "nothing is answered");
        assert_eq!(get(3).0, 200);
        let (status, head, body) = get(4);
        assert!(status == 200 && head.contains("content-length: 25000"), "{head}");
        assert_eq!(body.len(), 12_500);
        assert_eq!(get(4).2.len(), 25_000);
    }
}

#[test]
fn players_recover_from_every_fault_in_both_languages_over_both_protocols() {
    let folder = tempfile::tempdir().unwrap();
    let faults = "[[origin.fault]]\nwhat = 503\nof = \"documents\"\n\
                  [[origin.fault]]\nwhat = 404\nof = \"video\"\nsegment = 1\n\
                  [[origin.fault]]\nwhat = \"reset\"\nof = \"video\"\nsegment = 2\n\
                  [[origin.fault]]\nwhat = \"truncated\"\nof = \"audio\"\nsegment = 3\n\
                  [[origin.fault]]\nwhat = \"late\"\ndelay = \"500ms\"\n\
                  of = \"video\"\nsegment = 4\n";
    let path = scenario(folder.path(), faults);
    let play = |format: &str, http: &str| {
        let out = folder.path().join(format!("{format}-{http}"));
        let format = format!("content.format={format}");
        abrsim(&[
            "play",
            &path,
            "--set",
            &format,
            "--http",
            http,
            "--players",
            "2",
            "--expect",
            "startup<=6",
            "--out",
            out.to_str().unwrap(),
        ])
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = [("dash", "1"), ("dash", "2"), ("hls", "1"), ("hls", "2")]
            .map(|(format, http)| (format, http, scope.spawn(move || play(format, http))))
            .into();
        for (format, http, run) in runs {
            let out = run.join().unwrap();
            let told = told(&out);
            assert_eq!(out.status.code(), Some(0), "{format} {http}\n{told}");
            let rows = folder.path().join(format!("{format}-{http}/sessions.csv"));
            let rows = fs::read_to_string(rows).unwrap();
            let ended = rows.lines().skip(1).filter(|row| row.contains(",finished,")).count();
            assert_eq!(ended, 2, "{format} {http}\n{told}\n{rows}");
            for trouble in ["answered 503", "answered 404", "broke off"] {
                assert!(told.contains(trouble), "{format} {http}: {trouble}\n{told}");
            }
        }
    });
}

#[test]
fn a_url_is_played_in_either_language_and_a_log_says_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(&[&scenario(folder.path(), "")]);
    for entry in ["manifest.mpd", "master.m3u8"] {
        let url = format!("{}/{entry}", served.base);
        let (first, again) = (folder.path().join("first"), folder.path().join("again"));
        let log = folder.path().join("log");
        let (out, saved) = (first.to_str().unwrap(), log.to_str().unwrap());
        let played = abrsim(&[
            "play",
            &url,
            "--abr",
            "bola",
            "--players",
            "2",
            "--cmcd",
            "headers",
            "--save",
            saved,
            "--expect",
            "zbr>=0.99",
            "--out",
            out,
        ]);
        assert_eq!(played.status.code(), Some(0), "{}", told(&played));
        let out = again.to_str().unwrap();
        let replayed = abrsim(&[
            "play",
            &url,
            "--abr",
            "bola",
            "--players",
            "2",
            "--from",
            saved,
            "--out",
            out,
        ]);
        assert_eq!(replayed.status.code(), Some(0), "{}", told(&replayed));
        let rows = |folder: &Path| fs::read_to_string(folder.join("sessions.csv")).unwrap();
        assert_eq!(rows(&first), rows(&again));
        let trace = abrsim(&["trace", "from-log", saved, "--part", "1.bola"]);
        assert!(told(&trace).contains("seconds,kbps"), "{}", told(&trace));
        assert_eq!(abrsim(&["trace", "from-log", saved]).status.code(), Some(2));
    }
    let unmet = abrsim(&[
        "play",
        &format!("{}/manifest.mpd", served.base),
        "--duration",
        "2s",
        "--expect",
        "bitrate>=999999",
        "--out",
        folder.path().join("unmet").to_str().unwrap(),
        "--quiet",
    ]);
    assert_eq!(unmet.status.code(), Some(3), "{}", told(&unmet));
}

#[test]
#[cfg(unix)]
fn a_server_told_to_stop_leaves_a_report_of_who_played() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let path = scenario(folder.path(), "");
    let mut served = Served::new(&[&path, "--out", report.to_str().unwrap()]);
    let out = folder.path().join("played");
    let played = abrsim(&[
        "play",
        &path,
        "--url",
        &served.base,
        "--cmcd",
        "query",
        "--players",
        "1",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(played.status.code(), Some(0), "{}", told(&played));
    served.terminate();
    let rows = |folder: &Path| fs::read_to_string(folder.join("sessions.csv")).unwrap();
    let (theirs, ours) = (rows(&out), rows(&report));
    // What a server can tell of a player that says what it does is what the player knows.
    let column = |rows: &str, name: &str| {
        let place = rows.lines().next().unwrap().split(',').position(|own| own == name).unwrap();
        rows.lines().nth(1).unwrap().split(',').nth(place).unwrap().to_owned()
    };
    for same in ["abr", "zero_buffer", "stalls", "segments", "switches", "bytes", "end"] {
        assert_eq!(column(&theirs, same), column(&ours, same), "{same}\n{theirs}\n{ours}");
    }
    assert!(report.join("index.html").is_file());
}

#[test]
fn tls_is_spoken_and_taken_on_trust_if_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(&[&scenario(folder.path(), ""), "--tls"]);
    let url = format!("{}/manifest.mpd", served.base);
    assert!(url.starts_with("https://"), "{url}");
    let out = folder.path().join("out");
    let refused = abrsim(&["play", &url, "--duration", "1s", "--quiet"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).contains("TLS"), "{}", told(&refused));
    let trusted = abrsim(&[
        "play",
        &url,
        "--insecure",
        "--duration",
        "2s",
        "--abr",
        "bola",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(trusted.status.code(), Some(0), "{}", told(&trusted));
}

/// An origin that answers every request in one way.
fn hostile(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = std::sync::Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut line = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                    let mut rest = String::new();
                    while reader.read_line(&mut rest).is_ok_and(|read| read > 2) {
                        rest.clear();
                    }
                    answer(&path, &mut stream);
                    line.clear();
                }
            });
        }
    });
    base
}

const MPD: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
 mediaPresentationDuration="PT20S" minBufferTime="PT2S"
 profiles="urn:mpeg:dash:profile:isoff-live:2011">
 <Period><AdaptationSet contentType="video" mimeType="video/mp4">
 <SegmentTemplate timescale="1" duration="2" initialization="init.mp4" media="$Number$.m4s"/>
 <Representation id="0" bandwidth="100000" codecs="avc1.4d4015"/></AdaptationSet></Period></MPD>"#;

fn whole(stream: &mut TcpStream, body: &[u8]) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// Plays a presentation whose segments are answered like this for three seconds.
fn play_against(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    let base = hostile(move |path, stream| match path {
        "/manifest.mpd" => whole(stream, MPD.as_bytes()),
        "/init.mp4" => whole(stream, &[0; 800]),
        _ => answer(stream),
    });
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{base}/manifest.mpd");
    let began = Instant::now();
    let played = abrsim(&[
        "play",
        &url,
        "--abr",
        "bola",
        "--duration",
        "3s",
        "--out",
        folder.path().to_str().unwrap(),
    ]);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(played.status.code(), Some(0), "{}", told(&played));
    told(&played)
}

#[test]
fn bodies_without_end_or_of_the_wrong_length_are_bounded_and_named() {
    let endless = play_against(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let piece = vec![0; 1 << 16];
        while stream.write_all(&piece).is_ok() {}
    });
    assert!(endless.contains("too large"), "{endless}");
    let short = play_against(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 25000\r\n\r\nshort");
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    assert!(short.contains("broke off"), "{short}");
    // A byte every 100 ms: nothing is wrong but that nobody sees a picture.
    let drip = play_against(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 25000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    assert!(drip.contains("  0.0 % [0.0, "), "{drip}");
}

#[test]
fn redirects_without_end_and_answers_that_are_none_are_named() {
    let round = play_against(|stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n");
    });
    assert!(round.contains("sent on too often"), "{round}");
    let garbage = play_against(|stream| {
        let _ = stream.write_all(b"no HTTP at all\r\n\r\n");
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    assert!(garbage.contains("broke off"), "{garbage}");
    let refused = play_against(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    assert!(refused.contains("answered 404"), "{refused}");
}

#[test]
fn manifests_that_are_too_large_packed_or_not_are_refused_by_name() {
    let large = hostile(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n<MPD>");
        let piece = vec![b' '; 1 << 20];
        for _ in 0..100 {
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    let refused = |base: &str, why: &str| {
        let refused = abrsim(&["play", &format!("{base}/manifest.mpd")]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(told(&refused).contains(why), "{}", told(&refused));
    };
    refused(&large, "more than the limit");

    let pack = |text: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    };
    let gzipped = |packed: Vec<u8>| {
        hostile(move |_, stream| {
            let length = packed.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&packed));
        })
    };
    let bomb = gzipped(pack(&vec![b' '; 64 << 20]));
    refused(&bomb, "unpacked it holds more");
    let good = gzipped(pack(MPD.as_bytes()));
    let read = abrsim(&["manifest", "inspect", &format!("{good}/manifest.mpd")]);
    assert_eq!(read.status.code(), Some(0), "{}", told(&read));
}
