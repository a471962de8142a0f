//! What is written is what is read, and nothing that is read does harm.

use proptest::prelude::*;

use super::*;
use crate::media::{
    DocumentId, FrameRate, Kind, Ladder, Presentation, Representation, Resolution, Track, TrackId,
    dash, hls,
};
use crate::units::Span;

/// The text of a real manifest, where the collection of them is at hand.
pub(in crate::media) fn reference(name: &str) -> Option<String> {
    let path = crate::reference::reference(&format!("manifests/{name}"))?;
    Some(std::fs::read_to_string(path).unwrap())
}

/// Durations of every pattern a writer tells apart: equal but for a shorter last, in whole
/// milliseconds, and in anything; all longer than the millisecond that a reader of DASH takes for
/// rounding.
fn durations() -> impl Strategy<Value = Vec<Span>> {
    let equal = (2..20_000_u64, 0..30_usize, 2..20_000_u64).prop_map(|(each, count, last)| {
        let mut all = vec![each; count];
        all.push(last.min(each));
        all.into_iter().map(Span::from_millis).collect()
    });
    let millis = prop::collection::vec((2..20_000_u64).prop_map(Span::from_millis), 1..30);
    let nanos = prop::collection::vec((1_000_001..1u64 << 34).prop_map(Span::from_nanos), 1..30);
    prop_oneof![equal, millis, nanos]
}

fn representation(kind: Kind) -> impl Strategy<Value = Representation> {
    let codecs = match kind {
        Kind::Video => ["", "avc1.640028", "hvc1.1.6.L93.B0"],
        Kind::Audio => ["", "mp4a.40.2", "ec-3"],
    };
    let picture = match kind {
        Kind::Video => prop::option::of((1..8_000_u32, 1..8_000_u32)).boxed(),
        Kind::Audio => Just(None).boxed(),
    };
    let rates = ["25", "30", "60", "30000/1001", "24000/1001", "25/2"];
    let rates = match kind {
        Kind::Video => prop::option::of(prop::sample::select(rates.to_vec())).boxed(),
        Kind::Audio => Just(None).boxed(),
    };
    (1..100_000_000_u64, picture, prop::sample::select(codecs.to_vec()), rates).prop_map(
        |(bps, picture, codecs, rate)| Representation {
            bitrate: Bitrate::from_bps(bps),
            resolution: picture.map(|(width, height)| Resolution { width, height }),
            codecs: codecs.into(),
            frame_rate: rate.and_then(FrameRate::parse),
            ..Representation::default()
        },
    )
}

fn track(kind: Kind) -> impl Strategy<Value = Track> {
    let ladder = prop::collection::vec(representation(kind), 1..5);
    (ladder, durations()).prop_flat_map(move |(rungs, durations)| {
        let sizes = prop::collection::vec(0..50_000_000_u64, rungs.len() * durations.len());
        sizes.prop_map(move |sizes| {
            let sizes = sizes.into_iter().map(Bytes::new).collect();
            let ladder = Ladder::new(rungs.clone()).unwrap();
            Track::new(kind, ladder, &durations, sizes).unwrap()
        })
    })
}

fn presentation() -> impl Strategy<Value = Presentation> {
    let (video, audio) = (track(Kind::Video), track(Kind::Audio));
    prop_oneof![
        (video, track(Kind::Audio)).prop_map(|(v, a)| Presentation::new(vec![v, a])),
        track(Kind::Video).prop_map(|v| Presentation::new(vec![v])),
        audio.prop_map(|a| Presentation::new(vec![a])),
    ]
}

/// A track without what its manifest says it needs first.
fn bare(track: &Track) -> Track {
    track.clone().with_setup(vec![Vec::new(); track.ladder.count()])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_written_is_what_is_read(made in presentation()) {
        for package in [dash::write(&made), hls::write(&made)] {
            let read = package.open().unwrap();
            let tracks: Vec<_> = read.tracks.iter().map(bare).collect();
            prop_assert_eq!(&tracks, &made.tracks, "{}", &package.documents[0].1);
        }
    }

    /// Bytes changed, lines lost and pieces doubled give errors or tracks, and nothing else.
    #[test]
    fn damaged_manifests_never_panic(
        made in presentation(),
        damage in prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..8),
    ) {
        for package in [dash::write(&made), hls::write(&made)] {
            let mut fetch = |wanted: &Resource| match package.text(&wanted.url) {
                Some(text) => Ok(damaged(text, &damage).into_bytes().into()),
                None => Err("404".to_owned()),
            };
            if let Ok(manifest) = read(&package.entry, &mut fetch) {
                let outline = manifest.outline(&Choice::default());
                let mut size = |wanted: &Resource| package.size(&wanted.url);
                let _ = outline.and_then(|o| o.resolve(&mut size)).map_err(|e| e.to_string());
            }
        }
    }
}

