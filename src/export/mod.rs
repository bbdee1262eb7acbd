//! Writes figurines: one trait, a file a format; written aside, then renamed.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use image::RgbImage;

use crate::base::atomic_file;
use crate::geometry::Figurine;
use crate::surface::union;

pub use crate::base::atomic_file::check;
pub use crate::figure::print::filaments::{Filament, Filaments};
pub use crate::figure::rig::Rig;
pub use animation::{Animation, animation};
pub use mark::{There, there};
pub use names::{is_named_after, is_texture, parts_there};
pub use others::{in_the_way, is_file_name};
pub use page::{Begin, write_page};
pub use quads::count_quads;
pub use scene::{Frame, Png, Scene, ScenePart, Unit, Up};

mod animation;
mod gltf;
mod mark;
mod names;
mod obj;
mod others;
mod page;
mod ply;
mod quads;
pub(crate) mod scene;
mod stl;
mod threemf;
mod usdz;
mod vrm;

/// Edges sharper than this are shown as edges, degrees.
const CREASE: f32 = 50.0;

/// A format: a scene becomes the bytes of one or more files.
pub trait Exporter {
    /// The files, the one that the user named first. `stem` is its name without extension, by
    /// which it refers to the others.
    ///
    /// # Errors
    /// What the format cannot hold.
    fn encode(&self, scene: &Scene, stem: &OsStr) -> Result<Vec<Encoded>>;
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
    /// `.stl`, millimetres, in one piece without names and colours
    Stl,
    /// `.ply`, one mesh with colours, standing on the ground as scanners see it: Z up
    Ply,
    /// `.vrm`, a person to be moved
    Vrm,
    /// `.usdz`, everything in one file
    Usdz,
}

/// What a file's name ends in after its last dot, in small letters; empty where it has no such ending.
pub(crate) fn ending(path: &Path) -> String {
    let ending = path.extension().and_then(|e| e.to_str());
    ending.unwrap_or_default().to_ascii_lowercase()
}

impl Format {
    /// The format that `path`'s extension means.
    ///
    /// # Errors
    /// An extension that is missing or unknown; the message lists the known ones.
    pub fn of(path: &Path) -> Result<Self> {
        match &*ending(path) {
            "glb" => Ok(Self::Glb),
            "gltf" => Ok(Self::Gltf),
            "obj" => Ok(Self::Obj),
            "3mf" => Ok(Self::ThreeMf),
            "stl" => Ok(Self::Stl),
            "ply" => Ok(Self::Ply),
            "vrm" => Ok(Self::Vrm),
            "usdz" => Ok(Self::Usdz),
            other => {
                let instead = others::instead(other);
                let instead = instead
                    .map_or_else(String::new, |what| format!("; instead of .{other} {what}"));
                bail!(
                    "{}: the output's name must end in .glb, .gltf, .vrm, .obj, .3mf, .stl, .ply or .usdz{instead}",
                    path.display()
                )
            }
        }
    }

    /// How the format's numbers relate to the world: its own way, or as asked for where it leaves that open.
    ///
    /// # Errors
    /// A unit or an axis that the format does not have.
    pub fn frame(self, up: Option<Up>, unit: Option<Unit>) -> Result<Frame> {
        let own = match self {
            Self::ThreeMf | Self::Stl => Frame::PRINT,
            // Programs show its numbers as they are, and in most of them Z is up.
            Self::Ply => Frame {
                up: Up::Z,
                ..Frame::METRES
            },
            Self::Glb | Self::Gltf | Self::Vrm | Self::Obj | Self::Usdz => Frame::METRES,
        };
        let frame = Frame {
            up: up.unwrap_or(own.up),
            unit: unit.unwrap_or(own.unit),
        };
        let open = matches!(self, Self::Obj | Self::Stl | Self::Ply);
        if !open && frame != own {
            bail!("this format is always in {own}; .obj, .stl and .ply leave it open");
        }
        Ok(frame)
    }

