//! Footage played by someone else: where FFmpeg is installed, it decodes what is served.
//!
//! The idea to hold: nothing of the decoder is ours. Every picture has to come out, at the right
//! size and time, without a complaint, and of exactly the two shades that were written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use abrsim::media::footage::{self, Reel};
use abrsim::media::{
    FrameRate, Kind, Ladder, Live, Presentation, Representation, Resolution, Rung, Segment, Track,
    TrackId, ladders,
};
use abrsim::units::{Bitrate, Bytes, Span};

/// Segments of 2 s of a ladder with a name, and the one at last shorter; and sound at three rates.
fn content(name: &str, chunk: Option<Span>) -> Presentation {
    let durations = [2_000, 2_000, 2_000, 1_370].map(Span::from_millis);
    let track = |kind, ladder: Ladder| {
        let size = |length: Span, rate: Bitrate| Bytes::covering(rate * length);
        let each = durations
            .iter()
            .flat_map(|&length| ladder.bitrates().iter().map(move |&rate| size(length, rate)));
        let sizes = each.collect();
        Track::new(kind, ladder, &durations, sizes).unwrap()
    };
    let sound = [48, 128, 800].map(|kbps| Representation::new(Bitrate::kbps(kbps)));
    let sound = track(Kind::Audio, Ladder::new(sound.to_vec()).unwrap());
    let mut content =
        Presentation::new(vec![track(Kind::Video, ladders::named(name).unwrap()), sound]);
    if let Some(chunk) = chunk {
        let mut live = Live::default();
        live.chunk = Some(chunk);
        content.live = Some(Arc::new(live.made(&content, &[])));
    }
    footage::dressed(&content)
}

/// Whether there is a decoder. Without one there is nothing to test.
fn decoder() -> bool {
    let there =
        |name| Command::new(name).arg("-version").output().is_ok_and(|o| o.status.success());
    let both = there("ffmpeg") && there("ffprobe");
    if !both {
        println!("no ffmpeg and ffprobe here: nothing is decoded");
    }
    both
}

fn output(name: &str, arguments: &[&str], file: &Path) -> Vec<u8> {
    let file = file.to_str().unwrap();
    let arguments =
        arguments.iter().map(|&argument| if argument == "FILE" { file } else { argument });
    let output = Command::new(name).args(arguments).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && complaints.is_empty(), "{name} of {file}: {complaints}");
    output.stdout
}

/// What `ffprobe` tells of the stream, by name.
fn probed(file: &Path, wanted: &str) -> String {
    let entries = format!("stream={wanted}");
    let arguments =
        ["-v", "error", "-count_frames", "-show_entries", &entries, "-of", "csv=p=0", "FILE"];
    String::from_utf8(output("ffprobe", &arguments, file)).unwrap().trim().to_owned()
}

/// An initialisation segment and all segments of a rung, in a file.
fn written(folder: &Path, content: &Presentation, track: TrackId, rung: Rung) -> PathBuf {
    let file = folder.join(format!("{}-{}.mp4", track.0, rung.0));
    let mut bytes = Vec::new();
    let mut add = |reel: Reel| {
        assert!(reel.playable);
        bytes.extend(reel.bytes.to_vec());
    };
    add(footage::initialisation(content, track, rung));
    for index in 0..content.track(track).count() {
        add(footage::segment(content, Segment { track, index, rung }));
    }
    fs::write(&file, bytes).unwrap();
    file
}

