//! LoL+: a map of rungs that learns what throughput, latency, stalls and switches each goes with.
//!
//! Every rung has a neuron: bitrate over the length of the ladder as a vector, latency, stall and
//! switch. The rung is fetched whose neuron is nearest to what is wished for, the throughput there
//! is and nothing of the other three; then it and the rung before are moved towards what was seen,
//! and their neighbours with them (learning rate 0.01, `exp(−d²/2σ²)`, `σ = 0.1`). A rung dearer
//! than the throughput, or that would leave less than `min_buffer`, is made to look 100 times as
//! far in throughput, the cheapest never. If the rung before would leave less than that itself, the
//! best cheaper rung within the throughput is taken at once (Bentaleb, Akcay, Lim, Begen,
//! Zimmermann, "Catching the moment with LoL+ in Twitch-like low-latency live streaming platforms",
//! IEEE Transactions on Multimedia 24, 2022; `LoLpRule.js`, `LearningAbrController.js` and
//! `LoLpWeightSelector.js` of dash.js, whose constants these are).
//!
//! How much each of the four counts is chosen anew every time: of all combinations of 0.2, 0.4,
//! 0.6, 0.8 and 1, the one whose best rung has the greatest
//! `V·b − b_max·stall / w_stall − penalty·latency / w_latency`. The penalty is `0.05·b_min` up to
//! 1.1 s and `0.1·b_max` above; it and `b_max` are in kbit/s beside `b` in bit/s, there and here.
//!
//! The idea to hold: that needs no search. Only two of the four weights are in the formula, and it
//! grows with both; so the winner has 1 for stalls, 1 for latency where its neuron knows any, and
//! 0.2, which is tried first, wherever more makes no difference. A test tries all 625.
//!
//! Approximations: on demand what is buffered stands for the latency. The weights begin as the
//! centres of random points that dash.js draws, from a seed of ours. The latency that the selector
//! may not exceed is compared with itself there, its memory being made anew for each question, so
//! nothing is excluded by it here. dash.js asks it of video alone; here each track has a map.

use super::models::dash_js::live::{Live, Settings};
use super::pace::{Announced, Pace};
use super::{Abr, Algorithm, Context, Decision, HarmonicMean, Outcome, Transfer, copies_of};
use crate::media::{Presentation, Rung, Track};
use crate::seed::{Purpose, Seed, Stream};
use crate::units::{Bitrate, Span};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "lol-plus",
    summary: "LoL+: a self-organising map of rungs, for low latency",
    source: "Bentaleb, Akcay, Lim, Begen, Zimmermann, Catching the moment with LoL+ in Twitch-like \
             low-latency live streaming platforms, IEEE TMM 24, 2022; dash.js LoLpRule",
    parameters: Parameters::LIST,
    new: |settings, content| copies_of(LolPlus::new(Parameters::from_settings(settings), content)),
};

parameters! {
    /// the least that a segment should leave in the buffer (DWS_BUFFER_MIN)
    min_buffer: Span = Span::from_millis(300), Span::ZERO => Span::from_secs(60);
    /// share of the estimated throughput that counts
    safety: f64 = 0.9, 0.05 => 2.0;
    /// how many of the latest samples the harmonic mean is over
    window: u32 = 3, 1 => 20;
    /// what the weights it begins with are drawn from
    seed: u32 = 0, 0 => u32::MAX;
}

/// Throughput, latency, stall, switch.
type Point = [f64; 4];

/// Bits per second by which a rung has to be within the throughput.
const HEADROOM: f64 = 10_000.0;

/// Seconds of latency that are one in a neuron.
const LATENCY: f64 = 100.0;

/// Seconds of buffer below which its player slows down on live (`playbackBufferMin`).
const LEAST_BUFFER: f64 = 0.5;

const LEARNING_RATE: f64 = 0.01;
const SIGMA: f64 = 0.1;

#[derive(Clone)]
struct LolPlus {
    parameters: Parameters,
    /// By track.
    tracks: Vec<(Map, HarmonicMean)>,
}

/// What has been learnt of the rungs of a track.
#[derive(Clone, Debug)]
pub(super) struct Map {
    /// Bits per second, by rung.
    bitrates: Vec<f64>,
    /// Their length as a vector.
    norm: f64,
    neurons: Vec<Point>,
    weights: Point,
}

