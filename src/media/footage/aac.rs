//! Silence in AAC-LC, in frames of any size.
//!
//! The idea to hold: a frame in which no band of frequencies is coded is silent, and takes six
//! bytes in stereo (ISO/IEC 14496-3, 4.4.2). What it should weigh more is fill elements, which
//! decoders pass over, and of which one holds up to 269 bytes.

use super::bits::Bits;

/// Samples per second.
pub(super) const RATE: u32 = 48_000;

/// Samples in a frame.
pub(super) const SAMPLES: u32 = 1_024;

/// Channels.
pub(super) const CHANNELS: u16 = 2;

/// The size of the smallest frame: 43 bits of two silent channels and 3 that end it.
pub(super) const LEAST: u64 = 6;

/// The size of the largest: 6,144 bits a channel (4.5.3.1).
pub(super) const MOST: u64 = 6_144 / 8 * CHANNELS as u64;

/// The most bytes of one fill element: 14 are told in four bits, more in eight further ones.
const FILL: u64 = 15 + 255 - 1;

/// What `AudioSpecificConfig` says (1.6.2.1): AAC-LC, object type 2; 48 kHz, index 3; two channels;
/// and three flags that are not set.
pub(super) fn config() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(2, 5);
    bits.put(3, 4);
    bits.put(2, 4);
    bits.put(0, 3);
    bits.padded()
}

/// A silent frame of exactly so many bytes.
pub(super) fn frame(size: u64) -> Vec<u8> {
    debug_assert!((LEAST..=MOST).contains(&size), "{size}");
    let mut bits = Bits::with_capacity(size as usize);
    channels(&mut bits);
    // Three bits are kept for the end. What is too short for an element is alignment.
    let mut left = size * 8 - bits.len() - 3;
    while left >= 7 {
        left -= match left {
            ..135 => fill(&mut bits, ((left - 7) / 8).min(14)),
            _ => fill(&mut bits, ((left - 15) / 8).min(FILL)),
        };
    }
    // ID_END.
    bits.put(7, 3);
    bits.padded()
}

/// A channel pair element (4.4.2.1) of which `max_sfb` is 0.
fn channels(bits: &mut Bits) {
    // ID_CPE, tag 0, common_window.
    bits.put(1, 3);
    bits.put(0, 4);
    bits.put(1, 1);
    // ics_info: reserved, ONLY_LONG_SEQUENCE, a window of sines, max_sfb 0, no prediction.
    bits.put(0, 1 + 2 + 1 + 6 + 1);
    // ms_mask_present.
    bits.put(0, 2);
    for _ in 0..CHANNELS {
        // global_gain; neither pulses, noise shaping nor gain control.
        bits.put(0, 8 + 3);
    }
}

/// A fill element of so many bytes; how many bits it takes.
fn fill(bits: &mut Bits, bytes: u64) -> u64 {
    let before = bits.len();
    // ID_FIL.
    bits.put(6, 3);
    match bytes {
        ..15 => bits.put(bytes as u32, 4),
        _ => {
            bits.put(15, 4);
            bits.put((bytes - 14) as u32, 8);
        }
    }
    if bytes > 0 {
        // EXT_FILL_DATA, and a nibble of zeros; then as 4.5.2.9 has it.
        bits.put(0x10, 8);
    }
    for _ in 1..bytes {
        bits.put(0xa5, 8);
    }
    bits.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_frame_is_known_to_the_bit() {
        // 001 0000 1 | 00000000 | 000 00 000 | 00000 000 | 00000000 000 111 then two of alignment:
        // CPE, tag, common | ics_info is 11 bits of zeros | mask 2, gain 8 + 3, gain 8 + 3 | END.
        // 3 + 4 + 1 + 11 + 2 + 22 = 43 bits, so END is bits 44 to 46 of 48.
        assert_eq!(frame(LEAST), [0x21, 0, 0, 0, 0, 0b0001_1100]);
        // 00010 0011 0010 000.
        assert_eq!(config(), [0x11, 0x90]);
    }

    #[test]
    fn a_frame_is_as_large_as_it_should_be() {
        for size in LEAST..=MOST {
            assert_eq!(frame(size).len() as u64, size);
        }
        // Seven bytes: 43 bits, an empty fill element (110 0000), END: 53 of 56.
        assert_eq!(frame(7), [0x21, 0, 0, 0, 0, 0b0001_1000, 0b0011_1000]);
    }
}
