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
use super::{Log, instant, left_behind, receipt, request};
use crate::abr::Abr;
use crate::abr::sabre::{Estimate, Facts, Fetched, Progress, Rungs};
use crate::media::{Presentation, Rung, Segment, Track, TrackId};
use crate::player::Event;
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
    let mut link = Link { rows: &rows.0, at: 1, last: rows.0[0].0, payload: options.payload };
    link.skip(options.offset.as_secs_f64());
    let target = options.target.as_millis_f64();
    let session = Session {
        options,
        track,
        id,
        rungs: &rungs,
        target,
        link,
        judge: Judge::new(abr, track, id, false),
        ledger: Ledger::new(&rungs, id, target),
        level: 0.0,
        metrics: Metrics { segments: track.count(), ..Metrics::default() },
    };
    session.run(&mut |millis, event| log(instant(millis), event))
}

/// A session under way.
struct Session<'a> {
    options: &'a Options,
    track: &'a Track,
    id: TrackId,
    rungs: &'a Rungs,
    target: f64,
    link: Link<'a>,
    judge: Judge<'a>,
    /// What is shown when.
    ledger: Ledger<'a>,
    /// Milliseconds in the buffer, by Pensieve's own arithmetic.
    level: f64,
    metrics: Metrics,
}

impl Session<'_> {
    fn run(mut self, log: &mut Log<'_>) -> Metrics {
        let count = self.track.count();
        let mut rung = usize::from(self.options.first.0).min(self.rungs.top());
        let mut last = None;
        for index in 0..count {
            if !self.fetch(index, rung, last, log) {
                self.ledger.leave(count, log);
                return self.metrics;
            }
            last = Some(rung);
            let over = self.level - self.target;
            if over > 0.0 {
                let quantum = self.options.quantum.as_millis_f64();
                self.sleep((over / quantum).ceil() * quantum, log);
            }
            if index + 1 < count {
                rung = self.choose(index + 1, log);
            }
        }
        self.ledger.close(0, count, false, log);
        self.metrics
    }

    /// Fetches a segment; returns whether all of it came before the limit.
    fn fetch(&mut self, index: u32, rung: usize, last: Option<usize>, log: &mut Log<'_>) -> bool {
        let began = self.ledger.now();
        let segment = Segment { track: self.id, index, rung: Rung(rung as u8) };
        let request = request(self.track, segment, index);
        let size = request.size;
        log(began, &Event::Requested(request, None));
        let limit = self.options.limit.as_secs_f64();
        let came = self.link.fetch(size.as_f64(), limit) * 1e3;
        let delay = came + self.options.rtt.as_millis_f64();
        let rebuffer = f64::max(delay - self.level, 0.0);
        self.level = f64::max(self.level - delay, 0.0) + self.rungs.segment;
        self.metrics.count(self.rungs, last, rung, rebuffer / 1e3);
        // The wait for the first is no stall to anybody but Pensieve.
        match last {
            None => self.ledger.totals.play_time = delay,
            Some(_) => self.ledger.play(delay, 0, log),
        }
        let now = self.ledger.now();
        if now > self.options.limit.as_millis_f64() {
            log(now, &left_behind(request));
            return false;
        }
        log(now, &Event::Delivered(request, receipt(began, 0.0, size)));
        self.ledger.append(index, rung, log);
        if last.is_none() {
            log(now, &Event::Started);
        }
        let bits = size.as_bits_f64();
        let progress = Progress { rung, size: bits, received: bits, time: delay, first_bit: 0.0 };
        let fetched = Fetched { progress, abandoned_for: None, replaces: false };
        self.judge.fetched(self.rungs, self.level, &fetched, now);
        true
    }

    /// The rung of a segment, after the waits that were asked for.
    fn choose(&mut self, index: u32, log: &mut Log<'_>) -> usize {
        let (segment, segments) = (index as usize, self.track.count() as usize);
        let estimate = Estimate { throughput: 0.0, latency: 0.0 };
        loop {
            let (rungs, level, target) = (self.rungs, self.level, self.target);
            let facts = Facts { rungs, segment, segments, level, target, estimate };
            let (rung, wait) = self.judge.choose(&facts, self.ledger.now());
            if wait > 0.0 {
                self.sleep(wait, log);
            }
            if let Some(rung) = rung {
                return rung;
            }
        }
    }

    /// Lets time pass without fetching.
    fn sleep(&mut self, millis: f64, log: &mut Log<'_>) {
        self.level -= millis;
        self.link.skip(millis / 1e3);
        self.ledger.play(millis, 0, log);
    }
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

    /// Fetches so many bytes, or what of them comes within a limit of seconds; returns how many it
    /// took.
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
