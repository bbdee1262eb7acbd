//! The pixels between charts: whatever a viewer blends across an outline has the colour of what is near.

use image::{RgbImage, Rgba, RgbaImage};

/// The picture with colours where it is transparent, from ever coarser means of what is around, so that
/// smaller copies of it (mipmaps) show no gaps either.
pub(super) fn filled(mut picture: RgbaImage) -> RgbImage {
    fill(&mut picture);
    image::DynamicImage::from(picture).into_rgb8()
}

fn fill(picture: &mut RgbaImage) {
    let (width, height) = picture.dimensions();
    if width.max(height) == 1 || picture.pixels().all(|p| p.0[3] > 0) {
        return;
    }
    let mut half = RgbaImage::from_fn(width.div_ceil(2), height.div_ceil(2), |x, y| {
        let (x, y) = (2 * x, 2 * y);
        let four = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)].into_iter();
        let pixels = four.filter(|(x, y)| *x < width && *y < height);
        mean(pixels.map(|(x, y)| *picture.get_pixel(x, y)))
    });
    fill(&mut half);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        if pixel.0[3] == 0 {
            *pixel = *half.get_pixel(x / 2, y / 2);
        }
    }
}

/// The mean of those that have a colour; transparent if none has.
fn mean(pixels: impl Iterator<Item = Rgba<u8>>) -> Rgba<u8> {
    let known = pixels.filter(|p| p.0[3] > 0);
    let (sum, count) = known.fold(([0u32; 3], 0), |(sum, n), p| {
        ([0, 1, 2].map(|k| sum[k] + u32::from(p.0[k])), n + 1)
    });
    match count {
        0 => Rgba([0; 4]),
        n => {
            let [r, g, b] = sum.map(|v| ((v + n / 2) / n) as u8);
            Rgba([r, g, b, 255])
        }
    }
}
