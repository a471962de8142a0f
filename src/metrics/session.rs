//! One viewer's events into one [`Session`].
//!
//! The idea to hold: what counts is what was displayed, so bitrate and switching are folds of
//! [`Event::Shown`] on the main track, and nothing a player fetched but did not show can flatter
//! it. Everything is a whole number, so that sums are exact in any order.

use crate::media::{Object, Presentation, Rung, TrackId};
use crate::player::{Event, Reason, Receipt};
use crate::units::{Bitrate, Bytes, Span, Time};

/// What a viewing amounted to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Session {
    /// How it ended.
    pub end: End,
    /// From pressing play to the first frame, if there was one.
    pub startup: Option<Span>,
    /// How long media was playing.
    pub played: Span,
    /// How long playback stood still for want of media after it had started.
    pub stalled: Span,
    /// How often it did.
    pub stalls: u32,
    /// How often the player's own events spoke of a stall, where they tell another story than the
    /// picture.
    pub reported: u32,
    /// For how long, in all.
    pub reported_time: Span,
    /// Segments of the main track displayed.
    pub segments: u32,
    /// The sum of their bitrates.
    pub bitrate_sum: Bitrate,
    /// Bits they hold at those bitrates, as bytes: over media time, the mean played bitrate.
    pub shown: Bytes,
    /// How long a media time those segments cover.
    pub shown_media: Span,
    /// Switches to a dearer rung.
    pub switches_up: u32,
    /// Switches to a cheaper one.
    pub switches_down: u32,
    /// The sum of |Δ bitrate| over all switches.
    pub switch_sum: Bitrate,
    /// Switches undone: the next switch, within 20 s of media, went back to the rung left or past.
    pub oscillations: u32,
    /// From pressing play to displaying the highest rung the link's mean bandwidth sustains.
    pub ramp: Option<Span>,
    /// Requests made.
    pub requests: u32,
    /// Bytes received in all.
    pub bytes: Bytes,
    /// Of those, of media that was abandoned, failed or never displayed.
    pub wasted: Bytes,
    /// How long the viewer paused.
    pub paused: Span,
    /// How often, after playback had started, they went to another place.
    pub seeks: u32,
    /// How long they waited, in all, for playback to go on there.
    pub seek_wait: Span,
    /// The longest of those waits.
    pub longest_seek: Span,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum End {
    /// The presentation was played to its end.
    Finished,
    /// The viewer had watched all they meant to.
    Satisfied,
    /// The player gave up on an object.
    GaveUp,
    /// The viewer left before the first frame, having waited long enough.
    LeftStartup,
    /// In a stall.
    LeftStall,
    /// Waiting for a place they had gone to.
    LeftSeek,
    /// The limit on simulated time was met.
    #[default]
    Left,
}

impl End {
    /// Every way of ending, in the order of their declaration, which is that of reports.
    pub const ALL: [Self; 7] = [
        Self::Finished,
        Self::Satisfied,
        Self::GaveUp,
        Self::LeftStartup,
        Self::LeftStall,
        Self::LeftSeek,
        Self::Left,
    ];

    /// How many ways there are.
    pub const COUNT: usize = Self::ALL.len();

    /// As the reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Satisfied => "satisfied",
            Self::GaveUp => "gave-up",
            Self::LeftStartup => "left-startup",
            Self::LeftStall => "left-stall",
            Self::LeftSeek => "left-seek",
            Self::Left => "left",
        }
    }

    /// What it means, as what goes on after "viewers who …".
    pub fn about(self) -> &'static str {
        match self {
            Self::Finished => "watched to the end",
            Self::Satisfied => "watched as much as they meant to",
            Self::GaveUp => "had a player that gave up on an object it needed",
            Self::LeftStartup => "left before the first frame, out of patience",
            Self::LeftStall => "left in a stall, out of patience",
            Self::LeftSeek => "left waiting for a place they had gone to, out of patience",
            Self::Left => "were still there at the limit on simulated time",
        }
    }

    /// Whether the viewer watched all they meant to.
    pub fn is_complete(self) -> bool {
        match self {
            Self::Finished | Self::Satisfied => true,
            Self::GaveUp | Self::LeftStartup | Self::LeftStall | Self::LeftSeek | Self::Left => {
                false
            }
        }
    }
}

