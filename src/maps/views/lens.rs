//! The colours that a view shows of the figure that all views make together.

use std::sync::Arc;

use glam::{Vec2, Vec3};

use super::super::paint::{BEHIND, Paint};
use super::super::plane::Plane;
use super::super::{Pose, spot};
use crate::base::numeric::smoothstep;

/// Pixels a side at which it is told what a view sees.
const SIDE: usize = 128;
/// Surfaces turned away so far that the cosine of the angle is below the first are not seen, above the second well.
const FACING: (f32, f32) = (0.15, 0.6);
/// What lies so far before all that the view shows there is not what it shows, halves of the view's frame: between the
/// first and the second it counts less and less. A hand that is held towards the camera must not take the colours of the
/// shirt behind it.
const BEFORE: (f32, f32) = (0.25, 0.45);
/// Nothing is shown where the foremost sheet is farther away than this, halves of the view's frame.
const NOTHING: f32 = -10.0;

/// A view's picture, and how deep it sees.
pub(super) struct Lens {
    pose: Pose,
    paint: Arc<Paint>,
    /// Depth of what is foremost, halves of the view's frame.
    foremost: Plane,
    /// Whether the view's own depths are to be trusted.
    deep: bool,
}

impl Lens {
    /// `points` are all of the figure's surface in the model frame, and closer together than pixels; `deep` says whether
    /// the view's own depths are to be trusted: those of an animal's front and back are not.
    pub(super) fn new(
        pose: Pose,
        paint: Arc<Paint>,
        points: impl Iterator<Item = Vec3>,
        deep: bool,
    ) -> Self {
        let mut foremost = Plane::new(SIDE, vec![f32::MIN; SIDE * SIDE]);
        for p in points {
            let q = pose.frame(p);
            let at = spot(q) * SIDE as f32;
            if at.cmpge(Vec2::ZERO).all() && at.cmplt(Vec2::splat(SIDE as f32)).all() {
                let pixel = &mut foremost.values_mut()[at.y as usize * SIDE + at.x as usize];
                *pixel = pixel.max(q.z);
            }
        }
        Self {
            pose,
            paint,
            foremost,
            deep,
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
        let pixel = (at * SIDE as f32).clamp(Vec2::ZERO, Vec2::splat(SIDE as f32 - 1.0));
        let foremost = self.foremost.values()[pixel.y as usize * SIDE + pixel.x as usize];
        let hidden = ((foremost - q.z) / BEHIND - 1.0).clamp(0.0, 1.0);
        let weight = smoothstep(facing) * (1.0 - smoothstep(hidden)) * self.is_shown(at, q.z);
        (self.paint.photo(at).into(), weight)
    }

    /// Whether the view may show what is so deep there, `0..=1`.
    fn is_shown(&self, at: Vec2, depth: f32) -> f32 {
        let shown = self.paint.front.at(at);
        if !self.deep || shown < NOTHING {
            return 1.0;
        }
        let before = (depth - shown - BEFORE.0) / (BEFORE.1 - BEFORE.0);
        1.0 - smoothstep(before.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::super::super::FINE;
    use super::*;

    #[test]
    fn a_hand_before_the_shirt_has_not_its_colours_where_the_view_shows_no_hand() {
        let shirt = RgbaImage::from_pixel(8, 8, Rgba([40, 170, 60, 255]));
        // The shirt fills the left half, and nothing is shown in the right one.
        let depth = |i: usize| if i % FINE < FINE / 2 { 0.1 } else { f32::MIN };
        let front = Plane::new(FINE, (0..FINE * FINE).map(depth).collect());
        let paint = Arc::new(Paint::before(shirt, front));
        let (hand, chest, beside) = (
            Vec3::new(-0.5, 0.0, 0.8),
            Vec3::new(-0.5, 0.3, 0.1),
            Vec3::new(0.5, 0.0, 0.8),
        );
        let seen = |deep: bool, p: Vec3| {
            let points = [hand, chest, beside].into_iter();
            let lens = Lens::new(Pose::new(0.0, 0.0), paint.clone(), points, deep);
            lens.seen(p, Vec3::Z).1
        };
        assert_eq!(seen(true, hand), 0.0, "the hand has the shirt's colour");
        assert_eq!(seen(true, chest), 1.0, "the shirt is not seen");
        assert_eq!(seen(true, beside), 1.0, "beside the outline nothing tells");
        assert_eq!(
            seen(false, hand),
            1.0,
            "an animal's front is taken for deep"
        );
    }
}
