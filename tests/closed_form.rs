//! Worlds simple enough to solve with a pencil.

mod common;

use std::sync::Arc;

use abrsim::abr::{ALGORITHMS, Abr, Algorithm, Context, Decision, Settings, copies_of};
use abrsim::cdn::{Ask, Faults, Origin};
use abrsim::media::{DocumentId, Kind, Object, Presentation, Rung, Segment, Track, TrackId};
use abrsim::metrics::{End, Session, Summary};
use abrsim::player::{Config, Event, Growth, Input, Output, Player, Receipt, Request, Retry};
use abrsim::seed::Seed;
use abrsim::trace::{self, Trace, Tread};
use abrsim::units::{Bitrate, Bytes, Span, Time};
use common::{KBPS, World, at, constant, millis, requests, secs, steps, track, video, when};

/// A segment of the first track.
fn segment(index: u32, rung: u8) -> Object {
    Object::Segment(Segment { track: TrackId(0), index, rung: Rung(rung) })
}

fn document(id: u32) -> Object {
    Object::Document(DocumentId(id))
}

fn config() -> Config {
    World::default().config
}

#[test]
fn startup_is_the_time_to_fetch_one_cheapest_segment() {
    // 300 kbit/s × 4 s over 3,000 kbit/s.
    let session = World::default().session();
    assert_eq!(session.startup, Some(millis(400)));
    assert_eq!((session.stalls, session.end), (0, End::Finished));
}

#[test]
fn before_the_first_segment_come_the_documents_one_round_trip_each() {
    let first = track(Kind::Video, &KBPS, secs(4), 50);
    let setup = (0..5).map(|rung| vec![DocumentId(1 + rung)]).collect();
    let content = Presentation {
        live: None,
        tracks: vec![first.with_setup(setup)],
        documents: [37_500, 18_750, 9, 9, 9, 9].map(Bytes::new).to_vec(),
        opening: vec![DocumentId(0)],
    };
    let origin = Origin { store: millis(30).into(), ..Origin::default() };
    let world = World { content, origin, rtt: millis(50), ..World::default() };
    let (sessions, log) = world.run();
    // 300 kbit of manifest take 100 ms, 150 kbit of playlist 50 ms, 1,200 kbit of segment 400 ms;
    // each of the three waits 50 + 30 ms for its first byte.
    assert_eq!(sessions[0].startup, Some(millis(100 + 50 + 400 + 3 * 80)));
    let began = [(at(0), document(0)), (at(180), document(1)), (at(310), segment(0, 0))];
    assert_eq!(requests(&log)[..3], began);
}

#[test]
fn the_round_trip_is_the_traces_own_where_it_states_one() {
    let tread = Tread { span: secs(1), rate: Bitrate::kbps(3_000), rtt: Some(millis(200)) };
    let trace = Trace::new([tread], trace::End::Repeat).unwrap();
    let session = World { trace, rtt: millis(50), ..World::default() }.session();
    assert_eq!(session.startup, Some(millis(200 + 400)));
}

#[test]
fn a_link_half_as_fast_as_the_media_stalls_for_every_segment_but_the_first() {
    let world = World { trace: constant(150), content: video(&KBPS, 10), ..World::default() };
    let (sessions, log) = world.run();
    // Each 4 s of media takes 8 s to fetch, so every later segment comes 4 s too late.
    assert_eq!(sessions[0].startup, Some(secs(8)));
    assert_eq!(sessions[0].stalls, 9);
    assert_eq!(sessions[0].stalled, secs(9 * 4));
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(84_000)]);
}

#[test]
fn two_viewers_on_a_link_fit_for_one_stall_as_if_each_had_half_of_it() {
    let content = video(&[1_000], 10);
    let shared = World { trace: constant(1_000), content: content.clone(), ..World::default() };
    let (sessions, _) = World { players: 2, ..shared }.run();
    let half = World { trace: constant(500), content, ..World::default() }.session();
    assert_eq!(half.stalled, secs(9 * 4));
    assert_eq!(sessions, [half, half]);
}

