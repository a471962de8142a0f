//! Boxes: initialisation segments, and the heads of fragments (ISO/IEC 14496-12, and 14496-15 for
//! H.264 in them).
//!
//! The idea to hold: leaves are the library's, and what contains them is put together here, in the
//! order that the standard recommends. How long a fragment's head is follows from how many samples
//! it has, before any is known.

use mp4_atom::{
    Audio, Avc1, Avc3, Avcc, AvccExt, Codec, Dinf, Dref, Encode, Esds, FourCC, Ftyp, Hdlr, Mdhd,
    Mfhd, Mp4a, Mvhd, Smhd, Stco, Stsc, Stsd, Stsz, Styp, Tfdt, Tfhd, Tkhd, Trex, Trun, TrunEntry,
    TrunSamples, Url, Visual, Vmhd,
};
use mp4_atom::{Stts, esds};

use super::look::Look;
use super::rope::Rope;
use super::{aac, h264};
use crate::units::Bitrate;

/// The number of the one track of every file.
const TRACK: u32 = 1;

/// What is told of a sample that decodes by itself: that it depends on no other.
const SYNC: u32 = 0x0200_0000;

/// And of one that does not: that it depends on others and is no place to begin.
const DEPENDS: u32 = 0x0101_0000;

/// What a box takes besides what is in it.
pub(super) const HEADER: u64 = 8;

/// The size of what stands before the first fragment of a segment.
pub(super) const TYPE: u64 = 24;

/// What of a file is in its initialisation segment.
pub(super) enum Kind<'a> {
    Video(&'a Look),
    Audio,
}

/// An initialisation segment of exactly so many bytes, if it is that small.
pub(super) fn initialisation(kind: &Kind<'_>, bitrate: Bitrate, size: u64) -> Option<Rope> {
    let mut bytes = leaf(&Ftyp {
        major_brand: FourCC::new(b"iso6"),
        minor_version: 0,
        compatible_brands: [b"iso6", b"cmfc", b"dash", b"mp41"].map(FourCC::new).to_vec(),
    });
    let movie =
        Mvhd { next_track_id: TRACK + 1, rate: 1.into(), volume: 1.into(), ..Mvhd::default() };
    let defaults = Trex {
        track_id: TRACK,
        default_sample_description_index: 1,
        default_sample_flags: match kind {
            Kind::Video(_) => DEPENDS,
            Kind::Audio => SYNC,
        },
        ..Trex::default()
    };
    let extends = nest(b"mvex", &[leaf(&defaults)]);
    bytes.extend(nest(b"moov", &[leaf(&movie), track(kind, bitrate), extends]));
    let left = size.checked_sub(bytes.len() as u64)?;
    let mut rope = Rope::default();
    rope.push(bytes);
    if left > 0 {
        rope.append(free(left)?);
    }
    Some(rope)
}

/// So many bytes to be passed over, if they are enough to say so.
pub(super) fn free(size: u64) -> Option<Rope> {
    let content = size.checked_sub(u64::from(wide(size)) * 8 + HEADER)?;
    let mut rope = Rope::default();
    rope.push(header(b"free", size));
    rope.fill(content);
    Some(rope)
}

/// What stands before the first fragment of a segment.
pub(super) fn segment_type() -> Vec<u8> {
    let brands = [b"msdh", b"cmfs"].map(FourCC::new).to_vec();
    leaf(&Styp { major_brand: FourCC::new(b"msdh"), minor_version: 0, compatible_brands: brands })
}

/// The header of a box of so many bytes in all, itself included.
pub(super) fn header(kind: &[u8; 4], size: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    bytes.extend(if wide(size) { 1 } else { size as u32 }.to_be_bytes());
    bytes.extend(kind);
    if wide(size) {
        bytes.extend(size.to_be_bytes());
    }
    bytes
}

/// Whether a box is so large that its size is told apart.
pub(super) fn wide(size: u64) -> bool {
    size > u64::from(u32::MAX)
}

/// Samples of a fragment, as its head tells them.
pub(super) struct Fragment {
    pub(super) sequence: u32,
    /// Where the first begins.
    pub(super) time: u64,
    /// Whether the first decodes by itself while others do not.
    pub(super) starts: bool,
    /// How long each lasts, and how many bytes it is.
    pub(super) samples: Vec<(u32, u32)>,
}

impl Fragment {
    /// The `moof` box; the samples follow the header of an `mdat` box, which is so long.
    pub(super) fn head(&self, before_samples: u64) -> Vec<u8> {
        let first = self.samples.first().map_or(0, |&(duration, _)| duration);
        let uneven = uneven(&self.samples);
        let entry = |(number, &(duration, size)): (usize, &(u32, u32))| TrunEntry {
            duration: uneven.then_some(duration),
            size: Some(size),
            flags: (self.starts && number == 0).then_some(SYNC),
            cts: None,
        };
        let length = length(self.samples.len() as u64, uneven, self.starts);
        let run = Trun {
            data_offset: i32::try_from(length + before_samples).ok(),
            samples: TrunSamples::Explicit(self.samples.iter().enumerate().map(entry).collect()),
        };
        let defaults = Tfhd {
            track_id: TRACK,
            default_sample_duration: Some(first),
            default_base_is_moof: true,
            ..Tfhd::default()
        };
        let time = Tfdt { base_media_decode_time: self.time };
        let own = nest(b"traf", &[leaf(&defaults), leaf(&time), leaf(&run)]);
        let head = nest(b"moof", &[leaf(&Mfhd { sequence_number: self.sequence }), own]);
        debug_assert_eq!(head.len() as u64, length);
        head
    }
}

