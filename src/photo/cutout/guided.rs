//! A rough share of the subject drawn to the edges of the picture.
//!
//! The share is taken as a locally linear function of the picture's colours (the guided filter of He, Sun and Tang,
//! 2010). Its coefficients vary slowly, so that they are found on a reduced picture and used on the full one (He and
//! Sun, 2015).

use glam::{Mat3, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use super::means::box_mean;

/// Variance of a colour channel (0..1) below which the picture has no edge to follow.
const FLAT: f32 = 2e-4;

/// A share as `slope . colour + offset`, pixel by pixel.
pub struct Linear {
    /// Slopes by red, green and blue, and the offset.
    pixels: Vec<[f32; 4]>,
}

impl Linear {
    /// From the shares 0..1 of the pixels of a picture, over squares of `2 radius + 1`.
    pub fn fit(picture: &RgbaImage, shares: &[f32], radius: usize) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let colour: [Vec<f32>; 3] = std::array::from_fn(|c| {
            let plane = picture.pixels().map(|p| f32::from(p[c]) / 255.0);
            plane.collect()
        });
        let ones: &[f32] = &vec![1.0; shares.len()];
        let [r, g, b] = colour.each_ref().map(Vec::as_slice);
        // Means of the colours, of the shares, of both together, and of the colours' products.
        let pairs = [
            (r, ones),
            (g, ones),
            (b, ones),
            (shares, ones),
            (r, shares),
            (g, shares),
            (b, shares),
            (r, r),
            (r, g),
            (r, b),
            (g, g),
            (g, b),
            (b, b),
        ];
        let means: Vec<Vec<f32>> = (pairs.par_iter())
            .map(|(a, b)| {
                let product: Vec<f32> = a.iter().zip(*b).map(|(a, b)| a * b).collect();
                box_mean(&product, width, height, radius)
            })
            .collect();
        let solve = |at: usize| -> [f32; 4] {
            let [r, g, b, share, rs, gs, bs, rr, rg, rb, gg, gb, bb] =
                std::array::from_fn(|i| means[i][at]);
            let mean = Vec3::new(r, g, b);
            let second = Mat3::from_cols_array(&[rr, rg, rb, rg, gg, gb, rb, gb, bb]);
            let spread = second - Mat3::from_cols(mean * r, mean * g, mean * b)
                + Mat3::from_diagonal(Vec3::splat(FLAT));
            let slope = spread.inverse() * (Vec3::new(rs, gs, bs) - mean * share);
            [slope.x, slope.y, slope.z, share - slope.dot(mean)]
        };
        let solved: Vec<[f32; 4]> = (0..shares.len()).into_par_iter().map(solve).collect();
        let planes: Vec<Vec<f32>> = (0..4)
            .into_par_iter()
            .map(|i| {
                let plane: Vec<f32> = solved.iter().map(|s| s[i]).collect();
                box_mean(&plane, width, height, radius)
            })
            .collect();
        Self {
            pixels: (0..shares.len())
                .map(|at| std::array::from_fn(|i| planes[i][at]))
                .collect(),
        }
    }

    /// The share of a pixel of that picture.
    pub fn share(&self, at: usize, [r, g, b, _]: [u8; 4]) -> f32 {
        value(self.pixels[at], [r, g, b].map(|c| f32::from(c) / 255.0))
    }

    /// The share at a place between four pixels of that picture, where the colour 0..1 is this.
    pub fn share_between(&self, corners: &[usize; 4], weights: &[f32; 4], colour: [f32; 3]) -> f32 {
        let mut sum = [0.0; 4];
        for (&at, weight) in corners.iter().zip(weights) {
            for (sum, number) in sum.iter_mut().zip(self.pixels[at]) {
                *sum += weight * number;
            }
        }
        value(sum, colour)
    }
}

fn value([red, green, blue, offset]: [f32; 4], [r, g, b]: [f32; 3]) -> f32 {
    let share = red * r + green * g + blue * b + offset;
    // The filter leaves a trace of the rough share's blur on both sides.
    ((share - 0.2) / 0.6).clamp(0.0, 1.0)
}
