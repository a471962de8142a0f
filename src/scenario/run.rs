//! The simulating: every viewer of every point under every algorithm.
//!
//! The idea to hold: viewers are cut into chunks of a fixed size, in which nobody shares a link
//! with anybody in another. Chunks are simulated in parallel, a batch at a time, and taken in in
//! their order, so results do not depend on the number of threads, rows stream to where they are
//! kept, and memory does not grow with the viewers.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::cast::Line;
use super::preset::{Preset, Printed};
use super::results::{Class, ClassOf, Results, Run};
use super::rows::{self, Whose};
use super::setup::{Contender, Setup};
use super::{Point, Scenario};
use crate::abr::{Abr, Future};
use crate::metrics::{Meter, Outcomes, Session, Summary, Timeline};
use crate::net::Link;
use crate::network::{Network, Viewer};
use crate::player::{Config, Event, Player, Reports};
use crate::seed::Purpose;
use crate::units::{Span, Time};
use crate::world::sim::Cohort;

/// Viewers per chunk, unless more of them share a link.
const CHUNK: u64 = 64;

/// Chunks per batch, for each thread.
const BATCH: usize = 16;

/// How whoever started a run follows it and stops it.
#[derive(Debug, Default)]
pub struct Control {
    /// Sessions done.
    pub done: AtomicU64,
    /// Set to stop after the chunks under way.
    pub stop: AtomicBool,
}

/// Runs a scenario on the threads of the current rayon pool; rows go to `rows` as they are made.
///
/// # Errors
/// Only of writing rows. A run that is stopped gives what was done, marked partial.
pub fn run(scenario: &Scenario, control: &Control, mut rows: impl Write) -> io::Result<Results> {
    let mut header = csv::Writer::from_writer(Vec::new());
    header.write_record(rows::header())?;
    rows.write_all(&header.into_inner().map_err(|error| error.into_error())?)?;
    let mut partial = false;
    let mut runs = Vec::new();
    let mut stalled = Vec::new();
    for point in &scenario.points {
        for contender in &point.setup.contenders {
            if control.stop.load(Ordering::Relaxed) {
                partial = true;
                break;
            }
            let of = OneRun::new(scenario, point, contender);
            let tally = of.simulate(control, &mut rows)?;
            partial |= tally.whole.viewers < point.setup.viewers;
            stalled.extend(tally.stalled);
            runs.push((of, tally));
        }
    }
    // The viewer to look at: the first who stalled under any algorithm.
    let viewer = stalled.into_iter().min().unwrap_or(0);
    let runs = runs.into_iter().map(|(of, tally)| of.report(tally, viewer)).collect();
    Ok(Results {
        name: scenario.name.clone(),
        title: scenario.title.clone(),
        partial,
        swept: scenario.swept.clone(),
        runs,
        seed: scenario.points.first().map_or(0, |point| point.setup.seed.0),
        scenario: scenario.text.clone(),
        digest: scenario.digest.clone(),
    })
}

/// One algorithm at one point.
struct OneRun<'a> {
    name: String,
    point: &'a Point,
    setup: &'a Setup,
    contender: &'a Contender,
    /// Rungs of the whole ladder.
    rungs: usize,
}

/// What chunks amount to.
struct Tally {
    whole: Summary,
    /// By class of networks, where there are several.
    networks: Vec<Summary>,
    /// By class of devices, where there are several.
    devices: Vec<Summary>,
    /// The first viewer who stalled.
    stalled: Option<u64>,
    /// Who was spared stalls.
    outcomes: Outcomes,
    /// Sums of what the preset prints.
    printed: Printed,
}

/// Somebody's session, and the classes they are of.
struct Member {
    viewer: u64,
    session: Session,
    network: usize,
    device: usize,
}

impl<'a> OneRun<'a> {
    fn new(scenario: &Scenario, point: &'a Point, contender: &'a Contender) -> Self {
        let keys = scenario.swept.iter().map(|key| key.rsplit('.').next().unwrap_or(key));
        let values = keys.zip(&point.values).map(|(key, value)| format!(" {key}={value}"));
        let name = contender.label.clone() + &values.collect::<String>();
        let content = &point.setup.content;
        let rungs = content.track(content.main()).ladder.count();
        Self { name, point, setup: &point.setup, contender, rungs }
    }

    /// Simulates every viewer, or as many as there is time for.
    fn simulate(&self, control: &Control, rows: &mut impl Write) -> io::Result<Tally> {
        let mut tally = self.nobody();
        let chunks = self.setup.blocks().div_ceil(self.blocks_a_chunk());
        let batch = (BATCH * rayon::current_num_threads()) as u64;
        let mut first = 0;
        while first < chunks {
            let of = first..(first + batch).min(chunks);
            let done: Vec<_> = of.into_par_iter().map(|chunk| self.chunk(chunk, control)).collect();
            for result in done {
                let Some((part, block)) = result? else { return Ok(tally) };
                rows.write_all(&block)?;
                tally.merge(&part);
            }
            first += batch;
        }
        Ok(tally)
    }

