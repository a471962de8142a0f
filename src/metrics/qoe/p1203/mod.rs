//! ITU-T P.1203 in mode 0: from what a manifest tells of the segments displayed, and from the
//! stalls, an opinion of the session from 1 to 5.
//!
//! ```text
//!   scale.rs        opinion scores as quality, and back
//!   audio.rs        O.21  the sound, each second
//!   seconds.rs            which segment and which bitrate a second is about
//!   video.rs        O.22  the picture, each second
//!   integration.rs  O.34  both, each second; O.35  both, over the session
//!   stalling.rs     O.23  what stalls leave
//!   forest.rs             regression trees, from a folder that a user brings
//!   watched.rs            the same of a viewer of ours
//! ```
//!
//! Written from the Recommendation (P.1203, P.1203.1, P.1203.2 and P.1203.3 of 2017) and held
//! against values of its own software. O.46, the whole session's score, needs 20 regression trees
//! which may not be given away with this program; without their folder everything else is there.
//!
//! The idea to hold: nothing is made up frame by frame. What is the same for several seconds is
//! scored once.

mod audio;
mod forest;
mod integration;
mod scale;
mod seconds;
mod stalling;
#[cfg(test)]
mod vectors;
mod video;
mod watched;

use std::sync::Arc;

use super::viewing::Stall;
use crate::media::{FrameRate, Resolution};
use crate::units::{Bitrate, Span};
use forest::FEATURES;
use integration::percentile;
use seconds::Seconds;
use video::Picture;

pub use forest::{Trees, TreesError};
pub use integration::Terms;
pub use stalling::Stalled;
pub use watched::{RATE, Room, Settings, Sources};

/// What of P.1203 is chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Parts of Amendment 1 to use.
    pub amendments: Amendments,
    /// Trees for O.46.
    pub trees: Option<Arc<Trees>>,
}

/// Parts of Amendment 1 to P.1203.3, each of them off unless asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Amendments {
    /// Sound with a score below 2 takes the picture with it.
    pub audiovisual: bool,
    /// Stalls of more than 15 s in all, weighted, take off more, and of 30 s everything.
    pub stalling: bool,
    /// Nothing is taken off for quality that swings or changes (appendix 2).
    pub adaptation: bool,
}

/// What a session is watched on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Device {
    /// A computer or a television.
    #[default]
    Pc,
    /// Something in the hand.
    Mobile,
}

/// Codecs of sound that the Recommendation knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Codec {
    /// MPEG-1 layer II.
    Mp2,
    /// AC-3.
    Ac3,
    /// AAC-LC.
    AacLc,
    /// HE-AAC, of either version.
    HeAac,
}

/// Sound that was displayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioSegment {
    /// How it is coded.
    pub codec: Codec,
    /// How long it lasts.
    pub duration: Span,
    /// Its bitrate.
    pub bitrate: Bitrate,
}

/// Pictures that were displayed, coded in H.264: the Recommendation knows no other codec.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VideoSegment {
    /// How long it lasts.
    pub duration: Span,
    /// Its own bitrate.
    pub bitrate: Bitrate,
    /// The size of its pictures.
    pub resolution: Resolution,
    /// How many of them there are a second.
    pub rate: FrameRate,
    /// The representation it is of. Where that is not known, segments of the same bitrate and
    /// frame rate are taken to be of one.
    pub representation: Option<u32>,
}

/// A session as the Recommendation has it (I.GEN, I.11, I.13 and I.23).
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What it is watched on.
    pub device: Device,
    /// The size of its screen, or of the player on it.
    pub screen: Resolution,
    /// The sound, in order; if there is none it counts as perfect.
    pub audio: &'a [AudioSegment],
    /// The pictures, in order.
    pub video: &'a [VideoSegment],
    /// The stalls, in order, beginning with the time before the first frame, which is one at the
    /// beginning; where that took no time, with one of no length.
    pub stalls: &'a [Stall],
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// How many seconds were scored.
    pub seconds: usize,
    /// Sound and picture over the session. Adaptation may take it below 1.
    pub o35: f64,
    /// Stalls, from 1 to 5.
    pub o23: f64,
    /// The session, from 1 to 5, if there are trees and it lasts three seconds.
    pub o46: Option<f64>,
    /// What O.35 is made of.
    pub terms: Terms,
    /// What O.23 is made of.
    pub stalled: Stalled,
    /// What the trees say.
    pub forest: Option<f64>,
}

/// What sessions are evaluated in. Kept from one to the next, it need not allocate.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    seconds: Seconds,
    o21: Vec<f64>,
    o22: Vec<f64>,
    o34: Vec<f64>,
    scratch: Vec<f64>,
}

