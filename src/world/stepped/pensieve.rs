//! A session as Pensieve's environment steps it (`fixed_env.py`, and `env.py` without its noise).
//!
//! Its semantics, mistakes and all, each an [`Options`] of its own name: of a link's rate 95 %
//! carry media; 80 ms are added to every transfer *after* the trace has been gone through, which
//! they do not consume; the first segment is on the second rung, and the wait for it counts as
//! rebuffering; with more than 60 s in the buffer the player sleeps, for a multiple of 500 ms; when
//! the trace is over it begins again at its second row.
//!
//! Source: Mao, Netravali, Alizadeh, "Neural adaptive video streaming with Pensieve", SIGCOMM 2017,
//! and the code published with it (github.com/hongzimao/pensieve, `sim/fixed_env.py`).

use super::judge::Judge;
use super::ledger::Ledger;
use super::{Log, instant, receipt};
use crate::abr::Abr;
use crate::abr::sabre::{Estimate, Facts, Fetched, Progress, Rungs};
use crate::media::{Object, Presentation, Rung, Segment};
use crate::player::{Event, Request, RequestId};
use crate::trace::Trace;
use crate::units::{Span, Time};

/// How a session is run; its defaults are Pensieve's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The most media to hold (`BUFFER_THRESH`).
    pub target: Span,
    /// Added to every transfer, outside the trace (`LINK_RTT`).
    pub rtt: Span,
    /// The share of the link that carries media (`PACKET_PAYLOAD_PORTION`).
    pub payload: f64,
    /// What a sleep is a multiple of (`DRAIN_BUFFER_SLEEP_TIME`).
    pub quantum: Span,
    /// The rung of the first segment (`DEFAULT_QUALITY`).
    pub first: Rung,
    /// Where in the trace the session begins.
    pub offset: Span,
    /// When whoever is still there leaves.
    pub limit: Span,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            target: Span::from_secs(60),
            rtt: Span::from_millis(80),
            payload: 0.95,
            quantum: Span::from_millis(500),
            first: Rung(1),
            offset: Span::ZERO,
            limit: Span::MAX,
        }
    }
}

/// A trace in rows: seconds, and the Mbit/s up to then. The rate of the first row is not used.
#[derive(Clone, Debug)]
pub struct Rows(Vec<(f64, f64)>);

impl Rows {
    /// Of rows as a file of Pensieve's has them, if there are two at least and something moves.
    pub fn new(rows: Vec<(f64, f64)>) -> Option<Self> {
        let runs = rows.windows(2).all(|pair| pair[0].0 <= pair[1].0);
        let moves = rows.iter().skip(1).any(|(_, mbps)| *mbps > 0.0);
        let finite = rows.iter().all(|(secs, mbps)| secs.is_finite() && (0.0..1e9).contains(mbps));
        let lasts = rows.last().is_some_and(|(secs, _)| *secs > 0.0);
        (runs && moves && finite && lasts).then_some(Self(rows))
    }

    /// Of a trace, which is taken to repeat.
    pub fn of(trace: &Trace) -> Self {
        let mut until = Span::ZERO;
        let row = |tread: crate::trace::Tread| {
            until += tread.span;
            (until.as_secs_f64(), tread.rate.as_f64() / 1e6)
        };
        Self(std::iter::once((0.0, 0.0)).chain(trace.treads().map(row)).collect())
    }
}

/// What Pensieve's tests count: sums over all segments but the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// How many segments there are.
    pub segments: u32,
    /// Mbit/s − 4.3 for a second of rebuffering − |Δ Mbit/s|.
    pub qoe_lin: f64,
    /// ln (bitrate / lowest) − 2.66 for a second of rebuffering − |Δ ln|.
    pub qoe_log: f64,
    /// Mbit/s.
    pub mbps: f64,
    /// |Δ Mbit/s|.
    pub change: f64,
    /// Seconds.
    pub rebuffer: f64,
    /// The wait for the first segment, in seconds.
    pub first_delay: f64,
}

