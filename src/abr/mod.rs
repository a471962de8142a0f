//! Adaptive bitrate algorithms: what they see, what they may say, and the list of them.
//!
//! The idea to hold: an algorithm is judgement alone. It is shown facts (a [`Context`], a
//! [`Transfer`]) and answers; it never sees the player, a clock or a socket. One answers for every
//! track of its player. Adding one is a file here and a line in [`ALGORITHMS`].

mod buffer_map;
mod estimate;
mod habits;
#[macro_use]
mod parameter;
pub mod models;
pub mod optimal;
pub mod pace;
pub mod sabre;

use std::collections::VecDeque;

use crate::media::{Presentation, Rung, Track, TrackId};
use crate::seed::Seed;
use crate::trace::Bandwidth;
use crate::units::{Bitrate, Bytes, Span, Speed, Time};

pub use estimate::{ByTrack, Estimator, Ewma, FadingMean, HarmonicMean, Window};
#[cfg(feature = "app")]
pub(crate) use fixed_rung::cheapest;
pub use habits::{Config, Growth, Reports, Retry};
pub use pace::{Announced, Pace};
pub use parameter::{Choice, File, MOST_FILE, Parameter, Settings, Value};

/// Chooses what a player fetches next. One per player: it sees every track.
pub trait Abr: Send {
    /// The player could fetch the next segment of `cx.track`. Which rung, or not yet?
    fn choose(&mut self, cx: &Context<'_>) -> Decision;

    /// A transfer of a segment ended, well or badly.
    fn observe(&mut self, _transfer: &Transfer) {}

    /// How long after asking for a segment to be first shown it unfinished. Never, unless asked:
    /// looking costs time.
    fn patience(&self, _cx: &Context<'_>, _rung: Rung) -> Option<Span> {
        None
    }

    /// A transfer is unfinished after the time asked for. Is it still worth having?
    fn watch(&mut self, _cx: &Context<'_>, _transfer: &Transfer) -> Verdict {
        Verdict::Finish
    }

    /// What the throughput was when this viewer last watched, told before anything is asked. Those
    /// who measure it take it to be that until they have a measurement of their own, as dash.js
    /// does with the bitrate it keeps in the browser's storage, and hls.js and Shaka with
    /// `abrEwmaDefaultEstimate` and `abr.defaultBandwidthEstimate` where an application sets them
    /// from an earlier session.
    fn remember(&mut self, _throughput: Bitrate) {}

    /// What this viewer's draws are derived from, told before anything is asked. Those who leave
    /// nothing to chance need not know; those who do name each draw by track and segment, so that
    /// it depends on nothing else.
    fn seed(&mut self, _seed: Seed) {}

    /// What is to come, told before anything is asked. For yardsticks: no real player knows.
    fn foresee(&mut self, _future: &Future) {}

    /// What is watched is live, told before anything is asked. Answers with what keeps its player's
    /// distance.
    fn go_live(&mut self, announced: &Announced) -> Box<dyn Pace> {
        pace::usual(announced)
    }

    /// A chunk of a segment that is sent as it is made has come; told of the last one before the
    /// transfer is observed.
    fn chunk(&mut self, _track: TrackId, _chunk: &Chunk) {}

    /// What it takes the throughput to be, for the reports; nothing if it has no opinion.
    fn estimate(&self) -> Option<Bitrate> {
        None
    }

    /// Its rule for a track in Sabre's units, if that is how it is stated.
    fn rule(&mut self, _track: TrackId) -> Option<&mut dyn sabre::Rule> {
        None
    }
}

/// Everything an algorithm may know when asked. Borrowed, so asking costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The instant of asking.
    pub now: Time,
    /// Which track the question is about.
    pub id: TrackId,
    /// That track.
    pub track: &'a Track,
    /// The segment in question.
    pub segment: u32,
    /// The rung of the segment before it, if there was one.
    pub last: Option<Rung>,
    /// Media of this track ahead of the playhead.
    pub buffer: Span,
    /// The most media the player wants to hold.
    pub target: Span,
    /// How fast media is played: at twice the speed a second of it has to come in half the time.
    pub speed: Speed,
    /// The rungs of the segments that are held and not yet shown, in order. Where nothing can be
    /// replaced, none are told of.
    pub held: &'a VecDeque<Rung>,
    /// The number of the first of them.
    pub first_held: u32,
    /// Of the other tracks with more to come, the least media ahead of the playhead.
    pub other: Option<Span>,
    /// How far behind the live edge playback is, as the player knows it, if it is live.
    pub latency: Option<Span>,
}

