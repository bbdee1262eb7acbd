//! Where along the rays of a view the outlines of all others leave room: the visual hull (Laurentini, "The Visual
//! Hull Concept for Silhouette-Based Image Understanding", 1994), ray by ray.

use glam::Vec3;
use rayon::prelude::*;

use super::super::plane::{Plane, blurred};
use super::super::sheets::Sheets;
use super::super::{FINE, Pose, middle};

/// Figures lie within this of the middle of the box along any ray, model units.
const REACH: f32 = 1.1;
/// Pixels a side at which rays are followed, and points along each.
const RAYS: usize = 128;
const POINTS: usize = 64;
/// What rays say of their neighbours, standard deviation in pixels: outlines are a little off, and figures smooth.
const BLUR: f32 = 1.5;
/// What lies so far outside of one outline is not looked for in others, model units.
const AWAY: f32 = 0.1;

/// From where to where rays of a view run through what all other views leave, from the far end to the near one.
pub(super) struct Room(Vec<Vec<[f32; 2]>>);

impl Room {
    /// Of the rays of one of the views.
    pub(super) fn of(view: usize, outlines: &[&Plane], poses: &[Pose]) -> Self {
        let spans = |i: usize| {
            let ray = middle(i, RAYS);
            let (pose, near) = (&poses[view], 2.0 * AWAY);
            if pose.outside(outlines[view], pose.place(ray.extend(0.0))) > near {
                return Vec::new();
            }
            let outside = |depth: f32| {
                let p = pose.place(ray.extend(depth));
                outside(outlines, poses, view, p, AWAY)
            };
            spans(outside, pose)
        };
        Self((0..RAYS * RAYS).into_par_iter().map(spans).collect())
    }

    /// By how much the near and the far sheet of a part have to move at each pixel of [`FINE`], to where there is room,
    /// and closer together only where there is less. Where there is none they move as they do next to it.
    pub(super) fn moves(&self, sheets: &Sheets) -> [Plane; 2] {
        let (mut weights, mut moves) = (
            vec![0.0; self.0.len()],
            [(); 2].map(|()| vec![0.0; self.0.len()]),
        );
        for (i, spans) in self.0.iter().enumerate() {
            let at = middle(i, RAYS);
            if spans.is_empty() || sheets.within(at) <= 0.0 {
                continue;
            }
            let (near, far) = sheets.depths(at.extend(0.0));
            let fitted = fit(spans, near, far);
            weights[i] = 1.0;
            (moves[0][i], moves[1][i]) = (fitted.0 - near, fitted.1 - far);
        }
        let weights = blurred(&weights, RAYS, BLUR);
        moves.map(|sums| {
            let sums = blurred(&sums, RAYS, BLUR);
            let mean = sums
                .iter()
                .zip(&weights)
                .map(|(sum, weight)| sum / weight.max(1e-6));
            Plane::new(RAYS, mean.collect()).smooth(FINE)
        })
    }
}

/// Near and far depth, moved into the one of these spans that has most of what is between them.
fn fit(spans: &[[f32; 2]], near: f32, far: f32) -> (f32, f32) {
    let shared = |[from, till]: &[f32; 2]| till.min(near) - from.max(far);
    let Some([from, till]) = spans.iter().max_by(|a, b| shared(a).total_cmp(&shared(b))) else {
        return (near, far);
    };
    let length = (near - far).min(till - from);
    let near = near.max(from + length).min(*till);
    (near, near - length)
}

/// Depth in the frame of a view of so many points along any of its rays, by their number from the far end of the box to
/// the near one.
pub(super) fn depths(pose: &Pose, count: usize) -> impl Fn(usize) -> f32 {
    let (scale, middle) = (pose.scale, pose.seen().z);
    move |i| {
        let toward = ((i as f32 + 0.5) / count as f32 * 2.0 - 1.0) * REACH;
        (toward - middle) / scale
    }
}

/// How far a point lies outside of the outlines of all views but one, model units; what is more than `most` outside of one
/// may be more of another.
pub(super) fn outside(outlines: &[&Plane], poses: &[Pose], but: usize, p: Vec3, most: f32) -> f32 {
    let mut off = f32::MIN;
    for (other, outline) in outlines.iter().enumerate() {
        if other != but && off < most {
            off = off.max(poses[other].outside(outline, p));
        }
    }
    off
}

/// Where a ray is inside, of how far outside it is at a depth of the frame.
fn spans(outside: impl Fn(f32) -> f32, pose: &Pose) -> Vec<[f32; 2]> {
    let along: Vec<(f32, f32)> = (0..POINTS)
        .map(depths(pose, POINTS))
        .map(|depth| (depth, outside(depth)))
        .collect();
    let (mut spans, mut from) = (Vec::new(), None);
    if along[0].1 <= 0.0 {
        from = Some(along[0].0);
    }
    for pair in along.windows(2) {
        let (before, now) = (pair[0], pair[1]);
        if (before.1 > 0.0) == (now.1 > 0.0) {
            continue;
        }
        let border = before.0 + (now.0 - before.0) * before.1 / (before.1 - now.1);
        match from.take() {
            None => from = Some(border),
            Some(from) => spans.push([from, border]),
        }
    }
    spans.extend(from.map(|from| [from, along[POINTS - 1].0]));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_moves_to_where_there_is_room_and_gets_thinner_only_where_there_is_less() {
        let (behind, before) = ([-0.5, -0.3], [0.2, 0.4]);
        for (spans, depths, fitted) in [
            (vec![before], (0.35, 0.25), (0.35, 0.25)),
            (vec![before], (0.0, -0.1), (0.3, 0.2)),
            (vec![before], (0.5, 0.0), (0.4, 0.2)),
            (vec![behind, before], (0.35, 0.1), (0.4, 0.2)),
            (vec![behind, before], (-0.2, -0.4), (-0.3, -0.5)),
            (vec![], (0.1, -0.1), (0.1, -0.1)),
        ] {
            let (near, far) = fit(&spans, depths.0, depths.1);
            assert!(
                (near - fitted.0).abs() < 1e-5 && (far - fitted.1).abs() < 1e-5,
                "{depths:?} with room at {spans:?} became {near} and {far}"
            );
        }
    }

    #[test]
    fn a_ray_has_room_where_it_is_outside_of_no_outline() {
        let pose = Pose {
            scale: 0.8,
            ..Pose::new(0.3, 0.1)
        };
        let legs = |depth: f32| ((depth.abs() - 0.5).abs() - 0.21).min(0.3);
        let found = spans(legs, &pose);
        let ends: Vec<f32> = found.into_iter().flatten().collect();
        let right = [-0.71, -0.29, 0.29, 0.71];
        assert!(
            ends.len() == 4 && ends.iter().zip(right).all(|(a, b)| (a - b).abs() < 0.01),
            "two legs in a row have ends {right:?}, not {ends:?}"
        );
    }
}
