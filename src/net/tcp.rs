//! A connection of TCP or QUIC, as the train of bursts that it is on a fluid link.
//!
//! The idea to hold: nothing is done per packet. Once a round trip a connection may send a window;
//! the link carries that burst at whatever share the connection has, and the next burst begins a
//! round trip after the last began, or when the link is done with it, whichever is later. In the
//! first case the window limits the rate, to a window a round trip; in the second the link does,
//! what is left of the window stands in the link's queue, and a round takes as long as the link
//! needs for a window. Every other rule says how the next window follows from what became of this:
//!
//! - Slow start (RFC 5681 §3.1, RFC 9438 §4.10): from a first window of 10 packets (RFC 6928), each
//!   full round doubles it. HyStart ends that (Ha and Rhee, "Taming the elephants: new TCP slow
//!   start", 2011) by Linux's two rules: a train of acknowledgements longer than half the round
//!   trip, or a round whose first packets have waited an eighth of it, within 4 to 16 ms.
//! - CUBIC (RFC 9438 §4): after a loss the window is 0.7 of what it was, and t seconds later
//!   `0.4 (t − K)³ + peak` packets, where `K = ∛((peak − window) / 0.4)`, or that of Reno, which
//!   grows by 0.53 packets a round, if that is more. Before the first loss it grows by a twentieth
//!   a round at least, as in Linux.
//! - Random loss: so many packets apart as a geometric draw says. A window is cut once, however
//!   many of its packets are lost. They are sent again a round trip later, so a transfer that loses
//!   one in its last window is a round trip longer.
//! - A full queue: a round that made its packets wait longer than the queue lets them has lost one.
//!   In slow start a burst comes at twice the rate of the link, so half of it, and what stood there
//!   before, has to fit in the queue; after a pause a window is sent at once (Linux does not pace
//!   CUBIC), and all of it has to. What does not fit is lost, and while that is made good twice as
//!   much is sent as got through the round before (RFC 6937 §3). Where the path has no queue to
//!   fill, a window stops at twice what the path holds.
//! - Idle (RFC 2861, as in Linux): for every retransmission timeout (a round trip and 200 ms) the
//!   window is halved, down to the first, and slow start leads back to three quarters of it.
//! - Flow control: the receiver lets [`MOST_WINDOW`] be under way.
//!
//! A packet carries [`PACKET`] bytes. Bandwidth is that of payload: what a trace of downloads has
//! measured. Where the rate of a line is known instead, of 1,500 bytes on it 1,448 are payload.
//!
//! # Beside the kernel's own
//! `tests/kernel_tcp.rs` downloads real bytes over Linux's CUBIC (6.18, between two network
//! namespaces with a relay that delays, queues and loses) and compares. The rate is that of the
//! line; a queue says how long its last packet waits; of several downloads it is the median. Here
//! the median error is 0.3 %, and 10.9 % the largest without random loss (in other runs up to 21).
//! What is furthest off are queues much shorter than the round trip, where hundreds of packets are
//! lost at once, and how long the kernel takes to make that good is only roughly told; with random
//! loss, a median of few downloads is itself uncertain by a tenth or two.
//!
//! | Mbit/s | RTT ms | queue ms | loss % | connection | kB | kernel s | model s | error % |
//! |---|---|---|---|---|---|---|---|---|
//! | 0.5 | 50 | 800 | 0 | new | 20 | 0.434 | 0.431 | -0.7 |
//! | 0.5 | 200 | 800 | 0 | new | 50 | 1.232 | 1.229 | -0.2 |
//! | 2 | 30 | 200 | 0 | new | 200 | 0.890 | 0.889 | -0.1 |
//! | 2 | 100 | 200 | 0 | new | 400 | 1.905 | 1.903 | -0.1 |
//! | 5 | 50 | 200 | 0 | new | 100 | 0.300 | 0.298 | -0.6 |
//! | 5 | 50 | 200 | 0 | new | 1000 | 1.792 | 1.790 | -0.1 |
//! | 5 | 300 | 200 | 0 | new | 300 | 1.949 | 1.944 | -0.2 |
//! | 10 | 100 | 200 | 0 | new | 100 | 0.451 | 0.449 | -0.4 |
//! | 10 | 40 | 200 | 0 | new | 2000 | 1.785 | 1.784 | -0.1 |
//! | 20 | 10 | 200 | 0 | new | 2000 | 0.854 | 0.853 | -0.1 |
//! | 20 | 150 | 200 | 0 | new | 3000 | 2.112 | 2.109 | -0.2 |
//! | 50 | 20 | 200 | 0 | new | 4000 | 0.750 | 0.748 | -0.3 |
//! | 50 | 100 | 200 | 0 | new | 500 | 0.712 | 0.709 | -0.4 |
//! | 50 | 100 | 200 | 0 | new | 4000 | 1.315 | 1.312 | -0.3 |
//! | 50 | 300 | 200 | 0 | new | 1000 | 2.418 | 2.415 | -0.1 |
//! | 10 | 100 | 30 | 0 | new | 2000 | 2.122 | 2.126 | +0.2 |
//! | 50 | 50 | 20 | 0 | new | 4000 | 0.966 | 0.971 | +0.5 |
//! | 5 | 200 | 50 | 0 | new | 1000 | 2.893 | 2.598 | -10.2 |
//! | 5 | 50 | 200 | 0 | warm of 500 kB | 500 | 0.879 | 0.879 | -0.0 |
//! | 20 | 100 | 200 | 0 | warm of 1000 kB | 1000 | 0.515 | 0.514 | -0.1 |
//! | 50 | 100 | 200 | 0 | idle for 0.1 s after 2000 kB | 2000 | 0.432 | 0.431 | -0.1 |
//! | 5 | 50 | 200 | 0 | idle for 2 s after 500 kB | 200 | 0.415 | 0.414 | -0.4 |
//! | 20 | 100 | 200 | 0 | idle for 1 s after 2000 kB | 500 | 0.456 | 0.453 | -0.7 |
//! | 50 | 50 | 200 | 0 | idle for 3 s after 2000 kB | 1000 | 0.395 | 0.392 | -0.7 |
//! | 8 | 200 | 200 | 0 | a player's | 750 | 1.565 | 1.556 | -0.6 |
//! | 20 | 100 | 30 | 0 | warm of 2000 kB | 1000 | 0.819 | 0.730 | -10.9 |
//! | 2 | 50 | 200 | 0.5 | new | 200 | 0.930 | 0.929 | -0.1 |
//! | 5 | 30 | 200 | 0.5 | new | 500 | 0.898 | 0.897 | -0.1 |
//! | 10 | 100 | 200 | 0.5 | new | 1000 | 1.325 | 1.344 | +1.4 |
//! | 20 | 300 | 200 | 0.5 | new | 200 | 1.544 | 1.803 | +16.7 |
//! | 50 | 50 | 200 | 0.5 | new | 1000 | 0.514 | 0.609 | +18.4 |

