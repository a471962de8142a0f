//! The algorithm of a session: its rule, if it is stated in Sabre's units, or else what it answers
//! to the questions of a player.

use crate::abr::sabre::{Facts, Fetched, Progress, Rule, Rungs};
use crate::abr::{Abr, Context, Decision, Outcome, Transfer, Verdict};
use crate::media::{Rung, Track, TrackId};
use crate::units::{Bytes, Span, Speed};

use super::instant;

/// Who chooses.
pub(super) struct Judge<'a> {
    abr: &'a mut dyn Abr,
    track: &'a Track,
    id: TrackId,
    last: Option<Rung>,
    /// Whether rules are asked as such.
    by_rule: bool,
    /// When an algorithm without a rule next looks at the transfer under way.
    look: Option<f64>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(abr: &'a mut dyn Abr, track: &'a Track, id: TrackId, by_rule: bool) -> Self {
        Self { abr, track, id, by_rule, last: None, look: None }
    }

    fn rule(&mut self) -> Option<&mut dyn Rule> {
        if self.by_rule { self.abr.rule(self.id) } else { None }
    }

    /// The first segment came, of which Sabre tells its rules nothing.
    pub(super) fn first(&mut self, progress: &Progress, now: f64) {
        self.last = Some(Rung(progress.rung as u8));
        let transfer = self.transfer(progress, now, Outcome::Done);
        if self.rule().is_none() {
            self.abr.observe(&transfer);
        }
    }

    /// The rung to fetch, or none if it wants to be asked again, after so many milliseconds.
    pub(super) fn choose(&mut self, facts: &Facts<'_>, now: f64) -> (Option<usize>, f64) {
        if let Some(rule) = self.rule() {
            let (rung, wait) = rule.choose(facts);
            return (Some(rung), wait);
        }
        let cx = self.context(facts, now);
        let (rung, wait) = match self.abr.choose(&cx) {
            Decision::Fetch(rung) => (rung, 0.0),
            // Nothing that is held was told of, and there is one track.
            Decision::Discard(_) | Decision::Refetch(_) | Decision::Yield => {
                (self.last.unwrap_or_default(), 0.0)
            }
            // An empty buffer is not waited with.
            Decision::Wait(_) if facts.level <= 0.0 => (self.last.unwrap_or_default(), 0.0),
            Decision::Wait(span) => return (None, span.as_millis_f64().max(1.0).min(facts.level)),
        };
        self.look = self.abr.patience(&cx, rung).map(Span::as_millis_f64);
        (Some(rung.0.into()), wait)
    }

    pub(super) fn waited(&mut self, millis: f64) {
        if let Some(rule) = self.rule() {
            rule.waited(millis);
        }
    }

    pub(super) fn abandons(&mut self) -> bool {
        match self.rule() {
            Some(rule) => rule.abandons(),
            None => self.look.is_some(),
        }
    }

    /// Of a transfer begun at some milliseconds: the rung to fetch instead.
    pub(super) fn abandon(
        &mut self,
        facts: &Facts<'_>,
        progress: &Progress,
        began: f64,
    ) -> Option<usize> {
        if let Some(rule) = self.rule() {
            return rule.abandon(facts, progress);
        }
        self.look.filter(|look| progress.time >= *look)?;
        let now = began + progress.time;
        let transfer = self.transfer(progress, now, Outcome::UnderWay);
        match self.abr.watch(&self.context(facts, now), &transfer) {
            Verdict::Finish => self.look = None,
            Verdict::Watch(span) => self.look = Some(progress.time + span.as_millis_f64()),
            Verdict::Abandon(rung) => return Some(rung.0.into()),
        }
        None
    }

    pub(super) fn fetched(&mut self, rungs: &Rungs, level: f64, fetched: &Fetched, now: f64) {
        let outcome = match fetched.abandoned_for {
            None => Outcome::Done,
            Some(_) => Outcome::Abandoned,
        };
        if outcome == Outcome::Done && !fetched.replaces {
            self.last = Some(Rung(fetched.progress.rung as u8));
        }
        if let Some(rule) = self.rule() {
            return rule.fetched(rungs, level, fetched);
        }
        let transfer = self.transfer(&fetched.progress, now, outcome);
        self.abr.observe(&transfer);
    }

    fn context<'b>(&self, facts: &Facts<'_>, now: f64) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            latency: None,
            now: instant(now),
            id: self.id,
            track: self.track,
            segment: facts.segment as u32,
            last: self.last,
            buffer: Span::from_millis_f64(facts.level),
            target: Span::from_millis_f64(facts.target),
            speed: Speed::NORMAL,
            held: crate::abr::NONE_HELD,
            first_held: 0,
            other: None,
        }
    }

    fn transfer(&self, progress: &Progress, now: f64, outcome: Outcome) -> Transfer {
        let requested = now - progress.time;
        Transfer {
            idle: Span::ZERO,
            track: self.id,
            rung: Rung(progress.rung as u8),
            duration: self.track.duration(0),
            size: Bytes::from_bits_f64(progress.size),
            received: Bytes::from_bits_f64(progress.received),
            requested: instant(requested),
            first_byte: Some(instant(requested + progress.first_bit)),
            now: instant(now),
            outcome,
        }
    }
}
