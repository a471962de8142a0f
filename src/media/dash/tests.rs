//! MPDs as they are met, and as nobody should meet them.

use mp4_atom::{Encode, SegmentReference, Sidx};

use super::*;
use crate::media::manifest::{
    ByteRange, Carries, Choice, Fetched, Outline, Rendition, Resource, read as open,
};
use crate::media::{Resolution, Rung};
use crate::units::{Bitrate, Bytes};

fn manifest(mpd: &str) -> Result<Manifest, ManifestError> {
    open("https://h/a/x.mpd", &mut |wanted: &Resource| match wanted.url.ends_with(".mpd") {
        true => Ok(mpd.as_bytes().to_owned().into()),
        false => Err("404 Not Found".to_owned()),
    })
}

fn read(mpd: &str) -> Result<Outline, ManifestError> {
    manifest(mpd)?.outline(&Choice::default())
}

fn trouble(mpd: &str) -> String {
    read(mpd).expect_err("it should be refused").to_string()
}

/// An MPD of ten seconds with one Representation, `v`, of this template and what it holds.
fn mpd(template: &str) -> String {
    format!(
        "<MPD type='static' mediaPresentationDuration='PT10S'><Period>\
         <AdaptationSet mimeType='video/mp4'>{template}\
         <Representation id='v' bandwidth='1000'/></AdaptationSet></Period></MPD>"
    )
}

fn timeline(attributes: &str, line: &str) -> String {
    mpd(&format!(
        "<SegmentTemplate media='$Time$' {attributes}><SegmentTimeline>{line}\
         </SegmentTimeline></SegmentTemplate>"
    ))
}

/// The URLs and durations in milliseconds of the first rung.
fn told(mpd: &str) -> (Vec<String>, Vec<u64>) {
    let track = read(mpd).unwrap().tracks.remove(0);
    let urls = (0..track.durations.len()).map(|index| {
        let resource = track.resource(index, Rung(0)).to_string();
        resource.strip_prefix("https://h/a/").unwrap_or(&resource).to_owned()
    });
    (urls.collect(), track.durations.iter().map(|d| d.as_millis()).collect())
}

/// The first thing that a rung needs.
fn init(mpd: &str) -> Option<String> {
    let track = read(mpd).unwrap().tracks.remove(0);
    track.sections()[0].1[0].first().map(Resource::to_string)
}

/// The renditions of a set of the first Period.
fn renditions(mpd: &str, set: usize) -> Vec<Rendition> {
    manifest(mpd).unwrap().periods.remove(0).sets.remove(set).renditions
}

#[test]
fn equal_segments_need_a_duration_and_an_end() {
    let of = "<SegmentTemplate media='$RepresentationID$/$Number%03d$.m4s' duration='4' \
              startNumber='9' initialization='$RepresentationID$-$Bandwidth$.mp4'/>";
    let (urls, durations) = told(&mpd(of));
    assert_eq!(urls, ["v/009.m4s", "v/010.m4s", "v/011.m4s"]);
    assert_eq!(durations, [4_000, 4_000, 2_000], "the last ends with the Period");
    assert_eq!(init(&mpd(of)).as_deref(), Some("https://h/a/v-1000.mp4"));
    let endless = mpd(of).replace("mediaPresentationDuration='PT10S'", "");
    let said = trouble(&endless);
    assert!(said.contains("a segment is missing"), "{said}");
    let shorter = mpd(&of.replace("startNumber='9'", "startNumber='9' endNumber='10'"));
    assert_eq!(told(&shorter).1, [4_000, 4_000]);
    // NTSC: segments of 60060/30000 = 2.002 s do not drift; 10 s hold four and 1.992 s.
    let ntsc = mpd("<SegmentTemplate media='$Time$' duration='60060' timescale='30000'/>");
    let (urls, durations) = told(&ntsc);
    assert_eq!(urls, ["0", "60060", "120120", "180180", "240240"]);
    assert_eq!(durations, [2_002, 2_002, 2_002, 2_002, 1_992]);
    let halves = mpd("<SegmentTemplate media='$Number$' duration='2.5'/>");
    assert_eq!(told(&halves).1, [2_500; 4], "a fraction of a tick, seen in the wild");
}

