//! Resampling: reduction by area, which neither blurs nor aliases when making smaller, Pillow's filters to the bit,
//! and values between pixels.

use std::borrow::Cow;
use std::ops::{Add, Mul};

use glam::Vec2;
use image::{DynamicImage, RgbaImage};
use rayon::prelude::*;

/// Reduces a picture of any kind so that its longer side is at most `limit`, the sides truncated;
/// smaller pictures come back as they are. Never more than a row a thread is there twice.
///
/// Each pixel is the mean of the area that it covers, weighted by alpha, so that what lies under
/// transparent pixels does not colour the edge of the subject.
pub fn shrink(picture: DynamicImage, limit: u32) -> RgbaImage {
    let size @ (width, _) = (picture.width(), picture.height());
    match reduced(size, limit) {
        Some(to) => resize(size, to, |y| {
            Cow::Owned(picture.crop_imm(0, y, width, 1).into_rgba8().into_raw())
        }),
        None => into_rgba(picture),
    }
}

/// The picture in RGBA. One of 8 bits a channel grows where it lies, so that it is never there twice.
fn into_rgba(picture: DynamicImage) -> RgbaImage {
    let (width, height) = (picture.width(), picture.height());
    let bytes = match picture {
        DynamicImage::ImageLuma8(picture) => widened(picture.into_raw(), |[l]| [l, l, l, 255]),
        DynamicImage::ImageLumaA8(picture) => widened(picture.into_raw(), |[l, a]| [l, l, l, a]),
        DynamicImage::ImageRgb8(picture) => widened(picture.into_raw(), |[r, g, b]| [r, g, b, 255]),
        other => return other.into_rgba8(),
    };
    RgbaImage::from_raw(width, height, bytes).unwrap_or_default()
}

/// Pixels of `C` bytes as pixels of four, where they lie.
fn widened<const C: usize>(mut bytes: Vec<u8>, wide: impl Fn([u8; C]) -> [u8; 4]) -> Vec<u8> {
    /// Copied before they are written over, and widened with vectors.
    const PIXELS: usize = 64;
    let count = bytes.len() / C;
    bytes.reserve_exact(4 * count - bytes.len());
    bytes.resize(4 * count, 0);
    let mut read = [[0; C]; PIXELS];
    // From the last on: no pixel is written over one that is still to be read.
    for first in (0..count).step_by(PIXELS).rev() {
        let read = &mut read[..PIXELS.min(count - first)];
        let from = first * C..(first + read.len()) * C;
        read.as_flattened_mut().copy_from_slice(&bytes[from]);
        let (to, _) = bytes[4 * first..].as_chunks_mut::<4>();
        for (to, &mut from) in to.iter_mut().zip(read) {
            *to = wide(from);
        }
    }
    bytes
}

/// What a size becomes, where it is over the limit.
fn reduced((width, height): (u32, u32), limit: u32) -> Option<(u32, u32)> {
    let longer = width.max(height);
    let side = |length: u32| {
        let length = u64::from(length) * u64::from(limit) / u64::from(longer);
        (length as u32).max(1)
    };
    (longer > limit).then(|| (side(width), side(height)))
}

/// Resizes a picture to any size, squeezing it where the shape differs. Each pixel is the mean of what
/// it covers, as above.
pub fn resize_area(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    let row = 4 * picture.width() as usize;
    resize(picture.dimensions(), (width, height), |y| {
        Cow::Borrowed(&picture.as_raw()[y as usize * row..][..row])
    })
}

/// From rows of RGBA, as many at a time as there are threads.
fn resize<'a>(
    from: (u32, u32),
    (width, height): (u32, u32),
    row_of: impl Fn(u32) -> Cow<'a, [u8]> + Sync,
) -> RgbaImage {
    let columns = spans(from.0, width);
    let rows = spans(from.1, height);
    let mut out = RgbaImage::new(width, height);
    let lines = out.par_chunks_exact_mut(4 * width as usize);
    // [width] sums of premultiplied r, g, b and of alpha.
    let sums = || vec![[0f32; 4]; width as usize];
    (lines.zip(&rows)).for_each_init(sums, |sums, (line, row)| {
        sums.fill([0.0; 4]);
        for (from_y, weight_y) in row.iter() {
            let pixels = row_of(from_y);
            let (pixels, _) = pixels.as_chunks::<4>();
            for (sum, column) in sums.iter_mut().zip(&columns) {
                for (from_x, weight_x) in column.iter() {
                    let [r, g, b, a] = pixels[from_x as usize].map(f32::from);
                    let weight = weight_x * weight_y;
                    for (sum, value) in sum.iter_mut().zip([r * a, g * a, b * a, a]) {
                        *sum += weight * value;
                    }
                }
            }
        }
        for (pixel, &[r, g, b, a]) in line.chunks_exact_mut(4).zip(sums.iter()) {
            let straight = [r, g, b].map(|c| if a > 0.0 { c / a } else { 0.0 });
            let [r, g, b] = straight.map(|c| c.round() as u8);
            pixel.copy_from_slice(&[r, g, b, a.round() as u8]);
        }
    });
    out
}

