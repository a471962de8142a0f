//! Which format Media3 loads next, and what of the queue it would rather load again
//! (`trackselection/AdaptiveTrackSelection.java`). Times are seconds, bitrates bits per second.

/// The settings heeded.
#[derive(Clone, Copy, Debug)]
pub struct Gates {
    /// `minDurationForQualityIncreaseMs`
    pub increase: f64,
    /// `maxDurationForQualityDecreaseMs`
    pub decrease: f64,
    /// `minDurationToRetainAfterDiscardMs`
    pub retain: f64,
    /// `maxWidthToDiscard` and `maxHeightToDiscard`
    pub discard: (u32, u32),
    /// `bandwidthFraction`
    pub fraction: f32,
    /// `bufferedFractionToLiveEdgeForQualityIncrease`
    pub live_fraction: f64,
}

/// What may be spent of an estimate on chunks of a length, if one is known, at a playback rate:
/// less the wait for a first byte, if that is known.
pub fn allocatable(
    estimate: f64,
    gates: &Gates,
    chunk: Option<f64>,
    rate: f64,
    ttfb: Option<f64>,
) -> f64 {
    let cautious = libm::floor(f64::from(estimate as f32 * gates.fraction));
    libm::floor(match (chunk, ttfb) {
        (Some(chunk), Some(ttfb)) => cautious * (chunk / rate - ttfb).max(0.0) / chunk,
        _ => cautious / rate,
    })
}

/// The best of bitrates in ascending order within what may be spent, or the least.
pub fn ideal(bitrates: &[f64], allocated: f64) -> usize {
    bitrates.iter().rposition(|&bitrate| bitrate <= allocated).unwrap_or(0)
}

/// What is known when a format is to be chosen.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The format of the last chunk.
    pub last: Option<usize>,
    /// Seconds buffered.
    pub buffered: f64,
    /// Of a live stream, seconds from the playhead to the edge.
    pub available: Option<f64>,
    /// Seconds of the next chunk.
    pub chunk: Option<f64>,
}

/// The format of the next chunk: the ideal one, unless there is too little buffered to go up, or
/// enough to put off going down.
pub fn update(bitrates: &[f64], ideal: usize, gates: &Gates, facts: &Facts) -> usize {
    let Some(last) = facts.last else { return ideal };
    let increase = match facts.available {
        Some(available) => {
            let ahead = available - facts.chunk.unwrap_or(0.0);
            (gates.live_fraction * ahead).min(gates.increase)
        }
        None => gates.increase,
    };
    let up = bitrates[ideal] > bitrates[last] && facts.buffered < increase;
    let down = bitrates[ideal] < bitrates[last] && facts.buffered >= gates.decrease;
    if up || down { last } else { ideal }
}

/// A chunk of the queue: where it begins, in seconds of playback from now, and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    /// Seconds until it is played.
    pub playout: f64,
    /// Bits per second.
    pub bitrate: f64,
    /// Its picture, if it says so.
    pub size: Option<(u32, u32)>,
}

/// How many chunks of the queue are kept: those before the first that is late enough, worse than
/// the ideal one and of a small picture.
pub fn kept(
    queue: impl ExactSizeIterator<Item = Chunk> + DoubleEndedIterator + Clone,
    gates: &Gates,
    ideal: &Chunk,
) -> usize {
    let count = queue.len();
    let last = queue.clone().next_back();
    if last.is_none_or(|last| last.playout < gates.retain) {
        return count;
    }
    let poor = |chunk: Chunk| {
        let (Some((width, height)), Some((_, better))) = (chunk.size, ideal.size) else {
            return false;
        };
        chunk.playout >= gates.retain
            && chunk.bitrate < ideal.bitrate
            && height < better
            && width <= gates.discard.0
            && height <= gates.discard.1
    };
    queue.clone().position(poor).unwrap_or(count)
}

/// What all formats together take and what one group of them gets of it, step by step.
pub type Checkpoints = Vec<(f64, f64)>;

/// How the bandwidth is shared among groups of formats, each in ascending order of bitrate: from
/// all at their least, one group after the other goes up by a format, in the order of where in the
/// logarithm of its bitrates it is; at last those that can choose have twice what they need.
pub fn checkpoints(groups: &[Vec<f64>]) -> Vec<Checkpoints> {
    let mut order: Vec<(f64, usize)> = Vec::new();
    for (group, bitrates) in groups.iter().enumerate() {
        let logs: Vec<_> = bitrates.iter().map(|&b| libm::log(b.max(1.0))).collect();
        let range = logs.last().unwrap_or(&0.0) - logs.first().unwrap_or(&0.0);
        for pair in logs.windows(2) {
            let point = 0.5 * (pair[0] + pair[1]);
            order.push((if range == 0.0 { 1.0 } else { (point - logs[0]) / range }, group));
        }
    }
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut at = vec![0; groups.len()];
    let mut current: Vec<f64> = groups.iter().map(|g| g.first().copied().unwrap_or(0.0)).collect();
    let mut all = vec![vec![(0.0, 0.0)]; groups.len()];
    let add = |all: &mut Vec<Checkpoints>, current: &[f64]| {
        let total: f64 = current.iter().sum();
        for (points, own) in all.iter_mut().zip(current) {
            points.push((total, *own));
        }
    };
    add(&mut all, &current);
    for (_, group) in order {
        at[group] += 1;
        current[group] = groups[group][at[group]];
        add(&mut all, &current);
    }
    for (own, bitrates) in current.iter_mut().zip(groups) {
        *own *= if bitrates.len() > 1 { 2.0 } else { 1.0 };
    }
    add(&mut all, &current);
    all
}

/// What a group gets of what may be spent in all.
pub fn allocated(points: &[(f64, f64)], total: f64) -> f64 {
    let mut next = 1;
    while next + 1 < points.len() && points[next].0 < total {
        next += 1;
    }
    let ((from, low), (to, high)) = (points[next - 1], points[next]);
    let fraction = (total - from) / (to - from).max(f64::MIN_POSITIVE);
    low + libm::trunc(fraction * (high - low))
}
