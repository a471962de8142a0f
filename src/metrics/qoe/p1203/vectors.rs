//! Against values of the Recommendation's own software, and how long it takes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::*;
use crate::reference::reference;

/// A session with everything that was computed of it.
struct Case {
    id: String,
    device: Device,
    screen: Resolution,
    audio: Vec<AudioSegment>,
    video: Vec<VideoSegment>,
    stalls: Vec<Stall>,
    amendments: Amendments,
    said: Value,
}

impl Case {
    fn input(&self) -> Input<'_> {
        let Self { device, screen, audio, video, stalls, .. } = self;
        Input { device: *device, screen: *screen, audio, video, stalls }
    }

    fn read(line: &str) -> Self {
        let said: Value = serde_json::from_str(line).unwrap();
        let input = &said["input"];
        let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
        let on = |name: &str| {
            let options = said["options"].as_object();
            options.is_some_and(|all| {
                all.iter().any(|(key, value)| key.contains(name) && value == true)
            })
        };
        let device = match input["IGen"]["device"].as_str().unwrap() {
            "pc" => Device::Pc,
            "mobile" => Device::Mobile,
            other => panic!("{other}"),
        };
        Self {
            id: said["id"].as_str().unwrap().to_owned(),
            device,
            screen: size(&input["IGen"]["displaySize"]),
            audio: list(&input["I11"]["segments"]).iter().map(sound).collect(),
            video: list(&input["I13"]["segments"]).iter().map(picture).collect(),
            stalls: list(&input["I23"]["stalling"]).iter().map(stall).collect(),
            amendments: Amendments {
                audiovisual: on("audiovisual"),
                stalling: on("stalling"),
                adaptation: on("app"),
            },
            said,
        }
    }
}

fn sound(of: &Value) -> AudioSegment {
    let codec = match of["codec"].as_str().unwrap() {
        "mp2" => Codec::Mp2,
        "ac3" => Codec::Ac3,
        "aaclc" => Codec::AacLc,
        "heaac" => Codec::HeAac,
        other => panic!("{other}"),
    };
    AudioSegment { codec, duration: secs(&of["duration"]), bitrate: kbps(&of["bitrate"]) }
}

fn picture(of: &Value) -> VideoSegment {
    let id = match &of["representation"] {
        Value::Null => None,
        id => Some(
            id.to_string()
                .bytes()
                .fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(byte.into())),
        ),
    };
    VideoSegment {
        duration: secs(&of["duration"]),
        bitrate: kbps(&of["bitrate"]),
        resolution: size(&of["resolution"]),
        // As it is written, not what is meant by it.
        rate: FrameRate {
            frames: (of["fps"].as_f64().unwrap() * 100.0).round() as u32,
            seconds: 100,
        },
        representation: id,
    }
}

fn stall(of: &Value) -> Stall {
    Stall { at: secs(&of[0]), length: secs(&of[1]) }
}

fn secs(of: &Value) -> Span {
    Span::from_secs_f64(of.as_f64().unwrap())
}

fn kbps(of: &Value) -> Bitrate {
    Bitrate::from_bps_f64(of.as_f64().unwrap() * 1e3)
}

fn size(of: &Value) -> Resolution {
    let (width, height) = of.as_str().unwrap().split_once('x').unwrap();
    Resolution { width: width.parse().unwrap(), height: height.parse().unwrap() }
}

fn cases() -> Option<Vec<Case>> {
    let text = fs::read_to_string(reference("p1203/vectors.jsonl")?).unwrap();
    Some(text.lines().map(Case::read).collect())
}

fn near(id: &str, what: &str, ours: f64, theirs: f64) {
    // A frame at the edge of its window counts or not.
    let most = if id.starts_with("s08") { 1e-4 } else { 1e-9 };
    assert!((ours - theirs).abs() <= most, "{id}: {what} is {ours} and should be {theirs}");
}

fn same_series(id: &str, what: &str, ours: &[f64], theirs: &Value) {
    let theirs = theirs.as_array().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{id}: {what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        near(id, what, *ours, theirs.as_f64().unwrap());
    }
}

