//! An origin of our own, on this machine, while something is played against it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::Failure;
use crate::network::Network;
use crate::scenario::{Scenario, ScenarioError, Served};
use crate::units::{Span, Time};
use crate::world::clock::Clock;
use crate::world::origin::{House, Manners, Server};

/// Something that goes on beside, until this is dropped.
pub(super) struct Background {
    runtime: Option<Runtime>,
}

impl Background {
    /// Begins it.
    pub(super) fn new(what: impl Future<Output = ()> + Send + 'static) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Output(format!("cannot start: {error}")))?;
        runtime.spawn(what);
        Ok(Self { runtime: Some(runtime) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An origin that serves a scenario.
pub(super) struct Origin {
    /// Where everything is: http://127.0.0.1:PORT/NAME.
    pub(super) base: String,
    clock: Option<Clock>,
    _stop: oneshot::Sender<()>,
    _runtime: Background,
}

impl Origin {
    /// Starts one; `open` says that players have links of their own, so that it needs none.
    pub(super) fn start(scenario: &Arc<Scenario>, name: &str, open: bool) -> Result<Self, Failure> {
        let served = Arc::new(Served::new(scenario.clone()));
        let stock = served.stock(began(scenario));
        let one_world = served.is_one_world();
        let house: Arc<dyn House> = match open {
            true => Arc::new(Open(served)),
            false => served,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let manners = Manners { drain: Duration::from_secs(1), ..Manners::of(name) };
        let runtime = Background::new(async move {
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            match Server::bind(any, stock, house, manners).await {
                Ok(server) => {
                    let _ = tell.send(server.address().map(|at| (at, server.clock())));
                    server.run(async { drop(stopped.await) }).await;
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        })?;
        let cannot = |error: String| Failure::Output(format!("cannot listen: {error}"));
        let (address, clock) = told
            .recv()
            .map_err(|error| cannot(error.to_string()))?
            .map_err(|error| cannot(error.to_string()))?;
        let base = format!("http://{address}/{name}");
        Ok(Self { base, clock: one_world.then_some(clock), _stop: stop, _runtime: runtime })
    }

    /// The clock of its world, where all are in one.
    pub(super) fn clock(&self) -> Option<Clock> {
        self.clock
    }
}

/// That what a scenario asks for can be had in real time.
pub(super) fn playable(scenario: &Scenario) -> Result<(), ScenarioError> {
    let setup = &scenario.points[0].setup;
    if setup.preset.is_some() {
        let error = ScenarioError::new("the simulator of the preset plays in no real time");
        return Err(error.help("leave player.preset out"));
    }
    if setup.until.is_some() {
        let error = ScenarioError::new("as many viewers as it takes are too many for real time");
        return Err(error.help("say how many: --set viewers=20"));
    }
    Ok(())
}

/// That its viewers are in nobody's way: those who share links, caches or what is live meet each
/// other at instants that the real world chooses.
pub(super) fn alone(scenario: &Scenario) -> Result<(), ScenarioError> {
    let setup = &scenario.points[0].setup;
    let shares = setup.networks.classes().iter().any(|class| class.players > 1);
    if !shares && setup.delivery.is_none() && setup.on_air.is_none() {
        return Ok(());
    }
    let what = "its viewers share links, caches or what is live";
    let error = ScenarioError::new(format!("{what}: no two worlds bring them together alike"));
    Err(error.help("verify viewers with links of their own, on demand"))
}

/// How long after the beginning of 1970 what is live began, if its world begins now.
pub(super) fn began(scenario: &Scenario) -> Span {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let live = scenario.points[0].setup.content.live.as_ref();
    let elapsed = live.map_or(Span::ZERO, |live| live.elapsed);
    Span::from_nanos(now.as_nanos() as u64).saturating_sub(elapsed)
}

/// The same viewers, on links that carry whatever comes.
struct Open(Arc<Served>);

impl House for Open {
    fn viewers(&self) -> u64 {
        self.0.viewers()
    }

    fn place(&self, viewer: u64) -> (u64, usize) {
        self.0.place(viewer)
    }

    fn arrival(&self, viewer: u64) -> Time {
        self.0.arrival(viewer)
    }

    fn network(&self, group: u64, lanes: usize) -> Network {
        self.0.open_network(group, lanes)
    }

    fn is_one_world(&self) -> bool {
        self.0.is_one_world()
    }

    fn link(&self, viewer: u64) -> String {
        self.0.link(viewer)
    }
}