#[test]
fn constant_bandwidth_above_the_top_rung_never_stalls() {
    for algorithm in ALGORITHMS {
        let (trace, rtt) = (constant(10_000), millis(40));
        let session = World { algorithm, trace, rtt, ..World::default() }.session();
        assert!(session.is_zero_buffer(), "{}", algorithm.name);
        assert_eq!((session.played, session.stalled), (secs(200), Span::ZERO));
    }
}

#[test]
fn with_a_fast_link_requests_follow_playback() {
    let world = World {
        trace: constant(8_000),
        content: video(&[1_000], 50),
        config: Config { target: secs(12), ..config() },
        ..World::default()
    };
    // A segment takes 0.5 s. The first three are fetched in a row and playback starts at 0.5 s.
    // From then on segment k fits when 4k s, less what has been played, is 8 s: 4k − 8 s into
    // playback.
    let fits = |k: u64| if k < 3 { at(500 * k) } else { at(500 + 4_000 * (k - 2)) };
    let expected: Vec<_> = (0..50).map(|k| (fits(k), segment(k as u32, 0))).collect();
    assert_eq!(requests(&world.run().1), expected);
}

/// Three segments of video at 1,000 kbit/s and of audio at 100.
fn two_tracks() -> Presentation {
    let tracks = [(Kind::Video, 1_000), (Kind::Audio, 100)];
    Presentation::new(tracks.map(|(kind, kbps)| track(kind, &[kbps], secs(4), 3)).to_vec())
}

#[test]
fn audio_and_video_share_the_link_and_playback_waits_for_the_scarcer() {
    let world = World { trace: constant(800), content: two_tracks(), ..World::default() };
    let (sessions, log) = world.run();
    // At 400 kbit/s the 400 kbit of each audio segment take 1 s. After 3 s audio is done, and video
    // has 1,200 of its 4,000 kbit. The other 2,800 take 3.5 s at 800, and each later segment 5 s.
    let done: Vec<_> = when(&log, |e| matches!(e, Event::Delivered(..)));
    assert_eq!(done, [1_000, 2_000, 3_000, 6_500, 11_500, 16_500].map(at));
    // So playback starts at 6.5 s, and stalls for 1 s of every 5.
    assert_eq!(sessions[0].startup, Some(millis(6_500)));
    assert_eq!(when(&log, |e| *e == Event::Stalled), [10_500, 15_500].map(at));
    assert_eq!(when(&log, |e| *e == Event::Resumed), [11_500, 16_500].map(at));
    assert_eq!((sessions[0].played, sessions[0].stalled), (secs(12), secs(2)));
}

#[test]
fn a_track_that_ends_early_holds_nobody_up() {
    let long = track(Kind::Video, &[1_000], secs(4), 3);
    let short = track(Kind::Audio, &[1_000], secs(1), 1);
    let content = Presentation::new(vec![long, short]);
    let session = World { trace: constant(8_000), content, ..World::default() }.session();
    assert_eq!((session.end, session.played), (End::Finished, secs(12)));
}

/// Fetches 4 s in 0.5 s, but between the 60th and the 80th second it carries nothing.
fn outage(target: Span) -> World {
    let trace = steps(&[(60_000, 8_000), (20_000, 0), (1, 8_000)]);
    let config = Config { target, ..config() };
    World { trace, content: video(&[1_000], 50), config, ..World::default() }
}

#[test]
fn an_outage_of_20_s_is_survived_with_30_s_of_buffer() {
    // Segment k is asked for when playback is at 4k − 26 s, at 4k − 25.5: the last before the
    // outage is 21, at 58.5. It lets playback go on until 88.5, and 22 is there at 80.5.
    let session = outage(secs(30)).session();
    assert_eq!((session.stalls, session.is_zero_buffer()), (0, true));
}

