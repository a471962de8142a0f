//! The simulating: every viewer of every point under every algorithm.
//!
//! The idea to hold: viewers are cut into slices of a fixed size, in which nobody shares a link
//! with anybody in another, or into those who ask the same caches. Slices are simulated in
//! parallel, a batch at a time, and taken in in their order, chunk by chunk; so results do not
//! depend on the number of threads, rows stream to where they are kept, and without caches memory
//! does not grow with the viewers.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::{Range, RangeInclusive};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::cast::Line;
use super::caught;
use super::mishap::Mishaps;
use super::preset::Preset;
use super::requests;
use super::results::{Class, ClassOf, Results, Run};
use super::rows::{self, Whose};
use super::setup::{Contender, Setup};
use super::tally::{Member, Tally, WORST};
use super::watch::SEEN;
use super::{Point, Scenario};
use crate::metrics::glass::Weights;
use crate::metrics::qoe::Scoreboard;
use crate::metrics::{Causes, Outcomes, Panel, Stalling, Summary, Timeline};

/// Viewers per slice, unless more of them share a link: of few they are few, for all threads to
/// have some, and of many so many that taking slices in is no matter.
const SLICE: RangeInclusive<u64> = 64..=512;

/// Slices per batch, for each thread.
const BATCH: usize = 16;

/// How whoever started a run follows it and stops it.
#[derive(Debug, Default)]
pub struct Control {
    /// Sessions done.
    pub done: AtomicU64,
    /// Set to stop at once.
    pub stop: AtomicBool,
    /// Set to stop after the chunk under way.
    pub enough: AtomicBool,
    /// Set when it has lasted so long that what is done is worth keeping.
    pub lasting: AtomicBool,
}

/// Runs a scenario on the threads of the current rayon pool; rows go to `rows` as they are made.
///
/// # Errors
/// Only of writing rows. A run that is stopped gives what was done, marked partial.
pub fn run(scenario: &Scenario, control: &Control, rows: impl Write) -> io::Result<Results> {
    run_into(scenario, control, Rows { sessions: rows, requests: io::sink() })
}

/// Where rows go.
#[derive(Debug)]
pub struct Rows<S, R> {
    /// Those of viewers: `sessions.csv`.
    pub sessions: S,
    /// Those of requests, where the scenario asks for them: `requests.csv`.
    pub requests: R,
}

/// The same, with rows of requests.
///
/// # Errors
/// Only of writing rows.
pub fn run_into<S: Write, R: Write>(
    scenario: &Scenario,
    control: &Control,
    mut rows: Rows<S, R>,
) -> io::Result<Results> {
    head(&mut rows)?;
    let runs = runs_of(scenario);
    let viewers = runs.iter().map(|run| run.setup.viewers).max();
    let chunks: Vec<_> = chunks(&runs, chunk_of(viewers.unwrap_or(0))).collect();
    let mut whole = Whole { runs: &runs, rows, tallies: Vec::new() };
    let all = simulate(&runs, chunks.iter(), control, &mut whole)?;
    Ok(conclude(scenario, whole.tallies, !all))
}

/// Takes what a chunk of a run amounts to in with the chunks before it.
pub(super) fn take_in(runs: &[OneRun<'_>], tallies: &mut Vec<Tally>, chunk: &Chunk, part: &Tally) {
    while tallies.len() <= chunk.run {
        tallies.push(runs[tallies.len()].nobody());
    }
    tallies[chunk.run].merge(part, runs[chunk.run].setup.causes);
}

/// Writes the first lines of rows.
pub(super) fn head<S: Write, R: Write>(rows: &mut Rows<S, R>) -> io::Result<()> {
    rows.sessions.write_all(&header(rows::header())?)?;
    rows.requests.write_all(&header(requests::COLUMNS)?)
}

/// Every run of a scenario.
pub(super) fn runs_of(scenario: &Scenario) -> Vec<OneRun<'_>> {
    let chains = scenario.points.iter().any(|point| point.setup.delivery.is_some());
    let seen = if chains { SEEN } else { u64::MAX };
    let of = scenario.points.iter().flat_map(|point| {
        let runs = point.setup.contenders.iter();
        runs.map(move |contender| OneRun { seen, ..OneRun::new(scenario, point, contender) })
    });
    of.collect()
}

