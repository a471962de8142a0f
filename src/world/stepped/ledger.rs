//! What Sabre counts: the buffer, and everything that is printed of a session.
//!
//! The idea to hold: the buffer is a list of whole segments and how much of the first has been
//! played; only [`Ledger::play`] lets time pass for the viewer.

use std::collections::VecDeque;

use super::sabre::{Metrics, Replace};
use super::{Change, Log};
use crate::abr::sabre::{Progress, Rungs};
use crate::media::{Rung, Segment, TrackId};
use crate::player::{Event, Reason};

/// A session's books.
pub(super) struct Ledger<'a> {
    rungs: &'a Rungs,
    utilities: Vec<f64>,
    target: f64,
    track: TrackId,
    /// Segments held: which, and on which rung. The first may have been played in part.
    held: VecDeque<(u32, usize)>,
    /// Milliseconds played of the first.
    consumed: f64,
    last: Option<usize>,
    stalled: bool,
    /// Upward changes of what the link sustains: when, to what, and when that was displayed.
    rises: VecDeque<(f64, usize, Option<f64>)>,
    ramp: Option<f64>,
    pub(super) totals: Metrics,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(rungs: &'a Rungs, track: TrackId, target: f64) -> Self {
        let offset = -libm::log(rungs.kbps[0]);
        let utilities = rungs.kbps.iter().map(|&kbps| libm::log(kbps) + offset).collect();
        Self {
            rungs,
            utilities,
            target,
            track,
            held: VecDeque::new(),
            consumed: 0.0,
            last: None,
            stalled: false,
            rises: VecDeque::new(),
            ramp: None,
            totals: Metrics { buffer_size: target, ..Metrics::default() },
        }
    }

    /// Milliseconds of media held.
    pub(super) fn level(&self) -> f64 {
        self.rungs.segment * self.held.len() as f64 - self.consumed
    }

    /// Milliseconds since the viewer pressed play.
    pub(super) fn now(&self) -> f64 {
        self.totals.play_time
    }

    /// A segment came.
    pub(super) fn append(&mut self, segment: u32, rung: usize, log: &mut Log<'_>) {
        self.held.push_back((segment, rung));
        if std::mem::take(&mut self.stalled) {
            log(self.now(), &Event::Resumed);
        }
    }

    /// The segment held that is so many from the end.
    pub(super) fn index_of(&self, from_end: usize) -> u32 {
        self.held[self.held.len() - from_end].0
    }

    /// Of the segments held, not counting the next to be played, one below a rung: how many from
    /// the end it is.
    pub(super) fn worse(&self, which: Replace, rung: usize) -> Option<usize> {
        let skip = (1.5 + self.consumed / self.rungs.segment).ceil() as usize;
        let mut places = skip..self.held.len();
        let worse = |place: &usize| self.held[*place].1 < rung;
        let place = match which {
            Replace::None => None,
            Replace::Left => places.find(worse),
            Replace::Right => places.rfind(worse),
        };
        place.map(|place| self.held.len() - place)
    }

    /// A better copy of a segment came; too late if it is being played.
    pub(super) fn replace(&mut self, from_end: usize, rung: usize) {
        if self.level() - self.rungs.segment * from_end as f64 >= 0.0 {
            let place = self.held.len() - from_end;
            self.held[place].1 = rung;
        }
    }

    /// Plays what is held for so many milliseconds, of which the rest is a stall. `sustained` is
    /// what the link sustains now.
    pub(super) fn play(&mut self, mut millis: f64, sustained: usize, log: &mut Log<'_>) {
        if self.held.is_empty() {
            self.stall(millis, log);
            return;
        }
        let segment = self.rungs.segment;
        if self.consumed > 0.0 {
            if millis + self.consumed < segment {
                self.consumed += millis;
                self.totals.play_time += millis;
                return;
            }
            millis -= segment - self.consumed;
            self.totals.play_time += segment - self.consumed;
            self.held.pop_front();
            self.consumed = 0.0;
        }
        while millis > 0.0
            && let Some(&(index, rung)) = self.held.front()
        {
            self.show(index, rung, sustained, log);
            if millis >= segment {
                self.held.pop_front();
                self.totals.play_time += segment;
                millis -= segment;
            } else {
                self.consumed = millis;
                self.totals.play_time += millis;
                millis = 0.0;
            }
        }
        if millis > 0.0 {
            self.totals.rebuffer_events += 1.0;
            self.stall(millis, log);
        }
        self.mature(self.now());
    }

    /// Nothing is held.
    fn stall(&mut self, millis: f64, log: &mut Log<'_>) {
        // What is less than half a nanosecond is an error of rounding.
        if millis > 5e-7 && !std::mem::replace(&mut self.stalled, true) {
            log(self.now(), &Event::Stalled);
        }
        self.totals.rebuffer += millis;
        self.totals.play_time += millis;
    }

    fn show(&mut self, index: u32, rung: usize, sustained: usize, log: &mut Log<'_>) {
        let (now, kbps) = (self.now(), &self.rungs.kbps);
        let shown = Segment { track: self.track, index, rung: Rung(rung as u8) };
        log(now, &Event::Shown(shown));
        self.totals.utility += self.utilities[rung];
        self.totals.bitrate += kbps[rung];
        if let Some(last) = self.last.replace(rung).filter(|&last| last != rung) {
            self.totals.bitrate_change += (kbps[rung] - kbps[last]).abs();
            self.totals.log_bitrate_change += libm::log(kbps[rung] / kbps[last]).abs();
        }
        if rung >= sustained {
            self.ramp.get_or_insert(now);
        }
        for (_, _, reached) in self.rises.iter_mut().filter(|(_, wanted, _)| rung >= *wanted) {
            reached.get_or_insert(now);
        }
    }

    /// The link sustains another rung from an instant of its own clock on.
    pub(super) fn note(&mut self, Change { at, rung, before }: Change) {
        self.mature(at);
        for (_, _, reached) in self.rises.iter_mut().filter(|(_, wanted, _)| *wanted > rung) {
            reached.get_or_insert(at);
        }
        let held = self.held.iter().map(|(_, held)| held);
        let wanted = self.rises.iter().map(|(_, wanted, _)| wanted);
        if rung > before && held.chain(wanted).all(|other| rung > *other) {
            self.rises.push_back((at, rung, None));
        }
    }

    /// Counts reactions to rises that are as long ago as the buffer is long.
    fn mature(&mut self, now: f64) {
        while let Some(&(at, _, reached)) = self.rises.front()
            && at < now - self.target
        {
            self.rises.pop_front();
            let reaction = reached.map_or(self.target, |reached| self.target.min(reached - at));
            self.totals.reaction_time += reaction;
        }
    }

    /// Whether what was taken to be the throughput was right, seeing a transfer.
    pub(super) fn judge(&mut self, estimate: f64, progress: &Progress) {
        let measured = progress.received / (progress.time - progress.first_bit);
        let totals = &mut self.totals;
        let error = estimate - measured;
        if estimate > measured {
            totals.over_count += 1.0;
            totals.over += (error - totals.over) / totals.over_count;
        } else {
            totals.leq_count += 1.0;
            totals.leq += (measured - estimate - totals.leq) / totals.leq_count;
        }
        totals.estimate += (error - totals.estimate) / (totals.over_count + totals.leq_count);
    }

    /// Plays to the end; returns the books. Never having ramped up counts as the whole video.
    pub(super) fn close(
        mut self,
        sustained: usize,
        segments: u32,
        phantoms: bool,
        log: &mut Log<'_>,
    ) -> Metrics {
        let events = self.totals.rebuffer_events;
        self.play(self.level(), sustained, log);
        if !phantoms {
            self.totals.rebuffer_events = events;
        }
        log(self.now(), &Event::Ended);
        self.books(segments)
    }

    /// The time to simulate is over, and the viewer leaves.
    pub(super) fn leave(self, segments: u32, log: &mut Log<'_>) -> Metrics {
        log(self.now(), &Event::Left(Reason::Limit));
        self.books(segments)
    }

    fn books(self, segments: u32) -> Metrics {
        let whole = f64::from(segments) * self.rungs.segment;
        Metrics { segment: self.rungs.segment, ramp: self.ramp.unwrap_or(whole), ..self.totals }
    }
}
