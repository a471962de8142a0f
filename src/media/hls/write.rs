//! Playlists written from a presentation.
//!
//! The idea to hold: HLS states the rate of a whole variant, sound included, and never that of an
//! audio rendition. So every audio rung is written also as a variant of its own, which the standard
//! allows and players without pictures use; a variant's rate less its sound's is the video rung's.
//! `AVERAGE-BANDWIDTH` carries the advertised bitrate, `BANDWIDTH` the peak of segments.
//!
//! A ladder here is one whatever its codecs, while players of HLS keep to one family of them. Where
//! families differ, every variant has a `SCORE`, which ranks all on one scale.

use super::offer::family;
use crate::media::manifest::{Package, Written, plain, sizes, written};
use crate::media::{Kind, Presentation, Rung};
use crate::units::{Bitrate, Bytes, Span};

const NANOS: u64 = 1_000_000_000;

/// The documents and sizes of a presentation's first video and first audio track.
///
/// Every audio rung is a group of one rendition. Each variant names the group at the same height of
/// its own ladder, and `BANDWIDTH` counts both.
pub fn write(presentation: &Presentation) -> Package {
    let tracks: Vec<Written<'_>> = written(presentation).collect();
    let mut main = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    let mut documents = Vec::new();
    let audio = tracks.iter().find(|t| t.track.kind == Kind::Audio);
    for stream in audio.iter().flat_map(|a| a.track.ladder.rungs().map(|r| a.stream(r))) {
        main += &format!(
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio{stream}\",NAME=\"main\",DEFAULT=YES,\
             AUTOSELECT=YES,URI=\"media_{stream}.m3u8\"\n"
        );
    }
    let ranked = tracks.iter().any(mixed);
    // Sound alone is never better than pictures.
    let sounds = audio.map_or(0, |a| a.track.ladder.count());
    for written in &tracks {
        let rungs = written.track.ladder.count();
        for rung in written.track.ladder.rungs() {
            let sound = audio.map(|a| {
                let top = usize::from(rung.0) * a.track.ladder.count() / rungs;
                (a, Rung(top as u8))
            });
            let (sound, worse) = match written.track.kind {
                Kind::Video => (sound, sounds),
                Kind::Audio => (None, 0),
            };
            let score = ranked.then_some(worse + usize::from(rung.0) + 1);
            main += &variant((written, rung), sound, score);
            let stream = written.stream(rung);
            documents.push((format!("media_{stream}.m3u8"), playlist(written, stream)));
        }
    }
    let entry = "master.m3u8".to_owned();
    documents.insert(0, (entry.clone(), main));
    Package { entry, documents, sizes: sizes(presentation) }
}

/// Whether players would take its rungs for several ladders.
fn mixed(written: &Written<'_>) -> bool {
    let mut families = written.rungs().map(|(_, told)| family(&told.codecs));
    let first = families.next();
    families.any(|family| Some(family) != first)
}

