//! The facts of a playback: playhead, buffers and phase; everything but judgement.
//!
//! The idea to hold: between two inputs playback is a straight line, so [`Playback::advance`] is
//! arithmetic, and what happened on the way is told with the time at which it did.

use std::collections::VecDeque;
use std::sync::Arc;

use super::express::Facts;
use super::{Config, Event, Host, Reports};
use crate::media::{Presentation, Rung, Segment, Track, TrackId};
use crate::units::{Pts, Sliver, Span, Speed, Time};

pub(super) struct Playback {
    pub(super) content: Arc<Presentation>,
    pub(super) config: Config,
    /// The instant these facts describe.
    pub(super) at: Time,
    pub(super) phase: Phase,
    pub(super) tracks: Vec<Buffered>,
    playhead: Pts,
    /// How much further than that it is.
    carried: Sliver,
    /// Where the playhead was put last.
    landed: Pts,
    /// How far every track can be played.
    playable: Pts,
    /// Whether every track is there to its end.
    complete: bool,
    /// Of the segments held and not yet shown, where the first begins, and its track.
    due: Option<(Pts, TrackId)>,
    /// When playback last went on.
    began: Time,
    /// What happened last of those things after which latency does not go on as it did, and
    /// whether anything has.
    turn: Option<Turn>,
    pub(super) turned: bool,
    /// Since when the player's own events would speak of a stall, where they are not the viewer's.
    short: Option<Time>,
}

/// What is held of one track.
#[derive(Debug, Default)]
pub(super) struct Buffered {
    /// The first segment not held.
    next: u32,
    /// The next to fetch: that one, or one to take the place of what is held.
    wanted: u32,
    /// What is not there yet of the last that is held.
    lacks: Span,
    /// The rung of the last that is.
    pub(super) last: Option<Rung>,
    /// The first segment not shown yet.
    pub(super) shown: u32,
    /// The rungs of those between.
    pub(super) rungs: VecDeque<Rung>,
}

impl Buffered {
    /// Whether there is more to fetch, of so many segments.
    fn is_incomplete(&self, count: u32) -> bool {
        self.next < count || !self.lacks.is_zero()
    }

    /// The segment to fetch next. What has been shown is not fetched again.
    pub(super) fn wanted(&self) -> u32 {
        match self.lacks {
            Span::ZERO => self.wanted.max(self.shown),
            // What began to be shown may have an end to come.
            _ => self.wanted.max(self.shown.min(self.next.saturating_sub(1))),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// Fetching the manifest.
    Opening,
    /// Filling the buffer for the first time.
    Starting,
    Playing,
    Stalled,
    /// Filling the buffer at a place that was sought.
    Seeking,
    /// The viewer does not want it to play.
    Paused {
        /// They have gone to another place meanwhile.
        sought: bool,
    },
    /// Played out, given up or left.
    Over,
}

impl Phase {
    /// Media needed to begin, or to go on.
    pub(super) fn needs(self, config: &Config) -> Span {
        match self {
            Self::Opening | Self::Starting => config.startup,
            Self::Stalled | Self::Seeking | Self::Paused { sought: true } => config.resume,
            Self::Playing | Self::Paused { sought: false } | Self::Over => Span::ZERO,
        }
    }
}

/// What latency depends on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Turn {
    /// Playback began, or went on where it was sought.
    Began,
    /// It went on after a stall.
    Resumed,
    /// It stands still, or is over.
    Stood,
}

/// Whether the next segment of a track may be asked for.
pub(super) enum Room {
    Now,
    /// When enough has been played.
    At(Time),
    /// When another track lets playback go on, or the viewer does.
    OncePlaying,
    /// There is no next segment.
    Never,
}

/// The least media that can be played.
const LEAST: Span = Span::from_nanos(1);

impl Playback {
    pub(super) fn new(content: Arc<Presentation>, config: Config, at: Time) -> Self {
        // However low its threshold, playback needs something to play.
        let (startup, resume) = (config.startup.max(LEAST), config.resume.max(LEAST));
        let config = Config { startup, resume, ..config };
        let phase = if content.opening.is_empty() { Phase::Starting } else { Phase::Opening };
        let tracks = content.tracks.iter().map(|_| Buffered::default()).collect();
        let (playhead, carried, landed) = (Pts::ZERO, Sliver::default(), Pts::ZERO);
        let (playable, complete, due) = (Pts::ZERO, false, None);
        Self {
            content,
            config,
            at,
            phase,
            tracks,
            playhead,
            carried,
            landed,
            playable,
            complete,
            due,
            began: at,
            turn: None,
            turned: false,
            short: None,
        }
    }

