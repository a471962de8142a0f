//! The walk among the states of a class: where it is, and what it gives each second.
//!
//! The idea to hold: what is drawn, and in which order, is frozen; the traces that are shipped
//! would change with it.

use super::{Model, Slot, State};
use crate::seed::Stream;
use crate::units::Bitrate;

/// Where the walk is.
pub(super) struct Walk {
    model: &'static Model,
    state: usize,
    /// The noise at hand: normal, with mean 0 and deviation 1.
    noise: f64,
    /// How many seconds of its slot are over.
    into_slot: u64,
    draw: Stream,
}

impl Walk {
    /// Begins in any of the states that its class may begin in, never the worst: nobody presses
    /// play in a tunnel.
    pub(super) fn new(model: &'static Model, mut draw: Stream) -> Self {
        let into_slot = model.slot.as_ref().map_or(0, |slot| draw.below(slot.seconds));
        let state = draw.below(model.begins_in) as usize;
        Self { model, state, noise: draw.normal(), into_slot, draw }
    }

    /// The rate for a step, in whole kbps; then moves on.
    pub(super) fn next_rate(&mut self) -> Bitrate {
        let State { median, sigma, .. } = &self.model.states[self.state];
        let kbps = median.as_kbps_f64() * libm::exp(sigma * self.noise);
        match &self.model.slot {
            None => {
                self.shift_noise();
                self.change_state(1.0);
                in_kbps(kbps)
            }
            Some(Slot { seconds, left }) => {
                let kbps = if self.into_slot == 0 { kbps * left } else { kbps };
                self.shift_noise();
                self.into_slot += 1;
                if self.into_slot == *seconds {
                    self.into_slot = 0;
                    self.noise = self.draw.normal();
                    self.change_state(*seconds as f64);
                }
                in_kbps(kbps)
            }
        }
    }

    fn shift_noise(&mut self) {
        let correlation = self.model.correlation;
        let fresh = libm::sqrt(1.0 - correlation * correlation);
        self.noise = correlation * self.noise + fresh * self.draw.normal();
    }

    /// Leaves the state, or not, as often as is right for a chance every so many seconds.
    fn change_state(&mut self, seconds: f64) {
        let State { stay, next, .. } = &self.model.states[self.state];
        if self.draw.unit() * stay < seconds {
            let mut percent = self.draw.below(100);
            while percent >= next[self.state] {
                percent -= next[self.state];
                self.state = (self.state + 1) % next.len();
            }
        }
    }
}

fn in_kbps(kbps: f64) -> Bitrate {
    Bitrate::kbps(libm::round(kbps) as u64)
}