#[test]
fn every_second_and_every_session_has_the_reference_values() {
    let Some(cases) = cases() else { return };
    assert!(cases.len() >= 9, "{}", cases.len());
    let mut evaluation = Evaluation::default();
    for case in &cases {
        let options = Options { amendments: case.amendments, trees: None };
        let ours = evaluation.evaluate(&case.input(), &options).unwrap();
        let (id, theirs, between) = (&case.id, &case.said["output"], &case.said["intermediate"]);
        same_series(id, "O.21", evaluation.o21(), &theirs["O21"]);
        same_series(id, "O.22", evaluation.o22(), &theirs["O22"]);
        same_series(id, "O.34", evaluation.o34(), &theirs["O34"]);
        near(id, "O.35", ours.o35, theirs["O35"].as_f64().unwrap());
        near(id, "O.23", ours.o23, theirs["O23"].as_f64().unwrap());
        let Outcome { terms, stalled, seconds, .. } = ours;
        for (name, value) in [
            ("duration_s", seconds as f64),
            ("num_stalls", stalled.count as f64),
            ("total_stall_len_weighted", stalled.weighted),
            ("avg_stall_interval", stalled.interval),
            ("stalling_impact", stalled.impact),
            ("vid_qual_spread", terms.spread),
            ("vid_qual_change_rate", terms.change_rate),
            ("q_dir_changes_longest", terms.longest as f64),
            ("q_dir_changes_tot", terms.turns as f64),
            ("O35_baseline", terms.base),
        ] {
            near(id, name, value, between[name].as_f64().unwrap());
        }
        let forest = between["rf_score"].as_f64().unwrap();
        let o46 = o46(ours.o35, &stalled, forest, case.amendments);
        near(id, "O.46", o46, theirs["O46"].as_f64().unwrap());
    }
}

#[test]
fn with_its_trees_the_whole_score_is_the_references() {
    let Some(folder) = std::env::var_os("ABRSIM_P1203_TREES") else {
        println!("skipped: ABRSIM_P1203_TREES names no folder");
        return;
    };
    let trees = Trees::load(Path::new(&folder)).unwrap();
    assert_eq!(trees.count(), 20);
    let trees = Some(Arc::new(trees));
    for made in made() {
        let options = Options { amendments: made.amendments, trees: trees.clone() };
        let ours = Evaluation::default().evaluate(&made.input(), &options).unwrap();
        let o46 = ours.o46.unwrap();
        assert!((o46 - made.o46).abs() < 1e-6, "{}: {o46}", made.id);
    }
    let Some(cases) = cases() else { return };
    for case in &cases {
        let options = Options { amendments: case.amendments, trees: trees.clone() };
        let ours = Evaluation::default().evaluate(&case.input(), &options).unwrap();
        let (id, theirs) = (&case.id, &case.said);
        let forest = theirs["intermediate"]["rf_score"].as_f64().unwrap();
        near(id, "trees", ours.forest.unwrap(), forest);
        near(id, "O.46", ours.o46.unwrap(), theirs["output"]["O46"].as_f64().unwrap());
    }
}

/// A ladder that the sessions below are made of.
const LADDER: [(u64, u32, u32); 10] = [
    (235, 320, 240),
    (375, 384, 288),
    (560, 512, 384),
    (750, 512, 384),
    (1_050, 640, 480),
    (1_750, 720, 480),
    (2_350, 1_280, 720),
    (3_000, 1_280, 720),
    (4_300, 1_920, 1_080),
    (5_800, 1_920, 1_080),
];

/// A session of which the reference's scores are known to the sixth digit.
struct Made {
    id: &'static str,
    screen: Resolution,
    rungs: Vec<usize>,
    audio: u64,
    stalls: &'static [(u64, u64)],
    amendments: Amendments,
    o35: f64,
    o23: f64,
    o46: f64,
    video: Vec<VideoSegment>,
    sound: Vec<AudioSegment>,
    waits: Vec<Stall>,
}

impl Made {
    fn new(id: &'static str, rungs: Vec<usize>, (o46, o35, o23): (f64, f64, f64)) -> Self {
        Self {
            id,
            screen: Settings::default().screen,
            rungs,
            audio: 128,
            stalls: &[],
            amendments: Amendments::default(),
            o35,
            o23,
            o46,
            video: Vec::new(),
            sound: Vec::new(),
            waits: Vec::new(),
        }
    }

    fn ready(mut self) -> Self {
        let duration = Span::from_secs(4);
        self.video = self
            .rungs
            .iter()
            .map(|&rung| {
                let (kbps, width, height) = LADDER[rung];
                let (bitrate, resolution) = (Bitrate::kbps(kbps), Resolution { width, height });
                VideoSegment { duration, bitrate, resolution, rate: RATE, representation: None }
            })
            .collect();
        let (codec, bitrate) = (Codec::AacLc, Bitrate::kbps(self.audio));
        self.sound = vec![AudioSegment { codec, duration, bitrate }; self.rungs.len()];
        self.waits = self
            .stalls
            .iter()
            .map(|&(at, millis)| Stall {
                at: Span::from_secs(at),
                length: Span::from_millis(millis),
            })
            .collect();
        self
    }

    fn input(&self) -> Input<'_> {
        let Self { screen, video, sound, waits, .. } = self;
        Input { device: Device::Pc, screen: *screen, audio: sound, video, stalls: waits }
    }
}

