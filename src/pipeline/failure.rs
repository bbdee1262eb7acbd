//! What kind of failure it was, for who reads JSON.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use serde::Serialize;

use super::job::Usage;
use crate::base::progress::Cancelled;

/// Kinds of failure, by what can be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The command line makes no sense, whatever the files hold.
    Usage,
    /// A file or a folder that was named cannot be read, or nothing can be made of it or of the words; others can.
    Input,
    /// Something cannot be written where it was asked for.
    Output,
    /// Nothing could be begun or gone on with: the weights, the device, the memory, the system.
    Run,
    /// Somebody stopped the run.
    Stopped,
    /// A fault of the program.
    Fault,
}

/// An error of which the kind is known where it happens.
#[derive(Debug)]
pub struct Failure {
    pub kind: Kind,
    /// The file or the folder.
    pub input: Option<PathBuf>,
    error: Error,
}

impl Failure {
    /// It is about this file or folder.
    pub fn of_input(path: &Path, error: Error) -> Error {
        let input = Some(path.to_owned());
        Self::wrap(Kind::Input, input, error)
    }

    /// Nothing can be made of the words.
    pub fn of_words(error: Error) -> Error {
        Self::wrap(Kind::Input, None, error)
    }

    /// Something cannot be written.
    pub fn of_output(error: Error) -> Error {
        Self::wrap(Kind::Output, None, error)
    }

    fn wrap(kind: Kind, input: Option<PathBuf>, error: Error) -> Error {
        match Kind::of(&error) {
            // It says more about itself already.
            Some(_) => error,
            None => Self { kind, input, error }.into(),
        }
    }

    /// What the error says about itself.
    pub fn find(error: &Error) -> Option<&Self> {
        error.downcast_ref()
    }
}

impl Kind {
    /// That of an error that says so.
    pub fn of(error: &Error) -> Option<Self> {
        match Failure::find(error) {
            Some(failure) => Some(failure.kind),
            None if error.is::<Usage>() => Some(Self::Usage),
            None if error.is::<Cancelled>() => Some(Self::Stopped),
            None => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl std::error::Error for Failure {}

/// A result whose error is of what is written.
pub(super) trait Writes<T> {
    /// Says so.
    fn written(self) -> Result<T>;
}

impl<T> Writes<T> for Result<T> {
    fn written(self) -> Result<T> {
        self.map_err(Failure::of_output)
    }
}
