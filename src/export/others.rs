//! Names and files of other programs: what to write instead of a format that is not written, and what gen3d made.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use super::{Format, ending};

/// The most of a file that is looked at for the program that made it.
const MOST_BYTES: u64 = 64 << 20;

/// What most likely serves whoever wants a file of this ending, if it is one of another program's.
pub(super) fn instead(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "fbx" | "blend" | "dae" | "max" | "ma" | "mb" | "c4d" | "usd" | "usda" | "usdc" | "abc"
        | "x3d" | "3ds" | "unitypackage" | "prefab" | "uasset" | "vrm" => {
            "write .glb, which Blender, Unity, Unreal and Godot import"
        }
        "usdz" | "reality" => {
            "write .glb, and turn it into .usdz with Blender or Apple's Reality Converter"
        }
        "gif" | "webp" | "apng" | "mp4" | "m4v" | "mov" | "webm" | "avi" | "mkv" => {
            "write -o figure.glb, and add --turntable turn.gif (or turn.webp) for a film of it"
        }
        "png" | "jpg" | "jpeg" | "jfif" | "bmp" | "tif" | "tiff" | "heic" | "avif" | "svg"
        | "pdf" => "write -o figure.glb, and add --preview look.png for a picture of it",
        "gcode" | "bgcode" | "amf" | "step" | "stp" | "iges" | "igs" | "f3d" | "scad"
        | "sldprt" | "ctb" | "lys" => "write .3mf or .stl, which slicers and CAD programs open",
        "zip" | "rar" | "7z" => {
            "write -o folder/ with --split for a file a part, and pack that yourself"
        }
        _ => return None,
    })
}

/// Whether a name ends as those of files do, whoever writes them: `two.png` is no folder's name, `trip.2024` and
/// `made.v2` may be.
pub fn is_file_name(path: &Path) -> bool {
    let ending = ending(path);
    let letters = ending.chars().filter(char::is_ascii_alphabetic).count();
    let plain = ending.chars().all(|c| c.is_ascii_alphanumeric());
    plain && ending.len() <= 12 && (letters > 1 || ending == "7z")
}

/// Whether gen3d made the file at a path, as far as the file itself says.
pub fn is_ours(path: &Path) -> bool {
    ours(path).unwrap_or(false)
}

fn ours(path: &Path) -> Option<bool> {
    let mut bytes = Vec::new();
    let file = crate::base::file::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let begins = |text: &str| bytes.starts_with(text.as_bytes());
    Some(match Format::of(path).ok()? {
        Format::Glb => {
            let length = u32::from_le_bytes(*bytes.get(12..)?.first_chunk()?);
            let json = bytes.get(20..)?.get(..length as usize)?;
            begins("glTF") && generated(json)?
        }
        Format::Gltf => generated(&bytes)?,
        Format::Obj => begins("# gen3d "),
        Format::Stl => begins("gen3d, "),
        Format::Ply => {
            let comment = b"\ncomment gen3d ";
            let head = bytes.get(..bytes.len().min(200))?;
            begins("ply\n") && head.windows(comment.len()).any(|at| at == comment)
        }
        Format::ThreeMf => {
            let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
            let model = zip.by_name("3D/3dmodel.model").ok()?;
            let mut head = Vec::new();
            model.take(4096).read_to_end(&mut head).ok()?;
            String::from_utf8_lossy(&head).contains("name=\"Application\">gen3d ")
        }
    })
}

fn generated(json: &[u8]) -> Option<bool> {
    let json: serde_json::Value = serde_json::from_slice(json).ok()?;
    Some(json["asset"]["generator"].as_str()?.starts_with("gen3d "))
}

/// What writing to a path would replace that gen3d did not make: the file itself, or one beside it; with `split` the
/// files of parts.
pub fn in_the_way(path: &Path, split: bool) -> Option<PathBuf> {
    let there = |path: &Path| path.symlink_metadata().is_ok();
    if split {
        let parts = super::parts_there(path);
        return parts.into_iter().find(|part| !is_ours(part));
    }
    if there(path) {
        return (!is_ours(path)).then(|| path.to_path_buf());
    }
    let beside: &[&str] = match Format::of(path).ok()? {
        Format::Gltf => &["bin", "texture.png"],
        Format::Obj => &["mtl", "texture.png"],
        _ => &[],
    };
    let mut beside = beside.iter().map(|ending| path.with_extension(ending));
    beside.find(|path| there(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_files_ending_is_no_folders() {
        for name in [
            "two.png", "a.MP4", "b.fbx", "c.glb", "d.usdz", "e.7z", "f.docx",
        ] {
            assert!(is_file_name(Path::new(name)), "{name}");
        }
        for name in [
            "made",
            "made.v2",
            "trip.2024",
            "2024.06.01",
            ".hidden",
            "mr. t",
        ] {
            assert!(!is_file_name(Path::new(name)), "{name}");
        }
    }
}