/// What it is asked about, in bits and seconds.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// What there is to spend.
    pub throughput: f64,
    /// Of the segment.
    pub length: f64,
    /// How far behind live it is.
    pub latency: f64,
    /// What is buffered, and the least that should be left of it.
    pub buffer: f64,
    /// See [`buffer`](Self::buffer).
    pub least: f64,
}

impl Moment {
    /// How long a segment of a bitrate takes, and what it leaves in the buffer.
    fn fetch(&self, bitrate: f64) -> (f64, f64) {
        let takes = bitrate * self.length / self.throughput;
        let gain = if takes > self.length { -self.length } else { self.length - takes };
        (takes, self.buffer + gain)
    }
}

impl LolPlus {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let map = |(number, track): (u64, &Track)| {
            let bitrates = track.ladder.bitrates().iter().map(|bitrate| bitrate.as_f64());
            let map = Map::new(bitrates, parameters.seed, number);
            (map, HarmonicMean::new(parameters.window))
        };
        Self { parameters, tracks: (0..).zip(&content.tracks).map(map).collect() }
    }
}

impl Abr for LolPlus {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let (map, mean) = &mut self.tracks[cx.id.0 as usize];
        let Some(mean) = mean.get() else { return Decision::Fetch(Rung(0)) };
        let current = cx.last.map_or(0, |last| last.0 as usize);
        let moment = Moment {
            throughput: (self.parameters.safety * mean).max(1.0),
            length: cx.duration().as_secs_f64(),
            // On demand, what is buffered stands for it.
            latency: cx.latency.unwrap_or(cx.buffer).as_secs_f64(),
            buffer: cx.buffer.as_secs_f64() / cx.speed.as_f64(),
            least: self.parameters.min_buffer.as_secs_f64(),
        };
        Decision::Fetch(Rung(map.next(&moment, current) as u8))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done
            && let Some(sample) = transfer.throughput()
        {
            self.tracks[transfer.track.0 as usize].1.add(sample);
        }
    }

    fn go_live(&mut self, announced: &Announced) -> Box<dyn Pace> {
        Box::new(Live::new(announced, &Settings { lol_plus: Some(LEAST_BUFFER), ..Live::USUAL }))
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.tracks.iter_mut().for_each(|(_, mean)| mean.remember(throughput));
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.tracks.first()?.1.get().map(Bitrate::from_bps_f64)
    }
}

impl Map {
    /// Of rungs of these bits per second, from a seed and the number of the track.
    pub(super) fn new(bitrates: impl Iterator<Item = f64>, seed: u32, track: u64) -> Self {
        let bitrates: Vec<_> = bitrates.map(|bitrate| bitrate.max(1.0)).collect();
        let norm = libm::sqrt(bitrates.iter().map(|b| b * b).sum());
        let neurons: Vec<_> = bitrates.iter().map(|b| [b / norm, 0.0, 0.0, 0.0]).collect();
        let mut draw = Seed(seed.into()).stream(Purpose::Algorithm, &[track]);
        let weights = first_weights(&neurons, &mut draw);
        Self { bitrates, norm, neurons, weights }
    }

    /// The rung to fetch after one on rung `current`; learns from it.
    pub(super) fn next(&mut self, moment: &Moment, current: usize) -> usize {
        let throughput = moment.throughput;
        let bitrate = self.bitrates[current];
        let takes = moment.fetch(bitrate).0;
        if moment.buffer - takes < moment.least {
            let within =
                |&rung: &usize| self.bitrates[rung] < bitrate && self.bitrates[rung] < throughput;
            return (0..self.bitrates.len()).rev().find(within).unwrap_or(current);
        }
        let stall = (takes - moment.buffer).max(0.0);
        if let Some(weights) = self.best_weights(moment) {
            self.weights = weights;
        }
        let mut wished = throughput / self.norm;
        if wished > 1.0 {
            wished = self.neurons.iter().map(|neuron| neuron[0]).fold(0.0, f64::max);
        }
        let winner = self.nearest([wished, 0.0, 0.0, 0.0], moment);
        let switch = libm::fabs(bitrate - self.bitrates[winner]) / self.norm;
        self.pull(current, [wished, moment.latency / LATENCY, stall, switch]);
        self.pull(winner, [wished, 0.0, 0.0, switch]);
        winner
    }

