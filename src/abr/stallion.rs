//! STALLION: what throughput and latency were lately, less what they vary.
//!
//! With means `μ` and standard deviations `σ` over the last few segments,
//! `bitrate = μ_throughput − z_throughput · σ_throughput` and
//! `latency = μ_latency + z_latency · σ_latency`, where latency is how long a request waits for its
//! first byte. It is dead time: of a segment's length that share is gone, so
//! `rung = max { r : bitrate(r) ≤ bitrate · (1 − latency / segment) }`, and the cheapest where
//! nothing is left (Gutterman, Fridman, Gilliland, Hu, Zussman, "STALLION: video adaptation
//! algorithm for low-latency video streaming", MMSys 2020; `StallionRule.js`, its authors' rule for
//! dash.js, whose `getQualityForBitrate` takes the dead time off).
//!
//! The z are the rule's, 1 and 1.25; the windows are dash.js's of its time, three segments of a
//! live stream for throughput and four for latency, without its widening of the first where
//! throughput jumps. Deviations are of the samples themselves (divided by n). At another playback
//! speed a segment is as much shorter, and a rung as much dearer.

use super::{Abr, Algorithm, Context, Decision, Outcome, Transfer, Window, copies_of};
use crate::units::Bitrate;

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "stallion",
    summary: "best rung within the mean throughput less its deviation, for low latency",
    source: "Gutterman, Fridman, Gilliland, Hu, Zussman, STALLION: video adaptation algorithm for \
             low-latency video streaming, MMSys 2020; its authors' StallionRule.js",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let lane = Lane {
            throughput: Window::new(parameters.window),
            latency: Window::new(parameters.latency_window),
        };
        let lanes = vec![lane; content.tracks.len()];
        copies_of(Stallion { parameters, lanes, remembered: None })
    },
};

parameters! {
    /// deviations by which the throughput is taken to be less than its mean
    z_throughput: f64 = 1.0, 0.0 => 10.0;
    /// deviations by which the latency is taken to be more than its mean
    z_latency: f64 = 1.25, 0.0 => 10.0;
    /// how many of the latest segments the throughput is taken over
    window: u32 = 3, 1 => 20;
    /// how many of the latest segments the latency is taken over
    latency_window: u32 = 4, 1 => 20;
}

#[derive(Clone)]
struct Stallion {
    parameters: Parameters,
    /// By track.
    lanes: Vec<Lane>,
    remembered: Option<Bitrate>,
}

/// What was measured of one track's segments.
#[derive(Clone, Copy)]
struct Lane {
    /// Bits per second.
    throughput: Window,
    /// Seconds.
    latency: Window,
}

impl Stallion {
    /// Bits per second that may be spent.
    fn spendable(&self, track: usize) -> Option<f64> {
        let (mean, deviation) = match self.lanes.get(track)?.throughput.moments() {
            Some(moments) => moments,
            None => (self.remembered?.as_f64(), 0.0),
        };
        Some((mean - self.parameters.z_throughput * deviation).max(0.0))
    }
}

impl Abr for Stallion {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let track = cx.id.0 as usize;
        let (mean, deviation) = self.lanes[track].latency.moments().unwrap_or_default();
        let latency = mean + self.parameters.z_latency * deviation;
        let speed = cx.speed.as_f64();
        let alive = 1.0 - latency * speed / cx.duration().as_secs_f64().max(1e-9);
        let spent = self.spendable(track).unwrap_or(0.0) * alive.max(0.0) / speed;
        Decision::Fetch(cx.track.ladder.within(Bitrate::from_bps_f64(spent)))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.outcome != Outcome::Done {
            return;
        }
        let lane = &mut self.lanes[transfer.track.0 as usize];
        if let Some(sample) = transfer.throughput() {
            lane.throughput.add(sample.as_f64());
        }
        if let Some(first_byte) = transfer.first_byte {
            lane.latency.add((first_byte - transfer.requested).as_secs_f64());
        }
    }

    fn remember(&mut self, throughput: Bitrate) {
        self.remembered = Some(throughput);
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.spendable(0).map(Bitrate::from_bps_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::media::Rung;
    use crate::units::Span;

    #[test]
    fn it_spends_the_mean_less_the_deviation() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 2.5 s is 3,200 kbit/s.
        abr.observe(&fetched(1_000_000, 2_500));
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(3)));
        // And in 5 s, 1,600: the mean is 2,400 and the deviation 800.
        abr.observe(&fetched(1_000_000, 5_000));
        assert_eq!(abr.estimate(), Some(Bitrate::kbps(1_600)));
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(2)));
    }

    #[test]
    fn a_wait_for_the_first_byte_is_dead_time() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        let waited = |secs| {
            let done = fetched(2_000_000, secs * 1_000 + 5_000);
            Transfer { first_byte: Some(done.requested + Span::from_secs(secs)), ..done }
        };
        // 2 MB in 5 s are 3,200 kbit/s. Of 4 s one is dead: three quarters, 2,400, are left.
        abr.observe(&waited(1));
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(2)));
        // Waits of 1 and 3 s: 2 + 1.25 · 1 = 3.25 s. 600 kbit/s are left.
        abr.observe(&waited(3));
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(0)));
    }

    #[test]
    fn it_begins_on_what_it_remembers() {
        let question = Question::of(&[300, 750, 1_200, 2_850, 4_300]);
        let mut abr = question.ask(&ALGORITHM);
        abr.remember(Bitrate::kbps(3_000));
        assert_eq!(abr.choose(&question.context(1)), Decision::Fetch(Rung(3)));
    }
}
