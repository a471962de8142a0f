//! A link between two TUN devices: a rate, a delay, a queue that drops what does not fit, and loss.
//!
//! The idea to hold: a packet's whole future is settled when it is read, so the relay keeps a list
//! of packets with the time at which each is due, and how late it looks does not add up.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use abrsim::seed::{Purpose, Seed};
use tun::Device;

use super::ends::prefer;

/// What one direction does to packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// Bits per second on the line; zero is no limit.
    pub(crate) bps: u64,
    pub(crate) delay: Duration,
    /// The longest wait in the queue; a packet that would wait longer is dropped.
    pub(crate) queue: Duration,
    /// The share of data packets that is lost.
    pub(crate) loss: f64,
    /// What the losses are drawn from.
    pub(crate) seed: u64,
}

/// How long the relay sleeps when it has nothing to do.
const NAP: Duration = Duration::from_micros(30);

/// Packets larger than this carry data.
const DATA: usize = 200;

/// Carries packets one way until told to stop.
pub(crate) fn carry(from: &Device, to: &Device, shape: &Mutex<Shape>, stop: &AtomicBool) {
    let mut buffer = [0; 2_000];
    let mut due: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let (mut free, mut draws) = (Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        loop {
            let length = match from.recv(&mut buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("reading a TUN device: {error}"),
            };
            let (now, shape) = (Instant::now(), *shape.lock().unwrap());
            let start = free.max(now);
            draws += 1;
            let lost = length > DATA && Seed(shape.seed).unit(Purpose::Loss, &[draws]) < shape.loss;
            if lost || start - now > shape.queue {
                continue;
            }
            let bits = length as u64 * 8;
            let nanos = (bits * 1_000_000_000).checked_div(shape.bps).unwrap_or(0);
            free = start + Duration::from_nanos(nanos);
            due.push_back((free + shape.delay, buffer[..length].to_vec()));
        }
        while let Some((_, packet)) = due.pop_front_if(|(at, _)| *at <= Instant::now()) {
            // A device that is full drops, as any does.
            let _ = to.send(&packet);
        }
        thread::sleep(NAP);
    }
}

/// The two directions, each on a thread of its own.
pub(crate) struct Relay {
    pub(crate) down: Arc<Mutex<Shape>>,
    pub(crate) up: Arc<Mutex<Shape>>,
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Relay {
    pub(crate) fn new(server: Arc<Device>, client: Arc<Device>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        let mut direction = |from: Arc<Device>, to: Arc<Device>| {
            let shape = Arc::new(Mutex::new(Shape::default()));
            let (theirs, stop) = (shape.clone(), stop.clone());
            threads.push(thread::spawn(move || {
                prefer();
                carry(&from, &to, &theirs, &stop);
            }));
            shape
        };
        let down = direction(server.clone(), client.clone());
        let up = direction(client, server);
        Self { down, up, stop, threads }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
