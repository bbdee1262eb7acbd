//! A figurine as files show it: metres, standing on the origin, with names that every tool takes.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::ValueEnum;
use glam::{Vec2, Vec3};

use super::ExportOptions;
use crate::figure::joints::{exploded_shifts, joints};
use crate::figure::rig::{Bone, Influences};
use crate::geometry::{Figurine, Mesh};
use crate::slots::Slot;

/// What the formats write.
#[derive(Clone)]
pub struct Scene {
    /// In the figurine's order; names are unique.
    pub parts: Vec<ScenePart>,
    /// How lengths and directions are written, where the format leaves it open.
    pub frame: Frame,
    /// The lowest and highest corner of the whole figurine, also in a scene of one of its parts.
    pub extent: (Vec3, Vec3),
    /// Shown instead of the vertices' colours, by formats that can.
    pub texture: Option<Arc<Png>>,
    /// Whether a slicer is to move each part by itself.
    pub apart: bool,
    /// Whether faces may have four sides.
    pub quads: bool,
    /// What each file tells of its making.
    pub made_with: Option<String>,
    /// Its skeleton, for formats that have any; empty without one.
    pub bones: Vec<Bone>,
    /// Who made it, for formats that tell.
    pub author: Option<String>,
}

/// A picture as a file.
#[derive(Debug)]
pub struct Png {
    pub bytes: Vec<u8>,
    /// Of the file beside the figurine's; empty where it goes into that.
    pub name: OsString,
}

/// Which axis points up; the figure faces +Z then, or -Y.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Up {
    /// The figure faces +Z
    Y,
    /// The figure faces -Y
    Z,
}

/// What a file's 1 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    #[value(name = "mm")]
    Millimetre,
    #[value(name = "cm")]
    Centimetre,
    #[value(name = "m")]
    Metre,
    #[value(name = "in")]
    Inch,
}

/// How a file's numbers relate to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub up: Up,
    pub unit: Unit,
}

impl Frame {
    /// The scene's own.
    pub const METRES: Self = Self {
        up: Up::Y,
        unit: Unit::Metre,
    };
    /// Printers'.
    pub const PRINT: Self = Self {
        up: Up::Z,
        unit: Unit::Millimetre,
    };

    /// A direction of the scene in the file.
    pub(super) fn turn(self, v: Vec3) -> Vec3 {
        match self.up {
            Up::Y => v,
            Up::Z => Vec3::new(v.x, -v.z, v.y),
        }
    }

    /// A point of the scene in the file.
    pub(super) fn place(self, p: Vec3) -> Vec3 {
        self.turn(p) * (1000.0 / self.unit.millimetres())
    }

    /// A direction of the file with +Z up.
    pub(crate) fn upright(self, v: Vec3) -> Vec3 {
        match self.up {
            Up::Y => Vec3::new(v.x, -v.z, v.y),
            Up::Z => v,
        }
    }
}

impl Unit {
    pub(crate) fn millimetres(self) -> f32 {
        match self {
            Self::Millimetre => 1.0,
            Self::Centimetre => 10.0,
            Self::Metre => 1000.0,
            Self::Inch => 25.4,
        }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Millimetre => "millimetres",
            Unit::Centimetre => "centimetres",
            Unit::Metre => "metres",
            Unit::Inch => "inches",
        };
        write!(f, "{unit}, +{:?} up", self.up)
    }
}

/// A part in metres, +Y up, facing +Z.
#[derive(Clone)]
pub struct ScenePart {
    /// Of `a-z`, `0-9`, `_` and `-`.
    pub name: String,
    /// Closed by its indices; the colours are sRGB.
    pub mesh: Mesh,
    /// Where the corners of its triangles lie in the texture, `0..=1` from the left and from the top;
    /// empty without one.
    pub corners: Vec<[Vec2; 3]>,
    /// The filament of each of its triangles, from 0; empty without any.
    pub paint: Vec<u8>,
    /// The bones that each of its vertices follows; empty without a skeleton.
    pub skin: Vec<Influences>,
    /// Where it is turned: its joint.
    pub pivot: Vec3,
    /// The part that it goes with, by its place in the scene.
    pub parent: Option<usize>,
}

