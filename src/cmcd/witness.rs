//! What a server can tell of a real player's session, in the words of a simulated one.
//!
//! The idea to hold: requests and answers are facts. What was displayed meanwhile is judged from
//! them and from what the player says of itself, by the rules of `playhead.rs`: its reports of what
//! it does where they come, else `su`, `bs` and `bl` of its requests, else what came when.

use std::collections::{BTreeMap, BTreeSet};

use super::Cmcd;
use super::playhead::{self, Chapter, Course, Evidence, Holdings, Leg, Over, Phase, Report};
use crate::media::{Object, Presentation, Segment, TrackId};
use crate::player::{Event, Reason, Receipt, Request, RequestId};
use crate::units::{Bytes, Pts, Span, Speed, Time};

/// A request that a server saw, and what became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it came.
    pub asked: Time,
    /// What for.
    pub object: Object,
    /// How large that is.
    pub size: Bytes,
    /// How much of it was sent.
    pub sent: Bytes,
    /// When the first byte was, if one was.
    pub first_byte: Option<Time>,
    /// When the last was.
    pub ended: Time,
    /// What became of it.
    pub how: How,
    /// What the player said with it.
    pub cmcd: Cmcd,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// All of it was sent.
    Whole,
    /// The player cancelled it.
    Aborted,
    /// The server refused it, or could not go on.
    Failed,
}

/// The session of a player that asked for these, in the order in which it did, and reported that:
/// what happened, in order, as a [`Meter`](crate::metrics::Meter) takes it in. What would have
/// happened after `until` is left out; a viewer who was there then is still there.
pub fn witness(
    content: &Presentation,
    seen: &[Seen],
    reports: &[(Time, Cmcd)],
    until: Option<Time>,
) -> Vec<(Time, Event)> {
    let mut seen: Vec<_> = seen.iter().filter(|one| is_of(content, one.object)).collect();
    seen.sort_by_key(|one| one.asked);
    let Some(first) = seen.first() else { return Vec::new() };
    let reports = timed(content, &seen, reports, first.asked);
    let told = seen.iter().map(|one| one.ended.max(one.asked)).chain(reports.iter().map(|r| r.at));
    let heard = told.max().unwrap_or(first.asked);
    let chapters = chapters(content, &seen);
    let whole = seen.iter().filter(|one| one.how == How::Whole);
    let came = whole.filter_map(|one| Some((one.ended.max(one.asked), segment(one)?)));
    let holdings = Holdings::new(content, came, chapters, heard);
    let mut course = match reports.iter().any(|report| report.state.is_some()) {
        true => playhead::by_reports(&holdings, &reports),
        false => playhead::by_requests(&holdings, &evidence(content, &seen)),
    };
    if let Some(until) = until.filter(|&until| until < course.over.0) {
        course.over = (until, Over::Left(Reason::Limit));
    }
    let mut teller = Teller::new(&holdings, course.over);
    teller.facts(&seen);
    teller.play(&course, &seen);
    teller.finish()
}

/// Whether there is such an object.
fn is_of(content: &Presentation, object: Object) -> bool {
    match object {
        Object::Document(id) => (id.0 as usize) < content.documents.len(),
        Object::Segment(Segment { track, index, rung }) => {
            let track = content.tracks.get(usize::from(track.0));
            track.is_some_and(|t| index < t.count() && usize::from(rung.0) < t.ladder.count())
        }
    }
}

fn segment(seen: &Seen) -> Option<Segment> {
    match seen.object {
        Object::Segment(segment) => Some(segment),
        Object::Document(_) => None,
    }
}

/// Reports at the instants they are about, in order. Players keep them back and send several at
/// once; their clock (`ts`) tells how long, if the quickest of all took no time.
fn timed(
    content: &Presentation,
    seen: &[&Seen],
    reports: &[(Time, Cmcd)],
    first: Time,
) -> Vec<Report> {
    let lag =
        |at: Time, cmcd: &Cmcd| Some(i128::from(at.as_nanos()) - i128::from(cmcd.ts?.as_nanos()));
    let of_requests = seen.iter().filter_map(|one| lag(one.asked, &one.cmcd));
    let least = of_requests.chain(reports.iter().filter_map(|(at, cmcd)| lag(*at, cmcd))).min();
    let each = reports.iter().map(|(at, cmcd)| {
        let kept = lag(*at, cmcd).zip(least).map(|(lag, least)| lag - least);
        // A clock that was set meanwhile tells nothing.
        let kept = kept.and_then(|kept| u64::try_from(kept).ok()).map(Span::from_nanos);
        let kept = kept.filter(|&kept| kept <= LONGEST).unwrap_or_default();
        let at = Time::ZERO + at.since_start().saturating_sub(kept);
        let place = place(content, at, cmcd);
        Report { at: at.max(first), state: cmcd.sta, place, level: cmcd.bl }
    });
    let mut each: Vec<_> = each.collect();
    each.sort_by_key(|report| report.at);
    each
}

