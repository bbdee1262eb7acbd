//! From where the photo was taken: a camera far away and held level, found from what its cells show.

use glam::{DMat4, DVec4, Quat, Vec2, Vec3};

use crate::photo::segmentation::Segmentation;

/// A scaled orthographic camera: `project` gives parts of the picture's side, x to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PhotoCamera {
    /// How far the figure's face is turned to the picture's right, and from how far above it is seen,
    /// radians.
    pub(super) yaw: f32,
    pub(super) pitch: f32,
    /// Parts of the picture's side for a unit of the model.
    scale: f32,
    /// Where the model's origin is seen.
    origin: Vec2,
    /// Right, down and towards the camera, unit length.
    axes: [Vec3; 3],
}

/// Cells that show a part with less than this share, `0..=1`, do not help to find the camera. A choice that nothing has
/// measured.
const SURE: f32 = 0.5;
/// The camera is found from so many cells at least. A choice that nothing has measured.
const ENOUGH: usize = 12;
/// How much the camera is held to seeing nothing, beside the places of one cell: across, upwards and in depth, model
/// units squared. Where all places lie in a plane, no turn is the likeliest; a larger hold pulls every yaw to nought
/// (`training/NOTEBOOK.md`, "Reading a photo").
const HELD: [f64; 3] = [1e-5, 1e-5, 1e-4];
/// Nobody photographs a figure from farther below or above, radians. A choice that nothing has measured.
const BELOW: f32 = -0.2;
const ABOVE: f32 = 0.6;

impl PhotoCamera {
    fn new(yaw: f32, pitch: f32, scale: f32, origin: Vec2) -> Self {
        let pitch = pitch.clamp(BELOW, ABOVE);
        let turn = Quat::from_rotation_y(-yaw) * Quat::from_rotation_x(-pitch);
        Self {
            yaw,
            pitch,
            scale,
            origin,
            axes: [Vec3::X, Vec3::NEG_Y, Vec3::Z].map(|axis| turn * axis),
        }
    }

    /// The camera that sees the places of the cells where the cells are, by least squares; nothing where
    /// hardly any cell shows a part.
    pub(super) fn fit(cells: &Segmentation) -> Option<Self> {
        let (mut count, mut total) = (0, 0.0);
        let (mut normal, mut x, mut y) = (DMat4::ZERO, DVec4::ZERO, DVec4::ZERO);
        for i in 0..cells.side * cells.side {
            let (weight, place) = (f64::from(1.0 - cells.shares[i][0]), cells.places[i]);
            if weight > f64::from(SURE) && place.is_finite() {
                let (p, at) = (place.as_dvec3().extend(1.0), cells.centre(i).as_dvec2());
                normal += DMat4::from_cols(p * p.x, p * p.y, p * p.z, p) * weight;
                x += p * (weight * at.x);
                y += p * (weight * at.y);
                total += weight;
                count += 1;
            }
        }
        if count < ENOUGH {
            return None;
        }
        let [across, upwards, depth] = HELD;
        normal += DMat4::from_diagonal(DVec4::new(across, upwards, depth, 0.0) * total);
        let inverse = normal.inverse();
        let (x, y) = (inverse * x, inverse * y);
        let (across, down) = (x.truncate().as_vec3(), y.truncate().as_vec3());
        let towards = down.cross(across).try_normalize()?;
        let (yaw, pitch) = ((-towards.x).atan2(towards.z), towards.y.asin());
        let scale = (across.length() + down.length()) / 2.0;
        let origin = Vec2::new(x.w as f32, y.w as f32);
        let sound = scale > 1e-3 && scale.is_finite() && yaw.is_finite();
        sound.then(|| Self::new(yaw, pitch, scale, origin))
    }

    pub(super) fn project(&self, p: Vec3) -> Vec2 {
        let [across, down, _] = self.axes;
        self.origin + Vec2::new(across.dot(p), down.dot(p)) * self.scale
    }

    /// Towards the camera, unit length.
    pub(super) fn towards(&self) -> Vec3 {
        self.axes[2]
    }

    /// Right, down and towards the camera, unit length.
    pub(super) fn axes(&self) -> [Vec3; 3] {
        self.axes
    }

    /// The shortest way in the model frame that looks like `step` in the picture.
    pub(super) fn step(&self, step: Vec2) -> Vec3 {
        let [across, down, _] = self.axes;
        (across * step.x + down * step.y) / self.scale
    }

    /// How near to the camera a point is, model units.
    pub(super) fn depth(&self, p: Vec3) -> f32 {
        self.towards().dot(p)
    }

    /// The same camera walked around the figure and up.
    pub(super) fn turned(&self, yaw: f32, pitch: f32) -> Self {
        Self::new(self.yaw + yaw, self.pitch + pitch, self.scale, self.origin)
    }

    /// The same camera with its picture scaled and moved: `p -> p * scale + shift`.
    pub(super) fn moved(&self, scale: f32, shift: Vec2) -> Self {
        Self {
            scale: self.scale * scale,
            origin: self.origin * scale + shift,
            ..*self
        }
    }
}
