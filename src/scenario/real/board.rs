//! How it stands, while it goes on: counts for whoever looks.
//!
//! The idea to hold: each viewer says only what has changed, so looking costs nobody anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::media::Presentation;
use crate::player::Event;

/// Counts of viewers.
#[derive(Debug, Default)]
pub struct Board {
    /// Who have pressed play.
    pub come: AtomicU64,
    /// Whose pictures move.
    pub playing: AtomicI64,
    /// Whose do not, for want of media.
    pub stalled: AtomicI64,
    /// Who have not stalled so far, nor failed to start.
    pub spared: AtomicI64,
    /// Who are through.
    pub over: AtomicU64,
    /// The bitrates of those who play, in kbps, added up.
    pub kbps: AtomicI64,
    /// Requests that failed.
    pub failed: AtomicU64,
    /// Bytes that came.
    pub bytes: AtomicU64,
}

/// Where one viewer stands.
#[derive(Debug)]
pub struct Standing {
    board: Arc<Board>,
    playing: bool,
    stalled: bool,
    spared: bool,
    kbps: i64,
}

impl Standing {
    /// One who has pressed play.
    pub fn new(board: &Arc<Board>) -> Self {
        board.come.fetch_add(1, Relaxed);
        board.spared.fetch_add(1, Relaxed);
        Self { board: board.clone(), playing: false, stalled: false, spared: true, kbps: 0 }
    }

    /// Something has happened to them.
    pub fn record(&mut self, content: &Presentation, event: &Event) {
        match *event {
            Event::Started | Event::Resumed | Event::Landed | Event::Unpaused => {
                self.stands(true, false);
            }
            Event::Stalled => {
                self.stands(false, true);
                self.falls();
            }
            Event::Paused => self.stands(false, false),
            Event::Shown(segment) if segment.track == content.main() => {
                let rate = content.track(segment.track).ladder.bitrate(segment.rung);
                self.shows((rate.as_bps() / 1_000) as i64);
            }
            Event::Failed(_, receipt) => {
                self.board.failed.fetch_add(1, Relaxed);
                self.board.bytes.fetch_add(receipt.received.get(), Relaxed);
            }
            Event::Delivered(_, receipt) | Event::Abandoned(_, receipt) => {
                self.board.bytes.fetch_add(receipt.received.get(), Relaxed);
            }
            Event::GaveUp(_) => self.falls(),
            _ => {}
        }
        if let Event::Ended | Event::GaveUp(_) | Event::Left(_) = event {
            self.stands(false, false);
            self.shows(0);
            self.board.over.fetch_add(1, Relaxed);
        }
    }

    fn stands(&mut self, playing: bool, stalled: bool) {
        self.board.playing.fetch_add(i64::from(playing) - i64::from(self.playing), Relaxed);
        self.board.stalled.fetch_add(i64::from(stalled) - i64::from(self.stalled), Relaxed);
        (self.playing, self.stalled) = (playing, stalled);
    }

    fn falls(&mut self) {
        if std::mem::take(&mut self.spared) {
            self.board.spared.fetch_sub(1, Relaxed);
        }
    }

    fn shows(&mut self, kbps: i64) {
        self.board.kbps.fetch_add(kbps - self.kbps, Relaxed);
        self.kbps = kbps;
    }
}
