//! How long a whole session takes: 200 segments of 3 s, one track, a private link.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use abrsim::abr::{ALGORITHMS, Settings};
use abrsim::cdn::Origin;
use abrsim::media::{Kind, Presentation};
use abrsim::metrics::Meter;
use abrsim::net::Path;
use abrsim::person::Plan;
use abrsim::player::{Config, Retry};
use abrsim::seed::{Purpose, Seed};
use abrsim::trace::{Bandwidth, End, Trace, Tread};
use abrsim::units::{Bitrate, Span, Speed, Time};
use abrsim::world::sim::{Cohort, Solo};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[path = "../common/mod.rs"]
mod common;

fn sessions(c: &mut Criterion) {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let track = common::track(Kind::Video, &kbps, Span::from_secs(3), 200);
    let content = Arc::new(Presentation::new(vec![track]));
    let mut draw = Seed(1).stream(Purpose::Bandwidth, &[]);
    let treads = (0..600).map(|_| Tread {
        span: Span::from_secs(1),
        rate: Bitrate::kbps(500 + draw.below(5_000)),
        rtt: None,
    });
    let trace = Arc::new(Trace::new(treads, End::Repeat).expect("a trace"));
    let config = Config {
        startup: Span::from_secs(3),
        resume: Span::from_secs(3),
        target: Span::from_secs(30),
        retry: Retry { first: Span::from_secs(1), longest: Span::from_secs(8), attempts: 5 },
        speed: Speed::NORMAL,
    };
    let mut group = c.benchmark_group("session");
    // One element is one segment, so that the figure criterion prints is the one we promise.
    group.throughput(Throughput::Elements(200));
    for algorithm in ALGORITHMS {
        let factory = (algorithm.new)(&Settings::default(), &content);
        group.bench_function(algorithm.name, |b| {
            let mut viewer = 0;
            b.iter(|| {
                viewer += 1;
                let offset = Span::from_millis(viewer * 977 % 600_000);
                let solo = Solo {
                    content: content.clone(),
                    abr: factory(),
                    config,
                    bandwidth: Bandwidth::new(trace.clone(), offset),
                    origin: Origin::default(),
                    path: Path::default(),
                    seed: Seed(1),
                    viewer,
                    plan: Plan::default(),
                    arrival: Time::ZERO,
                };
                let mut meter = Meter::new(&content, trace.mean());
                let limit = Time::ZERO + Span::from_secs(100_000);
                Cohort::solo(solo).run(limit, |_, at, event| meter.record(&content, at, event));
                black_box(meter.finish())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, sessions);
criterion_main!(benches);
