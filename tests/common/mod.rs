//! Worlds to test in. Every option a test sets is one that matters to that test.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::sync::Arc;

use abrsim::abr::{ALGORITHMS, Algorithm, Settings};
use abrsim::cdn::Origin;
use abrsim::media::{Kind, Ladder, Presentation, Representation, Track};
use abrsim::metrics::{Meter, Session};
use abrsim::net::Link;
use abrsim::network::{Network, Viewer};
use abrsim::player::{Config, Event, Player, Retry};
use abrsim::trace::{Bandwidth, Trace};
use abrsim::units::{Bitrate, Bytes, Span, Time};
use abrsim::world::sim::Cohort;

pub const KBPS: [u64; 5] = [300, 750, 1_200, 2_850, 4_300];

pub fn secs(s: u64) -> Span {
    Span::from_secs(s)
}

pub fn millis(ms: u64) -> Span {
    Span::from_millis(ms)
}

/// A track whose segments are exactly as large as their bitrates promise.
pub fn track(kind: Kind, kbps: &[u64], segment: Span, count: usize) -> Track {
    let rung =
        |&k| Representation { bitrate: Bitrate::kbps(k), resolution: None, codecs: String::new() };
    let ladder = Ladder::new(kbps.iter().map(rung).collect()).unwrap();
    let row: Vec<_> = ladder.bitrates().iter().map(|&b| Bytes::from(b * segment)).collect();
    Track::new(kind, ladder, &vec![segment; count], row.repeat(count)).unwrap()
}

/// Players of one presentation behind one link.
pub struct World {
    pub algorithm: &'static Algorithm,
    pub settings: Settings,
    pub players: usize,
    /// All players on one link, or one for each.
    pub shared: bool,
    pub content: Presentation,
    pub trace: Trace,
    pub offset: Span,
    pub rtt: Span,
    pub origin: Origin,
    pub config: Config,
    pub limit: Span,
}

impl Default for World {
    fn default() -> Self {
        Self {
            algorithm: &ALGORITHMS[0],
            settings: Settings::default(),
            players: 1,
            shared: true,
            content: Presentation::new(vec![track(Kind::Video, &KBPS, secs(4), 50)]),
            trace: Trace::constant(Bitrate::kbps(3_000)).unwrap(),
            offset: Span::ZERO,
            rtt: Span::ZERO,
            origin: Origin::default(),
            config: Config {
                startup: secs(4),
                resume: secs(4),
                target: secs(30),
                retry: Retry { first: secs(1), longest: secs(8), attempts: 5 },
            },
            limit: secs(1_000_000),
        }
    }
}

/// Who, when, what.
pub type Log = Vec<(usize, Time, Event)>;

impl World {
    pub fn run(self) -> (Vec<Session>, Log) {
        let content = Arc::new(self.content);
        let factory = (self.algorithm.new)(&self.settings, &content);
        let mean = self.trace.mean();
        let trace = Arc::new(self.trace);
        let links = if self.shared { 1 } else { self.players };
        let links = (0..links).map(|_| Link::new(Bandwidth::new(trace.clone(), self.offset)));
        let viewer = |who| Viewer { number: who as u64, link: if self.shared { 0 } else { who } };
        let network = Network::new(
            self.origin,
            self.rtt,
            links.collect(),
            (0..self.players).map(viewer).collect(),
            content.tracks.len(),
        );
        let players = (0..self.players)
            .map(|_| Player::new(content.clone(), factory(), self.config, Time::ZERO))
            .collect();
        let mut meters = vec![Meter::new(&content, mean); self.players];
        let mut log = Vec::new();
        let most = 40_000 * self.players;
        Cohort::new(players, network).run(Time::ZERO + self.limit, |who, at, event| {
            meters[who].record(&content, at, event);
            log.push((who, at, *event));
            assert!(log.len() < most, "livelock: {:?}", &log[log.len() - 6..]);
        });
        (meters.into_iter().map(|meter| meter.finish().0).collect(), log)
    }

    /// The only session of a world of one.
    pub fn session(self) -> Session {
        assert_eq!(self.players, 1);
        self.run().0[0]
    }
}

/// Where the reference material is, or a word to say that it is not.
pub fn reference() -> Option<std::path::PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference");
    let given = std::env::var("ABRSIM_REFERENCE").unwrap_or_else(|_| beside.to_owned());
    let folder = std::path::PathBuf::from(given);
    if !folder.is_dir() {
        println!("skipped: no reference material at {}", folder.display());
        return None;
    }
    Some(folder)
}