/// Whether samples differ in how long they last.
pub(super) fn uneven(samples: &[(u32, u32)]) -> bool {
    samples.windows(2).any(|pair| pair[0].0 != pair[1].0)
}

/// How long the `moof` box of so many samples is.
pub(super) fn length(samples: u64, uneven: bool, starts: bool) -> u64 {
    // moof, mfhd, traf, tfhd with a duration, tfdt of 64 bits; trun with an offset, flags of its
    // first sample, and a size for each.
    let run = 20 + if starts { 4 } else { 0 } + samples * if uneven { 8 } else { 4 };
    8 + 16 + 8 + 20 + 20 + run
}

fn track(kind: &Kind<'_>, bitrate: Bitrate) -> Vec<u8> {
    let size = match kind {
        Kind::Video(look) => look.format.size,
        Kind::Audio => (0, 0),
    };
    let (scale, handler, volume) = match kind {
        Kind::Video(look) => (look.timescale, b"vide", 0),
        Kind::Audio => (aac::RATE, b"soun", 1),
    };
    let told = Tkhd {
        track_id: TRACK,
        enabled: true,
        in_movie: true,
        volume: volume.into(),
        width: (size.0 as u16).into(),
        height: (size.1 as u16).into(),
        ..Tkhd::default()
    };
    let media = Mdhd { timescale: scale, language: "und".to_owned(), ..Mdhd::default() };
    let handler = Hdlr { handler: FourCC::new(handler), name: "abrsim".to_owned() };
    let (codec, about) = match kind {
        Kind::Video(look) => (video(look), leaf(&Vmhd::default())),
        Kind::Audio => (audio(bitrate), leaf(&Smhd::default())),
    };
    let here = Dinf { dref: Dref { entries: vec![Url::default().into()] } };
    let table = nest(
        b"stbl",
        &[
            leaf(&Stsd { codecs: vec![codec] }),
            leaf(&Stts::default()),
            leaf(&Stsc::default()),
            leaf(&Stsz::default()),
            leaf(&Stco::default()),
        ],
    );
    let information = nest(b"minf", &[about, leaf(&here), table]);
    let media = nest(b"mdia", &[leaf(&media), leaf(&handler), information]);
    nest(b"trak", &[leaf(&told), media])
}

fn video(look: &Look) -> Codec {
    let format = look.format;
    let [profile, constraints, level] = format.profile;
    let configuration = Avcc {
        configuration_version: 1,
        avc_profile_indication: profile,
        profile_compatibility: constraints,
        avc_level_indication: level,
        length_size: 4,
        sequence_parameter_sets: vec![format.sequence()],
        picture_parameter_sets: vec![h264::picture()],
        ext: h264::has_chroma_format(profile).then(AvccExt::default),
    };
    let (width, height) = (format.size.0 as u16, format.size.1 as u16);
    let visual = Visual { data_reference_index: 1, width, height, ..Visual::default() };
    match look.in_band {
        true => Avc3 { visual, avcc: configuration, ..Avc3::default() }.into(),
        false => Avc1 { visual, avcc: configuration, ..Avc1::default() }.into(),
    }
}

fn audio(bitrate: Bitrate) -> Codec {
    let rate = u32::try_from(bitrate.as_bps()).unwrap_or(u32::MAX);
    // Audio of ISO/IEC 14496-3, and as much to hold as the largest frame.
    let decoder = esds::DecoderConfig {
        object_type_indication: 0x40,
        stream_type: 5,
        buffer_size_db: [0, (aac::MOST >> 8) as u8, aac::MOST as u8].into(),
        max_bitrate: rate,
        avg_bitrate: rate,
        dec_specific: Some(esds::DecoderSpecific { raw: aac::config(), ..Default::default() }),
        ..Default::default()
    };
    let stream = esds::EsDescriptor { es_id: 0, dec_config: decoder, ..Default::default() };
    let audio = Audio {
        data_reference_index: 1,
        channel_count: aac::CHANNELS,
        sample_size: 16,
        sample_rate: (aac::RATE as u16).into(),
    };
    Mp4a { audio, esds: Esds { es_desc: stream }, btrt: None, taic: None }.into()
}

/// A box that holds others.
fn nest(kind: &[u8; 4], within: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = header(kind, HEADER + within.iter().map(Vec::len).sum::<usize>() as u64);
    bytes.extend(within.iter().flatten());
    bytes
}

/// A box as the library writes it.
fn leaf(of: &impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Nothing here has a value that its field cannot hold.
    of.encode(&mut bytes).expect("fields fit");
    bytes
}