    /// The file beside `path` that a texture is in; nothing where it is in the same file.
    ///
    /// # Errors
    /// A format without textures.
    pub fn texture(self, path: &Path) -> Result<Option<PathBuf>> {
        match self {
            Self::Glb | Self::Vrm | Self::Usdz => Ok(None),
            Self::Gltf | Self::Obj => Ok(Some(
                names::beside(self, path).with_extension("texture.png"),
            )),
            Self::ThreeMf | Self::Stl | Self::Ply => bail!(
                "{}: this format shows no texture; .glb, .gltf, .vrm, .obj and .usdz do",
                path.display()
            ),
        }
    }

    /// Whether its faces may have four sides.
    pub fn has_quads(self) -> bool {
        matches!(self, Self::Obj | Self::Ply)
    }

    /// Whether it shows textures.
    pub fn has_texture(self) -> bool {
        matches!(
            self,
            Self::Glb | Self::Gltf | Self::Vrm | Self::Obj | Self::Usdz
        )
    }

    /// Whether it has skeletons.
    pub fn has_skeleton(self) -> bool {
        matches!(self, Self::Glb | Self::Gltf | Self::Vrm)
    }

    /// How names of its files end, after the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Glb => "glb",
            Self::Gltf => "gltf",
            Self::Obj => "obj",
            Self::ThreeMf => "3mf",
            Self::Stl => "stl",
            Self::Ply => "ply",
            Self::Vrm => "vrm",
            Self::Usdz => "usdz",
        }
    }

    fn exporter(self) -> &'static dyn Exporter {
        match self {
            Self::Glb => &gltf::Glb,
            Self::Gltf => &gltf::Gltf,
            Self::Obj => &obj::Obj,
            Self::ThreeMf => &threemf::ThreeMf,
            Self::Stl => &stl::Stl,
            Self::Ply => &ply::Ply,
            Self::Vrm => &vrm::Vrm,
            Self::Usdz => &usdz::Usdz,
        }
    }
}

/// How [`write()`](crate::write()) writes.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Height of the whole figurine, metres.
    pub height: f32,
    /// Metres a unit of the model frame, instead of the height.
    pub scale: Option<f32>,
    /// How far the parts are pushed apart, in heights of the figurine; each keeps its size.
    pub explode: f32,
    /// Replace what is there already.
    pub replace: bool,
    /// A file for each part, named after it: `figure.head.stl` for `figure.stl`.
    pub split: bool,
    /// The parts are printed apart and put together: what goes to a slicer keeps each by itself.
    pub kit: bool,
    /// Which axis is up; the format's own when absent.
    pub up: Option<Up>,
    /// The unit of length; the format's own when absent.
    pub unit: Option<Unit>,
    /// Painted in these, of this very figurine; for 3MF, others leave it out.
    pub filaments: Option<Arc<Filaments>>,
    /// Whether two triangles that are halves of one face are written as that; in OBJ and PLY.
    pub quads: bool,
    /// A hash of what it is made with, to be told by the files: see `there` in this module.
    pub made_with: Option<String>,
    /// The skeleton of this very figurine; for glTF and VRM, others leave it out.
    pub rig: Option<Arc<Rig>>,
    /// Who made it; for VRM, others leave it out.
    pub author: Option<String>,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            height: 0.1,
            scale: None,
            explode: 0.0,
            replace: true,
            split: false,
            kit: false,
            up: None,
            unit: None,
            filaments: None,
            quads: false,
            made_with: None,
            rig: None,
            author: None,
        }
    }
}

impl ExportOptions {
    /// Whether the parts are apart, or are to be.
    fn apart(&self) -> bool {
        self.kit || self.explode > 0.0
    }

    /// Whether they are about this figurine.
    fn check(&self, figurine: &Figurine) -> Result<()> {
        if let Some(filaments) = &self.filaments {
            let painted = filaments.paint.iter().map(Vec::len);
            let triangles = figurine.parts.iter().map(|p| p.mesh.triangles.len());
            ensure!(
                painted.eq(triangles),
                "the filaments are of another figurine"
            );
        }
        if let Some(rig) = &self.rig {
            let skinned = rig.skins.iter().map(Vec::len);
            let vertices = figurine.parts.iter().map(|p| p.mesh.positions.len());
            ensure!(skinned.eq(vertices), "the rig is of another figurine");
            ensure!(
                self.explode == 0.0,
                "a figurine whose parts are pushed apart has no skeleton"
            );
        }
        Ok(())
    }
}

