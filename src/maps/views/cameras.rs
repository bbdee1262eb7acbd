//! From where each view was taken.
//!
//! Cameras are right when each outline is covered by what all the others leave of space: silhouette coherence
//! (Hernandez, Schmitt and Cipolla, "Silhouette Coherence for Camera Calibration under Circular Motion", 2007).

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use super::super::plane::Plane;
use super::super::{Pose, middle, spot};
use super::hull::{depths, outside};

/// Pixels a side of an outline whose rays are followed, and points along each.
const RAYS: usize = 36;
const POINTS: usize = 40;
/// Which of the numbers of all cameras is the yaw of the first.
const YAW: usize = 1;
/// What lies farther outside of an outline than this is as wrong as can be, model units.
const WORST: f32 = 0.15;

/// Numbers of a camera: how near it is, one over its distance in model units, the same for all; yaw and pitch,
/// radians; the logarithm of what half of the frame is, model units; to the right and up, model units. How far they
/// may be off to begin with.
const DOUBT: [f32; 6] = [0.08, 0.35, 0.08, 0.1, 0.08, 0.08];
/// The nearest that cameras may be, one over model units.
const NEAREST: f32 = 0.35;
/// By how much rays must be better covered in the mean, model units, for one number to move by all of its doubt.
const LEAN: f32 = 4e-4;
/// Where rays pass farther outside than this, model units, the first view may be turned to the other side than the
/// network says: from there it is looked for, too, and taken if rays are covered twice as well.
const UNLIKE: f32 = 2e-4;
/// The first step of the search in parts of the doubt; how often steps get shorter, and by how much.
const STEP: f32 = 0.4;
const ROUNDS: usize = 5;
const SHORTER: f32 = 0.6;

/// Moves the cameras of views, the first from the front and the others from around it, so that their outlines agree.
/// The first keeps its place and size. Returns how far rays pass outside of the other outlines in the mean, model
/// units: 0 for views of one figure.
pub(super) fn adjust(outlines: &[&Plane], poses: &mut [Pose]) -> f32 {
    let views = Views::new(outlines, poses);
    let start = numbers(poses);
    let (mut best, mut off) = views.search(&start);
    if views.is_free(YAW) && off > UNLIKE {
        let mut mirrored = start;
        mirrored[YAW] = -mirrored[YAW];
        let (other, less) = views.search(&mirrored);
        if less < off / 2.0 {
            (best, off) = (other, less);
        }
    }
    poses.copy_from_slice(&views.poses(&best));
    off
}

/// Which of the numbers of a camera the `i`-th of all is.
fn kind(i: usize) -> usize {
    if i == 0 { 0 } else { (i - 1) % 5 + 1 }
}

/// Where a function is least, looked for along one number after the other in ever shorter steps.
fn least(off: &dyn Fn(&[f32]) -> f32, mut at: Vec<f32>, mut step: Vec<f32>) -> Vec<f32> {
    let mut best = off(&at);
    for _ in 0..ROUNDS {
        let steps = step.iter().enumerate().filter(|(_, by)| **by != 0.0);
        for (i, &by) in steps {
            if !descend(off, &mut at, i, by, &mut best) {
                descend(off, &mut at, i, -by, &mut best);
            }
        }
        step.iter_mut().for_each(|step| *step *= SHORTER);
    }
    at
}

/// Goes on along one number for as long as that gains something; whether it did.
fn descend(off: &dyn Fn(&[f32]) -> f32, at: &mut [f32], i: usize, by: f32, best: &mut f32) -> bool {
    let mut moved = false;
    loop {
        at[i] += by;
        let now = off(at);
        if now < *best {
            (*best, moved) = (now, true);
        } else {
            at[i] -= by;
            return moved;
        }
    }
}

/// The numbers of all cameras.
fn numbers(poses: &[Pose]) -> Vec<f32> {
    let near = 1.0 / (poses[0].away * poses[0].scale);
    let each = poses.iter().flat_map(|pose| {
        let toward = pose.turn * Vec3::Z;
        let shift = pose.seen();
        let yaw = (-toward.x).atan2(toward.z);
        [yaw, toward.y.asin(), pose.scale.ln(), shift.x, shift.y]
    });
    std::iter::once(near).chain(each).collect()
}

/// The outlines of views, and what of their cameras is known.
struct Views<'a> {
    outlines: &'a [&'a Plane],
    /// Places of each frame within its outline, from -1 to 1 to the right and up.
    rays: Vec<Vec<Vec2>>,
    /// Where the middle of each frame lies towards its camera, model units.
    toward: Vec<f32>,
    /// Whether they tell how far the first is turned.
    tell_yaw: bool,
}

