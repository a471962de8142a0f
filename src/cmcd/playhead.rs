//! Where playback was, judged from outside: what came when, and what the player said of itself.
//!
//! The idea to hold: a playhead goes on as time does unless it stands, and it can be no further
//! than the media that came. A buffer level said with a request pins it: it is so far before the
//! end of what came. Between two pins the time that is missing is the time it stood.

use super::State;
use crate::media::{Presentation, Rung, Segment, TrackId};
use crate::player::Reason;
use crate::units::{Pts, Span, Time};

/// What playback does for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    Starting,
    Playing,
    Stalled,
    Paused,
    Seeking,
}

/// How it was over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Over {
    Ended,
    Failed,
    Left(Reason),
}

/// A straight line: it did one thing from an instant and a place to others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Leg {
    pub(super) phase: Phase,
    pub(super) from: (Time, Pts),
    pub(super) to: (Time, Pts),
}

/// One leg after the other, and how and when it was over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Course {
    pub(super) legs: Vec<Leg>,
    pub(super) over: (Time, Over),
}

/// Since a viewer came or went to a place that was not held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chapter {
    pub(super) at: Time,
    pub(super) place: Pts,
}

/// What came, and when.
pub(super) struct Holdings<'a> {
    pub(super) content: &'a Presentation,
    /// By track, then segment: when it came, and on which rung.
    came: Vec<Vec<Vec<(Time, Rung)>>>,
    /// When anything did, in order.
    arrivals: Vec<Time>,
    /// At least one.
    pub(super) chapters: Vec<Chapter>,
    /// When anything was seen or told last.
    pub(super) heard: Time,
}

impl<'a> Holdings<'a> {
    /// Of segments by when they came.
    pub(super) fn new(
        content: &'a Presentation,
        came: impl Iterator<Item = (Time, Segment)>,
        chapters: Vec<Chapter>,
        heard: Time,
    ) -> Self {
        let none = |track: &crate::media::Track| vec![Vec::new(); track.count() as usize];
        let mut table: Vec<Vec<Vec<_>>> = content.tracks.iter().map(none).collect();
        let mut arrivals = Vec::new();
        for (at, Segment { track, index, rung }) in came {
            arrivals.push(at);
            table[usize::from(track.0)][index as usize].push((at, rung));
        }
        arrivals.sort_unstable();
        table.iter_mut().flatten().for_each(|of_one| of_one.sort_by_key(|&(at, _)| at));
        Self { content, came: table, arrivals, chapters, heard }
    }

    /// Whether anything came of a track. Players leave out those of other languages.
    pub(super) fn uses(&self, track: TrackId) -> bool {
        self.came[usize::from(track.0)].iter().any(|segment| !segment.is_empty())
    }

    /// When a segment is displayed that is due then, and on which rung: the last that came, if one
    /// did; else it is displayed once it comes.
    pub(super) fn rung(&self, track: TrackId, index: u32, due: Time) -> Option<(Time, Rung)> {
        let came = &self.came[usize::from(track.0)][index as usize];
        let before = came.iter().rev().find(|&&(at, _)| at <= due).map(|&(_, rung)| (due, rung));
        before.or(came.first().copied())
    }

    /// Up to where a track was held from a place on, of what came between two instants.
    fn held(&self, track: TrackId, from: Pts, (since, at): (Time, Time)) -> Pts {
        let (of, came) = (self.content.track(track), &self.came[usize::from(track.0)]);
        let is_there = |came: &Vec<(Time, Rung)>| came.iter().any(|&(t, _)| t >= since && t <= at);
        let first = of.holding(from);
        let count = came[first as usize..].iter().take_while(|came| is_there(came)).count();
        of.start(first + count as u32).max(from)
    }

