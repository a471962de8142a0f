//! Common Media Client Data: what players say of themselves with their requests (CTA-5004, version
//! 1; CTA-5004-B, version 2), and what a server can tell of a session from it.
//!
//! The idea to hold: a record is a bag of optional facts, each under the key of the specification.
//! What is not understood is counted and left out, so that no player's habit can hide the rest.
//!
//! ```text
//!   read.rs       a query argument, four headers or the body of a report into records
//!   write.rs      and records into those
//!   value.rs      how values are written
//!   witness.rs    what a server saw and was told into player events
//!   playhead.rs   where playback was meanwhile, and what it did there
//! ```

mod playhead;
mod read;
mod value;
mod witness;
mod write;

pub use read::{
    Body, Reading, body, decoded, headers as from_headers, query as from_query, record,
};
pub use value::Rate;
pub use witness::{How, Seen, witness};
pub use write::{headers as to_headers, line as to_line, query as to_query};

use crate::units::{Bitrate, Span};
use value::{Field, Value};

/// Which of the four headers a key travels in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Group {
    Object,
    Request,
    Session,
    Status,
    /// None: keys of reports, that travel in bodies.
    Report,
}

/// What became of a key that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Taken {
    Known,
    Unknown,
    Malformed,
}

/// A key, and its value as it is written.
struct Written {
    key: &'static str,
    /// The version that has it first.
    since: u64,
    group: Group,
    /// Nothing of what is true by being there.
    value: Option<String>,
}

/// The keys: name, version that has it first, header, and to what number it is rounded.
macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident: $type:ty, $since:literal $group:ident $step:literal;)*) => {
        /// One record. Fields are called as the keys are, in their order.
        #[derive(Clone, Debug, Default, Eq, PartialEq)]
        pub struct Cmcd {
            $($(#[$doc])* pub $key: Option<$type>,)*
        }

        impl Cmcd {
            /// Takes in what a key says.
            fn take(&mut self, key: &str, value: &Value<'_>, of: Option<&str>) -> Taken {
                $(if key == stringify!($key) {
                    let Some(read) = <$type as Field>::read(value.of(of)) else {
                        return Taken::Malformed;
                    };
                    self.$key = Some(read);
                    return Taken::Known;
                })*
                Taken::Unknown
            }

            /// All that is there, in the order of the keys. What is false is not.
            fn written(&self) -> Vec<Written> {
                let mut all = Vec::new();
                $(if let Some(value) = self.$key.as_ref().and_then(|v| Field::write(v, $step)) {
                    let (key, group) = (stringify!($key), Group::$group);
                    all.push(Written { key, since: $since, group, value: value.text() });
                })*
                all
            }
        }

        /// All keys, in alphabetical order.
        #[cfg(test)]
        const KEYS: &[&str] = &[$(stringify!($key)),*];
    };
}

keys! {
    /// The bitrates of all that is encoded alike, added up.
    ab: Bitrate, 2 Object 1;
    /// The player is in the background.
    bg: bool, 2 Status 1;
    /// How much media is held of what is asked for.
    bl: Span, 1 Request 100;
    /// How it is encoded.
    br: Bitrate, 1 Object 1;
    /// The buffer ran dry since the last request.
    bs: bool, 1 Status 1;
    /// How often it has in all.
    bsa: u64, 2 Status 1;
    /// For how long it was dry since the last report.
    bsd: Span, 2 Status 1;
    /// And in all.
    bsda: Span, 2 Status 1;
    /// The CDN the player takes.
    cdn: String, 2 Status 1;
    /// The name of an event of the player's own.
    cen: String, 2 Report 1;
    /// What is watched.
    cid: String, 1 Session 1;
    /// A dynamic header of CMSD, as it came.
    cmsdd: String, 2 Report 1;
    /// A static one.
    cmsds: String, 2 Report 1;
    /// A name of the buffer asked for.
    cs: String, 2 Request 1;
    /// How long the object plays.
    d: Span, 1 Object 1;
    /// Frames dropped in all.
    dfa: u64, 2 Request 1;
    /// By when the first sample has to be there.
    dl: Span, 1 Request 100;
    /// What a report is about.
    e: Happening, 2 Report 1;
    /// The player's code of an error.
    ec: String, 2 Status 1;
    /// The host asked.
    h: String, 2 Report 1;
    /// Of all that is encoded alike, the lowest bitrates added up.
    lab: Bitrate, 2 Object 1;
    /// The lowest bitrate there is.
    lb: Bitrate, 2 Object 1;
    /// How far behind live the picture is.
    ltc: Span, 2 Request 1;
    /// How long the start took.
    msd: Span, 2 Session 1;
    /// What the player takes the throughput to be.
    mtp: Bitrate, 1 Request 100;
    /// What it will ask for next, percent-encoded as it was sent.
    nor: String, 1 Request 1;
    /// Nothing is rendered.
    nr: bool, 2 Status 1;
    /// Which bytes of what it will ask for next.
    nrr: String, 1 Request 1;
    /// What the object is.
    ot: ObjectType, 1 Object 1;
    /// The bitrate that is played.
    pb: Bitrate, 2 Request 1;
    /// How fast it is played.
    pr: Rate, 1 Session 1;
    /// Where in the media it is.
    pt: Span, 2 Status 1;
    /// The status an answer had.
    rc: u64, 2 Report 1;
    /// The throughput that would do.
    rtp: Bitrate, 1 Status 100;
    /// How it is streamed.
    sf: Format, 1 Session 1;
    /// The session.
    sid: String, 1 Session 1;
    /// A header of the answer that was agreed on.
    smrt: String, 2 Report 1;
    /// The number of a request or a report.
    sn: u64, 2 Request 1;
    /// Live or not.
    st: StreamType, 1 Session 1;
    /// What the player does.
    sta: State, 2 Request 1;
    /// It is needed at once: to start, to go on, or where the viewer went.
    su: bool, 1 Request 1;
    /// Of all that is encoded alike, the highest bitrates added up.
    tab: Bitrate, 2 Object 1;
    /// The highest bitrate there is.
    tb: Bitrate, 1 Object 1;
    /// How much media the player means to hold.
    tbl: Span, 2 Request 100;
    /// The highest bitrate it can play.
    tpb: Bitrate, 2 Object 1;
    /// The player's clock, since 1970.
    ts: Span, 2 Report 1;
    /// From asking to the first byte.
    ttfb: Span, 2 Report 1;
    /// To the first byte of media.
    ttfbb: Span, 2 Report 1;
    /// To the last.
    ttlb: Span, 2 Report 1;
    /// What was asked for.
    url: String, 2 Report 1;
    /// The version; 1 if it is not said.
    v: u64, 1 Session 1;
}

/// Words of which each is an alternative, and how they are written.
macro_rules! tokens {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $token:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As it is written.
            pub fn token(self) -> &'static str {
                match self {
                    $(Self::$variant => $token,)*
                }
            }

            fn parse(token: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.token() == token)
            }
        }
    };
}

