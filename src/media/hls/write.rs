//! Playlists written from a presentation.
//!
//! The idea to hold: HLS states the rate of a whole variant, sound included, and never that of an
//! audio rendition. So every audio rung is written also as a variant of its own, which the standard
//! allows and players without pictures use; a variant's rate less its sound's is the video rung's.
//! `AVERAGE-BANDWIDTH` carries the advertised bitrate, `BANDWIDTH` the peak of segments.
//!
//! A ladder here is one whatever its codecs, while players of HLS keep to one family of them. Where
//! families differ, every variant has a `SCORE`, which ranks all on one scale.

use super::playlist::{self, target};
use crate::media::codecs::{family, plain};
use crate::media::manifest::{Listing, Package, Written, names, sizes, written};
use crate::media::{Kind, Presentation, Representation, Rung, Track};
use crate::units::{Bitrate, Bytes, Pts, Span};

/// The documents and sizes of a presentation's first video and first audio track, as of something
/// on demand.
///
/// Every audio rung is a group of one rendition. Each variant names the group at the same height of
/// its own ladder, and `BANDWIDTH` counts both.
pub fn write(presentation: &Presentation) -> Package {
    package(presentation, None)
}

/// The same of a presentation that is live, when the capture's clock shows that.
///
/// The event began so long after the beginning of 1970. Playlists list what is whole and within the
/// window, with the parts of the last segments where they are made in chunks. What is not live is
/// written as on demand.
pub fn write_live(presentation: &Presentation, clock: Pts, began: Span) -> Package {
    package(presentation, Listing::new(presentation, clock, began).as_ref())
}

fn package(presentation: &Presentation, listing: Option<&Listing<'_>>) -> Package {
    let tracks: Vec<Written<'_>> = written(presentation).collect();
    let mut main = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    let mut documents = Vec::new();
    let (sounds, pictures): (Vec<_>, Vec<_>) =
        tracks.iter().flat_map(streams).partition(|stream| stream.kind == Kind::Audio);
    for stream in &sounds {
        let number = stream.number;
        main += &format!(
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio{number}\",NAME=\"main\",DEFAULT=YES,\
             AUTOSELECT=YES,URI=\"media_{number}.m3u8\"\n"
        );
    }
    let ranked = tracks.iter().any(mixed);
    for (rung, picture) in pictures.iter().enumerate() {
        let sound = sounds.get(rung * sounds.len() / pictures.len());
        // Sound alone is never better than pictures.
        main += &variant(picture, sound, ranked.then_some(sounds.len() + rung + 1));
    }
    for (rung, sound) in sounds.iter().enumerate() {
        main += &variant(sound, None, ranked.then_some(rung + 1));
    }
    for written in &tracks {
        let numbers = written.track.ladder.rungs().map(|rung| written.stream(rung));
        let playlist = |number| match listing {
            Some(listing) => playlist::live(written, number, listing),
            None => playlist::on_demand(written, number),
        };
        documents.extend(numbers.map(|n| (names::playlist(n), playlist(n))));
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

/// One rung of a track, as a variant tells it.
struct Stream<'a> {
    kind: Kind,
    number: usize,
    told: &'a Representation,
    peak: Bitrate,
}

fn streams<'a>(written: &'a Written<'_>) -> impl Iterator<Item = Stream<'a>> {
    let (kind, target) = (written.track.kind, target(written));
    written.rungs().map(move |(rung, told)| {
        let peak = peak(written.track, rung, target);
        Stream { kind, number: written.stream(rung), told, peak }
    })
}

/// A variant: one rung, and for pictures the sound that goes with it.
fn variant(of: &Stream<'_>, sound: Option<&Stream<'_>>, score: Option<usize>) -> String {
    let parts = || [Some(of), sound].into_iter().flatten();
    let average: Bitrate = parts().map(|part| part.told.bitrate).sum();
    let peak: Bitrate = parts().map(|part| part.peak).sum();
    let mut line = format!(
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}",
        peak.max(average).as_bps(),
        average.as_bps()
    );
    // Codecs of sound alone would make it a variant without pictures.
    if plain(&of.told.codecs) {
        let codecs: Vec<&str> =
            parts().map(|part| part.told.codecs.as_str()).filter(|codecs| plain(codecs)).collect();
        line += &format!(",CODECS=\"{}\"", codecs.join(","));
    }
    if let Some(resolution) = of.told.resolution {
        line += &format!(",RESOLUTION={resolution}");
    }
    if let Some(rate) = of.told.frame_rate {
        line += &format!(",FRAME-RATE={:.3}", rate.as_f64());
    }
    let group = if of.kind == Kind::Audio { Some(of) } else { sound };
    if let Some(Stream { number, .. }) = group {
        line += &format!(",AUDIO=\"audio{number}\"");
    }
    if let Some(score) = score {
        line += &format!(",SCORE={score}");
    }
    // Without it, variants that differ in nothing else would be copies of one.
    let number = of.number;
    line + &format!(",STABLE-VARIANT-ID=\"{number}\"\nmedia_{number}.m3u8\n")
}

/// No longer runs of segments are looked at: no packager cuts one of its segments in so many.
const MAX_RUN: u32 = 100;

/// The peak segment bit rate (RFC 8216bis, 4.4.6.2): the highest of any run of segments that lasts
/// from a half of the target duration to one and a half.
fn peak(track: &Track, rung: Rung, target: Span) -> Bitrate {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Ladder;

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
