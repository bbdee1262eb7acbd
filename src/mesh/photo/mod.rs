//! The photo's own colours on the parts that it shows.
//!
//! The model knows roughly what colour a part has; the photo knows exactly, where it shows it. The
//! image encoder says of each cell of the photo which part it shows and where on the figure that is
//! ([`Sight`]). From these follow the camera, a layer of the photo for each part in which only that
//! part's colours occur, and a small shift and stretch that lays the layer on the part. What the photo
//! does not show is taken from the other side of the figure or from the model's own colours, moved as
//! far as the photo moved those beside them.

use glam::{Vec2, Vec3};
use image::RgbaImage;

use super::{Field, Figurine, Mesh, parts::paint};

mod camera;
mod fit;
mod layers;
mod spread;

use camera::Camera;
use fit::Warp;
use layers::Layers;

/// A photo of the figure, and what it shows where.
pub struct Sight {
    /// Square, with the subject framed as the encoder saw it and the rest transparent.
    pub picture: RgbaImage,
    pub cells: Cells,
}

/// What each cell of a square grid on the photo shows.
pub struct Cells {
    /// Cells a side; cell `(x, y)` has the index `y * side + x`.
    pub side: usize,
    /// Where the first cell begins, and the width of all of them, in parts of the picture's side.
    pub start: f32,
    pub span: f32,
    /// The parts that a cell may show.
    pub names: Vec<String>,
    /// Of each cell, how likely it shows nothing or each of the parts: `1 + names` shares that sum to 1.
    pub shares: Vec<Vec<f32>>,
    /// Of each cell, where on the figure that is, in the model frame.
    pub places: Vec<Vec3>,
}

/// How far a point may lie behind the surface that the camera sees, model units, and still be seen.
const BEHIND: f32 = 0.03;
/// What the other side of the figure says of a point counts so much less than what the photo shows.
const MIRRORED: f32 = 0.4;

/// Lays the photo on a figurine.
pub struct Painter {
    camera: Camera,
    layers: Layers,
    /// By the place of the part among the names.
    warps: Vec<Warp>,
    view: fit::View,
    names: Vec<String>,
}

impl Painter {
    /// Finds the camera and how the photo's parts lie on those of `figurine`; nothing where the photo
    /// shows too little of it.
    pub fn new(sight: &Sight, figurine: &Figurine) -> Option<Self> {
        let names = sight.cells.names.clone();
        let layers = Layers::of(sight);
        let parts: Vec<(usize, &Mesh)> = (figurine.parts.iter())
            .filter_map(|part| Some((index(&names, &part.name)?, &part.mesh)))
            .collect();
        let camera = fit::refine(Camera::fit(&sight.cells)?, &layers, &parts);
        let view = fit::View::of(&camera, &parts, layers::SIDE);
        let warps = fit::warps(&view, &layers, names.len());
        Some(Self {
            camera,
            layers,
            warps,
            view,
            names,
        })
    }

    /// Colours a part: the photo where it shows it, elsewhere the colours of `field`, moved as far as
    /// the photo moved their neighbours. `mesh` has its final vertices and normals.
    ///
    /// # Errors
    /// Those of the field.
    pub fn paint(&self, name: &str, mesh: &mut Mesh, field: &dyn Field) -> anyhow::Result<()> {
        paint(mesh, field)?;
        let Some(part) = index(&self.names, name) else {
            return Ok(());
        };
        let seen: Vec<(Vec3, f32)> = (mesh.positions.iter().zip(&mesh.normals))
            .map(|(&p, &n)| self.seen(part, p, n))
            .collect();
        spread::blend(mesh, &seen);
        Ok(())
    }

    /// What the photo shows at a point of a part, and how much that counts, `0..=1`.
    fn seen(&self, part: usize, p: Vec3, normal: Vec3) -> (Vec3, f32) {
        let here = self.facing(normal) * self.shows(part, p);
        if here > 0.05 {
            return (self.colour(part, p), here);
        }
        let Some(twin) = self.twin(part) else {
            return (Vec3::ZERO, 0.0);
        };
        let flip = Vec3::new(-1.0, 1.0, 1.0);
        let (p, normal) = (p * flip, normal * flip);
        // The figure is only about symmetric: what is not near its surface says nothing.
        let there = self.facing(normal) * self.shows(twin, p) * self.touches(p);
        (self.colour(twin, p), MIRRORED * there)
    }

    /// The part on the other side: an arm's is the other arm, a head's the head; held things have none.
    fn twin(&self, part: usize) -> Option<usize> {
        let name = &self.names[part];
        if name.starts_with("item") || name == "back" {
            return None;
        }
        let other = match (name.strip_suffix("_left"), name.strip_suffix("_right")) {
            (Some(stem), _) => format!("{stem}_right"),
            (_, Some(stem)) => format!("{stem}_left"),
            _ => return Some(part),
        };
        index(&self.names, &other)
    }

    fn facing(&self, normal: Vec3) -> f32 {
        let t = ((normal.dot(self.camera.towards()) - 0.05) / 0.35).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    }

    /// Whether nothing hides a point of the part.
    fn shows(&self, part: usize, p: Vec3) -> f32 {
        let known = self.warps[part].trusted;
        let hidden = match self.view.at(self.camera.project(p)) {
            Some((depth, front)) if front != part => depth > self.camera.depth(p) + 0.3 * BEHIND,
            Some((depth, _)) => depth > self.camera.depth(p) + BEHIND,
            None => false,
        };
        f32::from(u8::from(known && !hidden))
    }

    /// Whether a point lies on the surface that the camera sees.
    fn touches(&self, p: Vec3) -> f32 {
        let near = (self.view.at(self.camera.project(p)))
            .is_some_and(|(depth, _)| (depth - self.camera.depth(p)).abs() < 2.0 * BEHIND);
        f32::from(u8::from(near))
    }

    fn colour(&self, part: usize, p: Vec3) -> Vec3 {
        let at: Vec2 = self.warps[part].map.transform_point2(self.camera.project(p));
        self.layers.colour(part, at)
    }
}

/// A part's field with the photo's colours where that shows it.
pub struct Painted<'a> {
    field: &'a dyn Field,
    painter: Option<(&'a Painter, usize)>,
}

impl<'a> Painted<'a> {
    /// Without a painter, or for a part that it does not know, the field as it is.
    pub fn new(name: &str, field: &'a dyn Field, painter: Option<&'a Painter>) -> Self {
        let painter = painter.and_then(|p| Some((p, index(&p.names, name)?)));
        Self { field, painter }
    }
}

impl Field for Painted<'_> {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        self.field.distance(points)
    }

    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        let mut colours = self.field.colour(points)?;
        if let Some((painter, part)) = self.painter {
            for (colour, &p) in colours.iter_mut().zip(points) {
                if painter.shows(part, p) > 0.0 {
                    *colour = painter.colour(part, p).to_array();
                }
            }
        }
        Ok(colours)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.field.bounds()
    }
}

fn index(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name)
}
