//! Bits as H.264 and AAC have them, written one after another.
//!
//! The idea to hold: the first bit is the highest of the first byte. Numbers of no fixed length are
//! Exp-Golomb codes (ITU-T H.264, 9.1): `n + 1` in binary, with as many zeros before it as it has
//! bits after its first.

/// Bits, written one after another.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits that fill no byte yet, fewer than eight.
    pending: u64,
    count: u32,
}

impl Bits {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// The lowest bits of a number, up to 32 of them: `u(n)`.
    pub(super) fn put(&mut self, value: u32, bits: u32) {
        debug_assert!(bits <= 32 && u64::from(value) < 1 << bits, "{value} in {bits} bits");
        self.pending = self.pending << bits | u64::from(value);
        self.count += bits;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.pending >> self.count) as u8);
        }
        self.pending &= (1 << self.count) - 1;
    }

    /// One bit.
    pub(super) fn flag(&mut self, set: bool) {
        self.put(u32::from(set), 1);
    }

    /// An unsigned number: `ue(v)`.
    pub(super) fn unsigned(&mut self, value: u32) {
        debug_assert!(value < u32::MAX >> 1);
        let after = (value + 1).ilog2();
        self.put(0, after);
        self.put(value + 1, after + 1);
    }

    /// A signed number, of which 1, -1, 2, -2 are the unsigned 1, 2, 3, 4: `se(v)`.
    pub(super) fn signed(&mut self, value: i32) {
        let twice = value.unsigned_abs() * 2;
        self.unsigned(if value > 0 { twice - 1 } else { twice });
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64 * 8 + u64::from(self.count)
    }

    /// The bytes, the last filled up with zeros.
    pub(super) fn padded(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
        self.bytes
    }

    /// The bytes of an RBSP: a one, and zeros up to the byte (7.3.2.11).
    pub(super) fn stopped(mut self) -> Vec<u8> {
        self.flag(true);
        self.padded()
    }
}

/// A NAL unit from its header and payload. Where two zeros are followed by what could be taken for
/// a start code, a 3 comes between (7.4.1.1).
pub(super) fn nal(header: u8, payload: &[u8]) -> Vec<u8> {
    let mut unit = Vec::with_capacity(payload.len() + payload.len() / 64 + 2);
    unit.push(header);
    let mut zeros = 0;
    for &byte in payload {
        if zeros == 2 && byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Bits)) -> (u64, Vec<u8>) {
        let mut bits = Bits::default();
        write(&mut bits);
        (bits.len(), bits.padded())
    }

    #[test]
    fn numbers_of_no_fixed_length_are_as_table_9_2_has_them() {
        // 0: 1, 1: 010, 2: 011, 3: 00100, 7: 0001000; in a row 1010 0110 0100 0001 000.
        let some = |bits: &mut Bits| [0, 1, 2, 3, 7].map(|n| bits.unsigned(n));
        assert_eq!(written(|bits| _ = some(bits)), (19, vec![0b1010_0110, 0b0100_0001, 0]));
        // 0, 1, -1, 2, -2 are 0 to 4: 1 010 011 00100 00101.
        let some = |bits: &mut Bits| [0, 1, -1, 2, -2].map(|n| bits.signed(n));
        assert_eq!(
            written(|bits| _ = some(bits)),
            (17, vec![0b1010_0110, 0b0100_0010, 0b1000_0000])
        );
    }

    #[test]
    fn bits_stop_with_a_one() {
        let mut bits = Bits::default();
        bits.put(0xabcd_ef01, 32);
        bits.put(0b101, 3);
        assert_eq!(bits.stopped(), [0xab, 0xcd, 0xef, 0x01, 0b1011_0000]);
        assert_eq!(Bits::default().stopped(), [0x80]);
    }

    #[test]
    fn nothing_in_a_unit_looks_like_a_start_code() {
        assert_eq!(nal(0x67, &[0, 0, 1, 0, 0, 0, 0, 4]), { [0x67, 0, 0, 3, 1, 0, 0, 3, 0, 0, 4] });
        assert_eq!(nal(0x67, &[0, 0, 0, 0, 2]), [0x67, 0, 0, 3, 0, 0, 3, 2]);
        assert_eq!(nal(0x67, &[0, 1, 0, 0, 4]), [0x67, 0, 1, 0, 0, 4]);
    }
}
