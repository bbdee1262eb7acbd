//! From where the photo was taken: a camera far away, found from what its cells show.

use glam::{DMat4, DVec4, Vec2, Vec3};

use super::Cells;

/// A scaled orthographic camera: `project` gives parts of the picture's side, x to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Camera {
    /// How far a step along each axis of the model moves a point across the picture, and down; of one
    /// length and at a right angle.
    across: Vec3,
    down: Vec3,
    /// Where the model's origin is seen.
    origin: Vec2,
}

/// Cells below this share of any part do not help to find the camera.
const SURE: f32 = 0.5;
/// So many cells at least.
const ENOUGH: usize = 12;
/// A cell's place that is off by more than this counts less and less, in parts of the picture's side.
const OFF: f64 = 0.03;

impl Camera {
    /// The camera that sees the places of the cells where the cells are, by least squares with less
    /// weight for outliers; nothing where hardly any cell shows a part.
    pub(super) fn fit(cells: &Cells) -> Option<Self> {
        let sure: Vec<(Vec3, Vec2, f64)> = (0..cells.side * cells.side)
            .filter_map(|i| {
                let weight = 1.0 - cells.shares[i][0];
                let known = weight > SURE && cells.places[i].is_finite();
                known.then(|| (cells.places[i], cells.centre(i), f64::from(weight)))
            })
            .collect();
        if sure.len() < ENOUGH {
            return None;
        }
        let mut weights: Vec<f64> = sure.iter().map(|s| s.2).collect();
        let mut found = None;
        for _ in 0..6 {
            let camera = Self::least_squares(&sure, &weights)?;
            for (weight, (place, at, first)) in weights.iter_mut().zip(&sure) {
                let off = f64::from(camera.project(*place).distance(*at));
                *weight = first * OFF / off.max(OFF);
            }
            found = Some(camera);
        }
        found
    }

    fn least_squares(sure: &[(Vec3, Vec2, f64)], weights: &[f64]) -> Option<Self> {
        let (mut normal, mut x, mut y) = (DMat4::ZERO, DVec4::ZERO, DVec4::ZERO);
        for ((place, at, _), &weight) in sure.iter().zip(weights) {
            let p = place.as_dvec3().extend(1.0);
            normal += DMat4::from_cols(p * p.x, p * p.y, p * p.z, p) * weight;
            x += p * (weight * f64::from(at.x));
            y += p * (weight * f64::from(at.y));
        }
        // A flat figure seen from the front says nothing of depth: a little pull towards no turn.
        normal += DMat4::from_diagonal(DVec4::new(1e-3, 1e-3, 1e-2, 0.0) * sure.len() as f64);
        let inverse = normal.inverse();
        let (a, b) = (inverse * x, inverse * y);
        let camera = Self::upright(a.truncate().as_vec3(), b.truncate().as_vec3())?;
        // With its axes made right-angled, where the origin is changes a little.
        let total: f64 = weights.iter().sum();
        let off: glam::DVec2 = (sure.iter().zip(weights))
            .map(|((place, at, _), &weight)| (*at - camera.project(*place)).as_dvec2() * weight)
            .sum();
        Some(Self {
            origin: (off / total).as_vec2(),
            ..camera
        })
    }

    /// The nearest pair of axes of one length and at a right angle.
    fn upright(across: Vec3, down: Vec3) -> Option<Self> {
        let scale = (across.length() + down.length()) / 2.0;
        let (a, b) = (across.try_normalize()?, down.try_normalize()?);
        let (sum, difference) = ((a + b).try_normalize()?, (a - b).try_normalize()?);
        let side = scale * std::f32::consts::FRAC_1_SQRT_2;
        let camera = Self {
            across: (sum + difference) * side,
            down: (sum - difference) * side,
            origin: Vec2::ZERO,
        };
        (scale > 1e-3 && scale.is_finite()).then_some(camera)
    }

    pub(super) fn project(&self, p: Vec3) -> Vec2 {
        self.origin + Vec2::new(self.across.dot(p), self.down.dot(p))
    }

    /// Towards the camera, unit length.
    pub(super) fn towards(&self) -> Vec3 {
        self.down.cross(self.across).normalize_or(Vec3::Z)
    }

    /// Right, down and towards the camera, unit length.
    pub(super) fn axes(&self) -> (Vec3, Vec3, Vec3) {
        let unit = |v: Vec3| v.normalize_or_zero();
        (unit(self.across), unit(self.down), self.towards())
    }

    /// The shortest way in the model frame that looks like `step` in the picture.
    pub(super) fn step(&self, step: Vec2) -> Vec3 {
        let scale = self.across.length_squared().max(1e-12);
        (self.across * step.x + self.down * step.y) / scale
    }

    /// How near to the camera a point is, model units.
    pub(super) fn depth(&self, p: Vec3) -> f32 {
        self.towards().dot(p)
    }

    /// The same camera walked around the figure by `yaw` and up by `pitch`, radians.
    pub(super) fn turned(&self, yaw: f32, pitch: f32) -> Self {
        let turn = glam::Quat::from_axis_angle(self.across.normalize_or(Vec3::X), pitch)
            * glam::Quat::from_rotation_y(yaw);
        Self {
            across: turn * self.across,
            down: turn * self.down,
            ..*self
        }
    }

    /// The same camera with its picture moved and scaled: `p -> p * scale + shift`.
    pub(super) fn moved(&self, scale: f32, shift: Vec2) -> Self {
        Self {
            across: self.across * scale,
            down: self.down * scale,
            origin: self.origin * scale + shift,
        }
    }
}

impl Cells {
    /// The middle of a cell, in parts of the picture's side.
    pub(super) fn centre(&self, index: usize) -> Vec2 {
        let cell = self.span / self.side as f32;
        let (x, y) = (index % self.side, index / self.side);
        Vec2::splat(self.start) + Vec2::new(x as f32 + 0.5, y as f32 + 0.5) * cell
    }
}
