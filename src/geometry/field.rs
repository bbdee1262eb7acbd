//! What a surface is made from: a signed distance and a colour at any point.

use std::ops::Deref;

use glam::Vec3;

/// A signed distance and a colour at any point of the model frame.
pub trait Field: Sync {
    /// Signed distance at each point, negative inside, exact near the surface only: far away a
    /// truncated value of the right sign will do.
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>>;
    /// The surface's sRGB colour at each point, `0..=1`.
    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>>;
    /// A box that encloses the part: nothing is inside the field beyond it.
    fn bounds(&self) -> (Vec3, Vec3);
}

/// Fails where a field did not give one of `what` a point.
pub(crate) fn one_a_point(what: &str, given: usize, points: usize) -> anyhow::Result<()> {
    anyhow::ensure!(
        given == points,
        "it gave {given} {what} for {points} points"
    );
    Ok(())
}

/// What points to a field, by reference or in a box, is one.
impl<P: Deref<Target: Field> + Sync> Field for P {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        (**self).distance(points)
    }
    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        (**self).colour(points)
    }
    fn bounds(&self) -> (Vec3, Vec3) {
        (**self).bounds()
    }
}

/// A box along the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aabb {
    /// In the model frame.
    pub middle: Vec3,
    /// Half of each side, model units.
    pub half: Vec3,
}

impl From<(Vec3, Vec3)> for Aabb {
    /// By its lowest and its highest corner.
    fn from((low, high): (Vec3, Vec3)) -> Self {
        Self {
            middle: (low + high) / 2.0,
            half: (high - low) / 2.0,
        }
    }
}

/// Where a part is put: moved, and stretched about the middle of its box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// In the model frame.
    pub shift: Vec3,
    /// Along each axis, about the middle of the part's box.
    pub stretch: Vec3,
}

impl Default for Placement {
    /// Where it is.
    fn default() -> Self {
        Self {
            shift: Vec3::ZERO,
            stretch: Vec3::ONE,
        }
    }
}

impl Placement {
    /// Where a point of the part goes, `middle` being that of the part's box.
    pub fn apply(&self, p: Vec3, middle: Vec3) -> Vec3 {
        middle + self.shift + (p - middle) * self.stretch
    }
}
