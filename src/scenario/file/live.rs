//! A live presentation as a scenario writes it.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{Duration, Latency, nowhere};
use crate::units::Span;

/// That the content is live: captured, encoded, packaged and written while it is watched.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Live {
    /// How much media is in a chunk (of CMAF) or a part (of HLS), where segments are sent as they
    /// are made; unless said, they are sent whole.
    #[schemars(with = "Option<Duration>")]
    pub chunk: Option<Spanned<Duration>>,
    /// From the end of a chunk's capture, or a segment's, until it is encoded.
    pub encode: Duration,
    /// From then until it is packaged.
    pub package: Duration,
    /// How long writing a segment to the origin takes.
    #[schemars(with = "Latency")]
    pub write: Spanned<Latency>,
    /// How much later than encoded and packaged manifests say that segments are there. What is
    /// written even later is not found by players that go by a clock.
    pub margin: Duration,
    /// How far back media can be asked for.
    #[schemars(with = "Duration")]
    pub window: Spanned<Duration>,
    /// DASH: how often the MPD, which then lists segments, may be asked for again
    /// (`@minimumUpdatePeriod`). Unless said it numbers them, and players go by their clocks.
    pub refresh: Option<Duration>,
    /// How far behind manifests ask players to be: DASH's `Latency@target` where there are chunks
    /// and `@suggestedPresentationDelay` where there are none, HLS's `PART-HOLD-BACK` or
    /// `HOLD-BACK`; from what manifests take for the live edge on. Unless said, each player has its
    /// own way.
    #[schemars(with = "Option<Duration>")]
    pub target: Option<Spanned<Duration>>,
    /// Between which speeds manifests ask players to stay while they keep that distance, such as
    /// `[0.95, 1.05]`; unless said, each player has its own.
    #[schemars(with = "Option<(f64, f64)>")]
    pub rates: Option<Spanned<(f64, f64)>>,
    /// How long caches keep manifests and playlists; unless said, half a segment or a chunk.
    pub ttl: Option<Duration>,
    /// By how much the clocks of players may be wrong, either way: evenly drawn for each viewer.
    pub clock: Duration,
    /// How long it has been on when the first viewers can press play; what they watch is after
    /// that.
    #[schemars(with = "Duration")]
    pub elapsed: Spanned<Duration>,
    /// The instant that is, as `2026-06-11T18:00:00Z`: of a manifest that is live, from whose
    /// `@availabilityStartTime` or `EXT-X-PROGRAM-DATE-TIME` it follows how long it has been on.
    #[schemars(with = "Option<String>")]
    pub at: Option<Spanned<String>>,
    /// What happens on the way, `[[live.event]]`.
    #[schemars(with = "Vec<Event>")]
    pub event: Vec<Spanned<Event>>,
}

impl Default for Live {
    fn default() -> Self {
        let secs = |secs| Duration(Span::from_secs(secs));
        Self {
            chunk: None,
            encode: secs(0),
            package: secs(0),
            write: nowhere(Latency::Same(secs(0))),
            margin: secs(0),
            window: nowhere(secs(120)),
            refresh: None,
            target: None,
            rates: None,
            ttl: None,
            clock: secs(0),
            elapsed: nowhere(secs(120)),
            at: None,
            event: Vec::new(),
        }
    }
}

/// Something that happens to a live presentation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Event {
    /// What it is.
    pub kind: EventKind,
    /// When it begins, of what is captured from the first moment a viewer can press play.
    pub at: Duration,
    /// How long it lasts: of a restart how long nothing is captured, else how much media it is of;
    /// unless said, one segment.
    #[serde(rename = "for")]
    pub lasting: Option<Duration>,
    /// How much later segments are, of `late`.
    pub by: Option<Duration>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The encoder starts again: nothing is captured for a time, and then goes on (a
    /// discontinuity).
    Restart,
    /// Segments come later than they should.
    Late,
    /// Segments never come.
    Missing,
    /// Another period, of advertising say: it needs initialisation segments of its own, and so does
    /// what comes after it.
    Break,
}
