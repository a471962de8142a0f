//! Results made by hand, for tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Class, ClassOf, Results, Run};
use crate::media::{Kind, Representation, Resolution, Rung};
use crate::metrics::glass::{Budget, Part, Score, Spread};
use crate::metrics::qoe::Scoreboard;
use crate::metrics::{
    Behind, End, Glass, OnAir, Outcomes, Panel, Session, Summary, Timeline, Viewed,
};
use crate::units::{Bitrate, Bytes, Span, Speed, Time};

/// Rungs of 1, 2.5 and 6 Mbit/s.
const LADDER: [(u64, u32, u32); 3] =
    [(1_000, 640, 360), (2_500, 1_280, 720), (6_000, 1_920, 1_080)];

/// Media time on each of them.
const ON_RUNG: [Span; 3] = [Span::from_secs(60), Span::ZERO, Span::from_secs(180)];

/// Results of these runs, with nothing swept.
pub(super) fn results(runs: Vec<Run>) -> Results {
    Results {
        name: "commute".into(),
        title: "Who stalls on the way home?".into(),
        partial: false,
        swept: Vec::new(),
        runs,
        seed: 7,
        scenario: "title = \"Who stalls on the way home?\"\n".into(),
        digest: "0123456789abcdef".repeat(4),
        inputs: BTreeMap::new(),
        notes: Vec::new(),
        beside: PathBuf::from("scenarios"),
        sets: Vec::new(),
    }
}

/// A run of so many viewers, of whom so many never stall; each of the others stalls once for 3 s.
pub(super) fn run(abr: &str, viewers: u64, zero_buffer: u64) -> Run {
    let rung = |(kbps, width, height)| Representation {
        bitrate: Bitrate::kbps(kbps),
        resolution: Some(Resolution { width, height }),
        ..Representation::default()
    };
    Run {
        name: abr.into(),
        abr: abr.into(),
        point: Vec::new(),
        rungs: LADDER.map(rung).to_vec(),
        tracks: vec![Kind::Video],
        summary: summary(viewers, zero_buffer),
        printed: None,
        optimum: false,
        classes: Vec::new(),
        chain: None,
        causes: crate::metrics::Causes::default(),
        stalling: crate::metrics::Stalling::default(),
        has_incidents: false,
        cost: None,
        outcomes: Outcomes::default(),
        panel: Panel::default(),
        scores: Scoreboard::default(),
        people: 0,
        content: 0,
        timelines: vec![(17, timeline())],
        mishaps: crate::scenario::Mishaps::default(),
    }
}

/// A run of so many viewers, of whom these stall, once and for 5 s, by what each of them had.
pub(super) fn stalling(abr: &str, viewers: u64, stalls: impl Fn(u64) -> bool) -> Run {
    let stalled = (0..viewers).filter(|&viewer| stalls(viewer)).count() as u64;
    let mut run = run(abr, viewers, viewers - stalled);
    for viewer in 0..viewers {
        let stalled = if stalls(viewer) { 5_000 } else { 0 };
        let viewed = Viewed {
            zero_buffer: stalled == 0,
            first: true,
            startup: Some(800),
            stalled,
            played: 240_000,
            bitrate: Some(4_000 + viewer % 400),
            ..Viewed::default()
        };
        run.outcomes.push(viewed.zero_buffer, 0, true);
        run.panel.push(viewed);
    }
    run
}

/// What so many viewers amount to.
fn summary(viewers: u64, zero_buffer: u64) -> Summary {
    let mut summary = Summary::new(LADDER.len());
    for viewer in 0..viewers {
        let mut session = session(viewer, viewer >= zero_buffer);
        session.reported_as_seen();
        summary.add(&session, &ON_RUNG);
    }
    summary
}

