//! The answers: from what was asked for while the link did this and that to facts.
//!
//! The idea to hold: a player takes a while to settle, so where it settled is what it asks for in
//! the second half of a step, and where it begins counts only from there on.

use super::facts::{
    Boundary, Character, Delay, Jump, Outage, Pass, Pattern, Restless, Scene, Startup, Threshold,
    Wave,
};
use super::observe::{Ask, Watched};
use super::script::{Question, Step, questions};
use crate::media::{Kind, Presentation, Rung};
use crate::metrics::Fate;
use crate::units::{Bitrate, Span, Time};

/// Before a change so much of a session is drawn, and after it that.
const LEAD: Span = Span::from_secs(20);
const AFTER: Span = Span::from_secs(100);

/// On a step with fewer requests in its second half nobody can tell a player that swings.
const FEW: usize = 6;

/// What a player's sessions tell, each on the link of its script.
pub(super) fn judge(
    (name, real): (String, bool),
    content: &Presentation,
    watched: &[Watched],
    patterns: Vec<Pattern>,
) -> Character {
    let track = content.track(content.main());
    let needs = needs(content);
    let sessions: Vec<_> = watched
        .iter()
        .map(|session| Asked { session, asked: questions(&session.script, needs[0]) })
        .collect();
    let ladder = &track.ladder;
    let every = |question: &dyn Fn(&Asked<'_>) -> Vec<Pass>| -> Vec<Pass> {
        sessions.iter().flat_map(question).collect()
    };
    Character {
        name,
        real,
        rungs: ladder.rungs().map(|rung| ladder.representation(rung).clone()).collect(),
        segment: track.duration(0),
        watched: watched.iter().map(|session| session.timeline.end.since_start()).sum(),
        boundaries: ladder.rungs().skip(1).map(|above| boundary(&sessions, above)).collect(),
        startups: startups(watched),
        jumps: sessions.iter().flat_map(Asked::jumps).collect(),
        outages: sessions.iter().flat_map(Asked::outages).collect(),
        waves: sessions.iter().flat_map(Asked::waves).collect(),
        passes: every(&|asked| asked.passes(ladder.bitrates())),
        restless: restless(&sessions),
        patterns,
        needs,
    }
}

/// What each rung needs of a link: with the cheapest sound, which players fetch beside it.
pub(super) fn needs(content: &Presentation) -> Vec<Bitrate> {
    let sound = content.tracks.iter().find(|track| track.kind == Kind::Audio);
    let main = content.track(content.main());
    let beside = sound.filter(|track| track.kind != main.kind);
    let sound = beside.map_or(Bitrate::ZERO, |track| track.ladder.bitrate(Rung(0)));
    main.ladder.bitrates().iter().map(|&bitrate| bitrate + sound).collect()
}

/// A session, and what its script asked.
struct Asked<'a> {
    session: &'a Watched,
    asked: Vec<Question>,
}

/// Whether a rung is where one looks for it.
type Test<'a> = &'a dyn Fn(Rung) -> bool;

fn half(step: &Step) -> Time {
    step.from + (step.to - step.from) / 2
}

/// The rung asked for most often, of several the cheapest.
fn usual(asks: &[Ask]) -> Option<Rung> {
    let count = |rung: Rung| asks.iter().filter(|ask| ask.rung == rung).count();
    let mut rungs: Vec<_> = asks.iter().map(|ask| ask.rung).collect();
    rungs.sort_unstable();
    rungs.dedup();
    rungs.into_iter().rev().max_by_key(|&rung| count(rung))
}

/// How often the rung changes.
fn changes(asks: &[Ask]) -> usize {
    asks.windows(2).filter(|two| two[0].rung != two[1].rung).count()
}

impl Watched {
    /// For how long playback stood still between two instants.
    fn stalled(&self, from: Time, to: Time) -> Span {
        let within =
            |&(begins, ends): &(Time, Time)| ends.min(to) - begins.max(from).min(ends.min(to));
        self.timeline.stalls.iter().map(within).sum()
    }