fn made() -> Vec<Made> {
    let screen = Resolution { width: 3_840, height: 2_160 };
    let there_and_back = (0..30).map(|segment| segment % 2 * 8).collect();
    let amendments = Amendments { audiovisual: true, stalling: true, adaptation: false };
    let moved = &[(0, 0), (10, 2_000), (30, 2_000)];
    let long = &[(0, 2_000), (20, 20_000), (40, 15_000)];
    let all = [
        Made::new("s02", vec![1; 15], (2.018_500, 1.967_609, 5.0)),
        Made {
            stalls: &[(0, 1_000)],
            ..Made::new("s04", there_and_back, (1.526_301, 0.848_063, 4.578_591))
        },
        Made {
            stalls: &[(0, 500)],
            ..Made::new("s12", vec![5; 2], (3.357_718, 3.687_515, 4.408_526))
        },
        Made { stalls: moved, ..Made::new("s14", vec![6; 15], (3.812_117, 4.851_152, 4.016_907)) },
        Made {
            stalls: long,
            amendments,
            audio: 10,
            ..Made::new("s16", vec![6; 15], (1.733_276, 2.686_273, 2.941_339))
        },
        Made { screen, ..Made::new("s18", vec![8; 15], (4.263_421, 4.328_015, 5.0)) },
    ];
    all.map(Made::ready).into()
}

#[test]
fn sessions_made_here_have_the_reference_values_too() {
    for made in made() {
        let options = Options { amendments: made.amendments, trees: None };
        let ours = Evaluation::default().evaluate(&made.input(), &options).unwrap();
        let Made { id, o35, o23, .. } = made;
        assert!((ours.o35 - o35).abs() < 1e-6, "{id}: O.35 {}", ours.o35);
        assert!((ours.o23 - o23).abs() < 1e-6, "{id}: O.23 {}", ours.o23);
    }
}

#[test]
fn what_swings_is_spared_with_appendix_two() {
    let made = made();
    let swinging = made.iter().find(|made| made.id == "s04").unwrap();
    let amendments = Amendments { adaptation: true, ..Amendments::default() };
    let options = Options { amendments, trees: None };
    let ours = Evaluation::default().evaluate(&swinging.input(), &options).unwrap();
    assert_eq!(ours.o35, ours.terms.base);
    assert!(ours.o35 > 2.0, "{}", ours.o35);
}

#[test]
fn what_is_shorter_than_a_second_is_not_scored_and_without_sound_sound_is_perfect() {
    let mut made = made().swap_remove(0);
    made.sound.clear();
    let mut evaluation = Evaluation::default();
    let options = Options::default();
    assert!(evaluation.evaluate(&made.input(), &options).is_some());
    assert_eq!(evaluation.o21(), [5.0; 60]);
    made.video.truncate(1);
    made.video[0].duration = Span::from_millis(999);
    assert_eq!(evaluation.evaluate(&made.input(), &options), None);
}

#[test]
fn sessions_do_not_see_what_was_evaluated_before_them() {
    let mut evaluation = Evaluation::default();
    let made = made();
    let options = Options::default();
    let mut mixed = made[1].video.clone();
    mixed[7].rate = FrameRate { frames: 30, seconds: 1 };
    let before = evaluation.evaluate(&made[2].input(), &options);
    for video in [&made[1].video, &mixed, &made[0].video] {
        evaluation.evaluate(&Input { video, ..made[1].input() }, &options);
    }
    assert_eq!(evaluation.evaluate(&made[2].input(), &options), before);
}

/// A measurement, not a test: `cargo test --release --no-default-features --lib -- --ignored
/// --nocapture what_ten_minutes`.
#[test]
#[ignore = "tells how long it takes"]
fn what_ten_minutes_take_to_score() {
    let duration = Span::from_secs(4);
    let video: Vec<_> = (0..150_u64)
        .map(|segment| {
            let rung = (segment / 3 % 7 + 3) as usize;
            let (kbps, width, height) = LADDER[rung];
            // Sizes vary from segment to segment.
            let bitrate = Bitrate::kbps(kbps + segment * 37 % 101);
            let resolution = Resolution { width, height };
            let representation = Some(rung as u32);
            VideoSegment { duration, bitrate, resolution, rate: RATE, representation }
        })
        .collect();
    let bitrate = Bitrate::kbps(128);
    let audio = vec![AudioSegment { codec: Codec::AacLc, duration, bitrate }; 150];
    let stalls = [Stall { at: Span::ZERO, length: Span::from_secs(1) }];
    let (device, screen) = (Device::Pc, Settings::default().screen);
    let input = Input { device, screen, audio: &audio, video: &video, stalls: &stalls };
    let folder = std::env::var_os("ABRSIM_P1203_TREES");
    let trees = folder.map(|folder| Arc::new(Trees::load(Path::new(&folder)).unwrap()));
    let options = Options { amendments: Amendments::default(), trees };
    let mut evaluation = Evaluation::default();
    let mut sum = 0.0;
    let (times, mut best) = (2_000, f64::MAX);
    for _ in 0..10 {
        let from = Instant::now();
        for _ in 0..times {
            sum += evaluation.evaluate(&input, &options).unwrap().o35;
        }
        best = best.min(from.elapsed().as_secs_f64() / f64::from(times));
    }
    println!("{:.1} µs a session ({sum})", best * 1e6);
}