/// What a scenario comes to, whose first runs amount to this.
pub(super) fn conclude(scenario: &Scenario, tallies: Vec<Tally>, partial: bool) -> Results {
    let viewers = shown(tallies.iter());
    let done: Vec<_> = runs_of(scenario).into_iter().zip(tallies).collect();
    let report = |(of, mut tally): (OneRun<'_>, Tally)| {
        let timelines = of.timelines(&viewers, &mut tally);
        of.report(tally, timelines)
    };
    Results::new(scenario, partial, done.into_par_iter().map(report).collect())
}

/// Viewers of one run who are taken in together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Chunk {
    pub(super) id: u64,
    /// Whose they are, by its number.
    pub(super) run: usize,
    pub(super) slices: Range<u64>,
}

/// How many viewers are a chunk of runs of at most so many: so few are soon done, and so many are
/// worth a commit; about a thousand chunks are enough for a run, and a million viewers for a chunk.
pub(super) fn chunk_of(viewers: u64) -> u64 {
    (viewers / 1_024).clamp(8_192, 1 << 20)
}

/// All chunks of runs, in order, of so many viewers each.
pub(super) fn chunks(runs: &[OneRun<'_>], viewers: u64) -> impl Iterator<Item = Chunk> {
    let of = move |(run, of): (usize, &OneRun<'_>)| {
        let (all, each) = (of.slices(), of.slices_of(viewers));
        (0..all.div_ceil(each)).map(move |n| (run, n * each..((n + 1) * each).min(all)))
    };
    let all = runs.iter().enumerate().flat_map(of);
    (0..).zip(all).map(|(id, (run, slices))| Chunk { id, run, slices })
}

/// Whoever takes in what is simulated, in order.
pub(super) trait Take {
    /// Why they cannot.
    type Error: From<io::Error>;

    /// Takes rows of the chunk under way.
    fn rows(&mut self, rows: &Blocks) -> Result<(), Self::Error>;

    /// Takes what all of a chunk amounts to.
    fn whole(&mut self, chunk: &Chunk, tally: Tally) -> Result<(), Self::Error>;

    /// Takes what a part of a chunk amounts to, at which all was stopped.
    fn begun(&mut self, chunk: &Chunk, tally: Tally) -> Result<(), Self::Error>;
}

/// Puts all together at once.
struct Whole<'a, S, R> {
    runs: &'a [OneRun<'a>],
    rows: Rows<S, R>,
    tallies: Vec<Tally>,
}

impl<S: Write, R: Write> Take for Whole<'_, S, R> {
    type Error = io::Error;

    fn rows(&mut self, rows: &Blocks) -> io::Result<()> {
        self.rows.sessions.write_all(&rows.sessions)?;
        self.rows.requests.write_all(&rows.requests)
    }

    fn whole(&mut self, chunk: &Chunk, tally: Tally) -> io::Result<()> {
        take_in(self.runs, &mut self.tallies, chunk, &tally);
        Ok(())
    }

    fn begun(&mut self, chunk: &Chunk, tally: Tally) -> io::Result<()> {
        self.whole(chunk, tally)
    }
}

/// What came of viewers of the first point who watched elsewhere, under whatever chose for them:
/// members, and what was to be seen of the first of them. Returns rows of `sessions.csv` too.
///
/// # Errors
/// Only of writing rows.
pub(super) fn report_of(
    scenario: &Scenario,
    of: &[(&Contender, Vec<Watched>)],
    partial: bool,
) -> io::Result<(Results, Vec<u8>)> {
    let point = &scenario.points[0];
    let mut rows = header(rows::header())?;
    let mut done = Vec::new();
    for &(contender, ref members) in of {
        let run = OneRun::new(scenario, point, contender);
        let mut tally = run.nobody();
        let mut block = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        for (member, timeline) in members {
            let (viewer, line) = (member.viewer, run.setup.line_of(member.viewer));
            tally.add(member);
            tally.enrol(member, run.setup.person(&line, member), true);
            run.row(&mut block, &line, member)?;
            if let Some(timeline) = timeline {
                tally.suffer(member);
                tally.timelines.insert(viewer, timeline.clone());
            }
        }
        rows.extend(block.into_inner().map_err(|error| error.into_error())?);
        done.push((run, tally));
    }
    done.retain(|(_, tally)| !tally.timelines.is_empty());
    let viewers = shown(done.iter().map(|(_, tally)| tally));
    let report = |(run, mut tally): (OneRun<'_>, Tally)| {
        // Why they stalled only another world could tell.
        tally.stalled.clear();
        let own = |viewer: &u64| tally.timelines.get_key_value(viewer);
        let mut timelines: Vec<_> = viewers.iter().filter_map(own).collect();
        if timelines.is_empty() {
            timelines.extend(tally.timelines.first_key_value());
        }
        let timelines = timelines.into_iter().map(|(&viewer, own)| (viewer, own.clone())).collect();
        run.report(tally, timelines)
    };
    let runs = done.into_iter().map(report).collect();
    Ok((Results::new(scenario, partial, runs), rows))
}

