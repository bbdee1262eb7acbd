//! The light in the photo: what it does to a surface that faces one way or another, to be taken out, so
//! that a figurine is not lit twice.

use glam::{DMat3, DVec3, Vec3};

/// A light from one side and from all around.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shade {
    /// How much brighter a surface gets with each component of its normal, beside the mean.
    slope: Vec3,
}

/// A sample whose brightness is off by more than this, in shares of the part's mean, is a pattern, and counts less. A
/// choice that nothing has measured.
const PATTERN: f64 = 0.12;
/// No colour is changed by more than this factor. A choice that nothing has measured.
const MOST: f32 = 1.5;
/// Samples of a part, and their mean brightness (`0..=1`), without which it tells nothing of the light. Choices that
/// nothing has measured.
const FEWEST: usize = 8;
const DARKEST: f32 = 0.02;
/// Rounds in which samples that are off come to count less. A choice that nothing has measured.
const ROUNDS: usize = 8;
/// How much a sample pulls towards no light from anywhere, beside its own squared normal. A choice that nothing has
/// measured.
const PULL: f64 = 0.02;
/// The most that brightness may change with the normal, and the least that a surface is taken to have, both in shares of
/// the mean brightness. Choices that nothing has measured.
const STEEPEST: f32 = 0.5;
const LEAST: f32 = 0.1;
/// How well lit every surface is to look: 0 as one that is lit as the mean is, 1 as one that faces the light. A choice
/// that nothing has measured.
const WELL_LIT: f32 = 0.6;

impl Shade {
    /// From samples of each part: normals and brightness. Within a part the colour is taken for one, but
    /// for patterns, so that its brightness tells the light.
    pub(super) fn of(parts: &[Vec<(Vec3, f32)>]) -> Self {
        let mut samples: Vec<(DVec3, f64)> = Vec::new();
        let mut facing = Vec3::ZERO;
        for part in parts.iter().filter(|p| p.len() >= FEWEST) {
            let count = part.len() as f32;
            let mean = part.iter().map(|s| s.1).sum::<f32>() / count;
            let normal = part.iter().map(|s| s.0).sum::<Vec3>() / count;
            if mean > DARKEST {
                let relative =
                    |&(n, y): &(Vec3, f32)| ((n - normal).as_dvec3(), f64::from(y / mean - 1.0));
                samples.extend(part.iter().map(relative));
                facing += normal * count;
            }
        }
        let mut slope = DVec3::ZERO;
        for _ in 0..ROUNDS {
            let pull = DVec3::splat(1.0 + PULL * samples.len() as f64);
            let mut square = DMat3::from_diagonal(pull);
            let mut sum = DVec3::ZERO;
            for (n, y) in &samples {
                let weight = PATTERN / (y - slope.dot(*n)).abs().max(PATTERN);
                square += DMat3::from_cols(*n * n.x, *n * n.y, *n * n.z) * weight;
                sum += *n * (y * weight);
            }
            slope = square.inverse() * sum;
        }
        // So far the slope is relative to what is seen, which faces the camera and not all around.
        let slope = slope.as_vec3().clamp_length_max(STEEPEST);
        let seen = slope.dot(facing) / samples.len().max(1) as f32;
        Self {
            slope: slope / (1.0 - seen),
        }
    }

    /// What a colour seen on a surface with this normal is multiplied with, to look as if well lit.
    pub(super) fn gain(&self, normal: Vec3) -> f32 {
        let lit = 1.0 + WELL_LIT * self.slope.length();
        let here = 1.0 + self.slope.dot(normal);
        (lit / here.max(LEAST)).clamp(1.0 / MOST, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_from_one_side_is_found_and_taken_out() {
        let light = Vec3::new(0.1, 0.15, 0.12);
        let ball: Vec<Vec3> = (0..400)
            .map(|i| Vec3::from_array([12.9, 78.2, 37.7].map(|k: f32| (k * i as f32).sin())))
            .filter(|n| n.z > 0.1)
            .map(Vec3::normalize)
            .collect();
        let shown = |colour: f32, n: Vec3| colour * (1.0 + light.dot(n));
        let part = |colour| ball.iter().map(|&n| (n, shown(colour, n))).collect();
        let shade = Shade::of(&[part(0.6), part(0.2)]);
        let plain: Vec<f32> = (ball.iter())
            .map(|&n| shown(0.5, n) * shade.gain(n))
            .collect();
        let (low, high) = plain
            .iter()
            .fold((9f32, 0f32), |(l, h), &v| (l.min(v), h.max(v)));
        assert!(high / low < 1.06, "one colour comes out as {low} to {high}");
    }
}
