//! What a figurine's files tell of their making: by which options and weights, and that they are whole.
//!
//! The mark is a hash, and of a figurine in a file a part how many there are. It is in `asset.extras` of glTF, in the
//! metadata of 3MF, in the last line of OBJ and its materials, in a comment of PLY's header, in STL's and in that of USDZ's layer. Nothing of
//! it tells of the photo.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::{Format, names, usdz};
use crate::base::file;

/// What comes before the mark in texts.
pub(super) const MADE_WITH: &str = "made with ";
/// Bytes of a text, at its beginning or its end, in which that is.
const NEAR: u64 = 4096;
/// More text than any glTF of ours has.
const MOST_TEXT: u64 = 64 << 20;

/// What there is already of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum There {
    Nothing,
    /// All of it, made with the same; the oldest of its files is from then.
    Same(Option<SystemTime>),
    /// All of it, made with something else.
    Other,
    /// Files that are cut off or empty, or not all.
    Incomplete,
    /// Something else of that name.
    Foreign,
}

/// What one file is.
enum State {
    Missing,
    Cut,
    Foreign,
    /// Whole, with its mark; an empty one, if it is of a program that knew none.
    Whole(String),
}

/// The mark of one of `files` files of parts, or of one that has all.
pub(super) fn of(made_with: &str, files: Option<usize>) -> String {
    match files {
        Some(files) => format!("{made_with}/{files}"),
        None => made_with.to_owned(),
    }
}

/// What there is of the output at `path`, if it is to be made with `made_with`; `split` into parts, and with a
/// `texture`.
pub fn there(path: &Path, made_with: &str, split: bool, texture: bool) -> There {
    let Ok(format) = Format::of(path) else {
        return There::Nothing;
    };
    if split {
        return parts(path, format, made_with, texture);
    }
    match state(path, format, texture) {
        State::Missing => There::Nothing,
        State::Cut => There::Incomplete,
        State::Foreign => There::Foreign,
        State::Whole(mark) if mark == made_with => There::Same(modified(path)),
        State::Whole(_) => There::Other,
    }
}

/// The same of a figurine with a file a part.
fn parts(path: &Path, format: Format, made_with: &str, texture: bool) -> There {
    let files = names::parts_there(path);
    let states: Vec<State> = (files.iter())
        .map(|file| state(file, format, false))
        .collect();
    let of_ours = |state: &State| match state {
        State::Whole(mark) => mark
            .strip_prefix(made_with)?
            .strip_prefix('/')?
            .parse()
            .ok(),
        _ => None,
    };
    let ours: Vec<Option<usize>> = states.iter().map(of_ours).collect();
    let count = ours.iter().flatten().count();
    if let Some(&wanted) = ours.iter().flatten().max() {
        let textured = !texture || texture_is_whole(path, format);
        let made = files.iter().zip(&ours).filter(|(_, ours)| ours.is_some());
        return match count == wanted && textured {
            true => There::Same(made.filter_map(|(file, _)| modified(file)).min()),
            false => There::Incomplete,
        };
    }
    let any = |wanted: fn(&State) -> bool| states.iter().any(wanted);
    if any(|state| matches!(state, State::Cut)) {
        There::Incomplete
    } else if any(|state| matches!(state, State::Whole(_))) {
        There::Other
    } else if any(|state| matches!(state, State::Foreign)) {
        There::Foreign
    } else {
        There::Nothing
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|data| data.modified()).ok()
}

/// Looks at a file, and at those beside it.
fn state(path: &Path, format: Format, texture: bool) -> State {
    if path.symlink_metadata().is_err() {
        return State::Missing;
    }
    let looked = file::open(path).ok().and_then(|file| {
        let length = file.metadata().ok()?.len();
        (length == 0)
            .then_some(State::Cut)
            .or_else(|| match format {
                Format::Glb | Format::Vrm => glb(file, length),
                Format::Gltf => gltf(file, path),
                Format::Obj => obj(file, path),
                Format::ThreeMf => threemf(file),
                Format::Stl => stl(file, length),
                Format::Ply => ply(file, length),
                Format::Usdz => usdz(file),
            })
    });
    let textured = || !texture || texture_is_whole(path, format);
    match looked {
        Some(State::Whole(_)) if !textured() => State::Cut,
        Some(state) => state,
        // What cannot be read, or looks like nothing that we make.
        None => State::Foreign,
    }
}

/// Whether the picture beside an output is there to its end.
fn texture_is_whole(path: &Path, format: Format) -> bool {
    match format.texture(path) {
        Ok(Some(picture)) => {
            let end = file::open(&picture).ok().and_then(|file| tail(file, 8));
            end.is_some_and(|end| end.starts_with(b"IEND"))
        }
        _ => true,
    }
}

fn head(file: &mut File, bytes: u64) -> Option<Vec<u8>> {
    let mut begin = Vec::new();
    file.take(bytes).read_to_end(&mut begin).ok()?;
    Some(begin)
}

fn tail(mut file: File, bytes: u64) -> Option<Vec<u8>> {
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))
        .ok()?;
    head(&mut file, bytes)
}

/// Of a document of ours its root.
fn of_document(text: &[u8]) -> Option<Value> {
    let root: Value = serde_json::from_slice(text).ok()?;
    root["asset"]["generator"]
        .as_str()?
        .strip_prefix("gen3d ")?;
    Some(root)
}

