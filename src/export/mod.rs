//! Writes figurines: one trait, a file a format; written aside, then renamed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use image::RgbImage;

use crate::mesh::Figurine;

pub(crate) mod aside;
mod gltf;
mod obj;
mod ply;
mod print;
pub(crate) mod scene;

pub use aside::check;
pub use scene::{Scene, ScenePart};

/// A format: a scene becomes the bytes of one or more files.
pub trait Exporter {
    /// The files, the one that the user named first. `stem` is its name without extension, by
    /// which it refers to the others.
    ///
    /// # Errors
    /// What the format cannot hold.
    fn encode(&self, scene: &Scene, stem: &str) -> Result<Vec<Encoded>>;
}

/// A file's content, and the extension that it has.
pub struct Encoded {
    pub extension: &'static str,
    pub bytes: Vec<u8>,
}

/// The file formats, by extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.glb`
    Glb,
    /// `.gltf` with a `.bin` beside it
    Gltf,
    /// `.obj` with a `.mtl` beside it
    Obj,
    /// `.3mf`, millimetres, for slicers
    ThreeMf,
    /// `.stl`, millimetres, without names and colours
    Stl,
    /// `.ply`, one mesh with colours
    Ply,
}

impl Format {
    /// The format that `path`'s extension means.
    ///
    /// # Errors
    /// An extension that is missing or unknown; the message lists the known ones.
    pub fn of(path: &Path) -> Result<Self> {
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "glb" => Ok(Self::Glb),
            "gltf" => Ok(Self::Gltf),
            "obj" => Ok(Self::Obj),
            "3mf" => Ok(Self::ThreeMf),
            "stl" => Ok(Self::Stl),
            "ply" => Ok(Self::Ply),
            _ => bail!(
                "{}: the output's name must end in .glb, .gltf, .obj, .3mf, .stl or .ply",
                path.display()
            ),
        }
    }

    fn exporter(self) -> &'static dyn Exporter {
        match self {
            Self::Glb => &gltf::Glb,
            Self::Gltf => &gltf::Gltf,
            Self::Obj => &obj::Obj,
            Self::ThreeMf => &print::ThreeMf,
            Self::Stl => &print::Stl,
            Self::Ply => &ply::Ply,
        }
    }
}

/// How [`write()`] writes.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Height of the whole figurine, metres.
    pub height: f32,
    /// Replace what is there already.
    pub replace: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            height: 0.1,
            replace: true,
        }
    }
}

/// Writes `figurine` in the format of `path`'s extension and returns every file written, `path`
/// first. On an error nothing is left behind and what was there is untouched.
///
/// # Errors
/// Unknown extension, no parts, a height that is not positive, an existing file that may not be
/// replaced, and what the file system says, each with the path.
pub fn write(path: &Path, figurine: &Figurine, options: &ExportOptions) -> Result<Vec<PathBuf>> {
    let format = Format::of(path)?;
    let cannot = || format!("{} cannot be written", path.display());
    let scene = Scene::of(figurine, options.height).with_context(cannot)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let encoded = format
        .exporter()
        .encode(&scene, &stem)
        .with_context(cannot)?;
    let files: Vec<(PathBuf, Vec<u8>)> = (encoded.into_iter().enumerate())
        .map(|(i, file)| {
            (
                if i == 0 {
                    path.into()
                } else {
                    path.with_extension(file.extension)
                },
                file.bytes,
            )
        })
        .collect();
    aside::write_all(&files, options.replace)?;
    Ok(files.into_iter().map(|f| f.0).collect())
}

/// Writes a picture as PNG, in the same careful way.
///
/// # Errors
/// As [`write()`], the format aside.
pub fn write_picture(path: &Path, picture: &RgbImage, replace: bool) -> Result<()> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let encoded = picture.write_to(&mut bytes, image::ImageFormat::Png);
    encoded.with_context(|| format!("{} cannot be encoded as PNG", path.display()))?;
    aside::write_all(&[(path.into(), bytes.into_inner())], replace)
}
