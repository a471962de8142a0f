//! The body of a response that leaves as fast as the model of the network lets it.
//!
//! The idea to hold: what is sent is made while it is sent. Nothing of a segment is in memory but
//! the piece that is on its way.

use std::collections::VecDeque;
use std::fs::File;
use std::future::Future;
use std::io::{Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_timer::Delay;
use hyper::body::{Body, Frame, SizeHint};

use super::cohort::Ticket;
use super::connection::Owed;
use super::flow::Come;
use super::session::Open;
use crate::cdn::Fault;
use crate::media::footage::{self, Piece, Rope};

/// The most that is sent in one piece.
const PIECE: u64 = 64 << 10;

/// What media is filled up with.
static FILLER: [u8; PIECE as usize] = [footage::FILLER; PIECE as usize];

/// What a response holds.
#[derive(Debug)]
pub(super) enum Matter {
    /// Bytes that are there.
    Bytes(Bytes),
    /// So many that only fill.
    Filler(u64),
    /// Those of a file, from where it stands.
    File(File),
    /// One after the other.
    Rope(VecDeque<Self>),
}

impl From<Rope> for Matter {
    fn from(rope: Rope) -> Self {
        let matter = |piece: &Piece| match piece {
            Piece::Data(bytes) => Self::Bytes(Bytes::from_owner(bytes.clone())),
            Piece::Filler(count) => Self::Filler(*count),
        };
        Self::Rope(rope.pieces().iter().map(matter).collect())
    }
}

impl Matter {
    /// The next bytes, no more than so many.
    fn next(&mut self, most: u64) -> std::io::Result<Bytes> {
        let most = most.min(PIECE);
        match self {
            Self::Bytes(bytes) => Ok(bytes.split_to((most as usize).min(bytes.len()))),
            Self::Filler(left) => {
                let some = most.min(*left);
                *left -= some;
                Ok(Bytes::from_static(&FILLER[..some as usize]))
            }
            Self::File(file) => {
                let mut some = vec![0; most as usize];
                let read = file.read(&mut some)?;
                some.truncate(read);
                Ok(some.into())
            }
            Self::Rope(parts) => loop {
                let Some(first) = parts.front_mut() else { return Ok(Bytes::new()) };
                let some = first.next(most)?;
                if !some.is_empty() {
                    return Ok(some);
                }
                parts.pop_front();
            },
        }
    }

    /// The same without so many bytes at its beginning.
    pub(super) fn skip(&mut self, bytes: u64) -> std::io::Result<()> {
        match self {
            Self::Bytes(all) => {
                let _gone = all.split_to((bytes as usize).min(all.len()));
            }
            Self::Filler(left) => *left = left.saturating_sub(bytes),
            Self::File(file) => {
                file.seek(SeekFrom::Current(i64::try_from(bytes).unwrap_or(i64::MAX)))?;
            }
            Self::Rope(parts) => {
                let mut left = bytes;
                while let Some(first) = parts.front_mut().filter(|_| left > 0) {
                    let length = first.length();
                    first.skip(left)?;
                    if length > left {
                        break;
                    }
                    left -= length;
                    parts.pop_front();
                }
            }
        }
        Ok(())
    }

    /// How many bytes it is; of a file, which is told elsewhere, none.
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Filler(left) => *left,
            Self::File(_) => 0,
            Self::Rope(parts) => parts.iter().map(Self::length).sum(),
        }
    }
}

/// Why a body ends before its end: whoever reads it sees the connection break.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("cut off")]
pub(super) struct CutOff;

/// What is sent.
#[derive(Debug)]
pub(super) enum Payload {
    /// At once.
    Whole(Bytes),
    /// As it is let go.
    Paced(Box<Paced>),
}

/// A transfer under way.
#[derive(Debug)]
pub(super) struct Paced {
    pub(super) matter: Matter,
    pub(super) ticket: Ticket,
    /// How many bytes there are, if that is told, and how many are sent.
    pub(super) size: u64,
    pub(super) told: bool,
    pub(super) sent: u64,
    /// Which request it answers, to be told of its end.
    pub(super) open: Open,
    pub(super) owed: Owed,
    /// Until when a body that is cut off waits, so that what was sent of it has left.
    pub(super) parting: Option<Delay>,
}

/// How long that is.
const PARTING: Duration = Duration::from_millis(20);

impl Payload {
    /// A text that is there.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Whole(Bytes::from(text.into()))
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Paced(paced) => {
                paced.poll(cx).map(|some| some.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Paced(paced) => paced.told && paced.sent == paced.size,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Paced(paced) if paced.told => SizeHint::with_exact(paced.size - paced.sent),
            Self::Paced(_) => SizeHint::default(),
        }
    }
}

impl Paced {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, CutOff>>> {
        if self.sent == self.size {
            self.open.ends(true);
            return Poll::Ready(None);
        }
        self.owed.nothing();
        let (upto, fault) = match ready!(self.ticket.flow.beyond(self.sent, cx)) {
            Come::To(upto) => (upto, None),
            Come::Whole => (self.size, None),
            Come::Fails(upto, fault) => (upto, Some(fault)),
        };
        let some = upto.min(self.size).saturating_sub(self.sent);
        if some == 0 && fault.is_some() {
            self.open.fails();
            let parting = self.parting.get_or_insert_with(|| Delay::new(PARTING));
            ready!(Pin::new(parting).poll(cx));
            return Poll::Ready(Some(Err(CutOff)));
        }
        match self.matter.next(some) {
            Ok(bytes) if !bytes.is_empty() => {
                self.sent += bytes.len() as u64;
                self.open.sent(bytes.len() as u64);
                self.owed.something();
                if self.sent == self.size {
                    self.open.ends(true);
                }
                Poll::Ready(Some(Ok(bytes)))
            }
            // A file that has become shorter.
            Ok(_) | Err(_) => {
                self.open.fails();
                Poll::Ready(Some(Err(CutOff)))
            }
        }
    }
}

/// Whether a fault ends a response before it has begun.
pub(super) fn status_of(fault: Fault) -> Option<u16> {
    match fault {
        Fault::Error(status) => Some(status),
        Fault::Reset | Fault::Short(_) => None,
    }
}