tokens! {
    /// What an object is.
    ObjectType {
        /// A manifest or playlist.
        Manifest "m",
        /// Sound.
        Audio "a",
        /// Pictures.
        Video "v",
        /// Both.
        Muxed "av",
        /// What has to come before segments.
        Init "i",
        /// Subtitles.
        Caption "c",
        /// Subtitles in fragments.
        TimedText "tt",
        /// A key.
        Key "k",
        /// Something else.
        Other "o",
    }
}

tokens! {
    /// How it is streamed.
    Format {
        /// DASH.
        Dash "d",
        /// HLS.
        Hls "h",
        /// Smooth Streaming.
        Smooth "s",
        /// Low-delay DASH, of drafts.
        LowDelayDash "ld",
        /// Low-latency HLS, of drafts.
        LowLatencyHls "lh",
        /// Otherwise.
        Other "o",
    }
}

tokens! {
    /// Live or not.
    StreamType {
        /// All segments are there.
        OnDemand "v",
        /// They are being made.
        Live "l",
        /// And are asked for as early as can be.
        LowLatency "ll",
    }
}

tokens! {
    /// What a player does.
    State {
        /// It fills its buffer for the first time.
        Starting "s",
        /// It plays.
        Playing "p",
        /// It goes to another place.
        Seeking "k",
        /// It ran dry.
        Rebuffering "r",
        /// The viewer paused it.
        Paused "a",
        /// It waits for something that is not media.
        Waiting "w",
        /// All has been played.
        Ended "e",
        /// It gave up.
        Failed "f",
        /// The viewer left.
        Quit "q",
        /// It fetches before anybody pressed play.
        Preloading "d",
    }
}

tokens! {
    /// What a report is about.
    Happening {
        /// Another bitrate.
        Bitrate "bc",
        /// Another state.
        State "ps",
        /// Another speed.
        Speed "pr",
        /// An error.
        Error "e",
        /// Time passed.
        Interval "t",
        /// Another content.
        Content "c",
        /// The player went to the background or came back.
        Background "b",
        /// Sound off.
        Mute "m",
        /// And on.
        Unmute "um",
        /// The picture grew.
        Expand "pe",
        /// And shrank.
        Collapse "pc",
        /// An answer was received.
        Response "rr",
        /// An advertisement begins.
        AdStart "as",
        /// And ends.
        AdEnd "ae",
        /// A break for advertisements begins.
        BreakStart "abs",
        /// And ends.
        BreakEnd "abe",
        /// One was skipped.
        Skip "sk",
        /// Something of the player's own.
        Custom "ce",
    }
}

/// On what occasion a record was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// With a request.
    Request,
    /// About an answer.
    Response,
    /// About something else.
    Event,
}

impl Cmcd {
    /// The version it is written in.
    pub fn version(&self) -> u64 {
        self.v.unwrap_or(1)
    }

    /// On what occasion it was sent: reports say what they are about; of answers there is something
    /// that nothing else has.
    pub fn mode(&self) -> Mode {
        let answered = self.rc.is_some() || self.ttfb.is_some() || self.ttlb.is_some();
        match self.e {
            Some(Happening::Response) => Mode::Response,
            Some(_) => Mode::Event,
            None if answered || self.url.is_some() => Mode::Response,
            None => Mode::Request,
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests;
