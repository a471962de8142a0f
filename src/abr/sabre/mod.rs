//! Algorithms as Sabre states them: in milliseconds, bits and kbit/s of floating point.
//!
//! The idea to hold: a [`Rule`] is an algorithm's arithmetic in Sabre's units and in its order of
//! operations, down to which of two equal rungs wins, so that, asked by [`world::stepped::sabre`],
//! it gives that simulator's numbers to the last digit printed; `player.rs` puts the same rule to
//! the questions that every other player asks.
//!
//! Source: Spiteri, Sitaraman, Sparacio, "From theory to practice: improving bitrate adaptation in
//! the DASH reference player", MMSys 2018, and the simulator published with it (Sabre,
//! github.com/UMass-LIDS/sabre, `src/sabre.py`).
//!
//! [`world::stepped::sabre`]: crate::world::stepped::sabre

mod estimate;
mod player;

pub(super) mod bola;
pub(super) mod bola_e;
pub(super) mod dynamic;
pub(super) mod dynamic_dash;
pub(super) mod throughput;

use crate::media::{Rung, Track};

pub use estimate::{Estimate, Ewma};
pub(super) use player::by_rule;

/// An algorithm, asked about one track.
pub trait Rule: Send {
    /// The next segment may be fetched: which rung, after how many milliseconds?
    fn choose(&mut self, facts: &Facts<'_>) -> (usize, f64);

    /// The buffer was full for so many milliseconds.
    fn waited(&mut self, _millis: f64) {}

    /// A transfer ended. With it in the buffer, if it was not abandoned, there are `level`
    /// milliseconds.
    fn fetched(&mut self, _rungs: &Rungs, _level: f64, _fetched: &Fetched) {}

    /// Whether it ever abandons a transfer; if not, it is not shown any.
    fn abandons(&self) -> bool;

    /// Of a transfer with more to come: the cheaper rung to fetch instead, if it is not worth
    /// waiting for.
    fn abandon(&mut self, _facts: &Facts<'_>, _progress: &Progress) -> Option<usize> {
        None
    }
}

/// What a rule may know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The ladder.
    pub rungs: &'a Rungs,
    /// The segment in question, of so many.
    pub segment: usize,
    /// How many there are.
    pub segments: usize,
    /// Milliseconds of media in the buffer, with what is left of the segment on display.
    pub level: f64,
    /// The most there may be.
    pub target: f64,
    /// What the link is taken to do.
    pub estimate: Estimate,
}

/// How far a transfer has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The rung fetched.
    pub rung: usize,
    /// Bits in all.
    pub size: f64,
    /// Bits that have come.
    pub received: f64,
    /// Milliseconds since it was asked for.
    pub time: f64,
    /// Of those, until the first bit.
    pub first_bit: f64,
}

/// A transfer that ended.
#[derive(Clone, Copy, Debug)]
pub struct Fetched {
    /// How.
    pub progress: Progress,
    /// The rung it was abandoned for.
    pub abandoned_for: Option<usize>,
    /// Whether it was to take the place of a segment in the buffer.
    pub replaces: bool,
}

/// A ladder in Sabre's units.
#[derive(Clone, Debug)]
pub struct Rungs {
    /// Milliseconds of media in a segment.
    pub segment: f64,
    /// By rung.
    pub kbps: Vec<f64>,
}

impl Rungs {
    /// Of a track, whose segments are all taken to last as long as the first.
    pub fn of(track: &Track) -> Self {
        let bitrates = track.ladder.bitrates().iter();
        // A ladder may begin at nothing, a logarithm may not.
        let kbps = bitrates.map(|bitrate| bitrate.as_kbps_f64().max(0.001)).collect();
        Self { segment: track.duration(0).as_millis_f64(), kbps }
    }

    /// The highest rung, stepping up from the lowest, of which a segment comes in no longer than it
    /// plays: `latency + segment · bitrate / throughput ≤ segment`.
    pub fn sustained(&self, estimate: Estimate) -> usize {
        let Estimate { throughput, latency } = estimate;
        let takes = |kbps: f64| latency + self.segment * kbps / throughput;
        self.kbps[1..].iter().take_while(|&&kbps| takes(kbps) <= self.segment).count()
    }

