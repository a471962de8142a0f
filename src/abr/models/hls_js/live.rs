//! How far behind the live edge hls.js means to be, and how it keeps there
//! (`controller/latency-controller.ts`, `utils/level-helper.ts`). Pure rules: the live timeline
//! that asks them is not part of on-demand playback.

/// A media playlist, and what the player was told. Seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Playlist {
    /// `EXT-X-TARGETDURATION`.
    pub target_duration: f64,
    /// `HOLD-BACK`, if given.
    pub hold_back: Option<f64>,
    /// `PART-HOLD-BACK`, if given.
    pub part_hold_back: Option<f64>,
    /// `PART-TARGET`, if it has parts.
    pub part_target: Option<f64>,
    /// How long ago it was made.
    pub age: f64,
    /// Where its last segment ends.
    pub edge: f64,
    /// How much of it there is.
    pub total: f64,
}

/// The settings heeded.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    /// `lowLatencyMode`.
    pub low_latency: bool,
    /// `liveSyncDuration`, in seconds, if set.
    pub sync: Option<f64>,
    /// `liveSyncDurationCount`, in target durations, and whether the user set it.
    pub sync_count: (f64, bool),
    /// `liveMaxLatencyDuration`, in seconds, if set.
    pub max: Option<f64>,
    /// `liveMaxLatencyDurationCount`, in target durations.
    pub max_count: f64,
    /// `liveSyncOnStallIncrease`, in seconds.
    pub on_stall: f64,
    /// `maxLiveSyncPlaybackRate`.
    pub max_rate: f64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            low_latency: true,
            sync: None,
            sync_count: (3.0, false),
            max: None,
            max_count: f64::INFINITY,
            on_stall: 1.0,
            max_rate: 1.0,
        }
    }
}

impl Latency {
    /// The latency beyond which it seeks.
    pub fn max_latency(&self, playlist: &Playlist) -> f64 {
        self.max.unwrap_or(self.max_count * playlist.target_duration)
    }

    /// The latency wanted, after so many stalls.
    pub fn target(&self, playlist: &Playlist, stalls: u32) -> f64 {
        let Playlist { target_duration, hold_back, part_hold_back, .. } = *playlist;
        let counted = self.sync_count.0 * target_duration;
        let parts = part_hold_back.filter(|_| self.low_latency);
        let told = parts.or(hold_back);
        let own = self.sync.or(self.sync_count.1.then_some(counted));
        let base = own.or(told.filter(|told| *told > 0.0)).unwrap_or(counted);
        base + (f64::from(stalls) * self.on_stall).min(target_duration)
    }

    /// For how long the playlist has not grown, beyond what is put up with.
    pub fn edge_stalled(&self, playlist: &Playlist) -> f64 {
        (playlist.age - 3.0 * self.unit(playlist)).max(0.0)
    }

    /// Where to play from.
    pub fn sync_position(&self, playlist: &Playlist, stalls: u32) -> f64 {
        let Playlist { edge, age, total, target_duration, part_target, .. } = *playlist;
        let now = edge + age.min(3.0 * target_duration);
        let at = now - self.target(playlist, stalls) - self.edge_stalled(playlist);
        let latest = edge - part_target.filter(|_| self.low_latency).unwrap_or(target_duration);
        at.min(latest).max(edge - total)
    }

    /// How fast to play at a latency with so much media ahead.
    pub fn rate(&self, playlist: &Playlist, stalls: u32, latency: f64, ahead: f64) -> f64 {
        let target = self.target(playlist, stalls);
        let behind = latency - target;
        let most = self.max_latency(playlist).min(target + playlist.target_duration);
        if !self.low_latency || self.max_rate <= 1.0 {
            return 1.0;
        }
        if behind <= 0.05 || behind >= most || ahead <= 1.0 {
            return 1.0;
        }
        let drive = libm::exp(-0.75 * behind - self.edge_stalled(playlist));
        let rate = libm::round(2.0 / (1.0 + drive) * 20.0) / 20.0;
        rate.max(1.0).min(self.max_rate.min(2.0))
    }

    /// What a playlist grows by: a part, or a segment.
    fn unit(&self, playlist: &Playlist) -> f64 {
        playlist.part_target.filter(|_| self.low_latency).unwrap_or(playlist.target_duration)
    }
}

/// Milliseconds until a media playlist is loaded again, without blocking reload: a target duration,
/// half of it if nothing was new, or what the last segment lasts when near the edge.
pub fn reload_interval(
    target_duration: f64,
    updated: bool,
    last_segment: Option<f64>,
    from_edge_ms: Option<f64>,
) -> f64 {
    let target = 1e3 * target_duration;
    let near = from_edge_ms.is_some_and(|distance| distance < 4.0 * target);
    match (updated, last_segment) {
        (false, _) => libm::round(target / 2.0),
        (true, Some(last)) if near => libm::round((1e3 * last).min(target)),
        (true, _) => libm::round(target),
    }
}
