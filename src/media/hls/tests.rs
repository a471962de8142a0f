//! Whole playlists: those made up, and real ones with the facts that others state of them.

use proptest::prelude::*;

use super::super::manifest::{ByteRange, Outline, Problem, Resource, read, reference};
use super::*;
use crate::media::{
    FrameRate, Kind, Ladder, Presentation, Representation, Resolution, Rung, Track,
};
use crate::units::{Bitrate, Bytes};

const MAIN: &str = "#EXTM3U\n\
    #EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000,RESOLUTION=640x360\nlow.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS=\"avc1.64001f,mp4a.40.2\"\nhigh.m3u8\n";
const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"i.mp4\"\n\
    #EXTINF:4.0,\n1.mp4\n#EXTINF:2.5,\n2.mp4\n#EXT-X-ENDLIST\n";

/// What is read of a playlist at a URL, where every other that it names is the same.
fn at(url: &str, main: &str, media: &str) -> Result<Manifest, ManifestError> {
    read(url, &mut |wanted: &Resource| {
        let text = if wanted.url == url { main } else { media };
        Ok(text.as_bytes().to_owned().into())
    })
}

fn both(main: &str, media: &str) -> Result<Manifest, ManifestError> {
    at("https://h/a/main.m3u8", main, media)
}

/// The one rendition of a media playlist that is read by itself.
fn alone(text: &str) -> (Rendition, Manifest) {
    let mut manifest = both(text, "").unwrap_or_else(|error| panic!("{error}"));
    (manifest.periods[0].sets[0].renditions.remove(0), manifest)
}

