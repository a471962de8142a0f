//! What a cache fetches: the promise that who asks meanwhile waits for, and the story of how it was
//! kept.
//!
//! The idea to hold: fetches are never forgotten. What became of each attempt is noted part by
//! part, so that one may ask afterwards when a promise would have been kept without one of the
//! parts.

use super::{Fault, Key, Served};
use crate::units::{Span, Time};

/// Something asked for on the other side of a cache.
#[derive(Clone, Debug)]
pub(super) struct Fetch {
    pub(super) id: u32,
    pub(super) node: u16,
    pub(super) key: Key,
    pub(super) began: Time,
    /// For whom it began.
    pub(super) by: Whom,
    /// From when on the cache held what came of it, and until when it had not made room for others.
    pub(super) held: (Time, Time),
    /// Whether others may wait for it.
    pub(super) shared: bool,
    /// Whether the cache held it, and only asks whether it is still so.
    pub(super) conditional: bool,
    /// How often it failed.
    pub(super) attempt: u8,
    /// What is coming.
    pub(super) coming: Reply,
    pub(super) waiters: Vec<Waiter>,
    pub(super) state: State,
    /// The first of its attempts and the last.
    pub(super) tries: (u32, u32),
    /// The fetch of the same object by the same cache before it.
    pub(super) before: u32,
}

/// No fetch, or no attempt.
pub(super) const NONE: u32 = u32::MAX;

/// How far a fetch is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// Under way.
    Open,
    /// Over: answered or given up.
    Over,
}

/// An attempt at a fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    pub(super) how: How,
    /// The next of the same fetch.
    pub(super) next: u32,
}

/// What an attempt met behind the cache.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// Nobody yet.
    Lost,
    /// A shield that held it, but for what was still to come for so long.
    Held(Span),
    /// A shield that knew it to fail.
    Refused,
    /// A shield that fetched it.
    Behind(u32),
    /// The origin: the wait until it was thought about, how long that took and sending it, and what
    /// went wrong. Without a wait there was no room for it.
    Origin { queue: Option<Span>, served: Served },
}

/// Who waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Whom {
    /// Nobody: it is fetched for whoever comes next, or who waited went another way.
    Nobody,
    /// A viewer's request.
    Viewer(Caller),
    /// This attempt at a fetch of a cache in front.
    Fetch(u32, u8),
}

/// A request, by names that the chain only passes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Whose it is.
    pub slot: u32,
    /// Which of theirs.
    pub serial: u32,
    /// Which viewer of the run that is.
    pub viewer: u64,
    /// How often they asked for the object before.
    pub attempt: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    pub(super) whom: Whom,
    pub(super) since: Time,
    pub(super) found: Found,
}

/// An answer whose first byte leaves now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reply {
    /// When its last byte is there to be sent.
    pub last: Time,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// Where it comes from.
    pub source: Source,
    /// How often the cache asked for it: not at all for what it held.
    pub attempts: u8,
    /// As of when it is: when it left the origin.
    pub made: Time,
    /// How long the origin took, of the answer that this waited for.
    pub thought: Span,
    /// How long the way between the shield and the origin took of it.
    pub shield: Span,
}

impl Reply {
    /// From there, at once.
    pub(super) fn at_once(now: Time, source: Source) -> Self {
        let (made, thought) = (Time::ZERO, Span::ZERO);
        Self { last: now, fault: None, source, attempts: 0, made, thought, shield: Span::ZERO }
    }
}

/// How a viewer's request was answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Told {
    /// How the edge came to answer.
    pub found: Found,
    /// Where the answer comes from.
    pub source: Source,
    /// How long the request waited at the edge for its first byte.
    pub wait: Span,
    /// How often the edge asked for it.
    pub attempts: u8,
}

/// How a cache came to answer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub enum Found {
    /// It held what was asked for, or the first of it and the rest was coming.
    Hit,
    /// It held it no longer fresh, and gave it.
    Stale,
    /// It was fetching it.
    Collapsed,
    /// It fetched it.
    Miss,
    /// It knew it to fail.
    Negative,
}

impl Found {
    /// All, in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::Hit, Self::Stale, Self::Collapsed, Self::Miss, Self::Negative];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Collapsed => "collapsed",
            Self::Miss => "miss",
            Self::Negative => "negative",
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub enum Source {
    /// The edge.
    Edge,
    /// The shield.
    Shield,
    /// The origin: one of its tiers, or, after them, the rest of it.
    Origin(u8),
}
