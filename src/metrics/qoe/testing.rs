//! What the tests of models share: a viewing made of rungs and waits, by the events of a player.

use super::p1203::Settings;
use super::{Models, Room, Scores, Viewing};
use crate::media::{
    Kind, Ladder, Presentation, Quality, Representation, Resolution, Rung, Score, Segment, Track,
    TrackId,
};
use crate::metrics::session::{Meter, Session};
use crate::player::Event;
use crate::units::{Bitrate, Bytes, Span, Time};

/// 1, 2 and 4 Mbit/s.
pub(super) const LADDER: [u64; 3] = [1_000, 2_000, 4_000];

/// How long segments are.
pub(super) const SEGMENT: Span = Span::from_secs(4);

fn of(rungs: Vec<Representation>) -> Presentation {
    let bitrates: Vec<_> = rungs.iter().map(|rung| rung.bitrate).collect();
    let sizes = bitrates.iter().map(|&rate| Bytes::from(rate * SEGMENT)).collect::<Vec<_>>();
    let count = 1_000;
    let ladder = Ladder::new(rungs).unwrap();
    let durations = vec![SEGMENT; count];
    Presentation::new(vec![
        Track::new(Kind::Video, ladder, &durations, sizes.repeat(count)).unwrap(),
    ])
}

fn bare(kbps: u64) -> Representation {
    Representation::new(Bitrate::kbps(kbps))
}

/// Pictures of so many kilobits a second, of which nothing else is known.
pub(super) fn content(ladder: &[u64]) -> Presentation {
    of(ladder.iter().map(|&kbps| bare(kbps)).collect())
}

/// And what VMAF and SSIM say of the rungs.
pub(super) fn with_quality(ladder: &[u64], quality: &[(f64, f64)]) -> Presentation {
    let known = |(&kbps, &(vmaf, ssim)): (&u64, &(f64, f64))| {
        let quality = Quality { vmaf: Score::new(vmaf), ssim: Score::new(ssim) };
        Representation { quality, ..bare(kbps) }
    };
    of(ladder.iter().zip(quality).map(known).collect())
}

/// Of which everything is known.
pub(super) fn full() -> Presentation {
    let known = |(kbps, width, height)| Representation {
        resolution: Some(Resolution { width, height }),
        codecs: "avc1.640028".to_owned(),
        quality: Quality { vmaf: Score::new(80.0), ssim: Score::new(0.9) },
        ..bare(kbps)
    };
    let rungs = [(1_000, 640, 360), (2_000, 1_280, 720), (4_000, 1_920, 1_080)];
    of(rungs.map(known).to_vec())
}

/// The events of somebody who waits so many milliseconds, sees segments of these rungs, and stalls
/// after each of the first for so many.
pub(super) fn events(rungs: &[u8], (startup, stalls): (u64, &[u64])) -> Vec<(Time, Event)> {
    let mut at = Time::ZERO + Span::from_secs(100);
    let request = Event::Reported(Span::ZERO);
    let mut events = vec![(at, request)];
    at += Span::from_millis(startup);
    events.push((at, Event::Started));
    for (index, &rung) in rungs.iter().enumerate() {
        let segment = Segment { track: TrackId(0), index: index as u32, rung: Rung(rung) };
        events.push((at, Event::Shown(segment)));
        at += SEGMENT;
        if let Some(&stall) = stalls.get(index) {
            events.push((at, Event::Stalled));
            at += Span::from_millis(stall);
            events.push((at, Event::Resumed));
        }
    }
    events.push((at, Event::Ended));
    events
}

/// What they amount to.
pub(super) fn watch(
    content: &Presentation,
    rungs: &[u8],
    waits: (u64, &[u64]),
) -> (Session, Viewing) {
    let mut meter = Meter::new(content, Bitrate::kbps(1));
    let mut viewing = Viewing::new(content, Default::default());
    for (at, event) in events(rungs, waits) {
        meter.record(content, at, &event);
        viewing.record(content, at, &event);
    }
    (meter.finish().0, viewing)
}

/// Every score of them.
pub(super) fn scores(content: &Presentation, rungs: &[u8], waits: (u64, &[u64])) -> Scores {
    let (_, viewing) = watch(content, rungs, waits);
    let models = Models::new(content, &Settings::default());
    models.score(content, &viewing, None, &mut Room::default())
}

/// One of them.
pub(super) fn score_of(
    key: &str,
    content: &Presentation,
    rungs: &[u8],
    waits: (u64, &[u64]),
) -> Option<f64> {
    let scores = scores(content, rungs, waits);
    scores.each().find(|(model, _)| model.key == key).expect("a model of that key").1
}

/// One of them, of pictures of which only the bitrate is known.
pub(super) fn score(key: &str, ladder: &[u64], rungs: &[u8], waits: (u64, &[u64])) -> Option<f64> {
    score_of(key, &content(ladder), rungs, waits)
}
