//! How fast caches answer: 50,000 viewers of 150 segments behind one edge, and the same played.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use abrsim::abr::{Algorithm, Settings};
use abrsim::cdn::{Caller, Catalogue, Chain, Edge, Hop, Key, Origin, Plan};
use abrsim::media::{Kind, Presentation};
use abrsim::metrics::Meter;
use abrsim::net::{Link, Path};
use abrsim::network::{Network, Supply, Viewer};
use abrsim::player::Player;
use abrsim::seed::Seed;
use abrsim::trace::{Bandwidth, Trace};
use abrsim::units::{Bitrate, Bytes, Span, Time};
use abrsim::world::sim::Cohort;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[path = "../common/mod.rs"]
mod common;

const SEGMENTS: u64 = 150;

fn content() -> Presentation {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    Presentation::new(vec![common::track(Kind::Video, &kbps, Span::from_secs(4), 150)])
}

fn plan(content: &Presentation) -> Arc<Plan> {
    let catalogue = Catalogue::new(content, 1, &[content.clone().into()]).expect("few objects");
    let hop = Hop { room: Bytes::MAX, collapse: Some(Span::MAX), ..Hop::default() };
    let hop = Hop { rtt: Span::from_millis(30), ..hop };
    Arc::new(Plan {
        catalogue: Arc::new(catalogue),
        edges: vec![Edge { number: 0, hop }],
        shield: None,
        origin: Origin { store: Span::from_millis(100).into(), ..Origin::default() },
        queue: None,
        direct: false,
        tells: 0,
        step: Span::from_secs(10),
    })
}

/// Every viewer asks for a segment every four seconds, on one of two rungs.
fn asked(c: &mut Criterion) {
    const VIEWERS: u64 = 50_000;
    let plan = plan(&content());
    let mut group = c.benchmark_group("chain");
    group.sample_size(10).throughput(Throughput::Elements(VIEWERS * SEGMENTS));
    group.bench_function("edge-cohort", |b| {
        b.iter(|| {
            let mut chain = Chain::new(plan.clone());
            let mut answers = 0_u64;
            for segment in 0..SEGMENTS {
                for viewer in 0..VIEWERS {
                    let now = Time::ZERO + Span::from_micros(4_000_000 * segment + 80 * viewer);
                    while chain.deadline().is_some_and(|due| due <= now) {
                        answers += u64::from(chain.poll(now).is_some());
                    }
                    let key = Key((6 * segment + viewer % 2) as u32);
                    let (slot, serial) = (viewer as u32, segment as u32);
                    let caller = Caller { slot, serial, viewer, attempt: 0 };
                    answers += u64::from(chain.ask(now, 0, key, caller).is_some());
                }
            }
            black_box(answers)
        });
    });
    group.finish();
}

/// Fewer viewers with players, on links of their own.
fn played(c: &mut Criterion) {
    const VIEWERS: u64 = 10_000;
    let content = Arc::new(content());
    let plan = plan(&content);
    let bola = Algorithm::named("bola").expect("an algorithm");
    let factory = common::factory(bola, &Settings::default(), &content);
    let config = common::World::default().config;
    let trace = Arc::new(Trace::constant(Bitrate::kbps(5_000)).expect("a rate"));
    let mut group = c.benchmark_group("chain");
    group.sample_size(10).throughput(Throughput::Elements(VIEWERS * SEGMENTS));
    group.bench_function("edge-cohort-played", |b| {
        b.iter(|| {
            let link = || (Link::new(Bandwidth::new(trace.clone(), Span::ZERO)), Path::default());
            let viewer = |n: u64| Viewer { number: n, link: n as usize, ..Viewer::default() };
            let supply = Supply::Chain(Box::new(Chain::new(plan.clone())));
            let (links, viewers) = (0..VIEWERS).map(|n| (link(), viewer(n))).unzip();
            let network = Network::new(supply, Seed(1), links, viewers, 1);
            let player = |n: u64| {
                let arrival = Time::ZERO + Span::from_millis(12) * n;
                (Player::new(content.clone(), factory(), config, arrival), Default::default())
            };
            let mut cohort = Cohort::new((0..VIEWERS).map(player).collect(), network);
            let meter = |_| Meter::new(&content, Bitrate::kbps(5_000));
            let mut meters: Vec<_> = (0..VIEWERS).map(meter).collect();
            let limit = Time::ZERO + Span::from_secs(100_000);
            cohort.run(limit, |who, at, event| meters[who].record(&content, at, event));
            black_box(meters.len())
        });
    });
    group.finish();
}

criterion_group!(benches, asked, played);
criterion_main!(benches);
