//! Which photos there are, and the file of each figurine.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};

use super::found::{Left, Take, take};
use super::{lists, same_file, typed};
use crate::base::handed;
use crate::base::text::{self, shown};
use crate::cli::flags::Make;
use crate::export::{self, Format};
use crate::photo::kind;
use crate::pipeline::failure::Failure;
use crate::pipeline::job::{Item, Usage};
use crate::slots::Slot;

/// Folders that could not be looked into, each with why.
pub type Unread = Vec<(PathBuf, String)>;

/// Photos, each with a file, and what came up while they were looked for.
pub struct Placed {
    pub items: Vec<Item>,
    pub unread: Unread,
    /// Remarks for people: what was left out, and which names were cut.
    pub notes: Vec<String>,
}

/// One item a picture, in a folder.
pub(super) fn into_folder(flags: &Make, folder: &Path, format: Format) -> Result<Placed> {
    check_folder(folder)?;
    let listed = (flags.list.as_deref()).map(|list| lists::read(list, flags.null));
    let mut inputs = flags.inputs.clone();
    inputs.extend(listed.transpose()?.unwrap_or_default());
    ensure!(!inputs.is_empty(), Usage("the list names no photo".into()));
    // What was made is not to be made again.
    let made = flags.debug_dir.iter().chain(&flags.pictures.preview);
    let search = Search {
        recursive: flags.recursive,
        made: made.cloned().chain([folder.to_owned()]).collect(),
        ..Search::default()
    };
    let mut placed = search.placed(&inputs, folder, format.ending(), flags.split)?;
    // After the names are given: every machine must give the same ones.
    if let Some(shard) = flags.shard {
        let mine = |(place, item)| (place % shard.count == shard.index).then_some(item);
        let items = placed.items.into_iter().enumerate();
        placed.items = items.filter_map(mine).collect();
    }
    Ok(placed)
}

/// All photos that are given, and those in folders and in the list.
pub(super) fn photos(flags: &Make) -> Result<Vec<PathBuf>> {
    let listed = (flags.list.as_deref()).map(|list| lists::read(list, flags.null));
    let mut search = Search {
        recursive: flags.recursive,
        ..Search::default()
    };
    search.all(
        &[
            flags.inputs.clone(),
            listed.transpose()?.unwrap_or_default(),
        ]
        .concat(),
    )?;
    match search.unread.into_iter().next() {
        Some((path, why)) => Err(Failure::of_input(&path, anyhow!("{why}"))),
        None => Ok(search.found.into_iter().map(|found| found.path).collect()),
    }
}

/// For each of some photos, or of the pictures in folders, a file of its name in a folder.
///
/// # Errors
/// There is none at all.
pub fn into_files(inputs: &[PathBuf], folder: &Path, ending: &str) -> Result<Placed> {
    check_folder(folder)?;
    Search::default().placed(inputs, folder, ending, false)
}

/// Whether an output can be a folder's name: one that is there, or ends in a slash, or in nothing as files do.
fn check_folder(folder: &Path) -> Result<()> {
    let name = folder.display();
    ensure!(
        folder.is_dir() || typed::names_folder(folder) || !export::is_file_name(folder),
        Usage(format!(
            "{name}: several photos, or a folder of them, need a folder after -o, not one file's name; for a folder of \
             that very name say {name}/"
        ))
    );
    Ok(())
}

/// The name of a file that is made of `stem`, the `number`th of that name; with `split` its parts have room as well.
pub(super) fn file_name(stem: &OsStr, number: usize, ending: &str, split: bool) -> OsString {
    let number = match number {
        1 => String::new(),
        number => format!("-{number}"),
    };
    let part = Slot::ALL.iter().map(|slot| slot.name().len() + 1).max();
    let part = part.filter(|_| split).unwrap_or_default();
    let tail = number.len() + part + 1 + ending.len();
    let mut name = text::cut(stem, text::LONGEST_NAME - tail);
    name.push(format!("{number}.{ending}"));
    name
}

/// What is to be told where a name is not all of the `stem` that it was made of.
pub(super) fn note_of_cut(stem: &OsStr, file: &Path) -> Option<String> {
    let name = file.file_name()?.as_encoded_bytes();
    let whole = name.starts_with(stem.as_encoded_bytes());
    let note = || {
        format!(
            "{}: the name of the photo is too long for the figurine's files, and is cut",
            shown(file)
        )
    };
    (!whole).then(note)
}

