//! What a live presentation's manifests list at an instant of the capture's clock.
//!
//! The idea to hold: a manifest follows from the presentation, the capture's clock and when that
//! began. Where nothing real is meant the event is taken to have begun with 1970, as DASH-IF's live
//! simulator has it, so that the clock is the time of day too.

use std::ops::Range;

use super::{Written, written};
use crate::media::{Live, Presentation};
use crate::units::{Pts, Span};

/// A live presentation at an instant.
#[derive(Clone, Copy)]
pub(in crate::media) struct Listing<'a> {
    pub(in crate::media) content: &'a Presentation,
    pub(in crate::media) live: &'a Live,
    pub(in crate::media) clock: Pts,
    /// How long after the beginning of 1970 the clock began.
    began: Span,
}

impl<'a> Listing<'a> {
    /// The presentation when the capture's clock shows that; nothing if it is not live.
    pub(in crate::media) fn new(
        content: &'a Presentation,
        clock: Pts,
        began: Span,
    ) -> Option<Self> {
        content.live.as_deref().map(|live| Self { content, live, clock, began })
    }

    /// An instant of the capture's clock as a date.
    pub(in crate::media) fn date(&self, clock: Pts) -> String {
        let since = self.began.saturating_add(clock.since_start());
        let nanos = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        let at = chrono::DateTime::from_timestamp_nanos(nanos);
        at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }

    /// Whether there will be no more.
    pub(in crate::media) fn ended(&self) -> bool {
        self.clock >= self.end()
    }

    /// From when on all of it is listed.
    fn end(&self) -> Pts {
        let last = |of: Written<'_>| self.live.listed_at(of.id, of.track.count() - 1);
        written(self.content).map(last).max().unwrap_or_default()
    }

    /// The segments of a track that are whole and within the window, which stays where it is once
    /// all is over; what was never written is among them.
    pub(in crate::media) fn segments(&self, of: &Written<'_>) -> Range<u32> {
        let end = self.live.listed(of.id, self.clock);
        let now = self.clock.min(self.end()).since_start();
        let gone = |&index: &u32| {
            let captured = self.live.captured(of.track.start(index)) + of.track.duration(index);
            let there = captured.since_start() + self.live.ready();
            there.saturating_add(self.live.window) < now
        };
        (0..end).find(|index| !gone(index)).unwrap_or(end)..end
    }

    /// How many chunks there are of a segment; of one sent whole, none before it is whole.
    pub(in crate::media) fn chunks(&self, of: &Written<'_>, index: u32) -> u32 {
        if self.live.chunk.is_none() || index >= of.track.count() {
            return 0;
        }
        let all = self.live.chunks(of.track.duration(index));
        let there = |&chunks: &u32| {
            let there = self.live.there(self.content, (of.id, index), chunks);
            there.is_some_and(|there| there <= self.clock)
        };
        (1..=all).take_while(there).last().unwrap_or(0)
    }

