//! What viewers do besides watching, in worlds simple enough to solve with a pencil.

mod common;

use std::sync::Arc;

use abrsim::abr::{ALGORITHMS, Settings};
use abrsim::media::{Kind, Object, Presentation, Rung, Segment, TrackId};
use abrsim::metrics::{End, Session, Summary};
use abrsim::person::{Act, Deed, Plan};
use abrsim::player::{Config, Event, Input, Output, Player, Reason, Receipt, Request};
use abrsim::units::{Bytes, Pts, Span, Speed, Time};
use common::{Log, World, at, constant, millis, requests, secs, steps, track, video, when};

/// 200 s in segments of 4 s that take 0.5 s each, so that playback starts at 0.5 s. With a target
/// of 30 s the first eight are there at 4 s. The ninth fits when 6 s have been played, and comes
/// between 6.5 s and 7 s; from then on there is one every 4 s.
fn world(plan: Plan) -> World {
    World { content: video(&[1_000], 50), trace: constant(8_000), plan, ..World::default() }
}

const SEGMENT: Bytes = Bytes::new(500_000);

fn acts(acts: &[(u64, Deed)]) -> Plan {
    let act = |&(ms, deed)| Act { after: millis(ms), deed };
    Plan { acts: acts.iter().map(act).collect(), ..Plan::default() }
}

fn place(s: u64) -> Pts {
    Pts::ZERO + secs(s)
}

fn shown(log: &Log) -> Vec<(Time, u32)> {
    let first = |(_, at, event): &(usize, Time, Event)| match *event {
        Event::Shown(Segment { index, .. }) => Some((*at, index)),
        _ => None,
    };
    log.iter().filter_map(first).collect()
}

fn segment(index: u32) -> Object {
    Object::Segment(Segment { track: TrackId(0), index, rung: Rung(0) })
}

#[test]
fn a_seek_out_of_the_buffer_drops_it_and_waits_for_the_place() {
    let (sessions, log) = world(acts(&[(6_250, Deed::Seek(place(120)))])).run();
    // At 6.75 s, with half of the ninth segment there. The 31st begins at 120 s and takes 0.5 s;
    // from 7.25 s on the other 80 s are played.
    assert_eq!(when(&log, |e| matches!(e, Event::Abandoned(..))), [at(6_750)]);
    assert_eq!(requests(&log)[9], (at(6_750), segment(30)));
    assert_eq!(when(&log, |e| *e == Event::Landed), [at(7_250)]);
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(87_250)]);
    let Session { played, stalled, seeks, seek_wait, .. } = sessions[0];
    assert_eq!((played, stalled, seeks, seek_wait), (millis(86_250), Span::ZERO, 1, millis(500)));
    // Eight and a half segments, of which two were shown, and the last twenty.
    let (bytes, wasted) = (sessions[0].bytes, sessions[0].wasted);
    assert_eq!((bytes, wasted), (SEGMENT * 57 / 2, SEGMENT * 13 / 2));
    assert!(sessions[0].is_zero_buffer(), "waiting after a seek is no stall");
}

#[test]
fn a_seek_within_the_buffer_waits_for_nothing() {
    let (sessions, log) = world(acts(&[(9_000, Deed::Seek(place(30)))])).run();
    // At 9.5 s there are 36 s, and the first three segments have been shown. The eighth holds 30 s;
    // the four between are never shown. The tenth fits at once.
    let began = [(500, 0), (4_500, 1), (8_500, 2), (9_500, 7), (11_500, 8)];
    assert_eq!(shown(&log)[..5], began.map(|(ms, index)| (at(ms), index)));
    assert_eq!(requests(&log)[9], (at(9_500), segment(9)));
    assert_eq!(when(&log, |e| *e == Event::Landed), [at(9_500)]);
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(179_500)]);
    let Session { seeks, seek_wait, bytes, wasted, .. } = sessions[0];
    assert_eq!((seeks, seek_wait), (1, Span::ZERO));
    assert_eq!((bytes, wasted), (SEGMENT * 50, SEGMENT * 4));
}

#[test]
fn to_go_back_is_to_fetch_again() {
    let (sessions, log) = world(acts(&[(9_000, Deed::Seek(place(2)))])).run();
    // At 9.5 s. Of the first segment only 2 s are of use: it takes the second too to have 4 s.
    assert_eq!(requests(&log)[9..11], [(at(9_500), segment(0)), (at(10_000), segment(1))]);
    assert_eq!(shown(&log)[3..5], [(at(10_500), 0), (at(12_500), 1)]);
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(208_500)]);
    let Session { seek_wait, longest_seek, bytes, wasted, .. } = sessions[0];
    assert_eq!((seek_wait, longest_seek), (secs(1), secs(1)));
    assert_eq!((bytes, wasted), (SEGMENT * 59, SEGMENT * 6));
}

