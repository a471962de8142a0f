//! Content from a description: segments of a ladder, with sizes as an encoder might make them.
//!
//! The idea to hold: one series of scenes drives all rungs of a track. A segment of a demanding
//! scene is larger on every rung by the same factor, and over the whole track the factors even out,
//! so that each rung's mean is its advertised bitrate.
//!
//! The model of variable bitrate: the logarithm of the factor is normal, and follows an
//! autoregressive process of order one in media time,
//!
//! ```text
//! z[0] = e[0],   z[i] = r z[i-1] + sqrt(1 - r²) e[i],   r = exp(-d[i-1] / SCENE)
//! f[i] = exp(s z[i]),   s = sqrt(ln(1 + v²)),   size[i] = bitrate × d[i] × f[i] / mean(f)
//! ```
//!
//! with `e` standard normal, `d` the durations, the mean weighted by duration, and `v` the
//! variability: the deviation of sizes over their mean, before the mean is divided out. For
//! comparison, Sabre's Big Buck Bunny has `v` = 0.18 and Pensieve's Envivio 0.08. Both came from
//! encoders that pay a large segment back with a small one; scenes that stay large are harder on a
//! player, and are what encoding for a constant quality makes.

use std::collections::BTreeMap;

use super::manifest::{INIT_SIZE, MAX_LENGTH, MAX_SEGMENTS, ManifestError, Outline};
use super::{Flaw, Kind, Ladder, Presentation, Track};
use crate::seed::{Purpose, Seed};
use crate::units::{Bytes, Span};

/// How long a scene is felt: after this long, the correlation has fallen to 1/e. Ours; shots of
/// films last 3 to 6 seconds on average.
pub const SCENE: Span = Span::from_secs(5);

/// The greatest variability: sizes that deviate as much as their mean.
pub const MAX_VARIABILITY: f64 = 1.0;

/// What content to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The rungs of the video track.
    pub ladder: Ladder,
    /// The rungs of an audio track, if there is one. Its sizes are constant, as audio codecs'
    /// nearly are.
    pub audio: Option<Ladder>,
    /// How long a segment lasts; the last may be shorter.
    pub segment: Span,
    /// How long it all lasts.
    pub duration: Span,
    /// The deviation of video sizes over their mean, from 0 (constant) to [`MAX_VARIABILITY`].
    pub variability: f64,
}

/// Why a recipe makes nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The content or its segments last no time.
    #[error("segments of {segment} in a video of {duration}: both have to last longer than zero")]
    NoTime {
        /// How long a segment should last.
        segment: Span,
        /// How long it all should last.
        duration: Span,
    },
    /// It is longer than [`MAX_LENGTH`].
    #[error("a video of {0} is above the limit of {MAX_LENGTH}; is the unit right?")]
    TooLong(Span),
    /// There are more segments than [`MAX_SEGMENTS`].
    #[error("{0} segments are above the limit of {MAX_SEGMENTS}; is the segment's unit right?")]
    TooMany(u64),
    /// No deviation can be that.
    #[error("a variability of {0}; a number from 0 (constant sizes) to {MAX_VARIABILITY} is right")]
    Variability(f64),
    /// The manifest that sizes were to be made for cannot be played from.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The parts make no track.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

impl Recipe {
    /// Makes the content: the same for the same seed.
    pub fn make(&self, seed: Seed) -> Result<Presentation, RecipeError> {
        let durations = self.durations()?;
        let ladders = [(Kind::Video, Some(&self.ladder)), (Kind::Audio, self.audio.as_ref())];
        let mut tracks = Vec::new();
        for (kind, ladder) in ladders {
            if let Some(ladder) = ladder {
                let key = tracks.len() as u64;
                let sizes = sizes(kind, ladder, &durations, self.variability, seed, key)?;
                tracks.push(Track::new(kind, ladder.clone(), &durations, sizes)?);
            }
        }
        Ok(Presentation::new(tracks))
    }

    fn durations(&self) -> Result<Vec<Span>, RecipeError> {
        let Self { segment, duration, .. } = *self;
        if segment.is_zero() || duration.is_zero() {
            return Err(RecipeError::NoTime { segment, duration });
        }
        if duration > MAX_LENGTH {
            return Err(RecipeError::TooLong(duration));
        }
        let (whole, rest) =
            (duration.as_nanos() / segment.as_nanos(), duration.as_nanos() % segment.as_nanos());
        let count = whole + u64::from(rest > 0);
        if count > MAX_SEGMENTS as u64 {
            return Err(RecipeError::TooMany(count));
        }
        let mut durations = vec![segment; whole as usize];
        durations.extend((rest > 0).then_some(Span::from_nanos(rest)));
        Ok(durations)
    }
}