#[test]
fn an_outage_of_20_s_is_not_survived_with_10_s_of_buffer() {
    // Segment k is asked for at 4k − 5.5: the last before the outage is 16, at 58.5. It lets
    // playback go on until 68.5, and 17 is there at 80.5.
    let (sessions, log) = outage(secs(10)).run();
    assert_eq!(when(&log, |e| *e == Event::Stalled), [at(68_500)]);
    assert_eq!(when(&log, |e| *e == Event::Resumed), [at(80_500)]);
    assert_eq!((sessions[0].stalls, sessions[0].stalled), (1, secs(12)));
}

#[test]
fn a_player_gives_up_after_its_attempts_each_twice_as_long_after_the_last() {
    let world = World {
        origin: Origin { store: millis(50).into(), faults: errors(1.0), ..Origin::default() },
        rtt: millis(100),
        config: Config {
            retry: Retry {
                first: secs(1),
                longest: secs(5),
                attempts: 6,
                growth: Growth::Doubling,
                same: false,
            },
            ..config()
        },
        ..World::default()
    };
    let (sessions, log) = world.run();
    // Each error takes 150 ms; between them 1, 2, 4, 5 and 5 s, as 8 and 16 are above the longest.
    let asked: Vec<_> = requests(&log).iter().map(|(at, _)| *at).collect();
    assert_eq!(asked, [0, 1_150, 3_300, 7_450, 12_600, 17_750].map(at));
    let gave_up = when(&log, |e| *e == Event::GaveUp(segment(0, 0)));
    assert_eq!(gave_up, [at(17_900)]);

    // Playback never started: that counts against the zero-buffer rate, and as a start failure.
    let session = sessions[0];
    assert_eq!((session.end, session.startup, session.requests), (End::GaveUp, None, 6));
    let mut summary = Summary::new(KBPS.len());
    summary.add(&session, &[]);
    let Summary { viewers, started, zero_buffer, gave_up, .. } = summary;
    assert_eq!((viewers, started, zero_buffer, gave_up), (1, 0, 0, 1));
}

fn errors(errors: f64) -> Faults {
    Faults { errors, ..Faults::default() }
}

/// An origin that fails these requests of viewer 0 for a segment, by attempt, and no others.
fn failing(failures: &[(Object, u32)]) -> Origin {
    let all = (0..10).flat_map(|k| [0, 1, 2].map(|rung| segment(k, rung)));
    let asked: Vec<_> = all.flat_map(|object| [0, 1, 2].map(|n| (object, n))).collect();
    let origin = |seed| Origin { faults: errors(0.03), seed: Seed(seed), ..Origin::default() };
    let is_it = |origin: &Origin| {
        asked.iter().all(|&(object, n)| {
            let (size, place) = (Bytes::ZERO, 0.0);
            let ask = Ask { who: 0, title: 0, object, attempt: n, size, place, serial: 0 };
            let fails = origin.serve(Time::ZERO, &ask).fault.is_some();
            fails == failures.contains(&(object, n))
        })
    };
    (0..100_000).map(origin).find(is_it).expect("some seed fails just these")
}

#[test]
fn after_a_failure_a_segment_is_fetched_one_rung_cheaper_and_the_next_is_not() {
    let world = World {
        content: video(&[1_000, 2_000, 4_000], 8),
        trace: constant(32_000),
        origin: failing(&[(segment(3, 2), 0)]),
        ..World::default()
    };
    // Segments take 125 ms on the cheapest rung, which the first is on, and 500 ms on the dearest.
    // The fourth, asked for at 1.125 s, fails at once, and is asked for a second later on rung 1.
    let (sessions, log) = world.run();
    let expected = [
        (at(0), segment(0, 0)),
        (at(125), segment(1, 2)),
        (at(625), segment(2, 2)),
        (at(1_125), segment(3, 2)),
        (at(2_125), segment(3, 1)),
        (at(2_375), segment(4, 2)),
    ];
    assert_eq!(requests(&log)[..6], expected);
    assert_eq!((sessions[0].requests, sessions[0].is_zero_buffer()), (9, true));
}

