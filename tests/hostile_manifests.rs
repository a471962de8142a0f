//! Manifests that are broken, hostile or absurd, given to the binary: each ends in words that name
//! what is wrong and where, whether it is looked at or played.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// What is wrong, the file's ending, what it holds, and what has to be said of it.
fn cases() -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let mpd = |inside: &str| {
        let head = "<MPD type='static' mediaPresentationDuration='PT10S'><Period><AdaptationSet \
                    mimeType='video/mp4'>";
        format!("{head}{inside}<Representation bandwidth='9'/></AdaptationSet></Period></MPD>")
            .into_bytes()
    };
    let line = |s: &str| {
        mpd(&format!(
            "<SegmentTemplate media='$Time$'><SegmentTimeline>{s}</SegmentTimeline>\
             </SegmentTemplate>"
        ))
    };
    let media = |inside: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{inside}").into_bytes();
    let bomb = "<!DOCTYPE MPD [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><MPD><Period>\
                <BaseURL>&b;</BaseURL></Period></MPD>";
    let nested = |times| "<Period>".repeat(times);
    vec![
        ("nothing", "mpd", Vec::new(), "it is empty"),
        ("a page", "mpd", b"<!DOCTYPE html>\n<html>404".to_vec(), "line 2: it begins with"),
        ("words", "m3u8", b"Not Found".to_vec(), "begins with `Not Found`"),
        ("64 MiB", "mpd", vec![b'<'; 64 << 20], "more than the limit of 16777216 bytes"),
        ("zeros", "mpd", vec![0; 1_000], "it begins with"),
        ("a NUL", "mpd", b"<MPD>\n<Period\0/></MPD>".to_vec(), "line 2: text is `\\0`"),
        ("UTF-16", "mpd", b"\xff\xfe<\0M\0P\0D\0".to_vec(), "UTF-8 is expected"),
        ("Latin-1", "m3u8", b"#EXTM3U\n#EXTINF:4,caf\xe9\n".to_vec(), "line 2: the text is"),
        ("half a tag", "mpd", b"<MPD>\n<Period id='1".to_vec(), "line 2: it ends before"),
        ("no end", "mpd", b"<MPD>\n<Period>".to_vec(), "<Period>, opened on line 2"),
        ("crossed tags", "mpd", b"<MPD><Period></MPD>".to_vec(), "</Period> is expected"),
        ("deep", "mpd", format!("<MPD>{}", nested(100_000)).into(), "above the limit of 64"),
        ("wide", "mpd", format!("<MPD>{}", "<Period/>".repeat(60_000)).into(), "limit of 50000"),
        ("entities", "mpd", bomb.into(), "of entities, only"),
        ("a billion", "mpd", line("<S d='1' r='999999999'/>"), "limit of 1000000"),
        ("2^31", "mpd", line("<S d='1' r='2147483648'/>"), "limit of 1000000"),
        ("beyond 64 bits", "mpd", line("<S d='1' r='99999999999999999999'/>"), "line 1: @r is"),
        ("no time", "mpd", line("<S d='0'/>"), "S[0]: @d is `0`"),
        ("backwards", "mpd", line("<S d='-4'/>"), "line 1: @d is `-4`"),
        ("endless", "mpd", line("<S d='9223372036854775807' r='9'/>"), "does not end"),
        (
            "no rate",
            "mpd",
            mpd("<SegmentTemplate media='$Number$' duration='4' timescale='0'/>"),
            "@timescale is `0`",
        ),
        (
            "a negative length",
            "mpd",
            b"<MPD mediaPresentationDuration='-PT4S'/>".to_vec(),
            "line 1: @mediaPresentationDuration is `-PT4S`",
        ),
        ("no Period", "mpd", b"<MPD/>".to_vec(), "a Period is missing"),
        ("not a number", "m3u8", media("#EXTINF:abc,\na\n#EXT-X-ENDLIST\n"), "line 3: #EXTINF"),
        ("negative", "m3u8", media("#EXTINF:-4,\na\n#EXT-X-ENDLIST\n"), "line 3: #EXTINF"),
        ("too long", "m3u8", media("#EXTINF:1e99,\na\n#EXT-X-ENDLIST\n"), "line 3: #EXTINF"),
        (
            "too large a range",
            "m3u8",
            media("#EXTINF:4,\n#EXT-X-BYTERANGE:18446744073709551615@9\na\n#EXT-X-ENDLIST\n"),
            "line 5: #EXT-X-BYTERANGE is",
        ),
        ("no URL", "m3u8", media("#EXTINF:4,\n#EXT-X-ENDLIST\n"), "has its URL"),
        ("no segments", "m3u8", media("#EXT-X-ENDLIST\n"), "a segment is missing"),
        (
            "both kinds",
            "m3u8",
            media("#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#EXTINF:4,\nb\n"),
            "cannot stand in one playlist",
        ),
    ]
}

/// What is said, and how it ended. 101 would be a panic.
fn said(arguments: &[&str]) -> (String, i32) {
    let output = Command::cargo_bin("abrsim").unwrap().args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    // Lines are broken where the terminal ends: words are compared, not lines.
    let text = String::from_utf8_lossy(&text).replace(['│', '×'], " ");
    (text.split_whitespace().collect::<Vec<_>>().join(" "), output.status.code().unwrap())
}

#[test]
fn what_is_wrong_is_named_whether_looked_at_or_played() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("a.toml");
    let text = "title = \"t\"\nviewers = 1\nabr = \"bola\"\n[network]\nbandwidth = \"1Mbps\"\n\
                [content]\nmanifest = \"MANIFEST\"\n";
    let mut wrong = Vec::new();
    for (what, ending, bytes, right) in cases() {
        let path = folder.path().join(format!("x.{ending}"));
        fs::write(&path, bytes).unwrap();
        fs::write(&scenario, text.replace("MANIFEST", &format!("x.{ending}"))).unwrap();
        let out = folder.path().join("out");
        let (looked, code) = said(&["manifest", "inspect", path.to_str().unwrap()]);
        if !looked.contains(right) || !matches!(code, 0 | 2) {
            wrong.push(format!("{what}, looked at: {code}: {looked}"));
        }
        let (played, code) =
            said(&["run", scenario.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        if !played.contains(right) || code != 2 {
            wrong.push(format!("{what}, played: {code}: {played}"));
        }
        assert!(!Path::new(&out).exists(), "{what}: nothing is written before all is right");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
