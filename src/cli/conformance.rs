//! `abrsim conformance`: other simulators' sessions, run again and compared.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, print};
use crate::conformance::{pensieve, sabre};
use crate::report::layout::{Column, grid};
use crate::scenario::ScenarioError;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sabre: every metric it prints, within 1e-5.
    ///
    /// The folder has expected.jsonl (a session a line: trace, movie, algorithm,
    /// max_buffer_s, abandonment, metrics), and movies and traces in Sabre's form.
    Sabre {
        /// The folder.
        dir: PathBuf,
    },
    /// Pensieve's environment: every bitrate its baselines chose, and their QoE.
    ///
    /// The folder has expected.jsonl (a session a line: trace, algorithm, bitrate_kbps,
    /// qoe_lin_mean_1_47, rebuffer_s_1_47), envivio_sizes.json, and traces in
    /// Pensieve's form. BB has to be equal throughout; of the others the table says how
    /// many decisions are.
    Pensieve {
        /// The folder.
        dir: PathBuf,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Sabre { dir } => {
            let groups = sabre::check(dir).map_err(ScenarioError::new)?;
            print(&sabre_table(&groups))?;
            verdict(groups.iter().all(sabre::Group::holds))
        }
        What::Pensieve { dir } => {
            let groups = pensieve::check(dir).map_err(ScenarioError::new)?;
            print(&pensieve_table(&groups))?;
            verdict(groups.iter().all(pensieve::Group::holds))
        }
    }
}

fn verdict(holds: bool) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(Failure::Unmet("abrsim: too many sessions differ".to_owned())),
    }
}

fn sabre_table(groups: &[sabre::Group]) -> String {
    let columns = [
        Column::words("algorithm"),
        Column::numbers("buffer"),
        Column::words("abandons"),
        Column::numbers("sessions"),
        Column::numbers("equal"),
        Column::words("worst of the others"),
    ];
    let row = |group: &sabre::Group| {
        let worst = group.worst.as_ref();
        vec![
            group.algorithm.clone(),
            format!("{} s", group.buffer),
            if group.abandonment { "yes" } else { "no" }.to_owned(),
            group.sessions.to_string(),
            group.equal.to_string(),
            worst.map_or(String::new(), |(off, metric, _)| format!("{metric} {off:.1e}")),
        ]
    };
    grid(&columns, &groups.iter().map(row).collect::<Vec<_>>(), 0)
}

fn pensieve_table(groups: &[pensieve::Group]) -> String {
    let columns = [
        Column::words("baseline, ours"),
        Column::numbers("sessions"),
        Column::numbers("equal"),
        Column::numbers("alike"),
        Column::numbers("QoE, ours"),
        Column::numbers("smooth, ours"),
    ];
    let row = |group: &pensieve::Group| {
        let sessions = group.sessions as f64;
        let (theirs, ours) = &group.algorithm;
        let (decisions, alike) = group.decisions;
        let smooth = |count: usize| count as f64 / sessions;
        vec![
            format!("{theirs}, {ours}"),
            group.sessions.to_string(),
            group.equal.to_string(),
            format!("{:.1} %", 100.0 * alike as f64 / decisions.max(1) as f64),
            format!("{:.4}, {:.4}", group.qoe.0 / sessions, group.qoe.1 / sessions),
            format!("{:.3}, {:.3}", smooth(group.smooth.0), smooth(group.smooth.1)),
        ]
    };
    let notes = "\n\
        equal   every bitrate is the same, and QoE within 1e-6\n\
        alike   decisions that are the same\n\
        smooth  share of sessions that never wait after the first segment\n";
    grid(&columns, &groups.iter().map(row).collect::<Vec<_>>(), 0) + notes
}
