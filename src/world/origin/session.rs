//! Who asks: real players, each a viewer of the scenario.
//!
//! The idea to hold: a session is a seat in a cohort. It has a viewer's link, and its requests are
//! numbered as that viewer's, so that what is drawn for the simulated one is drawn for the real
//! one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::House;
use super::cohort::{Cohort, Ticket};
use crate::cmcd::{Cmcd, How, Seen, witness};
use crate::media::{DocumentId, Object, Presentation, Segment};
use crate::player::{Event, Request, RequestId};
use crate::units::{Bytes, Span, Time};
use crate::world::clock::Clock;

/// How many requests of one session are under way at once; more wait, as browsers make them.
pub(super) const LANES: usize = 8;

/// The most sessions that are remembered.
const MOST_SESSIONS: usize = 100_000;

/// The most requests that are remembered of one,
const MOST_ANSWERS: usize = 100_000;

/// and of all together.
const MOST_OF_ALL: usize = 2_000_000;

/// Everybody who has asked.
pub(super) struct Sessions {
    house: Arc<dyn House>,
    /// What the world of all shows, where it is one.
    clock: Clock,
    busy: Arc<AtomicUsize>,
    kept: Arc<AtomicUsize>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    sessions: BTreeMap<String, Arc<Session>>,
    /// By what players call themselves, who have a path of their own.
    aliases: BTreeMap<String, String>,
    /// By company and group.
    cohorts: BTreeMap<(String, u64), Cohort>,
    /// The number of the next viewer who does not say which one they are.
    next: u64,
}

/// A request that is remembered. Most players say nothing of themselves, and that is kept so.
#[derive(Clone, Debug)]
struct Kept {
    asked: Time,
    object: Object,
    size: Bytes,
    sent: Bytes,
    first_byte: Option<Time>,
    ended: Time,
    how: How,
    cmcd: Option<Box<Cmcd>>,
}

impl Kept {
    fn of(seen: Seen) -> Self {
        let Seen { asked, object, size, sent, first_byte, ended, how, cmcd } = seen;
        let cmcd = (!cmcd.is_empty()).then(|| Box::new(cmcd));
        Self { asked, object, size, sent, first_byte, ended, how, cmcd }
    }

    fn seen(&self) -> Seen {
        let Self { asked, object, size, sent, first_byte, ended, how, ref cmcd } = *self;
        let cmcd = cmcd.as_deref().cloned().unwrap_or_default();
        Seen { asked, object, size, sent, first_byte, ended, how, cmcd }
    }
}

/// One real player.
#[derive(Debug)]
pub struct Session {
    /// What it is called.
    pub key: String,
    /// Which viewer of the scenario it is.
    pub viewer: u64,
    who: usize,
    cohort: Cohort,
    lanes: Arc<Semaphore>,
    /// How many requests are remembered of all sessions.
    kept: Arc<AtomicUsize>,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    /// Which lanes are taken.
    taken: [bool; LANES],
    /// Failures in a row, by lane.
    failures: [u32; LANES],
    serial: u32,
    /// How often each document came.
    came: BTreeMap<DocumentId, u32>,
    seen: Vec<Kept>,
    /// Of all requests, with those that are for nothing of the presentation.
    requests: u64,
    bytes: Bytes,
    failed: u64,
    aborted: u64,
    reports: Vec<(Time, Cmcd)>,
    forgotten: u64,
    /// When it was heard of last.
    heard: Time,
    /// Whether it goes by playlists.
    lists: bool,
}

impl Sessions {
    pub(super) fn new(house: Arc<dyn House>, clock: Clock) -> Self {
        let (busy, kept, book) = (Arc::default(), Arc::default(), Mutex::default());
        Self { house, clock, busy, kept, book }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many transfers are under way.
    pub(super) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// What the world of all shows.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Everybody, in the order of their names.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        self.book().sessions.values().cloned().collect()
    }

    /// The name of one who has none yet.
    pub(super) fn newcomer(&self) -> String {
        let mut book = self.book();
        let number = book.next;
        book.next += 1;
        number.to_string()
    }

    /// Somebody with a path of their own calls themselves so, too.
    pub(super) fn alias(&self, sid: &str, key: &str) {
        let mut book = self.book();
        if sid != key && book.aliases.len() < MOST_SESSIONS {
            book.aliases.insert(sid.to_owned(), key.to_owned());
        }
    }

