//! What is kept of a chunk: whose it is, the digests of its rows, and what its viewers amount to.
//!
//! The idea to hold: there is no time, host or attempt in it, so whoever simulates a chunk writes
//! the same, and who writes something else is found out.

use serde::{Deserialize, Serialize};

use super::super::tally::Tally;

/// Rows that were written.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Data {
    /// Lines.
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// SHA-256 in hexadecimal.
    pub(super) sha256: String,
}

/// A chunk that is done.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Commit {
    /// What names the plan: its SHA-256.
    pub(super) plan: String,
    pub(super) chunk: u64,
    /// Of viewers.
    pub(super) sessions: Data,
    /// Of requests.
    pub(super) requests: Data,
    pub(super) tally: Tally,
}

impl Commit {
    /// What it is called.
    pub(super) fn name(chunk: u64) -> String {
        format!("{}/{chunk:06}.json", super::COMMIT)
    }

    /// What stands under the name of a chunk of a plan, or how it is not that.
    pub(super) fn read(json: Option<Vec<u8>>, chunk: u64, plan: &str) -> Result<Self, String> {
        let json = json.ok_or("it is gone")?;
        let told = |error: serde_json::Error| format!("it was cut short or edited: {error}");
        let commit: Self = serde_json::from_slice(&json).map_err(told)?;
        match commit {
            Self { plan: ref own, .. } if own != plan => {
                Err(format!("it is of the plan {own}, not of {plan}"))
            }
            Self { chunk: own, .. } if own != chunk => Err(format!("it is of chunk {own}")),
            Self { .. } => Ok(commit),
        }
    }

    /// What its rows of viewers are called, in a folder of the store.
    pub(super) fn sessions(folder: &str, chunk: u64) -> String {
        format!("{folder}/{chunk:06}.csv")
    }

    /// And its rows of requests.
    pub(super) fn requests(folder: &str, chunk: u64) -> String {
        format!("{folder}/{chunk:06}.requests.csv")
    }
}
