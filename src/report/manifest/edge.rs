//! Where live is: the last segment there is, and how long ago it was captured.
//!
//! The idea to hold: a manifest that lists segments says it itself; one that only numbers them
//! leaves it to be worked out from a clock, so whoever's clock is wrong is wrong about it too.

use chrono::{DateTime, SecondsFormat};

use crate::media::manifest::{
    Addressing, Carries, Format, Manifest, Period, Playlist, Rendition, Segments,
};
use crate::units::Span;

const MILLI: i128 = 1_000_000;

/// The live edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Edge {
    /// The number of the last whole segment.
    pub(super) number: i128,
    /// When what is last there was captured, in milliseconds since 1970, where that is told.
    pub(super) at: Option<i64>,
    /// How many parts there are of the segment after it.
    pub(super) parts: usize,
    /// Whether it was worked out from the clock.
    pub(super) computed: bool,
}

/// The live edge, by the last period's pictures, or else its sound.
pub(super) fn edge(manifest: &Manifest, now: i64) -> Option<Edge> {
    let live = manifest.live.as_ref()?;
    let period = manifest.periods.last()?;
    let (rendition, segments) = main(period)?;
    match (manifest.format, &rendition.playlist) {
        (Format::Hls, Some(playlist)) => listed_by(playlist, segments),
        (Format::Hls, None) => None,
        (Format::Dash, _) => {
            let start = i128::from(period.start.unwrap_or_default().as_nanos());
            let began = live.since.map(|since| i128::from(since) * MILLI + start);
            let at = |end: i128| began.and_then(|began| ((began + end) / MILLI).try_into().ok());
            let numbered = rendition.addressing == Some(Addressing::Template);
            if let Some(last) = segments.timeline.cuts.last().filter(|_| !numbered) {
                let number = i128::from(last.number);
                let end = segments.timeline.end(segments.count() - 1);
                return Some(Edge { number, at: at(end), parts: 0, computed: false });
            }
            let every = segments.timeline.span(segments.timeline.every?);
            let every = i128::from(every.as_nanos()).max(1);
            let early = rendition.early.filter(|&early| early != Span::MAX).unwrap_or_default();
            let mut elapsed = i128::from(now) * MILLI - began?;
            elapsed += i128::from(early.as_nanos());
            if let Some(duration) = period.duration {
                elapsed = elapsed.min(i128::from(duration.as_nanos()) + every - 1);
            }
            // Before the first is whole there is no edge.
            let whole = elapsed.div_euclid(every);
            let number = i128::from(segments.timeline.number) + whole - 1;
            let last = segments.timeline.cuts.last().map(|last| i128::from(last.number));
            let number = number.min(last.unwrap_or(number));
            (whole > 0).then(|| Edge { number, at: at(whole * every), parts: 0, computed: true })
        }
    }
}

/// The rendition to go by.
pub(super) fn main(period: &Period) -> Option<(&Rendition, &Segments)> {
    let of = |carries| period.sets.iter().filter(move |set| set.carries == carries);
    let played = of(Carries::Video).chain(of(Carries::Audio));
    let mut all = played.flat_map(|set| &set.renditions);
    all.find_map(|rendition| Some((rendition, rendition.segments.as_ref().ok()?)))
}

fn listed_by(playlist: &Playlist, segments: &Segments) -> Option<Edge> {
    let slots = i128::from(playlist.skipped) + segments.count() as i128;
    if slots == 0 {
        return None;
    }
    let trailing = trailing(playlist, segments);
    let parts: Span = trailing.iter().copied().sum();
    let at = playlist.dates.last().and_then(|&(position, date)| {
        let from = position as usize;
        let whole: Span = (from..segments.count()).map(|i| segments.timeline.duration(i)).sum();
        Some(date + i64::try_from((whole + parts).as_millis()).ok()?)
    });
    let number = i128::from(playlist.media_sequence) + slots - 1;
    Some(Edge { number, at, parts: trailing.len(), computed: false })
}

/// How long the parts last of the segment that is still being made.
pub(super) fn trailing(playlist: &Playlist, segments: &Segments) -> Vec<Span> {
    let next = segments.count();
    let parts = playlist.parts.iter().filter(|part| part.segment as usize >= next);
    parts.map(|part| part.duration).collect()
}

