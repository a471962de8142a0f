//! Where chunks end in what comes of a segment: with each box of media data (ISO/IEC 14496-12).
//!
//! The idea to hold: only the heads of boxes are looked at; what is in them passes by.

/// Boxes, as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Boxes {
    /// What has come of a head.
    head: Vec<u8>,
    /// How much of the box under way is still to come, and whether it is one of media data.
    left: u64,
    media: bool,
    ended: u32,
}

impl Boxes {
    /// More has come; says whether a box of media data ended in it.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) -> bool {
        let before = self.ended;
        while !bytes.is_empty() {
            if self.left > 0 {
                let some = self.left.min(bytes.len() as u64);
                self.left -= some;
                bytes = &bytes[some as usize..];
                self.ended += u32::from(self.left == 0 && self.media);
                continue;
            }
            let wanted = if self.head.get(..4) == Some(&[0, 0, 0, 1]) { 16 } else { 8 };
            let some = (wanted - self.head.len()).min(bytes.len());
            self.head.extend_from_slice(&bytes[..some]);
            bytes = &bytes[some..];
            self.begin();
        }
        self.ended > before
    }

    /// A box begins if its head is whole.
    fn begin(&mut self) {
        let Some((size, rest)) = self.head.split_first_chunk::<4>() else { return };
        let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return };
        let (size, head) = match (u32::from_be_bytes(*size), rest.first_chunk::<8>()) {
            (1, Some(size)) => (u64::from_be_bytes(*size), 16),
            (1, None) => return,
            // To the end, wherever that is.
            (0, _) => (u64::MAX, 8),
            (size, _) => (u64::from(size), 8),
        };
        self.media = kind == b"mdat";
        self.left = size.saturating_sub(head);
        self.ended += u32::from(self.left == 0 && self.media);
        self.head.clear();
    }

    /// How many have ended.
    pub(super) fn count(&self) -> u32 {
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], length: usize) -> Vec<u8> {
        let mut all = (length as u32 + 8).to_be_bytes().to_vec();
        all.extend_from_slice(kind);
        all.resize(length + 8, 7);
        all
    }

    #[test]
    fn chunks_end_with_their_media_wherever_the_pieces_are_cut() {
        let mut all = boxed(b"styp", 16);
        for length in [100, 0, 33] {
            all.extend(boxed(b"moof", 20));
            all.extend(boxed(b"mdat", length));
        }
        // 24 + 28 + 108 = 160; + 28 + 8 = 196; + 28 + 41 = 265.
        for cut in 1..all.len() {
            let (mut boxes, mut ends, mut come) = (Boxes::default(), Vec::new(), 0);
            for piece in all.chunks(cut) {
                come += piece.len();
                if boxes.pass(piece) {
                    ends.push((boxes.count(), come));
                }
            }
            assert_eq!(boxes.count(), 3, "{cut}");
            if cut == 1 {
                assert_eq!(ends, [(1, 160), (2, 196), (3, 265)]);
            }
        }
    }

    #[test]
    fn a_large_size_is_read_and_garbage_does_not_hang() {
        let mut all = vec![0, 0, 0, 1];
        all.extend_from_slice(b"mdat");
        all.extend_from_slice(&20_u64.to_be_bytes());
        all.extend_from_slice(&[9; 4]);
        let mut boxes = Boxes::default();
        assert!(boxes.pass(&all));
        let _whatever = Boxes::default().pass(&[0xFF; 100]);
        let _whatever = Boxes::default().pass(&[0; 100]);
    }
}
