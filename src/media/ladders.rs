//! Ladders with names: the ones that questions and papers keep coming back to.
//!
//! The idea to hold: they are data. Each says where it comes from; a codec or a resolution is given
//! only where that source gives it, or a standard follows from it.

use super::{FrameRate, Ladder, Representation, Resolution};
use crate::units::Bitrate;

/// A ladder that scenarios can call by its name.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// What to call it.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    rungs: &'static [Step],
}

/// One rung as data: kbps, and of its picture what the source tells. A picture is pixels across and
/// down; a codec is as RFC 6381 writes it.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The bitrate alone.
    Bare(u64),
    /// And the size of the picture.
    Sized(u64, u32, u32),
    /// And the codec: H.264 at the lowest level (ITU-T H.264, table A-1) that holds the picture at
    /// 30 frames a second.
    Coded(u64, u32, u32, &'static str),
    /// Everything, in bits per second, and frames per second at last.
    Whole(u64, u32, u32, &'static str, u32),
}

use Step::{Bare, Coded, Sized, Whole};

const P240: Step = Coded(600, 426, 240, "avc1.4d4015");
const P360: Step = Coded(1_000, 640, 360, "avc1.4d401e");
const P480: Step = Coded(2_500, 854, 480, "avc1.4d401f");
const P720: Step = Coded(5_000, 1_280, 720, "avc1.64001f");
const P1080: Step = Coded(8_000, 1_920, 1_080, "avc1.640028");
const P2160: Step = Coded(35_000, 3_840, 2_160, "avc1.640033");

/// All of them.
pub const ALL: &[Named] = &[
    Named {
        name: "five-rung",
        source: "YouTube, recommended upload bitrates for SDR at 24 to 30 frames a second, \
                 without 1440p",
        rungs: &[P360, P480, P720, P1080, P2160],
    },
    Named {
        name: "five-rung-600k",
        source: "five-rung with a floor of 600 kbps at 240p, for links below 1 Mbps",
        rungs: &[P240, P360, P480, P720, P1080, P2160],
    },
    Named {
        name: "envivio",
        source: "EnvivioDash3 of the DASH Industry Forum, as in Mao, Netravali and Alizadeh, \
                 \"Neural Adaptive Video Streaming with Pensieve\", SIGCOMM 2017, section 5.1",
        rungs: &[Bare(300), Bare(750), Bare(1_200), Bare(1_850), Bare(2_850), Bare(4_300)],
    },
    Named {
        name: "apple-hls",
        source: "Apple, \"HLS Authoring Specification for Apple Devices\", recommended H.264 \
                 variants for 16:9, which are average bitrates",
        rungs: &[
            Sized(145, 416, 234),
            Sized(365, 640, 360),
            Sized(730, 768, 432),
            Sized(1_100, 768, 432),
            Sized(2_000, 960, 540),
            Sized(3_000, 1_280, 720),
            Sized(4_500, 1_280, 720),
            Sized(6_000, 1_920, 1_080),
            Sized(7_800, 1_920, 1_080),
        ],
    },
    Named {
        name: "netflix-2015",
        source: "Aaron, Li, Manohara, De Cock and Ronca, \"Per-Title Encode Optimization\", \
                 Netflix Technology Blog, December 2015: the fixed ladder used before it",
        rungs: &[
            Sized(235, 320, 240),
            Sized(375, 384, 288),
            Sized(560, 512, 384),
            Sized(750, 512, 384),
            Sized(1_050, 640, 480),
            Sized(1_750, 720, 480),
            Sized(2_350, 1_280, 720),
            Sized(3_000, 1_280, 720),
            Sized(4_300, 1_920, 1_080),
            Sized(5_800, 1_920, 1_080),
        ],
    },
    Named {
        name: "dash-if-bbb",
        source: "Big Buck Bunny at 30 frames a second, the first stream of the DASH Industry \
                 Forum's reference player: dash.akamaized.net/akamai/bbb_30fps/bbb_30fps.mpd",
        rungs: &[
            Whole(254_320, 320, 180, "avc1.64000d", 30),
            Whole(507_246, 320, 180, "avc1.64000d", 30),
            Whole(759_798, 480, 270, "avc1.640015", 30),
            Whole(1_013_310, 640, 360, "avc1.64001e", 30),
            Whole(1_254_758, 640, 360, "avc1.64001e", 30),
            Whole(1_883_700, 768, 432, "avc1.64001e", 30),
            Whole(3_134_488, 1_024, 576, "avc1.64001f", 30),
            Whole(4_952_892, 1_280, 720, "avc1.64001f", 30),
            Whole(9_914_554, 1_920, 1_080, "avc1.640028", 30),
            Whole(14_931_538, 3_840, 2_160, "avc1.640033", 30),
        ],
    },
    Named {
        name: "sabre-bbb",
        source: "Big Buck Bunny, bbb.json of Sabre: Spiteri, Sitaraman and Sparacio, \"From \
                 Theory to Practice: Improving Bitrate Adaptation in the DASH Reference Player\", \
                 MMSys 2018",
        rungs: &[
            Bare(230),
            Bare(331),
            Bare(477),
            Bare(688),
            Bare(991),
            Bare(1_427),
            Bare(2_056),
            Bare(2_962),
            Bare(5_027),
            Bare(6_000),
        ],
    },
    Named {
        name: "sabre-bbb4k",
        source: "Big Buck Bunny up to 4K, bbb4k.json of Sabre, as sabre-bbb",
        rungs: &[Bare(1_000), Bare(2_500), Bare(5_000), Bare(8_000), Bare(16_000), Bare(35_000)],
    },
];

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    ALL.iter().map(|n| n.name)
}

