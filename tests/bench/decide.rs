//! How long one decision takes: six rungs, 10 s in the buffer, eight segments fetched before.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use abrsim::abr::optimal::{Objective, Setup, Start, plan};
use abrsim::abr::{ALGORITHMS, Context, Outcome, Settings, Transfer};
use abrsim::media::{Kind, Presentation, Rung, TrackId};
use abrsim::seed::{Purpose, Seed};
use abrsim::trace::{Bandwidth, End, Trace, Tread};
use abrsim::units::{Bitrate, Bytes, Span, Speed, Time};
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../common/mod.rs"]
mod common;

fn decisions(c: &mut Criterion) {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let track = common::track(Kind::Video, &kbps, Span::from_secs(4), 200);
    let content = Presentation::new(vec![track]);
    let mut group = c.benchmark_group("decide");
    for algorithm in ALGORITHMS {
        let mut abr = common::factory(algorithm, &Settings::default(), &content)();
        let world = common::World::default();
        abr.foresee(&world.future(world.bandwidth(0)));
        // Buffers and throughputs of all kinds, the same for each.
        let mut draw = Seed(1).stream(Purpose::Bandwidth, &[]);
        let mut number = 8;
        let mut transfer = |number: u64| {
            let size = Bytes::new(925_000);
            let requested = Time::ZERO + Span::from_secs(4) * number;
            let now = requested + Span::from_millis(500 + draw.below(7_500));
            let (duration, first_byte) = (Span::from_secs(4), Some(requested));
            let (track, rung, outcome) = (TrackId(0), Rung(3), Outcome::Done);
            let (received, idle) = (size, Span::ZERO);
            Transfer {
                track,
                rung,
                duration,
                size,
                received,
                requested,
                first_byte,
                idle,
                now,
                outcome,
            }
        };
        (0..number).for_each(|number| abr.observe(&transfer(number)));
        group.bench_function(algorithm.name, |b| {
            b.iter(|| {
                number += 1;
                abr.observe(&transfer(number));
                let cx = Context {
                    now: Time::ZERO + Span::from_secs(4) * (number + 2),
                    id: TrackId(0),
                    track: &content.tracks[0],
                    segment: (number % 190) as u32,
                    last: Some(Rung((number % 6) as u8)),
                    buffer: Span::from_millis(number * 977 % 30_000),
                    target: Span::from_secs(30),
                    speed: Speed::NORMAL,
                    held: abrsim::abr::NONE_HELD,
                    first_held: 0,
                    other: None,
                    latency: None,
                };
                black_box(abr.choose(&cx))
            });
        });
    }
    group.finish();
}

/// The best plan for 200 segments on a link that changes every second.
fn optimum(c: &mut Criterion) {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let track = common::track(Kind::Video, &kbps, Span::from_secs(4), 200);
    let content = Presentation::new(vec![track]);
    let mut draw = Seed(1).stream(Purpose::Bandwidth, &[]);
    let treads = (0..600).map(|_| Tread {
        span: Span::from_secs(1),
        rate: Bitrate::kbps(300 + draw.below(5_000)),
        rtt: None,
    });
    let trace = Arc::new(Trace::new(treads, End::Repeat).expect("a trace"));
    let future = common::World::default().future(Bandwidth::new(trace, Span::ZERO));
    let setup = Setup::of(&content, TrackId(0));
    let start = Start { now: Time::ZERO, target: Span::from_secs(30), speed: Speed::NORMAL };
    let of = Objective { switching: 1.0, switches: 0.0, waiting: 3.0 };
    let mut group = c.benchmark_group("optimum");
    group.sample_size(10);
    for step in [100, 250, 500, 1_000] {
        let clock = Span::from_millis(step);
        let found = plan(&content.tracks[0], &setup, &future, start, of, clock);
        println!("in steps of {step} ms: {:.3}", found.value);
        group.bench_function(format!("200-segments-{step}ms"), |b| {
            b.iter(|| plan(&content.tracks[0], &setup, &future, start, of, clock));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions, optimum);
criterion_main!(benches);