use crate::net::Tcp;
use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Bytes, Span, Time};

/// The payload of a packet of 1,500 bytes: less 20 of IP and 20 of TCP (RFC 6928 counts so).
pub const PACKET: Bytes = Bytes::new(1_460);

/// What a receiver lets be under way: half of Linux's default `tcp_rmem` maximum of 6 MiB, as it
/// counts its own overhead as much again.
pub const MOST_WINDOW: Bytes = Bytes::new(3 << 20);

/// Linux's least retransmission timeout, on top of a steady round trip.
const TIMEOUT: Span = Span::from_millis(200);

/// What is left of a window after a loss (RFC 9438 §4.6).
const BETA: f64 = 0.7;

/// Packets per second cubed (RFC 9438 §5).
const C: f64 = 0.4;

/// What the window of Reno grows by in a round, when it is cut to [`BETA`] (RFC 9438 §4.3).
const RENO: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// What a round makes of a window that no loss has stopped yet: one packet more for every 20 (as in
/// Linux, whose `bictcp_update` says why).
const UNKNOWN: f64 = 1.05;

/// HyStart looks at windows of this many packets and more.
const LOW_WINDOW: u64 = 16;

/// How far apart acknowledgements may be and still be of one train. Each is of two packets.
const TRAIN_GAP: Span = Span::from_millis(2);

/// How many packets HyStart samples before it says that a round has waited.
const SAMPLES: u64 = 8;

/// How many windows one burst may stand for, while the link limits the rate and each would follow
/// the other without a gap.
const MOST_MERGED: u64 = 16;

