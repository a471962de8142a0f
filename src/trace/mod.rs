//! Scripted bandwidth: a staircase of rates, repeated or held at its end.
//!
//! The idea to hold: a trace is integrated once, so "how much by then?" and "when will that much be
//! done?" are a walk of a step or two from where one stands, and a binary search from anywhere.
//!
//! ```text
//!   mod.rs        the staircase, and a link's walk along it
//!   derive.rs     traces made from others: scaled, clipped, less cross traffic
//!   measure.rs    what a trace is like: quantiles, outages, sustainable rungs
//!   generate/     classes of networks, drawn from a seed
//!   profile/      published scripts of bandwidth, to the bit
//!   shape.rs      steps, ramps and the like
//!   read.rs       files, in whichever format; csv.rs, sabre.rs and so on: a format each
//!   text.rs, json.rs, field.rs, parts.rs, problem.rs   what the formats share
//! ```

pub mod aitrans;
pub mod cadvise;
pub mod csv;
mod derive;
pub mod fcc;
mod field;
pub mod generate;
pub mod hsdpa;
mod json;
pub mod lumos5g;
pub mod mahimahi;
pub mod measure;
pub mod oboe;
mod parts;
pub mod pensieve;
mod problem;
pub mod profile;
pub mod puffer;
pub mod read;
pub mod sabre;
pub mod shape;
pub mod switcher;
mod text;
pub mod ucc;

use std::sync::Arc;

use crate::units::{Bitrate, Span, Time, Work};

/// A staircase of rates, never empty, and with some rate above zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    steps: Vec<Step>,
    /// Round trips by step; empty where none is stated.
    rtts: Vec<Option<Span>>,
    length: Span,
    total: Work,
    end: End,
}

/// What follows the last step.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum End {
    /// The first again.
    #[default]
    Repeat,
    /// The last, for ever.
    Hold,
}

/// One tread of the staircase, as a trace is made of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tread {
    /// How long it lasts.
    pub span: Span,
    /// What the link carries meanwhile.
    pub rate: Bitrate,
    /// The round trip meanwhile, where the trace states one.
    pub rtt: Option<Span>,
}

/// A tread, with where it stands in the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    from: Span,
    rate: Bitrate,
    /// Work done in this lap before the step begins.
    before: Work,
}

/// Why treads make no trace.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Flaw {
    /// There are none, or they last no time at all.
    #[error("the trace is empty: it needs at least one step that lasts longer than zero")]
    Empty,
    /// Every rate is zero: nothing would ever arrive.
    #[error("the trace never moves: its bandwidth is zero from beginning to end")]
    NeverMoves,
    /// A rate no link has; most likely a mistaken unit.
    #[error("a bandwidth of {0} is above the limit of {MAX_RATE}; is the unit right?")]
    TooFast(Bitrate),
    /// A length no trace has; most likely a mistaken unit.
    #[error("the trace lasts {0}, above the limit of {MAX_LENGTH}; is the unit right?")]
    TooLong(Span),
    /// More steps than [`MAX_STEPS`].
    #[error("the trace would have more than {MAX_STEPS} steps")]
    TooManySteps,
    /// A part of a trace that lies outside of it, or has no length.
    #[error("nothing of the trace lies from {from} to {to}: it is {length} long")]
    ClippedAway {
        /// Where the part would begin.
        from: Span,
        /// Where it would end.
        to: Span,
        /// How long the whole is.
        length: Span,
    },
}

/// The fastest link a trace may script.
pub const MAX_RATE: Bitrate = Bitrate::kbps(1_000_000_000);

/// The longest trace: ten years.
pub const MAX_LENGTH: Span = Span::from_secs(10 * 365 * 86_400);

/// The most steps of a trace that is read or derived: 46 days of one a second, and 0.4 GB while it
/// is read.
pub const MAX_STEPS: usize = 4_000_000;

impl Trace {
    /// The same rate for ever; `None` if it is zero.
    pub fn constant(rate: Bitrate) -> Result<Self, Flaw> {
        Self::new([Tread { span: Span::from_secs(1), rate, rtt: None }], End::Repeat)
    }

    /// A staircase of these treads; those that last no time are left out.
    pub fn new(treads: impl IntoIterator<Item = Tread>, end: End) -> Result<Self, Flaw> {
        let (mut from, mut before) = (Span::ZERO, Work::ZERO);
        let (mut steps, mut rtts) = (Vec::new(), Vec::new());
        for Tread { span, rate, rtt } in treads.into_iter().filter(|t| !t.span.is_zero()) {
            if rate > MAX_RATE {
                return Err(Flaw::TooFast(rate));
            }
            steps.push(Step { from, rate, before });
            rtts.push(rtt);
            let until = from.as_nanos().saturating_add(span.as_nanos());
            if Span::from_nanos(until) > MAX_LENGTH {
                return Err(Flaw::TooLong(Span::from_nanos(until)));
            }
            from = Span::from_nanos(until);
            before += rate * span;
        }
        if rtts.iter().all(Option::is_none) {
            rtts = Vec::new();
        }
        match (from, before) {
            (Span::ZERO, _) => Err(Flaw::Empty),
            (_, Work::ZERO) => Err(Flaw::NeverMoves),
            (length, total) => Ok(Self { steps, rtts, length, total, end }),
        }
    }

