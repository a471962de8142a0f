//! Glass to glass: how far behind its capture a live presentation is displayed, and by what.
//!
//! The idea to hold: between two events latency is a straight line: level at normal speed, rising
//! by a second a second while the picture stands, and falling while it is played faster. What it is
//! made of is told by the times at which a segment's first chunk was somewhere, one after the
//! other; so the parts are the whole, to the nanosecond.

use std::collections::VecDeque;

use super::session::Session;
use super::sum::TotalTime;
use super::summary::Total;
use crate::distribution::Distribution;
use crate::media::{Ladder, Object, Presentation, Segment};
use crate::player::{Event, Receipt};
use crate::units::{Pts, Span, Speed, Time};

/// The parts of glass-to-glass latency, from the lens to the screen.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// Until the chunk, or the segment, that a frame is the first of has been captured whole.
    Capture,
    /// Until that is encoded.
    Encode,
    /// Until it is packaged.
    Package,
    /// Until it is written to the origin, and late.
    Write,
    /// Until the player asks for it: it polls, waits for its manifest, or has a slow clock.
    Ask,
    /// The origin's queue and thinking.
    Origin,
    /// The way between the shield and the origin.
    Shield,
    /// The way behind the edge, and waiting there.
    Edge,
    /// The request's way and the answer's, and the bytes of the first chunk.
    LastMile,
    /// What the player holds.
    Buffer,
}

impl Part {
    /// All, in their order.
    pub const ALL: [Self; 10] = [
        Self::Capture,
        Self::Encode,
        Self::Package,
        Self::Write,
        Self::Ask,
        Self::Origin,
        Self::Shield,
        Self::Edge,
        Self::LastMile,
        Self::Buffer,
    ];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Encode => "encode",
            Self::Package => "package",
            Self::Write => "write",
            Self::Ask => "until asked for",
            Self::Origin => "origin",
            Self::Shield => "shield",
            Self::Edge => "edge",
            Self::LastMile => "last mile",
            Self::Buffer => "player buffer",
        }
    }
}

/// What the latency of segments is made of, each at its first frame.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Budget {
    /// How many segments of the main track were displayed.
    pub segments: u64,
    /// Sums over them, by [`Part`].
    pub parts: [Span; Part::ALL.len()],
    /// The sum of their latencies.
    pub latency: Span,
}

impl Budget {
    /// The mean of a part.
    pub fn mean(&self, part: Part) -> Span {
        self.parts[part as usize] / self.segments.max(1)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.segments += other.segments;
        self.latency += other.latency;
        for (sum, part) in self.parts.iter_mut().zip(other.parts) {
            *sum += part;
        }
    }
}

/// What a viewing of something live amounted to, beside what any does.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Glass {
    /// How long something was displayed, playing or standing still.
    pub watched: Span,
    /// How long it was at each latency.
    pub latency: Spread,
    /// How long it was played faster or slower than normal, by 2 % or more: that is what dash.js
    /// takes for a change worth making, about which its speed wavers all the time.
    pub paced: Span,
    /// How often the speed changed.
    pub speed_changes: u32,
    /// How often the player went to another place because it had to.
    pub resyncs: u32,
    /// How much media that left out.
    pub skipped: Span,
    /// How long it was further behind than the player meant to be, by more than [`SLACK`].
    pub late: Span,
    /// What the latency of what was displayed was made of.
    pub budget: Budget,
    /// What the scores of LoL+ add up.
    pub score: Score,
}

/// A speed nearer to the normal one than this is as good as that.
const OFF_SPEED: f64 = 0.02;

/// Nobody is late by less.
pub const SLACK: Span = Span::from_millis(500);

/// Time by latency, in steps of ten milliseconds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Spread {
    /// The step of the first of these.
    first: usize,
    steps: Vec<Span>,
    /// Σ latency · time, in square nanoseconds.
    sum: u128,
    time: Span,
}

/// A step of latency.
const STEP: Span = Span::from_millis(10);

/// There are no more: who is ten minutes behind is in the last.
const STEPS: usize = 60_000;

