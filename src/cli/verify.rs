//! `abrsim verify`: the same viewers simulated and played, and whether both tell the same.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use super::play::listen;
use super::{Failure, own, print};
use crate::metrics::Session;
use crate::report::layout::{Column, grid};
use crate::scenario::real::{Board, Origin, Pair, Show};
use crate::scenario::{Override, Scenario};
use crate::world::real::DoorPlan;

const AFTER: &str = "\
A viewer under an algorithm agrees if the rung is the same of 95 % of segments (99 % where the
buffer alone decides), there are as many stalls, of 150 ms more or less in all, and the bitrate is
within 2 %. Where it does not, the simulation is tried again with up to 5 ms more of a round trip,
which is what timers and a busy machine add; if it then agrees, that is said.

Exit codes: 3 if any does not agree, even so.";

/// How many press play each second.
const RAMP: f64 = 20.0;

/// Simulate a scenario and play it in real time, and compare viewer by viewer.
///
/// Real players fetch over HTTP from an origin on this machine, which puts the scenario's networks
/// before them. It takes as long as the content is. Of a sweep, the first point.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    /// The scenario, a TOML file; scenarios/two-worlds.toml is made for it.
    scenario: PathBuf,
    /// Set a key on top of the file; may be given again.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// How many viewers; unless said, the scenario's.
    #[arg(long, value_name = "N")]
    viewers: Option<u64>,
    /// Put the links on the players' side instead of the origin's.
    #[arg(long)]
    throttle: bool,
    /// Print only the table.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut overrides = args.set.clone();
    overrides.extend(args.viewers.map(|viewers| Override::new(&["viewers"], viewers)));
    let scenario = Arc::new(Scenario::load(Path::new(&args.scenario), &overrides)?);
    own::playable(&scenario)?;
    own::alone(&scenario)?;
    let origin = own::Origin::start(&scenario, &scenario.name, args.throttle)?;
    let show = Arc::new(Show {
        scenario: scenario.clone(),
        origin: Origin::Own(origin.base.clone()),
        door: DoorPlan { direct: true, ..DoorPlan::default() },
        throttled: args.throttle,
        says: false,
        // All at the same instant would be in each other's way.
        ramp: Some(RAMP),
        duration: None,
        threads: 2,
        clock: origin.clock(),
    });
    let (stopper, stop) = watch::channel(false);
    let how = Arc::new(OnceLock::new());
    let board = Arc::new(Board::default());
    let told = listen((stopper, &how), &board, !args.quiet)?;
    let pairs = show.verify(&board, &stop);
    drop(told);
    let pairs = pairs.map_err(Failure::Output)?;
    print(&table(&pairs))?;
    if let Some(&signal) = how.get() {
        return Err(Failure::Stopped(signal));
    }
    let unexplained = |pair: &&Pair| !pair.differs().is_empty() && pair.at.is_none();
    let setup = &scenario.points[0].setup;
    let all = setup.viewers as usize * setup.contenders.len();
    if pairs.len() < all {
        let lost = all - pairs.len();
        return Err(Failure::Unmet(format!("{lost} of {all} sessions came to no end")));
    }
    let differ = pairs.iter().filter(unexplained).count();
    match differ {
        0 => Ok(()),
        some => {
            let all = pairs.len();
            let why = "timers and pacing are the machine's: look at what else it does";
            Err(Failure::Unmet(format!("{some} of {all} do not agree; {why}")))
        }
    }
}

/// A row for each, simulated before real.
fn table(pairs: &[Pair]) -> String {
    let columns = [
        Column::words("algorithm"),
        Column::numbers("viewer"),
        Column::words("trace"),
        Column::numbers("rungs"),
        Column::numbers("stalls"),
        Column::numbers("stalled, s"),
        Column::numbers("kbit/s"),
        Column::words("differs"),
    ];
    let rows: Vec<_> = pairs.iter().map(row).collect();
    let agree = pairs.iter().filter(|pair| pair.differs().is_empty()).count();
    let edge = match pairs.iter().filter(|pair| pair.at.is_some()).count() {
        0 => String::new(),
        some => format!(
            "\n{some} more do if the simulated round trip is longer by what is said (+): a\n\
             decision is on a knife's edge there, and the machine's timers tip it."
        ),
    };
    format!(
        "{}\n{agree} of {} agree. Simulated, then real; rungs: segments at the same.{edge}\n",
        grid(&columns, &rows, 0),
        pairs.len(),
    )
}

fn row(pair: &Pair) -> Vec<String> {
    let (simulated, real) = (&pair.simulated, &pair.real);
    let kbps = |of: &Session| of.bitrate().map_or(0.0, |rate| rate.as_kbps_f64());
    let stalled = |of: &Session| of.stalled.as_secs_f64();
    let trace = pair.trace.rsplit('/').next().unwrap_or(&pair.trace);
    let differs = pair.differs();
    vec![
        pair.abr.clone(),
        pair.viewer.to_string(),
        trace.to_owned(),
        format!("{:.1} %", 100.0 * pair.share()),
        format!("{} {}", simulated.stalls, real.stalls),
        format!("{:.2} {:.2}", stalled(simulated), stalled(real)),
        format!("{:.0} {:.0}", kbps(simulated), kbps(real)),
        match (differs.is_empty(), pair.at) {
            (true, _) => String::new(),
            (false, Some(at)) => format!("+{} ms", at.in_millis()),
            (false, None) => differs.join(", "),
        },
    ]
}