#[test]
fn a_transfer_that_has_become_hopeless_is_abandoned_and_its_bytes_wasted() {
    let world = World {
        algorithm: Algorithm::named("throughput").unwrap(),
        content: video(&[1_000, 4_000], 2),
        trace: steps(&[(500, 8_000), (1, 400)]),
        ..World::default()
    };
    // The first 4,000 kbit take 0.5 s, at 8,000 kbit/s, nine tenths of which sustain rung 1. Then
    // the link falls to 400. Half a second later 200 of 16,000 kbit have come: the rest would take
    // 39.5 s, more than 1.8 × 4. So the 4,000 kbit of rung 0 are fetched, in 10 s.
    let (sessions, log) = world.run();
    let expected = [(at(0), segment(0, 0)), (at(500), segment(1, 1)), (at(1_000), segment(1, 0))];
    assert_eq!(requests(&log), expected);
    let come = (Some(at(500)), Bytes::new(25_000));
    let abandoned =
        |e: &Event| matches!(e, Event::Abandoned(_, r) if (r.first_byte, r.received) == come);
    assert_eq!(when(&log, abandoned), [at(1_000)]);
    let session = sessions[0];
    assert_eq!((session.bytes, session.wasted), (Bytes::new(1_025_000), Bytes::new(25_000)));
    // Playback runs dry at 4.5 s and resumes at 11 s.
    assert_eq!((session.stalls, session.stalled), (1, millis(6_500)));
}

#[test]
fn to_resume_can_take_more_media_than_to_start() {
    let world = World {
        content: video(&[1_000], 5),
        trace: constant(500),
        config: Config { resume: secs(8), ..config() },
        ..World::default()
    };
    // A segment comes every 8 s. Playback runs from 8 s to 12 s; 8 s of media are there again at
    // 24 s and last until 32 s, when the next segment comes just in time, and until 36 s. The last
    // segment comes at 40 s; there will be no more, so 4 s have to be enough.
    let (sessions, log) = world.run();
    assert_eq!(when(&log, |e| *e == Event::Stalled), [12_000, 36_000].map(at));
    assert_eq!(when(&log, |e| *e == Event::Resumed), [24_000, 40_000].map(at));
    assert_eq!(sessions[0].stalled, secs(16));
}

#[test]
fn a_viewer_whose_link_dies_leaves_at_the_limit() {
    let trace = steps(&[(1_000, 4_000), (1, 0)]);
    let world = World { trace, content: video(&[1_000], 9), limit: secs(100), ..World::default() };
    // 4 s of media in the first second, and never another byte: played from 1 s to 5 s.
    let (sessions, log) = world.run();
    let Session { end, played, stalled, stalls, .. } = sessions[0];
    assert_eq!((end, played, stalled, stalls), (End::Left, secs(4), secs(95), 1));
    assert_eq!(when(&log, |e| matches!(e, Event::Abandoned(..))), [at(100_000)]);
}

#[test]
fn what_happens_at_the_limit_still_happens() {
    // Startup at 0.4 s, 200 s of media.
    let world = |ms| World { limit: millis(ms), trace: constant(3_000), ..World::default() };
    assert_eq!(world(200_400).session().end, End::Finished);
    assert_eq!(world(200_399).session().end, End::Left);
    assert_eq!(world(0).session().end, End::Left);
}

#[test]
fn segments_of_no_bytes_cost_a_round_trip() {
    for algorithm in ALGORITHMS {
        let ladder = track(Kind::Video, &KBPS, secs(4), 1).ladder;
        let nothing = vec![Bytes::ZERO; 10 * KBPS.len()];
        let empty = Track::new(Kind::Video, ladder, &[secs(4); 10], nothing).unwrap();
        let content = Presentation::new(vec![empty]);
        for rtt in [Span::ZERO, millis(100)] {
            let content = content.clone();
            let (sessions, log) = World { algorithm, content, rtt, ..World::default() }.run();
            assert_eq!(sessions[0].startup, Some(rtt), "{}", algorithm.name);
            assert_eq!((sessions[0].bytes, sessions[0].stalls), (Bytes::ZERO, 0));
            assert_eq!(when(&log, |e| *e == Event::Ended), [Time::ZERO + rtt + secs(40)]);
        }
    }
}