    /// Up to where all tracks were.
    fn playable(&self, from: Pts, between: (Time, Time)) -> Pts {
        if self.arrivals.is_empty() {
            return from;
        }
        let ids = (0..self.content.tracks.len() as u8).map(TrackId).filter(|&id| self.uses(id));
        let held = ids.filter_map(|id| {
            let held = self.held(id, from, between);
            // A track that ends before the others holds nobody up.
            (held < self.content.track(id).end()).then_some(held)
        });
        held.min().unwrap_or(self.end()).max(from)
    }

    fn end(&self) -> Pts {
        self.content.end()
    }

    /// What came after an instant, in order.
    fn after(&self, at: Time) -> impl Iterator<Item = Time> {
        let first = self.arrivals.partition_point(|&came| came <= at);
        self.arrivals[first..].iter().copied()
    }
}

/// What a player said of itself with a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub(super) at: Time,
    pub(super) track: TrackId,
    /// Where in the media it is (`pt`, or of what is live `ltc`),
    pub(super) place: Option<Pts>,
    /// or how much of that track it holds (`bl`).
    pub(super) level: Option<Span>,
    /// When the request of the same track before this one was made.
    pub(super) before: Time,
    /// It ran dry (`bs`) since then,
    pub(super) starved: Option<Time>,
    /// for so long (`bsd`).
    pub(super) dry: Option<Span>,
    /// It needs media at once (`su`), and so does not play.
    pub(super) urgent: bool,
}

/// How far a playhead that is pinned may be wrong: players round to a tenth of a second, and know
/// of what came later than the server that sent it.
const SLACK: Span = Span::from_millis(200);

/// By how much a level may be wrong that was rounded, or cut off as dash.js does it.
const ROUNDED: Span = Span::from_millis(100);

/// Who needs media at once while they play, and holds no more than this, stands: Shaka says no more
/// of a stall.
const DRY: Span = Span::from_millis(500);

/// A playhead that lost more than this and ran dry by nobody's word was paused.
const PAUSE: Span = Span::from_secs(1);

struct Walk<'a> {
    holdings: &'a Holdings<'a>,
    /// What came before does not count.
    since: Time,
    legs: Vec<Leg>,
    at: Time,
    place: Pts,
    phase: Phase,
    /// In a stall, whether it said last that it needs more.
    urgent: bool,
    /// Whether it never says that it ran dry.
    silent: bool,
    /// Whether it has said since playback began that it needs nothing at once.
    calm: bool,
}

/// By what requests said, if they said anything: a player that speaks at all is believed when it
/// speaks of no stall. Without a word, playback starts once something of every track has come,
/// stalls when the media runs out, and goes on with the next segment.
pub(super) fn by_requests(holdings: &Holdings<'_>, told: &[Evidence]) -> Course {
    let Chapter { at, place } = holdings.chapters[0];
    let (legs, phase) = (Vec::new(), Phase::Starting);
    let silent = told.iter().all(|one| one.starved.is_none());
    let (since, urgent, calm) = (Time::ZERO, false, false);
    let mut walk = Walk { holdings, since, legs, at, place, phase, urgent, silent, calm };
    let mut chapters = holdings.chapters.iter().peekable();
    while let Some(&Chapter { at, place }) = chapters.next() {
        if at > Time::ZERO && walk.phase != Phase::Starting {
            (walk.phase, walk.since) = (Phase::Seeking, at);
        }
        (walk.at, walk.place) = (at.max(walk.at), place);
        let next = chapters.peek().map(|next| next.at);
        let own = |one: &&Evidence| one.at >= at && next.is_none_or(|next| one.at < next);
        let own: Vec<_> = told.iter().filter(own).copied().collect();
        walk.begin(&own, next.unwrap_or(holdings.heard));
        for evidence in own.iter().filter(|_| walk.has_begun()).copied().collect::<Vec<_>>() {
            walk.take(evidence);
        }
        if let Some(next) = next {
            walk.go_on(next, !own.is_empty());
        } else {
            return walk.finish(!own.is_empty());
        }
    }
    walk.finish(false)
}

