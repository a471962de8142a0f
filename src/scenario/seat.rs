//! What is measured of one viewer, while it happens.
//!
//! The idea to hold: a seat is where somebody watches, in whichever world; it hears all that
//! happens there and tells at the end what it amounts to.

use super::cast::Line;
use super::run::OneRun;
use super::setup::Setup;
use super::tally::Member;
use crate::media::Presentation;
use crate::metrics::qoe::Viewing;
use crate::metrics::{GlassMeter, Meter, Timeline};
use crate::player::{Event, Reports};
use crate::units::{Span, Speed, Time};

/// The folds of one viewer's events.
pub(super) struct Seat {
    viewer: u64,
    /// The class of their device; of somebody real, who may ask for everything, none.
    device: Option<usize>,
    meter: Meter,
    glass: Option<GlassMeter>,
    timeline: Option<Timeline>,
    /// Of those who are scored.
    viewing: Option<Viewing>,
}

impl Seat {
    /// Of a viewer on a link, of whom also is kept what there is to be seen, if that is `shown`.
    pub(super) fn new(setup: &Setup, line: &Line, viewer: u64, shown: bool) -> Self {
        Self::on(setup, line, (viewer, Some(setup.device_of(viewer))), shown)
    }

    /// The same of one who pressed play then. To have nothing to ask for takes time, too.
    pub(super) fn since(self, pressed: Time) -> Self {
        let Self { meter, timeline, viewing, .. } = self;
        Self {
            meter: meter.since(pressed),
            timeline: timeline.map(|timeline| timeline.since(pressed)),
            viewing: viewing.map(|viewing| viewing.since(pressed)),
            ..self
        }
    }

    /// Of somebody real, who may ask for everything there is.
    pub(super) fn real(setup: &Setup, line: &Line, viewer: u64, shown: bool) -> Self {
        Self::on(setup, line, (viewer, None), shown)
    }

    fn on(setup: &Setup, line: &Line, (viewer, device): (u64, Option<usize>), shown: bool) -> Self {
        let speed = setup.audience.speed(setup.seed, viewer);
        let timeline = shown.then(|| Timeline::new(speed));
        // A preset's player has a speed of its own.
        let speed = if setup.preset.is_some() { Speed::NORMAL } else { speed };
        let scored = setup.scoring.includes(viewer);
        Self {
            viewer,
            device,
            meter: Meter::new(content(setup, device), setup.mean(line)),
            glass: setup.on_air.as_ref().map(|_| GlassMeter::default()),
            timeline,
            viewing: scored.then(|| Viewing::new(content(setup, device), speed)),
        }
    }

    /// Something has happened.
    #[inline]
    pub(super) fn record(&mut self, setup: &Setup, at: Time, event: &Event) {
        let content = content(setup, self.device);
        self.meter.record(content, at, event);
        if let Some(glass) = &mut self.glass {
            glass.record(content, at, event);
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.record(content, at, event);
        }
        if let Some(viewing) = &mut self.viewing {
            viewing.record(content, at, event);
        }
    }

    /// Their session, and what is to be seen of it, if that was kept.
    pub(super) fn finish(self, run: &OneRun<'_>, line: &Line) -> (Member, Option<Timeline>) {
        let Self { viewer, device, meter, glass, timeline, viewing } = self;
        let (mut session, spread) = meter.finish();
        if run.config().reports == Reports::default() {
            session.reported_as_seen();
        }
        let mut on_rung = vec![Span::ZERO; run.rungs];
        match device {
            Some(device) => run.setup.devices[device].spread(&spread, &mut on_rung),
            None => on_rung.copy_from_slice(&spread[..run.rungs]),
        }
        let glass = glass.map(GlassMeter::finish);
        let scores = viewing.map(|viewing| {
            let live = glass.as_ref().map(|glass| (&session, glass));
            let content = content(run.setup, device);
            run.setup.scoring.score(device, content, &viewing, live)
        });
        let device = device.unwrap_or_default();
        let timeline = timeline.map(|mut timeline| {
            timeline.follow(run.setup.bandwidth(line));
            timeline
        });
        let network = line.network;
        (Member { viewer, session, on_rung, glass, scores, network, device }, timeline)
    }
}

fn content(setup: &Setup, device: Option<usize>) -> &Presentation {
    match device {
        Some(device) => &setup.devices[device].content,
        None => &setup.content,
    }
}