/// What came of somebody, and what was to be seen of it, if that was kept.
type Watched = (Member, Option<Timeline>);

/// The viewers to look at: the first who stalled under any algorithm, if that is one of those who
/// were watched, and then those of these who stalled longest under any.
fn shown<'a>(tallies: impl Iterator<Item = &'a Tally> + Clone) -> Vec<u64> {
    let stalled = tallies.clone().filter_map(|tally| tally.stalled.iter().min()).min();
    let seen = |viewer: &u64| {
        let mut tallies = tallies.clone();
        tallies.all(|t| t.timelines.is_empty() || t.timelines.contains_key(viewer))
    };
    let mut viewers = vec![stalled.copied().filter(seen).unwrap_or(0)];
    let mut worst: Vec<_> = tallies.clone().flat_map(|tally| tally.worst.iter().copied()).collect();
    worst.sort_unstable_by_key(|&(stalled, viewer)| (Reverse(stalled), viewer));
    for (_, viewer) in worst {
        if viewers.len() <= WORST && !viewers.contains(&viewer) && seen(&viewer) {
            viewers.push(viewer);
        }
    }
    viewers
}

/// The first line of rows.
fn header<I: IntoIterator<Item = T>, T: AsRef<[u8]>>(names: I) -> io::Result<Vec<u8>> {
    let mut header = csv::Writer::from_writer(Vec::new());
    header.write_record(names)?;
    header.into_inner().map_err(|error| error.into_error())
}

/// Simulates chunks in their order until it is told to stop; says whether it came to the end.
pub(super) fn simulate<'a, T: Take>(
    runs: &[OneRun<'_>],
    chunks: impl Iterator<Item = &'a Chunk>,
    control: &Control,
    taker: &mut T,
) -> Result<bool, T::Error> {
    let all = chunks.flat_map(|chunk| chunk.slices.clone().map(move |n| (chunk, n)));
    let mut all = all.peekable();
    let mut under_way: Option<Tally> = None;
    while let Some(&(chunk, _)) = all.peek() {
        // Of large slices there are only as many at once as there are threads.
        let each = if runs[chunk.run].setup.delivery.is_some() { 1 } else { BATCH };
        let batch: Vec<_> = all.by_ref().take(each * rayon::current_num_threads()).collect();
        let done: Vec<_> = batch
            .par_iter()
            .map(|&(chunk, slice): &(&Chunk, u64)| runs[chunk.run].slice(slice, control))
            .collect();
        for (&(chunk, slice), result) in batch.iter().zip(done) {
            let Some((part, rows)) = result? else {
                let begun = under_way.take();
                return begun.map_or(Ok(false), |tally| taker.begun(chunk, tally).map(|()| false));
            };
            taker.rows(&rows)?;
            let mut tally = under_way.take().unwrap_or_else(|| runs[chunk.run].nobody());
            tally.merge(&part, runs[chunk.run].setup.causes);
            match slice + 1 == chunk.slices.end {
                true => taker.whole(chunk, tally)?,
                false => under_way = Some(tally),
            }
        }
    }
    Ok(true)
}

/// The rows of a slice.
pub(super) type Blocks = Rows<Vec<u8>, Vec<u8>>;

/// One algorithm at one point.
pub(super) struct OneRun<'a> {
    pub(super) name: String,
    point: &'a Point,
    pub(super) setup: &'a Setup,
    pub(super) contender: &'a Contender,
    /// Rungs of the whole ladder.
    pub(super) rungs: usize,
    /// From which viewer on there is no way to see what they did.
    seen: u64,
}

