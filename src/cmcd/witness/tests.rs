//! Sessions that a server saw, worked out on paper.
//!
//! The idea to hold: segments are of 4 s, on 1, 2 and 4 Mbit/s, so of 0.5, 1 and 2 MB. Instants are
//! in milliseconds.

use super::*;
use crate::cmcd::{Happening, State};
use crate::media::{Kind, Ladder, Live, Representation, Rung, Track};
use crate::metrics::{End, GlassMeter, Meter, Session, Timeline};
use crate::units::Bitrate;
use proptest::prelude::*;
use std::sync::Arc;

const SIZES: [u64; 3] = [500_000, 1_000_000, 2_000_000];

fn track(kind: Kind, segments: usize) -> Track {
    let rungs = [1_000, 2_000, 4_000].map(|kbps| Representation::new(Bitrate::kbps(kbps)));
    let (ladder, sizes) = (Ladder::new(rungs.to_vec()).unwrap(), SIZES.map(Bytes::new));
    Track::new(kind, ladder, &vec![Span::from_secs(4); segments], sizes.repeat(segments)).unwrap()
}

/// Twenty seconds of pictures.
fn content() -> Presentation {
    Presentation::new(vec![track(Kind::Video, 5)])
}

fn at(millis: u64) -> Time {
    Time::ZERO + Span::from_millis(millis)
}

/// A segment of the first track, asked for and there at those instants.
fn seen(asked: u64, ended: u64, index: u32, rung: u8) -> Seen {
    let segment = Segment { track: TrackId(0), index, rung: Rung(rung) };
    let size = Bytes::new(SIZES[usize::from(rung).min(2)]);
    Seen {
        asked: at(asked),
        object: Object::Segment(segment),
        size,
        sent: size,
        first_byte: Some(at(asked)),
        ended: at(ended),
        how: How::Whole,
        cmcd: Cmcd::default(),
    }
}

/// With so much held.
fn level(seen: Seen, bl: u64) -> Seen {
    let bl = Some(Span::from_millis(bl));
    Seen { cmcd: Cmcd { bl, ..seen.cmcd }, ..seen }
}

fn urgent(seen: Seen) -> Seen {
    Seen { cmcd: Cmcd { su: Some(true), ..seen.cmcd }, ..seen }
}

fn starved(seen: Seen) -> Seen {
    Seen { cmcd: Cmcd { bs: Some(true), ..seen.cmcd }, ..seen }
}

fn state(millis: u64, sta: State) -> (Time, Cmcd) {
    let (e, sta) = (Some(Happening::State), Some(sta));
    (at(millis), Cmcd { e, sta, v: Some(2), ..Cmcd::default() })
}

fn measured(content: &Presentation, events: &[(Time, Event)]) -> Session {
    assert!(events.is_sorted_by_key(|&(at, _)| at), "in order: {events:?}");
    let mut meter = Meter::new(content, Bitrate::kbps(4_000));
    let mut timeline = Timeline::new(Speed::NORMAL);
    for (at, event) in events {
        meter.record(content, *at, event);
        timeline.record(content, *at, event);
    }
    meter.finish().0
}

/// What is not a request or an answer, with its instant.
fn played(events: &[(Time, Event)]) -> Vec<(u64, Event)> {
    let facts = |event: &Event| {
        let asked = matches!(event, Event::Requested(..) | Event::Delivered(..));
        asked || matches!(event, Event::Abandoned(..) | Event::Failed(..) | Event::Shown(_))
    };
    let rest = events.iter().filter(|(_, event)| !facts(event));
    rest.map(|(at, event)| (at.since_start().as_millis(), *event)).collect()
}

