//! One connection between a viewer and the servers, with the transfers that share it.
//!
//! The idea to hold: what a connection may send is put on the link in pieces, each as long as
//! nothing about it changes: it ends with the window, with the first of its transfers to be
//! complete, or before a loss. Transfers on one connection share each piece evenly.

use super::{Stage, Transfer};
use crate::net::tcp::{Conditions, Connection, Offer};
use crate::net::{Link, Ticket};
use crate::units::{Bytes, Span, Time};

/// A connection, and what the link carries of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pipe {
    pub(super) connection: Connection,
    piece: Option<Piece>,
}

/// Bytes that the link carries as one flow.
#[derive(Clone, Copy, Debug)]
struct Piece {
    ticket: Ticket<usize>,
    size: Bytes,
    began: Time,
}

impl Pipe {
    /// Puts the next piece on the link, or says when it will.
    pub(super) fn pump(
        &mut self,
        now: Time,
        on: &Conditions,
        (link, flow, weight): (&mut Link<usize>, usize, u32),
        lanes: &[Option<Transfer>],
    ) -> Option<Time> {
        debug_assert!(self.piece.is_none(), "a connection sends one piece at a time");
        let (mut streams, mut left, mut least) = (0, Bytes::ZERO, Bytes::MAX);
        for lacking in lanes.iter().filter_map(|lane| lacking(lane.as_ref()?)) {
            (streams, left, least) = (streams + 1, left + lacking, least.min(lacking));
        }
        let size = match (streams, least) {
            (0, _) => {
                self.connection.rest(now);
                return None;
            }
            (_, Bytes::ZERO) => Bytes::ZERO,
            _ => match self.connection.offer(now, left, on) {
                Offer::Wait(until) => return Some(until),
                Offer::Send(most) => most.min(least * streams),
            },
        };
        let ticket = link.start(now, flow, size, weight);
        self.piece = Some(Piece { ticket, size, began: now });
        None
    }

    /// Takes the piece off the link.
    pub(super) fn interrupt(
        &mut self,
        now: Time,
        link: &mut Link<usize>,
        lanes: &mut [Option<Transfer>],
    ) {
        if let Some(piece) = self.piece {
            let missing = link.cancel(now, piece.ticket);
            self.delivered(now, piece.size - missing, lanes);
        }
    }

    /// The whole piece is there.
    pub(super) fn complete(&mut self, now: Time, lanes: &mut [Option<Transfer>]) {
        if let Some(piece) = self.piece {
            self.delivered(now, piece.size, lanes);
        }
    }

    /// What a transfer still lacks, the piece under way seen as far as it has come.
    pub(super) fn missing(
        &self,
        now: Time,
        link: &mut Link<usize>,
        lanes: &[Option<Transfer>],
        left: Bytes,
    ) -> Bytes {
        let streams = lanes.iter().flatten().filter_map(lacking).count().max(1) as u64;
        let come = self.piece.map_or(Bytes::ZERO, |piece| {
            piece.size.saturating_sub(link.missing(now, piece.ticket)) / streams
        });
        left.saturating_sub(come)
    }

    /// So much of the piece is there, and the rest of it is not on the link any more.
    fn delivered(&mut self, now: Time, bytes: Bytes, lanes: &mut [Option<Transfer>]) {
        let Some(piece) = self.piece.take() else { return };
        self.connection.carried(bytes, now - piece.began);
        let streams = lanes.iter().flatten().filter_map(lacking).count().max(1) as u64;
        let (each, mut over) = (bytes / streams, bytes.get() % streams);
        for transfer in lanes.iter_mut().flatten() {
            if let Stage::Streaming { left, .. } = &mut transfer.stage {
                *left -= each + Bytes::new(u64::from(over > 0));
                over = over.saturating_sub(1);
            }
        }
    }

    /// How long others wait behind what this one has in the queue.
    pub(super) fn standing(&self) -> Span {
        self.connection.standing()
    }
}

/// What a transfer lacks that takes part in the sharing.
fn lacking(transfer: &Transfer) -> Option<Bytes> {
    match transfer.stage {
        Stage::Asking { .. }
        | Stage::Failing { .. }
        | Stage::Waiting { .. }
        | Stage::Flowing { .. }
        | Stage::Held { .. }
        | Stage::Idle { .. } => None,
        Stage::Streaming { left, .. } => Some(left),
    }
}
