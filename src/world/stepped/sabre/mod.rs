//! A session as Sabre steps it: one transfer after the other, in floating-point milliseconds.
//!
//! The idea to hold: what Sabre prints depends on the last bit of its arithmetic (whether an
//! estimate was above or equal to what came, whether a trillionth of a millisecond is left when the
//! buffer is played out), and the player, which counts nanoseconds, cannot have that bit. So this
//! is a world of its own: its clock, its link and its buffer are Sabre's, operation for operation;
//! the algorithms are those of [`abr`](crate::abr), and the events those of any player, so that
//! whatever measures a session measures this one.
//!
//! Its semantics: the first segment is on the lowest rung, and playback starts and goes on with one
//! segment; a request waits one latency, of which each period consumes its part; a transfer that
//! may be abandoned is looked at every 50 ms and 12 kbit; a segment is asked for when there is room
//! for all of it. What it has by mistake is a [`Quirks`].
//!
//! Source: Sabre (github.com/UMass-LIDS/sabre, `src/sabre.py`), the simulator of Spiteri,
//! Sitaraman, Sparacio, "From theory to practice", MMSys 2018.

mod link;
mod metrics;

use crate::abr::Abr;
use crate::abr::sabre::{Estimate, Ewma, Facts, Fetched, Progress, Rungs};
use crate::media::{Presentation, Rung, Segment, Track, TrackId};
use crate::player::{Event, Request};
use crate::trace::Trace;
use crate::units::{Bitrate, Bytes, Span, Time};

use super::judge::Judge;
use super::ledger::Ledger;
use super::{Log, instant, left_behind, receipt, request};
use link::{LOOK, Link};
pub use metrics::Metrics;

/// How a session is run; its defaults are Sabre's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The most media to hold (`-b`).
    pub target: Span,
    /// Whether transfers may be abandoned (without: `-noa`).
    pub abandon: bool,
    /// Which buffered segments are replaced by better ones (`-r`).
    pub replace: Replace,
    /// What the score takes off for stalling (`-gp`); the algorithms have their own.
    pub gamma_p: f64,
    /// Where in the trace the session begins.
    pub offset: Span,
    /// Which of its mistakes are made.
    pub quirks: Quirks,
    /// When whoever is still there leaves.
    pub limit: Span,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            target: Span::from_secs(25),
            abandon: true,
            replace: Replace::None,
            gamma_p: 5.0,
            offset: Span::ZERO,
            quirks: Quirks::default(),
            limit: Span::MAX,
        }
    }
}

/// Which segments of the buffer are fetched again on a higher rung.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Replace {
    /// None.
    #[default]
    None,
    /// The first that is below what would be fetched now.
    Left,
    /// The last.
    Right,
}

/// Mistakes of Sabre that its numbers, published ones too, depend on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quirks {
    /// After a transfer was abandoned, the rung it was abandoned for is forgotten, and the
    /// algorithm asked again, which knows nothing new.
    pub forgets_abandonment: bool,
    /// An error of rounding left over when the last buffer is played out counts as a rebuffering
    /// event.
    pub phantom_events: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self { forgets_abandonment: true, phantom_events: true }
    }
}

/// How often a segment may be abandoned before one transfer of it is let be.
const ABANDONMENTS: u32 = 10_000;

/// A period of a link: milliseconds, kbit/s, milliseconds.
#[derive(Clone, Copy, Debug)]
struct Period {
    millis: f64,
    kbps: f64,
    latency: f64,
}

/// A trace in Sabre's units, to be gone through by any number of sessions.
#[derive(Clone, Debug)]
pub struct Periods(Vec<Period>);

impl Periods {
    /// Of a trace, which is taken to repeat; `latency` is where it states none.
    pub fn of(trace: &Trace, latency: Span) -> Self {
        let period = |tread: crate::trace::Tread| Period {
            millis: tread.span.as_millis_f64(),
            kbps: tread.rate.as_kbps_f64(),
            latency: tread.rtt.unwrap_or(latency).as_millis_f64(),
        };
        Self(trace.treads().map(period).collect())
    }
}

