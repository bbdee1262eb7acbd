//! From a field to closed, coloured part meshes.
//!
//! Model frame everywhere in this module: right-handed, +Y up, the figure faces +Z, lengths in
//! units of the model's box `[-1, 1]^3`. Colours are sRGB in `0..=1`. [`crate::export`] alone knows
//! metres and linear colour.

mod border;
pub mod detail;
pub mod joints;
mod lattice;
pub mod normals;
pub mod parts;
pub mod photo;
pub mod preview;
pub mod print;
mod raster;
pub mod simplify;
pub mod solid;
pub mod style;
pub mod surface;
pub mod texture;
pub(crate) mod tree;

use std::ops::Deref;

use glam::Vec3;

/// A triangle mesh with one position, normal and colour a vertex.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    pub positions: Vec<Vec3>,
    /// Unit length, outward; as many as `positions`.
    pub normals: Vec<Vec3>,
    /// sRGB, `0..=1`; as many as `positions`.
    pub colours: Vec<[f32; 3]>,
    /// Counter-clockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
}

/// One named part of a figurine, in the model frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// A slot name of the model, such as `arm_left`; it becomes the node's name.
    pub name: String,
    pub mesh: Mesh,
}

/// All parts, in the order of the model's slots; slots that the figure lacks are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figurine {
    pub parts: Vec<Part>,
    /// A picture that is wrapped around all parts, in place of the vertices' colours.
    pub texture: Option<texture::Texture>,
}

impl Figurine {
    /// How many triangles all parts have together.
    pub fn triangles(&self) -> usize {
        let parts = self.parts.iter();
        parts.map(|part| part.mesh.triangles.len()).sum()
    }
}

/// A signed distance and a colour at any point of the model frame.
pub trait Field: Sync {
    /// Signed distance at each point, negative inside, exact near the surface only: far away a
    /// truncated value of the right sign will do.
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>>;
    /// The surface's sRGB colour at each point, `0..=1`.
    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>>;
    /// A box that encloses the part: nothing is inside the field beyond it.
    fn bounds(&self) -> (Vec3, Vec3);
}

/// What points to a field, by reference or in a box, is one.
impl<P: Deref<Target: Field> + Sync> Field for P {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        (**self).distance(points)
    }
    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        (**self).colour(points)
    }
    fn bounds(&self) -> (Vec3, Vec3) {
        (**self).bounds()
    }
}

/// The lowest and the highest corner of some points' box.
pub(crate) fn extent(points: impl IntoIterator<Item = Vec3>) -> (Vec3, Vec3) {
    let none = (Vec3::MAX, Vec3::MIN);
    (points.into_iter()).fold(none, |(low, high), p| (low.min(p), high.max(p)))
}
