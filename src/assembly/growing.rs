//! A figure while it is told, solid by solid.

use glam::Vec3;

use super::Primitive;
use super::shapes::Shape;
use crate::geometry::bvh::Tree;

/// Solids that are no farther apart touch, model units: 98.7 % of those of `training/data/creatures` touch one that was
/// told before.
const NEAR: f32 = 0.03;

/// The solids that were told so far.
#[derive(Default)]
pub struct Growing(Vec<(Vec<Vec3>, Tree)>);

impl Growing {
    /// Adds a solid of finite numbers, as many as its kind has.
    pub fn put(&mut self, primitive: &Primitive) {
        self.0.push(solid(primitive));
    }

    /// Whether a solid of finite numbers, as many as its kind has, touches one of these, or is the first one.
    pub fn touches(&self, primitive: &Primitive) -> bool {
        let new = solid(primitive);
        self.0.is_empty() || (self.0.iter()).any(|there| meet(there, &new) || meet(&new, there))
    }
}

fn solid(primitive: &Primitive) -> (Vec<Vec3>, Tree) {
    let shape = Shape::of(primitive);
    let tree = Tree::of(shape.corners().into_iter());
    (shape.vertices, tree)
}

/// Whether a corner of one is in or next to another.
fn meet((corners, _): &(Vec<Vec3>, Tree), (_, other): &(Vec<Vec3>, Tree)) -> bool {
    let next_to = |&point: &Vec3| {
        let apart = other.apart(point);
        let inside = || apart == 0.0 && other.holds(point);
        apart < NEAR && (other.distance(point, NEAR) < NEAR || inside())
    };
    corners.iter().any(next_to)
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Primitive};
    use super::*;

    #[test]
    fn solids_touch_that_meet_hold_one_another_or_are_next_to_each_other() {
        let ball = |x: f32, radius: f32| Primitive {
            kind: Kind::Lump,
            part: 0,
            mirrored: false,
            numbers: [
                &[x, 0.0, 0.0, 0.0, 0.0, 0.0][..],
                &[radius.ln(); 3],
                &[1.0, 1.0, 0.0, 0.5],
            ]
            .concat(),
            colours: [[0.5; 3]; 2],
        };
        let mut figure = Growing::default();
        assert!(figure.touches(&ball(0.0, 0.3)), "the first one");
        figure.put(&ball(0.0, 0.3));
        for (x, radius, touches) in [
            (0.1, 0.05, true),
            (0.1, 0.9, true),
            (0.5, 0.25, true),
            (0.5, 0.18, true),
            (0.5, 0.1, false),
        ] {
            let told = figure.touches(&ball(x, radius));
            assert_eq!(told, touches, "a ball of {radius} at {x}");
        }
    }
}