    /// The rung whose neuron is nearest to a point; of equals, the cheapest.
    fn nearest(&self, point: Point, moment: &Moment) -> usize {
        let (mut nearest, mut least) = (0, f64::INFINITY);
        for (rung, (neuron, &bitrate)) in self.neurons.iter().zip(&self.bitrates).enumerate() {
            let mut weights = self.weights;
            let scarce = moment.fetch(bitrate).1 < moment.least;
            let dear = bitrate > moment.throughput - HEADROOM;
            if (dear || scarce) && bitrate > self.bitrates[0] {
                weights[0] = 100.0;
            }
            let off = distance(neuron, &point, &weights);
            if off < least {
                (nearest, least) = (rung, off);
            }
        }
        nearest
    }

    /// The weights under which the best rung is worth most, if any rung leaves enough buffer.
    fn best_weights(&self, moment: &Moment) -> Option<Point> {
        let mut best: Option<(f64, f64)> = None;
        for (neuron, &bitrate) in self.neurons.iter().zip(&self.bitrates) {
            let worth = self.worth(moment, bitrate, neuron[1], [1.0; 4]);
            if let Some(worth) = worth
                && best.is_none_or(|(most, _)| worth > most)
            {
                best = Some((worth, neuron[1]));
            }
        }
        best.map(|(_, latency)| [0.2, if latency > 0.0 { 1.0 } else { 0.2 }, 1.0, 0.2])
    }

    /// What a rung is worth under some weights, if it leaves enough buffer.
    fn worth(&self, moment: &Moment, bitrate: f64, latency: f64, weights: Point) -> Option<f64> {
        let (takes, after) = moment.fetch(bitrate);
        let stall = (takes - after).max(0.000_01) / weights[2];
        let latency = latency / weights[1];
        let (least, most) = (self.bitrates[0] / 1e3, self.bitrates[self.bitrates.len() - 1] / 1e3);
        let penalty = if latency <= 1.1 { 0.05 * least } else { 0.1 * most };
        let worth = moment.length * bitrate - most * stall - penalty * latency;
        (after >= moment.least).then_some(worth)
    }

    /// Moves the neuron of a rung towards a point, and those near it by as much less.
    fn pull(&mut self, rung: usize, point: Point) {
        for place in 0..self.neurons.len() {
            let off = distance(&self.neurons[place], &self.neurons[rung], &[1.0; 4]);
            let share = LEARNING_RATE * libm::exp(-off * off / (2.0 * SIGMA * SIGMA));
            for (part, to) in self.neurons[place].iter_mut().zip(point) {
                *part += (to - *part) * share;
            }
        }
    }
}

fn distance(a: &Point, b: &Point, weights: &Point) -> f64 {
    let parts = a.iter().zip(b).zip(weights);
    libm::sqrt(parts.map(|((a, b), weight)| weight * (a - b) * (a - b)).sum())
}

/// Of as many centres as there are neurons, each the farthest from those before of random points,
/// the one that is farthest from the least similar.
fn first_weights(neurons: &[Point], draw: &mut Stream) -> Point {
    let plain = |a: &Point, b: &Point| distance(a, b, &[1.0; 4]);
    let most = neurons.iter().map(|neuron| neuron[0]).fold(0.0, f64::max);
    let count = neurons.len();
    let mut point = || [draw.unit() * most, draw.unit(), draw.unit(), draw.unit()];
    let points: Vec<Point> = (0..count * count).map(|_| point()).collect();
    let mut centres = vec![points[0]];
    let mut off: Vec<_> = points.iter().map(|point| plain(point, &points[0])).collect();
    while centres.len() < count {
        let farthest = points[first_of_the_most(&off)];
        off.iter_mut().zip(&points).for_each(|(off, p)| *off = off.min(plain(p, &farthest)));
        centres.push(farthest);
    }
    let sum = |centre: &Point| centres.iter().map(|other| plain(centre, other)).sum();
    let sums: Vec<f64> = centres.iter().map(sum).collect();
    let strange = centres[first_of_the_most(&sums)];
    let off: Vec<_> = centres.iter().map(|centre| plain(centre, &strange)).collect();
    centres[first_of_the_most(&off)]
}