    fn blocks_a_chunk(&self) -> u64 {
        (CHUNK / self.setup.block()).max(1)
    }

    fn nobody(&self) -> Tally {
        let each = |classes: usize| match classes {
            1 => Vec::new(),
            several => vec![Summary::new(self.rungs); several],
        };
        Tally {
            whole: Summary::new(self.rungs),
            networks: each(self.setup.networks.classes().len()),
            devices: each(self.setup.devices.classes().len()),
            stalled: None,
            outcomes: Outcomes::default(),
            printed: Vec::new(),
        }
    }

    /// Simulates the viewers of one chunk, unless there is no more time.
    fn chunk(&self, chunk: u64, control: &Control) -> io::Result<Option<(Tally, Vec<u8>)>> {
        let mut tally = self.nobody();
        let mut block = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let first = chunk * self.blocks_a_chunk();
        let last = (first + self.blocks_a_chunk()).min(self.setup.blocks());
        for number in first..last {
            let mut together = Vec::new();
            for line in self.setup.lines(number) {
                if control.stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let from = together.len();
                self.line(&line, &mut together, &mut tally, &mut block)?;
                tally.shared(&together[from..], Summary::add_link);
                control.done.fetch_add(line.viewers.end - line.viewers.start, Ordering::Relaxed);
            }
            for (place, member) in together.iter().enumerate() {
                let zero_buffer = member.session.is_zero_buffer();
                tally.outcomes.push(zero_buffer, member.network, place == 0);
            }
            // The class of networks was drawn for all of a block.
            tally.shared(&together, Summary::add_cluster);
        }
        let block = block.into_inner().map_err(|error| error.into_error())?;
        Ok(Some((tally, block)))
    }

    /// Simulates the viewers of one link.
    fn line(
        &self,
        line: &Line,
        done: &mut Vec<Member>,
        tally: &mut Tally,
        block: &mut csv::Writer<Vec<u8>>,
    ) -> io::Result<()> {
        let setup = self.setup;
        let mean = setup.mean(line);
        let devices: Vec<_> = line.viewers.clone().map(|viewer| setup.device_of(viewer)).collect();
        let content = |who: usize| &*setup.devices[devices[who]].content;
        let mut meters: Vec<_> =
            (0..devices.len()).map(|who| Meter::new(content(who), mean)).collect();
        tally.print(self.follow(line, |who, at, event| {
            meters[who].record(content(who), at, event);
        }));
        let mut whole = vec![Span::ZERO; self.rungs];
        for ((viewer, meter), &device) in line.viewers.clone().zip(meters).zip(&devices) {
            let (mut session, on_rung) = meter.finish();
            if self.config().reports == Reports::default() {
                session.reported_as_seen();
            }
            setup.devices[device].spread(&on_rung, &mut whole);
            let member = Member { viewer, session, network: line.network, device };
            tally.add(&member, &whole);
            if setup.rows {
                self.row(block, line, &member)?;
            }
            done.push(member);
        }
        Ok(())
    }

    fn row(
        &self,
        block: &mut csv::Writer<Vec<u8>>,
        line: &Line,
        member: &Member,
    ) -> io::Result<()> {
        let Member { viewer, ref session, device, .. } = *member;
        let network = &self.setup.networks[line.network];
        let whose = Whose {
            run: &self.name,
            abr: &self.contender.label,
            trace: &network.traces[line.trace].name,
            viewer,
            seed: self.setup.seed.0,
            offset: line.offset,
            network: &network.name,
            device: &self.setup.devices[device].name,
            link: line.viewers.start,
            arrival: self.arrival(viewer).since_start(),
        };
        Ok(rows::write(block, &whose, session)?)
    }

    /// Lets the viewers of a link watch, telling what happens; returns what a preset prints of it.
    fn follow(&self, line: &Line, mut log: impl FnMut(usize, Time, &Event)) -> Printed {
        let setup = self.setup;
        let Some(preset) = &setup.preset else {
            self.cohort(line).run(setup.limit, log);
            return Vec::new();
        };
        let viewer = line.viewers.start;
        let (mut abr, arrival) = (self.abr(line, viewer), self.arrival(viewer));
        let content = &setup.devices[setup.device_of(viewer)].content;
        preset.play(content, line, arrival, &mut *abr, |at, event| log(0, at, event))
    }

    /// How players behave: their own way, or the scenario's.
    fn config(&self) -> Config {
        self.contender.config.unwrap_or(self.setup.config)
    }

    /// Who chooses for a viewer.
    fn abr(&self, line: &Line, viewer: u64) -> Box<dyn Abr> {
        let setup = self.setup;
        let mut abr = (self.contender.factories[setup.device_of(viewer)])();
        abr.seed(setup.seed.derived(Purpose::Choice, &[viewer]));
        abr.foresee(&Future {
            bandwidth: setup.bandwidth(line),
            rtt: setup.networks[line.network].path.rtt,
            server: setup.origin.latency + setup.further(line, viewer),
            startup: self.config().startup,
            resume: self.config().resume,
        });
        if let Some(remembered) = setup.audience.memory(setup.seed, viewer, setup.mean(line)) {
            abr.remember(remembered);
        }
        abr
    }

