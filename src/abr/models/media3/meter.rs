//! What Media3 takes the bandwidth to be (`upstream/DefaultBandwidthMeter.java`,
//! `upstream/SlidingPercentile.java`): a weighted median of the latest transfers.

/// Values with weights, of which the latest of so much weight in all are kept.
#[derive(Clone, Debug)]
pub struct SlidingPercentile {
    /// Oldest first.
    samples: Vec<(u32, f32)>,
    /// The same by value, made anew when asked.
    sorted: Vec<(u32, f32)>,
    total: u32,
    most: u32,
}

impl SlidingPercentile {
    /// Of this weight at most.
    pub fn new(most: u32) -> Self {
        let room = (most as usize).min(4_096) + 1;
        let (samples, sorted) = (Vec::with_capacity(room), Vec::with_capacity(room));
        Self { samples, sorted, total: 0, most }
    }

    /// Adds a value; the oldest lose as much weight as is too much.
    pub fn add(&mut self, weight: u32, value: f32) {
        if weight == 0 {
            return;
        }
        self.samples.push((weight, value));
        self.total += weight;
        let mut gone = 0;
        while self.total > self.most {
            let excess = self.total - self.most;
            let oldest = &mut self.samples[gone];
            if oldest.0 <= excess {
                self.total -= oldest.0;
                gone += 1;
            } else {
                oldest.0 -= excess;
                self.total -= excess;
            }
        }
        self.samples.drain(..gone);
    }

    /// The value that this share of the weight does not exceed; nothing without a sample.
    pub fn get(&mut self, share: f32) -> Option<f32> {
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.samples);
        self.sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
        let desired = share * self.total as f32;
        let mut weight = 0;
        let reached = self.sorted.iter().find(|sample| {
            weight += sample.0;
            weight as f32 >= desired
        });
        reached.or(self.sorted.last()).map(|sample| sample.1)
    }
}

/// The meter.
#[derive(Clone, Debug)]
pub struct Meter {
    median: SlidingPercentile,
    estimate: f64,
    measured: bool,
    /// Milliseconds and bytes of all samples.
    elapsed: f64,
    bytes: f64,
}

/// A median counts once samples took so many milliseconds, or have so many bytes.
const ENOUGH: (f64, f64) = (2_000.0, 512.0 * 1_024.0);

impl Meter {
    /// With this estimate in bits per second until there is a median.
    pub fn new(most: u32, initial: f64) -> Self {
        let median = SlidingPercentile::new(most);
        Self { median, estimate: initial, measured: false, elapsed: 0.0, bytes: 0.0 }
    }

    /// Takes in that so many bytes came in so many milliseconds, over all transfers at the time.
    pub fn add(&mut self, millis: f64, bytes: f64) {
        // Whole milliseconds, as its clock has them.
        let millis = libm::floor(millis);
        self.elapsed += millis;
        self.bytes += bytes;
        if millis <= 0.0 {
            return;
        }
        let value = bytes as f32 * 8_000.0 / millis as f32;
        self.median.add(libm::sqrt(bytes) as u32, value);
        if self.elapsed < ENOUGH.0 && self.bytes < ENOUGH.1 {
            return;
        }
        if let Some(median) = self.median.get(0.5) {
            (self.estimate, self.measured) = (libm::floor(f64::from(median)), true);
        }
    }

    /// What is assumed until there is a median.
    pub fn assume(&mut self, initial: f64) {
        (self.estimate, self.measured) = (initial, true);
    }

    /// Bits per second.
    pub fn get(&self) -> f64 {
        self.estimate
    }

    /// Whether that was measured.
    pub fn is_measured(&self) -> bool {
        self.measured
    }
}