/// What a connection has to know of the world, each time it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// How it is to behave.
    pub tcp: Tcp,
    /// The round trip, with what others have standing in the queue.
    pub rtt: Span,
    /// How long a full queue makes wait; zero is no end of it.
    pub queue: Span,
    /// The share of packets lost.
    pub loss: f64,
    /// What losses are drawn from.
    pub seed: Seed,
    /// Whose they are: the viewer, and which of their connections.
    pub whose: [u64; 2],
}

/// What a connection answers when it has bytes to send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offer {
    /// So many, now.
    Send(Bytes),
    /// None before then.
    Wait(Time),
}

/// One connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection {
    /// When it is, or will be, set up.
    ready: Option<Time>,
    window: Bytes,
    /// Slow start is below this; none is no limit.
    threshold: Option<Bytes>,
    cubic: Cubic,
    round: Round,
    /// Since when there has been nothing to send.
    idle: Option<Time>,
    /// What will get through before the next packet is lost; none is no end of it.
    clear: Option<Bytes>,
    /// Losses drawn.
    draws: u64,
    /// How long a packet of its own waits in the queue, and waited at the last full round.
    standing: Span,
    waited: Span,
    /// What the link carried of its last round, while it did.
    rate: Bitrate,
}

/// A window on its way, or several.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    began: Time,
    /// How many windows it stands for.
    windows: u64,
    /// What may still be sent.
    quota: Bytes,
    carried: Bytes,
    /// How long the link has been at it.
    busy: Span,
    /// Lost, to be sent again in the next round.
    held: Bytes,
    /// When the last loss was, and what had been carried before the first.
    lost: Option<(Time, Bytes)>,
}

/// Where the window is on its curve. Windows are in packets.
#[derive(Clone, Copy, Debug, Default)]
struct Cubic {
    /// When this part of the curve began; none in slow start.
    epoch: Option<Time>,
    /// The window before the last loss; zero before the first.
    peak: f64,
    /// Where the curve is flat, and how many seconds after its beginning.
    origin: f64,
    plateau: f64,
    /// What Reno's window would be.
    reno: f64,
}

impl Connection {
    /// Opens it if it is not; returns when a request can leave.
    pub fn open(&mut self, now: Time, on: &Conditions) -> Time {
        if let Some(ready) = self.ready {
            return ready.max(now);
        }
        let ready = now + on.rtt * on.tcp.handshakes();
        let window = PACKET * u64::from(on.tcp.initial_window.max(1));
        let round = Round { began: ready, windows: 1, quota: window, ..Round::default() };
        let (draws, idle) = (self.draws, Some(ready));
        *self = Self { ready: idle, window, round, idle, draws, ..Self::default() };
        self.draw(on);
        self.ready.unwrap_or(now)
    }

    /// Closes it: whoever wants it again has to open it.
    pub fn close(&mut self) {
        self.ready = None;
        self.standing = Span::ZERO;
    }

    /// How much may be sent, of so much that is left to send.
    pub fn offer(&mut self, now: Time, left: Bytes, on: &Conditions) -> Offer {
        debug_assert!(!left.is_zero(), "nothing to send");
        if let Some(since) = self.idle.take() {
            self.wake(now, since, left, on);
        }
        loop {
            if self.round.quota.is_zero() || left <= self.round.held {
                let next = self.round.next(left, on.rtt);
                if now < next {
                    return Offer::Wait(next);
                }
                self.turn(now, left, on);
            }
            match self.clear {
                Some(Bytes::ZERO) => self.lose(now, left, on),
                clear => {
                    let most = self.round.quota.min(left - self.round.held);
                    return Offer::Send(clear.map_or(most, |clear| clear.min(most)));
                }
            }
        }
    }

    /// The link has carried so much of what was sent, and has taken so long.
    pub fn carried(&mut self, bytes: Bytes, took: Span) {
        self.round.quota -= bytes;
        self.round.carried += bytes;
        self.round.busy += took;
        self.clear = self.clear.map(|clear| clear - bytes);
    }

    /// There is nothing to send.
    pub fn rest(&mut self, now: Time) {
        self.idle.get_or_insert(now);
        self.standing = Span::ZERO;
    }

    /// How long a packet waits in the queue behind this connection's own.
    pub fn standing(&self) -> Span {
        self.standing
    }