    /// The highest rung.
    pub fn top(&self) -> usize {
        self.kbps.len() - 1
    }

    /// About how large a segment is on another rung than the one it has so many bits on.
    fn resized(&self, size: f64, from: usize, to: usize) -> f64 {
        size * self.kbps[to] / self.kbps[from]
    }
}

/// The insufficient buffer rule of Sabre and dash.js: no more than can be fetched of what is in the
/// buffer, less a share that grows from a tenth to a half from one decision to the next.
#[derive(Clone, Copy, Debug)]
struct Insufficient {
    safety: f64,
}

impl Insufficient {
    const FIRST: f64 = 0.9;
    const LAST: f64 = 0.5;

    fn new() -> Self {
        Self { safety: Self::FIRST }
    }

    /// The rung, or a lower one that can be afforded.
    fn limit(&mut self, facts: &Facts<'_>, rung: usize) -> usize {
        let Estimate { throughput, latency } = facts.estimate;
        let safe = self.safety * (facts.level - latency) * throughput;
        self.safety = (self.safety * Self::FIRST).max(Self::LAST);
        let dear = |above: &usize| facts.rungs.kbps[above + 1] * facts.rungs.segment > safe;
        (0..rung).find(dear).unwrap_or(rung)
    }
}

/// A number of a rung as the rest of the crate has it.
fn rung(number: usize) -> Rung {
    Rung(number as u8)
}

#[cfg(test)]
mod testing {
    use super::{Estimate, Facts, Progress, Rungs};

    /// The ladder of Sabre's `bbb.json`, in segments of 3 s.
    pub(super) fn bbb() -> Rungs {
        let kbps = [230, 331, 477, 688, 991, 1_427, 2_056, 2_962, 5_027, 6_000];
        Rungs { segment: 3_000.0, kbps: kbps.map(f64::from).to_vec() }
    }

    /// In the middle of a video of 199 segments, with so many milliseconds in the buffer of at
    /// most `target`, on a link of so many kbit/s and no latency.
    pub(super) fn facts(rungs: &Rungs, level: f64, target: f64, throughput: f64) -> Facts<'_> {
        let estimate = Estimate { throughput, latency: 0.0 };
        Facts { rungs, segment: 100, segments: 199, level, target, estimate }
    }

    /// A transfer of a segment on a rung, at its bitrate, of which `received` bits came in `time`.
    pub(super) fn progress(rungs: &Rungs, rung: usize, received: f64, time: f64) -> Progress {
        let size = rungs.kbps[rung] * rungs.segment;
        Progress { rung, size, received, time, first_bit: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{bbb, facts};
    use super::*;

    #[test]
    fn a_rung_is_sustained_if_its_segments_come_as_fast_as_they_play() {
        let rungs = bbb();
        // With 300 ms of latency there are 2.7 s for 3 s of media: 1,427 kbit/s need 1,585.6.
        let on = |throughput| rungs.sustained(Estimate { throughput, latency: 300.0 });
        assert_eq!((on(1_585.0), on(1_586.0)), (4, 5));
        assert_eq!((on(0.0), on(1e9)), (0, 9));
    }

    #[test]
    fn no_more_is_spent_than_the_buffer_affords_and_less_each_time() {
        let (rungs, mut rule) = (bbb(), Insufficient::new());
        // 2 s of buffer at 1,000 kbit/s are 2,000 kbit; nine tenths, 1,800, afford 3 s of 600;
        // 81 %, 1,620, of 540; 73 %, of 486; 66 %, of 437.
        let facts = facts(&rungs, 2_000.0, 25_000.0, 1_000.0);
        let mut afforded = || rule.limit(&facts, 9);
        assert_eq!([(); 4].map(|()| afforded()), [2, 2, 2, 1]);
        // In the end, half: 1,000 kbit afford 333.
        for _ in 0..9 {
            afforded();
        }
        assert_eq!(rule.limit(&facts, 9), 1);
        assert_eq!(rule.limit(&facts, 0), 0, "what is lower is not raised");
    }
}
