//! How a player keeps its distance from live: where it joins, how far behind it means to be, how
//! fast it plays to get there, and when it asks for the manifest again.
//!
//! The idea to hold: it is judgement as the choice of a rung is, so whoever chooses for a player
//! paces it too ([`Abr::go_live`](super::Abr::go_live)). It sees no clock but what the player's
//! manifest and clock tell of the live edge; glass to glass is longer by what was before that.

use super::Retry;
use super::models::dash_js::live::Live as DashJs;
use crate::media::Presentation;
use crate::media::live::Manifests;
use crate::units::{Span, Speed};

/// What manifests say of a live presentation. Seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Announced {
    /// How long its longest segment is: HLS's `EXT-X-TARGETDURATION`, and what DASH's `@duration`
    /// or its timeline tell.
    pub segment: f64,
    /// How long a chunk or a part is, where segments are sent as they are made.
    pub chunk: Option<f64>,
    /// How far behind players are asked to be.
    pub target: Option<f64>,
    /// Between which speeds they are asked to stay.
    pub rates: Option<(f64, f64)>,
    /// How far back it can be asked for.
    pub window: f64,
    /// `@minimumUpdatePeriod`, where segments are listed.
    pub refresh: Option<f64>,
    /// What it is announced by: who can play either goes by that.
    pub by: Protocol,
}

impl Announced {
    /// What is said of this presentation, if it is live.
    pub fn of(content: &Presentation) -> Option<Self> {
        let live = content.live.as_ref()?;
        let track = content.track(content.main());
        let longest = (0..track.count()).map(|index| track.duration(index)).max()?;
        let secs = |span: Span| span.as_secs_f64();
        let rate = |per_mille: u16| f64::from(per_mille) / 1e3;
        Some(Self {
            segment: secs(longest),
            chunk: live.chunk.map(secs),
            target: live.target.map(secs),
            rates: live.rates.map(|(least, most)| (rate(least), rate(most))),
            window: secs(live.window),
            refresh: live.refresh.map(secs),
            by: match live.manifests {
                Manifests::Playlists => Protocol::Hls,
                Manifests::None | Manifests::Mpd(_) => Protocol::Dash,
            },
        })
    }

    /// Whether segments are sent as they are made.
    pub fn is_low_latency(&self) -> bool {
        self.chunk.is_some()
    }
}

/// What a player learns of new segments by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Protocol {
    /// An MPD that lists them, or numbers them for whoever has a clock.
    #[default]
    Dash,
    /// A playlist that lists them, and parts, which can be asked for before they are there.
    Hls,
}

/// What is seen when it is asked what to do. Seconds.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Since the world began.
    pub now: f64,
    /// How far behind the live edge playback is, as the player's manifest and clock tell.
    pub latency: f64,
    /// Media ahead of the playhead.
    pub buffer: f64,
    /// How fast it plays.
    pub speed: Speed,
    /// How old what it knows of the edge is.
    pub age: f64,
    /// How long ago the last stall ended; endless before one.
    pub calm: f64,
}

/// What is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// Nothing.
    Keep,
    /// Play at this speed.
    Play(Speed),
    /// Go to where it would join.
    Seek,
}

/// When a look may say something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// If nothing but time passes, in so many seconds; never, if nothing is said.
    pub after: Option<f64>,
    /// Also when the buffer has grown. Whatever else happens, it is looked at again.
    pub minds_buffer: bool,
}

/// A manifest that has come.
#[derive(Clone, Copy, Debug)]
pub struct Reload {
    /// From asking for it until it was there, in seconds.
    pub took: f64,
    /// Whether it told of anything new.
    pub updated: bool,
    /// How long the last segment is that it lists, in seconds.
    pub last: f64,
    /// How far behind the edge playback is, in seconds.
    pub behind: f64,
}

/// Where a player goes whose place can no longer be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rescue {
    /// To the first place that can be.
    Window,
    /// To where it would join.
    Edge,
}

/// Keeps a player's distance from live.
pub trait Pace: Send {
    /// What it learns of new segments by.
    fn protocol(&self) -> Protocol {
        Protocol::Dash
    }

    /// How far behind the edge it means to be, in seconds.
    fn target(&self) -> f64;

    /// How far behind the edge it joins, where what it knows of it is so old. Seconds.
    fn join(&self, _age: f64) -> f64 {
        self.target()
    }

    /// What to do.
    fn look(&mut self, moment: &Moment) -> Act;

    /// How long between two looks at least.
    fn every(&self) -> Span {
        Span::from_millis(250)
    }

    /// When a look may say something else than the one that has just been had, its advice taken.
    fn next_look(&self, moment: &Moment) -> Look {
        let moves = moment.speed != Speed::NORMAL;
        Look { after: moves.then_some(0.0), minds_buffer: true }
    }

    /// Playback ran out of media.
    fn stalled(&mut self) {}

    /// The viewer went to another place, or went on after a pause, so far behind, in seconds.
    fn moved(&mut self, _latency: f64) {}

    /// How long between two looks whether a segment is there by the clock; none if it is asked for
    /// on the spot.
    fn poll(&self) -> Span;

    /// How long after a manifest has come the next is asked for; never, if nothing is said.
    fn reload(&mut self, told: &Reload) -> Option<f64>;

    /// What it does about transfers that fail, given what it does on demand.
    fn retry(&self, usual: Retry) -> Retry {
        usual
    }

    /// How much media it needs after a stall, given what it needs on demand. Seconds.
    fn resume(&self, usual: f64) -> f64 {
        usual
    }

    /// Where it goes when its place is out of the window.
    fn rescue(&self) -> Rescue {
        Rescue::Window
    }

    /// Whether it passes over a segment that cannot be had, instead of giving up.
    fn passes_over(&self) -> bool {
        false
    }
}

/// A browser goes on with four frames (Chromium's `limits::kMaxVideoFrames`), here at 30 a second,
/// where less than that may be there: of chunks.
pub(super) const FRAMES: f64 = 4.0 / 30.0;

/// How long after a playlist has come the next is asked for, where players do not differ: when it
/// may have grown, and sooner where it had not (RFC 8216, section 6.3.4); where there are parts at
/// once, to be answered with the next.
pub(super) fn playlist_again(announced: &Announced, told: &Reload) -> f64 {
    let target = libm::ceil(announced.segment);
    match (announced.chunk, told.updated) {
        (Some(part), _) => (part - told.took).max(0.0),
        (None, true) => (target - told.took).max(0.0),
        (None, false) => (target / 2.0 - told.took).max(0.0),
    }
}

/// The pace of players whose algorithm has none of its own: that of dash.js, on which most of those
/// for low latency were made, but that it passes over what cannot be had.
pub fn usual(announced: &Announced) -> Box<dyn Pace> {
    Box::new(DashJs::new(announced, &DashJs::USUAL))
}

/// A speed of so many times the normal one, as near as it can be had.
pub(super) fn speed(rate: f64) -> Speed {
    let per_mille = libm::round(1e3 * rate).clamp(250.0, 4_000.0);
    Speed::from_per_mille(per_mille as u16).unwrap_or_default()
}
