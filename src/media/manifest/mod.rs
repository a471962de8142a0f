//! What manifests tell, in whichever language: periods, sets, renditions and where their segments
//! are; everything but sizes.
//!
//! The idea to hold: a [`Manifest`] is what a document says, whole, and reading one goes on past
//! what it cannot use, with a note. An [`Outline`] is what a player makes of it: one track of each
//! kind, its rungs cut alike. Sizes, which manifests seldom tell, join last, and make a
//! [`Presentation`](super::Presentation).
//!
//! ```text
//!   segments.rs   where segments are cut and where to ask for them, shared by rungs
//!   url.rs        resources, ranges and references
//!   read.rs       documents asked for, under limits
//!   outline.rs    from what is told to what is played
//!   resolve.rs    sizes found for what is played
//!   unroll.rs     what is live, as it will have been
//!   package.rs    what an origin holds of a presentation
//!   names.rs      what everything in it is called
//!   listing.rs    what is listed of one that is live
//!   problem.rs    what can be wrong, and where
//!   advice.rs     what could be better
//!   cache_key.rs  what in an address defeats caches
//! ```

mod advice;
mod cache_key;
mod listing;
pub(in crate::media) mod names;
mod outline;
mod package;
mod problem;
mod read;
mod resolve;
mod segments;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod unroll;
mod url;

use std::sync::Arc;

pub use advice::Advice;
pub(super) use listing::Listing;
pub use names::Names;
pub use outline::{Choice, Outline, TrackOutline};
pub use package::Package;
pub(super) use package::{Written, sizes, written};
pub use problem::{ManifestError, Problem};
pub(super) use problem::{Place, note};
pub(super) use read::Documents;
pub use read::{Fetched, read};
pub use resolve::Sizes;
#[cfg(feature = "app")]
pub(crate) use segments::peak;
pub use segments::{Addressing, Cut, Entries, KnownSizes, Section, Segments, Source, Timeline};
#[cfg(test)]
pub(super) use tests::reference;
pub use unroll::Unrolled;
pub use url::{ByteRange, Resource, join};
pub(super) use url::{split, without_query};

use super::{FrameRate, Resolution};
use crate::units::{Bitrate, Bytes, Span};

/// The largest manifest or playlist that is read.
pub const MAX_DOCUMENT: Bytes = Bytes::new(16 << 20);

/// The most documents that are asked for on behalf of one manifest.
pub const MAX_DOCUMENTS: usize = 1_000;

/// The most segments a track may have.
pub const MAX_SEGMENTS: usize = 1_000_000;

/// The largest segment: a tebibyte.
pub const MAX_SIZE: Bytes = Bytes::new(1 << 40);

/// The most sizes a track may have: its segments times its rungs.
pub const MAX_SIZES: usize = 8_000_000;

/// The most segments of all that a manifest tells of, apart from those that are shared.
pub(super) const MAX_CUTS: usize = 4 * MAX_SEGMENTS;

/// The most rungs a track may have: as many as a [`Rung`](super::Rung) can number.
pub const MAX_RUNGS: usize = 256;

/// The longest track: a year.
pub const MAX_LENGTH: Span = Span::from_secs(365 * 86_400);

/// The highest bitrate a rung may claim.
pub const MAX_BITRATE: Bitrate = Bitrate::kbps(1_000_000_000);

/// What an initialisation segment written here weighs. Common packagers write 600 to 1,000 bytes.
pub const INIT_SIZE: Bytes = Bytes::new(800);

/// The two languages of manifests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// MPEG-DASH, ISO/IEC 23009-1: one MPD.
    Dash,
    /// HTTP Live Streaming, RFC 8216: a multivariant playlist, and a media playlist per rung.
    Hls,
}

/// All that a manifest, and the documents it names, tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The language they are in.
    pub format: Format,
    /// Every document read, in the order asked; the first is the one that names the rest.
    pub documents: Vec<(Resource, Bytes)>,
    /// How it changes while it is watched; nothing where it is all there, on demand.
    pub live: Option<Live>,
    /// How long it all lasts, where that is told.
    pub duration: Option<Span>,
    /// How much media a player should hold before it begins (`MPD@minBufferTime`).
    pub min_buffer: Option<Span>,
    /// What the service asks of players.
    pub service: Service,
    /// Where else the manifest is to be had (`Location`).
    pub locations: Vec<String>,
    /// In the order they are played; at least one.
    pub periods: Vec<Period>,
    /// What was left out or mended, and why.
    pub notes: Vec<ManifestError>,
}

/// How a presentation that is still being made changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// When its timeline began (`MPD@availabilityStartTime`), in milliseconds since 1970.
    pub since: Option<i64>,
    /// How soon it may change: `MPD@minimumUpdatePeriod`, or the target duration of playlists.
    pub update: Option<Span>,
    /// How far back one may go (`MPD@timeShiftBufferDepth`).
    pub window: Option<Span>,
    /// How far behind players should stay: `MPD@suggestedPresentationDelay`, or `HOLD-BACK`.
    pub delay: Option<Span>,
    /// Clocks to set one's own by (`UTCTiming`): scheme and value.
    pub clocks: Vec<(String, String)>,
}

/// What a service asks of players (`ServiceDescription`, `#EXT-X-CONTENT-STEERING`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Latency to aim at.
    pub latency: Option<Span>,
    /// The least latency.
    pub least_latency: Option<Span>,
    /// The most latency.
    pub most_latency: Option<Span>,
    /// The slowest and the fastest playback, where 1 is normal.
    pub rates: Option<(f64, f64)>,
    /// The server that steers between hosts, and the host or pathway to begin with.
    pub steering: Option<(String, Option<String>)>,
    /// Keys of CMCD (CTA-5004) that players are asked to send.
    pub cmcd: Vec<String>,
}