/// Makes sizes for a manifest of which nothing else is at hand, and so a presentation.
pub fn fill(outline: Outline, variability: f64, seed: Seed) -> Result<Presentation, RecipeError> {
    let mut made = BTreeMap::new();
    for (key, track) in outline.tracks.iter().enumerate() {
        let sizes =
            sizes(track.kind, &track.ladder, &track.durations, variability, seed, key as u64)?;
        let rungs = track.addresses.len();
        for (rung, addresses) in track.addresses.iter().enumerate() {
            made.extend(addresses.init.iter().map(|url| (url.clone(), INIT_SIZE)));
            let sizes = sizes.iter().skip(rung).step_by(rungs).copied();
            made.extend(addresses.segments.iter().cloned().zip(sizes));
        }
    }
    Ok(outline.resolve(|url| made.get(url).copied())?)
}

/// Sizes of a track by segment, then rung; `key` tells its scenes from another track's.
fn sizes(
    kind: Kind,
    ladder: &Ladder,
    durations: &[Span],
    variability: f64,
    seed: Seed,
    key: u64,
) -> Result<Vec<Bytes>, RecipeError> {
    if !(0.0..=MAX_VARIABILITY).contains(&variability) {
        return Err(RecipeError::Variability(variability));
    }
    let factors = match kind {
        Kind::Video => factors(durations, variability, seed, key),
        Kind::Audio => vec![1.0; durations.len()],
    };
    let mut sizes = Vec::with_capacity(durations.len() * ladder.count());
    for (&duration, factor) in durations.iter().zip(factors) {
        for &bitrate in ladder.bitrates() {
            let mean = Bytes::from(bitrate * duration).as_f64();
            sizes.push(Bytes::new((libm::round(mean * factor) as u64).max(1)));
        }
    }
    Ok(sizes)
}

