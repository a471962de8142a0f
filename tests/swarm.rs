//! Whatever the world, some things hold. Each seed is a world; a failure prints its seed.
//!
//! The idea to hold: a witness ([`abrsim::swarm`]) is told nothing but the events, plays the media
//! itself, and compares. Here worlds are those of the core, as no scenario could have them; those
//! of scenarios are drawn by `abrsim swarm`, of which at the end.

mod common;

use abrsim::abr::models;
use abrsim::abr::{ALGORITHMS, Algorithm, Settings};
use abrsim::cdn::{Faults, Incident, Latency, Origin, Store, Trouble};
use abrsim::media::{DocumentId, Kind, Ladder, Presentation, Representation, Track};
use abrsim::net::{Http, Model, Path, Sharing, Tcp};
use abrsim::person::{Act, Deed, Plan};
use abrsim::player::{Config, Event, Growth, Reason, Reports, Retry};
use abrsim::seed::{Purpose, Seed, Stream};
use abrsim::swarm::{Subject, Witness, carry, setting};
use abrsim::trace::{self, Trace, Tread};
use abrsim::units::{Bitrate, Bytes, Pts, Skew, Span, Speed, Time};
use common::{Log, World, constant, millis, secs};

const WORLDS: u64 = 10_000;

#[test]
fn invariants_hold_in_every_world() {
    for seed in 0..WORLDS {
        let _named = Named(seed);
        let world = world(seed);
        let (sessions, log) = world.run();
        for (who, session) in sessions.iter().enumerate() {
            let mut witness = Witness::new(subject(&world, who));
            for (_, at, event) in log.iter().filter(|(whose, ..)| *whose == who) {
                witness.see(*at, event);
            }
            witness.agrees_with(session);
        }
        links_carry_what_they_can(&world, &log);
    }
}

/// What the invariants are worth depends on what happens in the worlds.
#[test]
fn everything_that_can_happen_happens_in_many_worlds() {
    let kinds: [fn(&Event) -> bool; 15] = [
        |e| matches!(e, Event::Abandoned(_, receipt) if !receipt.received.is_zero()),
        |e| matches!(e, Event::Failed(..)),
        |e| matches!(e, Event::Delivered(request, _) if request.attempt > 0),
        |e| matches!(e, Event::Stalled),
        |e| matches!(e, Event::Resumed),
        |e| matches!(e, Event::Ended),
        |e| matches!(e, Event::GaveUp(_)),
        |e| matches!(e, Event::Sought { buffered: true, .. }),
        |e| matches!(e, Event::Sought { buffered: false, .. }),
        |e| matches!(e, Event::Unpaused),
        |e| matches!(e, Event::Left(Reason::Satisfied)),
        |e| matches!(e, Event::Left(Reason::Startup)),
        |e| matches!(e, Event::Left(Reason::Stall)),
        |e| matches!(e, Event::Left(Reason::Seek)),
        |e| matches!(e, Event::Left(Reason::Limit)),
    ];
    let mut worlds = [0; 15];
    for seed in 0..2_500 {
        let (_, log) = world(seed).run();
        for (count, is) in worlds.iter_mut().zip(kinds) {
            *count += u32::from(log.iter().any(|(_, _, event)| is(event)));
        }
    }
    assert!(worlds.iter().all(|&count| count > 50), "{worlds:?}");
}

#[test]
fn the_same_world_twice_is_the_same_log_twice() {
    for seed in 0..100 {
        let _named = Named(seed);
        assert!(world(seed).run() == world(seed).run());
    }
}

#[test]
fn on_a_private_link_it_is_as_if_there_were_nobody_else() {
    for seed in 0..1_000 {
        let _named = Named(seed);
        solos_are_as_together(World { shared: false, ..world(seed) });
    }
}

/// Where every transfer is one step, and the judgement takes few.
#[test]
fn in_the_plainest_of_worlds_it_is_so_too() {
    for seed in 0..5_000 {
        let _named = Named(seed);
        let world = world(seed);
        let path = match seed % 3 {
            0 => Path { jitter: world.path.jitter, ..Path::default() },
            _ => Path { sharing: Sharing::MaxMin, ..world.path },
        };
        let plan = if seed % 4 == 0 { world.plan.clone() } else { Plan::default() };
        let main = usize::from(world.content.main().0);
        let tracks = vec![world.content.tracks[main].clone()];
        let content = Presentation { tracks, ..world.content.clone() };
        let config = Config { speed: Speed::NORMAL, ..world.config };
        solos_are_as_together(World { shared: false, path, plan, content, config, ..world });
    }
}

