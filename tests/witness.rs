//! Simulated players tell of themselves as real ones do, and a server that knows no more than that
//! is asked what their viewers saw.
//!
//! The idea to hold: what was measured of a viewer is the truth, and what is measured of the events
//! a server makes up has to be the same: exactly, where nothing was rounded or left unsaid.

mod common;

use abrsim::abr::{ALGORITHMS, Algorithm};
use abrsim::cmcd::{Cmcd, Happening, How, Seen, State, from_query, to_line, to_query};
use abrsim::cmcd::{record, witness};
use abrsim::media::{Kind, Object, Presentation};
use abrsim::metrics::{Meter, Session};
use abrsim::player::{Config, Event, Receipt, Request};
use abrsim::trace::{End, Trace, Tread};
use abrsim::units::{Bitrate, Pts, Span, Time};
use common::{KBPS, World, millis, secs, track};

/// How much a player says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Talk {
    /// Nothing.
    Mute,
    /// With its requests: what the first version has.
    Requests,
    /// And it reports what it does.
    Reports,
}

/// A player as its server meets it.
struct Heard {
    talk: Talk,
    content: Presentation,
    seen: Vec<Seen>,
    pending: Vec<(Request, Time, Cmcd)>,
    reports: Vec<(Time, Cmcd)>,
    /// What of each track is held.
    held: Vec<Pts>,
    place: Pts,
    playing: Option<Time>,
    started: bool,
    /// By track, whether it ran dry since its last request.
    starved: Vec<bool>,
}

impl Heard {
    fn new(content: &Presentation, talk: Talk) -> Self {
        let tracks = content.tracks.len();
        Self {
            talk,
            content: content.clone(),
            seen: Vec::new(),
            pending: Vec::new(),
            reports: Vec::new(),
            held: vec![Pts::ZERO; tracks],
            place: Pts::ZERO,
            playing: None,
            started: false,
            starved: vec![false; tracks],
        }
    }

    fn take(&mut self, at: Time, event: &Event) {
        if let Some(since) = self.playing.as_mut() {
            self.place += at - std::mem::replace(since, at);
        }
        match *event {
            Event::Requested(request, estimate) => {
                let said = self.say(request, estimate);
                self.pending.push((request, at, said));
            }
            Event::Delivered(request, receipt) => {
                if let Object::Segment(s) = request.object {
                    let end = self.content.track(s.track).start(s.index + 1);
                    let held = &mut self.held[usize::from(s.track.0)];
                    *held = end.max(*held);
                }
                self.answer(at, request, receipt, How::Whole);
            }
            Event::Abandoned(request, receipt) => self.answer(at, request, receipt, How::Aborted),
            Event::Failed(request, receipt) => self.answer(at, request, receipt, How::Failed),
            Event::Started | Event::Resumed | Event::Unpaused => {
                (self.playing, self.started) = (Some(at), true);
                self.report(at, State::Playing);
            }
            Event::Stalled => {
                self.playing = None;
                self.starved.fill(true);
                self.report(at, State::Rebuffering);
            }
            Event::Paused => {
                self.playing = None;
                self.report(at, State::Paused);
            }
            Event::Ended => self.report(at, State::Ended),
            Event::Left(_) => self.report(at, State::Quit),
            _ => {}
        }
    }

    /// What goes with a request, as it is read on the other side.
    fn say(&mut self, request: Request, estimate: Option<Bitrate>) -> Cmcd {
        let Object::Segment(segment) = request.object else { return Cmcd::default() };
        if self.talk == Talk::Mute {
            return Cmcd::default();
        }
        let track = usize::from(segment.track.0);
        let cmcd = Cmcd {
            bl: Some(self.held[track].max(self.place) - self.place),
            br: Some(self.content.track(segment.track).ladder.bitrate(segment.rung)),
            bs: Some(std::mem::take(&mut self.starved[track])),
            mtp: estimate,
            su: Some(self.playing.is_none()),
            ..Cmcd::default()
        };
        from_query(&to_query(&cmcd).unwrap()).unwrap().cmcd
    }

    fn report(&mut self, at: Time, state: State) {
        let (e, sta, v) = (Some(Happening::State), Some(state), Some(2));
        let line = to_line(&Cmcd { e, sta, v, ..Cmcd::default() });
        self.reports.extend((self.talk == Talk::Reports).then(|| (at, record(&line).cmcd)));
    }