/// Where in the media a player says that it is. Of what is live it may count from anywhere, but not
/// how far behind it is.
fn place(content: &Presentation, at: Time, cmcd: &Cmcd) -> Option<Pts> {
    let Some(live) = &content.live else { return cmcd.pt.map(|pt| Pts::ZERO + pt) };
    let behind = |ltc| Pts::ZERO + live.clock(at).since_start().saturating_sub(ltc);
    cmcd.ltc.map(|ltc| live.place(behind(ltc)))
}

/// No report is kept back longer.
const LONGEST: Span = Span::from_secs(60);

/// What is asked for again that far behind the newest takes the place of nothing.
const FAR: Span = Span::from_secs(60);

/// When the player asked for something that does not follow on what it had asked for, nor takes its
/// place: the viewer went elsewhere. Of what came before and is asked for again the latter is
/// believed, unless it is far behind, or the player says that it holds nothing.
fn chapters(content: &Presentation, seen: &[&Seen]) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    // By track, the first and the last segment asked for.
    let mut asked: Vec<Option<(u32, u32)>> = vec![None; content.tracks.len()];
    let mut came: BTreeSet<Segment> = BTreeSet::new();
    for one in seen {
        let Some(segment) = segment(one) else { continue };
        let (track, index) = (usize::from(segment.track.0), segment.index);
        let of = content.track(segment.track);
        let back = |to: u32| {
            let far = of.start(to).since_start() >= of.start(index).since_start() + FAR;
            let empty = one.cmcd.su == Some(true) && one.cmcd.bl == Some(Span::ZERO);
            index < to && came.contains(&segment) && (far || empty)
        };
        let follows =
            asked[track].is_none_or(|(from, to)| (from..=to + 1).contains(&index) && !back(to));
        let place = of.start(index);
        match chapters.last_mut().filter(|_| follows) {
            // Whatever is asked for first of another track has to be there, too.
            Some(chapter) if asked[track].is_none() => chapter.place = chapter.place.max(place),
            Some(_) => {}
            None => {
                asked.fill(None);
                came.clear();
                chapters.push(Chapter { at: one.asked, place });
            }
        }
        let (from, to) = asked[track].unwrap_or((index, index));
        asked[track] = Some((from, to.max(index)));
        if one.how == How::Whole {
            came.insert(segment);
        }
    }
    if chapters.is_empty() {
        let at = seen.first().map_or(Time::ZERO, |first| first.asked);
        chapters.push(Chapter { at, place: Pts::ZERO });
    }
    chapters
}

/// What the player said with requests for media. That it ran dry hls.js may say with what has to
/// come before that.
fn evidence(content: &Presentation, seen: &[&Seen]) -> Vec<Evidence> {
    let mut before: BTreeMap<TrackId, Time> = BTreeMap::new();
    let (mut said, live) = (false, content.live.is_some());
    let each = seen.iter().filter(|one| !one.cmcd.is_empty()).filter_map(|one| {
        let cmcd = &one.cmcd;
        said |= cmcd.bs == Some(true);
        let track = segment(one)?.track;
        let last = before.insert(track, one.asked).unwrap_or(Time::ZERO);
        Some(Evidence {
            at: one.asked,
            track,
            place: place(content, one.asked, cmcd),
            level: cmcd.bl,
            before: last,
            starved: std::mem::take(&mut said).then_some(last),
            dry: cmcd.bsd,
            // With what they say of a stall dash.js and hls.js always say this, also when it is
            // over.
            urgent: cmcd.su == Some(true) && !(live && said_late(cmcd)),
        })
    });
    each.collect()
}

/// Nobody stands who holds so much and says that they stood.
const ENOUGH: Span = Span::from_secs(1);

/// Whether a player that holds enough says that it ran dry: then that is over.
fn said_late(cmcd: &Cmcd) -> bool {
    cmcd.bs == Some(true) && cmcd.bl.is_some_and(|level| level > ENOUGH)
}

/// Puts it all into words. What is told of one instant is told in this order: what came, what
/// playback did, what was asked for.
struct Teller<'a> {
    holdings: &'a Holdings<'a>,
    told: Vec<(Time, u8, Event)>,
    over: (Time, Over),
    phase: Phase,
    /// By track, the first segment not shown yet, and when the one before it was.
    shown: Vec<(u32, Time)>,
}

impl<'a> Teller<'a> {
    fn new(holdings: &'a Holdings<'a>, over: (Time, Over)) -> Self {
        let shown = vec![(0, Time::ZERO); holdings.content.tracks.len()];
        Self { holdings, told: Vec::new(), over, phase: Phase::Starting, shown }
    }

    fn tell(&mut self, at: Time, rank: u8, event: Event) {
        self.told.push((at.min(self.over.0), rank, event));
    }