#[test]
fn timelines_repeat_until_the_next_or_the_end() {
    let (urls, durations) = told(&timeline("", "<S t='0' d='3' r='1'/><S d='4'/>"));
    assert_eq!(urls, ["0", "3", "6"]);
    assert_eq!(durations, [3_000, 3_000, 4_000]);
    assert_eq!(told(&timeline("", "<S d='2' r='-1'/>")).0, ["0", "2", "4", "6", "8"]);
    let (urls, durations) = told(&timeline("", "<S d='2' r='-1'/><S t='6' d='4'/>"));
    assert_eq!(urls, ["0", "2", "4", "6"]);
    assert_eq!(durations, [2_000, 2_000, 2_000, 4_000]);
    // The segments' clock is at 100 when the Period begins, and at 110 when it ends.
    let (urls, _) = told(&timeline("presentationTimeOffset='100'", "<S t='100' d='5' r='-1'/>"));
    assert_eq!(urls, ["100", "105"]);
}

#[test]
fn thirds_of_a_second_do_not_drift() {
    let track = read(&timeline("timescale='3'", "<S d='1' r='29'/>")).unwrap().tracks.remove(0);
    assert_eq!(track.durations.iter().copied().sum::<Span>(), Span::from_secs(10));
    assert!(track.durations.iter().all(|d| d.as_nanos().abs_diff(333_333_333) <= 1));
}

#[test]
fn gaps_are_bridged_and_large_ones_named() {
    let line = "<S t='20' d='980'/><S t='1010' d='990'/>";
    let (_, durations) = told(&timeline("timescale='1000'", line));
    // The second begins at 1,010 ms, which is when the first ends, and where it all begins is 20.
    assert_eq!(durations, [990, 990], "to where the next begins");
    let gap = timeline("", "<S d='2'/><S t='5' d='2'/>");
    assert_eq!(told(&gap).1, [5_000, 2_000]);
    let notes = read(&gap).unwrap().notes;
    assert!(notes[0].to_string().contains("from 2.000s to 5.000s is missing"), "{notes:?}");
    // A track that begins late begins the presentation, if no other is earlier.
    assert_eq!(told(&timeline("", "<S t='5' d='2'/>")).1, [2_000]);
    // What does not come after the segment before, or outlasts the Period, is not played.
    let (urls, durations) = told(&timeline("", "<S d='1'/><S t='0' d='9'/><S t='8' d='4'/>"));
    assert_eq!((urls, durations), (vec!["0".to_owned(), "8".to_owned()], vec![8_000, 2_000]));
}

#[test]
fn attributes_are_inherited_and_bases_joined() {
    let text = "<MPD type='static' mediaPresentationDuration='PT4S'>\
        <BaseURL>b/</BaseURL><Period><BaseURL>https://cdn/p/</BaseURL>\
        <BaseURL>https://spare/</BaseURL>\
        <SegmentTemplate timescale='10' duration='20' media='$Number$.m4s'/>\
        <AdaptationSet contentType='video' width='640' height='360' codecs='avc1.4d401e'>\
        <SegmentTemplate startNumber='7'/>\
        <Representation id='1' bandwidth='2000'><BaseURL>one/</BaseURL></Representation>\
        <Representation id='0' bandwidth='1000' codecs='hvc1'>\
        <SegmentTemplate media='$$$RepresentationID$_$Number$'/></Representation>\
        </AdaptationSet></Period></MPD>";
    let track = read(text).unwrap().tracks.remove(0);
    assert_eq!(track.ladder.bitrates(), [1_000, 2_000].map(Bitrate::from_bps), "sorted");
    let rung = track.ladder.representation(track.ladder.top());
    assert_eq!(rung.resolution, Some(Resolution { width: 640, height: 360 }));
    assert_eq!(rung.codecs, "avc1.4d401e");
    let urls = [(0, 0), (1, 0), (0, 1)].map(|(index, rung)| track.resource(index, Rung(rung)).url);
    assert_eq!(urls, ["https://cdn/p/$0_7", "https://cdn/p/$0_8", "https://cdn/p/one/7.m4s"]);
}

