//! What a manifest could do better for whoever plays it, each with its reason and figures.
//!
//! The idea to hold: advice is only given where the manifest tells enough to be sure of the
//! figures. What is not told (a size, a rate) is never guessed at.

use std::collections::BTreeSet;

use super::cache_key::{fleeting, short};
use super::{Carries, Format, KnownSizes, Manifest, Period, Rendition, Segments, Set};
use crate::media::codecs::{each, family_of_pictures};
use crate::units::{Bitrate, Span};

/// Neighbours on a ladder whose bitrates differ by less than this factor look alike: a copy to
/// encode, store and cache that buys nothing. Half of what Apple's HLS Authoring Specification
/// (section 1.20: "a factor of 1.5 to 2") has for the least, counted above 1.
const CLOSEST: f64 = 1.2;

/// Neighbours further apart than this leave viewers between them on much less than their network
/// carries. The same specification's 2, and a quarter of leeway.
const WIDEST: f64 = 2.5;

/// Slower than this in bad moments are the 3G and crowded Wi-Fi traces that this project ships; a
/// viewer on them stalls where no rung is cheaper.
const LOWEST: Bitrate = Bitrate::kbps(700);

/// Apple's HLS Authoring Specification (section 7.5) has 6 s for the target. A player commits to a
/// whole segment, and on live is behind by at least one.
const LONGEST: Span = Span::from_secs(6);

/// The longest over the shortest segment, the last apart, from which on they are called uneven. A
/// key frame may move a cut by a few frames; half as long again is no such thing.
const UNEVEN: f64 = 1.5;

/// The share of the lowest video rung that sound may have before it rivals it: in a bad moment, a
/// third of what comes is then no longer picture.
const SOUND: f64 = 0.5;

/// A peak may be above what is told by so much: DASH counts no container, and rounding is no lie.
const SLACK: f64 = 1.01;

/// Something that could be better.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Advice {
    /// What it is about, for programs.
    pub code: &'static str,
    /// What was found, and why it matters.
    pub message: String,
}

impl Manifest {
    /// What could be better, what is about ladders first. Sizes that are measured may be known
    /// besides those the manifest tells.
    pub fn advice(&self, sizes: Option<KnownSizes<'_>>) -> Vec<Advice> {
        let mut given = Given { format: self.format, sizes, advice: Vec::new() };
        for period in &self.periods {
            given.on_ladders(period);
            given.on_sound(period);
            for set in period.sets.iter().filter(|set| is_played(set)) {
                given.on_segments(set);
                given.on_peaks(set);
                given.on_what_is_not_told(set);
                given.on_caching(set);
            }
        }
        given.advice
    }
}

/// Whether it is what one watches or hears.
fn is_played(set: &Set) -> bool {
    matches!(set.carries, Carries::Video | Carries::Audio)
}

fn usable(set: &Set) -> impl Iterator<Item = (&Rendition, &Segments)> {
    let own = set.renditions.iter().filter(|rendition| !rendition.copy);
    own.filter_map(|rendition| Some((rendition, rendition.segments.as_ref().ok()?)))
}

impl Rendition {
    /// Those it can be compared with: the same family of codecs, and the same range of brightness.
    fn family(&self) -> (String, Option<&str>) {
        (family_of_pictures(each(&self.codecs)), self.range.as_deref())
    }
}

/// Advice as it is gathered.
struct Given<'a> {
    format: Format,
    sizes: Option<KnownSizes<'a>>,
    advice: Vec<Advice>,
}

