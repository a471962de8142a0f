//! `abrsim sweep plan`: what is to be simulated, frozen.

use std::path::PathBuf;
use std::time::Duration;

use super::super::run::{Simulation, pool, settle};
use super::super::{Failure, note, print};
use super::pilot::pilot;
use super::{Place, time};
use crate::report::format::many;
use crate::scenario::study::Shared;
use crate::scenario::{Control, Override, Scenario};

/// Freeze what is to be simulated.
///
/// That is the scenario, what is set on top of it, every file it reads, and how its viewers are cut
/// into chunks. What is planned in a place stays as it is; to plan the same again does nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario, a TOML file.
    scenario: PathBuf,
    /// Set a key on top of the file, as in `abrsim run`.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    #[command(flatten)]
    simulation: Simulation,
    #[command(flatten)]
    place: Place,
    /// Keep about so many viewers at a time; unless said, as many as `abrsim run` would.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    chunk: Option<u64>,
}

/// A chunk that takes longer is worth a word.
const LONG: Duration = Duration::from_secs(300);

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Place { out, patience } = &args.place;
    let mut sets = args.set.clone();
    sets.extend(args.simulation.sets());
    let mut scenario = Scenario::load(&args.scenario, &sets)?;
    scenario.notes.iter().for_each(|text| note(text));
    settle(&mut scenario, &Control::default(), &pool(args.simulation.jobs())?)?;
    let plan = Shared::plan(&scenario, out, args.chunk, *patience)?;
    print(&format!(
        "Planned in {out}: {} of {} in {}, plan {}\n",
        many(plan.viewers, "viewer"),
        many(plan.runs, "run"),
        many(plan.chunks, "chunk"),
        &plan.hash[..12],
    ))?;
    let chunk = plan.viewers as f64 / plan.chunks.max(1) as f64;
    let takes = pilot(scenario)?.mul_f64(chunk);
    if takes > LONG {
        note(&format!(
            "a chunk takes about {} of a core here, and who is killed in one begins it again: \
             --chunk has them smaller, of a plan elsewhere",
            time(takes.as_secs())
        ));
    }
    if let Some(one) = plan.reads.first() {
        let others = match plan.reads.len() {
            1 => String::new(),
            all => format!(" and what else it reads ({all} files)"),
        };
        let one = one.display();
        note(&format!(
            "not all that the scenario reads can be copied to where the plan is (absolute names \
             cannot): every machine has to see {one}{others}"
        ));
    }
    Ok(())
}