    /// How long it is before it repeats or holds.
    pub fn length(&self) -> Span {
        self.length
    }

    /// The mean rate over its length.
    pub fn mean(&self) -> Bitrate {
        self.total / self.length
    }

    /// What follows the last step.
    pub fn end(&self) -> End {
        self.end
    }

    /// The staircase as it was given, for charts and for writing it out again.
    pub fn treads(&self) -> impl Iterator<Item = Tread> + '_ {
        (0..self.steps.len()).map(|i| {
            let Step { from, rate, .. } = self.steps[i];
            let rtt = self.rtts.get(i).copied().flatten();
            Tread { span: self.lap_end_of(i) - from, rate, rtt }
        })
    }

    /// When a step ends, counted from the beginning of its lap.
    fn lap_end_of(&self, step: usize) -> Span {
        self.steps.get(step + 1).map_or(self.length, |next| next.from)
    }

    /// The last step that has `begun`, or else the first; looked for from a `hint` on.
    fn last_step(&self, hint: usize, begun: impl Fn(&Step) -> bool) -> usize {
        let (behind, ahead) = self.steps.split_at(hint + 1);
        if !begun(&behind[hint]) {
            return behind.partition_point(begun).saturating_sub(1);
        }
        match ahead.iter().take(WALK).position(|step| !begun(step)) {
            Some(walked) => hint + walked,
            None => hint + ahead.partition_point(begun),
        }
    }
}

/// A trace as one link meets it: begun at an offset, and followed as time goes on.
#[derive(Clone, Debug)]
pub struct Bandwidth {
    trace: Arc<Trace>,
    /// Where in the trace the link was at time zero.
    offset: Span,
    /// Where the last question was answered. Only ever a hint: questions may be in any order.
    lap: Lap,
    step: usize,
}

/// One time through a trace that repeats, or the whole of one that holds.
#[derive(Clone, Copy, Debug, Default)]
struct Lap {
    /// When it began, on the trace's own clock.
    began: Time,
    /// Work done in the laps before it.
    done: Work,
}

/// How many steps to walk before a binary search is cheaper.
const WALK: usize = 8;

impl Bandwidth {
    /// A link that is `offset` into its trace at time zero.
    pub fn new(trace: Arc<Trace>, offset: Span) -> Self {
        Self { trace, offset, lap: Lap::default(), step: 0 }
    }

    /// The trace it follows.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The rate at an instant.
    pub fn rate(&mut self, at: Time) -> Bitrate {
        self.seek(at);
        self.trace.steps[self.step].rate
    }

    /// The round trip that the trace states for an instant, if it states one.
    pub fn rtt(&mut self, at: Time) -> Option<Span> {
        if self.trace.rtts.is_empty() {
            return None;
        }
        self.seek(at);
        self.trace.rtts[self.step]
    }

    /// When the rate next may change, if it ever does.
    pub fn next_step(&mut self, at: Time) -> Option<Time> {
        self.seek(at);
        let last = self.step + 1 == self.trace.steps.len();
        (!last || self.trace.end == End::Repeat)
            .then(|| self.lap.began + self.trace.lap_end_of(self.step))
            .map(|until| until - self.offset)
    }

    /// The work the link could have done from the beginning of its trace to an instant.
    pub fn done_by(&mut self, at: Time) -> Work {
        let into = self.seek(at);
        let step = &self.trace.steps[self.step];
        self.lap.done + step.before + step.rate * (into - step.from)
    }

    /// The first instant by which that much has been done since the beginning of the trace, if
    /// there is one. Undoes [`done_by`](Self::done_by).
    pub fn reaches(&self, target: Work) -> Option<Time> {
        let Trace { total, end, .. } = &*self.trace;
        if *end == End::Repeat && (target <= self.lap.done || target > self.lap.done + *total) {
            // Laps are counted so that a whole number of them is the end of the last, not the start
            // of the next: a link that goes quiet must not delay work already done.
            let (laps, rest) = target.times(*total);
            let lap = self.lap(laps - u64::from(rest.is_zero() && laps > 0));
            return self.within(lap, 0, target);
        }
        self.within(self.lap, self.step, target)
    }

    /// The first instant by which so much has been done since another.
    #[inline]
    pub fn after(&mut self, from: Time, work: Work) -> Option<Time> {
        let target = self.done_by(from) + work;
        self.reaches(target).map(|at| at.max(from))
    }

    /// The instant of a lap by which that much has been done in all, looked for from a step on.
    #[inline]
    fn within(&self, lap: Lap, step: usize, target: Work) -> Option<Time> {
        let within = target.saturating_sub(lap.done);
        let step = self.trace.last_step(step, |step| step.before < within);
        let Step { from, rate, before, .. } = self.trace.steps[step];
        let into = match (within.saturating_sub(before), rate) {
            (Work::ZERO, _) => Span::ZERO,
            (_, Bitrate::ZERO) => return None,
            (rest, rate) => rest / rate,
        };
        let at = (lap.began + from).saturating_add(into);
        Some(Time::ZERO + at.since_start().saturating_sub(self.offset))
    }

