//! Reading manifests: the work before any viewer, which should not be noticed.

use std::fmt::Write;
use std::hint::black_box;

use abrsim::media::manifest::{Fetched, Manifest, Resource, read};
use criterion::{Criterion, criterion_group, criterion_main};

const SEGMENTS: u64 = 10_000;
const RUNGS: u64 = 8;

/// A timeline in which no two segments after one another last as long.
fn timeline() -> String {
    let mut line = "<SegmentTimeline>".to_owned();
    for index in 0..SEGMENTS {
        let _ = write!(line, "<S d=\"{}\"/>", 179_000 + index % 7 * 500);
    }
    line + "</SegmentTimeline>"
}

/// An MPD whose rungs share a timeline, or have one each.
fn mpd(shared: bool) -> String {
    let template = |line: &str| {
        format!(
            "<SegmentTemplate timescale=\"90000\" media=\"$RepresentationID$/$Time$.m4s\" \
             initialization=\"$RepresentationID$/init.mp4\">{line}</SegmentTemplate>"
        )
    };
    let line = timeline();
    let above = if shared { template(&line) } else { String::new() };
    let own = if shared { String::new() } else { template(&line) };
    let rungs: String = (1..=RUNGS)
        .map(|n| {
            format!("<Representation id=\"v{n}\" bandwidth=\"{n}00000\">{own}</Representation>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><MPD type=\"static\" mediaPresentationDuration=\"PT20000S\">\
         <Period><AdaptationSet mimeType=\"video/mp4\">{above}{rungs}</AdaptationSet></Period>\
         </MPD>"
    )
}

/// A multivariant playlist, and the media playlist that all its variants have.
fn playlists() -> (String, String) {
    let mut main = "#EXTM3U\n".to_owned();
    for n in 1..=RUNGS {
        let _ = write!(main, "#EXT-X-STREAM-INF:BANDWIDTH={n}00000\n{n}.m3u8\n");
    }
    let mut media = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n".to_owned();
    for index in 0..SEGMENTS {
        let _ = write!(media, "#EXTINF:2.{:03},\n{index}.m4s\n", index % 7);
    }
    (main, media + "#EXT-X-ENDLIST\n")
}

fn opened(entry: &str, main: &str, media: &str) -> Manifest {
    let mut fetch = |wanted: &Resource| {
        let text = if wanted.url == entry { main } else { media };
        Ok(Fetched::from(text.as_bytes().to_owned()))
    };
    read(entry, &mut fetch).expect("a manifest")
}

fn manifests(c: &mut Criterion) {
    let mut group = c.benchmark_group("manifest");
    group.sample_size(20);
    for (name, text) in [("mpd shared timeline", mpd(true)), ("mpd own timelines", mpd(false))] {
        let manifest = opened("x.mpd", &text, "");
        let renditions = &manifest.periods[0].sets[0].renditions;
        assert!(renditions.iter().all(|r| r.segments.as_ref().is_ok_and(|s| s.count() == 10_000)));
        group.bench_function(name, |b| b.iter(|| opened("x.mpd", black_box(&text), "")));
    }
    let (main, media) = playlists();
    group.bench_function("hls, 8 playlists", |b| {
        b.iter(|| opened("x.m3u8", black_box(&main), black_box(&media)));
    });
    group.finish();
}

criterion_group!(benches, manifests);
criterion_main!(benches);