#[test]
fn sets_of_other_things_are_left_out() {
    let template = "<SegmentTemplate media='$Number$' duration='5'/>";
    let trick = "<AdaptationSet mimeType='video/mp4'><EssentialProperty \
        schemeIdUri='http://dashif.org/guidelines/trickmode' value='1'/></AdaptationSet>";
    let text = "<AdaptationSet mimeType='application/ttml+xml'/>";
    let whole = mpd(template);
    let mixed = whole.replace("<Period>", &format!("<Period>{trick}{text}"));
    assert_eq!(read(&mixed).unwrap().tracks, read(&whole).unwrap().tracks);
    let none = whole.replace("video/mp4", "image/jpeg");
    assert!(trouble(&none).contains("video or audio is missing; there is nothing to play"));
    let unsaid = whole.replace("mimeType='video/mp4'", "");
    assert!(trouble(&unsaid).contains("Period[0].AdaptationSet[0]: what it carries"));
    let kinds = manifest(&mixed).unwrap().periods.remove(0).sets;
    let kinds: Vec<_> = kinds.iter().map(|set| set.carries).collect();
    assert_eq!(kinds, [Carries::Trick, Carries::Text, Carries::Video]);
}

#[test]
fn absurd_numbers_are_refused_where_they_stand() {
    let good = mpd("<SegmentTemplate media='$Number$' duration='4' timescale='1'/>");
    let with = |from: &str, to: &str| trouble(&good.replace(from, to));
    let at = "https://h/a/x.mpd, Period[0].AdaptationSet[0].Representation[0]: ";
    assert!(with("timescale='1'", "timescale='0'").starts_with(&format!("{at}@timescale is")));
    assert!(with("'1000'", "'0'").contains("the bitrate of a rung is missing"));
    assert!(with("'1000'", "'9000000000000'").contains("is `9000000000000`; from 1 to"));
    assert!(with(" bandwidth='1000'", "").contains("the bitrate of a rung is missing"));
    assert!(with("'1000'", "'fast'").contains("line 1: @bandwidth is `fast`; a whole number"));
    assert!(with("duration='4'", "duration='0'").contains("@duration is `0`"));
    assert!(with("duration='4'", "duration='-1'").contains("@duration is `-1`"));
    assert!(with("duration='4'", "duration='NaN'").contains("@duration is `NaN`"));
    assert!(with("duration='4'", "duration='1e-300'").contains("segments are above the limit"));
    let fine = with("timescale='1'", "timescale='4000000000'");
    assert!(fine.contains("above the limit of 1000000"), "{fine}");
    assert!(with("PT10S", "P999999999999999Y").contains("line 1: @mediaPresentationDuration"));
    assert!(with("PT10S", "P999999999Y").contains("segments are above the limit"));
    assert!(with("PT10S", "PT0S").contains("a segment is missing"));
    assert!(with("$Number$", "one").contains("has to tell segments apart"));
    assert!(with("$Number$", "$Number").contains("closed by another"));
    assert!(with("$Number$", "$SubNumber$").contains("known are"));
    assert!(with("$Number$", "$Number%d$").contains("written %05d"));
    assert!(with("$Number$", "$Number%099d$").contains("written %05d"));
    assert!(with("$Number$", &"n".repeat(9_000)).contains("4096 bytes"));
    assert!(trouble(&timeline("", "<S d='0'/>")).contains("S[0]: @d is `0`"));
    assert!(trouble(&timeline("", "")).contains("a segment is missing"));
    for billions in ["999999999", "2147483648", "9223372036854775807"] {
        let said = trouble(&timeline("", &format!("<S d='1' r='{billions}'/>")));
        assert!(said.contains("SegmentTimeline[0].S[0]") && said.contains("above the limit"));
    }
    let far = format!("<S d='{}' r='9'/>", u64::MAX);
    assert!(trouble(&timeline("", &far)).contains("does not end"));
    assert!(trouble(&timeline("", "<S d='1' r='9999999999999999999'/>")).contains("line 1: @r"));
    assert!(trouble(&timeline("", &format!("<S t='{}' d='1'/>", u64::MAX))).contains("a clock"));
    let year = timeline("", "<S d='99999999'/>").replace("PT10S", "PT99999999S");
    assert!(trouble(&year).contains("the length of a track is `99999999s`"));
    // Quarters of a nanosecond: the first of four is dropped, since it lasts no time.
    let fine = timeline("timescale='4000000000'", "<S d='1' r='3'/>");
    assert_eq!(read(&fine).unwrap().tracks[0].durations.len(), 1);
}