/// A stretch of a presentation with tracks of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// Its name, if it has one.
    pub id: Option<String>,
    /// Where it begins.
    pub start: Option<Span>,
    /// How long it lasts, where that is told or follows.
    pub duration: Option<Span>,
    /// What it offers.
    pub sets: Vec<Set>,
}

/// What a set carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Carries {
    /// Pictures to play.
    Video,
    /// Sound.
    Audio,
    /// Subtitles or captions.
    Text,
    /// Still pictures, such as thumbnails for seeking.
    Image,
    /// Pictures for fast forward: key frames alone.
    Trick,
    /// Anything else.
    Other,
}

impl Carries {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Image => "image",
            Self::Trick => "trick",
            Self::Other => "other",
        }
    }
}

/// Renditions a player may switch between: an AdaptationSet, the variants of a playlist, or an
/// audio group.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// What it carries.
    pub carries: Carries,
    /// Its name, if it has one: `@id`, or `GROUP-ID`.
    pub id: Option<String>,
    /// Its language (RFC 5646), if it says so.
    pub language: Option<String>,
    /// What it is for, such as `main` or `commentary`.
    pub role: Option<String>,
    /// Which of several a player should take first: the highest.
    pub priority: u64,
    /// Names of sets a player may switch to as if they were one
    /// (`urn:mpeg:dash:adaptation-set-switching:2016`).
    pub switches: Vec<String>,
    /// In the order written.
    pub renditions: Vec<Rendition>,
}

/// One way a set is encoded: a Representation, a variant or an audio rendition.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendition {
    /// Its name, if it has one.
    pub id: Option<String>,
    /// Bits per second, as told: `@bandwidth`, or `BANDWIDTH` with its sound.
    pub bandwidth: Option<u64>,
    /// `AVERAGE-BANDWIDTH`, with its sound.
    pub average: Option<u64>,
    /// What is fetched for it alone, sound apart, and so what a rung is advertised at.
    pub bitrate: Option<Bitrate>,
    /// The size of its picture.
    pub resolution: Option<Resolution>,
    /// Pictures per second.
    pub frame_rate: Option<FrameRate>,
    /// Its codecs as RFC 6381 writes them; empty if not said.
    pub codecs: String,
    /// `VIDEO-RANGE`: SDR, PQ or HLG.
    pub range: Option<String>,
    /// The host or pathway it is on (`@serviceLocation`, `PATHWAY-ID`).
    pub pathway: Option<String>,
    /// Whether it is a copy, on another host, of one before it.
    pub copy: bool,
    /// How long before a segment is whole it may be asked for (`@availabilityTimeOffset`);
    /// [`Span::MAX`] for `INF`.
    pub early: Option<Span>,
    /// What its media playlist tells, in HLS.
    pub playlist: Option<Arc<Playlist>>,
    /// How its segments are told, even where they cannot be.
    pub addressing: Option<Addressing>,
    /// The index within its media, where that is how they are told.
    pub index: Option<Resource>,
    /// Its segments, or why they cannot be told.
    pub segments: Result<Segments, ManifestError>,
}

impl Rendition {
    /// What it is advertised at.
    pub fn advertised(&self) -> Option<Bitrate> {
        self.bitrate.or(self.bandwidth.map(Bitrate::from_bps))
    }
}

/// What a media playlist tells apart from its segments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playlist {
    /// Where it is.
    pub url: String,
    /// `#EXT-X-TARGETDURATION`.
    pub target: Span,
    /// The number of the first segment.
    pub media_sequence: u64,
    /// Segments that an update leaves out (`#EXT-X-SKIP`).
    pub skipped: u64,
    /// Whether it is complete (`#EXT-X-ENDLIST`).
    pub ended: bool,
    /// Changes of encoding (`#EXT-X-DISCONTINUITY`).
    pub discontinuities: usize,
    /// Positions of segments that are missing (`#EXT-X-GAP`).
    pub gaps: Vec<u32>,
    /// When a segment was captured (`#EXT-X-PROGRAM-DATE-TIME`): its position, and milliseconds
    /// since 1970.
    pub dates: Vec<(u32, i64)>,
    /// Parts of segments, in the order written.
    pub parts: Vec<Part>,
    /// `#EXT-X-PART-INF`.
    pub part_target: Option<Span>,
    /// What will come next (`#EXT-X-PRELOAD-HINT`).
    pub hints: Vec<Resource>,
    /// Playlists of other renditions that a live player need not ask for (`RENDITION-REPORT`).
    pub reports: Vec<String>,
    /// `CAN-BLOCK-RELOAD`.
    pub can_block_reload: bool,
    /// `CAN-SKIP-UNTIL`.
    pub can_skip_until: Option<Span>,
    /// `HOLD-BACK`.
    pub hold_back: Option<Span>,
    /// `PART-HOLD-BACK`.
    pub part_hold_back: Option<Span>,
    /// Whether it lists key frames alone.
    pub i_frames: bool,
}

/// A part of a segment (`#EXT-X-PART`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// The position of the segment it is a part of; one past the last for one still being made.
    pub segment: u32,
    /// How long it lasts.
    pub duration: Span,
    /// Where to ask for it.
    pub resource: Resource,
    /// Whether decoding can begin with it.
    pub independent: bool,
    /// Whether it is missing.
    pub gap: bool,
}