/// A variant: one rung, and for pictures the sound that goes with it.
fn variant(
    of: (&Written<'_>, Rung),
    sound: Option<(&Written<'_>, Rung)>,
    score: Option<usize>,
) -> String {
    let parts = || [Some(of), sound].into_iter().flatten();
    let told = |(w, rung): (&Written<'_>, Rung)| w.track.ladder.representation(rung).clone();
    let average: Bitrate = parts().map(|part| told(part).bitrate).sum();
    let peak: Bitrate = parts().map(peak).sum();
    let stream = of.0.stream(of.1);
    let mut line = format!(
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}",
        peak.max(average).as_bps(),
        average.as_bps()
    );
    // Codecs of sound alone would make it a variant without pictures.
    if plain(&told(of).codecs) {
        let codecs: Vec<String> = parts().map(|part| told(part).codecs).collect();
        let codecs: Vec<&str> = codecs.iter().map(String::as_str).filter(|c| plain(c)).collect();
        line += &format!(",CODECS=\"{}\"", codecs.join(","));
    }
    if let Some(resolution) = told(of).resolution {
        line += &format!(",RESOLUTION={resolution}");
    }
    if let Some(rate) = told(of).frame_rate {
        line += &format!(",FRAME-RATE={:.3}", rate.as_f64());
    }
    let group = match (of.0.track.kind, sound) {
        (Kind::Audio, _) => Some(stream),
        (Kind::Video, sound) => sound.map(|(w, rung)| w.stream(rung)),
    };
    if let Some(group) = group {
        line += &format!(",AUDIO=\"audio{group}\"");
    }
    if let Some(score) = score {
        line += &format!(",SCORE={score}");
    }
    // Without it, variants that differ in nothing else would be copies of one.
    line + &format!(",STABLE-VARIANT-ID=\"{stream}\"\nmedia_{stream}.m3u8\n")
}

/// No longer runs of segments are looked at: no packager cuts one of its segments in so many.
const MAX_RUN: u32 = 100;

/// The peak segment bit rate (RFC 8216bis, 4.4.6.2): the highest of any run of segments that lasts
/// from a half of the target duration to one and a half.
fn peak((written, rung): (&Written<'_>, Rung)) -> Bitrate {
    let (track, target) = (written.track, target(written));
    let mut peak = Bitrate::ZERO;
    for first in 0..track.count() {
        let (mut size, mut length) = (Bytes::ZERO, Span::ZERO);
        for index in first..track.count().min(first + MAX_RUN) {
            size += track.size(index, rung);
            length += track.duration(index);
            if length * 2 > target * 3 {
                break;
            }
            if length * 2 >= target {
                peak = peak.max(size / length);
            }
        }
    }
    peak
}

/// The longest duration of a segment, rounded to whole seconds (RFC 8216bis, 4.4.3.1).
fn target(written: &Written<'_>) -> Span {
    let longest = written.durations().max().unwrap_or_default().as_nanos();
    Span::from_secs(((longest + NANOS / 2) / NANOS).max(1))
}

/// The media playlist of a stream.
fn playlist(written: &Written<'_>, stream: usize) -> String {
    let mut list = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-MAP:URI=\"init-stream{stream}.m4s\"\n",
        target(written).in_secs(),
    );
    for (number, duration) in (1..).zip(written.durations()) {
        list += &format!("#EXTINF:{},\nchunk-stream{stream}-{number:05}.m4s\n", duration.in_secs());
    }
    list + "#EXT-X-ENDLIST\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Ladder, Representation, Track};

    /// Segments of 4, 4 and 1 s of one rung for each codec.
    fn made(codecs: &[&str]) -> Presentation {
        let rung = |codecs: &&str| Representation {
            codecs: (*codecs).to_owned(),
            ..Representation::new(Bitrate::kbps(500))
        };
        let ladder = Ladder::new(codecs.iter().map(rung).collect()).unwrap();
        let sizes = [1_000_000, 250_000, 200_000].map(Bytes::new);
        let sizes = sizes.into_iter().flat_map(|size| vec![size; ladder.count()]).collect();
        let durations = [4, 4, 1].map(Span::from_secs);
        Presentation::new(vec![Track::new(Kind::Video, ladder, &durations, sizes).unwrap()])
    }

    #[test]
    fn the_peak_is_that_of_any_run_near_the_target() {
        let package = write(&made(&["avc1.640028"]));
        let (_, main) = &package.documents[0];
        // 1,000,000 B in 4 s are 2 Mbit/s. The last second, at 1.6 Mbit/s, is too short to count.
        assert!(main.contains("BANDWIDTH=2000000,AVERAGE-BANDWIDTH=500000,CODECS=\"avc1.640028\""));
        assert!(package.documents[1].1.contains("#EXT-X-TARGETDURATION:4\n"));
    }

    #[test]
    fn ladders_of_several_families_are_ranked_on_one_scale() {
        let main = |codecs: &[&str]| write(&made(codecs)).documents.remove(0).1;
        assert!(!main(&["avc1.640028", "avc3.64001f"]).contains("SCORE"));
        let mixed = main(&["avc1.640028", "hvc1.1.6.L93.B0"]);
        assert!(mixed.contains(",SCORE=1,") && mixed.contains(",SCORE=2,"), "{mixed}");
    }
}
