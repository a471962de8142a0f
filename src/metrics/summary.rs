//! Many sessions into one summary.
//!
//! The idea to hold: everything kept is a whole number or a histogram of whole numbers, so two
//! summaries merge into the same third in any order, and memory does not grow with the viewers.

use super::fairness::{Fairness, jain};
use super::glass::OnAir;
use super::qoe::QoeModel;
use super::session::{End, Session};
use super::statistics::{Clusters, Interval, wilson_of_fewer};
use super::sum::TotalTime;
use crate::distribution::Distribution;
use crate::units::{Bitrate, Bytes, Span};

/// What a run's sessions amount to.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Summary {
    /// Viewers who pressed play.
    pub viewers: u64,
    /// Of those, who watched all they meant to without a stall.
    pub zero_buffer: u64,
    /// Whose playback started.
    pub started: u64,
    /// Whose player gave up.
    pub gave_up: u64,
    /// Sums over all viewers of what [`Session`] counts.
    pub total: Total,
    /// Media time displayed on each rung, by all.
    pub on_rung: Vec<TotalTime>,
    /// Startup, in milliseconds, of those who started.
    pub startup: Distribution,
    /// Switches per minute of play, in thousandths, of those who played.
    pub switch_rate: Distribution,
    /// The length of stalled time per viewer who stalled, in milliseconds.
    pub stall_time: Distribution,
    /// The mean bitrate of each viewer who played, in kbit/s.
    pub bitrate: Distribution,
    /// How many viewers ended each way, in the order of [`End::ALL`].
    pub ends: [u64; End::COUNT],
    /// How evenly shared links were shared.
    pub fairness: Fairness,
    /// How alike those fared who shared a link.
    pub clusters: Clusters,
    /// Viewers free of stalls by what their players' own events spoke of.
    pub zero_buffer_reported: u64,
    /// The longest wait after a seek of each viewer who sought, in milliseconds.
    pub seek_wait: Distribution,
    /// How far behind live they were, of what is live.
    pub live: Option<OnAir>,
}

/// Sums over all viewers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Total {
    /// Startup of those who started.
    pub startup: TotalTime,
    /// Time played.
    pub played: TotalTime,
    /// Time stalled.
    pub stalled: TotalTime,
    /// Stalls.
    pub stalls: u64,
    /// Segments of the main track displayed.
    pub segments: u64,
    /// Σ bitrate of those segments.
    pub bitrate_sum: Bitrate,
    /// Bits displayed, as bytes.
    pub shown: Bytes,
    /// Media time displayed.
    pub shown_media: TotalTime,
    /// Switches up.
    pub switches_up: u64,
    /// Switches down.
    pub switches_down: u64,
    /// Σ |Δ bitrate|.
    pub switch_sum: Bitrate,
    /// Oscillations.
    pub oscillations: u64,
    /// Requests.
    pub requests: u64,
    /// Bytes received.
    pub bytes: Bytes,
    /// Bytes wasted.
    pub wasted: Bytes,
    /// Viewers who reached the highest rung their link sustains, and the sum of how long it took.
    pub ramped: u64,
    /// See [`ramped`](Self::ramped).
    pub ramp: TotalTime,
    /// Time paused.
    pub paused: TotalTime,
    /// Seeks.
    pub seeks: u64,
    /// Time waited after them.
    pub seek_wait: TotalTime,
    /// Stalls that the players' own events spoke of.
    pub reported: u64,
    /// And for how long.
    pub reported_time: TotalTime,
}

impl Summary {
    /// Of no sessions yet, of content whose main ladder has so many rungs.
    pub fn new(rungs: usize) -> Self {
        Self {
            viewers: 0,
            zero_buffer: 0,
            started: 0,
            gave_up: 0,
            total: Total::default(),
            on_rung: vec![TotalTime::ZERO; rungs],
            startup: Distribution::default(),
            switch_rate: Distribution::default(),
            stall_time: Distribution::default(),
            bitrate: Distribution::default(),
            ends: [0; End::COUNT],
            fairness: Fairness::default(),
            clusters: Clusters::default(),
            zero_buffer_reported: 0,
            seek_wait: Distribution::default(),
            live: None,
        }
    }