/// Runs a session of the main track of a presentation, telling `log` what happened when, counted
/// from pressing play.
pub fn run(
    content: &Presentation,
    periods: &Periods,
    options: &Options,
    abr: &mut dyn Abr,
    mut log: impl FnMut(Time, &Event),
) -> Metrics {
    let id = content.main();
    let track = content.track(id);
    let rungs = Rungs::of(track);
    let limit = options.limit.as_millis_f64();
    let mut link = Link::new(&periods.0, &rungs.kbps, rungs.segment, limit);
    link.wait(options.offset.as_millis_f64());
    (link.now, link.changes) = (0.0, Vec::new());
    let target = options.target.as_millis_f64();
    let session = Session {
        options,
        track,
        id,
        rungs: &rungs,
        target,
        link,
        ledger: Ledger::new(&rungs, id, target),
        ewma: Ewma::new(rungs.segment),
        estimate: Estimate { throughput: 0.0, latency: 0.0 },
        judge: Judge::new(abr, track, id, true),
        serial: 0,
    };
    session.run(&mut |millis, event| log(instant(millis), event))
}

/// A session under way.
struct Session<'a> {
    options: &'a Options,
    track: &'a Track,
    id: TrackId,
    rungs: &'a Rungs,
    target: f64,
    link: Link<'a>,
    ledger: Ledger<'a>,
    ewma: Ewma,
    estimate: Estimate,
    judge: Judge<'a>,
    serial: u32,
}

/// A segment to be fetched.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    index: u32,
    rung: usize,
    /// How many segments from the end of the buffer the one is whose place it takes.
    replaces: Option<usize>,
}

impl<'a> Session<'a> {
    fn run(mut self, log: &mut Log<'_>) -> Metrics {
        let count = self.track.count();
        self.first(log);
        let (mut next, mut instead, mut abandoned) = (1, None, 0);
        while next < count && !self.link.is_over() {
            self.make_room(log);
            let wanted = match instead.take() {
                Some(rung) => Wanted { index: next, rung, replaces: None },
                None => self.choose(next, log),
            };
            let Some(fetched) = self.transfer(wanted, abandoned < ABANDONMENTS, log) else { break };
            match (fetched.abandoned_for, wanted.replaces) {
                (None, None) => {
                    self.ledger.append(next, wanted.rung, log);
                    (next, abandoned) = (next + 1, 0);
                }
                (None, Some(from_end)) => self.ledger.replace(from_end, wanted.rung),
                (Some(cheaper), None) => {
                    abandoned += 1;
                    instead = (!self.options.quirks.forgets_abandonment).then_some(cheaper);
                }
                (Some(_), Some(_)) => {}
            }
            self.learn(&fetched);
        }
        self.ledger.totals.gamma_p = self.options.gamma_p;
        if self.link.is_over() {
            return self.ledger.leave(count, log);
        }
        let phantoms = self.options.quirks.phantom_events;
        self.ledger.close(self.link.sustained, count, phantoms, log)
    }

    /// Fetches the first segment, which nobody is asked about.
    fn first(&mut self, log: &mut Log<'_>) {
        let request = self.request(0, 0);
        log(0.0, &Event::Requested(request, None));
        let size = request.size.as_bits_f64();
        let first_bit = if size > 0.0 { self.link.latency() } else { 0.0 };
        let time = first_bit + self.link.fetch(size);
        self.note_changes();
        self.ledger.totals.play_time = time;
        if self.link.is_over() {
            return log(time, &left_behind(request));
        }
        log(time, &Event::Delivered(request, receipt(0.0, first_bit, request.size)));
        self.ledger.append(0, 0, log);
        log(time, &Event::Started);
        let progress = Progress { rung: 0, size, received: size, time, first_bit };
        self.judge.first(&progress, time);
        self.measure(&progress);
    }

    /// Waits until there is room for another segment.
    fn make_room(&mut self, log: &mut Log<'_>) {
        let over = self.ledger.level() + self.rungs.segment - self.target;
        if over > 0.0 {
            self.idle(over, log);
            self.judge.waited(over);
        }
    }

    fn idle(&mut self, millis: f64, log: &mut Log<'_>) {
        self.ledger.play(millis, self.link.sustained, log);
        self.link.wait(millis);
        self.note_changes();
    }

    /// What to fetch next, after the wait that was asked for.
    fn choose(&mut self, index: u32, log: &mut Log<'_>) -> Wanted {
        loop {
            let facts = self.facts(index, self.ledger.level());
            let (rung, wait) = self.judge.choose(&facts, self.ledger.now());
            let replaces = rung.and_then(|rung| self.ledger.worse(self.options.replace, rung));
            if wait > 0.0 && replaces.is_none() {
                self.idle(wait, log);
            }
            match (rung, replaces) {
                (None, _) => {}
                (Some(rung), None) => return Wanted { index, rung, replaces },
                (Some(rung), Some(from_end)) => {
                    let index = self.ledger.index_of(from_end);
                    return Wanted { index, rung, replaces };
                }
            }
        }
    }

