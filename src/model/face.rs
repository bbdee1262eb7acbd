//! Faces: what the front of a head shows, whose eyes and mouth are too small for the field decoder.
//!
//! A head's box token carries the weights of a few pictures, which add up to its face. It lies on the front
//! of the head in the frame of the head's own box (`training/faces.py` makes the pictures).

use anyhow::Result;
use glam::Vec3;

use super::config::FaceConfig;
use super::nn::Weights;

/// Before how much of its box, from its middle at 0 to its front at 1, a head has none of its face and all.
const FADES: (f32, f32) = (0.1, 0.35);

/// The pictures of which faces are made.
pub(super) struct Basis {
    side: usize,
    /// `[pixels]`
    mean: Vec<f32>,
    /// `[weights, pixels]`
    basis: Vec<f32>,
}

/// A face as it is seen from the front, rows from below, sRGB.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Face {
    side: usize,
    pixels: Vec<Vec3>,
}

impl Basis {
    /// From the tensors below `face.`.
    pub(super) fn load(weights: &Weights<'_>, config: &FaceConfig) -> Result<Self> {
        let pixels = config.side * config.side * 3;
        let weights = weights.at("face");
        Ok(Self {
            side: config.side,
            mean: weights.numbers("mean", &[pixels])?,
            basis: weights.numbers("basis", &[config.weights, pixels])?,
        })
    }

    /// The face of these `weights` on a head of that main colour, sRGB.
    pub(super) fn face(&self, weights: &[f32], main: [f32; 3]) -> Face {
        let mut picture = self.mean.clone();
        for (weight, row) in weights.iter().zip(self.basis.chunks_exact(picture.len())) {
            for (x, part) in picture.iter_mut().zip(row) {
                *x += weight * part;
            }
        }
        let main = Vec3::from_array(main);
        let pixels = picture.chunks_exact(3);
        Face {
            side: self.side,
            pixels: pixels.map(|less| main + Vec3::from_slice(less)).collect(),
        }
    }
}

impl Face {
    /// The colour of a point in the head's frame, which without a face has `colour`.
    pub(super) fn over(&self, point: Vec3, colour: Vec3) -> Vec3 {
        let (none, all) = FADES;
        let t = ((point.z - none) / (all - none)).clamp(0.0, 1.0);
        match t > 0.0 {
            true => colour.lerp(self.at(point), t * t * (3.0 - 2.0 * t)),
            false => colour,
        }
    }

    /// What the picture shows before a point, between its pixels.
    fn at(&self, point: Vec3) -> Vec3 {
        let last = self.side - 1;
        let axis = |x: f32| {
            let x = ((x + 1.0) / 2.0 * self.side as f32 - 0.5).clamp(0.0, last as f32);
            (x as usize, (x as usize + 1).min(last), x.fract())
        };
        let ((left, right, x), (low, high, y)) = (axis(point.x), axis(point.y));
        let row = |row: usize| {
            let pixel = |column: usize| self.pixels[row * self.side + column];
            pixel(left).lerp(pixel(right), x)
        };
        row(low).lerp(row(high), y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of two pixels a side, the upper left of which is dark.
    fn face() -> Face {
        let basis = Basis {
            side: 2,
            mean: vec![0.0; 12],
            basis: (0..12)
                .map(|i| f32::from(u8::from((6..9).contains(&i))))
                .collect(),
        };
        basis.face(&[-0.5], [0.75; 3])
    }

    #[test]
    fn a_face_lies_on_the_front_the_right_way_up() {
        let (face, plain) = (face(), Vec3::splat(0.1));
        let at = |x, y, z| face.over(Vec3::new(x, y, z), plain);
        assert_eq!(
            at(-0.9, 0.9, 0.8),
            Vec3::splat(0.25),
            "upper left as the viewer sees it"
        );
        assert_eq!(at(0.9, 0.9, 0.8), Vec3::splat(0.75), "upper right");
        assert_eq!(at(-0.9, -0.9, 0.8), Vec3::splat(0.75), "lower left");
        assert_eq!(at(0.0, 0.5, 0.8), Vec3::splat(0.5), "between two pixels");
        assert_eq!(at(-0.9, 0.9, -0.8), plain, "the back of a head has no face");
    }
}
