//! The stall ratio of each of several schemes, and its uncertainty, as Puffer has them (Yan et al.,
//! "Learning in situ: a randomized experiment in video streaming", NSDI 2020, "Metrics and
//! statistical uncertainty"; the procedure as in `confinterval.cc` of
//! github.com/StanfordSNR/puffer-statistics, commit 03a26d4).
//!
//! The idea to hold: how long somebody watches decides how much they weigh in a stall ratio, and
//! differs far more between people than between schemes. So a scheme's ratio is simulated: as many
//! streams as it had, each as long as one drawn from the streams of all schemes together, and
//! stalled for the share of it that one of the scheme's own streams of similar length was. Similar
//! is what lies between the same powers of two of seconds; where the scheme has none of those, the
//! ones half and twice as long stand in. The ratio is the mean of many such simulations, its
//! interval the middle 95 % of them. Streams of less than 4 s are not counted.
//!
//! Otherwise than there: a thousand simulations by default, not ten thousand; of a scheme with more
//! than 10,000 streams a simulation draws only so many, and what it is away from the mean of all is
//! made smaller as the square root of their share; and where a length is drawn that neither the
//! scheme's streams have nor their neighbours, there is no result, where that program stops.
//!
//! Streams are taken as independent, as they are there: viewers who share links are not.

use super::bootstrap::{Bootstrap, middle};
use super::wilson::Interval;
use crate::seed::{Purpose, Stream as Random};

/// One viewer's time from the first frame on, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stream {
    /// Played and stalled.
    pub watched: f64,
    /// Of that, stalled.
    pub stalled: f64,
}

/// A scheme's stall ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WatchTime {
    /// Streams that counted.
    pub streams: usize,
    /// The stall ratio: the mean of all simulations.
    pub ratio: f64,
    /// And its 95 % interval.
    pub interval: Interval,
}

/// Streams below so many seconds are not counted: `MIN_BIN` there is 2, and 2² = 4.
const SHORTEST: f64 = 4.0;

/// The powers of two that are told apart: up to 2²¹ s, which are 24 days.
const POWERS: usize = 21;

/// No more streams of one scheme are drawn in one simulation.
const MOST: usize = 10_000;

/// The stall ratio of each scheme, in their order. Nothing of a scheme without streams that count,
/// or without any that stall, or none as long as some of the others.
pub fn watch_time_intervals(
    schemes: &[&[Stream]],
    bootstrap: &Bootstrap,
) -> Vec<Option<WatchTime>> {
    let counted = schemes.iter().copied().flatten().filter(|stream| power(stream).is_some());
    let lengths: Vec<f64> = counted.map(|stream| stream.watched).collect();
    let each = schemes.iter().zip(0_u64..);
    each.map(|(streams, number)| simulated(streams, number, &lengths, bootstrap)).collect()
}

fn simulated(
    streams: &[Stream],
    number: u64,
    lengths: &[f64],
    bootstrap: &Bootstrap,
) -> Option<WatchTime> {
    let mut shares: [Vec<f64>; POWERS] = Default::default();
    for stream in streams {
        if let Some(power) = power(stream) {
            shares[power].push(stream.stalled / stream.watched);
        }
    }
    let count = shares.iter().map(Vec::len).sum::<usize>();
    let drawn = count.min(MOST);
    let mut random = bootstrap.seed.stream(Purpose::Resample, &[count as u64, number]);
    let mut found = Vec::with_capacity(bootstrap.resamples);
    for _ in 0..bootstrap.resamples {
        let (mut watched, mut stalled) = (0.0, 0.0);
        for _ in 0..drawn {
            let length = *pick(lengths, &mut random)?;
            let share = similar(&shares, length, &mut random)?;
            watched += length;
            stalled += share * length;
        }
        found.push(stalled / watched);
    }
    let ratio = found.iter().sum::<f64>() / found.len() as f64;
    let closer = libm::sqrt(drawn as f64 / count as f64);
    let found = found.into_iter().map(|value| ratio + closer * (value - ratio)).collect();
    Some(WatchTime { streams: count, ratio, interval: middle(found)? })
}

/// The power of two below the length of a stream, if it counts.
fn power(stream: &Stream) -> Option<usize> {
    let Stream { watched, stalled } = *stream;
    let is_time = watched.is_finite() && (0.0..=watched).contains(&stalled);
    (is_time && watched >= SHORTEST).then(|| power_below(watched)).filter(|&power| power < POWERS)
}

fn power_below(length: f64) -> usize {
    libm::ilogb(length).max(0) as usize
}

/// What a stream of the scheme about so long stalled for, as a share of its length.
fn similar(shares: &[Vec<f64>; POWERS], length: f64, random: &mut Random) -> Option<f64> {
    let power = power_below(length);
    if !shares[power].is_empty() {
        return pick(&shares[power], random).copied();
    }
    let none = Vec::new();
    let shorter = power.checked_sub(1).map_or(&none, |power| &shares[power]);
    let longer = shares.get(power + 1).unwrap_or(&none);
    let all = (shorter.len() + longer.len()) as u64;
    let place = (all > 0).then(|| random.below(all))? as usize;
    shorter.iter().chain(longer).nth(place).copied()
}

