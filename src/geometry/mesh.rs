//! Triangle meshes: of one part, and of all parts of a figurine.

use std::ops::{Add, Mul};
use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbImage;

use crate::base::resample::bilinear;
use crate::base::sets::Sets;

/// A triangle mesh with one position, normal and colour a vertex.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// In the model frame: +Y up, the figure faces +Z, within `-1..=1`.
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
    /// `base`, `legs`, `torso`, `arm_left`, `arm_right`, `head`, `hair`, `item_left`, `item_right` or `back`: the slots
    /// of the model. It becomes the node's name.
    pub name: String,
    /// Closed, and where it touches another part it has the same triangles, turned over.
    pub mesh: Mesh,
}

/// All parts, in the order of the model's slots; slots that the figure lacks are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figurine {
    /// Each name once.
    pub parts: Vec<Part>,
    /// A picture that is wrapped around all parts, in place of the vertices' colours.
    pub texture: Option<Texture>,
}

impl Figurine {
    /// How many triangles all parts have together.
    pub fn triangles(&self) -> usize {
        let parts = self.parts.iter();
        parts.map(|part| part.mesh.triangles.len()).sum()
    }
}

impl Mesh {
    /// Its vertices, those in one set that triangles connect.
    pub(crate) fn connected(&self) -> Sets {
        let mut sets = Sets::new(self.positions.len());
        for &[a, b, c] in &self.triangles {
            sets.join(a as usize, b as usize);
            sets.join(b as usize, c as usize);
        }
        sets
    }
}

/// The box around some boxes, each its lowest and its highest corner; of none, `MAX` and `MIN`.
pub(crate) fn box_around(boxes: impl IntoIterator<Item = (Vec3, Vec3)>) -> (Vec3, Vec3) {
    let none = (Vec3::MAX, Vec3::MIN);
    (boxes.into_iter()).fold(none, |(low, high), (l, h)| (low.min(l), high.max(h)))
}

/// The lowest and the highest corner of some points' box; of none, `MAX` and `MIN`.
pub(crate) fn extent(points: impl IntoIterator<Item = Vec3>) -> (Vec3, Vec3) {
    let none = (Vec3::MAX, Vec3::MIN);
    (points.into_iter()).fold(none, |(low, high), p| (low.min(p), high.max(p)))
}

/// The same in a plane.
pub(crate) fn extent_2d(points: impl IntoIterator<Item = Vec2>) -> (Vec2, Vec2) {
    let none = (Vec2::MAX, Vec2::MIN);
    (points.into_iter()).fold(none, |(low, high), p| (low.min(p), high.max(p)))
}

/// A picture and where it lies on the parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Texture {
    /// Square, sRGB; what no chart covers has the colours of what is near.
    pub picture: Arc<RgbImage>,
    /// By part and triangle, where its corners lie: `0..=1` from the left and from the top. No two
    /// triangles lie on each other.
    pub corners: Vec<Vec<[Vec2; 3]>>,
}

impl Texture {
    /// The sRGB colour at a place, smooth between pixels.
    pub fn at(&self, place: Vec2) -> [f32; 3] {
        let side = self.picture.width() as usize;
        let (pixels, _) = self.picture.as_raw().as_chunks::<3>();
        let pixel = |i: usize| Vec3::from(pixels[i].map(f32::from)) / 255.0;
        bilinear(pixel, side, place * side as f32).to_array()
    }
}

/// A point of a part's surface.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Of the part's mesh, the triangle that it lies in, and how near each of its corners is: these sum to 1.
    pub triangle: u32,
    pub weights: Vec3,
    pub position: Vec3,
    /// Of the smooth surface, unit length.
    pub normal: Vec3,
}

impl Spot {
    pub(crate) fn new(mesh: &Mesh, triangle: u32, weights: Vec3) -> Self {
        let mut spot = Self {
            triangle,
            weights,
            position: Vec3::ZERO,
            normal: Vec3::ZERO,
        };
        spot.position = spot.mix(mesh, &mesh.positions);
        spot.normal = spot.mix(mesh, &mesh.normals).normalize_or(Vec3::Y);
        spot
    }

    /// What is known at the vertices, here.
    pub(crate) fn mix<T>(&self, mesh: &Mesh, values: &[T]) -> T
    where
        T: Copy + Add<Output = T> + Mul<f32, Output = T>,
    {
        let corners = mesh.triangles[self.triangle as usize].map(|v| values[v as usize]);
        corners[0] * self.weights.x + corners[1] * self.weights.y + corners[2] * self.weights.z
    }
}
