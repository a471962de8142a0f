//! A rule as a player asks it: by track, told of every transfer, with estimates of its own.
//!
//! The idea to hold: what Sabre tells a rule at once, and a player does not say, is made up for
//! when the next question comes: how full the buffer was when a segment had come, and for how long
//! it was too full since.

use std::sync::Arc;

use super::{Estimate, Ewma, Facts, Fetched, Progress, Rule, Rungs, rung};
use crate::abr::{Abr, Context, Decision, Factory, Outcome, Transfer, Unfit, Verdict, copies_of};
use crate::media::{Presentation, Rung, TrackId};
use crate::units::{Bitrate, Bytes, Span, Time};

/// How often a transfer is looked at (Sabre: `min_progress_time`), and after how many bytes more
/// (`min_progress_size`, 12,000 bits).
const LOOK: Span = Span::from_millis(50);
const MORE: Bytes = Bytes::new(1_500);

/// A factory of players' algorithms that follow a rule, made for the ladder of each track.
pub(in crate::abr) fn by_rule<R>(
    rule: impl Fn(&Rungs) -> R,
    content: &Presentation,
) -> Result<Factory, Unfit>
where
    R: Rule + Clone + Sync + 'static,
{
    let lanes = content.tracks.iter().map(|track| {
        let rungs = Arc::new(Rungs::of(track));
        Lane {
            rule: rule(&rungs),
            ewma: Ewma::new(rungs.segment),
            rungs,
            estimate: None,
            chosen: None,
            came: None,
            seen: Bytes::ZERO,
        }
    });
    copies_of(ByRule { lanes: lanes.collect() })
}

#[derive(Clone)]
struct ByRule<R> {
    lanes: Vec<Lane<R>>,
}

/// What is known of a track.
#[derive(Clone)]
struct Lane<R> {
    rule: R,
    rungs: Arc<Rungs>,
    ewma: Ewma,
    estimate: Option<Estimate>,
    /// What the rule would fetch once it has waited, and for which segment.
    chosen: Option<(u32, Rung)>,
    /// What came since it was asked, and when.
    came: Option<(Progress, Time)>,
    /// How much of the transfer under way it was shown last.
    seen: Bytes,
}

impl<R: Rule> Lane<R> {
    /// Tells the rule what came since, and how long the buffer has been full.
    fn catch_up(&mut self, cx: &Context<'_>) {
        let Some((progress, at)) = self.came.take() else { return };
        let (waited, level) = ((cx.now - at).as_millis_f64(), cx.buffer.as_millis_f64());
        let fetched = Fetched { progress, abandoned_for: None, replaces: false };
        self.rule.fetched(&self.rungs, level + waited * cx.speed.as_f64(), &fetched);
        if waited > 0.0 {
            self.rule.waited(waited);
        }
    }
}

impl<R: Rule> Abr for ByRule<R> {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let lane = &mut self.lanes[cx.id.0 as usize];
        let chosen = lane.chosen.take().filter(|(segment, _)| *segment == cx.segment);
        if let Some((_, chosen)) = chosen {
            return Decision::Fetch(chosen);
        }
        let Some(estimate) = lane.estimate else { return Decision::Fetch(Rung(0)) };
        lane.catch_up(cx);
        let (best, wait) = lane.rule.choose(&facts(&lane.rungs, cx, estimate));
        let best = rung(best);
        if wait <= 0.0 {
            return Decision::Fetch(best);
        }
        lane.chosen = Some((cx.segment, best));
        Decision::Wait(Span::from_millis_f64(wait / cx.speed.as_f64()))
    }

    fn observe(&mut self, transfer: &Transfer) {
        let lane = &mut self.lanes[transfer.track.0 as usize];
        lane.seen = Bytes::ZERO;
        if transfer.outcome != Outcome::Done {
            return;
        }
        let progress = progress(transfer);
        if lane.estimate.is_some() {
            lane.came = Some((progress, transfer.now));
        }
        let span = progress.time - progress.first_bit;
        if span > 0.0 {
            let sample =
                Estimate { throughput: progress.received / span, latency: progress.first_bit };
            lane.estimate = Some(lane.ewma.add(span, sample));
        }
    }

    fn patience(&self, cx: &Context<'_>, rung: Rung) -> Option<Span> {
        let lane = &self.lanes[cx.id.0 as usize];
        (lane.rule.abandons() && rung > Rung(0)).then_some(LOOK)
    }

    fn watch(&mut self, cx: &Context<'_>, transfer: &Transfer) -> Verdict {
        let lane = &mut self.lanes[cx.id.0 as usize];
        let Some(estimate) = lane.estimate else { return Verdict::Finish };
        if transfer.received < lane.seen + MORE {
            return Verdict::Watch(LOOK);
        }
        lane.seen = transfer.received;
        let (facts, progress) = (facts(&lane.rungs, cx, estimate), progress(transfer));
        let Some(cheaper) = lane.rule.abandon(&facts, &progress) else {
            return Verdict::Watch(LOOK);
        };
        let fetched = Fetched { progress, abandoned_for: Some(cheaper), replaces: false };
        lane.rule.fetched(&lane.rungs, facts.level, &fetched);
        Verdict::Abandon(rung(cheaper))
    }

    fn remember(&mut self, throughput: Bitrate) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.estimate.is_none()) {
            let throughput = throughput.as_kbps_f64();
            lane.estimate = Some(Estimate { throughput, latency: 0.0 });
        }
    }

    fn estimate(&self) -> Option<Bitrate> {
        let estimate = self.lanes.first()?.estimate?;
        Some(Bitrate::from_bps_f64(estimate.throughput * 1e3))
    }

    fn rule(&mut self, track: TrackId) -> Option<&mut dyn Rule> {
        Some(&mut self.lanes[track.0 as usize].rule)
    }
}

fn facts<'a>(rungs: &'a Rungs, cx: &Context<'_>, estimate: Estimate) -> Facts<'a> {
    Facts {
        rungs,
        segment: cx.segment as usize,
        segments: cx.track.count() as usize,
        level: cx.buffer.as_millis_f64(),
        target: cx.target.as_millis_f64(),
        // A rung costs as many times its bitrate as media is played faster.
        estimate: Estimate { throughput: estimate.throughput / cx.speed.as_f64(), ..estimate },
    }
}

fn progress(transfer: &Transfer) -> Progress {
    let Transfer { rung, size, received, requested, first_byte, now, .. } = *transfer;
    Progress {
        rung: rung.0 as usize,
        size: size.as_bits_f64(),
        received: received.as_bits_f64(),
        time: (now - requested).as_millis_f64(),
        first_bit: (first_byte.unwrap_or(now) - requested).as_millis_f64(),
    }
}
