//! `abrsim schema`: what editors and checkers want to know of scenario files.

use super::{Failure, print};
use crate::scenario::file::File;

pub(super) fn run() -> Result<(), Failure> {
    let schema = schemars::schema_for!(File);
    let text = serde_json::to_string_pretty(&schema);
    print(&(text.map_err(|error| Failure::Output(error.to_string()))? + "\n"))
}
