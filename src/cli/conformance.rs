//! `abrsim conformance`: other simulators' sessions, run again and compared.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, print};
use crate::conformance::sabre;
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
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Sabre { dir } => {
            let groups = sabre::check(dir).map_err(ScenarioError::new)?;
            print(&sabre_table(&groups))?;
            match groups.iter().all(sabre::Group::holds) {
                true => Ok(()),
                false => Err(Failure::Output("too many sessions differ".to_owned())),
            }
        }
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