    /// How much media was held at an instant, by straight lines between the corners.
    fn held(&self, at: Time) -> Span {
        let corners = &self.timeline.buffer;
        let next = corners.partition_point(|corner| corner.0 <= at);
        let before = next.checked_sub(1).map(|last| corners[last]);
        match (before, corners.get(next)) {
            (Some((from, held)), Some(&(to, then))) if to > from => {
                let part = (at - from).as_secs_f64() / (to - from).as_secs_f64();
                let line = held.as_secs_f64() + part * (then.as_secs_f64() - held.as_secs_f64());
                Span::from_secs_f64(line)
            }
            (Some((_, held)), _) => held,
            (None, _) => Span::ZERO,
        }
    }

    /// How late the first request is that heeds a change.
    fn delay(&self, change: &Step, heeds: Test<'_>) -> Option<Delay> {
        let asks = self.asked(change.from, change.to);
        let segments = asks.iter().position(|ask| heeds(ask.rung))?;
        let ask = asks[segments];
        // What was held before may have been of that rung, too.
        let seen = |shown: &&Ask| shown.at >= ask.at && shown.index >= ask.index;
        let shown = self.shown.iter().filter(seen).find(|shown| heeds(shown.rung));
        let shown = shown.filter(|shown| shown.at < change.to);
        let shown = shown.map(|shown| shown.at - change.from);
        Some(Delay { after: ask.at - change.from, segments, shown })
    }

    /// What there is to draw around an instant.
    fn scene(&self, around: Time) -> Scene {
        let from = Time::ZERO + around.since_start().saturating_sub(LEAD);
        let to = around.saturating_add(AFTER).min(self.timeline.end);
        let since = |at: Time| {
            at.clamp(from, to).since_start().as_secs_f64() - around.since_start().as_secs_f64()
        };
        let link = self.script.iter().filter(|step| step.to > from && step.from < to);
        let link = link.map(|step| (since(step.from), step.rate)).collect();
        let first = self.before(from).map(|rung| (since(from), rung));
        let asks = self.asked(from, to).iter().map(|ask| (since(ask.at), ask.rung));
        let stalls = self.timeline.stalls.iter().filter(|stall| stall.1 > from && stall.0 < to);
        Scene {
            link,
            asked: first.into_iter().chain(asks).collect(),
            stalls: stalls.map(|stall| (since(stall.0), since(stall.1))).collect(),
            end: since(to),
        }
    }
}

