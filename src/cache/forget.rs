//! Being rid of what is kept.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use serde::Serialize;

use super::folder::Contents;
use super::{Entry, Folder, Secret};
use crate::base::atomic_file;
use crate::model_library::Library;
use crate::photo::decode;

/// What is to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Forget {
    /// The results that these photos, views and masks took part in; all when empty.
    pub photos: Vec<PathBuf>,
    /// The results that these prompts took part in, likewise.
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
    /// Photos and prompts that took part in nothing that is kept.
    pub unknown: Vec<String>,
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
    let secrets = done.secrets(folder, what);
    if everything {
        done.forget_salt(folder);
    }
    match folder.contents() {
        Ok(contents) => done.forget_results(folder, &contents, what, &secrets),
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

fn chosen(entry: &Entry, what: &Forget, secrets: &[(String, Option<Secret>)]) -> bool {
    let old = what.older_than.is_none_or(|limit| {
        let age = SystemTime::now().duration_since(entry.made);
        age.is_ok_and(|age| age > limit)
    });
    old && (what.is_of_all() || secrets.iter().any(|(_, secret)| made(secret, entry)))
}

/// Whether what the secret is of took part in an entry; without a salt nobody knows.
fn made(secret: &Option<Secret>, entry: &Entry) -> bool {
    (secret.as_ref()).is_some_and(|secret| secret.made(&entry.name, &entry.head))
}

impl Forgotten {
    /// How each photo and prompt is called, and what knows its entries; one that cannot be read is told.
    fn secrets(&mut self, folder: &Folder, what: &Forget) -> Vec<(String, Option<Secret>)> {
        let salt = folder.existing_salt();
        let mut secrets = Vec::new();
        for text in &what.prompts {
            let secret = salt.as_ref().map(|salt| Secret::of_prompt(salt, text));
            match secret.transpose() {
                Ok(secret) => secrets.push((format!("the prompt {text:?}"), secret)),
                Err(error) => (self.remains).push(format!("what was made of {text:?}: {error:#}")),
            }
        }
        for path in &what.photos {
            match decode::read(path) {
                Ok(bytes) => {
                    let secret = salt.as_ref().map(|salt| Secret::new(salt, &bytes));
                    secrets.push((path.display().to_string(), secret));
                }
                Err(error) => (self.remains).push(format!("what was made of {error:#}")),
            }
        }
        secrets
    }

    fn forget_results(
        &mut self,
        folder: &Folder,
        contents: &Contents,
        what: &Forget,
        secrets: &[(String, Option<Secret>)],
    ) {
        self.foreign = contents.foreign;
        let unknown = |secret| !contents.entries.iter().any(|entry| made(secret, entry));
        self.unknown = (secrets.iter())
            .filter(|(_, secret)| unknown(secret))
            .map(|(name, _)| name.clone())
            .collect();
        let all = what.is_of_all() && what.older_than.is_none();
        if !contents.tagged {
            let count = contents.entries.len() + contents.parts.len();
            if count > 0 || contents.salted {
                self.remains.push(format!(
                    "{}: it has no CACHEDIR.TAG of gen3d's, so nothing in it is touched, though {count} results \
                     may be; remove them yourself",
                    folder.path().display()
                ));
            }
            return;
        }
        for entry in contents.entries.iter().filter(|e| chosen(e, what, secrets)) {
            if self.remove_from(folder, &entry.name, entry.bytes) {
                self.results += 1;
            }
        }
        for (part, bytes) in contents.parts.iter().filter(|_| all) {
            if self.remove_from(folder, part, *bytes) {
                self.unfinished += 1;
            }
        }
    }

    fn remove_from(&mut self, folder: &Folder, name: &str, bytes: u64) -> bool {
        self.remove(&folder.path().join(name), bytes, |_| folder.remove(name))
    }

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
            if self.remove(&model.path, model.bytes, |path| fs::remove_file(path)) {
                self.models += 1;
            }
        }
        if !self.dry_run {
            atomic_file::sweep(library.folder());
        }
    }

    /// Removes a file; gives whether it is gone, or would be.
    fn remove(
        &mut self,
        path: &Path,
        bytes: u64,
        remove: impl FnOnce(&Path) -> io::Result<()>,
    ) -> bool {
        let removed = match self.dry_run {
            true => Ok(()),
            false => remove(path),
        };
        match removed {
            Ok(()) => {
                self.bytes += bytes;
                true
            }
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => {
                self.remains.push(format!("{}: {error}", path.display()));
                false
            }
        }
    }

    /// Whether nothing remains against the user's will, and there was something of all that was named.
    pub fn is_clean(&self) -> bool {
        self.remains.is_empty() && self.unknown.is_empty()
    }
}