#[test]
fn what_tells_no_duration_is_one_segment() {
    assert_eq!(told(&mpd("<SegmentTemplate media='all.mp4'/>")).1, [10_000]);
}

#[test]
fn many_long_timelines_share_a_limit() {
    let line = "<SegmentTemplate media='$Time$'><SegmentTimeline><S d='1' r='999998'/>\
                </SegmentTimeline></SegmentTemplate>";
    let set = |n: usize| {
        let line = line.replace("999998", &(999_990 - n).to_string());
        format!(
            "<AdaptationSet mimeType='video/mp4'>{line}\
             <Representation bandwidth='{n}'/></AdaptationSet>"
        )
    };
    let sets: String = (1..=5).map(set).collect();
    let told = manifest(&format!("<MPD><Period>{sets}</Period></MPD>")).unwrap();
    let good = told.periods[0].sets.iter().filter(|set| set.renditions[0].segments.is_ok());
    assert_eq!(good.count(), 4);
    assert!(told.notes[0].to_string().contains("segments in all are above the limit of 4000000"));
}

#[test]
fn lists_name_their_segments() {
    let list = |inside: &str| mpd(&format!("<SegmentList {inside}</SegmentList>"));
    let three = "<SegmentURL media='a'/><SegmentURL media='b' mediaRange='5-9'/><SegmentURL/>";
    let (urls, durations) = told(&list(&format!("duration='2'>{three}")));
    assert_eq!(urls, ["a", "b (bytes 5-9)", "x.mpd"]);
    assert_eq!(durations, [2_000; 3], "shorter than the presentation");
    let line = "<SegmentTimeline><S d='4'/><S d='1' r='9'/></SegmentTimeline>";
    assert_eq!(told(&list(&format!(">{line}{three}"))).1, [4_000, 1_000, 1_000]);
    let of = list(&format!("duration='4'><Initialization range='0-99'/>{three}"));
    assert_eq!(told(&of).1, [4_000, 4_000, 2_000]);
    assert_eq!(init(&of).as_deref(), Some("https://h/a/x.mpd (bytes 0-99)"));
    let wrong = list("duration='4'><SegmentURL mediaRange='9-5'/>");
    assert!(trouble(&wrong).contains("a range is `9-5`"));
}

/// A file: 100 bytes, an index of these references (size, duration, whether it leads to a further
/// index), and what else is given.
fn indexed(references: &[(u32, u32, bool)], timescale: u32) -> Vec<u8> {
    let reference = |&(referenced_size, subsegment_duration, reference_type)| SegmentReference {
        reference_type,
        referenced_size,
        subsegment_duration,
        starts_with_sap: true,
        sap_type: 1,
        sap_delta_time: 0,
    };
    let references = references.iter().map(reference).collect();
    let sidx = Sidx { reference_id: 1, timescale, references, ..Sidx::default() };
    let mut bytes = Vec::new();
    sidx.encode(&mut bytes).unwrap();
    bytes
}

/// What is read of an MPD that names this file.
fn with_media(mpd: &str, media: &[u8]) -> Result<Outline, ManifestError> {
    let read = open("https://h/a/x.mpd", &mut |wanted: &Resource| {
        let whole: &[u8] = if wanted.url.ends_with(".mpd") { mpd.as_bytes() } else { media };
        let range = wanted.range.unwrap_or(ByteRange { first: 0, length: whole.len() as u64 });
        let end = (range.end() as usize).min(whole.len());
        Ok(Fetched::from(whole[(range.first as usize).min(end)..end].to_owned()))
    });
    read?.outline(&Choice::default())
}