/// Where players go from the rung below to that one and back.
fn boundary(sessions: &[Asked<'_>], above: Rung) -> Boundary {
    let found = |rising| {
        let each = sessions.iter().map(|asked| asked.threshold(above, rising));
        let mut each = each.filter(|(threshold, _)| *threshold != Threshold::Unasked);
        each.next().unwrap_or((Threshold::Unasked, None))
    };
    let ((up, relapses), (down, returns)) = (found(true), found(false));
    let (rise, drop) = (delay(sessions, above, true), delay(sessions, above, false));
    Boundary { above, up, down, relapses, returns, rise, drop }
}

/// How late a player is to cross a boundary, by the jump that begins nearest to it, and of those
/// the smallest.
fn delay(sessions: &[Asked<'_>], above: Rung, rising: bool) -> Option<Delay> {
    let beyond = |rung: Rung| (rung >= above) == rising;
    let mut found: Option<((u8, f64), Delay)> = None;
    for asked in sessions {
        let (session, script) = (asked.session, &asked.session.script);
        for place in asked.changes() {
            let change = &script[place];
            let Some(before) = session.before(change.from).filter(|&rung| !beyond(rung)) else {
                continue;
            };
            let settles = usual(session.asked(half(change), change.to)).is_some_and(beyond);
            let Some(delay) = session.delay(change, &beyond).filter(|_| settles) else { continue };
            let (low, high) = (script[place - 1].rate, change.rate);
            let ratio = low.max(high).as_f64() / low.min(high).as_f64();
            let far = (before.0.abs_diff(above.0), ratio);
            if found.is_none_or(|(nearest, _)| far < nearest) {
                found = Some((far, delay));
            }
        }
    }
    found.map(|(_, delay)| delay)
}

impl Asked<'_> {
    /// The steps that are jumps.
    fn changes(&self) -> impl Iterator<Item = usize> + '_ {
        self.asked.iter().filter_map(|question| match question {
            Question::Jump(place) => Some(*place),
            Question::Stairs { .. } | Question::Wave(_) | Question::Outage(_) => None,
        })
    }

    /// The stairs, and whether they rise.
    fn stairs(&self) -> impl Iterator<Item = (bool, &[Step])> + '_ {
        self.asked.iter().filter_map(|question| match question {
            Question::Stairs { rising, steps } => {
                Some((*rising, &self.session.script[steps.clone()]))
            }
            Question::Jump(_) | Question::Wave(_) | Question::Outage(_) => None,
        })
    }

    /// Where on the first stairs that tell a player crosses the boundary below a rung, and the
    /// bandwidth at which it last came back, if it did.
    fn threshold(&self, above: Rung, rising: bool) -> (Threshold, Option<Bitrate>) {
        let beyond = |ask: &Ask| (ask.rung >= above) == rising;
        for (_, steps) in self.stairs().filter(|stairs| stairs.0 == rising) {
            let Some((first, rest)) = steps.split_first() else { continue };
            let settled = self.session.asked(half(first), first.to);
            let begins = settled.last().map(&beyond);
            let begins =
                begins.or(self.session.before(first.to).map(|rung| (rung >= above) == rising));
            // Who had not come up cannot go down.
            if begins.is_none() || (!rising && settled.iter().all(&beyond)) {
                continue;
            }
            if settled.iter().any(&beyond) {
                return (Threshold::Before(first.rate), None);
            }
            let crossing = rest
                .iter()
                .position(|step| self.session.asked(step.from, step.to).iter().any(&beyond));
            let Some(place) = crossing else {
                return (Threshold::Beyond(steps[steps.len() - 1].rate), None);
            };
            let since = self.session.asked(rest[place].from, rest[rest.len() - 1].to);
            let went = since.iter().position(&beyond).unwrap_or(since.len());
            let back = since[went..].iter().rfind(|ask| !beyond(ask));
            let again = back.and_then(|back| rest.iter().find(|step| back.at < step.to));
            let threshold = Threshold::Between(steps[place].rate, rest[place].rate);
            return (threshold, again.map(|step| step.rate));
        }
        (Threshold::Unasked, None)
    }

    fn jumps(&self) -> Vec<Jump> {
        self.changes().filter_map(|place| self.jump(place)).collect()
    }

    fn jump(&self, place: usize) -> Option<Jump> {
        let (session, change) = (self.session, &self.session.script[place]);
        let before = session.before(change.from)?;
        let (asks, late) =
            (session.asked(change.from, change.to), session.asked(half(change), change.to));
        let settled = usual(late)?;
        let rises = change.rate > session.script[place - 1].rate;
        let furthest = |asks: &[Ask]| {
            let rungs = asks.iter().map(|ask| ask.rung.0);
            if rises { rungs.max() } else { rungs.min() }
        };
        let overshoot = furthest(asks)?.abs_diff(furthest(late)?);
        let last = asks.iter().rposition(|ask| ask.rung != settled);
        let done = asks.get(last.map_or(0, |last| last + 1)).map(|ask| ask.at);
        let heeds = |rung: Rung| if settled > before { rung > before } else { rung < before };
        Some(Jump {
            from: session.script[place - 1].rate,
            to: change.rate,
            before,
            settled,
            delay: (settled != before).then(|| session.delay(change, &heeds)).flatten(),
            overshoot,
            done: done.filter(|&done| done < half(change)).map(|done| done - change.from),
            stalled: session.stalled(change.from, change.to),
            scene: session.scene(change.from),
        })
    }

    fn outages(&self) -> Vec<Outage> {
        let each = self.asked.iter().filter_map(|question| match question {
            Question::Outage(place) => self.outage(*place),
            Question::Jump(_) | Question::Wave(_) | Question::Stairs { .. } => None,
        });
        each.collect()
    }

    fn outage(&self, place: usize) -> Option<Outage> {
        let (session, script) = (self.session, &self.session.script);
        let quiet = &script[place];
        let before = session.before(quiet.from)?;
        let end = script.get(place + 1).map_or(quiet.to, |next| next.to);
        let back = session.asked(quiet.to, end).iter().find(|ask| ask.rung >= before);
        let until = back.map_or(end, |back| back.at);
        let given_up = session.timeline.transfers.iter().filter(|transfer| {
            let then = transfer.end.is_some_and(|at| (quiet.from..until).contains(&at));
            transfer.fate == Fate::Abandoned && then
        });
        Some(Outage {
            lasted: quiet.to - quiet.from,
            rate: script[place - 1].rate,
            before,
            held: session.held(quiet.from),
            stalled: session.stalled(quiet.from, end),
            abandoned: given_up.count(),
            lowest: session.asked(quiet.from, until).iter().map(|ask| ask.rung).min(),
            back: back.map(|back| back.at - quiet.to),
            scene: session.scene(quiet.from),
        })
    }

    fn waves(&self) -> Vec<Wave> {
        let each = self.asked.iter().filter_map(|question| match question {
            Question::Wave(steps) => {
                let steps = &self.session.script[steps.clone()];
                let (first, last) = (steps.first()?, steps.last()?);
                // The first may have begun long before.
                let (from, to) = (steps[1].from, last.to);
                Some(Wave {
                    low: first.rate.min(steps[1].rate),
                    high: first.rate.max(steps[1].rate),
                    half: steps[1].to - steps[1].from,
                    lasted: to - from,
                    switches: changes(self.session.asked(from, to)),
                    stalled: self.session.stalled(from, to),
                })
            }
            Question::Jump(_) | Question::Outage(_) | Question::Stairs { .. } => None,
        });
        each.collect()
    }

    fn passes(&self, bitrates: &[Bitrate]) -> Vec<Pass> {
        let each = self.stairs().map(|(rising, stairs)| {
            let steps = stairs.iter().enumerate().filter_map(|(place, step)| {
                let from = if place == 0 { half(step) } else { step.from };
                let asks = self.session.asked(from, step.to);
                let all = asks.iter().map(|ask| bitrates[usize::from(ask.rung.0)].as_f64());
                let mean = all.sum::<f64>() / asks.len() as f64;
                (!asks.is_empty()).then_some((step.rate, Bitrate::from_bps_f64(mean)))
            });
            let tread = stairs.get(1).map_or(Span::ZERO, |step| step.to - step.from);
            Pass { rising, tread, steps: steps.collect() }
        });
        each.collect()
    }
}

