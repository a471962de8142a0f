//! What can be wrong with a manifest, and where in it.

use super::{MAX_BITRATE, MAX_DOCUMENT};
use crate::media::Flaw;
use crate::units::{Bitrate, Bytes};

/// Why a manifest cannot be played from.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", clean(format!("{document}{within}: {problem}")))]
pub struct ManifestError {
    /// The URL or path of the document.
    pub document: String,
    /// Where in it: a line or an element after a comma, or nothing.
    pub within: String,
    /// What is wrong.
    pub problem: Box<Problem>,
}

/// A text that a terminal takes for nothing but a text, though it quotes whatever was found.
fn clean(text: String) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// What can be wrong with a manifest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It cannot be had.
    #[error("it cannot be opened: {0}")]
    Unavailable(String),
    /// It is longer than [`MAX_DOCUMENT`].
    #[error("it holds {0}, above the limit of {MAX_DOCUMENT}")]
    TooLarge(Bytes),
    /// There is nothing in it.
    #[error("it is empty; a DASH manifest or an HLS playlist is expected")]
    Empty,
    /// It is something else, such as an error page.
    #[error(
        "it begins with `{0}`; a DASH manifest has <MPD> for its root, and an HLS playlist begins \
         with #EXTM3U"
    )]
    NotAManifest(String),
    /// Its end is missing.
    #[error("it ends before {0}; was it cut short?")]
    Truncated(String),
    /// Its language is broken; the parser's own words.
    #[error("it cannot be read: {0}")]
    Syntax(String),
    /// Something has to be there.
    #[error("{what} is missing; {right}")]
    Missing {
        /// What is.
        what: String,
        /// What would be right.
        right: String,
    },
    /// Something has a value it cannot have.
    #[error("{what} is `{found}`; {right}")]
    Wrong {
        /// What has it.
        what: String,
        /// The value.
        found: String,
        /// What would be right.
        right: String,
    },
    /// It is right, and cannot be read all the same.
    #[error("not supported yet: {0}")]
    NotYet(String),
    /// There is more of something than memory should be spent on.
    #[error("{found} {what} are above the limit of {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Something that cannot be played, and that a player does without.
    #[error("left out: {0}")]
    LeftOut(String),
    /// Something that had to be made up.
    #[error("nothing tells {0}")]
    Untold(String),
    /// Media that is missing, where a player would jump.
    #[error("{0}; the segment before is taken to last until the next")]
    Bridged(String),
    /// Rungs of one track differ in how many segments they have.
    #[error(
        "the rung of {one} has {a} segments and that of {two} has {b}; it is left out, since rungs \
         of a track must be cut alike"
    )]
    UnevenCount {
        /// A rung.
        one: Bitrate,
        /// Another.
        two: Bitrate,
        /// How many the one has.
        a: usize,
        /// How many the other has.
        b: usize,
    },
    /// Rungs of one track differ in where a segment begins.
    #[error(
        "segment {index} begins at {a} on the rung of {one} and at {b} on that of {two}; it is \
         left out, since rungs of a track must be cut alike"
    )]
    Uneven {
        /// A rung.
        one: Bitrate,
        /// Another.
        two: Bitrate,
        /// The first segment that differs, from 0.
        index: usize,
        /// Where it begins on the one.
        a: String,
        /// Where it begins on the other.
        b: String,
    },
    /// No size is known of something the manifest names.
    #[error("it names {0}, which the origin does not hold")]
    UnknownUrl(String),
    /// What it tells makes no track.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

/// The most notes that are kept: who has read so many knows.
const MAX_NOTES: usize = 100;

/// Remembers a note, once, unless there are enough.
pub(in crate::media) fn note(notes: &mut Vec<ManifestError>, note: ManifestError) {
    if notes.len() < MAX_NOTES && !notes.contains(&note) {
        notes.push(note);
    }
}

/// A place in a document, kept at hand to say where a problem is.
#[derive(Clone)]
pub(in crate::media) struct Place<'a> {
    document: &'a str,
    within: String,
}

impl<'a> Place<'a> {
    pub(in crate::media) fn of(document: &'a str) -> Self {
        Self { document, within: String::new() }
    }

    /// A line of the same document, counted from 1.
    pub(in crate::media) fn line(&self, line: usize) -> Self {
        Self { within: format!(", line {line}"), ..*self }
    }

    /// An element within this one, counted from 0.
    pub(in crate::media) fn element(&self, name: &str, index: usize) -> Self {
        let dot = if self.within.is_empty() { ", " } else { "." };
        Self { within: format!("{}{dot}{name}[{index}]", self.within), ..*self }
    }

    pub(in crate::media) fn problem(&self, problem: Problem) -> ManifestError {
        ManifestError {
            document: self.document.into(),
            within: self.within.clone(),
            problem: problem.into(),
        }
    }

    pub(in crate::media) fn missing(&self, what: &str, right: &str) -> ManifestError {
        self.problem(Problem::Missing { what: what.into(), right: right.into() })
    }

    pub(in crate::media) fn wrong(
        &self,
        what: &str,
        found: impl ToString,
        right: &str,
    ) -> ManifestError {
        let found = found.to_string();
        self.problem(Problem::Wrong { what: what.into(), found, right: right.into() })
    }

    pub(in crate::media) fn not_yet(&self, what: impl Into<String>) -> ManifestError {
        self.problem(Problem::NotYet(what.into()))
    }

    pub(in crate::media) fn too_many(
        &self,
        what: &'static str,
        found: usize,
        limit: usize,
    ) -> ManifestError {
        self.problem(Problem::TooMany { what, found, limit })
    }

    /// A bitrate that a rung can have.
    pub(in crate::media) fn bitrate(&self, what: &str, bps: u64) -> Result<Bitrate, ManifestError> {
        match Bitrate::from_bps(bps) {
            rate if !rate.is_zero() && rate <= MAX_BITRATE => Ok(rate),
            _ => Err(self.wrong(what, bps, &format!("from 1 to {MAX_BITRATE} is expected"))),
        }
    }
}
