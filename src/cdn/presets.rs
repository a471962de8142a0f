//! Stores whose figures are known, or assumed; each says which.

use super::{Latency, Store, Tail};
use crate::units::{Bitrate, Span};

/// A kind of store.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What scenarios call it.
    pub name: &'static str,
    /// Half of the requests take longer, one in a hundred, one in a thousand.
    pub quantiles: [Span; 3],
    /// What one connection carries.
    pub bandwidth: Bitrate,
    /// Where the figures are from.
    pub source: &'static str,
}

/// All of them.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "memory",
        quantiles: [Span::from_millis(1), Span::from_millis(5), Span::from_millis(20)],
        bandwidth: Bitrate::kbps(10_000_000),
        source: "assumed: a store in memory one hop away, on 10 Gbps",
    },
    Preset {
        name: "object-store",
        quantiles: [Span::from_millis(150), Span::from_millis(1_000), Span::from_millis(3_000)],
        bandwidth: Bitrate::kbps(680_000),
        source: "Amazon S3 User Guide, \"Performance design patterns\": first bytes in 100 to 200 \
                 ms, 85 MB/s per request; the quantiles above the median are assumed",
    },
    Preset {
        name: "disk",
        quantiles: [Span::from_millis(13), Span::from_millis(60), Span::from_millis(250)],
        bandwidth: Bitrate::kbps(1_200_000),
        source: "a seek of 8.5 ms and half a turn at 7,200 a minute, 4.2 ms; the quantiles above \
                 the median and 150 MB/s are assumed",
    },
];

impl Preset {
    /// As an origin needs it.
    pub fn store(&self) -> Store {
        let [median, p99, p999] = self.quantiles;
        let latency = Latency::Quantiles(median, Tail { p99, p999 });
        Store { latency, bandwidth: Some(self.bandwidth) }
    }
}