    /// When a viewer presses play.
    fn arrival(&self, viewer: u64) -> Time {
        Time::ZERO + self.setup.audience.arrival(self.setup.seed, viewer)
    }

    /// The viewers of a link, before any of them has pressed play.
    fn cohort(&self, line: &Line) -> Cohort {
        let setup = self.setup;
        let viewer = |viewer: u64| {
            let content = &setup.devices[setup.device_of(viewer)].content;
            let speed = setup.audience.speed(setup.seed, viewer);
            let config = Config { speed, ..self.config() };
            let plan = setup.audience.plan(setup.seed, viewer, content.end());
            let (abr, arrival) = (self.abr(line, viewer), self.arrival(viewer));
            (Player::new(content.clone(), abr, config, arrival), plan)
        };
        let further = |viewer| setup.further(line, viewer);
        let known = line.viewers.clone();
        let known = known.map(|number| Viewer { number, link: 0, further: further(number) });
        let players = line.viewers.clone().map(viewer).collect();
        let path = setup.networks[line.network].path;
        let links = vec![(Link::new(setup.bandwidth(line)), path)];
        let lanes = setup.content.tracks.len();
        let network = Network::new(setup.origin, setup.seed, links, known.collect(), lanes);
        Cohort::new(players, network)
    }

    fn report(self, tally: Tally, viewer: u64) -> Run {
        let setup = self.setup;
        let viewer = viewer.min(setup.viewers - 1);
        let line = setup.line_of(viewer);
        let own = &*setup.devices[setup.device_of(viewer)].content;
        let mut timeline = Timeline::new(setup.audience.speed(setup.seed, viewer));
        self.follow(&line, |who, at, event| {
            if line.viewers.start + who as u64 == viewer {
                timeline.record(own, at, event);
            }
        });
        timeline.follow(setup.bandwidth(&line));
        let ladder = &setup.content.track(setup.content.main()).ladder;
        let class = |of: ClassOf| {
            move |(name, summary): (&String, Summary)| Class { of, name: name.clone(), summary }
        };
        let networks = setup.networks.classes().iter().map(|network| &network.name);
        let devices = setup.devices.classes().iter().map(|device| &device.name);
        let classes = networks.zip(tally.networks).map(class(ClassOf::Network));
        let classes = classes.chain(devices.zip(tally.devices).map(class(ClassOf::Device)));
        let mean = |(name, sum): (&'static str, f64)| (name, sum / tally.whole.viewers as f64);
        let printed =
            |preset: &Preset| (preset.title(), tally.printed.iter().copied().map(mean).collect());
        let printed = setup.preset.as_ref().filter(|_| tally.whole.viewers > 0).map(printed);
        Run {
            name: self.name,
            abr: self.contender.label.clone(),
            point: self.point.values.clone(),
            rungs: ladder.rungs().map(|rung| ladder.representation(rung).clone()).collect(),
            optimum: self.contender.optimum,
            printed,
            summary: tally.whole,
            classes: classes.collect(),
            outcomes: tally.outcomes,
            timeline: (viewer, timeline),
        }
    }
}

impl Tally {
    /// Adds what a preset prints of one session, or the sums of several.
    fn print(&mut self, printed: Printed) {
        if self.printed.is_empty() {
            self.printed = printed;
            return;
        }
        for ((_, sum), (_, value)) in self.printed.iter_mut().zip(printed) {
            *sum += value;
        }
    }

    /// Takes in a viewer's session.
    fn add(&mut self, member: &Member, on_rung: &[Span]) {
        let Member { viewer, ref session, network, device } = *member;
        let classes = [self.networks.get_mut(network), self.devices.get_mut(device)];
        for summary in classes.into_iter().flatten().chain([&mut self.whole]) {
            summary.add(session, on_rung);
        }
        if session.stalls > 0 {
            self.stalled.get_or_insert(viewer);
        }
    }

    /// Tells every summary of those of its viewers who are among these.
    fn shared(&mut self, members: &[Member], tell: impl Fn(&mut Summary, &[Session])) {
        if members.len() < 2 {
            return;
        }
        let of = |is: &dyn Fn(&Member) -> bool| -> Vec<Session> {
            members.iter().filter(|member| is(member)).map(|member| member.session).collect()
        };
        tell(&mut self.whole, &of(&|_| true));
        for (class, summary) in self.networks.iter_mut().enumerate() {
            tell(summary, &of(&|member| member.network == class));
        }
        for (class, summary) in self.devices.iter_mut().enumerate() {
            tell(summary, &of(&|member| member.device == class));
        }
    }

    /// Takes in what came of later viewers.
    fn merge(&mut self, later: &Self) {
        self.whole.merge(&later.whole);
        self.print(later.printed.clone());
        let classes = self.networks.iter_mut().chain(&mut self.devices);
        for (own, other) in classes.zip(later.networks.iter().chain(&later.devices)) {
            own.merge(other);
        }
        self.stalled = self.stalled.or(later.stalled);
        self.outcomes.append(&later.outcomes);
    }
}