    /// Who it is that calls themselves so.
    pub(super) fn known_as(&self, sid: &str) -> String {
        self.book().aliases.get(sid).cloned().unwrap_or_else(|| sid.to_owned())
    }

    /// Whoever is called so. A name that begins with a number is that viewer's: `17`, or
    /// `17.bola`, who is in a company of their own. Nobody, where there are too many.
    pub(super) fn called(&self, key: &str) -> Option<Arc<Session>> {
        let mut book = self.book();
        if let Some(known) = book.sessions.get(key) {
            return Some(known.clone());
        }
        if book.sessions.len() >= MOST_SESSIONS {
            return None;
        }
        let (number, company) = key.split_once('.').unwrap_or((key, ""));
        let number = number.parse().unwrap_or_else(|_| {
            let number = book.next;
            book.next += 1;
            number
        });
        let viewer = number % self.house.viewers();
        // Whoever comes round again finds a network of their own.
        let company = format!("{company}/{}", number / self.house.viewers());
        let (group, who) = self.house.place(viewer);
        let cohort = book.cohorts.entry((company, group)).or_insert_with(|| {
            let clock = match self.house.is_one_world() {
                true => self.clock,
                false => Clock::showing(self.house.arrival(viewer)),
            };
            Cohort::new(self.house.network(group, LANES), clock, self.busy.clone())
        });
        let session = Arc::new(Session {
            key: key.to_owned(),
            viewer,
            who,
            cohort: cohort.clone(),
            lanes: Arc::new(Semaphore::new(LANES)),
            kept: self.kept.clone(),
            ledger: Mutex::default(),
        });
        book.sessions.insert(key.to_owned(), session.clone());
        Some(session)
    }
}

impl Session {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock of its world.
    pub fn clock(&self) -> Clock {
        self.cohort.clock
    }

    /// Its requests so far for what is of the presentation, in the order in which they came; the
    /// first of them, if there were too many.
    pub fn seen(&self) -> Vec<Seen> {
        let mut seen: Vec<_> = self.ledger().seen.iter().map(Kept::seen).collect();
        seen.sort_by_key(|seen| seen.asked);
        seen
    }

    /// What happened to its player, so far as it can be told; nothing, if it asked for no media.
    pub fn told(&self, content: &Presentation) -> Vec<(Time, Event)> {
        let seen = self.seen();
        if !seen.iter().any(|seen| matches!(seen.object, Object::Segment(_))) {
            return Vec::new();
        }
        let now = self.clock().now();
        let quiet = now.since_start().saturating_sub(self.heard().since_start());
        // Who was heard of a moment ago is taken to be still there.
        let until = (quiet <= QUIET).then_some(now);
        witness(content, &seen, &self.reports(), until)
    }

    /// How many requests there were, and how much was sent.
    pub fn totals(&self) -> (u64, Bytes) {
        let ledger = self.ledger();
        (ledger.requests, ledger.bytes)
    }

    /// What its player reported besides.
    pub fn reports(&self) -> Vec<(Time, Cmcd)> {
        self.ledger().reports.clone()
    }

    /// It has asked for a playlist.
    pub(super) fn goes_by_lists(&self) {
        self.ledger().lists = true;
    }

    /// Whether it has: then it asks for what it was told will be, and waits for it.
    pub(super) fn waits(&self) -> bool {
        self.ledger().lists
    }

    /// How many of its requests failed, and how many it broke off.
    pub fn failures(&self) -> (u64, u64) {
        let ledger = self.ledger();
        (ledger.failed, ledger.aborted)
    }

    /// How many requests and reports there was no room to remember.
    pub fn forgotten(&self) -> u64 {
        self.ledger().forgotten
    }

    /// When it was heard of last.
    pub fn heard(&self) -> Time {
        self.ledger().heard
    }

    pub(super) fn report(&self, cmcd: Cmcd) {
        let now = self.clock().now();
        let mut ledger = self.ledger();
        ledger.heard = now;
        match ledger.reports.len() < MOST_ANSWERS {
            true => ledger.reports.push((now, cmcd)),
            false => ledger.forgotten += 1,
        }
    }

