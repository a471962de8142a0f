//! What is kept of all chunks, put together: rows one after the other, and what it amounts to.
//!
//! The idea to hold: chunks are taken in by their numbers, each only if it is of this plan and its
//! rows are those that were written, so it does not matter who simulated which, when, or how often.

use std::io::{Read, Write};

use sha2::{Digest, Sha256};

use super::super::Results;
use super::super::run::{Rows, conclude, head, take_in};
use super::Study;
use super::commit::{Commit, Data};
use super::trouble::StudyError;
use crate::fetch::hexadecimal;

impl Study<'_> {
    /// Puts everything together.
    ///
    /// # Errors
    /// Where a chunk is missing, damaged, or of another plan; and of writing rows.
    pub fn merge<S: Write, R: Write>(&self, rows: &mut Rows<S, R>) -> Result<Results, StudyError> {
        match self.missing() {
            missing if missing.is_empty() => self.gather(rows, false),
            missing => Err(StudyError::Missing(missing, self.plan.count())),
        }
    }

    /// Puts together what there is, the chunk included that was under way when it was stopped.
    ///
    /// # Errors
    /// The same, of what there is.
    pub fn merge_partly<S: Write, R: Write>(
        &self,
        rows: &mut Rows<S, R>,
    ) -> Result<Results, StudyError> {
        self.gather(rows, true)
    }

    fn gather<S: Write, R: Write>(
        &self,
        rows: &mut Rows<S, R>,
        partial: bool,
    ) -> Result<Results, StudyError> {
        head(rows)?;
        let mut tallies = Vec::new();
        for chunk in &self.chunks {
            let (folder, commit) = match &self.rest {
                _ if self.done.contains(&chunk.id) => (super::DATA, self.commit(chunk.id)?),
                Some(rest) if rest.chunk == chunk.id => (super::REST, rest.clone()),
                Some(_) | None => continue,
            };
            let sessions = Commit::sessions(folder, chunk.id);
            self.pass_on(&sessions, &commit.sessions, &mut rows.sessions)?;
            let requests = Commit::requests(folder, chunk.id);
            self.pass_on(&requests, &commit.requests, &mut rows.requests)?;
            take_in(&self.runs, &mut tallies, chunk, &commit.tally);
        }
        Ok(conclude(self.scenario, tallies, partial))
    }

    /// What was kept of a chunk.
    fn commit(&self, chunk: u64) -> Result<Commit, StudyError> {
        let name = Commit::name(chunk);
        let damaged = |how: String| StudyError::Damaged(self.store.path(&name), how);
        let json = self.store.get(&name)?.ok_or_else(|| damaged("it is gone".to_owned()))?;
        let commit: Commit = serde_json::from_slice(&json).map_err(|e| damaged(e.to_string()))?;
        match commit {
            Commit { ref plan, .. } if *plan != self.hash => {
                Err(damaged(format!("it is of the plan {plan}, not of {}", self.hash)))
            }
            Commit { chunk: own, .. } if own != chunk => {
                Err(damaged(format!("it is of chunk {own}")))
            }
            Commit { .. } => Ok(commit),
        }
    }

    /// Copies rows that are what they were.
    fn pass_on(&self, name: &str, data: &Data, to: &mut impl Write) -> Result<(), StudyError> {
        if data.bytes == 0 {
            return Ok(());
        }
        let path = self.store.path(name);
        let mut from = self.store.open(name)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 18]);
        let (mut bytes, mut rows) = (0, 0);
        loop {
            let read = from.read(&mut buffer);
            let read = read.map_err(|error| StudyError::Unread(path.clone(), error))?;
            let piece = &buffer[..read];
            if piece.is_empty() {
                break;
            }
            hash.update(piece);
            bytes += read as u64;
            rows += piece.iter().filter(|&&byte| byte == b'\n').count() as u64;
            to.write_all(piece)?;
        }
        let found = Data { rows, bytes, sha256: hexadecimal(&hash.finalize()) };
        match found == *data {
            true => Ok(()),
            false => Err(StudyError::Damaged(path, "its rows are not those written".to_owned())),
        }
    }
}
