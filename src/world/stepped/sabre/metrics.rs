//! What Sabre prints, under the names it prints.

/// Of one session. Milliseconds and kbit/s where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The most media the player holds.
    pub buffer_size: f64,
    /// Media in a segment.
    pub segment: f64,
    /// How much the score takes off for each segment's time of stalling (`-gp`).
    pub gamma_p: f64,
    /// The sum over segments displayed of ln (bitrate / lowest bitrate).
    pub utility: f64,
    /// The sum of their bitrates.
    pub bitrate: f64,
    /// From the first request to the last frame.
    pub play_time: f64,
    /// Of that, stalled; startup is not.
    pub rebuffer: f64,
    /// How often a buffer that held something ran out.
    pub rebuffer_events: f64,
    /// The sum of |Δ bitrate| from one displayed segment to the next.
    pub bitrate_change: f64,
    /// The sum of |Δ ln bitrate|.
    pub log_bitrate_change: f64,
    /// Transfers of which the estimate was above what was then measured.
    pub over_count: f64,
    /// By how much, on average.
    pub over: f64,
    /// Transfers of which it was not.
    pub leq_count: f64,
    /// By how much it was below, on average.
    pub leq: f64,
    /// The mean of estimate less measurement over all.
    pub estimate: f64,
    /// Until a segment was displayed that is on the rung the link sustains.
    pub ramp: f64,
    /// The sum of how long it took to display what the link had risen to sustain.
    pub reaction_time: f64,
}

impl Metrics {
    /// Name and value, as printed and in that order.
    pub fn rows(&self) -> [(&'static str, f64); 24] {
        // Time averages are per segment's time of the session.
        let each = 1.0 / (self.play_time / self.segment);
        let score = self.utility - self.gamma_p * self.rebuffer / self.segment;
        [
            ("buffer size", self.buffer_size),
            ("total played utility", self.utility),
            ("time average played utility", self.utility * each),
            ("total played bitrate", self.bitrate),
            ("time average played bitrate", self.bitrate * each),
            ("total play time", self.play_time / 1e3),
            ("total play time chunks", self.play_time / self.segment),
            ("total rebuffer", self.rebuffer / 1e3),
            ("rebuffer ratio", self.rebuffer / self.play_time),
            ("time average rebuffer", self.rebuffer / 1e3 * each),
            ("total rebuffer events", self.rebuffer_events),
            ("time average rebuffer events", self.rebuffer_events * each),
            ("total bitrate change", self.bitrate_change),
            ("time average bitrate change", self.bitrate_change * each),
            ("total log bitrate change", self.log_bitrate_change),
            ("time average log bitrate change", self.log_bitrate_change * each),
            ("time average score", each * score),
            ("over estimate count", self.over_count),
            ("over estimate", self.over),
            ("leq estimate count", self.leq_count),
            ("leq estimate", self.leq),
            ("estimate", self.estimate),
            ("rampup time", self.ramp / 1e3),
            ("total reaction time", self.reaction_time / 1e3),
        ]
    }
}
