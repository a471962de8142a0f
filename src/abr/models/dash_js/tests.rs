//! What dash.js does in worlds small enough for a pencil.

use super::*;
use crate::abr::testing::{Question, fetched};
use crate::media::TrackId;
use crate::units::Bytes;

/// Asks for a segment with so many milliseconds in the buffer.
fn ask(player: &mut dyn Abr, question: &mut Question, segment: u32, millis: u64) -> Decision {
    question.segment = segment;
    player.choose(&question.context_at(Span::from_millis(millis)))
}

/// A transfer of the segment in question of which so many bytes are there, so many milliseconds
/// after the first.
fn under_way(question: &Question, rung: u8, received: u64, millis: u64) -> Transfer {
    let cx = question.context(0);
    let requested = cx.now - Span::from_millis(millis);
    Transfer {
        rung: Rung(rung),
        size: cx.size(Rung(rung)),
        received: Bytes::new(received),
        requested,
        first_byte: Some(requested),
        now: cx.now,
        outcome: Outcome::UnderWay,
        ..fetched(0, 0)
    }
}

#[test]
fn it_begins_within_1_mbps_or_100_kbps_of_sound_and_goes_on_with_90_percent_of_throughput() {
    let mut question = Question::of(&[400, 990, 1_010, 1_790, 1_810]);
    let mut player = question.ask(&V5.algorithm);
    assert_eq!(ask(player.as_mut(), &mut question, 0, 0), Decision::Fetch(Rung(1)));
    // 500 kB in 2 s are 2 Mbit/s, 90 % of which are 1.8 Mbit/s.
    player.observe(&fetched(500_000, 2_000));
    assert_eq!(ask(player.as_mut(), &mut question, 1, 4_000), Decision::Fetch(Rung(3)));

    let mut question = Question::of(&[64, 96, 128]);
    question.content.tracks[0].kind = Kind::Audio;
    let mut player = question.ask(&V5.algorithm);
    assert_eq!(ask(player.as_mut(), &mut question, 0, 0), Decision::Fetch(Rung(1)));
}

#[test]
fn it_looks_every_500_ms_whether_the_segment_fits_below_18_s_or_30_s_at_the_top() {
    let waits = |millis| Decision::Wait(Span::from_millis(millis));
    let mut question = Question::of(&[400, 1_100]);
    let mut player = question.ask(&V5.algorithm);
    let mut at = |millis| ask(player.as_mut(), &mut question, 0, millis);
    // 14 s and a segment of 4 s are 18 s, and not below; 500 ms later they are.
    assert_eq!(at(14_000), waits(500));
    assert_eq!(at(14_400), waits(500));
    assert_eq!(at(14_500), waits(1_000));
    assert_eq!(at(13_900), Decision::Fetch(Rung(0)));

    // 900 kbit/s are the top here: 26 s and 4 s are 30 s.
    let mut question = Question::of(&[400, 900]);
    let mut player = question.ask(&V5.algorithm);
    assert_eq!(ask(player.as_mut(), &mut question, 0, 0), Decision::Fetch(Rung(1)));
    assert_eq!(ask(player.as_mut(), &mut question, 1, 25_900), Decision::Fetch(Rung(1)));
    assert_eq!(ask(player.as_mut(), &mut question, 2, 26_000), waits(500));

    // 4.7 looks at the level alone: 12 s.
    let mut question = Question::of(&[400, 1_100]);
    let mut player = question.ask(&V4.algorithm);
    let mut at = |millis| ask(player.as_mut(), &mut question, 0, millis);
    assert_eq!(at(12_000), waits(500));
    assert_eq!(at(11_900), Decision::Fetch(Rung(0)));
}

#[test]
fn sound_waits_a_tick_at_a_time_while_it_is_1_s_or_more_ahead_of_the_picture() {
    let picture = Question::of(&[400, 1_100]).content.tracks.swap_remove(0);
    let mut sound = Question::of(&[64, 96, 128]).content.tracks.swap_remove(0);
    sound.kind = Kind::Audio;
    let content = Presentation::new(vec![picture, sound]);
    let question = Question { content, segment: 0, last: None };
    let mut player = question.ask(&V5.algorithm);
    let mut at = |sound: u64, picture: u64| {
        let other = Some(Span::from_millis(picture));
        let (id, track) = (TrackId(1), &question.content.tracks[1]);
        let cx = question.context_at(Span::from_millis(sound));
        player.choose(&Context { id, track, other, ..cx })
    };
    let tick = Decision::Wait(Span::from_millis(500));
    // 5 s of picture and 1 s are 6 s, and a segment need not fit below. How much is too much says
    // nothing of how long: the picture may get on.
    assert_eq!(at(6_000, 5_000), tick);
    assert_eq!(at(20_000, 5_000), tick);
    assert_eq!(at(5_900, 5_000), Decision::Fetch(Rung(1)));
    // 1 s and 1 s are less than a segment, and that much it may have in any case.
    assert_eq!(at(4_000, 1_000), tick);
    assert_eq!(at(3_900, 1_000), Decision::Fetch(Rung(1)));
}