    /// Requests and answers.
    fn facts(&mut self, seen: &[&Seen]) {
        // By object, how often it failed in a row, and how often it came.
        let mut before: BTreeMap<Object, (u32, u32)> = BTreeMap::new();
        let over = self.over.0;
        for (serial, one) in (0..).zip(seen.iter().filter(|one| one.asked <= over)) {
            let lane = match one.object {
                Object::Segment(segment) => segment.track.0,
                Object::Document(_) => self.holdings.content.tracks.len() as u8,
            };
            let (failed, came) = before.entry(one.object).or_default();
            let again = if let Object::Document(_) = one.object { *came } else { 0 };
            let id = RequestId { lane, serial };
            let (object, size, attempt) = (one.object, one.size, *failed);
            let request = Request { id, object, size, attempt, again, watch: None };
            let receipt = Receipt { reached: one.asked, ..Receipt::of(one.first_byte, one.sent) };
            let event = match one.how {
                How::Whole => Event::Delivered(request, receipt),
                How::Aborted => Event::Abandoned(request, receipt),
                How::Failed => Event::Failed(request, receipt),
            };
            match one.how {
                How::Whole => (*failed, *came) = (0, *came + 1),
                How::Aborted => {}
                How::Failed => *failed += 1,
            }
            // What came in no time was asked for first.
            let rank = if one.ended <= one.asked { 0 } else { 2 };
            self.tell(one.asked, rank, Event::Requested(request, one.cmcd.mtp));
            self.tell(one.ended.max(one.asked), 0, event);
        }
    }

    /// What playback did.
    fn play(&mut self, course: &Course, seen: &[&Seen]) {
        let (at, over) = self.over;
        for leg in course.legs.iter().filter(|leg| leg.from.0 <= at) {
            self.turn(leg);
            if leg.phase == Phase::Playing {
                self.show(leg);
            }
        }
        let object = seen.iter().rev().find(|one| one.how == How::Failed).or(seen.last());
        let event = match over {
            Over::Ended => Event::Ended,
            Over::Left(why) => Event::Left(why),
            Over::Failed => {
                object.map_or(Event::Left(Reason::Limit), |one| Event::GaveUp(one.object))
            }
        };
        self.tell(at, 3, event);
    }

    /// It does something else.
    fn turn(&mut self, leg: &Leg) {
        let was = std::mem::replace(&mut self.phase, leg.phase);
        let (at, place) = leg.from;
        let sought = Event::Sought { to: place, buffered: false };
        let leaves = match was {
            _ if was == leg.phase => return,
            Phase::Starting => Some(Event::Started),
            Phase::Stalled => Some(Event::Resumed),
            Phase::Paused => Some(Event::Unpaused),
            Phase::Seeking => Some(Event::Landed),
            Phase::Playing => None,
        };
        // A stall may end by going elsewhere.
        let elsewhere = was == Phase::Stalled && leg.phase == Phase::Seeking;
        if let Some(event) = leaves.filter(|_| !elsewhere) {
            self.tell(at, 1, event);
        }
        if matches!(was, Phase::Starting | Phase::Seeking) {
            let tracks = self.holdings.content.tracks.iter();
            self.shown = tracks.map(|track| (track.holding(place), at)).collect();
        }
        match leg.phase {
            Phase::Playing => self.behind(at, place),
            Phase::Stalled => self.tell(at, 1, Event::Stalled),
            Phase::Paused => self.tell(at, 1, Event::Paused),
            Phase::Seeking => self.tell(at, 1, sought),
            Phase::Starting => {}
        }
    }

    /// How far behind live it plays.
    fn behind(&mut self, at: Time, place: Pts) {
        let Some(live) = &self.holdings.content.live else { return };
        let clock = live.clock(at);
        let latency = clock - live.captured(place).min(clock);
        let target = live.target.unwrap_or(latency);
        self.tell(at, 1, Event::Behind { latency, target, speed: Speed::NORMAL });
    }

    /// Segments whose first frame is displayed on the way.
    fn show(&mut self, leg: &Leg) {
        let ((from, start), (to, end)) = (leg.from, leg.to);
        if start >= end {
            return;
        }
        for id in (0..self.shown.len() as u8).map(TrackId).filter(|&id| self.holdings.uses(id)) {
            let track = self.holdings.content.track(id);
            loop {
                let (index, last) = self.shown[usize::from(id.0)];
                if index >= track.count() || track.start(index) >= end {
                    break;
                }
                let done = track.start(index).max(start) - start;
                let due = from + share(to - from, done, end - start);
                let shown = self.holdings.rung(id, index, due.max(last));
                let at = shown.map_or(last, |(at, _)| at);
                self.shown[usize::from(id.0)] = (index + 1, at);
                if let Some((at, rung)) = shown.filter(|&(at, _)| at < self.over.0) {
                    self.tell(at, 1, Event::Shown(Segment { track: id, index, rung }));
                }
            }
        }
    }

    fn finish(mut self) -> Vec<(Time, Event)> {
        // What is of the same instant and rank stays as it was told.
        self.told.sort_by_key(|&(at, rank, _)| (at, rank));
        self.told.into_iter().map(|(at, _, event)| (at, event)).collect()
    }
}

/// `of` times `part` over `whole`.
fn share(of: Span, part: Span, whole: Span) -> Span {
    let product = u128::from(of.as_nanos()) * u128::from(part.as_nanos());
    Span::from_nanos((product / u128::from(whole.as_nanos())) as u64)
}

#[cfg(test)]
mod tests;