/// Classes by name, with their viewers and those of them who never stall.
pub(super) type Classes<'a> = &'a [(&'a str, u64, u64)];

/// A run of viewers on these networks, with these devices.
pub(super) fn classed(abr: &str, networks: Classes<'_>, devices: Classes<'_>) -> Run {
    let mut run = run(abr, 0, 0);
    for (of, classes) in [(ClassOf::Network, networks), (ClassOf::Device, devices)] {
        for &(name, viewers, zero_buffer) in classes {
            let summary = summary(viewers, zero_buffer);
            if of == ClassOf::Network {
                run.summary.merge(&summary);
            }
            run.classes.push(Class { of, name: name.into(), summary });
        }
    }
    run
}

/// The run, and so many more viewers who end in each of the ways that leave something unwatched:
/// once as many in the first, twice in the second, and so on.
pub(super) fn leaving(mut run: Run, viewers: u64) -> Run {
    let ways = End::ALL.into_iter().filter(|end| !end.is_complete());
    for (times, end) in (1..).zip(ways) {
        for viewer in 0..times * viewers {
            let early = Session { end, played: Span::from_secs(30), ..session(viewer, false) };
            run.summary.add(&early, &ON_RUNG);
        }
    }
    run
}

/// The run, as if its viewers had been households of two: one of each pair sees twice as much.
pub(super) fn sharing(mut run: Run, households: u64) -> Run {
    for viewer in 0..households {
        let one = session(viewer, false);
        let other = Session { shown: Bytes::new(one.shown.get() / 2), ..one };
        run.summary.add_link(&[one, other]);
        run.summary.add_cluster(&[one, other]);
    }
    run
}

/// The run, as if what it watched had been live, and so many milliseconds behind its capture for
/// nine tenths of the time, and twice that for the rest.
pub(super) fn live(mut run: Run, millis: u64) -> Run {
    let mut live = OnAir::default();
    (0..run.summary.viewers).for_each(|_| live.add(&glass(Span::from_millis(millis))));
    run.summary.live = Some(live);
    if run.summary.viewers > 0 {
        let timeline = &mut run.timelines[0].1;
        let behind = |at: u64, latency: u64, speed: u16| Behind {
            at: Time::ZERO + Span::from_millis(at),
            latency: Span::from_millis(latency),
            target: Span::from_millis(millis),
            speed: Speed::from_per_mille(speed).unwrap_or_default(),
        };
        timeline.behind = vec![behind(800, millis, 1_000), behind(6_000, millis + 1_200, 1_050)];
        timeline.resyncs = vec![Time::ZERO + Span::from_secs(8)];
    }
    run
}

/// Four minutes at such a latency, a quarter of it in the buffer of the player, a fifth of them
/// faster than normal.
fn glass(latency: Span) -> Glass {
    let mut spread = Spread::default();
    spread.add(latency, latency, Span::from_secs(216));
    spread.add(latency * 2, latency * 2, Span::from_secs(24));
    let mut budget = Budget { segments: 60, latency: latency * 60, ..Budget::default() };
    for (part, quarters) in [(Part::Capture, 2), (Part::LastMile, 1), (Part::Buffer, 1)] {
        budget.parts[part as usize] = latency * 15 * quarters;
    }
    Glass {
        watched: Span::from_secs(240),
        latency: spread,
        paced: Span::from_secs(48),
        speed_changes: 3,
        resyncs: 1,
        skipped: Span::from_secs(6),
        late: Span::from_secs(24),
        budget,
        score: Score { near: Span::ZERO, far: latency * 60, off_speed: 600 },
    }
}

/// A sweep of one key over these values, under each of these algorithms.
pub(super) fn sweep(key: &str, values: &[&str], abrs: &[&str]) -> Results {
    let mut runs = Vec::new();
    for (v, value) in (0..).zip(values) {
        for (a, abr) in (0..).zip(abrs) {
            let mut run = run(abr, 200, 190 - 15 * v - 5 * a);
            run.name = format!("{abr} {key}={value}");
            run.point = vec![String::from(*value)];
            runs.push(run);
        }
    }
    Results { swept: vec![key.into()], ..results(runs) }
}

/// Four minutes in 60 segments, a quarter of them on the lowest rung and the rest on the highest,
/// with two switches.
fn session(viewer: u64, stalls: bool) -> Session {
    Session {
        end: End::Finished,
        startup: Some(Span::from_millis(800 + 7 * (viewer % 100))),
        played: Span::from_secs(240),
        stalled: if stalls { Span::from_secs(3) } else { Span::ZERO },
        stalls: u32::from(stalls),
        segments: 60,
        bitrate_sum: Bitrate::kbps(15 * 1_000 + 45 * 6_000),
        shown: Bytes::new(60 * 125_000 + 180 * 750_000),
        shown_media: Span::from_secs(240),
        switches_up: 1,
        switches_down: 1,
        switch_sum: Bitrate::kbps(10_000),
        oscillations: 1,
        ramp: Some(Span::from_secs(9)),
        requests: 61,
        bytes: Bytes::new(150_000_000),
        wasted: Bytes::new(7_500_000),
        ..Session::default()
    }
}

/// Ten seconds of a session that stalls once.
fn timeline() -> Timeline {
    let at = |millis| Time::ZERO + Span::from_millis(millis);
    let mut timeline = Timeline::default();
    timeline.bandwidth = vec![(at(0), Bitrate::kbps(3_000)), (at(5_000), Bitrate::kbps(800))];
    timeline.estimate = vec![(at(400), Bitrate::kbps(2_800)), (at(6_000), Bitrate::kbps(900))];
    timeline.shown = vec![(at(800), Rung(1)), (at(4_800), Rung(0))];
    timeline.buffer = vec![
        (at(800), Span::from_secs(4)),
        (at(4_800), Span::ZERO),
        (at(6_000), Span::ZERO),
        (at(6_000), Span::from_secs(4)),
        (at(10_000), Span::ZERO),
    ];
    timeline.stalls = vec![(at(4_800), at(6_000))];
    timeline.started = Some(at(800));
    timeline.end = at(10_000);
    timeline
}
