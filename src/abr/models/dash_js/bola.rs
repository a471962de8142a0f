//! BolaRule of dash.js (`rules/abr/BolaRule.js`): BOLA with a placeholder for what the buffer would
//! hold had nothing kept it from filling. Seconds and kbit/s.

use super::rules::Ladder;

/// The buffer that BOLA needs at least, and by how much more for each representation.
const MINIMUM: f64 = 10.0;
const PER_LEVEL: f64 = 2.0;

/// What is left of the placeholder after each segment.
const DECAY: f64 = 0.99;

/// Where the rule is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// By throughput, until there is a segment of buffer.
    Startup,
    /// By the buffer.
    Steady,
}

/// A segment that has been loaded.
#[derive(Clone, Copy, Debug)]
pub struct Loaded {
    /// Its representation.
    pub place: usize,
    /// Seconds of media.
    pub duration: f64,
    /// When it was asked for, and there.
    pub requested: f64,
    /// See [`requested`](Self::requested).
    pub finished: f64,
    /// Whether it replaced another.
    pub replaced: bool,
}

/// The rule, for one type.
#[derive(Clone, Debug)]
pub struct Bola {
    /// ln of each bitrate over the least, plus one.
    pub utilities: Vec<f64>,
    kbps: Vec<f64>,
    /// How much a stall counts against quality.
    pub gp: f64,
    /// Seconds of buffer for a step of utility.
    pub vp: f64,
    /// What is added to utilities in the score: −1 in dash.js 5, nothing before.
    offset: f64,
    /// How far the places of `kbps` are from those of the ladder where they differ.
    shift: usize,
    /// Where it is.
    pub state: State,
    /// Seconds.
    pub placeholder: f64,
    duration: Option<f64>,
    finished: Option<f64>,
    called: Option<f64>,
}

impl Bola {
    /// For the representations of a ladder, and `bufferTimeDefault`. With one there is nothing to
    /// choose. `misplaced`: utilities are looked up by places before filters were applied.
    pub fn new(ladder: &Ladder, buffer: f64, offset: f64, misplaced: bool) -> Option<Self> {
        let kbps: Vec<_> = ladder.allowed().iter().map(|&place| ladder.kbps[place]).collect();
        let utilities: Vec<_> = kbps.iter().map(|rate| libm::log(rate / kbps[0]) + 1.0).collect();
        let most = utilities.iter().copied().fold(0.0, f64::max);
        let target = buffer.max(MINIMUM + PER_LEVEL * kbps.len() as f64);
        let gp = (most - 1.0) / (target / MINIMUM - 1.0);
        let shift = if misplaced { ladder.allowed()[0] } else { 0 };
        (kbps.len() > 1 && gp > 0.0).then(|| Self {
            utilities,
            kbps,
            gp,
            vp: MINIMUM / gp,
            offset,
            shift,
            state: State::Startup,
            placeholder: 0.0,
            duration: None,
            finished: None,
            called: None,
        })
    }

    /// The utility of a place, which misplaced may be that of none.
    fn utility(&self, place: usize) -> f64 {
        self.utilities.get(place + self.shift).copied().unwrap_or(f64::NAN)
    }

    /// The best place for so much buffer; of equals, the higher.
    pub fn pick(&self, buffer: f64) -> usize {
        let score = |place: usize| {
            let gain = self.utilities[place] + self.offset + self.gp;
            (self.vp * gain - buffer) / self.kbps[place]
        };
        let better =
            |best: usize, place: usize| if score(place) >= score(best) { place } else { best };
        (1..self.kbps.len()).fold(0, better)
    }

    /// The buffer beyond which nothing is fetched at a place.
    pub fn most(&self, place: usize) -> f64 {
        self.vp * (self.utility(place) + self.gp)
    }

    /// The buffer from which a place is taken, as the rule believes.
    pub fn least(&self, place: usize) -> f64 {
        let (rate, utility) = (self.kbps[place], self.utility(place));
        let from = |other: usize| {
            let (below, its) = (self.kbps[other], self.utility(other));
            let level = (rate * its - below * utility) / (rate - below);
            if its < utility { self.vp * (self.gp + level) } else { 0.0 }
        };
        (0..place).map(from).fold(0.0, f64::max)
    }

    /// The place to fetch next, and seconds to wait before; the last one fetched was `current`, and
    /// the safe throughput carries `optimal`.
    pub fn decide(
        &mut self,
        now: f64,
        buffer: f64,
        current: usize,
        optimal: usize,
    ) -> (usize, f64) {
        if self.state == State::Startup {
            self.placeholder = (self.least(optimal) - buffer).max(0.0);
            if self.duration.is_some_and(|duration| buffer >= duration) {
                self.state = State::Steady;
            }
            return (optimal, 0.0);
        }
        let since = self.finished.take().or(self.called);
        self.placeholder += since.map_or(0.0, |since| (now - since).max(0.0));
        self.called = Some(now);
        let mut place = self.pick(buffer + self.placeholder);
        if place > current && place > optimal {
            place = optimal.max(current);
        }
        let mut delay = (buffer + self.placeholder - self.most(place)).max(0.0);
        let held = delay.min(self.placeholder);
        self.placeholder -= held;
        delay -= held;
        (place, if place + 1 < self.kbps.len() { delay } else { 0.0 })
    }

    /// A segment has been loaded; with so much in the buffer besides.
    pub fn loaded(&mut self, loaded: &Loaded, buffer: f64) {
        self.duration = Some(loaded.duration);
        self.finished = Some(loaded.finished);
        self.placeholder *= DECAY;
        let then = buffer + loaded.finished - loaded.requested;
        let most = (self.most(loaded.place) - then).max(0.0);
        self.placeholder = self.placeholder.min(most);
        if loaded.replaced {
            self.placeholder += loaded.duration;
        }
    }

    /// A request of a place has been abandoned, with so much in the buffer.
    pub fn abandoned(&mut self, place: usize, buffer: f64) {
        let level = if place > 0 { self.least(place) } else { MINIMUM };
        self.placeholder = self.placeholder.min((level - buffer).max(0.0));
    }

    /// The buffer has run empty.
    pub fn emptied(&mut self) {
        if self.state == State::Steady {
            self.placeholder = 0.0;
        }
    }

    /// The viewer has gone to another place.
    pub fn sought(&mut self) {
        (self.state, self.placeholder) = (State::Startup, 0.0);
        (self.duration, self.finished, self.called) = (None, None, None);
    }
}