    /// Takes a request, once there is a lane for it: whether the chain is asked, and whether it is
    /// for a part after which more follows.
    pub(super) async fn ask(
        self: &Arc<Self>,
        object: Option<Object>,
        size: u64,
        (whole, part): (bool, bool),
        cmcd: Cmcd,
    ) -> (Open, Ticket) {
        let asked = self.clock().now();
        // It is never closed.
        let permit = self.lanes.clone().acquire_owned().await.ok();
        let wanted = object.unwrap_or(Object::Document(DocumentId(0)));
        let (request, lane) = self.ledger().request(asked, wanted, size);
        let seen = Seen {
            asked,
            object: wanted,
            size: Bytes::new(size),
            sent: Bytes::ZERO,
            first_byte: None,
            ended: asked,
            how: How::Aborted,
            cmcd,
        };
        let ticket = self.cohort.fetch(self.who, request, whole);
        let (session, known) = (self.clone(), object.is_some() && !part);
        // The ticket goes first where both are dropped: then the lane is free.
        (Open { session, seen: Some(seen), known, lane, _permit: permit }, ticket)
    }
}

impl Ledger {
    /// A request as the viewer's player would have named it, and its lane.
    fn request(&mut self, now: Time, object: Object, size: u64) -> (Request, usize) {
        self.heard = now;
        let wanted = match object {
            Object::Segment(Segment { track, .. }) => usize::from(track.0),
            Object::Document(_) => 0,
        };
        let free = |lane: &usize| !self.taken[*lane];
        let lane = [wanted].into_iter().filter(|lane| *lane < LANES).chain((0..LANES).rev());
        let lane = lane.clone().find(free).unwrap_or(0);
        self.taken[lane] = true;
        let id = RequestId { lane: lane as u8, serial: self.serial };
        self.serial += 1;
        let again = match object {
            Object::Document(id) => self.came.get(&id).copied().unwrap_or(0),
            Object::Segment(_) => 0,
        };
        let attempt = self.failures[lane];
        (Request { id, object, size: Bytes::new(size), attempt, again, watch: None }, lane)
    }
}

/// A request that is being answered; it ends when this is dropped, if not before.
#[derive(Debug)]
pub(super) struct Open {
    session: Arc<Session>,
    seen: Option<Seen>,
    /// Whether it is for something of the presentation.
    known: bool,
    lane: usize,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Open {
    /// The first byte leaves.
    pub(super) fn begins(&mut self) {
        let now = self.session.clock().now();
        if let Some(seen) = &mut self.seen {
            seen.first_byte = Some(now);
        }
    }

    /// So many more bytes are sent.
    pub(super) fn sent(&mut self, bytes: u64) {
        if let Some(seen) = &mut self.seen {
            seen.sent += Bytes::new(bytes);
        }
    }

    /// It is over, and all of it sent or the rest unwanted.
    pub(super) fn ends(&mut self, whole: bool) {
        self.close(if whole { How::Whole } else { How::Aborted });
    }

    /// It is over, and has failed.
    pub(super) fn fails(&mut self) {
        self.close(How::Failed);
    }

    fn close(&mut self, how: How) {
        let Some(mut seen) = self.seen.take() else { return };
        let now = self.session.clock().now();
        (seen.ended, seen.how) = (now, how);
        let mut ledger = self.session.ledger();
        let ledger = &mut *ledger;
        ledger.heard = now;
        let failures = &mut ledger.failures[self.lane];
        match how {
            How::Whole => *failures = 0,
            How::Failed => {
                *failures += 1;
                ledger.failed += 1;
            }
            How::Aborted => ledger.aborted += 1,
        }
        ledger.requests += 1;
        ledger.bytes += seen.sent;
        if !self.known {
            return;
        }
        if let (How::Whole, Object::Document(id)) = (how, seen.object) {
            *ledger.came.entry(id).or_default() += 1;
        }
        let room = ledger.seen.len() < MOST_ANSWERS
            && self.session.kept.fetch_add(1, Ordering::Relaxed) < MOST_OF_ALL;
        match room {
            true => ledger.seen.push(Kept::of(seen)),
            false => ledger.forgotten += 1,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close(How::Aborted);
        self.session.ledger().taken[self.lane] = false;
    }
}

/// How long nothing was heard of a session that is taken to be over.
pub const QUIET: Span = Span::from_secs(60);
