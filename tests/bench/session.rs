//! How long a whole session takes: 200 segments of 3 s, one track, a private link.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use abrsim::abr::{ALGORITHMS, Algorithm, Settings};
use abrsim::cdn::Origin;
use abrsim::media::{Kind, Presentation};
use abrsim::metrics::Meter;
use abrsim::net::{Link, Model, Path, Tcp};
use abrsim::network::{Network, Viewer};
use abrsim::person::Plan;
use abrsim::player::{Config, Growth, Player, Reports, Retry};
use abrsim::seed::{Purpose, Seed};
use abrsim::trace::{Bandwidth, End, Trace, Tread};
use abrsim::units::{Bitrate, Skew, Span, Speed, Time};
use abrsim::world::sim::Cohort;
use abrsim::world::solo::Solo;
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
        retry: Retry {
            first: Span::from_secs(1),
            longest: Span::from_secs(8),
            attempts: 5,
            growth: Growth::Doubling,
            same: false,
        },
        speed: Speed::NORMAL,
        reports: Reports::default(),
        clock: Skew::default(),
    };
    let mut group = c.benchmark_group("session");
    // One element is one segment, so that the figure criterion prints is the one we promise.
    group.throughput(Throughput::Elements(200));
    for algorithm in ALGORITHMS {
        let factory = common::factory(algorithm, &Settings::default(), &content);
        group.bench_function(algorithm.name, |b| {
            let mut viewer = 0;
            b.iter(|| {
                viewer += 1;
                let offset = Span::from_millis(viewer * 977 % 600_000);
                let bandwidth = Bandwidth::new(trace.clone(), offset);
                let mut abr = factory();
                abr.foresee(&common::World::default().future(bandwidth.clone()));
                let solo = Solo {
                    content: content.clone(),
                    abr,
                    config,
                    bandwidth,
                    origin: Origin::default(),
                    path: Path::default(),
                    seed: Seed(1),
                    viewer: Viewer { number: viewer, ..Viewer::default() },
                    plan: Plan::default(),
                    arrival: Time::ZERO,
                };
                let mut meter = Meter::new(&content, trace.mean());
                let limit = Time::ZERO + Span::from_secs(100_000);
                solo.run(limit, |at, event| meter.record(&content, at, event));
                black_box(meter.finish())
            });
        });
    }
    group.finish();
}

/// As many viewers on one link, that is as many times as fast, as on links of their own.
fn cells(c: &mut Criterion) {
    const VIEWERS: u64 = 2_000;
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let track = common::track(Kind::Video, &kbps, Span::from_secs(4), 75);
    let content = Arc::new(Presentation::new(vec![track]));
    let bola = Algorithm::named("bola").expect("an algorithm");
    let factory = common::factory(bola, &Settings::default(), &content);
    let config = common::World::default().config;
    let tcp = Path { model: Model::Tcp(Tcp::default()), ..Path::default() };
    // A cohort of viewers in a row, on one link.
    let run = |viewers: std::ops::Range<u64>, path: Path| {
        let rate = 3_000 * (viewers.end - viewers.start);
        let trace = Arc::new(Trace::constant(Bitrate::kbps(rate)).expect("a rate"));
        let links = vec![(Link::new(Bandwidth::new(trace, Span::ZERO)), path)];
        let known = viewers.clone().map(|number| Viewer { number, ..Viewer::default() });
        let network = Network::new(Origin::default(), Seed(1), links, known.collect(), 1);
        let player = |viewer: u64| {
            let arrival = Time::ZERO + Span::from_millis(37) * viewer;
            (Player::new(content.clone(), factory(), config, arrival), Plan::default())
        };
        let cohort = Cohort::new(viewers.clone().map(player).collect(), network);
        let meter = |_| Meter::new(&content, Bitrate::kbps(3_000));
        let mut meters: Vec<_> = viewers.map(meter).collect();
        let limit = Time::ZERO + Span::from_secs(100_000);
        { cohort }.run(limit, |who, at, event| meters[who].record(&content, at, event));
        meters
    };
    let mut group = c.benchmark_group("viewers");
    group.sample_size(10).throughput(Throughput::Elements(VIEWERS));
    for (model, path) in [("fluid", Path::default()), ("tcp", tcp)] {
        group.bench_function(format!("2000-private-{model}"), |b| {
            b.iter(|| (0..VIEWERS).map(|v| black_box(run(v..v + 1, path)).len()).sum::<usize>());
        });
        group.bench_function(format!("2000-shared-{model}"), |b| {
            b.iter(|| black_box(run(0..VIEWERS, path)));
        });
    }
    group.finish();
}

criterion_group!(benches, sessions, cells);
criterion_main!(benches);