    fn answer(&mut self, at: Time, request: Request, receipt: Receipt, how: How) {
        let place = self.pending.iter().position(|(one, ..)| one.id == request.id);
        let (_, asked, cmcd) = self.pending.remove(place.unwrap());
        let Request { object, size, .. } = request;
        let (sent, first_byte) = (receipt.received, receipt.first_byte);
        self.seen.push(Seen { asked, object, size, sent, first_byte, ended: at, how, cmcd });
    }
}

/// What was measured of a viewer, and what is by what the server met.
fn both(world: &World, talk: Talk) -> (Session, Session) {
    let content = &world.content;
    let mut heard = Heard::new(content, talk);
    let mut truth = Meter::new(content, Bitrate::kbps(1_000));
    for (_, at, event) in world.run().1 {
        heard.take(at, &event);
        truth.record(content, at, &event);
    }
    let mut judged = Meter::new(content, Bitrate::kbps(1_000));
    for (at, event) in witness(content, &heard.seen, &heard.reports, None) {
        judged.record(content, at, &event);
    }
    (truth.finish().0, judged.finish().0)
}

/// Links with outages, of which some are too long for what is held.
fn outages(kbps: u64, outage: u64) -> Trace {
    let tread = |(s, kbps)| Tread { span: secs(s), rate: Bitrate::kbps(kbps), rtt: None };
    let treads = [(25, kbps), (outage, 40), (13, kbps / 2), (outage / 2, 100)];
    Trace::new(treads.map(tread), End::Repeat).unwrap()
}

/// Links, programmes with and without sound, and algorithms.
fn worlds() -> impl Iterator<Item = World> {
    let sound = || {
        let sound = track(Kind::Audio, &[128], secs(4), 50);
        Presentation::new(vec![track(Kind::Video, &KBPS, secs(4), 50), sound])
    };
    let algorithms = ALGORITHMS.iter().filter(|one: &&Algorithm| one.files().next().is_none());
    algorithms.flat_map(move |algorithm| {
        [(1_000, 10), (2_000, 40), (6_000, 25)].into_iter().flat_map(move |(kbps, outage)| {
            [common::video(&KBPS, 50), sound()].map(|content| World {
                algorithm,
                content,
                trace: outages(kbps, outage),
                rtt: millis(30),
                ..World::default()
            })
        })
    })
}

fn near(a: Span, b: Span, most: Span) -> bool {
    a.max(b) - a.min(b) <= most
}

#[test]
fn reports_of_states_leave_nothing_to_guess() {
    let mut stalls = 0;
    for world in worlds() {
        let (truth, judged) = both(&world, Talk::Reports);
        let name = world.algorithm.name;
        assert_eq!(judged, truth, "{name}");
        stalls += truth.stalls;
    }
    assert!(stalls > 100, "{stalls}");
}

#[test]
fn where_playback_starts_with_a_segment_nothing_need_be_said() {
    for world in worlds() {
        let (truth, judged) = both(&world, Talk::Mute);
        assert_eq!(judged, truth, "{}", world.algorithm.name);
    }
}

#[test]
fn with_requests_alone_stalls_are_counted_and_measured_to_a_tenth_of_a_second() {
    let (mut stalls, mut missed) = (0, 0);
    for (startup, resume) in [(4, 4), (8, 6), (12, 4)] {
        for world in worlds() {
            let config = Config { startup: secs(startup), resume: secs(resume), ..world.config };
            let world = World { config, ..world };
            let (truth, judged) = both(&world, Talk::Requests);
            let name = format!("{} {startup} {resume}", world.algorithm.name);
            let most = millis(100) * u64::from(1 + truth.stalls);
            assert!(near(judged.stalled, truth.stalled, most), "{name}");
            assert!(near(judged.played, truth.played, most), "{name}");
            assert!(near(judged.startup.unwrap(), truth.startup.unwrap(), millis(100)), "{name}");
            let switches = (judged.switches_up, judged.switches_down);
            assert_eq!(switches, (truth.switches_up, truth.switches_down), "{name}");
            assert_eq!((judged.end, judged.segments), (truth.end, truth.segments), "{name}");
            assert_eq!((judged.bytes, judged.paused), (truth.bytes, Span::ZERO), "{name}");
            stalls += truth.stalls;
            missed += truth.stalls.abs_diff(judged.stalls);
        }
    }
    // After its last request nobody says that a player ran dry, and of less than 0.2 s it is not
    // believed.
    assert!(stalls > 300 && missed * 200 < stalls, "{missed} of {stalls}");
}
