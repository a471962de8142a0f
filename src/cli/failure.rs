//! Why a command ends badly, and with which exit code.
//!
//! The idea to hold: whoever calls the program from a script or a scheduler reads the code alone:
//! whether to try again, to go on, or to look at what was asked for.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::complain;
use super::signals::Signal;
use crate::scenario::ScenarioError;
use crate::scenario::study::StudyError;

/// Why a command ends badly.
pub(super) enum Failure {
    /// The disk or the terminal would not have it.
    Output(String),
    /// What was asked for cannot be done.
    Wrong(ScenarioError),
    /// Something is not as it was expected to be.
    Unmet(String),
    /// Some of what is to be put together is not there yet.
    Incomplete(String),
    /// Who was asked did not answer: another time they may.
    Away(String),
    /// Somebody pressed Ctrl-C, or sent SIGTERM.
    Stopped(Signal),
}

impl Failure {
    /// A file or folder could not be written.
    pub(super) fn writing(what: &Path, error: &io::Error) -> Self {
        Self::Output(format!("cannot write {}: {error}", what.display()))
    }

    /// With what else there is to say.
    pub(super) fn and(self, more: &str) -> Self {
        match self {
            Self::Output(error) => Self::Output(format!("{error}\n{more}")),
            failure => failure,
        }
    }

    /// Says what went wrong.
    pub(super) fn end(self) -> ExitCode {
        let code = match &self {
            Self::Output(_) => 1,
            Self::Wrong(_) => 2,
            Self::Unmet(_) => 3,
            Self::Incomplete(_) => 4,
            Self::Away(_) => Signal::Terminate.code(),
            Self::Stopped(signal) => signal.code(),
        };
        match self {
            Self::Output(error) | Self::Incomplete(error) | Self::Away(error) => {
                complain(format_args!("abrsim: {error}"));
            }
            Self::Wrong(error) => complain(format_args!("{:?}", miette::Report::new(error))),
            Self::Unmet(what) => complain(format_args!("{what}")),
            Self::Stopped(_) => {}
        }
        ExitCode::from(code)
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::Wrong(error)
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        match error {
            StudyError::Scenario(error) => Self::Wrong(*error),
            StudyError::Other(..)
            | StudyError::Foreign(_)
            | StudyError::Unplanned(..)
            | StudyError::NoPlan(_)
            | StudyError::NotRead(..)
            | StudyError::Nowhere(..) => Self::Wrong(ScenarioError::new(error)),
            StudyError::Differs(_) | StudyError::Damaged(..) => {
                Self::Unmet(format!("abrsim: {error}"))
            }
            StudyError::Missing(..) => Self::Incomplete(error.to_string()),
            StudyError::Away(..) => Self::Away(error.to_string()),
            StudyError::Disk(..) | StudyError::Unread(..) | StudyError::Rows(_) => {
                Self::Output(error.to_string())
            }
        }
    }
}