#[test]
fn a_seek_in_the_middle_of_audio_and_video_fetches_both_again() {
    let tracks = [(Kind::Video, secs(4), 50), (Kind::Audio, secs(5), 40)];
    let tracks = tracks.map(|(kind, segment, count)| track(kind, &[1_000], segment, count));
    let content = Presentation::new(tracks.to_vec());
    let plan = acts(&[(1_000, Deed::Seek(place(103)))]);
    let (sessions, log) = World { content, ..world(plan) }.run();
    // 103 s are in the 26th segment of video, from 100 s, and in the 21st of audio, also from 100.
    let land = when(&log, |e| *e == Event::Landed)[0];
    let first = |id| {
        let of = |e: &Event| matches!(e, Event::Shown(s) if s.track == TrackId(id));
        when(&log, of).into_iter().find(|&at| at >= land)
    };
    assert_eq!((first(0), first(1)), (Some(land), Some(land)));
    assert_eq!((sessions[0].end, sessions[0].played), (End::Finished, secs(1 + 97)));
}

#[test]
fn a_seek_to_the_end_or_beyond_is_the_end() {
    for beyond in [200, 9_999] {
        let (sessions, log) = world(acts(&[(9_000, Deed::Seek(place(beyond)))])).run();
        assert_eq!(when(&log, |e| *e == Event::Ended), [at(9_500)]);
        assert_eq!((sessions[0].end, sessions[0].seeks), (End::Finished, 1));
    }
}

#[test]
fn a_pause_of_10_s_ends_10_s_later_and_fills_the_buffer_meanwhile() {
    let (sessions, log) = world(acts(&[(1_000, Deed::Pause(secs(10)))])).run();
    // From 1.5 s to 11.5 s. The seventh segment, at 3 s, fits; the eighth when 2 s have been
    // played, at 12.5 s.
    assert_eq!(requests(&log)[6..8], [(at(3_000), segment(6)), (at(12_500), segment(7))]);
    assert_eq!(when(&log, |e| *e == Event::Paused), [at(1_500)]);
    assert_eq!(when(&log, |e| *e == Event::Unpaused), [at(11_500)]);
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(210_500)]);
    let Session { played, paused, stalled, .. } = sessions[0];
    assert_eq!((played, paused, stalled), (secs(200), secs(10), Span::ZERO));
    assert!(sessions[0].is_zero_buffer());
}

#[test]
fn acts_of_one_moment_are_done_one_after_the_other() {
    let plan = acts(&[(9_000, Deed::Pause(secs(3))), (9_000, Deed::Seek(place(120)))]);
    let (sessions, log) = world(plan).run();
    // Paused from 9.5 s to 12.5 s, and elsewhere half a second later.
    assert_eq!(when(&log, |e| *e == Event::Landed), [at(13_000)]);
    assert_eq!((sessions[0].paused, sessions[0].seek_wait), (secs(3), millis(500)));
}

fn at_speed(per_mille: u16, world: World) -> World {
    let speed = Speed::from_per_mille(per_mille).unwrap();
    World { config: Config { speed, ..world.config }, ..world }
}

#[test]
fn at_twice_the_speed_a_link_half_again_as_fast_as_the_media_stalls() {
    // 3 s of media take 2 s to fetch and 1.5 s to play: the 9 later segments are 0.5 s late each.
    let config = Config { startup: secs(3), resume: secs(3), ..World::default().config };
    let content = Presentation::new(vec![track(Kind::Video, &[1_000], secs(3), 10)]);
    let slow =
        || World { content: content.clone(), trace: constant(1_500), config, ..World::default() };
    let (sessions, log) = at_speed(2_000, slow()).run();
    assert_eq!((sessions[0].stalls, sessions[0].stalled), (9, millis(4_500)));
    assert_eq!(sessions[0].played, secs(15));
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(21_500)]);
    assert_eq!(slow().session().stalls, 0, "at the normal speed");
}

#[test]
fn at_five_quarters_of_the_speed_200_s_take_160() {
    let (_, log) = at_speed(1_250, world(Plan::default())).run();
    let begins: Vec<_> = (0..50).map(|k| (at(500 + 3_200 * k), k as u32)).collect();
    assert_eq!(shown(&log), begins);
    assert_eq!(when(&log, |e| *e == Event::Ended), [at(160_500)]);
    // The ninth segment fits when 6 s have been played: 4.8 s after the start.
    assert_eq!(requests(&log)[8], (at(5_300), segment(8)));
}

