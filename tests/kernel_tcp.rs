//! The model of TCP beside the kernel's: real bytes over real CUBIC, through a link of our own.
//!
//! The idea to hold: the same downloads twice. Once between two network namespaces, over a relay
//! that delays, queues and loses packets (`kernel_tcp/relay.rs`); once through [`Network`]. Needs
//! root and `/dev/net/tun`, and says so where it lacks them.
#![cfg(target_os = "linux")]

#[path = "kernel_tcp/ends.rs"]
mod ends;
#[path = "kernel_tcp/relay.rs"]
mod relay;

use std::sync::Arc;
use std::time::Duration;

use abrsim::cdn::Origin;
use abrsim::media::{DocumentId, Object};
use abrsim::net::{Http, Link, Model, Path, Tcp};
use abrsim::network::{Network, Viewer};
use abrsim::player::{Input, Request, RequestId};
use abrsim::seed::Seed;
use abrsim::trace::{Bandwidth, Trace};
use abrsim::units::{Bitrate, Bytes, Span, Time};

use relay::{Relay, Shape};

/// Of 1,500 bytes on the line so many are payload: the headers of IP and TCP, and a time stamp,
/// take 52.
const PAYLOAD: f64 = 1_448.0 / 1_500.0;

/// A link, and downloads over it, of which the last is compared.
#[derive(Clone, Copy)]
struct Setting {
    kbps: u64,
    rtt_ms: u64,
    queue_ms: u64,
    loss: f64,
    /// How large those before it are, in kB, and the wait after each, in milliseconds.
    before: &'static [(u64, u64)],
    kb: u64,
}

/// A new connection.
const fn cold(kbps: u64, rtt_ms: u64, kb: u64) -> Setting {
    Setting { kbps, rtt_ms, queue_ms: 200, loss: 0.0, before: &[], kb }
}

impl Setting {
    const fn after(self, before: &'static [(u64, u64)]) -> Self {
        Self { before, ..self }
    }

    const fn queue(self, queue_ms: u64) -> Self {
        Self { queue_ms, ..self }
    }

    const fn loss(self) -> Self {
        Self { loss: 0.005, ..self }
    }

    fn plan(self) -> Vec<(Duration, usize)> {
        let sizes = self.before.iter().map(|(kb, _)| *kb).chain([self.kb]);
        let waits = [0].into_iter().chain(self.before.iter().map(|(_, wait)| *wait));
        let step = |(wait, kb)| (Duration::from_millis(wait), kb as usize * 1_000);
        waits.zip(sizes).map(step).collect()
    }
}

/// A manifest, an initialisation segment and three segments, as a player fetches them.
const PLAYER: &[(u64, u64)] = &[(4, 0), (1, 0), (750, 0), (750, 4_600), (750, 4_600)];

const SETTINGS: &[Setting] = &[
    cold(500, 50, 20).queue(800),
    cold(500, 200, 50).queue(800),
    cold(2_000, 30, 200),
    cold(2_000, 100, 400),
    cold(5_000, 50, 100),
    cold(5_000, 50, 1_000),
    cold(5_000, 300, 300),
    cold(10_000, 100, 100),
    cold(10_000, 40, 2_000),
    cold(20_000, 10, 2_000),
    cold(20_000, 150, 3_000),
    cold(50_000, 20, 4_000),
    cold(50_000, 100, 500),
    cold(50_000, 100, 4_000),
    cold(50_000, 300, 1_000),
    cold(10_000, 100, 2_000).queue(30),
    cold(50_000, 50, 4_000).queue(20),
    cold(5_000, 200, 1_000).queue(50),
    cold(5_000, 50, 500).after(&[(500, 0)]),
    cold(20_000, 100, 1_000).after(&[(1_000, 0)]),
    cold(50_000, 100, 2_000).after(&[(2_000, 100)]),
    cold(5_000, 50, 200).after(&[(500, 2_000)]),
    cold(20_000, 100, 500).after(&[(2_000, 1_000)]),
    cold(50_000, 50, 1_000).after(&[(2_000, 3_000)]),
    cold(8_000, 200, 750).after(PLAYER),
    cold(20_000, 100, 1_000).queue(30).after(&[(2_000, 0)]),
    cold(2_000, 50, 200).loss(),
    cold(5_000, 30, 500).loss(),
    cold(10_000, 100, 1_000).loss(),
    cold(20_000, 300, 200).loss(),
    cold(50_000, 50, 1_000).loss(),
];

/// Downloads over the kernel's TCP of which the median counts: a machine that does something else
/// for 4 ms looks to HyStart like a queue.
const REPEATS: u64 = 3;

/// And of those with losses, which are drawn anew each time; by the model, more.
const LOSSY: (u64, u64) = (9, 999);

