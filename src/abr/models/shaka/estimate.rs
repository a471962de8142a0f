//! What Shaka takes the bandwidth to be (`ewma_bandwidth_estimator.js`, `simple_abr_manager.js`).
//!
//! Every piece of a response that took long enough and is large enough is a sample, whoever it was
//! for: sound and picture feed one estimate, each seeing only its own share of the link.

use super::super::Mean;

/// The lesser of a fast and a slow average, once enough has been seen.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    fast: Mean,
    slow: Mean,
    /// Bytes of all samples.
    seen: f64,
    rule: Rule,
}

/// What counts as a sample.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Half-lives in seconds: fast and slow.
    pub half_lives: [f64; 2],
    /// Bytes before the default is given up.
    pub min_total_bytes: f64,
    /// The least bytes of a sample.
    pub min_bytes: f64,
    /// In milliseconds: what came sooner came from a cache.
    pub cache_threshold: f64,
}

impl Estimate {
    /// Of nothing yet.
    pub fn new(rule: Rule) -> Self {
        let [fast, slow] = rule.half_lives.map(Mean::new);
        Self { fast, slow, seen: 0.0, rule }
    }

    /// Takes in a piece: so many milliseconds, so many bytes.
    pub fn add(&mut self, millis: f64, bytes: f64) {
        if millis < self.rule.cache_threshold || bytes < self.rule.min_bytes {
            return;
        }
        let bandwidth = 8_000.0 * bytes / millis;
        self.seen += bytes;
        self.fast.add(millis / 1e3, bandwidth);
        self.slow.add(millis / 1e3, bandwidth);
    }

    /// Whether enough has been seen.
    pub fn is_good(&self) -> bool {
        self.seen >= self.rule.min_total_bytes
    }

    /// In bits per second, or the default.
    pub fn get(&self, default: f64) -> f64 {
        match (self.fast.get(), self.slow.get()) {
            (Some(fast), Some(slow)) if self.is_good() => fast.min(slow),
            _ => default,
        }
    }
}
