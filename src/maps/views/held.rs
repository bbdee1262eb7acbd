//! What the first view shows is there, whatever others say: where these leave no room for it, they give way.

use glam::Vec3;
use rayon::prelude::*;

use super::super::plane::Plane;
use super::super::shown::Shown;
use super::super::{Pose, middle, spot};
use super::hull;

/// Pixels a side at which rays are followed, and points along each between the sheets of a part.
const RAYS: usize = 128;
const POINTS: usize = 12;
/// Half of the thickness of what stays where others leave no room, model units.
const LEFT: f32 = 0.02;
/// What lies less far within the first outline is not asked for, model units: there figures end.
const EDGE: f32 = 0.015;

/// How far outside of others' outlines what the first view shows may lie, ray by ray.
pub(super) struct Held {
    pose: Pose,
    /// Model units, 0 where others leave room.
    loose: Plane,
}

impl Held {
    /// Nothing where others leave room everywhere, which is for what lies at most `loose` outside of them.
    pub(super) fn of(shown: &[&Shown], loose: f32) -> Option<Self> {
        let outlines: Vec<&Plane> = shown.iter().map(|shown| &shown.outline).collect();
        let poses: Vec<Pose> = shown.iter().map(|shown| shown.pose).collect();
        let (first, pose) = (shown[0], poses[0]);
        let off = |p: Vec3| hull::outside(&outlines, &poses, 0, p, f32::MAX);
        let needed = |i: usize| {
            let ray = middle(i, RAYS);
            if pose.outside(&first.outline, pose.place(ray.extend(0.0))) > -EDGE {
                return 0.0;
            }
            let along = first.spans(ray).flat_map(|(near, far)| {
                (0..POINTS).map(move |k| far + (near - far) * (k as f32 + 0.5) / POINTS as f32)
            });
            let all = along.map(|depth| off(pose.place(ray.extend(depth))));
            match all.min_by(f32::total_cmp) {
                Some(least) if least > loose => least + LEFT,
                _ => 0.0,
            }
        };
        let needed: Vec<f32> = (0..RAYS * RAYS).into_par_iter().map(needed).collect();
        let any = needed.iter().any(|&needed| needed > 0.0);
        any.then(|| Self {
            pose,
            loose: Plane::new(RAYS, needed).widest(1),
        })
    }

    /// How far outside of others' outlines a point may lie, model units.
    pub(super) fn loose(&self, p: Vec3) -> f32 {
        self.loose.at(spot(self.pose.frame(p)))
    }
}
