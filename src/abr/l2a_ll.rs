//! L2A-LL: learns a mixture of rungs that keeps the buffer where it is, step by step.
//!
//! An online learner holds a share `w_i` of each rung, and a price `Q` of buffer. After a segment
//! of `V` seconds that came at a throughput `T`, at a playback speed `p`,
//!
//! ```text
//!   w  ←  projection of w_i ± V/(2α) · (Q + v) · p·b_i/T   onto shares that add up to 1,
//!         + below the first rung with p·b_i > T, and − from it on
//!   Q  ←  max(0, Q − V + V·p·(b·w + b·(w − w_before))/T)
//! ```
//!
//! and the rung nearest to `b·w` is fetched; up, the next rung is taken instead if the link carries
//! it. Where `T` is no more than the rung's bitrate, `Q` becomes `react · max(v, Q)` (Karagkioules,
//! Mekuria, Griffioen, Wagenaar, "Online learning for low-latency adaptive streaming", MMSys 2020;
//! `L2ARule.js` of dash.js, with its `horizon` 4, `v = horizon^0.99`, `react` 2, and
//! `α = max(horizon, v·√horizon)`). Until `target` is buffered, 1.5 s there, it is a rate rule;
//! then it begins with `Q = v` and all of its share on the rung it is on.
//!
//! Throughput is that of the last segment, from its request on, as dash.js adds it up. All is in
//! kbit/s: later versions of the rule compare bits with kilobits in two places. dash.js asks it of
//! video alone, and begins anew after a seek; here each track has a learner, which goes on.

use super::{Abr, Algorithm, Context, Decision, HarmonicMean, Outcome, Transfer, copies_of};
use crate::media::{Presentation, Rung, Track};
use crate::units::{Bitrate, Span};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "l2a-ll",
    summary: "L2A-LL: online learning that trades bitrate for latency, segment by segment",
    source: "Karagkioules, Mekuria, Griffioen, Wagenaar, Online learning for low-latency adaptive \
             streaming, MMSys 2020; dash.js L2ARule",
    parameters: Parameters::LIST,
    new: |settings, content| copies_of(L2a::new(Parameters::from_settings(settings), content)),
};

parameters! {
    /// steps that learning takes to converge: more is more cautious
    horizon: f64 = 4.0, 1.0 => 100.0;
    /// how much dearer buffer becomes when a rung was more than the link carries
    react: f64 = 2.0, 1.0 => 100.0;
    /// how much is buffered before it learns
    target: Span = Span::from_millis(1_500), Span::ZERO => Span::from_secs(60);
    /// share of the estimated throughput that may be spent before
    safety: f64 = 0.9, 0.05 => 2.0;
}

/// So many samples the mean is over that begins: dash.js's of a live stream.
const WINDOW: u32 = 3;

/// The dearest that buffer becomes. Without an end it would double for ever in an outage.
const DEAREST: f64 = 1e9;

#[derive(Clone)]
struct L2a {
    parameters: Parameters,
    /// The caution `v`, and the step `1 / 2α`.
    caution: f64,
    step: f64,
    /// By track.
    learners: Vec<Learner>,
}

#[derive(Clone)]
struct Learner {
    /// kbit/s, by rung.
    bitrates: Vec<f64>,
    /// By rung.
    shares: Vec<f64>,
    /// Room to project in.
    room: Vec<f64>,
    price: f64,
    /// The mean that the beginning goes by.
    mean: HarmonicMean,
    /// kbit/s, and seconds, of a segment that was not learnt from yet.
    news: Option<(f64, f64)>,
    learning: bool,
}

impl L2a {
    fn new(parameters: Parameters, content: &Presentation) -> Self {
        let horizon = parameters.horizon;
        let caution = libm::pow(horizon, 0.99);
        let alpha = horizon.max(caution * libm::sqrt(horizon));
        let learners = content.tracks.iter().map(Learner::new).collect();
        Self { parameters, caution, step: 0.5 / alpha, learners }
    }
}

impl Abr for L2a {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let learner = &mut self.learners[cx.id.0 as usize];
        let speed = cx.speed.as_f64();
        let Some(last) = cx.last.filter(|_| learner.learning) else {
            let mean = learner.mean.get().unwrap_or(0.0);
            let spent = self.parameters.safety * mean / speed;
            let rung = cx.track.ladder.within(Bitrate::from_bps_f64(spent));
            if learner.news.take().is_some() && cx.buffer >= self.parameters.target {
                learner.begin(rung, self.caution);
            }
            return Decision::Fetch(rung);
        };
        let Some((rate, length)) = learner.news.take() else { return Decision::Fetch(last) };
        let pull = length * self.step * (learner.price + self.caution);
        learner.learn(pull, speed, rate, length);
        let rung = learner.nearest(last, rate);
        if learner.bitrates[rung] >= rate {
            learner.price = self.parameters.react * learner.price.max(self.caution);
        }
        learner.price = learner.price.min(DEAREST);
        Decision::Fetch(Rung(rung as u8))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome == Outcome::Done
            && let Some(sample) = transfer.overall()
        {
            let learner = &mut self.learners[transfer.track.0 as usize];
            learner.mean.add(sample);
            let kbps = (sample.as_f64() / 1e3).max(1.0);
            learner.news = Some((kbps, transfer.duration.as_secs_f64()));
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.learners.iter_mut().for_each(|learner| learner.mean.remember(throughput));
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.learners.first()?.mean.get().map(Bitrate::from_bps_f64)
    }
}

