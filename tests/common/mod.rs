//! Worlds to test in. Every option a test sets is one that matters to that test.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::sync::Arc;

use abrsim::abr::pace::Protocol;
use abrsim::abr::{ALGORITHMS, Abr, Algorithm, Announced, Factory, Future, Settings};
use abrsim::cdn::{Making, Origin};
use abrsim::media::{Kind, Ladder, Object, Presentation, Representation, Track};
use abrsim::metrics::{Meter, Session};
use abrsim::net::{Link, Path};
use abrsim::network::{Network, Viewer};
use abrsim::person::Plan;
use abrsim::player::{Config, Event, Growth, Player, Reports, Retry};
use abrsim::seed::{Purpose, Seed};
use abrsim::trace::{Bandwidth, End, Trace, Tread};
use abrsim::units::{Bitrate, Bytes, Skew, Span, Speed, Time};
use abrsim::world::sim::Cohort;
use abrsim::world::solo::Solo;

pub const KBPS: [u64; 5] = [300, 750, 1_200, 2_850, 4_300];

pub fn secs(s: u64) -> Span {
    Span::from_secs(s)
}

pub fn millis(ms: u64) -> Span {
    Span::from_millis(ms)
}

/// A track whose segments are exactly as large as their bitrates promise.
pub fn track(kind: Kind, kbps: &[u64], segment: Span, count: usize) -> Track {
    let rung = |&k| Representation::new(Bitrate::kbps(k));
    let ladder = Ladder::new(kbps.iter().map(rung).collect()).unwrap();
    let row: Vec<_> = ladder.bitrates().iter().map(|&b| Bytes::from(b * segment)).collect();
    Track::new(kind, ladder, &vec![segment; count], row.repeat(count)).unwrap()
}

/// A programme of one video track, its segments 4 s long and as large as their bitrates promise.
pub fn video(kbps: &[u64], count: usize) -> Presentation {
    Presentation::new(vec![track(Kind::Video, kbps, secs(4), count)])
}

/// A link at one rate for ever.
pub fn constant(kbps: u64) -> Trace {
    Trace::constant(Bitrate::kbps(kbps)).unwrap()
}

/// A link that runs at each rate for so many milliseconds, and at the last for ever.
pub fn steps(treads: &[(u64, u64)]) -> Trace {
    let tread = |&(ms, kbps)| Tread { span: millis(ms), rate: Bitrate::kbps(kbps), rtt: None };
    Trace::new(treads.iter().map(tread), End::Hold).unwrap()
}

/// So many milliseconds after the world began.
pub fn at(ms: u64) -> Time {
    Time::ZERO + millis(ms)
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
    /// How much further into the trace each link is than the one before.
    pub stagger: Span,
    pub rtt: Span,
    /// What else is on the way; its own round trip is not asked.
    pub path: Path,
    /// What happens by chance on it.
    pub seed: Seed,
    pub origin: Origin,
    pub config: Config,
    /// What everybody means to do.
    pub plan: Plan,
    /// How much later each presses play than the one before.
    pub apart: Span,
    pub limit: Span,
}

impl Default for World {
    fn default() -> Self {
        Self {
            algorithm: &ALGORITHMS[0],
            settings: Settings::default(),
            players: 1,
            shared: true,
            content: video(&KBPS, 50),
            trace: constant(3_000),
            offset: Span::ZERO,
            stagger: Span::ZERO,
            rtt: Span::ZERO,
            path: Path::default(),
            seed: Seed(0),
            origin: Origin::default(),
            config: Config {
                startup: secs(4),
                resume: secs(4),
                target: secs(30),
                retry: Retry {
                    first: secs(1),
                    longest: secs(8),
                    attempts: 5,
                    growth: Growth::Doubling,
                    same: false,
                },
                speed: Speed::NORMAL,
                reports: Reports::default(),
                clock: Skew::default(),
            },
            plan: Plan::default(),
            apart: Span::ZERO,
            limit: secs(1_000_000),
        }
    }
}

/// Makes an algorithm, with made-up weights where it asks for a file of some.
pub fn factory(algorithm: &Algorithm, settings: &Settings, content: &Presentation) -> Factory {
    let mut settings = settings.clone();
    for file in algorithm.files() {
        let rungs = content.track(content.main()).ladder.count();
        settings.give(file, &weights(rungs)).unwrap();
    }
    (algorithm.new)(&settings, content).unwrap_or_else(|unfit| panic!("{unfit}"))
}

/// Weights for a network of so many rungs that goes by throughput, and a little by the buffer: the
/// score of a rung of nominal size `s` is best where `s` is near what its inputs add up to.
fn weights(rungs: usize) -> String {
    let layer = |rows: Vec<Vec<f64>>, bias: Vec<f64>| {
        format!("{{\"weights\": {rows:?}, \"bias\": {bias:?}}}")
    };
    let sum = |inputs: usize, weight: f64| layer(vec![vec![weight]; inputs], vec![0.0]);
    // Of tangents to a parabola, at x the one that touches it nearest to x is the highest.
    let slopes: Vec<_> = (0..rungs).map(|rung| rung as f64).collect();
    let bias = slopes.iter().map(|slope| -slope * slope / 2.0).collect();
    format!(
        "{{\"last\": {}, \"buffer\": {}, \"throughput\": {}, \"delay\": {}, \"sizes\": {}, \
         \"left\": {}, \"hidden\": {}, \"rungs\": {}}}",
        sum(1, 0.1),
        sum(1, 0.5),
        sum(8, 0.5),
        sum(8, -0.1),
        sum(rungs, 0.0),
        sum(1, 0.1),
        sum(6, 1.0),
        layer(vec![slopes], bias),
    )
}

