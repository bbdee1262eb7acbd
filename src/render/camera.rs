//! The studio's camera.

use glam::{Vec2, Vec3};

use super::studio::SAMPLES;

/// Half the camera's field of view, as a tangent: a long lens.
const LENS: f32 = 0.16;

/// A pinhole that sees the whole figure.
pub(crate) struct Camera {
    pub(crate) eye: Vec3,
    forward: Vec3,
    right: Vec3,
    up: Vec3,
    /// Sample that the axis passes, and samples for a tangent of 1.
    centre: Vec2,
    focal: f32,
    /// Of the picture, pixels.
    pub(crate) size: Vec2,
}

impl Camera {
    /// Looks at `target` from these angles (see [`Viewpoint::angles`](super::studio::Viewpoint::angles)), from far enough
    /// away for what lies within `radius` of it.
    pub(crate) fn new(
        target: Vec3,
        radius: f32,
        (yaw, pitch): (f32, f32),
        width: u32,
        height: u32,
    ) -> Self {
        let (sin, cos) = f32::sin_cos(yaw);
        let towards = Vec3::new(sin * pitch.cos(), pitch.sin(), cos * pitch.cos());
        let forward = -towards;
        let right = forward.cross(Vec3::Y).normalize();
        let up = right.cross(forward);
        let size = Vec2::new(width as f32, height as f32);
        let samples = size * SAMPLES as f32;
        Self {
            eye: target + towards * (radius / LENS),
            forward,
            right,
            up,
            centre: samples / 2.0,
            focal: samples.min_element(),
            size,
        }
    }

    /// Scales and shifts so that what lies between these corners fills the picture but for a margin.
    pub(crate) fn frame(&mut self, corners: (Vec2, Vec2)) {
        self.place(corners, self.room(corners));
    }

    /// How much larger what lies between these corners may be to leave a margin.
    pub(crate) fn room(&self, (low, high): (Vec2, Vec2)) -> f32 {
        let size = self.size * SAMPLES as f32;
        (size * Vec2::new(0.80, 0.82) / (high - low).max(Vec2::ONE)).min_element()
    }

    /// Makes what lies between these corners so much larger, and shifts it to the middle.
    pub(crate) fn place(&mut self, (low, high): (Vec2, Vec2), scale: f32) {
        if low.cmpgt(high).any() {
            return;
        }
        let aim = self.size * SAMPLES as f32 * Vec2::new(0.5, 0.50);
        self.centre = aim - ((low + high) / 2.0 - self.centre) * scale;
        self.focal *= scale;
    }

    /// Scales and shifts as another camera does.
    pub(crate) fn framed_like(self, other: &Self) -> Self {
        Self {
            centre: other.centre,
            focal: other.focal,
            ..self
        }
    }

    /// Sample coordinates and the distance along the axis.
    pub(crate) fn project(&self, p: Vec3) -> Vec3 {
        let v = p - self.eye;
        let depth = v.dot(self.forward).max(1e-6);
        let (x, y) = (v.dot(self.right) / depth, v.dot(self.up) / depth);
        Vec3::new(
            self.centre.x + x * self.focal,
            self.centre.y - y * self.focal,
            depth,
        )
    }

    /// The direction of sight through a sample.
    pub(crate) fn ray(&self, x: f32, y: f32) -> Vec3 {
        let (x, y) = (
            (x - self.centre.x) / self.focal,
            (self.centre.y - y) / self.focal,
        );
        (self.forward + self.right * x + self.up * y).normalize()
    }
}