#[test]
#[ignore = "takes five minutes: cargo test --test kernel_tcp -- --ignored --nocapture"]
fn downloads_take_as_long_as_over_the_kernels_own_tcp() {
    let hosts = ends::server().and_then(|server| Ok((server, ends::client()?)));
    let (server, client) = match hosts {
        Ok(hosts) => hosts,
        Err(error) => return println!("skipped: no network namespaces of one's own here: {error}"),
    };
    let relay = Relay::new(server, client.device.clone());
    println!("{HEADER}");
    let errors: Vec<_> =
        SETTINGS.iter().map(|&setting| (setting, compare(setting, &relay, &client))).collect();
    let lossless = errors.iter().filter(|(setting, _)| setting.loss == 0.0);
    let worst = lossless.map(|(_, error)| error.abs()).fold(0.0, f64::max);
    let middle = median(errors.iter().map(|(_, error)| error.abs()));
    println!("median error {middle:.1} %, worst without loss {worst:.1} %");
    assert!(middle <= 10.0, "median error {middle:.1} %");
    assert!(worst <= 30.0, "worst error without loss {worst:.1} %");
}

const HEADER: &str = "| Mbit/s | RTT ms | queue ms | loss % | connection | kB | kernel s | model s \
                      | error % |\n|---|---|---|---|---|---|---|---|---|";

/// Prints a row of the table; returns the error in per cent.
fn compare(setting: Setting, relay: &Relay, client: &ends::Client) -> f64 {
    let draws = if setting.loss > 0.0 { LOSSY.1 } else { 1 };
    let model = median((0..draws).map(|turn| modelled(setting, turn)));
    let downloads = match setting.loss > 0.0 {
        true => LOSSY.0,
        false => REPEATS,
    };
    let kernel = median((0..downloads).map(|turn| measured(setting, turn, relay, client)));
    let error = (model / kernel - 1.0) * 100.0;
    let Setting { kbps, rtt_ms, queue_ms, loss, before, kb } = setting;
    let connection = match before {
        [] => "new".to_owned(),
        [(kb, 0)] => format!("warm of {kb} kB"),
        [(kb, wait)] => format!("idle for {} s after {kb} kB", *wait as f64 / 1e3),
        _ => "a player's".to_owned(),
    };
    let (mbps, loss) = (kbps as f64 / 1e3, loss * 100.0);
    println!(
        "| {mbps} | {rtt_ms} | {queue_ms} | {loss} | {connection} | {kb} | {kernel:.3} \
         | {model:.3} | {error:+.1} |"
    );
    error
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// In seconds, over the kernel's TCP.
fn measured(setting: Setting, turn: u64, relay: &Relay, client: &ends::Client) -> f64 {
    let delay = Duration::from_millis(setting.rtt_ms) / 2;
    let queue = Duration::from_millis(setting.queue_ms);
    let down = Shape { bps: setting.kbps * 1_000, delay, queue, loss: setting.loss, seed: turn };
    *relay.down.lock().unwrap() = down;
    *relay.up.lock().unwrap() = Shape { bps: 0, loss: 0.0, ..down };
    let times = client.download(setting.plan()).expect("a download");
    // What is still on its way of the old connection must be gone before the next.
    std::thread::sleep(delay * 4 + Duration::from_millis(50));
    times.last().expect("a download").as_secs_f64()
}

/// In seconds, by the model.
fn modelled(setting: Setting, turn: u64) -> f64 {
    let rate = Bitrate::kbps(setting.kbps).scaled(PAYLOAD);
    let trace = Trace::constant(rate).expect("a rate");
    // The client opens a connection of TCP and no TLS.
    let tcp = Tcp { http: Http::One, zero_rtt: true, ..Tcp::default() };
    let path = Path {
        rtt: Span::from_millis(setting.rtt_ms),
        queue: Span::from_millis(setting.queue_ms),
        loss: setting.loss,
        model: Model::Tcp(tcp),
        ..Path::default()
    };
    let links = vec![(Link::new(Bandwidth::new(Arc::new(trace), Span::ZERO)), path)];
    let viewers = vec![Viewer::default()];
    let mut network = Network::new(Origin::default(), Seed(turn), links, viewers, 1);
    let (mut now, mut took) = (Time::ZERO, Span::ZERO);
    for (serial, (wait, size)) in setting.plan().into_iter().enumerate() {
        now += Span::from_secs_f64(wait.as_secs_f64());
        let began = now;
        let request = Request {
            id: RequestId { lane: 0, serial: serial as u32 },
            object: Object::Document(DocumentId(0)),
            size: Bytes::new(size as u64),
            attempt: 0,
            again: 0,
            watch: None,
        };
        network.fetch(now, 0, request);
        loop {
            now = network.deadline().expect("a download that goes on");
            if let Some((_, Input::Done(..))) = network.poll(now) {
                break;
            }
        }
        took = now - began;
    }
    took.as_secs_f64()
}