fn mark_in(root: &Value) -> State {
    let mark = root["asset"]["extras"]["made_with"].as_str();
    State::Whole(mark.unwrap_or_default().to_owned())
}

fn glb(mut file: File, length: u64) -> Option<State> {
    let begin = head(&mut file, 20)?;
    begin.strip_prefix(b"glTF")?;
    let number = |at: usize| {
        let bytes = begin.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_le_bytes(bytes)))
    };
    let (Some(whole), Some(text)) = (number(8), number(12)) else {
        return Some(State::Cut);
    };
    if whole != length {
        return Some(State::Cut);
    }
    of_document(&head(&mut file, text.min(MOST_TEXT))?).map(|root| mark_in(&root))
}

fn gltf(mut file: File, path: &Path) -> Option<State> {
    let text = head(&mut file, MOST_TEXT)?;
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
    if !whole {
        return text
            .trim_ascii_start()
            .starts_with(b"{")
            .then_some(State::Cut);
    }
    let root = of_document(&text)?;
    let bytes = root["buffers"][0]["byteLength"].as_u64()?;
    let buffer = path.with_extension("bin").metadata().ok();
    match buffer.is_some_and(|data| data.len() == bytes) {
        true => Some(mark_in(&root)),
        false => Some(State::Cut),
    }
}

/// The mark in the last line of a text of ours; nothing where it is cut off.
fn last_line(file: File) -> Option<String> {
    let end = tail(file, NEAR)?;
    let end = std::str::from_utf8(end.strip_suffix(b"\n")?).ok()?;
    let last = end.rsplit('\n').next()?.strip_prefix("# ")?;
    Some(last.strip_prefix(MADE_WITH)?.to_owned())
}

fn obj(mut file: File, path: &Path) -> Option<State> {
    head(&mut file, 8)?.strip_prefix(b"# gen3d ")?;
    let beside = names::beside(Format::Obj, path).with_extension("mtl");
    let materials = file::open(&beside).ok().and_then(last_line);
    match last_line(file) {
        Some(mark) if materials.as_ref() == Some(&mark) => Some(State::Whole(mark)),
        _ => Some(State::Cut),
    }
}

fn stl(mut file: File, length: u64) -> Option<State> {
    let begin = head(&mut file, 84)?;
    begin.strip_prefix(b"gen3d, ")?;
    let Some((header, [a, b, c, d])) = begin.split_at_checked(80) else {
        return Some(State::Cut);
    };
    let count = u32::from_le_bytes([*a, *b, *c, *d]);
    if length != 84 + 50 * u64::from(count) {
        return Some(State::Cut);
    }
    let header = String::from_utf8_lossy(header);
    let mark = header.split("; ").nth(1).unwrap_or_default();
    Some(State::Whole(mark.trim_end().to_owned()))
}

fn ply(mut file: File, length: u64) -> Option<State> {
    const END: &str = "end_header\n";
    let begin = head(&mut file, NEAR)?;
    let begin = String::from_utf8_lossy(&begin);
    begin.lines().nth(2)?.strip_prefix("comment gen3d ")?;
    let Some(end) = begin.find(END) else {
        return Some(State::Cut);
    };
    let comment = begin[..end]
        .lines()
        .find_map(|line| line.strip_prefix("comment made with "));
    let Some((mark, follow)) = comment.and_then(|comment| comment.split_once("; ")) else {
        return Some(State::Whole(String::new()));
    };
    let follow: u64 = follow
        .strip_suffix(" bytes follow the header")?
        .parse()
        .ok()?;
    match length == (end + END.len()) as u64 + follow {
        true => Some(State::Whole(mark.to_owned())),
        false => Some(State::Cut),
    }
}

/// The beginning of a text in a package, or that this is cut off; nothing where it is none.
fn packed(mut file: File, name: &str) -> Option<Result<String, State>> {
    head(&mut file, 4)?.strip_prefix(b"PK\x03\x04")?;
    file.rewind().ok()?;
    // What tells what is in it is at its end.
    let Ok(mut package) = zip::ZipArchive::new(file) else {
        return Some(Err(State::Cut));
    };
    let mut begin = Vec::new();
    let text = package.by_name(name).ok()?;
    text.take(NEAR).read_to_end(&mut begin).ok()?;
    Some(Ok(String::from_utf8_lossy(&begin).into_owned()))
}

fn usdz(file: File) -> Option<State> {
    let begin = match packed(file, usdz::LAYER)? {
        Ok(begin) => begin,
        Err(cut) => return Some(cut),
    };
    begin.find("doc = \"gen3d ")?;
    let mark = begin.split(usdz::MADE_WITH).nth(1);
    let mark = mark.and_then(|rest| rest.split('"').next());
    Some(State::Whole(mark.unwrap_or_default().to_owned()))
}

fn threemf(file: File) -> Option<State> {
    let begin = match packed(file, "3D/3dmodel.model")? {
        Ok(begin) => begin,
        Err(cut) => return Some(cut),
    };
    begin.find("<metadata name=\"Application\">gen3d ")?;
    let mark = begin.split("<metadata name=\"gen3d:MadeWith\">").nth(1);
    let mark = mark.and_then(|rest| rest.split('<').next());
    Some(State::Whole(mark.unwrap_or_default().to_owned()))
}