impl Spread {
    /// So long at a latency that went in a straight line from one to the other.
    pub fn add(&mut self, from: Span, to: Span, time: Span) {
        if time.is_zero() {
            return;
        }
        let nanos = |span: Span| u128::from(span.as_nanos());
        self.sum += (nanos(from) + nanos(to)) * nanos(time) / 2;
        self.time += time;
        let (low, high) = (from.min(to), from.max(to));
        let step = |latency: Span| ((latency.as_nanos() / STEP.as_nanos()) as usize).min(STEPS - 1);
        let (first, last) = (step(low), step(high));
        self.reach(first, last);
        if first == last {
            self.steps[first - self.first] += time;
            return;
        }
        let up_to = |step: usize| (STEP * (step as u64)).max(low).min(high) - low;
        let part =
            |of: Span| Span::from_nanos((nanos(time) * nanos(of) / nanos(high - low)) as u64);
        let mut before = Span::ZERO;
        for step in first..=last {
            let until = if step == last { time } else { part(up_to(step + 1)) };
            self.steps[step - self.first] += until - before;
            before = until;
        }
    }

    /// Makes room for steps.
    fn reach(&mut self, first: usize, last: usize) {
        if self.steps.is_empty() {
            self.first = first;
        }
        if first < self.first {
            let more = self.first - first;
            self.steps.splice(0..0, std::iter::repeat_n(Span::ZERO, more));
            self.first = first;
        }
        let count = (last + 1 - self.first).max(self.steps.len());
        self.steps.resize(count, Span::ZERO);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        if other.steps.is_empty() {
            return;
        }
        self.reach(other.first, other.first + other.steps.len() - 1);
        let at = other.first - self.first;
        for (sum, time) in self.steps[at..].iter_mut().zip(&other.steps) {
            *sum += *time;
        }
        self.sum += other.sum;
        self.time += other.time;
    }

    /// The mean latency; nothing of no time.
    pub fn mean(&self) -> Option<Span> {
        let time = u128::from(self.time.as_nanos());
        (time > 0).then(|| Span::from_nanos((self.sum / time) as u64))
    }

    /// The latency that is not exceeded for a share `q` of the time, to 10 ms.
    pub fn quantile(&self, q: f64) -> Option<Span> {
        let wanted = self.time.scaled(q);
        let mut seen = Span::ZERO;
        for (step, time) in (self.first as u64..).zip(&self.steps) {
            seen += *time;
            if seen >= wanted && !seen.is_zero() {
                return Some(STEP * step + STEP / 2);
            }
        }
        None
    }

    /// The distribution function: latencies in seconds, and the share of the time that none of
    /// them is exceeded.
    pub fn cdf(&self) -> Vec<(f64, f64)> {
        let all = self.time.as_secs_f64().max(f64::MIN_POSITIVE);
        let mut seen = Span::ZERO;
        let mut points = Vec::new();
        for (step, time) in (self.first as u64..).zip(&self.steps) {
            if !time.is_zero() {
                points.push(((STEP * step).as_secs_f64(), seen.as_secs_f64() / all));
                seen += *time;
                points.push(((STEP * (step + 1)).as_secs_f64(), seen.as_secs_f64() / all));
            }
        }
        points
    }
}

/// The sums in the score of LoL and LoL+ (Lim et al., "When they go high, we go low: low-latency
/// live streaming in dash.js with LoL", MMSys 2020), each segment at its first frame.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Score {
    /// Σ latency of segments no more than 1.1 s behind.
    pub near: Span,
    /// And of the others.
    pub far: Span,
    /// Σ |1 − speed|, in thousandths.
    pub off_speed: u64,
}

/// How far behind live all viewers of a run were together.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct OnAir {
    /// Viewers who saw something.
    pub viewers: u64,
    /// How long something was displayed at each latency, to all of them.
    pub latency: Spread,
    /// The mean latency of each, in milliseconds.
    pub means: Distribution,
    /// How long something was displayed.
    pub watched: TotalTime,
    /// Of that, faster or slower than normal, by 2 % or more.
    pub paced: TotalTime,
    /// Of that, further behind than the player meant to be, by more than [`SLACK`].
    pub late: TotalTime,
    /// Changes of speed.
    pub speed_changes: u64,
    /// How often players went to another place because they had to.
    pub resyncs: u64,
    /// How much media that left out.
    pub skipped: TotalTime,
    /// What latency was made of.
    pub budget: Budget,
    /// What the scores of LoL+ add up.
    pub score: Score,
}