#[test]
fn once_two_segments_are_there_what_comes_before_the_buffer_is_empty_is_the_most() {
    let mut question = Question::of(&[300, 600, 1_700]);
    let mut player = question.ask(&V5.algorithm);
    let mut after = |segment, millis| {
        if segment > 0 {
            // 500 kB in 2 s, 2 Mbit/s.
            player.observe(&fetched(500_000, 2_000));
        }
        ask(player.as_mut(), &mut question, segment, millis)
    };
    assert_eq!(after(0, 0), Decision::Fetch(Rung(1)));
    // With one, 0.9 · 2,000 = 1,800 kbit/s.
    assert_eq!(after(1, 2_000), Decision::Fetch(Rung(2)));
    // With two and 2 s for one of 4 s, 2,000 · 0.7 · 2 / 4 = 700 kbit/s.
    assert_eq!(after(2, 2_000), Decision::Fetch(Rung(1)));
    // 300 ms are none at all, 301 ms are 2,000 · 0.7 · 0.301 / 4 = 105 kbit/s: the lowest for both.
    assert_eq!(after(3, 300), Decision::Fetch(Rung(0)));
    assert_eq!(after(4, 301), Decision::Fetch(Rung(0)));
}

#[test]
fn after_a_switch_up_what_is_more_than_one_and_a_half_segments_ahead_is_fetched_again() {
    // 1.5 · 4 s = 6 s are kept; segment 11 begins at 44 s, so that the playhead is at 44 s less the
    // buffer. What 6 s from there is in: at 44 s, nothing held; at 42 s and 40 s, segment 10, from
    // 40 s to 44 s; at 39.9 s, segment 9.
    let cases = [
        (5_900, Decision::Fetch(Rung(1))),
        (6_000, Decision::Fetch(Rung(1))),
        (8_000, Decision::Refetch(10)),
        (10_000, Decision::Refetch(10)),
        (10_100, Decision::Refetch(9)),
    ];
    for (buffer, expected) in cases {
        let mut question = Question::of(&[400, 1_700]);
        let mut player = question.ask(&V5.algorithm);
        assert_eq!(ask(player.as_mut(), &mut question, 10, 0), Decision::Fetch(Rung(0)));
        // 2 Mbit/s, of which 1,800 kbit/s may be spent.
        player.observe(&fetched(500_000, 2_000));
        let found = ask(player.as_mut(), &mut question, 11, buffer);
        assert_eq!(found, expected, "with {buffer} ms");
        if let Decision::Refetch(from) = found {
            let again = ask(player.as_mut(), &mut question, from, buffer);
            assert_eq!(again, Decision::Fetch(Rung(1)));
        }
    }
}

#[test]
fn a_request_that_takes_1_8_times_its_media_is_abandoned_if_another_is_less_and_only_once() {
    // 800 kbit/s for 4 s are 400 kB, which take 1.8 · 4 s = 7.2 s at 444.4 kbit/s.
    let mut question = Question::of(&[400, 800]);
    let mut player = question.ask(&V5.algorithm);
    assert_eq!(ask(player.as_mut(), &mut question, 10, 5_000), Decision::Fetch(Rung(1)));
    let first = player.patience(&question.context(5), Rung(1));
    assert_eq!(first, Some(Span::from_millis(500)));
    assert_eq!(player.patience(&question.context(5), Rung(0)), None, "there is none below");
    let mut seen = |question: &Question, buffer, received, millis| {
        let transfer = under_way(question, 1, received, millis);
        matches!(player.watch(&question.context(buffer), &transfer), Verdict::Abandon(Rung(0)))
    };
    // 55,625 B in 1 s are 445 kbit/s: 7.19 s.
    assert!(!seen(&question, 5, 55_625, 1_000));
    // 55,500 B are 444 kbit/s, 7.21 s; but not in the first 500 ms, or with more than 18 s.
    assert!(!seen(&question, 5, 27_750, 500));
    assert!(!seen(&question, 19, 55_500, 1_000));
    // After 210 kB in 3,784 ms, 444 kbit/s, 190 kB are to come, and 200 kB of the other.
    assert!(!seen(&question, 5, 210_000, 3_784));
    assert!(seen(&question, 5, 55_500, 1_000));
    assert_eq!(player.patience(&question.context(5), Rung(1)), None, "not the same twice");
    question.segment = 11;
    assert_eq!(player.patience(&question.context(5), Rung(1)), first);
    // 2 Mbit/s by now, but for 10 s nothing goes up: InsufficientBufferRule would, with two there.
    (0..2).for_each(|_| player.observe(&fetched(500_000, 2_000)));
    assert_eq!(ask(player.as_mut(), &mut question, 11, 5_000), Decision::Fetch(Rung(0)));
}

#[test]
fn what_is_as_good_already_is_not_fetched_again() {
    let mut question = Question::of(&[400, 1_700]);
    let mut player = question.ask(&V5.algorithm);
    assert_eq!(ask(player.as_mut(), &mut question, 10, 0), Decision::Fetch(Rung(0)));
    player.observe(&fetched(500_000, 2_000));
    question.segment = 11;
    // 8 s ahead, segment 10 would be fetched again if it were on rung 0.
    let held = [Rung(0), Rung(1)].into();
    let cx = Context { held: &held, first_held: 9, ..question.context(8) };
    assert_eq!(player.choose(&cx), Decision::Fetch(Rung(1)));
}