impl Evaluation {
    /// Evaluates a session; of less than a second there is nothing to say.
    pub fn evaluate(&mut self, input: &Input<'_>, options: &Options) -> Option<Outcome> {
        self.picture(input);
        self.sound(input.audio);
        let seconds = self.o21.len().min(self.o22.len());
        let both = self.o21.iter().zip(&self.o22);
        self.o34.clear();
        self.o34.extend(both.map(|(&o21, &o22)| {
            let o34 = integration::o34(o21, o22);
            if options.amendments.audiovisual { integration::amended(o21, o34) } else { o34 }
        }));
        if seconds == 0 {
            return None;
        }
        let terms = Terms::new(&self.o22[..seconds], &self.o34);
        let o35 = match options.amendments.adaptation {
            true => terms.base,
            false => terms.o35(&self.o34, &mut self.scratch),
        };
        let media = input.video.iter().map(|segment| segment.duration).sum();
        let stalled = Stalled::new(input.stalls, media, seconds as f64);
        // There have to be thirds of it.
        let trees = options.trees.as_ref().filter(|_| seconds >= 3);
        let forest = trees.map(|trees| {
            let features = self.features(&stalled, seconds);
            trees.score(&features)
        });
        let o46 = forest.map(|forest| o46(o35, &stalled, forest, options.amendments));
        Some(Outcome { seconds, o35, o23: stalled.o23(), o46, terms, stalled, forest })
    }

    /// The sound of each second of the session last evaluated.
    pub fn o21(&self) -> &[f64] {
        &self.o21
    }

    /// The picture of each second.
    pub fn o22(&self) -> &[f64] {
        &self.o22
    }

    /// Both of each second.
    pub fn o34(&self) -> &[f64] {
        &self.o34
    }

    fn picture(&mut self, input: &Input<'_>) {
        let Self { seconds, o22, .. } = self;
        o22.clear();
        let mut last: Option<((Resolution, FrameRate), Picture)> = None;
        seconds.each(input.video, |segment, kbps, times| {
            let of = (segment.resolution, segment.rate);
            let picture = match last {
                Some((same, picture)) if same == of => picture,
                _ => Picture::new(of.0, of.1, input.screen, input.device == Device::Mobile),
            };
            last = Some((of, picture));
            o22.extend(std::iter::repeat_n(picture.o22(kbps), times));
        });
    }

    fn sound(&mut self, segments: &[AudioSegment]) {
        self.o21.clear();
        if segments.is_empty() {
            self.o21.resize(self.o22.len(), 5.0);
            return;
        }
        let mut media = Span::ZERO;
        let mut last = None;
        for segment in segments {
            media += segment.duration;
            let of = (segment.codec, segment.bitrate);
            let score = match last {
                Some((same, score)) if same == of => score,
                _ => audio::o21(segment.codec, segment.bitrate.as_kbps_f64()),
            };
            last = Some((of, score));
            // A second shows what is there just before it is over.
            let upto = (media.as_millis() / 1_000) as usize;
            self.o21.resize(upto.max(self.o21.len()), score);
        }
    }

    /// What the trees ask for.
    fn features(&mut self, stalled: &Stalled, seconds: usize) -> [f64; FEATURES] {
        let all = seconds as f64;
        let part = |series: &[f64], part: usize, of: usize| {
            let (from, to) = (seconds * part / of, seconds * (part + 1) / of);
            let part = &series[from..to];
            part.iter().map(|&score| rounded(score)).sum::<f64>() / part.len() as f64
        };
        let thirds = [0, 1, 2].map(|third| part(&self.o22, third, 3));
        let halves = [0, 1].map(|half| part(&self.o21, half, 2));
        self.scratch.clear();
        self.scratch.extend(self.o22[..seconds].iter().map(|&score| rounded(score)));
        let lowest = [1.0, 5.0, 10.0].map(|share| percentile(&mut self.scratch, share));
        let Stalled { later, later_time, first_time, last, .. } = *stalled;
        let later = later as f64;
        [
            later,
            later_time + first_time / 3.0,
            later / all,
            later_time / all + first_time / all / 3.0,
            all - last,
            thirds[0],
            thirds[1],
            thirds[2],
            lowest[0],
            lowest[1],
            lowest[2],
            halves[0],
            halves[1],
            all,
        ]
    }
}

/// The score of the session.
fn o46(o35: f64, stalled: &Stalled, forest: f64, amendments: Amendments) -> f64 {
    let opinion = (1.0 + (o35 - 1.0) * stalled.impact).clamp(1.0, 5.0);
    let both = 0.75 * opinion + 0.25 * forest;
    let both = if amendments.stalling {
        let left = (2.0 - 0.066_667 * stalled.weighted).clamp(0.0, 1.0);
        1.0 + (both - 1.0) * left
    } else {
        both
    };
    0.028_330_52 + 0.981_170_59 * both
}

/// From one value to another, half of what is left of the way every so often.
fn fade(from: f64, to: f64, half: f64, at: f64) -> f64 {
    to + (from - to) * libm::exp(-at * std::f64::consts::LN_2 / half)
}

/// To the thousandth.
fn rounded(score: f64) -> f64 {
    libm::rint(score * 1e3) / 1e3
}
