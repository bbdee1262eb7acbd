//! Being rid of what is kept.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde::Serialize;

use super::{Entry, Folder, Secret};
use crate::base::atomic_file;
use crate::model_library::Library;
use crate::photo::decode;

/// What is to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Forget {
    /// The results of these photos; of all when empty.
    pub photos: Vec<PathBuf>,
    /// The results of these prompts without a photo, likewise.
    pub prompts: Vec<String>,
    /// Only results that were made longer ago.
    pub older_than: Option<Duration>,
    /// Added weights, to be removed too.
    pub models: Option<Library>,
    /// Only say what would be removed.
    pub dry_run: bool,
}

impl Forget {
    /// Whether it names neither photos nor prompts.
    fn is_of_all(&self) -> bool {
        self.photos.is_empty() && self.prompts.is_empty()
    }
}

/// What is gone, or would be, and what remains against the user's will.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Forgotten {
    /// Whether the salt was destroyed, without which no entry can ever be opened.
    pub salt: bool,
    pub results: usize,
    /// Files that were never finished.
    pub unfinished: usize,
    pub models: usize,
    pub bytes: u64,
    /// What could not be removed, and why.
    pub remains: Vec<String>,
    /// Files in the folder that are not gen3d's.
    pub foreign: usize,
    pub dry_run: bool,
}

/// Forgets: the salt first, for what lingers on a disk is noise without it, then the entries.
///
/// Works beside other processes, which notice that their salt is gone and store nothing under it.
/// What cannot be read or removed is told in [`Forgotten::remains`], and the rest goes on.
pub fn forget(folder: &Folder, what: &Forget) -> Forgotten {
    let mut done = Forgotten {
        dry_run: what.dry_run,
        ..Forgotten::default()
    };
    let everything = what.is_of_all() && what.older_than.is_none();
    let secrets = secrets(folder, what, &mut done.remains);
    if everything {
        done.forget_salt(folder);
    }
    match folder.contents() {
        Ok(contents) => {
            for entry in contents
                .entries
                .iter()
                .filter(|e| chosen(e, what, &secrets))
            {
                if done.remove(&entry.path, entry.bytes) {
                    done.results += 1;
                }
            }
            for part in contents.parts.iter().filter(|_| everything) {
                let bytes = fs::metadata(part).map_or(0, |data| data.len());
                if done.remove(part, bytes) {
                    done.unfinished += 1;
                }
            }
            done.foreign = contents.foreign;
        }
        Err(error) => (done.remains).push(format!("{}: {error:#}", folder.path().display())),
    }
    if let Some(models) = &what.models {
        done.forget_models(models);
    }
    if everything && !what.dry_run {
        folder.remove_if_empty();
    }
    done
}

/// What opens the entries of each photo and prompt; a photo that cannot be read is told.
fn secrets(folder: &Folder, what: &Forget, remains: &mut Vec<String>) -> Vec<Secret> {
    let Some(salt) = folder.existing_salt() else {
        return Vec::new(); // nothing can be opened, so nothing is known of any photo
    };
    let of_prompt = |text: &String| Secret::of_prompt(&salt, text);
    let mut secrets: Vec<Secret> = what.prompts.iter().map(of_prompt).collect();
    for path in &what.photos {
        match decode::read(path) {
            Ok(bytes) => secrets.push(Secret::new(&salt, &bytes)),
            Err(error) => remains.push(format!("what was made of {error:#}")),
        }
    }
    secrets
}

fn chosen(entry: &Entry, what: &Forget, secrets: &[Secret]) -> bool {
    let old = what.older_than.is_none_or(|limit| {
        let age = SystemTime::now().duration_since(entry.made);
        age.is_ok_and(|age| age > limit)
    });
    old && (what.is_of_all() || made_of_one(entry, secrets))
}

fn made_of_one(entry: &Entry, secrets: &[Secret]) -> bool {
    let mut head = Vec::new();
    let read = File::open(&entry.path).and_then(|file| file.take(64).read_to_end(&mut head));
    read.is_ok() && secrets.iter().any(|secret| secret.made(&entry.name, &head))
}

impl Forgotten {
    fn forget_salt(&mut self, folder: &Folder) {
        if self.dry_run {
            self.salt = folder.existing_salt().is_some();
            return;
        }
        match folder.destroy_salt() {
            Ok(was_there) => self.salt = was_there,
            Err(error) => self.remains.push(format!("{error:#}")),
        }
    }

    /// Every added model, and what is left of those whose adding was cut off.
    fn forget_models(&mut self, library: &Library) {
        for model in library.models() {
            if self.remove(&model.path, model.bytes) {
                self.models += 1;
            }
        }
        if !self.dry_run {
            atomic_file::sweep(library.folder());
        }
    }

    /// Removes a file; gives whether it is gone, or would be.
    fn remove(&mut self, path: &Path, bytes: u64) -> bool {
        let removed = if self.dry_run {
            Ok(())
        } else {
            fs::remove_file(path)
        };
        match removed {
            Ok(()) => {
                self.bytes += bytes;
                true
            }
            // Another process was faster.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => {
                self.remains.push(format!("{}: {error}", path.display()));
                false
            }
        }
    }

    /// What remains against the user's will, as an error.
    ///
    /// # Errors
    /// Something remains.
    pub fn check(&self) -> Result<()> {
        if self.remains.is_empty() {
            return Ok(());
        }
        Err(anyhow::anyhow!(self.remains.join("\n  "))).context("this remains:\n  ")
    }
}
