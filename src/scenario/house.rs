//! A scenario's viewers, as a real origin knows them.
//!
//! The idea to hold: a real player that takes a viewer's seat has that viewer's link, caches and
//! origin, draws included, so what it meets is what the simulated one meets.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Scenario;
use super::cast::Line;
use super::real::Log;
use super::results::Results;
use super::run::{OneRun, report_of};
use super::seat::Seat;
use super::setup::{Contender, Setup};
use crate::cdn::{self, Ideal};
use crate::net::{Link, Path};
use crate::network::{Network, Viewer};
use crate::units::{Span, Time};
use crate::world::origin::{House, Session, Stock};

/// Of so many players of a company is kept what they did, for one of them to be shown.
const SEEN: usize = 32;

/// The first point of a scenario, served.
pub struct Served {
    scenario: Arc<Scenario>,
}

impl Served {
    /// What there is of it to be served by a real origin.
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self { scenario }
    }

    fn setup(&self) -> &Setup {
        &self.scenario.points[0].setup
    }

    /// What is watched; if it is live, its event began so long after the beginning of 1970.
    pub fn stock(&self, began: Span) -> Stock {
        Stock::new(self.setup().content.clone(), began, &self.scenario.digest[..12])
    }

    /// The network of a group of viewers without its links and its origin: all of it comes at once.
    pub fn open_network(&self, group: u64, lanes: usize) -> Network {
        let (setup, lines) = (self.setup(), self.setup().group(group));
        let open = Path { rtt: Span::ZERO, ..Path::default() };
        let link = |line: &Line| (Link::new(setup.bandwidth_without_bound(line)), open);
        let viewers = lines.iter().enumerate().flat_map(|(link, line)| {
            line.viewers.clone().map(move |number| Viewer { number, link, ..Viewer::default() })
        });
        let (viewers, links) = (viewers.collect(), lines.iter().map(link).collect());
        let network = Network::new(cdn::Origin::default(), setup.seed, links, viewers, lanes);
        network.live(&setup.content, false)
    }
}

/// What came of real players, and the rows of `sessions.csv`.
pub struct Report {
    /// As of a simulated run: a run for each company that a name told (`17.NAME`).
    pub results: Results,
    /// With their header.
    pub rows: Vec<u8>,
}

/// What players are called that say nothing of themselves.
const NAMELESS: &str = "players";

/// Which run of a report a player is of: what follows the number in its name.
fn company(session: &Session) -> &str {
    session.key.split_once('.').map_or(NAMELESS, |(_, company)| company)
}

impl Served {
    /// What came of the players that asked for something of the presentation, if any did; those
    /// not heard of for a while are taken to have left.
    ///
    /// # Errors
    /// Only of writing rows.
    pub fn report(&self, sessions: &[Arc<Session>]) -> std::io::Result<Option<Report>> {
        let (scenario, setup) = (&*self.scenario, self.setup());
        let mut companies: BTreeMap<String, Vec<&Arc<Session>>> = BTreeMap::new();
        for session in sessions {
            companies.entry(company(session).to_owned()).or_default().push(session);
        }
        let contender = |label: &String| Contender {
            label: label.clone(),
            algorithm: "",
            optimum: false,
            factories: Vec::new(),
            config: None,
            protocol: None,
        };
        let contenders: Vec<_> = companies.keys().map(contender).collect();
        let mut of = Vec::new();
        for (contender, sessions) in contenders.iter().zip(companies.values()) {
            let run = OneRun::new(scenario, &scenario.points[0], contender);
            let mut members = Vec::new();
            for session in sessions {
                let line = setup.line_of(session.viewer);
                let mut seat = Seat::real(setup, &line, session.viewer, members.len() < SEEN);
                let events = session.told(&setup.content);
                for (at, event) in &events {
                    seat.record(setup, *at, event);
                }
                if !events.is_empty() {
                    members.push(seat.finish(&run, &line));
                }
            }
            if !members.is_empty() {
                of.push((contender, members));
            }
        }
        if of.is_empty() {
            return Ok(None);
        }
        let (results, rows) = report_of(scenario, &of, false)?;
        Ok(Some(Report { results, rows }))
    }
}

impl Served {
    /// What happened to the players that asked for something of the presentation, each under the
    /// company that its name told.
    pub fn logs(&self, sessions: &[Arc<Session>]) -> Vec<Log> {
        let mut logs: Vec<Log> = Vec::new();
        for session in sessions {
            let (abr, viewer) = (company(session).to_owned(), session.viewer);
            let events = session.told(&self.setup().content);
            let taken = logs.iter().any(|log| (&log.abr, log.viewer) == (&abr, viewer));
            // Whoever comes round again, as a viewer there was before, goes by the whole name.
            let abr = if taken { session.key.clone() } else { abr };
            logs.extend((!events.is_empty()).then_some(Log { abr, viewer, events }));
        }
        logs
    }
}

impl House for Served {
    fn viewers(&self) -> u64 {
        self.setup().viewers
    }

    fn place(&self, viewer: u64) -> (u64, usize) {
        self.setup().place(viewer)
    }

    fn arrival(&self, viewer: u64) -> Time {
        let setup = self.setup();
        Time::ZERO + setup.audience.arrival(setup.seed, viewer)
    }

    fn network(&self, group: u64, lanes: usize) -> Network {
        let (point, lines) = (&self.scenario.points[0], self.setup().group(group));
        let run = OneRun::new(&self.scenario, point, &point.setup.contenders[0]);
        let network =
            run.network(&lines, run.supply(&lines), (Ideal::default(), Span::ZERO), lanes);
        network.live(&point.setup.content, false)
    }

    fn is_one_world(&self) -> bool {
        let setup = self.setup();
        setup.on_air.is_some() || setup.delivery.is_some()
    }

    fn link(&self, viewer: u64) -> String {
        let setup = self.setup();
        let line = setup.line_of(viewer);
        let network = &setup.networks[line.network];
        let trace = &network.traces[line.trace].name;
        match setup.networks.classes().len() {
            1 => trace.clone(),
            _ => format!("{}: {trace}", network.name),
        }
    }
}