fn solos_are_as_together(world: World) {
    let (sessions, log) = world.run();
    for (who, together) in sessions.into_iter().enumerate() {
        let theirs = log.iter().filter(|(whose, ..)| *whose == who);
        let theirs: Log = theirs.map(|(_, at, event)| (0, *at, *event)).collect();
        assert!(world.solo(who) == (together, theirs), "viewer {who}");
    }
}

/// However the algorithm is set, and however the segments vary.
#[test]
fn constant_bandwidth_comfortably_above_the_top_rung_never_stalls() {
    for seed in 0..2_000 {
        let _named = Named(seed);
        let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[2]);
        let content = content(&mut draw);
        let segments = || content.tracks.iter().flat_map(|t| (0..t.count()).map(move |k| (t, k)));
        let shortest = segments().map(|(t, k)| t.duration(k)).min().unwrap();
        let longest = segments().map(|(t, k)| t.duration(k)).max().unwrap();
        let size = |(t, k): (&Track, u32)| t.sizes(k).iter().copied().max().unwrap_or_default();
        let largest = segments().map(size).max().unwrap().max(Bytes::new(60_000));
        // Before the shortest segment has been played, every track can have fetched its largest,
        // and two documents before it.
        let flows = 3 * content.tracks.len() as u64;
        let rate = largest * (2 * flows) / shortest + Bitrate::kbps(1);
        let algorithm = pick(&mut draw, ALGORITHMS);
        // Players who bring buffer goals of their own can be set to hold next to nothing.
        if models::Model::named(algorithm.name).is_some() {
            continue;
        }
        let world = World {
            algorithm,
            settings: settings(&mut draw, algorithm),
            content,
            trace: Trace::constant(rate).unwrap(),
            rtt: shortest / 10,
            config: Config { target: longest * 3, ..config(&mut draw) },
            ..World::default()
        };
        let least = |level: Span| level.min(world.config.target);
        let (startup, resume) = (least(world.config.startup), least(world.config.resume));
        let config = Config { startup, resume, ..world.config };
        let session = World { config, ..world }.session();
        assert!(session.is_zero_buffer(), "{} {session:?}", algorithm.name);
    }
}

/// Says which world it was, if the test fails.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("this is the world of seed {}", self.0);
        }
    }
}

/// A viewer of a world, as a witness has to know them.
fn subject(world: &World, who: usize) -> Subject<'_> {
    Subject {
        content: &world.content,
        algorithm: world.algorithm.name,
        config: world.config,
        plan: &world.plan,
        began: world.arrival(who),
        limit: Time::ZERO + world.limit,
        bandwidth: world.bandwidth(if world.shared { 0 } else { who }),
        rtt: world.rtt,
        more: thought(&world.origin),
        exact: world.is_plain() && is_even(&world.origin),
    }
}

fn links_carry_what_they_can(world: &World, log: &Log) {
    for link in 0..if world.shared { 1 } else { world.players } {
        let own = log.iter().filter(|(who, ..)| world.shared || *who == link);
        let flows = own.filter_map(|(_, end, event)| match event {
            Event::Delivered(_, r) | Event::Abandoned(_, r) | Event::Failed(_, r) => {
                Some((r.first_byte?, *end, r.received))
            }
            _ => None,
        });
        let full = world.path.model == Model::Fluid && is_even(&world.origin);
        carry(flows.collect(), world.bandwidth(link), full);
    }
}

fn world(seed: u64) -> World {
    let mut draw = Seed(seed).stream(Purpose::Bandwidth, &[1]);
    let algorithm = pick(&mut draw, ALGORITHMS);
    let world = World {
        algorithm,
        settings: settings(&mut draw, algorithm),
        players: 1 + draw.below(6) as usize,
        shared: one_in(&mut draw, 2),
        content: content(&mut draw),
        trace: if one_in(&mut draw, 10) { constant(2_000) } else { staircase(&mut draw) },
        offset: up_to(&mut draw, secs(100)),
        stagger: up_to(&mut draw, secs(20)),
        rtt: if one_in(&mut draw, 4) { Span::ZERO } else { up_to(&mut draw, millis(700)) },
        origin: origin(&mut draw),
        config: config(&mut draw),
        limit: secs(1) + up_to(&mut draw, secs(1_000)),
        path: path(&mut draw),
        seed: Seed(draw.below(1 << 40)),
        ..World::default()
    };
    let apart = if one_in(&mut draw, 2) { Span::ZERO } else { up_to(&mut draw, secs(20)) };
    let config = Config { speed: speed(&mut draw), ..world.config };
    World { apart, config, plan: plan(&mut draw), ..world }
}