impl Given<'_> {
    /// Once is enough, however many periods and sets it is true of.
    fn give(&mut self, code: &'static str, message: String) {
        let advice = Advice { code, message };
        if !self.advice.contains(&advice) {
            self.advice.push(advice);
        }
    }

    fn on_ladders(&mut self, period: &Period) {
        let mut lowest: Option<Bitrate> = None;
        let mut rungs = BTreeSet::new();
        for ladder in ladders(period) {
            for pair in ladder.windows(2) {
                self.on_neighbours(pair[0], pair[1]);
            }
            lowest = ladder.first().copied().into_iter().chain(lowest).min();
            rungs.extend(ladder);
        }
        if let Some(lowest) = lowest.filter(|&lowest| lowest > LOWEST) {
            let (lowest, floor) = (rate(lowest), rate(LOWEST));
            let message = format!(
                "the lowest video rung takes {lowest}, and none is at {floor} or below: on \
                 networks slower than that, viewers stall whatever the player does"
            );
            self.give("no_low_rung", message);
        }
        let several = period.sets.iter().any(|set| set.renditions.iter().any(|r| r.copy));
        if let Some(only) = rungs.first().filter(|_| rungs.len() == 1) {
            let copies = if several { ", copies apart" } else { "" };
            let message = format!(
                "there is a single video rung{copies}, of {}: a player has nothing to switch to \
                 when the network slows down",
                rate(*only)
            );
            self.give("single_rung", message);
        }
    }

    fn on_neighbours(&mut self, lower: Bitrate, upper: Bitrate) {
        // To the hundredth, as it is shown: nobody is told that 2.50 is more than 2.5.
        let factor = libm::round(upper.as_f64() / lower.as_f64() * 100.0) / 100.0;
        let (low, high) = (rate(lower), rate(upper));
        if factor < CLOSEST {
            let message = format!(
                "video rungs of {low} and {high} are {factor:.2}× apart, less than {CLOSEST}×: \
                 they look alike, and share a cache's room between them"
            );
            self.give("rungs_close", message);
        }
        if factor > WIDEST {
            let message = format!(
                "video rungs of {low} and {high} are {factor:.2}× apart, more than {WIDEST}×: \
                 whose network carries anything between is left on the lower, and a switch shows"
            );
            self.give("rungs_wide", message);
        }
    }

    fn on_sound(&mut self, period: &Period) {
        let of = |carries| period.sets.iter().filter(move |set| set.carries == carries);
        let video =
            of(Carries::Video).flat_map(|set| &set.renditions).filter_map(Rendition::advertised);
        // A player takes one of a set's; where it does not switch, that may be any of them.
        let least = |set: &Set| set.renditions.iter().filter_map(Rendition::advertised).min();
        let sound = of(Carries::Audio).filter_map(least).min();
        let (Some(video), Some(sound)) = (video.filter(|rate| !rate.is_zero()).min(), sound) else {
            return;
        };
        let share = sound.as_f64() / video.as_f64();
        if share > SOUND {
            let message = format!(
                "the cheapest sound takes {}, {:.0} % of the lowest video rung ({}): in a bad \
                 moment it is the sound that stalls the picture",
                rate(sound),
                share * 100.0,
                rate(video),
            );
            self.give("audio_rivals_video", message);
        }
    }

    fn on_segments(&mut self, set: &Set) {
        let Some((_, segments)) = usable(set).next() else { return };
        let timeline = &segments.timeline;
        let (what, count) = (set.carries.name(), segments.count());
        let durations: Vec<f64> = match timeline.every.filter(|_| count == 0) {
            Some(ticks) => vec![timeline.span(ticks).as_secs_f64()],
            // The last is cut where the media ends.
            None => (0..count.saturating_sub(1).max(count.min(1)))
                .map(|index| timeline.duration(index).as_secs_f64())
                .collect(),
        };
        let longest = durations.iter().copied().fold(0.0, f64::max);
        let shortest = durations.iter().copied().fold(f64::INFINITY, f64::min);
        let limit = LONGEST.as_secs_f64();
        if longest > limit * SLACK {
            let over = durations.iter().filter(|&&duration| duration > limit * SLACK).count();
            let message = format!(
                "{what} segments last up to {longest:.2} s ({over} of {} above {limit} s): a \
                 player commits to a whole segment before it can switch, and live is later by \
                 as much",
                durations.len(),
            );
            self.give("segments_long", message);
        }
        if longest > shortest * UNEVEN && shortest > 0.0 {
            let mean = durations.iter().sum::<f64>() / durations.len() as f64;
            let squares = durations.iter().map(|duration| (duration - mean) * (duration - mean));
            let deviation = libm::sqrt(squares.sum::<f64>() / durations.len() as f64);
            let message = format!(
                "{what} segments are uneven: {shortest:.2} to {longest:.2} s ({:.1}×), {mean:.2} s \
                 on average with a deviation of {deviation:.2} s, the last left out: buffers fill \
                 in jumps, and throughput is hard to tell from the short ones",
                longest / shortest,
            );
            self.give("segments_uneven", message);
        }
    }

    fn on_peaks(&mut self, set: &Set) {
        let (mut under, mut of) = (0, 0);
        let mut worst: Option<(f64, String)> = None;
        for (rendition, segments) in usable(set) {
            let told = rendition.bandwidth.filter(|&told| told > 0).map(Bitrate::from_bps);
            let (Some(told), Some((index, peak))) = (told, segments.peak(self.sizes)) else {
                continue;
            };
            of += 1;
            let factor = peak.as_f64() / told.as_f64();
            if factor > SLACK {
                under += 1;
                let found = format!(
                    "segment {index} of the rung told at {} takes {}",
                    rate(told),
                    rate(peak)
                );
                if worst.as_ref().is_none_or(|(before, _)| factor > *before) {
                    worst = Some((factor, found));
                }
            }
        }
        if let Some((factor, found)) = worst {
            let name = match self.format {
                Format::Dash => "@bandwidth",
                Format::Hls => "BANDWIDTH",
            };
            let message = format!(
                "{name} is under the measured peak on {under} of {of} {} rungs: {found}, \
                 {factor:.2}× as much; a player that trusts it runs out on such segments",
                set.carries.name(),
            );
            self.give("bandwidth_under_peak", message);
        }
    }

    fn on_what_is_not_told(&mut self, set: &Set) {
        // In HLS it is variants that tell; audio renditions and lone playlists cannot.
        let tells = |r: &&Rendition| self.format == Format::Dash || r.bandwidth.is_some();
        let tellers: Vec<_> = set.renditions.iter().filter(|r| !r.copy).filter(tells).collect();
        let (of, what) = (tellers.len(), set.carries.name());
        let without = tellers.iter().filter(|r| r.codecs.is_empty()).count();
        if without > 0 {
            let message = format!(
                "{without} of {of} {what} rungs tell no codecs: a player has to fetch media to \
                 learn whether it can play them, and cannot start before"
            );
            self.give("codecs_missing", message);
        }
        let without = tellers.iter().filter(|r| r.resolution.is_none()).count();
        if without > 0 && set.carries == Carries::Video {
            let message = format!(
                "{without} of {of} {what} rungs tell no resolution: a player cannot leave out what \
                 is larger than the screen"
            );
            self.give("resolution_missing", message);
        }
    }

    fn on_caching(&mut self, set: &Set) {
        let what = set.carries.name();
        for (_, segments) in usable(set) {
            let first: Vec<String> =
                (0..segments.count().min(2)).map(|index| segments.resource(index).url).collect();
            let setup = segments.sections.iter().take(1).flat_map(|section| &section.setup);
            for url in first.iter().chain(setup.map(|resource| &resource.url)) {
                if let Some(found) = fleeting(url) {
                    let message = format!(
                        "{what} addresses hold {found}: caches that go by the address keep a copy \
                         per viewer or moment, and every request is a miss"
                    );
                    self.give("cache_key_fleeting", message);
                }
            }
            if let [one, two] = &first[..] {
                let split = |url| str::split_once(url, '?');
                if let (Some((path, a)), Some((same, b))) = (split(one), split(two))
                    && path == same
                    && a != b
                {
                    let message = format!(
                        "{what} segments differ only after the `?` (`{}`, `{}`): caches that \
                         leave the query out of their key mix them up",
                        short(a),
                        short(b),
                    );
                    self.give("cache_key_query", message);
                }
            }
        }
    }
}

