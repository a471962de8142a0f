//! How Media3 keeps its distance from the live edge (`DefaultLivePlaybackSpeedControl.java`,
//! `DashMediaSource.java`, `HlsMediaSource.java`). Seconds.
//!
//! Not modelled: that the target comes back after a stall, and keeps off offsets that are not safe.

use super::load::needed;
use crate::abr::pace::{
    Act, Announced, Look, Moment, Pace, Protocol, Reload, Rescue, playlist_again, speed,
};
use crate::units::{Span, Speed};

/// Paces a player.
#[derive(Clone, Debug)]
pub struct Live {
    control: SpeedControl,
    announced: Announced,
    /// What it needs to start.
    start: f64,
}

/// `DashMediaSource.DEFAULT_FALLBACK_TARGET_LIVE_OFFSET_MS`.
const FALLBACK: f64 = 30.0;

/// The same of HLS, in target durations.
const SEGMENTS: f64 = 3.0;

/// What an MPD that says it may be asked for again at once is taken to say.
const REFRESH: f64 = 5.0;

impl Live {
    /// Of a presentation, for a player that needs so much to start.
    pub fn new(announced: &Announced, start: f64) -> Self {
        let Announced { segment, target, rates, window, by, .. } = *announced;
        let fallback = match by {
            Protocol::Dash => FALLBACK,
            Protocol::Hls => SEGMENTS * libm::ceil(segment),
        };
        let mut control = SpeedControl::new(target.unwrap_or(fallback).min(window), (0.0, window));
        control.speeds = match (rates, announced.is_low_latency()) {
            (Some(rates), _) => rates,
            (None, true) => control.speeds,
            (None, false) => (1.0, 1.0),
        };
        Self { control, announced: *announced, start }
    }
}

impl Pace for Live {
    fn protocol(&self) -> Protocol {
        self.announced.by
    }

    fn target(&self) -> f64 {
        self.control.target().unwrap_or(self.control.media_target)
    }

    fn look(&mut self, moment: &Moment) -> Act {
        let wanted = speed(self.control.speed(moment.latency));
        if wanted == moment.speed { Act::Keep } else { Act::Play(wanted) }
    }

    fn next_look(&self, moment: &Moment) -> Look {
        let moves = moment.speed != Speed::NORMAL;
        Look { after: moves.then_some(0.0), minds_buffer: false }
    }

    fn every(&self) -> Span {
        Span::from_secs(1)
    }

    fn stalled(&mut self) {
        self.control.rebuffered();
    }

    fn poll(&self) -> Span {
        super::TICK
    }

    fn reload(&mut self, told: &Reload) -> Option<f64> {
        if self.announced.by == Protocol::Hls {
            return Some(playlist_again(&self.announced, told));
        }
        let refresh = self.announced.refresh;
        let refresh = if refresh == Some(0.0) { Some(REFRESH) } else { refresh };
        refresh.map(|refresh| (refresh - told.took).max(0.0))
    }

    fn resume(&self, usual: f64) -> f64 {
        needed(self.start, usual, true, self.control.target())
    }

    fn rescue(&self) -> Rescue {
        Rescue::Edge
    }
}

/// The control.
#[derive(Clone, Copy, Debug)]
pub struct SpeedControl {
    /// The offset the media asks for.
    pub media_target: f64,
    /// The least and the most offset.
    pub range: (f64, f64),
    /// The least and the most speed; the control is off where both are 1.
    pub speeds: (f64, f64),
    /// How much speed a second of error is worth: `proportionalControlFactor`.
    pub factor: f64,
    /// How much later a stall makes it: `targetLiveOffsetIncrementOnRebufferMs`.
    pub on_rebuffer: f64,
    target: f64,
}

/// No error below this is corrected: `maxLiveOffsetErrorMsForUnitSpeed`.
const UNIT: f64 = 0.02;

impl SpeedControl {
    /// With Media3's defaults.
    pub fn new(media_target: f64, range: (f64, f64)) -> Self {
        let target = media_target.max(range.0).min(range.1);
        let (speeds, factor, on_rebuffer) = ((0.97, 1.03), 0.1, 0.5);
        Self { media_target, range, speeds, factor, on_rebuffer, target }
    }

    /// The offset aimed at; none where speed is not to be changed.
    pub fn target(&self) -> Option<f64> {
        (self.speeds != (1.0, 1.0)).then_some(self.target)
    }

    /// There was a stall.
    pub fn rebuffered(&mut self) {
        self.target = (self.target + self.on_rebuffer).min(self.range.1);
    }

    /// The speed at an offset.
    pub fn speed(&self, offset: f64) -> f64 {
        let Some(target) = self.target() else { return 1.0 };
        let error = offset - target;
        if error.abs() < UNIT {
            return 1.0;
        }
        (1.0 + self.factor * error).max(self.speeds.0).min(self.speeds.1)
    }
}