/// What two paths have in common that a disk may take for one; those that are no Unicode are compared as they are.
fn key(path: &Path) -> OsString {
    match path.to_str() {
        Some(text) => text::name_key(text).into(),
        None => path.into(),
    }
}

/// A photo, and the folder that it lay in below the one that was given.
struct Found {
    path: PathBuf,
    below: PathBuf,
}

/// How folders are looked through, and what came of it.
#[derive(Default)]
struct Search {
    /// Whether folders in folders are, too,
    recursive: bool,
    /// but for these.
    made: Vec<PathBuf>,
    found: Vec<Found>,
    unread: Unread,
    /// What was not taken.
    left: Left,
}

impl Search {
    /// All photos, each with a file of its own in a folder.
    ///
    /// # Errors
    /// There is no photo at all.
    fn placed(
        mut self,
        inputs: &[PathBuf],
        folder: &Path,
        ending: &str,
        split: bool,
    ) -> Result<Placed> {
        self.all(inputs)?;
        let mut notes = Vec::from_iter(self.left.note());
        let mut taken = HashSet::new();
        let mut items = Vec::new();
        for Found { path, below } in self.found {
            let stem = match handed::number(&path) {
                Some(0) => "stdin".into(),
                _ => path.file_stem().unwrap_or_default().to_owned(),
            };
            // Two photos of one name, from two folders or of two formats, must not share a file: nor those that a
            // disk takes for one, where the names are written.
            let mut free = (1..).map(|number| below.join(file_name(&stem, number, ending, split)));
            let file = free.find(|file| taken.insert(key(file)));
            let file = file.unwrap_or_default();
            notes.extend(note_of_cut(&stem, &file));
            items.push(Item {
                input: Some(path),
                beside: Vec::new(),
                output: folder.join(file),
            });
        }
        Ok(Placed {
            items,
            unread: self.unread,
            notes,
        })
    }

    /// The inputs, each folder replaced by the pictures in it, in the order of their names.
    ///
    /// # Errors
    /// There is no photo at all.
    fn all(&mut self, inputs: &[PathBuf]) -> Result<()> {
        for path in inputs.iter().cloned() {
            let below = PathBuf::new();
            if !path.is_dir() {
                self.found.push(Found { path, below });
                continue;
            }
            let before = (self.found.len(), self.unread.len());
            self.folder(&path, below);
            if (self.found.len(), self.unread.len()) == before {
                let why = format!(
                    "{}: there is no picture in this folder ({})",
                    path.display(),
                    kind::READ
                );
                self.unread.push((path, why));
            }
        }
        match self.unread.first() {
            Some((path, why)) if self.found.is_empty() => {
                Err(Failure::of_input(path, anyhow!("{why}")))
            }
            _ => Ok(()),
        }
    }

    /// The pictures of one folder, and of those in it if that is wanted. What cannot be looked into is told, and
    /// the rest is looked at.
    fn folder(&mut self, folder: &Path, below: PathBuf) {
        let mut refused = |error: std::io::Error| {
            let why = format!("{}: the folder cannot be read: {error}", folder.display());
            self.unread.push((folder.to_owned(), why));
        };
        let mut inside = Vec::new();
        match folder.read_dir() {
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => inside.push(entry),
                        // What comes after is not known.
                        Err(error) => {
                            refused(error);
                            break;
                        }
                    }
                }
            }
            Err(error) => refused(error),
        }
        inside.sort_by_key(std::fs::DirEntry::file_name);
        for entry in inside {
            // Of these macOS makes one beside each file on a stick, `._photo.jpg`.
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            // A link to a folder may lead in a circle. What is of no kind is no folder, and fails as a photo.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let made = || self.made.iter().any(|made| same_file(&path, made));
                if self.recursive && !made() {
                    self.folder(&path, below.join(entry.file_name()));
                }
                continue;
            }
            match take(&path) {
                Take::Photo => self.found.push(Found {
                    path,
                    below: below.clone(),
                }),
                Take::Not => self.left.add(&path),
                Take::Folder => {}
            }
        }
    }
}
