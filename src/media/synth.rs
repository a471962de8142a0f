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
//!
//! Where a manifest tells a rung's peak apart from its mean (HLS: `BANDWIDTH` is the highest rate
//! of a run of segments about a target duration long, here of any one, and `AVERAGE-BANDWIDTH` the
//! mean; RFC 8216, 4.1 and 4.3.4.2), the same scenes `z` are felt as strongly as it takes to reach
//! it: `s` is that of the rung, found by bisection, for which
//!
//! ```text
//! max(f) / mean(f) = peak / bitrate
//! ```
//!
//! which is to raise the factors of any `v` to a power and divide their mean out again. The
//! quotient grows with `s`, from 1 up to the length of the track over that of its largest segment;
//! a track too short for its peak is given the `s` of `v` = 1, and stays below.

use super::manifest::{INIT_SIZE, MAX_LENGTH, MAX_SEGMENTS, Resource, Sizes, TrackOutline};
use super::{Flaw, Kind, Ladder, Presentation, Rung, Track};
use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Bytes, Span};

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
                let sizes = sizes(kind, ladder, &[], &durations, self.variability, seed, key)?;
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

/// Sizes made to a manifest's bitrates, where nothing else is known of them.
#[derive(Clone, Copy, Debug)]
pub struct Modelled {
    /// The deviation of video sizes over their mean, from 0 (constant) to [`MAX_VARIABILITY`]. A
    /// rung of which the manifest tells a peak follows that instead, unless this is 0. Unless said,
    /// rungs without a peak are constant.
    pub variability: Option<f64>,
    /// What they are drawn from.
    pub seed: Seed,
}

impl Sizes for Modelled {
    fn of(&mut self, _: &Resource) -> Option<Bytes> {
        None
    }

    fn document(&mut self, _: &Resource) -> Option<Bytes> {
        Some(INIT_SIZE)
    }

    fn modelled(&mut self, key: usize, track: &TrackOutline) -> Option<Vec<Bytes>> {
        let TrackOutline { kind, ladder, durations, peaks, .. } = track;
        let peaks = if self.variability == Some(0.0) { &[] } else { peaks.as_slice() };
        let variability = self.variability.unwrap_or_default();
        sizes(*kind, ladder, peaks, durations, variability, self.seed, key as u64).ok()
    }
}

/// Sizes of a track by segment, then rung; `key` tells its scenes from another track's. `peaks` are
/// by rung, as far as they are known.
fn sizes(
    kind: Kind,
    ladder: &Ladder,
    peaks: &[Option<Bitrate>],
    durations: &[Span],
    variability: f64,
    seed: Seed,
    key: u64,
) -> Result<Vec<Bytes>, RecipeError> {
    if !(0.0..=MAX_VARIABILITY).contains(&variability) {
        return Err(RecipeError::Variability(variability));
    }
    let scenes = scenes(durations, seed, key);
    let usual = match kind {
        Kind::Video => factors(&scenes, durations, deviation(variability)),
        Kind::Audio => vec![1.0; durations.len()],
    };
    let peaked = |rung: Rung| {
        let (bitrate, peak) = (ladder.bitrate(rung), (*peaks.get(usize::from(rung.0))?)?);
        let deviation = reaching(peak.as_f64() / bitrate.as_f64(), &scenes, durations);
        Some((peak, factors(&scenes, durations, deviation)))
    };
    let peaked: Vec<_> = ladder.rungs().map(peaked).collect();
    let mut sizes = Vec::with_capacity(durations.len() * ladder.count());
    for (index, &duration) in durations.iter().enumerate() {
        for (&bitrate, peaked) in ladder.bitrates().iter().zip(&peaked) {
            let mean = Bytes::from(bitrate * duration).as_f64();
            let (most, factor) = match peaked {
                Some((peak, factors)) => (Bytes::from(*peak * duration), factors[index]),
                None => (Bytes::new(u64::MAX), usual[index]),
            };
            let size = Bytes::new(libm::round(mean * factor) as u64);
            sizes.push(size.min(most).max(Bytes::new(1)));
        }
    }
    Ok(sizes)
}

/// How demanding the scene of each segment is: standard normal, and like its neighbours.
fn scenes(durations: &[Span], seed: Seed, key: u64) -> Vec<f64> {
    let mut draw = seed.stream(Purpose::Sizes, &[key]);
    let mut scene = draw.normal();
    let mut scenes = Vec::with_capacity(durations.len());
    for duration in durations {
        scenes.push(scene);
        let kept = libm::exp(-duration.as_secs_f64() / SCENE.as_secs_f64());
        scene = kept * scene + libm::sqrt(1.0 - kept * kept) * draw.normal();
    }
    scenes
}

/// The deviation of the logarithm of sizes that deviate so much over their mean.
fn deviation(variability: f64) -> f64 {
    libm::sqrt(libm::log1p(variability * variability))
}

