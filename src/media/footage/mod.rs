//! Footage: media that browsers play, of a presentation of which only sizes are known.
//!
//! The idea to hold: what a model says of bytes is kept to the byte. A segment is as large as
//! [`Track::size`] has it and a chunk of it as [`Live::bytes`](crate::media::Live::bytes) has it;
//! what still pictures and silence leave over is filler, which decoders pass over.
//!
//! ```text
//!   bits.rs      bits, Exp-Golomb codes and NAL units
//!   letters.rs   a time and a number in blocks
//!   h264.rs      still pictures
//!   aac.rs       silence
//!   look.rs      what a rung looks like, told or made up
//!   boxes.rs     fragmented MP4
//!   rope.rs      bytes that need not be in memory
//!   cut.rs       samples and filler for a segment, chunk by chunk
//! ```
//!
//! # What is to be seen
//! A grey picture with the place where the segment begins, as `mm:ss` or `h:mm:ss`, and below it
//! the rung. It is an IDR picture, and the others of the segment repeat it. Sound is silent.
//!
//! # The timeline of the media
//! That of the track: a segment begins at [`Track::start`], counted from the track's beginning, and
//! neither the encoder's gaps nor Periods are in it. Manifests written here map it: an MPD by
//! `@presentationTimeOffset`, which is the place in the track where its Period begins. Video begins
//! and ends with its segment, and its pictures are spread over it evenly. A frame of sound belongs
//! to the segment in which it begins, so that one may begin up to 21 ms late, and none overlap.
//!
//! # Where it does not fit
//! The fewer bytes there are, the fewer pictures: one is enough. Where not even that one fits, or
//! not all frames of sound, the bytes are as many as they should be and mean nothing, and
//! [`Reel::playable`] is false.

mod aac;
mod bits;
mod boxes;
mod cut;
mod h264;
mod letters;
mod look;
mod rope;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use look::dressed;
pub use rope::{FILLER, Piece, Rope, Shared};

use super::manifest::INIT_SIZE;
use super::{Kind, Presentation, Rung, Segment, Track, TrackId};
use look::Look;

/// Bytes to serve.
#[derive(Clone, Debug)]
pub struct Reel {
    /// As many as the model has.
    pub bytes: Rope,
    /// Whether they are media, or only as many.
    pub playable: bool,
}

impl Reel {
    fn opaque(size: u64) -> Self {
        Self { bytes: Rope::filler(size), playable: false }
    }
}

/// The initialisation segment of a rung, of [`INIT_SIZE`].
pub fn initialisation(content: &Presentation, track: TrackId, rung: Rung) -> Reel {
    let Track { kind, ladder, .. } = content.track(track);
    let (told, size) = (ladder.representation(rung), INIT_SIZE.get());
    let look = Look::of(told);
    let of = match kind {
        Kind::Video => boxes::Kind::Video(&look),
        Kind::Audio => boxes::Kind::Audio,
    };
    match boxes::initialisation(&of, told.bitrate, size) {
        Some(bytes) => Reel { bytes, playable: true },
        None => Reel::opaque(size),
    }
}

/// A segment, which is all of its chunks.
pub fn segment(content: &Presentation, segment: Segment) -> Reel {
    let all = cut::chunks(content, segment).len();
    reel(content, segment, 0..all)
}

/// A chunk of a segment, from 0: a CMAF chunk of DASH, a part of HLS. It begins where the one
/// before it ends.
///
/// # Panics
/// If there are not as many.
pub fn chunk(content: &Presentation, segment: Segment, number: u32) -> Reel {
    reel(content, segment, number as usize..number as usize + 1)
}

/// How many chunks a segment is made of; one, unless the presentation is live and sent in chunks.
pub fn chunk_count(content: &Presentation, segment: Segment) -> u32 {
    let length = content.track(segment.track).duration(segment.index);
    content.live.as_ref().map_or(1, |live| live.chunks(length))
}

/// Where a chunk is in its segment, as playlists address parts.
pub fn chunk_range(content: &Presentation, segment: Segment, number: u32) -> Range<u64> {
    let track = content.track(segment.track);
    let (length, size) = (track.duration(segment.index), track.size(segment.index, segment.rung));
    match &content.live {
        Some(live) => {
            let place = |chunks| match chunks {
                0 => 0,
                _ => live.bytes(length, size, chunks).get(),
            };
            place(number)..place(number + 1)
        }
        None => 0..size.get(),
    }
}

fn reel(content: &Presentation, segment: Segment, numbers: Range<usize>) -> Reel {
    match content.track(segment.track).kind {
        Kind::Video => cut::video(content, segment, numbers),
        Kind::Audio => cut::audio(content, segment, numbers),
    }
}