/// The source pixels that one output pixel covers, with weights that sum to 1.
struct Span {
    first: u32,
    weights: Vec<f32>,
}

impl Span {
    fn iter(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        (self.first..).zip(self.weights.iter().copied())
    }
}

fn spans(from: u32, to: u32) -> Vec<Span> {
    let scale = f64::from(from) / f64::from(to);
    let span = |i: u32| {
        let (start, end) = (f64::from(i) * scale, f64::from(i + 1) * scale);
        let (first, last) = (start.floor() as u32, (end.ceil() as u32).min(from));
        let covered =
            |j: u32| (end.min(f64::from(j + 1)) - start.max(f64::from(j))).max(0.0) / scale;
        Span {
            first,
            weights: (first..last).map(|j| covered(j) as f32).collect(),
        }
    };
    (0..to).map(span).collect()
}

/// The value between four pixels of a square; `at` in pixels from the corner.
pub fn bilinear<T>(value: impl Fn(usize) -> T, side: usize, at: Vec2) -> T
where
    T: Add<Output = T> + Mul<f32, Output = T>,
{
    between(value, [side, side], at - 0.5)
}

/// The value between four points of a grid of so many columns and rows; `at` counts from the first point, and
/// beyond the last ones is what is at them.
pub fn between<T>(value: impl Fn(usize) -> T, [width, height]: [usize; 2], at: Vec2) -> T
where
    T: Add<Output = T> + Mul<f32, Output = T>,
{
    Between::new([width, height], at).of(value)
}

/// A place between four points of a grid, of which any number of values can be asked.
pub struct Between {
    /// Which points: the upper two, and the lower two.
    points: [[usize; 2]; 2],
    /// How far it is from the first ones to the right and down, `0..=1`.
    beyond: Vec2,
}

impl Between {
    /// As [`between`] takes it.
    pub fn new([width, height]: [usize; 2], at: Vec2) -> Self {
        let most = Vec2::new(width as f32, height as f32) - 1.0;
        let at = at.clamp(Vec2::ZERO, most);
        let (x, y) = (at.x as u32 as usize, at.y as u32 as usize);
        let (right, below) = ((x + 1).min(width - 1), (y + 1).min(height - 1));
        Self {
            points: [y, below].map(|y| [x, right].map(|x| y * width + x)),
            beyond: at - Vec2::new(x as f32, y as f32),
        }
    }

    /// The point that it is to the right of and below.
    pub fn first(&self) -> usize {
        self.points[0][0]
    }

    /// The nearest of the points.
    pub fn nearest(self) -> Self {
        Self {
            beyond: self.beyond.round(),
            ..self
        }
    }

    /// The value there.
    pub fn of<T>(&self, value: impl Fn(usize) -> T) -> T
    where
        T: Add<Output = T> + Mul<f32, Output = T>,
    {
        let f = self.beyond;
        let row = |[left, right]: [usize; 2]| value(left) * (1.0 - f.x) + value(right) * f.x;
        let [above, below] = self.points;
        row(above) * (1.0 - f.y) + row(below) * f.y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_is_reduced_to_the_limit_and_keeps_its_colour() {
        let big = RgbaImage::from_fn(41, 23, |x, y| [(x + y) as u8, 100, 7, 255].into());
        let small = shrink(big.clone().into(), 10);
        assert_eq!(small.dimensions(), (10, 5), "sides are cut to whole pixels");
        let mean = |p: &RgbaImage| {
            p.pixels().map(|p| f64::from(p[0])).sum::<f64>() / p.pixels().len() as f64
        };
        assert!(
            (mean(&big) - mean(&small)).abs() < 0.5,
            "area means must keep the mean: {} became {}",
            mean(&big),
            mean(&small)
        );
        assert!(small.pixels().all(|p| p[1] == 100 && p[3] == 255));
    }

    #[test]
    fn every_kind_of_picture_shrinks_as_its_rgba_does() {
        let picture =
            RgbaImage::from_fn(41, 23, |x, y| [(7 * x) as u8, (9 * y) as u8, 7, 200].into());
        let picture = DynamicImage::from(picture);
        for kind in [
            picture.clone(),
            picture.to_rgb8().into(),
            picture.to_luma8().into(),
            picture.to_luma_alpha8().into(),
            picture.to_luma16().into(),
            picture.to_rgba16().into(),
        ] {
            for limit in [10, 40, 100] {
                let whole = shrink(kind.to_rgba8().into(), limit);
                let same = shrink(kind.clone(), limit) == whole;
                assert!(same, "{:?} to {limit}, row by row", kind.color());
            }
        }
    }

    #[test]
    fn colour_under_transparent_pixels_does_not_leak() {
        let pixel = |x| {
            if x % 2 == 0 {
                [200, 0, 0, 255]
            } else {
                [0, 255, 0, 0]
            }
        };
        let small = shrink(RgbaImage::from_fn(8, 1, |x, _| pixel(x).into()).into(), 4);
        assert!(
            small
                .pixels()
                .all(|p| p[1] == 0 && p[0] == 200 && p[3] == 128),
            "invisible green must not tint the result: {small:?}"
        );
    }
}
