//! A part that is made of primitives, as a field.

use anyhow::Result;
use glam::Vec3;
use rayon::prelude::*;

use super::Primitive;
use super::shapes::Shape;
use crate::geometry::bvh::Tree;
use crate::geometry::{Field, box_around, extent};

/// Farther away than this a distance is not measured, model units.
const FAR: f32 = 0.12;
/// What was made later lies on what was made before: it lends its colour to all that is so near to it, model units. Eyes
/// are thinner than a grid's cell.
const ON_TOP: f32 = 0.006;
/// The share of a primitive's length over which its colours change.
const SOFT: f32 = 0.15;

/// What primitives fill together, in the colours of the last one at each place.
pub struct Assembled {
    solids: Vec<Solid>,
    bounds: (Vec3, Vec3),
}

struct Solid {
    tree: Tree,
    corners: Vec<[Vec3; 3]>,
    /// Of each triangle's corners, from 0 to 1.
    along: Vec<[f32; 3]>,
    bounds: (Vec3, Vec3),
    colours: [Vec3; 2],
    /// Where along it the one colour becomes the other.
    change: f32,
}

impl Solid {
    fn of(primitive: &Primitive) -> Self {
        let Shape {
            vertices,
            along,
            triangles,
        } = Shape::of(primitive);
        let corners: Vec<[Vec3; 3]> = (triangles.iter())
            .map(|t| t.map(|v| vertices[v as usize]))
            .collect();
        let colour = |rgb: [f32; 3]| Vec3::from(rgb).clamp(Vec3::ZERO, Vec3::ONE);
        Self {
            tree: Tree::of(corners.iter().copied()),
            corners,
            along: (triangles.iter())
                .map(|t| t.map(|v| along[v as usize]))
                .collect(),
            bounds: extent(vertices),
            colours: primitive.colours.map(colour),
            change: primitive.numbers[primitive.numbers.len() - 1],
        }
    }

    /// How far a point is from the box.
    fn apart(&self, point: Vec3) -> f32 {
        let (low, high) = self.bounds;
        (low - point).max(point - high).max(Vec3::ZERO).length()
    }

    /// Signed distance if it is less than `limit`.
    fn distance(&self, point: Vec3, limit: f32) -> f32 {
        if self.apart(point) >= limit {
            return limit;
        }
        let inside = self.apart(point) == 0.0 && self.holds(point);
        let far = self.tree.distance(point, if inside { FAR } else { limit });
        if inside { -far } else { far }
    }

    /// Whether it goes around the point, a bend that runs through itself included.
    fn holds(&self, point: Vec3) -> bool {
        let odd = Vec3::new(0.531_7, 0.291_3, 0.795_5); // meets no edge of what is made along the axes
        let hits = self.tree.hits(point, odd);
        let turn = |leaving: bool| if leaving { 1 } else { -1 };
        hits.iter().map(|hit| turn(hit.leaving)).sum::<i32>() > 0
    }

    /// The colour of its surface next to a point.
    fn colour(&self, point: Vec3) -> Vec3 {
        let [first, second] = self.colours;
        if first == second {
            return first;
        }
        let along = match self.tree.closest(point, f32::MAX) {
            Some((_, triangle, on)) => {
                let weights = weights(on, self.corners[triangle]);
                Vec3::from(self.along[triangle]).dot(weights)
            }
            None => 0.5,
        };
        let share = ((along - self.change) / SOFT + 0.5).clamp(0.0, 1.0);
        first.lerp(second, share)
    }
}

/// How near a point of a triangle is to each of its corners; these sum to 1.
fn weights(p: Vec3, [a, b, c]: [Vec3; 3]) -> Vec3 {
    let area = |a: Vec3, b: Vec3| (a - p).cross(b - p).length();
    let areas = Vec3::new(area(b, c), area(c, a), area(a, b));
    let all = areas.element_sum();
    if all > 0.0 {
        areas / all
    } else {
        Vec3::splat(1.0 / 3.0)
    }
}

impl Assembled {
    /// Of at least one primitive, each as many finite numbers as its kind has.
    pub(super) fn new(primitives: &[Primitive]) -> Self {
        let solids: Vec<Solid> = primitives.par_iter().map(Solid::of).collect();
        Self {
            bounds: box_around(solids.iter().map(|solid| solid.bounds)),
            solids,
        }
    }
}

impl Field for Assembled {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let distance = |&point: &Vec3| {
            let nearer =
                |least: f32, solid: &Solid| least.min(solid.distance(point, least.max(0.0)));
            self.solids.iter().fold(FAR, nearer)
        };
        Ok(points.par_iter().map(distance).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        let colour = |&point: &Vec3| {
            let far: Vec<f32> = (self.solids.iter())
                .map(|solid| solid.distance(point, f32::MAX.min(FAR)))
                .collect();
            let least = far.iter().copied().fold(f32::MAX, f32::min);
            let last = far.iter().rposition(|&far| far <= least + ON_TOP);
            last.map_or([0.5; 3], |last| self.solids[last].colour(point).into())
        };
        Ok(points.par_iter().map(colour).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.bounds
    }
}
