//! Traces made from others: scaled, clipped, ended otherwise, and what cross traffic leaves.
//!
//! The idea to hold: each is a new staircase of treads through [`Trace::new`], so whatever holds of
//! a trace from a file holds of these too.

use super::{End, Flaw, MAX_LENGTH, MAX_STEPS, Trace, Tread};
use crate::units::{Bitrate, Span};

impl Trace {
    /// Every rate times a factor, to the nearest bit per second; round trips stay as they are. A
    /// factor of zero, below it or NaN leaves nothing, which is [`Flaw::NeverMoves`].
    pub fn scaled(&self, factor: f64) -> Result<Self, Flaw> {
        let scaled = |tread: Tread| Tread { rate: tread.rate.scaled(factor), ..tread };
        Self::new(self.treads().map(scaled), self.end)
    }

    /// The part of its length from one place to another; what lies after its end is not there to be
    /// clipped. It ends as the whole does: it repeats, or holds the last rate that is left.
    pub fn clip(&self, from: Span, to: Span) -> Result<Self, Flaw> {
        if from >= to.min(self.length) {
            return Err(Flaw::ClippedAway { from, to, length: self.length });
        }
        let mut start = Span::ZERO;
        let part = self.treads().map(|tread| {
            let end = start + tread.span;
            let span = end.min(to).saturating_sub(start.max(from));
            start = end;
            Tread { span, ..tread }
        });
        Self::new(part, self.end)
    }

    /// The same, but followed by this.
    #[must_use]
    pub fn with_end(self, end: End) -> Self {
        Self { end, ..self }
    }

    /// What of this bandwidth is left beside cross traffic that follows another trace, never below
    /// zero: both are laid out from their beginnings to `until`, each repeating or holding as it
    /// does, and the result holds its last rate after that. Round trips are those of `self`.
    ///
    /// [`Flaw::TooManySteps`] where the two change more than [`MAX_STEPS`] times until then.
    pub fn less(&self, cross: &Self, until: Span) -> Result<Self, Flaw> {
        if until > MAX_LENGTH {
            return Err(Flaw::TooLong(until));
        }
        let (mut own, mut other) = (Walk::along(self), Walk::along(cross));
        let mut left: Vec<Tread> = Vec::new();
        let (mut now, mut pieces) = (Span::ZERO, 0);
        while now < until {
            pieces += 1;
            if pieces > MAX_STEPS {
                return Err(Flaw::TooManySteps);
            }
            let span = own.left.min(other.left).min(until - now);
            let rate = own.rate().saturating_sub(other.rate());
            let rtt = own.rtt();
            match left.last_mut() {
                Some(last) if last.rate == rate && last.rtt == rtt => last.span += span,
                Some(_) | None => left.push(Tread { span, rate, rtt }),
            }
            own.pass(span);
            other.pass(span);
            now += span;
        }
        Self::new(left, End::Hold)
    }
}

/// A place in a trace that moves forward, through one end after another.
struct Walk<'a> {
    trace: &'a Trace,
    step: usize,
    /// How long the step still lasts.
    left: Span,
}

impl<'a> Walk<'a> {
    fn along(trace: &'a Trace) -> Self {
        let mut walk = Self { trace, step: 0, left: Span::ZERO };
        walk.left = walk.lasts();
        walk
    }

    /// How long the step at hand lasts in all.
    fn lasts(&self) -> Span {
        let Trace { steps, end, .. } = self.trace;
        let last = self.step + 1 == steps.len();
        if last && (*end == End::Hold || steps.len() == 1) {
            return Span::MAX;
        }
        self.trace.lap_end_of(self.step) - steps[self.step].from
    }

    /// Moves on by no more than what is left of the step.
    fn pass(&mut self, span: Span) {
        if self.left == Span::MAX {
            return;
        }
        self.left -= span;
        if self.left.is_zero() {
            self.step = (self.step + 1) % self.trace.steps.len();
            self.left = self.lasts();
        }
    }

    fn rate(&self) -> Bitrate {
        self.trace.steps[self.step].rate
    }

    fn rtt(&self) -> Option<Span> {
        self.trace.rtts.get(self.step).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed, Stream};

    fn trace(treads: &[(u64, u64)], end: End) -> Trace {
        let tread = |&(secs, kbps): &(u64, u64)| Tread {
            span: Span::from_secs(secs),
            rate: Bitrate::kbps(kbps),
            rtt: Some(Span::from_millis(kbps / 10)),
        };
        Trace::new(treads.iter().map(tread), end).unwrap()
    }

    fn plain(trace: &Trace) -> Vec<(u64, u64)> {
        trace.treads().map(|t| (t.span.as_millis(), t.rate.as_bps() / 1_000)).collect()
    }

    #[test]
    fn a_scaled_trace_has_every_rate_times_the_factor() {
        // 1,000 × 2.5 = 2,500; 0 × 2.5 = 0; 400 × 2.5 = 1,000.
        let whole = trace(&[(3, 1_000), (2, 0), (1, 400)], End::Hold);
        let scaled = whole.scaled(2.5).unwrap();
        assert_eq!(plain(&scaled), [(3_000, 2_500), (2_000, 0), (1_000, 1_000)]);
        assert_eq!(scaled.end(), End::Hold);
        let rtts = |trace: &Trace| trace.treads().map(|tread| tread.rtt).collect::<Vec<_>>();
        assert_eq!(rtts(&scaled), rtts(&whole));
        for nothing in [0.0, -1.0, f64::NAN] {
            assert_eq!(whole.scaled(nothing), Err(Flaw::NeverMoves));
        }
        assert!(matches!(whole.scaled(1e12), Err(Flaw::TooFast(_))));
        assert!(matches!(whole.scaled(f64::INFINITY), Err(Flaw::TooFast(_))));
    }

