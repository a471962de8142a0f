//! Still pictures in H.264 (ITU-T H.264), written without an encoder.
//!
//! The idea to hold: a block of 16 by 16 samples is predicted to be what its neighbour is, and says
//! only by how much it differs all over. Grey next to grey costs six bits, and where ink begins or
//! ends one number is added. Every further picture says that nothing has changed.
//!
//! The first picture of a segment is an IDR picture of one I slice, the others are one P slice each
//! of skipped macroblocks. Entropy coding is CAVLC, and nothing is filtered, so what is written is
//! exactly what is decoded: ground of luma 128, ink of 228, and no colour.

use super::bits::{Bits, nal};
use super::letters::Ink;

/// Pictures are numbered from 0 to 15, again and again (`log2_max_frame_num_minus4` 0).
pub(super) const NUMBERS: u32 = 16;

/// The header of filler data (7.3.1, `nal_unit_type` 12).
pub(super) const FILLER_HEADER: u8 = 12;

/// What follows the bytes of filler (7.3.2.7).
pub(super) const FILLER_END: u8 = 0x80;

/// The `QP` of every slice: what makes [`STEP`] of a level.
const QP: i32 = 48;

/// The level that stands for the difference of ink and ground.
///
/// `qP / 6` is 8 and `qP % 6` is 0, so a DC coefficient `c` is scaled to `(c * 160) << 2`, and each
/// sample of the block is `(640 c + 32) >> 6 = 10 c` (8.5.10, 8.5.12): 100 for 10.
const STEP: i32 = 10;

/// What the parameter sets say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Format {
    /// `profile_idc`, the constraint flags and `level_idc`, as a codec's name has them.
    pub(super) profile: [u8; 3],
    /// Pixels across and down, both even.
    pub(super) size: (u32, u32),
}

impl Format {
    /// Macroblocks across and down.
    pub(super) fn blocks(self) -> (usize, usize) {
        (self.size.0.div_ceil(16) as usize, self.size.1.div_ceil(16) as usize)
    }

    /// Those of which all is seen.
    pub(super) fn seen(self) -> (usize, usize) {
        ((self.size.0 / 16) as usize, (self.size.1 / 16) as usize)
    }

    /// The sequence parameter set (7.3.2.1.1).
    pub(super) fn sequence(self) -> Vec<u8> {
        let mut bits = Bits::default();
        for byte in self.profile {
            bits.put(u32::from(byte), 8);
        }
        // seq_parameter_set_id.
        bits.unsigned(0);
        if has_chroma_format(self.profile[0]) {
            // 4:2:0, 8 bits of luma and chroma, no bypass, no scaling matrix.
            bits.unsigned(1);
            bits.unsigned(0);
            bits.unsigned(0);
            bits.put(0, 2);
        }
        bits.unsigned(0);
        // pic_order_cnt_type 2: pictures are shown as they come.
        bits.unsigned(2);
        // One reference, and no gaps in the numbers.
        bits.unsigned(1);
        bits.flag(false);
        let (across, down) = self.blocks();
        bits.unsigned(across as u32 - 1);
        bits.unsigned(down as u32 - 1);
        // frame_mbs_only_flag, direct_8x8_inference_flag.
        bits.put(0b11, 2);
        // Cropping is in units of two samples.
        let crop = |blocks: usize, size: u32| (blocks as u32 * 16 - size) / 2;
        let (right, bottom) = (crop(across, self.size.0), crop(down, self.size.1));
        bits.flag(right + bottom > 0);
        if right + bottom > 0 {
            for edge in [0, right, 0, bottom] {
                bits.unsigned(edge);
            }
        }
        bits.flag(true);
        usability(&mut bits);
        nal(0x67, &bits.stopped())
    }

    /// The first picture of a segment: an IDR access unit's slice (7.3.3).
    ///
    /// Two that follow each other have to differ in their `id`.
    pub(super) fn still(self, id: u32, ink: &Ink) -> Vec<u8> {
        let (across, down) = self.blocks();
        let mut bits = Bits::with_capacity(across * down);
        // first_mb_in_slice, slice_type I, pic_parameter_set_id, frame_num, idr_pic_id.
        bits.unsigned(0);
        bits.unsigned(7);
        bits.unsigned(0);
        bits.put(0, 4);
        bits.unsigned(id);
        // no_output_of_prior_pics_flag, long_term_reference_flag.
        bits.put(0, 2);
        slice_ends(&mut bits);
        for row in 0..down {
            for column in 0..across {
                let (from, prediction) = match (column, row) {
                    (0, 0) => (false, 2),
                    (0, _) => (ink.at(0, row - 1), 0),
                    _ => (ink.at(column - 1, row), 1),
                };
                block(&mut bits, prediction, i32::from(ink.at(column, row)) - i32::from(from));
            }
        }
        nal(0x65, &bits.stopped())
    }

    /// A picture that is as the one before it; by its number, which is that of the picture in its
    /// segment.
    pub(super) fn same(self, number: u32) -> Vec<u8> {
        let mut bits = Bits::default();
        // first_mb_in_slice, slice_type P, pic_parameter_set_id, frame_num.
        bits.unsigned(0);
        bits.unsigned(5);
        bits.unsigned(0);
        bits.put(number % NUMBERS, 4);
        // No override of references, no other order of them, no other marking.
        bits.put(0, 3);
        slice_ends(&mut bits);
        // mb_skip_run.
        let (across, down) = self.blocks();
        bits.unsigned((across * down) as u32);
        nal(0x41, &bits.stopped())
    }
}