/// The index and rung of what was shown, with its instant.
fn shown(events: &[(Time, Event)]) -> Vec<(u64, u32, u8)> {
    let of = |(at, event): &(Time, Event)| match event {
        Event::Shown(one) => Some((at.since_start().as_millis(), one.index, one.rung.0)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

#[test]
fn of_a_player_that_says_nothing_playback_is_judged_by_what_came() {
    let seen = [
        seen(0, 1_000, 0, 0),
        seen(1_000, 3_000, 1, 1),
        seen(3_000, 11_000, 2, 2),
        seen(11_000, 12_000, 3, 0),
        seen(12_000, 13_000, 4, 0),
    ];
    let events = witness(&content(), &seen, &[], None);
    // From 1 s on it plays, and at 9 s the 8 s are over. The third comes at 11 s; 12 s are left.
    let expected = [
        (1_000, Event::Started),
        (9_000, Event::Stalled),
        (11_000, Event::Resumed),
        (23_000, Event::Ended),
    ];
    assert_eq!(played(&events), expected);
    let frames = [(1_000, 0, 0), (5_000, 1, 1), (11_000, 2, 2), (15_000, 3, 0), (19_000, 4, 0)];
    assert_eq!(shown(&events), frames);
    let session = measured(&content(), &events);
    assert_eq!((session.stalls, session.stalled), (1, Span::from_secs(2)));
    assert_eq!((session.played, session.startup), (Span::from_secs(20), Some(Span::from_secs(1))));
    assert_eq!((session.switches_up, session.switches_down), (2, 1));
    // 0.5 + 1 + 2 + 0.5 + 0.5 MB, of which nothing was in vain.
    assert_eq!((session.bytes, session.wasted), (Bytes::new(4_500_000), Bytes::ZERO));
    assert_eq!((session.end, session.is_zero_buffer()), (End::Finished, false));
}

#[test]
fn a_buffer_level_pins_the_playhead_and_the_time_that_is_missing_is_the_stall() {
    let seen = [
        level(urgent(seen(0, 1_000, 0, 0)), 0),
        level(urgent(seen(1_000, 2_000, 1, 0)), 4_000),
        // 8 s came and 7 are held: 1 s was played, since 2 s.
        level(seen(3_000, 12_000, 2, 1), 7_000),
        // 12 s came and 3.5 are held: 8.5 s, of which 7.5 in the last 9.5 s. From 10 s on there
        // was nothing, for 2 s.
        level(starved(seen(12_500, 13_000, 3, 1)), 3_500),
        level(seen(13_000, 14_000, 4, 1), 7_000),
    ];
    let events = witness(&content(), &seen, &[], None);
    // At 13 s it is at 9 s, and 11 are left.
    let expected = [
        (2_000, Event::Started),
        (10_000, Event::Stalled),
        (12_000, Event::Resumed),
        (24_000, Event::Ended),
    ];
    assert_eq!(played(&events), expected);
    let session = measured(&content(), &events);
    assert_eq!((session.stalls, session.stalled), (1, Span::from_secs(2)));
    assert_eq!((session.played, session.switches_up), (Span::from_secs(20), 1));
}

#[test]
fn a_player_that_speaks_and_says_nothing_of_a_stall_has_none() {
    let pinned = [
        level(urgent(seen(0, 1_000, 0, 0)), 0),
        // 4 s came and 3.7 are held.
        level(seen(1_300, 5_300, 1, 0), 3_700),
        // By what it said the media was over at 5 s. It was wrong by 0.3 s, and says so now:
        // of 8 s it holds 4.
        level(seen(5_400, 6_000, 2, 0), 4_000),
        level(seen(6_000, 7_000, 3, 0), 7_400),
        // Of 16 s it holds 11.4. In 12 s it should have played 12, and played 0: a pause.
        level(seen(18_000, 18_500, 4, 0), 11_400),
    ];
    let events = witness(&content(), &pinned, &[], None);
    // At 18 s it is at 4.6 s, as it was at 6 s. 15.4 s are left.
    let expected = [
        (1_000, Event::Started),
        (6_000, Event::Paused),
        (18_000, Event::Unpaused),
        (33_400, Event::Ended),
    ];
    assert_eq!(played(&events), expected);
    assert!(measured(&content(), &events).is_zero_buffer());
}

#[test]
fn both_tracks_speak_of_the_same_stall() {
    let content = Presentation::new(vec![track(Kind::Video, 3), track(Kind::Audio, 3)]);
    let sound = |one: Seen| match one.object {
        Object::Segment(segment) => {
            let object = Object::Segment(Segment { track: TrackId(1), ..segment });
            Seen { object, ..one }
        }
        Object::Document(_) => one,
    };
    for says_first in [false, true] {
        let first = sound(level(seen(8_000, 8_200, 2, 0), 4_000));
        let seen = [
            level(urgent(seen(0, 1_000, 0, 0)), 0),
            sound(level(urgent(seen(0, 1_000, 0, 0)), 0)),
            level(seen(1_000, 8_000, 1, 0), 4_000),
            sound(level(seen(1_000, 2_000, 1, 0), 4_000)),
            // 4 s were played by 5 s. Of 8 s all 4 are held at 8 s: 3 s were missing.
            if says_first { starved(first) } else { first },
            level(starved(seen(8_000, 8_500, 2, 0)), 4_000),
        ];
        let events = witness(&content, &seen, &[], None);
        let session = measured(&content, &events);
        assert_eq!((session.stalls, session.stalled), (1, Span::from_secs(3)), "{says_first}");
        assert_eq!(session.paused, Span::ZERO);
        assert_eq!(session.played, Span::from_secs(12));
    }
}

#[test]
fn that_it_is_urgent_may_be_said_once_and_too_late() {
    let seen = [
        // dash.js says it with the first request only. Playback starts at 4 s: not before the
        // second, which finds all that came still held.
        level(urgent(seen(0, 1_000, 0, 0)), 0),
        level(seen(1_000, 2_000, 1, 0), 4_000),
        // Of 8 s it holds 7.
        level(seen(5_000, 14_000, 2, 0), 7_000),
        // It ran dry at 12 s and played on at 14. Of 12 s it holds 3.5, and says that it is urgent.
        level(urgent(starved(seen(14_500, 15_000, 3, 0))), 3_500),
        // Of 16 s it holds 6. That there were only 0.3 s at one time was no stall.
        level(urgent(starved(seen(16_000, 17_000, 4, 0))), 6_000),
    ];
    let events = witness(&content(), &seen, &[], None);
    // It is at 10 s then, and 10 are left.
    let expected = [
        (4_000, Event::Started),
        (12_000, Event::Stalled),
        (14_000, Event::Resumed),
        (26_000, Event::Ended),
    ];
    assert_eq!(played(&events), expected);
}

#[test]
fn who_needs_media_at_once_after_a_stall_is_in_it_still() {
    let seen = [
        level(urgent(seen(0, 1_000, 0, 0)), 0),
        level(seen(1_000, 4_000, 1, 0), 4_000),
        // Dry at 9 s, and asks only at 10.
        level(urgent(starved(seen(10_000, 12_000, 2, 0))), 0),
        // Of 12 s it holds 3: it plays since 12 s.
        level(seen(13_000, 14_000, 3, 0), 3_000),
    ];
    let events = witness(&content(), &seen, &[], None);
    let expected = [
        (1_000, Event::Started),
        (9_000, Event::Stalled),
        (12_000, Event::Resumed),
        (14_000, Event::Left(Reason::Satisfied)),
    ];
    assert_eq!(played(&events), expected);
}

#[test]
fn reports_of_states_are_taken_at_their_word() {
    let all =
        (0..5).map(|index| seen(u64::from(index) * 1_000, 1_000 + u64::from(index), index, 1));
    let reports = [
        state(0, State::Starting),
        state(2_000, State::Playing),
        state(10_000, State::Rebuffering),
        state(12_200, State::Playing),
        state(15_000, State::Paused),
        state(18_000, State::Playing),
        state(27_200, State::Ended),
    ];
    let events = witness(&content(), &all.collect::<Vec<_>>(), &reports, None);
    let session = measured(&content(), &events);
    assert_eq!(session.startup, Some(Span::from_secs(2)));
    assert_eq!((session.stalls, session.stalled), (1, Span::from_millis(2_200)));
    // 8 + 2.8 + 9.2 s.
    assert_eq!((session.played, session.paused), (Span::from_secs(20), Span::from_secs(3)));
    assert_eq!((session.end, session.segments), (End::Finished, 5));
}

#[test]
fn reports_that_were_kept_back_are_taken_at_their_own_clock() {
    let kept = |millis, sta, ts: u64| {
        let (at, cmcd) = state(millis, sta);
        (at, Cmcd { ts: Some(Span::from_millis(1_700_000_000_000 + ts)), ..cmcd })
    };
    // All at 9 s: the latest took no time, the others were kept for 6 and 4 s.
    let reports = [
        kept(9_000, State::Playing, 1_000),
        kept(9_000, State::Rebuffering, 3_000),
        kept(9_000, State::Quit, 7_000),
    ];
    let events = witness(&content(), &[seen(0, 1_000, 0, 0)], &reports, None);
    let expected =
        [(3_000, Event::Started), (5_000, Event::Stalled), (9_000, Event::Left(Reason::Stall))];
    assert_eq!(played(&events), expected);
}

#[test]
fn a_player_reports_where_it_goes() {
    let place =
        |report: (Time, Cmcd), pt| (report.0, Cmcd { pt: Some(Span::from_millis(pt)), ..report.1 });
    let seen = [seen(0, 1_000, 0, 0), seen(3_000, 4_000, 3, 0), seen(4_000, 5_000, 4, 0)];
    let reports = [
        state(1_000, State::Playing),
        state(2_900, State::Seeking),
        place(state(4_500, State::Playing), 13_000),
        state(11_500, State::Ended),
    ];
    let events = witness(&content(), &seen, &reports, None);
    let to = Pts::ZERO + Span::from_secs(13);
    let expected = [
        (1_000, Event::Started),
        (2_900, Event::Sought { to, buffered: false }),
        (4_500, Event::Landed),
        (11_500, Event::Ended),
    ];
    assert_eq!(played(&events), expected);
    // The last begins at 16 s, 3 s after that.
    assert_eq!(shown(&events), [(1_000, 0, 0), (4_500, 3, 0), (7_500, 4, 0)]);
}

#[test]
fn who_asks_for_what_does_not_follow_went_elsewhere() {
    let seen = [seen(0, 1_000, 0, 0), seen(1_000, 2_000, 1, 0), seen(4_000, 5_000, 4, 0)];
    let events = witness(&content(), &seen, &[], None);
    let to = Pts::ZERO + Span::from_secs(16);
    let expected = [
        (1_000, Event::Started),
        (4_000, Event::Sought { to, buffered: false }),
        (5_000, Event::Landed),
        (9_000, Event::Ended),
    ];
    assert_eq!(played(&events), expected);
    let session = measured(&content(), &events);
    assert_eq!((session.seeks, session.seek_wait), (1, Span::from_secs(1)));
    assert!(session.is_zero_buffer());
}

#[test]
fn what_was_cancelled_and_what_was_replaced_is_not_shown() {
    let cancelled =
        Seen { how: How::Aborted, sent: Bytes::new(300_000), ..seen(1_000, 3_000, 1, 2) };
    let seen = [
        seen(0, 1_000, 0, 0),
        cancelled,
        seen(3_000, 4_000, 1, 0),
        seen(4_000, 5_000, 2, 0),
        seen(5_000, 6_000, 2, 2),
        // Too late: the second is shown from 5 s on.
        seen(6_000, 7_000, 1, 2),
    ];
    let events = witness(&content(), &seen, &[], None);
    // The third is due at 9 s, but nobody is heard of after 7.
    assert_eq!(shown(&events), [(1_000, 0, 0), (5_000, 1, 0)]);
    assert_eq!(played(&events).last(), Some(&(7_000, Event::Left(Reason::Satisfied))));
    let more = [&seen[..], &[self::seen(7_000, 10_000, 3, 0)]].concat();
    let events = witness(&content(), &more, &[], None);
    assert_eq!(shown(&events)[2..], [(9_000, 2, 2)]);
    let session = measured(&content(), &events);
    // 0.3 MB cancelled, 0.5 replaced, 2 too late, and 0.5 that were never due.
    assert_eq!(session.wasted, Bytes::new(3_300_000));
    assert_eq!((session.requests, session.switches()), (7, 1));
}

#[test]
fn what_fails_counts_as_an_attempt_and_a_document_that_comes_again_as_that() {
    let mut content = content();
    content.documents = vec![Bytes::new(10)];
    let document = Object::Document(crate::media::DocumentId(0));
    let manifest = |asked| Seen { object: document, ..seen(asked, asked, 0, 0) };
    let failed = Seen { how: How::Failed, sent: Bytes::ZERO, ..seen(100, 200, 0, 0) };
    let seen = [manifest(0), manifest(50), failed, seen(300, 400, 0, 0)];
    let events = witness(&content, &seen, &[state(500, State::Failed)], None);
    let of = |(_, event): &(Time, Event)| match event {
        Event::Requested(one, _) => Some((one.id.serial, one.id.lane, one.attempt, one.again)),
        _ => None,
    };
    let requests: Vec<_> = events.iter().filter_map(of).collect();
    assert_eq!(requests, [(0, 1, 0, 0), (1, 1, 0, 1), (2, 0, 0, 0), (3, 0, 1, 0)]);
    let gave_up = Event::GaveUp(seen[2].object);
    assert_eq!(events.last(), Some(&(at(500), gave_up)));
}

#[test]
fn of_what_is_live_latency_tells_where_it_is() {
    let mut content = content();
    let mut live = Live::default();
    (live.elapsed, live.window) = (Span::from_secs(10), Span::from_secs(60));
    content.live = Some(Arc::new(live.made(&content, &[])));
    let ltc = |one: Seen, millis| {
        let ltc = Some(Span::from_millis(millis));
        Seen { cmcd: Cmcd { ltc, ..one.cmcd }, ..one }
    };
    // It joins at 4 s of the programme. At 2.5 s the clock shows 12.5, and it is at 5 s: it plays
    // since 1.5 s, when it was 7.5 s behind.
    let first = ltc(urgent(seen(0, 1_000, 1, 0)), 0);
    let events = witness(&content, &[first, ltc(seen(2_500, 3_000, 2, 0), 7_500)], &[], None);
    let latency = Span::from_millis(7_500);
    let expected = [
        (1_500, Event::Started),
        (1_500, Event::Behind { latency, target: latency, speed: Speed::NORMAL }),
        (3_000, Event::Left(Reason::Satisfied)),
    ];
    assert_eq!(played(&events), expected);
    let mut glass = GlassMeter::default();
    events.iter().for_each(|(at, event)| glass.record(&content, *at, event));
    let glass = glass.finish();
    assert_eq!(glass.latency.mean(), Some(latency));
    assert_eq!(glass.watched, Span::from_millis(1_500));
}

#[test]
fn when_watching_is_over_who_plays_is_still_there() {
    let all: Vec<_> = (0..5).map(|index| seen(0, 1_000, index, 0)).collect();
    let last = |until| witness(&content(), &all, &[], until).pop();
    assert_eq!(last(None), Some((at(21_000), Event::Ended)));
    assert_eq!(last(Some(at(9_000))), Some((at(9_000), Event::Left(Reason::Limit))));
    assert_eq!(last(Some(at(22_000))), last(None));
    let none = witness(&content(), &[], &[state(0, State::Playing)], None);
    assert_eq!(none, [], "nobody came");
    let alone = witness(&content(), &[urgent(seen(0, 9_000, 0, 0))], &[], None);
    assert_eq!(played(&alone).last(), Some(&(9_000, Event::Left(Reason::Satisfied))));
}

prop_compose! {
    fn any_seen()(
        (asked, ended) in (0..40_000u64, 0..40_000u64),
        (track, index, rung) in (0..3u8, 0..7u32, 0..4u8),
        how in 0..3usize,
        (su, bs) in any::<(Option<bool>, Option<bool>)>(),
        bl in proptest::option::of(prop_oneof![0..20_000u64, Just(10_000_000_000_000)]),
        bsd in proptest::option::of(prop_oneof![0..20_000u64, Just(10_000_000_000_000)]),
    ) -> Seen {
        let object = Object::Segment(Segment { track: TrackId(track), index, rung: Rung(rung) });
        let (bl, bsd) = (bl.map(Span::from_millis), bsd.map(Span::from_millis));
        let cmcd = Cmcd { su, bs, bl, bsd, ..Cmcd::default() };
        let how = [How::Whole, How::Aborted, How::Failed][how];
        Seen { object, cmcd, how, ..seen(asked, ended, 0, rung) }
    }
}

prop_compose! {
    fn any_report()(
        millis in 0..40_000u64,
        sta in proptest::option::of(0..State::ALL.len()),
        ts in proptest::option::of(0..10_000_000_000_000u64),
        (pt, bl) in any::<(Option<u32>, Option<u32>)>(),
    ) -> (Time, Cmcd) {
        let span = |millis: u32| Span::from_millis(millis.into());
        let (ts, sta) = (ts.map(Span::from_millis), sta.map(|sta| State::ALL[sta]));
        (at(millis), Cmcd { sta, ts, pt: pt.map(span), bl: bl.map(span), ..Cmcd::default() })
    }
}

/// What follows what: nothing before the start, and each thing ends before the next begins.
fn make_sense(events: &[(Time, Event)]) -> bool {
    let mut doing = "starting";
    let mut shown: Vec<Segment> = Vec::new();
    events.iter().all(|(_, event)| {
        let (from, to): (&[&str], _) = match event {
            Event::Started => (&["starting"], "playing"),
            Event::Stalled => (&["playing"], "stalled"),
            Event::Resumed => (&["stalled"], "playing"),
            Event::Paused => (&["playing"], "paused"),
            Event::Unpaused => (&["paused"], "playing"),
            Event::Sought { .. } => (&["playing", "stalled"], "seeking"),
            Event::Landed => (&["seeking"], "playing"),
            Event::Ended | Event::GaveUp(_) | Event::Left(_) => {
                (&["starting", "playing", "stalled", "paused", "seeking"], "over")
            }
            Event::Shown(segment) => {
                shown.push(*segment);
                return doing != "starting" && doing != "over";
            }
            _ => return doing != "over",
        };
        let follows = from.contains(&doing);
        doing = to;
        follows
    }) && (events.is_empty() || doing == "over")
}

proptest! {
    #[test]
    fn whatever_was_seen_the_events_make_sense(
        seen in proptest::collection::vec(any_seen(), 0..20),
        reports in proptest::collection::vec(any_report(), 0..12),
        until in proptest::option::of(0..50_000u64),
    ) {
        let content = Presentation::new(vec![track(Kind::Video, 5), track(Kind::Audio, 6)]);
        for reports in [&reports[..], &[]] {
            let events = witness(&content, &seen, reports, until.map(at));
            prop_assert!(make_sense(&events), "{:?}", played(&events));
            let session = measured(&content, &events);
            prop_assert!(session.requests as usize <= seen.len());
        }
    }
}
