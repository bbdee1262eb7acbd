//! From a network's coarse matte to a cut-out whose edges follow those of the picture.
//!
//! The matte is taken as a locally linear function of the picture's colours (the guided filter of He,
//! Sun and Tang, 2010). Its coefficients vary slowly, so that they are found on a reduced picture and
//! used on the full one (He and Sun, 2015).

use glam::{Mat3, Vec3};
use image::imageops::{self, FilterType};
use image::{GrayImage, RgbaImage};

use super::edge::{Label, soften};
use super::regions::Bitmap;
use crate::base::resample::shrink;

/// The longer side at which the coefficients are found.
const SIDE: u32 = 512;
/// Variance of a colour channel (0..1) below which the picture has no edge to follow.
const FLAT: f32 = 2e-4;
/// Regions smaller than this share of the largest are no part of the subject.
const SPECK: f64 = 0.1;

/// Cuts an opaque picture along a coarse matte of its size.
pub fn cut(picture: &RgbaImage, matte: &GrayImage) -> RgbaImage {
    let small = shrink(picture.clone(), SIDE);
    let (width, height) = small.dimensions();
    let matte = imageops::resize(matte, width, height, FilterType::Triangle);
    // A few of the network's pixels: as far as its edge may be off.
    let radius = (width.max(height) as usize / 24).max(2);
    let matte = Linear::fit(&small, &without_specks(&matte), radius).apply(picture);
    let labels: Vec<Label> = (matte.iter())
        .map(|&alpha| match alpha {
            0 => Label::Background,
            255 => Label::Subject,
            _ => Label::Unknown,
        })
        .collect();
    let scale = picture.width().max(picture.height()).div_ceil(SIDE) as usize;
    // For the colours alone: an edge pixel shall not keep the background's.
    let mut out = soften(picture, &labels, 2 * radius * scale);
    for (pixel, alpha) in out.pixels_mut().zip(matte) {
        pixel[3] = alpha;
    }
    out
}

/// The shares 0..1 of a matte, 0 where it is in small regions beside the main one.
fn without_specks(matte: &GrayImage) -> Vec<f32> {
    let (width, height) = (matte.width() as usize, matte.height() as usize);
    let some = Bitmap::new(width, height, |at| matte.as_raw()[at] >= 64);
    let kept = some.without_specks(SPECK);
    (matte.as_raw().iter().zip(some.bits.iter().zip(&kept.bits)))
        .map(|(&share, (some, kept))| {
            if some == kept {
                f32::from(share) / 255.0
            } else {
                0.0
            }
        })
        .collect()
}

/// A matte as `slope . colour + offset`, pixel by pixel.
struct Linear {
    width: usize,
    height: usize,
    /// Slopes by red, green and blue, and the offset.
    planes: [Vec<f32>; 4],
}