impl Walk<'_> {
    fn has_begun(&self) -> bool {
        !matches!(self.phase, Phase::Starting | Phase::Seeking)
    }

    /// The next leg, from where the last ended.
    fn leg(&mut self, phase: Phase, at: Time, place: Pts) {
        let (from, to) = ((self.at, self.place), (at, place));
        self.legs.push(Leg { phase, from, to });
        (self.at, self.place) = to;
    }

    fn playable(&self, from: Pts, at: Time) -> Pts {
        self.holdings.playable(from, (self.since, at))
    }

    /// When there is first something to play beyond a place.
    fn fed(&self, place: Pts, after: Time) -> Option<Time> {
        let enough = |at| self.playable(place, at) > place;
        if enough(after) {
            return Some(after);
        }
        self.holdings.after(after).find(|&at| enough(at))
    }

    /// Where the player was by its own word, or by its buffer level.
    fn pin(&self, Evidence { at, track, place, level, .. }: Evidence) -> Option<Pts> {
        let held = || self.holdings.held(track, self.place, (self.since, at)).since_start();
        let before = |level| Pts::ZERO + held().saturating_sub(level);
        let pin = place.or(level.map(before))?;
        Some(pin.clamp(self.place, self.playable(self.place, at)))
    }

    /// Waits for playback to begin, until some instant at most.
    fn begin(&mut self, told: &[Evidence], until: Time) {
        let Some(fed) = self.fed(self.place, self.at).filter(|&fed| fed <= until) else {
            self.leg(self.phase, until.max(self.at), self.place);
            return;
        };
        // Who holds all that came has not played, even if it does not say that it is urgent:
        // dash.js says that once.
        let moved = |one: &Evidence| self.pin(*one).map(|pin| pin - self.place);
        let plays = |one: &&Evidence| moved(one).map_or(!one.urgent, |moved| moved > ROUNDED);
        let after = || told.iter().filter(|one| one.at >= fed);
        let plays = after().find(plays);
        let still = after().take_while(|one| plays.is_none_or(|plays| one.at < plays.at)).last();
        let least = still.map_or(fed, |one| {
            one.at - moved(one).unwrap_or_default().min(one.at - fed).min(ROUNDED)
        });
        let next = match still {
            Some(one) if one.urgent => self.holdings.after(one.at).next(),
            Some(_) | None => Some(least),
        };
        let at = match plays {
            // It ran dry before that, says one of the tracks: then it had played.
            Some(plays) if after().any(|one| one.starved.is_some_and(|t| t < plays.at)) => {
                next.unwrap_or(least).min(plays.at)
            }
            Some(plays) => match moved(plays) {
                Some(moved) => plays.at - (plays.at - least).min(moved),
                None => next.unwrap_or(plays.at).min(plays.at),
            },
            None => match next.filter(|&next| next <= until) {
                Some(next) => next,
                None => return self.leg(self.phase, until.max(self.at), self.place),
            },
        };
        self.leg(self.phase, at, self.place);
        self.phase = Phase::Playing;
    }

    /// Playback up to an instant, by nobody's word.
    fn free(&self, until: Time) -> Vec<Leg> {
        let (mut legs, (mut at, mut place)) = (Vec::new(), (self.at, self.place));
        while at < until {
            let playable = self.playable(place, at);
            let (plays, left) = (playable - place, until - at);
            let to = (at + plays.min(left), place + plays.min(left));
            if !plays.is_zero() {
                legs.push(Leg { phase: Phase::Playing, from: (at, place), to });
                (at, place) = to;
            } else if place >= self.holdings.end() {
                break;
            } else {
                let fed = self.fed(place, at).filter(|&fed| fed < until).unwrap_or(until);
                legs.push(Leg { phase: Phase::Stalled, from: (at, place), to: (fed, place) });
                at = fed;
            }
        }
        legs
    }

    /// What a player said of itself with a request, and what must have happened until then.
    fn take(&mut self, told: Evidence) {
        if told.at < self.at {
            return;
        }
        let pin = self.pin(told);
        if self.phase == Phase::Stalled {
            return self.recover(told, pin);
        }
        let dry = self.silent && told.urgent && told.level.is_some_and(|level| level <= DRY);
        let dry = dry && self.calm;
        self.calm |= !told.urgent;
        if let Some(since) = told.starved.or(dry.then_some(told.before)) {
            let stood = self.stood(told, pin);
            // Nor does it stand live with media in hand, whenever that came: on demand the other
            // track may lack it.
            let live = self.holdings.content.live.is_some();
            let held = live && told.level.is_some_and(|level| level > DRY);
            let in_vain = pin.is_some() && stood <= SLACK && (held || !self.runs_dry(told.at));
            if !self.has_told_of(since, stood) && !in_vain {
                return self.stall(told, pin, stood);
            }
        }
        let Some(pin) = pin else {
            let place = self.free(told.at).last().map_or(self.place, |leg| leg.to.1);
            return self.leg(Phase::Playing, told.at, place);
        };
        let stood = (told.at - self.at).saturating_sub(pin - self.place);
        if stood <= PAUSE {
            return self.leg(Phase::Playing, told.at, pin);
        }
        // Paused with a full buffer it asks for nothing. It asks when it plays on.
        self.leg(Phase::Playing, told.at - stood, pin);
        self.leg(Phase::Paused, told.at, pin);
    }

    /// Whether a stall that went on after an instant has been told of, and no more time is missing:
    /// both tracks speak of the same. What was taken for a pause, before one of them spoke, was
    /// one.
    fn has_told_of(&mut self, since: Time, missing: Span) -> bool {
        let stood = |leg: &Leg| matches!(leg.phase, Phase::Stalled | Phase::Paused);
        let Some(last) = self.legs.iter().rposition(stood) else { return false };
        if self.legs[last].to.0 <= since || missing > SLACK {
            return false;
        }
        let first = self.legs[..last].iter().rposition(|leg| !stood(leg)).map_or(0, |at| at + 1);
        self.legs[first..=last].iter_mut().for_each(|leg| leg.phase = Phase::Stalled);
        true
    }

    /// Whether the media runs out until an instant. dash.js says that it did when 0.3 s are left,
    /// and when the viewer goes elsewhere.
    fn runs_dry(&self, until: Time) -> bool {
        self.free(until).iter().any(|leg| leg.phase == Phase::Stalled)
    }

    /// For how long it stood for want of media, since the last that is known.
    fn stood(&self, told: Evidence, pin: Option<Pts>) -> Span {
        let elapsed = told.at - self.at;
        let by_pin = pin.map(|pin| elapsed.saturating_sub(pin - self.place));
        let unaided = || {
            let dry = self.free(told.at).into_iter().filter(|leg| leg.phase == Phase::Stalled);
            dry.map(|leg| leg.to.0 - leg.from.0).sum()
        };
        told.dry.or(by_pin).unwrap_or_else(unaided).min(elapsed)
    }

    /// It stood for so long.
    fn stall(&mut self, told: Evidence, pin: Option<Pts>, stood: Span) {
        let (from, place, elapsed) = (self.at, self.place, told.at - self.at);
        let dry = self.free(told.at).into_iter().find(|leg| leg.phase == Phase::Stalled);
        // It begins where the media ran out, or else it ends with the last that came.
        let came = self.holdings.after(from).take_while(|&came| came <= told.at).last();
        let ends = came.unwrap_or(told.at).max(from + stood);
        let latest = told.at - stood;
        let begins = dry.map_or(ends - stood, |leg| leg.from.0).min(latest);
        let playable = self.playable(place, told.at);
        let reached = pin.unwrap_or((place + (elapsed - stood)).min(playable)).max(place);
        let before = (place + (begins - from)).min(reached);
        self.leg(Phase::Playing, begins, before);
        // dash.js and hls.js say that it is urgent even if it was over meanwhile.
        if told.urgent && begins + stood.saturating_add(SLACK) >= told.at {
            self.leg(Phase::Stalled, told.at, before);
            (self.phase, self.urgent) = (Phase::Stalled, true);
        } else {
            self.leg(Phase::Stalled, begins + stood, before);
            self.leg(Phase::Playing, told.at, reached);
        }
    }

    /// When it goes on after a stall, by nobody's word: with what comes next, if it needed that.
    fn resumes(&self) -> Option<Time> {
        let fed = |&at: &Time| self.playable(self.place, at) > self.place;
        let now = Some(self.at).filter(|at| !self.urgent && fed(at));
        now.or_else(|| self.holdings.after(self.at).find(fed))
    }

    /// It was stalled when it spoke last.
    fn recover(&mut self, told: Evidence, pin: Option<Pts>) {
        self.urgent = told.urgent;
        // That it is not may be said of the next segment while playback waits for this one.
        let waits = told.urgent || self.playable(self.place, told.at) <= self.place;
        let stands = waits && pin.is_none_or(|pin| pin - self.place <= ROUNDED);
        if stands {
            return self.leg(Phase::Stalled, told.at, self.place);
        }
        let resumes = match pin {
            Some(pin) => told.at - (told.at - self.at).min(pin - self.place),
            None => self.resumes().unwrap_or(told.at).min(told.at),
        };
        let place = pin
            .unwrap_or((self.place + (told.at - resumes)).min(self.playable(self.place, told.at)));
        self.leg(Phase::Stalled, resumes, self.place);
        self.phase = Phase::Playing;
        self.leg(Phase::Playing, told.at, place);
    }

    /// Plays on up to an instant, of which nobody speaks. A player that spoke before may be a
    /// little further than it seems.
    fn go_on(&mut self, until: Time, spoke: bool) {
        if !self.has_begun() {
            return self.leg(self.phase, until.max(self.at), self.place);
        }
        if self.phase == Phase::Stalled {
            let fed = self.resumes();
            self.leg(Phase::Stalled, fed.unwrap_or(until).min(until).max(self.at), self.place);
            if fed.is_none_or(|fed| fed > until) {
                return;
            }
        }
        self.phase = Phase::Playing;
        for leg in self.free(until) {
            let short = spoke && leg.to.0 - leg.from.0 <= SLACK;
            let stalls = leg.phase == Phase::Stalled && !short;
            self.leg(if stalls { Phase::Stalled } else { Phase::Playing }, leg.to.0, leg.to.1);
            self.phase = if stalls && leg.to.0 == until { Phase::Stalled } else { Phase::Playing };
        }
    }

    /// Plays on to the end, if all there is came; else the viewer left when last heard of.
    fn finish(mut self, spoke: bool) -> Course {
        let heard = self.holdings.heard.max(self.at);
        if self.has_begun() && self.playable(self.place, heard) >= self.holdings.end() {
            let last = self.holdings.arrivals.last().map_or(heard, |&last| last.max(heard));
            let most = self.holdings.end() - self.place;
            self.go_on(last.saturating_add(most), spoke);
            let over = self.legs.last().map_or(heard, |leg| leg.to.0);
            return Course { legs: self.legs, over: (over, Over::Ended) };
        }
        self.go_on(heard, spoke);
        let over = (heard, Over::Left(reason(self.phase)));
        Course { legs: self.legs, over }
    }
}