    /// Where playback is.
    pub(super) fn playhead(&self) -> Pts {
        self.playhead
    }

    /// Whether media is playing.
    pub(super) fn is_playing(&self) -> bool {
        self.phase == Phase::Playing
    }

    /// From now on it plays at that speed.
    pub(super) fn change(&mut self, speed: Speed) {
        self.turned |= self.config.speed != speed;
        self.config.speed = speed;
    }

    /// What happened since it was last asked, of what latency depends on.
    pub(super) fn took_turn(&mut self) -> Option<Turn> {
        self.turn.take()
    }

    /// The rung of the main track, and the segment that is fetched next.
    pub(super) fn main_rung(&self) -> (Rung, u32) {
        let main = &self.tracks[usize::from(self.content.main().0)];
        (main.last.unwrap_or_default(), main.wanted())
    }

    /// Plays up to `now`. If nobody woke us when the media ran out, says when it did.
    pub(super) fn advance(&mut self, now: Time, host: &mut (impl Host + ?Sized)) {
        let elapsed = now - std::mem::replace(&mut self.at, now);
        if self.phase != Phase::Playing {
            return;
        }
        let played = elapsed.min(self.lasts(self.buffered()));
        let dry = self.at - (elapsed - played);
        let (media, carried) = self.config.speed.plays(played, self.carried);
        self.playhead += media;
        self.carried = carried;
        self.show(dry, host);
        if dry < now {
            self.run_dry(dry, host);
        }
    }

    /// Whether everything will have been played, given whether it is a deadline that finds that.
    pub(super) fn ends_by(&self, now: Time, woken: bool) -> bool {
        let dry = self.runs_dry().filter(|_| self.complete);
        dry.is_some_and(|dry| dry < now || (woken && dry == now))
    }

    /// Says so if the media has just run out. Only a deadline may find that: bytes that arrive as
    /// the buffer empties are in time, however many inputs it takes to tell of them.
    pub(super) fn check(&mut self, host: &mut (impl Host + ?Sized)) {
        if self.phase == Phase::Playing && self.buffered().is_zero() {
            self.run_dry(self.at, host);
        }
    }

    /// Draws the consequences of an input.
    pub(super) fn settle(&mut self, host: &mut (impl Host + ?Sized)) {
        let enough = |level| self.complete || self.buffered() >= level;
        let began = match self.phase {
            Phase::Starting if enough(self.config.startup) => Event::Started,
            Phase::Stalled if enough(self.config.resume) => Event::Resumed,
            Phase::Seeking if enough(self.config.resume) => Event::Landed,
            Phase::Playing => return self.show(self.at, host),
            Phase::Opening | Phase::Starting | Phase::Stalled => return,
            Phase::Seeking | Phase::Paused { .. } | Phase::Over => return,
        };
        if began == Event::Resumed {
            self.report(host);
        }
        let turn = if began == Event::Resumed { Turn::Resumed } else { Turn::Began };
        (self.turn, self.turned) = (Some(turn), true);
        (self.phase, self.began) = (Phase::Playing, self.at);
        host.tell(self.at, &began);
        self.show(self.at, host);
    }

    /// When the media at hand will have been played.
    pub(super) fn runs_dry(&self) -> Option<Time> {
        (self.phase == Phase::Playing).then(|| self.at + self.lasts(self.buffered()))
    }

