//! Footage as a whole: sizes, and boxes read back.
//!
//! The idea to hold: whatever the durations, sizes and chunks, there are exactly as many bytes as
//! the model has, and where they are called playable they are boxes from end to end.

use std::sync::Arc;

use mp4_atom::{Any, Codec, Moof, Moov, ReadFrom};
use proptest::prelude::*;

use super::*;
use crate::media::live::Made;
use crate::media::manifest::Names;
use crate::media::{Ladder, Live, Object, Representation, Resolution, dash, hls};
use crate::units::{Bitrate, Bytes, Span};

/// A track of one rung, whose segments last and weigh so much.
fn track(kind: Kind, segments: &[(Span, u64)], told: Representation) -> Track {
    let (durations, sizes): (Vec<Span>, Vec<u64>) = segments.iter().copied().unzip();
    let sizes = sizes.into_iter().map(Bytes::new).collect();
    Track::new(kind, Ladder::new(vec![told]).unwrap(), &durations, sizes).unwrap()
}

/// Some such track of either kind, live in chunks if they are told.
fn content(kind: Kind, segments: &[(Span, u64)], chunk: Option<Span>) -> Presentation {
    let resolution = Some(Resolution { width: 320, height: 180 });
    let told = Representation { resolution, ..Representation::new(Bitrate::kbps(500)) };
    let mut content = Presentation::new(vec![track(kind, segments, told)]);
    if let Some(chunk) = chunk {
        let mut live = Live::default();
        live.chunk = Some(chunk);
        content.live = Some(Arc::new(live.made(&content, &[])));
    }
    content
}

fn at(index: u32) -> Segment {
    Segment { track: TrackId(0), index, rung: Rung(0) }
}

fn boxes(mut bytes: &[u8]) -> Vec<Any> {
    let mut found = Vec::new();
    while let Some(next) = Option::<Any>::read_from(&mut bytes).unwrap() {
        found.push(next);
    }
    found
}

fn moofs<'a>(found: &'a [Any]) -> Vec<&'a Moof> {
    let moof = |any: &'a Any| match any {
        Any::Moof(moof) => Some(moof),
        _ => None,
    };
    found.iter().filter_map(moof).collect()
}

/// When samples begin and where the last ends, and whether that is without gaps.
fn times(moofs: &[&Moof]) -> (Vec<u64>, u64) {
    let (mut begin, mut end) = (Vec::new(), None);
    for moof in moofs {
        let own = &moof.traf[0];
        let mut time = own.tfdt.as_ref().unwrap().base_media_decode_time;
        assert!(end.is_none_or(|end| end == time), "{end:?} then {time}");
        for entry in own.trun[0].samples.iter() {
            begin.push(time);
            time += u64::from(entry.duration.or(own.tfhd.default_sample_duration).unwrap());
        }
        end = Some(time);
    }
    (begin, end.unwrap_or(0))
}

