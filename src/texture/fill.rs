//! The pixels between charts: whatever a viewer blends across an outline has the colour of what is near.

use image::{RgbImage, RgbaImage};

use crate::base::pull_push::{Coarse, pull_push};

/// The picture with colours where it is transparent, from ever coarser means of what is around, so that
/// smaller copies of it (mipmaps) show no gaps either.
pub(super) fn filled(mut picture: RgbaImage) -> RgbImage {
    let size = [picture.width(), picture.height()].map(|side| side as usize);
    let (pixels, _) = picture.as_chunks_mut::<4>();
    let push = |own: &mut [u8; 4], at: [usize; 2], coarse: &Coarse<'_, [u8; 4]>| {
        if own[3] == 0 {
            *own = *coarse.above(at);
        }
    };
    pull_push(pixels, size, &mean, &push);
    image::DynamicImage::from(picture).into_rgb8()
}

/// The mean of those that have a colour; transparent if none has.
fn mean(pixels: &mut dyn Iterator<Item = &[u8; 4]>) -> [u8; 4] {
    let known = pixels.filter(|p| p[3] > 0);
    let (sum, count) = known.fold(([0u32; 3], 0), |(sum, n), p| {
        ([0, 1, 2].map(|k| sum[k] + u32::from(p[k])), n + 1)
    });
    match count {
        0 => [0; 4],
        n => {
            let [r, g, b] = sum.map(|v| ((v + n / 2) / n) as u8);
            [r, g, b, 255]
        }
    }
}