fn damaged(text: &str, damage: &[(prop::sample::Index, u8, u8)]) -> String {
    const MARKS: &[u8] = b"0123456789,.=\"\n<>/#$%-+&;:PTY";
    let mut bytes = text.as_bytes().to_vec();
    for &(index, how, value) in damage {
        let at = index.index(bytes.len() + 1);
        let value = usize::from(value);
        let end = (at + value).min(bytes.len());
        match how % 16 {
            0 => bytes.truncate(at),
            1..4 => drop(bytes.drain(at..end)),
            4..7 => bytes.extend_from_within(at..end),
            7..12 => bytes.insert(at, MARKS[value % MARKS.len()]),
            12..15 => drop(bytes.splice(at..at, *b"999999999999999")),
            _ => bytes.insert(at, value as u8),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn small() -> Presentation {
    let rung = |kbps| Representation::new(Bitrate::kbps(kbps));
    let ladder = Ladder::new(vec![rung(500), rung(900)]).unwrap();
    let sizes = vec![Bytes::new(1_000); 6];
    let track = Track::new(Kind::Video, ladder, &[Span::from_secs(2); 3], sizes).unwrap();
    Presentation::new(vec![track])
}

#[test]
fn a_player_opens_the_manifest_and_sets_a_rung_up() {
    let dash = dash::write(&small());
    let read = dash.open().unwrap();
    let mpd = Bytes::new(dash.documents[0].1.len() as u64);
    assert_eq!(read.documents, [mpd, INIT_SIZE, INIT_SIZE]);
    assert_eq!(read.opening, [DocumentId(0)]);
    assert_eq!(read.track(TrackId(0)).sections()[0].setup[1], [DocumentId(2)], "its init segment");
    let hls = hls::write(&small());
    let read = hls.open().unwrap();
    let size = |n: usize| Bytes::new(hls.documents[n].1.len() as u64);
    assert_eq!(read.documents, [size(0), size(1), size(2), INIT_SIZE, INIT_SIZE]);
    assert_eq!(read.opening, [DocumentId(0)]);
    let setup = &read.track(TrackId(0)).sections()[0].setup[1];
    assert_eq!(*setup, [DocumentId(2), DocumentId(4)], "its playlist, then its init segment");
}

#[test]
fn what_the_origin_does_not_hold_is_named() {
    let mut package = dash::write(&small());
    package.sizes.remove("chunk-stream1-00002.m4s");
    let said = package.open().unwrap_err().to_string();
    let gone = "it names chunk-stream1-00002.m4s, which the origin does not hold";
    assert_eq!(said, format!("manifest.mpd: {gone}"));
}

#[test]
fn what_is_no_manifest_is_refused() {
    let said = |text: &str| {
        read("u", &mut |_| Ok(text.as_bytes().to_owned().into())).unwrap_err().to_string()
    };
    assert!(said("").starts_with("u: it is empty"));
    assert!(said(" \n\u{feff}").starts_with("u: it begins with"));
    assert!(said("Not Found").starts_with("u: it begins with `Not Found`"));
    assert!(said("<!DOCTYPE html><html></html>").starts_with("u, line 1: it begins with `<html>"));
    let large = "#".repeat(MAX_DOCUMENT.get() as usize + 1);
    assert!(said(&large).contains("above the limit of 16777216 B"));
    let gone = read("u", &mut |_| Err("404".to_owned()));
    assert_eq!(gone.unwrap_err().to_string(), "u: it cannot be opened: 404");
    let latin =
        read("u", &mut |_| Ok(b"<MPD>\n\xe9t\xe9".to_vec().into())).unwrap_err().to_string();
    assert_eq!(latin, "u, line 2: the text is `e9 74 e9`; UTF-8 is expected");
}