fn pick<'a, T>(among: &'a [T], random: &mut Random) -> Option<&'a T> {
    (!among.is_empty()).then(|| &among[random.below(among.len() as u64) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn stream(watched: f64, stalled: f64) -> Stream {
        Stream { watched, stalled }
    }

    fn found(schemes: &[&[Stream]]) -> Vec<Option<WatchTime>> {
        watch_time_intervals(schemes, &Bootstrap::default())
    }

    #[test]
    fn how_long_people_watch_is_taken_from_everybody() {
        // The first scheme's viewers watch 10 s and stall a tenth of it, or 100 s and stall a
        // hundredth; by chance it got 90 of the short and 10 of the long, and the other scheme
        // 10 and 90. Its own ratio is (90 · 1 + 10 · 1) / (900 + 1,000) = 0.0526; were lengths as
        // everybody's, half and half, it would be (1 + 1) / 110 = 0.0182. The mean of simulated
        // ones is larger by (45/55)² / 100 of it, for a mean of quotients is not that of means:
        // 0.0183.
        let (short, long) = (stream(10.0, 1.0), stream(100.0, 1.0));
        let one = [vec![short; 90], vec![long; 10]].concat();
        let other = [vec![short; 10], vec![long; 90]].concat();
        let found = found(&[&one, &other]);
        for found in found {
            let found = found.unwrap();
            assert_eq!(found.streams, 100);
            // One deviates by 45/55 / √100 of it, the mean of a thousand by 0.00005: four of those.
            assert!((found.ratio - 0.018_3).abs() < 0.000_2, "{found:?}");
            assert!(found.interval.low < 0.0182 && 0.0182 < found.interval.high, "{found:?}");
        }
    }

    #[test]
    fn one_scheme_of_streams_as_long_as_each_other_is_a_plain_bootstrap() {
        // 64 s each, of which a quarter stall half: binomial, 0.125 ± 1.96 · 0.5 · √(3/16 / 400).
        let streams: Vec<_> =
            (0..400).map(|i| stream(64.0, if i % 4 == 0 { 32.0 } else { 0.0 })).collect();
        let found = found(&[&streams])[0].unwrap();
        let reach = 1.96 * 0.5 * libm::sqrt(3.0 / 16.0 / 400.0);
        // An end is known to 0.085 deviations of 1.96: four such errors are 0.17 of the reach.
        assert!((found.interval.low - (0.125 - reach)).abs() < 0.17 * reach, "{found:?}");
        assert!((found.interval.high - (0.125 + reach)).abs() < 0.17 * reach, "{found:?}");
    }

    #[test]
    fn many_streams_are_drawn_from_and_not_all_drawn() {
        // As above, of 40,000: a tenth of the reach.
        let stalls = |i: u64| Seed(5).unit(Purpose::Trace, &[i]) < 0.25;
        let streams: Vec<_> =
            (0..40_000).map(|i| stream(64.0, if stalls(i) { 32.0 } else { 0.0 })).collect();
        let bootstrap = Bootstrap { resamples: 400, ..Bootstrap::default() };
        let found = watch_time_intervals(&[&streams], &bootstrap)[0].unwrap();
        let wide = 2.0 * 1.96 * 0.5 * libm::sqrt(3.0 / 16.0 / 40_000.0);
        let Interval { low, high } = found.interval;
        // Of 400, an end is known to 0.134 deviations, both to 0.19; of 3.92, four are a fifth.
        assert!(((high - low) / wide - 1.0).abs() < 0.2, "{found:?}");
    }

    #[test]
    fn neighbours_stand_in_for_lengths_that_a_scheme_never_saw() {
        // The first has streams of 8 to 16 s and of 32 to 64, the second of 16 to 32: each has what
        // the other lacks next to what it has.
        let one = vec![stream(10.0, 5.0), stream(40.0, 10.0)];
        let other = vec![stream(20.0, 1.0), stream(20.0, 2.0)];
        let [one, other] = found(&[&one, &other])[..] else { panic!("two schemes") };
        assert!(one.is_some() && other.is_some(), "{one:?} {other:?}");
        // Nobody is near a thousand seconds, nor near ten.
        let far = vec![stream(1_000.0, 1.0)];
        let near = vec![stream(10.0, 5.0), stream(40.0, 10.0)];
        assert_eq!(found(&[&near, &far]), [None, None]);
    }

    #[test]
    fn what_is_short_or_no_time_at_all_is_not_counted() {
        let none = [stream(3.9, 1.0), stream(f64::NAN, 0.0), stream(10.0, 11.0)];
        assert_eq!(found(&[&none, &[]]), [None, None]);
        let some = [vec![stream(4.0, 1.0), stream(5.0, 0.0)], none.to_vec()].concat();
        assert_eq!(found(&[&some])[0].unwrap().streams, 2);
        assert_eq!(found(&[&[stream(10.0, 0.0); 20]]), [None], "nobody stalled");
    }
}