/// The ladder of a name, if there is one.
pub fn named(name: &str) -> Option<Ladder> {
    let Named { rungs, .. } = ALL.iter().find(|n| n.name == name)?;
    Ladder::new(rungs.iter().map(|step| step.representation()).collect())
}

impl Step {
    fn representation(self) -> Representation {
        let size = |width, height| Some(Resolution { width, height });
        let (bps, resolution, codec, frames) = match self {
            Bare(kbps) => (kbps * 1_000, None, "", None),
            Sized(kbps, width, height) => (kbps * 1_000, size(width, height), "", None),
            Coded(kbps, width, height, codec) => (kbps * 1_000, size(width, height), codec, None),
            Whole(bps, width, height, codec, frames) => {
                (bps, size(width, height), codec, Some(frames))
            }
        };
        Representation {
            bitrate: Bitrate::from_bps(bps),
            resolution,
            codecs: codec.to_owned(),
            frame_rate: frames.map(|frames| FrameRate { frames, seconds: 1 }),
            ..Representation::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Rung;

    #[test]
    fn every_name_has_a_ladder_in_rising_order() {
        for &Named { name, rungs, .. } in ALL {
            let ladder = named(name).unwrap();
            assert!(ladder.bitrates().is_sorted_by(|a, b| a < b), "{name}");
            assert_eq!(ladder.count(), rungs.len());
        }
        assert_eq!(names().count(), ALL.len());
        assert_eq!(named("six-rung"), None);
    }

    #[test]
    fn names_say_where_they_come_from_and_are_told_apart() {
        let mut all: Vec<_> = names().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), ALL.len());
        assert!(ALL.iter().all(|n| n.source.len() > 20), "each has a source");
        let bunny = named("dash-if-bbb").unwrap();
        let best = bunny.representation(bunny.top());
        assert_eq!((best.bitrate.as_bps(), best.frame_rate.unwrap().frames), (14_931_538, 30));
        assert_eq!(named("apple-hls").unwrap().representation(Rung(8)).codecs, "", "not told");
    }

    #[test]
    fn the_floor_is_one_rung_below_the_same_five() {
        let (five, six) = (named("five-rung").unwrap(), named("five-rung-600k").unwrap());
        assert_eq!(six.bitrates()[1..], *five.bitrates());
        assert_eq!(six.bitrate(Rung(0)), Bitrate::kbps(600));
        let top = five.representation(five.top());
        assert_eq!(top.resolution.unwrap().to_string(), "3840x2160");
    }
}