    /// After a time of nothing to send.
    fn wake(&mut self, now: Time, since: Time, left: Bytes, on: &Conditions) {
        if now < self.round.began + on.rtt {
            return;
        }
        if let Some(epoch) = &mut self.cubic.epoch {
            *epoch += now - since;
        }
        self.turn(now, left, on);
        // Seen from the server: its last packet left when there was a queue to wait in.
        let timeout = on.rtt + self.waited + TIMEOUT;
        let idle = now - since + self.waited;
        if on.tcp.idle_restart && idle > timeout {
            let halvings = (idle.as_nanos() - 1) / timeout.as_nanos();
            let first = PACKET * u64::from(on.tcp.initial_window.max(1));
            let kept = self.window * 3 / 4;
            self.threshold = self.threshold.map(|threshold| threshold.max(kept));
            let shrunk = Bytes::new(self.window.get().checked_shr(halvings as u32).unwrap_or(0));
            self.window = shrunk.max(first.min(self.window));
            self.cubic.epoch = self.cubic.epoch.filter(|_| !self.starts_slowly());
        }
        self.round = Round { quota: self.window, windows: 1, ..self.round };
        // No acknowledgements pace what comes first: it is sent at once, and queued at once.
        self.overflow(now, self.window.min(left), on);
    }

    /// Ends a round and begins another.
    fn turn(&mut self, now: Time, left: Bytes, on: &Conditions) {
        let (before, slowly) = (self.window, self.starts_slowly());
        let limited = self.grow(now, on);
        let windows = match limited && !self.starts_slowly() {
            true => (self.round.windows * 2).min(MOST_MERGED),
            false => 1,
        };
        let windows = windows.min(left.get() / self.window.get()).max(1);
        let quota = match self.round.lost {
            None => self.window * windows,
            // While it recovers, each packet that got through lets itself and one more follow
            // (proportional rate reduction, RFC 6937 §3).
            Some(_) => self.window.min(self.round.carried * 2).max(PACKET * 2),
        };
        self.round = Round { began: now, windows, quota, ..Round::default() };
        if slowly && self.window > before {
            // What an acknowledgement adds is sent on top of what it answers, at twice the rate at
            // which the link empties the queue.
            let more = (self.window - before).min(left / 2);
            self.overflow(now, more + Bytes::from(self.rate * self.waited), on);
        }
    }

    /// The queue swells to so much: what it cannot hold is lost.
    fn overflow(&mut self, now: Time, swells: Bytes, on: &Conditions) {
        let holds = Bytes::from(self.rate * on.queue);
        let over = swells.saturating_sub(holds).min(self.round.quota.saturating_sub(PACKET));
        if !on.queue.is_zero() && !self.rate.is_zero() && over >= PACKET {
            self.round.quota -= over;
            self.round.held += over;
            self.round.lost = Some((now, holds.min(self.window)));
        }
    }

    /// The next window; returns whether the link limited this one.
    fn grow(&mut self, now: Time, on: &Conditions) -> bool {
        let Round { windows, carried, busy, held, lost, .. } = self.round;
        let full = carried + held >= self.window * windows;
        let wait = (busy / windows).saturating_sub(on.rtt);
        let fits = on.queue.is_zero() || wait <= on.queue;
        self.standing = if full { wait.min(on.queue) } else { Span::ZERO };
        if full && !busy.is_zero() {
            (self.waited, self.rate) = (self.standing, carried / busy);
        }
        match (lost, full) {
            (Some((_, before)), _) if self.starts_slowly() => self.cut(now, self.window + before),
            (Some(_), _) => self.cut(now, self.window),
            (None, true) if !fits => self.cut(now, self.window),
            (None, _) if self.starts_slowly() => self.slow_start(now, on),
            // Where nothing overflows, a flow that has a queue of its own stops at twice the path.
            (None, true) if on.queue.is_zero() && wait > on.rtt => {}
            (None, true) => self.avoid_congestion(now, on),
            (None, false) => {}
        }
        full && lost.is_none() && fits && !wait.is_zero()
    }

    fn starts_slowly(&self) -> bool {
        self.threshold.is_none_or(|threshold| self.window < threshold)
    }

    fn slow_start(&mut self, now: Time, on: &Conditions) {
        let Round { carried, busy, .. } = self.round;
        // A window that is not half used does not grow (Linux's `tcp_is_cwnd_limited`).
        if carried * 2 < self.window {
            return;
        }
        let doubled = (self.window + carried).min(MOST_WINDOW);
        if self.threshold.is_none() && doubled >= PACKET * LOW_WINDOW {
            self.threshold = self.hystart(doubled, busy, carried, on.rtt);
        }
        self.window = self.threshold.map_or(doubled, |threshold| doubled.min(threshold));
        if !self.starts_slowly() {
            self.begin_curve(now);
        }
    }

