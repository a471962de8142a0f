//! `abrsim trace`: bandwidth over time.
//!
//! The idea to hold: whatever is made here is a file that a scenario's `[network]` can name.

mod generate;
mod parameters;

use clap::Subcommand;

use super::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    #[command(after_help = generate::AFTER)]
    Generate(generate::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Generate(args) => generate::run(args),
    }
}