impl From<Reason> for End {
    fn from(why: Reason) -> Self {
        match why {
            Reason::Satisfied => Self::Satisfied,
            Reason::Startup => Self::LeftStartup,
            Reason::Stall => Self::LeftStall,
            Reason::Seek => Self::LeftSeek,
            Reason::Limit => Self::Left,
        }
    }
}

impl Session {
    /// Whether the viewer watched all they meant to without a single stall. The zero-buffer rate
    /// of a run is the share of its sessions for which this holds.
    pub fn is_zero_buffer(&self) -> bool {
        self.startup.is_some() && self.stalls == 0 && self.end.is_complete()
    }

    /// The same by what the player's own events spoke of as stalls.
    pub fn is_zero_buffer_by_its_events(&self) -> bool {
        self.startup.is_some() && self.reported == 0 && self.end.is_complete()
    }

    /// Its player's events speak of stalls as its viewer sees them.
    pub fn reported_as_seen(&mut self) {
        (self.reported, self.reported_time) = (self.stalls, self.stalled);
    }

    /// Switches of either kind.
    pub fn switches(&self) -> u32 {
        self.switches_up + self.switches_down
    }

    /// The mean bitrate displayed, weighted by media time; nothing if nothing was.
    pub fn bitrate(&self) -> Option<Bitrate> {
        (!self.shown_media.is_zero()).then(|| self.shown / self.shown_media)
    }

    /// The mean |Δ bitrate| of a switch; nothing if there was none.
    pub fn switch_mean(&self) -> Option<Bitrate> {
        (self.switches() > 0).then(|| self.switch_sum / u64::from(self.switches()))
    }
}

/// How soon a switch has to be undone, in media time, to count as an oscillation.
const OSCILLATION: Span = Span::from_secs(20);

/// What time passes with once playback has started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Doing {
    Playing,
    Stalled,
    Seeking,
    Paused,
}

/// Folds the events of one session after the other.
#[derive(Clone, Debug)]
pub struct Meter {
    session: Session,
    main: TrackId,
    /// Media time displayed on each rung of the main track.
    on_rung: Vec<Span>,
    /// The lowest rung that counts as ramped up.
    sustainable: Rung,
    began: Option<Time>,
    /// Since playback started: what is going on, and from when.
    since: Option<(Time, Doing)>,
    /// A place was sought in a pause, and playback has not gone on there yet.
    sought: bool,
    last: Option<Rung>,
    /// The latest switch: where from, where to, and after how much media.
    switch: Option<(Rung, Rung, Span)>,
    /// Bytes of documents, which are never wasted, and of media displayed.
    used: Bytes,
}

impl Meter {
    /// For a viewer of `content` whose link has a mean bandwidth of `mean`.
    pub fn new(content: &Presentation, mean: Bitrate) -> Self {
        let main = content.main();
        let ladder = &content.track(main).ladder;
        Self {
            session: Session::default(),
            main,
            on_rung: vec![Span::ZERO; ladder.count()],
            sustainable: ladder.within(mean),
            began: None,
            since: None,
            sought: false,
            last: None,
            switch: None,
            used: Bytes::ZERO,
        }
    }

    /// The same of a viewer who pressed play then; unless said, when the first thing happened.
    #[must_use]
    pub fn since(self, pressed: Time) -> Self {
        Self { began: Some(pressed), ..self }
    }

    /// Takes in what happened.
    pub fn record(&mut self, content: &Presentation, at: Time, event: &Event) {
        self.began.get_or_insert(at);
        let session = &mut self.session;
        match *event {
            Event::Requested(..) => session.requests += 1,
            Event::Delivered(request, receipt) => {
                session.bytes += receipt.received;
                if let Object::Document(_) = request.object {
                    self.used += receipt.received;
                }
            }
            Event::Abandoned(_, Receipt { received, .. })
            | Event::Failed(_, Receipt { received, .. }) => session.bytes += received,
            Event::Started => {
                session.startup = self.began.map(|began| at - began);
                self.since = Some((at, Doing::Playing));
            }
            Event::Shown(segment) => {
                self.used += content.size(Object::Segment(segment));
                if segment.track == self.main {
                    self.shown(content, at, segment.index, segment.rung);
                }
            }
            Event::Stalled => {
                session.stalls += 1;
                self.turn(at, Some(Doing::Stalled));
            }
            Event::Resumed => self.turn(at, Some(Doing::Playing)),
            Event::Discarded(..)
            | Event::Arrived(..)
            | Event::Behind { .. }
            | Event::Resynced { .. } => {}
            Event::Reported(span) => {
                session.reported += 1;
                session.reported_time += span;
            }
            Event::Sought { .. } => self.sought(at),
            Event::Landed => {
                self.sought = false;
                self.turn(at, Some(Doing::Playing));
            }
            Event::Paused => self.turn(at, Some(Doing::Paused)),
            Event::Unpaused => {
                let doing = if self.sought { Doing::Seeking } else { Doing::Playing };
                self.turn(at, Some(doing));
            }
            Event::Ended => self.end(at, End::Finished),
            Event::GaveUp(_) => self.end(at, End::GaveUp),
            Event::Left(why) => self.end(at, why.into()),
        }
    }

