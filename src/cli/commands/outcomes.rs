//! What is told of the items of a run as they come and at its end, whatever is made of them.

use std::path::Path;

use anyhow::{Error, Result, anyhow};

use super::summary::Summary;
use super::{FAILED, exit_code};
use crate::cli::job::inputs::Unread;
use crate::cli::json;
use crate::photo::decode::NotRead;
use crate::terminal::out::{self, Printing, tell, tell_lines};

/// Tells failures, and remembers what became of all items.
pub struct Outcomes {
    as_json: bool,
    quiet: bool,
    /// Whether there is more than one item.
    batch: bool,
    code: u8,
    printing: Printing,
    /// Kinds of pictures that are not read, of which it was told what to do.
    kinds: Vec<NotRead>,
    /// What is told at the end.
    pub summary: Summary,
}

impl Outcomes {
    /// Of this many items, of which none is done.
    pub fn new(as_json: bool, quiet: bool, items: usize) -> Self {
        Self {
            as_json,
            quiet,
            batch: items > 1,
            code: 0,
            printing: Printing::default(),
            kinds: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// Folders that could not be looked into.
    pub fn unread(&mut self, unread: &Unread) {
        for (path, why) in unread {
            let name = path.display().to_string();
            self.failed(&name, Some(path), &anyhow!("{why}"));
        }
    }

    /// An item failed. What to do about a kind of picture is told once; the summary has all names.
    pub fn failed(&mut self, name: &str, input: Option<&Path>, error: &Error) {
        self.summary.fail(name, &format!("{error:#}"));
        self.code = self.code.max(exit_code(error));
        let kind = (error.chain()).find_map(|cause| cause.downcast_ref::<NotRead>());
        let again = kind.is_some_and(|kind| self.kinds.contains(kind));
        if self.quiet || !again {
            tell(&format!("gen3d: {error:#}"));
        }
        self.kinds.extend(kind);
        if self.as_json {
            self.printed(out::json(&json::failure(error, input)));
        }
    }

    /// Takes what came of printing something.
    pub fn printed(&mut self, printed: Result<()>) {
        self.printing.heed(printed);
    }

    /// Nothing more comes.
    pub fn end(&self) {
        if self.batch && !self.quiet && !self.summary.is_empty() {
            tell_lines(&format!("gen3d: {}", self.summary));
        }
    }

    /// With what the program ends.
    pub fn code(&self) -> u8 {
        let unseen = if self.printing.failed { FAILED } else { 0 };
        self.code.max(unseen)
    }
}