impl<'a> OneRun<'a> {
    pub(super) fn new(scenario: &Scenario, point: &'a Point, contender: &'a Contender) -> Self {
        let keys = scenario.swept.iter().map(|key| key.rsplit('.').next().unwrap_or(key));
        let values = keys.zip(&point.values).map(|(key, value)| format!(" {key}={value}"));
        let name = contender.label.clone() + &values.collect::<String>();
        let content = &point.setup.content;
        let rungs = content.track(content.main()).ladder.count();
        Self { name, point, setup: &point.setup, contender, rungs, seen: u64::MAX }
    }

    /// How many slices of viewers there are, who affect nobody in another.
    pub(super) fn slices(&self) -> u64 {
        match &self.setup.delivery {
            None => self.setup.blocks().div_ceil(self.blocks_a_slice()),
            Some(delivery) => delivery.groups() as u64,
        }
    }

    /// How many of them are a chunk of so many viewers.
    pub(super) fn slices_of(&self, viewers: u64) -> u64 {
        match &self.setup.delivery {
            None => (viewers / (self.blocks_a_slice() * self.setup.block())).max(1),
            Some(_) => 1,
        }
    }

    /// How many viewers slices have.
    pub(super) fn viewers_of(&self, slices: Range<u64>) -> u64 {
        let (blocks, setup) = (self.blocks_a_slice() * self.setup.block(), self.setup);
        match &setup.delivery {
            None => (slices.end * blocks).min(setup.viewers) - slices.start * blocks,
            Some(_) => {
                let lines = slices.flat_map(|group| setup.group(group));
                lines.map(|line| line.viewers.end - line.viewers.start).sum()
            }
        }
    }

    fn blocks_a_slice(&self) -> u64 {
        let viewers = (self.setup.viewers / 2_048).clamp(*SLICE.start(), *SLICE.end());
        (viewers / self.setup.block()).max(1)
    }

    /// What nobody amounts to.
    pub(super) fn nobody(&self) -> Tally {
        let each = |classes: usize| match classes {
            1 => Vec::new(),
            several => vec![Summary::new(self.rungs); several],
        };
        Tally {
            whole: Summary::new(self.rungs),
            networks: each(self.setup.networks.classes().len()),
            devices: each(self.setup.devices.classes().len()),
            stalled: Vec::new(),
            worst: Vec::new(),
            outcomes: Outcomes::default(),
            panel: Panel::default(),
            scores: Scoreboard::default(),
            people: 0,
            printed: Vec::new(),
            chain: None,
            stalling: Stalling::default(),
            causes: Causes::default(),
            timelines: BTreeMap::new(),
            mishaps: Mishaps::default(),
        }
    }

    /// Simulates the viewers of one slice, unless there is no more time.
    fn slice(&self, slice: u64, control: &Control) -> io::Result<Option<(Tally, Blocks)>> {
        let mut tally = self.nobody();
        let mut sessions = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let mut requests = Vec::new();
        for lines in self.lines(slice) {
            let (mut seen, mut members) = (Vec::with_capacity(lines.len()), Vec::new());
            // Behind caches all of a slice affect each other; else those of a link do.
            let apart = if self.setup.delivery.is_some() { lines.len() } else { 1 };
            for together in lines.chunks(apart.max(1)) {
                let watched = self.watch(together, &mut members, &mut tally, control);
                let Some(rows) = watched else { continue };
                requests.extend(rows);
                seen.extend_from_slice(together);
            }
            if control.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            self.account(&seen, &members, &mut tally, &mut sessions)?;
        }
        let sessions = sessions.into_inner().map_err(|error| error.into_error())?;
        Ok(Some((tally, Blocks { sessions, requests })))
    }

    /// The links of a slice: of each of its blocks, or of all who ask the same caches.
    fn lines(&self, slice: u64) -> Vec<Vec<Line>> {
        let setup = self.setup;
        match &setup.delivery {
            None => {
                let first = slice * self.blocks_a_slice();
                let last = (first + self.blocks_a_slice()).min(setup.blocks());
                (first..last).map(|block| setup.lines(block).collect()).collect()
            }
            Some(_) => {
                let blocks = &setup.groups[slice as usize];
                vec![blocks.iter().flat_map(|&block| setup.lines(block)).collect()]
            }
        }
    }

