//! What a player's answers amount to.
//!
//! The idea to hold: a rung **needs** its bitrate and that of the sound, and every threshold is a
//! pair of steps of the script between which the player changed its mind, never a single number.

use crate::media::{Representation, Rung};
use crate::metrics::Session;
use crate::units::{Bitrate, Span};

/// How one player chooses.
#[derive(Clone, Debug)]
pub struct Character {
    /// Who it is.
    pub name: String,
    /// Whether it is a real one, that asked for all this over HTTP.
    pub real: bool,
    /// The rungs of the main track, cheapest first.
    pub rungs: Vec<Representation>,
    /// What each of them needs: with the sound.
    pub needs: Vec<Bitrate>,
    /// How long a segment lasts.
    pub segment: Span,
    /// For how long it was watched in all.
    pub watched: Span,
    /// Where it goes from each rung to the next and back: one less than there are rungs.
    pub boundaries: Vec<Boundary>,
    /// How it began.
    pub startups: Vec<Startup>,
    /// What it did when bandwidth changed at once.
    pub jumps: Vec<Jump>,
    /// And when there was none for a while.
    pub outages: Vec<Outage>,
    /// And when it went to and fro.
    pub waves: Vec<Wave>,
    /// What it asked for on stairs, step by step.
    pub passes: Vec<Pass>,
    /// Where it could not make up its mind on them, if the steps are long enough to tell.
    pub restless: Option<Restless>,
    /// What it did on the patterns that others have published.
    pub patterns: Vec<Pattern>,
}

/// Between a rung and the one above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boundary {
    /// The one above.
    pub above: Rung,
    /// Where it goes up to that, while bandwidth rises slowly.
    pub up: Threshold,
    /// Where it goes back below it, while it falls slowly.
    pub down: Threshold,
    /// The highest bandwidth at which it still came back below after it had gone up, while
    /// bandwidth rose, if it did;
    pub relapses: Option<Bitrate>,
    /// and the lowest at which it still went up again while it fell.
    pub returns: Option<Bitrate>,
    /// What it does when enough for the rung above is there at once,
    pub rise: Option<Delay>,
    /// and when it is gone at once.
    pub drop: Option<Delay>,
}

/// Where on stairs a player changed its mind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// No stairs asked, or it was not where it could.
    Unasked,
    /// It had when they began, at this bandwidth.
    Before(Bitrate),
    /// Not at this step, but at the next.
    Between(Bitrate, Bitrate),
    /// It had not when they ended, at this bandwidth.
    Beyond(Bitrate),
}

impl Threshold {
    /// The geometric mean of the two steps it lies between.
    pub fn middle(self) -> Option<Bitrate> {
        let Self::Between(from, to) = self else { return None };
        Some(Bitrate::from_bps_f64(libm::sqrt(from.as_f64() * to.as_f64())))
    }

    /// By how much of itself the middle may be wrong either way: 0.012 of steps of 2.5 %.
    pub fn doubt(self) -> Option<f64> {
        let Self::Between(from, to) = self else { return None };
        let (low, high) = (from.min(to).as_f64(), from.max(to).as_f64());
        Some(libm::sqrt(high / low) - 1.0)
    }
}

impl Boundary {
    /// The share of bandwidth that it lets the rung above have when it goes up to it, by what that
    /// needs: the safety factor of a player that goes by throughput.
    pub fn spends(&self, needs: &[Bitrate]) -> Option<f64> {
        self.share(needs, self.up)
    }

    /// The same when it leaves it.
    pub fn holds(&self, needs: &[Bitrate]) -> Option<f64> {
        self.share(needs, self.down)
    }

    fn share(&self, needs: &[Bitrate], threshold: Threshold) -> Option<f64> {
        let needs = needs[usize::from(self.above.0)].as_f64();
        threshold.middle().map(|middle| needs / middle.as_f64())
    }

    /// How much more bandwidth it takes to get to the rung above than to stay there, as a share of
    /// the latter. Below zero, it goes up to what it cannot hold.
    pub fn gap(&self) -> Option<f64> {
        let (up, down) = (self.up.middle()?.as_f64(), self.down.middle()?.as_f64());
        Some(up / down - 1.0)
    }
}

/// How late a decision is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Delay {
    /// From the change of bandwidth to the first request that heeds it.
    pub after: Span,
    /// How many requests in between did not.
    pub segments: usize,
    /// From the change to where viewers see it, if they did.
    pub shown: Option<Span>,
}