fn first_of_the_most(values: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;

    fn map(kbps: &[u64]) -> Map {
        Map::new(kbps.iter().map(|&kbps| 1e3 * kbps as f64), 0, 0)
    }

    #[test]
    fn of_625_weights_it_knows_the_best_without_trying_them() {
        const SHARES: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];
        let mut draw = Seed(1).stream(Purpose::Algorithm, &[]);
        let (mut none, mut some) = (0, 0);
        for _ in 0..2_000 {
            let mut map = map(&[300, 750, 1_200, 1_850]);
            for neuron in &mut map.neurons {
                neuron[1] = [0.0, 0.01, 1.0, 3.0][draw.below(4) as usize];
            }
            let moment = Moment {
                throughput: 100_000.0 + 3e6 * draw.unit(),
                length: 0.5 + 4.0 * draw.unit(),
                latency: 1.0,
                buffer: 3.0 * draw.unit(),
                least: 0.3,
            };
            let mut best: Option<(f64, Point)> = None;
            for (neuron, &bitrate) in map.neurons.iter().zip(&map.bitrates) {
                for number in 0..625 {
                    let digit = |place: u32| SHARES[number / 5_usize.pow(place) % 5];
                    let weights = [digit(3), digit(2), digit(1), digit(0)];
                    let Some(worth) = map.worth(&moment, bitrate, neuron[1], weights) else {
                        continue;
                    };
                    if best.is_none_or(|(most, _)| worth > most) {
                        best = Some((worth, weights));
                    }
                }
            }
            assert_eq!(map.best_weights(&moment), best.map(|(_, weights)| weights));
            *(if best.is_some() { &mut some } else { &mut none }) += 1;
        }
        assert!(none > 50 && some > 500, "{none} {some}");
    }

    #[test]
    fn at_first_it_is_a_rate_rule_and_it_comes_down_at_once() {
        let question = Question { last: Some(Rung(2)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(8)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 3.2 s is 2,500 kbit/s; nine tenths of it 2,250. In neurons, over 4,583: 0.218,
        // 0.436 and 0.873, and 0.491 is wished for. 0.436 is nearest, even counted 0.2 fold; 0.873
        // is more than the link carries, and counts 100 fold. Rung 2 takes 7.1 s of the 8.
        abr.observe(&fetched(1_000_000, 3_200));
        assert_eq!(abr.choose(&question.context(8)), Decision::Fetch(Rung(1)));
        // With 7 s it does not come in time: the best cheaper one that the link carries.
        assert_eq!(abr.choose(&question.context(7)), Decision::Fetch(Rung(1)));
        let cheapest = Question { last: Some(Rung(0)), ..Question::of(&[1_000, 2_000, 4_000]) };
        assert_eq!(abr.choose(&cheapest.context(0)), Decision::Fetch(Rung(0)));
    }

    #[test]
    fn a_neuron_is_moved_and_those_near_it_less() {
        let mut map = map(&[3_000, 4_000]);
        // 3, 4, 5: neurons at 0.6 and 0.8, 0.2 apart, exp(−0.04/0.02) = 0.1353.
        map.pull(1, [1.0, 0.5, 0.0, 0.0]);
        let near = |a: Point, b: Point| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(map.neurons[0], [0.600_541, 0.000_677, 0.0, 0.0]), "{:?}", map.neurons);
        assert!(near(map.neurons[1], [0.802, 0.005, 0.0, 0.0]), "{:?}", map.neurons);
    }

    #[test]
    fn it_begins_with_weights_of_its_seed() {
        let weights = |seed| {
            let mut draw = Seed(seed).stream(Purpose::Algorithm, &[0]);
            first_weights(&map(&[300, 750, 1_200]).neurons, &mut draw)
        };
        assert_eq!(weights(0), weights(0));
        assert_ne!(weights(0), weights(1));
        assert!(weights(0).iter().all(|weight| (0.0..1.0).contains(weight)));
    }
}