    /// The links of all viewers, apart where nobody can affect anybody else.
    pub(super) fn apart(&self) -> impl Iterator<Item = Vec<Line>> + '_ {
        let together = self.setup.delivery.is_some();
        (0..self.slices()).flat_map(|slice| self.lines(slice)).flat_map(move |lines| {
            let apart = if together { lines.len() } else { 1 };
            lines.chunks(apart.max(1)).map(<[Line]>::to_vec).collect::<Vec<_>>()
        })
    }

    /// Takes in those who watched on these links.
    fn account(
        &self,
        lines: &[Line],
        members: &[Member],
        tally: &mut Tally,
        block: &mut csv::Writer<Vec<u8>>,
    ) -> io::Result<()> {
        let mut rest = members;
        let of = |line: &Line| line.viewers.start / self.setup.block();
        for lines in lines.chunk_by(|a, b| of(a) == of(b)) {
            let of_the_block = rest;
            for line in lines {
                let of_the_link;
                (of_the_link, rest) =
                    rest.split_at((line.viewers.end - line.viewers.start) as usize);
                for member in of_the_link {
                    tally.add(member);
                    if member.viewer < self.seen {
                        tally.suffer(member);
                    }
                    if self.setup.rows {
                        self.row(block, line, member)?;
                    }
                }
                tally.shared(of_the_link, Summary::add_link);
            }
            let together = &of_the_block[..of_the_block.len() - rest.len()];
            for (place, member) in together.iter().enumerate() {
                let line = &lines[lines.partition_point(|l| l.viewers.end <= member.viewer)];
                tally.enrol(member, self.setup.person(line, member), place == 0);
            }
            // The class of networks was drawn for all of a block.
            tally.shared(together, Summary::add_cluster);
        }
        Ok(())
    }

    /// What these viewers did, who watch again where that was not kept.
    fn timelines(&self, viewers: &[u64], tally: &mut Tally) -> Vec<(u64, Timeline)> {
        let own = |&viewer: &u64| {
            let kept = tally.timelines.remove(&viewer);
            // Whoever could not be simulated is not to be seen either.
            let seen = || caught(|| self.timeline(viewer)).ok();
            Some((viewer, kept.or_else(seen)?))
        };
        viewers.iter().filter_map(own).collect()
    }

    fn row(
        &self,
        block: &mut csv::Writer<Vec<u8>>,
        line: &Line,
        member: &Member,
    ) -> io::Result<()> {
        let Member { viewer, ref session, ref glass, ref scores, device, .. } = *member;
        let content = &self.setup.devices[device].content;
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
            bitrates: Weights::range(&content.track(content.main()).ladder),
        };
        Ok(rows::write(block, &whose, session, (glass.as_ref(), scores.as_ref()))?)
    }

    fn report(self, tally: Tally, timelines: Vec<(u64, Timeline)>) -> Run {
        let setup = self.setup;
        let causes = self.causes_of(&tally);
        let cost = setup.costs.and_then(|costs| costs.per_viewer_hour(&tally));
        let ladder = &setup.content.track(setup.content.main()).ladder;
        let class = |of: ClassOf| {
            move |(name, summary): (&String, Summary)| Class { of, name: name.clone(), summary }
        };
        let networks = setup.networks.classes().iter().map(|network| &network.name);
        let devices = setup.devices.classes().iter().map(|device| &device.name);
        let classes = networks.zip(tally.networks).map(class(ClassOf::Network));
        let classes = classes.chain(devices.zip(tally.devices).map(class(ClassOf::Device)));
        let viewers = tally.whole.viewers as f64;
        let mean = |(name, sum): &(Cow<'static, str>, f64)| (name.to_string(), sum / viewers);
        let printed =
            |preset: &Preset| (preset.title().to_owned(), tally.printed.iter().map(mean).collect());
        let printed = setup.preset.as_ref().filter(|_| tally.whole.viewers > 0).map(printed);
        Run {
            name: self.name,
            abr: self.contender.label.clone(),
            point: self.point.values.clone(),
            rungs: ladder.rungs().map(|rung| ladder.representation(rung).clone()).collect(),
            tracks: setup.content.tracks.iter().map(|track| track.kind).collect(),
            optimum: self.contender.optimum,
            printed,
            summary: tally.whole,
            classes: classes.collect(),
            outcomes: tally.outcomes,
            panel: tally.panel,
            scores: tally.scores,
            people: tally.people,
            content: setup.content.fingerprint(),
            chain: tally.chain.map(|chain| (chain, setup.stores())),
            causes,
            stalling: tally.stalling,
            has_incidents: !setup.origin.incidents.is_empty(),
            cost,
            timelines,
            mishaps: tally.mishaps,
        }
    }
}
