//! What a player is told, what it asks for, and what it says has happened.
//!
//! The idea to hold: a player has no other way in or out, so whatever speaks these words can be its
//! world, and whatever folds its [`Event`]s can measure it.

use crate::cdn::Fault;
use crate::media::{Object, Segment, TrackId};
use crate::units::{Bitrate, Bytes, Pts, Span, Speed, Time};

/// What the world may tell a player.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// The deadline was reached, and whatever else happened by then has been told.
    Wake,
    /// How far a transfer has come, at a time the player asked to know.
    Progress(RequestId, Receipt),
    /// One more chunk of a segment that is sent as it is made has come, and so many in all; of the
    /// last one is told when all of it has come.
    Chunk(RequestId, Receipt, u32),
    /// All of it has come.
    Done(RequestId, Receipt),
    /// No more of it will come: refused, reset, cut short or timed out.
    Failed(RequestId, Receipt),
    /// The viewer goes to another place. What is buffered there is played at once; elsewhere all
    /// that is held is dropped and all that is under way cancelled, and playback waits until there
    /// is enough to resume. Before the first frame it is where playback will begin.
    Seek(Pts),
    /// The viewer pauses: the playhead stands, and fetching goes on up to the buffer target. Heeded
    /// only while media plays.
    Pause,
    /// And plays on.
    Play,
    /// The viewer leaves.
    Quit(Reason),
}

/// What has come of a transfer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Receipt {
    /// When the first byte came, if one has.
    pub first_byte: Option<Time>,
    /// How much has come in all.
    pub received: Bytes,
    /// How long, since the first byte, there was nothing to come, as it was still to be made.
    pub idle: Span,
    /// When the first byte of the last chunk came, where there are chunks.
    pub chunk: Option<Time>,
    /// When the request was where it is answered: at an edge, or at an origin.
    pub reached: Time,
    /// When the answer left there,
    pub sent: Time,
    /// how long an origin behind it had taken for that,
    pub thought: Span,
    /// and how long the way from there to a shield.
    pub shield: Span,
    /// As of when a document is.
    pub made: Time,
    /// What went wrong, if anything did and it is known what.
    pub fault: Option<Fault>,
}

impl Receipt {
    /// So many bytes of which the first came then, if any did.
    pub fn of(first_byte: Option<Time>, received: Bytes) -> Self {
        Self { first_byte, received, ..Self::default() }
    }

    /// The same of a transfer that failed so.
    pub fn failed(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }
}

/// What a player may ask of the world, or tell it.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// Start this transfer. The world tells of [`Event::Requested`], with this estimate.
    Fetch(Request, Option<Bitrate>),
    /// Stop this one. How much of it had come only the world knows, so it is the world that tells
    /// of [`Event::Abandoned`].
    Cancel(Request),
    /// Say at that time how far this one has come, if it is not done.
    Watch(RequestId, Time),
    /// Something happened, and when.
    Event(Time, Event),
}

/// Whoever does as a player says, as it says it.
pub trait Host {
    /// Starts this transfer now, and tells of [`Event::Requested`] with this estimate.
    fn fetch(&mut self, now: Time, request: Request, estimate: Option<Bitrate>);

    /// Stops this one now, and tells of [`Event::Abandoned`].
    fn cancel(&mut self, now: Time, request: Request);

    /// Will say at that time how far this one has come, if it is not done.
    fn watch(&mut self, id: RequestId, at: Time);

    /// Something happened then.
    fn tell(&mut self, at: Time, event: &Event);
}

/// What was said, for later.
impl Host for Vec<Output> {
    fn fetch(&mut self, _: Time, request: Request, estimate: Option<Bitrate>) {
        self.push(Output::Fetch(request, estimate));
    }

    fn cancel(&mut self, _: Time, request: Request) {
        self.push(Output::Cancel(request));
    }

    fn watch(&mut self, id: RequestId, at: Time) {
        self.push(Output::Watch(id, at));
    }

    fn tell(&mut self, at: Time, event: &Event) {
        self.push(Output::Event(at, *event));
    }
}

/// What happens in a session. Whatever is measured is a fold of these.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// The player asked for an object, taking the throughput to be so much.
    Requested(Request, Option<Bitrate>),
    /// All of it came.
    Delivered(Request, Receipt),
    /// The player cancelled it, with so much of it there.
    Abandoned(Request, Receipt),
    /// It failed.
    Failed(Request, Receipt),
    /// Media of a live segment can be played, up to that place.
    Arrived(Segment, Pts, Receipt),
    /// Playback began.
    Started,
    /// The first frame of a segment was displayed.
    Shown(Segment),
    /// Playback stopped for want of media.
    Stalled,
    /// And went on.
    Resumed,
    /// The player dropped what it held of a track from this segment on, to fetch it otherwise.
    Discarded(TrackId, u32),
    /// The player's own events spoke of a stall of so long, which is over. Said by players whose
    /// events tell another story than the picture ([`Reports`](crate::abr::Reports)).
    Reported(Span),
    /// The viewer went to another place.
    Sought {
        /// Where to.
        to: Pts,
        /// Whether it was buffered. If not, nothing is held any more.
        buffered: bool,
    },
    /// Playback goes on at the place that was sought. Said after every [`Sought`](Self::Sought) of
    /// a playback that has started.
    Landed,
    /// The viewer paused.
    Paused,
    /// And plays on, if not for a place sought meanwhile: then there is a [`Landed`](Self::Landed).
    Unpaused,
    /// From now on what is displayed of a live presentation is so far behind its capture, as long
    /// as it is played at this speed; it means to be that far. Said whenever it does not go on as
    /// it did.
    Behind {
        /// From capture to display.
        latency: Span,
        /// What the player aims at.
        target: Span,
        /// How fast it plays, if it plays.
        speed: Speed,
    },
    /// The player went to another place of a live presentation, because it was too far behind or
    /// could not have what came next.
    Resynced {
        /// Where to.
        to: Pts,
        /// How much media was left out.
        skipped: Span,
        /// Whether it was buffered. If not, nothing is held any more.
        buffered: bool,
    },
    /// Everything has been played.
    Ended,
    /// An object failed more often than the player tries.
    GaveUp(Object),
    /// The viewer left.
    Left(Reason),
}

impl Event {
    /// Whether it is of a request, or of a segment that is displayed: what there is most of.
    #[inline]
    pub fn is_of_fetching(&self) -> bool {
        matches!(self, Self::Requested(..) | Self::Delivered(..) | Self::Shown(_))
    }
}

/// Why a viewer leaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// They have watched all they meant to.
    Satisfied,
    /// The first frame was too long in coming.
    Startup,
    /// A stall was too long.
    Stall,
    /// The wait for a place they went to was too long.
    Seek,
    /// The time to simulate is over.
    Limit,
}

/// Names a request of one player. A lane has at most one under way.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId {
    /// Which of the player's lanes asked.
    pub lane: u8,
    /// How many requests the player had made before.
    pub serial: u32,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What to fetch.
    pub object: Object,
    /// How large that is.
    pub size: Bytes,
    /// How often this object has failed before, in a row.
    pub attempt: u32,
    /// How often the same object had been asked for before and had come: a manifest that is made
    /// anew all the time.
    pub again: u32,
    /// When to say first how far it has come, if it is not done by then.
    pub watch: Option<Time>,
}