/// Why a viewer left, by what playback did.
fn reason(phase: Phase) -> Reason {
    match phase {
        Phase::Starting => Reason::Startup,
        Phase::Stalled => Reason::Stall,
        Phase::Seeking => Reason::Seek,
        Phase::Playing | Phase::Paused => Reason::Satisfied,
    }
}

/// What a player reported of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub(super) at: Time,
    /// What it does from then on.
    pub(super) state: Option<State>,
    /// Where in the media it is (`pt`, or of what is live `ltc`),
    pub(super) place: Option<Pts>,
    /// or how much of the main track it holds (`bl`).
    pub(super) level: Option<Span>,
}

/// By its reports of what it does, whose instants need no guessing; where the playhead is they say
/// now and then.
pub(super) fn by_reports(holdings: &Holdings<'_>, reports: &[Report]) -> Course {
    let Chapter { at, place } = holdings.chapters[0];
    let (legs, phase) = (Vec::new(), Phase::Starting);
    let (since, urgent, silent, calm) = (Time::ZERO, false, false, false);
    let mut walk = Walk { holdings, since, legs, at, place, phase, urgent, silent, calm };
    for &report in reports {
        let at = report.at.max(walk.at);
        let place = walk.by_report(at, report);
        if let Some(over) = report.state.and_then(|state| over(state, walk.phase)) {
            walk.leg(walk.phase, at, place);
            return Course { legs: walk.legs, over: (at, over) };
        }
        let phase = report.state.map_or(walk.phase, |state| walk.next(state));
        let was = std::mem::replace(&mut walk.phase, phase);
        walk.leg(was, at, place);
        if was != phase && phase == Phase::Seeking {
            walk.seek(reports);
        }
    }
    let heard = holdings.heard.max(walk.at);
    let playable = walk.playable(walk.place, heard);
    if walk.phase == Phase::Playing && playable >= holdings.end() {
        let over = walk.at + (playable - walk.place);
        walk.leg(Phase::Playing, over, playable);
        return Course { legs: walk.legs, over: (over, Over::Ended) };
    }
    let place = walk.by_report(heard, Report { at: heard, state: None, place: None, level: None });
    walk.leg(walk.phase, heard, place);
    Course { legs: walk.legs, over: (heard, Over::Left(reason(walk.phase))) }
}

