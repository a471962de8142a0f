//! O.22 of mode 0: how good the picture looks, each second (ITU-T P.1203.1).
//!
//! The idea to hold: three impairments add up, of quantisation, of upscaling and of few frames a
//! second; mode 0 tells quantisation from nothing but the bitrate, the resolution and the frame
//! rate.

use super::scale::{of_score, score};
use crate::media::{FrameRate, Resolution};

/// What scores of one picture have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    /// Pixels in a second.
    pixels: f64,
    /// The impairment of upscaling.
    upscaled: f64,
    /// The share of what is left that is lost to few frames a second.
    jerky: f64,
    mobile: bool,
}

impl Picture {
    /// Of frames of that size, so many a second, on a screen of that size.
    pub(super) fn new(size: Resolution, rate: FrameRate, screen: Resolution, mobile: bool) -> Self {
        let pixels = |of: Resolution| f64::from(of.width) * f64::from(of.height);
        let fps = rate.as_f64();
        let scale = (pixels(screen) / pixels(size)).max(1.0);
        let upscaled = 72.61 * libm::log10(0.32 * (scale - 1.0) + 1.0);
        Self {
            pixels: pixels(size) * fps,
            upscaled: upscaled.clamp(0.0, 100.0),
            jerky: if fps < 24.0 { (30.98 - 1.29 * fps) / (64.65 + fps) } else { 0.0 },
            mobile,
        }
    }

    /// The score at a bitrate of so many kilobits a second.
    pub(super) fn o22(&self, kbps: f64) -> f64 {
        // What holds no bit at all has no logarithm.
        let kbps = kbps.max(1e-3);
        // One logarithm of the product for two, of the bitrate and of bits to the pixel.
        let bits = kbps * (kbps * kbps / self.pixels + 0.131_831_659_61);
        let inner = 41.247_507_400_1 + libm::log(bits);
        let quantisation = 11.998_351_9 - 2.999_918_47 * libm::log(inner);
        let coded = (4.66 - 0.07 * libm::exp(4.06 * quantisation)).clamp(1.0, 5.0);
        let coded = (100.0 - of_score(coded)).clamp(0.0, 100.0);
        let jerky = ((100.0 - coded - self.upscaled) * self.jerky).clamp(0.0, 100.0);
        let seen = score(100.0 - (coded + self.upscaled + jerky).clamp(0.0, 100.0));
        if self.mobile { handheld(seen) } else { seen }
    }
}

/// The same picture on a screen in the hand.
fn handheld(seen: f64) -> f64 {
    let cubic = ((0.034_09 * seen - 0.369_36) * seen + 2.123_82) * seen - 0.602_93;
    cubic.clamp(1.0, 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD: Resolution = Resolution { width: 1_920, height: 1_080 };
    const QUARTER: Resolution = Resolution { width: 960, height: 540 };

    fn rate(frames: u32) -> FrameRate {
        FrameRate { frames, seconds: 1 }
    }

    #[test]
    fn upscaling_and_few_frames_take_their_share() {
        // Four times the pixels: 72.61·log10(0.32·3 + 1) = 72.61·0.292256.
        let scaled = Picture::new(QUARTER, rate(25), HD, false);
        assert!((scaled.upscaled - 21.220_713).abs() < 1e-5, "{}", scaled.upscaled);
        assert_eq!((scaled.jerky, scaled.pixels), (0.0, 12_960_000.0));
        // (30.98 − 15.48) / 76.65.
        let jerky = Picture::new(HD, rate(12), HD, false);
        assert!((jerky.jerky - 15.5 / 76.65).abs() < 1e-12);
        assert_eq!(jerky.upscaled, 0.0, "and downscaling none");
    }

    #[test]
    fn a_picture_looks_better_the_more_bits_it_has_and_in_the_hand() {
        let desk = Picture::new(HD, rate(24), HD, false);
        let hand = Picture::new(HD, rate(24), HD, true);
        let scores = [200.0, 1_000.0, 5_000.0].map(|kbps| desk.o22(kbps));
        assert!(scores.is_sorted_by(|low, high| low < high), "{scores:?}");
        assert!(hand.o22(1_000.0) > desk.o22(1_000.0));
        // −0.60293 + 2.12382·3 − 0.36936·9 + 0.03409·27.
        assert!((handheld(3.0) - 3.364_72).abs() < 1e-9);
    }
}