#[test]
fn an_initialisation_segment_is_as_large_as_manifests_have_it() {
    for kind in [Kind::Video, Kind::Audio] {
        let content = content(kind, &[(Span::from_secs(2), 100_000)], None);
        let made = initialisation(&content, TrackId(0), Rung(0));
        assert_eq!((made.bytes.len(), made.playable), (INIT_SIZE.get(), true));
        let found = boxes(&made.bytes.to_vec());
        let [Any::Ftyp(_), Any::Moov(moov), Any::Free(_)] = &found[..] else {
            panic!("{found:?}");
        };
        let Moov { mvex: Some(mvex), trak, .. } = moov else { panic!("no mvex") };
        assert_eq!((mvex.trex.len(), trak.len()), (1, 1));
        match (kind, &trak[0].mdia.minf.stbl.stsd.codecs[0]) {
            (Kind::Video, Codec::Avc1(avc)) => {
                assert_eq!((avc.visual.width, avc.visual.height), (320, 180));
                // 20 * 12 blocks thirty times a second: level 1.3, and Main.
                assert_eq!(avc.avcc.sequence_parameter_sets[0][..4], [0x67, 77, 0x40, 13]);
            }
            (Kind::Audio, Codec::Mp4a(aac)) => assert_eq!(aac.audio.channel_count, 2),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_largest_picture_fits_too() {
    let resolution = Some(Resolution { width: 16_862, height: 2_050 });
    let told = Representation { resolution, ..Representation::new(Bitrate::kbps(90_000)) };
    let content = Presentation::new(vec![track(Kind::Video, &[(Span::from_secs(1), 1)], told)]);
    assert!(initialisation(&content, TrackId(0), Rung(0)).playable);
}

#[test]
fn pictures_are_spread_over_a_segment_and_begin_where_it_does() {
    let segments = [(Span::from_secs(2), 90_000), (Span::from_millis(2_010), 90_000)];
    let content = content(Kind::Video, &segments, None);
    let first = segment(&content, at(0));
    let found = boxes(&first.bytes.to_vec());
    let (begin, end) = times(&moofs(&found));
    assert_eq!((begin.len(), begin[1], end), (60, 3_000, 180_000));
    // 60.3 pictures are 60, each of 2.01 s / 60: 33.5 ms, 3,015 ticks.
    let found = boxes(&segment(&content, at(1)).bytes.to_vec());
    let (begin, end) = times(&moofs(&found));
    assert_eq!((begin.len(), begin[0], begin[1]), (60, 180_000, 183_015));
    assert_eq!(end, 360_900);
    let sizes: Vec<_> = moofs(&found)[0].traf[0].trun[0].samples.iter().collect();
    let sizes: Vec<u32> = sizes.into_iter().map(|sample| sample.size.unwrap()).collect();
    assert!(sizes[1..].iter().all(|&size| size.abs_diff(sizes[59]) <= 1), "{sizes:?}");
}

#[test]
fn frames_of_sound_belong_where_they_begin() {
    let segments = [(Span::from_secs(2), 32_000); 3];
    let content = content(Kind::Audio, &segments, None);
    // 2 s are 93.75 frames: 94 begin in them, then 94 to 187.5, then to 281.25.
    let counts = [0, 1, 2].map(|index| {
        let found = boxes(&segment(&content, at(index)).bytes.to_vec());
        let (begin, _) = times(&moofs(&found));
        (begin[0] / 1_024, begin.len())
    });
    assert_eq!(counts, [(0, 94), (94, 94), (188, 94)]);
}

#[test]
fn a_part_is_a_range_of_its_segment() {
    let chunk = Some(Span::from_millis(500));
    let content = content(Kind::Video, &[(Span::from_millis(1_700), 100_003)], chunk);
    let whole = segment(&content, at(0));
    let found = boxes(&whole.bytes.to_vec());
    assert!(whole.playable && matches!(found[0], Any::Styp(_)));
    let (begin, end) = times(&moofs(&found));
    // 51 pictures, fifteen in each half of a second.
    assert_eq!((begin.len(), end, moofs(&found).len()), (51, 153_000, 4));
    assert_eq!(moofs(&found)[3].traf[0].trun[0].samples.len(), 6);
    assert_eq!(chunk_count(&content, at(0)), 4);
    for number in 0..4 {
        let range = chunk_range(&content, at(0), number);
        let part = super::chunk(&content, at(0), number);
        assert_eq!(part.bytes.to_vec(), whole.bytes.range(range).to_vec());
    }
}

#[test]
fn with_less_room_there_are_fewer_pictures_and_at_last_none() {
    let made = |size| {
        let content = content(Kind::Video, &[(Span::from_secs(2), size)], None);
        let made = segment(&content, at(0));
        assert_eq!(made.bytes.len(), size);
        made
    };
    let counts = [3_000, 1_000, 700, 600].map(|size| {
        let made = made(size);
        assert!(made.playable, "{size}");
        let found = boxes(&made.bytes.to_vec());
        let (begin, end) = times(&moofs(&found));
        assert_eq!(end, 180_000);
        begin.len()
    });
    assert!(counts.is_sorted_by(|a, b| a > b), "{counts:?}");
    assert!(counts[0] == 60 && counts[3] > 0, "{counts:?}");
    assert!([0, 1, 8, 200].iter().all(|&size| !made(size).playable));
}

#[test]
fn a_segment_of_a_tebibyte_takes_no_memory() {
    let size = 1 << 40;
    for kind in [Kind::Video, Kind::Audio] {
        let content = content(kind, &[(Span::from_secs(2), size), (Span::from_secs(2), 1)], None);
        let made = segment(&content, at(0));
        assert!(made.playable && made.bytes.len() == size && made.bytes.pieces().len() < 300);
    }
}

#[test]
fn around_four_gibibytes_headers_change_and_sizes_do_not() {
    for size in (u64::from(u32::MAX) - 20..).take(40).chain((1_u64 << 32)..(1 << 32) + 2_000) {
        let content = content(Kind::Video, &[(Span::from_secs(1), size)], None);
        assert_eq!(segment(&content, at(0)).bytes.len(), size);
        assert_eq!(boxes::free(size).unwrap().len(), size);
    }
}

#[test]
fn whatever_a_manifest_names_is_found_and_as_large_as_it_should_be() {
    let (mut content, two) = (content(Kind::Video, &[(Span::from_secs(2), 9_000); 3], None), 2);
    let told = Representation::new(Bitrate::kbps(64));
    content.tracks.push(track(Kind::Audio, &[(Span::from_secs(3), 24_000); 2], told));
    let content = dressed(&content);
    for package in [dash::write(&content), hls::write(&content)] {
        assert_eq!(package.sizes.len(), 3 + two + 2);
        let names = Names::of(&content);
        for (name, size) in &package.sizes {
            let found = match (names.initialises(name), names.object(name)) {
                (Some((track, rung)), _) => initialisation(&content, track, rung),
                (None, Some(Object::Segment(wanted))) => segment(&content, wanted),
                (None, _) => panic!("{name} is nothing"),
            };
            assert!(found.playable && found.bytes.len() == size.get(), "{name}");
        }
    }
}

#[test]
fn manifests_place_a_segment_where_its_media_is() {
    // Segments of 2.002 s, and the encoder stands still for 3 s before the sixth.
    let mut content = content(Kind::Video, &[(Span::from_millis(2_002), 90_000); 20], None);
    let mut told = vec![Made::default(); 20];
    told[5].gap = Span::from_secs(3);
    let mut live = Live::default();
    (live.refresh, live.window) = (Some(Span::from_secs(2)), Span::from_secs(100));
    content.live = Some(Arc::new(live.made(&content, &[told])));
    let clock = content.track(TrackId(0)).start(10);
    let package = dash::write_live(&content, clock + Span::from_secs(3), Span::ZERO);
    let mpd = &package.documents[0].1;
    // What begins with the sixth segment is at 10.01 s in the track, in milliseconds, and captured
    // at 13.01. Its tfdt is that in units of 1/90,000 s.
    assert!(mpd.contains("start=\"PT13.01S\""), "{mpd}");
    assert!(mpd.contains("timescale=\"1000\" startNumber=\"6\" presentationTimeOffset=\"10010\""));
    assert!(mpd.contains("<S t=\"10010\" d=\"2002\" r=\"4\"/>"), "{mpd}");
    let found = boxes(&segment(&content, at(5)).bytes.to_vec());
    assert_eq!(times(&moofs(&found)).0[0], 900_900);
}

#[test]
fn pictures_with_filler_and_without_are_told_apart() {
    // With little to spare some of the pictures have filler, which took the place of the others.
    let content = content(Kind::Video, &[(Span::from_nanos(4_073_722_198), 1_872)], None);
    assert_eq!(segment(&content, at(0)).bytes.len(), 1_872);
}

proptest! {
    #[test]
    fn there_are_exactly_as_many_bytes_as_the_model_has(
        segments in prop::collection::vec((1_u64..6_000_000_000, 0_u64..200_000), 1..5),
        chunk in prop::option::of(20_000_000_u64..2_000_000_000),
        video in any::<bool>(),
    ) {
        let kind = if video { Kind::Video } else { Kind::Audio };
        let segments: Vec<_> =
            segments.into_iter().map(|(nanos, size)| (Span::from_nanos(nanos), size)).collect();
        let content = content(kind, &segments, chunk.map(Span::from_nanos));
        for (index, &(length, size)) in (0..).zip(&segments) {
            let whole = segment(&content, at(index));
            prop_assert_eq!(whole.bytes.len(), size);
            let bytes = whole.bytes.to_vec();
            let mut place = 0;
            for number in 0..chunk_count(&content, at(index)) {
                let range = chunk_range(&content, at(index), number);
                prop_assert_eq!(range.start, place);
                let told = |live: &Arc<Live>| live.bytes(length, Bytes::new(size), number + 1);
                prop_assert_eq!(range.end, content.live.as_ref().map_or(size, |l| told(l).get()));
                let part = super::chunk(&content, at(index), number);
                prop_assert!(part.playable || !whole.playable);
                let own = &bytes[place as usize..range.end as usize];
                prop_assert_eq!(&part.bytes.to_vec()[..], own);
                place = range.end;
            }
            prop_assert_eq!(place, size);
            if whole.playable {
                let found = boxes(&bytes);
                times(&moofs(&found));
            }
        }
    }
}