/// In half of the worlds, nothing but a round trip.
fn path(draw: &mut Stream) -> Path {
    if one_in(draw, 2) {
        return Path::default();
    }
    let mut some = |most| if one_in(draw, 2) { Span::ZERO } else { up_to(draw, most) };
    let (jitter, queue) = (some(millis(50)), some(millis(500)));
    let tcp = Tcp {
        http: *pick(draw, &[Http::One, Http::Two, Http::Three]),
        zero_rtt: one_in(draw, 2),
        idle_restart: one_in(draw, 2),
        initial_window: draw.below(20) as u32,
    };
    Path {
        jitter,
        queue,
        loss: *pick(draw, &[0.0, 0.0, 0.001, 0.02, 0.3, 1.0]),
        model: if one_in(draw, 4) { Model::Fluid } else { Model::Tcp(tcp) },
        sharing: *pick(draw, &[Sharing::MaxMin, Sharing::RttBiased]),
        ..Path::default()
    }
}

fn speed(draw: &mut Stream) -> Speed {
    let per_mille = match draw.below(4) {
        0 => *pick(draw, &[250, 500, 1_250, 1_500, 2_000, 4_000]),
        1 => 250 + draw.below(3_751) as u16,
        _ => 1_000,
    };
    Speed::from_per_mille(per_mille).unwrap()
}

/// What a viewer may mean to do, now and then to the half second, when other things happen too.
fn plan(draw: &mut Stream) -> Plan {
    if one_in(draw, 3) {
        return Plan::default();
    }
    let moment = |draw: &mut Stream, most| match one_in(draw, 2) {
        true => millis(500) * draw.below(2 * most),
        false => up_to(draw, secs(most)),
    };
    let act = |draw: &mut Stream| {
        let after = moment(draw, 40);
        let deed = match draw.below(4) {
            0 => Deed::Pause(moment(draw, 30)),
            1 => Deed::Seek(Pts::ZERO + moment(draw, 200)),
            _ => Deed::Seek(Pts::ZERO + after + moment(draw, 20)),
        };
        Act { after, deed }
    };
    let mut acts: Vec<_> = (0..draw.below(5)).map(|_| act(draw)).collect();
    if !one_in(draw, 4) {
        acts.sort_by_key(|act| act.after);
    }
    let mut maybe = |n, most| one_in(draw, n).then(|| moment(draw, most));
    let (watch, startup_patience, stall_patience) = (maybe(2, 100), maybe(3, 20), maybe(2, 8));
    Plan { watch, startup_patience, stall_patience, acts: acts.into() }
}

fn staircase(draw: &mut Stream) -> Trace {
    let with_rtt = one_in(draw, 4);
    let longest = *pick(draw, &[1, 100, 3_000, 20_000]);
    let mut treads: Vec<_> = (0..1 + draw.below(20))
        .map(|_| Tread {
            span: up_to(draw, millis(longest)),
            rate: Bitrate::from_bps(draw.below(4) * draw.below(3_000_000)),
            rtt: with_rtt.then(|| up_to(draw, millis(500))),
        })
        .collect();
    let moves = Tread { span: millis(longest), rate: Bitrate::kbps(500), rtt: None };
    treads.insert(draw.below(treads.len() as u64 + 1) as usize, moves);
    let end = if one_in(draw, 3) { trace::End::Hold } else { trace::End::Repeat };
    Trace::new(treads, end).unwrap()
}

fn content(draw: &mut Stream) -> Presentation {
    let documents: Vec<_> = (0..20).map(|_| Bytes::new(draw.below(50_000))).collect();
    let opening = (0..draw.below(3)).map(|id| DocumentId(id as u32)).collect();
    let rungs = 1 + draw.below(5);
    let mut tracks = vec![some_track(draw, Kind::Video, rungs, 300)];
    if one_in(draw, 2) {
        let rungs = 1 + draw.below(2);
        tracks.push(some_track(draw, Kind::Audio, rungs, 64));
    }
    if one_in(draw, 8) {
        tracks.reverse();
    }
    Presentation { tracks, documents, opening, live: None }
}