fn in_one_file(base: &str) -> String {
    format!(
        "<MPD mediaPresentationDuration='PT10S'><Period><AdaptationSet contentType='video'>\
         <Representation bandwidth='1'><BaseURL>v.mp4</BaseURL>{base}</Representation>\
         </AdaptationSet></Period></MPD>"
    )
}

#[test]
fn an_index_within_the_media_tells_sizes_exactly() {
    // A box of 100 bytes, then an index of 32 + 3 × 12 = 68 bytes, with its last at 167.
    let mut media = vec![0; 100];
    media[..8].copy_from_slice(&[0, 0, 0, 100, b'f', b'r', b'e', b'e']);
    media.extend(indexed(&[(1_000, 400, false), (2_000, 400, false), (500, 200, false)], 100));
    assert_eq!(media.len(), 168);
    for base in [
        "<SegmentBase indexRange='100-167'/>",
        "<SegmentBase indexRange='0-167'><Initialization range='0-99'/></SegmentBase>",
        "<SegmentBase/>",
        "",
    ] {
        let track = with_media(&in_one_file(base), &media).unwrap().tracks.remove(0);
        assert_eq!(track.durations, [4, 4, 2].map(Span::from_secs), "{base}");
        let size = |index| track.size(index, Rung(0)).unwrap();
        assert_eq!([0, 1, 2].map(size), [1_000, 2_000, 500].map(Bytes::new));
        assert_eq!(track.resource(1, Rung(0)).to_string(), "https://h/a/v.mp4 (bytes 1168-3167)");
        let setup = track.sections()[0].1[0].iter().map(Resource::to_string).collect::<Vec<_>>();
        let first = "https://h/a/v.mp4 (bytes 0-99)";
        assert_eq!(setup, [first, "https://h/a/v.mp4 (bytes 100-167)"]);
    }
    // The Period begins at 4 s of the file's clock, told on a clock of 10 ticks a second.
    let later = "<SegmentBase indexRange='100-167' timescale='10' presentationTimeOffset='40'/>";
    let track = with_media(&in_one_file(later), &media).unwrap().tracks.remove(0);
    assert_eq!(track.durations, [4, 2].map(Span::from_secs));
    assert_eq!(track.size(0, Rung(0)), Some(Bytes::new(2_000)));
}

#[test]
fn an_index_may_lead_to_indexes() {
    let leaf = indexed(&[(700, 2, false), (300, 2, false)], 1);
    // Indexes of 44 and 56 bytes; the first leads to the one right after it.
    let mut media = indexed(&[(leaf.len() as u32, 4, true)], 1);
    assert_eq!((media.len(), leaf.len()), (44, 56));
    media.extend(&leaf);
    let base = in_one_file("<SegmentBase indexRange='0-43'/>");
    let track = with_media(&base, &media).unwrap().tracks.remove(0);
    assert_eq!(track.durations, [2, 2].map(Span::from_secs));
    assert_eq!(track.resource(1, Rung(0)).range, ByteRange::parse("800-1099"));
    let mut circle = indexed(&[(44, 4, true)], 1);
    for _ in 0..9 {
        circle.extend(indexed(&[(44, 4, true)], 1));
    }
    let said = with_media(&base, &circle).unwrap_err().to_string();
    assert!(said.contains("levels of indexes are above the limit of 4"), "{said}");
}

#[test]
fn a_file_without_its_index_is_named() {
    let base = in_one_file("<SegmentBase indexRange='0-43'/>");
    let said = |media: &[u8]| with_media(&base, media).unwrap_err().to_string();
    let good = indexed(&[(9, 4, false)], 1);
    assert!(said(&good[..40]).contains("v.mp4: it ends before the index (sidx) is complete"));
    assert!(said(b"Not Found").contains("v.mp4: its index (sidx) is"), "{}", said(b"Not Found"));
    assert!(said(&indexed(&[(9, 4, false)], 0)).contains("timescale of its index is `0`"));
    assert!(said(&indexed(&[], 1)).contains("its index tells of none"));
    assert!(said(&[0x1a, 0x45, 0xdf, 0xa3]).contains("not supported yet: an index of WebM"));
    let rendition = &renditions(&base, 0)[0];
    assert_eq!(rendition.index.as_ref().unwrap().range, ByteRange::parse("0-43"));
    let why = rendition.segments.as_ref().unwrap_err().to_string();
    assert_eq!(why, "https://h/a/v.mp4: it cannot be opened: 404 Not Found");
}