    /// Where something new begins, from the beginning on: after a gap of the encoder, and where
    /// players need another initialisation segment.
    pub(in crate::media) fn breaks(&self) -> Vec<Pts> {
        let track = self.content.track(self.content.main());
        let sections = track.sections().iter().map(|section| section.from);
        let gap = |&index: &u32| !self.live.making(self.content.main(), index).gap.is_zero();
        let mut all: Vec<u32> = sections.chain((0..track.count()).filter(gap)).chain([0]).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|index| track.start(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::live::Made;
    use crate::media::manifest::{Manifest, Package, Playlist, read};
    use crate::media::{Kind, Ladder, Representation, Section, Track, TrackId, dash, hls};
    use crate::units::{Bitrate, Bytes};

    const SECOND: Span = Span::from_secs(1);

    fn at(millis: u64) -> Pts {
        Pts::ZERO + Span::from_millis(millis)
    }

    /// Five minutes in segments of 2 s and chunks of half a second, with a window of 10 s. What has
    /// been captured is there after 0.25 s, and told 0.1 s later.
    fn content(refresh: Option<Span>, told: Vec<Made>, from: &[u32]) -> Presentation {
        let ladder = Ladder::new(vec![Representation::new(Bitrate::kbps(1_000))]).unwrap();
        let sizes = vec![Bytes::new(250_000); 150];
        let track = Track::new(Kind::Video, ladder, &[SECOND * 2; 150], sizes).unwrap();
        let section = |&from: &u32| Section { from, setup: vec![Vec::new()] };
        let track = track.with_sections(from.iter().map(section).collect());
        let mut content = Presentation::new(vec![track]);
        let mut live = Live::default();
        (live.chunk, live.window, live.refresh) = (Some(SECOND / 2), SECOND * 10, refresh);
        (live.encode, live.package) = (Span::from_millis(200), Span::from_millis(50));
        live.margin = Span::from_millis(100);
        (live.target, live.rates) = (Some(SECOND * 3), Some((950, 1_050)));
        content.live = Some(Arc::new(live.made(&content, &[told])));
        content
    }

    fn opened(package: &Package) -> Manifest {
        let mut fetch = |wanted: &crate::media::manifest::Resource| {
            Ok(package.text(&wanted.url).unwrap().as_bytes().to_owned().into())
        };
        let manifest = read(&package.entry, &mut fetch).unwrap();
        assert!(manifest.notes.is_empty(), "{:?}", manifest.notes);
        manifest
    }

    /// The first rendition of each period: from where on, in seconds, and how many segments.
    fn listed(manifest: &Manifest) -> Vec<(f64, usize)> {
        let first = |period: &crate::media::manifest::Period| {
            let segments = period.sets[0].renditions[0].segments.as_ref().unwrap().clone();
            (segments.timeline.start(0) as f64 / 1e9, segments.count())
        };
        manifest.periods.iter().map(first).collect()
    }

    fn playlist(manifest: &Manifest) -> std::sync::Arc<Playlist> {
        manifest.periods[0].sets[0].renditions[0].playlist.clone().unwrap()
    }

    // The clock shows 60.9 s. The segment to 60 s is whole at 60.25, and half a second more is
    // there at 60.75. Ten seconds ago is in the segment from 50 s on, the 26th.

    #[test]
    fn a_playlist_lists_the_window_and_the_parts_of_its_end() {
        let package = hls::write_live(&content(None, Vec::new(), &[0]), at(60_900), Span::ZERO);
        let manifest = opened(&package);
        let told = playlist(&manifest);
        assert_eq!((told.media_sequence, listed(&manifest)[0].1), (25, 5));
        assert_eq!(told.dates, [(0, 50_000)]);
        // Three segments of four parts, and the one that is there of the next.
        assert_eq!((told.parts.len(), told.parts[12].segment), (13, 5));
        assert_eq!(told.hints.len(), 1);
        let (hold, part) = (told.part_hold_back, told.part_target);
        assert_eq!((hold, part), (Some(SECOND * 3), Some(SECOND / 2)));
        assert!(told.can_block_reload && !told.ended);
        // A quarter of 250,000 B is there, and the next part begins where it ends.
        let list = package.text("media_0.m3u8").unwrap();
        assert!(list.contains("URI=\"chunk-stream0-00031.m4s\",BYTERANGE=\"62500@0\",INDEPENDENT"));
        assert!(list.ends_with("URI=\"chunk-stream0-00031.m4s\",BYTERANGE-START=62500\n"));
    }

    #[test]
    fn an_mpd_lists_what_has_begun_or_numbers_what_will() {
        let lists =
            dash::write_live(&content(Some(SECOND), Vec::new(), &[0]), at(60_900), Span::ZERO);
        let manifest = opened(&lists);
        assert_eq!(listed(&manifest), [(50.0, 6)]);
        let live = manifest.live.as_ref().unwrap();
        assert_eq!((live.since, live.update, live.window), {
            (Some(350), Some(SECOND), Some(SECOND * 10))
        });
        let unrolled = manifest.unrolled(Some(60_900), SECOND * 60).unwrap().unwrap();
        // What is told by 60.9 s was captured by 60.55, which is 10.55 s from its beginning on.
        assert_eq!(unrolled.elapsed, Span::from_millis(10_550));
        assert_eq!((unrolled.chunk, unrolled.delay), (Some(SECOND / 2), Some(SECOND * 3)));
        assert_eq!(unrolled.rates, Some((950, 1_050)));

        let numbers = dash::write_live(&content(None, Vec::new(), &[0]), at(60_900), Span::ZERO);
        assert!(!numbers.documents[0].1.contains("SegmentTimeline"));
        // The clock that it tells is the same as was said above.
        let unrolled = opened(&numbers).unrolled(None, SECOND * 60).unwrap().unwrap();
        assert_eq!(unrolled.elapsed, Span::from_millis(10_550));
        assert_eq!((unrolled.window, unrolled.refresh), (SECOND * 10, None));
    }

    #[test]
    fn where_something_new_begins_there_is_a_period_or_a_discontinuity() {
        // New initialisation segments from 40 s on; the encoder stands still for 3 s after 56 s.
        let mut told = vec![Made::default(); 28];
        told.push(Made { gap: SECOND * 3, ..Made::default() });
        let content = content(Some(SECOND), told, &[0, 20]);
        // At 66 s that from 60 s on was whole at 65.25, and that from 62 s on had begun at 65.75.
        // What ended at 54 s was there 11.75 seconds ago, that to 56 s 9.75.
        let manifest = opened(&dash::write_live(&content, at(66_000), Span::ZERO));
        assert_eq!(listed(&manifest), [(14.0, 1), (0.0, 4)], "of periods from 40 and from 56 s on");
        let starts: Vec<_> = manifest.periods.iter().map(|period| period.start).collect();
        assert_eq!(starts, [Some(SECOND * 40), Some(SECOND * 59)], "by the capture's clock");
        let manifest = opened(&hls::write_live(&content, at(66_000), Span::ZERO));
        let told = playlist(&manifest);
        assert_eq!((told.media_sequence, told.discontinuities), (27, 1));
        assert_eq!(told.dates, [(0, 54_000), (1, 59_000)]);
        let list = hls::write_live(&content, at(66_000), Span::ZERO);
        assert!(list.text("media_0.m3u8").unwrap().contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n"));
    }

    #[test]
    fn a_period_to_come_is_told_and_that_under_way_is_played() {
        let content = content(None, Vec::new(), &[0, 20, 100]);
        let manifest = opened(&dash::write_live(&content, at(60_900), Span::ZERO));
        assert_eq!(listed(&manifest).len(), 3);
        // 20.55 s of that from 40 s on are captured and told, of which ten are within the window.
        let unrolled = manifest.unrolled(None, SECOND * 60).unwrap().unwrap();
        assert_eq!(unrolled.elapsed, Span::from_millis(10_550));
        assert_eq!(unrolled.manifest.periods[0].id.as_deref(), Some("1"));
    }

    #[test]
    fn where_nothing_is_there_yet_a_period_says_when_it_begins() {
        let content = content(Some(SECOND), Vec::new(), &[0]);
        let package = dash::write_live(&content, at(500), Span::ZERO);
        assert!(package.documents[0].1.contains("<Period id=\"0\" start=\"PT0S\"/>"));
        let manifest = opened(&package);
        assert!(manifest.unrolled(Some(500), SECOND * 60).is_err());
    }

    #[test]
    fn what_is_over_says_so_and_what_is_not_live_is_on_demand() {
        let mut content = content(Some(SECOND), Vec::new(), &[0]);
        let over = at(300_250);
        assert!(playlist(&opened(&hls::write_live(&content, over, Span::ZERO))).ended);
        let manifest = opened(&dash::write_live(&content, over, Span::ZERO));
        assert_eq!(manifest.duration, Some(SECOND * 300));
        assert_eq!(manifest.live.unwrap().update, None);
        content.live = None;
        assert_eq!(dash::write_live(&content, over, Span::ZERO), dash::write(&content));
        assert_eq!(hls::write_live(&content, over, Span::ZERO), hls::write(&content));
    }

    #[test]
    fn at_any_time_manifests_list_what_players_are_told_of() {
        let mut told = vec![Made::default(); 150];
        told[10].gap = SECOND * 7;
        told[30].late = SECOND * 5;
        told[40].missing = true;
        let content = content(Some(SECOND), told, &[0, 20]);
        let (live, id) = (content.live.as_ref().unwrap(), TrackId(0));
        for clock in (2_300..400_000).step_by(370).map(at) {
            let manifest = opened(&hls::write_live(&content, clock, Span::ZERO));
            let told = playlist(&manifest);
            let count = listed(&manifest)[0].1 as u64;
            assert_eq!(told.media_sequence + count, u64::from(live.listed(id, clock)));
            let parts = told.parts.iter().filter(|part| u64::from(part.segment) == count);
            let parts: Span = parts.map(|part| part.duration).sum();
            let end = content.track(id).start(live.listed(id, clock)) + parts;
            assert_eq!(end, live.listed_to(&content, clock));
            let manifest = opened(&dash::write_live(&content, clock, Span::ZERO));
            let all: usize = listed(&manifest).iter().map(|(_, count)| count).sum();
            assert_eq!(all as u64, count + u64::from(!parts.is_zero()));
        }
    }
}
