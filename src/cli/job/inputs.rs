//! Which photos there are, and the file of each figurine.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{has_ending, same_file};
use crate::base::file;
use crate::cli::flags::Make;
use crate::export::Format;
use crate::pipeline::job::{Item, Usage};

/// Endings of the picture files that are taken from a folder.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// One item a picture, in the folder that the output names.
pub(super) fn into_folder(flags: &Make) -> Result<Vec<Item>> {
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
    let mut taken = HashSet::new();
    let mut items = Vec::new();
    for Found { path, below } in photos(flags)? {
        let name = path.file_stem().unwrap_or_default().to_owned();
        // Two photos of one name, from two folders or of two formats, must not share a file.
        let number = (1..)
            .find(|n| taken.insert((below.clone(), name.clone(), *n)))
            .unwrap_or(1);
        let mut file = name;
        if number > 1 {
            file.push(format!("-{number}"));
        }
        file.push(format!(".{}", flags.format));
        items.push(Item {
            input: Some(path),
            output: folder.join(below).join(file),
        });
    }
    // After the names are given: every machine must give the same ones.
    if let Some(shard) = flags.shard {
        let mine = |(place, item)| (place % shard.count == shard.index).then_some(item);
        items = items.into_iter().enumerate().filter_map(mine).collect();
    }
    Ok(items)
}

/// A photo, and the folder that it lay in below the one that was given.
struct Found {
    path: PathBuf,
    below: PathBuf,
}

/// The inputs and those of the list, each folder replaced by the pictures in it, in the order of their
/// names.
fn photos(flags: &Make) -> Result<Vec<Found>> {
    let listed = flags.list.as_deref().map(read_list).transpose()?;
    let mut found = Vec::new();
    for path in flags
        .inputs
        .iter()
        .cloned()
        .chain(listed.unwrap_or_default())
    {
        let below = PathBuf::new();
        if !path.is_dir() {
            found.push(Found { path, below });
            continue;
        }
        let before = found.len();
        pictures(&path, below, flags, &mut found)?;
        ensure!(
            found.len() > before,
            "{}: there is no picture in this folder (JPEG, PNG, WebP, GIF, BMP or TIFF)",
            path.display()
        );
    }
    ensure!(!found.is_empty(), Usage("the list names no photo".into()));
    Ok(found)
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
    read.with_context(|| format!("{}: the list of photos cannot be read", path.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.map(PathBuf::from).collect())
}

/// The pictures of one folder, and of those in it if that is wanted.
fn pictures(folder: &Path, below: PathBuf, flags: &Make, found: &mut Vec<Found>) -> Result<()> {
    let context = || format!("{}: the folder cannot be read", folder.display());
    let mut inside = Vec::new();
    for entry in folder.read_dir().with_context(context)? {
        inside.push(entry.with_context(context)?);
    }
    inside.sort_by_key(std::fs::DirEntry::file_name);
    for entry in inside {
        let path = entry.path();
        // A link to a folder may lead in a circle; and what was made is not to be made again.
        let folder = entry.file_type().with_context(context)?.is_dir();
        let ours = || {
            [Some(&flags.output), flags.debug_dir.as_ref()]
                .into_iter()
                .flatten()
        };
        if folder && flags.recursive && !ours().any(|made| same_file(&path, made)) {
            pictures(&path, below.join(entry.file_name()), flags, found)?;
        } else if has_ending(&path, &PICTURES) && path.is_file() {
            let below = below.clone();
            found.push(Found { path, below });
        }
    }
    Ok(())
}
