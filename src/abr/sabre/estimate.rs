//! What Sabre takes the link to do: two exponentially weighted means, the more cautious counts.

/// Throughput and latency, as estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// In kbit/s, from the first bit of a transfer to its last.
    pub throughput: f64,
    /// In milliseconds, from the request to the first bit.
    pub latency: f64,
}

/// Means over a short and a long memory, corrected for having begun at nothing: of throughput,
/// weighted by how long transfers took, the lower; of latency, by transfer, the higher
/// (dash.js has these half-lives for video on demand).
#[derive(Clone, Copy, Debug)]
pub struct Ewma {
    /// Milliseconds, and segments.
    half_lives: [(f64, f64); 2],
    throughput: [f64; 2],
    latency: [f64; 2],
    /// Milliseconds and transfers seen.
    weight: (f64, f64),
}

impl Ewma {
    /// Half-lives of 3 and 8 s, which are so many segments of `segment` milliseconds.
    pub fn new(segment: f64) -> Self {
        let half_lives = [3_000.0, 8_000.0].map(|half_life| (half_life, half_life / segment));
        Self { half_lives, throughput: [0.0; 2], latency: [0.0; 2], weight: (0.0, 0.0) }
    }

    /// Takes in a transfer of so many milliseconds from its first bit; returns what is now thought.
    pub fn add(&mut self, millis: f64, sample: Estimate) -> Estimate {
        self.weight.0 += millis;
        self.weight.1 += 1.0;
        let (mut throughput, mut latency) = (f64::INFINITY, 0.0_f64);
        for (i, (time, count)) in self.half_lives.into_iter().enumerate() {
            let mean = &mut self.throughput[i];
            *mean = blend(*mean, sample.throughput, millis / time);
            throughput = throughput.min(*mean / (1.0 - halved(self.weight.0 / time)));
            let mean = &mut self.latency[i];
            *mean = blend(*mean, sample.latency, 1.0 / count);
            latency = latency.max(*mean / (1.0 - halved(self.weight.1 / count)));
        }
        Estimate { throughput, latency }
    }
}

/// A mean after a sample that weighs so many half-lives.
fn blend(mean: f64, sample: f64, half_lives: f64) -> f64 {
    let kept = halved(half_lives);
    kept * mean + (1.0 - kept) * sample
}

/// What is left after so many half-lives.
fn halved(half_lives: f64) -> f64 {
    libm::exp2(-half_lives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_throughput_and_the_higher_latency_count() {
        let sample = |throughput, latency| Estimate { throughput, latency };
        let mut ewma = Ewma::new(3_000.0);
        // A first sample is believed as it is.
        let first = ewma.add(3_000.0, sample(4_000.0, 20.0));
        assert!((first.throughput - 4_000.0).abs() < 1e-9, "{first:?}");
        assert!((first.latency - 20.0).abs() < 1e-9, "{first:?}");
        // Half-life 3 s: (1/4·4000 + 1/2·1000) / (3/4) = 2000. With one of 8 s, r = 2^(−3/8):
        // (r(1−r)·4000 + (1−r)·1000) / (1−r²) = (4000 r + 1000) / (1 + r) = 2305. Latency, in
        // segments, is weighed the same: 46.7 and 43.5 ms.
        let second = ewma.add(3_000.0, sample(1_000.0, 60.0));
        assert!((second.throughput - 2_000.0).abs() < 1e-9, "{second:?}");
        assert!((second.latency - 140.0 / 3.0).abs() < 1e-9, "{second:?}");
    }
}
