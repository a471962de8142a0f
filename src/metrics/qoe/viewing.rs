//! What one viewer saw: the segments displayed and the stalls between them.
//!
//! The idea to hold: media is counted as it was displayed. Somebody who goes to another place sees
//! there what comes next, so media time is the sum of what was shown, in the order it was.

use super::p1203::Sources;
use crate::media::{Presentation, Rung, Segment, TrackId};
use crate::player::Event;
use crate::units::{Sliver, Span, Speed, Time};

/// A segment that was displayed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Watched {
    /// Its position in its track.
    pub index: u32,
    /// The rung.
    pub rung: Rung,
    /// How much media of it was displayed.
    pub shown: Span,
}

/// A time of standing still for want of media.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stall {
    /// After how much media.
    pub at: Span,
    /// For how long.
    pub length: Span,
}

/// How much less of a segment may have been displayed than there is of it and be all, as instants
/// are whole nanoseconds and speeds thousandths.
const ROUNDING: Span = Span::from_millis(1);

/// Segments of one track, the last of which is being displayed.
#[derive(Clone, Debug, Default)]
struct Reel {
    segments: Vec<Watched>,
    /// Of how much media the last one began.
    since: Span,
}

impl Reel {
    /// What was displayed of the last one, of which there is so much.
    fn settle(&mut self, media: Span, whole: impl Fn(u32) -> Span) {
        if let Some(last) = self.segments.last_mut() {
            let (shown, all) = (media.saturating_sub(self.since), whole(last.index));
            last.shown = if shown.saturating_add(ROUNDING) >= all { all } else { shown };
        }
    }

    /// The next one begins.
    fn show(&mut self, media: Span, next: Segment, whole: impl Fn(u32) -> Span) {
        self.settle(media, whole);
        self.since = media;
        self.segments.push(Watched { index: next.index, rung: next.rung, shown: Span::ZERO });
    }
}

/// A fold of the events of one session after the other: a [`clear`](Self::clear) between two of
/// them keeps what was allocated.
#[derive(Clone, Debug, Default)]
pub struct Viewing {
    main: TrackId,
    audio: Option<TrackId>,
    pictures: Reel,
    sounds: Reel,
    stalls: Vec<Stall>,
    startup: Option<Span>,
    began: Option<Time>,
    /// Whether there is anything after it.
    over: bool,
    /// How long media was played, in the world's time and in media's.
    played: Span,
    media: Span,
    carried: Sliver,
    speed: Speed,
    /// Since when it plays, or stands still for want of media.
    playing: Option<Time>,
    stalled: Option<Time>,
}

impl Viewing {
    /// Of a viewer of `content` who plays at that speed.
    pub fn new(content: &Presentation, speed: Speed) -> Self {
        let mut viewing = Self::default();
        viewing.clear(content, speed);
        viewing
    }

    /// Begins again with another.
    pub fn clear(&mut self, content: &Presentation, speed: Speed) {
        let reel = |mut reel: Reel| {
            reel.segments.clear();
            Reel { since: Span::ZERO, ..reel }
        };
        let Self { pictures, sounds, mut stalls, .. } = std::mem::take(self);
        stalls.clear();
        *self = Self {
            main: content.main(),
            audio: Sources::audio(content),
            pictures: reel(pictures),
            sounds: reel(sounds),
            stalls,
            speed,
            ..Self::default()
        };
    }

    /// The same of a viewer who pressed play then; unless said, when the first thing happened.
    #[must_use]
    pub fn since(self, pressed: Time) -> Self {
        Self { began: Some(pressed), ..self }
    }

    /// Takes in what happened.
    pub fn record(&mut self, content: &Presentation, at: Time, event: &Event) {
        let began = *self.began.get_or_insert(at);
        match *event {
            Event::Started => {
                self.startup = Some(at - began);
                self.play(at);
            }
            Event::Resumed | Event::Landed | Event::Unpaused => self.play(at),
            Event::Stalled => {
                self.stand(at);
                self.stalled = Some(at);
            }
            Event::Sought { .. } | Event::Paused => self.stand(at),
            Event::Behind { speed, .. } => {
                self.pass(at);
                self.speed = speed;
            }
            Event::Shown(segment) => self.shown(content, at, segment),
            Event::Ended | Event::GaveUp(_) | Event::Left(_) if !self.over => {
                self.stand(at);
                self.over = true;
                self.settle(content);
            }
            Event::Ended | Event::GaveUp(_) | Event::Left(_) => {}
            Event::Requested(..)
            | Event::Delivered(..)
            | Event::Abandoned(..)
            | Event::Failed(..)
            | Event::Arrived(..)
            | Event::Discarded(..)
            | Event::Reported(_)
            | Event::Resynced { .. } => {}
        }
    }

