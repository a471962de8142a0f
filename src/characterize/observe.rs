//! What a player asked for and showed, while its link did as its script says.
//!
//! The idea to hold: a decision is when a segment of the main track is asked for, whatever becomes
//! of it; viewers see it later. Instants are those since the viewer pressed play.

use super::script::{Step, steps};
use crate::media::{Object, Presentation, Rung, Segment};
use crate::metrics::{Meter, Session, Timeline};
use crate::player::{Event, Reason};
use crate::trace::Bandwidth;
use crate::units::{Bitrate, Speed, Time};

/// A segment of the main track, asked for or shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ask {
    /// When.
    pub(super) at: Time,
    /// Which.
    pub(super) index: u32,
    /// On which rung.
    pub(super) rung: Rung,
}

/// One session.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// What its link carried.
    pub(super) script: Vec<Step>,
    /// What was asked for, in order,
    pub(super) asks: Vec<Ask>,
    /// and what was displayed.
    pub(super) shown: Vec<Ask>,
    /// What else was to be seen.
    pub(super) timeline: Timeline,
    /// What it amounts to.
    pub(super) session: Session,
}

/// Watches one player.
pub(super) struct Observer<'a> {
    content: &'a Presentation,
    began: Option<Time>,
    asks: Vec<Ask>,
    shown: Vec<Ask>,
    timeline: Timeline,
    meter: Meter,
}

impl<'a> Observer<'a> {
    pub(super) fn new(content: &'a Presentation) -> Self {
        let (timeline, meter) = (Timeline::new(Speed::NORMAL), Meter::new(content, Bitrate::ZERO));
        let (asks, shown) = (Vec::new(), Vec::new());
        Self { content, began: None, asks, shown, timeline, meter }
    }

    /// Something has happened.
    pub(super) fn record(&mut self, at: Time, event: &Event) {
        let began = *self.began.get_or_insert(at);
        self.timeline.record(self.content, at, event);
        self.meter.record(self.content, at, event);
        let at = Time::ZERO + (at - began);
        let of_main = |object| match object {
            Object::Segment(Segment { track, index, rung }) if track == self.content.main() => {
                Some(Ask { at, index, rung })
            }
            Object::Segment(_) | Object::Document(_) => None,
        };
        if let Event::Requested(request, _) = event {
            self.asks.extend(of_main(request.object));
        }
        if let Event::Shown(segment) = event {
            self.shown.extend(of_main(Object::Segment(*segment)));
        }
    }

    /// Nobody watches on after an instant, or after the last that happened.
    pub(super) fn finish(mut self, until: Option<Time>, bandwidth: Bandwidth) -> Watched {
        if let Some(until) = until {
            self.record(until, &Event::Left(Reason::Limit));
        }
        self.timeline.follow(bandwidth);
        let script = steps(&self.timeline.bandwidth, self.timeline.end);
        let (session, _) = self.meter.finish();
        Watched { script, asks: self.asks, shown: self.shown, timeline: self.timeline, session }
    }
}

impl Watched {
    /// What was asked for from one instant until another.
    pub(super) fn asked(&self, from: Time, to: Time) -> &[Ask] {
        let place = |at: Time| self.asks.partition_point(|ask| ask.at < at);
        &self.asks[place(from)..place(to).max(place(from))]
    }

    /// The rung that was asked for last before an instant.
    pub(super) fn before(&self, at: Time) -> Option<Rung> {
        let place = self.asks.partition_point(|ask| ask.at < at);
        place.checked_sub(1).map(|last| self.asks[last].rung)
    }
}
