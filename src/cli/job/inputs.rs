//! Which photos there are, and the file of each figurine.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::found::{Left, Take, take};
use super::{lists, same_file, typed};
use crate::base::handed;
use crate::cli::flags::Make;
use crate::export::{self, Format};
use crate::photo::kind;
use crate::pipeline::job::{Item, Usage};
use crate::slots::Slot;

/// One item a picture, in a folder; what was left out is noted.
pub(super) fn into_folder(
    flags: &Make,
    folder: &Path,
    format: Format,
    notes: &mut Vec<String>,
) -> Result<Vec<Item>> {
    check_folder(folder)?;
    let found = photos(flags, folder, notes)?;
    let mut items = placed(found, folder, format.ending(), flags.split, notes);
    // After the names are given: every machine must give the same ones.
    if let Some(shard) = flags.shard {
        let mine = |(place, item)| (place % shard.count == shard.index).then_some(item);
        items = items.into_iter().enumerate().filter_map(mine).collect();
    }
    Ok(items)
}

/// For each of some photos, or of the pictures in folders, a file of its name in a folder.
///
/// # Errors
/// A folder cannot be read, or there is no picture in it.
pub fn into_files(
    inputs: &[PathBuf],
    folder: &Path,
    ending: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<Item>> {
    check_folder(folder)?;
    let mut search = Search {
        recursive: false,
        made: Vec::new(),
        left: Left::default(),
    };
    let found = search.all(inputs)?;
    notes.extend(search.left.note());
    Ok(placed(found, folder, ending, false, notes))
}

/// Whether an output can be a folder's name: one that is there, or ends in a slash, or in nothing as files do.
fn check_folder(folder: &Path) -> Result<()> {
    let shown = folder.display();
    ensure!(
        folder.is_dir() || typed::names_folder(folder) || !export::is_file_name(folder),
        Usage(format!(
            "{shown}: several photos, or a folder of them, need a folder after -o, not one file's name; for a folder of \
             that very name say {shown}/"
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
    let mut name = export::cut(stem, export::LONGEST_NAME - tail);
    name.push(format!("{number}.{ending}"));
    name
}

/// What is to be told where a name is not all of the `stem` that it was made of.
pub(super) fn note_of_cut(stem: &OsStr, file: &Path) -> Option<String> {
    let name = file.file_name()?.as_encoded_bytes();
    let whole = name.starts_with(stem.as_encoded_bytes());
    let note = || {
        let file = file.display();
        format!("{file}: the name of the photo is too long for the figurine's files, and is cut")
    };
    (!whole).then(note)
}

/// Files for what was found, each with a name of its own.
fn placed(
    found: Vec<Found>,
    folder: &Path,
    ending: &str,
    split: bool,
    notes: &mut Vec<String>,
) -> Vec<Item> {
    let mut taken = HashSet::new();
    let mut items = Vec::new();
    for Found { path, below } in found {
        let name = match handed::number(&path) {
            Some(0) => "stdin".into(),
            _ => path.file_stem().unwrap_or_default().to_owned(),
        };
        // Two photos of one name, from two folders or of two formats, must not share a file.
        let file = (1..)
            .map(|number| file_name(&name, number, ending, split))
            .find(|file| taken.insert((below.clone(), file.clone())))
            .unwrap_or_default();
        notes.extend(note_of_cut(&name, Path::new(&file)));
        items.push(Item {
            input: Some(path),
            output: folder.join(below).join(file),
        });
    }
    items
}

/// A photo, and the folder that it lay in below the one that was given.
struct Found {
    path: PathBuf,
    below: PathBuf,
}

/// The inputs and those of the list, each folder replaced by the pictures in it, in the order of their
/// names.
fn photos(flags: &Make, folder: &Path, notes: &mut Vec<String>) -> Result<Vec<Found>> {
    let listed = (flags.list.as_deref()).map(|list| lists::read(list, flags.null));
    let listed = listed.transpose()?;
    let mut inputs = flags.inputs.clone();
    inputs.extend(listed.unwrap_or_default());
    // What was made is not to be made again.
    let made = (flags.debug_dir.iter().chain(&flags.pictures.preview)).map(|path| &**path);
    let made = made.chain([folder]);
    let mut search = Search {
        recursive: flags.recursive,
        made: made.map(Path::to_path_buf).collect(),
        left: Left::default(),
    };
    let found = search.all(&inputs)?;
    notes.extend(search.left.note());
    ensure!(!found.is_empty(), Usage("the list names no photo".into()));
    Ok(found)
}

/// How folders are looked through.
struct Search {
    /// Whether folders in folders are, too,
    recursive: bool,
    /// but for these.
    made: Vec<PathBuf>,
    /// What was not taken.
    left: Left,
}

impl Search {
    fn all(&mut self, inputs: &[PathBuf]) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for path in inputs.iter().cloned() {
            let below = PathBuf::new();
            if !path.is_dir() {
                found.push(Found { path, below });
                continue;
            }
            let before = found.len();
            self.folder(&path, below, &mut found)?;
            ensure!(
                found.len() > before,
                "{}: there is no picture in this folder ({})",
                path.display(),
                kind::READ
            );
        }
        Ok(found)
    }

    /// The pictures of one folder, and of those in it if that is wanted.
    fn folder(&mut self, folder: &Path, below: PathBuf, found: &mut Vec<Found>) -> Result<()> {
        let context = || format!("{}: the folder cannot be read", folder.display());
        let mut inside = Vec::new();
        for entry in folder.read_dir().with_context(context)? {
            inside.push(entry.with_context(context)?);
        }
        inside.sort_by_key(std::fs::DirEntry::file_name);
        for entry in inside {
            // Of these macOS makes one beside each file on a stick, `._photo.jpg`.
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            // A link to a folder may lead in a circle.
            let folder = entry.file_type().with_context(context)?.is_dir();
            if folder {
                let made = || self.made.iter().any(|made| same_file(&path, made));
                if self.recursive && !made() {
                    self.folder(&path, below.join(entry.file_name()), found)?;
                }
                continue;
            }
            match take(&path) {
                Take::Photo => found.push(Found {
                    path,
                    below: below.clone(),
                }),
                Take::Not => self.left.add(&path),
                Take::Folder => {}
            }
        }
        Ok(())
    }
}
