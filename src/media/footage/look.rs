//! What a rung looks like: its picture, its rate and its codec, told or made up.
//!
//! The idea to hold: what is told is kept where it can be made, so that what is served agrees with
//! its manifest. What is not told follows from the bitrate, and from it the lowest level that holds
//! it.

use super::h264::Format;
use crate::media::{
    FrameRate, Kind, Ladder, Presentation, Representation, Resolution, Track, codecs,
};
use crate::units::{Bitrate, NANOS, Span};

/// The codec of all sound: AAC-LC.
const SOUND: &str = "mp4a.40.2";

/// Profiles whose streams decoders of H.264 are asked to play: Baseline, Main and High.
const PROFILES: [u8; 3] = [66, 77, 100];

/// The rate of pictures where none is told; the ladders here count on it too.
const USUAL: FrameRate = FrameRate { frames: 30, seconds: 1 };

/// Rates of pictures per second that are believed. The highest level has no more than 300 of its
/// smallest pictures (A.3.1).
const FASTEST: f64 = 300.0;
const SLOWEST: f64 = 0.01;

/// The most pixels down or across: those of the highest level (table A-1, and A.3.1: the square
/// root of eight times its blocks).
const WIDEST: u32 = 16 * 1_055;

/// The sizes of pictures up to which bitrates, in kbps: as services of 16:9 have them.
const SIZES: [(u64, u32, u32); 7] = [
    (500, 426, 240),
    (1_000, 640, 360),
    (2_200, 854, 480),
    (4_500, 1_280, 720),
    (9_000, 1_920, 1_080),
    (18_000, 2_560, 1_440),
    (u64::MAX, 3_840, 2_160),
];

/// Table A-1: `level_idc`, macroblocks per second, macroblocks of a picture, kbps.
const LEVELS: [(u8, u32, u32, u64); 19] = [
    (10, 1_485, 99, 64),
    (11, 3_000, 396, 192),
    (12, 6_000, 396, 384),
    (13, 11_880, 396, 768),
    (20, 11_880, 396, 2_000),
    (21, 19_800, 792, 4_000),
    (22, 20_250, 1_620, 4_000),
    (30, 40_500, 1_620, 10_000),
    (31, 108_000, 3_600, 14_000),
    (32, 216_000, 5_120, 20_000),
    (40, 245_760, 8_192, 20_000),
    (41, 245_760, 8_192, 50_000),
    (42, 522_240, 8_704, 50_000),
    (50, 589_824, 22_080, 135_000),
    (51, 983_040, 36_864, 240_000),
    (52, 2_073_600, 36_864, 240_000),
    (60, 4_177_920, 139_264, 240_000),
    (61, 8_355_840, 139_264, 480_000),
    (62, 16_711_680, 139_264, 800_000),
];

/// The same content with what players need to be told of it.
///
/// A video rung that tells no size of its picture, no rate or no codec gets ones that go with its
/// bitrate. A codec that cannot be made here (HEVC, AV1 and so on, or profiles of H.264 that are
/// rarely played) becomes H.264 of the lowest level that holds the picture, and an odd number of
/// pixels one more. Sound becomes AAC-LC. Bitrates and sizes stay as they are.
pub fn dressed(content: &Presentation) -> Presentation {
    let track = |track: &Track| {
        let rungs = track.ladder.rungs.iter().map(|told| dress(track.kind, told)).collect();
        let ladder = Ladder::new(rungs).unwrap_or_else(|| track.ladder.clone());
        Track { ladder, ..track.clone() }
    };
    Presentation { tracks: content.tracks.iter().map(track).collect(), ..content.clone() }
}

