//! A part that is made of primitives, as a field.

use anyhow::Result;
use glam::Vec3;
use rayon::prelude::*;

use super::Primitive;
use super::shapes::Shape;
use crate::geometry::bvh::Tree;
use crate::geometry::{Field, box_around};

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
    /// Of each triangle's corners, from 0 to 1.
    along: Vec<[f32; 3]>,
    colours: [Vec3; 2],
    /// Where along it the one colour becomes the other.
    change: f32,
}

impl Solid {
    fn of(primitive: &Primitive) -> Self {
        let shape = Shape::of(primitive);
        let along = |t: &[u32; 3]| t.map(|v| shape.along[v as usize]);
        let colour = |rgb: [f32; 3]| Vec3::from(rgb).clamp(Vec3::ZERO, Vec3::ONE);
        Self {
            tree: Tree::of(shape.corners().into_iter()),
            along: shape.triangles.iter().map(along).collect(),
            colours: primitive.colours.map(colour),
            change: primitive.numbers[primitive.numbers.len() - 1],
        }
    }

    /// Signed distance if it is less than `limit`, which is not below 0.
    fn distance(&self, point: Vec3, limit: f32) -> f32 {
        let apart = self.tree.apart(point);
        if apart > 0.0 && apart >= limit {
            return limit;
        }
        match apart == 0.0 && self.holds(point) {
            true => -self.tree.distance(point, FAR),
            false => self.tree.distance(point, limit),
        }
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
            Some(found) => {
                let weights = weights(found.on, found.corners);
                Vec3::from(self.along[found.triangle]).dot(weights)
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
            bounds: box_around(solids.iter().map(|solid| solid.tree.bounds())),
            solids,
        }
    }

    /// The solid that is probably the nearest one.
    fn likely(&self, point: Vec3) -> usize {
        let apart = |solid: &Solid| solid.tree.apart(point);
        let nearer = |best: (usize, f32), (i, solid)| match apart(solid) {
            apart if apart < best.1 => (i, apart),
            _ => best,
        };
        (self.solids.iter().enumerate())
            .fold((0, f32::MAX), nearer)
            .0
    }
}

impl Field for Assembled {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let distance = |&point: &Vec3| {
            let nearer =
                |least: f32, solid: &Solid| least.min(solid.distance(point, least.max(0.0)));
            let first = self.solids[self.likely(point)].distance(point, FAR);
            self.solids.iter().fold(first, nearer)
        };
        Ok(points.par_iter().map(distance).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        // On the surface of what all fill together no solid goes around a point: whose surface is near lends its colour.
        let colour = |near: &mut Vec<(f32, usize)>, &point: &Vec3| {
            near.clear();
            let likely = &self.solids[self.likely(point)];
            let mut least = likely.tree.distance(point, f32::MAX);
            for (i, solid) in self.solids.iter().enumerate() {
                let limit = least + ON_TOP + f32::EPSILON;
                if let Some(found) = solid.tree.closest(point, limit) {
                    least = least.min(found.far);
                    near.push((found.far, i));
                }
            }
            let last = near.iter().rfind(|(far, _)| *far <= least + ON_TOP);
            last.map_or([0.5; 3], |&(_, i)| self.solids[i].colour(point).into())
        };
        Ok(points.par_iter().map_init(Vec::new, colour).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.bounds
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    /// A ball about a place.
    fn ball(place: [f32; 3], radius: f32, colours: [[f32; 3]; 2]) -> Primitive {
        let log = radius.ln();
        let mut numbers = vec![0.0; 3];
        numbers[..3].copy_from_slice(&place);
        numbers.extend([0.0, 0.0, 0.0, log, log, log, 1.0, 1.0, 0.0, 0.5]);
        Primitive {
            kind: Kind::Lump,
            part: 0,
            mirrored: false,
            numbers,
            colours,
        }
    }

    const RED: [f32; 3] = [1.0, 0.0, 0.0];
    const BLUE: [f32; 3] = [0.0, 0.0, 1.0];

    #[test]
    fn distances_are_those_of_what_all_fill_together() -> Result<()> {
        let balls = [([0.2, 0.0, 0.0], 0.3), ([-0.2, 0.0, 0.0], 0.25)];
        let of = balls.map(|(place, radius)| ball(place, radius, [RED; 2]));
        let field = Assembled::new(&of);
        let points: Vec<Vec3> = (-60..60)
            .flat_map(|i| {
                [Vec3::X, Vec3::Y, Vec3::new(0.6, 0.5, 0.62)].map(|v| v * (0.01 * i as f32))
            })
            .collect();
        for (point, told) in points.iter().zip(field.distance(&points)?) {
            let far = balls.map(|(place, radius)| point.distance(place.into()) - radius);
            let right = far[0].min(far[1]).clamp(-FAR, FAR);
            let told = told.max(-FAR);
            assert!((told - right).abs() < 0.012, "{point}: {told}, not {right}");
        }
        Ok(())
    }

    #[test]
    fn what_was_made_later_lends_its_colour_where_both_are() -> Result<()> {
        // A thin pupil that hardly leaves the eye.
        let mut pupil = ball([0.0, 0.0, 0.301], 0.08, [BLUE; 2]);
        pupil.numbers[8] = 0.002f32.ln();
        let eye = ball([0.0; 3], 0.3, [RED; 2]);
        let field = Assembled::new(&[eye.clone(), pupil]);
        let colours = field.colour(&[Vec3::new(0.0, 0.01, 0.3), Vec3::new(0.0, 0.3, 0.0)])?;
        assert_eq!(colours, [BLUE, RED]);
        let halves = ball([0.0; 3], 0.3, [RED, BLUE]);
        let field = Assembled::new(&[halves]);
        let colours = field.colour(&[Vec3::new(0.0, -0.28, 0.1), Vec3::new(0.0, 0.28, 0.1)])?;
        assert_eq!(
            colours,
            [RED, BLUE],
            "from its beginning, which is low, to its end"
        );
        Ok(())
    }
}