    /// The session as it stands, and the media time displayed on each rung.
    pub fn finish(mut self) -> (Session, Vec<Span>) {
        // What is shown of a segment that is still coming has not all come.
        self.session.wasted = self.session.bytes.saturating_sub(self.used);
        (self.session, self.on_rung)
    }

    fn shown(&mut self, content: &Presentation, at: Time, index: u32, rung: Rung) {
        let track = content.track(self.main);
        let (bitrate, duration) = (track.ladder.bitrate(rung), track.duration(index));
        let session = &mut self.session;
        let displayed = session.shown_media;
        session.segments += 1;
        session.bitrate_sum += bitrate;
        session.shown += Bytes::from(bitrate * duration);
        session.shown_media += duration;
        self.on_rung[rung.0 as usize] += duration;
        if rung >= self.sustainable && session.ramp.is_none() {
            session.ramp = self.began.map(|began| at - began);
        }
        let Some(last) = self.last.replace(rung).filter(|&last| last != rung) else { return };
        let before = track.ladder.bitrate(last);
        if rung > last {
            session.switches_up += 1;
            session.switch_sum += bitrate - before;
        } else {
            session.switches_down += 1;
            session.switch_sum += before - bitrate;
        }
        if let Some((from, to, then)) = self.switch.replace((last, rung, displayed)) {
            let undone = if to > from { rung <= from } else { rung >= from };
            session.oscillations += u32::from(undone && displayed - then <= OSCILLATION);
        }
    }

    /// The viewer went elsewhere. Before playback has started that is no seek: it starts there.
    fn sought(&mut self, at: Time) {
        let Some((_, doing)) = self.since else { return };
        self.session.seeks += 1;
        self.sought = true;
        match doing {
            // One who seeks again while waiting waits on.
            Doing::Paused | Doing::Seeking => {}
            Doing::Playing | Doing::Stalled => self.turn(at, Some(Doing::Seeking)),
        }
    }

    /// Something else begins, or it is over.
    fn turn(&mut self, at: Time, doing: Option<Doing>) {
        if let Some((from, was)) = self.since.take() {
            let (session, span) = (&mut self.session, at - from);
            match was {
                Doing::Playing => session.played += span,
                Doing::Stalled => session.stalled += span,
                Doing::Paused => session.paused += span,
                Doing::Seeking => {
                    session.seek_wait += span;
                    session.longest_seek = session.longest_seek.max(span);
                }
            }
        }
        self.since = doing.map(|doing| (at, doing));
    }

    fn end(&mut self, at: Time, end: End) {
        self.turn(at, None);
        self.session.end = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Kind, Ladder, Representation, Segment, Track};
    use crate::units::Pts;

    fn content() -> Presentation {
        let rung = |kbps| Representation::new(Bitrate::kbps(kbps));
        let ladder = Ladder::new([1_000, 2_000, 4_000].map(rung).to_vec()).unwrap();
        let sizes = [500_000, 1_000_000, 2_000_000].map(Bytes::new).repeat(20);
        let track = Track::new(Kind::Video, ladder, &[Span::from_secs(4); 20], sizes).unwrap();
        Presentation::new(vec![track])
    }