    /// Takes in a session, and the media time it displayed on each rung.
    pub fn add(&mut self, session: &Session, on_rung: &[Span]) {
        self.viewers += 1;
        self.zero_buffer += u64::from(session.is_zero_buffer());
        self.zero_buffer_reported += u64::from(session.is_zero_buffer_by_its_events());
        self.gave_up += u64::from(session.end == End::GaveUp);
        self.ends[session.end as usize] += 1;
        let total = &mut self.total;
        total.played += session.played;
        total.stalled += session.stalled;
        total.stalls += u64::from(session.stalls);
        total.segments += u64::from(session.segments);
        total.bitrate_sum += session.bitrate_sum;
        total.shown += session.shown;
        total.shown_media += session.shown_media;
        total.switches_up += u64::from(session.switches_up);
        total.switches_down += u64::from(session.switches_down);
        total.switch_sum += session.switch_sum;
        total.oscillations += u64::from(session.oscillations);
        total.requests += u64::from(session.requests);
        total.bytes += session.bytes;
        total.wasted += session.wasted;
        total.paused += session.paused;
        total.seeks += u64::from(session.seeks);
        total.seek_wait += session.seek_wait;
        total.reported += u64::from(session.reported);
        total.reported_time += session.reported_time;
        if session.seeks > 0 {
            self.seek_wait.add(session.longest_seek.as_millis());
        }
        if let Some(ramp) = session.ramp {
            total.ramped += 1;
            total.ramp += ramp;
        }
        if let Some(startup) = session.startup {
            self.started += 1;
            total.startup += startup;
            self.startup.add(startup.as_millis());
        }
        if let Some(bitrate) = session.bitrate() {
            self.bitrate.add(bitrate.as_bps() / 1_000);
        }
        if !session.played.is_zero() {
            let per_minute = 60_000_000 * u64::from(session.switches());
            self.switch_rate.add(per_minute / session.played.as_millis().max(1));
        }
        if session.stalls > 0 {
            self.stall_time.add(session.stalled.as_millis());
        }
        for (sum, span) in self.on_rung.iter_mut().zip(on_rung) {
            *sum += *span;
        }
    }

    /// Takes in that these sessions, each of them [added](Self::add) too, are not independent: they
    /// shared a link, or were drawn together. A class is told of those who belong to it.
    pub fn add_cluster(&mut self, sessions: &[Session]) {
        if sessions.len() > 1 {
            let zero_buffer = sessions.iter().filter(|session| session.is_zero_buffer()).count();
            self.clusters.add(sessions.len() as u64, zero_buffer as u64);
        }
    }

    /// Takes in that these sessions shared a link. A class is told of those who belong to it.
    pub fn add_link(&mut self, sessions: &[Session]) {
        if sessions.len() < 2 {
            return;
        }
        let sessions = sessions.iter();
        let index = jain(sessions.map(|session| session.bitrate().unwrap_or_default()));
        index.into_iter().for_each(|index| self.fairness.add(index));
    }

