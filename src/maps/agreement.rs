//! How well a finished figurine covers what its photo shows.

use glam::{Vec2, Vec3};

use super::plane::Plane;
use super::{Pose, View};
use crate::base::numeric::overlap;
use crate::geometry::Figurine;

/// Pixels a side at which outlines are compared.
const SIDE: usize = 128;

/// The outline of a photo's subject, and how a figurine in the model frame lies before it.
pub struct Silhouette {
    /// Whether each of [`SIDE`] squared pixels is the subject's.
    subject: Vec<bool>,
    pose: Pose,
}

impl Silhouette {
    pub(super) fn new(view: &View, pose: Pose) -> Self {
        let alpha = view.alpha.reduced(SIDE);
        Self {
            subject: alpha.values().iter().map(|&a| a >= 0.5).collect(),
            pose,
        }
    }

    /// What the figurine and the photo's subject cover both, of what either covers: 1 if their outlines are the same.
    pub fn agreement(&self, figurine: &Figurine) -> f32 {
        let made = self.covered_by(figurine);
        overlap(self.subject.iter().copied().zip(made))
    }

    /// The farthest that the figurine reaches beyond the photo's subject, or falls short of it, in pixels of 128.
    pub fn furthest(&self, figurine: &Figurine) -> f32 {
        let made = self.covered_by(figurine);
        let beyond = |of: &[bool], from: &[bool]| {
            let away = super::plane::distances(|i| from[i], SIDE);
            let outside = away.iter().zip(of).filter(|&(_, &set)| set);
            outside.map(|(away, _)| *away).fold(0.0, f32::max)
        };
        beyond(&made, &self.subject).max(beyond(&self.subject, &made))
    }

    fn covered_by(&self, figurine: &Figurine) -> Vec<bool> {
        let mut covered = Plane::new(SIDE, vec![0.0; SIDE * SIDE]);
        for part in &figurine.parts {
            let spots: Vec<Vec2> = part.mesh.positions.iter().map(|&p| self.spot(p)).collect();
            for triangle in &part.mesh.triangles {
                covered.fill(triangle.map(|i| spots[i as usize]), 1.0);
            }
        }
        covered.values().iter().map(|&v| v > 0.0).collect()
    }

    /// Where a point of the model frame lies in the photo's frame, in pixels.
    fn spot(&self, p: Vec3) -> Vec2 {
        super::spot(self.pose.frame(p)) * SIDE as f32
    }
}
