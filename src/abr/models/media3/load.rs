//! When Media3 loads, and when it plays (`DefaultLoadControl.java`). Seconds.

/// Whether to go on loading; it remembers what it said between its two levels.
#[derive(Clone, Copy, Debug)]
pub struct LoadControl {
    /// `minBufferMs`: below it everything is loaded.
    pub min: f64,
    /// `maxBufferMs`: at it nothing is.
    pub max: f64,
    loading: bool,
}

/// However low `minBufferMs`, so much is loaded.
const LEAST: f64 = 0.5;

impl LoadControl {
    /// Between these levels.
    pub fn new(min: f64, max: f64) -> Self {
        Self { min, max: max.max(min), loading: false }
    }

    /// The level below which everything is loaded, at a playback rate.
    pub fn low(&self, rate: f64) -> f64 {
        let min = if rate > 1.0 { (self.min * rate).min(self.max) } else { self.min };
        min.max(LEAST)
    }

    /// Whether to load with so much buffered, of as many bytes as there may be or not.
    pub fn goes_on(&mut self, buffered: f64, rate: f64, full: bool) -> bool {
        if buffered < self.low(rate) {
            self.loading = !full;
        } else if buffered >= self.max || full {
            self.loading = false;
        }
        self.loading
    }
}

/// What has to be buffered to start, or to go on after a stall: as set, and for live no more than
/// half of the offset aimed at.
pub fn needed(start: f64, after_rebuffer: f64, rebuffering: bool, live_offset: Option<f64>) -> f64 {
    let set = if rebuffering { after_rebuffer } else { start };
    live_offset.map_or(set, |offset| set.min(offset / 2.0))
}