#[test]
fn periods_are_played_one_after_another() {
    let set = |kbps: &[u64], of: &str| {
        let rungs: String = kbps
            .iter()
            .map(|k| format!("<Representation id='{of}{k}' bandwidth='{k}000'/>"))
            .collect();
        format!(
            "<AdaptationSet mimeType='video/mp4'><SegmentTemplate duration='4' \
             media='$RepresentationID$-$Number$' initialization='$RepresentationID$'/>{rungs}\
             </AdaptationSet>"
        )
    };
    let two = format!(
        "<MPD mediaPresentationDuration='PT15S'><Period duration='PT5S'>{}</Period>\
         <Period>{}</Period></MPD>",
        set(&[100, 900], "ad"),
        set(&[200, 400, 800], "film")
    );
    let track = read(&two).unwrap().tracks.remove(0);
    // Segments of 4 s: two in 5 s, and three in the 10 s that are left.
    assert_eq!(track.durations, [4, 1, 4, 4, 2].map(Span::from_secs));
    assert_eq!(track.ladder.bitrates(), [200, 400, 800].map(Bitrate::kbps), "the longer's");
    let url = |index, rung| track.resource(index, Rung(rung)).url;
    assert_eq!(url(0, 2), "https://h/a/ad100-1", "900 would be dearer than 800");
    assert_eq!(url(2, 2), "https://h/a/film800-1");
    let sections = track.sections();
    let firsts: Vec<_> = sections.iter().map(|(first, _)| *first).collect();
    assert_eq!(firsts, [0, 2], "each Period has its own initialisation");
    assert_eq!(sections[1].1[1][0].url, "https://h/a/film400");
}

#[test]
fn sound_is_of_the_language_asked_for() {
    let set = |lang: &str| {
        format!(
            "<AdaptationSet contentType='audio' lang='{lang}'><SegmentTemplate media='$Number$' \
             duration='5'/><Representation id='{lang}' bandwidth='9'>\
             <BaseURL>{lang}/</BaseURL></Representation></AdaptationSet>"
        )
    };
    let of = mpd("<SegmentTemplate media='$Number$' duration='5'/>");
    let both = of.replace("</Period>", &(set("de") + &set("en-GB") + "</Period>"));
    let spoken = |language: Option<&str>| {
        let choice = Choice { language: language.map(str::to_owned) };
        let outline = manifest(&both).unwrap().outline(&choice).unwrap();
        outline.tracks[1].resource(0, Rung(0)).url
    };
    assert_eq!(spoken(None), "https://h/a/de/1");
    assert_eq!(spoken(Some("en")), "https://h/a/en-GB/1");
    assert_eq!(spoken(Some("fr")), "https://h/a/de/1", "the first, for want of it");
}

#[test]
fn sets_that_may_be_switched_between_are_one_ladder() {
    let set = |id: u32, other: u32| {
        format!(
            "<AdaptationSet id='{id}' mimeType='video/mp4'><SupplementalProperty value='{other}' \
             schemeIdUri='urn:mpeg:dash:adaptation-set-switching:2016'/><SegmentTemplate \
             media='$Bandwidth$/$Number$' duration='5'/><Representation bandwidth='{id}'/>\
             </AdaptationSet>"
        )
    };
    let text = format!(
        "<MPD mediaPresentationDuration='PT10S'><Period>{}{}</Period></MPD>",
        set(7, 9),
        set(9, 7)
    );
    let ladder = read(&text).unwrap().tracks.remove(0).ladder;
    assert_eq!(ladder.bitrates(), [7, 9].map(Bitrate::from_bps));
}