/// How a session began, on a link of an even bandwidth.
#[derive(Clone, Debug, PartialEq)]
pub struct Startup {
    /// That.
    pub rate: Bitrate,
    /// The first rung asked for.
    pub first: Rung,
    /// When the first frame was shown.
    pub frame: Option<Span>,
    /// Where it settled, if there was time to tell,
    pub settled: Option<Rung>,
    /// and when it first asked for that: after so long and so many segments.
    pub reached: Option<(Span, usize)>,
    /// For how long it stood still after it had begun.
    pub stalled: Span,
}

/// What came of a large step.
#[derive(Clone, Debug, PartialEq)]
pub struct Jump {
    /// From which bandwidth
    pub from: Bitrate,
    /// to which.
    pub to: Bitrate,
    /// The rung asked for last before it.
    pub before: Rung,
    /// Where it settled.
    pub settled: Rung,
    /// When it first asked for another than before, on the side where it settled.
    pub delay: Option<Delay>,
    /// How many rungs it went beyond all that it still asked for in the second half of the time.
    pub overshoot: u8,
    /// When it first asked for where it settled and for nothing else any more.
    pub done: Option<Span>,
    /// For how long it stood still meanwhile.
    pub stalled: Span,
    /// What there is to draw.
    pub scene: Scene,
}

impl Jump {
    /// Whether bandwidth rose.
    pub fn rises(&self) -> bool {
        self.to > self.from
    }
}

/// What came of an outage.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// How long it lasted.
    pub lasted: Span,
    /// The bandwidth before it.
    pub rate: Bitrate,
    /// The rung asked for last before it.
    pub before: Rung,
    /// How much media was held when it began.
    pub held: Span,
    /// For how long playback stood still because of it.
    pub stalled: Span,
    /// How many transfers were given up.
    pub abandoned: usize,
    /// The cheapest rung asked for from its beginning on, until it was back.
    pub lowest: Option<Rung>,
    /// How long after its end the rung before it was asked for again.
    pub back: Option<Span>,
    /// What there is to draw.
    pub scene: Scene,
}

/// What came of going to and fro.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Between this bandwidth
    pub low: Bitrate,
    /// and that,
    pub high: Bitrate,
    /// each for so long.
    pub half: Span,
    /// For how long in all.
    pub lasted: Span,
    /// How often another rung was asked for than before.
    pub switches: usize,
    /// For how long it stood still.
    pub stalled: Span,
}

impl Wave {
    /// Switches in a minute.
    pub fn per_minute(&self) -> f64 {
        60.0 * self.switches as f64 / self.lasted.as_secs_f64()
    }
}

/// What was asked for on stairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Whether bandwidth rose.
    pub rising: bool,
    /// How long a step lasts.
    pub tread: Span,
    /// By bandwidth, the mean of the bitrates asked for.
    pub steps: Vec<(Bitrate, Bitrate)>,
}

impl Pass {
    /// By which share bandwidth changes at a step, on average.
    pub fn step(&self) -> Option<f64> {
        let [(first, _), .., (last, _)] = self.steps[..] else { return None };
        let whole = first.max(last).as_f64() / first.min(last).as_f64();
        Some(libm::pow(whole, 1.0 / (self.steps.len() - 1) as f64) - 1.0)
    }
}

/// How often a player changes its rung on a link that does not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restless {
    /// How many steps were long enough to tell.
    pub steps: usize,
    /// On how many of them it changed it twice or more in their second half.
    pub swinging: usize,
    /// The most changes in a minute of any.
    pub worst: f64,
}

/// What came of a published pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Its name.
    pub name: &'static str,
    /// What it does, in words.
    pub about: &'static str,
    /// Of its sessions, one unless a player is started anew at each step.
    pub sessions: Vec<Session>,
    /// The cheapest rung asked for, and the dearest.
    pub rungs: (Rung, Rung),
}

/// A change, and what was around it. Instants are seconds from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// What the link carried, from each instant on.
    pub link: Vec<(f64, Bitrate)>,
    /// What was asked for, from each on.
    pub asked: Vec<(f64, Rung)>,
    /// When playback stood still.
    pub stalls: Vec<(f64, f64)>,
    /// Where it ends.
    pub end: f64,
}