/// How large each segment is, over what its bitrate makes it; 1 on average over media time.
fn factors(durations: &[Span], variability: f64, seed: Seed, key: u64) -> Vec<f64> {
    let mut draw = seed.stream(Purpose::Sizes, &[key]);
    let deviation = libm::sqrt(libm::log1p(variability * variability));
    let mut scene = draw.normal();
    let mut factors = Vec::with_capacity(durations.len());
    for duration in durations {
        factors.push(libm::exp(deviation * scene));
        let kept = libm::exp(-duration.as_secs_f64() / SCENE.as_secs_f64());
        scene = kept * scene + libm::sqrt(1.0 - kept * kept) * draw.normal();
    }
    let weighted = factors.iter().zip(durations).map(|(f, d)| f * d.as_secs_f64());
    let mean = weighted.sum::<f64>() / durations.iter().map(|d| d.as_secs_f64()).sum::<f64>();
    for factor in &mut factors {
        *factor /= mean;
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::read;
    use crate::media::{Rung, TrackId, dash, ladders};
    use crate::units::{Bitrate, Work};

    fn recipe() -> Recipe {
        let audio = crate::media::Representation {
            bitrate: Bitrate::kbps(128),
            resolution: None,
            codecs: "mp4a.40.2".into(),
        };
        Recipe {
            ladder: ladders::named("five-rung").unwrap(),
            audio: Ladder::new(vec![audio]),
            segment: Span::from_secs(4),
            duration: Span::from_secs(62),
            variability: 0.0,
        }
    }

    #[test]
    fn constant_segments_hold_bitrate_times_duration() {
        let made = recipe().make(Seed(0)).unwrap();
        let video = made.track(TrackId(0));
        // 62 s in segments of 4 s: fifteen, and one of 2 s. 5 Mbit/s for 4 s are 2.5 MB.
        assert_eq!(video.count(), 16);
        assert_eq!(video.duration(15), Span::from_secs(2));
        assert_eq!(video.size(0, Rung(2)), Bytes::new(2_500_000));
        assert_eq!(video.size(15, Rung(2)), Bytes::new(1_250_000));
        assert_eq!(made.track(TrackId(1)).size(0, Rung(0)), Bytes::new(64_000));
    }

    #[test]
    fn a_duration_that_is_a_multiple_leaves_no_stub() {
        let made = Recipe { duration: Span::from_secs(60), ..recipe() }.make(Seed(0)).unwrap();
        assert_eq!(made.track(TrackId(0)).count(), 15);
    }

    #[test]
    fn variable_segments_keep_the_mean_of_every_rung() {
        let duration = Span::from_secs(3_602);
        let made = Recipe { variability: 0.3, duration, ..recipe() }.make(Seed(5)).unwrap();
        let video = made.track(TrackId(0));
        for rung in video.ladder.rungs() {
            let total: Bytes = (0..video.count()).map(|i| video.size(i, rung)).sum();
            let nominal = Bytes::from(video.ladder.bitrate(rung) * duration).get();
            // 901 segments, each rounded down before and to the nearest after: a byte or so each.
            assert!(total.get().abs_diff(nominal) <= 2 * 901, "{total} for {nominal} B");
        }
        // One scene makes all rungs large alike.
        let ratio = |rung| {
            let nominal = Bytes::from(video.ladder.bitrate(rung) * video.duration(9)).as_f64();
            video.size(9, rung).as_f64() / nominal
        };
        assert!((ratio(Rung(0)) - ratio(Rung(4))).abs() < 1e-5);
        assert!((ratio(Rung(0)) - 1.0).abs() > 1e-3);
        let audio = made.track(TrackId(1));
        assert_eq!(audio.size(0, Rung(0)), audio.size(1, Rung(0)), "sound is constant");
    }

    #[test]
    fn sizes_deviate_and_correlate_as_asked() {
        let durations = vec![Span::from_secs(2); 40_000];
        let factors = factors(&durations, 0.3, Seed(1), 0);
        let n = factors.len() as f64;
        let moment = |lag: usize| {
            factors.windows(lag + 1).map(|w| (w[0] - 1.0) * (w[lag] - 1.0)).sum::<f64>() / n
        };
        let (variance, next) = (moment(0), moment(1));
        assert!((libm::sqrt(variance) - 0.3).abs() < 0.01, "{variance}");
        // z has a correlation of r = exp(-2/5) = 0.67; so the log-normal f has
        // (exp(s² r) - 1) / (exp(s²) - 1) = (1.0595 - 1) / 0.09 = 0.66, where s² = ln 1.09.
        assert!((next / variance - 0.66).abs() < 0.03, "{}", next / variance);
    }

    #[test]
    fn the_same_seed_makes_the_same_and_another_does_not() {
        let make = |seed| Recipe { variability: 0.2, ..recipe() }.make(Seed(seed)).unwrap();
        assert_eq!(make(3), make(3));
        assert_ne!(make(3), make(4));
    }

    #[test]
    fn what_makes_no_content_is_said() {
        let zero = Recipe { segment: Span::ZERO, ..recipe() };
        assert!(matches!(zero.make(Seed(0)), Err(RecipeError::NoTime { .. })));
        let long = Recipe { duration: MAX_LENGTH + Span::from_secs(1), ..recipe() };
        assert!(matches!(long.make(Seed(0)), Err(RecipeError::TooLong(_))));
        let fine = Recipe { segment: Span::from_nanos(1), ..recipe() };
        assert_eq!(fine.make(Seed(0)), Err(RecipeError::TooMany(62_000_000_000)));
        for variability in [-0.1, 1.1, f64::NAN] {
            let wild = Recipe { variability, ..recipe() };
            assert!(matches!(wild.make(Seed(0)), Err(RecipeError::Variability(_))));
        }
    }

    #[test]
    fn a_manifest_alone_gets_the_sizes_its_recipe_would_have_had() {
        let made = Recipe { variability: 0.2, ..recipe() }.make(Seed(9)).unwrap();
        let package = dash::write(&made);
        let text = package.text(&package.entry).unwrap().to_owned();
        let outline = read(&package.entry, &mut |_| Ok(text.clone())).unwrap();
        let filled = fill(outline, 0.2, Seed(9)).unwrap();
        assert_eq!(filled.tracks[0].sizes(7), made.tracks[0].sizes(7));
        let work: Work = filled.size(crate::media::Object::Document(filled.opening[0])).into();
        assert!(!work.is_zero(), "the manifest itself has a size");
    }
}