/// A track of segments that vary, in length and in size, or do not.
fn some_track(draw: &mut Stream, kind: Kind, rungs: u64, kbps: u64) -> Track {
    let mut bitrate = Bitrate::kbps(kbps);
    let mut rung = || {
        bitrate = bitrate.scaled(1.0 + draw.unit());
        Representation::new(bitrate)
    };
    let ladder = Ladder::new((0..rungs).map(|_| rung()).collect()).unwrap();
    let (usual, varies) = (millis(500) + up_to(draw, secs(8)), one_in(draw, 2));
    let durations: Vec<_> = (0..1 + draw.below(40))
        .map(|_| if varies { millis(500) + up_to(draw, usual) } else { usual })
        .collect();
    let (empty, vbr) = (one_in(draw, 30), one_in(draw, 2));
    let mut sizes = Vec::new();
    for &duration in &durations {
        let factor = if vbr { 0.2 + 1.8 * draw.unit() } else { 1.0 };
        let factor = if empty { 0.0 } else { factor };
        sizes.extend(ladder.bitrates().iter().map(|b| Bytes::from(b.scaled(factor) * duration)));
    }
    let mut setup = || (0..draw.below(3)).map(|_| DocumentId(draw.below(20) as u32)).collect();
    let setup = (0..rungs).map(|_| setup()).collect();
    Track::new(kind, ladder, &durations, sizes).unwrap().with_setup(setup)
}

/// How long an origin thinks at least.
fn thought(origin: &Origin) -> Span {
    match &origin.store.latency {
        Latency::Same(span) if origin.incidents.is_empty() => *span,
        _ => Span::ZERO,
    }
}

/// Whether it always thinks as long, and sends as fast as it is asked to.
fn is_even(origin: &Origin) -> bool {
    let Store { latency, bandwidth } = &origin.store;
    matches!(latency, Latency::Same(_)) && bandwidth.is_none() && origin.incidents.is_empty()
}

fn origin(draw: &mut Stream) -> Origin {
    let mut share = || *pick(draw, &[0.0, 0.0, 0.01, 0.1, 0.5]);
    let faults = Faults { errors: share(), resets: share(), truncated: share() };
    let seed = Seed(draw.below(1 << 40));
    let latency = match draw.below(3) {
        0 => Latency::LogNormal { median: up_to(draw, millis(200)), sigma: draw.unit() },
        _ => up_to(draw, millis(100)).into(),
    };
    let slow = one_in(draw, 3);
    let bandwidth = slow.then(|| Bitrate::from_bps(200_000 + draw.below(8_000_000)));
    let mut incidents = Vec::new();
    if one_in(draw, 3) {
        let from = Time::ZERO + up_to(draw, secs(60));
        let latency = one_in(draw, 2).then(|| up_to(draw, secs(2)).into());
        let errors = one_in(draw, 2).then(|| draw.unit());
        let what = Trouble { latency, errors, down: one_in(draw, 3) };
        incidents.push(Incident { from, to: from + up_to(draw, secs(30)), what });
    }
    let store = Store { latency, bandwidth };
    Origin { store, faults, seed, incidents: incidents.into(), ..Origin::default() }
}

fn config(draw: &mut Stream) -> Config {
    let target = up_to(draw, secs(60));
    let mut level = || match draw.below(4) {
        0 => Span::ZERO,
        1 => target,
        _ => up_to(draw, target),
    };
    let (startup, resume) = (level(), level());
    let (first, longest) = (up_to(draw, secs(2)), up_to(draw, secs(8)));
    let growth = [Growth::Constant, Growth::Linear, Growth::Doubling][draw.below(3) as usize];
    let same = draw.below(2) == 0;
    let retry = Retry { first, longest, attempts: draw.below(7) as u32, growth, same };
    let (reports, clock) = (Reports::default(), Skew::default());
    Config { startup, resume, target, retry, speed: Speed::NORMAL, reports, clock }
}

/// The defaults, or anything that is allowed.
fn settings(draw: &mut Stream, algorithm: &Algorithm) -> Settings {
    let mut settings = Settings::default();
    for parameter in algorithm.parameters {
        if one_in(draw, 2) {
            continue;
        }
        settings.set(parameter, setting(draw, parameter)).unwrap();
    }
    settings
}

fn one_in(draw: &mut Stream, n: u64) -> bool {
    draw.below(n) == 0
}

fn up_to(draw: &mut Stream, most: Span) -> Span {
    Span::from_nanos(draw.below(most.as_nanos() + 1))
}

fn pick<'a, T>(draw: &mut Stream, from: &'a [T]) -> &'a T {
    &from[draw.below(from.len() as u64) as usize]
}