impl Scene {
    /// Scales `figurine` to the options' height, or by their scale, pushes its parts apart if that is
    /// wanted, and puts the middle of its base's bottom (without a base: of its own) on the origin.
    ///
    /// # Errors
    /// No parts, a part without triangles, a height that is not a positive number, and filaments or a rig of another
    /// figurine.
    pub fn of(figurine: &Figurine, options: &ExportOptions) -> Result<Self> {
        let &ExportOptions { height, scale, .. } = options;
        let sound = |size: f32| size.is_finite() && size > 0.0;
        if !(sound(height) && scale.is_none_or(sound)) {
            bail!("a height of {height} m cannot be made; it must be above 0");
        }
        if let Some(part) = figurine.parts.iter().find(|p| p.mesh.triangles.is_empty()) {
            bail!("the part `{}` has no triangles", part.name);
        }
        options.check(figurine)?;
        let Some((low, high)) = extent(figurine.parts.iter().map(|p| &p.mesh)) else {
            bail!("the figurine has no parts, so there is nothing to write");
        };
        let tall = high.y - low.y;
        if !(tall.is_finite() && tall > 0.0) {
            bail!("the figurine is flat, so it has no height to scale");
        }
        let scale = scale.unwrap_or(height / tall);
        let joints = joints(figurine);
        let shifts = exploded_shifts(figurine, &joints, options.explode);
        let shifted = figurine.parts.iter().zip(&shifts);
        let mut parts: Vec<ScenePart> = Vec::new();
        for (i, ((part, &shift), joint)) in shifted.zip(&joints).enumerate() {
            let mut mesh = part.mesh.clone();
            mesh.positions.iter_mut().for_each(|p| *p += shift);
            let name = unique(plain_name(&part.name), &parts);
            parts.push(ScenePart {
                name,
                mesh,
                corners: (figurine.texture.as_ref())
                    .map_or(Vec::new(), |texture| texture.corners[i].clone()),
                paint: (options.filaments.as_ref())
                    .map_or(Vec::new(), |filaments| filaments.paint[i].clone()),
                skin: (options.rig.as_ref()).map_or(Vec::new(), |rig| rig.skins[i].clone()),
                pivot: joint.place + shift,
                parent: joint.on.filter(|_| joint.follows),
            });
        }
        let (low, high) = extent(parts.iter().map(|p| &p.mesh)).unwrap_or((low, high));
        let base = (parts.iter())
            .filter(|p| Slot::Base.is(&p.name))
            .map(|p| &p.mesh);
        let (left, right) = extent(base).unwrap_or((low, high));
        let middle = (left + right) / 2.0;
        let origin = Vec3::new(middle.x, low.y, middle.z);
        // Multiples of a power of two, far below what any printer shows: so pivots can be taken off and
        // added again without a bit lost, and neighbours keep the same points.
        let grid = (scale * tall).log2().floor().exp2() * 2f32.powi(-22);
        let place = |p: Vec3| ((p - origin) * (scale / grid)).round() * grid;
        for part in &mut parts {
            part.mesh.positions.iter_mut().for_each(|p| *p = place(*p));
            part.pivot = place(part.pivot);
        }
        let mut bones = (options.rig.as_ref()).map_or(Vec::new(), |rig| rig.bones.clone());
        for bone in &mut bones {
            (bone.place, bone.tip) = (place(bone.place), place(bone.tip));
        }
        Ok(Self {
            parts,
            bones,
            author: options.author.clone(),
            frame: Frame::METRES,
            extent: (place(low), place(high)),
            texture: None,
            apart: options.apart(),
            quads: options.quads,
            made_with: None,
        })
    }

    /// A scene for each part, all in the same place as in the whole.
    pub(super) fn split(self) -> impl Iterator<Item = Self> {
        let whole = Self {
            parts: Vec::new(),
            ..self
        };
        self.parts.into_iter().map(move |part| Self {
            parts: vec![ScenePart {
                parent: None,
                ..part
            }],
            ..whole.clone()
        })
    }
}

impl Scene {
    /// Where a point lies on a printer's plate: the whole figurine is in the positive octant.
    pub(super) fn plate(&self) -> impl Fn(Vec3) -> Vec3 + use<> {
        let (frame, (low, high)) = (self.frame, self.extent);
        let corner = frame.place(low).min(frame.place(high));
        move |p| frame.place(p) - corner
    }
}

/// The lowest and highest corner of all vertices.
pub(super) fn extent<'a>(meshes: impl Iterator<Item = &'a Mesh>) -> Option<(Vec3, Vec3)> {
    let points = meshes.flat_map(|m| m.positions.iter().copied());
    points.fold(None, |found: Option<(Vec3, Vec3)>, p| match found {
        Some((low, high)) => Some((low.min(p), high.max(p))),
        None => Some((p, p)),
    })
}

fn plain_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).collect();
    if name.is_empty() { "part".into() } else { name }
}

fn unique(name: String, taken: &[ScenePart]) -> String {
    let free = |n: &String| taken.iter().all(|p| p.name != *n);
    let numbered = (2..).map(|i| format!("{name}_{i}"));
    std::iter::once(name.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or(name)
}