/// A rung with all that players need to be told.
pub(super) fn dress(kind: Kind, told: &Representation) -> Representation {
    match kind {
        Kind::Audio => Representation {
            codecs: SOUND.to_owned(),
            resolution: None,
            frame_rate: None,
            ..told.clone()
        },
        Kind::Video => {
            let resolution = resolution(told);
            let can = |rate: &FrameRate| (SLOWEST..=FASTEST).contains(&rate.as_f64());
            let rate = told.frame_rate.filter(can).unwrap_or(USUAL);
            let fitting = codecs::each(&told.codecs).find(|codec| profile(codec).is_some());
            let codecs = match fitting {
                Some(codec) => codec.to_owned(),
                None => codec(resolution, rate, told.bitrate),
            };
            let (resolution, frame_rate) = (Some(resolution), Some(rate));
            Representation { codecs, resolution, frame_rate, ..told.clone() }
        }
    }
}

fn resolution(told: &Representation) -> Resolution {
    let even = |pixels: u32| pixels.next_multiple_of(2);
    let can = |size: &Resolution| {
        let possible = |pixels| (1..=WIDEST).contains(&pixels);
        possible(size.width) && possible(size.height) && blocks(*size) <= LEVELS[18].2
    };
    if let Some(size) = told.resolution.filter(can) {
        return Resolution { width: even(size.width), height: even(size.height) };
    }
    let fits = |(most, ..): &&(u64, u32, u32)| told.bitrate.as_bps() / 1_000 <= *most;
    let (_, width, height) = SIZES.iter().find(fits).copied().unwrap_or(SIZES[6]);
    Resolution { width, height }
}

fn blocks(size: Resolution) -> u32 {
    size.width.div_ceil(16) * size.height.div_ceil(16)
}

/// High profile from 720 lines on, Main below, as ladders have it; at the lowest level that fits.
fn codec(size: Resolution, rate: FrameRate, bitrate: Bitrate) -> String {
    let per_second = f64::from(blocks(size)) * rate.as_f64();
    let holds = |(_, fast, large, kbps): &&(u8, u32, u32, u64)| {
        per_second <= f64::from(*fast) && blocks(size) <= *large && bitrate <= Bitrate::kbps(*kbps)
    };
    let (level, ..) = LEVELS.iter().find(holds).copied().unwrap_or(LEVELS[18]);
    let profile = if size.height >= 720 { "6400" } else { "4d40" };
    format!("avc1.{profile}{level:02x}")
}

/// The profile, constraints and level of a codec that can be made here.
fn profile(codec: &str) -> Option<[u8; 3]> {
    let (name, hex) = codec.split_once('.')?;
    let right = ["avc1", "avc3"].contains(&name) && hex.len() == 6;
    let [_, profile, constraints, level] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
    (right && PROFILES.contains(&profile) && level > 0).then_some([profile, constraints, level])
}

/// A video rung as it is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Look {
    pub(super) format: Format,
    /// Whether parameters may stand in the stream too, by its codec (`avc3`); here they never do.
    pub(super) in_band: bool,
    pub(super) rate: FrameRate,
    /// Units of a second in which its times are told: such that a picture lasts a whole number.
    pub(super) timescale: u32,
}

impl Look {
    pub(super) fn of(told: &Representation) -> Self {
        let Representation { codecs, resolution, frame_rate, .. } = dress(Kind::Video, told);
        let size = resolution.map_or((2, 2), |size| (size.width, size.height));
        // It has all of them once it is dressed.
        let profile = profile(&codecs).unwrap_or([77, 0x40, 40]);
        let rate = frame_rate.unwrap_or(USUAL);
        Self {
            format: Format { profile, size },
            in_band: codecs.starts_with("avc3"),
            rate,
            timescale: timescale(rate),
        }
    }

    /// How many pictures are in so much.
    pub(super) fn pictures(&self, length: Span) -> u64 {
        libm::round(length.as_secs_f64() * self.rate.as_f64()) as u64
    }

    /// A place in the timescale, to the nearest.
    pub(super) fn ticks(&self, place: Span) -> u64 {
        let product = u128::from(place.as_nanos()) * u128::from(self.timescale);
        ((product + u128::from(NANOS / 2)) / u128::from(NANOS)) as u64
    }
}