#[test]
fn rungs_cut_at_other_places_are_left_out() {
    let rung = |id: u32, duration: u32| {
        format!(
            "<Representation bandwidth='{id}'><SegmentTemplate duration='{duration}' \
             media='$Number$'/></Representation>"
        )
    };
    let text = format!(
        "<MPD mediaPresentationDuration='PT12S'><Period><AdaptationSet contentType='video'>\
         {}{}{}</AdaptationSet></Period></MPD>",
        rung(1, 4),
        rung(2, 6),
        rung(3, 4)
    );
    let outline = read(&text).unwrap();
    assert_eq!(outline.tracks[0].ladder.bitrates(), [1, 3].map(Bitrate::from_bps));
    let note = outline.notes[0].to_string();
    assert!(note.contains("the rung of 2 bps has 2 segments"), "{note}");
}

#[test]
fn a_last_segment_that_some_rungs_are_without_is_left_out() {
    let rung = |id: u32, line: &str| {
        format!(
            "<Representation bandwidth='{id}'><SegmentTemplate media='$Number$'>\
             <SegmentTimeline>{line}</SegmentTimeline></SegmentTemplate></Representation>"
        )
    };
    let (longer, shorter) = (rung(1, "<S d='4' r='2'/>"), rung(2, "<S d='4' r='1'/>"));
    let outline = read(&format!(
        "<MPD mediaPresentationDuration='PT12S'><Period><AdaptationSet contentType='video'>\
         {longer}{shorter}</AdaptationSet></Period></MPD>"
    ));
    let outline = outline.unwrap();
    assert_eq!(outline.tracks[0].ladder.count(), 2);
    assert_eq!(outline.tracks[0].durations, [Span::from_secs(4); 2]);
    let note = outline.notes[0].to_string();
    assert!(note.contains("what is after segment 1, which not every rung has"), "{note}");
}

#[test]
fn whatever_begins_before_the_end_of_its_period_is_played() {
    let with = |length: &str, template: &str| {
        let mpd = mpd(template).replace("PT10S", length);
        told(&mpd).1
    };
    let every = "<SegmentTemplate media='$Number$' duration='4'/>";
    // 596.46 s are 149 whole segments and 0.46 s, though ticks are whole seconds.
    let told = with("PT596.46S", every);
    assert_eq!((told.len(), told.last()), (150, Some(&460)));
    assert_eq!(with("PT8.0004S", every), [4_000, 4_000], "0.4 ms are rounding");
    let line = |line: &str| {
        format!(
            "<SegmentTemplate media='$Number$'><SegmentTimeline>{line}</SegmentTimeline>\
             </SegmentTemplate>"
        )
    };
    // Up to the end, 10.4 s: five of 2 s and one of 0.4 s.
    assert_eq!(with("PT10.4S", &line("<S t='0' d='2' r='-1'/>")).len(), 6);
    // Up to the next, at 12: two of 5 s and a third that the next cuts short.
    let next = with("PT17S", &line("<S t='0' d='5' r='-1'/><S t='12' d='5'/>"));
    assert_eq!(next, [5_000, 5_000, 2_000, 5_000]);
}

#[test]
fn a_period_ends_where_the_next_begins() {
    let set = "<AdaptationSet mimeType='video/mp4'><SegmentTemplate media='$Number$' duration='2'/>\
               <Representation bandwidth='1'/></AdaptationSet>";
    let text = format!(
        "<MPD mediaPresentationDuration='PT8S'><Period start='PT0S' duration='PT9S'>{set}</Period>\
         <Period start='PT4S'>{set}</Period></MPD>"
    );
    let periods = manifest(&text).unwrap().periods;
    assert_eq!(periods[0].duration, Some(Span::from_secs(4)));
    assert_eq!(periods[1].duration, Some(Span::from_secs(4)));
    assert_eq!(told(&text), (["1", "2", "1", "2"].map(String::from).to_vec(), vec![2_000; 4]));
}

