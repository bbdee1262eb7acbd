//! The colours that a view shows of the figure that all views make together.

use std::sync::Arc;

use glam::Vec3;

use super::super::paint::{BEHIND, Paint};
use super::super::plane::Plane;
use super::super::{Pose, spot};
use crate::base::numeric::smoothstep;

/// Pixels a side at which it is told what a view sees.
const SIDE: usize = 128;
/// Surfaces turned away so far that the cosine of the angle is below the first are not seen, above the second well.
const FACING: (f32, f32) = (0.15, 0.6);

/// A view's picture, and how deep it sees.
pub(super) struct Lens {
    pose: Pose,
    paint: Arc<Paint>,
    /// Depth of what is foremost, halves of the view's frame.
    foremost: Plane,
}

impl Lens {
    /// `points` are all of the figure's surface in the model frame, and closer together than pixels.
    pub(super) fn new(pose: Pose, paint: Arc<Paint>, points: impl Iterator<Item = Vec3>) -> Self {
        let mut foremost = Plane::new(SIDE, vec![f32::MIN; SIDE * SIDE]);
        for p in points {
            let q = pose.frame(p);
            let at = spot(q) * SIDE as f32;
            if at.cmpge(glam::Vec2::ZERO).all() && at.cmplt(glam::Vec2::splat(SIDE as f32)).all() {
                let pixel = &mut foremost.values_mut()[at.y as usize * SIDE + at.x as usize];
                *pixel = pixel.max(q.z);
            }
        }
        Self {
            pose,
            paint,
            foremost,
        }
    }

    /// The colour at a point with a normal, and how well it is seen, `0..=1`.
    pub(super) fn seen(&self, p: Vec3, normal: Vec3) -> (Vec3, f32) {
        let facing = normal.dot(self.pose.turn * Vec3::Z);
        let facing = ((facing - FACING.0) / (FACING.1 - FACING.0)).clamp(0.0, 1.0);
        if facing == 0.0 {
            return (Vec3::ZERO, 0.0);
        }
        let q = self.pose.frame(p);
        let at = spot(q);
        let pixel =
            (at * SIDE as f32).clamp(glam::Vec2::ZERO, glam::Vec2::splat(SIDE as f32 - 1.0));
        let foremost = self.foremost.values()[pixel.y as usize * SIDE + pixel.x as usize];
        let hidden = ((foremost - q.z) / BEHIND - 1.0).clamp(0.0, 1.0);
        let weight = smoothstep(facing) * (1.0 - smoothstep(hidden));
        (self.paint.photo(at).into(), weight)
    }
}
