//! The names of an output's files.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Format;
use crate::base::atomic_file;
use crate::base::text::{LONGEST_NAME, cut, name_in_a_line};

/// The path that the files beside an output are named after, by their endings: its own, but where the format has
/// to name them in a line.
pub(super) fn beside(format: Format, path: &Path) -> PathBuf {
    match (format, path.file_name()) {
        (Format::Obj, Some(name)) => path.with_file_name(name_in_a_line(name)),
        _ => path.to_owned(),
    }
}

/// Where a part goes if each has a file; the `longest` of their names has room.
pub(super) fn path_of_part(path: &Path, part: &str, longest: usize) -> PathBuf {
    let (stem, ending) = (path.file_stem(), path.extension());
    let (stem, ending) = (stem.unwrap_or_default(), ending.unwrap_or_default());
    let room = LONGEST_NAME.saturating_sub(longest + ending.len() + 2);
    let mut name = cut(stem, room);
    name.push(format!(".{part}."));
    name.push(ending);
    path.with_file_name(name)
}

/// Whether a file of an output has all of its name in its own; names of parts may be cut.
pub fn is_named_after(file: &Path, output: &Path) -> bool {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_owned();
    let (file, output) = (name(file), name(output));
    (file.as_encoded_bytes()).starts_with(output.as_encoded_bytes())
}

/// Whether a file is the picture of colours of a figurine that is there, too, by its name.
pub fn is_texture(path: &Path) -> bool {
    let stem = path.file_name().and_then(|name| name.to_str());
    let stem = stem.and_then(|name| name.strip_suffix(".texture.png"));
    stem.is_some_and(|stem| {
        ["gltf", "obj"]
            .iter()
            .any(|ending| path.with_file_name(format!("{stem}.{ending}")).is_file())
    })
}

/// What a part's material is called in a file of this stem: programs that keep the materials of all files in one folder
/// must not take one figurine's head for another's.
pub(super) fn material(stem: &OsStr, part: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let stem: String = stem.to_string_lossy().chars().map(plain).collect();
    // A part in a file of its own has its name in the file's.
    match stem
        .strip_suffix(part)
        .is_some_and(|rest| rest.ends_with('_'))
    {
        true => stem,
        false => format!("{stem}_{part}"),
    }
}

/// The files of parts that are there for `path`, written by an earlier run.
pub fn parts_there(path: &Path) -> Vec<PathBuf> {
    let is_part = |name: &[u8]| {
        let plain = |c: &u8| c.is_ascii_alphanumeric() || b"_-".contains(c);
        let (stem, ending) = (path.file_stem()?, path.extension()?);
        let name = (name.strip_prefix(stem.as_encoded_bytes())?).strip_prefix(b".")?;
        let part = (name.strip_suffix(ending.as_encoded_bytes())?).strip_suffix(b".")?;
        (!part.is_empty() && part.iter().all(plain)).then_some(())
    };
    let entries = atomic_file::folder(path)
        .read_dir()
        .into_iter()
        .flatten()
        .flatten();
    entries
        .map(|entry| entry.file_name())
        .filter(|name| is_part(name.as_encoded_bytes()).is_some())
        .map(|name| path.with_file_name(name))
        .collect()
}
