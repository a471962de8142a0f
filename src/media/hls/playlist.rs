//! A media playlist written from a track.
//!
//! The idea to hold: on demand it is all there and ends; live it is what is within the window, with
//! the parts of its last segments, and where it goes on. Parts are ranges of their segment, so that
//! a cache holds one object for both.

use std::ops::Range;

use crate::media::manifest::{Listing, Written, names};
use crate::units::{NANOS, Pts, Span};

/// The longest duration of a segment, rounded to whole seconds (RFC 8216bis, 4.4.3.1).
pub(super) fn target(written: &Written<'_>) -> Span {
    let longest = written.durations().max().unwrap_or_default().as_nanos();
    Span::from_secs(((longest + NANOS / 2) / NANOS).max(1))
}

/// The media playlist of a stream, all of it.
pub(super) fn on_demand(written: &Written<'_>, stream: usize) -> String {
    let mut list = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n{}",
        target(written).in_secs(),
        map(stream)
    );
    for index in 0..written.track.count() {
        list += &segment(written, stream, index);
    }
    list + "#EXT-X-ENDLIST\n"
}

/// The media playlist of a stream as it is at an instant.
pub(super) fn live(written: &Written<'_>, stream: usize, listing: &Listing<'_>) -> String {
    let track = written.track;
    let listed = listing.segments(written);
    let (breaks, gone) = breaks(written, listing, listed.start);
    let mut list = format!(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:{}\n{}#EXT-X-MEDIA-SEQUENCE:{}\n",
        target(written).in_secs(),
        offer(written, listing),
        listed.start
    );
    if gone > 0 {
        list += &format!("#EXT-X-DISCONTINUITY-SEQUENCE:{gone}\n");
    }
    // Parts of what is older than three target durations are told no more (RFC 8216bis, 6.2.2).
    let parts_from =
        Pts::ZERO + (track.start(listed.end).since_start()).saturating_sub(target(written) * 3);
    let chunks = listing.chunks(written, listed.end);
    for index in listed.start..listed.end + u32::from(chunks > 0) {
        let begins = breaks.contains(&index);
        if begins {
            list += "#EXT-X-DISCONTINUITY\n";
        }
        if begins || index == listed.start {
            let captured = listing.live.captured(track.start(index));
            let captured = listing.date(captured);
            list += &format!("{}#EXT-X-PROGRAM-DATE-TIME:{captured}\n", map(stream));
        }
        let whole = index < listed.end;
        if listing.live.chunk.is_some() && track.start(index) >= parts_from {
            let all = listing.live.chunks(track.duration(index));
            list += &parts(written, stream, (index, if whole { all } else { chunks }), listing);
        }
        if whole {
            list += &segment(written, stream, index);
        }
    }
    if listed.end == track.count() {
        return list + "#EXT-X-ENDLIST\n";
    }
    if listing.live.chunk.is_some() {
        let from = byte_range(written, stream, (listed.end, 0..chunks), listing).end;
        let url = names::segment(stream, listed.end);
        list += &format!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{url}\",BYTERANGE-START={from}\n");
    }
    list
}

/// What the server can do, and how far behind it asks players to be: no nearer than three target
/// durations, or two of parts (RFC 8216bis, 4.4.3.8).
fn offer(written: &Written<'_>, listing: &Listing<'_>) -> String {
    let back = listing.live.target;
    let Some(part) = listing.live.chunk else {
        let hold = back.filter(|&back| back >= target(written) * 3);
        let told = |hold: Span| format!("#EXT-X-SERVER-CONTROL:HOLD-BACK={}\n", hold.in_secs());
        return hold.map(told).unwrap_or_default();
    };
    format!(
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={}\n\
         #EXT-X-PART-INF:PART-TARGET={}\n",
        back.unwrap_or(part * 3).max(part * 2).in_secs(),
        part.in_secs()
    )
}

/// With which segments something new begins, and how many such have left the list.
fn breaks(written: &Written<'_>, listing: &Listing<'_>, first: u32) -> (Vec<u32>, usize) {
    let segments =
        listing.breaks().into_iter().skip(1).map(|place| written.track.first_from(place));
    let (gone, ahead): (Vec<u32>, Vec<u32>) = segments.partition(|&index| index < first);
    (ahead, gone.len())
}

/// The parts of a segment that are there.
fn parts(
    written: &Written<'_>,
    stream: usize,
    (index, chunks): (u32, u32),
    listing: &Listing<'_>,
) -> String {
    let length = written.track.duration(index);
    let url = names::segment(stream, index);
    let each = (0..chunks).map(|chunk| {
        let media = |chunks| listing.live.media(length, chunks);
        let duration = (media(chunk + 1) - media(chunk)).in_secs();
        let Range { start, end } = byte_range(written, stream, (index, chunk..chunk + 1), listing);
        let first = if chunk == 0 { ",INDEPENDENT=YES" } else { "" };
        format!(
            "#EXT-X-PART:DURATION={duration},URI=\"{url}\",BYTERANGE=\"{}@{start}\"{first}\n",
            end - start
        )
    });
    each.collect()
}

/// Where chunks of a segment are in it.
fn byte_range(
    written: &Written<'_>,
    stream: usize,
    (index, chunks): (u32, Range<u32>),
    listing: &Listing<'_>,
) -> Range<u64> {
    let rung = written.rung(stream);
    let (length, size) = (written.track.duration(index), written.track.size(index, rung));
    let place = |chunks| listing.live.bytes(length, size, chunks).get();
    place(chunks.start)..place(chunks.end)
}

fn segment(written: &Written<'_>, stream: usize, index: u32) -> String {
    let duration = written.track.duration(index);
    format!("#EXTINF:{},\n{}\n", duration.in_secs(), names::segment(stream, index))
}

fn map(stream: usize) -> String {
    format!("#EXT-X-MAP:URI=\"{}\"\n", names::init(stream))
}