/// The ladders of pictures that a player may climb, cheapest first.
fn ladders(period: &Period) -> Vec<Vec<Bitrate>> {
    let video = || period.sets.iter().filter(|set| set.carries == Carries::Video);
    let mut ladders = Vec::new();
    for (index, set) in video().enumerate() {
        let joins =
            |set: &Set, to: &Set| set.id.as_ref().is_some_and(|id| to.switches.contains(id));
        if video().take(index).any(|before| joins(set, before)) {
            continue;
        }
        let joined = video().filter(|other| std::ptr::eq(*other, set) || joins(other, set));
        let rungs: Vec<_> = joined
            .flat_map(|set| &set.renditions)
            .filter(|rendition| !rendition.copy)
            .filter_map(|r| Some((r.family(), r.advertised().filter(|rate| !rate.is_zero())?)))
            .collect();
        let families: BTreeSet<_> = rungs.iter().map(|(family, _)| family).collect();
        for family in families {
            let own = rungs.iter().filter(|rung| rung.0 == *family).map(|rung| rung.1);
            ladders.push(own.collect::<BTreeSet<_>>().into_iter().collect());
        }
    }
    ladders
}

/// A bitrate to whole kilobits.
fn rate(rate: Bitrate) -> String {
    format!("{:.0} kbit/s", rate.as_kbps_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::Resource;
    use crate::media::manifest::testing::{good, rung, segments, set};
    use crate::units::Bytes;

    /// What is said of the good manifest, changed so.
    fn said(change: impl FnOnce(&mut Manifest)) -> Vec<(&'static str, String)> {
        let mut manifest = good();
        change(&mut manifest);
        manifest.advice(None).into_iter().map(|advice| (advice.code, advice.message)).collect()
    }

    /// That there is this advice and no other, and that it holds these figures.
    fn only(said: &[(&str, String)], code: &str, figures: &[&str]) {
        let [(found, message)] = said else { panic!("{code}: {said:?}") };
        assert_eq!(*found, code);
        figures.iter().for_each(|figure| assert!(message.contains(figure), "{figure}: {message}"));
    }

    fn ladder(rungs: &[u64]) -> impl FnOnce(&mut Manifest) {
        let rungs = rungs.iter().map(|&kbps| rung(kbps, 360)).collect();
        move |manifest| manifest.periods[0].sets[0] = set(Carries::Video, rungs)
    }

    #[test]
    fn of_what_is_good_nothing_is_said() {
        assert_eq!(said(|_| {}), []);
        // 1.2× and 2.5× are still good, and a second period says the same as the first.
        assert_eq!(said(ladder(&[500, 600, 1_500])), []);
        assert_eq!(said(|m| m.periods.push(m.periods[0].clone())), []);
    }

    #[test]
    fn rungs_stand_neither_too_close_nor_too_far_apart() {
        // 590 / 500 = 1.18.
        let figures = ["500 kbit/s", "590 kbit/s", "1.18×", "1.2×"];
        only(&said(ladder(&[590, 500, 1_000])), "rungs_close", &figures);
        only(&said(ladder(&[500, 1_300])), "rungs_wide", &["1300 kbit/s", "2.60×", "2.5×"]);
        let twice = said(|m| {
            ladder(&[500, 1_300])(m);
            m.periods.push(m.periods[0].clone());
        });
        only(&twice, "rungs_wide", &[]);
    }

    #[test]
    fn rungs_of_another_codec_or_on_another_host_are_no_neighbours() {
        let other = said(|m| {
            let mut same = rung(550, 360);
            same.codecs = "hvc1.1.6.L93.B0".into();
            m.periods[0].sets[0].renditions.extend([same, rung(1_000, 480)].into_iter().take(1));
            let copy = Rendition { copy: true, ..rung(501, 360) };
            m.periods[0].sets[0].renditions.push(copy);
        });
        assert_eq!(other, []);
        // Sets that may be switched between are one ladder.
        let joined = said(|m| {
            let mut second = set(Carries::Video, vec![rung(550, 480)]);
            (second.id, m.periods[0].sets[0].id) = (Some("2".into()), Some("1".into()));
            m.periods[0].sets[0].switches = vec!["2".into()];
            m.periods[0].sets.push(second);
        });
        only(&joined, "rungs_close", &["1.10×"]);
    }

    #[test]
    fn a_ladder_reaches_down_and_has_a_choice() {
        only(&said(ladder(&[701, 1_400])), "no_low_rung", &["701 kbit/s", "700 kbit/s"]);
        assert_eq!(said(ladder(&[700, 1_400])), []);
        only(&said(ladder(&[600])), "single_rung", &["600 kbit/s"]);
    }

    #[test]
    fn sound_leaves_room_for_pictures() {
        let sound =
            |kbps| said(move |m| m.periods[0].sets[1] = set(Carries::Audio, vec![rung(kbps, 0)]));
        only(&sound(256), "audio_rivals_video", &["256 kbit/s", "51 %", "500 kbit/s"]);
        assert_eq!(sound(250), []);
    }

    fn cut(millis: &[u64]) -> Vec<(&'static str, String)> {
        let told = segments(millis, |number| format!("{number}.m4s"));
        said(|m| {
            m.periods[0].sets[0].renditions.iter_mut().for_each(|r| {
                r.segments = Ok(told.clone());
            })
        })
    }

    #[test]
    fn segments_are_short_and_even() {
        let figures = ["video segments last up to 10.00 s (2 of 2 above 6 s)"];
        only(&cut(&[10_000, 10_000, 4_000]), "segments_long", &figures);
        assert_eq!(cut(&[6_000, 6_000, 1_000]), [], "the last may be short");
        // 2 and 6 s: 4 s on average, each 2 s from it.
        let figures = ["2.00 to 6.00 s (3.0×)", "4.00 s on average with a deviation of 2.00 s"];
        only(&cut(&[2_000, 6_000, 4_000]), "segments_uneven", &figures);
        assert_eq!(cut(&[4_000, 5_900, 1_000]), []);
        only(&cut(&[8_000]), "segments_long", &["(1 of 1"]);
    }

    #[test]
    fn bandwidth_covers_the_peak_where_sizes_are_known() {
        let manifest = good();
        // 300 kB in 4 s are 600 kbit/s; the rung is told at 500.
        let of = |large: u64| {
            move |resource: &Resource| match resource.url.ends_with("/500/3.m4s") {
                true => Some(Bytes::new(large)),
                false => resource.url.contains("/500/").then_some(Bytes::new(100_000)),
            }
        };
        let said = |large| -> Vec<_> {
            let advice = manifest.advice(Some(&of(large)));
            advice.into_iter().map(|advice| (advice.code, advice.message)).collect()
        };
        let figures = ["1 of 1 video rungs", "segment 2", "500 kbit/s takes 600 kbit/s", "1.20×"];
        only(&said(300_000), "bandwidth_under_peak", &figures);
        assert_eq!(said(250_000), []);
    }

    #[test]
    fn what_players_choose_by_is_told() {
        let codecs = said(|m| m.periods[0].sets[1].renditions[0].codecs.clear());
        only(&codecs, "codecs_missing", &["1 of 1 audio rungs"]);
        let size = said(|m| m.periods[0].sets[0].renditions[1].resolution = None);
        only(&size, "resolution_missing", &["1 of 3 video rungs"]);
        // Audio renditions of HLS have no place to tell either.
        let hls = said(|m| {
            m.format = Format::Hls;
            let sound = &mut m.periods[0].sets[1].renditions[0];
            (sound.bandwidth, sound.codecs) = (None, String::new());
        });
        assert_eq!(hls, []);
    }

    #[test]
    fn addresses_are_the_same_for_every_viewer() {
        let named = |name: &'static str| {
            let told = segments(&[4_000; 3], move |n| name.replace("{n}", &n.to_string()));
            said(|m| m.periods[0].sets[0].renditions[1].segments = Ok(told))
        };
        for name in [
            "{n}.m4s?token=abc",
            "{n}.m4s?a=1&Sig=abc",
            "{n}.m4s?Expires=5",
            "{n}.m4s?v=123e4567-e89b-12d3-a456-426614174000",
            "{n}.m4s?at=1700000000",
            "session/8f3a99c1d2/{n}.m4s",
            "sid=7/{n}.m4s",
            "expire/1476490914/sq/{n}",
            "{n};jsessionid=9",
        ] {
            only(&named(name), "cache_key_fleeting", &["a miss"]);
        }
        only(&named("s.m4s?segment={n}"), "cache_key_query", &["`segment=1`, `segment=2`"]);
        for name in [
            "{n}.m4s?v=3",
            "123e4567-e89b-12d3-a456-426614174000/{n}.m4s",
            "session/{n}.m4s",
            "1700000000/{n}.m4s",
            "{n}.m4s",
        ] {
            assert_eq!(named(name), [], "{name}");
        }
    }
}