impl Learner {
    fn new(track: &Track) -> Self {
        let bitrates: Vec<_> = track.ladder.bitrates().iter().map(|b| b.as_kbps_f64()).collect();
        let (shares, room) = (vec![0.0; bitrates.len()], vec![0.0; bitrates.len()]);
        let mean = HarmonicMean::new(WINDOW);
        Self { bitrates, shares, room, price: 0.0, mean, news: None, learning: false }
    }

    /// Begins to learn, with all of its share on a rung.
    fn begin(&mut self, rung: Rung, price: f64) {
        (self.learning, self.price) = (true, price);
        self.shares.fill(0.0);
        self.shares[rung.0 as usize] = 1.0;
    }

    /// Moves its shares and its price by a segment of `length` seconds that came at `rate`.
    fn learn(&mut self, pull: f64, speed: f64, rate: f64, length: f64) {
        let before = self.mixture();
        let mut carried = true;
        for (share, bitrate) in self.shares.iter_mut().zip(&self.bitrates) {
            let load = speed * bitrate / rate;
            carried &= load <= 1.0;
            *share += if carried { pull * load } else { -pull * load };
        }
        project(&mut self.shares, &mut self.room);
        let after = self.mixture();
        let load = speed * (after + (after - before)) / rate;
        self.price = (self.price - length + length * load).max(0.0);
    }

    /// The bitrate of its shares together.
    fn mixture(&self) -> f64 {
        self.bitrates.iter().zip(&self.shares).map(|(bitrate, share)| bitrate * share).sum()
    }

    /// The rung nearest to the mixture; upwards the next one, if the link carries that.
    fn nearest(&self, last: Rung, rate: f64) -> usize {
        let mixture = self.mixture();
        let (mut nearest, mut least) = (0, f64::INFINITY);
        for (rung, bitrate) in self.bitrates.iter().enumerate() {
            let off = libm::fabs(bitrate - mixture);
            if off < least {
                (nearest, least) = (rung, off);
            }
        }
        let next = last.0 as usize + 1;
        if nearest >= next && self.bitrates[next] <= rate { next } else { nearest }
    }
}

/// The nearest point with no part below zero and parts that add up to 1 (Chen and Ye, "Projection
/// onto a simplex", arXiv 1101.6081, 2011): what is above a level, which is found from the top.
pub(super) fn project(point: &mut [f64], sorted: &mut [f64]) {
    sorted.copy_from_slice(point);
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut level) = (0.0, 0.0);
    for (count, &part) in (1..).zip(sorted.iter()) {
        sum += part;
        level = (sum - 1.0) / f64::from(count);
        if sorted.get(count as usize).is_none_or(|&next| level >= next) {
            break;
        }
    }
    point.iter_mut().for_each(|part| *part = (*part - level).max(0.0));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;

    #[test]
    fn a_point_is_projected_to_shares() {
        let projected = |mut point: [f64; 3]| {
            project(&mut point, &mut [0.0; 3]);
            point
        };
        assert_eq!(projected([0.25, 0.25, 0.5]), [0.25, 0.25, 0.5]);
        // A level of 0.5 leaves 0.75 and 0.25; the third is below it.
        assert_eq!(projected([1.25, 0.75, 0.25]), [0.75, 0.25, 0.0]);
        assert_eq!(projected([-3.0, -1.0, -1.0]), [0.0, 0.5, 0.5]);
    }

    #[test]
    fn it_learns_with_a_pencil() {
        let question = Question { last: Some(Rung(0)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 4 s: 2,000 kbit/s, of which 1,800 sustain rung 0. With 4 s buffered it begins.
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(0)));
        // v = 4^0.99 = 3.945 and α = 7.890, so the pull is 4/15.78 · (3.945 + 3.945) = 2. At 8,000
        // kbit/s loads are 1/8, 1/4, 1/2, and shares 1.25, 0.5, 1: above a level of 0.625 are
        // 0.625, 0 and 0.375, together 2,125 kbit/s. That is nearest to rung 1, the next one.
        abr.observe(&fetched(4_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(1)));
        // The price is 3.945 − 4 + 4 · (2,125 + 1,125)/8,000 = 1.570, so the pull is
        // 4/15.78 · (1.570 + 3.945) = 1.398. At 1,000 kbit/s rung 0 is carried and the others,
        // with loads of 2 and 4, are not: 2.023, −2.796, −5.217. All of it is on rung 0.
        abr.observe(&fetched(1_000_000, 8_000));
        let question = Question { last: Some(Rung(1)), ..Question::of(&[1_000, 2_000, 4_000]) };
        assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(0)));
        // Asked again with nothing new, it stays on the rung before.
        assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn an_outage_does_not_confuse_it() {
        let question = Question { last: Some(Rung(2)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        for _ in 0..3_000 {
            abr.observe(&fetched(1, 60_000));
            assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(0)));
        }
        // Two fast segments, and it is above the cheapest rung again.
        abr.observe(&fetched(40_000_000, 4_000));
        let _ = abr.choose(&question.context(4));
        abr.observe(&fetched(40_000_000, 4_000));
        let Decision::Fetch(rung) = abr.choose(&question.context(4)) else { panic!("waited") };
        assert!(rung > Rung(0), "{rung:?}");
    }
}
