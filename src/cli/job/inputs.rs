//! Which photos there are, and the file of each figurine.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::{has_ending, same_file};
use crate::base::{file, text};
use crate::cli::flags::Make;
use crate::export::Format;
use crate::pipeline::failure::Failure;
use crate::pipeline::job::{Item, Usage};

/// Endings of the picture files that are taken from a folder.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// Folders that could not be looked into, each with why.
pub type Unread = Vec<(PathBuf, String)>;

/// One item a picture, in the folder that the output names.
pub(super) fn into_folder(flags: &Make) -> Result<(Vec<Item>, Unread)> {
    let folder = &flags.output;
    if !folder.is_dir() && Format::of(folder).is_ok() {
        bail!(Usage(format!(
            "{}: several photos, or a folder of them, need a folder after -o, not one file's name",
            folder.display()
        )));
    }
    Format::of(Path::new(&format!("x.{}", flags.format))).map_err(|_| {
        Usage(format!(
            "{}: the format is one of glb, gltf, obj, 3mf, stl and ply",
            flags.format
        ))
    })?;
    let (found, unread) = photos(flags)?;
    let mut items = placed(found, folder, &flags.format);
    // After the names are given: every machine must give the same ones.
    if let Some(shard) = flags.shard {
        let mine = |(place, item)| (place % shard.count == shard.index).then_some(item);
        items = items.into_iter().enumerate().filter_map(mine).collect();
    }
    Ok((items, unread))
}

/// For each of some photos, or of the pictures in folders, a file of its name in a folder.
///
/// # Errors
/// There is none at all.
pub fn into_files(inputs: &[PathBuf], folder: &Path, ending: &str) -> Result<(Vec<Item>, Unread)> {
    let search = Search {
        recursive: false,
        made: Vec::new(),
    };
    let (found, unread) = search.all(inputs)?;
    Ok((placed(found, folder, ending), unread))
}

/// Files for what was found, each with a name of its own.
fn placed(found: Vec<Found>, folder: &Path, ending: &str) -> Vec<Item> {
    let mut taken = HashSet::new();
    let mut items = Vec::new();
    for Found { path, below } in found {
        let stem = path.file_stem().unwrap_or_default();
        // Two photos of one name, from two folders or of two formats, must not share a file: nor those that a
        // disk takes for one, where the names are written.
        let free = (1..).map(|number| below.join(numbered(stem, number)));
        let file = (free.into_iter()).find(|file| taken.insert(key(file)));
        let mut file = file.unwrap_or_default().into_os_string();
        file.push(format!(".{ending}"));
        items.push(Item {
            input: Some(path),
            output: folder.join(file),
        });
    }
    items
}

fn numbered(stem: &OsStr, number: usize) -> OsString {
    let mut name = stem.to_owned();
    if number > 1 {
        name.push(format!("-{number}"));
    }
    name
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

/// The inputs and those of the list, each folder replaced by the pictures in it, in the order of their
/// names.
fn photos(flags: &Make) -> Result<(Vec<Found>, Unread)> {
    let listed = flags.list.as_deref().map(read_list).transpose()?;
    let mut inputs = flags.inputs.clone();
    inputs.extend(listed.unwrap_or_default());
    // What was made is not to be made again.
    let made = std::iter::once(&flags.output).chain(&flags.debug_dir);
    let search = Search {
        recursive: flags.recursive,
        made: made.cloned().collect(),
    };
    ensure!(!inputs.is_empty(), Usage("the list names no photo".into()));
    search.all(&inputs)
}

/// How folders are looked through.
struct Search {
    /// Whether folders in folders are, too,
    recursive: bool,
    /// but for these.
    made: Vec<PathBuf>,
}

impl Search {
    /// All photos, and what could not be looked into.
    ///
    /// # Errors
    /// There is no photo at all.
    fn all(&self, inputs: &[PathBuf]) -> Result<(Vec<Found>, Unread)> {
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for path in inputs.iter().cloned() {
            let below = PathBuf::new();
            if !path.is_dir() {
                found.push(Found { path, below });
                continue;
            }
            let before = (found.len(), unread.len());
            self.folder(&path, below, &mut found, &mut unread);
            if (found.len(), unread.len()) == before {
                let why = format!(
                    "{}: there is no picture in this folder (JPEG, PNG, WebP, GIF, BMP or TIFF)",
                    path.display()
                );
                unread.push((path, why));
            }
        }
        match unread.first() {
            Some((path, why)) if found.is_empty() => Err(Failure::of_input(path, anyhow!("{why}"))),
            _ => Ok((found, unread)),
        }
    }

    /// The pictures of one folder, and of those in it if that is wanted. What cannot be looked into is told, and
    /// the rest is looked at.
    fn folder(&self, folder: &Path, below: PathBuf, found: &mut Vec<Found>, unread: &mut Unread) {
        let mut refused = |error: std::io::Error| {
            let why = format!("{}: the folder cannot be read: {error}", folder.display());
            unread.push((folder.to_owned(), why));
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
            let path = entry.path();
            // A link to a folder may lead in a circle. What is of no kind is no folder, and fails as a photo.
            let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let made = || self.made.iter().any(|made| same_file(&path, made));
            if folder && self.recursive && !made() {
                self.folder(&path, below.join(entry.file_name()), found, unread);
            } else if has_ending(&path, &PICTURES) && path.is_file() {
                let below = below.clone();
                found.push(Found { path, below });
            }
        }
    }
}

/// The lines of a file, or of standard input for `-`.
fn read_list(path: &Path) -> Result<Vec<PathBuf>> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(Into::into)
    } else {
        // A pipe would be waited for; who has one says `--list -`.
        file::open(path).and_then(|mut file| Ok(file.read_to_string(&mut text)?))
    };
    read.with_context(|| format!("{}: the list of photos cannot be read", path.display()))
        .map_err(|error| Failure::of_input(path, error))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.map(PathBuf::from).collect())
}