fn played(manifest: &Manifest) -> Outline {
    manifest.outline(&Default::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Why neither a playlist nor, where one rendition cannot be read, that can be played.
fn trouble(main: &str, media: &str) -> String {
    let manifest = match both(main, media) {
        Err(error) => return error.to_string(),
        Ok(manifest) => manifest,
    };
    manifest.outline(&Default::default()).expect_err("it should be refused").to_string()
}

#[test]
fn a_rung_has_its_average_rate_or_else_its_peak() {
    let manifest = both(MAIN, MEDIA).unwrap();
    assert_eq!((manifest.live.clone(), manifest.duration), (None, Some(Span::from_millis(6_500))));
    assert_eq!(manifest.notes, []);
    let outline = played(&manifest);
    let [video] = outline.tracks.as_slice() else { panic!("one track") };
    assert_eq!(video.ladder.bitrates(), [800, 2_000].map(Bitrate::kbps));
    assert_eq!(video.durations, [4_000, 2_500].map(Span::from_millis));
    assert_eq!(video.resource(1, Rung(0)).url, "https://h/a/2.mp4");
    let whole = |url: &str| Resource::whole(format!("https://h/a/{url}"));
    let setup =
        vec![vec![whole("low.m3u8"), whole("i.mp4")], vec![whole("high.m3u8"), whole("i.mp4")]];
    assert_eq!(video.sections(), [(0, setup)]);
    let urls: Vec<_> = outline.documents.iter().map(|(of, _)| of.clone()).collect();
    assert_eq!(urls, ["main.m3u8", "low.m3u8", "high.m3u8"].map(whole));
    // Sound is within the variants: their codecs are told whole.
    assert_eq!(video.ladder.representation(Rung(1)).codecs, "avc1.64001f,mp4a.40.2");
}

#[test]
fn a_video_rung_is_its_variant_less_its_sound() {
    let group = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",URI=\"s.m3u8\"\n";
    let picture = "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"g\",\
                   CODECS=\"avc1.64001f,mp4a.40.2\"\nv.m3u8\n";
    let main = format!("#EXTM3U\n{group}{picture}");
    let outline = |main: &str| played(&both(main, MEDIA).unwrap());
    let [video, audio] = &outline(&main).tracks[..] else { panic!("two") };
    assert_eq!(audio.ladder.bitrates(), [ASSUMED_AUDIO]);
    assert_eq!(audio.ladder.representation(Rung(0)).codecs, "mp4a.40.2");
    assert_eq!(video.ladder.bitrates(), [Bitrate::kbps(872)], "1000 - 128");
    assert_eq!(video.ladder.representation(Rung(0)).codecs, "avc1.64001f");
    let sound = "#EXT-X-STREAM-INF:BANDWIDTH=96000,AUDIO=\"g\"\ns.m3u8\n";
    let [video, audio] = &outline(&(main.clone() + sound)).tracks[..] else { panic!("two") };
    assert_eq!(audio.ladder.bitrates(), [Bitrate::kbps(96)], "told, not assumed");
    assert_eq!(video.ladder.bitrates(), [Bitrate::kbps(904)], "1000 - 96");
    // A rate that its sound would use up is taken whole.
    let manifest = both(&main.replace("1000000", "100000"), MEDIA).unwrap();
    assert_eq!(manifest.periods[0].sets[0].renditions[0].bitrate, Some(Bitrate::kbps(100)));
    let said = manifest.notes[0].to_string();
    let right = "line 3: BANDWIDTH is `100000`; it should be above the 128000 bit/s of its sound";
    assert!(said.ends_with(right), "{said}");
}

#[test]
fn sound_within_a_variant_is_not_fetched_again() {
    let sound = "#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.2\"\nsound.m3u8\n";
    let manifest = both(&format!("{MAIN}{sound}"), MEDIA).unwrap();
    assert_eq!(played(&manifest).tracks.len(), 1);
    let [_, audio] = manifest.periods[0].sets.as_slice() else { panic!("two sets") };
    assert_eq!(audio.carries, Carries::Audio);
    assert!(
        matches!(&audio.renditions[0].segments, Err(e) if matches!(*e.problem, Problem::LeftOut(_)))
    );
    // Without pictures it is what is played.
    let manifest = both(&format!("#EXTM3U\n{sound}"), MEDIA).unwrap();
    let outline = played(&manifest);
    assert_eq!(outline.tracks[0].kind, Kind::Audio);
    assert_eq!(outline.tracks[0].ladder.bitrates(), [Bitrate::kbps(64)]);
}

#[test]
fn another_language_is_no_second_sound_beside_that_within() {
    let group = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"English\",DEFAULT=YES\n\
                 #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"French\",URI=\"fr.m3u8\"\n\
                 #EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"g\",\
                 CODECS=\"avc1.64001f,mp4a.40.2\"\nv.m3u8\n";
    let manifest = both(&format!("#EXTM3U\n{group}"), MEDIA).unwrap();
    let outline = played(&manifest);
    assert_eq!(outline.tracks.len(), 1);
    let whole = outline.tracks[0].ladder.representation(Rung(0)).clone();
    assert_eq!(
        (whole.bitrate, whole.codecs.as_str()),
        (Bitrate::kbps(1_000), "avc1.64001f,mp4a.40.2")
    );
    let french = of_kind(&manifest, Carries::Audio).next().unwrap();
    let said = french.renditions[0].segments.as_ref().unwrap_err().to_string();
    assert!(said.contains("line 3: left out: sound that takes the place"), "{said}");
}

#[test]
fn more_segments_than_memory_should_be_spent_on_are_refused() {
    let many = "#EXTINF:1,\na\n".repeat(1_000_001);
    let said = trouble(MAIN, &format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n{many}"));
    assert!(said.contains("low.m3u8: 1000001 segments are above the limit"), "{said}");
}

#[test]
fn titles_with_commas_and_long_sums_do_no_harm() {
    let mut media = "#EXTM3U\r\n#EXT-X-TARGETDURATION:5\r\n".to_owned();
    for n in 0..20_000 {
        media += &format!("# a remark\r\n#EXTINF:4.00008,one, two, three\r\n,{n}.ts\r\n");
    }
    // The last line has no line feed, and a byte order mark comes first.
    let media = format!("\u{feff}{media}#EXT-X-ENDLIST");
    let outline = played(&both(MAIN, &media).unwrap());
    let track = &outline.tracks[0];
    // 20,000 × 4.00008 s = 80,001.6 s; sums of 32-bit floats give 80,001.602.
    let total: Span = track.durations.iter().copied().sum();
    assert_eq!((track.durations.len(), total), (20_000, Span::from_millis(80_001_600)));
    assert_eq!(track.resource(19_999, Rung(0)).url, "https://h/a/,19999.ts");
    let playlist = Resource::whole("https://h/a/low.m3u8");
    assert_eq!(track.sections()[0].1[0], [playlist], "no initialisation segment");
}

#[test]
fn malformed_lines_are_refused_by_their_number() {
    let media = |from: &str, to: &str| trouble(MAIN, &MEDIA.replace(from, to));
    assert!(media("4.0,", "abc,").contains("low.m3u8, line 4: #EXTINF is `abc`; seconds are"));
    assert!(media("4.0,", "-1,").contains("line 4: #EXTINF"));
    assert!(media("4.0,", "NaN,").contains("line 4: #EXTINF"));
    assert!(media("4.0,", "9999999999,").contains("line 4: #EXTINF"));
    assert!(media("4.0,", "99999999,").contains("line 4: #EXTINF"), "three years");
    assert!(media("#EXTINF:2.5,\n", "").contains("line 6: a line is `2.mp4`; an #EXTINF"));
    assert!(media("2.mp4\n", "").contains("low.m3u8: it ends before a segment has its URL"));
    assert!(media("1.mp4", "1\0.mp4").contains("line 5: a URL is `1\u{fffd}.mp4`; control"));
    assert!(media("ION:4", "ION:four").contains("line 2: #EXT-X-TARGETDURATION is `four`; whole"));
    assert!(media("URI=\"i.mp4\"", "URI").contains("line 3: an attribute list is `URI`; NAME="));
    assert!(media("URI=\"i.mp4\"", "URL=\"i\"").contains("line 3: URI is missing"));
    assert!(media(MEDIA, "<html>").contains("begins with `<html>`"));
    assert!(media(MEDIA, "").contains("low.m3u8: it is empty"));
    assert!(media(MEDIA, "#EXTM3U\n").contains("low.m3u8: #EXTINF is missing"));
    let none = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-ENDLIST\n";
    assert!(media(MEDIA, none).contains("low.m3u8: a segment is missing"), "read, and not played");
    let range = |text: &str| media("1.mp4", &format!("#EXT-X-BYTERANGE:{text}\n1.mp4"));
    assert!(range("x").contains("line 5: #EXT-X-BYTERANGE is `x`; length@first"));
    assert!(range("0@5").contains("line 5: #EXT-X-BYTERANGE is `0@5`"));
    assert!(range("9@18446744073709551615").contains("line 6: #EXT-X-BYTERANGE is `9@18446"));
    let main = |from: &str, to: &str| trouble(&MAIN.replace(from, to), MEDIA);
    assert!(main("BANDWIDTH=2000000,", "").contains("line 4: BANDWIDTH is missing"));
    assert!(main("BANDWIDTH=2000000", "BANDWIDTH=x").contains("line 4: BANDWIDTH is `x`"));
    assert!(main("RESOLUTION=640x360", "RESOLUTION").contains("line 2: an attribute list"));
    assert!(main("high.m3u8\n", "").contains("line 4: it ends before a variant has its URL"));
    assert!(main("low.m3u8\n", "").contains("line 3: a URL is missing"));
    assert!(main("#EXTM3U\n", "#EXTM3U\nstray\n").contains("line 2: a line is `stray`"));
    assert!(trouble(&format!("{MAIN}{MEDIA}"), MEDIA).contains("cannot stand in one playlist"));
    assert!(trouble("#EXTM3U\n", MEDIA).contains("#EXTINF is missing"));
}

#[test]
fn what_players_forgive_is_noted() {
    let noted = |main: &str, media: &str| {
        let manifest = both(main, media).unwrap_or_else(|error| panic!("{error}"));
        let played = played(&manifest).tracks[0].durations.len();
        (played, manifest.notes.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let media = |from: &str, to: &str| noted(MAIN, &MEDIA.replace(from, to));
    let (count, notes) = media("#EXT-X-TARGETDURATION:4\n", "#EXTM3U\n");
    assert_eq!((count, notes.len()), (2, 2), "two playlists");
    assert!(notes[0].contains("low.m3u8: #EXT-X-TARGETDURATION is missing"), "{}", notes[0]);
    let (count, notes) = media("ION:4", "ION:4.5");
    assert!(count == 2 && notes[0].contains("line 2: #EXT-X-TARGETDURATION is `4.5`"));
    let (count, notes) = media("2.5,", "0,");
    assert!(count == 1 && notes[0].contains("left out: 1 segments that last no time"));
    let (count, notes) = media("1.mp4", "#EXT-X-PROGRAM-DATE-TIME:today\n1.mp4");
    assert!(count == 2 && notes[0].contains("#EXT-X-PROGRAM-DATE-TIME is `today`"), "{notes:?}");
    let main = |from: &str, to: &str| noted(&MAIN.replace(from, to), MEDIA);
    let (count, notes) = main("640x360", "big");
    assert!(count == 2 && notes[0].contains("line 2: RESOLUTION is `big`"));
    assert_eq!(main("AVERAGE-BANDWIDTH=800000", "AVERAGE-BANDWIDTH=0"), (2, vec![]));
    assert_eq!(main("\"avc1.64001f,mp4a.40.2\"", "\"\""), (2, vec![]));
    let (_, notes) = main("BANDWIDTH=2000000", "BANDWIDTH=0");
    assert!(notes[0].contains("line 4: BANDWIDTH is `0`"), "{notes:?}");
    // What was fetched and could not be read is told, and the rest is played.
    let manifest = at("main.m3u8", &MAIN.replace("low.m3u8", "main.m3u8"), MEDIA).unwrap();
    assert_eq!(played(&manifest).tracks[0].ladder.bitrates(), [Bitrate::kbps(2_000)]);
    assert!(manifest.notes[0].to_string().contains("it cannot stand in a media playlist"));
}

/// What is told of a rendition that was read.
fn segments(rendition: &Rendition) -> &Segments {
    rendition.segments.as_ref().unwrap_or_else(|error| panic!("{error}"))
}

fn list(rendition: &Rendition) -> &Playlist {
    rendition.playlist.as_deref().expect("it has a playlist")
}

/// The first and the position after the last byte of each segment.
fn ranges(segments: &Segments) -> Vec<Option<(u64, u64)>> {
    let range = |index| segments.resource(index).range.map(|range| (range.first, range.end()));
    (0..segments.count()).map(range).collect()
}

/// A multivariant playlist whose media playlists cannot be had.
fn lonely(url: &str, text: &str) -> Manifest {
    let manifest = read(url, &mut |wanted: &Resource| match wanted.url == url {
        true => Ok(text.as_bytes().to_owned().into()),
        false => Err("503".to_owned()),
    });
    manifest.unwrap_or_else(|error| panic!("{error}"))
}

fn of_kind(manifest: &Manifest, carries: Carries) -> impl Iterator<Item = &Set> {
    manifest.periods[0].sets.iter().filter(move |set| set.carries == carries)
}

#[test]
fn copies_on_other_hosts_are_kept_and_not_fetched() {
    let copy = "#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000,\
                RESOLUTION=640x360\nhttps://other/low.m3u8\n";
    let manifest = both(&format!("{MAIN}{copy}"), MEDIA).unwrap();
    let [set] = manifest.periods[0].sets.as_slice() else { panic!("one set") };
    let copies: Vec<_> = set.renditions.iter().map(|r| r.copy).collect();
    assert_eq!(copies, [false, false, true]);
    assert_eq!(manifest.documents.len(), 3);
    assert_eq!(played(&manifest).tracks[0].ladder.count(), 2);
    let many: String =
        (1..258).map(|n| format!("#EXT-X-STREAM-INF:BANDWIDTH={n}\n{n}.m3u8\n")).collect();
    assert!(trouble(&format!("#EXTM3U\n{many}"), MEDIA).contains("257 rungs are above"));
    let many: String =
        (0..5_001).map(|n| format!("#EXT-X-STREAM-INF:BANDWIDTH={n}\n{n}.m3u8\n")).collect();
    assert!(trouble(&format!("#EXTM3U\n{many}"), MEDIA).contains("5001 variants and renditions"));
}

#[test]
fn ranges_and_families_of_codecs_have_sets_of_their_own() {
    let variant =
        |n: u32, more: &str| format!("#EXT-X-STREAM-INF:BANDWIDTH={n}000000,{more}\n{n}.m3u8\n");
    let lines = [
        variant(9, "CODECS=\"hvc1.2.4.L123.B0\",VIDEO-RANGE=PQ"),
        variant(2, "CODECS=\"avc1.640028,mp4a.40.2\",VIDEO-RANGE=SDR"),
        variant(1, "RESOLUTION=320x180"),
        variant(3, "CODECS=\"hev1.1.6.L93.B0\""),
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=80000,RESOLUTION=64x36,URI=\"k.m3u8\"\n".into(),
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"e\",LANGUAGE=\"en\",URI=\"e.m3u8\""
            .into(),
    ];
    let main = format!("#EXTM3U\n{}", lines.concat());
    let manifest = both(&main, MEDIA).unwrap();
    let told: Vec<_> = manifest.periods[0]
        .sets
        .iter()
        .map(|set| {
            let rates: Vec<_> = set.renditions.iter().map(|r| r.bandwidth).collect();
            (set.carries, set.priority, rates)
        })
        .collect();
    let expected = [
        (Carries::Video, 0, vec![Some(9_000_000)]),
        (Carries::Video, 1, vec![Some(2_000_000), Some(1_000_000)]),
        (Carries::Video, 1, vec![Some(3_000_000)]),
        (Carries::Text, 0, vec![None]),
        (Carries::Trick, 0, vec![Some(80_000)]),
    ];
    assert_eq!(told, expected);
    assert_eq!(manifest.documents.len(), 5, "key frames and subtitles are not fetched");
    assert_eq!(manifest.periods[0].sets[3].language.as_deref(), Some("en"));
    let rates = played(&manifest).tracks[0].ladder.bitrates().to_vec();
    assert_eq!(rates, [1_000, 2_000].map(Bitrate::kbps));
    // One scale for all that are SDR.
    let ranked = main.replace("000000,", "000000,SCORE=1,");
    let rates = played(&both(&ranked, MEDIA).unwrap()).tracks[0].ladder.bitrates().to_vec();
    assert_eq!(rates, [1_000, 2_000, 3_000].map(Bitrate::kbps));
}

#[test]
fn a_url_goes_to_its_variant_and_not_to_key_frames_between() {
    let frames = "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9,URI=\"k.m3u8\"\n";
    let manifest = both(&MAIN.replace("low.m3u8", &format!("{frames}low.m3u8")), MEDIA).unwrap();
    let urls: Vec<_> = manifest.documents.iter().map(|(of, _)| of.url.as_str()).collect();
    assert_eq!(urls, ["main", "low", "high"].map(|name| format!("https://h/a/{name}.m3u8")));
}

#[test]
fn each_language_of_sound_is_a_set() {
    let sound = |language: &str, group: &str, more: &str| {
        format!(
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{group}\",NAME=\"{language}\",\
             LANGUAGE=\"{language}\",URI=\"{language}-{group}.m3u8\"{more}\n"
        )
    };
    let main = format!(
        "#EXTM3U\n{}{}{}{}\
         #EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"lo\",CODECS=\"avc1.4d401e\"\n1.m3u8\n\
         #EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO=\"hi\",CODECS=\"avc1.4d401e\"\n2.m3u8\n",
        sound("fr", "lo", ""),
        sound("fr", "hi", ""),
        sound("en", "lo", ",DEFAULT=YES"),
        sound("en", "hi", ",DEFAULT=YES,FORCED=NO,INSTREAM-ID=\"x\""),
    );
    let manifest = both(&main, MEDIA).unwrap();
    let told: Vec<_> = of_kind(&manifest, Carries::Audio)
        .map(|set| (set.language.as_deref(), set.renditions.len()))
        .collect();
    assert_eq!(told, [(Some("fr"), 2), (Some("en"), 2)]);
    let outline = played(&manifest);
    let playlist = &outline.tracks[1].sections()[0].1[0][0].url;
    assert!(playlist.starts_with("https://h/a/en-"), "the default, not what stands first");
}

#[test]
fn what_lives_is_told_apart_from_what_has_ended() {
    let live = MEDIA.replace("#EXT-X-ENDLIST\n", "#EXT-X-SERVER-CONTROL:HOLD-BACK=12\n");
    let manifest = both(MAIN, &live).unwrap();
    let told = manifest.live.clone().unwrap();
    assert_eq!((told.update, told.delay), (Some(Span::from_secs(4)), Some(Span::from_secs(12))));
    assert_eq!(manifest.duration, None);
    assert!(trouble(MAIN, &live).contains("not supported yet: playing what is live"));
    let manifest = lonely("main.m3u8", MAIN);
    assert_eq!((manifest.live.clone(), manifest.notes.len()), (None, 2));
    let failed = manifest.periods[0].sets[0].renditions[0].segments.clone().unwrap_err();
    assert_eq!(failed.to_string(), "low.m3u8: it cannot be opened: 503");
}

#[test]
fn what_lasts_no_time_moves_nothing_else() {
    let media = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-GAP\n\
                 #EXTINF:0,\na\n#EXT-X-BITRATE:8\n#EXTINF:4,\nb\n#EXT-X-GAP\n#EXTINF:4,\nc\n\
                 #EXT-X-MAP:URI=\"i\",BYTERANGE=\"9\"\n#EXTINF:0.0,\nd\n#EXTINF:4,\ne\n";
    let (rendition, _) = alone(media);
    let read = segments(&rendition);
    let cuts: Vec<_> = read.timeline.cuts.iter().map(|cut| (cut.number, cut.time)).collect();
    assert_eq!(cuts, [(8, 0), (9, 4_000_000_000), (11, 8_000_000_000)]);
    assert_eq!(read.timeline.number, 8);
    assert_eq!(list(&rendition).gaps, [1], "that of the first is gone with it");
    // 8 kbit/s × 4 s = 4,000 B
    assert_eq!(read.size(0), Some(Bytes::new(4_000)));
    let init =
        Resource { url: "https://h/a/i".into(), range: Some(ByteRange { first: 0, length: 9 }) };
    assert_eq!((read.sections[1].from, read.sections[1].setup[1].clone()), (2, init));
}

#[test]
fn dates_are_read_as_leniently_as_browsers_do() {
    let millis = |date: &str| {
        let media = MEDIA.replace("1.mp4", &format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n1.mp4"));
        list(&alone(&media).0).dates.clone()
    };
    // 2021-11-10T03:25:49Z is 1,636,514,749 s after 1970.
    for date in [
        "2021-11-10T03:25:49.015Z",
        "2021-11-10T03:25:49.015",
        "2021-11-10T04:25:49.015+0100",
        "2021-11-10T02:25:49.015-01:00",
        "2021-11-10 03:25:49.015+00",
    ] {
        assert_eq!(millis(date), [(0, 1_636_514_749_015)], "{date}");
    }
    assert_eq!(millis("2021-11-10T03:25Z"), [(0, 1_636_514_700_000)]);
    assert_eq!(millis("yesterday"), []);
}

#[test]
fn real_playlists_hold_what_the_tests_of_players_state() {
    let Some(text) = reference("hls_byterange_before_extinf.m3u8") else { return };
    let (rendition, _) = alone(&text);
    let found = ranges(segments(&rendition));
    assert_eq!((found[0], found[9]), (Some((803_136, 943_196)), Some((684_508, 817_988))));
    let Some(text) = reference("hls_byterange_no_offset.m3u8") else { return };
    let found = ranges(segments(&alone(&text).0));
    assert_eq!(found[1..], [Some((943_196, 1_039_452)), Some((1_039_452, 1_182_520))]);
    let Some(text) = reference("hls_bitrate_tag.m3u8") else { return };
    let (rendition, _) = alone(&text);
    let read = segments(&rendition);
    assert_eq!(ranges(read), [None, Some((123_456, 723_456)), None]);
    // 1,000 kbit/s × 5 s = 625,000 B; 600,000 B in 5 s are 960 kbit/s.
    assert_eq!([0, 1, 2].map(|i| read.size(i).unwrap().get()), [625_000, 600_000, 625_000]);
    let Some(text) = reference("hls_fmp4_discontinuity_pdt.m3u8") else { return };
    let (rendition, _) = alone(&text);
    let dates = [(0, 1_636_514_749_015), (17, 1_636_514_824_000)];
    assert_eq!(list(&rendition).dates, dates);
    let sections = &segments(&rendition).sections;
    let told: Vec<_> = sections.iter().map(|s| (s.from, s.setup[1].url.as_str())).collect();
    let init = [(0, "https://h/a/init.mp4"), (17, "https://h/a/init_960719739.mp4")];
    assert_eq!(told, init);
    let Some(text) = reference("hls_gap.m3u8") else { return };
    assert_eq!(list(&alone(&text).0).gaps, [0, 4], "segments 1 and 5");
    let Some(text) = reference("hls_iframes_only.m3u8") else { return };
    assert_eq!(alone(&text).1.periods[0].sets[0].carries, Carries::Trick);
    let Some(text) = reference("hls_interstitial.m3u8") else { return };
    assert_eq!(list(&alone(&text).0).dates, [(0, 946_684_800_000)]);
}

#[test]
fn real_low_latency_playlists_hold_what_the_tests_of_players_state() {
    let Some(text) = reference("hls_ll_parts_blocking.m3u8") else { return };
    let (rendition, manifest) = alone(&text);
    let told = list(&rendition);
    let lengths: Vec<_> = told.parts.iter().map(|p| p.duration.as_nanos() / 10_000).collect();
    let (whole, more, less) = (100_000, 100_001, 99_999);
    assert_eq!(lengths, [whole, more, whole, whole, whole, less, whole, whole]);
    let places: Vec<_> = told.parts.iter().map(|p| p.segment).collect();
    assert_eq!(places, [6, 6, 6, 6, 7, 7, 7, 7]);
    let gaps: Vec<_> = told.parts.iter().map(|p| p.gap).collect();
    assert_eq!(gaps, [false, false, false, false, false, false, false, true]);
    assert_eq!(told.reports, ["0", "2"].map(|n| format!("https://h/media{n}/lowLatencyHLS.php")));
    assert!(told.hints[0].url.ends_with("filePart1151234.1.ts"));
    assert_eq!(manifest.live.and_then(|live| live.delay), Some(Span::from_millis(3_012)));
    let Some(text) = reference("hls_ll_delta_skip.m3u8") else { return };
    let (rendition, _) = alone(&text);
    assert!(list(&rendition).hints[0].url.ends_with("filePart81642.4.m4s"));
    let cuts = &segments(&rendition).timeline.cuts;
    // 81,541 + 9 skipped; 9 × 4 s before.
    assert_eq!((cuts[0].number, cuts[0].time), (81_550, 36_000_000_000));
    // 2023-01-15T02:28:01.425Z, at the fourth that is not skipped.
    assert_eq!(list(&rendition).dates, [(3, 1_673_749_681_425)]);
    let Some(text) = reference("hls_ll_block_reload_preload.m3u8") else { return };
    let (rendition, _) = alone(&text);
    assert_eq!(list(&rendition).hints, [Resource::whole("https://h/a/fileSequence14.0.ts")]);
    let Some(text) = reference("hls_ll_segments_and_parts.m3u8") else { return };
    let (rendition, _) = alone(&text);
    let parts = &list(&rendition).parts;
    assert_eq!(parts.iter().filter(|part| part.segment == 6).count(), 2, "still being made");
}

#[test]
fn real_playlists_with_variables_are_read() {
    let Some(text) = reference("hls_define_mvp.m3u8") else { return };
    let manifest = lonely("https://www.x.com", &text);
    let set = &manifest.periods[0].sets[0];
    let failed: Vec<_> = manifest.notes.iter().map(|note| note.document.as_str()).collect();
    let urls = ["sec/video/1.m3u8", "sec/avc1.64001f/2.m3u8", "200k.m3u8"];
    assert_eq!(failed, urls.map(|url| format!("https://example.com/{url}")));
    let names: Vec<_> = set.renditions.iter().filter_map(|r| r.id.as_deref()).collect();
    assert_eq!(names, ["ok1", "ok2"]);
    let steering = ("https://example.com/steering-manifest.json".to_owned(), Some("ok-CDN".into()));
    assert_eq!(manifest.service.steering, Some(steering));
    assert_eq!(of_kind(&manifest, Carries::Audio).next().unwrap().id.as_deref(), Some("200k"));
    let Some(text) = reference("hls_define_queryparam.m3u8") else { return };
    let manifest = lonely("https://www.x.com?foo=bar&a=ok&token=1234", &text);
    let failed: Vec<_> = manifest.notes.iter().map(|note| note.document.as_str()).collect();
    let url = |n| format!("https://www.x.com/sec/video/{n}.m3u8?parent-token=1234");
    assert_eq!(failed, [url(1), url(2)]);
    let Some(text) = reference("hls_define_media_import.m3u8") else { return };
    let main = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"mvpVariable\",VALUE=\"ok\"\n\
                #EXT-X-STREAM-INF:BANDWIDTH=1000\nindex.m3u8\n";
    let manifest = at("http://example.com/hls/main.m3u8", main, &text).unwrap();
    let rendition = &manifest.periods[0].sets[0].renditions[0];
    let range = Some(ByteRange { first: 0, length: 718 });
    let of = |name: &str| format!("http://example.com/hls/{name}");
    let init = &segments(rendition).sections[0].setup[1];
    assert_eq!(*init, Resource { url: of("ok.mp4"), range });
    assert_eq!(segments(rendition).resource(0).url, of("aok.mp4"));
    let part = &list(rendition).parts[0].resource;
    assert_eq!(*part, Resource { url: of("part-4-1.mp4"), range });
    assert_eq!(list(rendition).reports[0], "http://example.com/media0/ok.m3u8");
    let alone = both(&text, "").unwrap();
    let said = alone.notes[0].to_string();
    assert!(said.contains("line 6: the variable `mvpVariable` is missing"), "{said}");
    let url = segments(&alone.periods[0].sets[0].renditions[0]).resource(0).url;
    assert_eq!(url, "https://h/a/a{$mvpVariable}.mp4");
}

#[test]
fn real_multivariant_playlists_are_read() {
    let outline = |name: &str| {
        let main = reference(name)?;
        Some(both(&main, MEDIA).unwrap())
    };
    let Some(manifest) = outline("hls_cmaf_mvp.m3u8") else { return };
    let [video, audio] = &played(&manifest).tracks[..] else { panic!("two tracks") };
    // AVERAGE-BANDWIDTH 1,160,822 less the 128,000 assumed for sound.
    assert_eq!(video.ladder.bitrates(), [Bitrate::from_bps(1_032_822)]);
    assert_eq!(audio.sections()[0].1[0][0].url, "https://h/a/stream_0.m3u8");
    let size = Resolution { width: 640, height: 360 };
    assert_eq!(video.ladder.representation(Rung(0)).resolution, Some(size));
    assert_eq!(video.ladder.representation(Rung(0)).frame_rate, FrameRate::parse("30"));
    let Some(manifest) = outline("hls_mvp_10_levels_redundant.m3u8") else { return };
    let tracks = played(&manifest).tracks;
    assert_eq!((tracks.len(), tracks[0].ladder.count()), (1, 5), "ten, of which five copies");
    let Some(manifest) = outline("hls_mvp_content_steering_pathways.m3u8") else { return };
    let tracks = played(&manifest).tracks;
    let counts = (tracks.len(), tracks[0].ladder.count(), tracks[1].ladder.count());
    assert_eq!(counts, (2, 5, 1), "thirty: three hosts, two kinds of sound");
    let originals = manifest.periods[0].sets[0].renditions.iter().filter(|r| !r.copy);
    let hosts: Vec<_> = originals.map(|r| r.pathway.as_deref()).collect();
    assert_eq!(hosts, [Some("Bar"); 5], "where the steering says to begin");
    // The multivariant playlist, five of pictures, and sound of both kinds.
    assert_eq!(manifest.documents.len(), 8);
    assert!(
        manifest.documents[1..].iter().all(|(of, _)| of.url.starts_with("http://www.bar.com/"))
    );
    let Some(manifest) = outline("hls_mvp_content_steering_small.m3u8") else { return };
    let steering = ("https://h/steering".to_owned(), Some("CDN-A".to_owned()));
    assert_eq!(manifest.service.steering, Some(steering));
    assert_eq!(played(&manifest).tracks[0].ladder.count(), 2);
}

/// A presentation of a ladder of pictures and one of sound; every field of a rung may be any of
/// several.
fn presentation() -> impl Strategy<Value = Presentation> {
    let track = |kind: Kind| {
        let codecs = match kind {
            Kind::Video => ["", "avc1.640028", "hvc1.1.6.L93.B0"],
            Kind::Audio => ["", "mp4a.40.2", "ec-3"],
        };
        let rung = (1..100_000_000_u64, prop::sample::select(codecs.to_vec()));
        let rungs = prop::collection::vec(rung, 1..5);
        let durations = prop::collection::vec((1..1u64 << 34).prop_map(Span::from_nanos), 1..20);
        (rungs, durations).prop_map(move |(rungs, durations)| {
            let rung = |&(bps, codecs): &(u64, &str)| Representation {
                codecs: codecs.to_owned(),
                ..Representation::new(Bitrate::from_bps(bps))
            };
            let ladder = Ladder::new(rungs.iter().map(rung).collect()).unwrap();
            let sizes = vec![Bytes::new(1_000); durations.len() * ladder.count()];
            Track::new(kind, ladder, &durations, sizes).unwrap()
        })
    };
    (track(Kind::Video), track(Kind::Audio)).prop_map(|(v, a)| Presentation::new(vec![v, a]))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn ladders_of_mixed_codecs_are_read_as_written(made in presentation()) {
        let package = write(&made);
        let read = package.open().unwrap();
        let bare = |t: &Track| t.clone().with_setup(vec![Vec::new(); t.ladder.count()]);
        let tracks: Vec<_> = read.tracks.iter().map(bare).collect();
        prop_assert_eq!(&tracks, &made.tracks, "{}", &package.documents[0].1);
        // Every segment, rounded, is within the target (RFC 8216bis, 4.4.3.1).
        for track in &made.tracks {
            let longest = (0..track.count()).map(|i| track.duration(i)).max().unwrap_or_default();
            let secs = (longest.as_nanos() / 500_000_000).div_ceil(2).max(1);
            let target = format!("#EXT-X-TARGETDURATION:{secs}\n");
            prop_assert!(package.documents.iter().any(|(_, text)| text.contains(&target)));
        }
    }

    /// Whatever stands in a playlist, there is an answer.
    #[test]
    fn no_playlist_is_too_strange(
        lines in prop::collection::vec((0..STRANGE.len(), ".{0,20}"), 0..30),
        ends in any::<bool>(),
    ) {
        let tags = lines.iter().filter_map(|(tag, more)| {
            STRANGE.get(*tag).map(|tag| format!("{tag}{more}\n"))
        });
        let rest = if ends { MEDIA } else { "" };
        let media = format!("#EXTM3U\n{}{rest}", tags.collect::<String>());
        let manifest = both(MAIN, &media).unwrap();
        let _ = manifest.outline(&Default::default()).map_err(|error| error.to_string());
        let _ = both(&media, &media).map_err(|error| error.to_string());
    }
}

/// Beginnings of lines.
const STRANGE: [&str; 24] = [
    "",
    "#EXTINF:1,",
    "#EXTINF:1,\n",
    "#EXTINF:3.5\na",
    "#EXTINF:",
    "#EXT-X-BYTERANGE:1",
    "#EXT-X-BYTERANGE:",
    "#EXT-X-MAP:URI=\"i\",",
    "#EXT-X-MAP:URI=\"i\",BYTERANGE=\"9\"\n",
    "#EXT-X-DISCONTINUITY",
    "#EXT-X-PROGRAM-DATE-TIME:2021-11-10T03:25:49",
    "#EXT-X-TARGETDURATION:1",
    "#EXT-X-MEDIA-SEQUENCE:1",
    "#EXT-X-GAP\n",
    "#EXT-X-BITRATE:9",
    "#EXT-X-PART:DURATION=1,URI=\"p\"\n",
    "#EXT-X-PART:DURATION=0.5,URI=\"p\",",
    "#EXT-X-SKIP:SKIPPED-SEGMENTS=9",
    "#EXT-X-SERVER-CONTROL:HOLD-BACK=",
    "#EXT-X-RENDITION-REPORT:URI=\"r\"\n",
    "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"h\",BYTERANGE-START=",
    "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"",
    "{$a}",
    "#EXT-X-I-FRAMES-ONLY",
];