    /// Where slow start should end, if HyStart has seen it.
    fn hystart(&self, doubled: Bytes, busy: Span, carried: Bytes, rtt: Span) -> Option<Bytes> {
        let eighth = (rtt / 8).clamp(Span::from_millis(4), Span::from_millis(16));
        let gap = packet_time(busy, carried) * 2;
        if gap <= TRAIN_GAP && busy > rtt / 2 {
            return Some(self.window + Bytes::from((carried / busy) * (rtt / 2)));
        }
        (busy.saturating_sub(rtt) > eighth).then(|| doubled + PACKET * SAMPLES)
    }

    fn avoid_congestion(&mut self, now: Time, on: &Conditions) {
        let Some(epoch) = self.cubic.epoch else {
            return self.begin_curve(now);
        };
        let window = packets(self.window);
        let t = (now - epoch).as_secs_f64() + on.rtt.as_secs_f64() - self.cubic.plateau;
        let curve = (C * t * t * t + self.cubic.origin).clamp(window, window * 1.5);
        self.cubic.reno += RENO * self.round.windows as f64;
        let unknown = if self.cubic.peak > 0.0 { 1.0 } else { UNKNOWN };
        let probed = (0..self.round.windows).fold(window, |window, _| window * unknown);
        let next = curve.max(self.cubic.reno).max(probed);
        self.window = in_bytes(next).min(MOST_WINDOW);
    }

    /// A loss found so much under way.
    fn cut(&mut self, now: Time, under_way: Bytes) {
        let (had, peak) = (packets(under_way), self.cubic.peak);
        // Fast convergence (RFC 9438 §4.7): who loses before the old peak leaves room for others.
        self.cubic.peak = if had < peak { had * (1.0 + BETA) / 2.0 } else { had };
        self.window = in_bytes(had * BETA);
        self.threshold = Some(self.window);
        self.begin_curve(now);
    }

    fn begin_curve(&mut self, now: Time) {
        let window = packets(self.window);
        let peak = self.cubic.peak;
        let origin = peak.max(window);
        let plateau = libm::cbrt((origin - window) / C);
        self.cubic = Cubic { epoch: Some(now), peak, origin, plateau, reno: window };
    }

    /// The next packet is lost.
    fn lose(&mut self, now: Time, left: Bytes, on: &Conditions) {
        let round = &mut self.round;
        let packet = PACKET.min(left - round.held);
        round.held += packet;
        let before = round.lost.map_or(round.carried, |(_, before)| before);
        round.lost = Some((now, before));
        // Nothing is merged with a window that loses.
        round.quota = round.quota.saturating_sub(packet).min(self.window);
        self.draw(on);
    }

    /// Draws what gets through before the next loss: a geometric number of packets.
    fn draw(&mut self, on: &Conditions) {
        if on.loss <= 0.0 {
            self.clear = None;
            return;
        }
        let [viewer, connection] = on.whose;
        let unit = on.seed.unit(Purpose::Loss, &[viewer, connection, self.draws]);
        self.draws += 1;
        let packets = libm::log1p(-unit) / libm::log1p(-on.loss.min(super::Path::MOST_LOSS));
        // A cast takes what is too large, of a very small share, as the most there is room for.
        self.clear = Some(PACKET * (packets as u64).min(1 << 40));
    }
}

impl Round {
    /// When the round after it may begin, if so much is left.
    fn next(&self, left: Bytes, rtt: Span) -> Time {
        let acknowledged = rtt * self.windows + packet_time(self.busy, self.carried);
        match self.lost {
            // Of the last window only the lost are missing: the answer to what came after them asks
            // for them.
            Some((at, _)) if left <= self.held => at.max(self.began) + rtt,
            Some(_) => self.began + rtt,
            None => self.began + acknowledged,
        }
    }
}

/// How long the link takes for a packet. The first acknowledgement of a round cannot leave before
/// its first packet is there, so the next round is so much later than a round trip.
fn packet_time(busy: Span, carried: Bytes) -> Span {
    let packets = carried.get().div_ceil(PACKET.get()).max(1);
    busy / packets
}

fn packets(bytes: Bytes) -> f64 {
    bytes.as_f64() / PACKET.as_f64()
}

