//! How far behind the live edge hls.js means to be, and how it keeps there
//! (`controller/latency-controller.ts`, `utils/level-helper.ts`).

use crate::abr::pace::{
    Act, Announced, FRAMES, Look, Moment, Pace, Protocol, Reload, Rescue, speed,
};
use crate::units::{Span, Speed};

/// Paces a player.
#[derive(Clone, Debug)]
pub struct Live {
    latency: Latency,
    playlist: Playlist,
    stalls: u32,
}

impl Live {
    /// Of a presentation, as set.
    pub fn new(announced: &Announced, latency: Latency) -> Self {
        let Announced { segment, chunk, target, window, .. } = *announced;
        let playlist = Playlist {
            target_duration: libm::ceil(segment),
            hold_back: target.filter(|_| chunk.is_none()),
            part_hold_back: target.filter(|_| chunk.is_some()),
            part_target: chunk,
            total: window,
            ..Playlist::default()
        };
        Self { latency, playlist, stalls: 0 }
    }
}

impl Pace for Live {
    fn protocol(&self) -> Protocol {
        Protocol::Hls
    }

    fn target(&self) -> f64 {
        self.latency.target(&self.playlist, self.stalls)
    }

    fn join(&self, age: f64) -> f64 {
        // Behind an edge that is somewhere.
        let edge = self.playlist.total.min(FAR);
        let playlist = Playlist { age, edge, ..self.playlist };
        edge + age - self.latency.sync_position(&playlist, self.stalls)
    }

    fn look(&mut self, moment: &Moment) -> Act {
        let playlist = Playlist { age: moment.age, ..self.playlist };
        if moment.latency > self.latency.max_latency(&playlist) {
            return Act::Seek;
        }
        let rate = self.latency.rate(&playlist, self.stalls, moment.latency, moment.buffer);
        let wanted = speed(rate);
        if wanted == moment.speed { Act::Keep } else { Act::Play(wanted) }
    }

    fn next_look(&self, moment: &Moment) -> Look {
        let may = self.latency.max_rate > 1.0;
        let moves = moment.speed != Speed::NORMAL;
        Look { after: moves.then_some(0.0), minds_buffer: may }
    }

    fn stalled(&mut self) {
        self.stalls += 1;
    }

    fn poll(&self) -> Span {
        Span::ZERO
    }

    fn reload(&mut self, told: &Reload) -> Option<f64> {
        if let Some(part) = self.playlist.part_target.filter(|_| self.latency.low_latency) {
            // Asked for at once, and answered with the next part.
            return Some((part - told.took).max(0.0));
        }
        let (target, behind) = (self.playlist.target_duration, 1e3 * told.behind);
        let millis = reload_interval(target, told.updated, Some(told.last), Some(behind));
        Some((millis / 1e3 - told.took).max(0.0))
    }

    fn resume(&self, usual: f64) -> f64 {
        if self.playlist.part_target.is_some() { usual.max(FRAMES) } else { usual }
    }

    fn rescue(&self) -> Rescue {
        Rescue::Edge
    }
}

/// A day: no window is taken to be longer.
const FAR: f64 = 86_400.0;

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