impl Metrics {
    /// Name and value, means of a segment.
    pub fn rows(&self) -> [(&'static str, f64); 6] {
        let each = f64::from(self.segments.saturating_sub(1)).max(1.0);
        [
            ("qoe_lin", self.qoe_lin / each),
            ("qoe_log", self.qoe_log / each),
            ("bitrate (Mbit/s)", self.mbps / each),
            ("change (Mbit/s)", self.change / each),
            ("rebuffer (s)", self.rebuffer / each),
            ("first delay (s)", self.first_delay),
        ]
    }
}

/// Runs a session of the main track of a presentation, telling `log` what happened when, counted
/// from pressing play.
pub fn run(
    content: &Presentation,
    rows: &Rows,
    options: &Options,
    abr: &mut dyn Abr,
    mut log: impl FnMut(Time, &Event),
) -> Metrics {
    let id = content.main();
    let track = content.track(id);
    let rungs = Rungs::of(track);
    let log: &mut Log<'_> = &mut |millis, event| log(instant(millis), event);
    let mut link = Link { rows: &rows.0, at: 1, last: rows.0[0].0, payload: options.payload };
    link.skip(options.offset.as_secs_f64());
    let target = options.target.as_millis_f64();
    let mut judge = Judge::new(abr, track, id, false);
    let mut ledger = Ledger::new(&rungs, id, target);
    let mut metrics = Metrics { segments: track.count(), ..Metrics::default() };
    let (mut level, mut now, mut last) = (0.0, 0.0, None);
    let mut rung = usize::from(options.first.0).min(rungs.top());
    for index in 0..track.count() {
        let segment = Segment { track: id, index, rung: Rung(rung as u8) };
        let (name, size) =
            (RequestId { lane: id.0, serial: index }, track.size(index, segment.rung));
        let object = Object::Segment(segment);
        let request = Request { id: name, object, size, attempt: 0, watch: None };
        log(now, &Event::Requested(request, None));
        let delay = link.fetch(size.as_f64(), options.limit.as_secs_f64()) * 1e3
            + options.rtt.as_millis_f64();
        let rebuffer = f64::max(delay - level, 0.0);
        level = f64::max(level - delay, 0.0) + rungs.segment;
        metrics.count(&rungs, last.replace(rung), rung, rebuffer / 1e3);
        // What comes first is told first.
        if index == 0 {
            ledger.totals.play_time = delay;
        } else {
            ledger.play(delay, 0, log);
        }
        if ledger.now() > options.limit.as_millis_f64() {
            ledger.leave(track.count(), log);
            return metrics;
        }
        log(ledger.now(), &Event::Delivered(request, receipt(now, 0.0, size)));
        ledger.append(index, rung, log);
        if index == 0 {
            log(delay, &Event::Started);
        }
        let bits = size.as_bits_f64();
        let progress = Progress { rung, size: bits, received: bits, time: delay, first_bit: 0.0 };
        let fetched = Fetched { progress, abandoned_for: None, replaces: false };
        judge.fetched(&rungs, level, &fetched, ledger.now());
        let mut sleep = |millis: f64, level: &mut f64, ledger: &mut Ledger<'_>| {
            *level -= millis;
            link.skip(millis / 1e3);
            ledger.play(millis, 0, log);
        };
        if level > target {
            let quantum = options.quantum.as_millis_f64();
            sleep(((level - target) / quantum).ceil() * quantum, &mut level, &mut ledger);
        }
        let estimate = Estimate { throughput: 0.0, latency: 0.0 };
        let segments = track.count() as usize;
        let mut next = None;
        while index + 1 < track.count() && next.is_none() {
            let segment = index as usize + 1;
            let facts = Facts { rungs: &rungs, segment, segments, level, target, estimate };
            let (chosen, wait) = judge.choose(&facts, ledger.now());
            next = chosen;
            if wait > 0.0 {
                sleep(wait, &mut level, &mut ledger);
            }
        }
        rung = next.unwrap_or(rung);
        now = ledger.now();
    }
    ledger.close(0, track.count(), false, log);
    metrics
}

