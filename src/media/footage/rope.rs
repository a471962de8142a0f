//! Bytes of which most are filler, so that they need not all be in memory.
//!
//! The idea to hold: a rope is a list of pieces, and a piece is either a stretch of bytes that are
//! shared or a number of bytes that are all the same. A part of it is a rope too, and copies no
//! bytes.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// What every byte of filler is.
pub const FILLER: u8 = 0xff;

/// A stretch of shared bytes.
#[derive(Clone, Debug)]
pub struct Shared {
    bytes: Arc<[u8]>,
    range: Range<usize>,
}

impl Deref for Shared {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Vec<u8>> for Shared {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), bytes: bytes.into() }
    }
}

impl Shared {
    /// A stretch of it.
    ///
    /// # Panics
    /// Where it ends before that.
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.range.len(), "{range:?}");
        let from = self.range.start;
        Self { bytes: self.bytes.clone(), range: from + range.start..from + range.end }
    }
}

/// A piece of a rope.
#[derive(Clone, Debug)]
pub enum Piece {
    /// These bytes.
    Data(Shared),
    /// So many times [`FILLER`].
    Filler(u64),
}

impl Piece {
    /// How many bytes it is.
    pub fn len(&self) -> u64 {
        match self {
            Self::Data(bytes) => bytes.len() as u64,
            Self::Filler(count) => *count,
        }
    }

    /// Whether it is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bytes in pieces, none of which is empty.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    pieces: Vec<Piece>,
    len: u64,
}

impl Rope {
    /// Nothing but filler.
    pub fn filler(count: u64) -> Self {
        let mut rope = Self::default();
        rope.fill(count);
        rope
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: impl Into<Shared>) {
        self.piece(Piece::Data(bytes.into()));
    }

    /// Adds so many bytes of filler.
    pub fn fill(&mut self, count: u64) {
        self.piece(Piece::Filler(count));
    }

    /// Adds another rope.
    pub fn append(&mut self, mut other: Self) {
        self.len += other.len;
        self.pieces.append(&mut other.pieces);
    }

    /// The bytes in a range, up to the end of the rope.
    pub fn range(&self, range: Range<u64>) -> Self {
        let (mut part, mut place) = (Self::default(), 0);
        for piece in &self.pieces {
            let next = place + piece.len();
            let (from, to) = (range.start.max(place), range.end.min(next));
            if from < to {
                part.piece(match piece {
                    Piece::Data(bytes) => {
                        Piece::Data(bytes.slice((from - place) as usize..(to - place) as usize))
                    }
                    Piece::Filler(_) => Piece::Filler(to - from),
                });
            }
            place = next;
        }
        part
    }

    /// All of it, in memory.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.len as usize);
        for piece in &self.pieces {
            match piece {
                Piece::Data(bytes) => all.extend_from_slice(bytes),
                Piece::Filler(count) => all.resize(all.len() + *count as usize, FILLER),
            }
        }
        all
    }

    fn piece(&mut self, piece: Piece) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_that_slice_of_the_whole() {
        let mut rope = Rope::default();
        rope.push(vec![1, 2, 3]);
        rope.fill(4);
        rope.push(Vec::new());
        rope.push(Shared::from(vec![0, 5, 6, 7]).slice(1..3));
        rope.append(Rope::filler(2));
        let whole = rope.to_vec();
        assert_eq!(whole, [1, 2, 3, 255, 255, 255, 255, 5, 6, 255, 255]);
        assert_eq!((rope.len(), rope.pieces().len()), (11, 4));
        for from in 0..=whole.len() {
            for to in from..=whole.len() {
                let part = rope.range(from as u64..to as u64);
                assert_eq!(part.to_vec(), whole[from..to]);
                assert_eq!(part.len(), (to - from) as u64);
            }
        }
        assert_eq!(rope.range(9..99).to_vec(), [255, 255], "up to the end");
    }
}