impl Default for OnAir {
    fn default() -> Self {
        Self {
            viewers: 0,
            latency: Spread::default(),
            means: Distribution::default(),
            watched: TotalTime::ZERO,
            paced: TotalTime::ZERO,
            late: TotalTime::ZERO,
            speed_changes: 0,
            resyncs: 0,
            skipped: TotalTime::ZERO,
            budget: Budget::default(),
            score: Score::default(),
        }
    }
}

impl OnAir {
    /// Takes in a viewer.
    pub fn add(&mut self, glass: &Glass) {
        if let Some(mean) = glass.latency.mean() {
            self.viewers += 1;
            self.means.add(mean.as_millis());
        }
        self.latency.merge(&glass.latency);
        self.watched += glass.watched;
        self.paced += glass.paced;
        self.late += glass.late;
        self.speed_changes += u64::from(glass.speed_changes);
        self.resyncs += u64::from(glass.resyncs);
        self.skipped += glass.skipped;
        self.budget.merge(&glass.budget);
        self.score.merge(&glass.score);
    }

    /// Takes in what other viewers amount to.
    pub fn merge(&mut self, other: &Self) {
        self.viewers += other.viewers;
        self.latency.merge(&other.latency);
        self.means.merge(&other.means);
        self.watched += other.watched;
        self.paced += other.paced;
        self.late += other.late;
        self.speed_changes += other.speed_changes;
        self.resyncs += other.resyncs;
        self.skipped += other.skipped;
        self.budget.merge(&other.budget);
        self.score.merge(&other.score);
    }
}

impl Score {
    fn merge(&mut self, other: &Self) {
        self.near += other.near;
        self.far += other.far;
        self.off_speed += other.off_speed;
    }
}

/// Up to here latency costs less.
const NEAR: Span = Span::from_millis(1_100);

/// A set of constants of that score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// What reports call it.
    pub name: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// What a second of latency costs up to 1.1 s and above: so much, or so many times the lowest
    /// and the highest bitrate in kbit/s.
    pub latency: (f64, f64),
    /// Whether those are times of bitrates.
    pub of_bitrates: bool,
    /// What a kbit/s of a switch costs.
    pub switching: f64,
}

/// Both sets of constants that were published.
pub const WEIGHTS: [Weights; 2] = [
    Weights {
        name: "lol-paper",
        source: "NQoE.pdf of the authors' repository (Twitch grand challenge, MMSys 2020)",
        latency: (0.005, 0.01),
        of_bitrates: false,
        switching: 0.02,
    },
    Weights {
        name: "lol-code",
        source: "LoLpQoEEvaluator.js of dash.js 5.1",
        latency: (0.05, 0.1),
        of_bitrates: true,
        switching: 1.0,
    },
];

impl Weights {
    /// The score of a session: Σ α R − β E − Σ γ L − σ Σ |1 − P| − μ Σ |Δ R|, with bitrates in
    /// kbit/s, times in seconds, α how long segments last, β the highest bitrate and σ the lowest.
    pub fn score(&self, seen: &Seen, score: &Score, (low, high): (f64, f64)) -> f64 {
        let Score { near, far, off_speed } = *score;
        let (near_costs, far_costs) = match self.of_bitrates {
            true => (self.latency.0 * low, self.latency.1 * high),
            false => self.latency,
        };
        seen.kbits
            - high * seen.stalled
            - near_costs * near.as_secs_f64()
            - far_costs * far.as_secs_f64()
            - low * off_speed as f64 / 1e3
            - self.switching * seen.switched
    }

    /// The lowest and the highest bitrate of a ladder, in kbit/s.
    pub fn range(ladder: &Ladder) -> (f64, f64) {
        let of = |rung| ladder.bitrate(rung).as_kbps_f64();
        (of(crate::media::Rung(0)), of(ladder.top()))
    }
}

/// The rest of what the scores add up, which every session has, of one or of many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Kilobits displayed.
    pub kbits: f64,
    /// Seconds stalled.
    pub stalled: f64,
    /// Σ |Δ bitrate|, in kbit/s.
    pub switched: f64,
}

impl From<&Session> for Seen {
    fn from(session: &Session) -> Self {
        Self {
            kbits: session.shown.as_bits_f64() / 1e3,
            stalled: session.stalled.as_secs_f64(),
            switched: session.switch_sum.as_kbps_f64(),
        }
    }
}

impl From<&Total> for Seen {
    fn from(total: &Total) -> Self {
        Self {
            kbits: total.shown.as_bits_f64() / 1e3,
            stalled: total.stalled.as_secs_f64(),
            switched: total.switch_sum.as_kbps_f64(),
        }
    }
}