/// Writes `figurine` in the format of `path`'s extension and returns every file written, `path`
/// first unless a part has a file each. On an error nothing is left behind and what was there is
/// untouched.
///
/// # Errors
/// Unknown extension, no parts, a height that is not positive, a frame that the format does not have,
/// an existing file that may not be replaced, and what the file system says, each with the path.
pub fn write(path: &Path, figurine: &Figurine, options: &ExportOptions) -> Result<Vec<PathBuf>> {
    let files = encoded(path, figurine, options)?;
    atomic_file::write_all(&files, options.replace)?;
    Ok(files.into_iter().map(|f| f.0).collect())
}

/// Writes `figurine` to standard output, in a format of one file.
///
/// # Errors
/// As [`write()`], or standard output takes no more.
pub fn write_out(format: Format, figurine: &Figurine, options: &ExportOptions) -> Result<()> {
    let name = Path::new("figurine").with_extension(format.ending());
    for (_, bytes) in encoded(&name, figurine, options)? {
        let mut out = std::io::stdout().lock();
        (out.write_all(&bytes).and_then(|()| out.flush()))
            .context("the figurine cannot be written to standard output")?;
    }
    Ok(())
}

/// The files of a figurine, `path` first unless a part has a file each.
fn encoded(
    path: &Path,
    figurine: &Figurine,
    options: &ExportOptions,
) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let format = Format::of(path)?;
    let cannot = || format!("{} cannot be written", path.display());
    // The walls between parts would be there twice, and nothing in the file would say why.
    let one = format == Format::Stl && !options.split && !options.apart();
    let whole = one.then(|| union::unite(figurine));
    let figurine = whole.as_ref().unwrap_or(figurine);
    let mut scene = Scene::of(figurine, options).with_context(cannot)?;
    scene.frame = format
        .frame(options.up, options.unit)
        .with_context(cannot)?;
    let files = options.split.then_some(scene.parts.len());
    scene.made_with = (options.made_with.as_ref()).map(|hash| mark::of(hash, files));
    let beside = format.texture(path).unwrap_or_default();
    if let (Some(texture), Ok(_)) = (&figurine.texture, format.texture(path)) {
        let name = beside.as_deref().and_then(Path::file_name);
        scene.texture = Some(Arc::new(Png {
            bytes: picture(&texture.picture).with_context(cannot)?,
            name: name.unwrap_or_default().to_owned(),
        }));
    }
    let mut files = Vec::new();
    let mut encode = |path: PathBuf, scene: &Scene| -> Result<()> {
        let names = names::beside(format, &path);
        let stem = names.file_stem().unwrap_or_default();
        let encoded = format.exporter().encode(scene, stem);
        for (i, file) in encoded.with_context(cannot)?.into_iter().enumerate() {
            let main = i == 0;
            let beside = || names.with_extension(file.extension);
            let path = if main { path.clone() } else { beside() };
            files.push((path, file.bytes));
        }
        Ok(())
    };
    if options.split {
        let longest = (scene.parts.iter())
            .map(|part| part.name.len())
            .max()
            .unwrap_or(0);
        for scene in scene.clone().split() {
            encode(
                names::path_of_part(path, &scene.parts[0].name, longest),
                &scene,
            )?;
        }
    } else {
        encode(path.into(), &scene)?;
    }
    // Parts in files of their own share it.
    if let (Some(path), Some(texture)) = (beside, scene.texture) {
        files.push((path, texture.bytes.clone()));
    }
    Ok(files)
}

/// Writes a picture as PNG, in the same careful way.
///
/// # Errors
/// As [`write()`], the format aside.
pub fn write_picture(path: &Path, picture: &RgbImage, replace: bool) -> Result<()> {
    let bytes = self::picture(picture)
        .with_context(|| format!("{} cannot be encoded as PNG", path.display()))?;
    atomic_file::write_all(&[(path.into(), bytes)], replace)
}

/// The bytes of a PNG file.
pub(crate) fn picture(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}
