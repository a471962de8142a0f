//! An MPD written from a presentation.
//!
//! The idea to hold: of the ways to tell where segments are, the shortest that says it all is
//! taken: `@duration` where segments are equal, else a `SegmentTimeline`.

use quick_xml::escape::escape;

use crate::media::codecs::plain;
use crate::media::manifest::{Package, Written, sizes, written};
use crate::media::{Presentation, Representation, Resolution};
use crate::units::{NANOS, Pts, Span};

/// The documents and sizes of a presentation's first video and first audio track.
///
/// There is one Period and, by track, one AdaptationSet whose segments all rungs share; a rung's
/// bitrate is its `@bandwidth`.
pub fn write(presentation: &Presentation) -> Package {
    let end = presentation.end();
    let longest = written(presentation).flat_map(|w| w.durations().max()).max();
    let mut mpd = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
         profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" \
         mediaPresentationDuration=\"PT{}S\" minBufferTime=\"PT{}S\">\n  \
         <Period id=\"0\" start=\"PT0S\">\n",
        end.since_start().in_secs(),
        longest.unwrap_or_default().in_secs(),
    );
    for (id, written) in written(presentation).enumerate() {
        write_set(&mut mpd, id, &written, end);
    }
    mpd.push_str("  </Period>\n</MPD>\n");
    let entry = "manifest.mpd".to_owned();
    Package { documents: vec![(entry.clone(), mpd)], entry, sizes: sizes(presentation) }
}

fn write_set(mpd: &mut String, id: usize, written: &Written<'_>, end: Pts) {
    let kind = written.track.kind.name();
    *mpd += &format!(
        "    <AdaptationSet id=\"{id}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\" \
         segmentAlignment=\"true\" startWithSAP=\"1\">\n"
    );
    write_template(mpd, written, end);
    for (rung, Representation { bitrate, resolution, codecs, frame_rate, .. }) in written.rungs() {
        let (id, bps) = (written.stream(rung), bitrate.as_bps());
        *mpd += &format!("      <Representation id=\"{id}\" bandwidth=\"{bps}\"");
        if let Some(Resolution { width, height }) = resolution {
            *mpd += &format!(" width=\"{width}\" height=\"{height}\"");
        }
        if let Some(rate) = frame_rate {
            *mpd += &format!(" frameRate=\"{rate}\"");
        }
        if plain(codecs) {
            *mpd += &format!(" codecs=\"{}\"", escape(codecs));
        }
        *mpd += "/>\n";
    }
    *mpd += "    </AdaptationSet>\n";
}

fn write_template(mpd: &mut String, written: &Written<'_>, end: Pts) {
    let durations: Vec<Span> = written.durations().collect();
    let millis = Span::from_millis(1).as_nanos();
    let (scale, tick) = match durations.iter().all(|d| d.as_nanos().is_multiple_of(millis)) {
        true => (1_000, millis),
        false => (NANOS, 1),
    };
    *mpd += &format!("      <SegmentTemplate timescale=\"{scale}\" startNumber=\"1\"");
    // Without a timeline a reader infers the last segment from where the Period ends.
    let (first, last) = (durations[0], durations[durations.len() - 1]);
    let equal = durations[..durations.len() - 1].iter().all(|&d| d == first) && last <= first;
    let template = " initialization=\"init-stream$RepresentationID$.m4s\" \
                    media=\"chunk-stream$RepresentationID$-$Number%05d$.m4s\"";
    if equal && written.track.end() == end {
        *mpd += &format!(" duration=\"{}\"{template}/>\n", first.as_nanos() / tick);
        return;
    }
    *mpd += &format!("{template}>\n        <SegmentTimeline>\n");
    for run in durations.chunk_by(|a, b| a == b) {
        *mpd += &format!("          <S d=\"{}\"", run[0].as_nanos() / tick);
        match run.len() - 1 {
            0 => *mpd += "/>\n",
            repeats => *mpd += &format!(" r=\"{repeats}\"/>\n"),
        }
    }
    *mpd += "        </SegmentTimeline>\n      </SegmentTemplate>\n";
}