/// A segment of which the first chunk has come.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    index: u32,
    asked: Time,
    at: Time,
    receipt: Receipt,
}

/// Folds the events of one session of something live.
#[derive(Clone, Debug)]
pub struct GlassMeter {
    glass: Glass,
    /// What is displayed: since when, how far behind it was then, and how fast it is played.
    piece: Option<(Time, Span, Option<Speed>)>,
    speed: Speed,
    target: Span,
    asked: Time,
    arrivals: VecDeque<Arrival>,
    /// Whether the picture stands still.
    stands: bool,
    seen: bool,
    /// Playback has come to a place, perhaps amid a segment, of which nothing was displayed yet.
    landing: bool,
}

impl Default for GlassMeter {
    fn default() -> Self {
        Self {
            glass: Glass::default(),
            piece: None,
            speed: Speed::NORMAL,
            target: Span::ZERO,
            asked: Time::ZERO,
            arrivals: VecDeque::new(),
            stands: false,
            seen: false,
            landing: true,
        }
    }
}

impl GlassMeter {
    /// Takes in what happened.
    pub fn record(&mut self, content: &Presentation, at: Time, event: &Event) {
        let Some(live) = &content.live else { return };
        match *event {
            Event::Requested(request, _) => {
                if let Object::Segment(segment) = request.object
                    && segment.track == content.main()
                {
                    self.asked = at;
                }
            }
            Event::Arrived(segment, _, receipt) if segment.track == content.main() => {
                let Segment { index, .. } = segment;
                if self.arrivals.back().is_none_or(|last| last.index < index) {
                    self.arrivals.push_back(Arrival { index, asked: self.asked, at, receipt });
                }
            }
            Event::Shown(segment) if segment.track == content.main() => {
                let captured = live.captured(content.track(segment.track).start(segment.index));
                let latency = live.clock(at) - captured.min(live.clock(at));
                self.shown(content, at, segment, (captured, latency));
            }
            Event::Behind { latency, target, speed } => {
                self.settle(at);
                if self.seen && speed != self.speed {
                    self.glass.speed_changes += 1;
                }
                (self.speed, self.target, self.seen) = (speed, target, true);
                self.piece = Some((at, latency, Some(speed).filter(|_| !self.stands)));
            }
            Event::Stalled => {
                self.settle(at);
                self.stands = true;
                self.piece = self.piece.map(|(_, latency, _)| (at, latency, None));
            }
            Event::Resumed | Event::Landed | Event::Unpaused | Event::Started => {
                self.settle(at);
                self.stands = false;
                let (speed, piece) = (self.speed, self.piece);
                self.piece = piece.map(|(_, latency, _)| (at, latency, Some(speed)));
            }
            Event::Discarded(id, from) if id == content.main() => {
                while self.arrivals.pop_back_if(|last| last.index >= from).is_some() {}
            }
            Event::Resynced { skipped, buffered, .. } => self.resynced(skipped, buffered),
            // Nothing is displayed, or what the viewer chose to look at.
            Event::Sought { .. } | Event::Paused => {
                self.settle(at);
                self.piece = None;
                self.arrivals.clear();
                self.landing = true;
            }
            Event::Ended | Event::GaveUp(_) | Event::Left(_) => {
                self.settle(at);
                self.piece = None;
            }
            Event::Delivered(..)
            | Event::Abandoned(..)
            | Event::Failed(..)
            | Event::Arrived(..)
            | Event::Shown(_)
            | Event::Discarded(..)
            | Event::Reported(_) => {}
        }
    }

    /// The measures as they stand.
    pub fn finish(self) -> Glass {
        self.glass
    }

    /// The player went elsewhere by itself.
    fn resynced(&mut self, skipped: Span, buffered: bool) {
        if !buffered {
            self.arrivals.clear();
        }
        if self.seen {
            self.glass.resyncs += 1;
            self.glass.skipped += skipped;
        }
        self.landing = true;
    }

