//! What an hour of live costs: segments of 2 s that come in chunks of 500 ms, a viewer alone on a
//! link, by the clock, with the fold that measures latency.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use abrsim::abr::{Algorithm, Settings};
use abrsim::cdn::{Making, Origin};
use abrsim::media::{Kind, Live, Presentation};
use abrsim::metrics::{GlassMeter, Meter};
use abrsim::net::{Link, Path};
use abrsim::network::{Network, Viewer};
use abrsim::person::Plan;
use abrsim::player::Player;
use abrsim::seed::Seed;
use abrsim::trace::{Bandwidth, Trace};
use abrsim::units::{Bitrate, Span, Time};
use abrsim::world::sim::Cohort;
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../common/mod.rs"]
mod common;

const HOUR: Span = Span::from_secs(3_600);
const CHUNK: Span = Span::from_millis(500);

fn on_air() -> Arc<Presentation> {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let track = common::track(Kind::Video, &kbps, Span::from_secs(2), 1_900);
    let mut content = Presentation::new(vec![track]);
    let mut live = Live::default();
    (live.elapsed, live.window) = (Span::from_secs(60), Span::from_secs(60));
    (live.chunk, live.target) = (Some(CHUNK), Some(Span::from_secs(3)));
    live.encode = Span::from_millis(200);
    content.live = Some(Arc::new(live.made(&content, &[])));
    Arc::new(content)
}

fn hour(c: &mut Criterion) {
    let content = on_air();
    let live = content.live.clone().expect("it is live");
    let trace = Arc::new(Trace::constant(Bitrate::kbps(6_000)).expect("it moves"));
    let mut group = c.benchmark_group("live");
    group.sample_size(20);
    for name in ["throughput", "dash.js", "lol-plus", "l2a-ll", "stallion", "media3"] {
        let algorithm = Algorithm::named(name).expect("it is in the list");
        let factory = common::factory(algorithm, &Settings::default(), &content);
        let config = common::World::default().config;
        group.bench_function(format!("hour/{name}"), |b| {
            b.iter(|| {
                let making = Making { content: content.clone(), live: live.clone(), waits: false };
                let origin = Origin { making: Some(making), ..Origin::default() };
                let link = Link::new(Bandwidth::new(trace.clone(), Span::ZERO));
                let path = Path { rtt: Span::from_millis(40), ..Path::default() };
                let network =
                    Network::new(origin, Seed(0), vec![(link, path)], vec![Viewer::default()], 2);
                let network = network.live(&content, false);
                let player = Player::new(content.clone(), factory(), config, Time::ZERO);
                let mut cohort = Cohort::new(vec![(player, Plan::default())], network);
                let mut meter = Meter::new(&content, Bitrate::kbps(6_000));
                let mut glass = GlassMeter::default();
                cohort.run(Time::ZERO + HOUR, |_, at, event| {
                    meter.record(&content, at, event);
                    glass.record(&content, at, event);
                });
                black_box((meter.finish(), glass.finish()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, hour);
criterion_main!(benches);