/// A window of so many packets; two at least.
fn in_bytes(packets: f64) -> Bytes {
    Bytes::new((packets.max(2.0) * PACKET.as_f64()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET_TIME: Span = Span::from_millis(1);

    fn millis(ms: u64) -> Span {
        Span::from_millis(ms)
    }

    fn on(rtt: Span, queue: Span) -> Conditions {
        let (tcp, seed) = (Tcp::default(), Seed(0));
        Conditions { tcp, rtt, queue, loss: 0.0, seed, whose: [0, 0] }
    }

    /// In congestion avoidance, with a window of so many packets.
    fn with_window(packets: u64) -> Connection {
        let window = PACKET * packets;
        Connection { window, threshold: Some(window), ..Connection::default() }
    }

    #[test]
    fn cubic_is_back_at_the_peak_when_the_formula_says() {
        // Cut from 100 packets to 70: K = ∛(30 / 0.4) = 4.217 s. Half of that later the window is
        // 100 − 30 / 8 = 96.25; and 2 s after it 100 + 0.4 × 8 = 103.2. Reno has 70 + 0.53 × 62 =
        // 103 only then, in rounds of 100 ms.
        let (rtt, mut connection) = (millis(100), with_window(100));
        connection.cut(Time::ZERO, connection.window);
        assert_eq!(connection.window, PACKET * 70);
        for (until, expected) in [(2_100, 96.25), (4_200, 100.0), (6_200, 103.2)] {
            // A window is looked at a round trip before it is sent.
            let mut now = connection.round.began;
            while now + rtt < Time::ZERO + millis(until) {
                now += rtt;
                connection.round = Round { began: now, windows: 1, ..Round::default() };
                connection.avoid_congestion(now, &on(rtt, Span::ZERO));
            }
            let window = packets(connection.window);
            assert!((window - expected).abs() < 0.2, "{window} at {until} ms");
        }
    }

    #[test]
    fn before_any_loss_a_window_grows_by_a_twentieth_a_round() {
        let mut connection = with_window(100);
        connection.begin_curve(Time::ZERO);
        connection.round.windows = 2;
        connection.avoid_congestion(Time::ZERO + millis(200), &on(millis(100), Span::ZERO));
        // 100 × 1.05².
        assert!((packets(connection.window) - 110.25).abs() < 0.01);
    }

    #[test]
    fn hystart_ends_slow_start_by_a_long_train_or_a_long_wait() {
        let connection = Connection { window: PACKET * 80, ..Connection::default() };
        let end = |each: Span, rtt| {
            let carried = connection.window;
            connection.hystart(carried * 2, each * 80, carried, rtt).map(|end| end / PACKET.get())
        };
        // A packet a millisecond is a train. 80 ms of it are more than half of 100 ms: at 50 ms 50
        // packets have been answered, and the window is 80 + 50.
        assert_eq!(end(PACKET_TIME, millis(100)), Some(Bytes::new(130)));
        assert_eq!(end(PACKET_TIME, millis(200)), None);
        // A packet in 2 ms is none, as each answer is of two. The round takes 160 ms: the next
        // one's first packets wait 20 ms behind a path of 140, more than an eighth of it, and are
        // eight of 160 when that is known; 10 ms behind 150 are less.
        assert_eq!(end(PACKET_TIME * 2, millis(140)), Some(Bytes::new(168)));
        assert_eq!(end(PACKET_TIME * 2, millis(150)), None);
    }

    #[test]
    fn a_window_sent_at_once_has_to_fit_in_the_queue() {
        // The queue holds 30 ms, which are 30 packets of a link that takes one a millisecond.
        let mut connection = with_window(100);
        connection.rate = PACKET / PACKET_TIME;
        (connection.round.windows, connection.idle) = (1, Some(Time::ZERO));
        let (now, on) = (Time::ZERO + millis(250), on(millis(100), millis(30)));
        assert_eq!(connection.offer(now, PACKET * 1_000, &on), Offer::Send(PACKET * 30));
        connection.carried(PACKET * 30, millis(30));
        let next = now + millis(100);
        assert_eq!(connection.offer(now + millis(30), PACKET * 970, &on), Offer::Wait(next));
        // The window is cut to 70, and twice the 30 that got through are sent of it.
        assert_eq!(connection.offer(next, PACKET * 970, &on), Offer::Send(PACKET * 60));
        assert_eq!(connection.window, PACKET * 70);
    }
}