/// The picture parameter set (7.3.2.2).
pub(super) fn picture() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.unsigned(0);
    bits.unsigned(0);
    // CAVLC, no order of fields, one slice group, one reference.
    bits.put(0, 2);
    bits.unsigned(0);
    bits.unsigned(0);
    bits.unsigned(0);
    // No weights.
    bits.put(0, 3);
    bits.signed(QP - 26);
    bits.signed(0);
    bits.signed(0);
    // Deblocking is told by slices; intra prediction from anything; no redundant pictures.
    bits.put(0b100, 3);
    nal(0x68, &bits.stopped())
}

/// Whether a profile's sequence parameter set tells the format of chroma.
pub(super) fn has_chroma_format(profile: u8) -> bool {
    [100, 110, 122, 244].contains(&profile)
}

/// Usability information (E.1.1), all of it absent but that no picture waits for another.
fn usability(bits: &mut Bits) {
    // Aspect ratio, overscan, type of signal, place of chroma, timing, two HRDs, structure.
    bits.put(0, 8);
    // bitstream_restriction_flag, motion_vectors_over_pic_boundaries_flag.
    bits.put(0b11, 2);
    // Bytes and bits have no limits; motion vectors are up to 2^10 quarters of a sample.
    for limit in [0, 0, 10, 10] {
        bits.unsigned(limit);
    }
    // max_num_reorder_frames, max_dec_frame_buffering.
    bits.unsigned(0);
    bits.unsigned(1);
}

/// How every slice header ends: slice_qp_delta, and no deblocking.
fn slice_ends(bits: &mut Bits) {
    bits.signed(0);
    bits.unsigned(1);
}

/// A macroblock (7.3.5) that is what was predicted, or differs by the step up or down.
fn block(bits: &mut Bits, prediction: u32, step: i32) {
    // mb_type I_16x16 without AC coefficients, intra_chroma_pred_mode DC, mb_qp_delta.
    bits.unsigned(1 + prediction);
    bits.unsigned(0);
    bits.signed(0);
    if step == 0 {
        // coeff_token for no coefficient.
        bits.put(1, 1);
        return;
    }
    // For one, which is no trailing one, where neighbours have none (table 9-5).
    bits.put(0b00_0101, 6);
    // levelCode is 2 * 10 - 2 or 2 * 10 - 1, and 2 less as there is no trailing one: 16 or 17. That
    // is level_prefix 14, and 2 or 3 above it in four bits (9.2.2.1).
    let code = (STEP * 2 - 4 + i32::from(step < 0)) as u32;
    bits.put(1, 15);
    bits.put(code - 14, 4);
    // total_zeros.
    bits.put(1, 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Format = Format { profile: [66, 0xc0, 10], size: (32, 16) };

    #[test]
    fn a_grey_picture_is_known_to_the_bit() {
        // Header: ue(0) 1, ue(7) 0001000, ue(0) 1, frame_num 0000, ue(1) 010, 00, se(0) 1, ue(1)
        // 010. Blocks: ue(3) 00100 1 1 1, ue(2) 011 1 1 1; then 1 and zeros.
        // 1000 1000 | 1000 0010 | 0010 1000 | 1001 1101 | 1111 1000.
        let none = Ink::none(2, 1);
        assert_eq!(SMALL.still(1, &none), [0x65, 0x88, 0x82, 0x28, 0x9d, 0xf8]);
        // 1 00110 1 0011 000 1 010 ue(2) 011 1: 1001 1010 | 0110 0010 | 1001 1100.
        assert_eq!(SMALL.same(3), [0x41, 0x9a, 0x62, 0x9c]);
    }

    #[test]
    fn where_ink_begins_one_number_is_added() {
        let mut bits = Bits::default();
        block(&mut bits, 1, 1);
        // 011 1 1, 000101, fourteen zeros and 1, 0010, 1, and a bit of nothing:
        // 0111 1000 | 1010 0000 | 0000 0000 | 0100 1010.
        assert_eq!(bits.len(), 5 + 6 + 15 + 4 + 1);
        assert_eq!(bits.padded(), [0x78, 0xa0, 0, 0x4a]);
    }

    #[test]
    fn parameters_are_known_to_the_bit() {
        // ue(0) 1, ue(0) 1, 00, ue(0) 1 1 1, 000, se(22) is ue(43): 00000 101100; 1, 1, 100, 1.
        // 1100 1110 | 0000 0001 | 0110 0111 | 0010 0000.
        assert_eq!(picture(), [0x68, 0xce, 0x01, 0x67, 0x20]);
        // 426 by 240 are 27 by 15 blocks, 6 pixels too wide.
        let some = Format { profile: [77, 0x40, 21], size: (426, 240) };
        assert_eq!((some.blocks(), some.seen()), ((27, 15), (26, 15)));
        // 1, 1, ue(2) 011, ue(1) 010, 0, ue(26) 000011011, ue(14) 0001111, 11,
        // 1, ue(0) 1, ue(3) 00100, 1, 1, 1, 0000 0000, 11, 1, 1, ue(10) 0001011 twice, 1,
        // ue(1) 010, and 1 where it stops.
        // 1101 1010 | 0000 0110 | 1100 0111 | 1111 1001 | 0011 1000 | 0000 0111 | 1000 1011 |
        // 0001 0111 | 0101 0000.
        assert_eq!(some.sequence(), {
            [0x67, 77, 0x40, 21, 0xda, 0x06, 0xc7, 0xf9, 0x38, 0x07, 0x8b, 0x17, 0x50]
        });
        let high = Format { profile: [100, 0, 40], ..some };
        assert_eq!(high.sequence().len(), some.sequence().len() + 1);
    }
}
