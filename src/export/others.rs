//! Names and files of other programs: what to write instead of a format that is not written, and what gen3d made.

use std::path::{Path, PathBuf};

use super::mark::{self, There};
use super::{Format, ending, names, parts_there};

/// What most likely serves whoever wants a file of this ending, if it is one of another program's.
pub(super) fn instead(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "fbx" | "blend" | "dae" | "max" | "ma" | "mb" | "c4d" | "abc" | "x3d" | "3ds"
        | "unitypackage" | "prefab" | "uasset" => {
            "write .glb, which Blender, Unity, Unreal and Godot import"
        }
        "usd" | "usda" | "usdc" | "reality" => "write .usdz, which is a package of these",
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

/// What writing to a path would replace that gen3d did not make: the file itself, or one beside it; with `split` the
/// files of parts.
pub fn in_the_way(path: &Path, split: bool) -> Option<PathBuf> {
    let strange = |path: &Path| mark::there(path, "", false, false) == There::Foreign;
    if split {
        return parts_there(path).into_iter().find(|part| strange(part));
    }
    if path.symlink_metadata().is_ok() {
        return strange(path).then(|| path.to_path_buf());
    }
    let format = Format::of(path).ok()?;
    let beside: &[&str] = match format {
        Format::Gltf => &["bin", "texture.png"],
        Format::Obj => &["mtl", "texture.png"],
        _ => &[],
    };
    let named = names::beside(format, path);
    let mut beside = beside.iter().map(|ending| named.with_extension(ending));
    beside.find(|path| path.symlink_metadata().is_ok())
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