    /// Takes in another summary of the same content.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.on_rung.len(), other.on_rung.len(), "summaries of different ladders");
        self.viewers += other.viewers;
        self.zero_buffer += other.zero_buffer;
        self.started += other.started;
        self.gave_up += other.gave_up;
        self.zero_buffer_reported += other.zero_buffer_reported;
        self.total.merge(&other.total);
        for (sum, span) in self.on_rung.iter_mut().zip(&other.on_rung) {
            *sum += *span;
        }
        self.startup.merge(&other.startup);
        self.switch_rate.merge(&other.switch_rate);
        self.stall_time.merge(&other.stall_time);
        self.bitrate.merge(&other.bitrate);
        for (sum, count) in self.ends.iter_mut().zip(other.ends) {
            *sum += count;
        }
        self.fairness.merge(&other.fairness);
        self.clusters.merge(&other.clusters);
        self.seek_wait.merge(&other.seek_wait);
        if let Some(other) = &other.live {
            self.live.get_or_insert_default().merge(other);
        }
    }

    /// The zero-buffer rate: the share of viewers who watched all they meant to without a stall.
    pub fn zbr(&self) -> f64 {
        ratio(self.zero_buffer as f64, self.viewers as f64)
    }

    /// What it would be by the stalls that the players' own events speak of.
    pub fn zbr_reported(&self) -> f64 {
        ratio(self.zero_buffer_reported as f64, self.viewers as f64)
    }

    /// Its 95 % interval: Wilson's, of so many viewers as those who share links are worth.
    pub fn zbr_interval(&self) -> Interval {
        let effect = self.clusters.design_effect(self.viewers, self.zero_buffer);
        wilson_of_fewer(self.zero_buffer, self.viewers, effect)
    }

    /// How many ended so.
    pub fn ended(&self, end: End) -> u64 {
        self.ends[end as usize]
    }

    /// Viewers who did not watch all they meant to.
    pub fn incomplete(&self) -> u64 {
        let early = End::ALL.into_iter().filter(|end| !end.is_complete());
        early.map(|end| self.ended(end)).sum()
    }

    /// How long all viewers together watched, in hours; stalls are not watched.
    pub fn hours_watched(&self) -> f64 {
        self.total.played.as_secs_f64() / 3_600.0
    }

    /// Time stalled over time played and stalled, of all viewers together.
    pub fn stall_ratio(&self) -> f64 {
        let stalled = self.total.stalled.as_secs_f64();
        ratio(stalled, stalled + self.total.played.as_secs_f64())
    }

    /// Stalls per hour played and stalled.
    pub fn stalls_per_hour(&self) -> f64 {
        let hours = (self.total.played + self.total.stalled).as_secs_f64() / 3_600.0;
        ratio(self.total.stalls as f64, hours)
    }

    /// The mean bitrate displayed, weighted by media time.
    pub fn mean_bitrate(&self) -> Bitrate {
        match self.total.shown_media.halved() {
            (_, Span::ZERO) => Bitrate::ZERO,
            (times, media) => Bytes::new(self.total.shown.get() >> times) / media,
        }
    }

    /// Switches of either kind per minute played.
    pub fn switches_per_minute(&self) -> f64 {
        ratio(self.switches() as f64, self.total.played.as_secs_f64() / 60.0)
    }

    /// Switches of either kind.
    pub fn switches(&self) -> u64 {
        self.total.switches_up + self.total.switches_down
    }

    /// The mean |Δ bitrate| of a switch, in kbit/s.
    pub fn switch_kbps_mean(&self) -> f64 {
        ratio(self.total.switch_sum.as_kbps_f64(), self.switches() as f64)
    }

    /// The mean startup of those who started, in seconds.
    pub fn startup_mean(&self) -> f64 {
        ratio(self.total.startup.as_secs_f64(), self.started as f64)
    }

    /// The mean time to the highest sustainable rung of those who reached it, in seconds.
    pub fn ramp_mean(&self) -> f64 {
        ratio(self.total.ramp.as_secs_f64(), self.total.ramped as f64)
    }

    /// The mean wait after a seek, in seconds.
    pub fn seek_wait_mean(&self) -> f64 {
        ratio(self.total.seek_wait.as_secs_f64(), self.total.seeks as f64)
    }

    /// The share of bytes received that were wasted.
    pub fn waste_ratio(&self) -> f64 {
        ratio(self.total.wasted.as_f64(), self.total.bytes.as_f64())
    }

    /// The score by a model of all viewers together, per segment displayed.
    pub fn qoe_per_segment(&self, model: &QoeModel) -> f64 {
        let Total { bitrate_sum, switch_sum, stalled, startup, segments, .. } = self.total;
        ratio(model.of(bitrate_sum, switch_sum, stalled, startup), segments as f64)
    }

    /// The share of displayed media on each rung, cheapest first.
    pub fn rung_shares(&self) -> Vec<f64> {
        let all: TotalTime = self.on_rung.iter().copied().sum();
        self.on_rung.iter().map(|s| ratio(s.as_secs_f64(), all.as_secs_f64())).collect()
    }
}