/// What a state says of the end.
fn over(state: State, phase: Phase) -> Option<Over> {
    match state {
        State::Ended => Some(Over::Ended),
        State::Failed => Some(Over::Failed),
        State::Quit => Some(Over::Left(reason(phase))),
        State::Starting | State::Preloading | State::Playing | State::Seeking => None,
        State::Rebuffering | State::Paused | State::Waiting => None,
    }
}

impl Walk<'_> {
    /// Where the player is when it reports.
    fn by_report(&self, at: Time, report: Report) -> Pts {
        if self.phase != Phase::Playing {
            return self.place;
        }
        let Report { place, level, .. } = report;
        let track = self.holdings.content.main();
        let (before, starved, dry, urgent) = (at, None, None, false);
        let told = Evidence { at, track, place, level, before, starved, dry, urgent };
        let unsaid = || (self.place + (at - self.at)).min(self.playable(self.place, at));
        self.pin(told).unwrap_or_else(unsaid)
    }

    /// What a state is, after what was before. Before the first frame nothing stalls, and a wait
    /// for a place that was sought is no stall.
    fn next(&self, state: State) -> Phase {
        match (state, self.phase) {
            (State::Playing, _) => Phase::Playing,
            (_, Phase::Starting) => Phase::Starting,
            (State::Paused, _) => Phase::Paused,
            (State::Seeking, _) | (_, Phase::Seeking) => Phase::Seeking,
            (State::Rebuffering | State::Waiting, _) => Phase::Stalled,
            (_, phase) => phase,
        }
    }

    /// Goes to where the player says it is when it plays on, or asks for what it does not hold.
    fn seek(&mut self, reports: &[Report]) {
        let later = reports.iter().filter(|report| report.at >= self.at);
        let lands = later.clone().find(|report| report.state == Some(State::Playing));
        let until = lands.map_or(Time::MAX, |lands| lands.at);
        let asks = self.holdings.chapters.iter().find(|c| c.at >= self.at && c.at <= until);
        let said = lands.and_then(|lands| lands.place);
        if let Some(chapter) = asks {
            self.since = chapter.at;
        }
        self.place = said.or(asks.map(|chapter| chapter.place)).unwrap_or(self.place);
        self.place = self.place.min(self.holdings.end());
    }
}