    /// Segments of the main track, in the order they were displayed.
    pub fn segments(&self) -> &[Watched] {
        &self.pictures.segments
    }

    /// Those of the sound that goes with it, if it has a track.
    pub fn sound(&self) -> &[Watched] {
        &self.sounds.segments
    }

    /// Stalls, in order; neither startup nor a wait after a seek is one.
    pub fn stalls(&self) -> &[Stall] {
        &self.stalls
    }

    /// From pressing play to the first frame, if there was one.
    pub fn startup(&self) -> Option<Span> {
        self.startup
    }

    /// How long it was played.
    pub fn played(&self) -> Span {
        self.played
    }

    /// How long it stood still for want of media.
    pub fn stalled(&self) -> Span {
        self.stalls.iter().map(|stall| stall.length).sum()
    }

    fn shown(&mut self, content: &Presentation, at: Time, segment: Segment) {
        self.pass(at);
        let media = self.media_at(at);
        let whole = |index| content.track(segment.track).duration(index);
        if segment.track == self.main {
            self.pictures.show(media, segment, whole);
        } else if Some(segment.track) == self.audio {
            self.sounds.show(media, segment, whole);
        }
    }

    fn play(&mut self, at: Time) {
        self.stand(at);
        self.playing = Some(at);
    }

    /// Nothing is played any more, and no stall goes on.
    fn stand(&mut self, at: Time) {
        self.pass(at);
        self.playing = None;
        if let Some(since) = self.stalled.take() {
            self.stalls.push(Stall { at: self.media, length: at - since });
        }
    }

    /// How much media had been displayed at an instant that may be a little earlier than what is
    /// known already, as frames are told of only when there is something to do.
    fn media_at(&self, at: Time) -> Span {
        let since = self.playing.map(|since| since.max(at) - at).unwrap_or_default();
        self.media.saturating_sub(self.speed.plays(since, self.carried).0)
    }

    /// Time has passed.
    fn pass(&mut self, at: Time) {
        let Some(since) = self.playing.as_mut() else { return };
        if at > *since {
            let (media, carried) = self.speed.plays(at - *since, self.carried);
            self.played += at - *since;
            (self.media, self.carried, *since) = (self.media + media, carried, at);
        }
    }

