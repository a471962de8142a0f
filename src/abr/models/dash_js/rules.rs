//! The rules of dash.js that look at one thing each (`rules/abr/*.js`, `AbrController.js`). A
//! representation is its place among those of its type, in the order of `AbrController`.

/// The representations to choose from, in kbit/s.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// By place.
    pub kbps: Vec<f64>,
    /// The places left by filters, none of which are left out if all would be.
    allowed: Vec<usize>,
}

impl Ladder {
    /// Of those between bitrates in kbit/s; a limit of 0 or less is none.
    pub fn new(kbps: Vec<f64>, min: f64, max: f64) -> Self {
        let places = |kept: &dyn Fn(f64) -> bool, of: &[usize]| -> Vec<usize> {
            let left: Vec<_> = of.iter().copied().filter(|&place| kept(kbps[place])).collect();
            if left.is_empty() { of.to_vec() } else { left }
        };
        let all: Vec<_> = (0..kbps.len()).collect();
        let cheap = places(&|rate| max <= 0.0 || rate <= max, &all);
        let allowed = places(&|rate| min <= 0.0 || rate >= min, &cheap);
        Self { kbps, allowed }
    }

    /// The places that may be chosen.
    pub fn allowed(&self) -> &[usize] {
        &self.allowed
    }

    /// The last of them.
    pub fn top(&self) -> usize {
        self.allowed.last().copied().unwrap_or(0)
    }

    /// The last place within a bitrate, or the cheapest.
    pub fn optimal(&self, kbps: f64) -> usize {
        let within = self.allowed.iter().rev().find(|&&place| self.kbps[place] <= kbps);
        let cheaper = |a: &&usize, b: &&usize| self.kbps[**a].total_cmp(&self.kbps[**b]);
        let cheapest = || self.allowed.iter().min_by(cheaper);
        within.filter(|_| kbps > 0.0).or_else(cheapest).copied().unwrap_or(0)
    }
}

/// What a representation is ranked by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ranked {
    /// kbit/s.
    pub kbps: f64,
    /// `@qualityRanking`: less is better.
    pub quality_ranking: Option<f64>,
    /// Pixels a second.
    pub pixels: Option<f64>,
}

/// Places in the order of `AbrController`: by quality ranking if all have one, else by pixels a
/// second, then by bitrate.
pub fn ranked(all: &[Ranked]) -> Vec<usize> {
    let mut places: Vec<_> = (0..all.len()).collect();
    let rankings: Option<Vec<f64>> = all.iter().map(|one| one.quality_ranking).collect();
    let pixels = |place: usize| all[place].pixels.unwrap_or(0.0);
    match rankings {
        Some(rankings) => places.sort_by(|&a, &b| rankings[b].total_cmp(&rankings[a])),
        None => places.sort_by(|&a, &b| {
            let by_pixels = pixels(a).total_cmp(&pixels(b));
            by_pixels.then(all[a].kbps.total_cmp(&all[b].kbps))
        }),
    }
    places
}

/// ThroughputRule: what the safe throughput carries, unless a request has just been abandoned, or
/// an on-demand buffer is empty.
pub fn by_throughput(
    ladder: &Ladder,
    safe: f64,
    abandoning: bool,
    stalled: bool,
    live: bool,
) -> Option<usize> {
    (!abandoning && (!stalled || live)).then(|| ladder.optimal(safe))
}

/// Of the throughput times what is buffered, the share that InsufficientBufferRule spends.
const SAFETY: f64 = 0.7;

/// InsufficientBufferRule, once `ignored` segments are there: the lowest of an empty buffer, else
/// what comes before the buffer is empty.
pub fn by_buffer(
    ladder: &Ladder,
    average: f64,
    (buffer, duration): (f64, f64),
    stalled: bool,
    (appended, ignored): (u32, u32),
) -> Option<usize> {
    let kbps = if stalled { 0.0 } else { average * SAFETY * buffer / duration };
    (appended >= ignored && duration > 0.0).then(|| ladder.optimal(kbps))
}

/// What a rule asks for: a bitrate or place, and how much that matters.
pub type Wish = (f64, f64);

/// Of the requests of the rules, the cheapest of the highest priority.
pub fn least(wishes: impl Iterator<Item = Wish> + Clone) -> Option<Wish> {
    let highest = wishes.clone().map(|(_, priority)| priority).fold(f64::NEG_INFINITY, f64::max);
    wishes.filter(|(_, priority)| *priority == highest).min_by(|a, b| a.0.total_cmp(&b.0))
}

/// A request under way, as AbandonRequestsRule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    /// Its representation.
    pub place: usize,
    /// Seconds of media.
    pub duration: f64,
    /// Bytes in all, and so far.
    pub total: f64,
    /// See [`total`](Self::total).
    pub loaded: f64,
    /// Bytes and milliseconds of its progress, without the first.
    pub bytes: f64,
    /// See [`bytes`](Self::bytes).
    pub millis: f64,
}

/// The settings of AbandonRequestsRule.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// `minThroughputSamplesThreshold`: pieces of progress before it looks.
    pub samples: u32,
    /// `minSegmentDownloadTimeThresholdMs`: and milliseconds since the first byte.
    pub grace: f64,
    /// `abandonDurationMultiplier`: times the media that a request may take.
    pub multiplier: f64,
}

/// AbandonRequestsRule: what to fetch instead, and the throughput, if a request looks like taking
/// too long and less is to come of another.
pub fn abandoned(ladder: &Ladder, loading: &Loading, multiplier: f64) -> Option<(usize, f64)> {
    let Loading { place, duration, total, loaded, bytes, millis } = *loading;
    let kbps = libm::round(8.0 * bytes / millis.max(1.0));
    let takes = libm::round(100.0 * 8.0 * total / kbps / 1e3) / 100.0;
    if takes < multiplier * duration || Some(&place) == ladder.allowed.first() {
        return None;
    }
    let optimal = ladder.optimal(kbps);
    let other = total * ladder.kbps[optimal] / ladder.kbps[place];
    (optimal != place && total - loaded > other).then_some((optimal, kbps))
}

impl Patience {
    /// Milliseconds until a request may be looked at, so many after its first byte and with so many
    /// pieces of progress; 0 or less if it may.
    pub fn left(&self, millis: f64, pieces: f64) -> f64 {
        let each = millis / pieces.max(1.0);
        let grace = if millis > self.grace { 0.0 } else { self.grace - millis + 1.0 };
        grace.max((f64::from(self.samples) - pieces) * each)
    }
}