#[test]
fn a_playlist_is_fetched_on_the_first_switch_to_its_rung_and_only_then() {
    let setup = vec![vec![DocumentId(0)], vec![DocumentId(1), DocumentId(2)], vec![DocumentId(3)]];
    let content = Presentation {
        live: None,
        tracks: vec![track(Kind::Video, &[1_000, 2_000, 90_000], secs(4), 60).with_setup(setup)],
        documents: vec![Bytes::new(1_000); 4],
        opening: vec![],
    };
    // Up and down again and again: fast enough for rung 1 for 30 s, then for 30 s not.
    let treads =
        [4_000, 1_000].map(|kbps| Tread { span: secs(30), rate: Bitrate::kbps(kbps), rtt: None });
    let trace = Trace::new(treads, trace::End::Repeat).unwrap();
    let (sessions, log) = World { content, trace, ..World::default() }.run();
    assert!(sessions[0].switches_up > 1, "{:?}", sessions[0]);
    let asked: Vec<_> = requests(&log).into_iter().map(|(_, object)| object).collect();
    let documents: Vec<_> =
        asked.iter().copied().filter(|o| matches!(o, Object::Document(_))).collect();
    assert_eq!(documents, [0, 1, 2].map(document));
    let first = asked.iter().position(|o| matches!(o, Object::Segment(s) if s.rung == Rung(1)));
    let first = first.expect("rung 1 is fetched");
    assert_eq!(asked[first - 2..first], [document(1), document(2)]);
}

#[test]
fn a_link_exactly_as_fast_as_audio_and_video_together_never_stalls() {
    // Both fetch 4 s of media in 4 s, side by side, so that the next of both comes as the buffer
    // empties: the first of the two to be told of must not find it empty.
    let both = [Kind::Video, Kind::Audio].map(|kind| track(kind, &[1_000], secs(4), 10));
    let content = Presentation::new(both.to_vec());
    let session = World { trace: constant(2_000), content, ..World::default() }.session();
    assert_eq!((session.startup, session.stalls), (Some(secs(4)), 0));
}

#[test]
fn a_threshold_of_nothing_still_takes_something_to_play() {
    let config = Config { startup: Span::ZERO, resume: Span::ZERO, ..config() };
    let world =
        World { trace: constant(150), content: video(&KBPS, 10), config, ..World::default() };
    // Each 4 s of media takes 8 s to fetch.
    let session = world.session();
    assert_eq!(session.startup, Some(secs(8)));
    assert_eq!((session.stalls, session.stalled), (9, secs(9 * 4)));
}

#[test]
fn a_target_smaller_than_a_segment_means_one_segment_at_a_time() {
    for level in [0, 1, 2].map(secs) {
        let config = Config { startup: level, resume: level, target: secs(2), ..config() };
        let (trace, content) = (constant(8_000), video(&[1_000], 10));
        let session = World { trace, content, config, ..World::default() }.session();
        // Nothing is asked for until nothing is left, and then it takes 0.5 s.
        assert_eq!((session.end, session.startup), (End::Finished, Some(millis(500))));
        assert_eq!((session.stalls, session.stalled), (9, millis(9 * 500)));
    }
}

#[test]
fn thresholds_above_what_fits_are_reached_all_the_same() {
    for algorithm in ALGORITHMS {
        let config = Config { startup: secs(30), resume: secs(30), ..config() };
        let (trace, content) = (constant(8_000), video(&[1_000], 50));
        let session = World { algorithm, trace, content, config, ..World::default() }.session();
        // With a target of 30 s only seven segments of 4 s fit; it takes the eighth, at 0.5 s each.
        assert_eq!(session.startup, Some(secs(4)), "{}", algorithm.name);
        assert!(session.is_zero_buffer(), "{}", algorithm.name);
    }
}

