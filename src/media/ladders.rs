//! Ladders with names: the ones that questions and papers keep coming back to.
//!
//! The idea to hold: they are data. Each says where it comes from; a codec or a resolution is given
//! only where that source gives it, or a standard follows from it.

use super::{Ladder, Representation, Resolution};
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

/// One rung as data.
#[derive(Clone, Copy, Debug)]
struct Step {
    kbps: u64,
    picture: Option<(u32, u32, &'static str)>,
}

/// A rung with its picture: pixels across and down, and the codec, H.264 at the lowest level (ITU-T
/// H.264, table A-1) that holds it at 30 frames a second.
const fn picture(kbps: u64, width: u32, height: u32, codec: &'static str) -> Step {
    Step { kbps, picture: Some((width, height, codec)) }
}

/// A rung of which its source tells the bitrate alone.
const fn bare(kbps: u64) -> Step {
    Step { kbps, picture: None }
}

const P240: Step = picture(600, 426, 240, "avc1.4d4015");
const P360: Step = picture(1_000, 640, 360, "avc1.4d401e");
const P480: Step = picture(2_500, 854, 480, "avc1.4d401f");
const P720: Step = picture(5_000, 1_280, 720, "avc1.64001f");
const P1080: Step = picture(8_000, 1_920, 1_080, "avc1.640028");
const P2160: Step = picture(35_000, 3_840, 2_160, "avc1.640033");

/// All of them.
pub const ALL: [Named; 4] = [
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
        rungs: &[bare(300), bare(750), bare(1_200), bare(1_850), bare(2_850), bare(4_300)],
    },
    Named {
        name: "sabre-bbb",
        source: "Big Buck Bunny, bbb.json of Sabre: Spiteri, Sitaraman and Sparacio, \"From \
                 Theory to Practice: Improving Bitrate Adaptation in the DASH Reference Player\", \
                 MMSys 2018",
        rungs: &[
            bare(230),
            bare(331),
            bare(477),
            bare(688),
            bare(991),
            bare(1_427),
            bare(2_056),
            bare(2_962),
            bare(5_027),
            bare(6_000),
        ],
    },
];

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|n| n.name)
}

/// The ladder of a name, if there is one.
pub fn named(name: &str) -> Option<Ladder> {
    let Named { rungs, .. } = ALL.iter().find(|n| n.name == name)?;
    let rung = |step: &Step| Representation {
        bitrate: Bitrate::kbps(step.kbps),
        resolution: step.picture.map(|(width, height, _)| Resolution { width, height }),
        codecs: step.picture.map(|(_, _, codec)| codec.to_owned()).unwrap_or_default(),
    };
    Ladder::new(rungs.iter().map(rung).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Rung;

    #[test]
    fn every_name_has_a_ladder_in_rising_order() {
        for Named { name, rungs, .. } in ALL {
            let ladder = named(name).unwrap();
            assert!(ladder.bitrates().is_sorted_by(|a, b| a < b), "{name}");
            assert_eq!(ladder.count(), rungs.len());
        }
        assert_eq!(names().count(), ALL.len());
        assert_eq!(named("six-rung"), None);
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