/// The first picture, and the last: all their luma.
fn luma(file: &Path, size: Resolution) -> [Vec<u8>; 2] {
    let arguments = ["-v", "error", "-i", "FILE", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"];
    let all = output("ffmpeg", &arguments, file);
    let pixels = (size.width * size.height) as usize;
    let picture = pixels * 3 / 2;
    let chroma = all.chunks(picture).flat_map(|picture| &picture[pixels..]);
    assert!(chroma.into_iter().all(|&chroma| chroma == 128), "no colour");
    let last = all.len() - picture;
    [all[..pixels].to_vec(), all[last..last + pixels].to_vec()]
}

fn decodes(content: &Presentation) {
    let folder = tempfile::tempdir().unwrap();
    let video = content.track(TrackId(0));
    for rung in video.ladder.rungs() {
        let file = written(folder.path(), content, TrackId(0), rung);
        let told = video.ladder.representation(rung);
        let Resolution { width, height } = told.resolution.unwrap();
        // 7.37 s: 60 pictures in each of three segments, and 41.1 in 1.37 s.
        let found = probed(&file, "width,height,nb_read_frames,profile");
        let profile = if told.codecs.starts_with("avc1.64") { "High" } else { "Main" };
        assert_eq!(found, format!("{profile},{width},{height},221"), "{}", told.codecs);
        output("ffmpeg", &["-v", "error", "-i", "FILE", "-f", "null", "-"], &file);
        let format = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", "FILE"];
        let duration = String::from_utf8(output("ffprobe", &format, &file)).unwrap();
        assert!(duration.starts_with("7.370"), "{duration}");
    }
    for rung in content.track(TrackId(1)).ladder.rungs() {
        let file = written(folder.path(), content, TrackId(1), rung);
        // 7.37 s are 345.5 frames, of which all begin within.
        let found = probed(&file, "codec_name,profile,sample_rate,channels,nb_read_frames");
        assert_eq!(found, "aac,LC,48000,2,346");
        let sound = output("ffmpeg", &["-v", "error", "-i", "FILE", "-f", "s16le", "-"], &file);
        assert!(sound.len() == 346 * 1_024 * 4 && sound.iter().all(|&sample| sample == 0));
    }
}

#[test]
fn every_rung_decodes_whole_and_in_chunks() {
    if decoder() {
        decodes(&content("five-rung-600k", None));
        decodes(&content("envivio", Some(Span::from_millis(330))));
    }
}

#[test]
fn there_are_two_shades_and_they_are_what_was_written() {
    if !decoder() {
        return;
    }
    let (content, folder) = (content("apple-hls", None), tempfile::tempdir().unwrap());
    let video = content.track(TrackId(0));
    for rung in [Rung(0), Rung(5)] {
        let file = written(folder.path(), &content, TrackId(0), rung);
        let size = video.ladder.representation(rung).resolution.unwrap();
        let [first, last] = luma(&file, size);
        for picture in [&first, &last] {
            assert!(picture.iter().all(|&luma| luma == 128 || luma == 228));
            assert_eq!((picture[0], picture[picture.len() - 1]), (128, 128), "ground");
        }
        // `00:00`, and of the last segment `00:06`, are 50 blocks both: twelve in a 0 and in a 6,
        // two in a colon. A 5 has eleven. Each is a square of macroblocks.
        let inked = |picture: &[u8]| picture.iter().filter(|&&luma| luma == 228).count();
        let blocks = 50 + if rung == Rung(0) { 12 } else { 11 };
        let of = inked(&first) / blocks;
        assert_eq!([&first, &last].map(|picture| inked(picture)), [of * blocks; 2]);
        assert!(first != last && of.is_multiple_of(256));
    }
}

#[test]
fn rates_of_pictures_and_profiles_are_what_is_told() {
    if !decoder() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("avc1.42c01f", (640, 480), (30_000, 1_001), "Constrained Baseline", 2_002),
        ("avc3.4d401f", (854, 480), (25, 1), "Main", 2_000),
        ("avc1.640028", (1_920, 1_080), (60, 1), "High", 2_000),
        ("avc1.64000d", (178, 98), (24_000, 1_001), "High", 2_002),
    ];
    for (codecs, (width, height), (frames, seconds), profile, length) in cases {
        let told = Representation {
            resolution: Some(Resolution { width, height }),
            codecs: codecs.to_owned(),
            frame_rate: Some(FrameRate { frames, seconds }),
            ..Representation::new(Bitrate::kbps(900))
        };
        let ladder = Ladder::new(vec![told]).unwrap();
        let durations = [Span::from_millis(length); 3];
        let track = Track::new(Kind::Video, ladder, &durations, vec![Bytes::new(225_000); 3]);
        let content = Presentation::new(vec![track.unwrap()]);
        let file = written(folder.path(), &content, TrackId(0), Rung(0));
        let count = 3 * frames * length as u32 / seconds / 1_000;
        let wanted = format!("{profile},{width},{height},{frames}/{seconds},{count}");
        assert_eq!(probed(&file, "profile,width,height,r_frame_rate,nb_read_frames"), wanted);
    }
}