#[test]
fn a_long_round_trip_is_no_reason_to_abandon_a_transfer() {
    // The first byte comes after 600 ms, when the patience with the transfer, 500 ms, is over.
    let session = World { trace: constant(10_000), rtt: millis(600), ..World::default() }.session();
    assert_eq!((session.requests, session.wasted), (50, Bytes::ZERO));
}

#[test]
fn a_sound_is_not_heard_before_its_picture_is_there() {
    let world = World { trace: constant(800), content: two_tracks(), ..World::default() };
    // All 12 s of audio are there after 3 s, but video stalls from 10.5 s to 11.5 s: the segment of
    // audio that begins there is heard when its pictures are seen.
    let (_, log) = world.run();
    let shown = |id| when(&log, move |e| matches!(e, Event::Shown(s) if s.track == TrackId(id)));
    assert_eq!(shown(0), [6_500, 11_500, 16_500].map(at));
    assert_eq!(shown(1), [6_500, 11_500, 16_500].map(at));
}

#[test]
fn a_player_woken_late_says_when_its_media_ran_out() {
    let content = Arc::new(video(&[1_000], 9));
    let abr = (ALGORITHMS[0].new)(&Settings::default(), &content).unwrap()();
    let mut player = Player::new(content, abr, config(), Time::ZERO);
    let mut tell = |ms, input| -> Vec<_> { player.handle(at(ms), input).to_vec() };
    let Output::Fetch(Request { id, size, .. }, _) = tell(0, Input::Wake)[0] else {
        panic!("nothing was asked for");
    };
    tell(1_000, Input::Done(id, Receipt::of(Some(at(0)), size)));
    // 4 s of media from the first second on, and the world is busy until the ninth.
    let events = tell(9_000, Input::Wake);
    assert!(matches!(events[..], [Output::Event(dry, Event::Stalled)] if dry == at(5_000)));
}

#[test]
fn an_algorithm_is_told_the_rung_before() {
    // Seven segments come at once, the last of them on the dearest rung. The next fits at 2 s, and
    // its 20,000 kbit take 8 s. With 22 s then in the buffer BBA's map is at
    // 1 + 4 × (22 − 9.75) / 13.65 = 4.6 Mbit/s: too little to go up to 5, but enough to stay there.
    let algorithm = Algorithm::named("bba-0").unwrap();
    let content = video(&[1_000, 2_000, 3_000, 5_000], 9);
    let trace = steps(&[(1_000, 1_000_000), (1, 2_500)]);
    let (_, log) = World { algorithm, content, trace, ..World::default() }.run();
    let rungs: Vec<_> = requests(&log).into_iter().map(|(_, object)| object).collect();
    assert_eq!(rungs[6..], [segment(6, 3), segment(7, 3), segment(8, 3)]);
}

#[derive(Clone)]
struct NeverNow;

impl Abr for NeverNow {
    fn choose(&mut self, _: &Context<'_>) -> Decision {
        Decision::Wait(Span::MAX)
    }
}

#[test]
fn an_algorithm_that_only_waits_is_overruled_whenever_nothing_plays() {
    static NEVER_NOW: Algorithm = Algorithm {
        name: "never-now",
        summary: "",
        source: "",
        parameters: &[],
        new: |_, _| copies_of(NeverNow),
    };
    let (trace, content) = (constant(8_000), video(&[1_000], 10));
    let session = World { algorithm: &NEVER_NOW, trace, content, ..World::default() }.session();
    // One segment at a time, each when the one before has been played, and 0.5 s later.
    assert_eq!((session.end, session.startup), (End::Finished, Some(millis(500))));
    assert_eq!((session.stalls, session.stalled), (9, millis(9 * 500)));
}
