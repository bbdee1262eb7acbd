//! What goes round: of a shirt's stripes, a belt or a harness a photo shows the front, and the figure's other side
//! has them, too. A white belly or a picture on the chest it has not: these differ much from what is expected behind,
//! over a wide stretch, and a belt only along a line. A beard in about the coat's colours cannot be told from a pattern.

use crate::slots::Slot;
use glam::Vec3;

use super::spread::means;
use super::{Mesh, Painter};

/// How far from what is expected a stretch of the surface may be and still count much, sRGB `0..=1`: without such a
/// limit beards and white bellies come out on backs (`training/NOTEBOOK.md`, "The colours of what a photo shows").
const LIKE: f32 = 0.25;
/// Rounds of averaging, each one edge farther, that make a stretch of a point.
const STRETCH: usize = 15;

impl Painter {
    /// What the first photo shows of a part in front of a point: on the way to the camera, as if
    /// the part were of glass. It counts 1 where the part is what the photo shows there, else 0.
    pub(super) fn through(&self, part: usize, p: Vec3, normal: Vec3) -> (Vec3, f32) {
        let look = &self.photos[0];
        let worn = Slot::of(&self.names[part]).is_some_and(Slot::has_patterns);
        if !worn || !look.registration.alike || !look.tells[part] {
            return (Vec3::ZERO, 0.0);
        }
        let normal = self.faced(part, p, normal);
        let p = self.unmoved(part, p);
        let at = look.registration.camera.project(p);
        let front = look.registration.view.at(at).map(|(_, front)| front);
        if front != Some(part) || !look.layers.extent.holds(at) {
            return (Vec3::ZERO, 0.0);
        }
        // Lit as its counterpart in front, which faces the camera as much as this faces away.
        let towards = look.registration.camera.towards();
        let counterpart = normal - 2.0 * normal.dot(towards).min(0.0) * towards;
        (look.colour(part, p) * look.shade.gain(counterpart), 1.0)
    }
}

/// How much what is seen through a part counts at each vertex, `0..=1`: by how near it is, over a stretch of the
/// surface, to the colours that are expected there, and less towards where nothing is seen through it.
pub(super) fn weights(mesh: &Mesh, expected: &[Vec3], through: &[(Vec3, f32)]) -> Vec<f32> {
    let differences = (expected.iter().zip(through)).map(|(e, (t, known))| (*t - *e) * *known);
    let mut sums: Vec<Vec3> = differences.collect();
    let mut known: Vec<f32> = through.iter().map(|t| t.1).collect();
    for _ in 0..STRETCH {
        sums = means(mesh, &sums);
        known = means(mesh, &known);
    }
    (sums.iter().zip(&known).zip(through))
        .map(|((&sum, &known), (_, here))| {
            let off = sum.length() / known.max(f32::MIN_POSITIVE);
            let inside = (2.0 * known - 1.0).clamp(0.0, 1.0);
            here * inside * (-0.5 * (off / LIKE).powi(2)).exp()
        })
        .collect()
}