/// How large each segment is, over what its bitrate makes it; 1 on average over media time.
fn factors(scenes: &[f64], durations: &[Span], deviation: f64) -> Vec<f64> {
    let mut factors: Vec<_> = scenes.iter().map(|scene| libm::exp(deviation * scene)).collect();
    let mean = mean(&factors, durations);
    for factor in &mut factors {
        *factor /= mean;
    }
    factors
}

fn mean(factors: &[f64], durations: &[Span]) -> f64 {
    let weighted = factors.iter().zip(durations).map(|(f, d)| f * d.as_secs_f64());
    weighted.sum::<f64>() / durations.iter().map(|d| d.as_secs_f64()).sum::<f64>()
}

/// The greatest deviation of a logarithm that a peak is looked for at: nearly all of a track lies
/// in its largest segment.
const MAX_DEVIATION: f64 = 16.0;

/// The deviation at which the largest factor is so much, or the usual greatest if none reaches it.
fn reaching(peak: f64, scenes: &[f64], durations: &[Span]) -> f64 {
    let most = scenes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Over the largest, so that nothing overflows.
    let over: Vec<_> = scenes.iter().map(|scene| scene - most).collect();
    let largest = |deviation: f64| {
        let factors: Vec<_> = over.iter().map(|scene| libm::exp(deviation * scene)).collect();
        1.0 / mean(&factors, durations)
    };
    if largest(MAX_DEVIATION) < peak {
        return deviation(MAX_VARIABILITY);
    }
    let (mut below, mut above) = (0.0, MAX_DEVIATION);
    // Each step halves: after 60, no two numbers are left between.
    for _ in 0..60 {
        let middle = 0.5 * (below + above);
        match largest(middle) < peak {
            true => below = middle,
            false => above = middle,
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::{Choice, read};
    use crate::media::{TrackId, dash, ladders};
    use crate::units::Work;

    fn recipe() -> Recipe {
        let audio = crate::media::Representation {
            codecs: "mp4a.40.2".into(),
            ..crate::media::Representation::new(Bitrate::kbps(128))
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
        let scenes = scenes(&durations, Seed(1), 0);
        let factors = factors(&scenes, &durations, deviation(0.3));
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

    /// A rung of 1 Mbps told to peak at `kbps`, and one of 2 Mbps of which no peak is told.
    fn peaking(kbps: u64, segments: u64, variability: f64) -> Vec<Bytes> {
        let rung = |kbps| crate::media::Representation::new(Bitrate::kbps(kbps));
        let ladder = Ladder::new(vec![rung(1_000), rung(2_000)]).unwrap();
        let mut durations = vec![Span::from_secs(4); segments as usize];
        durations.push(Span::from_secs(1));
        let peaks = [Some(Bitrate::kbps(kbps)), None];
        sizes(Kind::Video, &ladder, &peaks, &durations, variability, Seed(3), 0).unwrap()
    }

    #[test]
    fn a_peak_that_is_told_is_the_highest_rate_and_the_mean_stays() {
        for kbps in [1_001, 1_100, 1_500, 2_000, 6_000] {
            let sizes = peaking(kbps, 150, 0.2);
            // 1 kbps for 4 s are 500 B; the last lasts 1 s.
            let own: Vec<_> = sizes.iter().step_by(2).map(|size| size.get()).collect();
            let highest = own[..150].iter().copied().max().unwrap().max(4 * own[150]);
            assert_eq!(highest, 500 * kbps, "{kbps}");
            // 1 Mbps for 601 s are 75,125,000 B; each of 151 is rounded by half a byte at most.
            assert!(own.iter().sum::<u64>().abs_diff(75_125_000) <= 76, "{kbps}");
            let plain: Vec<_> = peaking(9_000, 150, 0.2).into_iter().skip(1).step_by(2).collect();
            assert!(sizes.into_iter().skip(1).step_by(2).eq(plain), "no peak, no change");
        }
    }

    #[test]
    fn a_track_too_short_for_its_peak_stays_below_it() {
        // Two segments, of 4 s and of 1 s: none can have more than 5 times the mean.
        let sizes = peaking(5_001, 1, 0.0);
        assert!(sizes[0].get() < 4 * 125 * 5_001 && sizes[2].get() < 125 * 5_001, "{sizes:?}");
        assert!((sizes[0] + sizes[2]).get().abs_diff(625_000) <= 1, "{sizes:?}");
        let alone = peaking(1_500, 0, 0.0);
        assert_eq!(alone[0], Bytes::new(125_000), "one segment is its own mean");
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
        let text = package.text(&package.entry).unwrap().as_bytes().to_owned();
        let told = read(&package.entry, &mut |_| Ok(text.clone().into())).unwrap();
        let outline = told.outline(&Choice::default()).unwrap();
        let filled =
            outline.resolve(&mut Modelled { variability: Some(0.2), seed: Seed(9) }).unwrap();
        assert_eq!(filled.tracks[0].sizes(7), made.tracks[0].sizes(7));
        let work: Work = filled.size(crate::media::Object::Document(filled.opening[0])).into();
        assert!(!work.is_zero(), "the manifest itself has a size");
    }
}