/// How sessions began, those on links that never change if there are any.
fn startups(watched: &[Watched]) -> Vec<Startup> {
    let even: Vec<_> = watched.iter().filter(|session| session.script.len() == 1).collect();
    let of = if even.is_empty() { watched.iter().take(1).collect() } else { even };
    of.into_iter().filter_map(startup).collect()
}

fn startup(session: &Watched) -> Option<Startup> {
    let step = session.script.first()?;
    let asks = session.asked(step.from, step.to);
    let first = asks.first()?.rung;
    let settled = usual(session.asked(half(step), step.to));
    let reached = asks.iter().position(|ask| Some(ask.rung) == settled);
    Some(Startup {
        rate: step.rate,
        first,
        frame: session.timeline.started.map(Time::since_start),
        settled,
        reached: reached.map(|place| (asks[place].at.since_start(), place)),
        stalled: session.stalled(step.from, step.to),
    })
}

/// How many steps of stairs a player swings on.
fn restless(sessions: &[Asked<'_>]) -> Option<Restless> {
    let mut found = Restless { steps: 0, swinging: 0, worst: 0.0 };
    for asked in sessions {
        for step in asked.stairs().flat_map(|(_, steps)| steps) {
            let asks = asked.session.asked(half(step), step.to);
            if asks.len() < FEW {
                continue;
            }
            let (changes, minutes) = (changes(asks), (step.to - half(step)).as_secs_f64() / 60.0);
            found.steps += 1;
            if changes >= 2 {
                found.swinging += 1;
                found.worst = found.worst.max(changes as f64 / minutes);
            }
        }
    }
    (found.steps > 0).then_some(found)
}

#[cfg(test)]
mod tests;