    /// Whether the viewer does not want it to play, where they are.
    pub(super) fn is_paused(&self) -> bool {
        self.phase == Phase::Paused { sought: false }
    }

    /// Whether it is of one track, as it was recorded, with nothing to see to but its segments.
    pub(super) fn is_ordinary(&self) -> bool {
        let [held] = &*self.tracks else { return false };
        matches!(self.phase, Phase::Starting | Phase::Playing | Phase::Stalled)
            && (self.config.speed, self.config.reports) == (Speed::NORMAL, Reports::default())
            && held.lacks.is_zero()
            && held.wanted() == held.next
    }

    /// The facts that change, of such a one.
    pub(super) fn lend<'a>(&mut self, track: &'a Track) -> Facts<'a> {
        let (held, playhead, landed) = (&mut self.tracks[0], self.playhead, self.landed);
        let (rungs, last) = (std::mem::take(&mut held.rungs), held.last);
        let (next, shown) = (held.next, held.shown);
        Facts { now: self.at, phase: self.phase, playhead, landed, next, shown, rungs, last, track }
    }

    /// The same again, as they are now.
    pub(super) fn take_back(&mut self, facts: Facts<'_>) {
        let Facts { now, phase, playhead, next, shown, rungs, last, .. } = facts;
        (self.at, self.phase, self.playhead) = (now, phase, playhead);
        let held = &mut self.tracks[0];
        (held.next, held.wanted, held.shown) = (next, next, shown);
        (held.rungs, held.last) = (rungs, last);
        self.survey();
        self.due = self.first_due();
    }

    /// Adds a segment to what is held.
    pub(super) fn append(&mut self, segment: Segment, host: &mut (impl Host + ?Sized)) {
        if self.config.reports.below.is_zero() {
            return self.hold(segment);
        }
        let low = self.config.reports.below.saturating_sub(self.buffered());
        if self.phase == Phase::Playing && !low.is_zero() {
            self.falls_short(self.at, low);
        }
        self.hold(segment);
        if self.buffered() > self.config.reports.below {
            self.report(host);
        }
    }

    /// The player's own events speak of a stall: since so much media before then was played, or
    /// since playback went on.
    fn falls_short(&mut self, at: Time, before: Span) {
        let ago = self.config.speed.took(before, self.carried).min(at.since_start());
        self.short = self.short.or(Some((at - ago).max(self.began)));
    }

    /// What the player's own events spoke of as a stall is over.
    pub(super) fn report(&mut self, host: &mut (impl Host + ?Sized)) {
        let Some(since) = self.short.take() else { return };
        let span = self.at - since;
        if span >= self.config.reports.after {
            host.tell(self.at, &Event::Reported(span));
        }
    }

    /// Adds a part of a segment, of which so much media is there now, to what is held; returns how
    /// far its track can be played.
    pub(super) fn append_part(&mut self, segment: Segment, media: Span) -> Pts {
        let Segment { track, index, .. } = segment;
        let lacks = self.content.track(track).duration(index).saturating_sub(media);
        let place = usize::from(track.0);
        if index == self.tracks[place].next {
            self.hold(segment);
            self.tracks[place].lacks = lacks;
        } else if index + 1 == self.tracks[place].next {
            let held = &mut self.tracks[place];
            (held.lacks, held.wanted) = (held.lacks.min(lacks), index + 1);
        }
        self.survey();
        self.content.track(track).start(index) + media
    }

    /// Whether part of a segment is held, and part is not.
    fn holds_part_of(&self, Segment { track, index, .. }: Segment) -> bool {
        let held = &self.tracks[usize::from(track.0)];
        !held.lacks.is_zero() && index + 1 == held.next
    }

    /// No more of a segment will come of what was asked for.
    pub(super) fn lacks_rest_of(&mut self, segment: Segment) {
        if self.holds_part_of(segment) {
            self.tracks[usize::from(segment.track.0)].wanted = segment.index;
        }
    }

    fn hold(&mut self, Segment { track, index, rung }: Segment) {
        let held = &mut self.tracks[track.0 as usize];
        assert!(index <= held.next, "segments of a track are held in order");
        (held.wanted, held.last) = (index + 1, Some(rung));
        if !held.lacks.is_zero() && index + 1 == held.next {
            held.lacks = Span::ZERO;
            return self.survey();
        }
        if index < held.next {
            // In place of one that may have been shown by now.
            let place = index.checked_sub(held.shown).map(|place| place as usize);
            if let Some(held) = place.and_then(|place| held.rungs.get_mut(place)) {
                *held = rung;
            }
            return;
        }
        held.next += 1;
        held.rungs.push_back(rung);
        self.survey();
        let place = (self.content.track(track).start(index), track);
        self.due = Some(self.due.map_or(place, |due| due.min(place)));
    }

    /// From now on a track is fetched from this segment on, of those held; they are played until
    /// others have come, or dropped. Returns the segment.
    pub(super) fn fetch_from(&mut self, index: usize, from: u32, kept: bool) -> u32 {
        let held = &mut self.tracks[index];
        held.wanted = from.clamp(held.shown, held.next);
        if !kept {
            held.rungs.truncate((held.wanted - held.shown) as usize);
            if held.wanted < held.next {
                held.lacks = Span::ZERO;
            }
            held.next = held.wanted;
            self.survey();
            self.due = self.first_due();
        }
        self.tracks[index].wanted
    }

    /// Moves the playhead, and says whether what is held is of use there. If not, it is dropped.
    pub(super) fn seek(&mut self, to: Pts) -> bool {
        let buffered = self.playhead <= to && (to < self.playable || self.complete);
        self.short = None;
        (self.playhead, self.carried, self.landed) = (to, Sliver::default(), to);
        for (held, track) in self.tracks.iter_mut().zip(&self.content.tracks) {
            let first = track.holding(to);
            if buffered {
                // What is passed over is never shown.
                let passed = first.saturating_sub(held.shown).min(held.next - held.shown);
                held.rungs.drain(..passed as usize);
                held.shown += passed;
                // The rest of what is there in part may still have to be asked for.
                if held.lacks.is_zero() {
                    held.wanted = held.next;
                }
            } else {
                held.rungs.clear();
                (held.shown, held.next, held.wanted) = (first, first, first);
                held.lacks = Span::ZERO;
            }
        }
        self.survey();
        self.due = self.first_due();
        buffered
    }

    /// Whether a track's next segment fits. Whatever is needed to play at all always does.
    pub(super) fn room(&self, index: usize) -> Room {
        let (track, held) = (&self.content.tracks[index], &self.tracks[index]);
        let wanted = held.wanted();
        if wanted == track.count() {
            return Room::Never;
        }
        let ahead = self.before(index, wanted);
        let excess = (ahead + track.duration(wanted)).saturating_sub(self.config.target);
        let needed = self.needed();
        if excess.is_zero() || ahead < needed {
            return Room::Now;
        }
        match self.phase {
            // By the time playback stops it may be needed, fit or not.
            Phase::Playing => Room::At(self.at + self.lasts(excess.min(self.buffered()))),
            Phase::Opening | Phase::Starting | Phase::Stalled => Room::OncePlaying,
            Phase::Seeking | Phase::Paused { .. } | Phase::Over => Room::OncePlaying,
        }
    }

    /// Media needed to begin, or to go on.
    fn needed(&self) -> Span {
        self.phase.needs(&self.config)
    }

    /// Whether a track is what playback waits for.
    pub(super) fn waits_for(&self, index: usize) -> bool {
        self.ahead(index) < self.needed()
    }

    /// Media of one track ahead of the playhead.
    pub(super) fn ahead(&self, index: usize) -> Span {
        let held = &self.tracks[index];
        self.before(index, held.next).saturating_sub(held.lacks)
    }

    /// Of the other tracks that have more to come, the least media ahead.
    pub(super) fn ahead_of_others(&self, index: usize) -> Option<Span> {
        if self.tracks.len() == 1 {
            return None;
        }
        let incomplete =
            |other: usize| self.tracks[other].is_incomplete(self.content.tracks[other].count());
        let others = (0..self.tracks.len()).filter(|&other| other != index && incomplete(other));
        others.map(|other| self.ahead(other)).min()
    }

    /// Media from the playhead to a segment.
    fn before(&self, index: usize, segment: u32) -> Span {
        let end = self.content.tracks[index].start(segment);
        end.since_start().saturating_sub(self.playhead.since_start())
    }

    /// Media playable from here on: as much as the scarcest track has.
    pub(super) fn buffered(&self) -> Span {
        self.playable.since_start().saturating_sub(self.playhead.since_start())
    }

    /// How long so much media lasts.
    fn lasts(&self, media: Span) -> Span {
        self.config.speed.takes(media, self.carried)
    }

    /// Finds out how far what is held can be played.
    fn survey(&mut self) {
        if let ([held], [track]) = (&*self.tracks, &*self.content.tracks) {
            // The usual case, and often asked.
            self.complete = !held.is_incomplete(track.count());
            self.playable = match self.complete {
                true => self.content.end(),
                false => track.start(held.next) - held.lacks,
            };
            return;
        }
        let tracks = || self.tracks.iter().zip(&self.content.tracks);
        let lacking = tracks().filter(|(held, track)| held.is_incomplete(track.count()));
        let scarcest = lacking.map(|(held, track)| track.start(held.next) - held.lacks).min();
        self.complete = scarcest.is_none();
        self.playable = scarcest.unwrap_or_else(|| self.content.end());
    }

    /// What is held is of no use any more: playback stands still.
    pub(super) fn stall(&mut self, host: &mut (impl Host + ?Sized)) {
        self.stand(self.at, (Phase::Stalled, Event::Stalled), host);
    }

    fn run_dry(&mut self, at: Time, host: &mut (impl Host + ?Sized)) {
        // The nanosecond in which it ran out had room for a little more.
        (self.playhead, self.carried) = (self.playhead.min(self.playable), Sliver::default());
        let what = match self.complete {
            true => (Phase::Over, Event::Ended),
            false => (Phase::Stalled, Event::Stalled),
        };
        self.stand(at, what, host);
    }

    fn stand(&mut self, at: Time, (phase, event): (Phase, Event), host: &mut (impl Host + ?Sized)) {
        self.phase = phase;
        (self.turn, self.turned) = (Some(Turn::Stood), true);
        let Reports { below, after } = self.config.reports;
        if phase == Phase::Stalled && !(below.is_zero() && after.is_zero()) {
            self.falls_short(at, below);
        }
        host.tell(at, &event);
    }

    /// Tells of segments whose first frame has been displayed, given when the playhead got here. A
    /// frame is not displayed before every track has what goes with it.
    fn show(&mut self, at: Time, host: &mut (impl Host + ?Sized)) {
        while let Some((start, track)) = self.due
            && start <= self.playhead
            && start < self.playable
        {
            let shown = self.pop(track);
            let since = self.playhead - start.max(self.landed);
            let ago = self.config.speed.took(since, self.carried);
            host.tell(at - ago, &Event::Shown(shown));
        }
    }

    /// Takes out a track's first segment not shown.
    // Not inlined: what is due has to be asked at every input, and then usually nothing is.
    #[inline(never)]
    fn pop(&mut self, track: TrackId) -> Segment {
        let held = &mut self.tracks[track.0 as usize];
        let (index, rung) = (held.shown, held.rungs.pop_front().expect("a segment due is held"));
        held.shown += 1;
        self.due = self.first_due();
        Segment { track, index, rung }
    }

    fn first_due(&self) -> Option<(Pts, TrackId)> {
        let tracks = self.tracks.iter().zip(&self.content.tracks).zip(0..);
        tracks
            .filter(|((held, _), _)| held.shown < held.next)
            .map(|((held, track), index)| (track.start(held.shown), TrackId(index)))
            .min()
    }
}