#[test]
fn whoever_has_5_s_of_patience_with_a_dead_slow_link_leaves_after_5_s() {
    let plan = Plan { startup_patience: Some(secs(5)), ..Plan::default() };
    let (sessions, log) = World { trace: constant(8), ..world(plan) }.run();
    assert_eq!(when(&log, |e| *e == Event::Left(Reason::Startup)), [at(5_000)]);
    let session = sessions[0];
    assert_eq!((session.end, session.startup), (End::LeftStartup, None));
    // A byte a millisecond.
    assert_eq!((session.bytes, session.wasted), (Bytes::new(5_000), Bytes::new(5_000)));
    let mut summary = Summary::new(1);
    summary.add(&session, &[]);
    assert_eq!((summary.viewers, summary.zero_buffer, summary.started), (1, 0, 0));
}

#[test]
fn a_first_frame_that_comes_as_patience_ends_has_come() {
    let plan = |ms| Plan { startup_patience: Some(millis(ms)), ..Plan::default() };
    assert_eq!(world(plan(500)).session().end, End::Finished);
    assert_eq!(world(plan(499)).session().end, End::LeftStartup);
}

#[test]
fn a_stall_that_outlasts_their_patience_makes_them_leave() {
    // Nothing comes between 20 s and 60 s. The twelfth segment comes at 19 s, as 18 s have been
    // played, and lasts until 48.5 s; the thirteenth comes at 60.5 s, 12 s later.
    let trace = || steps(&[(20_000, 8_000), (40_000, 0), (1, 8_000)]);
    let run = |ms| {
        let plan = Plan { stall_patience: Some(millis(ms)), ..Plan::default() };
        World { trace: trace(), ..world(plan) }.run()
    };
    let (sessions, log) = run(11_999);
    assert_eq!(when(&log, |e| *e == Event::Stalled), [at(48_500)]);
    assert_eq!(when(&log, |e| *e == Event::Left(Reason::Stall)), [at(60_499)]);
    assert_eq!((sessions[0].end, sessions[0].stalled), (End::LeftStall, millis(11_999)));
    let (sessions, _) = run(12_000);
    assert_eq!((sessions[0].end, sessions[0].stalled), (End::Finished, secs(12)));
}

#[test]
fn so_does_a_wait_after_a_seek_and_it_is_still_no_stall() {
    let plan = acts(&[(9_000, Deed::Seek(place(120)))]);
    let plan = Plan { stall_patience: Some(secs(4)), ..plan };
    let trace = steps(&[(9_500, 8_000), (1, 0)]);
    let (sessions, log) = World { trace, ..world(plan) }.run();
    assert_eq!(when(&log, |e| *e == Event::Left(Reason::Seek)), [at(13_500)]);
    let Session { end, stalls, seek_wait, .. } = sessions[0];
    assert_eq!((end, stalls, seek_wait), (End::LeftSeek, 0, secs(4)));
    assert!(!sessions[0].is_zero_buffer(), "they have not seen what they meant to");
}

#[test]
fn whoever_means_to_watch_a_minute_of_ten_leaves_satisfied_after_one() {
    let plan = Plan { watch: Some(secs(60)), ..Plan::default() };
    let (sessions, log) = World { content: video(&[1_000], 150), ..world(plan) }.run();
    assert_eq!(when(&log, |e| *e == Event::Left(Reason::Satisfied)), [at(60_500)]);
    let session = sessions[0];
    assert_eq!((session.end, session.played), (End::Satisfied, secs(60)));
    assert!(session.is_zero_buffer());
    // Segment 21 ends at 88 s and was asked for when 58 s had been played. Segment 15 begins at
    // 60 s: its first frame is the last thing they see.
    assert_eq!((session.bytes, session.wasted), (SEGMENT * 22, SEGMENT * 6));
}

#[test]
fn what_they_mean_to_watch_is_media_wherever_it_is_and_however_fast() {
    let plan = acts(&[(9_000, Deed::Seek(place(120))), (9_000, Deed::Pause(secs(7)))]);
    let plan = Plan { watch: Some(secs(60)), ..plan };
    let (sessions, log) = at_speed(1_500, world(plan)).run();
    // 0.5 s of startup, 6 s of play, 0.5 s of waiting, 7 s of pause, and 34 s of play.
    assert_eq!(when(&log, |e| *e == Event::Left(Reason::Satisfied)), [at(48_000)]);
    assert_eq!(sessions[0].played, secs(40));
}

#[test]
fn watching_exactly_all_of_it_is_finishing() {
    let plan = Plan { watch: Some(secs(200)), ..Plan::default() };
    assert_eq!(world(plan).session().end, End::Finished);
}