/// Who, when, what.
pub type Log = Vec<(usize, Time, Event)>;

impl World {
    pub fn run(&self) -> (Vec<Session>, Log) {
        let content = Arc::new(self.content.clone());
        let factory = factory(self.algorithm, &self.settings, &content);
        let links = if self.shared { 1 } else { self.players };
        let viewer = |who| Viewer {
            number: who as u64,
            link: if self.shared { 0 } else { who },
            ..Viewer::default()
        };
        let protocol = Announced::of(&content).map(|said| factory().go_live(&said).protocol());
        let parts = protocol == Some(Protocol::Hls);
        let making = content.live.as_ref().map(|live| Making {
            content: content.clone(),
            live: live.clone(),
            waits: parts && live.chunk.is_some(),
        });
        let network = Network::new(
            Origin { making, ..self.origin.clone() },
            self.seed,
            (0..links).map(|link| (Link::new(self.bandwidth(link)), self.path())).collect(),
            (0..self.players).map(viewer).collect(),
            content.tracks.len() + usize::from(content.live.is_some()),
        );
        let network = network.live(&content, parts);
        let player = |who| {
            let own = self.bandwidth(if self.shared { 0 } else { who });
            let abr = self.told(factory(), own, who);
            Player::new(content.clone(), abr, self.config, self.arrival(who))
        };
        let viewers = (0..self.players).map(|who| (player(who), self.plan.clone())).collect();
        let mut heard = Heard::of(self, self.players);
        let limit = Time::ZERO + self.limit;
        Cohort::new(viewers, network).run(limit, |who, at, event| heard.record(who, at, event));
        heard.finish()
    }

    /// The only session of a world of one.
    pub fn session(&self) -> Session {
        assert_eq!(self.players, 1);
        self.run().0[0]
    }

    /// One of the viewers, all alone.
    pub fn solo(&self, who: usize) -> (Session, Log) {
        let content = Arc::new(self.content.clone());
        let abr = self.told(
            factory(self.algorithm, &self.settings, &content)(),
            self.bandwidth(who),
            who,
        );
        let solo = Solo {
            content: content.clone(),
            abr,
            config: self.config,
            bandwidth: self.bandwidth(who),
            origin: self.origin.clone(),
            path: self.path(),
            seed: self.seed,
            viewer: Viewer { number: who as u64, ..Viewer::default() },
            plan: self.plan.clone(),
            arrival: self.arrival(who),
        };
        let mut heard = Heard::of(self, 1);
        solo.run(Time::ZERO + self.limit, |at, event| heard.record(0, at, event));
        let (sessions, log) = heard.finish();
        (sessions[0], log)
    }

    /// What a yardstick is told of a link.
    pub fn future(&self, bandwidth: Bandwidth) -> Future {
        let Config { startup, resume, .. } = self.config;
        let server = self.origin.store.latency.median();
        Future { bandwidth, rtt: self.rtt, server, startup, resume }
    }

    /// An algorithm that has been told all there is to tell before anything is asked.
    fn told(&self, mut abr: Box<dyn Abr>, link: Bandwidth, who: usize) -> Box<dyn Abr> {
        abr.foresee(&self.future(link));
        abr.seed(self.seed.derived(Purpose::Choice, &[who as u64]));
        abr
    }

    pub fn arrival(&self, who: usize) -> Time {
        Time::ZERO + self.apart * who as u64
    }

    /// Whether bytes come as fast as the link carries them, a round trip after they are asked for.
    pub fn is_plain(&self) -> bool {
        self.path() == Path { rtt: self.rtt, ..Path::default() }
    }

    fn path(&self) -> Path {
        Path { rtt: self.rtt, ..self.path }
    }

    pub fn bandwidth(&self, link: usize) -> Bandwidth {
        Bandwidth::new(Arc::new(self.trace.clone()), self.offset + self.stagger * link as u64)
    }
}

/// What has been heard of the players of a world.
struct Heard<'a> {
    content: &'a Presentation,
    meters: Vec<Meter>,
    log: Log,
}

impl<'a> Heard<'a> {
    fn of(world: &'a World, players: usize) -> Self {
        let meters = vec![Meter::new(&world.content, world.trace.mean()); players];
        Self { content: &world.content, meters, log: Vec::new() }
    }

    fn record(&mut self, who: usize, at: Time, event: &Event) {
        self.meters[who].record(self.content, at, event);
        self.log.push((who, at, *event));
        let (log, most) = (&self.log, 40_000 * self.meters.len());
        assert!(log.len() < most, "livelock: {:?}", &log[log.len() - 6..]);
    }

    fn finish(self) -> (Vec<Session>, Log) {
        (self.meters.into_iter().map(|meter| meter.finish().0).collect(), self.log)
    }
}

/// When each thing of a kind happened.
pub fn when(log: &Log, is: impl Fn(&Event) -> bool) -> Vec<Time> {
    log.iter().filter(|(_, _, event)| is(event)).map(|(_, at, _)| *at).collect()
}

/// What was asked for, in order, and when.
pub fn requests(log: &Log) -> Vec<(Time, Object)> {
    let asked = |(_, at, event): &(usize, Time, Event)| match event {
        Event::Requested(request, _) => Some((*at, request.object)),
        _ => None,
    };
    log.iter().filter_map(asked).collect()
}
