//! From a framed picture to the encoder's pixels, and augmented views of it.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use glam::Vec2;
use image::{Rgb, RgbImage};

use super::config::FeatureExtractorConfig;
use crate::base::pillow::{Filter, Samples, resize};

/// How further views of a picture differ from the first: how far it lies to the right and down, in parts of its
/// side, and how much it is enlarged. No more than the training moves its pictures.
const AUGMENTATIONS: [(f32, f32, f32); 4] = [
    (0.03, 0.02, 0.96),
    (-0.03, -0.02, 1.04),
    (0.02, -0.03, 1.04),
    (-0.02, 0.03, 0.96),
];

/// A square picture, looked at a little differently.
pub struct AugmentedView {
    pub picture: RgbImage,
    /// Where the corner of the square lies in it, and how long its side is, in parts of the side of this.
    pub corner: Vec2,
    pub span: f32,
}

/// A square picture on white, first as it is and then moved by a little: what a small encoder sees depends on
/// where the borders of its patches fall.
pub fn augmented(image: &RgbImage) -> impl Iterator<Item = AugmentedView> + '_ {
    let moved = |(right, down, zoom): (f32, f32, f32)| {
        let side = (image.width() as f32 / zoom).round();
        let border = (side - image.width() as f32) / 2.0;
        let corner = (border + Vec2::new(right, down) * side).round();
        let mut picture = RgbImage::from_pixel(side as u32, side as u32, Rgb([255; 3]));
        image::imageops::replace(&mut picture, image, corner.x as i64, corner.y as i64);
        AugmentedView {
            picture,
            corner: corner / side,
            span: image.width() as f32 / side,
        }
    };
    let plain = (0.0, 0.0, 1.0);
    std::iter::once(plain).chain(AUGMENTATIONS).map(moved)
}

/// Resizes the shorter side, cuts the square in the middle and normalises: `[1, 3, crop, crop]`.
pub fn pixels(
    image: &RgbImage,
    config: &FeatureExtractorConfig,
    device: &Device,
) -> Result<Tensor> {
    let (w, h) = (image.width() as usize, image.height() as usize);
    ensure!(w > 0 && h > 0, "the picture has no pixels");
    let (edge, crop) = (config.shortest_edge, config.crop);
    let scaled = |side: usize| edge * side / w.min(h); // edge for the shorter side
    let middle = |side: usize| {
        let start = (side - crop) / 2;
        (side, start..start + crop)
    };
    let source = Samples {
        width: w,
        height: h,
        channels: 3,
        data: image.as_raw(),
    };
    let data = resize(
        &source,
        Filter::Bicubic,
        middle(scaled(w)),
        middle(scaled(h)),
    );
    let mut planes = vec![0f32; 3 * crop * crop];
    for (index, pixel) in data.chunks_exact(3).enumerate() {
        for (c, &value) in pixel.iter().enumerate() {
            let value = value as f32 / 255.0;
            planes[c * crop * crop + index] = (value - config.mean[c]) / config.std[c];
        }
    }
    Ok(Tensor::from_vec(planes, (1, 3, crop, crop), device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_view_says_where_it_has_the_picture() {
        let mut image = RgbImage::from_pixel(200, 200, Rgb([255; 3]));
        image.put_pixel(150, 40, Rgb([255, 0, 0]));
        let views: Vec<AugmentedView> = augmented(&image).collect();
        assert_eq!(views[0].picture, image, "first as it is");
        for view in &views {
            let at = view.corner + Vec2::new(150.0, 40.0) / 200.0 * view.span;
            let at = (at * view.picture.width() as f32).round();
            assert_eq!(
                view.picture.get_pixel(at.x as u32, at.y as u32).0,
                [255, 0, 0],
                "moved to {} and enlarged by {}",
                view.corner,
                view.span
            );
        }
    }

    #[test]
    fn extreme_pictures_give_pixels_and_do_not_take_memory_for_what_is_cropped() {
        let config = FeatureExtractorConfig::default();
        for (w, h) in [(1, 1), (1, 60_000), (60_000, 1), (3, 2)] {
            let image = RgbImage::from_pixel(w, h, Rgb([255, 0, 0]));
            let pixels = pixels(&image, &config, &Device::Cpu).expect("any picture is resized");
            assert_eq!(pixels.dims(), [1, 3, 224, 224], "{w}x{h}");
        }
    }
}