#[test]
fn everything_is_measured_from_their_own_press_of_play() {
    let world = || World {
        players: 2,
        shared: false,
        apart: secs(100),
        trace: steps(&[(100_000, 8_000), (1, 1_000)]),
        ..world(Plan { watch: Some(secs(20)), ..Plan::default() })
    };
    // The second arrives as the link falls to 1,000 kbit/s, on which a segment takes 4 s.
    let (sessions, log) = world().run();
    assert_eq!(
        sessions.iter().map(|s| s.startup).collect::<Vec<_>>(),
        [millis(500), secs(4)].map(Some)
    );
    assert_eq!(when(&log, |e| *e == Event::Left(Reason::Satisfied)), [20_500, 124_000].map(at));
    // With 99 s to simulate they never arrive, and nothing is told of them.
    let (_, log) = World { limit: secs(99), ..world() }.run();
    assert!(log.iter().all(|(who, ..)| *who == 0));
}

/// A player told things by hand.
struct ByHand(Player);

impl ByHand {
    fn new() -> Self {
        let content = Arc::new(video(&[1_000], 50));
        let abr = (ALGORITHMS[0].new)(&Settings::default(), &content).unwrap()();
        Self(Player::new(content, abr, World::default().config, Time::ZERO))
    }

    /// What it says has happened, and the segment it then asks for.
    fn told(&mut self, ms: u64, input: Input) -> (Vec<Event>, Option<Request>) {
        let (mut events, mut asked) = (Vec::new(), None);
        for output in self.0.handle(at(ms), input) {
            match *output {
                Output::Event(when, event) if when == at(ms) => events.push(event),
                Output::Fetch(request, _) => asked = Some(request),
                Output::Event(..) | Output::Cancel(_) | Output::Watch(..) => {}
            }
        }
        (events, asked)
    }

    fn comes(&mut self, ms: u64, Request { id, size, .. }: Request) -> (Vec<Event>, Request) {
        let receipt = Receipt::of(Some(at(0)), size);
        let (mut events, asked) = self.told(ms, Input::Done(id, receipt));
        events.retain(|e| !matches!(e, Event::Delivered(..)));
        (events, asked.expect("another segment fits"))
    }
}

fn first_frame(index: u32) -> Event {
    Event::Shown(Segment { track: TrackId(0), index, rung: Rung(0) })
}

#[test]
fn a_place_sought_before_the_first_frame_is_where_playback_begins() {
    let mut player = ByHand::new();
    let first = player.told(0, Input::Wake).1.unwrap();
    let (events, asked) = player.told(500, Input::Seek(place(121)));
    assert_eq!(events, [Event::Sought { to: place(121), buffered: false }]);
    let asked = asked.unwrap();
    assert_eq!((first.object, asked.object), (segment(0), segment(30)));
    assert_eq!(player.told(600, Input::Done(first.id, Receipt::default())).0, [], "too late");
    // Of that segment 3 s are of use, and it takes 4.
    let (events, next) = player.comes(1_000, asked);
    assert_eq!(events, []);
    let (events, _) = player.comes(2_000, next);
    assert_eq!(events, [Event::Started, first_frame(30)]);
}

#[test]
fn a_place_sought_in_a_pause_is_waited_for_after_it() {
    let mut player = ByHand::new();
    let first = player.told(0, Input::Wake).1.unwrap();
    assert_eq!(player.told(0, Input::Pause).0, [], "there is nothing to pause yet");
    let (events, _) = player.comes(1_000, first);
    assert_eq!(events, [Event::Started, first_frame(0)]);
    assert_eq!(player.told(1_500, Input::Play).0, [], "it plays");
    assert_eq!(player.told(2_000, Input::Pause).0, [Event::Paused]);
    assert_eq!(player.told(2_500, Input::Pause).0, []);
    let (events, asked) = player.told(3_000, Input::Seek(place(120)));
    assert_eq!(events, [Event::Sought { to: place(120), buffered: false }]);
    assert_eq!(player.told(60_000, Input::Play).0, [Event::Unpaused]);
    let (events, _) = player.comes(61_000, asked.unwrap());
    assert_eq!(events, [Event::Landed, first_frame(30)]);
    assert_eq!(player.told(61_000, Input::Quit(Reason::Limit)).0, [Event::Left(Reason::Limit)]);
    assert_eq!(player.told(62_000, Input::Seek(place(1))).0, [], "they have left");
}

#[test]
fn a_plan_is_cheap_to_give_to_everybody() {
    let plan = acts(&[(9_000, Deed::Seek(place(30)))]);
    assert!(Arc::ptr_eq(&plan.acts, &plan.clone().acts));
}
