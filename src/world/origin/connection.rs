//! Connections: how many there may be, and how long one may keep what it is owed waiting.
//!
//! The idea to hold: a peer that reads nothing while there is something for it to read is not slow
//! but gone, and what is held for it is let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::units::Time;
use crate::world::clock::Clock;

/// How long a peer may leave what it is sent unread.
pub(super) const UNREAD: Duration = Duration::from_secs(30);

/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    number: u64,
    clock: Clock,
    /// Bodies that have handed over bytes and not been asked for more.
    owing: AtomicUsize,
    /// When one was last.
    moved: AtomicU64,
    /// Whether it has asked for anything.
    asked: AtomicBool,
}

impl Connection {
    pub(super) fn new(number: u64, clock: Clock) -> Arc<Self> {
        let (owing, moved) = (AtomicUsize::new(0), AtomicU64::new(0));
        Arc::new(Self { number, clock, owing, moved, asked: AtomicBool::new(false) })
    }

    /// What a session is called that is known by nothing else.
    pub(super) fn name(&self) -> String {
        format!("connection-{}", self.number)
    }

    /// It asks for something.
    pub(super) fn asks(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Waits until the peer has asked for nothing at all for so long; for ever, if it asks.
    pub(super) async fn is_silent(&self, patience: Duration) {
        tokio::time::sleep(patience).await;
        if self.asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the peer has left something unread for too long.
    pub(super) async fn is_stuck(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let moved = Time::from_nanos(self.moved.load(Ordering::Relaxed));
            let still = self.clock.now().since_start().saturating_sub(moved.since_start());
            if self.owing.load(Ordering::Relaxed) > 0
                && crate::world::clock::duration(still) > UNREAD
            {
                return;
            }
        }
    }
}

/// What a body owes to have been taken by its connection.
#[derive(Debug)]
pub(super) struct Owed {
    connection: Arc<Connection>,
    owes: bool,
}

impl Owed {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        Self { connection: connection.clone(), owes: false }
    }

    /// Bytes were handed over.
    pub(super) fn something(&mut self) {
        if !std::mem::replace(&mut self.owes, true) {
            self.connection.owing.fetch_add(1, Ordering::Relaxed);
        }
        let now = self.connection.clock.now().since_start().as_nanos();
        self.connection.moved.store(now, Ordering::Relaxed);
    }

    /// And they were taken, as more is asked for.
    pub(super) fn nothing(&mut self) {
        if std::mem::replace(&mut self.owes, false) {
            self.connection.owing.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.nothing();
    }
}
