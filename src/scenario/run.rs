//! The simulating: every viewer of every point under every algorithm.
//!
//! The idea to hold: viewers are cut into chunks of a fixed size. Chunks are simulated in parallel,
//! a batch at a time, and taken in in their order, so results do not depend on the number of
//! threads, rows stream to where they are kept, and memory does not grow with the viewers.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::results::{Results, Run};
use super::rows::{self, Whose};
use super::setup::{Contender, Setup};
use super::{Point, Scenario};
use crate::metrics::{Meter, Session, Summary, Timeline};
use crate::net::Path;
use crate::seed::Purpose;
use crate::trace::Bandwidth;
use crate::units::{Span, Time};
use crate::world::sim::{Cohort, Solo};

/// Viewers per chunk.
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
            partial |= tally.summary.viewers < point.setup.viewers;
            stalled.extend(tally.stalled);
            runs.push((of, tally.summary));
        }
    }
    // The viewer to look at: the first who stalled under any algorithm.
    let viewer = stalled.into_iter().min().unwrap_or(0);
    let runs = runs.into_iter().map(|(of, summary)| of.report(summary, viewer)).collect();
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
}

/// What chunks amount to.
struct Tally {
    summary: Summary,
    /// The first viewer who stalled.
    stalled: Option<u64>,
}

impl<'a> OneRun<'a> {
    fn new(scenario: &Scenario, point: &'a Point, contender: &'a Contender) -> Self {
        let keys = scenario.swept.iter().map(|key| key.rsplit('.').next().unwrap_or(key));
        let values = keys.zip(&point.values).map(|(key, value)| format!(" {key}={value}"));
        let name = contender.label.clone() + &values.collect::<String>();
        Self { name, point, setup: &point.setup, contender }
    }

    /// Simulates every viewer, or as many as there is time for.
    fn simulate(&self, control: &Control, rows: &mut impl Write) -> io::Result<Tally> {
        let rungs = self.setup.content.track(self.setup.content.main()).ladder.count();
        let mut tally = Tally { summary: Summary::new(rungs), stalled: None };
        let chunks = self.setup.viewers.div_ceil(CHUNK);
        let batch = (BATCH * rayon::current_num_threads()) as u64;
        let mut first = 0;
        while first < chunks {
            let of = first..(first + batch).min(chunks);
            let done: Vec<_> = of.into_par_iter().map(|chunk| self.chunk(chunk, control)).collect();
            for result in done {
                let Some((part, block)) = result? else { return Ok(tally) };
                rows.write_all(&block)?;
                tally.summary.merge(&part.summary);
                tally.stalled = tally.stalled.or(part.stalled);
            }
            first += batch;
        }
        Ok(tally)
    }

    /// Simulates the viewers of one chunk, unless there is no more time.
    fn chunk(&self, chunk: u64, control: &Control) -> io::Result<Option<(Tally, Vec<u8>)>> {
        if control.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let rungs = self.setup.content.track(self.setup.content.main()).ladder.count();
        let mut tally = Tally { summary: Summary::new(rungs), stalled: None };
        let mut block = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let last = ((chunk + 1) * CHUNK).min(self.setup.viewers);
        for viewer in chunk * CHUNK..last {
            let (session, on_rung) = self.session(viewer);
            tally.summary.add(&session, &on_rung);
            if session.stalls > 0 {
                tally.stalled.get_or_insert(viewer);
            }
            if self.setup.rows {
                self.row(&mut block, viewer, &session)?;
            }
        }
        control.done.fetch_add(last - chunk * CHUNK, Ordering::Relaxed);
        let block = block.into_inner().map_err(|error| error.into_error())?;
        Ok(Some((tally, block)))
    }

    fn session(&self, viewer: u64) -> (Session, Vec<Span>) {
        let content = &*self.setup.content;
        let (trace, _) = self.link(viewer);
        let mut meter = Meter::new(content, self.setup.traces[trace].trace.mean());
        self.cohort(viewer).run(self.setup.limit, |_, at, event| meter.record(content, at, event));
        meter.finish()
    }

    fn row(
        &self,
        block: &mut csv::Writer<Vec<u8>>,
        viewer: u64,
        session: &Session,
    ) -> io::Result<()> {
        let (trace, offset) = self.link(viewer);
        let whose = Whose {
            run: &self.name,
            abr: &self.contender.label,
            trace: &self.setup.traces[trace].name,
            viewer,
            seed: self.setup.seed.0,
            offset,
        };
        Ok(rows::write(block, &whose, session)?)
    }

    /// Which trace a viewer's link follows, and from where. Drawn by viewer alone, so that viewer
    /// 17 meets the same under every algorithm.
    fn link(&self, viewer: u64) -> (usize, Span) {
        let draw = |purpose| self.setup.seed.unit(purpose, &[viewer]);
        let traces = &self.setup.traces;
        let trace = (draw(Purpose::Trace) * traces.len() as f64) as usize;
        let length = traces[trace].trace.length().as_nanos() as f64;
        let drawn = || Span::from_nanos((draw(Purpose::Offset) * length) as u64);
        (trace, self.setup.offset.unwrap_or_else(drawn))
    }

    fn cohort(&self, viewer: u64) -> Cohort {
        Cohort::solo(Solo {
            content: self.setup.content.clone(),
            abr: (self.contender.factory)(),
            config: self.setup.config,
            bandwidth: self.bandwidth(viewer),
            origin: self.setup.origin,
            path: Path { rtt: self.setup.rtt, ..Path::default() },
            seed: self.setup.seed,
            viewer,
        })
    }

    fn bandwidth(&self, viewer: u64) -> Bandwidth {
        let (trace, offset) = self.link(viewer);
        Bandwidth::new(self.setup.traces[trace].trace.clone(), offset)
    }

    fn report(self, summary: Summary, viewer: u64) -> Run {
        let viewer = viewer.min(self.setup.viewers - 1);
        let content = &*self.setup.content;
        let mut timeline = Timeline::default();
        self.cohort(viewer).run(self.setup.limit, |_, at: Time, event| {
            timeline.record(content, at, event);
        });
        timeline.follow(self.bandwidth(viewer));
        let ladder = &content.track(content.main()).ladder;
        Run {
            name: self.name,
            abr: self.contender.label.clone(),
            point: self.point.values.clone(),
            rungs: ladder.rungs().map(|rung| ladder.representation(rung).clone()).collect(),
            summary,
            timeline: (viewer, timeline),
        }
    }
}