    /// Moves to the step of an instant; returns how far into its lap that is.
    fn seek(&mut self, at: Time) -> Span {
        let at = at + self.offset;
        let Trace { length, end, .. } = *self.trace;
        if at < self.lap.began || (at >= self.lap.began + length && end == End::Repeat) {
            (self.lap, self.step) = (self.lap(at.as_nanos() / length.as_nanos()), 0);
        }
        let into = at - self.lap.began;
        self.step = self.trace.last_step(self.step, |step| step.from <= into);
        into
    }

    fn lap(&self, number: u64) -> Lap {
        let Trace { length, total, .. } = *self.trace;
        Lap { began: Time::ZERO + length * number, done: total * number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    fn tread(secs: u64, kbps: u64) -> Tread {
        Tread { span: Span::from_secs(secs), rate: Bitrate::kbps(kbps), rtt: None }
    }

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    #[test]
    fn a_transfer_waits_out_a_quiet_span() {
        // 3 s at 1 Mbit/s, 2 s of nothing, 1 s at 2 Mbit/s: 5 Mbit a lap.
        let trace = Trace::new([tread(3, 1_000), tread(2, 0), tread(1, 2_000)], End::Repeat);
        let link = Bandwidth::new(Arc::new(trace.unwrap()), Span::ZERO);
        let megabit = Bitrate::kbps(1_000) * Span::from_secs(1);
        assert_eq!(link.reaches(megabit * 3), Some(at(3_000)), "done before the quiet");
        assert_eq!(link.reaches(megabit * 4), Some(at(5_500)), "done after it");
        assert_eq!(link.reaches(megabit * 5), Some(at(6_000)));
        assert_eq!(link.reaches(megabit * 50), Some(at(60_000)), "ten laps");
        assert_eq!(link.reaches(megabit * 51), Some(at(61_000)));
    }

    #[test]
    fn a_trace_held_at_zero_never_delivers_what_it_has_not_by_then() {
        let trace = Trace::new([tread(1, 1_000), tread(1, 0)], End::Hold).unwrap();
        let mut link = Bandwidth::new(Arc::new(trace), Span::ZERO);
        let megabit = Bitrate::kbps(1_000) * Span::from_secs(1);
        assert_eq!(link.reaches(megabit), Some(at(1_000)));
        assert_eq!(link.reaches(megabit * 2), None);
        assert_eq!(link.next_step(at(1_500)), None);
    }

    #[test]
    fn an_offset_is_a_later_start() {
        let trace = Trace::new([tread(1, 1_000), tread(1, 3_000)], End::Repeat).unwrap();
        let mut link = Bandwidth::new(Arc::new(trace), Span::from_millis(1_500));
        assert_eq!(link.rate(at(0)), Bitrate::kbps(3_000));
        assert_eq!(link.rate(at(600)), Bitrate::kbps(1_000));
        assert_eq!(link.next_step(at(0)), Some(at(500)));
    }

    #[test]
    fn what_makes_no_trace_is_said() {
        assert_eq!(Trace::new([], End::Repeat), Err(Flaw::Empty));
        assert_eq!(Trace::new([tread(0, 5)], End::Repeat), Err(Flaw::Empty));
        assert_eq!(Trace::new([tread(9, 0)], End::Repeat), Err(Flaw::NeverMoves));
        let fast = MAX_RATE + Bitrate::from_bps(1);
        assert_eq!(Trace::constant(fast), Err(Flaw::TooFast(fast)));
    }

    /// In random traces, asked in random order, each question undoes the other.
    #[test]
    fn reaches_undoes_done_by() {
        for seed in 0..300 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let treads: Vec<_> = (0..1 + draw.below(30))
                .map(|_| Tread {
                    span: Span::from_nanos(1 + draw.below(3_000_000_000)),
                    rate: Bitrate::kbps(draw.below(4) * draw.below(5_000)),
                    rtt: None,
                })
                .chain([tread(1, 500)])
                .collect();
            let end = if draw.below(2) == 0 { End::Repeat } else { End::Hold };
            let trace = Arc::new(Trace::new(treads, end).unwrap());
            let mut link = Bandwidth::new(trace.clone(), Span::from_nanos(draw.below(1 << 36)));
            for _ in 0..200 {
                let now = Time::from_nanos(draw.below(1 << 38));
                let done = link.done_by(now);
                assert_eq!(done, Bandwidth::new(trace.clone(), link.offset).done_by(now));
                if let Some(reached) = link.reaches(done) {
                    assert!(reached <= now, "seed {seed}: {reached} is after {now}");
                    assert!(link.done_by(reached) >= done || reached == Time::ZERO);
                }
                let more = done + Work::from(crate::units::Bytes::new(1 + draw.below(1 << 24)));
                let then = link.reaches(more).expect("the last step moves");
                assert!(link.done_by(then) >= more, "seed {seed}");
                assert!(link.done_by(then - Span::from_nanos(1)) < more, "seed {seed}");
            }
        }
    }
}
