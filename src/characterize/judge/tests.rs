//! Each fact of a series written by hand.

use super::*;
use crate::characterize::script::steps;
use crate::media::synth::Recipe;
use crate::media::{DocumentId, Ladder, Object, Representation};
use crate::metrics::{Session, Timeline, Transfer};
use crate::seed::Seed;
use crate::units::Bytes;

/// Three rungs, of 1, 2 and 4 Mbit/s, in segments of 2 s.
fn content() -> Presentation {
    let rungs = [1_000, 2_000, 4_000].map(|kbps| Representation::new(Bitrate::kbps(kbps)));
    let (segment, duration) = (Span::from_secs(2), Span::from_secs(600));
    let ladder = Ladder::new(rungs.to_vec()).unwrap();
    let recipe = Recipe { ladder, audio: None, segment, duration, variability: 0.0 };
    recipe.make(Seed(0)).unwrap()
}

fn at(secs: f64) -> Time {
    Time::ZERO + Span::from_secs_f64(secs)
}

/// A session on steps of so many seconds and kbit/s, of a player that asks every 2 s for the rung
/// that the bandwidth and the last rung tell.
fn session(steps_of: &[(u64, u64)], mut choose: impl FnMut(f64, f64, u8) -> u8) -> Watched {
    let (mut end, mut rates) = (0, Vec::new());
    for &(secs, kbps) in steps_of {
        rates.push((at(end as f64), Bitrate::kbps(kbps)));
        end += secs;
    }
    let script = steps(&rates, at(end as f64));
    let (mut asks, mut last) = (Vec::new(), 0);
    for index in 0..end as u32 / 2 {
        let now = at(f64::from(2 * index));
        let step = script.iter().find(|step| now < step.to).unwrap();
        last = choose(f64::from(2 * index), step.rate.as_kbps_f64(), last);
        asks.push(Ask { at: now, index, rung: Rung(last) });
    }
    let mut timeline = Timeline::default();
    timeline.end = at(end as f64);
    Watched { script, asks, shown: Vec::new(), timeline, session: Session::default() }
}

fn character(watched: &[Watched]) -> Character {
    judge(("by hand".to_owned(), false), &content(), watched, Vec::new())
}

/// The rung that a share of bandwidth sustains.
fn within(kbps: f64) -> u8 {
    [2_000.0, 4_000.0].iter().filter(|&&rung| rung <= kbps).count() as u8
}

/// Up by 10 % a step from 1 Mbit/s to 6.73, and down again: 20 steps each way, of 20 s.
fn stairs() -> Vec<(u64, u64)> {
    let up: Vec<u64> = (0..=20).map(|n| (1_000.0 * libm::pow(1.1, f64::from(n))) as u64).collect();
    up.iter().chain(up.iter().rev().skip(1)).map(|&kbps| (20, kbps)).collect()
}

fn near(found: f64, wanted: f64, within: f64) {
    assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
}

#[test]
fn who_spends_a_share_goes_up_and_back_at_the_rung_over_it() {
    let found = character(&[session(&stairs(), |_, kbps, _| within(0.8 * kbps))]);
    // 2,000 / 0.8 = 2,500, between 1.1⁹ = 2,357 and 1.1¹⁰ = 2,593; 5,000 between 4,594 and 5,054.
    let between = |low, high| Threshold::Between(Bitrate::kbps(low), Bitrate::kbps(high));
    let [first, second] = found.boundaries[..] else { panic!("{:?}", found.boundaries) };
    assert_eq!(
        (first.above, first.up, first.down),
        (Rung(1), between(2_357, 2_593), between(2_593, 2_357))
    );
    assert_eq!((second.up, second.down), (between(4_594, 5_054), between(5_054, 4_594)));
    // The middle of two steps of 10 % is right to 4.9 %, and both ways are the same.
    near(first.spends(&found.needs).unwrap(), 0.8, 0.8 * 0.049);
    near(first.up.doubt().unwrap(), 0.0488, 0.001);
    near(first.gap().unwrap(), 0.0, 1e-9);
    assert_eq!((first.relapses, first.returns), (None, None));
}

#[test]
fn who_goes_up_late_and_holds_on_has_a_gap() {
    // Up to what 0.7 of bandwidth sustains, down to what 0.95 of it does.
    let choose = |_, kbps: f64, last: u8| last.max(within(0.7 * kbps)).min(within(0.95 * kbps));
    let found = character(&[session(&stairs(), choose)]);
    let second = &found.boundaries[0];
    near(second.spends(&found.needs).unwrap(), 0.7, 0.7 * 0.049);
    near(second.holds(&found.needs).unwrap(), 0.95, 0.95 * 0.049);
    // 0.95 / 0.7 = 1.357, each right to 4.9 %.
    near(second.gap().unwrap(), 0.357, 0.14);
}