impl Metrics {
    fn count(&mut self, rungs: &Rungs, before: Option<usize>, rung: usize, rebuffer: f64) {
        let Some(before) = before else {
            self.first_delay = rebuffer;
            return;
        };
        let mbps = |rung: usize| rungs.kbps[rung] / 1e3;
        let utility = |rung: usize| libm::log(rungs.kbps[rung] / rungs.kbps[0]);
        let change = (mbps(rung) - mbps(before)).abs();
        self.mbps += mbps(rung);
        self.change += change;
        self.rebuffer += rebuffer;
        self.qoe_lin += mbps(rung) - 4.3 * rebuffer - change;
        let change = (utility(rung) - utility(before)).abs();
        self.qoe_log += utility(rung) - 2.66 * rebuffer - change;
    }
}

/// Where in the trace a session is.
struct Link<'a> {
    rows: &'a [(f64, f64)],
    /// The row under way.
    at: usize,
    /// The second it has come to.
    last: f64,
    payload: f64,
}

impl Link<'_> {
    /// Goes to the next row; returns the seconds that were left of this one.
    fn next(&mut self) -> f64 {
        let left = self.rows[self.at].0 - self.last;
        self.last = self.rows[self.at].0;
        self.at += 1;
        if self.at == self.rows.len() {
            (self.at, self.last) = (1, 0.0);
        }
        left
    }

    /// Fetches so many bytes, or what of them comes in the seconds of the limit; returns the seconds
    /// it took.
    fn fetch(&mut self, bytes: f64, limit: f64) -> f64 {
        let (mut sent, mut took) = (0.0, 0.0);
        loop {
            let (until, mbps) = self.rows[self.at];
            let throughput = mbps * 1e6 / 8.0;
            let more = throughput * (until - self.last) * self.payload;
            if sent + more > bytes {
                let part = (bytes - sent) / throughput / self.payload;
                self.last += part;
                return took + part;
            }
            sent += more;
            took += self.next();
            if took > limit {
                return took;
            }
        }
    }

    /// Lets so many seconds pass.
    fn skip(&mut self, mut secs: f64) {
        while self.rows[self.at].0 - self.last <= secs {
            secs -= self.next();
        }
        self.last += secs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_begins_again_at_its_second_row_and_from_nothing() {
        // From 1 s to 3 s at 8 Mbit/s: 1 MB/s, of which 0.95 carry media. In 2 s come 1.9 MB; the
        // trace then begins again, at second 0, so that the row lasts 3 s.
        let rows = [(1.0, 99.0), (3.0, 8.0)];
        let mut link = Link { rows: &rows, at: 1, last: 1.0, payload: 0.95 };
        assert!((link.fetch(1_425_000.0, 9.0) - 1.5).abs() < 1e-12);
        assert!((link.fetch(950_000.0, 9.0) - 1.0).abs() < 1e-12);
        assert!((link.last - 0.5).abs() < 1e-12);
        link.skip(3.0);
        assert!((link.last - 0.5).abs() < 1e-12);
    }

    #[test]
    fn rows_that_never_move_or_run_backwards_are_refused() {
        assert!(Rows::new(vec![(0.0, 1.0), (1.0, 0.0)]).is_none());
        assert!(Rows::new(vec![(0.0, 1.0)]).is_none());
        assert!(Rows::new(vec![(2.0, 1.0), (1.0, 1.0)]).is_none());
        assert!(Rows::new(vec![(0.0, 1.0), (1.0, f64::NAN)]).is_none());
        assert!(Rows::new(vec![(0.0, 1.0), (1.0, 2.0)]).is_some());
    }
}