/// At least 90,000, in which milliseconds and pictures are whole numbers, if there is one.
fn timescale(rate: FrameRate) -> u32 {
    const LEAST: u32 = 90_000;
    let (mut a, mut b) = (rate.frames, 1_000);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    let both = rate.frames.checked_mul(1_000 / a);
    let enough = both.and_then(|both| both.checked_mul(LEAST.div_ceil(both)));
    enough.unwrap_or(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::ladders;

    fn video(kbps: u64, size: Option<(u32, u32)>, codecs: &str) -> Representation {
        let resolution = size.map(|(width, height)| Resolution { width, height });
        let told = Representation::new(Bitrate::kbps(kbps));
        dress(Kind::Video, &Representation { resolution, codecs: codecs.to_owned(), ..told })
    }

    #[test]
    fn what_is_told_is_kept_where_it_can_be_made() {
        for &ladders::Named { name, .. } in ladders::ALL {
            let ladder = ladders::named(name).unwrap();
            for rung in ladder.rungs() {
                let told = ladder.representation(rung);
                let made = dress(Kind::Video, told);
                assert!(told.codecs.is_empty() || made.codecs == told.codecs);
                assert!(told.resolution.is_none() || made.resolution == told.resolution);
                assert_eq!(made, dress(Kind::Video, &made), "once is enough");
                let coded = Representation { codecs: String::new(), ..told.clone() };
                // The ladder from a service says how its levels follow, and here they do as well.
                let ours = name.starts_with("five-rung");
                assert!(!ours || dress(Kind::Video, &coded).codecs == told.codecs);
            }
        }
        assert_eq!(video(900, None, "mp4a.40.2,avc3.42c01e").codecs, "avc3.42c01e");
    }

    #[test]
    fn what_is_not_told_follows_from_the_bitrate() {
        let told = video(3_000, None, "");
        assert_eq!(told.resolution.unwrap().to_string(), "1280x720");
        // 80 * 45 * 30 are 108,000 a second, which level 3.1 just holds.
        assert_eq!((told.codecs.as_str(), told.frame_rate.unwrap()), ("avc1.64001f", USUAL));
        let odd = video(500, Some((853, 481)), "hvc1.1.6.L93.B0");
        assert_eq!(odd.resolution.unwrap().to_string(), "854x482");
        // 54 * 31 blocks are more than the 1,620 of level 3.
        assert_eq!(odd.codecs, "avc1.4d401f");
        assert_eq!(video(500, Some((0, 0)), "").resolution.unwrap().to_string(), "426x240");
        assert_eq!(video(90_000, None, "avc1.7a0033").codecs, "avc1.640033");
        let content = Presentation::new(vec![
            Track::new(
                Kind::Audio,
                Ladder::new(vec![Representation::new(Bitrate::kbps(96))]).unwrap(),
                &[Span::from_secs(2)],
                vec![crate::units::Bytes::new(24_000)],
            )
            .unwrap(),
        ]);
        assert_eq!(dressed(&content).tracks[0].ladder.rungs[0].codecs, "mp4a.40.2");
    }

    #[test]
    fn pictures_last_whole_ticks() {
        let scale = |frames, seconds| timescale(FrameRate { frames, seconds });
        assert_eq!([(25, 1), (30_000, 1_001), (24, 1), (60, 1)].map(|(f, s)| scale(f, s)), {
            [90_000; 4]
        });
        assert_eq!((scale(24_000, 1_001), scale(7, 1)), (96_000, 91_000));
        assert_eq!(scale(u32::MAX, 1 << 31), LEAST_TOO_LARGE);
        let look = Look::of(&video(900, None, ""));
        // A third of a second, as nanoseconds have it, is ten pictures of 3,000 ticks.
        assert_eq!(look.ticks(Span::from_nanos(333_333_333)), 30_000);
        assert_eq!(look.pictures(Span::from_millis(510)), 15);
    }

    const LEAST_TOO_LARGE: u32 = 90_000;
}