/// Nothing held that could be replaced.
pub const NONE_HELD: &VecDeque<Rung> = &VecDeque::new();

impl Context<'_> {
    /// The size of the segment on a rung, exactly: published algorithms that plan ahead assume it
    /// is known.
    pub fn size(&self, rung: Rung) -> Bytes {
        self.track.size(self.segment, rung)
    }

    /// How long the segment lasts.
    pub fn duration(&self) -> Span {
        self.track.duration(self.segment)
    }
}

/// What an algorithm says when it may fetch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Decision {
    /// This rung, now.
    Fetch(Rung),
    /// Nothing yet: ask again after this long, or when the media at hand would have been played.
    /// While nothing plays it is asked again when something comes that is under way. If nothing
    /// is, it is not heeded: a buffer that does not drain would be waited for for ever. Then the
    /// rung of the segment before is fetched.
    Wait(Span),
    /// Nothing before another track has gone on: ask again when anything happens.
    Yield,
    /// Nothing that is held from this segment on is wanted any more: drop it, and ask again what to
    /// fetch in its place. Heeded once at a time.
    Discard(u32),
    /// The same, but what is dropped is played if nothing better has come by then.
    Refetch(u32),
}

/// What an algorithm says of an unfinished transfer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Verdict {
    /// Let it finish, and do not ask again.
    Finish,
    /// Let it go on, and ask again after this long.
    Watch(Span),
    /// Drop it and fetch this rung instead. Heeded [`MOST_ABANDONED`] times for a segment, so that
    /// no two rungs can chase each other for ever.
    Abandon(Rung),
}

/// How often one segment may be abandoned.
pub const MOST_ABANDONED: u32 = 16;

/// One transfer of a segment, as far as it has got.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// The track of the segment.
    pub track: TrackId,
    /// Its rung.
    pub rung: Rung,
    /// How much media it holds.
    pub duration: Span,
    /// How large it is.
    pub size: Bytes,
    /// How much of it is there.
    pub received: Bytes,
    /// When it was asked for.
    pub requested: Time,
    /// When its first byte came, if one has.
    pub first_byte: Option<Time>,
    /// How long, of the time since then, there was nothing to come, as it was still to be made.
    pub idle: Span,
    /// The instant this describes.
    pub now: Time,
    /// How it stands.
    pub outcome: Outcome,
}

/// A chunk of a segment that is sent as it is made: bytes that came together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chunk {
    /// When it was asked for: a part by itself, else the segment.
    pub asked: Time,
    /// When its first byte came,
    pub began: Time,
    /// and its last.
    pub ended: Time,
    /// How many bytes it has.
    pub bytes: Bytes,
}

/// How a transfer stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Bytes are still to come.
    UnderWay,
    /// All of it is there.
    Done,
    /// The algorithm gave it up.
    Abandoned,
    /// The network or the origin did.
    Failed,
}

impl Transfer {
    /// Goodput from the first byte on, without the time in which there was nothing to send, so that
    /// latency is not mistaken for bandwidth; nothing before a measurable time has passed.
    pub fn throughput(&self) -> Option<Bitrate> {
        let span = (self.now - self.first_byte?).saturating_sub(self.idle);
        (!span.is_zero()).then(|| self.received / span)
    }

