//! Randomness by name: a draw depends on the seed, on what it is for and on whose it is, never on
//! how many draws were made before it.
//!
//! So viewer 17 meets the same trace, the same offset and the same failures under every algorithm,
//! for any number of threads, and comparisons are paired.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Dxsm;

/// The seed of a whole run; zero unless the user says otherwise.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Seed(pub u64);

/// What a draw is for. Each purpose has a stream of its own, so that adding one changes no other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub enum Purpose {
    /// Which trace a viewer gets.
    Trace = 1,
    /// Where in its trace a viewer begins.
    Offset = 2,
    /// Sizes of segments.
    Sizes = 3,
    /// Whether a request fails at the origin.
    Failure = 4,
    /// The steps of a generated trace.
    Bandwidth = 5,
    /// Which class of networks a link is of.
    Network = 10,
    /// Which class of devices a viewer has.
    Device = 11,
    /// When a viewer presses play.
    Arrival = 12,
    /// How much a viewer means to watch.
    Watch = 13,
    /// How long a viewer waits for the first frame.
    StartupPatience = 14,
    /// How long a viewer waits in a stall.
    StallPatience = 15,
    /// When a viewer pauses, and for how long.
    Pause = 16,
    /// When a viewer seeks, and where to.
    Seek = 17,
    /// How fast a viewer plays.
    Speed = 18,
    /// What throughput a viewer's player remembers.
    Memory = 19,
    /// Which packets are lost.
    Loss = 20,
    /// What a request's round trip has on top.
    Jitter = 21,
    /// How much further a viewer is than others on their link.
    Distance = 22,
    /// What a viewer's algorithm leaves to chance.
    Choice = 23,
    /// What an algorithm begins with.
    Algorithm = 24,
    /// How long an origin thinks about a request.
    Tail = 25,
    /// Which point of presence the viewers of a block ask.
    Pop = 26,
    /// Which title a viewer watches.
    Title = 27,
    /// Whether a shield that is not simulated has the answer.
    Sampled = 28,
    /// How long writing a live segment takes.
    Write = 29,
    /// How wrong the clock of a viewer's player is.
    Clock = 30,
    /// Which viewers are drawn again, to see how sure what was measured is.
    Resample = 40,
    /// What a world of a swarm is.
    World = 41,
    /// Which shard simulates a chunk.
    Shard = 42,
}

impl Seed {
    /// A stream of random numbers for `purpose`, of the viewer or object that `keys` name.
    pub fn stream(self, purpose: Purpose, keys: &[u64]) -> Stream {
        Stream(Pcg64Dxsm::seed_from_u64(self.hash(purpose, keys)))
    }

    /// One draw from `[0, 1)`, cheaper than a stream of one.
    pub fn unit(self, purpose: Purpose, keys: &[u64]) -> f64 {
        (self.hash(purpose, keys) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A seed for whoever knows nothing of `purpose` and `keys`, and names draws of their own.
    pub fn derived(self, purpose: Purpose, keys: &[u64]) -> Self {
        Self(self.hash(purpose, keys))
    }

    fn hash(self, purpose: Purpose, keys: &[u64]) -> u64 {
        let start = mix(self.0 ^ mix(purpose as u64));
        keys.iter().fold(start, |state, &key| mix(state ^ mix(key.wrapping_add(GOLDEN))))
    }
}

/// 2^64 divided by the golden ratio: keeps a key of zero from mixing to zero.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014): every bit of the input moves every bit of the output.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Random numbers in order, portable across platforms and versions of the compiler.
#[derive(Clone, Debug)]
pub struct Stream(Pcg64Dxsm);

impl Stream {
    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// A whole number below `n`, which must not be zero.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0.random_range(0..n)
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller, 1958), through `libm` so that the bits
    /// are the same everywhere.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(std::f64::consts::TAU * v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_seed_purpose_and_keys_and_nothing_else() {
        let one = |seed, purpose, keys: &[u64]| Seed(seed).stream(purpose, keys).below(1 << 40);
        assert_eq!(one(7, Purpose::Trace, &[17]), one(7, Purpose::Trace, &[17]));
        assert_ne!(one(7, Purpose::Trace, &[17]), one(8, Purpose::Trace, &[17]));
        assert_ne!(one(7, Purpose::Trace, &[17]), one(7, Purpose::Offset, &[17]));
        assert_ne!(one(7, Purpose::Trace, &[17]), one(7, Purpose::Trace, &[18]));
        assert_ne!(one(7, Purpose::Trace, &[1, 2]), one(7, Purpose::Trace, &[2, 1]));
    }

    #[test]
    fn the_streams_are_frozen() {
        // Known answers: an upgrade of a crate that changes results must be noticed.
        let mut stream = Seed(1).stream(Purpose::Offset, &[2, 3]);
        let drawn: Vec<_> = (0..3).map(|_| stream.below(1_000_000)).collect();
        assert_eq!(drawn, FROZEN);
    }

    const FROZEN: [u64; 3] = [859_488, 169_481, 705_698];

    #[test]
    fn units_are_uniform_enough() {
        // The mean of 100,000 uniform draws has deviation 0.0009; ten of those are allowed.
        let mean = (0..100_000).map(|i| Seed(3).unit(Purpose::Failure, &[i])).sum::<f64>() / 1e5;
        assert!((mean - 0.5).abs() < 0.009, "{mean}");
    }
}