/// An instant in milliseconds since 1970, as ISO 8601 has it: `2023-01-15T02:28:01.425Z`.
pub(super) fn instant(millis: i64) -> String {
    let at = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// How long before one instant another was, in seconds.
pub(super) fn behind(now: i64, at: i64) -> f64 {
    (i128::from(now) - i128::from(at)) as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::manifest::testing::{good, segments};
    use crate::media::manifest::{Live, Part, Resource};

    /// 2023-11-14T22:13:20Z.
    const SINCE: i64 = 1_700_000_000_000;

    fn live(change: impl FnOnce(&mut Segments)) -> Manifest {
        let mut manifest = good();
        manifest.live = Some(Live { since: Some(SINCE), ..Live::default() });
        manifest.periods[0].start = Some(Span::from_secs(100));
        manifest.periods[0].duration = None;
        let first = &mut manifest.periods[0].sets[0].renditions[0];
        change(first.segments.as_mut().unwrap());
        manifest
    }

    #[test]
    fn instants_are_written_as_iso_8601_has_them() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (SINCE, "2023-11-14T22:13:20Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_672_531_199_000, "2022-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(instant(millis), text);
        }
    }

    #[test]
    fn what_is_listed_says_itself_where_live_is() {
        // The period begins 100 s in, and ten segments of 4 s lie in it.
        let at = Some(SINCE + 140_000);
        let known = Edge { number: 10, at, parts: 0, computed: false };
        assert_eq!(edge(&live(|_| {}), SINCE + 150_000), Some(known));
        assert_eq!(edge(&good(), 0), None, "what is on demand has none");
    }

    #[test]
    fn what_is_numbered_is_worked_out_from_the_clock() {
        let numbered = |segments: &mut Segments| {
            let timeline = Arc::make_mut(&mut segments.timeline);
            (timeline.every, timeline.number) = (Some(4_000), 7);
            timeline.cuts.clear();
        };
        let mut manifest = live(numbered);
        // 11 s into the period, two segments are whole: 7 and 8.
        let at = Some(SINCE + 108_000);
        let known = Edge { number: 8, at, parts: 0, computed: true };
        assert_eq!(edge(&manifest, SINCE + 111_000), Some(known));
        assert_eq!(edge(&manifest, SINCE + 103_000), None, "not yet");
        // A second early, the third may be asked for; and an end is not passed.
        manifest.periods[0].sets[0].renditions[0].early = Some(Span::from_secs(1));
        assert_eq!(edge(&manifest, SINCE + 111_000).unwrap().number, 9);
        manifest.periods[0].duration = Some(Span::from_secs(10));
        assert_eq!(edge(&manifest, SINCE + 900_000).unwrap().number, 9, "the last is short");
    }

    #[test]
    fn an_event_of_known_length_is_as_far_as_the_clock_says() {
        let mpd = "<MPD type='dynamic' availabilityStartTime='2023-11-14T22:13:20Z'>\
                   <Period start='PT0S' duration='PT30M'/>\
                   <Period duration='PT10M'><AdaptationSet mimeType='video/mp4'>\
                   <SegmentTemplate media='$Number$' duration='2'/>\
                   <Representation bandwidth='1'/></AdaptationSet></Period></MPD>";
        let open = |_: &Resource| Ok(mpd.as_bytes().to_owned().into());
        let manifest = crate::media::manifest::read("x.mpd", &mut { open }).unwrap();
        let number = |minutes: i64| edge(&manifest, SINCE + minutes * 60_000).map(|e| e.number);
        // The second Period begins after half an hour, and has 300 segments.
        assert_eq!(number(29), None);
        assert_eq!(number(35), Some(150));
        assert_eq!(number(90), Some(300));
    }

    #[test]
    fn a_playlist_counts_what_it_skips_and_its_parts() {
        let mut manifest = live(|told| *told = segments(&[4_000; 4], |n| n.to_string()));
        manifest.format = Format::Hls;
        let part = Part {
            segment: 4,
            duration: Span::from_secs(1),
            resource: Resource::whole("p"),
            independent: true,
            gap: false,
        };
        let playlist = Playlist {
            media_sequence: 100,
            skipped: 6,
            dates: vec![(0, SINCE - 9), (2, SINCE)],
            parts: vec![Part { segment: 3, ..part.clone() }, part.clone(), part],
            ..Playlist::default()
        };
        manifest.periods[0].sets[0].renditions[0].playlist = Some(Arc::new(playlist));
        // Six are skipped and four listed: 109 is the last. After the date come two of 4 s and two
        // parts of 1 s.
        let known = Edge { number: 109, at: Some(SINCE + 10_000), parts: 2, computed: false };
        assert_eq!(edge(&manifest, 0), Some(known));
        assert!((behind(SINCE + 13_500, SINCE + 10_000) - 3.5).abs() < 1e-9);
    }
}
