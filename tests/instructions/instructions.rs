//! How many instructions the hot paths take. Seconds are the machine's, instructions are ours: a
//! count that grows by more than a twentieth fails. Each was counted by this; when one shrinks for
//! good, or grows for a reason, it is written down anew.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use abrsim::abr::{Algorithm, Settings};
use abrsim::media::{Kind, Presentation};
use abrsim::metrics::{Meter, Session};
use abrsim::net::{Model, Path, Tcp};
use abrsim::network::Viewer;
use abrsim::person::Plan;
use abrsim::seed::{Purpose, Seed};
use abrsim::trace::{Bandwidth, End, Trace, Tread};
use abrsim::units::{Bitrate, Span, Time};
use abrsim::world::solo::Solo;
use common::World;
use iai_callgrind::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};

#[path = "../common/mod.rs"]
mod common;

/// So many instructions, and a twentieth more.
fn counted(instructions: u64) -> LibraryBenchmarkConfig {
    let most = instructions + instructions / 20;
    LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().hard_limits([(EventKind::Ir, most)]))
        .clone()
}

/// A link that is another every second, from 0.5 to 5.5 Mbit/s.
fn trace() -> Arc<Trace> {
    let mut draw = Seed(1).stream(Purpose::Bandwidth, &[]);
    let treads = (0..600).map(|_| Tread {
        span: Span::from_secs(1),
        rate: Bitrate::kbps(500 + draw.below(5_000)),
        rtt: None,
    });
    Arc::new(Trace::new(treads, End::Repeat).expect("a trace"))
}

/// A viewer of 200 segments of 3 s.
fn on(path: Path, name: &str) -> (Solo, Meter) {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let track = common::track(Kind::Video, &kbps, Span::from_secs(3), 200);
    let content = Arc::new(Presentation::new(vec![track]));
    let algorithm = Algorithm::named(name).expect("an algorithm");
    let World { config, origin, .. } = World::default();
    let trace = trace();
    let meter = Meter::new(&content, trace.mean());
    let solo = Solo {
        content: content.clone(),
        abr: common::factory(algorithm, &Settings::default(), &content)(),
        config,
        bandwidth: Bandwidth::new(trace, Span::ZERO),
        origin,
        path,
        seed: Seed(1),
        viewer: Viewer::default(),
        plan: Plan::default(),
        arrival: Time::ZERO,
    };
    (solo, meter)
}

fn fluid(name: &str) -> (Solo, Meter) {
    on(Path::default(), name)
}

fn tcp(name: &str) -> (Solo, Meter) {
    on(Path { model: Model::Tcp(Tcp::default()), ..Path::default() }, name)
}

#[library_benchmark]
#[bench::throughput(args = ("throughput"), setup = fluid, config = counted(345_170))]
#[bench::bba_0(args = ("bba-0"), setup = fluid, config = counted(234_573))]
#[bench::bola(args = ("bola"), setup = fluid, config = counted(248_669))]
#[bench::robust_mpc(args = ("robust-mpc"), setup = fluid, config = counted(6_426_905))]
#[bench::dash_js(args = ("dash.js"), setup = fluid, config = counted(2_157_588))]
#[bench::hls_js(args = ("hls.js"), setup = fluid, config = counted(924_494))]
#[bench::shaka(args = ("shaka"), setup = fluid, config = counted(4_306_092))]
#[bench::media3(args = ("media3"), setup = fluid, config = counted(442_921))]
#[bench::bola_tcp(args = ("bola"), setup = tcp, config = counted(676_982))]
fn session((solo, mut meter): (Solo, Meter)) -> Session {
    let content = solo.content.clone();
    let limit = Time::ZERO + Span::from_secs(100_000);
    solo.run(limit, |at, event| meter.record(&content, at, event));
    black_box(meter.finish().0)
}

/// Twenty players on one link.
fn shared(path: Path) -> World {
    World {
        algorithm: Algorithm::named("bola").expect("an algorithm"),
        players: 20,
        trace: Trace::constant(Bitrate::kbps(60_000)).expect("a rate"),
        path,
        rtt: Span::from_millis(80),
        apart: Span::from_millis(370),
        ..World::default()
    }
}

fn shared_fluid() -> World {
    shared(Path::default())
}

fn shared_tcp() -> World {
    shared(Path { model: Model::Tcp(Tcp::default()), ..Path::default() })
}

#[library_benchmark]
#[bench::fluid(setup = shared_fluid, config = counted(4_826_703))]
#[bench::tcp(setup = shared_tcp, config = counted(12_190_217))]
fn cell(world: World) -> usize {
    black_box(world.run().0.len())
}

library_benchmark_group!(name = hot; benchmarks = session, cell);
main!(library_benchmark_groups = hot);