#[test]
fn what_stairs_do_not_reach_is_said_to_be_beyond_them() {
    let low = Bitrate::kbps(1_000);
    let never = character(&[session(&stairs(), |_, _, _| 0)]);
    assert_eq!(never.boundaries[0].up, Threshold::Beyond(Bitrate::kbps(6_727)));
    assert_eq!(never.boundaries[0].down, Threshold::Unasked, "it was never up there");
    let always = character(&[session(&stairs(), |_, _, _| 1)]);
    assert_eq!(always.boundaries[0].up, Threshold::Before(low));
    assert_eq!(always.boundaries[0].down, Threshold::Beyond(low));
    assert_eq!(always.boundaries[0].gap(), None);
}

#[test]
fn what_a_player_begins_with_is_not_what_it_chooses() {
    // A guess for 6 s, before it has measured.
    let choose = |now: f64, kbps: f64, _| if now < 6.0 { 2 } else { within(0.8 * kbps) };
    let found = character(&[session(&stairs(), choose)]);
    assert!(matches!(found.boundaries[0].up, Threshold::Between(..)));
    assert_eq!(found.startups[0].first, Rung(2));
}

#[test]
fn who_goes_up_to_what_it_cannot_hold_swings() {
    // Above 1.5 Mbit/s to and fro between the cheapest rung and the next, every 4 s, until 2.2.
    let choose = |now: f64, kbps: f64, _| match kbps {
        _ if kbps < 1_500.0 => 0,
        _ if kbps < 2_200.0 => u8::from(now % 8.0 < 4.0),
        _ => 1,
    };
    let found = character(&[session(&stairs(), choose)]);
    let boundary = &found.boundaries[0];
    // Up at 1.1⁵ = 1,610, and last back at 1.1⁸ = 2,143; in falling, back at once at 2,143.
    assert_eq!(boundary.up, Threshold::Between(Bitrate::kbps(1_464), Bitrate::kbps(1_610)));
    // While bandwidth falls it goes up for the last time at 1,610.
    assert_eq!(boundary.relapses, Some(Bitrate::kbps(2_143)));
    assert_eq!(boundary.returns, Some(Bitrate::kbps(1_610)));
    assert!(boundary.gap().unwrap() < -0.2, "{:?}", boundary.gap());
}

#[test]
fn a_player_that_swings_on_an_even_link_is_told_by_how_often() {
    // Steps of 40 s: in the second half of each there are ten requests, every other another rung.
    let steps = [(40, 1_000), (40, 1_100), (40, 1_200), (40, 1_300)];
    let restless = character(&[session(&steps, |now, _, _| u8::from(now % 4.0 < 2.0))]).restless;
    // Nine changes in 20 s are 27 a minute.
    let Restless { steps: all, swinging, worst } = restless.unwrap();
    assert_eq!((all, swinging), (4, 4));
    near(worst, 27.0, 1e-9);
    assert_eq!(character(&[session(&steps, |_, _, _| 0)]).restless.unwrap().swinging, 0);
}

#[test]
fn a_decision_is_late_by_seconds_and_by_segments_and_is_seen_later() {
    // A rise at 100 s that is heeded from 106 s on; a drop at 200 s, from 210 s on.
    let choose = |now: f64, _, _| u8::from((106.0..210.0).contains(&now));
    let mut watched = session(&[(100, 1_100), (100, 3_200), (100, 1_100)], choose);
    // What is asked for is shown 12 s later; and there was some of the same rung before.
    watched.shown =
        watched.asks.iter().map(|ask| Ask { at: ask.at + Span::from_secs(12), ..*ask }).collect();
    watched.shown.insert(48, Ask { at: at(107.0), index: 47, rung: Rung(1) });
    let found = character(&[watched]);
    let delay = |after, segments| Delay {
        after: Span::from_secs(after),
        segments,
        shown: Some(Span::from_secs(after + 12)),
    };
    // In 6 s three requests, at 100, 102 and 104 s.
    assert_eq!(found.boundaries[0].rise, Some(delay(6, 3)));
    assert_eq!(found.boundaries[0].drop, Some(delay(10, 5)));
    assert_eq!(found.boundaries[1].rise, None);
    let jump = &found.jumps[0];
    assert_eq!((jump.before, jump.settled, jump.overshoot), (Rung(0), Rung(1), 0));
    assert_eq!(jump.done, Some(Span::from_secs(6)));
}

#[test]
fn a_boundary_is_told_by_the_jump_that_begins_next_to_it() {
    // From the dearest rung to the cheapest it takes 20 s, from the one in between 4 s.
    let choose = |now: f64, _, _| match now {
        _ if now < 120.0 => 2,
        _ if now < 200.0 => 0,
        _ if now < 304.0 => 1,
        _ => 0,
    };
    let steps = [(100, 6_400), (100, 1_100), (100, 3_200), (100, 1_100)];
    let found = character(&[session(&steps, choose)]);
    assert_eq!(found.boundaries[0].drop.unwrap().after, Span::from_secs(4));
    assert_eq!(found.boundaries[1].drop.unwrap().after, Span::from_secs(20));
}

