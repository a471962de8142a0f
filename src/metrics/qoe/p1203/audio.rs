//! O.21: how good the sound is, each second (ITU-T P.1203.2).
//!
//! The idea to hold: it is told by the codec and the bitrate alone.

use super::Codec;
use super::scale::score;

impl Codec {
    /// What its coding costs: the Recommendation's a2 and a3.
    const fn constants(self) -> (f64, f64) {
        match self {
            Self::Mp2 => (-0.02, 15.48),
            Self::Ac3 => (-0.03, 15.70),
            Self::AacLc => (-0.05, 14.60),
            Self::HeAac => (-0.11, 20.06),
        }
    }
}

/// The score at a bitrate of so many kilobits a second.
pub(super) fn o21(codec: Codec, kbps: f64) -> f64 {
    let (a2, a3) = codec.constants();
    score(100.0 - (100.0 * libm::exp(a2 * kbps) + a3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_as_good_as_its_bits_allow() {
        // 100·e^(−0.05·20) = 36.787944; less 14.6, 48.612056 are left:
        // 1.05 + 1.871564 + 48.612056·(−11.387944)·51.387944·7e-6 = 2.921564 − 0.199136.
        assert!((o21(Codec::AacLc, 20.0) - 2.722_428).abs() < 1e-6);
        // Much of it loses no more than the constant: 100 − 20.06.
        assert_eq!(o21(Codec::HeAac, 1e4), score(79.94));
        assert!(o21(Codec::Mp2, 128.0) < o21(Codec::Ac3, 128.0));
    }
}