    /// Fetches a segment, all of it or until it is abandoned, while what is held is played; nothing
    /// if there is not the time.
    fn transfer(
        &mut self,
        wanted: Wanted,
        may_abandon: bool,
        log: &mut Log<'_>,
    ) -> Option<Fetched> {
        let Wanted { index, rung, replaces } = wanted;
        let (request, began) = (self.request(index, rung), self.ledger.now());
        let estimate = Bitrate::from_bps_f64(self.estimate.throughput * 1e3);
        log(began, &Event::Requested(request, Some(estimate)));
        let size = request.size.as_bits_f64();
        let watched = self.options.abandon && may_abandon && self.judge.abandons();
        let watched = size > 0.0 && (watched || (self.options.abandon && replaces.is_some()));
        let first_bit = if size > 0.0 { self.link.latency() } else { 0.0 };
        let (progress, abandoned_for) = if watched {
            self.watch(wanted, size, first_bit, began)
        } else {
            let time = first_bit + self.link.fetch(size);
            (Progress { rung, size, received: size, time, first_bit }, None)
        };
        self.note_changes();
        self.ledger.play(progress.time, self.link.sustained, log);
        if self.link.is_over() {
            log(self.ledger.now(), &left_behind(request));
            return None;
        }
        let received = if abandoned_for.is_some() {
            Bytes::from_bits_f64(progress.received).min(request.size)
        } else {
            request.size
        };
        let receipt = receipt(began, first_bit, received);
        let event = match abandoned_for {
            None => Event::Delivered(request, receipt),
            Some(_) => Event::Abandoned(request, receipt),
        };
        log(self.ledger.now(), &event);
        Some(Fetched { progress, abandoned_for, replaces: replaces.is_some() })
    }

    /// Fetches a segment and looks at it now and then, until it is there or abandoned.
    fn watch(
        &mut self,
        wanted: Wanted,
        size: f64,
        first_bit: f64,
        began: f64,
    ) -> (Progress, Option<usize>) {
        let rung = wanted.rung;
        let mut progress = Progress { rung, size, received: 0.0, time: first_bit, first_bit };
        let mut least = (LOOK.0, LOOK.1 - first_bit);
        while progress.received < size && !self.link.is_over() {
            let (came, took) = self.link.fetch_some(size - progress.received, least);
            progress.time += took;
            progress.received += came;
            least = LOOK;
            if progress.received < size {
                let level = (self.ledger.level() - progress.time).max(0.0);
                let verdict = match wanted.replaces {
                    // What was to be replaced is played already.
                    Some(from_end) => {
                        (level - self.rungs.segment * from_end as f64 <= 0.0).then_some(0)
                    }
                    None => {
                        let facts = self.facts(wanted.index, level);
                        self.judge.abandon(&facts, &progress, began)
                    }
                };
                if verdict.is_some() {
                    return (progress, verdict);
                }
            }
        }
        (progress, None)
    }

    /// Tells the algorithm what came, and learns of the link from it.
    fn learn(&mut self, fetched: &Fetched) {
        let level = self.ledger.level();
        self.judge.fetched(self.rungs, level, fetched, self.ledger.now());
        let progress = &fetched.progress;
        if progress.time > progress.first_bit {
            self.ledger.judge(self.estimate.throughput, progress);
        }
        if fetched.abandoned_for.is_none() {
            self.measure(progress);
        }
    }

    fn measure(&mut self, progress: &Progress) {
        let span = progress.time - progress.first_bit;
        if span > 0.0 {
            let throughput = progress.received / span;
            let sample = Estimate { throughput, latency: progress.first_bit };
            self.estimate = self.ewma.add(span, sample);
        }
    }

    fn note_changes(&mut self) {
        for change in self.link.changes.drain(..) {
            self.ledger.note(change);
        }
    }

    fn facts(&self, index: u32, level: f64) -> Facts<'a> {
        Facts {
            rungs: self.rungs,
            segment: index as usize,
            segments: self.track.count() as usize,
            level,
            target: self.target,
            estimate: self.estimate,
        }
    }

    fn request(&mut self, index: u32, rung: usize) -> Request {
        let segment = Segment { track: self.id, index, rung: Rung(rung as u8) };
        let serial = self.serial;
        self.serial += 1;
        request(self.track, segment, serial)
    }
}