    /// Goodput from the request on, the wait for the first byte included, but not the time in which
    /// there was nothing to send; nothing before a measurable time has passed.
    pub fn overall(&self) -> Option<Bitrate> {
        let span = (self.now - self.requested).saturating_sub(self.idle);
        (!span.is_zero()).then(|| self.received / span)
    }
}

/// What is to come for one viewer, and how their player takes it.
#[derive(Clone, Debug)]
pub struct Future {
    /// What their link will carry; on a link that is shared, for all of them together.
    pub bandwidth: Bandwidth,
    /// The round trip where the link's trace states none.
    pub rtt: Span,
    /// What servers take, and what they are further away than others on the link.
    pub server: Span,
    /// Media needed before playback starts.
    pub startup: Span,
    /// And before it goes on after a stall.
    pub resume: Span,
}

impl Future {
    /// How long the first byte takes of what is asked for now.
    pub fn wait(&mut self, now: Time) -> Span {
        self.bandwidth.rtt(now).unwrap_or(self.rtt) + self.server
    }
}

/// Makes an algorithm for one more player.
pub type Factory = Box<dyn Fn() -> Box<dyn Abr> + Send + Sync>;

/// A factory that copies one algorithm, made ready once per run.
///
/// # Errors
/// Never: it is the last word of an algorithm that suits its presentation, as nearly all suit any.
pub fn copies_of<A: Abr + Clone + Sync + 'static>(prototype: A) -> Result<Factory, Unfit> {
    Ok(Box::new(move || Box::new(prototype.clone())))
}

/// Why an algorithm cannot be made as it is set, or for this presentation.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub String);

/// An entry in the list: how an algorithm is named, explained and made.
#[derive(Clone, Copy, Debug)]
pub struct Algorithm {
    /// What scenarios call it.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Where it comes from: author, year, title, and the equation or section.
    pub source: &'static str,
    /// What can be set of it.
    pub parameters: &'static [Parameter],
    /// Makes it ready for a presentation, if it suits it.
    pub new: fn(&Settings, &Presentation) -> Result<Factory, Unfit>,
}

impl Algorithm {
    /// The one of that name, or of another that its authors or ours have for it.
    pub fn named(name: &str) -> Option<&'static Self> {
        let own = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, own)| own);
        ALGORITHMS.iter().find(|a| a.name == own)
    }

    /// The files it asks of its user.
    pub fn files(&self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters.iter().filter(|p| matches!(p.default, Value::File(_)))
    }
}

/// Other names, and the algorithms that have them.
const ALIASES: &[(&str, &str)] = &[
    ("bola-basic", "bola"),
    ("bba", "bba-0"),
    ("dash.js-5.1", "dash.js"),
    ("hls.js-1.7", "hls.js"),
    ("shaka-5.2", "shaka"),
    ("media3-1.11", "media3"),
];

macro_rules! algorithms {
    ($($name:ident),* ; $($more:expr),* $(,)?) => {
        $(mod $name;)*
        /// Every algorithm there is, in the order they are listed to users.
        pub const ALGORITHMS: &[Algorithm] = &[$($name::ALGORITHM,)* $($more),*];
    };
}

algorithms! {
    throughput,
    bba_0,
    bba_1,
    bba_2,
    bba_index,
    bola,
    mpc,
    fast_mpc,
    robust_mpc,
    pensieve,
    l2a_ll,
    lol_plus,
    stallion,
    festive,
    panda,
    elastic,
    hyb,
    quetra,
    arbiter_plus,
    fixed_rung,
    random,
    rate_oracle;
    sabre::throughput::ALGORITHM,
    sabre::bola::BOLA_U,
    sabre::bola::BOLA_O,
    sabre::bola_e::ALGORITHM,
    sabre::dynamic::ALGORITHM,
    sabre::dynamic_dash::ALGORITHM,
    optimal::ALGORITHM,
    models::dash_js::V5.algorithm,
    models::dash_js::V4.algorithm,
    models::hls_js::MODEL.algorithm,
    models::shaka::MODEL.algorithm,
    models::media3::MODEL.algorithm,
}

#[cfg(test)]
mod testing;