    #[test]
    fn a_clip_is_the_part_between_two_places() {
        let whole = trace(&[(3, 1_000), (2, 0), (1, 400)], End::Repeat);
        let clip = |from, to| whole.clip(Span::from_secs(from), Span::from_secs(to));
        assert_eq!(plain(&clip(2, 4).unwrap()), [(1_000, 1_000), (1_000, 0)]);
        assert_eq!(plain(&clip(5, 6).unwrap()), [(1_000, 400)]);
        // Its end is at 6 s, whatever was asked for.
        assert_eq!(plain(&clip(4, 100).unwrap()), [(1_000, 0), (1_000, 400)]);
        assert_eq!(clip(0, 6).unwrap(), whole);
        assert_eq!(clip(3, 5), Err(Flaw::NeverMoves), "a part that is all quiet");
        for (from, to) in [(6, 9), (4, 4), (4, 3)] {
            let told = clip(from, to).unwrap_err().to_string();
            let right = format!("nothing of the trace lies from {from}s to {to}s: it is 6s long");
            assert_eq!(told, right);
        }
    }

    #[test]
    fn another_end_is_all_that_changes() {
        let whole = trace(&[(3, 1_000), (2, 0)], End::Repeat);
        assert_eq!(whole.clone().with_end(End::Hold), trace(&[(3, 1_000), (2, 0)], End::Hold));
        assert_eq!(whole.clone().with_end(End::Hold).with_end(End::Repeat), whole);
    }

    #[test]
    fn cross_traffic_leaves_what_it_does_not_take() {
        // Own: 1,000 for 3 s, 500 for 1 s, again and again. Cross: 600 for 2 s, 200 ever after.
        // 0–2 s: 400; 2–3: 800; 3–4: 300; 4–7: 800; 7–8: 300; 8–9: 800.
        let own = trace(&[(3, 1_000), (1, 500)], End::Repeat);
        let cross = trace(&[(2, 600), (1, 200)], End::Hold);
        let left = own.less(&cross, Span::from_secs(9)).unwrap();
        let right = [(2, 400), (1, 800), (1, 300), (3, 800), (1, 300), (1, 800)];
        assert_eq!(plain(&left), right.map(|(secs, kbps)| (secs * 1_000, kbps)));
        assert_eq!(left.end(), End::Hold);
        // Beside itself nothing is left; beside something larger neither, and not less than that.
        assert_eq!(own.less(&own, Span::from_secs(9)), Err(Flaw::NeverMoves));
        let heavy = trace(&[(1, 700)], End::Repeat);
        let left = own.less(&heavy, Span::from_secs(5)).unwrap();
        assert_eq!(plain(&left), [(3_000, 300), (1_000, 0), (1_000, 300)]);
    }

    #[test]
    fn what_would_take_for_ever_is_refused() {
        let flicker = |kbps| Tread { span: Span::from_nanos(1), ..tread(kbps) };
        let fine = Trace::new([flicker(1), flicker(2)], End::Repeat).unwrap();
        let own = Trace::new([tread(3)], End::Repeat).unwrap();
        assert_eq!(own.less(&fine, Span::from_secs(1)), Err(Flaw::TooManySteps));
        // A constant one is one step, however short it was written.
        assert!(
            own.less(&Trace::constant(Bitrate::kbps(1)).unwrap(), super::super::MAX_LENGTH).is_ok()
        );
        let beyond = super::super::MAX_LENGTH + Span::from_nanos(1);
        assert_eq!(own.less(&fine, beyond), Err(Flaw::TooLong(beyond)));
        assert_eq!(own.less(&fine, Span::ZERO), Err(Flaw::Empty));
    }

    fn tread(kbps: u64) -> Tread {
        Tread { span: Span::from_secs(1), rate: Bitrate::kbps(kbps), rtt: None }
    }

    /// In random traces, at random instants, what is left is the difference of the two rates.
    #[test]
    fn what_is_left_is_the_difference_at_every_instant() {
        use crate::trace::Bandwidth;
        use crate::units::Time;
        use std::sync::Arc;
        for seed in 0..200 {
            let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[]);
            let random = |draw: &mut Stream| {
                let step = |draw: &mut Stream| Tread {
                    span: Span::from_nanos(1 + draw.below(3_000_000_000)),
                    ..tread(1 + draw.below(4) * draw.below(5_000))
                };
                let treads: Vec<_> = (0..1 + draw.below(9)).map(|_| step(draw)).collect();
                let end = if draw.below(2) == 0 { End::Repeat } else { End::Hold };
                Trace::new(treads, end).unwrap()
            };
            let (own, cross) = (random(&mut draw), random(&mut draw));
            let until = 1 + draw.below(60_000_000_000);
            let Ok(left) = own.less(&cross, Span::from_nanos(until)) else { continue };
            assert_eq!(left.length(), Span::from_nanos(until));
            let follow = |trace: Trace| Bandwidth::new(Arc::new(trace), Span::ZERO);
            let [mut own, mut cross, mut left] = [own, cross, left].map(follow);
            for _ in 0..50 {
                let at = Time::from_nanos(draw.below(until));
                let right = own.rate(at).saturating_sub(cross.rate(at));
                assert_eq!(left.rate(at), right, "seed {seed} at {at}");
            }
        }
    }
}