#[test]
fn what_players_do_without_is_left_out_where_it_is_wrong() {
    let text = mpd("<SegmentTemplate media='$Number$' duration='2'/>");
    let manifest = manifest(&text.replace("id='v'", "id='v' width='abc'")).unwrap();
    assert!(manifest.notes[0].to_string().contains("@width is `abc`"));
    assert!(manifest.outline(&Choice::default()).is_ok());
}

#[test]
fn what_is_quoted_cannot_steer_a_terminal() {
    let said = trouble("<MPD type='&#27;[31m'/>");
    assert!(said.contains("MPD@type is `\u{fffd}[31m`"), "{said}");
}

#[test]
fn what_is_live_is_told_whole() {
    let text = "<MPD type='dynamic' availabilityStartTime='1970-01-01T00:00:10Z' \
        minimumUpdatePeriod='PT2S' timeShiftBufferDepth='PT1M' suggestedPresentationDelay='PT6S'>\
        <Location>https://h/new.mpd</Location>\
        <ServiceDescription><Latency target='4000' min='2000' max='6000'/>\
        <PlaybackRate min='0.96' max='1.04'/>\
        <ContentSteering defaultServiceLocation='b'>steer?x=1&amp;y=2</ContentSteering>\
        </ServiceDescription>\
        <UTCTiming schemeIdUri='urn:mpeg:dash:utc:http-iso:2014' value='https://h/time'/>\
        <Period start='PT0S'><AdaptationSet contentType='video'><SegmentTemplate duration='2' \
        media='$Number$' availabilityTimeOffset='1.5'/><Representation bandwidth='1'/>\
        </AdaptationSet></Period></MPD>";
    let told = manifest(text).unwrap();
    let live = told.live.as_ref().unwrap();
    assert_eq!((live.since, live.update), (Some(10_000), Some(Span::from_secs(2))));
    assert_eq!((live.window, live.delay), (Some(Span::from_secs(60)), Some(Span::from_secs(6))));
    assert_eq!(live.clocks[0].1, "https://h/time");
    assert_eq!(told.service.latency, Some(Span::from_secs(4)));
    assert_eq!(told.service.rates, Some((0.96, 1.04)));
    let server = "https://h/a/steer?x=1&y=2".to_owned();
    assert_eq!(told.service.steering, Some((server, Some("b".to_owned()))));
    assert_eq!(told.locations, ["https://h/new.mpd"]);
    let rendition = &told.periods[0].sets[0].renditions[0];
    assert_eq!(rendition.early, Some(Span::from_millis(1_500)));
    let timeline = &rendition.segments.as_ref().unwrap().timeline;
    assert_eq!((timeline.every, timeline.cuts.len()), (Some(2), 0));
    assert!(trouble(text).contains("not supported yet: playing what is live"));
}

#[test]
fn offsets_may_be_below_zero() {
    let text = timeline("presentationTimeOffset='-3'", "<S t='0' d='2' r='2'/>");
    let rendition = &renditions(&text, 0)[0];
    let timeline = &rendition.segments.as_ref().unwrap().timeline;
    assert_eq!(timeline.start(0), 3_000_000_000, "3 s after the Period begins");
}

#[test]
fn what_nobody_reads_cannot_do_harm() {
    let good = timeline("", "<S d='5' r='1'/>");
    let odd = good
        .replace("<Period>", "<Period yt:segmentIngestTime='x' segmentAlignment='maybe'>")
        .replace("<AdaptationSet", "<AdaptationSet maxWidth='wide' mimeType='video/mp4'")
        .replace(
            "<Representation",
            "<cenc:pssh xmlns:x='u'>&#65;</cenc:pssh><mspr:pro/><Label>\
                  <b>bold</b></Label><EventStream><Event duration='P'>&unknown;</Event>\
                  </EventStream><scte35:Signal/><Representation audioSamplingRate='1 2'",
        );
    assert_eq!(told(&odd), told(&good));
    let prefixed = good.replace("</", "</m:").replace('<', "<m:").replace("<m:/", "</");
    assert_eq!(told(&prefixed), told(&good));
    let data = good.replace("<Period>", "<BaseURL><![CDATA[b&c/]]></BaseURL><Period>");
    assert_eq!(told(&data).0[1], "b&c/5");
}