impl Linear {
    fn fit(picture: &RgbaImage, matte: &[f32], radius: usize) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mean = |values: Vec<f32>| box_mean(values, width, height, radius);
        let colour: [Vec<f32>; 3] = std::array::from_fn(|c| {
            let plane = picture.pixels().map(|p| f32::from(p[c]) / 255.0);
            plane.collect()
        });
        let product =
            |a: &[f32], b: &[f32]| mean(a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<_>>());
        let colour_mean = colour.each_ref().map(|c| mean(c.clone()));
        let matte_mean = mean(matte.to_vec());
        let with_matte = colour.each_ref().map(|c| product(c, matte));
        // The upper triangle of the colours' products: rr, rg, rb, gg, gb, bb.
        let squares = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
            .map(|(c, d)| product(&colour[c], &colour[d]));
        let mut planes: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; width * height]);
        for at in 0..width * height {
            let m = Vec3::from_array(colour_mean.each_ref().map(|plane| plane[at]));
            let together = Vec3::from_array(with_matte.each_ref().map(|plane| plane[at]));
            let [rr, rg, rb, gg, gb, bb] = squares.each_ref().map(|plane| plane[at]);
            let second = Mat3::from_cols_array(&[rr, rg, rb, rg, gg, gb, rb, gb, bb]);
            let spread = second - Mat3::from_cols(m * m.x, m * m.y, m * m.z)
                + Mat3::from_diagonal(Vec3::splat(FLAT));
            let slope = spread.inverse() * (together - m * matte_mean[at]);
            let values = [slope.x, slope.y, slope.z, matte_mean[at] - slope.dot(m)];
            for (plane, value) in planes.iter_mut().zip(values) {
                plane[at] = value;
            }
        }
        Self {
            width,
            height,
            planes: planes.map(mean),
        }
    }

    /// The matte of a picture of the same shape and any size, a byte a pixel.
    fn apply(&self, picture: &RgbaImage) -> Vec<u8> {
        let columns = between(picture.width(), self.width);
        let rows = between(picture.height(), self.height);
        let mut out = Vec::with_capacity(picture.pixels().len());
        for (pixels, &(top, bottom, down)) in picture.rows().zip(&rows) {
            for (pixel, &(left, right, across)) in pixels.zip(&columns) {
                let at = |plane: &[f32]| {
                    let row = |y: usize| {
                        let (l, r) = (plane[y * self.width + left], plane[y * self.width + right]);
                        l + (r - l) * across
                    };
                    row(top) + (row(bottom) - row(top)) * down
                };
                let [r, g, b, offset] = self.planes.each_ref().map(|plane| at(plane));
                let colour = Vec3::new(pixel[0].into(), pixel[1].into(), pixel[2].into()) / 255.0;
                let share = Vec3::new(r, g, b).dot(colour) + offset;
                // The filter leaves a trace of the matte's blur on both sides.
                let alpha = (share - 0.2) / 0.6;
                out.push((alpha.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        }
        out
    }
}

/// For each of `to` samples the two of `from` that it lies between, and how far from the first.
fn between(to: u32, from: usize) -> Vec<(usize, usize, f32)> {
    let place = |i: u32| {
        let x = (f64::from(i) + 0.5) * from as f64 / f64::from(to) - 0.5;
        let x = x.clamp(0.0, (from - 1) as f64);
        let left = x as usize;
        (left, (left + 1).min(from - 1), (x - left as f64) as f32)
    };
    (0..to).map(place).collect()
}

/// The mean of the square of `2 radius + 1` pixels around each, or of what of it is in the picture.
fn box_mean(values: Vec<f32>, width: usize, height: usize, radius: usize) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    for y in 0..height {
        let row = y * width..(y + 1) * width;
        line_mean(&values[row.clone()], radius, |x, mean| {
            out[row.start + x] = mean;
        });
    }
    let mut column = vec![0.0; height];
    for x in 0..width {
        for (y, value) in column.iter_mut().enumerate() {
            *value = out[y * width + x];
        }
        line_mean(&column, radius, |y, mean| out[y * width + x] = mean);
    }
    out
}

/// In f64: the differences of these means are small.
fn line_mean(line: &[f32], radius: usize, mut put: impl FnMut(usize, f32)) {
    let mut sum: f64 = line.iter().take(radius).map(|&v| f64::from(v)).sum();
    for i in 0..line.len() {
        sum += line.get(i + radius).map_or(0.0, |&v| f64::from(v));
        let first = i.saturating_sub(radius);
        let count = (i + radius + 1).min(line.len()) - first;
        put(i, (sum / count as f64) as f32);
        if i >= radius {
            sum -= f64::from(line[first]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_matte_snaps_to_the_pictures_edge() {
        let inside = |x: u32, y: u32| (x as f32 - 310.0).hypot(y as f32 - 250.0) < 150.0;
        let picture = RgbaImage::from_fn(640, 480, |x, y| {
            let noise = ((x * 7919 + y * 104_729) % 17) as u8;
            if inside(x, y) {
                [180 + noise, 90, 60, 255].into()
            } else {
                [90, 110 + noise, 130, 255].into()
            }
        });
        // A matte of 40 x 30 pixels, so that one is 16 of the picture's; and a speck far away.
        let coarse = GrayImage::from_fn(40, 30, |x, y| {
            [if inside(16 * x + 8, 16 * y + 8) || (x, y) == (37, 2) {
                255
            } else {
                0
            }]
            .into()
        });
        let matte = imageops::resize(&coarse, 640, 480, FilterType::Triangle);
        let overlap = |alpha: &dyn Fn(u32, u32) -> u8| {
            let (mut both, mut either) = (0, 0);
            for (x, y) in (0..480).flat_map(|y| (0..640).map(move |x| (x, y))) {
                both += usize::from(inside(x, y) && alpha(x, y) >= 128);
                either += usize::from(inside(x, y) || alpha(x, y) >= 128);
            }
            both as f64 / either as f64
        };
        let cut = cut(&picture, &matte);
        let (before, after) = (
            overlap(&|x, y| matte.get_pixel(x, y)[0]),
            overlap(&|x, y| cut.get_pixel(x, y)[3]),
        );
        assert!(
            after > 0.96 && after > before,
            "the edge must be found: {before:.3} became {after:.3}"
        );
        assert_eq!(cut.get_pixel(600, 40)[3], 0, "the speck must go");
    }

    #[test]
    fn tiny_pictures_and_empty_mattes_do_no_harm() {
        for (width, height) in [(1, 1), (2, 9), (700, 1)] {
            let picture = RgbaImage::from_pixel(width, height, [10, 20, 30, 255].into());
            for share in [0, 255] {
                let matte = GrayImage::from_pixel(width, height, [share].into());
                let alphas: Vec<u8> = cut(&picture, &matte).pixels().map(|p| p[3]).collect();
                assert!(
                    alphas.iter().all(|&alpha| alpha == share),
                    "a matte of {share} became {alphas:?}"
                );
            }
        }
    }
}