    /// Shows these rungs one after the other from second 1 on, with no stall.
    fn shown(rungs: &[u8]) -> Session {
        let content = content();
        let mut meter = Meter::new(&content, Bitrate::kbps(3_000));
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        meter.began = Some(Time::ZERO);
        meter.record(&content, at(1), &Event::Started);
        for (index, &rung) in (0..).zip(rungs) {
            let segment = Segment { track: TrackId(0), index, rung: Rung(rung) };
            meter.record(&content, at(1 + 4 * u64::from(index)), &Event::Shown(segment));
        }
        meter.record(&content, at(1 + 4 * rungs.len() as u64), &Event::Ended);
        meter.session
    }

    #[test]
    fn every_way_of_ending_is_listed_once_and_in_order() {
        for (place, end) in End::ALL.into_iter().enumerate() {
            assert_eq!(end as usize, place, "{}", end.name());
        }
    }

    #[test]
    fn switches_are_counted_by_direction_and_summed_by_size() {
        let session = shown(&[0, 0, 2, 1, 1]);
        assert_eq!((session.switches_up, session.switches_down), (1, 1));
        // 1 → 4 Mbit/s, then 4 → 2: 3 + 2.
        assert_eq!(session.switch_sum, Bitrate::kbps(5_000));
        // (1 + 1 + 4 + 2 + 2) / 5.
        assert_eq!(session.bitrate(), Some(Bitrate::kbps(2_000)));
        assert_eq!(session.played, Span::from_secs(20));
        // The mean link of 3 Mbit/s sustains rung 1; the first such segment is the third, at 9 s.
        assert_eq!(session.ramp, Some(Span::from_secs(9)));
        assert!(session.is_zero_buffer());
    }

    #[test]
    fn an_oscillation_is_a_switch_undone_within_twenty_seconds() {
        assert_eq!(shown(&[0, 1, 0]).oscillations, 1, "undone after 4 s");
        assert_eq!(shown(&[0, 2, 1]).oscillations, 0, "only half undone");
        assert_eq!(shown(&[0, 1, 1, 1, 1, 1, 0]).oscillations, 1, "undone after 20 s");
        assert_eq!(shown(&[0, 1, 1, 1, 1, 1, 1, 0]).oscillations, 0, "undone after 24 s");
        assert_eq!(shown(&[1, 0, 1, 0]).oscillations, 2);
    }

    #[test]
    fn a_stall_is_neither_startup_nor_play() {
        let content = content();
        let mut meter = Meter::new(&content, Bitrate::kbps(1));
        let left = Event::Left(Reason::Limit);
        for (secs, event) in
            [(2, Event::Started), (6, Event::Stalled), (9, Event::Resumed), (13, left)]
        {
            meter.began = Some(Time::ZERO);
            meter.record(&content, Time::ZERO + Span::from_secs(secs), &event);
        }
        let (session, _) = meter.finish();
        assert_eq!(session.startup, Some(Span::from_secs(2)));
        assert_eq!((session.played, session.stalled), (Span::from_secs(8), Span::from_secs(3)));
        assert_eq!((session.stalls, session.is_zero_buffer()), (1, false));
    }

    #[test]
    fn a_wait_after_a_seek_is_no_stall_and_a_pause_is_neither() {
        let content = content();
        let mut meter = Meter::new(&content, Bitrate::kbps(1));
        let sought = Event::Sought { to: Pts::ZERO, buffered: false };
        meter.began = Some(Time::ZERO);
        // Startup 0–1, play 1–4, wait 4–6 (having changed their mind at 5), play 6–9, pause 9–14
        // (going elsewhere at 12), wait 14–17, play 17–20.
        let events = [
            (1, Event::Started),
            (4, sought),
            (5, sought),
            (6, Event::Landed),
            (9, Event::Paused),
            (12, sought),
            (14, Event::Unpaused),
            (17, Event::Landed),
            (20, Event::Left(Reason::Satisfied)),
        ];
        for (secs, event) in events {
            meter.record(&content, Time::ZERO + Span::from_secs(secs), &event);
        }
        let (session, _) = meter.finish();
        assert_eq!((session.played, session.paused), (Span::from_secs(9), Span::from_secs(5)));
        assert_eq!((session.seeks, session.seek_wait), (3, Span::from_secs(5)));
        assert_eq!((session.longest_seek, session.stalled), (Span::from_secs(3), Span::ZERO));
        assert_eq!((session.end, session.is_zero_buffer()), (End::Satisfied, true));
    }

    #[test]
    fn every_end_has_a_name_of_its_own() {
        let mut names: Vec<_> = End::ALL.iter().map(|end| end.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 7);
    }
}