    /// Counts what was displayed until now.
    fn settle(&mut self, at: Time) {
        let Some((since, from, speed)) = self.piece else { return };
        let span = at - since;
        let media = speed.map_or(Span::ZERO, |speed| speed.plays(span, Default::default()).0);
        let to = from.saturating_add(span).saturating_sub(media);
        let glass = &mut self.glass;
        glass.watched += span;
        glass.latency.add(from, to, span);
        if speed.is_some_and(|speed| (speed.as_f64() - 1.0).abs() >= OFF_SPEED) {
            glass.paced += span;
        }
        let bound = self.target.saturating_add(SLACK);
        glass.late += match (from > bound, to > bound) {
            (true, true) => span,
            (false, false) => Span::ZERO,
            // In a straight line past it.
            _ => {
                let above = from.max(to) - bound;
                span.scaled(above.as_secs_f64() / (from.max(to) - from.min(to)).as_secs_f64())
            }
        };
        self.piece = Some((at, to, speed));
    }

    /// The first frame of a segment is displayed, which was captured then.
    fn shown(
        &mut self,
        content: &Presentation,
        at: Time,
        segment: Segment,
        (captured, latency): (Pts, Span),
    ) {
        if std::mem::take(&mut self.landing) {
            return;
        }
        // The encoder may have stood still before it.
        self.settle(at);
        self.piece = self.piece.map(|(at, _, speed)| (at, latency, speed));
        let score = &mut self.glass.score;
        *(if latency <= NEAR { &mut score.near } else { &mut score.far }) += latency;
        score.off_speed += libm::round((self.speed.as_f64() - 1.0).abs() * 1e3) as u64;
        while self.arrivals.front().is_some_and(|first| first.index < segment.index) {
            self.arrivals.pop_front();
        }
        let Some(arrival) = self.arrivals.pop_front_if(|first| first.index == segment.index) else {
            return;
        };
        let parts = parts(content, at, &arrival, (segment, captured));
        let budget = &mut self.glass.budget;
        budget.segments += 1;
        budget.latency += latency;
        for (sum, part) in budget.parts.iter_mut().zip(parts) {
            *sum += part;
        }
    }
}

/// The parts of a segment's latency at its first frame: from one place to the next, in order.
fn parts(
    content: &Presentation,
    shown: Time,
    arrival: &Arrival,
    (segment, captured): (Segment, Pts),
) -> [Span; Part::ALL.len()] {
    let mut parts = [Span::ZERO; Part::ALL.len()];
    let Some(live) = &content.live else { return parts };
    let length = content.track(segment.track).duration(segment.index);
    let made = live.making(segment.track, segment.index);
    let Arrival { asked, at, receipt, .. } = *arrival;
    let mut place = captured;
    let mut to = |part: Part, next: Pts| {
        parts[part as usize] += next.max(place) - place;
        place = place.max(next);
        place
    };
    let there = to(Part::Capture, captured + live.media(length, 1));
    let there = to(Part::Encode, there + live.encode);
    let there = to(Part::Package, there + live.package);
    to(Part::Write, there + made.write + made.late);
    to(Part::Ask, live.clock(asked));
    let reached = to(Part::LastMile, live.clock(receipt.reached));
    let sent = live.clock(receipt.sent);
    let delivery = sent.max(reached) - reached;
    let origin = receipt.thought.min(delivery);
    let there = to(Part::Origin, reached + origin);
    to(Part::Shield, there + receipt.shield.min(delivery - origin));
    to(Part::Edge, sent);
    to(Part::LastMile, live.clock(at));
    to(Part::Buffer, live.clock(shown));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Span {
        Span::from_millis(millis)
    }

    #[test]
    fn a_straight_line_of_latency_is_spread_evenly() {
        let mut spread = Spread::default();
        // A second at 3 s, and a second from 3 s to 4: mean 3.25 s.
        spread.add(millis(3_000), millis(3_000), millis(1_000));
        spread.add(millis(3_000), millis(4_000), millis(1_000));
        assert_eq!(spread.mean(), Some(millis(3_250)));
        // Half of the time it is at 3 s; 90 % of it below 3.8.
        assert_eq!(spread.quantile(0.5), Some(millis(3_005)));
        let ninety = spread.quantile(0.9).unwrap();
        assert!(ninety.as_millis().abs_diff(3_800) <= 10, "{ninety}");
        let mut other = Spread::default();
        other.add(millis(500), millis(500), millis(2_000));
        other.merge(&spread);
        assert_eq!(other.mean(), Some(millis(1_875)));
        assert_eq!(other.quantile(0.4), Some(millis(505)));
        let all: Span = other.steps.iter().copied().sum();
        assert_eq!(all, millis(4_000), "no time is lost");
    }
}