#[test]
fn what_is_asked_for_beyond_where_it_settles_overshoots() {
    // After the drop two segments of the cheapest rung, then the one above it.
    let choose = |now: f64, _, _| match now {
        _ if now < 104.0 => 2,
        _ if now < 108.0 => 0,
        _ => 1,
    };
    let mut watched = session(&[(100, 6_400), (100, 2_200)], choose);
    watched.timeline.stalls = vec![(at(90.0), at(102.0)), (at(150.0), at(151.5))];
    let found = character(&[watched]);
    let jump = &found.jumps[0];
    assert_eq!((jump.before, jump.settled, jump.overshoot), (Rung(2), Rung(1), 1));
    assert_eq!(jump.delay.unwrap().after, Span::from_secs(4));
    assert_eq!(jump.done, Some(Span::from_secs(8)));
    // 2 s of the first stall and all of the second are after the drop.
    assert_eq!(jump.stalled, Span::from_millis(3_500));
}

#[test]
fn a_beginning_is_told_where_it_settles() {
    let choose = |now: f64, _, _| match now {
        _ if now < 4.0 => 0,
        _ if now < 10.0 => 1,
        _ => 2,
    };
    let mut watched = session(&[(60, 6_000)], choose);
    watched.timeline.started = Some(at(0.8));
    let found = character(&[watched]);
    let [startup] = &found.startups[..] else { panic!("{:?}", found.startups) };
    assert_eq!((startup.first, startup.settled), (Rung(0), Some(Rung(2))));
    assert_eq!(startup.frame, Some(Span::from_millis(800)));
    // At 0, 2, 4, 6 and 8 s five requests come before.
    assert_eq!(startup.reached, Some((Span::from_secs(10), 5)));
}

#[test]
fn an_outage_is_told_with_what_was_held_and_when_it_was_over() {
    // Nothing from 60 s to 70 s; the cheapest rung from 64 s until 76 s.
    let choose = |now: f64, _, _| if (64.0..76.0).contains(&now) { 0 } else { 2 };
    let mut watched = session(&[(60, 6_400), (10, 0), (60, 6_400)], choose);
    // 8 s are held at 55 s and drained in real time, then it stands until 71 s.
    let corner = |secs, held| (at(secs), Span::from_secs_f64(held));
    watched.timeline.buffer = vec![corner(0.0, 0.0), corner(55.0, 8.0), corner(63.0, 0.0)];
    watched.timeline.stalls = vec![(at(63.0), at(71.0))];
    let given_up = |serial, end| Transfer {
        serial,
        object: Object::Document(DocumentId(0)),
        attempt: 0,
        asked: at(55.0),
        first_byte: None,
        end: Some(at(end)),
        bytes: Bytes::new(9),
        fate: Fate::Abandoned,
        told: None,
    };
    watched.timeline.transfers = vec![given_up(0, 62.0), given_up(1, 80.0)];
    let found = character(&[watched]);
    let outage = &found.outages[0];
    assert_eq!((outage.lasted, outage.before), (Span::from_secs(10), Rung(2)));
    near(outage.held.as_secs_f64(), 3.0, 1e-6);
    assert_eq!(outage.stalled, Span::from_secs(8));
    assert_eq!((outage.abandoned, outage.lowest), (1, Some(Rung(0))));
    assert_eq!(outage.back, Some(Span::from_secs(6)));
    assert!(found.jumps.is_empty(), "coming back is no jump");
}

#[test]
fn switches_on_a_wave_are_counted_by_the_minute() {
    let mut steps = vec![(60, 1_800)];
    steps.extend([(10, 3_000), (10, 1_800)].repeat(3));
    let found = character(&[session(&steps, |_, kbps, _| within(0.9 * kbps))]);
    let wave = &found.waves[0];
    // Up on each of three crests, and down after each: the first up is at its very beginning,
    // which nothing comes before in the wave.
    assert_eq!((wave.switches, wave.lasted), (5, Span::from_secs(60)));
    near(wave.per_minute(), 5.0, 1e-9);
    assert_eq!((wave.low, wave.high), (Bitrate::kbps(1_800), Bitrate::kbps(3_000)));
    assert!(found.jumps.is_empty());
}

#[test]
fn the_sound_is_part_of_what_a_rung_needs() {
    let plain = content();
    let sound = Ladder::new(vec![Representation::new(Bitrate::kbps(128))]).unwrap();
    let recipe = Recipe {
        ladder: plain.track(plain.main()).ladder.clone(),
        audio: Some(sound),
        segment: Span::from_secs(2),
        duration: Span::from_secs(60),
        variability: 0.0,
    };
    let needs = needs(&recipe.make(Seed(0)).unwrap());
    assert_eq!(needs, [1_128, 2_128, 4_128].map(Bitrate::kbps));
}