impl Total {
    fn merge(&mut self, other: &Self) {
        self.startup += other.startup;
        self.played += other.played;
        self.stalled += other.stalled;
        self.stalls += other.stalls;
        self.segments += other.segments;
        self.bitrate_sum += other.bitrate_sum;
        self.shown += other.shown;
        self.shown_media += other.shown_media;
        self.switches_up += other.switches_up;
        self.switches_down += other.switches_down;
        self.switch_sum += other.switch_sum;
        self.oscillations += other.oscillations;
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.wasted += other.wasted;
        self.ramped += other.ramped;
        self.ramp += other.ramp;
        self.paused += other.paused;
        self.seeks += other.seeks;
        self.seek_wait += other.seek_wait;
        self.reported += other.reported;
        self.reported_time += other.reported_time;
    }
}

/// A ratio, and nothing of nothing is nothing.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::wilson;

    /// Someone who watched a minute of so many kilobits a second.
    fn session(kbps: u64, stalls: u32) -> Session {
        let minute = Span::from_secs(60);
        Session {
            end: End::Finished,
            startup: Some(Span::from_secs(1)),
            played: minute,
            stalls,
            shown: Bytes::from(Bitrate::kbps(kbps) * minute),
            shown_media: minute,
            ..Session::default()
        }
    }

    /// Households of copies of these.
    fn households(sessions: &[Session], copies: usize) -> Summary {
        let mut summary = Summary::new(1);
        for session in sessions {
            let household = vec![*session; copies];
            household.iter().for_each(|session| summary.add(session, &[]));
            summary.add_link(&household);
            summary.add_cluster(&household);
        }
        summary
    }

    #[test]
    fn a_household_of_four_copies_says_as_much_as_one_of_them() {
        let sessions: Vec<_> = (0..100).map(|n| session(1_000, u32::from(n < 13))).collect();
        let (four, one) = (households(&sessions, 4), households(&sessions, 1));
        assert_eq!((four.zero_buffer, four.viewers), (348, 400));
        assert_eq!(four.zbr_interval(), wilson(87, 100));
        assert_eq!(one.zbr_interval(), wilson(87, 100));
    }

    #[test]
    fn a_link_of_one_is_not_shared() {
        let summary = households(&[session(1_000, 0), session(2_000, 1)], 1);
        assert_eq!(summary.fairness, Fairness::default());
        assert_eq!(summary.clusters, Clusters::default());
    }

    #[test]
    fn a_link_is_as_fair_as_the_bitrates_of_those_on_it() {
        // 1 and 3 Mbit/s: 16/20. Then 2 and nothing at all, by one who never played: 1/2.
        let mut summary = Summary::new(1);
        summary.add_link(&[session(1_000, 0), session(3_000, 0)]);
        summary.add_link(&[session(2_000, 0), Session::default()]);
        assert_eq!(summary.fairness.mean(), Some(0.65));
        assert_eq!(summary.fairness.lowest(), Some(0.5));
    }

    #[test]
    fn ways_of_ending_and_hours_add_up() {
        let mut summary = households(&[session(1_000, 0); 45], 2);
        let gone = Session { end: End::Left, played: Span::from_secs(1_800), ..session(1, 0) };
        summary.add(&gone, &[]);
        let mut other = Summary::new(1);
        other.add(&gone, &[]);
        summary.merge(&other);
        assert_eq!((summary.ended(End::Finished), summary.ended(End::Left)), (90, 2));
        assert_eq!(summary.ends.iter().sum::<u64>(), summary.viewers);
        // 90 minutes and two half hours.
        assert_eq!(summary.hours_watched(), 2.5);
    }

    #[test]
    fn a_thousand_viewers_who_watch_for_a_year_are_counted() {
        // More than the 584 years of a span: 1,000 years at 125,000 B a second, 1 Mbit/s.
        let year = Span::from_secs(365 * 86_400);
        let shown = Bytes::new(125_000 * 365 * 86_400);
        let session = Session { played: year, shown, shown_media: year, ..Session::default() };
        let mut half = Summary::new(1);
        (0..500).for_each(|_| half.add(&session, &[year]));
        let mut whole = half.clone();
        whole.merge(&half);
        assert_eq!(whole.total.played.as_secs_f64(), 1_000.0 * year.as_secs_f64());
        assert_eq!(whole.rung_shares(), [1.0]);
        assert_eq!(half.mean_bitrate(), Bitrate::kbps(1_000));
        let mean = whole.mean_bitrate().as_kbps_f64();
        assert!((mean - 1_000.0).abs() < 0.001, "{mean}");
    }
}
