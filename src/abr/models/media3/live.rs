//! How Media3 keeps its distance from the live edge (`DefaultLivePlaybackSpeedControl.java`). Pure
//! rules: the live timeline that asks them is not part of on-demand playback. Seconds.
//!
//! Not modelled: that the target comes back after a stall, and keeps off offsets that are not safe.

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
