//! What is kept of all chunks, put together: rows one after the other, and what it amounts to.
//!
//! The idea to hold: chunks are taken in by their numbers, each only if it is of this plan and its
//! rows are those that were written, so it does not matter who simulated which, when, or how often.

use std::io::{ErrorKind, Read, Write};

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
        self.is_whole()?;
        self.gather(rows, false)
    }

    /// Finds out whether everything is done.
    ///
    /// # Errors
    /// Where it is not: with the chunks that are missing.
    pub fn is_whole(&self) -> Result<(), StudyError> {
        match self.missing() {
            missing if missing.is_empty() => Ok(()),
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
        // So many commits are asked for at once.
        for chunks in self.chunks.chunks(32) {
            let done = chunks.iter().filter(|chunk| self.done.contains(&chunk.id));
            let mut commits = self.commits(done.map(|chunk| chunk.id).collect())?.into_iter();
            for chunk in chunks {
                let (folder, commit) = match &self.rest {
                    _ if self.done.contains(&chunk.id) => (super::DATA, commits.next()),
                    Some(rest) if rest.chunk == chunk.id => (super::REST, Some(rest.clone())),
                    Some(_) | None => continue,
                };
                let Some(commit) = commit else { continue };
                let sessions = Commit::sessions(folder, chunk.id);
                self.pass_on(&sessions, (chunk.id, &commit.sessions), &mut rows.sessions)?;
                let requests = Commit::requests(folder, chunk.id);
                self.pass_on(&requests, (chunk.id, &commit.requests), &mut rows.requests)?;
                take_in(&self.runs, &mut tallies, chunk, &commit.tally);
            }
        }
        Ok(conclude(self.scenario, tallies, partial))
    }

    /// What was kept of chunks, in their order.
    fn commits(&self, chunks: Vec<u64>) -> Result<Vec<Commit>, StudyError> {
        let names: Vec<_> = chunks.iter().map(|&chunk| Commit::name(chunk)).collect();
        let all = self.store.get_all(&names)?.into_iter();
        let read = |(chunk, json): (u64, Option<Vec<u8>>)| {
            Commit::read(json, chunk, &self.hash).map_err(|how| {
                let path = self.store.path(&Commit::name(chunk));
                StudyError::Damaged(path, how + "; without it, the chunk is simulated again")
            })
        };
        chunks.into_iter().zip(all).map(read).collect()
    }

    /// Copies rows that are what they were.
    fn pass_on(
        &self,
        name: &str,
        (chunk, data): (u64, &Data),
        to: &mut impl Write,
    ) -> Result<(), StudyError> {
        if data.bytes == 0 {
            return Ok(());
        }
        let path = self.store.path(name);
        let damaged = |how: &str| {
            let commit = self.store.path(&Commit::name(chunk));
            let how = format!("{how}; without {}, the chunk is simulated again", commit.display());
            StudyError::Damaged(path.clone(), how)
        };
        let mut from = match self.store.open(name) {
            Err(StudyError::Damaged(_, how)) => return Err(damaged(&how)),
            opened => opened?,
        };
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 18]);
        let (mut bytes, mut rows) = (0, 0);
        loop {
            let read = from.read(&mut buffer);
            let read = read.map_err(|error| match error.kind() {
                ErrorKind::TimedOut => StudyError::Away(path.clone(), error.to_string()),
                _ => StudyError::Unread(path.clone(), error),
            })?;
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
            false => Err(damaged("its rows are not those written")),
        }
    }
}