    /// It is over.
    fn settle(&mut self, content: &Presentation) {
        let whole = |track: TrackId| move |index| content.track(track).duration(index);
        self.pictures.settle(self.media, whole(self.main));
        if let Some(audio) = self.audio {
            self.sounds.settle(self.media, whole(audio));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{DocumentId, Kind, Ladder, Object, Representation, Track};
    use crate::metrics::qoe::testing::{LADDER, content, watch};
    use crate::player::Reason;
    use crate::units::{Bitrate, Bytes, Pts};

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    fn segment(index: u32, rung: u8) -> Event {
        Event::Shown(Segment { track: TrackId(0), index, rung: Rung(rung) })
    }

    fn viewing(content: &Presentation, events: &[(u64, Event)]) -> Viewing {
        let mut viewing = Viewing::new(content, Speed::NORMAL);
        for (millis, event) in [(0, Event::Reported(Span::ZERO))].iter().chain(events) {
            viewing.record(content, at(*millis), event);
        }
        viewing
    }

    fn shown(viewing: &Viewing) -> Vec<(u32, u64)> {
        let segments = viewing.segments().iter();
        segments.map(|watched| (watched.index, watched.shown.as_millis())).collect()
    }

    fn stall(secs: u64, millis: u64) -> Stall {
        Stall { at: Span::from_secs(secs), length: Span::from_millis(millis) }
    }

    #[test]
    fn what_was_seen_is_the_segments_and_the_stalls_between_them() {
        let (_, viewing) = watch(&content(&LADDER), &[0, 2, 1], (1_500, &[500, 250]));
        assert_eq!(shown(&viewing), [(0, 4_000), (1, 4_000), (2, 4_000)]);
        let rungs: Vec<_> = viewing.segments().iter().map(|watched| watched.rung.0).collect();
        assert_eq!(rungs, [0, 2, 1]);
        assert_eq!(viewing.stalls(), [stall(4, 500), stall(8, 250)]);
        assert_eq!(viewing.startup(), Some(Span::from_millis(1_500)));
        assert_eq!((viewing.played(), viewing.stalled().as_millis()), (Span::from_secs(12), 750));
    }

    #[test]
    fn a_segment_that_somebody_leaves_or_enters_amid_is_seen_in_part() {
        let content = content(&LADDER);
        let sought = Event::Sought { to: Pts::ZERO + Span::from_secs(42), buffered: false };
        let events = [
            (1_000, Event::Started),
            (1_000, segment(0, 0)),
            (5_000, segment(1, 0)),
            // Gone after 3 s of it; 2 s later they land amid segment 10, pause, and leave.
            (8_000, sought),
            (10_000, Event::Landed),
            (10_000, segment(10, 1)),
            (12_000, segment(11, 1)),
            (13_000, Event::Paused),
            (20_000, Event::Unpaused),
            (20_500, Event::Left(Reason::Satisfied)),
        ];
        let viewing = viewing(&content, &events);
        assert_eq!(shown(&viewing), [(0, 4_000), (1, 3_000), (10, 2_000), (11, 1_500)]);
        assert_eq!((viewing.played().as_millis(), viewing.stalls()), (10_500, &[][..]));
    }

    #[test]
    fn one_who_leaves_in_a_stall_has_stalled_until_then() {
        let content = content(&LADDER);
        let events = [
            (0, Event::Started),
            (0, segment(0, 0)),
            (4_000, Event::Stalled),
            (9_000, Event::Left(Reason::Stall)),
        ];
        let viewing = viewing(&content, &events);
        assert_eq!((viewing.stalls(), shown(&viewing)), (&[stall(4, 5_000)][..], vec![(0, 4_000)]));
    }

    #[test]
    fn media_goes_by_as_fast_as_it_is_played() {
        let content = content(&LADDER);
        let behind = |speed| Event::Behind { latency: Span::ZERO, target: Span::ZERO, speed };
        // 2 s, then at 1.25x 1.6 s for the other 2 of the first and 1.6 s for 2 of the second.
        let events = [
            (0, Event::Started),
            (0, segment(0, 0)),
            (2_000, behind(Speed::from_per_mille(1_250).unwrap())),
            (3_600, segment(1, 0)),
            (5_200, Event::Stalled),
            (5_300, Event::Left(Reason::Limit)),
        ];
        let viewing = viewing(&content, &events);
        assert_eq!(shown(&viewing), [(0, 4_000), (1, 2_000)]);
        assert_eq!((viewing.stalls(), viewing.played().as_millis()), (&[stall(6, 100)][..], 5_200));
    }

    #[test]
    fn a_frame_told_of_late_was_displayed_when_it_was() {
        let content = content(&LADDER);
        let (latency, target, speed) = (Span::ZERO, Span::ZERO, Speed::NORMAL);
        let events = [
            (0, Event::Started),
            (0, segment(0, 0)),
            (4_100, Event::Behind { latency, target, speed }),
            (4_000, segment(1, 0)),
            (6_000, Event::Ended),
        ];
        assert_eq!(shown(&viewing(&content, &events)), [(0, 4_000), (1, 2_000)]);
    }

    #[test]
    fn sound_is_kept_apart_and_nothing_is_left_of_the_viewer_before() {
        let mut content = content(&LADDER);
        let ladder = Ladder::new(vec![Representation::new(Bitrate::kbps(128))]).unwrap();
        let sizes = vec![Bytes::new(32_000); 10];
        let track = Track::new(Kind::Audio, ladder, &[Span::from_secs(2); 10], sizes).unwrap();
        content.tracks.push(track);
        let sound = |index| Event::Shown(Segment { track: TrackId(1), index, rung: Rung(0) });
        let events = [
            (0, Event::Started),
            (0, segment(0, 0)),
            (0, sound(0)),
            (2_000, sound(1)),
            (3_000, Event::Stalled),
            (3_500, Event::GaveUp(Object::Document(DocumentId(0)))),
        ];
        let mut viewing = viewing(&content, &events);
        let heard: Vec<_> = viewing.sound().iter().map(|heard| heard.shown.as_millis()).collect();
        assert_eq!((heard, shown(&viewing)), (vec![2_000, 1_000], vec![(0, 3_000)]));
        viewing.clear(&content, Speed::NORMAL);
        let none = (&[][..], &[][..], &[][..]);
        assert_eq!((viewing.segments(), viewing.sound(), viewing.stalls()), none);
        assert_eq!((viewing.startup(), viewing.played()), (None, Span::ZERO));
    }
}