impl<'a> Views<'a> {
    fn new(outlines: &'a [&'a Plane], poses: &[Pose]) -> Self {
        let within = |outline: &&Plane| {
            let all = (0..RAYS * RAYS).map(|i| middle(i, RAYS));
            all.filter(|at| outline.at(spot(at.extend(0.0))) > 0.0)
                .collect()
        };
        Self {
            outlines,
            rays: outlines.iter().map(within).collect(),
            toward: poses.iter().map(|pose| pose.seen().z).collect(),
            tell_yaw: poses.len() > 2 || poses.iter().any(|pose| (pose.turn * Vec3::Z).z < -0.5),
        }
    }

    /// Only the first view may be from another side than it is said to be from. How far it is turned, a side alone does
    /// not tell; and how far the cameras are away, no view alone. The first has the size and place that all others follow.
    fn is_free(&self, i: usize) -> bool {
        let first = (1..6).contains(&i);
        match kind(i) {
            0 => self.outlines.len() > 2,
            1 => first && self.tell_yaw,
            2 => true,
            _ => !first,
        }
    }

    fn poses(&self, at: &[f32]) -> Vec<Pose> {
        let near = at[0].clamp(1e-3, NEAREST);
        let each = at[1..].chunks_exact(5).zip(&self.toward);
        each.map(|(camera, &toward)| {
            let pose = Pose::new(camera[0], camera[1]);
            let scale = camera[2].exp();
            Pose {
                scale,
                shift: pose.turn * Vec3::new(camera[3], camera[4], toward),
                away: 1.0 / (near * scale),
                ..pose
            }
        })
        .collect()
    }

    /// The numbers of all cameras that agree best, looked for from others on and not far from these; and how far rays
    /// pass outside then.
    fn search(&self, start: &[f32]) -> (Vec<f32>, f32) {
        let step = (0..start.len()).map(|i| STEP * DOUBT[kind(i)] * f32::from(self.is_free(i)));
        let off = |at: &[f32]| {
            let moved = at.iter().zip(start).enumerate();
            let lean = moved.map(|(i, (a, b))| ((a - b) / DOUBT[kind(i)]).powi(2));
            self.uncovered(&self.poses(at)) + LEAN * lean.sum::<f32>()
        };
        let best = least(&off, start.to_vec(), step.collect());
        let off = self.uncovered(&self.poses(&best));
        (best, off)
    }

    /// How far the rays of each view pass outside of the outlines of all others, in the mean.
    fn uncovered(&self, poses: &[Pose]) -> f32 {
        let of = |view: usize| {
            let rays = &self.rays[view];
            let far: Vec<f32> = rays
                .par_iter()
                .map(|ray| self.outside(poses, view, *ray))
                .collect();
            far.iter().sum::<f32>() / far.len().max(1) as f32
        };
        (0..poses.len()).map(of).sum::<f32>() / poses.len() as f32
    }

    /// How far the best point of a view's ray lies outside of the outlines of all others, model units, at most [`WORST`].
    fn outside(&self, poses: &[Pose], view: usize, ray: Vec2) -> f32 {
        let pose = &poses[view];
        let (mut best, depth) = (WORST, depths(pose, POINTS));
        // From the middle on, where most figures are.
        for i in (0..POINTS / 2).flat_map(|i| [POINTS / 2 + i, POINTS / 2 - 1 - i]) {
            let p = pose.place(ray.extend(depth(i)));
            let off = outside(self.outlines, poses, view, p, best).max(0.0);
            best = best.min(off);
            if best <= 0.0 {
                return 0.0;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::FINE;
    use super::super::super::plane::signed;
    use super::*;
    use crate::slots::Side;

    /// Balls of an animal: body, head, tail and legs; middles and radii.
    const ANIMAL: [(Vec3, f32); 8] = [
        (Vec3::new(0.0, 0.1, 0.25), 0.22),
        (Vec3::new(0.0, 0.1, -0.25), 0.22),
        (Vec3::new(0.05, 0.45, 0.6), 0.2),
        (Vec3::new(-0.1, 0.4, -0.65), 0.1),
        (Vec3::new(0.15, -0.3, 0.4), 0.1),
        (Vec3::new(-0.15, -0.3, 0.3), 0.1),
        (Vec3::new(0.15, -0.3, -0.4), 0.1),
        (Vec3::new(-0.15, -0.3, -0.3), 0.1),
    ];

    /// What a camera sees of it.
    fn outline(pose: &Pose) -> Plane {
        let covered = |i: usize| {
            let ray = middle(i, FINE);
            ANIMAL.iter().any(|(middle, radius)| {
                let q = pose.frame(*middle);
                let larger = 1.0 - q.z / pose.away;
                q.truncate().distance(ray) < radius / pose.scale / larger
            })
        };
        let set: Vec<bool> = (0..FINE * FINE).map(covered).collect();
        signed(&set, FINE)
    }

    #[test]
    fn outlines_tell_from_where_they_were_seen() {
        let sides = [Side::Front, Side::Left, Side::Right, Side::Back];
        let camera = |side: Side, yaw: f32, pitch: f32, scale: f32, shift: Vec3| Pose {
            scale,
            shift,
            away: 4.0 / scale,
            ..Pose::new(side.yaw() + yaw.to_radians(), pitch.to_radians())
        };
        let (first, off) = (Vec3::ZERO, Vec3::new(0.02, 0.05, -0.03));
        let mut truth = sides.map(|side| camera(side, 0.0, 5.0, 1.05, off));
        truth[0] = camera(Side::Front, 24.0, 8.0, 0.95, first);
        let outlines = truth.map(|pose| outline(&pose));
        let mut poses = sides.map(|side| camera(side, 0.0, 3.0, 0.95, first));
        poses[0] = camera(Side::Front, 12.0, 3.0, 0.95, first);
        let seen: Vec<&Plane> = outlines.iter().collect();
        let before = Views::new(&seen, &poses).uncovered(&poses);
        let after = adjust(&seen, &mut poses);
        let toward = poses[0].turn * Vec3::Z;
        let yaw = (-toward.x).atan2(toward.z).to_degrees();
        assert!(
            after < before / 5.0 && after < 0.003,
            "rays pass outside by {before} before and {after} after the search"
        );
        assert!(
            (yaw - 24.0).abs() < 4.0,
            "the first view is turned by 24 degrees, not {yaw}"
        );
    }
}
